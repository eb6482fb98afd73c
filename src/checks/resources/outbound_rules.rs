//! Which outbound auth a gateway target takes.

use crate::context::TargetView;

/// Outbound auth per target type: what the CLI takes (`TARGET_TYPE_AUTH_CONFIG` of @aws/agentcore 0.30.0, `schema/schemas/mcp.js`).
pub(super) struct Rule {
    /// `targetType`.
    pub(super) kind: &'static str,
    /// Valid values of `outboundAuth.type` besides NONE.
    pub(super) takes: &'static [&'static str],
    /// What NONE means for it.
    pub(super) none: NoneMeans,
}

/// What a target without outbound auth does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NoneMeans {
    /// The gateway signs with its own role.
    GatewayRole,
    /// The call carries no credential.
    Nothing,
    /// The CLI refuses it.
    Refused,
}

const RULES: [Rule; 9] = [
    Rule {
        kind: "openApiSchema",
        takes: &["OAUTH", "API_KEY"],
        none: NoneMeans::Refused,
    },
    Rule {
        kind: "smithyModel",
        takes: &[],
        none: NoneMeans::GatewayRole,
    },
    Rule {
        kind: "apiGateway",
        takes: &["API_KEY"],
        none: NoneMeans::GatewayRole,
    },
    Rule {
        kind: "mcpServer",
        takes: &["OAUTH"],
        none: NoneMeans::Nothing,
    },
    Rule {
        kind: "lambda",
        takes: &["OAUTH"],
        none: NoneMeans::GatewayRole,
    },
    // `outboundAuth` is refused for it altogether, although the CLI's help offers oauth.
    Rule {
        kind: "lambdaFunctionArn",
        takes: &[],
        none: NoneMeans::GatewayRole,
    },
    Rule {
        kind: "httpRuntime",
        takes: &["OAUTH"],
        none: NoneMeans::GatewayRole,
    },
    Rule {
        kind: "connector",
        takes: &[],
        none: NoneMeans::GatewayRole,
    },
    Rule {
        kind: "passthrough",
        takes: &["GATEWAY_IAM_ROLE", "OAUTH", "JWT_PASSTHROUGH"],
        none: NoneMeans::Refused,
    },
];

/// The rule of a target's type; `None` where the type is not known.
pub(super) fn rule(view: &TargetView) -> Option<&'static Rule> {
    let kind = view.kind.as_ref()?.value.as_str();
    RULES.iter().find(|rule| rule.kind == kind)
}
