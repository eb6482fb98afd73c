//! `iam-missing-permissions`: The roles allow what agents and gateways surely use.

mod answer;
mod fix;
mod simulated;

use std::collections::{BTreeSet, HashSet};

use self::answer::{Answer, Held, hold};
pub(in crate::checks) use self::simulated::questions;
use super::roles::unread_role_of;
use crate::checks::judge::{Problem, judge};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need as Reads};
use crate::context::{Context, Layer, Origin, RoleView};
use crate::least_privilege::{self, Need, Subject, gateway};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, ResourceType, Severity, Status};
use crate::model::known::{ReasonCode, Unread};
use crate::model::predicted_role::Names;
use crate::model::project::{Agent, Gateway};
use crate::stack;

pub(super) static CHECK: Check = Check {
    id: "iam-missing-permissions",
    title: "Execution and gateway roles allow what is used",
    category: Category::Iam,
    severity: Severity::High,
    needs: &[Reads::Config, Reads::Code, Reads::Template, Reads::Aws],
    page: include_str!("iam_missing_permissions.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-permissions.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway-prerequisites-permissions.html",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = context
        .project
        .agents()
        .map(|agent| of_agent(context, agent))
        .collect();
    let gateways = context.project.gateways.iter();
    outcomes.extend(gateways.filter_map(|gateway| of_gateway(context, gateway)));
    if outcomes.is_empty() {
        let message = "no runtime, harness or gateway is configured";
        outcomes.push(unconfigured(
            context,
            &[Listed::Agent, Listed::Gateway],
            message,
        ));
    }
    outcomes
}

/// Names for the ARNs of what is used; a part that is not known may be anything.
fn names(context: &Context) -> Names {
    let mut names = context.names();
    let target = context.target.as_ref();
    if target.and_then(|target| target.region.as_ref()).is_none() {
        "*".clone_into(&mut names.region);
        "*".clone_into(&mut names.partition);
    }
    if target.and_then(|target| target.account.as_ref()).is_none() {
        "*".clone_into(&mut names.account);
    }
    names
}

fn of_agent(context: &Context, agent: Agent<'_>) -> Outcome {
    let subject = Subject {
        context,
        agent,
        names: names(context),
    };
    let needs = least_privilege::needs(&subject);
    let layers = whole(context.agent_roles(agent));
    if layers.iter().all(|layer| layer.origin == Origin::Config) {
        return unread_role_of(context, agent, "iam:GetRolePolicy");
    }
    // What the code calls beside what was read nobody knows.
    let code =
        agent
            .runtime()
            .and_then(|runtime| match crate::context::code::of(context, runtime) {
                Ok(code) => code
                    .unread()
                    .or_else(|| crate::context::absent_code::of(context, &code)),
                Err(reason) => Some(reason),
            });
    let unread = context.live_role_unread(agent).or(code);
    let fixes =
        |role: &RoleView<'_>, missing: &[&Held<'_>]| fix::of_agent(context, agent, role, missing);
    Judged {
        context,
        resource: agent.resource(),
        named: agent.resource().to_string(),
        needs: &needs,
        layers: &layers,
        unread,
        fixes: &fixes,
    }
    .outcome()
}

/// Grants what an agent surely uses and the role that the CLI makes does not allow once some of `additionalPolicies` are gone. `None`
/// where nothing is missing then.
pub(super) fn after_removal(context: &Context, agent: Agent<'_>, gone: &[&str]) -> Option<Fix> {
    let rules = stack::rules(context).cloned().unwrap_or_default();
    let mut layer = context.agent_role_under(agent, &rules)?;
    let layers = context.agent_roles(agent).into_iter();
    for added in layers.filter(|layer| layer.origin == Origin::Config) {
        let policies = added.value.role.policies.into_iter();
        let kept = policies.filter(|policy| !gone.contains(&policy.name.as_str()));
        layer.value.role.policies.extend(kept);
        layer.value.unread.extend(added.value.unread);
    }
    let subject = Subject {
        context,
        agent,
        names: names(context),
    };
    let needs = least_privilege::needs(&subject);
    let held = hold(context, &layer.value, &needs);
    let missing: Vec<&Held<'_>> = held.iter().filter(|one| one.is_missing()).collect();
    if missing.is_empty() {
        return None;
    }
    let fixes = fix::of_agent(context, agent, &layer.value, &missing);
    fixes.into_iter().next()
}

