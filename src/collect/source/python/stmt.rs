//! Python statements.

use std::sync::Arc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use super::super::lower::{Head, plain_import};
use super::{Python, range};
use crate::model::source::ir::{
    Assign, ByteRange, Case, Expr, ExprKind, Handler, If, Loop, LoopKind, Stmt, StmtKind, Switch,
    Try, With, WithItem,
};
use crate::model::source::module::{Import, Param, ParamKind};

impl Python<'_> {
    /// Lowers a suite.
    pub(super) fn body(&mut self, body: &[ast::Stmt]) -> Vec<Stmt> {
        if !self.low.enter() {
            return Vec::new();
        }
        let lowered = body.iter().map(|stmt| self.stmt(stmt)).collect();
        self.low.leave();
        lowered
    }

    fn stmt(&mut self, stmt: &ast::Stmt) -> Stmt {
        let kind = match stmt {
            ast::Stmt::FunctionDef(def) => StmtKind::FunctionDef(self.function(def)),
            ast::Stmt::ClassDef(def) => self.class(def),
            ast::Stmt::Return(node) => StmtKind::Return(self.opt(node.value.as_deref())),
            ast::Stmt::Delete(node) => StmtKind::Delete(self.exprs(&node.targets)),
            ast::Stmt::Assign(node) => self.assign(&node.targets, Some(&node.value), None),
            ast::Stmt::AnnAssign(node) => self.assign(
                std::slice::from_ref(&*node.target),
                node.value.as_deref(),
                Some(&node.annotation),
            ),
            ast::Stmt::AugAssign(node) => StmtKind::Assign(Box::new(Assign {
                targets: Box::new([self.expr(&node.target)]),
                value: Some(Arc::new(self.expr(&node.value))),
                annotation: None,
                augmented: Some(node.op.as_str()),
                constant: false,
            })),
            ast::Stmt::For(node) => StmtKind::Loop(Box::new(Loop {
                kind: if node.is_async {
                    LoopKind::AsyncFor
                } else {
                    LoopKind::For
                },
                target: Some(self.expr(&node.target)),
                iter: Some(Arc::new(self.expr(&node.iter))),
                body: self.body(&node.body),
                orelse: self.body(&node.orelse),
            })),
            ast::Stmt::While(node) => StmtKind::Loop(Box::new(Loop {
                kind: LoopKind::While,
                target: None,
                iter: Some(Arc::new(self.expr(&node.test))),
                body: self.body(&node.body),
                orelse: self.body(&node.orelse),
            })),
            ast::Stmt::If(node) => self.branch(node),
            ast::Stmt::With(node) => StmtKind::With(Box::new(With {
                items: node
                    .items
                    .iter()
                    .map(|item| WithItem {
                        context: Arc::new(self.expr(&item.context_expr)),
                        target: item
                            .optional_vars
                            .as_deref()
                            .map(|target| self.expr(target)),
                    })
                    .collect(),
                body: self.body(&node.body),
                is_async: node.is_async,
            })),
            ast::Stmt::Match(node) => self.switch(node),
            ast::Stmt::Raise(node) => StmtKind::Raise {
                value: self.opt(node.exc.as_deref()).map(Box::new),
                cause: self.opt(node.cause.as_deref()).map(Box::new),
            },
            ast::Stmt::Try(node) => self.try_(node),
            ast::Stmt::Assert(node) => StmtKind::Assert {
                test: Box::new(self.expr(&node.test)),
                message: self.opt(node.msg.as_deref()).map(Box::new),
            },
            ast::Stmt::Import(node) => self.import(node),
            ast::Stmt::ImportFrom(node) => self.import_from(node),
            ast::Stmt::Global(node) => {
                StmtKind::Global(node.names.iter().map(|name| name.as_str().into()).collect())
            }
            ast::Stmt::Nonlocal(node) => {
                StmtKind::Global(node.names.iter().map(|name| name.as_str().into()).collect())
            }
            // Documentation has no effect, and is a fifth of the text of a library.
            ast::Stmt::Expr(node) if node.value.is_string_literal_expr() => StmtKind::Nothing,
            ast::Stmt::Expr(node) => StmtKind::Expr(self.expr(&node.value)),
            ast::Stmt::Break(_) => StmtKind::Break,
            ast::Stmt::Continue(_) => StmtKind::Continue,
            ast::Stmt::TypeAlias(node) => {
                self.assign(std::slice::from_ref(&*node.name), Some(&node.value), None)
            }
            ast::Stmt::Pass(_) | ast::Stmt::IpyEscapeCommand(_) => StmtKind::Nothing,
        };
        Stmt {
            kind,
            range: range(stmt.range()),
        }
    }

    fn assign(
        &mut self,
        targets: &[ast::Expr],
        value: Option<&ast::Expr>,
        annotation: Option<&ast::Expr>,
    ) -> StmtKind {
        let annotation = annotation.map(|annotation| Arc::new(self.expr(annotation)));
        let constant = annotation
            .as_ref()
            .is_some_and(|annotation| match &annotation.kind {
                ExprKind::Name(name) => &**name == "Final",
                ExprKind::Attribute { attr, .. } => &**attr == "Final",
                ExprKind::Subscript { base, .. } => base.as_name() == Some("Final"),
                _ => false,
            });
        StmtKind::Assign(Box::new(Assign {
            targets: self.exprs(targets).into(),
            value: value.map(|value| Arc::new(self.expr(value))),
            annotation,
            augmented: None,
            constant,
        }))
    }

    fn branch(&mut self, node: &ast::StmtIf) -> StmtKind {
        let test = self.expr(&node.test);
        let body = self.guarded(&test, &node.body);
        // Each `elif` is an `if` alone in the `else` of the one before; built from the last, so without recursion.
        let mut clauses = Vec::new();
        for clause in &node.elif_else_clauses {
            let test = clause.test.as_ref().map(|test| self.expr(test));
            let body = match &test {
                Some(test) => self.guarded(test, &clause.body),
                None => self.body(&clause.body),
            };
            clauses.push((test, body, range(clause.range)));
        }
        if clauses.len() > super::super::lower::DEEPEST as usize {
            self.low.cut = true;
            clauses.truncate(super::super::lower::DEEPEST as usize);
        }
        let mut orelse = Vec::new();
        for (test, body, place) in clauses.into_iter().rev() {
            orelse = match test {
                Some(test) => {
                    vec![Stmt {
                        kind: StmtKind::If(Box::new(If { test, body, orelse })),
                        range: cover(place, range(node.range)),
                    }]
                }
                None => body,
            };
        }
        StmtKind::If(Box::new(If { test, body, orelse }))
    }

    /// The body of an `if`, whose imports do not run where the test is `TYPE_CHECKING`.
    fn guarded(&mut self, test: &Expr, body: &[ast::Stmt]) -> Vec<Stmt> {
        let type_only = match &test.kind {
            ExprKind::Name(name) => &**name == "TYPE_CHECKING",
            ExprKind::Attribute { attr, .. } => &**attr == "TYPE_CHECKING",
            _ => false,
        };
        self.low.type_only += u32::from(type_only);
        let body = self.body(body);
        self.low.type_only -= u32::from(type_only);
        body
    }

    fn switch(&mut self, node: &ast::StmtMatch) -> StmtKind {
        let subject = Arc::new(self.expr(&node.subject));
        let mut cases = Vec::new();
        for case in &node.cases {
            let mut captures = Vec::new();
            let pattern = self.pattern(&case.pattern, &mut captures);
            cases.push(Case {
                pattern,
                captures,
                guard: self.opt(case.guard.as_deref()),
                body: self.body(&case.body),
                range: range(case.range),
            });
        }
        StmtKind::Switch(Box::new(Switch { subject, cases }))
    }

    fn try_(&mut self, node: &ast::StmtTry) -> StmtKind {
        let mut caught = Vec::new();
        for handler in &node.handlers {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            let types = match handler.type_.as_deref() {
                Some(ast::Expr::Tuple(tuple)) => self.exprs(&tuple.elts),
                Some(one) => vec![self.expr(one)],
                None => Vec::new(),
            };
            caught.push(types);
        }
        // An import is optional only where the code goes on without it.
        let optional = node.handlers.iter().zip(&caught).any(|(handler, types)| {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            (types.is_empty() || types.iter().any(catches_import_error))
                && !handler.body.last().is_some_and(gives_up)
        });
        self.low.optional += u32::from(optional);
        let body = self.body(&node.body);
        let mut handlers = Vec::new();
        for (handler, types) in node.handlers.iter().zip(caught) {
            let ast::ExceptHandler::ExceptHandler(handler) = handler;
            let binding = handler.name.as_ref().map(|name| Expr {
                kind: ExprKind::Name(name.as_str().into()),
                range: range(name.range()),
            });
            handlers.push(Handler {
                types,
                binding,
                body: self.body(&handler.body),
                range: range(handler.range),
            });
        }
        self.low.optional -= u32::from(optional);
        let orelse = self.body(&node.orelse);
        let finally = self.body(&node.finalbody);
        StmtKind::Try(Box::new(Try {
            body,
            handlers,
            orelse,
            finally,
        }))
    }

    fn import(&mut self, node: &ast::StmtImport) -> StmtKind {
        let mut found = Vec::new();
        for alias in &node.names {
            let module = alias.name.as_str();
            let local = match &alias.asname {
                Some(name) => name.as_str(),
                None => module.split('.').next().unwrap_or(module),
            };
            let import = Import {
                alias: Some(local.into()),
                ..plain_import(module, range(alias.range))
            };
            found.push(self.low.import(import));
        }
        StmtKind::Import(found)
    }

    fn import_from(&mut self, node: &ast::StmtImportFrom) -> StmtKind {
        let dots = ".".repeat(node.level.min(64) as usize);
        let module = format!(
            "{dots}{}",
            node.module.as_ref().map_or("", |module| module.as_str())
        );
        let mut found = Vec::new();
        for alias in &node.names {
            let name = alias.name.as_str();
            let place = range(alias.range);
            let named = node.module.as_ref().map(|module| range(module.range));
            let import = Import {
                origin: named.unwrap_or(place),
                ..plain_import(&module, place)
            };
            found.push(self.low.import(if name == "*" {
                Import {
                    star: true,
                    ..import
                }
            } else {
                let local = alias.asname.as_ref().map_or(name, |name| name.as_str());
                Import {
                    name: Some(name.into()),
                    alias: Some(local.into()),
                    ..import
                }
            }));
        }
        StmtKind::Import(found)
    }

    fn class(&mut self, def: &ast::StmtClassDef) -> StmtKind {
        let decorators = self.decorators(&def.decorator_list);
        let bases = def
            .arguments
            .as_ref()
            .map(|arguments| self.exprs(&arguments.args))
            .unwrap_or_default();
        let id = self
            .low
            .open_class(def.name.as_str(), bases, decorators, range(def.range));
        // `metaclass=Registry`: evaluated where the class is defined.
        let keywords = def.arguments.iter().flat_map(|given| &given.keywords);
        let mut body: Vec<Stmt> = keywords
            .map(|keyword| Stmt {
                kind: StmtKind::Expr(self.expr(&keyword.value)),
                range: range(keyword.range),
            })
            .collect();
        body.extend(self.body(&def.body));
        self.low.close_class(id, body);
        StmtKind::ClassDef(id)
    }

    fn decorators(&mut self, list: &[ast::Decorator]) -> Vec<Expr> {
        list.iter()
            .map(|decorator| self.expr(&decorator.expression))
            .collect()
    }

    fn function(&mut self, def: &ast::StmtFunctionDef) -> crate::model::source::FnId {
        let decorators = self.decorators(&def.decorator_list);
        let is_static = decorators
            .iter()
            .any(|decorator| decorator.as_name() == Some("staticmethod"));
        let whole = range(def.range);
        let header_end = def
            .returns
            .as_ref()
            .map_or(def.parameters.range.end(), |returns| returns.range().end());
        let body_start = def
            .body
            .first()
            .map_or(def.range.end(), |first| first.range().start());
        let head = Head {
            name: def.name.as_str().into(),
            params: self.params(&def.parameters),
            decorators,
            returns: def
                .returns
                .as_deref()
                .map(|returns| Arc::new(self.expr(returns))),
            is_async: def.is_async,
            is_static,
            range: whole,
            body_range: ByteRange {
                start: body_start.to_u32(),
                end: whole.end,
            },
            header: ByteRange {
                start: range(def.name.range()).start,
                end: header_end.to_u32(),
            },
        };
        let id = self.low.open_function(head);
        let body = self.body(&def.body);
        self.low.close_function(id, body);
        id
    }

    /// Lowers parameters in the order of the text.
    pub(super) fn params(&mut self, params: &ast::Parameters) -> Vec<Param> {
        let mut lowered = Vec::new();
        for param in params.posonlyargs.iter().chain(&params.args) {
            lowered.push(self.param(
                &param.parameter,
                param.default.as_deref(),
                ParamKind::Normal,
            ));
        }
        if let Some(rest) = &params.vararg {
            lowered.push(self.param(rest, None, ParamKind::Rest));
        }
        for param in &params.kwonlyargs {
            lowered.push(self.param(
                &param.parameter,
                param.default.as_deref(),
                ParamKind::KeywordOnly,
            ));
        }
        if let Some(rest) = &params.kwarg {
            lowered.push(self.param(rest, None, ParamKind::Keywords));
        }
        lowered
    }

    fn param(
        &mut self,
        param: &ast::Parameter,
        default: Option<&ast::Expr>,
        kind: ParamKind,
    ) -> Param {
        Param {
            name: self.low.text(param.name.as_str()),
            pattern: None,
            default: default.map(|default| Arc::new(self.expr(default))),
            annotation: param
                .annotation
                .as_deref()
                .map(|annotation| Arc::new(self.expr(annotation))),
            kind,
            range: range(param.name.range()),
        }
    }
}

/// Whether a handler of this type catches a failed import.
fn catches_import_error(caught: &Expr) -> bool {
    let name = match &caught.kind {
        ExprKind::Name(name) => name,
        ExprKind::Attribute { attr, .. } => attr,
        _ => return false,
    };
    matches!(
        &**name,
        "ImportError" | "ModuleNotFoundError" | "Exception" | "BaseException"
    )
}

/// Whether a statement raises or ends the program.
fn gives_up(stmt: &ast::Stmt) -> bool {
    match stmt {
        ast::Stmt::Raise(_) => true,
        ast::Stmt::Expr(expr) => match &*expr.value {
            ast::Expr::Call(call) => match &*call.func {
                ast::Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
                ast::Expr::Attribute(attribute) => {
                    matches!(attribute.attr.as_str(), "exit" | "_exit" | "abort")
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

/// An `elif` reaches to the end of the whole `if`.
fn cover(from: ByteRange, whole: ByteRange) -> ByteRange {
    ByteRange {
        start: from.start,
        end: whole.end,
    }
}
