//! Where a session id comes from: made anew at a place, or given from outside.

use std::collections::BTreeSet;

use super::places::Places;
use crate::analysis::names::leaf;
use crate::analysis::values::{At, Domain, Part, eval, eval_each, returned, values_in};
use crate::model::source::module::{BindingKind, Module};
use crate::model::source::{Expr, ExprKind, FnId, ModuleId, Source};

/// Where an id comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Made here: the module, the function that runs it, and the offset of the expression.
    Fresh {
        /// The module.
        module: ModuleId,
        /// The function in which it is made; None at import.
        function: Option<FnId>,
        /// Where.
        range: crate::model::source::ByteRange,
    },
    /// Given from outside, kept somewhere, or not known.
    Given,
    /// A literal.
    Constant,
}

/// What makes a new id, by canonical name.
pub(crate) const MAKERS: [&str; 31] = [
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid.uuid6",
    "uuid.uuid7",
    "uuid.v1",
    "uuid.v4",
    "uuid.v7",
    "crypto.randomUUID",
    "randomUUID",
    "crypto.randomBytes",
    "crypto.randomUUIDv7",
    "nanoid",
    "nanoid.nanoid",
    "ulid.ulid",
    "ulid.new",
    "ulid.ULID",
    "secrets.token_hex",
    "secrets.token_urlsafe",
    "secrets.token_bytes",
    "os.urandom",
    "time.time",
    "time.time_ns",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.now",
    "Date.now",
    "Date",
    "Math.random",
    "expo-crypto.randomUUID",
    "shortuuid.uuid",
    "cuid.cuid",
];

/// Finds the origin of an id.
pub(crate) fn of<'a>(source: &'a Source, places: &Places<'a>, at: At<'a>) -> Vec<Origin> {
    let mut finder = Finder {
        source,
        places,
        open: BTreeSet::new(),
    };
    eval(&mut finder, at)
}

struct Finder<'a, 'p> {
    source: &'a Source,
    places: &'p Places<'a>,
    open: BTreeSet<(FnId, usize)>,
}

/// The possible origins; more than one where several callers give different ids.
impl<'a> Domain<'a> for Finder<'a, '_> {
    type Known = Vec<Origin>;
    const QUESTION: &'static str = "origin";

    fn unknown(&mut self, _at: At<'a>) -> Vec<Origin> {
        vec![Origin::Given]
    }

    fn text(&mut self, _at: At<'a>, _text: &'a str) -> Vec<Origin> {
        vec![Origin::Constant]
    }

    /// `given or new()`: the caller can keep a session.
    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Vec<Origin> {
        alternatives(&eval_each(self, ways.iter().map(|way| at.to(way))))
    }

    fn together(&mut self, at: At<'a>, parts: &[Part<'a>]) -> Vec<Origin> {
        self.mixed(values_in(at, parts))
    }

    fn other(&mut self, at: At<'a>) -> Vec<Origin> {
        let Some(module) = self.source.module(at.module) else {
            return vec![Origin::Given];
        };
        match &at.expr.kind {
            ExprKind::Number(_) => vec![Origin::Constant],
            ExprKind::BinOp { left, right, .. } => {
                self.mixed([left, right].map(|part| at.to(part)).to_vec())
            }
            ExprKind::Subscript { base, .. } => {
                // A slice or first part of a new id is new; an element of anything else is given.
                match eval(self, at.to(base)).as_slice() {
                    [fresh @ Origin::Fresh { .. }] => vec![fresh.clone()],
                    _ => vec![Origin::Given],
                }
            }
            ExprKind::Call(call) => self.call(module, at, call),
            ExprKind::Attribute { base, attr } => match &**attr {
                "hex" | "value" | "bytes" | "int" => eval(self, at.to(base)),
                _ => vec![Origin::Given],
            },
            ExprKind::Name(name) => self.name(module, at, name),
            _ => vec![Origin::Given],
        }
    }
}

