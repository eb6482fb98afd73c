//! What a role can reach: its Allow statements narrowed by boundary and Deny, and the questions that checks ask of them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::actions::{self, Action};
use super::arn::{Breadth, breadth};
use super::condition::Condition;
use super::document::{Clause, Document, Effect, Statement};
use super::evaluate::{Source, StatementRef};
use super::glob::Pattern;
use super::narrow::{self, Deny};
use super::role::{NamedPolicy, Role};
use crate::model::known::{Known, ReasonCode, Unread};

/// An Allow statement as far as boundary and Deny leave it.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    /// The policy that grants.
    pub policy: &'a NamedPolicy,
    /// The statement that grants.
    pub statement: &'a Statement,
    /// Action patterns that are granted; `*` for `NotAction`.
    pub actions: Vec<String>,
    /// Action patterns that are not, for `NotAction`.
    pub except_actions: Vec<String>,
    /// Resource patterns that are granted; `*` for `NotResource`.
    pub resources: Vec<String>,
    /// Resource patterns that are not, for `NotResource`.
    pub except_resources: Vec<String>,
    /// Conditions of the statement and of the boundary's statement.
    pub conditions: Vec<&'a Condition>,
    /// Deny statements that take a part away, or may under a condition.
    pub restricted_by: Vec<StatementRef>,
}

/// How a grant takes in an action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// It is named.
    Name,
    /// By this pattern, as written in the policy.
    Wildcard(String),
    /// By `NotAction`.
    NotAction,
}

/// One action that a grant allows, with the resources it is allowed on.
#[derive(Clone, Debug)]
pub struct ActionGrant<'r, 'a> {
    /// The grant.
    pub grant: &'r Grant<'a>,
    /// How the grant takes it in.
    pub via: Via,
    /// Resource patterns that can be resources of the action and that no Deny takes away.
    pub resources: Vec<String>,
    /// The action has no resource types and none of the resources is `*`, so IAM never applies the grant.
    pub inert: bool,
}

/// A change that is granted on too much.
#[derive(Clone, Debug)]
pub struct BroadGrant<'r, 'a> {
    /// The grant of the action.
    pub grant: ActionGrant<'r, 'a>,
    /// The known action.
    pub action: &'static Action,
}

/// What a role can reach.
#[derive(Clone, Debug)]
pub struct Reach<'a> {
    /// The grants that are left.
    pub grants: Vec<Grant<'a>>,
    /// Policies that are attached but could not be read: there may be more grants and more Denies.
    pub unread: Vec<(&'a NamedPolicy, Option<&'a Unread>)>,
    /// The boundary, where it could not be read or is more work than is done: the grants are then what there is at most.
    pub boundary_unread: Option<&'a NamedPolicy>,
    denies: Vec<Deny>,
}

/// How many pairs of an action and a resource are judged in one role: ten statements that allow everything, or any number of
/// statements that IAM's limits on the size of policies let a role have.
const MOST_WORK: usize = 200_000;

/// The statements that are left when the work is spent.
static BEYOND: LazyLock<Unread> = LazyLock::new(|| {
    Unread::new(
        ReasonCode::Limit,
        "the role has more statements than are judged",
    )
});

/// How many pairs of what is allowed and a pattern of a Deny are compared in one role.
const MOST_PAIRS: usize = 8_000_000;

/// What judging the statements of a role costs.
#[derive(Default)]
struct Work {
    /// Pairs of an action and a resource of all statements.
    all: usize,
    /// The same of what is allowed.
    allowed: usize,
    /// Patterns that are denied.
    denied: usize,
}

impl Work {
    /// Counts a statement; false where it is too much.
    fn has_room_for(&mut self, statement: &Statement) -> bool {
        let weight = weight(statement);
        self.all = self.all.saturating_add(weight);
        match statement.effect {
            Effect::Allow => self.allowed = self.allowed.saturating_add(weight),
            Effect::Deny => {
                let resource = statement.resource.as_ref();
                let resources = resource.map_or(0, |clause| clause.patterns().len());
                self.denied += statement.action.patterns().len() + resources;
            }
        }
        self.all <= MOST_WORK && self.allowed.saturating_mul(self.denied) <= MOST_PAIRS
    }
}

