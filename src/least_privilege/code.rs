//! The code of an agent as far as it runs: what branches that the environment switches off and `__main__` blocks hold is left out.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::reachability::{Absent, Live};
use crate::model::source::module::Module;
use crate::model::source::walk::statements;
use crate::model::source::{ByteRange, Call, Expr, ModuleId, Source, Stmt};

/// The code that runs.
pub(super) struct Code<'c, 'a> {
    callers: &'c Callers<'a>,
    live: Live<'c, 'a>,
}

impl<'c, 'a> Code<'c, 'a> {
    /// Of a runtime, over who calls what in it.
    pub(super) fn new(callers: &'c Callers<'a>) -> Self {
        Self {
            callers,
            live: Live::new(callers, Absent::Unknown),
        }
    }

    /// All source.
    pub(super) fn source(&self) -> &'a Source {
        self.callers.source()
    }

    /// Who calls what.
    pub(super) fn callers(&self) -> &'c Callers<'a> {
        self.callers
    }

    /// The runtime's modules and imports.
    pub(super) fn agent(&self) -> &AgentCode<'a> {
        self.callers.code()
    }

    /// Whether a place runs.
    pub(super) fn runs(&self, module: ModuleId, range: ByteRange) -> bool {
        self.live.runs(module, range)
    }

    /// The calls that run.
    pub(super) fn calls(&self) -> impl Iterator<Item = (ModuleId, &'a Expr, &'a Call)> {
        let calls = self.agent().calls();
        calls.filter_map(|(module, _, expr)| {
            let call = expr.as_call()?;
            self.runs(module.id, expr.range)
                .then_some((module.id, expr, call))
        })
    }

    /// The expressions that run.
    pub(super) fn expressions(&self) -> impl Iterator<Item = (ModuleId, &'a Expr)> {
        self.agent().modules().flat_map(move |module: &'a Module| {
            let all = module.all_expressions().into_iter();
            all.filter(move |(_, expr)| self.runs(module.id, expr.range))
                .map(move |(_, expr)| (module.id, expr))
        })
    }

    /// The statements that run.
    pub(super) fn statements(&self) -> impl Iterator<Item = (ModuleId, &'a Stmt)> {
        self.agent().modules().flat_map(move |module: &'a Module| {
            let functions = module.functions.iter().map(|function| &function.body);
            std::iter::once(&module.body)
                .chain(functions)
                .flat_map(|body| statements(body))
                .filter(move |stmt| self.runs(module.id, stmt.range))
                .map(move |stmt| (module.id, stmt))
        })
    }
}
