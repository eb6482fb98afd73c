//! `auth-caller-match`: Callers in the repository sign as the runtime expects.

mod gateways;

use crate::analysis::clients::{self, Call, Kind, Via, entries, http, length};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "auth-caller-match",
    title: "Callers in the repository sign as the runtime expects",
    category: Category::Authentication,
    severity: Severity::Medium,
    needs: &[Need::Code, Need::Config],
    page: include_str!("auth_caller_match.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-oauth.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/APIReference/API_InvokeAgentRuntime.html",
    ],
    run,
};

/// A call with what is wrong about it.
struct Fault<'a, 'c> {
    call: &'c Call<'a>,
    evidence: Evidence,
    /// How to fix it.
    fix: Remedy,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Remedy {
    SendToken,
    Sign,
    DropOne,
    Session,
}

fn run(context: &Context) -> Vec<Outcome> {
    if context.project.agents().next().is_none() {
        let message = "no runtime is configured";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    let calls = clients::find(&context.source);
    let agents = context
        .project
        .agents()
        .map(|agent| judge(context, agent, &calls));
    agents
        .chain(gateways::judge_all(context))
        .map(|outcome| crate::checks::callers::honest_of_callers(context, outcome))
        .collect()
}

fn judge(context: &Context, agent: Agent<'_>, calls: &[Call<'_>]) -> Outcome {
    let resource = agent.resource();
    let mut faults: Vec<Fault<'_, '_>> = Vec::new();
    let mut unsure: Vec<Evidence> = Vec::new();
    let mut count = 0;
    for call in calls {
        let targets = crate::context::clients::targets(context, call);
        if !targets.iter().any(|target| target.name() == agent.name()) {
            continue;
        }
        count += 1;
        let kind = authorizer(context, agent);
        let same = targets
            .iter()
            .all(|target| authorizer(context, *target) == kind);
        // A call that may go to any of several fails once.
        let first = targets
            .first()
            .is_some_and(|first| first.name() == agent.name());
        if let Some((note, remedy)) = mismatch(call, kind.as_deref()) {
            let evidence = call.evidence().note(note);
            if same && !first {
                let note = format!(
                    "{}; which of the {} it calls is not known, and the first has the finding",
                    evidence.note,
                    targets.len()
                );
                unsure.push(evidence.note(note).context());
            } else if same || remedy == Remedy::DropOne {
                faults.push(Fault {
                    call,
                    evidence,
                    fix: remedy,
                });
            } else {
                let note = format!("{}; which runtime it calls is not known", evidence.note);
                unsure.push(evidence.note(note).context());
            }
        }
        if first {
            faults.extend(session(context, call));
        }
    }
    let scope = crate::checks::callers::scope(context);
    if faults.is_empty() {
        let message = match count {
            0 => crate::checks::callers::nowhere(context, &format!("calls {resource}")),
            1 => format!("the 1 call of {resource} in {scope} signs as it expects"),
            _ => format!("the {count} calls of {resource} in {scope} sign as it expects"),
        };
        return Outcome::pass(resource, message).evidences(unsure);
    }
    let first = &faults[0];
    let message = format!(
        "{}:{}, a call of {resource}: {}",
        first.call.module.path,
        line(&first.evidence),
        first.evidence.note
    );
    let mut remedies: Vec<Remedy> = faults.iter().map(|fault| fault.fix).collect();
    remedies.sort_unstable();
    remedies.dedup();
    let mut outcome = Outcome::fail(resource, message)
        .evidences(faults.into_iter().map(|fault| fault.evidence))
        .evidences(unsure);
    for remedy in remedies {
        outcome = outcome.fix(fix(remedy));
    }
    outcome
}

fn line(evidence: &Evidence) -> u32 {
    let span = evidence.site.as_ref().and_then(|site| site.span);
    span.map_or(1, |span| span.line)
}

/// What the strongest source says of who may call an agent.
fn authorizer(context: &Context, agent: Agent<'_>) -> Option<String> {
    context
        .authorizers(agent)
        .last()
        .map(|layer| layer.value.kind.value.clone())
}

fn mismatch(call: &Call<'_>, kind: Option<&str>) -> Option<(String, Remedy)> {
    let what = match (call.via, call.kind) {
        (Via::Sdk, Kind::Stop) => "stops a session through the AWS SDK, which signs with SigV4",
        (Via::Sdk, _) => "goes through the AWS SDK, which signs with SigV4",
        (Via::Http, _) => "signs the request with SigV4",
    };
    match (kind, call.proof.sigv4, call.proof.bearer) {
        (_, true, true) => Some((
            "sends SigV4 headers beside a bearer token: the runtime takes one or the other and answers 403".to_owned(),
            Remedy::DropOne,
        )),
        (Some("CUSTOM_JWT"), true, false) => Some((
            format!("{what}: a CUSTOM_JWT runtime answers 403 (authorization method mismatch)"),
            Remedy::SendToken,
        )),
        (Some("AWS_IAM"), false, true) => Some((
            "sends a bearer token: an AWS_IAM runtime answers 403 (authorization method mismatch)"
                .to_owned(),
            Remedy::Sign,
        )),
        _ => None,
    }
}

/// The session header and the length of the id.
fn session<'a, 'c>(context: &'a Context, call: &'c Call<'a>) -> Option<Fault<'a, 'c>> {
    if let Some((name, value)) = http::misspelt(call) {
        let key = entries::key_of(&context.source, *value).unwrap_or(value.expr.range);
        let site = crate::analysis::agent_code::evidence(&context.source, value.module, key);
        return Some(Fault {
            call,
            evidence: site.note(format!(
                "gives the session id in the header {name}, which the service does not read"
            )),
            fix: Remedy::Session,
        });
    }
    let (at, count) = length::wrong(&context.source, call.session?)?;
    let (least, most) = length::BOUNDS;
    let evidence = crate::analysis::agent_code::evidence(&context.source, at.module, at.expr.range);
    Some(Fault {
        call,
        evidence: evidence.note(format!(
            "gives a session id of {count} characters: the service takes {least} to {most}"
        )),
        fix: Remedy::Session,
    })
}

fn fix(remedy: Remedy) -> Fix {
    match remedy {
        Remedy::SendToken => Fix::new("Call the CUSTOM_JWT runtime over HTTPS with the user's token").note(
            "POST https://bedrock-agentcore.REGION.amazonaws.com/runtimes/ESCAPED_ARN/invocations (…/stopruntimesession to stop) \
             with `Authorization: Bearer TOKEN` and no SigV4 headers; the AWS SDKs always sign. Or set the runtime's \
             authorizerType to AWS_IAM where its callers are AWS principals.",
        ),
        Remedy::Sign => Fix::new("Call the AWS_IAM runtime through the AWS SDK").note(
            "boto3 `client(\"bedrock-agentcore\").invoke_agent_runtime(…)` or `InvokeAgentRuntimeCommand` of \
             @aws-sdk/client-bedrock-agentcore sign by themselves; drop the Authorization header. Or set the runtime's \
             authorizerType to CUSTOM_JWT with the identity provider of these tokens.",
        ),
        Remedy::DropOne => Fix::new("Send one kind of proof").note(
            "Remove the SigV4 signing from the path that sends a bearer token, or the token from the one that signs; look for \
             X-Amz-Date and X-Amz-Security-Token in the request that goes out.",
        ),
        Remedy::Session => Fix::new("Send a valid session id").note(
            "Header X-Amzn-Bedrock-AgentCore-Runtime-Session-Id, or runtimeSessionId in an SDK: 33 to 256 characters, such as \
             str(uuid.uuid4()) or crypto.randomUUID() (36).",
        ),
    }
}
