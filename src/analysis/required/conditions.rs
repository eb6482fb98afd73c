//! Which variables a condition or a statement demands to be set.

use super::Finder;
use crate::analysis::environment::{Key, Read, has_own, is_environ, read};
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::placement::only_answer;
use crate::analysis::settings;
use crate::analysis::values::bound;
use crate::model::source::ir::{BoolOp, Comprehension, Loop, StmtKind, UnaryOp};
use crate::model::source::walk::statements;
use crate::model::source::{ByteRange, Call, Expr, ExprKind, Language, ModuleId, Stmt};

/// What is demanded.
#[derive(Clone, Debug)]
pub(super) enum Asked<'a> {
    /// One of these variables.
    Names(Vec<String>),
    /// The variable that a caller names, or each of those in a list that it gives.
    Given(Read<'a>),
}

impl<'a> Asked<'a> {
    /// The variable that an item of the environment names: `os.environ[name]`.
    pub(super) fn item(module: ModuleId, index: &'a Expr) -> Self {
        Self::Given(Read {
            key: Key::Expr(index),
            module,
            default: None,
            object: None,
        })
    }

    fn one(name: String) -> Self {
        Self::Names(vec![name])
    }

    /// The names, where they are known here.
    pub(super) fn names(self) -> Option<Vec<String>> {
        match self {
            Self::Names(names) => Some(names),
            Self::Given(_) => None,
        }
    }
}

/// What asserts that a value is true, by its canonical name.
const ASSERTS: [&str; 8] = [
    "assert",
    "assert.ok",
    "assert.default",
    "node:assert",
    "node:assert.ok",
    "node:assert.default",
    "node:assert/strict.default",
    "tiny-invariant.default",
];

impl<'a> Finder<'_, '_, 'a> {
    /// What a statement demands, and the place of the condition; None for one that demands nothing.
    pub(super) fn demanded(&self, stmt: &'a Stmt) -> Option<(ByteRange, Vec<Asked<'a>>)> {
        match &stmt.kind {
            StmtKind::If(branch) if self.ends(&branch.body) => {
                Some((branch.test.range, self.missing(&branch.test)))
            }
            StmtKind::Assert { test, .. } => Some((test.range, self.present(test))),
            StmtKind::Expr(expr) => {
                let call = expr.as_call()?;
                let name = self.callers.source().callee_name(self.module.id, expr)?;
                let test = call.args.first().filter(|_| ASSERTS.contains(&name))?;
                Some((test.range, self.present(test)))
            }
            StmtKind::Loop(looped) => {
                let iter = looped.iter.as_deref()?;
                Some((iter.range, self.each(looped, iter)))
            }
            StmtKind::Switch(switch) => {
                let refuses = switch.cases.iter().any(|case| {
                    let pattern = case.pattern.as_ref();
                    pattern.is_some_and(is_for_nothing)
                        && case.guard.is_none()
                        && self.ends(&case.body)
                });
                let asked = self.read(&switch.subject).filter(|_| refuses);
                Some((switch.subject.range, asked.into_iter().collect()))
            }
            _ => None,
        }
    }

