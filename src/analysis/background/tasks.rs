//! Tasks of the platform: whether work that outlives a response is registered before it starts, and completed however it ends.

use std::collections::{BTreeSet, HashMap};

use super::Launch;
use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::{Callers, Use};
use crate::model::source::walk::{TryPart, enclosing_tries, expressions};
use crate::model::source::{
    ByteRange, EntrypointKind, Expr, ExprKind, FnId, Function, ModuleId, Source,
};

/// What registers a task: the SDKs' methods, and the name that such a function is kept under.
const ADD: [&str; 3] = ["add_async_task", "addAsyncTask", "add_task"];
/// What completes it.
const COMPLETE: [&str; 3] = ["complete_async_task", "completeAsyncTask", "complete_task"];

/// How a launch stands with the platform.
pub(crate) enum Tracked {
    /// Registered before it starts and completed whatever happens.
    Whole,
    /// Nobody tells the platform.
    Never,
    /// Registered, and never completed.
    Open,
    /// Registered, and completed only when all goes well.
    Leaky(ModuleId, ByteRange),
}

/// Whether the code calls an SDK's method that registers a task.
pub(crate) fn registers(code: &AgentCode<'_>) -> bool {
    let [method, camel, _] = ADD;
    code.calls().any(|(_, _, expr)| {
        expr.as_call().is_some_and(|call| {
            matches!(&call.callee.kind, ExprKind::Attribute { attr, .. }
                if &**attr == method || &**attr == camel)
        })
    })
}

/// The tasks of a runtime's code.
pub(crate) struct Tasks<'c, 'a> {
    callers: &'c Callers<'a>,
    /// Where functions register a task first; many launches may stand in one function.
    firsts: HashMap<FnId, Option<u32>>,
}

impl<'c, 'a> Tasks<'c, 'a> {
    /// Of a runtime.
    pub(crate) fn new(callers: &'c Callers<'a>) -> Self {
        Self {
            callers,
            firsts: HashMap::new(),
        }
    }

    /// How a launch stands with the platform: what starts the work, what calls that and the work itself are looked through.
    pub(crate) fn tracked(&mut self, launch: &Launch) -> Tracked {
        let code = *self.callers.code();
        let source = code.source;
        if launch.target.is_some_and(|target| is_task(&code, target)) {
            return Tracked::Whole;
        }
        let starters = starters(self.callers, launch.function);
        let inside = launch.target.map(|target| source.reach(target));
        let inside = inside.unwrap_or_default();
        if !self.is_added(launch, &starters) && !adds_any(source, &inside) {
            return Tracked::Never;
        }
        let mut ends = inside;
        let through = launch.through.iter().map(|(helper, _)| helper);
        for starter in starters.iter().chain(through) {
            ends.extend(source.reach(*starter));
        }
        self.ended(ends)
    }

    /// Whether one of what starts a launch registers a task before it.
    fn is_added(&mut self, launch: &Launch, starters: &BTreeSet<FnId>) -> bool {
        let own = (launch.function, launch.range);
        let mut places = std::iter::once(&own).chain(&launch.through);
        let mut others = starters.iter().filter(|id| **id != launch.function);
        places.any(|(id, range)| self.first(*id).is_some_and(|first| first < range.start))
            || others.any(|id| self.first(*id).is_some())
    }

    /// Where a function first registers a task.
    fn first(&mut self, id: FnId) -> Option<u32> {
        let source = self.callers.source();
        *self
            .firsts
            .entry(id)
            .or_insert_with(|| first_added(source, id))
    }

    /// How the task is completed by these functions.
    fn ended(&self, ends: BTreeSet<FnId>) -> Tracked {
        let source = self.callers.source();
        let mut leaky = None;
        for id in ends {
            let Some(function) = source.function(id) else {
                continue;
            };
            for expr in named_calls(source, id, &COMPLETE) {
                if ends_always(self.callers, function, expr) {
                    return Tracked::Whole;
                }
                leaky = leaky.or(Some((id.module, expr.range)));
            }
        }
        match leaky {
            Some((module, range)) => Tracked::Leaky(module, range),
            None => Tracked::Open,
        }
    }
}

