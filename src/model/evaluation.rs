//! Recorded evaluation runs, as `agentcore run eval` saves them.

use std::collections::BTreeMap;

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationRun {
    /// The file, relative to the project root.
    pub path: String,
    /// `timestamp`, RFC 3339: its text sorts by time.
    pub timestamp: String,
    /// `agent`: the runtime's name, or its id where the run was made by ARN.
    pub agent: String,
    /// `datasetName`; `None` for a run over recorded traces.
    pub dataset: Option<String>,
    /// The mean score of each evaluator that scored at least one session without an error.
    pub scores: BTreeMap<String, f64>,
}

/// What was found of evaluation runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluations {
    /// The runs, oldest first.
    pub runs: Vec<EvaluationRun>,
    /// Files that look like a run and cannot be read, with the reason.
    pub unreadable: Vec<String>,
}

impl Evaluations {
    /// The runs of a runtime, oldest first.
    pub fn of_runtime(&self, project: &str, runtime: &str) -> Vec<&EvaluationRun> {
        // A deployed runtime is called `<project>_<runtime>-<suffix>`; a run made by ARN bears that.
        let deployed = format!("{project}_{runtime}-");
        let by_arn = format!("runtime/{deployed}");
        let of = |run: &&EvaluationRun| {
            run.agent == runtime || run.agent.starts_with(&deployed) || run.agent.contains(&by_arn)
        };
        self.runs.iter().filter(of).collect()
    }
}
