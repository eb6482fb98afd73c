//! What a container copies out of its build context and what is not there: code that ships and that nobody read.

use crate::context::Context;
use crate::model::project::{Agent, Runtime};
use crate::model::site::Site;

/// A path that an instruction copies.
pub(crate) struct Copied<'a> {
    /// Relative to the project root.
    pub(crate) path: &'a str,
    site: &'a Site,
}

impl Copied<'_> {
    /// The instruction, as `Dockerfile:3`.
    pub(crate) fn place(&self) -> String {
        let line = self.site.span.map_or(1, |span| span.line);
        format!("{}:{line}", self.site.path)
    }
}

/// What the image of a runtime holds beside what is here. A file that is no code (a lock, a README) is left out.
pub(crate) fn absent<'a>(context: &'a Context, runtime: &Runtime) -> Vec<Copied<'a>> {
    let resource = Agent::Runtime(runtime).resource().to_string();
    let manifests = context.files.manifests.get(&resource);
    let dockerfile = manifests.and_then(|manifests| manifests.dockerfile.read());
    let missing = dockerfile.map(|file| file.missing.as_slice());
    let code = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        !name.contains('.')
            || [".py", ".js", ".ts", ".mjs", ".whl", ".gz", ".zip"]
                .iter()
                .any(|end| name.ends_with(end))
    };
    missing
        .unwrap_or_default()
        .iter()
        .filter(|one| code(&one.path))
        .map(|one| Copied {
            path: &one.path,
            site: &one.site,
        })
        .collect()
}
