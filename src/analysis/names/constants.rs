//! Constant strings.

use super::{Instance, Meaning, Question};
use crate::model::source::ModuleId;
use crate::model::source::ir::{Expr, ExprKind, FormatPart};

impl<'s> Question<'s> {
    pub(super) fn strings(&self, module: ModuleId, expr: &'s Expr, depth: u8) -> Vec<String> {
        if depth > 12 {
            self.exhausted.set(true);
            return Vec::new();
        }
        if !self.step() {
            return Vec::new();
        }
        let below = |inner: &'s Expr| self.strings(module, inner, depth + 1);
        match &expr.kind {
            ExprKind::Str(text) => vec![text.to_string()],
            ExprKind::Await(inner) => below(inner),
            ExprKind::BoolOp { values, .. } => values.iter().flat_map(below).collect(),
            ExprKind::Conditional { body, orelse, .. } => [body, orelse]
                .into_iter()
                .flat_map(|side| below(side))
                .collect(),
            ExprKind::BinOp {
                op: "+",
                left,
                right,
            } => {
                let rights = below(right);
                let joined = below(left).into_iter().flat_map(|left| {
                    rights
                        .iter()
                        .map(move |right| format!("{left}{right}"))
                        .collect::<Vec<_>>()
                });
                joined.take(16).collect()
            }
            ExprKind::Format(parts) => {
                let mut whole = vec![String::new()];
                for part in parts {
                    let next = match part {
                        FormatPart::Text(text) => vec![text.to_string()],
                        FormatPart::Expr(inner) => below(inner),
                    };
                    whole = whole
                        .iter()
                        .flat_map(|start| next.iter().map(move |end| format!("{start}{end}")))
                        .take(16)
                        .collect();
                }
                whole
            }
            ExprKind::Call(call) => {
                let callee = self
                    .source
                    .name_of(&self.meaning(module, &call.callee))
                    .unwrap_or_default();
                match &*callee {
                    "os.getenv" | "os.environ.get" => {
                        call.argument(1, "default").map(below).unwrap_or_default()
                    }
                    _ => match self.meaning(module, expr) {
                        Meaning::Value(at, value) if !std::ptr::eq(value, expr) => {
                            self.strings(at, value, depth + 1)
                        }
                        _ => Vec::new(),
                    },
                }
            }
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
                if let Some(each) = self.looped(module, expr, depth) {
                    return each;
                }
                match self.meaning(module, expr) {
                    Meaning::Value(at, value) if !std::ptr::eq(value, expr) => {
                        self.strings(at, value, depth + 1)
                    }
                    Meaning::Instance(Instance {
                        call: Some(call),
                        module,
                        type_name,
                        ..
                    }) if matches!(&*type_name, "os.getenv" | "os.environ.get") => call
                        .argument(1, "default")
                        .map(|inner| self.strings(module, inner, depth + 1))
                        .unwrap_or_default(),
                    _ => self.param_default(module, expr, depth),
                }
            }
            _ => Vec::new(),
        }
    }

    /// The default of the parameter that a name is.
    pub(super) fn param_default(&self, id: ModuleId, expr: &'s Expr, depth: u8) -> Vec<String> {
        let (Some(module), Some(name)) = (self.module(id), expr.as_name()) else {
            return Vec::new();
        };
        let Some(function) = module.function_at(expr.range.start) else {
            return Vec::new();
        };
        let default = function
            .params
            .iter()
            .find(|param| &*param.name == name)
            .and_then(|param| param.default.as_deref());
        default
            .map(|default| self.strings(id, default, depth + 1))
            .unwrap_or_default()
    }
}
