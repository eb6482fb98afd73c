//! The commands, one file each, over the same parts.

pub mod check;
pub mod measure;
