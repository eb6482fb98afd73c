//! What is wrong with a policy as it is written: names that do not exist, values that never match, statements that grant nothing.
//!
//! Grammar and meaning: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>. Only what is surely
//! wrong is reported: what the tables do not know is let pass.

use std::collections::BTreeSet;

use super::actions::{self, Action};
use super::arn::{Arn, segments};
use super::authorization::{self, KeyState, KeyType};
use super::comparison::{Comparison, is_readable};
use super::condition::{Condition, Quantifier};
use super::document::{Clause, Document, Effect, Statement};
use super::glob::Pattern;
use crate::model::regions::REGIONS;
use crate::text::suggest::suggestion;

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// IAM refuses the policy.
    Refused,
    /// A Deny does not deny, or a condition asks for what does not exist.
    Breaks,
    /// A statement, or a part of it, does nothing.
    Empty,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The statement's place.
    pub statement: usize,
    /// How bad.
    pub weight: Weight,
    /// What.
    pub text: String,
}

/// Everything that is wrong with a policy of a principal, whose account is in the partition, where that is known.
pub fn lint(document: &Document, partition: Option<&str>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut sids: BTreeSet<&str> = BTreeSet::new();
    for (index, statement) in document.statements.iter().enumerate() {
        let mut add = |weight, text: String| {
            faults.push(Fault {
                statement: index,
                weight,
                text,
            });
        };
        if let Some(sid) = statement.sid.as_deref() {
            if !sids.insert(sid) {
                add(
                    Weight::Refused,
                    format!("the Sid {sid} is used twice: IAM refuses the policy"),
                );
            }
            if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !sid.contains("${") {
                add(
                    Weight::Refused,
                    format!(
                        "the Sid \"{sid}\" has other characters than letters and digits: IAM refuses the policy"
                    ),
                );
            }
        }
        if statement.principal.is_some() {
            add(
                Weight::Refused,
                "a policy of a role names no Principal: IAM refuses it".to_owned(),
            );
        }
        for (weight, text) in of_actions(statement)
            .into_iter()
            .chain(of_resources(statement))
        {
            add(weight, text);
        }
        if let Some(text) = partition.and_then(|partition| foreign(statement, partition)) {
            add(empty(statement), text);
        }
        for condition in &statement.conditions {
            for (weight, text) in of_condition(condition) {
                add(weight, text);
            }
        }
        if document.version.as_deref() != Some("2012-10-17") && has_variable(statement) {
            add(Weight::Empty, "it uses a policy variable, and without \"Version\": \"2012-10-17\" variables are plain text".to_owned());
        }
    }
    faults
}

type Said = Vec<(Weight, String)>;

/// An Allow that names nothing allows nothing; a Deny that names nothing denies nothing, which is worse.
fn empty(statement: &Statement) -> Weight {
    match statement.effect {
        Effect::Allow => Weight::Empty,
        Effect::Deny => Weight::Breaks,
    }
}

fn of_actions(statement: &Statement) -> Said {
    let mut said = Vec::new();
    for action in statement.action.patterns() {
        if action == "*" || action.contains("${") {
            continue;
        }
        let Some((service, name)) = action.split_once(':') else {
            said.push((
                Weight::Refused,
                format!(
                    "\"{action}\" is not an action, as it names no service: IAM refuses the policy"
                ),
            ));
            continue;
        };
        let wild = |text: &str| text.contains(['*', '?']);
        if wild(service) {
            continue;
        }
        if !authorization::is_service(service) {
            let hint = match elsewhere(service, name) {
                Some(known) => format!(" (the action is {known}:{name})"),
                None => meant(
                    of_sdk(service).or_else(|| suggestion(service, authorization::services())),
                ),
            };
            said.push((
                empty(statement),
                format!("{action}: there is no service {service}{hint}"),
            ));
            continue;
        }
        let known = actions::expand(&format!("{service}:*"));
        // Of a service that the table does not hold nothing is known.
        if known.is_empty() || !actions::expand(action).is_empty() {
            continue;
        }
        if wild(name) {
            said.push((
                empty(statement),
                format!("{action} matches no action of {service}"),
            ));
        } else {
            let names = known
                .iter()
                .filter_map(|action| action.name.split_once(':'));
            let close = suggestion(name, names.map(|(_, name)| name));
            said.push((
                empty(statement),
                format!("{action}: {service} has no such action{}", meant(close)),
            ));
        }
    }
    said
}

