//! Calls: what a call gives, what a function returns, what an annotation promises.

use std::collections::BTreeSet;

use super::imports::external_module;
use super::members::filled;
use super::{Instance, Meaning, Question, STATEMENTS_A_LOOK};
use crate::model::source::ir::Operator;
use crate::model::source::ir::{Call, Expr, ExprKind, Stmt, StmtKind};
use crate::model::source::module::Function;
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{ClassId, FnId, ModuleId};

impl<'s> Question<'s> {
    pub(super) fn call(&self, id: ModuleId, expr: &'s Expr, call: &'s Call) -> Meaning<'s> {
        let Some(module) = self.module(id) else {
            return Meaning::Unknown;
        };
        if let Some(import) = module.dynamic_import(expr.range) {
            return match import.target {
                Some(target) => Meaning::Module(target),
                None => Meaning::External(external_module(module.language, import)),
            };
        }
        if call.callee.as_name() == Some("super") {
            return self.this(module, expr.range.start, true);
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
        match self.meaning(id, &call.callee) {
            Meaning::External(name) if name == "random.choice" => {
                let first = call.args.first();
                first.map_or(Meaning::Unknown, |all| self.element(id, all))
            }
            callee => self.made_by(id, callee, Some(call)),
        }
    }

    /// The value that calling something gives.
    pub(super) fn made_by(
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
            Meaning::Instance(instance) if wraps(&instance) => {
                let inner = self.unwrapped(Meaning::Instance(instance));
                self.made_by(module, inner, call)
            }
            Meaning::Instance(instance) => Meaning::Instance(Instance {
                type_name: instance.type_name,
                class: None,
                module,
                call,
            }),
            Meaning::Module(_) | Meaning::Value(..) | Meaning::Unknown => Meaning::Unknown,
        }
    }

    /// The value that a function of the project returns.
    pub(super) fn returned(&self, function: &'s Function) -> Meaning<'s> {
        let key = self.remembers().map(|opened| (function.id, opened));
        if let Some(known) = key.and_then(|key| self.returns.borrow().get(&key).cloned()) {
            return known;
        }
        if !self.step() {
            return Meaning::Unknown;
        }
        self.depth.set(self.depth.get() + 1);
        let found = self.returned_by(function);
        self.depth.set(self.depth.get() - 1);
        if let Some(key) = key {
            self.returns.borrow_mut().insert(key, found.clone());
        }
        found
    }

    fn returned_by(&self, function: &'s Function) -> Meaning<'s> {
        let module = function.id.module;
        let mut values: Vec<&'s Expr> = Vec::new();
        let body = statements(&function.body);
        if !self.looks_at(body.len() / STATEMENTS_A_LOOK) {
            return Meaning::Unknown;
        }
        for stmt in body {
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
        fallback
    }

    /// A value of an annotated type; optional, annotated and awaited types looked through.
    pub(super) fn annotation(&self, module: ModuleId, annotation: &'s Expr) -> Meaning<'s> {
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
                op: Operator::BitOr,
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

    /// What stands under `partial`, `cache` and their like, however often they are put around it; Unknown where a name wraps itself.
    fn unwrapped(&self, meaning: Meaning<'s>) -> Meaning<'s> {
        let mut found = meaning;
        let mut seen: Vec<*const Call> = Vec::new();
        while let Meaning::Instance(instance) = &found
            && wraps(instance)
        {
            let Some(call) = instance.call else {
                return Meaning::Unknown;
            };
            if seen.contains(&std::ptr::from_ref(call)) || !self.step() {
                return Meaning::Unknown;
            }
            seen.push(call);
            let inner = call.args.first();
            found = inner.map_or(Meaning::Unknown, |inner| {
                self.meaning(instance.module, inner)
            });
        }
        found
    }

    /// What a call of a value calls: under `partial` what stands there, of an object whose class has its call operator from a library
    /// that operator (`class Support(Agent)`).
    pub(super) fn called(&self, meaning: Meaning<'s>) -> Meaning<'s> {
        let meaning = match &meaning {
            Meaning::Instance(made) if made.type_name == "functools.partial" => {
                match self.unwrapped(meaning.clone()) {
                    inner @ Meaning::Instance(_) => inner,
                    _ => meaning,
                }
            }
            _ => meaning,
        };
        if let Meaning::Instance(Instance {
            class: Some(class), ..
        }) = &meaning
            && let Some(inherited @ Meaning::External(_)) =
                self.class_member_at(*class, "__call__", 0, &mut BTreeSet::new())
        {
            return inherited;
        }
        meaning
    }

    /// The project's function that calling a value runs.
    pub(super) fn function(&self, meaning: Meaning<'s>) -> Option<FnId> {
        match self.unwrapped(meaning) {
            Meaning::Function(id) => Some(id),
            Meaning::Class(class) => self.constructor(class),
            Meaning::Instance(Instance {
                class: Some(class), ..
            }) => self.source.class(class)?.method("__call__"),
            _ => None,
        }
    }

    /// The constructor of a class: its own, or that of the first base which has one.
    pub(super) fn constructor(&self, class: ClassId) -> Option<FnId> {
        let name = match self.source.is_typescript(class.module) {
            true => "constructor",
            false => "__init__",
        };
        match self.class_member_at(class, name, 0, &mut BTreeSet::new())? {
            Meaning::Function(id) => Some(id),
            _ => None,
        }
    }

    /// What a field of a dataclass or a model holds where its object was made without it: `field(default_factory=build)`.
    pub(super) fn field_default(&self, instance: &Instance<'s>) -> Option<Meaning<'s>> {
        const FIELDS: [&str; 6] = [
            "dataclasses.field",
            "pydantic.Field",
            "pydantic.PrivateAttr",
            "attrs.field",
            "attr.field",
            "attr.ib",
        ];
        let call = instance.call?;
        if !FIELDS.contains(&&*instance.type_name) {
            return None;
        }
        let module = instance.module;
        let factory = ["default_factory", "factory"];
        let factory = factory.into_iter().find_map(|name| call.option(name));
        Some(match (factory, call.option("default")) {
            (Some(factory), _) => self.made_by(module, self.meaning(module, factory), None),
            (None, Some(default)) => self.meaning(module, default),
            (None, None) => Meaning::Unknown,
        })
    }
}

/// Whether a value is a function with something put around it, which calls that function.
fn wraps(instance: &Instance<'_>) -> bool {
    matches!(
        instance.type_name.as_str(),
        "functools.partial" | "functools.lru_cache" | "functools.cache"
    )
}

/// Whether a function is a generator that `contextlib` makes a context manager of.
pub(crate) fn is_context_manager(function: &Function) -> bool {
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
