//! Gateways, their targets and online evaluations as every source shows them.

use super::{Authorizer, Context, JwtView, Layer, Origin, Seen};
use crate::model::json::Node;
use crate::model::project::{Gateway, GatewayTarget, OnlineEval};
use crate::report::Evidence;

/// A gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct GatewayView {
    /// Who may call it.
    pub authorizer: Authorizer,
    /// `exceptionLevel`; `None` where it is absent, which means that callers see no detail.
    pub exception_level: Option<Seen<String>>,
    /// The policy engine that is attached.
    pub engine: Option<EngineAttachment>,
}

/// A policy engine attached to a gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineAttachment {
    /// The engine's name in the project.
    pub name: Seen<String>,
    /// `ENFORCE` or `LOG_ONLY`.
    pub mode: Seen<String>,
}

/// A target of a gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetView {
    /// `targetType`.
    pub kind: Option<Seen<String>>,
    /// The address that it calls, where it has one.
    pub endpoint: Option<Seen<String>>,
    /// True where the target's code is deployed by the project (`compute`).
    pub own_compute: bool,
    /// The runtime that an `httpRuntime` target calls.
    pub runtime: Option<String>,
    /// `outboundAuth.type`, `NONE` where it is absent.
    pub auth: Seen<String>,
    /// `outboundAuth.credentialName`.
    pub credential: Option<Seen<String>>,
    /// `outboundAuth.service`, which SigV4 signing needs.
    pub service: Option<String>,
}

/// An online evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalView {
    /// `samplingRate`, percent.
    pub rate: Option<Seen<f64>>,
    /// It runs.
    pub enabled: Seen<bool>,
    /// How many evaluators and insights it applies.
    pub evaluators: usize,
}

impl Context {
    /// A gateway.
    pub fn gateway_layers(&self, gateway: &Gateway) -> Vec<Layer<GatewayView>> {
        let anchor = Evidence::config(&gateway.site);
        let kind = match &gateway.authorizer_type {
            Some(kind) => Seen::config(kind),
            // Default of the CLI's schema, of `agentcore add gateway` and of the construct.
            None => Seen::new("NONE".to_owned(), anchor.clone()),
        };
        let engine = gateway.policy_engine.as_ref().map(|name| EngineAttachment {
            name: Seen::config(name),
            mode: match &gateway.policy_mode {
                Some(mode) => Seen::config(mode),
                None => Seen::new("(no mode)".to_owned(), Evidence::config(&name.site)),
            },
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
        // Template: AWS::BedrockAgentCore::Gateway. Live: GetGateway.
        vec![Layer::new(Origin::Config, value, anchor)]
    }

    /// A target of a gateway.
    pub fn target_layers(
        &self,
        _gateway: &Gateway,
        target: &GatewayTarget,
    ) -> Vec<Layer<TargetView>> {
        let anchor = Evidence::config(&target.site);
        let value = TargetView {
            kind: target.kind.as_ref().map(Seen::config),
            endpoint: target.endpoint.as_ref().map(Seen::config),
            own_compute: target.node.get("compute").is_some(),
            runtime: target
                .node
                .path(&["httpRuntime", "runtime"])
                .and_then(Node::as_str)
                .map(str::to_owned),
            auth: match &target.outbound_auth {
                Some(auth) => Seen::config(auth),
                None => Seen::new("NONE".to_owned(), anchor.clone()),
            },
            credential: target.credential.as_ref().map(Seen::config),
            service: target
                .node
                .path(&["outboundAuth", "service"])
                .and_then(Node::as_str)
                .map(str::to_owned),
        };
        // Template: AWS::BedrockAgentCore::GatewayTarget. Live: GetGatewayTarget.
        vec![Layer::new(Origin::Config, value, anchor)]
    }

    /// An online evaluation.
    pub fn eval_layers(&self, eval: &OnlineEval) -> Vec<Layer<EvalView>> {
        let anchor = Evidence::config(&eval.site);
        let insights = eval.node.get("insights");
        let value = EvalView {
            rate: eval.sampling_rate.as_ref().map(Seen::config),
            enabled: match &eval.enable_on_create {
                Some(enabled) => Seen::config(enabled),
                // The deploy step enables it unless the key is exactly false.
                None => Seen::new(true, anchor.clone()),
            },
            evaluators: eval.evaluators.len() + insights.map_or(0, |list| list.items().len()),
        };
        // Template: AWS::BedrockAgentCore::OnlineEvaluationConfig. Live: GetOnlineEvaluationConfig.
        vec![Layer::new(Origin::Config, value, anchor)]
    }
}
