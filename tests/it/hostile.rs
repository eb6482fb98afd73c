//! Names that would be syntax: every printed command stays one safe command, and no format can be injected into.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::commands::{Sandbox, on_path};
use agentcore_harden::audit::{self, Options};
use agentcore_harden::report::CheckResult;
use agentcore_harden::shell::is_unprintable;
use serde_json::{Value, json};

/// Part of every name, so that it can be told in what reaches a program.
const MARK: &str = "Zq9x";
/// What injected syntax would make.
const CANARY: &str = "canary";

fn names() -> Vec<String> {
    let shapes = [
        "Zq9x'; touch canary; '",
        "Zq9x\"; touch canary; \"",
        "Zq9x$(touch canary)",
        "Zq9x`touch canary`",
        "Zq9x\ntouch canary\n#",
        "Zq9x\r\ntouch canary",
        "Zq9x\n",
        "-Zq9x",
        "--Zq9x=$(touch canary)",
        "Zq9x | touch canary & touch canary && touch canary || touch canary > canary",
        "Zq9x\\'; touch canary; \\'",
        "Zq9x$'\\x3btouch canary'",
        "Zq9x\u{1b}[31m\u{1b}]0;title\u{7}\u{9b}2J",
        "Zq9x\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}",
        "Zq9x\u{e0041}\u{ad}\u{3164}",
        "Zq9x%s%n\\0101\\c",
        "Zq9x ~ * ? [a-z] {a,b} !! \t #",
        "Zq9x\") | touch canary #\\(env)",
        "Zq9x<img src=x onerror=alert(1)>|`]](http://e.example)[x](y)@team#1",
        "Zq9x]]>\u{0}&amp;<failure/>",
        "\n::error::Zq9x",
        "../../Zq9x",
    ];
    let mut names: Vec<String> = shapes.iter().map(|&shape| shape.to_owned()).collect();
    names.push(format!("{MARK}{}", "$(touch canary)".repeat(667)));
    names
}

/// A project in which the name stands wherever a name can, and much of which fails.
fn project(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    // A folder's name holds no NUL and no slash, and at most 255 bytes.
    let short: String = name
        .chars()
        .filter(|c| !"\0/".contains(*c))
        .take(60)
        .collect();
    let code = format!("app/{short}");
    fs::create_dir_all(root.join("agentcore/.cli")).unwrap();
    fs::create_dir_all(root.join(&code)).unwrap();
    fs::write(
        root.join(&code).join("main.py"),
        "import os\nkey = os.environ['CRM_API_KEY']\n",
    )
    .unwrap();
    fs::write(
        root.join(&code).join("pyproject.toml"),
        "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = []\n",
    )
    .unwrap();
    fs::write(root.join(&code).join(format!("{short}.env")), "A=1\n").unwrap();
    fs::write(root.join(&code).join("prod.env"), "A=1\n").unwrap();
    let config = json!({
        "name": name, "version": 1, "tags": {name: name},
        "runtimes": [
            {"name": name, "build": "CodeZip", "entrypoint": "main.py", "codeLocation": code, "runtimeVersion": "PYTHON_3_13",
             "networkMode": "PUBLIC", "protocol": "HTTP", "instrumentation": {"enableOtel": false}, "tags": {name: name},
             "envVars": [{"name": format!("{name}_API_KEY"), "value": name}, {"name": "OTEL_SDK_DISABLED", "value": "true"}]},
            {"name": "Jwt", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": code, "runtimeVersion": "PYTHON_3_13",
             "networkMode": "PUBLIC", "protocol": "HTTP", "authorizerType": "CUSTOM_JWT",
             "authorizerConfiguration": {"customJwtAuthorizer": {"discoveryUrl": format!("https://idp.example.org/{name}"), "allowedClients": [name]}}}
        ],
        "memories": [{"name": name, "eventExpiryDuration": 30, "strategies": [{"type": "SEMANTIC", "namespaces": [format!("/{name}/")]}]}],
        "credentials": [{"authorizerType": "ApiKeyCredentialProvider", "name": name}],
        "onlineEvalConfigs": [{"name": name, "agent": "Jwt", "evaluators": [], "samplingRate": 0, "enableOnCreate": false}],
        "policyEngines": [{"name": name, "policies": [{"name": name, "statement": "permit(principal, action, resource);"}]}],
        "agentCoreGateways": [
            {"name": name, "authorizerType": "NONE", "exceptionLevel": "DEBUG", "policyEngineConfiguration": {"policyEngineName": name, "mode": "LOG_ONLY"},
             "targets": [{"name": name, "targetType": "openApiSchema", "schemaSource": {"inline": {"path": "x.json"}}}]},
            {"name": "deployed", "authorizerType": "NONE", "description": name, "targets": []},
            {"name": format!("{name}2"), "authorizerType": "CUSTOM_JWT", "targets": [],
             "authorizerConfiguration": {"customJwtAuthorizer": {"discoveryUrl": "https://idp.example.org/.well-known/openid-configuration", "allowedClients": [name]}}}
        ]
    });
    let state = json!({"targets": {name: {"resources": {"gateways": {"deployed": {"gatewayId": "d", "gatewayArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:gateway/d"}}}}}});
    let targets = json!([{"name": name, "account": "123456789012", "region": "us-east-1"}]);
    fs::write(root.join("agentcore/agentcore.json"), config.to_string()).unwrap();
    fs::write(
        root.join("agentcore/.cli/deployed-state.json"),
        state.to_string(),
    )
    .unwrap();
    fs::write(root.join("agentcore/aws-targets.json"), targets.to_string()).unwrap();
    folder
}

