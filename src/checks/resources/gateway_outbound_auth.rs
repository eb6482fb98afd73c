//! `gateway-outbound-auth`: Gateway auth configured (if using gateway).

use super::open_backend;
use super::outbound_rules::{NoneMeans, Rule, rule};
use super::runtime_endpoint::{self, RuntimeEndpoint};
use crate::checks::fixes;
use crate::checks::judge::{Problem, judge_sources};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, Layer, Origin, TargetView};
use crate::model::finding::{Fix, Outcome, Resource, ResourceType, Severity, Status};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::{Gateway, GatewayTarget};
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "gateway-outbound-auth",
    title: "Gateway auth configured (if using gateway)",
    category: Category::Resources,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("gateway_outbound_auth.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway-outbound-auth.html",
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CredentialProviderConfiguration.html",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let targets = project
        .gateways
        .iter()
        .flat_map(|gateway| gateway.targets.iter().map(move |target| (gateway, target)));
    let outcomes: Vec<Outcome> = targets
        .map(|(gateway, target)| outcome(context, gateway, target))
        .collect();
    if outcomes.is_empty() {
        let message = match project.unassigned_targets.len() {
            0 => "no gateway target is configured".to_owned(),
            count => {
                format!("no gateway has a target; {count} in unassignedTargets are not deployed")
            }
        };
        return vec![unconfigured(context, &[Listed::Gateway], message)];
    }
    outcomes
}

fn outcome(context: &Context, gateway: &Gateway, target: &GatewayTarget) -> Outcome {
    let resource = Resource::new(
        ResourceType::GatewayTarget,
        format!("{}/{}", gateway.name, target.name),
    );
    let unread = || {
        context.unread(
            "the target was not read",
            "bedrock-agentcore:GetGatewayTarget",
        )
    };
    let layers = context.target_layers(gateway, target);
    let known = |layer: &Layer<TargetView>| rule(&layer.value).is_some();
    if !layers.is_empty() && !layers.iter().any(known) {
        let kind = layers
            .first()
            .and_then(|layer| layer.value.kind.as_ref())
            .map_or("(none)", |kind| kind.value.as_str());
        let reason = Unread::new(
            ReasonCode::Unsupported,
            format!("the outbound auth of target type {kind} is not known to this version"),
        );
        return Outcome::skipped(resource, reason);
    }
    let layers: Vec<Layer<TargetView>> = layers.into_iter().filter(known).collect();
    let outcome = judge_sources(context, resource.clone(), &layers, unread, |layer| {
        let fix = || fix(context, gateway, target, &layer.value);
        let looked = match layer.origin {
            Origin::Template | Origin::Live => look_made(context, &resource, &layer.value),
            Origin::Config | Origin::Predicted => look(context, &resource, &layer.value),
        };
        looked.map_err(|problem| problem.fix(fix()))
    });
    behind(context, gateway, target, outcome)
}

/// What the gateway proves is worth nothing where the backend lets anybody in.
fn behind(
    context: &Context,
    gateway: &Gateway,
    target: &GatewayTarget,
    outcome: Outcome,
) -> Outcome {
    let open = context
        .target_in_template(gateway, target)
        .and_then(|(template, found)| open_backend::of(template, found));
    match open {
        Some((words, evidence)) if outcome.status == Status::Pass => {
            let message = format!(
                "{} calls a backend that is open to anybody: {words}, so that what the gateway sends with its calls protects nothing",
                outcome.resource
            );
            Outcome::fail(outcome.resource, message).evidence(evidence).fix(
                Fix::new("Let the backend check who calls").note(
                    "AWS_IAM (AuthorizationType, AuthType) for a gateway that signs with its role, or an authorizer or API key that fits the target's outbound auth",
                ),
            )
        }
        _ => outcome,
    }
}

fn look(context: &Context, resource: &Resource, view: &TargetView) -> Result<String, Problem> {
    let Some(rule) = rule(view) else {
        return Ok(String::new());
    };
    let auth = view.auth.value.as_str();
    let at = view.auth.evidence.clone();
    if auth == "NONE" {
        return without_auth(context, resource, view, rule);
    }
    signed_only(context, resource, view)?;
    if !rule.takes.contains(&auth) {
        let takes = if rule.takes.is_empty() {
            "none: the gateway signs with its role".to_owned()
        } else {
            rule.takes.join(" or ")
        };
        return Err(Problem::new(
            format!(
                "{resource} is {} with outbound auth {auth}, which that type does not take ({takes})",
                rule.kind
            ),
            at,
        ));
    }
    match auth {
        "GATEWAY_IAM_ROLE" if view.service.is_none() => Err(Problem::new(
            format!(
                "{resource} signs with the gateway's role but names no outboundAuth.service to sign for"
            ),
            at,
        )),
        "GATEWAY_IAM_ROLE" | "JWT_PASSTHROUGH" => {
            Ok(format!("{resource} calls its backend with {auth}"))
        }
        _ => credential(context, resource, view, auth),
    }
}

