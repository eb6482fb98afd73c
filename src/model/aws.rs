//! The live AWS state that checks read; serde both ways, since a snapshot is this value in a file.

use serde::{Deserialize, Serialize};

/// What was read from AWS for one target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AwsState {
    /// The account that the credentials belong to.
    pub account: Option<String>,
    /// The Region that was read.
    pub region: Option<String>,
}
