//! TypeScript expressions.

use std::sync::Arc;

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::super::lower::{expr as node, plain_import};
use super::{TypeScript, range};
use crate::model::source::ir::Operator;
use crate::model::source::ir::{
    BoolOp, ByteRange, Call, Compare, Conditional, DictEntry, Expr, ExprKind, FormatPart, UnaryOp,
};
use crate::model::source::memo::Memo;
use crate::model::source::module::Import;

impl<'a> TypeScript<'_> {
    fn boxed(&mut self, expression: &ast::Expression<'a>) -> Box<Expr> {
        Box::new(self.expr(expression))
    }

    /// Lowers an expression; casts and the like give their inner one, with its own range.
    pub(super) fn expr(&mut self, expression: &ast::Expression<'a>) -> Expr {
        let place = range(expression.span());
        if !self.low.enter() {
            return self.other(place);
        }
        let lowered = match expression {
            ast::Expression::TSAsExpression(inner) => self.expr(&inner.expression),
            ast::Expression::TSSatisfiesExpression(inner) => self.expr(&inner.expression),
            ast::Expression::TSTypeAssertion(inner) => self.expr(&inner.expression),
            ast::Expression::TSNonNullExpression(inner) => self.expr(&inner.expression),
            ast::Expression::TSInstantiationExpression(inner) => self.expr(&inner.expression),
            ast::Expression::ParenthesizedExpression(inner) => self.expr(&inner.expression),
            ast::Expression::ChainExpression(chain) => self.chain(&chain.expression),
            other => {
                let kind = self.kind(other, place);
                node(kind, place)
            }
        };
        self.low.leave();
        lowered
    }

    fn chain(&mut self, element: &ast::ChainElement<'a>) -> Expr {
        match element {
            ast::ChainElement::CallExpression(call) => {
                let place = range(call.span);
                let kind = self.call(&call.callee, &call.arguments, false, place);
                node(kind, place)
            }
            ast::ChainElement::TSNonNullExpression(inner) => self.expr(&inner.expression),
            other => match other.as_member_expression() {
                Some(member) => self.member(member),
                None => self.other(range(other.span())),
            },
        }
    }

    /// Lowers a member access.
    pub(super) fn member(&mut self, member: &ast::MemberExpression<'a>) -> Expr {
        let place = range(member.span());
        let kind = match member {
            ast::MemberExpression::StaticMemberExpression(member) => ExprKind::Attribute {
                base: self.boxed(&member.object),
                attr: self.low.text(member.property.name.as_str()),
            },
            ast::MemberExpression::ComputedMemberExpression(member) => ExprKind::Subscript {
                base: self.boxed(&member.object),
                index: self.boxed(&member.expression),
            },
            ast::MemberExpression::PrivateFieldExpression(member) => ExprKind::Attribute {
                base: self.boxed(&member.object),
                attr: format!("#{}", member.field.name).into(),
            },
        };
        node(kind, place)
    }

