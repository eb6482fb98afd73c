//! What a Dockerfile's RUN lines install.

use std::collections::BTreeSet;

use super::{Installed, Manifest, Releases};
use crate::model::dependencies::DependencyFacts;
use crate::model::distributions;
use crate::model::manifest::{
    AgentManifests, Dependency, Dockerfile, Instruction, PyProject, leaf,
};

/// Base images that hold no packages of their own.
const PLAIN: [&str; 12] = [
    "python",
    "uv",
    "debian",
    "ubuntu",
    "alpine",
    "amazonlinux",
    "al2023",
    "slim",
    "lambda",
    "bookworm-slim",
    "trixie-slim",
    "fedora",
];

/// What the RUN lines of a Dockerfile install.
pub(super) fn container<'a>(
    manifests: &'a AgentManifests,
    facts: &'a DependencyFacts,
) -> Option<Installed<'a>> {
    let dockerfile = manifests.dockerfile.read()?;
    let pyproject = manifests.pyproject.read();
    let manifest = match (pyproject, manifests.requirements.read()) {
        (_, Some(requirements)) if mentions(dockerfile, "requirements.txt") => {
            Manifest::Requirements(&requirements.path)
        }
        (Some(pyproject), _) => Manifest::PyProject(pyproject),
        (None, Some(requirements)) => Manifest::Requirements(&requirements.path),
        (None, None) => Manifest::Dockerfile(&dockerfile.source.path),
    };
    let mut installed = Installed {
        declared: Vec::new(),
        words: Vec::new(),
        uncertain: None,
        manifest,
        releases: Releases::Newest,
        local: Vec::new(),
    };
    let mut taken = BTreeSet::new();
    let stages = dockerfile.stages();
    let aliases: BTreeSet<&str> = stages
        .iter()
        .filter_map(|stage| stage.alias.as_deref())
        .collect();
    for stage in &stages {
        let bare = stage.image.split(['@', ':']).next().unwrap_or("");
        let leaf = bare.rsplit('/').next().unwrap_or("");
        let own = aliases.contains(stage.image.as_str());
        if !own && !PLAIN.contains(&leaf) {
            installed.uncertain =
                Some(format!("the base image {} may bring packages", stage.image));
        }
    }
    let mut made = Vec::new();
    for run in dockerfile
        .instructions
        .iter()
        .filter(|each| each.keyword == "RUN")
    {
        for command in commands(&run.words()) {
            if let Some(file) = exported(&command) {
                made.push((file.to_owned(), command));
                continue;
            }
            let known = Known {
                facts,
                made: &made,
                dockerfile,
            };
            installed.command(&command, pyproject, known, run);
            taken.extend(releases(&command, facts, &made));
        }
    }
    installed.releases = match taken.len() {
        1 if installed.uncertain.is_none() => taken.pop_first().unwrap_or(Releases::Unknown),
        _ => Releases::Unknown,
    };
    // One file may be installed twice: once for the layer's cache, once with the project.
    let mut seen = BTreeSet::new();
    installed
        .declared
        .retain(|one| seen.insert((&one.site, &one.name)));
    Some(installed)
}

/// Which releases a command that installs takes; `None` for one that does not.
fn releases(words: &[String], facts: &DependencyFacts, made: &[Made]) -> Option<Releases> {
    let has = |word: &str| words.iter().any(|each| each == word);
    let is_made = |word: &String| made.iter().any(|(file, _)| leaf(file) == leaf(word));
    if has("install") && words.iter().any(is_made) {
        // What is written from the lock names the lock's releases.
        return Some(match facts.uv_lock.read() {
            Some(_) => Releases::Locked,
            None => Releases::Unknown,
        });
    }
    let tool = |name: &str| {
        words
            .iter()
            .any(|word| word.rsplit('/').next() == Some(name))
    };
    if tool("uv") && has("sync") {
        // Without a lock it makes one, of the newest.
        return Some(match facts.uv_lock.read() {
            Some(_) if !has("--upgrade") && !has("-U") => Releases::Locked,
            _ => Releases::Newest,
        });
    }
    if [
        "poetry",
        "pdm",
        "pipenv",
        "conda",
        "mamba",
        "micromamba",
        "pixi",
    ]
    .into_iter()
    .any(tool)
    {
        return Some(Releases::Unknown);
    }
    let pip = tool("pip") || tool("pip3") || tool("uv") && (has("pip") || has("add"));
    if !pip || !(has("install") || has("add") || has("sync")) {
        return None;
    }
    let bound = |word: &String| {
        word == "-c" || word.starts_with("--constraint") || word.starts_with("--resolution")
    };
    Some(if words.iter().any(bound) {
        Releases::Unknown
    } else {
        Releases::Newest
    })
}

