//! Plain data that collectors fill and checks read.

pub mod aws;
pub mod event_pattern;
pub mod files;
pub mod json;
pub mod known;
pub mod project;
pub mod site;
pub mod template;
