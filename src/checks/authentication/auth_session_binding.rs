//! `auth-session-binding`: Session ids are bound to the authenticated user.

use crate::analysis::agent_code;
use crate::analysis::clients::places::Places;
use crate::analysis::clients::{self, Call, Kind};
use crate::analysis::session_ids::{self, Flaw};
use crate::checks::callers;
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};

pub(super) static CHECK: Check = Check {
    id: "auth-session-binding",
    title: "Session ids are bound to the authenticated user",
    category: Category::Authentication,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("auth_session_binding.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-sessions.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let resource = context.project.resource();
    if context.project.agents().next().is_none() {
        let message = "no runtime is configured";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    let source = &context.source;
    let calls = clients::find(source);
    let places = Places::new(source);
    let begun: Vec<&Call<'_>> = calls
        .iter()
        .filter(|call| matches!(call.kind, Kind::Invoke | Kind::Command | Kind::Socket))
        .collect();
    let mut found: Vec<Evidence> = Vec::new();
    let mut handed: Vec<Evidence> = Vec::new();
    let mut unverified: Vec<Evidence> = Vec::new();
    let mut local: Vec<Evidence> = Vec::new();
    for call in &begun {
        for (flaw, at) in session_ids::flaws(source, &places, call) {
            let evidence = agent_code::evidence(source, at.module, at.expr.range);
            if places.is_local_server(at.module) || places.serves_a_developer(call.function) {
                let note = "a server that a developer starts for themselves, on the machine's own address: whoever sends the request is the one user";
                local.push(evidence.note(note).context());
                continue;
            }
            let evidence = evidence.note(note(flaw));
            let list = match flaw {
                Flaw::Given => &mut handed,
                Flaw::Unverified => &mut unverified,
                Flaw::Padded | Flaw::Chosen | Flaw::Shared | Flaw::User => &mut found,
            };
            list.push(evidence);
        }
    }
    let invoker = context.files.contents.lambda_callers.first();
    if invoker.is_none() {
        found.append(&mut handed);
    }
    for list in [&mut found, &mut local, &mut unverified] {
        list.sort_by_key(|evidence| {
            let site = evidence.site.as_ref();
            let span = site.and_then(|site| site.span);
            (
                site.map(|site| site.path.clone()),
                span.map(|span| (span.line, span.column)),
            )
        });
        list.dedup_by(|one, other| one.site == other.site);
    }
    let scope = callers::scope(context);
    let outcome = match found.first() {
        None if !handed.is_empty() => {
            let path = invoker.map_or("", String::as_str);
            let message = format!(
                "the session id is what the Lambda function was invoked with, and {path} invokes functions: see that it makes the id, or binds it to the user"
            );
            let reason = Unread::new(
                ReasonCode::Unsupported,
                "what one Lambda function hands to another is not followed",
            );
            Outcome::manual(resource, message, reason).evidences(handed)
        }
        None if !unverified.is_empty() => {
            let message = "the session id is of a token whose signature nothing in the service is seen to check: see that something before it does (an authorizer of API Gateway, a load balancer), or check it before its claims are read";
            let reason = Unread::new(
                ReasonCode::Unsupported,
                "what stands before the service is not read",
            );
            Outcome::manual(resource, message, reason).evidences(unverified)
        }
        None => Outcome::pass(
            resource,
            match begun.len() {
                0 => callers::nowhere(context, "invokes a runtime"),
                count => format!(
                    "no session id of the {count} call(s) of runtimes in {scope} is seen to be the sender's own choice{}",
                    match local.is_empty() {
                        true => "",
                        false => ", but in a server that a developer starts for themselves",
                    }
                ),
            },
        ),
        Some(first) => {
            let path = first.site.as_ref().map_or("", |site| &*site.path);
            let message = format!("{path}: {}", first.note);
            Outcome::fail(resource, message).evidences(found).fix(
                Fix::new("Make the id from the authenticated user").note(
                    "Derive the id from a verified claim and the conversation, for example a hash of `sub` and the conversation's id, or keep the ids of each user on the server and \
                     look them up. Where the client sends an id, check that it belongs to the user before the call. The service authorizes the runtime, not the session. \
                     Pad with a separator that the value cannot hold, or hash: then no two values meet",
                ),
            )
        }
    };
    vec![callers::honest_of_callers(
        context,
        outcome.evidences(local),
    )]
}

fn note(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Padded => {
            "the session id is padded with a character that the value may hold: two users can get the same session"
        }
        Flaw::Shared => {
            "the session id is the same for every user of this service: one user's messages, files and answers are in the session of the next"
        }
        Flaw::Unverified => {
            "the id is of a token that the sender gives, and nothing here checks its signature: whoever writes a token with another user's claims enters that user's session"
        }
        Flaw::User => {
            "the runtime user id comes from the request and is bound to no user: a caller who sends another user's id acts as that user, with the tokens that are kept for them"
        }
        Flaw::Chosen | Flaw::Given => {
            "the session id comes from the request and is bound to no user: a caller who sends another user's id enters that user's session"
        }
    }
}
