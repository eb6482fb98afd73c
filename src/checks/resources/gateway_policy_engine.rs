//! `gateway-policy-engine`: Policy engine attached (if restricting tool access).

use crate::cedar;
use crate::checks::judge::{Problem, judge_sources};
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::checks::{edits, fixes};
use crate::context::{Context, GatewayView, Layer};
use crate::model::finding::{Fix, Outcome, Resource, ResourceType, Severity};
use crate::model::known::Known;
use crate::model::project::{CedarPolicy, Gateway, PolicyEngine};
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "gateway-policy-engine",
    title: "Policy engine attached (if restricting tool access)",
    category: Category::Resources,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("gateway_policy_engine.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy-scope.html",
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_GatewayPolicyEngineConfiguration.html",
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
    // Whether ENFORCE decides anything is not known where the engine's policies are not: such a source proves nothing.
    let layers: Vec<Layer<GatewayView>> = context
        .gateway_layers(gateway)
        .into_iter()
        .filter(|layer| {
            !layer.value.engine.as_ref().is_some_and(|engine| {
                engine.mode.value == "ENFORCE" && matches!(engine.active, Known::Unread(_))
            })
        })
        .collect();
    judge_sources(context, resource.clone(), &layers, unread, |layer| {
        look(context, gateway, &resource, layer)
    })
}

fn look(
    context: &Context,
    gateway: &Gateway,
    resource: &Resource,
    layer: &Layer<GatewayView>,
) -> Result<String, Problem> {
    let Some(attached) = &layer.value.engine else {
        let message = format!(
            "{resource} has no policy engine: every caller that it admits can use every tool"
        );
        let problem = Problem::new(message, layer.evidence.clone()).severity(Severity::Medium);
        return Err(problem.fix(attach(context, gateway)));
    };
    let name = attached.name.value.as_str();
    let mut engines = context.project.policy_engines.iter();
    let engine = engines.find(|engine| engine.name == name);
    let activate = || match engine {
        Some(engine) => activate(context, gateway, engine),
        None => attach(context, gateway),
    };
    let mode = attached.mode.value.as_str();
    let active = match &attached.active {
        Known::Absent => {
            let message = format!(
                "{resource} names the policy engine {name:?}, which is not in policyEngines[]"
            );
            return Err(
                Problem::new(message, attached.name.evidence.clone()).fix(attach(context, gateway))
            );
        }
        Known::Read(active) => Some(active),
        Known::Unread(_) => None,
    };
    match (mode, active) {
        ("ENFORCE", Some(active)) if active.value == 0 => {
            let message = format!(
                "the policy engine {name} of {resource} is in ENFORCE without an active policy: it denies every call"
            );
            Err(Problem::new(message, active.evidence.clone()).fix(activate()))
        }
        ("ENFORCE", active) => Ok(format!(
            "{resource} enforces the policy engine {name} ({} active)",
            active.map_or(0, |active| active.value)
        )),
        (_, active) => {
            let message = format!(
                "the policy engine {name} of {resource} is in {mode}: it logs what it would deny, and still allows it"
            );
            let problem = Problem::new(message, attached.mode.evidence.clone());
            Err(if active.is_some_and(|active| active.value == 0) {
                problem.fix(activate())
            } else {
                let edit = fixes::edit_entry(
                    "agentCoreGateways",
                    &gateway.name,
                    ENFORCE,
                    &[("engine", name)],
                );
                let safe = edits::entry(
                    context,
                    "agentCoreGateways",
                    &gateway.name,
                    |editor, node| {
                        editor.set(
                            node,
                            &["policyEngineConfiguration"],
                            &[("mode", "ENFORCE".into())],
                        );
                    },
                );
                problem.fix(
                    fixes::edit_and_deploy(context, "Enforce the policies", edit)
                        .safe_edit(safe.filter(|_| engine.is_some_and(permits)))
                        .note("look at its log first: what it would have denied is denied from then on"),
                )
            })
        }
    }
}

/// Whether some active policy permits something: an engine that permits nothing denies everything once it is enforced.
fn permits(engine: &PolicyEngine) -> bool {
    let active = engine.policies.iter().filter(|policy| policy.is_active());
    active
        .filter_map(|policy| policy.statement.as_ref())
        .any(|text| cedar::permits(&text.value))
}

const ENFORCE: &str =
    r#".policyEngineConfiguration = {policyEngineName: $engine, mode: "ENFORCE"}"#;

