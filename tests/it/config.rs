//! `agentcore-harden.toml`, suppression and the baseline.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{CODE, gateway, runtime, site};
use agentcore_harden::checks;
use agentcore_harden::config::{Ignore, Runtimes, parse};
use agentcore_harden::model::source::Source;
use agentcore_harden::report::baseline::Baseline;
use agentcore_harden::report::comment;
use agentcore_harden::report::suppress::{Suppressions, apply};
use agentcore_harden::report::verdict::Basis;
use agentcore_harden::report::{CheckResult, Evidence, Outcome, Severity, assemble};
use assert_cmd::cargo::CommandCargoExt;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 7, 1);

/// `secrets-env-read` with two sites of different severity, and `iam-bedrock-scope` with AWS evidence alone.
fn results() -> Vec<CheckResult> {
    let outcome =
        |id: &str, outcome: Outcome| assemble::result(checks::find(id).unwrap(), outcome, None);
    let code = |part| Evidence::code(&site("app/Support/main.py", CODE, part));
    vec![
        outcome(
            "secrets-env-read",
            Outcome::fail(runtime("Support"), "2 secrets are read")
                .evidence(code("os.environ[\"CRM_API_KEY\"]").severity(Severity::High))
                .evidence(code("os.getenv(\"CRM_TOKEN\")").severity(Severity::Medium))
                .evidence(code("import os").context()),
        ),
        outcome(
            "iam-bedrock-scope",
            Outcome::fail(runtime("Support"), "every model").evidence(Evidence::aws(
                "arn:aws:iam::111122223333:role/x",
                "GetRole",
                "Policy",
            )),
        ),
        outcome("auth-inbound-type", Outcome::fail(gateway("open"), "NONE")),
    ]
}

fn checks() -> Vec<&'static str> {
    checks::all().map(|check| check.id).collect()
}

fn rules(text: &str) -> Vec<Ignore> {
    let runtimes = Runtimes {
        names: &[],
        exclusive: true,
    };
    parse("agentcore-harden.toml", text, &checks(), runtimes)
        .unwrap()
        .ignores
}

fn with_rules(text: &str) -> (Vec<CheckResult>, Vec<String>) {
    let rules = rules(text);
    let mut results = results();
    let suppressions = Suppressions {
        rules: &rules,
        ..Suppressions::default()
    };
    let notes = apply("P", &mut results, &suppressions, TODAY);
    (results, notes)
}

#[test]
fn a_rule_that_covers_every_site_suppresses_the_result() {
    let (results, notes) = with_rules(
        "[[ignore]]\ncheck = \"secrets-env-read\"\npath = \"app\"\nreason = \"local tool\"\nexpires = 2026-07-01\n",
    );
    let suppression = results[0].suppression.as_ref().unwrap();
    assert_eq!(suppression.reason, "local tool");
    assert_eq!(suppression.source, "agentcore-harden.toml:1");
    assert_eq!(suppression.expires.as_deref(), Some("2026-07-01"));
    assert_eq!(results[0].status.as_str(), "fail");
    assert_eq!(notes, [""; 0]);
    let summary = assemble::summary(&results, &Basis::default());
    assert_eq!((summary.fail, summary.suppressed), (2, 1));
}

#[test]
fn a_path_is_a_file_or_a_folder_not_a_prefix_of_a_name() {
    for path in ["app/Supp", "app/Support/main", "main.py"] {
        let (results, notes) = with_rules(&format!(
            "[[ignore]]\ncheck = \"secrets-env-read\"\npath = \"{path}\"\nreason = \"r\"\n"
        ));
        assert_eq!(results[0].suppression, None, "{path}");
        assert_eq!(
            notes,
            ["agentcore-harden.toml:1: the ignore of secrets-env-read matches nothing; remove it"]
        );
    }
}

#[test]
fn a_resource_covers_what_has_no_file() {
    let (results, _) = with_rules(
        "[[ignore]]\ncheck = \"iam-bedrock-scope\"\nresource = \"Support\"\nreason = \"r\"\n\
         [[ignore]]\ncheck = \"auth-inbound-type\"\nresource = \"gateway open\"\nreason = \"public on purpose\"\n",
    );
    assert!(results[1].suppression.is_some() && results[2].suppression.is_some());
    let (results, _) =
        with_rules("[[ignore]]\ncheck = \"iam-bedrock-scope\"\npath = \"app\"\nreason = \"r\"\n");
    assert_eq!(results[1].suppression, None);
}

