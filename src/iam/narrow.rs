//! Narrows grants: a permissions boundary keeps what both allow, a Deny takes away what it covers.

use std::cell::Cell;

use super::actions;
use super::document::{Clause, Compiled, Statement};
use super::evaluate::{StatementRef, action_overlap, resource_overlap};
use super::glob::Pattern;
use super::reach::Grant;
use super::truth::Truth;

/// Most pairs of statements that are compared. Past it grants are left as they are, which says more than the role can do.
const MOST_PAIRS: usize = 1_000_000;

/// Most actions that are looked at for what two patterns share where neither contains the other, for one boundary: a pattern over all
/// services stands for some 20,000.
const MOST_LOOKS: usize = 400_000;

/// Keeps of each grant what one of the boundary's Allow statements allows too. False, and the grants as they were, where that is more
/// work than is done: what is left is then what there is at most.
#[must_use]
pub(super) fn keep_allowed<'a>(grants: &mut Vec<Grant<'a>>, boundary: &[&'a Statement]) -> bool {
    if grants.len().saturating_mul(boundary.len()) > MOST_PAIRS {
        return false;
    }
    let looks = Cell::new(0);
    let mut kept = Vec::new();
    for grant in grants.iter() {
        let mut parts = Vec::new();
        for statement in boundary {
            if looks.get() > MOST_LOOKS {
                return false;
            }
            let Some(part) = within(grant, statement, &looks) else {
                continue;
            };
            let whole = part.actions == grant.actions
                && part.resources == grant.resources
                && part.except_actions.len() == grant.except_actions.len()
                && part.except_resources.len() == grant.except_resources.len()
                && statement.conditions.is_empty();
            if whole {
                parts = vec![part];
                break;
            }
            parts.push(part);
        }
        kept.extend(parts);
    }
    *grants = kept;
    true
}

/// What a grant and a statement of the boundary both allow.
fn within<'a>(
    grant: &Grant<'a>,
    statement: &'a Statement,
    looks: &Cell<usize>,
) -> Option<Grant<'a>> {
    let mut part = grant.clone();
    match &statement.action {
        Clause::Only(allowed) => {
            let shared = |one: &str, two: &str| known_in_both(one, two, looks);
            part.actions = both(&grant.actions, allowed, &Pattern::action, &shared);
        }
        Clause::AllBut(excluded) => {
            part.actions.retain(|text| {
                action_overlap(&statement.action, &Pattern::action(text)).possible()
            });
            part.except_actions.extend(excluded.iter().cloned());
        }
    }
    match &statement.resource {
        Some(Clause::Only(allowed)) => {
            part.resources = both(&grant.resources, allowed, &Pattern::resource, &|one, _| {
                vec![one.to_owned()]
            });
        }
        Some(Clause::AllBut(excluded)) => {
            let clause = statement.resource.as_ref();
            part.resources
                .retain(|text| resource_overlap(clause, &Pattern::resource(text)).possible());
            part.except_resources.extend(excluded.iter().cloned());
        }
        None => {}
    }
    part.conditions.extend(&statement.conditions);
    (!part.actions.is_empty() && !part.resources.is_empty()).then_some(part)
}

