//! What becomes of a value: where it is kept, under which names, and where request code reads it.

mod kept;

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::index::{Index, Owner, around, holder, scope_of};
use super::{Place, StartCall};
use crate::analysis::agent_code::starts_serving;
use crate::analysis::call_sites::Callers;
use crate::analysis::exceptions::is_log;
use crate::analysis::names::{Meaning, leaf};
use crate::model::source::scope::receiver;
use crate::model::source::walk::{Node, walk};
use crate::model::source::{
    ByteRange, Call, ClassId, Expr, ExprKind, FnId, Language, Module, ModuleId, Source, Stmt,
    StmtKind, UnaryOp,
};

/// Most expressions that one value is followed through.
const STEPS: usize = 1_500;

/// What becomes of a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fate {
    /// Where request code reads it.
    pub read: Option<Place>,
    /// Where a prompt is made of it.
    pub prompt: Option<Place>,
    /// The name that it is first kept under, and where.
    pub kept: Option<(Place, String)>,
    /// Every name, key and parameter that it goes through.
    pub words: BTreeSet<String>,
    /// Those among them that stand beside the value itself.
    pub near: BTreeSet<String>,
    /// What request code takes from it: methods and attributes.
    pub touched: BTreeSet<String>,
    /// The functions of libraries that it is given to.
    pub given: BTreeSet<String>,
    /// It is compared, or decides a branch, right where it is drawn.
    pub compared: bool,
    /// It picks a letter of a text, again and again.
    pub spelt: bool,
    /// It is logged or printed.
    pub logged: bool,
    /// It leaves in what a handler answers.
    pub answered: bool,
    /// It is closed again, or waited for, by the code that made it.
    pub closed: bool,
    /// Request code puts another value in its place.
    pub renewed: bool,
    /// It is put into the environment of the process.
    pub environment: bool,
    /// It is kept by an object of a library.
    pub outside: bool,
    /// It is given to something that fetches it anew when it expires.
    pub refreshed: bool,
    /// More steps would be needed than are made.
    pub exhausted: bool,
}

impl Fate {
    /// Whether what was made at startup lives on in what requests use.
    pub(crate) fn is_kept(&self) -> bool {
        self.read.is_some() || self.environment || self.outside
    }
}

/// Keywords whose value a model reads.
const PROMPTS: [&str; 14] = [
    "system_prompt",
    "systemPrompt",
    "system",
    "prompt",
    "instructions",
    "instruction",
    "global_instruction",
    "backstory",
    "goal",
    "state_modifier",
    "system_message",
    "messages_modifier",
    "description",
    "persona",
];
/// Classes whose text a model reads.
const MESSAGES: [&str; 5] = [
    "SystemMessage",
    "HumanMessage",
    "SystemMessagePromptTemplate",
    "ChatPromptTemplate",
    "PromptTemplate",
];
/// Methods that put their argument into their object.
const MUTATORS: [&str; 15] = [
    "append",
    "add",
    "update",
    "setdefault",
    "insert",
    "extend",
    "appendleft",
    "push",
    "unshift",
    "set",
    "put",
    "put_nowait",
    "__setitem__",
    "set_default",
    "assign",
];
/// Methods that end what they are called on.
const ENDS: [&str; 14] = [
    "close",
    "aclose",
    "stop",
    "quit",
    "disconnect",
    "end",
    "terminate",
    "shutdown",
    "cancel",
    "join",
    "__exit__",
    "__aexit__",
    "dispose",
    "destroy",
];
/// Functions that hand what they are given to the server that then runs.
const SERVED: [&str; 8] = [
    "add_middleware",
    "init_app",
    "mount",
    "include_router",
    "use",
    "add_typedef",
    "to_a2a",
    "register_blueprint",
];
/// Decorators that keep what a function answered.
const CACHES: [&str; 8] = [
    "lru_cache",
    "cache",
    "cached",
    "alru_cache",
    "cached_property",
    "memoize",
    "once",
    "cachedmethod",
];

