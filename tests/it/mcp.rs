//! The MCP server as a client meets it: JSON-RPC over pipes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::schema::Validator;

/// A page of JSON holds at most so many bytes: 2,000 tokens at three and a half bytes each.
const LONGEST: usize = 7_000;

struct Client {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    id: u64,
    /// Output schemas by tool.
    schemas: BTreeMap<String, Validator>,
}

impl Client {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
            .arg("mcp")
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_remove("AWS_PROFILE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let to = child.stdin.take();
        let from = BufReader::new(child.stdout.take().unwrap());
        let mut client = Self {
            child,
            to,
            from,
            id: 0,
            schemas: BTreeMap::new(),
        };
        let asked = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
        let server = client.ask("initialize", asked);
        assert_eq!(server["result"]["serverInfo"]["name"], "agentcore-harden");
        assert_eq!(server["result"]["protocolVersion"], "2025-06-18");
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        let tools = client.ask("tools/list", json!({}));
        for tool in tools["result"]["tools"].as_array().unwrap() {
            let validator = Validator::new(tool["outputSchema"].clone());
            let name = tool["name"].as_str().unwrap().to_owned();
            assert_eq!(tool["annotations"]["readOnlyHint"], true, "{name}");
            client.schemas.insert(name, validator);
        }
        client
    }

    fn send(&mut self, message: &Value) {
        let to = self.to.as_mut().unwrap();
        writeln!(to, "{message}").unwrap();
        to.flush().unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let mut line = String::new();
            assert!(self.from.read_line(&mut line).unwrap() > 0, "closed");
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer["id"] == id {
                return answer;
            }
        }
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let asked = json!({"name": tool, "arguments": arguments});
        self.ask("tools/call", asked)["result"].clone()
    }

    /// What a tool answers; it fits its schema, the text says the same, and it is not longer than a page.
    fn answer(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments.clone());
        assert_ne!(result["isError"], true, "{tool} {arguments}: {result}");
        let page = result["structuredContent"].clone();
        self.schemas[tool].check(&page, &format!("{tool} {arguments}"));
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), page);
        assert!(text.len() <= LONGEST, "{tool} {arguments}: {}", text.len());
        page
    }

    fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// All pages of a list.
    fn all(&mut self, tool: &str, arguments: Value, list: &str) -> Vec<Value> {
        let (mut items, mut offset) = (Vec::new(), 0);
        loop {
            let mut asked = arguments.clone();
            asked["offset"] = json!(offset);
            let page = self.answer(tool, asked);
            items.extend(page[list].as_array().unwrap().clone());
            match page["nextOffset"].as_u64() {
                Some(next) => {
                    assert!(next > offset);
                    offset = next;
                }
                None => {
                    assert_eq!(page["total"], items.len());
                    return items;
                }
            }
        }
    }

    fn end(mut self) {
        drop(self.to.take());
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(0));
    }
}

const INSECURE: &str = "fixtures/projects/insecure-agent";

