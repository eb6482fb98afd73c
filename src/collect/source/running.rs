//! Which functions of the modules that were read can run: those whose name is written in code that runs. A lazy import is followed
//! only where the function around it can run, so that an engineer's commands beside the agent are not judged as the agent.
//!
//! Names are compared, not values: whoever writes a function's name may call it. What cannot be told by names (a function looked up
//! in a module by a computed name) makes everything run.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use super::programs::{self, Program};
use crate::model::source::ir::{ByteRange, Expr, ExprKind, Name, Stmt, StmtKind};
use crate::model::source::module::Module;
use crate::model::source::walk::{self, Node};
use crate::model::source::{ClassId, FnId, ModuleId, Source};

/// A function or a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Item {
    Function(FnId),
    Class(ClassId),
}

/// What is scanned next.
#[derive(Clone, Copy)]
enum Work {
    /// The module's body, and the bodies of its main guards where it is started as a program.
    Module(ModuleId),
    Item(Item),
}

/// Functions that what starts a program calls by their name, without that name being written in code.
const STARTED: [&str; 8] = [
    "main",
    "handler",
    "lambda_handler",
    "app",
    "application",
    "create_app",
    "make_app",
    "get_app",
];

/// The state of the search.
#[derive(Default)]
pub(super) struct Running {
    /// Modules started as programs: their main guards run.
    programs: BTreeSet<ModuleId>,
    /// What each module's imports lead to, by the import's index, as far as that was read.
    links: BTreeMap<ModuleId, Vec<Option<ModuleId>>>,
    exports: BTreeMap<ModuleId, Vec<Option<ModuleId>>>,
    items: HashMap<(ModuleId, Name), Vec<Item>>,
    by_name: HashMap<Name, Vec<Item>>,
    live: BTreeSet<Item>,
    /// Names written as a member or in a text: a function of that name may be meant in any module.
    members: HashSet<Name>,
    /// Names written by themselves, and those that they are imported under elsewhere, by module.
    names: HashMap<ModuleId, HashSet<Name>>,
    /// Names and members that were met before, by where their text is kept: one text is kept once, and most are written many times.
    met: HashSet<(ModuleId, usize)>,
    met_members: HashSet<usize>,
    /// Modules whose imports lead to more than when their names were looked up.
    open: BTreeSet<ModuleId>,
    work: Vec<Work>,
    /// A function is looked up by a name that is computed.
    computed: bool,
    /// Programs that are started by code that runs.
    started: Vec<(ModuleId, Program)>,
    /// Modules that may start a program.
    starting: HashSet<ModuleId>,
    /// Lines of which not all that they start is known, one of each module.
    cut: BTreeMap<ModuleId, ByteRange>,
}

impl Running {
    /// Adds a module that was read; `program` where it is started by itself.
    pub(super) fn load(&mut self, module: &Module, program: bool) {
        let id = module.id;
        for function in &module.functions {
            if function.class.is_none() && !function.name.is_empty() {
                self.define(id, &function.name, Item::Function(function.id));
            }
        }
        for class in &module.classes {
            self.define(id, &class.name, Item::Class(class.id));
        }
        if program {
            self.programs.insert(id);
        }
        if programs::may_start(module) {
            self.starting.insert(id);
        }
        self.work.push(Work::Module(id));
    }

    /// Makes a module that was read before one that is started by itself.
    pub(super) fn start(&mut self, id: ModuleId) {
        if self.programs.insert(id) {
            self.work.push(Work::Module(id));
        }
    }

    fn define(&mut self, id: ModuleId, name: &Name, item: Item) {
        self.items.entry((id, name.clone())).or_default().push(item);
        self.by_name.entry(name.clone()).or_default().push(item);
        if self.computed
            || self.members.contains(name)
            || self
                .names
                .get(&id)
                .is_some_and(|names| names.contains(name))
        {
            self.work.push(Work::Item(item));
        }
    }

