//! All integration tests in one program: the AWS SDK is linked once. `cargo test --test it checks::` runs one module of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod agreement;
mod around;
mod aws;
mod checks;
mod cli;
mod collect;
mod commands;
mod config;
mod config_valid;
mod diagnose;
mod documentation;
mod faults;
mod fix;
mod fix_loop;
mod fuzz;
mod hazards;
mod hostile;
mod idp;
mod limits;
mod lowering;
mod marks;
mod mcp;
mod measure;
mod moto;
mod outbound;
mod own_stacks;
mod platform_versions;
mod policy;
mod policy_code;
mod projects;
mod quota;
mod registry;
mod render;
mod reports;
mod scaffolds;
mod schema;
mod secrets;
mod secrets_decoys;
mod secrets_hostile;
mod snapshot_proof;
mod steps;
mod support;
mod template;
mod token;
mod untrusted;
