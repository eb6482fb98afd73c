//! The project's own configuration: `agentcore.json`, harness files, targets and deployed state, every value with its place.
//!
//! The structures are tolerant: a key that is missing or of the wrong type is `None` here and a finding of `config-valid`.
//! Facts about the keys: JSON Schema of agentcore.json, CLI 0.30 (<https://schema.agentcore.aws.dev/v1/agentcore.json>).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use super::deployed::{DeployedResource, DeployedRuntime, DeployedTarget};
use super::json::{Document, Node};
use super::known::Known;
use super::narrowed_roles::CdkStack;
use super::site::{Site, Sited};
use crate::model::finding::{Resource, ResourceType};

/// A project: the folder that holds `agentcore/agentcore.json`, and what it says.
#[derive(Clone, Debug)]
pub struct Project {
    /// The project root, absolute.
    pub root: PathBuf,
    /// The root as the user sees it: relative to the folder that was asked for.
    pub shown: String,
    /// Root of the git repository around it, where there is one.
    pub repository: Option<PathBuf>,
    /// `agentcore/agentcore.json`.
    pub document: Document,
    /// `name`.
    pub name: Option<Sited<String>>,
    /// `runtimes[]`.
    pub runtimes: Vec<Runtime>,
    /// `harnesses[]` with their `harness.json`, in the shape of a runtime.
    pub harnesses: Vec<Harness>,
    /// `memories[]`.
    pub memories: Vec<Memory>,
    /// `credentials[]`.
    pub credentials: Vec<Credential>,
    /// `agentCoreGateways[]`.
    pub gateways: Vec<Gateway>,
    /// `unassignedTargets[]`.
    pub unassigned_targets: Vec<GatewayTarget>,
    /// `policyEngines[]`.
    pub policy_engines: Vec<PolicyEngine>,
    /// `onlineEvalConfigs[]`.
    pub online_evals: Vec<OnlineEval>,
    /// `evaluators[]`.
    pub evaluators: Vec<Named>,
    /// `knowledgeBases[]`.
    pub knowledge_bases: Vec<Named>,
    /// `capacityProviders[]`.
    pub capacity_providers: Vec<Named>,
    /// `payments[]`.
    pub payments: Vec<Named>,
    /// `configBundles[]`.
    pub config_bundles: Vec<Named>,
    /// `datasets[]`.
    pub datasets: Vec<Named>,
    /// `abTests[]`.
    pub ab_tests: Vec<Named>,
    /// `mcpRuntimeTools[]`.
    pub mcp_runtime_tools: Vec<Named>,
    /// `httpGateways[]`: deprecated, gone from CLI 0.30.
    pub http_gateways: Vec<Named>,
    /// `aws-targets.json`: read, absent, or why not.
    pub targets_file: Known<Document>,
    /// The entries of `aws-targets.json` that hold name, account and Region.
    pub targets: Vec<Target>,
    /// `agentcore/.cli/deployed-state.json`: read, absent, or why not.
    pub deployed_file: Known<Document>,
    /// What the deployed state says, by target.
    pub deployed: BTreeMap<String, DeployedTarget>,
    /// The version of `@aws/agentcore-cdk` that the CDK app of the project is built with.
    pub cdk_version: Option<CdkVersion>,
    /// Where the CDK app of the project adds permissions to roles itself, beyond what the CLI's template does.
    pub cdk_grants: Vec<Site>,
    /// Files of its own that the CDK app imports and that are not there.
    pub cdk_lost: Vec<LostFile>,
    /// The stack of the CDK app.
    pub stack: Option<CdkStack>,
    /// Files that the configuration names, by the path as written (prefixed with the folder that it is relative to, where that
    /// is not the project root), with what was found there.
    pub named_files: BTreeMap<String, NamedFile>,
    /// `agentcore/.env.local`: the variables that it sets, by name, with whether the value is empty. No value is kept.
    pub env_local: Known<BTreeMap<String, bool>>,
    /// What is not judged because there is more of it than any project holds: `150 of 1000 runtimes and harnesses`.
    pub left_out: Vec<String>,
}

/// A file that code imports and that is not there.
#[derive(Clone, Debug)]
pub struct LostFile {
    /// The import.
    pub site: Site,
    /// What it names.
    pub specifier: String,
    /// The file and the pattern by which git keeps it out of the repository.
    pub rule: Option<(String, String)>,
}

