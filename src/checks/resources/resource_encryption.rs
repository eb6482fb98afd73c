//! `resource-encryption`: Gateways, policy engines and log groups use keys of yours.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode, Unread};

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

/// A kind of resource of the template, what a message calls it, and the properties that a person has to decide on.
struct Kind {
    name: &'static str,
    words: &'static str,
    properties: &'static [(&'static str, &'static str)],
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "AWS::BedrockAgentCore::Gateway",
        words: "gateway",
        properties: &[("KmsKeyArn", "no key of yours")],
    },
    Kind {
        name: "AWS::BedrockAgentCore::PolicyEngine",
        words: "policy engine",
        properties: &[("EncryptionKeyArn", "no key of yours")],
    },
    Kind {
        name: "AWS::Logs::LogGroup",
        words: "log group",
        properties: &[
            ("KmsKeyId", "no key of yours"),
            (
                "DataProtectionPolicy",
                "no data protection policy, which masks what users type",
            ),
        ],
    },
];

fn run(context: &Context) -> Vec<Outcome> {
    let resource = context.project.resource();
    let (mut count, mut open) = (0, Vec::new());
    match &context.template {
        Known::Read(template) => {
            let resources = template.document.root.get("Resources");
            for member in resources.map(Node::members).unwrap_or_default() {
                let written = member.node.get("Type").and_then(Node::as_str);
                let Some(kind) = KINDS.iter().find(|kind| Some(kind.name) == written) else {
                    continue;
                };
                count += 1;
                for (property, lack) in kind.properties {
                    if member.node.path(&["Properties", property]).is_none() {
                        let site = template.document.source.site(member.key_range.clone());
                        open.push(
                            Evidence::template(&site)
                                .note(format!("the {} {} has {lack}", kind.words, member.key)),
                        );
                    }
                }
            }
        }
        Known::Absent | Known::Unread(_) => {
            let project = &context.project;
            let gateways = project
                .gateways
                .iter()
                .map(|one| ("gateway", &one.name, &one.site));
            let engines = project
                .policy_engines
                .iter()
                .map(|one| ("policy engine", &one.name, &one.site));
            for (words, name, site) in gateways.chain(engines) {
                count += 1;
                open.push(
                    Evidence::config(site)
                        .note(format!("the CLI gives the {words} {name} no key of yours")),
                );
            }
        }
    }
    if count == 0 {
        let message = "the project makes no gateway, policy engine or log group of its own";
        return vec![Outcome::not_applicable(resource, message)];
    }
    let Some(first) = open.first() else {
        let message = format!(
            "the {count} gateways, policy engines and log groups of the template use keys of yours, and log groups mask what is sensitive"
        );
        return vec![Outcome::pass(resource, message)];
    };
    let more = match open.len() {
        1 => String::new(),
        several => format!(", and {} more", several - 1),
    };
    let message = format!(
        "{}{more}: AWS encrypts in any case; decide whether you need keys that you can revoke and whose use is logged",
        first.note
    );
    let reason = Unread::new(
        ReasonCode::Undeclared,
        "whether customer-managed keys are required is not written down",
    );
    vec![Outcome::manual(resource, message, reason).evidences(open).fix(
        Fix::new("Name the keys in the stack").note(
            "agentcore.json has no place for them: set KmsKeyArn (gateway), EncryptionKeyArn (policy engine), KmsKeyId and DataProtectionPolicy (log group) in agentcore/cdk/lib/cdk-stack.ts with addPropertyOverride, then `agentcore deploy`. \
             The token vault has one key for the account: `aws bedrock-agentcore-control set-token-vault-cmk`",
        ),
    )]
}
