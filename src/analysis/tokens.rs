//! Tokens that code reads the claims of without a check of their signature.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::{parameter, some_given};
use crate::analysis::clients::places::Places;
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::provenance::{self, Alternative, Root};
use crate::analysis::values::At;
use crate::model::source::walk::expressions;
use crate::model::source::{Call, Expr, ExprKind, FnId, Module, ModuleId, Source};

/// How a token comes to the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sent {
    /// In the payload: no authorizer looks at it.
    Payload,
    /// In a header that is not `Authorization`: neither does it look there.
    Header,
}

/// A token whose claims are read and whose signature nothing checks.
pub(crate) struct Unverified<'a> {
    /// How it comes.
    pub(crate) sent: Sent,
    /// Where it is read.
    pub(crate) module: ModuleId,
    /// The call that reads it.
    pub(crate) expr: &'a Expr,
}

/// Claims that say who somebody is, or what he may do.
const CLAIMS: [&str; 14] = [
    "sub",
    "email",
    "username",
    "cognito:username",
    "preferred_username",
    "cognito:groups",
    "groups",
    "roles",
    "role",
    "oid",
    "upn",
    "user_id",
    "tenant_id",
    "custom:tenant_id",
];

/// What shows that signatures are checked somewhere.
const VERIFIES: [&str; 11] = [
    "get_signing_key_from_jwt",
    "get_signing_key",
    "PyJWKClient",
    "PyJWKSet",
    "jwtVerify",
    "createRemoteJWKSet",
    "createLocalJWKSet",
    "verify",
    "CognitoJwtVerifier",
    "JwtVerifier",
    "get_user",
];

/// The tokens that a runtime reads unverified, where it is seen how they come to it.
pub(crate) fn unverified<'a>(code: &AgentCode<'a>) -> Vec<Unverified<'a>> {
    let found: Vec<(&Module, &'a Expr, &'a Expr)> = code
        .calls()
        .filter_map(|(module, function, expr)| {
            let token = read(code.source, module, function, expr)?;
            names_somebody(module).then_some((module, expr, token))
        })
        .collect();
    if found.is_empty() || verifies(code) {
        return Vec::new();
    }
    let places = Places::of(code.source, code.code.reachable.clone());
    let sent = |alternative: &Alternative<'_>| {
        let [part] = alternative.as_slice() else {
            return None;
        };
        let Root::Parameter { function, .. } = part.root else {
            return None;
        };
        let mut entries = code.code.entrypoints.iter().chain(&code.code.middleware);
        entries.find(|entry| entry.function == Some(function))?;
        // FastAPI's parameters have `_` where the header has `-`.
        let steps: Vec<String> = part
            .path
            .iter()
            .map(|step| step.replace('_', "-"))
            .collect();
        let says = |word: &str| steps.iter().any(|step| step.contains(word));
        // What arrives in `Authorization` is a token that the platform has checked: a runtime without an authorizer of tokens is
        // signed for there. A custom header that only ends in that word is looked at by nobody.
        let checked = steps.iter().any(|step| step == "authorization");
        match steps.is_empty() || checked {
            true => None,
            false if says("runtime-custom-") => Some(Sent::Header),
            false => (!says("header")).then_some(Sent::Payload),
        }
    };
    let mut all = Vec::new();
    for (module, expr, token) in found {
        let made = provenance::of(code.source, &places, At::new(module.id, token));
        if let Some(sent) = made.alternatives.iter().filter_map(sent).min() {
            all.push(Unverified {
                sent,
                module: module.id,
                expr,
            });
        }
    }
    all
}

/// The token of which a call reads the claims, where nothing in its module checks a signature.
pub(crate) fn read_unverified<'a>(
    source: &'a Source,
    module: ModuleId,
    expr: &'a Expr,
) -> Option<&'a Expr> {
    let module = source.module(module)?;
    let function = module.function_at(expr.range.start).map(|found| found.id);
    let token = read(source, module, function, expr)?;
    let mut calls = module.calls();
    (!calls.any(|(_, call)| is_proof(source, module, call))).then_some(token)
}