/// What is known where a command installs.
#[derive(Clone, Copy)]
struct Known<'k, 'a> {
    facts: &'a DependencyFacts,
    made: &'k [Made],
    dockerfile: &'k Dockerfile,
}

impl<'a> Known<'_, 'a> {
    /// The requirements file of the build context that stands in the image under this path.
    fn listed(self, file: &str) -> Option<&'a [Dependency]> {
        let lists = &self.facts.requirements;
        if self.dockerfile.renamed(file).is_some() {
            return lists.get(file).map(Vec::as_slice);
        }
        let copies = self.dockerfile.instructions.iter().rev();
        let mut copied = copies.flat_map(Instruction::sources).filter(|source| {
            // One that is copied by its folder keeps its path.
            source != file && leaf(source) == leaf(file)
        });
        let copied = copied.next().and_then(|source| lists.get(&source));
        let same = || {
            let mut known = lists.iter();
            known.find(|(name, _)| leaf(name) == leaf(file))
        };
        let found = copied
            .or_else(|| lists.get(file))
            .or_else(|| Some(same()?.1))?;
        Some(found)
    }
}

/// A requirements file that a command of the build writes, and that command.
type Made = (String, Vec<String>);

/// The requirements file that a command writes from the project's manifest or lock: `uv export -o requirements.txt`.
fn exported(words: &[String]) -> Option<&str> {
    let at = |word: &str| words.iter().position(|each| each == word);
    let tool = |name: &str| {
        words
            .iter()
            .any(|word| word.rsplit('/').next() == Some(name))
    };
    let exports = (tool("uv") || tool("poetry") || tool("pdm")) && at("export").is_some();
    let compiles = (tool("uv") && at("compile").is_some() || tool("pip-compile"))
        && words.iter().any(|word| word.ends_with("pyproject.toml"));
    if !exports && !compiles {
        return None;
    }
    let named = ["-o", "--output-file", "--output", ">"]
        .into_iter()
        .find_map(|option| words.get(at(option)? + 1).map(String::as_str));
    named.or_else(|| {
        words.iter().find_map(|word| {
            ["--output-file=", "--output=", ">"]
                .iter()
                .find_map(|option| word.strip_prefix(option))
                .filter(|file| !file.is_empty())
        })
    })
}

fn mentions(dockerfile: &Dockerfile, file: &str) -> bool {
    dockerfile
        .instructions
        .iter()
        .any(|each| each.keyword == "RUN" && each.arguments.contains(file))
}

/// The commands of a shell line, `&&`, `;` and `|` apart.
fn commands(words: &[String]) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    for word in words {
        let ends = word.ends_with(';');
        let bare = word.trim_end_matches(';');
        if matches!(bare, "&&" | "||" | "|" | "") {
            all.push(Vec::new());
            continue;
        }
        if let Some(last) = all.last_mut() {
            last.push(bare.to_owned());
        }
        if ends {
            all.push(Vec::new());
        }
    }
    all
}

