//! `code-tool-sessions`: Tool sessions are ended whatever happens.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::tool_sessions::{self, End};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "code-tool-sessions",
    title: "Tool sessions are ended whatever happens",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_tool_sessions.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/browser-tool.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/code-interpreter-tool.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, judge)
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let mut found = Vec::new();
    let (mut count, mut kept) = (0, 0);
    let mut filed = false;
    let callers = Callers::new(code);
    for (module, function, expr) in code.calls() {
        let Some(call) = expr.as_call() else { continue };
        let Some(what) = tool_sessions::begins(code.source, module, expr, call) else {
            continue;
        };
        count += 1;
        if tool_sessions::is_kept_by_process(&callers, module, function, call, &what) {
            count -= 1;
            kept += 1;
            continue;
        }
        let note = match tool_sessions::end_of(&callers, module, function, expr) {
            End::Always => continue,
            End::Never => format!("{what} begins a session that nothing here ends"),
            End::WithoutFailure => {
                format!(
                    "{what} begins a session that goes on where anything fails before it is ended"
                )
            }
        };
        if found.is_empty() {
            filed = tool_sessions::is_filed(code.source, module, function, call);
        }
        found.push(agent_code::evidence(code.source, module.id, expr.range).note(note));
    }
    let name = &code.runtime.name;
    let Some(first) = found.first() else {
        let message = match count {
            0 if kept > 0 => format!(
                "runtime {name} keeps {kept} MCP client(s) for the life of its process, and begins no other session of a tool itself"
            ),
            0 => format!(
                "runtime {name} begins no session of a tool itself ({})",
                code.scope()
            ),
            _ => format!(
                "runtime {name} ends the {count} session(s) of tools that it begins, whatever happens"
            ),
        };
        return Outcome::pass(code.resource(), message);
    };
    let cost = match (first.note.starts_with("MCP"), filed) {
        (true, true) => {
            "each key that a client is kept under holds a connection and its thread until the process ends"
        }
        (true, false) => "each call leaves a connection and its thread behind",
        (false, _) => "it is paid for, and counts against the quota, until its own timeout",
    };
    let message = format!("runtime {name}: {}; {cost}", first.note);
    Outcome::fail(code.resource(), message).evidences(found).fix(
        Fix::new("End it in a context manager or `finally`").note(
            "Python: `with browser_session(region) as browser:`, `with code_session(region) as interpreter:`, `with MCPClient(…) as client:`, or stop() in a `finally`. TypeScript: stop in `finally`, or `await using`",
        ),
    )
}
