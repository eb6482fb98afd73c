//! Runtimes and harnesses, with everything that hangs on a runtime: endpoints, resource policies, log groups, image.

use std::collections::BTreeMap;

use aws_sdk_bedrockagentcorecontrol::operation::get_agent_runtime::GetAgentRuntimeOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use futures::future::join_all;
use serde_json::Value;

use super::fault::{Fault, known};
use super::raw::RawAnswer;
use super::scope::{Ids, Scope};
use super::session::Session;
use super::{ecr, logs, platform, shapes};
use crate::model::aws::{Artifact, Harness, Runtime, RuntimeEndpoint};
use crate::model::known::{Known, ReasonCode, Unread};

/// The project's runtimes, by its own names for them.
pub async fn runtimes(session: &Session, scope: &Scope) -> BTreeMap<String, Known<Runtime>> {
    let list = list_if_needed(&scope.runtimes, || async {
        let pages = session
            .clients
            .agentcore
            .list_agent_runtimes()
            .into_paginator()
            .items()
            .send();
        let items = session
            .call(
                "bedrock-agentcore:ListAgentRuntimes",
                pages.collect::<Result<Vec<_>, _>>(),
            )
            .await?;
        Ok(items
            .into_iter()
            .map(|item| (item.agent_runtime_name, item.agent_runtime_id))
            .collect())
    })
    .await;
    by_name(&scope.runtimes, |name, id| {
        let found = found(id, &list, &format!("{}_{name}", scope.project));
        async move { runtime(session, &found?).await }
    })
    .await
}

/// Names and ids in the account, where a name of the project has no id yet.
pub type Listing = Option<Result<BTreeMap<String, String>, Fault>>;

/// Lists only when the deployed state leaves an id open.
pub async fn list_if_needed<F>(ids: &Ids, list: impl FnOnce() -> F) -> Listing
where
    F: Future<Output = Result<BTreeMap<String, String>, Fault>>,
{
    if ids.values().any(Option::is_none) {
        Some(list().await)
    } else {
        None
    }
}

/// The id from the deployed state, or of the resource with the name that a deploy gives.
///
/// # Errors
/// What kept the listing from being read, or that there is none.
pub fn found(id: Option<&String>, list: &Listing, name: &str) -> Result<String, Fault> {
    match (id, list) {
        (Some(id), _) => Ok(id.clone()),
        (None, Some(Ok(list))) => list.get(name).cloned().ok_or(Fault::Missing),
        (None, Some(Err(fault))) => Err(fault.clone()),
        (None, None) => Err(Fault::Missing),
    }
}

/// Reads every resource of `ids` side by side.
pub async fn by_name<'a, T, F>(
    ids: &'a Ids,
    read: impl Fn(&'a String, Option<&'a String>) -> F,
) -> BTreeMap<String, Known<T>>
where
    F: Future<Output = Result<T, Fault>> + 'a,
{
    let reads = ids.iter().map(|(name, id)| {
        let read = read(name, id.as_ref());
        async move { (name.clone(), known(read.await)) }
    });
    join_all(reads).await.into_iter().collect()
}

async fn runtime(session: &Session, id: &str) -> Result<Runtime, Fault> {
    let client = &session.clients.agentcore;
    let raw = RawAnswer::default();
    let get = session.call(
        "bedrock-agentcore:GetAgentRuntime",
        client
            .get_agent_runtime()
            .agent_runtime_id(id)
            .customize()
            .interceptor(raw.clone())
            .send(),
    );
    let prefix = format!("/aws/bedrock-agentcore/runtimes/{id}-");
    let (output, endpoints, log_groups) =
        tokio::join!(get, endpoints(session, id), logs::groups(session, &prefix));
    let output = output?;
    let mut runtime = convert(&output);
    platform::read(&mut runtime, &output, &raw.json());
    let container = match &runtime.artifact {
        Some(Artifact::Container { uri }) => Some(uri.clone()),
        _ => None,
    };
    let image = async {
        match container {
            Some(uri) => ecr::image(session, &uri).await,
            None => Known::Absent,
        }
    };
    let provider = runtime.capacity_provider.take();
    let provider = async {
        match provider {
            Some(provider) => Some(platform::capacity_provider(session, provider).await),
            None => None,
        }
    };
    (
        runtime.resource_policy,
        runtime.image,
        runtime.capacity_provider,
    ) = tokio::join!(resource_policy(session, &runtime.arn), image, provider);
    runtime.endpoints = endpoints;
    runtime.log_groups = log_groups;
    Ok(runtime)
}

fn convert(output: &GetAgentRuntimeOutput) -> Runtime {
    let (jwt, unknown_authorizer) = shapes::authorizer(output.authorizer_configuration());
    let lifecycle = output.lifecycle_configuration();
    Runtime {
        id: output.agent_runtime_id().to_owned(),
        arn: output.agent_runtime_arn().to_owned(),
        name: output.agent_runtime_name().to_owned(),
        version: output.agent_runtime_version().to_owned(),
        status: output.status().as_str().to_owned(),
        role_arn: output.role_arn().to_owned(),
        network: output.network_configuration().map(shapes::network),
        idle_timeout: lifecycle
            .and_then(|block| block.idle_runtime_session_timeout())
            .map(i64::from),
        max_lifetime: lifecycle
            .and_then(|block| block.max_lifetime())
            .map(i64::from),
        jwt,
        unknown_authorizer,
        protocol: output
            .protocol_configuration()
            .map(|block| block.server_protocol().as_str().to_owned()),
        artifact: output.agent_runtime_artifact().and_then(artifact),
        env: output
            .environment_variables()
            .map(shapes::env)
            .unwrap_or_default(),
        request_headers: match output.request_header_configuration() {
            Some(sdk::RequestHeaderConfiguration::RequestHeaderAllowlist(headers)) => {
                shapes::sorted(headers)
            }
            _ => Vec::new(),
        },
        require_mmds_v2: output
            .metadata_configuration()
            .map(|block| block.require_mmdsv2()),
        last_updated: shapes::time(output.last_updated_at()),
        ..Runtime::default()
    }
}

