//! What handlers parse of the payload: what parses it raises for whatever a caller sends.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::guards;
use crate::analysis::names::Meaning;
use crate::model::source::ir::{ByteRange, Call, Expr, ExprKind, Stmt, StmtKind};
use crate::model::source::walk::{Node, is_tried, walk};
use crate::model::source::{EntrypointKind, Function, Module, ModuleId, Source};

/// Functions that raise for text that is not what they parse.
const PARSERS: [&str; 22] = [
    "json.loads",
    "orjson.loads",
    "ujson.loads",
    "ast.literal_eval",
    "yaml.safe_load",
    "datetime.datetime.fromisoformat",
    "datetime.date.fromisoformat",
    "datetime.datetime.strptime",
    "base64.b64decode",
    "uuid.UUID",
    "decimal.Decimal",
    "fractions.Fraction",
    "ipaddress.ip_address",
    "JSON.parse",
    "BigInt",
    "decodeURIComponent",
    "jwt.decode",
    "jose.jwt.decode",
    "jsonwebtoken.verify",
    "jose.jwtVerify",
    "google.oauth2.id_token.verify_oauth2_token",
    "pydantic.TypeAdapter.validate_python",
];
/// Methods of a schema that raise for what does not fit it.
const SCHEMA_METHODS: [&str; 5] = [
    "model_validate",
    "model_validate_json",
    "parse_obj",
    "parse_raw",
    "validate_python",
];
/// Conversions that raise, where they are given a field as it came.
const CONVERSIONS: [&str; 2] = ["int", "float"];

/// A place where a handler parses a field of the payload.
pub(crate) struct Parse {
    /// What raises for a text that it cannot parse, as a message names it.
    pub(crate) parser: String,
    /// The module.
    pub(crate) module: ModuleId,
    /// The call.
    pub(crate) range: ByteRange,
}

/// The places in handlers where the payload is parsed and neither a `try` nor a decorator of the project is around.
pub(crate) fn untried(code: &AgentCode<'_>) -> Vec<Parse> {
    let source = code.source;
    let mut found = Vec::new();
    for entry in &code.code.entrypoints {
        let kinds = [EntrypointKind::Invocation, EntrypointKind::WebSocket];
        let Some(function) = entry.function.and_then(|id| source.function(id)) else {
            continue;
        };
        let module = source.module(function.id.module);
        let (true, Some(module)) = (kinds.contains(&entry.kind), module) else {
            continue;
        };
        if !guards::decorators(source, function).is_empty() {
            continue;
        }
        let params = entry
            .payload
            .iter()
            .filter_map(|at| function.params.get(*at));
        let payload = params.map(|param| &*param.name).collect();
        in_handler(source, module, function, payload, &mut found);
    }
    found
}

fn in_handler<'a>(
    source: &'a Source,
    module: &'a Module,
    function: &'a Function,
    mut payload: BTreeSet<&'a str>,
    found: &mut Vec<Parse>,
) {
    let fields = payload.clone();
    walk(&function.body, &mut |_, node| {
        if let Node::Stmt(stmt) = node {
            taken(stmt, &mut payload);
        }
        if let Node::Expr(expr) = node
            && let Some(call) = expr.as_call()
            && let Some(parser) = parser(source, module, call)
            && let Some(given) = call.args.first()
        {
            // What was kept under a name may have been tested on the way to a conversion.
            let from = if CONVERSIONS.contains(&parser.as_str()) {
                !matches!(given.kind, ExprKind::Name(_)) && is_field(given, &fields)
            } else {
                is_field(given, &payload)
            };
            if from && !is_tried(&function.body, expr.range) {
                found.push(Parse {
                    parser,
                    module: module.id,
                    range: expr.range,
                });
            }
        }
        true
    });
}

/// `body = payload["body"]`: the name holds what a caller sent.
fn taken<'a>(stmt: &'a Stmt, payload: &mut BTreeSet<&'a str>) {
    let StmtKind::Assign(assign) = &stmt.kind else {
        return;
    };
    let Some(value) = &assign.value else { return };
    let plain = matches!(
        value.kind,
        ExprKind::Subscript { .. }
            | ExprKind::Attribute { .. }
            | ExprKind::Call(_)
            | ExprKind::BoolOp { .. }
    );
    if plain && is_field(value, payload) {
        payload.extend(assign.targets.iter().filter_map(Expr::as_name));
    }
}

/// A field as it is taken out of the payload: `payload["a"]`, `payload.a`, `payload.get("a", {})`, `payload["a"] or ""`.
fn is_field(expr: &Expr, payload: &BTreeSet<&str>) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => payload.contains(&**name),
        ExprKind::Subscript { base, .. } | ExprKind::Attribute { base, .. } => {
            is_field(base, payload)
        }
        ExprKind::Call(call) => matches!(&call.callee.kind, ExprKind::Attribute { base, attr }
            if &**attr == "get" && is_field(base, payload)),
        ExprKind::BoolOp { values, .. } => {
            values.first().is_some_and(|first| is_field(first, payload))
        }
        _ => false,
    }
}

/// What a call parses with.
fn parser(source: &Source, module: &Module, call: &Call) -> Option<String> {
    if let ExprKind::Attribute { base, attr } = &call.callee.kind
        && SCHEMA_METHODS.contains(&&**attr)
        && base
            .as_name()
            .is_some_and(|name| name.starts_with(char::is_uppercase))
    {
        return Some(module.text(call.callee.range).to_owned());
    }
    let name = match source.meaning(module.id, &call.callee) {
        Meaning::External(name) => name,
        _ => match &call.callee.kind {
            ExprKind::Name(name) => name.to_string(),
            _ => return None,
        },
    };
    let known = PARSERS.contains(&name.as_str()) || CONVERSIONS.contains(&name.as_str());
    known.then_some(name)
}
