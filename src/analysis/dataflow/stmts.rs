//! Statements, in order, and what they bind.

use super::closures;
use super::collected;
use super::env::Env;
use super::keys::Keys;
use super::state;
use super::{Engine, FEW_LOOPS, Labels, Limit, MOST_TURNS, Place};
use crate::analysis::tested::proofs::written_out;
use crate::model::source::ir::{
    Assign, Expr, ExprKind, Loop, LoopKind, Name, Stmt, StmtKind, Switch, With,
};
use crate::model::source::scope::receiver;
use crate::model::source::walk::statements;
use crate::model::source::{ByteRange, ClassId, Function};

/// The names and values of `a, b = x, y`.
fn pairs(assign: &Assign) -> Option<Vec<(&Expr, &Expr)>> {
    let [target] = &*assign.targets else {
        return None;
    };
    let (ExprKind::Tuple(targets) | ExprKind::List(targets)) = &target.kind else {
        return None;
    };
    let (ExprKind::Tuple(values) | ExprKind::List(values)) = &assign.value.as_ref()?.kind else {
        return None;
    };
    let spread = |expr: &Expr| matches!(expr.kind, ExprKind::Starred(_));
    let apart = targets.len() == values.len()
        && assign.augmented.is_none()
        && !targets.iter().chain(values).any(spread);
    apart.then(|| targets.iter().zip(values).collect())
}

impl<'s> Engine<'s> {
    pub(super) fn body(&mut self, place: &Place, body: &'s [Stmt], env: &mut Env<'s>) {
        for stmt in body {
            self.stmt(place, stmt, env);
        }
    }

