//! Parses arguments, calls the library, maps the outcome to an exit status.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use agentcore_harden::exit::Exit;
use clap::Parser;

fn main() -> ExitCode {
    let cli = agentcore_harden::cli::Cli::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = agentcore_harden::run(&cli, &mut out);
    let flushed = out.flush();
    match outcome {
        Ok(exit) if flushed.is_ok() => ExitCode::from(exit.code()),
        Ok(_) => ExitCode::from(Exit::Unable.code()),
        Err(failure) => {
            let mut err = io::stderr().lock();
            let _ = writeln!(err, "error: {failure}");
            if let Some(help) = &failure.help {
                let _ = writeln!(err, "help: {help}");
            }
            ExitCode::from(Exit::Unable.code())
        }
    }
}
