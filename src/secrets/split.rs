//! Secrets that code writes in several literals, as line lengths ask for: `"sk-ant-api03-…" "…"` on two lines, or with a `+` between.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2_iter;

use super::automaton::AUTOMATON;
use super::engine::{Engine, Job};
use super::scan::{Found, Subject, run};

/// Longest part of a literal that is looked at.
const LONGEST: usize = 512;

/// Literals that are one text, without what stands between them.
#[derive(Default)]
struct Joined {
    text: String,
    /// Where each part starts in the joined text, and in the text of the file.
    parts: Vec<(usize, usize)>,
}

/// The secrets that only the joined literals show.
pub(super) fn find(engine: &Engine, subject: &Subject<'_>) -> Vec<Found> {
    // Only in code is a quote the end of a literal.
    if !subject.quoted {
        return Vec::new();
    }
    let joined = all(subject.text);
    let found = joined.iter().flat_map(|one| in_one(engine, subject, one));
    found.collect()
}

fn in_one(engine: &Engine, subject: &Subject<'_>, joined: &Joined) -> Vec<Found> {
    let whole = Subject {
        text: &joined.text,
        ..*subject
    };
    let mut found = Vec::new();
    AUTOMATON.find(joined.text.as_bytes(), |at, entry| {
        let exact = || joined.text.as_bytes().get(at.clone()) == Some(entry.word.as_bytes());
        if matches!(entry.job, Job::Format(_) | Job::Jwt) && (!entry.exact || exact()) {
            run(engine, entry.job, &whole, at, &mut found);
        }
    });
    found.retain(|one| joined.crosses(&one.range));
    for one in &mut found {
        one.range = joined.in_the_file(&one.range);
    }
    found
}

impl Joined {
    fn add(&mut self, part: &str, original: usize) {
        self.parts.push((self.text.len(), original));
        self.text.push_str(part);
    }

    /// How many parts start at an offset of the joined text or before it.
    fn parts_to(&self, offset: usize) -> usize {
        self.parts.partition_point(|(start, _)| *start <= offset)
    }

    /// Whether a range lies in more than one literal.
    fn crosses(&self, range: &Range<usize>) -> bool {
        let next = self.parts.get(self.parts_to(range.start));
        next.is_some_and(|(start, _)| *start < range.end)
    }

    /// The same range in the text of the file, with what stands between the literals.
    fn in_the_file(&self, range: &Range<usize>) -> Range<usize> {
        let at = |offset: usize| {
            let last = self.parts_to(offset).checked_sub(1);
            let part = last.and_then(|last| self.parts.get(last));
            part.map_or(offset, |(start, original)| original + (offset - start))
        };
        at(range.start)..at(range.end.saturating_sub(1)) + 1
    }
}

/// Every run of literals of a text between which nothing stands but space, a line's end or a `+`.
fn all(text: &str) -> Vec<Joined> {
    let bytes = text.as_bytes();
    let mut found: Vec<Joined> = Vec::new();
    let mut end_of_last = None;
    for at in memchr2_iter(b'"', b'\'', bytes) {
        let Some(&byte) = bytes.get(at) else {
            continue;
        };
        let Some(next) = opening(bytes, at) else {
            continue;
        };
        let right = literal(bytes, next, byte);
        let Some(part) = text.get(right.clone()) else {
            continue;
        };
        let goes_on = end_of_last == Some(at);
        end_of_last = Some(right.end);
        match found.last_mut().filter(|_| goes_on) {
            Some(joined) => joined.add(part, right.start),
            None => {
                let left = before(bytes, at, byte);
                if let Some(first) = text.get(left.clone()) {
                    let mut joined = Joined::default();
                    joined.add(first, left.start);
                    joined.add(part, right.start);
                    found.push(joined);
                }
            }
        }
    }
    found
}

/// What several literals say, from the inside of the first to that of the last.
pub(super) fn said(written: &str) -> Cow<'_, str> {
    let bytes = written.as_bytes();
    let mut said = String::new();
    let mut from = 0;
    for at in memchr2_iter(b'"', b'\'', bytes) {
        if at >= from
            && let Some(next) = opening(bytes, at)
        {
            said.push_str(written.get(from..at).unwrap_or_default());
            from = next;
        }
    }
    match from {
        0 => Cow::Borrowed(written),
        _ => Cow::Owned(said + written.get(from..).unwrap_or_default()),
    }
}

/// Where the literal begins that follows the one that ends at a quote, with the same quote.
fn opening(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = bytes.get(at)?;
    let rest = bytes.get(at + 1..)?;
    let gap = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'+' | b'\\');
    let length = rest.iter().take_while(|byte| gap(byte)).count();
    let pluses = rest
        .iter()
        .take(length)
        .filter(|byte| **byte == b'+')
        .count();
    let apart = rest
        .iter()
        .take(length)
        .any(|byte| matches!(byte, b'+' | b'\n'));
    (apart && pluses <= 1 && rest.get(length) == Some(quote)).then_some(at + length + 2)
}

/// The inside of a literal from where it begins to its quote.
fn literal(bytes: &[u8], from: usize, quote: u8) -> Range<usize> {
    let rest = bytes.get(from..).unwrap_or_default();
    let ends = |byte: &&u8| **byte != quote && **byte != b'\n';
    from..from + rest.iter().take(LONGEST).take_while(ends).count()
}

/// The inside of the literal that ends at a quote.
fn before(bytes: &[u8], at: usize, quote: u8) -> Range<usize> {
    let rest = bytes.get(..at).unwrap_or_default();
    let starts = |byte: &&u8| **byte != quote && **byte != b'\n';
    at - rest.iter().rev().take(LONGEST).take_while(starts).count()..at
}
