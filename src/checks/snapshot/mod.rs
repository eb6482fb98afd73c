//! Safe to restore: what breaks where every session starts from one snapshot of the started process (platform version V2).

mod runtime_platform_version;
mod stack_edit;

use crate::checks::Check;

pub(super) const CHECKS: &[&Check] = &[&runtime_platform_version::CHECK];
