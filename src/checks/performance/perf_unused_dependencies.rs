//! `perf-unused-dependencies`: Dependencies audited — no unused packages.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::unconfigured::{self, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::context::absent_code;
use crate::context::code::not_made;
use crate::context::imports::{Node, Python};
use crate::context::installed::{self, Manifest, Releases};
use crate::model::dependencies::DependencyFacts;
use crate::model::distributions;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::lock::Wanted;
use crate::model::manifest::{AgentManifests, Dependency};
use crate::model::project::{Agent, Runtime};
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "perf-unused-dependencies",
    title: "Dependencies audited — no unused packages",
    category: Category::Performance,
    severity: Severity::Low,
    needs: &[Need::Files, Need::Code],
    page: include_str!("perf_unused_dependencies.md"),
    references: &[
        "https://docs.astral.sh/uv/reference/cli/#uv-remove",
        "https://deptry.com/rules-violations/#unused-dependencies-dep002",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    if context.project.runtimes.is_empty() {
        let message = "no runtime with code of its own is configured";
        return vec![unconfigured(
            context,
            &[unconfigured::Listed::Agent],
            message,
        )];
    }
    context
        .project
        .runtimes
        .iter()
        .map(|runtime| judge(context, runtime))
        .collect()
}

/// Most pairs of an unused and another dependency that are looked at: three hundred of each.
const MOST_COMPARED: usize = 90_000;

/// Where the dependencies stand, and what removes one.
enum Listed<'a> {
    PyProject {
        folder: &'a str,
        standard: bool,
        /// What is installed is what `uv.lock` holds.
        locked: bool,
    },
    Lines,
    Npm {
        folder: &'a str,
    },
}

