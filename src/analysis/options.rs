//! What the options of a call say where they are written out.

use crate::model::source::{Call, Expr, ExprKind};

/// Whether an option of a call is a literal `true`.
pub(crate) fn is_on(call: &Call, name: &str) -> bool {
    call.option(name)
        .is_some_and(|given| matches!(given.kind, ExprKind::Bool(true)))
}

/// Whether a call is given an option, and not a literal that turns it off: `false`, nothing.
pub(crate) fn is_given(call: &Call, name: &str) -> bool {
    call.option(name).is_some_and(|given| !is_off(given))
}

/// Whether a value is a literal that turns something off.
fn is_off(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Bool(false) | ExprKind::None)
}
