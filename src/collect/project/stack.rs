//! The project's stack: where an edit of it goes, and whether it applies this program's rules.

use std::path::Path;
use std::sync::OnceLock;

use oxc_allocator::Allocator;
use oxc_ast::ast;
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};

use super::file::{Edited, read_text};
use crate::collect::source::guard;
use crate::model::narrowed_roles::{CLASS, CdkStack, METHOD, MODULE, NarrowedRoles, PATH, STACK};
use crate::model::source::Language;

/// The stack; `None` where there is none that can be read.
pub(super) fn read(root: &Path, edited: &Edited) -> Option<CdkStack> {
    let text = |path: &str| match edited.get(path) {
        Some(text) => Some(text.clone()),
        None => read_text(&root.join(path), path).ok(),
    };
    let file = text(PATH);
    let text = text(STACK)?;
    let places = places(&text);
    let applied = places.imported && places.called;
    let narrowed = file.as_deref().filter(|_| applied);
    Some(CdkStack {
        narrowed: narrowed.and_then(NarrowedRoles::parse),
        file: file.map(Into::into),
        import_at: places.import_at,
        call_at: places.call_at,
        imported: places.imported,
        called: places.called,
        text: text.into(),
        rules: OnceLock::new(),
        fix: OnceLock::new(),
    })
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Places {
    import_at: Option<usize>,
    call_at: Option<usize>,
    imported: bool,
    called: bool,
}

fn places(text: &str) -> Places {
    let mut places = Places::default();
    if guard::too_deep(text, Language::TypeScript).is_some() {
        return places;
    }
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::ts()).parse();
    if !parsed.diagnostics.is_empty() {
        return places;
    }
    for statement in &parsed.program.body {
        match statement {
            ast::Statement::ImportDeclaration(import) => {
                places.import_at = Some(import.span.end as usize);
                places.imported |= import.source.value == MODULE && names_the_class(import);
            }
            ast::Statement::ExportDeclaration(export) => {
                if let ast::Declaration::ClassDeclaration(class) = &export.declaration {
                    in_class(class, &mut places);
                }
            }
            ast::Statement::ClassDeclaration(class) => in_class(class, &mut places),
            _ => {}
        }
    }
    places
}

fn names_the_class(import: &ast::ImportDeclaration<'_>) -> bool {
    import.specifiers.iter().flatten().any(|specifier| {
        matches!(specifier, ast::ImportDeclarationSpecifier::ImportSpecifier(one)
            if one.local.name == CLASS && one.imported.name() == CLASS)
    })
}

/// The constructor of the first class that extends `Stack`.
fn in_class(class: &ast::Class<'_>, places: &mut Places) {
    let stack = match class.heritage.as_ref().map(|heritage| &heritage.expression) {
        Some(ast::Expression::Identifier(name)) => name.name == "Stack",
        Some(ast::Expression::StaticMemberExpression(member)) => member.property.name == "Stack",
        _ => false,
    };
    if !stack || places.call_at.is_some() {
        return;
    }
    let constructor = class.body.body.iter().find_map(|element| match element {
        ast::ClassElement::MethodDefinition(method)
            if method.kind == ast::MethodDefinitionKind::Constructor =>
        {
            method.value.body.as_ref()
        }
        _ => None,
    });
    for statement in constructor.iter().flat_map(|body| &body.statements) {
        let ast::Statement::ExpressionStatement(expression) = statement else {
            continue;
        };
        let ast::Expression::CallExpression(call) = &expression.expression else {
            continue;
        };
        match &call.callee {
            ast::Expression::Super(_) => {
                places.call_at = Some(statement.span().end as usize);
            }
            ast::Expression::StaticMemberExpression(member) => {
                let class = matches!(&member.object, ast::Expression::Identifier(name) if name.name == CLASS);
                let this = matches!(
                    call.arguments.as_slice(),
                    [ast::Argument::ThisExpression(_)]
                );
                places.called |= class && this && member.property.name == METHOD;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::model::narrowed_roles::{CALL, IMPORT};

    const TEXT: &str = "import { Stack } from 'aws-cdk-lib';\n// super(scope, id, props);\nexport class S extends Stack {\n  constructor(a, b, c) {\n    super(a, b, c);\n    new X(this);\n  }\n}\n";

    #[test]
    fn an_edit_goes_behind_the_imports_and_the_call_of_super() {
        let places = places(TEXT);
        assert!(TEXT[..places.import_at.unwrap()].ends_with("'aws-cdk-lib';"));
        assert!(TEXT[..places.call_at.unwrap()].ends_with("    super(a, b, c);"));
        assert!(!places.imported && !places.called);
    }

    #[test]
    fn only_code_applies_the_rules() {
        let both = format!("{IMPORT}\n{}", TEXT.replace("new X(this);", CALL));
        let found = places(&both);
        assert!(found.imported && found.called);
        let comment = format!(
            "{IMPORT}\n{}",
            TEXT.replace("new X(this);", &format!("// {CALL}"))
        );
        assert!(!places(&comment).called);
        let branch = TEXT.replace("new X(this);", &format!("if (c.x) {{ {CALL} }}"));
        assert!(!places(&branch).called);
    }

    #[test]
    fn what_does_not_parse_has_no_places() {
        assert_eq!(places("export class {"), Places::default());
        assert_eq!(
            places("export class S extends Construct { constructor() { super(); } }").call_at,
            None
        );
    }
}
