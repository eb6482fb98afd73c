//! The code of an agent as far as it runs: what branches that the environment switches off and `__main__` blocks hold is left out.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::words::Words;
use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::made;
use crate::analysis::names::leaf;
use crate::analysis::reachability::{Absent, Live};
use crate::model::source::module::Module;
use crate::model::source::walk::statements;
use crate::model::source::{ByteRange, Call, Expr, FnId, Function, ModuleId, Source, Stmt};

/// Methods that frameworks call on what is given to an agent: the class that declares each, and its name.
const HOOKS: [(&str, &str); 9] = [
    ("HookProvider", "register_hooks"),
    ("Plugin", "init_agent"),
    ("ToolProvider", "load_tools"),
    ("SessionManager", "initialize"),
    ("SessionManager", "append_message"),
    ("AgentMiddleware", "before_model"),
    ("AgentMiddleware", "after_model"),
    ("AgentMiddleware", "wrap_model_call"),
    ("AgentMiddleware", "wrap_tool_call"),
];

/// The code that runs.
pub(super) struct Code<'c, 'a> {
    callers: &'c Callers<'a>,
    live: Live<'c, 'a>,
    words: &'c Words<'a>,
    /// The functions that are seen to be called.
    called: OnceCell<BTreeSet<FnId>>,
    javascript_clients: OnceCell<Vec<(&'a str, ModuleId, &'a Call)>>,
    /// By their numbers: a large program has hundreds of thousands.
    running: OnceCell<Box<[(ModuleId, u32)]>>,
    /// Bindings, by their addresses, that hold no client of an SDK.
    no_clients: RefCell<FxHashSet<usize>>,
}

impl<'c, 'a> Code<'c, 'a> {
    /// Of a runtime, over who calls what in it and what its code writes.
    pub(super) fn new(callers: &'c Callers<'a>, words: &'c Words<'a>) -> Self {
        Self {
            callers,
            live: Live::new(callers, Absent::Unknown),
            words,
            called: OnceCell::new(),
            javascript_clients: OnceCell::new(),
            running: OnceCell::new(),
            no_clients: RefCell::default(),
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
        let called = self.called.get_or_init(|| self.all_called());
        self.runs(module, range)
            && self
                .around(module, range)
                .iter()
                .all(|id| called.contains(id))
    }

    /// The functions around a place that run only when something calls them, innermost first.
    fn around(&self, module: ModuleId, range: ByteRange) -> Vec<FnId> {
        let Some(place) = self.source().module(module) else {
            return Vec::new();
        };
        let first = place.function_at(range.start);
        let next = |function: &&'a Function| function.parent.and_then(|id| place.function(id));
        std::iter::successors(first, next)
            .filter(|around| {
                !around.name.is_empty()
                    && !around.name.starts_with("__")
                    && around.decorators.is_empty()
                    && !self.words.is_handed(around.id)
            })
            .map(|around| around.id)
            .collect()
    }

    /// Every function that code which surely runs calls, or that nothing is seen to call and something names. That it calls itself
    /// is no sign that something else does.
    fn all_called(&self) -> BTreeSet<FnId> {
        // Each place of a call: how many functions have to run for it and are not known to, and what it calls. And which places wait for
        // a function.
        let mut places: Vec<(usize, FnId)> = Vec::new();
        let mut waiting: FxHashMap<FnId, Vec<usize>> = FxHashMap::default();
        let mut open = Vec::new();
        for function in self.agent().modules().flat_map(|module| &module.functions) {
            let sites = self.callers.sites(function.id);
            if sites.is_empty() {
                if self.words.is_named(&function.name) || self.is_hook(function) {
                    open.push(function.id);
                }
                continue;
            }
            for site in sites {
                if !self.runs(site.module, site.range) {
                    continue;
                }
                let around = self.around(site.module, site.range);
                if around.is_empty() {
                    open.push(function.id);
                }
                for id in &around {
                    waiting.entry(*id).or_default().push(places.len());
                }
                places.push((around.len(), function.id));
            }
        }
        let mut called = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !called.insert(id) {
                continue;
            }
            for at in waiting.get(&id).into_iter().flatten() {
                let Some((missing, callee)) = places.get_mut(*at) else {
                    continue;
                };
                *missing = missing.saturating_sub(1);
                if *missing == 0 {
                    open.push(*callee);
                }
            }
        }
        called
    }

