//! Work in the background of other work, which has to come first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::{panic, thread};

use crate::pool;

/// What leaves half of the processors to other work for as long as that lasts: a search through every file, while code is read in
/// steps that wait for each other. Side by side as equals, the search would end early and leave processors idle in the gaps.
#[derive(Clone, Debug, Default)]
pub struct Background(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// The other work goes on.
    busy: Mutex<bool>,
    done: Condvar,
}

/// The other work; it is done when this is dropped.
#[derive(Debug)]
pub struct Foreground(Background);

impl Drop for Foreground {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Items for one more thread: below it, starting one costs more than it saves.
const WORTH_A_THREAD: usize = 64;

impl Background {
    /// Begins the other work.
    pub fn foreground(&self) -> Foreground {
        self.set(true);
        Foreground(self.clone())
    }

    fn set(&self, busy: bool) {
        let inner = &*self.0;
        *inner.busy.lock().unwrap_or_else(PoisonError::into_inner) = busy;
        inner.done.notify_all();
    }

    /// Waits for the other work, or until nothing is left to do.
    fn wait(&self, is_left: impl Fn() -> bool) {
        let inner = &*self.0;
        let busy = inner.busy.lock().unwrap_or_else(PoisonError::into_inner);
        drop(inner.done.wait_while(busy, |busy| *busy && is_left()));
    }

    /// Wakes those that wait while nothing is left to do.
    fn wake(&self) {
        let _held = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.done.notify_all();
    }

    /// What `look` finds in each item, in the order of the items. A panic goes on in the caller.
    pub fn map<T: Sync, R: Send>(&self, items: &[T], look: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let processors = pool::processors();
        let threads = processors.min(items.len().div_ceil(WORTH_A_THREAD)).max(1);
        let next = AtomicUsize::new(0);
        let work = |yields: bool| {
            let mut found = Vec::new();
            loop {
                if yields {
                    self.wait(|| next.load(Ordering::Relaxed) < items.len());
                }
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(at) else {
                    self.wake();
                    return found;
                };
                found.push((at, look(item)));
            }
        };
        let (work, own) = (&work, processors.div_ceil(2));
        let mut found = thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .map(|number| scope.spawn(move || work(number >= own)))
                .collect();
            let mut found = work(false);
            for other in others {
                match other.join() {
                    Ok(more) => found.extend(more),
                    Err(panicked) => panic::resume_unwind(panicked),
                }
            }
            found
        });
        found.sort_unstable_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, one)| one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_looked_at_once_and_in_order() {
        let items: Vec<usize> = (0..1_000).collect();
        let found = Background::default().map(&items, |item| item * 2);
        assert_eq!(found, (0..1_000).map(|item| item * 2).collect::<Vec<_>>());
        assert!(
            Background::default()
                .map(&[], |item: &usize| *item)
                .is_empty()
        );
    }

    #[test]
    fn it_ends_while_other_work_goes_on_and_after_it() {
        let background = Background::default();
        let items: Vec<usize> = (0..500).collect();
        let foreground = background.foreground();
        assert_eq!(background.map(&items, |item| *item), items);
        drop(foreground);
        assert_eq!(background.map(&items, |item| *item), items);
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let items: Vec<usize> = (0..200).collect();
        let background = Background::default();
        let result = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            background.map(&items, |item| assert!(*item < 150))
        }));
        assert!(result.is_err());
    }
}