/// The construct adds `additionalPolicies` to the role that it makes: both are one role.
fn whole(layers: Vec<Layer<RoleView<'_>>>) -> Vec<Layer<RoleView<'_>>> {
    let (added, mut rest): (Vec<_>, Vec<_>) = layers
        .into_iter()
        .partition(|layer| layer.origin == Origin::Config);
    for layer in &mut rest {
        // A deployed role has them already, or gets them by the next deploy.
        for more in &added {
            layer
                .value
                .role
                .policies
                .extend(more.value.role.policies.iter().cloned());
            layer.value.unread.extend(more.value.unread.iter().cloned());
        }
    }
    if rest.is_empty() { added } else { rest }
}

/// `None` for a gateway whose role needs nothing.
fn of_gateway(context: &Context, gateway: &Gateway) -> Option<Outcome> {
    let all = gateway::needs(context, gateway, &names(context));
    if all.is_empty() {
        return None;
    }
    let name = format!("gateway {}", gateway.name);
    let mut roles = context.other_roles().into_iter();
    let Some(owner) = roles.find(|role| role.resource.name == name) else {
        let arn = gateway.execution_role_arn.as_ref()?;
        let unread = context.unread(
            &format!("the role {} was not read", arn.value),
            "iam:GetRolePolicy",
        );
        let resource = Resource::new(ResourceType::Role, name);
        return Some(Outcome::skipped(resource, unread).evidence(Evidence::config(&arn.site)));
    };
    let predicted = owner.brought.is_none()
        && owner
            .layers
            .iter()
            .all(|layer| layer.origin == Origin::Predicted);
    let needs: Vec<Need> = all
        .into_iter()
        .filter(|need| !(predicted && need.by_construct))
        .map(|need| need.need)
        .collect();
    let brought = owner.brought.is_some();
    let fixes = |role: &RoleView<'_>, missing: &[&Held<'_>]| {
        fix::of_gateway(context, gateway, brought, role, missing)
    };
    Some(
        Judged {
            context,
            resource: owner.resource.clone(),
            named: name,
            needs: &needs,
            layers: &owner.layers,
            unread: owner.unread.clone(),
            fixes: &fixes,
        }
        .outcome(),
    )
}

/// One role in all its sources, and what is held against it.
struct Judged<'j, 'a> {
    context: &'a Context,
    resource: Resource,
    named: String,
    needs: &'j [Need],
    layers: &'j [Layer<RoleView<'a>>],
    unread: Option<Unread>,
    fixes: &'j dyn Fn(&RoleView<'_>, &[&Held<'_>]) -> Vec<crate::model::finding::Fix>,
}

