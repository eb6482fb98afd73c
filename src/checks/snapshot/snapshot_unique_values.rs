//! `snapshot-unique-values`: Ids, keys and nonces are made per request.

use super::common::{Found, HOW, OPTIMIZE, Words, each, made};
use super::names::is_secret;
use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::Tag;
use crate::analysis::names::leaf;
use crate::analysis::startup::Made;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Edit, Fix, Outcome, Severity};
use crate::model::source::walk::sub_expressions;
use crate::model::source::{ExprKind, Language};

pub(super) static CHECK: Check = Check {
    id: "snapshot-unique-values",
    title: "Ids, keys and nonces are made per request",
    category: Category::Snapshot,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("snapshot_unique_values.md"),
    references: &[OPTIMIZE, HOW],
    run,
};

static WORDS: Words = Words {
    fails: "makes a unique value at startup",
    consequence: "every session that is restored from the snapshot has the same one",
    passes: "makes no id, key or nonce at startup that requests use",
};

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        let mut edits = Vec::new();
        for value in &facts.made {
            if !value.api.is(Tag::Unique) || !value.fate.is_kept() || value.fate.renewed {
                continue;
            }
            // The name of a role's session; the credentials are another check's.
            if value.fate.near.contains("RoleSessionName") {
                continue;
            }
            let severity = if value.api.is(Tag::Key) || is_secret(&value.fate.near) {
                Severity::High
            } else {
                Severity::Medium
            };
            found.findings.push(made(code, value, severity));
            edits.extend(factory(code, value));
        }
        if let Some(edit) = edits.into_iter().next() {
            found
                .fixes
                .push(Fix::new("Make the value with each object").edit(edit));
        }
        found.fixes.push(Fix::new("Make it per request").note(
            "Call the function where the request is handled, or take the id that the platform gives: `context.session_id` (`context.sessionId`) \
             tells sessions apart. A default argument becomes `None` and is filled in the body; a field of a model or dataclass takes \
             `default_factory`. A key that must outlive the session belongs in Secrets Manager.",
        ));
        found
    })
}

/// `Field(default=uuid4())` as `Field(default_factory=uuid4)`.
fn factory(code: &AgentCode<'_>, value: &Made) -> Option<Edit> {
    let (id, range) = value.place;
    let module = code.source.module(id)?;
    if module.language != Language::Python {
        return None;
    }
    for (_, expr) in module.calls() {
        let Some(call) = expr.as_call() else { continue };
        let keyword = call.keywords.iter().find(|keyword| {
            keyword.name.as_deref() == Some("default") && keyword.value.range.contains(range)
        });
        let Some(keyword) = keyword else { continue };
        let name = code.source.callee_name(id, expr)?;
        if !matches!(leaf(name), "Field" | "field") {
            continue;
        }
        let bare = keyword.value.range == range
            && sub_expressions(&keyword.value).first().is_some_and(|made| {
                matches!(&made.kind, ExprKind::Call(call) if call.args.is_empty() && call.keywords.is_empty())
            });
        let text = module.text(keyword.value.range);
        let factory = match bare {
            true => text.strip_suffix("()")?.to_owned(),
            false => format!("lambda: {text}"),
        };
        let old = &*module.source.text;
        let at = keyword.range.to_usize();
        let new = format!(
            "{}default_factory={factory}{}",
            old.get(..at.start)?,
            old.get(at.end..)?
        );
        return Some(Edit::new(&module.path, Some(old), new));
    }
    None
}
