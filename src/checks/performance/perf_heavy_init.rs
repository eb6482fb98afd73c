//! `perf-heavy-init`: Heavy initialization deferred to request time.

use std::collections::{BTreeMap, BTreeSet};

use super::heavy::{
    ASKS_HTTP, CALLS_AWS, CONNECTS, EMBEDS, FETCHES, LOADS, MCP, RUNS, STREAMS, entered, heavy,
};
use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::limits;
use crate::analysis::reachability::{Absent, Live};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, PlatformVersion};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::project::Agent;
use crate::model::source::walk::{Node, walk_node};
use crate::model::source::{
    ByteRange, EntrypointKind, Expr, ExprKind, FnId, Language, Module, ModuleId, Stmt, StmtKind,
};

pub(super) static CHECK: Check = Check {
    id: "perf-heavy-init",
    title: "Heavy initialization deferred to request time",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("perf_heavy_init.md"),
    references: &[
        "https://github.com/aws/agent-toolkit-for-aws/blob/main/plugins/aws-agents/skills/agents-harden/SKILL.md",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-troubleshooting.html",
    ],
    run,
};

/// Deepest chain of calls that is followed from an import.
const DEEPEST: u8 = 120;

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

/// A place in a module.
type Place = (ModuleId, ByteRange);

/// What runs before the agent is ready, as it is found.
struct Startup<'c, 'a> {
    code: AgentCode<'a>,
    live: &'c Live<'c, 'a>,
    /// Modules that are imported, in the order found.
    open: Vec<ModuleId>,
    imported: BTreeSet<ModuleId>,
    followed: BTreeSet<FnId>,
    /// In the main block: an event loop that runs there is the server's own.
    main: bool,
    /// Sites, with the place at import that leads to them where it is another.
    found: BTreeMap<Place, (&'static str, Option<Place>)>,
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let view = context.platform(Agent::Runtime(code.runtime));
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unset);
    let mut startup = Startup {
        code: *code,
        live: &live,
        open: code.code.entry.into_iter().collect(),
        imported: BTreeSet::new(),
        followed: BTreeSet::new(),
        main: false,
        found: BTreeMap::new(),
    };
    startup.run();
    if view.is_v2() {
        return once_per_version(code, &startup);
    }
    let name = &code.runtime.name;
    let count = startup.imported.len();
    if startup.found.is_empty() {
        let message = format!(
            "runtime {name} does nothing heavy while its {count} {}",
            if count == 1 {
                "module loads"
            } else {
                "modules load"
            }
        );
        return Outcome::pass(code.resource(), message);
    }
    let sites: Vec<Evidence> = startup
        .found
        .iter()
        .map(|((module, range), (does, from))| {
            let through = from.map_or(String::new(), |(module, range)| place(code, module, range));
            agent_code::evidence(code.source, *module, *range)
                .note(format!("{does} at import{through}"))
        })
        .collect();
    let waits = match view.version {
        Some(PlatformVersion::V1) => "on platform version V1 every cold start waits for it",
        _ => "every cold start waits for it on platform version V1",
    };
    let message = format!(
        "runtime {name} {} before it can answer: {waits}{}",
        listed(&startup),
        match view.version {
            Some(_) => String::new(),
            None => format!("; on V2 it is done once per version{}", view.words()),
        }
    );
    // Right on V2, but for what does not live through a snapshot.
    let breaks = startup.found.values().any(|(does, _)| OPENS.contains(does));
    let severity = match view.version {
        None if !breaks => Severity::Low,
        _ => Severity::Medium,
    };
    let outcome = Outcome::fail(code.resource(), message).severity(severity).evidences(sites).fix(
        Fix::new("Defer it to the first request").note(
            "Move the call into a function that makes the object once and keeps it (a module global that starts as None, or \
             `functools.lru_cache`; in TypeScript a promise kept in a variable), and call that function from the handler.",
        ),
    );
    match view.version {
        Some(_) => outcome,
        None => outcome.fix(Fix::new("Keep it at startup where the runtime is pinned to V2").note(
            "On platform version V2 models, indexes and warmed clients belong at startup: the snapshot is taken when they are there. Connections to databases and MCP servers do not live through it on either version. Pin the version (runtime-platform-version) or declare it (`platform-version` in agentcore-harden.toml).",
        )),
    }
}

/// What opens a connection that is dead after a restore.
const OPENS: [&str; 3] = [CONNECTS, MCP, STREAMS];

