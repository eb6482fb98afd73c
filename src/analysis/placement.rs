//! What must hold for an assignment to mean the same in another place: who uses its name, and what its value does when it is
//! evaluated; and where the work of a function begins.

use crate::analysis::agent_code::AgentCode;
use crate::model::source::walk::sub_expressions;
use crate::model::source::{
    ByteRange, EntrypointKind, Expr, ExprKind, FnId, Function, Language, Module, Stmt, StmtKind,
};

/// Deepest nesting of functions in which a handler is looked for.
const DEEPEST: usize = 8;

/// Where a name is used: the function, and the place in it.
pub(crate) type NameUse = (FnId, ByteRange);

/// The one name of a plain assignment and its value: `name = value`.
pub(crate) fn plain_assignment(stmt: &Stmt) -> Option<(&str, &Expr)> {
    let StmtKind::Assign(assign) = &stmt.kind else {
        return None;
    };
    match (&*assign.targets, assign.value.as_deref(), assign.augmented) {
        ([target], Some(value), None) => Some((target.as_name()?, value)),
        _ => None,
    }
}

/// The expression that is all of a function: what a lambda gives.
pub(crate) fn only_answer(function: &Function) -> Option<&Expr> {
    match function.body.as_slice() {
        [only] => match &only.kind {
            StmtKind::Return(answer) => answer.as_ref(),
            _ => None,
        },
        _ => None,
    }
}

/// Whether evaluating an expression hands control to others meanwhile: it awaits or yields.
pub(crate) fn suspends(value: &Expr) -> bool {
    sub_expressions(value)
        .into_iter()
        .any(|part| matches!(part.kind, ExprKind::Await(_) | ExprKind::Yield { .. }))
}

/// Whether all that an expression does happens once and where it stands: what a lambda or a comprehension does happens elsewhere, or
/// more than once. Only an async function can await.
pub(crate) fn happens_in_place(value: &Expr, is_async: bool) -> bool {
    sub_expressions(value)
        .into_iter()
        .all(|part| match part.kind {
            ExprKind::Lambda(_) | ExprKind::Comprehension(_) => false,
            ExprKind::Await(_) => is_async,
            _ => true,
        })
}

/// Whether an expression means the same without parentheses wherever it stands.
pub(crate) fn stands_without_parentheses(value: &Expr) -> bool {
    matches!(
        value.kind,
        ExprKind::Call(_) | ExprKind::Dict(_) | ExprKind::Format(_) | ExprKind::List(_)
    )
}

/// Whether a place stands in a formatted text of an expression, where a text needs other quotation marks.
pub(crate) fn is_within_text(expr: &Expr, place: ByteRange) -> bool {
    sub_expressions(expr)
        .into_iter()
        .any(|part| matches!(part.kind, ExprKind::Format(_)) && part.range.contains(place))
}

/// Where the work of a function begins in the text of its module, behind the docstring, and how far that is indented. None where an
/// expression is all of it, or where its work begins on the line of something else.
pub(crate) fn beginning<'m>(module: &'m Module, function: &Function) -> Option<(usize, &'m str)> {
    let old = &*module.source.text;
    let works = |stmt: &&Stmt| !matches!(stmt.kind, StmtKind::Nothing);
    let first = function.body.iter().find(works)?;
    // An expression is no block.
    let answers = matches!(first.kind, StmtKind::Return(_));
    if answers && !module.text(first.range).starts_with("return") {
        return None;
    }
    let to = match &first.kind {
        StmtKind::Assign(_) if module.language == Language::TypeScript => {
            // `const` may stand before what the statement covers.
            let line = old.get(..first.range.to_usize().start)?.rfind('\n')? + 1;
            let text = old.get(line..)?;
            line + (text.len() - text.trim_start().len())
        }
        _ => first.range.to_usize().start,
    };
    let indent = old.get(old.get(..to)?.rfind('\n')? + 1..to)?;
    indent
        .chars()
        .all(|one| matches!(one, ' ' | '\t'))
        .then_some((to, indent))
}

/// Whether a function binds a name.
pub(crate) fn binds(module: &Module, function: FnId, name: &str) -> bool {
    let scope = module.scopes.get(function.index as usize + 1);
    scope
        .and_then(|scope| scope.names.get(name))
        .is_some_and(|bindings| !bindings.is_empty())
}

/// Where functions use a name of their module. None where it is bound again, or where anything else mentions it: another module, a
/// comment, a text.
pub(crate) fn uses_of(code: &AgentCode<'_>, module: &Module, name: &str) -> Option<Vec<NameUse>> {
    let bindings = module.scopes.first()?.names.get(name)?;
    if bindings.len() != 1 {
        return None;
    }
    let (mut users, mut uses): (Vec<NameUse>, usize) = (Vec::new(), 0);
    module.each_expression(&mut |function, expr| {
        if expr.as_name() == Some(name) {
            uses += 1;
            users.extend(function.map(|function| (function, expr.range)));
        }
    });
    // Words of comments and texts count as well: what is not understood is left alone.
    let in_others = code.code.reachable.iter().any(|other| {
        let other = code.source.module(*other);
        other.is_some_and(|other| other.id != module.id && words(&other.source.text, name) > 0)
    });
    // All uses but the one that binds it are in functions.
    let all = uses == users.len() + 1 && words(&module.source.text, name) == uses;
    (all && !in_others && !users.is_empty()).then_some(users)
}

/// Where a function, and those in it, use a name that it binds once.
pub(crate) fn uses_within(module: &Module, home: &Function, name: &str) -> Vec<NameUse> {
    let mut found = Vec::new();
    let mut bindings = 0;
    module.each_expression(&mut |function, expr| {
        if expr.as_name() == Some(name) && home.range.contains(expr.range) {
            // The first mention is the one that binds it.
            bindings += 1;
            if bindings > 1 {
                found.extend(function.map(|function| (function, expr.range)));
            }
        }
    });
    found
}

/// How often a name stands in a text as a word.
pub(crate) fn words(text: &str, name: &str) -> usize {
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

/// The one handler of requests in which all these uses stand.
pub(crate) fn handler<'m>(
    code: &AgentCode<'_>,
    module: &'m Module,
    uses: &[NameUse],
) -> Option<&'m Function> {
    let mut homes = uses
        .iter()
        .map(|(function, _)| handler_around(code, module, *function));
    let home = homes.next()??;
    homes
        .all(|other| other.is_some_and(|other| other.id == home.id))
        .then_some(home)
}

/// The handler of requests that a function is, or stands in.
fn handler_around<'m>(
    code: &AgentCode<'_>,
    module: &'m Module,
    function: FnId,
) -> Option<&'m Function> {
    let handles = |id: FnId| {
        code.code.entrypoints.iter().any(|entrypoint| {
            entrypoint.function == Some(id)
                && !matches!(
                    entrypoint.kind,
                    EntrypointKind::Ping | EntrypointKind::AsyncTask | EntrypointKind::AgentTool
                )
        })
    };
    let parent = |function: &&Function| function.parent.and_then(|id| module.function(id));
    std::iter::successors(module.function(function), parent)
        .take(DEEPEST)
        .find(|function| handles(function.id))
}

/// The one function in which all these uses stand and which reads the name for requests.
pub(crate) fn helper<'m>(
    module: &'m Module,
    uses: &[NameUse],
    read: ByteRange,
) -> Option<&'m Function> {
    let (first, _) = uses.first()?;
    let same = uses.iter().all(|(function, _)| function == first);
    let function = module
        .function(*first)
        .filter(|_| same)
        .filter(|function| function.range.contains(read))?;
    (!function.is_generator).then_some(function)
}
