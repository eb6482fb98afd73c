//! A small forward data-flow: from seeds (a payload parameter, a caught exception, a call's result) to every expression that
//! carries something of them, through assignments, destructuring, containers, strings, and calls of the project's functions.
//!
//! Statements are taken in order, a plain assignment replaces what a name carried, branches are joined, loops run twice.

use std::collections::BTreeMap;

use super::ir::{ByteRange, Call, Expr, ExprKind, FormatPart, Handler, Name, Stmt, StmtKind};
use super::module::{Function, Param, ParamKind};
use super::scope::receiver;
use super::{ClassId, FnId, ModuleId, Source};

/// A set of seeds, one bit each: the caller gives the bits their meaning.
pub type Labels = u64;

/// What starts a flow and what ends it.
pub trait Seeds {
    /// The labels of a parameter of the function that the flow starts in.
    fn param(&self, _function: FnId, _index: usize) -> Labels {
        0
    }
    /// The labels of the exception that a handler binds.
    fn exception(&self, _module: ModuleId, _handler: &Handler) -> Labels {
        0
    }
    /// The labels that an expression carries of itself, over what flows into it.
    fn expr(&self, _module: ModuleId, _expr: &Expr) -> Labels {
        0
    }
    /// Whether a call's result carries nothing of its arguments (`len(x)`, a validator that returns a checked value).
    fn cleans(&self, _module: ModuleId, _call: &Expr) -> bool {
        false
    }
    /// Whether a member of a labelled value carries nothing (`type(e).__name__`, `response.status_code`).
    fn cleans_member(&self, _module: ModuleId, _member: &str) -> bool {
        false
    }
}

/// Deepest chain of calls that is followed.
const DEEPEST_CALLS: u32 = 8;
/// Most function bodies that one flow evaluates.
const MOST_BODIES: u32 = 400;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// Labels of every expression reached, over all contexts.
    facts: BTreeMap<(ModuleId, ByteRange), Labels>,
    /// Labels of what each function returns or yields.
    returns: BTreeMap<FnId, Labels>,
    /// Functions evaluated.
    functions: std::collections::BTreeSet<FnId>,
}

impl Flow {
    /// Runs the flow from a function.
    pub fn run(source: &Source, from: FnId, seeds: &dyn Seeds) -> Flow {
        let mut engine = Engine::new(source, seeds);
        let params = source.function(from).map(|function| {
            (0..function.params.len())
                .map(|index| seeds.param(from, index))
                .collect::<Vec<_>>()
        });
        engine.function(from, &params.unwrap_or_default(), &Env::new());
        engine.flow
    }

    /// Runs the flow over what a module does at import.
    pub fn run_module(source: &Source, module: ModuleId, seeds: &dyn Seeds) -> Flow {
        let mut engine = Engine::new(source, seeds);
        let mut env = Env::new();
        let body = source.body(module, None);
        engine.body(
            &Place {
                module,
                function: None,
            },
            body,
            &mut env,
        );
        engine.flow
    }

    /// The labels of an expression.
    pub fn labels(&self, module: ModuleId, expr: &Expr) -> Labels {
        self.facts.get(&(module, expr.range)).copied().unwrap_or(0)
    }

    /// The labels of what a function returned or yielded.
    pub fn returned(&self, function: FnId) -> Labels {
        self.returns.get(&function).copied().unwrap_or(0)
    }

    /// The functions that the flow went through.
    pub fn functions(&self) -> impl Iterator<Item = FnId> + '_ {
        self.functions.iter().copied()
    }
}

type Env = BTreeMap<Name, Labels>;

struct Place {
    module: ModuleId,
    function: Option<FnId>,
}

struct Engine<'s> {
    source: &'s Source,
    seeds: &'s dyn Seeds,
    flow: Flow,
    /// Results by function and what went in; None while being evaluated.
    memo: BTreeMap<(FnId, Vec<Labels>, Vec<(Name, Labels)>), Option<Labels>>,
    fields: BTreeMap<(ClassId, Name), Labels>,
    globals: BTreeMap<(ModuleId, Name), Labels>,
    depth: u32,
    bodies: u32,
}

impl<'s> Engine<'s> {
    fn new(source: &'s Source, seeds: &'s dyn Seeds) -> Self {
        Self {
            source,
            seeds,
            flow: Flow::default(),
            memo: BTreeMap::new(),
            fields: BTreeMap::new(),
            globals: BTreeMap::new(),
            depth: 0,
            bodies: 0,
        }
    }

