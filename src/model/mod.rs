//! Plain data that collectors fill and checks read.

pub mod arn;
pub mod artifact;
pub mod aws;
pub mod dependencies;
pub mod deployed;
pub mod distributions;
pub mod evaluation;
pub mod event_pattern;
pub mod files;
pub mod finding;
pub mod json;
pub mod json_edit;
pub mod known;
pub mod lazy;
pub mod lock;
pub mod manifest;
pub mod measurement;
pub mod oidc;
pub mod package;
pub mod predicted_role;
pub mod project;
pub mod secret;
pub mod site;
pub mod source;
pub mod template;
mod template_agent;
pub mod tests;
