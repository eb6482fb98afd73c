//! Calls: what goes into one, and what comes back.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::env::Env;
use super::fills::entries_put;
use super::{Engine, FnId, Given, Labels, Place, Summary, Taken};
use crate::analysis::limits;
use crate::analysis::runners::Runner;
use crate::analysis::tested::proofs;
use crate::model::source::ir::{Call, Conditional, Expr, ExprKind, Name};
use crate::model::source::module::{Function, Param, ParamKind};

/// Methods that put what they are given into what they are called on.
const PUTS: [&str; 13] = [
    "append",
    "add",
    "extend",
    "insert",
    "update",
    "push",
    "set",
    "setdefault",
    "unshift",
    "put",
    "put_nowait",
    "appendleft",
    "enqueue",
];

/// Most objects that are remembered for a parameter.
const MOST_GIVEN: usize = 16;
/// Most functions that hand an object on before its member is called.
const MOST_HANDS: u8 = 8;
/// Most objects that are looked at for one call of a member.
const MOST_LOOKS: usize = 64;

/// How far objects are followed that are handed on.
struct Hands {
    deep: u8,
    looks: usize,
}

impl<'s> Engine<'s> {
    /// The project's function that a call runs.
    pub(super) fn callee(&mut self, place: &Place, call: &'s Expr) -> Option<FnId> {
        let source = self.source;
        let found = *self
            .callees
            .entry((place.module, call.range))
            .or_insert_with(|| source.callee(place.module, call));
        found.or_else(|| match &call.as_call()?.callee.kind {
            ExprKind::Attribute { base, attr } => {
                let mut open = Hands {
                    deep: MOST_HANDS,
                    looks: MOST_LOOKS,
                };
                self.member_given(*place, base.as_name()?, attr, &mut open)
            }
            _ => None,
        })
    }

    /// The function that a member of a parameter is, of what the calls seen so far gave for it: an object of services that is handed
    /// down from where the program starts.
    fn member_given(
        &self,
        place: Place,
        name: &str,
        member: &str,
        open: &mut Hands,
    ) -> Option<FnId> {
        let mut around = place.function;
        while let Some(id) = around {
            let function = self.source.function(id)?;
            if function.params.iter().any(|param| *param.name == *name) {
                let given = self.given.get(&(id, Name::from(name)))?;
                let out_of_sight = || {
                    // Most members are those of texts and lists.
                    if self.is_own_function(member) {
                        limits::reached(limits::CALLERS, id.module, function.header);
                    }
                };
                if open.deep == 0 || open.looks < given.len() {
                    out_of_sight();
                    return None;
                }
                open.looks -= given.len();
                for (from, value) in given {
                    let mut found = self.source.member_function(from.module, value, member);
                    if let (None, Some(name)) = (found, value.as_name()) {
                        open.deep -= 1;
                        found = self.member_given(*from, name, member, open);
                        open.deep += 1;
                    }
                    if found.is_some() {
                        return found;
                    }
                }
                if given.len() == MOST_GIVEN {
                    out_of_sight();
                }
                return None;
            }
            around = function.parent;
        }
        None
    }

    /// Whether the project has a function of that name.
    fn is_own_function(&self, name: &str) -> bool {
        let all = self.functions.get_or_init(|| {
            let modules = self.source.modules.iter();
            let functions = modules.flat_map(|module| &module.functions);
            functions.map(|function| &*function.name).collect()
        });
        all.contains(name)
    }

    /// Remembers what a call gives for a parameter.
    fn gives(&mut self, place: &Place, function: &Function, index: usize, value: &'s Expr) {
        let object = matches!(
            value.kind,
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Call(_) | ExprKind::Dict(_)
        );
        let Some(param) = function.params.get(index).filter(|_| object) else {
            return;
        };
        let known = self
            .given
            .entry((function.id, param.name.clone()))
            .or_default();
        if known.len() < MOST_GIVEN && !known.iter().any(|(_, other)| std::ptr::eq(*other, value)) {
            known.push((*place, value));
        }
    }

