//! What runs a function that it is given: executors, threads, timers, `partial`.

use crate::model::source::ir::{Call, Expr, ExprKind};

/// A callable that runs a function.
#[derive(Debug)]
pub(crate) struct Runner {
    /// Its last name; whose method it is cannot always be known.
    name: &'static str,
    /// Where the function stands among the positional arguments.
    place: usize,
    /// What stands behind the function is what the function is called with.
    pub(crate) hands_on: bool,
    /// Where what the function is called with stands.
    pub(crate) given: Given,
    /// What the function raises reaches whoever waits for the result.
    pub(crate) raises: bool,
    /// The function starts without the context variables of who starts it
    /// (<https://docs.python.org/3/library/contextvars.html>).
    pub(crate) bare: bool,
}

/// Where the arguments stand that a runner calls its function with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// Behind the function, by place and by name.
    Behind,
    /// In a tuple and in a dict, each by its place and its name.
    Packed((usize, &'static str), (usize, &'static str)),
    /// One at a time: what stands behind the function is iterated.
    Each,
    /// One tuple at a time: what stands behind the function is iterated, and its elements are spread.
    EachSpread,
    /// What the method is called on, or its elements.
    Receiver,
    /// Not seen: the function is called with nothing, or with what the runner makes.
    Nowhere,
}

const fn runner(name: &'static str, place: usize) -> Runner {
    Runner {
        name,
        place,
        given: Given::Behind,
        hands_on: true,
        raises: true,
        bare: false,
    }
}

/// The same, with a function that is not called with what stands behind it.
const fn callback(name: &'static str, place: usize) -> Runner {
    Runner {
        hands_on: false,
        given: Given::Nowhere,
        ..runner(name, place)
    }
}

/// A method that calls its function with what it is called on.
const fn over(name: &'static str, place: usize) -> Runner {
    Runner {
        given: Given::Receiver,
        ..callback(name, place)
    }
}

/// A runner with what its function is given in a tuple and a dict.
const fn packed(
    runner: Runner,
    args: (usize, &'static str),
    keywords: (usize, &'static str),
) -> Runner {
    Runner {
        given: Given::Packed(args, keywords),
        ..runner
    }
}

/// A runner that calls its function once for each element.
const fn each(name: &'static str, place: usize) -> Runner {
    Runner {
        given: Given::Each,
        ..runner(name, place)
    }
}

/// The same, where each element holds the arguments of one call.
const fn each_spread(name: &'static str) -> Runner {
    Runner {
        given: Given::EachSpread,
        ..runner(name, 0)
    }
}

/// The same, of an executor, whose threads have no context.
const fn executor(name: &'static str, place: usize) -> Runner {
    Runner {
        bare: true,
        ..runner(name, place)
    }
}

/// The same, where nobody sees what the function raises.
const fn apart(name: &'static str, place: usize, bare: bool) -> Runner {
    Runner {
        raises: false,
        bare,
        ..runner(name, place)
    }
}

const RUNNERS: &[Runner] = &[
    runner("to_thread", 0),
    executor("run_in_executor", 1),
    executor("submit", 0),
    runner("partial", 0),
    runner("run_sync", 0),
    runner("run_in_threadpool", 0),
    runner("sync_to_async", 0),
    each("map", 0),
    each("imap", 0),
    each("imap_unordered", 0),
    each("map_async", 0),
    each_spread("starmap"),
    each_spread("starmap_async"),
    packed(runner("apply", 0), (1, "args"), (2, "kwds")),
    packed(runner("apply_async", 0), (1, "args"), (2, "kwds")),
    callback("retry", 0),
    callback("run", 0),
    callback("runWithContext", 1),
    callback("startActiveSpan", 1),
    over("forEach", 0),
    over("then", 0),
    callback("wait_for", 0),
    callback("run_coroutine_threadsafe", 0),
    packed(apart("Thread", 1, true), (3, "args"), (4, "kwargs")),
    packed(apart("Timer", 1, true), (2, "args"), (3, "kwargs")),
    packed(apart("Process", 1, false), (3, "args"), (4, "kwargs")),
    apart("add_task", 0, false),
    apart("start_soon", 0, false),
    apart("call_later", 1, false),
    apart("call_at", 1, false),
    apart("call_soon", 0, false),
    apart("call_soon_threadsafe", 0, false),
];

impl Runner {
    /// What a call names, where it runs a function that it is given.
    pub(crate) fn of(call: &Call) -> Option<&'static Self> {
        let name = match &call.callee.kind {
            ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => name,
            _ => return None,
        };
        RUNNERS.iter().find(|runner| runner.name == &**name)
    }

    /// The function that a call gives a runner.
    pub(crate) fn given(call: &Call) -> Option<&Expr> {
        Self::of(call)?.function(call)
    }

    /// The function of a call: threads name it `target`, others `func` or `function`.
    pub(crate) fn function<'c>(&self, call: &'c Call) -> Option<&'c Expr> {
        let named = || {
            ["function", "func"]
                .iter()
                .find_map(|name| call.option(name))
        };
        let given = call.argument(self.place, "target").or_else(named)?;
        // `Thread(target=copy_context().run, args=(work,))` runs `work`.
        match runs_in_a_context(given) {
            true => self.first_argument(call).or(Some(given)),
            false => Some(given),
        }
    }

    /// The first that the function of a call is called with.
    pub(crate) fn first_argument<'c>(&self, call: &'c Call) -> Option<&'c Expr> {
        match self.given {
            Given::Packed((place, name), _) => match &call.argument(place, name)?.kind {
                ExprKind::Tuple(items) | ExprKind::List(items) => items.first(),
                _ => None,
            },
            _ => call.args.get(self.place + 1),
        }
    }

    /// Whether a call starts its function without the context variables of who starts it.
    pub(crate) fn is_bare(&self, call: &Call) -> bool {
        let given = call.argument(self.place, "target");
        self.bare && !given.is_some_and(runs_in_a_context)
    }

    /// What stands behind the function.
    pub(crate) fn behind<'c>(&self, call: &'c Call) -> &'c [Expr] {
        let given = call.args.get(self.place);
        let skipped = usize::from(given.is_some_and(runs_in_a_context));
        let from = self.place + 1 + skipped;
        call.args.get(from..).unwrap_or_default()
    }
}

/// Whether a function is `run` of a context of variables, which runs what stands behind it: `copy_context().run`, `ctx.run`.
pub(crate) fn runs_in_a_context(function: &Expr) -> bool {
    let ExprKind::Attribute { base, attr } = &function.kind else {
        return false;
    };
    let of_context = || match &base.kind {
        ExprKind::Call(call) => call.written_name() == "copy_context",
        _ => base
            .last_name()
            .is_some_and(|name| ["ctx", "context"].iter().any(|word| name.contains(word))),
    };
    &**attr == "run" && of_context()
}
