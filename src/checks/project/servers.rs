//! Code that nothing can reach: it starts no server, or one that listens where the platform does not ask.

use std::collections::BTreeMap;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::agent_code::listens::{self, Answers};
use crate::analysis::agent_code::served;
use crate::analysis::agent_code::starting;
use crate::checks::live;
use crate::context::{Context, absent_code, image};
use crate::model::manifest::Dockerfile;
use crate::model::project::{Agent, Runtime};
use crate::model::site::Site;
use crate::model::source::{EntrypointKind, Language, Module};

/// Programs before the interpreter that change nothing of what runs.
const WRAPPERS: [&str; 9] = [
    "opentelemetry-instrument",
    "uv",
    "poetry",
    "run",
    "exec",
    "tini",
    "dumb-init",
    "/sbin/tini",
    "/usr/bin/tini",
];

/// The runtimes that no session of can start, each with the place and the reason in words.
pub(super) fn unreached(context: &Context) -> Vec<(Site, String)> {
    let runtimes = context.project.runtimes.iter();
    runtimes
        .filter_map(|runtime| of_runtime(context, runtime))
        .collect()
}

fn of_runtime(context: &Context, runtime: &Runtime) -> Option<(Site, String)> {
    let code = crate::context::code::of(context, runtime).ok()?;
    let entry = code.code.entry.and_then(|id| code.source.module(id))?;
    if !is_program(context, &code, entry)
        || code.unread().is_some()
        || absent_code::of(context, &code).is_some()
    {
        return None;
    }
    if starting::starts_nothing(&code) {
        return Some(silent(&code, entry));
    }
    elsewhere(context, &code)
}

/// Whether the runtime runs the entry file itself, as `python main.py` does.
fn is_program(context: &Context, code: &AgentCode<'_>, entry: &Module) -> bool {
    let build = code.runtime.build.as_ref();
    let named = code.runtime.entrypoint.as_ref();
    match build.map(|build| build.value.as_str()) {
        // Who calls the function that is named after a colon is not known.
        Some("CodeZip") => named.is_none_or(|named| !named.value.contains(':')),
        Some("Container") => {
            let manifests = context.files.manifests.get(&code.resource().to_string());
            let dockerfile = manifests.and_then(|all| all.dockerfile.read());
            dockerfile.is_some_and(|dockerfile| runs(dockerfile, entry))
        }
        _ => false,
    }
}

/// Whether a container starts the Python file as its only program.
fn runs(dockerfile: &Dockerfile, entry: &Module) -> bool {
    let instructions = dockerfile.entry();
    let plain = instructions.iter().all(|each| {
        let shell = each.exec.is_none();
        !shell || !each.arguments.contains(['&', ';', '|', '$', '<', '>', '`'])
    });
    if !plain || entry.language != Language::Python {
        return false;
    }
    let words: Vec<String> = instructions.iter().flat_map(|each| each.words()).collect();
    let mut words = words
        .iter()
        .map(String::as_str)
        .skip_while(|word| WRAPPERS.contains(word) || word.starts_with('-'));
    let is_python = words.next().is_some_and(|program| {
        let program = program.rsplit('/').next().unwrap_or(program);
        program.starts_with("python")
    });
    let mut words = words.skip_while(|word| word.starts_with('-') && *word != "-m");
    let file = match words.next() {
        Some("-m") => words
            .next()
            .map(|name| format!("{}.py", name.replace('.', "/"))),
        Some(file) => Some(file.trim_start_matches("./").to_owned()),
        None => None,
    };
    is_python && file.is_some_and(|file| names(&file, &entry.path))
}

