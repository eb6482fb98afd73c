//! `policy-cedar`: Cedar policies parse and restrict.

use std::collections::BTreeSet;
use std::str::FromStr;

use cedar_policy::{Effect, PolicySet};
use miette::Diagnostic;

use super::cedar_names;
use crate::cedar::{beyond, permits_everything, prepare};
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need, fixes, live};
use crate::context::{CedarView, Context, Layer, Origin};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, ResourceType, Severity};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::PolicyEngine;
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "policy-cedar",
    title: "Cedar policies parse and restrict",
    category: Category::Resources,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("policy_cedar.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy-scope.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy-schema-constraints.html",
        "https://docs.cedarpolicy.com/policies/syntax-policy.html",
        "https://docs.cedarpolicy.com/policies/json-format.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let outcomes = project
        .policy_engines
        .iter()
        .map(|engine| outcome(context, engine))
        .collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::PolicyEngine],
        "no policy engine is configured",
    )
}

fn outcome(context: &Context, engine: &PolicyEngine) -> Outcome {
    let resource = Resource::new(ResourceType::PolicyEngine, &engine.name);
    let others = context.other_cedar(engine);
    if engine.policies.is_empty() && others.is_empty() {
        let message = format!("{resource} holds no policy in agentcore.json");
        return Outcome::not_applicable(resource, message);
    }
    let mut faults: Vec<(String, Evidence)> = Vec::new();
    let (mut in_config, mut guarded) = (false, false);
    let mut read: BTreeSet<&str> = BTreeSet::new();
    let mut unread: Option<Unread> = None;
    let mut of_no_target: Option<(String, Evidence)> = None;
    for policy in &engine.policies {
        let layers = context.cedar_layers(policy);
        if layers.is_empty() {
            let reason = match context.cedar_file(policy) {
                Known::Unread(reason) => reason,
                Known::Absent | Known::Read(_) => Unread::new(
                    ReasonCode::Absent,
                    format!("policy {} has no statement", policy.name),
                ),
            };
            unread.get_or_insert(reason);
        } else {
            read.insert(&policy.name);
        }
        for layer in &layers {
            if let Some(reason) = too_large(&policy.name, &layer.value) {
                unread.get_or_insert(reason);
                continue;
            }
            let found = look(&policy.name, &layer.value);
            guarded |= found.guardrails;
            in_config |= !found.faults.is_empty();
            faults.extend(found.faults);
            if layer.origin == Origin::Config {
                let named = cedar_names::faults(context, engine, &policy.name, &layer.value);
                in_config |= !named.is_empty();
                faults.extend(named);
                of_no_target = of_no_target.or_else(|| {
                    cedar_names::of_no_target(context, engine, &policy.name, &layer.value)
                });
            }
        }
    }
    for (name, layer) in &others {
        if let Some(reason) = too_large(name, &layer.value) {
            unread.get_or_insert(reason);
            continue;
        }
        read.insert(name);
        let found = look(name, &layer.value);
        guarded |= found.guardrails;
        let told = found.faults.into_iter();
        faults.extend(told.map(|(text, at)| (format!("{text} ({})", layer.origin.words()), at)));
    }
    if faults.is_empty() {
        if let Some(reason) = unread {
            return Outcome::skipped(resource, reason);
        }
        if let Some((message, evidence)) = of_no_target {
            let reason = Unread::new(
                ReasonCode::Absent,
                "targets that are made elsewhere are not read",
            );
            return Outcome::manual(resource, message, reason).evidence(evidence);
        }
        return passed(resource, engine, &others, read.len(), guarded);
    }
    let fix = if in_config {
        Fix::new("Fix the policy").note(
            "name the principals, actions (AgentCore::Action::\"TARGET___TOOL\") and the gateway that are meant, or add a `when` that decides something; \
             `statement` in agentcore.json is what deploys, so read an edited sourceFile in again with `agentcore remove policy` and `agentcore add policy --source`",
        )
    } else {
        remedy(context, engine, &others)
    };
    // The statement in agentcore.json and its file say the same.
    let mut texts: Vec<&str> = Vec::new();
    for (text, _) in &faults {
        if !texts.contains(&text.as_str()) {
            texts.push(text);
        }
    }
    let message = format!("{resource}: {}", texts.join("; "));
    Outcome::fail(resource, message)
        .evidences(
            faults
                .into_iter()
                .map(|(text, evidence)| evidence.note(text)),
        )
        .fix(fix)
}

