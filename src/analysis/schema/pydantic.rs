//! Pydantic models (and marshmallow schemas): what their annotations, `Field(…)`s and validators test.

use crate::analysis::dataflow::Ends;
use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::tested::pattern;
use crate::model::source::ir::Operator;
use crate::model::source::ir::{Assign, StmtKind};
use crate::model::source::module::BindingKind;
use crate::model::source::{Call, ClassId, Expr, ExprKind, FnId, ModuleId, Source};

use super::attrs;
use super::own;
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

/// Whether the values of a class are a fixed set.
pub(super) fn is_enum(source: &Source, class: ClassId) -> bool {
    let bases = source.bases(class);
    bases
        .iter()
        .any(|base| matches!(leaf(base), "Enum" | "StrEnum" | "IntEnum"))
}

/// Whether a class is a struct of msgspec.
pub(super) fn is_struct(source: &Source, class: ClassId) -> bool {
    let bases = source.bases(class);
    bases.iter().any(|base| leaf(base) == "Struct")
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
        let mut models = Vec::new();
        if let Some(annotation) = &assign.annotation {
            models_in(source, id.module, annotation, &mut models);
        }
        // Of a union any may be there: what one of several says of a member is said of all that have it.
        let mut nested = Fields::new();
        for inner in models.into_iter().filter(|inner| *inner != id) {
            let mut own = Fields::new();
            collect(source, inner, &mut own);
            for (path, rule) in own {
                let known = nested.entry(path).or_insert(rule);
                *known = known.weaker(rule);
            }
        }
        for (path, rule) in nested {
            found.insert(format!("{name}.{path}"), rule);
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
            let first = function.params.first().map(|param| &*param.name);
            match &**kind {
                "field_validator" | "validator" => {
                    let named: Vec<&str> = call.args.iter().filter_map(Expr::as_str).collect();
                    let value = usize::from(matches!(first, Some("cls" | "self")));
                    let tests = own::of_value(source, *method, value, Ends::All);
                    for (name, rule) in found.iter_mut() {
                        if named.contains(&name.as_str()) || named.contains(&"*") {
                            *rule = rule.tested(tests);
                        }
                    }
                }
                // After: of the model itself; before: of the entries of a dict.
                "model_validator" | "root_validator" => {
                    let model = usize::from(first == Some("cls"));
                    of_members(source, *method, model, found);
                }
                _ => {}
            }
        }
    }
}

/// Adds what a function has tested of the fields that a parameter holds.
fn of_members(source: &Source, function: FnId, index: usize, found: &mut Fields) {
    let top = found.keys().filter(|path| !path.contains('.')).cloned();
    let top: Vec<String> = top.collect();
    for (name, tests) in own::of_members(source, function, index, &top) {
        if let Some(rule) = found.get_mut(&name) {
            *rule = rule.tested(tests);
        }
    }
}

/// The fields of a class that tests them itself when a value is made, in order: `__post_init__` of a dataclass, validators of attrs.
pub(crate) fn tested_when_made(source: &Source, id: ClassId) -> Option<(Fields, Vec<String>)> {
    let class = source.class(id)?;
    let is_made = class.decorators.iter().any(|decorator| {
        let target = decorator.as_call().map_or(decorator, |call| &call.callee);
        let name = source.canonical(id.module, target).unwrap_or_default();
        matches!(package(&name), "dataclasses" | "attr" | "attrs")
    });
    is_made.then_some(())?;
    let mut names = Vec::new();
    let mut found = Fields::new();
    for stmt in &class.body {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        let field = assign
            .value
            .as_deref()
            .filter(|value| attrs::is_field(value));
        let name = assign.targets.first().and_then(Expr::as_name);
        if let Some(name) = name.filter(|_| field.is_some() || assign.annotation.is_some()) {
            let field = field.and_then(Expr::as_call);
            let rule = field.map_or(Rule::default(), |call| {
                attrs::of_field(source, id.module, call)
            });
            found.insert(name.to_owned(), rule);
            names.push(name.to_owned());
        }
    }
    for (name, rule) in attrs::of_methods(source, class) {
        if let Some(known) = found.get_mut(&name) {
            *known = known.tested(rule);
        }
    }
    let method = class.method("__post_init__");
    let method = method.or_else(|| class.method("__attrs_post_init__"));
    if let Some(method) = method {
        of_members(source, method, 0, &mut found);
    }
    let tests = method.is_some() || found.values().any(|rule| *rule != Rule::default());
    tests.then_some((found, names))
}

