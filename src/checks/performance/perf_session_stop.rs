//! `perf-session-stop`: `StopRuntimeSession` called after work completes where applicable.

use std::collections::BTreeMap;

use crate::analysis::clients::places::Places;
use crate::analysis::clients::{self, Call, Kind};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::config::Workload;
use crate::context::Context;
use crate::context::sessions;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-session-stop",
    title: "`StopRuntimeSession` called after work completes where applicable",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("perf_session_stop.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-sessions.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/APIReference/API_StopRuntimeSession.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let resource = context.project.resource();
    if context.project.agents().next().is_none() {
        return vec![unconfigured(
            context,
            &[Listed::Agent],
            "no runtime is configured",
        )];
    }
    let source = &context.source;
    let calls = clients::find(source);
    let places = Places::new(source);
    let mut files: BTreeMap<&str, Vec<&Call<'_>>> = BTreeMap::new();
    for call in calls
        .iter()
        .filter(|call| matches!(call.kind, Kind::Invoke | Kind::Command))
    {
        files.entry(&call.module.path).or_default().push(call);
    }
    let mut found = Vec::new();
    let mut notes = Vec::new();
    let mut conversations = true;
    for calls_here in files.values() {
        let open: Vec<&&Call<'_>> = calls_here
            .iter()
            .filter(|call| {
                !sessions::declared(context, call, Workload::Chat)
                    && !sessions::stopped(context, &calls, call)
            })
            .collect();
        let Some(first) = open.first() else {
            continue;
        };
        if open
            .iter()
            .all(|call| sessions::of_a_person(context, &places, call))
        {
            let note =
                "a caller that a person runs for themselves: its session ends by the idle timeout";
            notes.push(first.evidence().note(note).context());
        } else {
            conversations &= open
                .iter()
                .all(|call| sessions::of_a_conversation(context, call));
            found.push(unstopped(first));
        }
    }
    let outcome = if found.is_empty() {
        let message = match files.len() {
            0 => crate::checks::callers::nowhere(context, "invokes a runtime"),
            count => format!(
                "{count} file{} that invoke{} a runtime: sessions are stopped, are a chat's, or are a person's own run",
                if count == 1 { "" } else { "s" },
                if count == 1 { "s" } else { "" }
            ),
        };
        Outcome::pass(resource, message)
    } else {
        let paths: Vec<&str> = found
            .iter()
            .filter_map(|evidence| evidence.site.as_ref())
            .map(|site| &*site.path)
            .collect();
        let stop = Fix::new("Stop the session when the work is done").note(
            "AWS_IAM: client.stop_runtime_session(agentRuntimeArn=…, runtimeSessionId=…) or StopRuntimeSessionCommand. CUSTOM_JWT: \
             POST …/runtimes/ESCAPED_ARN/stopruntimesession with the bearer token and the session header. This also satisfies perf-session-reuse.",
        );
        let chat = Fix::new("Say that the session is a conversation").note(
            "Where users come back to the session, set `workload = \"chat\"` under `[runtimes.NAME]` in agentcore-harden.toml.",
        );
        // An id that is made of the conversation's own key is that of a chat.
        let (first, second) = if conversations {
            (chat, stop)
        } else {
            (stop, chat)
        };
        Outcome::fail(
            resource,
            format!(
                "{} invoke{} a runtime and never stop{} the session: the VM idles against the session quota until the timeout",
                paths.join(", "),
                if paths.len() == 1 { "s" } else { "" },
                if paths.len() == 1 { "s" } else { "" }
            ),
        )
        .fix(first)
        .fix(second)
    };
    let outcome = outcome.evidences(found).evidences(notes);
    vec![crate::checks::callers::honest_of_callers(context, outcome)]
}

fn unstopped(call: &Call<'_>) -> Evidence {
    call.evidence()
        .note("invokes a runtime; no stop of its session is reachable from this file")
}
