//! Where the servers that code starts listen, as far as that is certain.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::{AgentCode, starting};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment;
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::values::bound;
use crate::analysis::writes::writes;
use crate::model::site::Site;
use crate::model::source::{Call, Expr, ExprKind, Language, Module, ModuleId};

/// Names and conversions that are followed to the variable behind a port.
const DEEPEST: u8 = 6;

/// How what code starts can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// On this port.
    Port(u16),
    /// MCP over the standard streams of the process.
    Stdio,
    /// MCP as server-sent events, at `/sse`.
    Events,
}

/// The servers that the code starts, each with how it can be asked; None where that of any is not certain, or nothing is started.
/// `set` is what the configuration sets in the environment.
pub(crate) fn servers(
    code: &AgentCode<'_>,
    set: &BTreeMap<String, String>,
) -> Option<Vec<(Site, Answers)>> {
    let mut found = Vec::new();
    let callers = OnceCell::new();
    for (module, expr) in starting::calls(code) {
        let question = Question {
            code,
            set,
            callers: &callers,
            module,
            call: expr.as_call()?,
            name: code.source.callee_name(module.id, expr).unwrap_or(""),
        };
        if question.only_makes() {
            continue;
        }
        let answers = question.answers()?;
        // A server of tools that the agent starts for itself.
        if answers == Answers::Stdio && code.code.programs.contains(&module.id) {
            continue;
        }
        found.push((module.site(expr.range), answers));
    }
    (!found.is_empty()).then_some(found)
}

/// A call of which is asked where what it starts listens.
struct Question<'q, 'a> {
    code: &'q AgentCode<'a>,
    set: &'q BTreeMap<String, String>,
    callers: &'q OnceCell<Callers<'a>>,
    module: &'a Module,
    call: &'a Call,
    name: &'a str,
}

