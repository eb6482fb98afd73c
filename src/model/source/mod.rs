//! The agent's source, understood: modules lowered into one tree for both languages, and look-ups over them.
//!
//! `collect::source` fills [`Source`]; nothing here reads a file.

pub mod canonical;
pub mod detect;
pub mod index;
pub mod ir;
pub mod memo;
pub mod module;
pub mod scope;
pub mod walk;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

pub use ir::{ByteRange, Call, Compare, Conditional, Expr, ExprKind, Stmt, StmtKind, UnaryOp};
pub use module::{Class, Function, Import, Language, Module, Param, Suppression};

use super::site::Site;

/// A module's index in [`Source::modules`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// A function of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FnId {
    /// The module.
    pub module: ModuleId,
    /// Index into [`Module::functions`].
    pub index: u32,
}

/// A class of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId {
    /// The module.
    pub module: ModuleId,
    /// Index into [`Module::classes`].
    pub index: u32,
}

/// All source that the checks look at.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Modules reachable from an entrypoint, and callers; ordered as found, the same in every run.
    pub modules: Vec<Module>,
    /// One per request, in the order asked.
    pub runtimes: Vec<RuntimeSource>,
    /// Files anywhere in the repository that invoke AgentCore or Bedrock (a reachable module may be one too).
    pub callers: BTreeSet<ModuleId>,
    /// Files outside of the runtimes that may run commands or evaluate code (a caller may be one too).
    pub commands: BTreeSet<ModuleId>,
    /// What could not be read or parsed.
    pub notes: Vec<SourceNote>,
    /// Words of the project's own stack that may name environment variables which it sets beside `envVars`.
    pub stack_words: BTreeSet<String>,
    /// Modules by name, made when the first is asked for: all of them are there by then.
    by_name: OnceLock<HashMap<ir::Name, Vec<ModuleId>>>,
    /// How long all texts are, in bytes, summed when somebody asks.
    bytes: OnceLock<u64>,
    /// Calls by the last name of what they call, sorted when somebody asks.
    calls_by_name: OnceLock<HashMap<ir::Name, Vec<(ModuleId, u32)>>>,
    /// Classes by the last names of their bases, sorted when somebody asks.
    by_base: OnceLock<HashMap<ir::Name, Vec<ClassId>>>,
    /// What functions have tested of their parameters, found out when somebody asks.
    pub(crate) validated: Arc<Mutex<memo::ByParameter>>,
    /// The classes that others derive from, found out when somebody asks.
    pub(crate) derived_from: OnceLock<HashSet<ClassId>>,
}

/// Most calls of a name that [`Source::calls_named`] gives.
pub(crate) const MOST_CALLS_OF_A_NAME: usize = 40;

/// The code of one runtime.
#[derive(Clone, Debug)]
pub struct RuntimeSource {
    /// The runtime's name.
    pub runtime: String,
    /// The code root, relative to the project root.
    pub code_root: String,
    /// The entry file's module; None when the file is not there or of no language that is read.
    pub entry: Option<ModuleId>,
    /// Modules that run, the entry first.
    pub reachable: Vec<ModuleId>,
    /// Modules of the tree that the code starts as processes of their own (`python -m`, an MCP server over stdio).
    pub programs: BTreeSet<ModuleId>,
    /// Functions of those modules that nothing which runs can call.
    pub idle: BTreeSet<FnId>,
    /// Handlers found in them.
    pub entrypoints: Vec<Entrypoint>,
    /// What runs before a route, with the same request. It answers nobody by itself.
    pub middleware: Vec<Entrypoint>,
    /// Imports that lead out of the tree.
    pub external: Vec<ExternalImport>,
    /// Imports that only the folder `src` of the code root answers, which is on no path unless something puts it there.
    pub below_src: Vec<ExternalImport>,
    /// Modules that a step copies into the code root before a deploy, read where they are copied from.
    pub copied: Vec<CopiedModule>,
}

/// A top-level module that a clone does not have in the code root, since git ignores it there, and that stands above it: a step
/// copies it before a deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedModule {
    /// Its name.
    pub name: String,
    /// The folder that holds the original, relative to the project root: empty for the root.
    pub from: String,
    /// The path of the copy.
    pub to: String,
}

impl CopiedModule {
    /// The path of the original without the ending of a file, relative to the project root.
    pub fn original(&self) -> String {
        match self.from.as_str() {
            "" => self.name.clone(),
            from => format!("{from}/{}", self.name),
        }
    }
}

impl RuntimeSource {
    /// Whether a module is started as a program, so that the body of its main guard runs.
    pub fn starts(&self, module: ModuleId) -> bool {
        self.entry == Some(module) || self.programs.contains(&module)
    }
}

/// An import that no file of the code root answers: the standard library, a dependency, or nothing.
#[derive(Clone, Debug)]
pub struct ExternalImport {
    /// The module that imports.
    pub module: ModuleId,
    /// Index into [`Module::imports`].
    pub import: usize,
    /// The top-level module (`google.adk.agents` is `google`) or npm package (`@scope/name`); for `./missing.js` the specifier.
    pub package: String,
    /// The module as written, relative dots resolved.
    pub dotted: String,
    /// Where the module is named.
    pub site: Site,
}

