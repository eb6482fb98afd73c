//! Memories, policy engines, online evaluations and the names of credential providers.

use std::collections::BTreeMap;

use aws_sdk_bedrockagentcorecontrol::types as sdk;
use futures::future::join_all;

use super::fault::{Fault, known};
use super::runtimes::{by_name, found, list_if_needed};
use super::scope::Scope;
use super::session::Session;
use super::shapes;
use crate::model::aws::{CredentialProvider, Memory, OnlineEval, Policy, PolicyEngine, Strategy};
use crate::model::known::Known;

/// The project's memories, by its own names for them.
pub async fn memories(session: &Session, scope: &Scope) -> BTreeMap<String, Known<Memory>> {
    let list = list_if_needed(&scope.memories, || async {
        let pages = session
            .clients
            .agentcore
            .list_memories()
            .into_paginator()
            .items()
            .send();
        let items = session
            .call(
                "bedrock-agentcore:ListMemories",
                pages.collect::<Result<Vec<_>, _>>(),
            )
            .await?;
        // A summary has no name; the id is the name, a hyphen and ten characters, and a name holds no hyphen.
        let named = |id: String| Some((id.rsplit_once('-')?.0.to_owned(), id));
        Ok(items
            .into_iter()
            .filter_map(|item| named(item.id?))
            .collect())
    })
    .await;
    by_name(&scope.memories, |name, id| {
        let found = found(id, &list, &format!("{}_{name}", scope.project));
        async move { memory(session, &found?).await }
    })
    .await
}

async fn memory(session: &Session, id: &str) -> Result<Memory, Fault> {
    let output = session
        .call(
            "bedrock-agentcore:GetMemory",
            session.clients.agentcore.get_memory().memory_id(id).send(),
        )
        .await?;
    let memory = output.memory().ok_or(Fault::Missing)?;
    let strategy = |strategy: &sdk::MemoryStrategy| Strategy {
        name: strategy.name().to_owned(),
        kind: strategy.r#type().as_str().to_owned(),
        namespaces: namespaces(strategy),
    };
    let mut strategies: Vec<_> = memory.strategies().iter().map(strategy).collect();
    strategies.sort();
    Ok(Memory {
        id: memory.id().to_owned(),
        arn: memory.arn().to_owned(),
        name: memory.name().to_owned(),
        status: memory.status().as_str().to_owned(),
        event_expiry_days: i64::from(memory.event_expiry_duration()),
        encryption_key_arn: memory.encryption_key_arn().map(str::to_owned),
        role_arn: memory.memory_execution_role_arn().map(str::to_owned),
        strategies,
    })
}

/// The namespace templates; memories made before these were added have `namespaces` alone.
#[allow(deprecated)]
fn namespaces(strategy: &sdk::MemoryStrategy) -> Vec<String> {
    if strategy.namespace_templates().is_empty() {
        shapes::sorted(&strategy.namespaces)
    } else {
        shapes::sorted(strategy.namespace_templates())
    }
}

/// The project's policy engines, by its own names for them.
pub async fn policy_engines(
    session: &Session,
    scope: &Scope,
) -> BTreeMap<String, Known<PolicyEngine>> {
    let list = list_if_needed(&scope.policy_engines, || async {
        let pages = session
            .clients
            .agentcore
            .list_policy_engines()
            .into_paginator()
            .items()
            .send();
        let items = session
            .call(
                "bedrock-agentcore:ListPolicyEngines",
                pages.collect::<Result<Vec<_>, _>>(),
            )
            .await?;
        Ok(items
            .into_iter()
            .map(|item| (item.name, item.policy_engine_id))
            .collect())
    })
    .await;
    by_name(&scope.policy_engines, |name, id| {
        let found = found(id, &list, &format!("{}_{name}", scope.project));
        async move { policy_engine(session, &found?).await }
    })
    .await
}

async fn policy_engine(session: &Session, id: &str) -> Result<PolicyEngine, Fault> {
    let client = &session.clients.agentcore;
    let get = session.call(
        "bedrock-agentcore:GetPolicyEngine",
        client.get_policy_engine().policy_engine_id(id).send(),
    );
    let pages = client
        .list_policies()
        .policy_engine_id(id)
        .into_paginator()
        .items()
        .send();
    let list = session.call(
        "bedrock-agentcore:ListPolicies",
        pages.collect::<Result<Vec<_>, _>>(),
    );
    let (output, policies) = tokio::join!(get, list);
    let output = output?;
    let policies = policies.map(|policies| {
        let mut policies: Vec<_> = policies.iter().map(policy).collect();
        policies.sort();
        policies
    });
    Ok(PolicyEngine {
        id: output.policy_engine_id().to_owned(),
        arn: output.policy_engine_arn().to_owned(),
        name: output.name().to_owned(),
        status: output.status().as_str().to_owned(),
        encryption_key_arn: output.encryption_key_arn().map(str::to_owned),
        policies: known(policies),
    })
}

