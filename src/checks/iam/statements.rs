//! What single statements of a policy document allow that they should not. It looks at one statement at a time: Deny statements
//! and boundaries elsewhere, which can only take away, are for the policy engine.

use serde_json::Value;

use crate::report::Severity;

/// A statement of a policy document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    /// Its Sid, or `#n` (0-based).
    pub(super) label: String,
    /// `Effect` is Allow.
    pub(super) allow: bool,
    /// `Action` patterns; those of `NotAction` where `not_action`.
    pub(super) actions: Vec<String>,
    /// The patterns are exceptions.
    pub(super) not_action: bool,
    /// `Resource` patterns; those of `NotResource` where `not_resource`.
    pub(super) resources: Vec<String>,
    /// The patterns are exceptions.
    pub(super) not_resource: bool,
    /// `Condition`.
    pub(super) condition: Option<Value>,
}

/// The statements of a document; IAM takes one object for a list of one.
pub(super) fn statements(document: &Value) -> Vec<Statement> {
    let list: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    };
    list.into_iter()
        .enumerate()
        .map(|(index, node)| statement(index, node))
        .collect()
}

fn statement(index: usize, node: &Value) -> Statement {
    let strings = |key: &str| match node.get(key) {
        Some(Value::String(one)) => Some(vec![one.clone()]),
        Some(Value::Array(items)) => Some(
            items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
        ),
        _ => None,
    };
    let (actions, not_actions) = (strings("Action"), strings("NotAction"));
    let (resources, not_resources) = (strings("Resource"), strings("NotResource"));
    Statement {
        label: node
            .get("Sid")
            .and_then(Value::as_str)
            .map_or_else(|| format!("#{index}"), str::to_owned),
        allow: node.get("Effect").and_then(Value::as_str) == Some("Allow"),
        not_action: actions.is_none() && not_actions.is_some(),
        not_resource: resources.is_none() && not_resources.is_some(),
        actions: actions.or(not_actions).unwrap_or_default(),
        resources: resources.or(not_resources).unwrap_or_default(),
        condition: node.get("Condition").cloned(),
    }
}

