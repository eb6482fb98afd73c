//! `code-outbound-http`: External services are Gateway targets, not direct HTTP calls.

use std::collections::BTreeSet;

use super::gateway_target;
use super::keys::Keys;
use super::outbound_fix;
use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::outbound::{Outbound, Reach, calls};
use crate::analysis::reachability::{Absent, Live};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "code-outbound-http",
    title: "External services are Gateway targets, not direct HTTP calls",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_outbound_http.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway.html",
        "https://github.com/aws/agent-toolkit-for-aws/blob/main/plugins/aws-agents/skills/agents-harden/SKILL.md",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

/// What a call comes to: the severity of a finding, or none where it is fine, and what to say of it.
struct Row {
    severity: Option<Severity>,
    note: String,
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unknown);
    let found = calls(&callers, &live);
    let name = &code.runtime.name;
    let mut sites = Vec::new();
    let mut fine = Vec::new();
    let mut worst = Severity::Low;
    let mut hits = Vec::new();
    // What the variables that agentcore.json sets leave switched off.
    let configured = (!found.is_empty()).then(|| Live::new(&callers, Absent::Unset));
    let mut on = false;
    for call in &found {
        let Some(mut row) = row(context, call) else {
            continue;
        };
        let off = configured
            .as_ref()
            .is_some_and(|live| !live.runs(call.module, call.range));
        if off && row.severity.is_some() {
            row.severity = Some(Severity::Low);
            row.note = format!(
                "{}; only where a variable turns it on that agentcore.json does not set",
                row.note
            );
        }
        on |= !off && row.severity.is_some();
        let evidence = agent_code::evidence(code.source, call.module, call.range).note(row.note);
        match row.severity {
            Some(severity) => {
                worst = worst.min(severity);
                sites.push(evidence.severity(severity));
                hits.push(call);
            }
            None => fine.push(evidence.context()),
        }
    }
    if hits.is_empty() {
        return passed(code, fine);
    }
    // A key is spoken of where one was seen being sent.
    let passes = match hits.iter().any(|call| call.auth.is_some()) {
        true => "its key and its responses pass",
        false => "its responses pass",
    };
    let calls = match on {
        true => "calls",
        false => "can be switched to call",
    };
    let message = format!(
        "runtime {name} {calls} {} directly: {passes} through the agent, with no policy in between",
        reached(&hits)
    );
    let mut outcome = Outcome::fail(code.resource(), message)
        .severity(worst)
        .evidences(sites)
        .evidences(fine);
    for fix in outbound_fix::fixes(context, &callers, &Keys::new(&callers, &live), &hits) {
        outcome = outcome.fix(fix);
    }
    outcome
}

fn passed(code: &AgentCode<'_>, fine: Vec<Evidence>) -> Outcome {
    let name = &code.runtime.name;
    let message = if fine.is_empty() {
        format!(
            "runtime {name} calls no external service that a gateway could stand before in the {} (AWS, its own gateways and identity providers are not counted)",
            code.scope()
        )
    } else {
        format!("every outbound call of runtime {name} is of a kind that stays direct")
    };
    Outcome::pass(code.resource(), message).evidences(fine)
}

