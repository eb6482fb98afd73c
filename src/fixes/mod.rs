//! The plan of all fixes of a report.

pub mod plan;
