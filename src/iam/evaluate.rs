//! The decision about one request, as IAM takes it.
//!
//! Order: an explicit Deny anywhere wins; a permissions boundary has to allow as well; identity or resource policy has to allow
//! (both across accounts); otherwise the request is denied implicitly.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use super::condition::RequestContext;
use super::document::{Clause, Document, Effect, Statement};
use super::glob::{Pattern, Reading};
use super::principal::Caller;
use super::role::{NamedPolicy, Role};
use super::truth::Truth;
use crate::model::known::Known;

/// A request to decide about.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The action, such as `bedrock:InvokeModel`.
    pub action: &'a str,
    /// The resource's ARN; a pattern asks about everything that it matches.
    pub resource: &'a str,
    /// What is known of the condition keys.
    pub context: &'a RequestContext,
}

/// The policies that decide.
#[derive(Clone, Debug, Default)]
pub struct Policies<'a> {
    /// The principal's own policies.
    pub identity: &'a [NamedPolicy],
    /// Its permissions boundary.
    pub boundary: Option<&'a NamedPolicy>,
    /// The resource's policy and who calls.
    pub resource: Option<ResourceSide<'a>>,
}

/// The resource's side of a decision.
#[derive(Clone, Debug)]
pub struct ResourceSide<'a> {
    /// The resource policy.
    pub document: &'a Document,
    /// Who calls.
    pub caller: Caller,
    /// The caller belongs to another account than the resource, so both sides have to allow.
    pub cross_account: bool,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Allowed.
    Allowed,
    /// A Deny statement matches.
    DeniedExplicitly,
    /// Nothing allows it, or the boundary does not.
    DeniedImplicitly,
    /// It depends on something that is not known.
    Unknown,
}

/// Which policy a statement is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The n-th of the principal's policies.
    Identity(usize),
    /// The permissions boundary.
    Boundary,
    /// The resource's policy.
    Resource,
}

/// A statement, found again by policy and place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementRef {
    /// Where the policy comes from.
    pub source: Source,
    /// The policy's name; empty for a resource policy.
    pub policy: String,
    /// The statement's place in it.
    pub index: usize,
    /// Its Sid or `#n`.
    pub statement: String,
}

/// The decision and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What was decided.
    pub verdict: Verdict,
    /// The statements that decided: the Deny, or the Allows of each side; those that might, where the verdict is `Unknown`.
    pub by: Vec<StatementRef>,
    /// False where an attached policy could not be read: it could hold another Allow or a Deny.
    pub complete: bool,
}

/// Whether a statement matches a request, its principal left aside.
pub fn statement_matches(statement: &Statement, request: &Request<'_>) -> Truth {
    let variable = |key: &str| request.context.variable(key);
    let read = |text: &str| {
        Pattern::with_variables(
            text,
            Reading {
                wildcards: true,
                fold_case: false,
            },
            &variable,
        )
    };
    let action = statement
        .action
        .compare(&Pattern::action(request.action), &|text| {
            Some(Pattern::action(text))
        });
    // Most statements are about other actions: their resources are not compared.
    if !action.possible() {
        return action;
    }
    let resource = match &statement.resource {
        Some(clause) => clause.compare(&Pattern::resource(request.resource), &read),
        None => Truth::True,
    };
    let matched = action.and(resource);
    if !matched.possible() {
        return matched;
    }
    Truth::all(
        statement
            .conditions
            .iter()
            .map(|condition| condition.evaluate(request.context)),
    )
    .and(matched)
}

/// What one policy says, and by which statements.
#[derive(Default)]
struct Side {
    allow: Vec<(Truth, StatementRef)>,
    deny: Vec<(Truth, StatementRef)>,
    unread: bool,
}

impl Side {
    fn add(
        &mut self,
        source: Source,
        name: &str,
        document: &Document,
        matches: &dyn Fn(&Statement) -> Truth,
    ) {
        for (index, statement) in document.statements.iter().enumerate() {
            let truth = matches(statement);
            if !truth.possible() {
                continue;
            }
            let found = StatementRef {
                source,
                policy: name.to_owned(),
                index,
                statement: statement.label.clone(),
            };
            match statement.effect {
                Effect::Allow => self.allow.push((truth, found)),
                Effect::Deny => self.deny.push((truth, found)),
            }
        }
    }