    pub(super) fn stmt(&mut self, place: &Place, stmt: &'s Stmt, env: &mut Env<'s>) {
        match &stmt.kind {
            StmtKind::Expr(value) => {
                self.expr(place, value, env);
                self.filled(place, value, env);
            }
            StmtKind::Assign(assign) => {
                let Some(value) = &assign.value else { return };
                let known = assign.targets.first().and_then(Expr::as_name);
                let known = known.and_then(|name| env.if_empty(name));
                let paired = pairs(assign);
                let mut labels = match &paired {
                    Some(pairs) => self.each_its_own(place, pairs, env),
                    None => self.expr(place, value, env),
                };
                let keys = match paired.is_none() && assign.augmented.is_none() {
                    true => self.apart(place, value, labels, env),
                    false => None,
                };
                for target in assign.targets.iter().filter(|_| paired.is_none()) {
                    self.listens(place, target, value, env);
                    if assign.augmented.is_some() {
                        labels |= self.expr(place, target, env);
                    }
                    self.assign(place, target, labels, env);
                    if let Some(keys) = &keys {
                        self.assign_keys(place, target, keys, env);
                    }
                    let here = (place.module, place.function);
                    self.flow
                        .trace
                        .bind(here, target, value.range, labels & env.alive);
                    if assign.augmented.is_none() {
                        self.remember(place, target, value, env);
                        self.keep_functions(place, target, value, env);
                    }
                }
                if let (Some(pairs), [target]) = (paired, &*assign.targets) {
                    self.note(place, target, labels);
                    self.note(place, value, labels);
                    for (target, value) in pairs {
                        self.remember(place, target, value, env);
                        self.keep_functions(place, target, value, env);
                    }
                }
                self.begins(place, assign, known, env);
            }
            StmtKind::Return(value) => {
                let labels = value
                    .as_ref()
                    .map_or(0, |value| self.expr(place, value, env));
                let keys = value
                    .as_ref()
                    .and_then(|value| self.apart(place, value, labels, env));
                self.give(place, labels, keys);
                if let (Some(id), Some(value)) = (place.function, value) {
                    self.flow.trace.give_back(id, value.range, labels);
                }
                self.exit(value.as_ref(), env);
            }
            StmtKind::If(branch) => {
                self.expr(place, &branch.test, env);
                let mut other = env.clone();
                self.refine(place, &branch.test, true, env);
                self.refine(place, &branch.test, false, &mut other);
                self.body(place, &branch.body, env);
                self.body(place, &branch.orelse, &mut other);
                if self.is_left_by(place, &branch.body) {
                    *env = other;
                } else if !self.is_left_by(place, &branch.orelse) {
                    env.join(&other);
                }
            }
            StmtKind::Loop(looped) => self.looped(place, looped, stmt.range, env),
            StmtKind::Try(tried) => {
                let before = env.clone();
                self.body(place, &tried.body, env);
                let mut caught = env.clone();
                caught.join(&before);
                self.body(place, &tried.orelse, env);
                for handler in &tried.handlers {
                    let mut inner = caught.clone();
                    if let Some(binding) = &handler.binding {
                        let labels = self.seeds.exception(place.module, handler);
                        self.assign(place, binding, labels, &mut inner);
                    }
                    self.body(place, &handler.body, &mut inner);
                    if !ends(&handler.body) {
                        env.join(&inner);
                    }
                }
                self.body(place, &tried.finally, env);
            }
            StmtKind::With(with) => {
                let before = suppresses(with).then(|| env.clone());
                for item in &with.items {
                    let labels = self.expr(place, &item.context, env);
                    if let Some(target) = &item.target {
                        let here = (place.module, place.function);
                        let value = item.context.range;
                        self.flow.trace.bind(here, target, value, labels);
                        self.assign(place, target, labels, env);
                    }
                }
                self.body(place, &with.body, env);
                // What raised in it may not have come to its end.
                if let Some(before) = before {
                    env.join(&before);
                }
            }
            StmtKind::Switch(switch) => self.switch(place, switch, env),
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
                self.refine(place, test, true, env);
            }
            StmtKind::Block(body) => self.body(place, body, env),
            StmtKind::Delete(values) => values.iter().for_each(|value| {
                self.expr(place, value, env);
                if let ExprKind::Subscript { base, .. } | ExprKind::Attribute { base, .. } =
                    &value.kind
                {
                    collected::forget(base, env);
                }
                if let ExprKind::Subscript { base, index } = &value.kind
                    && let (Some(name), Some(key)) = (base.as_name(), index.as_str())
                {
                    env.clear_under(name, key);
                }
            }),
            // A tool that is made in a handler sees what the handler was given; the framework calls it.
            StmtKind::FunctionDef(id) => {
                let function = self.source.function(*id);
                let is_given_away = |function: &Function| {
                    function.parent.is_some() && !function.decorators.is_empty()
                };
                if function.is_some_and(is_given_away) {
                    self.unknown_call(*id, env.clone());
                }
            }
            StmtKind::ClassDef(_)
            | StmtKind::Import(_)
            | StmtKind::Global(_)
            | StmtKind::Nothing => {}
            StmtKind::Break | StmtKind::Continue => {
                // What was bound so far is there in the next turn and after the loop.
                if let Some(left) = self.left.last_mut() {
                    left.join(env);
                }
            }
        }
    }

    /// Whether nothing behind a body runs: it ends there, or calls what never comes back.
    fn is_left_by(&mut self, place: &Place, body: &'s [Stmt]) -> bool {
        ends(body)
            || self.seeds.refines()
                && matches!(body.last().map(|last| &last.kind), Some(StmtKind::Expr(value))
                    if self.never_returns(place, value))
    }

    /// Whether a call ends the process, or is one of a function of the project that always raises.
    pub(super) fn never_returns(&mut self, place: &Place, call: &'s Expr) -> bool {
        let (call, waited) = match &call.kind {
            ExprKind::Await(inner) => (&**inner, true),
            _ => (call, false),
        };
        if !matches!(call.kind, ExprKind::Call(_)) {
            return false;
        }
        if ends_process(call) {
            return true;
        }
        let called = self.callee(place, call);
        let Some(function) = called.and_then(|id| self.source.function(id)) else {
            return false;
        };
        let raises = self.raising.entry(function.id);
        function.is_async == waited && *raises.or_insert_with(|| always_raises(function))
    }

    /// Whether a loop is followed for a turn: always for the first.
    fn is_followed(&mut self, place: &Place, range: ByteRange, turn: u32) -> bool {
        if turn == 0 || self.left.len() <= FEW_LOOPS {
            return true;
        }
        self.turns += 1;
        if self.turns > MOST_TURNS {
            self.give_up(place.module, range, Limit::Turns);
        }
        self.turns <= MOST_TURNS
    }

    fn looped(&mut self, place: &Place, looped: &'s Loop, range: ByteRange, env: &mut Env<'s>) {
        let before = env.clone();
        let (mut iterated, mut elements) = (0, 0);
        self.left.push(Env::never());
        for turn in 0..2 {
            if !self.is_followed(place, range, turn) {
                break;
            }
            let labels = looped
                .iter
                .as_deref()
                .map_or(0, |iter| self.expr(place, iter, env));
            iterated |= labels;
            if let Some(target) = &looped.target {
                let element = self.seeds.element(labels);
                elements |= element;
                self.assign(place, target, element, env);
                if let Some(iter) = looped.iter.as_deref() {
                    let here = (place.module, place.function);
                    self.flow.trace.bind(here, target, iter.range, element);
                }
            } else if let (LoopKind::While, Some(test)) = (looped.kind, looped.iter.as_deref()) {
                self.refine(place, test, true, env);
            }
            self.body(place, &looped.body, env);
            if let Some(left) = self.left.last() {
                env.join(left);
            }
        }
        self.left.pop();
        // A test of each element holds for all of them, and where there is none, there is nothing to test.
        let tested = match &looped.target {
            Some(_) if elements == iterated => self.seeds.also(iterated) & !env.alive,
            Some(_) => self.each_tested(iterated, elements, env),
            None => 0,
        };
        if !self.surely_turns(place, looped) {
            env.join(&before);
        }
        env.alive &= !tested;
        self.body(place, &looped.orelse, env);
    }

    /// Whether a loop goes over a collection that is written out and not empty: its body runs.
    fn surely_turns(&self, place: &Place, looped: &'s Loop) -> bool {
        let iter = looped.iter.as_deref().filter(|_| looped.target.is_some());
        iter.and_then(|iter| written_out(self.source, place.module, iter))
            .is_some_and(|(_, items)| !items.is_empty())
    }

    fn switch(&mut self, place: &Place, switch: &'s Switch, env: &mut Env<'s>) {
        let labels = self.expr(place, &switch.subject, env);
        let before = env.clone();
        let all = switch
            .cases
            .iter()
            .any(|case| case.pattern.is_none() && case.guard.is_none());
        if all && self.seeds.refines() {
            *env = Env::never();
        }
        for case in &switch.cases {
            let mut inner = before.clone();
            let vouched = case
                .pattern
                .as_ref()
                .is_some_and(|pattern| self.seeds.vouches_case(pattern));
            if vouched {
                self.prove(place, &switch.subject, &mut inner);
            }
            for (name, _) in &case.captures {
                inner.bind(name, 0);
            }
            for (name, at) in &case.captures {
                let labels = match &case.pattern {
                    Some(pattern) => self.captured(place, pattern, *at, labels, &mut inner),
                    None => labels,
                };
                // Either of several patterns may bind it.
                inner.add(name, labels);
            }
            for test in case.pattern.iter().chain(&case.guard) {
                self.expr(place, test, &mut inner);
            }
            if let Some(guard) = &case.guard {
                self.refine(place, guard, true, &mut inner);
            }
            self.body(place, &case.body, &mut inner);
            if !leaves(&case.body) {
                env.join(&inner);
            }
        }
        if env.is_never() {
            *env = before;
        }
    }

    /// What a name of a `case` carries of what fits the pattern: what stands in its place, unless the pattern around it vouches for that.
    fn captured(
        &mut self,
        place: &Place,
        pattern: &'s Expr,
        at: ByteRange,
        labels: Labels,
        env: &mut Env<'s>,
    ) -> Labels {
        let labels = match self.seeds.vouches_case(pattern) {
            true => {
                env.alive &= !self.seeds.also(labels);
                0
            }
            false => labels,
        };
        self.note(place, pattern, labels);
        let part = |part: &&'s Expr| part.range.contains(at);
        match &pattern.kind {
            ExprKind::Dict(entries) => {
                let Some(entry) = entries.iter().find(|entry| part(&&entry.value)) else {
                    return labels;
                };
                let mut labels = labels;
                if let Some(key) = &entry.key {
                    let name = key.as_str().unwrap_or_default();
                    labels = self.seeds.member(place.module, name, labels);
                    labels = self.seeds.read(place.module, key, labels);
                }
                self.captured(place, &entry.value, at, labels, env)
            }
            // `str(prompt)` binds the text itself.
            ExprKind::Call(call) => {
                let keywords = call.keywords.iter().map(|keyword| &keyword.value);
                let inner = call.args.iter().chain(keywords).find(part);
                inner.map_or(labels, |inner| self.captured(place, inner, at, labels, env))
            }
            ExprKind::List(items) => items.iter().find(part).map_or(labels, |inner| {
                let labels = self.seeds.item(None, labels);
                self.captured(place, inner, at, labels, env)
            }),
            ExprKind::BinOp { left, right, .. } => {
                let one = [&**left, &**right].into_iter().find(part);
                one.map_or(labels, |one| self.captured(place, one, at, labels, env))
            }
            _ => labels,
        }
    }

    /// `a, b = x, y`: each name gets its own value; all of them are there before the first is bound.
    fn each_its_own(
        &mut self,
        place: &Place,
        pairs: &[(&'s Expr, &'s Expr)],
        env: &mut Env<'s>,
    ) -> Labels {
        let values = pairs.iter().map(|(_, value)| self.expr(place, value, env));
        let values: Vec<Labels> = values.collect();
        let here = (place.module, place.function);
        for ((target, value), labels) in pairs.iter().zip(&values) {
            let labels = labels & env.alive;
            self.assign(place, target, labels, env);
            self.flow.trace.bind(here, target, value.range, labels);
        }
        values.into_iter().fold(0, |all, labels| all | labels)
    }

    /// What a function gives to whoever called it.
    pub(super) fn give(&mut self, place: &Place, labels: Labels, keys: Option<Keys>) {
        if let Some(id) = place.function {
            if let Some(open) = self.open.last_mut() {
                open.returned |= labels;
                match keys {
                    Some(keys) => keys.into_iter().for_each(|(key, own)| {
                        *open.keys.entry(key).or_default() |= own;
                    }),
                    None => open.whole |= labels,
                }
            }
            *self.flow.returns.entry(id).or_default() |= labels;
        }
    }

    pub(super) fn assign(
        &mut self,
        place: &Place,
        target: &'s Expr,
        labels: Labels,
        env: &mut Env<'s>,
    ) {
        self.note(place, target, labels);
        match &target.kind {
            ExprKind::Name(name) => {
                env.bind(name, labels);
                let global = place.function.is_none() || self.is_global(place, name);
                if global {
                    state::assign(self, place.module, name, labels);
                    // `nonlocal failure`
                    closures::put(self, place, name, None, labels);
                }
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                let labels = self.seeds.derived(labels);
                items
                    .iter()
                    .for_each(|item| self.assign(place, item, labels, env));
            }
            ExprKind::Dict(entries) => entries.iter().for_each(|entry| {
                let labels = match entry.key.as_ref().and_then(Expr::as_str) {
                    Some(key) => self.seeds.member(place.module, key, labels),
                    None => labels,
                };
                let labels = self.seeds.read(place.module, &entry.value, labels);
                self.assign(place, &entry.value, labels, env);
            }),
            ExprKind::Starred(inner) => self.assign(place, inner, labels, env),
            ExprKind::Assign { target, value } => {
                let default = self.expr(place, value, env);
                self.assign(place, target, labels | default, env);
            }
            ExprKind::Attribute { base, .. } => {
                collected::forget(base, env);
                self.put_into(place, target, labels, env);
            }
            ExprKind::Subscript { base, index } => {
                self.expr(place, index, env);
                collected::forget(base, env);
                match (&base.kind, index.as_str()) {
                    (ExprKind::Name(name), Some(key)) => {
                        let labels = self.seeds.derived(labels);
                        state::keep(self, place, base, Some(key), labels);
                        self.fills(place, name, Some(&key.into()), labels);
                        env.put(name, key, labels);
                    }
                    _ => self.put_into(place, base, labels, env),
                }
            }
            _ => {}
        }
    }

    /// `socket.onmessage = (event) => …`: what listens is given what the object carries.
    pub(super) fn listens(
        &mut self,
        place: &Place,
        target: &'s Expr,
        value: &'s Expr,
        env: &mut Env<'s>,
    ) {
        let ExprKind::Attribute { base, attr } = &target.kind else {
            return;
        };
        let (true, ExprKind::Lambda(id)) = (attr.starts_with("on"), &value.kind) else {
            return;
        };
        let carried = self.expr(place, base, env);
        if carried != 0 {
            let function = self.source.function(*id);
            let count = function.map_or(0, |function| function.params.len());
            self.function(*id, &super::Given::of(vec![carried; count]), env.clone());
        }
    }

    /// A name, or a member of `self`, that is given a function of the project holds it.
    fn keep_functions(
        &mut self,
        place: &Place,
        target: &'s Expr,
        value: &'s Expr,
        env: &mut Env<'s>,
    ) {
        if !matches!(
            value.kind,
            ExprKind::Name(_)
                | ExprKind::Attribute { .. }
                | ExprKind::Lambda(_)
                | ExprKind::Conditional(_)
        ) {
            return;
        }
        match &target.kind {
            // A name that is bound once is looked up by the resolver.
            ExprKind::Name(name) => {
                let functions = self.functions_of(place, value, env);
                if !functions.is_empty() {
                    env.hold(name, functions);
                }
            }
            ExprKind::Attribute { base, attr } => {
                if let Some(class) = self.own_class(place, base) {
                    let functions = self.functions_of(place, value, env);
                    self.held
                        .entry((class, attr.clone()))
                        .or_default()
                        .extend(functions);
                }
            }
            _ => {}
        }
    }

    /// A container that something is put into carries it.
    pub(super) fn put_into(
        &mut self,
        place: &Place,
        whole: &'s Expr,
        labels: Labels,
        env: &mut Env<'s>,
    ) {
        match &whole.kind {
            ExprKind::Name(name) => {
                let kept = self.seeds.derived(labels);
                state::keep(self, place, whole, None, kept);
                self.add_to(place, name, labels, env);
            }
            ExprKind::Attribute { base, attr } => {
                state::keep(self, place, whole, None, self.seeds.derived(labels));
                let own = self.own_class(place, base);
                // `talk.text = text`, of which a method of the class may take `self.text`.
                let class = own.or_else(|| {
                    let made = self.source.type_of(place.module, base);
                    made.and_then(|made| made.class)
                });
                match class {
                    Some(class) => {
                        *self.fields.entry((class, attr.clone())).or_default() |= labels;
                        if labels != 0 {
                            self.labelled.insert(attr.clone());
                        }
                    }
                    None if labels != 0 => *self.members.entry(attr.clone()).or_default() |= labels,
                    None => {}
                }
                match (own, &base.kind) {
                    (Some(_), _) => {}
                    (None, ExprKind::Name(name)) => {
                        let kept = self.seeds.derived(labels);
                        state::keep(self, place, base, Some(attr), kept);
                        self.fills(place, name, Some(attr), labels);
                        env.add_under(name, attr, kept);
                    }
                    (None, _) => self.put_into(place, base, labels, env),
                }
            }
            ExprKind::Subscript { base, .. } => self.put_into(place, base, labels, env),
            _ => {}
        }
    }

    /// Adds to what a name of the function holds, or of one around it.
    fn add_to(&mut self, place: &Place, name: &Name, labels: Labels, env: &mut Env<'s>) {
        self.fills(place, name, None, labels);
        env.add(name, self.seeds.derived(labels));
    }

    pub(super) fn is_global(&self, place: &Place, name: &str) -> bool {
        let Some(module) = self.source.module(place.module) else {
            return false;
        };
        let index = place.function.map_or(0, |id| id.index as usize + 1);
        module
            .scopes
            .get(index)
            .is_some_and(|scope| scope.outer.iter().any(|outer| &**outer == name))
    }

    pub(super) fn own_class(&self, place: &Place, base: &Expr) -> Option<ClassId> {
        let module = self.source.module(place.module)?;
        let function = module.function(place.function?)?;
        let (class, name) = receiver(module, function)?;
        (base.as_name() == Some(&*name)).then_some(class)
    }
}

