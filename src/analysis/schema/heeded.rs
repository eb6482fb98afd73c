//! Whether code heeds what a schema says: `const result = schema.safeParse(payload)` does not raise, and what raises may be caught.

use std::collections::{HashMap, HashSet};

use crate::analysis::dataflow::{ends, leaves};
use crate::analysis::exceptions;
use crate::model::source::ir::{Conditional, If, StmtKind};
use crate::model::source::walk::{expressions, statements, sub_expressions};
use crate::model::source::{ByteRange, Expr, ExprKind, ModuleId, Source, Stmt};

/// Members of a verdict that are the value which was looked at.
const VALUES: [&str; 3] = ["data", "output", "value"];

/// What a body does with what its calls give, found out once for all of them.
pub(super) struct Heed<'a> {
    /// What stands in a `try` of which a handler goes on behind.
    swallowed: Vec<ByteRange>,
    /// What a call is assigned to, by the range of the call.
    assigned: HashMap<ByteRange, &'a [Expr]>,
    /// Calls of which nothing is taken.
    dropped: HashSet<ByteRange>,
    /// Calls that only a log is given.
    logged: Vec<ByteRange>,
    /// Names by which the body leaves or chooses, of which it takes the value, or which it hands on.
    heeded: HashSet<&'a str>,
    /// Where each name stands.
    names: HashMap<&'a str, Vec<ByteRange>>,
}

impl<'a> Heed<'a> {
    pub(super) fn of(source: &Source, module: ModuleId, body: &'a [Stmt]) -> Self {
        let mut found = Self {
            swallowed: Vec::new(),
            assigned: HashMap::new(),
            dropped: HashSet::new(),
            logged: Vec::new(),
            heeded: HashSet::new(),
            names: HashMap::new(),
        };
        for stmt in statements(body) {
            found.statement(source, module, stmt);
        }
        for expr in expressions(body) {
            found.expression(expr);
        }
        found
    }

    fn statement(&mut self, source: &Source, module: ModuleId, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::Assign(assign) => {
                if let Some(value) = &assign.value {
                    self.assigned.insert(waited(value).range, &assign.targets);
                }
            }
            StmtKind::Try(tried) => {
                let mut handlers = tried.handlers.iter();
                if handlers.any(|handler| !ends(&handler.body)) && !leaves(&tried.finally) {
                    self.swallowed
                        .extend(tried.body.iter().map(|stmt| stmt.range));
                }
            }
            StmtKind::If(branch) => {
                let If {
                    test, body, orelse, ..
                } = &**branch;
                if leaves(body) || leaves(orelse) {
                    self.heed(test);
                }
            }
            StmtKind::Return(Some(value)) => self.heed(value),
            StmtKind::Raise { value, .. } => value.iter().for_each(|value| self.heed(value)),
            StmtKind::Assert { test, .. } => self.heed(test),
            StmtKind::Switch(switch) => self.heed(&switch.subject),
            StmtKind::Expr(expr) => {
                self.dropped.insert(waited(expr).range);
                let parts = sub_expressions(expr);
                let logs = parts
                    .iter()
                    .filter(|part| exceptions::is_log(source, module, part, 0));
                let logs: Vec<ByteRange> = logs.map(|log| log.range).collect();
                let handed = parts
                    .iter()
                    .filter(|part| !logs.iter().any(|log| log.contains(part.range)));
                self.heeded.extend(handed.filter_map(|part| part.as_name()));
                self.logged.extend(logs);
            }
            _ => {}
        }
    }

    fn expression(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Name(name) => self.names.entry(name).or_default().push(expr.range),
            ExprKind::Attribute { base, attr } if VALUES.contains(&&**attr) => {
                self.heeded.extend(base.as_name());
            }
            ExprKind::Conditional(parts) => {
                let Conditional { test, .. } = &**parts;
                self.heed(test);
            }
            _ => {}
        }
    }

    /// Notes the names of an expression.
    fn heed(&mut self, expr: &'a Expr) {
        let names = sub_expressions(expr).into_iter();
        self.heeded.extend(names.filter_map(Expr::as_name));
    }

    /// Whether what a call raises ends the way, or what it gives is used: one that is caught and dropped tests nothing.
    pub(super) fn raised(&self, call: &Expr) -> bool {
        let mut swallowed = self.swallowed.iter();
        if !swallowed.any(|range| range.contains(call.range)) {
            return true;
        }
        match self.assigned.get(&call.range) {
            Some([target, ..]) => target.as_name().is_none_or(|name| {
                let mut places = self.names.get(name).into_iter().flatten();
                places.any(|place| !target.range.contains(*place))
            }),
            _ => !self.dropped.contains(&call.range),
        }
    }

    /// Whether the value is taken out of the verdict that a call gives, or the code leaves by it, chooses by it or hands it on. One that is
    /// only logged, or not looked at, tests nothing.
    pub(super) fn verdict(&self, call: &Expr) -> bool {
        match self.assigned.get(&call.range) {
            // `const { data, success } = …`
            Some(targets) => {
                let mut names = targets.iter().flat_map(sub_expressions);
                names.any(|name| {
                    name.as_name()
                        .is_some_and(|name| VALUES.contains(&name) || self.heeded.contains(name))
                })
            }
            None => {
                let mut logged = self.logged.iter();
                !self.dropped.contains(&call.range)
                    && !logged.any(|range| range.contains(call.range))
            }
        }
    }
}

/// What an expression waits for, or it itself.
fn waited(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Await(inner) => inner,
        _ => expr,
    }
}
