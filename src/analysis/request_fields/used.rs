//! What fields are used as: a list that is gone through, an object whose members are taken, what is written out as JSON.

use std::collections::BTreeSet;

use crate::analysis::call_sites::{parameter, some_given};
use crate::analysis::dataflow::{Flow, Labels};
use crate::analysis::limits;
use crate::analysis::schema::WHOLE;
use crate::analysis::values::bound;
use crate::model::source::ir::{LoopKind, StmtKind};
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Call, Expr, ExprKind, Language, ModuleId, Source};

use super::payload::Payload;

/// What code does with the value of a field itself, not with what is taken out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// It goes through its elements.
    pub sequence: bool,
    /// It takes members by their names.
    pub mapping: bool,
    /// The members that it takes, where their names are written.
    pub members: BTreeSet<String>,
    /// It writes it out as JSON.
    pub serialised: bool,
}

/// One such use.
#[derive(Clone, Copy)]
enum Use<'e> {
    Sequence,
    Mapping(Option<&'e str>),
    Serialised,
}

impl Used {
    /// Whether the value is no text and no number.
    pub(crate) fn is_container(&self) -> bool {
        self.sequence || self.mapping || self.serialised
    }

    fn add(&mut self, one: Use<'_>) {
        match one {
            Use::Sequence => self.sequence = true,
            Use::Serialised => self.serialised = true,
            Use::Mapping(member) => {
                self.mapping = true;
                self.members.extend(member.map(str::to_owned));
            }
        }
    }
}

/// What each of the fields is used as, by its bit.
pub(super) fn used(seeds: &Payload<'_>, flow: &Flow, count: usize) -> Vec<Used> {
    let mut found = vec![Used::default(); count];
    for id in flow.functions() {
        let body = seeds.source.body(id.module, Some(id));
        let typescript = seeds
            .source
            .module(id.module)
            .is_some_and(|module| module.language == Language::TypeScript);
        let mut mark = |value: &Expr, one: Use<'_>| {
            let labels = flow.labels(id.module, value) & !WHOLE;
            if labels == 0 {
                return;
            }
            for (bit, used) in found.iter_mut().enumerate() {
                let mask: Labels = 1 << bit;
                if labels & mask != 0 && is_field(seeds, id.module, value, mask) {
                    used.add(one);
                }
            }
        };
        for stmt in statements(body) {
            if let StmtKind::Loop(looped) = &stmt.kind
                && !matches!(looped.kind, LoopKind::While | LoopKind::CStyle)
                && let Some(iter) = &looped.iter
            {
                gone_through(iter, &mut mark);
            }
        }
        for expr in expressions(body) {
            match &expr.kind {
                ExprKind::Comprehension(made) => {
                    for generator in &made.generators {
                        gone_through(&generator.iter, &mut mark);
                    }
                }
                ExprKind::Subscript { base, index } if index.as_str().is_some() => {
                    mark(base, Use::Mapping(index.as_str()));
                }
                ExprKind::Attribute { base, attr } if typescript && !is_of_texts(attr) => {
                    mark(base, Use::Mapping(Some(&**attr)));
                }
                ExprKind::Call(call) => of_call(call, typescript, &mut mark),
                _ => {}
            }
        }
    }
    found
}

