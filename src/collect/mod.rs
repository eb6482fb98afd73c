//! Everything that touches disk, network, clock or environment. Checks see only what comes out of here.

pub mod discovery;
pub mod json;
pub mod project;
