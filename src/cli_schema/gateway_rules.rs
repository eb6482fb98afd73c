//! What the parts of a gateway and its targets ask of each other.

use super::fault::{Repair, Scope};
use super::words::alternatives;
use crate::model::json::Node;

/// Values of `targetType`.
pub const TARGET_TYPES: [&str; 9] = [
    "lambda",
    "mcpServer",
    "openApiSchema",
    "smithyModel",
    "apiGateway",
    "lambdaFunctionArn",
    "httpRuntime",
    "connector",
    "passthrough",
];

/// What a target of one type needs, must not have, and may use outbound.
struct Kind {
    name: &'static str,
    needs: &'static [&'static str],
    refuses: &'static [&'static str],
    outbound_required: bool,
    outbound: &'static [&'static str],
}

const KINDS: [Kind; 9] = [
    Kind {
        name: "lambda",
        needs: &["compute", "toolDefinitions"],
        refuses: &[],
        outbound_required: false,
        outbound: &["OAUTH", "NONE"],
    },
    Kind {
        name: "mcpServer",
        needs: &[],
        refuses: &["apiGateway", "lambdaFunctionArn"],
        outbound_required: false,
        outbound: &["OAUTH", "NONE"],
    },
    Kind {
        name: "openApiSchema",
        needs: &["schemaSource"],
        refuses: &["compute", "endpoint", "toolDefinitions", "apiGateway"],
        outbound_required: true,
        outbound: &["OAUTH", "API_KEY"],
    },
    Kind {
        name: "smithyModel",
        needs: &["schemaSource"],
        refuses: &["compute", "endpoint", "toolDefinitions", "apiGateway"],
        outbound_required: false,
        outbound: &[],
    },
    Kind {
        name: "apiGateway",
        needs: &["apiGateway"],
        refuses: &[
            "compute",
            "endpoint",
            "toolDefinitions",
            "lambdaFunctionArn",
        ],
        outbound_required: false,
        outbound: &["API_KEY", "NONE"],
    },
    Kind {
        name: "lambdaFunctionArn",
        needs: &["lambdaFunctionArn"],
        refuses: &[
            "compute",
            "endpoint",
            "apiGateway",
            "outboundAuth",
            "toolDefinitions",
        ],
        outbound_required: false,
        outbound: &["OAUTH", "NONE"],
    },
    Kind {
        name: "httpRuntime",
        needs: &["httpRuntime"],
        refuses: &[
            "endpoint",
            "compute",
            "apiGateway",
            "lambdaFunctionArn",
            "toolDefinitions",
        ],
        outbound_required: false,
        outbound: &["OAUTH", "NONE"],
    },
    Kind {
        name: "connector",
        needs: &["connectorId"],
        refuses: &[
            "compute",
            "endpoint",
            "toolDefinitions",
            "apiGateway",
            "lambdaFunctionArn",
            "schemaSource",
            "httpRuntime",
            "passthrough",
        ],
        outbound_required: false,
        outbound: &[],
    },
    Kind {
        name: "passthrough",
        needs: &["passthrough"],
        refuses: &[
            "endpoint",
            "compute",
            "apiGateway",
            "lambdaFunctionArn",
            "httpRuntime",
            "toolDefinitions",
        ],
        outbound_required: true,
        outbound: &["GATEWAY_IAM_ROLE", "OAUTH", "JWT_PASSTHROUGH"],
    },
];

fn kind(scope: &Scope<'_, '_>) -> Option<&'static Kind> {
    let name = scope.text("targetType")?;
    KINDS.iter().find(|kind| kind.name == name)
}

/// A list that is empty is as good as absent.
fn holds(scope: &Scope<'_, '_>, key: &str) -> bool {
    let list = matches!(key, "toolDefinitions" | "configurations");
    scope.has(key) && (!list || scope.count(key) > 0)
}

