//! Where an import comes from: the standard library, the tree, or what is installed.

mod release;
mod search_path;

use std::collections::BTreeSet;

use release::Lack;
use rustc_hash::FxHashSet;
use search_path::Moved;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::limits;
use crate::context::Context;
use crate::context::installed::{self, Available, Installed, Manifest};
use crate::model::dependencies::{DependencyFacts, IgnoredModule};
use crate::model::distributions::{self, Standard, alike, full_name, releases};
use crate::model::site::Site;
use crate::model::source::{ExternalImport, Import, Language, ModuleId};
use crate::shell::Command;

/// What is known of one import.
pub(crate) enum Answer {
    /// Something that is installed holds it.
    Resolved,
    /// It comes along with another dependency only.
    Transitive(String),
    /// Only the folder `src` has it, which is on no path: in words.
    BelowSrc(String),
    /// The release that is installed does not hold it.
    Lacks(Lack),
    /// Nothing holds it: in words, and the distribution to add where that is sure.
    Missing(String, Option<String>),
    /// It is the project's own, and this clone does not have it, since git ignores it: in words.
    Ignored(String),
    /// It cannot be told.
    Unknown(String),
}

/// The imports that run and that neither the tree nor a package that is known or declared answers: each module with its place. Their
/// code is the project's own, and nobody read it.
pub(crate) fn unanswered(context: &Context, code: &AgentCode<'_>) -> Vec<(String, Site)> {
    let facts = context.files.dependencies.get(&code.resource().to_string());
    let manifests = context.files.manifests.get(&code.resource().to_string());
    let beside = |external: &ExternalImport| {
        facts.is_some_and(|facts| facts.elsewhere.contains_key(&external.package))
            || ignored_module(facts, external).is_some()
    };
    let is_local = |external: &ExternalImport, language: Language| {
        manifests.is_some_and(|all| all.local_package(language, &external.package).is_some())
    };
    let own = |external: &&ExternalImport| {
        let module = code.source.module(external.module)?;
        let import = module.imports.get(external.import)?;
        if import.type_only || import.optional {
            return None;
        }
        if is_local(external, module.language) {
            return Some((module, import));
        }
        let wanted = match module.language {
            Language::Python => {
                external.dotted.starts_with('.')
                    || matches!(
                        distributions::standard(&external.package, None),
                        Standard::No
                    ) && (beside(external)
                        || distributions::providers(&full_name(&external.dotted, import)).is_none())
            }
            Language::TypeScript => {
                !distributions::node_builtin(&external.dotted)
                    && !distributions::node_builtin(&external.package)
            }
        };
        wanted.then_some((module, import))
    };
    let candidates: Vec<_> = code
        .code
        .external
        .iter()
        .filter_map(|external| Some((external, own(&external)?)))
        .collect();
    let mut found: Vec<(String, Site)> = Vec::new();
    if candidates.is_empty() {
        return found;
    }
    let python = Python::new(context, code, facts);
    let node = Node::new(context, code, facts);
    let mut seen = BTreeSet::new();
    for (external, (module, import)) in candidates {
        let lost = match module.language {
            // Declared, and a folder of the project's own: installed, and not read.
            language if is_local(external, language) => true,
            Language::Python => match python.answer(external, import) {
                Answer::Missing(_, None) | Answer::Ignored(_) => true,
                // What a declared dependency of unknown content, or a lock that is not here, may hold is somebody else's.
                Answer::Unknown(_) => beside(external) || !python.may_come_along(),
                _ => false,
            },
            Language::TypeScript => {
                let inside = external.package.starts_with(['.', '#', '~', '/'])
                    || external.package.starts_with("@/");
                match node.answer(external) {
                    Answer::Missing(..) | Answer::Ignored(_) => true,
                    Answer::Unknown(_) => inside,
                    _ => false,
                }
            }
        };
        if lost && seen.insert(external.dotted.as_str()) {
            found.push((external.dotted.clone(), external.site.clone()));
        }
    }
    found
}

