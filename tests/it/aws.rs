//! Collection from AWS against mocked answers: pages, denials in every protocol, throttling, garbage, what is not supported; and
//! snapshots, which replay to the same bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use agentcore_harden::cli::Cli;
use agentcore_harden::collect::aws::{Clients, Reads, Scope, Session, read};
use agentcore_harden::model::aws::{AwsState, Snapshot};
use agentcore_harden::model::known::{Known, ReasonCode, Unread};
use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_bedrockagentcorecontrol as agentcore;
use aws_sdk_iam as iam;
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use clap::Parser;

const ACCOUNT: &str = "123456789012";
const ROLE: &str = "arn:aws:iam::123456789012:role/main";

/// A client whose calls are answered by rules; what no rule answers gets an HTTP error.
macro_rules! client {
    ($sdk:ident, $rules:expr) => {{
        let rules: &[&Rule] = $rules;
        let interceptor = rules.iter().fold(
            MockResponseInterceptor::new()
                .rule_mode(RuleMode::MatchAny)
                .allow_passthrough(),
            |interceptor, rule| interceptor.with_rule(rule),
        );
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("us-east-1"))
                .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
                .retry_config(RetryConfig::disabled())
                .http_client(create_mock_http_client())
                .interceptor(interceptor)
                .build(),
        )
    }};
}

/// Answers of operations without a generated client, by their names: a status and a body. Every other gets an HTTP error.
#[derive(Clone, Debug, Default)]
struct Answers(BTreeMap<&'static str, (u16, &'static str)>);

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let path = request.uri().split('?').next().unwrap_or_default();
        let target = request.headers().get("x-amz-target").unwrap_or(path);
        let name = target.rsplit(['.', '/']).next().unwrap_or_default();
        let (status, body) = self.0.get(name).copied().unwrap_or((418, ""));
        HttpConnectorFuture::ready(Ok(answer(status, None, body)))
    }
}

impl Answers {
    fn client(&self) -> Reads {
        let connector = SharedHttpConnector::new(self.clone());
        let credentials = Credentials::new("id", "secret", None, None, "test");
        Reads::new(
            &SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("us-east-1"))
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .retry_config(RetryConfig::disabled())
                .http_client(http_client_fn(move |_, _| connector.clone()))
                .build(),
        )
    }
}

#[derive(Default)]
struct Mocks<'a> {
    iam: Vec<&'a Rule>,
    agentcore: Vec<&'a Rule>,
    reads: Answers,
}

fn session(mocks: &Mocks<'_>) -> Session {
    let identity = mock!(aws_sdk_sts::Client::get_caller_identity).then_output(|| {
        aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput::builder()
            .account(ACCOUNT)
            .arn("arn:aws:sts::123456789012:assumed-role/auditor/me")
            .build()
    });
    Session::new(
        Clients {
            sts: client!(aws_sdk_sts, &[&identity]),
            iam: client!(aws_sdk_iam, &mocks.iam),
            agentcore: client!(aws_sdk_bedrockagentcorecontrol, &mocks.agentcore),
            reads: mocks.reads.client(),
        },
        false,
    )
}

fn scope() -> Scope {
    Scope {
        project: "Support".to_owned(),
        account: Some(ACCOUNT.to_owned()),
        runtimes: [("Main".to_owned(), None)].into(),
        ..Scope::default()
    }
}

fn collect(mocks: &Mocks<'_>, scope: &Scope) -> Result<AwsState, Unread> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(read(&session(mocks), scope, "us-east-1"))
}

