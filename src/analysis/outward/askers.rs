//! The functions of the project that ask a model.

use std::collections::{BTreeMap, BTreeSet};

use super::asks;
use crate::analysis::agent_code::AgentCode;
use crate::model::source::{Expr, FnId, Function, ModuleId, Source};

/// Functions that ask a model or an agent, by themselves or through others.
pub(crate) struct Askers(BTreeSet<FnId>);

impl Askers {
    /// Those of the code of a runtime. `passes` says which functions count, and are looked through.
    pub(crate) fn of(code: &AgentCode<'_>, passes: impl Fn(&Function) -> bool) -> Self {
        let source = code.source;
        let functions = code.modules().flat_map(|module| &module.functions);
        let passing: BTreeSet<FnId> = functions
            .filter(|function| code.may_run(function.id) && passes(function))
            .map(|function| function.id)
            .collect();
        let mut callers: BTreeMap<FnId, Vec<FnId>> = BTreeMap::new();
        for id in &passing {
            for next in source.runs(id.module, Some(*id)) {
                callers.entry(next).or_default().push(*id);
            }
        }
        let asking = code
            .calls()
            .filter(|(module, _, expr)| asks(source, module.id, expr));
        let mut open: Vec<FnId> = asking.filter_map(|(_, function, _)| function).collect();
        let mut found = BTreeSet::new();
        while let Some(id) = open.pop() {
            if passing.contains(&id) && found.insert(id) {
                open.extend(callers.get(&id).into_iter().flatten());
            }
        }
        Self(found)
    }

    /// Whether an expression is a call that asks, itself or through one of these functions.
    pub(crate) fn is_asked_by(&self, source: &Source, module: ModuleId, expr: &Expr) -> bool {
        asks(source, module, expr) || { source.callee(module, expr) }
            .is_some_and(|callee| self.0.contains(&callee))
    }
}
