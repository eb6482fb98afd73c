//! `code-loop-limit`: Every agent loop has a bound.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::agent_loops::bounds::{self, Bound, ENDLESS};
use crate::analysis::agent_loops::graphs::Graphs;
use crate::analysis::agent_loops::limiters::Limiters;
use crate::analysis::agent_loops::options::{self, Spread};
use crate::analysis::agent_loops::{LiveCall, conversations, own, recursion};
use crate::analysis::call_sites::Callers;
use crate::analysis::clients::entries;
use crate::analysis::names::{leaf, package};
use crate::analysis::reachability::{Absent, Live};
use crate::analysis::values::At;
use crate::checks::{Category, Check, Need};
use crate::context::{Context, installed};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::{Call, Expr, Module};

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

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

/// What was seen of the loops of a runtime.
#[derive(Default)]
struct Seen {
    /// Loops without a bound.
    found: Vec<Evidence>,
    /// What bounds the others, in words.
    finite: Vec<String>,
    /// Loops of which nobody knows.
    unread: Vec<Evidence>,
}

impl Seen {
    fn bounded(&mut self, by: impl Into<String>) {
        self.finite.push(by.into());
    }

    fn unbounded(&mut self, at: Evidence, severity: Severity, note: String) {
        self.found.push(at.note(note).severity(severity));
    }
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unknown);
    let calls: Vec<LiveCall<'_>> = code
        .calls()
        .filter(|(module, function, expr)| live.runs_in(module.id, *function, expr.range))
        .collect();
    let loops = Loops {
        context,
        code,
        limiters: Limiters::new(code, &calls),
        graphs: Graphs::new(code.source, &calls),
        names_recursion: recursion::is_named(&calls, code.modules()),
    };
    let mut seen = Seen::default();
    for (module, _, expr) in &calls {
        if let Some(call) = expr.as_call() {
            loops.of_call(module, expr, call, &mut seen);
        }
    }
    let asker = own::Asker::new(code);
    for module in code.modules() {
        for head in own::unbounded(code, &live, &asker, module) {
            let note = "a loop around calls of the model has no bound: only the model ends it";
            let at = agent_code::evidence(code.source, module.id, head);
            seen.unbounded(at, Severity::Medium, note.to_owned());
        }
    }
    outcome(code, seen)
}

fn outcome(code: &AgentCode<'_>, mut seen: Seen) -> Outcome {
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

/// What bounds a loop that no option of its own does.
const A_LIMITER: &str = "a limit around the agent";

/// What the loops of frameworks are judged by.
struct Loops<'j, 'a> {
    context: &'j Context,
    code: &'j AgentCode<'a>,
    limiters: Limiters,
    graphs: Graphs<'a>,
    /// A `recursion_limit` is given to a run.
    names_recursion: bool,
}

/// A call that makes or starts a loop.
#[derive(Clone, Copy)]
struct Start<'c> {
    module: &'c Module,
    expr: &'c Expr,
    call: &'c Call,
    /// The package, and the last part of the canonical name.
    package: &'c str,
    leaf: &'c str,
}

impl Loops<'_, '_> {
    /// Judges the loop that a call makes or starts, where it does.
    fn of_call(&self, module: &Module, expr: &Expr, call: &Call, seen: &mut Seen) {
        let source = self.code.source;
        let Some(name) = source.callee_name(module.id, expr) else {
            return;
        };
        let start = Start {
            module,
            expr,
            call,
            package: package(name),
            leaf: leaf(name),
        };
        let recursion = self
            .names_recursion
            .then(|| recursion::given(source, module.id, call));
        if let Some(limit) = recursion.flatten() {
            self.limit(limit, "recursion_limit", seen);
        } else if start.package.starts_with("@anthropic-ai/claude-") && start.leaf == "query" {
            self.query(start, seen);
        } else if bounds::is_conversation(start.package, start.leaf) {
            self.conversation(start, seen);
        } else if let Some(bound) = bounds::bound_of(start.package, start.leaf) {
            self.framework(start, bound, seen);
        }
    }

    fn at(&self, start: Start<'_>) -> Evidence {
        agent_code::evidence(self.code.source, start.module.id, start.expr.range)
    }

    /// Whether something limits the agent from outside of the call.
    fn is_limited(&self, start: Start<'_>) -> bool {
        let source = self.code.source;
        self.limiters.limit(source, start.module.id, start.call)
    }

