//! `agentcore.json`.

use super::agent::RUNTIME;
use super::capacity::PROVIDER;
use super::evaluation::{
    AB_TEST, BUNDLE, DATASET, EVALUATOR, KNOWLEDGE_BASE, ONLINE, POLICY_ENGINE,
};
use super::gateway::{GATEWAY, RUNTIME_TOOL, TARGET};
use super::harness::ENTRY;
use super::identity::{CREDENTIAL, PAYMENT};
use super::memory::MEMORY;
use super::patterns::{ANYTHING, TAGS};
use super::shape::{
    FILLED, GREATEST, Object, Pattern, Shape, TEXT, list_of, may, must, strict, unique, whole,
};

static NAME_FORM: Pattern = Pattern::new(
    "^[A-Za-z][A-Za-z0-9]{0,22}$",
    "a letter, then letters and digits; at most 23 characters",
);
/// Names of packages that the agent's environment installs: a folder by such a name shadows the package.
const RESERVED: [&str; 49] = [
    "anthropic",
    "autogen",
    "autogenagentchat",
    "autogenext",
    "bedrock",
    "bedrockagentcore",
    "googleadk",
    "googlegenerativeai",
    "langchain",
    "langchainanthropic",
    "langchainaws",
    "langchaingooglegenai",
    "langchainmcpadapters",
    "langchainopenai",
    "langgraph",
    "mcp",
    "openai",
    "openaiagents",
    "strands",
    "strandsagents",
    "strandsagentstools",
    "agui",
    "aguistrands",
    "aguilanggraph",
    "aguiadk",
    "aguiprotocol",
    "vercelai",
    "aisdk",
    "httpx",
    "pytest",
    "pytestasyncio",
    "pythondotenv",
    "hatchling",
    "setuptools",
    "wheel",
    "awsopentelemetrydistro",
    "boto3",
    "botocore",
    "test",
    "tests",
    "src",
    "lib",
    "dist",
    "build",
    "env",
    "venv",
    "site",
    "pip",
    "uv",
];
fn not_reserved(name: &str) -> Option<&'static str> {
    RESERVED
        .contains(&name.to_lowercase().as_str())
        .then_some("must not be the name of a package that agents depend on")
}

static ROOT: Object = strict(&[
    may("$schema", TEXT.shape()),
    must(
        "name",
        FILLED.max(23).like(&NAME_FORM).test(not_reserved).shape(),
    ),
    must("version", whole(1.0, GREATEST)),
    may("managedBy", Shape::Choice(&["CDK"])),
    may("tags", TAGS),
    may("runtimes", unique(&RUNTIME, "name")),
    may("memories", unique(&MEMORY, "name")),
    may("knowledgeBases", unique(&KNOWLEDGE_BASE, "name")),
    may("credentials", unique(&CREDENTIAL, "name")),
    may("evaluators", unique(&EVALUATOR, "name")),
    may("onlineEvalConfigs", unique(&ONLINE, "name")),
    may("agentCoreGateways", unique(&GATEWAY, "name")),
    may("mcpRuntimeTools", unique(&RUNTIME_TOOL, "name")),
    may("unassignedTargets", unique(&TARGET, "name")),
    may("policyEngines", unique(&POLICY_ENGINE, "name")),
    may("configBundles", unique(&BUNDLE, "name")),
    may("abTests", unique(&AB_TEST, "name")),
    may("harnesses", unique(&ENTRY, "name")),
    may("datasets", unique(&DATASET, "name")),
    may("capacityProviders", unique(&PROVIDER, "name")),
    // Replaced by agentCoreGateways with protocolType "None": only an empty list is still accepted.
    may("httpGateways", list_of(&ANYTHING, 0, 0)),
    may("payments", unique(&PAYMENT, "name")),
]);
/// `agentcore.json`.
pub static PROJECT: Shape = Shape::Object(&ROOT);

/// True for a key that the root of `agentcore.json` may have.
pub fn knows_root_key(key: &str) -> bool {
    ROOT.fields.iter().any(|field| field.key == key)
}
