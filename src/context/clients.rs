//! Which agents of the project the calls in its repository go to.

use super::Context;
use crate::analysis::clients::Call;
use crate::model::project::Agent;

/// Which agents of the project a call may go to. Empty where its ARN names another one.
pub(crate) fn targets<'a>(context: &'a Context, call: &Call<'_>) -> Vec<Agent<'a>> {
    let fits = |agent: &Agent<'a>| matches!(agent, Agent::Harness(_)) == call.harness;
    let all: Vec<Agent<'a>> = context.project.agents().filter(fits).collect();
    let text = call.target.to_ascii_lowercase();
    let project = context.project.display_name().to_ascii_lowercase();
    let deployed = |agent: &Agent<'a>| {
        context.deployed().is_some_and(|target| {
            target.runtimes.get(agent.name()).is_some_and(|runtime| {
                let id = runtime.id.as_deref().unwrap_or("").to_ascii_lowercase();
                !id.is_empty() && text.contains(&id)
            })
        })
    };
    let named = |agent: &Agent<'a>| {
        let name = agent.name().to_ascii_lowercase();
        text.contains(&format!("/{project}_{name}-"))
            || text.contains(&format!("runtime_{name}_arn"))
    };
    let known: Vec<Agent<'a>> = all
        .iter()
        .copied()
        .filter(|agent| deployed(agent) || named(agent))
        .collect();
    if !known.is_empty() {
        return known;
    }
    // A whole ARN that names none of them leads elsewhere; a placeholder does not tell.
    if foreign(&text) { Vec::new() } else { all }
}

/// Whether the text holds a complete id of a runtime: `runtime/<name>-<10 letters>`.
fn foreign(text: &str) -> bool {
    ["runtime/", "runtime%2f"].iter().any(|start| {
        text.split(start).skip(1).any(|rest| {
            let id: String = rest
                .chars()
                .take_while(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'))
                .collect();
            id.rsplit_once('-')
                .is_some_and(|(name, suffix)| !name.is_empty() && suffix.len() == 10)
        })
    })
}
