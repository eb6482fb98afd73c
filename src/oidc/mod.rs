//! OpenID Connect and JWTs as AgentCore's inbound authorizer uses them: pure functions over tokens, discovery documents and
//! authorizer configurations. The only network access is in [`crate::collect::discovery`].

pub mod address;
pub mod authorizer;
mod lists;
pub mod recommend;
pub mod remedy;
pub mod step;
pub mod token;
pub mod verify;
pub mod walk;

pub use crate::model::oidc::{SUFFIX, base, discovery, discovery_url, keys, path_behind_suffix};
