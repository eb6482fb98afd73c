//! Judges the layers of one resource: every source that could be read is looked at, one that fails is enough.

use super::fixes;
use crate::context::{Context, Layer, Origin};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, Severity};
use crate::model::known::Unread;

/// What is wrong in one layer.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    /// One sentence: subject, what was observed, consequence.
    pub(super) message: String,
    /// `None`: the check's own severity.
    pub(super) severity: Option<Severity>,
    /// What was seen.
    pub(super) evidence: Vec<Evidence>,
    /// Alternatives, best first.
    pub(super) fixes: Vec<Fix>,
}

impl Problem {
    /// A problem that was seen at `evidence`.
    pub(super) fn new(message: impl Into<String>, evidence: Evidence) -> Self {
        Self {
            message: message.into(),
            severity: None,
            evidence: vec![evidence],
            fixes: Vec::new(),
        }
    }

    /// Adds a fix; the first is the best.
    #[must_use]
    pub(super) fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Raises or lowers the severity by what was seen.
    #[must_use]
    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}

/// Like [`judge`], for what the configuration decides: where `agentcore.json` is right already and only the template or AWS is
/// not, an edit would change nothing and the deploy alone is the fix.
pub(super) fn judge_sources<T>(
    context: &Context,
    resource: Resource,
    layers: &[Layer<T>],
    unread: impl FnOnce() -> Unread,
    look: impl Fn(&Layer<T>) -> Result<String, Problem>,
) -> Outcome {
    let mut of_config = layers
        .iter()
        .filter(|layer| layer.origin == Origin::Config)
        .peekable();
    let right = of_config.peek().is_some() && of_config.all(|layer| look(layer).is_ok());
    judge(resource, layers, unread, |layer| {
        look(layer).map_err(|problem| match layer.origin {
            Origin::Template | Origin::Live if right => Problem {
                fixes: vec![fixes::deploy_what_is_configured(context)],
                ..problem
            },
            _ => problem,
        })
    })
}

/// Fails when any layer fails; else passes with what the strongest layer says; without a layer it is skipped with `unread`.
pub(super) fn judge<T>(
    resource: Resource,
    layers: &[Layer<T>],
    unread: impl FnOnce() -> Unread,
    look: impl Fn(&Layer<T>) -> Result<String, Problem>,
) -> Outcome {
    let mut problems: Vec<(Origin, Problem)> = Vec::new();
    let mut passed: Vec<(Origin, String, Evidence)> = Vec::new();
    for layer in layers {
        match look(layer) {
            Ok(message) => passed.push((layer.origin, message, layer.evidence.clone())),
            Err(problem) => problems.push((layer.origin, problem)),
        }
    }
    if !problems.is_empty() {
        return failed(resource, problems);
    }
    match passed.into_iter().max_by_key(|(origin, ..)| *origin) {
        Some((_, message, evidence)) => {
            Outcome::pass(resource, message).evidence(evidence.context())
        }
        None => Outcome::skipped(resource, unread()),
    }
}

/// One failure out of the problems of several layers, the strongest source first.
fn failed(resource: Resource, mut problems: Vec<(Origin, Problem)>) -> Outcome {
    problems.sort_by_key(|(origin, _)| std::cmp::Reverse(*origin));
    let severities: Option<Vec<Severity>> = problems
        .iter()
        .map(|(_, problem)| problem.severity)
        .collect();
    let mut messages: Vec<(Vec<&str>, String)> = Vec::new();
    let (mut evidence, mut fixes): (Vec<Evidence>, Vec<Fix>) = (Vec::new(), Vec::new());
    for (origin, problem) in problems {
        match messages
            .iter_mut()
            .find(|(_, message)| *message == problem.message)
        {
            Some((words, _)) => words.push(origin.words()),
            None => messages.push((vec![origin.words()], problem.message)),
        }
        evidence.extend(problem.evidence);
        fixes.extend(
            problem
                .fixes
                .into_iter()
                .filter(|fix| !fixes.contains(fix))
                .collect::<Vec<_>>(),
        );
    }
    // What agentcore.json says needs no word of where, since the evidence shows it; what is predicted says so itself.
    let needs_no_word = [Origin::Config.words(), Origin::Predicted.words()];
    let plain = messages
        .iter()
        .all(|(words, _)| words.iter().all(|word| needs_no_word.contains(word)));
    let message = if plain {
        let parts: Vec<String> = messages.into_iter().map(|(_, message)| message).collect();
        parts.join("; ")
    } else {
        let parts: Vec<String> = messages
            .into_iter()
            .map(|(words, message)| format!("{message} ({})", words.join(", ")))
            .collect();
        parts.join("; ")
    };
    let mut outcome = Outcome::fail(resource, message).evidences(evidence);
    outcome.severity = severities.and_then(|severities| severities.into_iter().min());
    outcome.fixes = fixes;
    outcome
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::finding::{ResourceType, Status};
    use crate::model::known::ReasonCode;
    use crate::model::site::Site;

    fn run(layers: &[(Origin, bool)]) -> Outcome {
        let evidence = Evidence::config(&Site::file("a"));
        let layers: Vec<Layer<bool>> = layers
            .iter()
            .map(|(origin, fine)| Layer::new(*origin, *fine, evidence.clone()))
            .collect();
        let unread = || Unread::new(ReasonCode::Offline, "nothing was read");
        judge(
            Resource::new(ResourceType::Runtime, "A"),
            &layers,
            unread,
            |layer| {
                if layer.value {
                    Ok(format!("{:?}", layer.origin))
                } else {
                    Err(Problem::new("bad", evidence.clone()))
                }
            },
        )
    }

    #[test]
    fn no_evidence_is_no_pass() {
        assert_eq!(run(&[]).status, Status::Skipped);
    }

    #[test]
    fn one_failing_source_fails_and_is_named() {
        let outcome = run(&[(Origin::Config, true), (Origin::Live, false)]);
        assert_eq!(
            (outcome.status, outcome.message.as_str()),
            (Status::Fail, "bad (deployed)")
        );
        assert_eq!(run(&[(Origin::Config, false)]).message, "bad");
        assert_eq!(
            run(&[(Origin::Template, false), (Origin::Live, false)]).message,
            "bad (deployed, next deploy)"
        );
    }

    #[test]
    fn the_strongest_source_speaks_for_a_pass() {
        assert_eq!(
            run(&[(Origin::Config, true), (Origin::Live, true)]).message,
            "Live"
        );
    }
}
