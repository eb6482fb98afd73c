//! `completions`: completion scripts for shells.

use std::io::Write;

use clap::CommandFactory;
use clap::builder::PossibleValuesParser;

use super::emit;
use crate::checks::{self, Category};
use crate::cli::{Cli, CompletionsArgs};
use crate::exit::{Exit, Failure};

/// Writes the script for a shell.
///
/// # Errors
/// When the output cannot be written.
pub fn run(arguments: &CompletionsArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    // Ids and categories are known to the shell, not to the parser: it accepts patterns and any case.
    let checks: Vec<&str> = checks::all().map(|check| check.id).collect();
    let categories = Category::ALL.into_iter().map(Category::id);
    let all: Vec<&str> = checks.iter().copied().chain(categories).collect();
    let one_of = |values: &[&'static str]| PossibleValuesParser::new(values.to_vec());
    let mut command = Cli::command()
        .mut_subcommand("explain", |explain| {
            explain.mut_arg("check", |argument| argument.value_parser(one_of(&checks)))
        })
        .mut_subcommand("check", |check| {
            check
                .mut_arg("only", |argument| argument.value_parser(one_of(&all)))
                .mut_arg("skip", |argument| argument.value_parser(one_of(&all)))
        });
    clap_complete::generate(
        arguments.shell,
        &mut command,
        "agentcore-harden",
        &mut bytes,
    );
    emit(out, &bytes)?;
    Ok(Exit::Ready)
}
