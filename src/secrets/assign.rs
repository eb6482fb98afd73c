//! Literals assigned to names that imply a secret, in the syntaxes of code and configuration.

use std::ops::Range;

use super::Kind;
use super::decoys;
use super::judge::{is_password, is_value};
use super::kinds::built_in::{AUTHORIZATION, KINDS, PASSWORD, SECRET};
use super::names::{Implied, implied, implied_by_vendor};
use super::scan::{Confidence, Found, Subject};
use super::text::entropy;

/// Longest identifier, in bytes.
const LONGEST_NAME: usize = 80;
/// Longest literal, in bytes.
const LONGEST_LITERAL: usize = 4096;

/// A literal and how it is written.
struct Literal {
    range: Range<usize>,
    quoted: bool,
}

/// Finds a literal assigned to the identifier that holds the word at `at`.
pub(super) fn find(subject: &Subject<'_>, at: &Range<usize>) -> Option<Found> {
    let bytes = subject.text.as_bytes();
    // `pat` is the end of a name or no word at all: `path`, `pattern`.
    let is_pat = at.len() <= 4
        && bytes
            .get(at.end - 3..at.end)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"pat"));
    if is_pat && bytes.get(at.end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let name = identifier(bytes, at)?;
    // `AWS::ApiGateway::ApiKey` is the name of a type.
    let is_type = subject.text.get(..name.start)?.ends_with("::");
    if is_type || is_in_arn(subject.text, name.start) {
        return None;
    }
    let text = subject.text.get(name.clone())?;
    let implied = implied(text.rsplit('.').next().unwrap_or(text))?;
    let literal = literal(subject, &name)?;
    let value = subject.text.get(literal.range.clone())?;
    let (value_range, value) = strip_scheme(literal.range.clone(), value);
    let accepted = match implied {
        Implied::Password => is_password(subject, value, literal.quoted),
        Implied::Value => is_value(subject, value) && !decoys::hash_context(text),
    };
    let kind = if implied == Implied::Password {
        PASSWORD
    } else {
        SECRET
    };
    accepted
        .then(|| {
            KINDS.get(kind).map(|kind| Found {
                kind,
                range: value_range,
                confidence: Confidence::Low,
            })
        })
        .flatten()
}

/// Finds a literal assigned to the identifier that begins a word with the vendor's name at `at`: where the name says whose a random
/// value is and that it is a secret, its length need not be the usual one.
pub(super) fn of_vendor(
    subject: &Subject<'_>,
    kind: &'static Kind,
    at: &Range<usize>,
) -> Option<Found> {
    let bytes = subject.text.as_bytes();
    let name = identifier(bytes, at)?;
    let vendor = subject.text.get(at.clone())?;
    let text = subject.text.get(name.clone())?;
    let bare = implied_by_vendor(text.rsplit('.').next().unwrap_or(text), vendor)?;
    if decoys::hash_context(text) || is_in_arn(subject.text, name.start) {
        return None;
    }
    let literal = literal(subject, &name)?;
    let value = subject.text.get(literal.range.clone())?;
    let (range, value) = strip_scheme(literal.range.clone(), value);
    let accepted = value.len() >= 20 && is_value(subject, value) && (!bare || is_strong(value));
    accepted.then_some(Found {
        kind,
        range,
        confidence: Confidence::Low,
    })
}

/// Whether a value can be nothing but a drawn key: long, of one word, with letters of both cases and digits.
fn is_strong(value: &str) -> bool {
    let count = |is: fn(&u8) -> bool| value.bytes().filter(is).count();
    value.len() >= 32
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && count(u8::is_ascii_digit) >= 4
        && count(u8::is_ascii_lowercase) >= 6
        && count(u8::is_ascii_uppercase) >= 6
        && entropy(value) >= 4.3
}

/// Whether a place is within an ARN: `arn:aws:secretsmanager:us-east-1:111122223333:secret:crm-Ab12Cd` names a secret and holds none.
fn is_in_arn(text: &str, at: usize) -> bool {
    let floor = at.saturating_sub(LONGEST_NAME);
    let Some(before) = text.as_bytes().get(floor..at) else {
        return false;
    };
    let word = before
        .rsplit(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'='))
        .next()
        .unwrap_or_default();
    word.ends_with(b":") && word.starts_with(b"arn:")
}

