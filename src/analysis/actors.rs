//! Whose memory code reads and writes: the actor ids that it gives.

use crate::analysis::clients::entries::option;
use crate::analysis::clients::places::Places;
use crate::analysis::provenance::{self, Alternative, Root};
use crate::analysis::values::At;
use crate::model::source::{ExprKind, RuntimeSource, Source};

/// What an actor id is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Made {
    /// The same for every caller.
    Constant,
    /// Another one at every call.
    Fresh,
    /// The session's id.
    Session,
}

/// An actor id that is nobody's.
pub(crate) struct Actor<'a> {
    /// What it is made of.
    pub(crate) made: Made,
    /// Only for a caller who sends none.
    pub(crate) fallback: bool,
    /// Where that shows.
    pub(crate) at: At<'a>,
    /// The call that it is given to, for what memory it uses.
    pub(crate) call: At<'a>,
}

/// Names of the option that holds an actor id.
const OPTIONS: [&str; 2] = ["actor_id", "actorId"];

/// The actor ids that the code of a runtime gives, and how many there are.
pub(crate) fn of<'a>(source: &'a Source, code: &'a RuntimeSource) -> (Vec<Actor<'a>>, usize) {
    let places = Places::of(source, code.reachable.clone());
    let mut found: Vec<Actor<'a>> = Vec::new();
    let mut count = 0;
    for module in code.reachable.iter().filter_map(|id| source.module(*id)) {
        // Elsewhere options may be given as a whole.
        let expressions = match OPTIONS.iter().any(|name| module.may_write(name)) {
            true => module.all_expressions(),
            false => module.calls().collect(),
        };
        for (function, expr) in expressions {
            if function.is_some_and(|id| code.idle.contains(&id)) {
                continue;
            }
            let given: Option<At<'a>> = match &expr.kind {
                ExprKind::Call(call) => {
                    // What a function of the project passes on is looked at where it ends.
                    if source.callee(module.id, expr).is_some() {
                        continue;
                    }
                    OPTIONS
                        .iter()
                        .filter(|name| {
                            call.keywords.iter().any(|keyword| {
                                keyword.name.is_none() || keyword.name.as_deref() == Some(**name)
                            }) || is_command(call)
                        })
                        .find_map(|name| option(source, module.id, call, name))
                }
                // `{"configurable": {"actor_id": …}}`.
                ExprKind::Dict(_) => OPTIONS
                    .iter()
                    .find_map(|name| Some(At::new(module.id, expr.entry(name)?)))
                    .filter(|_| beside_thread(expr)),
                _ => None,
            };
            let Some(given) = given else { continue };
            count += 1;
            if let Some((made, at, fallback)) = judge(source, &places, given) {
                let new = !found
                    .iter()
                    .any(|one| one.at.module == at.module && one.at.expr.range == at.expr.range);
                if new {
                    found.push(Actor {
                        made,
                        fallback,
                        at,
                        call: At::new(module.id, expr),
                    });
                }
            }
        }
    }
    (found, count)
}

/// The command objects of the JavaScript SDK take one object.
fn is_command(call: &crate::model::source::Call) -> bool {
    call.is_new
}

/// LangGraph's configuration names the thread beside the actor.
fn beside_thread(expr: &crate::model::source::Expr) -> bool {
    expr.entry("thread_id").is_some()
}

/// Why an id is nobody's, where that shows, and whether it is so only for a caller who sends none.
fn judge<'a>(source: &'a Source, places: &Places<'a>, id: At<'a>) -> Option<(Made, At<'a>, bool)> {
    let found = provenance::of(source, places, id);
    if found.truncated || found.alternatives.is_empty() {
        return None;
    }
    let all: Vec<_> = found.alternatives.iter().map(made).collect();
    let fallback = all.iter().any(Option::is_none);
    // A caller's id, and what stands in for it: an empty one or the session's is for code that goes on to test it.
    let counts = |made: Made, at: At<'a>| {
        !fallback
            || made != Made::Session
                && at.expr.as_str().is_none_or(|text| !text.is_empty())
                && !matches!(at.expr.kind, ExprKind::None)
    };
    let mut each = all.iter().zip(&found.alternatives);
    if !each.all(|(made, one)| made.is_some() || is_sent(one)) {
        return None;
    }
    let named = all
        .into_iter()
        .flatten()
        .filter(|(made, at)| counts(*made, *at));
    let (made, at) = named.min_by_key(|(made, _)| *made)?;
    Some((made, at, fallback))
}

/// Whether an id is a field of what the caller sent, which may not be there.
fn is_sent(alternative: &Alternative<'_>) -> bool {
    let [part] = alternative.as_slice() else {
        return false;
    };
    matches!(part.root, Root::Parameter { .. }) && !part.path.is_empty()
}

fn made<'a>(alternative: &Alternative<'a>) -> Option<(Made, At<'a>)> {
    let first = alternative.first()?;
    let fixed = |root: Root| matches!(root, Root::Literal | Root::Setting);
    if alternative.iter().all(|part| fixed(part.root)) {
        return Some((Made::Constant, first.at));
    }
    if let Some(fresh) = alternative.iter().find(|part| part.root == Root::Fresh) {
        return Some((Made::Fresh, fresh.at));
    }
    let session = |path: &[String]| {
        path.last().is_some_and(|last| {
            matches!(
                last.as_str(),
                "session_id"
                    | "sessionid"
                    | "runtimesessionid"
                    | "runtime_session_id"
                    | "thread_id"
            )
        })
    };
    let open: Vec<_> = alternative
        .iter()
        .filter(|part| !fixed(part.root))
        .collect();
    open.iter()
        .all(|part| session(&part.path))
        .then(|| open.first().map(|part| (Made::Session, part.at)))
        .flatten()
}
