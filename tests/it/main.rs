//! All integration tests in one program: the AWS SDK is linked once. `cargo test --test it checks::` runs one module of it.

mod aws;
mod checks;
mod cli;
mod collect;
mod commands;
mod config;
mod config_valid;
mod fix;
mod fix_loop;
mod hostile;
mod idp;
mod measure;
mod moto;
mod policy;
mod policy_code;
mod projects;
mod quota;
mod registry;
mod render;
mod scaffolds;
mod secrets;
mod secrets_decoys;
mod secrets_hostile;
mod support;
mod template;
mod token;
