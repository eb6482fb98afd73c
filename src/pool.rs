//! The pools of threads for work that recurses over parsed code.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread;

use rayon::ThreadPool;

/// Parsers and walks recurse; their nesting is bounded by `collect::source::guard`, and this stack is enough for that bound in a debug
/// build. In bytes.
const STACK: usize = 64 << 20;

static DEEP: LazyLock<Option<ThreadPool>> = LazyLock::new(|| made(0));
static JUDGING: LazyLock<Option<ThreadPool>> = LazyLock::new(|| made(1));

/// A pool with a thread for each processor, and some more.
fn made(more: usize) -> Option<ThreadPool> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK)
        .num_threads(threads + more)
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

/// Threads with deep stacks for the checks. They are others than those that read: a check may wait for what is read. There is one more
/// than processors, since a check may wait for a fact that another one is finding out.
pub fn judging() -> Option<&'static ThreadPool> {
    JUDGING.as_ref()
}
