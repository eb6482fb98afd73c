//! Whether a role allows what is used.

use crate::context::RoleView;
use crate::iam::actions::Action;
use crate::iam::arn::Arn;
use crate::iam::condition::RequestContext;
use crate::iam::evaluate::{Request, Source, StatementRef, Verdict, decide_for};
use crate::iam::glob::Pattern;
use crate::iam::reach::Reach;
use crate::iam::role::Role;
use crate::least_privilege::Need;
use crate::model::finding::Evidence;
use crate::model::known::{Known, ReasonCode, Unread};

/// A need beside what the role says to it.
pub(super) struct Held<'n> {
    pub(super) need: &'n Need,
    pub(super) answer: Answer,
}

/// What a role says.
pub(super) enum Answer {
    /// It is allowed.
    Granted,
    /// It is allowed on a part, under a condition, or on something that only the deploy names.
    Open,
    /// It surely is not.
    Denied(Denial),
    /// A policy that could not be read decides.
    Unread(Unread),
}

/// Why something is denied.
pub(super) struct Denial {
    /// The Deny statements; empty where nothing allows it.
    pub(super) by: Vec<StatementRef>,
    /// It is granted, but on an ARN, and the action has no resource types.
    pub(super) inert: bool,
    /// The identity's policies allow it, and the permissions boundary does not.
    pub(super) bounded: Option<String>,
}

impl Answer {
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Self::Denied(_))
    }

    /// The better of two, where either action is enough.
    fn or(self, other: Self) -> Self {
        let rank = |answer: &Self| match answer {
            Self::Granted => 0,
            Self::Open => 1,
            Self::Unread(_) => 2,
            Self::Denied(_) => 3,
        };
        if rank(&other) < rank(&self) {
            other
        } else {
            self
        }
    }
}

/// Asks a role for every need.
pub(super) fn hold<'n>(role: &Role, unread: &[Unread], needs: &'n [Need]) -> Vec<Held<'n>> {
    let reach = Reach::of(role);
    let one = |need: &'n Need| {
        let answers = need
            .actions
            .iter()
            .map(|action| ask(role, &reach, unread, need, action));
        let answer = answers.reduce(Answer::or).unwrap_or(Answer::Granted);
        Held { need, answer }
    };
    needs.iter().map(one).collect()
}

fn ask(role: &Role, reach: &Reach<'_>, unread: &[Unread], need: &Need, action: &str) -> Answer {
    let keys = request(need);
    let request = Request {
        action,
        resource: &need.resource,
        context: &keys,
    };
    let decision = decide_for(role, &request);
    let denial = |inert| Denial {
        by: if inert {
            Vec::new()
        } else {
            decision.by.clone()
        },
        inert,
        bounded: bounded(role, &request),
    };
    match decision.verdict {
        Verdict::Allowed => Answer::Granted,
        Verdict::DeniedExplicitly => Answer::Denied(denial(false)),
        // A policy that could not be attached from a file may allow it.
        Verdict::DeniedImplicitly => match unread.first() {
            Some(reason) => Answer::Unread(reason.clone()),
            None => Answer::Denied(denial(false)),
        },
        Verdict::Unknown if !decision.complete => {
            let policies = role.policies.iter().chain(&role.boundary);
            let mut reasons = policies.filter_map(|policy| match &policy.document {
                Known::Read(_) => None,
                Known::Unread(reason) => Some(reason.clone()),
                Known::Absent => {
                    let message = format!("policy {} was not read", policy.name);
                    Some(Unread::new(ReasonCode::Absent, message).action("iam:GetPolicyVersion"))
                }
            });
            reasons.next().map_or(Answer::Open, Answer::Unread)
        }
        Verdict::Unknown => {
            let unscoped = Action::lookup(action).is_some_and(|known| !known.resource_types);
            let grants = reach.of_action(action);
            if unscoped && need.resource == "*" && grants.iter().all(|grant| grant.inert) {
                return Answer::Denied(denial(true));
            }
            Answer::Open
        }
    }
}

/// The name of a boundary that alone is in the way.
fn bounded(role: &Role, request: &Request<'_>) -> Option<String> {
    let boundary = role.boundary.as_ref()?;
    let free = Role {
        boundary: None,
        ..role.clone()
    };
    let without = decide_for(&free, request).verdict;
    matches!(without, Verdict::Allowed | Verdict::Unknown).then(|| boundary.name.clone())
}

/// What is known of a request.
fn request(need: &Need) -> RequestContext {
    let mut context = RequestContext::open().with("aws:SecureTransport", "true");
    if let Some(arn) = Arn::parse(&need.resource)
        && !arn.region.is_empty()
        && !Pattern::resource(arn.region).has_wildcard()
    {
        context = context.with("aws:RequestedRegion", arn.region);
    }
    for (key, value) in &need.keys {
        context = context.with(key, value.as_str());
    }
    context
}

impl Held<'_> {
    /// What is missing, in words: action, resource, why, and what uses it.
    pub(super) fn words(&self) -> String {
        let Need {
            actions,
            resource,
            by,
            ..
        } = self.need;
        let action = actions.join(" or ");
        let on = if resource == "*" {
            String::new()
        } else {
            format!(" on {resource}")
        };
        let why = match &self.answer {
            Answer::Denied(denial) => denial.words(),
            _ => String::new(),
        };
        format!("{action}{on} ({by}){why}")
    }
}

impl Denial {
    fn words(&self) -> String {
        if let Some(at) = self.by.first() {
            return format!(", which statement {} of {} denies", at.statement, at.policy);
        }
        if let Some(boundary) = &self.bounded {
            return format!(", which the permissions boundary {boundary} does not allow");
        }
        if self.inert {
            return ", which is granted on an ARN although the action has no resource types"
                .to_owned();
        }
        String::new()
    }
}

/// The evidence for a statement of a role.
pub(super) fn statement(role: &RoleView<'_>, at: &StatementRef) -> Option<Evidence> {
    let policy = match at.source {
        Source::Identity(index) => role.role.policies.get(index)?,
        Source::Boundary => role.role.boundary.as_ref()?,
        Source::Resource => return None,
    };
    let statement = policy.document.read()?.statements.get(at.index)?;
    Some(role.at(Some(policy), statement).note("denies it"))
}
