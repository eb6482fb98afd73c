//! `uv.lock`: which release of what a resolution chose, and which wheels there are. A CodeZip build does not read it, yet it
//! tells what the declared dependencies bring.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use pep508_rs::{ExtraName, MarkerEnvironment, MarkerEnvironmentBuilder, VersionOrUrl};

use super::manifest::Dependency;
use super::requirement;

/// A `uv.lock`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// Path relative to the project root.
    pub path: String,
    /// The packages, by normalised name; one name may be there in several versions.
    pub packages: BTreeMap<String, Vec<LockedPackage>>,
}

/// One release in a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockedPackage {
    /// The version; empty for a package whose version its build tells.
    pub version: String,
    /// What it brings.
    pub edges: Vec<Edge>,
    /// What each extra brings beside that.
    pub extras: BTreeMap<String, Vec<Edge>>,
    /// Its wheels.
    pub wheels: Vec<Wheel>,
    /// True where it comes from a registry; a path, a repository or the project itself otherwise.
    pub registry: bool,
}

/// A dependency of a locked package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    /// The other's normalised name.
    pub name: String,
    /// Its version, where the lock holds several.
    pub version: Option<String>,
    /// The extras that are taken of it.
    pub extras: Vec<String>,
    /// The environment marker, empty where it always holds.
    pub marker: String,
}

/// A wheel of a locked package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wheel {
    /// The file's name.
    pub file: String,
    /// Bytes, where the registry told.
    pub size: Option<u64>,
}

/// The environment of AgentCore Runtime (Amazon Linux 2023, aarch64) with Python 3.`minor`.
pub fn environment(minor: u32) -> Option<MarkerEnvironment> {
    let (full, short) = (format!("3.{minor}.0"), format!("3.{minor}"));
    MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
        implementation_name: "cpython",
        implementation_version: &full,
        os_name: "posix",
        platform_machine: "aarch64",
        platform_python_implementation: "CPython",
        platform_release: "",
        platform_system: "Linux",
        platform_version: "",
        python_full_version: &full,
        python_version: &short,
        sys_platform: "linux",
    })
    .ok()
}

/// A requirement as the packager reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The normalised name.
    pub name: String,
    /// Its extras.
    pub extras: Vec<String>,
    /// The version range; none for any version or for an address.
    pub versions: Option<pep440_rs::VersionSpecifiers>,
    /// True where an address is given.
    pub address: bool,
    /// False where its marker leaves it out on AgentCore Runtime.
    pub applies: bool,
}

impl Wanted {
    /// Reads a declared dependency; what is no PEP 508 requirement (Poetry's table) is a bare name.
    pub fn new(dependency: &Dependency, minor: Option<u32>) -> Self {
        let Some(requirement) = requirement::parse(&dependency.written) else {
            return Self {
                name: dependency.name.clone(),
                extras: Vec::new(),
                versions: None,
                address: false,
                applies: true,
            };
        };
        let environment = minor.and_then(environment);
        Self {
            name: dependency.name.clone(),
            extras: requirement.extras.iter().map(ToString::to_string).collect(),
            applies: environment
                .as_ref()
                .is_none_or(|environment| requirement.evaluate_markers(environment, &[])),
            address: matches!(requirement.version_or_url, Some(VersionOrUrl::Url(_))),
            versions: match requirement.version_or_url {
                Some(VersionOrUrl::VersionSpecifier(versions)) => Some(versions),
                _ => None,
            },
        }
    }
}

/// What a set of requirements brings, by a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closure<'a> {
    /// Every package that is installed, by name.
    pub packages: BTreeMap<String, &'a LockedPackage>,
    /// Requirements that the lock does not satisfy: it is older than the manifest.
    pub unsatisfied: Vec<String>,
}

impl Lock {
    fn choose(&self, name: &str, version: Option<&str>) -> Option<&LockedPackage> {
        let all = self.packages.get(name)?;
        match version {
            Some(version) => all.iter().find(|one| one.version == version),
            None => all.last(),
        }
    }

    /// The extras that something in the lock asks for, by package: one that brings nothing is listed nowhere else.
    fn asked(&self) -> BTreeSet<(&str, String)> {
        let packages = self.packages.values().flatten();
        let edges = packages.flat_map(|package| {
            let of_extras = package.extras.values().flatten();
            package.edges.iter().chain(of_extras)
        });
        edges
            .flat_map(|edge| {
                let extras = edge.extras.iter();
                extras.map(|extra| (edge.name.as_str(), normal_extra(extra)))
            })
            .collect()
    }

    /// What these requirements install on AgentCore Runtime with Python 3.`minor` (any marker holds where it is not known).
    pub fn closure(&self, wanted: &[Wanted], minor: Option<u32>) -> Closure<'_> {
        let environment = minor.and_then(environment);
        let holds = |edge: &Edge| {
            edge.marker.is_empty()
                || environment.as_ref().is_none_or(|environment| {
                    // One that is beyond the bounds is taken to hold, as where the version of Python is not known.
                    !requirement::within_bounds(&edge.marker)
                        || requirement::marker(&edge.marker)
                            .is_some_and(|marker| marker.evaluate(environment, &[]))
                })
        };
        let mut closure = Closure::default();
        let mut waiting: Vec<(String, Option<String>, Vec<String>)> = Vec::new();
        let mut asked = None;
        for one in wanted.iter().filter(|one| one.applies) {
            match self.packages.get(&one.name).map(|all| satisfying(all, one)) {
                Some(Some(version)) => {
                    // Taken without an extra that is asked for, it was locked before the extra was.
                    let package = self.choose(&one.name, Some(&version));
                    let lacks = |extra: &String| {
                        let extra = normal_extra(extra);
                        package.is_none_or(|package| !package.extras.contains_key(&extra))
                            && !asked
                                .get_or_insert_with(|| self.asked())
                                .contains(&(one.name.as_str(), extra))
                    };
                    if one.extras.iter().any(lacks) {
                        closure.unsatisfied.push(one.name.clone());
                    }
                    waiting.push((one.name.clone(), Some(version), one.extras.clone()));
                }
                Some(None) | None => closure.unsatisfied.push(one.name.clone()),
            }
        }
        let mut seen: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
        while let Some((name, version, extras)) = waiting.pop() {
            if !seen.insert((name.clone(), extras.clone())) {
                continue;
            }
            let Some(package) = self.choose(&name, version.as_deref()) else {
                continue;
            };
            let of_extras = extras
                .iter()
                .filter_map(|extra| package.extras.get(&normal_extra(extra)))
                .flatten();
            for edge in package
                .edges
                .iter()
                .chain(of_extras)
                .filter(|edge| holds(edge))
            {
                waiting.push((edge.name.clone(), edge.version.clone(), edge.extras.clone()));
            }
            closure.packages.insert(name, package);
        }
        closure
    }
}

fn normal_extra(extra: &str) -> String {
    ExtraName::from_str(extra).map_or_else(|_| extra.to_owned(), |name| name.to_string())
}

/// The newest locked version within the range.
fn satisfying(all: &[LockedPackage], wanted: &Wanted) -> Option<String> {
    let fits = |package: &&LockedPackage| match (&wanted.versions, &package.version) {
        (None, _) => true,
        (Some(range), version) => {
            pep440_rs::Version::from_str(version).is_ok_and(|version| range.contains(&version))
        }
    };
    all.iter()
        .rfind(fits)
        .map(|package| package.version.clone())
}
