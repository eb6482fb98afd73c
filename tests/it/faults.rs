//! Faults of AWS: every operation that a live run calls is denied, throttled, broken, slow, cut, garbled, expired or never done with
//! its pages, one at a time. None may make a result pass unnoticed that did not pass before, none may hang the run, and a retry must answer
//! what a retry can. The matrix in `docs/aws-faults.md` is written by `UPDATE_FAULTS=1`; without it a part of it is run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";
/// The longest that a run may take: the program gives AWS a minute.
const LONGEST: Duration = Duration::from_secs(90);

/// What goes wrong with one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Denied,
    ThrottledOnce,
    ThrottledTwice,
    Throttled,
    Broken,
    Slow,
    Cut,
    Garbled,
    Endless,
    Skewed,
    Expired,
    OtherAccount,
}

impl Fault {
    const ALL: [Self; 12] = [
        Self::Denied,
        Self::ThrottledOnce,
        Self::ThrottledTwice,
        Self::Throttled,
        Self::Broken,
        Self::Slow,
        Self::Cut,
        Self::Garbled,
        Self::Endless,
        Self::Skewed,
        Self::Expired,
        Self::OtherAccount,
    ];
    /// Those that take no time.
    const QUICK: [Self; 4] = [
        Self::Denied,
        Self::ThrottledOnce,
        Self::Garbled,
        Self::Expired,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Denied => "denied",
            Self::ThrottledOnce => "throttled once",
            Self::ThrottledTwice => "throttled twice",
            Self::Throttled => "throttled for good",
            Self::Broken => "500",
            Self::Slow => "slow",
            Self::Cut => "cut off",
            Self::Garbled => "garbled",
            Self::Endless => "endless pages",
            Self::Skewed => "clock skew",
            Self::Expired => "expired",
            Self::OtherAccount => "other account",
        }
    }

    /// A retry answers it.
    fn passes_by(self) -> bool {
        matches!(self, Self::ThrottledOnce | Self::ThrottledTwice)
    }
}

/// A request as far as it says what is asked.
struct Request {
    operation: String,
    /// How errors and answers are written: `xml` for the query protocol.
    xml: bool,
}

/// A server that stands in for AWS. `seen` counts the calls of each operation.
struct Aws {
    port: u16,
    seen: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Aws {
    fn start(fault: Fault, on: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let (counts, on) = (Arc::clone(&seen), on.to_owned());
        // The thread ends with the test program.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counts, on) = (Arc::clone(&counts), on.clone());
                thread::spawn(move || serve(stream, fault, &on, &counts));
            }
        });
        Self { port, seen }
    }
}

fn serve(mut stream: TcpStream, fault: Fault, on: &str, counts: &Mutex<BTreeMap<String, usize>>) {
    let Some(request) = read(&mut stream) else {
        return;
    };
    let number = {
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(request.operation.clone()).or_default();
        *count += 1;
        *count
    };
    let fault = if request.operation == on {
        fault
    } else {
        Fault::None
    };
    let good = answer(&request.operation);
    let (status, code, body) = match fault {
        Fault::Denied => (403, "AccessDenied", String::new()),
        Fault::ThrottledOnce if number == 1 => (429, "ThrottlingException", String::new()),
        Fault::ThrottledTwice if number <= 2 => (429, "ThrottlingException", String::new()),
        Fault::Throttled => (429, "ThrottlingException", String::new()),
        Fault::Broken => (500, "InternalFailure", String::new()),
        Fault::Skewed => (403, "RequestTimeTooSkewed", String::new()),
        Fault::Expired => (403, "ExpiredTokenException", String::new()),
        Fault::Garbled => (200, "", "{\"a\": [<".to_owned()),
        Fault::Endless => (200, "", endless(&good, request.xml)),
        Fault::OtherAccount => (200, "", good.replace(ACCOUNT, "210987654321")),
        _ => (200, "", good),
    };
    if fault == Fault::Slow {
        thread::sleep(LONGEST);
        return;
    }
    let body = match (code, request.xml) {
        ("", _) => body,
        (code, true) => format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        ),
        (code, false) => {
            let code = if code == "AccessDenied" {
                "AccessDeniedException"
            } else {
                code
            };
            json!({"__type": code, "message": "no"}).to_string()
        }
    };
    let kind = if request.xml {
        "text/xml"
    } else {
        "application/json"
    };
    let error = match code {
        "" => String::new(),
        "AccessDenied" => "x-amzn-errortype: AccessDeniedException\r\n".to_owned(),
        code => format!("x-amzn-errortype: {code}\r\n"),
    };
    let head = format!(
        "HTTP/1.1 {status} S\r\ncontent-type: {kind}\r\n{error}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let body = match fault {
        Fault::Cut => &body[..body.len() / 2],
        _ => &body,
    };
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend(&chunk[..count]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let length: usize = header("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    while bytes.len() < end + length {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend(&chunk[..count]),
        }
    }
    let body = String::from_utf8_lossy(&bytes[end..]).into_owned();
    let scope = header("authorization").unwrap_or_default();
    let service = scope.split('/').nth(3).unwrap_or("?").to_owned();
    if let Some(target) = header("x-amz-target") {
        let name = target.rsplit('.').next().unwrap_or_default().to_owned();
        return Some(Request {
            operation: format!("{service}:{name}"),
            xml: false,
        });
    }
    if let Some(action) = body
        .split('&')
        .find_map(|pair| pair.strip_prefix("Action="))
    {
        return Some(Request {
            operation: format!("{service}:{action}"),
            xml: true,
        });
    }
    let mut line = head.lines().next().unwrap_or_default().split(' ');
    let (method, path) = (
        line.next().unwrap_or_default(),
        line.next().unwrap_or_default(),
    );
    let path = path.split('?').next().unwrap_or_default();
    Some(Request {
        operation: format!("{service}:{}", rest(method, path)),
        xml: false,
    })
}

