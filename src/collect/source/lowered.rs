//! What a front end hands back: a lowered file without its scopes yet.

use super::lower::Lowering;
use crate::model::source::ir::{ByteRange, Stmt};

/// A lowered file.
pub struct Lowered {
    /// Functions, classes, imports, exports.
    pub low: Lowering,
    /// Module-level statements.
    pub body: Vec<Stmt>,
    /// Every comment.
    pub comments: Vec<ByteRange>,
    /// Syntax errors.
    pub errors: Vec<(String, ByteRange)>,
}
