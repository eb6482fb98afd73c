//! Refuses text whose nesting would take the parsers' recursion too far. Both recurse per bracket and per prefix operator.

use crate::model::source::Language;

/// Deepest nesting of brackets that is parsed.
const DEEPEST_BRACKETS: u32 = 300;
/// Most tokens in one bracket-free stretch that make a parser recurse without a bracket (`not not …`, `a ** b ** …`).
const MOST_PREFIXES: u32 = 2_000;
/// Deepest indentation of Python code, in levels counted by their growing width.
const DEEPEST_INDENT: usize = 120;

/// Whether the text nests too deep to be parsed safely; in words when it does. Strings and comments are skipped as well as
/// can be told without parsing: a wrong guess can only refuse a file that nests hundreds deep somewhere.
pub fn too_deep(text: &str, language: Language) -> Option<&'static str> {
    if language == Language::Python && deep_indent(text) {
        return Some("indented more than 120 levels deep");
    }
    let bytes = text.as_bytes();
    let (mut depth, mut deepest, mut prefixes, mut most) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'#' if language == Language::Python => at = line_end(bytes, at),
            b'/' if language == Language::TypeScript && bytes.get(at + 1) == Some(&b'/') => at = line_end(bytes, at),
            b'/' if language == Language::TypeScript && bytes.get(at + 1) == Some(&b'*') => {
                at = memchr::memmem::find(bytes.get(at..).unwrap_or(&[]), b"*/").map_or(bytes.len(), |end| at + end + 1);
            }
            b'"' | b'\'' => at = string_end(bytes, at),
            b'(' | b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'\n' if language == Language::Python && depth == 0 => prefixes = 0,
            b';' => prefixes = 0,
            b'-' | b'~' | b'!' | b'*' | b'+' | b'?' | b'=' => prefixes += 1,
            b'<' if language == Language::TypeScript => prefixes += 1,
            b'a'..=b'z' => {
                let end = word_end(bytes, at);
                let word = bytes.get(at..end).unwrap_or(&[]);
                prefixes += u32::from(recurses(word, language));
                if language == Language::TypeScript && matches!(word, b"const" | b"import" | b"export" | b"function") {
                    prefixes = 0;
                }
                at = end.saturating_sub(1);
            }
            _ => {}
        }
        most = most.max(prefixes);
        at += 1;
    }
    if deepest > DEEPEST_BRACKETS {
        return Some("brackets nested more than 300 deep");
    }
    (most > MOST_PREFIXES).then_some("one statement chains more than 2,000 operators")
}

fn recurses(word: &[u8], language: Language) -> bool {
    match language {
        Language::Python => matches!(word, b"not" | b"lambda" | b"await" | b"else" | b"yield" | b"if"),
        Language::TypeScript => {
            matches!(word, b"else" | b"await" | b"typeof" | b"void" | b"delete" | b"new" | b"yield" | b"extends" | b"if")
        }
    }
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    // The line break itself is looked at again by the caller.
    memchr::memchr(b'\n', bytes.get(at..).unwrap_or(&[])).map_or(bytes.len(), |end| (at + end).saturating_sub(1).max(at))
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or(&[]);
    at + rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(rest.len())
}

/// The last byte of the string literal that starts here; a literal that does not end on its line ends where it starts.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let Some(&quote) = bytes.get(at) else { return at };
    let rest = bytes.get(at..).unwrap_or(&[]);
    let triple = [quote; 3];
    if rest.starts_with(&triple) {
        return memchr::memmem::find(rest.get(3..).unwrap_or(&[]), &triple).map_or(at + 2, |end| at + end + 5);
    }
    let mut escaped = false;
    for (offset, &byte) in rest.iter().enumerate().skip(1) {
        match byte {
            b'\n' if !escaped => return at,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return at + offset,
            _ => {}
        }
    }
    at
}

fn deep_indent(text: &str) -> bool {
    let mut levels: Vec<usize> = Vec::new();
    for line in text.lines() {
        let body = line.trim_start_matches([' ', '\t']);
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let width = line.len() - body.len();
        while levels.last().is_some_and(|&level| level >= width) {
            levels.pop();
        }
        levels.push(width);
        if levels.len() > DEEPEST_INDENT {
            return true;
        }
    }
    false
}
