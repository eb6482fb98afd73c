//! What the files beside an agent's code declare: dependencies, and how a container starts. Every value knows its place.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::known::Known;
use super::site::{Site, SourceText};
use super::source::Language;

/// The manifests of one agent.
#[derive(Clone, Debug)]
pub struct AgentManifests {
    /// The `pyproject.toml` that the packager takes: the nearest at or above `codeLocation`.
    pub pyproject: Known<PyProject>,
    /// `requirements.txt` in the build context. A CodeZip build does not read it.
    pub requirements: Known<Requirements>,
    /// The `package.json` at or above `codeLocation`.
    pub package_json: Known<PackageJson>,
    /// The Dockerfile of a container build.
    pub dockerfile: Known<Dockerfile>,
    /// Dependencies that these declare as folders, and what those declare so in turn.
    pub local: Vec<LocalPackage>,
}

impl AgentManifests {
    /// The package among the folders that an import of this language is of: `package` is a top-level module or an npm name.
    pub fn local_package(&self, language: Language, package: &str) -> Option<&LocalPackage> {
        let mut of_language = self.local.iter().filter(|one| one.language == language);
        of_language.find(|one| one.holds(package))
    }
}

/// A dependency whose source is a folder: a path, a member of the workspace, an editable install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPackage {
    /// The distribution (normalised) or the npm name.
    pub name: String,
    /// What it is written in.
    pub language: Language,
    /// The folder, relative to the project root (`.` for the root itself); none where it was not found inside of the project.
    pub folder: Option<String>,
    /// Python: its top-level modules with the folder that they are looked up in. Empty where they are not known.
    pub modules: BTreeMap<String, String>,
    /// What it needs in turn.
    pub dependencies: Vec<Dependency>,
}

impl LocalPackage {
    /// Whether an import of this top-level module or npm name is of the package.
    pub fn holds(&self, package: &str) -> bool {
        match self.language {
            Language::TypeScript => self.name == package,
            Language::Python if self.modules.is_empty() => {
                super::distributions::alike(&self.name, package)
            }
            Language::Python => self.modules.contains_key(package),
        }
    }
}

impl Default for AgentManifests {
    fn default() -> Self {
        Self {
            pyproject: Known::Absent,
            requirements: Known::Absent,
            package_json: Known::Absent,
            dockerfile: Known::Absent,
            local: Vec::new(),
        }
    }
}

/// A declared dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The distribution's or package's name; for Python normalised (lower case, runs of `-_.` as one `-`, PEP 503).
    pub name: String,
    /// The requirement as written.
    pub written: String,
    /// Where it stands.
    pub site: Site,
}

/// A `pyproject.toml`.
#[derive(Clone, Debug)]
pub struct PyProject {
    /// Path relative to the project root.
    pub path: String,
    /// The folder that holds it, relative to the project root; `.` for the root itself.
    pub folder: String,
    /// Where the list of dependencies stands, or where the file begins: the anchor for what is absent.
    pub anchor: Site,
    /// `project.dependencies` (PEP 621), or what Poetry or setuptools declares in its place.
    pub dependencies: Vec<Dependency>,
    /// `project.optional-dependencies`, by extra.
    pub extras: BTreeMap<String, Vec<Dependency>>,
    /// `dependency-groups` (PEP 735) and Poetry's groups, by name.
    pub groups: BTreeMap<String, Vec<Dependency>>,
    /// It has a `[project]` table (PEP 621).
    pub standard: bool,
    /// The dependencies are computed by the build backend and could not be followed.
    pub dynamic: bool,
}

/// A requirements file with the files that it includes.
#[derive(Clone, Debug)]
pub struct Requirements {
    /// Path relative to the project root.
    pub path: String,
    /// Its entries.
    pub dependencies: Vec<Dependency>,
    /// Folders that it installs (`-e ../lib`, `./lib`), relative to the project root; none where one leads out of it, with the
    /// folder's last name.
    pub folders: Vec<(String, Option<String>)>,
}

/// A `package.json`.
#[derive(Clone, Debug)]
pub struct PackageJson {
    /// Path relative to the project root.
    pub path: String,
    /// Where `dependencies` stands, or the whole file.
    pub anchor: Site,
    /// `dependencies`.
    pub dependencies: Vec<Dependency>,
    /// `devDependencies`.
    pub dev_dependencies: Vec<Dependency>,
}

