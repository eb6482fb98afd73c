//! Where validators of the TypeScript ecosystem are applied: `schema.parse(x)`, `v.parse(schema, x)`, Ajv, middleware of a route.

use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::tested::pattern;
use crate::model::source::{Call, Expr, ExprKind, Module, ModuleId, Source};

use super::rules::{Fields, Rule};
use super::{UNREAD, arktype, json_schema, zod};

/// Packages that validate and whose schemas are not read, or not always.
const PACKAGES: &[&str] = &[
    "ajv",
    "arktype",
    "class-validator",
    "class-transformer",
    "effect",
    "@effect/schema",
    "fastest-validator",
    "io-ts",
    "joi",
    "runtypes",
    "superstruct",
    "typia",
    "valibot",
    "yup",
    "zod",
    "@sinclair/typebox",
    "jsonschema",
    "celebrate",
    "express-validator",
    "@hono/zod-validator",
    "cerberus",
    "voluptuous",
    "msgspec",
];
const APPLIES: &[&str] = &[
    "parse",
    "safeParse",
    "parseAsync",
    "safeParseAsync",
    "validate",
    "validateSync",
    "validateAsync",
    "validateOrReject",
    "assert",
    "is",
    "check",
    "Check",
    "Parse",
    "decode",
    "create",
    "cast",
    "mask",
    "plainToInstance",
    "attempt",
    "decodeUnknownSync",
];

fn unread() -> Fields {
    Fields::from([(UNREAD.to_owned(), Rule::UNREAD)])
}

/// `validate(x)` of `ajv.compile(schema)`, `validate(instance, schema)` of jsonschema, `parse(schema, x)` of valibot; with the
/// value as the first argument but for valibot's, which [`by_method`] reads under its usual `v.`.
pub(crate) fn by_name(source: &Source, module: ModuleId, call: &Call) -> Option<Fields> {
    let name = call.callee.as_name()?;
    if let Meaning::Instance(made) = source.meaning(module, &call.callee)
        && let Some(ExprKind::Attribute { attr, .. }) = made.call.map(|call| &call.callee.kind)
        && matches!(&**attr, "compile" | "compileParser")
    {
        let schema = made.call?.args.first()?;
        let fields = json_schema::fields(source, made.module, schema);
        return Some(if fields.is_empty() { unread() } else { fields });
    }
    if name == "validate"
        && let Some(schema) = call.argument(1, "schema")
    {
        return Some(json_schema::fields(source, module, schema));
    }
    let known = source.canonical(module, &call.callee)?;
    (PACKAGES.contains(&package(&known)) && APPLIES.contains(&leaf(&known))).then(unread)
}

/// Whether what is called is a type of arktype, which gives the value or what is wrong with it.
pub(crate) fn is_type(source: &Source, module: ModuleId, callee: &Expr) -> bool {
    matches!(source.meaning(module, callee), Meaning::Instance(made)
        if made.type_name == arktype::MAKER && made.call.is_some())
}

/// What a decoder of effect tests: `Schema.decodeUnknownSync(Ask)(payload)`, by name too.
pub(crate) fn by_decoder(source: &Source, module: ModuleId, callee: &Expr) -> Option<Fields> {
    let (at, maker) = decoder(source, module, callee)?;
    let fields = zod::fields(source, at, maker.args.first()?);
    Some(if fields.is_empty() { unread() } else { fields })
}

/// Whether what is called is a decoder of effect that gives the value or what is wrong with it, and does not raise.
pub(crate) fn gives_either(source: &Source, module: ModuleId, callee: &Expr) -> bool {
    decoder(source, module, callee).is_some_and(|(_, maker)| {
        let name = maker.callee.last_name();
        name.is_some_and(|name| name.ends_with("Either"))
    })
}

/// The call that makes a decoder of effect.
fn decoder<'s>(
    source: &'s Source,
    module: ModuleId,
    callee: &'s Expr,
) -> Option<(ModuleId, &'s Call)> {
    let (at, call) = match &callee.kind {
        ExprKind::Call(call) => (module, &**call),
        ExprKind::Name(_) => match source.meaning(module, callee) {
            Meaning::Instance(made) => (made.module, made.call?),
            _ => return None,
        },
        _ => return None,
    };
    let name = source.canonical(at, &call.callee)?;
    let decodes = matches!(package(&name), "effect" | "@effect/schema")
        && matches!(
            leaf(&name),
            "decodeUnknownSync"
                | "decodeSync"
                | "decodeUnknownPromise"
                | "validateSync"
                | "decodeUnknownEither"
                | "decodeEither"
                | "validateEither"
        );
    decodes.then_some((at, call))
}

/// `schema.parse(x)`, `schema.validate(x)`, `v.parse(schema, x)`, with the index of the argument that is tested.
pub(crate) fn by_method(
    source: &Source,
    module: ModuleId,
    call: &Call,
    base: &Expr,
    method: &str,
) -> Option<(Fields, usize)> {
    if !APPLIES.contains(&method) {
        return None;
    }
    let name = source.canonical(module, &call.callee).unwrap_or_default();
    let library = PACKAGES.contains(&package(&name));
    let direct = matches!(
        source.meaning(module, base),
        Meaning::External(_) | Meaning::Unknown
    );
    if direct && library && call.args.len() > 1 {
        // `v.parse(schema, value)`, `Value.Check(schema, value)`, `Joi.attempt(value, schema)`.
        let first = zod::fields(source, module, call.args.first()?);
        if !first.is_empty() {
            return Some((first, 1));
        }
        let second = zod::fields(source, module, call.args.get(1)?);
        return Some(if second.is_empty() {
            (unread(), 0)
        } else {
            (second, 0)
        });
    }
    if method == "validate" && call.args.len() > 1 && !library {
        let schema = json_schema::fields(source, module, call.args.get(1)?);
        if !schema.is_empty() {
            return Some((schema, 0));
        }
    }
    let fields = zod::fields(source, module, base);
    if !fields.is_empty() {
        return Some((fields, 0));
    }
    let made = source.type_of(module, base).map(|made| made.type_name);
    let of_library = library
        || made
            .as_deref()
            .is_some_and(|name| PACKAGES.contains(&package(name)));
    of_library.then(|| (unread(), 0))
}

