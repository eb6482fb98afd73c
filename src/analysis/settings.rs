//! Environment variables that are read by declaration: settings classes, destructuring, schemas parsed over the environment.

use std::collections::BTreeSet;

use crate::analysis::call_sites::Callers;
use crate::analysis::environment::{Variable, has_own, is_environ};
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::writes::writes;
use crate::model::source::ir::StmtKind;
use crate::model::source::{
    ByteRange, Call, Class, ClassId, Expr, ExprKind, Language, Module, ModuleId, Source,
};

type Found = BTreeSet<Variable>;

/// Adds every variable.
pub(crate) fn variables(callers: &Callers<'_>, found: &mut Found) {
    let code = *callers.code();
    for module in code.modules() {
        for class in &module.classes {
            settings_class(code.source, module, class, found);
        }
        // Python has no pattern of keys that is assigned to.
        if module.language == Language::TypeScript {
            for (_, target, value) in writes(code.source, module.id) {
                if let (ExprKind::Dict(_), Some(value)) = (&target.kind, value) {
                    destructured(callers, module.id, target, value, found);
                }
            }
        }
        for param in module
            .functions
            .iter()
            .flat_map(|function| &function.params)
        {
            if let (Some(pattern), Some(default)) = (&param.pattern, param.default.as_deref()) {
                destructured(callers, module.id, pattern, default, found);
            }
        }
        for (_, expr) in module.calls() {
            schema(callers, module.id, expr, found);
        }
    }
}

fn add(found: &mut Found, module: ModuleId, key: &Expr, name: String) {
    found.insert(Variable {
        module,
        range: key.range,
        name,
    });
}

/// `class Settings(BaseSettings): openai_api_key: str`.
fn settings_class(source: &Source, module: &Module, class: &Class, found: &mut Found) {
    for field in fields(source, module, class) {
        for name in field.names {
            add(found, module.id, field.target, name);
        }
    }
}

/// A field of a settings class: the variables that fill it, one of which is enough.
struct Field<'a> {
    target: &'a Expr,
    names: Vec<String>,
    /// It has no default.
    required: bool,
    /// Its default is `None` or an empty text.
    empty: bool,
}

/// A place that requires a variable, and the names of it.
pub(crate) type Required = (ModuleId, ByteRange, Vec<String>);

/// What making an object of a settings class requires; nothing for any other class.
pub(crate) fn required_fields(source: &Source, class: ClassId) -> Vec<Required> {
    let (Some(module), Some(found)) = (source.module(class.module), source.class(class)) else {
        return Vec::new();
    };
    let fields = fields(source, module, found).into_iter();
    let required = fields.filter(|field| field.required);
    required
        .map(|field| (module.id, field.target.range, field.names))
        .collect()
}

/// The variables that fill a field of a settings class whose default is empty; None for any other.
pub(crate) fn empty_field(source: &Source, class: ClassId, name: &str) -> Option<Vec<String>> {
    let (module, found) = (source.module(class.module)?, source.class(class)?);
    let mut fields = fields(source, module, found).into_iter();
    let field = fields.find(|field| field.target.as_name() == Some(name))?;
    field.empty.then_some(field.names)
}

fn fields<'a>(source: &Source, module: &'a Module, class: &'a Class) -> Vec<Field<'a>> {
    let mut found = Vec::new();
    if class.bases.is_empty() {
        return found;
    }
    let bases = source.bases(class.id);
    let is_settings = bases.iter().any(|base| {
        leaf(base) == "BaseSettings"
            && matches!(
                base.split('.').next(),
                Some("pydantic" | "pydantic_settings" | "ninja")
            )
    });
    if !is_settings {
        return found;
    }
    let prefix = prefix(source, module, class);
    for stmt in &class.body {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        let Some(target) = assign.targets.first() else {
            continue;
        };
        let Some(field) = target.as_name() else {
            continue;
        };
        if field == "model_config" || assign.annotation.is_none() && assign.value.is_none() {
            continue;
        }
        let aliases = assign
            .value
            .as_deref()
            .map(|value| aliases(source, module.id, value))
            .unwrap_or_default();
        let names = match aliases.is_empty() {
            true => vec![format!("{prefix}{field}").to_uppercase()],
            false => aliases.iter().map(|alias| alias.to_uppercase()).collect(),
        };
        let shared = assign
            .annotation
            .as_ref()
            .is_some_and(|annotation| module.text(annotation.range).contains("ClassVar"));
        let default = assign.value.as_deref();
        let default = default.map(|value| match value.as_call() {
            Some(call) if call.written_name() == "Field" => {
                call.argument(0, "default").unwrap_or(value)
            }
            _ => value,
        });
        found.push(Field {
            target,
            names,
            empty: default.is_some_and(|default| {
                matches!(default.kind, ExprKind::None) || default.as_str() == Some("")
            }),
            required: assign.annotation.is_some()
                && !shared
                && assign.value.as_deref().is_none_or(has_no_default),
        });
    }
    found
}

