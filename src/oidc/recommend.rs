//! Which lists of an authorizer a token can satisfy. What is configured is all enforced, so a list is recommended only where the
//! token carries the claim that it is compared with.

use serde::Serialize;
use serde_json::{Value, json};

use super::token::Token;

/// Claims that often name the client where `client_id` is missing: Keycloak, Auth0 and Entra v2, Okta, Entra v1.
const CLIENT_CLAIMS: [&str; 3] = ["azp", "cid", "appid"];
/// Claims that carry a caller's groups, roles or tenant.
const GROUP_CLAIMS: [&str; 7] = [
    "cognito:groups",
    "groups",
    "roles",
    "permissions",
    "tid",
    "org_id",
    "scp",
];
/// Most values that are proposed for one list.
const MOST_VALUES: usize = 10;

/// A list of the authorizer that the token satisfies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recommendation {
    /// The key of `customJwtAuthorizer`.
    pub list: &'static str,
    /// Its value for this token.
    pub value: Value,
    /// Why.
    pub why: String,
}

/// A list that this token cannot satisfy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unfit {
    /// The key of `customJwtAuthorizer`.
    pub list: &'static str,
    /// Why not.
    pub why: String,
}

/// What a token can be matched by.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Advice {
    /// Lists to configure; all of them, since each narrows who gets in.
    pub lists: Vec<Recommendation>,
    /// Lists to leave out.
    pub unfit: Vec<Unfit>,
    /// What the token's shape says.
    pub notes: Vec<String>,
}

/// Recommends every list that the token can satisfy.
pub fn recommend(token: &Token) -> Advice {
    let mut advice = Advice {
        notes: shape(token),
        ..Advice::default()
    };
    audience(token, &mut advice);
    clients(token, &mut advice);
    scopes(token, &mut advice);
    claims(token, &mut advice);
    advice
}

fn audience(token: &Token, advice: &mut Advice) {
    let audiences: Vec<&str> = token
        .audiences()
        .into_iter()
        .filter(|text| (1..=255).contains(&text.len()))
        .collect();
    if audiences.is_empty() {
        return advice.unfit.push(Unfit {
            list: "allowedAudience",
            why: "the token has no aud claim, so it would be refused".to_owned(),
        });
    }
    let own: Vec<&str> = audiences
        .iter()
        .copied()
        .filter(|text| !built_in(text))
        .collect();
    let picked = if own.is_empty() { audiences } else { own };
    let why = match picked.as_slice() {
        [one] if built_in(one) => format!(
            "aud is {one:?}, an audience of the identity provider's own: better have it issue one for this API"
        ),
        [_] => "the token's aud".to_owned(),
        _ => "the token's aud; one match is enough, so keep the one that means this API".to_owned(),
    };
    advice.lists.push(Recommendation {
        list: "allowedAudience",
        value: json!(first(&picked)),
        why,
    });
}

/// Audiences that identity providers put in for themselves: Keycloak, Auth0, Microsoft Graph.
pub fn built_in(audience: &str) -> bool {
    audience == "account"
        || audience == "00000003-0000-0000-c000-000000000000"
        || audience.trim_end_matches('/') == "https://graph.microsoft.com"
        || (audience.ends_with("/userinfo") && audience.starts_with("https://"))
}

fn clients(token: &Token, advice: &mut Advice) {
    if let Some(client) = token
        .text("client_id")
        .filter(|client| (1..=255).contains(&client.len()))
    {
        let why = "the token's client_id".to_owned();
        return advice.lists.push(Recommendation {
            list: "allowedClients",
            value: json!([client]),
            why,
        });
    }
    let other = CLIENT_CLAIMS
        .into_iter()
        .find(|name| token.text(name).is_some());
    let why = match other {
        Some(name) => format!(
            "the token has no client_id claim, which allowedClients is compared with; it names its client in {name}: match that with customClaims"
        ),
        None => "the token has no client_id claim, so it would be refused".to_owned(),
    };
    advice.unfit.push(Unfit {
        list: "allowedClients",
        why,
    });
}

