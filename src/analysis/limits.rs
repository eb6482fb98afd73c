//! Budgets that ran out. Every budget of the analysis says so here when it cuts an answer short, and a judgement that was made
//! meanwhile is no pass: what lies behind the cut nobody has seen.

use std::cell::Cell;

use crate::model::finding::{Outcome, Status};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::{ByteRange, ModuleId, Source};

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

/// Says once more what was found out for a fact that is shared.
pub(crate) fn again(limit: Option<Limit>) {
    REACHED.set(REACHED.get().or(limit));
}

/// Steps that one question may take, those of the questions that it asks in turn included.
const MOST_STEPS: u32 = 5_000;
/// How deep they may go: each may stand on the stack with what calls it.
const DEEPEST: u32 = 100;

thread_local! {
    /// How many steps are being taken inside each other, and how many were taken since the outermost began.
    static STEPS: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

/// A step of a question that recurses over code which leads to code; it ends when this is dropped.
pub(crate) struct Step(());

impl Drop for Step {
    fn drop(&mut self) {
        let (inside, taken) = STEPS.get();
        STEPS.set((inside.saturating_sub(1), taken));
    }
}

/// Takes a step; None, and [`reached`], where the question took too many. The depth that a caller counts itself bounds the chain
/// that it follows; this bounds the work, which is exponential in that depth where everything leads to everything.
pub(crate) fn step(what: &'static str, module: ModuleId, range: ByteRange) -> Option<Step> {
    let (inside, taken) = STEPS.get();
    let taken = if inside == 0 { 0 } else { taken };
    if taken >= MOST_STEPS || inside >= DEEPEST {
        reached(what, module, range);
        return None;
    }
    STEPS.set((inside + 1, taken + 1));
    Some(Step(()))
}

/// Runs a judgement, and tells which budget ran out meanwhile.
pub(crate) fn watch<T>(run: impl FnOnce() -> T) -> (T, Option<Limit>) {
    let before = REACHED.take();
    let done = run();
    let found = REACHED.replace(before);
    (done, found)
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
