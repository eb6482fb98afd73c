//! `code-loop-limit`: Every agent loop has a bound.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::outward::{Reached, outward};
use crate::analysis::reachability::{Absent, Live};
use crate::analysis::values::bound;
use crate::checks::{Category, Check, Need};
use crate::context::{Context, installed};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::ir::{DictEntry, Loop, LoopKind};
use crate::model::source::walk::{expressions, statements, sub_expressions};
use crate::model::source::{
    Call, EntrypointKind, Expr, ExprKind, FnId, Language, Module, ModuleId, Stmt, StmtKind,
};

pub(super) static CHECK: Check = Check {
    id: "code-loop-limit",
    title: "Every agent loop has a bound",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_loop_limit.md"),
    references: &[
        "https://docs.langchain.com/oss/python/langgraph/graph-api",
        "https://openai.github.io/openai-agents-python/running_agents/",
        "https://strandsagents.com/latest/documentation/docs/user-guide/concepts/agents/agent-loop/",
        "https://ai-sdk.dev/docs/agents/loop-control",
    ],
    run,
};

/// More turns than any answer needs: a bound beyond it bounds nothing.
const ENDLESS: f64 = 1_000.0;

/// A framework's own bound.
struct Bound {
    /// The package.
    package: &'static str,
    /// The call that makes or starts the loop.
    calls: &'static [&'static str],
    /// Its option.
    option: &'static str,
    /// What holds where it is not given; none where nothing does.
    default: Option<u32>,
    /// What the number counts.
    unit: &'static str,
}

/// What a graph of LangGraph stops after, up to 1.0.5.
const RECURSION_BEFORE: u32 = 25;
/// The same from 1.0.6 on (10,007 by 1.1.10): the default of `LANGGRAPH_DEFAULT_RECURSION_LIMIT` in `langgraph/_internal/_config.py`
/// of the wheels 1.0.2 to 1.2.24.
const RECURSION: u32 = 10_000;
const RECURSION_SINCE: (&str, &[&str]) = (
    "1.0.6",
    &[
        "1.0.7", "1.0.8", "1.0.9", "1.0.10", "1.1.0", "1.1.10", "1.2.0", "1.2.24",
    ],
);
/// What `create_agent` of LangChain gives its graph itself, from 1.0.5 on (9,999 from 1.2.14 on): `langchain/agents/factory.py` of the
/// wheels 1.0.0 to 1.5.2.
const OF_AGENT: u32 = 9_999;
const OF_AGENT_SINCE: (&str, &[&str]) = (
    "1.0.5",
    &[
        "1.0.6", "1.0.8", "1.1.0", "1.1.3", "1.2.0", "1.2.18", "1.3.0", "1.4.0", "1.5.2",
    ],
);
/// Sets the default of LangGraph.
const RECURSION_VARIABLE: &str = "LANGGRAPH_DEFAULT_RECURSION_LIMIT";

const BOUNDS: [Bound; 18] = [
    Bound {
        package: "strands",
        calls: &["Agent"],
        option: "limits",
        default: None,
        unit: "turns",
    },
    Bound {
        package: "@strands-agents/sdk",
        calls: &["Agent"],
        option: "limits",
        default: None,
        unit: "turns",
    },
    Bound {
        package: "agents",
        calls: &["run", "run_sync", "run_streamed"],
        option: "max_turns",
        default: Some(10),
        unit: "turns",
    },
    Bound {
        package: "@openai/agents",
        calls: &["run"],
        option: "maxTurns",
        default: Some(10),
        unit: "turns",
    },
    Bound {
        package: "langgraph",
        calls: &["create_react_agent", "compile"],
        option: "recursion_limit",
        default: Some(RECURSION_BEFORE),
        unit: "steps of the graph",
    },
    Bound {
        package: "langchain",
        calls: &["create_agent"],
        option: "recursion_limit",
        default: Some(RECURSION_BEFORE),
        unit: "steps of the graph",
    },
    Bound {
        package: "google",
        calls: &["RunConfig", "Runner", "InMemoryRunner"],
        option: "max_llm_calls",
        default: Some(500),
        unit: "calls of the model",
    },
    Bound {
        package: "crewai",
        calls: &["Agent"],
        option: "max_iter",
        default: Some(25),
        unit: "iterations",
    },
    Bound {
        package: "ai",
        calls: &["generateText", "streamText", "ToolLoopAgent"],
        option: "stopWhen",
        default: Some(20),
        unit: "steps",
    },
    Bound {
        package: "claude_agent_sdk",
        calls: &["ClaudeAgentOptions"],
        option: "max_turns",
        default: None,
        unit: "turns",
    },
    Bound {
        package: "agno",
        calls: &["Agent"],
        option: "tool_call_limit",
        default: None,
        unit: "calls of tools",
    },
    Bound {
        package: "smolagents",
        calls: &["CodeAgent", "ToolCallingAgent", "MultiStepAgent"],
        option: "max_steps",
        default: Some(20),
        unit: "steps",
    },
    Bound {
        package: "haystack",
        calls: &["Agent"],
        option: "max_agent_steps",
        default: Some(100),
        unit: "steps",
    },
    Bound {
        package: "llama_index",
        calls: &[
            "FunctionAgent",
            "ReActAgent",
            "CodeActAgent",
            "AgentWorkflow",
        ],
        option: "max_iterations",
        default: Some(20),
        unit: "iterations",
    },
    Bound {
        package: "autogen_agentchat",
        calls: &["AssistantAgent"],
        option: "max_tool_iterations",
        default: Some(1),
        unit: "rounds of tools",
    },
    Bound {
        package: "dspy",
        calls: &["ReAct"],
        option: "max_iters",
        default: Some(20),
        unit: "iterations",
    },
    Bound {
        package: "pipecat",
        calls: &["PipelineTask", "PipelineWorker"],
        option: "idle_timeout_secs",
        default: Some(300),
        unit: "idle seconds",
    },
    Bound {
        package: "pydantic_ai",
        calls: &["run", "run_sync", "run_stream"],
        option: "usage_limits",
        default: Some(50),
        unit: "requests",
    },
];

