//! Where code fills variables of its own environment, and which reads of them get what it filled in.

use super::puts::{What, puts};
use super::{Variable, read};
use crate::analysis::call_sites::Callers;
use crate::analysis::clients::entries::entries;
use crate::analysis::reachability::Live;
use crate::analysis::values::At;
use crate::model::source::walk::statements;
use crate::model::source::{
    ByteRange, Compare, Expr, ExprKind, FnId, Module, ModuleId, Source, StmtKind, UnaryOp,
};

/// A place where code fills a variable with a value that it got elsewhere: `os.environ["GOOGLE_API_KEY"] = api_key`, the way some
/// SDKs are given a key.
struct Fill {
    /// None where the name is not known: `for name, value in loaded.items(): os.environ[name] = value`.
    name: Option<String>,
    module: ModuleId,
    range: ByteRange,
    function: Option<FnId>,
}

/// The fills of a runtime's code.
pub(crate) struct Fills<'c, 'a> {
    callers: &'c Callers<'a>,
    found: Vec<Fill>,
}

impl<'c, 'a> Fills<'c, 'a> {
    /// Those that run. Of members (`process.env.X`) only what `wanted` names is looked at.
    pub(crate) fn new(
        callers: &'c Callers<'a>,
        live: &Live<'_, 'a>,
        wanted: fn(&str) -> bool,
    ) -> Self {
        let modules = callers.code().modules();
        let found = modules.flat_map(|module| in_module(callers, live, module, wanted));
        Self {
            callers,
            found: found.collect(),
        }
    }

    /// Whether a read gets what code filled in: a fill runs before it.
    pub(crate) fn come_before(&self, read: &Variable) -> bool {
        self.of(read).any(|fill| self.comes_before(fill, read))
    }

    /// Whether a read may get what code filled in under a name that is not known.
    pub(crate) fn may_come_before(&self, read: &Variable) -> bool {
        let mut unknown = self.found.iter().filter(|fill| fill.name.is_none());
        unknown.any(|fill| self.comes_before(fill, read))
    }

    /// Whether a read only asks whether a variable is set, so that the code fills it where it is not:
    /// `if os.environ.get("KEY"): return`.
    pub(crate) fn follow_test(&self, read: &Variable) -> bool {
        let source = self.callers.source();
        let Some(module) = source.module(read.module) else {
            return false;
        };
        let mut fills = self.of(read).peekable();
        if fills.peek().is_none() {
            return false;
        }
        let function = module.function_at(read.range.start).map(|around| around.id);
        // What the function fills itself, or has another fill.
        let reached = function.map(|id| source.reach(id));
        is_tested(module, function, read.range)
            && fills.any(|fill| match (function, fill.function) {
                (Some(_), Some(by)) => reached.iter().any(|all| all.contains(&by)),
                (None, Some(by)) => self.is_called(by),
                (None, None) => fill.module == read.module,
                (Some(_), None) => false,
            })
    }

    /// The fills of the variable that is read.
    fn of<'s>(&'s self, read: &'s Variable) -> impl Iterator<Item = &'s Fill> {
        let of = |fill: &&Fill| fill.name.as_ref() == Some(&read.name);
        self.found.iter().filter(of)
    }

    /// Whether a fill runs before a read of the same variable, in code that runs.
    fn comes_before(&self, fill: &Fill, read: &Variable) -> bool {
        let source = self.callers.source();
        let place = source.module(read.module);
        let around = place.and_then(|module| module.function_at(read.range.start));
        match (fill.function, around.map(|around| around.id)) {
            // At import: in the order of the text of one module; of two modules the order is not seen.
            (None, None) => fill.module == read.module && fill.range.start < read.range.start,
            (None, Some(_)) => true,
            (Some(function), None) => place.is_some_and(|module| {
                module.calls().any(|(around, call)| {
                    around.is_none()
                        && call.range.start < read.range.start
                        && source.callee(module.id, call) == Some(function)
                })
            }),
            (Some(function), Some(reader)) if function == reader => {
                fill.range.start < read.range.start
            }
            (Some(function), Some(_)) => self.is_called(function),
        }
    }

    /// Whether something calls a function, or is given it to call: other code, a decorator, the platform.
    fn is_called(&self, function: FnId) -> bool {
        let callers = self.callers;
        let entered = &callers.code().code.entrypoints;
        !callers.of(function).is_empty()
            || entered.iter().any(|entry| entry.function == Some(function))
            || callers
                .source()
                .function(function)
                .is_some_and(|about| !about.decorators.is_empty())
    }
}

/// The fills of a module.
fn in_module<'a>(
    callers: &Callers<'a>,
    live: &Live<'_, 'a>,
    module: &'a Module,
    wanted: fn(&str) -> bool,
) -> Vec<Fill> {
    let mut found = Vec::new();
    for put in puts(callers, module, wanted) {
        let names = names(callers, module.id, &put.what);
        if names.is_empty() || !live.runs(module.id, put.range) {
            continue;
        }
        let function = module.function_at(put.range.start);
        found.extend(names.into_iter().map(|name| Fill {
            name,
            module: module.id,
            range: put.range,
            function: function.map(|function| function.id),
        }));
    }
    found
}

