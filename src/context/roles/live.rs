//! Roles of the account.

use serde_json::Value;

use super::{Owned, Place, RoleView};
use crate::context::{Context, Layer, Origin};
use crate::iam::document::Document;
use crate::iam::role::{NamedPolicy, Role};
use crate::model::aws;
use crate::model::finding::Evidence;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::Agent;

impl Context {
    pub(super) fn live_agent_role(&self, agent: Agent<'_>) -> Option<Layer<RoleView<'_>>> {
        let arn = self.live_role_arn(agent)?;
        let Known::Read(mut layer) = self.live_role(&arn, self.owned_by(agent.name())) else {
            return None;
        };
        layer.value.execution = true;
        Some(layer)
    }

    /// The execution role of the deployed runtime or harness; before the first deploy, one's own that the configuration names.
    pub fn live_role_arn(&self, agent: Agent<'_>) -> Option<String> {
        let state = self.aws.read()?;
        let deployed = match agent {
            Agent::Runtime(runtime) => {
                let runtime = state.runtime(&runtime.name);
                runtime.read().map(|runtime| runtime.role_arn.clone())
            }
            Agent::Harness(harness) => {
                let harness = state.harness(&harness.name);
                harness.read().map(|harness| harness.role_arn.clone())
            }
        };
        let own = || {
            let arn = agent.common().execution_role_arn.as_ref()?;
            Some(arn.value.clone())
        };
        deployed.filter(|arn| !arn.is_empty()).or_else(own)
    }

    /// Why the deployed role of an agent could not be read, where it could not.
    pub fn live_role_unread(&self, agent: Agent<'_>) -> Option<Unread> {
        let state = self.aws.read()?;
        let reason = match agent {
            Agent::Runtime(runtime) => state.runtime(&runtime.name).map(|_| ()),
            Agent::Harness(harness) => state.harness(&harness.name).map(|_| ()),
        };
        if let Known::Unread(reason) = reason {
            return Some(reason);
        }
        let arn = self.live_role_arn(agent)?;
        match state.role(&arn) {
            Known::Read(_) => None,
            Known::Absent => Some(Unread::new(
                ReasonCode::Absent,
                format!("the account has no role {arn}"),
            )),
            Known::Unread(reason) => Some(reason),
        }
    }

    pub(super) fn live_role(&self, arn: &str, own: Owned) -> Known<Layer<RoleView<'_>>> {
        let Some(state) = self.aws.read() else {
            return Known::Absent;
        };
        state.role(arn).map(|role| {
            let (role, unread) = parsed(role);
            let view = RoleView {
                title: format!("the role {} of", role.name),
                execution: false,
                role,
                place: Place::Live {
                    arn: arn.to_owned(),
                },
                unread,
                flaws: Vec::new(),
                own,
                note: String::new(),
            };
            let evidence = Evidence::aws(arn, "GetRole", "Role");
            Layer::new(Origin::Live, view, evidence)
        })
    }

    pub(super) fn live_eval(&self, name: &str) -> Option<Known<Option<String>>> {
        let state = self.aws.read()?;
        let evals = match &state.online_evals {
            Known::Read(evals) => evals,
            Known::Absent => return Some(Known::Absent),
            Known::Unread(reason) => return Some(Known::Unread(reason.clone())),
        };
        let wanted = format!("{}_{name}", self.project.display_name());
        let found = evals.get(&wanted).or_else(|| evals.get(name));
        Some(found.map_or(Known::Absent, |eval| {
            eval.as_ref().map(|eval| eval.role_arn.clone())
        }))
    }
}

/// The documents of a role, parsed; what cannot be parsed is unread.
fn parsed(role: &aws::Role) -> (Role, Vec<Unread>) {
    let mut unread = Vec::new();
    let trust = match role.trust.as_ref().map(Document::parse) {
        Some(Ok(document)) => Some(document),
        Some(Err(error)) => {
            let message = format!("the trust policy of {}: {error}", role.arn);
            unread.push(Unread::new(ReasonCode::Unsupported, message));
            None
        }
        None => None,
    };
    let policies: Vec<NamedPolicy> = role.policies.iter().map(policy).collect();
    let boundary = role.boundary.as_ref().map(policy);
    (
        Role {
            name: role.name.clone(),
            arn: role.arn.clone(),
            trust,
            policies,
            boundary,
        },
        unread,
    )
}

/// A policy of the account with its document parsed.
pub(crate) fn policy(policy: &aws::NamedPolicy) -> NamedPolicy {
    NamedPolicy {
        name: policy.name.clone(),
        arn: policy.arn.clone(),
        document: document(&policy.document, &policy.name),
        managed: policy.managed,
    }
}

fn document(document: &Known<Value>, name: &str) -> Known<Document> {
    match document {
        Known::Read(value) => match Document::parse(value) {
            Ok(document) => Known::Read(document),
            Err(error) => {
                let message = format!("policy {name}: {error}");
                Known::Unread(Unread::new(ReasonCode::Unsupported, message))
            }
        },
        Known::Absent => Known::Absent,
        Known::Unread(reason) => Known::Unread(reason.clone()),
    }
}