    /// Says which modules a module's imports and exports lead to.
    pub(super) fn link(
        &mut self,
        id: ModuleId,
        imports: Vec<Option<ModuleId>>,
        exports: Vec<Option<ModuleId>>,
    ) {
        let same = self.links.get(&id) == Some(&imports) && self.exports.get(&id) == Some(&exports);
        if !same {
            self.links.insert(id, imports);
            self.exports.insert(id, exports);
            self.open.insert(id);
        }
    }

    /// Whether an import runs: at module level, or in a function that can.
    pub(super) fn imports(&self, module: &Module, index: usize) -> bool {
        let Some(import) = module.imports.get(index) else {
            return false;
        };
        if let Some(function) = module.function_at(import.range.start) {
            return self.live.contains(&Item::Function(function.id));
        }
        self.programs.contains(&module.id)
            || !guards(module)
                .iter()
                .any(|guard| guard.contains(import.range))
    }

    /// The functions of a module that nothing can call.
    pub(super) fn idle<'m>(&'m self, module: &'m Module) -> impl Iterator<Item = FnId> + 'm {
        let functions = module.functions.iter().map(|function| function.id);
        functions.filter(|id| !self.live.contains(&Item::Function(*id)))
    }

    /// Programs that code which runs starts, since the last time this was asked.
    pub(super) fn take_started(&mut self) -> Vec<(ModuleId, Program)> {
        std::mem::take(&mut self.started)
    }

