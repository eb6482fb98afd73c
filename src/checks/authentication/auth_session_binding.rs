//! `auth-session-binding`: Session ids are bound to the authenticated user.

use crate::analysis::agent_code;
use crate::analysis::clients::places::Places;
use crate::analysis::clients::{self, Call, Kind};
use crate::analysis::exceptions::is_log;
use crate::analysis::provenance::{self, Alternative, Part, Root};
use crate::checks::callers;
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::ir::ByteRange;
use crate::model::source::walk::{Node, statements, walk};
use crate::model::source::{
    Call as CallExpr, EntrypointKind, Expr, ExprKind, FnId, Source, Stmt, StmtKind,
};

pub(super) static CHECK: Check = Check {
    id: "auth-session-binding",
    title: "Session ids are bound to the authenticated user",
    category: Category::Authentication,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("auth_session_binding.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-sessions.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

/// Steps on the way to a value that whoever sends the request writes.
const CHOSEN: [&str; 14] = [
    "body",
    "json",
    "query",
    "query_params",
    "queryparams",
    "params",
    "path_params",
    "args",
    "form",
    "values",
    "headers",
    "querystringparameters",
    "pathparameters",
    "cookies",
];
/// Steps that only somebody who was authenticated gets.
const KNOWN: [&str; 16] = [
    "claim",
    "authorizer",
    "jwt",
    "token",
    "principal",
    "identity",
    "auth",
    "verified",
    "current_user",
    "currentuser",
    "locals",
    "oidc",
    "credentials",
    "depends",
    "user",
    "session",
];
/// Last steps of what a messaging service writes and signs: the thread of a message, whose members share it.
const MESSAGING: [&str; 4] = ["thread_ts", "event_ts", "message_ts", "threadts"];

/// Steps of events that no user writes.
const INTERNAL: [&str; 8] = [
    "records",
    "detail",
    "connectionid",
    "requestcontext",
    "messageid",
    "source",
    "executionid",
    "requestid",
];

fn run(context: &Context) -> Vec<Outcome> {
    let resource = context.project.resource();
    if context.project.agents().next().is_none() {
        let message = "no runtime is configured";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    let source = &context.source;
    let calls = clients::find(source);
    let places = Places::new(source);
    let begun: Vec<&Call<'_>> = calls
        .iter()
        .filter(|call| matches!(call.kind, Kind::Invoke | Kind::Command | Kind::Socket))
        .collect();
    let mut found: Vec<Evidence> = Vec::new();
    let mut handed: Vec<Evidence> = Vec::new();
    for call in &begun {
        look(source, &places, call, &mut found, &mut handed);
    }
    let invoker = context.files.contents.lambda_callers.first();
    if invoker.is_none() {
        found.append(&mut handed);
    }
    found.sort_by_key(|evidence| {
        let site = evidence.site.as_ref();
        let span = site.and_then(|site| site.span);
        (
            site.map(|site| site.path.clone()),
            span.map(|span| (span.line, span.column)),
        )
    });
    found.dedup_by(|one, other| one.site == other.site);
    let scope = callers::scope(context);
    let outcome = match found.first() {
        None if !handed.is_empty() => {
            let path = invoker.map_or("", String::as_str);
            let message = format!(
                "the session id is what the Lambda function was invoked with, and {path} invokes functions: see that it makes the id, or binds it to the user"
            );
            let reason = Unread::new(
                ReasonCode::Unsupported,
                "what one Lambda function hands to another is not followed",
            );
            Outcome::manual(resource, message, reason).evidences(handed)
        }
        None => Outcome::pass(
            resource,
            match begun.len() {
                0 => format!("no code in the repository invokes a runtime (looked at: {scope})"),
                _ => format!(
                    "no session id of the {} call(s) of runtimes in {scope} is seen to be the sender's own choice",
                    begun.len()
                ),
            },
        ),
        Some(first) => {
            let path = first.site.as_ref().map_or("", |site| &*site.path);
            let message = format!("{path}: {}", first.note);
            Outcome::fail(resource, message).evidences(found).fix(
                Fix::new("Make the id from the authenticated user").note(
                    "Derive the id from a verified claim and the conversation, for example a hash of `sub` and the conversation's id, or keep the ids of each user on the server and \
                     look them up. Where the client sends an id, check that it belongs to the user before the call. The service authorizes the runtime, not the session. \
                     Pad with a separator that the value cannot hold, or hash: then no two values meet",
                ),
            )
        }
    };
    vec![callers::honest_of_callers(context, outcome)]
}

fn look<'a>(
    source: &'a Source,
    places: &Places<'a>,
    call: &Call<'a>,
    found: &mut Vec<Evidence>,
    handed: &mut Vec<Evidence>,
) {
    let Some(session) = call.session else {
        return;
    };
    let made = provenance::of(source, places, session);
    for pad in &made.pads {
        let text = source
            .module(pad.module)
            .map_or("", |module| module.text(pad.expr.range))
            .to_ascii_lowercase();
        // A digest has one length.
        let fixed = ["sha", "md5", "hash", "digest", "uuid", "hex"]
            .iter()
            .any(|word| text.contains(word));
        let varies = made
            .alternatives
            .iter()
            .flatten()
            .any(|part| matches!(part.root, Root::Parameter { .. } | Root::Unknown));
        if !fixed && varies {
            found.push(agent_code::evidence(source, pad.module, pad.expr.range).note(
                "the session id is padded with a character that the value may hold: two users can get the same session",
            ));
        }
    }
    for alternative in &made.alternatives {
        let Some(part) = chosen(places, alternative) else {
            continue;
        };
        let handler = match part.root {
            Root::Parameter { function, .. } => Some(function),
            _ => None,
        };
        let mut near = [handler, call.function].into_iter().flatten();
        if near.any(|function| is_checked(source, function, part, call)) {
            continue;
        }
        // A field of the event itself is what was given to `lambda:Invoke`; a user writes the body of a request.
        let given = handler.is_some_and(|function| {
            places.handler(function) == Some(EntrypointKind::Lambda) && is_top_level(part)
        });
        let list = if given { &mut *handed } else { &mut *found };
        list.push(agent_code::evidence(source, part.at.module, part.at.expr.range).note(
            "the session id comes from the request and is bound to no user: a caller who sends another user's id enters that user's session",
        ));
    }
}

/// The part of an id that the sender of a request chooses, where nothing in the id is the user's own.
fn chosen<'a, 'p>(places: &Places<'a>, parts: &'p Alternative<'a>) -> Option<&'p Part<'a>> {
    let is_chosen = |part: &&Part<'a>| {
        let Root::Parameter { function, .. } = part.root else {
            // Flask's request of the moment.
            let global = part.path.first().is_some_and(|first| first == "request");
            return part.root == Root::Unknown
                && global
                && has(&part.path, &CHOSEN)
                && !is_known(part);
        };
        let handler = matches!(
            places.handler(function),
            Some(EntrypointKind::Route | EntrypointKind::Lambda)
        );
        handler && !is_known(part) && !has(&part.path, &INTERNAL) && !is_messaging(part, parts)
    };
    let bound = parts
        .iter()
        .any(|part| is_known(part) || part.root == Root::Fresh);
    parts.iter().find(is_chosen).filter(|_| !bound)
}

/// Whether a part is a field of the event itself: the parameter's name and one step.
fn is_top_level(part: &Part<'_>) -> bool {
    part.path
        .iter()
        .skip(1)
        .filter(|step| *step != "get")
        .count()
        == 1
}

/// Whether a part is the thread that a messaging service names. A message without a thread is named by its own time: Slack's `ts`.
fn is_messaging(part: &Part<'_>, parts: &Alternative<'_>) -> bool {
    let of = |part: &Part<'_>| {
        let last = part.path.last();
        last.is_some_and(|last| MESSAGING.contains(&last.as_str()) || last == "ts")
    };
    of(part) || parts.iter().any(of)
}

