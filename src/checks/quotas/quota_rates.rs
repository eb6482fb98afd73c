//! `quota-rates`: Expected request rates fit the quotas.

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Resource, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::quota::applied::{applied, number};
use crate::quota::load::{Load, loads, sum};
use crate::quota::mitigations::mitigations;
use crate::quota::request::request;
use crate::quota::table::{self, Quota};

pub(super) static CHECK: Check = Check {
    id: "quota-rates",
    title: "Expected request rates fit the quotas",
    category: Category::Quotas,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Aws],
    page: include_str!("quota_rates.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html",
    ],
    run,
};

/// A rate that is judged: the quota, the key that declares it, and its value of a runtime in requests per second.
struct Rate {
    quota: &'static str,
    key: &'static str,
    value: fn(&Load) -> Option<f64>,
}

const RATES: [Rate; 2] = [
    Rate {
        quota: "data-plane-rate",
        key: "peak-invocations-per-second",
        value: |load| load.invocations,
    },
    Rate {
        quota: "new-sessions",
        key: "peak-new-sessions-per-minute",
        value: |load| load.new_sessions,
    },
];

fn run(context: &Context) -> Vec<Outcome> {
    let loads = loads(context);
    if loads.is_empty() {
        let message = "the project has no runtime or harness that is invoked";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    let mut outcomes: Vec<Outcome> = loads
        .iter()
        .map(|load| judge(context, load.resource.clone(), std::slice::from_ref(load)))
        .collect();
    if loads.len() > 1 {
        outcomes.push(judge(context, context.project.resource(), &loads));
    }
    outcomes
}

/// Judges one runtime, or all of them together: the quotas are the account's.
fn judge(context: &Context, resource: Resource, loads: &[Load]) -> Outcome {
    let mut said = Vec::new();
    let mut over: Vec<&'static Quota> = Vec::new();
    let mut missing: Vec<&str> = Vec::new();
    for rate in &RATES {
        let Some(quota) = table::find(rate.quota) else {
            continue;
        };
        let limit = applied(Some(context), quota);
        let declared = sum(loads, rate.value);
        let complete = loads.iter().all(|load| (rate.value)(load).is_some());
        if !complete {
            missing.push(rate.key);
        }
        let amount = declared.map_or_else(|| "?".to_owned(), number);
        let at_least = if declared.is_some() && !complete {
            "at least "
        } else {
            ""
        };
        said.push(format!(
            "{at_least}{amount} {} against {}",
            quota.unit, limit.words
        ));
        if declared
            .zip(limit.value)
            .is_some_and(|(declared, limit)| declared >= limit)
        {
            over.push(quota);
        }
    }
    let together = if loads.len() > 1 { "together " } else { "" };
    let message = format!("{resource} {together}expects {}", said.join(", and "));
    let evidence = || {
        loads.iter().map(|load| {
            load.evidence.clone().note(format!(
                "{}; the quotas are the whole account's",
                load.resource.name
            ))
        })
    };
    if !over.is_empty() {
        let outcome = Outcome::fail(resource, format!("{message}: excess calls get HTTP 429"))
            .evidences(evidence());
        return over.iter().fold(outcome, |outcome, quota| {
            fixes(context, quota)
                .into_iter()
                .fold(outcome, Outcome::fix)
        });
    }
    if !missing.is_empty() {
        let name = match loads {
            [load] => load.resource.name.as_str(),
            _ => "NAME",
        };
        let reason = Unread::new(
            ReasonCode::Undeclared,
            format!(
                "declare {} of [runtimes.{name}] in agentcore-harden.toml",
                missing.join(" and ")
            ),
        );
        return Outcome::manual(
            resource,
            format!("the traffic is not fully declared: {message}"),
            reason,
        )
        .evidences(evidence().map(Evidence::context));
    }
    Outcome::pass(resource, message).evidences(evidence().map(Evidence::context))
}

fn fixes(context: &Context, quota: &Quota) -> [Fix; 2] {
    let ask =
        Fix::new(format!("Ask for a higher quota: {}", quota.name)).note("last, after the above");
    let ask = match request(quota, None, None, None, Some(context)).command {
        Some(command) => ask.command(command),
        None => ask,
    };
    [
        Fix::new("Lower the rate").note(mitigations(quota.id).join("; ")),
        ask,
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::audit;
    use crate::config::RuntimeSettings;
    use crate::model::finding::Status;

    fn statuses(declared: &[(&str, Option<f64>, Option<f64>)]) -> Vec<Status> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("agentcore")).unwrap();
        std::fs::write(
            folder.path().join("agentcore/agentcore.json"),
            "{\"name\": \"P\", \"runtimes\": [{\"name\": \"A\"}, {\"name\": \"B\"}]}",
        )
        .unwrap();
        let mut context = audit::collect(folder.path(), &audit::Options::default()).unwrap();
        for (name, sessions, invocations) in declared {
            let settings = RuntimeSettings {
                peak_new_sessions_per_minute: *sessions,
                peak_invocations_per_second: *invocations,
                ..RuntimeSettings::default()
            };
            context
                .settings
                .runtimes
                .insert((*name).to_owned(), settings);
        }
        run(&context)
            .into_iter()
            .map(|outcome| outcome.status)
            .collect()
    }

    #[test]
    fn rates_are_judged_alone_and_together() {
        use Status::{Fail, Manual, Pass};
        assert_eq!(statuses(&[]), [Manual, Manual, Manual]);
        assert_eq!(
            statuses(&[("A", Some(60.0), Some(8.0)), ("B", Some(60.0), Some(8.0))]),
            [Pass, Pass, Pass]
        );
        assert_eq!(statuses(&[("A", Some(1500.0), None)]), [Fail, Manual, Fail]);
        assert_eq!(
            statuses(&[("A", Some(900.0), Some(1.0)), ("B", Some(900.0), Some(1.0))]),
            [Pass, Pass, Fail]
        );
        assert_eq!(
            statuses(&[
                ("A", Some(60.0), Some(600.0)),
                ("B", Some(60.0), Some(500.0))
            ]),
            [Pass, Pass, Fail]
        );
        assert_eq!(
            statuses(&[("A", Some(60.0), Some(8.0)), ("B", Some(60.0), None)]),
            [Pass, Manual, Manual]
        );
    }
}
