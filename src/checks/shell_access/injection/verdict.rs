//! What a test says of a text: membership, equality, patterns, metacharacters, helpers that test.

use super::guards::Guards;
use super::sinks::Danger;
use crate::analysis::names::{Meaning, leaf};
use crate::model::source::ir::StmtKind;
use crate::model::source::walk;
use crate::model::source::{Call, Expr, ExprKind, Module};

/// Characters that mean something to a shell.
const META: [char; 9] = [';', '|', '&', '$', '`', '>', '<', '\n', '('];

/// What a test says of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    /// True only for texts that are allowed.
    Allows,
    /// True for every text that is not.
    Refuses,
}

impl Guards<'_> {
    /// What a test says of a text.
    pub(super) fn says(&self, module: &Module, test: &Expr, text: &str) -> Option<Test> {
        match &test.kind {
            ExprKind::Unary { op: "not", operand } => match self.says(module, operand, text)? {
                Test::Allows => Some(Test::Refuses),
                Test::Refuses => Some(Test::Allows),
            },
            ExprKind::BoolOp { values, .. } => values
                .iter()
                .find_map(|value| self.says(module, value, text)),
            ExprKind::Await(inner) => self.says(module, inner, text),
            ExprKind::Compare { left, rest } => {
                let (op, right) = rest.first()?;
                self.compares(module, left, op, right, text)
            }
            ExprKind::Call(call) => self.calls(module, test, call, text),
            _ => None,
        }
    }

    fn compares(
        &self,
        module: &Module,
        left: &Expr,
        op: &str,
        right: &Expr,
        text: &str,
    ) -> Option<Test> {
        // `";" in command`.
        if mentions(module, right, text) && matches!(op, "in" | "not in") {
            let meta = left.as_str().is_none_or(|left| left.contains(META));
            return match (meta, op) {
                (true, "in") => Some(Test::Refuses),
                (true, _) => Some(Test::Allows),
                _ => None,
            };
        }
        let whole = module.text(left.range) == text || normalised(left, module, text);
        let partial = mentions(module, left, text) && self.danger == Danger::Program;
        if !whole && !partial {
            return None;
        }
        match op {
            "in" | "<=" => Some(Test::Allows),
            "not in" => Some(Test::Refuses),
            "==" | "is" if self.source.string(module.id, right).is_some() => Some(Test::Allows),
            "!=" if self.source.string(module.id, right).is_some() => Some(Test::Refuses),
            // `ALLOWED.indexOf(command) === -1`, `set(command) - SAFE`.
            _ => None,
        }
    }

    fn calls(&self, module: &Module, test: &Expr, call: &Call, text: &str) -> Option<Test> {
        if !mentions(module, test, text) {
            return None;
        }
        let name = self.source.callee_name(module.id, test).unwrap_or_default();
        let written = match &call.callee.kind {
            ExprKind::Attribute { attr, .. } => &**attr,
            ExprKind::Name(name) => &**name,
            _ => "",
        };
        let base = match &call.callee.kind {
            ExprKind::Attribute { base, .. } => Some(&**base),
            _ => None,
        };
        let on_text = base.is_some_and(|base| mentions(module, base, text));
        match written {
            "isalnum" | "isidentifier" | "isdigit" | "isalpha" | "isnumeric" | "isdecimal"
                if on_text =>
            {
                Some(Test::Allows)
            }
            "startswith" | "startsWith" if on_text && self.danger == Danger::Option => {
                let dash = call.args.first().and_then(Expr::as_str) == Some("-");
                dash.then_some(Test::Refuses)
            }
            // `ALLOWED.includes(command)`; `command.includes(";")`.
            "includes" | "has" | "issuperset" if !on_text => Some(Test::Allows),
            "includes" if on_text => {
                let meta = call
                    .args
                    .first()
                    .and_then(Expr::as_str)
                    .is_none_or(|word| word.contains(META));
                meta.then_some(Test::Refuses)
            }
            "fullmatch" => Some(Test::Allows),
            "match" | "search" | "test" | "exec" | "matchAll" => self.pattern(module, call, &name),
            // `any(c in command for c in BAD)`, `all(p in ALLOWED for p in parts)`, `BAD.some(c => command.includes(c))`.
            "any" | "all" => match call.args.first().map(|arg| &arg.kind) {
                Some(ExprKind::Comprehension(inner)) => {
                    let over = inner
                        .generators
                        .iter()
                        .any(|generator| mentions(module, &generator.iter, text));
                    if mentions(module, &inner.element, text) {
                        self.says(module, &inner.element, text)
                    } else if over {
                        let target = inner
                            .generators
                            .first()
                            .map(|generator| module.text(generator.target.range))?;
                        self.says(module, &inner.element, target)
                    } else {
                        None
                    }
                }
                _ => None,
            },
            "some" | "every" => match call.args.first().map(|arg| &arg.kind) {
                Some(ExprKind::Lambda(id)) => {
                    let about = module.function(*id)?;
                    let StmtKind::Return(Some(value)) = &about.body.first()?.kind else {
                        return None;
                    };
                    if on_text {
                        let param = about.params.first().map(|param| param.name.clone())?;
                        self.says(module, value, &param)
                    } else {
                        self.says(module, value, text)
                    }
                }
                _ => None,
            },
            _ => {
                let helper = self.source.callee(module.id, test)?;
                self.checks_itself(helper).then_some(Test::Allows)
            }
        }
    }

    /// A pattern that only whole, harmless texts match allows; one that names metacharacters refuses.
    fn pattern(&self, module: &Module, call: &Call, name: &str) -> Option<Test> {
        let regex = |expr: &Expr| match &expr.kind {
            ExprKind::Regex(text) => Some(text.to_string()),
            _ => None,
        };
        let mut text = None;
        if let ExprKind::Attribute { base, .. } = &call.callee.kind {
            text = regex(base).or_else(|| match self.source.meaning(module.id, base) {
                Meaning::Value(_, value) => regex(value),
                Meaning::Instance(made)
                    if leaf(&made.type_name) == "compile" || leaf(&made.type_name) == "RegExp" =>
                {
                    let first = made.call.and_then(|call| call.args.first())?;
                    regex(first).or_else(|| self.source.string(made.module, first))
                }
                _ => None,
            });
        }
        let text = text.or_else(|| {
            call.args
                .iter()
                .find_map(|arg| regex(arg).or_else(|| self.source.string(module.id, arg)))
        });
        let Some(text) = text else {
            return Some(Test::Allows);
        };
        let text = text.trim_matches('/');
        let body = text.trim_end_matches(|char: char| char.is_ascii_lowercase());
        let body = body.trim_end_matches('/');
        let end = text.ends_with('$')
            || body.ends_with('$')
            || text.ends_with("\\Z")
            || text.ends_with("\\z");
        let start = text.starts_with('^') || name == "re.match";
        if start && end {
            return Some(Test::Allows);
        }
        (text.contains([';', '|', '&', '`']) || text.contains("[^")).then_some(Test::Refuses)
    }
}

/// Whether an expression holds one of that text.
pub(super) fn mentions(module: &Module, expr: &Expr, text: &str) -> bool {
    walk::sub_expressions(expr)
        .iter()
        .any(|inner| module.text(inner.range) == text)
}

/// `command.strip().lower()`, `set(command)`: the whole text still.
fn normalised(expr: &Expr, module: &Module, text: &str) -> bool {
    let ExprKind::Call(call) = &expr.kind else {
        return false;
    };
    match &call.callee.kind {
        ExprKind::Attribute { base, attr } => {
            matches!(
                &**attr,
                "strip" | "lower" | "upper" | "trim" | "toLowerCase" | "toUpperCase"
            ) && (module.text(base.range) == text || normalised(base, module, text))
        }
        ExprKind::Name(name) => {
            matches!(&**name, "set" | "str")
                && call
                    .args
                    .first()
                    .is_some_and(|arg| module.text(arg.range) == text)
        }
        _ => false,
    }
}
