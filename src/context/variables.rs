//! What sets the environment variables of a runtime: its configuration, its image, the platform, its own code.

use std::collections::BTreeSet;

use crate::analysis::call_sites::Callers;
use crate::analysis::environment::puts::{What, puts};
use crate::analysis::reachability::{Live, is_of_a_developer};
use crate::context::{Context, installed};
use crate::model::files::SecretFile;
use crate::model::manifest::{Dockerfile, Instruction};
use crate::model::project::Agent;
use crate::model::source::ExprKind;

/// The variables of a runtime's environment, as far as they are known.
pub(crate) struct Environment {
    names: BTreeSet<String>,
    /// Why there may be others.
    pub unknown: Option<String>,
}

/// What a process has in its environment anyway.
const ALWAYS: &[&str] = &[
    "PATH",
    "HOME",
    "PWD",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TZ",
    "HOSTNAME",
    "SHELL",
    "TMPDIR",
    "TERM",
    "PORT",
    "HOST",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "PYTHONHASHSEED",
    "PYTHON_VERSION",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "NODE_ENV",
    "NODE_VERSION",
    "NODE_OPTIONS",
    "DOCKER_CONTAINER",
    "LAMBDA_TASK_ROOT",
];

/// Starts of names that the platform, its SDK and the libraries of AWS set or may set.
const GIVEN: &[&str] = &[
    "AWS_",
    "OTEL_",
    "BEDROCK_AGENTCORE_",
    "AGENTCORE_PAYMENT_",
    "AGENTCORE_CREDENTIAL_",
];

/// The shapes of what a deploy sets for credentials and connections. Those of memories and gateways are known one by one.
const CONNECTED: &[(&str, &[&str])] = &[
    ("CREDENTIAL_", &["_NAME"]),
    (
        "GATEWAY_",
        &["_ARN", "_URL", "_AUTH_TYPE", "_CREDENTIAL_PROVIDER"],
    ),
    ("RUNTIME_", &["_ARN"]),
    ("BROWSER_", &["_ID"]),
    ("CODE_INTERPRETER_", &["_ID"]),
];

/// Images that set nothing of a project's own, by the last word of their name.
const PLAIN_IMAGES: &[&str] = &[
    "python",
    "node",
    "amazonlinux",
    "debian",
    "ubuntu",
    "alpine",
    "uv",
    "bun",
    "deno",
    "slim",
    "scratch",
];

impl Environment {
    pub(crate) fn of(context: &Context, callers: &Callers<'_>, live: &Live<'_, '_>) -> Self {
        let code = *callers.code();
        let mut found = Self {
            names: code.source.stack_words.clone(),
            unknown: None,
        };
        let elsewhere = &context.files.contents.environment_words;
        found.names.extend(elsewhere.iter().cloned());
        for layer in context.environments(Agent::Runtime(code.runtime)) {
            found
                .names
                .extend(layer.value.into_iter().map(|variable| variable.name));
        }
        if installed::is_container(code.runtime) {
            let manifests = context.files.manifests.get(&code.resource().to_string());
            match manifests.and_then(|manifests| manifests.dockerfile.read()) {
                Some(dockerfile) => found.image(dockerfile),
                None => found.may_hold("the Dockerfile was not read"),
            }
        }
        let resource = code.resource();
        let packages = context.files.packages.iter();
        let file = packages
            .filter(|package| package.resource == resource)
            .flat_map(|package| &package.secret_files)
            .find(|file| file.kind == SecretFile::Environment);
        if let Some(file) = file {
            found.may_hold(&format!("{} ships, and its content is not read", file.path));
        }
        found.names.extend(vended(context));
        found.code(callers, live);
        found
    }

    /// Whether something sets a variable.
    pub(crate) fn sets(&self, name: &str) -> bool {
        self.names.contains(name)
            || ALWAYS.contains(&name)
            || is_of_a_developer(name)
            || is_given(name)
            || self.names.iter().any(|set| set.eq_ignore_ascii_case(name))
    }

    fn may_hold(&mut self, why: &str) {
        self.unknown.get_or_insert_with(|| why.to_owned());
    }

