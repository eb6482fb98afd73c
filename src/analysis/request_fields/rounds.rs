//! Loops whose number of turns comes from a request and that call an agent or a model in each.

use super::reach::Reach;
use crate::analysis::dataflow::Flow;
use crate::analysis::outward::asks;
use crate::model::source::ir::StmtKind;
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Expr, FnId, ModuleId, Source, Stmt};

/// What is reached, in words.
const ROUNDS: &str = "how often the agent runs";

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
        (labels != 0 && runs(source, module, body)).then(|| Reach {
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

/// Whether statements call an agent or a model, by themselves or through functions of the project.
fn runs(source: &Source, module: ModuleId, body: &[Stmt]) -> bool {
    expressions(body).into_iter().any(|expr| {
        asks(source, module, expr)
            || source.callee(module, expr).is_some_and(|next| {
                let inside = source.reach_expressions(next).into_iter();
                { inside }.any(|(id, inner)| asks(source, id.module, inner))
            })
    })
}