fn results(root: &Path) -> Vec<CheckResult> {
    let options = Options {
        shown: ".".to_owned(),
        offline: true,
        ..Options::default()
    };
    let context = audit::collect(root, &options).unwrap();
    audit::evaluate(&context, |_| true)
}

/// Stand-ins for everything that a fix may call; jq is real.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for program in ["uv", "npm", "git", "python3", "docker", "rm"] {
        sandbox.program(program, "exit 0\n");
    }
    sandbox.program("agentcore-harden", "printf '{}'\n");
    let path = std::env::var_os("PATH").unwrap();
    let jq = std::env::split_paths(&path)
        .map(|folder| folder.join("jq"))
        .find(|file| file.is_file())
        .unwrap();
    sandbox.program("jq", &format!("exec '{}' \"$@\"\n", jq.display()));
    sandbox
}

/// Whether an argument that holds part of the name holds it whole, or what is left of it when only harmless characters are kept.
fn is_intact(argument: &str, name: &str) -> bool {
    let json = Value::from(name).to_string();
    let json = json.trim_matches('"');
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@".contains(c);
    let short: String = name
        .chars()
        .filter(|c| !"\0/".contains(*c))
        .take(60)
        .collect();
    let short_json = Value::from(short.as_str()).to_string();
    // What jq reads is JSON: any spelling of the name in it is the name.
    let parsed = serde_json::from_str::<Value>(argument).ok();
    let parsed = parsed.as_ref().and_then(Value::as_str).unwrap_or("");
    argument.contains(name)
        || argument.contains(json)
        || argument.contains(short.as_str())
        || argument.contains(&short.replace('/', "__"))
        || argument.contains(short_json.trim_matches('"'))
        || parsed.contains(name)
        || argument.chars().all(plain)
}

#[test]
fn no_name_becomes_a_command() {
    if !on_path("jq") {
        return;
    }
    let sandbox = sandbox();
    let (mut run, mut carried) = (0, 0);
    for name in names() {
        let folder = project(&name);
        let root = folder.path();
        let mut commands: Vec<String> = Vec::new();
        for result in results(root) {
            for fix in &result.fixes {
                commands.extend(fix.commands.iter().cloned());
            }
            commands.extend(result.reason.and_then(|reason| reason.command));
        }
        commands.sort();
        commands.dedup();
        assert!(commands.len() > 5, "{name:?}: {commands:?}");
        for command in &commands {
            assert!(!command.chars().any(is_unprintable), "{command:?}");
            // Each starts from the project as it was: the one before may have moved a file.
            let copied = tempfile::tempdir().unwrap();
            crate::commands::copy(root, copied.path());
            let output = sandbox.run(command, copied.path());
            run += 1;
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let made = |folder: &Path| folder.join(CANARY).exists();
            assert!(
                !made(copied.path()) && !made(&copied.path().join("agentcore")),
                "{name:?} ran by {command}"
            );
            assert!(
                !told.contains("not found") && !told.contains("yntax error"),
                "{command}: {told}"
            );
            for call in sandbox.calls() {
                for argument in call
                    .arguments
                    .iter()
                    .filter(|argument| argument.contains(MARK))
                {
                    assert!(
                        is_intact(argument, &name),
                        "{name:?} reaches {} as {argument:?}: {command}",
                        call.program
                    );
                    carried += 1;
                }
            }
        }
    }
    assert!(run > 300 && carried > 300, "{run} {carried}");
}

