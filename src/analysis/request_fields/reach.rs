//! What payload fields reach: models, agents, tools, commands; ids also memory and sessions.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::command_injection::is_command;
use crate::analysis::dataflow::{Flow, Labels};
use crate::analysis::made;
use crate::analysis::names::{leaf, package};
use crate::model::source::ir::ByteRange;
use crate::model::source::walk::expressions;
use crate::model::source::{Call, Expr, ExprKind, FnId, ModuleId, Source};

use super::conversation::{self, CONVERSATION};
use super::{address, graphs, rounds};
use crate::analysis::outward::{Reached, is_agent_package, outward};

/// What is known of the project's own targets.
pub(super) struct Targets {
    /// The agent's tools.
    pub tools: BTreeSet<FnId>,
    /// Modules whose graphs hand nothing of their state to a model.
    pub graphs: BTreeSet<ModuleId>,
}

/// A call that fields reach.
pub(super) struct Reach<'s> {
    pub labels: Labels,
    pub values: Vec<(ModuleId, ByteRange)>,
    /// What the call is given.
    pub given: Vec<&'s Expr>,
    /// Those among them that an agent takes as they are: a list there is a conversation, an object its state.
    pub as_they_are: Vec<(ModuleId, ByteRange)>,
    /// What a model is given as its messages, where that is no literal.
    pub messages: Vec<(ModuleId, &'s Expr)>,
    pub what: &'static str,
    pub at: (ModuleId, ByteRange),
}

pub(super) fn sinks<'s>(source: &'s Source, flow: &Flow, tools: &Targets) -> Vec<Reach<'s>> {
    let mut found = Vec::new();
    let made = made(source, flow);
    for id in flow.functions() {
        let put = conversation::put(source, id).into_iter();
        found.extend(put.filter_map(|put| remembered(source, flow, id.module, put)));
        found.extend(rounds::of(source, flow, id));
        let written = expressions(source.body(id.module, Some(id)));
        let written = written.into_iter().map(|expr| (expr, true));
        let handed = made.get(&id).into_iter().flatten();
        for (expr, is_written) in written.chain(handed.map(|expr| (*expr, false))) {
            let ExprKind::Call(call) = &expr.kind else {
                continue;
            };
            found.extend(called(source, flow, id.module, expr, call));
            let Some((what, takes)) = sink(source, id.module, expr, call, tools) else {
                continue;
            };
            // A runner of an agent or a model is known by itself.
            if !is_written && !matches!(what, COMMAND | FUNCTION | STORED) {
                continue;
            }
            let keywords = call
                .keywords
                .iter()
                .map(|keyword| (keyword.name.as_deref(), &keyword.value));
            let values: Vec<(Option<&str>, &Expr)> = call
                .args
                .iter()
                .map(|value| (None, value))
                .chain(keywords)
                .filter(|(name, _)| {
                    let is_agent = takes != Takes::Text || what == AGENT;
                    !is_agent || !name.is_some_and(is_machinery)
                })
                .collect();
            let values = match what {
                FUNCTION => chosen(call).map(|name| (None, name)).into_iter().collect(),
                STORED => stored_under(call)
                    .map(|key| (None, key))
                    .into_iter()
                    .collect(),
                _ => values,
            };
            let labels = values
                .iter()
                .fold(0, |all, (_, value)| all | flow.labels(id.module, value));
            if labels != 0 {
                let mut as_they_are: Vec<(ModuleId, ByteRange)> = values
                    .iter()
                    .filter(|(name, _)| match takes {
                        Takes::Anything => !name.is_some_and(is_id),
                        Takes::Conversation => name.is_some_and(is_conversation),
                        Takes::Text => false,
                    })
                    .map(|(_, value)| (id.module, value.range))
                    .collect();
                if let (Takes::Conversation, Some(last)) = (takes, call.args.last())
                    && let ExprKind::Dict(entries) = &last.kind
                {
                    let named = entries.iter().filter(|entry| {
                        let key = entry.key.as_ref().and_then(Expr::as_str);
                        key.is_some_and(is_conversation)
                    });
                    as_they_are.extend(named.map(|entry| (id.module, entry.value.range)));
                }
                found.push(Reach {
                    labels,
                    values: values
                        .iter()
                        .map(|(_, value)| (id.module, value.range))
                        .collect(),
                    as_they_are,
                    given: values.iter().map(|(_, value)| *value).collect(),
                    messages: messages(call)
                        .into_iter()
                        .map(|value| (id.module, value))
                        .collect(),
                    what,
                    at: (id.module, expr.range),
                });
            }
        }
    }
    // The agent itself says more than what it is built with.
    found.sort_by_key(|reach| (reach.as_they_are.is_empty(), reach.at));
    found
}

/// The calls that the calls of a flow's functions make of what they are given: `to_thread(os.system, text)`.
fn made<'s>(source: &'s Source, flow: &Flow) -> BTreeMap<FnId, Vec<&'s Expr>> {
    let modules: BTreeSet<ModuleId> = flow.functions().map(|id| id.module).collect();
    let mut found: BTreeMap<FnId, Vec<&'s Expr>> = BTreeMap::new();
    for module in modules.into_iter().filter_map(|id| source.module(id)) {
        for (function, expr) in made::handed(module) {
            if let Some(function) = function {
                found.entry(function).or_default().push(expr);
            }
        }
    }
    found
}

