//! What runs before the first healthy `/ping`, and what becomes of the values that it makes.
//!
//! Startup code is the module level of every module reached at import, class bodies, default and decorator arguments, the main
//! block up to the statement that serves, lifespan and startup hooks, the ping handler, the route of the warm-up hook, and each
//! function of the project that these call, with what making an object runs. Functions that are only handed on, entrypoints, routes and tools are request code.

mod begun;
mod drawn;
mod fate;
mod index;
mod intervals;
mod objects;
mod stacks;
mod threads;
mod ticking;
mod values;

pub(crate) use begun::{Beside, initialisations};
pub(crate) use fate::Fate;
pub(crate) use index::{call_at, expr_at};
pub(crate) use intervals::{clears_up, repeats};
pub use values::Cache;
pub(crate) use values::{Drawn, Made, Snapshot, snapshot};

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::objects::{Maker, Objects};
use self::threads::Threads;
use crate::analysis::agent_code::{AgentCode, starts_serving};
use crate::analysis::effects::loops_in_time;
use crate::analysis::handlers;
use crate::analysis::limits;
use crate::analysis::reachability::Live;
use crate::model::source::ir::LoopKind;
use crate::model::source::walk::{Node, expressions, statements, sub_expressions, walk_node};
use crate::model::source::{
    ByteRange, Call, Class, ClassId, Entrypoint, EntrypointKind, Expr, ExprKind, FnId, Function,
    Language, Module, ModuleId, Source, Stmt, StmtKind,
};

/// A place in a module.
pub(crate) type Place = (ModuleId, ByteRange);

/// Most functions that are followed from startup code.
const MOST: usize = 20_000;

/// A call, or the entering of a context manager, that happens at startup.
#[derive(Clone, Debug)]
pub(crate) struct StartCall<'a> {
    /// The module.
    pub module: ModuleId,
    /// The call; of a `with` item the manager.
    pub expr: &'a Expr,
    /// The function of the project that is called.
    pub callee: Option<FnId>,
    /// The canonical name of what is called.
    pub name: Option<Cow<'a, str>>,
    /// The place at import that leads to it, where it is another.
    pub from: Option<Place>,
    /// A context manager that is entered.
    pub entering: bool,
    /// The context lasts until the process serves.
    pub held: bool,
    /// Startup code waits for what the call begins.
    pub waited: bool,
    /// It makes the default of a field for the object that is made here.
    made_for: Option<Maker<'a>>,
    /// The stack of contexts that a context is entered by and that no `with` leaves.
    stack: Option<&'a Expr>,
}

impl StartCall<'_> {
    /// Whether the main block of a module holds it, or leads to it.
    pub(crate) fn is_of_main_block(&self, source: &Source) -> bool {
        let (module, range) = self.from.unwrap_or((self.module, self.expr.range));
        source.module(module).is_some_and(|module| {
            module.body.iter().any(|stmt| {
                matches!(&stmt.kind, StmtKind::If(branch) if module.is_main_guard(&branch.test))
                    && stmt.range.contains(range)
            })
        })
    }
}

/// What runs at startup.
pub(crate) struct Startup<'c, 'a> {
    code: AgentCode<'a>,
    live: &'c Live<'c, 'a>,
    /// The calls, in the order found.
    pub calls: Vec<StartCall<'a>>,
    /// Attributes that are read at startup, with the place that leads there.
    pub attributes: Vec<(ModuleId, &'a Expr, Option<Place>)>,
    /// The functions that run, with the place at import that leads to them.
    pub functions: BTreeMap<FnId, Option<Place>>,
    /// The modules that are imported.
    pub modules: BTreeSet<ModuleId>,
    /// More functions run than are followed.
    pub exhausted: bool,
    open: VecDeque<ModuleId>,
    queue: VecDeque<(FnId, Option<Place>)>,
    classes: BTreeSet<ClassId>,
    /// What threads run is followed, too.
    threads: bool,
    /// The threads that bodies start.
    started: BTreeMap<(ModuleId, Option<FnId>), Threads<'a>>,
    objects: Objects<'a>,
}

/// Functions that run a coroutine that they are given.
const RUNNERS: [&str; 12] = [
    "run",
    "run_until_complete",
    "gather",
    "wait_for",
    "create_task",
    "ensure_future",
    "run_sync",
    "run_coroutine_threadsafe",
    "async_to_sync",
    "wait",
    "shield",
    "start_soon",
];

/// Methods that call the function that they are given, at once or when a promise ends.
const CALLS_BACK: [&str; 12] = [
    "then", "catch", "finally", "map", "flatMap", "forEach", "filter", "reduce", "find", "some",
    "every", "sort",
];

impl<'c, 'a> Startup<'c, 'a> {
    /// Follows everything that runs before the snapshot: before the first healthy `/ping`, the handler of the ping included, and the
    /// routes of the warm-up hooks.
    pub(crate) fn new(code: &AgentCode<'a>, live: &'c Live<'c, 'a>, warmups: &[String]) -> Self {
        let mut queue = VecDeque::new();
        for entry in &code.code.entrypoints {
            let Some(function) = entry.function else {
                continue;
            };
            if is_ping(code.source, entry) {
                queue.push_back((function, None));
            } else if is_warmup(code.source, entry, warmups) {
                queue.push_back((function, Some((entry.module, entry.range))));
            }
        }
        Self::followed(code, live, queue, true)
    }

