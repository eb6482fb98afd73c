//! `auth-request-headers`: Request headers that the code reads reach it.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::request_headers::{self, Keys, Read};
use crate::checks::{Category, Check, Need, fixes};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::json::Node;

pub(super) static CHECK: Check = Check {
    id: "auth-request-headers",
    title: "Request headers that the code reads reach it",
    category: Category::Authentication,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Code],
    page: include_str!("auth_request_headers.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-header-allowlist.html",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

/// What reaches the code without being listed. Names in lower case.
const PREFIX: &str = "x-amzn-bedrock-agentcore-";
/// Headers of the protocols themselves.
const OWN: [&str; 22] = [
    "authorization",
    "content-type",
    "content-length",
    "accept",
    "accept-encoding",
    "accept-language",
    "user-agent",
    "host",
    "connection",
    "traceparent",
    "tracestate",
    "baggage",
    "x-amzn-trace-id",
    "x-amzn-requestid",
    "mcp-session-id",
    "mcp-protocol-version",
    "last-event-id",
    "upgrade",
    "sec-websocket-protocol",
    "sec-websocket-key",
    "transfer-encoding",
    "cache-control",
];
/// Headers that cannot be listed.
const REFUSED: [&str; 8] = [
    "cookie",
    "set-cookie",
    "origin",
    "referer",
    "forwarded",
    "via",
    "proxy-authorization",
    "x-real-ip",
];
/// Most headers of the list.
const MOST: usize = 20;

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let name = &code.runtime.name;
    let list = code.runtime.node.get("requestHeaderAllowlist");
    let listed: BTreeMap<String, &Node> = list
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|item| Some((item.as_str()?.to_ascii_lowercase(), item)))
        .collect();
    let reads = request_headers::reads(code);
    let lost: Vec<&Read<'_>> = reads
        .iter()
        .filter(|read| {
            let plain = read.name.to_ascii_lowercase();
            !plain.starts_with(PREFIX)
                && !OWN.contains(&plain.as_str())
                && !listed.contains_key(&plain)
        })
        .collect();
    let unread = listed.iter().filter(|(header, _)| {
        !reads
            .iter()
            .any(|read| read.name.eq_ignore_ascii_case(header))
    });
    let unread: Vec<Evidence> = unread
        .filter(|(header, _)| !header.starts_with(PREFIX) && *header != "authorization")
        .map(|(header, item)| {
            let site = context.project.document.source.site(item.range.clone());
            Evidence::config(&site)
                .note(format!("no code that was read reads {header}"))
                .context()
        })
        .collect();
    let is_lost = |read: &&Read<'_>| lost.iter().any(|known| std::ptr::eq(*known, *read));
    let bearer = withheld(code, &reads);
    // What does not arrive under any key is reported once.
    let (told, missed): (Vec<_>, Vec<_>) = missed(&reads).into_iter().partition(is_lost);
    let told = told.into_iter().map(|read| note(code, read).context());
    let missing = missed.iter().map(|read| note(code, read));
    let Some(first) = lost.first() else {
        if let Some(first) = missed.first() {
            return misspelled(code, first, missed.len())
                .evidences(missing)
                .evidences(bearer)
                .evidences(unread);
        }
        let known: BTreeSet<String> = reads
            .iter()
            .map(|read| read.name.to_ascii_lowercase())
            .collect();
        let message = match known.len() {
            0 => format!(
                "runtime {name} reads no request header by name ({})",
                code.scope()
            ),
            1 => format!("the one request header that runtime {name} reads by name reaches it"),
            count => {
                format!("the {count} request headers that runtime {name} reads by name reach it")
            }
        };
        let but = if bearer.is_empty() {
            ""
        } else {
            ", Authorization only behind a JWT authorizer"
        };
        return Outcome::pass(code.resource(), message + but)
            .evidences(bearer)
            .evidences(unread);
    };
    let mut names: Vec<&str> = Vec::new();
    for read in &lost {
        if !names
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&read.name))
        {
            names.push(&read.name);
        }
    }
    let more = match names.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let message = format!(
        "runtime {name} reads the request header {}{more}, which is not on its requestHeaderAllowlist: it never arrives",
        first.name
    );
    let sites = lost.iter().map(|read| {
        agent_code::evidence(code.source, read.at.module, read.at.expr.range)
            .note(format!("{} is not on requestHeaderAllowlist", read.name))
    });
    let fix = fix(context, name, &names, listed.len());
    Outcome::fail(code.resource(), message)
        .evidences(sites)
        .evidences(missing)
        .evidences(told)
        .evidences(bearer)
        .evidences(unread)
        .fix(fix)
}

