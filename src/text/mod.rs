//! Text without any knowledge of audits: cleaned for a terminal, wrapped, matched, compared.

pub mod clean;
pub mod glob;
pub mod suggest;
pub mod truth;
pub mod wrap;
