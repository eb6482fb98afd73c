//! Hooks and middleware of the project: whether their own code ends the loop that calls them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf};
use crate::model::source::walk::{Node, expressions, is_tried, statements, sub_expressions, walk};
use crate::model::source::{
    Call, Class, ClassId, Expr, ExprKind, FnId, ModuleId, Source, Stmt, StmtKind, UnaryOp,
};

/// Bases outside of the project that bound nothing themselves.
const BASES: [&str; 6] = [
    "HookProvider",
    "Plugin",
    "object",
    "ABC",
    "Protocol",
    "Generic",
];
/// Calls that say what time it is.
const CLOCKS: [&str; 7] = [
    "time",
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "process_time",
    "now",
    "utcnow",
];
/// Most functions that are read for one hook.
const MOST: usize = 64;

/// What the code of a hook does to the loop that calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conduct {
    /// It ends the loop once a counter or a clock says so.
    Ends,
    /// It may end the loop: it stops it for another reason, or its code is not all here.
    Unsure,
    /// It never ends it.
    Goes,
}

/// What was found out of the hooks of a runtime.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    classes: RefCell<BTreeMap<ClassId, Conduct>>,
    functions: RefCell<BTreeMap<FnId, Conduct>>,
}

impl Hooks {
    /// What a class of the project does as a hook.
    pub(super) fn of_class(&self, source: &Source, class: ClassId) -> Conduct {
        let known = self.classes.borrow().get(&class).copied();
        known.unwrap_or_else(|| {
            let found = of_class(source, class);
            self.classes.borrow_mut().insert(class, found);
            found
        })
    }

    /// What a function of the project does as a hook.
    pub(super) fn of_function(&self, source: &Source, function: FnId) -> Conduct {
        let known = self.functions.borrow().get(&function).copied();
        known.unwrap_or_else(|| {
            let found = Code::of(source, vec![function]).conduct();
            self.functions.borrow_mut().insert(function, found);
            found
        })
    }
}

fn of_class(source: &Source, class: ClassId) -> Conduct {
    let (mut starts, mut known) = (Vec::new(), true);
    let (mut open, mut seen) = (vec![class], BTreeSet::new());
    while let Some(id) = open.pop() {
        let Some(class) = source.class(id).filter(|_| seen.len() < MOST) else {
            known = false;
            break;
        };
        if !seen.insert(id) {
            continue;
        }
        starts.extend(called(source, class));
        for base in &class.bases {
            match source.meaning(id.module, base) {
                Meaning::Class(base) => open.push(base),
                Meaning::External(name) => known &= BASES.contains(&leaf(&name)),
                _ => known = false,
            }
        }
    }
    match Code::of(source, starts).conduct() {
        Conduct::Goes if !known => Conduct::Unsure,
        found => found,
    }
}

/// The functions of a class that something calls after the object was made, those inside of its methods too.
fn called(source: &Source, class: &Class) -> Vec<FnId> {
    let functions = source
        .module(class.id.module)
        .map(|module| &module.functions);
    let inside = functions
        .into_iter()
        .flatten()
        .filter(|function| class.range.contains(function.range));
    inside
        .filter(|function| !makes(&function.name))
        .map(|function| function.id)
        .collect()
}

/// Whether a method makes the object.
fn makes(name: &str) -> bool {
    matches!(name, "__init__" | "__post_init__" | "constructor")
}

/// The functions that run where a hook is called.
struct Code<'s> {
    source: &'s Source,
    bodies: Vec<(ModuleId, &'s [Stmt])>,
    /// Names and members that count: `self.calls += 1`.
    counted: BTreeSet<&'s str>,
    /// What functions that tests call say of counters.
    asked: RefCell<BTreeMap<FnId, Asked>>,
    /// A function that is called is not here.
    unread: bool,
}

impl<'s> Code<'s> {
    fn of(source: &'s Source, starts: Vec<FnId>) -> Self {
        let mut found = Self {
            source,
            bodies: Vec::new(),
            counted: BTreeSet::new(),
            asked: RefCell::default(),
            unread: false,
        };
        let mut open = VecDeque::from(starts);
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop_front() {
            if !seen.insert(id) {
                continue;
            }
            if seen.len() > MOST {
                let range = source.function(id).map(|function| function.range);
                limits::reached(limits::CALLS, id.module, range.unwrap_or_default());
                found.unread = true;
                break;
            }
            let body = source.body(id.module, Some(id));
            found.bodies.push((id.module, body));
            for expr in expressions(body) {
                let ExprKind::Call(call) = &expr.kind else {
                    continue;
                };
                match source.callee(id.module, expr) {
                    Some(callee) => {
                        let name = source.function(callee).map(|function| &*function.name);
                        if !name.is_some_and(makes) && !is_tried(body, expr.range) {
                            open.push_back(callee);
                        }
                    }
                    None => found.unread |= found.is_unread(id.module, call),
                }
            }
        }
        found.count();
        found
    }