/// An engine for a gateway that has none: one of the project that has an active policy, else a new one with a first policy.
fn attach(context: &Context, gateway: &Gateway) -> Fix {
    let project = &context.project;
    if let Some(engine) = project
        .policy_engines
        .iter()
        .find(|engine| engine.policies.iter().any(CedarPolicy::is_active))
    {
        let edit = fixes::edit_entry(
            "agentCoreGateways",
            &gateway.name,
            ENFORCE,
            &[("engine", &engine.name)],
        );
        return fixes::edit_and_deploy(
            context,
            &format!("Attach the policy engine {}", engine.name),
            edit,
        );
    }
    let taken = |name: &str| {
        project
            .policy_engines
            .iter()
            .any(|engine| engine.name == name)
    };
    let engine = fixes::resource_name(&gateway.name, "_policies", taken);
    let Some(statement) = first_policy(context, gateway) else {
        return by_hand(gateway);
    };
    Fix::new("Attach a policy engine with a first policy")
        .command(
            Command::new("agentcore")
                .args(["add", "policy-engine"])
                .opt("--name", engine.as_str())
                .opt("--attach-to-gateways", gateway.name.as_str())
                .opt("--attach-mode", "ENFORCE"),
        )
        .command(add_policy("callers", &engine, &statement))
        .command(fixes::deploy(context))
        .note(FIRST_POLICY_NOTE)
}

const FIRST_POLICY_NOTE: &str = "the first policy only bounds who calls; narrow it to the tools that each caller needs, one action each: \
                                 AgentCore::Action::\"TARGET___TOOL\". In ENFORCE what no policy permits is denied";

fn add_policy(name: &str, engine: &str, statement: &str) -> Command {
    Command::new("agentcore")
        .args(["add", "policy"])
        .opt("--name", name)
        .opt("--engine", engine)
        .opt("--statement", statement)
}

/// Gives an engine an active policy and enforces it.
fn activate(context: &Context, gateway: &Gateway, engine: &PolicyEngine) -> Fix {
    let enforce = fixes::edit_entry(
        "agentCoreGateways",
        &gateway.name,
        ENFORCE,
        &[("engine", &engine.name)],
    );
    let wanted = gateway
        .policy_mode
        .as_ref()
        .is_none_or(|mode| mode.value != "ENFORCE");
    let enforce = enforce.filter(|_| wanted);
    if !engine.policies.is_empty() {
        let edit = fixes::edit_entry(
            "policyEngines",
            &engine.name,
            r#".policies[].enforcementMode = "ACTIVE""#,
            &[],
        );
        let Some(edit) = edit else {
            return by_hand(gateway);
        };
        return Fix::new("Make its policies active")
            .command(edit)
            .commands(enforce)
            .command(fixes::deploy(context));
    }
    let Some(statement) = first_policy(context, gateway) else {
        return Fix::new("Add a policy and enforce it")
            .note(format!(
                "`agentcore add policy --engine {}` with a statement that permits your callers their tools; it asks for what is not given. Enforce the engine only then",
                engine.name
            ))
            .commands(enforce)
            .command(fixes::deploy(context));
    };
    Fix::new("Add a first policy and enforce it")
        .command(add_policy("callers", &engine.name, &statement))
        .commands(enforce)
        .command(fixes::deploy(context))
        .note(FIRST_POLICY_NOTE)
}

fn by_hand(gateway: &Gateway) -> Fix {
    Fix::new("Attach a policy engine in ENFORCE with an active policy").note(format!(
        "`agentcore add policy-engine` with --attach-to-gateways {} --attach-mode ENFORCE, then `agentcore add policy` with a statement that permits \
         your callers their tools; both ask for what is not given",
        gateway.name
    ))
}

/// A policy that permits the callers that the gateway is for: those of the project's account, or those of a client or with a
/// scope that its authorizer names. `None` where nothing of the kind is known.
fn first_policy(context: &Context, gateway: &Gateway) -> Option<String> {
    let (kind, condition) = match gateway.authorizer_type.as_ref()?.value.as_str() {
        "AWS_IAM" => {
            let account = context.target.as_ref()?.account.as_ref()?;
            ("IamEntity", format!("principal.id like \"*:{account}:*\""))
        }
        "CUSTOM_JWT" => {
            let jwt = gateway.jwt.as_ref()?;
            let (tag, value) = match (jwt.clients.first(), jwt.scopes.first()) {
                (Some(client), _) => ("client_id", &client.value),
                (None, Some(scope)) => ("scope", &scope.value),
                (None, None) => return None,
            };
            // What could end the string or widen the pattern is left to a person.
            if value.contains(['"', '\\', '*', '\n']) {
                return None;
            }
            let test = if tag == "scope" {
                format!("like \"*{value}*\"")
            } else {
                format!("== \"{value}\"")
            };
            (
                "OAuthUser",
                format!("principal.hasTag(\"{tag}\") && principal.getTag(\"{tag}\") {test}"),
            )
        }
        _ => return None,
    };
    Some(format!(
        "permit(principal is AgentCore::{kind}, action, resource is AgentCore::Gateway) when {{ {condition} }};"
    ))
}
