//! Fixes that are more than one check's: the edit of the project's stack, and the plan of all of a report.

pub mod plan;
pub mod stack;
