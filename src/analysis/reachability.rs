//! Which of the code that is there runs in the deployed runtime: branches that the environment switches off, `__main__` blocks
//! of modules that are only imported, and functions that nothing else calls.

mod fallbacks;

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::call_sites::Callers;
use crate::analysis::environment::{Read, read};
use crate::analysis::graph::Graph;
use crate::analysis::limits::{self, Limit};
use crate::analysis::names::{Instance, Meaning};
use crate::model::source::ir::BoolOp;
use crate::model::source::walk::{Node, sub_expressions, walk};
use crate::model::source::{
    ByteRange, Call, Compare, Expr, ExprKind, FnId, Function, Language, ModuleId, Stmt, StmtKind,
    UnaryOp,
};

/// What to think of a variable that the runtime's `envVars` do not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// It is not set, unless the project's own stack names it: its default holds.
    Unset,
    /// Something else may set it, unless its name says that it belongs to a developer's machine.
    Unknown,
}

/// Segments of names that only a developer's machine or a test run sets.
const LOCAL: [&str; 6] = ["LOCAL", "LOCALHOST", "LOCALLY", "PYTEST", "VITEST", "JEST"];
/// Starts of names that the platform sets or may set.
const PLATFORM: [&str; 10] = [
    "AWS_",
    "AGENTCORE_",
    "BEDROCK_AGENTCORE_",
    "MEMORY_",
    "GATEWAY_",
    "RUNTIME_",
    "BROWSER_",
    "CODE_INTERPRETER_",
    "CREDENTIAL_",
    "OTEL_",
];

/// Parts that one condition may be made of.
const MOST_PARTS: u32 = 400;
/// Deepest nesting of names and operators in a condition that is followed.
const DEEPEST: u8 = 16;

/// The parts of a runtime's code that do not run, by their places: one value serves all checks.
#[derive(Debug)]
pub(crate) struct Running {
    /// Branches that are switched off, sorted, none inside another.
    off: BTreeMap<ModuleId, Vec<ByteRange>>,
    /// Functions that only such code calls.
    dead: FxHashSet<FnId>,
    /// A budget that ran out meanwhile.
    limit: Option<Limit>,
}

/// Which of a runtime's code runs.
pub(crate) struct Live<'c, 'a> {
    callers: &'c Callers<'a>,
    running: &'a Running,
}

impl<'c, 'a> Live<'c, 'a> {
    /// Judges every branch of the code that is there, once in an audit.
    pub(crate) fn new(callers: &'c Callers<'a>, absent: Absent) -> Self {
        let code = *callers.code();
        let running = code.facts.running(absent).get_or_init(|| {
            let (mut running, limit) = limits::watch(|| judge(callers, absent));
            running.limit = limit;
            running
        });
        limits::again(running.limit);
        Self { callers, running }
    }

    /// Whether the code at a range is switched off, whoever calls it.
    pub(crate) fn is_off(&self, module: ModuleId, range: ByteRange) -> bool {
        !self.running.is_on(module, range)
    }

    /// Whether the code at a range runs.
    pub(crate) fn runs(&self, module: ModuleId, range: ByteRange) -> bool {
        let place = self.callers.source().module(module);
        let function = place.and_then(|module| module.function_at(range.start));
        self.runs_in(module, function.map(|function| function.id), range)
    }

    /// The same, where the function around the range is known.
    pub(crate) fn runs_in(
        &self,
        module: ModuleId,
        function: Option<FnId>,
        range: ByteRange,
    ) -> bool {
        function.is_none_or(|function| !self.running.dead.contains(&function))
            && self.running.is_on(module, range)
    }
}

impl Running {
    /// Whether no branch around a range is switched off.
    fn is_on(&self, module: ModuleId, range: ByteRange) -> bool {
        let Some(off) = self.off.get(&module) else {
            return true;
        };
        let after = off.partition_point(|dead| dead.start <= range.start);
        let before = after.checked_sub(1).and_then(|at| off.get(at));
        before.is_none_or(|dead| !dead.contains(range))
    }
}

