//! `code-identity-context`: Identity is asked where a request's context is.

use std::collections::BTreeSet;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::identity;
use crate::analysis::tokens::{self, Sent, Unverified};
use crate::analysis::values::At;
use crate::checks::{Category, Check, Need};
use crate::context::{Context, installed};
use crate::model::finding::{Evidence, Fix, Outcome, Severity, Status};
use crate::model::source::FnId;

pub(super) static CHECK: Check = Check {
    id: "code-identity-context",
    title: "Identity rests on the request's context and on tokens that are checked",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("code_identity_context.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/identity.html",
        "https://docs.python.org/3/library/contextvars.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| {
        let asked = judge(context, code);
        // What Identity is asked without a context fails at once; a claim that nobody checked works for whoever made it up.
        match asked.status {
            Status::Fail => asked,
            _ => unverified(code).unwrap_or(asked),
        }
    })
}

/// Claims that are read of a token whose signature nothing checks.
fn unverified(code: &AgentCode<'_>) -> Option<Outcome> {
    let found = tokens::unverified(code);
    let words = |one: &Unverified<'_>| match one.sent {
        Sent::Payload => {
            "reads the claims of a token from the payload, and nothing checks its signature"
        }
        Sent::Header => {
            "reads the claims of a token from a header of its own, and nothing checks its signature"
        }
    };
    let first = found.first()?;
    let message = format!(
        "runtime {} {}: whoever may call it can name any user, role or group",
        code.runtime.name,
        words(first)
    );
    let sites = found
        .iter()
        .map(|one| agent_code::evidence(code.source, one.module, one.expr.range).note(words(one)));
    Some(Outcome::fail(code.resource(), message).severity(Severity::Medium).evidences(sites).fix(
        Fix::new("Check the token before its claims are believed").note(
            "Let the platform do it: authorizerType CUSTOM_JWT, and `Authorization` on requestHeaderAllowlist, from which the code then takes the token instead of from the payload. \
             Or check it with the issuer's keys: Python `jwt.decode(token, PyJWKClient(jwks_url).get_signing_key_from_jwt(token).key, algorithms=[\"RS256\"], audience=…, issuer=…)`, \
             TypeScript `jwtVerify(token, createRemoteJWKSet(new URL(jwksUrl)), { issuer, audience })` of jose. A backend that has checked the token may send the user's id instead of the token",
        ),
    ))
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let asking = identity::asking(code);
    let name = &code.runtime.name;
    if asking.is_empty() {
        let message = match identity::asks_by_client(code) {
            true => format!(
                "runtime {name} asks Identity for a credential by its client, and takes no token for it from the context of the request"
            ),
            false => format!(
                "runtime {name} has no function that asks Identity for a credential ({})",
                code.scope()
            ),
        };
        return Outcome::pass(code.resource(), message);
    }
    let mut found: Vec<Evidence> = Vec::new();
    if !identity::keeps_token(code) && !identity::is_served_by_sdk(code) {
        found.extend(beside_the_sdk(code, &asking));
    }
    found.extend(without_context(context, code, &asking));
    found.extend(when_loaded(code));
    let Some(first) = found.first() else {
        let message = match asking.len() {
            1 => format!(
                "the one function of runtime {name} that asks Identity for a credential runs within a request"
            ),
            count => format!(
                "the {count} functions of runtime {name} that ask Identity for a credential run within a request"
            ),
        };
        return Outcome::pass(code.resource(), message);
    };
    let message = format!(
        "runtime {name}: {}: there is no workload access token, and the call fails once it is deployed",
        first.note
    );
    Outcome::fail(code.resource(), message).evidences(found).fix(
        Fix::new("Ask within the request").note(
            "Serve with BedrockAgentCoreApp, which keeps the request's workload access token, or set it in the web app's handler from the header WorkloadAccessToken \
             (`BedrockAgentCoreContext.set_workload_access_token`). Call it in the handler, not while a module is loaded. Start threads with the context: `executor.submit(contextvars.copy_context().run, work)`, or use `asyncio.to_thread`, which copies it",
        ),
    )
}

/// Routes of a plain web app that ask, where no app of the SDK serves.
fn beside_the_sdk(code: &AgentCode<'_>, asking: &BTreeSet<FnId>) -> Vec<Evidence> {
    let routes = identity::routes(code, asking).into_iter();
    routes
        .map(|route| {
            agent_code::evidence(code.source, route.id.module, route.header).note(format!(
                "the route {} of a plain web app asks Identity, and no BedrockAgentCoreApp keeps the request's token",
                route.name
            ))
        })
        .collect()
}

/// Calls that ask before there is a request.
fn when_loaded(code: &AgentCode<'_>) -> Vec<Evidence> {
    let note = "asks Identity when the module is loaded, before there is a request";
    calling(code, identity::when_loaded(code), note)
}

/// The first minor version of Python 3 whose threads may be given a context.
const THREADS_TAKE_A_CONTEXT: u32 = 14;

/// Threads that are started without the context and that ask.
fn without_context(
    context: &Context,
    code: &AgentCode<'_>,
    asking: &BTreeSet<FnId>,
) -> Vec<Evidence> {
    let resource = code.resource().to_string();
    let manifests = context.files.manifests.get(&resource);
    let minor = installed::python_minor(code.runtime, manifests);
    let inherits = minor.is_some_and(|minor| minor >= THREADS_TAKE_A_CONTEXT);
    let note = "starts a function that asks Identity in a thread without the request's context";
    let calls = identity::out_of_context(code, asking, inherits);
    calling(code, calls, note)
}

/// Calls, each with its name as written and what it does.
fn calling(code: &AgentCode<'_>, calls: Vec<(&str, At<'_>)>, does: &str) -> Vec<Evidence> {
    let evidence = |(written, at): (&str, At<'_>)| {
        agent_code::evidence(code.source, at.module, at.expr.range)
            .note(format!("{written} {does}"))
    };
    calls.into_iter().map(evidence).collect()
}
