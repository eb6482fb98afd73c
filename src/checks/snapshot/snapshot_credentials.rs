//! `snapshot-credentials`: Startup code keeps no credential, token or signed URL.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, at, each, text, through, used};
use super::moved::{self, Reach};
use super::names::is_bearer;
use crate::analysis::api::Tag;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "snapshot-credentials",
    title: "Startup code keeps no credential, token or signed URL",
    category: Category::Snapshot,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("snapshot_credentials.md"),
    references: &[OPTIMIZE, HOW],
    run,
};

static WORDS: Words = Words {
    fails: "keeps a credential that startup code asked for",
    consequence: "it expires while the process goes on using it",
    passes: "keeps no credential, token or signed URL of its startup code",
};

static IDENTITY: Words = Words {
    fails: "asks AgentCore Identity for a token at startup",
    consequence: "without a request there is no workload token, so the call fails in the runtime and the agent does not start",
    passes: WORDS.passes,
};

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        let (mut asked, mut kept) = (None, Vec::new());
        for made in &facts.made {
            // A token of an authorization server comes over HTTP.
            let bearer = made.api.is(Tag::Http) && is_bearer(&made.fate.words);
            if !(made.api.is(Tag::Credential) || bearer) {
                continue;
            }
            if made.api.is(Tag::Identity) {
                asked = asked.or_else(|| {
                    Some(format!(
                        "`{}` ({})",
                        text(code, made.place),
                        at(code, made.place)
                    ))
                });
                found.words = Some(&IDENTITY);
                kept.push(made);
                let fate = match made.fate.is_kept() {
                    true => format!("; {}", used(code, &made.fate)),
                    false => String::new(),
                };
                found.findings.push(Finding {
                    place: made.place,
                    severity: Severity::High,
                    note: format!(
                        "asks for {} at startup{}: without a request there is no workload token, on platform version V1 too{fate}",
                        made.api.words,
                        through(code, made.from)
                    ),
                    always: true,
                    hint: None,
                });
                continue;
            }
            let lives = made.fate.is_kept() && !made.fate.refreshed && !made.fate.renewed;
            if lives {
                kept.push(made);
                found
                    .findings
                    .push(super::common::made(code, made, Severity::High));
            }
        }
        found
            .fixes
            .extend(moved::fix(code, Reach::AnyFunction, kept));
        if let Some(asked) = asked {
            found.fixes.push(Fix::new("Ask for the token in the handler").note(format!(
                "Call {asked} in the code that handles a request, and build there what needs the token: make the client, or the list of clients, \
                 on the first request of a session instead of at import, or give the headers by a function that asks each time \
                 (`MCPClient(lambda: streamablehttp_client(url, headers=headers()))`).",
            )));
        }
        if found.findings.iter().all(|finding| finding.always) {
            return found;
        }
        found.fixes.push(
            Fix::new("Keep what refreshes itself, and resolve it per request").note(
                "Keep the client or the session (`boto3.client(…)`, `boto3.Session()`): it refreshes its credentials. Where a library wants \
                 the credentials themselves, give it the provider (`refreshable_credentials=session.get_credentials()`, \
                 `RefreshableCredentials`), or resolve them in the handler. Sign URLs and ask for database tokens when a request needs them.",
            ),
        );
        found
    })
}
