//! Follows what a call gives through the function that it stands in, and into helpers of the project that it is given to.

use std::collections::BTreeSet;

use super::Fate;
use super::facts::{Facts, Held};
use crate::analysis::background::answers;
use crate::analysis::call_sites::parameter_of;
use crate::analysis::limits;
use crate::model::source::walk::{Node, path_to, sub_expressions, walk};
use crate::model::source::{
    ByteRange, Call, Expr, ExprKind, FnId, Function, Source, Stmt, StmtKind, UnaryOp,
};

/// Members of a task, a promise, a thread or a process that wait for nothing.
const IDLE_MEMBERS: [&str; 8] = [
    "add_done_callback",
    "set_name",
    "get_name",
    "start",
    "daemon",
    "name",
    "pid",
    "args",
];
/// Calls that look at a value and wait for nothing.
const IDLE_CALLS: [&str; 16] = [
    "id",
    "str",
    "repr",
    "hash",
    "type",
    "print",
    "isinstance",
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "log",
    "discard",
    "remove",
    "delete",
];
/// Methods of a container that keep what they are given.
const KEEPS: [&str; 4] = ["add", "append", "push", "set"];
/// Calls that wait for what they are given.
const GATHERS: [&str; 9] = [
    "gather",
    "wait",
    "wait_for",
    "as_completed",
    "shield",
    "all",
    "allSettled",
    "race",
    "any",
];

/// Methods that end an object.
const ENDS: [&str; 8] = [
    "shutdown",
    "close",
    "aclose",
    "stop",
    "drain",
    "cleanup",
    "dispose",
    "terminate",
];

/// A walk from a value to what becomes of it.
pub(super) struct Follower<'f, 's> {
    facts: &'f Facts<'s>,
    /// The names that were followed.
    seen: BTreeSet<(FnId, &'s str)>,
}

impl<'f, 's> Follower<'f, 's> {
    pub(super) fn new(facts: &'f Facts<'s>) -> Self {
        Self {
            facts,
            seen: BTreeSet::new(),
        }
    }

