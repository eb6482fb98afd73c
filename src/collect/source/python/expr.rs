//! Python expressions and patterns.

use std::sync::Arc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use super::super::lower::{Head, expr, plain_import};
use super::path::ANY;
use super::{Python, range};
use crate::model::source::ir::Operator;
use crate::model::source::ir::{
    BoolOp, ByteRange, Call, Compare, Comprehension, Conditional, DictEntry, Expr, ExprKind,
    FormatPart, Generator, Keyword, Name, Stmt, StmtKind, UnaryOp,
};
use crate::model::source::memo::Memo;
use crate::model::source::module::Import;

impl Python<'_> {
    /// Lowers several.
    pub(super) fn exprs(&mut self, list: &[ast::Expr]) -> Vec<Expr> {
        list.iter().map(|item| self.expr(item)).collect()
    }

    /// Lowers one that may be absent.
    pub(super) fn opt(&mut self, node: Option<&ast::Expr>) -> Option<Expr> {
        node.map(|node| self.expr(node))
    }

    fn boxed(&mut self, node: &ast::Expr) -> Box<Expr> {
        Box::new(self.expr(node))
    }

    /// Lowers an expression.
    pub(super) fn expr(&mut self, node: &ast::Expr) -> Expr {
        let place = range(node.range());
        if !self.low.enter() {
            return expr(ExprKind::Other(Box::default()), place);
        }
        let kind = self.kind(node, place);
        self.low.leave();
        expr(kind, place)
    }

    fn kind(&mut self, node: &ast::Expr, place: ByteRange) -> ExprKind {
        match node {
            ast::Expr::Name(node) => ExprKind::Name(self.low.text(node.id.as_str())),
            ast::Expr::Attribute(node) => ExprKind::Attribute {
                base: self.boxed(&node.value),
                attr: self.low.text(node.attr.as_str()),
            },
            ast::Expr::Subscript(node) => ExprKind::Subscript {
                base: self.boxed(&node.value),
                index: self.boxed(&node.slice),
            },
            ast::Expr::Call(node) => self.call(node, place),
            ast::Expr::StringLiteral(node) => ExprKind::Str(self.low.text(node.value.to_str())),
            ast::Expr::BytesLiteral(_) => ExprKind::Bytes,
            ast::Expr::NumberLiteral(_) => ExprKind::Number(self.digits(place)),
            ast::Expr::BooleanLiteral(node) => ExprKind::Bool(node.value),
            ast::Expr::NoneLiteral(_) => ExprKind::None,
            ast::Expr::EllipsisLiteral(_) | ast::Expr::IpyEscapeCommand(_) => {
                ExprKind::Other(Box::default())
            }
            ast::Expr::FString(node) => self.fstring(node),
            ast::Expr::TString(node) => ExprKind::Format(
                node.value
                    .elements()
                    .flat_map(|element| self.interpolated(element))
                    .collect(),
            ),
            ast::Expr::List(node) => ExprKind::List(self.exprs(&node.elts).into()),
            ast::Expr::Tuple(node) => ExprKind::Tuple(self.exprs(&node.elts).into()),
            ast::Expr::Set(node) => ExprKind::Set(self.exprs(&node.elts).into()),
            ast::Expr::Dict(node) => ExprKind::Dict(
                node.items
                    .iter()
                    .map(|item| DictEntry {
                        key: self.opt(item.key.as_ref()),
                        value: self.expr(&item.value),
                    })
                    .collect(),
            ),
            ast::Expr::BoolOp(node) => ExprKind::BoolOp {
                op: if matches!(node.op, ast::BoolOp::And) {
                    BoolOp::And
                } else {
                    BoolOp::Or
                },
                values: self.exprs(&node.values).into(),
            },
            ast::Expr::BinOp(node) => ExprKind::BinOp {
                op: match node.op {
                    ast::Operator::Add => Operator::Add,
                    ast::Operator::Div => Operator::Div,
                    ast::Operator::Mod => Operator::Mod,
                    ast::Operator::BitOr => Operator::BitOr,
                    ast::Operator::BitAnd => Operator::BitAnd,
                    _ => Operator::Other,
                },
                left: self.boxed(&node.left),
                right: self.boxed(&node.right),
            },
            ast::Expr::UnaryOp(node) => ExprKind::Unary {
                op: match node.op {
                    ast::UnaryOp::Not => UnaryOp::Not,
                    ast::UnaryOp::USub => UnaryOp::Minus,
                    ast::UnaryOp::UAdd => UnaryOp::Plus,
                    ast::UnaryOp::Invert => UnaryOp::Invert,
                },
                operand: self.boxed(&node.operand),
            },
            ast::Expr::Compare(node) => ExprKind::Compare(Box::new(Compare {
                left: self.expr(&node.left),
                rest: node
                    .ops
                    .iter()
                    .zip(&node.comparators)
                    .map(|(op, right)| (op.as_str(), self.expr(right)))
                    .collect(),
            })),
            ast::Expr::If(node) => ExprKind::Conditional(Box::new(Conditional {
                test: self.expr(&node.test),
                body: self.expr(&node.body),
                orelse: self.expr(&node.orelse),
            })),
            ast::Expr::Lambda(node) => self.lambda(node, place),
            ast::Expr::Named(node) => ExprKind::Assign {
                target: self.boxed(&node.target),
                value: Arc::new(self.expr(&node.value)),
            },
            ast::Expr::Await(node) => ExprKind::Await(self.boxed(&node.value)),
            ast::Expr::Yield(node) => {
                self.low.mark_generator();
                ExprKind::Yield {
                    value: node.value.as_deref().map(|value| self.boxed(value)),
                    from: false,
                }
            }
            ast::Expr::YieldFrom(node) => {
                self.low.mark_generator();
                ExprKind::Yield {
                    value: Some(self.boxed(&node.value)),
                    from: true,
                }
            }
            ast::Expr::Starred(node) => ExprKind::Starred(self.boxed(&node.value)),
            ast::Expr::ListComp(node) => self.comprehension(&node.elt, None, &node.generators),
            ast::Expr::SetComp(node) => self.comprehension(&node.elt, None, &node.generators),
            ast::Expr::Generator(node) => self.comprehension(&node.elt, None, &node.generators),
            ast::Expr::DictComp(node) => match node.key.as_deref() {
                Some(key) => self.comprehension(key, Some(&node.value), &node.generators),
                None => self.comprehension(&node.value, None, &node.generators),
            },
            ast::Expr::Slice(node) => {
                let parts = [&node.lower, &node.upper, &node.step];
                ExprKind::Slice(
                    parts
                        .into_iter()
                        .flatten()
                        .map(|part| self.expr(part))
                        .collect(),
                )
            }
        }
    }

    fn digits(&self, place: ByteRange) -> Name {
        self.text
            .get(place.to_usize())
            .unwrap_or("")
            .replace('_', "")
            .into()
    }

    fn call(&mut self, node: &ast::ExprCall, place: ByteRange) -> ExprKind {
        let callee = self.expr(&node.func);
        let mut args = self.exprs(&node.arguments.args);
        let keywords = node.arguments.keywords.iter().map(|keyword| Keyword {
            name: keyword
                .arg
                .as_ref()
                .map(|name| self.low.text(name.as_str())),
            value: self.expr(&keyword.value),
            range: range(keyword.range),
        });
        let keywords = keywords.collect();
        let dynamic = match &callee.kind {
            ExprKind::Name(name) => matches!(&**name, "import_module" | "__import__"),
            ExprKind::Attribute { base, attr } => {
                &**attr == "import_module" && base.as_name() == Some("importlib")
            }
            _ => false,
        };
        let module = args.first().filter(|_| dynamic).and_then(name_of_module);
        if let Some(module) = module {
            self.low.import(Import {
                dynamic: true,
                ..plain_import(&module, place)
            });
        }
        if callee.as_name() == Some("getattr") && node.arguments.keywords.is_empty() {
            match asked_by_name(args) {
                Ok(member) => return member,
                Err(others) => args = others,
            }
        }
        ExprKind::Call(Arc::new(Call {
            callee,
            args: args.into(),
            keywords,
            is_new: false,
            resolved: Memo::default(),
        }))
    }

    fn lambda(&mut self, node: &ast::ExprLambda, place: ByteRange) -> ExprKind {
        let body_range = range(node.body.range());
        let head = Head {
            params: node
                .parameters
                .as_deref()
                .map(|params| self.params(params))
                .unwrap_or_default(),
            range: place,
            body_range,
            header: place,
            ..Head::default()
        };
        let id = self.low.open_function(head);
        let value = self.expr(&node.body);
        self.low.close_function(
            id,
            vec![Stmt {
                kind: StmtKind::Return(Some(value)),
                range: body_range,
            }],
        );
        ExprKind::Lambda(id)
    }

    fn comprehension(
        &mut self,
        element: &ast::Expr,
        value: Option<&ast::Expr>,
        clauses: &[ast::Comprehension],
    ) -> ExprKind {
        ExprKind::Comprehension(Box::new(Comprehension {
            generators: clauses
                .iter()
                .map(|clause| Generator {
                    target: self.expr(&clause.target),
                    iter: Arc::new(self.expr(&clause.iter)),
                    ifs: self.exprs(&clause.ifs).into(),
                    is_async: clause.is_async,
                })
                .collect(),
            element: self.expr(element),
            value: self.opt(value),
        }))
    }

    fn fstring(&mut self, node: &ast::ExprFString) -> ExprKind {
        let mut parts = Vec::new();
        for part in node.value.iter() {
            match part {
                ast::FStringPart::Literal(text) => {
                    parts.push(FormatPart::Text(text.as_str().into()))
                }
                ast::FStringPart::FString(inner) => {
                    for element in inner.elements.iter() {
                        parts.extend(self.interpolated(element));
                    }
                }
            }
        }
        ExprKind::Format(parts.into())
    }

    fn interpolated(&mut self, element: &ast::InterpolatedStringElement) -> Vec<FormatPart> {
        match element {
            ast::InterpolatedStringElement::Literal(text) => {
                vec![FormatPart::Text((*text.value).into())]
            }
            ast::InterpolatedStringElement::Interpolation(element) => {
                let mut parts = vec![FormatPart::Expr(self.expr(&element.expression))];
                for inner in element
                    .format_spec
                    .iter()
                    .flat_map(|spec| spec.elements.iter())
                {
                    if let ast::InterpolatedStringElement::Interpolation(inner) = inner {
                        parts.push(FormatPart::Expr(self.expr(&inner.expression)));
                    }
                }
                parts
            }
        }
    }

    /// Lowers a `case` pattern; None for one that always matches.
    pub(super) fn pattern(
        &mut self,
        node: &ast::Pattern,
        captures: &mut Vec<(Name, ByteRange)>,
    ) -> Option<Expr> {
        let place = range(node.range());
        if !self.low.enter() {
            return None;
        }
        let kind = match node {
            ast::Pattern::MatchValue(node) => Some(self.expr(&node.value).kind),
            ast::Pattern::MatchSingleton(node) => Some(match node.value {
                ast::Singleton::None => ExprKind::None,
                ast::Singleton::True => ExprKind::Bool(true),
                ast::Singleton::False => ExprKind::Bool(false),
            }),
            ast::Pattern::MatchSequence(node) => Some(ExprKind::List(
                node.patterns
                    .iter()
                    .map(|inner| self.sub_pattern(inner, captures))
                    .collect(),
            )),
            ast::Pattern::MatchMapping(node) => {
                capture(node.rest.as_ref(), captures);
                let pairs = node.keys.iter().zip(&node.patterns);
                Some(ExprKind::Dict(
                    pairs
                        .map(|(key, value)| DictEntry {
                            key: Some(self.expr(key)),
                            value: self.sub_pattern(value, captures),
                        })
                        .collect(),
                ))
            }
            ast::Pattern::MatchClass(node) => {
                let callee = self.expr(&node.cls);
                let args = node
                    .arguments
                    .patterns
                    .iter()
                    .map(|inner| self.sub_pattern(inner, captures))
                    .collect();
                let keywords = node.arguments.keywords.iter().map(|keyword| Keyword {
                    name: Some(keyword.attr.as_str().into()),
                    value: self.sub_pattern(&keyword.pattern, captures),
                    range: range(keyword.range),
                });
                let keywords = keywords.collect();
                Some(ExprKind::Call(Arc::new(Call {
                    callee,
                    args,
                    keywords,
                    is_new: false,
                    resolved: Memo::default(),
                })))
            }
            ast::Pattern::MatchStar(node) => {
                capture(node.name.as_ref(), captures);
                None
            }
            ast::Pattern::MatchAs(node) => {
                capture(node.name.as_ref(), captures);
                let inner = node.pattern.as_deref();
                let inner = inner.and_then(|inner| self.pattern(inner, captures));
                self.low.leave();
                // What is bound by `as` stands in the place of what it names.
                return inner.map(|inner| expr(inner.kind, place));
            }
            ast::Pattern::MatchOr(node) => {
                let lowered: Vec<Expr> = node
                    .patterns
                    .iter()
                    .filter_map(|inner| self.pattern(inner, captures))
                    .collect();
                lowered
                    .into_iter()
                    .take(super::super::lower::DEEPEST as usize)
                    .reduce(|left, right| {
                        let place = ByteRange {
                            start: left.range.start,
                            end: right.range.end,
                        };
                        expr(
                            ExprKind::BinOp {
                                op: Operator::BitOr,
                                left: Box::new(left),
                                right: Box::new(right),
                            },
                            place,
                        )
                    })
                    .map(|joined| joined.kind)
            }
        };
        self.low.leave();
        kind.map(|kind| expr(kind, place))
    }

    fn sub_pattern(&mut self, node: &ast::Pattern, captures: &mut Vec<(Name, ByteRange)>) -> Expr {
        let place = range(node.range());
        self.pattern(node, captures)
            .unwrap_or_else(|| expr(ExprKind::Other(Box::default()), place))
    }
}

