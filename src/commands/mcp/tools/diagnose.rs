//! `diagnose`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::folder::Folder;
use super::super::paging::{PAGE, size};
use crate::cli::diagnose::DiagnoseArgs;
use crate::commands::diagnose;
use crate::exit::Failure;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// The error or the end of the log, as it was printed
    error: String,
    /// The project that it comes from, relative to the served folder; needed where there are several
    path: Option<String>,
}

/// The JSON page of `diagnose`: what is known of every error, and what only some kinds have.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub(super) struct Answer {
    /// What kind of an error; absent for a quota.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// What it means, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// What to do, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<String>,
    /// How the checks that bear on it stand in this project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Value>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

pub(super) fn run(folder: &Folder, arguments: Arguments) -> Result<Answer, Failure> {
    let word = arguments.error.trim();
    // `-` would read standard input, which is the client's.
    if word.is_empty() || word == "-" {
        return Err(Failure::new("no error was given")
            .help("give the message itself, a traceback included"));
    }
    let mut bytes = Vec::new();
    diagnose::run(
        &DiagnoseArgs {
            error: Some(arguments.error.clone()),
            path: folder.project(arguments.path.as_deref())?,
            json: true,
            aws: folder.aws.clone(),
        },
        &mut bytes,
    )?;
    let mut answer: Answer =
        serde_json::from_slice(&bytes).map_err(|error| Failure::new(error.to_string()))?;
    // The statements that are missing stay; the whole policy can be asked of its own tool.
    if size(&answer) > PAGE && answer.more.remove("policy").is_some() {
        let text = "the policy is long: ask the tool policy";
        answer.more.insert("policyLeftOut".to_owned(), text.into());
    }
    Ok(answer)
}
