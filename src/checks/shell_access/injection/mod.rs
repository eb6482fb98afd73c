//! What reaches a command unchecked: flows from handlers, parameters and a person's input.

mod argv;
mod guards;
mod sinks;
mod types;
mod verdict;
mod words;

use std::collections::BTreeSet;

use crate::analysis::clients::places::Places;
use crate::analysis::clients::{self, Kind};
use crate::analysis::dataflow::{Flow, Labels, Seeds};
use crate::analysis::names::{Meaning, leaf};
use crate::model::source::{ByteRange, EntrypointKind, Expr, ExprKind, FnId, ModuleId, Source};
use crate::report::Severity;
use guards::Guards;
pub(in crate::checks) use sinks::is_command;
use sinks::{Danger, Sink};

/// What the caller of a handler sent.
const PAYLOAD: Labels = 1;
/// What an unknown caller of a function gives.
const PARAMETER: Labels = 2;
/// What the person at the keyboard typed.
const TYPED: Labels = 4;

/// A command that holds unchecked text.
pub(super) struct Finding {
    /// The module.
    pub(super) module: ModuleId,
    /// The call that runs it.
    pub(super) range: ByteRange,
    /// What reaches what, in words.
    pub(super) note: String,
    /// How bad.
    pub(super) severity: Severity,
}

/// The modules that are looked at: what runs, what calls AgentCore, and what runs commands.
pub(super) fn modules(source: &Source) -> Vec<ModuleId> {
    let mut all: BTreeSet<ModuleId> = clients::modules(source).into_iter().collect();
    all.extend(&source.commands);
    all.into_iter().collect()
}

/// Every finding in the repository.
pub(super) fn find(source: &Source) -> Vec<Finding> {
    let places = Places::of(source, modules(source));
    let local: Vec<Vec<Sink<'_>>> = places
        .modules
        .iter()
        .filter_map(|id| source.module(*id))
        .flat_map(|module| sinks::of_module(&places, source, module))
        .collect();
    let calls = clients::find(source);
    let remote: Vec<Sink<'_>> = calls
        .iter()
        .filter(|call| call.kind == Kind::Command)
        .filter_map(|call| {
            let command = sinks::command(source, call.module.id, call.expr.as_call()?)?;
            Some(Sink {
                what: "InvokeAgentRuntimeCommand".to_owned(),
                module: call.module.id,
                function: call.function,
                expr: call.expr,
                parts: vec![(command, Danger::Shell)],
            })
        })
        .collect();
    let mut found = Vec::new();
    if local.is_empty() && remote.is_empty() {
        return found;
    }
    for (function, kind, payload) in places.handlers() {
        let seeds = From {
            source,
            from: Some(function),
            params: Params::Only(payload),
            labels: PAYLOAD,
        };
        let flow = Flow::run(source, function, &seeds);
        let ran: BTreeSet<FnId> = flow.functions().collect();
        for sink in local.iter().flatten().chain(&remote) {
            if sink.function.is_some_and(|id| ran.contains(&id)) {
                let reached = (Some(function), words(kind), Severity::Critical);
                found.extend(unchecked(source, &flow, sink, reached, PAYLOAD));
            }
        }
    }
    for sink in &remote {
        outside(source, &places, sink, &mut found);
    }
    found.sort_by(|one, other| {
        (one.module, one.range, one.severity).cmp(&(other.module, other.range, other.severity))
    });
    found.dedup_by(|one, other| (one.module, one.range) == (other.module, other.range));
    found
}

/// A command for a session's VM that nobody in sight gives a handler's payload: what its function is given, or what a person types.
fn outside(source: &Source, places: &Places<'_>, sink: &Sink<'_>, found: &mut Vec<Finding>) {
    let roots = match sink.function {
        Some(function) => places.roots(function),
        None => vec![(sink.module, None)],
    };
    for (module, root) in roots {
        if root.is_some_and(|root| places.handler(root).is_some()) {
            continue;
        }
        let seeds = From {
            source,
            from: root,
            params: Params::All,
            labels: PARAMETER,
        };
        let flow = match root {
            Some(root) => Flow::run(source, root, &seeds),
            None => Flow::run_module(source, module, &seeds),
        };
        let typed = sink
            .parts
            .iter()
            .any(|(at, _)| flow.labels(at.module, at.expr) & TYPED != 0);
        let reached = if typed {
            (root, "what a person types", Severity::Medium)
        } else {
            (
                root,
                "a parameter that anything may be given for",
                Severity::High,
            )
        };
        found.extend(unchecked(source, &flow, sink, reached, PARAMETER | TYPED));
    }
}

