//! `perf-session-timeouts`: idleRuntimeSessionTimeout tuned to workload (default 900s).

use serde_json::Value;

use crate::checks::judge::{Problem, judge_sources};
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::checks::{edits, fixes};
use crate::config::Workload;
use crate::context::{Context, Lifecycle, PlatformVersion, PlatformView, Seen};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, Severity, Status};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "perf-session-timeouts",
    title: "idleRuntimeSessionTimeout tuned to workload (default 900s)",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("perf_session_timeouts.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-lifecycle-settings.html",
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_LifecycleConfiguration.html",
        "https://github.com/aws/agent-toolkit-for-aws/blob/main/plugins/aws-agents/skills/agents-harden/SKILL.md",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

/// A row of the checklist's table of workloads. Seconds, both ends included
/// (agents-harden skill of aws/agent-toolkit-for-aws, "Pick timeouts by workload shape").
struct Row {
    workload: Workload,
    idle: (f64, f64),
    /// Upper bound of `maxLifetime`; `None`: from the job's length.
    longest: Option<f64>,
    /// What a fix sets.
    proposed: (f64, f64),
}

const ROWS: [Row; 4] = [
    Row {
        workload: Workload::Chat,
        idle: (600.0, 900.0),
        longest: Some(7200.0),
        proposed: (900.0, 7200.0),
    },
    Row {
        workload: Workload::RequestReply,
        idle: (60.0, 120.0),
        longest: Some(1800.0),
        proposed: (120.0, 1800.0),
    },
    Row {
        workload: Workload::Batch,
        idle: (120.0, 120.0),
        longest: None,
        proposed: (120.0, 3600.0),
    },
    Row {
        workload: Workload::Background,
        idle: (120.0, 300.0),
        longest: Some(28800.0),
        proposed: (300.0, 28800.0),
    },
];
/// The service's defaults, seconds.
const DEFAULTS: (f64, f64) = (900.0, 28800.0);
/// The CLI's bounds for both keys, seconds.
const BOUNDS: (f64, f64) = (60.0, 28800.0);

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let outcomes: Vec<Outcome> = project
        .agents()
        .map(|agent| outcome(context, agent))
        .collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Agent],
        "no runtime or harness is configured",
    )
}

fn outcome(context: &Context, agent: Agent<'_>) -> Outcome {
    let resource = agent.resource();
    let row = context
        .workload(agent)
        .and_then(|(workload, _)| ROWS.iter().find(|row| row.workload == workload));
    let job = context
        .settings
        .runtimes
        .get(agent.name())
        .and_then(|settings| settings.job_seconds);
    let view = context.platform(agent);
    let layers = context.lifecycles(agent);
    let outcome = judge_sources(
        context,
        resource.clone(),
        &layers,
        || context.agent_unread(agent),
        |layer| {
            let faults = faults(&layer.value, row, job, &view);
            // Above the row, idle sessions cost a place in the quota and no memory on V2.
            let mild = view.is_v2()
                && matches!(faults.as_slice(), [_])
                && layer
                    .value
                    .idle
                    .as_ref()
                    .is_some_and(|idle| row.is_some_and(|row| idle.value > row.idle.1));
            if faults.is_empty() {
                return Ok(passed(&resource, &layer.value, row));
            }
            let texts: Vec<&str> = faults.iter().map(|(text, _)| text.as_str()).collect();
            let of = row.map_or_else(String::new, |row| {
                format!(" ({} workload)", row.workload.as_str())
            });
            Err(Problem {
                message: format!("{resource}{of}: {}", texts.join("; ")),
                severity: mild.then_some(Severity::Low),
                evidence: faults
                    .into_iter()
                    .map(|(text, evidence)| evidence.note(text))
                    .collect(),
                fixes: fixes_for(context, agent, &layer.value, row, job),
            })
        },
    );
    // The longest life of a batch follows from the job, which only the user knows.
    let unknown_job = outcome.status == Status::Pass
        && row.is_some_and(|row| row.longest.is_none())
        && job.is_none();
    if unknown_job {
        let message = format!(
            "{}; whether maxLifetime fits is not known: declare job-seconds of the batch in agentcore-harden.toml",
            outcome.message
        );
        let reason = Unread::new(ReasonCode::Undeclared, "job-seconds is not declared");
        return Outcome::manual(resource, message, reason).evidences(outcome.evidence);
    }
    outcome
}

