//! `memory-strategies`: Memory strategies appropriate for use case (if using memory).

use super::harness_memory::{self, Managed};
use super::{memory_actor_id, memory_use};
use crate::analysis::actors::{self, Made};
use crate::analysis::agent_code;
use crate::checks::fixes;
use crate::checks::judge::{Problem, judge_sources};
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, MemoryView, StrategyView};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, ResourceType, Severity};
use crate::model::json::Node;
use crate::model::project::{Agent, Memory};

pub(super) static CHECK: Check = Check {
    id: "memory-strategies",
    title: "Memory strategies appropriate for use case (if using memory)",
    category: Category::Resources,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Code, Need::Template, Need::Aws],
    page: include_str!("memory_strategies.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/memory-organization.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/memory-strategies.html",
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateMemory.html",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let managed = harness_memory::all(context);
    let outcomes = project
        .memories
        .iter()
        .map(|memory| outcome(context, memory))
        .chain(managed.iter().map(of_harness))
        .collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Memory],
        "no memory is configured",
    )
}

/// A harness that makes its memory itself: what is not set is the service's choice.
fn of_harness(managed: &Managed<'_>) -> Outcome {
    let name = &managed.harness.name;
    let strategies = managed.get("strategies");
    let expiry = managed.get("eventExpiryDuration").and_then(Node::as_number);
    if let (Some(strategies), Some(days)) = (strategies, expiry) {
        let kinds: Vec<&str> = strategies.items().iter().filter_map(Node::as_str).collect();
        let resource = Agent::Harness(managed.harness).resource();
        let message = format!(
            "the memory that harness {name} makes keeps conversations for {days} days; strategies: {}",
            if kinds.is_empty() {
                "none".to_owned()
            } else {
                kinds.join(", ")
            }
        );
        return Outcome::pass(resource, message).evidence(managed.evidence("mode").context());
    }
    let open = match (strategies, expiry) {
        (None, None) => "strategies and event expiry are",
        (None, Some(_)) => "strategies are",
        _ => "event expiry is",
    };
    managed
        .manual(
            format!(
                "harness {name} makes a memory of its own (mode managed), and its {open} the service's default: decide what is remembered, and for how long"
            ),
            "what the memory keeps and for how long is not written down",
        )
        .fix(managed.fix("Say what is kept", "strategies and eventExpiryDuration"))
}

fn outcome(context: &Context, memory: &Memory) -> Outcome {
    let resource = Resource::new(ResourceType::Memory, &memory.name);
    let unread = || context.unread("the memory was not read", "bedrock-agentcore:GetMemory");
    judge_sources(
        context,
        resource.clone(),
        &context.memory_layers(memory),
        unread,
        |layer| {
            let view = &layer.value;
            let mut faults: Vec<(String, Evidence)> =
                view.strategies.iter().flat_map(strategy_faults).collect();
            if view.event_expiry.is_none() {
                faults.push((
                    "no eventExpiryDuration: nobody has decided how long conversations are kept"
                        .to_owned(),
                    layer.evidence.clone(),
                ));
            }
            let mut in_code = memory_use::faults(context, memory, view);
            let shared = shared_actors(context, memory, view);
            let mixed = !shared.is_empty();
            if faults.is_empty() && in_code.is_empty() && shared.is_empty() {
                return Ok(passed(&resource, view));
            }
            let configured = !faults.is_empty();
            let used = !in_code.is_empty();
            faults.append(&mut in_code);
            faults.extend(shared);
            let mut problem = problem(context, memory, &resource, faults);
            if !configured {
                problem.fixes.clear();
            }
            if used {
                problem.fixes.push(read_fix(memory));
            }
            if mixed {
                problem.fixes.push(memory_actor_id::fix());
            }
            Err(problem)
        },
    )
}

/// Where code keeps every user's long-term records under one actor.
fn shared_actors(context: &Context, memory: &Memory, view: &MemoryView) -> Vec<(String, Evidence)> {
    if view.strategies.is_empty() {
        return Vec::new();
    }
    let source = &context.source;
    let mut found: Vec<(String, Evidence)> = Vec::new();
    for code in &source.runtimes {
        let (actors, _) = actors::of(source, code);
        for actor in actors {
            if actor.fallback
                || actor.made != Made::Constant
                || !memory_use::is_of(context, memory, actor.call)
            {
                continue;
            }
            let at = agent_code::evidence(source, actor.at.module, actor.at.expr.range);
            if !found.iter().any(|(_, known)| known.site == at.site) {
                found.push((
                    "the actor id does not come from the caller: all users share one actor's long-term memory".to_owned(),
                    at,
                ));
            }
        }
    }
    found
}

