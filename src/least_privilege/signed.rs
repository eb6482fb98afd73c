//! Requests that the code signs itself for AgentCore: to a gateway or a runtime that is not of this project, or not by its name.

use std::collections::BTreeSet;

use super::code::Code;
use super::needs::Need;
use super::parts::why;
use super::values::texts;
use super::{Statements, Subject};
use crate::analysis::agent_code::evidence;
use crate::analysis::names::leaf;
use crate::model::source::ModuleId;
use crate::model::source::ir::{Call, Expr, ExprKind};

/// The name that requests to AgentCore's data plane are signed for.
const SERVICE: &str = "bedrock-agentcore";
/// What a request to a gateway is authorized as.
const INVOKE: &str = "bedrock-agentcore:InvokeGateway";
/// What stands between a gateway's id and its Region in the host of its address.
const GATEWAY_HOST: &str = ".gateway.bedrock-agentcore.";

/// Adds what signed requests need, where the gateways of the project do not answer for it.
pub(super) fn add<'a>(subject: &Subject<'a>, code: &Code<'_, 'a>, statements: &mut Statements) {
    let Some((module, expr)) = first(subject, code) else {
        return;
    };
    if statements.allows(INVOKE) {
        return;
    }
    let words: BTreeSet<String> = code
        .expressions(|expr| matches!(expr.kind, ExprKind::Str(_) | ExprKind::Name(_)))
        .into_iter()
        .filter_map(|(_, expr)| expr.as_str().or(expr.as_name()).map(str::to_owned))
        .chain(environment(subject))
        .collect();
    let mut gateways: BTreeSet<String> = words
        .iter()
        .filter_map(|word| gateway(subject, word))
        .collect();
    if gateways.is_empty() {
        let named = |word: &String| word.to_lowercase().contains("gateway");
        if !words.iter().any(named) {
            statements.note("the code signs requests to AgentCore, and where they go is not known: add bedrock-agentcore:InvokeGateway on the gateway, or bedrock-agentcore:InvokeAgentRuntime on the runtime, that it calls");
            return;
        }
        let every = subject.core("gateway/*");
        statements.note(format!("the code signs requests to a gateway that is not of this project; the policy takes {every}: put the ARN of the gateway there"));
        let place = evidence(code.source(), module, expr.range);
        let need = Need::new(INVOKE, "*", "calling a gateway", place).granted_on([every.clone()]);
        let why = "the address that the requests are signed for is not in the code";
        statements.need(need.unsure(Some(why.to_owned())));
        gateways.insert(every);
    } else {
        for gateway in &gateways {
            let place = evidence(code.source(), module, expr.range);
            let need = Need::new(INVOKE, gateway.as_str(), "calling a gateway", place);
            statements.need(need.unsure(why(code, module, expr)));
        }
    }
    statements.allow("CallOtherGateway", [INVOKE], gateways);
}

/// The first place that signs requests to AgentCore.
pub(super) fn first<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
) -> Option<(ModuleId, &'a Expr)> {
    let mut calls = code.calls();
    let found = calls.find(|(module, expr, call)| signer(subject, code, *module, expr, call));
    found.map(|(module, expr, _)| (module, expr))
}

fn environment<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = String> + use<'s> {
    let set = &subject.agent.common().env;
    set.iter()
        .flat_map(|(name, value)| [name.clone(), value.value.clone()])
}

/// `SigV4Auth(credentials, "bedrock-agentcore", region)`, `new SignatureV4({service: "bedrock-agentcore"})`,
/// `aws_iam_streamablehttp_client(aws_service="bedrock-agentcore")` and classes of one's own that are called so.
fn signer<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    module: ModuleId,
    expr: &'a Expr,
    call: &'a Call,
) -> bool {
    let name = code.source().callee_name(module, expr).unwrap_or_default();
    let name = leaf(name).to_lowercase().replace('_', "");
    if !["sigv4", "signaturev4", "awsiam", "signer"]
        .iter()
        .any(|part| name.contains(part))
    {
        return false;
    }
    let options = ["service", "aws_service", "service_name", "serviceName"];
    let options = options.iter().filter_map(|key| call.option(key));
    let mut values = call.args.iter().chain(options);
    values.any(|value| {
        texts(subject, code, module, value)
            .all
            .iter()
            .any(|text| text == SERVICE)
    })
}

/// The gateway behind an address: `https://ID.gateway.bedrock-agentcore.REGION.amazonaws.com/mcp`.
fn gateway(subject: &Subject<'_>, address: &str) -> Option<String> {
    let (before, after) = address.split_once(GATEWAY_HOST)?;
    let id = before.rsplit(['/', '@']).next()?;
    let region = after.split('.').next()?;
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (plain(id) && plain(region)).then(|| {
        format!(
            "arn:{}:bedrock-agentcore:{region}:{}:gateway/{id}",
            subject.names.partition, subject.names.account
        )
    })
}
