//! What each source says of a runtime or harness: configuration, template, AWS.

use super::{
    Authorizer, Context, Environment, JwtView, Layer, Lifecycle, Network, Origin, Seen, Variable,
    VariableValue,
};
use crate::model::aws;
use crate::model::finding::Evidence;
use crate::model::json::{Json, Node};
use crate::model::known::Known;
use crate::model::project::{Agent, Runtime};
use crate::model::site::Sited;
use crate::model::template::{Template, TemplateRuntime};

impl Context {
    /// Inbound authorization of a runtime or harness.
    pub fn authorizers(&self, agent: Agent<'_>) -> Vec<Layer<Authorizer>> {
        let mut layers = Vec::new();
        if let Some(anchor) = self.config_anchor(agent) {
            let common = agent.common();
            let kind = match &common.authorizer_type {
                Some(kind) => Seen::config(kind),
                // Default of the CLI's schema and of the service for runtimes.
                None => Seen::new("AWS_IAM".to_owned(), anchor),
            };
            let value = Authorizer {
                by_default: common.authorizer_type.is_none(),
                kind,
                jwt: common.jwt.as_ref().map(JwtView::config),
            };
            layers.push(authorizer(Origin::Config, value));
        }
        if let Some((_, runtime)) = self.synthesized_agent(agent) {
            let anchor = Evidence::template(&runtime.resource.site);
            let other = runtime.resource.properties.get("AuthorizerConfiguration");
            match runtime.jwt.as_ref().map(JwtView::template) {
                None if other.is_some() => {}
                None => layers.push(authorizer(Origin::Template, by_jwt(None, anchor))),
                Some(Some(jwt)) => {
                    let anchor = jwt.evidence.clone();
                    layers.push(authorizer(Origin::Template, by_jwt(Some(jwt), anchor)));
                }
                Some(None) => {}
            }
        }
        // An authorizer of a kind that is newer than this program is no evidence for either side.
        if let Some(live) = self
            .deployed_agent(agent)
            .filter(|live| !live.unknown_authorizer)
        {
            let jwt = live
                .jwt
                .map(|jwt| JwtView::live(jwt, |field| live.field(field)));
            let value = by_jwt(jwt, live.field("authorizerConfiguration"));
            layers.push(authorizer(Origin::Live, value));
        }
        layers
    }

    /// Environment variables of a runtime or harness.
    pub fn environments(&self, agent: Agent<'_>) -> Vec<Layer<Environment>> {
        let mut layers = Vec::new();
        if let Some(anchor) = self.config_anchor(agent) {
            let variables = agent.common().env.iter();
            let variables = variables.map(|(name, value)| Variable {
                name: name.clone(),
                value: VariableValue::Text(value.value.clone()),
                evidence: Evidence::config(&value.site),
            });
            layers.push(Layer::new(Origin::Config, variables.collect(), anchor));
        }
        if let Some((_, runtime)) = self.synthesized_agent(agent) {
            let variables = runtime.env.iter().map(|(name, value)| Variable {
                name: name.value.clone(),
                value: value
                    .clone()
                    .map_or(VariableValue::Reference, VariableValue::Text),
                evidence: Evidence::template(&name.site),
            });
            let anchor = Evidence::template(&runtime.resource.site);
            layers.push(Layer::new(Origin::Template, variables.collect(), anchor));
        }
        if let Some(live) = self.deployed_agent(agent) {
            let variables = live.env.iter().map(|variable| Variable {
                name: variable.name.clone(),
                value: VariableValue::Masked(variable.clone()),
                evidence: live.field(&format!("environmentVariables.{}", variable.name)),
            });
            let anchor = live.field("environmentVariables");
            layers.push(Layer::new(Origin::Live, variables.collect(), anchor));
        }
        layers
    }

    /// Session timeouts of a runtime or harness.
    pub fn lifecycles(&self, agent: Agent<'_>) -> Vec<Layer<Lifecycle>> {
        let mut layers = Vec::new();
        if let Some(anchor) = self.config_anchor(agent) {
            let common = agent.common();
            let value = Lifecycle {
                anchor: common.lifecycle.as_ref().map_or(anchor, Evidence::config),
                idle: common.idle_timeout.as_ref().map(Seen::config),
                max: common.max_lifetime.as_ref().map(Seen::config),
            };
            layers.push(lifecycle(Origin::Config, value));
        }
        if let Some((template, runtime)) = self.synthesized_agent(agent)
            && let Some(value) = template_lifecycle(template, runtime)
        {
            layers.push(lifecycle(Origin::Template, value));
        }
        // The service answers with its defaults where nothing is set; an answer without the block says nothing.
        if let Some(live) = self.deployed_agent(agent)
            && (live.idle.is_some() || live.max.is_some())
        {
            let seen = |seconds: Option<i64>, key: &str| {
                let seconds = i32::try_from(seconds?).unwrap_or(i32::MAX);
                let evidence = live.environment(&format!("lifecycleConfiguration.{key}"));
                Some(Seen::new(f64::from(seconds), evidence))
            };
            let value = Lifecycle {
                anchor: live.environment("lifecycleConfiguration"),
                idle: seen(live.idle, "idleRuntimeSessionTimeout"),
                max: seen(live.max, "maxLifetime"),
            };
            layers.push(lifecycle(Origin::Live, value));
        }
        layers
    }