fn judge<'a>(callers: &Callers<'a>, absent: Absent) -> Running {
    let conditions = Conditions {
        callers,
        absent,
        left: Cell::new(MOST_PARTS),
    };
    let code = *callers.code();
    let mut running = Running {
        off: BTreeMap::new(),
        dead: FxHashSet::default(),
        limit: None,
    };
    // What is decided where a variable may be set is decided where it is not, too.
    let unset = match absent {
        Absent::Unset => None,
        Absent::Unknown => Some(Live::new(callers, Absent::Unset).running),
    };
    for module in code.modules() {
        if unset.is_some_and(|unset| !unset.off.contains_key(&module.id)) {
            continue;
        }
        let mut here = Vec::new();
        let script = code.code.starts(module.id);
        conditions.body(module.id, &module.body, script, &mut here);
        for function in &module.functions {
            conditions.body(module.id, &function.body, script, &mut here);
        }
        if !here.is_empty() {
            running.off.insert(module.id, outermost(here));
        }
    }
    unload(callers, &mut running);
    running.dead = dead(callers, &running);
    running
}

/// Switches off the modules that only switched-off imports lead to.
fn unload(callers: &Callers<'_>, running: &mut Running) {
    let code = callers.code();
    if running.off.is_empty() {
        return;
    }
    let mut on: BTreeMap<ModuleId, Vec<ModuleId>> = BTreeMap::new();
    let mut imported: BTreeSet<ModuleId> = BTreeSet::new();
    let mut unloaded: Vec<ModuleId> = Vec::new();
    for module in code.modules() {
        for import in module.imports.iter().filter(|import| !import.type_only) {
            let Some(target) = import.target.filter(|target| *target != module.id) else {
                continue;
            };
            imported.insert(target);
            if running.is_on(module.id, import.range) {
                on.entry(module.id).or_default().push(target);
            } else {
                unloaded.push(target);
            }
        }
    }
    // What nothing imports something else starts: the entry, a program, a name in a text.
    let starts = code.modules().enumerate().filter(|(at, module)| {
        *at == 0 || !imported.contains(&module.id) || code.code.starts(module.id)
    });
    let mut open: Vec<ModuleId> = starts.map(|(_, module)| module.id).collect();
    let mut loaded: BTreeSet<ModuleId> = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !loaded.insert(id) {
            continue;
        }
        open.extend(on.get(&id).into_iter().flatten());
        if let Some(module) = code.source.module(id) {
            open.extend(code.packages_of(module));
        }
    }
    let mut seen: BTreeSet<ModuleId> = BTreeSet::new();
    while let Some(id) = unloaded.pop() {
        if loaded.contains(&id) || !seen.insert(id) {
            continue;
        }
        unloaded.extend(on.get(&id).into_iter().flatten());
        let all = ByteRange {
            start: 0,
            end: u32::MAX,
        };
        running.off.insert(id, vec![all]);
    }
}

/// Sorted, without ranges that stand inside another.
fn outermost(mut ranges: Vec<ByteRange>) -> Vec<ByteRange> {
    ranges.sort_unstable_by_key(|range| (range.start, Reverse(range.end)));
    let mut end = 0;
    ranges.retain(|range| {
        let outer = range.end > end;
        end = end.max(range.end);
        outer
    });
    ranges
}

