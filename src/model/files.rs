//! Facts about files: what ships, manifests, secrets, the CLI on PATH.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::artifact::Artifact;
use super::dependencies::DependencyFacts;
use super::known::Known;
use super::lazy::Lazy;
use super::manifest::AgentManifests;
use super::package::PackageContents;
use super::site::Site;
use crate::model::finding::Resource;
use crate::model::secret::{Concealed, Confidence, Context};

/// Facts about files.
#[derive(Clone, Debug)]
pub struct FileFacts {
    /// The `agentcore` program that PATH resolves to.
    pub cli: Known<CliOnPath>,
    /// Everything that `agentcore deploy` would package.
    pub packages: Vec<Package>,
    /// What git makes of `agentcore/.env.local` and `agentcore/aws-targets.json`.
    pub ignored: GitIgnored,
    /// The manifests of each agent, by its resource (`runtime NAME`).
    pub manifests: BTreeMap<String, AgentManifests>,
    /// What each package holds, by its resource.
    pub package_contents: Lazy<BTreeMap<String, PackageContents>>,
    /// What was packaged of an agent's code before, by its resource.
    pub artifacts: BTreeMap<String, Artifact>,
    /// Locks, and which declared packages are used, by the agent's resource.
    pub dependencies: Lazy<BTreeMap<String, DependencyFacts>>,
    /// What the text of the files holds.
    pub contents: Lazy<Contents>,
    /// Ignore files that are longer or more entangled than is read: what ships, and what git keeps, is not known.
    pub beyond: Vec<String>,
}

impl Default for FileFacts {
    fn default() -> Self {
        Self {
            cli: Known::Absent,
            packages: Vec::new(),
            ignored: GitIgnored::default(),
            manifests: BTreeMap::new(),
            package_contents: Lazy::default(),
            artifacts: BTreeMap::new(),
            dependencies: Lazy::default(),
            contents: Lazy::default(),
            beyond: Vec::new(),
        }
    }
}

/// What one pass over the text of every file gave.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// How many files were looked at.
    pub files: usize,
    /// Hard-coded secrets, masked, in order of path and place.
    pub secrets: Vec<SecretSite>,
    /// Their values, to be covered wherever they are quoted.
    pub values: Concealed,
    /// Source files that mention AgentCore's data plane, relative to the project root.
    pub callers: Vec<String>,
    /// Files whose infrastructure code defines AgentCore resources outside of `agentcore/`, with the lines.
    pub own_resources: BTreeMap<String, Vec<u32>>,
    /// Words of files outside of `agentcore/` that set environment variables of runtimes: any may be the name of one.
    pub environment_words: BTreeSet<String>,
    /// Source files that invoke Lambda functions.
    pub lambda_callers: Vec<String>,
    /// Files outside of `agentcore/` that attach policies to roles which exist already, with the lines.
    pub role_grants: BTreeMap<String, Vec<u32>>,
    /// Source files that define an entrypoint of AgentCore, with its line.
    pub entrypoints: BTreeMap<String, u32>,
    /// Source files that may run commands or evaluate code, relative to the project root.
    pub commands: Vec<String>,
    /// Source files that a person starts and that may invoke an agent, relative to the project root.
    pub scripts: Vec<String>,
    /// Source files of the project's own: no tests, dependencies or build output. Relative to the project root.
    pub sources: BTreeSet<String>,
    /// Source files of the repository outside of the project's folder, likewise: `../web/server.ts`.
    pub sources_around: BTreeSet<String>,
    /// What was looked at of the repository outside of the project's folder.
    pub around: Around,
    /// Files that could not be read, with the reason.
    pub unread: Vec<String>,
}

/// What was looked at of the repository outside of the project's folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Around {
    /// There is nothing: the project's folder is the repository, or stands in none.
    #[default]
    Nothing,
    /// All of it.
    Read,
    /// Nothing: other projects stand in it, so whose the code beside them is cannot be told.
    Shared,
    /// Nothing: it is too large.
    TooLarge,
}