/// The token of which a call reads the claims and no signature.
fn read<'a>(
    source: &'a Source,
    module: &'a Module,
    function: Option<FnId>,
    expr: &'a Expr,
) -> Option<&'a Expr> {
    let call = expr.as_call()?;
    if source.callee(module.id, expr).is_some() {
        return None;
    }
    let name = source.callee_name(module.id, expr)?;
    let token = call.args.first();
    match (package(name), leaf(name)) {
        ("jwt" | "jose", "decode" | "decode_complete") => {
            token.filter(|_| is_off(source, module.id, call))
        }
        (_, "get_unverified_claims") | ("jsonwebtoken", "decode") | ("jose", "decodeJwt") => token,
        ("jwt-decode", _) => token,
        ("base64", "urlsafe_b64decode" | "b64decode") => split_token(source, module, function),
        _ if matches!(name, "atob" | "Buffer.from") => split_token(source, module, function),
        _ => None,
    }
}

/// Whether a call of PyJWT or python-jose turns the check of the signature off.
fn is_off<'a>(source: &'a Source, module: ModuleId, call: &'a Call) -> bool {
    let is_false = |(module, value): (ModuleId, &'a Expr)| match &value.kind {
        ExprKind::Bool(flag) => !flag,
        ExprKind::Name(_) => is_off_by_default(source, module, value),
        _ => false,
    };
    let verify = call.option("verify").map(|value| (module, value));
    let options = call.option("options");
    let signature = options.and_then(|options| of_signature(source, module, options));
    verify.is_some_and(is_false) || signature.is_some_and(is_false)
}

/// What options of a decoder say of the signature: written out, or by a name, in braces or in `dict(…)`.
fn of_signature<'a>(
    source: &'a Source,
    module: ModuleId,
    options: &'a Expr,
) -> Option<(ModuleId, &'a Expr)> {
    const OPTION: &str = "verify_signature";
    match source.meaning(module, options) {
        Meaning::Value(at, options) => Some((at, options.entry(OPTION)?)),
        Meaning::Instance(made) if made.type_name == "dict" => {
            Some((made.module, made.call?.option(OPTION)?))
        }
        _ => Some((module, options.entry(OPTION)?)),
    }
}

/// Whether a parameter is `False` unless a call says otherwise, and none does.
fn is_off_by_default(source: &Source, module: ModuleId, name: &Expr) -> bool {
    let is_false = |value: &Expr| matches!(value.kind, ExprKind::Bool(false));
    let Some((function, index)) = parameter(source, module, name) else {
        return false;
    };
    let about = source.function(function);
    let default = about.and_then(|about| about.params.get(index)?.default.as_deref());
    let (given, more) = some_given(source, function, index);
    default.is_some_and(is_false) && !more && given.iter().all(|(_, value)| is_false(value))
}

/// What a function splits at dots, decodes and parses: a token that is read by hand.
fn split_token<'a>(
    source: &'a Source,
    module: &'a Module,
    function: Option<FnId>,
) -> Option<&'a Expr> {
    let mut token = None;
    let mut parses = false;
    for expr in expressions(source.body(module.id, function)) {
        let Some(call) = expr.as_call() else { continue };
        let ExprKind::Attribute { base, attr } = &call.callee.kind else {
            continue;
        };
        match (&**attr, call.args.first().and_then(Expr::as_str)) {
            ("split", Some(".")) => token = Some(&**base),
            ("loads" | "parse", _) => parses = true,
            _ => {}
        }
    }
    token.filter(|_| parses)
}

/// Whether a module reads a claim that says who somebody is.
fn names_somebody(module: &Module) -> bool {
    let mut found = false;
    module.each_expression(&mut |_, expr| {
        found |= match &expr.kind {
            ExprKind::Str(text) => CLAIMS.contains(&&**text),
            ExprKind::Attribute { attr, .. } => {
                matches!(&**attr, "sub" | "email" | "preferred_username")
            }
            _ => false,
        };
    });
    found
}

/// Whether something in the code checks signatures, or asks who issued a token.
fn verifies(code: &AgentCode<'_>) -> bool {
    code.calls()
        .any(|(module, _, expr)| is_proof(code.source, module, expr))
}

/// Whether a call checks a signature, or asks who issued a token.
fn is_proof(source: &Source, module: &Module, expr: &Expr) -> bool {
    let Some(call) = expr.as_call() else {
        return false;
    };
    let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind else {
        return false;
    };
    let decodes = || {
        let name = source.callee_name(module.id, expr).unwrap_or_default();
        matches!(package(name), "jwt" | "jose")
            && matches!(leaf(name), "decode" | "decode_complete")
            && !is_off(source, module.id, call)
    };
    VERIFIES.contains(&&**name) || decodes()
}
