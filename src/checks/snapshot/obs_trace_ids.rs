//! `obs-trace-ids`: Trace ids are drawn from the operating system.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::trace_ids::{os_generator, provider, reseeded};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, PlatformView, installed, judged};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::manifest::{AgentManifests, Dockerfile};
use crate::model::project::{Agent, Runtime};
use crate::model::site::Site;
use crate::model::source::Language;

pub(super) static CHECK: Check = Check {
    id: "obs-trace-ids",
    title: "Trace ids are drawn from the operating system",
    category: Category::Snapshot,
    severity: Severity::Low,
    needs: &[Need::Config, Need::Code, Need::Files],
    page: include_str!("obs_trace_ids.md"),
    references: &[
        "https://opentelemetry.io/docs/specs/otel/trace/sdk/#id-generators",
        "https://opentelemetry-python.readthedocs.io/en/latest/sdk/trace.id_generator.html",
    ],
    run,
};

/// The program that starts Python under OpenTelemetry, and the distributions that bring it.
const WRAPPER: &str = "opentelemetry-instrument";
const DISTRIBUTIONS: [&str; 3] = [
    "aws-opentelemetry-distro",
    "opentelemetry-distro",
    "opentelemetry-instrumentation",
];
/// Environment variables that turn it off, and by which value.
const SWITCHES: [(&str, &str); 4] = [
    ("DISABLE_ADOT_OBSERVABILITY", "true"),
    ("OTEL_SDK_DISABLED", "true"),
    ("OTEL_TRACES_EXPORTER", "none"),
    ("OTEL_TRACES_SAMPLER", "always_off"),
];
/// Names an id generator by its entry point; those that the SDK and the distribution bring draw from `random`.
const GENERATOR: &str = "OTEL_PYTHON_ID_GENERATOR";
const FROM_RANDOM: [&str; 2] = ["random", "xray"];

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let resource = code.resource();
    let agent = Agent::Runtime(code.runtime);
    let view = context.platform(agent);
    let name = &code.runtime.name;
    if view.is_v1() {
        let message = format!(
            "runtime {name} runs on platform version V1: each session seeds its own generator"
        );
        return Outcome::not_applicable(resource, message);
    }
    let entry = code.code.entry.and_then(|id| code.source.module(id));
    if entry.is_some_and(|module| module.language == Language::TypeScript) {
        let message = format!(
            "runtime {name} is TypeScript: the check is about the generator of the Python SDK"
        );
        return Outcome::not_applicable(resource, message);
    }
    if let Some(off) = switched_off(context, agent) {
        return Outcome::pass(
            resource,
            format!("OpenTelemetry is turned off for runtime {name}: no ids are drawn"),
        )
        .evidence(off);
    }
    let provider = provider(code);
    let traced = match &provider {
        Some((module, expr)) => Ok(Some(
            agent_code::evidence(code.source, *module, expr.range)
                .note("the provider that draws the ids"),
        )),
        None => traced(context, code.runtime),
    };
    let anchor = match traced {
        Err(reason) => return Outcome::skipped(resource, reason),
        Ok(None) => {
            let zip = !installed::is_container(code.runtime);
            let brought = installed::brings_instrument(context, code.runtime).filter(|_| zip);
            let message = match brought {
                // The program alone makes no provider; a distribution does.
                Some(by) => format!(
                    "runtime {name} is started by {WRAPPER}, which {by} brings along, but no distribution that makes a tracer provider is installed, and its code makes none: no ids are drawn"
                ),
                None => format!(
                    "nothing starts runtime {name} under OpenTelemetry, and its code makes no tracer provider: no ids are drawn"
                ),
            };
            return Outcome::pass(resource, message);
        }
        Ok(Some(anchor)) => anchor,
    };
    if let Some(evidence) = own_entry_point(context, agent) {
        let message = format!("runtime {name} names an id generator of its own ({GENERATOR})");
        return Outcome::pass(resource, message).evidence(evidence);
    }
    if let Some((module, class)) = os_generator(code) {
        let message = format!(
            "runtime {name} draws trace and span ids from the operating system ({})",
            class.name
        );
        return Outcome::pass(resource, message).evidence(agent_code::evidence(
            code.source,
            module,
            class.range,
        ));
    }
    if let Some((module, expr)) = reseeded(code) {
        let message = format!(
            "runtime {name} seeds `random` anew in request code, so that sessions draw different ids"
        );
        return Outcome::pass(resource, message).evidence(agent_code::evidence(
            code.source,
            module,
            expr.range,
        ));
    }
    fail(context, code, &view, anchor)
}

