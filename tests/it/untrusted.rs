//! A project that is not trusted: too large for any stack, full of secrets in odd places, of special files, or hiding its findings.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The longest that a run of the unoptimized program may take on a busy machine.
const LONGEST: Duration = Duration::from_secs(120);
/// The most that a report of a hostile project may hold.
const MOST_BYTES: usize = 20_000_000;

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"));
    command
        .args(arguments)
        .current_dir(root)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

fn run(root: &Path, arguments: &[&str]) -> Output {
    let started = Instant::now();
    let output = command(root, arguments).output().unwrap();
    assert!(
        started.elapsed() < LONGEST,
        "{arguments:?}: {:?}",
        started.elapsed()
    );
    assert!(
        output.stdout.len() < MOST_BYTES,
        "{} bytes",
        output.stdout.len()
    );
    assert!(
        matches!(output.status.code(), Some(0..=2)),
        "{arguments:?}: {:?}",
        output.status
    );
    output
}

fn report(root: &Path, more: &[&str]) -> Value {
    let arguments = [&["check", "--offline", "--json"], more].concat();
    serde_json::from_slice(&run(root, &arguments).stdout).unwrap()
}

fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn runtime(name: &str) -> Value {
    json!({"name": name, "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main/", "runtimeVersion": "PYTHON_3_13",
           "networkMode": "PUBLIC", "protocol": "HTTP"})
}

/// A project of these runtimes; `more` are further members of `agentcore.json`.
fn project(runtimes: &Value, more: Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut config = json!({"name": "Shop", "version": 1, "managedBy": "CDK", "memories": [], "credentials": [], "runtimes": runtimes});
    for (key, value) in more.as_object().into_iter().flatten() {
        config[key] = value.clone();
    }
    write(
        folder.path(),
        "agentcore/agentcore.json",
        &config.to_string(),
    );
    write(
        folder.path(),
        "app/Main/main.py",
        "from bedrock_agentcore.runtime import BedrockAgentCoreApp\napp = BedrockAgentCoreApp()\n\n@app.entrypoint\ndef invoke(payload):\n    try:\n        return {}\n    except Exception:\n        pass\n\napp.run()\n",
    );
    folder
}

fn limited(report: &Value) -> bool {
    let results = report["results"].as_array().unwrap();
    let passes = results.iter().any(|result| result["status"] == "pass");
    let limits = results
        .iter()
        .any(|result| result["reason"]["code"] == "limit");
    limits && !passes
}

#[test]
fn what_no_stack_holds_is_judged_in_part_and_nothing_passes() {
    let many = |count: usize| -> Value { (0..count).map(|n| runtime(&format!("R{n}"))).collect() };
    let same: Value = (0..1_000).map(|_| runtime("R")).collect();
    let mut variables = runtime("Main");
    variables["envVars"] = (0..10_000)
        .map(|_| json!({"name": "API_KEY", "value": "x"}))
        .collect();
    let gateways: Value = (0..1_000)
        .map(|n| json!({"name": format!("g{n}"), "authorizerType": "NONE", "targets": []}))
        .collect();
    for (what, folder) in [
        ("runtimes", project(&many(1_000), json!({}))),
        ("runtimes of one name", project(&same, json!({}))),
        ("variables", project(&json!([variables]), json!({}))),
        (
            "gateways",
            project(&many(1), json!({"agentCoreGateways": gateways})),
        ),
    ] {
        assert!(limited(&report(folder.path(), &[])), "{what}");
    }
    // What a project may hold is judged as a whole.
    assert!(!limited(&report(project(&many(5), json!({})).path(), &[])));
}

#[test]
fn a_policy_that_is_named_a_hundred_times_is_one_policy() {
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": vec![statement; 200]});
    let mut sizes = Vec::new();
    for times in [1, 100] {
        let mut main = runtime("Main");
        main["additionalPolicies"] = vec!["pol.json"; times].into();
        let folder = project(&json!([main]), json!({}));
        write(folder.path(), "app/Main/pol.json", &policy.to_string());
        let report = report(folder.path(), &["--only", "iam-broad-permissions"]);
        let failed = report["results"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["status"] == "fail");
        assert!(failed, "{report}");
        sizes.push(report.to_string().len());
    }
    assert!(sizes[1] < 2 * sizes[0], "{sizes:?}");
}

