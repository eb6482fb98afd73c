//! Follows a handler through the project's functions to the calls that leave it, with what would catch their exceptions.

mod given;

use std::collections::{BTreeMap, BTreeSet};

use given::Frame;

use crate::model::source::ir::{ByteRange, Stmt, StmtKind};
use crate::model::source::walk::{expressions, is_tried, statements, sub_expressions};
use crate::model::source::{
    Call, EntrypointKind, Expr, ExprKind, FnId, Language, ModuleId, Source,
};

use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::parameter;
use crate::analysis::guards::{self, Fate, Guard};
use crate::analysis::limits;
use crate::analysis::names::{is_context_manager, leaf, package};
use crate::analysis::outward::{Reached, connects, outward};
use crate::analysis::runners::Runner;
use crate::analysis::waited::floats;

/// Deepest chain of calls that is followed.
const DEEPEST: usize = 120;
/// Most functions that are looked into for one runtime.
const MOST: usize = 20_000;

/// A call whose exceptions are not caught, logged and answered.
pub(crate) struct Exposed {
    /// The kind of handler.
    pub kind: EntrypointKind,
    /// The handler's name.
    pub entry: String,
    /// The handler.
    pub handler: FnId,
    /// What is called there, as written.
    pub callee: String,
    /// The place in the handler.
    pub site: (ModuleId, ByteRange),
    /// Where a function that it calls leaves the project.
    pub reaches: Option<(ModuleId, ByteRange)>,
    /// What it reaches.
    pub reached: Reached,
    /// What becomes of an exception.
    pub fate: Fate,
    /// Whether it runs only after the function that has the `try` is left.
    pub deferred: bool,
}

/// A walk over the handlers of a runtime.
pub(crate) struct Walker<'s> {
    source: &'s Source,
    /// What was found, in order.
    pub exposed: Vec<Exposed>,
    /// Calls that leave the project, seen in all.
    pub calls: usize,
    counted: BTreeSet<(ModuleId, ByteRange)>,
    /// The functions under which the calls are counted, with the functions that they are given.
    entered: BTreeSet<(FnId, Vec<FnId>)>,
    reported: BTreeMap<(ModuleId, ByteRange), usize>,
    looked: usize,
    /// The process itself listens to promises that reject and that nobody waits for.
    pub listens: bool,
}

/// Whether the process listens to rejections that nobody handles: they do not end it then.
pub(crate) fn listens(code: &AgentCode<'_>) -> bool {
    code.calls().any(|(_, _, expr)| {
        expr.as_call().is_some_and(|call| {
            let event = call.args.first().and_then(Expr::as_str);
            matches!(event, Some("unhandledRejection" | "uncaughtException"))
                && matches!(&call.callee.kind, ExprKind::Attribute { base, .. }
                    if base.as_name() == Some("process"))
        })
    })
}

/// A function with whether each guard outside of it logs and answers, and with the functions that its parameters hold.
type Visit = (FnId, Vec<(bool, bool)>, Vec<FnId>);

/// A call of a model or an agent in a function that may run, where no handler is seen to run it: what loading a module, a tool of an
/// agent or a task runs is left out. For code whose handlers are seen to call nothing.
pub(crate) fn unseen(code: &AgentCode<'_>) -> Option<(ModuleId, ByteRange, Reached)> {
    use EntrypointKind::{AgentTool, AsyncTask, Ping};
    let source = code.source;
    let callees = |module: ModuleId, body: &[Stmt]| -> Vec<FnId> {
        let all = expressions(body).into_iter();
        all.filter_map(|expr| source.callee(module, expr)).collect()
    };
    let entries = code.code.entrypoints.iter();
    let (others, handlers): (Vec<_>, Vec<_>) =
        entries.partition(|entry| matches!(entry.kind, AgentTool | AsyncTask | Ping));
    // Whichever way leads there, such handlers catch what comes back on it.
    let mut handlers = handlers
        .iter()
        .filter_map(|entry| entry.function)
        .peekable();
    if handlers.peek().is_some() && handlers.all(|id| catches_all(source, id)) {
        return None;
    }
    let mut open: Vec<FnId> = others.iter().filter_map(|entry| entry.function).collect();
    for module in code.modules() {
        open.extend(callees(module.id, &module.body));
    }
    let mut apart = BTreeSet::new();
    while let Some(id) = open.pop() {
        if apart.insert(id) {
            open.extend(callees(id.module, source.body(id.module, Some(id))));
        }
    }
    code.calls().find_map(|(module, function, expr)| {
        let reached = outward(source, module.id, expr)?.reached;
        let caught = || is_tried(source.body(module.id, function), expr.range);
        let open = reached.asks() && !apart.contains(&function?) && !caught();
        open.then_some((module.id, expr.range, reached))
    })
}

