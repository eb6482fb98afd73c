//! Fixes that are more than one check's: the edit of the project's stack.

pub mod stack;
