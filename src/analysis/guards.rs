//! What catches an exception that is raised at a place: the `try` statements around it, `.catch`, context managers, decorators,
//! and the error handlers that a web framework is given.

mod after;
mod ai;
mod expected;
mod kept;
mod results;
mod streams;
mod web;

pub(crate) use self::ai::stream_fate;
pub(crate) use self::expected::expects;
pub(crate) use self::kept::gives_exceptions;
pub(crate) use self::streams::consumed_at;
pub(crate) use self::web::{error_handlers, mcp, web};

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU64;

use crate::analysis::limits;
use crate::analysis::names::{Meaning, is_context_manager};
use crate::model::source::ir::{ByteRange, Name, Stmt, StmtKind};
use crate::model::source::walk::{
    Node, TryPart, enclosing_tries, expressions, path_to, statements,
};
use crate::model::source::{Call, Expr, ExprKind, FnId, Function, ModuleId, Source};

use crate::analysis::exceptions::{self, Conduct};

/// Something that catches whatever is raised inside it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guard {
    /// What it does with the exception.
    pub conduct: Conduct,
    /// Its module.
    pub module: ModuleId,
    /// Its place.
    pub range: ByteRange,
    /// What it catches.
    pub catches: Thrown,
    /// What it raises, where it raises.
    pub throws: Thrown,
}

/// Most names of a class and of its bases, or of what a handler lists, that are kept: more than any program has. One that is left out
/// is not caught, which is reported.
const MOST_NAMES: usize = 16;

/// Exceptions: any, or those of some classes, by the hashes of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Thrown([Option<NonZeroU64>; MOST_NAMES]);

impl Thrown {
    /// Whatever is raised; the default.
    pub(crate) const ANY: Thrown = Thrown([None; MOST_NAMES]);

    fn of(names: impl IntoIterator<Item = String>) -> Self {
        let mut found = Self::ANY;
        for (slot, name) in found.0.iter_mut().zip(names) {
            let mut hasher = rustc_hash::FxHasher::default();
            name.hash(&mut hasher);
            *slot = NonZeroU64::new(hasher.finish() | 1);
        }
        found
    }

    fn is_any(self) -> bool {
        self == Self::ANY
    }

    /// Whether a handler of these classes catches an exception that is of one of the others.
    fn catch(self, thrown: Thrown) -> bool {
        self.is_any()
            || self
                .0
                .iter()
                .flatten()
                .any(|one| thrown.0.contains(&Some(*one)))
    }
}

/// What becomes of an exception.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// Caught, logged and answered.
    Handled,
    /// Answered by this handler, and logged nowhere.
    Unlogged(Guard),
    /// This handler raises it again, and nothing around it answers.
    RaisedAgain(Guard),
    /// Nothing broad is around.
    Uncaught,
    /// Nobody waits for the promise that rejects: no `try` catches it, and it ends the process.
    Floating,
    /// It is not raised: the stream that is read here ends as if nothing had happened.
    Ended(ModuleId, ByteRange),
}

/// What becomes of an exception that goes through these guards, innermost first.
pub(crate) fn fate(inside_out: impl Iterator<Item = Guard>) -> Fate {
    let (mut logged, mut again) = (false, None);
    let mut thrown = Thrown::ANY;
    for guard in inside_out {
        if !guard.catches.catch(thrown) {
            continue;
        }
        if guard.conduct.raises {
            thrown = guard.throws;
        }
        logged |= guard.conduct.logs;
        if guard.conduct.answers {
            return if logged {
                Fate::Handled
            } else {
                Fate::Unlogged(guard)
            };
        }
        again = again.or(Some(guard));
    }
    again.map_or(Fate::Uncaught, Fate::RaisedAgain)
}