fn unchecked(
    source: &Source,
    flow: &Flow,
    sink: &Sink<'_>,
    (from, what, severity): (Option<FnId>, &str, Severity),
    labels: Labels,
) -> Option<Finding> {
    let (_, danger) = sink.parts.iter().find(|(at, danger)| {
        let guards = Guards {
            source,
            flow,
            from,
            danger: *danger,
        };
        flow.labels(at.module, at.expr) & labels != 0 && !guards.covered(at.module, at.expr)
    })?;
    let how = match danger {
        Danger::Shell => "as shell text",
        Danger::Code => "as code",
        Danger::Program => "as the program",
        Danger::Option => "as an argument that can be an option",
    };
    let severity = match danger {
        Danger::Option => Severity::Medium,
        _ => severity,
    };
    Some(Finding {
        module: sink.module,
        range: sink.expr.range,
        note: format!(
            "{what} reaches {} {how}, and nothing on the way checks it",
            sink.what
        ),
        severity,
    })
}

fn words(kind: EntrypointKind) -> &'static str {
    match kind {
        EntrypointKind::AgentTool => "what the model gives a tool",
        EntrypointKind::McpTool => "what a client gives an MCP tool",
        EntrypointKind::Route => "what a request carries",
        EntrypointKind::Lambda => "what the Lambda event carries",
        _ => "what the payload carries",
    }
}

enum Params<'p> {
    Only(&'p [usize]),
    All,
}

struct From<'a, 'p> {
    source: &'a Source,
    from: Option<FnId>,
    params: Params<'p>,
    labels: Labels,
}

impl Seeds for From<'_, '_> {
    fn param(&self, function: FnId, index: usize) -> Labels {
        let own = Some(function) == self.from
            && match self.params {
                Params::Only(indexes) => indexes.contains(&index),
                Params::All => !self
                    .source
                    .function(function)
                    .and_then(|about| about.params.get(index))
                    .is_some_and(|param| matches!(&*param.name, "self" | "cls" | "this")),
            };
        if own { self.labels } else { 0 }
    }

    fn expr(&self, module: ModuleId, expr: &Expr) -> Labels {
        if self.labels != PARAMETER {
            return 0;
        }
        let typed = match &expr.kind {
            ExprKind::Call(_) => self.source.callee_name(module, expr).is_some_and(|name| {
                matches!(
                    name.as_str(),
                    "input" | "prompt" | "sys.stdin.read" | "sys.stdin.readline"
                ) || name.ends_with("ArgumentParser.parse_args")
            }),
            ExprKind::Attribute { .. } => self
                .source
                .canonical(module, expr)
                .is_some_and(|name| matches!(name.as_str(), "sys.argv" | "process.argv")),
            _ => false,
        };
        if typed { TYPED } else { 0 }
    }

    fn cleans(&self, module: ModuleId, call: &Expr) -> bool {
        let Some(inner) = call.as_call() else {
            return false;
        };
        let name = self.source.callee_name(module, call).unwrap_or_default();
        if matches!(
            name.as_str(),
            "shlex.quote"
                | "shlex.join"
                | "pipes.quote"
                | "shell-quote.quote"
                | "shescape.quote"
                | "shescape.escape"
                | "shell-escape"
                | "int"
                | "float"
                | "bool"
                | "len"
                | "Number"
                | "parseInt"
                | "parseFloat"
                | "Boolean"
                | "uuid.UUID"
                | "isinstance"
                | "ipaddress.ip_address"
                | "werkzeug.utils.secure_filename"
        ) {
            return true;
        }
        let ExprKind::Attribute { base, attr } = &inner.callee.kind else {
            return false;
        };
        match &**attr {
            // A table of commands, looked up by what came in.
            "get" => match self.source.meaning(module, base) {
                Meaning::Value(_, value) => matches!(value.kind, ExprKind::Dict(_)),
                Meaning::Instance(made) => matches!(leaf(&made.type_name), "Map" | "dict"),
                _ => false,
            },
            // Everything but harmless characters is taken out.
            "sub" | "replace" | "replaceAll" => inner.args.first().is_some_and(|pattern| {
                let text = match &pattern.kind {
                    ExprKind::Regex(text) => Some(text.to_string()),
                    _ => self.source.string(module, pattern),
                };
                text.is_some_and(|text| text.trim_start_matches('/').starts_with("[^"))
            }),
            _ => false,
        }
    }

    fn cleans_member(&self, _module: ModuleId, member: &str) -> bool {
        matches!(member, "length" | "size" | "session_id" | "request_id")
    }
}

/// The findings of some modules.
pub(super) fn within(findings: &[Finding], modules: &BTreeSet<ModuleId>) -> Vec<usize> {
    findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| modules.contains(&finding.module))
        .map(|(index, _)| index)
        .collect()
}
