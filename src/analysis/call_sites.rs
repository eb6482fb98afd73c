//! Who calls which function of the project, computed once per runtime and only when asked for.

use std::cell::RefCell;
use std::rc::Rc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::limits::{self, Limit};
use crate::model::source::MOST_CALLS_OF_A_NAME;
use crate::model::source::memo::Used;
use crate::model::source::module::{BindingKind, ParamKind};
use crate::model::source::{
    ByteRange, Call, Expr, ExprKind, FnId, Function, Language, Module, ModuleId, Param, Source,
};

/// A place where a function is called, or given away as a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use<'a> {
    /// The module of the place.
    pub module: ModuleId,
    /// The call; of a function given as a value, the value.
    pub expr: &'a Expr,
    /// False where it is given as a value.
    pub called: bool,
}

/// Where every function is used, without references into the tree: one value serves all checks.
#[derive(Debug)]
pub(crate) struct Uses {
    sites: FxHashMap<FnId, Vec<Site>>,
    /// A budget that ran out while names were followed.
    limit: Option<Limit>,
}

/// A place where a function is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    /// The module.
    pub(crate) module: ModuleId,
    /// The place.
    pub(crate) range: ByteRange,
    used: Used,
}

/// The uses of every function in the modules that run.
pub(crate) struct Callers<'a> {
    code: AgentCode<'a>,
    /// The answers so far.
    found: RefCell<FxHashMap<FnId, Rc<[Use<'a>]>>>,
    /// What is known of expressions as [`RuntimeFacts::environs`] has it, found out after a budget ran out: it is no answer for
    /// others.
    ///
    /// [`RuntimeFacts::environs`]: crate::analysis::facts::RuntimeFacts::environs
    pub(super) environs: RefCell<FxHashMap<usize, bool>>,
}

impl<'a> Callers<'a> {
    /// Of a runtime.
    pub(crate) fn new(code: &AgentCode<'a>) -> Self {
        Self {
            code: *code,
            found: RefCell::default(),
            environs: RefCell::default(),
        }
    }

    /// The source.
    pub(crate) fn source(&self) -> &'a Source {
        self.code.source
    }

    /// The code that runs.
    pub(crate) fn code(&self) -> &AgentCode<'a> {
        &self.code
    }

    /// Where a function is used.
    pub(crate) fn of(&self, function: FnId) -> Rc<[Use<'a>]> {
        if let Some(found) = self.found.borrow().get(&function) {
            return Rc::clone(found);
        }
        let sites = self.sites(function).iter();
        let found: Rc<[Use<'a>]> = sites.filter_map(|site| self.seen(site)).collect();
        let mut all = self.found.borrow_mut();
        Rc::clone(all.entry(function).or_insert(found))
    }

    /// The places where a function is used.
    pub(crate) fn sites(&self, function: FnId) -> &'a [Site] {
        let uses = self.code.facts.uses.get_or_init(|| collect(&self.code));
        limits::again(uses.limit);
        uses.sites.get(&function).map_or(&[], Vec::as_slice)
    }

    /// The expression of a place.
    fn seen(&self, site: &Site) -> Option<Use<'a>> {
        let module = self.source().module(site.module)?;
        let expr = place_of(module, &site.used)?;
        Some(Use {
            module: site.module,
            expr,
            called: site.used.given.is_none(),
        })
    }

    /// True for a function that nothing which runs can call.
    pub(crate) fn is_idle(&self, function: &Function) -> bool {
        !self.code.may_run(function.id)
    }

    /// What the callers give for a name that is a parameter of the function around it.
    pub(crate) fn given(&self, module: ModuleId, name: &'a Expr) -> Vec<(ModuleId, &'a Expr)> {
        let Some((function, index)) = self.parameter(module, name) else {
            return Vec::new();
        };
        let Some(found) = self.source().function(function) else {
            return Vec::new();
        };
        let label = found.params.get(index).map_or("", |param| &*param.name);
        let receiver = receivers(self.source(), found);
        let mut given = Vec::new();
        for used in self.of(function).iter().filter(|used| used.called) {
            let Some(call) = used.expr.as_call() else {
                continue;
            };
            if let Some(value) = passed(call, index.checked_sub(receiver), label) {
                given.push((used.module, value));
            }
        }
        given
    }

    /// What the callers give for a name that is a parameter which collects arguments (`*names`, `...names`); None for any other name.
    pub(crate) fn collected(
        &self,
        module: ModuleId,
        name: &Expr,
    ) -> Option<Vec<(ModuleId, &'a Expr)>> {
        let (function, index) = self.parameter(module, name)?;
        let found = self.source().function(function)?;
        let collects = found.params.get(index)?.kind == ParamKind::Rest;
        let first = index.checked_sub(receivers(self.source(), found));
        let first = first.filter(|_| collects)?;
        let uses = self.of(function);
        let calls = uses.iter().filter(|used| used.called);
        let calls = calls.filter_map(|used| Some((used.module, used.expr.as_call()?)));
        let given = calls.flat_map(|(at, call)| {
            let values = call.args.iter().skip(first).map(move |value| (at, value));
            values.take_while(|(_, value)| !matches!(value.kind, ExprKind::Starred(_)))
        });
        Some(given.collect())
    }

    /// What a call of a function gives for a parameter.
    pub(crate) fn given_by(
        &self,
        call: &'a Call,
        function: FnId,
        index: usize,
    ) -> Option<&'a Expr> {
        given_to(self.source(), call, function, index)
    }

    /// The function and place of the parameter that a name is.
    pub(crate) fn parameter(&self, module: ModuleId, name: &Expr) -> Option<(FnId, usize)> {
        parameter(self.source(), module, name)
    }
}

