//! Functions, classes, imports and exports.

use std::sync::Arc;

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::super::lower::{Head, expr as node, plain_import};
use super::{TypeScript, range};
use crate::model::source::ir::{
    Assign, ByteRange, DictEntry, Expr, ExprKind, Name, Stmt, StmtKind,
};
use crate::model::source::module::Import;
use crate::model::source::{ClassId, FnId};

impl<'a> TypeScript<'_> {
    /// Lowers a declaration.
    pub(super) fn declaration(
        &mut self,
        declaration: &ast::Declaration<'a>,
        place: ByteRange,
    ) -> StmtKind {
        match declaration {
            ast::Declaration::VariableDeclaration(variables) if variables.declare => {
                StmtKind::Nothing
            }
            ast::Declaration::VariableDeclaration(variables) => self.variables(variables),
            // An overload or `declare function` has no body and is not there at run time.
            ast::Declaration::FunctionDeclaration(function) if function.body.is_none() => {
                StmtKind::Nothing
            }
            ast::Declaration::FunctionDeclaration(function) => {
                let name = function.id.as_ref().map(|id| id.name.as_str().into());
                StmtKind::FunctionDef(self.function(function, name, place, Vec::new(), false))
            }
            ast::Declaration::ClassDeclaration(class) => StmtKind::ClassDef(self.class(class)),
            ast::Declaration::TSEnumDeclaration(declared) => self.enumeration(declared),
            ast::Declaration::TSNamespaceDeclaration(namespace) => match &namespace.body {
                ast::TSNamespaceDeclarationBody::TSModuleBlock(block) => {
                    StmtKind::Block(self.stmts(&block.body))
                }
                ast::TSNamespaceDeclarationBody::TSNamespaceDeclaration(_) => StmtKind::Nothing,
            },
            ast::Declaration::TSImportEqualsDeclaration(import) => {
                let ast::TSModuleReference::ExternalModuleReference(module) =
                    &import.module_reference
                else {
                    return StmtKind::Nothing;
                };
                let alias = Some(import.id.name.as_str().into());
                let type_only = import.import_kind == ast::ImportOrExportKind::Type;
                let import = plain_import(module.expression.value.as_str(), place);
                StmtKind::Import(vec![self.low.import(Import {
                    alias,
                    type_only,
                    ..import
                })])
            }
            _ => StmtKind::Nothing,
        }
    }

    fn enumeration(&mut self, declared: &ast::TSEnumDeclaration<'a>) -> StmtKind {
        let mut entries = Vec::new();
        for member in &declared.body.members {
            let place = range(member.span);
            let key = node(
                ExprKind::Str(member.id.static_name().as_str().into()),
                place,
            );
            let value = match &member.initializer {
                Some(value) => self.expr(value),
                None => self.other(place),
            };
            entries.push(DictEntry {
                key: Some(key),
                value,
            });
        }
        let target = node(
            ExprKind::Name(declared.id.name.as_str().into()),
            range(declared.id.span),
        );
        StmtKind::Assign(Box::new(Assign {
            targets: Box::new([target]),
            value: Some(Arc::new(node(
                ExprKind::Dict(entries.into()),
                range(declared.body.span),
            ))),
            annotation: None,
            augmented: None,
            constant: true,
        }))
    }

    /// Lowers a function with a body of statements.
    pub(super) fn function(
        &mut self,
        function: &ast::Function<'a>,
        name: Option<Name>,
        place: ByteRange,
        decorators: Vec<Expr>,
        is_static: bool,
    ) -> FnId {
        self.hint = None;
        let params = function.params.span.start;
        let body_range = function.body.as_ref().map_or(place, |body| ByteRange {
            start: params,
            end: body.span.end,
        });
        let start = function.id.as_ref().map_or(place.start, |id| id.span.start);
        let returns = function
            .return_type
            .as_ref()
            .map(|annotation| Arc::new(self.ts_type(&annotation.type_annotation)));
        let head = Head {
            name: name.unwrap_or_else(|| "".into()).into(),
            params: self.params(&function.params),
            decorators,
            returns,
            is_async: function.r#async,
            is_static,
            range: place,
            body_range,
            header: ByteRange {
                start,
                end: function.params.span.end,
            },
        };
        let properties = property_params(&function.params);
        let id = self.low.open_function(head);
        let mut body = properties;
        if let Some(statements) = &function.body {
            body.extend(self.stmts(&statements.statements));
        }
        self.low.close_function(id, body);
        id
    }

    /// Lowers an arrow function.
    pub(super) fn arrow(&mut self, arrow: &ast::ArrowFunctionExpression<'a>) -> FnId {
        let name = self.hint.take().unwrap_or_else(|| "".into());
        let place = range(arrow.span);
        let body_range = range(arrow.body.span());
        let returns = arrow
            .return_type
            .as_ref()
            .map(|annotation| Arc::new(self.ts_type(&annotation.type_annotation)));
        let head = Head {
            name: name.into(),
            params: self.params(&arrow.params),
            returns,
            is_async: arrow.r#async,
            range: place,
            body_range: ByteRange {
                start: arrow.params.span.start,
                end: body_range.end,
            },
            header: ByteRange {
                start: place.start,
                end: arrow.params.span.end,
            },
            ..Head::default()
        };
        let id = self.low.open_function(head);
        let body = match &arrow.body {
            ast::ArrowFunctionBody::FunctionBody(body) => self.stmts(&body.statements),
            other => {
                let value = other
                    .as_expression()
                    .map(|expression| self.expr(expression));
                vec![Stmt {
                    kind: StmtKind::Return(value),
                    range: body_range,
                }]
            }
        };
        self.low.close_function(id, body);
        id
    }

