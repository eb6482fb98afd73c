//! For who calls an agent, and who runs commands in it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Subject;
use crate::analysis::clients::{self, Kind, Via, entries, http::USER_HEADER};

/// The runtime and its endpoints: actions on sessions are authorized on both.
fn runtime_and_endpoints(subject: &Subject<'_>) -> [String; 2] {
    let id = subject.runtime_id();
    [
        subject.core(&format!("runtime/{id}")),
        subject.core(&format!("runtime/{id}/runtime-endpoint/*")),
    ]
}

/// What the callers in the repository do, beyond invoking.
#[derive(Default)]
struct Callers {
    /// They open a WebSocket.
    socket: bool,
    /// They invoke in a user's name.
    user: bool,
    /// They open a WebSocket in a user's name.
    socket_user: bool,
    /// Where they give the user's name.
    places: BTreeSet<String>,
}

fn callers(subject: &Subject<'_>) -> Callers {
    let source = &subject.context.source;
    let mut found = Callers::default();
    for call in clients::find(source) {
        let targets = crate::context::clients::targets(subject.context, &call);
        if !targets
            .iter()
            .any(|agent| agent.name() == subject.agent.name())
        {
            continue;
        }
        let given = match call.via {
            Via::Sdk => call.expr.as_call().is_some_and(|made| {
                entries::option(source, call.module.id, made, "runtimeUserId").is_some()
            }),
            Via::Http => false,
        };
        let user = given
            || call
                .headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case(USER_HEADER));
        let socket = call.kind == Kind::Socket;
        found.socket |= socket;
        found.user |= user && !socket;
        found.socket_user |= user && socket;
        if user {
            let site = call.module.site(call.expr.range);
            let line = site.span.map_or(0, |span| span.line);
            found.places.insert(format!("{}:{line}", site.path));
        }
    }
    found
}

pub(super) fn invoke(subject: &Subject<'_>) -> Value {
    let mut actions = vec![
        "bedrock-agentcore:InvokeAgentRuntime",
        "bedrock-agentcore:StopRuntimeSession",
    ];
    let protocol = subject
        .agent
        .runtime()
        .and_then(|runtime| runtime.protocol.as_ref());
    if protocol.is_some_and(|protocol| protocol.value == "A2A") {
        actions.push("bedrock-agentcore:GetAgentCard");
    }
    let seen = callers(subject);
    let more = [
        (seen.user, "bedrock-agentcore:InvokeAgentRuntimeForUser"),
        (
            seen.socket,
            "bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStream",
        ),
        (
            seen.socket_user,
            "bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStreamForUser",
        ),
    ];
    actions.extend(
        more.iter()
            .filter(|(does, _)| *does)
            .map(|(_, action)| action),
    );
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "InvokeThisAgent",
            "Effect": "Allow",
            "Action": actions,
            "Resource": runtime_and_endpoints(subject),
        }],
    })
}

pub(super) fn notes(subject: &Subject<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let kind = subject.agent.common().authorizer_type.as_ref();
    if kind.is_some_and(|kind| kind.value == "CUSTOM_JWT") {
        notes.push("this agent takes bearer tokens: callers need no IAM permission to invoke it, and this policy gives them none".to_owned());
    }
    let seen = callers(subject);
    if !seen.places.is_empty() {
        let places: Vec<String> = seen.places.iter().take(8).cloned().collect();
        notes.push(format!("callers give a user id ({}), so the policy lets them act for any user: attach it to the backend that verifies who the user is, and to nobody else", places.join(", ")));
    }
    let open = [
        (
            !seen.socket,
            "callers over WebSocket need bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStream too",
        ),
        (
            !seen.user,
            "callers that send a user id need bedrock-agentcore:InvokeAgentRuntimeForUser too: none was seen to",
        ),
    ];
    notes.extend(
        open.iter()
            .filter(|(says, _)| *says)
            .map(|(_, note)| (*note).to_owned()),
    );
    notes
}

pub(super) fn command(subject: &Subject<'_>) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "RunCommandsInThisAgent",
            "Effect": "Allow",
            "Action": [
                "bedrock-agentcore:InvokeAgentRuntimeCommand",
                "bedrock-agentcore:InvokeAgentRuntimeCommandShell",
            ],
            "Resource": runtime_and_endpoints(subject),
        }],
    })
}
