//! The command line: clap types only.

pub mod diagnose;
pub mod policy;
pub mod quota;
pub mod targets;
pub mod token;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use crate::render::Format;

/// What follows the options of `check --help` and stands in the manual page.
pub const EXIT_STATUS: &str = "Exit status: 0 nothing at or above --fail-on failed, 1 something did, 2 the audit could not be done.";

/// Tells before launch whether an Amazon Bedrock AgentCore project is ready for production.
#[derive(Debug, Parser)]
#[command(name = "agentcore-harden", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Audit a project
    Check(Box<CheckArgs>),
    /// List all fixes of the report in order, each step once, or write them as a script
    Plan(Box<PlanArgs>),
    /// List every check
    List(ListArgs),
    /// Explain a check: what it looks for, why it matters, how to fix it
    Explain(ExplainArgs),
    /// Print the least-privilege IAM that an agent needs, with the commands that apply it
    Policy(policy::LeastPrivilegeArgs),
    /// Explain a JWT: what an authorizer can match, and whether a runtime would accept it
    Token(token::TokenArgs),
    /// Lead an error (AccessDenied, 401, 403, 424, a quota, …) to its cause in the project and what to do
    Diagnose(diagnose::DiagnoseArgs),
    /// Explain quota errors, show quotas beside the expected load, prepare a request for more
    Quota(quota::QuotaArgs),
    /// Serve the audit to coding agents: an MCP server over standard input and output
    Mcp(Box<McpArgs>),
    /// Start the agent as the platform would and time it to a healthy /ping
    Measure(crate::commands::measure::MeasureArgs),
    /// Write the live AWS state that the checks read to one file, so that a review needs no credentials
    Snapshot(SnapshotArgs),
    /// Print the JSON Schema of what is written or read
    Schema(SchemaArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Arguments of `check`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXIT_STATUS)]
pub struct CheckArgs {
    /// The project, a folder above or below it, or a monorepo with several (repeatable)
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The report
    #[command(flatten)]
    pub report: ReportArgs,
    /// What is audited
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// The live account
    #[command(flatten)]
    pub aws: AwsArgs,
    /// Only failures that have to do with what changed since the merge base of REV and HEAD: their lines, resources or files
    #[arg(
        long,
        value_name = "REV",
        help_heading = "Scope",
        conflicts_with_all = ["fix", "plan", "update_baseline"]
    )]
    pub since: Option<String>,
    /// What fails
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// What is fixed
    #[command(flatten)]
    pub fix: FixArgs,
}

/// Edits of the project.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Fix")]
pub struct FixArgs {
    /// Make the safe edits of what fails in the project's files, shown as a diff; nothing in AWS is changed
    #[arg(long)]
    pub fix: bool,
    /// List all fixes in order, each step once, in place of the report (see `plan`)
    #[arg(long, conflicts_with = "fix")]
    pub plan: bool,
    /// With --fix: show the diff, change nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
}

/// Arguments of `plan`.
#[derive(Args, Clone, Debug)]
pub struct PlanArgs {
    /// The project, a folder above or below it, or a monorepo with several
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Write the plan as a commented shell script that stops at the first error
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Make the edits of the plan in the project's files
    #[arg(long)]
    pub edit: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Lowest severity that fails the run: no edit may make more of these [default: medium]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<FailOnArg>,
    /// Configuration file [default: agentcore-harden.toml in the project root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What is audited
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// The live account
    #[command(flatten)]
    pub aws: AwsArgs,
}

/// Arguments of `snapshot`.
#[derive(Args, Clone, Debug)]
pub struct SnapshotArgs {
    /// The project
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Where the snapshot is written
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Deployment target of aws-targets.json
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Profile of the AWS configuration
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS Region; default: the target's
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Endpoint that replaces those of AWS
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Also ask an identity provider at an address that is not public
    #[arg(long)]
    pub allow_private_issuer: bool,
}

/// The fewest bytes that hold the heading, the verdict, the table and the word on what was cut.
pub const MIN_BYTES: u64 = 2048;