    /// What becomes of the value of a place, by what stands around it.
    pub(super) fn outwards(
        &mut self,
        function: &'s Function,
        path: &[Node<'s>],
        place: ByteRange,
        comes_later: bool,
    ) -> Fate {
        let (mut inner, mut comes_later) = (place, comes_later);
        for node in path.iter().rev() {
            match node {
                Node::Stmt(stmt) => return self.statement(function, stmt, inner),
                Node::Handler(_) | Node::Case(_) => return Fate::Waited,
                Node::Expr(outer) => match &outer.kind {
                    ExprKind::Await(_) if comes_later => comes_later = false,
                    ExprKind::Unary {
                        op: UnaryOp::Void, ..
                    } => {}
                    ExprKind::Attribute { attr, .. } if is_link(attr) => {}
                    ExprKind::Call(call) => {
                        if let Some(fate) = self.call(function, outer, call, inner) {
                            return fate;
                        }
                    }
                    _ => return Fate::Waited,
                },
            }
            inner = node.range();
        }
        Fate::Waited
    }

    /// What a statement does with the value of an expression that it holds.
    fn statement(&mut self, function: &'s Function, stmt: &'s Stmt, inner: ByteRange) -> Fate {
        match &stmt.kind {
            StmtKind::Expr(_) => Fate::Dropped,
            StmtKind::Return(Some(value)) if value.range == inner => Fate::Returned,
            StmtKind::Assign(assign) => {
                let targets = assign.targets.iter();
                worst(targets.map(|target| self.target(function, target)))
            }
            _ => Fate::Waited,
        }
    }

    /// What a call around a value does with it; none where what the call gives is looked at in its place.
    fn call(
        &mut self,
        function: &'s Function,
        outer: &'s Expr,
        call: &'s Call,
        inner: ByteRange,
    ) -> Option<Fate> {
        let given = call.values().any(|value| value.range == inner);
        if given && let Some(callee) = self.facts.source.callee(function.id.module, outer) {
            let fate = self.parameter(callee, call, inner);
            return (fate != Fate::Returned).then_some(fate);
        }
        match &call.callee.kind {
            ExprKind::Attribute { attr, .. } if is_link(attr) => None,
            ExprKind::Attribute { base, attr } if KEEPS.contains(&&**attr) && given => {
                Some(match self.is_looked_at(function, base) {
                    true => Fate::Waited,
                    false => Fate::Dropped,
                })
            }
            _ => Some(Fate::Waited),
        }
    }

    /// What a function of the project does with what a call gives it.
    fn parameter(&mut self, callee: FnId, call: &Call, given: ByteRange) -> Fate {
        let Some(function) = self.facts.source.function(callee) else {
            return Fate::Waited;
        };
        // What an object keeps may be waited for wherever that goes.
        let made = matches!(&*function.name, "__init__" | "constructor");
        let index = parameter_of(self.facts.source, function, call, given).filter(|_| !made);
        match index.and_then(|index| function.params.get(index)) {
            Some(param) if !param.name.is_empty() => self.name(function, &param.name),
            _ => Fate::Waited,
        }
    }

    /// What becomes of what a target is assigned.
    fn target(&mut self, function: &'s Function, target: &'s Expr) -> Fate {
        match &target.kind {
            ExprKind::Name(name) => self.name(function, name),
            // `self.task = …`, `tasks[id] = …`: kept for somebody else.
            ExprKind::Attribute { .. } if !self.is_mentioned(function, target) => Fate::Dropped,
            ExprKind::Subscript { base, .. } if !self.is_waited_for(function, base) => {
                Fate::Dropped
            }
            _ => Fate::Waited,
        }
    }

    /// What becomes of what is kept under a name, by all its uses in the function and in those inside of it.
    fn name(&mut self, function: &'s Function, name: &'s str) -> Fate {
        let key = (function.id, name);
        if let Some(known) = self.facts.names.borrow().get(&key) {
            return *known;
        }
        let first = self.seen.is_empty();
        if !self.seen.insert(key) {
            return Fate::Dropped;
        }
        let place = function.id.module;
        let Some(_step) = limits::step(limits::FLOW, place, function.header) else {
            return Fate::Waited;
        };
        let uses = self.facts.uses(function);
        let uses = uses.names.get(name).into_iter().flatten();
        let found = worst(uses.map(|(body, expr)| self.used(function, body, expr)));
        // Those further in are not asked whole: what leads in a circle is cut there.
        if first {
            self.facts.names.borrow_mut().insert(key, found);
        }
        found
    }

    /// What one use does with the value of a name, in the function that binds it or one inside of it.
    fn used(&mut self, function: &'s Function, body: &'s Function, expr: &'s Expr) -> Fate {
        let mut path = path_to(&body.body, expr.range);
        path.pop();
        let path = path.as_slice();
        let waited = |waits: bool| if waits { Fate::Waited } else { Fate::Dropped };
        match path.last() {
            Some(Node::Expr(outer)) => match &outer.kind {
                // `p.catch(() => {})` waits for nothing, where its own promise is dropped.
                ExprKind::Attribute { attr, .. } if is_promise(attr) => {
                    waited(!is_chain_dropped(self.facts.source, function, path))
                }
                ExprKind::Attribute { attr, .. } => waited(!IDLE_MEMBERS.contains(&&**attr)),
                ExprKind::Unary {
                    op: UnaryOp::Void, ..
                } => Fate::Dropped,
                ExprKind::Call(call) if IDLE_CALLS.contains(&call.written_name()) => Fate::Dropped,
                ExprKind::Call(_) => self.outwards(function, path, expr.range, false),
                // `f"started {task}"`
                ExprKind::Format(_) => Fate::Dropped,
                _ => Fate::Waited,
            },
            Some(Node::Stmt(stmt)) => match &stmt.kind {
                StmtKind::Assign(assign)
                    if assign
                        .value
                        .as_deref()
                        .is_none_or(|value| value.range != expr.range) =>
                {
                    Fate::Dropped
                }
                StmtKind::Return(_) if body.id != function.id => Fate::Waited,
                _ => self.statement(function, stmt, expr.range),
            },
            _ => Fate::Waited,
        }
    }

    /// Whether a container that tasks are put in is waited for: anything but putting in and taking out in this function, or a wait
    /// in one around it.
    fn is_looked_at(&self, function: &'s Function, container: &'s Expr) -> bool {
        let Some(held) = Held::of(container) else {
            return false;
        };
        let looked = || {
            let inner = self.facts.nested(function);
            let mut bodies = std::iter::once(function).chain(inner);
            bodies.any(|body| is_read(body, held))
        };
        *{ self.facts.read.borrow_mut() }
            .entry((function.id, held))
            .or_insert_with(looked)
            || self.is_waited_for(function, container)
    }

    /// Whether this function, one around it or another of its object waits for what a container holds.
    fn is_waited_for(&self, function: &'s Function, container: &'s Expr) -> bool {
        let Some(held) = Held::of(container) else {
            return false;
        };
        let waits = || {
            let mut around = std::iter::successors(Some(function), |inner| {
                self.facts.source.function(inner.parent?)
            });
            around.any(|body| is_gathered(body, held))
                || self.is_gathered_by_its_object(function, held)
        };
        *{ self.facts.gathered.borrow_mut() }
            .entry((function.id, held))
            .or_insert_with(waits)
    }

    /// Whether another method of the object that holds a container waits for it: `async def run(self): await gather(*self.tasks)`.
    /// What ends the object does so when the process ends.
    fn is_gathered_by_its_object(&self, function: &Function, held: Held<'_>) -> bool {
        if !matches!(held, Held::Member(_)) || function.class.is_none() {
            return false;
        }
        let module = self.facts.source.module(function.id.module);
        let mut methods = module.into_iter().flat_map(|module| &module.functions);
        methods.any(|method| {
            method.class == function.class
                && !ENDS.contains(&&*method.name)
                && is_gathered(method, held)
        })
    }

    /// Whether what is kept in an attribute is looked at again in the function, or waited for anywhere in the module.
    fn is_mentioned(&self, function: &'s Function, target: &'s Expr) -> bool {
        let Some(Held::Member(member)) = Held::of(target) else {
            return false;
        };
        let uses = self.facts.uses(function);
        // Once is where it is set.
        uses.members.get(member).is_some_and(|count| *count > 1)
            || self.facts.waited(function.id.module).contains(member)
    }
}

/// A wait for one use is a wait; a value that is nowhere waited for and given back is the caller's.
fn worst(fates: impl Iterator<Item = Fate>) -> Fate {
    let mut found = Fate::Dropped;
    for fate in fates {
        match fate {
            Fate::Waited => return Fate::Waited,
            Fate::Returned => found = Fate::Returned,
            Fate::Dropped => {}
        }
    }
    found
}

fn is_promise(member: &str) -> bool {
    matches!(member, "then" | "catch" | "finally")
}

/// Wrapped calls of the promise itself (`.catch`), and a callback that is set on it.
fn is_link(member: &str) -> bool {
    is_promise(member) || matches!(member, "add_done_callback" | "unref")
}

/// Whether a chain of a promise's methods ends in nothing, and none of its callbacks goes on with the request.
fn is_chain_dropped(source: &Source, function: &Function, path: &[Node<'_>]) -> bool {
    for node in path.iter().rev() {
        match node {
            Node::Expr(Expr {
                kind:
                    ExprKind::Attribute { .. }
                    | ExprKind::Unary {
                        op: UnaryOp::Void, ..
                    },
                ..
            }) => {}
            Node::Expr(Expr {
                kind: ExprKind::Call(call),
                ..
            }) => {
                let goes_on = call
                    .args
                    .iter()
                    .any(|callback| answers(source, function.id.module, callback));
                if goes_on {
                    return false;
                }
            }
            Node::Stmt(stmt) => return matches!(stmt.kind, StmtKind::Expr(_)),
            _ => return false,
        }
    }
    false
}

/// Whether a container is used for anything but putting in and taking out.
fn is_read(function: &Function, held: Held<'_>) -> bool {
    let mut found = false;
    walk(&function.body, &mut |path, node| {
        if let Node::Expr(expr) = node
            && Held::of(expr) == Some(held)
        {
            found |= match path.last() {
                Some(Node::Expr(Expr {
                    kind: ExprKind::Attribute { attr, .. },
                    ..
                })) => {
                    !KEEPS.contains(&&**attr) && !matches!(&**attr, "discard" | "remove" | "delete")
                }
                Some(Node::Stmt(stmt)) => !matches!(stmt.kind, StmtKind::Assign(_)),
                _ => true,
            };
        }
        true
    });
    found
}

/// Whether a function waits for what a container holds: it awaits it, gives it to what waits, or goes over it.
fn is_gathered(function: &Function, held: Held<'_>) -> bool {
    let holds = |expr: &Expr| {
        let mut inner = sub_expressions(expr).into_iter();
        inner.any(|inner| Held::of(inner) == Some(held))
    };
    let mut found = false;
    walk(&function.body, &mut |_, node| {
        found |= match node {
            Node::Expr(expr) => match &expr.kind {
                ExprKind::Await(awaited) => holds(awaited),
                ExprKind::Call(call) if GATHERS.contains(&call.written_name()) => {
                    call.values().any(holds)
                }
                ExprKind::Comprehension(_) => holds(expr),
                _ => false,
            },
            Node::Stmt(stmt) => match &stmt.kind {
                StmtKind::Loop(looped) => looped.iter.as_deref().is_some_and(holds),
                _ => false,
            },
            _ => false,
        };
        true
    });
    found
}
