//! `runtime-platform-version`: Platform version of the runtime is known and pinned.

use crate::checks::{Category, Check, Need, fixes, live};
use crate::context::{Context, PlatformSource, PlatformSources, PlatformVersion, Told};
use crate::model::finding::{Edit, Evidence, Fix, Outcome, Severity};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::Agent;
use crate::stack;

pub(super) static CHECK: Check = Check {
    id: "runtime-platform-version",
    title: "Platform version of the runtime is known and pinned",
    category: Category::Snapshot,
    severity: Severity::Low,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("runtime_platform_version.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-how-it-works.html",
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_GetAgentRuntime.html",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-bedrockagentcore-runtime.html",
    ],
    run,
};

/// What a stack of the project's own would set it with.
const OVERRIDE: &str = "PlatformVersion";

fn run(context: &Context) -> Vec<Outcome> {
    live::each_agent(context, |agent| Ok(judge(context, agent)))
}

fn judge(context: &Context, agent: Agent<'_>) -> Outcome {
    let resource = agent.resource();
    let sources = context.platform_sources(agent);
    let dead = dead_key(context, agent, &sources);
    if let Some((true, evidence)) = &dead {
        let set = match &sources.template {
            Some(_) => ", and the template does not set that version",
            None => "",
        };
        let message = format!(
            "`platformVersion` of {resource} in agentcore.json has no effect: no program reads it{set}"
        );
        let version = sources
            .deployed
            .as_ref()
            .and_then(|found| found.told.version());
        return Outcome::fail(resource, message)
            .evidence(evidence.clone())
            .fix(without_key(
                context,
                agent,
                version.unwrap_or(PlatformVersion::V1),
            ))
            .evidences(context_of(&sources));
    }
    let outcome = known(context, agent, &sources);
    outcome
        .evidences(dead.map(|(_, evidence)| evidence.context()))
        .evidences(contradicted(&sources))
}

/// The key that nothing reads, and whether somebody relies on it: the template sets no such version.
fn dead_key(
    context: &Context,
    agent: Agent<'_>,
    sources: &PlatformSources,
) -> Option<(bool, Evidence)> {
    let (value, evidence) = context.dead_platform_key(agent)?;
    let set = sources
        .template
        .as_ref()
        .and_then(|found| found.told.version());
    let deployed = sources
        .deployed
        .as_ref()
        .and_then(|found| found.told.version());
    let holds = |version: PlatformVersion| value.as_deref() == Some(version.as_str());
    // The stack may set it; what it makes of it only the template shows.
    let unseen = sources.template.is_none() && stack_sets(context);
    let holds_anyway =
        unseen || set.is_some_and(holds) || set.is_none() && deployed.is_some_and(holds);
    Some((
        !holds_anyway,
        evidence.note("this key has no effect: nothing of the CLI reads it"),
    ))
}

fn known(context: &Context, agent: Agent<'_>, sources: &PlatformSources) -> Outcome {
    let resource = agent.resource();
    if let Some(evidence) = &sources.instances {
        let message = format!(
            "{resource} runs on instances of the account (capacity provider): sessions start as on platform version V1, whatever the field says"
        );
        return Outcome::pass(resource, message).evidence(evidence.clone());
    }
    let next = sources.template.as_ref();
    match (&sources.deployed, next) {
        (Some(deployed), next) => existing(context, agent, deployed, next),
        (None, Some(next)) => match &next.told {
            Told::Version(version) => {
                let message = format!(
                    "the next deploy runs {resource} on platform version {}: the template names it",
                    version.as_str()
                );
                Outcome::pass(resource, message).evidence(next.evidence.clone())
            }
            Told::Other(value) => unknown(context, agent, &format!("the template says {value}"))
                .evidence(next.evidence.clone()),
            Told::Default => unpinned(context, agent, sources, next.evidence.clone()),
        },
        (None, None) => match &context.template {
            Known::Unread(reason) => Outcome::skipped(resource, reason.clone()),
            Known::Absent | Known::Read(_) => not_synthesized(context, agent, sources),
        },
    }
}

