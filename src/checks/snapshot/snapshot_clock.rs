//! `snapshot-clock`: Request code reads the clock itself.

use super::common::{Found, HOW, OPTIMIZE, Words, each, made};
use super::moved::{self, Reach};
use crate::analysis::api::Tag;
use crate::analysis::startup::Made;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "snapshot-clock",
    title: "Request code reads the clock itself",
    category: Category::Snapshot,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("snapshot_clock.md"),
    references: &[OPTIMIZE, HOW],
    run,
};

static WORDS: Words = Words {
    fails: "uses a time of its startup for requests",
    consequence: "for weeks every session is told the moment of the deploy",
    passes: "keeps no time of its startup that requests use",
};

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        let (mut prompt, mut kept) = (false, Vec::new());
        for value in &facts.made {
            let wall = value.api.is(Tag::ClockWall);
            if !(wall || value.api.is(Tag::ClockMono)) || !(value.fate.is_kept() || prompts(value))
            {
                continue;
            }
            // A time of the wall clock that request code sets anew is the start of a period.
            if wall && value.fate.renewed {
                continue;
            }
            prompt |= value.fate.prompt.is_some();
            found.findings.push(made(code, value, Severity::Medium));
            kept.push(value);
        }
        // A function that makes a prompt may make it for each call; a reading from which time is counted may not.
        let reach = match kept.iter().all(|value| value.fate.prompt.is_some()) {
            true => Reach::AnyFunction,
            false => Reach::Handler,
        };
        found.fixes.extend(moved::fix(code, reach, kept));
        if prompt {
            found.fixes.push(Fix::new("Build the prompt per request").note(
                "Move the text into a function that the handler calls (`def system_prompt(): return f\"… {date.today():%A %d %B %Y}\"`) and \
                 make the agent, or set its prompt, in the handler.",
            ));
        }
        found.fixes.push(Fix::new("Read the clock in the handler").note(
            "Take the time where it is needed. For durations take the first reading in the handler too: the monotonic clock does not \
             advance between the snapshot and the restore.",
        ));
        found
    })
}

/// Whether the instructions of an agent that startup code makes and keeps hold the value.
fn prompts(value: &Made) -> bool {
    let instructs = [
        "system_prompt",
        "systemPrompt",
        "instructions",
        "instruction",
    ];
    value.fate.prompt.is_some()
        && value.fate.kept.is_some()
        && instructs
            .iter()
            .any(|word| value.fate.words.contains(*word))
}