/// On platform version V2 startup runs once, when the version is made: what is heavy belongs there. What does not live through the
/// snapshot is judged by checks of its own.
fn once_per_version(code: &AgentCode<'_>, startup: &Startup<'_, '_>) -> Outcome {
    let name = &code.runtime.name;
    let sites = startup.found.iter().map(|((module, range), (does, _))| {
        let whose = match *does {
            does if OPENS.contains(&does) => {
                ": the connection is dead after a restore (snapshot-connections judges it)"
            }
            CALLS_AWS | ASKS_HTTP => {
                ": right for warming up; what it keeps is frozen (snapshot-stale-data judges it)"
            }
            _ => ": the right place on platform version V2",
        };
        agent_code::evidence(code.source, *module, *range)
            .note(format!("{does} at startup{whose}"))
            .context()
    });
    let sites: Vec<Evidence> = sites.collect();
    let lazy = lazy(code);
    let late = match lazy.is_empty() {
        true => String::new(),
        false => "; what is loaded on first use is paid by the first request of every session, and could be loaded at startup".to_owned(),
    };
    let message = match startup.found.is_empty() {
        true => format!(
            "runtime {name} does nothing heavy at startup, which runs once per version on platform version V2{late}"
        ),
        false => format!(
            "runtime {name} {} at startup: on platform version V2 that is done once per version, before the snapshot, within 120 s{late}",
            listed(startup)
        ),
    };
    Outcome::pass(code.resource(), message)
        .evidences(sites)
        .evidences(lazy)
}

/// Models and data that request code loads.
fn lazy(code: &AgentCode<'_>) -> Vec<Evidence> {
    let source = code.source;
    let handled: BTreeSet<FnId> = code
        .code
        .entrypoints
        .iter()
        .filter(|entry| entry.kind != EntrypointKind::Ping)
        .filter_map(|entry| entry.function)
        .flat_map(|id| source.reach(id))
        .collect();
    let loads = code.calls().filter_map(|(module, function, expr)| {
        let inside = function.is_some_and(|id| handled.contains(&id));
        let name = source.callee_name(module.id, expr).filter(|_| inside)?;
        let does = heavy(&name, expr.as_call()?, module.language)?;
        [LOADS, FETCHES, EMBEDS].contains(&does).then(|| {
            agent_code::evidence(source, module.id, expr.range)
                .note(format!(
                    "{does} in request code: on platform version V2 move it to startup"
                ))
                .context()
        })
    });
    loads.collect()
}

fn place(code: &AgentCode<'_>, module: ModuleId, range: ByteRange) -> String {
    let site = code.source.module(module).map(|module| module.site(range));
    site.and_then(|site| Some(format!(", called from {}:{}", site.path, site.span?.line)))
        .unwrap_or_default()
}

fn listed(startup: &Startup<'_, '_>) -> String {
    let does: BTreeSet<&str> = startup.found.values().map(|(does, _)| *does).collect();
    does.into_iter().collect::<Vec<_>>().join(", ")
}

