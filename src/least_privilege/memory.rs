//! Memories: what the code calls on them.

use std::collections::BTreeSet;

use super::agentcore::{core_actions, known_or, upper};
use super::code::Code;
use super::statements::Lack;
use super::words::Words;
use super::{Statements, Subject, UNKNOWN_SUFFIX, memory_calls};
use crate::model::json::Node;
use crate::model::project::{Agent, Harness};

/// What code calls on a memory, and the action that each call is.
pub(super) const MEMORY_CALLS: [(&str, &str); 24] = [
    ("create_event", "CreateEvent"),
    ("create_blob_event", "CreateEvent"),
    ("save_conversation", "CreateEvent"),
    ("save_turn", "CreateEvent"),
    ("add_turns", "CreateEvent"),
    ("process_turn", "CreateEvent"),
    ("process_turn_with_llm", "CreateEvent"),
    ("fork_conversation", "CreateEvent"),
    ("get_event", "GetEvent"),
    ("list_events", "ListEvents"),
    ("get_last_k_turns", "ListEvents"),
    ("list_branches", "ListEvents"),
    ("delete_event", "DeleteEvent"),
    ("retrieve_memories", "RetrieveMemoryRecords"),
    ("retrieve_memory_records", "RetrieveMemoryRecords"),
    ("search_long_term_memories", "RetrieveMemoryRecords"),
    ("list_long_term_memory_records", "ListMemoryRecords"),
    ("list_memory_records", "ListMemoryRecords"),
    ("get_memory_record", "GetMemoryRecord"),
    ("delete_memory_record", "DeleteMemoryRecord"),
    ("batch_create_memory_records", "BatchCreateMemoryRecords"),
    ("list_sessions", "ListSessions"),
    ("list_actors", "ListActors"),
    ("get_memory", "GetMemory"),
];

/// What an integration of a framework uses: it reads and writes events and reads long-term records.
pub(super) const MEMORY_INTEGRATION: [&str; 9] = [
    "CreateEvent",
    "GetEvent",
    "ListEvents",
    "ListSessions",
    "ListActors",
    "RetrieveMemoryRecords",
    "ListMemoryRecords",
    "GetMemoryRecord",
    "GetMemory",
];

/// The statements for the memories that the code names.
pub(super) fn add<'a>(
    subject: &Subject<'a>,
    code: Option<&Code<'_, 'a>>,
    words: &Words<'_>,
    statements: &mut Statements,
) {
    let deployed = subject.context.deployed();
    let used: BTreeSet<&str> = MEMORY_CALLS
        .iter()
        .filter(|(call, _)| words.has(call))
        .map(|(_, action)| *action)
        .collect();
    let integrated =
        words.any_contains("AgentCoreMemory") || words.any_contains("MemorySessionManager");
    // That of Strands replaces an event by a newer one: when a message is redacted, when a session is written the new way.
    let replaces = !words.known || words.any_contains("AgentCoreMemorySessionManager");
    let calls = !used.is_empty();
    let actions: Vec<&str> = if !calls || integrated {
        let replaced = replaces.then_some("DeleteEvent");
        let all: BTreeSet<&str> = used
            .iter()
            .copied()
            .chain(MEMORY_INTEGRATION)
            .chain(replaced)
            .collect();
        all.into_iter().collect()
    } else {
        used.into_iter().collect()
    };
    // The client of the SDK looks through all memories for one of a name.
    let lists = ["list_memories", "create_or_get_memory", "listMemories"];
    if words.known && lists.iter().any(|call| words.has(call)) {
        statements.allow("ListMemories", core_actions(["ListMemories"]), ["*"]);
    }
    let memories = &subject.context.project.memories;
    let named = |name: &str| names(subject, words, name);
    // What opens a memory, and none of the project's by its name: it may be any.
    let opens = integrated || calls && words.any_contains("MemoryClient");
    let any = opens && !memories.iter().any(|memory| named(&memory.name));
    for memory in memories {
        let name = &memory.name;
        if let Agent::Harness(harness) = subject.agent
            && !uses(harness, name)
        {
            statements.note(format!(
                "memory {name} is left out: harness.json does not name it"
            ));
            continue;
        }
        if any {
            statements.note("the code does not show which memory it uses; UseMemory takes every memory of the project: leave those out that it does not use");
        } else if !named(name) {
            statements.note(format!(
                "memory {name} is left out: the code does not name it or its variable MEMORY_{}_ID",
                upper(name)
            ));
            continue;
        }
        let known = deployed.and_then(|target| target.memories.get(name)?.arn.clone());
        let arn = known_or(
            known,
            subject.core(&format!(
                "memory/{}_{name}-{UNKNOWN_SUFFIX}",
                subject.names.project
            )),
        );
        statements.allow("UseMemory", core_actions(actions.clone()), [arn]);
    }
    if let Some(code) = code {
        let opens = words.known && opens && memories.is_empty() && !is_connected(subject.agent);
        foreign(subject, code, &actions, opens, statements);
    }
    if let Agent::Harness(harness) = subject.agent
        && let Some(document) = harness.document.read()
        && document
            .root
            .path(&["memory", "mode"])
            .and_then(Node::as_str)
            == Some("managed")
    {
        // The service cuts the name here.
        let prefix: String = subject.physical().chars().take(34).collect();
        let all = MEMORY_INTEGRATION
            .into_iter()
            .chain(["DeleteEvent", "DeleteMemoryRecord"]);
        statements.allow(
            "UseManagedMemory",
            core_actions(all),
            [subject.core(&format!("memory/{prefix}*"))],
        );
    }
}

