//! TypeScript statements.

use std::sync::Arc;

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::super::lower::expr as node;
use super::{TypeScript, range};
use crate::model::source::ir::{
    Assign, ByteRange, Case, Expr, ExprKind, Handler, If, Loop, LoopKind, Stmt, StmtKind, Switch,
    Try, With, WithItem,
};

impl<'a> TypeScript<'_> {
    /// Lowers statements.
    pub(super) fn stmts(&mut self, body: &[ast::Statement<'a>]) -> Vec<Stmt> {
        body.iter().map(|stmt| self.stmt(stmt)).collect()
    }

    /// Lowers a statement that stands as a body: a block is opened.
    fn block(&mut self, body: &ast::Statement<'a>) -> Vec<Stmt> {
        match body {
            ast::Statement::BlockStatement(block) => {
                if !self.low.enter() {
                    return Vec::new();
                }
                let body = self.stmts(&block.body);
                self.low.leave();
                body
            }
            other => vec![self.stmt(other)],
        }
    }

    /// Lowers a statement.
    pub(super) fn stmt(&mut self, stmt: &ast::Statement<'a>) -> Stmt {
        let place = range(stmt.span());
        if !self.low.enter() {
            return Stmt {
                kind: StmtKind::Nothing,
                range: place,
            };
        }
        let kind = self.stmt_kind(stmt, place);
        self.low.leave();
        Stmt { kind, range: place }
    }

    fn stmt_kind(&mut self, stmt: &ast::Statement<'a>, place: ByteRange) -> StmtKind {
        match stmt {
            ast::Statement::BlockStatement(block) => StmtKind::Block(self.stmts(&block.body)),
            ast::Statement::BreakStatement(_) => StmtKind::Break,
            ast::Statement::ContinueStatement(_) => StmtKind::Continue,
            ast::Statement::DebuggerStatement(_) | ast::Statement::EmptyStatement(_) => {
                StmtKind::Nothing
            }
            ast::Statement::ExpressionStatement(node) => {
                self.expression_statement(&node.expression)
            }
            ast::Statement::IfStatement(node) => StmtKind::If(Box::new(If {
                test: self.expr(&node.test),
                body: self.block(&node.consequent),
                orelse: node
                    .alternate
                    .as_ref()
                    .map(|other| self.block(other))
                    .unwrap_or_default(),
            })),
            ast::Statement::DoWhileStatement(node) => {
                let body = self.block(&node.body);
                self.plain_loop(LoopKind::DoWhile, Some(&node.test), body)
            }
            ast::Statement::WhileStatement(node) => {
                let body = self.block(&node.body);
                self.plain_loop(LoopKind::While, Some(&node.test), body)
            }
            ast::Statement::ForStatement(node) => self.c_style(node, place),
            ast::Statement::ForInStatement(node) => StmtKind::Loop(Box::new(Loop {
                kind: LoopKind::ForIn,
                target: self.loop_target(&node.left),
                iter: Some(Arc::new(self.expr(&node.right))),
                body: self.block(&node.body),
                orelse: Vec::new(),
            })),
            ast::Statement::ForOfStatement(node) => StmtKind::Loop(Box::new(Loop {
                kind: if node.r#await {
                    LoopKind::AsyncFor
                } else {
                    LoopKind::For
                },
                target: self.loop_target(&node.left),
                iter: Some(Arc::new(self.expr(&node.right))),
                body: self.block(&node.body),
                orelse: Vec::new(),
            })),
            ast::Statement::LabeledStatement(node) => StmtKind::Block(vec![self.stmt(&node.body)]),
            ast::Statement::ReturnStatement(node) => {
                StmtKind::Return(node.argument.as_ref().map(|value| self.expr(value)))
            }
            ast::Statement::SwitchStatement(node) => self.switch(node),
            ast::Statement::ThrowStatement(node) => StmtKind::Raise {
                value: Some(Box::new(self.expr(&node.argument))),
                cause: None,
            },
            ast::Statement::TryStatement(node) => self.try_(node),
            ast::Statement::WithStatement(node) => {
                let object = self.expr(&node.object);
                let first = Stmt {
                    kind: StmtKind::Expr(object.clone()),
                    range: object.range,
                };
                StmtKind::Block(vec![first, self.stmt(&node.body)])
            }
            other => {
                if let Some(declaration) = other.as_declaration() {
                    self.declaration(declaration, place)
                } else if let Some(declaration) = other.as_module_declaration() {
                    self.module_declaration(declaration, place)
                } else {
                    StmtKind::Nothing
                }
            }
        }
    }

    fn expression_statement(&mut self, expression: &ast::Expression<'a>) -> StmtKind {
        if let ast::Expression::AssignmentExpression(assign) = expression {
            return self.assignment(assign);
        }
        if let ast::Expression::UnaryExpression(unary) = expression
            && unary.operator == ast::UnaryOperator::Delete
        {
            return StmtKind::Delete(vec![self.expr(&unary.argument)]);
        }
        StmtKind::Expr(self.expr(expression))
    }

    fn assignment(&mut self, assign: &ast::AssignmentExpression<'a>) -> StmtKind {
        let target = self.assignment_target(&assign.left);
        self.hint_from(&target);
        let value = self.expr(&assign.right);
        self.hint = None;
        self.common_js(&target, &value);
        let operator = assign.operator.as_str();
        let augmented = operator.strip_suffix('=').filter(|rest| !rest.is_empty());
        StmtKind::Assign(Box::new(Assign {
            targets: Box::new([target]),
            value: Some(Arc::new(value)),
            annotation: None,
            augmented,
            constant: false,
        }))
    }