    fn function(&mut self, id: FnId, params: &[Labels], around: &Env) -> Labels {
        let carried: Vec<_> = around
            .iter()
            .filter(|(_, labels)| **labels != 0)
            .map(|(name, labels)| (name.clone(), *labels))
            .collect();
        let key = (id, params.to_vec(), carried);
        if let Some(known) = self.memo.get(&key) {
            return known.unwrap_or_else(|| self.flow.returned(id));
        }
        let Some(function) = self.source.function(id) else {
            return 0;
        };
        if self.depth >= DEEPEST_CALLS || self.bodies >= MOST_BODIES {
            return params.iter().fold(0, |all, labels| all | labels);
        }
        self.memo.insert(key.clone(), None);
        self.depth += 1;
        self.bodies += 1;
        self.flow.functions.insert(id);
        let mut env = around.clone();
        self.bind_params(function, params, &mut env);
        self.body(
            &Place {
                module: id.module,
                function: Some(id),
            },
            &function.body,
            &mut env,
        );
        self.depth -= 1;
        let returned = self.flow.returned(id);
        self.memo.insert(key, Some(returned));
        returned
    }

    fn bind_params(&mut self, function: &'s Function, labels: &[Labels], env: &mut Env) {
        for (index, param) in function.params.iter().enumerate() {
            let labels = labels.get(index).copied().unwrap_or(0);
            let place = Place {
                module: function.id.module,
                function: Some(function.id),
            };
            match &param.pattern {
                Some(pattern) => self.assign(&place, pattern, labels, env),
                None => {
                    env.insert(param.name.clone(), labels);
                }
            }
        }
    }

    // ---- statements ----

    fn body(&mut self, place: &Place, body: &'s [Stmt], env: &mut Env) {
        for stmt in body {
            self.stmt(place, stmt, env);
        }
    }

    fn stmt(&mut self, place: &Place, stmt: &'s Stmt, env: &mut Env) {
        match &stmt.kind {
            StmtKind::Expr(value) => {
                self.expr(place, value, env);
            }
            StmtKind::Assign(assign) => {
                let Some(value) = &assign.value else { return };
                let mut labels = self.expr(place, value, env);
                for target in &assign.targets {
                    if assign.augmented.is_some() {
                        labels |= self.expr(place, target, env);
                    }
                    self.assign(place, target, labels, env);
                }
            }
            StmtKind::Return(value) => {
                let labels = value
                    .as_ref()
                    .map_or(0, |value| self.expr(place, value, env));
                self.give(place, labels);
            }
            StmtKind::If(branch) => {
                self.expr(place, &branch.test, env);
                let mut other = env.clone();
                self.body(place, &branch.body, env);
                self.body(place, &branch.orelse, &mut other);
                if ends(&branch.body) {
                    *env = other;
                } else if !ends(&branch.orelse) {
                    join(env, &other);
                }
            }
            StmtKind::Loop(looped) => {
                let before = env.clone();
                for _ in 0..2 {
                    let labels = looped
                        .iter
                        .as_deref()
                        .map_or(0, |iter| self.expr(place, iter, env));
                    if let Some(target) = &looped.target {
                        self.assign(place, target, labels, env);
                    }
                    self.body(place, &looped.body, env);
                }
                join(env, &before);
                self.body(place, &looped.orelse, env);
            }
            StmtKind::Try(tried) => {
                let before = env.clone();
                self.body(place, &tried.body, env);
                let mut caught = env.clone();
                join(&mut caught, &before);
                self.body(place, &tried.orelse, env);
                for handler in &tried.handlers {
                    let mut inner = caught.clone();
                    if let Some(binding) = &handler.binding {
                        let labels = self.seeds.exception(place.module, handler);
                        self.assign(place, binding, labels, &mut inner);
                    }
                    self.body(place, &handler.body, &mut inner);
                    if !ends(&handler.body) {
                        join(env, &inner);
                    }
                }
                self.body(place, &tried.finally, env);
            }
            StmtKind::With(with) => {
                for item in &with.items {
                    let labels = self.expr(place, &item.context, env);
                    if let Some(target) = &item.target {
                        self.assign(place, target, labels, env);
                    }
                }
                self.body(place, &with.body, env);
            }
            StmtKind::Switch(switch) => {
                let labels = self.expr(place, &switch.subject, env);
                let before = env.clone();
                for case in &switch.cases {
                    let mut inner = before.clone();
                    for (name, _) in &case.captures {
                        inner.insert(name.clone(), labels);
                    }
                    for test in case.pattern.iter().chain(&case.guard) {
                        self.expr(place, test, &mut inner);
                    }
                    self.body(place, &case.body, &mut inner);
                    join(env, &inner);
                }
            }
            StmtKind::Raise { value, cause } => {
                for value in value.iter().chain(cause) {
                    self.expr(place, value, env);
                }
            }
            StmtKind::Assert { test, message } => {
                self.expr(place, test, env);
                if let Some(message) = message {
                    self.expr(place, message, env);
                }
            }
            StmtKind::Block(body) => self.body(place, body, env),
            StmtKind::Delete(values) => values.iter().for_each(|value| {
                self.expr(place, value, env);
            }),
            StmtKind::FunctionDef(_)
            | StmtKind::ClassDef(_)
            | StmtKind::Import(_)
            | StmtKind::Global(_)
            | StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Nothing => {}
        }
    }