/// Reads of `Authorization` where callers sign their requests: AWS's guide hands it on only behind a JWT authorizer, its agent toolkit
/// says that it always is.
fn withheld(code: &AgentCode<'_>, reads: &[Read<'_>]) -> Vec<Evidence> {
    let authorizer = code.runtime.node.get("authorizerType");
    if authorizer.and_then(Node::as_str) == Some("CUSTOM_JWT") {
        return Vec::new();
    }
    let bearer = reads
        .iter()
        .filter(|read| read.name.eq_ignore_ascii_case("authorization"));
    let note = "inbound auth is AWS_IAM, so Authorization is the caller's SigV4 signature, and AWS hands it on only behind a JWT authorizer: a bearer token of your own needs authorizerType CUSTOM_JWT or a header X-Amzn-Bedrock-AgentCore-Runtime-Custom-…";
    let noted = bearer.map(|read| {
        agent_code::evidence(code.source, read.at.module, read.at.expr.range)
            .note(note)
            .context()
    });
    noted.collect()
}

/// The headers arrive, and the code seeks them under keys that they do not have.
fn misspelled(code: &AgentCode<'_>, first: &Read<'_>, count: usize) -> Outcome {
    let (name, header) = (&code.runtime.name, &first.name);
    let more = match count {
        1 => String::new(),
        2 => ", and 1 more read finds nothing".to_owned(),
        count => format!(", and {} more reads find nothing", count - 1),
    };
    let (why, fix) = match first.misses().flatten() {
        Some(key) => (
            format!("its key is `{key}` there"),
            Fix::new("Read it under the key that it has").note(match first.keys {
                Keys::Lower => format!("read `{key}`: Node has the names of headers in lower case"),
                _ => format!(
                    "read `{key}`: request_headers is a plain dict and finds a name only as it is spelled there; `context.request.headers` finds it in any case"
                ),
            }),
        ),
        None => (
            "request_headers does not hold it".to_owned(),
            Fix::new("Read it where it stands").note(
                "the session id is in `context.session_id`, any other header in `context.request.headers`",
            ),
        ),
    };
    let message = format!("runtime {name} never finds the request header {header}: {why}{more}");
    Outcome::fail(code.resource(), message).fix(fix)
}

/// The reads that find nothing, of headers that no other read finds.
fn missed<'r, 'a>(reads: &'r [Read<'a>]) -> Vec<&'r Read<'a>> {
    let is_found = |header: &str| {
        let mut same = reads
            .iter()
            .filter(|read| read.name.eq_ignore_ascii_case(header));
        same.any(|read| read.misses().is_none())
    };
    reads
        .iter()
        .filter(|read| read.misses().is_some() && !is_found(&read.name))
        .collect()
}

/// Where a header stands that a read does not find.
fn note(code: &AgentCode<'_>, read: &Read<'_>) -> Evidence {
    let header = &read.name;
    let note = match read.misses().flatten() {
        Some(key) => format!("this finds nothing: the key of {header} is `{key}` here"),
        None => format!(
            "this finds nothing: request_headers holds no {header}; the session id is in context.session_id, any other header in context.request.headers"
        ),
    };
    agent_code::evidence(code.source, read.at.module, read.at.expr.range).note(note)
}

fn fix(context: &Context, runtime: &str, names: &[&str], listed: usize) -> Fix {
    let refused = |name: &&&str| {
        let plain = name.to_ascii_lowercase();
        REFUSED.contains(&plain.as_str())
            || plain.starts_with("x-forwarded-")
            || plain.starts_with("x-amz")
    };
    if let Some(name) = names.iter().find(refused) {
        return Fix::new("Send it under another name").note(format!(
            "{name} cannot be listed: send the value as X-Amzn-Bedrock-AgentCore-Runtime-Custom-…, which always arrives, or in the payload"
        ));
    }
    if listed + names.len() > MOST {
        return Fix::new("Send it under another name").note(
            "the list takes 20 headers: send the value as X-Amzn-Bedrock-AgentCore-Runtime-Custom-…, or in the payload",
        );
    }
    let args: Vec<(String, &str)> = names
        .iter()
        .enumerate()
        .map(|(index, name)| (format!("header{index}"), *name))
        .collect();
    let pairs: Vec<(&str, &str)> = args
        .iter()
        .map(|(key, name)| (key.as_str(), *name))
        .collect();
    let added: Vec<String> = args.iter().map(|(key, _)| format!("${key}")).collect();
    let filter = format!(
        ".requestHeaderAllowlist = ((.requestHeaderAllowlist // []) + [{}])",
        added.join(", ")
    );
    fixes::edit_and_deploy(
        context,
        "List the header",
        fixes::edit_entry("runtimes", runtime, &filter, &pairs),
    )
}