impl Judged<'_, '_> {
    fn outcome(self) -> Outcome {
        let context = self.context;
        let (mut doubtful, mut unread) = (Vec::new(), self.unread.clone());
        let unread_role = || context.unread("the role was not read", "iam:GetRolePolicy");
        let mut outcome = judge(self.resource.clone(), self.layers, unread_role, |layer| {
            let held = hold(context, &layer.value, self.needs);
            let missing: Vec<&Held<'_>> = held.iter().filter(|one| one.is_missing()).collect();
            if missing.is_empty() || self.may_be_added(layer) || self.is_added_elsewhere(layer) {
                return Ok(self.fine(layer, &held));
            }
            Err(self.problem(layer, &missing, &doubtful_of(&held)))
        });
        if outcome.status == Status::Fail {
            return outcome;
        }
        if let Some(manual) = self.added_elsewhere() {
            return manual;
        }
        for layer in self.layers {
            let held = hold(self.context, &layer.value, self.needs);
            for one in held {
                match &one.answer {
                    Answer::Denied(_) if one.need.unsure.is_none() => {
                        let reason = self.added_reason(layer);
                        unread = unread.or(Some(reason));
                    }
                    Answer::Denied(_) => {
                        doubtful.push((one.need.clone(), one.words(), layer.evidence.clone()))
                    }
                    Answer::Unread(reason) => unread = unread.or_else(|| Some(reason.clone())),
                    Answer::Granted | Answer::Open => {}
                }
            }
            unread = unread.or_else(|| layer.value.unread.first().cloned());
        }
        if let Some(reason) = unread {
            return Outcome::skipped(self.resource, reason);
        }
        if let Some((need, ..)) = doubtful.first() {
            let why = need.unsure.clone().unwrap_or_default();
            let mut texts: Vec<String> = Vec::new();
            for (need, text, _) in &doubtful {
                let text = format!("{text}: {}", need.unsure.as_deref().unwrap_or_default());
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
            let title = self
                .layers
                .first()
                .map_or("the role of", |layer| layer.value.title.as_str());
            let message = format!(
                "{title} {} may lack what it uses: {}",
                self.named,
                texts.join("; ")
            );
            let reason = Unread::new(ReasonCode::Unsupported, why);
            let mut places: Vec<Evidence> = Vec::new();
            for (need, ..) in &doubtful {
                if !places.contains(&need.evidence) {
                    places.push(need.evidence.clone());
                }
            }
            return Outcome::manual(self.resource, message, reason).evidences(places);
        }
        if self.needs.is_empty() && outcome.status == Status::Pass {
            outcome.message = format!(
                "{} needs nothing that the CLI does not grant to the role that it makes",
                self.named
            );
        }
        outcome
    }

    /// What the project's own code in `agentcore/cdk` adds is not in a predicted role.
    fn may_be_added(&self, layer: &Layer<RoleView<'_>>) -> bool {
        layer.origin == Origin::Predicted && !self.context.project.cdk_grants.is_empty()
    }

    fn added_reason(&self, layer: &Layer<RoleView<'_>>) -> Unread {
        let message = format!(
            "{} {} lacks something that is used, and the project's own code in agentcore/cdk adds permissions that only the synthesized template shows",
            layer.value.title, self.named
        );
        Unread::new(ReasonCode::Absent, message).command("agentcore deploy --dry-run")
    }

    /// What other infrastructure code or a script attaches to the role is not in a predicted one.
    fn is_added_elsewhere(&self, layer: &Layer<RoleView<'_>>) -> bool {
        layer.origin == Origin::Predicted && !self.context.files.contents.role_grants.is_empty()
    }

    /// Names what the predicted role lacks, where something in the repository may have added it.
    fn added_elsewhere(&self) -> Option<Outcome> {
        let layer = self
            .layers
            .iter()
            .find(|layer| layer.origin == Origin::Predicted && !self.may_be_added(layer))?;
        let held = hold(self.context, &layer.value, self.needs);
        let missing: Vec<&Held<'_>> = held.iter().filter(|one| one.is_missing()).collect();
        if missing.is_empty() || !self.is_added_elsewhere(layer) {
            return None;
        }
        let places = &self.context.files.contents.role_grants;
        let (path, line) = places
            .iter()
            .find_map(|(path, lines)| Some((path, lines.first()?)))?;
        let problem = self.problem(layer, &missing, &[]);
        let message = format!(
            "{}, unless what {path}:{line} attaches to a role grants it to this one",
            problem.message
        );
        let reason = self.context.unread(
            "the policies that are attached to the role were not read",
            "iam:GetRolePolicy",
        );
        Some(Outcome::manual(self.resource.clone(), message, reason).evidences(problem.evidence))
    }

    fn fine(&self, layer: &Layer<RoleView<'_>>, held: &[Held<'_>]) -> String {
        let sure = held.iter().filter(|one| one.need.unsure.is_none()).count();
        let scp = match layer.origin {
            Origin::Live => simulated::words(self.context, &layer.value, held),
            _ => String::new(),
        };
        format!(
            "{} {} allows what is seen to be used ({sure} permission{}){scp}",
            layer.value.title,
            self.named,
            if sure == 1 { "" } else { "s" }
        )
    }

