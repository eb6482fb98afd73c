//! Answers in pages: a model pays for every byte, so a page holds what fits and says where the next begins.

use schemars::JsonSchema;
use serde::Serialize;

use crate::text::clean;

/// The most bytes of a page: about 1,700 tokens of JSON.
pub(super) const PAGE: usize = 6_000;
/// The most characters of one sentence.
const LONGEST: usize = 700;

/// Which items a page holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    /// How many items there are.
    pub total: usize,
    /// The first item of this page.
    pub offset: usize,
    /// Call again with this offset for what follows; null on the last page.
    pub next_offset: Option<usize>,
}

/// The items from `offset` on that fit beside `taken` bytes; at least one where there are any left.
pub(super) fn page<T: Serialize>(items: Vec<T>, offset: usize, taken: usize) -> (Vec<T>, Page) {
    let total = items.len();
    let mut left = PAGE.saturating_sub(taken);
    let mut shown = Vec::new();
    for item in items.into_iter().skip(offset) {
        let size = size(&item) + 1;
        if size > left && !shown.is_empty() {
            break;
        }
        left = left.saturating_sub(size);
        shown.push(item);
    }
    let next = offset.saturating_add(shown.len());
    let page = Page {
        total,
        offset,
        next_offset: (next < total).then_some(next),
    };
    (shown, page)
}

/// Bytes as JSON.
pub(super) fn size(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}

/// A sentence that quotes the project: on one line, without characters that hide something, and of bounded length.
pub(super) fn sentence(text: &str) -> String {
    let text = clean::line(text);
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_everything_once() {
        let items: Vec<String> = (0..300).map(|n| format!("{n:>90}")).collect();
        let (mut seen, mut offset, mut pages) = (Vec::new(), 0, 0);
        loop {
            let (shown, page) = page(items.clone(), offset, 100);
            assert!(size(&shown) + 100 <= PAGE + 2, "{}", size(&shown));
            seen.extend(shown);
            pages += 1;
            match page.next_offset {
                Some(next) => offset = next,
                None => break,
            }
        }
        assert_eq!(seen, items);
        assert!(pages > 3, "{pages}");
    }

    #[test]
    fn an_item_longer_than_a_page_stands_alone() {
        let items = vec!["x".repeat(2 * PAGE), "y".to_owned()];
        let (shown, first) = page(items.clone(), 0, 0);
        assert_eq!((shown.len(), first.next_offset), (1, Some(1)));
        let (shown, beyond) = page(items, 9, 0);
        assert_eq!(
            (shown.len(), beyond.next_offset, beyond.total),
            (0, None, 2)
        );
    }
}
