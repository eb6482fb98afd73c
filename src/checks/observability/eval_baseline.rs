//! `eval-baseline`: Eval baseline established.

use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::evaluation::EvaluationRun;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Agent;
use crate::model::site::Site;
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "eval-baseline",
    title: "Eval baseline established",
    category: Category::Observability,
    severity: Severity::Medium,
    needs: &[Need::Files],
    page: include_str!("eval_baseline.md"),
    references: &["https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/evaluations.html"],
    run,
};

/// The share of a score that may be lost between two runs.
const TOLERATED_FALL: f64 = 0.10;
/// The evaluators that AWS's production checklist starts with.
const BASELINE: [&str; 2] = ["Builtin.Helpfulness", "Builtin.GoalSuccessRate"];

fn run(context: &Context) -> Vec<Outcome> {
    let outcomes = context
        .project
        .runtimes
        .iter()
        .map(|runtime| judge(context, Agent::Runtime(runtime)))
        .collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Agent],
        "no runtime is configured",
    )
}

fn judge(context: &Context, agent: Agent<'_>) -> Outcome {
    let name = agent.name();
    let runs = context
        .evaluations
        .of_runtime(context.project.display_name(), name);
    let scored: Vec<&EvaluationRun> = runs
        .iter()
        .copied()
        .filter(|run| !run.scores.is_empty())
        .collect();
    let Some(newest) = scored.last() else {
        let tools_only = agent
            .runtime()
            .is_some_and(|it| context.serves_tools_only(it));
        if tools_only && runs.is_empty() {
            let message = format!(
                "runtime {name} serves tools over MCP and calls no model: evaluators judge the answers of agents"
            );
            return Outcome::not_applicable(agent.resource(), message);
        }
        return none(context, agent, runs.len());
    };
    let evidence = |run: &EvaluationRun| {
        let scores: Vec<String> = run
            .scores
            .iter()
            .map(|(evaluator, score)| format!("{evaluator} {score:.2}"))
            .collect();
        Evidence::file(&Site::file(run.path.as_str())).note(format!(
            "{}: {}",
            run.timestamp,
            scores.join(", ")
        ))
    };
    // Like is compared with like: traces with traces, a dataset with itself.
    let earlier = scored
        .iter()
        .rev()
        .skip(1)
        .find(|run| run.dataset == newest.dataset);
    let falls: Vec<String> = earlier
        .map(|earlier| falls(earlier, newest))
        .unwrap_or_default();
    if let (Some(earlier), false) = (earlier, falls.is_empty()) {
        let note = "Look at the sessions with the lowest scores in the newer file, fix the agent, and run the evaluation again.";
        return Outcome::fail(
            agent.resource(),
            format!("runtime {name}: {} since the run before", falls.join(", ")),
        )
        .evidence(evidence(newest))
        .evidence(evidence(earlier).context())
        .fix(Fix::new("Find out what changed before launch").note(note));
    }
    Outcome::pass(
        agent.resource(),
        format!(
            "runtime {name} has {} recorded evaluation run(s), the newest of {}",
            scored.len(),
            newest.timestamp
        ),
    )
    .evidence(evidence(newest))
}

/// Evaluators whose score fell by more than is tolerated.
fn falls(earlier: &EvaluationRun, newest: &EvaluationRun) -> Vec<String> {
    let fell = |(evaluator, score): (&String, &f64)| {
        let before = *earlier.scores.get(evaluator)?;
        (before > 0.0 && (before - score) / before > TOLERATED_FALL)
            .then(|| format!("{evaluator} fell from {before:.2} to {score:.2}"))
    };
    newest.scores.iter().filter_map(fell).collect()
}

/// Results are git-ignored, so none in the tree does not mean that none was run.
fn none(context: &Context, agent: Agent<'_>, empty: usize) -> Outcome {
    let name = agent.name();
    let command = Command::new("agentcore")
        .args(["run", "eval"])
        .opt("--runtime", name)
        .arg("--evaluator")
        .args(BASELINE);
    let mut message = format!(
        "no evaluation run of runtime {name} is recorded here (git ignores the results: ask who ran one)"
    );
    if empty > 0 {
        message = format!(
            "{empty} evaluation run(s) of runtime {name} are recorded, and none scored a session"
        );
    }
    if let Some(unreadable) = context.evaluations.unreadable.first() {
        message = format!("{message}; {unreadable}");
    }
    let reason = Unread::new(
        ReasonCode::Absent,
        "no scored evaluation run is in agentcore/.cli/eval-results",
    )
    .command_if(command.text());
    Outcome::manual(agent.resource(), message, reason)
        .evidence(Evidence::config(agent.site()))
        .fix(
            Fix::new("Run a baseline once the runtime is deployed and has traces").command(command),
        )
}
