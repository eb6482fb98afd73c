//! Values behind a vendor's name: `ALGOLIA_ADMIN_KEY=…`, `pinecone.init(api_key="…")`, `fastly token: …`.

use std::ops::Range;

use super::assign::of_vendor;
use super::decoys::hash_context;
use super::engine::Named;
use super::names::segments;
use super::scan::{Confidence, Found, Subject};
use super::text::{
    camel, entropy, is_hex, is_uuid, is_word, letters_and_digits, sequential, wordy,
};
use super::{Alphabet, Shape};

/// How far behind the vendor's name the value may start, in bytes.
const REACH: usize = 110;
/// How many line breaks may stand between.
const LINES: usize = 2;
/// How far before the vendor's name its identifier may start, in bytes.
const IDENTIFIER: usize = 48;

/// Words one of which must stand between the vendor's name and the value, or in the identifier that holds the name.
const SECRET_WORDS: &[&str] = &[
    "key",
    "token",
    "secret",
    "private",
    "access",
    "auth",
    "pass",
    "bearer",
    "credential",
    "pat",
    "login",
    "pwd",
];

/// Finds the value behind the vendor's name at `at`.
pub(super) fn find(named: &Named, subject: &Subject<'_>, at: &Range<usize>) -> Option<Found> {
    let bytes = subject.text.as_bytes();
    let letter = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_lowercase)
    };
    if letter(at.start.checked_sub(1)) && bytes.get(at.start).is_some_and(u8::is_ascii_lowercase) {
        return None;
    }
    let limit = reach(bytes, at.end);
    for shape in named.shapes {
        let mut from = at.end;
        while let Some(range) = next_run(bytes, from, limit, shape) {
            from = range.end.max(from + 1);
            if accepts(subject, shape, at, &range) {
                return Some(Found {
                    kind: named.kind,
                    range,
                    confidence: Confidence::Medium,
                });
            }
        }
    }
    of_vendor(subject, named.kind, at)
}

/// The last byte at which a value may start.
fn reach(bytes: &[u8], from: usize) -> usize {
    let limit = (from + REACH).min(bytes.len());
    let window = bytes.get(from..limit).unwrap_or_default();
    memchr::memchr_iter(b'\n', window)
        .nth(LINES)
        .map_or(limit, |at| from + at)
}

/// The next maximal run of the shape's alphabet that has the shape's length and stands free.
fn next_run(bytes: &[u8], mut from: usize, limit: usize, shape: &Shape) -> Option<Range<usize>> {
    while from < limit {
        let start = (from..limit).find(|&at| {
            bytes
                .get(at)
                .is_some_and(|&byte| belongs(shape.alphabet, byte))
        })?;
        let most = (start + shape.most + 1).min(bytes.len());
        let mut end = (start..most)
            .find(|&at| !belongs(shape.alphabet, bytes[at]))
            .unwrap_or(most);
        if shape.alphabet == Alphabet::Base64 {
            end += bytes[end..]
                .iter()
                .take(2)
                .take_while(|&&byte| byte == b'=')
                .count();
        }
        let fits = (shape.least..=shape.most).contains(&(end - start));
        if fits && free(bytes, start, end, shape.alphabet) {
            return Some(start..end);
        }
        from = (end..bytes.len().min(end + 4096))
            .find(|&at| !belongs(shape.alphabet, bytes[at]))
            .unwrap_or(limit)
            .max(start + 1);
    }
    None
}

/// Whether a byte belongs to an alphabet; padding is handled apart.
fn belongs(alphabet: Alphabet, byte: u8) -> bool {
    match alphabet {
        Alphabet::Hex => byte.is_ascii_hexdigit(),
        Alphabet::Lower => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
        Alphabet::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Alphabet::Alnum => byte.is_ascii_alphanumeric(),
        Alphabet::Word => is_word(byte) || byte == b'-',
        Alphabet::Dotted => is_word(byte) || byte == b'-' || byte == b'.',
        Alphabet::Base64 => byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/',
        Alphabet::Uuid => byte.is_ascii_hexdigit() || byte == b'-',
    }
}

