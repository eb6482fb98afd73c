//! Which grants are too broad: what reaches everything, gains power, or reaches what is not the role owner's.

use super::statements::{Statement, matches, resource_part};
use crate::report::Severity;

/// Actions by which a role gains what it was not given (Rhino Security Labs' and prowler's lists of privilege escalation; the
/// AgentCore ones run commands with another role).
const ESCALATION: [&str; 20] = [
    "iam:PassRole",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutGroupPolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:AddUserToGroup",
    "sts:AssumeRole",
    "lambda:UpdateFunctionCode",
    "lambda:CreateFunction",
    "cloudformation:CreateStack",
    "bedrock-agentcore:InvokeAgentRuntimeCommand",
    "bedrock-agentcore:InvokeAgentRuntimeCommandShell",
];

/// Actions that take no resource, or none that narrows (Service Authorization Reference).
const WITHOUT_RESOURCE: [&str; 16] = [
    "xray:*",
    "logs:DescribeLogGroups",
    "ecr:GetAuthorizationToken",
    "ecr-public:GetAuthorizationToken",
    "sts:GetServiceBearerToken",
    "sts:GetCallerIdentity",
    "cloudwatch:PutMetricData",
    "cloudwatch:GenerateQuery*",
    "bedrock-mantle:CallWithBearerToken",
    "bedrock:InvokeGuardrailChecks",
    "bedrock-agentcore:ConnectBrowser*",
    "bedrock-agentcore:ListBrowser*",
    "bedrock-agentcore:CreateBrowser",
    "comprehend:Detect*",
    "translate:TranslateText",
    "polly:SynthesizeSpeech",
];
/// Verbs of actions that change something.
const WRITE_VERBS: [&str; 26] = [
    "Put",
    "Create",
    "Delete",
    "Update",
    "Modify",
    "Write",
    "Send",
    "Publish",
    "Start",
    "Stop",
    "Run",
    "Invoke",
    "Attach",
    "Detach",
    "Set",
    "Add",
    "Remove",
    "Tag",
    "Untag",
    "Upload",
    "Terminate",
    "Reboot",
    "Restore",
    "Execute",
    "Batch",
    "Import",
];

/// A grant that is too broad.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Broad {
    /// How bad.
    pub(super) severity: Severity,
    /// What it reaches.
    pub(super) reason: String,
}

/// What of a statement is too broad; `own` are the prefixes of names that are the role owner's own.
pub(super) fn broad(statement: &Statement, own: &[String]) -> Option<Broad> {
    if !statement.allow {
        return None;
    }
    let found = |severity: Severity, reason: String| Some(Broad { severity, reason });
    let everything = statement.on_everything();
    if statement.not_action && everything {
        return found(
            Severity::Critical,
            "everything but a few actions on every resource".to_owned(),
        );
    }
    let whole_service = |action: &&String| {
        let exempt = WITHOUT_RESOURCE
            .iter()
            .any(|listed| listed.eq_ignore_ascii_case(action));
        (*action == "*" || action.ends_with(":*")) && !exempt
    };
    if !statement.not_action
        && everything
        && let Some(action) = statement.actions.iter().find(whole_service)
    {
        return found(Severity::Critical, format!("{action} on every resource"));
    }
    let open_end = everything
        || statement
            .resources
            .iter()
            .any(|resource| resource.ends_with('*'));
    if open_end && statement.condition.is_none() {
        let escalations: Vec<&str> = ESCALATION
            .into_iter()
            .filter(|action| statement.covers(action))
            .collect();
        if !escalations.is_empty() {
            return found(
                Severity::Critical,
                format!(
                    "{} on an open set of resources, by which the role can gain more power",
                    escalations.join(", ")
                ),
            );
        }
    }
    reaches_others(statement, own).or_else(|| writes_everywhere(statement, everything))
}

/// AgentCore, log and secret wildcards that reach what is not the owner's.
fn reaches_others(statement: &Statement, own: &[String]) -> Option<Broad> {
    let mut found: Vec<(Severity, String)> = Vec::new();
    let everything = ["*".to_owned()];
    let resources: &[String] = if statement.not_resource {
        &everything
    } else {
        &statement.resources
    };
    for resource in resources {
        let reached = match resource_part(resource) {
            Some(("bedrock-agentcore", account, part)) if account != "aws" => {
                foreign_agentcore(statement, part, own)
            }
            Some(("logs", _, part)) => foreign_logs(statement, part, own),
            Some(("secretsmanager", _, part)) => identity_secrets(part),
            Some(_) => None,
            None => foreign_agentcore(statement, resource, own),
        };
        found.extend(reached.filter(|new| !found.contains(new)));
    }
    let severity = found.iter().map(|(severity, _)| *severity).min()?;
    let reasons: Vec<String> = found.into_iter().map(|(_, reason)| reason).collect();
    Some(Broad {
        severity,
        reason: reasons.join(" and "),
    })
}

/// AgentCore Identity keeps the credentials' values in secrets of this name.
fn identity_secrets(part: &str) -> Option<(Severity, String)> {
    let all = part.starts_with("secret:bedrock-agentcore-identity!") && part.ends_with('*');
    let reason = "the secrets of every AgentCore credential in the account";
    all.then(|| (Severity::High, reason.to_owned()))
}

fn is_exempt(action: &str) -> bool {
    WITHOUT_RESOURCE
        .iter()
        .any(|pattern| matches(&pattern.to_lowercase(), &action.to_lowercase()))
}