    /// What a function gives to whoever called it.
    fn give(&mut self, place: &Place, labels: Labels) {
        if let Some(id) = place.function {
            *self.flow.returns.entry(id).or_default() |= labels;
        }
    }

    fn assign(&mut self, place: &Place, target: &'s Expr, labels: Labels, env: &mut Env) {
        self.note(place, target, labels);
        match &target.kind {
            ExprKind::Name(name) => {
                env.insert(name.clone(), labels);
                let global = place.function.is_none() || self.is_global(place, name);
                if global && labels != 0 {
                    *self
                        .globals
                        .entry((place.module, name.clone()))
                        .or_default() |= labels;
                }
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items
                    .iter()
                    .for_each(|item| self.assign(place, item, labels, env));
            }
            ExprKind::Dict(entries) => entries
                .iter()
                .for_each(|entry| self.assign(place, &entry.value, labels, env)),
            ExprKind::Starred(inner) => self.assign(place, inner, labels, env),
            ExprKind::Assign { target, value } => {
                let default = self.expr(place, value, env);
                self.assign(place, target, labels | default, env);
            }
            ExprKind::Attribute { base, attr } => match self.own_class(place, base) {
                Some(class) => *self.fields.entry((class, attr.clone())).or_default() |= labels,
                None => self.put_into(place, base, labels, env),
            },
            ExprKind::Subscript { base, index } => {
                self.expr(place, index, env);
                self.put_into(place, base, labels, env);
            }
            _ => {}
        }
    }

    /// A container that something is put into carries it.
    fn put_into(&mut self, place: &Place, base: &'s Expr, labels: Labels, env: &mut Env) {
        match &base.kind {
            ExprKind::Name(name) => *env.entry(name.clone()).or_default() |= labels,
            ExprKind::Attribute { base, attr } => match self.own_class(place, base) {
                Some(class) => *self.fields.entry((class, attr.clone())).or_default() |= labels,
                None => self.put_into(place, base, labels, env),
            },
            ExprKind::Subscript { base, .. } => self.put_into(place, base, labels, env),
            _ => {}
        }
    }

    fn is_global(&self, place: &Place, name: &str) -> bool {
        let Some(module) = self.source.module(place.module) else {
            return false;
        };
        let index = place.function.map_or(0, |id| id.index as usize + 1);
        module
            .scopes
            .get(index)
            .is_some_and(|scope| scope.outer.iter().any(|outer| &**outer == name))
    }

    fn own_class(&self, place: &Place, base: &Expr) -> Option<ClassId> {
        let module = self.source.module(place.module)?;
        let function = module.function(place.function?)?;
        let (class, name) = receiver(module, function)?;
        (base.as_name() == Some(&*name)).then_some(class)
    }

    // ---- expressions ----

    fn note(&mut self, place: &Place, expr: &Expr, labels: Labels) {
        if labels != 0 {
            *self
                .flow
                .facts
                .entry((place.module, expr.range))
                .or_default() |= labels;
        }
    }

    fn expr(&mut self, place: &Place, expr: &'s Expr, env: &mut Env) -> Labels {
        let mut labels = self.value(place, expr, env);
        labels |= self.seeds.expr(place.module, expr);
        self.note(place, expr, labels);
        labels
    }

    fn all(
        &mut self,
        place: &Place,
        items: impl IntoIterator<Item = &'s Expr>,
        env: &mut Env,
    ) -> Labels {
        items
            .into_iter()
            .fold(0, |all, item| all | self.expr(place, item, env))
    }