fn passed(
    resource: Resource,
    engine: &PolicyEngine,
    others: &[(String, Layer<CedarView>)],
    read: usize,
    guarded: bool,
) -> Outcome {
    let note = if guarded {
        "; guardrail conditions, which are no Cedar, were not read"
    } else {
        ""
    };
    let message = match read {
        1 => format!("the one policy of {resource} parses and does not permit everything{note}"),
        _ => format!("{read} policies of {resource} parse and none permits everything{note}"),
    };
    let live = others
        .iter()
        .find(|(_, layer)| layer.origin == Origin::Live);
    let anchor = match live {
        Some((_, layer)) => layer.evidence.clone(),
        None => Evidence::config(&engine.site),
    };
    Outcome::pass(resource, message).evidence(anchor.context())
}

/// The configuration is right: what it declares is deployed again; a policy that it does not declare was made by hand, and no
/// deploy removes it.
fn remedy(context: &Context, engine: &PolicyEngine, others: &[(String, Layer<CedarView>)]) -> Fix {
    let declared = |name: &str| engine.policies.iter().any(|policy| policy.name == name);
    let by_hand = others.iter().filter(|(name, layer)| {
        layer.origin == Origin::Live
            && !declared(name)
            && too_large(name, &layer.value).is_none()
            && !look(name, &layer.value).faults.is_empty()
    });
    let removals: Vec<Command> = by_hand
        .filter_map(|(_, layer)| {
            let (engine, policy) = layer.evidence.arn.as_deref()?.split_once("/policy/")?;
            let delete = live::aws(context, "bedrock-agentcore-control", "delete-policy");
            Some(
                delete
                    .opt("--policy-engine-id", engine.rsplit('/').next()?)
                    .opt("--policy-id", policy),
            )
        })
        .collect();
    if removals.is_empty() {
        return fixes::deploy_what_is_configured(context);
    }
    Fix::new("Remove what nobody declared").commands(removals).note(
        "made outside of the project, so that no deploy fixes it; where it is wanted, write it into agentcore.json with a condition",
    )
}

struct Found {
    faults: Vec<(String, Evidence)>,
    guardrails: bool,
}

/// The reason why a policy is not read, where it is beyond what the parser is given.
fn too_large(name: &str, view: &CedarView) -> Option<Unread> {
    let why = beyond(&view.text.value)?;
    let message = format!("policy {name} {why}, so it was not parsed");
    Some(Unread::new(ReasonCode::Limit, message))
}

fn look(name: &str, view: &CedarView) -> Found {
    let prepared = prepare(&view.text.value);
    let guardrails = prepared.guardrails;
    let mut faults = Vec::new();
    match PolicySet::from_str(&prepared.text) {
        Err(errors) => {
            let at = errors.labels().and_then(|mut labels| labels.next());
            let at = at.map(|label| label.offset()..label.offset() + label.len());
            let reason = errors.to_string();
            let evidence = at.map_or_else(|| view.text.evidence.clone(), |range| view.at(range));
            faults.push((
                format!("policy {name} is not valid Cedar: {reason}"),
                evidence,
            ));
        }
        Ok(set) => {
            if set.policies().next().is_none() && set.templates().next().is_none() {
                faults.push((
                    format!("policy {name} holds no policy, only comments or nothing"),
                    view.text.evidence.clone(),
                ));
            }
            for policy in set
                .policies()
                .filter(|policy| policy.effect() == Effect::Permit)
            {
                if policy.to_json().is_ok_and(|json| permits_everything(&json)) {
                    faults.push((
                        format!(
                            "policy {name} permits every caller every tool without a condition"
                        ),
                        view.text.evidence.clone(),
                    ));
                }
            }
        }
    }
    Found { faults, guardrails }
}
