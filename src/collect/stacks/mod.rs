//! Finds what CDK apps of the project's own synthesized (`cdk.out`) and Terraform plans (`terraform show -json`), and reads those that
//! hold AgentCore resources. The stack that the AgentCore CLI keeps in `agentcore/cdk` is read elsewhere.

mod terraform;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::json;
use super::project::read_text_up_to;
use crate::model::project::Project;
use crate::model::stack::{OwnStack, OwnStacks, StackTool};
use crate::model::template::Template;

/// Larger templates and plans are not read. In bytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// Deepest folder that is looked into.
const DEEPEST: usize = 16;
/// Most entries that are looked at.
const MOST_ENTRIES: usize = 200_000;
/// Most stacks that are read.
const MOST_STACKS: usize = 64;
/// What every template with an AgentCore resource holds.
const CLOUDFORMATION: &str = "\"AWS::BedrockAgentCore::";
/// Folders of tools and dependencies.
const LEFT_OUT: [&str; 14] = [
    ".git",
    "node_modules",
    ".venv",
    "venv",
    "__pycache__",
    "site-packages",
    ".terraform",
    ".tox",
    ".nox",
    "dist",
    "build",
    "target",
    ".mypy_cache",
    ".next",
];

/// The stacks of the repository that the project stands in, or below the project root where there is none.
pub fn collect(project: &Project) -> OwnStacks {
    let top = project.within();
    let mut walk = Walk {
        root: &project.root,
        top,
        entries: 0,
        deeper: None,
        found: OwnStacks::default(),
        templates: Vec::new(),
        plans: Vec::new(),
    };
    walk.folder(top, 0);
    walk.read()
}

