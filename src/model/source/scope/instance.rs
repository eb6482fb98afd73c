//! What the methods of a class bind on its instances.

use thin_vec::ThinVec;

use super::super::ClassId;
use super::super::ir::{ByteRange, Expr, ExprKind, Name, Stmt, StmtKind};
use super::super::module::{Binding, BindingKind, Declaration, Function, Language, Module};
use super::super::walk::{Node, walk};

/// `self.x = …` and `this.x = …` anywhere in a method, its nested functions included, bind `x` of the class.
pub(super) fn collect(
    module: &Module,
    function: &Function,
    found: &mut Vec<(ClassId, Name, Binding)>,
) {
    let Some((class, receiver)) = receiver(module, function) else {
        return;
    };
    walk(&function.body, &mut |_, node| {
        let (targets, value, annotation): (Vec<&Expr>, _, _) = match node {
            Node::Stmt(Stmt {
                kind: StmtKind::Assign(assign),
                ..
            }) if assign.augmented.is_none() => (
                assign.targets.iter().collect(),
                assign.value.clone(),
                assign.annotation.clone(),
            ),
            Node::Stmt(Stmt {
                kind: StmtKind::With(with),
                ..
            }) => {
                for item in &with.items {
                    if let Some((name, range)) = item
                        .target
                        .as_ref()
                        .and_then(|target| member(target, &receiver))
                    {
                        found.push((
                            class,
                            name,
                            Binding {
                                kind: BindingKind::With(item.context.clone()),
                                range,
                            },
                        ));
                    }
                }
                return true;
            }
            Node::Expr(Expr {
                kind: ExprKind::Assign { target, value },
                ..
            }) => (vec![&**target], Some(value.clone()), None),
            _ => return true,
        };
        for target in targets {
            let Some((name, range)) = member(target, &receiver) else {
                continue;
            };
            let kind = match &value {
                Some(value) => BindingKind::Value {
                    value: value.clone(),
                    path: ThinVec::new(),
                    declaration: Declaration::of(None, annotation.as_ref()),
                },
                None => BindingKind::Declared(annotation.clone()),
            };
            found.push((class, name, Binding { kind, range }));
        }
        true
    });
}

fn member(target: &Expr, receiver: &str) -> Option<(Name, ByteRange)> {
    match &target.kind {
        ExprKind::Attribute { base, attr } if base.as_name() == Some(receiver) => {
            Some((attr.clone(), target.range))
        }
        _ => None,
    }
}

/// The class whose instance a function's `self` or `this` is, and the receiver's name. Nested functions keep it: `self` by
/// closure, `this` in arrow functions.
pub fn receiver(module: &Module, function: &Function) -> Option<(ClassId, Name)> {
    let mut at = Some(function);
    while let Some(function) = at {
        if let Some(class) = function.class {
            let name = match module.language {
                Language::Python if function.is_static => return None,
                Language::Python => function.params.first()?.name.clone(),
                Language::TypeScript => "this".into(),
            };
            return Some((class, name));
        }
        at = function
            .parent
            .and_then(|id| module.functions.get(id.index as usize));
    }
    None
}