    /// Follows everything that must have run before the process serves: no thread beside it keeps it waiting.
    pub(crate) fn before_serving(code: &AgentCode<'a>, live: &'c Live<'c, 'a>) -> Self {
        Self::followed(code, live, VecDeque::new(), false)
    }

    fn followed(
        code: &AgentCode<'a>,
        live: &'c Live<'c, 'a>,
        queue: VecDeque<(FnId, Option<Place>)>,
        threads: bool,
    ) -> Self {
        let mut startup = Self {
            code: *code,
            live,
            calls: Vec::new(),
            attributes: Vec::new(),
            functions: BTreeMap::new(),
            modules: BTreeSet::new(),
            exhausted: false,
            open: code.code.entry.into_iter().collect(),
            queue,
            classes: BTreeSet::new(),
            threads,
            started: BTreeMap::new(),
            objects: Objects::default(),
        };
        startup.run();
        startup
    }

    fn run(&mut self) {
        loop {
            if let Some(id) = self.open.pop_front() {
                self.module(id);
            } else if let Some((id, from)) = self.queue.pop_front() {
                self.function(id, from);
            } else {
                return;
            }
        }
    }

    fn module(&mut self, id: ModuleId) {
        if !self.modules.insert(id) {
            return;
        }
        let Some(module) = self.code.source.module(id) else {
            return;
        };
        self.open.extend(self.code.packages_of(module));
        self.block(module, &module.body, None);
    }

    fn function(&mut self, id: FnId, from: Option<Place>) {
        if self.functions.contains_key(&id) {
            return;
        }
        let source = self.code.source;
        if self.functions.len() >= MOST {
            self.exhausted = true;
            let range = source
                .function(id)
                .map_or_else(ByteRange::default, |function| function.header);
            limits::reached(limits::CALLS, id.module, range);
            return;
        }
        self.functions.insert(id, from);
        if let (Some(module), Some(function)) = (source.module(id.module), source.function(id)) {
            self.block(module, &function.body, from);
        }
    }

    /// Runs a block; true where nothing behind it runs at startup.
    fn block(&mut self, module: &'a Module, block: &'a [Stmt], from: Option<Place>) -> bool {
        for (at, stmt) in block.iter().enumerate() {
            if self.live.is_off(module.id, stmt.range) {
                continue;
            }
            let rest = block.get(at + 1..).unwrap_or_default();
            if let Some((test, serving)) = self.the_way_to_serve(module, stmt, rest) {
                self.expr(module, test, from);
                return self.block(module, serving, from);
            }
            if self.stmt(module, stmt, from) {
                return true;
            }
        }
        false
    }

    /// The one branch of an `if` that serves, where nothing serves behind it: the other is a way of running that is no server, as
    /// `if "--serve" in sys.argv: uvicorn.run(app)` and `else: print(invoke(…))`.
    fn the_way_to_serve(
        &self,
        module: &'a Module,
        stmt: &'a Stmt,
        rest: &'a [Stmt],
    ) -> Option<(&'a Expr, &'a [Stmt])> {
        let StmtKind::If(branch) = &stmt.kind else {
            return None;
        };
        if module.language != Language::Python
            || branch.orelse.is_empty()
            || module.is_main_guard(&branch.test)
        {
            return None;
        }
        let serve = |block: &'a [Stmt]| block.iter().any(|stmt| self.runs_server(module, stmt));
        let serving = match (serve(&branch.body), serve(&branch.orelse)) {
            (true, false) => &branch.body,
            (false, true) => &branch.orelse,
            _ => return None,
        };
        // Few branches serve, so what stands behind is looked through seldom.
        (!serve(rest)).then_some((&branch.test, serving))
    }