/// Finds the credential of an Authorization header: `Bearer …`, `Basic …`.
pub(super) fn authorization(subject: &Subject<'_>, at: &Range<usize>) -> Option<Found> {
    let bytes = subject.text.as_bytes();
    let word = subject.text.get(at.clone())?.to_ascii_lowercase();
    let (from, basic) = match word.as_str() {
        "bearer " => (at.end, false),
        "basic " => (at.end, true),
        _ => {
            let name = at.start..at.end;
            let literal = literal(subject, &name)?;
            let value = subject.text.get(literal.range.clone())?;
            if value.contains(' ') {
                return None;
            }
            (literal.range.start, false)
        }
    };
    let is = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+' | b'/' | b'=' | b':')
    };
    let limit = (from + LONGEST_LITERAL).min(bytes.len());
    let end = (from..limit).find(|&i| !is(bytes[i])).unwrap_or(limit);
    if end < bytes.len() && matches!(bytes[end], b'{' | b'$' | b'(' | b'<' | b'[') {
        return None;
    }
    let value = subject.text.get(from..end)?.trim_end_matches(['.', ':']);
    let range = from..from + value.len();
    let accepted = if basic {
        is_basic(value)
    } else {
        value.len() >= 20 && is_value(subject, value)
    };
    accepted
        .then(|| {
            KINDS.get(AUTHORIZATION).map(|kind| Found {
                kind,
                range,
                confidence: Confidence::Low,
            })
        })
        .flatten()
}

/// Whether base64 holds `user:password`.
fn is_basic(value: &str) -> bool {
    use base64::Engine as _;
    let Ok(decoded) = base64::engine::general_purpose::STANDARD.decode(value) else {
        return false;
    };
    let Ok(decoded) = String::from_utf8(decoded) else {
        return false;
    };
    let Some((user, password)) = decoded.split_once(':') else {
        return false;
    };
    let printable = decoded.chars().all(|c| !c.is_control());
    printable
        && password.len() >= 4
        && user != password
        && !decoys::placeholder(&decoded)
        && !matches!(
            password,
            "password" | "pass" | "secret" | "open sesame" | "OpenSesame"
        )
}

/// The identifier around a word, with the object it is a member of; `None` if it is too long to be one.
fn identifier(bytes: &[u8], at: &Range<usize>) -> Option<Range<usize>> {
    let is = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let floor = at.start.saturating_sub(LONGEST_NAME);
    let start = (floor..at.start)
        .rev()
        .find(|&i| !is(bytes[i]))
        .map_or(floor, |i| i + 1);
    let limit = (at.end + LONGEST_NAME).min(bytes.len());
    let end = (at.end..limit)
        .find(|&i| !(is(bytes[i]) && bytes[i] != b'.'))
        .unwrap_or(limit);
    (end - start <= LONGEST_NAME).then_some(start..end)
}

/// The literal that is assigned to the name at `name`.
fn literal(subject: &Subject<'_>, name: &Range<usize>) -> Option<Literal> {
    let bytes = subject.text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(b'\n');
    let mut at = name.end;
    let escaped = byte(at) == b'\\' && matches!(byte(at + 1), b'"' | b'\'');
    let was_quoted = matches!(byte(at), b'"' | b'\'' | b'`') || escaped;
    at += usize::from(escaped) + usize::from(was_quoted);
    let option = byte(name.start) == b'-' && !was_quoted && matches!(byte(at), b' ');
    at = skip(bytes, at, b"])");
    at = spaces(bytes, at);
    let pair = byte(at) == b',';
    let at = if was_quoted && byte(at) == b'{' {
        default_of_block(bytes, at)?
    } else {
        separator(subject, at, was_quoted, option)?
    };
    let literal = value(subject, at, name, was_quoted)?;
    (!pair || literal.quoted && opens_call(bytes, name.start)).then_some(literal)
}

/// Where the default of a declared variable begins: `variable "api_token" {`, on one of the next lines `default = "…"`.
fn default_of_block(bytes: &[u8], open: usize) -> Option<usize> {
    const BLOCK: usize = 300;
    let block = bytes.get(open..(open + BLOCK).min(bytes.len()))?;
    let end = memchr::memchr(b'}', block).unwrap_or(block.len());
    let word = b"default";
    let at = block
        .get(..end)?
        .windows(word.len())
        .position(|window| window == word)?;
    let equals = spaces(bytes, open + at + word.len());
    (bytes.get(equals) == Some(&b'=')).then(|| spaces(bytes, equals + 1))
}

/// Whether a quoted name is the first argument of a call (or of a tuple): `setenv("API_KEY", …)`.
fn opens_call(bytes: &[u8], name: usize) -> bool {
    let before = bytes.get(name.saturating_sub(64)..name).unwrap_or_default();
    let Some((b'"' | b'\'' | b'`', before)) = before.split_last() else {
        return false;
    };
    before.trim_ascii_end().last() == Some(&b'(')
}

