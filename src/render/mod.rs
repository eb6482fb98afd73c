//! The renderers: one file per format, all from the same report.

pub mod json;
pub mod text;