struct Walk<'a> {
    root: &'a Path,
    /// Where it is looked from.
    top: &'a Path,
    entries: usize,
    /// The first folder that is deeper than is looked.
    deeper: Option<PathBuf>,
    found: OwnStacks,
    /// Synthesized templates.
    templates: Vec<PathBuf>,
    /// Files that may be plans.
    plans: Vec<PathBuf>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) {
        // A project in this one is audited by itself, and the CLI's own folder is no stack of the project's own.
        let other = folder != self.root && folder.join("agentcore/agentcore.json").is_file();
        if other && folder != self.top {
            return;
        }
        if depth > DEEPEST {
            self.deeper.get_or_insert_with(|| folder.to_path_buf());
            return;
        }
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        let terraform = entries.iter().any(|entry| {
            let name = entry.file_name();
            name.to_str()
                .is_some_and(|name| name.ends_with(".tf") || name.ends_with(".tf.json"))
        });
        for entry in entries {
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                return;
            }
            let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else {
                continue;
            };
            let path = entry.path();
            if kind.is_dir() {
                if name == "cdk.out" {
                    self.assembly(&path, 0);
                } else if !LEFT_OUT.contains(&name.as_str()) && path != self.root.join("agentcore")
                {
                    self.folder(&path, depth + 1);
                }
            } else if kind.is_file() {
                if name == "cdk.json" {
                    let app = self.shown(folder);
                    self.found.cdk_apps.push(app);
                } else if name.ends_with(".json") && (terraform || name.contains("plan")) {
                    self.plans.push(path);
                }
            }
        }
    }

    /// A cloud assembly, and those of its stages.
    fn assembly(&mut self, folder: &Path, depth: usize) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else {
                continue;
            };
            if kind.is_file() && name.ends_with(".template.json") {
                self.templates.push(entry.path());
            } else if kind.is_dir() && name.starts_with("assembly-") && depth < 3 {
                self.assembly(&entry.path(), depth + 1);
            }
        }
    }

    /// A path relative to the project root: `../infra` for a folder of the repository beside it.
    fn shown(&self, path: &Path) -> String {
        let mut up = String::new();
        for above in self.root.ancestors() {
            if let Ok(relative) = path.strip_prefix(above) {
                let below = relative.to_string_lossy().replace('\\', "/");
                let shown = format!("{up}{below}");
                return match shown.strip_suffix('/') {
                    Some(folder) => folder.to_owned(),
                    None => shown,
                };
            }
            up.push_str("../");
        }
        path.to_string_lossy().replace('\\', "/")
    }

    fn read(mut self) -> OwnStacks {
        if self.entries > MOST_ENTRIES {
            let message = format!(
                "stacks of the project's own were looked for among the first {MOST_ENTRIES} files and folders of {}: what lies behind was not judged",
                self.shown(self.top)
            );
            self.found.unread.push(message);
        }
        if let Some(folder) = &self.deeper {
            let message = format!(
                "stacks of the project's own were not looked for in {} and other folders more than {DEEPEST} levels down",
                self.shown(folder)
            );
            self.found.unread.push(message);
        }
        for path in std::mem::take(&mut self.templates) {
            self.template(&path);
        }
        for path in std::mem::take(&mut self.plans) {
            if starts_like_a_plan(&path) {
                self.plan(&path);
            }
        }
        let found = &mut self.found;
        for list in [&mut found.read, &mut found.cdk_apps] {
            list.sort();
            list.dedup();
        }
        self.found
    }

    fn text(&mut self, path: &Path) -> Option<(String, String)> {
        let shown = self.shown(path);
        if self.found.stacks.len() >= MOST_STACKS {
            let message = format!("{shown} was not read: {MOST_STACKS} stacks were read before it");
            self.found.unread.push(message);
            return None;
        }
        match read_text_up_to(path, &shown, LARGEST) {
            Ok(text) => Some((shown, text)),
            Err(error) => {
                self.found.unread.push(error.to_string());
                None
            }
        }
    }

    fn template(&mut self, path: &Path) {
        let Some((shown, text)) = self.text(path) else {
            return;
        };
        if let Some((app, _)) = shown.split_once("cdk.out/") {
            self.found.read.push(app.trim_end_matches('/').to_owned());
        }
        if !text.contains(CLOUDFORMATION) {
            return;
        }
        match json::parse(&shown, &text) {
            Ok(document) => {
                let file = shown.rsplit('/').next().unwrap_or(&shown);
                let name = file.trim_end_matches(".template.json").to_owned();
                self.found.stacks.push(OwnStack {
                    name,
                    tool: StackTool::Cdk,
                    template: Template::new(shown, document),
                });
            }
            Err(error) => self.found.unread.push(error.to_string()),
        }
    }

    fn plan(&mut self, path: &Path) {
        let Some((shown, text)) = self.text(path) else {
            return;
        };
        let folder = shown.rsplit_once('/').map_or("", |(folder, _)| folder);
        let document = match json::parse(&shown, &text) {
            Ok(document) => document,
            Err(error) => {
                self.found.unread.push(error.to_string());
                return;
            }
        };
        let Some(template) = terraform::template(&shown, document) else {
            return;
        };
        self.found.read.push(folder.to_owned());
        let name = folder.rsplit('/').next().filter(|name| !name.is_empty());
        if terraform::holds_agentcore(&template) {
            self.found.stacks.push(OwnStack {
                name: name.unwrap_or("terraform").to_owned(),
                tool: StackTool::Terraform,
                template,
            });
        }
    }
}

/// True for a file that begins as `terraform show -json` writes it.
fn starts_like_a_plan(path: &Path) -> bool {
    let Ok(metadata) = fs::metadata(path) else {
        return false;
    };
    if !metadata.is_file() {
        return false;
    }
    let mut start = [0; 512];
    let Ok(read) = fs::File::open(path).and_then(|mut file| file.read(&mut start)) else {
        return false;
    };
    let start = String::from_utf8_lossy(start.get(..read).unwrap_or_default());
    start.contains("\"format_version\"") && start.contains("\"terraform_version\"")
}