/// A call that gives a model or an agent what is no constant, in a function that may run and that neither a handler nor the loading of a
/// module is seen to run: what it is given comes by a way that is not followed.
pub(crate) fn out_of_sight(code: &AgentCode<'_>) -> Option<(ModuleId, ByteRange, Reached)> {
    let source = code.source;
    let entries = code.code.entrypoints.iter();
    let mut open: Vec<FnId> = entries.filter_map(|entry| entry.function).collect();
    for module in code.modules() {
        open.extend(source.runs(module.id, None));
    }
    let mut seen: BTreeSet<FnId> = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(source.runs(id.module, Some(id)));
        }
    }
    code.calls().find_map(|(module, function, expr)| {
        let function = function.filter(|id| !seen.contains(id) && code.may_run(*id))?;
        let reached = outward(source, module.id, expr)?.reached;
        let call = expr.as_call()?;
        let is_given = |value: &Expr| {
            parameter(source, module.id, value).is_some_and(|(of, _)| of == function)
        };
        let gives = call
            .values()
            .flat_map(sub_expressions)
            .any(|value| value.as_name().is_some() && is_given(value));
        (reached.asks() && gives).then_some((module.id, expr.range, reached))
    })
}

/// Whether all that a handler calls stands in a `try` with handlers.
fn catches_all(source: &Source, id: FnId) -> bool {
    source
        .body(id.module, Some(id))
        .iter()
        .all(|stmt| match &stmt.kind {
            StmtKind::Try(tried) => !tried.handlers.is_empty(),
            _ => {
                let calls = expressions(std::slice::from_ref(stmt)).into_iter();
                !{ calls }.any(|expr| expr.as_call().is_some())
            }
        })
}

/// Where the walk is: the handler that it started in.
struct Start {
    kind: EntrypointKind,
    function: FnId,
    name: String,
    seen: BTreeSet<Visit>,
}

/// The call of the handler under which the walk is.
#[derive(Clone)]
struct Under {
    site: (ModuleId, ByteRange),
    callee: String,
    /// Nobody waits for it.
    floats: bool,
}

/// A function that runs because of a call.
struct Run {
    function: FnId,
    /// It is what is called, and not given to what calls it.
    direct: bool,
    /// The functions that it and those around it are given.
    frame: Frame,
}

impl<'s> Walker<'s> {
    pub(crate) fn new(source: &'s Source) -> Self {
        Self {
            source,
            exposed: Vec::new(),
            calls: 0,
            counted: BTreeSet::new(),
            entered: BTreeSet::new(),
            reported: BTreeMap::new(),
            looked: 0,
            listens: false,
        }
    }

    /// Walks from a handler; `outside` is what its framework puts around it.
    pub(crate) fn entry(&mut self, kind: EntrypointKind, function: FnId, outside: &[Guard]) {
        let Some(found) = self.source.function(function) else {
            return;
        };
        let name = if found.name.is_empty() {
            "the handler".to_owned()
        } else {
            found.name.to_string()
        };
        let mut start = Start {
            kind,
            function,
            name,
            seen: BTreeSet::new(),
        };
        let mut trail: Vec<Guard> = outside.to_vec();
        trail.extend(guards::decorators(self.source, found).into_iter().rev());
        self.function(&mut start, function, &trail, None, &Frame::default(), 0);
    }

    /// `trail` holds the guards outside the function, outermost first.
    fn function(
        &mut self,
        start: &mut Start,
        id: FnId,
        trail: &[Guard],
        under: Option<&Under>,
        frame: &Frame,
        depth: usize,
    ) {
        let key = trail
            .iter()
            .map(|guard| (guard.conduct.logs, guard.conduct.answers))
            .collect();
        let given = frame.seen_by(self.source, id);
        if !start.seen.insert((id, key, given)) || self.stops(id, depth) {
            return;
        }
        let body = self.source.body(id.module, Some(id));
        for expr in expressions(body) {
            if let ExprKind::Call(call) = &expr.kind {
                self.call(start, id, expr, call, trail, under, frame, depth);
            }
        }
        for callee in set_listeners(self.source, id.module, body) {
            // As those that a call registers.
            self.function(start, callee, &[], under, frame, depth + 1);
        }
    }

