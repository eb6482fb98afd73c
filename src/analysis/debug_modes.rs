//! Debug modes that code turns on where it makes or starts what serves.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::values::{At, Domain, eval};
use crate::analysis::writes::writes;
use crate::model::source::ir::UnaryOp;
use crate::model::source::walk::statements;
use crate::model::source::{Call, Compare, Expr, ExprKind, Module, Source, StmtKind};

/// A debug mode, by what it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The AgentCore SDK answers actions that force or list states.
    AgentCore,
    /// A web framework answers an error with its traceback.
    Tracebacks,
    /// A web framework answers an error with a debugger.
    Debugger,
    /// A server watches the disk and starts again.
    Reloader,
    /// The event loop watches every task.
    EventLoop,
}

/// What is called, the option that turns a mode on, and its place among the positional arguments.
const SWITCHES: [(&str, &str, Option<usize>, Mode); 9] = [
    (
        "bedrock_agentcore.runtime.BedrockAgentCoreApp",
        "debug",
        Some(0),
        Mode::AgentCore,
    ),
    (
        "bedrock_agentcore.BedrockAgentCoreApp",
        "debug",
        Some(0),
        Mode::AgentCore,
    ),
    (
        "bedrock_agentcore.runtime.app.BedrockAgentCoreApp",
        "debug",
        Some(0),
        Mode::AgentCore,
    ),
    ("fastapi.FastAPI", "debug", None, Mode::Tracebacks),
    (
        "starlette.applications.Starlette",
        "debug",
        Some(0),
        Mode::Tracebacks,
    ),
    ("flask.Flask.run", "debug", Some(2), Mode::Debugger),
    ("uvicorn.run", "reload", None, Mode::Reloader),
    ("quart.Quart.run", "debug", Some(2), Mode::Debugger),
    ("asyncio.run", "debug", None, Mode::EventLoop),
];

/// The modes that calls turn on when nothing outside of the code says otherwise, each with the value that does; `unset` says which
/// variables surely nothing sets.
pub(crate) fn turned_on<'a>(
    code: &AgentCode<'a>,
    unset: &dyn Fn(&str) -> bool,
) -> Vec<(Mode, At<'a>)> {
    let source = code.source;
    let given = code.calls().filter_map(|(module, _, expr)| {
        let (mode, value) = switched(source, module, expr)?;
        Some((mode, At::new(module.id, value)))
    });
    let assigned = code.modules().flat_map(|module| assigned(code, module));
    given
        .chain(assigned)
        .filter(|(_, at)| eval(&mut On { code: *code, unset }, *at))
        .collect()
}

/// The modes that a module assigns to an application that is made: `app.debug = True`.
fn assigned<'a>(code: &AgentCode<'a>, module: &'a Module) -> Vec<(Mode, At<'a>)> {
    let bodies = module
        .functions
        .iter()
        .filter(|function| code.may_run(function.id));
    let bodies = std::iter::once(&module.body).chain(bodies.map(|function| &function.body));
    let mut found = Vec::new();
    for stmt in bodies.flat_map(|body| statements(body)) {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        for target in &assign.targets {
            let ExprKind::Attribute { base, attr } = &target.kind else {
                continue;
            };
            let mode = code
                .source
                .type_of(module.id, base)
                .filter(|_| &**attr == "debug")
                .and_then(|made| of_application(&made.type_name));
            if let (Some(mode), Some(value)) = (mode, assign.value.as_deref()) {
                found.push((mode, At::new(module.id, value)));
            }
        }
    }
    found
}

/// What the member `debug` of an application changes.
fn of_application(class: &str) -> Option<Mode> {
    match (package(class), leaf(class)) {
        ("bedrock_agentcore", "BedrockAgentCoreApp") => Some(Mode::AgentCore),
        ("fastapi", "FastAPI") | ("starlette", "Starlette") => Some(Mode::Tracebacks),
        _ => None,
    }
}

