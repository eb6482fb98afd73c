//! `completions`: completion scripts for shells.

use std::io::Write;

use clap::CommandFactory;

use super::emit;
use crate::cli::{Cli, CompletionsArgs};
use crate::exit::{Exit, Failure};

/// Writes the script for a shell.
///
/// # Errors
/// When the output cannot be written.
pub fn run(arguments: &CompletionsArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command(),
        "agentcore-harden",
        &mut bytes,
    );
    emit(out, &bytes)?;
    Ok(Exit::Ready)
}