impl<'a> Installed<'a> {
    fn command(
        &mut self,
        words: &[String],
        pyproject: Option<&'a PyProject>,
        known: Known<'_, 'a>,
        run: &Instruction,
    ) {
        let at = |word: &str| words.iter().position(|each| each == word);
        let has = |word: &str| at(word).is_some();
        let tool = |name: &str| {
            words
                .iter()
                .any(|word| word == name || word.ends_with(&format!("/{name}")))
        };
        if (tool("uv") && has("sync")) || ((tool("poetry") || tool("pdm")) && has("install")) {
            self.project(words, pyproject, !has("--no-dev") && !has("--only"));
            return;
        }
        if tool("pipenv") || tool("conda") || tool("mamba") || tool("micromamba") || tool("pixi") {
            self.uncertain = Some(format!(
                "`{}` installs what is not read here",
                words.join(" ")
            ));
            return;
        }
        let pip = tool("pip") || tool("pip3") || (tool("uv") && has("add"));
        let Some(start) = at("install").or_else(|| at("add")).filter(|_| pip) else {
            return;
        };
        let mut rest = words[start + 1..].iter();
        while let Some(word) = rest.next() {
            let file = match word.as_str() {
                "-r" | "--requirement" | "--requirements" => rest.next().map(String::as_str),
                _ => word
                    .strip_prefix("--requirement=")
                    .or_else(|| word.strip_prefix("-r")),
            };
            if let Some(file) = file {
                self.file(file, pyproject, known);
            } else if matches!(
                word.as_str(),
                "-c" | "--constraint"
                    | "-i"
                    | "--index-url"
                    | "--extra-index-url"
                    | "-t"
                    | "--target"
                    | "--prefix"
                    | "--python"
                    | "-f"
                    | "--find-links"
            ) {
                rest.next();
            } else if word == "."
                || word.starts_with(".[")
                || word.starts_with("./")
                || word == "/app"
            {
                self.project(words, pyproject, false);
            } else if word.starts_with('-') {
                continue;
            } else if word.contains('$')
                || word.contains(".whl")
                || word.contains("://")
                || word.starts_with('/')
            {
                self.uncertain = Some(format!("`{word}` is not read here"));
            } else {
                let name: String = word
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
                    .collect();
                self.words.push(Dependency {
                    name: distributions::normalise(&name),
                    written: word.clone(),
                    site: run.site.clone(),
                });
            }
        }
    }

    fn file(&mut self, file: &str, pyproject: Option<&'a PyProject>, known: Known<'_, 'a>) {
        let mut made = known.made.iter();
        let written = made.find(|(made, _)| leaf(made) == leaf(file));
        if file.ends_with("pyproject.toml") {
            self.project(&[], pyproject, false);
        } else if let Some((_, words)) = written {
            let has = |word: &str| words.iter().any(|each| each == word);
            let dev = has("uv") && has("export") && !has("--no-dev") && !has("--no-default-groups");
            self.project(words, pyproject, dev);
        } else if let Some(listed) = known.listed(file) {
            // What is installed first is where a new dependency belongs.
            if let Some(first) = listed.first().filter(|_| self.declared.is_empty()) {
                self.manifest = Manifest::Requirements(&first.site.path);
            }
            self.declared.extend(listed);
        } else {
            self.uncertain = Some(format!("the requirements file {file} is not read here"));
        }
    }

    fn project(&mut self, words: &[String], pyproject: Option<&'a PyProject>, dev: bool) {
        let Some(pyproject) = pyproject else {
            self.uncertain = Some("the pyproject.toml that is installed is not here".to_owned());
            return;
        };
        if pyproject.dynamic {
            self.uncertain = Some(format!(
                "the dependencies of {} are computed",
                pyproject.path
            ));
        }
        self.declared.extend(&pyproject.dependencies);
        let all = |flag: &str| words.iter().any(|word| word == flag);
        let named = |flag: &str, name: &str| {
            words
                .windows(2)
                .any(|pair| pair[0] == flag && pair[1].split(',').any(|one| one == name))
                || words.iter().any(|word| {
                    word.strip_prefix(flag)
                        .is_some_and(|rest| rest == format!("={name}"))
                })
                || words
                    .iter()
                    .any(|word| word.contains('[') && word.contains(name))
        };
        for (extra, listed) in &pyproject.extras {
            if all("--all-extras")
                || named("--extra", extra)
                || named("-E", extra)
                || named("--extras", extra)
            {
                self.declared.extend(listed);
            }
        }
        for (group, listed) in &pyproject.groups {
            let wanted = all("--all-groups")
                || (dev && group == "dev")
                || named("--group", group)
                || named("--with", group);
            if wanted {
                self.declared.extend(listed);
            }
        }
    }
}
