//! Type annotations, as far as they name types: references, arrays, unions, literals.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::super::lower::expr as node;
use super::{TypeScript, range};
use crate::model::source::ir::Operator;
use crate::model::source::ir::{Expr, ExprKind};

impl<'a> TypeScript<'_> {
    /// Lowers a type: `A.B<C>` is a subscript, `T[]` is `Array<T>`, unions are `|`, keywords are names.
    pub(super) fn ts_type(&mut self, kind: &ast::TSType<'a>) -> Expr {
        let place = range(kind.span());
        if !self.low.enter() {
            return self.other(place);
        }
        let lowered = match kind {
            ast::TSType::TSTypeReference(reference) => {
                let name = self.type_name(&reference.type_name);
                match &reference.type_arguments {
                    Some(arguments) => {
                        let mut items: Vec<Expr> = arguments
                            .params
                            .iter()
                            .map(|item| self.ts_type(item))
                            .collect();
                        let index = match items.len() {
                            1 => items.remove(0),
                            _ => node(ExprKind::Tuple(items.into()), range(arguments.span)),
                        };
                        node(
                            ExprKind::Subscript {
                                base: Box::new(name),
                                index: Box::new(index),
                            },
                            place,
                        )
                    }
                    None => name,
                }
            }
            ast::TSType::TSArrayType(array) => {
                let base = node(ExprKind::Name("Array".into()), place);
                let index = self.ts_type(&array.element_type);
                node(
                    ExprKind::Subscript {
                        base: Box::new(base),
                        index: Box::new(index),
                    },
                    place,
                )
            }
            ast::TSType::TSUnionType(union) => {
                let parts: Vec<Expr> = union
                    .types
                    .iter()
                    .take(64)
                    .map(|part| self.ts_type(part))
                    .collect();
                let joined = parts.into_iter().reduce(|left, right| {
                    let place = left.range;
                    node(
                        ExprKind::BinOp {
                            op: Operator::BitOr,
                            left: Box::new(left),
                            right: Box::new(right),
                        },
                        place,
                    )
                });
                joined.unwrap_or_else(|| self.other(place))
            }
            ast::TSType::TSLiteralType(literal) => match &literal.literal {
                ast::TSLiteral::StringLiteral(text) => {
                    node(ExprKind::Str(text.value.as_str().into()), place)
                }
                ast::TSLiteral::BooleanLiteral(value) => node(ExprKind::Bool(value.value), place),
                _ => self.other(place),
            },
            ast::TSType::TSNullKeyword(_) | ast::TSType::TSUndefinedKeyword(_) => {
                node(ExprKind::None, place)
            }
            ast::TSType::TSStringKeyword(_)
            | ast::TSType::TSNumberKeyword(_)
            | ast::TSType::TSBooleanKeyword(_)
            | ast::TSType::TSUnknownKeyword(_)
            | ast::TSType::TSAnyKeyword(_)
            | ast::TSType::TSObjectKeyword(_) => {
                let word = self.text.get(place.to_usize()).unwrap_or("");
                node(ExprKind::Name(word.into()), place)
            }
            _ => self.other(place),
        };
        self.low.leave();
        lowered
    }

    /// Lowers the name of a type.
    pub(super) fn type_name(&mut self, name: &ast::TSTypeName<'a>) -> Expr {
        let place = range(name.span());
        if !self.low.enter() {
            return self.other(place);
        }
        let lowered = match name {
            ast::TSTypeName::IdentifierReference(name) => {
                node(ExprKind::Name(name.name.as_str().into()), place)
            }
            ast::TSTypeName::QualifiedName(qualified) => {
                let base = Box::new(self.type_name(&qualified.left));
                node(
                    ExprKind::Attribute {
                        base,
                        attr: qualified.right.name.as_str().into(),
                    },
                    place,
                )
            }
            ast::TSTypeName::ThisExpression(_) => node(ExprKind::Name("this".into()), place),
        };
        self.low.leave();
        lowered
    }
}
