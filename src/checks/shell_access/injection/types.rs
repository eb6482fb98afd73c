//! Texts that their type restricts.

use crate::analysis::names::{Meaning, leaf};
use crate::model::source::module::Param;
use crate::model::source::walk;
use crate::model::source::{ExprKind, Module, Source};

/// A parameter whose type holds no free text: `Literal[…]`, a number, an enumeration.
pub(super) fn restricted_by_type(source: &Source, module: &Module, param: &Param) -> bool {
    let Some(annotation) = param.annotation.as_deref() else {
        return false;
    };
    match &annotation.kind {
        ExprKind::Subscript { base, .. } => module.text(base.range).ends_with("Literal"),
        ExprKind::Name(name)
            if matches!(
                &**name,
                "int" | "float" | "bool" | "UUID" | "number" | "boolean"
            ) =>
        {
            true
        }
        ExprKind::Name(_) | ExprKind::Attribute { .. } => {
            match source.meaning(module.id, annotation) {
                Meaning::Class(class) => source
                    .bases(class)
                    .iter()
                    .any(|base| leaf(base).ends_with("Enum")),
                _ => false,
            }
        }
        _ => false,
    }
}

/// A field that a zod schema of the module restricts: `{ command: z.enum([…]) }`.
pub(super) fn restricted_by_schema(source: &Source, module: &Module, field: &str) -> bool {
    !field.is_empty()
        && module.all_expressions().iter().any(|(_, expr)| {
            expr.entry(field).is_some_and(|value| {
                let names = walk::sub_expressions(value);
                names.iter().any(|inner| {
                    let ExprKind::Call(call) = &inner.kind else {
                        return false;
                    };
                    let closed = matches!(&call.callee.kind, ExprKind::Attribute { attr, .. }
                        if matches!(&**attr, "enum" | "literal" | "nativeEnum" | "number" | "boolean" | "uuid" | "regex"));
                    closed
                        && source
                            .callee_name(module.id, inner)
                            .is_some_and(|name| name.starts_with("zod"))
                })
            })
        })
}
