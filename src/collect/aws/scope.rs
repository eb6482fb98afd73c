//! What of the account belongs to the project: names and ids from the configuration and the deployed state.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::project::{DeployedResource, DeployedTarget, Project, Target};

/// Resources by the project's name for them, with their id where the deployed state knows it.
pub type Ids = BTreeMap<String, Option<String>>;

/// What is read for a project and a target.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The project's name.
    pub project: String,
    /// The account that the project is deployed to, from `aws-targets.json` or the ARNs of the deployed state.
    pub account: Option<String>,
    /// The Region, likewise.
    pub region: Option<String>,
    /// Runtimes.
    pub runtimes: Ids,
    /// Harnesses.
    pub harnesses: Ids,
    /// Gateways.
    pub gateways: Ids,
    /// Names of gateways in AWS, by the project's own.
    pub gateway_names: BTreeMap<String, String>,
    /// Memories.
    pub memories: Ids,
    /// Policy engines.
    pub policy_engines: Ids,
    /// Roles that the project names.
    pub role_arns: BTreeSet<String>,
    /// True when something of the project was deployed to the target.
    pub deployed: bool,
}

impl Scope {
    /// The scope of a project and a target.
    pub fn new(project: &Project, target: Option<&Target>) -> Self {
        let empty = DeployedTarget::default();
        let deployed = target
            .and_then(|target| project.deployed.get(&target.name))
            // Without aws-targets.json (git may ignore it) the only deployed target is the one meant.
            .or_else(|| match target {
                None if project.deployed.len() == 1 => project.deployed.values().next(),
                _ => None,
            })
            .unwrap_or(&empty);
        let arns = arns(deployed);
        let part = |index: usize| {
            arns.iter()
                .filter_map(|arn| arn.split(':').nth(index))
                .find(|part| !part.is_empty())
                .map(str::to_owned)
        };
        let role_arns = project
            .agents()
            .filter_map(|agent| agent.common().execution_role_arn.as_ref())
            .chain(
                project
                    .gateways
                    .iter()
                    .filter_map(|gateway| gateway.execution_role_arn.as_ref()),
            )
            .map(|arn| arn.value.clone())
            .chain(
                deployed
                    .runtimes
                    .values()
                    .filter_map(|runtime| runtime.role_arn.clone()),
            )
            .chain(
                deployed
                    .harnesses
                    .values()
                    .filter_map(|harness| harness.role_arn.clone()),
            )
            .collect();
        Self {
            project: project.display_name().to_owned(),
            account: target
                .and_then(|target| target.account.clone())
                .or_else(|| part(4)),
            region: target
                .and_then(|target| target.region.clone())
                .or_else(|| part(3)),
            runtimes: ids(
                project.runtimes.iter().map(|runtime| &runtime.name),
                |name| {
                    deployed
                        .runtimes
                        .get(name)
                        .and_then(|runtime| runtime.id.clone())
                },
            ),
            harnesses: ids(
                project.harnesses.iter().map(|harness| &harness.name),
                |name| {
                    let arn = deployed.harnesses.get(name)?.arn.as_deref()?;
                    let id = arn.split_once(":harness/")?.1;
                    Some(id.split('/').next().unwrap_or(id).to_owned())
                },
            ),
            gateways: ids(
                project.gateways.iter().map(|gateway| &gateway.name),
                |name| id(&deployed.gateways, name),
            ),
            gateway_names: project
                .gateways
                .iter()
                .map(|gateway| {
                    let name = gateway.physical_name(project.display_name());
                    (gateway.name.clone(), name)
                })
                .collect(),
            memories: ids(project.memories.iter().map(|memory| &memory.name), |name| {
                id(&deployed.memories, name)
            }),
            policy_engines: ids(
                project.policy_engines.iter().map(|engine| &engine.name),
                |name| id(&deployed.policy_engines, name),
            ),
            role_arns,
            deployed: !arns.is_empty(),
        }
    }

    /// True when the project names something that AWS could be asked about.
    pub fn names_something(&self) -> bool {
        self.deployed || !self.role_arns.is_empty()
    }
}

fn ids<'a>(names: impl Iterator<Item = &'a String>, id: impl Fn(&str) -> Option<String>) -> Ids {
    names.map(|name| (name.clone(), id(name))).collect()
}

fn id(resources: &BTreeMap<String, DeployedResource>, name: &str) -> Option<String> {
    resources.get(name).and_then(|resource| resource.id.clone())
}

/// Every AgentCore ARN of the deployed state.
fn arns(deployed: &DeployedTarget) -> Vec<String> {
    let runtimes = deployed
        .runtimes
        .values()
        .chain(deployed.harnesses.values());
    let resources = [
        &deployed.gateways,
        &deployed.memories,
        &deployed.policy_engines,
        &deployed.online_evals,
        &deployed.credentials,
    ];
    runtimes
        .filter_map(|runtime| runtime.arn.clone())
        .chain(
            resources
                .into_iter()
                .flat_map(BTreeMap::values)
                .filter_map(|resource| resource.arn.clone()),
        )
        .filter(|arn| arn.split(':').count() >= 6)
        .collect()
}
