//! Uses of a variable's value that raise where it is not set: `int(os.getenv("X"))`, `new URL(process.env.X!)`.

use std::collections::BTreeSet;

use super::{EXITS, Finder, Needed};
use crate::analysis::environment::{Read, has_own, is_environ, read, variables};
use crate::analysis::values;
use crate::analysis::writes::writes;
use crate::model::source::ir::{BoolOp, Operator, StmtKind};
use crate::model::source::{ByteRange, Expr, ExprKind, FnId, Language, ModuleId};

/// Functions that take no missing value, by canonical name.
const TAKE_NO_NOTHING: [&str; 9] = [
    "int",
    "float",
    "json.loads",
    "pathlib.Path",
    "Path",
    "base64.b64decode",
    "URL",
    "JSON.parse",
    "BigInt",
];

/// Resource objects of boto3: their maker raises where its identifier is missing.
const RESOURCES: [&str; 5] = ["Table", "Bucket", "Queue", "Topic", "Object"];

/// Readers that raise where the variable is not set and no default is given.
const RAISE_THEMSELVES: [&str; 7] = [
    "decouple.config",
    "environs.Env.__call__",
    "environs.Env.str",
    "environs.Env.int",
    "environs.env.__call__",
    "environs.env.str",
    "environs.env.int",
];

impl<'a> Finder<'_, '_, 'a> {
    /// Adds what the start uses as if it were set.
    pub(super) fn uses(&self, found: &mut BTreeSet<Needed>) {
        let (callers, module) = (self.callers, self.module);
        let reads = variables(callers);
        let reads_here = || reads.iter().any(|variable| variable.module == module.id);
        let makes_here = || {
            let source = callers.source();
            let mut made = RESOURCES.iter().flat_map(|name| source.calls_named(name));
            made.any(|(at, _)| at == module.id)
        };
        if reads.is_empty() || !reads_here() && !makes_here() {
            return;
        }
        module.each_expression(&mut |_, expr| {
            let Some(used) = self.used(expr) else {
                return;
            };
            // What a function without a name holds runs when somebody calls it.
            let around = module.function_at(used.range.start);
            if around.is_some_and(|function| function.name.is_empty()) {
                return;
            }
            let Some((at, shown, found_read)) = self.read_behind(used) else {
                return;
            };
            let nothing = match used.is(expr) {
                // What raises by itself gives back the default that it is given.
                true => found_read.default.is_none(),
                false => gives_nothing(&found_read),
            };
            let names = found_read.names(callers.source());
            let [name] = &*names else {
                return;
            };
            // `process.env.hasOwnProperty.call(…)` is a method.
            if !nothing
                || name.starts_with(|first: char| first.is_lowercase())
                || found_read.has_own(callers, name)
            {
                return;
            }
            if self.surely_runs(used) == Some(true) {
                found.insert(Needed {
                    module: at,
                    range: shown.range,
                    names: vec![name.clone()],
                    starts: true,
                });
            }
        });
    }

    /// Adds what a pattern takes out of the environment with a default that only raises:
    /// `const { X = (() => { throw … })() } = process.env`.
    pub(super) fn taken(&self, found: &mut BTreeSet<Needed>) {
        let (callers, module) = (self.callers, self.module);
        if module.language != Language::TypeScript {
            return;
        }
        for (_, target, value) in writes(callers.source(), module.id) {
            let (ExprKind::Dict(entries), Some(value)) = (&target.kind, value) else {
                continue;
            };
            if !is_environ(callers, module.id, value) {
                continue;
            }
            for entry in entries {
                let name = entry.key.as_ref().and_then(Expr::as_str);
                let ExprKind::Assign { value: default, .. } = &entry.value.kind else {
                    continue;
                };
                let starts = self.surely_runs(value) == Some(true) && self.always_raises(default);
                let name = name.filter(|name| starts && !has_own(callers, module.id, value, name));
                found.extend(name.map(|name| Needed {
                    module: module.id,
                    range: entry.value.range,
                    names: vec![name.to_owned()],
                    starts,
                }));
            }
        }
    }

