//! The way of a value: from where it is taken out, through the names and calls that hand it on, to where it ends up.

use std::collections::{BTreeMap, BTreeSet};

use super::{Flow, FnId, Labels};
use crate::model::source::ir::{Expr, ExprKind, Name};
use crate::model::source::scope::names_in;
use crate::model::source::walk::{expression_at, sub_expressions};
use crate::model::source::{ByteRange, ModuleId, Source};

/// Longest way that is reported.
const MOST_STEPS: usize = 96;
/// Most places that are remembered for one name, parameter or function.
const MOST_PLACES: usize = 8;

/// One step of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The module.
    pub module: ModuleId,
    /// The expression that holds the value there.
    pub range: ByteRange,
    /// What happens to it.
    pub kind: StepKind,
}

/// What happens to a value at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// It comes from here.
    Source,
    /// A name is bound to it.
    Bound,
    /// It is given to a function of the project.
    Given,
    /// A function of the project gives it back.
    Returned,
    /// It ends up here.
    Sink,
}

impl StepKind {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Source => "it comes from here",
            Self::Bound => "it is kept in a name",
            Self::Given => "it is given to a function",
            Self::Returned => "it is returned",
            Self::Sink => "it ends up here",
        }
    }
}

/// A place in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    module: ModuleId,
    function: Option<FnId>,
    range: ByteRange,
}

/// A name of a function, or of the module itself.
type Bound = (ModuleId, Option<FnId>, Name);

/// Where values were handed on.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    bound: BTreeMap<Bound, Vec<(Spot, Labels)>>,
    given: BTreeMap<(FnId, usize), Vec<(Spot, Labels)>>,
    returned: BTreeMap<FnId, Vec<(Spot, Labels)>>,
}

fn note(into: &mut Vec<(Spot, Labels)>, spot: Spot, labels: Labels) {
    if let Some((_, known)) = into.iter_mut().find(|(known, _)| *known == spot) {
        *known |= labels;
    } else if into.len() < MOST_PLACES {
        into.push((spot, labels));
    }
}

impl Trace {
    /// The names of a target are bound to a value.
    pub(super) fn bind(
        &mut self,
        (module, function): (ModuleId, Option<FnId>),
        target: &Expr,
        value: ByteRange,
        labels: Labels,
    ) {
        if labels == 0 {
            return;
        }
        let spot = Spot {
            module,
            function,
            range: value,
        };
        for name in names_in(target) {
            let into = self.bound.entry((module, function, name.clone()));
            note(into.or_default(), spot, labels);
        }
    }

    /// A parameter is given a value.
    pub(super) fn give(
        &mut self,
        (module, function): (ModuleId, Option<FnId>),
        to: (FnId, usize),
        value: ByteRange,
        labels: Labels,
    ) {
        if labels != 0 {
            let spot = Spot {
                module,
                function,
                range: value,
            };
            note(self.given.entry(to).or_default(), spot, labels);
        }
    }

    /// A function gives a value back.
    pub(super) fn give_back(&mut self, function: FnId, value: ByteRange, labels: Labels) {
        if labels != 0 {
            let spot = Spot {
                module: function.module,
                function: Some(function),
                range: value,
            };
            note(self.returned.entry(function).or_default(), spot, labels);
        }
    }
}

impl Flow {
    /// The way on which something with one of these labels gets to an expression: its source first.
    pub fn path(
        &self,
        source: &Source,
        (module, function): (ModuleId, Option<FnId>),
        sink: &Expr,
        labels: Labels,
    ) -> Vec<Step> {
        let mut found = vec![Step {
            module,
            range: sink.range,
            kind: StepKind::Sink,
        }];
        let mut seen = BTreeSet::new();
        let mut at = Spot {
            module,
            function,
            range: sink.range,
        };
        while found.len() < MOST_STEPS && seen.insert(at) {
            let Some((next, kind)) = self.before(source, at, labels) else {
                break;
            };
            found.push(Step {
                module: next.module,
                range: next.range,
                kind,
            });
            at = next;
        }
        if found.len() > 1
            && let Some(last) = found.last_mut()
        {
            last.kind = StepKind::Source;
        }
        found.reverse();
        found
    }

    /// Where what an expression holds was before.
    fn before(&self, source: &Source, at: Spot, labels: Labels) -> Option<(Spot, StepKind)> {
        let body = source.body(at.module, at.function);
        let expr = expression_at(body, at.range)?;
        let carries = |inner: &&Expr| self.labels(at.module, inner) & labels != 0;
        // The innermost expressions that carry it: names, and calls of the project's functions.
        for inner in sub_expressions(expr).into_iter().filter(carries) {
            let found = match &inner.kind {
                ExprKind::Name(name) => self.of_name(source, at, name, inner.range, labels),
                ExprKind::Call(_) => source
                    .callee(at.module, inner)
                    .and_then(|callee| self.trace.returned.get(&callee))
                    .and_then(|places| pick(places, labels))
                    .map(|spot| (spot, StepKind::Returned)),
                _ => None,
            };
            if let Some((spot, kind)) = found
                && spot != at
            {
                return Some((spot, kind));
            }
        }
        None
    }

    fn of_name(
        &self,
        source: &Source,
        at: Spot,
        name: &Name,
        range: ByteRange,
        labels: Labels,
    ) -> Option<(Spot, StepKind)> {
        let mut function = at.function;
        loop {
            let bound = self.trace.bound.get(&(at.module, function, name.clone()));
            if let Some(places) = bound {
                // The last one before the use; in a loop one that comes after it.
                let before = places
                    .iter()
                    .filter(|(spot, of)| of & labels != 0 && spot.range.end <= range.start)
                    .max_by_key(|(spot, _)| spot.range.start);
                let spot = before
                    .map(|(spot, _)| *spot)
                    .or_else(|| pick(places, labels));
                if let Some(spot) = spot {
                    return Some((spot, StepKind::Bound));
                }
            }
            let id = function?;
            let about = source.function(id)?;
            let index = about.params.iter().position(|param| param.name == *name);
            if let Some(places) = index.and_then(|index| self.trace.given.get(&(id, index))) {
                return pick(places, labels).map(|spot| (spot, StepKind::Given));
            }
            function = Some(about.parent?);
        }
    }
}

fn pick(places: &[(Spot, Labels)], labels: Labels) -> Option<Spot> {
    places
        .iter()
        .find(|(_, of)| of & labels != 0)
        .map(|(spot, _)| *spot)
}
