//! Work on the payload outside of any `try`: what parses it raises for whatever a caller sends.

use std::collections::BTreeSet;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::guards;
use crate::analysis::names::Meaning;
use crate::model::finding::{Evidence, Severity};
use crate::model::source::ir::{ExprKind, Stmt, StmtKind};
use crate::model::source::walk::{self, Node, TryPart, enclosing_tries};
use crate::model::source::{Call, EntrypointKind, Expr, Function, Module};

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

/// The places in handlers where the payload is parsed and nothing is around.
pub(super) fn bare(code: &AgentCode<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for entry in &code.code.entrypoints {
        let kinds = [EntrypointKind::Invocation, EntrypointKind::WebSocket];
        let Some(function) = entry.function.and_then(|id| code.source.function(id)) else {
            continue;
        };
        let module = code.source.module(function.id.module);
        let (true, Some(module)) = (kinds.contains(&entry.kind), module) else {
            continue;
        };
        if !guards::decorators(code.source, function).is_empty() {
            continue;
        }
        let params = entry
            .payload
            .iter()
            .filter_map(|at| function.params.get(*at));
        let names: BTreeSet<&str> = params.map(|param| &*param.name).collect();
        in_handler(code, module, function, names, &mut found);
    }
    found
}

fn in_handler<'a>(
    code: &AgentCode<'_>,
    module: &'a Module,
    function: &'a Function,
    mut payload: BTreeSet<&'a str>,
    found: &mut Vec<Evidence>,
) {
    let fields = payload.clone();
    walk::walk(&function.body, &mut |_, node| {
        if let Node::Stmt(stmt) = node {
            taken(stmt, &mut payload);
        }
        if let Node::Expr(expr) = node
            && let Some(call) = expr.as_call()
            && let Some(parser) = parser(code, module, call)
            && let Some(given) = call.args.first()
        {
            // What was kept under a name may have been tested on the way to a conversion.
            let from = if CONVERSIONS.contains(&parser.as_str()) {
                !matches!(given.kind, ExprKind::Name(_)) && is_field(given, &fields)
            } else {
                is_field(given, &payload)
            };
            let tried = enclosing_tries(&function.body, expr.range)
                .into_iter()
                .any(|(tried, part)| part == TryPart::Body && !tried.handlers.is_empty());
            if from && !tried {
                let note = format!(
                    "`{parser}` raises for what it cannot parse, and no `try` is around it"
                );
                let evidence = agent_code::evidence(code.source, module.id, expr.range);
                found.push(evidence.note(note).severity(Severity::Low));
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
fn parser(code: &AgentCode<'_>, module: &Module, call: &Call) -> Option<String> {
    if let ExprKind::Attribute { base, attr } = &call.callee.kind
        && SCHEMA_METHODS.contains(&&**attr)
        && base
            .as_name()
            .is_some_and(|name| name.starts_with(char::is_uppercase))
    {
        return Some(module.text(call.callee.range).to_owned());
    }
    let name = match code.source.meaning(module.id, &call.callee) {
        Meaning::External(name) => name,
        _ => match &call.callee.kind {
            ExprKind::Name(name) => name.to_string(),
            _ => return None,
        },
    };
    let known = PARSERS.contains(&name.as_str()) || CONVERSIONS.contains(&name.as_str());
    known.then_some(name)
}
