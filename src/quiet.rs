//! Panics that cost one result: caught, and kept off standard error, which is for people.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

/// How many threads run something whose panic is caught.
static WATCHED: AtomicUsize = AtomicUsize::new(0);
/// Where the last panic was, of whatever thread: what is caught may have begun on a thread of a pool.
static LAST: Mutex<String> = Mutex::new(String::new());
static HOOK: Once = Once::new();

thread_local! {
    /// Where this thread panicked.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs something that may panic; the error is the place in this program where it did.
///
/// # Errors
/// When it panicked.
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if WATCHED.load(Ordering::SeqCst) > 0 {
                remember(panic);
            } else {
                before(panic);
            }
        }));
    });
    WATCHED.fetch_add(1, Ordering::SeqCst);
    // What is run only reads; what it was building is thrown away with it.
    let done = catch_unwind(AssertUnwindSafe(run));
    WATCHED.fetch_sub(1, Ordering::SeqCst);
    done.map_err(|_| {
        let here = PLACE.take();
        match here.is_empty() {
            true => LAST.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            false => here,
        }
    })
}

fn remember(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("{}:{}", place.file(), place.line()),
    );
    LAST.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone_from(&place);
    PLACE.set(place);
}

#[cfg(test)]
mod tests {
    use super::catch;

    #[test]
    #[allow(clippy::panic)]
    fn a_panic_is_an_error_that_names_its_place_and_not_its_words() {
        let failed = catch(|| -> u8 { panic!("text of a project") });
        let place = failed.err().unwrap_or_default();
        assert!(place.contains("quiet.rs:"), "{place}");
        assert!(!place.contains("project"), "{place}");
        assert_eq!(catch(|| 7), Ok(7));
    }
}
