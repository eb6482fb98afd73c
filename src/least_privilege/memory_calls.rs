//! Which memories the code calls: a class of the SDK is a call like one of an API, and its resource is the id that it is given.

use std::collections::BTreeSet;

use super::code::Code;
use super::memory::MEMORY_CALLS;
use super::values::texts;
use super::{Subject, UNKNOWN_SUFFIX, regions};
use crate::analysis::clients::entries::{entries, option};
use crate::analysis::names::leaf;
use crate::analysis::values::At;
use crate::model::source::ModuleId;
use crate::model::source::ir::{Call, Expr, ExprKind};

/// Options that hold the id of a memory.
const IDS: [&str; 2] = ["memory_id", "memoryId"];
/// Options and the place of what holds the id for a session manager.
const CONFIGS: [&str; 2] = ["agentcore_memory_config", "config"];
/// Classes whose first argument is the id.
const BY_POSITION: [&str; 2] = ["MemorySessionManager", "AgentCoreMemorySaver"];
/// Most objects through which an id is followed: a session, its manager, its configuration.
const MOST_MAKERS: usize = 4;

/// A call on a memory.
pub(super) struct MemoryCall<'a> {
    /// Where it stands.
    pub(super) module: ModuleId,
    /// The call.
    pub(super) expr: &'a Expr,
    /// The actions that it surely takes.
    pub(super) actions: Vec<&'static str>,
    /// What calls, for a message.
    pub(super) by: &'a str,
    /// The ARNs of the memories that it is for; empty where they are not known.
    pub(super) memories: BTreeSet<String>,
}

/// The calls of the SDK's classes and clients, and of what frameworks build on them.
pub(super) fn calls<'a>(subject: &Subject<'a>, code: &Code<'_, 'a>) -> Vec<MemoryCall<'a>> {
    let mut found = Vec::new();
    for (module, expr, call) in code.calls() {
        let Some(name) = code.source().callee_name(module, expr) else {
            continue;
        };
        if code.source().callee(module, expr).is_some() {
            continue;
        }
        let actions = match leaf(name) {
            "AgentCoreMemorySessionManager" => {
                let mut actions = vec!["CreateEvent", "ListEvents"];
                if retrieves(code, module, call) {
                    actions.push("RetrieveMemoryRecords");
                }
                actions
            }
            "AgentCoreMemorySaver" => vec!["CreateEvent", "ListEvents"],
            "AgentCoreMemoryStore" => vec!["CreateEvent"],
            _ => by_client(code, module, call).into_iter().collect(),
        };
        if actions.is_empty() {
            continue;
        }
        found.push(MemoryCall {
            module,
            expr,
            actions,
            by: leaf(name),
            memories: memories(subject, code, module, call),
        });
    }
    found
}

/// The action of a method of the SDK's clients.
fn by_client<'a>(code: &Code<'_, 'a>, module: ModuleId, call: &'a Call) -> Option<&'static str> {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let (_, action) = MEMORY_CALLS.iter().find(|(call, _)| *call == &**attr)?;
    let owner = code.source().type_of(module, base)?;
    let of_sdk = owner.type_name.starts_with("bedrock_agentcore.memory");
    of_sdk.then_some(*action)
}

/// The call that makes the configuration of a session manager.
fn config<'a>(
    code: &Code<'_, 'a>,
    module: ModuleId,
    call: &'a Call,
) -> Option<(ModuleId, &'a Call)> {
    let source = code.source();
    let named = CONFIGS
        .iter()
        .find_map(|name| option(source, module, call, name));
    let first = || Some(At::new(module, call.args.first()?));
    let given = named.or_else(first)?;
    let made = source.type_of(given.module, given.expr)?;
    (leaf(&made.type_name) == "AgentCoreMemoryConfig").then_some((made.module, made.call?))
}

/// Whether a session manager reads long-term records: its configuration names their namespaces.
fn retrieves<'a>(code: &Code<'_, 'a>, module: ModuleId, call: &'a Call) -> bool {
    let Some((module, config)) = config(code, module, call) else {
        return false;
    };
    let named = option(code.source(), module, config, "retrieval_config");
    named.is_some_and(|named| {
        matches!(&named.expr.kind, ExprKind::Dict(entries) if !entries.is_empty())
            || !entries(code.source(), named).is_empty()
    })
}

/// What the ids of the project's own memories begin with.
pub(super) fn own_names(subject: &Subject<'_>) -> impl Iterator<Item = String> {
    let project = &subject.names.project;
    let memories = subject.context.project.memories.iter();
    memories.map(move |memory| format!("{project}_{}-", memory.name))
}

/// The ARNs of the memories that a call is for.
pub(super) fn memories<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    module: ModuleId,
    call: &'a Call,
) -> BTreeSet<String> {
    let Some(id) = id(code, module, call) else {
        return BTreeSet::new();
    };
    let found = texts(subject, code, id.module, id.expr);
    if !found.complete || !found.all.iter().all(|id| is_id(id)) {
        return BTreeSet::new();
    }
    let mut regions = regions::of_call(subject, code, module, call);
    regions.retain(|region| region != "*");
    let region = match regions.len() {
        1 => regions.pop_first().unwrap_or_default(),
        _ => subject.names.region.clone(),
    };
    let there = regions::elsewhere(subject, &region);
    let own: Vec<String> = own_names(subject).collect();
    let arn = |id: &String| {
        // A role that only the CLI's construct shows has no id behind the names of the project's own.
        let prefix = own.iter().find(|prefix| id.starts_with(*prefix));
        let id = prefix.map_or_else(|| id.clone(), |own| format!("{own}{UNKNOWN_SUFFIX}"));
        there.core(&format!("memory/{id}"))
    };
    found.all.iter().map(arn).collect()
}

/// The id that a call is given: by itself, by what made its object, by a configuration.
fn id<'a>(code: &Code<'_, 'a>, module: ModuleId, call: &'a Call) -> Option<At<'a>> {
    let source = code.source();
    let mut at = (module, call);
    for _ in 0..MOST_MAKERS {
        let (module, call) = at;
        let named = IDS
            .iter()
            .find_map(|name| option(source, module, call, name));
        if named.is_some() {
            return named;
        }
        if let Some(next) = config(code, module, call) {
            at = next;
            continue;
        }
        let first = BY_POSITION.contains(&call.written_name());
        if let Some(id) = call.args.first().filter(|_| first) {
            return Some(At::new(module, id));
        }
        let ExprKind::Attribute { base, .. } = &call.callee.kind else {
            return None;
        };
        let made = source.type_of(module, base)?;
        // Its methods take the id first.
        if let Some(id) = call
            .args
            .first()
            .filter(|_| leaf(&made.type_name) == "MemoryClient")
        {
            return Some(At::new(module, id));
        }
        at = (made.module, made.call?);
    }
    None
}

/// Whether a text has the form of a memory's id.
/// <https://docs.aws.amazon.com/bedrock-agentcore/latest/APIReference/API_GetMemory.html>
fn is_id(text: &str) -> bool {
    let Some((name, end)) = text.rsplit_once('-') else {
        return false;
    };
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(part)
        && end.len() == 10
        && end.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
