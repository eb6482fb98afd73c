//! What people type where a secret is to stand: words that say what it is, and runs along the digits or the alphabet.

/// Words that such values are made of. All in lower case.
const WORDS: &[&str] = &[
    "access",
    "account",
    "admin",
    "agent",
    "another",
    "api",
    "app",
    "auth",
    "bad",
    "bearer",
    "client",
    "code",
    "coded",
    "confidential",
    "config",
    "controlled",
    "credential",
    "credentials",
    "default",
    "demo",
    "dev",
    "dummy",
    "env",
    "expired",
    "fake",
    "first",
    "for",
    "hard",
    "hardcoded",
    "hidden",
    "internal",
    "invalid",
    "key",
    "keys",
    "leak",
    "leaked",
    "legacy",
    "live",
    "local",
    "long",
    "mock",
    "my",
    "never",
    "new",
    "not",
    "old",
    "only",
    "other",
    "pass",
    "passwd",
    "password",
    "plain",
    "private",
    "prod",
    "proj",
    "project",
    "pwd",
    "random",
    "raw",
    "real",
    "sample",
    "second",
    "secret",
    "sensitive",
    "service",
    "shared",
    "should",
    "some",
    "staging",
    "string",
    "super",
    "temp",
    "test",
    "testing",
    "text",
    "the",
    "this",
    "token",
    "top",
    "ultra",
    "unit",
    "user",
    "value",
    "very",
    "wrong",
];
/// Shortest run that counts.
const RUN: usize = 3;
/// A run that nobody takes for a part of a random value.
const LONG_RUN: usize = 6;
/// Longest part between separators that may be anything (a vendor's prefix, an abbreviation).
const SHORT: usize = 4;
/// Longest part of plain letters beside a long run.
const LONG: usize = 12;

/// Longest value that is looked at, in bytes.
const LONGEST: usize = 200;

/// A way through a value: how many of its characters are words, runs and other parts.
#[derive(Clone, Copy, Default)]
struct Way {
    words: usize,
    runs: usize,
    other: usize,
}

impl Way {
    /// The less is unexplained, the better.
    fn rank(self) -> (usize, std::cmp::Reverse<usize>) {
        (self.other, std::cmp::Reverse(self.words))
    }

    /// Most of it says what it is, or runs.
    fn typed(self, length: usize) -> bool {
        let short = self.words >= 3 && self.other * 3 <= length;
        let named = self.words >= 3 && self.runs >= LONG_RUN && self.other * 2 <= length;
        let alphabet = self.runs * 10 >= length * 7;
        short || named || alphabet
    }
}

/// Whether a value is made of such words and runs only, separators and short parts aside: `some-key-1234567890`,
/// `sk-verylongsecretkey12345`. Random values are not: every character has to be covered. Behind a long run parts in plain
/// letters may be longer (`test-billing-key-1234567890`).
pub(super) fn typed(value: &str) -> bool {
    value.is_ascii()
        && (8..=LONGEST).contains(&value.len())
        && [SHORT, LONG].into_iter().any(|longest| {
            way(value.as_bytes(), longest).is_some_and(|way| {
                (longest == SHORT || way.runs >= LONG_RUN) && way.typed(value.len())
            })
        })
}

fn way(bytes: &[u8], longest: usize) -> Option<Way> {
    let mut ways: Vec<Option<Way>> = vec![None; bytes.len() + 1];
    ways[0] = Some(Way::default());
    for at in 0..bytes.len() {
        let Some(here) = ways[at] else {
            continue;
        };
        let mut reach = |to: usize, way: Way| {
            if let Some(slot) = ways.get_mut(to)
                && slot.is_none_or(|known| way.rank() < known.rank())
            {
                *slot = Some(way);
            }
        };
        if is_separator(bytes[at]) {
            reach(at + 1, here);
            continue;
        }
        for word in WORDS.iter().filter(|word| is_at(bytes, at, word)) {
            let words = here.words + word.len();
            reach(at + word.len(), Way { words, ..here });
        }
        for length in RUN..=run(&bytes[at..]) {
            let runs = here.runs + length;
            reach(at + length, Way { runs, ..here });
        }
        if let Some(length) = part(bytes, at, longest) {
            let other = here.other + length;
            reach(at + length, Way { other, ..here });
        }
    }
    ways[bytes.len()]
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'!')
}

/// Whether a word stands there: in lower case, in upper case or capitalised.
fn is_at(bytes: &[u8], at: usize, word: &str) -> bool {
    bytes.get(at..at + word.len()).is_some_and(|there| {
        there.eq_ignore_ascii_case(word.as_bytes())
            && (there[1..].iter().all(u8::is_ascii_lowercase)
                || there.iter().all(u8::is_ascii_uppercase))
    })
}

/// How many characters from the first on go up by one each, or down, in the digits, the alphabet or both.
fn run(bytes: &[u8]) -> usize {
    let follows = |one: u8, other: u8| {
        one.is_ascii_alphanumeric()
            && other.is_ascii_alphanumeric()
            && (other == one + 1 || matches!((one, other), (b'9', b'0' | b'a') | (b'z', b'0')))
    };
    let lower = |byte: &u8| byte.to_ascii_lowercase();
    let up = bytes
        .windows(2)
        .take_while(|pair| follows(lower(&pair[0]), lower(&pair[1])))
        .count();
    let down = bytes
        .windows(2)
        .take_while(|pair| follows(lower(&pair[1]), lower(&pair[0])))
        .count();
    let steps = up.max(down);
    if steps + 1 < RUN { 0 } else { steps + 1 }
}

/// The length of a whole part between separators that is not too long and of one case: a vendor's prefix, an abbreviation, or a
/// word of plain letters where longer ones are let through.
fn part(bytes: &[u8], at: usize, longest: usize) -> Option<usize> {
    let begins = at == 0 || is_separator(bytes[at - 1]);
    let part = bytes[at..]
        .split(|byte| !byte.is_ascii_alphanumeric())
        .next()
        .unwrap_or_default();
    let lower = part.iter().all(|byte| !byte.is_ascii_uppercase());
    let plain = part.len() <= SHORT || part.iter().all(u8::is_ascii_lowercase);
    (begins && lower && plain && (1..=longest).contains(&part.len())).then_some(part.len())
}
