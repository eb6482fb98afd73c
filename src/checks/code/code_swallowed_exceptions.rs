//! `code-swallowed-exceptions`: No exception is swallowed.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::names::leaf;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::source::ir::{ByteRange, Handler, Stmt, StmtKind, Try};
use crate::model::source::walk::{Node, walk};
use crate::model::source::{Expr, ExprKind, Language, Module, UnaryOp};

use crate::analysis::rejections;
use crate::analysis::silence::{self, Silence, silence};

pub(super) static CHECK: Check = Check {
    id: "code-swallowed-exceptions",
    title: "No exception is swallowed",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_swallowed_exceptions.md"),
    references: &[
        "https://docs.python.org/3/tutorial/errors.html#handling-exceptions",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

/// A place that swallows.
struct Swallowed {
    range: ByteRange,
    silence: Silence,
}

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, judge)
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let (mut found, mut handlers) = (Vec::new(), 0);
    let callers = Callers::new(code);
    let mut idle = Vec::new();
    for module in code.modules() {
        let mut here = Vec::new();
        for body in bodies(module) {
            handlers += look(code, module, body, &mut here);
        }
        here.sort_by_key(|swallowed| swallowed.range);
        for swallowed in here {
            let within = module.function_at(swallowed.range.start);
            let evidence = evidence(code, module, &swallowed);
            if within.is_some_and(|function| callers.is_idle(function)) {
                let note = format!("{}; nothing calls this function", evidence.note);
                idle.push(evidence.note(note).context());
            } else {
                found.push(evidence);
            }
        }
    }
    let name = &code.runtime.name;
    if found.is_empty() {
        let plural = if handlers == 1 { "" } else { "s" };
        let message = format!(
            "runtime {name} swallows no exception: {handlers} broad handler{plural} in the {}",
            code.scope()
        );
        return Outcome::pass(code.resource(), message).evidences(idle);
    }
    let severity = found
        .iter()
        .filter_map(|evidence| evidence.severity)
        .min()
        .unwrap_or(Severity::Medium);
    let first = &found[0];
    let place = first.site.as_ref().map_or(String::new(), |site| {
        format!("{}:{}", site.path, site.span.map_or(0, |span| span.line))
    });
    let more = match found.len() {
        1 => String::new(),
        count => format!(", and {} more", count - 1),
    };
    let message = format!(
        "runtime {name}: {} ({place}{more}); what goes wrong there leaves no trace",
        first.note
    );
    Outcome::fail(code.resource(), message).severity(severity).evidences(found).evidences(idle).fix(
        Fix::new("Catch what is expected, log the rest")
            .note("Name the exceptions that are expected (`except (KeyError, ValueError):`); where any may come, log it (`logger.exception(\"…\")`, `console.error('…', error)`) before going on, or raise it again."),
    )
}

/// Every body of a module: its own, of its classes and functions.
fn bodies(module: &Module) -> Vec<&[Stmt]> {
    let classes = module.classes.iter().map(|class| class.body.as_slice());
    let functions = module
        .functions
        .iter()
        .map(|function| function.body.as_slice());
    std::iter::once(module.body.as_slice())
        .chain(classes)
        .chain(functions)
        .collect()
}

/// Looks at every handler of a body; returns how many broad ones there are.
fn look<'a>(
    code: &AgentCode<'a>,
    module: &'a Module,
    body: &'a [Stmt],
    found: &mut Vec<Swallowed>,
) -> usize {
    let source = code.source;
    let mut broad = 0;
    walk(body, &mut |path, node| {
        match node {
            Node::Stmt(Stmt {
                kind: StmtKind::Try(tried),
                ..
            }) => {
                for handler in &tried.handlers {
                    broad += usize::from(crate::analysis::exceptions::is_broad(
                        source, module, handler,
                    ));
                    if let Some(silence) = silence(source, module, path, tried, handler) {
                        let end = handler.body.first().map_or(handler.range.end, |first| {
                            first.range.start.max(handler.range.start + 1)
                        });
                        let range = ByteRange {
                            start: handler.range.start,
                            end: header_end(module, handler.range, end),
                        };
                        found.push(Swallowed { range, silence });
                    }
                }
            }
            Node::Stmt(Stmt {
                kind: StmtKind::With(with),
                ..
            }) => {
                for item in &with.items {
                    if suppresses_all(code, module, &item.context)
                        && !silence::is_cleanup(&with.body)
                    {
                        broad += 1;
                        found.push(Swallowed {
                            range: item.context.range,
                            silence: Silence::Dropped,
                        });
                    }
                }
            }
            Node::Expr(expr) => {
                if let Some(swallowed) = rejected(code, module, expr) {
                    broad += 1;
                    found.push(swallowed);
                }
            }
            _ => {}
        }
        true
    });
    broad
}