#[test]
fn an_expired_rule_brings_the_finding_back() {
    let (results, notes) = with_rules(
        "[[ignore]]\ncheck = \"secrets-env-read\"\npath = \"app\"\nreason = \"r\"\nexpires = 2026-06-30\n",
    );
    assert_eq!(results[0].suppression, None);
    assert_eq!(
        notes,
        [
            "agentcore-harden.toml:1: the ignore of secrets-env-read expired on 2026-06-30; the finding is back"
        ]
    );
}

#[test]
fn comments_cover_their_line_and_the_rest_fails_on() {
    let text = CODE.replace(
        "key = ",
        "# agentcore-harden: ignore[secrets-env-read] reviewed\nkey = ",
    );
    let mut comments = comment::parse(&"app/Support/main.py".into(), &text);
    // The site of the result is where the code stands in this text: one line lower.
    let mut results = results();
    for evidence in &mut results[0].evidence {
        let span = evidence.site.as_mut().unwrap().span.as_mut().unwrap();
        span.line += 1;
        span.end_line += 1;
    }
    comments.comments.push(comment::Comment {
        path: "app/Support/main.py".into(),
        line: 99,
        lines: 99..=99,
        check: "secrets-env-read".into(),
        reason: "stale".into(),
    });
    let suppressions = Suppressions {
        comments,
        ..Suppressions::default()
    };
    let notes = apply("P", &mut results, &suppressions, TODAY);
    assert_eq!(results[0].suppression, None);
    assert_eq!(
        results[0].severity,
        Severity::Medium,
        "the worst that is left"
    );
    assert_eq!(results[0].evidence.len(), 2, "one site and the context");
    assert_eq!(
        notes,
        [
            "secrets-env-read of runtime Support: 1 of 2 sites suppressed (app/Support/main.py:3: reviewed)",
            "app/Support/main.py:99: ignore[secrets-env-read] matches nothing; remove it",
        ]
    );
}

#[test]
fn a_baseline_covers_what_was_there_and_nothing_new() {
    let mut baseline = Baseline::default();
    let mut old = results();
    old[0].evidence.truncate(1);
    baseline.update("P", &old);
    assert_eq!(baseline.entries.len(), 3);
    let text = serde_json::to_string(&baseline).unwrap();
    let baseline: Baseline = serde_json::from_str(&text).unwrap();
    let mut now = results();
    now.pop();
    let suppressions = Suppressions {
        baseline: Some((&baseline, "b.json".into())),
        ..Suppressions::default()
    };
    let notes = apply("P", &mut now, &suppressions, TODAY);
    assert_eq!(now[0].severity, Severity::Medium);
    assert_eq!(now[0].evidence.len(), 2);
    assert_eq!(now[1].suppression.as_ref().unwrap().source, "b.json");
    assert_eq!(notes.len(), 1, "the other check did not run: {notes:?}");
    let mut fixed = results();
    fixed.remove(1);
    fixed.push(assemble::result(
        checks::find("iam-bedrock-scope").unwrap(),
        Outcome::pass(runtime("Support"), "scoped"),
        None,
    ));
    let notes = apply("P", &mut fixed, &suppressions, TODAY);
    assert!(
        notes.contains(
            &"b.json: iam-bedrock-scope of runtime Support is fixed; --update-baseline drops it"
                .to_owned()
        ),
        "{notes:?}"
    );
    let mut other = results();
    apply("Another project", &mut other, &suppressions, TODAY);
    assert!(other.iter().all(|result| result.suppression.is_none()));
}

#[test]
fn an_update_keeps_what_this_run_did_not_judge() {
    let mut baseline = Baseline::default();
    baseline.update("P", &results());
    let all = baseline.entries.len();
    let only: Vec<CheckResult> = results().into_iter().take(1).collect();
    baseline.update("P", &only);
    assert_eq!(baseline.entries.len(), all);
    baseline.update("Q", &only);
    assert_eq!(baseline.entries.len(), all + 2);
}

fn check(project: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("agentcore-harden").unwrap();
    let output = command
        .arg("check")
        .arg(project)
        .arg("--offline")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn project(toml: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("agentcore")).unwrap();
    let config = r#"{"name": "P", "version": 1, "runtimes": [{"name": "Main"}]}"#;
    fs::write(folder.path().join("agentcore/agentcore.json"), config).unwrap();
    fs::write(folder.path().join("agentcore-harden.toml"), toml).unwrap();
    folder
}

#[test]
fn every_problem_of_the_file_is_told_and_the_run_exits_2() {
    let folder = project(
        "fail_on = \"high\"\n[severity]\nauth-inbond-type = \"low\"\n[runtimes.Mian]\nworkload = \"chat\"\n",
    );
    let (code, _, err) = check(folder.path(), &[]);
    assert_eq!(code, 2);
    assert_eq!(
        err,
        "error: agentcore-harden.toml:1:1: unknown key \"fail_on\"; did you mean \"fail-on\"?\n\
         agentcore-harden.toml:3:1: unknown check \"auth-inbond-type\"; did you mean \"auth-inbound-type\"?\n\
         agentcore-harden.toml:4:11: unknown runtime \"Mian\"; did you mean \"Main\"?\n\
         help: fix the configuration file; docs/configuration.md documents its keys\n"
    );
}

