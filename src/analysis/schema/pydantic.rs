//! Pydantic models (and marshmallow schemas): what their annotations, `Field(…)`s and validators test.

use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::tested::pattern;
use crate::model::source::ir::Operator;
use crate::model::source::ir::{Assign, StmtKind};
use crate::model::source::walk::expressions;
use crate::model::source::{Call, ClassId, Compare, Expr, ExprKind, ModuleId, Source};

use super::rules::{Fields, Rule, Shape};

/// Whether a class is a pydantic model.
pub(crate) fn is_model(source: &Source, class: ClassId) -> bool {
    let by_base = source.bases(class).iter().any(|base| {
        matches!(
            leaf(base),
            "BaseModel" | "SQLModel" | "RootModel" | "BaseSettings" | "Struct"
        )
    });
    let decorated = source.class(class).is_some_and(|found| {
        found.decorators.iter().any(|decorator| {
            let target = decorator.as_call().map_or(decorator, |call| &call.callee);
            source
                .canonical(class.module, target)
                .is_some_and(|name| name.starts_with("pydantic"))
        })
    });
    by_base || decorated
}

/// The fields of a model, those of its bases too.
pub(crate) fn fields(source: &Source, class: ClassId) -> Fields {
    let mut found = Fields::new();
    collect(source, class, &mut found);
    found
}

fn collect(source: &Source, id: ClassId, found: &mut Fields) {
    let Some(class) = source.class(id) else {
        return;
    };
    let address = std::ptr::from_ref(class).addr();
    let Some(_step) = limits::follow_at("model", limits::SCHEMA, id.module, class.range, address)
    else {
        return;
    };
    for base in &class.bases {
        if let Meaning::Class(base) = source.meaning(id.module, base)
            && base != id
        {
            collect(source, base, found);
        }
    }
    for stmt in &class.body {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        let Some((name, rule)) = field(source, id.module, assign) else {
            continue;
        };
        if let Some(inner) = assign
            .annotation
            .as_ref()
            .and_then(|annotation| model_in(source, id.module, annotation))
            .filter(|inner| *inner != id)
        {
            let mut nested = Fields::new();
            collect(source, inner, &mut nested);
            for (path, rule) in nested {
                found.insert(format!("{name}.{path}"), rule);
            }
        }
        found.insert(name, rule);
    }
    for (_, method) in &class.methods {
        let Some(function) = source.function(*method) else {
            continue;
        };
        for decorator in &function.decorators {
            let Some(call) = decorator.as_call() else {
                continue;
            };
            let (ExprKind::Name(kind) | ExprKind::Attribute { attr: kind, .. }) = &call.callee.kind
            else {
                continue;
            };
            let named: Vec<&str> = match &**kind {
                "field_validator" | "validator" => {
                    call.args.iter().filter_map(Expr::as_str).collect()
                }
                "model_validator" | "root_validator" => Vec::new(),
                _ => continue,
            };
            let tests = validator(&function.body);
            for (name, rule) in found.iter_mut() {
                if named.is_empty() || named.contains(&name.as_str()) || named.contains(&"*") {
                    rule.bounded |= tests.bounded;
                    rule.formatted |= tests.formatted;
                    rule.safe |= tests.safe;
                    rule.ranged |= tests.ranged;
                }
            }
        }
    }
}

/// The model that an annotation holds: `Chat`, `list[Chat]`, `Chat | None`.
fn model_in(source: &Source, module: ModuleId, annotation: &Expr) -> Option<ClassId> {
    let _step = limits::follow("model in", limits::SCHEMA, module, annotation)?;
    let within = |inner: &Expr| model_in(source, module, inner);
    match &annotation.kind {
        ExprKind::Name(_) | ExprKind::Attribute { .. } => {
            match source.meaning(module, annotation) {
                Meaning::Class(class) => is_model(source, class).then_some(class),
                _ => None,
            }
        }
        ExprKind::BinOp {
            op: Operator::BitOr,
            left,
            right,
        } => within(left).or_else(|| within(right)),
        ExprKind::Subscript { index, .. } => within(index),
        ExprKind::Tuple(items) => items.iter().find_map(within),
        _ => None,
    }
}

