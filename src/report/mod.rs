//! What a check reports and what the renderers print: one value, the same for every format.

pub mod assemble;
pub mod baseline;
pub mod bound;
pub mod comment;
pub mod document;
pub mod fingerprint;
pub mod redact;
pub mod standard;
pub mod summary;
pub mod suppress;
pub mod verdict;

pub use crate::model::finding::{
    ControlVerdict, Edit, Evidence, EvidenceKind, EvidenceStep, Fix, Outcome, Resource,
    ResourceType, SCHEMA_VERSION, SafeEdit, Severity, Status,
};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::FailOn;
use crate::model::age::TABLES_AS_OF;
use crate::model::known::Unread;

/// The report of one project.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Name and version of this program.
    pub tool: Tool,
    /// The project that was audited.
    pub project: ProjectSummary,
    /// Which evidence was there.
    pub evidence: EvidenceSummary,
    /// Which checks or runtimes were left out on request.
    #[serde(skip_serializing_if = "Filters::is_empty")]
    pub filters: Filters,
    /// Counts.
    pub summary: Summary,
    /// Facts about the run that are no result: stale template, target chosen, unused ignores, offline and why.
    pub notes: Vec<String>,
    /// The view of the standard that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<standard::View>,
    /// One result per check and resource, in the registry's order.
    pub results: Vec<CheckResult>,
    /// What the renderers must know and the JSON report does not say.
    #[serde(skip)]
    pub view: View,
}

/// What renderers need besides the report's own fields.
#[derive(Clone, Debug)]
pub struct View {
    /// The project root relative to the repository root, empty or ending in `/`; SARIF and annotations count from there.
    pub prefix: String,
    /// The severity at which the run fails.
    pub fail_on: FailOn,
    /// `--strict`: skipped results fail.
    pub strict: bool,
    /// The project root as paths are printed on a terminal, relative to the folder that the command runs in: empty or ending
    /// in `/`.
    pub place: String,
    /// The project root, for links; empty where there is none.
    pub root: String,
}

impl Default for View {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            fail_on: FailOn::Severity(Severity::Medium),
            strict: false,
            place: String::new(),
            root: String::new(),
        }
    }
}

impl View {
    /// True when a failure of that severity fails the run.
    pub fn blocks(&self, severity: Severity) -> bool {
        self.fail_on.blocks(severity)
    }
}

/// Name and version of this program.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// `agentcore-harden`.
    pub name: &'static str,
    /// The crate's version.
    pub version: &'static str,
    /// The day of its oldest table of quotas, actions, models, Regions and libraries, `YYYY-MM-DD`.
    pub tables_as_of: &'static str,
}

impl Tool {
    /// This program.
    pub fn this() -> Self {
        Self {
            name: "agentcore-harden",
            version: env!("CARGO_PKG_VERSION"),
            tables_as_of: TABLES_AS_OF,
        }
    }
}

/// The project as the report shows it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectSummary {
    /// `name` of `agentcore.json`.
    pub name: String,
    /// Where the project stands, relative to the folder that was asked for.
    pub path: String,
    /// The deployment target that was looked at.
    pub target: Option<String>,
    /// Its AWS account.
    pub account: Option<String>,
    /// Its AWS Region.
    pub region: Option<String>,
    /// What was detected of each runtime.
    pub runtimes: Vec<RuntimeSummary>,
}

/// What was detected of one runtime.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeSummary {
    /// Its name.
    pub name: String,
    /// `python` or `typescript`.
    pub language: Option<String>,
    /// `strands`, `langgraph`, …
    pub framework: Option<String>,
    /// Model ids in code and configuration.
    pub models: Vec<String>,
    /// `CodeZip` or `Container`.
    pub build: Option<String>,
    /// `PUBLIC` or `VPC`.
    pub network_mode: Option<String>,
    /// `HTTP`, `MCP`, `A2A` or `AGUI`.
    pub protocol: Option<String>,
    /// `chat`, `request-reply`, `batch` or `background`, declared or inferred.
    pub workload: Option<String>,
    /// `cli-managed`, `own` or `unknown`.
    pub execution_role: &'static str,
    /// `runtime` or `harness`.
    pub kind: &'static str,
    /// The platform version of AgentCore Runtime.
    pub platform_version: PlatformSummary,
}

/// A platform version, and which source tells it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlatformSummary {
    /// `V1` or `V2`; null where nothing tells it.
    pub value: Option<&'static str>,
    /// `aws`, `template`, `config` (declared, or instances of the account) or `assumed`; null where nothing tells it.
    pub source: Option<&'static str>,
}

