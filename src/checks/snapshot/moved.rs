//! The edit that moves a value from startup code to where requests use it, where it is the same code in another place.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::placement::{
    NameUse, beginning, binds, handler, happens_in_place, helper, is_within_text, only_answer,
    plain_assignment, stands_without_parentheses, suspends, uses_of, uses_within, words,
};
use crate::analysis::startup::Made;
use crate::model::finding::{Edit, Fix};
use crate::model::source::scope::names_in;
use crate::model::source::{ByteRange, Expr, Language, Module, ModuleId, Param, Stmt};

/// How far from the handler a value may be made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// In the handler that uses it.
    Handler,
    /// In any function that uses it: each call may have a value of its own.
    AnyFunction,
}

/// What is written in place of a part of a file.
type Change = (Range<usize>, String);

/// The fix that moves what can be moved, all of a file in one edit.
pub(super) fn fix<'v>(
    code: &AgentCode<'_>,
    reach: Reach,
    values: impl IntoIterator<Item = &'v Made>,
) -> Option<Fix> {
    let mut files: BTreeMap<ModuleId, Vec<Change>> = BTreeMap::new();
    let mut moves = false;
    for value in values {
        let Some((id, changes, moved)) = of(code, reach, value) else {
            continue;
        };
        moves |= moved;
        let known = files.entry(id).or_default();
        let new = changes.into_iter().filter(|change| !known.contains(change));
        let new: Vec<Change> = new.collect();
        known.extend(new);
    }
    let title = match moves {
        true => "Move it to the code that handles a request",
        false => "Make it with each call",
    };
    let mut fix = Fix::new(title);
    for (id, changes) in files {
        if let Some(module) = code.source.module(id).filter(|_| !changes.is_empty()) {
            let old = &*module.source.text;
            fix = fix.edit(Edit::new(&module.path, Some(old), written(old, changes)?));
        }
    }
    (!fix.edits.is_empty()).then_some(fix)
}

/// What changes for a value, in which module, and whether it moves to another function.
fn of(code: &AgentCode<'_>, reach: Reach, value: &Made) -> Option<(ModuleId, Vec<Change>, bool)> {
    if let Some(made) = code.source.module(value.place.0)
        && reach == Reach::AnyFunction
        && let Some(changes) = wrapped(made, value.place.1)
    {
        return Some((made.id, changes, true));
    }
    let (id, range) = value.from.unwrap_or(value.place);
    let module = code.source.module(id)?;
    if let Some(changes) = of_default(module, range) {
        return Some((id, changes, false));
    }
    // What is made on the way by a function of the project goes where its answer goes only if nothing else holds it.
    let direct = value.from.is_none() || value.fate.given.is_empty();
    let changes = direct.then(|| of_statement(code, module, range, value, reach))??;
    Some((id, changes, true))
}

fn written(old: &str, mut changes: Vec<Change>) -> Option<String> {
    // The sort keeps the order of lines that go to one place.
    changes.sort_by_key(|(at, _)| at.start);
    let (mut new, mut at) = (String::with_capacity(old.len() + 64), 0);
    for (range, text) in changes {
        new.push_str(old.get(at..range.start)?);
        new.push_str(&text);
        at = range.end;
    }
    new.push_str(old.get(at..)?);
    Some(new)
}