fn judge(context: &Context, runtime: &Runtime) -> Outcome {
    let resource = Agent::Runtime(runtime).resource();
    let key = resource.to_string();
    let (Some(manifests), Some(facts)) = (
        context.files.manifests.get(&key),
        context.files.dependencies.get(&key),
    ) else {
        let reason = Unread::new(
            ReasonCode::Absent,
            format!("the files of runtime {} were not read", runtime.name),
        );
        return Outcome::skipped(resource, reason);
    };
    if context
        .source
        .runtime(&runtime.name)
        .is_none_or(|code| code.entry.is_none())
    {
        let reason = not_made(context, runtime).unwrap_or_else(|| {
            let message = format!("the code of runtime {} is not here", runtime.name);
            Unread::new(ReasonCode::Absent, message)
        });
        return Outcome::skipped(resource, reason);
    }
    let minor = installed::python_minor(runtime, Some(manifests));
    let python = installed::python(context, runtime);
    let version = |language: &str| {
        let version = runtime.runtime_version.as_ref();
        version.is_some_and(|version| version.value.starts_with(language))
    };
    let is_node = version("NODE_")
        || !version("PYTHON_")
            && manifests.package_json.read().is_some()
            && python.as_ref().is_none_or(|all| all.declared.is_empty());
    let (path, declared, listed): (&str, Vec<&Dependency>, Listed<'_>) =
        match (is_node, manifests.package_json.read(), &python) {
            (true, Some(package), _) => {
                let folder = package
                    .path
                    .rsplit_once('/')
                    .map_or(".", |(folder, _)| folder);
                (
                    &package.path,
                    package.dependencies.iter().collect(),
                    Listed::Npm { folder },
                )
            }
            (_, _, Some(installed)) => {
                let listed = match installed.manifest {
                    Manifest::PyProject(pyproject) => Listed::PyProject {
                        folder: &pyproject.folder,
                        standard: pyproject.standard,
                        locked: installed.releases == Releases::Locked,
                    },
                    Manifest::Requirements(_) | Manifest::Dockerfile(_) => Listed::Lines,
                };
                (
                    installed.manifest.path(),
                    installed.declared.clone(),
                    listed,
                )
            }
            _ => return Outcome::skipped(resource, unread(manifests, runtime)),
        };
    if let Some(reason) = python
        .as_ref()
        .filter(|_| !is_node)
        .and_then(|all| all.uncertain.as_ref())
        .filter(|_| declared.is_empty())
    {
        return Outcome::skipped(
            resource,
            Unread::new(ReasonCode::Unsupported, format!("{path}: {reason}")),
        );
    }
    if let Some(reason) = &facts.beyond {
        let message = format!("{path}: {reason}");
        return Outcome::skipped(resource, Unread::new(ReasonCode::Limit, message));
    }
    let mut unused: Vec<&Dependency> = declared
        .iter()
        .copied()
        .filter(|one| !facts.uses.contains_key(&one.name) && kept(manifests, one).is_none())
        .collect();
    if !is_node {
        unused.retain(|one| may_hold(facts, one).is_none());
        // Whether another brings it is asked of each over all others.
        if unused.len().saturating_mul(declared.len()) > MOST_COMPARED {
            let message = format!(
                "{path}: {} dependencies that nothing imports among {} are more than are compared",
                unused.len(),
                declared.len()
            );
            return Outcome::skipped(resource, Unread::new(ReasonCode::Limit, message));
        }
        unused.retain(|one| !brought(facts, &declared, one, minor));
    }
    let along = match unused.is_empty() {
        true => BTreeSet::new(),
        false => brought_along(context, runtime, facts, is_node),
    };
    let carried = match is_node {
        true => BTreeMap::new(),
        false => carried(facts, &declared, &mut unused, &along, minor),
    };
    if !unused.is_empty()
        && let Some(reason) = code_elsewhere(context, runtime, facts, is_node)
    {
        return Outcome::skipped(resource, reason);
    }
    if unused.is_empty() {
        return clean(
            runtime,
            path,
            &declared,
            &Reasons {
                manifests,
                facts,
                carried,
            },
        );
    }
    failed(runtime, path, unused, &listed, &along)
}

/// The distributions that the code imports and that nothing declares: others bring them.
fn brought_along(
    context: &Context,
    runtime: &Runtime,
    facts: &DependencyFacts,
    is_node: bool,
) -> BTreeSet<String> {
    let Ok(code) = crate::context::code::of(context, runtime) else {
        return BTreeSet::new();
    };
    match is_node {
        true => Node::new(context, &code, Some(facts)).brought_along(&code),
        false => Python::new(context, &code, Some(facts)).brought_along(&code),
    }
}

/// Takes what brings an import along out of the unused dependencies: each with the distribution that the code imports.
fn carried(
    facts: &DependencyFacts,
    declared: &[&Dependency],
    unused: &mut Vec<&Dependency>,
    along: &BTreeSet<String>,
    minor: Option<u32>,
) -> BTreeMap<String, String> {
    let mut carried = BTreeMap::new();
    if along.is_empty() {
        return carried;
    }
    let mut kept: Vec<Wanted> = declared
        .iter()
        .filter(|one| !unused.iter().any(|other| other.name == one.name))
        .map(|one| Wanted::new(one, minor))
        .filter(|wanted| wanted.applies)
        .collect();
    for name in along {
        if installed::available(Some(facts), &kept, minor)
            .all
            .contains(name)
        {
            continue;
        }
        let brings = |one: &&Dependency| {
            let alone = [Wanted::new(one, minor)];
            let all = installed::available(Some(facts), &alone, minor).all;
            all.contains(name)
        };
        let Some(at) = unused.iter().position(brings) else {
            continue;
        };
        let one = unused.remove(at);
        kept.push(Wanted::new(one, minor));
        carried.insert(one.name.clone(), name.clone());
    }
    carried
}

/// Why code that was not read may use what nothing here imports.
fn code_elsewhere(
    context: &Context,
    runtime: &Runtime,
    facts: &DependencyFacts,
    is_node: bool,
) -> Option<Unread> {
    let code = crate::context::code::of(context, runtime).ok()?;
    if let Some(reason) = absent_code::of(context, &code) {
        return Some(reason);
    }
    if is_node || !Python::new(context, &code, Some(facts)).moves_path() {
        return None;
    }
    let message = format!(
        "the code of runtime {} adds folders to sys.path: what is imported from there was not read, and it may use what nothing here imports. Put it into a package that the code imports by its place, then run again",
        runtime.name
    );
    Some(Unread::new(ReasonCode::Unsupported, message))
}

fn unread(manifests: &AgentManifests, runtime: &Runtime) -> Unread {
    let failed = [
        manifests.pyproject.known().err(),
        manifests.package_json.known().err(),
        manifests.requirements.known().err(),
    ];
    failed.into_iter().flatten().next().unwrap_or_else(|| {
        Unread::new(
            ReasonCode::Absent,
            format!("runtime {} has no pyproject.toml, requirements.txt or package.json that its package is made from", runtime.name),
        )
    })
}

/// Why a dependency stays although nothing imports it.
fn kept(manifests: &AgentManifests, dependency: &Dependency) -> Option<&'static str> {
    if let Some(why) = distributions::unimported(&dependency.name) {
        return Some(why);
    }
    // The start command may name it: `CMD ["fastmcp", "run", "server.py"]`.
    let starts = manifests.dockerfile.read().is_some_and(|dockerfile| {
        dockerfile
            .entry_words()
            .iter()
            .any(|word| word.rsplit('/').next() == Some(dependency.name.as_str()))
    });
    starts.then_some("the container's start command names it")
}

