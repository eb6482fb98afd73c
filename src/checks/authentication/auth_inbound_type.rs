//! `auth-inbound-type`: Inbound auth is AWS_IAM or CUSTOM_JWT (not NONE).

use crate::checks::judge::{Problem, judge, judge_sources};
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::checks::{edits, fixes};
use crate::context::{Context, GatewayView, Layer};
use crate::model::finding::{Fix, Outcome, Resource, ResourceType, Severity};
use crate::model::project::{Agent, Gateway};
use crate::shell::{self, Command};

pub(super) static CHECK: Check = Check {
    id: "auth-inbound-type",
    title: "Inbound auth is AWS_IAM or CUSTOM_JWT (not NONE)",
    category: Category::Authentication,
    severity: Severity::Critical,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("auth_inbound_type.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-oauth.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway-inbound-auth.html",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let agents = project.agents().map(|agent| agent_outcome(context, agent));
    let gateways = project
        .gateways
        .iter()
        .map(|gateway| gateway_outcome(context, gateway));
    let outcomes: Vec<Outcome> = agents.chain(gateways).collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Agent, Listed::Gateway],
        "no runtime, harness or gateway is configured",
    )
}

fn agent_outcome(context: &Context, agent: Agent<'_>) -> Outcome {
    let resource = agent.resource();
    let layers = context.authorizers(agent);
    judge_sources(
        context,
        resource.clone(),
        &layers,
        || context.agent_unread(agent),
        |layer| {
            let kind = &layer.value.kind;
            match kind.value.as_str() {
                "AWS_IAM" if layer.value.by_default => {
                    Ok(format!("{resource} requires SigV4 (AWS_IAM, the default)"))
                }
                "AWS_IAM" => Ok(format!("{resource} requires SigV4 (AWS_IAM)")),
                "CUSTOM_JWT" => Ok(format!("{resource} requires a token (CUSTOM_JWT)")),
                other => {
                    let edit = fixes::edit_agent(
                        agent,
                        r#".authorizerType = "AWS_IAM" | del(.authorizerConfiguration)"#,
                        &[],
                    );
                    let message = format!(
                        "{resource} has the authorizer type {other}, which runtimes do not have: who may call it is undefined"
                    );
                    let fix = fixes::edit_and_deploy(context, "Require SigV4", edit)
                    .note("or CUSTOM_JWT with an authorizerConfiguration if callers send tokens of an identity provider");
                    Err(Problem::new(message, kind.evidence.clone()).fix(fix))
                }
            }
        },
    )
}

fn gateway_outcome(context: &Context, gateway: &Gateway) -> Outcome {
    let resource = Resource::new(ResourceType::Gateway, &gateway.name);
    let layers = context.gateway_layers(gateway);
    let unread = || context.unread("the gateway was not read", "bedrock-agentcore:GetGateway");
    judge(resource.clone(), &layers, unread, |layer| {
        let authorizer = &layer.value.authorizer;
        let what = match authorizer.kind.value.as_str() {
            "AWS_IAM" => return Ok(format!("{resource} requires SigV4 (AWS_IAM)")),
            "CUSTOM_JWT" => return Ok(format!("{resource} requires a token (CUSTOM_JWT)")),
            "AUTHENTICATE_ONLY" if enforced(layer) => {
                return Ok(format!("{resource} authenticates callers and its policy engine decides (AUTHENTICATE_ONLY, ENFORCE)"));
            }
            "AUTHENTICATE_ONLY" => "lets every authenticated caller use every tool (AUTHENTICATE_ONLY without a policy engine in ENFORCE)".to_owned(),
            "NONE" if authorizer.by_default => "accepts unauthenticated calls (no authorizerType, which means NONE)".to_owned(),
            "NONE" => "accepts unauthenticated calls (authorizerType NONE)".to_owned(),
            other => format!("has the authorizer type {other}, which gateways do not have: who may call it is undefined"),
        };
        Err(Problem::new(
            format!("{resource} {what}"),
            authorizer.kind.evidence.clone(),
        )
        .fix(require_sigv4(context, gateway)))
    })
}

fn enforced(layer: &Layer<GatewayView>) -> bool {
    layer
        .value
        .engine
        .as_ref()
        .is_some_and(|engine| engine.mode.value == "ENFORCE")
}

