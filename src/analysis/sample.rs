//! Code given as text, for tests.

use super::handlers;
use crate::collect::source::{
    Beside, CodeRequest, collect_source, is_caller_candidate, mentions_agentcore,
};
use crate::model::source::Source;

/// A project of these files with one runtime, for tests of checks.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub fn source_of_files(files: &[(&str, &str)], entry: &str) -> Source {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let request = CodeRequest {
        copied: Vec::new(),
        started: Vec::new(),
        runtime: "Agent".into(),
        code_location: String::new(),
        entry: entry.into(),
        local: Vec::new(),
    };
    let calls = |(path, text): &&(&str, &str)| {
        is_caller_candidate(path) && mentions_agentcore(text.as_bytes())
    };
    let mut callers: Vec<String> = files
        .iter()
        .filter(calls)
        .map(|(path, _)| (*path).to_owned())
        .collect();
    callers.sort();
    let beside = Beside {
        callers,
        ..Beside::default()
    };
    let mut source = collect_source(folder.path(), &[request], || beside);
    handlers::find_all(&mut source);
    source
}
