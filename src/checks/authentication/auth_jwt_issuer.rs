//! `auth-jwt-issuer`: If CUSTOM_JWT: issuer matches the discovery URL and its keys are usable.

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need, fixes};
use crate::context::{Authorizer as View, Context, Layer, Origin, Seen};
use crate::model::finding::{Evidence, Fix, Outcome, Severity, Status};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::oidc::authorizer::{self, Authorizer, Kind};
use crate::oidc::discovery::{Discovery, IssuerRule, issuer_rule};
use crate::oidc::keys::{Jwks, KeySet};
use crate::oidc::remedy::Remedy;
use crate::oidc::{base, discovery_url};
use crate::shell;

pub(super) static CHECK: Check = Check {
    id: "auth-jwt-issuer",
    title: "If CUSTOM_JWT: issuer matches the discovery URL and its keys are usable",
    category: Category::Authentication,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws, Need::Network],
    page: include_str!("auth_jwt_issuer.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/inbound-jwt-authorizer.html",
        "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation",
        "https://www.rfc-editor.org/rfc/rfc8414#section-3.3",
        "https://www.rfc-editor.org/rfc/rfc7517",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let agents = project.agents().map(|agent| {
        let layers = context.authorizers(agent);
        outcome(context, &authorizer::of_agent(project, agent), layers)
    });
    let gateways = project.gateways.iter().map(|gateway| {
        let layers = context.gateway_layers(gateway).into_iter();
        let layers =
            layers.map(|layer| Layer::new(layer.origin, layer.value.authorizer, layer.evidence));
        outcome(
            context,
            &authorizer::of_gateway(project, gateway),
            layers.collect(),
        )
    });
    let outcomes: Vec<Outcome> = agents.chain(gateways).flatten().collect();
    if outcomes.is_empty() {
        let message = "no runtime, harness or gateway validates JWTs (CUSTOM_JWT)";
        return vec![unconfigured(
            context,
            &[Listed::Agent, Listed::Gateway],
            message,
        )];
    }
    outcomes
}

/// The configured authorizer, then those of the template and of AWS where they name another discovery URL.
fn outcome(
    context: &Context,
    authorizer: &Authorizer<'_>,
    layers: Vec<Layer<View>>,
) -> Option<Outcome> {
    let configured = (authorizer.kind != Kind::AwsIam && authorizer.kind != Kind::None)
        .then(|| judge(context, authorizer))
        .flatten();
    let mut urls: Vec<String> = Vec::new();
    urls.extend(
        authorizer
            .jwt
            .and_then(|jwt| Some(jwt.discovery_url.as_ref()?.value.clone())),
    );
    let mut failed: Vec<(Origin, Outcome)> = Vec::new();
    let mut rest: Vec<(Origin, Outcome)> = Vec::new();
    let mut sort = |origin: Origin, outcome: Outcome| match outcome.status {
        Status::Fail => failed.push((origin, outcome)),
        _ => rest.push((origin, outcome)),
    };
    let config_fails = configured
        .as_ref()
        .is_some_and(|outcome| outcome.status == Status::Fail);
    if let Some(configured) = configured {
        sort(Origin::Config, configured);
    }
    for layer in layers
        .iter()
        .filter(|layer| layer.origin >= Origin::Template)
    {
        let Some(jwt) = &layer.value.jwt else {
            continue;
        };
        let Some(url) = jwt
            .discovery_url
            .as_ref()
            .filter(|url| !urls.contains(&url.value))
        else {
            continue;
        };
        urls.push(url.value.clone());
        let mut found = judge_url(context, authorizer, url, jwt.private_endpoint);
        if found.status == Status::Fail {
            found.message = format!("{} ({})", found.message, layer.origin.words());
            if !config_fails {
                found.fixes = vec![fixes::deploy_what_is_configured(context)];
            }
        }
        sort(layer.origin, found);
    }
    combined(failed, rest)
}

