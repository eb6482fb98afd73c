//! Validators that a project writes itself: what a function has tested of what it is given, wherever it comes back.
//!
//! The tests are those of [`crate::analysis::tested`], carried along the paths by the data flow: one that only logs, or that refuses the
//! wrong texts, says nothing.

use std::collections::BTreeMap;

use crate::analysis::dataflow::{Ends, Flow, Labels, Seeds, Vouched};
use crate::analysis::limits;
use crate::analysis::tested::{Facts, proofs};
use crate::model::source::memo::Validated;
use crate::model::source::{Expr, ExprKind, FnId, ModuleId, Source};

use super::WHOLE;
use super::rules::Rule;

/// Most members with a label of their own.
const MOST_MEMBERS: usize = 31;
/// The labels of values that were made of members.
const OF: Labels = (1 << MOST_MEMBERS) - 1;
/// The label of a value itself.
const ITSELF: Labels = 1 | 1 << MOST_MEMBERS;

/// A question to the facts of a test, and what its answer says in a rule.
type Question = (fn(&Facts) -> bool, fn(&mut Rule));

/// Each is followed by itself: what one test proves is no proof of the rest.
const QUESTIONS: [Question; 7] = [
    (|facts| facts.typed, |rule| rule.typed = true),
    (|facts| facts.text_only, |rule| rule.text = true),
    (|facts| facts.number, |rule| rule.number = true),
    (|facts| facts.bounded, |rule| rule.bounded = true),
    (|facts| facts.ranged, |rule| rule.ranged = true),
    (|facts| facts.formatted, |rule| rule.formatted = true),
    (|facts| facts.safe, |rule| rule.safe = true),
];

/// What a function has tested of a parameter at these ends, or of what it gives in its place. It is followed once: a validator is applied
/// in many places.
pub(super) fn of_value(source: &Source, function: FnId, index: usize, ends: Ends) -> Rule {
    let key = (function, index, ends == Ends::True);
    let known = source.validated.lock().ok();
    let known = known.and_then(|known| known.get(&key).copied());
    let found = known.unwrap_or_else(|| {
        let found = followed(source, (function, index), ends);
        if let Ok(mut known) = source.validated.lock() {
            known.insert(key, found);
        }
        found
    });
    if found.cut {
        let range = source.function(function).map(|about| about.header);
        limits::reached(limits::SCHEMA, function.module, range.unwrap_or_default());
    }
    let mut rule = Rule::default();
    for (at, (_, says)) in QUESTIONS.into_iter().enumerate() {
        if found.answers & 1 << at != 0 {
            says(&mut rule);
        }
    }
    rule
}

fn followed(source: &Source, param: (FnId, usize), ends: Ends) -> Validated {
    let mut found = Validated::default();
    for (at, (asks, _)) in QUESTIONS.into_iter().enumerate() {
        let follows = Follows {
            source,
            param,
            members: None,
            asks,
        };
        let (flow, vouched) = Flow::run_for(source, param.0, &follows, ends);
        let replaced = ends == Ends::All && flow.returned(param.0) == 0;
        let tested = vouched & ITSELF == ITSELF || replaced;
        found.cut |= flow.truncated.is_some();
        found.answers |= u8::from(tested && flow.truncated.is_none()) << at;
    }
    found
}

/// What a function has tested of the members of a parameter, attributes or entries, by their names.
pub(super) fn of_members(
    source: &Source,
    function: FnId,
    index: usize,
    names: &[String],
) -> BTreeMap<String, Rule> {
    let names = names.get(..MOST_MEMBERS.min(names.len())).unwrap_or(names);
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    for (asks, says) in QUESTIONS {
        let follows = Follows {
            source,
            param: (function, index),
            members: Some(names),
            asks,
        };
        let (flow, vouched) = Flow::run_for(source, function, &follows, Ends::All);
        if flow.truncated.is_some() {
            continue;
        }
        for (at, name) in names.iter().enumerate() {
            if vouched & (ITSELF << at) == ITSELF << at {
                says(rules.entry(name.clone()).or_default());
            }
        }
    }
    rules
}

/// A parameter, or its members, followed with the tests that answer one question.
struct Follows<'a> {
    source: &'a Source,
    param: (FnId, usize),
    /// The members that are followed; None where the parameter itself is.
    members: Option<&'a [String]>,
    asks: fn(&Facts) -> bool,
}

impl Follows<'_> {
    fn named(&self, member: &str) -> Option<Labels> {
        let names = self.members?;
        let at = names.iter().position(|name| name == member)?;
        Some(ITSELF << at)
    }
}

impl Seeds for Follows<'_> {
    fn param(&self, function: FnId, index: usize) -> Labels {
        match (self.param == (function, index), self.members) {
            (true, Some(_)) => WHOLE,
            (true, None) => ITSELF,
            _ => 0,
        }
    }

    fn cleans(&self, module: ModuleId, expr: &Expr) -> bool {
        let says = proofs::made(self.source, module, expr);
        says.is_some_and(|(_, facts)| (self.asks)(&facts))
            || expr.as_call().is_some_and(|call| {
                matches!(call.callee.as_name(), Some("len" | "isinstance" | "bool"))
            })
    }

    fn member(&self, _module: ModuleId, member: &str, labels: Labels) -> Labels {
        match labels & WHOLE != 0 {
            true => self.named(member).unwrap_or(0),
            false => self.derived(labels),
        }
    }

    fn method(&self, _module: ModuleId, _name: &str, labels: Labels) -> Labels {
        labels
    }

    fn taken_by_key(
        &self,
        _module: ModuleId,
        _call: &Expr,
        (_from, key): (&Expr, &Expr),
        labels: Labels,
    ) -> Option<Labels> {
        let named = key.as_str().and_then(|key| self.named(key));
        (labels & WHOLE != 0).then(|| named.unwrap_or(0))
    }

    fn derived(&self, labels: Labels) -> Labels {
        labels & (OF | WHOLE)
    }

    fn of_call(&self, _module: ModuleId, call: &Expr, labels: Labels) -> Labels {
        match proofs::keeps_text(call) {
            true => labels,
            false => self.derived(labels),
        }
    }

    fn refines(&self) -> bool {
        true
    }

    fn vouches<'e>(&'e self, module: ModuleId, test: &'e Expr, truth: bool) -> Vec<Vouched<'e>> {
        proofs::vouched(self.source, module, (test, truth), self.asks)
    }

    fn proves<'e>(&'e self, module: ModuleId, expr: &'e Expr) -> Vec<&'e Expr> {
        proofs::proved(self.source, module, expr, self.asks)
    }

    fn vouches_case(&self, pattern: &Expr) -> bool {
        proofs::is_literal_case(pattern) && (self.asks)(&Facts::ONE_OF_A_SET)
    }

    /// A test of a value itself speaks for all that was made of it; one of what was made of it does not.
    fn also(&self, labels: Labels) -> Labels {
        let itself = labels >> MOST_MEMBERS & OF;
        match itself.count_ones() {
            1 => itself | itself << MOST_MEMBERS,
            _ => 0,
        }
    }
}

/// Whether an expression names a function of the project, which is then followed.
pub(super) fn given(source: &Source, module: ModuleId, expr: &Expr) -> Option<FnId> {
    let may_be = matches!(
        expr.kind,
        ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Lambda(_)
    );
    may_be
        .then(|| source.function_value(module, expr))
        .flatten()
}
