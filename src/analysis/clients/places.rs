//! Where code runs: in a handler that serves many callers, or in a script that a person starts.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rustc_hash::FxHashMap;

use crate::analysis::limits;
use crate::analysis::{call_sites, handlers};
use crate::model::source::ir::{Stmt, StmtKind};
use crate::model::source::module::BindingKind;
use crate::model::source::walk;
use crate::model::source::{
    ByteRange, EntrypointKind, Expr, ExprKind, FnId, Function, Language, Module, ModuleId, Source,
};

/// Which functions are handlers, over all modules that are looked at.
pub(crate) struct Places<'a> {
    pub(super) source: &'a Source,
    /// The modules.
    pub(crate) modules: Vec<ModuleId>,
    handlers: BTreeMap<FnId, (EntrypointKind, Vec<usize>)>,
    /// Where each function is used; made when it is first asked for.
    uses: OnceCell<FxHashMap<FnId, Vec<Use<'a>>>>,
}

/// Where a function is called, or given away to be called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use<'a> {
    /// The module.
    pub(crate) module: ModuleId,
    /// The function around it.
    pub(crate) caller: Option<FnId>,
    /// The call.
    pub(crate) expr: &'a Expr,
    /// It is called here, not given away.
    pub(crate) direct: bool,
    /// It is given to what runs it for each of several things.
    pub(crate) each: bool,
}

/// Packages that read a command line.
pub(super) const COMMAND_LINE: [&str; 10] = [
    "argparse",
    "click",
    "typer",
    "fire",
    "docopt",
    "optparse",
    "commander",
    "yargs",
    "minimist",
    "inquirer",
];
/// Packages whose scripts run once for every interaction of a user.
const INTERACTIVE: [&str; 3] = ["streamlit", "gradio", "chainlit"];
/// Folders of scripts, and of what tries things out.
const SCRIPT_FOLDERS: [&str; 11] = [
    "scripts",
    "script",
    "examples",
    "example",
    "demo",
    "demos",
    "cli",
    "bench",
    "benchmarks",
    "e2e",
    "notebooks",
];

impl<'a> Places<'a> {
    /// Reads the handlers of every module that runs or calls.
    pub(crate) fn new(source: &'a Source) -> Self {
        Self::of(source, super::modules(source))
    }

    /// Reads the handlers of these modules.
    pub(crate) fn of(source: &'a Source, modules: Vec<ModuleId>) -> Self {
        let mut handlers = BTreeMap::new();
        for entry in handlers::find(source, &modules) {
            if let Some(function) = entry.function {
                handlers
                    .entry(function)
                    .or_insert((entry.kind, entry.payload));
            }
        }
        for module in modules.iter().filter_map(|id| source.module(*id)) {
            for function in &module.functions {
                if is_lambda(module, function) {
                    handlers
                        .entry(function.id)
                        .or_insert((EntrypointKind::Lambda, vec![0]));
                }
                if is_route(module, function) {
                    handlers
                        .entry(function.id)
                        .or_insert((EntrypointKind::Route, vec![0, 1]));
                }
            }
            for function in wrapped_lambdas(source, module) {
                handlers
                    .entry(function)
                    .or_insert((EntrypointKind::Lambda, vec![0]));
            }
        }
        Self {
            source,
            modules,
            handlers,
            uses: OnceCell::new(),
        }
    }

    /// What kind of handler a function is.
    pub(crate) fn handler(&self, function: FnId) -> Option<EntrypointKind> {
        self.handlers.get(&function).map(|(kind, _)| *kind)
    }

