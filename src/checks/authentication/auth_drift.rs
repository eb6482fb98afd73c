//! `auth-drift`: Deployed authorizer, network mode and lifecycle equal the configuration.

use std::collections::BTreeSet;

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need, live};
use crate::context::Context;
use crate::model::aws::{Gateway, Jwt, Network};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, ResourceType, Severity};
use crate::model::json::Node;
use crate::model::project::{self, Agent, JwtAuthorizer, RuntimeCommon};
use crate::model::site::{Site, Sited};
use crate::shell;

pub(super) static CHECK: Check = Check {
    id: "auth-drift",
    title: "Deployed authorizer, network mode and lifecycle equal the configuration",
    category: Category::Authentication,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Aws],
    page: include_str!("auth_drift.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_GetAgentRuntime.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

/// What the service applies where `lifecycleConfiguration` is not set, in seconds.
const DEFAULT_IDLE: f64 = 900.0;
const DEFAULT_LIFETIME: f64 = 28_800.0;

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let agents = project.agents().map(|agent| judge_agent(context, agent));
    let gateways = project
        .gateways
        .iter()
        .map(|gateway| judge_gateway(context, gateway));
    let outcomes: Vec<Outcome> = agents
        .chain(gateways)
        .map(|outcome| outcome.unwrap_or_else(|outcome| *outcome))
        .collect();
    if outcomes.is_empty() {
        let message = "the project has neither runtimes nor gateways";
        return vec![unconfigured(
            context,
            &[Listed::Agent, Listed::Gateway],
            message,
        )];
    }
    outcomes
}

/// One value that differs: what, deployed, configured, the field of the API, and where the configuration says it.
struct Drift {
    what: &'static str,
    deployed: String,
    configured: String,
    field: &'static str,
    site: Site,
}

/// What is deployed, in the fields that are compared.
struct Deployed<'a> {
    arn: &'a str,
    api: &'static str,
    jwt: Option<&'a Jwt>,
    unknown_authorizer: bool,
    network: Option<&'a Network>,
    idle: Option<i64>,
    lifetime: Option<i64>,
}

fn judge_agent(context: &Context, agent: Agent<'_>) -> Result<Outcome, Box<Outcome>> {
    let resource = agent.resource();
    let state = live::state(context, &resource)?;
    let deployed = match agent {
        Agent::Runtime(runtime) => {
            let runtime = live::read(state.runtime(&runtime.name), &resource)?;
            Deployed {
                arn: &runtime.arn,
                api: "GetAgentRuntime",
                jwt: runtime.jwt.as_ref(),
                unknown_authorizer: runtime.unknown_authorizer,
                network: runtime.network.as_ref(),
                idle: runtime.idle_timeout,
                lifetime: runtime.max_lifetime,
            }
        }
        Agent::Harness(harness) => {
            let harness = live::read(state.harness(&harness.name), &resource)?;
            Deployed {
                arn: &harness.arn,
                api: "GetHarness",
                jwt: harness.jwt.as_ref(),
                unknown_authorizer: false,
                network: harness.network.as_ref(),
                idle: harness.idle_timeout,
                lifetime: harness.max_lifetime,
            }
        }
    };
    let mut drifts = Vec::new();
    authorizer(agent, &deployed, &mut drifts);
    network(agent, &deployed, &mut drifts);
    lifecycle(agent, &deployed, &mut drifts);
    let (arn, api) = (deployed.arn, deployed.api);
    let moves = platform(context, agent);
    if drifts.is_empty() && moves.is_none() {
        return Ok(outcome(context, resource, &drifts, arn, api));
    }
    let Some((message, evidence)) = moves else {
        return Ok(outcome(context, resource, &drifts, arn, api));
    };
    let mut changed = match drifts.is_empty() {
        false => outcome(context, resource, &drifts, arn, api),
        true => Outcome::fail(
            resource.clone(),
            format!("{resource} is not deployed as configured"),
        ),
    };
    let joint = if drifts.is_empty() { ": " } else { "; " };
    changed.message.push_str(&format!("{joint}{message}"));
    changed.evidence.extend(evidence);
    changed.fixes.push(Fix::new("Move or stay on purpose").note(
        "the project's CDK app sets the value (an override of PlatformVersion): change it there to keep the version that is deployed, or run `agentcore-harden check --only snapshot` first and deploy",
    ));
    Ok(changed)
}

