//! A report made by hand, with everything in it that renderers must show or withstand.

#![allow(dead_code, clippy::unwrap_used)]

use agentcore_harden::checks;
use agentcore_harden::config::FailOn;
use agentcore_harden::model::known::{ReasonCode, Unread};
use agentcore_harden::model::site::{Site, SourceText};
use agentcore_harden::report::verdict::{Basis, Stage};
use agentcore_harden::report::{
    Edit, Evidence, EvidenceSummary, Filters, Fix, Outcome, PlatformSummary, ProjectSummary,
    Report, Resource, ResourceType, RuntimeSummary, SCHEMA_VERSION, Severity, Suppression, Tool,
    View, assemble,
};
use agentcore_harden::shell::{Command, deploy, jq_edit};

pub const CONFIG: &str = r#"{
  "name": "Support",
  "agentCoreGateways": [
    {
      "name": "open-gateway",
      "authorizerType": "NONE",
      "exceptionLevel": "DEBUG"
    }
  ]
}
"#;
pub const CODE: &str =
    "import os\n\nkey = os.environ[\"CRM_API_KEY\"]\ntoken = os.getenv(\"CRM_TOKEN\")\n";

pub fn site(path: &str, text: &str, part: &str) -> Site {
    let at = text.find(part).unwrap();
    SourceText::new(path, text).site(at..at + part.len())
}

pub fn runtime(name: &str) -> Resource {
    Resource::new(ResourceType::Runtime, name)
}

pub fn gateway(name: &str) -> Resource {
    Resource::new(ResourceType::Gateway, name)
}

/// Check id and outcome, in the registry's order.
pub fn outcomes(gateway_name: &str) -> Vec<(&'static str, Outcome)> {
    let offline = || {
        Unread::new(
            ReasonCode::Offline,
            "AWS is not read in this run (--offline)",
        )
        .flag("--live")
    };
    let config = |part| Evidence::config(&site("agentcore/agentcore.json", CONFIG, part));
    let denied = Unread::new(
        ReasonCode::Denied,
        "AWS refused GetRole for the execution role",
    )
    .action("iam:GetRole");
    let fix = Fix::new("Require SigV4")
        .command(jq_edit(
            "agentcore/agentcore.json",
            "(.agentCoreGateways[] | select(.name == $name)).authorizerType = \"AWS_IAM\"",
            &[("name", gateway_name)],
        ))
        .command(deploy(None));
    let arn = "arn:aws:iam::111122223333:role/AgentCore-Support-Execution-1QJX2";
    vec![
        ("cli-version", Outcome::pass(Resource::new(ResourceType::Project, "Support"), "agentcore 0.30.0 is on PATH")),
        ("iam-bedrock-scope", Outcome::fail(runtime("Support"), "the deployed execution role may invoke every model: bedrock:InvokeModel on *")
            .evidence(Evidence::aws(arn, "GetAccountAuthorizationDetails", "RolePolicyList").statement("BedrockAccess", "#0").note("Allow bedrock:InvokeModel on *"))
            .fix(Fix::new("Use the role that `policy` writes").command(Command::new("agentcore-harden").arg("policy").opt("--runtime", "Support")).note("Set it as executionRoleArn: a CDK-made role is put back by the next deploy."))),
        ("iam-trust-policy", Outcome::skipped(runtime("Support"), denied)),
        ("auth-inbound-type", Outcome::fail(gateway(gateway_name), format!("gateway {gateway_name} accepts unauthenticated calls (authorizerType NONE): anyone who knows its URL can use every tool behind it"))
            .evidence(config("\"authorizerType\": \"NONE\"").note("no caller is authenticated")).fix(fix)),
        ("auth-inbound-type", Outcome::pass(runtime("Support"), "AWS_IAM, the default")),
        ("auth-jwt-config", Outcome::not_applicable(runtime("Support"), "no CUSTOM_JWT authorizer")),
        ("auth-drift", Outcome::skipped(runtime("Support"), offline())),
        ("gateway-error-detail", Outcome::fail(gateway(gateway_name), "returns debug detail of exceptions to callers").severity(Severity::Low)
            .evidence(config("\"exceptionLevel\": \"DEBUG\""))
            .fix(Fix::new("Turn it off").edit(Edit { path: "agentcore/agentcore.json".into(), diff: "--- a/agentcore/agentcore.json\n+++ b/agentcore/agentcore.json\n@@ -7 +7 @@\n-      \"exceptionLevel\": \"DEBUG\"\n+      \"exceptionLevel\": \"NONE\"\n".into(), new_text: "".into() }))),
        ("shell-command-grants", Outcome::skipped(Resource::new(ResourceType::Project, "Support"), offline())),
        ("code-error-handling", Outcome::pass(runtime("Support"), "1 entrypoint, its agent call is handled")),
        ("secrets-env-read", Outcome::fail(runtime("Support"), "2 secrets are read from environment variables, which are plain text in the runtime's configuration")
            .evidence(Evidence::code(&site("app/Support/main.py", CODE, "os.environ[\"CRM_API_KEY\"]")))
            .evidence(Evidence::code(&site("app/Support/main.py", CODE, "os.getenv(\"CRM_TOKEN\")")).severity(Severity::Medium))
            .fix(Fix::new("Register the credential and read it with @requires_api_key").command(Command::new("agentcore").args(["add", "credential"]).opt("--name", "Crm").opt("--type", "api-key")))),
        ("code-outbound-http", Outcome::fail(runtime("Support"), "calls api.weather.example directly").evidence(Evidence::code(&site("app/Support/main.py", CODE, "import os")))),
        ("obs-log-retention", Outcome::skipped(runtime("Support"), offline())),
        ("eval-baseline", Outcome::manual(runtime("Support"), "no recorded evaluation run was found for Support", Unread::new(ReasonCode::Absent, "results are git-ignored").command("agentcore run eval -r Support"))),
        ("perf-package-size", Outcome::pass(runtime("Support"), "41 MB")),
        ("memory-strategies", Outcome::not_applicable(Resource::new(ResourceType::Project, "Support"), "no memory")),
        ("memory-encryption", Outcome::not_applicable(Resource::new(ResourceType::Project, "Support"), "no memory")),
        ("test-inputs", Outcome::pass(Resource::new(ResourceType::Project, "Support"), "4 tests invoke the entrypoint")),
    ]
}