/// What a dependency that nothing imports may be there for.
struct Reasons<'a> {
    manifests: &'a AgentManifests,
    facts: &'a DependencyFacts,
    /// What it brings of that which the code imports.
    carried: BTreeMap<String, String>,
}

/// Whether the other dependencies bring this one anyway: then it only narrows its version, and weighs nothing.
fn brought(
    facts: &DependencyFacts,
    declared: &[&Dependency],
    one: &Dependency,
    minor: Option<u32>,
) -> bool {
    let others: Vec<Wanted> = declared
        .iter()
        .filter(|other| other.name != one.name)
        .map(|other| Wanted::new(other, minor))
        .filter(|wanted| wanted.applies)
        .collect();
    installed::available(Some(facts), &others, minor)
        .all
        .contains(&one.name)
}

/// The import that a dependency of unknown modules may be there for: nothing else that is declared holds it.
fn may_hold<'a>(facts: &'a DependencyFacts, one: &Dependency) -> Option<&'a str> {
    let left = facts.unanswered.first()?;
    distributions::is_unknown(&one.name).then_some(left)
}

fn clean(
    runtime: &Runtime,
    path: &str,
    declared: &[&Dependency],
    reasons: &Reasons<'_>,
) -> Outcome {
    let Reasons {
        manifests,
        facts,
        carried,
    } = reasons;
    let resource = Agent::Runtime(runtime).resource();
    if let Some(reason) = facts.unread.first() {
        let message = format!("a source file that ships could not be read: {reason}");
        return Outcome::skipped(resource, Unread::new(ReasonCode::Unsupported, message));
    }
    let imported = declared
        .iter()
        .filter(|one| facts.uses.contains_key(&one.name))
        .count();
    let rest: BTreeSet<String> = declared
        .iter()
        .filter(|one| !facts.uses.contains_key(&one.name))
        .map(|one| {
            let name = &one.name;
            if let Some(why) = kept(manifests, one) {
                return format!("{name}: {why}");
            }
            if let Some(brought) = carried.get(name) {
                return format!("{name}: it brings {brought}, which the code imports");
            }
            match may_hold(facts, one) {
                Some(left) => format!("{name}: it may hold `{left}`, which nothing else does"),
                None => format!("{name}: another dependency brings it anyway"),
            }
        })
        .collect();
    let rest: Vec<String> = rest.into_iter().collect();
    let (name, count) = (&runtime.name, declared.len());
    let listed = files(path, declared.iter().copied());
    let message = match (count, &*rest) {
        (1, []) => format!("runtime {name}: the one dependency in {listed} is imported"),
        (2, []) => format!("runtime {name}: both dependencies in {listed} are imported"),
        (_, []) => format!("runtime {name}: all {count} dependencies in {listed} are imported"),
        (_, [one]) => format!(
            "runtime {name}: {imported} of the {count} dependencies in {listed} {} imported, and the other has a reason to be there ({one})",
            if imported == 1 { "is" } else { "are" }
        ),
        (_, rest) => format!(
            "runtime {name}: {imported} of the {count} dependencies in {listed} {} imported, and the others have a reason to be there ({})",
            if imported == 1 { "is" } else { "are" },
            rest.join("; ")
        ),
    };
    Outcome::pass(resource, message)
}

