//! What limits agents from outside of the call that makes them: limits of time, limits of a run, and hooks that count.

mod hooks;
mod nodes;

use self::hooks::{Conduct, Hooks};
use super::LiveCall;
use super::bounds::ENDLESS;
use super::runs::is_run;
use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::{Instance, Meaning, package};
use crate::model::source::walk::{expressions, statements, sub_expressions};
use crate::model::source::{
    Call, ClassId, Expr, ExprKind, Function, Module, ModuleId, Source, Stmt, StmtKind,
};

/// Options of a run that bound its loop.
const OF_RUNS: [&str; 3] = ["limits", "max_iterations", "maxIterations"];
/// Calls that limit the time of what they are given or of what comes after them.
const OF_TIME: [&str; 7] = [
    "wait_for",
    "timeout",
    "timeout_at",
    "move_on_after",
    "fail_after",
    "alarm",
    "race",
];
/// Packages whose limits are those of connections and rates.
const CLIENTS: [&str; 8] = [
    "httpx",
    "aiohttp",
    "httpcore",
    "limits",
    "slowapi",
    "aiolimiter",
    "ratelimit",
    "anyio",
];
/// Options of an agent that no loop asks: what stands in them counts no turns.
const ASIDE: [&str; 8] = [
    "tools",
    "model",
    "state",
    "messages",
    "system_prompt",
    "systemPrompt",
    "instructions",
    "name",
];
/// The names and members that are followed from an agent's options to what they hold.
const DEEPEST: u8 = 4;

/// What limits the agents of a runtime.
pub(crate) struct Limiters {
    /// A limit of time stands around a run.
    timed: bool,
    /// Runs that are given a limit: the call that made the agent, where it is known.
    of_runs: Vec<Option<usize>>,
    /// Agents that run as nodes of a group whose time is limited, and nowhere else: the calls that make them.
    nodes: Vec<usize>,
    /// Something that counts is put into an agent after it was made, or where nobody sees which one it is.
    counted: bool,
    /// What the project's own hooks do.
    hooks: Hooks,
}

impl Limiters {
    /// Those among the calls that run.
    pub(crate) fn new<'a>(code: &AgentCode<'a>, calls: &[LiveCall<'a>]) -> Self {
        let mut found = Self {
            timed: false,
            of_runs: Vec::new(),
            nodes: nodes::timed(code, calls),
            counted: false,
            hooks: Hooks::default(),
        };
        for (module, _, expr) in calls {
            let Some(call) = expr.as_call() else { continue };
            found.timed |= OF_TIME.contains(&call.written_name())
                && !call.args.is_empty()
                && times_a_run(code, module, expr, call);
            if is_limited_run(code.source, module, expr, call) {
                found.of_runs.push(maker(code.source, module.id, call));
            }
            found.counted |= found.adds_a_counter(code.source, module, call);
        }
        found
    }

    /// Whether one of them limits the agent that a call makes, or all agents.
    pub(crate) fn limit(&self, source: &Source, module: ModuleId, call: &Call) -> bool {
        let own = address(call);
        let mut of_runs = self.of_runs.iter();
        self.timed
            || of_runs.any(|made| made.is_none_or(|made| made == own))
            || self.nodes.contains(&own)
            || self.counted
            || given(call).any(|(name, value)| {
                self.holds_a_counter(source, module, value)
                    || name.is_some_and(takes_hooks) && self.ends(source, module, value)
            })
    }

    /// Whether a call puts something that counts turns into an agent: `agent.hooks.add_hook(TurnLimit(20))`,
    /// `agent.add_hook(count, BeforeModelCallEvent)`. What a hook registers of itself counts where the hook is given to an agent.
    fn adds_a_counter(&self, source: &Source, module: &Module, call: &Call) -> bool {
        let name = call.written_name().to_ascii_lowercase();
        let adds = ["add", "register", "use"];
        matches!(call.callee.kind, ExprKind::Attribute { .. })
            && adds.iter().any(|word| name.starts_with(word))
            && takes_hooks(&name)
            && call.args.iter().any(|arg| {
                self.holds_a_counter(source, module.id, arg)
                    || !registers_itself(module, call) && self.ends(source, module.id, arg)
            })
    }