    /// What goes into a call: what its callee carries, each argument, each keyword.
    fn goes_in(
        &mut self,
        place: &Place,
        call: &'s Call,
        key: Option<&str>,
        env: &mut Env<'s>,
    ) -> (Labels, Vec<Labels>, Vec<Labels>) {
        let callee = self.expr_as(place, &call.callee, Taken::Called(key), env);
        let args = call
            .args
            .iter()
            .map(|arg| self.argument(place, arg, call, env))
            .collect();
        let keywords = call
            .keywords
            .iter()
            .map(|keyword| {
                let labels = self.expr(place, &keyword.value, env);
                match keyword.name.as_deref() {
                    Some("inputs") => labels | self.read_from(place, &keyword.value, env),
                    _ => labels,
                }
            })
            .collect();
        (callee, args, keywords)
    }

    /// What comes from functions that whoever is called reads from: `agent.run(inputs=[receive])`.
    fn read_from(&mut self, place: &Place, value: &'s Expr, env: &Env<'s>) -> Labels {
        let items = match &value.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) => &**items,
            _ => std::slice::from_ref(value),
        };
        let mut all = 0;
        for item in items {
            for id in self.functions_of(place, item, env) {
                if let Some(function) = self.source.function(id) {
                    let around = self.around(function, env);
                    all |= self.function(id, &Given::default(), around).returned;
                }
            }
        }
        if all != 0 {
            let known = self.flow.facts.entry((place.module, value.range));
            *known.or_default() |= all;
        }
        all
    }

    /// What the project's function behind a call does with what it is given there.
    pub(super) fn summary(
        &mut self,
        place: &Place,
        expr: &'s Expr,
        call: &'s Call,
        env: &mut Env<'s>,
    ) -> Option<(FnId, Rc<Summary<'s>>)> {
        let id = self.callee(place, expr)?;
        let function = self.source.function(id)?;
        let (callee, args, keywords) = self.goes_in(place, call, None, env);
        let params = self.match_params(function, call, &args, &keywords, callee);
        let given = Given {
            functions: self.match_functions(place, function, call, env),
            keys: self.match_keys(function, call, env),
            labels: params,
        };
        Some((id, self.function(id, &given, self.around(function, env))))
    }

    pub(super) fn around(&self, function: &Function, env: &Env<'s>) -> Env<'s> {
        if function.parent.is_some() {
            env.clone()
        } else {
            Env::start(env.alive)
        }
    }

    pub(super) fn call(
        &mut self,
        place: &Place,
        expr: &'s Expr,
        call: &'s Call,
        env: &mut Env<'s>,
    ) -> Labels {
        // `x.get("key")` sees what is under that key only.
        let looked = keyed(call).filter(|(_, _, rest)| *rest == 1);
        let looked = looked.and_then(|(from, key, _)| Some((from.as_name()?, key.as_str()?)));
        let others = looked.map(|(name, _)| env.take_keys(name));
        let key = looked.map(|(_, key)| key);
        let (mut callee, args, keywords) = self.goes_in(place, call, key, env);
        if let (Some((name, key)), Some(others)) = (looked, others) {
            callee |= env.give_keys(others, name, key);
            if call.written_name() == "pop" {
                env.clear_under(name, key);
            }
        }
        let given = args
            .iter()
            .chain(&keywords)
            .fold(0, |all, labels| all | labels)
            | self.settled(place, call);
        if let ExprKind::Attribute { base, attr } = &call.callee.kind
            && PUTS.contains(&&**attr)
        {
            let put = match (&**attr, &*args) {
                // What a table is given under a key holds nothing of the key: `sessions.set(id, session)`.
                ("set" | "setdefault", [key, values @ ..])
                    if *key != 0 && self.source.is_table(place.module, base) =>
                {
                    values.iter().fold(0, |all, labels| all | labels)
                }
                _ => given,
            };
            match entries_put(call) {
                Some(entries) => self.put_each(place, base, &entries, env),
                None => self.put_into(place, base, put, env),
            }
        }
        self.changes_collected(call, env);
        self.asserted(place, expr, call, env);
        // `loop.call_soon_threadsafe(queue.put_nowait, event)`
        if let Some(function) = Runner::given(call)
            && let ExprKind::Attribute { base, attr } = &function.kind
            && PUTS.contains(&&**attr)
        {
            self.put_into(place, base, given, env);
        }
        if let Some((nodes, as_one)) = self.seeds.runs(place.module, expr) {
            return self.in_state_of(place, expr, (&nodes, as_one), env);
        }
        // What a name holds is a function of the project, whatever it is called.
        if self.seeds.cleans(place.module, expr)
            && self.held_by(place, &call.callee, env).is_empty()
        {
            return 0;
        }
        let dispatched = self.dispatched_by(place, expr, call);
        if let Some(id) = self.callee(place, expr).filter(|_| dispatched.is_empty()) {
            let Some(function) = self.source.function(id) else {
                return 0;
            };
            self.trace_given(place, function, call, (&args, &keywords));
            let bound = usize::from(self.is_bound(function));
            let constructor = matches!(&*function.name, "__init__" | "constructor");
            let params = self.match_params(function, call, &args, &keywords, callee);
            let into = Given {
                functions: self.match_functions(place, function, call, env),
                keys: self.match_keys(function, call, env),
                labels: params,
            };
            let summary = self.function(id, &into, self.around(function, env));
            self.came_back(id, call, &summary, env);
            self.come_filled(place, &summary, given_by(call, function, bound), env);
            self.demands(place, function, call, env);
            if constructor {
                return given;
            }
            if summary.whole == 0 {
                self.holds_apart(place, expr, summary.keys.clone());
            }
            return summary.returned;
        }
        let mut held = self.held_by(place, &call.callee, env);
        held.extend(dispatched);
        if !held.is_empty() {
            let alone = held.len() == 1;
            let mut all = 0;
            for id in held {
                let Some(function) = self.source.function(id) else {
                    continue;
                };
                self.trace_given(place, function, call, (&args, &keywords));
                let into = Given {
                    functions: self.match_functions(place, function, call, env),
                    keys: self.match_keys(function, call, env),
                    labels: self.match_params(function, call, &args, &keywords, callee),
                };
                let summary = self.function(id, &into, self.around(function, env));
                let bound = usize::from(self.is_bound(function));
                self.come_filled(place, &summary, given_by(call, function, bound), env);
                if alone && summary.whole == 0 {
                    self.holds_apart(place, expr, summary.keys.clone());
                }
                all |= summary.returned;
            }
            return all;
        }
        let handed = self.handed(place, call, &args, env);
        if handed.is_none()
            && let Some((from, key, rest)) = keyed(call)
        {
            let labels = match rest {
                1 => callee,
                _ => args.first().copied().unwrap_or(0),
            };
            let default = args
                .get(rest..)
                .unwrap_or_default()
                .iter()
                .chain(&keywords)
                .fold(0, |all, labels| all | labels);
            if let Some(taken) = self
                .seeds
                .taken_by_key(place.module, expr, (from, key), labels)
            {
                return taken | default;
            }
        }
        let labels = handed.unwrap_or(0) | given | callee;
        self.seeds.of_call(place.module, expr, labels)
    }

    /// What a promise is fulfilled with: `new Promise((resolve) => request.on("end", () => resolve(body)))`.
    fn settled(&self, place: &Place, call: &Call) -> Labels {
        let (true, Some("Promise"), [executor, ..]) =
            (call.is_new, call.callee.as_name(), &*call.args)
        else {
            return 0;
        };
        let ExprKind::Lambda(id) = &executor.kind else {
            return 0;
        };
        let (Some(module), Some(function)) =
            (self.source.module(id.module), self.source.function(*id))
        else {
            return 0;
        };
        let Some(resolve) = function.params.first().map(|param| &*param.name) else {
            return 0;
        };
        let is_resolve = |name: &Expr| {
            name.as_name() == Some(resolve)
                && module
                    .bindings_around(resolve, name.range.start)
                    .and_then(|(around, _)| around)
                    .is_some_and(|around| around.id == *id)
        };
        let labels = |value: &Expr| self.flow.labels(place.module, value);
        let inside = module.calls_within(function.range);
        inside.filter_map(Expr::as_call).fold(0, |all, call| {
            all | match &call.callee.kind {
                ExprKind::Name(_) if is_resolve(&call.callee) => {
                    call.args.first().map_or(0, labels)
                }
                // `request.once("data", resolve)`
                ExprKind::Attribute { base, .. } if call.args.iter().any(is_resolve) => {
                    labels(base)
                }
                _ => 0,
            }
        })
    }

    /// `assert(ok)`, `assert.ok(ok)`, `assert.equal(ok, true)` of Node.js raise unless that is so.
    fn asserted(&mut self, place: &Place, expr: &'s Expr, call: &'s Call, env: &mut Env<'s>) {
        let (Some(name), [test, rest @ ..]) = (call.callee.last_name(), &*call.args) else {
            return;
        };
        let truth = match &**name {
            "ok" | "assert" => true,
            "equal" | "strictEqual" => match rest.first().map(|wanted| &wanted.kind) {
                Some(ExprKind::Bool(wanted)) => *wanted,
                _ => return,
            },
            _ => return,
        };
        if self.seeds.refines() && proofs::asserts(self.source, place.module, expr) {
            self.refine(place, test, truth, env);
        }
    }

    /// The functions that a call may run, where what it calls is taken out of a container. A name that is the function's own is asked for
    /// nothing else.
    fn dispatched_by(&mut self, place: &Place, expr: &'s Expr, call: &'s Call) -> BTreeSet<FnId> {
        match &call.callee.kind {
            ExprKind::Name(name)
                if self
                    .callee(place, expr)
                    .and_then(|id| self.source.function(id))
                    .is_some_and(|function| *function.name == **name) =>
            {
                BTreeSet::new()
            }
            ExprKind::Name(_) | ExprKind::Subscript { .. } | ExprKind::Call(_) => {
                self.dispatched(place, &call.callee)
            }
            _ => BTreeSet::new(),
        }
    }

    /// Remembers which arguments a function was given.
    fn trace_given(
        &mut self,
        place: &Place,
        function: &'s Function,
        call: &'s Call,
        (args, keywords): (&[Labels], &[Labels]),
    ) {
        let here = (place.module, place.function);
        let bound = usize::from(self.is_bound(function));
        for (index, (arg, labels)) in call.args.iter().zip(args).enumerate() {
            let to = (function.id, index + bound);
            self.flow.trace.give(here, to, arg.range, *labels);
        }
        for (keyword, labels) in call.keywords.iter().zip(keywords) {
            let mut params = function.params.iter();
            let index = params.position(|param| Some(&param.name) == keyword.name.as_ref());
            if let Some(index) = index {
                let to = (function.id, index);
                self.flow.trace.give(here, to, keyword.value.range, *labels);
            }
        }
    }

    /// The functions of the project that a called name or member holds: given as an argument, kept in a name or in `self`.
    fn held_by(&self, place: &Place, callee: &Expr, env: &Env<'s>) -> BTreeSet<FnId> {
        let held = match &callee.kind {
            ExprKind::Name(name) => match env.held(name) {
                None => return self.decorated(place, name).into_iter().collect(),
                held => held,
            },
            ExprKind::Attribute { base, attr } => self
                .own_class(place, base)
                .and_then(|class| self.held.get(&(class, attr.clone()))),
            _ => None,
        };
        held.cloned().unwrap_or_default()
    }

    /// The function that a wrapper calls by the name under which its decorator was given it.
    fn decorated(&self, place: &Place, name: &str) -> Option<FnId> {
        let mut around = self.source.function(place.function?)?.parent;
        while let Some(id) = around {
            let function = self.source.function(id)?;
            if function.params.iter().any(|param| &*param.name == name) {
                return self.seeds.wrapped(id, name);
            }
            around = function.parent;
        }
        None
    }

    /// The functions of the project that a value is.
    pub(super) fn functions_of(
        &mut self,
        place: &Place,
        value: &'s Expr,
        env: &Env<'s>,
    ) -> BTreeSet<FnId> {
        match &value.kind {
            ExprKind::Lambda(id) => BTreeSet::from([*id]),
            ExprKind::Conditional(parts) => {
                let Conditional { body, orelse, .. } = &**parts;
                let mut found = self.functions_of(place, body, env);
                found.extend(self.functions_of(place, orelse, env));
                found
            }
            ExprKind::Name(_) | ExprKind::Attribute { .. } => {
                let held = self.held_by(place, value, env);
                if !held.is_empty() {
                    return held;
                }
                let source = self.source;
                let named = self
                    .named
                    .entry((place.module, value.range))
                    .or_insert_with(|| source.function_value(place.module, value));
                named.iter().copied().collect()
            }
            _ => BTreeSet::new(),
        }
    }

    /// The functions of the project that each parameter of a called function stands for.
    fn match_functions(
        &mut self,
        place: &Place,
        function: &'s Function,
        call: &'s Call,
        env: &Env<'s>,
    ) -> BTreeMap<usize, BTreeSet<FnId>> {
        let mut found: BTreeMap<usize, BTreeSet<FnId>> = BTreeMap::new();
        let bound = usize::from(self.is_bound(function));
        for (index, arg) in call.args.iter().enumerate() {
            self.gives(place, function, index + bound, arg);
            let functions = self.functions_of(place, arg, env);
            if !functions.is_empty() {
                found.entry(index + bound).or_default().extend(functions);
            }
        }
        for keyword in &call.keywords {
            let index = function
                .params
                .iter()
                .position(|param| Some(&param.name) == keyword.name.as_ref());
            let functions = self.functions_of(place, &keyword.value, env);
            if let Some(index) = index {
                self.gives(place, function, index, &keyword.value);
            }
            if let Some(index) = index
                && !functions.is_empty()
            {
                found.entry(index).or_default().extend(functions);
            }
        }
        found
    }

    /// An argument; a function given as a callback receives what the object it is given to carries (`items.map(x => …)`).
    pub(super) fn argument(
        &mut self,
        place: &Place,
        arg: &'s Expr,
        call: &'s Call,
        env: &mut Env<'s>,
    ) -> Labels {
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
        self.function(*id, &Given::of(vec![carried; count]), env.clone())
            .returned
    }

    /// Whether a function is given its receiver as first parameter.
    pub(super) fn is_bound(&self, function: &Function) -> bool {
        let python = self
            .source
            .module(function.id.module)
            .is_some_and(|module| module.language == crate::model::source::Language::Python);
        python && function.class.is_some() && !function.is_static
    }

    /// Labels of each parameter of a called function.
    pub(super) fn match_params(
        &self,
        function: &Function,
        call: &Call,
        args: &[Labels],
        keywords: &[Labels],
        callee: Labels,
    ) -> Vec<Labels> {
        let bound = self.is_bound(function);
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
        params
            .iter_mut()
            .skip(usize::from(bound))
            .for_each(|slot| *slot |= everywhere);
        params
    }
}

impl Given {
    /// Labels, and no functions.
    pub(super) fn of(labels: Vec<Labels>) -> Self {
        Self {
            labels,
            ..Self::default()
        }
    }
}

/// What a call gives for the parameters of a function; `bound` says how many of them it does not give itself.
pub(super) fn given_by<'s>(
    call: &'s Call,
    function: &'s Function,
    bound: usize,
) -> impl Fn(usize) -> Option<&'s Expr> {
    move |index| {
        let param = function.params.get(index)?;
        call.argument(index.checked_sub(bound)?, &param.name)
    }
}

/// What is taken out of what by a key, and from which argument on the default stands: `x.get("key", default)`, `x.pop("key")`,
/// `getattr(x, "key", default)`.
fn keyed(call: &Call) -> Option<(&Expr, &Expr, usize)> {
    match &call.callee.kind {
        ExprKind::Attribute { base, attr } if matches!(&**attr, "get" | "pop" | "setdefault") => {
            Some((base, call.args.first()?, 1))
        }
        ExprKind::Name(name) if &**name == "getattr" => {
            Some((call.args.first()?, call.args.get(1)?, 2))
        }
        _ => None,
    }
}