    fn problem(
        &self,
        layer: &Layer<RoleView<'_>>,
        missing: &[&Held<'_>],
        doubtful: &[&Held<'_>],
    ) -> Problem {
        let role = &layer.value;
        let mut texts: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        for one in missing {
            let text = one.words();
            if seen.insert(text.clone()) {
                texts.push(text);
            }
        }
        let more = texts.len().saturating_sub(MOST_NAMED);
        texts.truncate(MOST_NAMED);
        if more > 0 {
            texts.push(format!("and {more} more"));
        }
        let rest = Rest::of(doubtful, &seen);
        let message = format!(
            "{} {} does not allow what is used: {}{}",
            role.title,
            self.named,
            texts.join("; "),
            rest.message()
        );
        let mut evidence: Vec<Evidence> = Vec::new();
        let mut seen: HashSet<(String, String)> = HashSet::new();
        for one in missing {
            let place = one.need.evidence.clone().note(one.words());
            let site = place.site.as_ref();
            let site =
                site.map_or_else(String::new, |site| format!("{} {:?}", site.path, site.span));
            if seen.insert((place.note.clone(), site)) {
                evidence.push(place);
            }
        }
        for one in missing {
            if let Answer::Denied(denial) = &one.answer {
                evidence.extend(
                    denial
                        .by
                        .iter()
                        .filter_map(|at| answer::statement(role, at)),
                );
            }
        }
        evidence.extend(rest.evidence());
        evidence.push(layer.evidence.clone().context());
        let mut fixes = (self.fixes)(role, missing);
        if let (Some(first), Some(note)) = (fixes.first_mut(), rest.note()) {
            if !first.note.is_empty() {
                first.note.push_str("; ");
            }
            first.note.push_str(&note);
        }
        Problem {
            message,
            severity: None,
            evidence,
            fixes,
        }
    }
}

/// What is denied and may not be needed.
fn doubtful_of<'h, 'n>(held: &'h [Held<'n>]) -> Vec<&'h Held<'n>> {
    let doubtful = |one: &&Held<'_>| one.answer.is_denied() && one.need.unsure.is_some();
    held.iter().filter(doubtful).collect()
}

/// What a role may lack beside what it surely lacks: repairing that alone would only show the next AccessDenied.
struct Rest<'r, 'h, 'n> {
    /// In words, each once, with what is in doubt.
    texts: Vec<(String, &'r &'h Held<'n>)>,
}

impl<'r, 'h, 'n> Rest<'r, 'h, 'n> {
    /// Without what is reported already.
    fn of(doubtful: &'r [&'h Held<'n>], reported: &BTreeSet<String>) -> Self {
        let mut texts: Vec<(String, &'r &'h Held<'n>)> = Vec::new();
        for one in doubtful {
            let text = one.words();
            if !reported.contains(&text) && !texts.iter().any(|(known, _)| *known == text) {
                texts.push((text, one));
            }
        }
        Self { texts }
    }

    fn message(&self) -> String {
        match self.texts.len() {
            0 => String::new(),
            1 => "; it may lack 1 more permission".to_owned(),
            number => format!("; it may lack {number} more permissions"),
        }
    }

    fn evidence(&self) -> impl Iterator<Item = Evidence> + '_ {
        self.texts.iter().map(|(text, one)| {
            let why = one.need.unsure.as_deref().unwrap_or_default();
            let note = format!("may lack {text}: {why}");
            one.need.evidence.clone().note(note).context()
        })
    }

    fn note(&self) -> Option<String> {
        let mut named: Vec<&str> = self.texts.iter().map(|(text, _)| text.as_str()).collect();
        if named.is_empty() {
            return None;
        }
        let more = named.len().saturating_sub(MOST_NAMED);
        named.truncate(MOST_NAMED);
        let more = match more {
            0 => String::new(),
            number => format!("; and {number} more"),
        };
        Some(format!(
            "whether the agent needs these as well was not decided, add those that it does: {}{more}",
            named.join("; ")
        ))
    }
}

/// Most that a message names; the evidence names all.
const MOST_NAMED: usize = 6;
