//! Schemas that are built by calls: zod, valibot, Joi, yup, TypeBox. Each is a tree; what it says of a path is what its leaf says.

use crate::analysis::dataflow::Ends;
use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::tested::pattern;
use crate::model::source::ir::StmtKind;
use crate::model::source::walk::statements;
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

use super::{Fields, Rule, Shape, arktype, json_schema, own};

const DEEPEST: u8 = 40;

/// The rules of a schema by path; the empty path is the value as a whole.
pub(crate) fn fields(source: &Source, module: ModuleId, expr: &Expr) -> Fields {
    shape(source, module, expr, 0).into_fields()
}

/// What a schema says.
pub(crate) fn shape(source: &Source, module: ModuleId, expr: &Expr, depth: u8) -> Shape {
    if depth > DEEPEST {
        limits::reached(limits::SCHEMA, module, expr.range);
        return Shape::default();
    }
    // A schema that holds another one twice doubles with each level.
    let Some(_step) = limits::step(limits::SCHEMA, module, expr.range) else {
        return Shape::default();
    };
    match &expr.kind {
        ExprKind::Dict(_) if json_schema::is_schema(expr) => {
            json_schema::shape(source, module, expr, depth)
        }
        // A plain object of types, as MCP servers take it.
        ExprKind::Dict(_) => Shape {
            rule: Rule::default(),
            ..object(source, module, expr, depth)
        },
        ExprKind::Call(call) => of_call(source, module, call, depth),
        ExprKind::Await(inner) => shape(source, module, inner, depth + 1),
        _ => match source.meaning(module, expr) {
            Meaning::Instance(made) => made.call.map_or_else(Shape::default, |call| {
                of_call(source, made.module, call, depth + 1)
            }),
            Meaning::Value(at, value) if !value.is(expr) => shape(source, at, value, depth + 1),
            Meaning::External(name) => of_effect(&name),
            _ => Shape::default(),
        },
    }
}

/// A type of effect that no call makes: `Schema.String`.
fn of_effect(name: &str) -> Shape {
    if !matches!(package(name), "effect" | "@effect/schema") {
        return Shape::default();
    }
    let rule = match leaf(name) {
        "String" | "NonEmptyString" | "Trim" => Rule {
            text: true,
            ..Rule::TYPED
        },
        "Number" | "Int" | "Positive" | "NonNegative" | "NonNegativeInt" => Rule {
            number: true,
            ..Rule::TYPED
        },
        "Boolean" => Rule {
            flag: true,
            ..Rule::TYPED
        },
        "UUID" | "ULID" | "Date" => Rule::SET,
        _ => Rule::default(),
    };
    Shape::of(rule)
}

fn of_call(source: &Source, module: ModuleId, call: &Call, depth: u8) -> Shape {
    if depth > DEEPEST {
        limits::reached(limits::SCHEMA, module, call.callee.range);
        return Shape::default();
    }
    if let Meaning::Function(id) = source.meaning(module, &call.callee) {
        // A helper of the project that makes a schema.
        let made = statements(source.body(id.module, Some(id)))
            .into_iter()
            .filter_map(|stmt| match &stmt.kind {
                StmtKind::Return(Some(value)) => Some(value),
                _ => None,
            });
        return Shape::union(made.map(|value| shape(source, id.module, value, depth + 2)));
    }
    let at = Place {
        source,
        module,
        call,
        depth: depth + 1,
    };
    match &call.callee.kind {
        ExprKind::Attribute { base, attr } => match at.receiver(base) {
            Some(known) => at.method(attr, known),
            None => at.constructor(attr),
        },
        _ => {
            let name = source.canonical(module, &call.callee).unwrap_or_default();
            if name == arktype::MAKER {
                return arktype::of_call(source, module, call);
            }
            match call.args.first() {
                _ if name.contains('.') => at.constructor(leaf(&name)),
                Some(first) if matches!(first.kind, ExprKind::Dict(_)) => {
                    shape(source, module, first, depth + 1)
                }
                _ => Shape::default(),
            }
        }
    }
}

