//! `auth-jwt-config`: If CUSTOM_JWT: discovery URL, audience, and client IDs configured.

use crate::checks::fixes;
use crate::checks::judge::{Problem, judge_sources};
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Authorizer, Context, JwtView, Layer, Origin, Seen};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, ResourceType, Severity};
use crate::model::known::Unread;
use crate::model::project::{Agent, Gateway};
use crate::oidc::path_behind_suffix;
use crate::shell::Command;

use super::placeholder::is_placeholder;

pub(super) static CHECK: Check = Check {
    id: "auth-jwt-config",
    title: "If CUSTOM_JWT: discovery URL, audience, and client IDs configured",
    category: Category::Authentication,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("auth_jwt_config.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/inbound-jwt-authorizer.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-oauth.html",
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CustomJWTAuthorizerConfiguration.html",
        "https://openid.net/specs/openid-connect-discovery-1_0.html",
    ],
    run,
};

/// The suffix that the CLI requires (OpenID Connect Discovery 1.0).
const SUFFIX: &str = "/.well-known/openid-configuration";
/// The suffix that the service accepts besides (RFC 8414).
const OAUTH_SUFFIX: &str = "/.well-known/oauth-authorization-server";

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let agents = project.agents().map(|agent| {
        let edit = |url: &str| {
            fixes::edit_agent(
                agent,
                ".authorizerConfiguration.customJwtAuthorizer.discoveryUrl = $url",
                &[("url", url)],
            )
        };
        outcome(
            context,
            agent.resource(),
            &context.authorizers(agent),
            || unread(context, agent),
            &edit,
        )
    });
    let gateways = project.gateways.iter().map(|gateway| {
        let layers: Vec<Layer<Authorizer>> = context
            .gateway_layers(gateway)
            .into_iter()
            .map(|layer| Layer::new(layer.origin, layer.value.authorizer, layer.evidence))
            .collect();
        let edit = |url: &str| gateway_edit(gateway, url);
        let resource = Resource::new(ResourceType::Gateway, &gateway.name);
        let unread = || context.unread("the gateway was not read", "bedrock-agentcore:GetGateway");
        outcome(context, resource, &layers, unread, &edit)
    });
    let outcomes: Vec<Outcome> = agents.chain(gateways).collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Agent, Listed::Gateway],
        "no runtime, harness or gateway is configured",
    )
}

fn unread(context: &Context, agent: Agent<'_>) -> Unread {
    context.agent_unread(agent)
}

fn gateway_edit(gateway: &Gateway, url: &str) -> Option<Command> {
    let edit = ".authorizerConfiguration.customJwtAuthorizer.discoveryUrl = $url";
    fixes::edit_entry("agentCoreGateways", &gateway.name, edit, &[("url", url)])
}

type UrlEdit<'a> = &'a dyn Fn(&str) -> Option<Command>;

fn outcome(
    context: &Context,
    resource: Resource,
    layers: &[Layer<Authorizer>],
    unread: impl FnOnce() -> Unread,
    edit: UrlEdit<'_>,
) -> Outcome {
    let uses_jwt = |layer: &Layer<Authorizer>| layer.value.kind.value == "CUSTOM_JWT";
    if !layers.is_empty() && !layers.iter().any(uses_jwt) {
        let kind = layers
            .first()
            .map_or("AWS_IAM", |layer| layer.value.kind.value.as_str());
        return Outcome::not_applicable(
            resource.clone(),
            format!("{resource} takes no tokens ({kind})"),
        );
    }
    judge_sources(context, resource.clone(), layers, unread, |layer| {
        if !uses_jwt(layer) {
            let (kind, origin) = (&layer.value.kind.value, layer.origin.words());
            return Ok(format!("{resource} takes no tokens ({kind}, {origin})"));
        }
        match &layer.value.jwt {
            None => {
                let message = format!(
                    "{resource} is CUSTOM_JWT without a customJwtAuthorizer: no token can be checked"
                );
                let note = "add authorizerConfiguration.customJwtAuthorizer with the discoveryUrl of your identity provider and at least one \
                        of allowedClients, allowedAudience, allowedScopes, customClaims";
                Err(Problem::new(message, layer.value.kind.evidence.clone())
                    .fix(Fix::new("Configure the authorizer").note(note)))
            }
            Some(jwt) => look(context, &resource, jwt, edit, layer.origin),
        }
    })
}

/// A fault: what is wrong, and where.
struct Fault {
    text: String,
    evidence: Evidence,
    fix: Fix,
}

fn look(
    context: &Context,
    resource: &Resource,
    jwt: &JwtView,
    edit: UrlEdit<'_>,
    origin: Origin,
) -> Result<String, Problem> {
    let mut faults = Vec::new();
    match &jwt.discovery_url {
        None => faults.push(Fault {
            text: "no discoveryUrl".to_owned(),
            evidence: jwt.evidence.clone(),
            fix: Fix::new("Name the identity provider")
                .note(format!("set discoveryUrl to ISSUER{SUFFIX}")),
        }),
        Some(url) => faults.extend(url_fault(context, url, edit, origin)),
    }
    let lists = [
        ("allowedAudience", &jwt.audience),
        ("allowedClients", &jwt.clients),
        ("allowedScopes", &jwt.scopes),
    ];
    for (key, values) in lists {
        faults.extend(values.iter().filter(|value| is_placeholder(&value.value)).map(|value| Fault {
            text: format!("{key} holds the placeholder {:?}", value.value),
            evidence: value.evidence.clone(),
            fix: Fix::new("Fill in the real values").note(format!(
                "replace it in {key} by what your tokens carry: `agentcore-harden token` shows the claims of a sample token and which list fits"
            )),
        }));
    }
    if lists.iter().all(|(_, values)| values.is_empty()) && jwt.claims.is_empty() && !jwt.workloads
    {
        faults.push(Fault {
            text: "none of allowedAudience, allowedClients, allowedScopes, customClaims: every token of the issuer is accepted".to_owned(),
            evidence: jwt.evidence.clone(),
            fix: Fix::new("Say which tokens are meant").note(
                "set at least one list: `agentcore-harden token` shows the claims of a sample token and which list fits",
            ),
        });
    }
    match faults.is_empty() {
        true => Ok(passed(resource, jwt)),
        false => Err(problem(resource, faults)),
    }
}

