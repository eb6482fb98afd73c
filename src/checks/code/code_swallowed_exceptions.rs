//! `code-swallowed-exceptions`: No exception is swallowed.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::silence::{Silence, Swallowed, handled};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::source::Module;

pub(super) static CHECK: Check = Check {
    id: "code-swallowed-exceptions",
    title: "No exception is swallowed",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_swallowed_exceptions.md"),
    references: &[
        "https://docs.python.org/3/tutorial/errors.html#handling-exceptions",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, judge)
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let (mut found, mut handlers) = (Vec::new(), 0);
    let callers = Callers::new(code);
    let mut idle = Vec::new();
    for module in code.modules() {
        let here = handled(code.source, module);
        handlers += here.broad;
        for swallowed in here.swallowed {
            let within = module.function_at(swallowed.range.start);
            let evidence = evidence(code, module, &swallowed);
            if within.is_some_and(|function| callers.is_idle(function)) {
                let note = format!("{}; nothing calls this function", evidence.note);
                idle.push(evidence.note(note).context());
            } else {
                found.push(evidence);
            }
        }
    }
    let name = &code.runtime.name;
    if found.is_empty() {
        let plural = if handlers == 1 { "" } else { "s" };
        let message = format!(
            "runtime {name} swallows no exception: {handlers} broad handler{plural} in the {}",
            code.scope()
        );
        return Outcome::pass(code.resource(), message).evidences(idle);
    }
    let severity = found
        .iter()
        .filter_map(|evidence| evidence.severity)
        .min()
        .unwrap_or(Severity::Medium);
    let first = &found[0];
    let place = first.site.as_ref().map_or(String::new(), |site| {
        format!("{}:{}", site.path, site.span.map_or(0, |span| span.line))
    });
    let more = match found.len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let message = format!(
        "runtime {name}: {} ({place}{more}); what goes wrong there leaves no trace",
        first.note
    );
    Outcome::fail(code.resource(), message).severity(severity).evidences(found).evidences(idle).fix(
        Fix::new("Catch what is expected, log the rest")
            .note("Name the exceptions that are expected (`except (KeyError, ValueError):`); where any may come, log it (`logger.exception(\"…\")`, `console.error('…', error)`) before going on, or raise it again."),
    )
}

fn evidence(code: &AgentCode<'_>, module: &Module, swallowed: &Swallowed) -> Evidence {
    let (severity, note) = match swallowed.silence {
        Silence::Dropped => (
            Severity::Medium,
            "the exception is dropped: not logged, not raised, not answered",
        ),
        Silence::Fallback => (
            Severity::Medium,
            "goes on with a fallback and reports no failure",
        ),
        Silence::Bare => (
            Severity::Low,
            "a bare `except` also catches KeyboardInterrupt, SystemExit and a cancelled task",
        ),
    };
    agent_code::evidence(code.source, module.id, swallowed.range)
        .note(note)
        .severity(severity)
}
