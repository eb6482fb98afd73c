//! Binding patterns, assignment targets and parameters.

use std::sync::Arc;

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::super::lower::expr as node;
use super::{TypeScript, range};
use crate::model::source::ir::{DictEntry, Expr, ExprKind, Name};
use crate::model::source::module::{Param, ParamKind};

impl<'a> TypeScript<'_> {
    /// Lowers a binding pattern.
    pub(super) fn pattern(&mut self, pattern: &ast::BindingPattern<'a>) -> Expr {
        let place = range(pattern.span());
        if !self.low.enter() {
            return self.other(place);
        }
        let kind = match pattern {
            ast::BindingPattern::BindingIdentifier(name) => {
                ExprKind::Name(name.name.as_str().into())
            }
            ast::BindingPattern::ObjectPattern(object) => {
                let mut entries = Vec::new();
                for property in &object.properties {
                    let key = Some(self.key(&property.key));
                    entries.push(DictEntry {
                        key,
                        value: self.pattern(&property.value),
                    });
                }
                if let Some(rest) = &object.rest {
                    entries.push(DictEntry {
                        key: None,
                        value: self.pattern(&rest.argument),
                    });
                }
                ExprKind::Dict(entries.into())
            }
            ast::BindingPattern::ArrayPattern(array) => {
                let mut items = Vec::new();
                for element in &array.elements {
                    items.push(match element {
                        Some(element) => self.pattern(element),
                        None => self.other(place),
                    });
                }
                if let Some(rest) = &array.rest {
                    let inner = self.pattern(&rest.argument);
                    items.push(node(ExprKind::Starred(Box::new(inner)), range(rest.span)));
                }
                ExprKind::List(items.into())
            }
            ast::BindingPattern::AssignmentPattern(assign) => {
                let target = self.pattern(&assign.left);
                ExprKind::Assign {
                    target: Box::new(target),
                    value: Arc::new(self.expr(&assign.right)),
                }
            }
        };
        self.low.leave();
        node(kind, place)
    }

    /// Lowers the left side of an assignment.
    pub(super) fn assignment_target(&mut self, target: &ast::AssignmentTarget<'a>) -> Expr {
        let place = range(target.span());
        if !self.low.enter() {
            return self.other(place);
        }
        let lowered = match target {
            ast::AssignmentTarget::ArrayAssignmentTarget(array) => {
                let mut items = Vec::new();
                for element in &array.elements {
                    items.push(match element {
                        Some(element) => self.maybe_default(element),
                        None => self.other(place),
                    });
                }
                if let Some(rest) = &array.rest {
                    let inner = self.assignment_target(&rest.target);
                    items.push(node(ExprKind::Starred(Box::new(inner)), range(rest.span)));
                }
                node(ExprKind::List(items.into()), place)
            }
            ast::AssignmentTarget::ObjectAssignmentTarget(object) => self.object_target(object),
            other => match other.as_simple_assignment_target() {
                Some(simple) => self.simple_target(simple),
                None => self.other(place),
            },
        };
        self.low.leave();
        lowered
    }

    fn object_target(&mut self, object: &ast::ObjectAssignmentTarget<'a>) -> Expr {
        let mut entries = Vec::new();
        for property in &object.properties {
            match property {
                ast::AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(short) => {
                    let place = range(short.binding.span);
                    let name: Name = short.binding.name.as_str().into();
                    let target = node(ExprKind::Name(name.clone()), place);
                    let value = match &short.init {
                        Some(default) => {
                            let value = Arc::new(self.expr(default));
                            node(
                                ExprKind::Assign {
                                    target: Box::new(target),
                                    value,
                                },
                                range(short.span),
                            )
                        }
                        None => target,
                    };
                    entries.push(DictEntry {
                        key: Some(node(ExprKind::Str(name), place)),
                        value,
                    });
                }
                ast::AssignmentTargetProperty::AssignmentTargetPropertyProperty(long) => {
                    let key = Some(self.key(&long.name));
                    entries.push(DictEntry {
                        key,
                        value: self.maybe_default(&long.binding),
                    });
                }
            }
        }
        if let Some(rest) = &object.rest {
            entries.push(DictEntry {
                key: None,
                value: self.assignment_target(&rest.target),
            });
        }
        node(ExprKind::Dict(entries.into()), range(object.span))
    }

