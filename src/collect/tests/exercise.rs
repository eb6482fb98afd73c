//! What one test exercises: which calls invoke an agent, which doubles fail, which sessions memory is used in.

use std::collections::{BTreeMap, BTreeSet};

use super::Entry;
use crate::model::source::{ByteRange, Expr, ExprKind, FnId, Function, Module, StmtKind, walk};
use crate::model::tests::TestSite;

/// Calls that write to memory, and that read long-term memory, in Python and the AWS SDKs.
const WRITES: [&str; 9] = [
    "create_event",
    "save_turn",
    "save_conversation",
    "add_turns",
    "createEvent",
    "CreateEventCommand",
    "batch_create_memory_records",
    "BatchCreateMemoryRecordsCommand",
    "process_turn",
];
const READS: [&str; 9] = [
    "retrieve_memories",
    "retrieve_memory_records",
    "search_long_term_memories",
    "list_memory_records",
    "list_long_term_memory_records",
    "RetrieveMemoryRecordsCommand",
    "ListMemoryRecordsCommand",
    "retrieve_memories_for_llm",
    "process_turn_with_llm",
];

/// A place in a test.
pub(super) fn site(module: &Module, range: ByteRange, what: impl Into<String>) -> TestSite {
    TestSite {
        site: module.site(range),
        what: what.into(),
        runtimes: Vec::new(),
    }
}

/// The last name of what is called.
pub(super) fn leaf(callee: &Expr) -> &str {
    callee.last_name().map_or("", |name| name)
}

/// The last names of all modules that a test imports or loads, by any means.
pub(super) fn imported(module: &Module) -> BTreeSet<String> {
    let last = |name: &str| -> String {
        let name = name.rsplit('/').next().unwrap_or(name);
        let name = ["py", "ts", "js", "mjs"]
            .iter()
            .find_map(|extension| name.strip_suffix(&format!(".{extension}")))
            .unwrap_or(name);
        name.rsplit('.').next().unwrap_or(name).to_owned()
    };
    let mut names = BTreeSet::new();
    for import in &module.imports {
        names.insert(last(&import.module));
        names.extend(import.name.as_ref().map(|name| last(name)));
    }
    for (_, expr) in module.all_expressions() {
        if let ExprKind::Str(text) = &expr.kind
            && text.len() < 200
            && !text.contains(char::is_whitespace)
        {
            names.insert(last(text));
        }
    }
    names
}

/// A call that invokes an agent with an input: the entrypoint itself, its HTTP route, the service's API.
pub(super) fn invocation(
    module: &Module,
    expr: &Expr,
    leaf: &str,
    entries: &[Entry],
    imported: &BTreeSet<String>,
) -> Option<TestSite> {
    let call = expr.as_call()?;
    let given = !call.args.is_empty() || !call.keywords.is_empty();
    let runtimes: Vec<String> = entries
        .iter()
        .filter(|entry| entry.function == leaf && imported.contains(&entry.module))
        .map(|entry| entry.runtime.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if given && !runtimes.is_empty() {
        let what = format!("calls the entrypoint {leaf}");
        return Some(TestSite {
            runtimes,
            ..site(module, expr.range, what)
        });
    }
    let strings = || {
        call.args
            .iter()
            .chain(call.keywords.iter().map(|word| &word.value))
    };
    let holds = |word: &str| {
        strings().any(|argument| {
            walk::sub_expressions(argument)
                .into_iter()
                .any(|part| match &part.kind {
                    ExprKind::Str(text) => text.contains(word),
                    _ => {
                        module.text(part.range).contains(word)
                            && matches!(part.kind, ExprKind::Format(_))
                    }
                })
        })
    };
    // `@app.post("/invocations")` and `app.post("/invocations", handler)` serve it.
    let serves = registers(module, expr);
    let sends = matches!(
        leaf,
        "post" | "request" | "fetch" | "urlopen" | "inject" | "Request"
    ) || sends_what_it_is_given(module, expr);
    if sends && !serves && holds("/invocations") {
        return Some(site(module, expr.range, "posts to /invocations"));
    }
    let invokes = matches!(
        leaf,
        "invoke_agent_runtime"
            | "invokeAgentRuntime"
            | "InvokeAgentRuntimeCommand"
            | "invoke_harness"
            | "InvokeHarnessCommand"
    );
    let named = [
        "agentRuntimeArn",
        "harnessArn",
        "payload",
        "runtimeSessionId",
    ];
    let by_name = named.iter().any(|name| call.option(name).is_some())
        || call.keywords.iter().any(|word| word.name.is_none());
    if invokes && by_name {
        return Some(site(module, expr.range, "invokes the deployed runtime"));
    }
    let runs = matches!(
        leaf,
        "run"
            | "check_output"
            | "check_call"
            | "Popen"
            | "execSync"
            | "spawnSync"
            | "spawn"
            | "exec"
    );
    (runs && holds("agentcore") && holds("invoke"))
        .then(|| site(module, expr.range, "runs `agentcore invoke`"))
}

/// Whether a call registers a route: as a decorator, or with the function that answers.
fn registers(module: &Module, expr: &Expr) -> bool {
    let decorates = module.functions.iter().any(|function| {
        function
            .decorators
            .iter()
            .any(|decorator| decorator.range.contains(expr.range))
    });
    let Some(call) = expr.as_call() else {
        return decorates;
    };
    let server = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => base.as_name().is_some_and(|base| {
            matches!(
                base,
                "app" | "router" | "server" | "api" | "fastify" | "blueprint"
            )
        }),
        _ => false,
    };
    decorates
        || server
            && call
                .args
                .iter()
                .skip(1)
                .any(|arg| matches!(arg.kind, ExprKind::Lambda(_) | ExprKind::Name(_)))
}