    /// An option that bounds a loop, or says that nothing does.
    fn limit(&self, given: At<'_>, option: &str, seen: &mut Seen) {
        let source = self.code.source;
        let limit = bounds::limit(source, given);
        let text = |at: At<'_>| {
            let module = source.module(at.module);
            module.map_or("", |module| module.text(at.expr.range))
        };
        let value = match limit.stands_for {
            Some(value) => format!("{} ({})", text(given), text(value)),
            None => text(given).to_owned(),
        };
        if !limit.is_off {
            let unseen = given.expr.last_name().is_some() && limit.stands_for.is_none();
            let unseen = if unseen {
                ", whose value was not seen"
            } else {
                ""
            };
            return seen.bounded(format!("{option} {value}{unseen}"));
        }
        let at = agent_code::evidence(source, given.module, given.expr.range);
        let note =
            format!("{option} is {value}, which bounds nothing: only the model ends the loop");
        seen.unbounded(at, Severity::Medium, note);
    }

    /// `query({ prompt, options: { maxTurns } })`.
    fn query(&self, start: Start<'_>, seen: &mut Seen) {
        let at = self.at(start);
        match options::bounds_query(start.call) {
            Some(true) => seen.bounded("maxTurns is given"),
            Some(false) => seen.unbounded(at, Severity::Low, unbounded("query", start, "turns")),
            None => seen.unread.push(at.note(
                "the options of query are made elsewhere: whether they hold maxTurns was not seen",
            )),
        }
    }

    /// A conversation over a connection: whoever is connected ends it, where a WebSocket handler serves it. Elsewhere nobody does.
    fn conversation(&self, start: Start<'_>, seen: &mut Seen) {
        let Start { package, leaf, .. } = start;
        let limited = self.is_limited(start);
        if conversations::has_connection(self.code) {
            seen.bounded(format!(
                "{leaf} of {package} runs as long as its connection"
            ));
        } else if limited {
            seen.bounded(A_LIMITER);
        } else {
            let note = format!(
                "{leaf} of {package} goes on until it is stopped, and no connection of a caller (WebSocket) ends it"
            );
            seen.unbounded(self.at(start), Severity::Low, note);
        }
    }

    /// A loop that an option bounds.
    fn framework(&self, start: Start<'_>, bound: &Bound, seen: &mut Seen) {
        let source = self.code.source;
        let module = start.module.id;
        if let Some(limit) = entries::option(source, module, start.call, bound.option) {
            self.limit(limit, bound.option, seen);
        } else if start.call.option("max_budget_usd").is_some() {
            seen.bounded("max_budget_usd");
        } else if bound.default.is_some() && bound.option == "recursion_limit" {
            self.graph(start, seen);
        } else if bound.default.is_some() && options::are_opaque(source, module, start.call) {
            seen.unread.push(self.at(start).note(format!(
                "the options of {} are made elsewhere: whether they hold {} was not seen",
                start.leaf, bound.option
            )));
        } else if let Some(default) = bound.default {
            let (package, unit) = (start.package, bound.unit);
            seen.bounded(format!("{package} stops after {default} {unit}"));
        } else if self.is_limited(start) {
            seen.bounded(A_LIMITER);
        } else {
            self.without_default(start, bound, seen);
        }
    }

    /// A loop that nothing bounds by itself, and whose call is given no bound by name.
    fn without_default(&self, start: Start<'_>, bound: &Bound, seen: &mut Seen) {
        let Bound { option, unit, .. } = *bound;
        let held = match options::has_tools(start.call) {
            true => Spread::Tools,
            false => Spread::of(self.code.source, start.module, start.call, option),
        };
        match held {
            // No tools, no loop; the program of Claude brings tools of its own.
            Spread::Nothing if start.package != "claude_agent_sdk" => {
                seen.bounded("an agent without tools");
            }
            Spread::Nothing | Spread::Tools => {
                let note = unbounded(start.leaf, start, unit);
                seen.unbounded(self.at(start), Severity::Low, note);
            }
            Spread::Limit => seen.bounded(format!("{option} is given")),
            Spread::Unread => seen.unread.push(self.at(start).note(format!(
                "the options of {} are made elsewhere: whether they hold {option} and tools was not seen",
                start.leaf
            ))),
        }
    }

    /// A graph of LangGraph, or an agent that is one.
    fn graph(&self, start: Start<'_>, seen: &mut Seen) {
        let Start { package, leaf, .. } = start;
        let (default, since) = self.default_steps(leaf == "create_agent");
        let small = f64::from(default) <= ENDLESS;
        let may_loop = || match leaf {
            "compile" => self.graphs.may_cycle(start.module, start.expr),
            _ => options::has_tools(start.call),
        };
        if self.names_recursion && !small {
            seen.bounded("recursion_limit is given");
        } else if small || !may_loop() {
            seen.bounded(format!(
                "{package} stops after {default} steps of the graph"
            ));
        } else if self.is_limited(start) {
            seen.bounded(A_LIMITER);
        } else {
            let note = format!(
                "{leaf} of {package} stops only after some {default} steps of the graph ({since}), and no recursion_limit is set: that bounds no answer"
            );
            seen.unbounded(self.at(start), Severity::Low, note);
        }
    }

    /// How many steps a graph runs where nothing else is said, and since which release.
    fn default_steps(&self, is_agent: bool) -> (u32, &'static str) {
        let runtime = self.code.runtime;
        let resource = self.code.resource().to_string();
        let files = &self.context.files;
        let minor = installed::python_minor(runtime, files.manifests.get(&resource));
        let facts = files.dependencies.get(&resource);
        let installed = installed::python(self.context, runtime);
        let takes = |name: &str, since: recursion::Since| {
            let installed = installed.as_ref()?;
            installed::takes_from(facts, installed, minor, name, since)
        };
        let mut set = runtime.common.env.iter();
        let set = set.find(|(name, _)| *name == recursion::VARIABLE);
        let set = set.and_then(|(_, value)| value.value.parse().ok());
        recursion::default_steps(is_agent, takes, set)
    }
}

fn unbounded(call: &str, start: Start<'_>, unit: &str) -> String {
    format!(
        "{call} of {} has no bound of its own on {unit}, and none is set: only the model ends the loop",
        start.package
    )
}
