//! Names: which binding a name means at a place, and what the binding holds.

use super::{Instance, LONG_CHAIN, Meaning, Question, leaf};
use crate::analysis::call_sites::{passed, receivers};
use crate::model::source::ir::{Expr, ExprKind};
use crate::model::source::module::{Binding, BindingKind, Function, Language, Module, Step};
use crate::model::source::scope::receiver;
use crate::model::source::{ClassId, ModuleId};

/// Types that say nothing of what a value does.
const OPEN_TYPES: [&str; 3] = ["Any", "Callable", "Protocol"];

impl<'s> Question<'s> {
    pub(super) fn name(&self, id: ModuleId, name: &str, offset: u32) -> Meaning<'s> {
        let Some(module) = self.module(id) else {
            return Meaning::Unknown;
        };
        if name == "this" || name == "super" {
            return self.this(module, offset, name == "super");
        }
        match module.bindings_around(name, offset) {
            Some((_, bindings)) => self.best(module, bindings, offset),
            None => match self.class_body(module, name, offset) {
                Some(bindings) => self.best(module, bindings, offset),
                None => self.unbound(module, name),
            },
        }
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
            BindingKind::Element { iter, path } => {
                self.project(self.element(module.id, iter), path)
            }
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
            _ if path.is_empty() => match self.constructed_with(module, function, index) {
                Meaning::Unknown => declared,
                known => known,
            },
            _ => declared,
        }
    }

    /// Whether a declared type leaves open what the value is: none, `Any`, `Callable`, a protocol, an interface.
    fn is_open(&self, declared: &Meaning<'s>) -> bool {
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

    /// What a constructor is given for a parameter where its class is made: an agent, a client or a function that the object keeps.
    /// Of several the first that tells something.
    fn constructed_with(
        &self,
        module: &'s Module,
        function: &'s Function,
        index: usize,
    ) -> Meaning<'s> {
        let (Some(class), "__init__" | "constructor") = (function.class, &*function.name) else {
            return Meaning::Unknown;
        };
        let (Some(made), Some(param)) = (
            module.classes.get(class.index as usize),
            function.params.get(index),
        ) else {
            return Meaning::Unknown;
        };
        let place = index.checked_sub(receivers(self.source, function));
        for (at, expr) in self.source.calls_named(&made.name) {
            let given = expr.as_call().and_then(|call| {
                let value = passed(call, place, &param.name)?;
                Some((&call.callee, value))
            });
            let Some((callee, value)) = given else {
                continue;
            };
            if !self.look() {
                break;
            }
            if !matches!(self.meaning(at, callee), Meaning::Class(id) if id == class) {
                continue;
            }
            match self.meaning(at, value) {
                Meaning::Unknown | Meaning::Value(..) => {}
                known => return known,
            }
        }
        Meaning::Unknown
    }
}
