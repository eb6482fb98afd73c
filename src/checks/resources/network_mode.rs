//! `network-mode`: VPC configured where private resources are reached.

use super::vpc_ways;
use crate::checks::code::private_hosts as hosts_named;
use crate::checks::judge::{Problem, judge_sources};
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, Environment, Layer, Network, Origin, Seen};
use crate::model::finding::{Fix, Outcome, Resource, Severity, Status};
use crate::model::known::Unread;
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "network-mode",
    title: "VPC configured where private resources are reached",
    category: Category::Resources,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Code, Need::Template, Need::Aws],
    page: include_str!("network_mode.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/agentcore-vpc.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let outcomes: Vec<Outcome> = project
        .agents()
        .map(|agent| outcome(context, agent))
        .collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Agent],
        "no runtime or harness is configured",
    )
}

fn outcome(context: &Context, agent: Agent<'_>) -> Outcome {
    let resource = agent.resource();
    let layers = context.networks(agent);
    let environments = context.environments(agent);
    let read = hosts_in_code(context, agent);
    let in_code = read.clone().unwrap_or_default();
    let is_public = |layer: &Layer<Network>| layer.value.mode.value == "PUBLIC";
    let outcome = judge_sources(
        context,
        resource.clone(),
        &layers,
        || context.agent_unread(agent),
        |layer| {
            let network = &layer.value;
            match network.mode.value.as_str() {
                "VPC" if network.subnets > 0 && network.security_groups > 0 => Ok(format!(
                    "{resource} runs in a VPC ({} subnets, {} security groups; their routes and zones are read only where the template makes them)",
                    network.subnets, network.security_groups
                )),
                "VPC" => {
                    let missing = match (network.subnets, network.security_groups) {
                        (0, 0) => "subnets and security groups",
                        (0, _) => "subnets",
                        _ => "security groups",
                    };
                    let note = "set networkConfig.subnets (private ones with a NAT gateway or endpoints, in at least two zones) and networkConfig.securityGroups";
                    let message = format!(
                        "{resource} is in VPC mode without {missing}: it cannot be deployed"
                    );
                    Err(Problem::new(message, network.mode.evidence.clone())
                        .fix(Fix::new("Name the network").note(note)))
                }
                "PUBLIC" => {
                    let mut private = private_hosts(&environments, layer.origin);
                    private.extend(in_code.iter().cloned());
                    match private.first() {
                        None => Ok(format!(
                            "{resource} runs in PUBLIC mode, and nothing that was read names a host that only a VPC reaches"
                        )),
                        Some(_) => Err(unreachable(&resource, &private)),
                    }
                }
                other => {
                    let message = format!(
                        "{resource} has the network mode {other}, which does not exist (PUBLIC or VPC)"
                    );
                    Err(Problem::new(message, network.mode.evidence.clone())
                        .fix(Fix::new("Name the network").note("set networkMode to PUBLIC or VPC")))
                }
            }
        },
    );
    let outcome = way_out(context, agent, outcome);
    let outcome = security_hub(agent, &layers, outcome);
    // PUBLIC is fine only where the code was seen to reach nothing private.
    match (outcome.status, read) {
        (Status::Pass, Err(reason)) if layers.iter().any(is_public) => {
            let message = format!("networkMode is PUBLIC, and {}", reason.message);
            let controls = outcome.controls;
            Outcome {
                controls,
                ..Outcome::skipped(resource, Unread { message, ..reason })
                    .evidences(outcome.evidence)
            }
        }
        _ => outcome,
    }
}

/// A VPC that is made in the template: what keeps the runtime in it.
fn way_out(context: &Context, agent: Agent<'_>, outcome: Outcome) -> Outcome {
    let Some((template, subnets, groups, image)) = context.vpc_in_template(agent) else {
        return outcome;
    };
    match vpc_ways::fault(template, subnets, groups, image) {
        Some((message, evidence)) if outcome.status == Status::Pass => {
            Outcome::fail(outcome.resource, format!("{}: {message}", agent.resource()))
                .severity(Severity::High)
                .evidence(evidence)
                .fix(Fix::new("Give it a way out").note(
                    "private subnets in zones that AgentCore serves, with a route to a NAT gateway, or endpoints for bedrock-runtime, bedrock-agentcore, ecr.api, ecr.dkr, logs, monitoring, sts and S3; egress on 443 to them, and to the prefix list of S3",
                ))
        }
        _ => outcome,
    }
}

/// Security Hub asks for a VPC whatever the agent reaches.
fn security_hub(agent: Agent<'_>, layers: &[Layer<Network>], outcome: Outcome) -> Outcome {
    if matches!(agent, Agent::Harness(_)) || layers.is_empty() {
        return outcome;
    }
    let public = layers.iter().any(|layer| layer.value.mode.value != "VPC");
    let verdict = if public { Status::Fail } else { Status::Pass };
    outcome.control(
        "securityhub:BedrockAgentCore.1",
        verdict,
        "a runtime in the network mode PUBLIC fails, whatever its code reaches",
    )
}