pub fn report(project: &str, gateway_name: &str) -> Report {
    let mut results: Vec<_> = outcomes(gateway_name)
        .into_iter()
        .map(|(id, outcome)| assemble::result(checks::find(id).unwrap(), outcome, None))
        .collect();
    let suppressed = results
        .iter_mut()
        .find(|result| result.check == "code-outbound-http")
        .unwrap();
    suppressed.suppression = Some(Suppression {
        reason: "measured latency hot path".into(),
        source: "agentcore-harden.toml:12".into(),
        expires: Some("2027-01-31".into()),
    });
    let fail_on = FailOn::Severity(Severity::Medium);
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "agentcore-harden",
            version: "0.1.0",
            tables_as_of: "2026-09-26",
        },
        project: ProjectSummary {
            name: project.to_owned(),
            path: ".".into(),
            target: Some("default".into()),
            account: Some("111122223333".into()),
            region: Some("us-east-1".into()),
            runtimes: vec![RuntimeSummary {
                name: "Support".into(),
                language: Some("python".into()),
                framework: Some("strands".into()),
                models: vec!["global.anthropic.claude-sonnet-4-5-20250929-v1:0".into()],
                build: Some("CodeZip".into()),
                network_mode: Some("PUBLIC".into()),
                protocol: Some("HTTP".into()),
                workload: Some("chat".into()),
                execution_role: "cli-managed",
                kind: "runtime",
                platform_version: PlatformSummary {
                    value: Some("V2"),
                    source: Some("aws"),
                },
            }],
        },
        evidence: EvidenceSummary {
            config: true,
            code: true,
            template: None,
            aws: Some("live"),
        },
        filters: Filters::default(),
        summary: assemble::summary(
            &results,
            &Basis {
                fail_on,
                stage: Stage::Deployed,
                ..Basis::default()
            },
        ),
        notes: vec![
            "2 targets in aws-targets.json: default was looked at; --target NAME picks another"
                .into(),
        ],
        standard: None,
        results,
        view: View {
            prefix: "services/support/".into(),
            fail_on,
            strict: false,
            ..View::default()
        },
    }
}