/// Whether a call is of a function of the same file that sends one of its parameters over HTTP.
fn sends_what_it_is_given(module: &Module, expr: &Expr) -> bool {
    let Some(name) = expr.as_call().and_then(|call| call.callee.as_name()) else {
        return false;
    };
    let called = module
        .functions
        .iter()
        .find(|function| &*function.name == name && function.class.is_none());
    called.is_some_and(|function| {
        let given: Vec<&str> = function.params.iter().map(|param| &*param.name).collect();
        walk::expressions(&function.body).into_iter().any(|inner| {
            inner.as_call().is_some_and(|call| {
                matches!(
                    leaf(&call.callee),
                    "post" | "request" | "fetch" | "urlopen" | "Request" | "send"
                ) && call
                    .args
                    .iter()
                    .chain(call.keywords.iter().map(|word| &word.value))
                    .flat_map(walk::sub_expressions)
                    .any(|part| part.as_name().is_some_and(|name| given.contains(&name)))
            })
        })
    })
}

/// Whether an expression is an exception: its class, an instance, or a list with one.
fn is_exception(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => named_exception(name),
        ExprKind::Attribute { attr, .. } => named_exception(attr),
        ExprKind::Call(call) => named_exception(leaf(&call.callee)),
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().any(is_exception),
        _ => false,
    }
}

fn named_exception(name: &str) -> bool {
    name.ends_with("Error")
        || name.ends_with("Exception")
        || name.ends_with("Timeout")
        || name.ends_with("error")
}

/// A double that fails.
pub(super) fn failure(expr: &Expr, leaf: &str) -> Option<String> {
    let call = expr.as_call()?;
    if call.option("side_effect").is_some_and(is_exception) {
        return Some("a double raises".to_owned());
    }
    if leaf.starts_with("mockRejectedValue") {
        return Some("a double rejects".to_owned());
    }
    let stub = leaf.starts_with("add_client_error") || leaf == "rejects" || leaf == "throws";
    if stub {
        return Some("a stub answers with an error".to_owned());
    }
    let status = call
        .option("status_code")
        .or_else(|| call.option("status"))
        .and_then(Expr::as_number);
    (status.is_some_and(|status| status >= 500.0 || (status - 429.0).abs() < 0.5)
        && matches!(
            leaf,
            "Response" | "respond" | "add" | "add_response" | "reply" | "HttpResponse"
        ))
    .then(|| "a stub answers with an HTTP error".to_owned())
}