/// The name of an operation of a REST service.
fn rest(method: &str, path: &str) -> String {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let name = match (method, parts.as_slice()) {
        ("POST", ["runtimes"]) => "ListAgentRuntimes",
        ("GET", ["runtimes", _]) => "GetAgentRuntime",
        ("POST", ["runtimes", _, "runtime-endpoints"]) => "ListAgentRuntimeEndpoints",
        ("GET", ["resourcepolicy", ..]) => "GetResourcePolicy",
        ("GET", ["harnesses"]) => "ListHarnesses",
        ("GET", ["gateways"]) => "ListGateways",
        ("GET", ["gateways", _]) => "GetGateway",
        ("GET", ["gateways", _, "targets"]) => "ListGatewayTargets",
        ("POST", ["memories"]) => "ListMemories",
        ("GET", ["memories", _, "details"]) => "GetMemory",
        ("GET", ["policy-engines"]) => "ListPolicyEngines",
        ("POST", ["online-evaluation-configs"]) | ("GET", ["online-evaluation-configs"]) => {
            "ListOnlineEvaluationConfigs"
        }
        ("POST", ["identities", name]) => return (*name).to_owned(),
        // An operation of X-Ray is its path.
        ("POST", [name]) if name.starts_with("Get") => return (*name).to_owned(),
        _ => return format!("{method} {path}"),
    };
    name.to_owned()
}

const RUNTIME: &str = "Shop_Main-abcdefghij";

/// What a careless account answers: much of it fails, so that a wrong pass would be seen.
fn answer(operation: &str) -> String {
    let policy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22bedrock-agentcore.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    let role = format!("arn:aws:iam::{ACCOUNT}:role/main");
    let runtime = format!("arn:aws:bedrock-agentcore:us-east-1:{ACCOUNT}:runtime/{RUNTIME}");
    match operation.split_once(':').map_or("", |(_, name)| name) {
        "GetCallerIdentity" => format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:sts::{ACCOUNT}:assumed-role/a/b</Arn><UserId>u</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
        "GetAccountAuthorizationDetails" => format!(
            "<GetAccountAuthorizationDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated><UserDetailList/><GroupDetailList/><Policies/><RoleDetailList><member><Path>/</Path><RoleName>main</RoleName><RoleId>AROAX</RoleId><Arn>{role}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument><InstanceProfileList/><RolePolicyList><member><PolicyName>all</PolicyName><PolicyDocument>{policy}</PolicyDocument></member></RolePolicyList><AttachedManagedPolicies/></member></RoleDetailList></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
        ),
        "GetRole" => format!(
            "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role><Path>/</Path><RoleName>main</RoleName><RoleId>AROAX</RoleId><Arn>{role}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>"
        ),
        "ListRolePolicies" => "<ListRolePoliciesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListRolePoliciesResult><IsTruncated>false</IsTruncated><PolicyNames><member>all</member></PolicyNames></ListRolePoliciesResult></ListRolePoliciesResponse>".to_owned(),
        "SimulatePrincipalPolicy" => "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member><EvalActionName>bedrock:InvokeModel</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>allowed</EvalDecision><OrganizationsDecisionDetail><AllowedByOrganizations>true</AllowedByOrganizations></OrganizationsDecisionDetail></member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>".to_owned(),
        "GetRolePolicy" => format!(
            "<GetRolePolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRolePolicyResult><RoleName>main</RoleName><PolicyName>all</PolicyName><PolicyDocument>{policy}</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>"
        ),
        "ListAttachedRolePolicies" => "<ListAttachedRolePoliciesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListAttachedRolePoliciesResult><IsTruncated>false</IsTruncated><AttachedPolicies/></ListAttachedRolePoliciesResult></ListAttachedRolePoliciesResponse>".to_owned(),
        "ListAgentRuntimes" => json!({"agentRuntimes": [{"agentRuntimeArn": runtime, "agentRuntimeId": RUNTIME, "agentRuntimeVersion": "1",
            "agentRuntimeName": "Shop_Main", "description": "", "lastUpdatedAt": "2026-01-01T00:00:00Z", "status": "READY"}]}).to_string(),
        "GetAgentRuntime" => json!({"agentRuntimeArn": runtime, "agentRuntimeName": "Shop_Main", "agentRuntimeId": RUNTIME, "agentRuntimeVersion": "1",
            "createdAt": "2026-01-01T00:00:00Z", "lastUpdatedAt": "2026-01-01T00:00:00Z", "roleArn": role, "status": "READY",
            "networkConfiguration": {"networkMode": "PUBLIC"}, "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 900, "maxLifetime": 28800},
            "environmentVariables": {"CRM_PASSWORD": "correct-horse-battery"}}).to_string(),
        "ListAgentRuntimeEndpoints" => json!({"runtimeEndpoints": []}).to_string(),
        "ListHarnesses" => json!({"harnesses": []}).to_string(),
        "ListGateways" | "ListGatewayTargets" => json!({"items": []}).to_string(),
        "ListMemories" => json!({"memories": []}).to_string(),
        "ListPolicyEngines" => json!({"policyEngines": []}).to_string(),
        "ListOnlineEvaluationConfigs" => json!({"onlineEvaluationConfigs": []}).to_string(),
        "ListApiKeyCredentialProviders" | "ListOauth2CredentialProviders" => json!({"credentialProviders": []}).to_string(),
        "DescribeTrails" => json!({"trailList": []}).to_string(),
        "ListRules" => json!({"Rules": []}).to_string(),
        "ListEventBuses" => json!({"EventBuses": []}).to_string(),
        "DescribeLogGroups" => json!({"logGroups": []}).to_string(),
        "ListServiceQuotas" | "ListAWSDefaultServiceQuotas" => json!({"Quotas": []}).to_string(),
        _ => "{}".to_owned(),
    }
}

