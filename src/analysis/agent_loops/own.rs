//! Loops of the code's own around calls of a model.

mod answers;

use std::collections::BTreeSet;

pub(crate) use self::answers::Asker;
use self::answers::{bound_in, conditions, counted_in, is_named, is_order};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::reachability::Live;
use crate::model::source::ir::{Loop, LoopKind};
use crate::model::source::scope::names_in;
use crate::model::source::walk::{Node, expressions, statements, sub_expressions, walk};
use crate::model::source::{
    ByteRange, Call, Expr, ExprKind, Function, Language, Module, Stmt, StmtKind,
};

/// The heads of the loops of a module that go round a call of a model until its answer ends them, and the calls by which a function
/// does the same to itself.
pub(crate) fn unbounded(
    code: &AgentCode<'_>,
    live: &Live<'_, '_>,
    asker: &Asker<'_, '_>,
    module: &Module,
) -> Vec<ByteRange> {
    let functions = module.functions.iter();
    let functions = functions.filter(|function| code.may_run(function.id));
    let bodies = functions.clone().map(|function| function.body.as_slice());
    let all = bodies.chain([module.body.as_slice()]).flat_map(statements);
    let loops = all.filter_map(|stmt| {
        let StmtKind::Loop(looped) = &stmt.kind else {
            return None;
        };
        let found = may_go_on(asker, module, looped)
            && live.runs(module.id, stmt.range)
            && is_unbounded(asker, module, looped);
        found.then(|| head(module, stmt, looped))
    });
    let mut found: Vec<ByteRange> = loops.collect();
    for function in functions {
        let again = goes_round(asker, function).into_iter();
        found.extend(again.filter(|range| live.runs(module.id, *range)));
    }
    found
}

/// Whether neither the head of a loop nor a number that is compared in it ends it: what costs little is asked first.
fn may_go_on(asker: &Asker<'_, '_>, module: &Module, looped: &Loop) -> bool {
    let tested = matches!(looped.kind, LoopKind::While | LoopKind::DoWhile);
    let headless = tested || is_endless(looped) || counts_up(asker, module, looped);
    headless && !counts_or_waits(asker, module, looped)
}

/// Whether only the answer of a model ends a loop that may go on.
fn is_unbounded(asker: &Asker<'_, '_>, module: &Module, looped: &Loop) -> bool {
    let endless = is_endless(looped);
    let tested = matches!(looped.kind, LoopKind::While | LoopKind::DoWhile);
    let test = looped.iter.as_deref().filter(|_| !endless && tested);
    let answers = asker.answers(module.id, &looped.body, test);
    let ends = Ends::of(module, looped, &answers);
    if ends.otherwise {
        return false;
    }
    // What goes on for ever for another reason ends by no answer: a poll, a server.
    match test {
        None => ends.by_answer || endless && asks_a_model(asker, module, looped),
        Some(test) => ends_by_answer(asker, module, looped, test, &answers),
    }
}

/// What the conditions ask under which a loop is left.
#[derive(Default)]
struct Ends {
    /// One asks for what came of an answer.
    by_answer: bool,
    /// One asks for something else: a count, a clock, whether somebody stopped it.
    otherwise: bool,
}

impl Ends {
    fn of(module: &Module, looped: &Loop, answers: &BTreeSet<&str>) -> Self {
        let mut counted = counted_in(&looped.body);
        counted.extend(looped.target.iter().flat_map(names_in).map(|name| &**name));
        let mut found = Self::default();
        walk(&looped.body, &mut |path, node| {
            let mut tests = conditions(path).peekable();
            if let Node::Stmt(stmt) = node
                && leaves(module, path, stmt)
                && tests.peek().is_some()
            {
                let asked = tests.any(|test| is_named(test, answers) && !is_named(test, &counted));
                found.by_answer |= asked;
                found.otherwise |= !asked;
            }
            true
        });
        found
    }
}

