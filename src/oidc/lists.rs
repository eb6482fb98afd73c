//! The part of the walk that compares the token with the authorizer's lists.

use serde_json::Value;

use super::authorizer::{ClaimRule, Operator};
use super::recommend::{self, recommend};
use super::step::{Step, StepStatus};
use super::token::Token;
use super::walk::{Input, Walk};
use crate::model::project::JwtAuthorizer;
use crate::model::site::Sited;

/// Audience, clients, scopes, custom claims: what is configured is all enforced.
pub(super) fn walk(input: &Input<'_>, jwt: &JwtAuthorizer, walk: &mut Walk) {
    let token = input.token;
    let before = walk.steps.len();
    if !jwt.audience.is_empty() {
        audience(token, jwt, walk);
    }
    if !jwt.clients.is_empty() {
        clients(token, jwt, walk);
    }
    if !jwt.scopes.is_empty() {
        scopes(token, jwt, walk);
    }
    for rule in &input.authorizer.claims {
        let step = custom_claim(token, rule);
        if step.status == StepStatus::Refused {
            walk.remedy.remove_claim(&rule.name);
        }
        walk.steps.push(step.at(&rule.site));
    }
    if walk.steps.len() == before {
        let message = "no audience, client, scope or claim is configured: every token of this issuer is accepted, whoever it was issued to";
        walk.steps
            .push(Step::note("audience", message).at(&jwt.site));
    }
    keep_a_list(input, jwt, walk);
}

/// The CLI wants at least one list; where every configured one had to go, what the token can satisfy takes its place.
fn keep_a_list(input: &Input<'_>, jwt: &JwtAuthorizer, walk: &mut Walk) {
    let left = |list: &str, configured: usize| configured > 0 && !walk.remedy.removes(list);
    let refused = walk
        .steps
        .iter()
        .filter(|step| step.id == "custom-claims" && step.status == StepStatus::Refused)
        .count();
    let any = left("allowedAudience", jwt.audience.len())
        || left("allowedClients", jwt.clients.len())
        || left("allowedScopes", jwt.scopes.len())
        || input.authorizer.claims.len() > refused
        || walk.remedy.fills();
    if !any
        && !walk.remedy.is_empty()
        && let Some(first) = recommend(input.token).lists.first()
    {
        walk.remedy.set(first.list, first.value.clone());
    }
}

fn audience(token: &Token, jwt: &JwtAuthorizer, walk: &mut Walk) {
    let own = token.audiences();
    let allowed = values(&jwt.audience);
    let site = jwt.audience.first().map_or(&jwt.site, |item| &item.site);
    let step = if let Some(hit) = own.iter().find(|audience| allowed.contains(audience)) {
        Step::ok("audience", format!("aud {hit:?} is in allowedAudience"))
    } else if own.is_empty() {
        walk.remedy.remove("allowedAudience");
        if let Some(client) = token.text("client_id")
            && jwt.clients.is_empty()
        {
            walk.remedy.append("allowedClients", client);
        }
        Step::refused("audience", format!("allowedAudience is configured ({}) and the token has no aud claim: answered with 401 \"Claim 'aud' value mismatch\"", quoted(&allowed)))
            .advise("or get a token that carries an audience (Cognito: the id token, or a resource server with resource binding; Auth0: request with `audience`)")
    } else {
        let best = own
            .iter()
            .find(|audience| !recommend::built_in(audience))
            .or(own.first());
        if let Some(best) = best {
            walk.remedy.append("allowedAudience", *best);
        }
        Step::refused("audience", format!("aud {} is not in allowedAudience ({}): answered with 401 \"Claim 'aud' value mismatch\"", quoted(&own), quoted(&allowed)))
            .advise("or request the token for the audience that is configured")
    };
    walk.steps.push(step.at(site));
}

fn clients(token: &Token, jwt: &JwtAuthorizer, walk: &mut Walk) {
    let allowed = values(&jwt.clients);
    let site = jwt.clients.first().map_or(&jwt.site, |item| &item.site);
    let step = match token.text("client_id") {
        Some(client) if allowed.contains(&client) => Step::ok(
            "clients",
            format!("client_id {client:?} is in allowedClients"),
        ),
        Some(client) => {
            walk.remedy.append("allowedClients", client);
            Step::refused(
                "clients",
                format!(
                    "client_id {client:?} is not in allowedClients ({}): answered with 401 \"Claim 'client_id' value mismatch\"",
                    quoted(&allowed)
                ),
            )
        }
        None => {
            walk.remedy.remove("allowedClients");
            let other = ["azp", "cid", "appid"]
                .into_iter()
                .find(|name| token.text(name).is_some());
            if let (Some(rule), true) = (
                other.and_then(|name| recommend::rule(token, name)),
                jwt.custom_claims.is_empty(),
            ) {
                walk.remedy.set("customClaims", Value::Array(vec![rule]));
            } else if let (Some(audience), true) =
                (token.audiences().first(), jwt.audience.is_empty())
            {
                walk.remedy.append("allowedAudience", *audience);
            }
            let seen = other.map(|name| format!(" (it names its client in {name}, which allowedClients is not compared with)")).unwrap_or_default();
            Step::refused("clients", format!("allowedClients is configured ({}) and the token has no client_id claim{seen}: answered with 401 \"Claim 'client_id' value mismatch\"", quoted(&allowed)))
                .advise("or send the token that carries client_id (Cognito: the access token, not the id token)")
        }
    };
    walk.steps.push(step.at(site));
}

