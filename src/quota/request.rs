//! Asking for an increase: the command, and the justification that a reviewer needs, with what is missing marked.

use serde::Serialize;

use super::SERVICE_CODE;
use super::applied::{Applied, applied, number};
use super::load::{Load, loads, sum};
use super::table::Quota;
use crate::context::Context;
use crate::shell::Command;

/// Marks what only the user knows.
pub const MISSING: &str = "[MISSING: ";

/// A line of the justification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its label.
    pub label: &'static str,
    /// Its value; starts with [`MISSING`] where it has to be filled in.
    pub value: String,
    /// True where it has to be filled in.
    pub missing: bool,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The quota's code.
    pub code: Option<String>,
    /// The value to ask for.
    pub value: Option<f64>,
    /// What holds now.
    pub current: Applied,
    /// The justification.
    pub fields: Vec<Field>,
    /// The command that asks; `None` where code or value is not known.
    pub command: Option<Command>,
    /// Commands that confirm code, name and value first.
    pub confirm: Vec<Command>,
}

/// The expected peak of a quota from the declared traffic.
pub fn peak(quota: &Quota, loads: &[Load]) -> Option<f64> {
    match quota.id {
        "active-sessions" => sum(loads, Load::live),
        "new-sessions" => sum(loads, |load| load.new_sessions),
        "data-plane-rate" => sum(loads, |load| load.invocations),
        _ => None,
    }
}

/// The value to ask for when none is given: the peak at 80 % of it, rounded up.
pub fn proposed(peak: f64) -> f64 {
    let needed = peak / 0.8;
    let step = if needed > 1000.0 {
        100.0
    } else if needed > 100.0 {
        10.0
    } else {
        1.0
    };
    (needed / step).ceil() * step
}

/// Builds the request for a quota; `code` overrides the table's.
pub fn request(
    quota: &Quota,
    code: Option<&str>,
    value: Option<f64>,
    region: Option<&str>,
    context: Option<&Context>,
) -> Request {
    let loads = context.map(loads).unwrap_or_default();
    let peak = peak(quota, &loads);
    let current = applied(context, quota);
    let value = value.or_else(|| {
        peak.map(proposed)
            .filter(|proposed| current.value.is_none_or(|current| *proposed > current))
    });
    let target = context.and_then(|context| context.target.as_ref());
    let region = region.or_else(|| target.and_then(|target| target.region.as_deref()));
    let code = code.or(quota.code).map(str::to_owned);
    let base = |verb: &str| {
        Command::new("aws")
            .arg("service-quotas")
            .arg(verb)
            .opt("--service-code", SERVICE_CODE)
    };
    let mut confirm = vec![
        base("list-service-quotas")
            .opt("--query", "Quotas[].[QuotaCode,QuotaName,Value,Adjustable]")
            .opt("--output", "text")
            .opt_if("--region", region),
    ];
    if let Some(code) = &code {
        confirm.push(
            base("list-requested-service-quota-change-history-by-quota")
                .opt("--quota-code", code.as_str())
                .opt_if("--region", region),
        );
    }
    let command = code.as_deref().zip(value).map(|(code, value)| {
        base("request-service-quota-increase")
            .opt("--quota-code", code)
            .opt("--desired-value", plain(value))
            .opt_if("--region", region)
    });
    let fields = fields(
        quota,
        &Facts {
            code: code.as_deref(),
            value,
            region,
            peak,
            current: &current,
            loads: &loads,
        },
        context,
    );
    Request {
        code,
        value,
        current,
        fields,
        command,
        confirm,
    }
}

struct Facts<'a> {
    code: Option<&'a str>,
    value: Option<f64>,
    region: Option<&'a str>,
    peak: Option<f64>,
    current: &'a Applied,
    loads: &'a [Load],
}

fn fields(quota: &Quota, facts: &Facts<'_>, context: Option<&Context>) -> Vec<Field> {
    let field = |label, value: Option<String>, what: &str| Field {
        label,
        missing: value.is_none(),
        value: value.unwrap_or_else(|| format!("{MISSING}{what}]")),
    };
    let account = context.and_then(|context| context.target.as_ref()?.account.clone());
    let name = facts.code.map_or_else(
        || quota.name.to_owned(),
        |code| format!("{} ({code})", quota.name),
    );
    let unit = quota.unit;
    let blocked = facts
        .peak
        .zip(facts.current.value)
        .filter(|(peak, current)| peak > current)
        .map(|(peak, current)| {
            format!(
                "at {} {unit}, {} % of the expected peak would be refused",
                number(current),
                ((1.0 - current / peak) * 100.0).round()
            )
        });
    vec![
        field("Account id", account, "12 digits"),
        field(
            "Regions",
            facts.region.map(str::to_owned),
            "only those that need it",
        ),
        field("Quota", Some(name), ""),
        field(
            "Current value",
            facts.current.value.map(|_| facts.current.words.clone()),
            "from list-service-quotas",
        ),
        field(
            "Requested value",
            facts.value.map(|value| format!("{} {unit}", number(value))),
            "one number, --value N",
        ),
        field(
            "Runtimes",
            context.and_then(runtimes),
            "runtime ids or ARNs, after the first deploy",
        ),
        field(
            "Use case",
            None,
            "one to three sentences: who calls the agent, for what",
        ),
        field(
            "Traffic pattern",
            context.and_then(|_| traffic(facts.loads)),
            "sustained or bursty, and since when; declare the peak in agentcore-harden.toml",
        ),
        field(
            "Expected peak",
            facts.peak.map(|peak| format!("{} {unit}", number(peak))),
            "one number, best from a load test",
        ),
        field(
            "Blocked at the current value",
            blocked,
            "what cannot be launched, or which requests fail",
        ),
        field("Needed by", None, "a date, best the launch date"),
    ]
}

fn runtimes(context: &Context) -> Option<String> {
    let target = context.target.as_ref()?;
    let deployed = context.project.deployed.get(&target.name)?;
    let ids: Vec<&str> = deployed
        .runtimes
        .values()
        .chain(deployed.harnesses.values())
        .filter_map(|runtime| runtime.arn.as_deref().or(runtime.id.as_deref()))
        .collect();
    (!ids.is_empty()).then(|| ids.join(", "))
}

fn traffic(loads: &[Load]) -> Option<String> {
    let one = |load: &Load| {
        let mut parts = Vec::new();
        parts.extend(load.workload.map(|workload| workload.as_str().to_owned()));
        parts.extend(
            load.new_sessions
                .map(|rate| format!("{} new sessions/min at the peak", number(rate * 60.0))),
        );
        parts.extend(
            load.session_seconds
                .map(|work| format!("{} s mean session", number(work))),
        );
        parts.extend(
            load.invocations
                .map(|rate| format!("{} invocations/s at the peak", number(rate))),
        );
        (!parts.is_empty()).then(|| {
            format!(
                "{}: {}, idle timeout {} s",
                load.resource.name,
                parts.join(", "),
                number(load.idle.0)
            )
        })
    };
    let known: Vec<String> = loads.iter().filter_map(one).collect();
    (!known.is_empty()).then(|| format!("{} {MISSING}sustained or bursty]", known.join("; ")))
}

/// A number as the AWS CLI takes it.
fn plain(value: f64) -> String {
    value.to_string()
}