/// Agents of a conversation that goes on as long as a connection: by package, and the call that makes or starts one.
const LIVE: [(&str, &str); 3] = [
    ("strands", "BidiAgent"),
    ("agents", "RealtimeRunner"),
    ("google", "run_live"),
];

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

/// What stands for a graph: its module, the function of a local name, and the text.
type GraphKey = (ModuleId, Option<FnId>, String);

/// What is asked of all code once.
struct Around {
    /// A limit of time stands around a run.
    timed: bool,
    /// Runs that are given a limit: the call that made the agent, where it is known.
    given: Vec<Option<usize>>,
    /// Something that counts is put into an agent after it was made, or where nobody sees which one it is.
    counted: bool,
    /// A `recursion_limit` is given to a run.
    recursion: bool,
    /// Graphs, by module, function and the text that stands for them: the calls that build them.
    graphs: BTreeMap<GraphKey, Vec<(ModuleId, usize)>>,
}

/// What was seen of the loops of a runtime.
#[derive(Default)]
struct Seen {
    found: Vec<Evidence>,
    finite: Vec<String>,
    unread: Vec<Evidence>,
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let mut seen = Seen::default();
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unknown);
    let calls: Vec<(&Module, Option<FnId>, &Expr)> = code
        .calls()
        .filter(|(module, function, expr)| live.runs_in(module.id, *function, expr.range))
        .collect();
    let judged = Judged {
        context,
        code,
        around: &around(code, &calls),
        calls: &calls,
    };
    for (module, _, expr) in &calls {
        if let Some(call) = expr.as_call() {
            judged.framework(module, expr, call, &mut seen);
        }
    }
    for module in code.modules() {
        own_loops(code, &live, module, &mut seen);
    }
    let name = &code.runtime.name;
    seen.found.sort_by_key(|evidence| evidence.severity);
    if let Some(first) = seen.found.first() {
        let severity = first.severity.unwrap_or(Severity::Medium);
        let message = format!("runtime {name}: {}", first.note);
        return Outcome::fail(code.resource(), message)
            .severity(severity)
            .evidences(seen.found)
            .fix(Fix::new("Bound the loop").note(
                "Set the framework's own option (Strands: `agent(prompt, limits={\"turns\": 20})` or a hook that stops the agent; LangGraph: `recursion_limit` in the config; OpenAI Agents: `max_turns`; \
                 AI SDK: `stopWhen: stepCountIs(20)`), or put a limit of time around the call (`asyncio.wait_for`, `AbortSignal.timeout`). A loop of your own: `for turn in range(20)`",
            ));
    }
    if let Some(first) = seen.unread.first() {
        let reason = Unread::new(ReasonCode::Unsupported, first.note.clone());
        return Outcome::skipped(code.resource(), reason).evidences(seen.unread);
    }
    seen.finite.sort();
    seen.finite.dedup();
    let message = match seen.finite.as_slice() {
        [] => format!(
            "runtime {name} runs no agent loop of its own ({})",
            code.scope()
        ),
        bounds => format!(
            "the agent loops of runtime {name} are bounded: {}",
            bounds.join(", ")
        ),
    };
    Outcome::pass(code.resource(), message)
}

fn written(call: &Call) -> &str {
    match &call.callee.kind {
        ExprKind::Name(name) => name,
        ExprKind::Attribute { attr, .. } => attr,
        _ => "",
    }
}

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