/// What is around a place within its own function, innermost first.
pub(crate) fn around(
    source: &Source,
    module: ModuleId,
    function: Option<FnId>,
    range: ByteRange,
) -> Vec<Guard> {
    let Some(found) = source.module(module) else {
        return Vec::new();
    };
    let body = source.body(module, function);
    let mut guards: Vec<Guard> = Vec::new();
    for (tried, part) in enclosing_tries(body, range) {
        if part != TryPart::Body {
            continue;
        }
        let broad = tried
            .handlers
            .iter()
            .find(|handler| exceptions::is_broad(source, found, handler));
        guards.extend(broad.map(|handler| {
            let mut conduct = exceptions::conduct(source, found, &handler.body);
            let mut throws = thrown(source, module, &handler.body, 0);
            // `last = error` in a loop of attempts, and `raise last` behind it.
            if conduct.answers
                && !conduct.raises
                && after::raises_later(source, module, body, handler)
            {
                conduct.answers = false;
                conduct.raises = true;
                throws = thrown(source, module, body, handler.range.end);
            }
            Guard {
                conduct,
                module,
                range: handler.range,
                catches: Thrown::ANY,
                throws,
            }
        }));
        if broad.is_none() {
            guards.extend(tried.handlers.iter().map(|handler| Guard {
                conduct: exceptions::conduct(source, found, &handler.body),
                module,
                range: handler.range,
                catches: caught(source, module, &handler.types),
                throws: thrown(source, module, &handler.body, 0),
            }));
        }
    }
    let path = path_to(body, range);
    guards.extend(kept::later(source, module, function, &path, range));
    for node in path {
        match node {
            Node::Expr(Expr {
                kind: ExprKind::Call(call),
                ..
            }) => {
                guards.extend(caught_by_promise(source, module, call, range));
            }
            Node::Stmt(Stmt {
                kind: StmtKind::With(with),
                ..
            }) => {
                let inside = with.body.iter().any(|stmt| stmt.range.contains(range));
                if inside {
                    guards.extend(
                        with.items
                            .iter()
                            .filter_map(|item| manager(source, module, &item.context)),
                    );
                }
            }
            _ => {}
        }
    }
    guards.sort_by_key(|guard| std::cmp::Reverse(guard.range.start));
    guards
}

/// The place where a guard raises: in its handler, else the first behind it in its function (`last = error`, and `raise last` behind the
/// loop), else the guard itself (`next(error)`, a context manager).
pub(crate) fn raises_at(source: &Source, guard: Guard) -> ByteRange {
    let module = source.module(guard.module);
    let Some(function) = module.and_then(|module| module.function_at(guard.range.start)) else {
        return guard.range;
    };
    let inside = |range: ByteRange| guard.range.contains(range);
    let hands_on = expressions(&function.body).iter().any(|expr| {
        inside(expr.range)
            && expr
                .as_call()
                .is_some_and(|call| call.callee.as_name() == Some("next"))
    });
    let raised: Vec<ByteRange> = statements(&function.body)
        .iter()
        .filter(|stmt| matches!(stmt.kind, StmtKind::Raise { .. }))
        .map(|stmt| stmt.range)
        .filter(|range| range.start >= guard.range.start)
        .collect();
    let within = raised.iter().find(|range| inside(**range));
    let behind = raised.iter().find(|range| {
        // Not what another handler raises.
        !enclosing_tries(&function.body, **range)
            .iter()
            .any(|(_, part)| matches!(part, TryPart::Handler(_)))
    });
    within
        .or(behind.filter(|_| !hands_on))
        .copied()
        .unwrap_or(guard.range)
}

