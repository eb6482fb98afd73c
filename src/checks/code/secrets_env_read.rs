//! `secrets-env-read`: No secrets read from runtime environment variables.

use std::collections::BTreeSet;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::{Variable, is_environ, variables};
use crate::analysis::reachability::{Absent, Live};
use crate::analysis::writes::writes;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::source::walk::statements;
use crate::model::source::{ByteRange, Expr, ExprKind, FnId, ModuleId, StmtKind, UnaryOp};
use crate::secrets::names::secret_like_name;
use crate::shell::{self, Command, EnvName};

pub(super) static CHECK: Check = Check {
    id: "secrets-env-read",
    title: "No secrets read from runtime environment variables",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("secrets_env_read.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/identity.html",
    ],
    run,
};

/// The variables that `agentcore dev` sets from `agentcore/.env.local`; no deploy sets them.
const DEVELOPMENT: &str = "AGENTCORE_CREDENTIAL_";

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

/// The reads of secret-like variables that run in the deployed runtime and that no code fills itself.
pub(super) fn reads(callers: &Callers<'_>) -> Vec<Variable> {
    all_reads(callers).0
}

/// The same, and beside them those in functions that nothing calls.
fn all_reads(callers: &Callers<'_>) -> (Vec<Variable>, Vec<Variable>) {
    let code = callers.code();
    let set = |variable: &str| {
        let mut env = code.runtime.common.env.iter();
        env.any(|(set, _)| set == variable)
    };
    let wanted = |variable: &str| {
        secret_like_name(variable) && (!variable.starts_with(DEVELOPMENT) || set(variable))
    };
    let variables = variables(callers).iter();
    let mut found: Vec<Variable> = variables
        .filter(|variable| wanted(&variable.name))
        .cloned()
        .collect();
    let mut idle = Vec::new();
    if !found.is_empty() {
        let stands_idle = |read: &Variable| {
            let module = callers.source().module(read.module);
            let function = module.and_then(|module| module.function_at(read.range.start));
            function.is_some_and(|function| callers.is_idle(function))
        };
        (idle, found) = found.into_iter().partition(stands_idle);
        let live = Live::new(callers, Absent::Unknown);
        let own = written(callers, &live);
        found.retain(|read| {
            live.runs(read.module, read.range)
                && !own.iter().any(|write| write.comes_before(callers, read))
                && !guards_a_fill(callers, read, &own)
        });
    }
    (found, idle)
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let callers = Callers::new(code);
    let name = &code.runtime.name;
    let (found, idle) = all_reads(&callers);
    let idle = idle.iter().map(|read| {
        let note = format!("reads {}; nothing calls this function", read.name);
        agent_code::evidence(code.source, read.module, read.range)
            .note(note)
            .context()
    });
    if found.is_empty() {
        let message = format!(
            "runtime {name} reads no secret from its environment variables in the {}",
            code.scope()
        );
        return Outcome::pass(code.resource(), message).evidences(idle);
    }
    let names: BTreeSet<&str> = found.iter().map(|read| read.name.as_str()).collect();
    let message = format!(
        "runtime {name} reads {} from its environment, where every value is plain text (agentcore.json, the template, GetAgentRuntime)",
        listed(&names)
    );
    let sites = found.iter().map(|read| site(code, read));
    let failed = Outcome::fail(code.resource(), message)
        .evidences(sites)
        .evidences(idle);
    fixes(context, &names)
        .into_iter()
        .fold(failed, Outcome::fix)
}

fn site(code: &AgentCode<'_>, read: &Variable) -> Evidence {
    agent_code::evidence(code.source, read.module, read.range).note(format!("reads {}", read.name))
}

