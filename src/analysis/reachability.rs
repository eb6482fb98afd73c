//! Which of the code that is there runs in the deployed runtime: branches that the environment switches off, `__main__` blocks
//! of modules that are only imported, and functions that nothing else calls.

use std::collections::BTreeMap;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::read;
use crate::analysis::names::Meaning;
use crate::model::source::ir::BoolOp;
use crate::model::source::walk::{Node, walk};
use crate::model::source::{ByteRange, Expr, ExprKind, ModuleId, Stmt, StmtKind};

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

/// The parts of a runtime's code that do not run.
pub(crate) struct Live<'c, 'a> {
    callers: &'c Callers<'a>,
    absent: Absent,
    off: BTreeMap<ModuleId, Vec<ByteRange>>,
}

impl<'c, 'a> Live<'c, 'a> {
    /// Judges every branch of the code that is there.
    pub(crate) fn new(callers: &'c Callers<'a>, absent: Absent) -> Self {
        let mut live = Self {
            callers,
            absent,
            off: BTreeMap::new(),
        };
        let code = *callers.code();
        let mut off = BTreeMap::new();
        for module in code.modules() {
            let mut here = Vec::new();
            let script = code.code.starts(module.id);
            live.body(module.id, &module.body, script, &mut here);
            for function in &module.functions {
                live.body(module.id, &function.body, script, &mut here);
            }
            if !here.is_empty() {
                off.insert(module.id, here);
            }
        }
        live.off = off;
        live
    }

    /// Whether the code at a range runs.
    pub(crate) fn runs(&self, module: ModuleId, range: ByteRange) -> bool {
        self.runs_within(module, range, 0)
    }

    fn runs_within(&self, module: ModuleId, range: ByteRange, depth: u8) -> bool {
        let off = self.off.get(&module);
        if off.is_some_and(|off| off.iter().any(|dead| dead.contains(range))) {
            return false;
        }
        let code: &AgentCode<'a> = self.callers.code();
        let function = code
            .source
            .module(module)
            .and_then(|module| module.function_at(range.start));
        let Some(function) = function.filter(|_| depth < 6) else {
            return true;
        };
        if self.callers.is_idle(function) {
            return false;
        }
        let entered = code
            .code
            .entrypoints
            .iter()
            .any(|entry| entry.function == Some(function.id));
        let uses = self.callers.of(function.id);
        entered
            || uses.is_empty()
            || uses
                .iter()
                .any(|used| self.runs_within(used.module, used.expr.range, depth + 1))
    }

