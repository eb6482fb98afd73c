//! Roles of the synthesized template.

use super::{Owned, Place, RoleView};
use crate::context::{Context, Layer, Origin};
use crate::iam::cloudformation::{Environment, Template as Stack, TemplateRole};
use crate::model::finding::Evidence;
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Agent;
use crate::model::template::{Reference, TemplateNamed, reference};

impl Context {
    /// Every role of the template.
    pub fn template_roles(&self) -> &[TemplateRole] {
        let Some(template) = self.template.read() else {
            return &[];
        };
        self.template_roles.get_or_init(|| {
            let target = self.target.as_ref();
            let environment = Environment::new(
                target.and_then(|target| target.account.as_deref()),
                target.and_then(|target| target.region.as_deref()),
            );
            let root = template.document.root.to_value();
            Stack::new(&root, environment).roles()
        })
    }

    pub(super) fn template_agent_role(&self, agent: Agent<'_>) -> Option<Layer<RoleView<'_>>> {
        let template = self.template.read()?;
        let project = self.project.display_name();
        let owned = self.owned_by(agent.name());
        let mut layer = match agent {
            Agent::Runtime(runtime) => {
                let runtime = template.runtime(project, &runtime.name)?;
                self.template_role(runtime.role.as_ref()?, owned)?
            }
            Agent::Harness(harness) => {
                let (_, deployed) = self.synthesized_agent(Agent::Harness(harness))?;
                self.template_role(deployed.role.as_ref()?, owned)?
            }
        };
        layer.value.execution = true;
        Some(layer)
    }

    pub(super) fn template_memory_role(&self, name: &str) -> Option<Layer<RoleView<'_>>> {
        let memory = self
            .template
            .read()?
            .memory(self.project.display_name(), name)?;
        self.template_role(memory.role.as_ref()?, self.owned_by(name))
    }

    pub(super) fn template_gateway_role(&self, name: &str) -> Option<Layer<RoleView<'_>>> {
        let gateway = self
            .template
            .read()?
            .gateway(self.project.display_name(), name)?;
        self.template_role(gateway.role.as_ref()?, self.owned_by(name))
    }

    pub(super) fn template_eval(&self, name: &str) -> Option<Layer<RoleView<'_>>> {
        let wanted = format!("{}_{name}", self.project.display_name());
        let evals = &self.template.read()?.online_evals;
        let eval = evals
            .iter()
            .find(|eval| eval.name.as_deref() == Some(&wanted))?;
        self.template_role(&role_of(eval)?, self.owned_by(name))
    }

    /// The role that a property leads to; a role that is only named by its ARN is not in the template.
    fn template_role(&self, role: &Reference, own: Owned) -> Option<Layer<RoleView<'_>>> {
        let Reference::Logical(id) = role else {
            return None;
        };
        let template = self.template.read()?;
        let found = self
            .template_roles()
            .iter()
            .find(|role| role.logical_id.as_deref() == Some(id))?;
        let site = template
            .roles
            .iter()
            .find(|named| named.logical_id == *id)?
            .site
            .clone();
        let unread = found.trust_error.iter().map(|error| {
            let message = format!("the trust policy of {id} in the template: {error}");
            Unread::new(ReasonCode::Unsupported, message)
        });
        let view = RoleView {
            title: "the role that the template creates for".to_owned(),
            execution: false,
            role: found.role.clone(),
            unread: unread.collect(),
            flaws: Vec::new(),
            own,
            note: String::new(),
            place: Place::Template(&template.document, site.clone()),
        };
        Some(Layer::new(
            Origin::Template,
            view,
            Evidence::template(&site),
        ))
    }
}

/// The property of a resource that names its role, whatever it is called.
fn role_of(resource: &TemplateNamed) -> Option<Reference> {
    const KEYS: [&str; 4] = [
        "EvaluationExecutionRoleArn",
        "ExecutionRoleArn",
        "RoleArn",
        "MemoryExecutionRoleArn",
    ];
    KEYS.iter()
        .find_map(|key| reference(resource.properties.get(key)?))
}
