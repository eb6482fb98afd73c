//! What git makes of single files, told from its files alone: no program is run.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::file::read_text;
use super::patterns;
use super::{ENV_LOCAL, LOCAL_RULES, TARGETS, repository};
use crate::model::files::GitIgnored;
use crate::model::project::Project;

/// Largest index that is searched, in bytes (about 600,000 files).
const LARGEST_INDEX: u64 = 64 * 1024 * 1024;

/// git's index, read when it is first asked.
pub struct Index {
    /// Root of the work tree, and the index file.
    place: Option<(PathBuf, PathBuf)>,
    bytes: OnceCell<Option<Vec<u8>>>,
}

impl Index {
    /// The index of the work tree at `repository`. A `.git` file (a linked work tree) is followed.
    pub fn read(repository: Option<&Path>) -> Self {
        let place = repository.and_then(|root| {
            let git = root.join(".git");
            let folder = if git.is_dir() {
                git
            } else {
                let text = read_text(&git, ".git").ok()?;
                root.join(text.trim().strip_prefix("gitdir:")?.trim())
            };
            Some((root.to_path_buf(), folder.join("index")))
        });
        Self {
            place,
            bytes: OnceCell::new(),
        }
    }

    /// True when git tracks the file; `None` where that cannot be told (no work tree, or an index of version 4).
    pub fn tracks(&self, file: &Path) -> Option<bool> {
        let (root, index) = self.place.as_ref()?;
        let name = file.strip_prefix(root).ok()?.to_str()?.as_bytes();
        let bytes = self.bytes.get_or_init(|| load(index)).as_ref()?;
        let mut needle = name.to_vec();
        needle.push(0);
        // An entry's name follows 16 bits of flags (two more bytes when extended), whose low 12 bits are its length.
        // https://git-scm.com/docs/index-format
        let length = u16::try_from(name.len().min(0xfff)).ok()?;
        let flags = |at: usize| {
            let bytes = bytes.get(at..at + 2)?;
            Some(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]) & 0xfff)
        };
        let entry = |at: &usize| {
            [2, 4]
                .into_iter()
                .any(|back| at.checked_sub(back).and_then(flags) == Some(length))
        };
        Some(memchr::memmem::find_iter(bytes, &needle).any(|at| entry(&at)))
    }
}

fn load(index: &Path) -> Option<Vec<u8>> {
    let metadata = match std::fs::metadata(index) {
        Ok(metadata) => metadata,
        // A work tree without an index tracks nothing yet.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Vec::new()),
        Err(_) => return None,
    };
    if !metadata.is_file() || metadata.len() > LARGEST_INDEX {
        return None;
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(index).ok()?;
    file.take(LARGEST_INDEX).read_to_end(&mut bytes).ok()?;
    let version = bytes.get(4..8)?;
    (bytes.starts_with(b"DIRC") && matches!(version, [0, 0, 0, 2 | 3])).then_some(bytes)
}

/// What git ignores among the files that decide a check.
pub fn ignored(project: &Project, index: &Index, rules: &Ignores) -> GitIgnored {
    let env_local = project.root.join(ENV_LOCAL);
    let local_rules = project.root.join(LOCAL_RULES);
    GitIgnored {
        local_rules: read_text(&local_rules, LOCAL_RULES).ok(),
        no_local_rules: std::fs::symlink_metadata(&local_rules)
            .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound),
        repository: project.repository.is_some(),
        env_local: rules.cover(&env_local),
        env_local_tracked: index.tracks(&env_local),
        targets: rules.cover(&project.root.join(TARGETS)),
    }
}

/// The ignore rules of a tree, each file read once and when it is first needed.
#[derive(Default)]
pub struct Ignores {
    base: PathBuf,
    /// By folder, what holds in it.
    holding: Mutex<HashMap<PathBuf, Option<Arc<Holding>>>>,
    exclude: OnceLock<Option<Rules>>,
}

/// The rules of a folder, and those that hold in it beside its own.
struct Holding {
    folder: PathBuf,
    rules: Rules,
    /// Those of the nearest folder above that has rules.
    above: Option<Arc<Holding>>,
}

impl Ignores {
    /// The rules from `base` (the root of the repository, where there is one) down.
    pub fn below(base: &Path) -> Self {
        Self {
            base: base.to_path_buf(),
            ..Self::default()
        }
    }