/// The first `try` of a function behind a place whose handler catches all, logs and answers.
pub(crate) fn answers_behind(
    source: &Source,
    function: FnId,
    place: ByteRange,
) -> Option<ByteRange> {
    let module = source.module(function.module)?;
    let body = source.body(function.module, Some(function));
    let answers = |tried: &crate::model::source::ir::Try| {
        let mut handlers = tried.handlers.iter();
        handlers
            .find(|handler| exceptions::is_broad(source, module, handler))
            .is_some_and(|handler| {
                let conduct = exceptions::conduct(source, module, &handler.body);
                conduct.logs && conduct.answers && !conduct.raises
            })
    };
    statements(body)
        .into_iter()
        .filter(|stmt| stmt.range.start > place.end)
        .find(|stmt| matches!(&stmt.kind, StmtKind::Try(tried) if answers(tried)))
        .map(|stmt| stmt.range)
}

/// The last handler of the innermost `try` of a function around a place, where each of its handlers catches some exceptions only: one
/// more handler belongs behind it.
pub(crate) fn narrow_around(
    source: &Source,
    function: FnId,
    place: ByteRange,
) -> Option<ByteRange> {
    let module = source.module(function.module)?;
    let body = source.body(function.module, Some(function));
    let mut around = enclosing_tries(body, place).into_iter();
    let (innermost, _) =
        around.find(|(tried, part)| *part == TryPart::Body && !tried.handlers.is_empty())?;
    let is_broad = |handler| exceptions::is_broad(source, module, handler);
    let last = innermost.handlers.last()?;
    (!innermost.handlers.iter().any(is_broad)).then_some(last.range)
}

/// What the handlers of these types catch.
fn caught(source: &Source, module: ModuleId, types: &[Expr]) -> Thrown {
    let mut names = Vec::new();
    for caught in types {
        match &caught.kind {
            ExprKind::Tuple(items) => {
                names.extend(
                    items
                        .iter()
                        .filter_map(|item| source.canonical(module, item)),
                );
            }
            _ => names.extend(source.canonical(module, caught)),
        }
    }
    match names.is_empty() {
        // Not known: it catches nothing that is known by name.
        true => Thrown::of([String::new()]),
        false => Thrown::of(names),
    }
}

/// What the statements of a body from an offset on raise, where all of them raise one class.
fn thrown(source: &Source, module: ModuleId, body: &[Stmt], from: u32) -> Thrown {
    let mut found: Option<(String, &Expr)> = None;
    for stmt in statements(body) {
        let StmtKind::Raise { value, .. } = &stmt.kind else {
            continue;
        };
        if stmt.range.start < from {
            continue;
        }
        let class = value
            .as_deref()
            .map(|value| value.as_call().map_or(value, |call| &call.callee));
        let Some((name, class)) =
            class.and_then(|class| Some((source.canonical(module, class)?, class)))
        else {
            return Thrown::ANY;
        };
        if found.as_ref().is_some_and(|(other, _)| *other != name) {
            return Thrown::ANY;
        }
        found = Some((name, class));
    }
    let Some((name, class)) = found else {
        return Thrown::ANY;
    };
    let bases = match source.meaning(module, class) {
        Meaning::Class(class) => source.bases(class),
        _ => Vec::new(),
    };
    let bases = bases.iter().map(|base| base.to_string());
    Thrown::of([name].into_iter().chain(bases))
}

/// `promise.catch(handler)`, `promise.then(onDone, onFailed)` with the place inside `promise`.
fn caught_by_promise(
    source: &Source,
    module: ModuleId,
    call: &Call,
    range: ByteRange,
) -> Option<Guard> {
    if kept::gives_exceptions(call) {
        return settled(source, module, call, range);
    }
    if let Some(guard) = results::guard(source, module, call) {
        return Some(guard);
    }
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    if &**attr == "allSettled" && base.as_name() == Some("Promise") {
        return settled(source, module, call, range);
    }
    let handler = match &**attr {
        "catch" => call.args.first()?,
        "then" => call.args.get(1)?,
        // Nobody is given what the future of a task holds but its callback.
        "add_done_callback" if base.range.contains(range) => {
            return kept::by_callback(source, module, call);
        }
        _ => return None,
    };
    if !base.range.contains(range) {
        return None;
    }
    let function = source.function_value(module, handler)?;
    Some(Guard {
        conduct: exceptions::conduct(
            source,
            source.module(function.module)?,
            source.body(function.module, Some(function)),
        ),
        module: function.module,
        range: source.function(function)?.header,
        ..Guard::default()
    })
}

