//! `iam-resource-policy`: Runtime resource policy names who may invoke.

use serde_json::{Value, json};

use crate::checks::{Category, Check, Need, live};
use crate::context::Context;
use crate::model::aws::Runtime;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "iam-resource-policy",
    title: "Runtime resource policy names who may invoke",
    category: Category::Iam,
    severity: Severity::Low,
    needs: &[Need::Aws],
    page: include_str!("iam_resource_policy.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/resource-based-policies.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
    ],
    run,
};

/// Condition keys that say who may call or from where; a condition on anything else lets every caller in. Global keys:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
const LIMITING: [&str; 18] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:userid",
    "aws:username",
    "aws:vpcsourceip",
    "aws:vpceaccount",
    "bedrock-agentcore:inboundjwtclaim/",
];

fn run(context: &Context) -> Vec<Outcome> {
    live::each_agent(context, |agent| judge(context, agent))
}

/// The policy of a runtime or of one of its endpoints.
struct Policy<'a> {
    arn: &'a str,
    document: &'a Value,
}

fn judge(context: &Context, agent: Agent<'_>) -> Result<Outcome, Box<Outcome>> {
    let resource = agent.resource();
    let runtime = live::runtime(context, agent)?;
    let account = context
        .aws
        .read()
        .and_then(|state| state.account.as_deref())
        .unwrap_or_default();
    let (policies, unread) = policies(runtime);
    let open: Vec<_> = policies
        .iter()
        .flat_map(|policy| {
            statements(policy.document)
                .enumerate()
                .filter(|_| !denied_otherwise(policy.document))
                .filter_map(move |(index, statement)| {
                    Some((policy, index, statement, lets_in(statement, account)?))
                })
        })
        .collect();
    if !open.is_empty() {
        let told: Vec<&str> = open.iter().map(|(.., who)| who.as_str()).collect();
        let evidence = open.iter().map(|(policy, index, statement, who)| {
            let sid = statement["Sid"]
                .as_str()
                .map_or_else(|| format!("#{index}"), str::to_owned);
            Evidence::aws(policy.arn, "GetResourcePolicy", "policy")
                .statement("resource policy", sid)
                .note(who.clone())
        });
        let message = format!(
            "the resource policy of {resource} lets in {}",
            told.join(", ")
        );
        return Ok(Outcome::fail(resource, message)
            .evidences(evidence.collect::<Vec<_>>())
            .fix(fix(context, runtime, &policies, account)));
    }
    if let Some(reason) = unread {
        return Ok(Outcome::skipped(resource, reason));
    }
    if policies.is_empty() {
        let reason = Unread::new(ReasonCode::Undeclared, "no resource policy is set").command(
            live::aws(context, "bedrock-agentcore-control", "put-resource-policy")
                .arg("help")
                .to_string(),
        );
        let message = format!(
            "{resource} has no resource policy: identity policies alone decide who of this account may invoke it; decide whether that is enough"
        );
        return Ok(Outcome::manual(resource, message, reason)
            .evidence(Evidence::aws(&runtime.arn, "GetResourcePolicy", "policy").note("none")));
    }
    let message = format!(
        "the resource policy of {resource} allows nobody outside account {account} without a condition"
    );
    Ok(Outcome::pass(resource, message).evidences(
        policies
            .iter()
            .map(|policy| Evidence::aws(policy.arn, "GetResourcePolicy", "policy")),
    ))
}

/// Every policy that was read, and the first reason why one was not.
fn policies(runtime: &Runtime) -> (Vec<Policy<'_>>, Option<Unread>) {
    let endpoints = runtime.endpoints.read().into_iter().flatten();
    let all = std::iter::once((runtime.arn.as_str(), &runtime.resource_policy))
        .chain(endpoints.map(|endpoint| (endpoint.arn.as_str(), &endpoint.resource_policy)));
    let (mut policies, mut unread) = (Vec::new(), None);
    for (arn, policy) in all {
        match policy {
            Known::Read(document) => policies.push(Policy { arn, document }),
            Known::Absent => {}
            Known::Unread(reason) => {
                unread.get_or_insert_with(|| reason.clone());
            }
        }
    }
    if let Known::Unread(reason) = &runtime.endpoints {
        unread.get_or_insert_with(|| reason.clone());
    }
    (policies, unread)
}

fn statements(document: &Value) -> impl Iterator<Item = &Value> {
    match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    }
    .into_iter()
}

