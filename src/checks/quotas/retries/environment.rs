//! The environment: what the configuration gives a runtime, and what code sets for itself.

use crate::analysis::environment::fills::given;
use crate::analysis::{agent_code, clients};
use crate::context::{Context, Origin, Variable, VariableValue};
use crate::model::finding::Evidence;

/// The variables that hold a retry policy.
const VARIABLES: [&str; 2] = ["AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"];

/// Why a value of a variable turns retries off.
fn off(name: &str, value: &str) -> Option<&'static str> {
    match (name, value.trim()) {
        ("AWS_MAX_ATTEMPTS", "0" | "1") => {
            Some("AWS_MAX_ATTEMPTS allows one attempt: no AWS client retries")
        }
        ("AWS_RETRY_MODE", mode) if mode.eq_ignore_ascii_case("legacy") => {
            Some("AWS_RETRY_MODE is legacy, which knows few errors and has no retry quota")
        }
        _ => None,
    }
}

/// The value, as far as it is kept: of a deployed one that is 0 or 1 only that.
fn value(variable: &Variable) -> Option<&str> {
    match &variable.value {
        VariableValue::Text(text) => Some(text),
        VariableValue::Reference => None,
        VariableValue::Masked(kept) => match kept.switch {
            Some(true) => Some("1"),
            Some(false) => Some("0"),
            None => kept.keyword.as_deref(),
        },
    }
}

/// Every place where the environment turns retries off.
pub(in crate::checks::quotas) fn turned_off(context: &Context) -> Vec<Evidence> {
    let mut found = Vec::new();
    for agent in context.project.agents() {
        for layer in context.environments(agent) {
            for variable in &layer.value {
                if let Some(why) = value(variable).and_then(|value| off(&variable.name, value)) {
                    let origin = match layer.origin {
                        Origin::Config => String::new(),
                        other => format!(" ({})", other.words()),
                    };
                    found.push(variable.evidence.clone().note(format!("{why}{origin}")));
                }
            }
        }
    }
    let source = &context.source;
    for module in clients::modules(source)
        .into_iter()
        .filter_map(|id| source.module(id))
    {
        for (name, value) in given(source, module, &VARIABLES) {
            let values = source.strings(module.id, value);
            if let Some(why) = values.iter().find_map(|value| off(name, value)) {
                found.push(agent_code::evidence(source, module.id, value.range).note(why));
            }
        }
    }
    found
}