    fn body(&self, module: ModuleId, body: &'a [Stmt], script: bool, off: &mut Vec<ByteRange>) {
        self.block(module, body, script, off);
        walk(body, &mut |_, node| {
            match node {
                Node::Stmt(stmt) => {
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
        for (at, stmt) in block.iter().enumerate() {
            let StmtKind::If(branch) = &stmt.kind else {
                continue;
            };
            let place = self.callers.source().module(module);
            let guard = place.is_some_and(|module| module.is_main_guard(&branch.test));
            let value = if guard {
                (!script).then_some(false)
            } else {
                self.truth(module, &branch.test, 0)
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
            ExprKind::Conditional { test, body, orelse } => match self.truth(module, test, 0) {
                Some(true) => off.push(orelse.range),
                Some(false) => off.push(body.range),
                None => {}
            },
            ExprKind::BoolOp {
                op: op @ (BoolOp::And | BoolOp::Or),
                values,
            } => {
                let stops = *op == BoolOp::Or;
                let decided = values
                    .iter()
                    .position(|value| self.truth(module, value, 0) == Some(stops));
                if let Some(at) = decided {
                    off.extend(values.iter().skip(at + 1).map(|value| value.range));
                }
            }
            _ => {}
        }
    }

    /// Whether a condition holds in the runtime, where the environment alone decides it.
    fn truth(&self, module: ModuleId, test: &'a Expr, depth: u8) -> Option<bool> {
        if depth > 8 {
            return None;
        }
        let below = |expr| self.truth(module, expr, depth + 1);
        match &test.kind {
            ExprKind::Bool(value) if depth == 0 => Some(*value),
            ExprKind::Unary {
                op: "not" | "!",
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
            ExprKind::Compare { left, rest } => {
                let [(operator, right)] = rest.as_slice() else {
                    return None;
                };
                self.compared(module, left, operator, right)
                    .or_else(|| match *operator {
                        "==" => self.compared(module, right, operator, left),
                        _ => None,
                    })
            }
            ExprKind::Call(call) => {
                let source = self.callers.source();
                if matches!(
                    source.callee_name(module, test).as_deref(),
                    Some("bool" | "Boolean")
                ) {
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
        if let Some(text) = self.text(module, test) {
            return Some(text.is_some_and(|text| !text.is_empty()));
        }
        match self.callers.source().meaning(module, test) {
            Meaning::Value(at, value)
                if !std::ptr::eq(value, test)
                    && matches!(
                        value.kind,
                        ExprKind::Compare { .. } | ExprKind::BoolOp { .. } | ExprKind::Unary { .. }
                    ) =>
            {
                self.truth(at, value, depth + 1)
            }
            _ => None,
        }
    }

    fn compared(
        &self,
        module: ModuleId,
        left: &'a Expr,
        operator: &str,
        right: &'a Expr,
    ) -> Option<bool> {
        let text = self.text(module, left)?;
        let none = matches!(right.kind, ExprKind::None);
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
    fn text(&self, module: ModuleId, expr: &'a Expr) -> Option<Option<String>> {
        if let Some(call) = expr.as_call()
            && let ExprKind::Attribute { base, attr } = &call.callee.kind
            && call.args.is_empty()
        {
            let change: fn(&str) -> String = match &**attr {
                "lower" | "casefold" | "toLowerCase" => str::to_lowercase,
                "upper" | "toUpperCase" => str::to_uppercase,
                "strip" | "trim" => |text| text.trim().to_owned(),
                _ => return self.value(module, expr),
            };
            return self
                .text(module, base)
                .map(|text| text.map(|text| change(&text)));
        }
        if let ExprKind::BoolOp {
            op: BoolOp::Or | BoolOp::Coalesce,
            values,
        } = &expr.kind
            && let [first, second] = values.as_slice()
        {
            let first = self.text(module, first)?;
            return match first.filter(|text| !text.is_empty()) {
                Some(text) => Some(Some(text)),
                None => second.as_str().map(|text| Some(text.to_owned())),
            };
        }
        self.value(module, expr)
    }

    fn value(&self, module: ModuleId, expr: &'a Expr) -> Option<Option<String>> {
        let source = self.callers.source();
        let Some(found) = read(self.callers, module, expr) else {
            // A name that holds what was read.
            return match source.meaning(module, expr) {
                Meaning::Value(at, value)
                    if !std::ptr::eq(value, expr)
                        && matches!(
                            value.kind,
                            ExprKind::Call(_)
                                | ExprKind::Subscript { .. }
                                | ExprKind::BoolOp { .. }
                        ) =>
                {
                    self.text(at, value)
                }
                _ => self.made(module, expr),
            };
        };
        let names = found.names(source);
        let [name] = names.as_slice() else {
            return None;
        };
        let default = found
            .default
            .map(|default| source.string(found.module, default));
        self.variable(name, default)
    }

    /// `FLAG = os.getenv("X", "0")`: the name means the call that made it.
    fn made(&self, module: ModuleId, expr: &'a Expr) -> Option<Option<String>> {
        let made = self.callers.source().type_of(module, expr)?;
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
        let local = name
            .split('_')
            .any(|segment| LOCAL.contains(&&*segment.to_uppercase()));
        let unset = local
            || self.absent == Absent::Unset
                && !PLATFORM.iter().any(|prefix| name.starts_with(prefix))
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