/// `with contextlib.suppress(…):`
fn suppresses(with: &With) -> bool {
    with.items.iter().any(|item| {
        item.context.as_call().is_some_and(|call| {
            matches!(&call.callee.kind, ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } if &**name == "suppress")
        })
    })
}

/// Whether a body always leaves: what it did to names does not reach what follows.
pub(crate) fn ends(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| leaves_by(stmt, true))
}

/// Whether a call of a function never comes back. A decorator may catch what it raises.
fn always_raises(function: &Function) -> bool {
    let returns = |stmt: &&Stmt| matches!(stmt.kind, StmtKind::Return(_));
    !function.is_generator
        && function.decorators.is_empty()
        && leaves(&function.body)
        && !statements(&function.body).iter().any(returns)
}

/// Whether a body always leaves its function.
pub(crate) fn leaves(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| leaves_by(stmt, false))
}

/// Whether nothing that follows a statement is reached from it; `turns`: by the next turn of a loop, or its end, too.
fn leaves_by(stmt: &Stmt, turns: bool) -> bool {
    let all = |body: &[Stmt]| body.iter().any(|stmt| leaves_by(stmt, turns));
    match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Raise { .. } => true,
        StmtKind::Continue | StmtKind::Break => turns,
        StmtKind::If(branch) => {
            !branch.orelse.is_empty() && all(&branch.body) && all(&branch.orelse)
        }
        StmtKind::Block(body) => all(body),
        StmtKind::With(with) => !suppresses(with) && all(&with.body),
        StmtKind::Try(tried) => {
            all(&tried.finally)
                || (all(&tried.body) || all(&tried.orelse))
                    && tried.handlers.iter().all(|handler| all(&handler.body))
        }
        StmtKind::Expr(value) => ends_process(value),
        _ => false,
    }
}

/// `sys.exit(…)`, `process.exit(…)`, `os.abort()`.
fn ends_process(value: &Expr) -> bool {
    value.as_call().is_some_and(|call| match &call.callee.kind {
        ExprKind::Name(name) => matches!(&**name, "exit" | "quit" | "abort"),
        ExprKind::Attribute { base, attr } => {
            matches!(&**attr, "exit" | "_exit" | "abort")
                && matches!(base.as_name(), Some("sys" | "os" | "process"))
        }
        _ => false,
    })
}
