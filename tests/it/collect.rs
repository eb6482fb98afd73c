//! Hostile and unusual input: each costs a clear error or a result, never a panic, a hang or a wrong pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use agentcore_harden::audit::{self, Options};
use agentcore_harden::collect::project::{discover, walk};
use agentcore_harden::context::Context;
use agentcore_harden::model::files::PackageKind;
use agentcore_harden::report::{CheckResult, Status};

/// Past this something hangs; no test is about speed.
const HANG: Duration = Duration::from_secs(300);

const LEAST: &str = "{\"name\": \"Desk\", \"version\": 1}";

/// A project in a temporary folder.
struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        sandbox.file("agentcore/agentcore.json", LEAST);
        sandbox.file("agentcore/aws-targets.json", "[]");
        sandbox
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    fn at(&self, path: &str) -> PathBuf {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn file(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::write(self.at(path), text).unwrap();
    }

    fn fifo(&self, path: &str) {
        let path = self.at(path);
        let _ = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    fn collect(&self) -> Result<Context, String> {
        let options = Options {
            path_env: Some("".into()),
            ..Options::default()
        };
        audit::collect(&self.root(), &options).map_err(|failure| failure.to_string())
    }

    fn error(&self) -> String {
        let start = Instant::now();
        let error = self.collect().map(|_| ()).unwrap_err();
        assert!(start.elapsed() < HANG);
        error
    }

    fn result(&self, check: &str) -> CheckResult {
        let start = Instant::now();
        let context = self.collect().unwrap();
        let mut results = audit::evaluate(&context, |candidate| candidate.id == check);
        assert!(start.elapsed() < HANG);
        results.remove(0)
    }
}

fn found(path: &Path) -> Result<Vec<PathBuf>, String> {
    discover(path).map_err(|error| error.to_string())
}

#[test]
fn a_path_inside_a_project_means_it() {
    let sandbox = Sandbox::new();
    sandbox.file("app/Main/deep/main.py", "");
    let root = sandbox.root();
    for path in [
        "",
        "agentcore",
        "agentcore/agentcore.json",
        "app/Main/deep",
        "app/Main/deep/main.py",
    ] {
        assert_eq!(
            found(&root.join(path)).unwrap(),
            std::slice::from_ref(&root),
            "{path}"
        );
    }
}

#[test]
fn a_path_above_means_all_below() {
    let sandbox = Sandbox::new();
    let root = sandbox.root();
    fs::remove_dir_all(root.join("agentcore")).unwrap();
    for project in ["b", "a", "services/deep/c"] {
        sandbox.file(&format!("{project}/agentcore/agentcore.json"), LEAST);
    }
    for copy in [
        "node_modules/x",
        ".venv/x",
        "a/agentcore/cdk/cdk.out/x",
        ".worktrees/x",
    ] {
        sandbox.file(&format!("{copy}/agentcore/agentcore.json"), LEAST);
    }
    sandbox.file("notes/agentcore.json", LEAST);
    fs::create_dir(root.join("loop")).unwrap();
    symlink(&root, root.join("loop/again")).unwrap();
    let expected = ["a", "b", "services/deep/c"].map(|name| root.join(name));
    assert_eq!(found(&root).unwrap(), expected);
    assert_eq!(
        found(&root.join("services")).unwrap(),
        [root.join("services/deep/c")]
    );
    // Beside the projects, in one repository: those of the nearest folder that holds some.
    fs::create_dir_all(root.join("frontend/src")).unwrap();
    assert!(found(&root.join("frontend/src")).is_err());
    fs::create_dir(root.join(".git")).unwrap();
    assert_eq!(found(&root.join("frontend/src")).unwrap(), expected);
}

#[test]
fn a_repository_in_a_project_is_not_inside_it() {
    let sandbox = Sandbox::new();
    let root = sandbox.root();
    sandbox.file("work/mono/.git/HEAD", "");
    sandbox.file("work/mono/one/agentcore/agentcore.json", LEAST);
    assert_eq!(
        found(&root.join("work/mono")).unwrap(),
        [root.join("work/mono/one")]
    );
    sandbox.file("work/bare/.git/HEAD", "");
    assert_eq!(found(&root.join("work/bare")).unwrap(), [root]);
}

#[test]
fn no_project_is_said_with_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let error = found(folder.path()).unwrap_err();
    let expected = format!(
        "no agentcore/agentcore.json found from {} upward or below",
        folder.path().display()
    );
    assert_eq!(error, expected);
    assert!(
        found(&folder.path().join("gone"))
            .unwrap_err()
            .starts_with("no such file or folder")
    );
    let path = folder.path().join("loop");
    symlink(&path, &path).unwrap();
    assert!(found(&path).unwrap_err().contains("symbolic links"));
}

