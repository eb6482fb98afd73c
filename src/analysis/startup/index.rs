//! Where names and attributes are written, and what stands around an expression.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::analysis::agent_code::AgentCode;
use crate::model::source::walk::Node;
use crate::model::source::{
    ByteRange, ClassId, Expr, ExprKind, FnId, Module, ModuleId, Source, Stmt, StmtKind,
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
    modules: RefCell<HashMap<ModuleId, Rc<Vec<Occurrence<'a>>>>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(code: &AgentCode<'a>) -> Self {
        Self {
            code: *code,
            modules: RefCell::default(),
        }
    }

    fn of(&self, id: ModuleId) -> Rc<Vec<Occurrence<'a>>> {
        if let Some(known) = self.modules.borrow().get(&id) {
            return Rc::clone(known);
        }
        let module = self.code.source.module(id);
        let found = module.into_iter().flat_map(Module::all_expressions);
        let found = found
            .filter(|(_, expr)| matches!(expr.kind, ExprKind::Name(_) | ExprKind::Attribute { .. }))
            .map(|(function, expr)| Occurrence {
                module: id,
                function,
                expr,
            })
            .collect();
        let found = Rc::new(found);
        self.modules.borrow_mut().insert(id, Rc::clone(&found));
        found
    }

    /// Where a name is written in a module.
    pub(super) fn names(&self, module: ModuleId, name: &str) -> Vec<Occurrence<'a>> {
        let all = self.of(module);
        let here = all
            .iter()
            .filter(|found| found.expr.as_name() == Some(name));
        here.copied().collect()
    }

    /// Where an attribute of that name is written in a module.
    pub(super) fn attributes(&self, module: ModuleId, name: &str) -> Vec<Occurrence<'a>> {
        let all = self.of(module);
        let here = all.iter().filter(
            |found| matches!(&found.expr.kind, ExprKind::Attribute { attr, .. } if &**attr == name),
        );
        here.copied().collect()
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
            return (owner, path(vec![Node::Expr(default)], range));
        }
        let mut decorators = function.decorators.iter();
        if let Some(decorator) = decorators.find(|decorator| decorator.range.contains(range)) {
            let owner = Owner::Definition(Some(function.id));
            return (owner, path(vec![Node::Expr(decorator)], range));
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
            return (Owner::Definition(None), path(vec![Node::Expr(head)], range));
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
        let roots = body.iter().map(Node::Stmt).collect();
        return (Owner::Class(id), path(roots, range));
    }
    let id = inside.map(|function| function.id);
    let roots = module.body_of(id).iter().map(Node::Stmt).collect();
    (Owner::Body(id), path(roots, range))
}

fn path(mut level: Vec<Node<'_>>, range: ByteRange) -> Vec<Node<'_>> {
    let mut path = Vec::new();
    // The key and the value of `{ tools }` stand at one place: what is written last is what is evaluated.
    while let Some(next) = level.into_iter().rfind(|node| node.range().contains(range)) {
        path.push(next);
        level = next.children();
    }
    path
}

/// The call that an anonymous function is an argument of.
pub(super) fn holder(module: &Module, function: FnId) -> Option<&Expr> {
    let found = module.function(function)?;
    let roots = module
        .body_of(found.parent)
        .iter()
        .map(Node::Stmt)
        .collect();
    let path = path(roots, found.range);
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

/// The expression at a place.
pub(crate) fn expr_at(source: &Source, module: ModuleId, range: ByteRange) -> Option<&Expr> {
    let module = source.module(module)?;
    let (_, path) = around(module, range);
    path.into_iter().rev().find_map(|node| match node {
        Node::Expr(expr) if expr.range == range => Some(expr),
        _ => None,
    })
}