/// The range of `maxLifetime`: from the job's length to twice that for a batch, never below the idle time.
fn life(row: &Row, job: Option<f64>) -> Option<(f64, f64)> {
    match (row.longest, job) {
        (Some(longest), _) => Some((0.0, longest)),
        (None, Some(job)) => Some((job, (2.0 * job).max(row.idle.1))),
        (None, None) => None,
    }
}

fn faults(
    lifecycle: &Lifecycle,
    row: Option<&Row>,
    job: Option<f64>,
    view: &PlatformView,
) -> Vec<(String, Evidence)> {
    let mut faults = Vec::new();
    let unset = |key: &str, default: f64| {
        (
            format!("{key} is not set, so the default of {default} s applies"),
            lifecycle.anchor.clone(),
        )
    };
    match (&lifecycle.idle, row) {
        (None, _) => faults.push(unset("idleRuntimeSessionTimeout", DEFAULTS.0)),
        (Some(idle), Some(row)) if idle.value < row.idle.0 || idle.value > row.idle.1 => {
            let range = if row.idle.0 < row.idle.1 {
                format!("{} to {}", row.idle.0, row.idle.1)
            } else {
                row.idle.0.to_string()
            };
            let why = if idle.value > row.idle.1 {
                match view.version {
                    Some(PlatformVersion::V2) => {
                        "idle sessions count against the session quota; on platform version V2 their memory is given back after 120 s"
                    }
                    _ => "idle VMs are kept and count against the quota",
                }
            } else {
                "sessions are dropped while they are still wanted"
            };
            faults.push((
                format!(
                    "idleRuntimeSessionTimeout is {} s, outside of {range} s: {why}",
                    idle.value
                ),
                idle.evidence.clone(),
            ));
        }
        (Some(_), _) => {}
    }
    match (&lifecycle.max, row.and_then(|row| life(row, job))) {
        (None, _) => faults.push(unset("maxLifetime", DEFAULTS.1)),
        (Some(max), Some((_, longest))) if max.value > longest => {
            faults.push((format!("maxLifetime is {} s, above {longest} s: a session can keep stale state and its VM for longer than the work needs", max.value), max.evidence.clone()));
        }
        (Some(max), Some((shortest, _))) if max.value < shortest => {
            faults.push((format!("maxLifetime is {} s, below the job's {shortest} s: the job is killed before it ends", max.value), max.evidence.clone()));
        }
        (Some(_), _) => {}
    }
    faults
}

fn passed(resource: &Resource, lifecycle: &Lifecycle, row: Option<&Row>) -> String {
    let seconds = |value: &Option<Seen<f64>>| value.as_ref().map_or(0.0, |value| value.value);
    let set = format!(
        "{resource} ends idle sessions after {} s and any after {} s",
        seconds(&lifecycle.idle),
        seconds(&lifecycle.max)
    );
    match row {
        Some(row) => format!("{set}, as its {} workload wants", row.workload.as_str()),
        None => format!(
            "{set}; its workload is not declared, so the values were not judged (workload in agentcore-harden.toml)"
        ),
    }
}

/// One fix for a known workload; for an unknown one, one for each, the chat first, or request-reply for a server of tools.
fn fixes_for(
    context: &Context,
    agent: Agent<'_>,
    now: &Lifecycle,
    row: Option<&Row>,
    job: Option<f64>,
) -> Vec<Fix> {
    let mut rows: Vec<&Row> = match row {
        Some(row) => vec![row],
        None => ROWS.iter().collect(),
    };
    let alone =
        |runtime| context.serves_tools_only(runtime) || context.serves_stateless_mcp(runtime);
    if agent.runtime().is_some_and(alone) {
        // Its requests stand alone.
        rows.sort_by_key(|row| row.workload != Workload::RequestReply);
    }
    rows.into_iter()
        .map(|wanted| fix(context, agent, now, wanted, row.is_some(), job))
        .collect()
}