/// An entry of a resource kind that only its name, its references and its raw keys are read of.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name; `#n` where it has none.
    pub name: String,
    /// Where the name stands.
    pub site: Site,
    /// The raw entry.
    pub node: Node,
}

/// A file or folder that the configuration names.
#[derive(Clone, Debug)]
pub struct NamedFile {
    /// Its path relative to the project root, `None` when it lies outside of the project.
    pub path: Option<String>,
    /// True when it lies outside of the git repository around the project too (or there is none): it is not looked at.
    pub out_of_reach: bool,
    /// What is there.
    pub kind: NamedFileKind,
    /// True when it is missing and git ignores it: a step that makes it was not run in this clone.
    pub ignored: bool,
    /// Its text, for the small files whose content is configuration (policies, schemas).
    pub text: Option<String>,
    /// The text parsed, where it is JSON.
    pub document: Option<Document>,
}

/// What a named path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedFileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// Nothing.
    Missing,
    /// Something that is neither, or that cannot be read.
    Unreadable,
}

/// A runtime of `agentcore.json`.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// Its name; `#n` where it has none.
    pub name: String,
    /// Where the name stands: the anchor for what is absent.
    pub site: Site,
    /// The raw entry.
    pub node: Node,
    /// `build`: `CodeZip` or `Container`.
    pub build: Option<Sited<String>>,
    /// `entrypoint`.
    pub entrypoint: Option<Sited<String>>,
    /// `codeLocation`.
    pub code_location: Option<Sited<String>>,
    /// `dockerfile`.
    pub dockerfile: Option<Sited<String>>,
    /// `buildContextPath`.
    pub build_context: Option<Sited<String>>,
    /// `runtimeVersion`.
    pub runtime_version: Option<Sited<String>>,
    /// What it shares with a harness.
    pub common: RuntimeCommon,
    /// `protocol`.
    pub protocol: Option<Sited<String>>,
    /// `instrumentation.enableOtel`.
    pub enable_otel: Option<Sited<bool>>,
    /// `additionalPolicies[]`: managed policy ARNs and files.
    pub additional_policies: Vec<Sited<String>>,
    /// `endpoints`, by name.
    pub endpoints: Vec<Sited<String>>,
}

/// The keys that runtimes and harnesses share.
#[derive(Clone, Debug, Default)]
pub struct RuntimeCommon {
    /// `envVars[]` (`environmentVariables` of a harness): name and value, sited at the value's entry.
    pub env: Vec<(String, Sited<String>)>,
    /// `networkMode`.
    pub network_mode: Option<Sited<String>>,
    /// `networkConfig.subnets`.
    pub subnets: Vec<Sited<String>>,
    /// `networkConfig.securityGroups`.
    pub security_groups: Vec<Sited<String>>,
    /// `executionRoleArn`.
    pub execution_role_arn: Option<Sited<String>>,
    /// `authorizerType`.
    pub authorizer_type: Option<Sited<String>>,
    /// `authorizerConfiguration.customJwtAuthorizer`.
    pub jwt: Option<JwtAuthorizer>,
    /// `lifecycleConfiguration` (`lifecycleConfig` of a harness): where the block stands.
    pub lifecycle: Option<Site>,
    /// `idleRuntimeSessionTimeout`, seconds.
    pub idle_timeout: Option<Sited<f64>>,
    /// `maxLifetime`, seconds.
    pub max_lifetime: Option<Sited<f64>>,
}

/// A `customJwtAuthorizer`.
#[derive(Clone, Debug)]
pub struct JwtAuthorizer {
    /// Where the block stands.
    pub site: Site,
    /// `discoveryUrl`.
    pub discovery_url: Option<Sited<String>>,
    /// `allowedAudience[]`.
    pub audience: Vec<Sited<String>>,
    /// `allowedClients[]`.
    pub clients: Vec<Sited<String>>,
    /// `allowedScopes[]`.
    pub scopes: Vec<Sited<String>>,
    /// `customClaims[]`, raw.
    pub custom_claims: Vec<Node>,
    /// `privateEndpoint` or an override is set: the discovery URL is not reachable from here.
    pub private_endpoint: bool,
}

/// A harness: the entry of `agentcore.json` and its `harness.json`.
#[derive(Clone, Debug)]
pub struct Harness {
    /// Its name; `#n` where it has none.
    pub name: String,
    /// Where the name stands in `agentcore.json`.
    pub site: Site,
    /// The raw entry.
    pub node: Node,
    /// `path`, the folder of its `harness.json`.
    pub path: Option<Sited<String>>,
    /// `harness.json`: read, absent, or why not.
    pub document: Known<Document>,
    /// The keys that it shares with a runtime, from `harness.json`.
    pub common: RuntimeCommon,
    /// `model.modelId`.
    pub model_id: Option<Sited<String>>,
}