/// The next deploy would move the runtime to another platform version.
fn platform(context: &Context, agent: Agent<'_>) -> Option<(String, Vec<Evidence>)> {
    let sources = context.platform_sources(agent);
    let (deployed, template) = (sources.deployed?, sources.template?);
    let (now, next) = (deployed.told.version()?, template.told.version()?);
    (now != next).then(|| {
        let message = format!(
            "platform version {} deployed, {} at the next deploy",
            now.as_str(),
            next.as_str()
        );
        let next = template
            .evidence
            .note(format!("next deploy: {}", next.as_str()));
        (message, vec![next, deployed.evidence])
    })
}

fn authorizer(agent: Agent<'_>, deployed: &Deployed<'_>, drifts: &mut Vec<Drift>) {
    let common = agent.common();
    let configured = common
        .authorizer_type
        .as_ref()
        .map_or("AWS_IAM", |kind| kind.value.as_str());
    let live = match (deployed.jwt, deployed.unknown_authorizer) {
        (Some(_), _) => "CUSTOM_JWT",
        (None, true) => "an authorizer of another kind",
        (None, false) => "AWS_IAM",
    };
    let site = common
        .authorizer_type
        .as_ref()
        .map_or_else(|| agent.site().clone(), |kind| kind.site.clone());
    if configured != live {
        drifts.push(Drift {
            what: "authorizer",
            deployed: live.to_owned(),
            configured: configured.to_owned(),
            field: "authorizerConfiguration",
            site,
        });
    } else if let (Some(ours), Some(theirs)) = (&common.jwt, deployed.jwt) {
        jwt(ours, theirs, drifts);
    }
}

fn jwt(ours: &JwtAuthorizer, theirs: &Jwt, drifts: &mut Vec<Drift>) {
    let mut compare =
        |what, field, deployed: BTreeSet<&str>, configured: BTreeSet<&str>, site: Option<&Site>| {
            if deployed != configured {
                drifts.push(Drift {
                    what,
                    deployed: listed(&deployed),
                    configured: listed(&configured),
                    field,
                    site: site.unwrap_or(&ours.site).clone(),
                });
            }
        };
    compare(
        "discovery URL",
        "authorizerConfiguration.customJWTAuthorizer.discoveryUrl",
        BTreeSet::from([theirs.discovery_url.as_str()]),
        ours.discovery_url
            .iter()
            .map(|url| url.value.as_str())
            .collect(),
        ours.discovery_url.as_ref().map(|url| &url.site),
    );
    compare(
        "allowed audience",
        "authorizerConfiguration.customJWTAuthorizer.allowedAudience",
        texts(&theirs.audience),
        sited(&ours.audience),
        ours.audience.first().map(|value| &value.site),
    );
    compare(
        "allowed clients",
        "authorizerConfiguration.customJWTAuthorizer.allowedClients",
        texts(&theirs.clients),
        sited(&ours.clients),
        ours.clients.first().map(|value| &value.site),
    );
    compare(
        "allowed scopes",
        "authorizerConfiguration.customJWTAuthorizer.allowedScopes",
        texts(&theirs.scopes),
        sited(&ours.scopes),
        ours.scopes.first().map(|value| &value.site),
    );
    compare(
        "custom claims",
        "authorizerConfiguration.customJWTAuthorizer.customClaims",
        theirs
            .claims
            .iter()
            .map(|claim| claim.name.as_str())
            .collect(),
        ours.custom_claims
            .iter()
            .filter_map(|claim| claim.get("inboundTokenClaimName").and_then(Node::as_str))
            .collect(),
        None,
    );
}

fn texts(values: &[String]) -> BTreeSet<&str> {
    values.iter().map(String::as_str).collect()
}

fn sited(values: &[Sited<String>]) -> BTreeSet<&str> {
    values.iter().map(|value| value.value.as_str()).collect()
}

fn listed(values: &BTreeSet<&str>) -> String {
    if values.is_empty() {
        "none".to_owned()
    } else {
        values.iter().copied().collect::<Vec<_>>().join(", ")
    }
}

fn network(agent: Agent<'_>, deployed: &Deployed<'_>, drifts: &mut Vec<Drift>) {
    let common: &RuntimeCommon = agent.common();
    let Some(live) = deployed.network else {
        return;
    };
    let mode = common.network_mode.as_ref();
    let configured = mode.map_or("PUBLIC", |mode| mode.value.as_str());
    let site = mode.map_or_else(|| agent.site().clone(), |mode| mode.site.clone());
    let mut compare = |what, field, deployed: BTreeSet<&str>, configured: BTreeSet<&str>| {
        if deployed != configured {
            drifts.push(Drift {
                what,
                deployed: listed(&deployed),
                configured: listed(&configured),
                field,
                site: site.clone(),
            });
        }
    };
    compare(
        "network mode",
        "networkConfiguration.networkMode",
        BTreeSet::from([live.mode.as_str()]),
        BTreeSet::from([configured]),
    );
    if configured == "VPC" && live.mode == "VPC" {
        compare(
            "subnets",
            "networkConfiguration.networkModeConfig.subnets",
            texts(&live.subnets),
            sited(&common.subnets),
        );
        compare(
            "security groups",
            "networkConfiguration.networkModeConfig.securityGroups",
            texts(&live.security_groups),
            sited(&common.security_groups),
        );
    }
}