    fn image(&mut self, dockerfile: &Dockerfile) {
        for each in &dockerfile.instructions {
            match each.keyword.as_str() {
                "ENV" | "ARG" => self.names.extend(set_by(each)),
                "FROM" if !is_plain(each) => {
                    self.may_hold("what its base image sets is not known here");
                }
                "CMD" | "ENTRYPOINT" => {
                    let runs = |word: &String| {
                        word.ends_with(".sh") || word == "env" || word.contains('=')
                    };
                    if each.words().iter().any(runs) {
                        self.may_hold("the command that starts it may set variables");
                    }
                }
                _ => {}
            }
        }
        if !dockerfile.scripts.is_empty() {
            self.may_hold("a script starts it");
        }
    }

    /// What the code that runs puts into its own environment.
    fn code(&mut self, callers: &Callers<'_>, live: &Live<'_, '_>) {
        const OTHERS: &str = "the code sets variables whose names are not known here";
        let code = *callers.code();
        let source = callers.source();
        let in_capitals = |name: &str| name.chars().any(|c| c.is_ascii_uppercase());
        for module in code.modules() {
            for put in puts(callers, module, in_capitals) {
                if !live.runs(module.id, put.range) {
                    continue;
                }
                let named = |name| source.string(module.id, name);
                let names: Vec<Option<String>> = match put.what {
                    What::Keyed(name, _) => vec![named(name)],
                    What::Named(name, _) => vec![Some(name.to_owned())],
                    What::All(object) => match &object.kind {
                        ExprKind::Dict(entries) => {
                            let keys = entries.iter().map(|entry| entry.key.as_ref());
                            keys.map(|key| key.and_then(named)).collect()
                        }
                        _ => vec![None],
                    },
                };
                for name in names {
                    match name {
                        Some(name) => self.names.extend([name]),
                        None => self.may_hold(OTHERS),
                    }
                }
            }
        }
    }
}

/// Whether the platform gives a variable, or a connection may: `GATEWAY_<NAME>_URL` is one of them, `GATEWAY_URL` is not.
fn is_given(name: &str) -> bool {
    let named = |start: &str, end: &str| {
        let rest = name.strip_prefix(start);
        rest.and_then(|rest| rest.strip_suffix(end))
            .is_some_and(|between| !between.is_empty())
    };
    name == "AGENTCORE_RUNTIME_URL"
        || GIVEN.iter().any(|start| name.starts_with(start))
        || CONNECTED
            .iter()
            .any(|(start, ends)| ends.iter().any(|end| named(start, end)))
}

/// What a deploy sets for the memories and gateways of the project.
pub(crate) fn vended(context: &Context) -> impl Iterator<Item = String> {
    let upper = |name: &str| name.to_uppercase().replace('-', "_");
    let memories = context.project.memories.iter();
    let memories = memories.map(move |memory| format!("MEMORY_{}_ID", upper(&memory.name)));
    let gateways = context.project.gateways.iter().flat_map(move |gateway| {
        let name = upper(&gateway.name);
        ["URL", "AUTH_TYPE", "CREDENTIAL_PROVIDER"]
            .map(|what| format!("AGENTCORE_GATEWAY_{name}_{what}"))
    });
    memories.chain(gateways)
}

/// `ENV A=1 B=2`, `ENV A 1`, `ARG A`.
fn set_by(instruction: &Instruction) -> Vec<String> {
    let words = instruction.words();
    match words.first() {
        Some(first) if !first.contains('=') => vec![first.clone()],
        _ => words
            .iter()
            .filter_map(|word| Some(word.split_once('=')?.0.to_owned()))
            .collect(),
    }
}

/// Whether an image is one of a language or a system, or an earlier stage.
fn is_plain(from: &Instruction) -> bool {
    let words = from.words();
    let Some(image) = words.iter().find(|word| !word.starts_with("--")) else {
        return true;
    };
    let name = image.rsplit('/').next().unwrap_or(image);
    let name = name.split([':', '@']).next().unwrap_or(name);
    !image.contains(['/', ':', '.']) || PLAIN_IMAGES.contains(&name)
}