/// A memory.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Its name; `#n` where it has none.
    pub name: String,
    /// Where the name stands.
    pub site: Site,
    /// The raw entry.
    pub node: Node,
    /// `eventExpiryDuration`, days.
    pub event_expiry: Option<Sited<f64>>,
    /// `strategies[]`.
    pub strategies: Vec<MemoryStrategy>,
    /// `encryptionKeyArn`.
    pub encryption_key_arn: Option<Sited<String>>,
    /// `executionRoleArn`.
    pub execution_role_arn: Option<Sited<String>>,
}

/// A long-term strategy of a memory.
#[derive(Clone, Debug)]
pub struct MemoryStrategy {
    /// `type`: SEMANTIC, SUMMARIZATION, USER_PREFERENCE, EPISODIC.
    pub kind: Option<Sited<String>>,
    /// Where the strategy stands.
    pub site: Site,
    /// `namespaceTemplates[]`, or the deprecated `namespaces[]`.
    pub namespaces: Vec<Sited<String>>,
    /// `reflectionNamespaceTemplates[]`, or the deprecated `reflectionNamespaces[]`.
    pub reflection_namespaces: Vec<Sited<String>>,
}

/// A credential provider.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its name; `#n` where it has none.
    pub name: String,
    /// Where the name stands.
    pub site: Site,
    /// `authorizerType`: `ApiKeyCredentialProvider`, `OAuthCredentialProvider`, `PaymentCredentialProvider`.
    pub kind: Option<Sited<String>>,
}

/// A gateway.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Its name; `#n` where it has none.
    pub name: String,
    /// Where the name stands.
    pub site: Site,
    /// The raw entry.
    pub node: Node,
    /// `authorizerType`; absent means NONE.
    pub authorizer_type: Option<Sited<String>>,
    /// `authorizerConfiguration.customJwtAuthorizer`.
    pub jwt: Option<JwtAuthorizer>,
    /// `exceptionLevel`.
    pub exception_level: Option<Sited<String>>,
    /// `policyEngineConfiguration.policyEngineName`.
    pub policy_engine: Option<Sited<String>>,
    /// `policyEngineConfiguration.mode`.
    pub policy_mode: Option<Sited<String>>,
    /// `executionRoleArn`.
    pub execution_role_arn: Option<Sited<String>>,
    /// `targets[]`.
    pub targets: Vec<GatewayTarget>,
}

/// A target behind a gateway.
#[derive(Clone, Debug)]
pub struct GatewayTarget {
    /// Its name; `#n` where it has none.
    pub name: String,
    /// Where the name stands.
    pub site: Site,
    /// The raw entry.
    pub node: Node,
    /// `targetType`.
    pub kind: Option<Sited<String>>,
    /// `endpoint`, or `passthrough.endpoint`.
    pub endpoint: Option<Sited<String>>,
    /// `outboundAuth.type`; absent means NONE.
    pub outbound_auth: Option<Sited<String>>,
    /// `outboundAuth.credentialName`.
    pub credential: Option<Sited<String>>,
}

/// A policy engine.
#[derive(Clone, Debug)]
pub struct PolicyEngine {
    /// Its name; `#n` where it has none.
    pub name: String,
    /// Where the name stands.
    pub site: Site,
    /// `policies[]`.
    pub policies: Vec<CedarPolicy>,
}

/// A Cedar policy of an engine.
#[derive(Clone, Debug)]
pub struct CedarPolicy {
    /// Its name; `#n` where it has none.
    pub name: String,
    /// Where the name stands.
    pub site: Site,
    /// `statement`: Cedar text.
    pub statement: Option<Sited<String>>,
    /// `sourceFile`.
    pub source_file: Option<Sited<String>>,
    /// `enforcementMode`; absent means ACTIVE.
    pub enforcement_mode: Option<Sited<String>>,
}

/// An online evaluation.
#[derive(Clone, Debug)]
pub struct OnlineEval {
    /// Its name; `#n` where it has none.
    pub name: String,
    /// Where the name stands.
    pub site: Site,
    /// The raw entry.
    pub node: Node,
    /// `agent`: the runtime it watches.
    pub agent: Option<Sited<String>>,
    /// `samplingRate`, percent.
    pub sampling_rate: Option<Sited<f64>>,
    /// `enableOnCreate`; absent means enabled.
    pub enable_on_create: Option<Sited<bool>>,
    /// `evaluators[]`.
    pub evaluators: Vec<Sited<String>>,
}