impl Statement {
    /// In a few words: the actions and resources.
    pub(super) fn shown(&self) -> String {
        let cut = |list: &[String]| match list {
            [] => "(none)".to_owned(),
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        let not = |flag: bool| if flag { "all but " } else { "" };
        format!(
            "Allow {}{} on {}{}",
            not(self.not_action),
            cut(&self.actions),
            not(self.not_resource),
            self.resources.join(", ")
        )
    }

    fn covers(&self, action: &str) -> bool {
        let hit = self
            .actions
            .iter()
            .any(|pattern| matches(&pattern.to_lowercase(), &action.to_lowercase()));
        hit != self.not_action
    }

    fn on_everything(&self) -> bool {
        self.not_resource || self.resources.iter().any(|resource| resource == "*")
    }
}

/// `*` and `?` as IAM matches them.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star, mut mark) = (0, 0, None, 0);
    while let Some(&character) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some(p);
                mark = t;
                p += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == character => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some(at) => {
                    p = at + 1;
                    mark += 1;
                    t = mark;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_none_or(|rest| rest.iter().all(|c| *c == '*'))
}

/// The resource part of an ARN.
fn resource_part(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let (_, _, service, _, account, resource) = (
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
    );
    Some((service, account, resource))
}

/// Actions that call a model.
const MODEL_ACTIONS: [&str; 4] = [
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
    "bedrock:Converse",
    "bedrock:ConverseStream",
];

/// True where the statement allows a model call.
pub(super) fn calls_models(statement: &Statement) -> bool {
    statement.allow && MODEL_ACTIONS.iter().any(|action| statement.covers(action))
}

/// Model calls that are not bound to named models: the reason.
pub(super) fn unbound_models(statement: &Statement) -> Option<String> {
    if !calls_models(statement) {
        return None;
    }
    if statement.on_everything() {
        return Some("model calls on every resource".to_owned());
    }
    let wide: Vec<&str> = statement
        .resources
        .iter()
        .filter(|arn| match resource_part(arn) {
            // The Region may be a wildcard where a cross-Region profile needs it; the model may not.
            Some(("bedrock" | "*", _, resource)) => resource.contains(['*', '?']),
            Some(_) => false,
            None => arn.contains('*'),
        })
        .map(String::as_str)
        .collect();
    (!wide.is_empty()).then(|| format!("any model that matches {}", wide.join(", ")))
}

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

/// What a trust policy lacks; none where only AgentCore, for this account and its AgentCore resources, may take the role.
pub(super) fn trust_faults(document: &Value, account: Option<&str>) -> Vec<(String, String)> {
    let nodes: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let mut faults = Vec::new();
    for (statement, node) in statements(document).iter().zip(nodes) {
        if !statement.allow {
            continue;
        }
        let mut push = |fault: String| faults.push((statement.label.clone(), fault));
        let services = node.pointer("/Principal/Service");
        let only_core = match services {
            Some(Value::String(service)) => is_core(service),
            Some(Value::Array(list)) => {
                !list.is_empty()
                    && list
                        .iter()
                        .all(|service| service.as_str().is_some_and(is_core))
            }
            _ => false,
        };
        let others = node
            .get("Principal")
            .and_then(Value::as_object)
            .is_none_or(|principal| principal.keys().any(|key| key != "Service"));
        if !only_core || others {
            push("lets in more than bedrock-agentcore.amazonaws.com".to_owned());
        }
        match condition(node, "aws:sourceaccount") {
            None => push("has no condition on aws:SourceAccount".to_owned()),
            Some(values) => {
                let fits = |value: &String| {
                    account.is_none_or(|account| value == account) && !value.contains('*')
                };
                if values.is_empty() || !values.iter().all(fits) {
                    push(format!("takes aws:SourceAccount {}", values.join(", ")));
                }
            }
        }
        match condition(node, "aws:sourcearn") {
            None => push("has no condition on aws:SourceArn".to_owned()),
            Some(values) => {
                let fits = |value: &String| {
                    resource_part(value).is_some_and(|(service, of, _)| {
                        service == "bedrock-agentcore"
                            && account.is_none_or(|account| of == account)
                    })
                };
                if values.is_empty() || !values.iter().all(fits) {
                    push(format!("takes aws:SourceArn {}", values.join(", ")));
                }
            }
        }
    }
    faults
}

/// `amazonaws.com.cn` is the suffix of the China partition.
fn is_core(service: &str) -> bool {
    matches!(
        service,
        "bedrock-agentcore.amazonaws.com" | "bedrock-agentcore.amazonaws.com.cn"
    )
}

/// The values of a condition key under an operator that narrows.
fn condition(statement: &Value, key: &str) -> Option<Vec<String>> {
    let operators = statement.get("Condition")?.as_object()?;
    operators
        .iter()
        .filter(|(operator, _)| {
            matches!(
                operator.to_lowercase().as_str(),
                "stringequals" | "stringlike" | "arnequals" | "arnlike" | "stringequalsignorecase"
            )
        })
        .filter_map(|(_, keys)| keys.as_object())
        .flat_map(|keys| keys.iter())
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(_, values)| match values {
            Value::String(one) => vec![one.clone()],
            Value::Array(list) => list
                .iter()
                .filter_map(|value| value.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

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

    #[test]
    fn a_named_model_is_bound_whatever_the_region() {
        let unbound = |resource: &str| {
            let document = json!({"Statement": [{"Effect": "Allow", "Action": "bedrock:Invoke*", "Resource": resource}]});
            unbound_models(&statements(&document)[0]).is_some()
        };
        assert!(unbound("*"));
        assert!(unbound("arn:aws:bedrock:*::foundation-model/*"));
        assert!(unbound(
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.*"
        ));
        assert!(!unbound(
            "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"
        ));
        assert!(!unbound("arn:aws:s3:::models/*"));
    }

    #[test]
    fn trust_needs_service_account_and_source() {
        let trust = |condition: Value| {
            json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"Service": "bedrock-agentcore.amazonaws.com"}, "Condition": condition}]})
        };
        let good = json!({"StringEquals": {"AWS:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:*"}});
        assert!(trust_faults(&trust(good.clone()), Some("123456789012")).is_empty());
        assert_eq!(trust_faults(&trust(good), Some("210987654321")).len(), 2);
        assert_eq!(trust_faults(&trust(json!({})), None).len(), 2);
        let open = json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]});
        assert_eq!(trust_faults(&open, None).len(), 3);
    }

    #[test]
    fn wildcards_match_as_iam_matches_them() {
        assert!(matches("s3:get*", "s3:getobject"));
        assert!(matches("*", ""));
        assert!(matches("a?c*", "abcd"));
        assert!(!matches("a?c", "ac"));
    }
}