/// What a route or tool is registered with beside its handler: a schema, or middleware that validates.
pub(crate) fn registered(source: &Source, module: &Module, call: &Call) -> Fields {
    let mut found = Fields::new();
    for arg in &call.args {
        found.extend(given(source, module, arg));
    }
    found
}

fn given(source: &Source, module: &Module, arg: &Expr) -> Fields {
    // Lists of middleware may hold each other.
    let Some(_step) = limits::follow("middleware", limits::NAMES, module.id, arg) else {
        return Fields::new();
    };
    match &arg.kind {
        // `server.registerTool("name", { inputSchema: { … } }, handler)`, `server.tool("name", { … }, handler)`, and
        // `server.post(path, { schema: { body } }, handler)` of Fastify.
        ExprKind::Dict(_) => {
            let route = arg
                .entry("schema")
                .map(|schema| match source.meaning(module.id, schema) {
                    Meaning::Value(at, schema) => (at, schema),
                    _ => (module.id, schema),
                });
            let body = route.and_then(|(at, schema)| Some((at, schema.entry("body")?)));
            let (at, schema) = body.unwrap_or((module.id, arg.entry("inputSchema").unwrap_or(arg)));
            zod::fields(source, at, schema)
        }
        ExprKind::List(items) => {
            let mut found = Fields::new();
            for item in items {
                found.extend(given(source, module, item));
            }
            found
        }
        ExprKind::Call(call) => middleware(source, module, call),
        ExprKind::Name(_) => match source.meaning(module.id, arg) {
            Meaning::Instance(made) => match (made.call, source.module(made.module)) {
                (Some(call), Some(at)) => middleware(source, at, call),
                _ => Fields::new(),
            },
            Meaning::Value(at, value) if matches!(value.kind, ExprKind::List(_)) => source
                .module(at)
                .map_or_else(Fields::new, |at| given(source, at, value)),
            _ => Fields::new(),
        },
        _ => Fields::new(),
    }
}

/// `validate(schema)`, `zValidator('json', schema)`, `body('prompt').isString().isLength({ max: 4000 })`.
fn middleware(source: &Source, module: &Module, call: &Call) -> Fields {
    if let Some((field, rule)) = express(source, module.id, call) {
        // Express-validator only notes what is wrong; the handler must ask for it.
        let asked = ["validationResult", "matchedData"]
            .iter()
            .any(|word| module.source.text.contains(word));
        return if asked {
            Fields::from([(field, rule)])
        } else {
            Fields::new()
        };
    }
    let validates = match source.meaning(module.id, &call.callee) {
        Meaning::Function(id) => source.module(id.module).is_some_and(|at| {
            let text = source
                .function(id)
                .map_or("", |function| at.text(function.range));
            ["arse(", "arseAsync(", "alidate(", "validate"]
                .iter()
                .any(|word| text.contains(word))
        }),
        _ => module
            .text(call.callee.range)
            .to_lowercase()
            .contains("valid"),
    };
    if !validates {
        return Fields::new();
    }
    for arg in &call.args {
        let schema = arg.entry("body").unwrap_or(arg);
        let fields = zod::fields(source, module.id, schema);
        if !fields.is_empty() {
            return fields;
        }
    }
    unread()
}

/// A chain of express-validator: the field's path and what is tested of it.
fn express(source: &Source, module: ModuleId, call: &Call) -> Option<(String, Rule)> {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        let name = source.canonical(module, &call.callee)?;
        let field = matches!(
            &*name,
            "express-validator.body" | "express-validator.check" | "express-validator.param"
        );
        let path = call.args.first().filter(|_| field)?.as_str()?;
        return Some((path.to_owned(), Rule::default()));
    };
    let (path, mut rule) = express(source, module, base.as_call()?)?;
    let max = call.option("max").is_some();
    match &**attr {
        "isString" => {
            rule.typed = true;
            rule.text = true;
        }
        "isInt" | "isFloat" | "isNumeric" | "isDecimal" => {
            rule.typed = true;
            rule.number = true;
            rule.ranged |= max;
        }
        "isBoolean" => {
            rule.typed = true;
            rule.flag = true;
        }
        "isArray" | "isObject" => rule.typed = true,
        "isLength" => rule.bounded |= max,
        "isUUID" | "isMongoId" | "isULID" | "isISO8601" => rule = Rule::SET,
        "isIn" => rule = Rule::SET,
        "isAlphanumeric" | "isSlug" => {
            rule.formatted = true;
            rule.safe = true;
        }
        "matches" | "isEmail" | "isURL" => {
            rule.formatted = true;
            rule.safe |= pattern::of_first(source, module, call);
        }
        _ => {}
    }
    Some((path, rule))
}
