//! `perf-async-tasks`: For long-running background tasks: add_async_task / complete_async_task used.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::background::tasks::{Tasks, Tracked};
use crate::analysis::background::{answering, behind_answers, launches};
use crate::analysis::call_sites::Callers;
use crate::analysis::ping;
use crate::analysis::reachability::{Absent, Live};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};

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

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unknown);
    let functions = answering(code);
    let mut found = launches(&callers, &functions);
    found.extend(behind_answers(code));
    found.retain(|launch| live.runs(launch.module, launch.range));
    let name = &code.runtime.name;
    let (mut sites, mut services) = (Vec::new(), Vec::new());
    let (programs, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|launch| launch.program);
    let programs = programs.iter().map(|launch| {
        agent_code::evidence(code.source, launch.module, launch.range)
            .note("another program is left running: a server that the session uses needs nothing, work is registered as an async task")
            .context()
    });
    let programs: Vec<Evidence> = programs.collect();
    let mut tasks = Tasks::new(&callers);
    for launch in &found {
        let at = agent_code::evidence(code.source, launch.module, launch.range);
        let how = launch.how;
        match tasks.tracked(launch) {
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
            count if count == services.len() && !programs.is_empty() => format!(
                "runtime {name} leaves another program running behind its response, which may be a server; nothing else that its handlers start outlives it"
            ),
            count if count == services.len() => {
                format!("nothing that runtime {name} starts in its handlers outlives the response")
            }
            _ => format!("the background work of runtime {name} is registered and completed"),
        };
        return Outcome::pass(code.resource(), message)
            .evidences(services)
            .evidences(programs);
    }
    if let Some(instead) = alternative(context, code) {
        let sites = sites.into_iter().map(Evidence::context);
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
    let mut handlers = ping::handlers(code).into_iter();
    handlers
        .any(|id| ping::names_both(code.source, id))
        .then(|| "its ping handler answers HealthyBusy by a state of its own".to_owned())
}
