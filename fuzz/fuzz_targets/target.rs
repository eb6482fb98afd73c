//! The fuzzer of the target that the environment names. One program for all: each links the AWS SDK.

#![no_main]

use std::sync::LazyLock;

use agentcore_harden_fuzz::{Target, target};
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET");
    target(&name.expect("FUZZ_TARGET names the target; `fuzz/run` sets it"))
});

fuzz_target!(|bytes: &[u8]| (TARGET.run)(bytes));
