//! Arguments of `quota`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::AwsArgs;

/// Arguments of `quota`.
#[derive(Args, Clone, Debug)]
pub struct QuotaArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: QuotaCommand,
}

/// The commands of `quota`.
#[derive(Clone, Debug, Subcommand)]
pub enum QuotaCommand {
    /// Name the quota behind an error, and what to try first
    Diagnose(DiagnoseArgs),
    /// Show quotas beside the load that the project expects
    Show(ShowArgs),
    /// Print the command that asks for more, with the justification a reviewer needs
    Request(RequestArgs),
}

/// Arguments of `quota diagnose`.
#[derive(Args, Clone, Debug)]
pub struct DiagnoseArgs {
    /// The error as it was printed, a traceback included; `-`, or nothing when piped to, reads standard input
    #[arg(value_name = "ERROR", allow_hyphen_values = true)]
    pub error: Option<String>,
    /// The project whose checks are looked at (default: the one around the current folder)
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `quota show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// The project (default: the one around the current folder)
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Every quota of the table, not only those that the project meets
    #[arg(long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The account whose values are shown; without it the dated table of defaults
    #[command(flatten)]
    pub aws: AwsArgs,
}

/// Arguments of `quota request`.
#[derive(Args, Clone, Debug)]
pub struct RequestArgs {
    /// The quota: an id of `quota show --all`, or a code such as L-3E5722B2
    #[arg(long, value_name = "ID|CODE")]
    pub quota: String,
    /// The value to ask for (default: from the expected load)
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub value: Option<f64>,
    /// The project (default: the one around the current folder)
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The account and the Region to ask in
    #[command(flatten)]
    pub aws: AwsArgs,
}