/// The mode that a call has an option for, and what it is given for it.
fn switched<'a>(
    source: &'a Source,
    module: &'a Module,
    expr: &'a Expr,
) -> Option<(Mode, &'a Expr)> {
    let call = expr.as_call()?;
    let (callee, held) = called(source, module, expr, call)?;
    let mut known = SWITCHES.iter();
    let (_, option, place, mode) = known.find(|(name, ..)| *name == callee)?;
    let place = place.map(|place| place + held);
    let value =
        option_value(call, option, place).or_else(|| spread_value(source, module, call, option));
    Some((*mode, value?))
}

/// What a call makes, by its canonical name, and how many arguments stand before those of its own: `functools.partial(App, debug=True)`
/// makes an `App`, and `super().__init__(debug=True)` what its class is derived from.
fn called<'a>(
    source: &'a Source,
    module: &'a Module,
    expr: &'a Expr,
    call: &'a Call,
) -> Option<(String, usize)> {
    if call.written_name() == "__init__" {
        let class = module.class_at(expr.range.start)?;
        let mut bases = source.bases(class.id).into_iter();
        let base = bases.find(|base| SWITCHES.iter().any(|(name, ..)| **name == **base))?;
        return Some((base.to_string(), 0));
    }
    let name = source.callee_name(module.id, expr)?;
    match name {
        "functools.partial" => Some((source.canonical(module.id, call.args.first()?)?, 1)),
        name => Some((name.to_owned(), 0)),
    }
}

/// The value of an option in a dict that is spread into a call: `App(**OPTIONS)`. A dict that code changes says nothing.
fn spread_value<'a>(
    source: &'a Source,
    module: &'a Module,
    call: &'a Call,
    option: &str,
) -> Option<&'a Expr> {
    let mut spread = call.keywords.iter().filter(|one| one.name.is_none());
    spread.find_map(|one| match source.meaning(module.id, &one.value) {
        Meaning::Value(at, options) if at == module.id => {
            let value = options.entry(option)?;
            let name = one.value.as_name()?;
            (!is_changed(source, module, name)).then_some(value)
        }
        _ => one.value.entry(option),
    })
}

/// Whether a module changes what a name holds: `OPTIONS["debug"] = False`, `OPTIONS.update(…)`.
fn is_changed(source: &Source, module: &Module, name: &str) -> bool {
    let is_part = |target: &Expr| matches!(&target.kind, ExprKind::Subscript { base, .. } if base.as_name() == Some(name));
    let writes = writes(source, module.id);
    let mut calls = module.calls().filter_map(|(_, call)| call.as_call());
    writes.iter().any(|(_, target, _)| is_part(target))
        || calls.any(|call| {
            matches!(&call.callee.kind, ExprKind::Attribute { base, attr }
                if base.as_name() == Some(name) && matches!(&**attr, "update" | "pop" | "setdefault" | "clear"))
        })
}

fn option_value<'a>(call: &'a Call, option: &str, place: Option<usize>) -> Option<&'a Expr> {
    match place {
        Some(index) => call.argument(index, option),
        None => call.option(option),
    }
}

/// Whether a value is on when nothing outside the code says otherwise: `True`, a name that holds it, or what an environment
/// variable is compared with when its default already says so.
struct On<'a, 'u> {
    code: AgentCode<'a>,
    unset: &'u dyn Fn(&str) -> bool,
}

impl<'a> Domain<'a> for On<'a, '_> {
    type Known = bool;
    const QUESTION: &'static str = "on";

