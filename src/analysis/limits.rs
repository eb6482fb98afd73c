//! Budgets that ran out. Every budget of the analysis says so here when it cuts an answer short, and a judgement that was made
//! meanwhile is no pass: what lies behind the cut nobody has seen.

use std::cell::{Cell, RefCell};
use std::sync::OnceLock;

use crate::model::finding::{Outcome, Status};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::memo::Found;
use crate::model::source::{ByteRange, Expr, ModuleId, Source};

/// Names that are followed through more definitions than one question may look at.
pub(crate) const NAMES: &str =
    "a name leads through more definitions than are followed, so what it stands for is not known";
/// Values that are followed through more callers than one question may look at.
pub(crate) const CALLERS: &str =
    "a value comes through more callers than are followed, so what it can be is not known";
/// Conditions that are made of more parts than are followed.
pub(crate) const CONDITIONS: &str =
    "a condition is made of more parts than are followed, so whether its branch runs is not known";

/// Values that are handed through more calls than one data flow follows.
pub(crate) const FLOW: &str =
    "a value is handed through more calls than are followed, so where it ends up is not known";

/// Functions that are called by more functions than are followed.
pub(crate) const CALLS: &str =
    "code runs through more calls than are followed, so what it does in the end is not known";
/// Handlers that more statements follow than are looked at.
pub(crate) const STATEMENTS: &str =
    "more statements follow a handler than are looked at, so where it leads is not known";
/// Input of more fields than are told apart.
pub(crate) const FIELDS: &str =
    "the input has more fields than are told apart, so what is tested of the rest is not known";
/// Schemas that are made of more schemas than are followed.
pub(crate) const SCHEMA: &str =
    "a schema is nested deeper than is followed, so what it tests is not known";

/// The first place where a budget ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    what: &'static str,
    module: ModuleId,
    range: ByteRange,
}

thread_local! {
    /// A check runs on one thread from its start to its end.
    static REACHED: Cell<Option<Limit>> = const { Cell::new(None) };
}

/// Says that a budget ran out at a place.
pub(crate) fn reached(what: &'static str, module: ModuleId, range: ByteRange) {
    again(Some(Limit {
        what,
        module,
        range,
    }));
}

thread_local! {
    /// What costly questions about names looked at in the present judgement.
    static SPENT: Cell<u64> = const { Cell::new(0) };
}

/// Counts what a costly question looked at.
pub(crate) fn spend(looks: u64) {
    SPENT.set(SPENT.get().saturating_add(looks));
}

/// What the costly questions of the present judgement looked at.
pub(crate) fn spent() -> u64 {
    SPENT.get()
}

/// Whether a budget ran out in the present judgement.
pub(crate) fn is_reached() -> bool {
    REACHED.get().is_some()
}

/// Says once more what was found out for a fact that is shared.
pub(crate) fn again(limit: Option<Limit>) {
    REACHED.set(REACHED.get().or(limit));
}

/// Steps that one question may take, those of the questions that it asks in turn included.
const MOST_STEPS: u32 = 5_000;
/// Steps of one question that are nothing out of the ordinary; what it takes beyond them counts for the judgement as a whole.
const ORDINARY: u32 = 16;
/// Steps of a question where those before it in the same judgement took [`MOST_EXTRA`] beyond the ordinary.
const FEW_STEPS: u32 = 64;
/// Steps beyond the ordinary that the questions of one judgement may take together: work must not grow with the square of the code.
const MOST_EXTRA: u64 = 60_000;
/// How deep they may go: each may stand on the stack with what calls it.
const DEEPEST: usize = 160;

thread_local! {
    /// What is being followed, outermost first: the question, and the expression by its address.
    static OPEN: RefCell<Vec<(&'static str, usize)>> = const { RefCell::new(Vec::new()) };
    /// How many steps were taken since the outermost began.
    static TAKEN: Cell<u32> = const { Cell::new(0) };
    /// How many were taken in the present judgement beyond the ordinary.
    static EXTRA: Cell<u64> = const { Cell::new(0) };
}

/// How many steps the present question may take.
fn most_steps() -> u32 {
    match EXTRA.get() {
        extra if extra > 2 * MOST_EXTRA => ORDINARY,
        extra if extra > MOST_EXTRA => FEW_STEPS,
        _ => MOST_STEPS,
    }
}

/// Counts a step.
fn took(taken: u32) {
    TAKEN.set(taken + 1);
    if taken >= ORDINARY {
        EXTRA.set(EXTRA.get().saturating_add(1));
    }
}

/// A step of a question that recurses over code which leads to code; it ends when this is dropped.
pub(crate) struct Step(());

impl Drop for Step {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(Vec::pop);
    }
}

