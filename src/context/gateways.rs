//! Gateways, their targets and online evaluations: what is judged of them.

use super::{Authorizer, Seen};
use crate::model::known::Known;

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
    /// The engine's name in the project, else its id.
    pub name: Seen<String>,
    /// `ENFORCE` or `LOG_ONLY`.
    pub mode: Seen<String>,
    /// How many of its policies are active, and where they stand; `Absent` where the project has no such engine.
    pub active: Known<Seen<usize>>,
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
    /// The ARN of the credential provider of a deployed target.
    pub provider: Option<String>,
}

/// An online evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalView {
    /// `samplingRate`, percent.
    pub rate: Option<Seen<f64>>,
    /// It runs.
    pub enabled: Seen<bool>,
    /// How many evaluators and insights it applies; `None` where that was not read.
    pub evaluators: Option<usize>,
}
