//! Files to trees: finds the modules that run, parses them, lowers them into [`crate::model::source`].
//!
//! Each file is parsed once however many runtimes share it. A code root is never read as a whole: imports are followed from
//! the entry file, and folders are only listed to see which module an import means.

mod callers;
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

use std::path::Path;

pub use callers::{is_caller_candidate, is_invoking_script, mentions_agentcore, mentions_commands};
pub use parse::language_of;
pub use uses::{find_uses, parse_alone};

use crate::collect::project::inside;
use crate::model::files::Contents;
use crate::model::project::{Project, Runtime};
use crate::model::source::Source;
use crate::pool;

/// A runtime whose code is wanted.
#[derive(Clone, Debug)]
pub struct CodeRequest {
    /// The runtime's name.
    pub runtime: String,
    /// The code root, relative to the project root.
    pub code_location: String,
    /// The entry file below it: `main.py`, `main.py:handler`, `pkg.main`, `main.js` (whose source is `main.ts`).
    pub entry: String,
}

/// Reads the code of every runtime of a project, and the callers and the files that run commands, which were found by their text.
pub fn of_project(project: &Project, contents: &Contents) -> Source {
    let request = |runtime: &Runtime| {
        let location = inside(&project.root, &runtime.code_location.as_ref()?.value)?;
        Some(CodeRequest {
            runtime: runtime.name.clone(),
            code_location: if location == "." {
                String::new()
            } else {
                location
            },
            entry: runtime.entrypoint.as_ref()?.value.clone(),
        })
    };
    let requests: Vec<CodeRequest> = project.runtimes.iter().filter_map(request).collect();
    let mut source = collect_source(
        &project.root,
        &requests,
        &contents.callers,
        &contents.commands,
        &contents.sources.iter().cloned().collect::<Vec<_>>(),
    );
    source.stack_words = stack::variables(&project.root);
    source
}

/// Reads the code of every runtime, the files that call AgentCore (and of `others` those that import one) and those that run commands,
/// by their paths relative to `root`.
/// Never fails: what cannot be read is in [`Source::notes`].
pub fn collect_source(
    root: &Path,
    requests: &[CodeRequest],
    callers: &[String],
    commands: &[String],
    others: &[String],
) -> Source {
    let Some(pool) = pool::deep() else {
        return Source::default();
    };
    pool.install(|| reach::collect(root, requests, callers, commands, others))
}