fn capture(name: Option<&ast::Identifier>, captures: &mut Vec<(Name, ByteRange)>) {
    if let Some(name) = name {
        captures.push((name.as_str().into(), range(name.range())));
    }
}

/// The member that `getattr` is asked for by a constant name; what it is given where it is asked otherwise.
fn asked_by_name(args: Vec<Expr>) -> Result<ExprKind, Vec<Expr>> {
    if !args.get(1).is_some_and(is_member) {
        return Err(args);
    }
    match <[Expr; 2]>::try_from(args) {
        Ok([object, name]) => Ok(member(object, &name)),
        Err(args) => match <[Expr; 3]>::try_from(args) {
            Ok([object, name, default]) => Ok(member_or(object, &name, default)),
            Err(args) => Err(args),
        },
    }
}

/// Whether a constant is the name of a member, as `getattr` takes it.
fn is_member(name: &Expr) -> bool {
    name.as_str().is_some_and(|name| {
        name.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}

/// `getattr(object, "name")` is `object.name`.
fn member(object: Expr, name: &Expr) -> ExprKind {
    ExprKind::Attribute {
        attr: name.as_str().unwrap_or_default().into(),
        base: Box::new(object),
    }
}

/// `getattr(object, "name", default)` is `object.name` where there is one: what decides is nothing that the code says.
fn member_or(object: Expr, name: &Expr, default: Expr) -> ExprKind {
    let place = ByteRange {
        start: object.range.start,
        end: name.range.end,
    };
    ExprKind::Conditional(Box::new(Conditional {
        test: Expr {
            kind: ExprKind::Other(Box::default()),
            range: name.range,
        },
        body: Expr {
            kind: member(object, name),
            range: place,
        },
        orelse: default,
    }))
}

/// The module that a text names: `"tools.crm"`, or with its unknown parts as `*` where it begins with a known one:
/// `f"tools.{name}"`, `"tools." + name`.
fn name_of_module(text: &Expr) -> Option<String> {
    let unknown = || ANY.to_string();
    let part = |expr: &Expr| expr.as_str().map_or_else(unknown, str::to_owned);
    let name = match &text.kind {
        ExprKind::Str(name) => return Some(name.to_string()),
        ExprKind::Format(parts) => parts
            .iter()
            .map(|piece| match piece {
                FormatPart::Text(text) => text.to_string(),
                FormatPart::Expr(_) => unknown(),
            })
            .collect(),
        ExprKind::BinOp {
            op: Operator::Add,
            left,
            right,
        } => format!("{}{}", part(left), part(right)),
        _ => return None,
    };
    // One unknown part a step: `tools.*.run`.
    let plain = |step: &str| step.matches(ANY).count() <= 1;
    let first = name.trim_start_matches('.').split('.').next()?;
    let known = name.starts_with('.') || !first.is_empty() && !first.contains(ANY);
    (known && name.split('.').all(plain)).then_some(name)
}