    /// The template with the subnets and security groups that it gives a runtime or harness in VPC mode, and whether it runs an image.
    pub fn vpc_in_template(&self, agent: Agent<'_>) -> Option<(&Template, &[Node], &[Node], bool)> {
        let (template, runtime) = self.synthesized_agent(agent)?;
        let network = block(runtime, "NetworkConfiguration")?;
        if network.get("NetworkMode").and_then(Node::as_str) != Some("VPC") {
            return None;
        }
        let list = |key: &str| network.path(&["NetworkModeConfig", key]).map(Node::items);
        Some((
            template,
            list("Subnets").unwrap_or_default(),
            list("SecurityGroups").unwrap_or_default(),
            runtime.container,
        ))
    }

    /// Where the sessions of a runtime see file systems, as each source says it.
    pub fn mounts(&self, runtime: &Runtime) -> Vec<Layer<String>> {
        let mut layers = Vec::new();
        let mut add = |origin, path: &str, evidence| {
            let path = path.trim_end_matches('/');
            if !path.is_empty() {
                layers.push(Layer::new(origin, path.to_owned(), evidence));
            }
        };
        let agent = Agent::Runtime(runtime);
        if self.config_anchor(agent).is_some() {
            for (path, node) in mounted(&runtime.node, "filesystemConfigurations", "mountPath") {
                let evidence = Evidence::config(&self.project.document.site(node));
                add(Origin::Config, path, evidence);
            }
        }
        if let Some((template, found)) = self.synthesized_agent(agent) {
            let properties = &found.resource.properties;
            for (path, node) in mounted(properties, "FilesystemConfigurations", "MountPath") {
                let evidence = Evidence::template(&template.document.site(node));
                add(Origin::Template, path, evidence);
            }
        }
        if let Some(live) = self.deployed_runtime(runtime) {
            for (index, mount) in live.mounts.iter().enumerate() {
                let field = format!("filesystemConfigurations[{index}]");
                let evidence = Evidence::aws(live.arn.clone(), "GetAgentRuntime", &field);
                add(Origin::Live, &mount.path, evidence);
            }
        }
        layers
    }

    /// The paths that the service posts to before it takes the snapshot of a runtime.
    pub fn warmups(&self, runtime: &Runtime) -> Vec<String> {
        let text = |node: Option<&Node>| node.and_then(Node::as_str).map(str::to_owned);
        let configured = runtime.node.path(&[
            "hooksConfiguration",
            "build",
            "warmup",
            "action",
            "httpPost",
            "path",
        ]);
        let mut found: Vec<String> = text(configured).into_iter().collect();
        if let Some((_, synthesized)) = self.synthesized_agent(Agent::Runtime(runtime)) {
            let properties = &synthesized.resource.properties;
            found.extend(text(properties.path(&[
                "HooksConfiguration",
                "Build",
                "Warmup",
                "Action",
                "HttpPost",
                "Path",
            ])));
        }
        let live = self.deployed_runtime(runtime);
        found.extend(live.and_then(|live| Some(live.warmup.as_ref()?.path.clone())));
        found
    }

    fn deployed_runtime(&self, runtime: &Runtime) -> Option<&aws::Runtime> {
        match self.aws.read()?.runtime(&runtime.name) {
            Known::Read(found) => Some(found),
            Known::Absent | Known::Unread(_) => None,
        }
    }

    /// Network mode of a runtime or harness.
    pub fn networks(&self, agent: Agent<'_>) -> Vec<Layer<Network>> {
        let mut layers = Vec::new();
        if let Some(anchor) = self.config_anchor(agent) {
            let common = agent.common();
            let value = Network {
                mode: match &common.network_mode {
                    Some(mode) => Seen::config(mode),
                    None => Seen::new("PUBLIC".to_owned(), anchor),
                },
                subnets: common.subnets.len(),
                security_groups: common.security_groups.len(),
            };
            layers.push(network(Origin::Config, value));
        }
        if let Some((_, runtime)) = self.synthesized_agent(agent)
            && let Some(value) = template_network(agent, runtime)
        {
            layers.push(network(Origin::Template, value));
        }
        if let Some(live) = self.deployed_agent(agent)
            && let Some(deployed) = live.network
        {
            let evidence = live.environment("networkConfiguration.networkMode");
            let value = Network {
                mode: Seen::new(deployed.mode.clone(), evidence),
                subnets: deployed.subnets.len(),
                security_groups: deployed.security_groups.len(),
            };
            layers.push(network(Origin::Live, value));
        }
        layers
    }
}