    /// Whether a server is started in a statement or inside of it.
    fn runs_server(&self, module: &'a Module, stmt: &'a Stmt) -> bool {
        let mut found = false;
        walk_node(Node::Stmt(stmt), &mut |_, node| {
            if let Node::Stmt(inner) = node {
                found |= self.serves(module, inner);
            }
            !found
        });
        found
    }

    fn stmt(&mut self, module: &'a Module, stmt: &'a Stmt, from: Option<Place>) -> bool {
        match &stmt.kind {
            StmtKind::If(branch) => {
                if module.is_main_guard(&branch.test) {
                    let script = self.code.code.entry == Some(module.id);
                    return if script {
                        self.block(module, &branch.body, from)
                    } else {
                        self.block(module, &branch.orelse, from)
                    };
                }
                self.expr(module, &branch.test, from);
                let stopped = self.block(module, &branch.body, from);
                self.block(module, &branch.orelse, from) && stopped
            }
            StmtKind::Loop(looped) => {
                if let Some(iter) = &looped.iter {
                    self.expr(module, iter, from);
                }
                self.block(module, &looped.body, from);
                self.block(module, &looped.orelse, from)
            }
            StmtKind::Try(tried) => {
                let stopped = self.block(module, &tried.body, from);
                for handler in &tried.handlers {
                    self.block(module, &handler.body, from);
                }
                if stopped {
                    return true;
                }
                self.block(module, &tried.orelse, from) || self.block(module, &tried.finally, from)
            }
            StmtKind::With(with) => {
                let first = self.calls.len();
                for item in &with.items {
                    self.expr(module, &item.context, from);
                    self.calls.push(StartCall {
                        module: module.id,
                        expr: &item.context,
                        callee: None,
                        name: self
                            .code
                            .source
                            .type_of(module.id, &item.context)
                            .map(|made| made.type_name.into()),
                        from,
                        entering: true,
                        held: false,
                        waited: true,
                        made_for: None,
                        stack: None,
                    });
                }
                let last = self.calls.len();
                let stopped = self.block(module, &with.body, from);
                let serves = stopped
                    && with
                        .body
                        .iter()
                        .any(|stmt| self.serves_within(module, stmt));
                if serves && let Some(items) = self.calls.get_mut(first..last) {
                    for item in items.iter_mut().filter(|item| item.entering) {
                        item.held = true;
                    }
                }
                for item in &with.items {
                    let stack = item.target.as_ref().unwrap_or(&item.context);
                    self.left_with(stack, last, serves);
                }
                stopped
            }
            StmtKind::Switch(switch) => {
                self.expr(module, &switch.subject, from);
                for case in &switch.cases {
                    self.block(module, &case.body, from);
                }
                false
            }
            StmtKind::Block(body) => self.block(module, body, from),
            StmtKind::FunctionDef(id) => {
                if let Some(function) = module.function(*id) {
                    self.defined(module, function, from);
                }
                false
            }
            StmtKind::ClassDef(id) => {
                if let Some(class) = module.classes.get(id.index as usize) {
                    self.class(module, *id, class, from);
                }
                false
            }
            StmtKind::Import(indexes) => {
                for index in indexes {
                    let import = module.imports.get(*index);
                    let import = import.filter(|import| !import.type_only);
                    self.open.extend(import.and_then(|import| import.target));
                }
                false
            }
            _ => {
                let python = module.language == Language::Python;
                if python && self.serves(module, stmt) {
                    self.handed(module, stmt, from);
                    return true;
                }
                let mut yields = false;
                for child in Node::Stmt(stmt).children() {
                    if let Node::Expr(expr) = child {
                        self.expr(module, expr, from);
                        yields |= sub_expressions(expr)
                            .iter()
                            .any(|inner| matches!(inner.kind, ExprKind::Yield { .. }));
                    }
                }
                yields
                    || matches!(stmt.kind, StmtKind::Return(_) | StmtKind::Raise { .. })
                    || self.only_raises(module, stmt)
            }
        }
    }

    /// The arguments of the call that serves are still made at startup: `asyncio.run(main())`.
    fn handed(&mut self, module: &'a Module, stmt: &'a Stmt, from: Option<Place>) {
        for child in Node::Stmt(stmt).children() {
            let Node::Expr(expr) = child else { continue };
            let Some(call) = expr.as_call() else { continue };
            let keywords = call.keywords.iter().map(|keyword| &keyword.value);
            for value in call.args.iter().chain(keywords) {
                self.expr(module, value, from);
            }
        }
    }

