//! What an expression refers to: names followed through imports, aliases, re-exports, assignments, constructors and helpers,
//! across the project's modules.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::ir::{Call, Expr, ExprKind, Name, Stmt, StmtKind};
use super::module::{Binding, BindingKind, Function, Import, Language, Module, Step};
use super::scope::receiver;
use super::walk::{expressions, statements};
use super::{ClassId, FnId, ModuleId, Source};

/// Steps that one question may take: enough for any real chain, and an end for cyclic ones.
const FUEL: u32 = 600;
/// Deepest chain of one question.
const DEEPEST: u32 = 40;

/// What an expression refers to.
#[derive(Clone, Debug)]
pub enum Meaning<'s> {
    /// Something outside the project, by its canonical dotted name: `requests.get`, `os.environ`, `process.env.X`, `open`.
    External(String),
    /// A module of the project.
    Module(ModuleId),
    /// A function of the project.
    Function(FnId),
    /// A class of the project.
    Class(ClassId),
    /// A value that a call made, or that is annotated so.
    Instance(Instance<'s>),
    /// Any other expression: a literal, a container, a computed value.
    Value(ModuleId, &'s Expr),
    /// Not known.
    Unknown,
}

/// A value by the constructor (or other callable) that made it.
#[derive(Clone, Debug)]
pub struct Instance<'s> {
    /// The canonical name of what was called, or of the annotated type: `httpx.Client`, `boto3.client`.
    pub type_name: String,
    /// The class, when it is the project's own.
    pub class: Option<ClassId>,
    /// The module of the call.
    pub module: ModuleId,
    /// The call, with its arguments; None where only an annotation tells the type.
    pub call: Option<&'s Call>,
}

/// A running question.
struct Question<'s> {
    source: &'s Source,
    fuel: Cell<u32>,
    depth: Cell<u32>,
    /// Containers whose elements are being asked for: one may be filled with what was taken from it.
    open: RefCell<BTreeSet<(ModuleId, Name)>>,
}

impl Source {
    /// What an expression refers to. The expression must be of that module: names are looked up at its place.
    pub fn meaning<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Meaning<'s> {
        Question::new(self).meaning(module, expr)
    }

    /// The canonical dotted name of a reference: `r.get` after `import requests as r` is `requests.get`, `client.get` after
    /// `client = httpx.Client()` is `httpx.Client.get`; a function of the project is `module.name`.
    pub fn canonical<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Option<String> {
        self.name_of(&self.meaning(module, expr))
    }

    /// The canonical name of what a call calls; an `await` around the call is looked through. A value that a call made and
    /// that is itself called is `maker.__call__`: `bedrock("id")` after `bedrock = createAmazonBedrock()`.
    pub fn callee_name<'s>(&'s self, module: ModuleId, call: &'s Expr) -> Option<String> {
        match self.meaning(module, &call.as_call()?.callee) {
            Meaning::Instance(instance) => Some(format!("{}.__call__", instance.type_name)),
            meaning => self.name_of(&meaning),
        }
    }

    /// The constructor that made the value of an expression.
    pub fn type_of<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Option<Instance<'s>> {
        match self.meaning(module, expr) {
            Meaning::Instance(instance) => Some(instance),
            _ => None,
        }
    }

    /// The project's function that a call runs: functions, methods, constructors, closures, lambdas, partials.
    pub fn callee<'s>(&'s self, module: ModuleId, call: &'s Expr) -> Option<FnId> {
        self.function_value(module, &call.as_call()?.callee)
    }

    /// The project's function that an expression stands for, when it is given as a value or called.
    pub fn function_value<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Option<FnId> {
        let question = Question::new(self);
        question.function(question.meaning(module, expr))
    }

    /// Every constant string that an expression can be seen to hold: literals, constants, defaults of environment reads,
    /// either side of a choice, concatenations of such.
    pub fn strings<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Vec<String> {
        let mut found = Question::new(self).strings(module, expr, 0);
        found.dedup();
        found
    }

    /// The one constant string of an expression.
    pub fn string<'s>(&'s self, module: ModuleId, expr: &'s Expr) -> Option<String> {
        let mut found = self.strings(module, expr);
        if found.len() == 1 { found.pop() } else { None }
    }

    fn name_of(&self, meaning: &Meaning<'_>) -> Option<String> {
        match meaning {
            Meaning::External(name) => Some(name.clone()),
            Meaning::Module(id) => self.module(*id).map(|module| module.name.to_string()),
            Meaning::Function(id) => {
                let module = self.module(id.module)?;
                module
                    .function(*id)
                    .map(|function| format!("{}.{}", module.name, function.qualified))
            }
            Meaning::Class(id) => self.class_name(*id),
            Meaning::Instance(_) | Meaning::Value(..) | Meaning::Unknown => None,
        }
    }

    fn class_name(&self, id: ClassId) -> Option<String> {
        let module = self.module(id.module)?;
        module
            .classes
            .get(id.index as usize)
            .map(|class| format!("{}.{}", module.name, class.name))
    }

    /// The canonical names of a class's bases, the project's own followed to theirs.
    pub fn bases(&self, id: ClassId) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![id];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            for base in self
                .class(id)
                .map(|class| class.bases.as_slice())
                .unwrap_or_default()
            {
                let meaning = self.meaning(id.module, base);
                found.extend(self.name_of(&meaning));
                if let Meaning::Class(base) = meaning {
                    open.push(base);
                }
            }
        }
        found
    }
}

