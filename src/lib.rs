//! Tells before launch whether an Amazon Bedrock AgentCore project is ready for production.
//!
//! Data flows one way: [`collect`] reads, [`checks`] judge a [`context::Context`], [`render`] prints the [`report::Report`].

mod analysis;
pub mod apply;
pub mod audit;
mod cedar;
pub mod checks;
pub mod cli;
mod cli_schema;
pub mod collect;
pub mod commands;
pub mod comments;
pub mod config;
pub mod context;
mod diagnose;
pub mod exit;
mod fixes;
mod iam;
mod least_privilege;
mod measure;
pub mod model;
mod oidc;
mod pool;
mod quiet;
mod quota;
pub mod render;
pub mod report;
pub mod secrets;
pub mod shell;
mod stack;
pub mod text;

use std::ffi::OsString;
use std::io::Write;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use exit::{Exit, Failure};

/// Parses `arguments` (the program's name first) and runs the command: reports go to `out`, errors to `err`.
pub fn main(arguments: &[OsString], out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let outcome = match cli::Cli::try_parse_from(arguments) {
        Ok(cli) => run(&cli, out, err),
        Err(error) => refused(&error, arguments, out),
    };
    outcome.unwrap_or_else(|failure| {
        // Nothing is left to tell a failure to where both streams are gone.
        let _ = failure.write(err);
        if wants_json(arguments) {
            let mut line = Vec::new();
            let _ = render::json::failure(&failure, &mut line);
            let _ = commands::emit(out, &line);
        }
        Exit::Unable
    })
}

/// Runs one command.
///
/// # Errors
/// When the command could not be done.
pub fn run(cli: &cli::Cli, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    commands::wrap_prose();
    match &cli.command {
        cli::Command::Measure(arguments) => commands::measure::run(arguments, out),
        cli::Command::Check(arguments) => commands::check::run(arguments, out, err),
        cli::Command::Plan(arguments) => commands::plan::run(arguments, out),
        cli::Command::List(arguments) => commands::list::run(arguments, out),
        cli::Command::Explain(arguments) => commands::explain::run(arguments, out),
        cli::Command::Snapshot(arguments) => commands::snapshot::run(arguments, out),
        cli::Command::Schema(arguments) => commands::schema::run(arguments, out),
        cli::Command::Completions(arguments) => commands::completions::run(arguments, out),
        cli::Command::Mcp(arguments) => commands::mcp::run(arguments, err),
        cli::Command::Policy(arguments) => commands::policy::run(arguments, out, err),
        cli::Command::Man => commands::man::run(out),
        cli::Command::Token(arguments) => commands::token::run(arguments, out),
        cli::Command::Diagnose(arguments) => commands::diagnose::run(arguments, out),
        cli::Command::Quota(arguments) => commands::quota::run(arguments, out),
    }
}

/// `--help` and `--version` are answers; everything else that clap refuses becomes a [`Failure`].
fn refused(
    error: &clap::Error,
    arguments: &[OsString],
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let text = if commands::colored() {
            error.render().ansi().to_string()
        } else {
            error.render().to_string()
        };
        commands::emit(out, text.as_bytes())?;
        return Ok(Exit::Ready);
    }
    let text = error.render().to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Err(Failure::new("a command is missing").help("try `agentcore-harden --help`"));
    }
    let mut parts = text.split("\n\n").map(str::trim);
    let message = parts
        .next()
        .unwrap_or_default()
        .trim_start_matches("error: ");
    let message: Vec<&str> = message.lines().map(str::trim).collect();
    if message
        .iter()
        .any(|line| line.contains("'[PATH]...'") && line.contains("none was supplied"))
    {
        return Err(Failure::new("PATH is empty")
            .help("a variable that is not set? `agentcore-harden check .` is the project here"));
    }
    let word = arguments.get(1).map(|word| word.to_string_lossy());
    let word = word.unwrap_or_default();
    if let Some(help) = guess(error.kind(), &word, &message.join(" ")) {
        return Err(Failure::new(message.join(" ")).help(help));
    }
    let tips: Vec<&str> = parts
        .flat_map(str::lines)
        .filter_map(|line| line.trim().strip_prefix("tip: "))
        .collect();
    Err(Failure::new(message.join(" ")).help(if tips.is_empty() {
        let known = cli::Cli::command();
        let command = known
            .find_subcommand(&*word)
            .map(|command| command.get_name());
        match command {
            Some(command) => format!("try `agentcore-harden {command} --help`"),
            None => "try `agentcore-harden --help`".to_owned(),
        }
    } else {
        tips.join("; ")
    }))
}

/// What was meant by words that other tools of the kind understand.
fn guess(kind: ErrorKind, word: &str, message: &str) -> Option<String> {
    if kind == ErrorKind::InvalidSubcommand {
        if std::path::Path::new(word).exists() {
            let word = shell::quote(word);
            return Some(format!("did you mean `agentcore-harden check {word}`?"));
        }
        let audit = ["scan", "audit", "lint", "run", "test", "verify"];
        return audit
            .contains(&word)
            .then(|| "the audit is `agentcore-harden check`".to_owned());
    }
    let unknown = kind == ErrorKind::UnknownArgument;
    (unknown && message.contains("'--severity'"))
        .then(|| "the lowest severity that fails the run is `--fail-on high`".to_owned())
}

/// True where the arguments ask for JSON, whether or not they parse.
fn wants_json(arguments: &[OsString]) -> bool {
    let pair = |pair: &[OsString]| pair[0] == "--format" && pair[1] == "json";
    arguments
        .iter()
        .any(|word| word == "--json" || word == "--format=json")
        || arguments.windows(2).any(pair)
}
