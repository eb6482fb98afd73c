//! What comes of the answers of a model, and which conditions ask for it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::agent_code::AgentCode;
use crate::analysis::outward::{Askers, asks};
use crate::model::source::scope::names_in;
use crate::model::source::walk::{Node, expressions, statements, sub_expressions, walk_node};
use crate::model::source::{Expr, ExprKind, FnId, Function, ModuleId, Stmt, StmtKind};

/// Calls that wait for a person or a message.
const WAITS: [&str; 10] = [
    "input",
    "receive",
    "recv",
    "receive_text",
    "receive_json",
    "confirm",
    "approve",
    "prompt",
    "prompt_async",
    "question",
];

/// What asks a model, and what comes of its answers.
pub(crate) struct Asker<'c, 'a> {
    code: &'c AgentCode<'a>,
    /// Functions that ask and compare no number: those that do may stop by a bound of their own.
    helpers: Askers,
    /// Whether functions raise where a number is too high, or wait for somebody.
    stops: RefCell<BTreeMap<FnId, bool>>,
}

impl<'c, 'a> Asker<'c, 'a> {
    pub(crate) fn new(code: &'c AgentCode<'a>) -> Self {
        Self {
            code,
            helpers: Askers::new(compares_no_number),
            stops: RefCell::default(),
        }
    }

    /// Whether an expression is a call that asks a model by itself.
    pub(super) fn asks_directly(&self, module: ModuleId, expr: &Expr) -> bool {
        asks(self.code.source, module, expr)
    }

    /// Whether an expression is a call that asks a model, itself or through a function of the project.
    pub(super) fn asks(&self, module: ModuleId, expr: &Expr) -> bool {
        // An `await` around a call is the same call.
        matches!(expr.kind, ExprKind::Call(_)) && self.helpers.is_asked_by(self.code, module, expr)
    }

    /// The function of the project that a call runs.
    pub(super) fn callee(&self, module: ModuleId, expr: &Expr) -> Option<FnId> {
        self.code.source.callee(module, expr)
    }

    /// The canonical name of what is called.
    pub(super) fn callee_name<'e>(&'e self, module: ModuleId, expr: &'e Expr) -> Option<&'e str> {
        self.code.source.callee_name(module, expr)
    }

    /// Whether a call waits for somebody, or runs a function that does, or one that raises where a number is too high:
    /// `self.count_turn()`.
    pub(super) fn stops(&self, module: ModuleId, expr: &Expr) -> bool {
        let waits = |expr: &Expr| matches!(&expr.kind, ExprKind::Call(call) if WAITS.contains(&call.written_name()));
        if waits(expr) {
            return true;
        }
        let Some(callee) = self.callee(module, expr) else {
            return false;
        };
        let known = self.stops.borrow().get(&callee).copied();
        known.unwrap_or_else(|| {
            let body = self.code.source.body(callee.module, Some(callee));
            let raises = |stmt: &&Stmt| matches!(stmt.kind, StmtKind::Raise { .. });
            let too_high = |stmt: &Stmt| match &stmt.kind {
                StmtKind::If(branch) => {
                    sub_expressions(&branch.test).into_iter().any(is_order)
                        && statements(&branch.body).iter().any(raises)
                }
                _ => false,
            };
            let found = statements(body).into_iter().any(too_high)
                || expressions(body).into_iter().any(waits);
            self.stops.borrow_mut().insert(callee, found);
            found
        })
    }

