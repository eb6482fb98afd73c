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
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";
/// The longest that a run may take where many run side by side: the program gives AWS a minute.
const LONGEST: Duration = Duration::from_secs(300);
/// How long a slow server says nothing: longer than the program waits.
const SLOW: Duration = Duration::from_secs(90);

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

/// What a server does wrong.
#[derive(Clone, Debug)]
struct Wrong {
    fault: Fault,
    /// The operation that has the fault.
    on: String,
    /// An operation that is denied whatever else.
    denied: String,
    /// From the operation on every call has the fault.
    from_then_on: bool,
    /// It was called.
    met: Arc<AtomicBool>,
}

impl Wrong {
    fn new(fault: Fault, on: &str, denied: &str) -> Self {
        Self {
            fault,
            on: on.to_owned(),
            denied: denied.to_owned(),
            from_then_on: false,
            met: Arc::default(),
        }
    }

    fn of(&self, operation: &str) -> Fault {
        if operation == self.denied {
            return Fault::Denied;
        }
        if operation == self.on {
            self.met.store(true, Ordering::SeqCst);
            return self.fault;
        }
        match self.from_then_on && self.met.load(Ordering::SeqCst) {
            true => self.fault,
            false => Fault::None,
        }
    }
}

impl Aws {
    fn start(wrong: Wrong) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let counts = Arc::clone(&seen);
        // The thread ends with the test program.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counts, wrong) = (Arc::clone(&counts), wrong.clone());
                thread::spawn(move || serve(stream, &wrong, &counts));
            }
        });
        Self { port, seen }
    }
}

fn serve(mut stream: TcpStream, wrong: &Wrong, counts: &Mutex<BTreeMap<String, usize>>) {
    let Some(request) = read(&mut stream) else {
        return;
    };
    let number = {
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(request.operation.clone()).or_default();
        *count += 1;
        *count
    };
    let fault = wrong.of(&request.operation);
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
        thread::sleep(SLOW);
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
        ("GET", ["harnesses", _]) => "GetHarness",
        ("GET", ["capacity-providers", _]) => "GetCapacityProvider",
        ("GET", ["gateways", _, "targets", _]) => "GetGatewayTarget",
        ("GET", ["policy-engines", _]) => "GetPolicyEngine",
        ("GET", ["policy-engines", _, "policies"]) => "ListPolicies",
        ("GET", ["online-evaluation-configs", _]) => "GetOnlineEvaluationConfig",
        ("GET", ["2019-09-30", "functions", _, "provisioned-concurrency"]) => {
            "ListProvisionedConcurrencyConfigs"
        }
        ("POST", ["identities", name]) => return (*name).to_owned(),
        // An operation of X-Ray is its path.
        ("POST", [name]) if name.starts_with("Get") => return (*name).to_owned(),
        _ => return format!("{method} {path}"),
    };
    name.to_owned()
}

const RUNTIME: &str = "Shop_Main-abcdefghij";
/// A runtime that the deployed state does not know: it is sought by its name.
const BOX: &str = "Shop_Box-abcdefghij";