impl<'a> Finder<'a, '_> {
    /// A text made of several parts is new as soon as one of them is new and at random; one that comes from outside keeps it
    /// apart from others, not from its own next call.
    fn mixed(&mut self, parts: Vec<At<'a>>) -> Vec<Origin> {
        let mut given = false;
        for part in parts {
            for origin in eval(self, part) {
                match origin {
                    fresh @ Origin::Fresh { .. } => return vec![fresh],
                    Origin::Given => given = true,
                    Origin::Constant => {}
                }
            }
        }
        vec![if given {
            Origin::Given
        } else {
            Origin::Constant
        }]
    }

    fn call(
        &mut self,
        module: &'a Module,
        at: At<'a>,
        call: &'a crate::model::source::Call,
    ) -> Vec<Origin> {
        let here = || Origin::Fresh {
            module: at.module,
            function: module
                .function_at(at.expr.range.start)
                .map(|function| function.id),
            range: at.expr.range,
        };
        if let Some(helper) = self.source.callee(at.module, at.expr) {
            let mut all = Vec::new();
            for value in returned(self.source, helper) {
                all.extend(eval(self, value));
            }
            let made = |origin: &Origin| matches!(origin, Origin::Fresh { function, .. } if *function == Some(helper));
            // A helper that always makes one makes it wherever it is called; one that may find one keeps it.
            return if !all.is_empty() && all.iter().all(made) {
                vec![here()]
            } else {
                vec![Origin::Given]
            };
        }
        let name = self
            .source
            .callee_name(at.module, at.expr)
            .unwrap_or_default();
        if MAKERS.contains(&name) {
            return vec![here()];
        }
        // `str(x)`, `x.replace("-", "")`, `x.strftime(…)`, `"-".join([…])`.
        if let ExprKind::Attribute { base, attr } = &call.callee.kind {
            if matches!(
                &**attr,
                "replace"
                    | "replaceAll"
                    | "strip"
                    | "lower"
                    | "upper"
                    | "toString"
                    | "substring"
                    | "slice"
                    | "ljust"
                    | "padEnd"
                    | "zfill"
                    | "strftime"
                    | "isoformat"
                    | "toISOString"
                    | "getTime"
                    | "timestamp"
                    | "encode"
                    | "decode"
                    | "hex"
            ) {
                return eval(self, at.to(base));
            }
            if matches!(&**attr, "join" | "format" | "concat") {
                let mut parts: Vec<At<'a>> = vec![At::new(at.module, base)];
                for arg in &call.args {
                    match &arg.kind {
                        ExprKind::List(items) | ExprKind::Tuple(items) => {
                            parts.extend(items.iter().map(|item| At::new(at.module, item)));
                        }
                        _ => parts.push(At::new(at.module, arg)),
                    }
                }
                return self.mixed(parts);
            }
        }
        if matches!(leaf(name), "str" | "String" | "int" | "hash" | "hex") {
            let parts = call.args.iter().map(|arg| At::new(at.module, arg));
            return self.mixed(parts.collect());
        }
        vec![Origin::Given]
    }

    fn name(&mut self, module: &'a Module, at: At<'a>, name: &str) -> Vec<Origin> {
        let Some((scope, bindings)) = module.bindings_around(name, at.expr.range.start) else {
            return vec![Origin::Given];
        };
        let mut all = Vec::new();
        for binding in bindings {
            match &binding.kind {
                BindingKind::Value {
                    value,
                    path,
                    declaration,
                } if path.is_empty()
                    && declaration.as_ref().is_none_or(|it| it.default.is_none())
                    && !value.range.contains(at.expr.range) =>
                {
                    all.extend(eval(self, At::new(module.id, value)));
                }
                // What is added to it does not make it another.
                BindingKind::Augmented(_) | BindingKind::Declared(_) => {}
                BindingKind::Param { index, path } if path.is_empty() => {
                    if let Some(function) = scope {
                        all.extend(self.param(function.id, *index));
                    }
                }
                _ => all.push(Origin::Given),
            }
        }
        if bindings.len() > 1 {
            return alternatives(&all);
        }
        all
    }

    /// What the callers in sight give for a parameter.
    fn param(&mut self, function: FnId, index: usize) -> Vec<Origin> {
        if !self.open.insert((function, index)) {
            return vec![Origin::Given];
        }
        let source = self.source;
        let Some(about) = source.function(function) else {
            return vec![Origin::Given];
        };
        let Some(param) = about.params.get(index) else {
            return vec![Origin::Given];
        };
        let mut all = Vec::new();
        let bound =
            usize::from(about.class.is_some() && !about.is_static && is_python(source, function));
        let places = self.places;
        for used in places.uses(function).iter().filter(|used| used.direct) {
            let (module, caller, call) = (used.module, used.caller, used.expr);
            let Some(called) = call.as_call() else {
                continue;
            };
            let given = index
                .checked_sub(bound)
                .and_then(|place| called.argument(place, &param.name));
            match (given, param.default.as_deref()) {
                (Some(given), _) => all.extend(eval(self, At::new(module, given))),
                (None, Some(default)) => {
                    let made = eval(self, At::new(function.module, default));
                    for origin in made {
                        all.push(match origin {
                            // A default is made at the call in TypeScript, once in Python.
                            Origin::Fresh { .. } if !is_python(source, function) => Origin::Fresh {
                                module,
                                function: caller,
                                range: call.range,
                            },
                            _ => Origin::Given,
                        });
                    }
                }
                (None, None) => all.push(Origin::Given),
            }
        }
        self.open.remove(&(function, index));
        if all.is_empty() {
            all.push(Origin::Given);
        }
        all
    }
}

fn is_python(source: &Source, function: FnId) -> bool {
    source
        .module(function.module)
        .is_some_and(|module| module.language == crate::model::source::Language::Python)
}

/// Several assignments or alternatives of one id: new only where each is.
fn alternatives(all: &[Origin]) -> Vec<Origin> {
    let fresh = all
        .iter()
        .filter(|origin| matches!(origin, Origin::Fresh { .. }))
        .count();
    match all
        .iter()
        .find(|origin| matches!(origin, Origin::Fresh { .. }))
    {
        Some(first) if fresh == all.len() => vec![first.clone()],
        _ if all.iter().all(|origin| *origin == Origin::Constant) && !all.is_empty() => {
            vec![Origin::Constant]
        }
        _ => vec![Origin::Given],
    }
}
