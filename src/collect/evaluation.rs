//! Reads the evaluation runs that `agentcore run eval` saved: under `agentcore/.cli/eval-results`, and for runs made by ARN in
//! the project root.

use std::path::Path;

use crate::collect::json;
use crate::collect::project::read_text;
use crate::model::evaluation::{EvaluationRun, Evaluations};
use crate::model::json::Node;

/// Where runs are saved, relative to the project root.
const FOLDERS: [&str; 2] = ["agentcore/.cli/eval-results", "."];
/// The newest runs that are looked at in one folder: names sort by time.
const MOST: usize = 200;

/// The runs of the project at `root`, oldest first.
pub fn collect(root: &Path) -> Evaluations {
    let mut evaluations = Evaluations::default();
    for folder in FOLDERS {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
            continue;
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with("eval_") && name.ends_with(".json"))
            .collect();
        names.sort_unstable();
        for name in names.iter().rev().take(MOST) {
            let path = if folder == "." {
                name.clone()
            } else {
                format!("{folder}/{name}")
            };
            match read(root, &path) {
                Ok(run) => evaluations.runs.push(run),
                Err(reason) => evaluations.unreadable.push(reason),
            }
        }
    }
    evaluations
        .runs
        .sort_by(|a, b| (&a.timestamp, &a.path).cmp(&(&b.timestamp, &b.path)));
    evaluations
}

fn read(root: &Path, path: &str) -> Result<EvaluationRun, String> {
    let text = read_text(&root.join(path), path).map_err(|error| error.to_string())?;
    let document = json::parse(path, &text).map_err(|error| error.to_string())?;
    let text = |key: &str| {
        document
            .root
            .get(key)
            .and_then(Node::as_str)
            .map(str::to_owned)
    };
    let (Some(timestamp), Some(agent)) = (text("timestamp"), text("agent")) else {
        return Err(format!(
            "{path}: no `timestamp` or no `agent`: not a run of `agentcore run eval`"
        ));
    };
    let results = document
        .root
        .get("results")
        .map(Node::items)
        .unwrap_or_default();
    let scores = results.iter().filter_map(score).collect();
    Ok(EvaluationRun {
        path: path.to_owned(),
        timestamp,
        agent,
        dataset: text("datasetName"),
        scores,
    })
}

/// A score that stands for something: the CLI writes 0 where no session could be scored.
fn score(result: &Node) -> Option<(String, f64)> {
    let evaluator = result.get("evaluator")?.as_str()?.to_owned();
    let sessions = result
        .get("sessionScores")
        .map(Node::items)
        .unwrap_or_default();
    sessions
        .iter()
        .any(|session| session.get("errorMessage").is_none())
        .then_some(())?;
    Some((evaluator, result.get("aggregateScore")?.as_number()?))
}
