//! What is said of the code that the AgentCore CLI itself writes, for every combination of framework, protocol and language that
//! it offers: `tests/scaffolds.json` keeps, for each check that reads code, its verdict and its number of sites, as decided by reading
//! that code. `AGENTCORE_CLI` names the program that makes the projects; without it there is nothing to look at.
//! `UPDATE_SCAFFOLDS=1` writes the file anew: read its diff.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use agentcore_harden::audit::{self, Options};
use agentcore_harden::checks::Need;
use agentcore_harden::report::{CheckResult, Status};

/// Project name and the options of `agentcore create` that make it.
const SCAFFOLDS: [(&str, &str); 15] = [
    (
        "StrandsHttp",
        "--framework Strands --model-provider Bedrock --memory none",
    ),
    (
        "StrandsMemory",
        "--framework Strands --model-provider Bedrock --memory longAndShortTerm",
    ),
    (
        "StrandsAnthropic",
        "--framework Strands --model-provider Anthropic --api-key not-a-key --memory none",
    ),
    (
        "StrandsA2a",
        "--framework Strands --model-provider Bedrock --memory none --protocol A2A",
    ),
    (
        "StrandsAgui",
        "--framework Strands --model-provider Bedrock --memory none --protocol AGUI",
    ),
    (
        "StrandsTypescript",
        "--framework Strands --model-provider Bedrock --memory none --language TypeScript",
    ),
    (
        "VercelTypescript",
        "--framework VercelAI --model-provider Bedrock --memory none --language TypeScript",
    ),
    (
        "LangHttp",
        "--framework LangChain_LangGraph --model-provider Bedrock --memory none",
    ),
    (
        "LangA2a",
        "--framework LangChain_LangGraph --model-provider Bedrock --memory none --protocol A2A",
    ),
    (
        "LangAgui",
        "--framework LangChain_LangGraph --model-provider Bedrock --memory none --protocol AGUI",
    ),
    (
        "AdkHttp",
        "--framework GoogleADK --model-provider Gemini --api-key not-a-key --memory none",
    ),
    (
        "AdkA2a",
        "--framework GoogleADK --model-provider Gemini --api-key not-a-key --memory none --protocol A2A",
    ),
    (
        "AdkAgui",
        "--framework GoogleADK --model-provider Gemini --api-key not-a-key --memory none --protocol AGUI",
    ),
    (
        "OpenaiHttp",
        "--framework OpenAIAgents --model-provider OpenAI --api-key not-a-key --memory none",
    ),
    ("McpHttp", "--protocol MCP"),
];

fn expected() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scaffolds.json")
}

/// Makes a project; nothing is installed in it.
fn make(program: &Path, folder: &Path, name: &str, options: &str) -> PathBuf {
    let output = Command::new(program)
        .args(["create", "--project-name", name, "--name", "Agent"])
        .args(options.split(' '))
        .args(["--skip-git", "--skip-install", "--json"])
        .current_dir(folder)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{name}: {told}");
    folder.join(name)
}

/// A verdict in a few words: `pass`, or `fail high, 2 sites`.
fn words(result: &CheckResult) -> String {
    match result.status {
        Status::Fail => {
            let sites = result.evidence.len();
            format!("fail {:?}, {sites} sites", result.severity).to_lowercase()
        }
        status => format!("{status:?}").to_lowercase(),
    }
}

fn judged(root: &Path) -> BTreeMap<String, String> {
    let options = Options {
        shown: ".".to_owned(),
        offline: true,
        path_env: Some("".into()),
        ..Options::default()
    };
    let context = audit::collect(root, &options).unwrap();
    audit::evaluate(&context, |check| check.needs.contains(&Need::Code))
        .iter()
        .map(|result| {
            (
                format!("{} {}", result.check, result.resource),
                words(result),
            )
        })
        .collect()
}

#[test]
fn the_scaffolds_are_judged_as_they_were_read() {
    let Some(program) = std::env::var_os("AGENTCORE_CLI").map(PathBuf::from) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let seen: BTreeMap<&str, BTreeMap<String, String>> = SCAFFOLDS
        .iter()
        .map(|(name, options)| (*name, judged(&make(&program, folder.path(), name, options))))
        .collect();
    let text = serde_json::to_string_pretty(&seen).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCAFFOLDS").is_some() {
        fs::write(expected(), &text).unwrap();
    }
    let known = fs::read_to_string(expected()).unwrap();
    assert!(
        known == text,
        "the verdicts changed:\n{}",
        similar::TextDiff::from_lines(&known, &text).unified_diff()
    );
    let fails = text.matches("\"fail").count();
    println!(
        "scaffolds: {} projects, {} verdicts over code, {fails} of them fail",
        seen.len(),
        seen.values().map(BTreeMap::len).sum::<usize>()
    );
}