    /// What the definition of a function evaluates.
    fn defined(&mut self, module: &'a Module, function: &'a Function, from: Option<Place>) {
        let python = module.language == Language::Python;
        let defaults = function
            .params
            .iter()
            .filter_map(|param| param.default.as_deref())
            .filter(|_| python);
        for expr in function.decorators.iter().chain(defaults) {
            self.expr(module, expr, from);
        }
        let startup = function.decorators.iter().any(|decorator| {
            decorator.as_call().is_some_and(|call| {
                matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if &**attr == "on_event")
                    && call.args.first().and_then(Expr::as_str) == Some("startup")
            }) || matches!(&decorator.kind, ExprKind::Attribute { attr, .. } if &**attr == "before_serving")
        });
        if startup {
            self.queue.push_back((function.id, from));
        }
    }

    fn class(&mut self, module: &'a Module, id: ClassId, class: &'a Class, from: Option<Place>) {
        for expr in class.bases.iter().chain(&class.decorators) {
            self.expr(module, expr, from);
        }
        for (_, method) in &class.methods {
            if let Some(method) = module.function(*method) {
                self.defined(module, method, from);
            }
        }
        if module.language == Language::Python {
            self.classes.insert(id);
            self.block(module, &class.body, from);
        } else {
            // Fields are made with each instance, but for the static ones.
            for stmt in &class.body {
                if is_static(module, stmt) {
                    self.stmt(module, stmt, from);
                }
            }
        }
    }

    /// The fields of a TypeScript class that is made at startup.
    fn instance(&mut self, id: ClassId, from: Option<Place>) {
        let source = self.code.source;
        let (Some(module), Some(class)) = (source.module(id.module), source.class(id)) else {
            return;
        };
        if module.language != Language::TypeScript || !self.classes.insert(id) {
            return;
        }
        for stmt in class.body.iter().filter(|stmt| !is_static(module, stmt)) {
            self.stmt(module, stmt, from);
        }
    }

    fn expr(&mut self, module: &'a Module, expr: &'a Expr, from: Option<Place>) {
        let live = self.live;
        let mut calls: Vec<(&'a Expr, bool)> = Vec::new();
        let mut attributes = Vec::new();
        let mut classes = Vec::new();
        walk_node(Node::Expr(expr), &mut |path, node| {
            let Node::Expr(expr) = node else {
                return true;
            };
            if live.is_off(module.id, expr.range) {
                return false;
            }
            match &expr.kind {
                ExprKind::Call(_) => calls.push((expr, runs(path))),
                ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => attributes.push(expr),
                ExprKind::Class(id) => classes.push(*id),
                ExprKind::Name(name) if values::may_be_process(module, name) => {
                    attributes.push(expr);
                }
                _ => {}
            }
            true
        });
        for id in classes {
            if let Some(class) = module.classes.get(id.index as usize) {
                self.class(module, id, class, from);
            }
        }
        let reads = attributes.into_iter();
        self.attributes
            .extend(reads.map(|expr| (module.id, expr, from)));
        for (expr, runs) in calls {
            self.call(module, expr, runs, from);
        }
    }

    fn call(&mut self, module: &'a Module, expr: &'a Expr, runs: bool, from: Option<Place>) {
        let source = self.code.source;
        let Some(call) = expr.as_call() else { return };
        let import = module.dynamic_import(expr.range);
        self.open.extend(import.and_then(|import| import.target));
        let callee = source.callee(module.id, expr);
        let name = source.callee_name(module.id, expr).map(Cow::from);
        self.calls.push(StartCall {
            module: module.id,
            expr,
            callee,
            name,
            from,
            entering: false,
            held: false,
            waited: runs,
            made_for: None,
            stack: None,
        });
        self.enters(module, call, from, runs);
        let deeper = from.or(Some((module.id, expr.range)));
        // A server that opens a session for each client runs its lifespan with each.
        let per_session = |name: &str| name.contains("FastMCP") || name.contains("MCPServer");
        let hooks = self
            .calls
            .last()
            .and_then(|call| call.name.as_deref())
            .is_none_or(|name| !per_session(name));
        if let Some(hook) = call.option("lifespan").filter(|_| hooks) {
            let function = source.function_value(module.id, hook);
            self.queue
                .extend(function.map(|function| (function, deeper)));
        }
        if let Some(ExprKind::List(hooks)) = call.option("on_startup").map(|hooks| &hooks.kind) {
            for hook in hooks {
                let function = source.function_value(module.id, hook);
                self.queue
                    .extend(function.map(|function| (function, deeper)));
            }
        }
        if let ExprKind::Attribute { attr, .. } = &call.callee.kind
            && matches!(&**attr, "add_event_handler" | "addHook")
            && let [event, hook, ..] = &*call.args
            && matches!(event.as_str(), Some("startup" | "onReady"))
        {
            let function = source.function_value(module.id, hook);
            self.queue
                .extend(function.map(|function| (function, deeper)));
        }
        // `app.on_startup.append(warm)`
        if let ExprKind::Attribute { base, attr } = &call.callee.kind
            && &**attr == "append"
            && matches!(&base.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "on_startup" | "cleanup_ctx"))
        {
            let hooks = call.args.iter();
            self.queue.extend(
                hooks
                    .filter_map(|hook| source.function_value(module.id, hook))
                    .map(|function| (function, deeper)),
            );
        }
        // `load().then((model) => …)`, `NAMES.map((name) => …)`
        if let ExprKind::Attribute { attr, .. } = &call.callee.kind
            && module.language == Language::TypeScript
            && CALLS_BACK.contains(&&**attr)
        {
            let functions = call
                .args
                .iter()
                .filter(|arg| matches!(arg.kind, ExprKind::Lambda(_)));
            self.queue.extend(
                functions
                    .filter_map(|arg| source.function_value(module.id, arg))
                    .map(|function| (function, deeper)),
            );
        }
        if self.threads {
            let function = self.in_a_thread(module, expr, call);
            self.queue
                .extend(function.map(|function| (function, deeper)));
        }
        if call.is_new
            && let crate::analysis::names::Meaning::Class(class) =
                source.meaning(module.id, &call.callee)
        {
            self.instance(class, deeper);
        }
        if module.language == Language::Python
            && let Some(class) = source.callee_class(module.id, call)
        {
            self.object(class, call, (module.id, expr), deeper);
        }
        let Some(function) = callee.and_then(|id| source.function(id)) else {
            return;
        };
        // A coroutine that nobody awaits and a generator that nobody iterates run nothing.
        let python = source
            .module(function.id.module)
            .is_some_and(|module| module.language == Language::Python);
        if python && function.is_async && !runs {
            return;
        }
        self.queue.push_back((function.id, deeper));
    }