/// Which code a value is followed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Made at startup: followed in startup code, until request code reads it.
    Startup,
    /// Made per request: followed wherever it goes.
    Request,
}

/// Something that holds a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Name(ModuleId, Option<FnId>, String),
    Field(ClassId, String),
}

/// What the followers of all values of a runtime share.
pub(super) struct Ground<'x, 'a> {
    pub(super) callers: &'x Callers<'a>,
    pub(super) index: &'x Index<'a>,
    pub(super) calls: &'x [StartCall<'a>],
    pub(super) by_callee: HashMap<FnId, Vec<usize>>,
    pub(super) requests: &'x BTreeSet<FnId>,
    /// Functions that the platform or a framework calls.
    pub(super) handlers: BTreeSet<FnId>,
}

impl<'x, 'a> Ground<'x, 'a> {
    /// Follows a value.
    pub(super) fn follow(&'x self, module: ModuleId, expr: &'a Expr, mode: Mode) -> Fate {
        let mut follower = self.follower(mode);
        follower.queue.push_back((module, expr));
        follower.run();
        follower.fate
    }

    /// Follows the object that a name or an attribute at startup holds.
    pub(super) fn follow_object(&'x self, module: ModuleId, object: &'a Expr) -> Fate {
        let mut follower = self.follower(Mode::Startup);
        let place = self.callers.source().module(module);
        if let Some(place) = place {
            let (owner, _) = around(place, object.range);
            follower.bind(module, owner, object, 0);
        }
        follower.run();
        follower.fate
    }

    /// Where request code calls a function whose answers are kept.
    pub(super) fn cached(&self, function: FnId) -> Option<Place> {
        let source = self.callers.source();
        self.callers.of(function).iter().find_map(|used| {
            let inside = source
                .module(used.module)
                .and_then(|module| module.function_at(used.expr.range.start));
            inside
                .is_some_and(|inside| self.requests.contains(&inside.id))
                .then_some((used.module, used.expr.range))
        })
    }

    fn follower(&'x self, mode: Mode) -> Follower<'x, 'a> {
        Follower {
            ground: self,
            source: self.callers.source(),
            mode,
            fate: Fate::default(),
            queue: VecDeque::new(),
            seen: BTreeSet::new(),
            targets: BTreeSet::new(),
        }
    }
}

struct Follower<'x, 'a> {
    ground: &'x Ground<'x, 'a>,
    source: &'a Source,
    mode: Mode,
    fate: Fate,
    queue: VecDeque<(ModuleId, &'a Expr)>,
    seen: BTreeSet<Place>,
    targets: BTreeSet<Target>,
}

impl<'a> Follower<'_, 'a> {
    fn run(&mut self) {
        while let Some((module, expr)) = self.queue.pop_front() {
            if !self.seen.insert((module, expr.range)) {
                continue;
            }
            if self.seen.len() > STEPS {
                self.fate.exhausted = true;
                return;
            }
            self.climb(module, expr);
        }
    }

    fn is_request(&self, function: FnId) -> bool {
        self.ground.requests.contains(&function)
    }

    fn climb(&mut self, id: ModuleId, expr: &'a Expr) {
        let Some(module) = self.source.module(id) else {
            return;
        };
        let (owner, path) = around(module, expr.range);
        let at = path
            .iter()
            .position(|node| matches!(node, Node::Expr(found) if found.is(expr)));
        let Some(outer) = path.get(..at.unwrap_or_default()) else {
            return;
        };
        let mut child = expr;
        for node in outer.iter().rev() {
            match node {
                Node::Expr(parent) => {
                    if !self.through(id, owner, parent, child) {
                        return;
                    }
                    child = parent;
                }
                Node::Stmt(stmt) => return self.landed(id, owner, stmt, child),
                Node::Handler(_) | Node::Case(_) => return,
            }
        }
        match owner {
            Owner::Default(function, index) => self.default_of(function, index),
            Owner::Definition(function) => {
                let header = function.and_then(|id| self.source.function(id));
                let place = header.map_or((id, child.range), |found| (id, found.header));
                self.fate.read.get_or_insert(place);
            }
            Owner::Body(_) | Owner::Class(_) => {}
        }
    }

