//! The program as a user runs it: exit statuses, errors, formats, files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assert_cmd::cargo::CommandCargoExt;
use serde_json::Value;
use tempfile::TempDir;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn program() -> Command {
    let mut command = Command::cargo_bin("agentcore-harden").unwrap();
    for name in [
        "NO_COLOR",
        "AWS_PROFILE",
        "GITHUB_ACTIONS",
        "GITHUB_STEP_SUMMARY",
    ] {
        command.env_remove(name);
    }
    command
}

fn run(arguments: &[&str]) -> Ran {
    let output = program()
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A folder with projects of these names.
fn projects(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let inner = folder.path().join(name).join("agentcore");
        fs::create_dir_all(&inner).unwrap();
        let text =
            format!(r#"{{"name": "{name}", "version": 1, "runtimes": [{{"name": "{name}Run"}}]}}"#);
        fs::write(inner.join("agentcore.json"), text).unwrap();
    }
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn exit_status_follows_the_threshold() {
    let insecure = "fixtures/projects/insecure-agent";
    assert_eq!(
        run(&["check", insecure, "--offline", "--fail-on", "never"]).code,
        0
    );
    assert_eq!(run(&["check", insecure, "--offline"]).code, 1);
    assert_eq!(
        run(&["check", insecure, "--offline", "--fail-on", "low"]).code,
        1
    );
    // Offline, what AWS would tell cannot be judged.
    let strict = run(&["check", insecure, "--offline", "--strict"]);
    assert_eq!(strict.code, 1, "{}", strict.out);
    let last = strict.out.lines().last().unwrap();
    assert!(
        last.starts_with("NOT READY Helpdesk, before the deploy: "),
        "{last}"
    );
    assert_eq!(
        run(&["check", "fixtures/projects/clean-agent", "--offline"]).code,
        0
    );
}

/// A project with one runtime, whose entrypoint is `source`.
fn one(entrypoint: &str, source: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("agentcore")).unwrap();
    fs::create_dir_all(folder.path().join("app/Main")).unwrap();
    let version = if entrypoint.ends_with(".py") {
        "PYTHON_3_13"
    } else {
        "NODE_22"
    };
    let text = format!(
        r#"{{"name": "One", "version": 1, "managedBy": "CDK", "runtimes": [{{"name": "Main", "build": "CodeZip", "entrypoint": "{entrypoint}",
        "codeLocation": "app/Main/", "runtimeVersion": "{version}", "networkMode": "PUBLIC", "protocol": "HTTP"}}], "memories": [], "credentials": []}}"#
    );
    fs::write(folder.path().join("agentcore/agentcore.json"), text).unwrap();
    fs::write(folder.path().join("agentcore/aws-targets.json"), "[]").unwrap();
    fs::write(folder.path().join("app/Main").join(entrypoint), source).unwrap();
    folder
}

#[test]
fn source_that_cannot_be_read_is_a_failure() {
    let cases: [(&str, &[u8]); 3] = [
        ("main.py", b"def broken(:\n    pass\n"),
        ("main.ts", b"export const broken = (=> {\n"),
        ("main.py", b"\xff\xfe\x00broken"),
    ];
    for (entrypoint, source) in cases {
        let folder = one(entrypoint, source);
        let ran = run(&["check", text(folder.path()), "--offline", "--json"]);
        assert_eq!(ran.code, 1, "{entrypoint}: {}", ran.err);
        let report = json(&ran.out);
        assert_eq!(report["summary"]["verdict"], "NOT READY");
        let valid = report["results"]
            .as_array()
            .unwrap()
            .iter()
            .find(|result| result["check"] == "config-valid")
            .unwrap();
        assert_eq!(valid["status"], "fail", "{valid}");
        assert_eq!(valid["severity"], "high");
        let path = format!("app/Main/{entrypoint}");
        assert_eq!(valid["evidence"][0]["path"], path);
    }
}

#[test]
fn a_selection_gets_no_verdict_word() {
    let clean = "fixtures/projects/clean-agent";
    let ran = run(&["check", clean, "--offline", "--only", "secrets-*"]);
    let last = ran.out.lines().last().unwrap();
    assert!(last.starts_with("passed the 4 selected checks "), "{last}");
    assert!(!ran.out.contains("READY"), "{}", ran.out);
    let insecure = "fixtures/projects/insecure-agent";
    let ran = run(&[
        "check",
        insecure,
        "--offline",
        "--only",
        "secrets-hardcoded",
        "-q",
    ]);
    let last = ran.out.lines().last().unwrap();
    assert!(last.starts_with("failed the selected check "), "{last}");
    let ran = run(&[
        "check",
        insecure,
        "--offline",
        "--runtime",
        "Portal",
        "--json",
    ]);
    assert_eq!(json(&ran.out)["summary"]["verdict"], Value::Null);
}