/// The function and place of the parameter that a name is.
pub(crate) fn parameter(source: &Source, module: ModuleId, name: &Expr) -> Option<(FnId, usize)> {
    let module = source.module(module)?;
    let (function, bindings) = module.bindings_around(name.as_name()?, name.range.start)?;
    let id = function?.id;
    bindings.iter().find_map(|binding| match &binding.kind {
        BindingKind::Param { index, path } if path.is_empty() => Some((id, *index)),
        _ => None,
    })
}

/// What a call of a function gives for a parameter.
pub(crate) fn given_to<'a>(
    source: &Source,
    call: &'a Call,
    function: FnId,
    index: usize,
) -> Option<&'a Expr> {
    let found = source.function(function)?;
    let label = found.params.get(index).map_or("", |param| &*param.name);
    passed(call, index.checked_sub(receivers(source, found)), label)
}

/// The parameter of a function that gets the argument of a range of a call.
pub(crate) fn parameter_of(
    source: &Source,
    function: &Function,
    call: &Call,
    given: ByteRange,
) -> Option<usize> {
    let mut keywords = call.keywords.iter();
    if let Some(keyword) = keywords.find(|keyword| keyword.value.range == given) {
        let name = keyword.name.as_deref()?;
        return function
            .params
            .iter()
            .position(|param| &*param.name == name);
    }
    let place = call.args.iter().position(|arg| arg.range == given)?;
    let before = call.args.get(..=place)?;
    let spread = before
        .iter()
        .any(|arg| matches!(arg.kind, ExprKind::Starred(_)));
    let index = place + receivers(source, function);
    let plain = function.params.get(..=index)?;
    let takes_one = |param: &Param| matches!(param.kind, ParamKind::Normal);
    (!spread && plain.iter().all(takes_one)).then_some(index)
}

