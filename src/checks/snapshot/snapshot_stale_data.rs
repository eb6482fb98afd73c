//! `snapshot-stale-data`: Startup code keeps no remote answer that changes without a deploy.

use super::common::{Found, HOW, OPTIMIZE, Words, each, made};
use super::names::is_bearer;
use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::Tag;
use crate::analysis::startup::{Made, expr_at};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};
use crate::model::source::ExprKind;

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

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
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
        }
        found.fixes.push(Fix::new("Read it per session, with a limit of age").note(
            "Read it when the first request of a session needs it and keep it for minutes by the wall clock: \
             `@cached(TTLCache(1, 300, timer=time.time))`, or the cache of the AWS parameter clients. Give an agent its tools in the \
             handler (`Agent(tools=[mcp_client])` asks the gateway then).",
        ));
        found
    })
}

/// A parameter that is stored encrypted is a secret.
fn is_decrypted(code: &AgentCode<'_>, value: &Made) -> bool {
    let call = expr_at(code.source, value.place.0, value.place.1).and_then(|expr| expr.as_call());
    call.and_then(|call| call.option("WithDecryption"))
        .is_some_and(|given| matches!(given.kind, ExprKind::Bool(true)))
}
