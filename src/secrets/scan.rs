//! The scan of one text.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

pub use crate::model::secret::Confidence;

use super::automaton::AUTOMATON;
use super::context::{Context, needs_quotes};
use super::decoys;
use super::engine::{Engine, Format, Job, engine};
use super::text::{ends_token, starts_token};
use super::{Kind, assign, command, kinds, mask, material, named, split};

/// Longest text behind a keyword that a format is tried on.
const WINDOW: usize = 4096;
/// The same for a format that may start before its keyword.
const NEAR: usize = 640;

/// What a scan leaves out.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The least confidence that is reported.
    pub least: Confidence,
    /// Report values that are too regular to be live (`sk-123456…`).
    pub regular: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            least: Confidence::Low,
            regular: false,
        }
    }
}

/// A secret found in a text. It holds no copy of the secret.
#[derive(Clone, Debug)]
pub struct Hit {
    /// What was found.
    pub kind: &'static Kind,
    /// Byte range of the secret in the text.
    pub range: Range<usize>,
    /// At most the first four characters, and the length.
    pub masked: String,
    /// The line (of a long one a window around the hit) with every secret on it masked.
    pub masked_line: String,
    /// What file it stands in.
    pub context: Context,
    /// How sure the engine is.
    pub confidence: Confidence,
}

/// A secret before overlaps are settled.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) kind: &'static Kind,
    pub(super) range: Range<usize>,
    pub(super) confidence: Confidence,
}

/// The text under scan.
pub(super) struct Subject<'a> {
    pub(super) text: &'a str,
    pub(super) context: Context,
    /// Whether a bare word is an expression.
    pub(super) quoted: bool,
    pub(super) options: Options,
}

impl Subject<'_> {
    /// Whether a value is a decoy under the options.
    pub(super) fn decoy(&self, value: &str) -> bool {
        if self.options.regular {
            decoys::placeholder(value)
        } else {
            decoys::decoy(value)
        }
    }
}

/// Finds the secrets of a text, in the order in which they stand. `path` only says what the file is.
pub fn scan(path: &str, text: &str, options: &Options) -> Vec<Hit> {
    let engine = engine();
    let subject = Subject {
        text,
        context: Context::of(path),
        quoted: needs_quotes(path),
        options: *options,
    };
    let mut found = Vec::new();
    AUTOMATON.find(text.as_bytes(), |at, entry| {
        if !entry.exact || text.as_bytes().get(at.clone()) == Some(entry.word.as_bytes()) {
            run(engine, entry.job, &subject, at, &mut found);
        }
    });
    found.extend(split::find(engine, &subject));
    found.retain(|found| found.confidence >= options.least);
    settle(&subject, found)
}

/// Tries one rule at one keyword.
pub(super) fn run(
    engine: &Engine,
    job: Job,
    subject: &Subject<'_>,
    at: Range<usize>,
    found: &mut Vec<Found>,
) {
    let new = match job {
        Job::Format(index) => engine
            .formats
            .get(index)
            .and_then(|format| try_format(format, subject, &at)),
        Job::Named(index) => engine
            .named
            .get(index)
            .and_then(|kind| named::find(kind, subject, &at)),
        Job::Assignment => assign::find(subject, &at),
        Job::Authorization => assign::authorization(subject, &at),
        Job::Pem => material::pem(subject, at.start),
        Job::Putty => material::putty(subject, at.start),
        Job::PemBase64 => material::pem_base64(subject, at.start),
        Job::Jwt => material::jwt(subject, at.start),
        Job::Address => material::address(subject, &at),
        Job::Command(index) => command::find(subject, index, &at),
    };
    found.extend(new);
}

/// Tries a format at its keyword.
fn try_format(format: &Format, subject: &Subject<'_>, at: &Range<usize>) -> Option<Found> {
    let bytes = subject.text.as_bytes();
    let from = at.start.saturating_sub(format.lead);
    if format.lead == 0 && !starts_token(bytes, from) {
        return None;
    }
    let to = if format.lead == 0 {
        at.start + WINDOW
    } else {
        at.end + NEAR
    }
    .min(bytes.len());
    let window = &bytes[from..to];
    for captures in format.pattern_for(window)?.captures_iter(window) {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        let secret = captures.get(1).unwrap_or(whole);
        if from + whole.end() <= at.start
            || !starts(bytes, from + whole.start(), from + secret.start())
            || !ends_token(bytes, from + whole.end())
        {
            continue;
        }
        let range = from + secret.start()..from + secret.end();
        let Some(value) = subject.text.get(range.clone()) else {
            continue;
        };
        if digest_before(bytes, range.start) || encoded_around(bytes, &range) {
            continue;
        }
        if !subject.decoy(value) {
            return Some(Found {
                kind: format.kind,
                range,
                confidence: Confidence::High,
            });
        }
    }
    None
}