    /// The function that a thread runs which startup code starts, where it comes to an end by itself: what goes round, or waits for
    /// somebody, goes on after the snapshot.
    fn in_a_thread(&mut self, module: &'a Module, expr: &'a Expr, call: &'a Call) -> Option<FnId> {
        const WAITS: [&str; 6] = [
            "wait",
            "acquire",
            "recv",
            "accept",
            "sleep",
            "serve_forever",
        ];
        let source = self.code.source;
        let name = source.callee_name(module.id, expr)?;
        let target = match name {
            "threading.Thread" if self.starts_thread(module, expr) => call.option("target"),
            _ if name.ends_with("PoolExecutor.submit") => call.args.first(),
            _ => None,
        };
        let function = source.function_value(module.id, target?)?;
        let goes_round = |stmt: &Stmt| match &stmt.kind {
            StmtKind::Loop(looped) => matches!(looped.kind, LoopKind::While),
            _ => false,
        };
        let waits = |expr: &Expr| {
            expr.as_call().is_some_and(|call| {
                let name = call.written_name();
                WAITS.contains(&name) || name == "get" && call.args.is_empty()
            })
        };
        let body = source.body(function.module, Some(function));
        let goes_on = statements(body).into_iter().any(goes_round)
            || expressions(body).into_iter().any(waits)
            || loops_in_time(source, function);
        (!goes_on).then_some(function)
    }

    /// Whether the body around a place starts the thread that is made there.
    fn starts_thread(&mut self, module: &'a Module, place: &Expr) -> bool {
        let function = module.function_at(place.range.start);
        let function = function.map(|function| function.id);
        let started = self.started.entry((module.id, function));
        let started = started.or_insert_with(|| Threads::of(module, module.body_of(function)));
        started.starts(place.range)
    }

