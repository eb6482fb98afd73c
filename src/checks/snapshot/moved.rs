//! The edit that moves a value from startup code into the handler, where it is the same code in another place.

use std::collections::BTreeMap;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::startup::Made;
use crate::model::finding::{Edit, Fix};
use crate::model::source::scope::names_in;
use crate::model::source::walk::sub_expressions;
use crate::model::source::{
    EntrypointKind, ExprKind, FnId, Function, Language, Module, ModuleId, Stmt, StmtKind,
};

/// One line that goes to the beginning of a handler.
struct Move {
    /// The line with its end.
    line: std::ops::Range<usize>,
    /// Where the handler's first statement begins.
    to: usize,
    /// What is written there.
    text: String,
}

/// The fix that moves what can be moved, all of a file in one edit.
pub(super) fn fix<'v>(
    code: &AgentCode<'_>,
    values: impl IntoIterator<Item = &'v Made>,
) -> Option<Fix> {
    let mut moves: BTreeMap<ModuleId, Vec<Move>> = BTreeMap::new();
    for value in values {
        if let Some(one) = of(code, value) {
            let known = moves.entry(value.place.0).or_default();
            if known.iter().all(|other| other.line != one.line) {
                known.push(one);
            }
        }
    }
    let mut fix = Fix::new("Move it into the handler");
    for (id, moves) in moves {
        let module = code.source.module(id)?;
        let old = &*module.source.text;
        fix = fix.edit(Edit::new(&module.path, Some(old), written(old, moves)?));
    }
    (!fix.edits.is_empty()).then_some(fix)
}

fn written(old: &str, mut moves: Vec<Move>) -> Option<String> {
    moves.sort_by_key(|one| one.line.start);
    let mut changes: Vec<(usize, usize, &str)> = Vec::new();
    for one in &moves {
        changes.push((one.line.start, one.line.end, ""));
        changes.push((one.to, one.to, &one.text));
    }
    // The sort keeps the order of lines that go to one place.
    changes.sort_by_key(|(start, ..)| *start);
    let (mut new, mut at) = (String::with_capacity(old.len() + 64), 0);
    for (start, end, text) in changes {
        new.push_str(old.get(at..start)?);
        new.push_str(text);
        at = end;
    }
    new.push_str(old.get(at..)?);
    Some(new)
}

/// `NAME = call(…)` at the top of a Python module, used in one handler of the same module and nowhere else.
fn of(code: &AgentCode<'_>, value: &Made) -> Option<Move> {
    let (id, range) = value.place;
    let module = code.source.module(id)?;
    if module.language != Language::Python || value.from.is_some() {
        return None;
    }
    let stmt = module.body.iter().find(|stmt| stmt.range.contains(range))?;
    let StmtKind::Assign(assign) = &stmt.kind else {
        return None;
    };
    let ([target], Some(made), None) =
        (&*assign.targets, assign.value.as_deref(), assign.augmented)
    else {
        return None;
    };
    // What a lambda or a comprehension does happens elsewhere, or more than once.
    let plain = sub_expressions(made).into_iter().all(|part| {
        !matches!(
            part.kind,
            ExprKind::Lambda(_) | ExprKind::Await(_) | ExprKind::Comprehension(_)
        )
    });
    let name = target.as_name().filter(|_| plain)?;
    let handler = user(code, module, name)?;
    let scope = module.scopes.get(handler.id.index as usize + 1)?;
    let bound = |name: &str| {
        scope
            .names
            .get(name)
            .is_some_and(|bindings| !bindings.is_empty())
    };
    let read = names_in(made);
    if bound(name) || read.iter().any(|read| bound(read) || ***read == *name) {
        return None;
    }
    let old = &*module.source.text;
    let line = whole_line(old, stmt)?;
    let first = first(handler)?;
    let to = first.range.to_usize().start;
    let indent = old.get(old.get(..to)?.rfind('\n')? + 1..to)?;
    if !indent.chars().all(|one| matches!(one, ' ' | '\t')) || line.contains(&to) {
        return None;
    }
    let text = format!("{}\n{indent}", old.get(line.clone())?.trim());
    Some(Move { line, to, text })
}

/// The line of a statement that stands alone on it.
fn whole_line(old: &str, stmt: &Stmt) -> Option<std::ops::Range<usize>> {
    let at = stmt.range.to_usize();
    let start = old.get(..at.start)?.rfind('\n').map_or(0, |end| end + 1);
    let end = old.get(at.end..)?.find('\n').map(|end| at.end + end + 1)?;
    let (before, within, after) = (
        old.get(start..at.start)?,
        old.get(at.clone())?,
        old.get(at.end..end)?.trim(),
    );
    let alone = before.is_empty() && (after.is_empty() || after.starts_with('#'));
    (alone && !within.contains('\n')).then_some(start..end)
}

/// The statement before which a handler begins its work: behind the docstring.
fn first(handler: &Function) -> Option<&Stmt> {
    let works = |stmt: &&Stmt| !matches!(stmt.kind, StmtKind::Nothing);
    handler.body.iter().find(works)
}

/// The one handler that uses a name of its module, which nothing else mentions or binds again.
fn user<'a>(code: &AgentCode<'a>, module: &'a Module, name: &str) -> Option<&'a Function> {
    let bindings = module.scopes.first()?.names.get(name)?;
    if bindings.len() != 1 {
        return None;
    }
    let (mut users, mut uses): (Vec<Option<FnId>>, usize) = (Vec::new(), 0);
    module.each_expression(&mut |function, expr| {
        if expr.as_name() == Some(name) {
            uses += 1;
            users.push(function);
        }
    });
    // Words of comments and texts count as well: what is not understood is left alone.
    let in_others = code.code.reachable.iter().any(|other| {
        let other = code.source.module(*other);
        other.is_some_and(|other| other.id != module.id && words(&other.source.text, name) > 0)
    });
    if in_others || words(&module.source.text, name) != uses {
        return None;
    }
    let mut inside = users.into_iter().flatten();
    let user = inside.next()?;
    if inside.any(|other| other != user) {
        return None;
    }
    let handles = code.code.entrypoints.iter().any(|entrypoint| {
        entrypoint.function == Some(user)
            && !matches!(
                entrypoint.kind,
                EntrypointKind::Ping | EntrypointKind::AsyncTask | EntrypointKind::AgentTool
            )
    });
    module
        .functions
        .get(user.index as usize)
        .filter(|_| handles)
}

/// How often a name stands in a text as a word.
fn words(text: &str, name: &str) -> usize {
    let part = |one: char| one.is_alphanumeric() || one == '_';
    let alone = |(at, _): &(usize, &str)| {
        let before = text
            .get(..*at)
            .and_then(|before| before.chars().next_back());
        let after = text
            .get(at + name.len()..)
            .and_then(|after| after.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    };
    text.match_indices(name).filter(alone).count()
}
