//! Parameters: what a function runs is what its callers give it, whatever it declares.

use super::names::RUNS;
use super::{Reached, by_package};
use crate::analysis::call_sites::{parameter, some_given};
use crate::analysis::limits;
use crate::model::source::ir::ByteRange;
use crate::model::source::{Call, ExprKind, FnId, ModuleId, Source};

/// Longest line of functions that hand a parameter on.
const FARTHEST: u8 = 6;
/// Most values that are looked at for one call.
const MOST_LOOKS: usize = 128;

/// What a call on a parameter reaches, by what callers give for it: `composer.invoke(prompt)` where all that is known of
/// `composer` is an interface, or nothing.
pub(super) fn reached(source: &Source, module: ModuleId, call: &Call) -> Option<Reached> {
    let (receiver, method) = match &call.callee.kind {
        ExprKind::Name(_) => (&call.callee, "__call__"),
        ExprKind::Attribute { base, attr } => (&**base, &**attr),
        _ => return None,
    };
    let given = parameter(source, module, receiver)?;
    let mut looks = MOST_LOOKS;
    followed(source, (module, call), given, method, (0, &mut looks))
}

fn followed(
    source: &Source,
    (module, call): (ModuleId, &Call),
    (function, index): (FnId, usize),
    method: &str,
    (depth, looks): (u8, &mut usize),
) -> Option<Reached> {
    let (mut given, mut more) = some_given(source, function, index);
    more |= given.len() > *looks;
    given.truncate(*looks);
    *looks -= given.len();
    let found = given
        .into_iter()
        .find_map(|(at, value)| match source.type_of(at, value) {
            Some(made) if made.class.is_none() => by_package(
                source,
                module,
                call,
                &format!("{}.{method}", made.type_name),
            ),
            None => {
                let (function, index) = parameter(source, at, value)?;
                if depth == FARTHEST {
                    out_of_sight(method, at, value.range);
                    return None;
                }
                followed(
                    source,
                    (module, call),
                    (function, index),
                    method,
                    (depth + 1, &mut *looks),
                )
            }
            _ => None,
        });
    if more
        && found.is_none()
        && let Some(function) = source.function(function)
    {
        out_of_sight(method, function.id.module, function.header);
    }
    found
}

/// Callers that are not looked at may give an agent where the method is one that runs it.
fn out_of_sight(method: &str, module: ModuleId, range: ByteRange) {
    if RUNS.contains(&method) {
        limits::reached(limits::CALLERS, module, range);
    }
}