/// What stands around the agents of a runtime: limits of time, limits of runs, what counts.
fn around(code: &AgentCode<'_>, calls: &[(&Module, Option<FnId>, &Expr)]) -> Around {
    let mut found = Around {
        timed: false,
        given: Vec::new(),
        counted: false,
        recursion: false,
        graphs: BTreeMap::new(),
    };
    for (number, (module, function, expr)) in calls.iter().enumerate() {
        let Some(call) = expr.as_call() else { continue };
        let name = written(call);
        found.timed |= matches!(
            name,
            "wait_for"
                | "timeout"
                | "timeout_at"
                | "move_on_after"
                | "fail_after"
                | "alarm"
                | "race"
        ) && !call.args.is_empty()
            && times_a_run(code, module, expr, call);
        if let Some(limit) = LIMITS.iter().find_map(|option| call.option(option))
            && limits_something(limit)
            && code.source.callee(module.id, expr).is_none()
            && is_run(code, module, expr)
        {
            let made = code.source.type_of(module.id, &call.callee);
            let base = || match &call.callee.kind {
                ExprKind::Attribute { base, .. } => code.source.type_of(module.id, base),
                _ => None,
            };
            let made = made.or_else(base).and_then(|made| made.call);
            found.given.push(made.map(address));
        }
        // `agent.hooks.add_hook(TurnLimit(20))`.
        let lower = name.to_ascii_lowercase();
        let adds = ["add", "register", "use"]
            .iter()
            .any(|word| lower.starts_with(word));
        found.counted |= adds
            && matches!(call.callee.kind, ExprKind::Attribute { .. })
            && ["hook", "plugin", "middleware", "callback"]
                .iter()
                .any(|word| lower.contains(word))
            && call
                .args
                .iter()
                .any(|arg| counts_turns(code, module.id, arg));
        found.recursion |= RECURSION_OPTIONS
            .iter()
            .any(|option| call.option(option).is_some());
        if BUILDING.contains(&name)
            && let ExprKind::Attribute { base, .. } = &call.callee.kind
        {
            let key = graph_of(module, *function, base);
            found
                .graphs
                .entry(key)
                .or_default()
                .push((module.id, number));
        }
    }
    found.recursion = found.recursion || code.modules().any(names_recursion);
    found
}

/// Options of a run that bound its loop.
const LIMITS: [&str; 3] = ["limits", "max_iterations", "maxIterations"];
/// Options of LangGraph's configuration.
const RECURSION_OPTIONS: [&str; 2] = ["recursion_limit", "recursionLimit"];
/// Calls that build a graph.
const BUILDING: [&str; 6] = [
    "add_edge",
    "add_conditional_edges",
    "add_node",
    "add_sequence",
    "set_entry_point",
    "set_conditional_entry_point",
];

