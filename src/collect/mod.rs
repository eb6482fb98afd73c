//! Everything that touches disk, network, clock or environment. Checks see only what comes out of here.

pub mod aws;
pub mod json;
pub mod project;
pub mod template;