/// The models that an annotation holds: `Chat`, `list[Chat]`, `Chat | None`, `Union[Chat, Stop]`, a name for one of these.
fn models_in(source: &Source, module: ModuleId, annotation: &Expr, found: &mut Vec<ClassId>) {
    let Some(_step) = limits::follow("models in", limits::SCHEMA, module, annotation) else {
        return;
    };
    match &annotation.kind {
        ExprKind::Name(_) | ExprKind::Attribute { .. } => {
            if let Some((at, form)) = alias(source, module, annotation) {
                return models_in(source, at, form, found);
            }
            match source.meaning(module, annotation) {
                Meaning::Class(class) if is_model(source, class) => found.push(class),
                Meaning::Value(at, value) if !value.is(annotation) => {
                    models_in(source, at, value, found);
                }
                _ => {}
            }
        }
        ExprKind::BinOp {
            op: Operator::BitOr,
            left,
            right,
        } => {
            models_in(source, module, left, found);
            models_in(source, module, right, found);
        }
        ExprKind::Subscript { index, .. } => models_in(source, module, index, found),
        ExprKind::Tuple(items) => {
            items
                .iter()
                .for_each(|item| models_in(source, module, item, found));
        }
        _ => {}
    }
}

/// The form of a type that a name stands for, here or where it is imported from: `Short = Annotated[str, Field(max_length=80)]`.
pub(super) fn alias<'s>(
    source: &'s Source,
    module: ModuleId,
    annotation: &Expr,
) -> Option<(ModuleId, &'s Expr)> {
    let (mut at, mut name) = (source.module(module)?, annotation.as_name()?);
    let mut offset = annotation.range.start;
    for _ in 0..MOST_IMPORTS {
        match &at.only_binding(name, offset)?.kind {
            BindingKind::Value { value, path, .. } if path.is_empty() => {
                return is_form(value).then_some((at.id, value));
            }
            BindingKind::Import(index) => {
                let import = at.imports.get(*index)?;
                (at, name) = (source.module(import.target?)?, import.name.as_deref()?);
                offset = u32::MAX;
            }
            _ => return None,
        }
    }
    None
}

/// Most modules that hand a name on.
const MOST_IMPORTS: u8 = 4;

/// Whether an expression is a type of `typing` with its parameters.
fn is_form(value: &Expr) -> bool {
    let ExprKind::Subscript { base, .. } = &value.kind else {
        return false;
    };
    matches!(
        base.last_name().map(|name| &**name),
        Some(
            "Annotated"
                | "Optional"
                | "Union"
                | "Literal"
                | "list"
                | "List"
                | "set"
                | "Set"
                | "Sequence"
                | "tuple"
                | "Tuple"
                | "dict"
                | "Dict"
                | "Mapping"
        )
    )
}

/// What a model as a whole tests: it is closed when each of its fields is, and nothing else is kept.
pub(super) fn whole(source: &Source, class: ClassId) -> Rule {
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
        constraints(source, module, call, &mut found);
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
            constraints(source, module, call, &mut found);
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
                            .for_each(|call| constraints(source, module, call, &mut found));
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
    if let Some((at, form)) = alias(source, module, annotation) {
        return annotated(source, at, form);
    }
    match source.meaning(module, annotation) {
        Meaning::Class(class) => {
            return if is_enum(source, class) {
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

/// `Field(max_length=…)`, `Query(le=…)`, `StringConstraints(pattern=…)`, `Length(max=…)`, `AfterValidator(check)`.
fn constraints(source: &Source, module: ModuleId, call: &Call, found: &mut Rule) {
    if let Some("AfterValidator" | "BeforeValidator" | "PlainValidator") =
        call.callee.last_name().map(|name| &**name)
    {
        let validator = call.args.first();
        let validator = validator.and_then(|given| own::given(source, module, given));
        if let Some(function) = validator {
            *found = found.tested(own::of_value(source, function, 0, Ends::All));
        }
        return;
    }
    // `MaxLen(300)`, `Len(1, 300)`, `Le(5)` of annotated-types.
    match (call.callee.last_name().map(|name| &**name), &*call.args) {
        (Some("MaxLen"), [_]) | (Some("Len"), [_, _]) => found.bounded |= !found.long,
        (Some("Le" | "Lt"), [_]) => found.ranged = true,
        _ => {}
    }
    let has = |name: &str| {
        call.keywords.iter().any(|keyword| {
            keyword.name.as_deref() == Some(name) && !matches!(keyword.value.kind, ExprKind::None)
        })
    };
    found.bounded |= (has("max_length") || has("max_items") || has("max")) && !found.long;
    found.ranged |= has("le") || has("lt");
    if has("pattern") || has("regex") {
        found.formatted = true;
        for given in ["pattern", "regex"].map(|name| call.option(name)) {
            let Some(given) = given else { continue };
            found.safe |= pattern::is_safe(source, module, given);
            found.bounded |= pattern::is_bounded(source, module, given);
        }
    }
}
