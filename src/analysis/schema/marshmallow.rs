//! Marshmallow schemas.

use crate::analysis::tested::pattern;
use crate::model::source::ir::StmtKind;
use crate::model::source::{ClassId, Expr, ExprKind, Source};

use super::rules::{Fields, Rule};

/// The fields of a marshmallow schema: `name = fields.Str(validate=validate.Length(max=…))`.
pub(crate) fn fields(source: &Source, id: ClassId) -> Fields {
    let mut found = Fields::new();
    let Some(class) = source.class(id) else {
        return found;
    };
    if !source
        .bases(id)
        .iter()
        .any(|base| base.starts_with("marshmallow"))
    {
        return found;
    }
    for stmt in &class.body {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        let (Some(name), Some(call)) = (
            assign.targets.first().and_then(Expr::as_name),
            assign.value.as_deref().and_then(Expr::as_call),
        ) else {
            continue;
        };
        let (ExprKind::Name(kind) | ExprKind::Attribute { attr: kind, .. }) = &call.callee.kind
        else {
            continue;
        };
        let mut rule = Rule {
            text: matches!(&**kind, "Str" | "String" | "Email" | "UUID"),
            number: matches!(&**kind, "Int" | "Integer" | "Float" | "Number"),
            flag: matches!(&**kind, "Bool" | "Boolean"),
            formatted: matches!(&**kind, "UUID" | "Email"),
            bounded: &**kind == "UUID",
            safe: &**kind == "UUID",
            ..Rule::TYPED
        };
        for inner in call
            .keywords
            .iter()
            .flat_map(|keyword| crate::model::source::walk::sub_expressions(&keyword.value))
        {
            let Some(test) = inner.as_call() else {
                continue;
            };
            let (ExprKind::Name(kind) | ExprKind::Attribute { attr: kind, .. }) = &test.callee.kind
            else {
                continue;
            };
            match &**kind {
                "Length" => {
                    rule.bounded |= test.option("max").is_some()
                        || test.args.len() > 1
                        || test.option("equal").is_some()
                }
                "Range" => rule.ranged |= test.option("max").is_some() || test.args.len() > 1,
                "Regexp" => {
                    rule.formatted = true;
                    if let Some(given) = test.args.first() {
                        rule.safe |= pattern::is_safe(source, id.module, given);
                        rule.bounded |= pattern::is_bounded(source, id.module, given);
                    }
                }
                "OneOf" => rule = Rule::SET,
                _ => {}
            }
        }
        found.insert(name.to_owned(), rule);
    }
    found
}