    /// Whether something that counts turns is in a value: `[TurnLimit(20)]`, or a name that holds it.
    fn holds_a_counter(&self, source: &Source, module: ModuleId, value: &Expr) -> bool {
        let mut open: Vec<(ModuleId, &Expr, u8)> = vec![(module, value, 0)];
        let mut left = 200_u32;
        while let Some((module, value, depth)) = open.pop() {
            for inner in sub_expressions(value) {
                left = left.saturating_sub(1);
                if left == 0 {
                    return false;
                }
                if self.is_counter(source, module, inner) {
                    return true;
                }
                if depth < DEEPEST
                    && matches!(inner.kind, ExprKind::Name(_) | ExprKind::Attribute { .. })
                {
                    match source.meaning(module, inner) {
                        Meaning::Value(home, held) if !held.is(inner) => {
                            open.push((home, held, depth + 1));
                        }
                        Meaning::Instance(made) if self.counts(source, &made) => return true,
                        _ => {}
                    }
                }
            }
        }
        false
    }

    /// Whether an object counts turns: `cap = TurnLimit(20)`.
    fn counts(&self, source: &Source, made: &Instance<'_>) -> bool {
        let written = made.call.map(|call| call.written_name());
        written.is_some_and(|written| {
            self.is_limit(source, made.class, written, Some(&made.type_name))
        })
    }

    /// Whether a call makes something that counts turns.
    fn is_counter(&self, source: &Source, module: ModuleId, expr: &Expr) -> bool {
        expr.as_call().is_some_and(|call| {
            let class = source.callee_class(module, call);
            let made = source.callee_name(module, expr);
            self.is_limit(source, class, call.written_name(), made)
        })
    }

    /// Whether a class counts turns: by its code, and by its name where that does not say it.
    fn is_limit(
        &self,
        source: &Source,
        class: Option<ClassId>,
        written: &str,
        made: Option<&str>,
    ) -> bool {
        match class.map(|class| self.hooks.of_class(source, class)) {
            Some(Conduct::Ends) => true,
            Some(Conduct::Goes) => false,
            Some(Conduct::Unsure) | None => is_named_a_limit(written, made),
        }
    }

    /// Whether a value is a function of the project, or holds one, that ends the loop which calls it.
    fn ends(&self, source: &Source, module: ModuleId, value: &Expr) -> bool {
        let items = match &value.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) => items,
            _ => std::slice::from_ref(value),
        };
        items.iter().any(|item| {
            let function = match &item.kind {
                ExprKind::Name(_)
                | ExprKind::Attribute { .. }
                | ExprKind::Call(_)
                | ExprKind::Lambda(_) => source.function_value(module, item),
                _ => None,
            };
            function
                .is_some_and(|function| self.hooks.of_function(source, function) == Conduct::Ends)
        })
    }
}

/// What tells a call from others.
fn address(call: &Call) -> usize {
    std::ptr::from_ref(call).addr()
}

/// Whether a call runs an agent and is given a limit: `agent(prompt, limits={"turns": 20})`.
fn is_limited_run(source: &Source, module: &Module, expr: &Expr, call: &Call) -> bool {
    let limit = OF_RUNS.iter().find_map(|option| call.option(option));
    limit.is_some_and(limits_something)
        && source.callee(module.id, expr).is_none()
        && is_run(source, module, expr)
}

/// Whether the value of such an option bounds anything: `limits={}` and `max_iterations=0` do not.
fn limits_something(limit: &Expr) -> bool {
    match &limit.kind {
        ExprKind::None | ExprKind::Bool(false) => false,
        ExprKind::Dict(entries) => !entries.is_empty(),
        _ => limit
            .as_number()
            .is_none_or(|number| number > 0.0 && number <= ENDLESS),
    }
}

/// The call that made the agent which a call runs.
fn maker(source: &Source, module: ModuleId, call: &Call) -> Option<usize> {
    let base = || match &call.callee.kind {
        ExprKind::Attribute { base, .. } => source.type_of(module, base),
        _ => None,
    };
    let made = source.type_of(module, &call.callee).or_else(base)?;
    made.call.map(address)
}

