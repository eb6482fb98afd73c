//! What is found out once of functions that start work: many starts may stand in one.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Fate;
use crate::model::source::walk::each_expression;
use crate::model::source::{Expr, ExprKind, FnId, Function, ModuleId, Source};

/// What holds a value: a name, or an attribute of whatever object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Held<'s> {
    Name(&'s str),
    Member(&'s str),
}

impl<'s> Held<'s> {
    pub(super) fn of(expr: &'s Expr) -> Option<Self> {
        match &expr.kind {
            ExprKind::Name(name) => Some(Self::Name(name)),
            ExprKind::Attribute { attr, .. } => Some(Self::Member(attr)),
            _ => None,
        }
    }
}

/// The uses of names and attributes.
#[derive(Default)]
pub(super) struct Uses<'s> {
    /// Of names, in a function and those inside of it, each with the function that it stands in.
    pub names: FxHashMap<&'s str, Vec<(&'s Function, &'s Expr)>>,
    /// How often each attribute stands in the function itself.
    pub members: FxHashMap<&'s str, u32>,
}

/// Answers so far.
pub(super) struct Facts<'s> {
    pub source: &'s Source,
    /// What becomes of names.
    pub names: RefCell<FxHashMap<(FnId, &'s str), Fate>>,
    /// Whether functions read containers, and whether they wait for what those hold.
    pub read: RefCell<FxHashMap<(FnId, Held<'s>), bool>>,
    pub gathered: RefCell<FxHashMap<(FnId, Held<'s>), bool>>,
    uses: RefCell<FxHashMap<FnId, Rc<Uses<'s>>>>,
    waited: RefCell<FxHashMap<ModuleId, Rc<FxHashSet<&'s str>>>>,
    /// The functions of modules, in the order of their bodies.
    bodies: RefCell<FxHashMap<ModuleId, Rc<[&'s Function]>>>,
}

impl<'s> Facts<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self {
            source,
            names: RefCell::default(),
            read: RefCell::default(),
            gathered: RefCell::default(),
            uses: RefCell::default(),
            waited: RefCell::default(),
            bodies: RefCell::default(),
        }
    }

    /// Functions defined inside of a function: they see its names.
    pub(super) fn nested(&self, function: &Function) -> Vec<&'s Function> {
        let bodies = Rc::clone(
            { self.bodies.borrow_mut() }
                .entry(function.id.module)
                .or_insert_with(|| {
                    let module = self.source.module(function.id.module);
                    let all = module.into_iter().flat_map(|module| &module.functions);
                    let mut all: Vec<&Function> = all.collect();
                    all.sort_by_key(|inner| inner.body_range.start);
                    all.into()
                }),
        );
        let own = function.body_range;
        let first = bodies.partition_point(|inner| inner.body_range.start < own.start);
        let behind = bodies.iter().skip(first);
        behind
            .take_while(|inner| inner.body_range.start <= own.end)
            .filter(|inner| inner.id != function.id && own.contains(inner.body_range))
            .copied()
            .collect()
    }

    /// The uses in a function.
    pub(super) fn uses(&self, function: &'s Function) -> Rc<Uses<'s>> {
        let found = || {
            let mut uses = Uses::default();
            for body in std::iter::once(function).chain(self.nested(function)) {
                each_expression(&body.body, &mut |expr| match Held::of(expr) {
                    Some(Held::Name(name)) => {
                        uses.names.entry(name).or_default().push((body, expr));
                    }
                    Some(Held::Member(member)) if body.id == function.id => {
                        *uses.members.entry(member).or_default() += 1;
                    }
                    _ => {}
                });
            }
            Rc::new(uses)
        };
        Rc::clone(
            { self.uses.borrow_mut() }
                .entry(function.id)
                .or_insert_with(found),
        )
    }

    /// The attributes whose value a function of a module waits for, or hands on.
    pub(super) fn waited(&self, module: ModuleId) -> Rc<FxHashSet<&'s str>> {
        let found = || {
            let mut found = FxHashSet::default();
            let place = self.source.module(module);
            for function in place.into_iter().flat_map(|place| &place.functions) {
                each_expression(&function.body, &mut |expr| {
                    let mut keep = |expr: &'s Expr| {
                        if let Some(Held::Member(member)) = Held::of(expr) {
                            found.insert(member);
                        }
                    };
                    match &expr.kind {
                        ExprKind::Await(inner) => keep(inner),
                        // `def __await__(self): return self.task.__await__()`
                        ExprKind::Attribute { base, attr }
                            if matches!(&**attr, "__await__" | "result") =>
                        {
                            keep(base);
                        }
                        ExprKind::Call(call) => {
                            for arg in &call.args {
                                match &arg.kind {
                                    ExprKind::List(items) => items.iter().for_each(&mut keep),
                                    _ => keep(arg),
                                }
                            }
                        }
                        _ => {}
                    }
                });
            }
            Rc::new(found)
        };
        Rc::clone(
            { self.waited.borrow_mut() }
                .entry(module)
                .or_insert_with(found),
        )
    }
}
