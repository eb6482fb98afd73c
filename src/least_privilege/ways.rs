//! Which way a call takes through a function where it leaves a parameter at its default, `None`.

use std::cell::RefCell;
use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::code::Code;
use crate::analysis::call_sites::given_to;
use crate::analysis::values::{At, returned};
use crate::model::source::ir::{BoolOp, UnaryOp};
use crate::model::source::module::BindingKind;
use crate::model::source::{
    ByteRange, Call, Compare, Expr, ExprKind, FnId, Function, Language, Module, ModuleId, Source,
    Stmt, StmtKind,
};

/// Deepest nesting of branches that is followed.
const DEEPEST: u8 = 16;

/// What a function returns to a call; `None` where what the call leaves out decides nothing.
pub(super) fn returned_to<'s>(
    source: &'s Source,
    function: FnId,
    call: &Call,
) -> Option<Vec<At<'s>>> {
    let way = Way::of(source, function, &[call])?;
    let off = way.off();
    let taken = |at: &At<'_>| !off.iter().any(|off| off.contains(at.expr.range));
    let found = returned(source, function).into_iter();
    (!off.is_empty()).then(|| found.filter(taken).collect())
}

/// The places that no call takes, function by function.
#[derive(Default)]
pub(super) struct Ways {
    off: RefCell<FxHashMap<FnId, Vec<ByteRange>>>,
}

impl Ways {
    /// Whether some call may take a place: one gives the parameter which decides that, or nobody knows who calls the function.
    pub(super) fn are_taken(
        &self,
        code: &Code<'_, '_>,
        module: ModuleId,
        range: ByteRange,
    ) -> bool {
        let place = code.source().module(module);
        let Some(function) = place.and_then(|place| place.function_at(range.start)) else {
            return true;
        };
        let mut known = self.off.borrow_mut();
        let off = known
            .entry(function.id)
            .or_insert_with(|| outermost(off_for_all(code, function)));
        let after = off.partition_point(|off| off.start <= range.start);
        let before = after.checked_sub(1).and_then(|at| off.get(at));
        before.is_none_or(|off| !off.contains(range))
    }
}

/// What no call of a function reaches.
fn off_for_all(code: &Code<'_, '_>, function: &Function) -> Vec<ByteRange> {
    let mut entries = code.agent().code.entrypoints.iter();
    if !function.decorators.is_empty()
        || entries.any(|entry| entry.function == Some(function.id))
        || code.words().is_handed(function.id)
    {
        return Vec::new();
    }
    let uses = code.callers().of(function.id);
    let calls = uses
        .iter()
        .map(|used| used.expr.as_call().filter(|_| used.called));
    let calls: Option<Vec<&Call>> = calls.collect();
    calls
        .filter(|calls| !calls.is_empty())
        .and_then(|calls| Way::of(code.source(), function.id, &calls))
        .map(|way| way.off())
        .unwrap_or_default()
}

/// Sorted, without ranges that stand inside another.
fn outermost(mut ranges: Vec<ByteRange>) -> Vec<ByteRange> {
    ranges.sort_unstable_by_key(|range| (range.start, Reverse(range.end)));
    let mut end = 0;
    ranges.retain(|range| {
        let outer = range.end > end;
        end = end.max(range.end);
        outer
    });
    ranges
}

/// The way that calls take through a function.
struct Way<'s> {
    body: &'s [Stmt],
    /// The parameters that are `None` for all of the calls.
    unset: Vec<&'s str>,
}

impl<'s> Way<'s> {
    /// `None` where no parameter is.
    fn of(source: &'s Source, function: FnId, calls: &[&Call]) -> Option<Self> {
        let module = source.module(function.module)?;
        let found = module.function(function)?;
        let spread = |call: &&Call| {
            call.args
                .iter()
                .any(|arg| matches!(arg.kind, ExprKind::Starred(_)))
                || call.keywords.iter().any(|keyword| keyword.name.is_none())
        };
        if module.language != Language::Python || calls.iter().any(spread) {
            return None;
        }
        let params = found.params.iter().enumerate();
        let unset = params.filter(|(index, param)| {
            let none = |expr: &Expr| matches!(expr.kind, ExprKind::None);
            param.default.as_deref().is_some_and(none)
                && is_kept(module, found, &param.name, *index)
                && calls
                    .iter()
                    .all(|call| given_to(source, call, function, *index).is_none_or(none))
        });
        let unset: Vec<&str> = unset.map(|(_, param)| &*param.name).collect();
        (!unset.is_empty()).then_some(Self {
            body: &found.body,
            unset,
        })
    }

    /// What the calls do not reach.
    fn off(&self) -> Vec<ByteRange> {
        let mut off = Vec::new();
        self.block(self.body, &mut off, 0);
        off
    }

    /// Goes through a block; false where nothing goes on behind it.
    fn block(&self, block: &[Stmt], off: &mut Vec<ByteRange>, depth: u8) -> bool {
        for (at, stmt) in block.iter().enumerate() {
            let goes_on = match &stmt.kind {
                StmtKind::Return(_) | StmtKind::Raise { .. } => false,
                StmtKind::If(branch) if depth < DEEPEST => match self.holds(&branch.test, 0) {
                    Some(true) => {
                        off.extend(span(&branch.orelse));
                        self.block(&branch.body, off, depth + 1)
                    }
                    Some(false) => {
                        off.extend(span(&branch.body));
                        self.block(&branch.orelse, off, depth + 1)
                    }
                    None => {
                        let body = self.block(&branch.body, off, depth + 1);
                        self.block(&branch.orelse, off, depth + 1) | body
                    }
                },
                _ => true,
            };
            if !goes_on {
                off.extend(block.get(at + 1..).and_then(span));
                return false;
            }
        }
        true
    }

    /// Whether a test holds, where the parameters alone decide it.
    fn holds(&self, test: &Expr, depth: u8) -> Option<bool> {
        let unset = |expr: &Expr| {
            expr.as_name()
                .is_some_and(|name| self.unset.contains(&name))
        };
        if depth > DEEPEST {
            return None;
        }
        match &test.kind {
            ExprKind::Name(_) => unset(test).then_some(false),
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => self.holds(operand, depth + 1).map(|value| !value),
            ExprKind::BoolOp { op, values } => {
                let stops = *op != BoolOp::And;
                let mut found = values.iter().map(|value| self.holds(value, depth + 1));
                // What stands before decides first, and does nothing that is asked here.
                match op {
                    BoolOp::Coalesce => None,
                    _ if found.clone().any(|value| value == Some(stops)) => Some(stops),
                    _ => found.all(|value| value.is_some()).then_some(!stops),
                }
            }
            ExprKind::Compare(parts) => {
                let Compare { left, rest } = &**parts;
                let [(operator, right)] = &**rest else {
                    return None;
                };
                let asked = unset(left) && matches!(right.kind, ExprKind::None);
                match *operator {
                    "is" | "==" if asked => Some(true),
                    "is not" | "!=" if asked => Some(false),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Whether a parameter is given no other value in its function.
fn is_kept(module: &Module, function: &Function, name: &str, index: usize) -> bool {
    let place = function.body.first().map_or(0, |first| first.range.start);
    let binding = module.only_binding(name, place);
    binding.is_some_and(|binding| {
        matches!(&binding.kind, BindingKind::Param { index: at, path } if *at == index && path.is_empty())
    })
}

fn span(block: &[Stmt]) -> Option<ByteRange> {
    Some(ByteRange {
        start: block.first()?.range.start,
        end: block.last()?.range.end,
    })
}
