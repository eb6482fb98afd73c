//! The code of a runtime, or why it is not there.

use super::{Context, imports};
use crate::analysis::agent_code::AgentCode;
use crate::collect::project::joined;
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Runtime;

/// The code of a runtime; [`AgentCode::unread`] tells what of it could not be parsed.
///
/// # Errors
/// Why it is not there.
pub(crate) fn of<'a>(context: &'a Context, runtime: &'a Runtime) -> Result<AgentCode<'a>, Unread> {
    let found = context.source.runtime(&runtime.name);
    let facts = context.facts.of(&context.source, &runtime.name);
    let (code, facts) = found
        .filter(|code| code.entry.is_some())
        .zip(facts)
        .ok_or_else(|| missing(context, runtime))?;
    let code = AgentCode {
        runtime,
        code,
        source: &context.source,
        facts,
    };
    facts.ships.get_or_init(|| imports::ships(context, &code));
    Ok(code)
}

/// What of a runtime's code is not here because git ignores it and the step that makes it was not run.
pub(crate) fn not_made(context: &Context, runtime: &Runtime) -> Option<Unread> {
    let location = &runtime.code_location.as_ref()?.value;
    let entry = runtime.entrypoint.as_ref();
    let entry = entry.map(|entry| {
        let file = entry.value.split(':').next().unwrap_or_default();
        joined(location, file)
    });
    let named = &context.project.named_files;
    let ignored = |path: &String| named.get(path).is_some_and(|file| file.ignored);
    let path = [Some(location.clone()), entry]
        .into_iter()
        .flatten()
        .find(ignored)?;
    Some(Unread::new(
        ReasonCode::Absent,
        format!(
            "the code of runtime {} is not here: {path} does not exist, and git ignores it: run the step that builds it, then check again",
            runtime.name
        ),
    ))
}

fn missing(context: &Context, runtime: &Runtime) -> Unread {
    if let Some(reason) = not_made(context, runtime) {
        return reason;
    }
    if let Some(stack) = &context.stack {
        return Unread::new(
            ReasonCode::Absent,
            format!(
                "which code runtime {} runs is not read from {}",
                runtime.name, stack.path
            ),
        );
    }
    let text = |value: &Option<crate::model::site::Sited<String>>| {
        value
            .as_ref()
            .map_or("?", |text| text.value.as_str())
            .to_owned()
    };
    let (location, entry) = (text(&runtime.code_location), text(&runtime.entrypoint));
    Unread::new(
        ReasonCode::Absent,
        format!(
            "the code of runtime {} is not here: no {entry} in {location} that can be read",
            runtime.name
        ),
    )
}
