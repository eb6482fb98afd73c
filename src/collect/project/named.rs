//! Looks up every file and folder that the configuration names. Small files whose content is configuration are read.

use std::collections::BTreeMap;
use std::path::Path;

use super::file::{Budget, inside, read_text};
use super::git::Ignores;
use crate::collect::json;
use crate::model::json::Node;
use crate::model::project::{NamedFile, NamedFileKind, Project};

/// What the configuration names, by the path as written.
pub fn files(
    project: &Project,
    budget: &mut Budget,
    ignores: &Ignores,
) -> BTreeMap<String, NamedFile> {
    let mut look = Lookup {
        project,
        budget,
        ignores,
        files: BTreeMap::new(),
    };
    look.runtimes();
    look.harnesses();
    look.gateways();
    look.others();
    for engine in &project.policy_engines {
        for policy in &engine.policies {
            if let Some(file) = &policy.source_file {
                look.add(&file.value, true);
            }
        }
    }
    look.files
}

/// The file with the prompt of a harness, beside its `harness.json`.
pub const PROMPT: &str = "system-prompt.md";

/// Joins a folder and a path below it, as written.
pub fn joined(folder: &str, path: &str) -> String {
    format!("{}/{path}", folder.trim_end_matches('/'))
}

/// The texts of a member and of the members below it, by a path of keys; `[]` walks over the items of an array.
fn text<'n>(node: &'n Node, keys: &[&str]) -> Option<&'n str> {
    node.path(keys)?.as_str()
}

struct Lookup<'a> {
    project: &'a Project,
    budget: &'a mut Budget,
    ignores: &'a Ignores,
    files: BTreeMap<String, NamedFile>,
}

impl Lookup<'_> {
    fn add(&mut self, written: &str, read: bool) {
        if !self.files.contains_key(written) {
            let found = named_file(self.project, written, read, self.budget, self.ignores);
            self.files.insert(written.to_owned(), found);
        }
    }

    fn policies(&mut self, folder: Option<&str>, policies: &[&str]) {
        for policy in policies.iter().filter(|policy| !policy.starts_with("arn:")) {
            self.add(policy, true);
            if let Some(folder) = folder {
                self.add(&joined(folder, policy), true);
            }
        }
    }

    fn runtimes(&mut self) {
        let project = self.project;
        for runtime in &project.runtimes {
            let location = runtime.code_location.as_ref().map(|at| at.value.as_str());
            let context = runtime.build_context.as_ref().map(|at| at.value.as_str());
            if let Some(context) = context {
                self.add(context, false);
            }
            if let Some(location) = location {
                self.add(location, false);
                if let Some(entrypoint) = &runtime.entrypoint {
                    let file = entrypoint.split(':').next().unwrap_or_default();
                    self.add(&joined(location, file), false);
                }
                self.add(&joined(location, "pyproject.toml"), false);
                self.add(&joined(location, "main.ts"), false);
            }
            // A zip needs none.
            let container = runtime
                .build
                .as_ref()
                .is_some_and(|build| build.value == "Container");
            if let Some(folder) = context.or(location).filter(|_| container) {
                let dockerfile = runtime.dockerfile.as_ref();
                let dockerfile = dockerfile.map_or("Dockerfile", |file| file.value.as_str());
                self.add(&joined(folder, dockerfile), false);
            }
            let policies: Vec<&str> = runtime
                .additional_policies
                .iter()
                .map(|policy| policy.value.as_str())
                .collect();
            self.policies(location, &policies);
        }
    }

    fn harnesses(&mut self) {
        for harness in &self.project.harnesses {
            // `agentcore validate` reads app/NAME/harness.json, the deploy reads PATH/harness.json.
            self.add(&format!("app/{}/harness.json", harness.name), false);
            if let (Some(path), Some(document)) = (&harness.path, harness.document.read()) {
                if let Some(dockerfile) = text(&document.root, &["dockerfile"]) {
                    self.add(&joined(&path.value, dockerfile), false);
                }
                // Found by its name alone, where harness.json holds no prompt.
                if document.root.get("systemPrompt").is_none() {
                    self.add(&joined(&path.value, PROMPT), true);
                }
            }
        }
    }

    fn gateways(&mut self) {
        let project = self.project;
        let behind = project.gateways.iter().flat_map(|gateway| &gateway.targets);
        for target in behind.chain(&project.unassigned_targets) {
            if let Some(file) = text(&target.node, &["lambdaFunctionArn", "toolSchemaFile"])
                && !file.starts_with("s3://")
            {
                self.add(file, true);
            }
            if let Some(file) = text(&target.node, &["schemaSource", "inline", "path"]) {
                self.add(file, false);
            }
            if let Some(folder) = text(&target.node, &["compute", "implementation", "path"]) {
                self.add(folder, false);
            }
        }
        for tool in &project.mcp_runtime_tools {
            if let Some(folder) = text(&tool.node, &["compute", "implementation", "path"]) {
                self.add(folder, false);
            }
        }
    }

    fn others(&mut self) {
        let project = self.project;
        for evaluator in &project.evaluators {
            let Some(managed) = evaluator.node.path(&["config", "codeBased", "managed"]) else {
                continue;
            };
            let folder = text(managed, &["codeLocation"]);
            if let Some(folder) = folder {
                self.add(folder, false);
            }
            let policies = managed.get("additionalPolicies").map(Node::items);
            let policies: Vec<&str> = policies
                .unwrap_or_default()
                .iter()
                .filter_map(Node::as_str)
                .collect();
            self.policies(folder, &policies);
        }
        for base in &project.knowledge_bases {
            for source in base.node.get("dataSources").map(Node::items).unwrap_or(&[]) {
                if let Some(file) = text(source, &["connectorConfigFile"]) {
                    self.add(file, true);
                }
            }
        }
        for dataset in &project.datasets {
            if let Some(file) = text(&dataset.node, &["config", "managed", "location"]) {
                // Relative to agentcore/, where `agentcore add dataset` writes it.
                self.add(&joined("agentcore", file), false);
                self.add(file, false);
            }
        }
    }
}

