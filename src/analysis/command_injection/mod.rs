//! What reaches a command unchecked: flows from handlers, parameters and a person's input, over the one data flow of
//! [`crate::analysis::dataflow`], with what tests prove of each value on the way.

mod argv;
mod built_in;
mod files;
mod input;
mod packaged;
mod quoting;
mod seeds;
mod sinks;
mod vetted;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::clients::places::{Places, Use};
use crate::analysis::clients::{self, Idle, Kind};
use crate::analysis::dataflow::{Flow, Kept, Limit, Step, Truncation};
use crate::analysis::handlers;
use crate::analysis::runners::Runner;
use crate::analysis::schema::{Fields, Registrations};
use crate::analysis::values::At;
use crate::model::source::{ByteRange, EntrypointKind, FnId, ModuleId, Source};
use seeds::{Sources, Start};
use sinks::Sink;
pub(crate) use sinks::{Danger, is_command};

/// Where text that reaches a command comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A handler of this kind is given it.
    Handler(EntrypointKind),
    /// A person types it.
    Typed,
    /// A parameter that nobody in sight gives a handler's payload for.
    Parameter,
    /// A parameter of a function that nothing calls.
    Uncalled,
    /// The model says it to a tool of a package that runs whatever it is given.
    PackagedTool,
    /// A parameter of this function, which is a method, is decorated or is given away: what calls it is not seen.
    Unseen(FnId),
    /// A handler is given it, and this function may have refused it.
    Vetted(EntrypointKind, FnId),
}

/// A command that holds text which nothing on the way has tested.
pub(crate) struct Unchecked {
    /// The module.
    pub(crate) module: ModuleId,
    /// The call that runs it.
    pub(crate) range: ByteRange,
    /// What runs it, as it is called.
    pub(crate) command: String,
    /// What the text may do there.
    pub(crate) danger: Danger,
    /// Where the text comes from.
    pub(crate) origin: Origin,
    /// The way that it takes.
    pub(crate) steps: Vec<Step>,
}

/// What was found, and where the search was given up.
#[derive(Default)]
pub(crate) struct Found {
    /// The commands, in the order of the handlers that reach them.
    pub(crate) unchecked: Vec<Unchecked>,
    /// Where a flow was given up.
    pub(crate) truncated: Vec<Truncation>,
    /// What functions that nothing calls would run.
    pub(crate) idle: Vec<Unchecked>,
    /// What functions run whose callers are not seen: a framework that is not known here may give them anything.
    pub(crate) unseen: Vec<Unchecked>,
    /// The modules with commands that are no constants, whoever they come from.
    pub(crate) made: BTreeSet<ModuleId>,
}

/// The modules that are looked at: what runs, what calls AgentCore, and what runs commands.
pub(crate) fn modules(source: &Source) -> Vec<ModuleId> {
    let mut all: BTreeSet<ModuleId> = clients::modules(source).into_iter().collect();
    all.extend(&source.commands);
    all.into_iter().collect()
}

