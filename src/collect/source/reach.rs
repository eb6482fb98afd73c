//! Follows imports from each entry file, parsing wave by wave, and links them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::parse::{Parsed, language_of, parse_file};
use super::programs::Program;
use super::python::path as python_path;
use super::running::Running;
use super::shared_names::SharedNames;
use super::tree::{Tree, folder_of, join, relative};
use super::typescript::path as node_path;
use super::{Beside, CodeRequest};
use crate::model::manifest::LocalPackage;
use crate::model::site::Site;
use crate::model::source::{
    ExternalImport, Import, Language, Module, ModuleId, RuntimeSource, Source, SourceNote,
    SourceNoteKind,
};

/// Where one runtime's imports are looked up.
struct Lookup {
    roots: Vec<String>,
    aliases: node_path::Aliases,
    /// Top-level modules of packages that are folders of the project, with the folder that each is looked up in.
    local: BTreeMap<String, String>,
}

impl Lookup {
    fn new(tree: &mut Tree, code_root: &str, entry: &str, local: &[LocalPackage]) -> Self {
        let mut aliases = node_path::Aliases::read(tree, code_root);
        let mut modules = BTreeMap::new();
        for package in local {
            for (module, root) in &package.modules {
                modules.entry(module.clone()).or_insert(root.clone());
            }
            if let (Language::TypeScript, Some(folder)) = (package.language, &package.folder) {
                let folder = join("", folder);
                aliases.add_package(tree, &package.name, &folder);
            }
        }
        Self {
            roots: python_path::roots(tree, code_root, entry),
            aliases,
            local: modules,
        }
    }

    /// What a Python import leads to: `sys.path` first, then the packages that are installed.
    fn python(&self, tree: &mut Tree, path: &str, import: &Import) -> python_path::Found {
        let found = python_path::resolve(tree, &self.roots, path, import);
        let top = import.module.split('.').next().unwrap_or_default();
        match self.local.get(top) {
            Some(root) if !found.resolved => python_path::Found {
                root: None,
                ..python_path::resolve(tree, std::slice::from_ref(root), path, import)
            },
            _ => found,
        }
    }

