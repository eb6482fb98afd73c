//! `snapshot-credentials`: Startup code keeps no credential, token or signed URL.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, each, through, used};
use crate::analysis::api::Tag;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Fix, Outcome, Severity};

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
        let mut identity = false;
        for made in &facts.made {
            if !made.api.is(Tag::Credential) {
                continue;
            }
            if made.api.is(Tag::Identity) {
                identity = true;
                found.words = Some(&IDENTITY);
                let fate = match made.fate.is_kept() {
                    true => format!("; {}", used(code, &made.fate)),
                    false => String::new(),
                };
                found.findings.push(Finding {
                    place: made.place,
                    severity: Severity::High,
                    note: format!(
                        "asks for {} at startup{}: without a request there is no workload token, on platform version V1 neither{fate}",
                        made.api.words,
                        through(code, made.from)
                    ),
                    always: true,
                });
                continue;
            }
            let lives = made.fate.is_kept() && !made.fate.refreshed && !made.fate.renewed;
            if lives {
                found
                    .findings
                    .push(super::common::made(code, made, Severity::High));
            }
        }
        if identity {
            found.fixes.push(
                Fix::new("Ask for the token in the handler").note(
                    "Call the decorated function where the request is handled, and build what needs the token there: \
                     `MCPClient(lambda: streamablehttp_client(url, headers=headers()))` with a `headers()` that asks for the token, \
                     or a model that is made in the entrypoint and kept per session.",
                ),
            );
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
