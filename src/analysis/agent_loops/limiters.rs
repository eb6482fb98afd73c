//! What limits agents from outside of the call that makes them: limits of time, limits of a run, and hooks that count.

mod nodes;

use super::LiveCall;
use super::bounds::ENDLESS;
use super::runs::is_run;
use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::{Meaning, package};
use crate::model::source::walk::{expressions, statements, sub_expressions};
use crate::model::source::{
    Call, Expr, ExprKind, Function, Module, ModuleId, Source, Stmt, StmtKind,
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
}

impl Limiters {
    /// Those among the calls that run.
    pub(crate) fn new<'a>(code: &AgentCode<'a>, calls: &[LiveCall<'a>]) -> Self {
        let mut found = Self {
            timed: false,
            of_runs: Vec::new(),
            nodes: nodes::timed(code, calls),
            counted: false,
        };
        for (module, _, expr) in calls {
            let Some(call) = expr.as_call() else { continue };
            found.timed |= OF_TIME.contains(&call.written_name())
                && !call.args.is_empty()
                && times_a_run(code, module, expr, call);
            if is_limited_run(code.source, module, expr, call) {
                found.of_runs.push(maker(code.source, module.id, call));
            }
            found.counted |= adds_a_counter(code.source, module.id, call);
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
            || call
                .values()
                .any(|value| holds_a_counter(source, module, value))
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

/// Whether a call puts something that counts turns into an agent: `agent.hooks.add_hook(TurnLimit(20))`.
fn adds_a_counter(source: &Source, module: ModuleId, call: &Call) -> bool {
    let name = call.written_name().to_ascii_lowercase();
    let adds = ["add", "register", "use"];
    let taking = ["hook", "plugin", "middleware", "callback"];
    matches!(call.callee.kind, ExprKind::Attribute { .. })
        && adds.iter().any(|word| name.starts_with(word))
        && taking.iter().any(|word| name.contains(word))
        && call
            .args
            .iter()
            .any(|arg| holds_a_counter(source, module, arg))
}

/// Whether something that counts turns is in a value: `[TurnLimit(20)]`, or a name that holds it.
fn holds_a_counter(source: &Source, module: ModuleId, value: &Expr) -> bool {
    let mut open: Vec<(ModuleId, &Expr, u8)> = vec![(module, value, 0)];
    let mut left = 200_u32;
    while let Some((module, value, depth)) = open.pop() {
        for inner in sub_expressions(value) {
            left = left.saturating_sub(1);
            if left == 0 {
                return false;
            }
            if is_counter(source, module, inner) {
                return true;
            }
            if depth < DEEPEST
                && matches!(inner.kind, ExprKind::Name(_) | ExprKind::Attribute { .. })
                && let Meaning::Value(home, held) = source.meaning(module, inner)
                && !held.is(inner)
            {
                open.push((home, held, depth + 1));
            }
        }
    }
    false
}

/// Whether a call makes something that counts turns, by its name.
fn is_counter(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let Some(call) = expr.as_call() else {
        return false;
    };
    let name = call.written_name();
    let lower = name.to_ascii_lowercase();
    let counts = ["limit", "maxturn", "max_turn", "budget"];
    let raised = ["error", "exceeded", "exception", "reached"];
    let named = name.starts_with(char::is_uppercase)
        && counts.iter().any(|word| lower.contains(word))
        && !lower.contains("rate")
        && !raised.iter().any(|word| lower.ends_with(word));
    // `httpx.Limits` and a limiter of rates bound no loop.
    named && {
        let made = source.callee_name(module, expr);
        !made.is_some_and(|made| CLIENTS.contains(&package(made)))
    }
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
