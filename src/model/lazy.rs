//! Evidence that costs time to read: it is read when it is first looked at, and not at all where nothing looks at it.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::{fmt, io, panic, thread};

/// Reading may parse code that is nested deeply. In bytes.
const STACK: usize = 64 << 20;

thread_local! {
    /// This thread was started by [`spawn`].
    static APART: Cell<bool> = const { Cell::new(false) };
}

/// Starts a thread with room for deep code, which belongs to no pool: lazy values are made on it.
///
/// # Errors
/// When the system gives none.
pub fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<thread::ScopedJoinHandle<'scope, T>> {
    let apart = thread::Builder::new().stack_size(STACK);
    apart.spawn_scoped(scope, || {
        APART.set(true);
        work()
    })
}

/// A value that is made at its first use; a copy is the same value.
pub struct Lazy<T>(Arc<Inner<T>>);

struct Inner<T> {
    value: OnceLock<T>,
    make: Box<dyn Fn() -> T + Send + Sync>,
}

impl<T: Send + Sync + 'static> Lazy<T> {
    /// A value that `make` makes.
    pub fn new(make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            value: OnceLock::new(),
            make: Box::new(make),
        }))
    }

    /// Makes the value, unless it is there.
    pub fn force(&self) {
        let _ = &**self;
    }

    /// The value where something looked at it before.
    pub fn made(&self) -> Option<&T> {
        self.0.value.get()
    }

    /// Makes it on a thread of no pool: one of a pool would, while it waits for others, start a second user of this value, which then
    /// waits for the first.
    fn make(&self) -> T {
        let make = &self.0.make;
        if APART.get() {
            return make();
        }
        thread::scope(|scope| match spawn(scope, make) {
            Ok(running) => running
                .join()
                .unwrap_or_else(|panicked| panic::resume_unwind(panicked)),
            Err(_) => make(),
        })
    }
}

impl<T: Send + Sync + 'static> Deref for Lazy<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.value.get_or_init(|| self.make())
    }
}

impl<T> Clone for Lazy<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Default + Send + Sync + 'static> Default for Lazy<T> {
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T: fmt::Debug> fmt::Debug for Lazy<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.value, formatter)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rayon::prelude::*;

    use super::Lazy;

    #[test]
    fn it_is_made_once_and_only_when_it_is_used() {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let lazy = Lazy::new(move || counter.fetch_add(1, Ordering::SeqCst));
        let copy = lazy.clone();
        assert!(lazy.made().is_none());
        assert_eq!((*lazy, *copy, lazy.made()), (0, 0, Some(&0)));
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn all_threads_of_a_pool_may_wait_for_what_another_pool_makes() {
        let sum = || (0..1000u64).into_par_iter().map(|n| n % 7).sum::<u64>();
        let lazy = Lazy::new(sum);
        let Ok(users) = rayon::ThreadPoolBuilder::new().num_threads(2).build() else {
            return assert_eq!(*lazy, sum());
        };
        let sums: Vec<u64> = users.install(|| (0..64).into_par_iter().map(|_| *lazy).collect());
        assert_eq!(sums, vec![sum(); 64]);
    }
}
