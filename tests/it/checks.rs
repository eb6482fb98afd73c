//! Every check against its fixtures: `fixtures/checks/<check>/<status>-<why>/` holds a small project (and `aws.json`, a snapshot,
//! where the check reads AWS); the folder's name says the verdict, and marks in its files say which lines are reported (see
//! `marks`). An `expect.json` beside it pins what no line can carry:
//! `[{"resource": "gateway open", "status": "fail", "severity": "critical", "path": "a.json", "line": 12, "message": "part of it"}]`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use agentcore_harden::audit::{self, DiscoverySource, Options};
use agentcore_harden::report::{CheckResult, Status};
use serde_json::Value;

use crate::marks;

const STATUSES: [Status; 5] = [
    Status::NotApplicable,
    Status::Pass,
    Status::Fail,
    Status::Manual,
    Status::Skipped,
];

fn folders(of: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir(of)
        .unwrap_or_else(|error| panic!("{}: {error}", of.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// The status that a fixture's name starts with.
fn expected(fixture: &str) -> Status {
    STATUSES
        .into_iter()
        .find(|status| {
            fixture.starts_with(&format!("{}-", status.as_str())) || fixture == status.as_str()
        })
        .unwrap_or_else(|| panic!("{fixture}: the name must start with a status"))
}

/// The verdict of several results: a failure decides, then what could not be read, then what a person must look at.
fn verdict(results: &[CheckResult]) -> Status {
    let any = |status| results.iter().any(|result| result.status == status);
    [Status::Fail, Status::Skipped, Status::Manual, Status::Pass]
        .into_iter()
        .find(|status| any(*status))
        .unwrap_or(Status::NotApplicable)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Runs a check over a copy of the fixture: in its own place it would be part of this repository, ignore rules and index included.
fn run(check: &str, original: &Path) -> Vec<CheckResult> {
    let place = tempfile::tempdir().unwrap();
    let fixture = &place.path().join("fixture");
    copy(original, fixture);
    let snapshot = fixture.join("aws.json");
    // A fixture's `bin` is its PATH; without one nothing is on it, whatever the machine has.
    let options = Options {
        shown: ".".to_owned(),
        path_env: Some(fixture.join("bin").into_os_string()),
        discovery: discovery(fixture),
        offline: true,
        snapshot: snapshot.is_file().then_some(snapshot),
        ..Options::default()
    };
    let context = audit::collect(fixture, &options)
        .unwrap_or_else(|failure| panic!("{}: {failure}", fixture.display()));
    audit::evaluate(&context, |candidate| candidate.id == check)
}

/// `discovery.json` beside the fixture: discovery documents as a snapshot holds them.
fn discovery(fixture: &Path) -> DiscoverySource {
    match fs::read_to_string(fixture.join("discovery.json")) {
        Ok(text) => DiscoverySource::Given(serde_json::from_str(&text).unwrap()),
        Err(_) => DiscoverySource::Offline,
    }
}

/// `CHECK=perf-ping-handler cargo test --test it checks::` judges the fixtures of one check; `CASE=part` those whose name holds it.
fn chosen(variable: &str, name: &str) -> bool {
    std::env::var(variable).map_or(true, |wanted| match variable {
        "CHECK" => wanted == name,
        _ => name.contains(&wanted),
    })
}

#[test]
fn every_fixture_gets_its_verdict() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checks");
    let mut cases = Vec::new();
    for check in folders(&root) {
        let id = name(&check);
        assert!(
            agentcore_harden::checks::find(&id).is_some(),
            "fixtures for an unknown check {id}"
        );
        if chosen("CHECK", &id) {
            let fixtures = folders(&check).into_iter();
            let fixtures = fixtures.filter(|fixture| chosen("CASE", &name(fixture)));
            cases.extend(fixtures.map(|fixture| (id.clone(), fixture)));
        }
    }
    // Threads of their own: a thread of a pool that waits for another pool takes further cases onto its stack.
    let next = AtomicUsize::new(0);
    let work = || {
        let mut faults = Vec::new();
        while let Some((id, fixture)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            faults.extend(faults_of(id, fixture));
        }
        faults
    };
    let mut faults: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        let done = threads.into_iter();
        done.flat_map(|thread| thread.join().unwrap()).collect()
    });
    faults.sort();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// How the results over a fixture differ from what its name, its marks and its `expect.json` say.
fn faults_of(id: &str, fixture: &Path) -> Vec<String> {
    let results = run(id, fixture);
    let seen: String = results
        .iter()
        .map(|r| format!("\n    {} {}: {}", r.status.as_str(), r.resource, r.message))
        .collect();
    let got = verdict(&results);
    let pins = pins(fixture);
    let mut faults = unmatched(&pins, &results);
    faults.extend(marked(fixture, &pins, &results));
    if got != expected(&name(fixture)) {
        faults.push(got.as_str().to_owned());
    }
    let place = format!("{id}/{}", name(fixture));
    faults
        .into_iter()
        .map(|fault| format!("{place}: {fault}{seen}"))
        .collect()
}

/// The entries of `expect.json`.
fn pins(fixture: &Path) -> Vec<Value> {
    match fs::read_to_string(fixture.join("expect.json")) {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(_) => Vec::new(),
    }
}

/// Entries of `expect.json` that no result matches.
fn unmatched(pins: &[Value], results: &[CheckResult]) -> Vec<String> {
    let matches = |entry: &Value, result: &CheckResult| {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let (path, line) = (text("path"), entry.get("line").and_then(Value::as_u64));
        let placed = result.evidence.iter().any(|evidence| {
            evidence.site.as_ref().is_some_and(|site| {
                let at = site.span.map(|span| u64::from(span.line));
                path.is_none_or(|path| *path == *site.path) && (line.is_none() || line == at)
            })
        });
        let fixes = text_of_fixes(result);
        text("fix").is_none_or(|part| fixes.contains(part))
            && text("noFix").is_none_or(|part| !fixes.contains(part))
            && text("resource").is_none_or(|resource| resource == result.resource.to_string())
            && text("status").is_none_or(|status| status == result.status.as_str())
            && text("severity").is_none_or(|severity| severity == result.severity.as_str())
            && text("message").is_none_or(|part| result.message.contains(part))
            && (placed || path.is_none() && line.is_none())
    };
    pins.iter()
        .filter(|entry| !results.iter().any(|result| matches(entry, result)))
        .map(|entry| format!("no result matches {entry}"))
        .collect()
}

/// What the fixes of a result say, one line for each title, command and note.
fn text_of_fixes(result: &CheckResult) -> String {
    let value = serde_json::to_value(result).unwrap();
    let mut lines = Vec::new();
    for fix in value["fixes"].as_array().into_iter().flatten() {
        let commands = fix["commands"].as_array().into_iter().flatten();
        let parts = [&fix["title"]]
            .into_iter()
            .chain(commands)
            .chain([&fix["note"]]);
        lines.extend(parts.filter_map(Value::as_str).map(str::to_owned));
    }
    lines.join("\n")
}

/// How the lines that are reported differ from those that are marked. A line that cannot hold a mark is pinned with its path.
fn marked(fixture: &Path, pins: &[Value], results: &[CheckResult]) -> Vec<String> {
    let results: Vec<Value> = results
        .iter()
        .map(|result| serde_json::to_value(result).unwrap())
        .collect();
    let mut sites = marks::sites(&results);
    sites.retain(|site| {
        !pins
            .iter()
            .any(|pin| pin["path"] == *site.path && pin["line"] == site.line)
    });
    marks::differences(&marks::of_project(fixture), &sites)
}

#[test]
fn every_built_check_has_fixtures_for_both_sides() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checks");
    let mut missing = Vec::new();
    for check in agentcore_harden::checks::all() {
        let folder = root.join(check.id);
        let names: Vec<String> = if folder.is_dir() {
            folders(&folder).iter().map(|path| name(path)).collect()
        } else {
            Vec::new()
        };
        // These have no failing side: their negative is `manual`.
        let never_fails = matches!(check.id, "memory-encryption" | "resource-encryption")
            || check.id.starts_with("test-");
        let negative = if never_fails {
            Status::Manual
        } else {
            Status::Fail
        };
        for side in [Status::Pass, negative] {
            if !names.iter().any(|fixture| expected(fixture) == side) {
                missing.push(format!("{}: no {} fixture", check.id, side.as_str()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// A line that one handler alone uses is moved into it, and a field's default becomes a factory: with the edit made, the check passes.
#[test]
fn the_edit_of_a_startup_value_fixes_it() {
    for (check, fixture) in [
        ("snapshot-unique-values", "fail-constant-of-one-handler"),
        ("snapshot-unique-values", "fail-pydantic-field"),
        ("snapshot-unique-values", "fail-dataclass-field"),
        ("snapshot-clock", "fail-constant-of-one-handler"),
    ] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checks");
        let place = tempfile::tempdir().unwrap();
        let copied = place.path().join("fixture");
        copy(&root.join(check).join(fixture), &copied);
        let before = run(check, &copied);
        let edits = before.iter().flat_map(|result| &result.fixes);
        let edits: Vec<_> = edits.flat_map(|fix| &fix.edits).collect();
        assert_eq!(edits.len(), 1, "{check}: {fixture}");
        for edit in edits {
            fs::write(copied.join(&edit.path), &*edit.new_text).unwrap();
        }
        for result in run(check, &copied) {
            assert_eq!(result.status, Status::Pass, "{fixture}: {}", result.message);
        }
    }
    // Two functions that use it would get two values.
    let shared = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/checks/snapshot-unique-values/fail-constant-of-two-functions");
    let results = run("snapshot-unique-values", &shared);
    let mut fixes = results.iter().flat_map(|result| &result.fixes);
    assert!(fixes.all(|fix| fix.edits.is_empty()));
}

/// The first fix of an image is a diff of its Dockerfile: applied as printed, nothing is left but what `.dockerignore` fixes.
#[test]
fn the_diff_of_a_dockerfile_fixes_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checks/perf-container-image");
    let mut applied = 0;
    for original in folders(&root) {
        if !name(&original).starts_with("fail-") {
            continue;
        }
        let place = tempfile::tempdir().unwrap();
        let fixture = place.path().join("fixture");
        copy(&original, &fixture);
        for result in run("perf-container-image", &fixture) {
            for edit in result.fixes.iter().flat_map(|fix| &fix.edits) {
                if edit.path.ends_with("Dockerfile") {
                    fs::write(fixture.join(&edit.path), &*edit.new_text).unwrap();
                    applied += 1;
                }
            }
        }
        for result in run("perf-container-image", &fixture) {
            let fixed = result.status == Status::Pass
                || !result.message.contains("stage") && !result.message.contains("root");
            assert!(fixed, "{}: {}", original.display(), result.message);
        }
    }
    assert!(applied > 2, "{applied} diffs");
}
