//! What is followed to a command: each field of a payload, each parameter, each text that a person types, with a label of its own,
//! and the tests that vouch for one.
//!
//! A label says where a value comes from; a second bit beside it, that the value is that field itself and not something made of
//! it. Only a test of the value itself speaks for whatever else was made of the field.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::quoting;
use super::sinks::Danger;
use crate::analysis::dataflow::{Flow, Kept, Labels, MOST_BODIES, Seeds, Truncation, Vouched};
use crate::analysis::handlers::ambient;
use crate::analysis::schema::{self, Fields, WHOLE};
use crate::analysis::tested::{Facts, proofs};
use crate::model::source::{
    ByteRange, EntrypointKind, Expr, ExprKind, FnId, Language, ModuleId, Source,
};

/// How many sources have a label of their own.
const SOURCES: usize = 31;
/// The label of sources beyond those: no test speaks for more than the value that it tests.
const OTHERS: Labels = 1 << 62;
/// The labels without the bits for a field itself.
const OF: Labels = ((1 << SOURCES) - 1) | OTHERS | WHOLE;

/// Where a flow begins.
#[derive(Clone, Copy)]
pub(super) enum Start {
    Function(FnId),
    /// What a module does at import.
    Module(ModuleId),
}

/// A source with a label of its own.
struct Origin {
    /// The labels of what it is taken out of.
    from: Labels,
    key: String,
    /// Its path in the payload.
    path: Option<String>,
    /// It is what a person types.
    typed: bool,
}

/// The sources of one flow, over all of its runs.
pub(super) struct Sources<'a> {
    pub(super) source: &'a Source,
    start: Start,
    /// What each parameter of the start carries.
    params: Vec<Labels>,
    /// Whether what a person types counts.
    typed: bool,
    origins: RefCell<Vec<Origin>>,
    /// What schemas say, by the path in the payload.
    rules: RefCell<Fields>,
    /// The sources that a schema restricts.
    restricted: RefCell<BTreeSet<usize>>,
    /// The danger whose tests are looked at.
    danger: Cell<Option<Danger>>,
    /// What other handlers have kept in the state of modules, by the danger that no test speaks against.
    kept: BTreeMap<Danger, Kept>,
    /// Most calls that the flow evaluates.
    most_bodies: u32,
    /// What classes test of their members.
    models: RefCell<schema::Models>,
    /// The placeholders that stand between quotes of their template, of the modules where that was asked.
    quotations: RefCell<BTreeMap<ModuleId, BTreeSet<ByteRange>>>,
}

/// Whether an object of a method's class is made of something: its constructor takes parameters, or a decorator or base makes one.
fn is_given_members(source: &Source, function: FnId) -> bool {
    let class = source
        .function(function)
        .and_then(|about| about.class)
        .and_then(|class| source.class(class));
    class.is_some_and(|class| {
        let constructor = class
            .method("__init__")
            .and_then(|made| source.function(made));
        match constructor {
            Some(constructor) => constructor.params.len() > 1,
            None => !class.decorators.is_empty() || !class.bases.is_empty(),
        }
    })
}

impl<'a> Sources<'a> {
    fn new(source: &'a Source, start: Start) -> Self {
        Self {
            source,
            start,
            params: Vec::new(),
            typed: false,
            origins: RefCell::default(),
            rules: RefCell::default(),
            restricted: RefCell::default(),
            danger: Cell::default(),
            kept: BTreeMap::new(),
            most_bodies: MOST_BODIES,
            models: RefCell::default(),
            quotations: RefCell::default(),
        }
    }