/// Takes a step; None, and [`reached`], where the question took too many. This bounds both the chain that is followed and the work,
/// which is exponential in the length of the chain where everything leads to everything.
pub(crate) fn step(what: &'static str, module: ModuleId, range: ByteRange) -> Option<Step> {
    let inside = OPEN.with_borrow(Vec::len);
    let taken = if inside == 0 { 0 } else { TAKEN.get() };
    if taken >= most_steps() || inside >= DEEPEST {
        reached(what, module, range);
        return None;
    }
    took(taken);
    OPEN.with_borrow_mut(|open| open.push(("", 0)));
    Some(Step(()))
}

/// Takes a step of a question that looks at an expression; None without a word where that expression is being looked at already: a
/// circle adds nothing to the answer.
pub(crate) fn follow(
    question: &'static str,
    what: &'static str,
    module: ModuleId,
    expr: &Expr,
) -> Option<Step> {
    follow_at(
        question,
        what,
        module,
        expr.range,
        std::ptr::from_ref(expr).addr(),
    )
}

/// As [`follow`], for anything that has a place and an address of its own.
pub(crate) fn follow_at(
    question: &'static str,
    what: &'static str,
    module: ModuleId,
    range: ByteRange,
    address: usize,
) -> Option<Step> {
    let key = (question, address);
    let inside = OPEN.with_borrow(Vec::len);
    let taken = if inside == 0 { 0 } else { TAKEN.get() };
    if taken < most_steps() && OPEN.with_borrow(|open| open.contains(&key)) {
        // A look all the same: where everything leads to everything, most looks are such.
        took(taken);
        return None;
    }
    let step = step(what, module, range)?;
    OPEN.with_borrow_mut(|open| {
        if let Some(last) = open.last_mut() {
            *last = key;
        }
    });
    Some(step)
}

/// Runs a judgement, and tells which budget ran out meanwhile.
pub(crate) fn watch<T>(run: impl FnOnce() -> T) -> (T, Option<Limit>) {
    let before = REACHED.take();
    let spent = SPENT.replace(0);
    let extra = EXTRA.replace(0);
    let done = run();
    SPENT.set(spent);
    EXTRA.set(extra);
    let found = REACHED.replace(before);
    (done, found)
}

/// What is found out once and kept at a module; a budget that ran out meanwhile is said each time.
pub(crate) fn kept<T>(place: &OnceLock<Found<T>>, find: impl FnOnce() -> Vec<T>) -> &[T] {
    let found = place.get_or_init(|| {
        let (all, limit) = watch(find);
        let cut = limit.map(|limit| (limit.what, limit.module, limit.range));
        Found { all, cut }
    });
    if let Some((what, module, range)) = found.cut {
        reached(what, module, range);
    }
    &found.all
}

impl Limit {
    /// Whether it is that of a data flow.
    pub(crate) fn is_of_a_flow(self) -> bool {
        self.what == FLOW
    }

    /// The reason of a result.
    fn reason(self, source: &Source) -> Unread {
        let place = source.module(self.module).map(|module| {
            let site = module.site(self.range);
            let line = site.span.map_or(0, |span| span.line);
            format!("{}:{line}: ", site.path)
        });
        let message = format!("{}{}", place.unwrap_or_default(), self.what);
        Unread::new(ReasonCode::Limit, message)
    }

    /// Turns a pass into `skipped`.
    pub(crate) fn honest(self, source: &Source, outcome: Outcome) -> Outcome {
        match outcome.status {
            Status::Pass => Outcome::skipped(outcome.resource, self.reason(source)),
            _ => outcome,
        }
    }
}
