//! What a policy cannot know, said before anything else.

use super::{Statements, Subject};
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
