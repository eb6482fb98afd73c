//! Relative imports that Python refuses: they lead above the top-level package, or stand in a module that has no package.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::context::installed;
use crate::model::site::Site;
use crate::model::source::{Language, Module, ModuleId};

/// A relative import that fails, though the file is there.
pub(super) struct Refused {
    /// As it is written.
    pub dotted: String,
    /// What Python says of it, and why.
    pub why: String,
    /// Where it stands.
    pub site: Site,
    /// Whether it runs when the entrypoint is loaded.
    pub starts: bool,
}

/// The relative imports of a CodeZip that fail. The platform runs the entrypoint as a script, with the folders that hold it and
/// the code on the path: the entrypoint has no package, and other modules have the folders between the code location and
/// themselves. What an image runs, and under which names, is for its command to say.
pub(super) fn refused(code: &AgentCode<'_>, eager: &BTreeSet<ModuleId>) -> Vec<Refused> {
    let mut found = Vec::new();
    if installed::is_container(code.runtime) {
        return found;
    }
    for module in code.modules() {
        let entry = code.code.entry == Some(module.id);
        // A program that the agent starts may be started with `-m`, which gives it a package.
        if module.language != Language::Python || code.code.programs.contains(&module.id) {
            continue;
        }
        let depth = match entry {
            true => 0,
            false => packages(&code.code.code_root, module),
        };
        for import in &module.imports {
            let dots = import
                .module
                .bytes()
                .take_while(|byte| *byte == b'.')
                .count();
            let runs = !(import.type_only || import.optional) && import.target.is_some();
            if dots <= depth || !runs {
                continue;
            }
            let starts = !import.lazy && !import.dynamic && eager.contains(&module.id);
            let why = if entry {
                "the entrypoint is run as a script, so it is in no package: `attempted relative import with no known parent package`"
            } else if depth == 0 {
                "the module lies at the top of the code location, in no package: `attempted relative import with no known parent package`"
            } else {
                "it leads above the top-level package: `attempted relative import beyond top-level package`"
            };
            found.push(Refused {
                dotted: import.module.to_string(),
                why: why.to_owned(),
                site: module.site(import.origin),
                starts,
            });
        }
    }
    found
}

/// How many packages a module can be in at most: the folders between the code location and itself.
fn packages(code_root: &str, module: &Module) -> usize {
    let inside = match code_root {
        "" => Some(&*module.path),
        root => module.path.strip_prefix(root),
    };
    // Below no code location: what put it on the path is not known.
    inside.map_or(usize::MAX, |inside| {
        inside.trim_start_matches('/').matches('/').count()
    })
}

/// What fixes it, in words.
pub(super) const REMEDY: &str = "write the import from the folder of the entrypoint on (`from config import MODEL`, `from agents.tools import search`), in each file that one of the dots stands in, or make a small entrypoint at the top of the code location that imports the package";