/// `NAME = call(…)` at the top of a module, used in one function of the same module and nowhere else.
fn of_statement(
    code: &AgentCode<'_>,
    module: &Module,
    range: ByteRange,
    value: &Made,
    reach: Reach,
) -> Option<Vec<Change>> {
    let stmt = module.body.iter().find(|stmt| stmt.range.contains(range))?;
    let (name, made) = plain_assignment(stmt)?;
    let uses = uses_of(code, module, name)?;
    let old = &*module.source.text;
    let line = whole_line(old, stmt)?;
    if let Some(changes) = inlined(module, made, &uses).filter(|_| reach == Reach::AnyFunction) {
        return Some([(line, String::new())].into_iter().chain(changes).collect());
    }
    let read = value.fate.read.filter(|_| reach == Reach::AnyFunction);
    let read = read.map(|(_, read)| read);
    let home = handler(code, module, &uses).or_else(|| helper(module, &uses, read?))?;
    let read = names_in(made);
    let hidden = uses
        .iter()
        .map(|(function, _)| *function)
        .chain([home.id])
        .any(|function| {
            binds(module, function, name) || read.iter().any(|read| binds(module, function, read))
        });
    if !happens_in_place(made, home.is_async) || hidden || read.iter().any(|read| ***read == *name)
    {
        return None;
    }
    let (to, indent) = beginning(module, home)?;
    if line.contains(&to) {
        return None;
    }
    let mut text = String::new();
    let moved = old.get(line.clone())?.trim();
    let verbatim = ["\"\"\"", "'''", "`", "\\\n"]
        .iter()
        .any(|mark| moved.contains(mark));
    for (number, part) in moved.lines().enumerate() {
        let blank = number == 0 || verbatim || part.is_empty();
        text.push_str(if blank { "" } else { indent });
        text.push_str(part);
        text.push('\n');
    }
    text.push_str(indent);
    Some(vec![(line, String::new()), (to..to, text)])
}

/// `def note(text, mark=uuid4())` as `mark=None`, and the value made where none is given.
fn of_default(module: &Module, range: ByteRange) -> Option<Vec<Change>> {
    if module.language != Language::Python {
        return None;
    }
    let holds = |param: &&Param| {
        let default = param.default.as_deref();
        default.is_some_and(|default| default.range.contains(range))
    };
    let (function, param) = module
        .functions
        .iter()
        .find_map(|function| Some((function, function.params.iter().find(holds)?)))?;
    let default = param.default.as_deref()?;
    let (old, text) = (&*module.source.text, module.text(default.range));
    let named = names_in(default);
    let top = module.scopes.first()?;
    // What is bound in no module is a built-in, in a method perhaps a name of the class.
    let visible = named.iter().all(|name| {
        let known = function.class.is_none() || top.names.contains_key(name);
        known && !binds(module, function.id, name)
    });
    if text.contains('\n') || !visible || old.get(function.range.to_usize())?.starts_with("lambda")
    {
        return None;
    }
    let (to, indent) = beginning(module, function)?;
    let name = &param.name;
    let mut changes = vec![
        (default.range.to_usize(), "None".to_owned()),
        (
            to..to,
            format!("if {name} is None:\n{indent}    {name} = {text}\n{indent}"),
        ),
    ];
    if let Some(annotation) = param.annotation.as_deref() {
        let (written, end) = (
            module.text(annotation.range),
            annotation.range.to_usize().end,
        );
        if written.starts_with(['"', '\'']) {
            return None;
        }
        if !["None", "Optional", "Any"]
            .iter()
            .any(|word| written.contains(word))
        {
            changes.push((end..end, " | None".to_owned()));
        }
    }
    Some(changes)
}

/// A name that one lambda uses once, written out there: the headers of `lambda: client(url, headers=HEADERS)`.
fn inlined(module: &Module, made: &Expr, uses: &[NameUse]) -> Option<Vec<Change>> {
    let [(function, used)] = uses else {
        return None;
    };
    let lambda = module.function(*function)?;
    let text = module.text(made.range);
    let python = module.text(lambda.range).starts_with("lambda");
    let spelt = is_within_text(only_answer(lambda)?, *used);
    let hidden = names_in(made)
        .iter()
        .any(|name| binds(module, *function, name));
    if !python || spelt || suspends(made) || hidden || text.contains('\n') {
        return None;
    }
    let text = match stands_without_parentheses(made) {
        true => text.to_owned(),
        false => format!("({text})"),
    };
    Some(vec![(used.to_usize(), text)])
}

