//! The defaults, as data.
//!
//! Values: <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html> as of [`AS_OF`], and the release
//! notes of June and August 2026. Quota codes are not on that page: those here were seen in public scripts and are to be confirmed with
//! `aws service-quotas list-service-quotas --service-code bedrock-agentcore`.

/// The day on which the table was read.
pub const AS_OF: &str = "2026-09-26";

/// A quota.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quota {
    /// The id that commands and JSON use.
    pub id: &'static str,
    /// What it limits.
    pub name: &'static str,
    /// Its code in Service Quotas, from third parties.
    pub code: Option<&'static str>,
    /// Its default.
    pub default: Default,
    /// What it counts, such as `sessions` or `requests/s`.
    pub unit: &'static str,
    /// What it holds for.
    pub per: &'static str,
    /// An increase can be requested.
    pub adjustable: bool,
    /// Checks that bear on it.
    pub checks: &'static [&'static str],
}

/// A default value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// The same everywhere.
    Flat(f64),
    /// One value in us-east-1 and us-west-2, another elsewhere.
    Regions {
        /// us-east-1 and us-west-2.
        large: f64,
        /// Elsewhere.
        other: f64,
    },
    /// Not one number: it depends on the model or is not on the page.
    Varies,
}

impl Quota {
    /// The default in a Region; where the Region is not known the smaller one.
    pub fn default_in(&self, region: Option<&str>) -> Option<f64> {
        match self.default {
            Default::Flat(value) => Some(value),
            Default::Regions { large, .. } if matches!(region, Some("us-east-1" | "us-west-2")) => {
                Some(large)
            }
            Default::Regions { other, .. } => Some(other),
            Default::Varies => None,
        }
    }
}

/// The quota with an id or a code.
pub fn find(id_or_code: &str) -> Option<&'static Quota> {
    QUOTAS.iter().find(|quota| {
        quota.id.eq_ignore_ascii_case(id_or_code)
            || quota
                .code
                .is_some_and(|code| code.eq_ignore_ascii_case(id_or_code))
    })
}

const ACCOUNT: &str = "account and Region";
const SESSIONS: &[&str] = &[
    "perf-session-stop",
    "perf-session-reuse",
    "perf-session-timeouts",
    "perf-ping-handler",
    "perf-async-tasks",
    "quota-sessions",
];
const NEW_SESSIONS: &[&str] = &["perf-session-reuse", "quota-rates", "quota-client-retries"];
const DATA_PLANE: &[&str] = &["quota-client-retries", "quota-rates", "perf-session-stop"];
const MEMORY: &[&str] = &["memory-strategies", "quota-client-retries"];
const CLIENT: &[&str] = &["quota-client-retries"];
const GATEWAY: &[&str] = &[
    "quota-client-retries",
    "gateway-outbound-auth",
    "perf-lambda-concurrency",
];
const PACKAGE: &[&str] = &["perf-package-size", "perf-container-image"];

const fn quota(
    id: &'static str,
    name: &'static str,
    default: f64,
    unit: &'static str,
    per: &'static str,
) -> Quota {
    Quota {
        id,
        name,
        code: None,
        default: Default::Flat(default),
        unit,
        per,
        adjustable: true,
        checks: CLIENT,
    }
}

const fn with(
    quota: Quota,
    code: Option<&'static str>,
    adjustable: bool,
    checks: &'static [&'static str],
) -> Quota {
    Quota {
        code,
        adjustable,
        checks,
        ..quota
    }
}