/// A target that was made: the service takes more combinations than the CLI and has checked this one, so that only what it
/// cannot see is judged: a call without a credential, and a credential provider that is gone.
fn look_made(context: &Context, resource: &Resource, view: &TargetView) -> Result<String, Problem> {
    let Some(rule) = rule(view) else {
        return Ok(String::new());
    };
    let auth = view.auth.value.as_str();
    match auth {
        "NONE" => return without_auth(context, resource, view, rule),
        "GATEWAY_IAM_ROLE" if rule.none == NoneMeans::GatewayRole => {
            return without_auth(context, resource, view, rule);
        }
        _ => signed_only(context, resource, view)?,
    }
    let providers = context
        .aws
        .read()
        .and_then(|state| state.credential_providers.read());
    if let (Some(arn), Some(providers)) = (&view.provider, providers)
        && !providers.iter().any(|provider| provider.arn == *arn)
    {
        let name = view.credential.as_ref().map_or(arn, |name| &name.value);
        let message = format!(
            "{resource} has outbound auth {auth} by credential {name:?}, which does not exist in the account: its calls fail"
        );
        return Err(Problem::new(message, view.auth.evidence.clone()));
    }
    Ok(match &view.credential {
        Some(name) => format!(
            "{resource} calls its backend with {auth} by credential {:?}",
            name.value
        ),
        None => format!("{resource} calls its backend with {auth}"),
    })
}

/// The runtime of AgentCore that a target's endpoint is.
fn called<'a>(context: &'a Context, view: &TargetView) -> Option<RuntimeEndpoint<'a>> {
    runtime_endpoint::of(context, &view.endpoint.as_ref()?.value)
}

/// A token, or none, for a runtime of the project that takes SigV4: it refuses every call.
fn signed_only(context: &Context, resource: &Resource, view: &TargetView) -> Result<(), Problem> {
    let auth = view.auth.value.as_str();
    let called = called(context, view).filter(RuntimeEndpoint::signed);
    match called.and_then(|called| called.own) {
        Some(runtime) if auth == "OAUTH" => {
            let message = format!(
                "{resource} sends a token to runtime {}, which takes SigV4 (AWS_IAM): its calls are refused (authorization method mismatch)",
                runtime.name
            );
            Err(Problem::new(message, view.auth.evidence.clone()))
        }
        _ => Ok(()),
    }
}

fn without_auth(
    context: &Context,
    resource: &Resource,
    view: &TargetView,
    rule: &Rule,
) -> Result<String, Problem> {
    let at = view.auth.evidence.clone();
    if let Some(name) = &view.runtime
        && rule.kind == "httpRuntime"
        && let Some(runtime) = context
            .project
            .runtimes
            .iter()
            .find(|runtime| runtime.name == *name)
        && runtime
            .common
            .authorizer_type
            .as_ref()
            .is_some_and(|kind| kind.value == "CUSTOM_JWT")
    {
        let message = format!(
            "{resource} signs with the gateway's role, but runtime {name} takes only tokens (CUSTOM_JWT): its calls are refused"
        );
        return Err(Problem::new(message, at));
    }
    match rule.none {
        NoneMeans::GatewayRole => Ok(format!(
            "{resource} is {}: the gateway signs with its role",
            rule.kind
        )),
        NoneMeans::Refused => Err(Problem::new(
            format!(
                "{resource} is {} without outbound auth; the type needs {}",
                rule.kind,
                rule.takes.join(" or ")
            ),
            at,
        )),
        NoneMeans::Nothing if view.own_compute && view.endpoint.is_none() => Ok(format!(
            "{resource} is code that the project deploys: the gateway calls it with its role"
        )),
        NoneMeans::Nothing => {
            if let Some(called) = called(context, view) {
                let (runtime, takes) = match called.own {
                    Some(runtime) if called.signed() => {
                        (format!("runtime {}", runtime.name), "SigV4 (AWS_IAM)")
                    }
                    Some(runtime) => (format!("runtime {}", runtime.name), "tokens (CUSTOM_JWT)"),
                    None => ("a runtime of AgentCore".to_owned(), "SigV4 or tokens"),
                };
                let message = format!(
                    "{resource} calls {runtime} without a credential (outbound auth NONE), and a runtime takes only {takes}: its calls are refused"
                );
                return Err(Problem::new(message, at));
            }
            let endpoint = view
                .endpoint
                .as_ref()
                .map_or("an endpoint", |endpoint| endpoint.value.as_str());
            Err(Problem::new(
                format!(
                    "{resource} calls {endpoint} without a credential (outbound auth NONE): anyone who finds the address can call it"
                ),
                at,
            ))
        }
    }
}

