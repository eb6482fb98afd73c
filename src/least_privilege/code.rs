//! The code of an agent as far as it runs: what branches that the environment switches off and `__main__` blocks hold is left out.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::reachability::{Absent, Live};
use crate::model::source::module::Module;
use crate::model::source::walk::statements;
use crate::model::source::{ByteRange, Call, Expr, ExprKind, FnId, ModuleId, Source, Stmt};

/// The code that runs.
pub(super) struct Code<'c, 'a> {
    callers: &'c Callers<'a>,
    live: Live<'c, 'a>,
    named: OnceCell<BTreeSet<&'a str>>,
    handed: OnceCell<BTreeSet<FnId>>,
}

impl<'c, 'a> Code<'c, 'a> {
    /// Of a runtime, over who calls what in it.
    pub(super) fn new(callers: &'c Callers<'a>) -> Self {
        Self {
            callers,
            live: Live::new(callers, Absent::Unknown),
            named: OnceCell::new(),
            handed: OnceCell::new(),
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

    /// Whether a place surely runs once the agent is called: no function around it is one that nothing is seen to call.
    pub(super) fn surely_runs(&self, module: ModuleId, range: ByteRange) -> bool {
        self.seen_to_run(module, range, &mut BTreeSet::new())
    }

    /// Each function is looked at once: that it calls itself is no sign that something else does.
    fn seen_to_run(&self, module: ModuleId, range: ByteRange, seen: &mut BTreeSet<FnId>) -> bool {
        if !self.runs(module, range) {
            return false;
        }
        let Some(place) = self.source().module(module) else {
            return false;
        };
        let mut function = place.function_at(range.start);
        while let Some(around) = function {
            let handed = around.name.is_empty()
                || around.name.starts_with("__")
                || !around.decorators.is_empty()
                || self.handed().contains(&around.id);
            if !handed {
                if !seen.insert(around.id) {
                    return false;
                }
                let uses = self.callers.of(around.id);
                let runs = if uses.is_empty() {
                    self.named().contains(&*around.name)
                } else {
                    uses.iter()
                        .any(|used| self.seen_to_run(used.module, used.expr.range, seen))
                };
                if !runs {
                    return false;
                }
            }
            function = around.parent.and_then(|id| place.function(id));
        }
        true
    }

    /// Every name and member that an expression of the code refers to.
    fn named(&self) -> &BTreeSet<&'a str> {
        self.named.get_or_init(|| {
            let mut named = BTreeSet::new();
            for module in self.agent().modules() {
                for (_, expr) in module.all_expressions() {
                    match &expr.kind {
                        ExprKind::Attribute { attr, .. } => named.insert(&**attr),
                        ExprKind::Name(name) => named.insert(&**name),
                        _ => false,
                    };
                }
            }
            named
        })
    }

    /// Functions that are written where they are given away: in a call, in an object.
    fn handed(&self) -> &BTreeSet<FnId> {
        self.handed.get_or_init(|| {
            let mut handed = BTreeSet::new();
            for module in self.agent().modules() {
                for (_, expr) in module.all_expressions() {
                    let values: Vec<&Expr> = match &expr.kind {
                        ExprKind::Call(call) => {
                            let named = call.keywords.iter().map(|keyword| &keyword.value);
                            call.args.iter().chain(named).collect()
                        }
                        ExprKind::Dict(entries) => {
                            entries.iter().map(|entry| &entry.value).collect()
                        }
                        _ => continue,
                    };
                    handed.extend(values.into_iter().filter_map(|value| match value.kind {
                        ExprKind::Lambda(id) => Some(id),
                        _ => None,
                    }));
                }
            }
            handed
        })
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