/// The functions that do not run: what uses them does not run either. Functions that use each other count as one, for nothing
/// inside such a circle starts it; a circle that nothing outside uses may be started by a framework, as any function that
/// nothing uses.
fn dead(callers: &Callers<'_>, running: &Running) -> FxHashSet<FnId> {
    let code = callers.code();
    let mut graph = Graph::default();
    let entries: BTreeSet<FnId> = code
        .code
        .entrypoints
        .iter()
        .filter_map(|entry| entry.function)
        .collect();
    let functions: Vec<&Function> = code
        .modules()
        .flat_map(|module| &module.functions)
        .collect();
    let number: FxHashMap<FnId, usize> = functions
        .iter()
        .enumerate()
        .map(|(at, function)| (function.id, at))
        .collect();
    // By function: whether something starts it, who uses it in code that is on, and who uses it at all (None is module level).
    let mut starts: Vec<bool> = Vec::new();
    let mut users: Vec<Vec<Option<usize>>> = Vec::new();
    for function in &functions {
        let sites = callers.sites(function.id);
        let mut start =
            entries.contains(&function.id) || sites.is_empty() && !callers.is_idle(function);
        let mut all = Vec::new();
        let mut on = Vec::new();
        for site in sites {
            let module = code.source.module(site.module);
            let around = module.and_then(|module| module.function_at(site.range.start));
            let around = around.and_then(|around| number.get(&around.id).copied());
            all.push(around);
            if running.is_on(site.module, site.range) {
                start |= around.is_none();
                on.extend(around);
            }
        }
        all.sort_unstable();
        all.dedup();
        on.sort_unstable();
        on.dedup();
        starts.push(start);
        users.push(all);
        graph.edges.push(on);
    }
    let mut runs = vec![false; functions.len()];
    for circle in graph.circles() {
        let started = circle.iter().any(|&at| {
            let used = graph.edges.get(at).into_iter().flatten();
            starts.get(at) == Some(&true)
                || used.into_iter().any(|&user| runs.get(user) == Some(&true))
        });
        let alone = || {
            circle.iter().all(|&at| {
                let users = users.get(at).into_iter().flatten();
                let mut users = users.into_iter();
                users.all(|user| user.is_some_and(|user| circle.binary_search(&user).is_ok()))
            })
        };
        let unused = circle.iter().any(|&at| {
            let users = users.get(at).into_iter().flatten();
            users.count() > 0
        });
        if started || unused && alone() {
            for &at in &circle {
                if let Some(run) = runs.get_mut(at) {
                    *run = true;
                }
            }
        }
    }
    let dead = functions.iter().zip(runs).filter(|(_, runs)| !runs);
    dead.map(|(function, _)| function.id).collect()
}

/// Decides conditions that the environment alone decides.
struct Conditions<'c, 'a> {
    callers: &'c Callers<'a>,
    absent: Absent,
    /// What is left of [`MOST_PARTS`] for the condition at hand.
    left: Cell<u32>,
}