    /// Whether a statement calls a function that does nothing but raise.
    fn only_raises(&self, module: &'a Module, stmt: &'a Stmt) -> bool {
        let value = match &stmt.kind {
            StmtKind::Expr(value) => Some(value),
            StmtKind::Assign(assign) => assign.value.as_deref(),
            _ => None,
        };
        let source = self.code.source;
        let called = value
            .filter(|value| value.as_call().is_some())
            .and_then(|value| source.function(source.callee(module.id, value)?))
            .filter(|function| !function.is_async && !function.is_generator);
        let first = called.and_then(|function| {
            function.body.iter().find(|stmt| {
                !matches!(&stmt.kind, StmtKind::Expr(value) if value.as_str().is_some())
                    && !matches!(stmt.kind, StmtKind::Nothing | StmtKind::Import(_))
            })
        });
        first.is_some_and(|first| matches!(first.kind, StmtKind::Raise { .. }))
    }

    /// Whether a statement starts serving: what stands behind it never runs before the agent is ready.
    fn serves(&self, module: &'a Module, stmt: &'a Stmt) -> bool {
        let value = match &stmt.kind {
            StmtKind::Expr(value) | StmtKind::Return(Some(value)) => value,
            StmtKind::Assign(assign) => match assign.value.as_deref() {
                Some(value) => value,
                None => return false,
            },
            _ => return false,
        };
        sub_expressions(value).into_iter().any(|expr| {
            let Some(call) = expr.as_call() else {
                return false;
            };
            let name = self.code.source.callee_name(module.id, expr);
            let name = name.unwrap_or_default();
            starts_serving(call, name)
                && !name.contains("MCPClient")
                && self.code.source.callee(module.id, expr).is_none()
        })
    }

    fn serves_within(&self, module: &'a Module, stmt: &'a Stmt) -> bool {
        let mut found = false;
        walk_node(Node::Stmt(stmt), &mut |_, node| {
            found = found
                || match node {
                    Node::Stmt(inner) => self.serves(module, inner),
                    Node::Expr(inner) => matches!(inner.kind, ExprKind::Yield { .. }),
                    Node::Handler(_) | Node::Case(_) => false,
                };
            !found
        });
        found
    }
}

/// Whether a call with these nodes around it is awaited, or handed to what runs it.
fn runs(path: &[Node<'_>]) -> bool {
    let Some(Node::Expr(parent)) = path.last() else {
        return false;
    };
    match &parent.kind {
        ExprKind::Await(_) | ExprKind::Starred(_) => true,
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { attr: name, .. } | ExprKind::Name(name) => {
                RUNNERS.contains(&&**name)
            }
            _ => false,
        },
        ExprKind::List(_) | ExprKind::Tuple(_) => path.iter().any(|node| {
            matches!(node, Node::Expr(expr) if expr.as_call().is_some_and(|call| matches!(
                &call.callee.kind,
                ExprKind::Attribute { attr: name, .. } | ExprKind::Name(name) if RUNNERS.contains(&&**name)
            )))
        }),
        _ => false,
    }
}

fn is_static(module: &Module, stmt: &Stmt) -> bool {
    let text = module.text(stmt.range);
    let words = text.split_whitespace().take(3);
    words
        .take_while(|word| {
            matches!(
                *word,
                "static" | "readonly" | "public" | "private" | "protected"
            )
        })
        .any(|word| word == "static")
}

/// Whether a handler answers the platform's ping.
pub(crate) fn is_ping(source: &Source, entry: &Entrypoint) -> bool {
    entry.kind == EntrypointKind::Ping || is_ping_route(source, entry)
}

/// Whether a handler answers the path `/ping`.
fn is_ping_route(source: &Source, entry: &Entrypoint) -> bool {
    has_path(source, entry, |path| path == "/ping")
}

/// Whether a handler answers the hook that the service calls before it takes the snapshot: the path that the runtime configures,
/// or one that is called a warm-up, since nothing else calls such a route.
fn is_warmup(source: &Source, entry: &Entrypoint, warmups: &[String]) -> bool {
    has_path(source, entry, |path| {
        let path = path.trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        let plain = last.replace(['-', '_'], "").to_ascii_lowercase();
        let named = path.starts_with('/')
            && matches!(
                &*plain,
                "warmup" | "warm" | "prewarm" | "preload" | "warmuphook"
            );
        let configured = warmups
            .iter()
            .any(|known| known.trim_end_matches('/') == path);
        named || (configured && !path.is_empty())
    })
}

/// Whether a route is registered under a path that fits.
fn has_path(source: &Source, entry: &Entrypoint, fits: impl Fn(&str) -> bool) -> bool {
    entry.kind == EntrypointKind::Route
        && handlers::registering(source, entry).is_some_and(|call| {
            let mut values = call.values();
            values.any(|value| value.as_str().is_some_and(&fits))
        })
}
