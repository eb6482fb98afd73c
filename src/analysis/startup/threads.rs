//! Threads that a body starts.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::source::walk::{expressions, statements};
use crate::model::source::{ByteRange, ExprKind, Module, Stmt, StmtKind};

/// What a body starts: one thread may be made here and started by a request.
#[derive(Default)]
pub(super) struct Threads<'a> {
    /// Under which name, as written, the value of a place is kept.
    kept: BTreeMap<ByteRange, &'a str>,
    /// The names of what is started, and the places of what is started where it is made.
    names: BTreeSet<&'a str>,
    places: BTreeSet<ByteRange>,
}

impl<'a> Threads<'a> {
    pub(super) fn of(module: &'a Module, body: &'a [Stmt]) -> Self {
        let mut found = Self::default();
        for expr in expressions(body) {
            if let ExprKind::Call(call) = &expr.kind
                && let ExprKind::Attribute { base, attr } = &call.callee.kind
                && &**attr == "start"
            {
                found.names.insert(module.text(base.range));
                found.places.insert(base.range);
            }
        }
        for stmt in statements(body) {
            if let StmtKind::Assign(assign) = &stmt.kind
                && let (Some(value), Some(target)) = (&assign.value, assign.targets.first())
            {
                found.kept.insert(value.range, module.text(target.range));
            }
        }
        found
    }

    /// Whether the thread that a place makes is started here; where nobody sees what keeps it, whether any is.
    pub(super) fn starts(&self, made: ByteRange) -> bool {
        match self.kept.get(&made) {
            Some(name) => self.names.contains(name),
            None => !self.places.is_empty(),
        }
    }
}
