//! `resource-encryption`: Gateways, policy engines and log groups use keys of yours.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Resource, ResourceType, Severity, Status};
use crate::model::json::{Member, Node};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::template::{Template, resource_type};

pub(super) static CHECK: Check = Check {
    id: "resource-encryption",
    title: "Gateways, policy engines and log groups use keys of yours",
    category: Category::Resources,
    severity: Severity::Low,
    needs: &[Need::Config, Need::Template],
    page: include_str!("resource_encryption.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/data-encryption.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html",
    ],
    run,
};

/// A kind of resource of the template, what a message calls it, the property of its key, and what a control says without one.
struct Kind {
    name: &'static str,
    words: &'static str,
    of: ResourceType,
    key: &'static str,
    control: Option<(&'static str, &'static str)>,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "AWS::BedrockAgentCore::Gateway",
        words: "gateway",
        of: ResourceType::Gateway,
        key: "KmsKeyArn",
        control: Some((
            "securityhub:BedrockAgentCore.4",
            "a gateway that is not encrypted with a customer-managed key fails",
        )),
    },
    Kind {
        name: "AWS::BedrockAgentCore::PolicyEngine",
        words: "policy engine",
        of: ResourceType::PolicyEngine,
        key: "EncryptionKeyArn",
        control: Some((
            "aws-sample:AC-11",
            "a policy engine that is not encrypted with a customer-managed key fails",
        )),
    },
    Kind {
        name: "AWS::Logs::LogGroup",
        words: "log group",
        of: ResourceType::LogGroup,
        key: "KmsKeyId",
        control: None,
    },
];

/// What masks what users type, in a log group.
const MASKS: &str = "DataProtectionPolicy";

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let mut outcomes = Vec::new();
    match &context.template {
        Known::Read(template) => {
            for member in template.resources() {
                let written = resource_type(member);
                let kind = KINDS.iter().find(|kind| kind.name == written);
                if let Some(kind) = kind.filter(|kind| of_agentcore(context, kind, member)) {
                    outcomes.push(synthesized(context, template, kind, member));
                }
            }
        }
        Known::Absent | Known::Unread(_) => {
            let [gateway, engine, _] = &KINDS;
            let gateways = project
                .gateways
                .iter()
                .map(|one| (gateway, &one.name, &one.site));
            let engines = project
                .policy_engines
                .iter()
                .map(|one| (engine, &one.name, &one.site));
            for (kind, name, site) in gateways.chain(engines) {
                let note = format!("the CLI gives the {} {name} no key of yours", kind.words);
                let open = vec![Evidence::config(site).note(note)];
                outcomes.push(judged(kind, name, &open, true, true));
            }
        }
    }
    if outcomes.is_empty() {
        let message = "the project makes no gateway, policy engine or log group of its own";
        return vec![Outcome::not_applicable(project.resource(), message)];
    }
    outcomes
}

/// True for all but the log groups of what else a stack of the project's own makes.
fn of_agentcore(context: &Context, kind: &Kind, member: &Member) -> bool {
    let name = member.node.path(&["Properties", "LogGroupName"]);
    let name = name.and_then(Node::as_str).unwrap_or_default();
    context.stack.is_none()
        || kind.of != ResourceType::LogGroup
        || name.contains("bedrock-agentcore")
}

fn synthesized(context: &Context, template: &Template, kind: &Kind, member: &Member) -> Outcome {
    let site = template.document.source.site(member.key_range.clone());
    let lacks = |property: &str| member.node.path(&["Properties", property]).is_none();
    let name = name(context, kind, member);
    let (no_key, no_mask) = (
        lacks(kind.key),
        kind.of == ResourceType::LogGroup && lacks(MASKS),
    );
    let mut open = Vec::new();
    if no_key {
        let note = format!("the {} {name} has no key of yours", kind.words);
        open.push(Evidence::template(&site).note(note));
    }
    if no_mask {
        let note = format!(
            "the {} {name} has no data protection policy, which masks what users type",
            kind.words
        );
        open.push(Evidence::template(&site).note(note));
    }
    judged(kind, &name, &open, no_key, no_mask)
}

/// As `agentcore.json` calls it, where it does; else as it is called in AWS, else its logical id.
fn name(context: &Context, kind: &Kind, member: &Member) -> String {
    let property = if kind.of == ResourceType::LogGroup {
        "LogGroupName"
    } else {
        "Name"
    };
    let node = member.node.path(&["Properties", property]);
    let Some(physical) = node.and_then(Node::as_str) else {
        return member.key.to_string();
    };
    let project = context.project.display_name();
    let gateways = context.project.gateways.iter();
    let mut gateways = gateways.filter(|_| kind.of == ResourceType::Gateway);
    let engines = context.project.policy_engines.iter();
    let mut engines = engines.filter(|_| kind.of == ResourceType::PolicyEngine);
    if let Some(gateway) = gateways.find(|one| one.physical_name(project) == physical) {
        return gateway.name.clone();
    }
    let known = engines.find(|one| physical == format!("{project}_{}", one.name));
    known.map_or_else(|| physical.to_owned(), |one| one.name.clone())
}

fn judged(kind: &Kind, name: &str, open: &[Evidence], no_key: bool, no_mask: bool) -> Outcome {
    let resource = Resource::new(kind.of, name);
    let outcome = match open {
        [] => {
            let masks = if kind.of == ResourceType::LogGroup {
                ", and it masks what is sensitive"
            } else {
                ""
            };
            Outcome::pass(
                resource,
                format!("the {} {name} uses a key of yours{masks}", kind.words),
            )
        }
        [first, ..] => {
            let notes: Vec<&str> = open.iter().map(|evidence| evidence.note.as_str()).collect();
            let what = if notes.len() > 1 {
                format!(
                    "the {} {name} has no key of yours and no data protection policy",
                    kind.words
                )
            } else {
                first.note.clone()
            };
            let message = if no_key {
                format!(
                    "{what}: AWS encrypts in any case; decide whether you need a key that you can revoke and whose use is logged"
                )
            } else {
                format!("{what}: decide whether logs may hold what users type")
            };
            let reason = Unread::new(
                ReasonCode::Undeclared,
                "whether customer-managed keys are required is not written down",
            );
            Outcome::manual(resource, message, reason)
                .evidences(open.iter().cloned())
                .fix(fix(kind))
        }
    };
    let status = |bad: bool| if bad { Status::Fail } else { Status::Pass };
    match kind.control {
        Some((control, rule)) => outcome.control(control, status(no_key), rule),
        None => outcome.control(
            "prowler:cloudwatch_log_group_agentcore_data_protection_policy_enabled",
            status(no_mask),
            "a log group without a data protection policy fails",
        ),
    }
}

fn fix(kind: &Kind) -> Fix {
    let properties = match kind.of {
        ResourceType::LogGroup => format!("{} and {MASKS}", kind.key),
        _ => kind.key.to_owned(),
    };
    let vault = "The token vault has one key for the account: `aws bedrock-agentcore-control set-token-vault-cmk`";
    Fix::new("Name the key in the stack").note(format!(
        "agentcore.json has no place for it: set {properties} of the {} in agentcore/cdk/lib/cdk-stack.ts with addPropertyOverride, then `agentcore deploy`. {vault}",
        kind.words
    ))
}