/// A failure of any source; else what the strongest source that could be judged says; else why none could be.
fn combined(failed: Vec<(Origin, Outcome)>, rest: Vec<(Origin, Outcome)>) -> Option<Outcome> {
    let mut failures = failed.into_iter().map(|(_, outcome)| outcome);
    if let Some(mut first) = failures.next() {
        for other in failures {
            first.message = format!("{}; {}", first.message, other.message);
            first.evidence.extend(other.evidence);
            first.fixes.extend(other.fixes);
        }
        return Some(first);
    }
    let rank = |(origin, outcome): &(Origin, Outcome)| (outcome.status == Status::Pass, *origin);
    rest.into_iter()
        .max_by_key(rank)
        .map(|(_, outcome)| outcome)
}

fn judge(context: &Context, authorizer: &Authorizer<'_>) -> Option<Outcome> {
    let resource = authorizer.resource.clone();
    let jwt = match authorizer.jwt {
        Some(jwt) => jwt,
        None if authorizer.kind == Kind::CustomJwt => {
            let message = format!("{resource} is CUSTOM_JWT and has no customJwtAuthorizer");
            return Some(
                Outcome::fail(resource, message).evidence(Evidence::config(authorizer.site)),
            );
        }
        None => return None,
    };
    let Some(url) = &jwt.discovery_url else {
        let message = format!("{resource} names no discoveryUrl, so no issuer is known");
        return Some(Outcome::fail(resource, message).evidence(Evidence::config(&jwt.site)));
    };
    Some(judge_url(
        context,
        authorizer,
        &Seen::config(url),
        jwt.private_endpoint,
    ))
}

fn judge_url(
    context: &Context,
    authorizer: &Authorizer<'_>,
    url: &Seen<String>,
    private_endpoint: bool,
) -> Outcome {
    let resource = authorizer.resource.clone();
    if private_endpoint {
        let message = format!(
            "{resource} reaches its identity provider over a privateEndpoint, which cannot be followed from here"
        );
        return Outcome::skipped(resource, Unread::new(ReasonCode::Unsupported, message));
    }
    if base(&url.value).is_none() || !url.value.starts_with("https://") {
        let message = format!(
            "the discovery URL of {resource} is not an https URL that ends in {}: AgentCore does not accept it",
            crate::oidc::SUFFIX
        );
        return Outcome::fail(resource, message).evidence(url.evidence.clone());
    }
    match context.discovery(&url.value) {
        Ok(document) => judge_document(context, authorizer, url, document),
        Err(reason) => Outcome::skipped(resource, reason).evidence(url.evidence.clone().context()),
    }
}

fn judge_document(
    context: &Context,
    authorizer: &Authorizer<'_>,
    url: &Seen<String>,
    document: &Discovery,
) -> Outcome {
    let resource = authorizer.resource.clone();
    let evidence = |note: String| url.evidence.clone().note(note);
    let fail = |message: String, note: String| {
        Outcome::fail(resource.clone(), message).evidence(evidence(note))
    };
    if let Some(fault) = &document.fault {
        let message = format!(
            "the discovery document of {resource} cannot be used ({fault}): AgentCore finds no issuer and no keys, and refuses every token"
        );
        return fail(message, fault.clone()).fix(Fix::new("Configure the discovery URL that the identity provider serves")
            .note("open it in a browser: it must answer with JSON that holds issuer and jwks_uri, over https, without a login"));
    }
    let issuer = document.issuer.as_deref().unwrap_or_default();
    let rule = issuer_rule(&url.value, issuer);
    if !rule.holds() {
        let message = format!(
            "the discovery document of {resource} names the issuer {issuer:?}, {}: AgentCore refuses its tokens",
            mismatch(rule)
        );
        return fixed(context, authorizer, url, issuer, rule)
            .into_iter()
            .fold(fail(message, format!("issuer is {issuer:?}")), Outcome::fix);
    }
    let jwks = match &document.jwks {
        Known::Read(jwks) => jwks,
        Known::Absent => {
            return fail(
                format!(
                    "the discovery document of {resource} names no jwks_uri: no token can be verified"
                ),
                "no jwks_uri".to_owned(),
            );
        }
        Known::Unread(reason) => {
            return Outcome::skipped(resource.clone(), reason.clone()).evidence(
                evidence(format!(
                    "issuer {issuer:?} fits; jwks_uri {:?} was not read",
                    document.jwks_uri.as_deref().unwrap_or_default()
                ))
                .context(),
            );
        }
    };
    let uri = document.jwks_uri.as_deref().unwrap_or_default();
    if let Some(fault) = &jwks.fault {
        return fail(
            format!("the key set of {resource}'s identity provider cannot be read: {uri}: {fault}"),
            fault.clone(),
        )
        .fix(reachable());
    }
    keys(&resource, jwks, uri)
        .map_or_else(
            || pass(&resource, rule, issuer, jwks, document),
            |(message, fix)| fail(message, format!("{uri} holds {}", jwks.words())).fix(fix),
        )
        .evidence(
            evidence(format!(
                "issuer {issuer:?}, keys of {uri}: {}",
                jwks.words()
            ))
            .context(),
        )
}

