//! Panics that cost one result: caught, and kept off standard error, which is for people.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether this thread runs something whose panic is caught.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    /// Where it panicked.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

static HOOK: Once = Once::new();

/// Runs something that may panic; the error is the place in this program where it did.
///
/// # Errors
/// When it panicked.
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if WATCHED.get() {
                remember(panic);
            } else {
                before(panic);
            }
        }));
    });
    let outer = WATCHED.replace(true);
    // What is run only reads; what it was building is thrown away with it.
    let done = catch_unwind(AssertUnwindSafe(run));
    WATCHED.set(outer);
    done.map_err(|_| PLACE.take())
}

fn remember(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("{}:{}", place.file(), place.line()),
    );
    PLACE.set(place);
}

#[cfg(test)]
mod tests {
    use super::catch;

    #[test]
    #[allow(clippy::panic)]
    fn a_panic_is_an_error_that_names_its_place() {
        let failed = catch(|| -> u8 { panic!("secret text of a project") });
        let place = failed.err().unwrap_or_default();
        assert!(place.contains("quiet.rs:"), "{place}");
        assert!(!place.contains("secret"), "{place}");
        assert_eq!(catch(|| 7), Ok(7));
    }
}
