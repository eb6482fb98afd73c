//! Which names each scope binds, and to what.

mod by_name;
mod instance;

use std::collections::BTreeMap;
use std::sync::Arc;

use thin_vec::ThinVec;

use super::ir::{ByteRange, Expr, ExprKind, Name, Stmt, StmtKind};
use super::module::{Binding, BindingKind, Declaration, Function, Language, Module, Scope, Step};
pub use by_name::{ByName, Sought};
pub use instance::receiver;

use super::walk::{Node, walk, walk_node};

/// A scope in the making.
#[derive(Default)]
struct Names {
    names: BTreeMap<Name, Vec<Binding>>,
    elements: BTreeMap<Name, Vec<Arc<Expr>>>,
    outer: Vec<Name>,
}

impl From<Names> for Scope {
    fn from(mut made: Names) -> Self {
        // In the order of the text, so that the one before a place is found by bisection.
        for bindings in made.names.values_mut() {
            bindings.sort_by_key(|binding| binding.range.start);
        }
        Self {
            names: made.names.into(),
            elements: made.elements.into(),
            outer: made.outer,
        }
    }
}

/// Fills the module's scopes, and the fields of its classes, from its lowered bodies.
pub fn bind(module: &mut Module) {
    let mut scopes = vec![scope_of(module, &module.body)];
    let mut instances: Vec<(super::ClassId, Name, Binding)> = Vec::new();
    for function in &module.functions {
        let mut scope = Names::default();
        bind_params(function, &mut scope);
        merge(&mut scope, scope_of(module, &function.body));
        if module.language == Language::TypeScript {
            assigned_only(module, &function.body, &mut scope);
        }
        instance::collect(module, function, &mut instances);
        scopes.push(scope);
    }
    raise_outer(module, &mut scopes);
    let fields: Vec<Scope> = module
        .classes
        .iter()
        .map(|class| scope_of(module, &class.body).into())
        .collect();
    let mut assigned: Vec<Names> = Vec::new();
    assigned.resize_with(module.classes.len(), Names::default);
    for (id, name, binding) in instances {
        if let Some(names) = assigned.get_mut(id.index as usize) {
            names.names.entry(name).or_default().push(binding);
        }
    }
    let made = fields.into_iter().zip(assigned);
    for (class, (fields, instance)) in module.classes.iter_mut().zip(made) {
        class.fields = fields;
        class.instance = instance.into();
    }
    module.scopes = scopes.into_iter().map(Scope::from).collect();
}

fn merge(into: &mut Names, from: Names) {
    for (name, bindings) in from.names {
        into.names.entry(name).or_default().extend(bindings);
    }
    for (name, elements) in from.elements {
        into.elements.entry(name).or_default().extend(elements);
    }
    into.outer.extend(from.outer);
}

/// In TypeScript an assignment declares nothing: a name that a function only assigns to is bound outside of it.
fn assigned_only(module: &Module, body: &[Stmt], scope: &mut Names) {
    let mut assigned: BTreeMap<&Name, usize> = BTreeMap::new();
    walk(body, &mut |_, node| {
        let target = match node {
            Node::Expr(Expr {
                kind: ExprKind::Assign { target, .. },
                ..
            }) => Some(&**target),
            Node::Stmt(Stmt {
                kind: StmtKind::Assign(assign),
                ..
            }) => assign
                .targets
                .first()
                .filter(|target| !declares(module, target)),
            _ => None,
        };
        if let Some(ExprKind::Name(name)) = target.map(|target| &target.kind) {
            *assigned.entry(name).or_default() += 1;
        }
        true
    });
    for (name, count) in assigned {
        if scope.names.get(name).is_some_and(|all| all.len() == count) {
            scope.outer.push(name.clone());
        }
    }
}

/// Whether `let`, `const`, `var`, or the comma of a list of them, stands before a target.
fn declares(module: &Module, target: &Expr) -> bool {
    let before = module.source.text.get(..target.range.start as usize);
    let before = before.unwrap_or_default().trim_end();
    ["let", "const", "var", "using", ","]
        .iter()
        .any(|word| before.ends_with(word))
}