fn has(path: &[String], words: &[&str]) -> bool {
    path.iter().any(|step| words.contains(&step.as_str()))
}

/// Whether a part comes from who authenticated the caller.
fn is_known(part: &Part<'_>) -> bool {
    let verified = |step: &String| {
        [
            "decode",
            "verify",
            "claim",
            "authoriz",
            "jwt",
            "get_current",
            "sub",
        ]
        .iter()
        .any(|word| step == word || word.len() > 4 && step.contains(word))
    };
    if part.path.iter().any(verified) {
        return true;
    }
    !has(&part.path, &CHOSEN) && {
        // What is last names the value, not who told it.
        let before = part.path.split_last().map_or(&[][..], |(_, before)| before);
        before
            .iter()
            .any(|step| KNOWN.iter().any(|word| step == word))
            || matches!(part.root, Root::Unknown)
                && part
                    .path
                    .iter()
                    .any(|step| KNOWN.iter().any(|word| step.contains(word)))
    }
}

/// Whether a function holds the id against the user: a call or comparison that names both.
fn is_checked(source: &Source, function: FnId, part: &Part<'_>, invoked: &Call<'_>) -> bool {
    let Some(module) = source.module(function.module) else {
        return false;
    };
    let Some(name) = part.path.last().filter(|name| *name != "[]") else {
        return false;
    };
    let plain = |text: &str| text.to_ascii_lowercase().replace('_', "");
    let name = plain(name);
    let mut checked = false;
    let body = source.body(function.module, Some(function));
    let dropped = dropped(body);
    walk(body, &mut |_, node| {
        let Node::Expr(expr) = node else { return true };
        if checked || !matches!(expr.kind, ExprKind::Compare(_) | ExprKind::Call(_)) {
            return true;
        }
        let text = plain(module.text(expr.range));
        let user = [
            "claims",
            ".sub",
            "\"sub\"",
            "'sub'",
            "user",
            "owner",
            "principal",
            "tenant",
        ]
        .iter()
        .any(|word| text.contains(word));
        let invokes = ["invokeagentruntime", "invokeharness", "payload"]
            .iter()
            .any(|word| text.contains(word));
        if !user || invokes || !text.contains(&name) || text.len() >= 400 {
            return true;
        }
        // What a call does is the costly question.
        checked = match &expr.kind {
            ExprKind::Call(call) => {
                call.args.len() + call.keywords.len() >= 2
                    && !only_keeps(source, function, expr, call)
                    && (!dropped.contains(&expr.range) || may_refuse(source, function, expr, call))
                    && !leads_to(source, function, expr, invoked)
            }
            _ => true,
        };
        true
    });
    checked
}