/// Every such command in the repository.
pub(crate) fn find(source: &Source) -> Found {
    let places = Places::of(source, modules(source));
    let mut local: Vec<Vec<Sink<'_>>> = places
        .modules
        .iter()
        .filter_map(|id| source.module(*id))
        .flat_map(|module| sinks::of_module(&places, source, module))
        .collect();
    local.push(files::of(&places, source));
    let mut found = Found {
        unchecked: packaged::tools(&places, source),
        ..Found::default()
    };
    found.unchecked.extend(built_in::shells(&places, source));
    let calls = clients::find(source);
    let remote: Vec<Sink<'_>> = calls
        .iter()
        .filter(|call| call.kind == Kind::Command)
        .filter_map(|call| {
            let command = sinks::command(source, call.module.id, call.expr.as_call()?)?;
            Some(Sink {
                what: "InvokeAgentRuntimeCommand".to_owned(),
                module: call.module.id,
                function: call.function,
                expr: call.expr,
                parts: vec![(command, Danger::Shell)],
            })
        })
        .collect();
    if local.iter().all(Vec::is_empty) && remote.is_empty() {
        return found;
    }
    let made: Vec<&Sink<'_>> = local
        .iter()
        .flatten()
        .filter(|sink| sink.parts.iter().any(|(at, _)| !is_constant(source, *at)))
        .collect();
    found.made = made.iter().map(|sink| sink.module).collect();
    let packaged = found.unchecked.len();
    let mut held = Vec::new();
    let mut reached = handled(source, &places, (&local, &remote), &mut held, &mut found);
    if !held.is_empty() {
        // What one handler keeps in the state of a module another one may read.
        found.unchecked.truncate(packaged);
        found.unseen.clear();
        reached = handled(source, &places, (&local, &remote), &mut held, &mut found);
    }
    let apart = beside(source, &places, &local, (&held, &reached), &mut found);
    reached.extend(apart);
    found.idle = idle(source, &places, &local);
    unseen(source, &places, &made, &reached, &mut found);
    for sink in &remote {
        outside(source, &places, sink, &mut found);
    }
    found
}

/// What a handler keeps in the state of modules that no test vouches for.
struct Held {
    by: FnId,
    kind: EntrypointKind,
    kept: Vec<(Danger, Kept)>,
}

/// What reaches commands from handlers, each after all others whose state is known; gives the functions that run.
fn handled(
    source: &Source,
    places: &Places<'_>,
    (local, remote): (&[Vec<Sink<'_>>], &[Sink<'_>]),
    held: &mut Vec<Held>,
    found: &mut Found,
) -> BTreeSet<FnId> {
    let entries = handlers::find(source, &places.modules);
    let schemas = Registrations::new(source);
    let mut new = Vec::new();
    let mut reached: BTreeSet<FnId> = BTreeSet::new();
    for (function, kind, payload) in places.handlers() {
        let entry = entries
            .iter()
            .find(|entry| entry.function == Some(function));
        let rules = entry.map_or_else(Fields::new, |entry| schemas.of(entry, function));
        let others = || held.iter().filter(|held| held.by != function);
        let given = |rules| Sources::of_handler(source, function, (kind, payload), rules);
        let sources = given(rules.clone()).after(others().flat_map(|held| &held.kept));
        let flow = sources.flow(None, &mut found.truncated);
        if held.is_empty() && !flow.kept.is_empty() {
            sources.learn_schemas(&flow);
            let kept = |danger| {
                (
                    danger,
                    sources.flow(Some(danger), &mut found.truncated).kept,
                )
            };
            let kept = Danger::ALL.map(kept).to_vec();
            new.push(Held {
                by: function,
                kind,
                kept,
            });
        }
        let ran: BTreeSet<FnId> = flow.functions().collect();
        let sinks: Vec<&Sink<'_>> = local
            .iter()
            .flatten()
            .chain(remote)
            .filter(|sink| sink.function.is_some_and(|id| ran.contains(&id)))
            .collect();
        let origin = |_: bool| Origin::Handler(kind);
        let mut open = unchecked(&sources, &flow, &sinks, origin, &mut found.truncated);
        let other = others().map(|held| held.kind).next();
        if let Some(other) = other.filter(|_| !open.is_empty()) {
            // What is not there without the others' state was given to one of them.
            let mut given_up = Vec::new();
            let alone = given(rules);
            let flow = alone.flow(None, &mut given_up);
            let own = unchecked(&alone, &flow, &sinks, origin, &mut given_up);
            for one in &mut open {
                let same = |own: &Unchecked| own.module == one.module && own.range == one.range;
                if !own.iter().any(same) {
                    one.origin = Origin::Handler(other);
                }
            }
        }
        for mut one in open {
            // An expression over columns is written to be checked by a parser.
            let by = match one.danger {
                Danger::Expression => vetted::by(source, &one.steps),
                _ => None,
            };
            match (by, one.origin) {
                (Some(by), Origin::Handler(kind)) => {
                    one.origin = Origin::Vetted(kind, by);
                    found.unseen.push(one);
                }
                _ => found.unchecked.push(one),
            }
        }
        reached.extend(ran);
    }
    held.extend(new);
    reached
}

