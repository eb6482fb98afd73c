//! A stack of the project's own as a context of its own: its template is all that is known of it. Its resources stand where those of
//! `agentcore.json` stand, so that the checks judge them by the same rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::Context;
use crate::analysis::facts::Facts;
use crate::config::Settings;
use crate::model::evaluation::Evaluations;
use crate::model::files::FileFacts;
use crate::model::json::{Document, Json, Node};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::lazy::Lazy;
use crate::model::project::{
    Gateway, GatewayTarget, Harness, Memory, OnlineEval, PolicyEngine, Project, Runtime,
    RuntimeCommon,
};
use crate::model::site::{Site, Sited, SourceText};
use crate::model::stack::{OwnStack, StackTool};
use crate::model::template::{Reference, Template, TemplateNamed};

/// What is known of the stack that a context is about.
#[derive(Clone, Debug)]
pub struct StackFacts {
    /// Its name.
    pub name: String,
    /// The file that was read.
    pub path: String,
    /// What made it.
    pub tool: StackTool,
    /// Names in AWS, by the names that results have.
    pub physical: BTreeMap<String, String>,
}

/// Gives the resources of one kind names that are apart, and those under which the template's look-ups find them.
struct Names<'a> {
    project: &'a str,
    physical: BTreeMap<String, String>,
}

impl Names<'_> {
    /// The name that results have: that in AWS where the template says it and no other resource has it, else the logical id.
    fn of(&mut self, resources: &mut [&mut TemplateNamed], separator: &str) -> Vec<(String, Site)> {
        let mut taken = BTreeSet::new();
        let mut names = Vec::new();
        for resource in resources {
            let written = resource.name.clone();
            let name = written
                .clone()
                .filter(|name| taken.insert(name.clone()))
                .unwrap_or_else(|| resource.logical_id.clone());
            taken.insert(name.clone());
            if let Some(written) = written {
                self.physical.insert(name.clone(), written);
            }
            resource.name = Some(match separator {
                "" => name.clone(),
                separator => format!("{}{separator}{name}", self.project),
            });
            names.push((name, resource.site.clone()));
        }
        names
    }
}

fn nothing() -> Node {
    Node {
        value: Json::Object(Vec::new()),
        range: 0..0,
    }
}

/// A role that exists elsewhere, by its ARN.
fn brought(role: Option<&Reference>, site: &Site) -> Option<Sited<String>> {
    match role {
        Some(Reference::Value(arn)) => Some(Sited::new(arn.clone(), site.clone())),
        _ => None,
    }
}

impl Context {
    /// The context of a stack of the project's own.
    pub fn of_stack(&self, stack: &OwnStack) -> Self {
        let mut template = stack.template.clone();
        let mut names = Names {
            project: &stack.name,
            physical: BTreeMap::new(),
        };
        let mut project = empty(&self.project, stack);
        resources(&mut project, &mut template, &mut names);
        let physical = names.physical;
        let message = format!("what the stack {} deploys is not read from AWS", stack.name);
        Self {
            target: self.target.clone(),
            tests: Lazy::default(),
            source: Lazy::default(),
            facts: Facts::default(),
            evaluations: Evaluations::default(),
            measurements: Known::Absent,
            settings: Settings {
                severity: self.settings.severity.clone(),
                assumed_platform: self.settings.assumed_platform,
                ..Settings::default()
            },
            files: FileFacts::default(),
            template_roles: OnceLock::new(),
            aws: Known::Unread(Unread::new(ReasonCode::Unsupported, message)),
            discovery: BTreeMap::new(),
            today: self.today,
            notes: Vec::new(),
            startup: crate::analysis::startup::Cache::default(),
            stack: Some(StackFacts {
                name: stack.name.clone(),
                path: template.path.clone(),
                tool: stack.tool,
                physical,
            }),
            stacks: Lazy::default(),
            template: Known::Read(template),
            project,
        }
    }
}

