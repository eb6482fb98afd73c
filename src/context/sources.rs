//! How a resource of the configuration is found in the template and in the AWS state.

use super::Context;
use crate::model::aws;
use crate::model::finding::Evidence;
use crate::model::known::Known;
use crate::model::project::{Agent, DeployedResource, Gateway};
use crate::model::template::{Template, TemplateGateway, TemplateRuntime};

/// A deployed runtime or harness, in the fields that both have.
pub(super) struct LiveAgent<'a> {
    arn: &'a str,
    api: &'static str,
    /// What stands before the fields of a runtime's environment.
    prefix: &'static str,
    pub(super) jwt: Option<&'a aws::Jwt>,
    pub(super) unknown_authorizer: bool,
    pub(super) network: Option<&'a aws::Network>,
    pub(super) idle: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) env: &'a [aws::EnvValue],
}

impl LiveAgent<'_> {
    /// A field of the answer.
    pub(super) fn field(&self, field: &str) -> Evidence {
        Evidence::aws(self.arn, self.api, field)
    }

    /// A field of the environment that it runs in.
    pub(super) fn environment(&self, field: &str) -> Evidence {
        self.field(&format!("{}{field}", self.prefix))
    }
}

impl Context {
    /// The runtime or harness in the template.
    pub(super) fn synthesized_agent(
        &self,
        agent: Agent<'_>,
    ) -> Option<(&Template, &TemplateRuntime)> {
        let template = self.template.read()?;
        let project = self.project.display_name();
        let found = match agent {
            Agent::Runtime(runtime) => template.runtime(project, &runtime.name),
            Agent::Harness(harness) => template.harness(project, &harness.name),
        };
        Some((template, found?))
    }

    /// Whether AWS was seen to have one of the project's agents.
    pub fn runs_an_agent(&self) -> bool {
        let mut agents = self.project.agents();
        agents.any(|agent| self.deployed_agent(agent).is_some())
    }

    /// The deployed runtime or harness, where it was read.
    pub(super) fn deployed_agent(&self, agent: Agent<'_>) -> Option<LiveAgent<'_>> {
        let state = self.aws.read()?;
        match agent {
            Agent::Runtime(runtime) => {
                let Known::Read(runtime) = state.runtime(&runtime.name) else {
                    return None;
                };
                Some(LiveAgent {
                    arn: &runtime.arn,
                    api: "GetAgentRuntime",
                    prefix: "",
                    jwt: runtime.jwt.as_ref(),
                    unknown_authorizer: runtime.unknown_authorizer,
                    network: runtime.network.as_ref(),
                    idle: runtime.idle_timeout,
                    max: runtime.max_lifetime,
                    env: &runtime.env,
                })
            }
            Agent::Harness(harness) => {
                let Known::Read(harness) = state.harness(&harness.name) else {
                    return None;
                };
                Some(LiveAgent {
                    arn: &harness.arn,
                    api: "GetHarness",
                    prefix: "environment.agentCoreRuntimeEnvironment.",
                    jwt: harness.jwt.as_ref(),
                    unknown_authorizer: false,
                    network: harness.network.as_ref(),
                    idle: harness.idle_timeout,
                    max: harness.max_lifetime,
                    env: &harness.env,
                })
            }
        }
    }

    /// True where AWS said that the runtime or harness exists.
    pub fn is_deployed(&self, agent: Agent<'_>) -> bool {
        self.deployed_agent(agent).is_some()
    }

    /// The gateway in the template.
    pub(super) fn gateway_in_template(
        &self,
        gateway: &Gateway,
    ) -> Option<(&Template, &TemplateGateway)> {
        let template = self.template.read()?;
        let name = gateway.physical_name(self.project.display_name());
        Some((template, template.gateway_named(&name)?))
    }

    /// The deployed gateway, where it was read.
    pub(super) fn gateway_in_aws(&self, gateway: &Gateway) -> Option<&aws::Gateway> {
        match self.aws.read()?.gateway(&gateway.name) {
            Known::Read(gateway) => Some(gateway),
            Known::Absent | Known::Unread(_) => None,
        }
    }

    /// The name that the project has for a deployed resource, by its ARN.
    pub(super) fn own_name<'a>(
        &'a self,
        of: impl Fn(
            &'a super::DeployedTarget,
        ) -> &'a std::collections::BTreeMap<String, DeployedResource>,
        arn: &str,
    ) -> Option<&'a str> {
        let resources = of(self.deployed()?);
        let mut found = resources
            .iter()
            .filter(|(_, resource)| resource.arn.as_deref() == Some(arn));
        found.next().map(|(name, _)| name.as_str())
    }
}
