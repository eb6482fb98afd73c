//! Members: attributes of modules, classes, instances and literals; elements of containers.

use std::collections::BTreeSet;

use super::{Instance, Meaning, Question};
use crate::model::source::ir::Operator;
use crate::model::source::ir::{Expr, ExprKind, Name, Stmt, StmtKind};
use crate::model::source::module::{Binding, BindingKind, Class, Function, Module, Step};
use crate::model::source::{ClassId, FnId, ModuleId, Source};

/// Deepest line of base classes that is followed.
const DEEPEST_BASE: u8 = 40;
/// Most derived classes that are looked at for one that overrides a method.
const MOST_DERIVED: usize = 16;

impl<'s> Question<'s> {
    pub(super) fn project(&self, mut meaning: Meaning<'s>, path: &[Step]) -> Meaning<'s> {
        for step in path {
            meaning = match step {
                Step::Key(key) => self.attribute(meaning, key),
                Step::Index(index) => match meaning {
                    Meaning::Value(
                        module,
                        Expr {
                            kind: ExprKind::Tuple(items) | ExprKind::List(items),
                            ..
                        },
                    ) => items
                        .get(*index)
                        .map_or(Meaning::Unknown, |item| self.meaning(module, item)),
                    _ => Meaning::Unknown,
                },
                Step::Rest => Meaning::Unknown,
            };
        }
        meaning
    }

    pub(super) fn attribute(&self, base: Meaning<'s>, attr: &str) -> Meaning<'s> {
        match base {
            Meaning::External(name) if matches!(&*name, "globalThis" | "window" | "global") => {
                Meaning::External(attr.to_owned())
            }
            Meaning::External(name) => Meaning::External(format!("{name}.{attr}")),
            Meaning::Module(id) => self.export(id, attr),
            Meaning::Class(id) => self.class_member(id, attr),
            Meaning::Instance(instance) => match instance.class {
                Some(class) => self.class_member(class, attr),
                None => self
                    .put_under(&instance, attr)
                    .unwrap_or_else(|| Meaning::External(format!("{}.{attr}", instance.type_name))),
            },
            Meaning::Value(module, value) => {
                let typescript = self.source.is_typescript(module);
                let kind = match &value.kind {
                    ExprKind::Dict(_) => match value.entry(attr) {
                        Some(entry) => return self.meaning(module, entry),
                        None if typescript => "Object",
                        None => "dict",
                    },
                    ExprKind::Str(_) | ExprKind::Format(_) => "str",
                    ExprKind::List(_) if typescript => "Array",
                    ExprKind::List(_) => "list",
                    ExprKind::Set(_) => "set",
                    // `Path("a") / "b"` is a path.
                    ExprKind::BinOp {
                        op: Operator::Div, ..
                    } => {
                        if !self.is_path(module, value) {
                            return Meaning::Unknown;
                        }
                        "pathlib.Path"
                    }
                    _ => return Meaning::Unknown,
                };
                Meaning::External(format!("{kind}.{attr}"))
            }
            Meaning::Function(_) | Meaning::Unknown => Meaning::Unknown,
        }
    }

    /// Whether a quotient is a path: what stands first in it is one. A path that is divided in a loop leads to itself.
    fn is_path(&self, mut module: ModuleId, mut value: &'s Expr) -> bool {
        let mut seen: Vec<*const Expr> = Vec::new();
        while !seen.contains(&std::ptr::from_ref(value)) {
            if !self.step() {
                return false;
            }
            seen.push(value);
            let ExprKind::BinOp {
                op: Operator::Div,
                left,
                ..
            } = &value.kind
            else {
                return false;
            };
            match self.meaning(module, left) {
                Meaning::Instance(made) => return made.type_name.starts_with("pathlib."),
                Meaning::Value(at, inner) => (module, value) = (at, inner),
                _ => return false,
            }
        }
        false
    }

    pub(super) fn class_member(&self, id: ClassId, attr: &str) -> Meaning<'s> {
        let found = self.class_member_at(id, attr, 0, &mut BTreeSet::new());
        found.unwrap_or_else(|| {
            let name = self.source.class_name(id).unwrap_or_default();
            Meaning::External(format!("{name}.{attr}"))
        })
    }

    pub(super) fn class_member_at(
        &self,
        id: ClassId,
        attr: &str,
        depth: u8,
        seen: &mut BTreeSet<ClassId>,
    ) -> Option<Meaning<'s>> {
        // A base of several bases was asked before.
        if !seen.insert(id) {
            return None;
        }
        let module = self.module(id.module)?;
        let class = module.classes.get(id.index as usize)?;
        if let Some(method) = class.method(attr) {
            let method = self.overriding(class, method, attr).unwrap_or(method);
            let function = self.source.function(method)?;
            return Some(if is_property(function) {
                self.returned(function)
            } else {
                Meaning::Function(method)
            });
        }
        let (mut fallback, mut open) = (None, None);
        for scope in [&class.instance, &class.fields] {
            if let Some(bindings) = scope.names.get(attr) {
                let found = self.keeping(true, || self.best(module, bindings, u32::MAX));
                let found = match &found {
                    Meaning::Instance(made) => self.field_default(made).unwrap_or(found),
                    _ => found,
                };
                match found {
                    found @ (Meaning::Unknown | Meaning::Value(..)) => {
                        fallback = fallback.or(Some(found))
                    }
                    // `agent: Any` says less than what the object is made with.
                    found if declared(bindings) && self.is_open(&found) => {
                        open = Some(found);
                        fallback = fallback.or(Some(Meaning::Unknown));
                    }
                    found => return Some(found),
                }
            }
        }
        if matches!(fallback, Some(Meaning::Unknown)) && class.fields.names.get(attr).is_some() {
            fallback = Some(match (self.given_field(class, attr), open) {
                (Meaning::Unknown, Some(open)) => open,
                (given, _) => given,
            });
        }
        if fallback.is_some() {
            return fallback;
        }
        if depth >= DEEPEST_BASE {
            self.exhausted.set(true);
            return None;
        }
        for base in &class.bases {
            match self.meaning(module.id, base) {
                Meaning::Class(base) if base != id => {
                    if let Some(found) = self.class_member_at(base, attr, depth + 1, seen) {
                        return Some(found);
                    }
                }
                Meaning::External(name) => {
                    return Some(Meaning::External(format!("{name}.{attr}")));
                }
                _ => {}
            }
        }
        None
    }

