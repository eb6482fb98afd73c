//! `snapshot-unique-values`: Ids, keys and nonces are made per request.

use super::common::{Found, HOW, OPTIMIZE, Words, each, made};
use super::moved::{self, Reach};
use super::names::{is_lock, is_secret};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::Tag;
use crate::analysis::fields::{Assigned, assigned_default, declared_default};
use crate::analysis::startup::Made;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Edit, Fix, Outcome, Severity};
use crate::model::source::{ByteRange, Expr, Language, Module};

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
        let (mut edits, mut kept) = (Vec::new(), Vec::new());
        for value in &facts.made {
            let lives = value.fate.is_kept() || owns(value);
            if !value.api.is(Tag::Unique) || !lives || value.fate.renewed {
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
            kept.push(value);
            edits.extend(factory(code, value).or_else(|| of_field(code, value)));
        }
        if let Some(edit) = edits.into_iter().next() {
            found
                .fixes
                .push(Fix::new("Make the value with each object").edit(edit));
        }
        found.fixes.extend(moved::fix(code, Reach::Handler, kept));
        found.fixes.push(Fix::new("Make it per request").note(
            "Call the function where the request is handled, or take the id that the platform gives: `context.session_id` (`context.sessionId`) \
             tells sessions apart. A default argument becomes `None` and is filled in the body; a field of a model or dataclass takes \
             `default_factory`. A key that must outlive the session belongs in Secrets Manager.",
        ));
        found
    })
}

/// Whether a lock of a library that startup code makes and keeps has it for its owner.
fn owns(value: &Made) -> bool {
    value.fate.kept.is_some() && !value.fate.given.is_empty() && is_lock(&value.fate.near)
}

/// `Field(default=uuid4())` as `Field(default_factory=uuid4)`.
fn factory(code: &AgentCode<'_>, value: &Made) -> Option<Edit> {
    let (id, range) = value.place;
    let module = code.source.module(id)?;
    if module.language != Language::Python {
        return None;
    }
    let keyword = declared_default(code.source, module, range)?;
    let factory = maker(module, &keyword.value, range)?;
    let old = &*module.source.text;
    let at = keyword.range.to_usize();
    let new = format!(
        "{}default_factory={factory}{}",
        old.get(..at.start)?,
        old.get(at.end..)?
    );
    Some(Edit::new(&module.path, Some(old), new))
}

/// What makes a value anew: `uuid4` for `uuid4()`, a lambda for anything else.
fn maker(module: &Module, value: &Expr, made: ByteRange) -> Option<String> {
    let bare = value.range == made
        && value
            .as_call()
            .is_some_and(|call| call.values().next().is_none());
    let text = module.text(value.range);
    Some(match bare {
        true => text.strip_suffix("()")?.to_owned(),
        false => format!("lambda: {text}"),
    })
}

/// `id: UUID = uuid4()` of a dataclass or a pydantic model with `field(default_factory=uuid4)`.
fn of_field(code: &AgentCode<'_>, value: &Made) -> Option<Edit> {
    let (id, range) = value.place;
    let module = code.source.module(id)?;
    let Assigned {
        value: default,
        package: library,
        declares: name,
    } = assigned_default(code.source, module, range)?;
    let factory = maker(module, default, range)?;
    let known = module
        .imports
        .iter()
        .filter(|import| &*import.module == library);
    let named = known
        .clone()
        .find(|import| import.name.as_deref() == Some(name))
        .and_then(|import| import.alias.as_deref());
    let whole = known
        .clone()
        .find(|import| import.name.is_none() && !import.star)
        .and_then(|import| import.alias.as_deref());
    let old = &*module.source.text;
    let at = default.range.to_usize();
    let (before, after) = (old.get(..at.start)?, old.get(at.end..)?);
    let new = match (named, whole) {
        (Some(local), _) => format!("{before}{local}(default_factory={factory}){after}"),
        (None, Some(package)) => {
            format!("{before}{package}.{name}(default_factory={factory}){after}")
        }
        (None, None) => {
            // Behind the name that is there already: `from dataclasses import dataclass, field`.
            let beside = known
                .filter(|import| import.name.is_some() && import.name == import.alias)
                .filter(|import| !import.lazy)
                .map(|import| import.range.to_usize().end)
                .find(|end| *end <= at.start)?;
            let (head, rest) = (old.get(..beside)?, old.get(beside..at.start)?);
            format!("{head}, {name}{rest}{name}(default_factory={factory}){after}")
        }
    };
    Some(Edit::new(&module.path, Some(old), new))
}
