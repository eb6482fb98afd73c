//! `snapshot-ready-ping`: The ping is healthy when initialisation has ended.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, at, each, through};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::effects::is_constant;
use crate::analysis::startup::{Beside, initialisations, is_ping};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::{EntrypointKind, FnId};

pub(super) static CHECK: Check = Check {
    id: "snapshot-ready-ping",
    title: "The ping is healthy only after initialisation",
    category: Category::Snapshot,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("snapshot_ready_ping.md"),
    references: &[HOW, OPTIMIZE],
    run,
};

static WORDS: Words = Words {
    fails: "answers a healthy ping while initialisation still runs",
    consequence: "the snapshot is taken of a half-initialised process, and every session is restored from it",
    passes: "answers no healthy ping before its initialisation ends",
};

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        let Some(healthy) = healthy(code) else {
            return found;
        };
        for begun in initialisations(code, facts) {
            let what = match begun.beside {
                Beside::Background => "initialisation runs in the background",
                Beside::Promise => "initialisation goes on in a promise",
            };
            found.findings.push(Finding {
                place: begun.place,
                severity: Severity::High,
                note: format!(
                    "{what}{}, and nothing waits for it; {healthy}",
                    through(code, begun.from)
                ),
                always: false,
                hint: None,
            });
        }
        // A handler as Lambda calls one answers no ping.
        let mut entries = code.code.entrypoints.iter();
        if entries.all(|entry| entry.kind == EntrypointKind::Lambda) {
            found.unknown = Some(Unread::new(
                ReasonCode::Unsupported,
                format!(
                    "no handler of a server that is known here was found in the code of runtime {}: what its ping answers is not known",
                    code.runtime.name
                ),
            ));
        }
        found.fixes.push(Fix::new("Initialise before serving, or gate the ping").note(
            "Call the initialisation and wait for it before `app.run()` or `listen` (`await` the promise, `join` the thread): the health \
             deadline is 120 s. Or keep a flag that the last line of the initialisation sets, and answer `/ping` with 503 until it is set.",
        ));
        found
    })
}

/// Why the ping is healthy at once; `None` where it decides by a state.
fn healthy(code: &AgentCode<'_>) -> Option<String> {
    let pings = code.code.entrypoints.iter();
    let pings: Vec<FnId> = pings
        .filter(|entry| is_ping(code.source, entry))
        .filter_map(|entry| entry.function)
        .collect();
    if pings.is_empty() {
        return Some("the ping of the server answers as soon as it listens".to_owned());
    }
    let constant = pings
        .iter()
        .filter_map(|id| code.source.function(*id))
        .find(|function| is_constant(code.source, function))?;
    Some(format!(
        "the ping at {} always answers the same",
        at(code, (constant.id.module, constant.header))
    ))
}