    fn maybe_default(&mut self, target: &ast::AssignmentTargetMaybeDefault<'a>) -> Expr {
        match target {
            ast::AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(with) => {
                let target = self.assignment_target(&with.binding);
                let value = Arc::new(self.expr(&with.init));
                node(
                    ExprKind::Assign {
                        target: Box::new(target),
                        value,
                    },
                    range(with.span),
                )
            }
            other => match other.as_assignment_target() {
                Some(target) => self.assignment_target(target),
                None => self.other(range(other.span())),
            },
        }
    }

    /// Lowers a name or member that is assigned to.
    pub(super) fn simple_target(&mut self, target: &ast::SimpleAssignmentTarget<'a>) -> Expr {
        let place = range(target.span());
        match target {
            ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(name) => {
                node(ExprKind::Name(name.name.as_str().into()), place)
            }
            ast::SimpleAssignmentTarget::TSAsExpression(inner) => self.expr(&inner.expression),
            ast::SimpleAssignmentTarget::TSSatisfiesExpression(inner) => {
                self.expr(&inner.expression)
            }
            ast::SimpleAssignmentTarget::TSNonNullExpression(inner) => self.expr(&inner.expression),
            ast::SimpleAssignmentTarget::TSTypeAssertion(inner) => self.expr(&inner.expression),
            other => match other.as_member_expression() {
                Some(member) => self.member(member),
                None => self.other(place),
            },
        }
    }

    /// Lowers a property key: an identifier is a `Str`.
    pub(super) fn key(&mut self, key: &ast::PropertyKey<'a>) -> Expr {
        let place = range(key.span());
        match key {
            ast::PropertyKey::StaticIdentifier(name) => {
                node(ExprKind::Str(name.name.as_str().into()), place)
            }
            ast::PropertyKey::PrivateIdentifier(name) => {
                node(ExprKind::Str(format!("#{}", name.name).into()), place)
            }
            other => match other.as_expression() {
                Some(expression) => self.expr(expression),
                None => self.other(place),
            },
        }
    }

    /// Lowers parameters.
    pub(super) fn params(&mut self, params: &ast::FormalParameters<'a>) -> Vec<Param> {
        let mut lowered = Vec::new();
        for param in &params.items {
            let (target, mut default) = match self.pattern(&param.pattern) {
                Expr {
                    kind: ExprKind::Assign { target, value },
                    ..
                } => (*target, Some(value)),
                other => (other, None),
            };
            if let Some(value) = &param.initializer {
                default = Some(Arc::new(self.expr(value)));
            }
            let annotation = param
                .type_annotation
                .as_ref()
                .map(|annotation| &annotation.type_annotation);
            let annotation = annotation.map(|annotation| Arc::new(self.ts_type(annotation)));
            lowered.push(param_of(target, default, annotation, ParamKind::Normal));
        }
        if let Some(rest) = &params.rest {
            let target = self.pattern(&rest.rest.argument);
            lowered.push(param_of(target, None, None, ParamKind::Rest));
        }
        lowered
    }
}

fn param_of(
    target: Expr,
    default: Option<Arc<Expr>>,
    annotation: Option<Arc<Expr>>,
    kind: ParamKind,
) -> Param {
    let range = target.range;
    match target.kind {
        ExprKind::Name(name) => Param {
            name,
            pattern: None,
            default,
            annotation,
            kind,
            range,
        },
        _ => Param {
            name: "".into(),
            pattern: Some(Box::new(target)),
            default,
            annotation,
            kind,
            range,
        },
    }
}
