//! Gateways that take SigV4 alone, and the code that calls them.

use crate::analysis::clients::gateways::{self, GatewayCall};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Resource, ResourceType};
use crate::model::project::Gateway;

/// One result for each gateway with AWS_IAM.
pub(super) fn judge_all(context: &Context) -> Vec<Outcome> {
    let signed: Vec<&Gateway> = context
        .project
        .gateways
        .iter()
        .filter(|gateway| is_signed(gateway))
        .collect();
    if signed.is_empty() {
        return Vec::new();
    }
    let calls = gateways::find(&context.source);
    signed
        .into_iter()
        .map(|gateway| judge(context, gateway, &calls))
        .collect()
}

fn is_signed(gateway: &Gateway) -> bool {
    let kind = gateway.authorizer_type.as_ref();
    kind.is_some_and(|kind| kind.value == "AWS_IAM")
}

fn judge(context: &Context, gateway: &Gateway, calls: &[GatewayCall<'_>]) -> Outcome {
    let resource = Resource::new(ResourceType::Gateway, &gateway.name);
    let evidence: Vec<_> = calls
        .iter()
        .filter(|call| leads_to(context, gateway, &call.address))
        .map(|call| {
            call.evidence().note(match call.proof.bearer {
                true => "sends a bearer token: a gateway with AWS_IAM answers 403",
                false => "is not signed with SigV4: a gateway with AWS_IAM answers 403",
            })
        })
        .collect();
    let scope = crate::checks::callers::scope(context);
    let Some(first) = evidence.first() else {
        let message = format!("no call of {resource} in {scope} is seen to go without SigV4");
        return Outcome::pass(resource, message);
    };
    let place = first.site.as_ref().map_or(String::new(), |site| {
        format!("{}:{}, ", site.path, site.span.map_or(1, |span| span.line))
    });
    let message = format!("{place}a call of {resource}: {}", first.note);
    Outcome::fail(resource, message).evidences(evidence).fix(
        Fix::new("Sign the calls of the gateway").note(
            "Python: `aws_iam_streamablehttp_client(endpoint=url, aws_service=\"bedrock-agentcore\", aws_region=region)` of the package mcp-proxy-for-aws in place of \
             `streamablehttp_client(url)`; over plain HTTP sign with botocore's SigV4Auth or, in TypeScript, `SignatureV4` for the service `bedrock-agentcore`. The role of the runtime \
             needs bedrock-agentcore:InvokeGateway on the gateway. Or set the gateway's authorizerType to CUSTOM_JWT with the identity provider of its callers' tokens.",
        ),
    )
}

/// Whether an address is the gateway's: by the variable that a deploy sets for it, or, where all gateways of the project are signed, by one of
/// a gateway.
fn leads_to(context: &Context, gateway: &Gateway, address: &str) -> bool {
    let name = |gateway: &Gateway| {
        let name = gateway.name.to_lowercase().replace('-', "_");
        format!("agentcore_gateway_{name}_url")
    };
    let all = &context.project.gateways;
    if all.iter().any(|other| address.contains(&name(other))) {
        return address.contains(&name(gateway));
    }
    let first = all.first().is_some_and(|first| first.name == gateway.name);
    let any = address.contains("gateway.bedrock-agentcore") || address.contains("gateway_url");
    any && first && all.iter().all(is_signed)
}
