//! `tool-network`: Custom browsers and code interpreters are private and recorded.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::template::Template;

pub(super) static CHECK: Check = Check {
    id: "tool-network",
    title: "Custom browsers and code interpreters are private and recorded",
    category: Category::Resources,
    severity: Severity::Medium,
    needs: &[Need::Template],
    page: include_str!("tool_network.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/browser-tool.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/code-interpreter-tool.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/bedrockagentcore-controls.html",
    ],
    run,
};

/// The kinds of resource, with what a message calls them.
const KINDS: [(&str, &str); 2] = [
    ("AWS::BedrockAgentCore::BrowserCustom", "browser"),
    (
        "AWS::BedrockAgentCore::CodeInterpreterCustom",
        "code interpreter",
    ),
];

fn run(context: &Context) -> Vec<Outcome> {
    let resource = context.project.resource();
    let template = match &context.template {
        Known::Read(template) => template,
        // The CLI makes none of these: only a stack of the project's own can.
        Known::Absent => {
            let message = "no template was synthesized, and the CLI makes no browser or code interpreter of its own";
            return vec![Outcome::not_applicable(resource, message)];
        }
        Known::Unread(reason) => return vec![Outcome::skipped(resource, reason.clone())],
    };
    let tools = tools(template);
    if tools.is_empty() {
        let message = "the template holds no custom browser or code interpreter";
        return vec![Outcome::not_applicable(resource, message)];
    }
    let mut found: Vec<Evidence> = Vec::new();
    let mut unknown = None;
    for (id, kind, properties) in &tools {
        match properties.path(&["NetworkConfiguration", "NetworkMode"]) {
            Some(mode) if mode.as_str() == Some("PUBLIC") => {
                let site = template.document.site(mode);
                found.push(Evidence::template(&site).note(format!(
                    "the {kind} {id} reaches the whole internet (PUBLIC)"
                )));
            }
            Some(mode) if mode.as_str().is_none() => unknown = Some(id.clone()),
            None if properties
                .get("NetworkConfiguration")
                .is_some_and(|node| node.get("Ref").is_some() || node.get("Fn::If").is_some()) =>
            {
                unknown = Some(id.clone());
            }
            _ => {}
        }
        if *kind == "browser" {
            let on = properties.path(&["RecordingConfig", "Enabled"]);
            let off = on
                .is_none_or(|node| node.as_bool() == Some(false) || node.as_str() == Some("false"));
            if off {
                let anchor = properties.get("RecordingConfig").unwrap_or(properties);
                let site = template.document.site(anchor);
                found.push(
                    Evidence::template(&site)
                        .note(format!(
                            "what the browser {id} does is recorded nowhere (RecordingConfig)"
                        ))
                        .severity(Severity::Low),
                );
            }
        }
    }
    let Some(first) = found
        .iter()
        .min_by_key(|evidence| evidence.severity.unwrap_or(Severity::Medium))
    else {
        if let Some(id) = unknown {
            let message =
                format!("the network of {id} is a reference that only the deploy resolves");
            return vec![Outcome::skipped(
                resource,
                Unread::new(ReasonCode::Unsupported, message),
            )];
        }
        let message = format!(
            "the {} custom browser(s) and code interpreter(s) of the template are in a VPC or a sandbox, and browsers are recorded",
            tools.len()
        );
        return vec![Outcome::pass(resource, message)];
    };
    let severity = first.severity.unwrap_or(Severity::Medium);
    let message = first.note.clone();
    vec![
        Outcome::fail(resource, message)
            .severity(severity)
            .evidences(found)
            .fix(Fix::new("Keep it in a network of yours, and record it").note(
                "In the stack that makes it: NetworkMode VPC with subnets and security groups (a code interpreter that needs no network: SANDBOX), and for a browser RecordingConfig with Enabled true and a bucket of the account; then `agentcore deploy`",
            )),
    ]
}

/// The tools of a template: logical id, kind, properties.
fn tools(template: &Template) -> Vec<(String, &'static str, &Node)> {
    let resources = template.document.root.get("Resources");
    let members = resources.map(Node::members).unwrap_or_default();
    members
        .iter()
        .filter_map(|member| {
            let written = member.node.get("Type").and_then(Node::as_str)?;
            let (_, kind) = KINDS.iter().find(|(known, _)| *known == written)?;
            Some((
                member.key.to_string(),
                *kind,
                member.node.get("Properties")?,
            ))
        })
        .collect()
}