/// A Dockerfile as a list of instructions, continuation lines joined.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// Path and text.
    pub source: SourceText,
    /// In order.
    pub instructions: Vec<Instruction>,
    /// Scripts of the build context that the start command names, by the word that names them.
    pub scripts: BTreeMap<String, String>,
    /// What it copies out of the build context and what is not there.
    pub missing: Vec<MissingSource>,
    /// Files of the build context that the image has under another name, by that name without its folders.
    pub renamed: HashMap<String, String>,
}

/// A path that an instruction copies out of the build context and that is not there.
#[derive(Clone, Debug)]
pub struct MissingSource {
    /// As written.
    pub written: String,
    /// Relative to the project root.
    pub path: String,
    /// The instruction.
    pub site: Site,
    /// Git ignores it: a step may make it.
    pub ignored: bool,
    /// The path of the same name in a folder above the build context.
    pub above: Option<String>,
    /// The stage that copies it is one that the image is made of.
    pub built: bool,
}

/// An instruction of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// In upper case.
    pub keyword: String,
    /// What follows the keyword, heredoc bodies included.
    pub arguments: String,
    /// The words of the exec form (a JSON array); `None` for the shell form.
    pub exec: Option<Vec<String>>,
    /// 0-based index of the stage that it belongs to; `None` before the first `FROM`.
    pub stage: Option<usize>,
    /// Where it stands.
    pub site: Site,
}

impl Instruction {
    /// The words of the instruction: those of the exec form, or the shell form as a POSIX shell splits it.
    pub fn words(&self) -> Vec<String> {
        match &self.exec {
            Some(words) => words.clone(),
            None => split(&self.arguments),
        }
    }
}

fn split(text: &str) -> Vec<String> {
    shlex::split(text).unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect())
}

impl Instruction {
    /// What a `COPY` or `ADD` takes out of the build context: literal paths as written, none of another stage or address.
    pub fn sources(&self) -> Vec<String> {
        self.copied().map_or_else(Vec::new, |(sources, _)| sources)
    }

    /// The same, and where it goes in the image.
    fn copied(&self) -> Option<(Vec<String>, String)> {
        if !matches!(self.keyword.as_str(), "COPY" | "ADD") || self.arguments.contains("<<") {
            return None;
        }
        let words = self.words();
        if words.iter().any(|word| word.starts_with("--from")) {
            return None;
        }
        let paths = words.into_iter().filter(|word| !word.starts_with("--"));
        let mut paths: Vec<String> = paths.collect();
        let to = paths.pop()?;
        let literal =
            |path: &String| !path.contains(['*', '?', '[', '$', ':', '@']) && !path.contains("..");
        paths.retain(literal);
        Some((paths, to))
    }
}

