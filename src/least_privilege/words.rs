//! What the code of an agent writes: its names, its texts, and the functions that it gives away. One walk, for everybody who asks.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::Subject;
use crate::model::source::ir::{Expr, ExprKind};
use crate::model::source::{FnId, Module};

/// Longer texts name nothing. In bytes.
const LONGEST: usize = 200;

/// What the code writes.
#[derive(Default)]
pub(super) struct Words<'a> {
    /// Names and members.
    named: FxHashSet<&'a str>,
    texts: FxHashSet<&'a str>,
    handed: BTreeSet<FnId>,
    /// False where there is no code, or it could not be read: then everything that is configured counts as used.
    pub(super) known: bool,
}

impl<'a> Words<'a> {
    pub(super) fn of(subject: &Subject<'a>) -> Self {
        let source = &subject.context.source;
        let mut words = Self::default();
        if let Some(code) = source.runtime(subject.agent.name()) {
            words.known = code.entry.is_some();
            let modules = code.reachable.iter().filter_map(|&id| source.module(id));
            modules.for_each(|module| words.read(module));
        }
        words
    }

    fn read(&mut self, module: &'a Module) {
        module.each_expression(&mut |_, expr| match &expr.kind {
            ExprKind::Str(text) if text.len() < LONGEST => {
                self.texts.insert(text);
            }
            ExprKind::Attribute { attr: name, .. } | ExprKind::Name(name) => {
                self.named.insert(name);
            }
            ExprKind::Call(call) => call.values().for_each(|value| self.hand(value)),
            ExprKind::Dict(entries) => entries.iter().for_each(|entry| self.hand(&entry.value)),
            _ => {}
        });
    }

    fn hand(&mut self, value: &Expr) {
        if let ExprKind::Lambda(id) = value.kind {
            self.handed.insert(id);
        }
    }

    /// Whether a word is a name, a member or a text of the code.
    pub(super) fn has(&self, word: &str) -> bool {
        self.is_named(word) || self.texts.contains(word)
    }

    /// Whether an expression refers to a name or a member.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.named.contains(name)
    }

    /// Whether a function is written where it is given away: in a call, in an object.
    pub(super) fn is_handed(&self, function: FnId) -> bool {
        self.handed.contains(&function)
    }

    pub(super) fn any_contains(&self, part: &str) -> bool {
        let mut words = self.named.iter().chain(&self.texts);
        words.any(|word| word.contains(part))
    }

    /// The texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.texts.iter().copied()
    }

    /// True where the resource with a name, or its variable, stands in the code.
    pub(super) fn names(&self, name: &str, variable: &str) -> bool {
        !self.known || self.has(name) || self.any_contains(variable)
    }
}