/// Whether a path in the image is that of a file of the project; of an absolute one the folders are not known.
fn names(file: &str, path: &str) -> bool {
    let file = match file.strip_prefix('/') {
        Some(absolute) => absolute.rsplit('/').next().unwrap_or(absolute),
        None => file,
    };
    let before = path.strip_suffix(file);
    before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// The port that the platform asks on, with the name of the protocol.
fn asked(runtime: &Runtime) -> Option<(&str, u16)> {
    let protocol = runtime.protocol.as_ref();
    let protocol = protocol.map_or("HTTP", |protocol| protocol.value.as_str());
    let port = match protocol {
        "HTTP" | "AGUI" => 8080,
        "MCP" => 8000,
        "A2A" => 9000,
        _ => return None,
    };
    Some((protocol, port))
}

/// What is said of code that starts nothing.
fn silent(code: &AgentCode<'_>, entry: &Module) -> (Site, String) {
    let mut entrypoints = code.code.entrypoints.iter();
    let lambda = entrypoints.find(|entry| entry.kind == EntrypointKind::Lambda);
    let lambda = lambda.and_then(|entry| code.source.function(entry.function?));
    let handler = served::handlers(code).next();
    let handler =
        handler.and_then(|found| Some(code.source.module(found.module)?.site(found.range)));
    let (site, has) = match (handler, lambda) {
        (Some(site), _) => (site, "registers handlers and "),
        (None, Some(lambda)) => (
            entry.site(lambda.header),
            "defines a handler as Lambda calls one and ",
        ),
        (None, None) => (Site::file(entry.path.clone()), ""),
    };
    let asks = match asked(code.runtime) {
        Some(("MCP", port)) => format!("nothing answers on port {port}"),
        Some((_, port)) => format!("nothing answers /ping on port {port}"),
        None => "nothing answers".to_owned(),
    };
    let words = format!(
        "{}: the entrypoint of runtime {} {has}starts no server: {asks}, so no session starts",
        entry.path, code.runtime.name
    );
    (site, words)
}

/// What the image and the configuration set in the environment of a runtime.
fn set(context: &Context, runtime: &Runtime) -> BTreeMap<String, String> {
    let agent = Agent::Runtime(runtime);
    let image = image::of(context, agent).and_then(Result::ok);
    let instructions = image.iter().flat_map(|(_, image)| image.instructions());
    let of_image = instructions
        .filter(|each| each.keyword == "ENV")
        .flat_map(|each| each.words())
        .filter_map(|word| {
            let (name, value) = word.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
    let of_runtime = agent.common().env.iter();
    let of_runtime = of_runtime.map(|(name, value)| (name.clone(), value.value.clone()));
    of_image.chain(of_runtime).collect()
}

/// What is said of code all of whose servers listen where the platform does not ask.
fn elsewhere(context: &Context, code: &AgentCode<'_>) -> Option<(Site, String)> {
    let (protocol, port) = asked(code.runtime)?;
    let deployed = live::runtime(context, Agent::Runtime(code.runtime)).ok();
    if deployed.is_some_and(|runtime| runtime.protocol_port.is_some()) {
        return None;
    }
    let servers = listens::servers(code, &set(context, code.runtime))?;
    let reached = |answers: &Answers| match answers {
        Answers::Port(own) => *own == port,
        Answers::Events => protocol != "MCP",
        Answers::Stdio => false,
    };
    if servers.iter().any(|(_, answers)| reached(answers)) {
        return None;
    }
    let (site, answers) = servers.into_iter().next()?;
    let how = match answers {
        Answers::Port(own) => format!("listens on port {own}"),
        Answers::Stdio => "speaks MCP over its standard streams".to_owned(),
        Answers::Events => "serves MCP as server-sent events, at /sse".to_owned(),
    };
    let asks = match protocol {
        "MCP" => format!("for /mcp on port {port} (streamable HTTP)"),
        _ => format!("on port {port}"),
    };
    let words = format!(
        "{}: the server of runtime {} {how}, and for protocol {protocol} the platform asks {asks}: nothing answers there, so no \
         session starts",
        site.place(),
        code.runtime.name
    );
    Some((site, words))
}