/// What a model as a whole tests: it is closed when each of its fields is, and nothing else is kept.
fn whole(source: &Source, class: ClassId) -> Rule {
    let mut nested = Fields::new();
    collect(source, class, &mut nested);
    let top = nested
        .into_iter()
        .filter(|(path, _)| !path.contains('.'))
        .map(|(path, rule)| (path, Shape::of(rule)));
    let made = Shape::object(top);
    let open = source.class(class).is_some_and(|found| {
        found.body.iter().any(|stmt| match &stmt.kind {
            StmtKind::Assign(assign) => {
                assign.targets.first().and_then(Expr::as_name) == Some("model_config")
                    && assign
                        .value
                        .as_deref()
                        .is_some_and(|value| expressions_in(value).any(|text| text == "allow"))
            }
            _ => false,
        })
    });
    if open { made.open().rule } else { made.rule }
}

fn expressions_in(value: &Expr) -> impl Iterator<Item = &str> {
    crate::model::source::walk::sub_expressions(value)
        .into_iter()
        .filter_map(Expr::as_str)
}

fn field(source: &Source, module: ModuleId, assign: &Assign) -> Option<(String, Rule)> {
    let name = assign.targets.first()?.as_name()?;
    let annotation = assign.annotation.as_ref()?;
    Some((
        name.to_owned(),
        rule(source, module, Some(annotation), assign.value.as_deref()),
    ))
}

/// What a validator's body tests.
fn validator(body: &[crate::model::source::Stmt]) -> Rule {
    let mut found = Rule::default();
    for expr in expressions(body) {
        match &expr.kind {
            ExprKind::Compare(parts) => {
                let Compare { left, rest } = &**parts;
                let sides = || {
                    [left]
                        .into_iter()
                        .chain(rest.iter().map(|(_, right)| right))
                };
                let length = sides().any(|side| {
                    side.as_call()
                        .is_some_and(|call| call.callee.as_name() == Some("len"))
                });
                let order = rest
                    .iter()
                    .any(|(operator, _)| matches!(*operator, "<" | "<=" | ">" | ">="));
                let zero = sides().any(|side| side.as_number().is_some_and(|figure| figure <= 1.0));
                found.bounded |= length && order && !(zero && rest.len() == 1);
                found.ranged |= !length && order;
                if rest
                    .iter()
                    .any(|(operator, _)| matches!(*operator, "in" | "not in"))
                {
                    found.formatted = true;
                    found.bounded = true;
                    found.safe = true;
                }
            }
            ExprKind::Call(call) => {
                if let ExprKind::Attribute { attr, .. } | ExprKind::Name(attr) = &call.callee.kind
                    && matches!(&**attr, "fullmatch" | "match" | "UUID" | "isalnum")
                {
                    found.formatted = true;
                    found.bounded |= &**attr != "isalnum";
                    found.safe |= matches!(&**attr, "UUID" | "isalnum")
                        || &**attr == "fullmatch"
                            && call
                                .args
                                .first()
                                .is_some_and(pattern::is_literal_safe_whole);
                }
            }
            ExprKind::Subscript { index, .. } => {
                found.bounded |= matches!(index.kind, ExprKind::Slice(_))
            }
            _ => {}
        }
    }
    found
}

/// What an annotation and a default say of a field.
pub(crate) fn rule(
    source: &Source,
    module: ModuleId,
    annotation: Option<&Expr>,
    default: Option<&Expr>,
) -> Rule {
    let mut found = annotation.map_or(Rule::default(), |annotation| {
        annotated(source, module, annotation)
    });
    if let Some(call) = default.and_then(Expr::as_call) {
        constraints(call, &mut found);
    }
    found
}