impl<'a> Conditions<'_, 'a> {
    /// Whether a condition holds in the runtime.
    fn holds(&self, module: ModuleId, test: &'a Expr) -> Option<bool> {
        self.left.set(MOST_PARTS);
        self.truth(module, test, 0)
    }

    /// Takes a step; false where the condition has more parts, or deeper ones, than are followed.
    fn step(&self, module: ModuleId, expr: &Expr, depth: u8) -> bool {
        let left = self.left.get();
        if left == 0 || depth > DEEPEST {
            limits::reached(limits::CONDITIONS, module, expr.range);
            return false;
        }
        self.left.set(left - 1);
        true
    }

    fn body(&self, module: ModuleId, body: &'a [Stmt], script: bool, off: &mut Vec<ByteRange>) {
        self.block(module, body, script, off);
        walk(body, &mut |_, node| {
            match node {
                Node::Stmt(stmt) => {
                    if let StmtKind::Try(tried) = &stmt.kind {
                        off.extend(fallbacks::off(self.callers, module, tried));
                    }
                    for block in blocks(stmt) {
                        self.block(module, block, script, off);
                    }
                }
                Node::Expr(expr) => self.branches(module, expr, off),
                Node::Handler(handler) => self.block(module, &handler.body, script, off),
                Node::Case(case) => self.block(module, &case.body, script, off),
            }
            true
        });
    }

    /// The branches of a block's `if` statements, and what stands behind one that always leaves.
    fn block(&self, module: ModuleId, block: &'a [Stmt], script: bool, off: &mut Vec<ByteRange>) {
        let place = self.callers.source().module(module);
        // What is declared behind a `return` is there before it in TypeScript.
        let hoists = place.is_none_or(|module| module.language == Language::TypeScript);
        for (at, stmt) in block.iter().enumerate() {
            let StmtKind::If(branch) = &stmt.kind else {
                if !hoists
                    && leaves(stmt)
                    && let Some(rest) = block.get(at + 1..)
                {
                    off.extend(span(rest));
                    break;
                }
                continue;
            };
            let guard = place.is_some_and(|module| module.is_main_guard(&branch.test));
            let value = if guard {
                (!script).then_some(false)
            } else {
                self.holds(module, &branch.test)
            };
            match value {
                Some(false) => off.extend(span(&branch.body)),
                Some(true) => {
                    off.extend(span(&branch.orelse));
                    if branch.body.last().is_some_and(leaves)
                        && let Some(rest) = block.get(at + 1..)
                    {
                        off.extend(span(rest));
                    }
                }
                None => {}
            }
        }
    }

    fn branches(&self, module: ModuleId, expr: &'a Expr, off: &mut Vec<ByteRange>) {
        match &expr.kind {
            ExprKind::Conditional(ways) => match self.holds(module, &ways.test) {
                Some(true) => off.push(ways.orelse.range),
                Some(false) => off.push(ways.body.range),
                None => {}
            },
            ExprKind::BoolOp {
                op: op @ (BoolOp::And | BoolOp::Or),
                values,
            } => {
                let stops = *op == BoolOp::Or;
                let decided = values
                    .iter()
                    .position(|value| self.holds(module, value) == Some(stops));
                if let Some(at) = decided {
                    off.extend(values.iter().skip(at + 1).map(|value| value.range));
                }
            }
            _ => {}
        }
    }

    /// Whether a condition holds in the runtime, where the environment alone decides it.
    fn truth(&self, module: ModuleId, test: &'a Expr, depth: u8) -> Option<bool> {
        if !self.step(module, test, depth) {
            return None;
        }
        let below = |expr| self.truth(module, expr, depth + 1);
        match &test.kind {
            ExprKind::Bool(value) if depth == 0 => Some(*value),
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => below(operand).map(|value| !value),
            ExprKind::BoolOp { op, values } => {
                let stops = *op != BoolOp::And;
                let found: Vec<Option<bool>> = values.iter().map(below).collect();
                if found.contains(&Some(stops)) {
                    Some(stops)
                } else if found.iter().all(Option::is_some) {
                    Some(!stops)
                } else {
                    None
                }
            }
            ExprKind::Compare(parts) => {
                let Compare { left, rest } = &**parts;
                let [(operator, right)] = &**rest else {
                    return None;
                };
                self.compared(module, left, operator, right, depth)
                    .or_else(|| match *operator {
                        "==" => self.compared(module, right, operator, left, depth),
                        _ => None,
                    })
            }
            ExprKind::Call(call) => {
                let source = self.callers.source();
                if matches!(source.callee_name(module, test), Some("bool" | "Boolean")) {
                    return self.truth(module, call.args.first()?, depth + 1);
                }
                self.followed(module, test, depth)
            }
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
                self.followed(module, test, depth)
            }
            _ => None,
        }
    }

    /// A read is true when it gives text; a name is what it was given, where that is a test of the environment.
    fn followed(&self, module: ModuleId, test: &'a Expr, depth: u8) -> Option<bool> {
        match test.as_call() {
            Some(call) => self.answered(module, test, call, depth),
            None => self.named(module, test, depth),
        }
    }

    /// What a call answers.
    fn answered(
        &self,
        module: ModuleId,
        test: &'a Expr,
        call: &'a Call,
        depth: u8,
    ) -> Option<bool> {
        // What another library answers is no text of the environment, unless it reads it; a method may change one.
        let method =
            matches!(&call.callee.kind, ExprKind::Attribute { .. }) && call.args.is_empty();
        if !method && self.is_outside(module, call) && read(self.callers, module, test).is_none() {
            return None;
        }
        match self.text(module, test, depth + 1) {
            Some(text) => Some(is_true(text)),
            None => {
                let meaning = self.callers.source().meaning(module, test);
                self.tested(&meaning, test, depth)
            }
        }
    }

    /// What a name, a member or an element holds.
    fn named(&self, module: ModuleId, test: &'a Expr, depth: u8) -> Option<bool> {
        if !self.step(module, test, depth + 1) {
            return None;
        }
        if let Some(found) = read(self.callers, module, test) {
            return self.read_as(&found).map(is_true);
        }
        let meaning = self.callers.source().meaning(module, test);
        let held = self.held(&meaning, test, depth + 1).map(is_true);
        held.or_else(|| self.tested(&meaning, test, depth))
    }

    /// The answer of a test that a name stands for.
    fn tested(&self, meaning: &Meaning<'a>, test: &Expr, depth: u8) -> Option<bool> {
        match meaning {
            Meaning::Value(at, value)
                if !is_inside(value, test)
                    && matches!(
                        value.kind,
                        ExprKind::Compare(_) | ExprKind::BoolOp { .. } | ExprKind::Unary { .. }
                    ) =>
            {
                self.truth(*at, value, depth + 1)
            }
            _ => None,
        }
    }

    /// Whether a function is called that is not the project's own.
    fn is_outside(&self, module: ModuleId, call: &'a Call) -> bool {
        let outside = self.callers.source().outside_callee(module, call);
        outside.is_some_and(|name| !name.ends_with(".__call__"))
    }

    fn compared(
        &self,
        module: ModuleId,
        left: &'a Expr,
        operator: &str,
        right: &'a Expr,
        depth: u8,
    ) -> Option<bool> {
        let none = matches!(right.kind, ExprKind::None);
        // What is compared with no literal says nothing, and its text is not looked for.
        let decides = match operator {
            "is" | "is not" => none,
            "==" | "!=" => none || right.as_str().is_some(),
            "in" | "not in" => matches!(
                right.kind,
                ExprKind::List(_) | ExprKind::Tuple(_) | ExprKind::Set(_)
            ),
            _ => false,
        };
        if !decides {
            return None;
        }
        let text = self.text(module, left, depth + 1)?;
        match operator {
            "is" | "==" if none => Some(text.is_none()),
            "is not" | "!=" if none => Some(text.is_some()),
            "==" => Some(text.as_deref() == Some(right.as_str()?)),
            "!=" => Some(text.as_deref() != Some(right.as_str()?)),
            "in" | "not in" => {
                let (ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items)) =
                    &right.kind
                else {
                    return None;
                };
                let words: Option<Vec<&str>> = items.iter().map(Expr::as_str).collect();
                let held = text
                    .is_some_and(|text| words.is_some_and(|words| words.contains(&text.as_str())));
                Some(held == (operator == "in"))
            }
            _ => None,
        }
    }

    /// The text that an expression over one environment variable gives: `Some(None)` where the variable is not set.
    fn text(&self, module: ModuleId, expr: &'a Expr, depth: u8) -> Option<Option<String>> {
        if !self.step(module, expr, depth) {
            return None;
        }
        if let Some(call) = expr.as_call()
            && let ExprKind::Attribute { base, attr } = &call.callee.kind
            && call.args.is_empty()
        {
            let change: fn(&str) -> String = match &**attr {
                "lower" | "casefold" | "toLowerCase" => str::to_lowercase,
                "upper" | "toUpperCase" => str::to_uppercase,
                "strip" | "trim" => |text| text.trim().to_owned(),
                _ => return self.value(module, expr, depth),
            };
            return self
                .text(module, base, depth + 1)
                .map(|text| text.map(|text| change(&text)));
        }
        if let ExprKind::BoolOp {
            op: BoolOp::Or | BoolOp::Coalesce,
            values,
        } = &expr.kind
            && let [first, second] = &**values
        {
            let first = self.text(module, first, depth + 1)?;
            return match first.filter(|text| !text.is_empty()) {
                Some(text) => Some(Some(text)),
                None => second.as_str().map(|text| Some(text.to_owned())),
            };
        }
        self.value(module, expr, depth)
    }

    fn value(&self, module: ModuleId, expr: &'a Expr, depth: u8) -> Option<Option<String>> {
        match read(self.callers, module, expr) {
            Some(found) => self.read_as(&found),
            None => self.held(&self.callers.source().meaning(module, expr), expr, depth),
        }
    }

    /// What a read gives.
    fn read_as(&self, found: &Read<'a>) -> Option<Option<String>> {
        let source = self.callers.source();
        let names = found.names(source);
        let [name] = names.as_slice() else {
            return None;
        };
        let default = found
            .default
            .map(|default| source.string(found.module, default));
        self.variable(name, default)
    }

    /// What was read into an expression that means this.
    fn held(&self, meaning: &Meaning<'a>, expr: &Expr, depth: u8) -> Option<Option<String>> {
        match meaning {
            // `FLAG = os.getenv("X", "0")`: the name means the call that made it.
            Meaning::Instance(made) => self.made(made),
            Meaning::Value(at, value)
                if !is_inside(value, expr)
                    && matches!(
                        value.kind,
                        ExprKind::Call(_) | ExprKind::Subscript { .. } | ExprKind::BoolOp { .. }
                    ) =>
            {
                self.text(*at, value, depth + 1)
            }
            _ => None,
        }
    }

    fn made(&self, made: &Instance<'a>) -> Option<Option<String>> {
        if !matches!(&*made.type_name, "os.getenv" | "os.environ.get") {
            return None;
        }
        let source = self.callers.source();
        let call = made.call?;
        let name = source.string(made.module, call.argument(0, "key")?)?;
        let default = call
            .argument(1, "default")
            .map(|default| source.string(made.module, default));
        self.variable(&name, default)
    }

    fn variable(&self, name: &str, default: Option<Option<String>>) -> Option<Option<String>> {
        let set = &self.callers.code().runtime.common.env;
        if let Some((_, value)) = set.iter().find(|(set, _)| set == name) {
            return Some(Some(value.value.clone()));
        }
        if self.callers.source().stack_words.contains(name) {
            return None;
        }
        let unset = is_local(name)
            || self.absent == Absent::Unset
                && !is_of_the_platform(name)
                && name != "DOCKER_CONTAINER";
        if !unset {
            return None;
        }
        match default {
            None => Some(None),
            Some(Some(text)) => Some(Some(text)),
            Some(None) => None,
        }
    }
}

