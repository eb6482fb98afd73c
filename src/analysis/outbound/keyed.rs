//! Clients of libraries by the keys that they are given, and the vaults that keys come from.

use super::auth::of_client;
use super::services::service;
use super::{Address, Operation, Outbound, Reach};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::reachability::Live;
use crate::model::source::ExprKind;

/// Whether secrets come from AWS Secrets Manager or, decrypted, from the Parameter Store: a vault, though not AgentCore's.
pub(crate) fn asks_vault(code: &AgentCode<'_>) -> bool {
    code.calls().any(|(module, _, expr)| {
        let Some(call) = expr.as_call() else {
            return false;
        };
        // Without an argument it is pydantic's `SecretStr` that is opened.
        let asks = !call.args.is_empty() || !call.keywords.is_empty();
        let decrypts = || {
            let mut options = ["WithDecryption", "decrypt"].into_iter();
            options.any(|option| {
                let value = call.option(option).map(|value| &value.kind);
                matches!(value, Some(ExprKind::Bool(true)))
            })
        };
        asks && match call.written_name() {
            "get_secret_value" | "get_secret_string" | "GetSecretValueCommand" => true,
            "get_parameter"
            | "get_parameters"
            | "get_parameters_by_path"
            | "getParameter"
            | "getParameters"
            | "GetParameterCommand"
            | "GetParametersCommand"
            | "GetParametersByPathCommand" => decrypts(),
            // Those of Powertools.
            "get_secret" | "getSecret" => {
                let name = code.source.callee_name(module.id, expr);
                name.is_some_and(|name| name.contains("powertools"))
            }
            _ => false,
        }
    })
}

/// Clients of libraries that are given a key out of the environment: `voyageai.Client(api_key=…)`.
pub(crate) fn keyed<'a>(callers: &Callers<'a>, live: &Live<'_, 'a>) -> Vec<Outbound> {
    let mut found = Vec::new();
    for (module, _, expr) in callers.code().calls() {
        let source = callers.source();
        let Some(call) = expr.as_call() else { continue };
        let Some(name) = source.callee_name(module.id, expr) else {
            continue;
        };
        let own = || {
            source.callee(module.id, expr).is_some()
                || matches!(source.meaning(module.id, &call.callee), Meaning::Class(_))
        };
        if !makes_client(name) || own() || !live.runs(module.id, expr.range) {
            continue;
        }
        let Some(auth) = of_client(callers, module.id, call) else {
            continue;
        };
        found.push(Outbound {
            module: module.id,
            range: expr.range,
            reach: Reach::Unknown,
            address: Address::default(),
            method: String::new(),
            operation: Operation::default(),
            auth: Some(auth),
            data: false,
            token: false,
        });
    }
    found
}

/// Whether a name is a client's constructor of some library: not a request, which is judged as a call, and not a model of data.
fn makes_client(name: &str) -> bool {
    const OTHERS: [&str; 12] = [
        "boto3",
        "botocore",
        "aioboto3",
        "pydantic",
        "pydantic_settings",
        "dataclasses",
        "os",
        "requests",
        "httpx",
        "aiohttp",
        "urllib",
        "bedrock_agentcore",
    ];
    let last = leaf(name);
    let constructs = last.starts_with(|c: char| c.is_ascii_uppercase())
        || matches!(
            last,
            "client"
                | "create_client"
                | "createClient"
                | "init_chat_model"
                | "connect"
                | "configure"
        );
    name.contains('.')
        && constructs
        && !OTHERS.contains(&package(name))
        && !name.contains("@aws-sdk/")
        && service(name).is_none()
}