#[allow(clippy::cast_possible_truncation)] // seconds, within the CLI's bounds
fn fix(
    context: &Context,
    agent: Agent<'_>,
    now: &Lifecycle,
    row: &Row,
    declared: bool,
    job: Option<f64>,
) -> Fix {
    let keep = |value: &Option<Seen<f64>>, (least, most): (f64, f64), proposed: f64| match value {
        // A value that is set is kept where it is in the row, or where nobody said which row.
        Some(value) if !declared || (value.value >= least && value.value <= most) => value.value,
        _ => proposed,
    };
    let proposed_life = match (row.longest, job) {
        (None, Some(job)) => (job * 1.25)
            .ceil()
            .max(row.idle.1)
            .clamp(BOUNDS.0, BOUNDS.1),
        _ => row.proposed.1,
    };
    let mut max = keep(&now.max, life(row, job).unwrap_or(BOUNDS), proposed_life);
    let mut idle = keep(&now.idle, row.idle, row.proposed.0);
    // The CLI wants idle at most maxLifetime; the value that is set stays.
    if idle > max {
        if now.idle.is_some() && now.max.is_none() {
            max = idle
        } else {
            idle = max
        }
    }
    let block = if agent.runtime().is_some() {
        "lifecycleConfiguration"
    } else {
        "lifecycleConfig"
    };
    let edit = format!(".{block} += {{idleRuntimeSessionTimeout: {idle}, maxLifetime: {max}}}");
    let edit = fixes::edit_agent(agent, &edit, &[]);
    let kind = match row.workload {
        Workload::Chat => "chat",
        Workload::RequestReply => "request-reply",
        Workload::Batch => "batch",
        Workload::Background => "background",
    };
    let fix = fixes::edit_and_deploy(
        context,
        &format!("Set the timeouts of a {kind} workload: {idle} s idle, {max} s at most"),
        edit,
    );
    let safe = edits::agent(context, agent, |editor, node| {
        let seconds = |value: f64| Value::from(value as i64);
        let values = [
            ("idleRuntimeSessionTimeout", seconds(idle)),
            ("maxLifetime", seconds(max)),
        ];
        editor.set(node, &[block], &values);
    });
    // Without a known workload the values are a choice that is the owner's.
    let fix = if declared {
        fix.safe_edit(safe)
    } else {
        fix.choice()
    };
    match (row.workload, job) {
        (Workload::Batch, None) => {
            fix.note("maxLifetime is to be the job's length and a buffer, at most twice its length")
        }
        _ => fix,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::model::site::Site;

    fn lifecycle(idle: Option<f64>, max: Option<f64>) -> Lifecycle {
        let anchor = Evidence::config(&Site::file("agentcore/agentcore.json"));
        let seen = |value: Option<f64>| value.map(|value| Seen::new(value, anchor.clone()));
        Lifecycle {
            idle: seen(idle),
            max: seen(max),
            anchor: anchor.clone(),
        }
    }

    fn fine(
        workload: Option<Workload>,
        idle: Option<f64>,
        max: Option<f64>,
        job: Option<f64>,
    ) -> bool {
        let row = workload.map(|wanted| ROWS.iter().find(|row| row.workload == wanted).unwrap());
        faults(&lifecycle(idle, max), row, job, &PlatformView::UNKNOWN).is_empty()
    }

    #[test]
    fn an_unknown_workload_fails_only_for_what_is_unset() {
        assert!(fine(None, Some(3600.0), Some(28800.0), None));
        assert!(!fine(None, None, Some(3600.0), None));
        assert!(!fine(None, Some(900.0), None, None));
    }

    #[test]
    fn each_row_is_judged_with_both_ends_included() {
        assert!(fine(Some(Workload::Chat), Some(600.0), Some(7200.0), None));
        assert!(!fine(Some(Workload::Chat), Some(599.0), Some(7200.0), None));
        assert!(!fine(Some(Workload::Chat), Some(900.0), Some(7201.0), None));
        assert!(fine(
            Some(Workload::RequestReply),
            Some(60.0),
            Some(600.0),
            None
        ));
        assert!(!fine(
            Some(Workload::RequestReply),
            Some(900.0),
            Some(1800.0),
            None
        ));
        assert!(fine(
            Some(Workload::Background),
            Some(300.0),
            Some(28800.0),
            None
        ));
        assert!(!fine(
            Some(Workload::Background),
            Some(900.0),
            Some(28800.0),
            None
        ));
    }

    #[test]
    fn a_batch_lives_between_one_and_two_jobs() {
        let batch = Some(Workload::Batch);
        assert!(fine(batch, Some(120.0), Some(1800.0), Some(1800.0)));
        assert!(fine(batch, Some(120.0), Some(3600.0), Some(1800.0)));
        assert!(!fine(batch, Some(120.0), Some(3601.0), Some(1800.0)));
        assert!(!fine(batch, Some(120.0), Some(1799.0), Some(1800.0)));
        assert!(
            fine(batch, Some(120.0), Some(120.0), Some(30.0)),
            "the CLI wants idle at most maxLifetime"
        );
    }
}