fn address(call: &Call) -> usize {
    std::ptr::from_ref(call).addr()
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

/// Whether code writes `recursion_limit` into a configuration.
fn names_recursion(module: &Module) -> bool {
    if !RECURSION_OPTIONS
        .iter()
        .any(|name| module.source.text.contains(name))
    {
        return false;
    }
    let mut found = false;
    module.each_expression(&mut |_, expr| {
        found |= match &expr.kind {
            ExprKind::Dict(_) => RECURSION_OPTIONS
                .iter()
                .any(|name| expr.entry(name).is_some()),
            ExprKind::Subscript { index, .. } => index
                .as_str()
                .is_some_and(|key| RECURSION_OPTIONS.contains(&key)),
            _ => false,
        };
    });
    found
}

/// The names and members that are followed from an agent's options to what they hold.
const DEEPEST: u8 = 4;

/// Whether something that counts turns is in a value: `[TurnLimit(20)]`, or a name that holds it.
fn counts_turns(code: &AgentCode<'_>, module: ModuleId, value: &Expr) -> bool {
    let mut open: Vec<(ModuleId, &Expr, u8)> = vec![(module, value, 0)];
    let mut left = 200_u32;
    while let Some((module, value, depth)) = open.pop() {
        for inner in sub_expressions(value) {
            left = left.saturating_sub(1);
            if left == 0 {
                return false;
            }
            if let Some(call) = inner.as_call()
                && is_counter(code, module, inner, call)
            {
                return true;
            }
            if depth < DEEPEST
                && matches!(inner.kind, ExprKind::Name(_) | ExprKind::Attribute { .. })
                && let Meaning::Value(home, held) = code.source.meaning(module, inner)
                && !held.is(inner)
            {
                open.push((home, held, depth + 1));
            }
        }
    }
    false
}

/// Whether a call makes something that counts turns, by its name.
fn is_counter(code: &AgentCode<'_>, module: ModuleId, expr: &Expr, call: &Call) -> bool {
    let name = written(call);
    let lower = name.to_ascii_lowercase();
    let named = ["limit", "maxturn", "max_turn", "budget"]
        .iter()
        .any(|word| lower.contains(word))
        && !lower.contains("rate")
        && !["error", "exceeded", "exception", "reached"]
            .iter()
            .any(|word| lower.ends_with(word))
        && name.starts_with(char::is_uppercase);
    // `httpx.Limits` and a limiter of rates bound no loop.
    named && {
        let made = code.source.callee_name(module, expr);
        !made.is_some_and(|made| CLIENTS.contains(&package(made)))
    }
}

/// What stands for the graph that a call builds or compiles.
fn graph_of(module: &Module, function: Option<FnId>, base: &Expr) -> GraphKey {
    let mut root = base;
    // `StateGraph(S).add_node(a).add_edge(START, "a")`: the chain is one graph.
    while let Some(call) = root.as_call() {
        match &call.callee.kind {
            ExprKind::Attribute { base, .. } => root = base,
            _ => break,
        }
    }
    let function = match root.kind {
        ExprKind::Attribute { .. } => None,
        _ => function,
    };
    let text = match root.kind {
        ExprKind::Name(_) | ExprKind::Attribute { .. } => module.text(root.range).to_owned(),
        _ => root.range.start.to_string(),
    };
    (module.id, function, text)
}

/// Whether what a limit of time ends is a run of an agent: one among its arguments, in the block that it opens, or with its signal.
fn times_a_run(code: &AgentCode<'_>, module: &Module, expr: &Expr, call: &Call) -> bool {
    let runs = |inner: &[&Expr]| inner.iter().any(|inner| is_run(code, module, inner));
    let given: Vec<&Expr> = call.args.iter().flat_map(sub_expressions).collect();
    if runs(&given) {
        return true;
    }
    let function = module.function_at(expr.range.start);
    // `async def limited(run): return await asyncio.wait_for(run, 60)`: what its callers give is timed.
    if let Some(function) = function {
        let takes = given
            .iter()
            .filter_map(|inner| inner.as_name())
            .any(|name| function.params.iter().any(|param| &*param.name == name));
        let called = || {
            code.calls().any(|(at, _, outer)| {
                code.source.callee(at.id, outer) == Some(function.id)
                    && outer.as_call().is_some_and(|outer| {
                        let mut inner = outer.args.iter().flat_map(sub_expressions);
                        inner.any(|inner| is_run(code, at, inner))
                    })
            })
        };
        if takes && called() {
            return true;
        }
    }
    let body = match function {
        Some(function) => function.body.as_slice(),
        None => module.body.as_slice(),
    };
    if matches!(written(call), "wait_for" | "race") {
        return false;
    }
    let blocks: Vec<&Stmt> = statements(body)
        .into_iter()
        .filter(|stmt| match &stmt.kind {
            StmtKind::With(with) => with
                .items
                .iter()
                .any(|item| item.context.range.contains(expr.range)),
            _ => false,
        })
        .collect();
    // An alarm and a signal end what comes after them in the function.
    let inner = match blocks.first().map(|stmt| &stmt.kind) {
        Some(StmtKind::With(with)) => expressions(&with.body),
        _ => expressions(body),
    };
    runs(&inner)
}

/// Whether an expression runs an agent, or is a function that does.
fn is_run(code: &AgentCode<'_>, module: &Module, expr: &Expr) -> bool {
    let source = code.source;
    let asks = |module, expr| {
        outward(source, module, expr)
            .is_some_and(|out| matches!(out.reached, Reached::Model | Reached::Agent))
    };
    let named = |expr: &Expr| {
        let Some(call) = expr.as_call() else {
            return false;
        };
        let ExprKind::Attribute { .. } = &call.callee.kind else {
            return false;
        };
        matches!(
            written(call),
            "invoke_async"
                | "stream_async"
                | "ainvoke"
                | "astream"
                | "astream_events"
                | "kickoff"
                | "kickoff_async"
                | "run_async"
                | "arun"
                | "run_sync"
                | "run_streamed"
                | "run_stream"
        )
    };
    let within = |function: FnId| {
        source.reach(function).into_iter().any(|id| {
            expressions(source.body(id.module, Some(id)))
                .into_iter()
                .any(|inner| asks(id.module, inner) || named(inner))
        })
    };
    match &expr.kind {
        ExprKind::Call(call) => {
            asks(module.id, expr)
                || named(expr)
                || is_live_run(code, module, call)
                || source.callee(module.id, expr).is_some_and(within)
        }
        // `asyncio.to_thread(agent, prompt)`
        ExprKind::Name(_) | ExprKind::Attribute { .. } => {
            source.function_value(module.id, expr).is_some_and(within)
                || source.type_of(module.id, expr).is_some_and(|made| {
                    BOUNDS
                        .iter()
                        .any(|bound| bound.package == package(&made.type_name))
                        && leaf(&made.type_name).ends_with("Agent")
                })
        }
        _ => false,
    }
}

/// Whether a call runs the conversation of an agent that is live: `agent.run(inputs=…)` of a `BidiAgent`.
fn is_live_run(code: &AgentCode<'_>, module: &Module, call: &Call) -> bool {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return false;
    };
    matches!(&**attr, "run" | "start" | "receive")
        && code
            .source
            .type_of(module.id, base)
            .is_some_and(|made| LIVE.contains(&(package(&made.type_name), leaf(&made.type_name))))
}