/// How many pairs of an action and a resource a statement may stand for.
fn weight(statement: &Statement) -> usize {
    /// About how many actions there are, and how many of one service.
    const ALL: usize = 20_000;
    const OF_ONE: usize = 200;
    let actions: usize = match &statement.action {
        Clause::Only(patterns) => patterns
            .iter()
            .map(|pattern| match pattern.split_once(':') {
                Some((service, name)) if !service.contains('*') => {
                    if name.contains('*') {
                        OF_ONE
                    } else {
                        1
                    }
                }
                _ => ALL,
            })
            .sum(),
        Clause::AllBut(_) => ALL,
    };
    let resources = statement
        .resource
        .as_ref()
        .map_or(1, |clause| clause.patterns().len());
    actions.saturating_mul(resources.max(1))
}

impl<'a> Reach<'a> {
    /// Collects what a role can reach.
    pub fn of(role: &'a Role) -> Self {
        let mut reach = Self {
            grants: Vec::new(),
            unread: Vec::new(),
            boundary_unread: None,
            denies: Vec::new(),
        };
        let mut work = Work::default();
        for (index, policy) in role.policies.iter().enumerate() {
            match &policy.document {
                Known::Read(document) => {
                    let whole = reach.add(Source::Identity(index), policy, document, &mut work);
                    if !whole {
                        reach.unread.push((policy, Some(&BEYOND)));
                    }
                }
                Known::Absent => reach.unread.push((policy, None)),
                Known::Unread(reason) => reach.unread.push((policy, Some(reason))),
            }
        }
        if let Some(boundary) = &role.boundary {
            match &boundary.document {
                Known::Read(document) => reach.bound(boundary, document),
                Known::Absent | Known::Unread(_) => reach.boundary_unread = Some(boundary),
            }
        }
        narrow::take_denied_away(&mut reach.grants, &reach.denies);
        reach
    }

    /// Adds the statements of a policy; false where there are more than are judged.
    fn add(
        &mut self,
        source: Source,
        policy: &'a NamedPolicy,
        document: &'a Document,
        work: &mut Work,
    ) -> bool {
        for (index, statement) in document.statements.iter().enumerate() {
            if !work.has_room_for(statement) {
                return false;
            }
            let at = StatementRef {
                source,
                policy: policy.name.clone(),
                index,
                statement: statement.label.clone(),
            };
            match statement.effect {
                Effect::Allow => self.grants.push(Grant::of(policy, statement)),
                Effect::Deny => self.denies.push(Deny::of(at, statement)),
            }
        }
        true
    }

    fn bound(&mut self, boundary: &'a NamedPolicy, document: &'a Document) {
        for (index, statement) in document.statements.iter().enumerate() {
            if statement.effect == Effect::Deny {
                let (source, policy) = (Source::Boundary, boundary.name.clone());
                let at = StatementRef {
                    source,
                    policy,
                    index,
                    statement: statement.label.clone(),
                };
                self.denies.push(Deny::of(at, statement));
            }
        }
        let allows = document
            .statements
            .iter()
            .filter(|statement| statement.effect == Effect::Allow);
        if !narrow::keep_allowed(&mut self.grants, &allows.collect::<Vec<_>>()) {
            self.boundary_unread = Some(boundary);
        }
    }

