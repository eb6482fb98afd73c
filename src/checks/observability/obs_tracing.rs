//! `obs-tracing`: X-Ray tracing enabled (auto-configured).

use super::tracing_container::python_container;
use super::tracing_destination::destination;
use crate::checks::judge::Problem;
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::checks::{edits, fixes};
use crate::context::code::{self, not_made};
use crate::context::{Context, Environment, Layer, Origin, Variable};
use crate::context::{absent_code, installed};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::manifest::{AgentManifests, Dependency, PyProject};
use crate::model::project::{Agent, Harness, Runtime};
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "obs-tracing",
    title: "X-Ray tracing enabled (auto-configured)",
    category: Category::Observability,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Files, Need::Template, Need::Aws],
    page: include_str!("obs_tracing.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/observability-configure.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/observability-get-started.html",
        "https://aws-otel.github.io/docs/getting-started/python-sdk",
        "https://www.npmjs.com/package/@aws/agentcore-cdk",
    ],
    run,
};

/// The distribution that the platform's settings are for.
pub(super) const DISTRO: &str = "aws-opentelemetry-distro";
/// What the CLI's own template asks for (@aws/agentcore 0.30.0, `dist/assets/python`).
pub(super) const DISTRO_REQUIREMENT: &str = "aws-opentelemetry-distro~=0.18.0";
/// The program that starts Python under it.
pub(super) const WRAPPER: &str = "opentelemetry-instrument";
/// Distributions that bring the program, if not the platform's distribution.
const WRAPPER_PACKAGES: [&str; 3] = [
    DISTRO,
    "opentelemetry-distro",
    "opentelemetry-instrumentation",
];
/// Packages that make spans in Node.
const NODE_PACKAGES: [&str; 6] = [
    "@aws/aws-distro-opentelemetry-node-autoinstrumentation",
    "@opentelemetry/auto-instrumentations-node",
    "@opentelemetry/sdk-node",
    "@opentelemetry/sdk-trace-node",
    "@opentelemetry/sdk-trace-base",
    "@vercel/otel",
];
/// Those of them that an import of their own or an option of Node has to load: no other library takes them in.
const REGISTERED: [&str; 2] = [
    "@aws/aws-distro-opentelemetry-node-autoinstrumentation",
    "@opentelemetry/auto-instrumentations-node",
];
/// Environment variables that turn spans off, and with which value.
const SWITCHES: [(&str, &str); 4] = [
    ("DISABLE_ADOT_OBSERVABILITY", "true"),
    ("OTEL_SDK_DISABLED", "true"),
    ("OTEL_TRACES_EXPORTER", "none"),
    ("OTEL_TRACES_SAMPLER", "always_off"),
];

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

/// What the reading of one side came to.
pub(super) enum Finding {
    Fine(String),
    Bad(Vec<Problem>),
    Unknown(Unread),
    Person(String),
}

fn outcome(context: &Context, agent: Agent<'_>) -> Outcome {
    let resource = agent.resource();
    let mut problems = switched_off(context, agent, &resource);
    let start = match agent {
        Agent::Runtime(runtime) => started(context, runtime, &resource),
        Agent::Harness(harness) => match harness.document.read() {
            Some(_) => Finding::Fine(format!(
                "nothing in {} turns the tracing of {resource} off",
                harness_file(harness)
            )),
            None => Finding::Unknown(context.agent_unread(agent)),
        },
    };
    let destination = destination(context, agent);
    problems.extend(destination.problem);
    match start {
        Finding::Bad(found) => problems.extend(found),
        Finding::Fine(message) if problems.is_empty() => {
            let outcome = Outcome::pass(resource, format!("{message}{}", destination.note))
                .evidence(Evidence::config(agent.site()).context());
            return outcome.evidences(destination.evidence.map(Evidence::context));
        }
        Finding::Unknown(reason) if problems.is_empty() => {
            return Outcome::skipped(resource, reason);
        }
        Finding::Person(message) if problems.is_empty() => {
            let reason = Unread::new(
                ReasonCode::Unsupported,
                "neither the CLI nor the service instruments Node",
            );
            return Outcome::manual(resource, message, reason)
                .evidence(Evidence::config(agent.site()));
        }
        Finding::Fine(_) | Finding::Unknown(_) | Finding::Person(_) => {}
    }
    let messages: Vec<&str> = problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    let mut failed = Outcome::fail(resource, messages.join("; "));
    failed.severity = problems.iter().filter_map(|problem| problem.severity).min();
    let mut steps = Vec::new();
    for problem in problems {
        failed.evidence.extend(problem.evidence);
        steps.extend(problem.fixes);
    }
    // Each problem has one way out, and all of them are needed.
    failed.fixes.extend(fixes::all_of(steps));
    failed
}

fn harness_file(harness: &Harness) -> &str {
    harness
        .document
        .read()
        .map_or("harness.json", |document| &document.source.path)
}