/// The imports that code goes on without and that surely succeed: the standard library or a declared dependency holds them. What the
/// tree holds may fail for an import of its own.
pub(crate) fn ships(context: &Context, code: &AgentCode<'_>) -> FxHashSet<(ModuleId, usize)> {
    let optional = code.code.external.iter().filter_map(|external| {
        let module = code.source.module(external.module)?;
        let import = module.imports.get(external.import)?;
        let asked = module.language == Language::Python
            && import.optional
            && !(import.type_only || import.dynamic || external.dotted.starts_with('.'));
        asked.then_some((external, import))
    });
    let optional: Vec<_> = optional.collect();
    if optional.is_empty() {
        return FxHashSet::default();
    }
    let find = || {
        let facts = context.files.dependencies.get(&code.resource().to_string());
        let python = Python::new(context, code, facts);
        let holds = optional
            .iter()
            .filter(|(external, import)| python.surely_holds(external, import));
        holds
            .map(|(external, _)| (external.module, external.import))
            .collect()
    };
    match limits::watch(find) {
        (found, None) => found,
        (_, Some(_)) => FxHashSet::default(),
    }
}

/// The module of the project's own that an import looks for, where git ignores it and it is not here.
pub(crate) fn ignored_module<'f>(
    facts: Option<&'f DependencyFacts>,
    external: &ExternalImport,
) -> Option<&'f IgnoredModule> {
    facts?.ignored.get(&(external.module, external.import))
}

/// What answers Python's imports.
pub(crate) struct Python<'a> {
    minor: Option<u32>,
    pub(crate) installed: Option<Installed<'a>>,
    available: Available,
    facts: Option<&'a DependencyFacts>,
    /// What the code does to `sys.path` and `sys.modules`.
    moved: Moved,
    /// The folder of the code location: what ships is its inside.
    code_root: String,
    /// Declared dependencies that answer no import and of whose modules nothing is known.
    idle: BTreeSet<String>,
    container: bool,
}

impl<'a> Python<'a> {
    pub(crate) fn new(
        context: &'a Context,
        code: &AgentCode<'_>,
        facts: Option<&'a DependencyFacts>,
    ) -> Self {
        let manifests = context.files.manifests.get(&code.resource().to_string());
        let minor = installed::python_minor(code.runtime, manifests);
        let installed = installed::python(context, code.runtime);
        let wanted = installed
            .as_ref()
            .map(|all| all.wanted(minor))
            .unwrap_or_default();
        let mut available = installed::available(facts, &wanted, minor);
        let read: BTreeSet<&str> = installed
            .iter()
            .flat_map(|all| &all.local)
            .filter(|package| !package.modules.is_empty())
            .map(|package| package.name.as_str())
            .collect();
        // What a package of the project's own brings is known.
        available
            .unknown
            .retain(|name| !read.contains(name.as_str()));
        let mut idle: BTreeSet<String> = available
            .roots
            .iter()
            .filter(|name| distributions::is_unknown(name) && !read.contains(name.as_str()))
            .cloned()
            .collect();
        for external in &code.code.external {
            idle.retain(|name| {
                !alike(name, &external.package) && !name.starts_with(&external.package)
            });
        }
        Self {
            minor,
            installed,
            available,
            facts,
            moved: Moved::by(code),
            code_root: code.code.code_root.clone(),
            idle,
            container: installed::is_container(code.runtime),
        }
    }

    /// Whether the code adds folders to `sys.path`, so that modules may come from where nobody looks.
    pub(crate) fn moves_path(&self) -> bool {
        self.moved.folders
    }

    /// The distributions that the code imports and that only come along with others.
    pub(crate) fn brought_along(&self, code: &AgentCode<'_>) -> BTreeSet<String> {
        transitive(code, Language::Python, |external, import| {
            self.answer(external, import)
        })
    }

    pub(crate) fn lock_command(&self) -> Option<Command> {
        let Manifest::PyProject(pyproject) = self.installed.as_ref()?.manifest else {
            return None;
        };
        (pyproject.standard && !self.available.locked).then(|| {
            Command::new("uv")
                .arg("lock")
                .opt("--project", pyproject.folder.as_str())
        })
    }

    /// Whether something that is declared, and whose modules are not known, may hold what nothing else answers.
    fn may_come_along(&self) -> bool {
        self.installed.as_ref().is_some_and(|installed| {
            installed.uncertain.is_none()
                && !self.moved.folders
                && (!self.available.unknown.is_empty() || !self.idle.is_empty())
        })
    }

