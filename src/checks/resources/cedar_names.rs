//! Whether the names in a Cedar policy are those of the project: actions of its gateways' targets and tools, tags that are asked for
//! before they are read.

use std::collections::BTreeSet;

use crate::context::{CedarView, Context};
use crate::model::finding::Evidence;
use crate::model::json::Node;
use crate::model::project::{Gateway, GatewayTarget, PolicyEngine};

const ACTION: &str = "AgentCore::Action::\"";
/// Between the target and the tool in the name of an action.
const SEPARATOR: &str = "___";

/// The names that mean nothing in this project.
pub(super) fn faults(
    context: &Context,
    engine: &PolicyEngine,
    policy: &str,
    view: &CedarView,
) -> Vec<(String, Evidence)> {
    let text = blanked(&view.text.value);
    let mut found = tags(policy, &text, view);
    let targets: Vec<&GatewayTarget> = gateways(context, engine)
        .flat_map(|gateway| &gateway.targets)
        .collect();
    if targets.is_empty() {
        return found;
    }
    for (at, name) in actions(&text) {
        let Some((target, tool)) = name.split_once(SEPARATOR) else {
            continue;
        };
        let range = at..at + name.len();
        match targets.iter().find(|one| one.name == target) {
            None => found.push((
                format!(
                    "policy {policy} names the action {name}, and no gateway of the engine has a target {target}: it never applies"
                ),
                view.at(range),
            )),
            Some(one) => {
                let tools = tools(context, one);
                if tools.as_ref().is_some_and(|tools| !tools.contains(tool)) {
                    found.push((
                        format!(
                            "policy {policy} names the action {name}, and target {target} has no tool {tool}: it never applies"
                        ),
                        view.at(range),
                    ));
                }
            }
        }
    }
    found
}

/// The first action of a target, where no gateway of the engine has one in the configuration: it may have been made elsewhere.
pub(super) fn of_no_target(
    context: &Context,
    engine: &PolicyEngine,
    policy: &str,
    view: &CedarView,
) -> Option<(String, Evidence)> {
    let mut gateways = gateways(context, engine).peekable();
    gateways.peek()?;
    if gateways.any(|gateway| !gateway.targets.is_empty()) {
        return None;
    }
    let text = blanked(&view.text.value);
    let mut named = actions(&text).into_iter();
    let (at, name) = named.find(|(_, name)| name.contains(SEPARATOR))?;
    let (target, _) = name.split_once(SEPARATOR)?;
    let message = format!(
        "policy {policy} names the action {name}, and no gateway of the engine has a target in agentcore.json: it applies only where a target {target} was made elsewhere"
    );
    Some((message, view.at(at..at + name.len())))
}

/// The gateways that an engine is attached to.
fn gateways<'a>(
    context: &'a Context,
    engine: &'a PolicyEngine,
) -> impl Iterator<Item = &'a Gateway> {
    context.project.gateways.iter().filter(|gateway| {
        let attached = gateway.policy_engine.as_ref();
        attached.is_some_and(|name| name.value == engine.name)
    })
}

/// The actions that a policy names, with their offsets.
fn actions(text: &str) -> Vec<(usize, String)> {
    quoted_after(text, ACTION)
}

/// A tag that is read and may not be there: the policy errs, and is skipped, for every caller without it.
fn tags(policy: &str, text: &str, view: &CedarView) -> Vec<(String, Evidence)> {
    let asked: BTreeSet<String> = quoted_after(text, "hasTag(\"")
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    quoted_after(text, "getTag(\"")
        .into_iter()
        .filter(|(_, name)| !asked.contains(name))
        .map(|(at, name)| {
            (
                format!(
                    "policy {policy} reads the tag {name} without hasTag(\"{name}\") before it: the policy fails with an error for callers without that claim"
                ),
                view.at(at..at + name.len()),
            )
        })
        .collect()
}

/// The texts in quotes behind a mark, with their offsets.
fn quoted_after(text: &str, mark: &str) -> Vec<(usize, String)> {
    text.match_indices(mark)
        .filter_map(|(at, _)| {
            let start = at + mark.len();
            let rest = text.get(start..)?;
            Some((start, rest.get(..rest.find('"')?)?.to_owned()))
        })
        .collect()
}

/// The text with its comments blanked, length for length.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut quoted = false;
        let mut comment = None;
        let bytes = line.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'"' => quoted = !quoted,
                b'/' if !quoted && bytes.get(at + 1) == Some(&b'/') => {
                    comment = Some(at);
                    break;
                }
                _ => {}
            }
        }
        match comment.and_then(|at| Some((line.get(..at)?, line.get(at..)?))) {
            Some((code, comment)) => {
                out.push_str(code);
                for byte in comment.bytes() {
                    out.push(if byte == b'\n' { '\n' } else { ' ' });
                }
            }
            None => out.push_str(line),
        }
    }
    out
}

/// The names of a target's tools, where its schema is in the project.
fn tools(context: &Context, target: &GatewayTarget) -> Option<BTreeSet<String>> {
    let file = target
        .node
        .path(&["lambdaFunctionArn", "toolSchemaFile"])
        .and_then(Node::as_str)?;
    let document = context.project.named_files.get(file)?.document.as_ref()?;
    let list = match document.root.get("tools") {
        Some(tools) => tools.items(),
        None => document.root.items(),
    };
    let names: BTreeSet<String> = list
        .iter()
        .filter_map(|tool| tool.get("name")?.as_str().map(str::to_owned))
        .collect();
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::{blanked, quoted_after};

    #[test]
    fn comments_hold_no_names() {
        let text = "// AgentCore::Action::\"a___b\"\npermit(principal, action == AgentCore::Action::\"c___d\", resource); // x\n";
        let plain = blanked(text);
        assert_eq!(plain.len(), text.len());
        let found = quoted_after(&plain, super::ACTION);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1, "c___d");
    }
}