    fn plain_loop(
        &mut self,
        kind: LoopKind,
        test: Option<&ast::Expression<'a>>,
        body: Vec<Stmt>,
    ) -> StmtKind {
        let iter = test.map(|test| Arc::new(self.expr(test)));
        StmtKind::Loop(Box::new(Loop {
            kind,
            target: None,
            iter,
            body,
            orelse: Vec::new(),
        }))
    }

    fn c_style(&mut self, node: &ast::ForStatement<'a>, place: ByteRange) -> StmtKind {
        let mut before = Vec::new();
        match &node.init {
            Some(ast::ForStatementInit::VariableDeclaration(declaration)) => {
                let kind = self.variables(declaration);
                before.push(Stmt {
                    kind,
                    range: range(declaration.span),
                });
            }
            Some(other) => {
                if let Some(expression) = other.as_expression() {
                    let kind = self.expression_statement(expression);
                    before.push(Stmt {
                        kind,
                        range: range(expression.span()),
                    });
                }
            }
            None => {}
        }
        let mut body = self.block(&node.body);
        if let Some(update) = &node.update {
            let kind = self.expression_statement(update);
            body.push(Stmt {
                kind,
                range: range(update.span()),
            });
        }
        let kind = self.plain_loop(LoopKind::CStyle, node.test.as_ref(), body);
        before.push(Stmt { kind, range: place });
        StmtKind::Block(before)
    }

    fn loop_target(&mut self, left: &ast::ForStatementLeft<'a>) -> Option<Expr> {
        match left {
            ast::ForStatementLeft::VariableDeclaration(declaration) => declaration
                .declarations
                .first()
                .map(|declarator| self.pattern(&declarator.id)),
            other => other
                .as_assignment_target()
                .map(|target| self.assignment_target(target)),
        }
    }

    fn switch(&mut self, node: &ast::SwitchStatement<'a>) -> StmtKind {
        let subject = Arc::new(self.expr(&node.discriminant));
        let mut cases = Vec::new();
        for case in &node.cases {
            cases.push(Case {
                pattern: case.test.as_ref().map(|test| self.expr(test)),
                captures: Vec::new(),
                guard: None,
                body: self.stmts(&case.consequent),
                range: range(case.span),
            });
        }
        StmtKind::Switch(Box::new(Switch { subject, cases }))
    }

    fn try_(&mut self, node: &ast::TryStatement<'a>) -> StmtKind {
        // An import is optional only where the code goes on without it.
        let goes_on = node.handler.as_ref().is_some_and(|handler| {
            !matches!(
                handler.body.body.last(),
                Some(ast::Statement::ThrowStatement(_))
            )
        });
        let optional = u32::from(goes_on);
        self.low.optional += optional;
        let body = self.stmts(&node.block.body);
        let mut handlers = Vec::new();
        if let Some(handler) = &node.handler {
            handlers.push(Handler {
                types: Vec::new(),
                binding: handler
                    .param
                    .as_ref()
                    .map(|param| self.pattern(&param.pattern)),
                body: self.stmts(&handler.body.body),
                range: range(handler.span),
            });
        }
        self.low.optional -= optional;
        let finally = node
            .finalizer
            .as_ref()
            .map(|block| self.stmts(&block.body))
            .unwrap_or_default();
        StmtKind::Try(Box::new(Try {
            body,
            handlers,
            orelse: Vec::new(),
            finally,
        }))
    }

    /// Lowers `const`, `let`, `var` and `using`.
    pub(super) fn variables(&mut self, declaration: &ast::VariableDeclaration<'a>) -> StmtKind {
        let using = matches!(
            declaration.kind,
            ast::VariableDeclarationKind::Using | ast::VariableDeclarationKind::AwaitUsing
        );
        let mut found = Vec::new();
        for declarator in &declaration.declarations {
            let target = self.pattern(&declarator.id);
            self.hint_from(&target);
            let value = declarator
                .init
                .as_ref()
                .map(|value| Arc::new(self.expr(value)));
            self.hint = None;
            let annotation = declarator
                .type_annotation
                .as_ref()
                .map(|annotation| Arc::new(self.ts_type(&annotation.type_annotation)));
            let kind = match value {
                Some(context) if using => StmtKind::With(Box::new(With {
                    items: vec![WithItem {
                        context,
                        target: Some(target),
                    }],
                    body: Vec::new(),
                    is_async: declaration.kind == ast::VariableDeclarationKind::AwaitUsing,
                })),
                value => StmtKind::Assign(Box::new(Assign {
                    targets: Box::new([target]),
                    value,
                    annotation,
                    augmented: None,
                    constant: declaration.kind == ast::VariableDeclarationKind::Const,
                })),
            };
            found.push(Stmt {
                kind,
                range: range(declarator.span),
            });
        }
        match found.len() {
            1 => found.pop().map_or(StmtKind::Nothing, |only| only.kind),
            _ => StmtKind::Block(found),
        }
    }

    /// Remembers the name that the value about to be lowered is given to.
    pub(super) fn hint_from(&mut self, target: &Expr) {
        self.hint = match &target.kind {
            ExprKind::Name(name) => Some(name.clone()),
            ExprKind::Attribute { attr, .. } => Some(attr.clone()),
            _ => None,
        };
    }

    /// An empty node, for what has no meaning here.
    pub(super) fn other(&self, place: ByteRange) -> Expr {
        node(ExprKind::Other(Box::default()), place)
    }
}