    /// Whether the value of `child` goes on in the value of `parent`.
    fn through(&mut self, id: ModuleId, owner: Owner, parent: &'a Expr, child: &'a Expr) -> bool {
        let is = |other: &Expr| other.is(child);
        match &parent.kind {
            ExprKind::Compare(_) => {
                self.fate.compared |= self.targets.len() <= 1;
                false
            }
            ExprKind::Unary {
                op: UnaryOp::Not | UnaryOp::TypeOf,
                ..
            } => {
                self.fate.compared |= self.targets.len() <= 1;
                false
            }
            ExprKind::Conditional(ways) if is(&ways.test) => {
                self.fate.compared |= self.targets.len() <= 1;
                false
            }
            ExprKind::Subscript { base, index } => {
                if is(index) {
                    // `text += LETTERS[Math.floor(Math.random() * 16)]`
                    return self.mode == Mode::Request
                        && self.source.string(id, base).is_some()
                        && self.spells(id, owner, parent);
                }
                if let Some(key) = index.as_str() {
                    self.word(key);
                }
                is(base)
            }
            ExprKind::Dict(entries) => {
                for entry in entries.iter().filter(|entry| is(&entry.value)) {
                    if let Some(key) = entry.key.as_ref().and_then(Expr::as_str) {
                        self.word(key);
                        self.prompted(id, key, parent.range);
                    }
                }
                true
            }
            ExprKind::Assign { target, value } => {
                if value.range.contains(child.range) {
                    self.bind(id, owner, target, 0);
                }
                true
            }
            ExprKind::Attribute { base, attr } if is(base) => {
                self.taken(attr);
                true
            }
            ExprKind::Yield { .. } => {
                self.given_out(id, owner, parent.range);
                false
            }
            ExprKind::Call(call) => {
                if is(&call.callee) {
                    return self.called_on(id, owner, call, parent);
                }
                self.argument(id, owner, parent, call, child)
            }
            _ => true,
        }
    }

