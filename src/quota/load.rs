//! The load that the project declares, and what it means for the quotas.

use super::applied::number;
use crate::config::Workload;
use crate::context::{Context, Layer, Lifecycle, Seen};
use crate::model::finding::{Evidence, Resource};
use crate::model::project::Agent;

/// `idleRuntimeSessionTimeout` where none is set, seconds.
/// <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-lifecycle-settings.html>
pub const DEFAULT_IDLE: f64 = 900.0;
/// `maxLifetime` where none is set, seconds.
pub const DEFAULT_LIFETIME: f64 = 28_800.0;

/// The declared load of one runtime or harness.
#[derive(Clone, Debug)]
pub struct Load {
    /// What it is about.
    pub resource: Resource,
    /// Where the idle timeout stands, else the block or the name.
    pub evidence: Evidence,
    /// `idleRuntimeSessionTimeout` in seconds, and whether it is set.
    pub idle: (f64, bool),
    /// `maxLifetime` in seconds.
    pub lifetime: f64,
    /// New sessions per second at the peak.
    pub new_sessions: Option<f64>,
    /// Mean seconds of work in a session: `mean-session-seconds`, else `job-seconds`.
    pub session_seconds: Option<f64>,
    /// Invocations per second at the peak.
    pub invocations: Option<f64>,
    /// The declared workload.
    pub workload: Option<Workload>,
}

/// Of every runtime and harness.
pub fn loads(context: &Context) -> Vec<Load> {
    context
        .project
        .agents()
        .map(|agent| load(context, agent))
        .collect()
}

fn load(context: &Context, agent: Agent<'_>) -> Load {
    let settings = context
        .settings
        .runtimes
        .get(agent.name())
        .cloned()
        .unwrap_or_default();
    let positive = |value: Option<f64>| value.filter(|value| value.is_finite() && *value >= 0.0);
    let seconds = |value: &Option<Seen<f64>>| {
        positive(value.as_ref().map(|value| value.value)).filter(|value| *value > 0.0)
    };
    // Of several sources the one that holds sessions longest decides.
    let layers = context.lifecycles(agent);
    let longest = layers.iter().max_by(|a, b| {
        let idle = |layer: &Layer<Lifecycle>| seconds(&layer.value.idle).unwrap_or(DEFAULT_IDLE);
        idle(a).total_cmp(&idle(b))
    });
    let idle = longest.and_then(|layer| seconds(&layer.value.idle));
    let lifetime = longest.and_then(|layer| seconds(&layer.value.max));
    let evidence = longest.map_or_else(
        || Evidence::config(agent.site()),
        |layer| {
            layer
                .value
                .idle
                .as_ref()
                .map_or(&layer.value.anchor, |idle| &idle.evidence)
                .clone()
        },
    );
    Load {
        resource: agent.resource(),
        evidence,
        idle: (idle.unwrap_or(DEFAULT_IDLE), idle.is_some()),
        lifetime: lifetime.unwrap_or(DEFAULT_LIFETIME),
        new_sessions: positive(settings.peak_new_sessions_per_minute)
            .map(|per_minute| per_minute / 60.0),
        session_seconds: positive(settings.mean_session_seconds).or(positive(settings.job_seconds)),
        invocations: positive(settings.peak_invocations_per_second),
        workload: settings.workload.map(|workload| workload.value),
    }
}

impl Load {
    /// Seconds that a session occupies a microVM: its work and the idle time after it, at most its lifetime.
    pub fn occupied(&self) -> Option<f64> {
        self.session_seconds
            .map(|work| (work + self.idle.0).min(self.lifetime))
    }

    /// Expected live sessions.
    pub fn live(&self) -> Option<f64> {
        Some(self.new_sessions? * self.occupied()?)
    }

    /// The formula with its numbers; `?` where one is not declared.
    pub fn formula(&self) -> String {
        let known = |value: Option<f64>, unit: &str| {
            value.map_or_else(
                || format!("? {unit}"),
                |value| format!("{} {unit}", number(value)),
            )
        };
        let idle = if self.idle.1 {
            "idle"
        } else {
            "idle, the default"
        };
        let product = format!(
            "{} × ({} + {} s {idle})",
            known(self.new_sessions, "new sessions/s"),
            known(self.session_seconds, "s session"),
            number(self.idle.0)
        );
        match (self.live(), self.session_seconds) {
            (Some(live), Some(work)) if work + self.idle.0 > self.lifetime => format!(
                "{product}, at most {} s lifetime = {} live sessions",
                number(self.lifetime),
                number(live)
            ),
            (Some(live), _) => format!("{product} = {} live sessions", number(live)),
            _ => format!("{product} = live sessions"),
        }
    }

    /// The keys of `agentcore-harden.toml` that are missing for the expected live sessions.
    pub fn undeclared(&self) -> Vec<&'static str> {
        let mut keys = Vec::new();
        if self.new_sessions.is_none() {
            keys.push("peak-new-sessions-per-minute");
        }
        if self.session_seconds.is_none() {
            keys.push("mean-session-seconds");
        }
        keys
    }

    /// The lowest idle timeout that the checklist allows for the workload, seconds.
    pub fn lowest_idle(&self) -> f64 {
        match self.workload {
            Some(Workload::Chat) => 600.0,
            Some(Workload::Batch | Workload::Background) => 120.0,
            Some(Workload::RequestReply) | None => 60.0,
        }
    }
}

/// The sum of what is declared; `None` where nothing is.
pub fn sum(loads: &[Load], value: impl Fn(&Load) -> Option<f64>) -> Option<f64> {
    let known: Vec<f64> = loads.iter().filter_map(value).collect();
    (!known.is_empty()).then(|| known.iter().sum())
}