/// A hard-coded secret. Its text is masked everywhere.
#[derive(Clone, Debug)]
pub struct SecretSite {
    /// Where, with excerpt and line masked.
    pub site: Site,
    /// Id of its kind.
    pub kind: &'static str,
    /// What a report calls it.
    pub title: &'static str,
    /// At most its first four characters, and its length.
    pub masked: String,
    /// Code, document, test or data.
    pub context: Context,
    /// How sure it is.
    pub confidence: Confidence,
    /// Whether the file ships with an agent.
    pub ships: bool,
}

/// The `agentcore` program on PATH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliOnPath {
    /// Where PATH leads.
    pub path: String,
    /// Version of the `@aws/agentcore` package, `None` when something else bears the name.
    pub version: Option<String>,
    /// True when it is the Python starter toolkit's program.
    pub starter_toolkit: bool,
    /// How the starter toolkit was installed, where that can be told: it decides the command that removes it.
    pub installer: Installer,
}

/// What put a Python program on PATH.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Installer {
    /// `uv tool install`.
    UvTool,
    /// `pipx install`.
    Pipx,
    /// `pip install`, with the interpreter beside the program.
    #[default]
    Pip,
}

/// How a folder becomes what AWS runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageKind {
    /// A zip of the whole folder with the dependencies beside it (Python CodeZip, evaluator and tool Lambdas).
    Zip,
    /// One JavaScript file that esbuild makes from `main.ts`, and a fixed list of packages (Node CodeZip).
    Bundle,
    /// A Docker build context with the construct's exclusions, then `.dockerignore`.
    Container,
    /// A harness's Docker build context, uploaded without exclusions.
    HarnessContainer,
}

/// A folder that `agentcore deploy` packages.
#[derive(Clone, Debug)]
pub struct Package {
    /// What it becomes.
    pub resource: Resource,
    /// The folder relative to the project root; `None` when it lies outside and is not looked at.
    pub folder: Option<String>,
    /// Where the configuration names it.
    pub site: Site,
    /// How it is packaged.
    pub kind: PackageKind,
    /// True when the folder is there.
    pub present: bool,
    /// Files in it that look like secrets, by their path relative to the project root.
    pub secret_files: Vec<ShippedSecret>,
    /// How many files ship, where they were counted.
    pub files: u64,
    /// Folders that could not be read, or that were not looked at to the end.
    pub unread: Vec<String>,
}

/// A file that ships and by its name or its first bytes holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippedSecret {
    /// Relative to the project root.
    pub path: String,
    /// What it is taken for.
    pub kind: SecretFile,
    /// True when git tracks it.
    pub tracked: bool,
}

/// Kinds of file that hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretFile {
    /// `.env`, `.env.local`, `prod.env`: environment variables.
    Environment,
    /// A private key.
    PrivateKey,
    /// Credentials of a cloud, registry, database or tool.
    Credentials,
    /// A cache of tokens.
    TokenCache,
}

impl SecretFile {
    /// How a message names it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Environment => "environment file",
            Self::PrivateKey => "private key",
            Self::Credentials => "credential file",
            Self::TokenCache => "token cache",
        }
    }
}

/// What git ignores among the files that decide a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitIgnored {
    /// True when the project lies in a git work tree.
    pub repository: bool,
    /// `agentcore/.env.local` is ignored.
    pub env_local: bool,
    /// `agentcore/.env.local` is in git's index in spite of that; `None` where the index could not be read.
    pub env_local_tracked: Option<bool>,
    /// The text of `agentcore/.gitignore`, where it could be read.
    pub local_rules: Option<String>,
    /// `agentcore/.gitignore` does not exist.
    pub no_local_rules: bool,
    /// `agentcore/aws-targets.json` is ignored.
    pub targets: bool,
}
