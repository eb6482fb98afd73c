//! Lines of infrastructure code, found by patterns: CDK, Terraform, CloudFormation and scripts are noted there, not parsed.

use std::sync::LazyLock;

use regex::Regex;

/// Lines that are kept of one file.
pub(super) const MOST_OF_A_FILE: usize = 20;
/// Longer lines are generated, and no code that somebody wrote. In bytes.
const LONGEST_LINE: usize = 4096;

/// A pattern of a line.
pub(super) type Pattern = LazyLock<Option<Regex>>;

/// Whether a file, by its path from the project root or above it, is kept by the CLI or made by a synthesis.
pub(super) fn is_made(path: &str) -> bool {
    path.trim_start_matches("../").starts_with("agentcore/")
        || path.split('/').any(|part| part == "cdk.out")
}

/// Whether a line matches.
pub(super) fn has(pattern: &Pattern, text: &str) -> bool {
    text.lines().any(|line| matches(pattern, line))
}

/// The lines (1-based) that match and are no comments, the first [`MOST_OF_A_FILE`].
pub(super) fn matching(pattern: &Pattern, text: &str) -> Vec<u32> {
    (1u32..)
        .zip(text.lines())
        .filter(|(_, line)| matches(pattern, line))
        .filter(|(_, line)| !line.trim_start().starts_with(['#', '/', '*']))
        .map(|(number, _)| number)
        .take(MOST_OF_A_FILE)
        .collect()
}

fn matches(pattern: &Pattern, line: &str) -> bool {
    let pattern = pattern.as_ref();
    line.len() < LONGEST_LINE && pattern.is_some_and(|pattern| pattern.is_match(line))
}