    fn kind(&mut self, expression: &ast::Expression<'a>, place: ByteRange) -> ExprKind {
        match expression {
            ast::Expression::BooleanLiteral(literal) => ExprKind::Bool(literal.value),
            ast::Expression::NullLiteral(_) => ExprKind::None,
            ast::Expression::NumericLiteral(literal) => {
                ExprKind::Number(literal.value.to_string().into())
            }
            ast::Expression::BigIntLiteral(literal) => {
                ExprKind::Number(literal.value.as_str().into())
            }
            ast::Expression::RegExpLiteral(literal) => {
                // Flags that change what a pattern matches stand in it, the way other languages write them.
                let flags = literal.regex.flags;
                let mut text = String::new();
                if flags.contains(ast::RegExpFlags::M) {
                    text.push_str("(?m)");
                }
                if flags.contains(ast::RegExpFlags::S) {
                    text.push_str("(?s)");
                }
                text.push_str(literal.regex.pattern.text.as_str());
                ExprKind::Regex(text.into())
            }
            ast::Expression::StringLiteral(literal) => {
                ExprKind::Str(self.low.text(literal.value.as_str()))
            }
            ast::Expression::TemplateLiteral(template) => self.template(template),
            ast::Expression::Identifier(name) if name.name.as_str() == "undefined" => {
                ExprKind::None
            }
            ast::Expression::Identifier(name) => ExprKind::Name(self.low.text(name.name.as_str())),
            ast::Expression::Super(_) => ExprKind::Name("super".into()),
            ast::Expression::ThisExpression(_) => ExprKind::Name("this".into()),
            ast::Expression::ArrayExpression(array) => {
                ExprKind::List(self.elements(&array.elements).into())
            }
            ast::Expression::ArrowFunctionExpression(arrow) => ExprKind::Lambda(self.arrow(arrow)),
            ast::Expression::FunctionExpression(function) => {
                let name = function
                    .id
                    .as_ref()
                    .map(|id| id.name.as_str().into())
                    .or_else(|| self.hint.take());
                ExprKind::Lambda(self.function(function, name, place, Vec::new(), false))
            }
            ast::Expression::ClassExpression(class) => ExprKind::Class(self.class(class)),
            ast::Expression::AssignmentExpression(assign) => {
                let target = Box::new(self.assignment_target(&assign.left));
                ExprKind::Assign {
                    target,
                    value: Arc::new(self.expr(&assign.right)),
                }
            }
            ast::Expression::AwaitExpression(inner) => ExprKind::Await(self.boxed(&inner.argument)),
            ast::Expression::BinaryExpression(binary) => self.binary(binary),
            ast::Expression::PrivateInExpression(inner) => {
                ExprKind::Other(vec![self.expr(&inner.right)].into())
            }
            ast::Expression::LogicalExpression(logical) => ExprKind::BoolOp {
                op: match logical.operator {
                    ast::LogicalOperator::And => BoolOp::And,
                    ast::LogicalOperator::Or => BoolOp::Or,
                    ast::LogicalOperator::Coalesce => BoolOp::Coalesce,
                },
                values: [self.expr(&logical.left), self.expr(&logical.right)].into(),
            },
            ast::Expression::ConditionalExpression(node) => {
                ExprKind::Conditional(Box::new(Conditional {
                    test: self.expr(&node.test),
                    body: self.expr(&node.consequent),
                    orelse: self.expr(&node.alternate),
                }))
            }
            ast::Expression::CallExpression(call) => {
                self.call(&call.callee, &call.arguments, false, place)
            }
            ast::Expression::NewExpression(call) => {
                self.call(&call.callee, &call.arguments, true, place)
            }
            ast::Expression::ImportExpression(import) => {
                let callee = node(ExprKind::Name("import".into()), place);
                let args = vec![self.expr(&import.source)];
                self.dynamic_import(&args, place);
                ExprKind::Call(Arc::new(Call {
                    callee,
                    args: args.into(),
                    keywords: Box::default(),
                    is_new: false,
                    resolved: Memo::default(),
                }))
            }
            ast::Expression::TaggedTemplateExpression(tagged) => {
                let callee = self.expr(&tagged.tag);
                let kind = self.template(&tagged.quasi);
                let args = vec![node(kind, range(tagged.quasi.span))];
                ExprKind::Call(Arc::new(Call {
                    callee,
                    args: args.into(),
                    keywords: Box::default(),
                    is_new: false,
                    resolved: Memo::default(),
                }))
            }
            ast::Expression::ObjectExpression(object) => self.object(object),
            ast::Expression::SequenceExpression(sequence) => ExprKind::Other(
                sequence
                    .expressions
                    .iter()
                    .map(|item| self.expr(item))
                    .collect(),
            ),
            ast::Expression::UnaryExpression(unary) => ExprKind::Unary {
                op: match unary.operator {
                    ast::UnaryOperator::LogicalNot => UnaryOp::Not,
                    ast::UnaryOperator::UnaryNegation => UnaryOp::Minus,
                    ast::UnaryOperator::UnaryPlus => UnaryOp::Plus,
                    ast::UnaryOperator::BitwiseNot => UnaryOp::Invert,
                    ast::UnaryOperator::Typeof => UnaryOp::TypeOf,
                    ast::UnaryOperator::Void => UnaryOp::Void,
                    ast::UnaryOperator::Delete => UnaryOp::Delete,
                },
                operand: self.boxed(&unary.argument),
            },
            ast::Expression::UpdateExpression(update) => ExprKind::Unary {
                op: match update.operator {
                    ast::UpdateOperator::Increment => UnaryOp::Increment,
                    ast::UpdateOperator::Decrement => UnaryOp::Decrement,
                },
                operand: Box::new(self.simple_target(&update.argument)),
            },
            ast::Expression::YieldExpression(inner) => {
                self.low.mark_generator();
                let value = inner.argument.as_ref().map(|value| self.boxed(value));
                ExprKind::Yield {
                    value,
                    from: inner.delegate,
                }
            }
            ast::Expression::ImportMeta(_) => ExprKind::Name("import.meta".into()),
            ast::Expression::NewTarget(_) => ExprKind::Other(Box::default()),
            ast::Expression::JSXElement(element) => ExprKind::Other(self.jsx(element).into()),
            ast::Expression::JSXFragment(fragment) => {
                ExprKind::Other(self.jsx_children(&fragment.children).into())
            }
            other => match other.as_member_expression() {
                Some(member) => self.member(member).kind,
                None => ExprKind::Other(Box::default()),
            },
        }
    }

