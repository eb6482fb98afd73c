//! Arguments of `diagnose`.

use std::path::PathBuf;

use clap::Args;

use super::AwsArgs;

/// Arguments of `diagnose`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Exit status: 0 the error is known, 2 it is not, or the project could not be read."
)]
pub struct DiagnoseArgs {
    /// The error as it was printed, a traceback included; `-`, or nothing when piped to, reads standard input
    #[arg(value_name = "ERROR", allow_hyphen_values = true)]
    pub error: Option<String>,
    /// The project that it comes from (default: the one around the current folder)
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The account whose roles are read; nothing is read without --live, --profile or --snapshot
    #[command(flatten)]
    pub aws: AwsArgs,
}
