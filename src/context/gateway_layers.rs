//! What each source says of a gateway and its targets: configuration, template, AWS.

use super::{
    Authorizer, Context, EngineAttachment, GatewayView, JwtView, Layer, Origin, Seen, TargetView,
};
use crate::model::aws;
use crate::model::finding::Evidence;
use crate::model::json::{Json, Node};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::{CedarPolicy, Gateway, GatewayTarget};
use crate::model::site::Sited;
use crate::model::template::{Reference, Template, TemplateGateway, TemplateTarget, reference};

impl Context {
    /// A gateway.
    pub fn gateway_layers(&self, gateway: &Gateway) -> Vec<Layer<GatewayView>> {
        let mut layers: Vec<Layer<GatewayView>> = Vec::new();
        layers.extend(
            self.stack
                .is_none()
                .then(|| self.configured_gateway(gateway)),
        );
        if let Some((template, found)) = self.gateway_in_template(gateway) {
            layers.extend(self.synthesized_gateway(template, found));
        }
        if let Some(found) = self.gateway_in_aws(gateway) {
            layers.push(self.deployed_gateway(found));
        }
        layers
    }

    fn configured_gateway(&self, gateway: &Gateway) -> Layer<GatewayView> {
        let anchor = Evidence::config(&gateway.site);
        let kind = match &gateway.authorizer_type {
            Some(kind) => Seen::config(kind),
            // Default of the CLI's schema, of `agentcore add gateway` and of the construct.
            None => Seen::new("NONE".to_owned(), anchor.clone()),
        };
        let engines = &self.project.policy_engines;
        let active = |name: &str| match engines.iter().find(|engine| engine.name == name) {
            None => Known::Absent,
            Some(engine) => Known::Read(Seen::new(
                engine.policies.iter().filter(|one| one.is_active()).count(),
                Evidence::config(&engine.site),
            )),
        };
        let engine = gateway.policy_engine.as_ref().map(|name| EngineAttachment {
            name: Seen::config(name),
            mode: match &gateway.policy_mode {
                Some(mode) => Seen::config(mode),
                None => Seen::new("(no mode)".to_owned(), Evidence::config(&name.site)),
            },
            active: active(&name.value),
        });
        let value = GatewayView {
            authorizer: Authorizer {
                by_default: gateway.authorizer_type.is_none(),
                kind,
                jwt: gateway.jwt.as_ref().map(JwtView::config),
            },
            exception_level: gateway.exception_level.as_ref().map(Seen::config),
            engine,
        };
        Layer::new(Origin::Config, value, anchor)
    }

    /// `None` where the authorizer is a reference that only the deploy resolves.
    fn synthesized_gateway(
        &self,
        template: &Template,
        found: &TemplateGateway,
    ) -> Option<Layer<GatewayView>> {
        let anchor = Evidence::template(&found.resource.site);
        let kind = found.authorizer_type.as_ref().map(seen)?;
        let jwt = match &found.jwt {
            Some(jwt) => Some(JwtView::template(jwt)?),
            None => None,
        };
        let configuration = found.resource.properties.get("PolicyEngineConfiguration");
        let engine = configuration.map(|block| {
            let at = Evidence::template(&template.document.site(block));
            let (name, active) = self.synthesized_engine(template, found.policy_engine.as_ref());
            EngineAttachment {
                name: Seen::new(name, at.clone()),
                mode: found
                    .policy_mode
                    .as_ref()
                    .map_or_else(|| Seen::new("(no mode)".to_owned(), at), seen),
                active,
            }
        });
        let value = GatewayView {
            authorizer: Authorizer {
                by_default: false,
                kind,
                jwt,
            },
            exception_level: found.exception_level.as_ref().map(seen),
            engine,
        };
        Some(Layer::new(Origin::Template, value, anchor))
    }

    /// The project's name of the engine that a gateway of the template points at, and how many of its policies are active.
    fn synthesized_engine(
        &self,
        template: &Template,
        engine: Option<&Reference>,
    ) -> (String, Known<Seen<usize>>) {
        let id = match engine {
            Some(Reference::Logical(id)) => id,
            Some(Reference::Value(arn)) => {
                let name = self.engine_name(arn);
                let why = "its policies are not in the template".to_owned();
                return (
                    name,
                    Known::Unread(Unread::new(ReasonCode::Unsupported, why)),
                );
            }
            None => {
                let why = "the template does not say which engine".to_owned();
                let reason = Unread::new(ReasonCode::Unsupported, why);
                return ("(unknown)".to_owned(), Known::Unread(reason));
            }
        };
        let mut engines = template.policy_engines.iter();
        let Some(found) = engines.find(|one| one.logical_id == *id) else {
            let why = "the engine is not in the template".to_owned();
            let reason = Unread::new(ReasonCode::Unsupported, why);
            return (id.clone(), Known::Unread(reason));
        };
        let name = found.name.as_deref().unwrap_or(id);
        let name = self.own_part(name).to_owned();
        let points_here = |policy: &&crate::model::template::TemplateNamed| {
            let engine = policy.properties.get("PolicyEngineId").and_then(reference);
            let mode = policy
                .properties
                .get("EnforcementMode")
                .and_then(Node::as_str);
            engine.as_ref() == Some(&Reference::Logical(id.clone())) && mode != Some("LOG_ONLY")
        };
        let active = template.policies.iter().filter(points_here).count();
        let evidence = Evidence::template(&found.site);
        (name, Known::Read(Seen::new(active, evidence)))
    }