fn resources(project: &mut Project, template: &mut Template, names: &mut Names<'_>) {
    let mut of: Vec<&mut TemplateNamed> = template
        .runtimes
        .iter_mut()
        .map(|one| &mut one.resource)
        .collect();
    let runtimes = names.of(&mut of, "_");
    project.runtimes = runtimes
        .into_iter()
        .zip(&template.runtimes)
        .map(|((name, site), found)| runtime(name, site, found.role.as_ref()))
        .collect();
    let mut of: Vec<&mut TemplateNamed> = template
        .harness_runtimes
        .iter_mut()
        .map(|one| &mut one.resource)
        .collect();
    let harnesses = names.of(&mut of, "_");
    project.harnesses = harnesses
        .into_iter()
        .zip(&template.harness_runtimes)
        .map(|((name, site), found)| Harness {
            common: RuntimeCommon {
                execution_role_arn: brought(found.role.as_ref(), &site),
                ..RuntimeCommon::default()
            },
            name,
            site,
            node: nothing(),
            path: None,
            document: Known::Absent,
            model_id: None,
        })
        .collect();
    let mut of: Vec<&mut TemplateNamed> = template
        .targets
        .iter_mut()
        .map(|one| &mut one.resource)
        .collect();
    let targets = names.of(&mut of, "");
    let mut of: Vec<&mut TemplateNamed> = template
        .gateways
        .iter_mut()
        .map(|one| &mut one.resource)
        .collect();
    let gateways = names.of(&mut of, "-");
    project.gateways = gateways
        .into_iter()
        .zip(&template.gateways)
        .map(|((name, site), found)| {
            let id = Reference::Logical(found.resource.logical_id.clone());
            let here = template
                .targets
                .iter()
                .zip(&targets)
                .filter(|(target, _)| target.gateway.as_ref() == Some(&id));
            Gateway {
                execution_role_arn: brought(found.role.as_ref(), &site),
                targets: here.map(|(_, (name, site))| target(name, site)).collect(),
                name,
                site,
                node: nothing(),
                authorizer_type: None,
                jwt: None,
                exception_level: None,
                policy_engine: None,
                policy_mode: None,
            }
        })
        .collect();
    let mut of: Vec<&mut TemplateNamed> = template
        .memories
        .iter_mut()
        .map(|one| &mut one.resource)
        .collect();
    let memories = names.of(&mut of, "_");
    project.memories = memories
        .into_iter()
        .zip(&template.memories)
        .map(|((name, site), found)| Memory {
            execution_role_arn: brought(found.role.as_ref(), &site),
            name,
            site,
            node: nothing(),
            event_expiry: None,
            strategies: Vec::new(),
            encryption_key_arn: None,
        })
        .collect();
    let mut of: Vec<&mut TemplateNamed> = template.policy_engines.iter_mut().collect();
    project.policy_engines = names
        .of(&mut of, "_")
        .into_iter()
        .map(|(name, site)| PolicyEngine {
            name,
            site,
            policies: Vec::new(),
        })
        .collect();
    let mut of: Vec<&mut TemplateNamed> = template.online_evals.iter_mut().collect();
    project.online_evals = names
        .of(&mut of, "_")
        .into_iter()
        .map(|(name, site)| OnlineEval {
            name,
            site,
            node: nothing(),
            agent: None,
            sampling_rate: None,
            enable_on_create: None,
            evaluators: Vec::new(),
        })
        .collect();
}

fn runtime(name: String, site: Site, role: Option<&Reference>) -> Runtime {
    Runtime {
        common: RuntimeCommon {
            execution_role_arn: brought(role, &site),
            ..RuntimeCommon::default()
        },
        name,
        site,
        node: nothing(),
        build: None,
        entrypoint: None,
        code_location: None,
        dockerfile: None,
        build_context: None,
        runtime_version: None,
        protocol: None,
        enable_otel: None,
        additional_policies: Vec::new(),
        endpoints: Vec::new(),
    }
}

fn target(name: &str, site: &Site) -> GatewayTarget {
    GatewayTarget {
        name: name.to_owned(),
        site: site.clone(),
        node: nothing(),
        kind: None,
        endpoint: None,
        outbound_auth: None,
        credential: None,
    }
}

/// A project that holds nothing, at the place of the stack.
fn empty(around: &Project, stack: &OwnStack) -> Project {
    let path = stack.template.path.as_str();
    Project {
        root: around.root.clone(),
        shown: around.shown.clone(),
        repository: around.repository.clone(),
        document: Document {
            source: SourceText::new(path, ""),
            root: nothing(),
        },
        name: Some(Sited::new(stack.name.clone(), Site::file(path))),
        runtimes: Vec::new(),
        harnesses: Vec::new(),
        memories: Vec::new(),
        credentials: Vec::new(),
        gateways: Vec::new(),
        unassigned_targets: Vec::new(),
        policy_engines: Vec::new(),
        online_evals: Vec::new(),
        evaluators: Vec::new(),
        knowledge_bases: Vec::new(),
        capacity_providers: Vec::new(),
        payments: Vec::new(),
        config_bundles: Vec::new(),
        datasets: Vec::new(),
        ab_tests: Vec::new(),
        mcp_runtime_tools: Vec::new(),
        http_gateways: Vec::new(),
        targets_file: Known::Absent,
        targets: around.targets.clone(),
        deployed_file: Known::Absent,
        deployed: BTreeMap::new(),
        cdk_version: None,
        cdk_grants: Vec::new(),
        cdk_lost: Vec::new(),
        stack: None,
        named_files: BTreeMap::new(),
        env_local: Known::Absent,
    }
}