/// Where the value begins behind the separator at `at`.
fn separator(subject: &Subject<'_>, at: usize, was_quoted: bool, option: bool) -> Option<usize> {
    let bytes = subject.text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(b'\n');
    let behind = match (byte(at), byte(at + 1), byte(at + 2)) {
        (b'=', b'=', b'=') | (b'!', b'=', b'=') => at + 3,
        (b'=', b'=' | b'>', _) | (b':' | b'?' | b'+' | b'!', b'=', _) => at + 2,
        (b'=', _, _) => at + 1,
        (b':', _, _) => annotated(bytes, at).unwrap_or(at + 1),
        (b',', _, _) if was_quoted => at + 1,
        (b'>', _, _) if !subject.quoted => at + 1,
        _ if option => at,
        _ => return None,
    };
    let mut start = spaces(bytes, behind);
    if matches!(byte(start), b'\n' | b'\r') {
        let next =
            (start..(start + 40).min(bytes.len())).find(|&i| !bytes[i].is_ascii_whitespace())?;
        start = matches!(bytes[next], b'"' | b'\'').then_some(next)?;
    }
    (byte(start) == b'(')
        .then(|| spaces(bytes, start + 1))
        .or(Some(start))
}

/// Behind the `=` of `name: Type = value`, if that is what stands there.
fn annotated(bytes: &[u8], colon: usize) -> Option<usize> {
    let from = spaces(bytes, colon + 1);
    let limit = (from + 48).min(bytes.len());
    let is = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'_' | b'.' | b'[' | b']' | b'|' | b' ' | b'?' | b'&' | b'\''
            )
    };
    let end = (from..limit).find(|&i| !is(bytes[i]))?;
    (end > from
        && bytes[end] == b'='
        && bytes.get(end + 1) != Some(&b'=')
        && bytes[from].is_ascii_alphabetic())
    .then_some(end + 1)
}

/// Reads a literal at `at`.
fn value(
    subject: &Subject<'_>,
    mut at: usize,
    name: &Range<usize>,
    was_quoted: bool,
) -> Option<Literal> {
    let bytes = subject.text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(b'\n');
    if byte(at).is_ascii_alphabetic() {
        let prefix = (at..at + 2)
            .take_while(|&i| {
                matches!(
                    byte(i),
                    b'r' | b'R' | b'b' | b'B' | b'u' | b'U' | b'f' | b'F'
                )
            })
            .count();
        if matches!(byte(at + prefix), b'"' | b'\'') {
            at += prefix;
        }
    }
    let escape = byte(at) == b'\\' && matches!(byte(at + 1), b'"' | b'\'');
    at += usize::from(escape);
    let quote = byte(at);
    let limit = (at + 1 + LONGEST_LITERAL).min(bytes.len());
    if matches!(quote, b'"' | b'\'' | b'`') {
        let mut end = at + 1;
        while end < limit && bytes[end] != quote && bytes[end] != b'\n' {
            end += if bytes[end] == b'\\' && !escape { 2 } else { 1 };
        }
        let closed = end < limit && bytes[end] == quote;
        let end_of_value = if escape && closed { end - 1 } else { end };
        return (closed && end_of_value > at + 1 && byte(end + 1) != quote).then(|| Literal {
            range: at + 1..end_of_value,
            quoted: true,
        });
    }
    // Inside a quoted string (`"password=…"`) or where bare words are literals.
    let inside = name
        .start
        .checked_sub(1)
        .and_then(|i| bytes.get(i))
        .is_some_and(|byte| matches!(byte, b'"' | b'\'' | b';' | b'&' | b'?'));
    let inside = inside && !was_quoted;
    if subject.quoted && !inside {
        return None;
    }
    let stops = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(
                byte,
                b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'&' | b')' | b'}' | b']'
            )
    };
    let end = (at..limit).find(|&i| stops(bytes[i])).unwrap_or(limit);
    let cut_short = matches!(byte(end), b'<' | b'"' | b'\'' | b'`') && !inside;
    (end > at && !cut_short || subject.text.get(end..end + 2) == Some("</")).then_some(Literal {
        range: at..end,
        quoted: false,
    })
}

/// Takes the scheme off the value of an Authorization header.
fn strip_scheme(range: Range<usize>, value: &str) -> (Range<usize>, &str) {
    for scheme in ["Bearer ", "bearer ", "Basic ", "Token ", "token "] {
        if let Some(rest) = value.strip_prefix(scheme) {
            return (range.start + scheme.len()..range.end, rest);
        }
    }
    (range, value)
}

/// Skips bytes of a set.
fn skip(bytes: &[u8], from: usize, set: &[u8]) -> usize {
    (from..(from + 4).min(bytes.len()))
        .find(|&at| !set.contains(&bytes[at]))
        .unwrap_or(from)
}

/// Skips blanks on the line.
fn spaces(bytes: &[u8], from: usize) -> usize {
    let limit = (from + 64).min(bytes.len());
    (from..limit)
        .find(|&at| !matches!(bytes[at], b' ' | b'\t'))
        .unwrap_or(from.min(bytes.len()))
}
