//! How much of an ignore file is read: its patterns become one automaton, whose size and nesting are the file's.

/// Longest pattern, in bytes.
const LONGEST: usize = 1024;
/// Most patterns of one file.
const MOST: usize = 5_000;
/// Most wildcards of one pattern: several of them multiply the states of an automaton.
const WILDCARDS: usize = 32;
/// Most nested alternatives (`{a,{b,c}}`).
const NESTED: usize = 16;

/// True when the patterns of an ignore file may be compiled. One that is beyond the bounds is not read at all: a single pattern that
/// is left out may be the one that takes the others back.
pub fn within_bounds(text: &str) -> bool {
    let mut patterns = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    patterns.by_ref().take(MOST).all(is_small) && patterns.next().is_none()
}

fn is_small(pattern: &str) -> bool {
    let (mut wildcards, mut depth) = (0_usize, 0_usize);
    pattern.len() <= LONGEST
        && pattern.bytes().all(|byte| {
            match byte {
                b'*' | b'?' | b'[' => wildcards += 1,
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            wildcards <= WILDCARDS && depth <= NESTED
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_within_the_bounds() {
        let usual =
            "# caches\n__pycache__/\n*.py[cod]\n**/*.{js,ts,map}\n!keep.js\n\n".repeat(1_000);
        assert!(within_bounds(&usual));
    }

    #[test]
    fn what_no_one_writes_is_beyond_them() {
        for hostile in [
            "a\n".repeat(MOST + 1),
            "a".repeat(LONGEST + 1),
            "*a".repeat(WILDCARDS + 1),
            "{".repeat(NESTED + 1),
        ] {
            assert!(!within_bounds(&hostile), "{}", &hostile[..20]);
        }
    }
}
