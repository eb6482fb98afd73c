//! Budgets of the analysis: what lies just behind a chain of helpers is found, and what lies behind too long a chain is `skipped`
//! with the reason, never a pass.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write as _;
use std::fs;

use agentcore_harden::audit::{self, DiscoverySource, Options};
use agentcore_harden::report::{CheckResult, Status};
use serde_json::json;

const HEAD: &str = "import os
import subprocess
import uuid

import boto3
import requests
from bedrock_agentcore.runtime import BedrockAgentCoreApp
from sentence_transformers import SentenceTransformer

app = BedrockAgentCoreApp()
";

/// A program by how many helpers stand between its two ends.
struct Case {
    check: &'static str,
    /// The parameter of each helper.
    param: &'static str,
    /// What the last helper returns.
    last: &'static str,
    /// What is called through the helpers.
    rest: &'static str,
}

const CASES: [Case; 8] = [
    Case {
        check: "code-error-handling",
        param: "",
        last: "requests.get(\"https://orders.example.com\", timeout=5).json()",
        rest: "@app.entrypoint\ndef invoke(payload):\n    return f0()\n",
    },
    Case {
        check: "perf-heavy-init",
        param: "",
        last: "SentenceTransformer(\"all-MiniLM-L6-v2\")",
        rest: "MODEL = f0()\n\n\n@app.entrypoint\ndef invoke(payload):\n    return str(MODEL)\n",
    },
    Case {
        check: "perf-ping-handler",
        param: "",
        last: "\"HealthyBusy\"",
        rest: "@app.ping\ndef ping():\n    return f0()\n\n\n@app.entrypoint\ndef invoke(payload):\n    return {}\n",
    },
    Case {
        check: "shell-command-injection",
        param: "x",
        last: "os.system(x)",
        rest: "@app.entrypoint\ndef invoke(payload):\n    return f0(payload.get(\"cmd\"))\n",
    },
    Case {
        check: "shell-command-injection",
        param: "x",
        last: "subprocess.run([\"bash\", \"-c\", x])",
        rest: "@app.entrypoint\ndef invoke(payload):\n    return f0(payload.get(\"cmd\"))\n",
    },
    Case {
        check: "code-input-validation",
        param: "x",
        last: "os.system(x)",
        rest: "@app.entrypoint\ndef invoke(payload):\n    return f0(payload.get(\"cmd\"))\n",
    },
    Case {
        check: "secrets-env-read",
        param: "x",
        last: "os.environ[x]",
        rest: "@app.entrypoint\ndef invoke(payload):\n    return {\"length\": len(f0(\"OPENAI_API_KEY\"))}\n",
    },
    Case {
        check: "perf-session-reuse",
        param: "",
        last: "str(uuid.uuid4())",
        rest: "@app.entrypoint\ndef invoke(payload):
    client = boto3.client(\"bedrock-agentcore\")
    arn = \"arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/x\"
    return client.invoke_agent_runtime(agentRuntimeArn=arn, runtimeSessionId=f0(), payload=b\"{}\")\n",
    },
];

fn program(case: &Case, helpers: usize) -> String {
    let mut text = HEAD.to_owned();
    let param = case.param;
    for at in 0..helpers {
        let next = at + 1;
        let _ = write!(
            text,
            "\n\ndef f{at}({param}):\n    return f{next}({param})\n"
        );
    }
    let (last, rest) = (case.last, case.rest);
    let _ = write!(
        text,
        "\n\ndef f{helpers}({param}):\n    return {last}\n\n\n{rest}"
    );
    text.push_str("\n\nif __name__ == \"__main__\":\n    app.run()\n");
    text
}

fn results(check: &str, text: &str) -> Vec<CheckResult> {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    let config = json!({"name": "Chain", "version": 1, "managedBy": "CDK", "memories": [], "credentials": [], "runtimes": [{
        "name": "Main", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main/", "runtimeVersion": "PYTHON_3_13",
        "networkMode": "PUBLIC", "protocol": "HTTP"}]});
    fs::create_dir_all(root.join("agentcore")).unwrap();
    fs::create_dir_all(root.join("app/Main")).unwrap();
    fs::write(root.join("agentcore/agentcore.json"), config.to_string()).unwrap();
    fs::write(root.join("agentcore/aws-targets.json"), "[]").unwrap();
    fs::write(root.join("app/Main/main.py"), text).unwrap();
    let options = Options {
        shown: ".".to_owned(),
        discovery: DiscoverySource::Offline,
        offline: true,
        ..Options::default()
    };
    let context = audit::collect(root, &options).unwrap_or_else(|failure| panic!("{failure}"));
    audit::evaluate(&context, |one| one.id == check)
}

#[test]
fn what_lies_behind_a_chain_of_helpers_is_found() {
    for case in &CASES {
        for helpers in [1, 12, 25] {
            let found = results(case.check, &program(case, helpers));
            let fails = found.iter().any(|result| result.status == Status::Fail);
            assert!(
                fails,
                "{} through {helpers} helpers: {found:#?}",
                case.check
            );
        }
    }
}

#[test]
fn what_lies_behind_too_long_a_chain_is_no_pass() {
    for case in &CASES {
        let found = results(case.check, &program(case, 400));
        assert!(!found.is_empty(), "{}", case.check);
        for result in found {
            let reason = serde_json::to_value(&result).unwrap();
            if result.status == Status::Fail {
                continue;
            }
            assert_eq!(result.status, Status::Skipped, "{}: {reason:#}", case.check);
            assert_eq!(reason["reason"]["code"], "limit", "{reason:#}");
            let message = reason["reason"]["message"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            assert!(message.starts_with("app/Main/main.py:"), "{message}");
        }
    }
}

/// Bindings that lead to themselves end the question and cost no verdict.
#[test]
fn a_circle_is_not_a_limit() {
    let text = HEAD.to_owned()
        + "\n\ndef left(n):\n    return right(n - 1) if n else \"HealthyBusy\"\n\n\ndef right(n):\n    return left(n - 1) if n else \"Healthy\"\n\n\n@app.ping\ndef ping():\n    return left(4)\n\n\n@app.entrypoint\ndef invoke(payload):\n    return {}\n\n\nif __name__ == \"__main__\":\n    app.run()\n";
    for result in results("perf-ping-handler", &text) {
        assert_ne!(result.status, Status::Skipped, "{result:#?}");
    }
}

/// Names that lead to themselves again and again, and functions that all call each other: each question ends soon, and so do all of
/// them together. A minute is far more than an idle machine takes without optimization.
#[test]
fn names_that_lead_round_and_round_end() {
    let same = "    x = x\n".repeat(300);
    let chosen = (0..150).fold(String::new(), |mut text, at| {
        let _ = writeln!(text, "    x = x if payload[\"c{at}\"] else x + \"a\"");
        text
    });
    let wide = (0..16).fold(String::new(), |mut text, at| {
        let calls = (0..16).filter(|other| *other != at);
        let calls: String = calls
            .map(|other| format!("    x = f{other}(x)\n"))
            .collect();
        let _ = write!(text, "def f{at}(x):\n{calls}    return x\n\n\n");
        text
    });
    let run = |helpers: &str, body: &str, value: &str| {
        format!(
            "{HEAD}\n\n{helpers}@app.entrypoint\ndef invoke(payload):\n    x = payload[\"a\"]\n{body}    subprocess.run({value}, shell=True)\n"
        )
    };
    let began = std::time::Instant::now();
    for text in [
        run("", &same, "x"),
        run("", &chosen, "x"),
        run(&wide, "", "f0(x)"),
    ] {
        for result in results("shell-command-injection", &text) {
            assert_ne!(result.status, Status::Pass, "{}", result.message);
        }
    }
    let took = began.elapsed();
    assert!(took.as_secs() < 60, "{took:?}");
}

/// A loop is followed for two turns, which double with each loop around it; a class of two bases that have two bases each doubles too.
#[test]
fn what_doubles_with_each_level_ends() {
    let loops = (0..40).fold(String::new(), |mut text, at| {
        let indent = " ".repeat(at + 4);
        let _ = write!(text, "{indent}for v{at} in x:\n{indent} x = x + v{at}\n");
        text
    });
    let classes = (1..40).fold(
        "class A0:\n    pass\n\n\nclass B0:\n    pass\n\n\n".to_owned(),
        |mut text, at| {
            let below = at - 1;
            for name in ["A", "B"] {
                let _ = write!(
                    text,
                    "class {name}{at}(A{below}, B{below}):\n    pass\n\n\n"
                );
            }
            text
        },
    );
    let began = std::time::Instant::now();
    let loops = format!(
        "{HEAD}\n\n@app.entrypoint\ndef invoke(payload):\n    x = payload[\"a\"]\n{loops}    subprocess.run([\"true\"])\n"
    );
    for check in ["shell-command-injection", "code-input-validation"] {
        for result in results(check, &loops) {
            // Nothing runs a command that holds input, and not all of it was followed.
            assert_eq!(result.status, Status::Skipped, "{result:#?}");
        }
    }
    let classes = format!(
        "{HEAD}\n\n{classes}@app.entrypoint\ndef invoke(payload):\n    return A39().environ[payload[\"a\"]]\n"
    );
    let found = results("secrets-env-read", &classes);
    assert!(!found.is_empty());
    let took = began.elapsed();
    assert!(took.as_secs() < 60, "{took:?}");
}

/// Thousands of helpers that each put something under a key of its own into one object: as many keys are not kept apart for each call,
/// and what they hold is found all the same.
#[test]
fn an_object_with_thousands_of_keys_is_one_whole() {
    let (helpers, calls) = (0..3000).fold((String::new(), String::new()), |(mut helpers, mut calls), at| {
        let _ = write!(
            helpers,
            "def f{at}(out):\n    try:\n        int(app)\n    except Exception as error:\n        out[\"k{at}\"] = str(error)\n\n\n"
        );
        let _ = writeln!(calls, "    f{at}(out)");
        (helpers, calls)
    });
    let text = format!(
        "{HEAD}\n\n{helpers}@app.entrypoint\ndef invoke(payload):\n    out = {{}}\n{calls}    return out\n"
    );
    let began = std::time::Instant::now();
    let found = results("code-error-leak", &text);
    let fails = found.iter().any(|result| result.status == Status::Fail);
    assert!(fails, "{found:#?}");
    let took = began.elapsed();
    assert!(took.as_secs() < 60, "{took:?}");
}

/// A bound that leads to itself ends, and one behind too long a chain of names or lists is no pass.
#[test]
fn a_bound_of_a_loop_ends() {
    let run = |names: &str| {
        format!(
            "{HEAD}from agents import Agent, Runner\n\n\n{names}agent = Agent(name=\"x\", tools=[])\n\n\n@app.entrypoint\nasync def invoke(payload):\n    return str(await Runner.run(agent, \"x\", max_turns=a0))\n"
        )
    };
    for result in results("code-loop-limit", &run("a0 = [a1]\na1 = [a0]\n")) {
        assert_ne!(result.status, Status::Skipped, "{result:#?}");
    }
    let chain = (0..3000).fold("a3000 = 5000\n".to_owned(), |text, at| {
        format!("{text}a{at} = a{}\n", at + 1)
    });
    let nested = (0..3000).fold("a3000 = []\n".to_owned(), |text, at| {
        format!("{text}a{at} = [a{}]\n", at + 1)
    });
    for names in [chain, nested] {
        let found = results("code-loop-limit", &run(&names));
        assert!(!found.is_empty());
        for result in found {
            assert_eq!(result.status, Status::Skipped, "{}", result.message);
        }
    }
}