    /// What the caller of a handler sent, which is registered with these rules.
    pub(super) fn of_handler(
        source: &'a Source,
        function: FnId,
        (kind, payload): (EntrypointKind, &[usize]),
        rules: Fields,
    ) -> Self {
        let mut made = Self::new(source, Start::Function(function));
        let params = source
            .function(function)
            .map(|about| about.params.as_slice())
            .unwrap_or_default();
        made.params = vec![0; params.len()];
        // Frameworks for Python hold a parameter to its annotation.
        let held = matches!(
            kind,
            EntrypointKind::AgentTool
                | EntrypointKind::McpTool
                | EntrypointKind::Route
                | EntrypointKind::Middleware
        ) && source
            .module(function.module)
            .is_some_and(|module| module.language == Language::Python);
        for &index in payload {
            let Some(param) = params.get(index) else {
                continue;
            };
            let own = match held {
                true => schema::of_param(source, function.module, param),
                false => schema::Param::Payload,
            };
            let labels = match own {
                schema::Param::Field(rule) if rule.is_safe() => 0,
                schema::Param::Field(_) => made.origin(0, &param.name, None, false),
                schema::Param::Model(fields) => {
                    made.rules.borrow_mut().extend(fields);
                    WHOLE
                }
                schema::Param::Payload | schema::Param::Injected => WHOLE,
            };
            if let Some(slot) = made.params.get_mut(index) {
                *slot = labels;
            }
        }
        // What a route is registered with is held against the body of the request.
        if kind == EntrypointKind::Route {
            let of_body = rules.iter();
            let of_body = of_body.map(|(path, rule)| (format!("body.{path}"), *rule));
            made.rules.borrow_mut().extend(of_body);
        }
        made.rules.borrow_mut().extend(rules);
        made
    }

    /// What handlers keep in the state of modules, where a module reads it that is loaded.
    pub(super) fn of_handlers(source: &'a Source, module: ModuleId) -> Self {
        Self::new(source, Start::Module(module))
    }

