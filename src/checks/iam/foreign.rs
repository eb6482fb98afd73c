//! What a grant reaches that belongs to other agents: memories, logs, credentials, images, prompts.

use crate::context::Owned;
use crate::iam::actions;
use crate::iam::arn::Arn;
use crate::iam::glob::{self, Pattern};
use crate::iam::reach::Grant;
use crate::model::finding::Severity;

/// Reading what agents log.
const LOG_READS: [&str; 6] = [
    "logs:GetLogEvents",
    "logs:FilterLogEvents",
    "logs:StartQuery",
    "logs:StartLiveTail",
    "logs:GetLogRecord",
    "logs:Unmask",
];
/// Changing what agents logged.
const LOG_WRITES: [&str; 5] = [
    "logs:PutLogEvents",
    "logs:DeleteLogGroup",
    "logs:DeleteLogStream",
    "logs:PutRetentionPolicy",
    "logs:DeleteRetentionPolicy",
];
/// Log groups that hold what agents log: those of runtimes, and the account's spans.
const AGENT_LOGS: [&str; 2] = ["/aws/bedrock-agentcore/runtimes/*", "aws/spans*"];
/// Downloading an image.
const PULL: [&str; 2] = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
/// AgentCore Identity keeps the credentials' values in secrets of this name.
const IDENTITY_SECRET: &str = "bedrock-agentcore-identity!";

/// What the grant reaches that is not its owner's.
pub(super) fn reached(grant: &Grant<'_>, own: &Owned) -> Vec<(Severity, String)> {
    let mut found: Vec<(Severity, String)> = Vec::new();
    for resource in &grant.resources {
        for reached in of_resource(grant, resource, own) {
            if !found.contains(&reached) {
                found.push(reached);
            }
        }
    }
    found
}

fn of_resource(grant: &Grant<'_>, resource: &str, own: &Owned) -> Vec<(Severity, String)> {
    let pattern = Pattern::resource(resource);
    if !pattern.has_wildcard() {
        return Vec::new();
    }
    let everything = Arn {
        partition: "*",
        service: "*",
        region: "*",
        account: "*",
        resource: "*",
    };
    let arn = Arn::parse(resource).unwrap_or(everything);
    let of = |service: &str| glob::intersects(arn.service, service);
    let mut found = Vec::new();
    if of("bedrock-agentcore") && arn.account != "aws" {
        found.extend(agentcore(grant, arn.resource, own));
    }
    if of("logs") {
        found.extend(logs(grant, arn.resource, own));
    }
    if of("secretsmanager") {
        found.extend(secrets(grant, arn.resource, own));
    }
    if of("ecr") {
        found.extend(images(grant, arn.resource, own));
    }
    found
}

/// True where a resource pattern of AgentCore takes in what is not the owner's.
pub(super) fn is_foreign(resource: &str, own: &Owned) -> bool {
    match Arn::parse(resource) {
        Some(arn) => unowned(arn.resource, own).is_some(),
        None => Pattern::resource(resource).has_wildcard(),
    }
}

/// The text before the first wildcard, symbols such as `${Runtime.Id}` whole.
fn fixed(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '*' | '?' if depth == 0 => return &text[..at],
            _ => {}
        }
    }
    text
}

fn is_wild(text: &str) -> bool {
    fixed(text).len() < text.len()
}

/// True where the part of a name before its wildcard makes it the owner's: one of its names, or a resource of the template.
fn is_own(fixed: &str, names: &[String]) -> bool {
    fixed.contains("${")
        || names.iter().any(|name| {
            let rest = fixed.strip_prefix(name.as_str());
            let whole = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
            // The service cuts long names: a memory that it makes for a harness bears the first 34 characters.
            whole || (fixed.len() >= 30 && name.starts_with(fixed))
        })
}

fn allows(grant: &Grant<'_>, action: &str) -> bool {
    let wanted = Pattern::action(action);
    let any = |patterns: &[String]| {
        patterns
            .iter()
            .any(|text| Pattern::action(text).covers(&wanted))
    };
    any(&grant.actions) && !any(&grant.except_actions)
}

