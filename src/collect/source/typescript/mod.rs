//! TypeScript and JavaScript files, lowered from `oxc_parser`'s tree.

mod decl;
mod exports;
mod expr;
pub mod path;
mod pattern;
mod stmt;
mod types;

use oxc_allocator::Allocator;
use oxc_ast::ast;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{SourceType, Span};

use super::lower::Lowering;
use super::lowered::Lowered;
use super::shared_names::SharedNames;
use crate::model::source::ModuleId;
use crate::model::source::ir::{ByteRange, Name};

/// Parses and lowers a file. Its extension tells TypeScript from JavaScript; JSX is allowed wherever the grammar lets it be.
pub fn lower(module: ModuleId, names: &SharedNames, path: &str, text: &str) -> Lowered {
    let allocator = Allocator::default();
    let options = ParseOptions {
        preserve_parens: false,
        allow_return_outside_function: true,
        enable_ident_hashes: false,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, text, source_type(path))
        .with_options(options)
        .parse();
    let mut errors: Vec<(String, ByteRange)> = Vec::new();
    for error in parsed.diagnostics.iter().take(20) {
        let label = error.labels.iter().next();
        let place = label.map_or(ByteRange::default(), |label| ByteRange {
            start: label.offset(),
            end: label.offset().saturating_add(label.len()),
        });
        errors.push((error.message.to_string(), place));
    }
    let comments = parsed
        .program
        .comments
        .iter()
        .map(|comment| range(comment.span))
        .collect();
    let mut front = TypeScript {
        low: Lowering::new(module, names),
        text,
        hint: None,
    };
    let body = front.stmts(&parsed.program.body);
    Lowered {
        low: front.low,
        body,
        comments,
        errors,
    }
}

/// The grammar for a file name.
fn source_type(path: &str) -> SourceType {
    let extension = path.rsplit('.').next().unwrap_or("");
    match extension {
        "tsx" => SourceType::tsx(),
        "ts" | "mts" | "cts" => SourceType::ts(),
        "cjs" => SourceType::cjs().with_jsx(true),
        "mjs" => SourceType::mjs().with_jsx(true),
        _ => SourceType::unambiguous().with_jsx(true),
    }
}

/// The TypeScript front end's state.
struct TypeScript<'t> {
    low: Lowering,
    text: &'t str,
    /// The name that the next function or class expression is given to.
    hint: Option<Name>,
}

/// A parser span as ours.
fn range(span: Span) -> ByteRange {
    ByteRange {
        start: span.start,
        end: span.end,
    }
}

/// The text of an exported or imported name.
fn export_name(name: &ast::ModuleExportName<'_>) -> Name {
    name.name().as_str().into()
}