/// The last part of a path in an image or a build context.
pub(crate) fn leaf(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Dockerfile {
    /// The `ENTRYPOINT` and `CMD` that hold for the last stage; a stage built from an earlier one inherits its.
    pub fn entry(&self) -> Vec<&Instruction> {
        let stages = self.stages();
        // The last of each keyword in each stage, and where a name of a stage was given: stages may be many.
        let mut last: HashMap<(usize, &str), &Instruction> = HashMap::new();
        for each in &self.instructions {
            if let Some(stage) = each.stage {
                last.insert((stage, each.keyword.as_str()), each);
            }
        }
        let mut named: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, stage) in stages.iter().enumerate() {
            if let Some(alias) = &stage.alias {
                let places = named.entry(alias.to_ascii_lowercase()).or_default();
                places.push(index);
            }
        }
        let mut at = stages.len().checked_sub(1);
        let (mut entrypoint, mut command) = (None, None);
        // Each step goes to an earlier stage, so the walk ends.
        while let Some(index) = at {
            let of = |keyword: &'static str| last.get(&(index, keyword)).copied();
            // An ENTRYPOINT sets back the CMD that its base image brought.
            if command.is_none() && entrypoint.is_none() {
                command = of("CMD");
            }
            entrypoint = entrypoint.or(of("ENTRYPOINT"));
            let base = stages.get(index);
            let places = base.and_then(|stage| named.get(&stage.image.to_ascii_lowercase()));
            at = places.and_then(|places| {
                let earlier = places.partition_point(|place| *place < index);
                earlier.checked_sub(1).map(|at| places[at])
            });
        }
        entrypoint.into_iter().chain(command).collect()
    }

    /// The file of the build context that the image has under another name: `COPY requirements.agent.txt requirements.txt`.
    pub fn renamed(&self, file: &str) -> Option<&str> {
        self.renamed.get(leaf(file)).map(String::as_str)
    }

    /// What [`Self::renamed`] answers from, of the instructions. A destination that ends in no file's name is a folder
    /// (<https://docs.docker.com/reference/dockerfile/#destination>).
    pub(crate) fn renames(&self) -> HashMap<String, String> {
        let built = self.built();
        let in_image = |each: &&Instruction| each.stage.is_some_and(|at| built.contains(&at));
        let copies = self.instructions.iter().filter(in_image);
        let mut found = HashMap::new();
        for (sources, to) in copies.filter_map(Instruction::copied) {
            // The last copy holds.
            for source in &sources {
                found.remove(leaf(source));
            }
            if let [source] = &*sources
                && leaf(source) != leaf(&to)
                && leaf(&to).contains('.')
            {
                let source = source.trim_start_matches("./");
                found.insert(leaf(&to).to_owned(), source.to_owned());
            }
        }
        found
    }

    /// The words that the container starts with, scripts and `sh -c` texts opened.
    pub fn entry_words(&self) -> Vec<String> {
        let mut words: Vec<String> = self
            .entry()
            .into_iter()
            .flat_map(Instruction::words)
            .collect();
        let nested: Vec<String> = words
            .iter()
            .flat_map(|word| {
                let text = self.scripts.get(word).map_or(word.as_str(), String::as_str);
                if text.contains(char::is_whitespace) {
                    split_script(text)
                } else {
                    Vec::new()
                }
            })
            .collect();
        words.extend(nested);
        words
    }

    /// The stages that the last one is made of, itself included: a builder leaves out the others.
    pub fn built(&self) -> BTreeSet<usize> {
        let stages = self.stages();
        let number = |name: &str, before: usize| {
            let named = |stage: &Stage| {
                let alias = stage.alias.as_deref();
                alias.is_some_and(|alias| alias.eq_ignore_ascii_case(name))
            };
            let known = stages.iter().take(before).rposition(named);
            known.or_else(|| name.parse().ok().filter(|at| *at < before))
        };
        let mut built = BTreeSet::new();
        let mut open: Vec<usize> = stages.len().checked_sub(1).into_iter().collect();
        while let Some(at) = open.pop() {
            if !built.insert(at) {
                continue;
            }
            let base = stages.get(at).and_then(|stage| number(&stage.image, at));
            open.extend(base.filter(|base| *base < at));
            let own = self
                .instructions
                .iter()
                .filter(|each| each.stage == Some(at));
            for each in own {
                let froms = each.arguments.split("from=").skip(1);
                let names = froms.filter_map(|rest| rest.split([' ', ',', '\t', '\n']).next());
                open.extend(names.filter_map(|name| number(name, at)));
            }
        }
        built
    }

    /// The stages in order.
    pub fn stages(&self) -> Vec<Stage> {
        self.instructions
            .iter()
            .filter(|each| each.keyword == "FROM")
            .map(Stage::parse)
            .collect()
    }
}

/// The words of a script, comments left out, line by line: one unbalanced quote must not hide the rest.
fn split_script(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .flat_map(split)
        .collect()
}

/// A stage of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The image, as written.
    pub image: String,
    /// `AS name`.
    pub alias: Option<String>,
    /// `--platform`.
    pub platform: Option<String>,
    /// Where the `FROM` stands.
    pub site: Site,
}

impl Stage {
    fn parse(from: &Instruction) -> Self {
        let words: Vec<&str> = from.arguments.split_whitespace().collect();
        let mut rest = words.iter().filter(|word| !word.starts_with("--"));
        let image = rest.next().copied().unwrap_or_default().to_owned();
        let alias = match (rest.next(), rest.next()) {
            (Some(word), Some(name)) if word.eq_ignore_ascii_case("as") => Some((*name).to_owned()),
            _ => None,
        };
        Self {
            image,
            alias,
            platform: words
                .iter()
                .find_map(|word| word.strip_prefix("--platform="))
                .map(str::to_owned),
            site: from.site.clone(),
        }
    }
}
