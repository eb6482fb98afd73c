//! Walks the checklist of rejected tokens against an authorizer and its discovery document: method, issuer, lists, keys, times,
//! algorithm, and on request the signature.

use serde_json::json;

use super::authorizer::{Authorizer, Kind};
use super::discovery::{Discovery, IssuerRule, issuer_rule};
use super::keys::{Jwks, KeySet};
use super::recommend::recommend;
use super::remedy::Remedy;
use super::step::{Step, StepStatus};
use super::token::Token;
use super::verify::{Candidates, candidates, signature_holds};
use super::{base, discovery_url, lists};
use crate::model::finding::ResourceType;
use crate::model::known::Known;
use crate::model::project::JwtAuthorizer;
use crate::model::site::Sited;

/// Clocks may differ by this many seconds before a time decides; AWS documents no figure, so within it nobody can tell.
pub const CLOCK_SKEW: f64 = 60.0;

/// What is walked.
pub struct Input<'a> {
    /// The token.
    pub token: &'a Token,
    /// The authorizer.
    pub authorizer: &'a Authorizer<'a>,
    /// What its discovery URL answered.
    pub discovery: &'a Known<Discovery>,
    /// Seconds since the epoch.
    pub now: f64,
    /// The signature must be verified: without the keys the verdict is not known.
    pub verify: bool,
}

/// The walk's result.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// In the order of the checklist.
    pub steps: Vec<Step>,
    /// The edits that would let the token in.
    pub remedy: Remedy,
}

/// Walks every step.
pub fn walk(input: &Input<'_>) -> Walk {
    let mut walk = Walk::default();
    match (&input.authorizer.kind, input.authorizer.jwt) {
        (Kind::None, _) => {
            let message = format!(
                "{} lets everyone in (authorizerType NONE): the token is not looked at",
                input.authorizer.resource
            );
            walk.steps
                .push(Step::note("method", message).at(input.authorizer.site));
        }
        (Kind::CustomJwt, Some(jwt)) => walk_jwt(input, jwt, &mut walk),
        (Kind::Other(_), Some(jwt)) => walk_jwt(input, jwt, &mut walk),
        (Kind::CustomJwt | Kind::Other(_), None) => {
            let message = format!(
                "{} has no customJwtAuthorizer to validate a token with",
                input.authorizer.resource
            );
            walk.steps
                .push(Step::refused("method", message).at(input.authorizer.site));
            become_jwt(input, &mut walk);
        }
        (Kind::AwsIam, _) => {
            let message = format!(
                "{} expects SigV4 (AWS_IAM), so it answers a Bearer token with 403 \"Authorization method mismatch\"",
                input.authorizer.resource
            );
            let step = Step::refused("method", message)
                .at(input.authorizer.site)
                .advise("or keep AWS_IAM and have the caller sign with SigV4 (the AWS SDKs do) instead of sending a token");
            walk.steps.push(if input.authorizer.resource.kind == ResourceType::Gateway && input.authorizer.deployed {
                step.advise("the authorizer type of a deployed gateway cannot be changed: add a second gateway of type CUSTOM_JWT and move its targets")
            } else {
                step
            });
            become_jwt(input, &mut walk);
        }
    }
    walk
}

/// Edits that make the authorizer one of this token's issuer.
fn become_jwt(input: &Input<'_>, walk: &mut Walk) {
    let Some(issuer) = input
        .token
        .text("iss")
        .filter(|issuer| usable_issuer(issuer))
    else {
        return;
    };
    let lists = recommend(input.token).lists;
    let Some(first) = lists.first() else { return };
    walk.remedy.custom_jwt();
    walk.remedy
        .set("discoveryUrl", json!(discovery_url(issuer)));
    walk.remedy.set(first.list, first.value.clone());
}

fn usable_issuer(issuer: &str) -> bool {
    url::Url::parse(issuer).is_ok_and(|url| {
        url.scheme() == "https"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.host_str().is_some()
    }) && !issuer.contains('{')
}

fn walk_jwt(input: &Input<'_>, jwt: &JwtAuthorizer, walk: &mut Walk) {
    let mut method = Step::ok(
        "method",
        format!(
            "{} expects a Bearer token (CUSTOM_JWT)",
            input.authorizer.resource
        ),
    )
    .at(input.authorizer.site);
    if let Kind::Other(kind) = &input.authorizer.kind {
        method = Step::note(
            "method",
            format!("authorizerType {kind} validates the token and leaves authorization to others"),
        )
        .at(input.authorizer.site);
    }
    walk.steps.push(method.advise(
        "send the token alone: X-Amz-Date, X-Amz-Security-Token or an AWS4-HMAC-SHA256 Authorization beside it is answered with 403 \
         \"Authorization method mismatch\", and boto3 cannot invoke a JWT runtime",
    ));
    issuer(input, jwt, walk);
    lists::walk(input, jwt, walk);
    keys(input, walk);
    walk.steps.push(times(input.token, input.now));
    walk.steps.push(algorithm(input.token));
    // A signature that can be verified is: without it the rest proves nothing.
    let keys_read = matches!(
        input.discovery,
        Known::Read(Discovery {
            jwks: Known::Read(_),
            ..
        })
    );
    if input.token.is_unsigned() {
        let step = Step::refused(
            "signature",
            "the token has no signature: nothing stands behind its last dot",
        );
        walk.steps
            .push(step.advise("copy the whole token, or have the identity provider sign it"));
    } else if input.verify || keys_read {
        walk.steps.push(signature(input));
    }
}

