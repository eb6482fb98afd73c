//! Everything that touches disk, network, clock or environment. Checks see only what comes out of here.

pub mod evaluation;
pub mod json;
pub mod measurement;
pub mod project;
pub mod source;