    fn value(&mut self, place: &Place, expr: &'s Expr, env: &mut Env) -> Labels {
        match &expr.kind {
            ExprKind::Name(name) => match env.get(name) {
                Some(labels) => *labels,
                None => self
                    .globals
                    .get(&(place.module, name.clone()))
                    .copied()
                    .unwrap_or(0),
            },
            ExprKind::Attribute { base, attr } => {
                let labels = self.expr(place, base, env);
                if self.seeds.cleans_member(place.module, attr) {
                    return 0;
                }
                let field = self
                    .own_class(place, base)
                    .and_then(|class| self.fields.get(&(class, attr.clone())));
                labels | field.copied().unwrap_or(0)
            }
            ExprKind::Subscript { base, index } => {
                // What is looked up by a labelled key is not itself labelled.
                self.expr(place, index, env);
                self.expr(place, base, env)
            }
            ExprKind::Call(call) => self.call(place, expr, call, env),
            ExprKind::Format(parts) => parts.iter().fold(0, |all, part| match part {
                FormatPart::Expr(inner) => all | self.expr(place, inner, env),
                FormatPart::Text(_) => all,
            }),
            ExprKind::List(items)
            | ExprKind::Tuple(items)
            | ExprKind::Set(items)
            | ExprKind::Slice(items) => self.all(place, items, env),
            ExprKind::Other(items) => self.all(place, items, env),
            ExprKind::BoolOp { values, .. } => self.all(place, values, env),
            ExprKind::Dict(entries) => entries.iter().fold(0, |all, entry| {
                let key = entry
                    .key
                    .as_ref()
                    .map_or(0, |key| self.expr(place, key, env));
                all | key | self.expr(place, &entry.value, env)
            }),
            ExprKind::BinOp { left, right, .. } => {
                self.expr(place, left, env) | self.expr(place, right, env)
            }
            ExprKind::Unary { op, operand } => {
                let labels = self.expr(place, operand, env);
                if matches!(*op, "not" | "typeof" | "void" | "delete") {
                    0
                } else {
                    labels
                }
            }
            ExprKind::Await(inner) | ExprKind::Starred(inner) => self.expr(place, inner, env),
            ExprKind::Compare { left, rest } => {
                // The outcome of a comparison tells nothing of the text compared.
                self.expr(place, left, env);
                rest.iter().for_each(|(_, right)| {
                    self.expr(place, right, env);
                });
                0
            }
            ExprKind::Conditional { test, body, orelse } => {
                self.expr(place, test, env);
                self.expr(place, body, env) | self.expr(place, orelse, env)
            }
            ExprKind::Yield { value, .. } => {
                let labels = value
                    .as_deref()
                    .map_or(0, |value| self.expr(place, value, env));
                self.give(place, labels);
                0
            }
            ExprKind::Assign { target, value } => {
                let labels = self.expr(place, value, env);
                self.assign(place, target, labels, env);
                labels
            }
            ExprKind::Comprehension(inner) => {
                let mut local = env.clone();
                for generator in &inner.generators {
                    let labels = self.expr(place, &generator.iter, &mut local);
                    self.assign(place, &generator.target, labels, &mut local);
                    self.all(place, &generator.ifs, &mut local);
                }
                let element = self.expr(place, &inner.element, &mut local);
                element
                    | inner
                        .value
                        .as_ref()
                        .map_or(0, |value| self.expr(place, value, &mut local))
            }
            ExprKind::Lambda(id) => {
                // Its body sees what is around it; whether and with what it is called is not known.
                let none = vec![
                    0;
                    self.source
                        .function(*id)
                        .map_or(0, |function| function.params.len())
                ];
                self.function(*id, &none, &env.clone());
                0
            }
            ExprKind::Str(_)
            | ExprKind::Bytes
            | ExprKind::Number(_)
            | ExprKind::Bool(_)
            | ExprKind::None
            | ExprKind::Regex(_)
            | ExprKind::Class(_) => 0,
        }
    }

