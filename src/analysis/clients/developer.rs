//! Servers that a developer starts by hand, for nobody else: they read a command line and listen on the machine's own address.

use super::places::{COMMAND_LINE, Places};
use crate::analysis::names::{Meaning, leaf, package};
use crate::model::source::module::Param;
use crate::model::source::{Call, Expr, ExprKind, FnId, Language, Module, ModuleId};

/// Addresses that only programs of the same machine reach.
const OWN: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

/// The address that a server listens on.
enum Host<'m> {
    /// That of its framework by default, which is the machine's own.
    Own,
    /// What the code gives.
    Given(&'m Expr),
    /// It is not seen.
    Unknown,
}

impl Places<'_> {
    /// Whether a call in this place runs for a developer alone: all that it runs for are handlers of such servers.
    pub(crate) fn serves_a_developer(&self, function: Option<FnId>) -> bool {
        let roots = function.map_or_else(Vec::new, |function| self.roots(function));
        !roots.is_empty()
            && roots
                .iter()
                .all(|(module, _)| self.is_local_server(*module))
    }

    /// Whether a module is such a server: no runtime runs it, it reads a command line, and whatever it starts listens on the machine's
    /// own address unless the command line says otherwise.
    pub(crate) fn is_local_server(&self, module: ModuleId) -> bool {
        let runtimes = &self.source.runtimes;
        let Some(module) = self.source.module(module) else {
            return false;
        };
        let of_a_runtime = runtimes
            .iter()
            .any(|runtime| runtime.reachable.contains(&module.id));
        let reads_a_line = module.imports.iter().any(|import| {
            let package = import.module.split(['.', '/']).next();
            package.is_some_and(|package| COMMAND_LINE.contains(&package))
        });
        if of_a_runtime || !reads_a_line {
            return false;
        }
        let mut hosts = module
            .calls()
            .filter_map(|(_, expr)| Some((expr, self.host(module, expr)?)))
            .peekable();
        hosts.peek().is_some()
            && hosts.all(|(_, host)| match host {
                Host::Own => true,
                Host::Unknown => false,
                Host::Given(host) => {
                    let host = self.written(module, host);
                    host.is_some_and(|host| OWN.contains(&host))
                }
            })
    }

    /// The address that a call which starts a server is given; None for another call.
    fn host<'m>(&self, module: &Module, expr: &'m Expr) -> Option<Host<'m>> {
        let call = expr.as_call()?;
        let given = |host: Option<&'m Expr>| host.map_or(Host::Unknown, Host::Given);
        if module.language == Language::TypeScript {
            return (call.written_name() == "listen").then(|| given(call.args.get(1)));
        }
        let name = self.source.callee_name(module.id, expr)?;
        // Both listen on the machine's own address unless they are told otherwise.
        let spread = call.keywords.iter().any(|keyword| keyword.name.is_none());
        let or_own = |host: Option<&'m Expr>| match host {
            None if !spread => Host::Own,
            host => given(host),
        };
        match (package(name), leaf(name)) {
            ("uvicorn", "run" | "Config") => Some(or_own(call.option("host"))),
            ("flask", "run") => Some(or_own(call.argument(0, "host"))),
            ("waitress", "serve") | ("aiohttp", "run_app") => Some(given(call.option("host"))),
            ("http", "HTTPServer" | "ThreadingHTTPServer") => {
                let address = call.args.first().map(|address| &address.kind);
                Some(given(match address {
                    Some(ExprKind::Tuple(parts)) => parts.first(),
                    _ => None,
                }))
            }
            _ => None,
        }
    }

    /// The text that an address is, or that an option of the command line has by default.
    fn written<'m>(&'m self, module: &'m Module, host: &'m Expr) -> Option<&'m str> {
        if let Some(text) = host.as_str() {
            return Some(text);
        }
        let default = match &host.kind {
            // `parser.add_argument("--host", default="127.0.0.1")`
            ExprKind::Attribute { attr, .. } => module
                .calls()
                .filter_map(|(_, expr)| expr.as_call())
                .find(|call| call.written_name() == "add_argument" && is_option(call, attr))
                .and_then(|call| call.option("default")),
            ExprKind::Name(name) => {
                let function = module.function_at(host.range.start);
                let param = function
                    .and_then(|function| function.params.iter().find(|param| param.name == *name));
                // `@click.option("--host", default="127.0.0.1")`
                let declared = function
                    .into_iter()
                    .flat_map(|function| &function.decorators);
                let mut declared = declared.filter_map(Expr::as_call);
                match param {
                    Some(param) => declared
                        .find(|call| is_option(call, name))
                        .and_then(|call| call.option("default"))
                        .or_else(|| of_param(param)),
                    None => None,
                }
            }
            _ => None,
        };
        match default {
            Some(default) => default.as_str(),
            None => match self.source.meaning(module.id, host) {
                Meaning::Value(_, value) => value.as_str(),
                _ => None,
            },
        }
    }
}

/// The default of a parameter: `host: str = "127.0.0.1"`, `host: str = typer.Option("127.0.0.1")`.
fn of_param(param: &Param) -> Option<&Expr> {
    let default = param.default.as_deref()?;
    match default.as_call() {
        Some(call) => call.argument(0, "default"),
        None => Some(default),
    }
}

/// Whether a call declares the option that is kept under a name.
fn is_option(call: &Call, name: &str) -> bool {
    if let Some(kept) = call.option("dest").and_then(Expr::as_str) {
        return kept == name;
    }
    call.args.iter().filter_map(Expr::as_str).any(|option| {
        let option = option.trim_start_matches('-');
        option.len() == name.len() && option.replace('-', "_") == name
    })
}
