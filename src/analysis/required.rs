//! What code requires of its environment: reads that raise where a variable is not set, and tests that raise for it.

mod conditions;
mod helpers;
mod uses;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::analysis::call_sites::Callers;
use conditions::Asked;

use crate::analysis::environment::{has_own, is_environ, reads_items, several};
use crate::analysis::exceptions;
use crate::analysis::names::Meaning;
use crate::analysis::reachability::Live;
use crate::analysis::settings::{self, Required};
use crate::analysis::startup::Startup;
use crate::analysis::writes::targets;
use crate::model::source::ir::{Handler, StmtKind, Try};
use crate::model::source::walk::{Node, path_to, statements};
use crate::model::source::{
    ByteRange, Class, ClassId, Expr, ExprKind, Function, Language, Module, ModuleId, Stmt,
};

/// A variable that code cannot do without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Needed {
    /// The module of the place that requires it.
    pub module: ModuleId,
    /// The place.
    pub range: ByteRange,
    /// Its names: one of them must be set.
    pub names: Vec<String>,
    /// It is required before the agent serves.
    pub starts: bool,
}

impl Needed {
    /// The name to tell it by.
    pub(crate) fn first(&self) -> Option<&str> {
        self.names.first().map(String::as_str)
    }

    /// The names of which one is enough, for a message. Those that differ in case only are one, and of many the first are named.
    pub(crate) fn alternatives(&self) -> String {
        let mut known = BTreeSet::new();
        let new = |name: &&str| known.insert(name.to_ascii_lowercase());
        let names: Vec<&str> = self.all().filter(new).take(MOST_ALTERNATIVES).collect();
        names.join(" or ")
    }

    /// All its names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// What the code that runs requires for sure: no condition stands before it, and nobody catches what it raises.
pub(crate) fn of<'a>(
    callers: &Callers<'a>,
    live: &Live<'_, 'a>,
    startup: &Startup<'_, 'a>,
) -> Vec<Needed> {
    let code = *callers.code();
    let mut found = BTreeSet::new();
    for module in code.modules() {
        let finder = Finder {
            callers,
            live,
            startup,
            module,
        };
        finder.reads(&mut found);
        finder.tests(&module.body, None, &mut found);
        for function in &module.functions {
            finder.tests(&function.body, Some(function), &mut found);
        }
    }
    found.into_iter().collect()
}

/// Names that a message lists where one of them is enough.
const MOST_ALTERNATIVES: usize = 3;

/// Functions that end the process.
const EXITS: [&str; 5] = ["sys.exit", "exit", "quit", "os._exit", "process.exit"];

/// Functions whose calls are looked at for one that is asked about.
const MOST_CALLERS: usize = 60;

struct Finder<'f, 'c, 'a> {
    callers: &'f Callers<'a>,
    live: &'f Live<'c, 'a>,
    startup: &'f Startup<'c, 'a>,
    module: &'a Module,
}

impl<'a> Finder<'_, '_, 'a> {
    /// `os.environ["X"]`, `Settings()`, `schema.parse(process.env)`.
    fn reads(&self, found: &mut BTreeSet<Needed>) {
        let (callers, module) = (self.callers, self.module);
        let written = OnceCell::new();
        let is_written = |range| {
            let written = written.get_or_init(|| targets(callers.source(), module.id));
            written.contains(range)
        };
        let mut seen: Vec<(&Expr, Vec<Required>)> = Vec::new();
        if module.language == Language::Python && reads_items(callers, module.id) {
            module.each_expression(&mut |_, expr| {
                if let ExprKind::Subscript { base, index } = &expr.kind
                    && index.as_number().is_none()
                    && is_environ(callers, module.id, base)
                    && !is_written(&expr.range)
                {
                    match callers.source().string(module.id, index) {
                        Some(name) if has_own(callers, module.id, base, &name) => {}
                        Some(name) => seen.push((expr, vec![(module.id, expr.range, vec![name])])),
                        None => match self.by_condition(index) {
                            Some(names) => {
                                let own = |name: &String| has_own(callers, module.id, base, name);
                                if !names.iter().any(own) {
                                    seen.push((expr, vec![(module.id, expr.range, names)]));
                                }
                            }
                            None => self.given(&Asked::item(module.id, index), expr.range, found),
                        },
                    }
                }
            });
        }
        for (_, expr) in module.calls() {
            let required = self.required_by(expr);
            if !required.is_empty() {
                seen.push((expr, required));
            }
        }
        self.uses(found);
        self.taken(found);
        for (expr, required) in seen {
            let Some(starts) = self.surely_runs(expr) else {
                continue;
            };
            found.extend(required.into_iter().map(|(module, range, names)| Needed {
                module,
                range,
                names,
                starts,
            }));
        }
    }

