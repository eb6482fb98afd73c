//! What ends the loops of agents: the bounds of the frameworks, what the code sets at a call or around it, graphs that lead back, and
//! loops of the code's own.

pub(crate) mod bounds;
pub(crate) mod conversations;
pub(crate) mod graphs;
pub(crate) mod limiters;
pub(crate) mod options;
pub(crate) mod own;
pub(crate) mod recursion;
mod runs;

use crate::model::source::{Expr, FnId, Module};

/// A call that runs: its module, the function that it stands in, and itself.
pub(crate) type LiveCall<'a> = (&'a Module, Option<FnId>, &'a Expr);
