//! The commands that put a policy into force.

use serde_json::Value;

use super::Kind;
use crate::context::Context;
use crate::model::project::Agent;
use crate::shell::{self, Command};

/// `agentcore.json`, from the project root.
const CONFIG: &str = "agentcore/agentcore.json";
/// The inline policy of the role.
const POLICY: &str = "agent";

/// Writes the policies, makes the role, sets it as `executionRoleArn` and deploys.
pub fn role(context: &Context, agent: Agent<'_>) -> Vec<Command> {
    let stem = file_stem(agent.name());
    let permissions = file(agent, Kind::ExecutionRole);
    let trust = file(agent, Kind::Trust);
    let arn = format!("{stem}-role-arn.txt");
    let role = role_name(context, agent);
    let iam = |operation: &str| {
        Command::new("aws")
            .arg("iam")
            .arg(operation)
            .opt("--role-name", role.as_str())
    };
    let mut commands = vec![
        write(context, agent, Kind::ExecutionRole),
        write(context, agent, Kind::Trust),
    ];
    let own = agent.common().execution_role_arn.as_ref();
    let exists = own.is_some_and(|arn| arn.value.rsplit('/').next() == Some(role.as_str()));
    let put = iam("put-role-policy")
        .opt("--policy-name", POLICY)
        .opt("--policy-document", format!("file://{permissions}"));
    if exists {
        commands.push(
            iam("update-assume-role-policy").opt("--policy-document", format!("file://{trust}")),
        );
        commands.push(put);
        return commands;
    }
    commands.push(
        iam("create-role")
            .opt("--assume-role-policy-document", format!("file://{trust}"))
            .opt("--query", "Role.Arn")
            .opt("--output", "text")
            .to_file(&arn),
    );
    commands.push(put);
    let (path, filter) = match agent {
        Agent::Runtime(_) => (
            CONFIG.to_owned(),
            "(.runtimes[] | select(.name == $name)).executionRoleArn = ($arn | rtrimstr(\"\\n\"))",
        ),
        Agent::Harness(harness) => (
            harness
                .document
                .read()
                .map_or_else(String::new, |document| document.source.path.to_string()),
            ".executionRoleArn = ($arn | rtrimstr(\"\\n\"))",
        ),
    };
    let name = [("name", agent.name())];
    let args: &[(&str, &str)] = if agent.runtime().is_some() {
        &name
    } else {
        &[]
    };
    commands.push(shell::jq_edit_with_files(
        &path,
        filter,
        args,
        &[("arn", &arn)],
    ));
    let target = context.target.as_ref();
    commands.push(shell::deploy(target.map(|target| target.name.as_str())));
    commands
}

/// Writes a policy and makes it a customer-managed policy, to be attached to who needs it.
pub fn managed(context: &Context, agent: Agent<'_>, kind: Kind) -> Vec<Command> {
    let name = format!("{}-{}", role_name(context, agent), word(kind));
    let document = format!("file://{}", file(agent, kind));
    let create = Command::new("aws")
        .arg("iam")
        .arg("create-policy")
        .opt("--policy-name", name)
        .opt("--policy-document", document);
    vec![write(context, agent, kind), create]
}

/// `agentcore-harden policy … > FILE`. Account and Region that no target names are those of the AWS CLI.
fn write(context: &Context, agent: Agent<'_>, kind: Kind) -> Command {
    let command = Command::new("agentcore-harden")
        .arg("policy")
        .opt("--runtime", agent.name())
        .opt("--kind", word(kind));
    let target = context.target.as_ref();
    let several = context.project.targets.len() > 1;
    let mut command = command.opt_if(
        "--target",
        target
            .filter(|_| several)
            .map(|target| target.name.as_str()),
    );
    if target.is_none_or(|target| target.account.is_none()) {
        let account = Command::new("aws")
            .args(["sts", "get-caller-identity", "--query", "Account"])
            .opt("--output", "text");
        command = command.opt_output("--account", account);
    }
    if target.is_none_or(|target| target.region.is_none()) {
        let region = Command::new("aws").args(["configure", "get", "region"]);
        command = command.opt_output("--region", region);
    }
    command.to_file(&file(agent, kind))
}

/// The name of the inline policy, and of the file, that adds what is missing.
const MISSING: &str = "missing-permissions";

/// Adds a policy to a role as an inline policy of its own.
pub fn put_policy(role: &str, document: &Value) -> Command {
    Command::new("aws")
        .args(["iam", "put-role-policy"])
        .opt("--role-name", role)
        .opt("--policy-name", MISSING)
        .opt("--policy-document", document.to_string())
}

/// Adds a policy to the role of an agent: inline to a role of one's own (`role`, or the one that the configuration names); a file
/// of `additionalPolicies` for the role that the construct makes.
///
/// # Errors
/// Why no command can do it.
pub fn add_policy(
    context: &Context,
    agent: Agent<'_>,
    role: Option<&str>,
    document: &Value,
) -> Result<Vec<Command>, String> {
    if let Some(own) = &agent.common().execution_role_arn {
        let size = super::size(document);
        if size > super::INLINE_LIMIT {
            return Err(format!(
                "the statements count {size} characters and a role takes {} inline: write them with `agentcore-harden policy` and make managed policies of its parts",
                super::INLINE_LIMIT
            ));
        }
        let named = own.value.rsplit('/').next().unwrap_or(&own.value);
        return Ok(vec![put_policy(role.unwrap_or(named), document)]);
    }
    let Agent::Runtime(runtime) = agent else {
        return Err("the CLI has no key for the permissions of a harness: make a role of your own with `agentcore-harden policy`, and name it as executionRoleArn".to_owned());
    };
    let Some(location) = &runtime.code_location else {
        return Err(
            "the runtime has no codeLocation: additionalPolicies takes files beside the code"
                .to_owned(),
        );
    };
    let taken = |file: &String| {
        let mut entries = runtime.additional_policies.iter();
        entries.any(|entry| entry.value == *file)
    };
    let mut names = (1..100).map(|number| match number {
        1 => format!("{MISSING}.json"),
        _ => format!("{MISSING}-{number}.json"),
    });
    let Some(file) = names.find(|file| !taken(file)) else {
        return Err("additionalPolicies holds a hundred such files already".to_owned());
    };
    let path = format!("{}/{file}", location.value.trim_end_matches('/'));
    let write = Command::new("jq")
        .arg("-n")
        .arg(document.to_string())
        .to_file(&path);
    let edit = "(.runtimes[] | select(.name == $name)).additionalPolicies += [$file]";
    let target = context.target.as_ref();
    Ok(vec![
        write,
        shell::jq_edit(CONFIG, edit, &[("name", &runtime.name), ("file", &file)]),
        shell::deploy(target.map(|target| target.name.as_str())),
    ])
}

/// How the command line spells a kind.
pub fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::ExecutionRole => "execution-role",
        Kind::Trust => "trust",
        Kind::Invoke => "invoke",
        Kind::Command => "command",
    }
}

fn file(agent: Agent<'_>, kind: Kind) -> String {
    format!("{}-{}.json", file_stem(agent.name()), word(kind))
}

/// At most 64 characters, as IAM takes them.
fn role_name(context: &Context, agent: Agent<'_>) -> String {
    let name = format!(
        "{}_{}-runtime",
        file_stem(context.project.display_name()),
        file_stem(agent.name())
    );
    name.chars().take(64).collect()
}

/// A name that is safe as a file's and a role's name.
fn file_stem(name: &str) -> String {
    let stem: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .take(48)
        .collect();
    if stem.is_empty() {
        "agent".to_owned()
    } else {
        stem
    }
}
