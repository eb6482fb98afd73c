//! Which functions of the project run because of which.

use std::collections::BTreeSet;

use crate::model::source::ir::{Call, Expr, ExprKind, Stmt, StmtKind};
use crate::model::source::walk::{Node, walk};
use crate::model::source::{FnId, ModuleId, Source};

impl Source {
    /// Functions that a body calls, is given by name as a value, or defines as a lambda: whatever may run because it runs.
    pub fn runs(&self, module: ModuleId, function: Option<FnId>) -> BTreeSet<FnId> {
        let mut found = BTreeSet::new();
        walk(self.body(module, function), &mut |_, node| {
            if let Node::Expr(expr) = node {
                self.runs_by(module, expr, &mut found);
            }
            if let Node::Stmt(Stmt {
                kind: StmtKind::ClassDef(_),
                ..
            }) = node
            {
                return false;
            }
            true
        });
        found
    }

    fn runs_by<'s>(&'s self, module: ModuleId, expr: &'s Expr, found: &mut BTreeSet<FnId>) {
        match &expr.kind {
            ExprKind::Lambda(id) => {
                found.insert(*id);
            }
            ExprKind::Call(call) => {
                found.extend(self.callee(module, expr));
                found.extend(self.registers_hooks(module, call));
                for value in call
                    .args
                    .iter()
                    .chain(call.keywords.iter().map(|keyword| &keyword.value))
                {
                    if matches!(value.kind, ExprKind::Name(_) | ExprKind::Attribute { .. }) {
                        found.extend(self.function_value(module, value));
                    }
                }
            }
            _ => {}
        }
    }

    /// The method by which a provider of hooks registers its own, which the agent that it is made for calls (Strands).
    fn registers_hooks(&self, module: ModuleId, call: &Call) -> Option<FnId> {
        const METHOD: &str = "register_hooks";
        if !call.written_name().starts_with(char::is_uppercase) {
            return None;
        }
        let callee = self.callee_class(module, call)?;
        self.class(callee)?.method(METHOD)
    }

    /// Everything that runs because this function runs, itself included.
    pub fn reach(&self, from: FnId) -> BTreeSet<FnId> {
        let mut found = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            for next in self.runs(id.module, Some(id)) {
                if found.insert(next) {
                    open.push(next);
                }
            }
        }
        found
    }

    /// The expressions of everything that runs because this function runs, each with its module and function.
    pub fn reach_expressions(&self, from: FnId) -> Vec<(FnId, &Expr)> {
        let mut found = Vec::new();
        for id in self.reach(from) {
            let body = self.body(id.module, Some(id));
            found.extend(
                crate::model::source::walk::expressions(body)
                    .into_iter()
                    .map(|expr| (id, expr)),
            );
        }
        found
    }

    /// Calls of a function of the project, anywhere in these modules: the call and the function it stands in.
    pub fn calls_to(
        &self,
        target: FnId,
        modules: &[ModuleId],
    ) -> Vec<(ModuleId, Option<FnId>, &Expr)> {
        let mut found = Vec::new();
        for &id in modules {
            let Some(module) = self.module(id) else {
                continue;
            };
            for (function, call) in module.calls() {
                if self.callee(id, call) == Some(target) {
                    found.push((id, function, call));
                }
            }
        }
        found
    }
}