/// A conversation over a connection: whoever is connected ends it, where a WebSocket handler serves it. Elsewhere nobody does.
fn live(
    code: &AgentCode<'_>,
    at: Evidence,
    (top, last): (&str, &str),
    bounded: bool,
    seen: &mut Seen,
) {
    let is_socket = |annotation: &Expr| {
        let name = annotation.last_name();
        name.is_some_and(|name| name.ends_with("WebSocket"))
    };
    let connected = code.code.entrypoints.iter().any(|entry| {
        let function = entry.function.and_then(|id| code.source.function(id));
        entry.kind == EntrypointKind::WebSocket
            || function.is_some_and(|function| {
                let mut types = function.params.iter().map(|param| &param.annotation);
                types.any(|annotation| annotation.as_deref().is_some_and(is_socket))
            })
    });
    match (connected, bounded) {
        (true, _) => seen.finite.push(format!("{last} of {top} runs as long as its connection")),
        (false, true) => seen.finite.push("a limit around the agent".to_owned()),
        (false, false) => seen.found.push(
            at.note(format!(
                "{last} of {top} goes on until it is stopped, and no connection of a caller (WebSocket) ends it"
            ))
            .severity(Severity::Low),
        ),
    }
}

/// What the calls of frameworks are judged by.
struct Judged<'j, 'a> {
    context: &'j Context,
    code: &'j AgentCode<'a>,
    around: &'j Around,
    calls: &'j [(&'a Module, Option<FnId>, &'a Expr)],
}

impl Judged<'_, '_> {
    fn framework(&self, module: &Module, expr: &Expr, call: &Call, seen: &mut Seen) {
        let code = self.code;
        let Some(name) = code.source.callee_name(module.id, expr) else {
            return;
        };
        let (top, last) = (package(name), leaf(name));
        let at = || agent_code::evidence(code.source, module.id, expr.range);
        if let Some(limit) = call
            .option("recursion_limit")
            .or_else(|| config_limit(call))
        {
            judge_limit(code, module, limit, "recursion_limit", seen);
            return;
        }
        if top.starts_with("@anthropic-ai/claude-") && last == "query" {
            claude_query(call, at(), top, seen);
            return;
        }
        if LIVE.contains(&(top, last)) {
            let bounded = self.is_bounded(module, call);
            live(code, at(), (top, last), bounded, seen);
            return;
        }
        let Some(bound) = BOUNDS
            .iter()
            .find(|bound| bound.package == top && bound.calls.contains(&last))
        else {
            return;
        };
        match (call.option(bound.option), bound.default) {
            (Some(limit), _) => judge_limit(code, module, limit, bound.option, seen),
            (None, _) if call.option("max_budget_usd").is_some() => {
                seen.finite.push("max_budget_usd".to_owned());
            }
            (None, None) if self.is_bounded(module, call) => {
                seen.finite.push("a limit around the agent".to_owned());
            }
            (None, None) if !has_tools(call) => {
                match spread(code, module, call, bound.option) {
                    // Its program brings tools of its own.
                    Spread::Nothing if top == "claude_agent_sdk" => {
                        seen.found.push(unbounded(at(), last, top, bound));
                    }
                    // No tools, no loop.
                    Spread::Nothing => seen.finite.push("an agent without tools".to_owned()),
                    Spread::Limit => seen.finite.push(format!("{} is given", bound.option)),
                    Spread::Tools => seen.found.push(unbounded(at(), last, top, bound)),
                    Spread::Unread => seen.unread.push(at().note(format!(
                        "the options of {last} are made elsewhere: whether they hold {} and tools was not seen",
                        bound.option
                    ))),
                }
            }
            (None, None) => seen.found.push(unbounded(at(), last, top, bound)),
            (None, Some(_)) if bound.option == "recursion_limit" => {
                self.graph(module, expr, call, (top, last), seen);
            }
            (None, Some(default)) => {
                seen.finite
                    .push(format!("{top} stops after {default} {}", bound.unit));
            }
        }
    }

    /// Whether something that bounds it belongs to an agent, or to all of them.
    fn is_bounded(&self, module: &Module, call: &Call) -> bool {
        let own = address(call);
        let around = self.around;
        let mut given = around.given.iter();
        if around.timed || given.any(|made| made.is_none_or(|made| made == own)) {
            return true;
        }
        let mut values = call
            .args
            .iter()
            .chain(call.keywords.iter().map(|one| &one.value));
        around.counted || values.any(|value| counts_turns(self.code, module.id, value))
    }

    /// A graph of LangGraph, or an agent that is one.
    fn graph(
        &self,
        module: &Module,
        expr: &Expr,
        call: &Call,
        (top, last): (&str, &str),
        seen: &mut Seen,
    ) {
        let (default, since) = self.recursion(last == "create_agent");
        let small = f64::from(default) <= ENDLESS;
        let loops = || match last {
            "compile" => match &call.callee.kind {
                ExprKind::Attribute { base, .. } => self.may_loop(module, expr, base),
                _ => false,
            },
            _ => has_tools(call),
        };
        if self.around.recursion && !small {
            seen.finite.push("recursion_limit is given".to_owned());
        } else if small || !loops() {
            seen.finite
                .push(format!("{top} stops after {default} steps of the graph"));
        } else if self.is_bounded(module, call) {
            seen.finite.push("a limit around the agent".to_owned());
        } else {
            seen.found.push(
                agent_code::evidence(self.code.source, module.id, expr.range)
                    .note(format!(
                        "{last} of {top} stops only after some {default} steps of the graph ({since}), and no recursion_limit is set: that bounds no answer"
                    ))
                    .severity(Severity::Low),
            );
        }
    }

