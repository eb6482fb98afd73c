//! Collects a project: discovery, `agentcore.json` and the files beside it.

mod cdk;
mod cli;
mod deployed;
mod discover;
mod dockerignore;
mod entries;
mod excess;
mod file;
mod git;
mod named;
mod patterns;
mod secret_files;
mod shipped;
mod stack;

pub use discover::{DiscoverError, discover};
pub use file::{Edited, FileError, above, below, code_folder, inside, read_text, read_text_up_to};
pub use git::Ignores;
pub use named::{PROMPT, joined};
pub use shipped::{Entry, Walk, folder as package_folder, walk};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::collect::json::{self, JsonError};
use crate::model::deployed::is_account;
use crate::model::files::{FileFacts, Package};
use crate::model::json::{Document, Node};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::{Harness, Project, Target};
use excess::Kind;
use file::Budget;

/// The project's configuration file, relative to its root.
pub const CONFIG: &str = "agentcore/agentcore.json";
/// The deployment targets, relative to the root.
pub const TARGETS: &str = "agentcore/aws-targets.json";
/// The deployed state, relative to the root.
pub const DEPLOYED: &str = "agentcore/.cli/deployed-state.json";
/// The ignore rules that the CLI writes, relative to the root.
pub const LOCAL_RULES: &str = "agentcore/.gitignore";
/// The file with the values of credentials, relative to the root.
pub const ENV_LOCAL: &str = "agentcore/.env.local";

/// Why a project could not be read at all: the audit exits 2.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The configuration is not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The configuration cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The configuration is JSON, but no object.
    #[error("{path}:1:1: the root must be an object, found {found}")]
    NotAnObject {
        /// The file.
        path: String,
        /// The JSON type found.
        found: &'static str,
    },
}

/// Reads the project at `root`; `shown` is the root as the user sees it.
///
/// # Errors
/// When `agentcore.json` is unreadable, not JSON, or not an object. Faults of every other file are kept in the project.
pub fn collect(root: &Path, shown: &str) -> Result<Project, ProjectError> {
    collect_edited(root, shown, &Edited::new(), &Ignores::of_project(root))
}

/// Like [`collect`], as edits of its configuration and stack would leave it; `ignores` are the rules of the project.
///
/// # Errors
/// See [`collect`].
pub fn collect_edited(
    root: &Path,
    shown: &str,
    edited: &Edited,
    ignores: &Ignores,
) -> Result<Project, ProjectError> {
    let text = match edited.get(CONFIG) {
        Some(text) => text.clone(),
        None => read_text(&root.join(CONFIG), CONFIG)?,
    };
    let document = json::parse(CONFIG, &text)?;
    if document.root.type_name() != "object" {
        return Err(ProjectError::NotAnObject {
            path: CONFIG.to_owned(),
            found: document.root.type_name(),
        });
    }
    let budget = &mut Budget::over(edited);
    let targets_file = optional(root, TARGETS, budget);
    let deployed_file = optional(root, DEPLOYED, budget);
    let reader = entries::Reader::new(&document);
    let runtimes = reader.array(Kind::Agent, "runtimes", |node, index| {
        reader.runtime(node, index)
    });
    let harnesses = harnesses(root, &reader, budget);
    let named = |key| reader.array(Kind::Other, key, |node, index| reader.named(node, index));
    let app = cdk::sources(root);
    let mut project = Project {
        root: root.to_path_buf(),
        shown: shown.to_owned(),
        repository: repository(root),
        name: document.string(&document.root, "name"),
        runtimes,
        harnesses,
        evaluators: named("evaluators"),
        knowledge_bases: named("knowledgeBases"),
        capacity_providers: named("capacityProviders"),
        payments: named("payments"),
        config_bundles: named("configBundles"),
        datasets: named("datasets"),
        ab_tests: named("abTests"),
        mcp_runtime_tools: named("mcpRuntimeTools"),
        http_gateways: named("httpGateways"),
        memories: reader.array(Kind::Memory, "memories", |node, index| {
            reader.memory(node, index)
        }),
        credentials: reader.array(Kind::Credential, "credentials", |node, index| {
            reader.credential(node, index)
        }),
        gateways: reader.array(Kind::Gateway, "agentCoreGateways", |node, index| {
            reader.gateway(node, index)
        }),
        unassigned_targets: reader.array(
            Kind::GatewayTarget,
            "unassignedTargets",
            |node, index| reader.gateway_target(node, index),
        ),
        policy_engines: reader.array(Kind::PolicyEngine, "policyEngines", |node, index| {
            reader.policy_engine(node, index)
        }),
        online_evals: reader.array(
            Kind::OnlineEvaluation,
            "onlineEvalConfigs",
            |node, index| reader.online_eval(node, index),
        ),
        targets: targets_file.read().map(targets).unwrap_or_default(),
        targets_file,
        deployed: deployed_file.read().map(deployed::read).unwrap_or_default(),
        deployed_file,
        cdk_version: cdk::version(root),
        cdk_grants: cdk::grants(&app),
        cdk_lost: cdk::lost(&app, root, repository(root).as_deref()),
        stack: stack::read(root, edited),
        named_files: BTreeMap::new(),
        env_local: env_local(root),
        left_out: reader.left_out(),
        document,
    };
    project.named_files = named::files(&project, budget, ignores);
    Ok(project)
}

