//! Whose memory code reads and writes: the actor ids that it gives.

use crate::analysis::clients::entries::option;
use crate::analysis::clients::places::Places;
use crate::analysis::clients::values::At;
use crate::analysis::provenance::{self, Alternative, Root};
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
        for (function, expr) in module.all_expressions() {
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
            if let Some((made, at)) = judge(source, &places, given) {
                let new = !found
                    .iter()
                    .any(|one| one.at.module == at.module && one.at.expr.range == at.expr.range);
                if new {
                    found.push(Actor {
                        made,
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

/// Why an id is nobody's, and where that shows. An id that may come from the caller is his.
fn judge<'a>(source: &'a Source, places: &Places<'a>, id: At<'a>) -> Option<(Made, At<'a>)> {
    let found = provenance::of(source, places, id);
    if found.truncated || found.alternatives.is_empty() {
        return None;
    }
    let mut all = Vec::new();
    for alternative in &found.alternatives {
        all.push(made(alternative)?);
    }
    // A new id beside one of the caller's is for callers who have none.
    let worst = *all.iter().map(|(made, _)| made).min()?;
    all.into_iter().find(|(made, _)| *made == worst)
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