    /// How many steps a graph runs where nothing else is said, and since which release.
    fn recursion(&self, is_agent: bool) -> (u32, &'static str) {
        let runtime = self.code.runtime;
        let resource = self.code.resource().to_string();
        let files = &self.context.files;
        let minor = installed::python_minor(runtime, files.manifests.get(&resource));
        let facts = files.dependencies.get(&resource);
        let installed = installed::python(self.context, runtime);
        let takes = |name, since| {
            let installed = installed.as_ref()?;
            installed::takes_from(facts, installed, minor, name, since)
        };
        let agent = takes("langchain", OF_AGENT_SINCE);
        if is_agent && agent != Some(false) {
            return match agent {
                Some(_) => (OF_AGENT, "langchain since 1.0.5"),
                None => (
                    OF_AGENT,
                    "langchain since 1.0.5, and no older release is asked for",
                ),
            };
        }
        let mut set = runtime.common.env.iter();
        let set = set.find(|(name, _)| *name == RECURSION_VARIABLE);
        if let Some(number) = set.and_then(|(_, value)| value.value.parse().ok()) {
            return (number, "as LANGGRAPH_DEFAULT_RECURSION_LIMIT says");
        }
        match takes("langgraph", RECURSION_SINCE) {
            Some(false) => (RECURSION_BEFORE, "langgraph before 1.0.6"),
            Some(true) => (RECURSION, "langgraph since 1.0.6"),
            None => (
                RECURSION,
                "langgraph since 1.0.6, and no older release is asked for",
            ),
        }
    }

    /// Whether a graph leads from a node back to it, as far as its edges are seen.
    fn may_loop(&self, module: &Module, expr: &Expr, base: &Expr) -> bool {
        let function = module.function_at(expr.range.start).map(|around| around.id);
        let key = graph_of(module, function, base);
        let built = self.around.graphs.get(&key).into_iter().flatten();
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut open: Vec<String> = Vec::new();
        let mut nodes: BTreeSet<String> = BTreeSet::new();
        for (at, number) in built {
            let Some(call) = self
                .calls
                .get(*number)
                .and_then(|(.., expr)| expr.as_call())
            else {
                continue;
            };
            let named = |expr: Option<&Expr>| self.nodes(*at, expr);
            match written(call) {
                "add_node" => nodes.extend(named(call.args.first())),
                "add_edge" => {
                    for from in named(call.argument(0, "start_key")) {
                        edges
                            .entry(from)
                            .or_default()
                            .extend(named(call.argument(1, "end_key")));
                    }
                }
                "add_conditional_edges" => {
                    let mut targets = named(call.argument(2, "path_map"));
                    let path = call.argument(1, "path");
                    if path
                        .and_then(Expr::last_name)
                        .is_some_and(|name| &**name == "tools_condition")
                    {
                        targets.push("tools".to_owned());
                    }
                    for from in named(call.argument(0, "source")) {
                        match targets.is_empty() {
                            true => open.push(from),
                            false => edges
                                .entry(from)
                                .or_default()
                                .extend(targets.iter().cloned()),
                        }
                    }
                }
                _ => {}
            }
        }
        // Where the function that chooses says nothing: it chooses among the nodes that nothing else leads to.
        let led: BTreeSet<String> = edges.values().flatten().cloned().collect();
        let unled: Vec<String> = nodes.difference(&led).cloned().collect();
        for from in open {
            let others: Vec<String> = unled
                .iter()
                .filter(|node| **node != from)
                .cloned()
                .collect();
            edges.entry(from).or_default().extend(others);
        }
        is_cyclic(&edges)
    }

    /// The names of nodes that an expression gives: a text, a list, the values of a mapping, a function.
    fn nodes(&self, module: ModuleId, expr: Option<&Expr>) -> Vec<String> {
        let Some(expr) = expr else { return Vec::new() };
        let items: Vec<&Expr> = match &expr.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().collect(),
            ExprKind::Dict(entries) => entries.iter().map(|entry| &entry.value).collect(),
            _ => vec![expr],
        };
        let name = |item: &Expr| {
            let text = self.code.source.string(module, item);
            text.or_else(|| item.last_name().map(ToString::to_string))
        };
        items.into_iter().filter_map(name).collect()
    }
}