/// What a careless account answers: much of it fails, so that a wrong pass would be seen.
fn answer(operation: &str) -> String {
    let policy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22bedrock-agentcore.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    let role = format!("arn:aws:iam::{ACCOUNT}:role/main");
    let runtime = format!("arn:aws:bedrock-agentcore:us-east-1:{ACCOUNT}:runtime/{RUNTIME}");
    let of = |path: &str| format!("arn:aws:bedrock-agentcore:us-east-1:{ACCOUNT}:{path}");
    let (day, second) = ("2026-01-01T00:00:00Z", 1_767_225_600);
    match operation.split_once(':').map_or("", |(_, name)| name) {
        "GetCallerIdentity" => format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:sts::{ACCOUNT}:assumed-role/a/b</Arn><UserId>u</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
        "GetAccountAuthorizationDetails" => format!(
            "<GetAccountAuthorizationDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated><UserDetailList/><GroupDetailList/><Policies/><RoleDetailList><member><Path>/</Path><RoleName>main</RoleName><RoleId>AROAX</RoleId><Arn>{role}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument><InstanceProfileList/><RolePolicyList><member><PolicyName>all</PolicyName><PolicyDocument>{policy}</PolicyDocument></member></RolePolicyList><AttachedManagedPolicies><member><PolicyName>Reads</PolicyName><PolicyArn>arn:aws:iam::aws:policy/Reads</PolicyArn></member></AttachedManagedPolicies></member></RoleDetailList></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
        ),
        "GetRole" => format!(
            "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role><Path>/</Path><RoleName>main</RoleName><RoleId>AROAX</RoleId><Arn>{role}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>"
        ),
        "ListRolePolicies" => "<ListRolePoliciesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListRolePoliciesResult><IsTruncated>false</IsTruncated><PolicyNames><member>all</member></PolicyNames></ListRolePoliciesResult></ListRolePoliciesResponse>".to_owned(),
        "SimulatePrincipalPolicy" => "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member><EvalActionName>bedrock:InvokeModel</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>allowed</EvalDecision><OrganizationsDecisionDetail><AllowedByOrganizations>true</AllowedByOrganizations></OrganizationsDecisionDetail></member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>".to_owned(),
        "GetRolePolicy" => format!(
            "<GetRolePolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRolePolicyResult><RoleName>main</RoleName><PolicyName>all</PolicyName><PolicyDocument>{policy}</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>"
        ),
        "ListAttachedRolePolicies" => "<ListAttachedRolePoliciesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListAttachedRolePoliciesResult><IsTruncated>false</IsTruncated><AttachedPolicies><member><PolicyName>Reads</PolicyName><PolicyArn>arn:aws:iam::aws:policy/Reads</PolicyArn></member></AttachedPolicies></ListAttachedRolePoliciesResult></ListAttachedRolePoliciesResponse>".to_owned(),
        "GetPolicy" => "<GetPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetPolicyResult><Policy><PolicyName>Reads</PolicyName><Arn>arn:aws:iam::aws:policy/Reads</Arn><DefaultVersionId>v1</DefaultVersionId></Policy></GetPolicyResult></GetPolicyResponse>".to_owned(),
        "GetPolicyVersion" => format!(
            "<GetPolicyVersionResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetPolicyVersionResult><PolicyVersion><Document>{policy}</Document><VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion></PolicyVersion></GetPolicyVersionResult></GetPolicyVersionResponse>"
        ),
        "ListAgentRuntimes" => json!({"agentRuntimes": [{"agentRuntimeArn": runtime, "agentRuntimeId": BOX, "agentRuntimeVersion": "1",
            "agentRuntimeName": "Shop_Box", "description": "", "lastUpdatedAt": day, "status": "READY"}]}).to_string(),
        "GetAgentRuntime" => json!({"agentRuntimeArn": runtime, "agentRuntimeName": "Shop_Main", "agentRuntimeId": RUNTIME, "agentRuntimeVersion": "1",
            "createdAt": day, "lastUpdatedAt": day, "roleArn": role, "status": "READY",
            "networkConfiguration": {"networkMode": "PUBLIC"}, "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 900, "maxLifetime": 28800},
            "agentRuntimeArtifact": {"containerConfiguration": {"containerUri": format!("{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/shop:v1")}},
            "capacityProviderConfiguration": {"capacityProviderArn": format!("arn:aws:bedrock-agentcore:us-east-1:{ACCOUNT}:capacity-provider/cap-abcdefghij")},
            "environmentVariables": {"CRM_PASSWORD": "correct-horse-battery"}}).to_string(),
        "ListAgentRuntimeEndpoints" => json!({"runtimeEndpoints": [{"name": "DEFAULT", "liveVersion": "1", "agentRuntimeEndpointArn": format!("{runtime}/runtime-endpoint/DEFAULT"),
            "agentRuntimeArn": runtime, "status": "READY", "id": "DEFAULT", "createdAt": day, "lastUpdatedAt": day}]}).to_string(),
        "GetCapacityProvider" => json!({"capacityProviderId": "cap-abcdefghij", "capacityProviderArn": "arn", "name": "cap", "status": "ACTIVE", "createdAt": day, "lastUpdatedAt": day,
            "computeConfiguration": {"linux": {"privilegeMode": "PRIVILEGED"}}}).to_string(),
        "ListHarnesses" => json!({"harnesses": [{"harnessId": "Shop_Desk-abcdefghij", "harnessName": "Shop_Desk", "arn": of("harness/Shop_Desk-abcdefghij"), "status": "READY",
            "createdAt": day, "updatedAt": day}]}).to_string(),
        "GetHarness" => json!({"harness": {"harnessId": "Shop_Desk-abcdefghij", "harnessName": "Shop_Desk", "arn": of("harness/Shop_Desk-abcdefghij"), "status": "READY",
            "executionRoleArn": role, "createdAt": day, "updatedAt": day, "systemPrompt": [], "tools": [], "skills": [], "allowedTools": []}}).to_string(),
        "ListGateways" => json!({"items": [{"gatewayId": "shop-desk-abcdefghij", "name": "Shop-desk", "status": "READY", "createdAt": day, "updatedAt": day,
            "authorizerType": "NONE", "protocolType": "MCP"}]}).to_string(),
        "GetGateway" => json!({"gatewayId": "shop-desk-abcdefghij", "gatewayArn": of("gateway/shop-desk-abcdefghij"), "name": "Shop-desk", "status": "READY", "createdAt": day,
            "updatedAt": day, "authorizerType": "NONE", "protocolType": "MCP", "roleArn": role, "exceptionLevel": "DEBUG"}).to_string(),
        "ListGatewayTargets" => json!({"items": [{"targetId": "ABCDEFGHIJ", "name": "orders", "status": "READY", "createdAt": day, "updatedAt": day}]}).to_string(),
        "GetGatewayTarget" => json!({"gatewayArn": of("gateway/shop-desk-abcdefghij"), "targetId": "ABCDEFGHIJ", "name": "orders", "status": "READY", "createdAt": day, "updatedAt": day,
            "credentialProviderConfigurations": [], "targetConfiguration": {"mcp": {"lambda": {
                "lambdaArn": format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:orders"), "toolSchema": {"inlinePayload": []}}}}}).to_string(),
        "ListProvisionedConcurrencyConfigs" => json!({"ProvisionedConcurrencyConfigs": []}).to_string(),
        "ListMemories" => json!({"memories": [{"id": "Shop_Notes-abcdefghij", "arn": of("memory/Shop_Notes-abcdefghij"), "status": "ACTIVE", "createdAt": second, "updatedAt": second}]}).to_string(),
        "GetMemory" => json!({"memory": {"id": "Shop_Notes-abcdefghij", "arn": of("memory/Shop_Notes-abcdefghij"), "name": "Shop_Notes", "eventExpiryDuration": 365, "status": "ACTIVE",
            "createdAt": second, "updatedAt": second, "strategies": []}}).to_string(),
        "ListPolicyEngines" => json!({"policyEngines": [{"policyEngineId": "Shop_Guard-abcdefghij", "name": "Shop_Guard", "createdAt": day, "updatedAt": day,
            "policyEngineArn": of("policy-engine/Shop_Guard-abcdefghij"), "status": "ACTIVE", "statusReasons": []}]}).to_string(),
        "GetPolicyEngine" => json!({"policyEngineId": "Shop_Guard-abcdefghij", "name": "Shop_Guard", "createdAt": day, "updatedAt": day,
            "policyEngineArn": of("policy-engine/Shop_Guard-abcdefghij"), "status": "ACTIVE", "statusReasons": []}).to_string(),
        "ListPolicies" => json!({"policies": [{"policyId": "open-abcdefghij", "name": "open", "policyEngineId": "Shop_Guard-abcdefghij", "createdAt": day, "updatedAt": day,
            "policyArn": of("policy-engine/Shop_Guard-abcdefghij/policy/open-abcdefghij"), "status": "ACTIVE", "enforcementMode": "ACTIVE", "statusReasons": [],
            "definition": {"cedar": {"statement": "permit(principal, action, resource);"}}}]}).to_string(),
        "ListOnlineEvaluationConfigs" => json!({"onlineEvaluationConfigs": [{"onlineEvaluationConfigArn": of("online-evaluation-config/e-1"), "onlineEvaluationConfigId": "e-1",
            "onlineEvaluationConfigName": "watch", "status": "ACTIVE", "executionStatus": "ENABLED", "createdAt": second, "updatedAt": second}]}).to_string(),
        "GetOnlineEvaluationConfig" => json!({"onlineEvaluationConfigArn": of("online-evaluation-config/e-1"), "onlineEvaluationConfigId": "e-1", "onlineEvaluationConfigName": "watch",
            "status": "ACTIVE", "executionStatus": "DISABLED", "createdAt": second, "updatedAt": second, "evaluators": [{"evaluatorId": "Builtin.Helpfulness"}],
            "rule": {"samplingConfig": {"samplingPercentage": 0.01}}, "evaluationExecutionRoleArn": role,
            "dataSourceConfig": {"cloudWatchLogs": {"logGroupNames": [format!("/aws/bedrock-agentcore/runtimes/{RUNTIME}-DEFAULT")], "serviceNames": ["Shop_Main.DEFAULT"]}}}).to_string(),
        "ListApiKeyCredentialProviders" | "ListOauth2CredentialProviders" => json!({"credentialProviders": []}).to_string(),
        "DescribeImages" => json!({"imageDetails": [{"imageDigest": "sha256:00ff", "imageSizeInBytes": 2_100_000_000_u64}]}).to_string(),
        "DescribeTrails" => json!({"trailList": [{"Name": "all", "TrailARN": format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/all"), "IsMultiRegionTrail": true, "HomeRegion": "us-east-1"}]}).to_string(),
        "GetEventSelectors" => json!({"AdvancedEventSelectors": []}).to_string(),
        "GetTrailStatus" => json!({"IsLogging": false}).to_string(),
        "ListRules" => json!({"Rules": [{"Name": "commands", "Arn": format!("arn:aws:events:us-east-1:{ACCOUNT}:rule/commands"), "State": "ENABLED",
            "EventPattern": "{\"source\":[\"aws.bedrock-agentcore\"]}"}]}).to_string(),
        "ListTargetsByRule" => json!({"Targets": []}).to_string(),
        "ListEventBuses" => json!({"EventBuses": [{"Name": "default"}]}).to_string(),
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
    value["NextMarker"] = json!("again");
    value.to_string()
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: String| {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    let main = json!({"name": "Main", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main/", "runtimeVersion": "PYTHON_3_13",
        "networkMode": "PUBLIC", "protocol": "HTTP"});
    let mut boxed = main.clone();
    boxed["name"] = json!("Box");
    let config = json!({"name": "Shop", "version": 1, "managedBy": "CDK", "credentials": [], "runtimes": [main, boxed],
        "memories": [{"name": "Notes", "eventExpiryDuration": 30, "strategies": []}],
        "harnesses": [{"name": "Desk", "path": "app/Desk"}],
        "policyEngines": [{"name": "Guard", "policies": [{"name": "open", "statement": "permit(principal, action, resource);"}]}],
        "agentCoreGateways": [{"name": "desk", "authorizerType": "NONE", "policyEngineConfiguration": {"policyEngineName": "Guard", "mode": "ENFORCE"},
            "targets": [{"name": "orders", "targetType": "lambdaFunctionArn", "lambdaFunctionArn": {"lambdaArn": format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:orders"), "toolSchemaFile": "tools.json"}}]}],
        "onlineEvalConfigs": [{"name": "watch", "agent": "Main", "evaluators": ["Builtin.Helpfulness"], "samplingRate": 1}]});
    let runtime = format!("arn:aws:bedrock-agentcore:us-east-1:{ACCOUNT}:runtime/{RUNTIME}");
    let state = json!({"targets": {"default": {"resources": {"runtimes": {"Main": {"runtimeId": RUNTIME, "runtimeArn": runtime,
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/main")}}}}}});
    write("agentcore/agentcore.json", config.to_string());
    write("agentcore/.cli/deployed-state.json", state.to_string());
    write(
        "agentcore/aws-targets.json",
        json!([{"name": "default", "account": ACCOUNT, "region": "us-east-1"}]).to_string(),
    );
    write("tools.json", "[]".to_owned());
    let desk = json!({"name": "Desk", "model": {"provider": "bedrock", "modelId": "us.amazon.nova-pro-v1:0"}});
    write("app/Desk/harness.json", desk.to_string());
    write("app/Main/main.py", "import boto3\nfrom bedrock_agentcore.runtime import BedrockAgentCoreApp\n\napp = BedrockAgentCoreApp()\nmodels = boto3.client(\"bedrock-runtime\")\n\n\n@app.entrypoint\ndef invoke(payload):\n    return models.converse(modelId=\"amazon.nova-pro-v1:0\", messages=[])\n\n\napp.run()\n".to_owned());
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

/// An operation, and the run that those with a fault are held against.
struct Row<'a> {
    base: &'a Said,
    operation: &'a str,
    /// An operation that is denied in all of them: what stands in for it is called only then.
    denied: &'static str,
}

/// Runs one cell of the matrix and holds it against the run without a fault.
fn cell(project: &Path, row: &Row<'_>, fault: Fault) -> String {
    let Row {
        base,
        operation,
        denied,
    } = *row;
    let aws = Aws::start(Wrong::new(fault, operation, denied));
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

/// Reading roles one by one stands in for this one.
const ALL_ROLES: &str = "iam:GetAccountAuthorizationDetails";

#[test]
fn no_fault_of_aws_makes_a_pass_or_a_hang() {
    let folder = project();
    let project = folder.path();
    let without = |denied: &str| {
        let aws = Aws::start(Wrong::new(Fault::None, "", denied));
        let said = run(project, &aws, "without a fault");
        let seen: BTreeSet<String> = aws.seen.lock().unwrap().keys().cloned().collect();
        (said, seen)
    };
    let ((base, seen), (by_role, more)) = (without(""), without(ALL_ROLES));
    let asked: BTreeSet<&str> = seen.iter().chain(&more).map(String::as_str).collect();
    let documented: BTreeSet<&str> = agentcore_harden::collect::aws::ACTIONS
        .iter()
        .copied()
        .collect();
    let missing: Vec<&&str> = documented.difference(&asked).collect();
    assert!(missing.is_empty(), "nothing asks {missing:?}: {asked:?}");
    assert!(
        asked.iter().all(|name| !name.contains(' ')),
        "an operation has no name: {asked:?}"
    );
    let row = |operation| match seen.contains(operation) {
        true => Row {
            base: &base,
            operation,
            denied: "",
        },
        false => Row {
            base: &by_role,
            operation,
            denied: ALL_ROLES,
        },
    };
    let rows: Vec<Row<'_>> = asked.iter().map(|operation| row(*operation)).collect();
    let failing = base
        .results
        .values()
        .filter(|status| *status == "fail")
        .count();
    assert!(failing > 10, "{}", base.text);
    let whole = std::env::var_os("UPDATE_FAULTS").is_some();
    let faults: &[Fault] = if whole { &Fault::ALL } else { &Fault::QUICK };
    // Most of the time a run waits.
    let side_by_side = if whole { 8 } else { 4 };
    let jobs: Vec<(usize, usize)> = (0..rows.len())
        .flat_map(|row| (0..faults.len()).map(move |column| (row, column)))
        // In the short run every operation has one of the faults, and its neighbour the next.
        .filter(|(row, column)| whole || row % faults.len() == *column)
        .collect();
    let next = Mutex::new(jobs.iter());
    let cells: Mutex<BTreeMap<(usize, usize), String>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..side_by_side {
            scope.spawn(|| {
                loop {
                    let job = next.lock().unwrap().next();
                    let Some(&(row, column)) = job else { return };
                    let cell = cell(project, &rows[row], faults[column]);
                    cells.lock().unwrap().insert((row, column), cell);
                }
            });
        }
    });
    let cells = cells.into_inner().unwrap();
    assert_eq!(cells.len(), jobs.len(), "a cell failed");
    if whole {
        fs::write("docs/aws-faults.md", table(&rows, &cells)).unwrap();
    }
}

/// Credentials that expire in the middle of a run: from a call on, every one is refused.
#[test]
fn credentials_that_expire_in_the_middle_make_no_pass() {
    let folder = project();
    let project = folder.path();
    let base = run(
        project,
        &Aws::start(Wrong::new(Fault::None, "", "")),
        "without a fault",
    );
    // What is read after the roles decides no result of this project by itself: what it would add stays unsaid, and nothing passes for it.
    for (on, decides) in [
        ("sts:GetCallerIdentity", true),
        ("bedrock-agentcore:ListAgentRuntimes", true),
        ("bedrock-agentcore:GetGateway", true),
        ("iam:GetPolicy", false),
        ("iam:SimulatePrincipalPolicy", false),
    ] {
        let wrong = Wrong {
            from_then_on: true,
            ..Wrong::new(Fault::Expired, on, "")
        };
        let said = run(project, &Aws::start(wrong), on);
        for (name, status) in &said.results {
            let before = base.results.get(name).map_or("", String::as_str);
            let worse = status == "pass" && before != "pass";
            assert!(!worse || said.status == 2, "{on}: {name} was {before}");
        }
        assert_ne!(said.status, 0, "{on}");
        if decides {
            assert_eq!(said.status, 2, "{on}");
            assert!(said.reasons.contains("denied"), "{on}: {:?}", said.reasons);
            assert!(said.skipped() > base.skipped(), "{on}");
            assert!(
                said.text.contains("sign in again"),
                "{on}: the words say what to do"
            );
        }
    }
}

fn table(rows: &[Row<'_>], cells: &BTreeMap<(usize, usize), String>) -> String {
    let mut text = String::from(
        "# What a fault of AWS does to a run\n\n\
         Written by `UPDATE_FAULTS=1 cargo test --test it faults::`. One operation at a time has one fault; the cell says how many results\n\
         more than without a fault are `skipped`. A throttled call is asked again, so that nothing is skipped for it. Where a result\n\
         passes by the configuration alone that AWS would fail, the run exits 2. What reads roles one by one is called where the account's\n\
         pages are denied, and its rows are held against that. No run hangs, and none whose results are skipped exits 0.\n\n",
    );
    let heads: Vec<&str> = Fault::ALL.iter().map(|fault| fault.words()).collect();
    let _ = writeln!(text, "| operation | {} |", heads.join(" | "));
    let _ = writeln!(text, "| --- |{}", " ---: |".repeat(heads.len()));
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<&str> = (0..heads.len())
            .map(|column| cells[&(number, column)].as_str())
            .collect();
        let _ = writeln!(text, "| `{}` | {} |", row.operation, cells.join(" | "));
    }
    text
}