    /// True where every policy and the boundary were read.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty() && self.boundary_unread.is_none()
    }

    /// The grants that let an action be used, with the resource patterns it may be used on.
    pub fn of_action(&self, action: &str) -> Vec<ActionGrant<'_, 'a>> {
        let wanted = Pattern::action(action);
        self.grants
            .iter()
            .filter_map(|grant| self.action_grant(grant, action, &wanted))
            .collect()
    }

    /// Changing actions that support resource types, granted on resource patterns at least as wide as `at_least`.
    pub fn broad_changes(&self, at_least: Breadth) -> Vec<BroadGrant<'_, 'a>> {
        self.broad(at_least, &|action| {
            action.level.changes() && action.resource_types
        })
    }

    fn broad(
        &self,
        at_least: Breadth,
        wanted: &dyn Fn(&Action) -> bool,
    ) -> Vec<BroadGrant<'_, 'a>> {
        let mut found = Vec::new();
        for grant in &self.grants {
            if !grant
                .resources
                .iter()
                .any(|resource| breadth(resource) >= at_least)
            {
                continue;
            }
            let mut actions: Vec<&'static Action> = grant
                .actions
                .iter()
                .flat_map(|pattern| actions::expand(pattern))
                .filter(|one| wanted(one))
                .collect();
            actions.sort_by(|one, two| one.name.cmp(&two.name));
            actions.dedup_by(|one, two| one.name == two.name);
            for action in actions {
                let wanted = Pattern::action(&action.name);
                let Some(mut grant) = self.action_grant(grant, &action.name, &wanted) else {
                    continue;
                };
                grant
                    .resources
                    .retain(|resource| breadth(resource) >= at_least);
                if !grant.resources.is_empty() {
                    found.push(BroadGrant { grant, action });
                }
            }
        }
        found
    }

    fn action_grant<'r>(
        &'r self,
        grant: &'r Grant<'a>,
        action: &str,
        wanted: &Pattern,
    ) -> Option<ActionGrant<'r, 'a>> {
        let via = grant.via(action, wanted)?;
        let mut resources: Vec<(&String, Pattern)> = grant
            .resources
            .iter()
            .filter(|resource| actions::applies_to(action, resource))
            .map(|text| (text, Pattern::resource(text)))
            .collect();
        for deny in self.denies.iter().filter(|deny| !deny.conditional) {
            if deny.on_action(wanted).holds() {
                resources.retain(|(_, pattern)| !deny.on_resource(pattern).holds());
            }
        }
        if resources.is_empty() {
            return None;
        }
        let unscoped = Action::lookup(action).is_some_and(|known| !known.resource_types);
        let inert = unscoped && !resources.iter().any(|(_, pattern)| pattern.is_everything());
        Some(ActionGrant {
            grant,
            via,
            resources: resources
                .into_iter()
                .map(|(text, _)| text.clone())
                .collect(),
            inert,
        })
    }
}

/// False where a pattern's letters before its first wildcard are not those of the action: most patterns are told so without being
/// compiled.
fn may_cover(pattern: &str, action: &str) -> bool {
    if !action.is_ascii() {
        return true;
    }
    let mut letters = action.bytes();
    for byte in pattern.bytes() {
        if matches!(byte, b'*' | b'?' | b'$') || !byte.is_ascii() {
            return true;
        }
        if !letters
            .next()
            .is_some_and(|letter| letter.eq_ignore_ascii_case(&byte))
        {
            return false;
        }
    }
    letters.next().is_none()
}

impl<'a> Grant<'a> {
    fn of(policy: &'a NamedPolicy, statement: &'a Statement) -> Self {
        let split = |clause: Option<&Clause>| match clause {
            Some(Clause::Only(patterns)) => (patterns.clone(), Vec::new()),
            Some(Clause::AllBut(patterns)) => (vec!["*".to_owned()], patterns.clone()),
            None => (vec!["*".to_owned()], Vec::new()),
        };
        let (actions, except_actions) = split(Some(&statement.action));
        let (resources, except_resources) = split(statement.resource.as_ref());
        let conditions = statement.conditions.iter().collect();
        let restricted_by = Vec::new();
        Self {
            policy,
            statement,
            actions,
            except_actions,
            resources,
            except_resources,
            conditions,
            restricted_by,
        }
    }

    /// How the grant takes in an action, `None` where it does not.
    fn via(&self, name: &str, action: &Pattern) -> Option<Via> {
        if self
            .except_actions
            .iter()
            .any(|text| Pattern::action(text).intersects(action))
        {
            return None;
        }
        let covering = self
            .actions
            .iter()
            .filter(|text| may_cover(text, name) && Pattern::action(text).covers(action));
        covering
            .map(
                |text| match (&self.statement.action, Pattern::action(text).has_wildcard()) {
                    (_, false) => Via::Name,
                    (Clause::AllBut(_), true) => Via::NotAction,
                    (Clause::Only(_), true) => Via::Wildcard(text.clone()),
                },
            )
            .min()
    }

    /// The services that are granted as a whole (`s3` for `s3:*`; `*` for every service), sorted. `NotAction` counts as `*`.
    pub fn whole_services(&self) -> Vec<&str> {
        let whole = self.actions.iter().filter_map(|text| {
            let (pattern, service) = (Pattern::action(text), actions::service_of(text));
            if pattern.covers(&Pattern::action("*:*")) {
                return Some("*");
            }
            pattern
                .covers(&Pattern::action(&format!("{service}:*")))
                .then_some(service)
        });
        whole.collect::<BTreeSet<_>>().into_iter().collect()
    }
}