    /// Whether the walk goes no further than this function, which it reports.
    fn stops(&mut self, id: FnId, depth: usize) -> bool {
        self.looked += 1;
        let stops = depth > DEEPEST || self.looked > MOST;
        if stops {
            let header = self.source.function(id).map(|function| function.header);
            limits::reached(limits::CALLS, id.module, header.unwrap_or_default());
        }
        stops
    }

    #[allow(clippy::too_many_arguments)]
    fn call(
        &mut self,
        start: &mut Start,
        id: FnId,
        expr: &'s Expr,
        call: &'s Call,
        trail: &[Guard],
        under: Option<&Under>,
        frame: &Frame,
        depth: usize,
    ) {
        let source = self.source;
        let body = source.body(id.module, Some(id));
        if self.floating(start, id, expr, call, frame, depth) {
            return;
        }
        let reached =
            outward(source, id.module, expr).or_else(|| connects(source, id.module, expr));
        if let Some(out) = reached {
            let at = if out.lazy {
                guards::consumed_at(body, expr.range)
            } else {
                Some(expr.range)
            };
            let local = at
                .map(|at| guards::around(source, id.module, Some(id), at))
                .unwrap_or_default();
            if self.counted.insert((id.module, expr.range)) {
                self.calls += 1;
            }
            let fate = guards::stream_fate(source, id.module, id, expr).unwrap_or_else(|| {
                guards::fate(local.into_iter().chain(trail.iter().rev().copied()))
            });
            if !matches!(fate, Fate::Handled) {
                self.report(
                    start,
                    id,
                    expr,
                    call,
                    under,
                    out.reached,
                    fate,
                    at.is_none(),
                );
            }
        }
        for callee in listeners(call) {
            // An event comes when whatever stands around here is left.
            self.function(start, callee, &[], under, frame, depth + 1);
        }
        for run in self.run_by(id.module, expr, call, frame) {
            let callee = run.function;
            let Some(function) = source.function(callee) else {
                continue;
            };
            let lazy = function.is_generator && run.direct && !is_context_manager(function);
            let at = if lazy {
                guards::consumed_at(body, expr.range)
            } else {
                Some(expr.range)
            };
            let local = at
                .map(|at| guards::around(source, id.module, Some(id), at))
                .unwrap_or_default();
            if matches!(
                guards::fate(local.iter().copied().chain(trail.iter().rev().copied())),
                Fate::Handled
            ) {
                self.count(start, callee, &run.frame, 0);
                continue;
            }
            let mut inner = trail.to_vec();
            inner.extend(local.into_iter().rev());
            inner.extend(guards::decorators(source, function).into_iter().rev());
            let nested =
                callee == start.function || guards::is_inside(source, function, start.function);
            let here = Under {
                site: (id.module, expr.range),
                callee: self.written(id.module, call),
                floats: false,
            };
            let under = match under {
                Some(under) => Some(under),
                None if nested => None,
                None => Some(&here),
            };
            self.function(start, callee, &inner, under, &run.frame, depth + 1);
        }
    }

    /// Counts the calls under a function that is handled as a whole.
    fn count(&mut self, start: &mut Start, id: FnId, frame: &Frame, depth: usize) {
        if self.stops(id, depth) {
            return;
        }
        for expr in expressions(self.source.body(id.module, Some(id))) {
            let ExprKind::Call(call) = &expr.kind else {
                continue;
            };
            if self.floating(start, id, expr, call, frame, depth) {
                continue;
            }
            if outward(self.source, id.module, expr).is_some()
                && self.counted.insert((id.module, expr.range))
            {
                self.calls += 1;
            }
            for run in self.run_by(id.module, expr, call, frame) {
                let given = run.frame.seen_by(self.source, run.function);
                if run.function != id && self.entered.insert((run.function, given)) {
                    self.count(start, run.function, &run.frame, depth + 1);
                }
            }
        }
    }