    /// The project's own name in `<project>_<name>`.
    fn own_part<'a>(&self, name: &'a str) -> &'a str {
        let prefix = format!("{}_", self.project.display_name());
        name.strip_prefix(&prefix).unwrap_or(name)
    }

    /// The project's name of an engine, else the id that its ARN ends in.
    fn engine_name(&self, arn: &str) -> String {
        let live = self.aws.read().and_then(|state| {
            let mut engines = state.policy_engines.iter();
            engines.find(|(_, engine)| engine.read().is_some_and(|engine| engine.arn == arn))
        });
        let own = live.map(|(name, _)| name.as_str());
        own.or_else(|| self.own_name(|target| &target.policy_engines, arn))
            .unwrap_or_else(|| arn.rsplit('/').next().unwrap_or(arn))
            .to_owned()
    }

    fn deployed_gateway(&self, found: &aws::Gateway) -> Layer<GatewayView> {
        let field = |field: &str| Evidence::aws(&found.arn, "GetGateway", field);
        let kind = Seen::new(found.authorizer_type.clone(), field("authorizerType"));
        let engine = found.policy_engine.as_ref().map(|engine| {
            let name = self.engine_name(&engine.arn);
            EngineAttachment {
                active: self.deployed_policies(&name, &engine.arn),
                name: Seen::new(name, field("policyEngineConfiguration.arn")),
                mode: Seen::new(engine.mode.clone(), field("policyEngineConfiguration.mode")),
            }
        });
        let level = found.exception_level.as_ref();
        let value = GatewayView {
            authorizer: Authorizer {
                by_default: false,
                kind,
                jwt: found.jwt.as_ref().map(|jwt| JwtView::live(jwt, field)),
            },
            exception_level: level.map(|level| Seen::new(level.clone(), field("exceptionLevel"))),
            engine,
        };
        Layer::new(Origin::Live, value, field("gatewayId"))
    }

    /// How many policies of a deployed engine are active.
    fn deployed_policies(&self, name: &str, arn: &str) -> Known<Seen<usize>> {
        let unread = |reason: Unread| Known::Unread(reason);
        let engine = match self.aws.read().map(|state| state.policy_engine(name)) {
            Some(Known::Read(engine)) => engine,
            Some(Known::Unread(reason)) => return unread(reason),
            Some(Known::Absent) | None => {
                let why = format!("the policies of {arn} were not read");
                return unread(Unread::new(ReasonCode::Absent, why));
            }
        };
        engine.policies.as_ref().map(|policies| {
            let active = |policy: &&aws::Policy| {
                policy.status == "ACTIVE" && policy.enforcement_mode != "LOG_ONLY"
            };
            let evidence = Evidence::aws(arn, "ListPolicies", "policies");
            Seen::new(policies.iter().filter(active).count(), evidence)
        })
    }

    /// A target of a gateway in the template.
    pub fn target_in_template(
        &self,
        gateway: &Gateway,
        target: &GatewayTarget,
    ) -> Option<(&Template, &TemplateTarget)> {
        let (template, found) = self.gateway_in_template(gateway)?;
        let mut targets = template.targets_of(found);
        let found = targets.find(|one| one.resource.name.as_deref() == Some(target.name.as_str()));
        Some((template, found?))
    }

    /// A target of a gateway.
    pub fn target_layers(
        &self,
        gateway: &Gateway,
        target: &GatewayTarget,
    ) -> Vec<Layer<TargetView>> {
        let mut layers: Vec<Layer<TargetView>> = Vec::new();
        layers.extend(self.stack.is_none().then(|| configured_target(target)));
        if let Some((template, found)) = self.gateway_in_template(gateway)
            && let Some(found) = template
                .targets_of(found)
                .find(|one| one.resource.name.as_deref() == Some(target.name.as_str()))
        {
            layers.extend(synthesized_target(self, template, target, found));
        }
        if let Some(live) = self.gateway_in_aws(gateway)
            && let Some(targets) = live.targets.read()
            && let Some(Known::Read(found)) = targets.get(&target.name)
        {
            layers.push(deployed_target(self, live, target, found));
        }
        layers
    }

    /// The project's name of a credential provider, else the name that its ARN ends in.
    fn credential_name(&self, arn: &str) -> String {
        self.own_name(|target| &target.credentials, arn)
            .unwrap_or_else(|| arn.rsplit('/').next().unwrap_or(arn))
            .to_owned()
    }
}

