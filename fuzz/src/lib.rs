//! The targets, which a test of the program runs, too.

#[path = "../../tests/it/fuzz/targets.rs"]
mod targets;

pub use targets::{TARGETS, Target, target};