#[test]
fn a_flag_wins_over_the_file() {
    let folder = project("fail-on = \"never\"\n");
    assert_eq!(check(folder.path(), &["--strict"]).0, 0);
    assert_eq!(check(folder.path(), &["--strict", "--fail-on", "low"]).0, 1);
}

#[test]
fn an_explicit_file_must_exist_and_replaces_the_projects_own() {
    let folder = project("nonsense = 1\n");
    assert_eq!(
        check(folder.path(), &["--config", "/nonexistent.toml"]).0,
        2
    );
    let other = folder.path().join("other.toml");
    fs::write(
        &other,
        "fail-on = \"never\"\n[runtimes.OfAnotherProject]\nworkload = \"batch\"\n",
    )
    .unwrap();
    let (code, _, err) = check(folder.path(), &["--config", other.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_baseline_must_exist_unless_it_is_written_now() {
    let folder = project("");
    let file = folder.path().join("baseline.json");
    let name = file.to_str().unwrap();
    let (code, _, err) = check(folder.path(), &["--baseline", name]);
    assert_eq!(code, 2);
    assert!(err.contains("--update-baseline"), "{err}");
    assert_eq!(
        check(folder.path(), &["--update-baseline"]).0,
        2,
        "it needs --baseline"
    );
    assert_eq!(
        check(folder.path(), &["--baseline", name, "--update-baseline"]).0,
        0
    );
    let (code, out, err) = check(folder.path(), &["--baseline", name, "--json"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("\"schemaVersion\""));
    fs::write(&file, "[]").unwrap();
    assert_eq!(check(folder.path(), &["--baseline", name]).0, 2);
}

#[test]
fn comments_are_read_from_the_files_that_findings_name() {
    let folder = project("");
    fs::create_dir_all(folder.path().join("app/Support")).unwrap();
    let text = CODE.replace(
        "key = ",
        "key = 1  # agentcore-harden: ignore[secrets-env-read] reviewed\nkey = ",
    );
    fs::write(folder.path().join("app/Support/main.py"), text).unwrap();
    fs::write(
        folder.path().join("app/other.py"),
        "# agentcore-harden: ignore[cli-version] r\n",
    )
    .unwrap();
    let found =
        agentcore_harden::comments::collect(folder.path(), Some(&Source::default()), &results());
    assert_eq!(found.comments.len(), 1);
    assert_eq!(
        (found.comments[0].line, found.comments[0].lines.clone()),
        (3, 3..=3)
    );
    // A file that is gone has no comments, and is no error.
    let empty = tempfile::tempdir().unwrap();
    assert!(
        agentcore_harden::comments::collect(empty.path(), Some(&Source::default()), &results())
            .comments
            .is_empty()
    );
}

#[test]
fn hostile_files_are_problems_not_panics() {
    let runtimes = Runtimes {
        names: &[],
        exclusive: true,
    };
    let deep = format!("x = {}{}", "[".repeat(5000), "]".repeat(5000));
    let dotted = format!("{}x = 1", "a.".repeat(5000));
    for text in [
        deep.as_str(),
        &dotted,
        "\u{feff}fail-on = 1",
        "[[ignore]]\n[[ignore]]",
        "ignore = 3",
        "runtimes = [1]",
        "[runtimes]\nx = 1",
    ] {
        let short: String = text.chars().take(40).collect();
        assert!(
            parse("t.toml", text, &checks(), runtimes).is_err(),
            "{short}"
        );
    }
    assert_eq!(
        parse("t.toml", "", &checks(), runtimes)
            .unwrap()
            .ignores
            .len(),
        0
    );
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { rng_seed: proptest::test_runner::RngSeed::Fixed(1), failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in "(\\[\\[?(ignore|severity|runtimes)\\]?\\]?|[a-z\\-]+ = |\"|[0-9\\-:]+|\\PC|\\n){0,60}") {
        let runtimes = Runtimes { names: &["A"], exclusive: true };
        let _ = parse("t.toml", &text, &checks(), runtimes);
        let _ = comment::parse(&"a.py".into(), &text.replace("ignore", "# agentcore-harden: ignore["));
        let clean = agentcore_harden::text::clean::line(&text);
        proptest::prop_assert!(!clean.chars().any(agentcore_harden::shell::is_unprintable));
    }
}
