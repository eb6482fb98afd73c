//! What the terminal can show.

use std::io::{self, IsTerminal};

use crate::cli::ColorArg;
use crate::render::Look;

/// Columns where standard output is no terminal.
const NARROW: usize = 80;
/// Prose wider than this is hard to read, however wide the terminal.
const WIDEST: usize = 110;

/// Colour and width for standard output; a file gets neither colour nor the terminal's width.
pub(super) fn look(color: ColorArg, to_file: bool) -> Look {
    let terminal = !to_file && io::stdout().is_terminal();
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let color = match color {
        ColorArg::Auto => terminal && !set("NO_COLOR") && !dumb,
        ColorArg::Always => true,
        ColorArg::Never => false,
    };
    let width = terminal
        .then(terminal_size::terminal_size)
        .flatten()
        .map_or(NARROW, |(width, _)| usize::from(width.0));
    Look {
        color,
        width: width.clamp(40, WIDEST),
        ..Look::default()
    }
}
