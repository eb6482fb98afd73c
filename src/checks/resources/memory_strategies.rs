//! `memory-strategies`: Memory strategies appropriate for use case (if using memory).

use super::memory_use;
use crate::checks::fixes;
use crate::checks::judge::{Problem, judge_sources};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, MemoryView, StrategyView};
use crate::model::project::Memory;
use crate::report::{Evidence, Fix, Outcome, Resource, ResourceType, Severity};

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
    if project.memories.is_empty() {
        return vec![unconfigured(
            context,
            &[Listed::Memory],
            "no memory is configured",
        )];
    }
    project
        .memories
        .iter()
        .map(|memory| outcome(context, memory))
        .collect()
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
                    "no eventExpiryDuration: how long conversations are kept is nobody's decision"
                        .to_owned(),
                    layer.evidence.clone(),
                ));
            }
            let in_code = memory_use::faults(context, memory, view);
            if faults.is_empty() && in_code.is_empty() {
                return Ok(passed(&resource, view));
            }
            let configured = !faults.is_empty();
            let used = !in_code.is_empty();
            faults.extend(in_code);
            let mut problem = problem(context, memory, &resource, faults);
            if !configured {
                problem.fixes.clear();
            }
            if used {
                problem.fixes.push(read_fix(memory));
            }
            Err(problem)
        },
    )
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
            faults.push((format!("the {kind} namespace {text:?} has no {{actorId}}: every user's memories stand in one place"), template.evidence.clone()));
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
        "; where no namespace is given the service's own, by strategy and actor, holds"
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
