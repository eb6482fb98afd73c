//! `snapshot-host-identity`: Host name and process id identify nothing.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, each, through};
use super::names::{is_label, is_lock};
use crate::analysis::api::{Api, Tag};
use crate::analysis::names::leaf;
use crate::analysis::startup::{Fate, Place};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "snapshot-host-identity",
    title: "Host name and process id identify nothing",
    category: Category::Snapshot,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("snapshot_host_identity.md"),
    references: &[OPTIMIZE, HOW],
    run,
};

static WORDS: Words = Words {
    fails: "identifies an instance by its host or process",
    consequence: "every restored session has the host name localhost and the process id 1",
    passes: "identifies no instance by its host name, process id or MAC address",
};

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        let made = facts
            .made
            .iter()
            .map(|made| (made.api, made.place, made.from, &made.fate));
        let drawn = facts
            .drawn
            .iter()
            .map(|drawn| (drawn.api, drawn.place, None, &drawn.fate));
        let all: Vec<(&Api, Place, Option<Place>, &Fate)> = made.chain(drawn).collect();
        for (api, place, from, fate) in all {
            if !api.is(Tag::HostId) {
                continue;
            }
            let Some((severity, what)) = identifies(fate) else {
                continue;
            };
            found.findings.push(Finding {
                place,
                severity,
                note: format!("{} is {what}{}", api.words, through(code, from)),
                always: false,
                hint: None,
            });
        }
        found.fixes.push(Fix::new("Use an id of the session or the request").note(
            "Take `context.session_id` (`context.sessionId`), or draw `uuid.uuid4()` in the handler. For a lock, one id per request: whoever \
             takes it must be the only one to hold that id.",
        ));
        found
    })
}

/// What the value identifies, if anything.
fn identifies(fate: &Fate) -> Option<(Severity, &'static str)> {
    let signals = fate.given.iter().any(|name| {
        matches!(
            leaf(name),
            "kill" | "Process" | "killpg" | "getpgid" | "setpriority"
        )
    });
    if signals {
        return None;
    }
    // The consumer of a group, which holds what it was given until it says that it is done.
    let consumers = ["xreadgroup", "xclaim", "xautoclaim"];
    let consumes = fate
        .given
        .iter()
        .any(|name| consumers.contains(&leaf(name)));
    if consumes || is_lock(&fate.near) {
        return Some((Severity::Medium, "the owner of a lock or of work"));
    }
    let labels = ["put_metric_data", "put_log_events", "create_log_stream"];
    let labelled =
        is_label(&fate.near) || fate.given.iter().any(|name| labels.contains(&leaf(name)));
    labelled.then_some((Severity::Low, "a label of the instance"))
}
