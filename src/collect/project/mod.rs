//! Collects a project: discovery, `agentcore.json` and the files beside it.

mod deployed;
mod discover;
mod entries;
mod file;

pub use discover::{DiscoverError, discover};
pub use file::{FileError, inside, read_text};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::collect::json::{self, JsonError};
use crate::model::json::{Document, Node};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::{Harness, NamedFile, NamedFileKind, Project, Target};

/// The project's configuration file, relative to its root.
pub const CONFIG: &str = "agentcore/agentcore.json";
/// The deployment targets, relative to the root.
pub const TARGETS: &str = "agentcore/aws-targets.json";
/// The deployed state, relative to the root.
pub const DEPLOYED: &str = "agentcore/.cli/deployed-state.json";

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
    let document = json::parse(CONFIG, &read_text(&root.join(CONFIG), CONFIG)?)?;
    if document.root.type_name() != "object" {
        return Err(ProjectError::NotAnObject {
            path: CONFIG.to_owned(),
            found: document.root.type_name(),
        });
    }
    let targets_file = optional(root, TARGETS);
    let deployed_file = optional(root, DEPLOYED);
    let reader = entries::Reader::new(&document);
    let harnesses = reader.array("harnesses", |node, index| {
        harness(root, &reader, node, index)
    });
    let mut project = Project {
        root: root.to_path_buf(),
        shown: shown.to_owned(),
        repository: repository(root),
        name: document.string(&document.root, "name"),
        runtimes: reader.array("runtimes", |node, index| reader.runtime(node, index)),
        harnesses,
        memories: reader.array("memories", |node, index| reader.memory(node, index)),
        credentials: reader.array("credentials", |node, index| reader.credential(node, index)),
        gateways: reader.array("agentCoreGateways", |node, index| {
            reader.gateway(node, index)
        }),
        unassigned_targets: reader.array("unassignedTargets", |node, index| {
            reader.gateway_target(node, index)
        }),
        policy_engines: reader.array("policyEngines", |node, index| {
            reader.policy_engine(node, index)
        }),
        online_evals: reader.array("onlineEvalConfigs", |node, index| {
            reader.online_eval(node, index)
        }),
        targets: targets_file.read().map(targets).unwrap_or_default(),
        targets_file,
        deployed: deployed_file.read().map(deployed::read).unwrap_or_default(),
        deployed_file,
        cdk_version: cdk_version(root),
        named_files: BTreeMap::new(),
        document,
    };
    project.named_files = named_files(&project);
    Ok(project)
}

/// Reads a JSON file that may be absent.
fn optional(root: &Path, path: &str) -> Known<Document> {
    match read_text(&root.join(path), path) {
        Ok(text) => match json::parse(path, &text) {
            Ok(document) => Known::Read(document),
            Err(error) => Known::Unread(Unread::new(ReasonCode::Unsupported, error.to_string())),
        },
        Err(FileError::Missing { .. }) => Known::Absent,
        Err(error) => Known::Unread(Unread::new(ReasonCode::Denied, error.to_string())),
    }
}

fn harness(root: &Path, reader: &entries::Reader<'_>, node: &Node, index: usize) -> Harness {
    let (name, site) = reader.name(node, index);
    let path = reader.document.string(node, "path");
    let document = match &path {
        Some(path) => match file::inside(root, &path.value) {
            Some(folder) => optional(
                root,
                &format!("{folder}/harness.json")
                    .trim_start_matches('/')
                    .replace("./", ""),
            ),
            None => Known::Unread(Unread::new(
                ReasonCode::Unsupported,
                format!("the path of harness {name} leads out of the project"),
            )),
        },
        None => Known::Absent,
    };
    let (common, model_id) = document
        .read()
        .map(entries::harness_keys)
        .unwrap_or_default();
    Harness {
        name,
        site,
        node: node.clone(),
        path,
        document,
        common,
        model_id,
    }
}

fn targets(document: &Document) -> Vec<Target> {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let entry = |node: &Node| {
        Some(Target {
            name: text(node, "name")?,
            account: text(node, "account"),
            region: text(node, "region"),
            site: document.site(node),
        })
    };
    document.root.items().iter().filter_map(entry).collect()
}

/// The construct library's version as the vended CDK app pins it.
fn cdk_version(root: &Path) -> Option<String> {
    let path = "agentcore/cdk/package.json";
    let document = json::parse(path, &read_text(&root.join(path), path).ok()?).ok()?;
    let version = document
        .root
        .path(&["dependencies", "@aws/agentcore-cdk"])?
        .as_str()?;
    Some(version.trim_start_matches(['^', '~', '=']).to_owned())
}

/// The nearest folder upward that is a git work tree (`.git` may be a file in a worktree).
fn repository(root: &Path) -> Option<PathBuf> {
    root.ancestors()
        .find(|folder| folder.join(".git").exists())
        .map(Path::to_path_buf)
}

/// Looks up every path that the configuration names; small configuration files are read.
fn named_files(project: &Project) -> BTreeMap<String, NamedFile> {
    let mut files = BTreeMap::new();
    let mut look = |written: &str, read: bool| {
        files
            .entry(written.to_owned())
            .or_insert_with(|| named_file(&project.root, written, read));
    };
    for runtime in &project.runtimes {
        if let Some(location) = &runtime.code_location {
            look(&location.value, false);
            for inner in [&runtime.entrypoint, &runtime.dockerfile]
                .into_iter()
                .flatten()
            {
                let file = inner.value.split(':').next().unwrap_or_default();
                look(
                    &format!("{}/{file}", location.value.trim_end_matches('/')),
                    false,
                );
            }
        }
        if let Some(context) = &runtime.build_context {
            look(&context.value, false);
        }
        runtime
            .additional_policies
            .iter()
            .filter(|policy| !policy.value.starts_with("arn:"))
            .for_each(|policy| {
                look(&policy.value, true);
                if let Some(location) = &runtime.code_location {
                    look(
                        &format!("{}/{}", location.value.trim_end_matches('/'), policy.value),
                        true,
                    );
                }
            });
    }
    for engine in &project.policy_engines {
        for policy in &engine.policies {
            if let Some(file) = &policy.source_file {
                look(&file.value, true);
            }
        }
    }
    files
}

fn named_file(root: &Path, written: &str, read: bool) -> NamedFile {
    let Some(path) = file::inside(root, written) else {
        return NamedFile {
            path: None,
            kind: NamedFileKind::Missing,
            text: None,
        };
    };
    let full = root.join(&path);
    let kind = match std::fs::metadata(&full) {
        Ok(metadata) if metadata.is_dir() => NamedFileKind::Folder,
        Ok(metadata) if metadata.is_file() => NamedFileKind::File,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => NamedFileKind::Missing,
        Ok(_) | Err(_) => NamedFileKind::Unreadable,
    };
    let text = (read && kind == NamedFileKind::File)
        .then(|| read_text(&full, &path).ok())
        .flatten();
    NamedFile {
        path: Some(path),
        kind,
        text,
    }
}