/// Hosts that only a VPC reaches, in the code that runs; why it was not read otherwise. A harness has no code of its own.
fn hosts_in_code(context: &Context, agent: Agent<'_>) -> Result<Vec<Seen<String>>, Unread> {
    let Some(runtime) = agent.runtime() else {
        return Ok(Vec::new());
    };
    let code = crate::context::code::of(context, runtime)?;
    let hosts = hosts_named::in_code(&code, private_host);
    if hosts.is_empty()
        && let Some(reason) = code.unread()
    {
        return Err(reason);
    }
    Ok(hosts
        .into_iter()
        .map(|(host, evidence)| Seen::new(host, evidence))
        .collect())
}

/// Hosts that only a VPC reaches, in the environment variables of a source. Deployed values are not kept, so that those of the
/// configuration stand for deployed variables of the same name.
fn private_hosts(environments: &[Layer<Environment>], origin: Origin) -> Vec<Seen<String>> {
    let of = |wanted: Origin| environments.iter().find(|layer| layer.origin == wanted);
    let names: Option<Vec<&str>> = of(Origin::Live)
        .filter(|_| origin == Origin::Live)
        .map(|layer| layer.value.iter().map(|one| one.name.as_str()).collect());
    let source = if origin == Origin::Live {
        Origin::Config
    } else {
        origin
    };
    let variables = of(source).map(|layer| layer.value.as_slice());
    let found = variables.unwrap_or_default().iter().filter(|variable| {
        names
            .as_ref()
            .is_none_or(|names| names.contains(&variable.name.as_str()))
    });
    found
        .filter_map(|variable| {
            let host = private_host(variable.text()?)?;
            Some(Seen::new(
                format!("{host} (environment variable {})", variable.name),
                variable.evidence.clone(),
            ))
        })
        .collect()
}

fn unreachable(resource: &Resource, hosts: &[Seen<String>]) -> Problem {
    let named: Vec<&str> = hosts.iter().map(|host| host.value.as_str()).collect();
    Problem {
        message: format!("{resource} runs in PUBLIC mode but names hosts that only a VPC reaches: {}", named.join(", ")),
        severity: None,
        evidence: hosts.iter().map(|host| host.evidence.clone()).collect(),
        fixes: vec![Fix::new("Run it in the VPC of those hosts").note(
            "set networkMode to VPC with networkConfig.subnets (private ones) and networkConfig.securityGroups, then deploy; what else the agent calls \
             then needs a NAT gateway or endpoints (ecr.api, ecr.dkr, s3, logs, monitoring, sts, bedrock-runtime, bedrock-agentcore)",
        )],
    }
}

/// The host in a value, where it is one that is not on the internet: private address ranges (RFC 1918), names that only private
/// zones have, and AWS databases and caches, which stand in a VPC.
fn private_host(value: &str) -> Option<String> {
    let trimmed = value.trim();
    let host = match url::Url::parse(trimmed) {
        Ok(url) if url.has_host() => url.host_str()?.to_owned(),
        _ => trimmed.split(['/', ':', ',', ' ']).next()?.to_owned(),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return address.is_private().then_some(host);
    }
    let plausible = host.contains('.')
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    const SUFFIXES: [&str; 7] = [
        ".internal",
        ".local",
        ".corp",
        ".lan",
        ".intranet",
        ".private",
        ".vpce.amazonaws.com",
    ];
    let stores = [".rds.", ".cache.", ".docdb.", ".neptune.", ".redshift."];
    let of_aws = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    let private = SUFFIXES.iter().any(|suffix| host.ends_with(suffix))
        || (of_aws
            && stores.iter().any(|store| host.contains(store))
            && !host.starts_with("rds.")
            && !host.starts_with("redshift."));
    (plausible && private).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::private_host;

    #[test]
    fn private_hosts_are_told_from_public_ones() {
        for value in [
            "10.0.3.7",
            "http://192.168.1.5:8080/x",
            "postgres://app@db.corp.internal:5432/app",
            "orders.abc.us-east-1.rds.amazonaws.com",
            "redis.abc.0001.use1.cache.amazonaws.com:6379",
            "https://vpce-0a1b-x.execute-api.us-east-1.vpce.amazonaws.com",
        ] {
            assert!(private_host(value).is_some(), "{value}");
        }
        for value in [
            "us-east-1",
            "https://api.acme.io/v1",
            "8.8.8.8",
            "172.32.0.1",
            "https://rds.us-east-1.amazonaws.com",
            "s3.us-east-1.amazonaws.com",
            "arn:aws:rds:us-east-1:123456789012:db:x.rds.x",
            "1.0.0",
            "gpt-4.local-model",
            "",
        ] {
            assert!(private_host(value).is_none(), "{value}");
        }
    }
}
