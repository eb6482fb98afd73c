//! Commands that several checks print. Every one edits a file of the project with jq or calls the AgentCore CLI; a deploy,
//! where one carries the change out, stands last.

use crate::context::Context;
use crate::least_privilege::{self, apply};
use crate::model::finding::Fix;
use crate::model::project::Agent;
use crate::shell::{self, Command};

/// `agentcore.json`, from the project root.
const CONFIG: &str = "agentcore/agentcore.json";

/// Deploys to the target that is looked at.
pub(super) fn deploy(context: &Context) -> Command {
    shell::deploy(context.target.as_ref().map(|target| target.name.as_str()))
}

/// For what is right in the configuration and wrong in the template or in AWS.
pub(super) fn deploy_what_is_configured(context: &Context) -> Fix {
    Fix::new("Deploy what is configured").command(deploy(context)).note(
        "the configuration is right already. A value that was changed by hand in AWS is not put back while the template stays the same,          and one that the code in agentcore/cdk sets comes back with every deploy: change it where it was set",
    )
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
    let note = "read the policy before you create the role. The CLI adds nothing to a role that you bring, `additionalPolicies` \
                included, so a permission that is missing shows as AccessDenied";
    let title = "Give it a role of its own that allows what it uses";
    if let Some(missing) = least_privilege::missing_code(context, agent) {
        return Fix::new(title).note(format!("{missing}. A role made without it would lack what the code calls: run `agentcore-harden policy` where the code is, read what it prints, and apply that"));
    }
    if let Some(lacking) = least_privilege::lacking(context, agent) {
        return Fix::new(title).note(format!("{lacking}. A role made now would lack that: run `agentcore-harden policy` afterwards, read what it prints, and apply that"));
    }
    let note = match least_privilege::unseen(context, agent) {
        Some(unseen) => format!("{unseen}. Then {note}"),
        None => note.to_owned(),
    };
    Fix::new(title)
        .commands(apply::role(context, agent))
        .note(note)
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