    fn call(&mut self, place: &Place, expr: &'s Expr, call: &'s Call, env: &mut Env) -> Labels {
        let callee = self.expr(place, &call.callee, env);
        let args: Vec<Labels> = call
            .args
            .iter()
            .map(|arg| self.argument(place, arg, call, env))
            .collect();
        let keywords: Vec<Labels> = call
            .keywords
            .iter()
            .map(|keyword| self.expr(place, &keyword.value, env))
            .collect();
        let given = args
            .iter()
            .chain(&keywords)
            .fold(0, |all, labels| all | labels);
        if let ExprKind::Attribute { base, attr } = &call.callee.kind
            && matches!(
                &**attr,
                "append"
                    | "add"
                    | "extend"
                    | "insert"
                    | "update"
                    | "push"
                    | "set"
                    | "setdefault"
                    | "unshift"
                    | "put"
                    | "appendleft"
            )
        {
            self.put_into(place, base, given, env);
        }
        if self.seeds.cleans(place.module, expr) {
            return 0;
        }
        if let Some(id) = self.source.callee(place.module, expr) {
            let Some(function) = self.source.function(id) else {
                return 0;
            };
            let constructor = matches!(&*function.name, "__init__" | "constructor");
            let params = self.match_params(place, function, call, &args, &keywords, callee);
            let around = if function.parent.is_some() {
                env.clone()
            } else {
                Env::new()
            };
            let returned = self.function(id, &params, &around);
            return if constructor { given } else { returned };
        }
        given | callee
    }

    /// An argument; a function given as a callback receives what the object it is given to carries (`items.map(x => …)`).
    fn argument(&mut self, place: &Place, arg: &'s Expr, call: &'s Call, env: &mut Env) -> Labels {
        let ExprKind::Lambda(id) = &arg.kind else {
            return self.expr(place, arg, env);
        };
        let carried = match &call.callee.kind {
            ExprKind::Attribute { base, .. } => self
                .flow
                .facts
                .get(&(place.module, base.range))
                .copied()
                .unwrap_or(0),
            _ => 0,
        };
        let count = self
            .source
            .function(*id)
            .map_or(0, |function| function.params.len());
        self.function(*id, &vec![carried; count], &env.clone())
    }

    /// Labels of each parameter of a called function.
    fn match_params(
        &self,
        place: &Place,
        function: &Function,
        call: &Call,
        args: &[Labels],
        keywords: &[Labels],
        callee: Labels,
    ) -> Vec<Labels> {
        let python = self
            .source
            .module(function.id.module)
            .is_some_and(|module| module.language == super::Language::Python);
        let bound = python && function.class.is_some() && !function.is_static;
        let mut params = vec![0; function.params.len()];
        if bound && let Some(first) = params.first_mut() {
            *first = callee;
        }
        let spread = call
            .args
            .iter()
            .zip(args)
            .filter(|(arg, _)| matches!(arg.kind, ExprKind::Starred(_)));
        let everywhere = spread.fold(0, |all, (_, labels)| all | labels);
        for (index, labels) in args.iter().enumerate() {
            let at = index + usize::from(bound);
            let rest = function
                .params
                .iter()
                .position(|param| param.kind == ParamKind::Rest);
            let at = rest.map_or(at, |rest| at.min(rest));
            if let Some(param) = params.get_mut(at) {
                *param |= labels;
            }
        }
        for (keyword, labels) in call.keywords.iter().zip(keywords) {
            let fits = |param: &Param| match &keyword.name {
                Some(name) => param.name == *name,
                None => true,
            };
            let mut matched = false;
            for (param, slot) in function.params.iter().zip(&mut params) {
                if fits(param) {
                    *slot |= labels;
                    matched = true;
                }
            }
            let rest = function
                .params
                .iter()
                .position(|param| param.kind == ParamKind::Keywords);
            if !matched && let Some(slot) = rest.and_then(|rest| params.get_mut(rest)) {
                *slot |= labels;
            }
        }
        let _ = place;
        params
            .iter_mut()
            .skip(usize::from(bound))
            .for_each(|slot| *slot |= everywhere);
        params
    }
}

fn join(into: &mut Env, other: &Env) {
    for (name, labels) in other {
        *into.entry(name.clone()).or_default() |= labels;
    }
}

/// Whether a body always leaves: what it did to names does not reach what follows.
fn ends(body: &[Stmt]) -> bool {
    body.last().is_some_and(|last| match &last.kind {
        StmtKind::Return(_) | StmtKind::Raise { .. } | StmtKind::Continue | StmtKind::Break => true,
        StmtKind::If(branch) => {
            !branch.orelse.is_empty() && ends(&branch.body) && ends(&branch.orelse)
        }
        StmtKind::Block(body) => ends(body),
        _ => false,
    })
}