    /// The same, after other handlers have run.
    pub(super) fn after<'k>(mut self, others: impl Iterator<Item = &'k (Danger, Kept)>) -> Self {
        for (danger, kept) in others {
            self.kept.entry(*danger).or_default().join(kept, WHOLE);
        }
        self
    }

    /// What an unknown caller gives, and what a person types.
    pub(super) fn of_anyone(source: &'a Source, start: Start) -> Self {
        let mut made = Self::new(source, start);
        made.typed = true;
        if let Start::Function(function) = start {
            let params = source
                .function(function)
                .map(|about| about.params.as_slice())
                .unwrap_or_default();
            made.params = params
                .iter()
                .map(|param| match &*param.name {
                    "self" | "cls" | "this" => 0,
                    name => made.origin(0, name, None, false),
                })
                .collect();
        }
        made
    }

    /// As [`Self::of_anyone`], for a method whose callers are not seen: they may have made its object, too.
    pub(super) fn of_unseen(source: &'a Source, function: FnId, most_bodies: u32) -> Self {
        let mut made = Self::of_anyone(source, Start::Function(function));
        made.most_bodies = most_bodies;
        if is_given_members(source, function) {
            let own = made.origin(0, "self", None, false);
            if let Some(slot) = made.params.first_mut().filter(|slot| **slot == 0) {
                *slot = own;
            }
        }
        made
    }

    /// Runs the flow: with the tests that speak against a danger, or, for None, whatever is tested.
    pub(super) fn flow(&self, danger: Option<Danger>, truncated: &mut Vec<Truncation>) -> Flow {
        self.danger.set(danger);
        let flow = match self.start {
            Start::Function(function) => Flow::run(self.source, function, self),
            Start::Module(module) => Flow::run_module(self.source, module, self),
        };
        truncated.extend(flow.truncated);
        flow
    }

    /// Reads what the schemas say that are applied on the way.
    pub(super) fn learn_schemas(&self, flow: &Flow) {
        let applied = schema::applied(self.source, flow, SOURCES);
        let mut rules = self.rules.borrow_mut();
        rules.extend(applied.whole);
        let origins = self.origins.borrow();
        for (bit, fields) in applied.of {
            if fields.get("").is_some_and(|rule| rule.is_safe()) {
                self.restricted.borrow_mut().insert(bit);
            }
            // A model that is made of a part of the payload.
            let place = origins.get(bit).and_then(|origin| origin.path.as_deref());
            let Some(place) = place else { continue };
            let inner = fields.into_iter().filter(|(path, _)| !path.is_empty());
            rules.extend(inner.map(|(path, rule)| (format!("{place}.{path}"), rule)));
        }
    }

    /// Whether all of it is what a person types.
    pub(super) fn is_typed(&self, labels: Labels) -> bool {
        let origins = self.origins.borrow();
        let mut any = false;
        for (bit, origin) in origins.iter().enumerate() {
            if labels & (1 << bit) != 0 {
                any = true;
                if !origin.typed {
                    return false;
                }
            }
        }
        any && labels & (OTHERS | WHOLE) == 0
    }

    /// The labels of what is taken out of something by a key, the same for each place where it is.
    fn origin(&self, from: Labels, key: &str, path: Option<String>, typed: bool) -> Labels {
        let mut origins = self.origins.borrow_mut();
        let known = origins
            .iter()
            .position(|origin| origin.from == from && origin.key == key);
        let bit = match known {
            Some(bit) => bit,
            None if origins.len() < SOURCES => {
                origins.push(Origin {
                    from,
                    key: key.to_owned(),
                    path,
                    typed,
                });
                origins.len() - 1
            }
            None => return OTHERS,
        };
        (1 << bit) | (1 << (bit + SOURCES))
    }

    /// What is taken out of a labelled value by a key.
    fn part(&self, labels: Labels, key: &str) -> Labels {
        let from = labels & OF;
        if from == 0 {
            return 0;
        }
        let (path, typed) = self.place(from, key);
        let safe = path.as_ref().is_some_and(|path| {
            let rules = self.rules.borrow();
            let rule = rules.get(path).or_else(|| rules.get(&of_schema(path)?));
            rule.is_some_and(|rule| rule.is_safe())
        });
        if safe {
            return 0;
        }
        let taken = self.origin(from, key, path, typed);
        let bit = taken.trailing_zeros() as usize;
        let restricted = self.restricted.borrow().contains(&bit);
        if taken & OTHERS != 0 {
            from
        } else if restricted {
            0
        } else {
            taken
        }
    }

    /// The path in the payload of what is taken out of that, and whether a person types it.
    fn place(&self, from: Labels, key: &str) -> (Option<String>, bool) {
        if from == WHOLE {
            return (Some(key.to_owned()), false);
        }
        let origins = self.origins.borrow();
        let mut of = origins
            .iter()
            .enumerate()
            .filter(|(bit, _)| from & (1 << bit) != 0)
            .map(|(_, origin)| origin);
        let typed = of.clone().all(|origin| origin.typed);
        let path = match (of.next(), of.next()) {
            (Some(only), None) if from & (WHOLE | OTHERS) == 0 => {
                only.path.as_ref().map(|path| format!("{path}.{key}"))
            }
            _ => None,
        };
        (path, typed && from & (WHOLE | OTHERS) == 0)
    }

    /// The function that an expression stands in.
    pub(super) fn function_at(&self, module: ModuleId, expr: &Expr) -> Option<FnId> {
        let function = self.source.module(module)?.function_at(expr.range.start)?;
        Some(function.id)
    }

    /// Whether a call is a placeholder between quotes of a template.
    fn is_in_a_quotation(&self, module: ModuleId, call: &Expr) -> bool {
        let mut known = self.quotations.borrow_mut();
        let inside = known.entry(module).or_insert_with(|| {
            let module = self.source.module(module);
            module.map(quoting::inside_quotations).unwrap_or_default()
        });
        inside.contains(&call.range)
    }

    fn counts(&self, facts: &Facts) -> bool {
        self.danger
            .get()
            .is_some_and(|danger| danger.is_met_by(facts))
    }
}

/// The key of what a schema gives for a value: its verdict with the value in it, or the value.
const PARSED: &str = "()";

/// The path that the rules of a schema have for what a schema gave: `name` for `().data.name`.
fn of_schema(path: &str) -> Option<String> {
    let (before, behind) = path.split_once(PARSED)?;
    let behind = behind.strip_prefix('.')?;
    let value = ["data.", "value.", "output."];
    let inner = value.iter().find_map(|member| behind.strip_prefix(member));
    Some(format!("{before}{}", inner.unwrap_or(behind)))
}

/// The key of the first word of a list.
const FIRST: &str = "[0]";
/// The key of each element.
const EACH: &str = "[]";

