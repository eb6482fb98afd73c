//! What of an agent's declared dependencies is installed where it runs: what the packager takes for a CodeZip, what the
//! Dockerfile's RUN lines install for a container.

mod container;

use std::collections::{BTreeMap, BTreeSet};

use pep440_rs::Version;

use crate::context::Context;
use crate::model::dependencies::DependencyFacts;
use crate::model::distributions;
use crate::model::lock::Wanted;
use crate::model::manifest::{AgentManifests, Dependency, LocalPackage, PyProject};
use crate::model::project::{Agent, Runtime};
use crate::model::source::Language;

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
    /// Packages of the project's own that are among them, or that these need.
    pub local: Vec<&'a LocalPackage>,
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
    let is_python = |package: &&LocalPackage| package.language == Language::Python;
    let local = manifests.local.iter().filter(is_python).collect();
    if is_container(runtime) {
        let facts = context.files.dependencies.get(&resource)?;
        let mut installed = container::container(manifests, facts)?;
        installed.local = local;
        return Some(installed);
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
        local,
    })
}

impl Installed<'_> {
    /// Everything that is asked for, as the packager reads it.
    pub fn wanted(&self, minor: Option<u32>) -> Vec<Wanted> {
        self.declared
            .iter()
            .copied()
            .chain(&self.words)
            .chain(self.local.iter().flat_map(|package| &package.dependencies))
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
            .map(|one| (one.name.as_str(), one.extras.as_slice())),
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

/// Whether a release from `first` on is taken of a distribution: by the lock, else by what the requirements let in. `newer` are
/// releases from it on. `None` where nothing says which one is taken; then it is the newest.
pub(crate) fn takes_from(
    facts: Option<&DependencyFacts>,
    installed: &Installed<'_>,
    minor: Option<u32>,
    name: &str,
    (first, newer): (&str, &[&str]),
) -> Option<bool> {
    let first: Version = first.parse().ok()?;
    let wanted = installed.wanted(minor);
    if installed.releases == Releases::Locked
        && let Some(lock) = facts.and_then(|facts| facts.uv_lock.read())
        && let Some(locked) = lock.closure(&wanted, minor).packages.get(name)
    {
        return Some(locked.version.parse::<Version>().ok()? >= first);
    }
    let ranges: Vec<_> = wanted
        .iter()
        .filter(|one| one.name == name)
        .filter_map(|one| one.versions.as_ref())
        .collect();
    if ranges.is_empty() {
        return None;
    }
    let from = |one: &pep440_rs::VersionSpecifier| {
        use pep440_rs::Operator as Op;
        matches!(
            one.operator(),
            Op::Equal
                | Op::EqualStar
                | Op::ExactEqual
                | Op::TildeEqual
                | Op::GreaterThan
                | Op::GreaterThanEqual
        ) && *one.version() >= first
    };
    let fits = |version: &Version| ranges.iter().all(|range| range.contains(version));
    let newer = newer.iter().filter_map(|text| text.parse::<Version>().ok());
    let above = ranges.iter().any(|range| range.iter().any(from));
    Some(above || newer.chain([first.clone()]).any(|version| fits(&version)))
}

/// Distributions that bring the program `opentelemetry-instrument`.
const INSTRUMENTING: [&str; 3] = [
    "aws-opentelemetry-distro",
    "opentelemetry-distro",
    "opentelemetry-instrumentation",
];
/// The release of `strands-agents` from which on it needs an instrumentation package (read off the wheels' metadata: 0.2 needs
/// none, 0.3.0 needs `opentelemetry-instrumentation-threading`), and later ones.
const STRANDS_INSTRUMENTING: (&str, &[&str]) = ("0.3.0", &["1.0.0", "1.10.0", "1.62.0"]);

/// The distribution of those that are installed that brings `opentelemetry-instrument` along, none of which is asked for itself.
pub(crate) fn brings_instrument(context: &Context, runtime: &Runtime) -> Option<String> {
    let resource = Agent::Runtime(runtime).resource().to_string();
    let manifests = context.files.manifests.get(&resource);
    let minor = python_minor(runtime, manifests);
    let installed = python(context, runtime)?;
    let facts = context.files.dependencies.get(&resource);
    installed.wanted(minor).into_iter().find_map(|one| {
        let old = one.name == "strands-agents"
            && takes_from(facts, &installed, minor, &one.name, STRANDS_INSTRUMENTING)
                == Some(false);
        let alone = std::slice::from_ref(&one);
        let all = available(facts, alone, minor).all;
        let brings = INSTRUMENTING.iter().any(|name| all.contains(*name));
        (brings && !old).then_some(one.name)
    })
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