/// The request that goes where fields say.
fn called<'s>(
    source: &'s Source,
    flow: &Flow,
    module: ModuleId,
    expr: &'s Expr,
    call: &'s Call,
) -> Option<Reach<'s>> {
    let (url, host) = address::of_call(source, module, expr, call)?;
    let host = host
        .iter()
        .fold(0, |all, part| all | flow.labels(part.module, part.expr));
    // What was tested between there and here has no label here.
    let labels = host & flow.labels(module, url);
    (labels != 0).then(|| Reach {
        labels,
        values: vec![(module, url.range)],
        given: vec![url],
        as_they_are: Vec::new(),
        messages: Vec::new(),
        what: ADDRESS,
        at: (module, expr.range),
    })
}

/// What an agent is given to its conversation after it was built.
fn remembered<'s>(
    source: &Source,
    flow: &Flow,
    module: ModuleId,
    (value, list): (&'s Expr, &'s Expr),
) -> Option<Reach<'s>> {
    let labels = flow.labels(module, value);
    let written = matches!(value.kind, ExprKind::List(_) | ExprKind::Dict(_));
    (labels != 0).then(|| Reach {
        labels,
        values: vec![(module, value.range)],
        given: vec![value],
        as_they_are: match knows_an_agent(source) {
            true => vec![(module, value.range)],
            false => Vec::new(),
        },
        messages: match written {
            true => Vec::new(),
            false => vec![(module, value)],
        },
        what: CONVERSATION,
        at: (module, list.range),
    })
}

/// What a call is given as messages, where that is not written out there.
fn messages(call: &Call) -> Option<&Expr> {
    call.option("messages")
        .filter(|value| !matches!(value.kind, ExprKind::List(_) | ExprKind::Dict(_)))
}

/// What a call does with a list or an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// Whatever it is given may be a conversation.
    Anything,
    /// What it is given by a telling name.
    Conversation,
    /// Nothing: it is text there, or an error.
    Text,
}

/// Names under which an agent is given what it works with, not what it reads: its tools, where its answers go.
fn is_machinery(name: &str) -> bool {
    matches!(
        name,
        "tools"
            | "outputs"
            | "hooks"
            | "plugins"
            | "session_manager"
            | "conversation_manager"
            | "callback_handler"
            | "callbacks"
            | "checkpointer"
            | "middleware"
            | "tool_executor"
            | "mcp_servers"
            | "output_type"
            | "structured_output_model"
    )
}

/// Names under which an agent is given what was said before, or the state it was in.
fn is_conversation(name: &str) -> bool {
    matches!(
        name,
        "messages"
            | "conversation_history"
            | "conversationHistory"
            | "message_history"
            | "messageHistory"
            | "chat_history"
            | "chatHistory"
            | "history"
            | "state"
            | "initial_state"
            | "initialState"
    )
}

/// What is reached by a call that sets an agent's state, in words.
pub(crate) const STATE: &str = "the state of an agent";

/// What is reached by a call that runs a command, in words.
const COMMAND: &str = "a command";

/// What is reached by a call of an agent, in words.
const AGENT: &str = "the agent";

/// What is reached by the name of a Lambda function, in words.
const FUNCTION: &str = "the name of the Lambda function that is invoked";

/// What is reached by the host of a request, in words.
pub(super) const ADDRESS: &str = "the address of a server that is called";

/// What is reached by the key of an item of DynamoDB or an object of S3, in words.
pub(super) const STORED: &str = "the key of what is stored";

/// The key under which a call reads or writes a store: `Key=…`, `new GetCommand({ Key: … })`.
fn stored_under(call: &Call) -> Option<&Expr> {
    const METHODS: [&str; 8] = [
        "get_item",
        "put_item",
        "update_item",
        "delete_item",
        "get_object",
        "put_object",
        "delete_object",
        "download_fileobj",
    ];
    const COMMANDS: [&str; 9] = [
        "GetCommand",
        "UpdateCommand",
        "DeleteCommand",
        "GetItemCommand",
        "UpdateItemCommand",
        "DeleteItemCommand",
        "GetObjectCommand",
        "PutObjectCommand",
        "DeleteObjectCommand",
    ];
    let name = call.callee.last_name()?;
    match &call.callee.kind {
        ExprKind::Attribute { .. } if METHODS.contains(&&**name) => call.option("Key"),
        ExprKind::Name(_) if COMMANDS.contains(&&**name) => call.args.first()?.entry("Key"),
        _ => None,
    }
}

/// The name of the Lambda function that a call invokes.
fn chosen(call: &Call) -> Option<&Expr> {
    let named = match &call.callee.kind {
        ExprKind::Attribute { attr, .. } if &**attr == "invoke" => call.option("FunctionName"),
        ExprKind::Name(name) if &**name == "InvokeCommand" => {
            call.args.first()?.entry("FunctionName")
        }
        _ => None,
    };
    named.filter(|name| name.as_str().is_none())
}