/// Whether a value is made of what asks for it: `self.key = self.key or load()`.
fn is_inside(value: &Expr, asks: &Expr) -> bool {
    let inside = || {
        let parts = sub_expressions(value);
        parts.into_iter().any(|part| part.is(asks))
    };
    value.range.contains(asks.range) && inside()
}

fn is_local(name: &str) -> bool {
    name.split('_')
        .any(|segment| LOCAL.contains(&&*segment.to_uppercase()))
}

fn is_of_the_platform(name: &str) -> bool {
    PLATFORM.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a variable is set on a developer's machine or in a test run only.
pub(crate) fn is_of_a_developer(name: &str) -> bool {
    is_local(name)
}

/// Whether a text counts as true.
fn is_true(text: Option<String>) -> bool {
    text.is_some_and(|text| !text.is_empty())
}

/// The blocks of a statement.
fn blocks(stmt: &Stmt) -> Vec<&[Stmt]> {
    match &stmt.kind {
        StmtKind::If(branch) => vec![&branch.body, &branch.orelse],
        StmtKind::Loop(looped) => vec![&looped.body, &looped.orelse],
        StmtKind::Try(tried) => vec![&tried.body, &tried.orelse, &tried.finally],
        StmtKind::With(with) => vec![&with.body],
        StmtKind::Block(body) => vec![body],
        _ => Vec::new(),
    }
}

fn span(block: &[Stmt]) -> Option<ByteRange> {
    Some(ByteRange {
        start: block.first()?.range.start,
        end: block.last()?.range.end,
    })
}

/// Whether a statement leaves the block that it ends.
fn leaves(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Raise { .. } | StmtKind::Continue | StmtKind::Break => true,
        StmtKind::Block(body) => body.last().is_some_and(leaves),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
