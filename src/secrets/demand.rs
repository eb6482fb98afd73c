//! What every match of a pattern holds, read off the pattern: to compile one takes longer than to see that a text lacks it.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Characters of the start of a match that are looked at.
const MOST_AT_START: usize = 64;

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bytes([u64; 4]);

impl Bytes {
    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    fn holds(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] & (1 << (byte & 63)) != 0
    }

    fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// The bytes of a class; None of another expression.
    fn of(hir: &Hir) -> Option<Self> {
        let HirKind::Class(Class::Bytes(class)) = hir.kind() else {
            return None;
        };
        let mut bytes = Self::default();
        for range in class.ranges() {
            (range.start()..=range.end()).for_each(|byte| bytes.add(byte));
        }
        Some(bytes)
    }
}

/// What every match holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Demand {
    /// The bytes that may stand at each place of its start.
    start: Vec<Bytes>,
    /// The longest run of bytes of one class, and its least length.
    run: Option<(Bytes, usize)>,
}

impl Demand {
    /// Of a pattern that cannot be read: nothing.
    pub(super) fn of(pattern: &str) -> Self {
        let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
        let Ok(hir) = parser.parse(pattern) else {
            return Self::default();
        };
        let mut start = Vec::new();
        starts(&hir, &mut start);
        Self {
            start,
            run: run(&hir),
        }
    }

    /// False where no match begins at the start of a text, or, where it may begin anywhere, where none is in it.
    pub(super) fn may_match(&self, text: &[u8], anchored: bool) -> bool {
        let starts = || {
            let mut places = self.start.iter().zip(text);
            text.len() >= self.start.len() && places.all(|(bytes, byte)| bytes.holds(*byte))
        };
        (!anchored || starts()) && self.run.is_none_or(|run| holds_run(text, run))
    }
}

fn holds_run(text: &[u8], (bytes, least): (Bytes, usize)) -> bool {
    let mut run = 0;
    text.iter().any(|byte| {
        run = if bytes.holds(*byte) { run + 1 } else { 0 };
        run >= least
    })
}

/// Adds what every match starts with; true where that is all of every match.
fn starts(hir: &Hir, found: &mut Vec<Bytes>) -> bool {
    if found.len() >= MOST_AT_START {
        return false;
    }
    if let Some(bytes) = Bytes::of(hir) {
        found.push(bytes);
        return true;
    }
    match hir.kind() {
        // A look-around takes no room; what it asks for is left to the pattern.
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            for byte in &*literal.0 {
                let mut bytes = Bytes::default();
                bytes.add(*byte);
                found.push(bytes);
            }
            true
        }
        HirKind::Repetition(repetition) => {
            let all = (0..repetition.min).all(|_| starts(&repetition.sub, found));
            all && repetition.max == Some(repetition.min)
        }
        HirKind::Capture(capture) => starts(&capture.sub, found),
        HirKind::Concat(parts) => parts.iter().all(|part| starts(part, found)),
        HirKind::Class(_) | HirKind::Alternation(_) => false,
    }
}

/// The longest run that every match holds.
fn run(hir: &Hir) -> Option<(Bytes, usize)> {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let least = usize::try_from(repetition.min).ok()?;
            match Bytes::of(&repetition.sub) {
                _ if least == 0 => None,
                Some(bytes) => Some((bytes, least)),
                None => run(&repetition.sub),
            }
        }
        HirKind::Capture(capture) => run(&capture.sub),
        HirKind::Concat(parts) => {
            let runs = parts.iter().filter_map(run);
            runs.max_by_key(|(_, least)| *least)
        }
        HirKind::Alternation(parts) => {
            let runs: Option<Vec<_>> = parts.iter().map(run).collect();
            let either = |(one, least): (Bytes, usize), (other, as_least): (Bytes, usize)| {
                (one.union(other), least.min(as_least))
            };
            runs?.into_iter().reduce(either)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Demand;

    #[test]
    fn a_text_without_what_a_match_holds_holds_no_match() {
        let cases: [(&str, bool, &[&str], &[&str]); 6] = [
            (
                "as-[a-z]{4}",
                true,
                &["as-abcd", "as-abcdef"],
                &["as-abc", "as-abc.", "s-abcd"],
            ),
            (
                r"\b([a-f0-9]{4}-us)",
                false,
                &["x abcd-us"],
                &["abc-us", "abcg-us"],
            ),
            (
                "(?:ab|c)[0-9]{3}",
                true,
                &["ab123", "c1234"],
                &["ab12", "ab"],
            ),
            ("[a-c]{3}|[d-f]{2}", true, &["abc", "de"], &["a", "xyz", ""]),
            (
                "(?i:Key)x?[0-9]+",
                true,
                &["kEY7", "keyx71"],
                &["ke7", "key"],
            ),
            ("a[0-9]*(?:b{5})?", true, &["a", "a1", "a1bbbbb"], &["b"]),
        ];
        for (pattern, anchored, may, none) in cases {
            let demand = Demand::of(pattern);
            for text in may {
                assert!(
                    demand.may_match(text.as_bytes(), anchored),
                    "{pattern} {text}"
                );
            }
            for text in none {
                assert!(
                    !demand.may_match(text.as_bytes(), anchored),
                    "{pattern} {text}"
                );
            }
        }
    }
}
