//! The environment: what the configuration gives a runtime, and what code sets for itself.

use crate::analysis::{agent_code, clients};
use crate::context::{Context, Origin, Variable, VariableValue};
use crate::model::finding::Evidence;
use crate::model::source::ir::StmtKind;
use crate::model::source::walk;
use crate::model::source::{Expr, ExprKind, Module, Source};

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
        in_code(source, module, &mut found);
    }
    found
}

/// `os.environ["AWS_MAX_ATTEMPTS"] = "1"`, `os.environ.setdefault(…)`, `process.env.AWS_MAX_ATTEMPTS = "1"`.
fn in_code(source: &Source, module: &Module, found: &mut Vec<Evidence>) {
    if !module.source.text.contains("AWS_MAX_ATTEMPTS")
        && !module.source.text.contains("AWS_RETRY_MODE")
    {
        return;
    }
    let mut add = |name: &str, value: &Expr| {
        let values = source.strings(module.id, value);
        if let Some(why) = values.iter().find_map(|value| off(name, value)) {
            found.push(agent_code::evidence(source, module.id, value.range).note(why));
        }
    };
    let bodies =
        std::iter::once(&module.body).chain(module.functions.iter().map(|function| &function.body));
    for stmt in bodies.flat_map(|body| walk::statements(body)) {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        let Some(value) = &assign.value else {
            continue;
        };
        for target in &assign.targets {
            let (base, name) = match &target.kind {
                ExprKind::Subscript { base, index } => {
                    (&**base, source.string(module.id, index).unwrap_or_default())
                }
                ExprKind::Attribute { base, attr } => (&**base, attr.to_string()),
                _ => continue,
            };
            let environment = source.canonical(module.id, base);
            if matches!(environment.as_deref(), Some("os.environ" | "process.env")) {
                add(&name, value);
            }
        }
    }
    for (_, expr) in module.calls() {
        let Some(call) = expr.as_call() else {
            continue;
        };
        let name = source.callee_name(module.id, expr).unwrap_or_default();
        if let ("os.environ.setdefault" | "os.putenv", [key, value]) = (name, &*call.args)
            && let Some(key) = source.string(module.id, key)
        {
            add(&key, value);
        }
    }
}