    /// Reports a promise of TypeScript that nobody waits for: `fetch(url);` inside of a `try` is not caught by it. True where it is one.
    fn floating(
        &mut self,
        start: &mut Start,
        id: FnId,
        expr: &'s Expr,
        call: &'s Call,
        frame: &Frame,
        depth: usize,
    ) -> bool {
        let source = self.source;
        let module = source.module(id.module);
        if self.listens || module.is_none_or(|module| module.language != Language::TypeScript) {
            return false;
        }
        let body = source.body(id.module, Some(id));
        let promises = |id: &FnId| {
            let function = source.function(*id);
            function.is_some_and(|function| function.is_async && !function.is_generator)
        };
        // `items.forEach(async (item) => { … })` waits for none of them.
        let each =
            matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if &**attr == "forEach");
        let run = match each {
            true => call
                .args
                .first()
                .and_then(|given| source.function_value(id.module, given)),
            false => source.callee(id.module, expr),
        };
        let run = run.filter(promises);
        let leaves = match run {
            Some(_) => None,
            None => outward(source, id.module, expr)
                .filter(|out| !out.lazy && gives_a_promise(source, id.module, expr)),
        };
        if run.is_none() && leaves.is_none() || !floats(body, expr.range) {
            return false;
        }
        let here = Under {
            site: (id.module, expr.range),
            callee: self.written(id.module, call),
            floats: true,
        };
        if let Some(out) = leaves {
            if self.counted.insert((id.module, expr.range)) {
                self.calls += 1;
            }
            let fate = Fate::Floating;
            self.report(start, id, expr, call, None, out.reached, fate, false);
        }
        if let Some(callee) = run {
            let guards = source
                .function(callee)
                .map(|function| guards::decorators(source, function));
            let trail: Vec<Guard> = guards.unwrap_or_default().into_iter().rev().collect();
            self.function(start, callee, &trail, Some(&here), frame, depth + 1);
        }
        true
    }

    #[allow(clippy::too_many_arguments)]
    fn report(
        &mut self,
        start: &Start,
        id: FnId,
        expr: &Expr,
        call: &Call,
        under: Option<&Under>,
        reached: Reached,
        fate: Fate,
        deferred: bool,
    ) {
        let floats = under.is_some_and(|under| under.floats);
        let fate = match fate {
            Fate::Uncaught | Fate::RaisedAgain(_) if floats => Fate::Floating,
            fate => fate,
        };
        let (site, callee, reaches) = match under {
            Some(under) => (
                under.site,
                under.callee.clone(),
                Some((id.module, expr.range)),
            ),
            None => ((id.module, expr.range), self.written(id.module, call), None),
        };
        // One handler that logs nothing is one thing to fix.
        let key = match fate {
            Fate::Unlogged(guard) => (guard.module, guard.range),
            _ => site,
        };
        if let Some(&index) = self.reported.get(&key) {
            // The agent itself tells more than the client beside it.
            if let Some(known) = self.exposed.get_mut(index)
                && reached < known.reached
                && known.reaches.is_some()
            {
                known.reached = reached;
                known.reaches = reaches;
                known.fate = fate;
            }
            return;
        }
        self.reported.insert(key, self.exposed.len());
        self.exposed.push(Exposed {
            kind: start.kind,
            entry: start.name.clone(),
            handler: start.function,
            callee,
            site,
            reaches,
            reached,
            fate,
            deferred,
        });
    }

    /// The functions of the project that run because of a call: the callee, arrow functions given to it, and functions given to
    /// what runs them. What the callee is seen to do with a function that it is given is looked at there.
    fn run_by(&self, module: ModuleId, expr: &'s Expr, call: &'s Call, frame: &Frame) -> Vec<Run> {
        let source = self.source;
        let mut found: Vec<Run> = Vec::new();
        let mut add = |function: FnId, direct: bool, frame: Frame| {
            if !found.iter().any(|run| run.function == function) {
                found.push(Run {
                    function,
                    direct,
                    frame,
                });
            }
        };
        let callees = match source.callee(module, expr) {
            Some(callee) => vec![callee],
            None => frame.functions(source, module, &call.callee),
        };
        let mut followed: BTreeSet<usize> = BTreeSet::new();
        for callee in callees {
            let passed = given::passed(call);
            add(
                callee,
                true,
                frame.entering(source, module, callee, &passed, &mut followed),
            );
        }
        let method = match &call.callee.kind {
            ExprKind::Attribute { attr, .. } => attr,
            ExprKind::Name(name) => name,
            _ => return found,
        };
        if REGISTERS.contains(&&**method) {
            return found;
        }
        let runner = Runner::of(call);
        if let Some(runner) = runner
            && let Some(run) = runner.function(call)
        {
            let passed = given::handed_on(runner, call);
            for callee in frame.functions(source, module, run) {
                let inner = frame.entering(source, module, callee, &passed, &mut followed);
                add(callee, false, inner);
            }
        }
        for value in call.values() {
            if followed.contains(&given::address(value)) {
                continue;
            }
            match &value.kind {
                ExprKind::Lambda(id) => add(*id, false, frame.clone()),
                ExprKind::Name(_) | ExprKind::Attribute { .. } if runner.is_some() => {
                    for function in frame.functions(source, module, value) {
                        add(function, false, frame.clone());
                    }
                }
                _ => {}
            }
        }
        found
    }

    fn written(&self, module: ModuleId, call: &Call) -> String {
        let text = self
            .source
            .module(module)
            .map_or("", |module| module.text(call.callee.range));
        // A chain over several lines is one name; of what holds words (`(store as any).add`) only the last name is printed.
        let parts: Vec<&str> = text.split_whitespace().collect();
        let is_chain = parts.windows(2).all(
            |two| matches!(two, [one, next] if one.ends_with('.') || next.starts_with(['.', '?'])),
        );
        let line = match (is_chain, call.callee.last_name()) {
            (false, Some(name)) => name.to_string(),
            (true, _) => parts.concat(),
            (false, None) => parts.join(" "),
        };
        let short: String = line.chars().take(60).collect();
        format!("{short}()")
    }
}