/// Whether `connections[]` of a runtime brings a memory.
fn is_connected(agent: Agent<'_>) -> bool {
    let connections = agent
        .runtime()
        .and_then(|runtime| runtime.node.get("connections"));
    let kind = |connection: &Node| {
        let kind = connection.path(&["to", "type"])?.as_str()?;
        Some(kind == "memory")
    };
    connections.is_some_and(|all| all.items().iter().any(|one| kind(one) == Some(true)))
}

/// Memories that the project does not make, by the ids that the code or its environment has. What opens one of which no id is seen is
/// said: nobody would miss it in the policy.
fn foreign<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    actions: &[&str],
    opens: bool,
    statements: &mut Statements,
) {
    let own: Vec<String> = memory_calls::own_names(subject)
        .map(|name| format!(":memory/{name}"))
        .collect();
    let calls = memory_calls::calls(subject, code);
    let named = calls.iter().map(|call| call.memories.clone());
    let asked = code
        .calls()
        .filter(|(.., call)| {
            let name = call.written_name();
            MEMORY_CALLS.iter().any(|(method, action)| {
                *method == name || name.strip_suffix("Command") == Some(*action)
            })
        })
        .map(|(module, _, call)| memory_calls::memories(subject, code, module, call));
    let found: BTreeSet<String> = named.chain(asked).flatten().collect();
    let none = found.is_empty();
    let foreign: Vec<String> = found
        .into_iter()
        .filter(|arn| !own.iter().any(|own| arn.contains(own)))
        .collect();
    statements.allow(
        "UseOtherMemory",
        core_actions(actions.iter().copied()),
        foreign,
    );
    if none && opens {
        let text = format!(
            "the code opens a memory, the project makes none, and no id of one is in sight, so nothing is allowed on it: set its id in envVars, or add {} on its ARN",
            core_actions(actions.iter().copied()).join(", ")
        );
        statements.lack(Lack { model: false, text });
    }
}

/// Whether the code, or a variable that is set for it, names a memory: by its name, its variable or its id.
fn names(subject: &Subject<'_>, words: &Words<'_>, name: &str) -> bool {
    let id = format!("{}_{name}-", subject.context.project.display_name());
    let mut set = subject.agent.common().env.iter();
    words.names(name, &format!("MEMORY_{}_ID", upper(name)))
        || words.any_contains(&id)
        || set.any(|(_, value)| value.value.contains(&id))
}

/// Whether a harness uses a memory of the project: `memory.mode` is `existing`, with its name or its ARN.
fn uses(harness: &Harness, name: &str) -> bool {
    let Some(document) = harness.document.read() else {
        return true;
    };
    let Some(memory) = document.root.get("memory") else {
        return false;
    };
    let text = |key: &str| memory.get(key).and_then(Node::as_str);
    let by_arn = text("arn").is_some_and(|arn| arn.contains(&format!("_{name}-")));
    text("mode") == Some("existing") && (text("name") == Some(name) || by_arn)
}