/// The prefix that IAM knows a service by, where the SDKs call it otherwise.
fn of_sdk(service: &str) -> Option<&'static str> {
    Some(match service {
        "bedrock-runtime"
        | "bedrock-agent"
        | "bedrock-agent-runtime"
        | "bedrock-data-automation"
        | "bedrock-data-automation-runtime" => "bedrock",
        "bedrock-agentcore-control" => "bedrock-agentcore",
        "stepfunctions" | "sfn" => "states",
        "sesv2" => "ses",
        "opensearchserverless" => "aoss",
        "opensearch" => "es",
        "elbv2" | "elb" => "elasticloadbalancing",
        "emr" => "elasticmapreduce",
        "eventbridge" => "events",
        "efs" => "elasticfilesystem",
        "apigatewayv2" => "apigateway",
        "dynamodbstreams" => "dynamodb",
        "cognito" => "cognito-idp",
        "lexv2-runtime" | "lex-runtime" | "lexv2-models" => "lex",
        "sagemaker-runtime" => "sagemaker",
        "ecr-private" => "ecr",
        "logs-insights" | "cloudwatch-logs" | "cloudwatchlogs" => "logs",
        "organization" => "organizations",
        _ => return None,
    })
}

/// The service that an action belongs to where the name of a client stands before it: the calls of `bedrock-agent-runtime` are
/// authorized as `bedrock`.
fn elsewhere(service: &str, action: &str) -> Option<&'static str> {
    let first = |name: &str| {
        name.split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let family = first(service);
    let mut services = authorization::services().filter(|known| first(known) == family);
    let plain = !action.contains(['*', '?']);
    services.find(|known| plain && !actions::expand(&format!("{known}:{action}")).is_empty())
}

fn meant(close: Option<&str>) -> String {
    close.map_or_else(String::new, |close| format!(" (did you mean {close}?)"))
}

fn of_resources(statement: &Statement) -> Said {
    let Some(clause) = &statement.resource else {
        return Vec::new();
    };
    let mut said = Vec::new();
    let mut sound = true;
    for resource in clause.patterns() {
        if let Some((refused, fault)) = malformed(resource) {
            said.push(match refused {
                true => (Weight::Refused, format!("{fault}: IAM refuses the policy")),
                false => (Weight::Breaks, fault),
            });
            sound = false;
        } else if let Some(fault) = lost(resource) {
            said.push((empty(statement), fault));
            sound = false;
        }
    }
    let (Clause::Only(resources), Clause::Only(patterns)) = (clause, &statement.action) else {
        return said;
    };
    if !sound
        || resources
            .iter()
            .any(|resource| Pattern::resource(resource).is_everything())
    {
        return said;
    }
    let mut lost: Vec<(&str, Vec<String>)> = Vec::new();
    let mut push =
        |why: &'static str, action: &str| match lost.iter_mut().find(|(known, _)| *known == why) {
            Some((_, actions)) => actions.push(action.to_owned()),
            None => lost.push((why, vec![action.to_owned()])),
        };
    for pattern in patterns {
        let known = actions::expand(pattern);
        if known.is_empty() {
            continue;
        }
        if known.iter().all(|action| !action.resource_types) {
            if known.iter().all(|action| !answers(action, resources)) {
                push(UNSCOPED, pattern);
            }
            continue;
        }
        let fits = |action: &&Action| {
            let scoped = action.resource_types
                && resources
                    .iter()
                    .any(|resource| authorization::fits(&action.name, resource));
            scoped || answers(action, resources)
        };
        if !known.iter().copied().any(|action| fits(&action)) {
            push(ELSEWHERE, pattern);
        }
    }
    for (why, actions) in lost {
        let on = match resources.as_slice() {
            [one] => one.clone(),
            [one, rest @ ..] => format!("{one} and {} more", rest.len()),
            [] => "nothing".to_owned(),
        };
        said.push((
            empty(statement),
            format!("{} on {on}: {why}", actions.join(", ")),
        ));
    }
    said
}

const UNSCOPED: &str = "the action has no resource types and matches only with \"Resource\": \"*\"";
const ELSEWHERE: &str = "the action is not granted on resources of this shape";

/// `logs:DescribeLogGroups` has no resource types and is asked for on every log group all the same.
fn answers(action: &Action, resources: &[String]) -> bool {
    let asked = match action.name.as_str() {
        "logs:DescribeLogGroups" => "arn:*:logs:*:*:log-group::log-stream:*",
        _ => return false,
    };
    let asked = Pattern::resource(asked);
    resources
        .iter()
        .any(|resource| Pattern::resource(resource).intersects(&asked))
}

