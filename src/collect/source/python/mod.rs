//! Python files, lowered from `ruff_python_parser`'s error-recovering tree.

mod compiled;
mod expr;
pub mod path;
mod stmt;

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::{Ranged, TextRange};

use super::lower::Lowering;
use super::lowered::Lowered;
use super::shared_names::SharedNames;
use crate::model::source::ModuleId;
use crate::model::source::ir::ByteRange;

/// Parses and lowers a file; whatever parses around a syntax error is there.
pub fn lower(module: ModuleId, names: &SharedNames, text: &str) -> Lowered {
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let mut errors: Vec<(String, ByteRange)> = parsed
        .errors()
        .iter()
        .map(|error| (error.error.to_string(), range(error.location)))
        .collect();
    let comments = parsed
        .tokens()
        .iter()
        .filter(|token| token.kind() == TokenKind::Comment)
        .map(|token| range(token.range()));
    let comments = comments.collect();
    let mut front = Python {
        low: Lowering::new(module, names),
        text,
    };
    let body = front.body(parsed.suite());
    let low = front.low;
    if errors.is_empty() && !low.cut {
        errors = compiled::errors(text, parsed.suite());
    }
    errors.truncate(20);
    if low.cut {
        // Dropping a tree this deep would recurse as deep as it is.
        std::mem::forget(parsed);
    }
    Lowered {
        low,
        body,
        comments,
        errors,
    }
}

/// The Python front end's state.
struct Python<'t> {
    low: Lowering,
    text: &'t str,
}

/// A parser range as ours.
fn range(range: TextRange) -> ByteRange {
    ByteRange {
        start: range.start().to_u32(),
        end: range.end().to_u32(),
    }
}
