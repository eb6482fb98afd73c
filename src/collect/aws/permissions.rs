//! The permissions that reading needs: the least-privilege policy for whoever runs the audit.

use serde_json::{Value, json};

/// Every IAM action behind a call of this module, sorted. `sts:GetCallerIdentity` needs no permission.
pub const ACTIONS: &[&str] = &[
    "bedrock-agentcore:GetAgentRuntime",
    "bedrock-agentcore:GetCapacityProvider",
    "bedrock-agentcore:GetGateway",
    "bedrock-agentcore:GetGatewayTarget",
    "bedrock-agentcore:GetHarness",
    "bedrock-agentcore:GetMemory",
    "bedrock-agentcore:GetOnlineEvaluationConfig",
    "bedrock-agentcore:GetPolicyEngine",
    "bedrock-agentcore:GetResourcePolicy",
    "bedrock-agentcore:ListAgentRuntimeEndpoints",
    "bedrock-agentcore:ListAgentRuntimes",
    "bedrock-agentcore:ListApiKeyCredentialProviders",
    "bedrock-agentcore:ListGatewayTargets",
    "bedrock-agentcore:ListGateways",
    "bedrock-agentcore:ListHarnesses",
    "bedrock-agentcore:ListMemories",
    "bedrock-agentcore:ListOauth2CredentialProviders",
    "bedrock-agentcore:ListOnlineEvaluationConfigs",
    "bedrock-agentcore:ListPolicies",
    "bedrock-agentcore:ListPolicyEngines",
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetTrailStatus",
    "ecr:DescribeImages",
    "events:ListEventBuses",
    "events:ListRules",
    "events:ListTargetsByRule",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:SimulatePrincipalPolicy",
    "lambda:ListProvisionedConcurrencyConfigs",
    "logs:DescribeLogGroups",
    "servicequotas:ListAWSDefaultServiceQuotas",
    "servicequotas:ListServiceQuotas",
    "xray:GetIndexingRules",
    "xray:GetTraceSegmentDestination",
];

/// The policy that grants [`ACTIONS`]. The resource is `*`: which runtimes, roles and rules there are is what is asked.
pub fn policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "AgentcoreHardenReads",
            "Effect": "Allow",
            "Action": ACTIONS,
            "Resource": "*",
        }],
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Quoted words of the form `service:Operation` in the collectors' sources.
    fn named_in_sources() -> BTreeSet<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/collect/aws");
        let action = regex::Regex::new(
            r#"\(\s*"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"|: &str = "([a-z]+:[A-Z][A-Za-z]+)""#,
        )
        .unwrap();
        let mut named = BTreeSet::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("permissions.rs") || path.ends_with("fault.rs") {
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            for found in action.captures_iter(&text) {
                named.extend(
                    found
                        .iter()
                        .skip(1)
                        .flatten()
                        .map(|part| part.as_str().to_owned()),
                );
            }
        }
        named.remove("sts:GetCallerIdentity");
        named
    }

    #[test]
    fn every_call_is_in_the_policy_and_nothing_else() {
        let listed: BTreeSet<String> = ACTIONS.iter().map(|action| (*action).to_owned()).collect();
        assert_eq!(named_in_sources(), listed);
    }

    #[test]
    fn only_reads() {
        assert!(ACTIONS.is_sorted());
        for action in ACTIONS {
            let operation = action.split(':').nth(1).unwrap();
            assert!(
                ["Get", "List", "Describe", "SimulatePrincipalPolicy"]
                    .iter()
                    .any(|verb| operation.starts_with(verb)),
                "{action}"
            );
        }
    }
}