/// What kind of handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntrypointKind {
    /// `@app.entrypoint`, `invocationHandler.process`.
    Invocation,
    /// `@app.websocket`, `websocketHandler`.
    WebSocket,
    /// `@app.ping`, `pingHandler`.
    Ping,
    /// `@app.async_task`.
    AsyncTask,
    /// A route of Starlette, FastAPI, Flask, Express, Fastify, Hono.
    Route,
    /// What a web framework calls before a route: middleware, a dependency of FastAPI, `before_request`.
    Middleware,
    /// A tool, resource or prompt of an MCP server.
    McpTool,
    /// An A2A executor's `execute`, or what `serve_a2a` is given.
    A2a,
    /// An AG-UI handler, or what `serve_ag_ui` is given.
    AgUi,
    /// A Lambda handler.
    Lambda,
    /// A tool given to a framework's agent in this process (`@tool`, `tool({…})`): answers go to the model, not to the caller.
    AgentTool,
}

/// A function that the platform or a framework calls.
#[derive(Clone, Debug)]
pub struct Entrypoint {
    /// Which kind.
    pub kind: EntrypointKind,
    /// The function; None where an object of a library is served (`serve_a2a(StrandsA2AExecutor(agent))`).
    pub function: Option<FnId>,
    /// The module.
    pub module: ModuleId,
    /// Indexes of the parameters that carry what the caller sent.
    pub payload: Vec<usize>,
    /// The registration: decorator or call.
    pub range: ByteRange,
}

/// Something about a file that the report should say.
#[derive(Clone, Debug)]
pub struct SourceNote {
    /// What.
    pub kind: SourceNoteKind,
    /// In words.
    pub message: String,
    /// Where.
    pub site: Site,
}

/// The kinds of [`SourceNote`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceNoteKind {
    /// A syntax error; the rest of the file was read.
    Syntax,
    /// Over the size that is parsed.
    TooLarge,
    /// Nested so deep that it was not parsed.
    TooDeep,
    /// Not there, not readable, not UTF-8.
    Unreadable,
}

impl Source {
    /// Whether a module is of TypeScript, or of JavaScript.
    pub fn is_typescript(&self, id: ModuleId) -> bool {
        let module = self.module(id);
        module.is_some_and(|module| module.language == Language::TypeScript)
    }

    /// The module of that id.
    pub fn module(&self, id: ModuleId) -> Option<&Module> {
        self.modules.get(id.0 as usize)
    }

    /// The calls of what bears a name, in order: `answer(…)`, `self.answer(…)`, `answers.answer(…)`. One more than
    /// `MOST_CALLS_OF_A_NAME` where there are more.
    pub fn calls_named(&self, name: &str) -> impl Iterator<Item = (ModuleId, &ir::Expr)> {
        let by_name = self.calls_by_name.get_or_init(|| {
            let mut by_name: HashMap<ir::Name, Vec<(ModuleId, u32)>> = HashMap::new();
            for module in &self.modules {
                for ((_, expr), number) in module.calls().zip(0u32..) {
                    let Some(called) = expr.as_call().and_then(|call| call.callee.last_name())
                    else {
                        continue;
                    };
                    let named = by_name.entry(called.clone()).or_default();
                    if named.len() <= MOST_CALLS_OF_A_NAME {
                        named.push((module.id, number));
                    }
                }
            }
            by_name
        });
        let named = by_name.get(name).into_iter().flatten();
        named.filter_map(|(id, number)| Some((*id, self.module(*id)?.call(*number)?.1)))
    }

    /// The classes one of whose bases bears a name, in order.
    pub fn classes_with_base(&self, name: &str) -> impl Iterator<Item = &Class> {
        let by_base = self.by_base.get_or_init(|| {
            let mut by_base: HashMap<ir::Name, Vec<ClassId>> = HashMap::new();
            for class in self.modules.iter().flat_map(|module| &module.classes) {
                for base in class.bases.iter().filter_map(ir::Expr::last_name) {
                    by_base.entry(base.clone()).or_default().push(class.id);
                }
            }
            by_base
        });
        let found = by_base.get(name).into_iter().flatten();
        found.filter_map(|id| self.class(*id))
    }

    /// The modules of a name, in order: each code root may have one.
    pub fn modules_named(&self, name: &str) -> impl Iterator<Item = &Module> {
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name: HashMap<ir::Name, Vec<ModuleId>> = HashMap::new();
            for module in &self.modules {
                let named = by_name.entry(module.name.clone()).or_default();
                named.push(module.id);
            }
            by_name
        });
        let named = by_name.get(name).into_iter().flatten();
        named.filter_map(|id| self.module(*id))
    }

    /// How long the texts of all modules are, in bytes. All modules must be there.
    pub fn bytes(&self) -> u64 {
        *self.bytes.get_or_init(|| {
            let texts = self.modules.iter();
            texts.map(|module| module.source.text.len() as u64).sum()
        })
    }

    /// The function of that id.
    pub fn function(&self, id: FnId) -> Option<&Function> {
        self.module(id.module)
            .and_then(|module| module.functions.get(id.index as usize))
    }

    /// The class of that id.
    pub fn class(&self, id: ClassId) -> Option<&Class> {
        self.module(id.module)
            .and_then(|module| module.classes.get(id.index as usize))
    }

    /// The code of a runtime.
    pub fn runtime(&self, name: &str) -> Option<&RuntimeSource> {
        self.runtimes.iter().find(|runtime| runtime.runtime == name)
    }
}