/// The grant holds an AgentCore action that works on resources; one that is not in the table counts.
fn touches_agentcore(grant: &Grant<'_>) -> bool {
    grant.actions.iter().any(|text| {
        let service = actions::service_of(text);
        if !service.is_empty() && !glob::intersects(&service.to_lowercase(), "bedrock-agentcore") {
            return false;
        }
        let pattern = Pattern::action(text);
        if !pattern.has_wildcard() {
            let known = actions::Action::lookup(text);
            return known.is_none_or(|action| action.resource_types) && allows(grant, text);
        }
        actions::expand("bedrock-agentcore:*").iter().any(|action| {
            action.resource_types
                && pattern.covers(&Pattern::action(&action.name))
                && allows(grant, &action.name)
        })
    })
}

/// The resource type of an AgentCore pattern that takes in what is not the owner's.
fn unowned<'p>(part: &'p str, own: &Owned) -> Option<&'p str> {
    let (kind, id) = part.split_once('/').unwrap_or((part, "*"));
    // The id of a nested resource is its last part: workload-identity-directory/default/workload-identity/NAME. An endpoint
    // belongs to its runtime.
    let name = match kind {
        "runtime" | "harness" | "policy-engine" => id.split('/').next().unwrap_or(id),
        _ => id.rsplit('/').next().unwrap_or(id),
    };
    let names = match kind {
        "workload-identity-directory" => own.agent.clone(),
        _ => [own.agent.as_slice(), own.project.as_slice()].concat(),
    };
    (is_wild(name) && !is_own(fixed(name), &names)).then_some(kind)
}

fn agentcore(grant: &Grant<'_>, part: &str, own: &Owned) -> Option<(Severity, String)> {
    let kind = unowned(part, own)?;
    if !touches_agentcore(grant) {
        return None;
    }
    let what = match kind {
        "token-vault" | "apikeycredentialprovider" | "oauth2credentialprovider" => {
            "every AgentCore credential in the account"
        }
        "workload-identity-directory" => "the workload identity of every agent",
        "configuration-bundle" => "every configuration bundle, prompts of other agents included",
        "memory" => "the memories of other agents",
        "gateway" => "every gateway",
        "runtime" => "every runtime",
        "code-interpreter" | "code-interpreter-custom" | "browser" | "browser-custom" => {
            "the code interpreters and browsers of other agents"
        }
        _ => "resources of other agents",
    };
    Some((Severity::High, format!("{what} ({part})")))
}

fn logs(grant: &Grant<'_>, part: &str, own: &Owned) -> Option<(Severity, String)> {
    let group = part.strip_prefix("log-group:").unwrap_or(part);
    let group = group.split(":log-stream").next().unwrap_or(group);
    let group = group.strip_suffix(":*").unwrap_or(group);
    if !is_wild(group) || !AGENT_LOGS.iter().any(|logs| glob::intersects(group, logs)) {
        return None;
    }
    let name = fixed(group);
    let name = name.rsplit('/').next().unwrap_or(name);
    if is_own(name, &own.agent) {
        return None;
    }
    let any = |actions: &[&str]| actions.iter().any(|action| allows(grant, action));
    let verb = match (any(&LOG_READS), any(&LOG_WRITES)) {
        (true, _) => "reading",
        (_, true) => "writing into",
        _ => return None,
    };
    Some((
        Severity::High,
        format!("{verb} the logs of every agent ({group})"),
    ))
}

fn secrets(grant: &Grant<'_>, part: &str, own: &Owned) -> Option<(Severity, String)> {
    if !allows(grant, "secretsmanager:GetSecretValue") {
        return None;
    }
    let name = part.strip_prefix("secret:").unwrap_or(part);
    if !glob::intersects(name, &format!("{IDENTITY_SECRET}*")) {
        return None;
    }
    let last = name.rsplit('/').next().unwrap_or(name);
    if name.contains('/') && is_own(fixed(last), &own.project) {
        return None;
    }
    let reason = format!("the secrets of every AgentCore credential in the account ({part})");
    Some((Severity::High, reason))
}

fn images(grant: &Grant<'_>, part: &str, own: &Owned) -> Option<(Severity, String)> {
    foreign_repository(part, own)
        .filter(|_| PULL.iter().any(|action| allows(grant, action)))
        .map(|repository| {
            let reason = format!("the images of other agents ({repository})");
            (Severity::High, reason)
        })
}

/// The repository pattern of an ARN's resource part, where it takes in more than the owner's.
pub(super) fn foreign_repository<'p>(part: &'p str, own: &Owned) -> Option<&'p str> {
    let repository = part.strip_prefix("repository/").unwrap_or(part);
    let name = fixed(repository);
    (is_wild(repository) && !is_own(name, &own.repositories)).then_some(part)
}
