//! `runtime-debug-mode`: Debug mode is off.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::names::Meaning;
use crate::analysis::values::{At, Domain, eval};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::source::{Call, Compare, Expr, ExprKind, ModuleId, Source};

pub(super) static CHECK: Check = Check {
    id: "runtime-debug-mode",
    title: "Debug mode is off",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("runtime_debug_mode.md"),
    references: &[
        "https://github.com/aws/bedrock-agentcore-sdk-python/blob/main/src/bedrock_agentcore/runtime/app.py",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

/// What is called, the option that turns debugging on, its place among the positional arguments, and what that gives away.
const SWITCHES: &[(&str, &str, Option<usize>, &str)] = &[
    (
        "bedrock_agentcore.runtime.BedrockAgentCoreApp",
        "debug",
        Some(0),
        AGENTCORE,
    ),
    (
        "bedrock_agentcore.BedrockAgentCoreApp",
        "debug",
        Some(0),
        AGENTCORE,
    ),
    (
        "bedrock_agentcore.runtime.app.BedrockAgentCoreApp",
        "debug",
        Some(0),
        AGENTCORE,
    ),
    ("fastapi.FastAPI", "debug", None, TRACEBACKS),
    (
        "starlette.applications.Starlette",
        "debug",
        Some(0),
        TRACEBACKS,
    ),
    ("flask.Flask.run", "debug", Some(2), DEBUGGER),
    ("uvicorn.run", "reload", None, RELOADER),
    ("quart.Quart.run", "debug", Some(2), DEBUGGER),
    ("asyncio.run", "debug", None, SLOW),
];

const AGENTCORE: &str = "any caller can send `_agent_core_app_action` and force the session busy or healthy, or list its tasks";
const TRACEBACKS: &str = "an error answers with a full traceback";
const DEBUGGER: &str = "an error opens an interactive debugger that runs code for anyone";
const RELOADER: &str = "a reloader watches the disk and runs the agent in a second process";
const SLOW: &str = "asyncio's debug mode slows every task and logs what it awaits";

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, judge)
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let found: Vec<Evidence> = code
        .calls()
        .filter_map(|(module, _, call)| site(code.source, module.id, call))
        .collect();
    let name = &code.runtime.name;
    if found.is_empty() {
        return Outcome::pass(
            code.resource(),
            format!(
                "runtime {name} turns no debug mode on in the {}",
                code.scope()
            ),
        );
    }
    let message = format!("runtime {name} starts in debug mode: {}", found[0].note);
    Outcome::fail(code.resource(), message).evidences(found).fix(
        Fix::new("Turn debug mode off")
            .note("Drop the argument, or read it from the environment with a default of off and set it on your own machine only."),
    )
}

fn site(source: &Source, module: ModuleId, expr: &Expr) -> Option<Evidence> {
    let call = expr.as_call()?;
    let name = source.callee_name(module, expr)?;
    let (_, option, position, consequence) =
        SWITCHES.iter().find(|(callee, ..)| *callee == name)?;
    let value = option_value(call, option, *position)?;
    eval(&mut On { source }, At::new(module, value))
        .then(|| agent_code::evidence(source, module, value.range).note(*consequence))
}

fn option_value<'a>(call: &'a Call, option: &str, position: Option<usize>) -> Option<&'a Expr> {
    match position {
        Some(index) => call.argument(index, option),
        None => call.option(option),
    }
}

/// Whether a value is on when nothing outside the code says otherwise: `True`, a name that holds it, or what an environment
/// variable is compared with when its default already says so.
struct On<'a> {
    source: &'a Source,
}

impl<'a> Domain<'a> for On<'a> {
    type Known = bool;
    const QUESTION: &'static str = "on";

    fn unknown(&mut self, _at: At<'a>) -> bool {
        false
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> bool {
        ways.iter().any(|way| eval(self, at.to(way)))
    }

    fn other(&mut self, at: At<'a>) -> bool {
        let source = self.source;
        match &at.expr.kind {
            ExprKind::Bool(flag) => *flag,
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

impl<'a> On<'a> {
    fn compared(&self, at: At<'a>, parts: &'a Compare) -> bool {
        let says = |text: &str| matches!(text.to_lowercase().as_str(), "1" | "true" | "yes" | "on");
        let defaults = self.source.strings(at.module, plain(&parts.left));
        parts.rest.iter().any(|(operator, right)| {
            let rights = self.source.strings(at.module, right);
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