fn issuer(input: &Input<'_>, jwt: &JwtAuthorizer, walk: &mut Walk) {
    let Some(url) = &jwt.discovery_url else {
        return walk.steps.push(
            Step::refused("issuer", "customJwtAuthorizer has no discoveryUrl").at(&jwt.site),
        );
    };
    let Some(claimed) = input.token.text("iss") else {
        let step = Step::refused(
            "issuer",
            "the token has no iss claim, which is compared with the discovery document's issuer",
        );
        return walk.steps.push(step.at(&url.site));
    };
    let step = match input.discovery {
        Known::Read(document) => issuer_read(document, url, claimed),
        Known::Absent => issuer_unread("it was not fetched", url, claimed),
        Known::Unread(reason) => issuer_unread(&reason.message, url, claimed),
    };
    if step.status == StepStatus::Refused
        && usable_issuer(claimed)
        && discovery_url(claimed) != url.value
    {
        walk.remedy
            .set("discoveryUrl", json!(discovery_url(claimed)));
    }
    walk.steps.push(step.at(&url.site));
}

fn issuer_read(document: &Discovery, url: &Sited<String>, claimed: &str) -> Step {
    if let Some(fault) = &document.fault {
        return Step::refused("issuer", format!("the discovery URL is no use: {fault}"));
    }
    let issuer = document.issuer.as_deref().unwrap_or_default();
    let rule = issuer_rule(&url.value, issuer);
    if rule == IssuerRule::Template {
        return Step::refused("issuer", format!("the discovery document is a multi-tenant one (issuer {issuer:?}), which no token's iss {claimed:?} equals"))
            .advise("configure the discovery URL of your own tenant");
    }
    if issuer != claimed {
        return Step::refused(
            "issuer",
            format!(
                "the token's iss {claimed:?} is not the discovery document's issuer {issuer:?}"
            ),
        )
        .advise(issuer_advice(issuer, claimed));
    }
    if !rule.holds() {
        return Step::refused("issuer", format!("iss equals the document's issuer {issuer:?}, but that is no prefix of the discovery URL, as AgentCore requires"))
            .advise("serve the discovery document from the issuer's own origin, or configure the discovery URL that lies under the issuer");
    }
    Step::ok(
        "issuer",
        format!("iss {claimed:?} is the discovery document's issuer and a prefix of its URL"),
    )
}

fn issuer_advice(issuer: &str, claimed: &str) -> String {
    if claimed.trim_end_matches('/') == issuer.trim_end_matches('/') {
        "they differ in a trailing slash only, which is enough for a strict comparison".to_owned()
    } else if claimed.starts_with("https://sts.windows.net/") {
        "the token is a version 1 token of Microsoft Entra and the document is version 2's: set requestedAccessTokenVersion to 2 in the \
         API's app registration (then iss ends in /v2.0), or configure the issuer's own discovery URL"
            .to_owned()
    } else {
        "point discoveryUrl at the issuer of the token, or have the caller get its token from the configured issuer".to_owned()
    }
}

fn issuer_unread(why: &str, url: &Sited<String>, claimed: &str) -> Step {
    let known = base(&url.value);
    let known = known.as_deref().map(|base| base.trim_end_matches('/'));
    if known == Some(claimed.trim_end_matches('/')) {
        Step::unknown(
            "issuer",
            format!("iss {claimed:?} fits the discovery URL; its document was not read ({why})"),
        )
    } else {
        Step::unknown(
            "issuer",
            format!(
                "iss {claimed:?} does not match the discovery URL (without /.well-known/openid-configuration: {:?}); the document's issuer decides, and it was not read ({why})",
                known.unwrap_or_default()
            ),
        )
        .decides()
    }
}

fn keys(input: &Input<'_>, walk: &mut Walk) {
    walk.steps.push(match input.discovery {
        Known::Read(document) => keys_read(input.token, document),
        Known::Absent => Step::unknown("jwks", "the key set was not fetched"),
        Known::Unread(reason) => Step::unknown(
            "jwks",
            format!("the key set was not read: {}", reason.message),
        ),
    });
}