    /// What a call requires.
    fn required_by(&self, expr: &'a Expr) -> Vec<Required> {
        let (callers, module) = (self.callers, self.module);
        let Some(call) = expr.as_call() else {
            return Vec::new();
        };
        // Only what is named as a class is asked for: a look-up of every call would cost more than the rest.
        let is_class = call.callee.last_name().is_some_and(|name| {
            let name = name.trim_start_matches('_');
            name.starts_with(|first: char| first.is_uppercase())
        });
        let mut names = call.keywords.iter().map(|option| option.name.as_deref());
        let plain = call.args.is_empty()
            && names.all(|name| name.is_none_or(|name| name.starts_with("_env")));
        if !is_class || !plain {
            let several = several::read(callers, module.id, expr);
            let raises = several.raises;
            let names = several.names().filter(|_| raises);
            let each = names.map(|name| (module.id, expr.range, vec![name]));
            let mut required = settings::required_keys(callers, module.id, expr);
            required.extend(each);
            return required;
        }
        match callers.source().meaning(module.id, &call.callee) {
            Meaning::Class(class) => settings::required_fields(callers.source(), class),
            _ => Vec::new(),
        }
    }

    /// Whether an expression runs whenever the code around it does: before the agent serves, or later. None where it may be
    /// left out, or what it raises is caught.
    fn surely_runs(&self, expr: &Expr) -> Option<bool> {
        let module = self.module;
        let function = module.function_at(expr.range.start);
        if !self.live.runs(module.id, expr.range) {
            return None;
        }
        let body = match (function, module.class_at(expr.range.start)) {
            (Some(function), _) => &function.body,
            (None, Some(class)) => &class.body,
            (None, None) => &module.body,
        };
        if !self.is_certain(body, expr.range, function) {
            return None;
        }
        let Some(function) = function else {
            return self.startup.modules.contains(&module.id).then_some(true);
        };
        if self.callers.is_idle(function) || self.is_caught_outside(function) {
            return None;
        }
        let starts = self.startup.functions.contains_key(&function.id);
        let is_made = || function.class.is_none_or(|class| self.is_made(class));
        (starts || is_made()).then_some(starts)
    }

    /// Whether code makes an object of a class, or of one that is derived from it: methods of others run nowhere that is known.
    fn is_made(&self, class: ClassId) -> bool {
        let source = self.callers.source();
        let makes = |name: &str| source.calls_named(name).next().is_some();
        let Some(found) = source.class(class) else {
            return false;
        };
        let derives = |other: &Class| {
            let mut bases = other.bases.iter().filter_map(Expr::last_name);
            bases.any(|base| *base == found.name)
        };
        let classes = || source.modules.iter().flat_map(|module| &module.classes);
        makes(&found.name) || classes().any(|other| derives(other) && makes(&other.name))
    }

