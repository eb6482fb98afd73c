//! `snapshot-stale-data`: Startup code keeps no remote answer that changes without a deploy.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, each, made, through, used};
use super::moved::{self, Reach};
use super::names::is_bearer;
use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::Tag;
use crate::analysis::options::is_on;
use crate::analysis::startup::{Made, call_at};
use crate::analysis::writes::renews_member;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "snapshot-stale-data",
    title: "Startup code keeps no remote answer that changes without a deploy",
    category: Category::Snapshot,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("snapshot_stale_data.md"),
    references: &[OPTIMIZE, HOW],
    run,
};

static WORDS: Words = Words {
    fails: "keeps what startup code read from another service",
    consequence: "sessions go on with the answer of the day of the deploy until the next one",
    passes: "keeps no remote answer of its startup code",
};

static TALKED: Words = Words {
    fails: "begins every session with the conversation of its startup",
    consequence: "each answer is made with what the warm-up said before it",
    passes: "keeps no remote answer of its startup code",
};

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        let mut kept = Vec::new();
        for value in &facts.made {
            let lives = value.fate.is_kept() && !value.fate.renewed;
            // A token that expires is a credential.
            let bearer = value.api.is(Tag::Http) && is_bearer(&value.fate.words);
            if !value.api.is(Tag::RemoteRead) || !lives || bearer {
                continue;
            }
            let severity = if value.api.is(Tag::Volatile) || is_decrypted(code, value) {
                Severity::Medium
            } else {
                Severity::Low
            };
            found.findings.push(made(code, value, severity));
            kept.push(value);
        }
        found.fixes.extend(moved::fix(code, Reach::Handler, kept));
        // `agent.messages = []`, `agent.messages.clear()`
        let talked: Vec<_> = match renews_member(code, "messages") {
            true => Vec::new(),
            false => facts.made.iter().filter(|value| talks_on(value)).collect(),
        };
        if !talked.is_empty() {
            if found.findings.is_empty() {
                found.words = Some(&TALKED);
            }
            found.fixes.push(Fix::new("Warm the model up, not the agent").note(
                "Make the call that opens connections with a client or an agent of its own (`Agent(model=model)(\"…\")`), or empty the \
                 conversation behind it: `agent.messages.clear()`.",
            ));
        }
        for value in talked {
            found.findings.push(Finding {
                note: format!(
                    "the agent is asked at startup{}, and keeps the conversation; {}",
                    through(code, value.from),
                    used(code, &value.fate)
                ),
                hint: None,
                ..made(code, value, Severity::Medium)
            });
        }
        if found.words.is_some() {
            return found;
        }
        found.fixes.push(Fix::new("Read it per session, with a limit of age").note(
            "Read it when the first request of a session needs it and keep it for minutes by the wall clock: \
             `@cached(TTLCache(1, 300, timer=time.time))`, or the cache of the AWS parameter clients. Give an agent its tools in the \
             handler (`Agent(tools=[mcp_client])` asks the gateway then).",
        ));
        found
    })
}

/// Whether request code goes on with a conversation that startup code began.
fn talks_on(value: &Made) -> bool {
    let touched = &value.fate.touched;
    let asks = |name: &String| {
        matches!(
            name.as_str(),
            "invoke"
                | "stream"
                | "invoke_async"
                | "stream_async"
                | "structured_output"
                | "predict"
                | "run"
        )
    };
    value.api.is(Tag::Conversation)
        && value.fate.read.is_some()
        && !value.fate.renewed
        && (touched.is_empty() || touched.iter().any(asks))
}

/// A parameter that is stored encrypted is a secret.
fn is_decrypted(code: &AgentCode<'_>, value: &Made) -> bool {
    call_at(code.source, value.place).is_some_and(|call| is_on(call, "WithDecryption"))
}