/// Whether a statement leaves the loop whose body it stands in, at the end of a path.
fn leaves(module: &Module, path: &[Node<'_>], stmt: &Stmt) -> bool {
    let takes_break = |node: &Node<'_>| match node {
        Node::Stmt(outer) => match outer.kind {
            StmtKind::Loop(_) => true,
            StmtKind::Switch(_) => module.language == Language::TypeScript,
            _ => false,
        },
        _ => false,
    };
    match stmt.kind {
        StmtKind::Return(_) | StmtKind::Raise { .. } => true,
        StmtKind::Break => !path.iter().any(takes_break),
        _ => false,
    }
}

/// Whether the loop counts without an end: `for turn in itertools.count()`.
fn counts_up(asker: &Asker<'_, '_>, module: &Module, looped: &Loop) -> bool {
    let iter = looped.iter.as_deref();
    let name = iter.and_then(|iter| asker.callee_name(module.id, iter));
    looped.kind == LoopKind::For && name == Some("itertools.count")
}

/// Whether a condition around a place asks for what came of an answer.
fn is_under_answer(path: &[Node<'_>], answers: &BTreeSet<&str>) -> bool {
    conditions(path).any(|test| is_named(test, answers))
}

/// The calls by which a function that asks a model calls itself because of the answer, where nothing that it is given ends that.
fn goes_round(asker: &Asker<'_, '_>, function: &Function) -> Vec<ByteRange> {
    let body = function.body.as_slice();
    let module = function.id.module;
    let inner = expressions(body);
    let again = |expr: &Expr| match &expr.kind {
        ExprKind::Call(call) => {
            call.written_name() == &*function.name
                && asker.callee(module, expr) == Some(function.id)
        }
        _ => false,
    };
    if !inner.iter().any(|expr| again(expr))
        || !inner.iter().any(|expr| asker.asks_directly(module, expr))
        || inner.iter().any(|expr| is_order(expr))
    {
        return Vec::new();
    }
    let answers = asker.answers(module, body, None);
    let given = function.params.iter().map(|param| &*param.name);
    let given: BTreeSet<&str> = given.filter(|name| !answers.contains(name)).collect();
    // How deep it is, whether this is the second try.
    let ends = |test: &Expr| is_named(test, &given);
    let tests = statements(body)
        .into_iter()
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::If(branch) => Some(&branch.test),
            StmtKind::Switch(switch) => Some(&*switch.subject),
            _ => None,
        });
    if tests.into_iter().any(ends) {
        return Vec::new();
    }
    let others: BTreeSet<&str> = bound_in(body).difference(&answers).copied().collect();
    let mut found = Vec::new();
    walk(body, &mut |path, node| {
        if let Node::Expr(expr) = node
            && again(expr)
            && let ExprKind::Call(call) = &expr.kind
            && is_under_answer(path, &answers)
            && call.values().all(|value| !is_less(value, &given, &others))
        {
            found.push(expr.range);
        }
        true
    });
    found
}

/// Whether a function may give itself less than it was given: a part of it (`chunks[1:]`, `node.children`), a number below it, one of
/// several things.
fn is_less(value: &Expr, given: &BTreeSet<&str>, others: &BTreeSet<&str>) -> bool {
    sub_expressions(value)
        .into_iter()
        .any(|part| match &part.kind {
            ExprKind::BinOp { .. } => true,
            ExprKind::Attribute { base, .. } | ExprKind::Subscript { base, .. } => {
                is_named(base, given)
            }
            ExprKind::Name(name) => others.contains(&**name),
            _ => false,
        })
}

/// Whether nothing of the loop's head ends it: `while True`, `for (;;)`.
fn is_endless(looped: &Loop) -> bool {
    let always = match looped.iter.as_deref().map(|test| &test.kind) {
        Some(ExprKind::Bool(true)) => true,
        Some(ExprKind::Number(text)) => &**text == "1",
        _ => false,
    };
    matches!(looped.kind, LoopKind::While | LoopKind::DoWhile) && always
        || looped.kind == LoopKind::CStyle && looped.iter.is_none()
}