/// Reads what checks need of the files around the configuration: what ships, what git ignores, the CLI on `path_env`.
pub fn files(project: &Project, path_env: Option<&OsStr>, ignores: &Ignores) -> FileFacts {
    let tracked = git::Index::read(project.repository.as_deref());
    let packages = shipped::packages(project, &tracked);
    FileFacts {
        cli: path_env.map_or(Known::Absent, cli::on_path),
        beyond: beyond(project, &packages),
        packages,
        ignored: git::ignored(project, &tracked, ignores),
        ..FileFacts::default()
    }
}

/// The ignore files whose rules are beyond the bounds, by their paths from the project root.
fn beyond(project: &Project, packages: &[Package]) -> Vec<String> {
    let above = project
        .repository
        .iter()
        .filter(|top| **top != project.root);
    let mut files: BTreeSet<(PathBuf, String)> = above
        .map(|top| {
            (
                top.join(".gitignore"),
                "the repository's .gitignore".to_owned(),
            )
        })
        .collect();
    let folders = packages
        .iter()
        .filter_map(|package| package.folder.as_deref());
    for folder in folders.chain([".", "agentcore"]) {
        for name in [".gitignore", ".dockerignore"] {
            let shown = match folder {
                "." => name.to_owned(),
                folder => format!("{}/{name}", folder.trim_end_matches('/')),
            };
            files.insert((project.root.join(&shown), shown));
        }
    }
    let beyond = |(file, shown): &(PathBuf, String)| match read_text(file, shown) {
        Ok(text) => !patterns::within_bounds(&text),
        Err(error) => matches!(error, FileError::TooLarge { .. }),
    };
    files
        .into_iter()
        .filter(beyond)
        .map(|(_, shown)| shown)
        .collect()
}

/// Reads a JSON file that may be absent.
fn optional(root: &Path, path: &str, budget: &mut Budget) -> Known<Document> {
    let text = match budget.edited(path) {
        Some(text) => Ok(text.to_owned()),
        None => read_text(&root.join(path), path),
    };
    match text {
        Ok(text) if !budget.take(text.len()) => Known::Unread(Unread::new(
            ReasonCode::Unsupported,
            format!("{path}: not read, the configuration files are larger than any real project's"),
        )),
        Ok(text) => match json::parse(path, &text) {
            Ok(document) => Known::Read(document),
            Err(error) => Known::Unread(Unread::new(ReasonCode::Unsupported, error.to_string())),
        },
        Err(FileError::Missing { .. }) => Known::Absent,
        Err(error) => Known::Unread(Unread::new(ReasonCode::Denied, error.to_string())),
    }
}

/// The harnesses with their `harness.json`; a folder that several entries name is read once.
fn harnesses(root: &Path, reader: &entries::Reader<'_>, budget: &mut Budget) -> Vec<Harness> {
    let mut read: HashMap<String, Known<Document>> = HashMap::new();
    let mut document = |path: &str, name: &str| {
        let Some(folder) = file::inside(root, path) else {
            return Known::Unread(Unread::new(
                ReasonCode::Unsupported,
                format!("the path of harness {name} leads out of the project"),
            ));
        };
        let file = match folder.as_str() {
            "." => "harness.json".to_owned(),
            folder => format!("{folder}/harness.json"),
        };
        if let Some(document) = read.get(&file) {
            return document.clone();
        }
        let document = optional(root, &file, budget);
        read.insert(file, document.clone());
        document
    };
    let mut harnesses = reader.array(Kind::Agent, "harnesses", |node, index| {
        let (name, site) = reader.name(node, index);
        Harness {
            name,
            site,
            node: node.clone(),
            path: reader.document.string(node, "path"),
            document: Known::Absent,
            common: crate::model::project::RuntimeCommon::default(),
            model_id: None,
        }
    });
    for harness in &mut harnesses {
        if let Some(path) = &harness.path {
            harness.document = document(&path.value, &harness.name);
        }
        if let Some(document) = harness.document.read() {
            (harness.common, harness.model_id) = reader.harness_keys(document);
        }
    }
    harnesses
}

/// The names that `.env.local` sets; the values are looked at for emptiness and dropped.
fn env_local(root: &Path) -> Known<BTreeMap<String, bool>> {
    match read_text(&root.join(ENV_LOCAL), ENV_LOCAL) {
        Ok(text) => Known::Read(text.lines().filter_map(variable).collect()),
        Err(FileError::Missing { .. }) => Known::Absent,
        Err(error) => Known::Unread(Unread::new(ReasonCode::Denied, error.to_string())),
    }
}

/// The name that a line of a dotenv file sets, and whether its value is empty.
fn variable(line: &str) -> Option<(String, bool)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let (name, value) = line.split_once('=').or_else(|| line.split_once(": "))?;
    let name = name.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let value = value.split('#').next().unwrap_or_default();
    let value = value.trim().trim_matches(['"', '\'', '`']).trim();
    (!name.is_empty() && name.chars().all(plain)).then(|| (name.to_owned(), value.is_empty()))
}

fn targets(document: &Document) -> Vec<Target> {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let entry = |node: &Node| {
        Some(Target {
            name: text(node, "name")?,
            // What was emptied before the repository was shown to others is not known.
            account: text(node, "account").filter(|account| is_account(account)),
            region: text(node, "region").filter(|region| !region.trim().is_empty()),
            site: document.site(node),
        })
    };
    document.root.items().iter().filter_map(entry).collect()
}

/// The nearest folder upward that is a git work tree (`.git` may be a file in a worktree).
fn repository(root: &Path) -> Option<PathBuf> {
    root.ancestors()
        .find(|folder| folder.join(".git").exists())
        .map(Path::to_path_buf)
}
