//! The text report of whole projects, as a terminal of 80 columns shows it: one that fails in many ways, one as the AgentCore CLI
//! makes it, and one where little is left. All three have results that are skipped. `INSTA_UPDATE=always` writes them anew: read the diff.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

/// The report of a project, judged outside of this repository and without programs on its PATH.
fn report(project: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(root.join(project))
        .arg(place.path())
        .status();
    assert!(copied.unwrap().success());
    let output = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .args(["check", ".", "--offline"])
        .current_dir(place.path().join(project))
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn a_project_that_fails_in_many_ways() {
    insta::assert_snapshot!(report("insecure-agent"));
}

#[test]
fn a_project_as_the_cli_makes_it() {
    insta::assert_snapshot!(report("fresh-agent"));
}

#[test]
fn a_project_where_little_is_left() {
    insta::assert_snapshot!(report("clean-agent"));
}