fn lifecycle(agent: Agent<'_>, deployed: &Deployed<'_>, drifts: &mut Vec<Drift>) {
    let common = agent.common();
    let mut compare =
        |what, field, live: Option<i64>, configured: &Option<Sited<f64>>, default: f64| {
            #[allow(clippy::cast_precision_loss)]
            let Some(live) = live.map(|seconds| seconds as f64) else {
                return;
            };
            let wanted = configured.as_ref().map_or(default, |value| value.value);
            if (live - wanted).abs() >= 1.0 {
                let site = configured
                    .as_ref()
                    .map_or_else(|| agent.site().clone(), |value| value.site.clone());
                let unset = if configured.is_none() {
                    ", the default"
                } else {
                    ""
                };
                drifts.push(Drift {
                    what,
                    deployed: format!("{live} s"),
                    configured: format!("{wanted} s{unset}"),
                    field,
                    site,
                });
            }
        };
    compare(
        "idle timeout",
        "lifecycleConfiguration.idleRuntimeSessionTimeout",
        deployed.idle,
        &common.idle_timeout,
        DEFAULT_IDLE,
    );
    compare(
        "maximum lifetime",
        "lifecycleConfiguration.maxLifetime",
        deployed.lifetime,
        &common.max_lifetime,
        DEFAULT_LIFETIME,
    );
}

fn judge_gateway(context: &Context, gateway: &project::Gateway) -> Result<Outcome, Box<Outcome>> {
    let resource = Resource::new(ResourceType::Gateway, &gateway.name);
    let state = live::state(context, &resource)?;
    let deployed: &Gateway = live::read(state.gateway(&gateway.name), &resource)?;
    let configured = gateway
        .authorizer_type
        .as_ref()
        .map_or("NONE", |kind| kind.value.as_str());
    let mut drifts = Vec::new();
    if configured != deployed.authorizer_type {
        drifts.push(Drift {
            what: "authorizer",
            deployed: deployed.authorizer_type.clone(),
            configured: configured.to_owned(),
            field: "authorizerType",
            site: gateway
                .authorizer_type
                .as_ref()
                .map_or_else(|| gateway.site.clone(), |kind| kind.site.clone()),
        });
    } else if let (Some(ours), Some(theirs)) = (&gateway.jwt, &deployed.jwt) {
        jwt(ours, theirs, &mut drifts);
    }
    Ok(outcome(
        context,
        resource,
        &drifts,
        &deployed.arn,
        "GetGateway",
    ))
}

fn outcome(
    context: &Context,
    resource: Resource,
    drifts: &[Drift],
    arn: &str,
    api: &'static str,
) -> Outcome {
    if drifts.is_empty() {
        let message = format!(
            "{resource} is deployed with the authorizer, network and lifecycle that the configuration names"
        );
        return Outcome::pass(resource, message).evidence(Evidence::aws(
            arn,
            api,
            "authorizerConfiguration",
        ));
    }
    let told: Vec<String> = drifts
        .iter()
        .map(|drift| {
            format!(
                "{} {} deployed, {} configured",
                drift.what, drift.deployed, drift.configured
            )
        })
        .collect();
    let target = context.target.as_ref().map(|target| target.name.as_str());
    let is_gateway_type = resource.kind == ResourceType::Gateway
        && drifts.iter().any(|drift| drift.field == "authorizerType");
    let fix = if is_gateway_type {
        Fix::new("Replace the gateway").note(
            "the service does not change the authorizer type of an existing gateway: give it another name in agentcore.json, deploy, \
             move its callers, then remove the old one",
        )
    } else {
        Fix::new("Deploy what is configured").command(shell::deploy(target)).note(
            "a value that was changed by hand in AWS is not put back while the template stays the same: change it back with the API \
             that the evidence names, or write the deployed value into agentcore.json",
        )
    };
    Outcome::fail(
        resource.clone(),
        format!(
            "{resource} is not deployed as configured: {}",
            told.join("; ")
        ),
    )
    .evidences(drifts.iter().flat_map(|drift| {
        [
            Evidence::config(&drift.site).note(format!("configured: {}", drift.configured)),
            Evidence::aws(arn, api, drift.field).note(format!("deployed: {}", drift.deployed)),
        ]
    }))
    .fix(fix)
}