    /// Whether an import succeeds wherever this is installed.
    fn surely_holds(&self, external: &ExternalImport, import: &Import) -> bool {
        let standard = matches!(
            distributions::standard(&external.package, self.minor),
            Standard::Present
        );
        let installed = self.installed.as_ref();
        let certain = installed.is_some_and(|installed| installed.uncertain.is_none());
        (standard || certain) && matches!(self.answer(external, import), Answer::Resolved)
    }

    pub(crate) fn answer(&self, external: &ExternalImport, import: &Import) -> Answer {
        if import.module.starts_with('.') || external.dotted.starts_with('.') {
            return Answer::Missing("no such module in the tree".to_owned(), None);
        }
        let top = external.package.as_str();
        let full = full_name(&external.dotted, import);
        match distributions::standard(top, self.minor) {
            Standard::Present => return Answer::Resolved,
            Standard::Removed(_) | Standard::Later(_) if self.holds(&full).is_some() => {
                return Answer::Resolved;
            }
            Standard::Removed(last) => {
                return Answer::Missing(
                    format!(
                        "the standard library has it up to Python 3.{last} only, and the agent runs on 3.{}",
                        self.minor.unwrap_or(last + 1)
                    ),
                    None,
                );
            }
            Standard::Later(first) => {
                return Answer::Missing(
                    format!(
                        "the standard library has it from Python 3.{first} on, and the agent runs on 3.{}",
                        self.minor.unwrap_or(first - 1)
                    ),
                    None,
                );
            }
            Standard::No => {}
        }
        let Some(installed) = &self.installed else {
            return Answer::Unknown(
                "no pyproject.toml that the packager installs from was read".to_owned(),
            );
        };
        if let Some(found) = self.holds(&full) {
            if let Some(lack) = self.lack(installed, &found, &full) {
                return Answer::Lacks(lack);
            }
            if let Some(without) = self.without_extra(installed, top, &full) {
                return without;
            }
            return if self.available.roots.contains(&found) {
                Answer::Resolved
            } else {
                Answer::Transitive(found)
            };
        }
        let known = distributions::providers(&full);
        if known.is_none() && self.available.all.iter().any(|name| alike(name, top)) {
            return Answer::Resolved;
        }
        if let Some(ignored) = ignored_module(self.facts, external) {
            return Answer::Ignored(ignored.why());
        }
        if let Some(why) = &installed.uncertain {
            return Answer::Unknown(why.clone());
        }
        if !self.available.unknown.is_empty() {
            return Answer::Unknown(format!(
                "what {} brings is known to no lock here",
                self.available.unknown.join(", ")
            ));
        }
        // A package of the project's own, whatever else is called so.
        if let Some(path) = self.facts.and_then(|facts| facts.elsewhere.get(top)) {
            return match self.moved.why(top) {
                Some(why) => Answer::Unknown(why.to_owned()),
                None if *path == self.code_root => {
                    let dotted = external.dotted.as_str();
                    let inside = dotted
                        .strip_prefix(top)
                        .unwrap_or("")
                        .trim_start_matches('.');
                    Answer::Missing(
                        format!(
                            "what ships is the inside of {path}/, where it is {}",
                            match inside {
                                "" => "no package".to_owned(),
                                inside => format!("`{inside}`"),
                            }
                        ),
                        None,
                    )
                }
                None => Answer::Missing(
                    format!("it is in the project, at {path}, and does not ship"),
                    None,
                ),
            };
        }
        if known.is_none() {
            if let Some(why) = self.moved.why(top) {
                return Answer::Unknown(why.to_owned());
            }
            if let Some(name) = self.idle.iter().next() {
                return Answer::Unknown(format!(
                    "{name}, whose modules are not known, may hold it"
                ));
            }
        }
        self.nothing(installed, known, &full)
    }

    /// An import that only the folder `src` answers, with nothing that puts it on the path.
    pub(crate) fn below_src(&self, external: &ExternalImport, code_root: &str) -> Answer {
        let top = external.package.as_str();
        if self.available.all.iter().any(|name| alike(name, top)) {
            return Answer::Resolved;
        }
        let folder = if code_root.is_empty() {
            "src".to_owned()
        } else {
            format!("{code_root}/src")
        };
        let why = if self.container {
            "the image neither installs the project nor puts that folder on sys.path"
        } else {
            "the packager installs the dependencies, not the project, and that folder is not on sys.path"
        };
        Answer::BelowSrc(format!("it is only below {folder}/; {why}"))
    }