/// `double.side_effect = SomeError(…)`.
pub(super) fn assigned(module: &Module) -> Vec<TestSite> {
    let mut found = Vec::new();
    for body in bodies(module) {
        for stmt in walk::statements(body) {
            let StmtKind::Assign(assign) = &stmt.kind else {
                continue;
            };
            let effect = assign.targets.iter().any(|target| {
                matches!(&target.kind, ExprKind::Attribute { attr, .. } if &**attr == "side_effect")
            });
            if effect
                && assign
                    .value
                    .as_ref()
                    .is_some_and(|value| is_exception(value))
            {
                found.push(site(module, stmt.range, "a double raises"));
            }
        }
    }
    found
}

fn bodies(module: &Module) -> Vec<&[crate::model::source::Stmt]> {
    let mut all = vec![module.body.as_slice()];
    all.extend(
        module
            .functions
            .iter()
            .map(|function| function.body.as_slice()),
    );
    all
}

/// Functions inside tests, and methods of doubles, that raise.
pub(super) fn doubles(module: &Module) -> Vec<TestSite> {
    let is_double = |function: &&Function| {
        let test = function.name.starts_with("test") || function.name.starts_with("assert");
        let method = function.class.is_some_and(|class| {
            module
                .classes
                .get(class.index as usize)
                .is_some_and(|class| !class.name.starts_with("Test"))
        });
        !test && (function.parent.is_some() || method || fake(&function.name))
    };
    // Under a condition too: a double that fails the second time is the better one.
    let raises = |function: &Function| {
        walk::statements(&function.body)
            .into_iter()
            .find_map(|stmt| {
                let StmtKind::Raise {
                    value: Some(value), ..
                } = &stmt.kind
                else {
                    return None;
                };
                let name = match &value.kind {
                    ExprKind::Call(call) => leaf(&call.callee),
                    _ => leaf(value),
                };
                let real = !matches!(
                    name,
                    "AssertionError"
                        | "NotImplementedError"
                        | "StopIteration"
                        | "StopAsyncIteration"
                        | "KeyError"
                        | "SkipTest"
                );
                real.then_some(stmt.range)
            })
    };
    module
        .functions
        .iter()
        .filter(is_double)
        .filter_map(|function| Some(site(module, raises(function)?, "a double raises")))
        .collect()
}

fn fake(name: &str) -> bool {
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    [
        "fake", "stub", "mock", "boom", "broken", "failing", "raise", "explode", "fail",
    ]
    .iter()
    .any(|word| name.starts_with(word))
}

/// Tests that write memory (or invoke the agent) in one session and read in another.
pub(super) fn sessions(module: &Module) -> Vec<TestSite> {
    let mut by_function: BTreeMap<Option<FnId>, (BTreeSet<String>, bool, bool, ByteRange)> =
        BTreeMap::new();
    for (function, expr) in module.all_expressions() {
        let Some(call) = expr
            .as_call()
            .filter(|_| matches!(expr.kind, ExprKind::Call(_)))
        else {
            continue;
        };
        let entry = by_function
            .entry(function)
            .or_insert_with(|| (BTreeSet::new(), false, false, expr.range));
        let name = leaf(&call.callee);
        let invokes = name.contains("invoke") || name == "post";
        entry.1 |= WRITES.contains(&name) || invokes;
        entry.2 |= READS.contains(&name) || invokes;
        for option in [
            "session_id",
            "sessionId",
            "runtimeSessionId",
            "runtime_session_id",
            "session",
        ] {
            if let Some(value) = call.option(option) {
                entry.0.insert(module.text(value.range).to_owned());
            }
        }
        for argument in &call.args {
            for part in walk::sub_expressions(argument) {
                for key in ["session_id", "sessionId", "runtimeSessionId"] {
                    if let Some(value) = part.entry(key) {
                        entry.0.insert(module.text(value.range).to_owned());
                    }
                }
            }
        }
    }
    by_function
        .into_values()
        .filter(|(ids, writes, reads, _)| ids.len() >= 2 && *writes && *reads)
        .map(|(ids, _, _, range)| {
            let ids: Vec<String> = ids.into_iter().take(3).collect();
            site(
                module,
                range,
                format!("uses the sessions {}", ids.join(", ")),
            )
        })
        .collect()
}
