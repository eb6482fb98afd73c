//! `code-identity-context`: Identity is asked where a request's context is.

use std::collections::BTreeSet;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::names::leaf;
use crate::analysis::runners::Runner;
use crate::analysis::tokens::{self, Sent, Unverified};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity, Status};
use crate::model::source::{EntrypointKind, Expr, ExprKind, FnId, Module};

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

/// Decorators of the SDK that ask Identity for what the function is given.
const ASKS: [&str; 3] = [
    "requires_access_token",
    "requires_api_key",
    "requires_iam_access_token",
];

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| {
        let asked = judge(code);
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

fn judge(code: &AgentCode<'_>) -> Outcome {
    let asking: BTreeSet<FnId> = code
        .modules()
        .flat_map(|module| &module.functions)
        .filter(|function| {
            function.decorators.iter().any(|decorator| {
                let target = decorator.as_call().map_or(decorator, |call| &call.callee);
                code.source
                    .canonical(function.id.module, target)
                    .is_some_and(|name| ASKS.contains(&leaf(&name)))
            })
        })
        .map(|function| function.id)
        .collect();
    let name = &code.runtime.name;
    if asking.is_empty() {
        let message = format!(
            "runtime {name} has no function that asks Identity for a credential ({})",
            code.scope()
        );
        return Outcome::pass(code.resource(), message);
    }
    let mut found: Vec<Evidence> = Vec::new();
    if !sets_context(code) {
        found.extend(beside_the_sdk(code, &asking));
    }
    for (module, _, expr) in code.calls() {
        found.extend(without_context(code, &asking, module, expr));
    }
    let Some(first) = found.first() else {
        let message = format!(
            "the {} function(s) of runtime {name} that ask Identity for a credential run within a request",
            asking.len()
        );
        return Outcome::pass(code.resource(), message);
    };
    let message = format!(
        "runtime {name}: {}: there is no workload access token, and the call fails once it is deployed",
        first.note
    );
    Outcome::fail(code.resource(), message).evidences(found).fix(
        Fix::new("Ask within the request").note(
            "Serve with BedrockAgentCoreApp, which keeps the request's workload access token, or set it in the web app's handler from the header WorkloadAccessToken \
             (`BedrockAgentCoreContext.set_workload_access_token`). Start threads with the context: `executor.submit(contextvars.copy_context().run, work)`, or use `asyncio.to_thread`, which copies it",
        ),
    )
}

/// Whether the code keeps the workload access token itself.
fn sets_context(code: &AgentCode<'_>) -> bool {
    code.calls().any(|(_, _, expr)| {
        expr.as_call().is_some_and(|call| {
            matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if attr.contains("workload_access_token") || attr.contains("WorkloadAccessToken"))
        })
    })
}

/// Routes of a plain web app that ask, where no app of the SDK serves.
fn beside_the_sdk(code: &AgentCode<'_>, asking: &BTreeSet<FnId>) -> Vec<Evidence> {
    let by_sdk = code.calls().any(|(module, _, expr)| {
        code.source
            .callee_name(module.id, expr)
            .is_some_and(|name| {
                matches!(
                    leaf(name),
                    "BedrockAgentCoreApp" | "serve_a2a" | "serve_ag_ui" | "AGUIApp"
                )
            })
    });
    if by_sdk {
        return Vec::new();
    }
    let routes = code
        .code
        .entrypoints
        .iter()
        .filter(|entry| entry.kind == EntrypointKind::Route);
    routes
        .filter_map(|entry| {
            let function = entry.function?;
            let reaches = code
                .source
                .reach(function)
                .iter()
                .any(|id| asking.contains(id));
            let about = code.source.function(function)?;
            reaches.then(|| {
                agent_code::evidence(code.source, function.module, about.header).note(format!(
                    "the route {} of a plain web app asks Identity, and no BedrockAgentCoreApp keeps the request's token",
                    about.name
                ))
            })
        })
        .collect()
}

/// A thread that is started without the context and that asks.
fn without_context(
    code: &AgentCode<'_>,
    asking: &BTreeSet<FnId>,
    module: &Module,
    expr: &Expr,
) -> Option<Evidence> {
    let call = expr.as_call()?;
    let written = match &call.callee.kind {
        ExprKind::Name(name) => &**name,
        ExprKind::Attribute { attr, .. } => &**attr,
        _ => return None,
    };
    let target = Runner::of(call)
        .filter(|runner| runner.bare)?
        .function(call)?;
    let function = code.source.function_value(module.id, target)?;
    let reaches = code
        .source
        .reach(function)
        .iter()
        .any(|id| asking.contains(id));
    reaches.then(|| {
        agent_code::evidence(code.source, module.id, expr.range).note(format!(
            "{written} starts a function that asks Identity in a thread without the request's context"
        ))
    })
}