/// The service does not change the authorizer type of a gateway that exists, so a deployed one is replaced.
fn require_sigv4(context: &Context, gateway: &Gateway) -> Fix {
    let written = gateway
        .authorizer_type
        .as_ref()
        .map(|kind| kind.value.as_str());
    let right = matches!(written, Some("AWS_IAM" | "CUSTOM_JWT"));
    let deployed = context
        .deployed()
        .is_some_and(|state| state.gateways.contains_key(&gateway.name));
    if right && deployed {
        return rename(context, gateway);
    }
    if right {
        return fixes::deploy_what_is_configured(context);
    }
    if !deployed {
        let edit = fixes::edit_entry(
            "agentCoreGateways",
            &gateway.name,
            r#".authorizerType = "AWS_IAM""#,
            &[],
        );
        // A word that is no type, or settings of another type beside it: what was meant is for a person to say.
        let open = gateway
            .authorizer_type
            .as_ref()
            .is_none_or(|kind| kind.value == "NONE")
            && gateway.node.get("authorizerConfiguration").is_none();
        let safe = edits::entry(
            context,
            "agentCoreGateways",
            &gateway.name,
            |editor, node| editor.set(node, &[], &[("authorizerType", "AWS_IAM".into())]),
        );
        return fixes::edit_and_deploy(context, "Require SigV4", edit)
            .safe_edit(safe.filter(|_| open))
            .note("callers sign with SigV4 and need bedrock-agentcore:InvokeGateway; if they send tokens, use CUSTOM_JWT instead");
    }
    let new = replacement_name(context, gateway);
    let protocol = gateway
        .node
        .get("protocolType")
        .and_then(|node| node.as_str());
    let add = Command::new("agentcore")
        .args(["add", "gateway"])
        .opt("--name", new.as_str())
        .opt("--authorizer-type", "AWS_IAM")
        .opt_if("--protocol-type", protocol);
    let carry = "(first(.agentCoreGateways[] | select(.name == $old)) | del(.authorizerConfiguration, .resourceName)) as $from \
                 | (.agentCoreGateways[] | select(.name == $new)) |= ($from + {name, authorizerType}) \
                 | (.agentCoreGateways[] | select(.name == $old)).targets = []";
    let remove = Command::new("agentcore")
        .args(["remove", "gateway"])
        .opt("--name", gateway.name.as_str())
        .arg("-y");
    Fix::new("Replace it by a gateway that requires SigV4")
        .command(add)
        .command(shell::jq_edit("agentcore/agentcore.json", carry, &[("old", &gateway.name), ("new", &new)]))
        .command(remove)
        .command(fixes::deploy(context))
        .note("the service refuses to change the authorizer type of an existing gateway. The new one has another URL: \
               point every caller at it, with SigV4 and bedrock-agentcore:InvokeGateway; CUSTOM_JWT instead if callers send tokens")
}

/// The configuration is right: under another name the same entry becomes a new gateway, and the deploy removes the old one.
fn rename(context: &Context, gateway: &Gateway) -> Fix {
    let new = replacement_name(context, gateway);
    let edit = fixes::edit_entry(
        "agentCoreGateways",
        &gateway.name,
        ".name = $new | del(.resourceName)",
        &[("new", &new)],
    );
    fixes::edit_and_deploy(context, "Replace the deployed gateway", edit).note(
        "agentcore.json is right already, and the service refuses to change the authorizer type of an existing gateway: the entry gets another \
         name and becomes a new gateway with another URL; point every caller at it. A credential that is named after the gateway is to be renamed with it",
    )
}

/// Gateway names are letters, digits and hyphens, at most 100.
fn replacement_name(context: &Context, gateway: &Gateway) -> String {
    let taken = |name: &str| {
        context
            .project
            .gateways
            .iter()
            .any(|other| other.name == name)
    };
    let name = &gateway.name;
    let stem: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(90)
        .collect();
    let stem = stem.trim_matches('-');
    let mut names = (1..100).map(|number| {
        if number == 1 {
            format!("{stem}-iam")
        } else {
            format!("{stem}-iam{number}")
        }
    });
    names
        .find(|candidate| !taken(candidate))
        .unwrap_or_else(|| format!("{stem}-iam"))
}