/// The version of the construct library, as far as a file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CdkVersion {
    /// The version, or the range of versions as written.
    pub text: String,
    /// The file that says it, from the project root.
    pub file: &'static str,
    /// It is one version; else a range that several answer.
    pub exact: bool,
}

/// A deployment target of `aws-targets.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// `name`.
    pub name: String,
    /// `account`.
    pub account: Option<String>,
    /// `region`.
    pub region: Option<String>,
    /// Where the entry stands.
    pub site: Site,
}

/// A runtime or a harness, seen as what is judged alike.
#[derive(Clone, Copy, Debug)]
pub enum Agent<'a> {
    /// A runtime.
    Runtime(&'a Runtime),
    /// A harness.
    Harness(&'a Harness),
}

impl<'a> Agent<'a> {
    /// Its name.
    pub fn name(self) -> &'a str {
        match self {
            Self::Runtime(runtime) => &runtime.name,
            Self::Harness(harness) => &harness.name,
        }
    }

    /// Where its name stands in `agentcore.json`.
    pub fn site(self) -> &'a Site {
        match self {
            Self::Runtime(runtime) => &runtime.site,
            Self::Harness(harness) => &harness.site,
        }
    }

    /// The keys that both kinds have.
    pub fn common(self) -> &'a RuntimeCommon {
        match self {
            Self::Runtime(runtime) => &runtime.common,
            Self::Harness(harness) => &harness.common,
        }
    }

    /// The resource of a result about it.
    pub fn resource(self) -> Resource {
        match self {
            Self::Runtime(runtime) => Resource::new(ResourceType::Runtime, &runtime.name),
            Self::Harness(harness) => Resource::new(ResourceType::Harness, &harness.name),
        }
    }

    /// The runtime, where it is one.
    pub fn runtime(self) -> Option<&'a Runtime> {
        match self {
            Self::Runtime(runtime) => Some(runtime),
            Self::Harness(_) => None,
        }
    }
}

impl Gateway {
    /// Its name in AWS: `resourceName`, else `<project>-<gateway>`.
    pub fn physical_name(&self, project: &str) -> String {
        let own = self.node.get("resourceName").and_then(Node::as_str);
        own.map_or_else(|| format!("{project}-{}", self.name), str::to_owned)
    }
}

impl Project {
    /// What no link leads out of: the repository, where there is one, or the project's root.
    pub fn within(&self) -> &Path {
        self.repository.as_deref().unwrap_or(&self.root)
    }

    /// Runtimes, then harnesses.
    pub fn agents(&self) -> impl Iterator<Item = Agent<'_>> {
        self.runtimes
            .iter()
            .map(Agent::Runtime)
            .chain(self.harnesses.iter().map(Agent::Harness))
    }

    /// `agentcore.json` and the harnesses' files.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        let harnesses = self.harnesses.iter();
        std::iter::once(&self.document).chain(harnesses.filter_map(|one| one.document.read()))
    }

    /// The targets that the deployed state holds, with the account and Region of the ARNs in it.
    pub fn deployed_targets(&self) -> Vec<Target> {
        let Known::Read(document) = &self.deployed_file else {
            return Vec::new();
        };
        let target = |(name, deployed): (&String, &DeployedTarget)| {
            let (account, region) = deployed.home();
            let node = document.root.path(&["targets", name]);
            Target {
                name: name.clone(),
                account,
                region,
                site: node.map_or_else(
                    || Site::file(document.source.path.clone()),
                    |node| document.site(node),
                ),
            }
        };
        self.deployed.iter().map(target).collect()
    }

    /// The resource of a result about the whole project.
    pub fn resource(&self) -> Resource {
        Resource::new(ResourceType::Project, self.display_name())
    }

    /// The project's name, or a stand-in.
    pub fn display_name(&self) -> &str {
        self.name
            .as_ref()
            .map_or("(unnamed)", |name| name.value.as_str())
    }

    /// The anchor of a finding about the whole project.
    pub fn site(&self) -> Site {
        self.name.as_ref().map_or_else(
            || Site::file(self.document.source.path.clone()),
            |name| name.site.clone(),
        )
    }
}