    /// The dotted name of a Python file.
    fn name_of(&self, path: &str) -> String {
        let below = |root: &&String| {
            let rest = match root.as_str() {
                "" => Some(path),
                root => path
                    .strip_prefix(root)
                    .and_then(|rest| rest.strip_prefix('/')),
            };
            let top = rest.and_then(|rest| rest.split(['/', '.']).next());
            top.is_some_and(|top| self.local.get(top) == Some(*root))
        };
        let inside = |root: &String| {
            root.is_empty()
                || path
                    .strip_prefix(root.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        match self.local.values().find(below) {
            Some(root) if !self.roots.iter().any(inside) => {
                python_path::name_of(std::slice::from_ref(root), path)
            }
            _ => python_path::name_of(&self.roots, path),
        }
    }
}

/// Largest file that is looked through for the import of a caller, in bytes.
const LARGEST_IMPORTER: u64 = 1024 * 1024;
/// Most files that are parsed because they name a caller.
const MOST_IMPORTERS: usize = 400;

/// What an import leads to.
struct Link {
    /// Files that it runs.
    files: Vec<String>,
    /// The module itself.
    target: Option<String>,
    /// The tree answers it.
    resolved: bool,
    /// Only the folder `src` does.
    below_src: bool,
    /// The package that it is of.
    package: String,
}

/// The state of a collection.
struct Collection {
    tree: Tree,
    source: Source,
    by_path: BTreeMap<Arc<str>, ModuleId>,
    names: SharedNames,
}

/// Collects everything: the code of the runtimes first.
pub fn collect(root: &Path, requests: &[CodeRequest], beside: impl FnOnce() -> Beside) -> Source {
    let mut all = Collection {
        tree: Tree::new(root),
        source: Source::default(),
        by_path: BTreeMap::new(),
        names: SharedNames::default(),
    };
    for request in requests {
        let runtime = all.runtime(root, request);
        all.source.runtimes.push(runtime);
    }
    let Beside {
        callers,
        commands,
        others,
    } = beside();
    let inside = |paths: &[String]| -> Vec<String> {
        let paths = paths.iter();
        paths.map(|path| relative(root, path).to_string()).collect()
    };
    let callers = all.outside(&inside(&callers));
    all.source.callers.extend(callers);
    let importers = all.importers(&inside(&others));
    all.source.callers.extend(importers);
    let commands = all.outside(&inside(&commands));
    all.source.commands.extend(commands);
    all.source
}

impl Collection {
    fn runtime(&mut self, root: &Path, request: &CodeRequest) -> RuntimeSource {
        let code_root = relative(root, &request.code_location).to_string();
        let mut runtime = RuntimeSource {
            runtime: request.runtime.clone(),
            code_root: code_root.clone(),
            entry: None,
            reachable: Vec::new(),
            programs: BTreeSet::new(),
            idle: BTreeSet::new(),
            entrypoints: Vec::new(),
            middleware: Vec::new(),
            external: Vec::new(),
            below_src: Vec::new(),
            copied: request.copied.clone(),
        };
        let named = self.entry_file(&code_root, &request.entry);
        let started = || {
            let mut words = request.started.iter();
            words.find_map(|word| self.file_in_image(&code_root, word))
        };
        let Some(entry) = named.or_else(started) else {
            let message = format!(
                "the entry file {} is not below {}",
                request.entry, request.code_location
            );
            let site = Site::file(join(&code_root, &request.entry));
            self.source.notes.push(SourceNote {
                kind: SourceNoteKind::Unreadable,
                message,
                site,
            });
            return runtime;
        };
        let mut lookup = Lookup::new(&mut self.tree, &code_root, &entry, &request.local);
        for module in &request.copied {
            let copied = lookup.local.entry(module.name.clone());
            copied.or_insert_with(|| module.from.clone());
        }
        self.follow(&lookup, vec![entry.clone()], &mut runtime);
        runtime.entry = self.by_path.get(entry.as_str()).copied();
        runtime
    }

    /// The file behind a path of an image (`/app/dist/main.js`): which folder of the image holds the code is not followed.
    fn file_in_image(&mut self, code_root: &str, word: &str) -> Option<String> {
        let mut rest = word.trim_start_matches(['.', '/']);
        loop {
            if let Some(found) = self.entry_file(code_root, rest) {
                return Some(found);
            }
            rest = rest.split_once('/')?.1;
        }
    }

    /// The file that an entrypoint names: `main.py`, `main.py:handler`, `package.module`, `main.js` built from `main.ts`.
    fn entry_file(&mut self, code_root: &str, entry: &str) -> Option<String> {
        let bare = match entry.rsplit_once(':') {
            Some((file, handler)) if !handler.contains(['/', '\\']) => file,
            _ => entry,
        };
        let path = join(code_root, &bare.replace('\\', "/"));
        if language_of(&path).is_some() && self.tree.is_file(&path) {
            return Some(path);
        }
        if let node_path::Found::File(file) = node_path::file(&mut self.tree, &path) {
            return Some(file);
        }
        let built = bare.trim_start_matches("./");
        for folder in ["dist/", "build/", "out/", "lib/"] {
            let Some(rest) = built.strip_prefix(folder) else {
                continue;
            };
            for source in ["", "src"] {
                let candidate = join(&join(code_root, source), rest);
                if let node_path::Found::File(file) = node_path::file(&mut self.tree, &candidate) {
                    return Some(file);
                }
            }
        }
        let dotted = join(code_root, &bare.replace('.', "/"));
        let candidates = [
            format!("{path}.py"),
            format!("{dotted}.py"),
            join(&dotted, "__main__.py"),
            join(&path, "__main__.py"),
        ];
        candidates
            .into_iter()
            .find(|candidate| self.tree.is_file(candidate))
    }

    /// Parses the files that are not parsed yet, side by side.
    fn parse(&mut self, lookup: &Lookup, paths: &[String]) {
        let mut jobs = Vec::new();
        for path in paths {
            let key: Arc<str> = path.as_str().into();
            let Some(language) = language_of(path).filter(|_| !self.by_path.contains_key(&key))
            else {
                continue;
            };
            let id = ModuleId(super::lower::to_u32(self.by_path.len()));
            self.by_path.insert(key.clone(), id);
            let name = match language {
                Language::Python => lookup.name_of(path),
                Language::TypeScript => bare_name(path),
            };
            jobs.push((id, self.tree.on_disk(path), key, name, language));
        }
        let names = &self.names;
        let parsed: Vec<Parsed> = jobs
            .into_par_iter()
            .map(|(id, file, path, name, language)| {
                parse_file(id, &file, path, &name, language, names)
            })
            .collect();
        for Parsed { module, notes } in parsed {
            self.source.modules.push(module);
            self.source.notes.extend(notes);
        }
    }

    fn follow(&mut self, lookup: &Lookup, first: Vec<String>, runtime: &mut RuntimeSource) {
        let mut running = Running::default();
        let mut linked: BTreeMap<ModuleId, Vec<Link>> = BTreeMap::new();
        // Modules whose imports all lead to something that was read, or out of the tree.
        let mut whole: BTreeSet<ModuleId> = BTreeSet::new();
        let mut taken: BTreeSet<(ModuleId, usize)> = BTreeSet::new();
        let mut seen: BTreeSet<String> = first.iter().cloned().collect();
        let mut programs = seen.clone();
        let mut wave = first;
        while !wave.is_empty() {
            self.parse(lookup, &wave);
            for path in &wave {
                let Some(&id) = self.by_path.get(path.as_str()) else {
                    continue;
                };
                runtime.reachable.push(id);
                let links = self.link(lookup, id, &runtime.code_root);
                linked.insert(id, links);
                if let Some(module) = self.source.module(id) {
                    running.load(module, programs.contains(path));
                }
            }
            self.connect(lookup, &linked, &mut running, &mut whole);
            running.settle(&self.source);
            let mut next = BTreeSet::new();
            for (id, links) in &linked {
                let Some(module) = self.source.module(*id) else {
                    continue;
                };
                for (index, link) in links.iter().enumerate() {
                    let new = !taken.contains(&(*id, index));
                    if new && running.imports(module, index) {
                        taken.insert((*id, index));
                        next.extend(link.files.iter().cloned());
                    }
                }
            }
            for (id, program) in running.take_started() {
                let Some(file) = self.program_file(lookup, id, &program, &runtime.code_root) else {
                    continue;
                };
                if !programs.insert(file.clone()) {
                    continue;
                }
                if seen.contains(&file)
                    && let Some(&known) = self.by_path.get(file.as_str())
                {
                    running.start(known);
                    running.settle(&self.source);
                }
                next.insert(file);
            }
            wave = next
                .into_iter()
                .filter(|path| seen.insert(path.clone()))
                .collect();
        }
        for (id, range) in running.cut() {
            let Some(module) = self.source.module(id) else {
                continue;
            };
            self.source.notes.push(SourceNote {
                kind: SourceNoteKind::TooDeep,
                message:
                    "what is started here is put together from too many names: it was not read"
                        .to_owned(),
                site: module.site(range),
            });
        }
        // Links lead to ids, which the last wave has only now.
        let mut targets: Vec<Vec<Option<ModuleId>>> = Vec::new();
        for id in &runtime.reachable {
            let links = linked.get(id).into_iter().flatten();
            let target = |link: &Link| self.by_path.get(link.target.as_deref()?).copied();
            targets.push(links.map(target).collect());
            let Some(module) = self.source.module(*id) else {
                continue;
            };
            runtime.idle.extend(running.idle(module));
            if runtime.reachable.first() != Some(id) && programs.contains(&*module.path) {
                runtime.programs.insert(*id);
            }
            let links = linked.remove(id).unwrap_or_default();
            for (index, link) in links.into_iter().enumerate() {
                let list = match (link.resolved, link.below_src) {
                    (true, false) => continue,
                    (true, true) => &mut runtime.below_src,
                    (false, _) => &mut runtime.external,
                };
                let Some(import) = module.imports.get(index) else {
                    continue;
                };
                if taken.contains(&(*id, index)) {
                    list.push(ExternalImport {
                        module: *id,
                        import: index,
                        package: link.package,
                        dotted: import.module.to_string(),
                        site: module.site(import.origin),
                    });
                }
            }
        }
        for (id, targets) in runtime.reachable.iter().zip(targets) {
            self.targets(lookup, *id, targets);
        }
    }

    /// Tells which modules the imports of the modules read so far lead to.
    fn connect(
        &mut self,
        lookup: &Lookup,
        linked: &BTreeMap<ModuleId, Vec<Link>>,
        running: &mut Running,
        whole: &mut BTreeSet<ModuleId>,
    ) {
        for (id, links) in linked {
            if whole.contains(id) {
                continue;
            }
            let imports: Vec<Option<ModuleId>> = links
                .iter()
                .map(|link| self.by_path.get(link.target.as_deref()?).copied())
                .collect();
            let read = links
                .iter()
                .zip(&imports)
                .all(|(link, found)| link.target.is_none() || found.is_some());
            let Some(module) = self.source.module(*id) else {
                continue;
            };
            let path = module.path.clone();
            let froms: Vec<_> = module
                .exports
                .iter()
                .map(|export| export.from.clone())
                .collect();
            if read && froms.is_empty() {
                whole.insert(*id);
            }
            let exports = froms
                .into_iter()
                .map(|from| {
                    let target = self.node_target(lookup, &path, &from?)?;
                    self.by_path.get(target.as_str()).copied()
                })
                .collect();
            running.link(*id, imports, exports);
        }
    }

    /// The file of a program that a module starts; none where the tree does not hold it.
    fn program_file(
        &mut self,
        lookup: &Lookup,
        by: ModuleId,
        program: &Program,
        code_root: &str,
    ) -> Option<String> {
        let module = self.source.module(by)?;
        let (language, path) = (module.language, module.path.clone());
        match program {
            Program::Module(dotted) => {
                if language != Language::Python || dotted.starts_with('.') {
                    return None;
                }
                let import = super::lower::plain_import(dotted, Default::default());
                let target =
                    python_path::resolve(&mut self.tree, &lookup.roots, &path, &import).target?;
                match target.strip_suffix("/__init__.py") {
                    Some(package) => {
                        let main = join(package, "__main__.py");
                        self.tree.is_file(&main).then_some(main)
                    }
                    None => Some(target),
                }
            }
            Program::File(file) => {
                let folder = folder_of(&path).to_owned();
                [folder.as_str(), code_root]
                    .into_iter()
                    .find_map(|folder| self.entry_file(folder, file))
                    .filter(|found| language_of(found).is_some())
            }
        }
    }

    /// What a module's imports lead to.
    fn link(&mut self, lookup: &Lookup, id: ModuleId, code_root: &str) -> Vec<Link> {
        let Some(module) = self.source.modules.get(id.0 as usize) else {
            return Vec::new();
        };
        let source_root = join(code_root, "src");
        let mut links = Vec::new();
        let mut notes = Vec::new();
        for import in &module.imports {
            let mut link = match module.language {
                Language::Python => {
                    let found = lookup.python(&mut self.tree, &module.path, import);
                    if found.cut {
                        notes.push(SourceNote {
                            kind: SourceNoteKind::TooDeep,
                            message: format!(
                                "`{}` may mean more modules than are read",
                                import.module
                            ),
                            site: module.site(import.origin),
                        });
                    }
                    // The entry's own folder comes first; `src` is last, and only where it is not that folder.
                    let root = found.root.filter(|index| *index > 0);
                    let root = root.and_then(|index| lookup.roots.get(index));
                    let package = import.module.split('.').next().unwrap_or("");
                    let package = if package.is_empty() {
                        &*import.module
                    } else {
                        package
                    };
                    // Importing `a.b` runs `a/__init__.py`; the entry's own package does not run when it is started as a script.
                    let files = found.files.into_iter();
                    Link {
                        files: files.filter(|file| language_of(file).is_some()).collect(),
                        target: found.target,
                        resolved: found.resolved,
                        below_src: found.resolved && root == Some(&source_root),
                        package: package.to_owned(),
                    }
                }
                Language::TypeScript => {
                    let found = node_path::resolve(
                        &mut self.tree,
                        &lookup.aliases,
                        &module.path,
                        &import.module,
                    );
                    let resolved = !matches!(found, node_path::Found::Nothing);
                    let files = match found {
                        node_path::Found::File(file) => vec![file],
                        _ => Vec::new(),
                    };
                    let package = if import.module.starts_with('.') {
                        import.module.to_string()
                    } else {
                        node_path::package_of(&import.module)
                    };
                    Link {
                        target: files.first().cloned(),
                        files,
                        resolved,
                        below_src: false,
                        package,
                    }
                }
            };
            if import.type_only {
                link.files.clear();
            }
            links.push(link);
        }
        self.source.notes.extend(notes);
        links
    }

    /// Which modules the imports of a module lead to.
    fn looked_up(&mut self, lookup: &Lookup, id: ModuleId) -> Vec<Option<ModuleId>> {
        let Some(module) = self.source.modules.get(id.0 as usize) else {
            return Vec::new();
        };
        let (path, language) = (module.path.clone(), module.language);
        let imports = module.imports.clone().into_iter();
        let targets = imports.map(|import| match language {
            Language::Python => {
                python_path::resolve(&mut self.tree, &lookup.roots, &path, &import).target
            }
            Language::TypeScript => self.node_target(lookup, &path, &import.module),
        });
        let targets: Vec<Option<String>> = targets.collect();
        let known = |target: Option<String>| self.by_path.get(target?.as_str()).copied();
        targets.into_iter().map(known).collect()
    }

    /// Fills in which module each import and re-export leads to.
    fn targets(&mut self, lookup: &Lookup, id: ModuleId, targets: Vec<Option<ModuleId>>) {
        let Some(module) = self.source.modules.get(id.0 as usize) else {
            return;
        };
        let path = module.path.clone();
        let froms: Vec<_> = module
            .exports
            .iter()
            .map(|export| export.from.clone())
            .collect();
        let mut found = Vec::new();
        for (import, target) in module.imports.iter().zip(targets) {
            found.push(import.target.or(target));
        }
        let mut exported = Vec::new();
        for from in froms {
            let target = from.and_then(|from| self.node_target(lookup, &path, &from));
            exported.push(target.and_then(|target| self.by_path.get(target.as_str()).copied()));
        }
        let Some(module) = self.source.modules.get_mut(id.0 as usize) else {
            return;
        };
        set_targets(module, &found, &exported);
    }

    fn node_target(&mut self, lookup: &Lookup, path: &str, specifier: &str) -> Option<String> {
        match node_path::resolve(&mut self.tree, &lookup.aliases, path, specifier) {
            node_path::Found::File(file) => Some(file),
            _ => None,
        }
    }

    /// Of the project's other files those that import a caller: who calls a client's helper is a caller too.
    fn importers(&mut self, others: &[String]) -> BTreeSet<ModuleId> {
        let inside: BTreeSet<ModuleId> = self
            .source
            .runtimes
            .iter()
            .flat_map(|runtime| runtime.reachable.iter().copied())
            .collect();
        let known: BTreeSet<ModuleId> = self.source.callers.difference(&inside).copied().collect();
        let stems: BTreeSet<String> = known
            .iter()
            .filter_map(|id| self.source.module(*id))
            .filter_map(|module| stem(&module.path))
            .collect();
        let Ok(matcher) = aho_corasick::AhoCorasick::new(&stems) else {
            return BTreeSet::new();
        };
        if stems.is_empty() {
            return BTreeSet::new();
        }
        let unread: Vec<&String> = others
            .iter()
            .filter(|path| !self.by_path.contains_key(path.as_str()))
            .collect();
        let tree = &self.tree;
        let mut wanted: Vec<String> = unread
            .into_par_iter()
            .filter(|path| {
                let file = tree.on_disk(path);
                let small = std::fs::metadata(&file)
                    .is_ok_and(|about| about.is_file() && about.len() <= LARGEST_IMPORTER);
                small
                    && std::fs::read(&file).is_ok_and(|bytes| {
                        matcher.find_overlapping_iter(&bytes).any(|hit| {
                            let edge = |byte: Option<&u8>| {
                                byte.is_none_or(|byte| {
                                    !byte.is_ascii_alphanumeric() && *byte != b'_'
                                })
                            };
                            let before = hit.start().checked_sub(1).and_then(|at| bytes.get(at));
                            edge(before) && edge(bytes.get(hit.end()))
                        })
                    })
            })
            .cloned()
            .collect();
        wanted.truncate(MOST_IMPORTERS);
        let found = self.outside(&wanted);
        let leads = |id: &ModuleId| {
            self.source.module(*id).is_some_and(|module| {
                module
                    .imports
                    .iter()
                    .any(|import| import.target.is_some_and(|target| known.contains(&target)))
            })
        };
        found.into_iter().filter(leads).collect()
    }

    /// Parses files outside of the runtimes. Their own imports are linked to modules that are there, but not followed.
    fn outside(&mut self, paths: &[String]) -> BTreeSet<ModuleId> {
        let names = Lookup {
            roots: vec![String::new()],
            aliases: node_path::Aliases::default(),
            local: BTreeMap::new(),
        };
        self.parse(&names, paths);
        let by_path = &self.by_path;
        let found: BTreeSet<ModuleId> = paths
            .iter()
            .filter_map(|path| by_path.get(path.as_str()).copied())
            .collect();
        for &id in &found {
            let Some(module) = self.source.module(id) else {
                continue;
            };
            let folder = folder_of(&module.path).to_owned();
            let lookup = Lookup {
                roots: vec![folder, String::new()],
                aliases: node_path::Aliases::default(),
                local: BTreeMap::new(),
            };
            let targets = self.looked_up(&lookup, id);
            self.targets(&lookup, id, targets);
        }
        found
    }
}

fn set_targets(module: &mut Module, imports: &[Option<ModuleId>], exports: &[Option<ModuleId>]) {
    for (import, target) in module.imports.iter_mut().zip(imports) {
        import.target = *target;
    }
    for (export, target) in module.exports.iter_mut().zip(exports) {
        export.target = *target;
    }
}

/// The name by which a file is imported.
fn stem(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next()?;
    let stem = match stem {
        "__init__" | "index" => folder.rsplit('/').next()?,
        stem => stem,
    };
    (stem.len() > 1).then(|| stem.to_owned())
}

fn bare_name(path: &str) -> String {
    let bare = path.rsplit_once('.').map_or(path, |(bare, _)| bare);
    bare.strip_suffix("/index").unwrap_or(bare).to_owned()
}
