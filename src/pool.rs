//! The pools of threads for work that recurses over parsed code.

use std::sync::LazyLock;

use rayon::ThreadPool;

/// Parsers and walks recurse; their nesting is bounded by `collect::source::guard`, and this stack is enough for that bound in a debug
/// build. In bytes.
const STACK: usize = 64 << 20;

static DEEP: LazyLock<Option<ThreadPool>> = LazyLock::new(made);
static JUDGING: LazyLock<Option<ThreadPool>> = LazyLock::new(made);

fn made() -> Option<ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    if let Err(error) = &pool {
        tracing::warn!(%error, "no thread pool for parsing");
    }
    pool.ok()
}

/// Threads with deep stacks that read, started once in the life of the process; `None` where the system gives none.
pub fn deep() -> Option<&'static ThreadPool> {
    DEEP.as_ref()
}

/// Threads with deep stacks for the checks. They are others than those that read: a check may wait for what is read.
pub fn judging() -> Option<&'static ThreadPool> {
    JUDGING.as_ref()
}