fn keys_read(token: &Token, document: &Discovery) -> Step {
    let uri = document.jwks_uri.as_deref().unwrap_or_default();
    let jwks = match &document.jwks {
        Known::Read(jwks) => jwks,
        Known::Absent if document.fault.is_some() => {
            return Step::unknown("jwks", "the discovery document leads to no key set");
        }
        Known::Absent => return Step::refused("jwks", "the discovery document names no jwks_uri"),
        Known::Unread(reason) => {
            return Step::unknown("jwks", format!("{uri} was not read from here: {}", reason.message))
                .advise("AgentCore must reach jwks_uri over the public internet, unless a privateEndpoint is configured");
        }
    };
    if let Some(fault) = &jwks.fault {
        return Step::refused("jwks", format!("{uri}: {fault}"));
    }
    match (jwks.usable(), candidates(token, jwks)) {
        (KeySet::None | KeySet::TooSmall, _) => Step::refused("jwks", format!("{uri} holds no key that signatures can be checked with ({})", jwks.words())),
        (_, Candidates::UnknownKid(kid)) => Step::refused("jwks", format!("no key of {uri} has the token's kid {kid:?}"))
            .advise("the token is of another issuer or environment, or was signed with a key that has been rotated out: get a new one"),
        _ => Step::ok("jwks", format!("{uri} answers with the token's key ({})", jwks.words())),
    }
}

/// Expiry, not-before and issue time.
fn times(token: &Token, now: f64) -> Step {
    let id = "expiry";
    for name in ["exp", "nbf", "iat"] {
        if token
            .claims
            .get(name)
            .is_some_and(|value| !value.is_number())
        {
            return Step::refused(id, format!("{name} is not a number of seconds"));
        }
    }
    let Some(exp) = token.number("exp") else {
        return Step::unknown(
            id,
            "the token has no exp claim; AWS does not document what happens to tokens that never expire",
        );
    };
    let (nbf, iat) = (token.number("nbf"), token.number("iat"));
    if exp > 1e11 {
        return Step::refused(
            id,
            format!("exp {exp} looks like milliseconds; it must be seconds since 1970"),
        );
    }
    if now - exp > CLOCK_SKEW {
        return Step::refused(
            id,
            format!(
                "the token expired {} ago, at {}",
                span(now - exp),
                moment(exp)
            ),
        )
        .advise("get a new one");
    }
    if let Some(start) = nbf.filter(|start| start - now > CLOCK_SKEW) {
        return Step::refused(
            id,
            format!(
                "the token is not valid before {} (nbf), {} from now",
                moment(start),
                span(start - now)
            ),
        )
        .advise("if it was issued just now, this clock or the identity provider's is wrong");
    }
    let early = iat.or(nbf).filter(|start| *start > now);
    if now > exp || nbf.is_some_and(|start| start > now) {
        return Step::unknown(
            id,
            format!(
                "exp {} and this clock are within {CLOCK_SKEW} s of each other: clock skew decides",
                moment(exp)
            ),
        )
        .decides();
    }
    if exp - now < CLOCK_SKEW {
        return Step::unknown(
            id,
            format!(
                "valid until {}, {} from now: tokens with less than a minute left were seen to be refused",
                moment(exp),
                span(exp - now)
            ),
        )
        .decides()
        .advise("get a new one; callers should renew a token some minutes before it expires");
    }
    if let Some(start) = early.filter(|start| start - now > CLOCK_SKEW) {
        return Step::note(
            id,
            format!("iat {} lies in the future: a clock is wrong", moment(start)),
        );
    }
    Step::ok(
        id,
        format!("valid until {}, {} from now", moment(exp), span(exp - now)),
    )
}

fn algorithm(token: &Token) -> Step {
    let id = "algorithm";
    match token.header_text("alg") {
        Some("RS256") => Step::ok(id, "signed with RS256"),
        Some(alg) if alg.eq_ignore_ascii_case("none") => Step::refused(id, "alg is none: an unsigned token proves nothing"),
        Some(alg) if alg.starts_with("HS") => Step::refused(id, format!("{alg} is signed with a shared secret; a key set publishes public keys only"))
            .advise("have the identity provider sign with RS256"),
        Some(alg @ ("RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512" | "EdDSA")) => {
            Step::note(id, format!("signed with {alg}; AWS documents no list of inbound algorithms, and only RS256 is known to work everywhere"))
                .advise("if the token is rejected although all else fits, have the identity provider sign with RS256")
        }
        Some(alg) => Step::refused(id, format!("{alg:?} is no signature algorithm of RFC 7518")),
        None => Step::refused(id, "the header has no alg"),
    }
}

fn signature(input: &Input<'_>) -> Step {
    let id = "signature";
    let jwks: &Jwks = match input.discovery {
        Known::Read(Discovery {
            jwks: Known::Read(jwks),
            ..
        }) => jwks,
        _ => return Step::unknown(id, "the signature cannot be checked without the key set"),
    };
    let Candidates::Keys(keys) = candidates(input.token, jwks) else {
        return Step::refused(id, "the key set has no key for this token");
    };
    match signature_holds(input.token, &keys) {
        Ok(true) => Step::ok(id, "the signature was made by a key of the key set"),
        Ok(false) => Step::refused(
            id,
            "the signature does not verify with the key set: the token was altered, or is another issuer's",
        ),
        Err(why) => Step::refused(id, why),
    }
}

/// A time of the token in UTC.
#[allow(clippy::cast_possible_truncation)]
pub fn moment(seconds: f64) -> String {
    jiff::Timestamp::from_second(seconds as i64)
        .map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

#[allow(clippy::cast_possible_truncation)]
fn span(seconds: f64) -> String {
    let seconds = seconds.abs() as i64;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