fn artifact(artifact: &sdk::AgentRuntimeArtifact) -> Option<Artifact> {
    match artifact {
        sdk::AgentRuntimeArtifact::CodeConfiguration(code) => Some(Artifact::Code {
            runtime: code.runtime().as_str().to_owned(),
            entry_point: code.entry_point().to_vec(),
        }),
        sdk::AgentRuntimeArtifact::ContainerConfiguration(container) => Some(Artifact::Container {
            uri: container.container_uri().to_owned(),
        }),
        _ => None,
    }
}

async fn endpoints(session: &Session, id: &str) -> Known<Vec<RuntimeEndpoint>> {
    let pages = session
        .clients
        .agentcore
        .list_agent_runtime_endpoints()
        .agent_runtime_id(id)
        .into_paginator()
        .items()
        .send();
    let listed = session
        .call(
            "bedrock-agentcore:ListAgentRuntimeEndpoints",
            pages.collect::<Result<Vec<_>, _>>(),
        )
        .await;
    let listed = match listed {
        Ok(listed) => listed,
        Err(fault) => return known(Err(fault)),
    };
    let reads = listed.into_iter().map(|item| async move {
        RuntimeEndpoint {
            resource_policy: resource_policy(session, &item.agent_runtime_endpoint_arn).await,
            name: item.name,
            arn: item.agent_runtime_endpoint_arn,
            live_version: item.live_version,
            status: item.status.as_str().to_owned(),
        }
    });
    let mut endpoints = join_all(reads).await;
    endpoints.sort_by(|a, b| a.name.cmp(&b.name));
    Known::Read(endpoints)
}

/// The resource policy of a runtime, endpoint or gateway; `Absent` where there is none.
pub async fn resource_policy(session: &Session, arn: &str) -> Known<Value> {
    let answer = session
        .call(
            "bedrock-agentcore:GetResourcePolicy",
            session
                .clients
                .agentcore
                .get_resource_policy()
                .resource_arn(arn)
                .send(),
        )
        .await;
    match answer {
        Ok(output) => match output.policy().filter(|text| !text.trim().is_empty()) {
            None => Known::Absent,
            Some(text) => match serde_json::from_str(text) {
                Ok(policy) => Known::Read(policy),
                Err(_) => Known::Unread(Unread::new(
                    ReasonCode::Unsupported,
                    format!("the resource policy of {arn} is not JSON"),
                )),
            },
        },
        Err(fault) => known(Err(fault)),
    }
}

/// The project's harnesses, by its own names for them.
pub async fn harnesses(session: &Session, scope: &Scope) -> BTreeMap<String, Known<Harness>> {
    let list = list_if_needed(&scope.harnesses, || async {
        let pages = session
            .clients
            .agentcore
            .list_harnesses()
            .into_paginator()
            .items()
            .send();
        let items = session
            .call(
                "bedrock-agentcore:ListHarnesses",
                pages.collect::<Result<Vec<_>, _>>(),
            )
            .await?;
        Ok(items
            .into_iter()
            .map(|item| (item.harness_name, item.harness_id))
            .collect())
    })
    .await;
    by_name(&scope.harnesses, |name, id| {
        let found = found(id, &list, &format!("{}_{name}", scope.project))
            .or_else(|fault| found(id, &list, name).map_err(|_| fault));
        async move { harness(session, &found?).await }
    })
    .await
}

async fn harness(session: &Session, id: &str) -> Result<Harness, Fault> {
    let output = session
        .call(
            "bedrock-agentcore:GetHarness",
            session
                .clients
                .agentcore
                .get_harness()
                .harness_id(id)
                .send(),
        )
        .await?;
    let harness = output.harness().ok_or(Fault::Missing)?;
    let environment = match harness.environment() {
        Some(sdk::HarnessEnvironmentProvider::AgentCoreRuntimeEnvironment(environment)) => {
            Some(environment)
        }
        _ => None,
    };
    let lifecycle = environment.and_then(|environment| environment.lifecycle_configuration());
    let runtime = match environment.map(|environment| environment.agent_runtime_id()) {
        Some(id) if !id.is_empty() => known(runtime(session, id).await),
        _ => Known::Absent,
    };
    Ok(Harness {
        id: harness.harness_id().to_owned(),
        arn: harness.arn().to_owned(),
        role_arn: harness.execution_role_arn().to_owned(),
        jwt: shapes::authorizer(harness.authorizer_configuration()).0,
        network: environment
            .and_then(|environment| environment.network_configuration())
            .map(shapes::network),
        idle_timeout: lifecycle
            .and_then(|block| block.idle_runtime_session_timeout())
            .map(i64::from),
        max_lifetime: lifecycle
            .and_then(|block| block.max_lifetime())
            .map(i64::from),
        env: harness
            .environment_variables()
            .map(shapes::env)
            .unwrap_or_default(),
        runtime,
    })
}
