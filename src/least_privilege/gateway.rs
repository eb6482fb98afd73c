//! What a gateway's role needs for its targets, interceptors and policy engine.

use super::needs::Need;
use crate::context::Context;
use crate::model::finding::Evidence;
use crate::model::json::Node;
use crate::model::known::Known;
use crate::model::predicted_role::Names;
use crate::model::project::{Gateway, GatewayTarget};

/// A need of a gateway's role.
pub struct GatewayNeed {
    /// What is needed.
    pub need: Need,
    /// The CLI's construct grants it to the role that it makes.
    pub by_construct: bool,
}

/// The needs of a gateway's role, as configuration, template and AWS show its targets.
pub fn needs(context: &Context, gateway: &Gateway, names: &Names) -> Vec<GatewayNeed> {
    let mut found = Vec::new();
    for target in &gateway.targets {
        found.extend(of_target(context, gateway, target, names));
    }
    found.extend(interceptors(context, gateway));
    if let Some(engine) = &gateway.policy_engine {
        let arn = context
            .deployed()
            .and_then(|target| target.policy_engines.get(&engine.value)?.arn.clone())
            .unwrap_or_else(|| {
                core(
                    names,
                    &format!(
                        "policy-engine/{}_{}-??????????",
                        names.project, engine.value
                    ),
                )
            });
        for action in [
            "GetPolicyEngine",
            "AuthorizeAction",
            "PartiallyAuthorizeActions",
        ] {
            let action = format!("bedrock-agentcore:{action}");
            let by = format!("policy engine {}", engine.value);
            found.push(by_construct(Need::new(
                &action,
                arn.as_str(),
                &by,
                Evidence::config(&engine.site),
            )));
        }
    }
    found
}

fn by_construct(need: Need) -> GatewayNeed {
    GatewayNeed {
        need,
        by_construct: true,
    }
}

fn core(names: &Names, resource: &str) -> String {
    format!(
        "arn:{}:bedrock-agentcore:{}:{}:{resource}",
        names.partition, names.region, names.account
    )
}

fn of_target(
    context: &Context,
    gateway: &Gateway,
    target: &GatewayTarget,
    names: &Names,
) -> Vec<GatewayNeed> {
    let place = Evidence::config(&target.site);
    let by = format!("target {}", target.name);
    let text = |path: &[&str]| target.node.path(path).and_then(Node::as_str);
    let auth = target
        .outbound_auth
        .as_ref()
        .map(|auth| auth.value.as_str());
    let signed = auth.is_none_or(|auth| matches!(auth, "NONE" | "GATEWAY_IAM_ROLE"));
    let mut found = Vec::new();
    let mut need = |action: &str, resource: String| {
        found.push(by_construct(Need::new(
            action,
            resource,
            &by,
            place.clone(),
        )));
    };
    for function in lambdas(context, gateway, target) {
        need("lambda:InvokeFunction", function);
    }
    for uri in [
        text(&["lambdaFunctionArn", "toolSchemaFile"]),
        text(&["schemaSource", "s3", "uri"]),
    ] {
        if let Some(object) = uri.and_then(|uri| uri.strip_prefix("s3://")) {
            need(
                "s3:GetObject",
                format!("arn:{}:s3:::{object}", names.partition),
            );
        }
    }
    if let (Some(api), Some(stage), true) = (
        text(&["apiGateway", "restApiId"]),
        text(&["apiGateway", "stage"]),
        signed,
    ) {
        let arn = format!(
            "arn:{}:execute-api:{}:{}:{api}/{stage}/*",
            names.partition, names.region, names.account
        );
        need("execute-api:Invoke", arn);
    }
    match (auth, &target.credential) {
        (Some("OAUTH"), Some(credential)) => {
            let arn = core(
                names,
                &format!(
                    "token-vault/default/oauth2credentialprovider/{}",
                    credential.value
                ),
            );
            need("bedrock-agentcore:GetResourceOauth2Token", arn);
        }
        (Some("API_KEY"), Some(credential)) => {
            let arn = core(
                names,
                &format!(
                    "token-vault/default/apikeycredentialprovider/{}",
                    credential.value
                ),
            );
            need("bedrock-agentcore:GetResourceApiKey", arn);
        }
        _ => {}
    }
    if let Some(runtime) =
        text(&["httpRuntime", "runtime"]).or(text(&["httpRuntime", "runtimeName"]))
        && signed
    {
        let arn = core(
            names,
            &format!("runtime/{}_{runtime}-??????????", names.project),
        );
        need("bedrock-agentcore:InvokeAgentRuntime", arn);
    }
    found.extend(function_url(target, auth, &by));
    found
}

/// A function behind a URL of its own takes another action than one that is called by its ARN.
/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
fn function_url(target: &GatewayTarget, auth: Option<&str>, by: &str) -> Option<GatewayNeed> {
    let endpoint = target.endpoint.as_ref()?;
    let host = endpoint.value.strip_prefix("https://")?.split('/').next()?;
    let mut parts = host.split('.');
    let (_, kind, region) = (parts.next()?, parts.next()?, parts.next()?);
    if kind != "lambda-url" || auth != Some("GATEWAY_IAM_ROLE") {
        return None;
    }
    let resource = format!("arn:*:lambda:{region}:*:function:*");
    let need = Need::new(
        "lambda:InvokeFunctionUrl",
        resource,
        by,
        Evidence::config(&endpoint.site),
    );
    Some(GatewayNeed {
        need,
        by_construct: false,
    })
}

/// The functions that a target calls: as configured, and as deployed where that differs.
fn lambdas(context: &Context, gateway: &Gateway, target: &GatewayTarget) -> Vec<String> {
    let written = target
        .node
        .path(&["lambdaFunctionArn", "lambdaArn"])
        .and_then(Node::as_str);
    let is_arn =
        |arn: &&str| arn.starts_with("arn:") && arn.contains(":function:") && !arn.contains("${");
    if let Some(arn) = written.filter(is_arn) {
        return vec![arn.to_owned()];
    }
    let live = context.aws.read().map(|state| state.gateway(&gateway.name));
    if let Some(Known::Read(live)) = live
        && let Some(targets) = live.targets.read()
        && let Some(Known::Read(found)) = targets.get(&target.name)
    {
        return found
            .lambda_arn
            .iter()
            .filter(|arn| is_arn(&arn.as_str()))
            .cloned()
            .collect();
    }
    Vec::new()
}

/// `InterceptorConfigurations` of the template: functions that the gateway calls before and after its targets.
fn interceptors(context: &Context, gateway: &Gateway) -> Vec<GatewayNeed> {
    let Some(template) = context.template.read() else {
        return Vec::new();
    };
    let Some(found) = template.gateway(context.project.display_name(), &gateway.name) else {
        return Vec::new();
    };
    let list = found.resource.properties.get("InterceptorConfigurations");
    let list = list.map(Node::items).unwrap_or_default();
    let need = |entry: &Node| {
        let arn = entry.path(&["Interceptor", "Lambda", "Arn"])?;
        let resource = match (arn.as_str(), arn.path(&["Fn::GetAtt"]).map(Node::items)) {
            (Some(text), _) => text.to_owned(),
            (None, Some([logical, attribute])) => {
                format!("${{{}.{}}}", logical.as_str()?, attribute.as_str()?)
            }
            _ => return None,
        };
        let place = Evidence::template(&template.document.site(arn));
        let need = Need::new("lambda:InvokeFunction", resource, "an interceptor", place);
        Some(GatewayNeed {
            need,
            by_construct: false,
        })
    };
    list.iter().filter_map(need).collect()
}
