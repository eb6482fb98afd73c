//! `snapshot-background-work`: No loop of startup code that requests rely on.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, each, through};
use crate::analysis::effects::never_ends;
use crate::analysis::startup::{clears_up, repeats};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "snapshot-background-work",
    title: "Requests rely on no loop that startup code began",
    category: Category::Snapshot,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("snapshot_background_work.md"),
    references: &[OPTIMIZE, HOW],
    run,
};

static WORDS: Words = Words {
    fails: "starts work at intervals before the snapshot",
    consequence: "the loop need not go on in restored sessions, and what it keeps fresh grows old",
    passes: "starts no loop at startup that requests rely on",
};

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        for value in &facts.made {
            if !repeats(code, value) {
                continue;
            }
            if clears_up(code.source, value) {
                found.notes.push((
                    value.place,
                    "clears up at intervals: no request relies on that it goes on".to_owned(),
                ));
                continue;
            }
            found.findings.push(Finding {
                place: value.place,
                severity: Severity::Medium,
                note: format!(
                    "{} is started at startup{}, and nothing ends it before the snapshot",
                    value.api.words,
                    through(code, value.from)
                ),
                always: false,
                hint: None,
            });
        }
        for (function, place, from) in &facts.begun {
            if !never_ends(code.source, *function) {
                continue;
            }
            found.findings.push(Finding {
                place: *place,
                severity: Severity::Medium,
                note: format!(
                    "a loop that waits between its turns is started at startup{}, and nothing ends it before the snapshot",
                    through(code, *from)
                ),
                always: false,
                hint: None,
            });
        }
        found.fixes.push(Fix::new("Do the work when a request needs it").note(
            "Refresh in the handler when what is kept is too old by the wall clock (`time.time()`), or start the loop with the first request \
             of a session and register it with `add_async_task`. Work for all sessions belongs outside of the runtime (EventBridge Scheduler).",
        ));
        found
    })
}