    /// All handlers, with the parameters that carry what the caller sent.
    pub(crate) fn handlers(&self) -> impl Iterator<Item = (FnId, EntrypointKind, &[usize])> + '_ {
        self.handlers
            .iter()
            .map(|(id, (kind, payload))| (*id, *kind, payload.as_slice()))
    }

    /// The functions from which a function runs and which nothing in sight calls; None stands for the module's own body.
    pub(crate) fn roots(&self, of: FnId) -> Vec<(ModuleId, Option<FnId>)> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::from([of]);
        let mut open = vec![of];
        while let Some(function) = open.pop() {
            let uses = self.uses(function);
            if uses.is_empty() || self.handler(function).is_some() {
                found.push((function.module, Some(function)));
            }
            for used in uses {
                match used.caller {
                    None => found.push((used.module, None)),
                    Some(caller) if seen.insert(caller) => open.push(caller),
                    Some(_) => {}
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a module is started by a person: it reads a command line, has a main guard or stands among scripts, and serves
    /// nobody.
    pub(crate) fn is_script(&self, module: &Module) -> bool {
        let serves = self.handlers.keys().any(|id| id.module == module.id);
        let imports = |names: &[&str]| {
            module
                .imports
                .iter()
                .any(|import| names.contains(&import.module.split(['.', '/']).next().unwrap_or("")))
        };
        if serves || imports(&INTERACTIVE) {
            return false;
        }
        let folder = module
            .path
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        imports(&COMMAND_LINE)
            || folder.split('/').any(|part| SCRIPT_FOLDERS.contains(&part))
            || walk::statements(&module.body).iter().any(|stmt| {
                matches!(&stmt.kind, StmtKind::If(branch) if module.is_main_guard(&branch.test))
            })
            || module.path.rsplit('/').next().is_some_and(|name| {
                name.starts_with("invoke") || name.starts_with("demo") || name.starts_with("test")
            }) && top_level_call(module)
    }

    /// Whether a function runs once for each of many callers or turns: it is a handler, is called by one, or is called in a loop.
    /// `None` where nothing in sight calls it.
    pub(crate) fn repeated(&self, function: FnId) -> Option<Repeat> {
        self.repeated_by(function, &mut HashMap::new())
    }

    /// `known` holds what was found out on the way; a function that is being looked at is there with `None`.
    fn repeated_by(
        &self,
        function: FnId,
        known: &mut HashMap<FnId, Option<Repeat>>,
    ) -> Option<Repeat> {
        if let Some(found) = known.get(&function) {
            return *found;
        }
        known.insert(function, None);
        let found = self.repeated_here(function, known);
        known.insert(function, found);
        found
    }

    fn repeated_here(
        &self,
        function: FnId,
        known: &mut HashMap<FnId, Option<Repeat>>,
    ) -> Option<Repeat> {
        if let Some(kind) = self.handler(function) {
            return Some(match kind {
                EntrypointKind::WebSocket | EntrypointKind::AsyncTask | EntrypointKind::Ping => {
                    Repeat::Once
                }
                kind => Repeat::Handler(kind),
            });
        }
        let mut found = None;
        let range = self.source.function(function).map(|at| at.header);
        let Some(_step) = limits::step(limits::CALLERS, function.module, range.unwrap_or_default())
        else {
            return found;
        };
        for used in self.uses(function) {
            let (module, caller) = (used.module, used.caller);
            if caller == Some(function) {
                continue;
            }
            if used.each || in_loop(self.source.body(module, caller), used.expr.range) {
                return Some(Repeat::Loop);
            }
            let outer = match caller {
                None => Some(Repeat::Once),
                Some(caller) => self.repeated_by(caller, known).or_else(|| {
                    let script = self
                        .source
                        .module(module)
                        .is_some_and(|module| self.is_script(module));
                    script.then_some(Repeat::Once)
                }),
            };
            match outer {
                Some(Repeat::Once) | None => found = found.or(outer),
                repeated => return repeated,
            }
        }
        found
    }
}

impl<'a> Places<'a> {
    /// Where a function is called or given away to be called.
    pub(crate) fn uses(&self, function: FnId) -> &[Use<'a>] {
        self.uses
            .get_or_init(|| self.all_uses())
            .get(&function)
            .map_or(&[], Vec::as_slice)
    }

    fn all_uses(&self) -> FxHashMap<FnId, Vec<Use<'a>>> {
        let source = self.source;
        let mut found: FxHashMap<FnId, Vec<Use<'a>>> = FxHashMap::default();
        for module in self.modules.iter().filter_map(|id| source.module(*id)) {
            for used in call_sites::of_module(source, module) {
                let Some((caller, expr)) = module.call(used.call) else {
                    continue;
                };
                let each =
                    used.given
                        .and(expr.as_call())
                        .is_some_and(|call| match &call.callee.kind {
                            ExprKind::Attribute { attr, .. } => EACH.contains(&&**attr),
                            ExprKind::Name(name) => EACH.contains(&&**name),
                            _ => false,
                        });
                found.entry(used.function).or_default().push(Use {
                    module: module.id,
                    caller,
                    expr,
                    direct: used.given.is_none(),
                    each,
                });
            }
        }
        found
    }
}

/// What runs a function for each of several things.
const EACH: [&str; 10] = [
    "map",
    "forEach",
    "flatMap",
    "imap",
    "imap_unordered",
    "starmap",
    "mapSeries",
    "pMap",
    "every",
    "reduce",
];

/// How often a function runs in a life of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// For every request of a handler.
    Handler(EntrypointKind),
    /// In every turn of a loop.
    Loop,
    /// Once, or once per connection.
    Once,
}