impl<'a> Startup<'_, 'a> {
    fn run(&mut self) {
        let mut next = 0;
        while let Some(&id) = self.open.get(next) {
            next += 1;
            if !self.imported.insert(id) {
                continue;
            }
            let Some(module) = self.code.source.module(id) else {
                continue;
            };
            self.open.extend(self.code.packages_of(module));
            let script = self.code.code.starts(id);
            for stmt in module.import_time(false) {
                self.stmt(module, stmt, None, 0);
            }
            for function in &module.functions {
                let top = function.parent.is_none();
                let given = function
                    .params
                    .iter()
                    .filter_map(|param| param.default.as_deref());
                for expr in given.chain(&function.decorators).filter(|_| top) {
                    self.expr(module, expr, None, 0);
                }
            }
            if script {
                self.main_block(module);
            }
        }
    }

    /// What a script does before it serves: the main block up to `app.run()`.
    fn main_block(&mut self, module: &'a Module) {
        for stmt in &module.body {
            let StmtKind::If(branch) = &stmt.kind else {
                continue;
            };
            if !module.is_main_guard(&branch.test) {
                continue;
            }
            self.main = true;
            for stmt in &branch.body {
                if serves(self.code, module.id, stmt) {
                    break;
                }
                self.stmt(module, stmt, None, 0);
                if ends(self.code, module.id, stmt) {
                    break;
                }
            }
            self.main = false;
        }
    }

    fn stmt(&mut self, module: &'a Module, stmt: &'a Stmt, from: Option<Place>, depth: u8) {
        self.node(module, Node::Stmt(stmt), from, depth);
    }

    fn expr(&mut self, module: &'a Module, expr: &'a Expr, from: Option<Place>, depth: u8) {
        self.node(module, Node::Expr(expr), from, depth);
    }

    fn node(&mut self, module: &'a Module, node: Node<'a>, from: Option<Place>, depth: u8) {
        let mut calls: Vec<(&'a Expr, bool)> = Vec::new();
        let mut awaited: BTreeSet<ByteRange> = BTreeSet::new();
        let live = self.live;
        let mut imports = Vec::new();
        walk_node(node, &mut |_, node| {
            if !live.runs(module.id, node.range()) {
                return false;
            }
            match node {
                Node::Stmt(stmt) => match &stmt.kind {
                    StmtKind::Import(indexes) => imports.extend(indexes.iter().copied()),
                    StmtKind::With(with) => {
                        for item in &with.items {
                            calls.push((&item.context, true));
                        }
                    }
                    _ => {}
                },
                Node::Expr(expr) => match &expr.kind {
                    ExprKind::Await(inner) => {
                        awaited.insert(inner.range);
                    }
                    ExprKind::Call(_) => calls.push((expr, false)),
                    _ => {}
                },
                Node::Handler(_) | Node::Case(_) => {}
            }
            true
        });
        for index in imports {
            let import = module.imports.get(index);
            let target = import
                .filter(|import| !import.type_only)
                .and_then(|import| import.target);
            self.open.extend(target);
        }
        for (expr, entering) in calls {
            self.call(
                module,
                expr,
                entering,
                awaited.contains(&expr.range),
                from,
                depth,
            );
        }
    }

    fn call(
        &mut self,
        module: &'a Module,
        expr: &'a Expr,
        entering: bool,
        awaited: bool,
        from: Option<Place>,
        depth: u8,
    ) {
        let source = self.code.source;
        if entering {
            let made = source.type_of(module.id, expr);
            if let Some(does) = made.and_then(|made| entered(&made.type_name)) {
                self.found
                    .entry((module.id, expr.range))
                    .or_insert((does, from));
            }
            return;
        }
        let Some(call) = expr.as_call() else { return };
        let name = source.callee_name(module.id, expr);
        let does = name
            .as_deref()
            .and_then(|name| heavy(name, call, module.language));
        if let Some(does) = does.filter(|does| !self.main || *does != RUNS) {
            self.found
                .entry((module.id, expr.range))
                .or_insert((does, from));
        }
        for import in module
            .imports
            .iter()
            .filter(|import| import.dynamic && import.range == expr.range)
        {
            self.open.extend(import.target);
        }
        let Some(function) = source
            .callee(module.id, expr)
            .and_then(|id| source.function(id))
        else {
            return;
        };
        // A coroutine that nobody awaits and a generator that nobody iterates run nothing.
        let python = source
            .module(function.id.module)
            .is_some_and(|module| module.language == Language::Python);
        let waits = python && (function.is_generator || function.is_async && !awaited);
        if waits || !self.followed.insert(function.id) {
            return;
        }
        if depth >= DEEPEST {
            limits::reached(limits::CALLS, module.id, expr.range);
            return;
        }
        let Some(inside) = source.module(function.id.module) else {
            return;
        };
        let from = from.or(Some((module.id, expr.range)));
        for stmt in &function.body {
            if serves(self.code, inside.id, stmt) {
                break;
            }
            self.stmt(inside, stmt, from, depth + 1);
            if ends(self.code, inside.id, stmt) {
                break;
            }
        }
    }
}

/// Whether nothing behind a statement is reached: it returns or raises, or calls a function that does nothing but raise.
fn ends(code: AgentCode<'_>, module: ModuleId, stmt: &Stmt) -> bool {
    let value = match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Raise { .. } => return true,
        StmtKind::Expr(value) => Some(value),
        StmtKind::Assign(assign) => assign.value.as_deref(),
        _ => None,
    };
    let called = value
        .filter(|value| value.as_call().is_some())
        .and_then(|value| code.source.callee(module, value))
        .and_then(|id| code.source.function(id))
        .filter(|function| !function.is_async && !function.is_generator);
    called.is_some_and(|function| {
        let first = function.body.iter().find(|stmt| {
            !matches!(&stmt.kind, StmtKind::Expr(value) if value.as_str().is_some())
                && !matches!(stmt.kind, StmtKind::Nothing | StmtKind::Import(_))
        });
        first.is_some_and(|first| matches!(first.kind, StmtKind::Raise { .. }))
    })
}

/// Whether a statement starts serving: what stands behind it never runs before the agent is ready.
fn serves(code: AgentCode<'_>, module: ModuleId, stmt: &Stmt) -> bool {
    let (StmtKind::Expr(value) | StmtKind::Return(Some(value))) = &stmt.kind else {
        return false;
    };
    let Some(name) = code.source.callee_name(module, value) else {
        return false;
    };
    let last = crate::analysis::names::leaf(&name);
    let servers = [
        "App",
        "FastMCP",
        "Server",
        "Flask",
        "uvicorn",
        "Application",
        "web",
        "mcp",
    ];
    let owner = name
        .strip_suffix(last)
        .map_or("", |rest| rest.trim_end_matches('.'));
    last.starts_with("serve_")
        || matches!(
            last,
            "run" | "serve" | "serve_forever" | "run_app" | "listen" | "start"
        ) && servers.iter().any(|server| owner.ends_with(server))
}