/// Environment variables that turn spans off, in every source. Where the configuration does not set them any more, the deploy
/// alone takes them away.
fn switched_off(context: &Context, agent: Agent<'_>, resource: &Resource) -> Vec<Problem> {
    let layers = context.environments(agent);
    let off = |layer: &Layer<Environment>| -> Vec<(Variable, &'static str)> {
        let hits = layer.value.iter().filter_map(|variable| {
            let mut switches = SWITCHES.iter();
            let (_, word) =
                switches.find(|(key, off)| *key == variable.name && variable.is(off))?;
            Some((variable.clone(), *word))
        });
        hits.collect()
    };
    let configured: Vec<String> = layers
        .iter()
        .filter(|layer| layer.origin == Origin::Config)
        .flat_map(&off)
        .map(|(variable, _)| variable.name)
        .collect();
    let mut problems: Vec<Problem> = Vec::new();
    for layer in layers.iter().rev() {
        for (variable, word) in off(layer) {
            let name = &variable.name;
            let fix = if configured.contains(name) {
                fixes::edit_and_deploy(context, &format!("Remove {name}"), removal(agent, name))
            } else {
                fixes::deploy_what_is_configured(context)
            };
            let place = match layer.origin {
                Origin::Config | Origin::Predicted => String::new(),
                other => format!(" ({})", other.words()),
            };
            let message = format!(
                "the environment variable {name}={word} turns the traces of {resource} off{place}"
            );
            problems.push(Problem::new(message, variable.evidence).fix(fix));
        }
    }
    problems
}

fn removal(agent: Agent<'_>, name: &str) -> Option<Command> {
    match agent {
        Agent::Runtime(_) => fixes::edit_agent(
            agent,
            ".envVars |= map(select(.name != $variable))",
            &[("variable", name)],
        ),
        Agent::Harness(_) => fixes::edit_agent(
            agent,
            "del(.environmentVariables[$variable])",
            &[("variable", name)],
        ),
    }
}

fn started(context: &Context, runtime: &Runtime, resource: &Resource) -> Finding {
    let agent = Agent::Runtime(runtime);
    let Some(manifests) = context.manifests(agent) else {
        return Finding::Unknown(Unread::new(
            ReasonCode::Absent,
            "the files beside the code were not read",
        ));
    };
    let container = runtime
        .build
        .as_ref()
        .is_some_and(|build| build.value == "Container");
    // A manifest above a folder that is yet to be built is not the one that ships.
    if !container && let Some(reason) = not_made(context, runtime) {
        return Finding::Unknown(reason);
    }
    match (is_node(runtime, manifests), container) {
        (true, _) => node(context, runtime, resource, manifests),
        (false, true) => python_container(context, runtime, resource, manifests),
        (false, false) => python_zip(context, runtime, resource, manifests),
    }
}

fn is_node(runtime: &Runtime, manifests: &AgentManifests) -> bool {
    if let Some(version) = &runtime.runtime_version {
        // A container's version is not used, but the CLI writes that of its language.
        return version.value.starts_with("NODE");
    }
    let entrypoint = runtime
        .entrypoint
        .as_ref()
        .map_or("", |entrypoint| entrypoint.value.as_str());
    match entrypoint
        .split(':')
        .next()
        .and_then(|file| file.rsplit_once('.'))
    {
        Some((_, extension)) => matches!(extension, "js" | "ts" | "mjs" | "cjs" | "mts" | "tsx"),
        None => manifests.package_json.read().is_some() && manifests.pyproject.read().is_none(),
    }
}

fn node(
    context: &Context,
    runtime: &Runtime,
    resource: &Resource,
    manifests: &AgentManifests,
) -> Finding {
    let package = match manifests.package_json.known() {
        Err(reason) => return Finding::Unknown(reason),
        Ok(package) => package,
    };
    let dependencies = package
        .into_iter()
        .flat_map(|package| &package.dependencies);
    let own: Vec<&Dependency> = dependencies
        .filter(|dependency| NODE_PACKAGES.contains(&dependency.name.as_str()))
        .collect();
    match own.first() {
        Some(dependency) if is_loaded_by_nothing(context, runtime, &own) => {
            Finding::Person(format!(
                "package.json of {resource} has {name}, and neither the code nor NODE_OPTIONS is seen to load it: a package that is not loaded makes no \
                 spans. Import its `register` before all else, or set NODE_OPTIONS in `envVars` (see the package's page), or see that something else \
                 loads it",
                name = dependency.name
            ))
        }
        Some(dependency) => Finding::Fine(format!(
            "{resource} brings its own tracing ({}); nothing turns it off",
            dependency.name
        )),
        None => Finding::Person(format!(
            "nothing makes spans inside {resource}: the platform instruments Python only, and package.json has no OpenTelemetry SDK or distribution. \
             Invocations, errors and durations are measured by the service in any case; decide whether that is enough to find a fault in production"
        )),
    }
}