/// Whether an expression stands in the body of a loop, or is the element of a comprehension.
pub(crate) fn in_loop(body: &[Stmt], range: ByteRange) -> bool {
    walk::path_to(body, range).iter().any(|node| match node {
        walk::Node::Stmt(Stmt {
            kind: StmtKind::Loop(looped),
            ..
        }) => looped.body.iter().any(|stmt| stmt.range.contains(range)),
        walk::Node::Expr(Expr {
            kind: ExprKind::Comprehension(inner),
            ..
        }) => inner.element.range.contains(range),
        _ => false,
    })
}

/// `handler(event, context)` at module level.
fn is_lambda(module: &Module, function: &Function) -> bool {
    if function.parent.is_some() || function.class.is_some() {
        return false;
    }
    let names: Vec<&str> = function
        .params
        .iter()
        .map(|param| param.name.trim_start_matches('_'))
        .collect();
    let exported = || {
        module
            .exports
            .iter()
            .any(|export| export.name.as_deref() == Some(&*function.name))
    };
    match module.language {
        Language::Python => matches!(names.as_slice(), ["event", "context" | "ctx" | ""]),
        Language::TypeScript => {
            matches!(&*function.name, "handler" | "lambdaHandler")
                && (exported() || names.first() == Some(&"event"))
        }
    }
}

/// The functions that an exported `handler` is made of: `awslambda.streamifyResponse(async (event, stream) => …)`,
/// `middy(run).use(cors())`, `Sentry.wrapHandler(run)`.
fn wrapped_lambdas(source: &Source, module: &Module) -> Vec<FnId> {
    let mut found = Vec::new();
    if module.language != Language::TypeScript {
        return found;
    }
    for name in ["handler", "lambdaHandler"] {
        let exports = module
            .exports
            .iter()
            .filter(|export| export.name.as_deref() == Some(name) && export.from.is_none());
        for export in exports {
            if let Some(value) = export.value.as_deref() {
                handed_on(source, module, value, &mut found);
            }
            let local = export.local.as_deref().unwrap_or(name);
            let scope = module.scopes.first();
            let bindings = scope.and_then(|scope| scope.names.get(local));
            for binding in bindings.into_iter().flatten() {
                if let BindingKind::Value { value, path, .. } = &binding.kind
                    && path.is_empty()
                {
                    handed_on(source, module, value, &mut found);
                }
            }
        }
    }
    found
}

/// The functions that a call is given, and the calls that its chain is made of.
fn handed_on(source: &Source, module: &Module, value: &Expr, found: &mut Vec<FnId>) {
    let mut open = vec![value];
    while let Some(expr) = open.pop() {
        let ExprKind::Call(call) = &expr.kind else {
            continue;
        };
        for arg in &call.args {
            match &arg.kind {
                ExprKind::Lambda(id) => found.push(*id),
                ExprKind::Name(_) => found.extend(source.function_value(module.id, arg)),
                ExprKind::Call(_) => open.push(arg),
                _ => {}
            }
        }
        if let ExprKind::Attribute { base, .. } = &call.callee.kind {
            open.push(base);
        }
    }
}

/// The handlers of a Next.js `route.ts`, SvelteKit `+server.ts` or `pages/api` file.
fn is_route(module: &Module, function: &Function) -> bool {
    if module.language != Language::TypeScript || function.parent.is_some() {
        return false;
    }
    let file = module.path.rsplit('/').next().unwrap_or("");
    let stem = file.split('.').next().unwrap_or("");
    let exported = |name: &str| {
        module
            .exports
            .iter()
            .any(|export| export.name.as_deref() == Some(name))
    };
    matches!(stem, "route" | "+server")
        && matches!(&*function.name, "GET" | "POST" | "PUT" | "PATCH" | "DELETE")
        && exported(&function.name)
        || module.path.contains("pages/api/")
            && exported("default")
            && matches!(&*function.name, "handler" | "default" | "")
}

fn top_level_call(module: &Module) -> bool {
    module.calls().any(|(function, _)| function.is_none())
}