fn shown(root: &Path, format: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .args(["check", "--offline", "--format", format, "--verbose"])
        .current_dir(root)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    for (what, text) in [("stdout", &text), ("stderr", &errors)] {
        let raw = text.chars().find(|c| *c != '\n' && is_unprintable(*c));
        assert!(raw.is_none(), "{format} {what}: {raw:?}");
    }
    text
}

/// Markdown outside of fenced blocks.
fn unfenced(text: &str) -> String {
    let mut fence: Option<String> = None;
    let mut out = String::new();
    for line in text.lines() {
        let ticks: String = line
            .trim_start()
            .chars()
            .take_while(|c| *c == '`')
            .collect();
        match &fence {
            Some(open) if line.trim() == open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    assert!(fence.is_none(), "a fence is left open");
    out
}

#[test]
fn no_name_becomes_part_of_a_format() {
    for name in names().into_iter().filter(|name| name.len() < 1000) {
        let folder = project(&name);
        let root = folder.path();
        let report: Value = serde_json::from_str(&shown(root, "json")).unwrap();
        assert_eq!(report["project"]["name"], name.as_str());
        let count = report["results"].as_array().unwrap().len();

        let sarif: Value = serde_json::from_str(&shown(root, "sarif")).unwrap();
        assert_eq!(sarif["runs"].as_array().unwrap().len(), 1);

        let junit = shown(root, "junit");
        assert_eq!(junit.matches("<testcase ").count(), count, "{name:?}");
        assert!(
            !junit.contains("<img") && !junit.contains("]]>"),
            "{name:?}"
        );
        for line in junit
            .lines()
            .filter(|line| line.trim_start().starts_with('<'))
        {
            assert!(
                [
                    "<?xml",
                    "<testsuite",
                    "</testsuite",
                    "<propert",
                    "</propert",
                    "<testcase",
                    "</testcase",
                    "<failure",
                    "<skipped"
                ]
                .iter()
                .any(|tag| line.trim_start().starts_with(tag)),
                "{line}"
            );
        }

        for line in shown(root, "github").lines() {
            let known = [
                "::error file=",
                "::warning file=",
                "::notice file=",
                "::notice title=agentcore-harden ",
            ];
            let body = line.trim_start();
            assert!(
                known.iter().any(|start| line.starts_with(start))
                    || !(body.starts_with("::") || body.starts_with("##[")),
                "{name:?}: {line}"
            );
        }

        // What is escaped, and what stands in a code span, acts on nothing.
        for format in [
            "text", "markdown", "junit", "json", "sarif", "gitlab", "html",
        ] {
            // A workflow reads commands off every line, after any white space.
            for line in shown(root, format).lines() {
                let body = line.trim_start();
                assert!(
                    !body.starts_with("::") && !body.starts_with("##["),
                    "{format}: {line}"
                );
            }
        }
        let markdown = unfenced(&shown(root, "markdown"))
            .replace("\\]", "")
            .replace("\\`", "");
        let spans: String = markdown.split('`').step_by(2).collect();
        assert!(
            !spans.contains("<img") && !spans.contains("](") && !spans.contains("@team"),
            "{name:?}"
        );
        for row in markdown.lines().filter(|line| line.starts_with("| ")) {
            let cells = row.replace("\\|", "").matches('|').count();
            assert!(cells == 5 || cells == 8, "{name:?}: {row}");
        }

        let text = shown(root, "text");
        assert!(
            !text
                .lines()
                .any(|line| line.trim_start().starts_with("::error")
                    || line.starts_with("touch canary")),
            "{name:?}"
        );
    }
}

#[test]
fn ten_thousand_characters_are_no_harm() {
    let name = names().pop().unwrap();
    assert!(name.len() > 10_000);
    let folder = project(&name);
    for format in [
        "text", "json", "sarif", "markdown", "junit", "github", "gitlab", "html",
    ] {
        assert!(shown(folder.path(), format).len() > 1000);
    }
}

/// A container project with these files beside its configuration, and a policy engine with this policy.
fn nested(policy: &str, files: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("agentcore")).unwrap();
    fs::create_dir_all(root.join("app/Main")).unwrap();
    fs::create_dir_all(root.join(".git")).unwrap();
    let config = json!({
        "name": "Deep", "version": 1,
        "runtimes": [{"name": "Main", "build": "Container", "entrypoint": "main.py", "codeLocation": "app/Main/", "runtimeVersion": "PYTHON_3_13",
                      "networkMode": "PUBLIC", "protocol": "HTTP"}],
        "policyEngines": [{"name": "Engine", "policies": [{"name": "deep", "statement": policy}]}],
        "agentCoreGateways": [{"name": "tools", "authorizerType": "AWS_IAM", "targets": [],
                               "policyEngineConfiguration": {"policyEngineName": "Engine", "mode": "ENFORCE"}}]
    });
    fs::write(root.join("agentcore/agentcore.json"), config.to_string()).unwrap();
    fs::write(root.join("app/Main/main.py"), "print(1)\n").unwrap();
    fs::write(
        root.join("app/Main/Dockerfile"),
        "FROM python:3.13\nCOPY . .\n",
    )
    .unwrap();
    for (path, text) in files {
        fs::write(root.join(path), text).unwrap();
    }
    folder
}

const PLAIN: &str = "permit(principal, action == AgentCore::Action::\"a___b\", resource);";

#[test]
fn a_policy_that_nests_without_end_is_skipped() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a: ", "}"),
        ("true && ", ""),
        ("true || ", ""),
    ] {
        let condition = format!("{}true{}", open.repeat(10_000), close.repeat(10_000));
        let policy = format!("permit(principal, action, resource) when {{ {condition} }};");
        let folder = nested(&policy, &[]);
        let all = results(folder.path());
        let of_policy: Vec<&CheckResult> = all
            .iter()
            .filter(|result| result.check == "policy-cedar")
            .collect();
        assert_eq!(of_policy.len(), 1, "{open}");
        let value = serde_json::to_value(of_policy[0]).unwrap();
        assert_eq!(value["status"], "skipped", "{open}: {value}");
        assert_eq!(value["reason"]["code"], "limit", "{open}: {value}");
    }
}

