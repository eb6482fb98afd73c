//! What checks of the code that calls a runtime share: how much was read, and that what could not be read never passes.

use std::collections::BTreeSet;

use super::unconfigured::{Listed, unconfigured};
use crate::analysis::clients::modules;
use crate::context::Context;
use crate::model::files::Around;
use crate::model::finding::{Outcome, Status};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::ModuleId;

/// That no code does something, and where it was looked for: `nowhere(context, "invokes a runtime")`.
pub(super) fn nowhere(context: &Context, does: &str) -> String {
    let searched = match context.files.contents.around {
        Around::Nothing | Around::Read => "the repository",
        Around::Shared | Around::TooLarge => "the project",
    };
    let scope = scope(context);
    format!("no code in {searched} {does} (looked at: {scope})")
}

/// How many files were looked at, in words: those that run, and those that mention AgentCore or Bedrock.
pub(super) fn scope(context: &Context) -> String {
    let contents = &context.files.contents;
    let (read, sources) = (modules(&context.source).len(), &contents.sources);
    let beside = match contents.around {
        Around::Shared => ", none outside of the project: others stand in the repository",
        Around::Nothing | Around::Read | Around::TooLarge => "",
    };
    let runs = context
        .source
        .runtimes
        .iter()
        .flat_map(|runtime| &runtime.reachable);
    let outside_of_list = runs
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter_map(|id| context.source.module(*id))
        .filter(|module| {
            !sources.contains(&*module.path) && !contents.sources_around.contains(&*module.path)
        })
        .count();
    let all = (sources.len() + contents.sources_around.len() + outside_of_list).max(read);
    let files = match all {
        0 => "no source file".to_owned(),
        1 => "1 source file".to_owned(),
        _ if read == all || read == 0 => format!("{all} source files"),
        _ => format!("the {read} of {all} source files that run or mention AgentCore"),
    };
    files + beside
}

/// Turns a pass into `skipped` where a caller could not be read, or where nothing was read at all.
pub(super) fn honest_of_callers(context: &Context, outcome: Outcome) -> Outcome {
    if outcome.status == Status::Pass && context.files.contents.around == Around::TooLarge {
        let reason = Unread::new(
            ReasonCode::Limit,
            "the repository around the project is too large to be searched for what calls it",
        );
        return Outcome::skipped(outcome.resource, reason);
    }
    let all: BTreeSet<ModuleId> = modules(&context.source).into_iter().collect();
    honest(context, &all, outcome)
}

/// Turns a pass into `skipped` where one of the modules could not be read, or where nothing was read at all.
pub(super) fn honest(context: &Context, all: &BTreeSet<ModuleId>, outcome: Outcome) -> Outcome {
    if outcome.status != Status::Pass {
        return outcome;
    }
    let source = &context.source;
    let paths: BTreeSet<&str> = all
        .iter()
        .filter_map(|id| source.module(*id))
        .map(|module| &*module.path)
        .collect();
    let broken = source
        .notes
        .iter()
        .find(|note| paths.contains(&*note.site.path));
    if let Some(note) = broken {
        let reason = Unread::new(
            ReasonCode::Unsupported,
            format!("{}: {}", note.site.path, note.message),
        );
        return Outcome::skipped(outcome.resource, reason);
    }
    if all.is_empty() && !context.project.runtimes.is_empty() {
        let reason = Unread::new(
            ReasonCode::Absent,
            "no source file of the project could be read",
        );
        return Outcome::skipped(outcome.resource, reason);
    }
    if context.project.runtimes.is_empty() {
        // What the agents themselves do stands where nobody looked.
        let unknown = unconfigured(context, &[Listed::Agent], "");
        if unknown.status == Status::Skipped {
            return unknown;
        }
    }
    outcome
}