    /// A method of the value is called.
    fn called_on(&mut self, id: ModuleId, owner: Owner, call: &'a Call, parent: &'a Expr) -> bool {
        let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
            return true;
        };
        if ENDS.contains(&&**attr) {
            // A string is joined too.
            let text = &**attr == "join"
                && call
                    .args
                    .first()
                    .is_some_and(|first| first.as_number().is_none());
            if !text {
                self.fate.closed |=
                    self.mode == Mode::Startup && !self.serves_before(id, owner, parent);
                return false;
            }
        }
        if is_log(self.source, id, parent, 0) {
            return false;
        }
        if matches!(&**attr, "get" | "pop" | "__getitem__")
            && let Some(key) = call.args.first().and_then(Expr::as_str)
        {
            self.word(key);
        }
        true
    }

    /// Whether a letter of a text is picked in a loop or in a callback, which makes text of such letters.
    fn spells(&mut self, id: ModuleId, owner: Owner, at: &'a Expr) -> bool {
        let Some(module) = self.source.module(id) else {
            return false;
        };
        let (_, path) = around(module, at.range);
        let looped = path
            .iter()
            .any(|node| matches!(node, Node::Stmt(stmt) if matches!(stmt.kind, StmtKind::Loop(_))));
        let called = match owner {
            Owner::Body(Some(function)) => holder(module, function).is_some_and(gathers),
            _ => false,
        };
        self.fate.spelt |= looped || called;
        looped || called
    }

    /// Whether the code around a place serves, or hands control back, before it: what comes then runs at shutdown.
    fn serves_before(&self, id: ModuleId, owner: Owner, at: &Expr) -> bool {
        let Owner::Body(function) = owner else {
            return false;
        };
        let body = self.source.body(id, function);
        let mut found = false;
        walk(body, &mut |_, node| {
            if let Node::Expr(expr) = node
                && expr.range.start < at.range.start
            {
                found |= match &expr.kind {
                    ExprKind::Yield { .. } => true,
                    ExprKind::Call(call) => {
                        let name = self.source.callee_name(id, expr).unwrap_or_default();
                        starts_serving(call, name)
                            && !name.contains("MCPClient")
                            && self.source.callee(id, expr).is_none()
                    }
                    _ => false,
                };
            }
            !found
        });
        found
    }

    fn argument(
        &mut self,
        id: ModuleId,
        owner: Owner,
        expr: &'a Expr,
        call: &'a Call,
        child: &'a Expr,
    ) -> bool {
        let name = self.source.callee_name(id, expr).unwrap_or_default();
        let written = call.written_name();
        let last = if name.is_empty() { written } else { leaf(name) };
        let keyword = call
            .keywords
            .iter()
            .find(|keyword| keyword.value.is(child))
            .and_then(|keyword| keyword.name.as_deref());
        if let Some(keyword) = keyword {
            self.word(keyword);
            self.prompted(id, keyword, expr.range);
        }
        if MESSAGES.contains(&last) {
            self.fate.prompt.get_or_insert((id, expr.range));
        }
        if is_log(self.source, id, expr, 0) {
            self.fate.logged = true;
            return false;
        }
        if matches!(
            name,
            "isinstance" | "bool" | "len" | "type" | "hasattr" | "id" | "Boolean" | "callable"
        ) {
            return false;
        }
        if matches!(last, "clearInterval" | "clearTimeout") {
            self.fate.closed |= self.mode == Mode::Startup && !self.serves_before(id, owner, expr);
            return false;
        }
        if matches!(last, "charAt" | "at")
            && self.mode == Mode::Request
            && let ExprKind::Attribute { base, .. } = &call.callee.kind
            && self.source.string(id, base).is_some()
        {
            return self.spells(id, owner, expr);
        }
        if keyword == Some("refresh_using")
            || call.option("refresh_using").is_some()
            || name.contains("RefreshableCredentials")
        {
            self.fate.refreshed = true;
            return false;
        }
        if let Some(function) = self.source.callee(id, expr) {
            return self.passed(function, call, child, keyword);
        }
        self.fate.given.insert(if name.is_empty() {
            written.to_owned()
        } else {
            name.to_owned()
        });
        match (name, &*call.args) {
            ("os.putenv" | "os.environ.setdefault" | "os.environ.update", _) => {
                self.fate.environment = true;
                return false;
            }
            ("setattr", [object, key, _]) if key.as_str().is_some() => {
                let key = key.as_str().unwrap_or_default();
                self.attribute(id, object, key, expr.range, 0);
                return false;
            }
            ("Object.assign", [object, ..]) if !object.is(child) => {
                self.bind(id, owner, object, 0);
                return true;
            }
            _ => {}
        }
        if let ExprKind::Attribute { base, attr } = &call.callee.kind
            && MUTATORS.contains(&&**attr)
        {
            if let Some(key) = call.args.first().and_then(Expr::as_str) {
                self.word(key);
            }
            self.bind(id, owner, base, 0);
            return &**attr == "setdefault";
        }
        if last.starts_with("serve") || SERVED.contains(&last) || name == "uvicorn.run" {
            self.fate.read.get_or_insert((id, expr.range));
        }
        true
    }

    /// The value is an argument of a function of the project.
    fn passed(&mut self, id: FnId, call: &'a Call, child: &'a Expr, keyword: Option<&str>) -> bool {
        let Some(function) = self.source.function(id) else {
            return true;
        };
        let python = self
            .source
            .module(id.module)
            .is_some_and(|module| module.language == Language::Python);
        let makes = matches!(&*function.name, "__init__" | "constructor");
        let method = python && function.class.is_some() && !function.is_static;
        let param = match keyword {
            Some(name) => function.params.iter().find(|param| &*param.name == name),
            None => call
                .args
                .iter()
                .position(|arg| arg.is(child))
                .and_then(|index| function.params.get(index + usize::from(method))),
        };
        let Some(param) = param.filter(|param| param.pattern.is_none()) else {
            return true;
        };
        self.word(&param.name);
        self.spread(Target::Name(id.module, Some(id), param.name.to_string()));
        makes
    }

    fn landed(&mut self, id: ModuleId, owner: Owner, stmt: &'a Stmt, child: &'a Expr) {
        match &stmt.kind {
            StmtKind::Assign(assign) => {
                let value = assign.value.as_deref();
                if value.is_some_and(|value| value.range.contains(child.range)) {
                    for target in &assign.targets {
                        self.bind(id, owner, target, 0);
                    }
                }
            }
            StmtKind::Return(_) => self.given_out(id, owner, stmt.range),
            StmtKind::With(with) => {
                for item in &with.items {
                    if let Some(target) = &item.target
                        && item.context.range.contains(child.range)
                    {
                        self.bind(id, owner, target, 0);
                    }
                }
            }
            StmtKind::Loop(looped) => match (&looped.iter, &looped.target) {
                (Some(iter), Some(target)) if iter.range.contains(child.range) => {
                    self.bind(id, owner, target, 0);
                }
                _ => self.fate.compared |= self.targets.len() <= 1,
            },
            StmtKind::If(_) | StmtKind::Switch(_) | StmtKind::Assert { .. } => {
                self.fate.compared |= self.targets.len() <= 1;
            }
            _ => {}
        }
    }

    fn bind(&mut self, id: ModuleId, owner: Owner, target: &'a Expr, depth: u8) {
        if depth > 60 {
            self.fate.exhausted = true;
            return;
        }
        match &target.kind {
            ExprKind::Name(name) => {
                self.word(name);
                self.keep(id, target.range, name);
                let Some(module) = self.source.module(id) else {
                    return;
                };
                if let Owner::Class(class) = owner {
                    return self.spread(Target::Field(class, name.to_string()));
                }
                let scope = scope_of(module, name, target.range.start);
                self.spread(Target::Name(id, scope, name.to_string()));
            }
            ExprKind::Attribute { base, attr } => {
                self.attribute(id, base, attr, target.range, depth);
            }
            ExprKind::Subscript { base, index } => {
                if let Some(key) = index.as_str() {
                    self.word(key);
                }
                if self.is_environment(id, base) {
                    self.fate.environment = true;
                    return;
                }
                self.bind(id, owner, base, depth + 1);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                for item in items {
                    self.bind(id, owner, item, depth + 1);
                }
            }
            ExprKind::Dict(entries) => {
                for entry in entries {
                    self.bind(id, owner, &entry.value, depth + 1);
                }
            }
            ExprKind::Starred(inner) => self.bind(id, owner, inner, depth + 1),
            ExprKind::Assign { target, .. } => self.bind(id, owner, target, depth + 1),
            _ => {}
        }
    }

    fn is_environment(&self, id: ModuleId, base: &'a Expr) -> bool {
        let name = self.source.canonical(id, base);
        matches!(name.as_deref(), Some("os.environ" | "process.env"))
    }

    /// The value is kept as an attribute of an object.
    fn attribute(&mut self, id: ModuleId, base: &'a Expr, attr: &str, at: ByteRange, depth: u8) {
        self.word(attr);
        self.keep(id, at, attr);
        if self.is_environment(id, base) {
            self.fate.environment = true;
            return;
        }
        let Some(module) = self.source.module(id) else {
            return;
        };
        let function = module.function_at(base.range.start);
        if let Some((class, name)) = function.and_then(|function| receiver(module, function))
            && base.as_name() == Some(&*name)
        {
            return self.spread(Target::Field(class, attr.to_owned()));
        }
        match self.source.meaning(id, base) {
            Meaning::Module(module) => {
                self.spread(Target::Name(module, None, attr.to_owned()));
            }
            Meaning::Class(class) => self.spread(Target::Field(class, attr.to_owned())),
            Meaning::Instance(made) if made.class.is_some() => {
                let class = made.class;
                if let Some(class) = class {
                    self.spread(Target::Field(class, attr.to_owned()));
                }
            }
            // An object of a library: what it does with the value nobody sees.
            _ if self.mode == Mode::Startup => {
                let holder = root(base, depth).and_then(|name| {
                    let scope = scope_of(module, name, base.range.start)?;
                    Some((name, scope))
                });
                match holder.filter(|(name, scope)| !is_param(module, *scope, name)) {
                    Some((name, scope)) => {
                        self.spread(Target::Name(id, Some(scope), name.to_owned()));
                    }
                    None => self.fate.outside = true,
                }
            }
            _ => {}
        }
    }

    /// The value is returned or yielded.
    fn given_out(&mut self, id: ModuleId, owner: Owner, at: ByteRange) {
        let Owner::Body(Some(function)) = owner else {
            return;
        };
        let Some(found) = self.source.function(function) else {
            return;
        };
        if self.ground.handlers.contains(&function) {
            self.fate.answered = true;
        }
        self.word(&found.name);
        if self.mode == Mode::Request {
            for used in self.ground.callers.of(function).iter() {
                if used.called {
                    self.queue.push_back((used.module, used.expr));
                }
            }
            self.gathered(function);
            return;
        }
        self.gathered(function);
        let calls = self.ground.by_callee.get(&function).into_iter().flatten();
        let mut called = false;
        for call in calls.filter_map(|&call| self.ground.calls.get(call)) {
            called = true;
            self.queue.push_back((call.module, call.expr));
        }
        // What a lifespan yields is the state of every request.
        let yields = found.is_generator && !called;
        if yields {
            self.fate.read.get_or_insert((id, at));
        }
        if found.decorators.iter().any(is_cache) {
            self.cached(function);
        }
    }

    /// What a callback answers for each element is in what the call around it answers.
    fn gathered(&mut self, function: FnId) {
        let outer = self
            .source
            .module(function.module)
            .and_then(|module| holder(module, function))
            .filter(|outer| gathers(outer));
        self.queue
            .extend(outer.map(|outer| (function.module, outer)));
    }

    /// What a cached function answered at startup is what request code gets.
    fn cached(&mut self, function: FnId) {
        if let Some(read) = self.ground.cached(function) {
            self.fate.read.get_or_insert(read);
        }
    }

    /// The value is the default of a parameter.
    fn default_of(&mut self, function: FnId, index: usize) {
        let Some(found) = self.source.function(function) else {
            return;
        };
        let Some(param) = found.params.get(index) else {
            return;
        };
        self.word(&param.name);
        self.keep(function.module, param.range, &param.name);
        self.spread(Target::Name(
            function.module,
            Some(function),
            param.name.to_string(),
        ));
    }
}

/// Whether a call collects what its callback answers: `Array.from({ length: 6 }, () => …)`, `numbers.map(() => …)`, `load().then(…)`.
fn gathers(outer: &Expr) -> bool {
    outer.as_call().is_some_and(|call| {
        matches!(&call.callee.kind, ExprKind::Attribute { attr, .. }
            if matches!(&**attr, "from" | "map" | "flatMap" | "reduce" | "replace" | "replaceAll" | "then"))
    })
}

/// Whether a name of a function is one of its parameters.
fn is_param(module: &Module, function: FnId, name: &str) -> bool {
    let function = module.function(function);
    function.is_some_and(|found| found.params.iter().any(|param| &*param.name == name))
}

/// The name that a chain of attributes starts with.
fn root(base: &Expr, depth: u8) -> Option<&str> {
    match &base.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Attribute { base, .. } | ExprKind::Subscript { base, .. } if depth < 8 => {
            root(base, depth + 1)
        }
        _ => None,
    }
}

fn is_cache(decorator: &Expr) -> bool {
    let target = decorator.as_call().map_or(decorator, |call| &call.callee);
    match &target.kind {
        ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => CACHES.contains(&&**name),
        _ => false,
    }
}