/// Whom a statement lets in from outside the account without limiting them.
fn lets_in(statement: &Value, account: &str) -> Option<String> {
    if statement["Effect"].as_str() != Some("Allow") || limited(&statement["Condition"]) {
        return None;
    }
    if statement.get("NotPrincipal").is_some() {
        return Some("everyone but the principals that NotPrincipal names".to_owned());
    }
    principals(&statement["Principal"])
        .find(|principal| foreign(principal, account))
        .map(|principal| match principal {
            "*" => {
                "everyone (Principal \"*\" without a condition that limits the caller)".to_owned()
            }
            other => format!("{other} of another account without a condition"),
        })
}

/// True when the policy denies everyone who does not come from a named place: what it allows is limited by that.
fn denied_otherwise(document: &Value) -> bool {
    statements(document).any(|statement| {
        let negated = |operator: &str| operator.to_ascii_lowercase().contains("not");
        statement["Effect"].as_str() == Some("Deny")
            && principals(&statement["Principal"]).any(|principal| principal == "*")
            && statement["Condition"]
                .as_object()
                .into_iter()
                .flatten()
                .any(|(operator, keys)| {
                    negated(operator)
                        && keys
                            .as_object()
                            .into_iter()
                            .flatten()
                            .any(|(key, values)| limits(key) && !anything(values))
                })
    })
}

/// True for a condition key that says who calls, or from where.
fn limits(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    LIMITING.iter().any(|limit| {
        if limit.ends_with('/') {
            key.starts_with(limit)
        } else {
            key == *limit
        }
    })
}

fn principals(principal: &Value) -> impl Iterator<Item = &str> {
    let aws = match principal {
        Value::Object(kinds) => kinds.get("AWS").unwrap_or(&Value::Null),
        other => other,
    };
    match aws {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one.as_str()],
        _ => Vec::new(),
    }
    .into_iter()
}

fn foreign(principal: &str, account: &str) -> bool {
    let owner = match principal.split(':').nth(4) {
        Some(owner) => owner,
        None => principal,
    };
    // A principal that was deleted is shown by its unique id and lets nobody in.
    let names_one =
        owner == "*" || (owner.len() == 12 && owner.bytes().all(|byte| byte.is_ascii_digit()));
    names_one && owner != account
}

fn limited(condition: &Value) -> bool {
    let Value::Object(operators) = condition else {
        return false;
    };
    operators.iter().any(|(operator, keys)| {
        // `…IfExists` and negations hold for callers that lack the key.
        let operator = operator.to_ascii_lowercase();
        let weak = operator.ends_with("ifexists")
            || operator.contains("not")
            || operator.starts_with("null");
        let keys = keys.as_object();
        !weak
            && keys
                .into_iter()
                .flatten()
                .any(|(key, values)| limits(key) && !anything(values))
    })
}

/// True for a condition value that every caller has.
fn anything(values: &Value) -> bool {
    match values {
        Value::Array(values) => values.iter().any(anything),
        Value::String(value) => {
            value.is_empty()
                || value.bytes().all(|byte| byte == b'*')
                || value == "0.0.0.0/0"
                || value == "::/0"
        }
        _ => false,
    }
}

fn fix(context: &Context, runtime: &Runtime, policies: &[Policy<'_>], account: &str) -> Fix {
    let fix = Fix::new("Let in this account alone");
    if runtime.jwt.is_some() {
        return fix.note(
            "a runtime with a JWT authorizer needs Principal \"*\": add a Condition that limits the caller, such as aws:SourceVpc \
             or a claim of the token (bedrock-agentcore:InboundJwtClaim/…)",
        );
    }
    let partition = context
        .aws
        .read()
        .and_then(|state| state.partition.as_deref())
        .unwrap_or("aws");
    let own = json!({ "AWS": format!("arn:{partition}:iam::{account}:root") });
    let commands = policies
        .iter()
        .filter(|policy| {
            statements(policy.document).any(|statement| lets_in(statement, account).is_some())
        })
        .map(|policy| {
            let mut document = policy.document.clone();
            let rewritten: Vec<Value> = statements(policy.document)
                .map(|statement| {
                    let mut statement = statement.clone();
                    if let (Some(_), Some(fields)) =
                        (lets_in(&statement, account), statement.as_object_mut())
                    {
                        fields.remove("NotPrincipal");
                        fields.insert("Principal".to_owned(), own.clone());
                    }
                    statement
                })
                .collect();
            if let Some(fields) = document.as_object_mut() {
                fields.insert("Statement".to_owned(), Value::Array(rewritten));
            }
            live::aws(context, "bedrock-agentcore-control", "put-resource-policy")
                .opt("--resource-arn", policy.arn)
                .opt("--policy", document.to_string())
        });
    fix.commands(commands.collect::<Vec<_>>())
        .note("callers of another account that are meant to invoke it: name their account and add a Condition instead")
}
