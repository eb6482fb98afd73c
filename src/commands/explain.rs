//! `explain`: the page of a check.

use std::io::Write;

use super::{emit, terminal};
use crate::checks;
use crate::cli::{ColorArg, ExplainArgs};
use crate::exit::{Exit, Failure, suggestion};
use crate::render::page;

/// Writes the page of a check.
///
/// # Errors
/// When there is no such check, or the output cannot be written.
pub fn run(arguments: &ExplainArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let wanted = arguments.check.trim().to_lowercase();
    let Some(check) = checks::find(&wanted) else {
        let close = suggestion(&wanted, checks::all().map(|check| check.id));
        return Err(
            Failure::new(format!("no check \"{wanted}\"")).help(match close {
                Some(close) => {
                    format!("did you mean \"{close}\"? `agentcore-harden list` shows every check")
                }
                None => "`agentcore-harden list` shows every check".to_owned(),
            }),
        );
    };
    let mut bytes = Vec::new();
    page::render(check, terminal::look(ColorArg::Auto, false), &mut bytes)?;
    emit(out, &bytes)?;
    Ok(Exit::Ready)
}
