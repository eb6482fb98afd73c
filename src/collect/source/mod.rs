//! Files to trees: finds the modules that run, parses them, lowers them into [`crate::model::source`].
//!
//! Each file is parsed once however many runtimes share it. A code root is never read as a whole: imports are followed from
//! the entry file, and folders are only listed to see which module an import means.

mod callers;
mod copied;
pub(super) mod guard;
mod lower;
mod lowered;
mod parse;
mod programs;
mod python;
mod reach;
mod running;
mod shared_names;
pub(in crate::collect) mod stack;
mod suppress;
#[cfg(test)]
mod tests;
mod tree;
mod typescript;
mod uses;

use std::collections::BTreeMap;
use std::path::Path;

pub use callers::{is_caller_candidate, is_invoking_script, mentions_agentcore, mentions_commands};
pub use copied::{entries, holds_modules};
pub use parse::language_of;
pub use uses::{find_uses, parse_alone};

use crate::collect::project::{Ignores, code_folder};
use crate::model::background::Foreground;
use crate::model::files::Contents;
use crate::model::lazy::Lazy;
use crate::model::manifest::{AgentManifests, LocalPackage};
use crate::model::project::{Agent, Project, Runtime};
use crate::model::source::{CopiedModule, Source};
use crate::pool;

/// A runtime whose code is wanted.
#[derive(Clone, Debug)]
pub struct CodeRequest {
    /// The runtime's name.
    pub runtime: String,
    /// The code root, relative to the project root: `app/Main`, or `../agent` beside it.
    pub code_location: String,
    /// The entry file below it: `main.py`, `main.py:handler`, `pkg.main`, `main.js` (whose source is `main.ts`).
    pub entry: String,
    /// What the image starts instead, where the entry file is not there: files and modules, as its start command names them.
    pub started: Vec<String>,
    /// Packages that its manifests declare as folders of the project.
    pub local: Vec<LocalPackage>,
    /// Modules that a step copies into the code root.
    pub copied: Vec<CopiedModule>,
}

/// The files and modules that the start command of an image names: `node dist/main.js`, `python -m app`, `uvicorn app.main:app`.
fn started(manifests: &AgentManifests) -> Vec<String> {
    let Some(dockerfile) = manifests.dockerfile.read() else {
        return Vec::new();
    };
    let words = dockerfile.entry_words();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let is_module = before.is_some_and(|before| before == "-m");
        let is_application = word.split_once(':').is_some_and(|(module, name)| {
            let plain = |text: &str| {
                let mut letters = text.chars();
                !text.is_empty() && letters.all(|c| c.is_alphanumeric() || "._".contains(c))
            };
            plain(module) && plain(name) && !name.starts_with(|c: char| c.is_ascii_digit())
        });
        let ends = [".py", ".js", ".mjs", ".cjs", ".ts", ".mts"];
        if is_module || is_application || ends.iter().any(|end| word.ends_with(end)) {
            found.push(word.clone());
        }
    }
    found
}

/// Reads the code of every runtime of a project, and the callers and the files that run commands, which are found by their text:
/// `contents` is looked at when the code of the runtimes is read, so that both can be read side by side; until then `foreground` is held.
pub fn of_project(
    project: &Project,
    manifests: &BTreeMap<String, AgentManifests>,
    contents: &Lazy<Contents>,
    ignores: &Ignores,
    foreground: Foreground,
) -> Source {
    let request = |runtime: &Runtime| {
        let location = code_folder(project, &runtime.code_location.as_ref()?.value)?;
        let manifests = manifests.get(&Agent::Runtime(runtime).resource().to_string());
        Some(CodeRequest {
            copied: copied::modules(&project.root, &location, ignores),
            runtime: runtime.name.clone(),
            code_location: if location == "." {
                String::new()
            } else {
                location
            },
            entry: runtime.entrypoint.as_ref()?.value.clone(),
            started: manifests.map(started).unwrap_or_default(),
            local: manifests
                .map(|manifests| manifests.local.clone())
                .unwrap_or_default(),
        })
    };
    let requests: Vec<CodeRequest> = project.runtimes.iter().filter_map(request).collect();
    let mut source = collect_source(&project.root, &requests, || {
        drop(foreground);
        Beside {
            callers: contents.callers.clone(),
            commands: contents.commands.clone(),
            others: contents
                .sources
                .iter()
                .chain(&contents.sources_around)
                .cloned()
                .collect(),
        }
    });
    source.stack_words = stack::variables(&project.root);
    source
}

/// Files beside the code of the runtimes, by their paths relative to the project root.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// Those that call AgentCore.
    pub callers: Vec<String>,
    /// Those that run commands.
    pub commands: Vec<String>,
    /// All source of the project's own: who imports a caller is one.
    pub others: Vec<String>,
}

/// Reads the code of every runtime, then the files beside it that `beside` names.
/// Never fails: what cannot be read is in [`Source::notes`].
pub fn collect_source(
    root: &Path,
    requests: &[CodeRequest],
    beside: impl FnOnce() -> Beside + Send,
) -> Source {
    let Some(pool) = pool::deep() else {
        return Source::default();
    };
    pool.install(|| reach::collect(root, requests, beside))
}
