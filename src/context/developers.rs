//! Addresses of this machine that stand in for a variable: a developer's, where nothing listens once the agent is deployed.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::outbound::{self, Outbound};
use crate::analysis::reachability::Live;
use crate::context::variables::Environment;
use crate::context::{Context, installed};
use crate::model::project::Runtime;

/// Calls of this machine by the default of a variable that nothing sets, one for each variable, where nothing else is seen to run beside
/// the agent.
pub(crate) fn defaults<'a>(
    context: &Context,
    callers: &Callers<'a>,
    live: &Live<'_, 'a>,
    environment: &Environment,
) -> Vec<(Outbound, String)> {
    const WORDS: [&str; 4] = ["localhost", "127.0.0.1", "0.0.0.0", "host.docker.internal"];
    let code = callers.code();
    let says = |text: &str| WORDS.iter().any(|word| text.contains(word));
    // To follow the address of each call costs more than to look for the words.
    if !code.modules().any(|module| says(&module.source.text)) || may_run_another(context, code) {
        return Vec::new();
    }
    let own = own_port(code.runtime);
    let mut seen = BTreeSet::new();
    let mut found = outbound::calls(callers, live);
    found.retain(|call| {
        call.default_of_a_developer().is_some_and(|(name, port)| {
            port != Some(own) && !environment.sets(name) && seen.insert(name.to_owned())
        })
    });
    let named = |call: Outbound| {
        let name = call.address.variable.clone()?;
        Some((call, name))
    };
    found.into_iter().filter_map(named).collect()
}

/// The port that the platform asks, on which the agent itself answers.
fn own_port(runtime: &Runtime) -> u16 {
    match runtime.protocol.as_ref().map(|protocol| &*protocol.value) {
        Some("MCP") => 8000,
        Some("A2A") => 9000,
        _ => 8080,
    }
}

/// Programs that start nothing but the agent.
const ALONE: [&str; 9] = [
    "python",
    "python3",
    "node",
    "uv",
    "npx",
    "tsx",
    "bun",
    "deno",
    "opentelemetry-instrument",
];

/// Whether another process or server may run beside the agent: its image starts one, or its code does.
fn may_run_another(context: &Context, code: &AgentCode<'_>) -> bool {
    if installed::is_container(code.runtime) {
        let manifests = context.files.manifests.get(&code.resource().to_string());
        let Some(dockerfile) = manifests.and_then(|all| all.dockerfile.read()) else {
            return true;
        };
        let started = dockerfile.instructions.iter();
        let mut started = started.filter(|each| matches!(&*each.keyword, "CMD" | "ENTRYPOINT"));
        let is_alone = |words: &[String]| {
            let first = words
                .first()
                .map_or("", |word| word.rsplit('/').next().unwrap_or(""));
            ALONE.contains(&first) && !words.iter().any(|word| word.contains('&'))
        };
        if !started.all(|each| is_alone(&each.words())) {
            return true;
        }
    }
    code.calls().any(|(module, _, expr)| {
        let name = code.source.callee_name(module.id, expr).unwrap_or_default();
        starts_another(name)
    })
}

/// Whether a callable starts a process or a server.
fn starts_another(name: &str) -> bool {
    let process = [
        "subprocess.",
        "multiprocessing.",
        "child_process.",
        "pexpect.",
        "docker.",
    ];
    process.iter().any(|start| name.starts_with(start))
        || name.starts_with("asyncio.create_subprocess")
        || matches!(
            name,
            "os.system"
                | "os.popen"
                | "threading.Thread"
                | "uvicorn.Server"
                | "asyncio.start_server"
        )
        || name.ends_with(".createServer")
        || name.ends_with(".listen")
        || name == "execa"
}