    fn elements(&mut self, elements: &[ast::ArrayExpressionElement<'a>]) -> Vec<Expr> {
        let mut lowered = Vec::new();
        for element in elements {
            let place = range(element.span());
            lowered.push(match element {
                ast::ArrayExpressionElement::SpreadElement(spread) => {
                    node(ExprKind::Starred(self.boxed(&spread.argument)), place)
                }
                other => match other.as_expression() {
                    Some(expression) => self.expr(expression),
                    None => self.other(place),
                },
            });
        }
        lowered
    }

    fn binary(&mut self, binary: &ast::BinaryExpression<'a>) -> ExprKind {
        let left = self.expr(&binary.left);
        let right = self.expr(&binary.right);
        let op = match binary.operator.as_str() {
            "===" => "==",
            "!==" => "!=",
            other => other,
        };
        match op {
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "instanceof" => {
                ExprKind::Compare(Box::new(Compare {
                    left,
                    rest: Box::new([(op, right)]),
                }))
            }
            _ => ExprKind::BinOp {
                op: match op {
                    "+" => Operator::Add,
                    "/" => Operator::Div,
                    "%" => Operator::Mod,
                    "|" => Operator::BitOr,
                    _ => Operator::Other,
                },
                left: Box::new(left),
                right: Box::new(right),
            },
        }
    }

    fn call(
        &mut self,
        callee: &ast::Expression<'a>,
        arguments: &[ast::Argument<'a>],
        is_new: bool,
        place: ByteRange,
    ) -> ExprKind {
        self.hint = None;
        let callee = self.expr(callee);
        let mut args = Vec::new();
        for argument in arguments {
            args.push(match argument {
                ast::Argument::SpreadElement(spread) => node(
                    ExprKind::Starred(self.boxed(&spread.argument)),
                    range(spread.span),
                ),
                other => match other.as_expression() {
                    Some(expression) => self.expr(expression),
                    None => self.other(range(other.span())),
                },
            });
        }
        if callee.as_name() == Some("require") {
            self.dynamic_import(&args, place);
        }
        ExprKind::Call(Arc::new(Call {
            callee,
            args: args.into(),
            keywords: Box::default(),
            is_new,
            resolved: Memo::default(),
        }))
    }

    fn dynamic_import(&mut self, args: &[Expr], place: ByteRange) {
        if let Some(module) = args.first().and_then(Expr::as_str) {
            self.low.import(Import {
                dynamic: true,
                ..plain_import(module, place)
            });
        }
    }

    fn template(&mut self, template: &ast::TemplateLiteral<'a>) -> ExprKind {
        let text =
            |element: &ast::TemplateElement<'a>| element.value.cooked.unwrap_or(element.value.raw);
        if template.expressions.is_empty() {
            let whole: String = template
                .quasis
                .iter()
                .map(|element| text(element).as_str())
                .collect();
            return ExprKind::Str(whole.into());
        }
        let mut parts = Vec::new();
        for (index, element) in template.quasis.iter().enumerate() {
            let literal = text(element);
            if !literal.is_empty() {
                parts.push(FormatPart::Text(literal.as_str().into()));
            }
            if let Some(expression) = template.expressions.get(index) {
                parts.push(FormatPart::Expr(self.expr(expression)));
            }
        }
        ExprKind::Format(parts.into())
    }

    fn object(&mut self, object: &ast::ObjectExpression<'a>) -> ExprKind {
        let mut entries = Vec::new();
        for property in &object.properties {
            match property {
                ast::ObjectPropertyKind::ObjectProperty(property) => {
                    let key = self.key(&property.key);
                    self.hint = key.as_str().map(Into::into);
                    let value = match &property.value {
                        ast::Expression::FunctionExpression(function) if property.method => {
                            let place = range(property.span);
                            let name = self.hint.take();
                            node(
                                ExprKind::Lambda(self.function(
                                    function,
                                    name,
                                    place,
                                    Vec::new(),
                                    false,
                                )),
                                place,
                            )
                        }
                        other => self.expr(other),
                    };
                    self.hint = None;
                    entries.push(DictEntry {
                        key: Some(key),
                        value,
                    });
                }
                ast::ObjectPropertyKind::SpreadProperty(spread) => {
                    entries.push(DictEntry {
                        key: None,
                        value: self.expr(&spread.argument),
                    });
                }
            }
        }
        ExprKind::Dict(entries.into())
    }

    fn jsx(&mut self, element: &ast::JSXElement<'a>) -> Vec<Expr> {
        if !self.low.enter() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for attribute in &element.opening_element.attributes {
            match attribute {
                ast::JSXAttributeItem::Attribute(attribute) => {
                    if let Some(ast::JSXAttributeValue::ExpressionContainer(container)) =
                        &attribute.value
                    {
                        found.extend(
                            container
                                .expression
                                .as_expression()
                                .map(|inner| self.expr(inner)),
                        );
                    }
                }
                ast::JSXAttributeItem::SpreadAttribute(spread) => {
                    found.push(self.expr(&spread.argument))
                }
            }
        }
        found.extend(self.jsx_children(&element.children));
        self.low.leave();
        found
    }

    fn jsx_children(&mut self, children: &[ast::JSXChild<'a>]) -> Vec<Expr> {
        let mut found = Vec::new();
        for child in children {
            match child {
                ast::JSXChild::Element(element) => found.extend(self.jsx(element)),
                ast::JSXChild::Fragment(fragment) => {
                    if self.low.enter() {
                        found.extend(self.jsx_children(&fragment.children));
                        self.low.leave();
                    }
                }
                ast::JSXChild::ExpressionContainer(container) => {
                    found.extend(
                        container
                            .expression
                            .as_expression()
                            .map(|inner| self.expr(inner)),
                    );
                }
                ast::JSXChild::Spread(spread) => found.push(self.expr(&spread.expression)),
                ast::JSXChild::Text(_) => {}
            }
        }
        found
    }
}