/// Whether edges lead from somewhere back to it: what is left once all that nothing leads to is taken away, again and again.
fn is_cyclic(edges: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let mut led: BTreeMap<&str, usize> = BTreeMap::new();
    for (from, targets) in edges {
        led.entry(from).or_default();
        for to in targets {
            *led.entry(to).or_default() += 1;
        }
    }
    let mut free: Vec<&str> = led
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(node, _)| *node)
        .collect();
    let mut taken = 0;
    while let Some(node) = free.pop() {
        taken += 1;
        for to in edges.get(node).into_iter().flatten() {
            if let Some(count) = led.get_mut(to.as_str()) {
                *count -= 1;
                if *count == 0 {
                    free.push(to);
                }
            }
        }
    }
    taken < led.len()
}

/// Whether an agent is given tools: an empty list is none.
fn has_tools(call: &Call) -> bool {
    let Some(tools) = call.option("tools").or_else(|| {
        // `create_react_agent(model, tools)`: by position.
        let name = written(call);
        let positional = matches!(name, "create_react_agent" | "create_agent");
        call.args.get(1).filter(|_| positional)
    }) else {
        return false;
    };
    let empty = |value: &Expr| match &value.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => items.is_empty(),
        ExprKind::None => true,
        _ => false,
    };
    // A name may be filled later: only what stands at the call itself is sure.
    !empty(tools)
}

/// `query({ prompt, options: { maxTurns } })`: the bound stands one level down.
fn claude_query(call: &Call, at: Evidence, top: &str, seen: &mut Seen) {
    let open = || {
        format!(
            "query of {top} has no bound of its own on turns, and none is set: only the model ends the loop"
        )
    };
    match call.option("options").map(|options| &options.kind) {
        None => seen.found.push(at.note(open()).severity(Severity::Low)),
        Some(ExprKind::Dict(entries)) => {
            let is_bound = |entry: &DictEntry| match entry.key.as_ref().and_then(Expr::as_str) {
                Some(key) => matches!(key, "maxTurns" | "maxBudgetUsd"),
                // What is spread into it may hold the bound.
                None => true,
            };
            match entries.iter().any(is_bound) {
                true => seen.finite.push("maxTurns is given".to_owned()),
                false => seen.found.push(at.note(open()).severity(Severity::Low)),
            }
        }
        Some(_) => seen.unread.push(at.note(
            "the options of query are made elsewhere: whether they hold maxTurns was not seen",
        )),
    }
}

fn unbounded(at: Evidence, last: &str, top: &str, bound: &Bound) -> Evidence {
    at.note(format!(
        "{last} of {top} has no bound of its own on {}, and none is set: only the model ends the loop",
        bound.unit
    ))
    .severity(Severity::Low)
}

/// What the options hold that a call is given as a whole: `Agent(**options)`, `new Agent({ ...options })`, `new Agent(options)`.
enum Spread {
    /// There are none, or neither tools nor a bound are in them.
    Nothing,
    /// A bound.
    Limit,
    /// Tools, and no bound.
    Tools,
    /// They could not be read.
    Unread,
}

fn spread(code: &AgentCode<'_>, module: &Module, call: &Call, limit: &str) -> Spread {
    let mut wholes: Vec<&Expr> = Vec::new();
    let named = call
        .keywords
        .iter()
        .filter(|keyword| keyword.name.is_none());
    wholes.extend(named.map(|keyword| &keyword.value));
    if let Some(last) = call.args.last() {
        match &last.kind {
            ExprKind::Dict(entries) => wholes.extend(
                entries
                    .iter()
                    .filter(|entry| entry.key.is_none())
                    .map(|entry| &entry.value),
            ),
            // Options are the one argument of a constructor in TypeScript; Python's first is the model.
            _ if module.language == Language::TypeScript => wholes.push(last),
            _ => {}
        }
    }
    let mut seen = Spread::Nothing;
    for whole in wholes {
        let Some((tools, limited)) = held(code, module, whole, limit) else {
            return Spread::Unread;
        };
        if limited {
            return Spread::Limit;
        }
        if tools {
            seen = Spread::Tools;
        }
    }
    seen
}

/// Whether options hold tools and a bound: the literal that they are, and what is put into it by name later.
fn held(code: &AgentCode<'_>, module: &Module, whole: &Expr, limit: &str) -> Option<(bool, bool)> {
    let source = code.source;
    let inner = match &whole.kind {
        ExprKind::Starred(inner) => &**inner,
        _ => whole,
    };
    let (home, literal) = match &inner.kind {
        ExprKind::Dict(_) => (module.id, inner),
        _ => match source.meaning(module.id, inner) {
            Meaning::Value(home, value) => (home, value),
            // `OPTIONS = dict(tools=[…])` is an object that a call made.
            _ => match &*bound(source, module.id, inner.as_name()?, inner.range.start) {
                [value] => (module.id, *value),
                _ => return None,
            },
        },
    };
    let has = |key: &str| match &literal.kind {
        ExprKind::Dict(_) => Some(literal.entry(key).is_some()),
        ExprKind::Call(made) if made.callee.as_name() == Some("dict") && made.args.is_empty() => {
            Some(made.option(key).is_some())
        }
        _ => None,
    };
    let (mut tools, mut limited) = (has("tools")?, has(limit)?);
    let opaque = match &literal.kind {
        ExprKind::Dict(entries) => entries.iter().any(|entry| entry.key.is_none()),
        _ => false,
    };
    // `options["tools"] = …`.
    let name = inner.as_name();
    let bodies = module.functions.iter().map(|function| &function.body);
    for body in bodies.chain([&module.body]).filter(|_| home == module.id) {
        for stmt in statements(body) {
            let StmtKind::Assign(assign) = &stmt.kind else {
                continue;
            };
            for target in &assign.targets {
                let (base, key) = match &target.kind {
                    ExprKind::Subscript { base, index } => (base, index.as_str()),
                    ExprKind::Attribute { base, attr } => (base, Some(&**attr)),
                    _ => continue,
                };
                if base.as_name().is_some() && base.as_name() == name {
                    tools |= key == Some("tools");
                    limited |= key == Some(limit);
                }
            }
        }
    }
    (tools || limited || !opaque).then_some((tools, limited))
}

