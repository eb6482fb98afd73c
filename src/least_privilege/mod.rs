//! The least that an agent needs of IAM, from what its configuration and code use. Pure: documents in, nothing read.

mod agentcore;
pub mod apply;
mod code;
mod direct;
mod endpoints;
mod gaps;
pub mod gateway;
mod guardrails;
mod identity;
mod invoke;
mod invoked;
mod memory;
mod memory_calls;
mod models;
mod needs;
mod operations;
mod packaged;
mod parameters;
mod parts;
mod regions;
mod sdk;
mod signed;
mod statements;
mod values;
mod ways;
mod words;

use serde_json::{Value, json};

use crate::analysis::call_sites::Callers;
use crate::context::{BedrockModel, Context};
use crate::model::predicted_role::Names;
use crate::model::project::Agent;

pub use gaps::{lacking, missing_code, unseen};
pub use needs::{Need, needs, policy_for};
pub use statements::{Lack, Statements, size};

use code::Code;
use words::Words;

/// Most characters, white space left out, of all inline policies of a role together.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const INLINE_LIMIT: usize = 10_240;

/// Which policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What the agent may do.
    ExecutionRole,
    /// Who may take the execution role.
    Trust,
    /// For who calls the agent.
    Invoke,
    /// For who runs commands in it.
    Command,
}

/// A policy and what to know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The policy document.
    pub document: Value,
    /// What could not be told, and what to narrow by hand.
    pub notes: Vec<String>,
    /// What of that is called and not allowed.
    pub lacks: Vec<Lack>,
}

/// What a plan is made for: the names of account, Region and agent.
pub struct Subject<'a> {
    /// Everything collected.
    pub context: &'a Context,
    /// The runtime or harness.
    pub agent: Agent<'a>,
    /// Partition, Region, account, project.
    pub names: Names,
}

impl Subject<'_> {
    /// The agent's name in AWS, as its runtime, logs and workload identity begin.
    fn physical(&self) -> String {
        let name = format!("{}_{}", self.names.project, self.agent.name());
        match self.agent {
            Agent::Runtime(_) => name,
            Agent::Harness(_) => format!("harness_{name}"),
        }
    }

    /// An ARN of the account and Region.
    fn arn(&self, service: &str, resource: &str) -> String {
        let Names {
            partition,
            region,
            account,
            ..
        } = &self.names;
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// An ARN of an AgentCore resource.
    fn core(&self, resource: &str) -> String {
        self.arn("bedrock-agentcore", resource)
    }

    /// The runtime's id: known when it is deployed, else its name and ten characters that AWS makes up.
    fn runtime_id(&self) -> String {
        let deployed = self.context.deployed().and_then(|target| match self.agent {
            Agent::Runtime(runtime) => target.runtimes.get(&runtime.name)?.id.clone(),
            Agent::Harness(_) => None,
        });
        deployed.unwrap_or_else(|| format!("{}-{UNKNOWN_SUFFIX}", self.physical()))
    }
}

/// What AWS puts behind the names of AgentCore resources: ten characters.
const UNKNOWN_SUFFIX: &str = "??????????";

/// The resources that a call of the model with an id is authorized on; none for a model that Amazon Bedrock does not serve.
pub fn model_arns(names: &Names, id: &str) -> Vec<String> {
    let model = BedrockModel::parse(id);
    model.map_or_else(Vec::new, |model| models::arns(names, &model))
}

/// The policy of a kind for an agent.
pub fn plan(subject: &Subject<'_>, kind: Kind) -> Plan {
    match kind {
        Kind::ExecutionRole => execution_role(subject),
        Kind::Trust => Plan {
            document: trust(&subject.names),
            notes: Vec::new(),
            lacks: Vec::new(),
        },
        Kind::Invoke => Plan {
            document: invoke::invoke(subject),
            notes: invoke::notes(subject),
            lacks: Vec::new(),
        },
        Kind::Command => Plan {
            document: invoke::command(subject),
            notes: vec![
                "attach it to the one identity that needs it, apart from the policy that lets it invoke: commands run as root with the execution role's permissions".to_owned(),
            ],
            lacks: Vec::new(),
        },
    }
}

/// Statements, notes and needs of an execution role.
fn gather(subject: &Subject<'_>) -> Statements {
    let mut statements = Statements::default();
    gaps::add(subject, &mut statements);
    let words = Words::of(subject);
    let read = subject.agent.runtime();
    let read = read.and_then(|runtime| crate::context::code::of(subject.context, runtime).ok());
    let callers = read.as_ref().map(Callers::new);
    let code = callers.as_ref().map(|callers| Code::new(callers, &words));
    models::add(subject, code.as_ref(), &mut statements);
    agentcore::add(subject, code.as_ref(), &words, &mut statements);
    invoked::add(subject, code.as_ref(), &mut statements);
    parts::add(subject, code.as_ref(), &words, &mut statements);
    if let Some(code) = code {
        guardrails::add(subject, &code, &mut statements);
        sdk::add(subject, &code, &mut statements);
        packaged::add(subject, &code, &mut statements);
        signed::add(subject, &code, &mut statements);
    }
    gaps::keep(subject, &statements);
    statements
}

fn execution_role(subject: &Subject<'_>) -> Plan {
    let statements = gather(subject);
    let lacks = statements.lacks().to_vec();
    let (document, mut notes) = statements.finish();
    let size = size(&document);
    if size > INLINE_LIMIT {
        notes.push(format!(
            "the policy has {size} characters and a role takes {INLINE_LIMIT} inline: make customer-managed policies of its parts"
        ));
    }
    Plan {
        document,
        notes,
        lacks,
    }
}

/// Only AgentCore takes the role, for this account and its resources.
fn trust(names: &Names) -> Value {
    let Names {
        partition,
        region,
        account,
        ..
    } = names;
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "AgentCoreOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": "bedrock-agentcore.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {"aws:SourceArn": format!("arn:{partition}:bedrock-agentcore:{region}:{account}:*")},
            },
        }],
    })
}
