//! `runtime-debug-mode`: Debug mode is off.

use std::cell::OnceCell;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::debug_modes::{Mode, turned_on};
use crate::analysis::reachability::{Absent, Live};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::context::variables::Environment;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "runtime-debug-mode",
    title: "Debug mode is off",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("runtime_debug_mode.md"),
    references: &[
        "https://github.com/aws/bedrock-agentcore-sdk-python/blob/main/src/bedrock_agentcore/runtime/app.py",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

/// What a mode gives away.
fn words(mode: Mode) -> &'static str {
    match mode {
        Mode::AgentCore => {
            "any caller can send `_agent_core_app_action` and force the session busy or healthy, or list its tasks"
        }
        Mode::Tracebacks => "an error answers with a full traceback",
        Mode::Debugger => "an error opens an interactive debugger that runs code for anyone",
        Mode::Reloader => "a reloader watches the disk and runs the agent in a second process",
        Mode::EventLoop => "asyncio's debug mode slows every task and logs what it awaits",
    }
}

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let environment = OnceCell::new();
    let unset = |name: &str| {
        let known = environment.get_or_init(|| {
            let callers = Callers::new(code);
            let live = Live::new(&callers, Absent::Unknown);
            Environment::of(context, &callers, &live)
        });
        known.unknown.is_none() && !known.sets(name)
    };
    let found: Vec<Evidence> = turned_on(code, &unset)
        .into_iter()
        .map(|(mode, at)| {
            agent_code::evidence(code.source, at.module, at.expr.range).note(words(mode))
        })
        .collect();
    let name = &code.runtime.name;
    if found.is_empty() {
        return Outcome::pass(
            code.resource(),
            format!(
                "runtime {name} turns no debug mode on in the {}",
                code.scope()
            ),
        );
    }
    let message = format!("runtime {name} starts in debug mode: {}", found[0].note);
    Outcome::fail(code.resource(), message).evidences(found).fix(
        Fix::new("Turn debug mode off")
            .note("Drop the argument, or read it from the environment with a default of off and set it on your own machine only."),
    )
}
