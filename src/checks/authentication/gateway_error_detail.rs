//! `gateway-error-detail`: Gateways return no debug exception detail.

use crate::checks::judge::{Problem, judge_sources};
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::checks::{edits, fixes};
use crate::context::Context;
use crate::model::finding::{Outcome, Resource, ResourceType, Severity};
use crate::model::project::Gateway;

pub(super) static CHECK: Check = Check {
    id: "gateway-error-detail",
    title: "Gateways return no debug exception detail",
    category: Category::Authentication,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("gateway_error_detail.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateGateway.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway-building.html",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let outcomes = project
        .gateways
        .iter()
        .map(|gateway| outcome(context, gateway))
        .collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Gateway],
        "no gateway is configured",
    )
}

fn outcome(context: &Context, gateway: &Gateway) -> Outcome {
    let resource = Resource::new(ResourceType::Gateway, &gateway.name);
    let unread = || context.unread("the gateway was not read", "bedrock-agentcore:GetGateway");
    judge_sources(
        context,
        resource.clone(),
        &context.gateway_layers(gateway),
        unread,
        |layer| match &layer.value.exception_level {
            Some(level) if level.value == "DEBUG" => {
                let edit = fixes::edit_entry(
                    "agentCoreGateways",
                    &gateway.name,
                    r#".exceptionLevel = "NONE""#,
                    &[],
                );
                let safe = edits::entry(
                    context,
                    "agentCoreGateways",
                    &gateway.name,
                    |editor, node| editor.set(node, &[], &[("exceptionLevel", "NONE".into())]),
                );
                let message = format!(
                    "{resource} returns exception detail to its callers (exceptionLevel DEBUG)"
                );
                Err(Problem::new(message, level.evidence.clone()).fix(
                    fixes::edit_and_deploy(context, "Return generic errors", edit).safe_edit(safe),
                ))
            }
            // The CLI writes NONE for "no detail"; the service has no such value, only the key's absence.
            Some(level) => Ok(format!(
                "{resource} returns generic errors (exceptionLevel {})",
                level.value
            )),
            None => Ok(format!(
                "{resource} returns generic errors (no exceptionLevel)"
            )),
        },
    )
}