/// The files that dependencies are listed in: an image may install another file than the manifest `path`.
fn files<'a>(path: &'a str, listed: impl Iterator<Item = &'a Dependency>) -> String {
    let mut names: BTreeSet<&str> = listed.map(|one| &*one.site.path).collect();
    if names.is_empty() {
        names.insert(path);
    }
    let names: Vec<&str> = names.into_iter().collect();
    names.join(" and ")
}

fn failed(
    runtime: &Runtime,
    path: &str,
    unused: Vec<&Dependency>,
    listed: &Listed<'_>,
    along: &BTreeSet<String>,
) -> Outcome {
    let is_node = matches!(listed, Listed::Npm { .. });
    let names: BTreeSet<&str> = unused.iter().map(|one| one.name.as_str()).collect();
    let shown: Vec<&str> = names.iter().copied().collect();
    let weight = if is_node {
        ""
    } else {
        ", and it is installed all the same"
    };
    let outcome = Outcome::fail(
        Agent::Runtime(runtime).resource(),
        format!(
            "runtime {}: no code that ships uses {} of {}{weight}",
            runtime.name,
            shown.join(", "),
            files(path, unused.iter().copied())
        ),
    )
    .evidences(unused.iter().map(|one| {
        Evidence::file(&one.site).note(format!("nothing that ships imports {}", one.name))
    }));
    let note = "run the tests without it first: a plugin that is found by entry point is imported by nobody";
    let fix = Fix::new("Remove what is not used").note(note);
    match listed {
        Listed::PyProject {
            folder,
            standard: true,
            locked,
        } if unused
            .iter()
            .all(|one| one.site.path.ends_with("pyproject.toml")) =>
        {
            outcome.fix(
                fix.command(
                    Command::new("uv")
                        .arg("remove")
                        // The lock that the image is built from has to follow.
                        .arg(if *locked { "--no-sync" } else { "--frozen" })
                        .opt("--project", *folder)
                        .args(shown),
                ),
            )
        }
        // No lock tells here which of them brings it.
        Listed::Npm { .. } if !along.is_empty() => {
            let along: Vec<&str> = along.iter().map(String::as_str).collect();
            outcome.fix(fix.note(format!(
                "{note}. The code imports {} too, which package.json does not declare: declare it first, in the version that the lock holds, \
                 then take out {}",
                along.join(", "),
                shown.join(", ")
            )))
        }
        Listed::Npm { folder } => outcome.fix(
            fix.command(
                Command::new("npm")
                    .arg("uninstall")
                    .opt("--prefix", *folder)
                    .args(shown),
            ),
        ),
        Listed::Lines | Listed::PyProject { .. } => outcome.fix(fix.commands(lines(&unused))),
    }
}

/// Deletes the lines of a requirements file.
fn lines(unused: &[&Dependency]) -> Vec<Command> {
    let mut files: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for one in unused
        .iter()
        .filter(|one| one.site.path.ends_with(".txt") || one.site.path.ends_with(".in"))
    {
        if let Some(span) = one.site.span {
            files.entry(&*one.site.path).or_default().insert(span.line);
        }
    }
    let of = |(path, lines): (&str, BTreeSet<u32>)| {
        let script: Vec<String> = lines.iter().map(|line| format!("{line}d")).collect();
        let new = format!("{path}.new");
        Command::new("sed")
            .arg("-e")
            .arg(script.join(";"))
            .from_file(path)
            .to_file(&new)
            .and(
                Command::new("mv")
                    .arg(format!("./{new}"))
                    .arg(format!("./{path}")),
            )
    };
    files.into_iter().map(of).collect()
}