impl<'s> Question<'s> {
    fn new(source: &'s Source) -> Self {
        Self {
            source,
            fuel: Cell::new(FUEL),
            depth: Cell::new(0),
            open: RefCell::default(),
        }
    }

    fn module(&self, id: ModuleId) -> Option<&'s Module> {
        self.source.module(id)
    }

    fn meaning(&self, module: ModuleId, expr: &'s Expr) -> Meaning<'s> {
        if self.fuel.get() == 0 || self.depth.get() >= DEEPEST {
            return Meaning::Unknown;
        }
        self.fuel.set(self.fuel.get() - 1);
        self.depth.set(self.depth.get() + 1);
        let found = self.meaning_of(module, expr);
        self.depth.set(self.depth.get() - 1);
        found
    }

    fn meaning_of(&self, module: ModuleId, expr: &'s Expr) -> Meaning<'s> {
        match &expr.kind {
            ExprKind::Name(name) => self.name(module, name, expr.range.start),
            ExprKind::Attribute { base, attr } => self
                .dotted_import(module, expr)
                .unwrap_or_else(|| self.attribute(self.meaning(module, base), attr)),
            ExprKind::Subscript { base, index } => self.subscript(module, base, index),
            ExprKind::Call(call) => self.call(module, expr, call),
            ExprKind::Await(inner) => self.meaning(module, inner),
            ExprKind::Assign { value, .. } => self.meaning(module, value),
            ExprKind::Lambda(id) => Meaning::Function(*id),
            ExprKind::Class(id) => Meaning::Class(*id),
            ExprKind::Conditional { body, orelse, .. } => {
                self.first(module, [&**body, &**orelse].into_iter(), expr)
            }
            ExprKind::BoolOp { values, .. } => self.first(module, values.iter(), expr),
            _ => Meaning::Value(module, expr),
        }
    }

    /// The first of several that tells something; else the whole.
    fn first(
        &self,
        module: ModuleId,
        several: impl Iterator<Item = &'s Expr>,
        whole: &'s Expr,
    ) -> Meaning<'s> {
        for one in several {
            let meaning = self.meaning(module, one);
            if matches!(
                meaning,
                Meaning::Instance(_)
                    | Meaning::Function(_)
                    | Meaning::Class(_)
                    | Meaning::Module(_)
            ) {
                return meaning;
            }
        }
        Meaning::Value(module, whole)
    }

    // ---- names ----

    /// The bindings of a name seen from a place, best first, with the function they belong to.
    fn bindings(&self, module: &'s Module, name: &str, offset: u32) -> Vec<&'s Binding> {
        let mut at = module.function_at(offset);
        loop {
            let scope = module
                .scopes
                .get(at.map_or(0, |function| function.id.index as usize + 1));
            if let Some(found) = scope.and_then(|scope| scope.names.get(name)) {
                let (before, after): (Vec<_>, Vec<_>) = found
                    .iter()
                    .partition(|binding| binding.range.start <= offset);
                return before
                    .into_iter()
                    .rev()
                    .chain(after.into_iter().rev())
                    .collect();
            }
            match at {
                Some(function) => at = function.parent.and_then(|id| module.function(id)),
                None => return Vec::new(),
            }
        }
    }

    fn name(&self, id: ModuleId, name: &str, offset: u32) -> Meaning<'s> {
        let Some(module) = self.module(id) else {
            return Meaning::Unknown;
        };
        if name == "this" || name == "super" {
            return self.this(module, offset, name == "super");
        }
        let bindings = self.bindings(module, name, offset);
        if bindings.is_empty() {
            return self.unbound(module, name);
        }
        self.best(module, bindings, offset)
    }

    fn best(&self, module: &'s Module, bindings: Vec<&'s Binding>, offset: u32) -> Meaning<'s> {
        let mut fallback = Meaning::Unknown;
        for binding in bindings {
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

    fn is_none(&self, meaning: &Meaning<'_>) -> bool {
        matches!(meaning, Meaning::Value(_, value) if matches!(value.kind, ExprKind::None))
    }

    /// A name that nothing binds: a builtin or global, or what `from x import *` brings.
    fn unbound(&self, module: &'s Module, name: &str) -> Meaning<'s> {
        for import in module.imports.iter().filter(|import| import.star) {
            let found = import
                .target
                .map_or(Meaning::Unknown, |target| self.export(target, name));
            if !matches!(found, Meaning::Unknown) {
                return found;
            }
        }
        Meaning::External(name.to_owned())
    }

    fn this(&self, module: &'s Module, offset: u32, parent: bool) -> Meaning<'s> {
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

    fn instance_of(&self, class: ClassId) -> Meaning<'s> {
        let type_name = self.source.class_name(class).unwrap_or_default();
        Meaning::Instance(Instance {
            type_name,
            class: Some(class),
            module: class.module,
            call: None,
        })
    }

    fn binding(&self, module: &'s Module, binding: &'s Binding) -> Meaning<'s> {
        match &binding.kind {
            BindingKind::Import(index) => module
                .imports
                .get(*index)
                .map_or(Meaning::Unknown, |import| self.import(module, import)),
            BindingKind::Function(id) => Meaning::Function(*id),
            BindingKind::Class(id) => Meaning::Class(*id),
            BindingKind::Value {
                value,
                path,
                default,
                annotation,
            } => {
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
    fn prefer(&self, value: Meaning<'s>, declared: Meaning<'s>) -> Meaning<'s> {
        match &value {
            Meaning::Value(_, expr) if !matches!(expr.kind, ExprKind::None) => value,
            _ => declared,
        }
    }

    fn param(
        &self,
        module: &'s Module,
        binding: &'s Binding,
        index: usize,
        path: &[Step],
    ) -> Meaning<'s> {
        let owner = module.functions.iter().find(|function| {
            function.params.get(index).is_some_and(|param| {
                param.range.start <= binding.range.start && binding.range.end <= param.range.end
            })
        });
        let Some(function) = owner else {
            return Meaning::Unknown;
        };
        let Some(param) = function.params.get(index) else {
            return Meaning::Unknown;
        };
        if index == 0
            && module.language == Language::Python
            && !function.is_static
            && path.is_empty()
        {
            if let Some(class) = function.class {
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
        }
        if let Some(annotation) = param.annotation.as_deref().filter(|_| path.is_empty()) {
            let declared = self.annotation(module.id, annotation);
            if !matches!(declared, Meaning::Unknown) {
                return declared;
            }
        }
        match param.default.as_deref() {
            Some(default) => match self.project(self.meaning(module.id, default), path) {
                Meaning::Value(..) => Meaning::Unknown,
                known => known,
            },
            None => Meaning::Unknown,
        }
    }

    // ---- imports and exports ----

    fn import(&self, module: &'s Module, import: &'s Import) -> Meaning<'s> {
        match (import.target, import.name.as_deref()) {
            (Some(target), Some(name)) => {
                let found = self.export(target, name);
                let is_submodule = module.language == Language::Python
                    && self
                        .module(target)
                        .is_some_and(|target| leaf(&target.name) == name);
                match found {
                    Meaning::Unknown if is_submodule => Meaning::Module(target),
                    found => found,
                }
            }
            (Some(target), None) => {
                let first = import.module.split('.').next().unwrap_or("");
                let top = module.language == Language::Python
                    && import.module.contains('.')
                    && import.alias.as_deref() == Some(first);
                // `import a.b` binds `a`; what follows is resolved by `dotted_import`.
                if top {
                    Meaning::External(first.to_owned())
                } else {
                    Meaning::Module(target)
                }
            }
            (None, name) => {
                let base = external_module(module.language, import);
                Meaning::External(match name {
                    Some("default") if module.language == Language::TypeScript => base,
                    Some(name) => format!("{base}.{name}"),
                    None if module.language == Language::Python
                        && import.alias.as_deref() == import.module.split('.').next() =>
                    {
                        import.alias.as_deref().unwrap_or("").to_owned()
                    }
                    None => base,
                })
            }
        }
    }

    /// `a.b.f` after `import a.b`, where `a.b` is the project's.
    fn dotted_import(&self, id: ModuleId, expr: &'s Expr) -> Option<Meaning<'s>> {
        let module = self.module(id)?;
        if module.language != Language::Python {
            return None;
        }
        let chain = chain(expr)?;
        let mut best: Option<&Import> = None;
        for import in &module.imports {
            let whole =
                import.name.is_none() && import.module.contains('.') && import.target.is_some();
            let bare = import.alias.as_deref() == import.module.split('.').next();
            let fits = chain == *import.module
                || chain
                    .strip_prefix(&*import.module)
                    .is_some_and(|rest| rest.starts_with('.'));
            if whole
                && bare
                && fits
                && best.is_none_or(|best| best.module.len() < import.module.len())
            {
                best = Some(import);
            }
        }
        let import = best?;
        let mut meaning = Meaning::Module(import.target?);
        for part in chain
            .get(import.module.len()..)?
            .split('.')
            .filter(|part| !part.is_empty())
        {
            meaning = self.attribute(meaning, part);
        }
        Some(meaning)
    }

    /// What a module gives under a name.
    fn export(&self, id: ModuleId, name: &str) -> Meaning<'s> {
        if self.fuel.get() == 0 || self.depth.get() >= DEEPEST {
            return Meaning::Unknown;
        }
        self.depth.set(self.depth.get() + 1);
        let found = self.export_of(id, name);
        self.depth.set(self.depth.get() - 1);
        found
    }

    fn export_of(&self, id: ModuleId, name: &str) -> Meaning<'s> {
        let Some(module) = self.module(id) else {
            return Meaning::Unknown;
        };
        if module.language == Language::TypeScript {
            return self.node_export(module, name);
        }
        if let Some(found) = module
            .scopes
            .first()
            .and_then(|scope| scope.names.get(name))
        {
            return self.best(module, found.iter().rev().collect(), u32::MAX);
        }
        let inner = format!("{}.{name}", module.name);
        if module.path.ends_with("/__init__.py")
            && let Some(inner) = self
                .source
                .modules
                .iter()
                .find(|candidate| *candidate.name == *inner)
        {
            return Meaning::Module(inner.id);
        }
        match self.unbound(module, name) {
            Meaning::External(_) => Meaning::Unknown,
            found => found,
        }
    }

    fn node_export(&self, module: &'s Module, name: &str) -> Meaning<'s> {
        for export in module
            .exports
            .iter()
            .filter(|export| export.name.as_deref() == Some(name))
        {
            let found = match (&export.from, export.target, &export.local, &export.value) {
                (Some(_), Some(target), Some(local), _) => self.export(target, local),
                (Some(_), Some(target), None, _) => Meaning::Module(target),
                (Some(from), None, local, _) => {
                    let base = external_name(from);
                    Meaning::External(
                        local
                            .as_ref()
                            .map_or(base.clone(), |local| format!("{base}.{local}")),
                    )
                }
                (None, _, Some(local), _) => self.name(module.id, local, u32::MAX),
                (None, _, None, Some(value)) => self.meaning(module.id, value),
                (None, _, None, None) => Meaning::Unknown,
            };
            if !matches!(found, Meaning::Unknown) {
                return found;
            }
        }
        for export in module.exports.iter().filter(|export| export.name.is_none()) {
            if let Some(target) = export.target {
                let found = self.export(target, name);
                if !matches!(found, Meaning::Unknown) {
                    return found;
                }
            }
        }
        if name == "default" {
            Meaning::Module(module.id)
        } else {
            Meaning::Unknown
        }
    }

    // ---- members ----

    fn project(&self, mut meaning: Meaning<'s>, path: &[Step]) -> Meaning<'s> {
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

    fn attribute(&self, base: Meaning<'s>, attr: &str) -> Meaning<'s> {
        match base {
            Meaning::External(name) if matches!(&*name, "globalThis" | "window" | "global") => {
                Meaning::External(attr.to_owned())
            }
            Meaning::External(name) => Meaning::External(format!("{name}.{attr}")),
            Meaning::Module(id) => self.export(id, attr),
            Meaning::Class(id) => self.class_member(id, attr),
            Meaning::Instance(instance) => match instance.class {
                Some(class) => self.class_member(class, attr),
                None => Meaning::External(format!("{}.{attr}", instance.type_name)),
            },
            Meaning::Value(module, value) => {
                let typescript = self
                    .module(module)
                    .is_some_and(|module| module.language == Language::TypeScript);
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
                    _ => return Meaning::Unknown,
                };
                Meaning::External(format!("{kind}.{attr}"))
            }
            Meaning::Function(_) | Meaning::Unknown => Meaning::Unknown,
        }
    }

    fn class_member(&self, id: ClassId, attr: &str) -> Meaning<'s> {
        self.class_member_at(id, attr, 0).unwrap_or_else(|| {
            let name = self.source.class_name(id).unwrap_or_default();
            Meaning::External(format!("{name}.{attr}"))
        })
    }

    fn class_member_at(&self, id: ClassId, attr: &str, depth: u8) -> Option<Meaning<'s>> {
        let module = self.module(id.module)?;
        let class = module.classes.get(id.index as usize)?;
        if let Some(method) = class.method(attr) {
            let function = module.function(method)?;
            return Some(if is_property(function) {
                self.returned(function)
            } else {
                Meaning::Function(method)
            });
        }
        let mut fallback = None;
        for scope in [&class.instance, &class.fields] {
            if let Some(bindings) = scope.names.get(attr) {
                match self.best(module, bindings.iter().rev().collect(), u32::MAX) {
                    found @ (Meaning::Unknown | Meaning::Value(..)) => {
                        fallback = fallback.or(Some(found))
                    }
                    found => return Some(found),
                }
            }
        }
        if fallback.is_some() {
            return fallback;
        }
        for base in class.bases.iter().filter(|_| depth < 8) {
            match self.meaning(module.id, base) {
                Meaning::Class(base) if base != id => {
                    if let Some(found) = self.class_member_at(base, attr, depth + 1) {
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

    fn subscript(&self, id: ModuleId, base: &'s Expr, index: &'s Expr) -> Meaning<'s> {
        let meaning = self.meaning(id, base);
        let typescript = self
            .module(id)
            .is_some_and(|module| module.language == Language::TypeScript);
        match (&meaning, index.as_str()) {
            (Meaning::Value(module, value), Some(key)) if value.entry(key).is_some() => value
                .entry(key)
                .map_or(Meaning::Unknown, |entry| self.meaning(*module, entry)),
            (_, Some(key)) if typescript => self.attribute(meaning, key),
            _ => self.element_of(id, base, meaning),
        }
    }

    /// What a container holds.
    fn element(&self, id: ModuleId, container: &'s Expr) -> Meaning<'s> {
        let meaning = self.meaning(id, container);
        self.element_of(id, container, meaning)
    }

    fn element_of(&self, id: ModuleId, container: &'s Expr, meaning: Meaning<'s>) -> Meaning<'s> {
        if let Meaning::Value(at, value) = &meaning {
            let items: Vec<&'s Expr> = match &value.kind {
                ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                    items.iter().collect()
                }
                ExprKind::Dict(entries) => entries.iter().map(|entry| &entry.value).collect(),
                ExprKind::Conditional { body, orelse, .. } => [&**body, &**orelse]
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
        if !self.open.borrow_mut().insert(key.clone()) {
            return Meaning::Unknown;
        }
        let mut found = Meaning::Unknown;
        for element in filled(module, name, container.range.start) {
            found = self.meaning(id, element);
            if !matches!(found, Meaning::Unknown) {
                break;
            }
        }
        self.open.borrow_mut().remove(&key);
        found
    }

    // ---- calls ----

    fn call(&self, id: ModuleId, expr: &'s Expr, call: &'s Call) -> Meaning<'s> {
        let Some(module) = self.module(id) else {
            return Meaning::Unknown;
        };
        if let Some(import) = module
            .imports
            .iter()
            .find(|import| import.dynamic && import.range == expr.range)
        {
            return match import.target {
                Some(target) => Meaning::Module(target),
                None => Meaning::External(external_module(module.language, import)),
            };
        }
        match (call.callee.as_name(), call.args.as_slice()) {
            (Some("getattr"), [object, name, ..]) if name.as_str().is_some() => {
                return self.attribute(self.meaning(id, object), name.as_str().unwrap_or(""));
            }
            (Some("super"), _) => return self.this(module, expr.range.start, true),
            _ => {}
        }
        if let ExprKind::Attribute { base, attr } = &call.callee.kind
            && matches!(&**attr, "get" | "pop" | "setdefault")
            && let Some(name) = base.as_name()
            && !filled(module, name, base.range.start).is_empty()
        {
            let found = self.element(id, base);
            if matches!(found, Meaning::Instance(_) | Meaning::Unknown) {
                return found;
            }
        }
        self.made_by(id, self.meaning(id, &call.callee), Some(call))
    }

    /// The value that calling something gives.
    fn made_by(
        &self,
        module: ModuleId,
        callee: Meaning<'s>,
        call: Option<&'s Call>,
    ) -> Meaning<'s> {
        match callee {
            Meaning::External(type_name) => Meaning::Instance(Instance {
                type_name,
                class: None,
                module,
                call,
            }),
            Meaning::Class(class) => {
                let type_name = self.source.class_name(class).unwrap_or_default();
                Meaning::Instance(Instance {
                    type_name,
                    class: Some(class),
                    module,
                    call,
                })
            }
            Meaning::Function(id) => self
                .source
                .function(id)
                .map_or(Meaning::Unknown, |function| self.returned(function)),
            Meaning::Instance(instance) => match instance.type_name.as_str() {
                "functools.partial" | "functools.lru_cache" | "functools.cache" => {
                    let inner = instance.call.and_then(|call| call.args.first());
                    let inner = inner.map_or(Meaning::Unknown, |inner| {
                        self.meaning(instance.module, inner)
                    });
                    self.made_by(module, inner, call)
                }
                name => {
                    let type_name = name.to_owned();
                    Meaning::Instance(Instance {
                        type_name,
                        class: None,
                        module,
                        call,
                    })
                }
            },
            Meaning::Module(_) | Meaning::Value(..) | Meaning::Unknown => Meaning::Unknown,
        }
    }

    /// The value that a function of the project returns.
    fn returned(&self, function: &'s Function) -> Meaning<'s> {
        if self.fuel.get() == 0 || self.depth.get() >= DEEPEST {
            return Meaning::Unknown;
        }
        self.depth.set(self.depth.get() + 1);
        let module = function.id.module;
        let mut values: Vec<&'s Expr> = Vec::new();
        for stmt in statements(&function.body) {
            if let Stmt {
                kind: StmtKind::Return(Some(value)),
                ..
            } = stmt
            {
                values.push(value);
            }
        }
        if is_context_manager(function) {
            for expr in expressions(&function.body) {
                if let ExprKind::Yield {
                    value: Some(value), ..
                } = &expr.kind
                {
                    values.push(value);
                }
            }
        }
        let mut fallback = Meaning::Unknown;
        for value in values {
            match self.meaning(module, value) {
                Meaning::Unknown => {}
                Meaning::Value(at, value) => {
                    if matches!(fallback, Meaning::Unknown) || self.is_none(&fallback) {
                        fallback = Meaning::Value(at, value);
                    }
                }
                known => {
                    fallback = known;
                    break;
                }
            }
        }
        if matches!(fallback, Meaning::Unknown)
            && let Some(returns) = &function.returns
        {
            fallback = self.annotation(module, returns);
        }
        self.depth.set(self.depth.get() - 1);
        fallback
    }

    /// A value of an annotated type; optional, annotated and awaited types looked through.
    fn annotation(&self, module: ModuleId, annotation: &'s Expr) -> Meaning<'s> {
        match &annotation.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } => {
                self.made_by(module, self.meaning(module, annotation), None)
            }
            ExprKind::Str(name)
                if name
                    .chars()
                    .all(|char| char.is_alphanumeric() || char == '_') =>
            {
                self.made_by(
                    module,
                    self.name(module, name, annotation.range.start),
                    None,
                )
            }
            ExprKind::BinOp {
                op: "|",
                left,
                right,
            } => match left.kind {
                ExprKind::None => self.annotation(module, right),
                _ => self.annotation(module, left),
            },
            ExprKind::Subscript { base, index } => {
                let outer = match &base.kind {
                    ExprKind::Name(name) => &**name,
                    ExprKind::Attribute { attr, .. } => &**attr,
                    _ => "",
                };
                match outer {
                    "Optional" | "Annotated" | "Promise" | "Awaitable" | "Final" | "ClassVar"
                    | "Readonly" => match &index.kind {
                        ExprKind::Tuple(items) => items
                            .first()
                            .map_or(Meaning::Unknown, |first| self.annotation(module, first)),
                        _ => self.annotation(module, index),
                    },
                    "list" | "List" | "Array" | "Sequence" | "Iterable" | "Callable" | "Union" => {
                        Meaning::Unknown
                    }
                    _ => self.annotation(module, base),
                }
            }
            _ => Meaning::Unknown,
        }
    }

    fn function(&self, meaning: Meaning<'s>) -> Option<FnId> {
        match meaning {
            Meaning::Function(id) => Some(id),
            Meaning::Class(class) => {
                let class = self.source.class(class)?;
                class
                    .method("__init__")
                    .or_else(|| class.method("constructor"))
            }
            Meaning::Instance(Instance {
                type_name,
                call: Some(call),
                module,
                ..
            }) if matches!(
                &*type_name,
                "functools.partial" | "functools.lru_cache" | "functools.cache"
            ) =>
            {
                self.function(self.meaning(module, call.args.first()?))
            }
            Meaning::Instance(Instance {
                class: Some(class), ..
            }) => self.source.class(class)?.method("__call__"),
            _ => None,
        }
    }

    // ---- constants ----

    fn strings(&self, module: ModuleId, expr: &'s Expr, depth: u8) -> Vec<String> {
        if depth > 12 || self.fuel.get() == 0 {
            return Vec::new();
        }
        self.fuel.set(self.fuel.get() - 1);
        let below = |inner: &'s Expr| self.strings(module, inner, depth + 1);
        match &expr.kind {
            ExprKind::Str(text) => vec![text.to_string()],
            ExprKind::Await(inner) => below(inner),
            ExprKind::BoolOp { values, .. } => values.iter().flat_map(below).collect(),
            ExprKind::Conditional { body, orelse, .. } => [body, orelse]
                .into_iter()
                .flat_map(|side| below(side))
                .collect(),
            ExprKind::BinOp {
                op: "+",
                left,
                right,
            } => {
                let rights = below(right);
                let joined = below(left).into_iter().flat_map(|left| {
                    rights
                        .iter()
                        .map(move |right| format!("{left}{right}"))
                        .collect::<Vec<_>>()
                });
                joined.take(16).collect()
            }
            ExprKind::Format(parts) => {
                let mut whole = vec![String::new()];
                for part in parts {
                    let next = match part {
                        super::ir::FormatPart::Text(text) => vec![text.to_string()],
                        super::ir::FormatPart::Expr(inner) => below(inner),
                    };
                    whole = whole
                        .iter()
                        .flat_map(|start| next.iter().map(move |end| format!("{start}{end}")))
                        .take(16)
                        .collect();
                }
                whole
            }
            ExprKind::Call(call) => {
                let callee = self
                    .source
                    .name_of(&self.meaning(module, &call.callee))
                    .unwrap_or_default();
                match &*callee {
                    "os.getenv" | "os.environ.get" => {
                        call.argument(1, "default").map(below).unwrap_or_default()
                    }
                    _ => match self.meaning(module, expr) {
                        Meaning::Value(at, value) if !std::ptr::eq(value, expr) => {
                            self.strings(at, value, depth + 1)
                        }
                        _ => Vec::new(),
                    },
                }
            }
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
                match self.meaning(module, expr) {
                    Meaning::Value(at, value) if !std::ptr::eq(value, expr) => {
                        self.strings(at, value, depth + 1)
                    }
                    Meaning::Instance(Instance {
                        call: Some(call),
                        module,
                        type_name,
                        ..
                    }) if matches!(&*type_name, "os.getenv" | "os.environ.get") => call
                        .argument(1, "default")
                        .map(|inner| self.strings(module, inner, depth + 1))
                        .unwrap_or_default(),
                    _ => self.param_default(module, expr, depth),
                }
            }
            _ => Vec::new(),
        }
    }

    /// The default of the parameter that a name is.
    fn param_default(&self, id: ModuleId, expr: &'s Expr, depth: u8) -> Vec<String> {
        let (Some(module), Some(name)) = (self.module(id), expr.as_name()) else {
            return Vec::new();
        };
        let Some(function) = module.function_at(expr.range.start) else {
            return Vec::new();
        };
        let default = function
            .params
            .iter()
            .find(|param| &*param.name == name)
            .and_then(|param| param.default.as_deref());
        default
            .map(|default| self.strings(id, default, depth + 1))
            .unwrap_or_default()
    }
}

/// What is put into a container of that name, seen from a place: in the scopes around it, else anywhere in the module.
fn filled<'s>(module: &'s Module, name: &str, offset: u32) -> Vec<&'s Expr> {
    let mut at = module.function_at(offset);
    loop {
        let scope = module
            .scopes
            .get(at.map_or(0, |function| function.id.index as usize + 1));
        if let Some(elements) = scope.and_then(|scope| scope.elements.get(name)) {
            return elements.iter().map(|element| &**element).collect();
        }
        match at {
            Some(function) => at = function.parent.and_then(|id| module.function(id)),
            None => break,
        }
    }
    let anywhere = module
        .scopes
        .iter()
        .filter_map(|scope| scope.elements.get(name));
    anywhere.flatten().map(|element| &**element).collect()
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

fn is_context_manager(function: &Function) -> bool {
    function
        .decorators
        .iter()
        .any(|decorator| match &decorator.kind {
            ExprKind::Name(name) => matches!(&**name, "contextmanager" | "asynccontextmanager"),
            ExprKind::Attribute { attr, .. } => {
                matches!(&**attr, "contextmanager" | "asynccontextmanager")
            }
            _ => false,
        })
}

fn external_module(language: Language, import: &Import) -> String {
    match language {
        Language::Python => import.module.to_string(),
        Language::TypeScript => external_name(&import.module),
    }
}

/// `node:fs/promises` is `fs/promises`; a `.js` at the end of a package's path is left out.
fn external_name(specifier: &str) -> String {
    let bare = specifier.strip_prefix("node:").unwrap_or(specifier);
    bare.strip_suffix(".js").unwrap_or(bare).to_owned()
}

/// The last segment of a dotted name.
pub fn leaf(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The package of a canonical name: `google.adk.agents.Agent` is `google`, `@scope/name/sub.Thing` is `@scope/name`.
pub fn package(name: &str) -> &str {
    if let Some(rest) = name.strip_prefix('@') {
        let end = rest.find('/').and_then(|slash| {
            let after = rest.get(slash + 1..)?;
            Some(slash + 1 + after.find(['/', '.']).unwrap_or(after.len()))
        });
        return name
            .get(..end.map_or(name.len(), |end| end + 1))
            .unwrap_or(name);
    }
    name.split(['.', '/']).next().unwrap_or(name)
}

/// A dotted chain of names as text.
fn chain(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Attribute { base, attr } => Some(format!("{}.{attr}", chain(base)?)),
        _ => None,
    }
}
