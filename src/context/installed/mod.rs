//! What of an agent's declared dependencies is installed where it runs: what the packager takes for a CodeZip, what the
//! Dockerfile's RUN lines install for a container.

mod container;

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Context;
use crate::model::dependencies::DependencyFacts;
use crate::model::distributions;
use crate::model::lock::Wanted;
use crate::model::manifest::{AgentManifests, Dependency, PyProject};
use crate::model::project::{Agent, Runtime};

/// What is installed.
pub struct Installed<'a> {
    /// Requirements that are installed, in the order of their declaration.
    pub declared: Vec<&'a Dependency>,
    /// Words of a Dockerfile's `pip install` that name a distribution.
    pub words: Vec<Dependency>,
    /// Why more may be installed than can be told.
    pub uncertain: Option<String>,
    /// The manifest that a new dependency is to be added to.
    pub manifest: Manifest<'a>,
    /// Which releases are taken.
    pub releases: Releases,
}

/// Which releases an installation takes of what its manifest lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Releases {
    /// The newest that all ranges let in.
    Newest,
    /// Those in `uv.lock`.
    Locked,
    /// It cannot be told.
    Unknown,
}

/// Where the dependencies are declared.
#[derive(Clone, Copy)]
pub enum Manifest<'a> {
    /// A `pyproject.toml`.
    PyProject(&'a PyProject),
    /// A requirements file, by its path relative to the project root.
    Requirements(&'a str),
    /// Only in the Dockerfile.
    Dockerfile(&'a str),
}

impl Manifest<'_> {
    /// Its path relative to the project root.
    pub fn path(&self) -> &str {
        match self {
            Self::PyProject(pyproject) => &pyproject.path,
            Self::Requirements(path) | Self::Dockerfile(path) => path,
        }
    }
}

/// True for a runtime that is built as a container.
pub fn is_container(runtime: &Runtime) -> bool {
    runtime
        .build
        .as_ref()
        .is_some_and(|build| build.value == "Container")
}

/// The minor version of Python 3 that a runtime runs with: `runtimeVersion`, or the tag of a container's last base image.
pub fn python_minor(runtime: &Runtime, manifests: Option<&AgentManifests>) -> Option<u32> {
    if !is_container(runtime) {
        let version = runtime.runtime_version.as_ref()?;
        return version.value.strip_prefix("PYTHON_3_")?.parse().ok();
    }
    let stages = manifests?.dockerfile.read()?.stages();
    let image = &stages.last()?.image;
    let (name, tag) = image.rsplit_once(':')?;
    let tag = match (name.rsplit('/').next(), tag.split_once("python3.")) {
        (_, Some((_, rest))) => rest,
        (Some("python"), None) => tag.strip_prefix("3.")?,
        _ => return None,
    };
    let digits: String = tag.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// What is installed for a Python runtime; `None` where nothing that declares dependencies is there.
pub fn python<'a>(context: &'a Context, runtime: &Runtime) -> Option<Installed<'a>> {
    let resource = Agent::Runtime(runtime).resource().to_string();
    let manifests = context.files.manifests.get(&resource)?;
    if is_container(runtime) {
        let facts = context.files.dependencies.get(&resource)?;
        return container::container(manifests, facts);
    }
    let pyproject = manifests.pyproject.read()?;
    Some(Installed {
        declared: pyproject.dependencies.iter().collect(),
        words: Vec::new(),
        uncertain: pyproject.dynamic.then(|| {
            format!(
                "the dependencies of {} are computed when it is built",
                pyproject.path
            )
        }),
        manifest: Manifest::PyProject(pyproject),
        // The packager reads `project.dependencies` only, and resolves it anew.
        releases: if pyproject.standard && !pyproject.dynamic {
            Releases::Newest
        } else {
            Releases::Unknown
        },
    })
}

impl Installed<'_> {
    /// Everything that is asked for, as the packager reads it.
    pub fn wanted(&self, minor: Option<u32>) -> Vec<Wanted> {
        self.declared
            .iter()
            .copied()
            .chain(&self.words)
            .map(|dependency| Wanted::new(dependency, minor))
            .filter(|wanted| wanted.applies)
            .collect()
    }
}

/// Everything that ends up installed.
pub struct Available {
    /// Names of what is asked for.
    pub roots: BTreeSet<String>,
    /// Names of all, roots included.
    pub all: BTreeSet<String>,
    /// What nothing is known of, so that more may be there; empty when `all` is whole.
    pub unknown: Vec<String>,
    /// True where the lock told.
    pub locked: bool,
}

/// What these requirements bring: by the lock where it satisfies them, else by the table of what is known.
pub fn available(
    facts: Option<&DependencyFacts>,
    wanted: &[Wanted],
    minor: Option<u32>,
) -> Available {
    let roots: BTreeSet<String> = wanted.iter().map(|one| one.name.clone()).collect();
    let (known, unknown) = distributions::closure(
        wanted
            .iter()
            .map(|one| (one.name.as_str(), !one.extras.is_empty())),
    );
    if let Some(lock) = facts.and_then(|facts| facts.uv_lock.read()) {
        let closure = lock.closure(wanted, minor);
        if closure.unsatisfied.is_empty() {
            let mut all: BTreeSet<String> = closure.packages.keys().cloned().collect();
            all.extend(roots.iter().cloned());
            return Available {
                roots,
                all,
                unknown: Vec::new(),
                locked: true,
            };
        }
        // An older lock still tells what those of the roots bring that it holds.
        let mut all: BTreeSet<String> = closure.packages.keys().cloned().collect();
        all.extend(known);
        let unknown = closure
            .unsatisfied
            .into_iter()
            .filter(|name| unknown.contains(name))
            .collect();
        return Available {
            roots,
            all,
            unknown,
            locked: false,
        };
    }
    Available {
        roots,
        all: known,
        unknown: unknown.into_iter().collect(),
        locked: false,
    }
}

/// Names of groups and extras that hold a distribution and are not installed, for a message.
pub fn only_in(pyproject: &PyProject, distribution: &str) -> Option<String> {
    let holds = |lists: &BTreeMap<String, Vec<Dependency>>| {
        lists
            .iter()
            .find(|(_, listed)| listed.iter().any(|one| one.name == distribution))
            .map(|(name, _)| name.clone())
    };
    holds(&pyproject.groups)
        .map(|name| format!("the group {name}, which does not ship"))
        .or_else(|| {
            holds(&pyproject.extras).map(|name| format!("the extra {name}, which is not installed"))
        })
}
