//! Small agents, each with what a snapshot breaks and what it does not, in one file: the check must report the lines that are
//! marked (see `marks`), and no others, on platform version V2; the same where the version is not known, one severity lower; and
//! on V1 only what fails everywhere.
//!
//! The first line of a file names its check (`always` where it fails on V1 too), the second may hold more keys of the runtime.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::marks::{self, Mark};
use crate::projects::{pin_platform_version, result_of, write};

struct Case {
    name: String,
    check: String,
    always: bool,
    node: bool,
    runtime: Value,
    code: String,
    marks: Vec<Mark>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn cases() -> Vec<Case> {
    let folder = root().join("tests/hazards");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|path| case(path)).collect()
}

fn case(path: &Path) -> Case {
    let code = fs::read_to_string(path).unwrap();
    let node = path.extension().is_some_and(|extension| extension == "ts");
    let mark = if node { "//" } else { "#" };
    let mut lines = code.lines();
    let mut head = || {
        let line = lines.next().unwrap();
        line.strip_prefix(mark).unwrap_or_default().trim()
    };
    let (first, second) = (head(), head());
    let entry = format!("app/Main/{}", entry(node));
    Case {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        check: first.split(' ').next().unwrap().to_owned(),
        always: first.ends_with(" always"),
        node,
        runtime: serde_json::from_str(second).unwrap_or_else(|_| json!({})),
        marks: marks::of_text(&entry, &code),
        code,
    }
}

/// The file in which an agent starts.
fn entry(node: bool) -> &'static str {
    if node { "main.ts" } else { "main.py" }
}

fn make(root: &Path, case: &Case, version: Option<&str>) {
    let entry = entry(case.node);
    let language = if case.node { "NODE_22" } else { "PYTHON_3_13" };
    let mut runtime = json!({
        "name": "Main", "build": "CodeZip", "entrypoint": entry, "codeLocation": "app/Main/", "runtimeVersion": language,
    });
    for (key, value) in case.runtime.as_object().unwrap() {
        runtime[key] = value.clone();
    }
    let config = json!({"name": "Desk", "version": 1, "runtimes": [runtime]});
    write(root, "agentcore/agentcore.json", &config.to_string());
    write(root, &format!("app/Main/{entry}"), &case.code);
    if let Some(version) = version {
        pin_platform_version(root, version);
    }
}

/// How far a result differs from the marks of a case on a platform version.
fn differences(case: &Case, version: Option<&str>, result: &Value) -> Vec<String> {
    let fails = result["status"] == "fail";
    if version == Some("V1") {
        let right = fails == case.always && (fails || result["status"] == "not-applicable");
        return if right {
            Vec::new()
        } else {
            vec!["on V1".to_owned()]
        };
    }
    if case.marks.is_empty() && result["status"] != "pass" {
        return vec![format!("{} instead of a pass", result["status"])];
    }
    let mut marks = case.marks.clone();
    let mut sites = marks::sites(std::slice::from_ref(result));
    if version.is_none() && case.always {
        // Some of its lines fail on every version, and those only are as severe as ever.
        marks.iter_mut().for_each(|mark| mark.severity.clear());
        sites.iter_mut().for_each(|site| site.severity.clear());
        if result["severity"] != *case.marks[0].severity {
            return vec![format!("{} for an unknown version", result["severity"])];
        }
    } else if version.is_none() {
        for mark in &mut marks {
            let lower = if mark.severity == "high" {
                "medium"
            } else {
                "low"
            };
            mark.severity = lower.to_owned();
        }
    }
    marks::differences(&marks, &sites)
}

