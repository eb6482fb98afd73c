//! Positions: every value that the audit quotes carries the place it was read from.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

/// Longest excerpt or line that is kept, in characters: a minified bundle must not fill the report.
const LONGEST_LINE: usize = 240;

/// A region of a text file: 1-based lines and columns, columns counted in characters, `end_column` exclusive.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Span {
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
}

/// A place in a file together with the text that stands there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// Path relative to the project root, with `/` separators.
    pub path: Arc<str>,
    /// Where in the file; `None` when the whole file is meant.
    pub span: Option<Span>,
    /// The text of the span, cut to its first line.
    pub excerpt: Arc<str>,
    /// The whole first line, for a caret display.
    pub line_text: Arc<str>,
}

impl Site {
    /// A site that means a whole file (or folder).
    pub fn file(path: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            span: None,
            excerpt: "".into(),
            line_text: "".into(),
        }
    }

    /// The file and, where a part of it is meant, the line: `app/main.py:12`.
    pub fn place(&self) -> String {
        match self.span {
            Some(span) => format!("{}:{}", self.path, span.line),
            None => self.path.to_string(),
        }
    }
}

/// A text file kept with the index of its lines, so that byte ranges turn into [`Site`]s.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// Path relative to the project root, with `/` separators.
    pub path: Arc<str>,
    /// The text.
    pub text: Arc<str>,
    /// Byte offset at which each line starts; counted when the first position is asked for, which of most files is never.
    starts: OnceLock<Box<[u32]>>,
    /// How many characters come before each multiple of [`STRIDE`] bytes; `None` where every character is one byte.
    characters: Option<Vec<usize>>,
}

/// Distance of the character counts, in bytes: a column costs at most this much reading, however long its line is.
const STRIDE: usize = 1024;

/// How many characters start in these bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xc0) != 0x80).count()
}

impl SourceText {
    /// Indexes `text`.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let counts = |bytes: &[u8]| {
            let mut before = 0;
            let count = |chunk: &[u8]| {
                let here = before;
                before += characters(chunk);
                here
            };
            bytes.chunks(STRIDE).map(count).collect()
        };
        let characters = (!text.is_ascii()).then(|| counts(text.as_bytes()));
        Self {
            path: path.into(),
            text,
            starts: OnceLock::new(),
            characters,
        }
    }

    fn starts(&self) -> &[u32] {
        self.starts.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes());
            let starts = breaks.map(|at| to_u32(at + 1));
            std::iter::once(0).chain(starts).collect()
        })
    }

    /// The 0-based index of the line that holds the byte offset.
    fn line_index(&self, offset: usize) -> usize {
        self.starts()
            .partition_point(|&start| start as usize <= offset)
            .saturating_sub(1)
    }

    /// Where a line starts, by its 0-based index.
    fn start(&self, index: usize) -> Option<usize> {
        self.starts().get(index).map(|start| *start as usize)
    }

    /// The text of a 1-based line without its line break.
    pub fn line(&self, line: u32) -> &str {
        let index = (line as usize).saturating_sub(1);
        let Some(start) = self.start(index) else {
            return "";
        };
        let end = self.start(index + 1).unwrap_or(self.text.len());
        self.text
            .get(start..end)
            .unwrap_or("")
            .trim_end_matches(['\n', '\r'])
    }

    /// How many lines the text has.
    pub fn line_count(&self) -> usize {
        self.starts().len()
    }

    /// 1-based line and column of a byte offset.
    pub fn position(&self, offset: usize) -> (u32, u32) {
        let offset = self.floor(offset);
        let index = self.line_index(offset);
        let start = self.start(index).unwrap_or(0);
        let column = self.characters_before(offset) - self.characters_before(start);
        (to_u32(index + 1), to_u32(column + 1))
    }

    /// How many characters come before a byte offset.
    fn characters_before(&self, offset: usize) -> usize {
        let Some(counts) = &self.characters else {
            return offset;
        };
        let chunk = (offset / STRIDE).min(counts.len().saturating_sub(1));
        let rest = self.text.as_bytes().get(chunk * STRIDE..offset);
        counts.get(chunk).copied().unwrap_or(0) + rest.map_or(0, characters)
    }

    /// Turns a byte range into lines and columns.
    pub fn span(&self, range: Range<usize>) -> Span {
        let (line, column) = self.position(range.start);
        let (end_line, end_column) = self.position(range.end.max(range.start));
        Span {
            line,
            column,
            end_line,
            end_column,
        }
    }

    /// The site of a byte range.
    pub fn site(&self, range: Range<usize>) -> Site {
        let (from, to) = (
            self.floor(range.start),
            self.floor(range.end.max(range.start)),
        );
        let span = self.span(from..to);
        let text = self.text.get(from..to).unwrap_or("");
        let first = text.lines().next().unwrap_or("");
        Site {
            path: self.path.clone(),
            span: Some(span),
            excerpt: cut(first),
            line_text: cut(self.line(span.line)),
        }
    }

    /// The largest character boundary that is not past `offset`.
    fn floor(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while at > 0 && !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

fn cut(line: &str) -> Arc<str> {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((at, _)) => line[..at].into(),
        None => line.into(),
    }
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A value and the place it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Sited<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub site: Site,
}

impl<T> Sited<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, site: Site) -> Self {
        Self { value, site }
    }
}

impl<T> std::ops::Deref for Sited<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}