    /// Whether a call runs code that is not here and may end the loop: a member of the hook that somebody gave it, a name that nobody
    /// knows.
    fn is_unread(&self, module: ModuleId, call: &Call) -> bool {
        if self.source.outside_callee(module, call).is_some()
            || self.source.callee_class(module, call).is_some()
        {
            return false;
        }
        match &call.callee.kind {
            ExprKind::Attribute { base, .. } => {
                is_member(base) && matches!(self.source.meaning(module, base), Meaning::Unknown)
            }
            _ => true,
        }
    }

    /// Gathers what counts, and the names that are made of it or of the time.
    fn count(&mut self) {
        let bodies = self.bodies.clone();
        for (_, body) in &bodies {
            for stmt in statements(body) {
                if let StmtKind::Assign(assign) = &stmt.kind
                    && (assign.augmented.is_some()
                        || assign.value.as_deref().is_some_and(|value| {
                            matches!(value.kind, ExprKind::BinOp { .. })
                                && assign.targets.iter().any(|target| is_part(target, value))
                        }))
                {
                    self.counted
                        .extend(assign.targets.iter().filter_map(member));
                }
            }
            for expr in expressions(body) {
                if let ExprKind::Unary {
                    op: UnaryOp::Increment | UnaryOp::Decrement,
                    operand,
                } = &expr.kind
                {
                    self.counted.extend(member(operand));
                }
            }
        }
        let mut made = Vec::new();
        for (module, body) in &bodies {
            for stmt in statements(body) {
                if let StmtKind::Assign(assign) = &stmt.kind
                    && let Some(value) = assign.value.as_deref()
                    && self.counts(*module, value)
                {
                    made.extend(assign.targets.iter().filter_map(member));
                }
            }
        }
        self.counted.extend(made);
        self.asked.borrow_mut().clear();
    }

    /// Whether a value is made of a counter or of the time, itself or by a function that it calls.
    fn counts(&self, module: ModuleId, value: &Expr) -> bool {
        sub_expressions(value).into_iter().any(|part| {
            self.is_counter(part)
                || self
                    .source
                    .callee(module, part)
                    .is_some_and(|callee| self.asked(callee).gives)
        })
    }

    fn is_counter(&self, expr: &Expr) -> bool {
        member(expr).is_some_and(|name| self.counted.contains(name))
            || expr
                .as_call()
                .is_some_and(|call| CLOCKS.contains(&call.written_name()))
    }

    /// Whether a test compares a counter or the time, itself or by a function that it calls.
    fn compares(&self, module: ModuleId, test: &Expr) -> bool {
        sub_expressions(test)
            .into_iter()
            .any(|part| match &part.kind {
                ExprKind::Compare(_) => self.counts(module, part),
                ExprKind::Call(_) => self
                    .source
                    .callee(module, part)
                    .is_some_and(|callee| self.asked(callee).compares),
                _ => false,
            })
    }

    /// What a function that a test calls says of counters.
    fn asked(&self, function: FnId) -> Asked {
        let known = self.asked.borrow().get(&function).copied();
        known.unwrap_or_else(|| {
            let body = self.source.body(function.module, Some(function));
            let counts = |expr: &Expr| {
                let mut parts = sub_expressions(expr).into_iter();
                parts.any(|part| self.is_counter(part))
            };
            let mut given = statements(body)
                .into_iter()
                .filter_map(|stmt| match &stmt.kind {
                    StmtKind::Return(value) => value.as_ref(),
                    _ => None,
                });
            let mut inner = expressions(body).into_iter();
            let found = Asked {
                gives: given.any(counts),
                compares: inner
                    .any(|expr| matches!(expr.kind, ExprKind::Compare(_)) && counts(expr)),
            };
            self.asked.borrow_mut().insert(function, found);
            found
        })
    }