#[test]
fn a_large_tree_is_searched_in_bounded_time() {
    let folder = tempfile::tempdir().unwrap();
    for outer in 0..100 {
        let inner = folder.path().join(format!("{outer}"));
        fs::create_dir(&inner).unwrap();
        for file in 0..200 {
            fs::write(inner.join(format!("{file}.py")), "").unwrap();
        }
    }
    let start = Instant::now();
    assert!(found(folder.path()).is_err());
    assert!(start.elapsed() < HANG);
}

#[test]
fn bad_json_is_placed() {
    let sandbox = Sandbox::new();
    let cases: [(&[u8], &str); 9] = [
        (b"", "agentcore.json:1:1: EOF"),
        (
            b"[]",
            "agentcore.json:1:1: the root must be an object, found array",
        ),
        (
            b"\xef\xbb\xbf{}",
            "agentcore.json:1:1: starts with a byte order mark",
        ),
        (b"{\n  \"name\": \"a\",\n}", "agentcore.json:3:1: "),
        (
            b"{\"name\": \"\xff\"}",
            "agentcore.json:1:11: not valid UTF-8",
        ),
        (b"{\"a\": 1} x", "agentcore.json:1:10: "),
        (b"{\"a\": 01}", "agentcore.json:1:"),
        (b"{\"a\": 'b'}", "agentcore.json:1:7: "),
        (b"{\"a\": /* no */ 1}", "agentcore.json:1:"),
    ];
    for (text, expected) in cases {
        sandbox.file("agentcore/agentcore.json", text);
        let error = sandbox.error();
        assert!(error.contains(expected), "{error} is not {expected}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let sandbox = Sandbox::new();
    let deep = |open: &str, close: &str| {
        format!("{{\"name\": {}1{}}}", open.repeat(5000), close.repeat(5000))
    };
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        sandbox.file("agentcore/agentcore.json", deep(open, close));
        assert!(sandbox.error().contains("depth"), "{}", sandbox.error());
    }
    sandbox.file("agentcore/agentcore.json", " ".repeat(30 << 20));
    assert!(sandbox.error().contains("larger than"));
    sandbox.file(
        "agentcore/agentcore.json",
        format!("{{\"a\": [{}0]}}", "0,".repeat(4 << 20)),
    );
    assert!(sandbox.error().contains("more than 500000 values"));
    // Many faults on one long line, with text that is not ASCII before them.
    let runtimes = "{\"é\":1},".repeat(60_000);
    sandbox.file(
        "agentcore/agentcore.json",
        format!("{{\"name\":\"Désk\",\"runtimes\":[{runtimes}{{}}]}}"),
    );
    let result = sandbox.result("config-valid");
    assert_eq!(result.status, Status::Fail);
    assert!(result.evidence.len() <= 200, "{}", result.evidence.len());
}

#[test]
fn what_is_no_file_is_no_configuration() {
    let sandbox = Sandbox::new();
    sandbox.fifo("agentcore/agentcore.json");
    assert!(sandbox.error().contains("not a regular file"));
    let path = sandbox.at("agentcore/agentcore.json");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(sandbox.error().contains("not a regular file"));
    fs::remove_dir(&path).unwrap();
    symlink(&path, &path).unwrap();
    assert!(
        sandbox.error().contains("symbolic links"),
        "{}",
        sandbox.error()
    );
    fs::remove_file(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    assert!(sandbox.error().contains("not a regular file"));
}

#[test]
fn fifos_everywhere_else_are_results() {
    let sandbox = Sandbox::new();
    let config = r#"{"name": "Desk", "version": 1,
      "runtimes": [{"name": "A", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/A", "additionalPolicies": ["p.json"]}],
      "harnesses": [{"name": "H", "path": "app/H"}, {"name": "Out", "path": "../../.."}],
      "policyEngines": [{"name": "E", "policies": [{"name": "P", "statement": "x", "sourceFile": "fifo.cedar"}]}]}"#;
    sandbox.file("agentcore/agentcore.json", config);
    for path in [
        "agentcore/aws-targets.json",
        "agentcore/.cli/deployed-state.json",
        "agentcore/.env.local",
        "agentcore/.gitignore",
        "agentcore/.cli/harden-measure.json",
        "agentcore/.cli/eval-results/eval_1.json",
        "agentcore/cdk/package.json",
        "app/A/main.py",
        "app/A/p.json",
        "app/A/.env",
        "app/A/.dockerignore",
        "app/H/harness.json",
        "fifo.cedar",
    ] {
        sandbox.fifo(path);
    }
    sandbox.file(".git/HEAD", "");
    sandbox.fifo(".git/index");
    let result = sandbox.result("config-valid");
    assert_eq!(result.status, Status::Fail);
    let told = |part: &str| {
        result
            .evidence
            .iter()
            .any(|evidence| evidence.note.contains(part))
    };
    for part in [
        "aws-targets.json: not a regular file",
        "deployed-state.json: not a regular file",
        "main.py",
        "p.json",
        "fifo.cedar",
        "harness.json",
        "leads out",
    ] {
        assert!(told(part), "{part}: {:?}", result.evidence);
    }
    assert_eq!(sandbox.result("secrets-shipped-files").status, Status::Pass);
}

#[test]
fn one_large_file_named_often_is_read_once() {
    let sandbox = Sandbox::new();
    let entries: Vec<String> = (0..400)
        .map(|index| format!("{{\"name\": \"H{index}\", \"path\": \"h{index}\"}}"))
        .collect();
    sandbox.file(
        "agentcore/agentcore.json",
        format!(
            "{{\"name\": \"Desk\", \"version\": 1, \"harnesses\": [{}]}}",
            entries.join(",")
        ),
    );
    sandbox.file(
        "h0/harness.json",
        format!("{{\"name\": \"{}\"}}", "x".repeat(3 << 20)),
    );
    for index in 1..400 {
        sandbox.at(&format!("h{index}/harness.json"));
        symlink(
            sandbox.root().join("h0/harness.json"),
            sandbox.root().join(format!("h{index}/harness.json")),
        )
        .unwrap();
    }
    assert_eq!(sandbox.result("config-valid").status, Status::Fail);
}

#[test]
fn every_kind_of_resource_is_kept() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config_valid/project");
    let context = audit::collect(&root, &Options::default()).unwrap();
    let project = &context.project;
    assert_eq!(
        (
            project.runtimes.len(),
            project.harnesses.len(),
            project.memories.len()
        ),
        (3, 1, 1)
    );
    assert_eq!(
        (
            project.credentials.len(),
            project.gateways.len(),
            project.unassigned_targets.len()
        ),
        (3, 2, 1)
    );
    assert_eq!(
        (
            project.policy_engines.len(),
            project.online_evals.len(),
            project.targets.len()
        ),
        (1, 2, 2)
    );
    let names = |entries: &[agentcore_harden::model::project::Named]| {
        entries
            .iter()
            .map(|entry| entry.name.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names(&project.evaluators), "Judge Coded Outside Words");
    assert_eq!(names(&project.knowledge_bases), "Docs");
    assert_eq!(names(&project.capacity_providers), "Fleet");
    assert_eq!(names(&project.payments), "Pay");
    assert_eq!(names(&project.config_bundles), "Prompts");
    assert_eq!(names(&project.datasets), "Golden");
    assert_eq!(names(&project.ab_tests), "Split Bundles");
    assert_eq!(names(&project.mcp_runtime_tools), "search");
    assert!(
        project
            .env_local
            .read()
            .unwrap()
            .values()
            .all(|empty| !empty)
    );
    let deployed = &project.deployed["default"];
    assert_eq!(deployed.gateways.len(), 2);
}

#[test]
fn a_walk_ends_and_stays_inside() {
    let sandbox = Sandbox::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("passwd"), "x").unwrap();
    for file in [
        "app/main.py",
        "app/.env",
        "app/agentcore/x.json",
        "app/deep/agentcore/y.py",
        "app/node_modules/z.js",
        "app/deep/.venv/v.py",
        "shared/lib.py",
    ] {
        sandbox.file(file, "x");
    }
    let app = sandbox.root().join("app");
    symlink(".", app.join("loop")).unwrap();
    symlink("..", app.join("deep/up")).unwrap();
    symlink("../shared", app.join("shared")).unwrap();
    symlink(outside.path(), app.join("outside")).unwrap();
    symlink("gone", app.join("broken")).unwrap();
    sandbox.fifo("app/fifo");
    let files = |kind| {
        let mut walk = walk(&app, kind, "Dockerfile", &sandbox.root());
        let files: Vec<String> = walk.by_ref().map(|entry| entry.relative).collect();
        (files, walk.unread)
    };
    let (zip, unread) = files(PackageKind::Zip);
    assert_eq!(
        zip,
        [".env", "deep/agentcore/y.py", "main.py", "shared/lib.py"]
    );
    assert_eq!(unread, ["deep/up", "loop", "outside"]);
    let (container, _) = files(PackageKind::Container);
    assert_eq!(
        container,
        ["agentcore/x.json", "deep/agentcore/y.py", "main.py"]
    );
    assert!(files(PackageKind::Bundle).0.is_empty());
    assert!(
        files(PackageKind::HarnessContainer)
            .0
            .contains(&"node_modules/z.js".to_owned())
    );
}

#[test]
fn git_is_read_as_git_does() {
    let sandbox = Sandbox::new();
    let git = |arguments: &[&str]| {
        let done = Command::new("git")
            .args(arguments)
            .current_dir(sandbox.root())
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "-q"]);
    sandbox.file("agentcore/.env.local", "A=b\n");
    let ignored = || sandbox.collect().unwrap().files.ignored;
    assert!(
        ignored().repository && !ignored().env_local && ignored().env_local_tracked == Some(false)
    );
    for (file, text, expected) in [
        (".gitignore", "*.local\n", true),
        ("agentcore/.gitignore", "!.env.local\n", false),
        ("agentcore/.gitignore", "/.env.local\n", true),
        ("agentcore/.gitignore", "env.local\n!x\n", true),
        (".gitignore", "agentcore/cdk\n", false),
        (".gitignore", "/agentcore/\n", true),
    ] {
        sandbox.file(file, text);
        assert_eq!(ignored().env_local, expected, "{file} {text}");
    }
    git(&["add", "-f", "agentcore/.env.local"]);
    assert_eq!(ignored().env_local_tracked, Some(true));
    let result = sandbox.collect().unwrap();
    let results = audit::evaluate(&result, |check| check.id == "secrets-shipped-files");
    assert_eq!(results[0].status, Status::Fail);
    // The printed commands make it pass.
    for command in &results[0].fixes[0].commands {
        assert!(
            Command::new("sh")
                .arg("-c")
                .arg(command)
                .current_dir(sandbox.root())
                .status()
                .unwrap()
                .success()
        );
    }
    assert_eq!(sandbox.result("secrets-shipped-files").status, Status::Pass);
}

/// Every command that these checks print makes its result pass.
#[test]
fn printed_commands_fix() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checks");
    let mut fixed = 0;
    for check in ["config-valid", "secrets-shipped-files"] {
        for fixture in fs::read_dir(root.join(check)).unwrap() {
            let fixture = fixture.unwrap().path();
            let number = {
                let sandbox = tempfile::tempdir().unwrap();
                let place = sandbox.path().join("it");
                assert!(
                    Command::new("cp")
                        .arg("-r")
                        .arg(&fixture)
                        .arg(&place)
                        .status()
                        .unwrap()
                        .success()
                );
                fixes(check, &place).len()
            };
            for index in 0..number {
                let sandbox = tempfile::tempdir().unwrap();
                let place = sandbox.path().join("it");
                assert!(
                    Command::new("cp")
                        .arg("-r")
                        .arg(&fixture)
                        .arg(&place)
                        .status()
                        .unwrap()
                        .success()
                );
                let (resource, commands) = fixes(check, &place).remove(index);
                for command in &commands {
                    let done = Command::new("sh")
                        .arg("-c")
                        .arg(command)
                        .current_dir(&place)
                        .output()
                        .unwrap();
                    assert!(done.status.success(), "{command}: {done:?}");
                }
                let still = results(check, &place);
                let failing = still.iter().find(|result| {
                    result.resource.to_string() == resource && result.status == Status::Fail
                });
                assert!(
                    failing.is_none(),
                    "{}: {commands:?} left {failing:?}",
                    fixture.display()
                );
                fixed += 1;
            }
        }
    }
    assert!(fixed > 10, "{fixed}");
}

fn results(check: &str, place: &Path) -> Vec<CheckResult> {
    let options = Options {
        path_env: Some("".into()),
        ..Options::default()
    };
    let context = audit::collect(place, &options).unwrap();
    audit::evaluate(&context, |candidate| candidate.id == check)
}

fn fixes(check: &str, place: &Path) -> Vec<(String, Vec<String>)> {
    let failing = results(check, place)
        .into_iter()
        .filter(|result| result.status == Status::Fail);
    failing
        .flat_map(|result| {
            let resource = result.resource.to_string();
            result
                .fixes
                .into_iter()
                .map(move |fix| (resource.clone(), fix.commands))
        })
        .filter(|(_, commands)| !commands.is_empty())
        .collect()
}
