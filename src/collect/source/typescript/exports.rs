//! `import` and `export`.

use std::sync::Arc;

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::super::lower::{expr as node, plain_import};
use super::{TypeScript, export_name, range};
use crate::model::source::ir::{Assign, ByteRange, Expr, ExprKind, Name, StmtKind};
use crate::model::source::module::{Export, Import};

impl<'a> TypeScript<'_> {
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
                        targets: Box::new([target]),
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
