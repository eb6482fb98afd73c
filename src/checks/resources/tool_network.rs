//! `tool-network`: Custom browsers and code interpreters are private and recorded.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Resource, ResourceType, Severity, Status};
use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::template::{Template, resource_type};

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

/// The kinds of resource.
const KINDS: [(&str, ResourceType); 2] = [
    (
        "AWS::BedrockAgentCore::BrowserCustom",
        ResourceType::Browser,
    ),
    (
        "AWS::BedrockAgentCore::CodeInterpreterCustom",
        ResourceType::CodeInterpreter,
    ),
];

/// Security Hub's rules.
const BROWSER_NETWORK: (&str, &str) = (
    "securityhub:BedrockAgentCore.5",
    "a custom browser in the network mode PUBLIC fails",
);
const RECORDING: (&str, &str) = (
    "securityhub:BedrockAgentCore.6",
    "a custom browser without a recording to S3 fails",
);
const INTERPRETER_NETWORK: (&str, &str) = (
    "securityhub:BedrockAgentCore.7",
    "a custom code interpreter in the network mode PUBLIC or SANDBOX fails",
);

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
    tools.iter().map(|tool| outcome(template, tool)).collect()
}

/// A browser or code interpreter of a template.
struct Tool<'a> {
    /// As it is called in AWS, else its logical id.
    name: String,
    kind: ResourceType,
    properties: &'a Node,
}

/// What the template says of a network.
enum Mode<'a> {
    Known(&'a str, &'a Node),
    /// A reference that only the deploy resolves.
    Reference,
    /// Nothing: the service refuses it.
    Missing,
}

fn mode(properties: &Node) -> Mode<'_> {
    let Some(network) = properties.get("NetworkConfiguration") else {
        return Mode::Missing;
    };
    match network.get("NetworkMode") {
        Some(node) => match node.as_str() {
            Some(mode) => Mode::Known(mode, node),
            None => Mode::Reference,
        },
        None if network
            .members()
            .iter()
            .any(|member| member.key.starts_with("Fn::") || &*member.key == "Ref") =>
        {
            Mode::Reference
        }
        None => Mode::Missing,
    }
}

/// Whether a browser records what it does; `None` where only the deploy knows.
fn recorded(properties: &Node) -> Option<bool> {
    let Some(config) = properties.get("RecordingConfig") else {
        return Some(false);
    };
    let Some(on) = config.get("Enabled") else {
        let reference = config
            .members()
            .iter()
            .any(|member| member.key.starts_with("Fn::") || &*member.key == "Ref");
        return (!reference).then_some(false);
    };
    match (on.as_bool(), on.as_str()) {
        (Some(on), _) => Some(on && config.get("S3Location").is_some()),
        (None, Some(text)) => Some(text == "true" && config.get("S3Location").is_some()),
        (None, None) => None,
    }
}

fn outcome(template: &Template, tool: &Tool<'_>) -> Outcome {
    let resource = Resource::new(tool.kind, &tool.name);
    let browser = tool.kind == ResourceType::Browser;
    let words = if browser {
        "browser"
    } else {
        "code interpreter"
    };
    let mode = mode(tool.properties);
    let recorded = browser.then(|| recorded(tool.properties)).flatten();
    let mut found: Vec<Evidence> = Vec::new();
    if let Mode::Known("PUBLIC", node) = &mode {
        let site = template.document.site(node);
        let note = format!(
            "the {words} {} reaches the whole internet (PUBLIC)",
            tool.name
        );
        found.push(Evidence::template(&site).note(note));
    }
    if recorded == Some(false) {
        let anchor = tool
            .properties
            .get("RecordingConfig")
            .unwrap_or(tool.properties);
        let note = format!(
            "what the browser {} does is recorded nowhere (RecordingConfig)",
            tool.name
        );
        let evidence = Evidence::template(&template.document.site(anchor)).note(note);
        found.push(evidence.severity(Severity::Low));
    }
    let judged = match found.first() {
        Some(first) => {
            let (severity, message) = (
                first.severity.unwrap_or(Severity::Medium),
                first.note.clone(),
            );
            let note = if browser {
                "In the stack that makes it: NetworkMode VPC with subnets and security groups, and RecordingConfig with Enabled true and a bucket of the account; then deploy it"
            } else {
                "In the stack that makes it: NetworkMode VPC with subnets and security groups, or SANDBOX where the code needs no network; then deploy it"
            };
            Outcome::fail(resource, message)
                .severity(severity)
                .evidences(found)
                .fix(Fix::new("Keep it in a network of yours, and record it").note(note))
        }
        None if matches!(mode, Mode::Reference) || (browser && recorded.is_none()) => {
            let message = format!(
                "the network or recording of {} is a reference that only the deploy resolves",
                tool.name
            );
            Outcome::skipped(resource, Unread::new(ReasonCode::Unsupported, message))
        }
        None => {
            let mode = match mode {
                Mode::Known(mode, _) => mode,
                Mode::Reference | Mode::Missing => "not PUBLIC",
            };
            let also = if browser {
                ", and what it does is recorded"
            } else {
                ""
            };
            let message = format!(
                "the network mode of the {words} {} is {mode}{also}",
                tool.name
            );
            Outcome::pass(resource, message)
        }
    };
    by_standard(judged, browser, &mode, recorded)
}

fn by_standard(
    outcome: Outcome,
    browser: bool,
    mode: &Mode<'_>,
    recorded: Option<bool>,
) -> Outcome {
    let status = |fine: Option<bool>| match fine {
        Some(true) => Status::Pass,
        Some(false) => Status::Fail,
        None => Status::Skipped,
    };
    let mode = match mode {
        Mode::Known(mode, _) => Some(*mode),
        Mode::Reference | Mode::Missing => None,
    };
    if browser {
        let network = status(mode.map(|mode| mode != "PUBLIC"));
        return outcome
            .control(BROWSER_NETWORK.0, network, BROWSER_NETWORK.1)
            .control(RECORDING.0, status(recorded), RECORDING.1);
    }
    let network = status(mode.map(|mode| mode == "VPC"));
    outcome.control(INTERPRETER_NETWORK.0, network, INTERPRETER_NETWORK.1)
}

/// The tools of a template.
fn tools(template: &Template) -> Vec<Tool<'_>> {
    template
        .resources()
        .iter()
        .filter_map(|member| {
            let written = resource_type(member);
            let (_, kind) = KINDS.iter().find(|(known, _)| *known == written)?;
            let properties = member.node.get("Properties")?;
            let name = properties.get("Name").and_then(Node::as_str);
            Some(Tool {
                name: name.unwrap_or(&member.key).to_owned(),
                kind: *kind,
                properties,
            })
        })
        .collect()
}
