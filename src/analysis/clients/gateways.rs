//! The code that calls a gateway as an MCP client or over plain HTTP, and what it proves itself with.

use super::http::{self, MCP_CLIENTS};
use super::text::{HOLE, text};
use super::{Idle, Proof, modules};
use crate::analysis::names::{leaf, package};
use crate::analysis::values::At;
use crate::model::finding::Evidence;
use crate::model::source::{Expr, ExprKind, Language, Module, Source};

/// A call of a gateway whose proof is seen as a whole.
#[derive(Clone, Debug)]
pub(crate) struct GatewayCall<'a> {
    module: &'a Module,
    expr: &'a Expr,
    /// The literal text of its address, in lower case, names of variables of the environment included.
    pub(crate) address: String,
    /// What it proves itself with.
    pub(crate) proof: Proof,
}

impl GatewayCall<'_> {
    /// Evidence at the call.
    pub(crate) fn evidence(&self) -> Evidence {
        Evidence::code(&self.module.site(self.expr.range))
    }
}

/// Options that bring a proof of their own, or a client that may.
const PROOFS: [&str; 10] = [
    "auth",
    "http_client",
    "httpx_client_factory",
    "client",
    "transport",
    "authProvider",
    "fetch",
    "dispatcher",
    "agent",
    "cert",
];
/// What signs, by the words of a name: a module that has one signs some of its calls, and which is not known.
const SIGNING: [&str; 7] = [
    "sigv4",
    "aws_iam",
    "awsiam",
    "aws4",
    "signaturev4",
    "auth_type",
    "awsrequestsauth",
];

/// Every call of a gateway in the code of the repository that is plain: without a client or a signer that may sign it. The order is that of
/// modules and text.
pub(crate) fn find(source: &Source) -> Vec<GatewayCall<'_>> {
    let mut found = Vec::new();
    let idle = Idle::of(source);
    for module in modules(source)
        .into_iter()
        .filter_map(|id| source.module(id))
    {
        let words = module.source.text.to_ascii_lowercase();
        if !words.contains("gateway") || SIGNING.iter().any(|word| words.contains(word)) {
            continue;
        }
        for (function, expr) in module.calls() {
            if !function.is_some_and(|function| idle.holds(function)) {
                found.extend(read(source, module, expr));
            }
        }
    }
    found
}

fn read<'a>(source: &'a Source, module: &'a Module, expr: &'a Expr) -> Option<GatewayCall<'a>> {
    let call = expr.as_call()?;
    if source.callee(module.id, expr).is_some() {
        return None;
    }
    let name = source.callee_name(module.id, expr)?;
    let (top, last) = (package(name), leaf(name));
    let mcp = MCP_CLIENTS.contains(&last) && matches!(top, "mcp" | "@modelcontextprotocol/sdk");
    // A session may have a proof of its own: only the functions of a module are plain.
    let on_module = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => base.as_name().is_some(),
        _ => true,
    };
    let plain = match module.language {
        Language::Python => {
            matches!(top, "requests" | "httpx")
                && name.split('.').count() == 2
                && on_module
                && matches!(last, "get" | "post" | "request" | "stream")
        }
        Language::TypeScript => name == "fetch" || top == "axios" && name.split('.').count() <= 2,
    };
    if !mcp && !plain {
        return None;
    }
    let takes = |option: &&str| http::given(call, option, source, module).is_some();
    if PROOFS.iter().any(&takes) || call.keywords.iter().any(|option| option.name.is_none()) {
        return None;
    }
    let url = call.option("url").or_else(|| {
        let second = matches!(last, "request" | "stream");
        call.args.get(usize::from(second))
    })?;
    let address = text(source, At::new(module.id, url));
    let headers = http::headers(source, module, call);
    let given = ["headers", "requestInit"].iter().any(takes);
    // What stands at the place of the headers and cannot be read may hold a signature.
    let second = mcp && module.language == Language::Python && call.args.len() > 1;
    if headers.is_empty() && (given || second) {
        return None;
    }
    let mut proof = Proof::default();
    for (name, value) in &headers {
        let said = text(source, *value).to_ascii_lowercase();
        match name.to_ascii_lowercase().as_str() {
            "authorization" if said.contains("bearer") => proof.bearer = true,
            // Any other may be a signature.
            "authorization" => return None,
            name if name.starts_with("x-amz-") => return None,
            _ => {}
        }
    }
    Some(GatewayCall {
        module,
        expr,
        address: address.replace(HOLE, " ").to_ascii_lowercase(),
        proof,
    })
}
