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
/// Longest part between separators that may be anything (a vendor's prefix, an abbreviation).
const SHORT: usize = 4;

/// Whether a value is made of such words and runs only, separators and short parts aside: `some-key-1234567890`,
/// `sk-verylongsecretkey12345`. Random values are not: every character has to be covered.
pub(super) fn typed(value: &str) -> bool {
    let bytes = value.as_bytes();
    if !(8..=80).contains(&bytes.len()) || !value.is_ascii() {
        return false;
    }
    // For each place that words and runs lead to: how much of the way was words, and how much was short parts.
    let mut ways: Vec<Option<(usize, usize)>> = vec![None; bytes.len() + 1];
    ways[0] = Some((0, 0));
    for at in 0..bytes.len() {
        let Some((words, short)) = ways[at] else {
            continue;
        };
        let mut reach = |to: usize, way: (usize, usize)| {
            if let Some(slot) = ways.get_mut(to) {
                let better = slot.is_none_or(|(known, rest)| {
                    (way.1, usize::MAX - way.0) < (rest, usize::MAX - known)
                });
                if better {
                    *slot = Some(way);
                }
            }
        };
        if matches!(bytes[at], b'-' | b'_' | b'.' | b'/' | b':' | b'!') {
            reach(at + 1, (words, short));
            continue;
        }
        for word in WORDS.iter().filter(|word| is_at(bytes, at, word)) {
            reach(at + word.len(), (words + word.len(), short));
        }
        for to in at + RUN..=at + run(&bytes[at..]) {
            reach(to, (words, short));
        }
        if let Some(length) = part(bytes, at) {
            reach(at + length, (words, short + length));
        }
    }
    // Most of it says what it is, or runs; and some of it says.
    ways[bytes.len()].is_some_and(|(words, short)| words >= 3 && short * 3 <= bytes.len())
}

/// Whether a word stands there: in lower case, in upper case or capitalised.
fn is_at(bytes: &[u8], at: usize, word: &str) -> bool {
    bytes.get(at..at + word.len()).is_some_and(|there| {
        there.eq_ignore_ascii_case(word.as_bytes())
            && (there[1..].iter().all(u8::is_ascii_lowercase)
                || there.iter().all(u8::is_ascii_uppercase))
    })
}

/// How many characters from the first on go up by one each, zero after nine.
fn run(bytes: &[u8]) -> usize {
    let steps = bytes.windows(2).take_while(|pair| {
        pair[0].is_ascii_alphanumeric() && pair[1] == pair[0] + 1 || pair == b"90"
    });
    let steps = steps.count();
    if steps + 1 < RUN { 0 } else { steps + 1 }
}

/// The length of a whole part between separators, where it is short and of one case.
fn part(bytes: &[u8], at: usize) -> Option<usize> {
    let begins = at == 0 || matches!(bytes[at - 1], b'-' | b'_' | b'.');
    let length = bytes[at..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    let lower = bytes[at..at + length]
        .iter()
        .all(|byte| !byte.is_ascii_uppercase());
    (begins && lower && (1..=SHORT).contains(&length)).then_some(length)
}