    fn lack(&self, installed: &Installed<'_>, found: &str, full: &str) -> Option<Lack> {
        let gone = releases::gone(full).filter(|gone| gone.distribution == found)?;
        release::lack(installed, self.facts, self.minor, &gone)
    }

    /// What an import needs that its own distribution brings with an extra only, where nothing else brings it.
    fn without_extra(&self, installed: &Installed<'_>, top: &str, full: &str) -> Option<Answer> {
        let (parts, requirements) = distributions::needed(full)?;
        let part = parts
            .iter()
            .find(|part| !self.available.all.contains(**part))?;
        let asked = installed.wanted(self.minor);
        let asks = |requirement: &&'static str| {
            extra_of(requirement).is_some_and(|(name, extra)| {
                let mut own = asked.iter().filter(|one| one.name == name);
                own.any(|one| one.extras.iter().any(|one| one == extra || one == "all"))
            })
        };
        if requirements.iter().any(asks) {
            return None;
        }
        let mut possible = requirements.iter();
        let requirement = *possible
            .find(|one| release::is_let_in(one, &asked))
            .or_else(|| requirements.first())?;
        let (name, _) = extra_of(requirement)?;
        let untold = match (&installed.uncertain, &*self.available.unknown) {
            (Some(why), _) => Some(why.clone()),
            (None, []) => self.moved.why(top).map(str::to_owned),
            (None, unknown) => Some(format!(
                "what {} brings is known to no lock here",
                unknown.join(", ")
            )),
        };
        Some(match untold {
            Some(why) => Answer::Unknown(why),
            None => Answer::Missing(
                format!(
                    "it imports {part}, which {name} brings as {} only, and {} asks for that neither so nor by its name",
                    requirements.join(" or "),
                    installed.manifest.path()
                ),
                Some(requirement.to_owned()),
            ),
        })
    }

    fn nothing(
        &self,
        installed: &Installed<'_>,
        known: Option<&'static [&'static str]>,
        full: &str,
    ) -> Answer {
        let file = installed.manifest.path();
        let conventional = distributions::conventional(full);
        let known_names = known.unwrap_or_default().iter().copied();
        let shelved = match installed.manifest {
            Manifest::PyProject(pyproject) => known_names
                .chain(conventional.iter().rev().map(String::as_str))
                .find_map(|name| Some((name.to_owned(), installed::only_in(pyproject, name)?))),
            _ => None,
        };
        let add = known.and_then(|names| names.first().copied());
        let Some(distribution) = add else {
            return match shelved {
                Some((name, place)) => {
                    Answer::Missing(format!("{name} is only in {place}"), Some(name))
                }
                None => Answer::Missing(
                    format!(
                        "{file} does not name it, and no direct or transitive dependency provides it"
                    ),
                    None,
                ),
            };
        };
        let why = match shelved {
            Some((name, place)) => format!("{name} is only in {place}"),
            None if self.container => {
                format!("neither {file} nor the Dockerfile installs {distribution}")
            }
            None => format!("{file} does not install {distribution}"),
        };
        // The newest release may hold it no more.
        let bound = releases::gone(full)
            .filter(|gone| gone.distribution == distribution)
            .and_then(|gone| release::bound(&gone, &[]));
        Answer::Missing(why, Some(bound.unwrap_or_else(|| distribution.to_owned())))
    }

    /// The installed distribution that holds a dotted name.
    fn holds(&self, full: &str) -> Option<String> {
        let known = distributions::providers(full).unwrap_or_default();
        let conventional = match distributions::is_apart(full) {
            true => Vec::new(),
            false => distributions::conventional(full),
        };
        let mut candidates = conventional
            .iter()
            .rev()
            .map(String::as_str)
            .chain(known.iter().copied());
        // A name that is declared wins over one that comes along.
        let all: Vec<&str> = candidates.by_ref().collect();
        all.iter()
            .find(|name| self.available.roots.contains(**name))
            .or_else(|| all.iter().find(|name| self.available.all.contains(**name)))
            .map(|name| (*name).to_owned())
    }
}