/// Packages whose clients answer with a promise.
const PROMISES: [&str; 12] = [
    "axios",
    "got",
    "ky",
    "undici",
    "node-fetch",
    "ofetch",
    "openai",
    "@anthropic-ai/sdk",
    "@strands-agents/sdk",
    "@modelcontextprotocol/sdk",
    "@langchain/langgraph",
    "bedrock-agentcore",
];

/// Whether a call that leaves is known to give a promise.
fn gives_a_promise(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    source.callee_name(module, expr).is_some_and(|name| {
        let top = package(name);
        name == "fetch"
            || top.starts_with("@aws-sdk/")
            || PROMISES.contains(&top)
            || top == "ai" && leaf(name).starts_with("generate")
    })
}

/// The functions that a call registers for an event: `socket.on('message', async (data) => …)`.
fn listeners(call: &Call) -> Vec<FnId> {
    let registers = matches!(&call.callee.kind, ExprKind::Attribute { attr, .. }
        if matches!(&**attr, "on" | "once" | "addEventListener"));
    let given = call.args.iter().skip(1).filter(|_| registers);
    given
        .filter_map(|arg| match arg.kind {
            ExprKind::Lambda(id) => Some(id),
            _ => None,
        })
        .collect()
}

/// The functions that are set for an event: `socket.onmessage = async (event) => …`.
fn set_listeners(source: &Source, module: ModuleId, body: &[Stmt]) -> Vec<FnId> {
    let mut found = Vec::new();
    for stmt in statements(body) {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        let sets = assign.targets.iter().any(|target| {
            matches!(&target.kind, ExprKind::Attribute { attr, .. }
                if matches!(&**attr, "onmessage" | "onopen" | "onclose" | "ondata"))
        });
        if sets && let Some(value) = &assign.value {
            found.extend(source.function_value(module, value));
        }
    }
    found
}

/// What is given functions to keep, not to run.
const REGISTERS: &[&str] = &[
    "tool",
    "add_node",
    "addNode",
    "add_conditional_edges",
    "addConditionalEdges",
    "add_edge",
    "registerTool",
    "on",
    "once",
    "addEventListener",
    "Agent",
    "FunctionTool",
    "DynamicStructuredTool",
    "Tool",
    "from_function",
    "catch",
    "add_tool",
    "add_hook",
    "add_callback",
    "MCPClient",
    "McpClient",
    "setRequestHandler",
    "get",
    "post",
    "use",
];