/// Whether a match starts where a token may: at its start, or, where the form begins with a name that may be the end of a longer one
/// (`CORP_OKTA_TOKEN`), behind a `_` with the secret at the start of a token.
fn starts(bytes: &[u8], whole: usize, secret: usize) -> bool {
    let joined = whole.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'_');
    starts_token(bytes, whole) || joined && secret > whole && starts_token(bytes, secret)
}

/// Whether the name of a hash function introduces the value, as in lock files and manifests of packages.
fn digest_before(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(at.saturating_sub(7)..at).unwrap_or_default();
    [
        &b"sha256="[..],
        b"sha256-",
        b"sha256:",
        b"sha384-",
        b"sha512-",
        b"sha512=",
    ]
    .contains(&before)
        || before.ends_with(b"sha1-")
}

/// How many characters of base64 around a value make it a part of encoded data.
const ENCODED: usize = 128;

/// Whether a value stands in the middle of encoded data (an image in a data URI): any letters come up there.
fn encoded_around(bytes: &[u8], range: &Range<usize>) -> bool {
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let before = bytes.get(..range.start).unwrap_or_default();
    let before = before.iter().rev().take(ENCODED).take_while(part).count();
    let after = bytes.get(range.end..).unwrap_or_default();
    let after = after.iter().take(ENCODED).take_while(part).count();
    before + after >= ENCODED || in_wrapped_block(bytes, range)
}

/// How wide the lines of a wrapped block of base64 are.
const WRAPPED: std::ops::RangeInclusive<usize> = 60..=80;

/// Longest line that is looked at, with what may stand behind its text.
const WIDEST: usize = 1024;

/// Whether a value stands in a block of base64 that is wrapped at one width, as mail and documents hold pictures. Tokens that are
/// listed one a line hold no `+` or `/`.
fn in_wrapped_block(bytes: &[u8], range: &Range<usize>) -> bool {
    // A file of one line has thousands of places on it, and none in such a block.
    let line = |at: usize| {
        let from = at.saturating_sub(WIDEST);
        let before = bytes.get(from..at)?.iter();
        let start = match before.rev().position(|byte| *byte == b'\n') {
            Some(back) => at - back,
            None => (from == 0).then_some(0)?,
        };
        let rest = bytes.get(at..)?.iter().take(WIDEST);
        let width = { rest }.position(|byte| *byte == b'\n')?;
        Some(start..at + width)
    };
    let wrapped = |line: Range<usize>| {
        let text = bytes.get(line)?.trim_ascii_end();
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        (WRAPPED.contains(&text.len()) && text.iter().all(part)).then_some(text)
    };
    let around = || {
        let own = line(range.start)?;
        let after = wrapped(line(own.end + 1)?)?;
        let before = wrapped(line(own.start.checked_sub(1)?)?)?;
        let own = wrapped(own)?;
        let marked = [before, own, after]
            .into_iter()
            .flatten()
            .any(|byte| matches!(byte, b'+' | b'/'));
        Some(marked && own.len() == before.len() && own.len() == after.len())
    };
    around().unwrap_or(false)
}

/// Keeps the surest of overlapping finds and masks what is left.
fn settle(subject: &Subject<'_>, mut found: Vec<Found>) -> Vec<Hit> {
    // Of two kinds that claim the same bytes the one that stands first in the tables wins. They are compared by name: a table may
    // stand at several addresses of one program.
    let order = |found: &Found| kinds().position(|kind| kind.id == found.kind.id);
    let key = |found: &Found| {
        (
            Reverse(found.confidence),
            Reverse(found.range.len()),
            found.range.start,
        )
    };
    found.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| order(a).cmp(&order(b))));
    let mut kept: BTreeMap<usize, Found> = BTreeMap::new();
    for new in found {
        let before = kept.range(..new.range.end).next_back();
        if before.is_none_or(|(_, old)| old.range.end <= new.range.start) {
            kept.insert(new.range.start, new);
        }
    }
    let ranges: Vec<Range<usize>> = kept.values().map(|found| found.range.clone()).collect();
    let to_hit = |found: Found| Hit {
        masked: mask::masked(subject.text.get(found.range.clone()).unwrap_or("")),
        masked_line: mask::masked_line(subject.text, &found.range, &ranges),
        kind: found.kind,
        range: found.range,
        context: subject.context,
        confidence: found.confidence,
    };
    kept.into_values().map(to_hit).collect()
}
