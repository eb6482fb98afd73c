//! Lines of infrastructure code, found by patterns: CDK, Terraform, CloudFormation and scripts are noted there, not parsed.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::holds;

/// Lines that are kept of one file.
pub(super) const MOST_OF_A_FILE: usize = 20;
/// Longer lines are generated, and no code that somebody wrote. In bytes.
const LONGEST_LINE: usize = 4096;

/// A pattern of a line.
pub(super) struct Pattern {
    /// One of these stands in every line that matches: the pattern is compiled when a file holds one.
    words: &'static [&'static str],
    regex: LazyLock<Option<Regex>>,
}

impl Pattern {
    pub(super) const fn new(words: &'static [&'static str], regex: fn() -> Option<Regex>) -> Self {
        Self {
            words,
            regex: LazyLock::new(regex),
        }
    }

    /// Whether a text can hold a line that matches.
    fn may_match(&self, text: &str) -> bool {
        self.words.iter().any(|word| holds(text, word))
    }

    fn matches(&self, line: &str) -> bool {
        let regex = self.regex.as_ref();
        line.len() < LONGEST_LINE && regex.is_some_and(|regex| regex.is_match(line))
    }
}

/// Whether a file, by its path from the project root or above it, is kept by the CLI or made by a synthesis.
pub(super) fn is_made(path: &str) -> bool {
    path.trim_start_matches("../").starts_with("agentcore/")
        || path.split('/').any(|part| part == "cdk.out")
}

/// Whether a line matches.
pub(super) fn has(pattern: &Pattern, text: &str) -> bool {
    pattern.may_match(text) && text.lines().any(|line| pattern.matches(line))
}

/// The lines (1-based) that match and are no comments, the first [`MOST_OF_A_FILE`].
pub(super) fn matching(pattern: &Pattern, text: &str) -> Vec<u32> {
    if !pattern.may_match(text) {
        return Vec::new();
    }
    (1u32..)
        .zip(text.lines())
        .filter(|(_, line)| pattern.matches(line))
        .filter(|(_, line)| !line.trim_start().starts_with(['#', '/', '*']))
        .map(|(number, _)| number)
        .take(MOST_OF_A_FILE)
        .collect()
}
