//! `explain`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::folder::Folder;
use crate::commands::explain::{self, Explained};
use crate::exit::Failure;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Id of the check, such as auth-inbound-type
    check: String,
}

pub(super) fn run(_: &Folder, arguments: Arguments) -> Result<Explained, Failure> {
    explain::find(&arguments.check).map(Explained::from)
}
