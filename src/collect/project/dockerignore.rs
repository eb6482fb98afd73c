//! What a container build leaves out of its context: the construct's own list, then `.dockerignore`, then the Dockerfile kept.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::file::read_text;
use super::patterns;
use super::shipped::EXCLUDED;

/// The rules of one build context, as Docker reads them: from the context's root, the last that matches a path or a folder
/// it is in decides.
#[derive(Default)]
pub struct Dockerignore {
    /// All patterns, compiled together, so that a long file costs what its text costs.
    patterns: GlobSet,
    /// For each pattern, whether its rule takes back an exclusion.
    keeps: Vec<bool>,
    /// True when some rule takes back an exclusion, so that folders that are left out must be looked into.
    takes_back: bool,
}

impl Dockerignore {
    /// The rules for the context `folder`, whose Dockerfile always ships.
    pub fn of_context(folder: &Path, dockerfile: &str) -> Self {
        let text = read_text(&folder.join(".dockerignore"), ".dockerignore").unwrap_or_default();
        // A file beyond the bounds excludes nothing, and so does one that does not compile: the careful reading.
        Some(text.as_str())
            .filter(|text| patterns::within_bounds(text))
            .and_then(|text| Self::compiled(text, dockerfile))
            .or_else(|| Self::compiled("", dockerfile))
            .unwrap_or_default()
    }

    fn compiled(text: &str, dockerfile: &str) -> Option<Self> {
        let mut patterns = GlobSetBuilder::new();
        let mut keeps = Vec::new();
        let mut takes_back = false;
        let mut add = |pattern: &str, keep: bool| {
            for glob in globs(pattern) {
                patterns.add(glob);
                keeps.push(keep);
            }
        };
        for name in EXCLUDED.into_iter().chain([".env", ".env.*"]) {
            add(name, false);
            add(&format!("**/{name}"), false);
        }
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            match line.strip_prefix('!') {
                Some(pattern) => {
                    takes_back = true;
                    add(pattern.trim(), true);
                }
                None => add(line, false),
            }
        }
        if !dockerfile.is_empty() {
            add(dockerfile, true);
        }
        Some(Self {
            patterns: patterns.build().ok()?,
            keeps,
            takes_back,
        })
    }

    /// True when the file is left out.
    pub fn excludes(&self, path: &str) -> bool {
        self.patterns
            .matches(path)
            .into_iter()
            .max()
            .and_then(|last| self.keeps.get(last))
            .is_some_and(|keeps| !keeps)
    }

    /// True when nothing below the folder ships, so that it need not be entered.
    pub fn excludes_folder(&self, path: &str) -> bool {
        !self.takes_back && self.excludes(path)
    }
}

/// What a pattern and the files below it match. A pattern that is none is skipped: it excludes nothing, which is the careful reading.
fn globs(pattern: &str) -> impl Iterator<Item = globset::Glob> {
    let pattern = pattern.trim_start_matches("./").trim_matches('/');
    let spellings = match pattern {
        "" | "." => Vec::new(),
        _ => vec![pattern.to_owned(), format!("{pattern}/**")],
    };
    spellings.into_iter().filter_map(|pattern| {
        GlobBuilder::new(&pattern)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .ok()
    })
}