/// Why a resource is not an ARN, and whether IAM refuses the policy for it.
fn malformed(resource: &str) -> Option<(bool, String)> {
    if Pattern::resource(resource).is_everything() || resource.starts_with("${") {
        return None;
    }
    let parts = segments(resource, ':', 6);
    if parts.first() != Some(&"arn") {
        // `*foo`, `a*` and the like may match an ARN.
        let may = resource.starts_with('*')
            || "arn:".starts_with(resource.split('*').next().unwrap_or_default());
        return (!may).then(|| (true, format!("\"{resource}\" is not an ARN")));
    }
    if parts.len() < 6 {
        let open = parts
            .last()
            .is_some_and(|last| last.contains('*') || last.contains("${"));
        return (!open).then(|| {
            let text = format!(
                "\"{resource}\" has {} of the six parts of an ARN",
                parts.len()
            );
            (true, text)
        });
    }
    let arn = Arn::parse(resource)?;
    let plain = |text: &str| !text.contains(['*', '?', '$', '{']);
    if plain(arn.partition) && !PARTITIONS.contains(&arn.partition) {
        let text = format!(
            "\"{resource}\": there is no partition \"{}\"",
            arn.partition
        );
        return Some((true, text));
    }
    let digits = arn.account.bytes().all(|byte| byte.is_ascii_digit());
    let account = arn.account.is_empty()
        || matches!(
            arn.account,
            "aws"
                | "aws-managed"
                | "aws-marketplace"
                | "cloudfront"
                | "amazon"
                | "third-party"
                | "self"
        )
        || (digits && arn.account.len() == 12);
    if plain(arn.account) && !account {
        let text = format!("\"{resource}\": \"{}\" is no account id", arn.account);
        return Some((false, text));
    }
    if arn.resource.is_empty() {
        return Some((false, format!("\"{resource}\" names no resource")));
    }
    None
}

/// Resources that are all in other partitions: an account's requests stay in its own. A statement that lists its resources in every
/// partition is written for all of them.
fn foreign(statement: &Statement, partition: &str) -> Option<String> {
    let Some(Clause::Only(resources)) = &statement.resource else {
        return None;
    };
    let other = |resource: &String| {
        let arn = Arn::parse(resource)?;
        let known = PARTITIONS.contains(&arn.partition);
        (known && arn.partition != partition).then(|| arn.partition.to_owned())
    };
    let others: Option<Vec<String>> = resources.iter().map(other).collect();
    let first = others?.into_iter().next()?;
    let resource = resources.first()?;
    Some(format!(
        "\"{resource}\" is in the partition {first}, and the account is in {partition}: it never matches"
    ))
}

/// The partitions of AWS.
const PARTITIONS: [&str; 8] = [
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
];

/// A Region that does not exist, and is nearly one that does.
fn lost(resource: &str) -> Option<String> {
    let region = Arn::parse(resource)?.region;
    let plain = !region.is_empty() && !region.contains(['*', '?', '$', '{']);
    if !plain || REGIONS.contains(&region) || Pattern::literal(region).has_symbol() {
        return None;
    }
    let close = suggestion(region, REGIONS)?;
    Some(format!(
        "\"{resource}\": there is no Region {region} (did you mean {close}?)"
    ))
}

fn of_condition(condition: &Condition) -> Said {
    let mut said = Vec::new();
    let Condition {
        operator,
        key,
        values,
    } = condition;
    let Some(comparison) = operator.comparison else {
        said.push((
            Weight::Refused,
            format!(
                "there is no condition operator {}: IAM refuses the policy",
                operator.text
            ),
        ));
        return said;
    };
    match authorization::key(key) {
        KeyState::Unknown if !key.contains("${") => {
            let service = key.split(':').next().unwrap_or_default();
            let close = suggestion(key, authorization::keys_of(service));
            said.push((
                Weight::Breaks,
                format!("there is no condition key {key}{}", meant(close)),
            ));
        }
        KeyState::Known(kind, _) if !compares(comparison, kind) => {
            said.push((
                Weight::Empty,
                format!(
                    "{} compares {}, and {key} holds {}",
                    operator.text,
                    compared(comparison),
                    kind.words()
                ),
            ));
        }
        KeyState::Known(_, several) => {
            said.extend(
                of_quantifier(condition, comparison, several).map(|text| (Weight::Empty, text)),
            );
        }
        _ => {}
    }
    said.extend(of_values(condition, comparison).map(|text| (Weight::Empty, text)));
    // A date or an id never holds a star; a tag may.
    let literal = matches!(
        comparison,
        Comparison::StringEquals | Comparison::StringEqualsIgnoreCase
    );
    let starred = values
        .iter()
        .find(|value| value.contains('*') && !value.contains("${*}"));
    if let Some(value) = starred.filter(|_| literal && !key.to_ascii_lowercase().contains("tag")) {
        said.push((
            Weight::Empty,
            format!(
                "{} {key} compares \"{value}\" letter by letter: a wildcard needs {}",
                operator.text,
                if operator.negated {
                    "StringNotLike"
                } else {
                    "StringLike"
                }
            ),
        ));
    }
    said
}