    /// The parts of a value that it is made of. What an object that nobody knows says to an answer (`await reviewer.approves(reply)`)
    /// comes of that object.
    fn parts<'e>(&self, module: ModuleId, value: &'e Expr) -> Vec<&'e Expr> {
        let (mut found, mut open) = (Vec::new(), vec![value]);
        while let Some(value) = open.pop() {
            walk_node(Node::Expr(value), &mut |_, node| {
                let Node::Expr(expr) = node else { return true };
                found.push(expr);
                if let ExprKind::Call(call) = &expr.kind
                    && let ExprKind::Attribute { base, .. } = &call.callee.kind
                    && !self.asks(module, expr)
                    && self.callee(module, expr).is_none()
                    && self.code.source.outside_callee(module, call).is_none()
                {
                    open.push(&**base);
                    return false;
                }
                true
            });
        }
        found
    }

    /// Whether a value comes of an answer: it holds a call that asks, or a name that does.
    pub(super) fn is_of_answer(
        &self,
        module: ModuleId,
        value: &Expr,
        names: &BTreeSet<&str>,
    ) -> bool {
        let mut parts = self.parts(module, value).into_iter();
        parts.any(|part| {
            part.as_name().is_some_and(|name| names.contains(name)) || self.asks(module, part)
        })
    }

    /// The names that hold answers, or what comes of them, in a body and the test of a loop around it.
    pub(super) fn answers<'b>(
        &self,
        module: ModuleId,
        body: &'b [Stmt],
        test: Option<&'b Expr>,
    ) -> BTreeSet<&'b str> {
        let bound = bindings(body, test);
        let mut holders: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut open: Vec<usize> = Vec::new();
        for (index, (_, value)) in bound.iter().enumerate() {
            let parts = self.parts(module, value);
            if parts.iter().any(|part| self.asks(module, part)) {
                open.push(index);
            }
            for name in parts.iter().filter_map(|part| part.as_name()) {
                holders.entry(name).or_default().push(index);
            }
        }
        let mut names = BTreeSet::new();
        while let Some((target, _)) = open.pop().and_then(|index| bound.get(index)) {
            for name in bound_names(target) {
                if names.insert(name) {
                    open.extend(holders.get(name).into_iter().flatten());
                }
            }
        }
        names
    }
}

/// The targets that a body binds, each with the value that it is given.
fn bindings<'b>(body: &'b [Stmt], test: Option<&'b Expr>) -> Vec<(&'b Expr, &'b Expr)> {
    let mut found: Vec<(&Expr, &Expr)> = Vec::new();
    for stmt in statements(body) {
        match &stmt.kind {
            StmtKind::Assign(assign) => {
                if let Some(value) = assign.value.as_deref() {
                    found.extend(assign.targets.iter().map(|target| (target, value)));
                }
            }
            StmtKind::Loop(inner) => found.extend(inner.target.as_ref().zip(inner.iter.as_deref())),
            _ => {}
        }
    }
    let tested = test.into_iter().flat_map(sub_expressions);
    for expr in expressions(body).into_iter().chain(tested) {
        if let ExprKind::Assign { target, value } = &expr.kind {
            found.push((target, value));
        }
    }
    found
}

/// The names that a target binds. What an object or a table keeps binds none: `state["reply"] = …` makes no answer of all that `state`
/// holds.
fn bound_names(target: &Expr) -> impl Iterator<Item = &str> {
    let keeps = matches!(
        target.kind,
        ExprKind::Attribute { .. } | ExprKind::Subscript { .. }
    );
    let names = names_in(target).into_iter().filter(move |_| !keeps);
    names.map(|name| &**name)
}

/// The names that a body binds.
pub(super) fn bound_in(body: &[Stmt]) -> BTreeSet<&str> {
    let bound = bindings(body, None).into_iter();
    { bound }
        .flat_map(|(target, _)| bound_names(target))
        .collect()
}

/// The names that a body counts with: `turn += 1`.
pub(super) fn counted_in(body: &[Stmt]) -> BTreeSet<&str> {
    let counted =
        |stmt: &&Stmt| matches!(&stmt.kind, StmtKind::Assign(assign) if assign.augmented.is_some());
    let counted: Vec<&Stmt> = statements(body).into_iter().filter(counted).collect();
    let targets = counted.into_iter().flat_map(|stmt| match &stmt.kind {
        StmtKind::Assign(assign) => assign.targets.iter(),
        _ => [].iter(),
    });
    targets.filter_map(Expr::as_name).collect()
}

/// The conditions around a place.
pub(super) fn conditions<'b>(path: &[Node<'b>]) -> impl Iterator<Item = &'b Expr> {
    path.iter().filter_map(|node| match node {
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::If(branch) => Some(&branch.test),
            StmtKind::Switch(switch) => Some(&*switch.subject),
            _ => None,
        },
        _ => None,
    })
}

/// Whether an expression holds one of these names.
pub(super) fn is_named(expr: &Expr, names: &BTreeSet<&str>) -> bool {
    names_in(expr)
        .into_iter()
        .any(|name| names.contains(&**name))
}

fn compares_no_number(function: &Function) -> bool {
    !expressions(&function.body).into_iter().any(is_order)
}

/// Whether an expression compares by order.
pub(super) fn is_order(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Compare(compared) => compared
            .rest
            .iter()
            .any(|(operator, _)| matches!(*operator, "<" | "<=" | ">" | ">=")),
        _ => false,
    }
}
