//! Which state an answer says.

use crate::analysis::names::{Meaning, leaf};
use crate::analysis::values::{self, At, Domain, eval};
use crate::model::source::{Expr, ExprKind, ModuleId, Source};

/// What an answer to the ping says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing runs: the session may be taken for idle.
    Idle,
    /// Work goes on.
    Busy,
}

impl State {
    /// Its spellings.
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Idle => &["Healthy", "HEALTHY"],
            Self::Busy => &["HealthyBusy", "HEALTHY_BUSY"],
        }
    }
}

/// Whether an answer says a state, whatever happens.
pub(super) fn is_state(source: &Source, module: ModuleId, answer: &Expr, state: State) -> bool {
    let words = state.words();
    eval(&mut Said { source, words }, At::new(module, answer))
}

/// Whether an expression names a state: `PingStatus.HEALTHY`, `"Healthy"`.
pub(super) fn names_state(expr: &Expr, state: State) -> bool {
    let words = state.words();
    match &expr.kind {
        ExprKind::Attribute { attr, .. } => words.contains(&&**attr),
        // The platform knows one spelling; the other is a member of an enumeration.
        ExprKind::Str(text) => words.first() == Some(&&**text),
        _ => false,
    }
}

struct Said<'s> {
    source: &'s Source,
    words: &'static [&'static str],
}

impl<'s> Domain<'s> for Said<'s> {
    type Known = bool;
    const QUESTION: &'static str = "status";

    fn unknown(&mut self, _at: At<'s>) -> bool {
        false
    }

    fn text(&mut self, _at: At<'s>, text: &'s str) -> bool {
        self.words
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
    }

    fn one_of(&mut self, at: At<'s>, ways: &[&'s Expr]) -> bool {
        let both = matches!(at.expr.kind, ExprKind::Conditional(_));
        both && ways.iter().all(|way| eval(self, at.to(way)))
    }

    fn other(&mut self, at: At<'s>) -> bool {
        match &at.expr.kind {
            ExprKind::Dict(_) => {
                let status = at.expr.entry("status");
                status.is_some_and(|status| eval(self, at.to(status)))
            }
            ExprKind::Call(call) => {
                let helper = self.source.callee(at.module, at.expr);
                let helper = helper.and_then(|id| self.source.function(id));
                if let Some(helper) = helper.filter(|helper| &*helper.name != "__init__") {
                    let made = values::returned(self.source, helper.id);
                    return !made.is_empty() && made.into_iter().all(|value| eval(self, value));
                }
                call.values().any(|value| eval(self, at.to(value)))
            }
            ExprKind::Attribute { base, attr } => {
                self.words.contains(&&**attr) || &**attr == "value" && eval(self, at.to(base))
            }
            ExprKind::Name(name) => self.is_one(at, name) && self.meant(at),
            _ => false,
        }
    }
}

impl<'s> Said<'s> {
    /// A name with several values is a state.
    fn is_one(&self, at: At<'s>, name: &str) -> bool {
        let Some(place) = self.source.module(at.module) else {
            return false;
        };
        let mut scopes = vec![place.scopes.first()];
        if let Some(function) = place.function_at(at.expr.range.start) {
            scopes.push(place.scopes.get(function.id.index as usize + 1));
        }
        let scopes = scopes.into_iter().flatten();
        let bindings = scopes.filter_map(|scope| scope.names.get(name));
        bindings.map(<[_]>::len).sum::<usize>() == 1
    }

    fn meant(&mut self, at: At<'s>) -> bool {
        match self.source.meaning(at.module, at.expr) {
            Meaning::Value(module, value) if !value.is(at.expr) => {
                eval(self, At::new(module, value))
            }
            Meaning::External(name) => self.words.contains(&leaf(&name)),
            _ => false,
        }
    }
}
