//! Whether the body of a request was signed by who sends it: the code compares a signature over it, and refuses what is not signed.

use std::collections::BTreeSet;

use crate::analysis::clients::places::Places;
use crate::analysis::dataflow::leaves;
use crate::analysis::limits;
use crate::analysis::names::{leaf, package};
use crate::analysis::provenance::{self, Part};
use crate::analysis::values::{At, bound, returned};
use crate::model::source::ir::{BoolOp, UnaryOp};
use crate::model::source::walk::{
    Node, TryPart, enclosing_tries, expressions, path_to, statements, sub_expressions,
};
use crate::model::source::{ByteRange, Call, Expr, ExprKind, FnId, Source, Stmt, StmtKind};

/// Steps by which the body of a request is read.
const BODY: [&str; 9] = [
    "body", "rawbody", "json", "get_json", "form", "data", "get_data", "text", "raw_body",
];
/// Steps whose value is the whole body: what was read before it is parsed, or the form that was parsed of it.
const WHOLE: [&str; 10] = [
    "body",
    "rawbody",
    "raw_body",
    "get_data",
    "data",
    "text",
    "read",
    "form",
    "arraybuffer",
    "buffer",
];
/// Steps that a signature of the body says nothing about.
const BESIDE: [&str; 9] = [
    "headers",
    "query",
    "query_params",
    "params",
    "path_params",
    "args",
    "cookies",
    "querystringparameters",
    "pathparameters",
];
/// What checks a signature over an argument: package, function, and whether it raises where the signature is wrong.
const VERIFIERS: [(&str, &str, bool); 16] = [
    ("slack_sdk", "is_valid_request", false),
    ("slack_sdk", "is_valid", false),
    ("slack_bolt", "is_valid_request", false),
    ("stripe", "construct_event", true),
    ("stripe", "constructEvent", true),
    ("nacl", "verify", true),
    ("cryptography", "verify", true),
    ("svix", "verify", true),
    ("standardwebhooks", "verify", true),
    ("discord_interactions", "verify_key", false),
    ("discord-interactions", "verifyKey", false),
    ("tweetnacl", "verify", false),
    ("twilio", "validate", false),
    ("twilio", "validateRequestWithBody", false),
    ("linebot", "validate", false),
    ("@line/bot-sdk", "validateSignature", false),
];
/// Functions that compare two texts in a time that says nothing of them.
const COMPARES: [&str; 4] = [
    "compare_digest",
    "timingSafeEqual",
    "constant_time_compare",
    "safeCompare",
];
/// Names and calls through which a signature is followed.
const DEPTH: usize = 4;

/// Whether a part is of a body whose signature the function checks on the way, itself, through functions that it calls, or in what
/// FastAPI runs before it.
pub(super) fn is_signed<'a>(
    source: &'a Source,
    places: &Places<'a>,
    function: FnId,
    part: &Part<'a>,
) -> bool {
    let has = |words: &[&str]| part.path.iter().any(|step| words.contains(&step.as_str()));
    if !has(&BODY) || has(&BESIDE) {
        return false;
    }
    let check = Check {
        source,
        places,
        part,
        all: source.reach(function),
    };
    check.all.iter().any(|function| check.holds_in(*function))
}

struct Check<'a, 'p> {
    source: &'a Source,
    places: &'p Places<'a>,
    part: &'p Part<'a>,
    /// The functions that run with the handler.
    all: BTreeSet<FnId>,
}