impl<'a> Question<'_, 'a> {
    /// Whether the call only makes a server, which another call starts.
    fn only_makes(&self) -> bool {
        let last = leaf(self.name);
        match package(self.name) {
            "uvicorn" => last == "Server",
            // The low-level server runs over the streams that it is given.
            "mcp" => last == "Server" || self.owner() == "Server" && last == "run",
            "http" | "node:http" | "https" | "node:https" => last == "createServer",
            _ => false,
        }
    }

    /// The class whose method is called.
    fn owner(&self) -> &'a str {
        let last = leaf(self.name);
        let before = self.name.strip_suffix(last).unwrap_or("");
        leaf(before.trim_end_matches('.'))
    }

    /// How what the call starts can be asked; None where that is not certain.
    fn answers(&self) -> Option<Answers> {
        let call = self.call;
        if call.keywords.iter().any(|keyword| keyword.name.is_none()) {
            return None;
        }
        if self.module.language == Language::TypeScript {
            return self.listened();
        }
        let last = leaf(self.name);
        match (package(self.name), self.owner(), last) {
            ("uvicorn", "uvicorn", "run") => uvicorn(self, call),
            ("uvicorn", "Server", "serve" | "run") => {
                let server = self.made_by(self.module, self.base()?)?;
                let config = self.made_by(self.module, server.args.first()?)?;
                uvicorn(self, config)
            }
            (_, "BedrockAgentCoreApp", "run") => self.port(call.argument(0, "port"), Some(8080)),
            ("flask", "Flask", "run") => self.port(call.argument(1, "port"), Some(5000)),
            ("aiohttp", _, "run_app") => self.port(call.option("port"), Some(8080)),
            ("mcp" | "fastmcp", "FastMCP", "run") => self.fast_mcp(),
            ("mcp" | "fastmcp", "FastMCP", "run_stdio_async")
            | ("mcp", "stdio", "stdio_server") => Some(Answers::Stdio),
            ("mcp" | "fastmcp", "FastMCP", "run_sse_async") => Some(Answers::Events),
            _ => None,
        }
    }

    /// `mcp.run(transport="streamable-http")`.
    fn fast_mcp(&self) -> Option<Answers> {
        let official = package(self.name) == "mcp";
        let transport = match self.call.argument(0, "transport") {
            Some(given) => self.code.source.string(self.module.id, given)?,
            // The other package reads its default from the environment.
            None if official => "stdio".to_owned(),
            None => return None,
        };
        match &*transport {
            "stdio" => Some(Answers::Stdio),
            "sse" => Some(Answers::Events),
            "streamable-http" | "http" => {
                let set_later = |module: &Module| module.may_write("settings.port");
                if self.code.modules().any(set_later) {
                    return None;
                }
                let made = self.made_by(self.module, self.base()?)?;
                if made.keywords.iter().any(|keyword| keyword.name.is_none()) {
                    return None;
                }
                let given = self.call.option("port").or_else(|| made.option("port"));
                self.port(given, official.then_some(8000))
            }
            _ => None,
        }
    }

    /// `server.listen(8080)`, `app.listen({ port: 8080 })`, `serve({ fetch, port: 8080 })`.
    fn listened(&self) -> Option<Answers> {
        let given = match self.call.written_name() {
            "listen" => {
                let first = self.call.args.first()?;
                first.entry("port").or(Some(first))
            }
            "serve" => self.call.args.first()?.entry("port"),
            _ => return None,
        };
        self.port(Some(given?), None)
    }

    /// The port that an expression is for certain; `otherwise` where none is given.
    fn port(&self, given: Option<&'a Expr>, otherwise: Option<u16>) -> Option<Answers> {
        let Some(given) = given else {
            return otherwise.map(Answers::Port);
        };
        let number =
            given
                .as_number()
                .or_else(|| match self.code.source.meaning(self.module.id, given) {
                    Meaning::Value(_, value) => value.as_number(),
                    _ => None,
                });
        let number = number.or_else(|| self.set_number(self.module.id, given, DEEPEST))?;
        let ports = 1.0..=f64::from(u16::MAX);
        (ports.contains(&number) && number.fract() == 0.0)
            .then(|| format!("{number}").parse().ok().map(Answers::Port))
            .flatten()
    }

    /// The number that a variable is set to which an expression reads: `int(os.environ.get("PORT", "8080"))`,
    /// `Number(process.env.PORT ?? 8080)`. What nothing sets may be set by the platform.
    fn set_number(&self, module: ModuleId, expr: &'a Expr, depth: u8) -> Option<f64> {
        if self.set.is_empty() || depth == 0 {
            return None;
        }
        let callers = self.callers.get_or_init(|| Callers::new(self.code));
        if let Some(read) = environment::read(callers, module, expr) {
            let names = read.names(self.code.source);
            let [name] = &*names else { return None };
            let set = self.set.get(name)?;
            // What the code puts there itself counts, and is not followed.
            let puts = |(_, expr): (ModuleId, &Expr)| {
                let key = expr.as_call().and_then(|call| call.args.first()?.as_str());
                key == Some(name)
            };
            let written = || {
                let all = self.code.modules();
                let mut all = all.flat_map(|module| writes(self.code.source, module.id));
                all.any(|(_, target, _)| match &target.kind {
                    ExprKind::Subscript { index, .. } => index.as_str() == Some(name),
                    ExprKind::Attribute { attr, .. } => **attr == **name,
                    _ => false,
                })
            };
            if self.code.source.calls_named("setdefault").any(puts) || written() {
                return None;
            }
            return set.trim().parse().ok();
        }
        match &expr.kind {
            ExprKind::BoolOp { values, .. } => self.set_number(module, values.first()?, depth - 1),
            ExprKind::Call(call) => {
                let name = call.callee.last_name()?;
                let converts = matches!(&**name, "int" | "Number" | "parseInt");
                self.set_number(module, call.args.first().filter(|_| converts)?, depth - 1)
            }
            ExprKind::Name(name) => match &*bound(self.code.source, module, name, expr.range.start)
            {
                [only] => self.set_number(module, only, depth - 1),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the method that is called belongs to.
    fn base(&self) -> Option<&'a Expr> {
        match &self.call.callee.kind {
            ExprKind::Attribute { base, .. } => Some(base),
            _ => None,
        }
    }

    /// The call that made a value.
    fn made_by(&self, module: &'a Module, value: &'a Expr) -> Option<&'a Call> {
        let source = self.code.source;
        match (source.type_of(module.id, value), value.as_call()) {
            (Some(instance), _) if instance.module == module.id => instance.call,
            (None, Some(call)) => Some(call),
            _ => None,
        }
    }
}

/// The port of `uvicorn.run(app, port=8080)` and of `uvicorn.Config(app, port=8080)`.
fn uvicorn<'a>(question: &Question<'_, 'a>, call: &'a Call) -> Option<Answers> {
    let elsewhere = ["uds", "fd"].iter().any(|name| call.option(name).is_some());
    if elsewhere || call.keywords.iter().any(|keyword| keyword.name.is_none()) {
        return None;
    }
    question.port(call.option("port"), Some(8000))
}