/// Names declared `global` or `nonlocal`, or only assigned to, are bound where they belong.
fn raise_outer(module: &Module, scopes: &mut [Names]) {
    for function in module.functions.iter().rev() {
        let index = function.id.index as usize + 1;
        let Some(scope) = scopes.get_mut(index) else {
            continue;
        };
        let outer = scope.outer.clone();
        let raised: Vec<_> = outer
            .iter()
            .filter_map(|name| scope.names.remove_entry(name))
            .collect();
        for (name, bindings) in raised {
            let mut at = function.parent;
            let mut target = 0;
            while let Some(id) = at {
                let parent = id.index as usize + 1;
                if scopes
                    .get(parent)
                    .is_some_and(|scope| scope.names.contains_key(&name))
                {
                    target = parent;
                    break;
                }
                at = module
                    .functions
                    .get(id.index as usize)
                    .and_then(|function| function.parent);
            }
            if let Some(scope) = scopes.get_mut(target) {
                scope.names.entry(name).or_default().extend(bindings);
            }
        }
    }
}

fn bind_params(function: &Function, scope: &mut Names) {
    for (index, param) in function.params.iter().enumerate() {
        match &param.pattern {
            Some(pattern) => destructure(pattern, &mut Vec::new(), &mut |name, range, path, _| {
                add(
                    scope,
                    name,
                    range,
                    BindingKind::Param {
                        index,
                        path: path.into(),
                    },
                );
            }),
            None => add(
                scope,
                &param.name,
                param.range,
                BindingKind::Param {
                    index,
                    path: ThinVec::new(),
                },
            ),
        }
    }
}

fn add(scope: &mut Names, name: &Name, range: ByteRange, kind: BindingKind) {
    scope
        .names
        .entry(name.clone())
        .or_default()
        .push(Binding { kind, range });
}

type Found<'f> = dyn FnMut(&Name, ByteRange, &[Step], Option<&Arc<Expr>>) + 'f;

/// Calls `found` for every name that a target binds, with the way to it and its default.
pub fn destructure(target: &Expr, path: &mut Vec<Step>, found: &mut Found<'_>) {
    inner_destructure(target, path, None, found);
}

fn inner_destructure(
    target: &Expr,
    path: &mut Vec<Step>,
    default: Option<&Arc<Expr>>,
    found: &mut Found<'_>,
) {
    match &target.kind {
        ExprKind::Name(name) => found(name, target.range, path, default),
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let (item, step) = match &item.kind {
                    ExprKind::Starred(inner) => (&**inner, Step::Rest),
                    _ => (item, Step::Index(index)),
                };
                path.push(step);
                inner_destructure(item, path, None, found);
                path.pop();
            }
        }
        ExprKind::Dict(entries) => {
            for entry in entries {
                path.push(match entry.key.as_ref().map(|key| &key.kind) {
                    Some(ExprKind::Str(key)) => Step::Key(key.clone()),
                    _ => Step::Rest,
                });
                inner_destructure(&entry.value, path, None, found);
                path.pop();
            }
        }
        ExprKind::Assign { target, value } => inner_destructure(target, path, Some(value), found),
        ExprKind::Starred(inner) => inner_destructure(inner, path, default, found),
        _ => {}
    }
}

/// The bindings of a body, nested functions left out.
fn scope_of(module: &Module, body: &[Stmt]) -> Names {
    let mut scope = Names::default();
    walk(body, &mut |_, node| {
        match node {
            Node::Stmt(stmt) => bind_stmt(module, stmt, &mut scope),
            Node::Expr(expr) => bind_expr(expr, &mut scope),
            Node::Handler(handler) => {
                if let Some(binding) = &handler.binding {
                    let types: Arc<[Expr]> = handler.types.clone().into();
                    destructure(binding, &mut Vec::new(), &mut |name, range, path, _| {
                        let kind = BindingKind::Exception {
                            types: types.clone(),
                            path: path.into(),
                        };
                        add(&mut scope, name, range, kind);
                    });
                }
            }
            Node::Case(_) => {}
        }
        true
    });
    scope
}