/// The parts that a target of its type needs and must not have.
pub fn parts(scope: &mut Scope<'_, '_>) {
    let Some(kind) = kind(scope) else { return };
    for key in kind
        .needs
        .iter()
        .filter(|key| !holds(scope, key))
        .collect::<Vec<_>>()
    {
        scope.fault(key, format!("is missing: a {} target needs it", kind.name));
    }
    let refused = kind.refuses.iter().filter(|key| holds(scope, key));
    for key in refused.collect::<Vec<_>>() {
        let words = format!("does not belong to a {} target", kind.name);
        scope.fixable(key, words, Repair::Delete);
    }
    if kind.name == "mcpServer" && !scope.has("compute") && !scope.has("endpoint") {
        scope.fault(
            "endpoint",
            "is missing: an mcpServer target needs an endpoint or compute",
        );
    }
    if kind.name != "connector" {
        for key in ["connectorId", "configurations"] {
            if holds(scope, key) {
                scope.fixable(key, "is only for connector targets", Repair::Delete);
            }
        }
    }
}

/// The outbound authorization that a target of its type may use, and what that needs.
pub fn outbound(scope: &mut Scope<'_, '_>) {
    let Some(kind) = kind(scope) else { return };
    let auth = scope.get("outboundAuth");
    let text = |key: &str| auth.and_then(|auth| auth.get(key)).and_then(Node::as_str);
    let has = |key: &str| auth.is_some_and(|auth| auth.get(key).is_some());
    let chosen = text("type").unwrap_or("NONE");
    let key = "outboundAuth";
    if chosen == "NONE" {
        if kind.outbound_required {
            let words = format!(
                "is missing: a {} target needs {}",
                kind.name,
                alternatives(kind.outbound)
            );
            scope.fault(key, words);
        }
        return;
    }
    if kind.outbound.is_empty() {
        let words = format!(
            "does not belong to a {} target, which uses the gateway's role",
            kind.name
        );
        scope.fixable(key, words, Repair::Delete);
    } else if !kind.outbound.contains(&chosen) {
        let allowed = alternatives(kind.outbound);
        scope.fault(
            key,
            format!(
                "must be {allowed} for a {} target, found {chosen}",
                kind.name
            ),
        );
    }
    let by_itself = matches!(chosen, "GATEWAY_IAM_ROLE" | "JWT_PASSTHROUGH");
    if !by_itself && !has("credentialName") {
        scope.fault(key, format!("needs credentialName for {chosen}"));
    }
    if kind.name == "passthrough" && chosen == "GATEWAY_IAM_ROLE" && !has("service") {
        scope.fault(key, "needs service, the name that requests are signed for");
    }
}

/// A gateway that takes JWTs says how.
pub fn jwt(scope: &mut Scope<'_, '_>) {
    let authorizer = scope
        .get("authorizerConfiguration")
        .and_then(|config| config.get("customJwtAuthorizer"));
    if scope.text("authorizerType") == Some("CUSTOM_JWT") && authorizer.is_none() {
        scope.fault(
            "authorizerConfiguration",
            "is missing: authorizerType CUSTOM_JWT needs customJwtAuthorizer in it",
        );
    }
}

/// Only a gateway of protocol `None` hosts targets that are no MCP servers.
pub fn protocol(scope: &mut Scope<'_, '_>) {
    if scope.text("protocolType") == Some("None") {
        return;
    }
    let targets = scope.get("targets").map(Node::items).unwrap_or_default();
    for target in targets {
        let kind = target.get("targetType").and_then(Node::as_str);
        if let Some(kind @ ("httpRuntime" | "passthrough")) = kind {
            let words = format!("must be \"None\": an MCP gateway cannot host the {kind} target");
            let repair = Repair::SetAt(scope.path("protocolType"), "None".into());
            return scope.fixable("protocolType", words, repair);
        }
    }
}

/// A Lambda says which version of its language it runs on.
pub fn language_version(scope: &mut Scope<'_, '_>) {
    let language = scope
        .get("implementation")
        .and_then(|inner| inner.get("language"))
        .and_then(Node::as_str);
    match language {
        Some("TypeScript") if !scope.has("nodeVersion") => {
            scope.fault("nodeVersion", "is missing: a TypeScript Lambda needs it");
        }
        Some("Python") if !scope.has("pythonVersion") => {
            scope.fault("pythonVersion", "is missing: a Python Lambda needs it");
        }
        _ => {}
    }
}

/// A tool on an AgentCore runtime is Python.
pub fn only_python(scope: &mut Scope<'_, '_>) {
    let language = scope
        .get("implementation")
        .and_then(|inner| inner.get("language"))
        .and_then(Node::as_str);
    if language != Some("Python") {
        scope.fault(
            "implementation",
            "must be in Python on host AgentCoreRuntime",
        );
    }
}
