//! What a check says: outcomes with their evidence and their fixes. Plain data, so that checks and renderers share it.

mod evidence;
mod fix;
mod outcome;
mod resource;
mod status;

pub use evidence::{Evidence, EvidenceKind, EvidenceStep};
pub use fix::{Edit, Fix, SafeEdit};
pub use outcome::{ControlVerdict, Outcome};
pub use resource::{Resource, ResourceType};
pub use status::{Severity, Status};

/// The version of the JSON report; fields are added, never changed or removed.
pub const SCHEMA_VERSION: u32 = 1;
