//! What can be tested of a value: its type, a bound on its length, a range, a format.

use crate::analysis::dataflow::{Flow, Labels};
use crate::analysis::schema::{self, Rule, WHOLE};
pub(super) use crate::analysis::tested::Facts as Tested;
use crate::analysis::tested::proofs;
use crate::analysis::values::bound;
use crate::model::source::walk::expressions;
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

/// What a test must say to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Typed,
    Text,
    Flag,
    Bounded,
    Ranged,
    Formatted,
    Sized,
}

impl Fact {
    /// Whether it is among what was tested.
    pub(super) fn is_in(self, tested: &Tested) -> bool {
        match self {
            Self::Typed => tested.typed,
            Self::Text => tested.text_only,
            Self::Flag => tested.flag,
            Self::Bounded => tested.bounded,
            Self::Ranged => tested.ranged,
            Self::Formatted => tested.formatted,
            Self::Sized => tested.sized,
        }
    }

    /// Notes that it was tested.
    pub(super) fn put(self, tested: &mut Tested) {
        let slot = match self {
            Self::Typed => &mut tested.typed,
            Self::Text => &mut tested.text_only,
            Self::Flag => &mut tested.flag,
            Self::Bounded => &mut tested.bounded,
            Self::Ranged => &mut tested.ranged,
            Self::Formatted => &mut tested.formatted,
            Self::Sized => &mut tested.sized,
        };
        *slot = true;
    }
}

/// What a schema's rule for the field tests.
pub(super) fn add(tested: &mut Tested, rule: &Rule) {
    tested.typed |= rule.typed;
    tested.text_only |= rule.text;
    tested.closed |= rule.closed;
    tested.unread |= rule.unread;
    tested.number |= rule.number;
    tested.flag |= rule.flag;
    tested.bounded |= rule.bounded;
    tested.ranged |= rule.ranged;
    tested.formatted |= rule.formatted;
}

/// What kind of value the tests expect, wherever they stand: numbers by what they are compared with, lists by what is asked.
pub(super) fn expected(source: &Source, flow: &Flow, count: usize) -> Vec<Tested> {
    let mut found = vec![Tested::NOTHING; count];
    let mut mark = |labels: Labels, says: Tested| {
        // What is made of several fields is none of them.
        let one = (labels & !WHOLE).count_ones() == 1;
        for (bit, tested) in found.iter_mut().enumerate() {
            if labels & (1 << bit) != 0 {
                tested.lists |= says.lists;
                tested.object |= says.object && one;
                tested.sequence |= says.sequence;
                tested.number |= says.number;
                tested.flag |= says.flag;
                tested.sized |= says.sized;
            }
        }
    };
    for id in flow.functions() {
        for expr in expressions(source.body(id.module, Some(id))) {
            for truth in [true, false] {
                for (value, mut says) in proofs::when(source, id.module, expr, truth) {
                    says.object &= !is_made_here(source, id.module, value);
                    mark(flow.labels(id.module, value), says);
                }
            }
            if let Some((value, says)) = proofs::made(source, id.module, expr) {
                mark(flow.labels(id.module, value), says);
            }
            for (value, rule) in schema::enforced_of(source, id.module, expr) {
                let mut says = Tested::NOTHING;
                add(&mut says, &rule);
                mark(flow.labels(id.module, value), says);
            }
        }
    }
    found
}

/// Whether a name holds a literal, or an empty container: a dict that fields were put into is no field.
pub(super) fn is_made_here(source: &Source, module: ModuleId, value: &Expr) -> bool {
    let empty = |call: &Call| {
        let name = call.callee.last_name().map(|name| &**name);
        match name {
            Some("dict" | "list" | "Counter" | "OrderedDict" | "Map") => {
                call.args.is_empty() && call.keywords.is_empty()
            }
            Some("defaultdict") => call.args.len() < 2,
            _ => false,
        }
    };
    value.as_name().is_some_and(|name| {
        bound(source, module, name, value.range.start)
            .iter()
            .any(|value| match &value.kind {
                ExprKind::Dict(_) | ExprKind::List(_) => true,
                ExprKind::Call(call) => empty(call),
                _ => false,
            })
    })
}
