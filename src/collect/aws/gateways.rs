//! Gateways and their targets.

use std::collections::BTreeMap;

use aws_sdk_bedrockagentcorecontrol::types as sdk;
use futures::future::join_all;

use super::fault::{Fault, known};
use super::runtimes::{by_name, found, list_if_needed, resource_policy};
use super::scope::Scope;
use super::session::Session;
use super::{lambda, shapes};
use crate::model::aws::{Gateway, GatewayEngine, GatewayTarget, OutboundAuth};
use crate::model::known::Known;

/// The project's gateways, by its own names for them.
pub async fn gateways(session: &Session, scope: &Scope) -> BTreeMap<String, Known<Gateway>> {
    let list = list_if_needed(&scope.gateways, || async {
        let pages = session
            .clients
            .agentcore
            .list_gateways()
            .into_paginator()
            .items()
            .send();
        let items = session
            .call(
                "bedrock-agentcore:ListGateways",
                pages.collect::<Result<Vec<_>, _>>(),
            )
            .await?;
        Ok(items
            .into_iter()
            .map(|item| (item.name, item.gateway_id))
            .collect())
    })
    .await;
    by_name(&scope.gateways, |name, id| {
        let own = || format!("{}-{name}", scope.project);
        let wanted = scope.gateway_names.get(name).cloned().unwrap_or_else(own);
        let found = found(id, &list, &wanted);
        async move { gateway(session, &found?).await }
    })
    .await
}

async fn gateway(session: &Session, id: &str) -> Result<Gateway, Fault> {
    let get = session.call(
        "bedrock-agentcore:GetGateway",
        session
            .clients
            .agentcore
            .get_gateway()
            .gateway_identifier(id)
            .send(),
    );
    let (output, targets) = tokio::join!(get, targets(session, id));
    let output = output?;
    let (jwt, _) = shapes::authorizer(output.authorizer_configuration());
    Ok(Gateway {
        id: output.gateway_id().to_owned(),
        arn: output.gateway_arn().to_owned(),
        name: output.name().to_owned(),
        authorizer_type: output.authorizer_type().as_str().to_owned(),
        jwt,
        role_arn: output.role_arn().map(str::to_owned),
        exception_level: output
            .exception_level()
            .map(|level| level.as_str().to_owned()),
        kms_key: output.kms_key_arn().map(str::to_owned),
        policy_engine: output
            .policy_engine_configuration()
            .map(|engine| GatewayEngine {
                arn: engine.arn().to_owned(),
                mode: engine.mode().as_str().to_owned(),
            }),
        targets,
        resource_policy: resource_policy(session, output.gateway_arn()).await,
    })
}

async fn targets(
    session: &Session,
    gateway: &str,
) -> Known<BTreeMap<String, Known<GatewayTarget>>> {
    let pages = session
        .clients
        .agentcore
        .list_gateway_targets()
        .gateway_identifier(gateway)
        .into_paginator()
        .items()
        .send();
    let listed = session
        .call(
            "bedrock-agentcore:ListGatewayTargets",
            pages.collect::<Result<Vec<_>, _>>(),
        )
        .await;
    let listed = match listed {
        Ok(listed) => listed,
        Err(fault) => return known(Err(fault)),
    };
    let reads = listed.into_iter().map(|item| async move {
        let target = target(session, gateway, &item.target_id).await;
        (item.name, known(target))
    });
    Known::Read(join_all(reads).await.into_iter().collect())
}

async fn target(session: &Session, gateway: &str, id: &str) -> Result<GatewayTarget, Fault> {
    let request = session
        .clients
        .agentcore
        .get_gateway_target()
        .gateway_identifier(gateway)
        .target_id(id);
    let output = session
        .call("bedrock-agentcore:GetGatewayTarget", request.send())
        .await?;
    let (kind, endpoint, lambda_arn) = kind(output.target_configuration());
    let mut outbound_auth: Vec<_> = output
        .credential_provider_configurations()
        .iter()
        .map(|configuration| OutboundAuth {
            kind: configuration.credential_provider_type().as_str().to_owned(),
            provider_arn: match configuration.credential_provider() {
                Some(sdk::CredentialProvider::OauthCredentialProvider(provider)) => {
                    Some(provider.provider_arn().to_owned())
                }
                Some(sdk::CredentialProvider::ApiKeyCredentialProvider(provider)) => {
                    Some(provider.provider_arn().to_owned())
                }
                _ => None,
            },
        })
        .collect();
    outbound_auth.sort();
    let provisioned = match &lambda_arn {
        Some(arn) => lambda::provisioned(session, arn).await,
        None => Known::Absent,
    };
    Ok(GatewayTarget {
        id: output.target_id().to_owned(),
        status: output.status().as_str().to_owned(),
        kind: kind.to_owned(),
        endpoint,
        lambda_arn,
        outbound_auth,
        provisioned,
    })
}

/// Kind as `targetType` spells it, endpoint and Lambda function.
fn kind(
    configuration: Option<&sdk::TargetConfiguration>,
) -> (&'static str, Option<String>, Option<String>) {
    use sdk::{
        HttpTargetConfiguration as Http, McpTargetConfiguration as Mcp,
        TargetConfiguration as Target,
    };
    let endpoint = |text: &str| Some(text.to_owned());
    match configuration {
        Some(Target::Mcp(Mcp::Lambda(lambda))) => ("lambda", None, endpoint(lambda.lambda_arn())),
        Some(Target::Mcp(Mcp::McpServer(server))) => {
            ("mcpServer", endpoint(server.endpoint()), None)
        }
        Some(Target::Mcp(Mcp::OpenApiSchema(_))) => ("openApiSchema", None, None),
        Some(Target::Mcp(Mcp::SmithyModel(_))) => ("smithyModel", None, None),
        Some(Target::Mcp(Mcp::ApiGateway(_))) => ("apiGateway", None, None),
        Some(Target::Mcp(Mcp::Connector(_)) | Target::Http(Http::Connector(_))) => {
            ("connector", None, None)
        }
        Some(Target::Http(Http::AgentcoreRuntime(runtime))) => {
            ("httpRuntime", endpoint(runtime.arn()), None)
        }
        Some(Target::Http(Http::Passthrough(passthrough))) => {
            ("passthrough", endpoint(passthrough.endpoint()), None)
        }
        Some(Target::Inference(_)) => ("inference", None, None),
        _ => ("unknown", None, None),
    }
}