/// Whether nothing that could belong to the same token stands beside it.
fn free(bytes: &[u8], start: usize, end: usize, alphabet: Alphabet) -> bool {
    let before = start
        .checked_sub(1)
        .and_then(|at| bytes.get(at))
        .copied()
        .unwrap_or(b' ');
    let after = bytes.get(end).copied().unwrap_or(b' ');
    let next = bytes.get(end + 1).copied().unwrap_or(b' ');
    let joined_after =
        matches!(after, b'-' | b'.' | b'/' | b'@' | b'(') && (is_word(next) || after == b'(');
    let joined_before = matches!(before, b'/' | b'.' | b'\\' | b'$' | b'@' | b'%' | b'+')
        && alphabet != Alphabet::Base64;
    let inside_base64url = before == b'-' && alphabet == Alphabet::Base64;
    !is_word(before) && !inside_base64url && !joined_before && !is_word(after) && !joined_after
}

/// Whether the run is a secret of this shape.
fn accepts(
    subject: &Subject<'_>,
    shape: &Shape,
    name: &Range<usize>,
    range: &Range<usize>,
) -> bool {
    let text = subject.text;
    let Some(value) = text.get(range.clone()) else {
        return false;
    };
    let from = identifier_start(text, name.start);
    let Some(between) = text.get(from..range.start) else {
        return false;
    };
    let lower = between.to_ascii_lowercase();
    if !bound(text, name.end, range.start) && !SECRET_WORDS.iter().any(|word| lower.contains(word))
    {
        return false;
    }
    if shape.alphabet == Alphabet::Uuid && !is_uuid(value) || names_an_id(between) {
        return false;
    }
    if is_hex(value) && hash_context(between) {
        return false;
    }
    plausible(subject, shape, value)
}

/// Whether the value is random enough for its alphabet.
fn plausible(subject: &Subject<'_>, shape: &Shape, value: &str) -> bool {
    if subject.decoy(value) || wordy(value) || camel(value) {
        return false;
    }
    let few_digits = value.bytes().filter(u8::is_ascii_digit).count() < 2;
    if shape.alphabet == Alphabet::Base64 && (few_digits || entropy(value) < 4.0) {
        return false;
    }
    let floor: f64 = match shape.alphabet {
        Alphabet::Hex | Alphabet::Uuid => 2.8,
        _ if is_hex(value) => 2.8,
        _ => 3.0,
    };
    let mixed = value.bytes().any(|byte| byte.is_ascii_uppercase())
        && value.bytes().any(|byte| byte.is_ascii_lowercase());
    let random = letters_and_digits(value) || value.len() >= 24 && mixed && entropy(value) >= 4.0;
    random
        && entropy(value) >= floor.min((value.len() as f64).log2() * 0.8)
        && (subject.options.regular || !sequential(value))
}

/// Where the identifier that holds the vendor's name starts.
fn identifier_start(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let floor = at.saturating_sub(IDENTIFIER);
    (floor..at)
        .rev()
        .find(|&i| !(is_word(bytes[i]) || bytes[i] == b'-' || bytes[i] == b'.'))
        .map_or(floor, |i| i + 1)
}

/// Whether the value is bound to the very identifier that holds the name: nothing but a separator and quotes between.
fn bound(text: &str, name_end: usize, value_start: usize) -> bool {
    let Some(between) = text.get(name_end..value_start) else {
        return false;
    };
    let rest =
        between.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let separator =
        rest.trim_matches(|c: char| matches!(c, '"' | '\'' | '`' | ' ' | '\t' | '\\' | ']'));
    matches!(separator, "=" | ":" | ":=" | "=>")
}

/// Whether the name next to the value ends in ID, URL and the like.
fn names_an_id(between: &str) -> bool {
    let name = between.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let start = name
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
        .map_or(0, |at| at + 1);
    let name = name.get(start..).unwrap_or("");
    let segments = segments(name);
    matches!(
        segments.last().map(String::as_str),
        Some(
            "ID" | "IDS"
                | "ARN"
                | "URL"
                | "NAME"
                | "SHA"
                | "HASH"
                | "VERSION"
                | "REF"
                | "DIGEST"
                | "CHECKSUM"
                | "PUBLIC"
                | "SITEKEY"
        )
    )
}