/// A key of several values wants to be told how they are taken; one of a single value must not be taken as "all of none".
fn of_quantifier(condition: &Condition, comparison: Comparison, several: bool) -> Option<String> {
    let Condition { operator, key, .. } = condition;
    if comparison == Comparison::Null {
        return None;
    }
    match (operator.quantifier, several) {
        (None, true) => Some(format!(
            "{key} has several values, and {} compares one: write ForAnyValue:{0} or ForAllValues:{0}",
            operator.text
        )),
        (Some(Quantifier::All), false) => Some(format!(
            "{key} has one value, and {} also holds where the request has none: write {}",
            operator.text,
            operator
                .text
                .split_once(':')
                .map_or(operator.text.as_str(), |(_, plain)| plain)
        )),
        _ => None,
    }
}

/// Values that the operator cannot read, so that the condition never holds.
fn of_values(condition: &Condition, comparison: Comparison) -> Option<String> {
    let Condition {
        operator,
        key,
        values,
    } = condition;
    if comparison == Comparison::Null && operator.if_exists {
        return Some("IfExists cannot be added to Null".to_owned());
    }
    let ordered = !matches!(
        comparison,
        Comparison::StringEquals
            | Comparison::StringEqualsIgnoreCase
            | Comparison::StringLike
            | Comparison::Arn
    );
    let symbol = |value: &str| value.contains("${") || Pattern::literal(value).has_symbol();
    for value in values {
        if value.contains("${aws:") {
            if ordered {
                return Some(format!(
                    "{} {key} compares with \"{value}\", and policy variables work only in text and ARN operators",
                    operator.text
                ));
            }
        } else if !symbol(value) && !is_readable(comparison, value) {
            return Some(format!(
                "{} {key} compares with \"{value}\", which is none of {}",
                operator.text,
                wanted(comparison)
            ));
        }
    }
    let private = |value: &String| {
        let address = value.split('/').next().unwrap_or_default();
        let parsed = address.parse::<std::net::Ipv4Addr>();
        parsed.is_ok_and(|address| address.is_private())
    };
    let only_private = comparison == Comparison::IpAddress
        && key.eq_ignore_ascii_case("aws:SourceIp")
        && !values.is_empty()
        && values.iter().all(private);
    only_private.then(|| {
        format!("aws:SourceIp is a public address, and {} is private: aws:VpcSourceIp holds private ones", values.join(", "))
    })
}

fn wanted(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Bool | Comparison::Null => "true and false",
        Comparison::Numeric(_) => "the numbers",
        Comparison::Date(_) => "the dates (ISO 8601, or seconds since 1970)",
        Comparison::IpAddress => "the addresses and CIDR ranges",
        _ => "the ARNs",
    }
}

/// Whether an operator can compare what a key holds. Text operators compare booleans and ARNs as they are written.
fn compares(comparison: Comparison, kind: KeyType) -> bool {
    match comparison {
        Comparison::Null => true,
        Comparison::StringEquals | Comparison::StringEqualsIgnoreCase | Comparison::StringLike => {
            matches!(kind, KeyType::String | KeyType::Arn | KeyType::Bool)
        }
        Comparison::Numeric(_) => matches!(kind, KeyType::Numeric | KeyType::Date),
        Comparison::Date(_) => matches!(kind, KeyType::Date),
        Comparison::Bool => matches!(kind, KeyType::Bool),
        Comparison::Binary => matches!(kind, KeyType::Binary),
        Comparison::IpAddress => matches!(kind, KeyType::Ip),
        Comparison::Arn => matches!(kind, KeyType::Arn),
    }
}

fn compared(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Numeric(_) => "numbers",
        Comparison::Date(_) => "dates",
        Comparison::Bool => "booleans",
        Comparison::Binary => "binary data",
        Comparison::IpAddress => "IP addresses",
        Comparison::Arn => "ARNs",
        _ => "text",
    }
}

/// `${aws:PrincipalAccount}`; a symbol of a template has another shape.
fn has_variable(statement: &Statement) -> bool {
    let variable = |text: &String| {
        ["${aws:", "${s3:", "${saml:", "${cognito-identity"]
            .iter()
            .any(|start| text.contains(start) && !text.contains("${AWS::"))
    };
    let resources = statement
        .resource
        .as_ref()
        .map(Clause::patterns)
        .unwrap_or_default();
    resources.iter().any(variable)
        || statement
            .conditions
            .iter()
            .any(|condition| condition.values.iter().any(variable))
}