/// It is deployed, and AWS was asked.
fn existing(
    context: &Context,
    agent: Agent<'_>,
    deployed: &PlatformSource,
    next: Option<&PlatformSource>,
) -> Outcome {
    let resource = agent.resource();
    let next = next.filter(|next| next.told != Told::Default);
    match (
        deployed.told.version(),
        next.map(|next| (next, next.told.version())),
    ) {
        (Some(now), Some((next, Some(then)))) if now != then => {
            let message = format!(
                "the next deploy moves {resource} from platform version {} to {}: sessions start in another way, and price and limits change",
                now.as_str(),
                then.as_str()
            );
            let title = format!(
                "Keep platform version {} until the move is wanted",
                now.as_str()
            );
            let note = format!(
                "set the override of PlatformVersion in the CDK app to '{}', or read `agentcore-harden check --only snapshot --assume-platform-version {}` first and deploy when it is clean",
                now.as_str(),
                then.as_str()
            );
            Outcome::fail(resource, message)
                .evidence(
                    next.evidence
                        .clone()
                        .note(format!("next deploy: {}", then.as_str())),
                )
                .evidence(deployed.evidence.clone().context())
                .fix(Fix::new(title).note(note))
        }
        (Some(now), Some((next, _))) => {
            let message = format!(
                "{resource} runs on platform version {}, and the template names it",
                now.as_str()
            );
            match next.told {
                Told::Other(_) => unknown(
                    context,
                    agent,
                    "the template holds a value that only the deploy resolves",
                )
                .evidence(next.evidence.clone())
                .evidence(deployed.evidence.clone()),
                _ => Outcome::pass(resource, message)
                    .evidence(deployed.evidence.clone())
                    .evidence(next.evidence.clone().context()),
            }
        }
        (Some(now), None) => {
            let message = format!(
                "{resource} runs on platform version {}, which updates keep as long as they name no other",
                now.as_str()
            );
            Outcome::pass(resource, message).evidence(deployed.evidence.clone())
        }
        (None, next) => {
            let why = match &deployed.told {
                Told::Other(value) => format!("GetAgentRuntime says {value}"),
                _ => "GetAgentRuntime leaves the field out, and the runtime was made after the default had changed in many Regions".to_owned(),
            };
            unknown(context, agent, &why)
                .evidence(deployed.evidence.clone())
                .evidences(next.map(|(next, _)| next.evidence.clone()))
        }
    }
}

/// No template to look at: whether the stack sets the version cannot be told from `agentcore.json`.
fn not_synthesized(context: &Context, agent: Agent<'_>, sources: &PlatformSources) -> Outcome {
    let resource = agent.resource();
    // Who asks what would break asks nothing about the pin.
    if let Some(assumed) = context.settings.assumed_platform {
        let message = format!(
            "no platform version is pinned for {resource}: judged as if it ran on {}; pin that in the stack when nothing is left that breaks there",
            assumed.as_str()
        );
        return Outcome::not_applicable(resource, message);
    }
    if sources.exists == Some(true) {
        let reason = context.unread(
            &format!("the platform version of {resource} is that of the deployed runtime"),
            "bedrock-agentcore:GetAgentRuntime",
        );
        return Outcome::skipped(resource, reason);
    }
    match &context.project.stack {
        Some(_) if sources.exists == Some(false) && !stack_sets(context) => {
            let evidence =
                Evidence::predicted(agent.site(), "the CLI's construct sets no PlatformVersion");
            unpinned(context, agent, sources, evidence)
        }
        _ => {
            let message = format!(
                "the platform version of {resource} is in the synthesized template, which was not found"
            );
            let reason =
                Unread::new(ReasonCode::Absent, message).command("agentcore deploy --dry-run");
            Outcome::skipped(resource, reason)
        }
    }
}

/// True where the project's stack names the property.
fn stack_sets(context: &Context) -> bool {
    let sets = |text: &str| text.contains(OVERRIDE);
    let stack = context.project.stack.as_ref();
    stack.is_some_and(|stack| sets(&stack.text) || stack.file.as_deref().is_some_and(sets))
}

/// The template sets none.
fn unpinned(
    context: &Context,
    agent: Agent<'_>,
    sources: &PlatformSources,
    evidence: Evidence,
) -> Outcome {
    let resource = agent.resource();
    if sources.exists == Some(true) {
        let reason = context.unread(
            &format!("{resource} is deployed and keeps its platform version, which the template does not name"),
            "bedrock-agentcore:GetAgentRuntime",
        );
        return Outcome::skipped(resource, reason).evidence(evidence.context());
    }
    if agent.runtime().is_none() {
        return unknown(
            context,
            agent,
            "the service makes the runtime of a harness and chooses its version",
        )
        .evidence(evidence.context());
    }
    let message = format!(
        "no platform version is pinned for the new {resource}: the Region's default at the first deploy decides (V1 until 2026-11-12, V2 in many Regions since), and with it how sessions start, the price and the limit on environment variables"
    );
    Outcome::fail(resource, message)
        .evidence(evidence)
        .fix(pin(context, agent, PlatformVersion::V1))
        .fix(pin(context, agent, PlatformVersion::V2))
}