/// `Promise.allSettled([…])` with the place inside: it never rejects, and what follows looks at the outcomes.
fn settled(source: &Source, module: ModuleId, call: &Call, range: ByteRange) -> Option<Guard> {
    let inside = call.args.iter().find(|arg| arg.range.contains(range))?;
    let found = source.module(module)?;
    let function = found
        .function_at(inside.range.start)
        .map(|function| function.id);
    // What goes through the outcomes is often a function of its own.
    let nested = found.functions.iter().filter(|one| {
        function.is_some_and(|outer| {
            is_inside(source, one, outer) && one.range.start > inside.range.end
        })
    });
    let mut bodies = nested
        .map(|one| one.body.as_slice())
        .chain([source.body(module, function)]);
    Some(Guard {
        conduct: Conduct {
            logs: bodies.any(|body| exceptions::logs(source, module, body)),
            answers: true,
            ..Conduct::default()
        },
        module,
        range: inside.range,
        ..Guard::default()
    })
}

/// A context manager of the project that handles what is raised in its body.
fn manager(source: &Source, module: ModuleId, context: &Expr) -> Option<Guard> {
    let maker = source.callee(module, context);
    // What a generator yields is what stands behind `as`; the manager is the generator.
    let generator = maker.and_then(|maker| source.function(maker));
    if !generator.is_some_and(is_context_manager)
        && let Meaning::Instance(instance) = source.meaning(module, context)
        && let Some(class) = instance.class.and_then(|class| source.class(class))
    {
        let exit = class
            .method("__exit__")
            .or_else(|| class.method("__aexit__"))?;
        let body = source.body(exit.module, Some(exit));
        let gives_true = statements(body).iter().any(|stmt| match &stmt.kind {
            StmtKind::Return(Some(value)) => {
                !matches!(value.kind, ExprKind::Bool(false) | ExprKind::None)
            }
            _ => false,
        });
        let conduct = Conduct {
            logs: exceptions::logs(source, exit.module, body),
            raises: !gives_true,
            answers: gives_true,
            ..Conduct::default()
        };
        return Some(Guard {
            conduct,
            module: exit.module,
            range: source.function(exit)?.header,
            ..Guard::default()
        });
    }
    let maker = maker?;
    // Context managers may stand in each other.
    let _step = limits::follow("manager", limits::CALLERS, module, context)?;
    let function = source.function(maker)?;
    let at = expressions(&function.body)
        .into_iter()
        .find(|expr| matches!(expr.kind, ExprKind::Yield { .. }))?;
    around(source, maker.module, Some(maker), at.range)
        .into_iter()
        .find(|guard| guard.catches.is_any())
}

/// The guards that a function's decorators of the project put around it, innermost first.
pub(crate) fn decorators(source: &Source, function: &Function) -> Vec<Guard> {
    own_decorators(source, function)
        .rev()
        .flat_map(|decorator| wrapper_guards(source, decorator))
        .collect()
}

/// The decorators of a function that are the project's own, outermost first.
fn own_decorators<'s>(
    source: &'s Source,
    function: &'s Function,
) -> impl DoubleEndedIterator<Item = FnId> + 's {
    let decorators = function.decorators.iter();
    decorators.filter_map(|decorator| decorator_of(source, function, decorator))
}

/// The project's function that a decorator is, or that makes it.
fn decorator_of<'s>(
    source: &'s Source,
    function: &'s Function,
    decorator: &'s Expr,
) -> Option<FnId> {
    let target = decorator.as_call().map_or(decorator, |call| &call.callee);
    source.function_value(function.id.module, target)
}

