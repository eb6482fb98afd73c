//! A plan as text and as a shell script.

use std::io::{self, Write};

use super::prose::hanging;
use crate::fixes::plan::{Alternative, Plan, Purpose, Step, StepKind};
use crate::shell;
use crate::text::clean;

/// The plan as a page. `from` is the project as the user reaches it, where that is not the current folder.
///
/// # Errors
/// When writing fails.
pub fn text(name: &str, from: Option<&str>, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let Plan {
        findings,
        fixed_by_edits,
        steps,
    } = plan;
    let name = clean::line(name);
    if steps.is_empty() {
        return writeln!(out, "{name}: nothing to fix");
    }
    writeln!(
        out,
        "{name}: {} for {}, {fixed_by_edits} fixed by edits alone",
        count(steps.len(), "step"),
        count(*findings, "finding")
    )?;
    if let Some(from) = from {
        writeln!(out, "\n  cd {}", shell::quote(from))?;
    }
    for (index, step) in steps.iter().enumerate() {
        writeln!(out)?;
        let number = format!("{:>2}. ", index + 1);
        writeln!(out, "{}", hanging(&number, &title(step)))?;
        for purpose in merged(&step.purposes) {
            writeln!(out, "{}", hanging("      ", &purpose))?;
        }
        if step.kind == StepKind::Edit {
            for edit in &step.edits {
                writeln!(
                    out,
                    "{}",
                    hanging("      ", &format!("changes {}", edit.path))
                )?;
            }
            writeln!(out, "    {EDIT}")?;
        }
        body(&step.commands, &step.note, out)?;
        for alternative in &step.alternatives {
            let worth = !alternative.commands.is_empty() || !alternative.note.is_empty();
            if worth {
                writeln!(out, "{}", hanging("    Or: ", &alternative.title))?;
                body(&alternative.commands, &alternative.note, out)?;
            }
        }
    }
    Ok(())
}

/// What makes the edits of a plan.
const EDIT: &str = "agentcore-harden plan --edit --offline";

fn body(commands: &[String], note: &str, out: &mut dyn Write) -> io::Result<()> {
    for command in commands {
        writeln!(out, "    {}", clean::line(command))?;
    }
    if !note.is_empty() {
        writeln!(out, "{}", hanging("      ", note))?;
    }
    Ok(())
}

fn title(step: &Step) -> String {
    match step.kind {
        StepKind::ByHand => format!("By hand: {}", step.title),
        StepKind::Choice => format!("Choose one: {}", step.title),
        StepKind::Edit | StepKind::Command | StepKind::Deploy => step.title.clone(),
    }
}

/// A line for each check, with its resources and places.
fn merged(purposes: &[Purpose]) -> Vec<String> {
    let mut checks: Vec<&str> = Vec::new();
    for purpose in purposes {
        if !checks.contains(&purpose.check) {
            checks.push(purpose.check);
        }
    }
    let line = |check: &str| {
        let of: Vec<&Purpose> = purposes.iter().filter(|one| one.check == check).collect();
        let worst = of.iter().map(|one| one.severity).min();
        let named: Vec<String> = of
            .iter()
            .map(|one| match &one.place {
                Some(place) => format!("{} ({place})", one.resource),
                None => one.resource.to_string(),
            })
            .collect();
        let worst = worst.map_or_else(String::new, |worst| format!("{worst} "));
        format!("{worst}{check}: {}", named.join(", "))
    };
    checks.into_iter().map(line).collect()
}

/// `1 step`, `2 steps`.
fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// The plan as a POSIX shell script that stops at the first error. What a person must do or choose stands in it as comments.
///
/// # Errors
/// When writing fails.
pub fn script(name: &str, root: &str, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "#!/bin/sh")?;
    comment(
        &format!(
            "Fixes of {name}: {} for {}. Read it before you run it; the steps marked \"by hand\" and \"choose one\" are yours.",
            count(plan.steps.len(), "step"),
            count(plan.findings, "finding")
        ),
        out,
    )?;
    comment(
        "Give the project's folder as the first argument where it is another one.",
        out,
    )?;
    writeln!(out, "set -eu")?;
    writeln!(out, "project={}", shell::quote(root))?;
    writeln!(out, "cd -- \"${{1:-$project}}\"")?;
    for (index, step) in plan.steps.iter().enumerate() {
        writeln!(out)?;
        comment(&format!("{}. {}", index + 1, title(step)), out)?;
        for purpose in merged(&step.purposes) {
            comment(&format!("   {purpose}"), out)?;
        }
        for edit in &step.edits {
            comment(&format!("   changes {}", edit.path), out)?;
        }
        if !step.note.is_empty() {
            comment(&format!("   {}", step.note), out)?;
        }
        if step.kind == StepKind::Edit {
            writeln!(out, "{EDIT}")?;
        }
        // Nobody chose yet.
        let chosen = step.kind != StepKind::Choice;
        lines(&step.commands, chosen, out)?;
        for Alternative {
            title,
            commands,
            note,
        } in &step.alternatives
        {
            if commands.is_empty() && note.is_empty() {
                continue;
            }
            comment(&format!("   Or: {title}"), out)?;
            if !note.is_empty() {
                comment(&format!("   {note}"), out)?;
            }
            lines(commands, false, out)?;
        }
    }
    Ok(())
}

fn lines(commands: &[String], run: bool, out: &mut dyn Write) -> io::Result<()> {
    for command in commands {
        if run {
            writeln!(out, "{command}")?;
        } else {
            // A quoted word may hold a line break: each line is a comment of its own.
            for line in command.lines() {
                writeln!(out, "#   {}", clean::line(line))?;
            }
        }
    }
    Ok(())
}

/// A comment, one line: what it says cannot leave it.
fn comment(text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}", clean::line(text))
}