#[test]
fn each_line_that_is_marked_fails_and_no_other_does() {
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() > 60, "{}", cases.len());
    for case in &cases {
        for version in [Some("V2"), None, Some("V1")] {
            let folder = tempfile::tempdir().unwrap();
            make(folder.path(), case, version);
            let result = result_of(folder.path(), &case.check);
            for difference in differences(case, version, &result) {
                let version = version.unwrap_or("an unknown version");
                let (name, status) = (&case.name, &result["status"]);
                let message = &result["message"];
                wrong.push(format!(
                    "{name} on {version}: {difference}: {status} {message}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Checks of code that are for Python and for TypeScript.
const BOTH: [&str; 10] = [
    "snapshot-background-work",
    "snapshot-clock",
    "snapshot-connections",
    "snapshot-credentials",
    "snapshot-host-identity",
    "snapshot-mount-access",
    "snapshot-prng",
    "snapshot-ready-ping",
    "snapshot-stale-data",
    "snapshot-unique-values",
];

#[test]
fn each_check_of_code_has_a_fixture_that_fails_and_one_that_passes_in_both_languages() {
    for check in BOTH {
        let folder = root().join("fixtures/checks").join(check);
        let mut seen = BTreeSet::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let config = fs::read_to_string(path.join("agentcore/agentcore.json"));
            let node = config.is_ok_and(|text| text.contains("\"NODE_"));
            let status = name.split('-').next().unwrap().to_owned();
            seen.insert((status, node));
        }
        for status in ["fail", "pass"] {
            for node in [false, true] {
                assert!(
                    seen.contains(&(status.to_owned(), node)),
                    "{check}: no fixture {status}, node: {node}"
                );
            }
        }
    }
}

/// Fixtures whose value moves by an edit, and what the edited file then holds.
const MOVED: [(&str, &str); 11] = [
    (
        "snapshot-clock/fail-constant-of-one-handler",
        "async def answer(payload):\n    TODAY = date",
    ),
    (
        "snapshot-clock/fail-default-argument",
        "at=None):  # expect: snapshot-clock medium\n    if at is None:\n        at = datetime.now()\n",
    ),
    (
        "snapshot-clock/fail-typescript-constant-of-one-handler",
        "{ prompt: string }) {\n      const today = new Date()",
    ),
    (
        "snapshot-connections/fail-connection-of-one-handler",
        "def run(payload):\n    db = psycopg.connect(",
    ),
    (
        "snapshot-credentials/fail-headers-made-in-a-helper",
        "    def make_headers():\n        token = desk_token()  # expect: snapshot-credentials high\n        return {",
    ),
    (
        "snapshot-credentials/fail-headers-of-a-lambda",
        "headers={\"Authorization\": f\"Bearer {crm_token()}\"}))",
    ),
    (
        "snapshot-credentials/fail-typescript-constant-of-one-handler",
        "=> {\n      const link = await getSignedUrl( // expect: snapshot-credentials high\n        s3,",
    ),
    (
        "snapshot-stale-data/fail-secret-of-one-handler",
        "\"\"\"Asks the service.\"\"\"\n    KEY = secrets",
    ),
    (
        "snapshot-unique-values/fail-default-with-a-type",
        "mark: str | None = None) -> dict:  # expect: snapshot-unique-values medium\n    \"\"\"Makes a note.\"\"\"\n    if mark is None:\n",
    ),
    (
        "snapshot-unique-values/fail-constant-of-one-handler",
        "\"\"\"Answers.\"\"\"\n    RUN_ID = f\"",
    ),
    (
        "snapshot-unique-values/fail-typescript-constant-of-one-handler",
        "=> {\n      const traceId = randomUUID();",
    ),
];

#[test]
fn what_one_function_uses_moves_there_by_an_edit() {
    for (fixture, held) in MOVED {
        let folder = root().join("fixtures/checks").join(fixture);
        let check = fixture.split('/').next().unwrap();
        let result = result_of(&folder, check);
        let edits = result["fixes"][0]["edits"].as_array();
        let edit = edits.and_then(|edits| edits.first());
        let diff = edit.map_or("", |edit| edit["diff"].as_str().unwrap_or_default());
        // The file behind the diff: its lines without those taken away.
        let after: String = diff
            .lines()
            .filter(|line| !line.starts_with('-'))
            .map(|line| format!("{}\n", line.get(1..).unwrap_or_default()))
            .collect();
        assert!(after.contains(held), "{fixture}: {result:#}");
    }
}