    fn unknown(&mut self, _at: At<'a>) -> bool {
        false
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> bool {
        ways.iter().any(|way| eval(self, at.to(way)))
    }

    fn other(&mut self, at: At<'a>) -> bool {
        let source = self.code.source;
        match &at.expr.kind {
            ExprKind::Bool(flag) => *flag,
            // `not os.getenv("PROD")`
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => self
                .variable(at.to(operand))
                .is_some_and(|name| self.configured(&name).is_none() && (self.unset)(&name)),
            ExprKind::Compare(parts) => self.compared(at, parts),
            ExprKind::Name(_) | ExprKind::Attribute { .. } => {
                match source.meaning(at.module, at.expr) {
                    Meaning::Value(module, inner) if !inner.is(at.expr) => {
                        eval(self, At::new(module, inner))
                    }
                    _ => false,
                }
            }
            // `bool(os.getenv("DEBUG", "true"))`, `os.getenv("DEBUG", "1")`: any text is true.
            ExprKind::Call(call) => {
                let whole = source.callee_name(at.module, at.expr) != Some("bool");
                let inner = if whole {
                    Some(at.expr)
                } else {
                    call.args.first()
                };
                inner.is_some_and(|inner| {
                    let texts = source.strings(at.module, inner);
                    texts.iter().any(|text| !text.is_empty())
                })
            }
            _ => false,
        }
    }
}

impl<'a> On<'a, '_> {
    /// The variable that an expression reads without a default.
    fn variable(&self, at: At<'a>) -> Option<String> {
        let source = self.code.source;
        let call = at.expr.as_call()?;
        let reads = matches!(
            source.callee_name(at.module, at.expr),
            Some("os.getenv" | "os.environ.get")
        );
        let key = call.args.first().filter(|_| reads)?;
        source.string(at.module, key)
    }

    /// The value that the configuration gives a variable.
    fn configured(&self, name: &str) -> Option<&'a str> {
        let mut set = self.code.runtime.common.env.iter();
        set.find_map(|(set, value)| (set == name).then_some(value.value.as_str()))
    }

    fn compared(&self, at: At<'a>, parts: &'a Compare) -> bool {
        let variable = self.variable(at.to(plain(&parts.left)));
        if let Some(value) = variable.and_then(|name| self.configured(&name)) {
            return self.is_told(at, parts, value);
        }
        let says = |text: &str| matches!(text.to_lowercase().as_str(), "1" | "true" | "yes" | "on");
        let defaults = self.code.source.strings(at.module, plain(&parts.left));
        parts.rest.iter().any(|(operator, right)| {
            let rights = self.code.source.strings(at.module, right);
            match *operator {
                "==" | "===" => defaults.iter().any(|text| {
                    rights.iter().any(|other| other.eq_ignore_ascii_case(text)) && says(text)
                }),
                "in" => defaults.iter().any(|text| says(text)),
                // Anything but the word for off turns it on.
                "!=" | "!==" => defaults.iter().all(|text| !rights.contains(text)),
                _ => false,
            }
        })
    }
}

impl<'a> On<'a, '_> {
    /// Whether a comparison holds for the value that the configuration gives.
    fn is_told(&self, at: At<'a>, parts: &'a Compare, value: &str) -> bool {
        parts.rest.iter().any(|(operator, right)| {
            let items = match &right.kind {
                ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => items,
                _ => std::slice::from_ref(right),
            };
            let texts = items
                .iter()
                .flat_map(|item| self.code.source.strings(at.module, item));
            let texts: Vec<String> = texts.collect();
            let same = texts.iter().any(|text| text.eq_ignore_ascii_case(value));
            match *operator {
                "==" | "===" | "in" => same,
                "!=" | "!==" | "not in" => !same && !texts.is_empty(),
                _ => false,
            }
        })
    }
}

/// The text behind `.lower()`, `.strip()`, `.toLowerCase()` …: comparisons here ignore case anyway.
fn plain(expr: &Expr) -> &Expr {
    const SAME_TEXT: [&str; 7] = [
        "lower",
        "upper",
        "strip",
        "casefold",
        "trim",
        "toLowerCase",
        "toUpperCase",
    ];
    let Some(call) = expr.as_call() else {
        return expr;
    };
    match &call.callee.kind {
        ExprKind::Attribute { base, attr }
            if SAME_TEXT.contains(&&**attr) && call.args.is_empty() =>
        {
            plain(base)
        }
        _ => expr,
    }
}
