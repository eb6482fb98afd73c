//! Everyone who holds statements about AgentCore: the template's roles, the account's principals, what the configuration adds.

use super::live::policy;
use super::{Owned, Place, RoleView};
use crate::context::{Context, Layer, Origin};
use crate::iam::role::Role;
use crate::model::aws::Principal;
use crate::model::finding::Evidence;
use crate::model::known::{Known, Unread};

impl Context {
    /// Every principal that was read, and why those of the account were not, where they were not. Service-linked roles are
    /// left out: nobody can change or take them. The title of each is its name.
    pub fn principals(&self) -> (Vec<Layer<RoleView<'_>>>, Option<Unread>) {
        let mut found = self.synthesized_principals();
        if self.template.read().is_none() {
            found.extend(self.configured_principals());
        }
        let action = "iam:GetAccountAuthorizationDetails";
        let Some(state) = self.aws.read() else {
            let unread = self.unread("the account's principals were not read", action);
            return (found, Some(unread));
        };
        match &state.principals {
            Known::Read(principals) => {
                let own = principals.iter().filter(|one| !one.service_linked);
                found.extend(own.map(live));
                (found, None)
            }
            Known::Absent => (found, None),
            Known::Unread(reason) => (found, Some(reason.clone())),
        }
    }

    fn synthesized_principals(&self) -> Vec<Layer<RoleView<'_>>> {
        let Some(template) = self.template.read() else {
            return Vec::new();
        };
        let roles = self.template_roles().iter();
        let layer = |role: &crate::iam::cloudformation::TemplateRole| {
            let id = role.logical_id.as_ref()?;
            let named = template
                .roles
                .iter()
                .find(|named| named.logical_id == *id)?;
            let view = RoleView {
                title: format!("role {id}"),
                execution: false,
                role: role.role.clone(),
                place: Place::Template(&template.document, named.site.clone()),
                unread: Vec::new(),
                flaws: Vec::new(),
                own: Owned::default(),
                note: String::new(),
            };
            let evidence = Evidence::template(&named.site);
            Some(Layer::new(Origin::Template, view, evidence))
        };
        roles.filter_map(layer).collect()
    }

    /// The roles that the CLI will create, and what `additionalPolicies` adds to them.
    fn configured_principals(&self) -> Vec<Layer<RoleView<'_>>> {
        let mut found = Vec::new();
        for agent in self.project.agents() {
            let layers = self.agent_roles(agent).into_iter();
            for mut layer in layers.filter(|layer| layer.origin <= Origin::Config) {
                layer.value.title = format!("the execution role of {}", agent.resource());
                found.push(layer);
            }
        }
        found
    }
}

fn live<'a>(principal: &Principal) -> Layer<RoleView<'a>> {
    let view = RoleView {
        title: principal.arn.clone(),
        execution: false,
        role: Role {
            name: principal
                .arn
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned(),
            arn: principal.arn.clone(),
            trust: None,
            policies: principal.policies.iter().map(policy).collect(),
            boundary: principal.boundary.as_ref().map(policy),
        },
        place: Place::Live {
            arn: principal.arn.clone(),
        },
        unread: Vec::new(),
        flaws: Vec::new(),
        own: Owned::default(),
        note: String::new(),
    };
    let api = "GetAccountAuthorizationDetails";
    let evidence = Evidence::aws(principal.arn.as_str(), api, "Arn");
    Layer::new(Origin::Live, view, evidence)
}
