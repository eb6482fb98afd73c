//! What IAM's policy simulator is asked about live roles, and what it answered.

use std::collections::BTreeMap;

use super::answer::{Answer, Held, hold};
use super::{names, whole};
use crate::context::{Context, Layer, Place, RoleView};
use crate::iam::actions::Action;
use crate::iam::arn::Arn;
use crate::iam::glob::Pattern;
use crate::least_privilege::{self, Need, Subject, gateway};
use crate::model::aws::{Question, Simulation};
use crate::model::known::Known;

/// Most questions of a run. Each is a call, and IAM throttles early.
const MOST: usize = 48;

/// The questions for every live role, those that the policies read leave denied or open first.
pub(in crate::checks) fn questions(context: &Context) -> BTreeMap<String, Vec<Question>> {
    let mut asked: Vec<(u8, String, Question)> = Vec::new();
    let mut add = |layers: &[Layer<RoleView<'_>>], needs: &[Need]| {
        for layer in layers {
            let Some(arn) = own(context, &layer.value) else {
                continue;
            };
            for held in hold(context, &layer.value, needs) {
                let rank = match held.answer {
                    Answer::Denied(_) => 0,
                    Answer::Unread(_) | Answer::Open => 1,
                    Answer::Granted => 2,
                };
                ask(&mut asked, rank, arn, held.need);
            }
        }
    };
    for agent in context.project.agents() {
        let layers = whole(context.agent_roles(agent));
        if layers
            .iter()
            .any(|layer| own(context, &layer.value).is_some())
        {
            let names = names(context);
            let subject = Subject {
                context,
                agent,
                names,
            };
            add(&layers, &least_privilege::needs(&subject));
        }
    }
    let others = context.other_roles();
    for gateway in &context.project.gateways {
        let name = format!("gateway {}", gateway.name);
        let Some(owner) = others.iter().find(|role| role.resource.name == name) else {
            continue;
        };
        let needs = gateway::needs(context, gateway, &names(context));
        let needs: Vec<Need> = needs.into_iter().map(|need| need.need).collect();
        add(&owner.layers, &needs);
    }
    asked.sort_by_key(|(rank, ..)| *rank);
    asked.truncate(MOST);
    let mut questions: BTreeMap<String, Vec<Question>> = BTreeMap::new();
    for (_, role, question) in asked {
        questions.entry(role).or_default().push(question);
    }
    questions
}

/// The ARN of a live role of the account that is read.
fn own<'v>(context: &Context, view: &'v RoleView<'_>) -> Option<&'v str> {
    let Place::Live { arn } = &view.place else {
        return None;
    };
    let account = context.aws.read()?.account.as_deref()?;
    (Arn::parse(arn)?.account == account).then_some(arn)
}

/// Adds what a need asks for to the question about the same resource, or makes one.
fn ask(asked: &mut Vec<(u8, String, Question)>, rank: u8, role: &str, need: &Need) {
    let actions = need.actions.iter().filter(|action| is_exact(need, action));
    let actions: Vec<&String> = actions.collect();
    if actions.is_empty() {
        return;
    }
    let keys = keys(need);
    let same = asked.iter_mut().find(|(_, of, question)| {
        of == role && question.resource == need.resource && question.keys == keys
    });
    let (best, question) = match same {
        Some((best, _, question)) => (best, question),
        None => {
            let question = Question {
                actions: Vec::new(),
                resource: need.resource.clone(),
                keys,
            };
            asked.push((rank, role.to_owned(), question));
            match asked.last_mut() {
                Some((best, _, question)) => (best, question),
                None => return,
            }
        }
    };
    *best = rank.min(*best);
    for action in actions {
        if !question.actions.contains(action) {
            question.actions.push(action.clone());
        }
    }
}

/// What is asked of one resource: a pattern would be compared letter by letter.
fn is_exact(need: &Need, action: &str) -> bool {
    match need.resource.as_str() {
        "*" => Action::lookup(action).is_some_and(|known| !known.resource_types),
        resource => !Pattern::resource(resource).has_wildcard() && !resource.contains("${"),
    }
}

/// What every request carries, and this one.
fn keys(need: &Need) -> Vec<(String, String)> {
    let mut keys = vec![("aws:SecureTransport".to_owned(), "true".to_owned())];
    if let Some(region) = Arn::parse(&need.resource).map(|arn| arn.region)
        && !region.is_empty()
    {
        keys.push(("aws:RequestedRegion".to_owned(), region.to_owned()));
    }
    for (key, value) in &need.keys {
        keys.push(((*key).to_owned(), value.clone()));
    }
    keys
}

/// What the simulator answered for an action of a need.
pub(super) fn of<'c>(
    context: &'c Context,
    view: &RoleView<'_>,
    need: &Need,
    action: &str,
) -> Option<&'c Simulation> {
    let Place::Live { arn } = &view.place else {
        return None;
    };
    let state = context.aws.read()?;
    is_exact(need, action)
        .then(|| state.simulation(arn, action, &need.resource))
        .flatten()
}

/// What is known of the organization's policies, behind a message that something is allowed.
pub(super) fn words(context: &Context, view: &RoleView<'_>, held: &[Held<'_>]) -> String {
    let unread = "; what a service control policy of the organization denies was not read";
    let Place::Live { arn } = &view.place else {
        return unread.to_owned();
    };
    let answers = context
        .aws
        .read()
        .and_then(|state| state.simulations.get(arn));
    match answers {
        Some(Known::Read(_)) => {
            let answered = held.iter().filter(|held| {
                let mut actions = held.need.actions.iter();
                actions.any(|action| of(context, view, held.need, action).is_some())
            });
            format!(
                "; iam:SimulatePrincipalPolicy, which counts the organization's policies in, answered for {} of them",
                answered.count()
            )
        }
        Some(Known::Unread(reason)) => format!("{unread}: {}", reason.message),
        Some(Known::Absent) | None => unread.to_owned(),
    }
}