fn credential(
    context: &Context,
    resource: &Resource,
    view: &TargetView,
    auth: &str,
) -> Result<String, Problem> {
    let Some(name) = &view.credential else {
        return Err(Problem::new(
            format!("{resource} has outbound auth {auth} and names no credential"),
            view.auth.evidence.clone(),
        ));
    };
    let found = context
        .project
        .credentials
        .iter()
        .find(|credential| credential.name == name.value);
    let Some(found) = found else {
        return Err(Problem::new(
            format!(
                "{resource} names the credential {:?}, which is not in credentials[]",
                name.value
            ),
            name.evidence.clone(),
        ));
    };
    let wanted = provider(auth);
    match &found.kind {
        Some(kind) if kind.value != wanted => {
            let message = format!(
                "{resource} has outbound auth {auth}, but credential {:?} is a {}",
                name.value, kind.value
            );
            Err(Problem::new(message, name.evidence.clone()))
        }
        _ => Ok(format!(
            "{resource} calls its backend with {auth} by credential {:?}",
            name.value
        )),
    }
}

/// The `authorizerType` of a credential that serves an outbound auth.
fn provider(auth: &str) -> &'static str {
    if auth == "OAUTH" {
        "OAuthCredentialProvider"
    } else {
        "ApiKeyCredentialProvider"
    }
}

/// Takes a credential of the project where exactly one fits; secrets are not for the command line, so making one is left to
/// the CLI's own prompt.
fn fix(context: &Context, gateway: &Gateway, target: &GatewayTarget, view: &TargetView) -> Fix {
    let takes = rule(view).map_or(&[] as &[&str], |rule| rule.takes);
    let signed = called(context, view).filter(RuntimeEndpoint::signed);
    if let Some(runtime) = signed.and_then(|called| called.own) {
        return sign(gateway, target, &runtime.name);
    }
    let edit = |filter: &str, args: &[(&str, &str)]| {
        let filter = format!("(.targets[] | select(.name == $target)) |= ({filter})");
        let mut all = vec![("target", target.name.as_str())];
        all.extend_from_slice(args);
        fixes::edit_entry("agentCoreGateways", &gateway.name, &filter, &all)
    };
    if takes.is_empty() {
        return fixes::edit_and_deploy(
            context,
            "Let the gateway sign with its role",
            edit("del(.outboundAuth)", &[]),
        );
    }
    let fits = |auth: &str| -> Vec<&str> {
        let of_kind = context.project.credentials.iter().filter(|each| {
            each.kind
                .as_ref()
                .is_some_and(|kind| kind.value == provider(auth))
        });
        of_kind.map(|each| each.name.as_str()).collect()
    };
    let with_credential: Vec<&str> = takes
        .iter()
        .copied()
        .filter(|auth| matches!(*auth, "OAUTH" | "API_KEY"))
        .collect();
    let candidates: Vec<(&str, &str)> = with_credential
        .iter()
        .flat_map(|auth| fits(auth).into_iter().map(move |name| (*auth, name)))
        .collect();
    if let [(auth, name)] = candidates.as_slice() {
        let filter = ".outboundAuth = {type: $auth, credentialName: $credential}";
        let title = format!("Call it with the credential {name}");
        return fixes::edit_and_deploy(context, &title, edit(filter, &[("auth", auth), ("credential", name)]))
            .note("where that credential is for this backend; else add one with `agentcore add credential`");
    }
    Fix::new("Give the target a credential").note(format!(
        "add one with `agentcore add credential` (it asks, so that no secret ends up in the shell's history), then set outboundAuth of the target to \
         {{\"type\": \"{}\", \"credentialName\": NAME}} and deploy. A backend that is public on purpose: an [[ignore]] with its reason",
        with_credential.join("\" or \"")
    ))
}

/// Ways to a runtime that takes SigV4. The service signs an MCP target with the gateway's role; the CLI's schema cannot say so.
fn sign(gateway: &Gateway, target: &GatewayTarget, runtime: &str) -> Fix {
    let add = Command::new("agentcore")
        .args(["add", "gateway-target"])
        .opt("--name", target.name.as_str())
        .opt("--gateway", "NAME")
        .opt("--type", "http-runtime")
        .opt("--runtime", runtime);
    Fix::new("Let the two agree on how the gateway proves itself").note(format!(
        "Keep AWS_IAM and let the gateway sign with its role. The service does so for an MCP target (GATEWAY_IAM_ROLE with service bedrock-agentcore); the CLI's schema \
         cannot write it: in agentcore/cdk/lib/cdk-stack.ts override CredentialProviderConfigurations of the target with {{\"CredentialProviderType\": \"GATEWAY_IAM_ROLE\", \
         \"CredentialProvider\": {{\"IamCredentialProvider\": {{\"Service\": \"bedrock-agentcore\"}}}}}} (or set it with `aws bedrock-agentcore-control update-gateway-target`), \
         and allow the gateway's role bedrock-agentcore:InvokeAgentRuntime on runtime {runtime} and its endpoint. Or make runtime {runtime} \
         take tokens (authorizerType CUSTOM_JWT with the discovery URL and the clients of your identity provider), register that provider's client with \
         `agentcore add credential`, and set outboundAuth of the target to {{\"type\": \"OAUTH\", \"credentialName\": NAME}}: the tools stay in the catalog of \
         gateway {}. Or give the catalog up: make a gateway with `agentcore add gateway --protocol-type None` (such targets go in no other), add the \
         runtime there with `{add}`, and remove this target: the gateway then passes requests through and has no catalog of tools",
        gateway.name
    ))
}
