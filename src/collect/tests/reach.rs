//! Which tests reach the code of a runtime: by what they import, patch or load, through other tests and the project's own modules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::collect::source::parse_alone;
use crate::model::source::{ExprKind, Module, ModuleId, Source};

/// The dotted paths of the modules that run, and of those that import them.
pub(super) struct Running {
    modules: Modules,
}

/// Dotted paths of modules by their last part, so that a name is compared with few.
#[derive(Default)]
struct Modules {
    by_last: BTreeMap<String, Vec<(usize, String)>>,
}

impl Modules {
    fn of<'p>(paths: impl Iterator<Item = &'p str>) -> Self {
        let mut modules = Self::default();
        for (index, path) in paths.enumerate() {
            let module = dotted(path);
            let last = module.rsplit('.').next().unwrap_or(&module).to_owned();
            modules
                .by_last
                .entry(last)
                .or_default()
                .push((index, module));
        }
        modules
    }

    /// The numbers of the modules that a name may mean.
    fn meant_by(&self, name: &str) -> impl Iterator<Item = usize> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let found = self.by_last.get(last).map_or(&[][..], Vec::as_slice);
        let fits = |(_, module): &&(usize, String)| is_end_of(module, name);
        found.iter().filter(fits).map(|(index, _)| *index)
    }
}

impl Running {
    /// Of all runtimes.
    pub(super) fn of(source: &Source) -> Self {
        let runtimes = source.runtimes.iter();
        let mut reaching: BTreeSet<ModuleId> = runtimes
            .flat_map(|runtime| runtime.reachable.iter().copied())
            .collect();
        loop {
            let more: Vec<ModuleId> = source
                .modules
                .iter()
                .filter(|module| !reaching.contains(&module.id))
                .filter(|module| {
                    let mut targets = module.imports.iter().filter_map(|import| import.target);
                    targets.any(|target| reaching.contains(&target))
                })
                .map(|module| module.id)
                .collect();
            if more.is_empty() {
                break;
            }
            reaching.extend(more);
        }
        let modules = reaching.iter().filter_map(|id| source.module(*id));
        Self {
            modules: Modules::of(modules.map(|module| &*module.path)),
        }
    }

    /// The last parts of their dotted paths.
    pub(super) fn last_names(&self) -> impl Iterator<Item = &str> {
        self.modules.by_last.keys().map(String::as_str)
    }

    /// True where one of the names that a test holds leads to one of the modules.
    pub(super) fn reached_by(&self, names: &BTreeSet<String>) -> bool {
        names
            .iter()
            .any(|name| self.modules.meant_by(name).next().is_some())
    }
}

/// `app/Main/tools/__init__.py` is `app.Main.tools`.
pub(super) fn dotted(path: &str) -> String {
    let bare = path.rsplit_once('.').map_or(path, |(bare, _)| bare);
    let bare = ["/__init__", "/index"]
        .iter()
        .find_map(|end| bare.strip_suffix(end))
        .unwrap_or(bare);
    bare.replace('/', ".")
}

/// True where `name` is the last part or parts of a dotted path.
pub(super) fn is_end_of(module: &str, name: &str) -> bool {
    module
        .strip_suffix(name)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// The dotted names that a test may mean a module by: imports, with the name imported too, and what is patched or loaded by a text.
pub(super) fn names(module: &Module) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for import in &module.imports {
        let from = plain(&import.module);
        if let Some(name) = &import.name {
            let joined = if from.is_empty() {
                name.to_string()
            } else {
                format!("{from}.{name}")
            };
            names.insert(joined);
        }
        names.insert(from);
    }
    for (_, expr) in module.all_expressions() {
        if let ExprKind::Str(text) = &expr.kind
            && text.len() < 200
            && text.contains(['.', '/'])
            && !text.contains(char::is_whitespace)
        {
            // `patch("tools.search.fetch")` names an attribute of a module.
            let mut rest = plain(text);
            while !rest.is_empty() {
                let shorter = rest.rsplit_once('.').map(|(before, _)| before.to_owned());
                names.insert(std::mem::take(&mut rest));
                rest = shorter.filter(|it| it.contains('.')).unwrap_or_default();
            }
        }
    }
    names.remove("");
    names
}

/// A module's name or path without what leads to it and without its ending: `../src/agent.js` is `src.agent`.
fn plain(name: &str) -> String {
    let name = name.trim_start_matches(['.', '/']);
    let bare = ["py", "ts", "js", "mjs", "tsx", "jsx"]
        .iter()
        .find_map(|ending| name.strip_suffix(&format!(".{ending}")))
        .unwrap_or(name);
    let bare = bare.strip_suffix("/index").unwrap_or(bare);
    bare.replace('/', ".")
}

