//! Arguments of `policy`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::least_privilege::Kind;

/// Arguments of `policy`.
#[derive(Args, Clone, Debug)]
pub struct LeastPrivilegeArgs {
    /// The project [default: the one around the current folder]
    pub path: Option<PathBuf>,
    /// The runtime or harness; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub runtime: Option<String>,
    /// Print one policy document alone; notes and commands go to standard error
    #[arg(long, value_enum)]
    pub kind: Option<KindArg>,
    /// Deployment target of aws-targets.json
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Account id; default: the target's
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// AWS Region; default: the target's
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Values of `--kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// What the agent may do
    ExecutionRole,
    /// Who may take the execution role
    Trust,
    /// For who calls the agent
    Invoke,
    /// For who runs commands in it
    Command,
}

impl KindArg {
    /// The kind.
    pub fn kind(self) -> Kind {
        match self {
            Self::ExecutionRole => Kind::ExecutionRole,
            Self::Trust => Kind::Trust,
            Self::Invoke => Kind::Invoke,
            Self::Command => Kind::Command,
        }
    }
}