impl<'a> Check<'a, '_> {
    /// Whether a function checks a signature, so that what follows in it, or in what calls it, runs for a signed body only.
    fn holds_in(&self, function: FnId) -> bool {
        let body = self.source.body(function.module, Some(function));
        expressions(body).into_iter().any(|expr| {
            let at = At::new(function.module, expr);
            match self.checks(at) {
                Some(true) => self.ends_by_raising(body, expr.range),
                Some(false) => self.refuses(function, expr.range, DEPTH),
                None => false,
            }
        })
    }

    /// Whether an expression checks a signature over the part: true where it raises, false where its value says so.
    fn checks(&self, at: At<'a>) -> Option<bool> {
        match &at.expr.kind {
            ExprKind::Compare(parts) => {
                let [("==" | "!=" | "===" | "!==", right)] = &*parts.rest else {
                    return None;
                };
                let sides = [&parts.left, right];
                let signs = sides
                    .iter()
                    .any(|side| self.is_signature(at.to(side), DEPTH));
                signs.then_some(false)
            }
            ExprKind::Call(call) if COMPARES.contains(&call.written_name()) => {
                let mut sides = call.args.iter();
                let signs = sides.any(|side| self.is_signature(at.to(side), DEPTH));
                signs.then_some(false)
            }
            ExprKind::Call(call) => {
                let written = call.written_name();
                if !VERIFIERS.iter().any(|(_, name, _)| *name == written) {
                    return None;
                }
                let canonical = self.source.callee_name(at.module, at.expr)?;
                let known = VERIFIERS
                    .iter()
                    .find(|(of, name, _)| *of == package(canonical) && *name == leaf(canonical));
                let (.., raises) = known?;
                let covers = call.values().any(|value| self.covers(at.to(value)));
                covers.then_some(*raises)
            }
            _ => None,
        }
    }

    /// Whether a value is a signature over the part: an HMAC, by a name or what a function of the project gives.
    fn is_signature(&self, at: At<'a>, depth: usize) -> bool {
        let Some(_step) = limits::follow("signature", limits::NAMES, at.module, at.expr) else {
            return false;
        };
        sub_expressions(at.expr).into_iter().any(|inner| {
            let here = at.to(inner);
            match &inner.kind {
                ExprKind::Call(call) => {
                    let messages = self.messages(here, call);
                    messages.iter().any(|message| self.covers(at.to(message)))
                        || depth > 0 && self.is_made_by(here, depth - 1)
                }
                ExprKind::Name(name) if depth > 0 => {
                    let values = bound(self.source, at.module, name, inner.range.start);
                    let mut values = values.into_iter();
                    values.any(|value| {
                        !value.range.contains(inner.range)
                            && self.is_signature(at.to(value), depth - 1)
                    })
                }
                _ => false,
            }
        })
    }

    /// Whether a function of the project gives a signature.
    fn is_made_by(&self, at: At<'a>, depth: usize) -> bool {
        let function = self.source.callee(at.module, at.expr);
        let values = function.map(|function| returned(self.source, function));
        let mut values = values.unwrap_or_default().into_iter();
        values.any(|value| self.is_signature(value, depth))
    }

    /// What an HMAC is made over: `hmac.new(key, message, …)`, `createHmac("sha256", key).update(message)`.
    fn messages(&self, at: At<'a>, call: &'a Call) -> Vec<&'a Expr> {
        match self.source.callee_name(at.module, at.expr) {
            Some("hmac.new" | "hmac.digest") => call.argument(1, "msg").into_iter().collect(),
            _ if call.written_name() == "update" => {
                let mut base = &call.callee;
                for _ in 0..20 {
                    match &base.kind {
                        ExprKind::Attribute { base: inner, .. } => base = inner,
                        ExprKind::Call(made) if made.written_name() == "createHmac" => {
                            return call.args.first().into_iter().collect();
                        }
                        ExprKind::Call(made) => base = &made.callee,
                        _ => break,
                    }
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a signed text holds the whole body, or the part itself.
    fn covers(&self, message: At<'a>) -> bool {
        let made = provenance::of(self.source, self.places, message);
        let mut parts = made.alternatives.into_iter().flatten();
        parts.any(|signed| {
            let last = signed.path.last();
            let whole = last.is_some_and(|last| WHOLE.contains(&last.as_str()));
            whole || signed.root == self.part.root && signed.path == self.part.path
        })
    }

    /// Whether what a call raises ends the work around it.
    fn ends_by_raising(&self, body: &[Stmt], range: ByteRange) -> bool {
        let tries = enclosing_tries(body, range).into_iter();
        let mut tries = tries.filter(|(_, part)| matches!(part, TryPart::Body));
        is_certain(body, range)
            && tries.all(|(tried, _)| tried.handlers.iter().all(|handler| leaves(&handler.body)))
    }

    /// Whether a function leaves where a comparison fails, or gives its outcome to callers that do.
    fn refuses(&self, function: FnId, range: ByteRange, depth: usize) -> bool {
        let body = self.source.body(function.module, Some(function));
        let all = statements(body);
        let kept = all.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Assign(assign) => {
                let value = assign.value.as_deref()?;
                let target = assign.targets.first().and_then(Expr::as_name);
                target.filter(|_| value.range.contains(range))
            }
            _ => None,
        });
        let asks = |value: &Expr| {
            value.range.contains(range)
                || sub_expressions(value)
                    .iter()
                    .any(|inner| kept.is_some() && inner.as_name() == kept)
        };
        all.iter().any(|stmt| match &stmt.kind {
            StmtKind::If(branch) => {
                asks(&branch.test)
                    && !is_optional(&branch.test, range)
                    && is_certain(body, branch.test.range)
                    && (leaves(&branch.body) || leaves(&branch.orelse))
            }
            StmtKind::Assert { test, .. } => asks(test) && is_certain(body, stmt.range),
            StmtKind::Return(Some(value)) => {
                depth > 0 && asks(value) && self.callers_refuse(function, depth - 1)
            }
            _ => false,
        })
    }

    /// Whether one of the calls of a function, of those that run with the handler, refuses by what it gives.
    fn callers_refuse(&self, function: FnId, depth: usize) -> bool {
        self.places.uses(function).iter().any(|used| {
            let step = limits::step(limits::CALLS, used.module, used.expr.range);
            step.is_some()
                && used.direct
                && used.caller.is_some_and(|caller| {
                    self.all.contains(&caller) && self.refuses(caller, used.expr.range, depth)
                })
        })
    }
}

/// Whether nothing around a place of a body may keep it from running: no branch, no loop, no handler.
fn is_certain(body: &[Stmt], range: ByteRange) -> bool {
    path_to(body, range).iter().all(|node| match node {
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::If(branch) => branch.test.range.contains(range),
            StmtKind::Loop(_) | StmtKind::Switch(_) => false,
            _ => true,
        },
        Node::Handler(_) | Node::Case(_) => false,
        Node::Expr(_) => true,
    })
}

/// Whether a test asks for the comparison only where something else is true: `signature and not compare_digest(…)`.
fn is_optional(test: &Expr, range: ByteRange) -> bool {
    let mut open = test;
    for _ in 0..20 {
        match &open.kind {
            ExprKind::BoolOp { op, values } => {
                let Some(inner) = values.iter().find(|value| value.range.contains(range)) else {
                    return false;
                };
                if *op == BoolOp::And {
                    return true;
                }
                open = inner;
            }
            ExprKind::Unary {
                op: UnaryOp::Not, ..
            } => return false,
            _ => return false,
        }
    }
    true
}