    /// Lowers a class.
    pub(super) fn class(&mut self, class: &ast::Class<'a>) -> ClassId {
        let hint = self.hint.take();
        let name = class
            .id
            .as_ref()
            .map(|id| id.name.as_str().into())
            .or(hint)
            .unwrap_or_else(|| "".into());
        let mut bases: Vec<Expr> = class
            .heritage
            .iter()
            .map(|heritage| self.expr(&heritage.expression))
            .collect();
        for implemented in &class.implements {
            bases.push(self.type_name(&implemented.expression));
        }
        let decorators = self.decorators(&class.decorators);
        let id = self
            .low
            .open_class(&name, bases, decorators, range(class.span));
        let mut body = Vec::new();
        for element in &class.body.body {
            let place = range(element.span());
            match element {
                ast::ClassElement::MethodDefinition(method) if method.value.body.is_some() => {
                    let key = self.key(&method.key);
                    let name = key.as_str().map(Into::into);
                    let mut decorators = self.decorators(&method.decorators);
                    if method.kind == ast::MethodDefinitionKind::Get {
                        decorators.push(node(ExprKind::Name("property".into()), key.range));
                    }
                    for param in &method.value.params.items {
                        let given = self.decorators(&param.decorators);
                        body.extend(given.into_iter().map(evaluated));
                    }
                    // `[Symbol.iterator]() {}`
                    if key.as_str().is_none() {
                        body.push(evaluated(key));
                    }
                    self.function(&method.value, name, place, decorators, method.r#static);
                }
                ast::ClassElement::PropertyDefinition(property) => {
                    let decorators = self.decorators(&property.decorators);
                    body.extend(decorators.into_iter().map(evaluated));
                    let annotation = property
                        .type_annotation
                        .as_ref()
                        .map(|annotation| &annotation.type_annotation);
                    body.push(self.field(
                        &property.key,
                        property.value.as_ref(),
                        annotation,
                        place,
                    ));
                }
                ast::ClassElement::AccessorProperty(property) => {
                    let decorators = self.decorators(&property.decorators);
                    body.extend(decorators.into_iter().map(evaluated));
                    let annotation = property
                        .type_annotation
                        .as_ref()
                        .map(|annotation| &annotation.type_annotation);
                    body.push(self.field(
                        &property.key,
                        property.value.as_ref(),
                        annotation,
                        place,
                    ));
                }
                ast::ClassElement::StaticBlock(block) => body.extend(self.stmts(&block.body)),
                _ => {}
            }
        }
        self.low.close_class(id, body);
        id
    }

    fn field(
        &mut self,
        key: &ast::PropertyKey<'a>,
        value: Option<&ast::Expression<'a>>,
        annotation: Option<&ast::TSType<'a>>,
        place: ByteRange,
    ) -> Stmt {
        let key = self.key(key);
        let target = match key.as_str() {
            Some(name) => node(ExprKind::Name(name.into()), key.range),
            None => key,
        };
        self.hint_from(&target);
        let value = value.map(|value| Arc::new(self.expr(value)));
        self.hint = None;
        let annotation = annotation.map(|annotation| Arc::new(self.ts_type(annotation)));
        let assign = Assign {
            targets: Box::new([target]),
            value,
            annotation,
            augmented: None,
            constant: false,
        };
        Stmt {
            kind: StmtKind::Assign(Box::new(assign)),
            range: place,
        }
    }

    fn decorators(&mut self, list: &[ast::Decorator<'a>]) -> Vec<Expr> {
        list.iter()
            .map(|decorator| self.expr(&decorator.expression))
            .collect()
    }
}

/// What is evaluated where a class is defined, beside its members.
fn evaluated(expr: Expr) -> Stmt {
    Stmt {
        range: expr.range,
        kind: StmtKind::Expr(expr),
    }
}

/// `constructor(private client: Client)` assigns `this.client`.
fn property_params(params: &ast::FormalParameters<'_>) -> Vec<Stmt> {
    let mut found = Vec::new();
    for param in &params.items {
        let ast::BindingPattern::BindingIdentifier(name) = &param.pattern else {
            continue;
        };
        if param.accessibility.is_none() && !param.readonly {
            continue;
        }
        let place = range(name.span);
        let this = Box::new(node(ExprKind::Name("this".into()), place));
        let target = node(
            ExprKind::Attribute {
                base: this,
                attr: name.name.as_str().into(),
            },
            place,
        );
        let value = Some(Arc::new(node(
            ExprKind::Name(name.name.as_str().into()),
            place,
        )));
        let assign = Assign {
            targets: Box::new([target]),
            value,
            annotation: None,
            augmented: None,
            constant: false,
        };
        found.push(Stmt {
            kind: StmtKind::Assign(Box::new(assign)),
            range: place,
        });
    }
    found
}
