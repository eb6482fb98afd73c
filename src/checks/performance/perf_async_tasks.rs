//! `perf-async-tasks`: For long-running background tasks: add_async_task / complete_async_task used.

use std::collections::{BTreeSet, HashMap};

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::background::{Launch, answering, launches};
use crate::analysis::call_sites::Callers;
use crate::analysis::ping;
use crate::analysis::reachability::{Absent, Live};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};
use crate::model::source::walk::{TryPart, enclosing_tries, expressions};
use crate::model::source::{
    ByteRange, EntrypointKind, Expr, ExprKind, FnId, Function, ModuleId, Source,
};

pub(super) static CHECK: Check = Check {
    id: "perf-async-tasks",
    title: "For long-running background tasks: add_async_task / complete_async_task used",
    category: Category::Performance,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("perf_async_tasks.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-long-run.html",
        "https://github.com/aws/bedrock-agentcore-sdk-python/blob/main/src/bedrock_agentcore/runtime/app.py",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each_handled(context, |code| judge(context, code))
}

/// What registers a task: the SDKs' methods, and the name that such a function is kept under.
const ADD: [&str; 3] = ["add_async_task", "addAsyncTask", "add_task"];
/// What completes it.
const COMPLETE: [&str; 3] = ["complete_async_task", "completeAsyncTask", "complete_task"];

/// How a launch stands with the platform.
enum Tracked {
    /// Registered before it starts and completed whatever happens.
    Whole,
    /// Nobody tells the platform.
    Never,
    /// Registered, and never completed.
    Open,
    /// Registered, and completed only when all goes well.
    Leaky(ModuleId, ByteRange),
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unknown);
    let functions = answering(code);
    let mut found = launches(code.source, &functions);
    found.retain(|launch| live.runs(launch.module, launch.range));
    let name = &code.runtime.name;
    let (mut sites, mut services) = (Vec::new(), Vec::new());
    let mut firsts = Firsts::new();
    for launch in &found {
        let at = agent_code::evidence(code.source, launch.module, launch.range);
        let how = launch.how;
        match tracked(code, &callers, launch, &mut firsts) {
            Tracked::Whole => {}
            Tracked::Never if launch.service => services.push(
                at.note("a daemon thread that waits for work as long as the process lives: it keeps no session busy, and what it still does when the session ends is lost")
                    .context(),
            ),
            Tracked::Never => sites.push(at.note(format!(
                "{how} outlives the response, and no async task is registered before it starts"
            ))),
            Tracked::Open => sites.push(at.note(format!(
                "{how} is registered and never completed: the session stays busy until its lifetime ends"
            ))),
            Tracked::Leaky(module, range) => {
                sites.push(at.note(format!("{how} completes its task outside of a `finally`")));
                sites.push(
                    agent_code::evidence(code.source, module, range)
                        .note("an exception before this leaves the session busy until its lifetime ends")
                        .context(),
                );
            }
        }
    }
    if sites.is_empty() {
        let message = match found.len() {
            count if count == services.len() => {
                format!("nothing that runtime {name} starts in its handlers outlives the response")
            }
            _ => format!("the background work of runtime {name} is registered and completed"),
        };
        return Outcome::pass(code.resource(), message).evidences(services);
    }
    if let Some(instead) = alternative(context, code) {
        let sites = sites
            .into_iter()
            .map(crate::model::finding::Evidence::context);
        return Outcome::pass(
            code.resource(),
            format!("the background work of runtime {name} is not registered, but {instead}"),
        )
        .evidences(sites);
    }
    let message = format!(
        "runtime {name} starts work that outlives its response without keeping the session busy for it: the session can be reclaimed in the middle"
    );
    Outcome::fail(code.resource(), message).evidences(sites).fix(
        Fix::new("Register the work as an async task").note(
            "Call `task_id = app.add_async_task(\"name\")` before the work starts and `app.complete_async_task(task_id)` in a \
             `finally` inside it, or decorate an async function with `@app.async_task` (TypeScript: `app.addAsyncTask`, \
             `app.completeAsyncTask`, `app.asyncTask(fn)`). Alternatives: wait for the work before answering, stream heartbeats \
             until it is done, or set `idleRuntimeSessionTimeout` above its duration and declare it as `job-seconds` in \
             agentcore-harden.toml.",
        ),
    )
}

