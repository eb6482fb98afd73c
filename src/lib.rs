//! Tells before launch whether an Amazon Bedrock AgentCore project is ready for production.
//!
//! Data flows one way: [`collect`] reads, [`checks`] judge a [`context::Context`], [`render`] prints the [`report::Report`].

pub mod audit;
pub mod checks;
pub mod cli;
pub mod collect;
pub mod commands;
pub mod config;
pub mod context;
pub mod exit;
pub mod model;
pub mod oidc;
pub mod quota;
pub mod render;
pub mod report;
pub mod shell;

use std::io::Write;

use exit::{Exit, Failure};

/// Runs one command; what it reports goes to `out`.
///
/// # Errors
/// When the command could not be done.
pub fn run(cli: &cli::Cli, out: &mut dyn Write) -> Result<Exit, Failure> {
    match &cli.command {
        cli::Command::Check(arguments) => commands::check::run(arguments, out),
        cli::Command::List(_) | cli::Command::Explain(_) => Err(Failure::new("not built yet")),
    }
}
