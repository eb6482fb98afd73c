//! What a role reaches beyond its own: whole services, ways to more power, what belongs to other agents, writes on everything.

use std::collections::BTreeMap;

use super::foreign;
use super::roles::{Finding, grant_evidence};
use crate::context::RoleView;
use crate::iam::actions;
use crate::iam::arn::{Breadth, breadth};
use crate::iam::comparison::Comparison;
use crate::iam::condition::Condition;
use crate::iam::escalation;
use crate::iam::reach::{ActionGrant, Grant, Reach};
use crate::iam::role::NamedPolicy;
use crate::model::finding::Severity;

/// Actions that give power on their own when the resource is open: any role can be passed, or taken.
const ALONE: [&str; 2] = ["iam:PassRole", "sts:AssumeRole"];

/// AWS-managed policies that hold `SERVICE:*` on every resource of a service: as bad as the statement written out.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>
const WHOLE: [(&str, &str); 20] = [
    ("AmazonBedrockFullAccess", "bedrock"),
    ("BedrockAgentCoreFullAccess", "bedrock-agentcore"),
    ("AmazonS3FullAccess", "s3"),
    ("AmazonDynamoDBFullAccess", "dynamodb"),
    ("AmazonDynamoDBFullAccess_v2", "dynamodb"),
    ("AmazonSQSFullAccess", "sqs"),
    ("AmazonSNSFullAccess", "sns"),
    ("AWSLambda_FullAccess", "lambda"),
    ("AmazonEC2FullAccess", "ec2"),
    ("AmazonSSMFullAccess", "ssm"),
    ("CloudWatchLogsFullAccess", "logs"),
    ("AmazonKinesisFullAccess", "kinesis"),
    ("AmazonRDSFullAccess", "rds"),
    ("AmazonSESFullAccess", "ses"),
    ("AWSStepFunctionsFullAccess", "states"),
    ("AmazonEventBridgeFullAccess", "events"),
    ("AmazonAthenaFullAccess", "athena"),
    ("AmazonRedshiftFullAccess", "redshift"),
    ("AmazonEC2ContainerRegistryFullAccess", "ecr"),
    ("AmazonKendraFullAccess", "kendra"),
];

/// What was found of one statement.
struct Found<'r, 'a> {
    grant: &'r Grant<'a>,
    severity: Severity,
    texts: Vec<String>,
}

/// Findings by policy and place of the statement, in the order of the role's policies.
struct Collected<'r, 'a> {
    order: Vec<(String, String)>,
    by_statement: BTreeMap<(String, String), Found<'r, 'a>>,
}

impl<'r, 'a> Collected<'r, 'a> {
    fn add(&mut self, grant: &'r Grant<'a>, severity: Severity, text: String) {
        let key = (grant.policy.name.clone(), grant.statement.pointer.clone());
        match self.by_statement.get_mut(&key) {
            Some(found) => {
                found.severity = found.severity.min(severity);
                if !found.texts.contains(&text) {
                    found.texts.push(text);
                }
            }
            None => {
                self.order.push(key.clone());
                let texts = vec![text];
                self.by_statement.insert(
                    key,
                    Found {
                        grant,
                        severity,
                        texts,
                    },
                );
            }
        }
    }

    fn is_critical(&self, grant: &Grant<'_>) -> bool {
        let key = (grant.policy.name.clone(), grant.statement.pointer.clone());
        let found = self.by_statement.get(&key);
        found.is_some_and(|found| found.severity == Severity::Critical)
    }
}

/// Everything of a role that is too broad, statement by statement.
pub(super) fn look(role: &RoleView<'_>) -> Vec<Finding> {
    let reach = Reach::of(&role.role);
    let mut findings = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for policy in &role.role.policies {
        if let Some((severity, text)) = aws_managed(policy) {
            told.push(&policy.name);
            findings.push(Finding {
                severity: Some(severity),
                text,
                evidence: role.policy(policy),
            });
        }
    }
    let mut collected = Collected {
        order: Vec::new(),
        by_statement: BTreeMap::new(),
    };
    let grants = || {
        let told = &told;
        let grants = reach.grants.iter();
        grants.filter(move |grant| !told.contains(&grant.policy.name.as_str()))
    };
    for grant in grants() {
        if let Some((severity, text)) = whole(grant) {
            collected.add(grant, severity, text);
        }
    }
    escalations(&reach, &told, &mut collected);
    for grant in grants() {
        if !collected.is_critical(grant) {
            for (severity, text) in foreign::reached(grant, &role.own) {
                collected.add(grant, narrower(grant, severity), text);
            }
        }
    }
    writes(&reach, &told, &mut collected);
    for key in &collected.order {
        if let Some(found) = collected.by_statement.get(key) {
            findings.push(Finding {
                severity: Some(found.severity),
                text: found.texts.join(" and "),
                evidence: grant_evidence(role, found.grant),
            });
        }
    }
    findings
}

/// AWS-managed policies that no agent needs, told by their names.
fn aws_managed(policy: &NamedPolicy) -> Option<(Severity, String)> {
    if !policy.is_aws_managed() {
        return None;
    }
    let name = policy.name.as_str();
    if let Some((_, service)) = WHOLE.iter().find(|(known, _)| *known == name) {
        return Some((
            Severity::Critical,
            format!("the AWS-managed policy {name}, which allows {service}:* on every resource"),
        ));
    }
    match name {
        "AdministratorAccess" | "IAMFullAccess" | "PowerUserAccess" | "SystemAdministrator" => {
            Some((
                Severity::Critical,
                format!("the AWS-managed policy {name}, which is an administrator's"),
            ))
        }
        _ if name.contains("FullAccess") || name.starts_with("AdministratorAccess-") => Some((
            Severity::High,
            format!(
                "the AWS-managed policy {name}, which allows a whole service on every resource"
            ),
        )),
        _ => None,
    }
}