/// The calls of a body whose result nobody looks at.
fn dropped(body: &[Stmt]) -> Vec<ByteRange> {
    let value = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Expr(value) => match &value.kind {
            ExprKind::Await(inner) => Some(inner.range),
            _ => Some(value.range),
        },
        _ => None,
    };
    statements(body).into_iter().filter_map(value).collect()
}

/// Whether a call whose result nobody looks at may refuse all the same: it is named so, or the function raises.
fn may_refuse(source: &Source, function: FnId, expr: &Expr, call: &CallExpr) -> bool {
    let name = call.written_name();
    let plain = name.to_ascii_lowercase();
    let named = [
        "check", "verif", "ensure", "assert", "require", "valid", "authoriz", "own", "belong",
        "guard", "allow", "permit", "enforce", "must",
    ];
    // A write that holds only where the owner is the user raises where it does not.
    let conditional = source.module(function.module).is_some_and(|module| {
        let text = module.text(expr.range).to_ascii_lowercase();
        text.contains("condition")
    });
    if conditional || named.iter().any(|word| plain.contains(word)) {
        return true;
    }
    let Some(callee) = source.callee(function.module, expr) else {
        return false;
    };
    statements(source.body(callee.module, Some(callee)))
        .iter()
        .any(|stmt| matches!(stmt.kind, StmtKind::Raise { .. }))
}

/// Whether a call is a step on the way to the invocation: it hands the id on, and holds it against nothing.
fn leads_to(source: &Source, function: FnId, expr: &Expr, invoked: &Call<'_>) -> bool {
    let (Some(first), Some(last)) = (source.callee(function.module, expr), invoked.function) else {
        return false;
    };
    source.reach(first).contains(&last)
}

/// Methods that read a value, with what to give where it is absent.
const READS: [&str; 6] = ["get", "pop", "setdefault", "getattr", "header", "param"];
/// How the names of functions begin that note something down.
const NOTES: [&str; 18] = [
    "put", "save", "store", "insert", "create", "add", "append", "push", "set", "write", "record",
    "track", "emit", "send", "publish", "log", "debug", "info",
];

/// Whether a call that names both the id and the user compares nothing: it reads a value with a default, logs, or notes both down.
fn only_keeps(source: &Source, function: FnId, expr: &Expr, call: &CallExpr) -> bool {
    let written = call.written_name();
    let notes = NOTES.iter().any(|verb| {
        let rest = written.trim_start_matches('_').strip_prefix(verb);
        // `put`, `put_item`, `putItem`, and not `settle`.
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_lowercase()))
    });
    // A write that holds only where the owner is the user is a test.
    let conditional = || {
        let module = source.module(function.module);
        module.is_some_and(|module| {
            module
                .text(expr.range)
                .to_ascii_lowercase()
                .contains("condition")
        })
    };
    READS.contains(&written) || is_log(source, function.module, expr, 0) || notes && !conditional()
}