fn scopes(token: &Token, jwt: &JwtAuthorizer, walk: &mut Walk) {
    let allowed = values(&jwt.scopes);
    let site = jwt.scopes.first().map_or(&jwt.site, |item| &item.site);
    let own = token.scopes("scope");
    let step = if let Some(hit) = own.iter().find(|scope| allowed.contains(scope)) {
        Step::ok(
            "scopes",
            format!("scope {hit:?} is in allowedScopes; one is enough"),
        )
    } else if let Some(hit) = token
        .scopes("scp")
        .iter()
        .find(|scope| allowed.contains(scope))
    {
        Step::unknown("scopes", format!("the token carries {hit:?} in scp, not in scope; AWS does not document whether allowedScopes reads scp"))
            .advise("match scp with customClaims instead of allowedScopes where it is one value or a list")
    } else if own.is_empty() {
        walk.remedy.remove("allowedScopes");
        Step::refused(
            "scopes",
            format!(
                "allowedScopes is configured ({}) and the token has no scope claim",
                quoted(&allowed)
            ),
        )
        .advise("or request a token with one of these scopes (id tokens carry none)")
    } else {
        if let Some(scope) = own
            .iter()
            .find(|scope| scope.contains(['/', ':', '.']))
            .or(own.first())
        {
            walk.remedy.append("allowedScopes", *scope);
        }
        Step::refused("scopes", format!("none of the token's scopes {} is in allowedScopes ({})", quoted(&own), quoted(&allowed)))
            .advise("or request the token with one of the scopes that are configured, which is usually what is meant")
    };
    walk.steps.push(step.at(site));
}

fn custom_claim(token: &Token, rule: &ClaimRule) -> Step {
    let (name, id) = (&rule.name, "custom-claims");
    let wanted: Vec<&str> = rule.values.iter().map(String::as_str).collect();
    let Some(operator) = rule
        .operator
        .filter(|_| !wanted.is_empty() && !name.is_empty())
    else {
        return Step::unknown(
            id,
            "a rule of customClaims is incomplete; `agentcore validate` says how",
        );
    };
    let Some(value) = token.claims.get(name) else {
        return Step::refused(
            id,
            format!("customClaims wants {name} and the token has no such claim"),
        )
        .advise("or have the identity provider put the claim into access tokens");
    };
    let own = match (value, rule.array) {
        (Value::String(text), false) => vec![text.as_str()],
        (Value::Array(_), true) => token.list(name),
        _ => {
            let (found, configured) = (
                if value.is_array() {
                    "a list"
                } else if value.is_string() {
                    "text"
                } else {
                    "neither text nor a list"
                },
                if rule.array { "STRING_ARRAY" } else { "STRING" },
            );
            return Step::refused(
                id,
                format!("{name} is {found} in the token, and configured as {configured}"),
            );
        }
    };
    let held = match (operator, rule.array) {
        (Operator::Equals, false) | (Operator::Contains, true) => {
            wanted.iter().all(|value| own.contains(value))
        }
        (Operator::ContainsAny, true) => wanted.iter().any(|value| own.contains(value)),
        (Operator::Equals, true) => {
            wanted.len() == own.len() && wanted.iter().all(|value| own.contains(value))
        }
        (Operator::Contains | Operator::ContainsAny, false) => {
            return Step::unknown(
                id,
                format!(
                    "{name} is text with CONTAINS: AWS documents that operator for lists; use EQUALS"
                ),
            );
        }
    };
    if held {
        Step::ok(id, format!("{name} satisfies customClaims"))
    } else {
        Step::refused(
            id,
            format!(
                "{name} is {} and customClaims wants {}",
                quoted(&own),
                quoted(&wanted)
            ),
        )
    }
}

fn values(list: &[Sited<String>]) -> Vec<&str> {
    list.iter().map(|item| item.value.as_str()).collect()
}

/// Up to three values, quoted.
fn quoted(values: &[&str]) -> String {
    let mut text: Vec<String> = values
        .iter()
        .take(3)
        .map(|value| format!("{:?}", value.chars().take(120).collect::<String>()))
        .collect();
    if values.len() > 3 {
        text.push(format!("{} more", values.len() - 3));
    }
    text.join(", ")
}
