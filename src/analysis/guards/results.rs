//! Libraries that catch what they run and give a value that says how it ended.

use super::Guard;
use crate::analysis::exceptions::{self, Conduct};
use crate::analysis::names::{leaf, package};
use crate::model::source::{Call, ModuleId, Source};

/// Packages, and the functions of theirs that catch.
const CATCHES: [(&str, &[&str]); 4] = [
    (
        "neverthrow",
        &["fromPromise", "fromThrowable", "fromAsyncThrowable"],
    ),
    ("effect", &["tryPromise"]),
    ("await-to-js", &["to", "default", "await-to-js"]),
    ("es-toolkit", &["attempt", "attemptAsync"]),
];

/// What catches whatever a call is given throws, where the call gives it as a value. Which branch that value ends in is not followed:
/// it is logged where a function of the module logs.
pub(super) fn guard(source: &Source, module: ModuleId, call: &Call) -> Option<Guard> {
    let name = source.outside_callee(module, call)?;
    let (of, last) = (package(name), leaf(name));
    let mut catches = CATCHES.iter();
    if !catches.any(|(package, functions)| *package == of && functions.contains(&last)) {
        return None;
    }
    let place = source.module(module)?;
    let mut functions = place.functions.iter();
    Some(Guard {
        conduct: Conduct {
            logs: functions.any(|function| exceptions::logs(source, module, &function.body)),
            answers: true,
            ..Conduct::default()
        },
        module,
        range: call.callee.range,
        ..Guard::default()
    })
}
