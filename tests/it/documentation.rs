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
        if let Some(fence) = line.strip_prefix("```") {
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