fn annotated(source: &Source, module: ModuleId, annotation: &Expr) -> Rule {
    let Some(_step) = limits::follow("rule", limits::SCHEMA, module, annotation) else {
        return Rule::default();
    };
    match &annotation.kind {
        ExprKind::Name(_) | ExprKind::Attribute { .. } => named(source, module, annotation),
        ExprKind::Str(text) if &**text == "str" => Rule {
            text: true,
            ..Rule::TYPED
        },
        ExprKind::Call(call) => {
            // `constr(max_length=…)`, `conint(ge=…, le=…)`.
            let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind
            else {
                return Rule::default();
            };
            let mut found = Rule {
                text: &**name == "constr",
                number: matches!(&**name, "conint" | "confloat" | "condecimal"),
                ..Rule::TYPED
            };
            constraints(call, &mut found);
            found
        }
        ExprKind::BinOp {
            op: Operator::BitOr,
            left,
            right,
        } => either_side(source, module, left, right),
        ExprKind::Subscript { base, index } => {
            let outer = match &base.kind {
                ExprKind::Name(name) => &**name,
                ExprKind::Attribute { attr, .. } => &**attr,
                _ => "",
            };
            match outer {
                "Optional" => annotated(source, module, index),
                "Literal" => Rule::SET,
                "Union" => match &index.kind {
                    ExprKind::Tuple(items) if items.len() == 2 => {
                        either_side(source, module, &items[0], &items[1])
                    }
                    _ => Rule::TYPED,
                },
                "Annotated" => match &index.kind {
                    ExprKind::Tuple(items) => {
                        let mut found = items
                            .first()
                            .map_or(Rule::default(), |first| annotated(source, module, first));
                        items
                            .iter()
                            .skip(1)
                            .filter_map(Expr::as_call)
                            .for_each(|call| constraints(call, &mut found));
                        found
                    }
                    _ => annotated(source, module, index),
                },
                "list" | "List" | "set" | "Set" | "Sequence" | "conlist" | "tuple" | "Tuple" => {
                    let items: Vec<&Expr> = match &index.kind {
                        ExprKind::Tuple(items) => items.iter().collect(),
                        _ => vec![index],
                    };
                    let each = items
                        .into_iter()
                        .map(|item| Shape::of(annotated(source, module, item)));
                    Shape::list(Shape::union(each)).rule
                }
                "dict" | "Dict" | "Mapping" => match &index.kind {
                    ExprKind::Tuple(items) => {
                        let value = items
                            .last()
                            .map_or(Rule::default(), |value| annotated(source, module, value));
                        Shape::list(Shape::of(value)).rule
                    }
                    _ => Rule::TYPED,
                },
                _ => Rule::TYPED,
            }
        }
        _ => Rule::default(),
    }
}

/// Either of two types: what both test; None has nothing to test.
fn either_side(source: &Source, module: ModuleId, left: &Expr, right: &Expr) -> Rule {
    let none = |side: &Expr| matches!(side.kind, ExprKind::None);
    match (none(left), none(right)) {
        (true, _) => annotated(source, module, right),
        (_, true) => annotated(source, module, left),
        _ => {
            let (left, right) = (
                annotated(source, module, left),
                annotated(source, module, right),
            );
            left.weaker(right)
        }
    }
}

fn named(source: &Source, module: ModuleId, annotation: &Expr) -> Rule {
    match source.meaning(module, annotation) {
        Meaning::Class(class) => {
            let set = source
                .bases(class)
                .iter()
                .any(|base| matches!(leaf(base), "Enum" | "StrEnum" | "IntEnum"));
            return if set {
                Rule::SET
            } else if is_model(source, class) {
                whole(source, class)
            } else {
                Rule::TYPED
            };
        }
        Meaning::Value(at, value) if !value.is(annotation) => {
            return annotated(source, at, value);
        }
        _ => {}
    }
    let name = source.canonical(module, annotation).unwrap_or_default();
    match leaf(&name) {
        "str" | "StrictStr" | "AnyStr" => Rule {
            text: true,
            ..Rule::TYPED
        },
        "int" | "float" | "StrictInt" | "StrictFloat" | "Decimal" => Rule {
            number: true,
            ..Rule::TYPED
        },
        "PositiveInt" | "NonNegativeInt" => Rule {
            number: true,
            ..Rule::TYPED
        },
        "bool" | "StrictBool" => Rule {
            flag: true,
            ..Rule::TYPED
        },
        "UUID" | "UUID1" | "UUID3" | "UUID4" | "UUID5" | "datetime" | "date" => Rule::SET,
        "EmailStr" => Rule {
            safe: false,
            ..Rule::SET
        },
        "Any" | "object" | "" => Rule::default(),
        _ => Rule::TYPED,
    }
}

/// `Field(max_length=…)`, `Query(le=…)`, `StringConstraints(pattern=…)`, `Length(max=…)`.
fn constraints(call: &Call, found: &mut Rule) {
    let has = |name: &str| {
        call.keywords.iter().any(|keyword| {
            keyword.name.as_deref() == Some(name) && !matches!(keyword.value.kind, ExprKind::None)
        })
    };
    found.bounded |= (has("max_length") || has("max_items") || has("max")) && !found.long;
    found.ranged |= has("le") || has("lt");
    if has("pattern") || has("regex") {
        found.formatted = true;
        found.safe |= ["pattern", "regex"]
            .iter()
            .filter_map(|name| call.option(name))
            .any(pattern::is_literal_safe);
    }
}