fn authorizer(origin: Origin, value: Authorizer) -> Layer<Authorizer> {
    let evidence = value.kind.evidence.clone();
    Layer::new(origin, value, evidence)
}

/// Template and API have no type for runtimes: a JWT authorizer, or none, which is AWS_IAM.
fn by_jwt(jwt: Option<JwtView>, anchor: Evidence) -> Authorizer {
    let kind = if jwt.is_some() {
        "CUSTOM_JWT"
    } else {
        "AWS_IAM"
    };
    Authorizer {
        kind: Seen::new(kind.to_owned(), anchor),
        by_default: jwt.is_none(),
        jwt,
    }
}

fn lifecycle(origin: Origin, value: Lifecycle) -> Layer<Lifecycle> {
    let evidence = value.anchor.clone();
    Layer::new(origin, value, evidence)
}

fn network(origin: Origin, value: Network) -> Layer<Network> {
    let evidence = value.mode.evidence.clone();
    Layer::new(origin, value, evidence)
}

/// The blocks of a runtime stand in its properties, those of a harness in its environment.
fn block<'a>(runtime: &'a TemplateRuntime, key: &str) -> Option<&'a Node> {
    let properties = &runtime.resource.properties;
    let environment = properties.path(&["Environment", "AgentCoreRuntimeEnvironment"]);
    environment.unwrap_or(properties).get(key)
}

/// `None` where a value is a reference that only the deploy resolves.
fn template_lifecycle(template: &Template, runtime: &TemplateRuntime) -> Option<Lifecycle> {
    let found = block(runtime, "LifecycleConfiguration");
    let unresolved = |key: &str| {
        let value = found.and_then(|block| block.get(key));
        value.is_some_and(|value| value.as_number().is_none())
    };
    if unresolved("IdleRuntimeSessionTimeout") || unresolved("MaxLifetime") {
        return None;
    }
    let seen = |value: &Option<Sited<f64>>| {
        let value = value.as_ref()?;
        Some(Seen::new(value.value, Evidence::template(&value.site)))
    };
    Some(Lifecycle {
        anchor: found.map_or_else(
            || Evidence::template(&runtime.resource.site),
            |block| Evidence::template(&template.document.site(block)),
        ),
        idle: seen(&runtime.idle_timeout),
        max: seen(&runtime.max_lifetime),
    })
}

/// `None` where the mode is not told.
fn template_network(agent: Agent<'_>, runtime: &TemplateRuntime) -> Option<Network> {
    let found = block(runtime, "NetworkConfiguration");
    let mode = match &runtime.network_mode {
        Some(mode) => Seen::new(mode.value.clone(), Evidence::template(&mode.site)),
        // A harness without the block is PUBLIC; a runtime has to have it.
        None if found.is_none() && agent.runtime().is_none() => Seen::new(
            "PUBLIC".to_owned(),
            Evidence::template(&runtime.resource.site),
        ),
        None => return None,
    };
    // A list that a function makes at deploy has something in it.
    let count = |key: &str| match found.and_then(|block| block.path(&["NetworkModeConfig", key])) {
        Some(list) if matches!(list.value, Json::Object(_)) => 1,
        Some(list) => list.items().len(),
        None => 0,
    };
    Some(Network {
        mode,
        subnets: count("Subnets"),
        security_groups: count("SecurityGroups"),
    })
}

/// The paths of the entries of a list of file systems, each with its place.
fn mounted<'a>(
    node: &'a Node,
    list: &'static str,
    path: &'static str,
) -> impl Iterator<Item = (&'a str, &'a Node)> {
    let entries = node.get(list).map(Node::items).unwrap_or_default();
    entries.iter().filter_map(move |entry| {
        // Each kind of file system has a block of its own.
        let blocks: &[crate::model::json::Member] = match &entry.value {
            Json::Object(members) => members,
            _ => &[],
        };
        let blocks = blocks.iter().map(|member| &member.node);
        let mut blocks = std::iter::once(entry).chain(blocks);
        blocks.find_map(|block| {
            let found = block.get(path)?;
            Some((found.as_str()?, found))
        })
    })
}
