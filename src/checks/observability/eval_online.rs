//! `eval-online`: Online evaluation watches the runtime.

use crate::checks::fixes;
use crate::checks::judge::{Problem, judge_sources};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, EvalView};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, Severity, Status};
use crate::model::json::Node;
use crate::model::project::{Agent, OnlineEval, Runtime};
use crate::shell::Command;
use crate::stack;

pub(super) static CHECK: Check = Check {
    id: "eval-online",
    title: "Online evaluation watches the runtime",
    category: Category::Observability,
    severity: Severity::Low,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("eval_online.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/evaluations.html",
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateOnlineEvaluationConfig.html",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let outcomes: Vec<Outcome> = project
        .runtimes
        .iter()
        .map(|runtime| outcome(context, runtime))
        .collect();
    if outcomes.is_empty() {
        // The CLI refuses an evaluation of anything but a runtime.
        return vec![unconfigured(
            context,
            &[Listed::Agent],
            "no runtime is configured",
        )];
    }
    outcomes
}

fn outcome(context: &Context, runtime: &Runtime) -> Outcome {
    let resource = Agent::Runtime(runtime).resource();
    let watching: Vec<&OnlineEval> = context
        .project
        .online_evals
        .iter()
        .filter(|eval| watches(context, eval, runtime))
        .collect();
    let mut last: Option<Outcome> = None;
    for eval in &watching {
        let unread = || {
            context.unread(
                "the online evaluation was not read",
                "bedrock-agentcore:GetOnlineEvaluationConfig",
            )
        };
        let outcome = judge_sources(
            context,
            resource.clone(),
            &context.eval_layers(eval),
            unread,
            |layer| look(context, &resource, eval, &layer.value),
        );
        if outcome.status == Status::Pass {
            return outcome;
        }
        last.get_or_insert(outcome);
    }
    // One that was made outside of the project watches it all the same.
    for (name, layer) in context.foreign_evals(runtime) {
        let view = &layer.value;
        let rate = view.rate.as_ref().map_or(0.0, |rate| rate.value);
        if view.enabled.value && rate > 0.0 && view.evaluators != Some(0) {
            let message = format!(
                "{resource} is watched by the online evaluation {name} ({rate} % of its sessions), which the project does not declare"
            );
            return Outcome::pass(resource, message).evidence(layer.evidence.context());
        }
    }
    last.unwrap_or_else(|| {
        if context.serves_tools_only(runtime) {
            let message = format!(
                "{resource} serves tools over MCP and calls no model: evaluators judge the answers of agents"
            );
            return Outcome::not_applicable(resource, message);
        }
        unwatched(context, runtime, resource)
    })
}

/// By name, or by the log group or service name of a custom source.
fn watches(context: &Context, eval: &OnlineEval, runtime: &Runtime) -> bool {
    if let Some(agent) = &eval.agent {
        return agent.value == runtime.name;
    }
    let listed = |key: &str| {
        let items = eval.node.get(key).map(Node::items).unwrap_or_default();
        items.iter().filter_map(Node::as_str).collect::<Vec<_>>()
    };
    let physical = format!("{}_{}", context.project.display_name(), runtime.name);
    let id = context
        .deployed()
        .and_then(|state| state.runtimes.get(&runtime.name))
        .and_then(|deployed| deployed.id.as_deref());
    let services = listed("serviceNames");
    let service = services.is_empty()
        || services
            .iter()
            .any(|name| name.split('.').next() == Some(physical.as_str()));
    let group = listed("logGroupNames")
        .into_iter()
        .filter_map(|name| name.strip_prefix("/aws/bedrock-agentcore/runtimes/"))
        .any(|rest| {
            // The id is NAME-xxxxxxxxxx and the group's last part ID-ENDPOINT.
            rest.strip_prefix(id.unwrap_or(&physical))
                .is_some_and(|rest| rest.starts_with('-'))
        });
    group && service
}

fn look(
    context: &Context,
    resource: &Resource,
    eval: &OnlineEval,
    view: &EvalView,
) -> Result<String, Problem> {
    let name = &eval.name;
    let edit = |filter: &str| fixes::edit_entry("onlineEvalConfigs", name, filter, &[]);
    if !view.enabled.value {
        let message = format!("the online evaluation {name} of {resource} is not enabled");
        let fix = fixes::edit_and_deploy(context, "Enable it", edit(".enableOnCreate = true"));
        return Err(Problem::new(message, view.enabled.evidence.clone()).fix(fix));
    }
    if view.evaluators == Some(0) {
        let message = format!("the online evaluation {name} of {resource} names no evaluator");
        let fix = fixes::edit_and_deploy(
            context,
            "Name an evaluator",
            edit(r#".evaluators = ["Builtin.Helpfulness"]"#),
        );
        return Err(Problem::new(message, view.enabled.evidence.clone()).fix(fix));
    }
    match &view.rate {
        Some(rate) if rate.value > 0.0 => Ok(format!(
            "{resource} is watched by the online evaluation {name} ({} % of its sessions)",
            rate.value
        )),
        rate => {
            let at = rate
                .as_ref()
                .map_or(&view.enabled.evidence, |rate| &rate.evidence);
            let message = format!("the online evaluation {name} of {resource} samples no session");
            Err(
                Problem::new(message, at.clone()).fix(fixes::edit_and_deploy(
                    context,
                    "Sample 5 % of the sessions",
                    edit(".samplingRate = 5"),
                )),
            )
        }
    }
}

fn unwatched(context: &Context, runtime: &Runtime, resource: Resource) -> Outcome {
    let taken = |name: &str| {
        context
            .project
            .online_evals
            .iter()
            .any(|eval| eval.name == name)
    };
    let name = fixes::resource_name(&runtime.name, "_quality", taken);
    let add = Command::new("agentcore")
        .args(["add", "online-eval"])
        .opt("--name", name.as_str())
        .opt("--runtime", runtime.name.as_str())
        .opt("--evaluator", "Builtin.Helpfulness")
        .opt("--sampling-rate", "5");
    let message = format!(
        "no online evaluation watches {resource}: nobody notices when its answers get worse"
    );
    let evaluators = vec!["Builtin.Helpfulness".to_owned()];
    let with = stack::with_eval(context, &name, &runtime.name, &evaluators);
    let mut fix = Fix::new("Evaluate 5 % of the sessions");
    let role = match &with {
        Some(edits) => {
            for edit in edits {
                fix = fix.edit_of(edit);
            }
            "the edit of the stack keeps the role that comes with it narrow"
        }
        None if stack::is_made(context) => {
            "the stack keeps the role that comes with it as narrow as its list says"
        }
        None => {
            "the role that the CLI makes for it allows more than it needs (iam-bedrock-scope, iam-trust-policy and iam-broad-permissions will say so): narrow it in the stack of agentcore/cdk"
        }
    };
    fix = fix
        .command(add)
        .command(fixes::deploy(context))
        .note(format!("each sampled session costs model calls; use a higher rate while there is little traffic. {role}"));
    Outcome::fail(resource, message)
        .evidence(Evidence::config(&runtime.site))
        .fix(fix)
}