/// What one test file is called and which names it holds.
pub(super) struct TestFile {
    /// Relative to the project root.
    pub(super) path: String,
    /// From [`names`].
    pub(super) names: BTreeSet<String>,
    /// It calls an entrypoint or a route of the agent.
    pub(super) invokes: bool,
}

/// Files of the project's own that are parsed to follow what a test imports.
const MOST_FOLLOWED: usize = 200;

/// Which of the files exercise the code that runs: they lead to it by their imports, a `conftest.py` above them does, or a file
/// that does takes its doubles from them.
pub(super) fn exercising(
    root: &Path,
    running: &Running,
    sources: &BTreeSet<String>,
    files: &[TestFile],
) -> Vec<bool> {
    let paths: Vec<&str> = sources.iter().map(String::as_str).collect();
    let mut follow = Follow {
        root,
        running,
        modules: Modules::of(paths.iter().copied()),
        paths,
        known: BTreeMap::new(),
    };
    let mut reaches: Vec<bool> = files
        .iter()
        .map(|file| file.invokes || follow.leads(&file.names, 0))
        .collect();
    let tests = Modules::of(files.iter().map(|file| file.path.as_str()));
    let configured = |file: &TestFile| {
        // A `conftest.py` runs for every test of its folder and below.
        let above = files.iter().enumerate().filter(|(_, other)| {
            let (folder, name) = other.path.rsplit_once('/').unwrap_or(("", &other.path));
            let below = folder.is_empty() || file.path.starts_with(&format!("{folder}/"));
            name == "conftest.py" && below
        });
        above.map(|(index, _)| index).collect::<BTreeSet<usize>>()
    };
    let imports: Vec<BTreeSet<usize>> = files
        .iter()
        .map(|file| {
            let named = file.names.iter().flat_map(|name| tests.meant_by(name));
            named.chain(configured(file)).collect()
        })
        .collect();
    let imports = |one: usize, other: usize| imports.get(one).is_some_and(|to| to.contains(&other));
    spread(&mut reaches, imports);
    // The doubles of a helper are those of the tests that take them.
    spread(&mut reaches, |helper, test| imports(test, helper));
    reaches
}

/// Adds what is joined to something that is in, until nothing is added.
fn spread(reached: &mut [bool], joined: impl Fn(usize, usize) -> bool) {
    let mut open: Vec<usize> = (0..reached.len())
        .filter(|index| reached.get(*index) == Some(&true))
        .collect();
    while let Some(from) = open.pop() {
        for (index, is) in reached.iter_mut().enumerate() {
            if !*is && joined(index, from) {
                *is = true;
                open.push(index);
            }
        }
    }
}

/// Follows names through the project's own modules.
struct Follow<'a> {
    root: &'a Path,
    running: &'a Running,
    modules: Modules,
    paths: Vec<&'a str>,
    known: BTreeMap<String, bool>,
}

impl Follow<'_> {
    fn leads(&mut self, names: &BTreeSet<String>, depth: usize) -> bool {
        if self.running.reached_by(names) {
            return true;
        }
        if depth > 4 {
            return false;
        }
        let next: BTreeSet<usize> = names
            .iter()
            .flat_map(|name| self.modules.meant_by(name))
            .collect();
        let next: Vec<&str> = next
            .into_iter()
            .filter_map(|index| self.paths.get(index).copied())
            .collect();
        next.into_iter().any(|path| self.file(path, depth))
    }

    fn file(&mut self, path: &str, depth: usize) -> bool {
        if let Some(known) = self.known.get(path) {
            return *known;
        }
        if self.known.len() >= MOST_FOLLOWED {
            return false;
        }
        // A cycle leads nowhere.
        self.known.insert(path.to_owned(), false);
        let (module, _) = parse_alone(&self.root.join(path), path);
        let leads = self.leads(&names(&module), depth + 1);
        self.known.insert(path.to_owned(), leads);
        leads
    }
}

#[cfg(test)]
mod tests {
    use super::{dotted, is_end_of, plain};

    #[test]
    fn a_module_is_known_by_the_end_of_its_path() {
        let module = dotted("app/Main/tools/search.py");
        assert!(is_end_of(&module, "tools.search") && is_end_of(&module, "search"));
        assert!(!is_end_of(&module, "research.search") && !is_end_of(&module, "earch"));
        assert_eq!(dotted("app/Main/tools/__init__.py"), "app.Main.tools");
        assert_eq!(plain("../src/agent.js"), "src.agent");
    }
}
