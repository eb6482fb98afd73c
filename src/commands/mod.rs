//! The commands, one file each, over the same parts.

mod baseline;
pub mod check;
pub mod completions;
pub mod diagnose;
pub mod explain;
pub mod fix;
mod given;
pub mod list;
pub mod man;
pub mod mcp;
pub mod measure;
mod output;
pub mod plan;
pub mod policy;
pub mod quota;
mod root;
pub mod schema;
mod select;
mod since;
pub mod snapshot;
mod terminal;
pub mod token;

use std::io::{ErrorKind, Write};

use crate::exit::Failure;

/// Wraps prose at what the terminal shows.
pub(crate) fn wrap_prose() {
    crate::render::prose::wrap_at(terminal::look(crate::cli::ColorArg::Auto, false).width);
}

/// True where standard output is to have colours.
pub(crate) fn colored() -> bool {
    terminal::look(crate::cli::ColorArg::Auto, false).color
}

/// Writes what a command made. A reader that went away (`| head`) is no failure.
///
/// # Errors
/// When writing fails for any other reason.
pub fn emit(out: &mut dyn Write, bytes: &[u8]) -> Result<(), Failure> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(format!(
            "standard output cannot be written: {error}"
        ))),
        Ok(()) | Err(_) => Ok(()),
    }
}