/// The variables that are filled with values which the code got elsewhere; one whose name is not known is none.
fn names<'a>(callers: &Callers<'a>, module: ModuleId, put: &What<'a>) -> Vec<Option<String>> {
    let value = match *put {
        What::All(object) => return of_object(callers, module, object),
        What::Keyed(_, value) | What::Named(_, value) => value,
    };
    if !is_got(callers, module, value) {
        return Vec::new();
    }
    let names = match *put {
        What::Keyed(name, _) => callers.source().strings(module, name),
        What::Named(name, _) => vec![name.to_owned()],
        What::All(_) => Vec::new(),
    };
    match names.is_empty() {
        true => vec![None],
        false => names.into_iter().map(Some).collect(),
    }
}

/// The variables that an object is put into the environment for; one of an unknown name where the object is not seen.
fn of_object<'a>(callers: &Callers<'a>, module: ModuleId, whole: &'a Expr) -> Vec<Option<String>> {
    let entries = entries(callers.source(), At::new(module, whole));
    if entries.is_empty() {
        return vec![None];
    }
    let got = entries
        .into_iter()
        .filter(|(_, value)| is_got(callers, value.module, value.expr));
    got.map(|(name, _)| Some(name)).collect()
}

/// Whether code got a value elsewhere: it is no literal, and the environment did not have it already.
fn is_got<'a>(callers: &Callers<'a>, module: ModuleId, value: &'a Expr) -> bool {
    let is_literal = match &value.kind {
        ExprKind::Name(_)
        | ExprKind::Call(_)
        | ExprKind::Await(_)
        | ExprKind::Conditional(_)
        | ExprKind::BoolOp { .. }
        | ExprKind::Subscript { .. }
        | ExprKind::Attribute { .. } => false,
        ExprKind::Assign { value, .. } => return is_got(callers, module, value),
        _ => true,
    };
    !is_literal && read(callers, module, value).is_none()
}

/// Whether a read stands in the test of an `if` that asks no more of it than whether there is something.
fn is_tested(module: &Module, function: Option<FnId>, read: ByteRange) -> bool {
    let mut all = statements(module.body_of(function)).into_iter();
    all.any(|stmt| {
        matches!(&stmt.kind, StmtKind::If(branch)
            if branch.test.range.contains(read) && asks_presence(&branch.test, read))
    })
}

/// Whether a condition asks of a read no more than whether there is something.
fn asks_presence(test: &Expr, read: ByteRange) -> bool {
    let mut open = vec![test];
    while let Some(test) = open.pop() {
        if !test.range.contains(read) {
            continue;
        }
        match &test.kind {
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => open.push(operand),
            ExprKind::BoolOp { values, .. } => open.extend(values),
            ExprKind::Compare(parts) => match with_nothing(parts) {
                Compared::Held => return true,
                Compared::Nothing => open.push(&parts.left),
                Compared::Other => {}
            },
            ExprKind::Call(call) if call.callee.as_name() == Some("bool") => {
                open.extend(&call.args)
            }
            // `os.environ.get("KEY")`: the read is the call, or the name among its arguments.
            ExprKind::Call(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// What a comparison asks of its left side.
enum Compared {
    /// Whether the other side holds it.
    Held,
    /// Whether it is nothing.
    Nothing,
    /// Anything else.
    Other,
}

fn with_nothing(parts: &Compare) -> Compared {
    let nothing = |expr: &Expr| {
        matches!(expr.kind, ExprKind::None)
            || expr.as_str() == Some("")
            || expr.as_name() == Some("undefined")
    };
    match &*parts.rest {
        [("in" | "not in", _)] => Compared::Held,
        [(_, other)] if nothing(other) => Compared::Nothing,
        _ => Compared::Other,
    }
}

/// What a module gives these variables of its own environment, each with the variable's name, whether the module is one of a runtime
/// or not: `os.environ["X"] = "1"`, `process.env.X = "1"`, and then `os.environ.setdefault("X", "1")`.
pub(crate) fn given<'a>(
    source: &'a Source,
    module: &'a Module,
    variables: &[&'static str],
) -> Vec<(&'static str, &'a Expr)> {
    let mut found = Vec::new();
    let mut texts = variables.iter();
    if !texts.any(|name| module.source.text.contains(name)) {
        return found;
    }
    let mut add = |name: &str, value: &'a Expr| {
        let known = variables.iter().find(|known| **known == name);
        found.extend(known.map(|known| (*known, value)));
    };
    let bodies =
        std::iter::once(&module.body).chain(module.functions.iter().map(|function| &function.body));
    for stmt in bodies.flat_map(|body| statements(body)) {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        let Some(value) = assign.value.as_deref() else {
            continue;
        };
        for name in assign
            .targets
            .iter()
            .filter_map(|target| set_by(source, module, target))
        {
            add(&name, value);
        }
    }
    for (_, expr) in module.calls() {
        let Some(call) = expr.as_call() else {
            continue;
        };
        let name = source.callee_name(module.id, expr).unwrap_or_default();
        if let ("os.environ.setdefault" | "os.putenv", [key, value]) = (name, &*call.args)
            && let Some(key) = source.string(module.id, key)
        {
            add(&key, value);
        }
    }
    found
}

/// The variable that an assignment to an expression sets.
fn set_by<'a>(source: &'a Source, module: &Module, target: &'a Expr) -> Option<String> {
    let (base, name) = match &target.kind {
        ExprKind::Subscript { base, index } => {
            (base, source.string(module.id, index).unwrap_or_default())
        }
        ExprKind::Attribute { base, attr } => (base, attr.to_string()),
        _ => return None,
    };
    let environment = source.canonical(module.id, base);
    matches!(environment.as_deref(), Some("os.environ" | "process.env")).then_some(name)
}