/// Whether the test of a loop asks for nothing but the answer: `while result.stop_reason == "interrupt"`, where the body takes `result`
/// from it, and `while not done`, where it takes `done` from that.
fn ends_by_answer(
    asker: &Asker<'_, '_>,
    module: &Module,
    looped: &Loop,
    test: &Expr,
    answers: &BTreeSet<&str>,
) -> bool {
    if answers.is_empty() {
        return false;
    }
    let inner = sub_expressions(test);
    // `while (reply := ask(messages)).stop == "tool_use"`
    let asked: Vec<ByteRange> = inner
        .iter()
        .filter(|expr| asker.asks(module.id, expr))
        .map(|expr| expr.range)
        .collect();
    let beside = |expr: &&&Expr| !asked.iter().any(|range| range.contains(expr.range));
    let of_answer = |call: &Call| match &call.callee.kind {
        ExprKind::Attribute { base, .. } => is_named(base, answers),
        _ => false,
    };
    let mut others = inner.iter().filter(beside);
    if others.any(|expr| is_order(expr) || expr.as_call().is_some_and(|call| !of_answer(call))) {
        return false;
    }
    let names = inner.iter().filter(beside);
    let names: BTreeSet<&str> = names.filter_map(|expr| expr.as_name()).collect();
    let sets = Sets {
        asker,
        module,
        answers,
        before: !asked.is_empty(),
    };
    !names.is_empty() && names.iter().all(|name| sets.by_answer(&looped.body, name))
}

/// What sets the names that the test of a loop asks for.
struct Sets<'s, 'c, 'a> {
    asker: &'s Asker<'c, 'a>,
    module: &'s Module,
    answers: &'s BTreeSet<&'s str>,
    /// The test asks the model itself.
    before: bool,
}

impl Sets<'_, '_, '_> {
    /// Whether all that a body assigns to a name comes of an answer, or is a constant under a condition on one.
    fn by_answer(&self, body: &[Stmt], name: &str) -> bool {
        let own = BTreeSet::from([name]);
        let (mut set, mut others) = (self.before && self.answers.contains(name), false);
        walk(body, &mut |path, node| {
            if let Node::Stmt(stmt) = node
                && let StmtKind::Assign(assign) = &stmt.kind
                && let Some(value) = assign.value.as_deref()
                && assign.targets.iter().any(|target| is_named(target, &own))
            {
                let by_answer = match value.kind {
                    ExprKind::Bool(_) | ExprKind::None | ExprKind::Str(_) => {
                        is_under_answer(path, self.answers)
                    }
                    _ => self.asker.is_of_answer(self.module.id, value, self.answers),
                };
                set |= by_answer;
                others |= !by_answer;
            }
            true
        });
        set && !others
    }
}

fn asks_a_model(asker: &Asker<'_, '_>, module: &Module, looped: &Loop) -> bool {
    let inner = expressions(&looped.body).into_iter();
    { inner }.any(|expr| asker.asks_directly(module.id, expr))
}

/// Whether a number or a time is compared in the loop, or in a function that it calls and that raises then: a bound of its own. An
/// input that is waited for is one too.
fn counts_or_waits(asker: &Asker<'_, '_>, module: &Module, looped: &Loop) -> bool {
    let inner = expressions(&looped.body).into_iter();
    { inner }.any(|expr| match &expr.kind {
        _ if is_order(expr) => true,
        ExprKind::Call(call) => {
            // Of a queue, of an iterator.
            matches!(call.written_name(), "get" | "next") || asker.stops(module.id, expr)
        }
        _ => false,
    })
}

/// What stands before the body of a loop.
fn head(module: &Module, stmt: &Stmt, looped: &Loop) -> ByteRange {
    let ByteRange { start, end } = stmt.range;
    let body = looped.body.first().map(|first| first.range.start.min(end));
    let before = ByteRange {
        start,
        end: body.unwrap_or(end),
    };
    let length = module.text(before).trim_end().len();
    ByteRange {
        start,
        end: start + u32::try_from(length).unwrap_or(0),
    }
}
