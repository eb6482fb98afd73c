//! `code-loop-limit`: Every agent loop has a bound.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::outward::{Reached, outward};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::ir::{DictEntry, Loop, LoopKind};
use crate::model::source::walk::{expressions, statements, sub_expressions};
use crate::model::source::{
    Call, EntrypointKind, Expr, ExprKind, FnId, Language, Module, Stmt, StmtKind,
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
        default: Some(25),
        unit: "steps of the graph",
    },
    Bound {
        package: "langchain",
        calls: &["create_agent"],
        option: "recursion_limit",
        default: Some(25),
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
    crate::checks::agents::each(context, judge)
}

/// What was seen of the loops of a runtime.
#[derive(Default)]
struct Seen {
    found: Vec<Evidence>,
    finite: Vec<String>,
    unread: Vec<Evidence>,
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let mut seen = Seen::default();
    let bounded = bounds_all(code);
    for (module, _, expr) in code.calls() {
        if let Some(call) = expr.as_call() {
            framework(code, module, expr, call, bounded, &mut seen);
        }
    }
    for module in code.modules() {
        own_loops(code, module, &mut seen);
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

/// Whether a limit of time, or a hook or middleware that counts, stands around the agent's calls.
fn bounds_all(code: &AgentCode<'_>) -> bool {
    code.calls().any(|(module, _, expr)| {
        let Some(call) = expr.as_call() else {
            return false;
        };
        let name = written(call);
        let timed = matches!(
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
        let lower = name.to_ascii_lowercase();
        // `httpx.Limits`, a limiter of rates and an option of a helper of the project's own bound no loop.
        let of_a_client = || {
            let made = code.source.callee_name(module.id, expr);
            made.is_some_and(|made| CLIENTS.contains(&package(made)))
        };
        let counts = ["limit", "maxturn", "max_turn", "budget"]
            .iter()
            .any(|word| lower.contains(word))
            && !lower.contains("rate")
            && name.starts_with(char::is_uppercase)
            && !of_a_client();
        let given = ["limits", "max_iterations", "maxIterations"]
            .iter()
            .any(|option| call.option(option).is_some())
            && code.source.callee(module.id, expr).is_none()
            && !of_a_client();
        timed || counts || given
    })
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

fn framework(
    code: &AgentCode<'_>,
    module: &Module,
    expr: &Expr,
    call: &Call,
    bounded: bool,
    seen: &mut Seen,
) {
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
        (None, None) if bounded => seen.finite.push("a limit around the agent".to_owned()),
        (None, None) if call.option("tools").is_none() => {
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
        (None, Some(default)) => {
            seen.finite
                .push(format!("{top} stops after {default} {}", bound.unit));
        }
    }
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
            _ => return None,
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
fn own_loops(code: &AgentCode<'_>, module: &Module, seen: &mut Seen) {
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
            if endless(looped) && asks_a_model(code, module, looped) && !counts(looped) {
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