fn report(path: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .args(["check", path, "--offline", "--json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn findings_are_those_of_the_report_worst_first() {
    let mut client = Client::start(&[INSECURE]);
    let found = client.all("check", json!({}), "findings");
    let report = report(INSECURE);
    let name = |resource: &Value| {
        let text = |key| resource[key].as_str().unwrap();
        format!("{} {}", text("type"), text("name"))
    };
    let mut wanted: Vec<(String, String)> = report["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["status"] == "fail" && one.get("suppression").is_none())
        .map(|one| {
            (
                one["check"].as_str().unwrap().to_owned(),
                name(&one["resource"]),
            )
        })
        .collect();
    let mut seen: Vec<(String, String)> = found
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            (text("check"), text("resource"))
        })
        .collect();
    wanted.sort();
    seen.sort();
    assert_eq!(seen, wanted);
    let order = ["critical", "high", "medium", "low"];
    let ranks: Vec<usize> = found
        .iter()
        .map(|one| {
            order
                .iter()
                .position(|word| one["severity"] == *word)
                .unwrap()
        })
        .collect();
    assert!(ranks.is_sorted());

    let page = client.answer("check", json!({}));
    assert_eq!(page["projects"][0]["verdict"], report["summary"]["verdict"]);
    let high = client.all("check", json!({"severity": "high"}), "findings");
    assert!(high.len() < found.len() && !high.is_empty());
    let skipped = client.all("check", json!({"status": ["skipped"]}), "findings");
    assert_eq!(skipped.len(), report["summary"]["skipped"]);
    client.end();
}

#[test]
fn detail_shows_all_places_and_fixes() {
    let mut client = Client::start(&[INSECURE]);
    let asked = json!({"only": ["auth-inbound-type"], "detail": true});
    let page = client.answer("check", asked);
    let finding = &page["findings"][0];
    assert_eq!(finding["place"], "agentcore/agentcore.json:73:7");
    assert_eq!(
        finding["evidence"][0]["excerpt"],
        "\"authorizerType\": \"NONE\""
    );
    let edit = finding["fixes"][0]["edits"][0].as_str().unwrap();
    assert!(
        edit.contains("+      \"authorizerType\": \"AWS_IAM\""),
        "{edit}"
    );
    // A selection has no verdict on the whole.
    assert_eq!(page["projects"][0]["verdict"], Value::Null);
    client.end();
}

#[test]
fn every_tool_answers_within_a_page() {
    let mut client = Client::start(&[INSECURE]);
    let checks = client.all("list", json!({}), "checks");
    let ids: Vec<&str> = checks
        .iter()
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        agentcore_harden::checks::all()
            .map(|check| check.id)
            .collect::<Vec<_>>()
    );
    for id in ids {
        let page = client.answer("explain", json!({"check": id}));
        let headings = page["sections"].as_array().unwrap().iter();
        let headings: Vec<&str> = headings
            .map(|one| one["heading"].as_str().unwrap())
            .collect();
        assert_eq!(
            headings,
            [
                "What it checks",
                "Why it matters",
                "How it decides",
                "Remediation"
            ]
        );
    }
    let steps = client.all("plan", json!({}), "steps");
    assert!(steps.iter().any(|step| step["kind"] == "edit"));
    let names = json!({"account": "123456789012", "region": "us-east-1"});
    for runtime in ["Helpdesk", "Portal", "Nightly"] {
        for kind in ["execution-role", "trust", "invoke", "command"] {
            let mut asked = names.clone();
            (asked["runtime"], asked["kind"]) = (json!(runtime), json!(kind));
            let statements = client.all("policy", asked, "statements");
            assert!(!statements.is_empty(), "{runtime} {kind}");
        }
    }
    let denied = "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k";
    let page = client.answer("diagnose", json!({"error": denied}));
    assert_eq!(
        (&page["kind"], &page["action"]),
        (&json!("access-denied"), &json!("s3:GetObject"))
    );
    let page = client.answer(
        "diagnose",
        json!({"error": "ThrottlingException: Rate exceeded on InvokeAgentRuntime"}),
    );
    assert!(
        page["quotas"].is_array() || page["kind"].is_string(),
        "{page}"
    );
    // {"alg":"none"} . {"iss":"https://idp.example.com","client_id":"app"}
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLmNvbSIsImNsaWVudF9pZCI6ImFwcCJ9.c2ln";
    let page = client.answer("token", json!({"token": token, "runtime": "Helpdesk"}));
    assert_eq!(page["claims"]["client_id"], "app");
    assert!(!page["steps"].as_array().unwrap().is_empty());
    client.end();
}