#[test]
fn fail_on_changes_the_exit_status_and_not_the_word() {
    let insecure = "fixtures/projects/insecure-agent";
    let ran = run(&["check", insecure, "--offline", "--fail-on", "never", "-q"]);
    assert_eq!(ran.code, 0);
    let last = ran.out.lines().last().unwrap();
    assert!(
        last.starts_with("NOT READY Helpdesk, before the deploy"),
        "{last}"
    );
    assert!(last.ends_with("(--fail-on never)"), "{last}");
    let ran = run(&[
        "check",
        insecure,
        "--offline",
        "--fail-on",
        "never",
        "--json",
    ]);
    let report = json(&ran.out);
    assert_eq!(report["summary"]["verdict"], "NOT READY");
    assert_eq!(report["summary"]["failOn"], "never");
    assert_eq!(report["summary"]["ready"], true);
}

#[test]
fn what_was_suppressed_is_counted_in_the_last_line() {
    let folder = one("main.py", b"import subprocess\nfrom bedrock_agentcore import BedrockAgentCoreApp\napp = BedrockAgentCoreApp()\n\n\n@app.entrypoint\ndef invoke(payload):\n    # agentcore-harden: ignore[shell-command-injection] accepted for a demonstration\n    subprocess.run(payload[\"cmd\"], shell=True)\n    return {}\n");
    let ran = run(&["check", text(folder.path()), "--offline", "-q"]);
    let last = ran.out.lines().last().unwrap();
    assert!(last.contains("; 1 critical suppressed"), "{last}");
}

#[test]
fn aws_options_that_cannot_be_used_are_errors() {
    let clean = "fixtures/projects/clean-agent";
    let cases: [(&[&str], &str); 6] = [
        (
            &["--endpoint-url", "localhost:5000"],
            "not an http or https URL",
        ),
        (&["--region", "us-esat-1"], "no AWS Region \"us-esat-1\""),
        (
            &["--profile", "nobody-has-this"],
            "no AWS profile \"nobody-has-this\"",
        ),
        (
            &["--offline", "--region", "us-east-1"],
            "--region cannot be used with --offline",
        ),
        (
            &["--offline", "--profile", "x"],
            "--profile cannot be used with --offline",
        ),
        (
            &["--offline", "--endpoint-url", "http://localhost:1"],
            "--endpoint-url cannot be used with --offline",
        ),
    ];
    for (options, words) in cases {
        let arguments: Vec<&str> = ["check", clean].iter().chain(options).copied().collect();
        let ran = run(&arguments);
        assert_eq!(ran.code, 2, "{options:?}: {}", ran.err);
        assert!(ran.err.contains(words), "{options:?}: {}", ran.err);
        assert!(ran.err.contains("\nhelp: "), "{options:?}: {}", ran.err);
    }
}