/// What reaches commands in what a module starts when it is loaded, a thread say, from the state that handlers keep; gives the
/// functions that run there.
fn beside(
    source: &Source,
    places: &Places<'_>,
    local: &[Vec<Sink<'_>>],
    (held, reached): (&[Held], &BTreeSet<FnId>),
    found: &mut Found,
) -> BTreeSet<FnId> {
    let mut ran = BTreeSet::new();
    let Some(first) = held.first() else {
        return ran;
    };
    let open: Vec<&Sink<'_>> = local
        .iter()
        .flatten()
        .filter(|sink| sink.function.is_some_and(|id| !reached.contains(&id)))
        .collect();
    let started = |function: FnId| places.roots(function).into_iter();
    let modules: BTreeSet<ModuleId> = open
        .iter()
        .filter_map(|sink| sink.function)
        .flat_map(started)
        .filter(|(_, root)| root.is_none())
        .map(|(module, _)| module)
        .collect();
    for module in modules {
        let sources =
            Sources::of_handlers(source, module).after(held.iter().flat_map(|held| &held.kept));
        let flow = sources.flow(None, &mut found.truncated);
        ran.extend(flow.functions());
        let origin = |_: bool| Origin::Handler(first.kind);
        let mut reached = unchecked(&sources, &flow, &open, origin, &mut found.truncated);
        for one in &mut reached {
            one.origin =
                Origin::Handler(keeper(source, module, &open, held, one).unwrap_or(first.kind));
        }
        found.unchecked.extend(reached);
    }
    ran
}

/// The kind of the first handler whose state alone reaches a command in what a module starts.
fn keeper(
    source: &Source,
    module: ModuleId,
    open: &[&Sink<'_>],
    held: &[Held],
    one: &Unchecked,
) -> Option<EntrypointKind> {
    let reaches = |held: &&Held| {
        let mut given_up = Vec::new();
        let alone = Sources::of_handlers(source, module).after(held.kept.iter());
        let flow = alone.flow(None, &mut given_up);
        let origin = |_: bool| Origin::Handler(held.kind);
        let own = unchecked(&alone, &flow, open, origin, &mut given_up);
        own.iter()
            .any(|own| own.module == one.module && own.range == one.range)
    };
    held.iter().find(reaches).map(|held| held.kind)
}

/// The commands of functions that nothing calls or is given, made of what they would be given: no failure, since nothing runs
/// them, and nothing to be silent about.
fn idle(source: &Source, places: &Places<'_>, local: &[Vec<Sink<'_>>]) -> Vec<Unchecked> {
    let mut found = Vec::new();
    let named = Idle::of(source);
    for sink in local.iter().flatten() {
        let Some(function) = sink.function else {
            continue;
        };
        let about = source.function(function);
        let alone = about.is_some_and(|about| {
            about.parent.is_none() && about.class.is_none() && about.decorators.is_empty()
        });
        if !alone
            || places.handler(function).is_some()
            || !places.uses(function).is_empty()
            || named.names(function)
        {
            continue;
        }
        let sources = Sources::of_anyone(source, Start::Function(function));
        let mut truncated = Vec::new();
        let flow = sources.flow(None, &mut truncated);
        let origin = |_: bool| Origin::Uncalled;
        let reached = unchecked(&sources, &flow, &[sink], origin, &mut truncated);
        found.extend(reached);
    }
    found
}

/// Whether a text is the same whatever is given to the program.
fn is_constant(source: &Source, at: At<'_>) -> bool {
    source.string(at.module, at.expr).is_some()
}

/// Most functions that flows from callers which are not seen go through, all together: a vendored package has thousands of methods.
const MOST_UNSEEN: usize = 400;
/// Most calls that one such flow evaluates.
const MOST_UNSEEN_BODIES: u32 = 1_000;

/// The commands of functions that no known handler runs and whose callers are not seen. A script is started by a person.
fn unseen(
    source: &Source,
    places: &Places<'_>,
    made: &[&Sink<'_>],
    reached: &BTreeSet<FnId>,
    found: &mut Found,
) {
    let mut budget = MOST_UNSEEN;
    let named = Idle::of(source);
    let mut known: BTreeMap<FnId, Vec<&Sink<'_>>> = BTreeMap::new();
    let mut given_up: Vec<&Sink<'_>> = Vec::new();
    let mut undecided = Undecided::of(source, found);
    for sink in made.iter().filter(|sink| undecided.has(sink.module)) {
        let Some(function) = sink.function.filter(|function| !reached.contains(function)) else {
            continue;
        };
        match starts(source, places, &named, function, &mut budget) {
            Some(starts) => starts
                .into_iter()
                .for_each(|start| known.entry(start).or_default().push(sink)),
            None => given_up.push(sink),
        }
    }
    let mut budget = MOST_UNSEEN;
    for (start, mut sinks) in known {
        sinks.retain(|sink| undecided.has(sink.module));
        if sinks.is_empty() {
            continue;
        }
        if budget == 0 {
            given_up.extend(sinks);
            continue;
        }
        let cut = found.truncated.len();
        let sources = Sources::of_unseen(source, start, MOST_UNSEEN_BODIES);
        let flow = sources.flow(None, &mut found.truncated);
        budget = budget.saturating_sub(flow.functions().count());
        let origin = |_: bool| Origin::Unseen(start);
        let open = unchecked(&sources, &flow, &sinks, origin, &mut found.truncated);
        let cut = found.truncated.iter().skip(cut).map(|one| one.module);
        let settled = open.iter().map(|one| one.module).chain(cut);
        settled.for_each(|module| undecided.settle(module));
        found.unseen.extend(open);
    }
    let truncations = given_up.iter().map(|sink| Truncation {
        module: sink.module,
        range: sink.expr.range,
        limit: Limit::Bodies(MOST_UNSEEN_BODIES),
    });
    found.truncated.extend(truncations);
}

/// Which parts of the code, of those that are judged each by itself, still have nothing that forbids a pass: one place is enough.
struct Undecided {
    /// The modules that each runtime runs.
    runtimes: Vec<BTreeSet<ModuleId>>,
    /// Whether those that no runtime runs are such a part.
    rest: bool,
    /// The modules that runtimes run.
    run: BTreeSet<ModuleId>,
}

impl Undecided {
    fn of(source: &Source, found: &Found) -> Self {
        let runtimes = source.runtimes.iter();
        let runtimes: Vec<BTreeSet<ModuleId>> = runtimes
            .map(|runtime| runtime.reachable.iter().copied().collect())
            .collect();
        let mut all = Self {
            run: runtimes.iter().flatten().copied().collect(),
            runtimes,
            rest: true,
        };
        let unchecked = found.unchecked.iter().map(|one| one.module);
        let truncated = found.truncated.iter().map(|one| one.module);
        unchecked
            .chain(truncated)
            .for_each(|module| all.settle(module));
        all
    }

    fn has(&self, module: ModuleId) -> bool {
        match self.run.contains(&module) {
            true => self.runtimes.iter().any(|of| of.contains(&module)),
            false => self.rest,
        }
    }

    /// A place in this module forbids a pass.
    fn settle(&mut self, module: ModuleId) {
        match self.run.contains(&module) {
            true => self.runtimes.retain(|of| !of.contains(&module)),
            false => self.rest = false,
        }
    }
}

/// The functions from which a function runs, which no function in sight calls, and which something that is not seen may call:
/// methods, functions with a decorator, functions that are given away or kept. None where the budget runs out.
fn starts(
    source: &Source,
    places: &Places<'_>,
    named: &Idle<'_>,
    of: FnId,
    budget: &mut usize,
) -> Option<BTreeSet<FnId>> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from([of]);
    let mut open = vec![of];
    while let Some(function) = open.pop() {
        *budget = budget.checked_sub(1)?;
        let callers = || places.uses(function).iter().filter(|used| runs(used));
        if callers().next().is_some() {
            let callers = callers().filter_map(|used| used.caller);
            open.extend(callers.filter(|caller| seen.insert(*caller)));
        } else if may_be_called(source, places, named, function) {
            found.insert(function);
        }
    }
    Some(found)
}

/// Whether a function is called where it is used, by what it is given to.
fn runs(used: &Use<'_>) -> bool {
    used.direct
        || used
            .expr
            .as_call()
            .is_some_and(|call| Runner::of(call).is_some())
}

/// Whether something that is not seen may call a function that nothing in sight calls.
fn may_be_called(source: &Source, places: &Places<'_>, named: &Idle<'_>, function: FnId) -> bool {
    let is_script = source
        .module(function.module)
        .is_none_or(|module| places.is_script(module));
    let callable = source.function(function).is_some_and(|about| {
        let given = !places.uses(function).is_empty();
        given || named.names(function) || about.class.is_some() || !about.decorators.is_empty()
    });
    callable && !is_script && places.handler(function).is_none()
}

/// A command for a session's VM that nobody in sight gives a handler's payload: what its function is given, or what a person types.
fn outside(source: &Source, places: &Places<'_>, sink: &Sink<'_>, found: &mut Found) {
    let roots = match sink.function {
        Some(function) => places.roots(function),
        None => vec![(sink.module, None)],
    };
    for (module, root) in roots {
        if root.is_some_and(|root| places.handler(root).is_some()) {
            continue;
        }
        let start = root.map_or(Start::Module(module), Start::Function);
        let sources = Sources::of_anyone(source, start);
        let flow = sources.flow(None, &mut found.truncated);
        let origin = |typed: bool| match typed {
            true => Origin::Typed,
            false => Origin::Parameter,
        };
        let reached = unchecked(&sources, &flow, &[sink], origin, &mut found.truncated);
        found.unchecked.extend(reached);
    }
}

/// The sinks that something reaches which no test on the way vouches for.
fn unchecked(
    sources: &Sources<'_>,
    flow: &Flow,
    sinks: &[&Sink<'_>],
    origin: impl Fn(bool) -> Origin,
    truncated: &mut Vec<Truncation>,
) -> Vec<Unchecked> {
    let mut found = Vec::new();
    let hit = |flow: &Flow, sink: &Sink<'_>, danger: Danger| {
        sink.parts
            .iter()
            .filter(|(_, of)| *of == danger)
            .fold(0, |all, (at, _)| all | flow.labels(at.module, at.expr))
    };
    let open: Vec<&&Sink<'_>> = sinks
        .iter()
        .filter(|sink| {
            Danger::ALL
                .iter()
                .any(|danger| hit(flow, sink, *danger) != 0)
        })
        .collect();
    if open.is_empty() {
        return found;
    }
    sources.learn_schemas(flow);
    let mut done: BTreeSet<(ModuleId, ByteRange)> = BTreeSet::new();
    for danger in Danger::ALL {
        if open.iter().all(|sink| hit(flow, sink, danger) == 0) {
            continue;
        }
        let tested = sources.flow(Some(danger), truncated);
        for sink in &open {
            let labels = hit(&tested, sink, danger);
            if labels == 0 || !done.insert((sink.module, sink.expr.range)) {
                continue;
            }
            let steps = sink
                .parts
                .iter()
                .find(|(at, of)| *of == danger && tested.labels(at.module, at.expr) != 0)
                .map(|(at, _)| {
                    let function = sources.function_at(at.module, at.expr);
                    tested.path(sources.source, (at.module, function), at.expr, labels)
                });
            found.push(Unchecked {
                module: sink.module,
                range: sink.expr.range,
                command: sink.what.clone(),
                danger,
                origin: origin(sources.is_typed(labels)),
                steps: steps.unwrap_or_default(),
            });
        }
    }
    found
}