    /// Lines of which not all that they start is known, one of each module.
    pub(super) fn cut(&self) -> impl Iterator<Item = (ModuleId, ByteRange)> + '_ {
        self.cut.iter().map(|(id, range)| (*id, *range))
    }

    /// Finds all that runs in the modules that were added.
    pub(super) fn settle(&mut self, source: &Source) {
        // Links may lead to modules that came later: what was written before is looked up again.
        for module in std::mem::take(&mut self.open) {
            for name in self.names.remove(&module).unwrap_or_default() {
                self.follow(source, module, &name);
            }
        }
        while let Some(work) = self.work.pop() {
            match work {
                Work::Module(id) => {
                    if let Some(module) = source.module(id) {
                        self.module(source, module);
                    }
                }
                Work::Item(item) => {
                    if self.live.insert(item) {
                        self.item(source, item);
                    }
                }
            }
        }
    }

    fn module(&mut self, source: &Source, module: &Module) {
        let program = self.programs.contains(&module.id);
        let dead = if program { Vec::new() } else { guards(module) };
        self.body(source, module, &module.body, &dead);
        for export in &module.exports {
            if let Some(value) = &export.value {
                self.expr(source, module, value);
            }
        }
        if program {
            // What starts a program may name one of its functions: `app:create_app`, a Lambda handler.
            let asked = module
                .functions
                .iter()
                .filter(|function| STARTED.contains(&&*function.name));
            self.work
                .extend(asked.map(|function| Work::Item(Item::Function(function.id))));
        }
    }

    fn item(&mut self, source: &Source, item: Item) {
        match item {
            Item::Function(id) => {
                if let (Some(module), Some(function)) =
                    (source.module(id.module), source.function(id))
                {
                    self.body(source, module, &function.body, &[]);
                }
            }
            Item::Class(id) => {
                let methods = source.class(id).map(|class| class.methods.as_slice());
                for (_, method) in methods.unwrap_or_default() {
                    self.work.push(Work::Item(Item::Function(*method)));
                    // What a definition runs by itself: decorators and defaults.
                    if let Some(module) = source.module(id.module) {
                        self.definition(source, module, *method);
                    }
                }
            }
        }
    }

    fn body(&mut self, source: &Source, module: &Module, body: &[Stmt], dead: &[ByteRange]) {
        walk::walk(body, &mut |_, node| {
            if dead.iter().any(|dead| dead.contains(node.range())) {
                return false;
            }
            match node {
                Node::Stmt(stmt) => self.statement(source, module, stmt),
                Node::Expr(expr) => self.node(source, module, expr),
                Node::Handler(_) | Node::Case(_) => {}
            }
            true
        });
    }

    fn statement(&mut self, source: &Source, module: &Module, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::FunctionDef(id) => {
                let Some(function) = module.function(*id) else {
                    return;
                };
                self.definition(source, module, *id);
                // A decorator may hand it to a framework; Python itself calls `__getattr__` of a module. That of a class runs with it.
                let by_python = function.name.starts_with("__") && function.class.is_none();
                if !function.decorators.is_empty() || by_python {
                    self.work.push(Work::Item(Item::Function(*id)));
                }
            }
            StmtKind::ClassDef(id) => {
                let Some(class) = module.classes.get(id.index as usize) else {
                    return;
                };
                self.body(source, module, &class.body, &[]);
                for expr in class.bases.iter().chain(&class.decorators) {
                    self.expr(source, module, expr);
                }
                // Whoever made its base or decorator may make instances of it.
                if !class.bases.is_empty() || !class.decorators.is_empty() {
                    self.work.push(Work::Item(Item::Class(*id)));
                }
            }
            _ => {}
        }
    }

    fn definition(&mut self, source: &Source, module: &Module, id: FnId) {
        let Some(function) = module.function(id) else {
            return;
        };
        let given = function.params.iter().flat_map(|param| {
            let default = param.default.as_deref();
            default.into_iter().chain(param.annotation.as_deref())
        });
        let all = function.decorators.iter().chain(given);
        for expr in all.chain(function.returns.as_deref()) {
            self.expr(source, module, expr);
        }
    }

    fn expr(&mut self, source: &Source, module: &Module, expr: &Expr) {
        walk::walk_node(Node::Expr(expr), &mut |_, node| {
            if let Node::Expr(expr) = node {
                self.node(source, module, expr);
            }
            true
        });
    }

    fn node(&mut self, source: &Source, module: &Module, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) if self.met.insert((module.id, address(name))) => {
                self.follow(source, module.id, name);
            }
            ExprKind::Attribute { attr, .. } if self.met_members.insert(address(attr)) => {
                self.member(attr);
            }
            ExprKind::Str(text) if text.len() < 120 && !text.contains(char::is_whitespace) => {
                let part = |c: char| !c.is_alphanumeric() && c != '_' && c != '$';
                // A branch is called main, too: such a word means a function behind a module only (`server:app`).
                let alone = |word: &str| word.len() == text.len() && STARTED.contains(&word);
                let words = text.split(part).filter(|word| word.len() > 2);
                for word in words.filter(|word| !alone(word)) {
                    if self.by_name.contains_key(word) {
                        self.member(&word.into());
                    }
                }
            }
            ExprKind::Lambda(id) => {
                let Some(function) = module.function(*id) else {
                    return;
                };
                self.definition(source, module, *id);
                let bound = !function.name.is_empty()
                    && module
                        .scopes
                        .iter()
                        .filter_map(|scope| scope.names.get(&function.name))
                        .flatten()
                        .any(|binding| is_value(&binding.kind, *id));
                if !bound {
                    self.work.push(Work::Item(Item::Function(*id)));
                }
            }
            ExprKind::Class(id) => self.work.push(Work::Item(Item::Class(*id))),
            ExprKind::Call(call) => {
                self.starts(module, expr);
                if looks_up(module, call) && !self.computed {
                    self.computed = true;
                    let all = self.by_name.values().flatten();
                    self.work.extend(all.map(|item| Work::Item(*item)));
                }
            }
            ExprKind::List(_) | ExprKind::Tuple(_) => {
                self.starts(module, expr);
            }
            _ => {}
        }
    }

    fn starts(&mut self, module: &Module, expr: &Expr) {
        if !self.starting.contains(&module.id) {
            return;
        }
        let bound = |name: &str, at: u32| module.only_value(name, at);
        let found = programs::of(expr, &bound);
        let all = found.programs.into_iter();
        self.started.extend(all.map(|one| (module.id, one)));
        if found.cut {
            self.cut.entry(module.id).or_insert(expr.range);
        }
    }

    fn member(&mut self, name: &Name) {
        if !self.members.contains(name) {
            self.members.insert(name.clone());
            let items = self.by_name.get(name).into_iter().flatten();
            self.work.extend(items.map(|item| Work::Item(*item)));
        }
    }

    /// What a name written in a module may mean: a definition of the module, or of the module that it is imported from.
    fn follow(&mut self, source: &Source, module: ModuleId, name: &Name) {
        let known = |names: &HashMap<ModuleId, HashSet<Name>>, id: ModuleId, name: &Name| {
            names.get(&id).is_some_and(|names| names.contains(name))
        };
        if known(&self.names, module, name) {
            return;
        }
        let mut open = vec![(module, name.clone())];
        while let Some(key) = open.pop() {
            let (id, name) = &key;
            if known(&self.names, *id, name) {
                continue;
            }
            self.names.entry(*id).or_default().insert(name.clone());
            let items = self.items.get(&key).into_iter().flatten();
            let new = items.filter(|item| !self.live.contains(item));
            self.work.extend(new.map(|item| Work::Item(*item)));
            let Some(module) = source.module(*id) else {
                continue;
            };
            let links = self.links.get(id).map(Vec::as_slice).unwrap_or_default();
            for (import, target) in module.imports.iter().zip(links) {
                let Some(target) = target else { continue };
                if import.star {
                    open.push((*target, name.clone()));
                } else if import.alias.as_ref() == Some(name)
                    && let Some(original) = &import.name
                {
                    open.push((*target, original.clone()));
                }
            }
            let exports = self.exports.get(id).map(Vec::as_slice).unwrap_or_default();
            for (export, target) in module.exports.iter().zip(exports) {
                if export.name.as_ref().is_some_and(|outside| outside != name) {
                    continue;
                }
                match (target, &export.local) {
                    (Some(target), Some(local)) => open.push((*target, local.clone())),
                    (Some(target), None) => open.push((*target, name.clone())),
                    (None, Some(local)) => open.push((*id, local.clone())),
                    (None, None) => {}
                }
            }
        }
    }
}