fn fail(context: &Context, code: &AgentCode<'_>, view: &PlatformView, anchor: Evidence) -> Outcome {
    let several = context.project.runtimes.len() > 1;
    let a2a = code
        .runtime
        .protocol
        .as_ref()
        .is_some_and(|protocol| protocol.value == "A2A");
    let severity = match several || a2a {
        true => Severity::Medium,
        false => Severity::Low,
    };
    let when = match view.version {
        Some(_) => " on platform version V2",
        None => "",
    };
    let message = format!(
        "the spans of runtime {} get their ids from Python's `random`, whose state every session restores from one snapshot{when}: agents that take part in one trace send equal span ids{}",
        code.runtime.name,
        view.words()
    );
    Outcome::fail(code.resource(), message)
        .severity(judged(severity, view))
        .evidence(anchor)
        .fix(Fix::new("Draw ids from the operating system").note(
            "make a subclass of `RandomIdGenerator` (opentelemetry.sdk.trace.id_generator) whose `generate_span_id` returns `int.from_bytes(os.urandom(8), \"big\") or 1` and whose `generate_trace_id` the same with 16 bytes, and set it at startup: `trace.get_tracer_provider().id_generator = OsIds()` before the first tracer is made, or `TracerProvider(id_generator=OsIds())` where the code makes the provider. Or call `random.seed()` first thing in the entrypoint",
        ))
}

/// What turns it off, in the configuration, the template or AWS.
fn switched_off(context: &Context, agent: Agent<'_>) -> Option<Evidence> {
    let enabled = agent
        .runtime()
        .and_then(|runtime| runtime.enable_otel.as_ref());
    if let Some(enabled) = enabled.filter(|enabled| !enabled.value) {
        return Some(Evidence::config(&enabled.site));
    }
    let layers = context.environments(agent);
    // Off in every source that is there: what one of them turns on draws ids.
    let off = layers.iter().map(|layer| {
        let mut variables = layer.value.iter();
        variables.find(|variable| {
            SWITCHES
                .iter()
                .any(|(name, word)| variable.name == *name && variable.is(word))
        })
    });
    let off: Option<Vec<_>> = off.collect();
    off?.first().map(|variable| variable.evidence.clone())
}

/// Where it is seen that the runtime is started under OpenTelemetry.
fn traced(context: &Context, runtime: &Runtime) -> Result<Option<Evidence>, Unread> {
    let Some(manifests) = context.manifests(Agent::Runtime(runtime)) else {
        let message = format!(
            "the files beside the code of runtime {} were not read",
            runtime.name
        );
        return Err(Unread::new(ReasonCode::Absent, message));
    };
    if !installed::is_container(runtime) {
        return Ok(listed(manifests)?.map(|site| Evidence::file(&site)));
    }
    let dockerfile = match manifests.dockerfile.known()? {
        Some(dockerfile) => dockerfile,
        None => {
            let message = format!("the Dockerfile of runtime {} is not there", runtime.name);
            return Err(Unread::new(ReasonCode::Absent, message));
        }
    };
    Ok(wrapped(dockerfile).map(|site| Evidence::file(&site)))
}

/// The distribution among the dependencies. `Err` where nobody can say.
fn listed(manifests: &AgentManifests) -> Result<Option<Site>, Unread> {
    let brings = |name: &str| DISTRIBUTIONS.contains(&name);
    let project = manifests.pyproject.known()?;
    let requirements = manifests.requirements.known()?;
    if project.is_none() && requirements.is_none() {
        let message =
            "neither pyproject.toml nor requirements.txt is there: the dependencies are unknown";
        return Err(Unread::new(ReasonCode::Absent, message));
    }
    if let Some(project) = project.filter(|project| project.dynamic) {
        let message = format!(
            "the dependencies of {} are computed by its build backend",
            project.path
        );
        return Err(Unread::new(ReasonCode::Unsupported, message));
    }
    let dependencies = project
        .map(|project| project.dependencies.as_slice())
        .unwrap_or_default()
        .iter()
        .chain(
            requirements
                .map(|file| file.dependencies.as_slice())
                .unwrap_or_default(),
        );
    let mut found = dependencies.filter(|dependency| brings(&dependency.name));
    Ok(found.next().map(|dependency| dependency.site.clone()))
}

/// The start command that runs it.
fn wrapped(dockerfile: &Dockerfile) -> Option<Site> {
    let words = dockerfile.entry_words();
    let wraps = words
        .iter()
        .any(|word| word.rsplit('/').next() == Some(WRAPPER));
    let entry = dockerfile.entry();
    wraps
        .then(|| entry.first().map(|instruction| instruction.site.clone()))
        .flatten()
}

/// An entry point that the environment names, in configuration, template or Dockerfile.
fn own_entry_point(context: &Context, agent: Agent<'_>) -> Option<Evidence> {
    let own = |value: &str| {
        let value = value.trim().to_ascii_lowercase();
        !value.is_empty() && !FROM_RANDOM.contains(&value.as_str())
    };
    for layer in context.environments(agent) {
        let variable = layer
            .value
            .iter()
            .find(|variable| variable.name == GENERATOR);
        if let Some(variable) = variable.filter(|variable| variable.text().is_some_and(own)) {
            return Some(variable.evidence.clone());
        }
    }
    let dockerfile = context.manifests(agent)?.dockerfile.read()?;
    let mut set = dockerfile
        .instructions
        .iter()
        .filter(|each| each.keyword == "ENV");
    set.find_map(|each| {
        let words = each.words();
        let value = words
            .iter()
            .find_map(|word| word.strip_prefix(GENERATOR)?.strip_prefix('='));
        value.is_some_and(own).then(|| Evidence::file(&each.site))
    })
}