/// The patterns for what two lists of patterns have in common; `partly` decides where neither of two contains the other.
fn both(
    ours: &[String],
    theirs: &[String],
    compile: &dyn Fn(&str) -> Pattern,
    partly: &dyn Fn(&str, &str) -> Vec<String>,
) -> Vec<String> {
    let theirs: Vec<(&String, Pattern)> = theirs.iter().map(|text| (text, compile(text))).collect();
    let mut common: Vec<String> = Vec::new();
    for text in ours {
        let pattern = compile(text);
        if theirs.iter().any(|(_, other)| other.covers(&pattern)) {
            common.push(text.clone());
            continue;
        }
        for (other_text, other) in &theirs {
            if pattern.covers(other) {
                common.push((*other_text).clone());
            } else if pattern.intersects(other) {
                common.extend(partly(text, other_text));
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    common.retain(|text| seen.insert(text.clone()));
    common
}

/// The known actions that two action patterns share; the first pattern where none is known.
fn known_in_both(one: &str, two: &str, looks: &Cell<usize>) -> Vec<String> {
    if looks.get() > MOST_LOOKS {
        // The caller gives up.
        return Vec::new();
    }
    looks.set(looks.get() + actions::count(one));
    let other = Pattern::action(two);
    let shared: Vec<String> = actions::expand(one)
        .into_iter()
        .filter(|action| other.matches(&action.name.to_ascii_lowercase()))
        .map(|action| action.name.clone())
        .collect();
    if shared.is_empty() {
        vec![one.to_owned()]
    } else {
        shared
    }
}

/// A Deny statement, read to be compared with many grants.
#[derive(Clone, Debug)]
pub(super) struct Deny {
    /// Where it stands.
    pub(super) at: StatementRef,
    actions: Compiled,
    /// `None` where the statement names no resource.
    resources: Option<Compiled>,
    /// It denies under a condition.
    pub(super) conditional: bool,
}

impl Deny {
    /// Reads a statement.
    pub(super) fn of(at: StatementRef, statement: &Statement) -> Self {
        let resources = statement.resource.as_ref();
        Self {
            at,
            actions: Compiled::of(&statement.action, Pattern::action),
            resources: resources.map(|clause| Compiled::of(clause, Pattern::resource)),
            conditional: !statement.conditions.is_empty(),
        }
    }

    /// Whether it takes in a whole action pattern, a part of it, or nothing of it.
    pub(super) fn on_action(&self, action: &Pattern) -> Truth {
        self.actions.compare(action)
    }

    /// Whether it takes in a whole resource pattern, a part of it, or nothing of it.
    pub(super) fn on_resource(&self, resource: &Pattern) -> Truth {
        let clause = self.resources.as_ref();
        clause.map_or(Truth::True, |clause| clause.compare(resource))
    }
}

/// Drops what an unconditional Deny covers whole, and notes on each grant the Denies that touch what is left.
pub(super) fn take_denied_away(grants: &mut Vec<Grant<'_>>, denies: &[Deny]) {
    if grants.len().saturating_mul(denies.len()) <= MOST_PAIRS {
        for grant in grants.iter_mut() {
            take_away(grant, denies);
        }
    }
    grants.retain(|grant| !grant.actions.is_empty() && !grant.resources.is_empty());
}

fn take_away(grant: &mut Grant<'_>, denies: &[Deny]) {
    if denies.is_empty() {
        return;
    }
    let read = |texts: &mut Vec<String>, read: fn(&str) -> Pattern| -> Vec<(String, Pattern)> {
        let pair = |text: String| {
            let pattern = read(&text);
            (text, pattern)
        };
        texts.drain(..).map(pair).collect()
    };
    let mut actions = read(&mut grant.actions, Pattern::action);
    let mut resources = read(&mut grant.resources, Pattern::resource);
    for deny in denies {
        let on_action = |pair: &(String, Pattern)| deny.on_action(&pair.1);
        let on_resource = |pair: &(String, Pattern)| deny.on_resource(&pair.1);
        if !Truth::any(actions.iter().map(on_action)).possible()
            || !Truth::any(resources.iter().map(on_resource)).possible()
        {
            continue;
        }
        if !deny.conditional {
            if Truth::all(resources.iter().map(on_resource)).holds() {
                actions.retain(|pair| !on_action(pair).holds());
            } else if Truth::all(actions.iter().map(on_action)).holds() {
                resources.retain(|pair| !on_resource(pair).holds());
            }
        }
        let left = actions.iter().any(|pair| on_action(pair).possible())
            && resources.iter().any(|pair| on_resource(pair).possible());
        if left {
            grant.restricted_by.push(deny.at.clone());
        }
    }
    grant
        .actions
        .extend(actions.into_iter().map(|(text, _)| text));
    grant
        .resources
        .extend(resources.into_iter().map(|(text, _)| text));
}
