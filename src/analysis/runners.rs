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
    /// What the function raises reaches whoever waits for the result.
    pub(crate) raises: bool,
    /// The function starts without the context variables of who starts it
    /// (<https://docs.python.org/3/library/contextvars.html>).
    pub(crate) bare: bool,
}

const fn runner(name: &'static str, place: usize) -> Runner {
    Runner {
        name,
        place,
        hands_on: true,
        raises: true,
        bare: false,
    }
}

/// The same, with a function that is not called with what stands behind it.
const fn callback(name: &'static str, place: usize) -> Runner {
    Runner {
        hands_on: false,
        ..runner(name, place)
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
    runner("map", 0),
    runner("apply_async", 0),
    callback("retry", 0),
    callback("run", 0),
    callback("runWithContext", 1),
    callback("startActiveSpan", 1),
    callback("forEach", 0),
    callback("then", 0),
    callback("wait_for", 0),
    callback("run_coroutine_threadsafe", 0),
    apart("Thread", 1, true),
    apart("Timer", 1, true),
    apart("Process", 1, false),
    apart("add_task", 0, false),
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

    /// The function of a call: threads name it `target`.
    pub(crate) fn function<'c>(&self, call: &'c Call) -> Option<&'c Expr> {
        call.argument(self.place, "target")
    }
}