fn policy(policy: &sdk::Policy) -> Policy {
    Policy {
        id: policy.policy_id().to_owned(),
        name: policy.name().to_owned(),
        status: policy.status().as_str().to_owned(),
        enforcement_mode: policy.enforcement_mode().as_str().to_owned(),
        statement: match policy.definition() {
            Some(sdk::PolicyDefinition::Cedar(cedar)) => Some(cedar.statement().to_owned()),
            Some(sdk::PolicyDefinition::Policy(statement)) => {
                Some(statement.statement().to_owned())
            }
            _ => None,
        },
    }
}

/// Online evaluations that watch a runtime of the project, by name.
pub async fn online_evals(
    session: &Session,
    scope: &Scope,
) -> Known<BTreeMap<String, Known<OnlineEval>>> {
    if scope.runtimes.is_empty() {
        return Known::Absent;
    }
    let client = &session.clients.agentcore;
    let pages = client
        .list_online_evaluation_configs()
        .into_paginator()
        .items()
        .send();
    let listed = session
        .call(
            "bedrock-agentcore:ListOnlineEvaluationConfigs",
            pages.collect::<Result<Vec<_>, _>>(),
        )
        .await;
    let listed = match listed {
        Ok(listed) => listed,
        Err(fault) => return known(Err(fault)),
    };
    let reads = listed.into_iter().map(|item| async move {
        let request = client
            .get_online_evaluation_config()
            .online_evaluation_config_id(&item.online_evaluation_config_id);
        let output = session
            .call(
                "bedrock-agentcore:GetOnlineEvaluationConfig",
                request.send(),
            )
            .await;
        let eval = output.map(|output| {
            let source = match output.data_source_config() {
                Some(sdk::DataSourceConfig::CloudWatchLogs(source)) => Some(source),
                _ => None,
            };
            OnlineEval {
                id: output.online_evaluation_config_id().to_owned(),
                arn: output.online_evaluation_config_arn().to_owned(),
                status: output.status().as_str().to_owned(),
                execution_status: output.execution_status().as_str().to_owned(),
                sampling_percentage: output
                    .rule()
                    .and_then(|rule| rule.sampling_config())
                    .map(|sampling| sampling.sampling_percentage()),
                evaluators: Some(output.evaluators().len() + output.insights().len()),
                log_groups: source
                    .map(|source| shapes::sorted(source.log_group_names()))
                    .unwrap_or_default(),
                services: source
                    .map(|source| shapes::sorted(source.service_names()))
                    .unwrap_or_default(),
                role_arn: output.evaluation_execution_role_arn().map(str::to_owned),
            }
        });
        (item.online_evaluation_config_name, known(eval))
    });
    let evals = join_all(reads).await;
    Known::Read(
        evals
            .into_iter()
            .filter(|(_, eval)| concerns(scope, eval))
            .collect(),
    )
}

/// True for an evaluation that reads one of the project's runtimes, and for one that nobody could read.
fn concerns(scope: &Scope, eval: &Known<OnlineEval>) -> bool {
    let Some(eval) = eval.read() else {
        return true;
    };
    scope.runtimes.iter().any(|(name, id)| {
        let name = format!("{}_{name}", scope.project);
        let group = "/aws/bedrock-agentcore/runtimes/";
        let started = |text: &String, start: &str, next: char| {
            text.strip_prefix(start)
                .is_some_and(|rest| rest.starts_with(next))
        };
        eval.services
            .iter()
            .any(|service| started(service, &name, '.'))
            || eval.log_groups.iter().any(|log| {
                started(log, &format!("{group}{name}"), '-')
                    || id
                        .as_ref()
                        .is_some_and(|id| started(log, &format!("{group}{id}"), '-'))
            })
    })
}

/// Names of the account's credential providers.
pub async fn credential_providers(session: &Session) -> Known<Vec<CredentialProvider>> {
    let client = &session.clients.agentcore;
    let keys = client
        .list_api_key_credential_providers()
        .into_paginator()
        .items()
        .send();
    let oauth = client
        .list_oauth2_credential_providers()
        .into_paginator()
        .items()
        .send();
    let (keys, oauth) = tokio::join!(
        session.call(
            "bedrock-agentcore:ListApiKeyCredentialProviders",
            keys.collect::<Result<Vec<_>, _>>()
        ),
        session.call(
            "bedrock-agentcore:ListOauth2CredentialProviders",
            oauth.collect::<Result<Vec<_>, _>>()
        ),
    );
    let provider = |name, arn, kind: &str| CredentialProvider {
        name,
        kind: kind.to_owned(),
        arn,
    };
    let both = keys.and_then(|keys| {
        let keys = keys.into_iter().map(|item| {
            provider(
                item.name,
                item.credential_provider_arn,
                "ApiKeyCredentialProvider",
            )
        });
        let oauth = oauth?.into_iter().map(|item| {
            provider(
                item.name,
                item.credential_provider_arn,
                "OAuthCredentialProvider",
            )
        });
        let mut all: Vec<_> = keys.chain(oauth).collect();
        all.sort();
        Ok(all)
    });
    known(both)
}
