//! `token`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::folder::Folder;
use super::super::paging::{PAGE, size};
use crate::cli::token::TokenArgs;
use crate::commands::token;
use crate::exit::Failure;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// The token, as the identity provider returned it
    token: String,
    /// The project, relative to the served folder; needed where there are several
    path: Option<String>,
    /// The runtime or harness that the token is sent to
    runtime: Option<String>,
    /// The gateway that the token is sent to
    gateway: Option<String>,
}

/// The JSON page of `token`, less what does not fit.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    /// accepted, not-accepted, unknown; null where no project was asked.
    verdict: Value,
    /// The verdict in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    /// What was asked: type and name.
    resource: Value,
    /// What the service looks at, in order.
    steps: Vec<Value>,
    /// Steps that could not be looked at.
    unchecked: Vec<String>,
    /// The lists of an authorizer that this token satisfies.
    recommendation: Value,
    fixes: Vec<Value>,
    notes: Vec<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    header: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    claims: Map<String, Value>,
}

pub(super) fn run(folder: &Folder, arguments: Arguments) -> Result<Answer, Failure> {
    let word = arguments.token.trim();
    // `-` would read standard input, which is the client's.
    if word.is_empty() || word == "-" {
        return Err(Failure::new("no token was given").help("give the JWT itself"));
    }
    let mut bytes = Vec::new();
    token::run(
        &TokenArgs {
            token: Some(word.to_owned()),
            path: folder.project(arguments.path.as_deref())?,
            runtime: arguments.runtime,
            gateway: arguments.gateway,
            verify: false,
            offline: folder.aws.offline,
            allow_private_issuer: folder.aws.allow_private_issuer,
            json: true,
        },
        &mut bytes,
    )?;
    let mut answer: Answer =
        serde_json::from_slice(&bytes).map_err(|error| Failure::new(error.to_string()))?;
    if size(&answer) > PAGE {
        let text =
            "header and claims are long and left out: `agentcore-harden token - --json` shows them";
        answer.notes.push(text.to_owned());
        (answer.header, answer.claims) = (Map::new(), Map::new());
    }
    Ok(answer)
}
