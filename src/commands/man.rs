//! `man`: one manual page for the program and all its commands.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;

use super::emit;
use crate::cli::Cli;
use crate::exit::{Exit, Failure};

/// What clap does not know.
const TAIL: &str = r#".SH "EXIT STATUS"
.TP
0
Nothing at or above \fB\-\-fail\-on\fR failed.
.TP
1
Something did.
.TP
2
The audit could not be done: no project, an unreadable agentcore.json, bad arguments, or \fB\-\-live\fR with evidence that could not be read.
.SH EXAMPLES
.TP
agentcore\-harden check
Audit the project here.
.TP
agentcore\-harden check \-\-offline \-\-format sarif \-\-output harden.sarif
In CI, for code scanning.
.TP
agentcore\-harden check \-\-only iam,'secrets\-*' \-q
Only some checks, one line a finding.
.TP
agentcore\-harden explain auth\-inbound\-type
What a check looks for, why, and how to fix it.
.TP
agentcore\-harden policy \-\-runtime Support
The least\-privilege role of a runtime.
.SH FILES
.TP
agentcore/agentcore.json
The project that is audited.
.TP
agentcore\-harden.toml
Configuration in the project root: fail\-on, runtimes, severity, ignore, accept.
.SH ENVIRONMENT
.TP
NO_COLOR
No colour when set to anything.
.TP
FORCE_COLOR, CLICOLOR_FORCE
Colour although standard output is no terminal.
.TP
COLUMNS
The width of the page.
.TP
AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL
Read as by every AWS SDK.
"#;

/// Writes the page.
///
/// # Errors
/// When the output cannot be written.
pub fn run(out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    page(&mut bytes)?;
    emit(out, &bytes)?;
    Ok(Exit::Ready)
}

fn page(out: &mut Vec<u8>) -> io::Result<()> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    // No date: the same source is to give the same bytes.
    writeln!(
        out,
        ".TH AGENTCORE-HARDEN 1 \"\" \"agentcore-harden {}\"",
        env!("CARGO_PKG_VERSION")
    )?;
    out.write_all(b".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n")?;
    let man = Man::new(command.clone());
    let mut head = Vec::new();
    man.render_name_section(&mut head)?;
    man.render_synopsis_section(&mut head)?;
    man.render_description_section(&mut head)?;
    lines(&head).try_for_each(|line| writeln!(out, "{line}"))?;
    for subcommand in command.get_subcommands() {
        let name = format!("agentcore-harden {}", subcommand.get_name());
        let man = Man::new(subcommand.clone().bin_name(name.clone()));
        let mut section = Vec::new();
        man.render_synopsis_section(&mut section)?;
        man.render_description_section(&mut section)?;
        man.render_options_section(&mut section)?;
        // The sections of a command become parts of one section that bears its name.
        writeln!(
            out,
            ".SH \"COMMAND {}\"",
            subcommand.get_name().to_uppercase()
        )?;
        for line in lines(&section).filter(|line| !line.starts_with(".SH SYNOPSIS")) {
            writeln!(out, "{}", line.replacen(".SH ", ".SS ", 1))?;
        }
    }
    out.write_all(TAIL.as_bytes())
}

/// The lines of a section without the definition of the apostrophe, which the page makes once.
fn lines(section: &[u8]) -> impl Iterator<Item = &str> {
    let text = std::str::from_utf8(section).unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el "))
}