/// The inner functions of a function's decorators of the project that call it: they run in its place.
pub(crate) fn wrappers(source: &Source, function: &Function) -> Vec<FnId> {
    let mut found: Vec<FnId> = own_decorators(source, function)
        .flat_map(|decorator| calls_of_wrapped(source, decorator))
        .map(|(wrapper, ..)| wrapper)
        .collect();
    // One may call it in several places.
    found.dedup();
    found
}

/// The function that runs in the place of a decorated one, with what each decorator's parameter stands for.
pub(crate) struct Wrapped {
    /// The outermost wrapper.
    pub start: FnId,
    /// The function that is wrapped, by the function that has it as a parameter and its name there.
    pub given: BTreeMap<(FnId, Name), FnId>,
}

/// What runs in the place of a function: the wrappers of its decorators of the project that stand below the one at a place. None where
/// there are none, or where it is not sure which wrapper runs.
pub(crate) fn wrapped(source: &Source, function: &Function, below: ByteRange) -> Option<Wrapped> {
    let registers = |decorator: &Expr| decorator.range.contains(below);
    let first = function.decorators.iter().position(registers)? + 1;
    let own = function.decorators.iter().skip(first);
    let own = own.filter_map(|decorator| decorator_of(source, function, decorator));
    let mut given = BTreeMap::new();
    let mut inside = function.id;
    let mut last = None;
    for decorator in own.rev() {
        let mut wrappers: Vec<(FnId, (FnId, Name))> = Vec::new();
        for (wrapper, _, param) in calls_of_wrapped(source, decorator) {
            let same = source.function(wrapper)?.is_async == function.is_async;
            if same && !wrappers.iter().any(|(known, _)| *known == wrapper) {
                wrappers.push((wrapper, param));
            }
        }
        match wrappers.pop() {
            Some((wrapper, param)) if wrappers.is_empty() => {
                if given.insert(param, inside).is_some() {
                    return None;
                }
                inside = wrapper;
                last = Some(wrapper);
            }
            Some(_) => return None,
            None => {}
        }
    }
    last.map(|start| Wrapped { start, given })
}

/// What a decorator's inner functions put around the call of what they wrap.
fn wrapper_guards(source: &Source, decorator: FnId) -> Vec<Guard> {
    calls_of_wrapped(source, decorator)
        .into_iter()
        .flat_map(|(wrapper, call, _)| around(source, decorator.module, Some(wrapper), call))
        .collect()
}

/// The inner functions of a decorator that call what it wraps, each with the place of such a call, and the parameter that is called.
fn calls_of_wrapped(source: &Source, decorator: FnId) -> Vec<(FnId, ByteRange, (FnId, Name))> {
    let Some(module) = source.module(decorator.module) else {
        return Vec::new();
    };
    let inner = module
        .functions
        .iter()
        .filter(|function| is_inside(source, function, decorator));
    let mut found = Vec::new();
    for function in inner {
        // The wrapped function is a parameter of the decorator, or of a function in it.
        let wrapped = |name: &str| {
            let mut outer = function.parent;
            while let Some(id) = outer {
                let parent = source.function(id)?;
                let param = parent.params.iter().find(|param| &*param.name == name);
                if let Some(param) = param {
                    return Some((id, param.name.clone()));
                }
                outer = parent.parent;
            }
            None
        };
        for expr in expressions(&function.body) {
            if let ExprKind::Call(call) = &expr.kind
                && let Some(param) = call.callee.as_name().and_then(wrapped)
            {
                found.push((function.id, expr.range, param));
            }
        }
    }
    found
}

/// Whether a function stands inside another.
pub(crate) fn is_inside(source: &Source, function: &Function, outer: FnId) -> bool {
    let mut at = function.parent;
    while let Some(id) = at {
        if id == outer {
            return true;
        }
        at = source.function(id).and_then(|parent| parent.parent);
    }
    false
}