    /// What a namespace was made with: `SimpleNamespace(agent=Agent()).agent`.
    fn put_under(&self, made: &Instance<'s>, attr: &str) -> Option<Meaning<'s>> {
        let call = made
            .call
            .filter(|_| made.type_name == "types.SimpleNamespace")?;
        Some(self.meaning(made.module, call.option(attr)?))
    }

    /// The method of a derived class that stands in for one which only says what it does.
    fn overriding(&self, class: &'s Class, method: FnId, name: &str) -> Option<FnId> {
        if !is_declared_only(self.source, method) {
            return None;
        }
        let derived = self.source.classes_with_base(&class.name);
        let methods = derived.filter_map(|derived| derived.method(name));
        let mut methods = methods.take(MOST_DERIVED);
        methods.find(|other| *other != method && !is_declared_only(self.source, *other))
    }

    pub(super) fn subscript(&self, id: ModuleId, base: &'s Expr, index: &'s Expr) -> Meaning<'s> {
        let meaning = self.meaning(id, base);
        let typescript = self.source.is_typescript(id);
        match (&meaning, index.as_str()) {
            (Meaning::Value(module, value), Some(key)) if value.entry(key).is_some() => value
                .entry(key)
                .map_or(Meaning::Unknown, |entry| self.meaning(*module, entry)),
            (_, Some(key)) if typescript => self.attribute(meaning, key),
            _ => self.element_of(id, base, meaning),
        }
    }

    /// What a container holds.
    pub(super) fn element(&self, id: ModuleId, container: &'s Expr) -> Meaning<'s> {
        let meaning = self.meaning(id, container);
        self.element_of(id, container, meaning)
    }

    pub(super) fn element_of(
        &self,
        id: ModuleId,
        container: &'s Expr,
        meaning: Meaning<'s>,
    ) -> Meaning<'s> {
        if let Meaning::Value(at, value) = &meaning {
            let items: Vec<&'s Expr> = match &value.kind {
                ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                    items.iter().collect()
                }
                ExprKind::Dict(entries) => entries.iter().map(|entry| &entry.value).collect(),
                ExprKind::Conditional(ways) => [&ways.body, &ways.orelse]
                    .into_iter()
                    .filter_map(|side| match &side.kind {
                        ExprKind::List(items) | ExprKind::Tuple(items) => items.first(),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            };
            if let Some(first) = items
                .first()
                .filter(|item| !matches!(item.kind, ExprKind::Starred(_)))
            {
                return self.meaning(*at, first);
            }
        }
        let (Some(module), Some(name)) = (self.module(id), container.as_name()) else {
            return Meaning::Unknown;
        };
        let key = (id, Name::from(name));
        if !self.opens(&key) {
            return Meaning::Unknown;
        }
        let mut found = Meaning::Unknown;
        for element in filled(module, name, container.range.start) {
            found = self.meaning(id, element);
            if !matches!(found, Meaning::Unknown) {
                break;
            }
        }
        self.closes(&key);
        found
    }
}

/// What is put into a container of that name, seen from a place: in the scopes around it, else anywhere in the module.
pub(super) fn filled<'s>(module: &'s Module, name: &str, offset: u32) -> Vec<&'s Expr> {
    let mut around = module.scopes_around(offset);
    if let Some(elements) = around.find_map(|(_, scope)| scope.elements.get(name)) {
        return elements.iter().map(|element| &**element).collect();
    }
    let scopes = module.scopes_that_fill(name);
    let anywhere = scopes.filter_map(|scope| scope.elements.get(name));
    anywhere.flatten().map(|element| &**element).collect()
}

/// Whether a method only says what its subclasses and stand-ins do: `...`, `pass`, `raise NotImplementedError`.
pub(crate) fn is_declared_only(source: &Source, function: FnId) -> bool {
    let Some(found) = source
        .function(function)
        .filter(|found| found.class.is_some())
    else {
        return false;
    };
    let says_nothing = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Nothing => true,
        StmtKind::Expr(expr) => match &expr.kind {
            ExprKind::Str(_) => true,
            ExprKind::Other(inner) => inner.is_empty(),
            _ => false,
        },
        StmtKind::Raise { value, .. } => value.as_ref().is_some_and(|value| {
            let raised = value.as_call().map_or(&**value, |call| &call.callee);
            raised.as_name() == Some("NotImplementedError")
        }),
        _ => false,
    };
    !found.body.is_empty() && found.body.iter().all(says_nothing)
}

/// Whether bindings only declare a type.
fn declared(bindings: &[Binding]) -> bool {
    let mut all = bindings.iter();
    all.all(|binding| matches!(binding.kind, BindingKind::Declared(_)))
}

fn is_property(function: &Function) -> bool {
    function
        .decorators
        .iter()
        .any(|decorator| match &decorator.kind {
            ExprKind::Name(name) => matches!(&**name, "property" | "cached_property"),
            ExprKind::Attribute { attr, .. } => matches!(&**attr, "cached_property"),
            _ => false,
        })
}