/// `{ prompt: z.string(), …base }` as an object type.
fn object(source: &Source, module: ModuleId, expr: &Expr, depth: u8) -> Shape {
    let ExprKind::Dict(entries) = &expr.kind else {
        return shape(source, module, expr, depth + 1);
    };
    let mut found = Vec::new();
    let mut spread = Vec::new();
    for entry in entries {
        let inner = shape(source, module, &entry.value, depth + 1);
        match entry.key.as_ref().and_then(Expr::as_str) {
            Some(key) => found.push((key.to_owned(), inner)),
            None => spread.push(inner),
        }
    }
    let made = Shape::object(found);
    spread.into_iter().fold(made, Shape::with)
}

/// A call that makes or refines a type.
struct Place<'s> {
    source: &'s Source,
    module: ModuleId,
    call: &'s Call,
    depth: u8,
}

impl Place<'_> {
    /// The type that a method is called on; None for the library itself (`z`, `z.coerce`, `Type`).
    fn receiver(&self, base: &Expr) -> Option<Shape> {
        let chain = matches!(base.kind, ExprKind::Call(_))
            || matches!(
                self.source.meaning(self.module, base),
                Meaning::Instance(_) | Meaning::Value(..)
            )
            || matches!(self.source.meaning(self.module, base), Meaning::External(name)
                if of_effect(&name).rule != Rule::default());
        chain.then(|| shape(self.source, self.module, base, self.depth))
    }

    fn arg(&self, index: usize) -> Shape {
        let arg = self.call.args.get(index);
        arg.map_or_else(Shape::default, |arg| self.of(arg))
    }

    fn of(&self, inner: &Expr) -> Shape {
        shape(self.source, self.module, inner, self.depth)
    }

    fn object(&self, index: usize) -> Shape {
        self.call
            .args
            .get(index)
            .map_or_else(Shape::default, |arg| {
                object(self.source, self.module, arg, self.depth)
            })
    }

    /// The types in a list, or given one by one.
    fn each(&self, index: usize) -> Vec<Shape> {
        let of = |item: &Expr| shape(self.source, self.module, item, self.depth);
        match self.call.args.get(index).map(|list| &list.kind) {
            Some(ExprKind::List(items)) => items.iter().map(of).collect(),
            _ => self.call.args.iter().skip(index).map(of).collect(),
        }
    }

    fn constructor(&self, name: &str) -> Shape {
        let has = |key: &str| self.call.option(key).is_some();
        let rule = match name {
            "string" | "String" | "str" | "nonEmptyString" => Rule {
                text: true,
                bounded: has("maxLength"),
                formatted: has("pattern") || has("format"),
                ..Rule::TYPED
            },
            "number" | "int" | "bigint" | "Number" | "Integer" | "integer" | "int32"
            | "float32" | "float64" => Rule {
                number: true,
                ranged: has("maximum") || has("exclusiveMaximum"),
                ..Rule::TYPED
            },
            "boolean" | "Boolean" | "bool" | "stringbool" => Rule {
                flag: true,
                ..Rule::TYPED
            },
            "uuid" | "guid" | "ulid" | "cuid" | "cuid2" | "nanoid" | "datetime" | "ipv4"
            | "ipv6" | "isoDate" | "date" | "Date" | "enum" | "nativeEnum" | "literal"
            | "Literal" | "Enum" | "picklist" | "valid" | "null" | "Null" | "undefined"
            | "void" | "never" | "enums" | "oneOf" => Rule::SET,
            "email" | "url" => Rule {
                text: true,
                formatted: true,
                ..Rule::TYPED
            },
            _ => return self.compound(name),
        };
        Shape::of(rule)
    }

    fn compound(&self, name: &str) -> Shape {
        match name {
            "object" | "strictObject" | "Object" | "interface" | "Struct" => self.object(0),
            "looseObject" | "objectWithRest" => self.object(0).open(),
            "array" | "Array" | "NonEmptyArray" | "set" => {
                let made = Shape::list(self.arg(0));
                if self.call.option("maxItems").is_some() {
                    made.limited()
                } else {
                    made
                }
            }
            "tuple" | "Tuple" => Shape::list(Shape::union(self.each(0))).limited(),
            // effect: `Schema.Record({ key: Schema.String, value: Schema.Number })`
            "Record" if self.call.option("value").is_some() => {
                let value = self.call.option("value");
                Shape::list(value.map_or_else(Shape::default, |value| self.of(value)))
            }
            "record" | "Record" | "map" => {
                Shape::list(self.arg(self.call.args.len().saturating_sub(1)))
            }
            "union" | "Union" | "xor" | "alternatives" => Shape::union(self.each(0)),
            "discriminatedUnion" | "variant" => Shape::union(self.each(1)),
            "intersection" | "intersect" | "Intersect" | "Composite" => {
                self.each(0).into_iter().fold(Shape::default(), Shape::with)
            }
            "optional" | "nullable" | "nullish" | "exactOptional" | "readonly" | "Optional"
            | "Readonly" | "nonOptional" | "prefault" | "partial" | "Partial" | "required"
            | "strict" | "NullOr" | "UndefinedOr" | "NullishOr" | "optionalWith" | "mutable" => {
                self.arg(0)
            }
            "preprocess" => self.arg(1),
            // valibot: a type, then what it must fit.
            "pipe" => {
                let tests = self.call.args.iter().skip(1).filter_map(Expr::as_call);
                tests.fold(self.arg(0), |made, test| {
                    let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) =
                        &test.callee.kind
                    else {
                        return made;
                    };
                    self.refined(name, test, made)
                })
            }
            _ => Shape::default(),
        }
    }

    fn method(&self, name: &str, known: Shape) -> Shape {
        match name {
            "extend" | "merge" | "safeExtend" | "and" | "keys" | "append" | "concat" => {
                known.with(self.object(0))
            }
            "or" => Shape::union([known, self.arg(0)]),
            // The last of several types rules the value; a transformation is none.
            "pipe" => {
                // `Schema.String.pipe(Schema.maxLength(80))` of effect refines.
                let tests = self.call.args.iter().filter_map(Expr::as_call);
                let known = tests.fold(known, |made, test| match test.callee.last_name() {
                    Some(name) => self.refined(name, test, made),
                    None => made,
                });
                let last = self.arg(0);
                match last.rule == Rule::default() && last.fields.is_empty() {
                    true => known,
                    false => last,
                }
            }
            "try" => Shape::union(self.each(0)),
            "array" => Shape::list(known),
            "items" | "of" => {
                let made = Shape::list(Shape::union(self.each(0)));
                if known.rule.bounded {
                    made.limited()
                } else {
                    made
                }
            }
            "passthrough" | "loose" | "unknown" | "catchall" => known.open(),
            "object" => self.object(0),
            _ => self.refined(name, self.call, known),
        }
    }

    /// What `.max(100)`, `.uuid()`, `maxLength(100)`, `.refine((text) => WORD.test(text))` add.
    fn refined(&self, name: &str, call: &Call, mut made: Shape) -> Shape {
        let (source, module) = (self.source, self.module);
        let given = call.args.first();
        match name {
            "refine" | "check" | "filter" | "transform" | "overwrite" => {
                let ends = match name {
                    "refine" | "check" | "filter" => Ends::True,
                    _ => Ends::All,
                };
                if let Some(function) = given.and_then(|given| own::given(source, module, given)) {
                    made.rule = made.rule.tested(own::of_value(source, function, 0, ends));
                }
            }
            "max" | "length" | "lte" | "lt" | "maxLength" | "maxValue" | "less" | "size"
            | "maxSize" => {
                made = made.limited();
                made.rule.ranged = true;
            }
            "lessThanOrEqualTo" | "lessThan" | "between" => made.rule.ranged = true,
            "maxItems" => made = made.limited(),
            "positive" | "negative" => {}
            "uuid" | "guid" | "ulid" | "cuid" | "cuid2" | "nanoid" | "datetime" | "isoDate"
            | "isoTimestamp" => {
                made.rule.formatted = true;
                made.rule.bounded = true;
                made.rule.safe = true;
            }
            "regex" | "pattern" | "matches" => {
                made.rule.formatted = true;
                if let Some(given) = given {
                    made.rule.safe |= pattern::is_safe(source, module, given);
                    made.rule.bounded |= pattern::is_bounded(source, module, given);
                }
            }
            "email" | "url" | "startsWith" => made.rule.formatted = true,
            "valid" | "oneOf" | "equal" => made.rule = Rule::SET,
            _ => {}
        }
        made
    }
}