/// The end of a handler's first line.
fn header_end(module: &Module, range: ByteRange, at_most: u32) -> u32 {
    let text = module.text(range);
    let line = text.find('\n').unwrap_or(text.len());
    let line = u32::try_from(text[..line].trim_end().len()).unwrap_or(0);
    (range.start + line).max(at_most.min(range.start + line))
}

/// `contextlib.suppress(Exception)`.
fn suppresses_all(code: &AgentCode<'_>, module: &Module, context: &Expr) -> bool {
    let Some(call) = context.as_call() else {
        return false;
    };
    let named = code
        .source
        .callee_name(module.id, context)
        .is_some_and(|name| leaf(name) == "suppress");
    named
        && call
            .args
            .iter()
            .any(|caught| crate::analysis::exceptions::broad_type(code.source, module.id, caught))
}

/// What a function given to `.catch` or as the second one to `.then` does, judged as the `catch` clause that it stands for.
fn rejected(code: &AgentCode<'_>, module: &Module, expr: &Expr) -> Option<Swallowed> {
    if let Some(range) = silent_catch(module, expr) {
        return Some(Swallowed {
            range,
            silence: Silence::Dropped,
        });
    }
    let call = expr.as_call()?;
    let ExprKind::Attribute { base, .. } = &call.callee.kind else {
        return None;
    };
    let rejection = rejections::of_call(code.source, module, expr, call)
        .into_iter()
        .find(|rejection| rejection.answers)?;
    if silence::is_cleanup_call(base) {
        return None;
    }
    let function = module.function(rejection.function)?;
    let param = function.params.first();
    let binding = param.map(|param| {
        param.pattern.as_deref().cloned().unwrap_or_else(|| Expr {
            kind: ExprKind::Name(param.name.clone()),
            range: param.range,
        })
    });
    let handler = Handler {
        types: Vec::new(),
        binding,
        body: function.body.clone(),
        range: function.range,
    };
    let tried = Try {
        body: vec![Stmt {
            kind: StmtKind::Expr((**base).clone()),
            range: base.range,
        }],
        handlers: Vec::new(),
        orelse: Vec::new(),
        finally: Vec::new(),
    };
    silence(code.source, module, &[], &tried, &handler).map(|silence| Swallowed {
        range: rejection.given,
        silence,
    })
}

/// `promise.catch(() => {})`: the range of the handler.
fn silent_catch(module: &Module, expr: &Expr) -> Option<ByteRange> {
    if module.language != Language::TypeScript {
        return None;
    }
    let ExprKind::Call(call) = &expr.kind else {
        return None;
    };
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let ExprKind::Lambda(id) = &call.args.first()?.kind else {
        return None;
    };
    if &**attr != "catch" || silence::is_cleanup_call(base) {
        return None;
    }
    let function = module.function(*id)?;
    let nothing = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Return(None) | StmtKind::Nothing => true,
        StmtKind::Return(Some(value)) => match &value.kind {
            ExprKind::None => true,
            ExprKind::Unary {
                op: UnaryOp::Void, ..
            } => true,
            _ => silence::is_empty_value(value),
        },
        _ => false,
    };
    function.body.iter().all(nothing).then_some(function.range)
}

fn evidence(code: &AgentCode<'_>, module: &Module, swallowed: &Swallowed) -> Evidence {
    let (severity, note) = match swallowed.silence {
        Silence::Dropped => (
            Severity::Medium,
            "the exception is dropped: not logged, not raised, not answered",
        ),
        Silence::Fallback => (
            Severity::Medium,
            "goes on with a fallback and reports no failure",
        ),
        Silence::Bare => (
            Severity::Low,
            "a bare `except` also catches KeyboardInterrupt, SystemExit and a cancelled task",
        ),
    };
    agent_code::evidence(code.source, module.id, swallowed.range)
        .note(note)
        .severity(severity)
}