/// The same answer with word of another page, always.
fn endless(good: &str, xml: bool) -> String {
    if xml {
        return good.replace(
            "<IsTruncated>false</IsTruncated>",
            "<IsTruncated>true</IsTruncated><Marker>again</Marker>",
        );
    }
    let mut value: Value = serde_json::from_str(good).unwrap();
    value["nextToken"] = json!("again");
    value["NextToken"] = json!("again");
    value.to_string()
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: String| {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    let config = json!({"name": "Shop", "version": 1, "managedBy": "CDK", "memories": [], "credentials": [],
        "runtimes": [{"name": "Main", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main/", "runtimeVersion": "PYTHON_3_13",
                      "networkMode": "PUBLIC", "protocol": "HTTP"}]});
    let runtime = format!("arn:aws:bedrock-agentcore:us-east-1:{ACCOUNT}:runtime/{RUNTIME}");
    let state = json!({"targets": {"default": {"resources": {"runtimes": {"Main": {"runtimeId": RUNTIME, "runtimeArn": runtime,
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/main")}}}}}});
    write("agentcore/agentcore.json", config.to_string());
    write("agentcore/.cli/deployed-state.json", state.to_string());
    write(
        "agentcore/aws-targets.json",
        json!([{"name": "default", "account": ACCOUNT, "region": "us-east-1"}]).to_string(),
    );
    write("app/Main/main.py", "from bedrock_agentcore.runtime import BedrockAgentCoreApp\napp = BedrockAgentCoreApp()\n\n@app.entrypoint\ndef invoke(payload):\n    return {}\n\napp.run()\n".to_owned());
    folder
}

/// What one run said.
struct Said {
    status: i32,
    /// The status of each result, by check and resource.
    results: BTreeMap<String, String>,
    /// The codes of the reasons of what was not judged.
    reasons: BTreeSet<String>,
    text: String,
}

impl Said {
    fn skipped(&self) -> usize {
        self.results
            .values()
            .filter(|status| *status == "skipped")
            .count()
    }
}

fn run(project: &Path, aws: &Aws, what: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .args(["check", ".", "--live", "--json", "--endpoint-url"])
        .arg(format!("http://127.0.0.1:{}", aws.port))
        .current_dir(project)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "example")
        .env("AWS_SESSION_TOKEN", "example")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).map(|_| text)
    });
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > LONGEST {
            child.kill().unwrap();
            panic!("{what}: the run hangs");
        }
        thread::sleep(Duration::from_millis(20));
    };
    let text = reader.join().unwrap().unwrap();
    let report: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error}: {text}"));
    let mut said = Said {
        status: status.code().unwrap_or(-1),
        results: BTreeMap::new(),
        reasons: BTreeSet::new(),
        text,
    };
    for result in report["results"].as_array().into_iter().flatten() {
        let name = format!("{} {}", result["check"], result["resource"]);
        said.results.insert(
            name,
            result["status"].as_str().unwrap_or_default().to_owned(),
        );
        if let Some(code) = result["reason"]["code"]
            .as_str()
            .filter(|_| result["status"] == "skipped")
        {
            said.reasons.insert(code.to_owned());
        }
    }
    said
}

/// Runs one cell of the matrix and holds it against the run without a fault.
fn cell(project: &Path, base: &Said, operation: &str, fault: Fault) -> String {
    let aws = Aws::start(fault, operation);
    let what = format!("{operation} {}", fault.words());
    let said = run(project, &aws, &what);
    if fault.passes_by() {
        assert_eq!(said.text, base.text, "{what}: a retry answers it");
        return "0".to_owned();
    }
    for (name, status) in &said.results {
        let before = base.results.get(name).map_or("", String::as_str);
        // What the configuration alone shows may pass where the account shows more: the run says then that it was not read.
        let worse = status == "pass" && before != "pass";
        assert!(
            !worse || said.status == 2,
            "{what}: {name} was {before} and passes now"
        );
    }
    let more = said.skipped().saturating_sub(base.skipped());
    if said.results.is_empty() {
        assert_eq!(said.status, 2, "{what}");
        return "no report".to_owned();
    }
    if more > 0 {
        assert_ne!(said.status, 0, "{what}: what was not read cannot be ready");
    }
    if fault == Fault::Denied && more > 0 {
        assert!(
            said.reasons.contains("denied"),
            "{what}: {:?}",
            said.reasons
        );
    }
    format!("{more}")
}

#[test]
fn no_fault_of_aws_makes_a_pass_or_a_hang() {
    let folder = project();
    let project = folder.path();
    let aws = Aws::start(Fault::None, "");
    let base = run(project, &aws, "without a fault");
    let operations: Vec<String> = aws.seen.lock().unwrap().keys().cloned().collect();
    assert!(operations.len() >= 12, "{operations:?}");
    assert!(
        operations.iter().all(|name| !name.contains(' ')),
        "an operation has no name: {operations:?}"
    );
    let failing = base
        .results
        .values()
        .filter(|status| *status == "fail")
        .count();
    assert!(failing > 5, "{}", base.text);
    let whole = std::env::var_os("UPDATE_FAULTS").is_some();
    let faults: &[Fault] = if whole { &Fault::ALL } else { &Fault::QUICK };
    // Three at once: most of the time a run waits.
    let side_by_side = if whole { 6 } else { 3 };
    let jobs: Vec<(usize, usize)> = (0..operations.len())
        .flat_map(|row| (0..faults.len()).map(move |column| (row, column)))
        .collect();
    let next = Mutex::new(jobs.iter());
    let cells: Mutex<BTreeMap<(usize, usize), String>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..side_by_side {
            scope.spawn(|| {
                loop {
                    let job = next.lock().unwrap().next();
                    let Some(&(row, column)) = job else { return };
                    let cell = cell(project, &base, &operations[row], faults[column]);
                    cells.lock().unwrap().insert((row, column), cell);
                }
            });
        }
    });
    let cells = cells.into_inner().unwrap();
    assert_eq!(cells.len(), jobs.len(), "a cell failed");
    // Who calls is asked first: without an answer nothing is read.
    let identity = operations
        .iter()
        .position(|name| name == "sts:GetCallerIdentity")
        .unwrap();
    assert_ne!(cells[&(identity, 0)], "0");
    if whole {
        fs::write("docs/aws-faults.md", table(&operations, &cells)).unwrap();
    }
}

fn table(operations: &[String], cells: &BTreeMap<(usize, usize), String>) -> String {
    let mut text = String::from(
        "# What a fault of AWS does to a run\n\n\
         Written by `UPDATE_FAULTS=1 cargo test --test it faults::`. One operation at a time has one fault; the cell says how many results\n\
         more than without a fault are `skipped`. A throttled call is asked again, so that nothing is skipped for it. Where a result\n\
         passes by the configuration alone that AWS would fail, the run exits 2. No run takes longer than 90 seconds, and none whose results are skipped exits 0.\n\n",
    );
    let heads: Vec<&str> = Fault::ALL.iter().map(|fault| fault.words()).collect();
    let _ = writeln!(text, "| operation | {} |", heads.join(" | "));
    let _ = writeln!(text, "| --- |{}", " ---: |".repeat(heads.len()));
    for (row, operation) in operations.iter().enumerate() {
        let row: Vec<&str> = (0..heads.len())
            .map(|column| cells[&(row, column)].as_str())
            .collect();
        let _ = writeln!(text, "| `{operation}` | {} |", row.join(" | "));
    }
    text
}