fn pass(
    resource: &crate::model::finding::Resource,
    rule: IssuerRule,
    issuer: &str,
    jwks: &Jwks,
    document: &Discovery,
) -> Outcome {
    let mut message = match rule {
        IssuerRule::Prefix => format!(
            "the issuer of {resource}, {issuer:?}, is a shorter prefix of its discovery URL: allowed, and tokens must carry exactly that iss"
        ),
        _ => format!("the issuer of {resource} is {issuer:?}, as its discovery URL says"),
    };
    message.push_str(match jwks.usable() {
        KeySet::Rs256 => "; its key set holds a key for RS256",
        _ => "; its keys are of other algorithms than RS256, which AWS does not list as supported: if tokens are rejected, switch to RS256",
    });
    for note in &document.notes {
        message.push_str("; ");
        message.push_str(note);
    }
    Outcome::pass(resource.clone(), message)
}

/// Why the keys are no use, with what to do.
fn keys(
    resource: &crate::model::finding::Resource,
    jwks: &Jwks,
    uri: &str,
) -> Option<(String, Fix)> {
    let sign = || {
        Fix::new("Have the identity provider sign with RS256").note("enable an RSA signature key of 2048 bits or more; a key with use \"enc\" does not count")
    };
    match jwks.usable() {
        KeySet::Rs256 | KeySet::OtherAlgorithms => None,
        KeySet::TooSmall => Some((
            format!(
                "the RSA keys of {resource}'s identity provider ({uri}) are smaller than 2048 bits"
            ),
            sign(),
        )),
        KeySet::None => Some((
            format!(
                "{uri} holds no key that a token for {resource} can be verified with ({})",
                jwks.words()
            ),
            sign(),
        )),
    }
}

fn reachable() -> Fix {
    Fix::new("Make jwks_uri publicly reachable over https")
        .note("AgentCore fetches the keys itself; where the identity provider is private, configure a privateEndpoint")
}

fn mismatch(rule: IssuerRule) -> &'static str {
    match rule {
        IssuerRule::OtherOrigin => "which is another origin than the discovery URL's",
        IssuerRule::OtherPath => "whose path is no prefix of the discovery URL's",
        IssuerRule::Template => "a template for many tenants, which no token carries",
        IssuerRule::NotHttps => "which is not an https URL",
        IssuerRule::Equal | IssuerRule::Prefix => "which fits",
    }
}

/// The two ways of the checklist: move the discovery URL to the issuer, or the issuer to the discovery URL.
fn fixed(
    context: &Context,
    authorizer: &Authorizer<'_>,
    url: &Seen<String>,
    issuer: &str,
    rule: IssuerRule,
) -> Vec<Fix> {
    let align = Fix::new("Align the identity provider's issuer with its discovery endpoint").note(format!(
        "serve the document from the issuer's origin, or set the issuer to {:?}; tokens issued before carry the old iss",
        base(&url.value).unwrap_or_default()
    ));
    match rule {
        IssuerRule::Template => vec![
            Fix::new("Point the runtime at the discovery URL of one tenant")
                .note("replace common, organizations or consumers in the discovery URL by the tenant's id (Microsoft Entra: Directory (tenant) ID)"),
        ],
        IssuerRule::NotHttps => vec![align],
        _ => {
            let mut remedy = Remedy::default();
            remedy.set("discoveryUrl", discovery_url(issuer).into());
            let target = context.target.as_ref().map(|target| target.name.as_str());
            let point = Fix::new("Point the runtime at the issuer's own discovery URL")
                .command(remedy.command(authorizer))
                .command(shell::deploy(target))
                .note(format!("if {} answers with the same issuer; it was not asked", discovery_url(issuer)));
            vec![point, align]
        }
    }
}
