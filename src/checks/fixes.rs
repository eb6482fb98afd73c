//! Commands that several checks print. Every one edits a file of the project with jq or calls the AgentCore CLI; a deploy,
//! where one carries the change out, stands last.

use crate::context::Context;
use crate::model::project::Agent;
use crate::report::Fix;
use crate::shell::{self, Command};

/// `agentcore.json`, from the project root.
const CONFIG: &str = "agentcore/agentcore.json";

/// Deploys to the target that is looked at.
pub(super) fn deploy(context: &Context) -> Command {
    shell::deploy(context.target.as_ref().map(|target| target.name.as_str()))
}

/// Edits the entry of a root array that bears a name; `edit` is a jq filter over the entry. `None` where it has no name of
/// its own.
pub(super) fn edit_entry(
    list: &str,
    name: &str,
    edit: &str,
    args: &[(&str, &str)],
) -> Option<Command> {
    if name.starts_with('#') {
        return None;
    }
    let filter = format!("(.{list}[] | select(.name == $name)) |= ({edit})");
    let mut all = vec![("name", name)];
    all.extend_from_slice(args);
    Some(shell::jq_edit(CONFIG, &filter, &all))
}

/// Edits a runtime's entry, or a harness's `harness.json`.
pub(super) fn edit_agent(agent: Agent<'_>, edit: &str, args: &[(&str, &str)]) -> Option<Command> {
    match agent {
        Agent::Runtime(runtime) => edit_entry("runtimes", &runtime.name, edit, args),
        Agent::Harness(harness) => {
            let path = harness.document.read()?.source.path.clone();
            Some(shell::jq_edit(&path, edit, args))
        }
    }
}

/// A fix of an edit and a deploy.
pub(super) fn edit_and_deploy(context: &Context, title: &str, edit: Option<Command>) -> Fix {
    match edit {
        Some(edit) => Fix::new(title).command(edit).command(deploy(context)),
        None => Fix::new(title)
            .note("the entry has no name that a command could select it by: edit the file by hand"),
    }
}

/// One fix that does what several do, each needed; a deploy that several end with stands last, once.
pub(super) fn all_of(fixes: Vec<Fix>) -> Option<Fix> {
    let mut fixes = fixes.into_iter();
    let mut whole = fixes.next()?;
    let is_deploy = |command: &String| command.starts_with("agentcore deploy");
    let mut deploy: Option<String> = None;
    let mut rest = |fix: &mut Fix| {
        let (last, commands) = std::mem::take(&mut fix.commands)
            .into_iter()
            .partition::<Vec<_>, _>(is_deploy);
        deploy = deploy.take().or_else(|| last.into_iter().next());
        fix.commands = commands;
    };
    rest(&mut whole);
    for mut fix in fixes {
        rest(&mut fix);
        whole.title = format!("{}; {}", whole.title, lower_first(&fix.title));
        for command in fix.commands {
            if !whole.commands.contains(&command) {
                whole.commands.push(command);
            }
        }
        if !fix.note.is_empty() && !whole.note.is_empty() {
            whole.note.push_str("; ");
        }
        whole.note.push_str(&fix.note);
        whole.edits.extend(fix.edits);
        whole.safe.extend(fix.safe);
    }
    whole.commands.extend(deploy);
    Some(whole)
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(characters).collect()
    })
}

/// An execution role of one's own: the policy that `agentcore-harden policy` writes, set as `executionRoleArn`. A role that
/// the construct made cannot be narrowed: the next deploy puts it back.
pub(super) fn own_role(context: &Context, agent: Agent<'_>) -> Fix {
    let stem = file_stem(agent.name());
    let policy = |kind: &str, path: &str| {
        Command::new("agentcore-harden")
            .arg("policy")
            .opt("--runtime", agent.name())
            .opt("--kind", kind)
            .to_file(path)
    };
    let (permissions, trust, arn) = (
        format!("{stem}-execution-role.json"),
        format!("{stem}-trust.json"),
        format!("{stem}-role-arn.txt"),
    );
    let role: String = format!(
        "{}_{stem}-runtime",
        file_stem(context.project.display_name())
    )
    .chars()
    .take(64)
    .collect();
    let iam = |operation: &str| {
        Command::new("aws")
            .arg("iam")
            .arg(operation)
            .opt("--role-name", role.as_str())
    };
    let fix = Fix::new("Give it a role of its own that allows what it uses")
        .command(policy("execution-role", &permissions))
        .command(policy("trust", &trust))
        .command(
            iam("create-role")
                .opt("--assume-role-policy-document", format!("file://{trust}"))
                .opt("--query", "Role.Arn")
                .opt("--output", "text")
                .to_file(&arn),
        )
        .command(
            iam("put-role-policy")
                .opt("--policy-name", "agent")
                .opt("--policy-document", format!("file://{permissions}")),
        );
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
    let args: &[(&str, &str)] = if agent.runtime().is_some() {
        &[("name", agent.name())]
    } else {
        &[]
    };
    let note = "read the policy before you create the role. The CLI adds nothing to a role that you bring, `additionalPolicies` \
                included, so a permission that is missing shows as AccessDenied";
    fix.command(shell::jq_edit_with_files(
        &path,
        filter,
        args,
        &[("arn", &arn)],
    ))
    .command(deploy(context))
    .note(note)
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

/// A name that the CLI takes for evaluations, engines and policies (`[A-Za-z][A-Za-z0-9_]{0,47}`), not one of `taken`.
pub(super) fn resource_name(base: &str, suffix: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut stem: String = base
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(36)
        .collect();
    if !stem.starts_with(|c: char| c.is_ascii_alphabetic()) {
        stem.insert(0, 'a');
    }
    let candidates = (1..1000).map(|number| match number {
        1 => format!("{stem}{suffix}"),
        _ => format!("{stem}{suffix}{number}"),
    });
    let mut candidates = candidates;
    candidates.find(|name| !taken(name)).unwrap_or(stem)
}