impl Seeds for Sources<'_> {
    fn most_bodies(&self) -> u32 {
        self.most_bodies
    }

    fn kept(&self) -> Kept {
        let mut all = Kept::default();
        for (danger, kept) in &self.kept {
            if self.danger.get().is_none_or(|of| of == *danger) {
                all.join(kept, WHOLE);
            }
        }
        all
    }

    fn param(&self, function: FnId, index: usize) -> Labels {
        match self.start {
            Start::Function(start) if start == function => {
                self.params.get(index).copied().unwrap_or(0)
            }
            _ => 0,
        }
    }

    fn expr(&self, module: ModuleId, expr: &Expr) -> Labels {
        if ambient::is_request(self.source, module, expr) {
            return WHOLE;
        }
        if !self.typed || !is_typed(self.source, module, expr) {
            return 0;
        }
        let key = format!("{}:{}", module.0, expr.range.start);
        self.origin(0, &key, None, true)
    }

    /// A member of a model that tests it is harmless, whoever made the model.
    fn read(&self, module: ModuleId, expr: &Expr, labels: Labels) -> Labels {
        let tested = labels != 0
            && matches!(expr.kind, ExprKind::Attribute { .. })
            && self
                .models
                .borrow_mut()
                .of_member(self.source, module, expr)
                .is_some_and(|rule| rule.is_safe());
        if tested {
            return 0;
        }
        labels | self.expr(module, expr)
    }

    fn enters(&self, function: FnId, index: usize, labels: Labels) -> Labels {
        let tested = labels != 0
            && schema::enforced(self.source, function, index).is_some_and(|rule| rule.is_safe());
        if tested { 0 } else { labels }
    }

    fn cleans(&self, module: ModuleId, call: &Expr) -> bool {
        if proofs::made(self.source, module, call).is_some_and(|(_, facts)| {
            let danger = self.danger.get();
            // Whatever is done with it, a number is no text.
            danger.is_some_and(|danger| danger.is_met_by(&facts)) || facts.typed && facts.number
        }) {
            return true;
        }
        match self.source.callee_name(module, call).unwrap_or_default() {
            "len" | "bool" | "Boolean" | "isinstance" | "ipaddress.ip_address" => true,
            _ => {
                let danger = self.danger.get();
                danger.is_none_or(|danger| danger == Danger::Shell)
                    && match quoting::makes_a_word(self.source, module, call) {
                        Some(quoting::Word::Quoted) => !self.is_in_a_quotation(module, call),
                        word => word.is_some(),
                    }
            }
        }
    }

    fn cleans_member(&self, _module: ModuleId, member: &str) -> bool {
        matches!(member, "length" | "size" | "session_id" | "request_id")
    }

    fn member(&self, module: ModuleId, member: &str, labels: Labels) -> Labels {
        if labels == 0 || self.cleans_member(module, member) {
            0
        } else {
            self.part(labels, member)
        }
    }

    fn method(&self, _module: ModuleId, _name: &str, labels: Labels) -> Labels {
        labels
    }

    fn taken_by_key(
        &self,
        module: ModuleId,
        _call: &Expr,
        (from, key): (&Expr, &Expr),
        labels: Labels,
    ) -> Option<Labels> {
        if labels != 0 {
            return Some(match key.as_str() {
                Some(key) => self.part(labels, key),
                None => self.derived(labels),
            });
        }
        // A table of commands, looked up by what came in.
        self.source.is_table(module, from).then_some(0)
    }

    fn item(&self, index: Option<&str>, labels: Labels) -> Labels {
        match index {
            Some(index) if labels != 0 => self.part(labels, &format!("[{index}]")),
            _ => self.derived(labels),
        }
    }

    fn element(&self, labels: Labels) -> Labels {
        self.part(labels, EACH)
    }

    fn whole(&self, labels: Labels) -> Labels {
        let origins = self.origins.borrow();
        let mut found = 0;
        for bit in 0..origins.len() {
            // The elements of an object are its keys: a test of them says nothing of what is taken out by one.
            let is_object = origins
                .iter()
                .any(|origin| origin.from & (1 << bit) != 0 && !origin.key.starts_with('['));
            if labels & (1 << bit) != 0 && !is_object {
                found |= (1 << bit) | (1 << (bit + SOURCES));
            }
        }
        found
    }

    fn derived(&self, labels: Labels) -> Labels {
        labels & OF
    }

    fn of_call(&self, module: ModuleId, call: &Expr, labels: Labels) -> Labels {
        let name = call.as_call().and_then(|call| match &call.callee.kind {
            ExprKind::Attribute { attr, .. } => Some(&**attr),
            ExprKind::Name(name) => Some(&**name),
            _ => None,
        });
        match name {
            _ if proofs::keeps_text(call) => labels,
            Some("safeParse" | "safeParseAsync" | "safeDecode" | "validate")
                if self.source.callee(module, call).is_none() =>
            {
                self.part(labels, PARSED)
            }
            // Each message of a stream is another one.
            Some(name)
                if ["receive", "recv", "readline", "read_message"]
                    .iter()
                    .any(|start| name.starts_with(start)) =>
            {
                self.part(labels, &format!("@{}:{}", module.0, call.range.start))
            }
            _ => self.derived(labels),
        }
    }

    fn refines(&self) -> bool {
        self.danger.get().is_some()
    }

    fn vouches<'e>(&'e self, module: ModuleId, test: &'e Expr, truth: bool) -> Vec<Vouched<'e>> {
        let mut found = proofs::vouched(self.source, module, (test, truth), |facts| {
            self.counts(facts)
        });
        if self.danger.get() == Some(Danger::Program) {
            for vouched in &mut found {
                vouched.value = list_of(vouched.value);
            }
        }
        found
    }

    fn proves<'e>(&'e self, module: ModuleId, expr: &'e Expr) -> Vec<&'e Expr> {
        proofs::proved(self.source, module, expr, |facts| self.counts(facts))
    }

    fn vouches_case(&self, pattern: &Expr) -> bool {
        proofs::is_literal_case(pattern) && self.counts(&Facts::ONE_OF_A_SET)
    }

    /// A test of the value itself speaks for all that was made of it; of what may be one of two, for neither.
    fn also(&self, labels: Labels) -> Labels {
        let selves = (labels & !OF) >> SOURCES;
        if selves.count_ones() != 1 {
            return 0;
        }
        let bit = selves.trailing_zeros() as usize;
        let mut found = (1 << bit) | (1 << (bit + SOURCES));
        // The first word is the program of the whole list.
        if self.danger.get() == Some(Danger::Program)
            && let Some(origin) = self.origins.borrow().get(bit)
            && origin.key == FIRST
        {
            found |= origin.from | (origin.from & ((1 << SOURCES) - 1)) << SOURCES;
        }
        found
    }
}

