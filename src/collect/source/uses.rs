//! Which of a list of packages the source files of a folder use. A file is parsed only where it names one of them, and let go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use rayon::prelude::*;

use super::parse::{LARGEST, language_of, parse_text};
use super::shared_names::SharedNames;
use crate::collect::project::Walk;
use crate::model::distributions::{self, full_name, is_of};
use crate::model::site::Site;
use crate::model::source::{ExprKind, Language, Module, ModuleId};
use crate::pool;

/// Longest string that can name a package to load, in bytes; longer ones are prose.
const LONGEST_NAME: usize = 120;

/// What was found.
#[derive(Default)]
pub struct Uses {
    /// The first use of each package.
    pub found: BTreeMap<String, Site>,
    /// Files that could not be read or parsed.
    pub unread: Vec<String>,
    /// Why nothing was looked for: there is too much of it.
    pub beyond: Option<String>,
    /// How many source files there are.
    pub files: usize,
    /// What Python files import from outside of the folder, as dotted name and top-level package; only where a package is
    /// looked for whose modules are not known.
    pub imports: BTreeSet<(String, String)>,
}

/// The words whose presence in a file makes it worth a parse.
fn words(distribution: &str) -> Vec<String> {
    let mut words: Vec<String> = distributions::modules_of(distribution)
        .iter()
        .map(|module| (*module).to_owned())
        .collect();
    words.push(distribution.to_owned());
    words.push(distribution.replace('-', "_"));
    words.push(distribution.replace('-', "."));
    let parts = distribution.split('-').filter(|part| part.len() > 2);
    words.extend(parts.map(str::to_owned));
    for word in words.clone() {
        // `from google import genai` does not hold `google.genai`.
        words.extend(word.split('.').next().map(str::to_owned));
    }
    words.retain(|word| !word.is_empty());
    words
}

/// From this number of files on the faster search is worth what it takes to prepare.
const MANY: usize = 200;
/// How many packages are looked for: more than any project declares, and each is compared with every import and string.
const MOST_NAMES: usize = 2_000;

/// Looks for uses of these packages: imports, and short strings that name one (`"uvicorn"`, `"postgresql+asyncpg://…"`).
pub fn find_uses(entries: Walk, folder: &str, wanted: &BTreeSet<String>) -> Uses {
    let mut uses = Uses::default();
    let files: Vec<_> = entries
        .filter(|entry| language_of(&entry.relative).is_some())
        .filter(|entry| {
            !entry
                .relative
                .split('/')
                .any(|part| part == "site-packages")
        })
        .collect();
    uses.files = files.len();
    if wanted.len() > MOST_NAMES {
        uses.beyond = Some(format!(
            "{} dependencies are more than the {MOST_NAMES} that are looked for",
            wanted.len()
        ));
        return uses;
    }
    let spellings: Vec<Spelling<'_>> = wanted.iter().map(|name| Spelling::of(name)).collect();
    let all: Vec<String> = wanted.iter().flat_map(|name| words(name)).collect();
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true);
    if files.len() < MANY {
        // It is made in less time than a table of all states, and searches slower.
        builder.kind(Some(AhoCorasickKind::ContiguousNFA));
    }
    let matcher = builder.build(&all);
    let (Ok(matcher), false) = (matcher, wanted.is_empty()) else {
        return uses;
    };
    // Any import may be of a package whose modules are not known.
    let open = wanted.iter().any(|name| distributions::is_unknown(name));
    let own = own_names(files.iter().map(|entry| entry.relative.as_str()));
    let look = |entry: &crate::collect::project::Entry| -> Result<Found, String> {
        let shown = if folder == "." {
            entry.relative.clone()
        } else {
            format!("{folder}/{}", entry.relative)
        };
        if entry.size > LARGEST {
            return Err(format!("{shown}: {} bytes", entry.size));
        }
        let bytes = std::fs::read(&entry.path).map_err(|error| format!("{shown}: {error}"))?;
        if !open && !matcher.is_match(&bytes) {
            return Ok(Found::default());
        }
        let text = String::from_utf8(bytes).map_err(|_| format!("{shown}: not UTF-8"))?;
        let language = language_of(&shown).unwrap_or(Language::Python);
        let path: Arc<str> = shown.into();
        let parsed = parse_text(
            ModuleId(0),
            path,
            "",
            language,
            text,
            &SharedNames::default(),
        );
        Ok(Found {
            uses: uses_of(&parsed.module, &spellings),
            imports: if open {
                outside(&parsed.module, &own)
            } else {
                Vec::new()
            },
        })
    };
    let Some(pool) = pool::deep() else {
        return uses;
    };
    let results: Vec<_> = pool.install(|| files.par_iter().map(look).collect());
    for result in results {
        match result {
            Ok(found) => {
                for (name, site) in found.uses {
                    uses.found.entry(name).or_insert(site);
                }
                uses.imports.extend(found.imports);
            }
            Err(reason) => uses.unread.push(reason),
        }
    }
    uses
}

