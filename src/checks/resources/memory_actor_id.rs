//! `memory-actor-id`: Memory is kept under the user's own actor id.

use crate::analysis::actors::{self, Made};
use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::variables;
use crate::analysis::memories;
use crate::checks::{Category, Check, Need};
use crate::context::{Context, installed};
use crate::model::finding::{Fix, Outcome, Severity};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "memory-actor-id",
    title: "Memory is kept under the user's own actor id",
    category: Category::Resources,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("memory_actor_id.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/memory-organization.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/APIReference/API_CreateEvent.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

/// What is wrong with an id, for a message.
pub(super) fn words(made: Made) -> &'static str {
    match made {
        Made::Constant => "the actor id is the same for every caller: all users share one memory",
        Made::Fresh => "the actor id is new at every call: nothing is remembered",
        Made::Session => {
            "the actor id is the session's: nothing is remembered across sessions of a user"
        }
    }
}

/// The same of what stands in for an id that a caller does not send.
fn fallback_words(made: Made) -> &'static str {
    match made {
        Made::Constant => {
            "a caller who sends no id gets the one of all who send none: they share one memory"
        }
        Made::Fresh | Made::Session => {
            "a caller who sends no id gets a new one at every call, and nothing of it is remembered"
        }
    }
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let (found, count) = actors::of(code.source, code.code);
    let name = &code.runtime.name;
    if !found.is_empty()
        && let Some(variable) = unset_memory(context, code)
    {
        let message = format!(
            "the project has no memory, and nothing sets {variable}, which the code takes its id from: runtime {name} remembers nothing"
        );
        return Outcome::not_applicable(code.resource(), message);
    }
    let Some(first) = found.first() else {
        let message = match count {
            0 => format!(
                "runtime {name} gives no actor id to a memory ({})",
                code.scope()
            ),
            1 => format!(
                "the actor id that runtime {name} gives to its memory may come from the caller"
            ),
            _ => format!(
                "the {count} actor ids that runtime {name} gives to its memory may come from the caller"
            ),
        };
        return Outcome::pass(code.resource(), message);
    };
    let said = |actor: &actors::Actor<'_>| match actor.fallback {
        true => fallback_words(actor.made),
        false => words(actor.made),
    };
    // An id that is wrong for everybody tells more than one that is wrong for who sends none.
    let first = found.iter().find(|actor| !actor.fallback).unwrap_or(first);
    let message = format!("runtime {name}: {}", said(first));
    let sites = found.iter().map(|actor| {
        let evidence = agent_code::evidence(code.source, actor.at.module, actor.at.expr.range);
        let evidence = evidence.note(said(actor));
        match actor.fallback {
            true => evidence.severity(Severity::Low),
            false => evidence,
        }
    });
    let outcome = Outcome::fail(code.resource(), message);
    let outcome = match first.fallback {
        true => outcome.severity(Severity::Low),
        false => outcome,
    };
    outcome.evidences(sites).fix(fix())
}

/// The variable that the code takes the id of its memory from, where no memory is there and nothing sets it.
fn unset_memory(context: &Context, code: &AgentCode<'_>) -> Option<String> {
    if !context.project.memories.is_empty() || installed::is_container(code.runtime) {
        return None;
    }
    // A name that is set anywhere may be that of a memory made elsewhere.
    let layers = context.environments(Agent::Runtime(code.runtime));
    let mut set = layers.iter().flat_map(|layer| &layer.value);
    if set.any(|variable| memories::is_variable(&variable.name)) {
        return None;
    }
    let callers = Callers::new(code);
    let read = variables(&callers).iter();
    let first = read
        .filter(|read| memories::is_variable(&read.name))
        .map(|read| read.name.clone())
        .next()?;
    // An id in the code, or one that stands in for the variable, is that of a memory.
    (!memories::has_written_id(&callers)).then_some(first)
}

/// How an id becomes the user's.
pub(super) fn fix() -> Fix {
    Fix::new("Use the user's own id").note(
        "Take the actor id from a verified claim of the caller's token (its `sub`; Authorization has to be on requestHeaderAllowlist), or from what your own backend \
         puts into the payload after it has authenticated the user. The SDK's context has session_id and request_headers, and no user_id. An id has 1 to 255 \
         letters, digits, `-`, `_` or `/` and starts with a letter or digit: replace what else a claim may hold. An agent that serves one user or a team on purpose: an [[ignore]] with its reason",
    )
}
