//! AgentCore resources that a project defines in infrastructure code of its own: CDK, Terraform, CloudFormation. They are noted
//! and not judged.

use std::sync::LazyLock;

use regex::Regex;

/// Lines that are kept of one file.
const MOST_OF_A_FILE: usize = 20;

static TERRAFORM: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^\s*resource\s+"(aws(?:cc)?_bedrockagentcore_\w+)"\s+"#).ok());
static TERRAFORM_JSON: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^\s*"(aws(?:cc)?_bedrockagentcore_\w+)"\s*:\s*\{"#).ok());
static TEMPLATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^\s*"?Type"?\s*:\s*["']?(AWS::BedrockAgentCore::\w+)["']?\s*,?\s*(?:#.*)?$"#).ok()
});
static CDK_IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_bedrockagentcore-readme.html
    Regex::new(
        r"aws_bedrockagentcore|aws_bedrock_agentcore_alpha|aws-cdk-lib/aws-bedrockagentcore|@aws-cdk/aws-bedrock-agentcore-alpha",
    )
    .ok()
});
static CDK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:Cfn(?:Runtime|RuntimeEndpoint|Gateway|GatewayTarget|Memory|BrowserCustom|BrowserProfile|CodeInterpreterCustom|WorkloadIdentity|Policy|PolicyEngine|Evaluator|OnlineEvaluationConfig|ApiKeyCredentialProvider|OAuth2CredentialProvider)|(?:agentcore|bedrock_?agentcore)(?:_alpha)?\.(?:Runtime|Gateway|Memory))\(",
    )
    .ok()
});

/// The lines (1-based) of a file where it defines AgentCore resources. `path` is relative to the project root.
pub fn lines(path: &str, text: &str) -> Vec<u32> {
    let name = path.rsplit('/').next().unwrap_or(path);
    // What the CLI keeps there is its own.
    if path.starts_with("agentcore/") || path.split('/').any(|part| part == "cdk.out") {
        return Vec::new();
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&[".tf", ".tofu"]) {
        return matching(&TERRAFORM, text);
    }
    if ends(&[".tf.json"]) {
        return matching(&TERRAFORM_JSON, text);
    }
    if ends(&[".yaml", ".yml", ".json", ".template"]) {
        let quick = text.contains("AWS::BedrockAgentCore::");
        return if quick {
            matching(&TEMPLATE, text)
        } else {
            Vec::new()
        };
    }
    let code = ends(&[".py", ".ts", ".mts", ".js", ".mjs", ".cjs"]);
    let imports = |text: &str| {
        CDK_IMPORT
            .as_ref()
            .is_some_and(|import| import.is_match(text))
    };
    if code && imports(text) {
        return matching(&CDK, text);
    }
    Vec::new()
}

fn matching(pattern: &LazyLock<Option<Regex>>, text: &str) -> Vec<u32> {
    let Some(pattern) = pattern.as_ref() else {
        return Vec::new();
    };
    (1u32..)
        .zip(text.lines())
        .filter(|(_, line)| line.len() < 4096 && pattern.is_match(line))
        .filter(|(_, line)| !line.trim_start().starts_with(['#', '/', '*']))
        .map(|(number, _)| number)
        .take(MOST_OF_A_FILE)
        .collect()
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