/// Whether something counts turns by the name of what makes it.
fn is_named_a_limit(name: &str, made: Option<&str>) -> bool {
    let lower = name.to_ascii_lowercase();
    let counts = ["limit", "maxturn", "max_turn", "budget"];
    let raised = ["error", "exceeded", "exception", "reached"];
    // `httpx.Limits` and a limiter of rates bound no loop.
    name.starts_with(char::is_uppercase)
        && counts.iter().any(|word| lower.contains(word))
        && !lower.contains("rate")
        && !raised.iter().any(|word| lower.ends_with(word))
        && !made.is_some_and(|made| CLIENTS.contains(&package(made)))
}

/// What an agent is given that may count its turns, by the names of its options where they have names.
fn given(call: &Call) -> impl Iterator<Item = (Option<&str>, &Expr)> {
    let keywords = call.keywords.iter();
    let keywords = keywords.map(|keyword| (keyword.name.as_deref(), &keyword.value));
    let entries = call.args.iter().flat_map(|arg| match &arg.kind {
        ExprKind::Dict(entries) => &**entries,
        _ => &[],
    });
    let entries = entries.map(|entry| (entry.key.as_ref().and_then(Expr::as_str), &entry.value));
    let args = call.args.iter();
    let args = args.filter(|arg| !matches!(arg.kind, ExprKind::Dict(_)));
    let all = args.map(|arg| (None, arg)).chain(keywords).chain(entries);
    all.filter(|(name, _)| !name.is_some_and(|name| ASIDE.contains(&name)))
}

/// Whether a method hands what it registers to a parameter: `registry.add_callback(BeforeModelCallEvent, self.count)`.
fn registers_itself(module: &Module, call: &Call) -> bool {
    let method = module.function_at(call.callee.range.start);
    let Some(method) = method.filter(|method| method.class.is_some()) else {
        return false;
    };
    let mut at = &call.callee;
    while let ExprKind::Attribute { base, .. } = &at.kind {
        at = base;
    }
    let mut params = method.params.iter().map(|param| &*param.name);
    let to = at
        .as_name()
        .filter(|name| !matches!(*name, "self" | "this"));
    to.is_some_and(|to| params.any(|name| name == to))
}

/// Whether a name is one of what takes hooks.
fn takes_hooks(name: &str) -> bool {
    let taking = ["hook", "plugin", "middleware", "callback"];
    taking.iter().any(|word| name.contains(word))
}

/// Whether what a limit of time ends is a run of an agent: one among its arguments, in the block that it opens, or with its signal.
fn times_a_run(code: &AgentCode<'_>, module: &Module, expr: &Expr, call: &Call) -> bool {
    let runs = |inner: &&Expr| is_run(code.source, module, inner);
    let given: Vec<&Expr> = call.args.iter().flat_map(sub_expressions).collect();
    if given.iter().any(runs) {
        return true;
    }
    let function = module.function_at(expr.range.start);
    if function.is_some_and(|function| is_handed_a_run(code, function, &given)) {
        return true;
    }
    if matches!(call.written_name(), "wait_for" | "race") {
        return false;
    }
    let body = module.body_of(function.map(|function| function.id));
    timed(body, expr).iter().any(runs)
}

/// Whether what is timed is a parameter, and a caller gives a run for one: in
/// `async def limited(run): return await asyncio.wait_for(run, 60)`, what its callers give is timed.
fn is_handed_a_run(code: &AgentCode<'_>, function: &Function, given: &[&Expr]) -> bool {
    let mut names = given.iter().filter_map(|inner| inner.as_name());
    let takes = names.any(|name| function.params.iter().any(|param| &*param.name == name));
    takes
        && code.calls().any(|(at, _, outer)| {
            code.source.callee(at.id, outer) == Some(function.id)
                && outer.as_call().is_some_and(|outer| {
                    let mut inner = outer.args.iter().flat_map(sub_expressions);
                    inner.any(|inner| is_run(code.source, at, inner))
                })
        })
}

/// What a limit of time without a value covers: the block that it opens. An alarm and a signal end what comes after them in the
/// function.
fn timed<'b>(body: &'b [Stmt], limit: &Expr) -> Vec<&'b Expr> {
    let block = statements(body)
        .into_iter()
        .find_map(|stmt| match &stmt.kind {
            StmtKind::With(with) => with
                .items
                .iter()
                .any(|item| item.context.range.contains(limit.range))
                .then_some(&*with.body),
            _ => None,
        });
    expressions(block.unwrap_or(body))
}
