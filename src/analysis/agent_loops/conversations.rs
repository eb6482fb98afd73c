//! Agents that talk over a connection and go on as long as it does.

use super::bounds::is_conversation;
use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::{leaf, package};
use crate::model::source::{Call, EntrypointKind, Expr, ExprKind, Module, Source};

/// Whether a handler serves a WebSocket: whoever is connected ends the conversation.
pub(crate) fn has_connection(code: &AgentCode<'_>) -> bool {
    let is_socket = |annotation: &Expr| {
        let name = annotation.last_name();
        name.is_some_and(|name| name.ends_with("WebSocket"))
    };
    code.code.entrypoints.iter().any(|entry| {
        let function = entry.function.and_then(|id| code.source.function(id));
        entry.kind == EntrypointKind::WebSocket
            || function.is_some_and(|function| {
                let mut types = function.params.iter().map(|param| &param.annotation);
                types.any(|annotation| annotation.as_deref().is_some_and(is_socket))
            })
    })
}

/// Whether a call runs the conversation of an agent: `agent.run(inputs=…)` of a `BidiAgent`.
pub(super) fn is_run(source: &Source, module: &Module, call: &Call) -> bool {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return false;
    };
    matches!(&**attr, "run" | "start" | "receive")
        && source
            .type_of(module.id, base)
            .is_some_and(|made| is_conversation(package(&made.type_name), leaf(&made.type_name)))
}
