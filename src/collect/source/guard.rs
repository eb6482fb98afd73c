//! Refuses text whose nesting would take the parsers' recursion too far. Both recurse per bracket and per prefix operator.

use crate::model::source::Language;

/// Deepest nesting of brackets that is parsed.
const DEEPEST_BRACKETS: usize = 300;
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
    let mut nesting = Nesting::default();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'#' if language == Language::Python => at = line_end(bytes, at),
            b'/' if language == Language::TypeScript && bytes.get(at + 1) == Some(&b'/') => {
                at = line_end(bytes, at)
            }
            b'/' if language == Language::TypeScript && bytes.get(at + 1) == Some(&b'*') => {
                at = memchr::memmem::find(bytes.get(at..).unwrap_or(&[]), b"*/")
                    .map_or(bytes.len(), |end| at + end + 1);
            }
            b'"' | b'\'' => at = string_end(bytes, at),
            b'(' | b'[' | b'{' => {
                // `f()()()` is as deep a tree as it is long; only Python's is dropped by recursion.
                nesting.add(u32::from(language == Language::Python));
                nesting.open(byte == b'{');
            }
            b')' | b']' | b'}' => nesting.close(),
            b',' => nesting.reset(),
            b'\n' if language == Language::Python && nesting.levels.is_empty() => nesting.reset(),
            b';' if nesting.in_block() => nesting.reset(),
            b'.' if language == Language::Python => nesting.add(1),
            b'-' | b'~' | b'!' | b'*' | b'+' | b'?' | b'=' | b'&' | b'|' => nesting.add(1),
            b'<' | b':' if language == Language::TypeScript => nesting.add(1),
            b'a'..=b'z' => {
                let end = word_end(bytes, at);
                let word = bytes.get(at..end).unwrap_or(&[]);
                if language == Language::TypeScript && starts_statement(word) {
                    nesting.reset();
                } else if recurses(word, language) {
                    nesting.add(1);
                }
                at = end.saturating_sub(1);
            }
            _ => {}
        }
        at += 1;
    }
    nesting.refusal()
}

/// Open brackets, each with the number of recursing tokens since its last separator.
#[derive(Default)]
struct Nesting {
    levels: Vec<(bool, u32)>,
    top: u32,
    total: u32,
    deepest: usize,
    most: u32,
}

impl Nesting {
    fn current(&mut self) -> &mut u32 {
        match self.levels.last_mut() {
            Some((_, count)) => count,
            None => &mut self.top,
        }
    }

    fn add(&mut self, count: u32) {
        *self.current() += count;
        self.total += count;
        self.most = self.most.max(self.total);
    }

    fn reset(&mut self) {
        let count = std::mem::take(self.current());
        self.total = self.total.saturating_sub(count);
    }

    fn open(&mut self, block: bool) {
        self.levels.push((block, 0));
        self.deepest = self.deepest.max(self.levels.len());
    }

    fn close(&mut self) {
        if let Some((_, count)) = self.levels.pop() {
            self.total = self.total.saturating_sub(count);
        }
    }

    /// Whether a `;` here ends a statement: not in the head of a `for`.
    fn in_block(&self) -> bool {
        self.levels.last().is_none_or(|(block, _)| *block)
    }

    fn refusal(&self) -> Option<&'static str> {
        if self.deepest > DEEPEST_BRACKETS {
            return Some("brackets nested more than 300 deep");
        }
        (self.most > MOST_PREFIXES).then_some("one statement chains more than 2,000 operators")
    }
}

/// Words that cannot stand inside an expression chain.
fn starts_statement(word: &[u8]) -> bool {
    matches!(
        word,
        b"const"
            | b"let"
            | b"var"
            | b"import"
            | b"export"
            | b"return"
            | b"throw"
            | b"case"
            | b"break"
            | b"continue"
    )
}

fn recurses(word: &[u8], language: Language) -> bool {
    match language {
        Language::Python => matches!(
            word,
            b"not" | b"lambda" | b"await" | b"else" | b"yield" | b"if"
        ),
        Language::TypeScript => {
            matches!(
                word,
                b"else"
                    | b"await"
                    | b"typeof"
                    | b"void"
                    | b"delete"
                    | b"new"
                    | b"yield"
                    | b"extends"
                    | b"if"
                    | b"for"
                    | b"while"
                    | b"do"
                    | b"with"
                    | b"async"
                    | b"keyof"
            )
        }
    }
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    // The line break itself is looked at again by the caller.
    memchr::memchr(b'\n', bytes.get(at..).unwrap_or(&[]))
        .map_or(bytes.len(), |end| (at + end).saturating_sub(1).max(at))
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or(&[]);
    at + rest
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .unwrap_or(rest.len())
}

/// The last byte of the string literal that starts here; a literal that does not end on its line ends where it starts.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let Some(&quote) = bytes.get(at) else {
        return at;
    };
    let rest = bytes.get(at..).unwrap_or(&[]);
    let triple = [quote; 3];
    if rest.starts_with(&triple) {
        return memchr::memmem::find(rest.get(3..).unwrap_or(&[]), &triple)
            .map_or(at + 2, |end| at + end + 5);
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