/// Which evidence was there.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EvidenceSummary {
    /// `agentcore.json` was read.
    pub config: bool,
    /// The agent's code was read.
    pub code: bool,
    /// Path of the synthesized template.
    pub template: Option<String>,
    /// `live`, `snapshot` or null.
    pub aws: Option<&'static str>,
}

/// Checks and runtimes that the user selected.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Filters {
    /// `--only`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// `--skip`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<String>,
    /// `--runtime`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runtime: Vec<String>,
    /// `--standard`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<&'static str>,
    /// `--since`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Checks that the configuration file turns off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub off: Vec<String>,
}

impl Filters {
    /// True when nothing was filtered.
    pub fn is_empty(&self) -> bool {
        self.only.is_empty()
            && self.skip.is_empty()
            && self.runtime.is_empty()
            && self.standard.is_none()
            && self.since.is_none()
            && self.off.is_empty()
    }
}

/// Counts over the results.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Passed.
    pub pass: usize,
    /// Failed, suppressed ones left out.
    pub fail: usize,
    /// A person must look.
    pub manual: usize,
    /// Evidence was missing.
    pub skipped: usize,
    /// The resource kind is not configured.
    pub not_applicable: usize,
    /// Failed, but suppressed with a reason.
    pub suppressed: usize,
    /// A person had to look, and somebody accountable did (`[[accept]]`).
    pub accepted: usize,
    /// Failures by severity, every severity present.
    pub fail_by_severity: BTreeMap<Severity, usize>,
    /// Failures that `check --fix` has an edit for.
    pub fixable: usize,
    /// Nothing failed at or above `--fail-on`, and nothing that needed AWS was skipped in a `--live` run: the exit status.
    pub ready: bool,
    /// `READY`, `NOT READY` or `INCOMPLETE`; null where checks or runtimes were left out on request.
    pub verdict: Option<verdict::Word>,
    /// Whether the verdict is about a project before its deploy, or about what is deployed.
    pub stage: verdict::Stage,
    /// Critical and high checks that apply and were not judged.
    pub unjudged: usize,
    /// Failures whose severity the configuration file lowered.
    pub lowered: usize,
    /// Suppressed failures by severity; only severities that occur.
    pub suppressed_by_severity: BTreeMap<Severity, usize>,
    /// `--fail-on`.
    pub fail_on: &'static str,
}

/// One result: a check applied to a resource.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckResult {
    /// The check's id.
    pub check: &'static str,
    /// Its category's id.
    pub category: &'static str,
    /// The line of the checklist.
    pub title: &'static str,
    /// What the result is about.
    pub resource: Resource,
    /// The verdict.
    pub status: Status,
    /// The check's severity, raised or lowered by what was seen.
    pub severity: Severity,
    /// One sentence: subject, what was observed, consequence.
    pub message: String,
    /// Every site or AWS field that was looked at, 500 at most.
    pub evidence: Vec<Evidence>,
    /// How many more there are than `evidence` lists.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: usize,
    /// Alternatives, best first.
    pub fixes: Vec<Fix>,
    /// Sources.
    pub references: Vec<&'static str>,
    /// The controls of standards that the result answers, as `standard:control`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standards: Vec<String>,
    /// What controls say of the resource by their own rule, where that is not what the status says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<ControlVerdict>,
    /// Why the result is `skipped` or `manual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Unread>,
    /// Present when the failure was suppressed by the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
    /// Present when somebody answered the question of a `manual` result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    /// The severity that the configuration file lowered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowered_from: Option<Severity>,
    /// What identifies each piece of evidence of a failure from one run to the next, in the order of `evidence`; one for the
    /// result where it has none. SARIF's `partialFingerprints` are the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fingerprints: Vec<String>,
}

impl CheckResult {
    /// What tells whether a piece of evidence is a site that the result fails for: primary evidence, or any where none is primary.
    pub(crate) fn decides(&self) -> impl Fn(&Evidence) -> bool + use<> {
        let any_primary = self.evidence.iter().any(|evidence| evidence.primary);
        move |evidence| evidence.primary || !any_primary
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Who answered the question of a `manual` result, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Acceptance {
    /// What was decided.
    pub reason: String,
    /// Who decided, by role.
    pub by: String,
    /// Where it stands: `agentcore-harden.toml:12`.
    pub source: String,
    /// The day on which the question is asked again.
    pub expires: String,
}

/// Why and by what a failure was suppressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Suppression {
    /// The user's reason.
    pub reason: String,
    /// Where the suppression stands: `agentcore-harden.toml:12`, `app/x.py:30`, the baseline's path.
    pub source: String,
    /// The date after which it no longer holds.
    pub expires: Option<String>,
}