    /// The rules that hold in the project at `root`.
    pub fn of_project(root: &Path) -> Self {
        Self::below(repository(root).as_deref().unwrap_or(root))
    }

    /// True when the `.gitignore` files from the base down, or the repository's own exclude file, ignore `file` or a folder it is in.
    /// The user's global excludes are left out: they are not there on the next machine.
    pub fn cover(&self, file: &Path) -> bool {
        self.ignoring(file).is_some()
    }

    /// The file (relative to the base) and the pattern that make git ignore `file`.
    pub fn ignoring(&self, file: &Path) -> Option<(String, String)> {
        let mut path = self.base.clone();
        let parts: Vec<_> = file.strip_prefix(&self.base).ok()?.components().collect();
        parts.iter().enumerate().find_map(|(index, part)| {
            path.push(part);
            // A folder that is ignored takes all below with it.
            let is_dir = index + 1 < parts.len();
            let said = self.say(&path, is_dir);
            let (folder, said) = said.or_else(|| self.exclude_says(&path, is_dir))?;
            let Match::Ignore(pattern) = said else {
                return None;
            };
            let from = folder.strip_prefix(&self.base).ok()?.join(".gitignore");
            Some((from.to_string_lossy().replace('\\', "/"), pattern))
        })
    }

    /// True when git ignores the entry itself. Whoever walks leaves out what is in a folder that is ignored.
    pub fn ignores(&self, path: &Path, is_dir: bool) -> bool {
        matches!(self.say(path, is_dir), Some((_, Match::Ignore(_))))
    }

    /// The folder of the nearest file that has a say, and what it says.
    fn say(&self, path: &Path, is_dir: bool) -> Option<(PathBuf, Match<String>)> {
        let mut next = self.holding_in(path.parent()?);
        while let Some(holding) = next {
            if let Some(said) = holding.rules.say(path, is_dir) {
                return Some((holding.folder.clone(), said));
            }
            next = holding.above.clone();
        }
        None
    }

    fn exclude_says(&self, path: &Path, is_dir: bool) -> Option<(PathBuf, Match<String>)> {
        let read = || rules(&self.base, &self.base.join(".git/info/exclude"));
        let rules = self.exclude.get_or_init(read).as_ref()?;
        Some((self.base.clone(), rules.say(path, is_dir)?))
    }

    /// The rules that hold in a folder: its own, or those of the nearest folder above that has some.
    fn holding_in(&self, folder: &Path) -> Option<Arc<Holding>> {
        let mut known = self.holding.lock().ok()?;
        if let Some(holding) = known.get(folder) {
            return holding.clone();
        }
        let inside = folder
            .ancestors()
            .take_while(|one| one.starts_with(&self.base));
        let unknown: Vec<&Path> = inside.take_while(|one| !known.contains_key(*one)).collect();
        for one in unknown.into_iter().rev() {
            let above = one.parent().and_then(|parent| known.get(parent)?.clone());
            let holding = match rules(one, &one.join(".gitignore")) {
                Some(rules) => Some(Arc::new(Holding {
                    folder: one.to_path_buf(),
                    rules,
                    above,
                })),
                None => above,
            };
            known.insert(one.to_path_buf(), holding);
        }
        known.get(folder)?.clone()
    }
}

/// The rules of one ignore file.
enum Rules {
    Read(Gitignore),
    /// The file is beyond the bounds: what it says, and so what the files above it decide, is not known.
    Beyond,
}

impl Rules {
    /// What the rules say of an entry, with the pattern that says it; `None` where they say nothing.
    fn say(&self, path: &Path, is_dir: bool) -> Option<Match<String>> {
        let said = match self {
            Self::Read(rules) => rules
                .matched(path, is_dir)
                .map(|glob| glob.original().to_owned()),
            // Nothing is taken for ignored.
            Self::Beyond => Match::Whitelist(String::new()),
        };
        (!said.is_none()).then_some(said)
    }
}

/// Rules of one file; read through the guarded reader, so that a FIFO by that name does not hang the audit.
fn rules(folder: &Path, file: &Path) -> Option<Rules> {
    let text = read_text(file, "").ok()?;
    if !patterns::within_bounds(&text) {
        return Some(Rules::Beyond);
    }
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.lines() {
        // A line that is no pattern is skipped, as git does.
        let _ = builder.add_line(None, line);
    }
    Some(builder.build().map_or(Rules::Beyond, Rules::Read))
}
