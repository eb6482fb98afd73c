//! `snapshot-connections`: Stateful connections are opened after the restore.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, each, through, used};
use super::moved::{self, Reach};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::Tag;
use crate::analysis::options::is_given;
use crate::analysis::startup::{Made, call_at};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "snapshot-connections",
    title: "Stateful connections are opened after the restore",
    category: Category::Snapshot,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("snapshot_connections.md"),
    references: &[OPTIMIZE, HOW],
    run,
};

static WORDS: Words = Words {
    fails: "opens a stateful connection at startup",
    consequence: "its socket is dead in every session that is restored from the snapshot",
    passes: "opens no stateful connection at startup that requests use",
};

/// What request code asks of a connection before it trusts it.
const TESTS: [&str; 16] = [
    "ping",
    "reconnect",
    "is_connected",
    "is_closed",
    "closed",
    "is_usable",
    "ensure_connection",
    "is_alive",
    "isOpen",
    "isReady",
    "readyState",
    "connected",
    "check_connection",
    "is_open",
    "is_running",
    "open",
];

/// Options that have a connection tested, or opened again.
const OPTIONS: [&str; 6] = [
    "pool_pre_ping",
    "check",
    "reconnect",
    "auto_reconnect",
    "autoReconnect",
    "ping",
];

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        let mut kept = Vec::new();
        for value in facts.made.iter().filter(|made| made.api.is(Tag::Connect)) {
            let as_context = facts
                .made
                .iter()
                .any(|other| other.entering && other.place == value.place);
            let open = match value.entering {
                true => value.held,
                false => {
                    let lives = value.fate.is_kept() || is_global(&value.name);
                    !as_context && lives && !value.fate.closed
                }
            };
            if !open || tests(code, value) {
                continue;
            }
            let severity = if value.api.is(Tag::Reconnects) {
                Severity::Low
            } else {
                Severity::Medium
            };
            if !value.entering && value.fate.is_kept() {
                kept.push(value);
            }
            let life = match (value.entering, value.fate.read) {
                (true, None) => "held open while the process serves".to_owned(),
                _ if !value.fate.is_kept() => {
                    "kept by the library for the whole process".to_owned()
                }
                _ => used(code, &value.fate),
            };
            found.findings.push(Finding {
                place: value.place,
                severity,
                note: format!(
                    "{} is opened at startup{}; {life}",
                    value.api.words,
                    through(code, value.from)
                ),
                always: false,
                hint: None,
            });
        }
        found.fixes.extend(moved::fix(code, Reach::Handler, kept));
        found.fixes.push(Fix::new("Open it when a request needs it").note(
            "Make the object at startup and open it in the handler, or behind a function that opens on first use and opens again when the \
             socket is dead. `create_engine(…, pool_pre_ping=True)` and `ConnectionPool(…, check=ConnectionPool.check_connection)` \
             test before they hand out; give an `MCPClient` to the agent in the handler, or use it in `with` there. HTTP and AWS clients \
             connect again by themselves and belong at startup.",
        ));
        found
    })
}

/// Whether the connection is tested before it is used, or opened anew.
fn tests(code: &AgentCode<'_>, value: &Made) -> bool {
    let fate = &value.fate;
    let touched = |name: &String| TESTS.contains(&&**name);
    if fate.renewed || fate.touched.iter().any(touched) {
        return true;
    }
    let Some(call) = call_at(code.source, value.place) else {
        return false;
    };
    // `pool.open()`: how the pool was made.
    let pool = code.source.receiver(value.place.0, call);
    let maker = pool.and_then(|pool| pool.call);
    let mut calls = [Some(call), maker].into_iter().flatten();
    calls.any(|call| OPTIONS.iter().any(|option| is_given(call, option)))
}

/// Whether the library keeps what this call opens, so that no name of the project need hold it.
fn is_global(name: &str) -> bool {
    name == "mongoose.connect"
}