/// How the report looks and where it goes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Report")]
pub struct ReportArgs {
    /// Formats and files
    #[command(flatten)]
    pub targets: targets::Targets,
    /// Longest Markdown report in bytes; what is cut is said (a comment on GitHub holds 65536)
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(MIN_BYTES..))]
    pub max_bytes: Option<u64>,
    /// One JSON document for any number of projects: {"reports": […], "errors": […]}
    #[arg(long)]
    pub combined: bool,
    /// Only the findings, one a line, and the verdict: --format concise
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also what was looked at where nothing failed, every site and every source (text)
    #[arg(short, long)]
    pub verbose: bool,
    /// Colour (text)
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorArg::Auto)]
    pub color: ColorArg,
}

/// Which results are wanted.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Scope")]
pub struct ScopeArgs {
    /// Only this runtime or harness (repeatable)
    #[arg(long, value_name = "NAME")]
    pub runtime: Vec<String>,
    /// Only these checks or categories (repeatable)
    #[arg(long, value_name = "ID|CATEGORY", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these checks or categories (repeatable)
    #[arg(long, value_name = "ID|CATEGORY", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Only checks that answer a standard, and its view: securityhub, config, prowler, aws-sample, owasp-asi, agentic-lens
    #[arg(long, value_name = "STANDARD")]
    pub standard: Option<String>,
}

/// How AWS is read.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "AWS")]
pub struct AwsArgs {
    /// Deployment target of aws-targets.json
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Never touch the network
    #[arg(long, conflicts_with = "live")]
    pub offline: bool,
    /// Require AWS evidence: what cannot be read makes the run exit 2
    #[arg(long)]
    pub live: bool,
    /// Also ask an identity provider at an address that is not public
    #[arg(long)]
    pub allow_private_issuer: bool,
    /// Read AWS state from a file that `snapshot` wrote
    #[arg(long, value_name = "FILE", conflicts_with = "live")]
    pub snapshot: Option<PathBuf>,
    /// Profile of the AWS configuration
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS Region; default: the target's
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Endpoint that replaces those of AWS
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

/// What makes the run fail.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Policy")]
pub struct PolicyArgs {
    /// Lowest severity that fails the run [default: medium]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<FailOnArg>,
    /// A result that could not be judged counts as a failure of its severity, and INCOMPLETE exits 1
    #[arg(long)]
    pub strict: bool,
    /// Judge as if every runtime ran on this platform version: what breaks if it moves there?
    #[arg(long, value_enum, value_name = "VERSION", ignore_case = true)]
    pub assume_platform_version: Option<PlatformArg>,
    /// Configuration file [default: agentcore-harden.toml in the project root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// For a project that is not trusted: nothing in it is believed that hides or lowers findings (its agentcore-harden.toml,
    /// comments that ignore, a baseline inside of it)
    #[arg(long)]
    pub no_project_config: bool,
    /// Findings of FILE do not fail the run
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what fails now to the baseline
    #[arg(long, requires = "baseline")]
    pub update_baseline: bool,
}

/// Arguments of `list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// The controls of a standard and the checks that answer them
    #[arg(long, value_name = "STANDARD")]
    pub standard: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// Id of the check
    pub check: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `mcp`.
#[derive(Args, Clone, Debug)]
pub struct McpArgs {
    /// The folder that is served: a project, or a repository with several; nothing outside it is audited
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Configuration file [default: agentcore-harden.toml in the project root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The account that is read; nothing is read without --live, --profile or --snapshot
    #[command(flatten)]
    pub aws: AwsArgs,
}

/// Arguments of `schema`.
#[derive(Args, Clone, Copy, Debug)]
pub struct SchemaArgs {
    /// Of what
    #[arg(value_enum)]
    pub of: SchemaOf,
}

/// What there are schemas of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The JSON report of a project
    Report,
    /// The one document of `--json --combined`
    Run,
    /// agentcore-harden.toml
    Config,
    /// The file of `snapshot`
    Snapshot,
    /// The file of `--baseline`
    Baseline,
}

/// Arguments of `completions`.
#[derive(Args, Clone, Debug)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Values of `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum FailOnArg {
    Critical,
    High,
    Medium,
    Low,
    Never,
}

/// Values of `--assume-platform-version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlatformArg {
    /// Every session starts the process anew
    #[value(name = "V1")]
    V1,
    /// Every session is restored from one snapshot of the started process
    #[value(name = "V2")]
    V2,
}

/// Values of `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// When standard output is a terminal and NO_COLOR is not set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
