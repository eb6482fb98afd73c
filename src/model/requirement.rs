//! PEP 508 requirements and markers, bounded before they are parsed: the parser recurses over a marker's parentheses, and the tree that
//! it makes grows with the product of the marker's terms.

use std::str::FromStr;

use pep508_rs::{MarkerTree, Requirement, VerbatimUrl};

use crate::quiet;

/// Longest requirement, in bytes.
const LONGEST: usize = 4096;
/// Most parentheses and brackets of one requirement.
const BRACKETS: usize = 64;
/// Most `and` and `or` of one marker.
const TERMS: usize = 64;

/// The requirement; `None` where the text is none, or is larger than anyone writes.
pub fn parse(written: &str) -> Option<Requirement<VerbatimUrl>> {
    // The parser panics over some names that it does not know how to end (`name-$`).
    within_bounds(written)
        .then(|| quiet::catch(|| written.parse().ok()).ok().flatten())
        .flatten()
}

/// A marker by itself, as locks hold it; `None` as for [`parse`].
pub fn marker(written: &str) -> Option<MarkerTree> {
    within_bounds(written)
        .then(|| {
            quiet::catch(|| MarkerTree::from_str(written).ok())
                .ok()
                .flatten()
        })
        .flatten()
}

/// False for a text that must not reach the parser.
pub fn within_bounds(written: &str) -> bool {
    let brackets = written.bytes().filter(|byte| matches!(byte, b'(' | b'['));
    let terms = written
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| matches!(*word, "and" | "or"));
    written.len() <= LONGEST
        && brackets.take(BRACKETS + 1).count() <= BRACKETS
        && terms.take(TERMS + 1).count() <= TERMS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_requirement_is_parsed() {
        let written = "strands-agents[otel,a2a]>=1.0,<2; (python_version >= '3.10' and sys_platform == 'linux') or extra == 'x'";
        assert!(parse(written).is_some());
        assert!(marker("python_full_version < '3.12' or platform_machine != 'arm64'").is_some());
    }

    #[test]
    fn a_hostile_one_is_not() {
        let nested = format!(
            "a; {}os_name == 'a'{}",
            "(".repeat(1_000),
            ")".repeat(1_000)
        );
        let terms = format!("os_name == 'a'{}", " or os_name == 'b'".repeat(200));
        assert!(parse(&nested).is_none());
        assert!(marker(&terms).is_none());
        assert!(parse(&"a".repeat(LONGEST + 1)).is_none());
        for name in ["a-$", "aws-opentelemetry-${ist", "a._\u{e9}", "a[b-$]"] {
            assert!(parse(name).is_none(), "{name}");
        }
    }
}
