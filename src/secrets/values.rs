//! Known values, however many there are, and where a text holds one of them.

use std::cmp::Reverse;
use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, MatchKind};

/// Most values of one automaton: the work of making it grows with the square of their number.
const MOST: usize = 4_000;

/// Values that are not shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    /// In the order of text.
    sorted: Vec<String>,
    /// Find them: the longest of those that start at a place.
    finders: Vec<AhoCorasick>,
    /// Length of the longest, in bytes.
    longest: usize,
}

impl Values {
    pub(crate) fn new(mut values: Vec<String>) -> Self {
        // What is empty stands everywhere.
        values.retain(|value| !value.is_empty());
        values.sort_unstable();
        values.dedup();
        let finders = values.chunks(MOST).filter_map(|values| {
            let mut builder = AhoCorasick::builder();
            builder
                .match_kind(MatchKind::LeftmostLongest)
                .build(values)
                .ok()
        });
        Self {
            finders: finders.collect(),
            longest: values.iter().map(String::len).max().unwrap_or(0),
            sorted: values,
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &String> {
        self.sorted.iter()
    }

    /// Length of the longest value, in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// The text with `mask` in place of each value; `None` where it holds none.
    pub(crate) fn cover(&self, text: &str, mask: impl Fn(&str) -> String) -> Option<String> {
        let mut out = String::new();
        let mut from = 0;
        while let Some(found) = self.next(text, from) {
            out.push_str(text.get(from..found.start)?);
            out.push_str(&mask(text.get(found.clone())?));
            from = found.end;
        }
        if from == 0 {
            return None;
        }
        out.push_str(text.get(from..)?);
        Some(out)
    }

    /// The first value from an offset on, the longest of those that start there.
    fn next(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let found = self.finders.iter().filter_map(|finder| {
            let found = finder.find(Input::new(text).range(from..))?;
            Some(found.range())
        });
        found.min_by_key(|found| (found.start, Reverse(found.end)))
    }

    /// Where the start of a value begins with which a text ends that was cut; of at least `shortest` bytes.
    pub(crate) fn cut(&self, text: &str, shortest: usize) -> Option<usize> {
        let first = text.len().saturating_sub(self.longest.saturating_sub(1));
        let last = text.len().checked_sub(shortest)?;
        (first..=last)
            .filter_map(|at| Some((at, text.get(at..)?)))
            .find(|(_, tail)| {
                let next = self.sorted.partition_point(|value| value.as_str() < *tail);
                let value = self.sorted.get(next);
                value.is_some_and(|value| value.starts_with(*tail) && value.len() > tail.len())
            })
            .map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_covered_however_many_there_are() {
        let many = (0..10_000).map(|at| format!("value-{at:05}-of-many"));
        let many = Values::new(many.collect());
        let stars = |value: &str| "*".repeat(value.len());
        assert_eq!(
            many.cover("a value-09999-of-many, value-00000-of-many b", stars),
            Some("a *******************, ******************* b".to_owned())
        );
        assert_eq!(many.cover("a value-10000-of-many", stars), None);
        assert_eq!(many.cut("a value-0123", 8), Some(2));
        assert_eq!(many.cut("a value-0", 8), None);
        assert_eq!(Values::default().cover("a", stars), None);
    }
}
