//! Guardrails that a model is given: a call of the model is refused unless the role may apply them.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions.html>

use std::collections::BTreeSet;

use super::code::Code;
use super::invoked::NOT_SEEN;
use super::values::{Texts, texts};
use super::{Need, Statements, Subject};
use crate::analysis::agent_code::evidence;
use crate::analysis::names::{Meaning, leaf};
use crate::model::finding::Evidence;
use crate::model::source::ModuleId;
use crate::model::source::ir::{Expr, ExprKind, StmtKind};

/// What a guardrail asks for.
const APPLY: &str = "bedrock:ApplyGuardrail";
/// Names under which models and their wrappers take a guardrail's id or ARN.
const IDS: [&str; 5] = [
    "guardrailIdentifier",
    "guardrail_identifier",
    "guardrailId",
    "guardrail_id",
    "guardrail_arn",
];
/// Names under which they take it inside of an object.
const OBJECTS: [&str; 3] = ["guardrailConfig", "guardrail_config", "guardrails"];

/// What all these names hold.
const WORD: &str = "guardrail";

/// Adds what the guardrails of the agent's models need.
pub(super) fn add<'a>(subject: &Subject<'a>, code: &Code<'_, 'a>, statements: &mut Statements) {
    let mut found = Found::default();
    let may_hold = |expr: &Expr| match &expr.kind {
        ExprKind::Call(call) => !call.keywords.is_empty(),
        ExprKind::Dict(entries) => !entries.is_empty(),
        _ => false,
    };
    let modules = || {
        code.agent()
            .modules()
            .filter(|module| module.may_write(WORD))
    };
    for (module, expr) in code.expressions_in(modules(), may_hold) {
        match &expr.kind {
            ExprKind::Call(call) => {
                let own = code.source().callee(module, expr).is_some();
                for keyword in &call.keywords {
                    let Some(name) = keyword.name.as_deref() else {
                        continue;
                    };
                    let bedrock = || of_bedrock(code, module, expr);
                    if IDS.contains(&name) {
                        let value = texts(subject, code, module, &keyword.value);
                        if bedrock() && !own {
                            found.need(code, module, expr, &value);
                        }
                        found.take(value, !own);
                    } else if OBJECTS.contains(&name) && bedrock() {
                        let (at, object) = held(code, module, &keyword.value);
                        let id = IDS.iter().find_map(|id| object.entry(id));
                        if let Some(id) = id {
                            found.need(code, module, expr, &texts(subject, code, at, id));
                        }
                        found.open |= !is_literal(object);
                    }
                }
            }
            ExprKind::Dict(entries) => {
                for entry in entries {
                    let key = entry.key.as_ref().and_then(Expr::as_str);
                    // The API's own spelling is meant for it; others may be entries of a log line or an answer.
                    let api = key == Some("guardrailIdentifier");
                    if key.is_some_and(|key| IDS.contains(&key)) {
                        found.take(texts(subject, code, module, &entry.value), api);
                    }
                }
            }
            _ => {}
        }
    }
    // options["guardrail_id"] = …
    for (module, stmt) in code.statements_in(modules()) {
        if let StmtKind::Assign(assign) = &stmt.kind
            && let Some(value) = assign.value.as_deref()
        {
            let sets = assign.targets.iter().any(|target| {
                matches!(&target.kind, ExprKind::Subscript { index, .. }
                    if index.as_str().is_some_and(|key| IDS.contains(&key)))
            });
            if sets {
                found.take(texts(subject, code, module, value), true);
            }
        }
    }
    found.grant(subject, statements);
}

/// The ids that were seen.
#[derive(Default)]
struct Found {
    ids: BTreeSet<String>,
    /// Those that a model is surely given: the id, where, and why it may not be called after all.
    needed: Vec<(String, Evidence, Option<String>)>,
    /// One is given that is not known.
    open: bool,
}

impl Found {
    fn take(&mut self, texts: Texts, counts: bool) {
        self.open |= counts && !texts.complete;
        self.ids.extend(texts.all);
    }

    /// What a call that makes or asks a model gives it.
    fn need<'a>(&mut self, code: &Code<'_, 'a>, module: ModuleId, call: &Expr, ids: &Texts) {
        if !ids.complete {
            return;
        }
        let place = evidence(code.source(), module, call.range);
        let runs = code.surely_runs(module, call.range);
        let why = (!runs).then(|| NOT_SEEN.to_owned());
        let all = ids.all.iter();
        self.needed
            .extend(all.map(|id| (id.clone(), place.clone(), why.clone())));
    }

    fn grant(self, subject: &Subject<'_>, statements: &mut Statements) {
        let arn = |id: &String| match id.starts_with("arn:") {
            true => id.clone(),
            false => subject.arn("bedrock", &format!("guardrail/{id}")),
        };
        for (id, place, why) in self.needed {
            let need = Need::new(APPLY, arn(&id), "a model with a guardrail", place);
            statements.need(need.unsure(why));
        }
        let mut resources: BTreeSet<String> = self.ids.iter().map(arn).collect();
        if self.open {
            let every = subject.arn("bedrock", "guardrail/*");
            statements.note(format!("a model is given a guardrail whose id the code and envVars do not show; the policy takes {every}: put the guardrail's id there"));
            resources.insert(every);
        }
        statements.allow("ApplyGuardrails", [APPLY], resources);
    }
}

/// Whether a call makes or calls a model of Amazon Bedrock.
fn of_bedrock<'a>(code: &Code<'_, 'a>, module: ModuleId, expr: &'a Expr) -> bool {
    let name = code.source().callee_name(module, expr);
    let name = name.map_or("", leaf);
    name.contains("Bedrock") || matches!(name, "converse" | "converse_stream" | "init_chat_model")
}

/// What an expression holds, and its module.
fn held<'a>(code: &Code<'_, 'a>, module: ModuleId, expr: &'a Expr) -> (ModuleId, &'a Expr) {
    match code.source().meaning(module, expr) {
        Meaning::Value(at, value) => (at, value),
        _ => (module, expr),
    }
}

/// An object whose entries stand in the code, or nothing at all.
fn is_literal(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Dict(_) | ExprKind::None => true,
        ExprKind::Conditional(ways) => is_literal(&ways.body) && is_literal(&ways.orelse),
        _ => false,
    }
}
