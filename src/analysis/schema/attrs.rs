//! Validators of attrs: `field(validator=[instance_of(str), max_len(300)])`, `@prompt.validator`.

use crate::analysis::dataflow::Ends;
use crate::analysis::limits;
use crate::analysis::names::package;
use crate::analysis::tested::pattern::{self, Held};
use crate::model::source::module::Class;
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

use super::own;
use super::rules::{Rule, Shape};
use super::voluptuous::of_type;

/// What the validators of a field say that is written as a call.
pub(super) fn of_field(source: &Source, module: ModuleId, call: &Call) -> Rule {
    let validator = call.option("validator");
    let tests = validator.map_or(Rule::default(), |given| rule(source, module, given));
    // `converter=str` makes text of whatever it is given.
    let converter = call.option("converter").and_then(Expr::as_name);
    tests.tested(converter.map_or(Rule::default(), of_type))
}

/// Whether a value is a field of attrs: `attrs.field(…)`, `attr.ib(…)`.
pub(super) fn is_field(value: &Expr) -> bool {
    let name = value.as_call().and_then(|call| call.callee.last_name());
    name.is_some_and(|name| matches!(&**name, "field" | "ib" | "attrib"))
}

/// What the methods of a class say that are validators of one of its fields.
pub(super) fn of_methods(source: &Source, class: &Class) -> Vec<(String, Rule)> {
    let methods = class.methods.iter();
    let functions = methods.filter_map(|(_, method)| source.function(*method));
    let mut found = Vec::new();
    for function in functions {
        for decorator in &function.decorators {
            if let ExprKind::Attribute { base, attr } = &decorator.kind
                && &**attr == "validator"
                && let Some(field) = base.as_name()
            {
                // `def check(self, attribute, value)`
                let rule = own::of_value(source, function.id, 2, Ends::All);
                found.push((field.to_owned(), rule));
            }
        }
    }
    found
}

fn rule(source: &Source, module: ModuleId, validator: &Expr) -> Rule {
    let Some(_step) = limits::follow("attrs", limits::SCHEMA, module, validator) else {
        return Rule::default();
    };
    let all = |items: &[Expr]| {
        let rules = items.iter().map(|item| rule(source, module, item));
        rules.fold(Rule::default(), Rule::tested)
    };
    match &validator.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => all(items),
        ExprKind::Call(call) => {
            let first = call.args.first();
            let name = source.canonical(module, &call.callee).unwrap_or_default();
            if !matches!(package(&name), "attr" | "attrs") {
                return Rule::UNREAD;
            }
            match call.callee.last_name().map_or("", |name| &**name) {
                "and_" => all(&call.args),
                "optional" => first.map_or(Rule::default(), |inner| rule(source, module, inner)),
                "instance_of" => first.map_or(Rule::TYPED, of_types),
                "max_len" => Rule {
                    bounded: true,
                    ..Rule::default()
                },
                "le" | "lt" => Rule {
                    ranged: true,
                    ..Rule::default()
                },
                "in_" => Rule::SET,
                // It matches the whole text.
                "matches_re" => {
                    let text = first.and_then(|given| pattern::text_of(source, module, given));
                    let plain = call.args.len() == 1 && call.keywords.is_empty();
                    let lets = text.filter(|_| plain);
                    let lets = lets.map(|text| pattern::lets(&text, Held::Whole));
                    Rule {
                        formatted: true,
                        text: true,
                        safe: lets.is_some_and(|lets| lets.safe),
                        bounded: first
                            .is_some_and(|given| pattern::is_bounded(source, module, given)),
                        ..Rule::TYPED
                    }
                }
                "deep_iterable" => {
                    let member = call.argument(0, "member_validator");
                    let member =
                        member.map_or(Rule::default(), |inner| rule(source, module, inner));
                    let list = call.argument(1, "iterable_validator");
                    let list = list.map_or(Rule::default(), |inner| rule(source, module, inner));
                    Shape::list(Shape::of(member)).rule.tested(list)
                }
                _ => Rule::default(),
            }
        }
        _ => own::given(source, module, validator).map_or(Rule::UNREAD, |function| {
            own::of_value(source, function, 2, Ends::All)
        }),
    }
}

/// What a type says, or one of several: `instance_of((str, int))`. A class fits none of the values of JSON.
fn of_types(of: &Expr) -> Rule {
    match &of.kind {
        ExprKind::Tuple(types) => {
            let rules = types.iter().map(of_types);
            rules.reduce(Rule::weaker).unwrap_or(Rule::TYPED)
        }
        _ => match of.as_name() {
            Some("object") => Rule::default(),
            name => Rule::TYPED.both(name.map_or(Rule::default(), of_type)),
        },
    }
}