    /// Whether a framework calls a method by its name: `register_hooks` of a class on `HookProvider`.
    fn is_hook(&self, function: &Function) -> bool {
        let Some(class) = function.class else {
            return false;
        };
        let bases = self.source().bases(class);
        HOOKS.iter().any(|(base, method)| {
            *function.name == **method && bases.iter().any(|one| leaf(one) == *base)
        })
    }

    /// What the code writes.
    pub(super) fn words(&self) -> &'c Words<'a> {
        self.words
    }

    /// Whether a binding is known to hold no client of an SDK.
    pub(super) fn is_no_client(&self, address: usize) -> bool {
        self.no_clients.borrow().contains(&address)
    }

    /// Adds bindings that hold none.
    pub(super) fn add_no_clients(&self, addresses: Vec<usize>) {
        self.no_clients.borrow_mut().extend(addresses);
    }

    /// Where clients of the JavaScript SDK are made: the service as its package names it, the module and the call.
    pub(super) fn javascript_clients(&self) -> &[(&'a str, ModuleId, &'a Call)] {
        self.javascript_clients.get_or_init(|| {
            let made = self.calls().filter_map(|(module, expr, call)| {
                let name = self.source().callee_name(module, expr)?;
                let (package, class) = name.strip_prefix("@aws-sdk/client-")?.split_once('.')?;
                class.ends_with("Client").then_some((package, module, call))
            });
            made.collect()
        })
    }

    /// The calls that run, and those that they make of functions that they are given.
    pub(super) fn calls(&self) -> impl Iterator<Item = (ModuleId, &'a Expr, &'a Call)> + '_ {
        let running = self.running.get_or_init(|| self.running_calls());
        let source = self.source();
        let written = running.iter().filter_map(move |(id, number)| {
            let (_, expr) = source.module(*id)?.call(*number)?;
            Some((*id, expr, expr.as_call()?))
        });
        let modules = self.agent().modules();
        let made = modules.flat_map(move |module| {
            made::calls(module).filter_map(move |(function, expr)| {
                let runs = self.live.runs_in(module.id, function, expr.range);
                let runs = runs && function.is_none_or(|id| self.agent().may_run(id));
                Some((module.id, expr, expr.as_call().filter(|_| runs)?))
            })
        });
        written.chain(made)
    }

    fn running_calls(&self) -> Box<[(ModuleId, u32)]> {
        let calls = self.agent().numbered_calls();
        let running = calls.filter_map(|(module, number, function, expr)| {
            self.live
                .runs_in(module.id, function, expr.range)
                .then_some((module.id, number))
        });
        running.collect()
    }

    /// The expressions that run, of those that are wanted.
    pub(super) fn expressions(&self, wanted: impl Fn(&Expr) -> bool) -> Vec<(ModuleId, &'a Expr)> {
        self.expressions_in(self.agent().modules(), wanted)
    }

    /// The same of some modules.
    pub(super) fn expressions_in(
        &self,
        modules: impl IntoIterator<Item = &'a Module>,
        wanted: impl Fn(&Expr) -> bool,
    ) -> Vec<(ModuleId, &'a Expr)> {
        let mut found = Vec::new();
        for module in modules {
            module.each_expression(&mut |_, expr| {
                if wanted(expr) && self.runs(module.id, expr.range) {
                    found.push((module.id, expr));
                }
            });
        }
        found
    }

    /// The statements of some modules that run.
    pub(super) fn statements_in(
        &self,
        modules: impl IntoIterator<Item = &'a Module>,
    ) -> impl Iterator<Item = (ModuleId, &'a Stmt)> {
        modules.into_iter().flat_map(move |module: &'a Module| {
            let functions = module.functions.iter().map(|function| &function.body);
            std::iter::once(&module.body)
                .chain(functions)
                .flat_map(|body| statements(body))
                .filter(move |stmt| self.runs(module.id, stmt.range))
                .map(move |stmt| (module.id, stmt))
        })
    }
}