fn seen(value: &Sited<String>) -> Seen<String> {
    Seen::new(value.value.clone(), Evidence::template(&value.site))
}

impl CedarPolicy {
    /// True where it decides: ACTIVE is the default of the schema.
    pub fn is_active(&self) -> bool {
        self.enforcement_mode
            .as_ref()
            .is_none_or(|mode| mode.value == "ACTIVE")
    }
}

fn configured_target(target: &GatewayTarget) -> Layer<TargetView> {
    let anchor = Evidence::config(&target.site);
    let service = target.node.path(&["outboundAuth", "service"]);
    let value = TargetView {
        kind: target.kind.as_ref().map(Seen::config),
        endpoint: target.endpoint.as_ref().map(Seen::config),
        own_compute: target.node.get("compute").is_some(),
        runtime: target_runtime(target),
        auth: match &target.outbound_auth {
            Some(auth) => Seen::config(auth),
            None => Seen::new("NONE".to_owned(), anchor.clone()),
        },
        credential: target.credential.as_ref().map(Seen::config),
        service: service.and_then(Node::as_str).map(str::to_owned),
        provider: None,
    };
    Layer::new(Origin::Config, value, anchor)
}

fn target_runtime(target: &GatewayTarget) -> Option<String> {
    let runtime = target.node.path(&["httpRuntime", "runtime"])?;
    runtime.as_str().map(str::to_owned)
}

/// The kind of a target in the words of `agentcore.json`: AWS does not tell its two kinds of Lambda targets apart, nor whose
/// the code of an MCP server is.
fn kind(target: &GatewayTarget, found: &str) -> String {
    match &target.kind {
        Some(own) if found == "lambda" && own.value == "lambdaFunctionArn" => own.value.clone(),
        _ => found.to_owned(),
    }
}

/// `None` where the credentials are a reference that only the deploy resolves.
fn synthesized_target(
    context: &Context,
    template: &Template,
    target: &GatewayTarget,
    found: &TemplateTarget,
) -> Option<Layer<TargetView>> {
    let anchor = Evidence::template(&found.resource.site);
    let properties = &found.resource.properties;
    let configurations = properties.get("CredentialProviderConfigurations");
    if configurations.is_some_and(|list| !matches!(list.value, Json::Array(_))) {
        return None;
    }
    let first = configurations.and_then(|list| list.items().first());
    let provider = first.and_then(|first| first.get("CredentialProvider"));
    let arn = ["OauthCredentialProvider", "ApiKeyCredentialProvider"]
        .iter()
        .find_map(|key| provider?.path(&[key, "ProviderArn"])?.as_str());
    let service = provider.and_then(|one| one.path(&["IamCredentialProvider", "Service"]));
    let value = TargetView {
        kind: Some(Seen::new(kind(target, found.kind), anchor.clone())),
        endpoint: found.endpoint.as_ref().map(seen),
        own_compute: target.node.get("compute").is_some(),
        runtime: target_runtime(target),
        auth: found
            .outbound_auth
            .first()
            .map_or_else(|| Seen::new("NONE".to_owned(), anchor.clone()), seen),
        credential: arn.zip(first).map(|(arn, first)| {
            let at = Evidence::template(&template.document.site(first));
            Seen::new(context.credential_name(arn), at)
        }),
        service: service.and_then(Node::as_str).map(str::to_owned),
        provider: arn.map(str::to_owned),
    };
    Some(Layer::new(Origin::Template, value, anchor))
}

fn deployed_target(
    context: &Context,
    gateway: &aws::Gateway,
    target: &GatewayTarget,
    found: &aws::GatewayTarget,
) -> Layer<TargetView> {
    let arn = format!("{}/target/{}", gateway.arn, found.id);
    let field = |field: &str| Evidence::aws(&arn, "GetGatewayTarget", field);
    let auth = found.outbound_auth.first();
    let at = field("credentialProviderConfigurations");
    let provider = auth.and_then(|auth| auth.provider_arn.clone());
    let kind_at = field("targetConfiguration");
    let value = TargetView {
        kind: Some(Seen::new(kind(target, &found.kind), kind_at.clone())),
        endpoint: found
            .endpoint
            .as_ref()
            .map(|endpoint| Seen::new(endpoint.clone(), kind_at)),
        own_compute: target.node.get("compute").is_some(),
        runtime: target_runtime(target),
        auth: Seen::new(
            auth.map_or_else(|| "NONE".to_owned(), |auth| auth.kind.clone()),
            at.clone(),
        ),
        credential: provider
            .as_ref()
            .map(|arn| Seen::new(context.credential_name(arn), at.clone())),
        service: None,
        provider,
    };
    Layer::new(Origin::Live, value, at)
}