fn bind_stmt(module: &Module, stmt: &Stmt, scope: &mut Names) {
    match &stmt.kind {
        StmtKind::Assign(assign) => {
            let annotation = &assign.annotation;
            for target in &assign.targets {
                match &assign.value {
                    Some(value) if assign.augmented.is_some() => {
                        destructure(target, &mut Vec::new(), &mut |name, range, _, _| {
                            add(scope, name, range, BindingKind::Augmented(value.clone()));
                        });
                    }
                    Some(value) => bind_value(target, value, annotation.as_ref(), scope),
                    None => destructure(target, &mut Vec::new(), &mut |name, range, _, _| {
                        add(
                            scope,
                            name,
                            range,
                            BindingKind::Declared(annotation.clone()),
                        );
                    }),
                }
            }
        }
        StmtKind::Loop(looped) => {
            if let (Some(target), Some(iter)) = (&looped.target, &looped.iter) {
                bind_element(target, iter, scope);
            }
        }
        StmtKind::With(with) => {
            for item in &with.items {
                let Some(target) = &item.target else { continue };
                if target.as_name().is_some() {
                    destructure(target, &mut Vec::new(), &mut |name, range, _, _| {
                        add(scope, name, range, BindingKind::With(item.context.clone()));
                    });
                } else {
                    bind_value(target, &item.context, None, scope);
                }
            }
        }
        StmtKind::FunctionDef(id) => {
            if let Some(function) = module.functions.get(id.index as usize) {
                add(
                    scope,
                    &function.name,
                    function.range,
                    BindingKind::Function(*id),
                );
            }
        }
        StmtKind::ClassDef(id) => {
            if let Some(class) = module.classes.get(id.index as usize) {
                add(scope, &class.name, class.range, BindingKind::Class(*id));
            }
        }
        StmtKind::Import(found) => {
            for &index in found {
                let Some(import) = module.imports.get(index) else {
                    continue;
                };
                if let Some(alias) = &import.alias {
                    add(scope, alias, import.range, BindingKind::Import(index));
                }
            }
        }
        StmtKind::Switch(switch) => {
            for case in &switch.cases {
                for (name, range) in &case.captures {
                    add(
                        scope,
                        name,
                        *range,
                        BindingKind::Capture(switch.subject.clone()),
                    );
                }
            }
        }
        StmtKind::Global(names) => scope.outer.extend(names.iter().cloned()),
        _ => {}
    }
}

fn bind_value(target: &Expr, value: &Arc<Expr>, annotation: Option<&Arc<Expr>>, scope: &mut Names) {
    if let ExprKind::Subscript { base, .. } = &target.kind {
        if let ExprKind::Name(name) = &base.kind {
            scope
                .elements
                .entry(name.clone())
                .or_default()
                .push(value.clone());
        }
        return;
    }
    destructure(
        target,
        &mut Vec::new(),
        &mut |name, range, path, default| {
            add(
                scope,
                name,
                range,
                BindingKind::Value {
                    value: value.clone(),
                    path: path.into(),
                    declaration: Declaration::of(default, annotation),
                },
            );
        },
    );
}

fn bind_element(target: &Expr, iter: &Arc<Expr>, scope: &mut Names) {
    destructure(target, &mut Vec::new(), &mut |name, range, path, _| {
        add(
            scope,
            name,
            range,
            BindingKind::Element {
                iter: iter.clone(),
                path: path.into(),
            },
        );
    });
}

fn bind_expr(expr: &Expr, scope: &mut Names) {
    match &expr.kind {
        ExprKind::Assign { target, value } => bind_value(target, value, None, scope),
        ExprKind::Comprehension(inner) => {
            for generator in &inner.generators {
                bind_element(&generator.target, &generator.iter, scope);
            }
        }
        ExprKind::Call(call) => {
            let ExprKind::Attribute { base, attr } = &call.callee.kind else {
                return;
            };
            let ExprKind::Name(name) = &base.kind else {
                return;
            };
            let element = match (&**attr, &*call.args) {
                ("append" | "push" | "add" | "appendleft", [element]) => element,
                ("set" | "setdefault", [_, element]) => element,
                _ => return,
            };
            scope
                .elements
                .entry(name.clone())
                .or_default()
                .push(Arc::new(element.clone()));
        }
        _ => {}
    }
}

/// Every name that an expression reads.
pub fn names_in(expr: &Expr) -> Vec<&Name> {
    let mut found = Vec::new();
    walk_node(Node::Expr(expr), &mut |_, node| {
        if let Node::Expr(Expr {
            kind: ExprKind::Name(name),
            ..
        }) = node
        {
            found.push(name);
        }
        true
    });
    found
}
