//! `snapshot-prng`: Ids and codes come from the entropy of the operating system.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, at, each};
use super::names::{is_identity, is_secret, is_waiting};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::Tag;
use crate::analysis::names::{leaf, package};
use crate::analysis::options::is_on;
use crate::analysis::startup::{Drawn, Snapshot, call_at};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "snapshot-prng",
    title: "Ids and codes come from the entropy of the operating system",
    category: Category::Snapshot,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("snapshot_prng.md"),
    references: &[OPTIMIZE, HOW],
    run,
};

static WORDS: Words = Words {
    fails: "draws from a generator whose state is in the snapshot",
    consequence: "sessions that are restored from one snapshot draw the same values",
    passes: "draws no id, code or token from a generator whose state is in the snapshot",
};

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        let container = code
            .runtime
            .build
            .as_ref()
            .is_some_and(|build| build.value == "Container");
        for drawn in &facts.drawn {
            if drawn.fate.exhausted {
                found.exhausted = true;
            }
            let severity = match judge(code, facts, drawn, container) {
                Verdict::Fine => continue,
                Verdict::Note => {
                    let note = format!(
                        "{}: sessions restored from one snapshot draw the same, which matters little here",
                        drawn.api.words
                    );
                    found.notes.push((drawn.place, note));
                    continue;
                }
                Verdict::Fails(severity) => severity,
            };
            let maker = drawn.generator.map_or(String::new(), |place| {
                format!(", which is made at startup at {}", at(code, place))
            });
            let state = match drawn.api.is(Tag::CryptoBuffer) {
                true => {
                    "the buffer of random bytes and the generator of the crypto library live in the process, so they may repeat after a restore"
                }
                false => "its state is the same in every session that is restored",
            };
            found.findings.push(Finding {
                place: drawn.place,
                severity,
                note: format!("{}{maker}: {state}", drawn.api.words),
                always: false,
                hint: None,
            });
        }
        found.fixes.push(Fix::new("Draw from the operating system").note(
            "Python: `secrets.token_hex(8)`, `secrets.choice(…)`, `random.SystemRandom()`, `uuid.uuid4()`; or seed first thing in the handler: \
             `random.seed()`, `np.random.default_rng()`. Node: take ids from `context.sessionId` and the request, or read 16 bytes of \
             `/dev/urandom`; at least call `randomUUID({ disableEntropyCache: true })`.",
        ));
        found
    })
}

enum Verdict {
    Fine,
    Note,
    Fails(Severity),
}

fn judge(code: &AgentCode<'_>, facts: &Snapshot, drawn: &Drawn, container: bool) -> Verdict {
    let source = code.source;
    let names = &drawn.fate.near;
    if drawn.api.is(Tag::CryptoBuffer) {
        if call_at(source, drawn.place).is_some_and(|call| is_on(call, "disableEntropyCache")) {
            return Verdict::Fine;
        }
        return Verdict::Fails(match (container, is_secret(&drawn.fate.near)) {
            (true, true) => Severity::High,
            (true, false) => Severity::Medium,
            (false, _) => Severity::Low,
        });
    }
    if !drawn.api.is(Tag::Prng) {
        return Verdict::Fine;
    }
    if drawn.generator.is_none() && facts.seeded.contains(package(&drawn.name)) {
        return Verdict::Fine;
    }
    if drawn.name == "uuid.uuid1" {
        return Verdict::Fails(Severity::Low);
    }
    if drawn.api.words.contains(" id ") || drawn.api.words.starts_with("an id") {
        return Verdict::Fails(Severity::High);
    }
    let waits = drawn
        .fate
        .given
        .iter()
        .any(|name| matches!(leaf(name), "sleep" | "setTimeout" | "wait" | "delay"));
    if waits || is_waiting(names) {
        return Verdict::Fails(Severity::Low);
    }
    if drawn.picks() && !drawn.spells(source) {
        return Verdict::Note;
    }
    if is_identity(names) || drawn.fate.spelt || drawn.spells(source) {
        return Verdict::Fails(Severity::High);
    }
    if drawn.fate.compared {
        return Verdict::Fails(Severity::Low);
    }
    Verdict::Note
}
