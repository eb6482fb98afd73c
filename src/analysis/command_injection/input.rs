//! Code that a shell or an interpreter reads from its standard input.

use super::argv::Place;
use super::sinks::{RUNNERS, Sink, leaf_of};
use super::words::reads_code;
use crate::analysis::clients::entries::option;
use crate::analysis::names::Meaning;
use crate::analysis::values::At;
use crate::model::source::{Call, Expr, ExprKind, FnId, ModuleId, Source};

/// `subprocess.run(["bash"], input=text)`, `spawnSync("bash", { input: text })`.
pub(super) fn given<'a>(
    source: &'a Source,
    place: Place<'a>,
    call: &'a Call,
    name: &str,
) -> Option<Sink<'a>> {
    let text = option(source, place.module, call, "input")?;
    let danger = reads_code(source, &run_words(source, place.module, call))?;
    Some(Sink {
        what: leaf_of(name),
        module: place.module,
        function: place.function,
        expr: place.expr,
        parts: vec![(text, danger)],
    })
}

/// `process.communicate(text)`, `process.stdin.write(text)`.
pub(super) fn fed<'a>(
    source: &'a Source,
    module: ModuleId,
    function: Option<FnId>,
    expr: &'a Expr,
) -> Option<Sink<'a>> {
    let call = expr.as_call()?;
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let process = match (&**attr, &base.kind) {
        ("communicate", _) => &**base,
        ("write" | "end" | "writelines", ExprKind::Attribute { base, attr })
            if &**attr == "stdin" =>
        {
            base
        }
        _ => return None,
    };
    let text = call.args.first().or_else(|| call.option("input"))?;
    let made = source.type_of(module, process)?;
    let run = made.call?;
    let name = source.canonical(made.module, &run.callee)?;
    let name = name.strip_prefix("node:").unwrap_or(&name);
    if !RUNNERS.contains(&name) {
        return None;
    }
    let danger = reads_code(source, &run_words(source, made.module, run))?;
    Some(Sink {
        what: format!("the standard input of {}", leaf_of(name)),
        module,
        function,
        expr,
        parts: vec![(At::new(module, text), danger)],
    })
}

/// The words of a run as they are written: a list, or the program with what stands behind it.
fn run_words<'a>(source: &'a Source, module: ModuleId, call: &'a Call) -> Vec<At<'a>> {
    let named = call.option("args");
    let mut found = Vec::new();
    for word in call.args.iter().chain(named).take(16) {
        match (source.meaning(module, word), &word.kind) {
            (Meaning::Value(at, list), _)
                if matches!(list.kind, ExprKind::List(_) | ExprKind::Tuple(_)) =>
            {
                if let ExprKind::List(items) | ExprKind::Tuple(items) = &list.kind {
                    found.extend(items.iter().map(|item| At::new(at, item)));
                }
            }
            (_, ExprKind::Dict(_)) => {}
            _ => found.push(At::new(module, word)),
        }
    }
    found
}
