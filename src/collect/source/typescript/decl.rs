//! Functions, classes, imports and exports.

use std::sync::Arc;

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::super::lower::{Head, expr as node, plain_import};
use super::{TypeScript, export_name, range};
use crate::model::source::ir::{
    Assign, ByteRange, DictEntry, Expr, ExprKind, Name, Stmt, StmtKind,
};
use crate::model::source::module::{Export, Import};
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
            targets: vec![target],
            value: Some(Arc::new(node(
                ExprKind::Dict(entries),
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
                    self.function(&method.value, name, place, decorators, method.r#static);
                }
                ast::ClassElement::PropertyDefinition(property) => {
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
        let annotation = annotation.map(|annotation| self.ts_type(annotation));
        let assign = Assign {
            targets: vec![target],
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

    /// Lowers `import` and `export`.
    pub(super) fn module_declaration(
        &mut self,
        declaration: &ast::ModuleDeclaration<'a>,
        place: ByteRange,
    ) -> StmtKind {
        match declaration {
            ast::ModuleDeclaration::ImportDeclaration(import) => self.import(import, place),
            ast::ModuleDeclaration::ExportAllDeclaration(export) => {
                let from: Name = export.source.value.as_str().into();
                let name = export.exported.as_ref().map(export_name);
                self.low.exports.push(Export {
                    name,
                    local: None,
                    from: Some(from.clone()),
                    value: None,
                    target: None,
                });
                let type_only = export.export_kind == ast::ImportOrExportKind::Type;
                StmtKind::Import(vec![self.low.import(Import {
                    type_only,
                    ..plain_import(&from, place)
                })])
            }
            ast::ModuleDeclaration::ExportFromDeclaration(export) => {
                let from: Name = export.source.value.as_str().into();
                for specifier in &export.specifiers {
                    self.low.exports.push(Export {
                        name: Some(export_name(&specifier.exported)),
                        local: Some(export_name(&specifier.local)),
                        from: Some(from.clone()),
                        value: None,
                        target: None,
                    });
                }
                let type_only = export.export_kind == ast::ImportOrExportKind::Type;
                StmtKind::Import(vec![self.low.import(Import {
                    type_only,
                    ..plain_import(&from, place)
                })])
            }
            ast::ModuleDeclaration::ExportNamedDeclaration(export) => {
                for specifier in &export.specifiers {
                    self.export(
                        Some(export_name(&specifier.exported)),
                        Some(export_name(&specifier.local)),
                        None,
                    );
                }
                StmtKind::Nothing
            }
            ast::ModuleDeclaration::ExportDeclaration(export) => {
                let kind = self.declaration(&export.declaration, place);
                for name in self.declared(&kind) {
                    self.export(Some(name.clone()), Some(name), None);
                }
                kind
            }
            ast::ModuleDeclaration::ExportDefaultDeclaration(export) => {
                self.export_default(export, place)
            }
            ast::ModuleDeclaration::TSExportAssignment(export) => {
                let value = Arc::new(self.expr(&export.expression));
                self.export(Some("default".into()), None, Some(value.clone()));
                StmtKind::Expr((*value).clone())
            }
            ast::ModuleDeclaration::TSNamespaceExportDeclaration(_) => StmtKind::Nothing,
        }
    }

    fn export(&mut self, name: Option<Name>, local: Option<Name>, value: Option<Arc<Expr>>) {
        self.low.exports.push(Export {
            name,
            local,
            from: None,
            value,
            target: None,
        });
    }

    fn export_default(
        &mut self,
        export: &ast::ExportDefaultDeclaration<'a>,
        place: ByteRange,
    ) -> StmtKind {
        let default = Some(Name::from("default"));
        match &export.declaration {
            ast::ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                let name: Name = function
                    .id
                    .as_ref()
                    .map_or("default".into(), |id| id.name.as_str().into());
                let id = self.function(function, Some(name.clone()), place, Vec::new(), false);
                self.export(default, Some(name), None);
                StmtKind::FunctionDef(id)
            }
            ast::ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                self.hint = Some("default".into());
                let id = self.class(class);
                let name = self
                    .low
                    .classes
                    .get(id.index as usize)
                    .map(|class| class.name.clone());
                self.export(default, name, None);
                StmtKind::ClassDef(id)
            }
            other => match other.as_expression() {
                Some(expression) => {
                    self.hint = Some("default".into());
                    let value = Arc::new(self.expr(expression));
                    self.hint = None;
                    let local = value.as_name().map(Into::into);
                    self.export(default, local, Some(value.clone()));
                    let target = node(ExprKind::Name("default".into()), value.range);
                    StmtKind::Assign(Box::new(Assign {
                        targets: vec![target],
                        value: Some(value),
                        annotation: None,
                        augmented: None,
                        constant: true,
                    }))
                }
                None => StmtKind::Nothing,
            },
        }
    }

    fn import(&mut self, import: &ast::ImportDeclaration<'a>, place: ByteRange) -> StmtKind {
        let module = import.source.value.as_str();
        let whole_type = import.import_kind == ast::ImportOrExportKind::Type;
        let Some(specifiers) = &import.specifiers else {
            return StmtKind::Import(vec![self.low.import(plain_import(module, place))]);
        };
        let mut found = Vec::new();
        for specifier in specifiers {
            let base = plain_import(module, range(specifier.span()));
            found.push(self.low.import(match specifier {
                ast::ImportDeclarationSpecifier::ImportSpecifier(one) => Import {
                    name: Some(export_name(&one.imported)),
                    alias: Some(one.local.name.as_str().into()),
                    type_only: whole_type || one.import_kind == ast::ImportOrExportKind::Type,
                    ..base
                },
                ast::ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => Import {
                    name: Some("default".into()),
                    alias: Some(one.local.name.as_str().into()),
                    type_only: whole_type,
                    ..base
                },
                ast::ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => Import {
                    alias: Some(one.local.name.as_str().into()),
                    type_only: whole_type,
                    ..base
                },
            }));
        }
        StmtKind::Import(found)
    }

    /// The names that a lowered declaration binds.
    fn declared(&self, kind: &StmtKind) -> Vec<Name> {
        match kind {
            StmtKind::FunctionDef(id) => self
                .low
                .functions
                .get(id.index as usize)
                .map(|function| function.name.clone())
                .into_iter()
                .collect(),
            StmtKind::ClassDef(id) => self
                .low
                .classes
                .get(id.index as usize)
                .map(|class| class.name.clone())
                .into_iter()
                .collect(),
            StmtKind::Assign(assign) => {
                let mut names = Vec::new();
                for target in &assign.targets {
                    pattern_names(target, &mut names);
                }
                names
            }
            StmtKind::Block(body) => body
                .iter()
                .flat_map(|stmt| self.declared(&stmt.kind))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Notes `module.exports = …` and `exports.name = …`.
    pub(super) fn common_js(&mut self, target: &Expr, value: &Expr) {
        let ExprKind::Attribute { base, attr } = &target.kind else {
            return;
        };
        let is_exports = |candidate: &Expr| match &candidate.kind {
            ExprKind::Name(name) => &**name == "exports",
            ExprKind::Attribute { base, attr } => {
                &**attr == "exports" && base.as_name() == Some("module")
            }
            _ => false,
        };
        if is_exports(base) {
            self.export(Some(attr.clone()), None, Some(Arc::new(value.clone())));
        } else if is_exports(target) {
            if let ExprKind::Dict(entries) = &value.kind {
                for entry in entries {
                    if let Some(key) = entry.key.as_ref().and_then(Expr::as_str) {
                        self.export(Some(key.into()), None, Some(Arc::new(entry.value.clone())));
                    }
                }
            }
            self.export(Some("default".into()), None, Some(Arc::new(value.clone())));
        }
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
            targets: vec![target],
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

fn pattern_names(pattern: &Expr, names: &mut Vec<Name>) {
    match &pattern.kind {
        ExprKind::Name(name) => names.push(name.clone()),
        ExprKind::List(items) | ExprKind::Tuple(items) => {
            items.iter().for_each(|item| pattern_names(item, names))
        }
        ExprKind::Dict(entries) => entries
            .iter()
            .for_each(|entry| pattern_names(&entry.value, names)),
        ExprKind::Starred(inner) => pattern_names(inner, names),
        ExprKind::Assign { target, .. } => pattern_names(target, names),
        _ => {}
    }
}