/// A value that a loop goes through: `for x in values`, `for i, x in enumerate(values)`.
fn gone_through(iter: &Expr, mark: &mut impl FnMut(&Expr, Use<'_>)) {
    mark(iter, Use::Sequence);
    if let Some(call) = iter.as_call()
        && matches!(
            call.callee.as_name(),
            Some("enumerate" | "reversed" | "zip")
        )
    {
        call.args.iter().for_each(|arg| mark(arg, Use::Sequence));
    }
}

/// What a call says of its receiver or of its first argument.
fn of_call(call: &Call, typescript: bool, mark: &mut impl FnMut(&Expr, Use<'_>)) {
    let first = call.args.first();
    match &call.callee.kind {
        ExprKind::Attribute { base, attr } => match (&**attr, first) {
            ("dumps" | "stringify", Some(value)) => mark(value, Use::Serialised),
            ("join", Some(value)) if !typescript => mark(value, Use::Sequence),
            ("get" | "setdefault", Some(key)) if !typescript => {
                mark(base, Use::Mapping(key.as_str()));
            }
            ("items" | "keys" | "values", None) if !typescript => mark(base, Use::Mapping(None)),
            (method, _) if typescript && LISTS.contains(&method) => mark(base, Use::Sequence),
            ("keys" | "values" | "entries", Some(value)) if base.as_name() == Some("Object") => {
                mark(value, Use::Mapping(None));
            }
            _ => {}
        },
        ExprKind::Name(name) if !typescript => match (&**name, first) {
            ("sorted" | "list" | "tuple" | "sum" | "any" | "all", Some(value)) => {
                mark(value, Use::Sequence);
            }
            ("map" | "filter", _) => {
                let values = call.args.iter().skip(1);
                values.for_each(|value| mark(value, Use::Sequence));
            }
            _ => {}
        },
        _ => {}
    }
}

/// Methods of arrays that texts do not have.
const LISTS: [&str; 14] = [
    "map",
    "forEach",
    "filter",
    "some",
    "every",
    "find",
    "findIndex",
    "join",
    "reduce",
    "flatMap",
    "push",
    "sort",
    "reverse",
    "flat",
];

/// Members of texts, numbers and arrays: asking for one says of no object that it is one.
fn is_of_texts(member: &str) -> bool {
    const OTHERS: [&str; 34] = [
        "length",
        "trim",
        "trimStart",
        "trimEnd",
        "slice",
        "substring",
        "substr",
        "split",
        "replace",
        "replaceAll",
        "toLowerCase",
        "toUpperCase",
        "toString",
        "toFixed",
        "includes",
        "startsWith",
        "endsWith",
        "indexOf",
        "lastIndexOf",
        "match",
        "matchAll",
        "search",
        "test",
        "charAt",
        "charCodeAt",
        "codePointAt",
        "at",
        "concat",
        "padStart",
        "padEnd",
        "normalize",
        "localeCompare",
        "repeat",
        "valueOf",
    ];
    OTHERS.contains(&member) || LISTS.contains(&member)
}

/// Whether an expression is the field of this label itself: what is taken out of the payload, a name for it, or a parameter that is
/// given it.
fn is_field(seeds: &Payload<'_>, module: ModuleId, value: &Expr, mask: Labels) -> bool {
    let source: &Source = seeds.source;
    let is_taken = |range| {
        let own = seeds.taken.get(&(module, range)).copied().unwrap_or(0);
        own & mask != 0
    };
    if is_taken(value.range) {
        return true;
    }
    let Some(_step) = limits::follow("field itself", limits::CALLERS, module, value) else {
        return false;
    };
    match &value.kind {
        ExprKind::BoolOp { values, .. } => {
            let mut values = values.iter();
            values.any(|value| is_field(seeds, module, value, mask))
        }
        ExprKind::Conditional(ways) => [&ways.body, &ways.orelse]
            .into_iter()
            .any(|value| is_field(seeds, module, value, mask)),
        ExprKind::Name(name) => {
            if let Some((function, index)) = parameter(source, module, value) {
                let own = match function == seeds.start {
                    true => seeds.params.get(&index).copied().unwrap_or(0) & !WHOLE,
                    false => 0,
                };
                let (given, _) = some_given(source, function, index);
                return own & mask != 0
                    || given
                        .iter()
                        .any(|(at, value)| is_field(seeds, *at, value, mask));
            }
            // `const { results } = payload`
            let taken_apart = source
                .module(module)
                .and_then(|found| found.bindings_around(name, value.range.start))
                .is_some_and(|(_, bindings)| {
                    let mut bindings = bindings.iter();
                    bindings.any(|binding| is_taken(binding.range))
                });
            taken_apart
                || bound(source, module, name, value.range.start)
                    .iter()
                    .any(|value| is_field(seeds, module, value, mask))
        }
        _ => false,
    }
}