    /// Whether nothing around or before a place of a body may keep it from running, or catches what it raises.
    fn is_certain(&self, body: &[Stmt], range: ByteRange, function: Option<&Function>) -> bool {
        let path = path_to(body, range);
        if path.is_empty() {
            return false;
        }
        let before = |stmt: &&Stmt| stmt.range.end <= range.start;
        let may_leave = function.is_some()
            && body.iter().filter(before).any(|stmt| {
                matches!(
                    &stmt.kind,
                    StmtKind::If(_) | StmtKind::Loop(_) | StmtKind::Try(_) | StmtKind::Switch(_)
                ) && statements(std::slice::from_ref(stmt))
                    .iter()
                    .any(|inner| matches!(inner.kind, StmtKind::Return(_)))
            });
        let at_request =
            function.is_some_and(|function| !self.startup.functions.contains_key(&function.id));
        let through = |node: &Node<'_>| match node {
            Node::Stmt(Stmt {
                kind: StmtKind::Try(tried),
                ..
            }) if at_request && holds(&tried.body, range) && !goes_on(self.module, tried) => true,
            node => self.lets_through(*node, range),
        };
        !may_leave && path.iter().all(through)
    }

    /// Whether a node that holds a place runs that place whenever it runs itself.
    fn lets_through(&self, node: Node<'_>, range: ByteRange) -> bool {
        let holds = |block: &[Stmt]| holds(block, range);
        match node {
            Node::Stmt(stmt) => match &stmt.kind {
                StmtKind::If(branch) => {
                    branch.test.range.contains(range)
                        || self.module.is_main_guard(&branch.test) && holds(&branch.body)
                }
                StmtKind::Loop(looped) => looped
                    .iter
                    .as_ref()
                    .is_some_and(|iter| iter.range.contains(range)),
                StmtKind::Try(tried) => {
                    let raises = |handler: &Handler| {
                        let last = handler.body.last();
                        self.ends(&handler.body)
                            || last.is_some_and(|last| matches!(last.kind, StmtKind::Raise { .. }))
                    };
                    holds(&tried.finally) || holds(&tried.body) && tried.handlers.iter().all(raises)
                }
                StmtKind::Switch(switch) => switch.subject.range.contains(range),
                StmtKind::With(with) => !with.items.iter().any(|item| {
                    let text = self.module.text(item.context.range);
                    text.contains("suppress(") || text.contains("raises(")
                }),
                _ => true,
            },
            // What is asked about is the expression as a whole.
            Node::Expr(expr) if expr.range == range => true,
            Node::Expr(expr) => match &expr.kind {
                ExprKind::Conditional(parts) => parts.test.range.contains(range),
                ExprKind::BoolOp { values, .. } => values
                    .first()
                    .is_some_and(|first| first.range.contains(range)),
                ExprKind::Lambda(_) | ExprKind::Comprehension(_) => false,
                _ => true,
            },
            Node::Handler(_) | Node::Case(_) => false,
        }
    }

    /// Whether a call of a function stands in a `try`: what it raises may be caught.
    fn is_caught_outside(&self, function: &Function) -> bool {
        self.callers.of(function.id).iter().any(|used| {
            let Some(module) = self.callers.source().module(used.module) else {
                return true;
            };
            let at = used.expr.range;
            let body = match module.function_at(at.start) {
                Some(around) => &around.body,
                None => &module.body,
            };
            path_to(body, at).iter().any(|node| {
                matches!(node, Node::Stmt(stmt) if matches!(&stmt.kind, StmtKind::Try(tried)
                    if tried.body.iter().any(|inner| inner.range.contains(at)) && !tried.handlers.is_empty()))
            }) && self.startup.functions.contains_key(&function.id)
        })
    }

    /// Whether something that calls a function at a request, itself or through others, may catch what it raises and go on: then there is
    /// another way without the variable. An answer that says that the request failed is none.
    fn is_caught_at_a_request(&self, function: &Function) -> bool {
        let mut seen = BTreeSet::from([function.id]);
        let mut open = vec![function.id];
        while let Some(id) = open.pop() {
            for used in self.callers.of(id).iter() {
                let Some(module) = self.callers.source().module(used.module) else {
                    return true;
                };
                let at = used.expr.range;
                let around = module.function_at(at.start);
                let body = around.map_or(&module.body, |around| &around.body);
                let caught = path_to(body, at).iter().any(|node| {
                    matches!(node, Node::Stmt(stmt) if matches!(&stmt.kind, StmtKind::Try(tried)
                        if tried.body.iter().any(|inner| inner.range.contains(at))
                            && goes_on(module, tried)))
                });
                // More callers than are followed may hold one that catches.
                if caught || seen.len() > MOST_CALLERS {
                    return true;
                }
                open.extend(around.map(|around| around.id).filter(|id| seen.insert(*id)));
            }
        }
        false
    }

    /// `if not os.getenv("X"): raise …`, `assert os.getenv("X")`.
    fn tests(&self, body: &'a [Stmt], function: Option<&Function>, found: &mut BTreeSet<Needed>) {
        let module = self.module;
        if function.is_none() && !self.startup.modules.contains(&module.id) {
            return;
        }
        let starts =
            function.is_none_or(|function| self.startup.functions.contains_key(&function.id));
        let left_out = |function: &Function| {
            self.is_caught_outside(function)
                || !starts
                    && (self.callers.is_idle(function)
                        || self.is_caught_at_a_request(function)
                        || function.class.is_some_and(|class| !self.is_made(class)))
        };
        let mut judged = None;
        for stmt in statements(body) {
            let Some((range, asked)) = self.demanded(stmt) else {
                continue;
            };
            if asked.is_empty()
                || !self.live.runs(module.id, stmt.range)
                || !self.is_certain(body, range, function)
            {
                continue;
            }
            for one in &asked {
                self.given(one, range, found);
            }
            let names = asked.into_iter().filter_map(Asked::names);
            let names: Vec<Vec<String>> = names.collect();
            // Who calls the function is asked where it requires something only.
            if names.is_empty()
                || function
                    .is_some_and(|function| *judged.get_or_insert_with(|| left_out(function)))
            {
                continue;
            }
            found.extend(names.into_iter().map(|names| Needed {
                module: module.id,
                range,
                names,
                starts,
            }));
        }
    }

    /// Whether a branch ends the start: it raises, or leaves the process.
    fn ends(&self, branch: &[Stmt]) -> bool {
        branch.last().is_some_and(|last| match &last.kind {
            StmtKind::Raise { value, .. } => value.is_some(),
            StmtKind::Expr(expr) => {
                let name = self.callers.source().callee_name(self.module.id, expr);
                name.is_some_and(|name| EXITS.contains(&name))
            }
            _ => false,
        })
    }
}

fn holds(block: &[Stmt], range: ByteRange) -> bool {
    block.iter().any(|stmt| stmt.range.contains(range))
}

/// Whether a handler of a `try` may go on without what failed.
fn goes_on(module: &Module, tried: &Try) -> bool {
    let ends = |handler: &Handler| exceptions::ends_in_an_error(module, handler);
    !tried.handlers.iter().all(ends)
}
