//! Constant strings.

use super::{Instance, Meaning, Question};
use crate::analysis::values::{Part, parts};
use crate::model::source::ModuleId;
use crate::model::source::ir::{Call, Expr, ExprKind};

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
            ExprKind::Conditional(ways) => [&ways.body, &ways.orelse]
                .into_iter()
                .flat_map(&below)
                .collect(),
            ExprKind::Call(call) => {
                if let Some(made) = text_call(call, &mut |inner| below(inner)) {
                    return self.bounded(made);
                }
                let callee = self
                    .source
                    .name_of(&self.meaning(module, &call.callee))
                    .unwrap_or_default();
                match &*callee {
                    "os.getenv" | "os.environ.get" => {
                        call.argument(1, "default").map(below).unwrap_or_default()
                    }
                    _ => match self.meaning(module, expr) {
                        Meaning::Value(at, value) if !value.is(expr) => {
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
                    Meaning::Value(at, value) if !value.is(expr) => {
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
            _ => match parts(expr) {
                Some(parts) => self.bounded(put_together(&parts, below)),
                None => Vec::new(),
            },
        }
    }

    /// No more than [`MOST_TEXTS`].
    fn bounded(&self, mut found: Vec<String>) -> Vec<String> {
        if found.len() > MOST_TEXTS {
            self.exhausted.set(true);
            found.truncate(MOST_TEXTS);
        }
        found
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

/// Most texts that one expression is seen to hold.
pub(crate) const MOST_TEXTS: usize = 16;

/// The texts that a method of a text gives: `"{}_KEY".format(x)`, `"key".upper()`, `"_".join([a, b])`; one more than [`MOST_TEXTS`]
/// where there are more. None where the call is none of these.
pub(crate) fn text_call<'e>(
    call: &'e Call,
    texts: &mut dyn FnMut(&'e Expr) -> Vec<String>,
) -> Option<Vec<String>> {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let change: fn(&str) -> String = match (&**attr, &*call.args) {
        ("upper" | "toUpperCase", []) => |text| text.to_uppercase(),
        ("lower" | "toLowerCase", []) => |text| text.to_lowercase(),
        ("strip" | "trim", []) => |text| text.trim().to_owned(),
        ("replace" | "replaceAll", [from, to]) => {
            let (from, to) = (from.as_str()?, to.as_str()?);
            let found = texts(base);
            return Some(found.iter().map(|text| text.replace(from, to)).collect());
        }
        ("join", [items]) => {
            let (ExprKind::List(items) | ExprKind::Tuple(items)) = &items.kind else {
                return None;
            };
            let between = texts(base).pop()?;
            let mut whole = vec![String::new()];
            for (index, item) in items.iter().enumerate() {
                let between = if index == 0 { "" } else { &between };
                whole = joined(&whole, between, &texts(item));
            }
            return Some(whole);
        }
        ("format", _) => {
            let templates = texts(base);
            let mut found = Vec::new();
            for template in &templates {
                found.extend(formatted(template, call, texts)?);
            }
            found.truncate(MOST_TEXTS + 1);
            return Some(found);
        }
        _ => return None,
    };
    Some(texts(base).iter().map(|text| change(text)).collect())
}

/// The texts of what is put together.
pub(crate) fn put_together<'e>(
    parts: &[Part<'e>],
    mut texts: impl FnMut(&'e Expr) -> Vec<String>,
) -> Vec<String> {
    parts
        .iter()
        .fold(vec![String::new()], |whole, part| match part {
            Part::Text(text) => joined(&whole, "", &[(*text).to_owned()]),
            Part::Value(value) => joined(&whole, "", &texts(value)),
        })
}

/// Every text made of a start, what stands between, and an end; one more than [`MOST_TEXTS`] where there are more.
pub(crate) fn joined(starts: &[String], between: &str, ends: &[String]) -> Vec<String> {
    starts
        .iter()
        .flat_map(|start| ends.iter().map(move |end| format!("{start}{between}{end}")))
        .take(MOST_TEXTS + 1)
        .collect()
}

/// A template with its fields filled in: by order, by number, by name.
fn formatted<'e>(
    template: &str,
    call: &'e Call,
    texts: &mut dyn FnMut(&'e Expr) -> Vec<String>,
) -> Option<Vec<String>> {
    let mut whole = vec![String::new()];
    let mut next = 0;
    let mut rest = template;
    while let Some((text, field)) = rest.split_once('{') {
        let (field, after) = field.split_once('}')?;
        let field = field.split([':', '!']).next().unwrap_or_default();
        let value = match field.parse::<usize>() {
            Ok(index) => call.args.get(index)?,
            Err(_) if field.is_empty() => {
                next += 1;
                call.args.get(next - 1)?
            }
            Err(_) => call.option(field)?,
        };
        whole = joined(&whole, text, &texts(value));
        rest = after;
    }
    Some(joined(&whole, rest, &[String::new()]))
}