/// Names of a function that lead to what one lambda sends, made by a function of their own that the lambda calls:
/// `token = ask()`, `headers = {"Authorization": token}`, `return Client(lambda: connect(headers=headers))`.
fn wrapped(module: &Module, range: ByteRange) -> Option<Vec<Change>> {
    const MOST: usize = 4;
    if module.language != Language::Python {
        return None;
    }
    let home = module.function_at(range.start)?;
    let first = home
        .body
        .iter()
        .position(|stmt| stmt.range.contains(range))?;
    let mut made: Vec<(&Stmt, &str, &Expr)> = Vec::new();
    let used = loop {
        let stmt = home.body.get(first + made.len())?;
        let (name, value) = plain_assignment(stmt)?;
        let scope = module.scopes.get(home.id.index as usize + 1)?;
        let once = scope.names.get(name)?.len() == 1;
        if !once || made.len() == MOST || suspends(value) {
            return None;
        }
        made.push((stmt, name, value));
        let uses = uses_within(module, home, name);
        let next = home.body.get(first + made.len())?;
        match uses.as_slice() {
            [] => return None,
            [(function, used)] if *function != home.id => {
                let lambda = module.function(*function)?;
                let direct = lambda.parent == Some(home.id);
                let written = module.text(lambda.range).starts_with("lambda");
                break (direct && written).then_some(*used)?;
            }
            all if all
                .iter()
                .all(|(function, used)| *function == home.id && next.range.contains(*used)) => {}
            _ => return None,
        }
    };
    let old = &*module.source.text;
    let (last, others) = made.split_last()?;
    let maker = format!("make_{}", last.1.trim_start_matches('_').to_lowercase());
    let lines = made
        .iter()
        .map(|(stmt, ..)| stmt.range.to_usize())
        .map(|at| {
            let lines = lines_of(old, &at)?;
            let after = old.get(at.end..lines.end)?.trim();
            let alone = old.get(lines.start..at.start)?.trim().is_empty()
                && (after.is_empty() || after.starts_with('#'))
                && !old.get(at)?.contains('\n');
            alone.then_some(lines)
        })
        .collect::<Option<Vec<Range<usize>>>>()?;
    let contiguous = lines.windows(2).all(|pair| match pair {
        [one, two] => one.end == two.start,
        _ => true,
    });
    if !contiguous || words(old, &maker) > 0 {
        return None;
    }
    let (start, end) = (lines.first()?.start, lines.last()?.end);
    let indent = old.get(start..made.first()?.0.range.to_usize().start)?;
    let mut text = format!("{indent}def {maker}():\n");
    // A comment behind a statement goes with it.
    let mut ends = lines.iter().map(|lines| lines.end);
    for (stmt, ..) in others {
        let kept = old.get(stmt.range.to_usize().start..ends.next()?)?;
        text.push_str(&format!("{indent}    {}\n", kept.trim_end()));
    }
    let kept = old.get(last.2.range.to_usize().start..ends.next()?)?;
    text.push_str(&format!("{indent}    return {}\n\n", kept.trim_end()));
    Some(vec![
        (start..end, text),
        (used.to_usize(), format!("{maker}()")),
    ])
}

/// The lines of a statement that stands alone on them.
fn whole_line(old: &str, stmt: &Stmt) -> Option<Range<usize>> {
    let at = stmt.range.to_usize();
    let lines = lines_of(old, &at)?;
    let before = old.get(lines.start..at.start)?;
    let after = old.get(at.end..lines.end)?.trim();
    let after = after.strip_prefix(';').unwrap_or(after).trim_start();
    let declares = matches!(before, "" | "const " | "let ");
    let exported = old.get(at)?.starts_with("export");
    let alone = after.is_empty() || after.starts_with('#') || after.starts_with("//");
    (declares && alone && !exported).then_some(lines)
}

/// The lines on which a part of a text stands, with the end of the last.
fn lines_of(text: &str, at: &Range<usize>) -> Option<Range<usize>> {
    let start = text.get(..at.start)?.rfind('\n').map_or(0, |end| end + 1);
    let end = text.get(at.end..)?.find('\n')?;
    Some(start..at.end + end + 1)
}
