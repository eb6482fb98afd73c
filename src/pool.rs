//! The pools of threads for work that recurses over parsed code.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread;

use rayon::ThreadPool;

/// Parsers and walks recurse; their nesting is bounded by `collect::source::guard`, and this stack is enough for that bound in a debug
/// build. In bytes.
const STACK: usize = 64 << 20;

static PROCESSORS: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));
static DEEP: LazyLock<Option<ThreadPool>> = LazyLock::new(|| made(processors()));
static JUDGING: LazyLock<Option<ThreadPool>> = LazyLock::new(|| made(processors() + 1));
static JUDGING_ALONE: LazyLock<Option<ThreadPool>> = LazyLock::new(|| made(1));

/// What one thread judges in less time than others take to start and to wait, in bytes.
const SMALL: usize = 128 << 10;

/// How many processors the program may use. The system is asked once.
pub fn processors() -> usize {
    *PROCESSORS
}

fn made(threads: usize) -> Option<ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK)
        .num_threads(threads)
        .build();
    if let Err(error) = &pool {
        tracing::warn!(%error, "no thread pool for parsing");
    }
    pool.ok()
}

/// Threads with deep stacks that read, started once in the life of the process; `None` where the system gives none.
pub fn deep() -> Option<&'static ThreadPool> {
    DEEP.as_ref()
}

/// Threads with deep stacks for the checks of a project whose code and configuration have this many bytes. They are others than those
/// that read: a check may wait for what is read. There is one more than processors, since a check may wait for a fact that another one
/// is finding out; a single one finds each out by itself.
pub fn judging(bytes: usize) -> Option<&'static ThreadPool> {
    if bytes < SMALL {
        return JUDGING_ALONE.as_ref();
    }
    JUDGING.as_ref()
}