fn scopes(token: &Token, advice: &mut Advice) {
    let fits = |scope: &&str| {
        scope.len() <= 255
            && scope
                .bytes()
                .all(|byte| (0x21..=0x7e).contains(&byte) && byte != b'"' && byte != b'\\')
    };
    let scopes: Vec<&str> = token.scopes("scope").into_iter().filter(fits).collect();
    if scopes.is_empty() {
        let why = if token.scopes("scp").is_empty() {
            "the token has no scope claim, so it would be refused".to_owned()
        } else {
            "the token carries its scopes in scp; AWS documents scopes without naming that claim, so it is not relied on".to_owned()
        };
        return advice.unfit.push(Unfit {
            list: "allowedScopes",
            why,
        });
    }
    let standard = |scope: &&str| {
        [
            "openid",
            "profile",
            "email",
            "offline_access",
            "phone",
            "address",
            "aws.cognito.signin.user.admin",
        ]
        .contains(scope)
    };
    let own: Vec<&str> = scopes
        .iter()
        .copied()
        .filter(|scope| !standard(scope))
        .collect();
    let (picked, why) = if own.is_empty() {
        (
            scopes,
            "the token's scopes; all are standard ones that say nothing about this API, so define one of your own",
        )
    } else {
        (
            own,
            "the token's scopes; one match is enough, so keep those that mean calling this API",
        )
    };
    advice.lists.push(Recommendation {
        list: "allowedScopes",
        value: json!(first(&picked)),
        why: why.to_owned(),
    });
}

fn claims(token: &Token, advice: &mut Advice) {
    let no_client = token.text("client_id").is_none();
    let client = CLIENT_CLAIMS
        .into_iter()
        .filter(|_| no_client)
        .find(|name| rule(token, name).is_some());
    let mut rules = Vec::new();
    let mut names = Vec::new();
    for name in client.into_iter().chain(GROUP_CLAIMS) {
        if let Some(rule) = rule(token, name) {
            rules.push(rule);
            names.push(name);
        }
    }
    if rules.is_empty() {
        return advice.unfit.push(Unfit {
            list: "customClaims",
            why: "the token has no claim of a client, group, role or tenant that could be matched"
                .to_owned(),
        });
    }
    let why = format!(
        "{}: every rule must hold, so keep those that every caller satisfies",
        names.join(", ")
    );
    advice.lists.push(Recommendation {
        list: "customClaims",
        value: Value::Array(rules),
        why,
    });
}

/// A rule of `customClaims` that the token satisfies; `None` where the claim is missing or its values may not be configured
/// (the CLI and the service allow `[A-Za-z0-9_.-]+` only).
pub fn rule(token: &Token, name: &str) -> Option<Value> {
    let allowed = |text: &&str| {
        !text.is_empty()
            && text.len() <= 255
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    let (kind, operator, value) = match token.claims.get(name)? {
        Value::String(text) => {
            allowed(&text.as_str()).then_some(())?;
            ("STRING", "EQUALS", json!({ "matchValueString": text }))
        }
        Value::Array(_) => {
            let list = token.list(name);
            let values: Vec<&str> = list.into_iter().filter(allowed).take(MOST_VALUES).collect();
            match values.as_slice() {
                [] => return None,
                [one] => (
                    "STRING_ARRAY",
                    "CONTAINS",
                    json!({ "matchValueString": one }),
                ),
                _ => (
                    "STRING_ARRAY",
                    "CONTAINS_ANY",
                    json!({ "matchValueStringList": values }),
                ),
            }
        }
        _ => return None,
    };
    Some(json!({
        "inboundTokenClaimName": name,
        "inboundTokenClaimValueType": kind,
        "authorizingClaimMatchValue": { "claimMatchOperator": operator, "claimMatchValue": value }
    }))
}

fn first<'a>(values: &[&'a str]) -> Vec<&'a str> {
    let mut unique: Vec<&str> = Vec::new();
    for value in values.iter().take(MOST_VALUES) {
        if !unique.contains(value) {
            unique.push(value);
        }
    }
    unique
}

/// What the token's shape says about where it comes from and what it is for.
fn shape(token: &Token) -> Vec<String> {
    let mut notes = Vec::new();
    let id_token = token.text("token_use") == Some("id")
        || (token.claims.contains_key("nonce")
            && token.header.get("nonce").is_none()
            && token.text("scope").is_none()
            && token.text("scp").is_none())
        || token.claims.contains_key("at_hash");
    if id_token {
        notes.push("this is an id token: it tells a client who signed in; an access token is what an API should be called with".to_owned());
    }
    if token.header.contains_key("nonce") {
        notes.push("its header holds a nonce, as Microsoft puts into tokens for its own Graph API: nobody else can verify them. Request a token for your own API (scope api://<application id>/.default)".to_owned());
    }
    if token.audiences().contains(&"account") {
        notes.push("aud is Keycloak's own \"account\", which every client of the realm gets: add an audience mapper for this API to the client scope".to_owned());
    }
    if token
        .text("iss")
        .is_some_and(|iss| iss.starts_with("https://sts.windows.net/"))
    {
        notes.push("this is a version 1 token of Microsoft Entra: its issuer differs from the version 2 discovery document's. Set requestedAccessTokenVersion to 2 in the API's app registration, or use the issuer's own discovery URL".to_owned());
    }
    notes
}
