//! Where a module swallows exceptions: in `except` and `catch` clauses, in `contextlib.suppress`, in what a promise is given for
//! its rejection.

use super::{Silence, is_cleanup, is_cleanup_call, is_empty_value, narrow_by_nature, silence};
use crate::analysis::exceptions::{broad_type, is_broad};
use crate::analysis::names::leaf;
use crate::analysis::rejections;
use crate::model::source::ir::{Handler, Try, With};
use crate::model::source::walk::{Node, walk};
use crate::model::source::{
    ByteRange, Expr, ExprKind, Function, Language, Module, Source, Stmt, StmtKind, UnaryOp,
};

/// A place that swallows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Swallowed {
    /// The place: the first line of a clause, the context manager, the function that takes a rejection.
    pub(crate) range: ByteRange,
    /// How.
    pub(crate) silence: Silence,
}

/// How a module handles what may be anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handled {
    /// The places that swallow, in the order of the text.
    pub(crate) swallowed: Vec<Swallowed>,
    /// How many handlers catch whatever goes wrong.
    pub(crate) broad: usize,
}

/// How a module, its classes and its functions handle exceptions.
pub(crate) fn handled(source: &Source, module: &Module) -> Handled {
    let mut found = Handled::default();
    let classes = module.classes.iter().map(|class| &class.body);
    let functions = module.functions.iter().map(|function| &function.body);
    for body in std::iter::once(&module.body)
        .chain(classes)
        .chain(functions)
    {
        walk(body, &mut |path, node| {
            found.look(source, module, path, node);
            true
        });
    }
    found.swallowed.sort_by_key(|swallowed| swallowed.range);
    found
}

impl Handled {
    /// Looks at one node.
    fn look<'a>(
        &mut self,
        source: &'a Source,
        module: &'a Module,
        path: &[Node<'a>],
        node: Node<'a>,
    ) {
        match node {
            Node::Stmt(stmt) => match &stmt.kind {
                StmtKind::Try(tried) => self.tried(source, module, path, tried),
                StmtKind::With(with) => self.entered(source, module, with),
                _ => {}
            },
            // An `await` around a call is the same call.
            Node::Expr(expr) if !matches!(expr.kind, ExprKind::Await(_)) => {
                let rejected = rejected(source, module, expr);
                self.broad += usize::from(rejected.is_some());
                self.swallowed.extend(rejected);
            }
            Node::Expr(_) | Node::Handler(_) | Node::Case(_) => {}
        }
    }

    fn tried<'a>(
        &mut self,
        source: &'a Source,
        module: &'a Module,
        path: &[Node<'a>],
        tried: &'a Try,
    ) {
        for handler in &tried.handlers {
            self.broad += usize::from(is_broad(source, module, handler));
            let silence = silence(source, module, path, tried, handler);
            self.swallowed.extend(silence.map(|silence| Swallowed {
                range: first_line(module, handler),
                silence,
            }));
        }
    }

    fn entered(&mut self, source: &Source, module: &Module, with: &With) {
        let items = with.items.iter();
        let suppressing = items.filter(|item| {
            suppresses_all(source, module, &item.context) && !is_cleanup(&with.body)
        });
        for item in suppressing {
            self.broad += 1;
            self.swallowed.push(Swallowed {
                range: item.context.range,
                silence: Silence::Dropped,
            });
        }
    }
}

/// The first line of a clause.
fn first_line(module: &Module, handler: &Handler) -> ByteRange {
    let range = handler.range;
    let at_most = handler
        .body
        .first()
        .map_or(range.end, |first| first.range.start.max(range.start + 1));
    let text = module.text(range);
    let line = text.find('\n').unwrap_or(text.len());
    let line = u32::try_from(text[..line].trim_end().len()).unwrap_or(0);
    ByteRange {
        start: range.start,
        end: (range.start + line).max(at_most.min(range.start + line)),
    }
}

/// `contextlib.suppress(Exception)`.
fn suppresses_all(source: &Source, module: &Module, context: &Expr) -> bool {
    let name = source.callee_name(module.id, context);
    let named = name.is_some_and(|name| leaf(name) == "suppress");
    named
        && context.as_call().is_some_and(|call| {
            let mut caught = call.args.iter();
            caught.any(|caught| broad_type(source, module.id, caught))
        })
}

/// What a function given to `.catch` or as the second one to `.then` does, judged as the `catch` clause that it stands for.
fn rejected(source: &Source, module: &Module, expr: &Expr) -> Option<Swallowed> {
    let call = expr.as_call()?;
    let ExprKind::Attribute { base, .. } = &call.callee.kind else {
        return None;
    };
    if module.language != Language::TypeScript || is_cleanup_call(base) {
        return None;
    }
    if let Some(range) = ignored(module, expr).filter(|_| !narrow_by_nature(module, &tries(base))) {
        return Some(Swallowed {
            range,
            silence: Silence::Dropped,
        });
    }
    let rejection = rejections::of_call(source, module, expr, call)
        .into_iter()
        .find(|rejection| rejection.answers)?;
    let function = module.function(rejection.function)?;
    let (tried, handler) = (tries(base), as_clause(function));
    silence(source, module, &[], &tried, &handler).map(|silence| Swallowed {
        range: rejection.given,
        silence,
    })
}

/// `promise.catch(() => {})`: the range of the function.
fn ignored(module: &Module, expr: &Expr) -> Option<ByteRange> {
    let ExprKind::Call(call) = &expr.kind else {
        return None;
    };
    let ExprKind::Lambda(id) = &call.args.first()?.kind else {
        return None;
    };
    let function = module.function(*id)?;
    (call.written_name() == "catch" && function.body.iter().all(gives_nothing))
        .then_some(function.range)
}

/// Whether a statement does nothing, or returns nothing.
fn gives_nothing(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Return(None) | StmtKind::Nothing => true,
        StmtKind::Return(Some(value)) => {
            let is_void = matches!(
                value.kind,
                ExprKind::Unary {
                    op: UnaryOp::Void,
                    ..
                }
            );
            is_void || is_empty_value(value)
        }
        _ => false,
    }
}

/// A function that is called with what went wrong, as a clause that catches it.
fn as_clause(function: &Function) -> Handler {
    let binding = function.params.first().map(|param| {
        let name = || Expr {
            kind: ExprKind::Name(param.name.clone()),
            range: param.range,
        };
        param.pattern.as_deref().cloned().unwrap_or_else(name)
    });
    Handler {
        types: Vec::new(),
        binding,
        body: function.body.clone(),
        range: function.range,
    }
}

/// A `try` around one expression.
fn tries(expr: &Expr) -> Try {
    Try {
        body: vec![Stmt {
            kind: StmtKind::Expr(expr.clone()),
            range: expr.range,
        }],
        handlers: Vec::new(),
        orelse: Vec::new(),
        finally: Vec::new(),
    }
}
