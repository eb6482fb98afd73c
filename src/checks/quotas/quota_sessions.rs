//! `quota-sessions`: Expected live sessions fit the quota.

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, ResourceType, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::oidc::authorizer::of_agent;
use crate::quota::applied::{Applied, applied, number};
use crate::quota::load::{Load, loads, sum};
use crate::quota::request::{proposed, request};
use crate::quota::table;
use crate::shell::{self, Command};

pub(super) static CHECK: Check = Check {
    id: "quota-sessions",
    title: "Expected live sessions fit the quota",
    category: Category::Quotas,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Aws],
    page: include_str!("quota_sessions.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-lifecycle-settings.html",
    ],
    run,
};

/// The share of the quota that the expected peak may take.
const SHARE: f64 = 0.8;

fn run(context: &Context) -> Vec<Outcome> {
    let loads = loads(context);
    let Some(quota) = table::find("active-sessions").map(|quota| applied(Some(context), quota))
    else {
        return vec![Outcome::not_built(context.project.resource())];
    };
    if loads.is_empty() {
        let message = "the project has no runtime or harness, so it holds no sessions";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    let mut outcomes: Vec<Outcome> = loads
        .iter()
        .map(|load| judge(context, load, &quota))
        .collect();
    if loads.len() > 1 {
        outcomes.push(judge_sum(context, &loads, &quota));
    }
    outcomes
}

fn judge(context: &Context, load: &Load, quota: &Applied) -> Outcome {
    let resource = load.resource.clone();
    let (Some(live), Some(limit)) = (load.live(), quota.value) else {
        let keys = load.undeclared();
        let message = format!(
            "the traffic of {resource} is not declared, so its live sessions are unknown: {}; the quota is {}",
            load.formula(),
            quota.words
        );
        return Outcome::manual(resource, message, undeclared(&load.resource.name, &keys))
            .evidence(load.evidence.clone().note(load.formula()).context());
    };
    let message = format!(
        "{resource}: {}, {} of {}",
        load.formula(),
        share(live, limit),
        quota.words
    );
    let evidence = load.evidence.clone().note(load.formula());
    if live <= SHARE * limit {
        return Outcome::pass(resource, message).evidence(evidence.context());
    }
    fixes(context, load, limit).into_iter().fold(
        Outcome::fail(
            resource,
            format!(
                "{message}: more than {} % leaves no room for a peak",
                number(SHARE * 100.0)
            ),
        )
        .evidence(evidence),
        Outcome::fix,
    )
}

/// The quota is the account's: all runtimes of the project share it, with those of other projects.
fn judge_sum(context: &Context, loads: &[Load], quota: &Applied) -> Outcome {
    let resource = context.project.resource();
    let missing: Vec<&Load> = loads.iter().filter(|load| load.live().is_none()).collect();
    let evidence = || {
        loads.iter().map(|load| {
            load.evidence
                .clone()
                .note(format!("{}: {}", load.resource.name, load.formula()))
                .context()
        })
    };
    let (Some(live), Some(limit)) = (sum(loads, Load::live), quota.value) else {
        let message = format!(
            "no runtime declares its traffic, so their live sessions together are unknown; the quota is {}",
            quota.words
        );
        return Outcome::manual(
            resource,
            message,
            undeclared(
                "NAME",
                &["peak-new-sessions-per-minute", "mean-session-seconds"],
            ),
        )
        .evidences(evidence());
    };
    let known = loads.len() - missing.len();
    let message = format!(
        "{known} of {} runtimes together: {} live sessions, {} of {}; other projects of the account count too",
        loads.len(),
        number(live),
        share(live, limit),
        quota.words
    );
    if live > SHARE * limit {
        let (title, note) = (
            "Ask for a higher quota",
            "after the mitigations of each runtime",
        );
        return Outcome::fail(resource, message)
            .evidences(evidence().map(|evidence| Evidence {
                primary: true,
                ..evidence
            }))
            .fix(increase(context, title).note(note));
    }
    match missing.first() {
        Some(load) => {
            let names: Vec<&str> = missing
                .iter()
                .map(|load| load.resource.name.as_str())
                .collect();
            Outcome::manual(
                resource,
                format!("{message}; not declared: {}", names.join(", ")),
                undeclared(&load.resource.name, &load.undeclared()),
            )
            .evidences(evidence())
        }
        None => Outcome::pass(resource, message).evidences(evidence()),
    }
}

fn share(live: f64, limit: f64) -> String {
    if limit > 0.0 {
        format!("{} %", number((live / limit * 100.0).round()))
    } else {
        "more than all".to_owned()
    }
}

fn undeclared(name: &str, keys: &[&str]) -> Unread {
    let message = format!(
        "declare {} of [runtimes.{name}] in agentcore-harden.toml",
        keys.join(" and ")
    );
    Unread::new(ReasonCode::Undeclared, message)
}

/// Stop and reuse first, then the idle timeout, and only then more.
fn fixes(context: &Context, load: &Load, limit: f64) -> Vec<Fix> {
    let mut fixes = Vec::new();
    let fitting = load
        .new_sessions
        .zip(load.session_seconds)
        .map(|(rate, work)| (SHARE * limit / rate - work).floor());
    if let Some(idle) = fitting.filter(|idle| *idle >= load.lowest_idle() && *idle < load.idle.0)
        && let Some(edit) = set_idle(context, load, idle)
    {
        let target = context.target.as_ref().map(|target| target.name.as_str());
        fixes.push(
            Fix::new(format!("Lower the idle timeout to {} s", number(idle)))
                .command(edit)
                .command(shell::deploy(target)),
        );
    }
    let why = "an idle session counts until it is reclaimed";
    fixes.push(Fix::new("Stop sessions when their work is done, and reuse session ids").note(format!(
        "{why}: call StopRuntimeSession after the last request; then lower mean-session-seconds and the idle timeout to what is left"
    )));
    fixes.push(
        increase(context, "Ask for a higher quota, last")
            .note("a reviewer asks what was tried first"),
    );
    fixes
}

fn set_idle(context: &Context, load: &Load, idle: f64) -> Option<Command> {
    let agent = context
        .project
        .agents()
        .find(|agent| agent.resource() == load.resource)?;
    let authorizer = of_agent(&context.project, agent);
    let seconds = idle.to_string();
    if load.resource.kind == ResourceType::Harness {
        let filter = ".lifecycleConfig.idleRuntimeSessionTimeout = ($seconds | tonumber)";
        return Some(shell::jq_edit(
            &authorizer.file,
            filter,
            &[("seconds", &seconds)],
        ));
    }
    let filter = format!(
        "{}.lifecycleConfiguration.idleRuntimeSessionTimeout = ($seconds | tonumber)",
        authorizer.entry
    );
    Some(shell::jq_edit(
        &authorizer.file,
        &filter,
        &[("name", &load.resource.name), ("seconds", &seconds)],
    ))
}

/// The request for the sum of what the project declares.
fn increase(context: &Context, title: &str) -> Fix {
    let fix = Fix::new(title);
    let Some(quota) = table::find("active-sessions") else {
        return fix;
    };
    let value = sum(&loads(context), Load::live).map(proposed);
    match request(quota, None, value, None, Some(context)).command {
        Some(command) => fix.command(command),
        None => fix,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::audit;
    use crate::config::{RuntimeSettings, Workload};
    use crate::model::finding::Status;
    use crate::model::site::{Site, Sited};

    /// A project with the runtimes `A` and `B`, and what they declare: new sessions per minute, seconds.
    fn context(declared: &[(&str, f64, f64)]) -> Context {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("agentcore")).unwrap();
        let config = "{\"name\": \"P\", \"version\": 1, \"runtimes\": [{\"name\": \"A\"}, {\"name\": \"B\", \"lifecycleConfiguration\": {\"idleRuntimeSessionTimeout\": 60, \"maxLifetime\": 100}}]}";
        std::fs::write(folder.path().join("agentcore/agentcore.json"), config).unwrap();
        std::fs::write(
            folder.path().join("agentcore/aws-targets.json"),
            "[{\"name\": \"default\", \"account\": \"123456789012\", \"region\": \"eu-west-1\"}]",
        )
        .unwrap();
        let mut context = audit::collect(folder.path(), &audit::Options::default()).unwrap();
        for (name, rate, seconds) in declared {
            let settings = RuntimeSettings {
                workload: Some(Sited::new(
                    Workload::RequestReply,
                    Site::file("agentcore-harden.toml"),
                )),
                peak_new_sessions_per_minute: Some(*rate),
                mean_session_seconds: Some(*seconds),
                ..RuntimeSettings::default()
            };
            context
                .settings
                .runtimes
                .insert((*name).to_owned(), settings);
        }
        context
    }

    fn statuses(context: &Context) -> Vec<Status> {
        run(context)
            .into_iter()
            .map(|outcome| outcome.status)
            .collect()
    }

    #[test]
    fn undeclared_traffic_is_manual_with_the_formula() {
        let outcomes = run(&context(&[]));
        assert!(
            outcomes
                .iter()
                .all(|outcome| outcome.status == Status::Manual)
        );
        assert!(
            outcomes[0]
                .message
                .contains("? new sessions/s × (? s session + 900 s idle, the default)"),
            "{}",
            outcomes[0].message
        );
        assert!(
            outcomes[0]
                .message
                .contains("2,500 by default of eu-west-1 (as of"),
            "{}",
            outcomes[0].message
        );
    }

    #[test]
    fn each_runtime_and_their_sum_are_judged() {
        use Status::{Fail, Manual, Pass};
        assert_eq!(
            statuses(&context(&[("A", 60.0, 100.0)])),
            [Pass, Manual, Manual]
        );
        assert_eq!(
            statuses(&context(&[("A", 60.0, 100.0), ("B", 60.0, 30.0)])),
            [Pass, Pass, Pass]
        );
        assert_eq!(
            statuses(&context(&[("A", 130.0, 45.0)])),
            [Fail, Manual, Fail]
        );
        // 1,500 and 900 live sessions: each fits, both together do not.
        assert_eq!(
            statuses(&context(&[("A", 90.0, 100.0), ("B", 600.0, 30.0)])),
            [Pass, Pass, Fail]
        );
    }

    #[test]
    fn a_lifetime_bounds_the_session() {
        let outcomes = run(&context(&[("B", 60.0, 80.0)]));
        assert!(
            outcomes[1]
                .message
                .contains("at most 100 s lifetime = 100 live sessions"),
            "{}",
            outcomes[1].message
        );
    }

    #[test]
    fn the_idle_timeout_that_fits_is_printed() {
        let outcomes = run(&context(&[("A", 240.0, 45.0)]));
        let commands = &outcomes[0].fixes[0].commands;
        assert!(commands[0].contains("--arg seconds 455"), "{commands:?}");
        let request = outcomes[0].fixes.last().unwrap().commands.first().unwrap();
        assert_eq!(
            request,
            "aws service-quotas request-service-quota-increase --service-code bedrock-agentcore --quota-code L-3E5722B2 --desired-value 4800 --region eu-west-1"
        );
    }
}
