//! Text without any knowledge of audits: cleaned for a terminal, wrapped, matched, compared.

pub mod clean;
pub mod glob;
pub mod suggest;
pub mod truth;
pub mod unfilled;
pub mod wrap;

/// Whether a text holds a word, in a text of any length: the standard library's search looks at each byte by itself.
pub fn holds(text: &str, word: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}