/// Where the text of a name is kept: as long as the module that writes it.
fn address(name: &Name) -> usize {
    name.as_ptr() as usize
}

fn is_value(kind: &crate::model::source::module::BindingKind, id: FnId) -> bool {
    use crate::model::source::module::BindingKind;
    match kind {
        BindingKind::Value { value, path, .. } => {
            path.is_empty() && matches!(value.kind, ExprKind::Lambda(own) if own == id)
        }
        BindingKind::Function(own) => *own == id,
        _ => false,
    }
}

/// The bodies of `if __name__ == "__main__"`.
fn guards(module: &Module) -> Vec<ByteRange> {
    let span = |body: &[Stmt]| {
        Some(ByteRange {
            start: body.first()?.range.start,
            end: body.last()?.range.end,
        })
    };
    module
        .body
        .iter()
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::If(branch) if module.is_main_guard(&branch.test) => span(&branch.body),
            _ => None,
        })
        .collect()
}

/// Whether a call looks a function up by a name that is computed: `getattr(module, name)`, `globals()`, `import_module(name)`.
fn looks_up(module: &Module, call: &crate::model::source::Call) -> bool {
    let callee = match &call.callee.kind {
        ExprKind::Name(name) => &**name,
        ExprKind::Attribute { attr, .. } => &**attr,
        _ => return false,
    };
    let literal = |at: usize| call.args.get(at).is_some_and(|arg| arg.as_str().is_some());
    match callee {
        "globals" | "locals" => call.args.is_empty(),
        "import_module" | "__import__" => !call.args.is_empty() && !literal(0),
        "exec" | "eval" => call.callee.as_name().is_some(),
        "getattr" if call.args.len() > 1 && !literal(1) => {
            match call.args.first().map(|arg| &arg.kind) {
                Some(ExprKind::Name(name)) => module
                    .imports
                    .iter()
                    .any(|import| import.name.is_none() && import.alias.as_ref() == Some(name)),
                Some(ExprKind::Subscript { .. } | ExprKind::Call(_)) => true,
                _ => false,
            }
        }
        _ => false,
    }
}