fn listed(names: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = names.iter().copied().take(4).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A place where the code itself fills a variable with a value that it got elsewhere (`os.environ["GOOGLE_API_KEY"] = api_key`,
/// the way some SDKs are given a key that came from AgentCore Identity).
struct Write {
    name: String,
    module: ModuleId,
    range: ByteRange,
    function: Option<FnId>,
}

impl Write {
    /// Whether a read gets what was written here: it runs after it, in code that runs.
    fn comes_before(&self, callers: &Callers<'_>, read: &Variable) -> bool {
        if self.name != read.name {
            return false;
        }
        let source = callers.source();
        let within = |module: ModuleId, range: ByteRange| {
            let function = source.module(module)?.function_at(range.start)?;
            Some(function.id)
        };
        match (self.function, within(read.module, read.range)) {
            // At import: in the order of the text of one module; of two modules the order is not seen.
            (None, None) => self.module == read.module && self.range.start < read.range.start,
            (None, Some(_)) => true,
            (Some(function), None) => source.module(read.module).is_some_and(|module| {
                module.calls().any(|(around, call)| {
                    around.is_none()
                        && call.range.start < read.range.start
                        && source.callee(module.id, call) == Some(function)
                })
            }),
            (Some(function), Some(reader)) if function == reader => {
                self.range.start < read.range.start
            }
            (Some(function), Some(_)) => is_called(callers, function),
        }
    }
}

/// Whether a read only asks whether a variable is set, so that the code fills it where it is not: `if os.environ.get("KEY"): return`.
fn guards_a_fill(callers: &Callers<'_>, read: &Variable, own: &[Write]) -> bool {
    let source = callers.source();
    let Some(module) = source.module(read.module) else {
        return false;
    };
    let mut fills = own
        .iter()
        .filter(|write| write.name == read.name)
        .peekable();
    if fills.peek().is_none() {
        return false;
    }
    let function = module.function_at(read.range.start).map(|around| around.id);
    let tests = statements(module.body_of(function))
        .into_iter()
        .any(|stmt| {
            matches!(&stmt.kind, StmtKind::If(branch)
            if branch.test.range.contains(read.range) && asks_presence(&branch.test, read.range))
        });
    // What the function fills itself, or has another fill.
    let reached = function.map(|id| source.reach(id));
    tests
        && fills.any(|write| match (function, write.function) {
            (Some(_), Some(by)) => reached.iter().any(|all| all.contains(&by)),
            (None, Some(by)) => is_called(callers, by),
            (None, None) => write.module == read.module,
            (Some(_), None) => false,
        })
}

/// Whether a condition asks of a read no more than whether there is something.
fn asks_presence(test: &Expr, read: ByteRange) -> bool {
    let mut open = vec![test];
    while let Some(test) = open.pop() {
        if !test.range.contains(read) {
            continue;
        }
        match &test.kind {
            // `os.environ.get("KEY")`: the read is the call, or the name among its arguments.
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => open.push(operand),
            ExprKind::BoolOp { values, .. } => open.extend(values),
            ExprKind::Compare(parts) => {
                let nothing = |expr: &Expr| {
                    matches!(expr.kind, ExprKind::None)
                        || expr.as_str() == Some("")
                        || expr.as_name() == Some("undefined")
                };
                match &*parts.rest {
                    [("in" | "not in", _)] => return true,
                    [(_, other)] if nothing(other) => open.push(&parts.left),
                    _ => {}
                }
            }
            ExprKind::Call(call) if call.callee.as_name() == Some("bool") => {
                open.extend(&call.args)
            }
            ExprKind::Call(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// Whether something calls a function, or is given it to call: other code, a decorator, the platform.
fn is_called(callers: &Callers<'_>, function: FnId) -> bool {
    let entered = &callers.code().code.entrypoints;
    !callers.of(function).is_empty()
        || entered.iter().any(|entry| entry.function == Some(function))
        || callers
            .source()
            .function(function)
            .is_some_and(|about| !about.decorators.is_empty())
}

fn written(callers: &Callers<'_>, live: &Live<'_, '_>) -> Vec<Write> {
    let mut found = Vec::new();
    let source = callers.source();
    for module in callers.code().modules() {
        for (at, target, value) in writes(source, module.id) {
            let names = match &target.kind {
                ExprKind::Subscript { base, index } if is_environ(callers, at, base) => {
                    source.strings(at, index)
                }
                ExprKind::Attribute { base, attr }
                    if secret_like_name(attr) && is_environ(callers, at, base) =>
                {
                    vec![attr.to_string()]
                }
                _ => Vec::new(),
            };
            let given = || {
                value.is_some_and(|value| {
                    matches!(
                        value.kind,
                        ExprKind::Name(_)
                            | ExprKind::Call(_)
                            | ExprKind::Await(_)
                            | ExprKind::Conditional(_)
                            | ExprKind::BoolOp { .. }
                            | ExprKind::Attribute { .. }
                    ) && crate::analysis::environment::read(callers, at, value).is_none()
                })
            };
            if names.is_empty() || !given() || !live.runs(at, target.range) {
                continue;
            }
            let function = module.function_at(target.range.start);
            found.extend(names.into_iter().map(|name| Write {
                name,
                module: at,
                range: target.range,
                function: function.map(|function| function.id),
            }));
        }
    }
    found
}

/// The edit of the code, and the commands that it needs done before.
fn fixes(context: &Context, names: &BTreeSet<&str>) -> Vec<Fix> {
    let registered: BTreeSet<String> = context
        .project
        .credentials
        .iter()
        .map(|credential| plain(&credential.name))
        .collect();
    let missing: Vec<(&str, EnvName)> = names
        .iter()
        .filter(|name| {
            let told = telling(name);
            let covers = |known: &String| told.iter().any(|word| known.contains(word.as_str()));
            !registered.iter().any(covers)
        })
        .filter_map(|name| Some((*name, EnvName::new(*name)?)))
        .collect();
    let add = missing.iter().map(|(name, variable)| {
        Command::new("agentcore")
            .arg("add")
            .arg("credential")
            .opt("--name", *name)
            .opt("--type", "api-key")
            .opt_env("--api-key", variable)
    });
    let target = context.target.as_ref().map(|target| target.name.as_str());
    let edit = Fix::new("Fetch the secret from AgentCore Identity when it is needed").note(
        "Give the function that needs the key an `api_key` parameter, decorate it with `@requires_api_key(provider_name=\"…\")` \
         (TypeScript: `withApiKey`), and drop the read of the environment. For an OAuth service use `@requires_access_token`. For \
         local runs `agentcore dev` fills the provider from `agentcore/.env.local`.",
    );
    if missing.is_empty() {
        return vec![edit];
    }
    let register = Fix::new("Register the secrets")
        .preparation()
        .commands(super::gateway_target::ignore_env_local(context))
        .commands(add)
        .command(shell::deploy(target))
        .note(
            "Export the variables in your own shell first, so that no key ends up in its history; `agentcore add credential` without \
             flags asks for the value instead. An OAuth client is registered with `--type oauth`.",
        );
    vec![edit, register]
}

/// The words of a variable's name that say whose secret it is: `gemini` of `GEMINI_API_KEY`.
fn telling(name: &str) -> Vec<String> {
    const KINDS: [&str; 14] = [
        "api",
        "key",
        "token",
        "secret",
        "access",
        "auth",
        "bot",
        "password",
        "passwd",
        "private",
        "client",
        "credential",
        "credentials",
        "bearer",
    ];
    let words = name.split('_').map(str::to_lowercase);
    words
        .filter(|word| word.len() > 2 && !KINDS.contains(&word.as_str()))
        .collect()
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect::<String>()
        .to_lowercase()
}
