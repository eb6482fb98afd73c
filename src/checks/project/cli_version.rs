//! `cli-version`: AgentCore CLI is 0.9.0 or newer.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::files::{CliOnPath, Installer};
use crate::model::finding::{Fix, Outcome, Severity};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "cli-version",
    title: "AgentCore CLI is 0.9.0 or newer",
    category: Category::Project,
    severity: Severity::Low,
    needs: &[Need::Files],
    page: include_str!("cli_version.md"),
    references: &[
        "https://github.com/aws/agentcore-cli",
        "https://www.npmjs.com/package/@aws/agentcore",
    ],
    run,
};

/// The oldest version whose commands the checklist uses.
const OLDEST: [u64; 3] = [0, 9, 0];
const TOOLKIT: &str = "bedrock-agentcore-starter-toolkit";

fn run(context: &Context) -> Vec<Outcome> {
    let resource = context.project.resource();
    let cli = match &context.files.cli {
        Known::Read(cli) => cli,
        Known::Unread(reason) => return vec![Outcome::skipped(resource, reason.clone())],
        Known::Absent => {
            let reason = Unread::new(ReasonCode::Absent, "no agentcore program on PATH");
            return vec![Outcome::skipped(
                resource,
                reason.command(install().to_string()),
            )];
        }
    };
    if cli.starter_toolkit {
        let message = format!(
            "{} is the Python starter toolkit, which hides the AgentCore CLI: it knows none of its commands",
            cli.path
        );
        let fix = Fix::new("Remove the starter toolkit and install the CLI")
            .command(uninstall(cli))
            .command(install())
            .note("A shell that is already open may remember the old program: `hash -r` makes it look again.");
        return vec![Outcome::fail(resource, message).fix(fix)];
    }
    let version = cli.version.clone().unwrap_or_default();
    let Some(current) = parse(&version) else {
        let reason = Unread::new(
            ReasonCode::Unsupported,
            format!(
                "the version {version:?} of {} is no version number",
                cli.path
            ),
        );
        return vec![Outcome::skipped(
            resource,
            reason.command("agentcore --version"),
        )];
    };
    if current >= (OLDEST, true) {
        return vec![Outcome::pass(
            resource,
            format!("agentcore on PATH is {version}"),
        )];
    }
    let message = format!(
        "agentcore on PATH is {version}, older than 0.9.0: the commands of this report need a newer one"
    );
    let update = Fix::new("Update the CLI").command(install());
    let itself = Fix::new("Let the CLI update itself")
        .command(Command::new("agentcore").args(["update", "cli"]));
    vec![Outcome::fail(resource, message).fix(update).fix(itself)]
}

fn install() -> Command {
    Command::new("npm").args(["install", "-g", "@aws/agentcore@latest"])
}

fn uninstall(cli: &CliOnPath) -> Command {
    match cli.installer {
        Installer::UvTool => Command::new("uv").args(["tool", "uninstall", TOOLKIT]),
        Installer::Pipx => Command::new("pipx").args(["uninstall", TOOLKIT]),
        // The interpreter beside the program is the one that it was installed for.
        Installer::Pip => {
            let folder = std::path::Path::new(&cli.path).parent();
            let python = folder.map(|folder| folder.join("python3").to_string_lossy().into_owned());
            Command::new(python.unwrap_or_else(|| "python3".to_owned())).args([
                "-m",
                "pip",
                "uninstall",
                "-y",
                TOOLKIT,
            ])
        }
    }
}

/// Major, minor, patch, and whether it is a release: a pre-release comes before its release.
fn parse(version: &str) -> Option<([u64; 3], bool)> {
    let version = version.trim().trim_start_matches('v');
    let version = version.split('+').next()?;
    let (numbers, release) = match version.split_once('-') {
        Some((numbers, _)) => (numbers, false),
        None => (version, true),
    };
    let mut parts = numbers.split('.').map(|part| part.parse().ok());
    let numbers = [
        parts.next()??,
        parts.next().unwrap_or(Some(0))?,
        parts.next().unwrap_or(Some(0))?,
    ];
    Some((numbers, release))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pre_release_comes_before_its_release() {
        assert_eq!(parse("0.30.0"), Some(([0, 30, 0], true)));
        assert!(parse("0.9.0-beta.1") < Some((OLDEST, true)));
        assert!(parse("0.10.0-beta.1") > Some((OLDEST, true)));
        assert_eq!(parse("latest"), None);
    }
}