/// Where a function first registers a task, itself or through a helper.
fn first_added(source: &Source, id: FnId) -> Option<u32> {
    let own = named_calls(source, id, &ADD).into_iter();
    let own = own.map(|expr| expr.range.start).min();
    let mut known: HashMap<FnId, bool> = HashMap::new();
    let through = calls_within(source, id)
        .into_iter()
        .filter(|expr| {
            let helper = source.callee(id.module, expr);
            helper.is_some_and(|helper| {
                let adds = known.entry(helper);
                *adds.or_insert_with(|| adds_any(source, &source.reach(helper)))
            })
        })
        .map(|expr| expr.range.start)
        .min();
    own.into_iter().chain(through).min()
}

/// Whether one of these functions registers a task.
fn adds_any(source: &Source, functions: &BTreeSet<FnId>) -> bool {
    let mut functions = functions.iter();
    functions.any(|id| !named_calls(source, *id, &ADD).is_empty())
}

/// Whether the SDK registers and completes a function by itself: `@app.async_task`, `app.asyncTask(fn)`.
fn is_task(code: &AgentCode<'_>, target: FnId) -> bool {
    let entries = &code.code.entrypoints;
    entries
        .iter()
        .any(|entry| entry.kind == EntrypointKind::AsyncTask && entry.function == Some(target))
        || code.source.function(target).is_some_and(|function| {
            function.decorators.iter().any(|decorator| {
                let callee = decorator.as_call().map_or(decorator, |call| &call.callee);
                matches!(&callee.kind, ExprKind::Attribute { attr, .. } if &**attr == "async_task")
            })
        })
}

/// The function that starts the work, those around it and those that call it.
fn starters(callers: &Callers<'_>, function: FnId) -> BTreeSet<FnId> {
    let mut found = BTreeSet::from([function]);
    let mut open = vec![function];
    while let Some(id) = open.pop() {
        let Some(module) = callers.source().module(id.module) else {
            continue;
        };
        let parent = module.function(id).and_then(|function| function.parent);
        let all = callers.of(id);
        let uses = all.iter().filter_map(|used| {
            let module = callers.source().module(used.module)?;
            module
                .function_at(used.expr.range.start)
                .map(|function| function.id)
        });
        let next: Vec<FnId> = uses.chain(parent).collect();
        for id in next {
            if found.insert(id) {
                open.push(id);
            }
        }
    }
    found
}

fn calls_within(source: &Source, function: FnId) -> Vec<&Expr> {
    expressions(source.body(function.module, Some(function)))
        .into_iter()
        .filter(|expr| matches!(expr.kind, ExprKind::Call(_)))
        .collect()
}

/// Calls of the SDK's methods, and of names that hold them (`complete_task = hooks["complete"]`).
fn named_calls<'a>(source: &'a Source, function: FnId, names: &[&str; 3]) -> Vec<&'a Expr> {
    let [method, camel, held] = names;
    calls_within(source, function)
        .into_iter()
        .filter(|expr| match expr.as_call().map(|call| &call.callee.kind) {
            Some(ExprKind::Attribute { attr, .. }) => &**attr == *method || &**attr == *camel,
            Some(ExprKind::Name(name)) => {
                &**name == *held || &**name == *method || &**name == *camel
            }
            _ => false,
        })
        .collect()
}

/// Whether a call is reached however the work ends: in a `finally`, a done callback, the end of a context manager.
fn ends_always(callers: &Callers<'_>, function: &Function, expr: &Expr) -> bool {
    is_in_finally(function, expr.range)
        || matches!(&*function.name, "__exit__" | "__aexit__")
        || callers
            .of(function.id)
            .iter()
            .any(|used| is_used_at_end(callers.source(), function, used))
}

/// Whether a helper or callback is called in a `finally`, or given to what calls it at the end.
fn is_used_at_end(source: &Source, function: &Function, used: &Use<'_>) -> bool {
    let Some(module) = source.module(used.module) else {
        return false;
    };
    let around = module.function_at(used.expr.range.start);
    let Some(around) = around.filter(|around| around.id != function.id) else {
        return false;
    };
    if used.called {
        return is_in_finally(around, used.expr.range);
    }
    expressions(&around.body).into_iter().any(|call| {
        call.as_call().is_some_and(|call| {
            matches!(&call.callee.kind, ExprKind::Attribute { attr, .. }
                if matches!(&**attr, "add_done_callback" | "finally"))
                && call
                    .args
                    .iter()
                    .any(|arg| arg.range.contains(used.expr.range))
        })
    })
}

fn is_in_finally(function: &Function, range: ByteRange) -> bool {
    let tries = enclosing_tries(&function.body, range);
    tries.iter().any(|(_, part)| *part == TryPart::Finally)
}
