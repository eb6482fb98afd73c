//! What `additionalPolicies` attaches and is too broad: no deploy and no edit of the stack takes it away.

use super::iam_missing_permissions::after_removal;
use super::roles::Judgement;
use crate::checks::fixes;
use crate::context::{Context, Origin, Place, RoleView};
use crate::iam::role::NamedPolicy;
use crate::model::finding::Fix;
use crate::model::project::{Agent, Runtime};

/// Takes the entries out that are too broad, and grants in their place what the agent is seen to use. `None` where no entry is.
pub(super) fn fix(context: &Context, agent: Agent<'_>, judgement: &Judgement<'_>) -> Option<Fix> {
    let runtime = agent.runtime()?;
    let layers = context.agent_roles(agent).into_iter();
    let layer = layers
        .into_iter()
        .find(|layer| layer.origin == Origin::Config)?;
    let view = layer.value;
    let is_broad = |policy: &&NamedPolicy| {
        let mut alone = view.clone();
        alone.role.policies = vec![(*policy).clone()];
        !(judgement.look)(&alone, Some(agent)).is_empty()
    };
    let broad: Vec<&NamedPolicy> = view.role.policies.iter().filter(is_broad).collect();
    let written: Vec<&str> = broad
        .iter()
        .filter_map(|policy| entry(runtime, &view, policy))
        .collect();
    if written.is_empty() {
        return None;
    }
    let title = "Take what is too broad out of additionalPolicies";
    let edit = "additionalPolicies -= [$entry]";
    let mut fix = Fix::new(title);
    for entry in &written {
        let command = fixes::edit_entry(
            "runtimes",
            &runtime.name,
            &format!(".{edit}"),
            &[("entry", entry)],
        )?;
        fix = fix.command(command);
    }
    let gone: Vec<&str> = broad.iter().map(|policy| policy.name.as_str()).collect();
    let rest = after_removal(context, agent, &gone);
    let note = match rest {
        None => format!(
            "the role that the CLI makes allows what the agent is seen to use without {}",
            written.join(", ")
        ),
        Some(_) => format!(
            "what the agent is seen to use and {} allowed is granted in its place",
            written.join(", ")
        ),
    };
    let fix = fix.command(fixes::deploy(context)).note(note);
    fixes::all_of(std::iter::once(fix).chain(rest).collect())
}

/// The entry that attaches a policy, as it is written.
fn entry<'r>(runtime: &'r Runtime, view: &RoleView<'_>, policy: &NamedPolicy) -> Option<&'r str> {
    let Place::Added { entries, .. } = &view.place else {
        return None;
    };
    let site = entries.get(&policy.name)?;
    let mut written = runtime.additional_policies.iter();
    let entry = written.find(|entry| entry.site == *site)?;
    Some(&entry.value)
}
