//! AgentCore resources that a project defines in infrastructure code of its own: CDK, Terraform, CloudFormation. They are noted
//! and not judged.

use regex::Regex;

use super::infrastructure::{MOST_OF_A_FILE, Pattern, is_made, matching};
use crate::text::holds;

static TERRAFORM: Pattern = Pattern::new(&["_bedrockagentcore_"], || {
    Regex::new(r#"^\s*resource\s+"(aws(?:cc)?_bedrockagentcore_\w+)"\s+"#).ok()
});
static TERRAFORM_JSON: Pattern = Pattern::new(&["_bedrockagentcore_"], || {
    Regex::new(r#"^\s*"(aws(?:cc)?_bedrockagentcore_\w+)"\s*:\s*\{"#).ok()
});
static TEMPLATE: Pattern = Pattern::new(&["AWS::BedrockAgentCore::"], || {
    Regex::new(r#"^\s*"?Type"?\s*:\s*["']?(AWS::BedrockAgentCore::\w+)["']?\s*,?\s*(?:#.*)?$"#).ok()
});
/// The modules of CDK that hold AgentCore resources.
/// <https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_bedrockagentcore-readme.html>
const CDK_MODULES: [&str; 4] = [
    "aws_bedrockagentcore",
    "aws_bedrock_agentcore_alpha",
    "aws-cdk-lib/aws-bedrockagentcore",
    "@aws-cdk/aws-bedrock-agentcore-alpha",
];
static CDK: Pattern = Pattern::new(&["Cfn", "agentcore"], || {
    Regex::new(
        r"\b(?:Cfn(?:Runtime|RuntimeEndpoint|Gateway|GatewayTarget|Memory|BrowserCustom|BrowserProfile|CodeInterpreterCustom|WorkloadIdentity|Policy|PolicyEngine|Evaluator|OnlineEvaluationConfig|ApiKeyCredentialProvider|OAuth2CredentialProvider)|(?:agentcore|bedrock_?agentcore)(?:_alpha)?\.(?:Runtime|Gateway|Memory))\(",
    )
    .ok()
});

/// An AgentCore action in a policy that infrastructure code writes.
static ACTION: Pattern = Pattern::new(&["bedrock-agentcore:"], || {
    Regex::new(r#"["'`]bedrock-agentcore:[A-Za-z*?]+["'`]"#).ok()
});
/// What code that writes policies imports.
const POLICY_CODE: [&str; 4] = ["aws-cdk-lib", "aws_cdk", "@pulumi/aws", "pulumi_aws"];

/// The lines (1-based) of a file where it defines AgentCore resources. `path` is relative to the project root.
pub fn lines(path: &str, text: &str) -> Vec<u32> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if is_made(path) {
        return Vec::new();
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&[".tf", ".tofu"]) {
        return both(&[&TERRAFORM, &ACTION], text);
    }
    if ends(&[".tf.json"]) {
        return both(&[&TERRAFORM_JSON, &ACTION], text);
    }
    if ends(&[".yaml", ".yml", ".json", ".template"]) {
        return matching(&TEMPLATE, text);
    }
    let code = ends(&[".py", ".ts", ".mts", ".js", ".mjs", ".cjs"]);
    let imports = |words: &[&str]| words.iter().any(|word| holds(text, word));
    match code && imports(&CDK_MODULES) {
        true => both(&[&CDK, &ACTION], text),
        false if code && imports(&POLICY_CODE) => matching(&ACTION, text),
        false => Vec::new(),
    }
}

/// The lines that one of several patterns matches, in order.
fn both(patterns: &[&Pattern], text: &str) -> Vec<u32> {
    let mut found: Vec<u32> = patterns
        .iter()
        .flat_map(|pattern| matching(pattern, text))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(MOST_OF_A_FILE);
    found
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn definitions_are_found_in_every_language() {
        let terraform = "# resource \"aws_bedrockagentcore_gateway\" \"no\" {\nresource \"aws_bedrockagentcore_gateway\" \"main\" {\n}\n";
        assert_eq!(lines("infra/main.tf", terraform), [2]);
        let template = "Resources:\n  Gw:\n    Type: AWS::BedrockAgentCore::Gateway\n";
        assert_eq!(lines("infra/template.yaml", template), [3]);
        let python = "from aws_cdk import aws_bedrockagentcore as agentcore\n\nagentcore.CfnGateway(self, \"Gw\", network=agentcore.CfnGateway.NetworkProperty())\n";
        assert_eq!(lines("infra/stack.py", python), [3]);
        let node = "import { CfnMemory } from 'aws-cdk-lib/aws-bedrockagentcore';\nnew CfnMemory(this, 'Memory', {});\n";
        assert_eq!(lines("infra/stack.ts", node), [2]);
    }

    #[test]
    fn policies_that_name_agentcore_are_found() {
        let python = "from aws_cdk import aws_iam as iam\nrole.add_to_policy(iam.PolicyStatement(actions=[\"bedrock-agentcore:InvokeAgentRuntime\"]))\n";
        assert_eq!(lines("infra/desk.py", python), [2]);
        let terraform =
            "data \"aws_iam_policy_document\" \"a\" {\n  actions = [\"bedrock-agentcore:*\"]\n}\n";
        assert_eq!(lines("infra/main.tf", terraform), [2]);
        let tool = "import boto3\nACTION = \"bedrock-agentcore:InvokeAgentRuntime\"\n";
        assert!(lines("app/tool.py", tool).is_empty());
    }

    #[test]
    fn neighbours_are_not() {
        let own = "Resources:\n  Gw:\n    Type: AWS::BedrockAgentCore::Gateway\n";
        assert!(lines("agentcore/cdk/cdk.out/stack.yaml", own).is_empty());
        let trail = "DataResources:\n  - Type: AWS::BedrockAgentCore::Runtime\n    Values: [arn]\n";
        assert!(lines("infra/trail.yaml", trail).is_empty());
        let other = "from other import CfnGateway\nCfnGateway(self, \"Gw\")\n";
        assert!(lines("infra/stack.py", other).is_empty());
        let reads = "data \"aws_bedrockagentcore_gateway\" \"main\" {}\n";
        assert!(lines("infra/main.tf", reads).is_empty());
    }
}
