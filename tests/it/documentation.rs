//! What the README and the documentation say is what the program does: commands parse, links lead somewhere, the policy is the one
//! that is needed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use agentcore_harden::cli::Cli;
use agentcore_harden::collect::aws;
use clap::Parser;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.push(root().join("README.md"));
    paths.push(root().join("packaging/plugin/skills/agentcore-launch-audit/SKILL.md"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

/// Lines of code blocks of a language.
fn code(text: &str, language: &str) -> Vec<String> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if let Some(fence) = line.trim_start().strip_prefix("```") {
            inside = !inside && fence == language;
        } else if inside {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// The words of the program's call in a line of shell: up to a pipe, a redirection or a comment.
fn words(line: &str) -> Option<Vec<String>> {
    let call = line
        .split(" | ")
        .find(|part| part.contains("agentcore-harden "))?;
    let call = &call[call.find("agentcore-harden ")?..];
    let call = call.split(" # ").next()?.split(" < ").next()?;
    let mut words = Vec::new();
    let (mut word, mut quote, mut any) = (String::new(), None, false);
    for character in call.chars() {
        match (quote, character) {
            (None, '"' | '\'') => (quote, any) = (Some(character), true),
            (Some(open), close) if open == close => quote = None,
            (None, ' ') => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (_, other) => word.push(other),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    Some(words)
}

#[test]
fn every_documented_command_is_one() {
    let mut seen = 0;
    for (path, text) in pages() {
        let lines = code(&text, "sh").into_iter();
        let workflow = code(&text, "yaml")
            .into_iter()
            .filter(|line| line.contains("agentcore-harden check"));
        for line in lines.chain(workflow) {
            if line.trim_start().starts_with("cargo ") || line.contains("cargo install") {
                continue;
            }
            let Some(words) = words(&line) else { continue };
            seen += 1;
            if let Err(error) = Cli::try_parse_from(&words) {
                panic!("{}: {line}\n{error}", path.display());
            }
        }
    }
    assert!(seen >= 20, "{seen} commands");
}

#[test]
fn every_link_leads_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#]+)").unwrap();
    for (path, text) in pages() {
        for captures in link.captures_iter(&text) {
            let target = &captures[1];
            if target.contains("://") {
                continue;
            }
            let file = path.parent().unwrap().join(target);
            assert!(file.exists(), "{}: {target}", path.display());
        }
    }
}

#[test]
fn the_documented_policy_is_the_one_that_is_needed() {
    let text = fs::read_to_string(root().join("docs/iam-policy.md")).unwrap();
    let page: Value = serde_json::from_str(&code(&text, "json").join("\n")).unwrap();
    let needed: Value = serde_json::to_value(aws::policy()).unwrap();
    assert_eq!(page, needed);
}

/// The options that the documentation names are those that there are.
#[test]
fn every_option_of_check_is_documented() {
    use clap::CommandFactory;
    let text = fs::read_to_string(root().join("docs/commands.md")).unwrap();
    let command = Cli::command();
    let check = command.find_subcommand("check").unwrap();
    for argument in check.get_arguments() {
        let Some(long) = argument.get_long().filter(|long| *long != "help") else {
            continue;
        };
        assert!(
            text.contains(&format!("`--{long}")) || text.contains(&format!("--{long} ")),
            "--{long}"
        );
    }
}

/// Manifests of coding agents: what they start is a command, and their versions are the program's.
#[test]
fn the_plugin_starts_what_there_is() {
    let plugin = root().join("packaging/plugin");
    let read = |path: &str| -> Value {
        let text = fs::read_to_string(plugin.join(path)).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    for path in [".mcp.json", "gemini-extension.json"] {
        let server = read(path)["mcpServers"]["agentcore-harden"].clone();
        let mut words = vec![server["command"].as_str().unwrap().to_owned()];
        let arguments = server["args"].as_array().unwrap().iter();
        words.extend(arguments.map(|word| word.as_str().unwrap().to_owned()));
        Cli::try_parse_from(&words).unwrap();
    }
    for path in [".claude-plugin/plugin.json", "gemini-extension.json"] {
        assert_eq!(read(path)["version"], env!("CARGO_PKG_VERSION"), "{path}");
    }
    let extension = read("gemini-extension.json");
    let context = extension["contextFileName"].as_str().unwrap();
    assert!(plugin.join(context).exists());
    let market = read("../../.claude-plugin/marketplace.json");
    let source = market["plugins"][0]["source"].as_str().unwrap();
    assert!(
        root()
            .join(source)
            .join(".claude-plugin/plugin.json")
            .exists()
    );
    let hooks = read("hooks/hooks.json").to_string();
    assert!(hooks.contains("/hooks/after-edit"), "{hooks}");
    let skill = fs::read_to_string(plugin.join("skills/agentcore-launch-audit/SKILL.md")).unwrap();
    let head = skill.split("---\n").nth(1).unwrap();
    assert!(head.contains("name: agentcore-launch-audit\n"), "{head}");
    let description = head.split("description: ").nth(1).unwrap();
    assert!(description.len() < 1024, "{}", description.len());
}

/// The hook speaks up for what an edit brought, and only then.
#[test]
fn the_hook_reports_what_an_edit_brought() {
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let from = root().join("fixtures/projects/clean-agent");
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.unwrap();
        let to = folder
            .path()
            .join(entry.path().strip_prefix(&from).unwrap());
        match entry.file_type().is_dir() {
            true => fs::create_dir_all(to).unwrap(),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
    let git = |words: &[&str]| {
        let done = Command::new("git")
            .args(words)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{words:?}");
    };
    let hook = || {
        let bin = Path::new(env!("CARGO_BIN_EXE_agentcore-harden"))
            .parent()
            .unwrap();
        let path = std::env::join_paths(
            std::iter::once(bin.to_path_buf())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        let done = Command::new("sh")
            .arg(root().join("packaging/plugin/hooks/after-edit"))
            .env("PATH", path.unwrap())
            .env("CLAUDE_PROJECT_DIR", folder.path())
            .output()
            .unwrap();
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    // No repository: it stays out of the way.
    assert_eq!(hook().0, Some(0));
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&[
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "commit",
        "-qm",
        "all",
    ]);
    assert_eq!(hook(), (Some(0), String::new()));
    let config = folder.path().join("agentcore/agentcore.json");
    let text = fs::read_to_string(&config).unwrap();
    let open = text.replacen(
        "\"authorizerType\": \"AWS_IAM\"",
        "\"authorizerType\": \"NONE\"",
        1,
    );
    assert_ne!(open, text);
    fs::write(&config, open).unwrap();
    let (code, told) = hook();
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("auth-inbound-type"), "{told}");
}

/// The site lists every page of the documentation.
#[test]
fn the_site_has_every_page() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    for (path, _) in pages() {
        let Ok(page) = path.strip_prefix(root().join("docs")) else {
            continue;
        };
        let page = page.to_str().unwrap();
        assert!(
            page == "SUMMARY.md" || summary.contains(&format!("]({page})")),
            "{page}"
        );
    }
}

/// What the recipes make of a run has the fields that the services require.
#[test]
fn findings_go_to_security_hub_and_into_a_lake() {
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run.json");
    let words: Vec<std::ffi::OsString> = [
        "agentcore-harden",
        "check",
        "fixtures/projects/insecure-agent",
        "--offline",
        "--json",
        "--combined",
        "--output",
    ]
    .iter()
    .map(std::ffi::OsString::from)
    .chain([run.clone().into_os_string()])
    .collect();
    agentcore_harden::main(&words, &mut Vec::new(), &mut Vec::new());
    let jq = |words: &[&str], filter: &str| {
        let done = Command::new("jq")
            .args(words)
            .arg("-f")
            .arg(root().join("packaging/recipes").join(filter))
            .arg(&run)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout).unwrap()
    };
    let text = jq(
        &[
            "--arg",
            "now",
            "2026-11-28T00:00:00Z",
            "--arg",
            "account",
            "123456789012",
            "--arg",
            "region",
            "us-east-1",
        ],
        "asff.jq",
    );
    let findings: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(findings.len() > 20, "{}", findings.len());
    let mut ids = std::collections::BTreeSet::new();
    for one in &findings {
        for key in [
            "AwsAccountId",
            "CreatedAt",
            "Description",
            "GeneratorId",
            "Id",
            "ProductArn",
            "Resources",
            "SchemaVersion",
            "Severity",
            "Title",
            "Types",
            "UpdatedAt",
        ] {
            assert!(
                one[key].is_string() || one[key].is_array() || one[key].is_object(),
                "{key}: {one}"
            );
        }
        assert!(one["Title"].as_str().unwrap().chars().count() <= 256);
        assert!(one["Description"].as_str().unwrap().chars().count() <= 1024);
        ids.insert(one["Id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), findings.len());
    let text = jq(&["-c", "--argjson", "now", "1764288000000"], "ocsf.jq");
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.len(), findings.len());
    for one in &events {
        assert_eq!(
            (&one["class_uid"], &one["type_uid"]),
            (&2003.into(), &200_301.into())
        );
        assert!(one["severity_id"].is_u64() && one["time"].is_u64(), "{one}");
        for key in ["finding_info", "metadata", "compliance"] {
            assert!(one[key].is_object(), "{key}");
        }
        assert!(one["finding_info"]["uid"].is_string() && one["finding_info"]["title"].is_string());
    }
}
