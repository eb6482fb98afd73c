//! Where names and attributes are written, and what stands around an expression.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Place;
use crate::analysis::agent_code::AgentCode;
use crate::model::source::walk::{Node, child_around, first_around};
use crate::model::source::{
    ByteRange, Call, ClassId, Expr, ExprKind, FnId, Module, ModuleId, Source, Stmt, StmtKind,
};

/// A name or an attribute, written somewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occurrence<'a> {
    pub(super) module: ModuleId,
    pub(super) function: Option<FnId>,
    pub(super) expr: &'a Expr,
}

/// The names and attributes of the modules that were asked for.
pub(super) struct Index<'a> {
    code: AgentCode<'a>,
    modules: RefCell<HashMap<ModuleId, Rc<[Written<'a>]>>>,
}

/// An occurrence without its module: a large program has millions.
struct Written<'a> {
    /// One more than the function's index; 0 outside of any.
    scope: u32,
    expr: &'a Expr,
}

impl Written<'_> {
    /// What it is looked up by: whether it is an attribute, and the name.
    fn key(&self) -> (bool, &str) {
        match &self.expr.kind {
            ExprKind::Name(name) => (false, name),
            ExprKind::Attribute { attr, .. } => (true, attr),
            _ => (true, ""),
        }
    }
}

impl<'a> Index<'a> {
    pub(super) fn new(code: &AgentCode<'a>) -> Self {
        Self {
            code: *code,
            modules: RefCell::default(),
        }
    }

    /// All of a module, by name and then in the order of the text.
    fn of(&self, id: ModuleId) -> Rc<[Written<'a>]> {
        if let Some(known) = self.modules.borrow().get(&id) {
            return Rc::clone(known);
        }
        let mut found = Vec::new();
        if let Some(module) = self.code.source.module(id) {
            module.each_expression(&mut |function, expr| {
                if matches!(expr.kind, ExprKind::Name(_) | ExprKind::Attribute { .. }) {
                    let scope = function.map_or(0, |function| function.index + 1);
                    found.push(Written { scope, expr });
                }
            });
        }
        found.sort_by(|one, other| one.key().cmp(&other.key()));
        let found: Rc<[Written<'a>]> = found.into();
        self.modules.borrow_mut().insert(id, Rc::clone(&found));
        found
    }

    fn with(&self, module: ModuleId, key: (bool, &str)) -> Vec<Occurrence<'a>> {
        let all = self.of(module);
        let first = all.partition_point(|written| written.key() < key);
        let same = all.iter().skip(first);
        let same = same.take_while(|written| written.key() == key);
        let found = same.map(|written| Occurrence {
            module,
            function: written
                .scope
                .checked_sub(1)
                .map(|index| FnId { module, index }),
            expr: written.expr,
        });
        found.collect()
    }

    /// Where a name is written in a module.
    pub(super) fn names(&self, module: ModuleId, name: &str) -> Vec<Occurrence<'a>> {
        self.with(module, (false, name))
    }

    /// Where an attribute of that name is written in a module.
    pub(super) fn attributes(&self, module: ModuleId, name: &str) -> Vec<Occurrence<'a>> {
        self.with(module, (true, name))
    }

    /// A module and those that import something from it.
    pub(super) fn users(&self, of: ModuleId) -> Vec<ModuleId> {
        let imports = |module: &Module| {
            module
                .imports
                .iter()
                .any(|import| import.target == Some(of))
        };
        let users = self.code.modules().filter(|module| imports(module));
        let mut found = vec![of];
        found.extend(users.map(|module| module.id).filter(|id| *id != of));
        found
    }
}

/// What an expression belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The body of a function, or the module's.
    Body(Option<FnId>),
    /// The body of a class.
    Class(ClassId),
    /// The default of a parameter.
    Default(FnId, usize),
    /// A decorator, or a base of a class.
    Definition(Option<FnId>),
}