#[test]
fn ignore_rules_that_would_exhaust_a_compiler_ignore_nothing() {
    for rules in [
        "{a,".repeat(100_000) + &"}".repeat(100_000),
        "{a,".repeat(1_000) + &"}".repeat(1_000),
        "a*".repeat(100_000),
        "!a*b\n".repeat(100_000),
        // What compiles still counts: the file is unread as a whole.
        ".env.local\n".repeat(100_000),
    ] {
        let files = [
            ("app/Main/.dockerignore", rules.clone()),
            (".gitignore", rules),
        ];
        let folder = nested(PLAIN, &files);
        let all = results(folder.path());
        assert!(all.iter().any(|result| result.check == "policy-cedar"));
        let options = Options {
            shown: ".".to_owned(),
            offline: true,
            ..Options::default()
        };
        let context = audit::collect(folder.path(), &options).unwrap();
        assert!(!context.files.ignored.env_local);
    }
}

#[test]
fn a_requirement_that_nests_without_end_is_its_name() {
    for written in [
        format!(
            "strands-agents; {}os_name == 'a'{}",
            "(".repeat(100_000),
            ")".repeat(100_000)
        ),
        format!(
            "strands-agents; os_name == 'a'{}",
            " or os_name != 'b'".repeat(10_000)
        ),
        format!("strands-agents{}", ",".repeat(100_000)),
    ] {
        let manifest = format!(
            "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [{}]\n",
            Value::from(written)
        );
        let folder = nested(PLAIN, &[("app/Main/pyproject.toml", manifest)]);
        let all = results(folder.path());
        assert!(all.iter().any(|result| result.check == "policy-cedar"));
        let longest = all.iter().map(|result| result.message.len()).max().unwrap();
        assert!(longest < 20_000, "{longest}");
    }
}

#[test]
fn an_error_covers_the_secret_that_it_quotes() {
    let key = ["sk-ant-api03-", &"q7Zx".repeat(23), "Kd-5wAAAAAA"].concat();
    let failure = agentcore_harden::exit::Failure::new(format!("unknown key \"{key}\""))
        .help(format!("take {key} out"));
    let mut written = Vec::new();
    failure.write(&mut written).unwrap();
    let text = String::from_utf8(written).unwrap()
        + &serde_json::to_string(&agentcore_harden::report::document::Failed::from(&failure))
            .unwrap();
    assert!(text.contains("unknown key"), "{text}");
    assert!(!text.contains(&key[8..]), "{text}");
}