#[test]
fn no_ignore_file_beyond_the_bounds_makes_a_pass() {
    let folder = project(&json!([runtime("Main")]), json!({}));
    write(folder.path(), ".gitignore", &"a*".repeat(100_000));
    assert!(limited(&report(folder.path(), &[])));
}

/// Made-up secrets of kinds that no form gives away.
fn secrets() -> [String; 3] {
    [
        ["b4ddbe45-cf64-42b0", "-ac3a-4acdd7f9fcc5"].concat(),
        ["9f86d081884c7d65", "9a2feaa0c55ad015"].concat(),
        ["sk-ant-api03-", &"q7Zx".repeat(23), "Kd-5wAAAAAA"].concat(),
    ]
}

#[test]
fn no_format_shows_a_secret_that_was_recognised_anywhere() {
    for secret in secrets() {
        let mut main = runtime("Main");
        main["additionalPolicies"] = json!(["pol.json"]);
        main["envVars"] =
            json!([{"name": "API_KEY", "value": secret}, {"name": "MODE", "value": secret}]);
        let folder = project(&json!([main]), json!({}));
        let root = folder.path();
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"StringEquals": {"sts:ExternalId": secret}}}]});
        write(root, "app/Main/pol.json", &policy.to_string());
        write(
            root,
            "scripts/call.sh",
            &format!(
                "export API_KEY={secret}\naws bedrock-agentcore invoke-agent-runtime --payload {secret}\n"
            ),
        );
        let template = json!({"Resources": {"R": {"Type": "AWS::BedrockAgentCore::Runtime", "Properties": {"AgentRuntimeName": "Shop_Main",
            "EnvironmentVariables": {"API_KEY": secret, "MODE": secret, "DB": {"Fn::Sub": format!("postgres://u:{secret}@${{AWS::Region}}")}}}}}});
        write(
            root,
            "agentcore/cdk/cdk.out/AgentCore-Shop-default.template.json",
            &template.to_string(),
        );
        write(root, "agentcore/aws-targets.json", &json!([{"name": "default", "account": "123456789012", "region": "us-east-1", "key": secret}]).to_string());
        let state = json!({"targets": {"default": {"resources": {"runtimes": {"Main": {"runtimeId": secret, "runtimeArn": secret, "roleArn": secret}},
            "credentials": {"a": {"secret": secret}}}}}});
        write(
            root,
            "agentcore/.cli/deployed-state.json",
            &state.to_string(),
        );
        let rule = format!(
            "[[ignore]]\ncheck = \"eval-online\"\nresource = \"Main\"\nreason = \"{secret}\"\n"
        );
        write(root, "agentcore-harden.toml", &rule);
        let shows = |output: &Output| {
            let text = [output.stdout.as_slice(), &output.stderr].concat();
            let text = String::from_utf8_lossy(&text).into_owned();
            let tail = &secret[6..];
            (0..tail.len() - 8)
                .find(|at| text.contains(&tail[*at..*at + 8]))
                .map(|at| {
                    let place = text.find(&tail[at..at + 8]).unwrap_or(0);
                    text.chars()
                        .skip(text[..place].chars().count().saturating_sub(80))
                        .take(160)
                        .collect::<String>()
                })
        };
        for format in [
            "text", "concise", "json", "sarif", "markdown", "junit", "github", "gitlab",
        ] {
            let mut arguments = vec!["check", "--offline", "--format", format];
            if format == "text" {
                arguments.push("--verbose");
            }
            assert_eq!(shows(&run(root, &arguments)), None, "{format}");
        }
        assert_eq!(
            shows(&run(root, &["check", "--offline", "--fix", "--dry-run"])),
            None,
            "the diff"
        );
        assert_eq!(shows(&run(root, &["plan", "--offline"])), None, "the plan");
        assert_eq!(shows(&run(root, &["policy"])), None, "the policy");
        // What is wrong in the settings is quoted in an error.
        for fault in [
            format!("\"{secret}\" = 1\n"),
            format!("fail-on = \"{secret}\"\n"),
        ] {
            write(root, "agentcore-harden.toml", &fault);
            let output = run(root, &["check", "--offline"]);
            assert_eq!(output.status.code(), Some(2), "{fault}");
            assert_eq!(shows(&output), None, "{fault}");
        }
    }
}