/// `{"recursion_limit": …}` in a configuration that is given.
fn config_limit(call: &Call) -> Option<&Expr> {
    let options = call
        .args
        .iter()
        .chain(call.keywords.iter().map(|keyword| &keyword.value));
    let mut options = options;
    options.find_map(|value| {
        value
            .entry("recursion_limit")
            .or_else(|| value.entry("recursionLimit"))
    })
}

fn judge_limit(code: &AgentCode<'_>, module: &Module, limit: &Expr, option: &str, seen: &mut Seen) {
    let text = module.text(limit.range);
    let number = limit.as_number();
    let off = match &limit.kind {
        ExprKind::None => true,
        ExprKind::List(items) => items.is_empty(),
        _ => {
            number.is_some_and(|number| number <= 0.0 || number > ENDLESS)
                || [
                    "Infinity",
                    "math.inf",
                    "sys.maxsize",
                    "float(\"inf\")",
                    "MAX_SAFE_INTEGER",
                ]
                .iter()
                .any(|word| text.contains(word))
        }
    };
    if off {
        seen.found.push(
            agent_code::evidence(code.source, module.id, limit.range)
                .note(format!(
                    "{option} is {text}, which bounds nothing: only the model ends the loop"
                ))
                .severity(Severity::Medium),
        );
    } else {
        seen.finite.push(format!("{option} {text}"));
    }
}

/// `while True` around calls of a model: a loop of the code's own, which only the model's answer ends.
fn own_loops(code: &AgentCode<'_>, live: &Live<'_, '_>, module: &Module, seen: &mut Seen) {
    let bodies = module
        .functions
        .iter()
        .filter(|function| code.may_run(function.id))
        .map(|function| function.body.as_slice())
        .chain([module.body.as_slice()]);
    for body in bodies {
        for stmt in statements(body) {
            let StmtKind::Loop(looped) = &stmt.kind else {
                continue;
            };
            if endless(looped)
                && live.runs(module.id, stmt.range)
                && asks_a_model(code, module, looped)
                && !counts(looped)
            {
                let range = stmt.range;
                let head = crate::model::source::ByteRange {
                    start: range.start,
                    end: looped
                        .body
                        .first()
                        .map_or(range.end, |first| first.range.start.min(range.end)),
                };
                let end = module.text(head).trim_end().len();
                let head = crate::model::source::ByteRange {
                    start: head.start,
                    end: head.start + u32::try_from(end).unwrap_or(0),
                };
                seen.found.push(
                    agent_code::evidence(code.source, module.id, head)
                        .note(
                            "a loop around calls of the model has no bound: only the model ends it",
                        )
                        .severity(Severity::Medium),
                );
            }
        }
    }
}

fn endless(looped: &Loop) -> bool {
    let always = looped.iter.as_deref().is_none_or(|test| match &test.kind {
        ExprKind::Bool(value) => *value,
        ExprKind::Number(number) => &**number == "1",
        _ => false,
    });
    matches!(looped.kind, LoopKind::While | LoopKind::DoWhile) && always
        || looped.kind == LoopKind::CStyle && looped.iter.is_none()
}

fn asks_a_model(code: &AgentCode<'_>, module: &Module, looped: &Loop) -> bool {
    expressions(&looped.body).into_iter().any(|expr| {
        outward(code.source, module.id, expr)
            .is_some_and(|out| matches!(out.reached, Reached::Model | Reached::Agent))
    })
}

/// Whether a number or a time is compared in the loop: a bound of its own. An input that is waited for is one too.
fn counts(looped: &Loop) -> bool {
    expressions(&looped.body)
        .into_iter()
        .any(|expr| match &expr.kind {
            ExprKind::Compare(compared) => compared
                .rest
                .iter()
                .any(|(operator, _)| matches!(*operator, "<" | "<=" | ">" | ">=")),
            ExprKind::Call(call) => matches!(
                written(call),
                "input" | "receive" | "recv" | "receive_text" | "receive_json" | "get" | "next"
            ),
            _ => false,
        })
}