/// `*`, `service:*` on every resource, everything but a few actions.
fn whole(grant: &Grant<'_>) -> Option<(Severity, String)> {
    let wide = |resource: &String| breadth(resource) >= Breadth::Service;
    let everything = grant.resources.iter().any(wide);
    let whole = grant.whole_services();
    if whole.contains(&"*") {
        let severity = if everything {
            narrower(grant, Severity::Critical)
        } else {
            Severity::High
        };
        let what = if grant.except_actions.is_empty() {
            "every action"
        } else {
            "everything but a few actions"
        };
        let on = if everything {
            "every resource".to_owned()
        } else {
            grant.resources.join(", ")
        };
        return Some((severity, format!("{what} on {on}")));
    }
    if !everything {
        return None;
    }
    // A service none of whose actions supports resources can only be granted on `*`.
    let scopable = |service: &&&str| {
        let known = actions::expand(&format!("{service}:*"));
        known.is_empty() || known.iter().any(|action| action.resource_types)
    };
    let service = whole.iter().find(scopable)?;
    Some((
        narrower(grant, Severity::Critical),
        format!("{service}:* on every resource"),
    ))
}

fn escalations<'r, 'a>(reach: &'r Reach<'a>, told: &[&str], collected: &mut Collected<'r, 'a>) {
    let mut ways: Vec<(String, ActionGrant<'r, 'a>)> = Vec::new();
    let found = escalation::find(reach).into_iter();
    for found in found.filter(|found| found.open_ended) {
        for (action, grants) in found.escalation.actions.iter().zip(found.grants) {
            ways.extend(
                grants
                    .into_iter()
                    .map(|grant| ((*action).to_owned(), grant)),
            );
        }
    }
    for action in ALONE {
        ways.extend(
            reach
                .of_action(action)
                .into_iter()
                .map(|grant| (action.to_owned(), grant)),
        );
    }
    let mut by_statement: Vec<(&'r Grant<'a>, Vec<String>)> = Vec::new();
    for (action, grant) in ways {
        let open = grant
            .resources
            .iter()
            .any(|resource| resource.ends_with('*'));
        let known =
            collected.is_critical(grant.grant) || told.contains(&grant.grant.policy.name.as_str());
        if !open || known {
            continue;
        }
        let same = |(other, _): &&mut (&Grant<'a>, Vec<String>)| std::ptr::eq(*other, grant.grant);
        match by_statement.iter_mut().find(same) {
            Some((_, actions)) if actions.contains(&action) => {}
            Some((_, actions)) => actions.push(action),
            None => by_statement.push((grant.grant, vec![action])),
        }
    }
    for (grant, actions) in by_statement {
        let text = format!(
            "{} on an open set of resources, by which the role can gain more power",
            actions.join(", ")
        );
        collected.add(grant, narrower(grant, Severity::Critical), text);
    }
}

/// Changes that could be granted on named resources and are granted on all.
fn writes<'r, 'a>(reach: &'r Reach<'a>, told: &[&str], collected: &mut Collected<'r, 'a>) {
    let mut by_statement: Vec<(&'r Grant<'a>, Vec<&'static str>)> = Vec::new();
    for broad in reach.broad_changes(Breadth::Service) {
        let grant = broad.grant.grant;
        let policy = grant.policy.name.as_str();
        if narrowed(&grant.conditions) || told.contains(&policy) || collected.is_critical(grant) {
            continue;
        }
        let same = |(other, _): &&mut (&Grant<'a>, _)| std::ptr::eq(*other, grant);
        match by_statement.iter_mut().find(same) {
            Some((_, names)) => names.push(&broad.action.name),
            None => by_statement.push((grant, vec![&broad.action.name])),
        }
    }
    for (grant, names) in by_statement {
        let shown = match names.as_slice() {
            [one, two, three, rest @ ..] if !rest.is_empty() => {
                format!("{one}, {two}, {three} and {} more", rest.len())
            }
            all => all.join(", "),
        };
        let text = format!("{shown} on every resource");
        collected.add(grant, Severity::Medium, text);
    }
}

/// One severity less where a condition narrows what is reached.
fn narrower(grant: &Grant<'_>, severity: Severity) -> Severity {
    if narrowed(&grant.conditions) {
        severity.lowered()
    } else {
        severity
    }
}

/// True where a condition binds the grant to certain resources. Global keys say who calls, from where and when, which does not
/// narrow what the role itself reaches; those on a resource's tags do.
/// Keys: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
pub(super) fn narrowed(conditions: &[&Condition]) -> bool {
    conditions.iter().any(|condition| {
        let key = condition.key.to_ascii_lowercase();
        let of_resource = !key.starts_with("aws:") || key.starts_with("aws:resourcetag/");
        let operator = &condition.operator;
        let binds = !operator.negated
            && !operator.if_exists
            && operator
                .comparison
                .is_some_and(|kind| kind != Comparison::Null);
        let anything = condition
            .values
            .iter()
            .any(|value| !value.is_empty() && value.chars().all(|letter| letter == '*'));
        of_resource && binds && !anything && !condition.values.is_empty()
    })
}
