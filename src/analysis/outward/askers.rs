//! The functions of the project that ask a model.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::asks;
use crate::analysis::agent_code::AgentCode;
use crate::model::source::walk::expressions;
use crate::model::source::{Expr, FnId, Function, ModuleId, Source};

/// Which functions ask a model or an agent, by themselves or through others: looked up where a call of one is asked about, so that what
/// no such call reaches costs nothing.
pub(crate) struct Askers {
    /// Which functions count, and are looked through.
    passes: fn(&Function) -> bool,
    known: RefCell<BTreeMap<FnId, bool>>,
}

impl Askers {
    pub(crate) fn new(passes: fn(&Function) -> bool) -> Self {
        Self {
            passes,
            known: RefCell::default(),
        }
    }

    /// Whether an expression is a call that asks, itself or through one of these functions.
    pub(crate) fn is_asked_by(&self, code: &AgentCode<'_>, module: ModuleId, expr: &Expr) -> bool {
        asks(code.source, module, expr) || { code.source.callee(module, expr) }
            .is_some_and(|callee| self.ask(code, callee))
    }

    /// Whether a function asks: what it runs is looked through in depth, and each function once.
    fn ask(&self, code: &AgentCode<'_>, function: FnId) -> bool {
        let mut known = self.known.borrow_mut();
        if let Some(known) = known.get(&function) {
            return *known;
        }
        // The way down, each with what it runs that was not looked at yet.
        let mut path: Vec<(FnId, Vec<FnId>)> = Vec::new();
        let mut seen: Vec<FnId> = Vec::new();
        let mut next = Some(function);
        loop {
            if let Some(id) = next.take() {
                let before = known.get(&id).copied();
                if before == Some(true) || before.is_none() && self.asks_itself(code, id) {
                    known.insert(id, true);
                    known.extend(path.into_iter().map(|(id, _)| (id, true)));
                    // What else was seen on the way is asked about again.
                    for id in seen {
                        if known.get(&id) == Some(&false) {
                            known.remove(&id);
                        }
                    }
                    return true;
                }
                if before.is_none() {
                    known.insert(id, false);
                    seen.push(id);
                    path.push((id, self.runs(code, id)));
                }
            }
            let Some((_, open)) = path.last_mut() else {
                return false;
            };
            next = open.pop();
            if next.is_none() {
                path.pop();
            }
        }
    }

    fn function<'a>(&self, code: &AgentCode<'a>, id: FnId) -> Option<&'a Function> {
        let function = code.source.function(id)?;
        (code.may_run(id) && (self.passes)(function)).then_some(function)
    }

    fn asks_itself(&self, code: &AgentCode<'_>, id: FnId) -> bool {
        let source: &Source = code.source;
        self.function(code, id).is_some_and(|function| {
            let mut inner = expressions(&function.body).into_iter();
            inner.any(|expr| asks(source, id.module, expr))
        })
    }

    /// What a function runs that counts.
    fn runs(&self, code: &AgentCode<'_>, id: FnId) -> Vec<FnId> {
        match self.function(code, id) {
            Some(_) => code.source.runs(id.module, Some(id)).into_iter().collect(),
            None => Vec::new(),
        }
    }
}