fn tracked(
    code: &AgentCode<'_>,
    callers: &Callers<'_>,
    launch: &Launch,
    firsts: &mut Firsts,
) -> Tracked {
    let source = code.source;
    if let Some(target) = launch.target
        && is_async_task(code, target)
    {
        return Tracked::Whole;
    }
    // The function that starts the work, those around it and those that call it.
    let starters = starters(callers, launch.function);
    let inside = launch
        .target
        .map(|target| source.reach(target))
        .unwrap_or_default();
    let added = starters.iter().any(|id| {
        let first = *firsts
            .entry(*id)
            .or_insert_with(|| first_added(source, *id));
        first.is_some_and(|first| *id != launch.function || first < launch.range.start)
    }) || inside
        .iter()
        .any(|id| !named_calls(source, *id, &ADD).is_empty());
    if !added {
        return Tracked::Never;
    }
    let mut ends: BTreeSet<FnId> = inside;
    for starter in &starters {
        ends.extend(source.reach(*starter));
    }
    let mut leaky = None;
    for id in ends {
        let Some(function) = source.function(id) else {
            continue;
        };
        for expr in named_calls(source, id, &COMPLETE) {
            if ends_always(source, callers, function, expr) {
                return Tracked::Whole;
            }
            leaky = leaky.or(Some((id.module, expr.range)));
        }
    }
    match leaky {
        Some((module, range)) => Tracked::Leaky(module, range),
        None => Tracked::Open,
    }
}

/// Where functions register a task first; many launches may stand in one function.
type Firsts = HashMap<FnId, Option<u32>>;

/// Where a function first registers a task, itself or through a helper.
fn first_added(source: &Source, id: FnId) -> Option<u32> {
    let own = named_calls(source, id, &ADD).into_iter();
    let own = own.map(|expr| expr.range.start).min();
    let mut known: HashMap<FnId, bool> = HashMap::new();
    let through = calls_within(source, id)
        .into_iter()
        .filter(|expr| {
            let helper = source.callee(id.module, expr);
            helper
                .is_some_and(|helper| *known.entry(helper).or_insert_with(|| adds(source, helper)))
        })
        .map(|expr| expr.range.start)
        .min();
    own.into_iter().chain(through).min()
}

/// Whether a helper registers a task, itself or through another.
fn adds(source: &Source, helper: FnId) -> bool {
    source
        .reach(helper)
        .into_iter()
        .any(|id| !named_calls(source, id, &ADD).is_empty())
}

fn calls_within(source: &Source, function: FnId) -> Vec<&Expr> {
    expressions(source.body(function.module, Some(function)))
        .into_iter()
        .filter(|expr| matches!(expr.kind, ExprKind::Call(_)))
        .collect()
}

fn is_async_task(code: &AgentCode<'_>, target: FnId) -> bool {
    let entries = &code.code.entrypoints;
    entries
        .iter()
        .any(|entry| entry.kind == EntrypointKind::AsyncTask && entry.function == Some(target))
        || code.source.function(target).is_some_and(|function| {
            function.decorators.iter().any(|decorator| {
                let callee = decorator.as_call().map_or(decorator, |call| &call.callee);
                matches!(&callee.kind, ExprKind::Attribute { attr, .. } if &**attr == "async_task")
            })
        })
}

