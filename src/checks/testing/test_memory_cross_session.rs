//! `test-memory-cross-session`: Memory cross-session tested (if using LTM).

use super::found::{evidence, none};
use crate::checks::resources::harness_memory;
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Outcome, Resource, ResourceType, Severity};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "test-memory-cross-session",
    title: "Memory cross-session tested (if using LTM)",
    category: Category::Testing,
    severity: Severity::Low,
    needs: &[Need::Files, Need::Config],
    page: include_str!("test_memory_cross_session.md"),
    references: &["https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/memory.html"],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let lasting: Vec<_> = context
        .project
        .memories
        .iter()
        .filter(|memory| !memory.strategies.is_empty())
        .collect();
    let managed = harness_memory::all(context);
    if lasting.is_empty() && managed.is_empty() {
        let message = "no memory with a long-term strategy is configured";
        return vec![unconfigured(context, &[Listed::Memory], message)];
    }
    lasting
        .into_iter()
        .map(|memory| {
            let resource = Resource::new(ResourceType::Memory, &memory.name);
            let sites = &context.tests.cross_session;
            if !sites.is_empty() {
                let message = format!("memory {}: {} test(s) write and read with more than one session", memory.name, sites.len());
                return Outcome::pass(resource, message).evidences(evidence(sites));
            }
            let missing = format!("no test writes to memory {} in one session and reads in another", memory.name);
            let look = "tell the agent a fact in one session, wait until the strategy has extracted it (about a minute), and ask for it in a new session with the same actor id; then with another actor id, which must not know it";
            none(context, resource, &missing, look).evidence(Evidence::config(&memory.site).context())
        })
        .chain(managed.iter().map(|managed| {
            let resource = Agent::Harness(managed.harness).resource();
            let missing = format!(
                "no test talks to harness {}, which makes a memory of its own, in one session and asks in another",
                managed.harness.name
            );
            let look = "tell the harness a fact in one session, wait until it is extracted (about a minute), and ask for it in a new session of the same actor; then as another actor, who must not get it";
            none(context, resource, &missing, look).evidence(managed.evidence("mode").context())
        }))
        .collect()
}
