//! Masks: what of a secret may be shown.

use std::ops::Range;

use super::split;

/// Bytes of context kept on either side of a hit in a masked line.
const AROUND: usize = 160;
/// Most characters of a secret that are ever shown.
const SHOWN: usize = 4;

/// The secret with at most its first four characters left (a quarter of a short one) and its length in characters.
pub(super) fn masked(secret: &str) -> String {
    let secret = split::said(secret);
    let length = secret.chars().count();
    let shown: String = secret
        .chars()
        .take(SHOWN.min(length / 4))
        .filter(|c| !c.is_control())
        .collect();
    format!("{shown}… ({length} characters)")
}

/// At most the first four characters, then stars.
pub(crate) fn stars(secret: &str) -> String {
    let length = secret.chars().count();
    let shown = SHOWN.min(length / 4);
    let cover = |(index, character): (usize, char)| match character {
        // The lines of a key in several lines stay lines.
        '\n' | '\r' => character,
        _ if index < shown => character,
        _ => '*',
    };
    secret.chars().enumerate().map(cover).collect()
}

/// The line of `hit` with every range of `secrets` masked, cut to a window around the hit.
///
/// `secrets` are sorted and do not overlap. A copy of the hit's own secret elsewhere on the line is masked too.
pub(super) fn masked_line(text: &str, hit: &Range<usize>, secrets: &[Range<usize>]) -> String {
    let bytes = text.as_bytes();
    let mut start = hit.start.saturating_sub(AROUND);
    start = memchr::memrchr(b'\n', &bytes[start..hit.start]).map_or(start, |at| start + at + 1);
    let first_line =
        memchr::memchr(b'\n', &bytes[hit.start..hit.end]).map_or(hit.end, |at| hit.start + at);
    let limit = (first_line + AROUND).min(bytes.len());
    let end = memchr::memchr(b'\n', &bytes[first_line..limit]).map_or(limit, |at| first_line + at);
    let (start, end) = (boundary(text, start), boundary(text, end));
    let first = secrets.partition_point(|range| range.end <= start);
    let mut line = String::new();
    let mut at = start;
    for range in secrets
        .get(first..)
        .unwrap_or_default()
        .iter()
        .take_while(|range| range.start < end)
    {
        if range.start > at {
            line.push_str(text.get(at..range.start).unwrap_or(""));
        }
        line.push_str(&masked(text.get(range.clone()).unwrap_or("")));
        at = range.end;
    }
    line.push_str(text.get(at..end).unwrap_or(""));
    if let Some(secret) = text.get(hit.clone()).filter(|secret| secret.len() >= 6) {
        line = line.replace(secret, &masked(secret));
    }
    line.trim_matches(['\r', '\n']).to_owned()
}

/// The nearest character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}
