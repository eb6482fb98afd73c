//! Plain data that collectors fill and checks read.

pub mod aws;
pub mod evaluation;
pub mod event_pattern;
pub mod files;
pub mod json;
pub mod known;
pub mod manifest;
pub mod measurement;
pub mod package;
pub mod predicted_role;
pub mod project;
pub mod site;
pub mod source;
pub mod template;
