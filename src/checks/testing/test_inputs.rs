//! `test-inputs`: Agent tested with production-representative inputs.

use super::found::{evidence, none};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::project::{Agent, Runtime};
use crate::model::site::Site;
use crate::model::source::{EntrypointKind, Language};
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "test-inputs",
    title: "Agent tested with production-representative inputs",
    category: Category::Testing,
    severity: Severity::Low,
    needs: &[Need::Files, Need::Config],
    page: include_str!("test_inputs.md"),
    references: &["https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/evaluations.html"],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    if context.project.runtimes.is_empty() {
        let message = "no runtime with code of its own is configured";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    context
        .project
        .runtimes
        .iter()
        .map(|runtime| judge(context, Agent::Runtime(runtime)))
        .collect()
}

fn judge(context: &Context, agent: Agent<'_>) -> Outcome {
    let name = agent.name();
    let tests: Vec<_> = context
        .tests
        .invocations
        .iter()
        .filter(|site| site.runtimes.is_empty() || site.runtimes.iter().any(|one| one == name))
        .collect();
    let datasets: Vec<&str> = context
        .tests
        .datasets
        .iter()
        .filter(|(_, size)| size.is_some_and(|size| size > 0))
        .map(|(name, _)| name.as_str())
        .collect();
    let runs = context
        .evaluations
        .of_runtime(context.project.display_name(), name);
    let recorded = runs.iter().rev().find(|run| !run.scores.is_empty());
    if tests.is_empty() && datasets.is_empty() && recorded.is_none() {
        let missing = format!("no test, script or dataset gives runtime {name} an input");
        let look = "try it with inputs as its users will send them (long, empty, in their languages, off topic, hostile), and keep them as tests or as a dataset";
        return none(context, agent.resource(), &missing, look)
            .evidence(Evidence::config(agent.site()).context())
            .fix(Fix::new("Start with one input").command(first_input(context, agent)).note("`agentcore dev` answers the same without a deploy; a test that calls the entrypoint, or a dataset in agentcore.json, makes it last"));
    }
    let mut found = Vec::new();
    if !tests.is_empty() {
        found.push(format!(
            "{} place(s) in tests or scripts invoke it",
            tests.len()
        ));
    }
    if !datasets.is_empty() {
        found.push(format!("dataset {} holds inputs", datasets.join(", ")));
    }
    if let Some(run) = recorded {
        found.push(format!("an evaluation of {} is recorded", run.timestamp));
    }
    Outcome::pass(
        agent.resource(),
        format!(
            "runtime {name}: {}; whether they are like production's is for you to judge",
            found.join(", ")
        ),
    )
    .evidences(evidence(tests))
    .evidences(recorded.map(|run| Evidence::file(&Site::file(run.path.as_str()))))
}

/// The command that gives the agent an input: a prompt, or over MCP the call of a tool.
fn first_input(context: &Context, agent: Agent<'_>) -> Command {
    let (name, invoke) = (agent.name(), Command::new("agentcore").arg("invoke"));
    let mcp = |runtime: &&Runtime| {
        let protocol = runtime.protocol.as_ref();
        protocol.is_some_and(|protocol| protocol.value == "MCP")
    };
    let Some(runtime) = agent.runtime().filter(mcp) else {
        return invoke
            .opt("--runtime", name)
            .opt("--prompt", "What can you do for me?");
    };
    match a_tool(context, runtime) {
        Some((tool, input)) => invoke
            .arg("call-tool")
            .opt("--runtime", name)
            .opt("--tool", tool)
            .opt("--input", input),
        None => invoke.arg("list-tools").opt("--runtime", name),
    }
}

/// A tool of an MCP server, with a value for each argument that it cannot do without; where types tell which.
fn a_tool(context: &Context, runtime: &Runtime) -> Option<(String, String)> {
    let code = context.source.runtime(&runtime.name)?;
    let tools = code
        .entrypoints
        .iter()
        .filter(|entry| entry.kind == EntrypointKind::McpTool);
    tools
        .filter_map(|entry| {
            let function = context.source.function(entry.function?)?;
            let module = context.source.module(function.id.module)?;
            // A decorator that is given something may name the tool otherwise.
            let renamed = function.decorators.iter().any(|decorator| {
                decorator
                    .as_call()
                    .is_some_and(|call| !call.args.is_empty() || !call.keywords.is_empty())
            });
            if module.language != Language::Python || renamed || function.class.is_some() {
                return None;
            }
            let mut input = serde_json::Map::new();
            for param in function
                .params
                .iter()
                .filter(|param| param.default.is_none())
            {
                let annotation = param.annotation.as_deref()?.as_name()?;
                let value = match annotation {
                    "int" => serde_json::json!(1),
                    "float" => serde_json::json!(1.5),
                    "bool" => serde_json::json!(true),
                    "str" => serde_json::json!("test"),
                    "Context" => continue,
                    _ => return None,
                };
                input.insert(param.name.to_string(), value);
            }
            let input = serde_json::Value::Object(input).to_string();
            Some((function.name.to_string(), input))
        })
        .next()
}
