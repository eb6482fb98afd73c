//! `policy`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::folder::Folder;
use super::super::paging::{Page, page, sentence, size};
use super::check::one;
use crate::cli::policy::LeastPrivilegeArgs;
use crate::commands::policy;
use crate::exit::Failure;
use crate::least_privilege::{self, Kind};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Arguments {
    /// The project, relative to the served folder; needed where there are several
    path: Option<String>,
    /// The runtime or harness; needed where there are several
    runtime: Option<String>,
    /// Whose policy; default: execution-role
    kind: PolicyKind,
    /// Account id, where the project names none
    account: Option<String>,
    /// AWS Region, where the project names none
    region: Option<String>,
    /// Where the page of statements begins
    offset: usize,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum PolicyKind {
    /// What the agent may do
    #[default]
    ExecutionRole,
    /// Who may take the execution role
    Trust,
    /// For who calls the agent
    Invoke,
    /// For who runs commands in it
    Command,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    runtime: String,
    kind: PolicyKind,
    /// The policy's statements; `total` says how many there are in all pages.
    statements: Vec<Value>,
    #[serde(flatten)]
    page: Page,
    /// Prints the whole document.
    whole: String,
    /// What could not be narrowed, and why.
    notes: Vec<String>,
    /// They apply it, in order, from the project root.
    commands: Vec<String>,
}

pub(super) fn run(folder: &Folder, arguments: Arguments) -> Result<Answer, Failure> {
    let path = one(folder, arguments.path.as_deref())?;
    let (kind, word) = match arguments.kind {
        PolicyKind::ExecutionRole => (Kind::ExecutionRole, "execution-role"),
        PolicyKind::Trust => (Kind::Trust, "trust"),
        PolicyKind::Invoke => (Kind::Invoke, "invoke"),
        PolicyKind::Command => (Kind::Command, "command"),
    };
    let of_command = LeastPrivilegeArgs {
        path: Some(path.clone()),
        runtime: arguments.runtime,
        kind: None,
        target: folder.aws.target.clone(),
        account: arguments.account.clone(),
        region: arguments.region.clone(),
        json: true,
    };
    policy::with_subject(&of_command, |subject| {
        let plan = least_privilege::plan(subject, kind);
        let statements = match plan.document.get("Statement") {
            Some(Value::Array(statements)) => statements.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        let mut whole = crate::shell::Command::new("agentcore-harden")
            .arg("policy")
            .arg(path.to_string_lossy())
            .opt("--runtime", subject.agent.name())
            .opt("--kind", word);
        for (flag, value) in [
            ("--account", &arguments.account),
            ("--region", &arguments.region),
        ] {
            if let Some(value) = value {
                whole = whole.opt(flag, value);
            }
        }
        let notes: Vec<String> = plan.notes.iter().map(|note| sentence(note)).collect();
        let commands = policy::texts(&policy::commands(subject, kind));
        let whole = whole.to_string();
        let taken = size(&notes) + size(&commands) + whole.len() + 200;
        let (statements, page) = page(statements, arguments.offset, taken);
        Ok(Answer {
            runtime: sentence(subject.agent.name()),
            kind: arguments.kind,
            statements,
            page,
            whole,
            notes,
            commands,
        })
    })
}