/// Every quota that an error can name or a request can be made for.
#[rustfmt::skip]
pub static QUOTAS: &[Quota] = &[
    Quota {
        default: Default::Regions { large: 5000.0, other: 2500.0 },
        ..with(quota("active-sessions", "Active session workloads per account", 2500.0, "sessions", ACCOUNT), Some("L-3E5722B2"), true, SESSIONS)
    },
    with(quota("new-sessions", "New session creation rate per account", 25.0, "sessions/s", ACCOUNT), Some("L-8EE2AEA2"), true, NEW_SESSIONS),
    with(quota("data-plane-rate", "Runtime data plane request rate per account", 1000.0, "requests/s", ACCOUNT), Some("L-46ED137C"), true, DATA_PLANE),
    with(quota("agents", "Agents per account", 1000.0, "agents", ACCOUNT), Some("L-F4575653"), true, &[]),
    with(quota("agent-versions", "Versions per agent", 1000.0, "versions", "agent"), Some("L-61A3A6D8"), true, &[]),
    with(quota("agent-endpoints", "Endpoints per agent", 10.0, "endpoints", "agent"), Some("L-9B442722"), true, &[]),
    with(quota("control-plane-mutations", "Control plane rate: create, update, delete", 50.0, "requests/s", ACCOUNT), None, false, CLIENT),
    with(quota("control-plane-gets", "Control plane rate: get", 150.0, "requests/s", ACCOUNT), None, false, CLIENT),
    with(quota("control-plane-lists", "Control plane rate: list", 25.0, "requests/s", ACCOUNT), None, false, CLIENT),
    with(quota("image-size", "Docker image size", 2.0, "GB", "image"), Some("L-0A9E32B3"), false, PACKAGE),
    with(quota("code-package-size", "Code package size, compressed", 250.0, "MB", "package"), None, false, PACKAGE),
    with(quota("code-package-unpacked", "Code package size, uncompressed", 750.0, "MB", "package"), None, false, PACKAGE),
    with(quota("payload-size", "Request payload size", 100.0, "MB", "request"), None, false, &["code-input-validation"]),
    with(quota("request-duration", "Synchronous request duration", 15.0, "minutes", "request"), None, false, &["perf-async-tasks"]),
    with(quota("command-shells", "Command shells per runtime", 10.0, "shells", "runtime"), None, false, &["shell-command-grants"]),
    with(quota("memories", "Memory resources per Region", 150.0, "memories", ACCOUNT), None, true, &["memory-strategies"]),
    with(quota("memory-strategies", "Strategies per memory", 6.0, "strategies", "memory"), None, false, &["memory-strategies"]),
    with(quota("memory-create-event", "CreateEvent rate", 200.0, "requests/s", ACCOUNT), Some("L-59AF2B24"), true, MEMORY),
    with(quota("memory-session-events", "CreateEvent rate per actor and session, conversational payload", 5.0, "requests/s", "actor and session"), None, false, MEMORY),
    with(quota("memory-list-events", "ListEvents rate", 200.0, "requests/s", ACCOUNT), None, true, MEMORY),
    with(quota("memory-retrieve-records", "RetrieveMemoryRecords rate", 30.0, "requests/s", ACCOUNT), None, true, MEMORY),
    with(quota("memory-list-records", "ListMemoryRecords rate", 30.0, "requests/s", ACCOUNT), None, true, MEMORY),
    with(quota("memory-other", "Rate of other memory operations", 20.0, "requests/s", ACCOUNT), None, true, MEMORY),
    with(quota("memory-ingest", "IngestData rate", 10.0, "requests/s", ACCOUNT), None, false, MEMORY),
    with(quota("memory-extraction-tokens", "Long-term memory extraction tokens", 150_000.0, "tokens/min", ACCOUNT), Some("L-E3D6644C"), true, MEMORY),
    quota("gateways", "Gateways per account", 1000.0, "gateways", ACCOUNT),
    with(quota("gateway-targets", "Targets per gateway", 100.0, "targets", "gateway"), None, true, &["gateway-outbound-auth"]),
    with(quota("gateway-tools", "Tools per target", 1000.0, "tools", "target"), None, true, &["gateway-outbound-auth"]),
    with(quota("gateway-calls", "Gateway tool call rate per gateway", 200.0, "requests/s", "gateway"), Some("L-8CAB3FF3"), true, GATEWAY),
    with(quota("gateway-account-calls", "Gateway tool call rate per account", 200.0, "requests/s", ACCOUNT), Some("L-A0D48779"), true, GATEWAY),
    with(quota("gateway-search", "Gateway tool search rate", 25.0, "requests/min", "gateway"), None, true, CLIENT),
    quota("identity-token-rate", "Identity token request rate", 200.0, "requests/s", ACCOUNT),
    with(quota("workload-identities", "Workload identities", 11_000.0, "identities", ACCOUNT), None, true, &[]),
    with(quota("oauth-providers", "OAuth2 credential providers", 50.0, "providers", ACCOUNT), None, true, &["credentials-registered"]),
    with(quota("api-key-providers", "API key credential providers", 50.0, "providers", ACCOUNT), None, true, &["credentials-registered"]),
    with(quota("code-interpreter-sessions", "Concurrent Code Interpreter sessions", 1000.0, "sessions", ACCOUNT), None, true, &["perf-session-stop"]),
    with(quota("browser-sessions", "Concurrent Browser sessions", 1000.0, "sessions", ACCOUNT), None, true, &["perf-session-stop"]),
    quota("tool-rate", "Rate of starting and invoking Browser and Code Interpreter sessions", 30.0, "requests/s", ACCOUNT),
    with(quota("policy-engines", "Policy engines per account", 1000.0, "engines", ACCOUNT), None, false, &["gateway-policy-engine"]),
    with(quota("policies", "Policies per policy engine", 1000.0, "policies", "policy engine"), None, false, &["policy-cedar"]),
    Quota {
        default: Default::Varies,
        ..with(quota("model-rate", "Model invocations or tokens per minute (Amazon Bedrock, not AgentCore)", 0.0, "per minute", "model and Region"), None, true, CLIENT)
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_codes_are_unique_and_checks_exist() {
        for (index, quota) in QUOTAS.iter().enumerate() {
            assert!(
                QUOTAS[..index].iter().all(|other| other.id != quota.id
                    && (other.code.is_none() || other.code != quota.code)),
                "{}",
                quota.id
            );
            for check in quota.checks {
                assert!(crate::checks::find(check).is_some(), "{check}");
            }
        }
    }

    #[test]
    fn the_smaller_default_holds_where_the_region_is_unknown() {
        let sessions = find("l-3e5722b2").map(|quota| {
            (
                quota.default_in(Some("us-west-2")),
                quota.default_in(Some("eu-west-1")),
                quota.default_in(None),
            )
        });
        assert_eq!(sessions, Some((Some(5000.0), Some(2500.0), Some(2500.0))));
    }
}