    /// The read that a value is: written in its place, kept under a name, or given to a function that one place calls.
    fn read_behind(&self, used: &'a Expr) -> Option<(ModuleId, &'a Expr, Read<'a>)> {
        let callers = self.callers;
        let direct = |at, value| Some((at, value, read(callers, at, value)?));
        let kept = |at, value: &'a Expr| {
            let name = value.as_name()?;
            let bound = values::bound(callers.source(), at, name, value.range.start);
            match &*bound {
                [only] => direct(at, *only),
                _ => None,
            }
        };
        let here = |at, value| direct(at, value).or_else(|| kept(at, value));
        here(self.module.id, used).or_else(|| {
            // A parameter that gets a value of its own before may be missing where it is given.
            let name = used.as_name()?;
            self.module.only_binding(name, used.range.start)?;
            let given = callers.given(self.module.id, used);
            match *given {
                [(at, value)] => here(at, value),
                _ => None,
            }
        })
    }

    /// Whether a call makes a resource object of boto3, which takes no missing identifier.
    fn makes_a_resource(&self, callee: &'a Expr) -> bool {
        let ExprKind::Attribute { base, attr } = &callee.kind else {
            return false;
        };
        let made = || self.callers.source().type_of(self.module.id, base);
        RESOURCES.contains(&&**attr)
            && made().is_some_and(|made| {
                made.type_name.starts_with("boto3.") && made.type_name.ends_with("resource")
            })
    }

    /// The part of an expression without which it raises.
    fn used(&self, expr: &'a Expr) -> Option<&'a Expr> {
        let python = self.module.language == Language::Python;
        match &expr.kind {
            ExprKind::Call(call) => {
                let name = self.callers.source().callee_name(self.module.id, expr)?;
                if RAISE_THEMSELVES.contains(&name) {
                    return Some(expr);
                }
                match (&call.callee.kind, call.args.first()) {
                    // `env.get("X").required()` of env-var.
                    (ExprKind::Attribute { base, attr }, None) if &**attr == "required" => {
                        Some(base)
                    }
                    (_, first) => first.filter(|_| {
                        TAKE_NO_NOTHING.contains(&name) || self.makes_a_resource(&call.callee)
                    }),
                }
            }
            // `process.env.X?.trim()` asks first.
            ExprKind::Attribute { base, .. } => {
                let between = ByteRange {
                    start: base.range.end,
                    end: expr.range.end,
                };
                let asks = self.module.text(between).contains("?.");
                let value = match python {
                    true => base.as_call().is_some(),
                    false => matches!(base.kind, ExprKind::Attribute { .. }),
                };
                (value && !asks).then_some(&**base)
            }
            ExprKind::BinOp {
                op: Operator::Add,
                left,
                right,
            } if python => {
                let is_text =
                    |side: &Expr| matches!(side.kind, ExprKind::Str(_) | ExprKind::Format(_));
                match (is_text(left), is_text(right)) {
                    (true, false) => Some(&**right),
                    (false, true) => Some(&**left),
                    _ => None,
                }
            }
            // `os.getenv("X") or fail("X")`, `process.env.X ?? (() => { throw … })()`.
            ExprKind::BoolOp {
                op: BoolOp::Or | BoolOp::Coalesce,
                values,
            } => match &**values {
                [first, .., last] if self.always_raises(last) => {
                    Some(first).filter(|_| values.len() == 2)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a call is of a function of the project that only raises.
    fn always_raises(&self, expr: &'a Expr) -> bool {
        let source = self.callers.source();
        let raises = |function: FnId| {
            source.function(function).is_some_and(|function| {
                function.body.iter().all(|stmt| {
                    matches!(
                        stmt.kind,
                        StmtKind::Raise { .. } | StmtKind::Expr(_) | StmtKind::Nothing
                    )
                }) && function
                    .body
                    .last()
                    .is_some_and(|last| matches!(last.kind, StmtKind::Raise { .. }))
            })
        };
        let name = source.callee_name(self.module.id, expr);
        if name.is_some_and(|name| EXITS.contains(&name)) {
            return true;
        }
        let called = expr.as_call().and_then(|call| match call.callee.kind {
            ExprKind::Lambda(function) => Some(function),
            _ => source.callee(self.module.id, expr),
        });
        called.is_some_and(raises)
    }
}

/// Whether a read gives no value where the variable is not set.
fn gives_nothing(read: &Read<'_>) -> bool {
    read.default
        .is_none_or(|default| matches!(default.kind, ExprKind::None))
}