/// A package and the words that name it in a string.
struct Spelling<'a> {
    name: &'a str,
    words: Vec<String>,
}

impl<'a> Spelling<'a> {
    fn of(name: &'a str) -> Self {
        let modules = distributions::modules_of(name).iter();
        let mut words: Vec<String> = modules.map(|module| (*module).to_owned()).collect();
        words.extend([name.to_owned(), name.replace('-', "_")]);
        words.sort_unstable();
        words.dedup();
        Self { name, words }
    }

    /// Whether a string names the package or one of its modules as a word of its own.
    fn is_in(&self, text: &str) -> bool {
        let edge = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        self.words.iter().any(|word| {
            text.match_indices(word.as_str()).any(|(at, _)| {
                text[..at].chars().next_back().is_none_or(edge)
                    && text[at + word.len()..].chars().next().is_none_or(edge)
            })
        })
    }
}

/// What one file says.
#[derive(Default)]
struct Found {
    uses: Vec<(String, Site)>,
    imports: Vec<(String, String)>,
}

/// The names under which the files of the folder can be imported: each folder's and each file's.
fn own_names<'a>(paths: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    paths
        .flat_map(|path| path.split('/'))
        .map(|part| part.split_once('.').map_or(part, |(stem, _)| stem))
        .collect()
}

/// The imports of a Python file that are of none of these names.
fn outside(module: &Module, own: &BTreeSet<&str>) -> Vec<(String, String)> {
    if module.language != Language::Python {
        return Vec::new();
    }
    let named = |import: &crate::model::source::Import| {
        let package = import.module.split('.').next().unwrap_or("").to_owned();
        (full_name(&import.module, import), package)
    };
    module
        .imports
        .iter()
        .map(named)
        .filter(|(_, package)| !package.is_empty() && !own.contains(package.as_str()))
        .collect()
}

fn uses_of(module: &Module, wanted: &[Spelling<'_>]) -> Vec<(String, Site)> {
    let mut found = Vec::new();
    for import in &module.imports {
        if import.module.starts_with('.') {
            continue;
        }
        let full = full_name(&import.module, import);
        let package = match module.language {
            Language::Python => import.module.split('.').next().unwrap_or("").to_owned(),
            Language::TypeScript => super::typescript::path::package_of(&import.module),
        };
        for one in wanted.iter().filter(|one| is_of(one.name, &full, &package)) {
            found.push((one.name.to_owned(), module.site(import.range)));
        }
    }
    for (_, expr) in module.all_expressions() {
        let ExprKind::Str(text) = &expr.kind else {
            continue;
        };
        if text.len() > LONGEST_NAME || text.contains(char::is_whitespace) {
            continue;
        }
        for one in wanted.iter().filter(|one| one.is_in(text)) {
            found.push((one.name.to_owned(), module.site(expr.range)));
        }
    }
    found
}

/// One file by itself, with what could not be read of it in words; its imports are not followed.
pub fn parse_alone(file: &std::path::Path, shown: &str) -> (Module, Vec<String>) {
    let language = language_of(shown).unwrap_or(Language::Python);
    let names = SharedNames::default();
    let parsed = super::parse::parse_file(ModuleId(0), file, shown.into(), "", language, &names);
    let notes = parsed.notes.into_iter().map(|note| note.message).collect();
    (parsed.module, notes)
}