fn read_fix(memory: &Memory) -> Fix {
    Fix::new("Read what a strategy writes").note(format!(
        "Give {} in agentcore.json a strategy whose namespaceTemplates make the namespace that the code reads (SEMANTIC for facts, \
         USER_PREFERENCE, SUMMARIZATION, EPISODIC), or name one of the configured templates in the code; then `agentcore deploy`.",
        memory.name
    ))
}

/// A template without the actor holds every user's memories in one place; a summary belongs to a session.
fn strategy_faults(strategy: &StrategyView) -> Vec<(String, Evidence)> {
    let mut faults = Vec::new();
    let kind = strategy.kind.as_str();
    for template in strategy.namespaces.iter().chain(&strategy.reflections) {
        let text = template.value.as_str();
        if !text.contains("{actorId}") {
            faults.push((format!("the {kind} namespace {text:?} has no {{actorId}}: all users' memories share one namespace"), template.evidence.clone()));
        }
    }
    if kind == "SUMMARIZATION" {
        for template in strategy
            .namespaces
            .iter()
            .filter(|template| !template.value.contains("{sessionId}"))
        {
            faults.push((format!("the SUMMARIZATION namespace {:?} has no {{sessionId}}, which a summary of a session needs", template.value), template.evidence.clone()));
        }
    }
    faults
}

fn passed(resource: &Resource, view: &MemoryView) -> String {
    let days = view.event_expiry.as_ref().map_or(0.0, |days| days.value);
    if view.strategies.is_empty() {
        return format!(
            "{resource} keeps conversations for {days} days and extracts nothing from them (short-term memory only)"
        );
    }
    let kinds: Vec<&str> = view
        .strategies
        .iter()
        .map(|strategy| strategy.kind.as_str())
        .collect();
    let default = view
        .strategies
        .iter()
        .any(|strategy| strategy.namespaces.is_empty());
    let note = if default {
        "; without a namespace the service's default (by strategy and actor) applies"
    } else {
        ""
    };
    format!(
        "{resource} keeps conversations for {days} days; {} keep actors apart{note}",
        kinds.join(", ")
    )
}

fn problem(
    context: &Context,
    memory: &Memory,
    resource: &Resource,
    faults: Vec<(String, Evidence)>,
) -> Problem {
    // A template that has no fault stays as it is. Reflections have to begin as the episodes do, so a faulty one becomes
    // the episodes' template up to the actor.
    let edit = "(.strategies // [])[] |= ((if .namespaceTemplates then \"namespaceTemplates\" else \"namespaces\" end) as $key \
                | (if .reflectionNamespaceTemplates then \"reflectionNamespaceTemplates\" else \"reflectionNamespaces\" end) as $reflections \
                | .type as $type \
                | if .[$key] then .[$key] |= map(if contains(\"{actorId}\") then . else rtrimstr(\"/\") + \"/{actorId}\" end \
                | if $type == \"SUMMARIZATION\" and (contains(\"{sessionId}\") | not) then rtrimstr(\"/\") + \"/{sessionId}\" else . end) else . end \
                | ((.[$key] // [\"/episodes/{actorId}\"])[0] | split(\"{actorId}\")[0] + \"{actorId}\") as $episodes \
                | if .[$reflections] then .[$reflections] |= map(if contains(\"{actorId}\") then . else $episodes end) else . end) \
                | .eventExpiryDuration //= 30";
    let texts: Vec<&str> = faults.iter().map(|(text, _)| text.as_str()).collect();
    let fix = fixes::edit_and_deploy(context, "Keep users and sessions apart", fixes::edit_entry("memories", &memory.name, edit, &[]))
        .note("code that names the namespace has to name the new one; records under the old one stay there");
    let message = format!("{resource}: {}", texts.join("; "));
    let evidence = faults
        .into_iter()
        .map(|(text, evidence)| evidence.note(text))
        .collect();
    Problem {
        message,
        severity: None,
        evidence,
        fixes: vec![fix],
    }
}
