//! `perf-lambda-concurrency`: Lambda targets have provisioned concurrency.

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need, live};
use crate::context::Context;
use crate::model::aws::{GatewayTarget, ProvisionedConcurrency};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, ResourceType, Severity};
use crate::model::known::Known;
use crate::model::project;

pub(super) static CHECK: Check = Check {
    id: "perf-lambda-concurrency",
    title: "Lambda targets have provisioned concurrency",
    category: Category::Performance,
    severity: Severity::Low,
    needs: &[Need::Aws],
    page: include_str!("perf_lambda_concurrency.md"),
    references: &["https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let outcomes: Vec<Outcome> = context
        .project
        .gateways
        .iter()
        .flat_map(|gateway| match judge(context, gateway) {
            Ok(outcomes) => outcomes,
            Err(outcome) => vec![*outcome],
        })
        .collect();
    if outcomes.is_empty() {
        let message = "no gateway has a target that calls a Lambda function";
        return vec![unconfigured(context, &[Listed::Gateway], message)];
    }
    outcomes
}

fn named(gateway: &str, target: &str) -> Resource {
    Resource::new(ResourceType::GatewayTarget, format!("{gateway}/{target}"))
}

/// One outcome for each Lambda target: those that are deployed, and those configured that are not.
fn judge(context: &Context, gateway: &project::Gateway) -> Result<Vec<Outcome>, Box<Outcome>> {
    let configured = |target: &&project::GatewayTarget| {
        target
            .kind
            .as_ref()
            .is_some_and(|kind| matches!(kind.value.as_str(), "lambda" | "lambdaFunctionArn"))
    };
    let configured: Vec<_> = gateway.targets.iter().filter(configured).collect();
    let resource = configured.first().map_or_else(
        || Resource::new(ResourceType::Gateway, &gateway.name),
        |target| named(&gateway.name, &target.name),
    );
    let deployed = live::state(context, &resource)
        .and_then(|state| live::read(state.gateway(&gateway.name), &resource))
        .and_then(|gateway| live::read(gateway.targets.as_ref(), &resource));
    let deployed = match deployed {
        Ok(deployed) => deployed,
        // Without a Lambda target in the configuration there is nothing to be told about.
        Err(_) if configured.is_empty() => return Ok(Vec::new()),
        Err(outcome) => return Err(outcome),
    };
    let mut outcomes = Vec::new();
    for (name, target) in deployed {
        let resource = named(&gateway.name, name);
        match target {
            Known::Read(target) => outcomes.extend(judge_target(context, resource, target)),
            Known::Unread(_) => outcomes.extend(
                live::read(target.as_ref(), &resource)
                    .err()
                    .map(|outcome| *outcome),
            ),
            Known::Absent => {}
        }
    }
    for target in configured
        .iter()
        .filter(|target| !deployed.contains_key(&target.name))
    {
        let resource = named(&gateway.name, &target.name);
        outcomes.extend(
            live::read::<()>(Known::Absent, &resource)
                .err()
                .map(|outcome| *outcome),
        );
    }
    Ok(outcomes)
}

fn judge_target(context: &Context, resource: Resource, target: &GatewayTarget) -> Option<Outcome> {
    let arn = target.lambda_arn.as_deref()?;
    let configs: &[ProvisionedConcurrency] = match &target.provisioned {
        Known::Read(configs) => configs,
        Known::Absent => &[],
        Known::Unread(reason) => return Some(Outcome::skipped(resource, reason.clone())),
    };
    let evidence = Evidence::aws(
        arn,
        "ListProvisionedConcurrencyConfigs",
        "RequestedProvisionedConcurrentExecutions",
    );
    let ready = |config: &&ProvisionedConcurrency| {
        config.arn == arn && config.requested > 0 && config.status != "FAILED"
    };
    if let Some(config) = configs.iter().find(ready) {
        let message = format!(
            "the function behind {resource} keeps {} instances warm",
            config.requested
        );
        return Some(Outcome::pass(resource, message).evidence(evidence));
    }
    // arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:ALIAS]
    let parts: Vec<&str> = arn.split(':').collect();
    let function = parts.get(6).copied().unwrap_or(arn);
    Some(match parts.get(7) {
        Some(alias) if *alias != "$LATEST" => {
            let command = live::aws(context, "lambda", "put-provisioned-concurrency-config")
                .opt("--function-name", function)
                .opt("--qualifier", *alias)
                .opt("--provisioned-concurrent-executions", "1");
            let message = format!(
                "{resource} calls {function}:{alias}, which has no provisioned concurrency: its first calls wait for a cold start"
            );
            Outcome::fail(resource, message).evidence(evidence).fix(
                Fix::new("Keep an instance warm")
                    .command(command)
                    .note("set as many as calls run at once at peak; provisioned instances are billed while they wait"),
            )
        }
        _ => {
            let elsewhere = configs.first().map_or(String::new(), |config| {
                format!("; {} has it, but the target does not call that", config.arn)
            });
            let message = format!(
                "{resource} calls {function} without an alias or version, and $LATEST cannot have provisioned concurrency{elsewhere}"
            );
            Outcome::fail(resource, message).evidence(evidence).fix(Fix::new("Call an alias with provisioned concurrency").note(
                "publish a version, point an alias at it, give the alias provisioned concurrency, and name the alias's ARN in the target",
            ))
        }
    })
}