fn foreign_agentcore(
    statement: &Statement,
    part: &str,
    own: &[String],
) -> Option<(Severity, String)> {
    let touches = statement.not_action
        || statement.actions.iter().any(|action| {
            let service = action.split(':').next().unwrap_or_default();
            (service == "*" || service.eq_ignore_ascii_case("bedrock-agentcore"))
                && !is_exempt(action)
        });
    if !touches || !part.contains(['*', '?']) {
        return None;
    }
    let (kind, id) = part.split_once('/').unwrap_or((part, "*"));
    // The id of a nested resource is its last part: workload-identity-directory/default/workload-identity/NAME.
    let last = id.rsplit('/').next().unwrap_or(id);
    let fixed = last.split(['*', '?']).next().unwrap_or_default();
    let mine = own.iter().any(|name| {
        fixed.starts_with(name.as_str()) || (fixed.len() >= 16 && name.starts_with(fixed))
    });
    if mine {
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

const LOG_READS: [&str; 4] = [
    "logs:GetLogEvents",
    "logs:FilterLogEvents",
    "logs:StartQuery",
    "logs:GetLogRecord",
];
const LOG_WRITES: [&str; 4] = [
    "logs:PutLogEvents",
    "logs:DeleteLogGroup",
    "logs:DeleteLogStream",
    "logs:PutRetentionPolicy",
];

fn foreign_logs(statement: &Statement, part: &str, own: &[String]) -> Option<(Severity, String)> {
    let group = part
        .strip_prefix("log-group:")
        .unwrap_or(part)
        .split(":log-stream")
        .next()
        .unwrap_or(part);
    let group = group.strip_suffix(":*").unwrap_or(group);
    if !group.contains(['*', '?']) {
        return None;
    }
    let fixed = group.split(['*', '?']).next().unwrap_or_default();
    let name = fixed.rsplit('/').next().unwrap_or_default();
    if own.iter().any(|prefix| name.starts_with(prefix.as_str())) {
        return None;
    }
    if LOG_READS.iter().any(|action| statement.covers(action)) {
        return Some((
            Severity::High,
            format!("reading the logs of every agent ({group})"),
        ));
    }
    LOG_WRITES
        .iter()
        .any(|action| statement.covers(action))
        .then(|| {
            (
                Severity::Medium,
                format!("writing into the logs of every agent ({group})"),
            )
        })
}

fn writes_everywhere(statement: &Statement, everything: bool) -> Option<Broad> {
    if !everything || statement.not_action {
        return None;
    }
    let writes: Vec<&str> = statement
        .actions
        .iter()
        .filter(|action| !is_exempt(action))
        .filter(|action| {
            let name = action.split_once(':').map_or("", |(_, name)| name);
            WRITE_VERBS
                .iter()
                .any(|verb| name.to_lowercase().starts_with(&verb.to_lowercase()))
                && !name.to_lowercase().starts_with("batchget")
        })
        .map(String::as_str)
        .collect();
    (!writes.is_empty()).then(|| Broad {
        severity: Severity::Medium,
        reason: format!("{} on every resource", writes.join(", ")),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::super::statements::statements;
    use super::*;

    fn judged(actions: Value, resources: Value) -> Option<Severity> {
        let document =
            json!({"Statement": {"Effect": "Allow", "Action": actions, "Resource": resources}});
        broad(&statements(&document)[0], &["P_Agent".to_owned()]).map(|found| found.severity)
    }

    #[test]
    fn breadth_is_told_by_what_is_reached() {
        let core = "arn:aws:bedrock-agentcore:us-east-1:123456789012:";
        assert_eq!(judged(json!("*"), json!("*")), Some(Severity::Critical));
        assert_eq!(
            judged(json!("s3:*"), json!(["*"])),
            Some(Severity::Critical)
        );
        assert_eq!(
            judged(
                json!("iam:passrole"),
                json!("arn:aws:iam::123456789012:role/*")
            ),
            Some(Severity::Critical)
        );
        assert_eq!(
            judged(
                json!("bedrock-agentcore:Get*"),
                json!(format!("{core}memory/*"))
            ),
            Some(Severity::High)
        );
        assert_eq!(
            judged(json!("dynamodb:PutItem"), json!("*")),
            Some(Severity::Medium)
        );
        assert_eq!(judged(json!("xray:PutTraceSegments"), json!("*")), None);
        assert_eq!(judged(json!(["logs:DescribeLogGroups"]), json!("*")), None);
        assert_eq!(
            judged(json!("s3:GetObject"), json!("arn:aws:s3:::bucket/*")),
            None
        );
        assert_eq!(
            judged(
                json!("bedrock-agentcore:GetEvent"),
                json!(format!("{core}memory/P_AgentMemory-*"))
            ),
            None
        );
        assert_eq!(
            judged(
                json!("logs:PutLogEvents"),
                json!(
                    "arn:aws:logs:us-east-1:123456789012:log-group:/aws/bedrock-agentcore/runtimes/P_Agent-*"
                )
            ),
            None
        );
        assert_eq!(
            judged(
                json!("logs:GetLogEvents"),
                json!(
                    "arn:aws:logs:us-east-1:123456789012:log-group:/aws/bedrock-agentcore/runtimes/*"
                )
            ),
            Some(Severity::High)
        );
    }
}
