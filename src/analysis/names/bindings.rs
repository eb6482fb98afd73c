//! Names: which binding a name means at a place, and what the binding holds.

use super::{Instance, LONG_CHAIN, Meaning, Question, leaf};
use crate::analysis::call_sites::{passed, receivers};
use crate::model::source::ir::{Expr, ExprKind, Name, StmtKind};
use crate::model::source::module::{Binding, BindingKind, Class, Function, Language, Module, Step};
use crate::model::source::scope::receiver;
use crate::model::source::{ClassId, FnId, ModuleId};

/// Types that say nothing of what a value does.
const OPEN_TYPES: [&str; 3] = ["Any", "Callable", "Protocol"];
/// Longest line of functions that hand a parameter on.
const FARTHEST: usize = 6;
/// Most classes that are looked at for those derived from one.
const MOST_DERIVED: usize = 8;
/// Steps that a question takes at most for what one parameter is given.
const GIVEN_STEPS: u32 = 400;

impl<'s> Question<'s> {
    pub(super) fn name(&self, id: ModuleId, name: &str, offset: u32) -> Meaning<'s> {
        let Some(module) = self.module(id) else {
            return Meaning::Unknown;
        };
        if name == "this" || name == "super" {
            return self.this(module, offset, name == "super");
        }
        match module.bindings_around(name, offset) {
            Some((scope, bindings)) => {
                let inside = module.function_at(offset).map(|function| function.id);
                let closed = scope.is_some() && scope.map(|function| function.id) != inside;
                self.keeping(closed, || self.best(module, bindings, offset))
            }
            None => match self.class_body(module, name, offset) {
                Some(bindings) => self.best(module, bindings, offset),
                None => self.unbound(module, name),
            },
        }
    }

    /// Answers for what an object or a closure keeps, whose parameters are what callers gave.
    pub(super) fn keeping(&self, keeps: bool, answer: impl FnOnce() -> Meaning<'s>) -> Meaning<'s> {
        let before = self.kept.get();
        self.kept.set(before || keeps);
        let found = answer();
        self.kept.set(before);
        found
    }

    /// What the body of a class binds, to a line of the same body.
    fn class_body(&self, module: &'s Module, name: &str, offset: u32) -> Option<&'s [Binding]> {
        if module.language != Language::Python {
            return None;
        }
        let class = module.class_at(offset)?;
        let fields = class.fields.names.get(name)?;
        // A method does not see what the body of its class binds; bases and decorators are evaluated outside.
        let inside = module.function_at(offset).map(|function| function.id);
        let within = class.body.iter().any(|stmt| stmt.range.holds(offset));
        (class.parent == inside && within).then_some(fields)
    }

    /// What the bindings of a name mean to a place: the last one before it comes first, then those after it.
    pub(super) fn best(
        &self,
        module: &'s Module,
        bindings: &'s [Binding],
        offset: u32,
    ) -> Meaning<'s> {
        let first_after = bindings.partition_point(|binding| binding.range.start <= offset);
        let (before, after) = bindings.split_at(first_after);
        if bindings.len() > 2 && self.depth.get() >= LONG_CHAIN {
            for binding in before.iter().filter(|binding| binding.range.end <= offset) {
                if !self.look() {
                    break;
                }
                self.binding(module, binding);
            }
        }
        let mut fallback = Meaning::Unknown;
        for binding in before.iter().rev().chain(after.iter().rev()) {
            if !self.look() {
                break;
            }
            // `x = x or default` looks the inner `x` up before itself.
            let meaning = match &binding.kind {
                BindingKind::Value { value, .. }
                    if value.range.start <= offset && offset < value.range.end =>
                {
                    continue;
                }
                _ => self.binding(module, binding),
            };
            match meaning {
                Meaning::Unknown => {}
                Meaning::Value(at, value) => {
                    let empty = matches!(value.kind, ExprKind::None);
                    if matches!(fallback, Meaning::Unknown) || !empty && self.is_none(&fallback) {
                        fallback = Meaning::Value(at, value);
                    }
                    if !empty {
                        return fallback;
                    }
                }
                known => return known,
            }
        }
        fallback
    }

    pub(super) fn is_none(&self, meaning: &Meaning<'_>) -> bool {
        matches!(meaning, Meaning::Value(_, value) if matches!(value.kind, ExprKind::None))
    }

    /// A name that nothing binds: a builtin or global, or what `from x import *` brings.
    pub(super) fn unbound(&self, module: &'s Module, name: &str) -> Meaning<'s> {
        for import in module.star_imports() {
            let found = import
                .target
                .map_or(Meaning::Unknown, |target| self.export(target, name));
            if !matches!(found, Meaning::Unknown) {
                return found;
            }
        }
        Meaning::External(name.to_owned())
    }

    pub(super) fn this(&self, module: &'s Module, offset: u32, parent: bool) -> Meaning<'s> {
        let Some(function) = module.function_at(offset) else {
            return Meaning::Unknown;
        };
        let Some((class, _)) = receiver(module, function) else {
            return Meaning::Unknown;
        };
        if !parent {
            return self.instance_of(class);
        }
        let Some(base) = module
            .classes
            .get(class.index as usize)
            .and_then(|class| class.bases.first())
        else {
            return Meaning::Unknown;
        };
        self.made_by(module.id, self.meaning(module.id, base), None)
    }

    pub(super) fn instance_of(&self, class: ClassId) -> Meaning<'s> {
        let type_name = self.source.class_name(class).unwrap_or_default();
        Meaning::Instance(Instance {
            type_name,
            class: Some(class),
            module: class.module,
            call: None,
        })
    }

    pub(super) fn binding(&self, module: &'s Module, binding: &'s Binding) -> Meaning<'s> {
        match &binding.kind {
            BindingKind::Import(index) => self.imported(module, *index),
            BindingKind::Function(id) => Meaning::Function(*id),
            BindingKind::Class(id) => Meaning::Class(*id),
            BindingKind::Value {
                value,
                path,
                declaration,
            } => {
                let declaration = declaration.as_deref();
                let default = declaration.and_then(|it| it.default.as_ref());
                let annotation = declaration.and_then(|it| it.annotation.as_ref());
                let mut meaning = self.project(self.meaning(module.id, value), path);
                if matches!(meaning, Meaning::Unknown)
                    && let Some(default) = default
                {
                    meaning = self.meaning(module.id, default);
                }
                match (meaning, annotation) {
                    (meaning @ (Meaning::Unknown | Meaning::Value(..)), Some(annotation)) => {
                        let declared = self.annotation(module.id, annotation);
                        if matches!(declared, Meaning::Unknown) || !path.is_empty() {
                            meaning
                        } else {
                            self.prefer(meaning, declared)
                        }
                    }
                    (meaning, _) => meaning,
                }
            }
            BindingKind::With(value) => self.meaning(module.id, value),
            BindingKind::Declared(annotation) => {
                annotation.as_ref().map_or(Meaning::Unknown, |annotation| {
                    self.annotation(module.id, annotation)
                })
            }
            BindingKind::Element { iter, path } => match (gone_through(iter), &**path) {
                // `for name, agent in AGENTS.items()`
                (Some((held, true)), [Step::Index(1), path @ ..]) => {
                    self.project(self.element(module.id, held), path)
                }
                (Some((held, false)), path) => self.project(self.element(module.id, held), path),
                (_, path) => self.project(self.element(module.id, iter), path),
            },
            BindingKind::Param { index, path } => self.param(module, binding, *index, path),
            BindingKind::Exception { types, path } => {
                let made = types
                    .first()
                    .map(|caught| self.made_by(module.id, self.meaning(module.id, caught), None));
                self.project(made.unwrap_or(Meaning::Unknown), path)
            }
            BindingKind::Augmented(_) | BindingKind::Capture(_) => Meaning::Unknown,
        }
    }

    /// A literal's own value says more than a declared `str`; an empty one says less than a declared class.
    pub(super) fn prefer(&self, value: Meaning<'s>, declared: Meaning<'s>) -> Meaning<'s> {
        match &value {
            Meaning::Value(_, expr) if !matches!(expr.kind, ExprKind::None) => value,
            _ => declared,
        }
    }

    pub(super) fn param(
        &self,
        module: &'s Module,
        binding: &'s Binding,
        index: usize,
        path: &[Step],
    ) -> Meaning<'s> {
        let Some(function) = module.function_of_param(binding.range, index) else {
            return Meaning::Unknown;
        };
        let Some(param) = function.params.get(index) else {
            return Meaning::Unknown;
        };
        let receiver = index == 0 && module.language == Language::Python && !function.is_static;
        if let Some(class) = function.class.filter(|_| receiver && path.is_empty()) {
            let of_class = function
                .decorators
                .iter()
                .any(|decorator| decorator.as_name() == Some("classmethod"));
            return if of_class {
                Meaning::Class(class)
            } else {
                self.instance_of(class)
            };
        }
        let annotation = param.annotation.as_deref().filter(|_| path.is_empty());
        let declared = annotation.map_or(Meaning::Unknown, |it| self.annotation(module.id, it));
        if !self.is_open(&declared) {
            return declared;
        }
        let default = param.default.as_deref();
        let default = default.map(|default| self.project(self.meaning(module.id, default), path));
        match default {
            Some(known) if !matches!(known, Meaning::Unknown | Meaning::Value(..)) => known,
            _ if path.is_empty() => match self.given(module, function, index) {
                Meaning::Unknown => declared,
                known => known,
            },
            _ => declared,
        }
    }

    /// Whether a declared type leaves open what the value is: none, `Any`, `Callable`, a protocol, an interface.
    pub(super) fn is_open(&self, declared: &Meaning<'s>) -> bool {
        match declared {
            Meaning::Unknown => true,
            Meaning::Instance(Instance {
                class: None,
                type_name,
                ..
            }) => OPEN_TYPES.contains(&leaf(type_name)) || !type_name.contains('.'),
            Meaning::Instance(Instance {
                class: Some(class), ..
            }) => self.source.class(*class).is_some_and(|class| {
                let mut bases = class.bases.iter().filter_map(Expr::last_name);
                bases.any(|base| matches!(&**base, "Protocol" | "ABC"))
            }),
            _ => false,
        }
    }

    /// What a function is given for a parameter where it is called: an agent, a client or a function. Of several the first that tells
    /// something. Of constructors this is always asked, of another function only for what an object or a closure keeps of it.
    fn given(&self, module: &'s Module, function: &'s Function, index: usize) -> Meaning<'s> {
        let made = function.class.filter(|_| is_constructor(&function.name));
        if made.is_none() && !self.kept.get() {
            return Meaning::Unknown;
        }
        let key = (function.id, index);
        if self.params.borrow().contains(&key) || self.params.borrow().len() >= FARTHEST {
            return Meaning::Unknown;
        }
        let own = match made.and_then(|class| module.classes.get(class.index as usize)) {
            Some(class) => &class.name,
            None => &function.name,
        };
        let mut names = vec![own];
        if made.is_some() {
            let derived = self.source.classes_with_base(own).take(MOST_DERIVED);
            names.extend(derived.map(|class| &class.name));
        }
        let Some(param) = function.params.get(index) else {
            return Meaning::Unknown;
        };
        let place = index.checked_sub(receivers(self.source, function));
        let runs = |at, callee| self.run_by(at, callee) == Some(function.id);
        self.params.borrow_mut().push(key);
        let found = self.given_under(&names, (place, &param.name), runs);
        self.params.borrow_mut().pop();
        found
    }

    /// What a field of a class is given where the class is made, which has no constructor of its own: a dataclass, a model.
    pub(super) fn given_field(&self, class: &'s Class, attr: &str) -> Meaning<'s> {
        let written = ["__init__", "constructor"];
        if written.iter().any(|name| class.method(name).is_some()) {
            return Meaning::Unknown;
        }
        let mut fields = class.body.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Assign(assign) if assign.annotation.is_some() => assign.targets.first(),
            _ => None,
        });
        let place = fields.position(|target| target.as_name() == Some(attr));
        let makes =
            |at, callee| matches!(self.meaning(at, callee), Meaning::Class(id) if id == class.id);
        self.given_under(&[&class.name], (place, attr), makes)
    }

    /// What calls of several names give for a parameter or a field, of those calls that are the ones meant.
    fn given_under(
        &self,
        names: &[&'s Name],
        (place, label): (Option<usize>, &str),
        is_meant: impl Fn(ModuleId, &'s Expr) -> bool,
    ) -> Meaning<'s> {
        let before = self.kept.replace(true);
        let found = self.first_given(names, (place, label), is_meant);
        self.kept.set(before);
        found
    }

    fn first_given(
        &self,
        names: &[&'s Name],
        (place, label): (Option<usize>, &str),
        is_meant: impl Fn(ModuleId, &'s Expr) -> bool,
    ) -> Meaning<'s> {
        let inherited = ["__init__", "super"]
            .into_iter()
            .filter(|_| names.len() > 1);
        let names = names.iter().map(|name| &***name).chain(inherited);
        let began = self.fuel.get();
        for (at, expr) in names.flat_map(|name| self.source.calls_named(name)) {
            let given = expr.as_call().and_then(|call| {
                let value = passed(call, place, label)?;
                Some((&call.callee, value))
            });
            let Some((callee, value)) = given else {
                continue;
            };
            // An answer that takes longer is none: what is asked for has others.
            if began - self.fuel.get() > GIVEN_STEPS || !self.look() {
                break;
            }
            if !is_meant(at, callee) {
                continue;
            }
            match self.meaning(at, value) {
                Meaning::Unknown | Meaning::Value(..) => {}
                known => return known,
            }
        }
        Meaning::Unknown
    }

    /// The function that a call runs: of a class its constructor, or that of a base.
    fn run_by(&self, module: ModuleId, callee: &'s Expr) -> Option<FnId> {
        let class = match self.meaning(module, callee) {
            Meaning::Function(id) => return Some(id),
            Meaning::Class(class) => class,
            // `super(agent)`
            Meaning::Instance(Instance {
                class: Some(class), ..
            }) if callee.as_name() == Some("super") => class,
            _ => return None,
        };
        self.constructor(class)
    }
}

/// The table whose values are gone through, and whether each comes with its key: `AGENTS.values()`, `Object.entries(agents)`.
pub(crate) fn gone_through(iter: &Expr) -> Option<(&Expr, bool)> {
    let call = iter.as_call()?;
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let pairs = match &**attr {
        "values" => false,
        "items" | "entries" => true,
        _ => return None,
    };
    match (base.as_name(), &*call.args) {
        (Some("Object"), [held]) => Some((held, pairs)),
        (_, []) => Some((base, pairs)),
        _ => None,
    }
}

fn is_constructor(name: &str) -> bool {
    matches!(name, "__init__" | "constructor")
}
