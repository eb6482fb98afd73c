//! The input of a run in the protocol AG-UI, a model of pydantic in the package of the protocol (<https://docs.ag-ui.com/sdk/python/core/types>).

use crate::analysis::names::{leaf, package};

use super::rules::{Fields, Rule};

/// Whether a name is that of the model.
pub(super) fn is_input(name: &str) -> bool {
    package(name) == "ag_ui" && leaf(name) == "RunAgentInput"
}

/// What the model tests. Its messages hold text, media and calls in the protocol's own form, of any length; its `state` and what is
/// forwarded may be anything.
pub(super) fn fields() -> Fields {
    let closed = Rule {
        closed: true,
        long: true,
        ..Rule::TYPED
    };
    let text = Rule {
        text: true,
        ..Rule::TYPED
    };
    let list = Rule {
        long: true,
        ..Rule::TYPED
    };
    let fields = [
        ("", closed),
        ("messages", closed),
        ("context", closed),
        ("thread_id", text),
        ("run_id", text),
        ("tools", list),
        ("state", Rule::default()),
        ("forwarded_props", Rule::default()),
    ];
    fields
        .into_iter()
        .map(|(name, rule)| (name.to_owned(), rule))
        .collect()
}
