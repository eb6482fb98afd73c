//! What kind of work the code of a runtime shows that it does. Only what leaves no doubt; the user declares the rest.

use crate::config::Workload;
use crate::model::source::resolve::leaf;
use crate::model::source::{EntrypointKind, ExprKind, FnId, RuntimeSource, Source};

/// Methods that register background work with the platform, and the decorators for it.
const TASKS: [&str; 3] = ["add_async_task", "addAsyncTask", "asyncTask"];
/// What keeps a conversation under its session id.
const CONVERSATIONS: [&str; 3] = [
    "AgentCoreMemorySessionManager",
    "AgentCoreMemorySaver",
    "AsyncAgentCoreMemorySaver",
];

/// Background where tasks are registered that outlive a response; chat where users stay connected (WebSocket, AG-UI), or where
/// answers are streamed out of a conversation that is kept under the session.
pub(super) fn shown_by(source: &Source, code: &RuntimeSource, agui: bool) -> Option<Workload> {
    let has = |kind| code.entrypoints.iter().any(|entry| entry.kind == kind);
    let modules = || code.reachable.iter().filter_map(|id| source.module(*id));
    let mut tasks = has(EntrypointKind::AsyncTask);
    let mut conversation = false;
    for module in modules() {
        for (_, expr) in module.calls() {
            let Some(call) = expr.as_call() else {
                continue;
            };
            let written = match &call.callee.kind {
                ExprKind::Name(name) => &**name,
                ExprKind::Attribute { attr, .. } => &**attr,
                _ => continue,
            };
            if TASKS.contains(&written) && source.callee(module.id, expr).is_none() {
                tasks = true;
            }
            conversation |= CONVERSATIONS.contains(&leaf(written));
        }
    }
    if tasks {
        return Some(Workload::Background);
    }
    let streams = code.entrypoints.iter().any(|entry| {
        entry.kind == EntrypointKind::Invocation
            && entry.function.is_some_and(|id| generates(source, id))
    });
    let connected = agui || has(EntrypointKind::WebSocket) || has(EntrypointKind::AgUi);
    (connected || streams && conversation).then_some(Workload::Chat)
}

fn generates(source: &Source, id: FnId) -> bool {
    source
        .function(id)
        .is_some_and(|function| function.is_generator)
}