/// What an expression belongs to, and the nodes around it, outermost first.
pub(super) fn around(module: &Module, range: ByteRange) -> (Owner, Vec<Node<'_>>) {
    for function in &module.functions {
        if !function.range.contains(range) {
            continue;
        }
        let mut params = function.params.iter().enumerate();
        if let Some((index, default)) = params.find_map(|(index, param)| {
            let default = param.default.as_deref()?;
            default.range.contains(range).then_some((index, default))
        }) {
            let owner = Owner::Default(function.id, index);
            return (owner, path(default, range));
        }
        let mut decorators = function.decorators.iter();
        if let Some(decorator) = decorators.find(|decorator| decorator.range.contains(range)) {
            let owner = Owner::Definition(Some(function.id));
            return (owner, path(decorator, range));
        }
    }
    let inside = module.function_at(range.start);
    let mut best: Option<(usize, &[Stmt])> = None;
    for (index, class) in module.classes.iter().enumerate() {
        if class.parent != inside.map(|function| function.id) {
            continue;
        }
        let mut heads = class.bases.iter().chain(&class.decorators);
        if let Some(head) = heads.find(|head| head.range.contains(range)) {
            return (Owner::Definition(None), path(head, range));
        }
        if class.body.iter().any(|stmt| stmt.range.contains(range)) {
            best = Some((index, &class.body));
        }
    }
    if let Some((index, body)) = best {
        let id = ClassId {
            module: module.id,
            index: u32::try_from(index).unwrap_or(u32::MAX),
        };
        return (Owner::Class(id), path_in(body, range));
    }
    let id = inside.map(|function| function.id);
    (Owner::Body(id), path_in(module.body_of(id), range))
}

/// The nodes around a range in an expression, outermost first.
fn path(root: &Expr, range: ByteRange) -> Vec<Node<'_>> {
    below(Some(Node::Expr(root)), range)
}

/// The nodes around a range in a body, outermost first.
fn path_in(body: &[Stmt], range: ByteRange) -> Vec<Node<'_>> {
    below(first_around(body, range), range)
}

fn below(mut next: Option<Node<'_>>, range: ByteRange) -> Vec<Node<'_>> {
    let mut path = Vec::new();
    while let Some(node) = next {
        path.push(node);
        // Statements and lists may be long. Of other parts that stand at one place, what is written last is what is evaluated.
        let is_list = match node {
            Node::Stmt(stmt) => !matches!(stmt.kind, StmtKind::Assign(_)),
            Node::Expr(expr) => matches!(
                expr.kind,
                ExprKind::List(_) | ExprKind::Tuple(_) | ExprKind::Set(_) | ExprKind::Dict(_)
            ),
            Node::Handler(_) | Node::Case(_) => false,
        };
        next = match is_list {
            true => child_around(node, range),
            false => node
                .children()
                .into_iter()
                .rfind(|child| child.range().contains(range)),
        };
    }
    path
}

/// The call that an anonymous function is an argument of.
pub(super) fn holder(module: &Module, function: FnId) -> Option<&Expr> {
    let found = module.function(function)?;
    let path = path_in(module.body_of(found.parent), found.range);
    let at = path.iter().rposition(
        |node| matches!(node, Node::Expr(expr) if matches!(expr.kind, ExprKind::Lambda(id) if id == function)),
    )?;
    match path.get(at.checked_sub(1)?) {
        Some(Node::Expr(outer)) => Some(outer)
            .filter(|outer| outer.as_call().is_some())
            .copied(),
        _ => None,
    }
}

/// The function whose scope binds a name that is seen from a place; `None` for the module's, or for what nothing binds.
pub(super) fn scope_of(module: &Module, name: &str, offset: u32) -> Option<FnId> {
    let mut at = module.function_at(offset);
    while let Some(function) = at {
        let scope = module.scopes.get(function.id.index as usize + 1);
        if scope.is_some_and(|scope| scope.names.contains_key(name)) {
            return Some(function.id);
        }
        at = function.parent.and_then(|id| module.function(id));
    }
    None
}

/// Whether an expression is what a statement writes to, or a part of it.
pub(super) fn is_written(path: &[Node<'_>], range: ByteRange) -> bool {
    let held = |targets: &[Expr]| targets.iter().any(|target| target.range.contains(range));
    path.iter().any(|node| match node {
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::Assign(assign) => held(&assign.targets),
            StmtKind::Loop(looped) => looped
                .target
                .as_ref()
                .is_some_and(|target| target.range.contains(range)),
            StmtKind::With(with) => with.items.iter().any(|item| {
                item.target
                    .as_ref()
                    .is_some_and(|target| target.range.contains(range))
            }),
            StmtKind::Delete(targets) => held(targets),
            _ => false,
        },
        Node::Expr(expr) => match &expr.kind {
            ExprKind::Assign { target, .. } => target.range.contains(range),
            _ => false,
        },
        Node::Handler(_) | Node::Case(_) => false,
    })
}

/// The call at a place.
pub(crate) fn call_at(source: &Source, (module, range): Place) -> Option<&Call> {
    expr_at(source, module, range).and_then(Expr::as_call)
}

/// The expression at a place.
pub(crate) fn expr_at(source: &Source, module: ModuleId, range: ByteRange) -> Option<&Expr> {
    let module = source.module(module)?;
    let (_, path) = around(module, range);
    path.into_iter().rev().find_map(|node| match node {
        Node::Expr(expr) if expr.range == range => Some(expr),
        _ => None,
    })
}
