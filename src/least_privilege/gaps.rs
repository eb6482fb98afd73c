//! What a policy cannot know, said before anything else.

use super::{Statements, Subject};
use crate::analysis::facts::RuntimeFacts;
use crate::context::Context;
use crate::model::project::Agent;

/// Why the code of an agent is not there: a policy made without it lacks whatever the code calls. `None` where it was read,
/// and for a harness, whose loop is AWS's own.
pub fn missing_code(context: &Context, agent: Agent<'_>) -> Option<String> {
    let runtime = agent.runtime()?;
    match crate::context::code::of(context, runtime) {
        Err(reason) => Some(reason.message),
        Ok(code) => crate::context::absent_code::of(context, &code).map(|reason| reason.message),
    }
}

/// Why a role that is made of the policy would lack something that the agent surely calls: its code is not there, or it calls a model
/// that nothing names. `None` where nothing is known to be missing.
pub fn lacking(context: &Context, agent: Agent<'_>) -> Option<String> {
    missing_code(context, agent).or_else(|| joined(context, agent, true))
}

/// What such a role would lack of what the agent may call.
pub fn unseen(context: &Context, agent: Agent<'_>) -> Option<String> {
    joined(context, agent, false)
}

fn joined(context: &Context, agent: Agent<'_>, surely: bool) -> Option<String> {
    let lacks = lacks(context, agent).into_iter();
    let texts: Vec<String> = lacks
        .filter(|(certain, _)| *certain == surely)
        .map(|(_, text)| text)
        .collect();
    (!texts.is_empty()).then(|| texts.join(". "))
}

fn lacks(context: &Context, agent: Agent<'_>) -> Vec<(bool, String)> {
    if let Some(known) = facts(context, agent).and_then(|facts| facts.lacks.get()) {
        return known.clone();
    }
    let names = context.names();
    let subject = Subject {
        context,
        agent,
        names,
    };
    in_words(&super::gather(&subject))
}

/// Keeps what the statements of an agent lack: several questions gather them.
pub(super) fn keep(subject: &Subject<'_>, statements: &Statements) {
    let context = subject.context;
    if let Some(facts) = facts(context, subject.agent)
        && subject.names == context.names()
    {
        facts.lacks.get_or_init(|| in_words(statements));
    }
}

fn facts<'c>(context: &'c Context, agent: Agent<'_>) -> Option<&'c RuntimeFacts> {
    let runtime = agent.runtime()?;
    context.facts.of(&context.source, &runtime.name)
}

fn in_words(statements: &Statements) -> Vec<(bool, String)> {
    let lacks = statements.lacks().iter();
    lacks.map(|lack| (lack.model, lack.text.clone())).collect()
}

/// Notes on what was not read: the code, parts of it, the permissions that the project's own CDK app adds.
pub(super) fn add(subject: &Subject<'_>, statements: &mut Statements) {
    let context = subject.context;
    if let Some(missing) = missing_code(context, subject.agent) {
        statements.note(format!("{missing}. This is no least privilege: what the code calls is missing, and what is configured is allowed whether it is used or not. Run it again where the code is; until then no commands are printed"));
    }
    let code = subject.agent.runtime();
    let code = code.and_then(|runtime| crate::context::code::of(context, runtime).ok());
    if let Some(unread) = code.and_then(|code| code.unread()) {
        statements.note(format!(
            "{}: what stands there is not in the policy",
            unread.message
        ));
    }
    let grants = &context.project.cdk_grants;
    if !grants.is_empty() {
        let places: Vec<String> = grants.iter().take(8).map(|site| site.place()).collect();
        statements.note(format!("the project's own CDK code adds permissions ({}): they are not read, and a role of your own does not get them; add what they grant to this agent", places.join(", ")));
    }
}