fn starters(callers: &Callers<'_>, function: FnId) -> BTreeSet<FnId> {
    let mut found = BTreeSet::from([function]);
    let mut open = vec![function];
    while let Some(id) = open.pop() {
        let Some(module) = callers.source().module(id.module) else {
            continue;
        };
        let parent = module.function(id).and_then(|function| function.parent);
        let all = callers.of(id);
        let uses = all.iter().filter_map(|used| {
            let module = callers.source().module(used.module)?;
            module
                .function_at(used.expr.range.start)
                .map(|function| function.id)
        });
        let next: Vec<FnId> = uses.chain(parent).collect();
        for id in next {
            if found.insert(id) {
                open.push(id);
            }
        }
    }
    found
}

/// Calls of the SDK's methods, and of names that hold them (`complete_task = hooks["complete"]`).
fn named_calls<'a>(source: &'a Source, function: FnId, names: &[&str; 3]) -> Vec<&'a Expr> {
    let [method, camel, held] = names;
    calls_within(source, function)
        .into_iter()
        .filter(|expr| match expr.as_call().map(|call| &call.callee.kind) {
            Some(ExprKind::Attribute { attr, .. }) => &**attr == *method || &**attr == *camel,
            Some(ExprKind::Name(name)) => {
                &**name == *held || &**name == *method || &**name == *camel
            }
            _ => false,
        })
        .collect()
}

/// Whether a call is reached however the work ends: in a `finally`, a done callback, the end of a context manager.
fn ends_always(source: &Source, callers: &Callers<'_>, function: &Function, expr: &Expr) -> bool {
    let tries = enclosing_tries(&function.body, expr.range);
    if tries.iter().any(|(_, part)| *part == TryPart::Finally) {
        return true;
    }
    if matches!(&*function.name, "__exit__" | "__aexit__") {
        return true;
    }
    // A helper or callback that does it is right where it is called or given.
    callers.of(function.id).iter().any(|used| {
        let Some(module) = source.module(used.module) else {
            return false;
        };
        let around = module.function_at(used.expr.range.start);
        let Some(around) = around.filter(|around| around.id != function.id) else {
            return false;
        };
        if used.called {
            let tries = enclosing_tries(&around.body, used.expr.range);
            return tries.iter().any(|(_, part)| *part == TryPart::Finally);
        }
        expressions(&around.body).into_iter().any(|call| {
            call.as_call().is_some_and(|call| {
                matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "add_done_callback" | "finally"))
                    && call.args.iter().any(|arg| arg.range.contains(used.expr.range))
            })
        })
    })
}

/// What keeps the session alive instead: an idle timeout above the declared time of the work, or a ping handler that looks at state.
fn alternative(context: &Context, code: &AgentCode<'_>) -> Option<String> {
    let declared = context
        .settings
        .runtimes
        .get(&code.runtime.name)
        .and_then(|runtime| runtime.job_seconds);
    let idle = code
        .runtime
        .common
        .idle_timeout
        .as_ref()
        .map(|idle| idle.value);
    if let (Some(declared), Some(idle)) = (declared, idle)
        && idle > declared
    {
        return Some(format!(
            "its idle timeout of {idle} s is above the {declared} s that agentcore-harden.toml declares for it"
        ));
    }
    for id in ping::handlers(code) {
        let said: Vec<&Expr> = code
            .source
            .reach_expressions(id)
            .into_iter()
            .map(|(_, expr)| expr)
            .collect();
        let busy = said.iter().any(|expr| match &expr.kind {
            ExprKind::Attribute { attr, .. } => matches!(&**attr, "HEALTHY_BUSY" | "HealthyBusy"),
            ExprKind::Str(text) => &**text == "HealthyBusy",
            _ => false,
        });
        let healthy = said.iter().any(|expr| match &expr.kind {
            ExprKind::Attribute { attr, .. } => matches!(&**attr, "HEALTHY" | "Healthy"),
            ExprKind::Str(text) => &**text == "Healthy",
            _ => false,
        });
        if busy && healthy {
            return Some("its ping handler answers HealthyBusy by a state of its own".to_owned());
        }
    }
    None
}