#[test]
fn what_is_not_served_is_refused_with_help() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |name: &str| {
        let to = folder.path().join(name).join("agentcore");
        fs::create_dir_all(&to).unwrap();
        fs::write(
            to.join("agentcore.json"),
            r#"{"name": "One", "version": 1}"#,
        )
        .unwrap();
    };
    copy("served/one");
    copy("served/two");
    copy("secret");
    let served = folder.path().join("served");
    std::os::unix::fs::symlink(folder.path().join("secret"), served.join("link")).unwrap();
    let mut client = Client::start(&[served.to_str().unwrap()]);
    for path in ["..", "../secret", "/", "link", "one/../../secret"] {
        for tool in ["check", "plan", "policy"] {
            let text = client.refused(tool, json!({"path": path}));
            assert!(text.contains("is outside of"), "{path}: {text}");
            assert!(text.contains("\nhelp: "), "{path}: {text}");
        }
    }
    let text = client.refused("check", json!({"path": "three"}));
    assert!(text.contains("three"), "{text}");
    // Several projects: all of them are audited, one has to be named where one is meant.
    let page = client.answer("check", json!({}));
    assert_eq!(page["projects"].as_array().unwrap().len(), 2);
    assert!(page["findings"][0]["project"].is_string());
    let text = client.refused("plan", json!({}));
    assert!(text.contains("one, two"), "{text}");
    client.answer("plan", json!({"path": "two"}));
    // Standard input is the client's: nothing reads it in a tool.
    let text = client.refused("diagnose", json!({"error": "-", "path": "one"}));
    assert!(text.contains("no error was given"), "{text}");
    let text = client.refused("token", json!({"token": " - "}));
    assert!(text.contains("no token was given"), "{text}");
    let text = client.refused("explain", json!({"check": "auth-inbound-typ"}));
    assert!(
        text.contains("did you mean \"auth-inbound-type\"?"),
        "{text}"
    );
    let text = client.refused("check", json!({"fix": true}));
    assert!(text.contains("unknown field `fix`"), "{text}");
    let text = client.refused("check", json!({"only": ["nothing"]}));
    assert!(text.contains("no check or category"), "{text}");
    let unknown = client.ask("tools/call", json!({"name": "measure", "arguments": {}}));
    assert!(
        unknown["error"]["message"]
            .as_str()
            .unwrap()
            .contains("no tool \"measure\"")
    );
    client.end();
}

#[test]
fn nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(INSECURE),
        folder.path(),
    );
    let before = everything(folder.path());
    let mut client = Client::start(&[folder.path().to_str().unwrap()]);
    client.answer("check", json!({}));
    client.answer("plan", json!({}));
    client.answer(
        "check",
        json!({"detail": true, "status": ["fail", "manual", "skipped", "pass"]}),
    );
    client.end();
    assert_eq!(everything(folder.path()), before);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn everything(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        let name = entry.path().display().to_string();
        files.insert(name, fs::read(entry.path()).unwrap_or_default());
    }
    files
}

/// A server goes on for days: what an audit read is let go of when it is answered.
#[cfg(target_os = "linux")]
#[test]
fn an_audit_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("desk");
    copy(Path::new(INSECURE), &project);
    let code = project.join("app/Helpdesk");
    let functions = (0..5000).map(|number| {
        format!("def f{number}(text, limit=10):\n    parts = text.split(',')\n    return [part.strip() for part in parts if len(part) < limit]\n\n\n")
    });
    fs::write(code.join("many.py"), functions.collect::<String>()).unwrap();
    let main = fs::read_to_string(code.join("main.py")).unwrap();
    fs::write(code.join("main.py"), format!("import many\n{main}")).unwrap();
    let mut client = Client::start(&[project.to_str().unwrap()]);
    let resident = |client: &Client| {
        let status = fs::read_to_string(format!("/proc/{}/status", client.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        kilobytes.unwrap().parse::<u64>().unwrap()
    };
    let mut sizes = Vec::new();
    for _ in 0..14 {
        client.answer("check", json!({}));
        sizes.push(resident(&client));
    }
    client.end();
    // What is read of it takes some 16 MB; what the allocator keeps for each thread is there after a few calls.
    let (early, late) = (sizes[6], sizes[13]);
    assert!(late < early + 60_000, "{sizes:?} KB");
}

/// Calls do not wait for each other, and answers find their way back.
#[test]
fn calls_run_side_by_side() {
    let mut client = Client::start(&[INSECURE]);
    for id in 100..108 {
        let tool = if id % 2 == 0 { "check" } else { "list" };
        client.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": {}}}));
    }
    let mut answers = BTreeMap::new();
    while answers.len() < 8 {
        let mut line = String::new();
        client.from.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        answers.insert(answer["id"].as_u64().unwrap(), answer);
    }
    for (id, answer) in &answers {
        let list = if id % 2 == 0 { "findings" } else { "checks" };
        assert!(answer["result"]["structuredContent"][list].is_array());
    }
    client.end();
}

#[test]
fn a_client_that_does_not_speak_the_protocol_is_told() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .args(["mcp", INSECURE])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Closed at once: whoever only looks whether it starts.
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let none = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .args(["mcp", "/nowhere"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("help: "));
}