    /// `for name in ["A", "B"]: if name not in os.environ: raise …`.
    fn each(&self, looped: &'a Loop, iter: &'a Expr) -> Vec<Asked<'a>> {
        let Some(target) = looped.target.as_ref().and_then(Expr::as_name) else {
            return Vec::new();
        };
        let goes_on = |stmt: &&Stmt| {
            let inner = statements(std::slice::from_ref(*stmt));
            !inner
                .iter()
                .any(|inner| matches!(inner.kind, StmtKind::Break | StmtKind::Continue))
        };
        let asks = looped.body.iter().take_while(goes_on).any(|stmt| {
            matches!(&stmt.kind, StmtKind::If(branch)
                if self.ends(&branch.body) && self.is_absence_of(&branch.test, target))
        });
        match asks {
            true => self.each_of(iter),
            false => Vec::new(),
        }
    }

    /// The variables for whose absence a condition comes out true.
    fn missing(&self, test: &'a Expr) -> Vec<Asked<'a>> {
        match &test.kind {
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => self.present(operand),
            ExprKind::BoolOp {
                op: BoolOp::Or,
                values,
            } => values
                .iter()
                .flat_map(|value| self.missing(value))
                .collect(),
            // One of them is enough.
            ExprKind::BoolOp {
                op: BoolOp::And,
                values,
            } => one_of(values.iter().map(|value| self.missing(value))),
            ExprKind::Compare(parts) => match &*parts.rest {
                [("is" | "==" | "===", none)] if is_nothing(none) => {
                    self.read(&parts.left).into_iter().collect()
                }
                [("not in", right)] if is_environ(self.callers, self.module.id, right) => {
                    self.named(&parts.left, right).into_iter().collect()
                }
                // `missing.length > 0`, `len(missing) != 0`
                [(">" | "!=" | "!==", count)] if count.as_number() == Some(0.0) => {
                    self.counted(&parts.left)
                }
                [(">=", count)] if count.as_number() == Some(1.0) => self.counted(&parts.left),
                _ => Vec::new(),
            },
            ExprKind::Name(name) => self.collected(name, test.range.start),
            ExprKind::Attribute { .. } => self.counted(test),
            ExprKind::Call(call) if call.callee.as_name() == Some("any") => {
                self.over_all(call.args.first(), true)
            }
            _ => Vec::new(),
        }
    }

    /// The variables without any of which a condition comes out false.
    fn present(&self, test: &'a Expr) -> Vec<Asked<'a>> {
        match &test.kind {
            ExprKind::BoolOp {
                op: BoolOp::And,
                values,
            } => values
                .iter()
                .flat_map(|value| self.present(value))
                .collect(),
            ExprKind::BoolOp {
                op: BoolOp::Or,
                values,
            } => one_of(values.iter().map(|value| self.present(value))),
            ExprKind::Compare(parts) => match &*parts.rest {
                [("is not" | "!=" | "!==", none)] if is_nothing(none) => {
                    self.read(&parts.left).into_iter().collect()
                }
                [("in", right)] if is_environ(self.callers, self.module.id, right) => {
                    self.named(&parts.left, right).into_iter().collect()
                }
                _ => Vec::new(),
            },
            ExprKind::Call(call) if call.callee.as_name() == Some("all") => {
                self.over_all(call.args.first(), false)
            }
            ExprKind::Attribute { base, attr } if &**attr == "success" => self.parsed(base),
            _ => self.read(test).into_iter().collect(),
        }
    }

    /// `any(not os.getenv(name) for name in REQUIRED)`, and `all(os.getenv(name) for name in REQUIRED)`.
    fn over_all(&self, over: Option<&'a Expr>, absent: bool) -> Vec<Asked<'a>> {
        let Some(ExprKind::Comprehension(all)) = over.map(|over| &over.kind) else {
            return Vec::new();
        };
        let Some((target, names)) = self.plain_loop(all).filter(|_| all.value.is_none()) else {
            return Vec::new();
        };
        let asks = match absent {
            true => self.is_absence_of(&all.element, target),
            false => self.is_presence_of(&all.element, target),
        };
        let no_filter = all.generators.iter().all(|one| one.ifs.is_empty());
        match asks && no_filter {
            true => names,
            false => Vec::new(),
        }
    }

    /// The length of what is missing: `missing.length`, `len(missing)`.
    fn counted(&self, length: &'a Expr) -> Vec<Asked<'a>> {
        let list = match &length.kind {
            ExprKind::Attribute { base, attr } if &**attr == "length" => Some(&**base),
            ExprKind::Call(call) if call.callee.as_name() == Some("len") => call.args.first(),
            _ => None,
        };
        let name = list.and_then(Expr::as_name);
        name.map_or_else(Vec::new, |name| self.collected(name, length.range.start))
    }

    /// What a schema demands whose result is asked for its `success`.
    fn parsed(&self, result: &'a Expr) -> Vec<Asked<'a>> {
        let asked = self.value(result);
        let demanded = settings::asked_keys(self.callers, self.module.id, asked);
        let names = demanded.into_iter().map(|(_, _, names)| names);
        names.map(Asked::Names).collect()
    }

    /// `missing = [name for name in REQUIRED if not os.getenv(name)]`, `REQUIRED.filter((name) => !process.env[name])`.
    fn collected(&self, name: &str, offset: u32) -> Vec<Asked<'a>> {
        let source = self.callers.source();
        let [value] = &*bound(source, self.module.id, name, offset) else {
            return Vec::new();
        };
        if let ExprKind::Call(call) = &value.kind {
            return self.filtered(call).unwrap_or_default();
        }
        let ExprKind::Comprehension(all) = &value.kind else {
            return Vec::new();
        };
        let Some((target, names)) = self.plain_loop(all) else {
            return Vec::new();
        };
        match all.generators.first().map(|one| &*one.ifs) {
            Some([condition]) if self.is_absence_of(condition, target) => names,
            _ => Vec::new(),
        }
    }

    /// `REQUIRED.filter((name) => !process.env[name])`.
    fn filtered(&self, call: &'a Call) -> Option<Vec<Asked<'a>>> {
        let (ExprKind::Attribute { base, attr }, [test]) = (&call.callee.kind, &*call.args) else {
            return None;
        };
        let ExprKind::Lambda(id) = test.kind else {
            return None;
        };
        let function = self.callers.source().function(id)?;
        let target = &*function.params.first()?.name;
        let condition = only_answer(function)?;
        let asks = &**attr == "filter" && self.is_absence_of(condition, target);
        asks.then(|| self.each_of(base))
    }

    /// The name that a comprehension of one loop binds, and what it goes through.
    fn plain_loop(&self, all: &'a Comprehension) -> Option<(&'a str, Vec<Asked<'a>>)> {
        let [one] = &*all.generators else {
            return None;
        };
        Some((one.target.as_name()?, self.each_of(&one.iter)))
    }

    /// Each of the variables that a list names: one that is written out, or that callers give.
    fn each_of(&self, list: &'a Expr) -> Vec<Asked<'a>> {
        let names = self.listed(list);
        if names.is_empty() && self.callers.parameter(self.module.id, list).is_some() {
            return vec![Asked::item(self.module.id, list)];
        }
        names.into_iter().map(Asked::one).collect()
    }

    /// Whether a condition is true where the variable of that name, which a loop gives, is not set.
    fn is_absence_of(&self, test: &'a Expr, target: &str) -> bool {
        match &test.kind {
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => self.is_presence_of(operand, target),
            ExprKind::Compare(parts) => match &*parts.rest {
                [("not in", right)] => {
                    parts.left.as_name() == Some(target)
                        && is_environ(self.callers, self.module.id, right)
                }
                [("is" | "==" | "===", none)] => {
                    is_nothing(none) && self.is_presence_of(&parts.left, target)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether an expression is false where the variable of that name, which a loop gives, is not set.
    fn is_presence_of(&self, test: &'a Expr, target: &str) -> bool {
        if let ExprKind::Compare(parts) = &test.kind {
            return match &*parts.rest {
                [("in", right)] => {
                    parts.left.as_name() == Some(target)
                        && is_environ(self.callers, self.module.id, right)
                }
                _ => false,
            };
        }
        let found = read(self.callers, self.module.id, self.value(test));
        found.is_some_and(|found| {
            let key = match found.key {
                Key::Expr(key) => key.as_name(),
                Key::Text(_) => None,
            };
            key == Some(target) && !has_default(&found)
        })
    }

    /// The texts of a list, or of a constant that is one.
    fn listed(&self, expr: &'a Expr) -> Vec<String> {
        let names = match self.callers.source().meaning(self.module.id, expr) {
            Meaning::Value(_, listed) => listed,
            _ => expr,
        };
        match &names.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The variable that a text names, where an environment has none of its own.
    fn named(&self, key: &'a Expr, environment: &'a Expr) -> Option<Asked<'a>> {
        let (callers, id) = (self.callers, self.module.id);
        match callers.source().string(id, key) {
            Some(name) if has_own(callers, id, environment, &name) => None,
            Some(name) => Some(Asked::one(name)),
            None => callers.parameter(id, key).map(|_| Asked::item(id, key)),
        }
    }

    /// The value that a name holds, without what only cuts it.
    fn value(&self, expr: &'a Expr) -> &'a Expr {
        let mut value = expr;
        if let ExprKind::Name(name) = &value.kind {
            let held = bound(
                self.callers.source(),
                self.module.id,
                name,
                value.range.start,
            );
            if let [one] = &*held {
                value = one;
            }
        }
        if let ExprKind::Assign { value: inner, .. } = &value.kind {
            value = inner;
        }
        match &value.kind {
            ExprKind::Call(call) if call.args.is_empty() => match &call.callee.kind {
                ExprKind::Attribute { base, attr } if matches!(&**attr, "strip" | "trim") => base,
                _ => value,
            },
            _ => value,
        }
    }

    /// The names of which a condition chooses one: `"A" if fast else "B"`.
    pub(super) fn by_condition(&self, key: &'a Expr) -> Option<Vec<String>> {
        let ExprKind::Conditional(ways) = &self.value(key).kind else {
            return None;
        };
        let ways = [&ways.body, &ways.orelse].into_iter();
        ways.map(|way| self.callers.source().string(self.module.id, way))
            .collect()
    }

    /// The variable that an expression reads without a default, or a name holds.
    fn read(&self, expr: &'a Expr) -> Option<Asked<'a>> {
        let (callers, id) = (self.callers, self.module.id);
        let value = self.value(expr);
        let Some(found) = read(callers, id, value) else {
            return self.setting(value).map(Asked::Names);
        };
        match &*found.names(callers.source()) {
            [name] if !leaf(name).is_empty() && !has_default(&found) => {
                (!found.has_own(callers, name)).then(|| Asked::one(name.clone()))
            }
            [] => Some(Asked::Given(found)),
            _ => None,
        }
    }

    /// The variables that fill the field of a settings class which is made of the environment alone: `settings.api_key`.
    fn setting(&self, expr: &'a Expr) -> Option<Vec<String>> {
        let ExprKind::Attribute { base, attr } = &expr.kind else {
            return None;
        };
        if self.module.language != Language::Python {
            return None;
        }
        let source = self.callers.source();
        let made = source.type_of(self.module.id, base)?;
        let call = made.call?;
        let plain = call.args.is_empty() && call.keywords.is_empty();
        settings::empty_field(source, made.class.filter(|_| plain)?, attr)
    }
}

/// The demand for one of several variables; none where an alternative demands nothing, or several at once.
fn one_of<'a>(alternatives: impl Iterator<Item = Vec<Asked<'a>>>) -> Vec<Asked<'a>> {
    let names = alternatives.map(|mut asked| {
        let only = asked.pop().filter(|_| asked.is_empty());
        only.and_then(Asked::names)
    });
    let names: Option<Vec<Vec<String>>> = names.collect();
    let names = names.map(|names| Asked::Names(names.concat()));
    names.into_iter().collect()
}

/// Whether a read gives something where the variable is not set.
fn has_default(read: &Read<'_>) -> bool {
    read.default.is_some_and(|default| {
        !matches!(default.kind, ExprKind::None) && default.as_str() != Some("")
    })
}

/// Whether a case is for what is not set: `case None`, `case None | ""`.
fn is_for_nothing(pattern: &Expr) -> bool {
    match &pattern.kind {
        ExprKind::BinOp { left, right, .. } => is_for_nothing(left) || is_for_nothing(right),
        _ => is_nothing(pattern),
    }
}

/// `None`, `undefined`, `null`.
fn is_nothing(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::None) || expr.as_name() == Some("undefined")
}
