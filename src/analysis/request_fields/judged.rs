//! Which tests stand on every way of a field to what it reaches.

use std::collections::BTreeMap;

use crate::analysis::dataflow::{Flow, Labels};
use crate::model::source::{FnId, Source};

use super::fields::{Kind, at};
use super::kinds::kind_of;
use super::payload::Payload;
use super::reach::{ADDRESS, Reach, Targets, sinks};
use super::tested::{Fact, Tested};

/// The tests that some field can need.
pub(super) fn facts(
    names: &[String],
    expects: &[Tested],
    defaults: &BTreeMap<usize, Kind>,
    stored: Labels,
) -> Vec<Fact> {
    let holds = |wanted: Kind| {
        names
            .iter()
            .zip(expects)
            .enumerate()
            .any(|(bit, (name, expects))| {
                let default = defaults.get(&bit).copied();
                kind_of(name, default, expects, stored & 1 << bit != 0) == wanted
            })
    };
    let mut facts = vec![Fact::Typed, Fact::Text, Fact::Bounded];
    if expects.iter().any(|expects| expects.flag) {
        facts.push(Fact::Flag);
    }
    if expects.iter().any(|expects| expects.sized) {
        facts.push(Fact::Sized);
    }
    if holds(Kind::Number) {
        facts.push(Fact::Ranged);
    }
    if holds(Kind::Id) {
        facts.push(Fact::Formatted);
    }
    facts
}

/// What still reaches something once each kind of test ends the way of what it vouches for.
pub(super) struct Judged {
    pub(super) facts: Vec<(Fact, Flow, Labels)>,
    /// Labels that reach an agent as they are, and may be lists or objects there.
    pub(super) structured: Labels,
    pub(super) raw: Flow,
    /// Labels that reach the host of a call untested.
    pub(super) hosts: Labels,
}

impl Judged {
    pub(super) fn new(
        source: &Source,
        function: FnId,
        seeds: &mut Payload<'_>,
        (reached, wanted): (&[Reach<'_>], &[Fact]),
        tools: &Targets,
    ) -> Self {
        let mut facts = Vec::new();
        let mut hosts = 0;
        for &fact in wanted {
            seeds.fact = Some(fact);
            let flow = Flow::run(source, function, seeds);
            let (called, others): (Vec<_>, Vec<_>) = sinks(source, &flow, tools)
                .into_iter()
                .partition(|reach| reach.what == ADDRESS);
            let all = |some: &[Reach<'_>]| some.iter().fold(0, |all, reach| all | reach.labels);
            let left = all(&others);
            if fact == Fact::Formatted {
                hosts = all(&called);
            }
            facts.push((fact, flow, left));
        }
        seeds.structure = true;
        seeds.fact = Some(Fact::Text);
        let raw = Flow::run(source, function, seeds);
        let structured = reached
            .iter()
            .flat_map(|reach| &reach.as_they_are)
            .fold(0, |all, (module, range)| all | at(&raw, *module, *range));
        Self {
            facts,
            structured,
            raw,
            hosts,
        }
    }

    /// Notes what is tested of a label on every way.
    pub(super) fn put(&self, mask: Labels, tested: &mut Tested) {
        for (fact, _, left) in &self.facts {
            if left & mask == 0 {
                fact.put(tested);
            }
        }
    }
}