/// Methods that set an agent or a graph into a state that they are given.
const LOADS_STATE: &[&str] = &[
    "deserialize_state",
    "load_state",
    "restore_state",
    "set_state",
    "update_state",
    "aupdate_state",
    "loadState",
    "deserializeState",
    "updateState",
];

fn sink(
    source: &Source,
    module: ModuleId,
    expr: &Expr,
    call: &Call,
    tools: &Targets,
) -> Option<(&'static str, Takes)> {
    if let ExprKind::Attribute { attr, .. } = &call.callee.kind
        && LOADS_STATE.contains(&&**attr)
        && source.callee(module, expr).is_none()
    {
        return Some((STATE, Takes::Anything));
    }
    if chosen(call).is_some() && source.callee(module, expr).is_none() {
        return Some((FUNCTION, Takes::Text));
    }
    if stored_under(call).is_some() && source.callee(module, expr).is_none() {
        return Some((STORED, Takes::Text));
    }
    if let Some(out) = outward(source, module, expr) {
        return match out.reached {
            Reached::Agent if graphs::is_of(source, module, call, &tools.graphs) => None,
            Reached::Agent if takes_text(source, module, expr) => Some((AGENT, Takes::Text)),
            Reached::Agent if !may_skip_the_model(source, module, expr) => {
                Some((AGENT, Takes::Text))
            }
            Reached::Agent => Some((AGENT, Takes::Anything)),
            Reached::Model => Some(("the model", Takes::Text)),
            Reached::Tool => Some(("a tool", Takes::Text)),
            Reached::Client => has_id(call).then_some(("memory or a session", Takes::Text)),
        };
    }
    if source
        .callee(module, expr)
        .is_some_and(|callee| tools.tools.contains(&callee))
    {
        return Some(("a tool", Takes::Text));
    }
    let runs = source
        .module(module)
        .is_some_and(|module| is_command(source, module, expr));
    if runs {
        return Some((COMMAND, Takes::Text));
    }
    let name = source.callee_name(module, expr)?;
    if source.callee(module, expr).is_some() {
        return None;
    }
    let last = leaf(name);
    let builds = last == "Agent"
        || last == "create_react_agent"
        || last == "create_agent"
        || last == "createReactAgent"
        || last == "createAgent";
    if builds && name.contains('.') {
        let takes = match may_skip_the_model(source, module, expr) {
            true => Takes::Conversation,
            false => Takes::Text,
        };
        return Some(("the agent that is built", takes));
    }
    // The app itself counts tasks and writes logs: neither is a memory.
    let app = name.contains("BedrockAgentCoreApp.");
    let known = name.starts_with("bedrock_agentcore") && !app || name.contains("session");
    (known && has_id(call)).then_some(("memory or a session", Takes::Text))
}

/// Whether a call is one of an agent that fails on anything but text: Claude's Agent SDK takes it or a stream of messages, the
/// bidirectional agent of Strands text, audio and images.
fn takes_text(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    source.callee_name(module, expr).is_some_and(|name| {
        name.starts_with("claude_agent_sdk")
            || name.starts_with("@anthropic-ai/claude-")
            || name.starts_with("strands.") && name.contains(".BidiAgent.")
    })
}

/// Whether a conversation that ends with a call of a tool may have an agent run the tool first: of a framework that nobody knows nothing
/// is said.
fn may_skip_the_model(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let known = source
        .callee_name(module, expr)
        .map(package)
        .filter(|package| is_agent_package(package));
    match known {
        Some(_) => true,
        // What is called was given from elsewhere: it is of a framework that the project uses.
        None => knows_an_agent(source),
    }
}

/// Whether the project uses a framework of agents that is known.
fn knows_an_agent(source: &Source) -> bool {
    source.modules.iter().any(|module| {
        module.imports.iter().any(|import| {
            let name = package(&import.module);
            import.target.is_none() && is_agent_package(name)
        })
    })
}

/// Names under which a call is given whose conversation it is, and which.
fn is_id(name: &str) -> bool {
    matches!(
        name,
        "actor_id"
            | "session_id"
            | "user_id"
            | "thread_id"
            | "actorId"
            | "sessionId"
            | "userId"
            | "threadId"
    )
}

/// Whether a call is given an id by name.
fn has_id(call: &Call) -> bool {
    call.keywords
        .iter()
        .any(|keyword| keyword.name.as_deref().is_some_and(is_id))
        || call.args.last().is_some_and(|last| match &last.kind {
            ExprKind::Dict(entries) => entries
                .iter()
                .any(|entry| entry.key.as_ref().and_then(Expr::as_str).is_some_and(is_id)),
            _ => false,
        })
}

pub(super) fn words_of(source: &Source, reach: &Reach<'_>) -> String {
    let place = source
        .module(reach.at.0)
        .map(|module| module.site(reach.at.1));
    match place.and_then(|site| site.span.map(|span| (site.path.to_string(), span.line))) {
        Some((path, line)) => format!("{} ({path}:{line})", reach.what),
        None => reach.what.to_owned(),
    }
}