    fn add_policy(&mut self, source: Source, policy: &NamedPolicy, request: &Request<'_>) {
        match &policy.document {
            Known::Read(document) => {
                self.add(source, &policy.name, document, &|statement| {
                    statement_matches(statement, request)
                });
            }
            Known::Absent | Known::Unread(_) => self.unread = true,
        }
    }

    /// Whether this side allows; a policy that could not be read might.
    fn allows(&self) -> Truth {
        let found = Truth::any(self.allow.iter().map(|(truth, _)| *truth));
        if self.unread {
            found.or(Truth::Unknown)
        } else {
            found
        }
    }
}

/// The three sides of a decision.
struct Sides {
    identity: Side,
    boundary: Option<Side>,
    /// With true where both it and the identity have to allow.
    resource: Option<(Side, bool)>,
}

impl Sides {
    fn of(policies: &Policies<'_>, request: &Request<'_>) -> Self {
        let mut identity = Side::default();
        for (index, policy) in policies.identity.iter().enumerate() {
            identity.add_policy(Source::Identity(index), policy, request);
        }
        let boundary = policies.boundary.map(|policy| {
            let mut side = Side::default();
            side.add_policy(Source::Boundary, policy, request);
            side
        });
        let resource = policies.resource.as_ref().map(|resource| {
            let mut side = Side::default();
            side.add(Source::Resource, "", resource.document, &|statement| {
                let principal = statement.principal.as_ref();
                let caller =
                    principal.map_or(Truth::False, |clause| clause.compare(&resource.caller));
                caller.and(statement_matches(statement, request))
            });
            (side, resource.cross_account)
        });
        Self {
            identity,
            boundary,
            resource,
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Side> {
        let resource = self.resource.as_ref().map(|(side, _)| side);
        [Some(&self.identity), self.boundary.as_ref(), resource]
            .into_iter()
            .flatten()
    }

    /// Whether it is allowed, Deny statements left aside.
    fn allows(&self) -> Truth {
        let granted = match &self.resource {
            Some((side, true)) => self.identity.allows().and(side.allows()),
            Some((side, false)) => self.identity.allows().or(side.allows()),
            None => self.identity.allows(),
        };
        granted.and(self.boundary.as_ref().map_or(Truth::True, Side::allows))
    }
}

/// Decides a request.
pub fn decide(policies: &Policies<'_>, request: &Request<'_>) -> Decision {
    let sides = Sides::of(policies, request);
    let complete = sides.iter().all(|side| !side.unread);
    let pick = |denies: bool, wanted: Truth| -> Vec<StatementRef> {
        let found = sides
            .iter()
            .flat_map(|side| if denies { &side.deny } else { &side.allow });
        found
            .filter(|(truth, _)| *truth == wanted)
            .map(|(_, at)| at.clone())
            .collect()
    };
    let decision = |verdict, by| Decision {
        verdict,
        by,
        complete,
    };
    let denies = pick(true, Truth::True);
    if !denies.is_empty() {
        return decision(Verdict::DeniedExplicitly, denies);
    }
    let might_deny = pick(true, Truth::Unknown);
    match sides.allows() {
        Truth::False => decision(Verdict::DeniedImplicitly, Vec::new()),
        Truth::True if might_deny.is_empty() => {
            decision(Verdict::Allowed, pick(false, Truth::True))
        }
        Truth::True => decision(Verdict::Unknown, might_deny),
        Truth::Unknown => decision(Verdict::Unknown, pick(false, Truth::Unknown)),
    }
}

/// Decides a request of a role, without a resource policy.
pub fn decide_for(role: &Role, request: &Request<'_>) -> Decision {
    let policies = Policies {
        identity: &role.policies,
        boundary: role.boundary.as_ref(),
        resource: None,
    };
    decide(&policies, request)
}

/// Whether a statement takes in a whole action pattern, a part of it, or nothing of it.
pub(super) fn action_overlap(clause: &Clause, action: &Pattern) -> Truth {
    clause.compare(action, &|text| Some(Pattern::action(text)))
}

/// Whether a statement takes in a whole resource pattern, a part of it, or nothing of it.
pub(super) fn resource_overlap(clause: Option<&Clause>, resource: &Pattern) -> Truth {
    clause.map_or(Truth::True, |clause| {
        clause.compare(resource, &|text| Some(Pattern::resource(text)))
    })
}
