//! Runs printed commands in a shell whose programs are stand-ins that write down what reaches them.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod grammar;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Writes the arguments down, each ended by NUL: their count, the program, the arguments.
const RECORD: &str = "#!/bin/sh\nprintf '%s\\0' \"$#\" \"${0##*/}\" \"$@\" >> \"$CALLS\"\n";

/// `deploy` is never run; everything else goes to the real program where there is one.
const AGENTCORE: &str = "[ \"$1\" = deploy ] && exit 0\n[ -n \"$REAL_AGENTCORE\" ] || exit 0\nexec \"$REAL_AGENTCORE\" \"$@\"\n";

/// `live`: the real program against an endpoint. `parse`: the real program validates the call, and then finds nobody to send it
/// to (its `--generate-cli-skeleton output` does not do: it stumbles over the answers that it makes up). Otherwise, and
/// after a validation, an answer of the shape that the next command reads.
const AWS: &str = r#"case "$AWS_MODE" in
live) exec "$REAL_AWS" "$@" ;;
parse)
  told=$("$REAL_AWS" "$@" --endpoint-url http://127.0.0.1:9 --cli-connect-timeout 2 2>&1 >/dev/null)
  case "$told" in
  *"Could not connect"*) ;;
  *) printf '%s\n' "$told" >&2; exit 1 ;;
  esac ;;
esac
case "$1 $2" in
"sts get-caller-identity") printf '123456789012\n' ;;
"iam create-role") printf 'arn:aws:iam::123456789012:role/made\n' ;;
"bedrock-agentcore-control get-agent-runtime") cat <<'J'
{"agentRuntimeArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/a-abcdefghij", "agentRuntimeId": "a-abcdefghij",
 "agentRuntimeName": "a", "agentRuntimeVersion": "1", "createdAt": 1, "lastUpdatedAt": 1, "status": "READY",
 "roleArn": "arn:aws:iam::123456789012:role/made", "networkConfiguration": {"networkMode": "PUBLIC"},
 "agentRuntimeArtifact": {"containerConfiguration": {"containerUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1"}}}
J
;;
esac
exit 0
"#;

/// A folder of programs that stands first on PATH, and their record.
pub struct Sandbox {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, OsString)>,
}

/// A program and the arguments that reached it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub program: String,
    pub arguments: Vec<String>,
}

impl Sandbox {
    /// Stand-ins for `agentcore` and `aws`, the built `agentcore-harden` under its name.
    pub fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        };
        fs::create_dir(sandbox.bin()).unwrap();
        sandbox.program("agentcore", AGENTCORE);
        sandbox.program("aws", AWS);
        let own = env!("CARGO_BIN_EXE_agentcore-harden");
        sandbox.program("agentcore-harden", &format!("exec '{own}' \"$@\"\n"));
        sandbox
    }

    /// Adds a stand-in: what it does after it has written its arguments down.
    pub fn program(&self, name: &str, body: &str) {
        let path = self.bin().join(name);
        fs::write(&path, format!("{RECORD}{body}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Sets a variable for the commands.
    pub fn set(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.into()));
    }

    fn bin(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    /// Runs one printed command under `sh` in `folder`.
    pub fn run(&self, command: &str, folder: &Path) -> Output {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path =
            std::env::join_paths(std::iter::once(self.bin()).chain(std::env::split_paths(&path)))
                .unwrap();
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(command)
            .current_dir(folder)
            .env("PATH", path)
            .env("CALLS", self.record())
            .env("AWS_ACCESS_KEY_ID", "testing")
            .env("AWS_SECRET_ACCESS_KEY", "testing")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_PAGER", "")
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("UV_PYTHON_DOWNLOADS", "never")
            .env("AWS_CONFIG_FILE", "/nonexistent")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
            .env_remove("AWS_PROFILE")
            .stdin(std::process::Stdio::null());
        for name in asked_for(command) {
            let value = if name.ends_with("DISCOVERY_URL") {
                "https://idp.vendor.io/.well-known/openid-configuration"
            } else {
                "given-by-the-user"
            };
            shell.env(name, value);
        }
        for (name, value) in &self.environment {
            shell.env(name, value);
        }
        shell.output().unwrap()
    }

    /// What was called since the last time, in order.
    pub fn calls(&self) -> Vec<Call> {
        let bytes = fs::read(self.record()).unwrap_or_default();
        let _ = fs::remove_file(self.record());
        let text = String::from_utf8(bytes).unwrap();
        let mut words = text.split_terminator('\0').map(str::to_owned);
        let mut calls = Vec::new();
        while let Some(count) = words.next() {
            let count: usize = count.parse().unwrap();
            calls.push(Call {
                program: words.next().unwrap(),
                arguments: words.by_ref().take(count).collect(),
            });
        }
        calls
    }
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// True where a program is on PATH.
pub fn on_path(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// Variables that a command asks its user to export: `"${NAME:?}"`.
fn asked_for(command: &str) -> Vec<&str> {
    let parts = command.split("\"${").skip(1);
    parts
        .filter_map(|part| part.split_once(":?}\"").map(|(name, _)| name))
        .collect()
}
