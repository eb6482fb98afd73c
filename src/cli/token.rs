//! Arguments of `token`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `token`.
#[derive(Args, Clone, Debug)]
pub struct TokenArgs {
    /// The token; `-`, or nothing when piped to, reads standard input, which keeps it out of the shell's history
    #[arg(value_name = "JWT")]
    pub token: Option<String>,
    /// The project whose authorizer is asked (default: the one around the current folder)
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// The runtime or harness that the token is sent to
    #[arg(long, value_name = "NAME", conflicts_with = "gateway")]
    pub runtime: Option<String>,
    /// The gateway that the token is sent to
    #[arg(long, value_name = "NAME")]
    pub gateway: Option<String>,
    /// Require a verified signature (it is verified anyway when the issuer's keys can be read)
    #[arg(long, conflicts_with = "offline")]
    pub verify: bool,
    /// Never touch the network: the discovery document is not read
    #[arg(long)]
    pub offline: bool,
    /// Also ask an identity provider at an address that is not public
    #[arg(long)]
    pub allow_private_issuer: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