/// What the imports of a language lead to that only comes along with something else.
fn transitive(
    code: &AgentCode<'_>,
    language: Language,
    answer: impl Fn(&ExternalImport, &Import) -> Answer,
) -> BTreeSet<String> {
    let along = code.code.external.iter().filter_map(|external| {
        let module = code.source.module(external.module)?;
        let import = module.imports.get(external.import)?;
        let counts = module.language == language && !import.type_only;
        match counts.then(|| answer(external, import))? {
            Answer::Transitive(of) => Some(of),
            _ => None,
        }
    });
    along.collect()
}

/// The distribution and the extra of a requirement.
fn extra_of(requirement: &str) -> Option<(&str, &str)> {
    requirement.strip_suffix(']')?.split_once('[')
}

/// What answers Node's imports.
pub(crate) struct Node<'a> {
    declared: BTreeSet<&'a str>,
    development: BTreeSet<&'a str>,
    locked: Option<&'a BTreeSet<String>>,
    folder: Option<&'a str>,
    path: Option<&'a str>,
    facts: Option<&'a DependencyFacts>,
}

impl<'a> Node<'a> {
    pub(crate) fn new(
        context: &'a Context,
        code: &AgentCode<'_>,
        facts: Option<&'a DependencyFacts>,
    ) -> Self {
        let manifests = context.files.manifests.get(&code.resource().to_string());
        let package = manifests.and_then(|manifests| manifests.package_json.read());
        let names = |list: &'a [crate::model::manifest::Dependency]| -> BTreeSet<&'a str> {
            list.iter().map(|one| one.name.as_str()).collect()
        };
        let mut declared = package
            .map(|package| names(&package.dependencies))
            .unwrap_or_default();
        // What packages of the project's own need is installed with them.
        let local = manifests
            .map(|all| all.local.as_slice())
            .unwrap_or_default();
        for package in local
            .iter()
            .filter(|one| one.language == Language::TypeScript)
        {
            declared.extend(names(&package.dependencies));
        }
        Self {
            declared,
            development: package
                .map(|package| names(&package.dev_dependencies))
                .unwrap_or_default(),
            locked: facts.and_then(|facts| facts.npm_lock.read()),
            folder: package.map(|package| {
                package
                    .path
                    .rsplit_once('/')
                    .map_or(".", |(folder, _)| folder)
            }),
            path: package.map(|package| package.path.as_str()),
            facts,
        }
    }

    /// The packages that the code imports and that only come along with others.
    pub(crate) fn brought_along(&self, code: &AgentCode<'_>) -> BTreeSet<String> {
        transitive(code, Language::TypeScript, |external, _| {
            self.answer(external)
        })
    }

    pub(crate) fn lock_command(&self) -> Option<Command> {
        let folder = self.folder.filter(|_| self.locked.is_none())?;
        Some(
            Command::new("npm")
                .args(["install", "--package-lock-only"])
                .opt("--prefix", folder),
        )
    }

    pub(crate) fn answer(&self, external: &ExternalImport) -> Answer {
        let package = external.package.as_str();
        if package.starts_with('.') {
            if let Some(ignored) = ignored_module(self.facts, external) {
                return Answer::Ignored(ignored.why());
            }
            return Answer::Missing("no such file in the tree".to_owned(), None);
        }
        if distributions::node_builtin(&external.dotted) || distributions::node_builtin(package) {
            return Answer::Resolved;
        }
        if package.starts_with(['#', '~', '/']) || package.starts_with("@/") {
            return Answer::Unknown("it is a path alias that is not resolved here".to_owned());
        }
        let Some(path) = self.path else {
            return Answer::Unknown("no package.json was read".to_owned());
        };
        if self.declared.contains(package) || self.development.contains(package) {
            return Answer::Resolved;
        }
        match self.locked {
            Some(locked) if locked.contains(package) => Answer::Transitive(package.to_owned()),
            Some(_) => Answer::Missing(format!("neither {path} nor its lock has it"), None),
            None => Answer::Unknown(format!(
                "{path} does not declare it, and without a package-lock.json nobody knows what else is installed"
            )),
        }
    }
}