fn unknown(context: &Context, agent: Agent<'_>, why: &str) -> Outcome {
    let resource = agent.resource();
    let message = format!("the platform version of {resource} is not known: {why}");
    let reason = Unread::new(ReasonCode::Undeclared, "the platform version is not known");
    let declare = Fix::new("Look it up and declare it").note(format!(
        "the console shows it beside the runtime; write `platform-version = \"V1\"` or `\"V2\"` under `[runtimes.{}]` of agentcore-harden.toml, so that the checks judge by it, or pin it in the stack",
        agent.name()
    ));
    let declared = context.settings.runtimes.get(agent.name());
    match declared.and_then(|settings| settings.platform_version.as_ref()) {
        Some(declared) => {
            let message = format!(
                "{resource} is declared to run on platform version {}; nothing read here contradicts it ({why})",
                declared.value.as_str()
            );
            Outcome::manual(resource, message, reason).evidence(Evidence::config(&declared.site))
        }
        None => Outcome::manual(resource, message, reason).fix(declare),
    }
}

/// A declaration in `agentcore-harden.toml` that AWS or the template contradicts: those win.
fn contradicted(sources: &PlatformSources) -> Option<Evidence> {
    let declared = sources.declared.as_ref()?;
    let found = [&sources.deployed, &sources.template];
    let told = found
        .into_iter()
        .flatten()
        .find_map(|found| found.told.version())?;
    let ours = declared.told.version()?;
    (ours != told).then(|| {
        declared
            .evidence
            .clone()
            .note(format!(
                "declared {}, and {} is what AWS or the template says: the declaration is not used",
                ours.as_str(),
                told.as_str()
            ))
            .context()
    })
}

fn context_of(sources: &PlatformSources) -> Vec<Evidence> {
    let found = [&sources.deployed, &sources.template];
    let found = found.into_iter().flatten();
    found
        .map(|found| found.evidence.clone().context())
        .collect()
}

fn pin(context: &Context, agent: Agent<'_>, version: PlatformVersion) -> Fix {
    let title = match version {
        PlatformVersion::V1 => "Pin V1: every session starts the process anew",
        PlatformVersion::V2 => "Pin V2, once nothing in the code is left that a snapshot breaks",
    };
    let first = match version {
        PlatformVersion::V1 => String::new(),
        PlatformVersion::V2 => {
            "read `agentcore-harden check --only snapshot --assume-platform-version V2` first; "
                .to_owned()
        }
    };
    let edits = match agent.name().starts_with('#') {
        true => None,
        false => stack::set_on_runtime(context, agent.name(), OVERRIDE, version.as_str().into()),
    };
    let by_hand = match &edits {
        Some(_) => "make the edit of the stack first (`edits` of --json, or -v, show it as a diff), then deploy".to_owned(),
        None => format!(
            "call `addPropertyOverride('{OVERRIDE}', '{}')` on the CfnRuntime of {} in agentcore/cdk/lib/cdk-stack.ts",
            version.as_str(),
            agent.name()
        ),
    };
    let last =
        "never change it by a bare `update-agent-runtime`: that call resets what it is not given";
    let parts = [by_hand, last.to_owned()];
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    let fix = Fix::new(title)
        .command(fixes::deploy(context))
        .note(format!("{first}{}", parts.join("; ")));
    // Which version it is to be is a decision: shown, and not made by `check --fix`.
    edits
        .into_iter()
        .flatten()
        .fold(fix, |fix, edit| match edit.new_text() {
            Some(new) => fix.edit(Edit::new(&edit.path, edit.old.as_deref(), new)),
            None => fix,
        })
}

/// The key taken out, and the version pinned where it works.
fn without_key(context: &Context, agent: Agent<'_>, version: PlatformVersion) -> Fix {
    let mut fix = Fix::new("Pin it in the stack and drop the key");
    if let Some(edit) = fixes::edit_agent(agent, "del(.platformVersion)", &[]) {
        fix = fix.command(edit);
    }
    let pin = pin(context, agent, version);
    fix = fix.command(fixes::deploy(context)).note(pin.note.clone());
    pin.edits.into_iter().fold(fix, Fix::edit)
}
