//! What a container build leaves out of its context: the construct's own list, then `.dockerignore`, then the Dockerfile kept.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use super::file::read_text;
use super::shipped::EXCLUDED;

/// The rules of one build context, as Docker reads them: from the context's root, the last that matches a path or a folder
/// it is in decides.
#[derive(Default)]
pub struct Dockerignore {
    rules: Vec<Rule>,
    /// True when some rule takes back an exclusion, so that folders that are left out must be looked into.
    takes_back: bool,
}

struct Rule {
    matchers: Vec<GlobMatcher>,
    keeps: bool,
}

impl Dockerignore {
    /// The rules for the context `folder`, whose Dockerfile always ships.
    pub fn of_context(folder: &Path, dockerfile: &str) -> Self {
        let mut rules = Self::default();
        for name in EXCLUDED.into_iter().chain([".env", ".env.*"]) {
            rules.add(name);
            rules.add(&format!("**/{name}"));
        }
        if let Ok(text) = read_text(&folder.join(".dockerignore"), ".dockerignore") {
            text.lines()
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .for_each(|line| rules.add(line));
        }
        if !dockerfile.is_empty() {
            rules.rules.extend(rule(dockerfile, true));
        }
        rules
    }

    fn add(&mut self, line: &str) {
        let (keeps, pattern) = match line.strip_prefix('!') {
            Some(pattern) => (true, pattern.trim()),
            None => (false, line),
        };
        self.takes_back |= keeps;
        self.rules.extend(rule(pattern, keeps));
    }

    /// True when the file is left out.
    pub fn excludes(&self, path: &str) -> bool {
        let matches = |rule: &&Rule| rule.matchers.iter().any(|matcher| matcher.is_match(path));
        self.rules
            .iter()
            .rev()
            .find(matches)
            .is_some_and(|rule| !rule.keeps)
    }

    /// True when nothing below the folder ships, so that it need not be entered.
    pub fn excludes_folder(&self, path: &str) -> bool {
        !self.takes_back && self.excludes(path)
    }
}

/// A pattern that is none is skipped: it excludes nothing, which is the careful reading.
fn rule(pattern: &str, keeps: bool) -> Option<Rule> {
    let pattern = pattern.trim_start_matches("./").trim_matches('/');
    if pattern.is_empty() || pattern == "." {
        return None;
    }
    let glob = |pattern: &str| {
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .backslash_escape(true)
            .build();
        glob.ok().map(|glob| glob.compile_matcher())
    };
    let matchers: Vec<_> = [pattern.to_owned(), format!("{pattern}/**")]
        .iter()
        .filter_map(|pattern| glob(pattern))
        .collect();
    (!matchers.is_empty()).then_some(Rule { matchers, keeps })
}