/// The list whose first word an expression is: `parts` of `parts[0]`, `command` of `shlex.split(command)[0]`.
fn list_of(value: &Expr) -> &Expr {
    let ExprKind::Subscript { base, index } = &value.kind else {
        return value;
    };
    if index.as_number() != Some(0.0) {
        return value;
    }
    let Some(call) = base.as_call() else {
        return base;
    };
    match &call.callee.kind {
        ExprKind::Attribute { attr, .. } if &**attr == "split" && !call.args.is_empty() => {
            // `shlex.split(command)`; `command.split(" ")` has no list that is named.
            call.args
                .first()
                .filter(|first| first.as_str().is_none())
                .unwrap_or(base)
        }
        ExprKind::Attribute { base: text, attr } if &**attr == "split" => text,
        _ => base,
    }
}

/// Whether an expression is what a person types: a prompt, the command line.
fn is_typed(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(_) => source.callee_name(module, expr).is_some_and(|name| {
            matches!(
                name,
                "input" | "prompt" | "sys.stdin.read" | "sys.stdin.readline"
            ) || name.ends_with("ArgumentParser.parse_args")
        }),
        ExprKind::Attribute { .. } => source
            .canonical(module, expr)
            .is_some_and(|name| matches!(name.as_str(), "sys.argv" | "process.argv")),
        _ => false,
    }
}