/// What calls give for a parameter of a function, a few of them, and whether there are more: found by the function's name, so that
/// no list of all calls has to be resolved first.
pub(crate) fn some_given(
    source: &Source,
    function: FnId,
    index: usize,
) -> (Vec<(ModuleId, &Expr)>, bool) {
    let Some(found) = source.function(function) else {
        return (Vec::new(), false);
    };
    let (label, receiver) = (
        found.params.get(index).map_or("", |param| &*param.name),
        receivers(source, found),
    );
    let calls: Vec<_> = source.calls_named(&found.name).collect();
    let given = calls.iter().take(MOST_CALLS_OF_A_NAME);
    let given = given.filter_map(|&(module, expr)| {
        let value = passed(expr.as_call()?, index.checked_sub(receiver), label)?;
        (source.callee(module, expr) == Some(function)).then_some((module, value))
    });
    let mut given: Vec<_> = given.take(MOST_GIVEN + 1).collect();
    let more = given.len() > MOST_GIVEN || calls.len() > MOST_CALLS_OF_A_NAME;
    given.truncate(MOST_GIVEN);
    (given, more)
}

/// Most calls of one function that [`some_given`] looks at.
const MOST_GIVEN: usize = 32;

/// How many parameters a call does not name: the instance that a method belongs to.
pub(crate) fn receivers(source: &Source, function: &Function) -> usize {
    let python = source
        .module(function.id.module)
        .is_some_and(|module| module.language == Language::Python);
    usize::from(python && function.class.is_some() && !function.is_static)
}

/// What a call gives for a parameter, by its place among those that a call names and by its name.
pub(crate) fn passed<'a>(call: &'a Call, index: Option<usize>, name: &str) -> Option<&'a Expr> {
    let by_name = call
        .keywords
        .iter()
        .find(|keyword| keyword.name.as_deref() == Some(name))
        .map(|keyword| &keyword.value);
    by_name.or_else(|| {
        let positional = call.args.get(index?)?;
        let spread = call
            .args
            .iter()
            .any(|arg| matches!(arg.kind, ExprKind::Starred(_)));
        (!spread).then_some(positional)
    })
}

fn collect(code: &AgentCode<'_>) -> Uses {
    let mut sites: FxHashMap<FnId, Vec<Site>> = FxHashMap::default();
    let (_, limit) = limits::watch(|| {
        for place in code.modules() {
            for used in of_module(code.source, place) {
                let Some(expr) = place_of(place, used) else {
                    continue;
                };
                sites.entry(used.function).or_default().push(Site {
                    module: place.id,
                    range: expr.range,
                    used: *used,
                });
            }
        }
    });
    Uses { sites, limit }
}

/// Finds out what the calls of every runtime's code use, side by side: most checks of code ask for it, and one would find it out
/// while the others wait.
pub(crate) fn find_all(source: &Source) {
    let code = source
        .runtimes
        .par_iter()
        .flat_map(|runtime| &runtime.reachable);
    code.filter_map(|id| source.module(*id)).for_each(|module| {
        of_module(source, module);
    });
}

/// What the calls of a module use, found out once.
pub(crate) fn of_module<'s>(source: &Source, module: &'s Module) -> &'s [Used] {
    limits::kept(&module.uses, || used_in(source, module))
}

/// The expression that a use is: the call, or the value given to it.
pub(crate) fn place_of<'s>(module: &'s Module, used: &Used) -> Option<&'s Expr> {
    let (_, call) = module.call(used.call)?;
    match used.given {
        Some(at) => call.as_call()?.values().nth(at as usize),
        None => Some(call),
    }
}

fn used_in(source: &Source, module: &Module) -> Vec<Used> {
    let mut found = Vec::new();
    for ((_, expr), at) in module.calls().zip(0u32..) {
        let Some(call) = expr.as_call() else { continue };
        let mut add = |function: FnId, given: Option<u32>| {
            found.push(Used {
                function,
                call: at,
                given,
            });
        };
        if let Some(function) = source.callee(module.id, expr) {
            add(function, None);
        }
        for (value, nth) in call.values().zip(0u32..) {
            let function = match &value.kind {
                ExprKind::Lambda(id) => Some(*id),
                ExprKind::Name(_) | ExprKind::Attribute { .. } => {
                    source.function_value(module.id, value)
                }
                _ => None,
            };
            if let Some(function) = function {
                add(function, Some(nth));
            }
        }
    }
    found
}