fn named_file(
    project: &Project,
    written: &str,
    read: bool,
    budget: &mut Budget,
    ignores: &Ignores,
) -> NamedFile {
    let root = &project.root;
    let Some(path) = inside(root, written) else {
        // A monorepo's shared folder is looked at as far as the repository goes, and never opened.
        let repository = project.repository.as_deref();
        let reachable = repository.and_then(|repository| {
            let base = root.strip_prefix(repository).unwrap_or(Path::new(""));
            let path = inside(repository, &base.join(written).to_string_lossy())?;
            Some(repository.join(path))
        });
        let kind = reachable
            .as_ref()
            .map_or(NamedFileKind::Missing, |_| kind(&root.join(written)));
        return NamedFile {
            path: None,
            out_of_reach: reachable.is_none(),
            ignored: kind == NamedFileKind::Missing
                && reachable.is_some_and(|full| ignored(ignores, &full)),
            kind,
            text: None,
            document: None,
        };
    };
    let full = root.join(&path);
    let kind = kind(&full);
    let text = (read && kind == NamedFileKind::File)
        .then(|| read_text(&full, &path).ok())
        .flatten()
        .filter(|text| budget.take(text.len()));
    let document = text
        .as_ref()
        .filter(|_| path.ends_with(".json"))
        .and_then(|text| json::parse(&path, text).ok());
    NamedFile {
        path: Some(path),
        out_of_reach: false,
        ignored: kind == NamedFileKind::Missing && ignored(ignores, &full),
        kind,
        text,
        document,
    }
}

/// True when git ignores what would be there, as a file or as a folder.
fn ignored(ignores: &Ignores, missing: &Path) -> bool {
    ignores.cover(missing) || ignores.cover(&missing.join("any"))
}

fn kind(path: &Path) -> NamedFileKind {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => NamedFileKind::Folder,
        Ok(metadata) if metadata.is_file() => NamedFileKind::File,
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            NamedFileKind::Missing
        }
        Ok(_) | Err(_) => NamedFileKind::Unreadable,
    }
}
