//! One outcome per runtime of the project, and the rule that code which could not be read never passes.

use super::unconfigured::{Listed, unconfigured};
use crate::analysis::agent_code::{AgentCode, served};
use crate::analysis::limits;
use crate::context::absent_code;
use crate::context::{Context, code};
use crate::model::finding::{Outcome, Status};
use crate::model::project::{Agent, Runtime};

/// One outcome per runtime. A runtime whose code is not there is `skipped`; a project without runtimes is not applicable (the
/// model loop of a harness is AWS's own code).
pub(super) fn each<'a>(
    context: &'a Context,
    judge: impl Fn(&AgentCode<'a>) -> Outcome,
) -> Vec<Outcome> {
    if context.project.runtimes.is_empty() {
        let message = "no runtime with code of its own is configured";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    let one = |runtime: &'a Runtime| match code::of(context, runtime) {
        Ok(code) => {
            let (outcome, limit) = limits::watch(|| judge(&code));
            let outcome = honest(context, &code, outcome);
            match limit {
                Some(limit) => limit.honest(code.source, outcome),
                None => outcome,
            }
        }
        Err(reason) => Outcome::skipped(Agent::Runtime(runtime).resource(), reason),
    };
    context.project.runtimes.iter().map(one).collect()
}

/// As [`each`], for checks of what handlers do: where no handler was found, a pass would say nothing, and it is `skipped`.
pub(super) fn each_handled<'a>(
    context: &'a Context,
    judge: impl Fn(&AgentCode<'a>) -> Outcome,
) -> Vec<Outcome> {
    each_that(context, served::handles, judge)
}

/// As [`each_handled`], where it is enough that the code starts a server: what it answers by itself is known.
pub(super) fn each_served<'a>(
    context: &'a Context,
    judge: impl Fn(&AgentCode<'a>) -> Outcome,
) -> Vec<Outcome> {
    each_that(context, served::serves, judge)
}

/// As [`each`]; a pass of code that was read whole, and of which this does not hold, is `skipped`.
fn each_that<'a>(
    context: &'a Context,
    holds: impl Fn(&AgentCode<'a>) -> bool,
    judge: impl Fn(&AgentCode<'a>) -> Outcome,
) -> Vec<Outcome> {
    each(context, |code| {
        let outcome = judge(code);
        let read = || code.unread().is_none() && absent_code::of(context, code).is_none();
        if outcome.status == Status::Pass && !holds(code) && read() {
            return Outcome::skipped(outcome.resource, served::unhandled(code));
        }
        outcome
    })
}

/// Turns a pass into `skipped` where a module that runs could not be read, or is not here: what is in it nobody knows.
fn honest(context: &Context, code: &AgentCode<'_>, outcome: Outcome) -> Outcome {
    if outcome.status != Status::Pass {
        return outcome;
    }
    match code.unread().or_else(|| absent_code::of(context, code)) {
        Some(reason) => Outcome::skipped(outcome.resource, reason),
        None => outcome,
    }
}