/// `Field(...)`, `Field(alias="X")`: a field without a default.
fn has_no_default(value: &Expr) -> bool {
    let Some(call) = value.as_call() else {
        return false;
    };
    let field = call
        .callee
        .last_name()
        .is_some_and(|name| &**name == "Field");
    let first = call.args.first();
    let ellipsis =
        first.is_none_or(|first| matches!(&first.kind, ExprKind::Other(inner) if inner.is_empty()));
    field
        && ellipsis
        && call.option("default").is_none()
        && call.option("default_factory").is_none()
}

/// `env_prefix` of `SettingsConfigDict`, a dict, or the inner class `Config`.
fn prefix(source: &Source, module: &Module, class: &Class) -> String {
    for stmt in &class.body {
        if let StmtKind::Assign(assign) = &stmt.kind
            && assign.targets.first().and_then(Expr::as_name) == Some("model_config")
            && let Some(value) = assign.value.as_deref()
        {
            let given = value
                .as_call()
                .and_then(|call| call.option("env_prefix"))
                .or_else(|| value.entry("env_prefix"));
            return given
                .and_then(|given| source.string(module.id, given))
                .unwrap_or_default();
        }
    }
    let inner = module
        .classes
        .iter()
        .find(|inner| &*inner.name == "Config" && class.range.contains(inner.range));
    let statements = inner.map(|inner| inner.body.as_slice()).unwrap_or_default();
    for stmt in statements {
        if let StmtKind::Assign(assign) = &stmt.kind
            && assign.targets.first().and_then(Expr::as_name) == Some("env_prefix")
            && let Some(value) = assign.value.as_deref()
        {
            return source.string(module.id, value).unwrap_or_default();
        }
    }
    String::new()
}

/// The names that `Field(validation_alias=…)`, `alias=`, `env=` give.
fn aliases(source: &Source, module: ModuleId, value: &Expr) -> Vec<String> {
    let Some(call) = value.as_call() else {
        return Vec::new();
    };
    for option in ["validation_alias", "alias", "env"] {
        let Some(given) = call.option(option) else {
            continue;
        };
        if let Some(choices) = given.as_call() {
            return choices
                .args
                .iter()
                .filter_map(|choice| source.string(module, choice))
                .collect();
        }
        if let ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) = &given.kind {
            return items
                .iter()
                .filter_map(|item| source.string(module, item))
                .collect();
        }
        return source.string(module, given).into_iter().collect();
    }
    Vec::new()
}

/// `const { API_KEY: key } = process.env`, `const { env: { API_KEY } } = process`.
fn destructured<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    pattern: &'a Expr,
    value: &'a Expr,
    found: &mut Found,
) {
    let ExprKind::Dict(entries) = &pattern.kind else {
        return;
    };
    if is_environ(callers, module, value) {
        for entry in entries {
            if let Some(key) = &entry.key
                && let Some(name) = key.as_str()
            {
                add(found, module, key, name.to_owned());
            }
        }
    } else if let Meaning::External(name) = callers.source().meaning(module, value)
        && name == "process"
        && let Some(ExprKind::Dict(entries)) = pattern.entry("env").map(|inner| &inner.kind)
    {
        for key in entries.iter().filter_map(|entry| entry.key.as_ref()) {
            if let Some(name) = key.as_str() {
                add(found, module, key, name.to_owned());
            }
        }
    }
}

/// `z.object({…}).parse(process.env)`, `cleanEnv(process.env, {…})`, `createEnv({ server: {…}, runtimeEnv: process.env })`.
fn schema<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr, found: &mut Found) {
    for (at, key, _) in keys(callers, module, expr) {
        if let Some(name) = key.as_str() {
            add(found, at, key, name.to_owned());
        }
    }
}

/// What parsing the environment over a schema requires: keys that are neither optional nor have a default.
pub(crate) fn required_keys<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Vec<Required> {
    let raises = expr.as_call().is_some_and(|call| {
        call.callee.last_name().is_some_and(|name| {
            matches!(&**name, "parse" | "parseAsync" | "cleanEnv" | "createEnv")
        })
    });
    match raises {
        true => asked_keys(callers, module, expr),
        false => Vec::new(),
    }
}

