//! The command line: clap types only.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    Check(CheckArgs),
    /// List every check
    List(ListArgs),
    /// Explain a check: what it looks for, why it matters, how to fix it
    Explain(ExplainArgs),
    /// Start the agent as the platform would and time it to a healthy /ping
    Measure(crate::commands::measure::MeasureArgs),
}

/// Arguments of `check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// The project, a folder above or below it, or a monorepo with several
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Format of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the report to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Only this runtime or harness (repeatable)
    #[arg(long, value_name = "NAME")]
    pub runtime: Vec<String>,
    /// Only these checks or categories (repeatable)
    #[arg(long, value_name = "ID|CATEGORY", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these checks or categories (repeatable)
    #[arg(long, value_name = "ID|CATEGORY", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Deployment target of aws-targets.json
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Never touch the network
    #[arg(long, conflicts_with = "live")]
    pub offline: bool,
    /// Require AWS evidence: what cannot be read makes the run exit 2
    #[arg(long)]
    pub live: bool,
    /// Lowest severity that fails the run
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<FailOnArg>,
    /// A skipped result counts as failed
    #[arg(long)]
    pub strict: bool,
    /// Configuration file (default: agentcore-harden.toml in the project root)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Only failures and the summary line
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also the evidence of what passed, and every reason
    #[arg(short, long)]
    pub verbose: bool,
    /// Colour
    #[arg(long, value_enum, default_value_t = ColorArg::Auto)]
    pub color: ColorArg,
}

/// Arguments of `list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// Id of the check
    pub check: String,
}

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The checklist, for people
    Text,
    /// JSON, schemaVersion 1
    Json,
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

/// Values of `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// When standard output is a terminal and NO_COLOR is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
