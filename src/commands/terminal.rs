//! What the terminal can show.

use std::io::{self, IsTerminal};

use crate::cli::ColorArg;
use crate::render::Look;

/// Columns where standard output is no terminal.
const NARROW: usize = 80;
/// Fewer make no page.
const LEAST: usize = 40;
/// Prose wider than this is hard to read, however wide the terminal.
const WIDEST: usize = 120;

/// Colour and width for standard output; a file gets neither colour nor the terminal's width.
pub(super) fn look(color: ColorArg, to_file: bool) -> Look {
    let terminal = !to_file && io::stdout().is_terminal();
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let color = match color {
        ColorArg::Auto => !to_file && auto(terminal, &variable),
        ColorArg::Always => true,
        ColorArg::Never => false,
    };
    // COLUMNS is what scripts and CI set; where it is not exported, the terminal says.
    let given = variable("COLUMNS").and_then(|columns| columns.parse::<usize>().ok());
    let asked = || terminal.then(terminal_size::terminal_size).flatten();
    let width = given
        .filter(|columns| *columns > 0 && !to_file)
        .or_else(|| asked().map(|(width, _)| usize::from(width.0)))
        .unwrap_or(NARROW);
    Look {
        color,
        links: color && terminal && links(&variable),
        width: width.clamp(LEAST, WIDEST),
        ..Look::default()
    }
}

/// NO_COLOR wins, then FORCE_COLOR and CLICOLOR_FORCE; without any of them a terminal that is not dumb has colours.
fn auto(terminal: bool, variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let forced = |name: &str| variable(name).is_some_and(|value| value != "0");
    if variable("NO_COLOR").is_some() {
        return false;
    }
    if forced("FORCE_COLOR") || forced("CLICOLOR_FORCE") {
        return true;
    }
    let off = variable("FORCE_COLOR").is_some_and(|value| value == "0")
        || variable("CLICOLOR").is_some_and(|value| value == "0");
    terminal && !off && variable("TERM").is_none_or(|term| term != "dumb")
}

/// True for terminals that are known to show links (OSC 8) and for those whose user asks for them.
fn links(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    const PROGRAMS: [&str; 6] = ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio"];
    if let Some(value) = variable("FORCE_HYPERLINK") {
        return value != "0";
    }
    if variable("CI").is_some() || variable("TMUX").is_some() {
        return false;
    }
    let vte = variable("VTE_VERSION").and_then(|version| version.parse::<u32>().ok());
    vte.is_some_and(|version| version >= 5000)
        || variable("TERM_PROGRAM").is_some_and(|program| PROGRAMS.contains(&&*program))
        || variable("TERM").is_some_and(|term| matches!(&*term, "xterm-kitty" | "foot"))
        || ["WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID"]
            .into_iter()
            .any(|name| variable(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn the_environment_decides_about_colour() {
        assert!(auto(true, &with(&[])));
        assert!(!auto(false, &with(&[])));
        assert!(!auto(true, &with(&[("TERM", "dumb")])));
        assert!(auto(false, &with(&[("FORCE_COLOR", "1")])));
        assert!(auto(false, &with(&[("CLICOLOR_FORCE", "1")])));
        assert!(!auto(false, &with(&[("CLICOLOR_FORCE", "0")])));
        assert!(!auto(true, &with(&[("FORCE_COLOR", "0")])));
        let both = [("NO_COLOR", "1"), ("FORCE_COLOR", "1")];
        assert!(!auto(true, &with(&both)));
    }

    #[test]
    fn links_are_for_terminals_that_show_them() {
        assert!(!links(&with(&[("TERM", "xterm-256color")])));
        assert!(links(&with(&[("VTE_VERSION", "7600")])));
        assert!(links(&with(&[("TERM_PROGRAM", "WezTerm")])));
        assert!(!links(&with(&[("WT_SESSION", "x"), ("CI", "1")])));
        assert!(links(&with(&[("FORCE_HYPERLINK", "1"), ("CI", "1")])));
    }
}