/// The row of the table that a call falls in; none for calls that are no outbound calls.
fn row(context: &Context, call: &Outbound) -> Option<Row> {
    let hit = |severity, note: String| {
        Some(Row {
            severity: Some(severity),
            note,
        })
    };
    if call.token {
        return None;
    }
    let direct = |what: &str| match call.auth.as_ref().and_then(|auth| auth.variable.as_ref()) {
        Some(variable) => Row {
            severity: Some(Severity::Low),
            note: format!(
                "{what}: may stay direct, but it authenticates with {variable} from the environment instead of `@requires_access_token` or `@requires_api_key`"
            ),
        },
        None => Row {
            severity: None,
            note: format!("{what}: may stay direct"),
        },
    };
    match &call.reach {
        Reach::Loopback | Reach::AgentCore | Reach::Model(_) => None,
        Reach::A2a => Some(direct("another agent over A2A")),
        Reach::Streaming => Some(direct("a stream")),
        Reach::Aws(host) => hit(
            Severity::Medium,
            format!(
                "AWS service {host}: call it through boto3 or the AWS SDK, signed by the execution role"
            ),
        ),
        Reach::ApiGateway(_) => hit(
            Severity::Medium,
            "REST API behind Amazon API Gateway: a gateway target of type api-gateway".to_owned(),
        ),
        Reach::Mcp(url) => {
            let host = call.host();
            let known = host
                .as_deref()
                .and_then(|host| gateway_target::fronted(context, host));
            let variable = call.address.variable.as_ref();
            let unknown = || match variable {
                Some(name) => format!("at the address of {name}"),
                None => "at an address that is not known here".to_owned(),
            };
            let what = host.unwrap_or_else(unknown);
            let to = known.map_or("a gateway target of type mcp-server".to_owned(), |front| {
                format!(
                    "gateway target {} fronts it already, connect to the gateway instead",
                    front.target
                )
            });
            let severity = if url.is_some() || call.host().is_some() {
                Severity::Medium
            } else {
                Severity::Low
            };
            hit(severity, format!("MCP server {what}: {to}"))
        }
        Reach::External(host) if call.data => hit(
            Severity::Low,
            format!(
                "a file of data at {host}: ship it with the agent, or put it in S3 and read it through the AWS SDK"
            ),
        ),
        Reach::External(host) if is_of_user(call) => hit(
            Severity::Low,
            format!(
                "external REST service {host}, called with the token of a user who gave consent: it may stay direct with its `@requires_access_token`, and an ignore with that reason"
            ),
        ),
        Reach::External(host) => {
            let known = gateway_target::fronted(context, host);
            let to = known.map_or(
                "a gateway target of type open-api-schema".to_owned(),
                |front| {
                    format!(
                        "gateway target {} fronts it already, take the tool from the gateway",
                        front.target
                    )
                },
            );
            hit(
                Severity::Medium,
                format!("external REST service {host}: {to}"),
            )
        }
        Reach::Private(host) => hit(
            Severity::Low,
            format!("private service {host}: a gateway target, where the gateway can reach it"),
        ),
        Reach::Library(service) => hit(
            Severity::Low,
            format!(
                "library that wraps the REST service of {service}: a gateway target of type open-api-schema does the same"
            ),
        ),
        Reach::Unknown => {
            let from = call.address.variable.as_ref();
            let whence = from.map_or(String::new(), |name| format!(" ({name})"));
            hit(
                Severity::Low,
                format!(
                    "a host that is not known here{whence}: a gateway target, if it is an external service"
                ),
            )
        }
    }
}

/// Whether a call sends the token of a user: a gateway that is connected by the agent's own client cannot.
pub(super) fn is_of_user(call: &Outbound) -> bool {
    let provider = call.auth.as_ref().and_then(|auth| auth.provider.as_ref());
    provider.is_some_and(|held| held.of_user)
}

/// What is called, in words.
fn reached(hits: &[&Outbound]) -> String {
    let mut names = BTreeSet::new();
    for call in hits {
        names.insert(match &call.reach {
            Reach::Aws(host) | Reach::External(host) | Reach::Private(host) => host.clone(),
            Reach::Mcp(_) => match call.host() {
                Some(host) => format!("MCP server {host}"),
                None => "an MCP server".to_owned(),
            },
            Reach::ApiGateway(_) => "an API Gateway".to_owned(),
            Reach::Library(service) => (*service).to_owned(),
            Reach::A2a => "another agent".to_owned(),
            Reach::Streaming => "a stream".to_owned(),
            _ => "an unknown host".to_owned(),
        });
    }
    let shown: Vec<&str> = names.iter().map(String::as_str).take(4).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
