//! Loops whose number of turns comes from a request and that call an agent or a model in each.

use std::collections::BTreeSet;

use super::reach::Reach;
use crate::analysis::dataflow::Flow;
use crate::analysis::outward::{Reached, outward};
use crate::model::source::ir::StmtKind;
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Expr, FnId, ModuleId, Source, Stmt};

/// What is reached, in words.
const ROUNDS: &str = "how often the agent runs";
/// Most functions of a turn that are looked through.
const MOST: usize = 100;

/// `for _ in range(payload["rounds"]): agent(prompt)`.
pub(super) fn of<'s>(source: &'s Source, flow: &Flow, id: FnId) -> Vec<Reach<'s>> {
    let module = id.module;
    let all = statements(source.body(module, Some(id))).into_iter();
    let loops = all.filter_map(|stmt| match &stmt.kind {
        StmtKind::Loop(found) => Some((found.iter.as_deref()?, &found.body)),
        _ => None,
    });
    let counted = loops.filter_map(|(iter, body)| {
        let call = iter.as_call()?;
        let is_range = call.callee.as_name() == Some("range");
        let given: Vec<&'s Expr> = call.args.iter().filter(|_| is_range).collect();
        let labels = given.iter();
        let labels = labels.fold(0, |all, value| all | flow.labels(module, value));
        (labels != 0 && runs(source, module, body, &mut BTreeSet::new())).then(|| Reach {
            labels,
            values: given.iter().map(|value| (module, value.range)).collect(),
            given,
            as_they_are: Vec::new(),
            messages: Vec::new(),
            what: ROUNDS,
            at: (module, iter.range),
        })
    });
    counted.collect()
}

/// Whether statements call an agent or a model, by themselves or through functions of the project, each of which is looked at once.
fn runs(source: &Source, module: ModuleId, body: &[Stmt], seen: &mut BTreeSet<FnId>) -> bool {
    let expressions = expressions(body).into_iter();
    let mut calls = expressions.filter(|expr| expr.as_call().is_some());
    calls.any(|expr| {
        let reached = outward(source, module, expr).map(|out| out.reached);
        if matches!(reached, Some(Reached::Agent | Reached::Model)) {
            return true;
        }
        let called = source.callee(module, expr);
        let next = called.filter(|next| seen.len() < MOST && seen.insert(*next));
        next.is_some_and(|next| {
            let body = source.body(next.module, Some(next));
            runs(source, next.module, body, seen)
        })
    })
}
