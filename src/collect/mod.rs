//! Everything that touches disk, network, clock or environment. Checks see only what comes out of here.

mod around;
pub mod artifact;
pub mod aws;
mod binaries;
pub mod changes;
pub mod contents;
pub mod dependencies;
pub mod discovery;
mod dockerfile;
pub mod evaluation;
mod infrastructure;
pub mod json;
mod local_packages;
pub mod manifest;
pub mod measurement;
pub mod own_resources;
pub mod package;
pub mod project;
mod role_grants;
pub mod settings;
pub mod source;
pub mod stacks;
pub mod template;
pub mod tests;

pub use dockerfile::parse as parse_dockerfile;
