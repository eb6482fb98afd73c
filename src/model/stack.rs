//! Stacks of the project's own, beside what the AgentCore CLI makes: what a CDK app synthesized, or a Terraform plan.

use super::template::Template;

/// A stack that holds AgentCore resources.
#[derive(Clone, Debug)]
pub struct OwnStack {
    /// Its name: that of the CloudFormation stack, or the folder of the Terraform configuration.
    pub name: String,
    /// What made it.
    pub tool: StackTool,
    /// Its resources, in the shape of a CloudFormation template, with places in the file that was read.
    pub template: Template,
}

/// What a stack is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackTool {
    /// AWS CDK.
    Cdk,
    /// Terraform or OpenTofu.
    Terraform,
}

impl StackTool {
    /// What carries out a change of it.
    pub fn deploys(self) -> &'static str {
        match self {
            Self::Cdk => "`cdk deploy`",
            Self::Terraform => "`terraform apply`",
        }
    }
}

/// What was found of such stacks.
#[derive(Clone, Debug, Default)]
pub struct OwnStacks {
    /// Stacks with AgentCore resources, by path.
    pub stacks: Vec<OwnStack>,
    /// Folders whose stacks were read, with or without AgentCore resources: `infra` for `infra/cdk.out`. Empty: the project root.
    pub read: Vec<String>,
    /// Folders of CDK apps.
    pub cdk_apps: Vec<String>,
    /// What could not be read, with the reason.
    pub unread: Vec<String>,
}
