//! The Regions that an agent calls models in: what its clients are made for, which need not be where it runs.

use std::collections::BTreeSet;

use super::Subject;
use super::code::Code;
use super::values::{REGIONS, texts};
use crate::model::predicted_role::Names;
use crate::model::source::ModuleId;
use crate::model::source::ir::{Call, Expr, ExprKind};

/// Options of a model's class or a client that name its Region: boto3, Strands and LangChain; the AWS SDK for JavaScript; Anthropic;
/// LiteLLM.
const OPTIONS: [&str; 5] = [
    "region_name",
    "region",
    "regionName",
    "aws_region",
    "aws_region_name",
];
/// Options that hand over what was made for a Region.
const MADE: [&str; 5] = [
    "boto_session",
    "boto3_session",
    "session",
    "client",
    "bedrock_client",
];

/// Every Region that a model can be called in: the agent's own, others, and `*` where one is not known.
pub(super) fn of_agent<'a>(subject: &Subject<'a>, code: Option<&Code<'_, 'a>>) -> BTreeSet<String> {
    // What is called beside the clients that name one is called there.
    let mut regions = BTreeSet::from([own(subject)]);
    for (module, expr, call) in code.into_iter().flat_map(Code::calls) {
        let code = code.filter(|code| calls_models(code, module, expr, call));
        if let Some(code) = code {
            regions.extend(of_call(subject, code, module, call));
        }
    }
    if regions.contains("*") {
        regions.retain(|region| region == "*");
    }
    regions
}

/// The Region of what names none: the one that the configuration sets, or where the agent runs.
fn own(subject: &Subject<'_>) -> String {
    let env = &subject.agent.common().env;
    let set = |name: &&str| {
        let mut set = env.iter().filter(|(_, value)| !value.value.is_empty());
        set.find(|(known, _)| known == *name)
    };
    let set = REGIONS.iter().find_map(set);
    set.map_or_else(
        || subject.names.region.clone(),
        |(_, value)| value.value.clone(),
    )
}

/// The Regions that a call makes a client for: the agent's own where it names none.
pub(super) fn of_call<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    module: ModuleId,
    call: &'a Call,
) -> BTreeSet<String> {
    let own = || BTreeSet::from([own(subject)]);
    let Some((module, value)) = named(code, module, call) else {
        return own();
    };
    let found = texts(subject, code, module, value);
    let mut regions: BTreeSet<String> = found.all.into_iter().collect();
    if !found.complete {
        // Without a target the own Region is not known either, and the code may well ask for it.
        match &*subject.names.region {
            Names::REGION => regions.extend(own()),
            _ => return BTreeSet::from(["*".to_owned()]),
        }
    }
    if regions.is_empty() { own() } else { regions }
}

/// The same subject as it calls another Region.
pub(super) fn elsewhere<'a>(subject: &Subject<'a>, region: &str) -> Subject<'a> {
    Subject {
        context: subject.context,
        agent: subject.agent,
        names: Names {
            region: region.to_owned(),
            ..subject.names.clone()
        },
    }
}

/// What names the Region: an option of the call, of what it is handed, or of the session that it is made on.
fn named<'a>(
    code: &Code<'_, 'a>,
    module: ModuleId,
    call: &'a Call,
) -> Option<(ModuleId, &'a Expr)> {
    // `boto3.client("bedrock-runtime", "eu-west-1")`
    let second = |call: &'a Call| call.args.get(1).filter(|_| call.written_name() == "client");
    let region = |call: &'a Call| {
        let named = OPTIONS.iter().find_map(|name| call.option(name));
        named.or_else(|| second(call))
    };
    if let Some(value) = region(call) {
        return Some((module, value));
    }
    let handed = MADE.iter().filter_map(|name| call.option(name));
    let session = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => Some(&**base),
        _ => None,
    };
    { handed.chain(session) }.find_map(|value| {
        let made = code.source().type_of(module, value)?;
        Some((made.module, region(made.call?)?))
    })
}

/// A class or a client through which models of Amazon Bedrock are called.
fn calls_models<'a>(code: &Code<'_, 'a>, module: ModuleId, expr: &'a Expr, call: &'a Call) -> bool {
    let source = code.source();
    let of_service = |name: &str| name == "bedrock-runtime";
    let first = call.args.first().and_then(Expr::as_str);
    let client = first.or_else(|| call.option("service_name")?.as_str());
    if client.is_some_and(of_service) {
        return true;
    }
    let name = source.callee_name(module, expr).unwrap_or_default();
    let name = name.to_lowercase().replace(['_', '-'], "");
    name.replace("bedrockagentcore", "").contains("bedrock")
}
