//! Gateways and credentials: what they are called with, and the tokens and keys for it.

use super::agentcore::{core_actions, known_or, upper};
use super::words::Words;
use super::{Statements, Subject, UNKNOWN_SUFFIX};
use crate::model::project::{Agent, Credential};

/// The statements for the gateways that the code names.
pub(super) fn gateways(subject: &Subject<'_>, words: &Words<'_>, statements: &mut Statements) {
    let deployed = subject.context.deployed();
    for gateway in &subject.context.project.gateways {
        let name = &gateway.name;
        let variable = format!("AGENTCORE_GATEWAY_{}_", upper(name));
        if !words.names(name, &variable) {
            statements.note(format!("gateway {name} is left out: the code does not name it or its variable {variable}URL"));
            continue;
        }
        let known = deployed.and_then(|target| target.gateways.get(name)?.arn.clone());
        let id =
            format!("gateway/{}-{name}-{UNKNOWN_SUFFIX}", subject.names.project).to_lowercase();
        match gateway
            .authorizer_type
            .as_ref()
            .map(|kind| kind.value.as_str())
        {
            Some("CUSTOM_JWT") => {
                // The CLI registers the gateway's own client under this name.
                let provider = format!("{name}-oauth");
                let credentials = &subject.context.project.credentials;
                let registered = credentials.iter().any(|one| one.name == provider);
                if registered || !words.known || TOKEN_CALLS.iter().any(|call| words.has(call)) {
                    oauth(subject, &provider, statements);
                } else {
                    statements.note(format!(
                        "gateway {name} asks for a token, and no code that runs fetches one: no right to a token is granted"
                    ));
                }
            }
            Some("AWS_IAM" | "AUTHENTICATE_ONLY") => {
                statements.allow(
                    "CallGateway",
                    core_actions(["InvokeGateway"]),
                    [known_or(known, subject.core(&id))],
                );
            }
            _ => {}
        }
    }
}

/// What fetches an OAuth token from AgentCore Identity.
const TOKEN_CALLS: [&str; 5] = [
    "requires_access_token",
    "withAccessToken",
    "get_resource_oauth2_token",
    "GetResourceOauth2TokenCommand",
    "IdentityClient",
];

/// Directory and workload identity of the agent.
fn identity(subject: &Subject<'_>) -> [String; 2] {
    let directory = "workload-identity-directory/default";
    [
        subject.core(directory),
        subject.core(&format!(
            "{directory}/workload-identity/{}-*",
            subject.physical()
        )),
    ]
}

fn token(subject: &Subject<'_>, statements: &mut Statements) {
    statements.allow(
        "GetOwnWorkloadToken",
        core_actions(["GetWorkloadAccessToken", "GetWorkloadAccessTokenForJWT"]),
        identity(subject),
    );
}

fn secret(subject: &Subject<'_>, kind: &str, name: &str, statements: &mut Statements) {
    let secret = format!("secret:bedrock-agentcore-identity!default/{kind}/{name}-*");
    statements.allow(
        "ReadCredentialSecret",
        ["secretsmanager:GetSecretValue"],
        [subject.arn("secretsmanager", &secret)],
    );
}

fn oauth(subject: &Subject<'_>, provider: &str, statements: &mut Statements) {
    let own = subject.core(&format!(
        "token-vault/default/oauth2credentialprovider/{provider}"
    ));
    oauth_of(subject, provider, own, statements);
}

/// The token of a gateway that a connection names, from the provider of this ARN.
pub(super) fn connected(subject: &Subject<'_>, provider: &str, statements: &mut Statements) {
    let name = provider.rsplit('/').next().unwrap_or(provider);
    oauth_of(subject, name, provider.to_owned(), statements);
}

fn oauth_of(subject: &Subject<'_>, provider: &str, arn: String, statements: &mut Statements) {
    let vault = subject.core("token-vault/default");
    let resources = identity(subject).into_iter().chain([vault, arn]);
    statements.allow(
        "GetOauthToken",
        core_actions(["GetResourceOauth2Token"]),
        resources,
    );
    secret(subject, "oauth2", provider, statements);
    token(subject, statements);
}

fn api_key(subject: &Subject<'_>, provider: &str, statements: &mut Statements) {
    let vault = subject.core("token-vault/default");
    let own = subject.core(&format!(
        "token-vault/default/apikeycredentialprovider/{provider}"
    ));
    let resources = identity(subject).into_iter().chain([vault, own]);
    statements.allow("GetApiKey", core_actions(["GetResourceApiKey"]), resources);
    secret(subject, "apikey", provider, statements);
    token(subject, statements);
}

/// The statements for the credentials that the code names.
pub(super) fn credentials(subject: &Subject<'_>, words: &Words<'_>, statements: &mut Statements) {
    let project = &subject.context.project;
    let harness = match subject.agent {
        Agent::Harness(harness) => harness
            .document
            .read()
            .map(|document| document.source.text.clone()),
        Agent::Runtime(_) => None,
    };
    let gateway_own = |credential: &&Credential| {
        // What a gateway presents to its targets, the gateway's role gets.
        let mut targets = project.gateways.iter().flat_map(|gateway| &gateway.targets);
        targets.any(|target| {
            target
                .credential
                .as_ref()
                .is_some_and(|name| name.value == credential.name)
        })
    };
    for credential in &project.credentials {
        let name = &credential.name;
        let variable = format!("CREDENTIAL_{}_NAME", upper(name));
        let named = match &harness {
            Some(text) => text.contains(name.as_str()),
            None => words.known && (words.has(name) || words.any_contains(&variable)),
        };
        let blind = harness.is_none() && !words.known && !gateway_own(&credential);
        if !named && !blind {
            if !gateway_own(&credential) {
                statements.note(format!("credential {name} is left out: the code does not name it or its variable {variable}"));
            }
            continue;
        }
        match credential.kind.as_ref().map(|kind| kind.value.as_str()) {
            Some("OAuthCredentialProvider") => oauth(subject, name, statements),
            Some("ApiKeyCredentialProvider") => api_key(subject, name, statements),
            _ => statements.note(format!(
                "credential {name}: nothing is known of what its kind needs"
            )),
        }
    }
}