/// What a schema asks of the environment that it is given, whether it raises or only says that something is missing.
pub(crate) fn asked_keys<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Vec<Required> {
    let call = expr.as_call();
    let over = call.and_then(|call| call.option("runtimeEnv").or_else(|| call.args.first()));
    let is_given = |name: &str| over.is_some_and(|over| has_own(callers, module, over, name));
    keys(callers, module, expr)
        .into_iter()
        .filter(|(_, _, value)| !may_be_absent(value))
        .filter_map(|(at, key, _)| Some((at, key.range, key.as_str()?)))
        .filter(|(_, _, name)| !is_given(name))
        .map(|(at, range, name)| (at, range, vec![name.to_owned()]))
        .collect()
}

/// `z.string().optional()`, `z.string().default("x")`, envalid's `str({ default: "x" })`.
fn may_be_absent(value: &Expr) -> bool {
    let mut value = value;
    for _ in 0..20 {
        let Some(call) = value.as_call() else {
            // A schema that stands elsewhere: what it says is not looked up.
            return true;
        };
        let name = call.callee.last_name().map_or("", |name| &**name);
        if matches!(
            name,
            "optional"
                | "default"
                | "nullish"
                | "catch"
                | "prefault"
                | "any"
                | "unknown"
                | "preprocess"
                | "union"
        ) || ["default", "devDefault"]
            .iter()
            .any(|option| call.option(option).is_some())
        {
            return true;
        }
        match &call.callee.kind {
            ExprKind::Attribute { base, .. } if base.as_call().is_some() => value = base,
            _ => return false,
        }
    }
    true
}

/// Methods of a schema that keep its keys.
const KEEP_KEYS: [&str; 14] = [
    "transform",
    "refine",
    "superRefine",
    "check",
    "pipe",
    "strict",
    "strip",
    "passthrough",
    "loose",
    "catchall",
    "readonly",
    "brand",
    "describe",
    "meta",
];

/// The call that made the object whose keys a schema has: `z.object({…})` of `z.object({…}).transform(…)`.
fn object_schema<'a>(
    source: &'a Source,
    module: ModuleId,
    schema: &'a Expr,
) -> Option<(ModuleId, &'a Call)> {
    let (mut at, mut schema) = (module, schema);
    for _ in 0..20 {
        let (made_at, call) = match schema.as_call() {
            Some(call) => (at, call),
            None => {
                let made = source.type_of(at, schema)?;
                (made.module, made.call?)
            }
        };
        match &call.callee.kind {
            ExprKind::Attribute { base, attr } if KEEP_KEYS.contains(&&**attr) => {
                (at, schema) = (made_at, base);
            }
            _ => return Some((made_at, call)),
        }
    }
    None
}

/// The keys of a schema that is parsed over the environment, each with its rule.
fn keys<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Vec<(ModuleId, &'a Expr, &'a Expr)> {
    let mut found = Vec::new();
    let Some(call) = expr.as_call() else {
        return found;
    };
    let leaf_of_callee = match &call.callee.kind {
        ExprKind::Attribute { attr, .. } => &**attr,
        ExprKind::Name(name) => &**name,
        _ => return found,
    };
    let environ =
        |value: Option<&'a Expr>| value.is_some_and(|value| is_environ(callers, module, value));
    let mut shapes: Vec<(ModuleId, &Expr)> = Vec::new();
    match leaf_of_callee {
        "parse" | "safeParse" | "parseAsync" | "safeParseAsync" | "model_validate" => {
            if environ(call.args.first())
                && let ExprKind::Attribute { base, .. } = &call.callee.kind
                && let Some((at, call)) = object_schema(callers.source(), module, base)
            {
                shapes.extend(call.args.first().map(|shape| (at, shape)));
            }
        }
        "cleanEnv" | "createEnv" | "loadEnv" => {
            if environ(call.args.first()) {
                shapes.extend(call.args.get(1).map(|shape| (module, shape)));
            } else if environ(call.option("runtimeEnv")) {
                shapes.extend(call.option("server").map(|shape| (module, shape)));
            }
        }
        _ => {}
    }
    for (at, shape) in shapes {
        let (at, shape) = match callers.source().meaning(at, shape) {
            Meaning::Value(at, value) => (at, value),
            _ => (at, shape),
        };
        if let ExprKind::Dict(entries) = &shape.kind {
            let keyed = entries
                .iter()
                .filter_map(|entry| Some((entry.key.as_ref()?, &entry.value)));
            found.extend(keyed.map(|(key, value)| (at, key, value)));
        }
    }
    found
}