#[test]
fn what_hides_findings_is_counted_and_can_be_refused() {
    let folder = project(&json!([runtime("Main")]), json!({}));
    let root = folder.path();
    let plain = report(root, &[]);
    let failing: Vec<&str> = plain["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["status"] == "fail" && result["severity"] != "low")
        .filter_map(|result| result["check"].as_str())
        .collect();
    let [hidden, lowered, ..] = failing.as_slice() else {
        panic!("{failing:?}");
    };
    let rules = format!(
        "fail-on = \"never\"\n\n[severity]\n{lowered} = \"low\"\n\n[[ignore]]\ncheck = \"{hidden}\"\nresource = \"Main\"\nreason = \"no\"\n"
    );
    write(root, "agentcore-harden.toml", &rules);
    let believed = report(root, &[]);
    assert!(
        believed["summary"]["lowered"].as_u64().unwrap() > 0,
        "{}",
        believed["summary"]
    );
    let text = run(root, &["check", "--offline"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(
        text.contains("lowered") && text.contains("sets fail-on to never"),
        "{text}"
    );
    let refused = report(root, &["--no-project-config"]);
    assert_eq!(refused["summary"]["fail"], plain["summary"]["fail"]);
    assert_eq!(refused["summary"]["ready"], false);
    assert!(
        refused["notes"]
            .to_string()
            .contains("was not read (--no-project-config)"),
        "{}",
        refused["notes"]
    );
    // A baseline inside of the project is the project's word, too.
    run(
        root,
        &[
            "check",
            "--offline",
            "--quiet",
            "--baseline",
            "known.json",
            "--update-baseline",
        ],
    );
    let output = run(
        root,
        &[
            "check",
            "--offline",
            "--no-project-config",
            "--baseline",
            "known.json",
        ],
    );
    assert_eq!(output.status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn special_files_cost_no_time_and_no_report() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    let folder = project(&json!([runtime("Main")]), json!({}));
    let root = folder.path();
    let code = root.join("app/Main");
    symlink(&code, code.join("loop")).unwrap();
    symlink("/", code.join("out")).unwrap();
    symlink("itself", code.join("itself")).unwrap();
    symlink("/dev/zero", code.join("zero.py")).unwrap();
    for name in ["fifo.py", ".gitignore", ".dockerignore", "requirements.txt"] {
        let made = Command::new("mkfifo")
            .arg(code.join(name))
            .status()
            .unwrap();
        assert!(made.success());
    }
    let _socket = UnixListener::bind(code.join("socket.py")).unwrap();
    let sparse = fs::File::create(code.join("model.py")).unwrap();
    sparse.set_len(2 << 30).unwrap();
    for (number, name) in [
        "a\u{1b}[2Jb.py",
        "c\nd.py",
        "e\u{202e}f.env",
        "::error::g.py",
    ]
    .iter()
    .enumerate()
    {
        write(&code, name, &format!("KEY{number} = 1\n"));
    }
    write(&code, "utf16.py", "\u{feff}x = 1\n");
    fs::write(code.join("latin.py"), b"# caf\xe9\nx = 1\n").unwrap();
    fs::write(code.join("nul.py"), b"x = 1\0\n").unwrap();
    let report = report(root, &[]);
    assert!(report["results"].as_array().unwrap().len() > 50);
}

#[cfg(unix)]
#[test]
fn a_pipe_that_closes_and_a_disk_that_is_full_are_told() {
    let folder = project(&json!([runtime("Main")]), json!({}));
    let root = folder.path();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = command(root, &["check", "--offline", "--json"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be written"));
    let mut child = command(root, &["check", "--offline", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut errors = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut errors)
        .unwrap();
    let status = child.wait().unwrap();
    assert!(
        matches!(status.code(), Some(0..=2)) && !errors.contains("panicked"),
        "{status}: {errors}"
    );
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_or_that_races_another_leaves_nothing_half_written() {
    let folder = project(&json!([runtime("Main")]), json!({}));
    let root = folder.path();
    // Beside the project: a report in it would be one of its files, and the next report another.
    let beside = tempfile::tempdir().unwrap();
    let report = beside.path().join("report.json");
    let arguments = [
        "check",
        "--offline",
        "--format",
        "json",
        "--output",
        report.to_str().unwrap(),
    ];
    let mut racing: Vec<_> = (0..3)
        .map(|_| command(root, &arguments).spawn().unwrap())
        .collect();
    for child in &mut racing {
        child.wait().unwrap();
    }
    let whole = fs::read_to_string(&report).unwrap();
    let value: Value = serde_json::from_str(&whole).unwrap();
    assert!(value["results"].as_array().is_some());
    for wait in [20, 100, 300] {
        let mut child = command(root, &arguments).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let _ = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        child.wait().unwrap();
        assert_eq!(fs::read_to_string(&report).unwrap(), whole);
    }
}

/// What a run costs: seconds of the processor, and the most memory that it held, in bytes.
#[cfg(target_os = "linux")]
struct Cost {
    seconds: f64,
    memory: u64,
}

/// Runs the program and reads from `/proc` what it costs, as long as it lives.
#[cfg(target_os = "linux")]
fn cost(root: &Path, arguments: &[&str]) -> (Output, Cost) {
    let out = tempfile::tempfile().unwrap();
    let mut child = command(root, arguments)
        .stdout(out.try_clone().unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let process = Path::new("/proc").join(child.id().to_string());
    let started = Instant::now();
    let mut cost = Cost {
        seconds: 0.0,
        memory: 0,
    };
    let status = loop {
        if let Ok(status) = fs::read_to_string(process.join("status")) {
            let peak = status
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:"))
                .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
            cost.memory = cost.memory.max(peak.unwrap_or(0) * 1024);
        }
        if let Ok(stat) = fs::read_to_string(process.join("stat")) {
            // User and system time stand in fields 14 and 15, in hundredths of a second; the name before them may hold anything.
            let fields: Vec<&str> = stat
                .rsplit(')')
                .next()
                .unwrap_or_default()
                .split_whitespace()
                .collect();
            let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
            cost.seconds = (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0;
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > LONGEST {
            child.kill().unwrap();
            panic!("{arguments:?}: the run does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut stdout = Vec::new();
    let mut out = out;
    std::io::Seek::rewind(&mut out).unwrap();
    out.read_to_end(&mut stdout).unwrap();
    let output = Output {
        status,
        stdout,
        stderr: Vec::new(),
    };
    assert!(matches!(output.status.code(), Some(0..=2)), "{status}");
    (output, cost)
}

/// The most memory that any input below 5 MB may cost.
#[cfg(target_os = "linux")]
const MOST_MEMORY: u64 = 500 << 20;

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_thousand_files_and_a_sparse_one_cost_bounded_memory() {
    let folder = project(&json!([runtime("Main")]), json!({}));
    let root = folder.path();
    for number in 0..1_000 {
        let of = root.join(format!("data/{number}"));
        fs::create_dir_all(&of).unwrap();
        for file in 0..100 {
            fs::File::create(of.join(format!("{file}.txt"))).unwrap();
        }
    }
    for path in ["app/Main/huge.py", "app/Main/.env", "agentcore/huge.json"] {
        let sparse = fs::File::create(root.join(path)).unwrap();
        sparse.set_len(2 << 30).unwrap();
    }
    let (output, cost) = cost(root, &["check", "--offline", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["results"].as_array().unwrap().len() > 50);
    assert!(cost.memory < MOST_MEMORY, "{} bytes", cost.memory);
    assert!(cost.seconds < 60.0, "{} seconds", cost.seconds);
}

/// Root reads everything: the folders are then none that cannot be read, and the run is an ordinary one.
#[cfg(unix)]
#[test]
fn folders_that_cannot_be_read_or_written_are_reported() {
    use std::os::unix::fs::PermissionsExt;
    let folder = project(&json!([runtime("Main")]), json!({}));
    let root = folder.path();
    let closed = root.join("app/Main/closed");
    let sealed = root.join("sealed");
    for path in [&closed, &sealed] {
        fs::create_dir_all(path).unwrap();
    }
    fs::write(closed.join("part.py"), "x = 1\n").unwrap();
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&closed, 0o000);
    mode(&sealed, 0o555);
    let report = report(root, &[]);
    assert!(report["results"].as_array().unwrap().len() > 50);
    let file = sealed.join("report.json");
    let arguments = ["check", "--offline", "--json", "--output"];
    let output = run(root, &[&arguments[..], &[file.to_str().unwrap()]].concat());
    let root_user = fs::File::create(sealed.join("probe")).is_ok();
    if root_user {
        assert!(file.exists());
    } else {
        assert_eq!(output.status.code(), Some(2));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("report.json"), "{errors}");
        assert_eq!(fs::read_dir(&sealed).unwrap().count(), 0);
    }
    mode(&closed, 0o755);
    mode(&sealed, 0o755);
}

/// A project whose handler runs these statements.
#[cfg(target_os = "linux")]
fn program(body: &str) -> tempfile::TempDir {
    let folder = project(&json!([runtime("Main")]), json!({}));
    let text = format!(
        "import os\nimport subprocess\nfrom bedrock_agentcore.runtime import BedrockAgentCoreApp\nfrom strands import Agent\n\n\
         app = BedrockAgentCoreApp()\nagent = Agent()\n\n\n@app.entrypoint\ndef invoke(payload):\n{body}"
    );
    write(folder.path(), "app/Main/main.py", &text);
    folder
}

/// Input that once cost the square of its length: four times as much of it may not cost sixteen times the time.
#[cfg(target_os = "linux")]
#[test]
fn what_grows_costs_no_more_than_it_grows() {
    type Made = fn(usize) -> tempfile::TempDir;
    let requirements: Made = |count| {
        let folder = project(&json!([runtime("Main")]), json!({}));
        let lines: String = (0..count).map(|n| format!("p{n}==1.0\n")).collect();
        write(folder.path(), "app/Main/requirements.txt", &lines);
        folder
    };
    let packages: Made = |count| {
        let mut main = runtime("Main");
        main["entrypoint"] = "main.ts".into();
        main["runtimeVersion"] = "NODE_22".into();
        let folder = project(&json!([main]), json!({}));
        let all: serde_json::Map<String, Value> = (0..count)
            .map(|n| (format!("p{n}"), json!("^1.0.0")))
            .collect();
        let package = json!({"name": "x", "dependencies": all});
        write(folder.path(), "app/Main/main.ts", "export const a = 1;\n");
        write(folder.path(), "app/Main/package.json", &package.to_string());
        folder
    };
    let stages: Made = |count| {
        let mut main = runtime("Main");
        main["build"] = "Container".into();
        let folder = project(&json!([main]), json!({}));
        let lines: String = (0..count)
            .map(|n| format!("FROM python:3.13 AS s{n}\n"))
            .collect();
        write(folder.path(), "app/Main/Dockerfile", &lines);
        folder
    };
    let denies: Made = |count| {
        let mut main = runtime("Main");
        main["additionalPolicies"] = json!(["p.json"]);
        let folder = project(&json!([main]), json!({}));
        let statements: Value = (0..count)
            .flat_map(|n| {
                let allow = json!({"Effect": "Allow", "Action": "s3:*", "Resource": format!("arn:aws:s3:::b{n}")});
                [allow, json!({"Effect": "Deny", "Action": format!("s3:Put{n}*"), "Resource": "*"})]
            })
            .collect();
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        write(folder.path(), "app/Main/p.json", &policy.to_string());
        folder
    };
    let settings: Made = |count| {
        let folder = project(&json!([runtime("Main")]), json!({}));
        let lines: String = (0..count)
            .map(|n| format!("perf-unused-dependenciez{n} = \"low\"\n"))
            .collect();
        write(
            folder.path(),
            "agentcore-harden.toml",
            &format!("[severity]\n{lines}"),
        );
        folder
    };
    let commands: Made =
        |count| program(&"    subprocess.run(payload[\"a\"], shell=True)\n".repeat(count));
    let attempts: Made = |count| {
        let attempt = "    try:\n        agent(payload[\"a\"])\n    except Exception as error:\n        pass\n";
        program(&attempt.repeat(count))
    };
    let bindings: Made = |count| {
        let same = "    x = x\n".repeat(count);
        program(&format!("    x = payload[\"a\"]\n{same}    os.system(x)\n"))
    };
    let routes: Made = |count| {
        let routes: String = (0..count)
            .map(|n| {
                format!(
                    "@app.route(\"/r{n}\")\ndef r{n}(request):\n    return agent(request)\n\n\n"
                )
            })
            .collect();
        program(&format!("    return 1\n\n\n{routes}"))
    };
    let options: Made = |count| {
        let mut main = runtime("Main");
        main["entrypoint"] = "main.ts".into();
        main["runtimeVersion"] = "NODE_22".into();
        let folder = project(&json!([main]), json!({}));
        let body = "  x = await fetch(\"https://api.example.org\", x);\n".repeat(count);
        let text = format!(
            "export const handler = async (event: any) => {{\n  let x = event.x;\n{body}  return x;\n}};\n"
        );
        write(folder.path(), "app/Main/main.ts", &text);
        folder
    };
    let tools: Made = |count| {
        let mut main = runtime("Main");
        main["build"] = "Container".into();
        let folder = project(&json!([main]), json!({}));
        let run = "apt-get install -y gcc && ".repeat(count);
        let text = format!("FROM python:3.13\nRUN {run}true\nCMD [\"python\", \"main.py\"]\n");
        write(folder.path(), "app/Main/Dockerfile", &text);
        folder
    };
    let policies: Made = |count| {
        let mut main = runtime("Main");
        main["additionalPolicies"] = (0..count).map(|n| format!("p{n}.json")).collect();
        project(&json!([main]), json!({}))
    };
    let imports: Made = |count| {
        let folder = program("    return 1\n");
        let lines: String = (0..count).map(|n| format!("import m{n}\n")).collect();
        let file = folder.path().join("app/Main/main.py");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, format!("{lines}{text}")).unwrap();
        folder
    };
    let classes: Made = |count| {
        let chain: String = (0..count)
            .map(|n| format!("class C{}(C{n}):\n    pass\n\n\n", n + 1))
            .collect();
        program(&format!(
            "    return 1\n\n\nclass C0:\n    pass\n\n\n{chain}"
        ))
    };
    let ignores: Made = |count| {
        let checks = "code-error-handling,".repeat(count);
        program(&format!(
            "    # agentcore-harden: ignore[{checks}] x\n    return 1\n"
        ))
    };
    let attributes: Made = |count| {
        let given = "        self.a = self.b\n        self.b = self.a\n".repeat(count);
        let asked = "        requests.get(self.a)\n".repeat(count);
        program(&format!(
            "    return A().f()\n\n\nimport requests\n\n\nclass A:\n    def __init__(self):\n{given}\n    def f(self):\n{asked}"
        ))
    };
    let environment: Made = |count| {
        let folder = project(&json!([runtime("Main")]), json!({}));
        let variables: serde_json::Map<String, Value> = (0..count)
            .map(|n| (format!("API_KEY_{n}"), json!(format!("h7Xtr0ub4d{n}"))))
            .collect();
        let template = json!({"Resources": {"R": {"Type": "AWS::BedrockAgentCore::Runtime", "Properties": {
            "AgentRuntimeName": "Shop_Main", "EnvironmentVariables": variables}}}});
        let path = "agentcore/cdk/cdk.out/AgentCore-Shop-default.template.json";
        write(
            folder.path(),
            path,
            &serde_json::to_string_pretty(&template).unwrap(),
        );
        folder
    };
    let cases: [(&str, Made, usize); 17] = [
        ("build tools", tools, 3_000),
        ("policies", policies, 2_000),
        ("imports", imports, 1_000),
        ("classes", classes, 1_000),
        ("ignores", ignores, 2_000),
        ("attributes", attributes, 200),
        ("environment", environment, 1_000),
        ("requirements", requirements, 5_000),
        ("packages", packages, 5_000),
        ("stages", stages, 1_000),
        ("denies", denies, 100),
        ("settings", settings, 5_000),
        ("commands", commands, 400),
        ("attempts", attempts, 400),
        ("bindings", bindings, 400),
        ("routes", routes, 200),
        ("options", options, 100),
    ];
    for (what, made, count) in cases {
        let of = |count| {
            let folder = made(count);
            let (output, cost) = cost(folder.path(), &["check", "--offline", "--json"]);
            assert!(output.stdout.len() < MOST_BYTES, "{what}");
            assert!(cost.memory < MOST_MEMORY, "{what}: {} bytes", cost.memory);
            cost.seconds
        };
        let (once, more) = (of(count), of(4 * count));
        // A second for what every run costs, and for a clock of hundredths.
        assert!(more < 8.0 * once + 1.0, "{what}: {once} s, then {more} s");
        assert!(more < 20.0, "{what}: {more} s");
    }
}

/// Code that leads back to itself, in each way that analyses follow: names, calls, streams, managers, middleware, schemas.
#[test]
fn code_that_leads_back_to_itself_is_judged() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/circles");
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 100, "{}", files.len());
    if !is_judged(&files) {
        let alone = files
            .iter()
            .filter(|file| !is_judged(std::slice::from_ref(file)));
        panic!("not judged: {:?}", alone.collect::<Vec<_>>());
    }
}

/// Whether the audit of a project with an agent of each file ends, and no check of it by an error of its own.
fn is_judged(files: &[PathBuf]) -> bool {
    let agents = files.iter().enumerate().map(|(number, file)| {
        let python = file.extension().is_some_and(|end| end == "py");
        let (main, version) = match python {
            true => ("main.py", "PYTHON_3_13"),
            false => ("main.ts", "NODE_22"),
        };
        let mut agent = runtime(&format!("Agent{number}"));
        agent["codeLocation"] = format!("app/Agent{number}/").into();
        agent["entrypoint"] = main.into();
        agent["runtimeVersion"] = version.into();
        (agent, format!("app/Agent{number}/{main}"))
    });
    let (agents, places): (Vec<Value>, Vec<String>) = agents.unzip();
    let folder = project(&agents.into(), json!({}));
    for (file, place) in files.iter().zip(places) {
        write(folder.path(), &place, &fs::read_to_string(file).unwrap());
    }
    let arguments = ["check", "--offline", "--json"];
    let output = command(folder.path(), &arguments).output().unwrap();
    let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) else {
        return false;
    };
    let mut results = report["results"].as_array().unwrap().iter();
    !results.any(|result| result["reason"]["code"] == "internal")
}

/// A schema that holds the one below it three times, twenty levels deep: three thousand millions of fields.
#[cfg(target_os = "linux")]
#[test]
fn schemas_that_hold_each_other_are_bounded() {
    let levels: String = (0..20)
        .map(|n| {
            format!(
                "S{} = {{\"type\": \"object\", \"properties\": {{\"a\": S{n}, \"b\": S{n}, \"c\": S{n}}}}}\n",
                n + 1
            )
        })
        .collect();
    let folder = program(&format!(
        "    jsonschema.validate(payload, S20)\n    return agent(payload[\"a\"])\n\n\nimport jsonschema\n\nS0 = {{\"type\": \"string\"}}\n{levels}"
    ));
    let (output, cost) = cost(folder.path(), &["check", "--offline", "--json"]);
    assert!(cost.seconds < 20.0, "{} s", cost.seconds);
    assert!(cost.memory < MOST_MEMORY, "{} bytes", cost.memory);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let passes =
        |result: &Value| result["check"] == "code-input-validation" && result["status"] == "pass";
    let mut results = report["results"].as_array().unwrap().iter();
    assert!(!results.any(passes), "{report}");
}

/// Statements and a boundary of patterns over all services, neither of which contains the other: each pair stands for thousands of actions.
#[cfg(target_os = "linux")]
#[test]
fn a_boundary_of_many_patterns_is_bounded() {
    let folder = project(&json!([runtime("Main")]), json!({}));
    let statements = |action: &str| -> Value {
        let one = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        vec![one; 80].into()
    };
    let document = |action| json!({"Version": "2012-10-17", "Statement": statements(action)});
    let template = json!({"Resources": {
        "Main": {"Type": "AWS::BedrockAgentCore::Runtime", "Properties": {"AgentRuntimeName": "Shop_Main", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}},
        "Limit": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document("*:*Get*")}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                "Principal": {"Service": "bedrock-agentcore.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
            "PermissionsBoundary": {"Ref": "Limit"},
            "Policies": [{"PolicyName": "all", "PolicyDocument": document("*:G*")}]}}}});
    let path = "agentcore/cdk/cdk.out/AgentCore-Shop-default.template.json";
    write(folder.path(), path, &template.to_string());
    let (output, cost) = cost(folder.path(), &["check", "--offline", "--json"]);
    assert!(cost.seconds < 30.0, "{} s", cost.seconds);
    assert!(cost.memory < MOST_MEMORY, "{} bytes", cost.memory);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fails =
        |result: &Value| result["check"] == "iam-broad-permissions" && result["status"] == "fail";
    let mut results = report["results"].as_array().unwrap().iter();
    assert!(results.any(fails), "{report}");
}

/// Tens of thousands of places say no more than the first hundreds, and how many there are.
#[test]
fn a_result_lists_a_bounded_number_of_places() {
    let folder = project(&json!([runtime("Main")]), json!({}));
    let calls = "    requests.get(payload[\"a\"])\n".repeat(2_000);
    let text = format!(
        "import requests\nfrom bedrock_agentcore.runtime import BedrockAgentCoreApp\n\napp = BedrockAgentCoreApp()\n\n\n@app.entrypoint\ndef invoke(payload):\n{calls}    return {{}}\n\n\napp.run()\n"
    );
    write(folder.path(), "app/Main/main.py", &text);
    let report = report(folder.path(), &[]);
    let mut cut = 0;
    for result in report["results"].as_array().unwrap() {
        let listed = result["evidence"].as_array().unwrap().len();
        assert!(listed <= 500, "{}: {listed}", result["check"]);
        if let Some(more) = result["leftOut"].as_u64() {
            cut += 1;
            assert_eq!(listed, 500);
            let message = result["message"].as_str().unwrap();
            assert!(
                message.contains(&format!("(500 of {} places are listed)", more + 500)),
                "{message}"
            );
        }
    }
    assert!(cut > 0, "no result has more");
    // The baseline knows every place: nothing new is reported in the next run.
    let beside = tempfile::tempdir().unwrap();
    let baseline = beside.path().join("known.json");
    let baseline = baseline.to_str().unwrap();
    run(
        folder.path(),
        &[
            "check",
            "--offline",
            "--quiet",
            "--baseline",
            baseline,
            "--update-baseline",
        ],
    );
    let known = self::report(folder.path(), &["--baseline", baseline]);
    assert_eq!(known["summary"]["fail"], 0, "{}", known["summary"]);
}