/// Whether a discovery document is that of a user pool of Amazon Cognito.
fn is_of_cognito(url: &Seen<String>) -> bool {
    let host = url.value.strip_prefix("https://cognito-idp.");
    host.is_some_and(|rest| {
        rest.split('/')
            .next()
            .is_some_and(|host| host.contains(".amazonaws.com"))
    })
}

fn passed(resource: &Resource, jwt: &JwtView) -> String {
    let mut set = Vec::new();
    for (key, length) in [
        ("allowedAudience", jwt.audience.len()),
        ("allowedClients", jwt.clients.len()),
        ("allowedScopes", jwt.scopes.len()),
        ("customClaims", jwt.claims.len()),
    ] {
        if length > 0 {
            set.push(key);
        }
    }
    let both = !jwt.audience.is_empty() && !jwt.clients.is_empty();
    let of_cognito = jwt.discovery_url.as_ref().is_some_and(is_of_cognito);
    let note = if of_cognito && jwt.clients.is_empty() && !jwt.audience.is_empty() {
        "; Amazon Cognito puts an audience into ID tokens, and into access tokens only where they are bound to a resource: callers that \
         send other access tokens get 401, and need allowedClients"
    } else if both {
        "; a token must satisfy both allowedClients and allowedAudience: many providers put only one of the two claims into a token"
    } else {
        ""
    };
    format!(
        "{resource} checks tokens by a discovery document and {}{note}",
        set.join(", ")
    )
}

fn problem(resource: &Resource, faults: Vec<Fault>) -> Problem {
    let texts: Vec<&str> = faults.iter().map(|fault| fault.text.as_str()).collect();
    let mut fixes: Vec<Fix> = Vec::new();
    for fault in &faults {
        if !fixes.contains(&fault.fix) {
            fixes.push(fault.fix.clone());
        }
    }
    Problem {
        message: format!(
            "the JWT authorizer of {resource} cannot work as configured: {}",
            texts.join("; ")
        ),
        severity: None,
        evidence: faults
            .into_iter()
            .map(|fault| fault.evidence.note(fault.text))
            .collect(),
        fixes,
    }
}

fn url_fault(
    context: &Context,
    url: &Seen<String>,
    edit: UrlEdit<'_>,
    origin: Origin,
) -> Option<Fault> {
    let text = url.value.as_str();
    let fault = |text: String, fix: Fix| {
        Some(Fault {
            text,
            evidence: url.evidence.clone(),
            fix,
        })
    };
    let by_hand = || {
        Fix::new("Name the identity provider").note(format!(
            "set discoveryUrl to ISSUER{SUFFIX}; ISSUER is the `iss` of your tokens"
        ))
    };
    if is_placeholder(text) {
        return fault(
            format!("discoveryUrl is the placeholder {text:?}"),
            by_hand(),
        );
    }
    let Ok(parsed) = url::Url::parse(text) else {
        return fault(format!("discoveryUrl {text:?} is no URL"), by_hand());
    };
    let secure = parsed.scheme() == "https";
    // The CLI refuses a path behind the suffix; the service accepts it from whoever sets it by other means.
    let behind = path_behind_suffix(text);
    let suffixed = text.ends_with(SUFFIX)
        || text.ends_with(OAUTH_SUFFIX)
        || behind && origin >= Origin::Template;
    if secure && suffixed {
        return None;
    }
    let said = match (secure, suffixed) {
        (false, _) => format!("discoveryUrl is {}, not https", parsed.scheme()),
        _ if behind => format!(
            "discoveryUrl has a path behind the well-known suffix, which the service accepts and the CLI refuses: it must end in {SUFFIX}"
        ),
        _ => format!("discoveryUrl does not end in {SUFFIX}"),
    };
    // Fixed where scheme and suffix are all that is wrong; a query or fragment leaves no place for the suffix.
    let clean = parsed.query().is_none()
        && parsed.fragment().is_none()
        && matches!(parsed.scheme(), "http" | "https");
    if !clean {
        return fault(said, by_hand());
    }
    let issuer = crate::oidc::base(text).filter(|_| behind);
    let text = issuer.as_deref().unwrap_or(text);
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let stem = rest
        .split("/.well-known/")
        .next()
        .unwrap_or(rest)
        .trim_end_matches('/');
    let suffix = if suffixed && text.ends_with(OAUTH_SUFFIX) {
        OAUTH_SUFFIX
    } else {
        SUFFIX
    };
    let fixed = format!("https://{stem}{suffix}");
    fault(
        said,
        fixes::edit_and_deploy(context, "Fix the discovery URL", edit(&fixed))
            .note("check that it answers before you deploy"),
    )
}