/// A project as `agentcore create` makes it: what is wrong with it fits two screens, and where to start is on the last one.
#[test]
fn a_fresh_project_is_reported_in_120_lines() {
    let fresh = "fixtures/projects/fresh-agent";
    let ran = run(&["check", fresh, "--offline"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let lines = ran.out.lines().count();
    assert!(lines <= 120, "{lines} lines:\n{}", ran.out);
    assert!(ran.out.contains("Start here "));
    // One cause, one entry.
    let cause = "✖ HIGH the roles that the AgentCore CLI creates allow too much: 4 findings";
    assert_eq!(ran.out.matches(cause).count(), 1, "{}", ran.out);
    let concise = run(&["check", fresh, "--offline", "--format", "concise"]);
    let words = concise.out.split_whitespace().count();
    assert!(words < 500, "{words}");
    for line in concise
        .out
        .lines()
        .filter(|line| !line.starts_with("NOT READY"))
    {
        assert!(line.starts_with(fresh), "opened as printed: {line}");
    }
}

/// A report that is longer than two screens folds what is medium, and nothing that is worse; `-v` folds nothing.
#[test]
fn a_long_report_folds_what_is_medium() {
    let project = "fixtures/projects/insecure-agent";
    let lines_of = |out: &str, severity: &str| -> Vec<usize> {
        let lines: Vec<&str> = out.lines().collect();
        let starts = (0..lines.len()).filter(|at| {
            let line = lines[*at].trim_start_matches(['✖', ' ']);
            line.starts_with(severity) && line.as_bytes().get(severity.len()) == Some(&b' ')
        });
        let ends = |at: usize| {
            let next = lines[at + 1..].iter().position(|line| {
                line.is_empty() || line.starts_with('✖') || line.starts_with("  MEDIUM ")
            });
            next.map_or(lines.len() - at, |next| next + 1)
        };
        starts.map(ends).collect()
    };
    let brief = run(&["check", project, "--offline"]);
    let mediums = lines_of(&brief.out, "MEDIUM");
    assert!(mediums.len() > 10, "{mediums:?}");
    assert!(mediums.iter().all(|lines| *lines <= 4), "{mediums:?}");
    let criticals = lines_of(&brief.out, "CRITICAL");
    assert!(criticals.iter().all(|lines| *lines > 4), "{criticals:?}");
    assert!(brief.out.contains("`-v` shows"));
    let whole = run(&["check", project, "--offline", "-v"]);
    let mediums = lines_of(&whole.out, "MEDIUM");
    assert!(mediums.iter().all(|lines| *lines > 4), "{mediums:?}");
    assert!(!whole.out.contains("`-v` shows"));
}

#[test]
fn checks_are_turned_off_and_questions_closed_visibly() {
    let folder = one(
        "main.py",
        b"from bedrock_agentcore import BedrockAgentCoreApp\napp = BedrockAgentCoreApp()\n",
    );
    let settings = "[severity]\n\"test-*\" = \"off\"\n\n[[accept]]\ncheck = \"perf-cold-start\"\nreason = \"measured in staging\"\nby = \"tech lead\"\nexpires = 2999-01-31\n";
    fs::write(folder.path().join("agentcore-harden.toml"), settings).unwrap();
    let ran = run(&["check", text(folder.path()), "--offline", "--json"]);
    let report = json(&ran.out);
    let off = report["filters"]["off"].as_array().unwrap();
    assert_eq!(off.len(), 3, "{off:?}");
    assert!(
        report["notes"]
            .to_string()
            .contains("test-inputs is turned off")
    );
    let results = report["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result["category"] != "testing"));
    let cold = results
        .iter()
        .find(|result| result["check"] == "perf-cold-start")
        .unwrap();
    assert_eq!(cold["acceptance"]["by"], "tech lead");
    assert_eq!(report["summary"]["accepted"], 1);
    let ran = run(&["check", text(folder.path()), "--offline"]);
    assert!(
        ran.out.contains("3 checks off") && ran.out.contains("☑ perf-cold-start"),
        "{}",
        ran.out
    );
}

#[test]
fn several_paths_are_audited_and_rolled_up() {
    let folder = projects(&["Alpha", "Beta"]);
    let paths = ["Alpha", "Beta"].map(|name| folder.path().join(name));
    let ran = run(&["check", text(&paths[0]), text(&paths[1]), "--offline"]);
    assert!(ran.out.contains("\n2 projects ─"), "{}", ran.out);
    let ran = run(&["check", "", "--offline"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("PATH is empty"), "{}", ran.err);
}

#[test]
fn with_a_file_the_verdict_and_the_worst_go_to_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.sarif");
    let insecure = "fixtures/projects/insecure-agent";
    let ran = run(&[
        "check",
        insecure,
        "--offline",
        "--format",
        "sarif",
        "-o",
        text(&file),
    ]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines.len(), 7, "{}", ran.err);
    assert!(lines[0].contains(": CRITICAL ") && lines[6].starts_with("NOT READY Helpdesk"));
    let ran = run(&["check", insecure, "--offline", "-o", "/nowhere/x.sarif"]);
    assert!(
        ran.err.contains("the folder /nowhere does not exist"),
        "{}",
        ran.err
    );
}

#[test]
fn words_of_other_tools_lead_here() {
    for (arguments, words) in [
        (&["scan"][..], "the audit is `agentcore-harden check`"),
        (
            &["fixtures"],
            "did you mean `agentcore-harden check fixtures`?",
        ),
        (&["check", "--severity", "high"], "`--fail-on high`"),
        (&["explain"], "agentcore-harden explain --help"),
        (&["quota", "diagnose", ""], ""),
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(run(&["explain", "AUTH-INBOUND-TYPE"]).code, 0);
}

#[test]
fn the_environment_decides_about_colour_and_width() {
    let shown = |variables: &[(&str, &str)]| {
        let output = program()
            .args(["check", "fixtures/projects/fresh-agent", "--offline"])
            .envs(variables.iter().copied())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for name in ["FORCE_COLOR", "CLICOLOR_FORCE"] {
        assert!(shown(&[(name, "1")]).contains('\u{1b}'), "{name}");
        assert!(!shown(&[(name, "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));
    }
    for columns in ["60", "100", "120"] {
        let page = shown(&[("COLUMNS", columns)]);
        let width: usize = columns.parse().unwrap();
        let rule = page.lines().find(|line| line.starts_with("IAM ")).unwrap();
        assert_eq!(unicode_width::UnicodeWidthStr::width(rule), width);
    }
}

/// A check of the configuration costs no parsing, however large the code is.
#[test]
fn code_is_read_only_for_checks_that_look_at_it() {
    for (check, reads) in [
        ("auth-inbound-type", false),
        ("cli-version", false),
        ("code-input-validation", true),
    ] {
        let ran = run(&[
            "check",
            "fixtures/projects/fresh-agent",
            "--offline",
            "--json",
            "--only",
            check,
        ]);
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(report["evidence"]["code"], reads, "{check}");
    }
}

/// What is no report fits a narrow terminal too.
#[test]
fn prose_is_wrapped_at_the_width_that_is_asked_for() {
    let error = "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/R/s is not authorized to perform: \
        bedrock:InvokeModel because no identity-based policy allows the bedrock:InvokeModel action";
    for columns in [60, 80] {
        let ran = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
            .args(["diagnose", error])
            .env("COLUMNS", columns.to_string())
            .output()
            .unwrap();
        let page = String::from_utf8(ran.stdout).unwrap();
        let longest = page
            .lines()
            .map(unicode_width::UnicodeWidthStr::width)
            .max();
        assert!(
            longest.is_some_and(|longest| longest <= columns && longest > columns - 20),
            "{page}"
        );
    }
}

#[test]
fn a_missing_project_is_an_error_with_help() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(&["check", text(folder.path())]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.out, "");
    let expected = format!(
        "error: no agentcore/agentcore.json found from {} upward or below\nhelp: ",
        folder.path().display()
    );
    assert!(ran.err.starts_with(&expected), "{}", ran.err);
}

#[test]
fn with_json_an_error_is_json_too() {
    let cases: [&[&str]; 5] = [
        &["check", "/nonexistent", "--json"],
        &["check", "--json", "--no-such-option"],
        &["check", "--format", "json", "--only", "nope"],
        &["check", "--format=json", "--fail-on", "sometimes"],
        &["check", "--json", "--live", "--offline"],
    ];
    for case in cases {
        let ran = run(case);
        assert_eq!(ran.code, 2, "{case:?}");
        assert!(ran.err.starts_with("error: "), "{case:?}: {}", ran.err);
        assert!(ran.err.contains("\nhelp: "), "{case:?}: {}", ran.err);
        let object = json(&ran.out);
        assert_eq!(object["schemaVersion"], 1);
        assert!(
            object["error"]["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty())
        );
        assert!(object["error"]["help"].is_string());
    }
}

#[test]
fn unknown_names_get_a_suggestion() {
    let insecure = "fixtures/projects/insecure-agent";
    let cases: [(&[&str], &str); 6] = [
        (
            &["check", insecure, "--only", "auth-inbund-type"],
            "did you mean \"auth-inbound-type\"?",
        ),
        (
            &["check", insecure, "--skip", "quota"],
            "did you mean \"quotas\"?",
        ),
        (
            &["check", insecure, "--runtime", "Helpdsk"],
            "did you mean \"Helpdesk\"?",
        ),
        (
            &["check", insecure, "--target", "stagin"],
            "did you mean \"staging\"?",
        ),
        (&["check", insecure, "--formt", "json"], "'--format'"),
        (
            &["explain", "secrets-env"],
            "did you mean \"secrets-env-read\"?",
        ),
    ];
    for (arguments, hint) in cases {
        let ran = run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains(hint), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn help_and_version_are_answers() {
    for arguments in [&["--help"][..], &["check", "--help"], &["--version"]] {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
        assert!(!ran.out.is_empty());
    }
    assert_eq!(run(&[]).code, 2);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    for arguments in [
        &[
            "check",
            "fixtures/projects/insecure-agent",
            "--json",
            "--fail-on",
            "never",
        ][..],
        &["man"],
        &["list"],
    ] {
        let mut child = program()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "",
            "{arguments:?}"
        );
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn several_projects_are_reported_one_after_the_other() {
    let folder = projects(&["Alpha", "Beta"]);
    let ran = run(&[
        "check",
        text(folder.path()),
        "--json",
        "--offline",
        "--fail-on",
        "never",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told: Vec<(Value, Value)> = ran
        .out
        .lines()
        .map(|line| {
            (
                json(line)["project"]["name"].clone(),
                json(line)["project"]["path"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("Alpha".into(), "Alpha".into()),
            ("Beta".into(), "Beta".into())
        ]
    );
    let junit = run(&[
        "check",
        text(folder.path()),
        "--format",
        "junit",
        "--offline",
    ]);
    assert_eq!(junit.out.matches("<testsuite ").count(), 2);
    let sarif = run(&[
        "check",
        text(folder.path()),
        "--format",
        "sarif",
        "--offline",
    ]);
    assert_eq!(json(&sarif.out)["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn one_broken_project_does_not_hide_the_others() {
    let folder = projects(&["Alpha", "Broken"]);
    fs::write(
        folder.path().join("Broken/agentcore/agentcore.json"),
        "{\n  \"name\": \n}",
    )
    .unwrap();
    let ran = run(&["check", text(folder.path()), "--json", "--offline"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err
            .starts_with("error: Broken: agentcore/agentcore.json:3:1: "),
        "{}",
        ran.err
    );
    let lines: Vec<Value> = ran.out.lines().map(json).collect();
    assert_eq!(lines[0]["project"]["name"], "Alpha");
    assert!(lines[1]["error"]["message"].is_string());
    // A runtime of a project that could not be read cannot be called unknown.
    let one = run(&[
        "check",
        text(folder.path()),
        "--runtime",
        "AlphaRun",
        "--offline",
        "-q",
    ]);
    assert!(one.out.contains("Alpha"), "{}", one.out);
}

#[test]
fn the_path_tells_where_the_project_is() {
    let folder = projects(&["Alpha"]);
    let path = |asked: &Path| {
        let ran = run(&["check", text(asked), "--json", "--offline"]);
        json(&ran.out)["project"]["path"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(path(&folder.path().join("Alpha")), ".");
    assert_eq!(path(folder.path()), "Alpha");
    assert_eq!(path(&folder.path().join("Alpha/agentcore")), "..");
}

#[test]
fn the_target_that_was_chosen_is_told() {
    let ran = run(&[
        "check",
        "fixtures/projects/insecure-agent",
        "--json",
        "--offline",
    ]);
    let report = json(&ran.out);
    assert_eq!(report["project"]["target"], "default");
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("2 targets in aws-targets.json: default was looked at"),
        "{notes}"
    );
    assert!(notes.contains("offline: "), "{notes}");
    let ran = run(&[
        "check",
        "fixtures/projects/insecure-agent",
        "--json",
        "--offline",
        "--target",
        "staging",
    ]);
    assert_eq!(json(&ran.out)["project"]["region"], "eu-central-1");
}

#[test]
fn filters_leave_results_out_and_say_so() {
    let ran = run(&[
        "check",
        "fixtures/projects/insecure-agent",
        "--json",
        "--offline",
        "--only",
        "iam,auth-jwt-config",
        "--skip",
        "iam-role-shared",
        "--runtime",
        "Portal",
    ]);
    let report = json(&ran.out);
    assert_eq!(report["filters"]["only"].as_array().unwrap().len(), 2);
    assert_eq!(report["filters"]["runtime"][0], "Portal");
    let results = report["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        assert!(
            result["category"] == "iam" || result["check"] == "auth-jwt-config",
            "{result}"
        );
        assert_ne!(result["check"], "iam-role-shared");
        assert_ne!(result["resource"]["name"], "Helpdesk-runtime");
    }
    assert_eq!(report["project"]["runtimes"].as_array().unwrap().len(), 1);
}

#[test]
fn output_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    fs::write(&file, "old").unwrap();
    let arguments = [
        "check",
        "fixtures/projects/clean-agent",
        "--offline",
        "--json",
        "-o",
        text(&file),
    ];
    let ran = run(&arguments);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert_eq!(
        json(&fs::read_to_string(&file).unwrap())["schemaVersion"],
        1
    );
    let left: Vec<PathBuf> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(left, [file]);
    let nowhere = folder.path().join("no/such/report.json");
    let ran = run(&[
        "check",
        "fixtures/projects/clean-agent",
        "--offline",
        "-o",
        text(&nowhere),
    ]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("report.json: "), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_a_pipe_is_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("real"), folder.path().join("link"));
    fs::write(&file, "").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    run(&[
        "check",
        "fixtures/projects/clean-agent",
        "--offline",
        "-o",
        text(&link),
    ]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&file).unwrap().contains("Orders"));
    let ran = run(&[
        "check",
        "fixtures/projects/clean-agent",
        "--offline",
        "-o",
        "/dev/stdout",
    ]);
    assert!(ran.out.contains("Orders"), "{}", ran.err);
}

#[test]
fn colour_is_off_unless_asked_for() {
    let plain = run(&["check", "fixtures/projects/clean-agent", "--offline"]);
    assert!(!plain.out.contains('\u{1b}'));
    let coloured = run(&[
        "check",
        "fixtures/projects/clean-agent",
        "--offline",
        "--color",
        "always",
    ]);
    assert!(coloured.out.contains('\u{1b}'));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for format in [
        "text", "json", "sarif", "markdown", "junit", "github", "gitlab", "html",
    ] {
        let arguments = [
            "check",
            "fixtures/projects/insecure-agent",
            "--offline",
            "--format",
            format,
        ];
        assert_eq!(run(&arguments).out, run(&arguments).out, "{format}");
    }
}

#[test]
fn the_small_commands_answer() {
    let rows = json(&run(&["list", "--json"]).out);
    let keys: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["id", "category", "title", "severity", "needs", "standards"]
    );
    let page = run(&["explain", "auth-inbound-type"]);
    assert!(
        page.out.contains("What it checks") && page.out.contains("Remediation"),
        "{}",
        page.out
    );
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            run(&["completions", shell])
                .out
                .contains("agentcore-harden"),
            "{shell}"
        );
    }
    let man = run(&["man"]).out;
    assert!(man.starts_with(".TH AGENTCORE-HARDEN 1") && man.contains("EXIT STATUS"));
}

#[test]
fn a_comment_in_code_suppresses_and_a_baseline_forgets_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("p");
    let app = project.join("app/Main");
    fs::create_dir_all(project.join("agentcore")).unwrap();
    fs::create_dir_all(&app).unwrap();
    let config = r#"{"name": "P", "version": 1, "runtimes": [{"name": "Main", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main/"}]}"#;
    fs::write(project.join("agentcore/agentcore.json"), config).unwrap();
    let code = |comment: &str| {
        format!(
            "from bedrock_agentcore.runtime import BedrockAgentCoreApp\n{comment}\napp = BedrockAgentCoreApp(debug=True)\n"
        )
    };
    let main = app.join("main.py");
    let check = |more: &[&str]| {
        let mut arguments = vec![
            "check",
            text(&project),
            "--offline",
            "--json",
            "--only",
            "runtime-debug-mode",
        ];
        arguments.extend(more);
        let ran = run(&arguments);
        (ran.code, json(&ran.out))
    };
    fs::write(&main, code("")).unwrap();
    assert_eq!(check(&[]).0, 1);
    let baseline = folder.path().join("baseline.json");
    assert_eq!(
        check(&["--baseline", text(&baseline), "--update-baseline"]).0,
        0
    );
    // The finding moves down; the baseline still knows it.
    fs::write(&main, format!("import os\n\n{}", code(""))).unwrap();
    let (status, report) = check(&["--baseline", text(&baseline)]);
    assert_eq!((status, &report["summary"]["suppressed"]), (0, &1.into()));
    fs::write(
        &main,
        code("# agentcore-harden: ignore[runtime-debug-mode] demo stage"),
    )
    .unwrap();
    let (status, report) = check(&["--baseline", text(&baseline)]);
    let suppression = &report["results"][0]["suppression"];
    assert_eq!((status, &suppression["reason"]), (0, &"demo stage".into()));
    assert_eq!(suppression["source"], "app/Main/main.py:2");
    assert!(
        !report["notes"].to_string().contains("fixed"),
        "{}",
        report["notes"]
    );
    fs::write(
        &main,
        code("# agentcore-harden: ignore[runtime-debug-mode]"),
    )
    .unwrap();
    let (status, report) = check(&[]);
    assert_eq!(status, 1);
    assert!(
        report["notes"].to_string().contains("has no reason"),
        "{}",
        report["notes"]
    );
}

/// Excerpts and diffs are copied from the file that holds the secret, also where it is all one line.
#[test]
fn no_format_prints_a_secret_of_the_configuration() {
    let key = ["sk-ant-api03-", &"R7xK2mQ9vB4nT8w".repeat(6), "AAAA"].concat();
    let words = "plain words no scanner knows";
    let config = format!(
        r#"{{
  "name": "Kept",
  "version": 1,
  "runtimes": [
    {{
      "name": "Agent",
      "build": "CodeZip",
      "entrypoint": "main.py",
      "codeLocation": "app/",
      "envVars": [
        {{ "name": "ANTHROPIC_API_KEY", "value": "{key}" }},
        {{ "name": "DB_PASSWORD", "value": "{words}" }}
      ],
      "authorizerType": "NONE"
    }}
  ]
}}
"#
    );
    for text_of_file in [config.clone(), config.replace("\n", "")] {
        let folder = projects(&["Kept"]);
        let project = folder.path().join("Kept");
        fs::write(project.join("agentcore/agentcore.json"), &text_of_file).unwrap();
        let mut shown = Vec::new();
        for format in ["text", "json", "markdown", "sarif", "junit", "github"] {
            let ran = run(&[
                "check",
                text(&project),
                "--offline",
                "-v",
                "--format",
                format,
            ]);
            assert_eq!(ran.code, 1, "{}", ran.err);
            shown.push(ran.out + &ran.err);
        }
        let ran = run(&["check", text(&project), "--offline", "--fix", "--dry-run"]);
        shown.push(ran.out + &ran.err);
        for out in shown {
            assert!(out.contains("Agent"));
            assert!(
                !out.contains(&key[8..]) && !out.contains(&words[6..]),
                "{out}"
            );
        }
    }
}

#[test]
fn one_run_writes_several_reports() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| text(&folder.path().join(name)).to_owned();
    let (sarif, markdown) = (file("a.sarif"), file("a.md"));
    let insecure = "fixtures/projects/insecure-agent";
    let all = [
        "--format", "github", "--format", "markdown", "-o", &markdown, "--format", "sarif",
        "--output", &sarif,
    ];
    let ran = run(&[&["check", insecure, "--offline"][..], &all].concat());
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.out
            .starts_with("::notice title=agentcore-harden Helpdesk::NOT READY"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("\n::error file="), "{}", ran.out);
    assert!(ran.err.is_empty(), "{}", ran.err);
    assert!(
        fs::read_to_string(&markdown)
            .unwrap()
            .starts_with("## Production readiness of Helpdesk")
    );
    let log = json(&fs::read_to_string(&sarif).unwrap());
    assert_eq!(log["version"], "2.1.0");
    // Every report in a file: the verdict goes to standard error.
    let files = run(&[
        "check",
        insecure,
        "--offline",
        "--json",
        "-o",
        &sarif,
        "--format",
        "gitlab",
        "-o",
        &markdown,
    ]);
    assert!(
        files.out.is_empty() && files.err.contains("NOT READY Helpdesk"),
        "{}",
        files.err
    );
    assert!(json(&fs::read_to_string(&sarif).unwrap())["summary"].is_object());
    assert!(json(&fs::read_to_string(&markdown).unwrap()).is_array());
    // One format, and its file before it.
    assert_eq!(
        run(&[
            "check",
            insecure,
            "--offline",
            "-o",
            &sarif,
            "--format",
            "junit"
        ])
        .code,
        1
    );
    assert!(fs::read_to_string(&sarif).unwrap().starts_with("<?xml"));
    for (arguments, words) in [
        (
            &["--format", "json", "--format", "sarif"][..],
            "several formats go to standard output",
        ),
        (
            &["--json", "--format", "sarif"],
            "--json and another --format were given",
        ),
        (
            &["--format", "sarif", "-o", &sarif, "-o", &markdown],
            "has no --format of its own",
        ),
        (
            &[
                "--format", "sarif", "-o", &sarif, "--format", "json", "-o", &sarif,
            ],
            "two reports go to ",
        ),
        (
            &["--format", "markdown", "--max-bytes", "10"],
            "--max-bytes",
        ),
    ] {
        let ran = run(&[&["check", insecure, "--offline"][..], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains(words), "{}", ran.err);
    }
}

#[test]
fn since_reports_what_the_change_has_to_do_with() {
    let before = concat!(
        "import os\nimport requests\nfrom bedrock_agentcore import BedrockAgentCoreApp\napp = BedrockAgentCoreApp()\n\n\n",
        "@app.entrypoint\ndef invoke(payload):\n    return eval(payload['old'])\n\n\nif __name__ == '__main__':\n    app.run()\n",
        "OLD_API_KEY = 'sk-ant-",
        "api03-Kd72nVbW1xQz9mTf5cRy8sHj3LpG6eUaQ4t0'\n"
    );
    let folder = one("main.py", before.as_bytes());
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        let output = command
            .arg("-C")
            .arg(folder.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "before"]);
    let path = text(folder.path());
    let check = |revision: &str| run(&["check", path, "--offline", "--json", "--since", revision]);
    let failing = |ran: &Ran| {
        let report = json(&ran.out);
        assert!(report["summary"]["verdict"].is_null());
        assert_eq!(report["filters"]["since"], "main");
        let results = report["results"].as_array().unwrap().iter();
        let failing = results.filter(|result| result["status"] == "fail");
        failing
            .map(|result| result["check"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = json(&run(&["check", path, "--offline", "--json"]).out);
    let whole = all["summary"]["fail"].as_u64().unwrap();
    assert!(whole > 0);
    // Nothing changed, nothing fails.
    let none = check("main");
    assert_eq!((failing(&none).len(), none.code), (0, 0), "{}", none.out);
    // A key in a new line is this branch's, whatever main does meanwhile.
    git(&["checkout", "-qb", "feature"]);
    let file = folder.path().join("app/Main/main.py");
    let key = concat!(
        "API_KEY = 'sk-ant-",
        "api03-Zx81mQpL0vTn3bRk7YwE2cHd9GsJ4uFa'\n"
    );
    fs::write(
        &file,
        before.replace("\n\n\n@app", &format!("\n{key}\n\n@app")),
    )
    .unwrap();
    let ran = check("main");
    assert_eq!(failing(&ran), ["secrets-hardcoded"]);
    // The key that was there before is not the branch's.
    let report = json(&ran.out);
    let mut results = report["results"].as_array().unwrap().iter();
    let result = results.find(|result| result["status"] == "fail").unwrap();
    let lines = result["evidence"].as_array().unwrap().iter();
    let lines = lines
        .map(|one| one["line"].as_u64().unwrap())
        .collect::<Vec<_>>();
    assert_eq!(lines, [5], "{result}");
    let words = "what did not change is left out";
    assert!(
        result["message"].as_str().unwrap().contains(words),
        "{result}"
    );
    git(&["commit", "-qam", "key"]);
    assert_eq!(failing(&check("main")), ["secrets-hardcoded"]);
    for (revision, words) in [("nowhere", "git knows no revision"), ("--help", "--since")] {
        let ran = check(revision);
        assert_eq!(ran.code, 2, "{}", ran.out);
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    let mut bare = program();
    let output = bare
        .args(["check", path, "--offline", "--since", "main"])
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("git cannot be run"));
}

#[test]
fn a_workflow_gets_annotations_and_a_summary_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let in_workflow = |more: &[&str]| {
        let output = program()
            .args(["check", "fixtures/projects/insecure-agent", "--offline"])
            .args(more)
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_STEP_SUMMARY", &summary)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stdout).unwrap()
    };
    let out = in_workflow(&[]);
    let first = out.lines().next().unwrap();
    assert!(
        first.starts_with("::notice title=agentcore-harden Helpdesk::NOT READY"),
        "{first}"
    );
    // What GitHub shows of a kind; the rest are lines of the log.
    for (kind, most) in [("error", 10), ("warning", 10), ("notice", 10)] {
        let shown = out
            .lines()
            .filter(|line| line.starts_with(&format!("::{kind} ")))
            .count();
        assert_eq!(shown, most, "{kind}");
    }
    assert!(out.contains("more findings without an annotation"), "{out}");
    let text = fs::read_to_string(&summary).unwrap();
    assert!(
        text.starts_with("before\n## Production readiness of Helpdesk"),
        "{text}"
    );
    // Who names a format gets that and nothing else.
    for more in [&["--format", "text"][..], &["--quiet"], &["--json"]] {
        assert!(!in_workflow(more).contains("::error"));
    }
    assert_eq!(fs::read_to_string(&summary).unwrap(), text);
}

#[test]
fn a_standard_is_shown_by_its_own_rules() {
    let folder = projects(&["Desk"]);
    let inner = folder.path().join("Desk");
    let ran = run(&[
        "check",
        text(&inner),
        "--offline",
        "--standard",
        "securityhub",
        "--json",
    ]);
    let report = json(&ran.out);
    let view = &report["standard"];
    assert_eq!(view["controls"].as_array().unwrap().len(), 7, "{view}");
    let network = &view["controls"][0];
    assert_eq!(
        (network["id"].as_str(), network["verdict"].as_str()),
        (Some("BedrockAgentCore.1"), Some("fail"))
    );
    // The check itself does not fail a PUBLIC runtime that reaches nothing private, and says so beside it.
    assert_ne!(network["results"][0]["status"], "fail");
    let results = report["results"].as_array().unwrap();
    let of = results
        .iter()
        .find(|result| result["check"] == "network-mode")
        .unwrap();
    assert!(
        of["standards"]
            .as_array()
            .unwrap()
            .contains(&"securityhub:BedrockAgentCore.1".into()),
        "{of}"
    );
    assert_eq!(of["controls"][0]["verdict"], "fail");
    assert!(
        results
            .iter()
            .all(|result| result["check"] != "code-loop-limit")
    );
    assert_eq!(report["filters"]["standard"], "securityhub");
    assert!(report["summary"]["verdict"].is_null());

    let ran = run(&[
        "check",
        text(&inner),
        "--offline",
        "--standard",
        "aws-sample",
    ]);
    assert!(
        ran.out.contains("AC-03 Stale access (low): not judged"),
        "{}",
        ran.out
    );
    let ran = run(&["check", text(&inner), "--standard", "securtyhub"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("did you mean \"securityhub\"?"),
        "{}",
        ran.err
    );

    let listed = json(&run(&["list", "--json"]).out);
    let checks = listed.as_array().unwrap();
    let of =
        |id: &str| checks.iter().find(|check| check["id"] == id).unwrap()["standards"].to_string();
    assert!(
        of("code-loop-limit").contains("owasp-asi:ASI08"),
        "{}",
        of("code-loop-limit")
    );
    let sarif = json(&run(&["check", text(&inner), "--offline", "--format", "sarif"]).out);
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    let rule = rules
        .iter()
        .find(|rule| rule["id"] == "network-mode")
        .unwrap();
    assert!(
        rule["properties"]["tags"]
            .to_string()
            .contains("securityhub:BedrockAgentCore.1"),
        "{rule}"
    );
}