fn unread<T: std::fmt::Debug>(value: &Known<T>) -> &Unread {
    match value {
        Known::Unread(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn answer(status: u16, error: Option<&'static str>, body: &'static str) -> HttpResponse {
    let mut response =
        HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
    if let Some(error) = error {
        response.headers_mut().insert("x-amzn-errortype", error);
    }
    response
}

fn summary(number: usize, name: &str) -> agentcore::types::AgentRuntime {
    agentcore::types::AgentRuntime::builder()
        .agent_runtime_arn(format!(
            "arn:aws:bedrock-agentcore:us-east-1:{ACCOUNT}:runtime/r{number}"
        ))
        .agent_runtime_id(format!("{name}-{number:010}"))
        .agent_runtime_version("1")
        .agent_runtime_name(name)
        .description("")
        .last_updated_at(DateTime::from_secs(0))
        .status(agentcore::types::AgentRuntimeStatus::Ready)
        .build()
        .unwrap()
}

fn list_in_pages() -> Rule {
    let page = |from: usize, name: &'static str, next: Option<&'static str>| {
        move || {
            agentcore::operation::list_agent_runtimes::ListAgentRuntimesOutput::builder()
                .set_agent_runtimes(Some((from..from + 100).map(|n| summary(n, name)).collect()))
                .set_next_token(next.map(str::to_owned))
                .build()
                .unwrap()
        }
    };
    mock!(agentcore::Client::list_agent_runtimes)
        .sequence()
        .output(page(0, "Other", Some("2")))
        .output(page(100, "Support_Main", None))
        .build()
}

fn get_runtime() -> Rule {
    mock!(agentcore::Client::get_agent_runtime).then_compute_output(|input| {
        agentcore::operation::get_agent_runtime::GetAgentRuntimeOutput::builder()
            .agent_runtime_arn("arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/x")
            .agent_runtime_name("Support_Main")
            .agent_runtime_id(input.agent_runtime_id().unwrap())
            .agent_runtime_version("1")
            .created_at(DateTime::from_secs(0))
            .last_updated_at(DateTime::from_secs(0))
            .role_arn(ROLE)
            .status(agentcore::types::AgentRuntimeStatus::Ready)
            .lifecycle_configuration(
                agentcore::types::LifecycleConfiguration::builder()
                    .idle_runtime_session_timeout(900)
                    .max_lifetime(28800)
                    .build(),
            )
            .environment_variables("PASSWORD", "the-value-of-the-variable")
            .build()
            .unwrap()
    })
}

/// The account's roles, 100 a page, the project's own role on the last one.
fn details(roles: usize) -> Rule {
    let mut sequence = mock!(iam::Client::get_account_authorization_details).sequence();
    let pages = roles / 100;
    for page in 0..pages {
        sequence = sequence.output(move || {
            let role = |number: usize| {
                let name = if number + 1 == roles { "main".to_owned() } else { format!("other-{number:05}") };
                let action = if number.is_multiple_of(100) { "bedrock-agentcore:*" } else { "s3:GetObject" };
                iam::types::RoleDetail::builder()
                    .role_name(&name)
                    .path("/")
                    .arn(format!("arn:aws:iam::{ACCOUNT}:role/{name}"))
                    .assume_role_policy_document("%7B%22Version%22%3A%222012-10-17%22%7D")
                    .role_policy_list(
                        iam::types::PolicyDetail::builder()
                            .policy_name("p")
                            .policy_document(format!(
                                "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22{action}%22%2C%22Resource%22%3A%22*%22%7D%5D%7D"
                            ))
                            .build(),
                    )
                    .build()
            };
            iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput::builder()
                .set_role_detail_list(Some((page * 100..(page + 1) * 100).map(role).collect()))
                .is_truncated(page + 1 < pages)
                .set_marker((page + 1 < pages).then(|| format!("marker-{page}")))
                .build()
        });
    }
    sequence.build()
}

#[test]
fn a_runtime_is_found_on_a_later_page() {
    let (list, get) = (list_in_pages(), get_runtime());
    let mocks = Mocks {
        agentcore: vec![&list, &get],
        ..Mocks::default()
    };
    let state = collect(&mocks, &scope()).unwrap();
    assert_eq!(list.num_calls(), 2);
    let Known::Read(runtime) = state.runtime("Main") else {
        panic!("{:?}", state.runtimes);
    };
    assert_eq!(
        (runtime.idle_timeout, runtime.max_lifetime),
        (Some(900), Some(28800))
    );
    assert!(runtime.id.starts_with("Support_Main-"));
}

#[test]
fn twelve_hundred_roles_cost_pages_and_not_a_call_each() {
    let (list, get, details) = (list_in_pages(), get_runtime(), details(1200));
    let one = mock!(iam::Client::get_role).then_http_response(|| answer(500, None, ""));
    let mocks = Mocks {
        agentcore: vec![&list, &get],
        iam: vec![&details, &one],
        ..Mocks::default()
    };
    let state = collect(&mocks, &scope()).unwrap();
    assert_eq!((details.num_calls(), one.num_calls()), (12, 0));
    // Of 1,200 roles the 12 with a statement about AgentCore are kept, and the project's own in full.
    assert_eq!(state.principals.read().unwrap().len(), 12);
    let Known::Read(role) = state.role(ROLE) else {
        panic!("{:?}", state.roles);
    };
    assert_eq!(
        role.policies[0].document.read().unwrap()["Statement"][0]["Action"],
        "s3:GetObject"
    );
    assert_eq!(role.trust.as_ref().unwrap()["Version"], "2012-10-17");
}

#[test]
fn fields_that_are_newer_than_the_sdk_are_read_from_the_answer_as_sent() {
    const RUNTIME: &str = r#"{
        "agentRuntimeArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/x",
        "agentRuntimeName": "Support_Main", "agentRuntimeId": "Support_Main-x", "agentRuntimeVersion": "4",
        "createdAt": "2026-11-20T00:00:00Z", "lastUpdatedAt": "2026-11-21T00:00:00Z", "roleArn": "r", "status": "READY",
        "environmentVariables": {"POLICY": "0123456789"}, "platformVersion": "V2",
        "allowedPorts": [{"port": 9100}, {"portRange": {"from": 8000, "to": 8400}}],
        "capacityProviderConfiguration": {"capacityProviderArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:capacity-provider/cp-1"},
        "filesystemConfigurations": [{"s3BucketMount": {"bucket": "crm", "mountPath": "/mnt/crm", "prefix": "p/"}}],
        "hooksConfiguration": {"build": {"warmup": {"action": {"httpPost": {"path": "/warm"}}}}},
        "resourceConfigurations": [{"minimumMemoryInMiB": 4096}]
    }"#;
    const PROVIDER: &str = r#"{
        "capacityProviderId": "cp-1", "capacityProviderArn": "a", "name": "cp", "status": "READY",
        "createdAt": "2026-11-20T00:00:00Z", "lastUpdatedAt": "2026-11-20T00:00:00Z",
        "operatingSystemConfiguration": {"linux": {"privilegeMode": "PRIVILEGED"}}
    }"#;
    let list = list_in_pages();
    let get = mock!(agentcore::Client::get_agent_runtime)
        .then_http_response(|| answer(200, None, RUNTIME));
    let provider = mock!(agentcore::Client::get_capacity_provider)
        .then_http_response(|| answer(200, None, PROVIDER));
    let mocks = Mocks {
        agentcore: vec![&list, &get, &provider],
        ..Mocks::default()
    };
    let state = collect(&mocks, &scope()).unwrap();
    let Known::Read(runtime) = state.runtime("Main") else {
        panic!("{:?}", state.runtimes);
    };
    assert_eq!(runtime.platform_version.as_deref(), Some("V2"));
    assert_eq!(runtime.created, "2026-11-20T00:00:00Z");
    assert_eq!(runtime.env[0].bytes, Some(16));
    let ports: Vec<_> = runtime
        .allowed_ports
        .iter()
        .map(|one| (one.from, one.to))
        .collect();
    assert_eq!(ports, [(8000, 8400), (9100, 9100)]);
    let mount = &runtime.mounts[0];
    assert_eq!(
        (mount.kind.as_str(), mount.prefix.as_deref()),
        ("s3BucketMount", Some("p/"))
    );
    assert_eq!(runtime.warmup.as_ref().unwrap().path, "/warm");
    assert_eq!(runtime.minimum_memory_mib, Some(4096));
    let provider = runtime.capacity_provider.as_ref().unwrap();
    assert_eq!(
        provider.privilege_mode,
        Known::Read("PRIVILEGED".to_owned())
    );
}

#[test]
fn no_value_of_a_variable_is_kept() {
    let (list, get) = (list_in_pages(), get_runtime());
    let mocks = Mocks {
        agentcore: vec![&list, &get],
        ..Mocks::default()
    };
    let text = serde_json::to_string(&collect(&mocks, &scope()).unwrap()).unwrap();
    assert!(text.contains("PASSWORD") && text.contains("the-… (25 characters)"));
    assert!(!text.contains("value-of"));
}

#[test]
fn denied_pages_fall_back_to_the_projects_own_roles() {
    let (list, get) = (list_in_pages(), get_runtime());
    let denied = mock!(iam::Client::get_account_authorization_details).then_http_response(|| {
        answer(403, None, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>")
    });
    let role = mock!(iam::Client::get_role).then_output(|| {
        let role = iam::types::Role::builder()
            .path("/")
            .role_name("main")
            .role_id("AROA")
            .arn(ROLE)
            .create_date(DateTime::from_secs(0))
            .assume_role_policy_document("%7B%7D")
            .build();
        iam::operation::get_role::GetRoleOutput::builder()
            .role(role.unwrap())
            .build()
    });
    let inline = mock!(iam::Client::list_role_policies).then_output(|| {
        let builder = iam::operation::list_role_policies::ListRolePoliciesOutput::builder();
        builder.policy_names("own").build().unwrap()
    });
    let policy = mock!(iam::Client::get_role_policy).then_output(|| {
        iam::operation::get_role_policy::GetRolePolicyOutput::builder()
            .role_name("main")
            .policy_name("own")
            .policy_document("%7B%22Statement%22%3A%5B%5D%7D")
            .build()
            .unwrap()
    });
    let attached = mock!(iam::Client::list_attached_role_policies).then_output(|| {
        let one = iam::types::AttachedPolicy::builder()
            .policy_name("ReadOnlyAccess")
            .policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess")
            .build();
        iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput::builder()
            .attached_policies(one)
            .build()
    });
    let managed = mock!(iam::Client::get_policy).then_http_response(|| {
        answer(
            403,
            None,
            "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
        )
    });
    let mocks = Mocks {
        agentcore: vec![&list, &get],
        iam: vec![&denied, &role, &inline, &policy, &attached, &managed],
        ..Mocks::default()
    };
    let state = collect(&mocks, &scope()).unwrap();
    let reason = unread(&state.principals);
    assert_eq!(reason.code, ReasonCode::Denied);
    assert_eq!(
        reason.iam_action.as_deref(),
        Some("iam:GetAccountAuthorizationDetails")
    );
    let Known::Read(role) = state.role(ROLE) else {
        panic!("{:?}", state.roles);
    };
    assert!(matches!(role.policies[0].document, Known::Read(_)));
    assert_eq!(
        unread(&role.policies[1].document).iam_action.as_deref(),
        Some("iam:GetPolicy")
    );
}

#[test]
fn every_refusal_leaves_one_value_unread_and_the_run_goes_on() {
    let (list, get) = (list_in_pages(), get_runtime());
    // REST JSON: the code stands in a header.
    let denied = mock!(agentcore::Client::list_agent_runtime_endpoints).then_http_response(|| {
        answer(
            403,
            Some("AccessDeniedException:http://internal"),
            "{\"message\":\"no\"}",
        )
    });
    let missing = mock!(agentcore::Client::get_resource_policy)
        .then_http_response(|| answer(404, Some("ResourceNotFoundException"), "{}"));
    let reads = Answers(BTreeMap::from([
        // AWS JSON: the code stands in the body.
        (
            "DescribeLogGroups",
            (
                400,
                "{\"__type\":\"ThrottlingException\",\"message\":\"slow\"}",
            ),
        ),
        (
            "ListServiceQuotas",
            (
                404,
                "{\"__type\":\"com.amazon.coral.service#UnknownOperationException\"}",
            ),
        ),
        ("GetTraceSegmentDestination", (200, "{\"Destination\": [")),
        (
            "GetIndexingRules",
            (404, "<!doctype html><title>404 Not Found</title>"),
        ),
        (
            "DescribeTrails",
            (400, "{\"__type\":\"ExpiredTokenException\"}"),
        ),
    ]));
    let mocks = Mocks {
        agentcore: vec![&list, &get, &denied, &missing],
        reads,
        ..Mocks::default()
    };
    let state = collect(&mocks, &scope()).unwrap();
    let Known::Read(runtime) = state.runtime("Main") else {
        panic!("{:?}", state.runtimes);
    };
    let endpoints = unread(&runtime.endpoints);
    assert_eq!(endpoints.code, ReasonCode::Denied);
    assert_eq!(
        endpoints.iam_action.as_deref(),
        Some("bedrock-agentcore:ListAgentRuntimeEndpoints")
    );
    assert_eq!(runtime.resource_policy, Known::Absent);
    let logs = unread(&runtime.log_groups);
    assert_eq!(logs.code, ReasonCode::Unreachable);
    assert!(logs.message.contains("throttled"), "{}", logs.message);
    assert_eq!(unread(&state.quotas).code, ReasonCode::Unsupported);
    let garbage = unread(&state.trace_destination);
    assert_eq!(garbage.code, ReasonCode::Unsupported);
    assert!(
        garbage.message.contains("could not be parsed"),
        "{}",
        garbage.message
    );
    assert_eq!(unread(&state.indexing_rules).code, ReasonCode::Unsupported);
    let expired = unread(&state.trails);
    assert_eq!(
        (expired.code, expired.iam_action.as_ref()),
        (ReasonCode::Denied, None)
    );
}

#[test]
fn what_is_not_deployed_is_absent_and_not_unread() {
    let list = mock!(agentcore::Client::list_agent_runtimes).then_output(|| {
        let builder = agentcore::operation::list_agent_runtimes::ListAgentRuntimesOutput::builder();
        builder
            .set_agent_runtimes(Some(Vec::new()))
            .build()
            .unwrap()
    });
    let mocks = Mocks {
        agentcore: vec![&list],
        ..Mocks::default()
    };
    assert_eq!(
        collect(&mocks, &scope()).unwrap().runtime("Main"),
        Known::Absent
    );
}

#[test]
fn credentials_of_another_account_are_refused_before_anything_is_read() {
    let list = list_in_pages();
    let mocks = Mocks {
        agentcore: vec![&list],
        ..Mocks::default()
    };
    let scope = Scope {
        account: Some("999999999999".to_owned()),
        ..scope()
    };
    let reason = collect(&mocks, &scope).unwrap_err();
    assert!(reason.message.contains(ACCOUNT) && reason.message.contains("999999999999"));
    assert_eq!(list.num_calls(), 0);
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/checks/obs-log-retention")
        .join(name)
}

fn check(project: &Path, snapshot: &Path) -> Result<Vec<u8>, String> {
    let arguments = [
        "agentcore-harden".as_ref(),
        "check".as_ref(),
        project.as_os_str(),
        "--json".as_ref(),
    ];
    let cli = Cli::parse_from(
        arguments
            .into_iter()
            .chain(["--snapshot".as_ref(), snapshot.as_os_str()]),
    );
    let mut out = Vec::new();
    agentcore_harden::run(&cli, &mut out, &mut Vec::new()).map_err(|failure| failure.message)?;
    Ok(out)
}

#[test]
fn a_snapshot_replays_to_the_same_bytes() {
    let project = fixture("fail-named-endpoint");
    let snapshot = project.join("aws.json");
    let first = check(&project, &snapshot).unwrap();
    assert_eq!(first, check(&project, &snapshot).unwrap());
    // Written again it is the same state.
    let read: Snapshot = serde_json::from_slice(&std::fs::read(&snapshot).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.json");
    std::fs::write(&copy, serde_json::to_vec(&read).unwrap()).unwrap();
    assert_eq!(first, check(&project, &copy).unwrap());
}

#[test]
fn a_snapshot_of_something_else_is_refused() {
    let project = fixture("fail-named-endpoint");
    let text = std::fs::read_to_string(project.join("aws.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let refused = |from: &str, to: &str| {
        let path = folder.path().join("other.json");
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        std::fs::write(&path, changed).unwrap();
        check(&project, &path).unwrap_err()
    };
    assert!(
        refused("\"project\": \"Support\"", "\"project\": \"Sales\"").contains("project Sales")
    );
    assert!(
        refused(
            "\"account\": \"123456789012\"",
            "\"account\": \"999999999999\""
        )
        .contains("account 999999999999")
    );
    assert!(refused("\"target\": \"default\"", "\"target\": \"prod\"").contains("target prod"));
    assert!(refused("\"schemaVersion\": 1", "\"schemaVersion\": 2").contains("version 2"));
    assert!(refused("\"schemaVersion\": 1,", "").contains("not a snapshot"));
}

/// Throttles every operation twice, then answers that there is nothing.
#[derive(Clone, Debug, Default)]
struct Throttling {
    calls: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl HttpConnector for Throttling {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let body = String::from_utf8_lossy(body).into_owned();
        let query = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="))
            .map(str::to_owned);
        let target = request.headers().get("x-amz-target").map(str::to_owned);
        let path = request.uri().split('?').next().unwrap_or_default();
        let name = query
            .clone()
            .or(target)
            .unwrap_or_else(|| format!("{} {path}", request.method()));
        let count = {
            let mut calls = self.calls.lock().unwrap();
            let count = calls.entry(name).or_default();
            *count += 1;
            *count
        };
        HttpConnectorFuture::ready(Ok(match (query, count) {
            (Some(_), 1 | 2) => answer(
                400,
                None,
                "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>",
            ),
            (None, 1 | 2) => answer(
                429,
                Some("ThrottlingException"),
                r#"{"message": "slow down"}"#,
            ),
            (Some(action), _) if action == "GetCallerIdentity" => answer(
                200,
                None,
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
            ),
            (Some(_), _) => answer(
                200,
                None,
                "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>",
            ),
            (None, _) => answer(200, None, "{}"),
        }))
    }
}

#[test]
fn a_throttled_operation_is_asked_again_and_nothing_stays_unread_for_it() {
    let connector = Throttling::default();
    let calls = connector.calls.clone();
    let ids = |name: &str| [(name.to_owned(), Some(format!("{name}-0123456789")))].into();
    let scope = Scope {
        harnesses: ids("Desk"),
        gateways: ids("Tools"),
        memories: ids("Notes"),
        policy_engines: ids("Rules"),
        runtimes: ids("Main"),
        role_arns: [ROLE.to_owned()].into(),
        deployed: true,
        ..scope()
    };
    let state = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let shared = SharedHttpConnector::new(connector);
            let config = aws_config::defaults(BehaviorVersion::latest())
                .region(Region::new("us-east-1"))
                .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
                .http_client(http_client_fn(move |_, _| shared.clone()))
                .load()
                .await;
            let session = Session::new(Clients::new(&config), false);
            read(&session, &scope, "us-east-1").await
        })
        .unwrap();
    let calls = calls.lock().unwrap();
    assert!(calls.len() >= 15, "{calls:?}");
    for (operation, count) in calls.iter() {
        assert!(*count >= 3, "{operation} was given up after {count} calls");
    }
    let page = serde_json::to_string(&state).unwrap().to_lowercase();
    assert!(!page.contains("throttl"), "{page}");
}