/// Whether nothing is seen to load packages into Node that do nothing unless they are loaded, where all that could was read.
fn is_loaded_by_nothing(context: &Context, runtime: &Runtime, own: &[&Dependency]) -> bool {
    // What starts Node in an image, and with which options, is not read here.
    if installed::is_container(runtime)
        || !own
            .iter()
            .all(|one| REGISTERED.contains(&one.name.as_str()))
    {
        return false;
    }
    let agent = Agent::Runtime(runtime);
    let facts = context
        .files
        .dependencies
        .get(&agent.resource().to_string());
    let (Some(facts), Ok(code)) = (facts, code::of(context, runtime)) else {
        return false;
    };
    let is_read = facts.beyond.is_none()
        && facts.unread.is_empty()
        && code.unread().is_none()
        && absent_code::of(context, &code).is_none();
    let option = "NODE_OPTIONS";
    let layers = context.environments(agent);
    let mut set = layers.iter().flat_map(|layer| &layer.value);
    let by_option = set.any(|variable| variable.name == option)
        || context.source.stack_words.contains(option)
        || context.files.contents.environment_words.contains(option);
    is_read && !by_option && !own.iter().any(|one| facts.uses.contains_key(&one.name))
}

fn python_zip(
    context: &Context,
    runtime: &Runtime,
    resource: &Resource,
    manifests: &AgentManifests,
) -> Finding {
    let mut problems = Vec::new();
    let off = runtime
        .enable_otel
        .as_ref()
        .filter(|enabled| !enabled.value);
    if let Some(enabled) = off {
        let edit = fixes::edit_agent(
            Agent::Runtime(runtime),
            ".instrumentation.enableOtel = true",
            &[],
        );
        let safe = edits::agent(context, Agent::Runtime(runtime), |editor, node| {
            editor.set(node, &["instrumentation"], &[("enableOtel", true.into())]);
        });
        // Without the program to start it by, it would not start.
        let installed = manifests.pyproject.read().is_some_and(|manifest| {
            let mut names = manifest.dependencies.iter().map(|each| each.name.as_str());
            names.any(|name| WRAPPER_PACKAGES.contains(&name))
        });
        let safe = safe.filter(|_| installed);
        let message = format!(
            "{resource} is started without {WRAPPER} (instrumentation.enableOtel false): no spans of what it does"
        );
        problems.push(
            Problem::new(message, Evidence::config(&enabled.site))
                .fix(fixes::edit_and_deploy(context, "Turn tracing on", edit).safe_edit(safe)),
        );
    }
    match manifests.pyproject.known() {
        Err(reason) if problems.is_empty() => return Finding::Unknown(reason),
        Ok(None) if problems.is_empty() => {
            if let Some(reason) = not_made(context, runtime) {
                return Finding::Unknown(reason);
            }
            let message = format!(
                "{resource} has no pyproject.toml, which the packager installs from: its dependencies are unknown"
            );
            return Finding::Unknown(Unread::new(ReasonCode::Absent, message));
        }
        Ok(Some(manifest)) => {
            let has = |name: &str| {
                manifest
                    .dependencies
                    .iter()
                    .any(|dependency| dependency.name == name)
            };
            if manifest.dynamic && problems.is_empty() {
                let message = format!(
                    "the dependencies of {} are computed by its build backend",
                    manifest.path
                );
                return Finding::Unknown(Unread::new(ReasonCode::Unsupported, message));
            }
            if !has(DISTRO) && !manifest.dynamic {
                let breaks = off.is_none()
                    && !WRAPPER_PACKAGES.iter().any(|name| has(name))
                    && installed::brings_instrument(context, runtime).is_none();
                problems.push(missing_distro(context, resource, manifest, breaks));
            }
        }
        Err(_) | Ok(None) => {}
    }
    match problems.is_empty() {
        true => Finding::Fine(format!(
            "{resource} is started by {WRAPPER} and installs {DISTRO}"
        )),
        false => Finding::Bad(problems),
    }
}

fn missing_distro(
    context: &Context,
    resource: &Resource,
    manifest: &PyProject,
    breaks: bool,
) -> Problem {
    let consequence = if breaks {
        format!("the deploy starts it with {WRAPPER}, which is not installed: it may fail to start")
    } else {
        "no spans of what it does reach X-Ray".to_owned()
    };
    let message = format!(
        "{} of {resource} does not list {DISTRO}: {consequence}",
        manifest.path
    );
    let fix = Fix::new(format!("Install {DISTRO}"));
    let fix = if manifest.standard {
        fix.command(Command::new("uv").args(["add", "--frozen"]).opt("--project", manifest.folder.as_str()).arg(DISTRO_REQUIREMENT))
            .command(fixes::deploy(context))
            .note("uv.lock, where there is one, is brought up to date by `uv lock`; a CodeZip deploy does not read it")
    } else {
        fix.note(format!(
            "add {DISTRO_REQUIREMENT} to the dependencies in {}",
            manifest.path
        ))
    };
    let problem = Problem::new(message, Evidence::file(&manifest.anchor)).fix(fix);
    if breaks {
        problem.severity(Severity::High)
    } else {
        problem.severity(Severity::Medium)
    }
}