    fn conduct(&self) -> Conduct {
        let (mut stops, mut ends) = (false, false);
        for &(module, body) in &self.bodies {
            let behind = self.behind(module, body);
            // The tests and values that compare a counter, by their addresses.
            let mut asked: FxHashMap<usize, bool> = FxHashMap::default();
            let mut asks = |test: &Expr| {
                let known = asked.entry(std::ptr::from_ref(test).addr());
                *known.or_insert_with(|| self.compares(module, test))
            };
            walk(body, &mut |path, node| {
                if !ends && is_stop(node) && !is_tried(body, node.range()) {
                    stops = true;
                    ends = node.range().start >= behind || tests_around(path, node).any(&mut asks);
                }
                true
            });
        }
        match (ends, stops || self.unread) {
            (true, _) => Conduct::Ends,
            (false, true) => Conduct::Unsure,
            (false, false) => Conduct::Goes,
        }
    }

    /// Where a body goes on only once a counter or a clock says so: behind `if self.calls < 10: return`.
    fn behind(&self, module: ModuleId, body: &[Stmt]) -> u32 {
        let leaves = |stmt: &Stmt| matches!(stmt.kind, StmtKind::Return(_));
        let first = body.iter().find(|stmt| match &stmt.kind {
            StmtKind::If(branch) => {
                branch.body.last().is_some_and(leaves) && self.compares(module, &branch.test)
            }
            _ => false,
        });
        first.map_or(u32::MAX, |stmt| stmt.range.end)
    }
}

/// What a function says of counters.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// It returns what is made of one.
    gives: bool,
    /// It compares one.
    compares: bool,
}

/// The tests under which a place is reached, and the value that stands there: `event.cancel = self.calls > 10`.
fn tests_around<'b>(path: &[Node<'b>], node: Node<'b>) -> impl Iterator<Item = &'b Expr> {
    let tests = path.iter().filter_map(|outer| match outer {
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::If(branch) => Some(&branch.test),
            _ => None,
        },
        Node::Expr(expr) => match &expr.kind {
            ExprKind::Conditional(ways) => Some(&ways.test),
            _ => None,
        },
        _ => None,
    });
    let given = match node {
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::Assign(assign) => assign.value.as_deref(),
            _ => None,
        },
        _ => None,
    };
    tests.chain(given)
}

/// Whether a node ends the loop of an agent whose hook it stands in: `raise`, `event.cancel = …`, `event.agent.cancel()`,
/// `{"jump_to": "end"}`. `event.cancel_tool` does not: the model is told and goes on.
fn is_stop(node: Node<'_>) -> bool {
    match node {
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::Raise { .. } => true,
            StmtKind::Assign(assign) => {
                let off = assign.value.as_deref().is_none_or(|value| {
                    matches!(value.kind, ExprKind::Bool(false) | ExprKind::None)
                });
                !off && assign.targets.iter().any(|target| match &target.kind {
                    ExprKind::Attribute { attr, .. } => &**attr == "cancel",
                    ExprKind::Subscript { index, .. } => index.as_str() == Some("stop_event_loop"),
                    _ => false,
                })
            }
            _ => false,
        },
        Node::Expr(expr) => match &expr.kind {
            ExprKind::Call(call) => match &call.callee.kind {
                ExprKind::Attribute { base, attr } => {
                    &**attr == "cancel" && base.last_name().is_some_and(|name| &**name == "agent")
                }
                _ => false,
            },
            ExprKind::Dict(_) => ["jump_to", "jumpTo"]
                .iter()
                .any(|key| expr.entry(key).is_some_and(|to| to.as_str() == Some("end"))),
            _ => false,
        },
        Node::Handler(_) | Node::Case(_) => false,
    }
}

/// Whether an expression is a member of the object itself, at any depth.
fn is_member(expr: &Expr) -> bool {
    let mut at = expr;
    while let ExprKind::Attribute { base, .. } | ExprKind::Subscript { base, .. } = &at.kind {
        at = base;
    }
    !at.is(expr) && matches!(at.as_name(), Some("self" | "this"))
}

/// The name of a variable or of a member: of `self.calls`, `self.calls["x"]` it is `calls`.
fn member(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => Some(name),
        ExprKind::Subscript { base, .. } => match &base.kind {
            ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value is made of what its target held: `self.calls = self.calls + 1`.
fn is_part(target: &Expr, value: &Expr) -> bool {
    let name = member(target);
    name.is_some()
        && sub_expressions(value)
            .into_iter()
            .any(|part| member(part) == name)
}
