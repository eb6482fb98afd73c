//! Whether a role allows what is used.

use super::simulated;
use crate::context::{Context, RoleView};
use crate::iam::actions::Action;
use crate::iam::arn::Arn;
use crate::iam::condition::RequestContext;
use crate::iam::evaluate::{Request, Source, StatementRef, Verdict, decide_for};
use crate::iam::glob::Pattern;
use crate::iam::reach::Reach;
use crate::iam::role::Role;
use crate::least_privilege::Need;
use crate::model::aws::{Decision, Simulation};
use crate::model::finding::Evidence;
use crate::model::known::{Known, ReasonCode, Unread};

/// A need beside what the role says to it.
pub(super) struct Held<'n> {
    pub(super) need: &'n Need,
    pub(super) answer: Answer,
}

impl Held<'_> {
    /// Whether it is surely needed and surely denied.
    pub(super) fn is_missing(&self) -> bool {
        self.answer.is_denied() && self.need.unsure.is_none()
    }
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
#[derive(Default)]
pub(super) struct Denial {
    /// The Deny statements; empty where nothing allows it.
    pub(super) by: Vec<StatementRef>,
    /// It is granted, but on an ARN, and the action has no resource types.
    pub(super) inert: bool,
    /// The identity's policies allow it, and the permissions boundary does not.
    pub(super) bounded: Option<String>,
    /// What IAM's policy simulator answered, where it was asked.
    pub(super) simulated: Option<Simulation>,
}

impl Answer {
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Self::Denied(_))
    }

    /// What is left of an answer beside that of the simulator. Keys that a policy asks for and that nobody knows leave it open,
    /// except for the organization's policies: those with conditions are not simulated.
    fn corrected(self, role: &Role, simulation: &Simulation) -> Self {
        let closed = simulation.by_organization == Some(false);
        if !closed && !simulation.missing_keys.is_empty() {
            return self;
        }
        if !closed && simulation.decision == Decision::Allowed {
            return Self::Granted;
        }
        let boundary = role.boundary.as_ref();
        let mut denial = match self {
            Self::Denied(denial) => denial,
            _ => Denial {
                bounded: boundary
                    .filter(|_| simulation.by_boundary == Some(false))
                    .map(|boundary| boundary.name.clone()),
                ..Denial::default()
            },
        };
        denial.simulated = Some(simulation.clone());
        Self::Denied(denial)
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

/// Asks a role for every need. What IAM's policy simulator answers counts for more than what is read of the policies.
pub(super) fn hold<'n>(context: &Context, view: &RoleView<'_>, needs: &'n [Need]) -> Vec<Held<'n>> {
    let (role, unread) = (&view.role, &view.unread);
    let reach = Reach::of(role);
    let one = |need: &'n Need| {
        if need.actions.is_empty() {
            // Only a role that allows everything surely allows what a model may choose.
            let keys = RequestContext::open();
            let everything = Request {
                action: "*",
                resource: "*",
                context: &keys,
            };
            let answer = match decide_for(role, &everything).verdict {
                Verdict::Allowed => Answer::Granted,
                _ => Answer::Denied(Denial::default()),
            };
            return Held { need, answer };
        }
        let answers = need.actions.iter().map(|action| {
            let answer = ask(role, &reach, unread, need, action);
            match simulated::of(context, view, need, action) {
                Some(simulation) => answer.corrected(role, simulation),
                None => answer,
            }
        });
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
        simulated: None,
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
        if actions.is_empty() {
            return format!("the calls of {by}");
        }
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
    /// A policy of the organization denies it, whatever the account's policies allow.
    pub(super) fn by_organization(&self) -> bool {
        let simulated = self.simulated.as_ref();
        simulated.is_some_and(|simulation| simulation.by_organization == Some(false))
    }

    /// No statement that allows it helps, as the simulator says.
    pub(super) fn is_closed(&self) -> bool {
        let explicit = |simulation: &Simulation| simulation.decision == Decision::ExplicitDeny;
        self.by_organization() || self.simulated.as_ref().is_some_and(explicit)
    }

    fn words(&self) -> String {
        if self.by_organization() {
            return ", which a service control policy of the organization denies (iam:SimulatePrincipalPolicy)".to_owned();
        }
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
        match self
            .simulated
            .as_ref()
            .map(|simulation| simulation.decision)
        {
            Some(Decision::ExplicitDeny) => {
                ", which a statement denies (iam:SimulatePrincipalPolicy)".to_owned()
            }
            Some(Decision::ImplicitDeny) => {
                ", which no statement allows (iam:SimulatePrincipalPolicy)".to_owned()
            }
            _ => String::new(),
        }
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
