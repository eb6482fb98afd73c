//! Everything that touches disk, network, clock or environment. Checks see only what comes out of here.

mod dockerfile;
pub mod json;
pub mod manifest;
pub mod project;
