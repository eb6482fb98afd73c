//! Work that a handler starts and does not wait for.

mod starts;
pub(crate) mod tasks;

use std::collections::BTreeSet;

use self::starts::{Around, Ran, ends_at_once, promises, python, started, typescript};
pub(crate) use self::starts::{answers, run_of_thread};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::{Callers, given_to, parameter};
use crate::analysis::limits;
use crate::analysis::outward::Askers;
use crate::analysis::waited::{Fate, Fates};
use crate::model::source::ir::LoopKind;
use crate::model::source::walk::{Node, expressions, path_to, walk};
use crate::model::source::{
    ByteRange, EntrypointKind, Expr, ExprKind, FnId, Function, Language, ModuleId, Source, StmtKind,
};

/// Work that outlives the function that starts it.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    /// The module.
    pub module: ModuleId,
    /// The function that starts it.
    pub function: FnId,
    /// The call.
    pub range: ByteRange,
    /// What runs, where it is the project's own function.
    pub target: Option<FnId>,
    /// How, in words.
    pub how: &'static str,
    /// It serves the process, not the request: a daemon thread that waits for work for ever.
    pub service: bool,
    /// It is another program than an interpreter of a script: work, or a server that the session uses.
    pub program: bool,
    /// The helpers that the call goes through, each with where it starts the work or calls the next.
    pub through: Vec<(FnId, ByteRange)>,
}

/// Functions that run while a caller waits for an answer.
pub(crate) fn answering(code: &AgentCode<'_>) -> BTreeSet<FnId> {
    let mut found = BTreeSet::new();
    for entry in &code.code.entrypoints {
        let answers = !matches!(entry.kind, EntrypointKind::Ping | EntrypointKind::AsyncTask);
        if let Some(function) = entry.function.filter(|_| answers) {
            found.extend(code.source.reach(function));
        }
    }
    found
}

/// Work that these functions start and leave running.
pub(crate) fn launches(callers: &Callers<'_>, functions: &BTreeSet<FnId>) -> Vec<Launch> {
    let source = callers.source();
    let fates = Fates::new(source);
    let mut search = Search {
        source,
        callers,
        fates: &fates,
        functions,
        found: Vec::new(),
        open: Vec::new(),
        seen: BTreeSet::new(),
    };
    for function in functions.iter().filter_map(|id| source.function(*id)) {
        search.within(function);
    }
    while let Some(handed) = search.open.pop() {
        search.at_callers(&handed);
    }
    let mut found = search.found;
    found.sort_by_key(|launch| (launch.module, launch.range));
    found
}

/// Work that routes of web frameworks for Node wait for after they have answered: nobody waits for it with them.
pub(crate) fn behind_answers(code: &AgentCode<'_>) -> Vec<Launch> {
    let entries = code.code.entrypoints.iter();
    let routes = entries.filter(|entry| entry.kind == EntrypointKind::Route);
    let functions: BTreeSet<FnId> = routes.filter_map(|entry| entry.function).collect();
    let functions = functions.into_iter();
    let functions = functions.filter_map(|id| code.source.function(id));
    let askers = Askers::new(|_| true);
    functions
        .filter(|function| code.source.is_typescript(function.id.module))
        .flat_map(|function| behind_answer(code, function, &askers))
        .collect()
}

fn behind_answer(code: &AgentCode<'_>, function: &Function, askers: &Askers) -> Vec<Launch> {
    let source = code.source;
    let answered = function.body.iter().position(|stmt| match &stmt.kind {
        StmtKind::Expr(value) => ends_response(function, value),
        _ => false,
    });
    let rest = answered.and_then(|at| function.body.get(at + 1..));
    let module = function.id.module;
    let waited = expressions(rest.unwrap_or_default()).into_iter();
    let waited = waited.filter_map(|expr| match &expr.kind {
        ExprKind::Await(inner) => Some(&**inner),
        _ => None,
    });
    let asking = |expr: &&Expr| askers.is_asked_by(code, module, expr);
    let launch = |expr: &Expr| Launch {
        module,
        function: function.id,
        range: expr.range,
        target: source.callee(module, expr),
        how: "work behind the answer",
        service: false,
        program: false,
        through: Vec::new(),
    };
    waited.filter(asking).map(launch).collect()
}

/// Whether a statement ends the response that a route is given: `res.status(202).json(…)`, `reply.send(…)`.
fn ends_response(function: &Function, value: &Expr) -> bool {
    let Some(call) = value.as_call() else {
        return false;
    };
    if !matches!(
        call.written_name(),
        "json" | "send" | "end" | "sendStatus" | "redirect" | "jsonp"
    ) {
        return false;
    }
    let mut base = &call.callee;
    loop {
        base = match &base.kind {
            ExprKind::Attribute { base, .. } => base,
            ExprKind::Call(inner) => &inner.callee,
            ExprKind::Name(name) => {
                let given = function.params.get(1);
                return given.is_some_and(|param| param.name == *name);
            }
            _ => return false,
        };
    }
}

/// Work that a function starts for its callers: it gives them what they wait for, or they give it what runs.
struct Handed {
    /// The launch, as the function has it.
    launch: Launch,
    /// What runs.
    work: Work,
    /// What becomes of it in the function.
    fate: Fate,
    /// It is work only if it is a promise.
    promise: bool,
}

/// What a launch runs.
#[derive(Clone, Copy)]
enum Work {
    /// A function of the project.
    Function(FnId),
    /// What the function that launches it is given.
    Parameter(usize),
    Unseen,
}

/// Helpers that one start of work is followed through, each called by the next.
const DEEPEST: usize = 16;
/// Calls of helpers that are looked at for the work that they start.
const MOST_CALLS: usize = 10_000;

struct Search<'c, 's> {
    source: &'s Source,
    callers: &'c Callers<'s>,
    fates: &'c Fates<'s>,
    functions: &'c BTreeSet<FnId>,
    found: Vec<Launch>,
    open: Vec<Handed>,
    /// The calls that were looked at, each with where the work is started.
    seen: BTreeSet<(ModuleId, ByteRange, ModuleId, ByteRange)>,
}

impl<'s> Search<'_, 's> {
    /// The launches that stand in a function.
    fn within(&mut self, function: &'s Function) {
        let module = function.id.module;
        let Some(language) = self.source.module(module).map(|module| module.language) else {
            return;
        };
        let around = Around::new(self.source, function, self.fates);
        walk(&function.body, &mut |path, node| {
            if let Node::Expr(expr) = node
                && let ExprKind::Call(call) = &expr.kind
                && let Some(start) = match language {
                    Language::Python => python(&around, path, expr, call),
                    Language::TypeScript => typescript(&around, path, expr, call),
                }
            {
                let launch = Launch {
                    module,
                    function: function.id,
                    range: expr.range,
                    target: None,
                    how: start.how,
                    service: language == Language::Python
                        && (start.daemon || around.is_daemon(call)),
                    program: start.program,
                    through: Vec::new(),
                };
                let work = match start.work {
                    Some(Ran::Known(id)) => Work::Function(id),
                    Some(Ran::Value(value)) => self.work(function.id, value),
                    None => Work::Unseen,
                };
                self.settle(Handed {
                    launch,
                    work,
                    fate: start.fate,
                    promise: start.promise,
                });
            }
            true
        });
    }

    /// What a value runs that is given to a launcher in a function.
    fn work(&self, function: FnId, value: &'s Expr) -> Work {
        let named = match &value.kind {
            ExprKind::Call(call) => &call.callee,
            _ => value,
        };
        let given = |name: &Expr| {
            name.as_name()?;
            let (of, index) = parameter(self.source, function.module, name)?;
            (of == function).then_some(index)
        };
        match given(named) {
            Some(index) => Work::Parameter(index),
            None => {
                started(self.source, function.module, value).map_or(Work::Unseen, Work::Function)
            }
        }
    }

    /// Keeps a launch, or what its callers are to be asked for.
    fn settle(&mut self, handed: Handed) {
        match (handed.fate, handed.work) {
            (Fate::Waited, _) => {}
            (Fate::Returned, _) | (Fate::Dropped, Work::Parameter(_)) => self.open.push(handed),
            (Fate::Dropped, work) => {
                let target = match work {
                    Work::Function(id) if handed.promise => {
                        promises(self.source, id).filter(|_| !ends_at_once(self.source, id))
                    }
                    Work::Function(id) => Some(id),
                    _ => None,
                };
                let is_work = !handed.promise || target.is_some();
                if is_work {
                    let service = handed.launch.service
                        && target.is_some_and(|target| waits_for_ever(self.source, target));
                    self.found.push(Launch {
                        target,
                        service,
                        ..handed.launch
                    });
                }
            }
        }
    }

    /// Asks the callers of a function that starts work for them.
    fn at_callers(&mut self, handed: &Handed) {
        let helper = handed.launch.function;
        let Some(function) = self.source.function(helper) else {
            return;
        };
        let start = &handed.launch;
        if start.through.len() >= DEEPEST || self.seen.len() >= MOST_CALLS {
            limits::reached(limits::CALLS, start.module, start.range);
            return;
        }
        let uses = self.callers.of(helper);
        let mut called = false;
        for used in uses.iter().filter(|used| used.called) {
            let (module, expr) = (used.module, used.expr);
            let place = self.source.module(module);
            let caller = place.and_then(|place| place.function_at(expr.range.start));
            let Some(caller) = caller.filter(|caller| self.functions.contains(&caller.id)) else {
                continue;
            };
            called = true;
            if self
                .seen
                .insert((module, expr.range, start.module, start.range))
            {
                self.at_caller(handed, function, caller, expr);
            }
        }
        // Nobody is seen to call it: what runs is not known.
        if !called && handed.fate == Fate::Dropped && !handed.promise {
            self.found.push(Launch {
                service: false,
                ..handed.launch.clone()
            });
        }
    }

    /// What a call of such a function starts.
    fn at_caller(
        &mut self,
        handed: &Handed,
        helper: &Function,
        caller: &'s Function,
        expr: &'s Expr,
    ) {
        let Some(call) = expr.as_call() else { return };
        let module = caller.id.module;
        let fate = match handed.fate {
            Fate::Returned => {
                let mut path = path_to(&caller.body, expr.range);
                path.pop();
                // A promise of JavaScript that gives a promise is waited for with it.
                let later = helper.is_async && !self.source.is_typescript(helper.id.module);
                self.fates.of(caller, &path, expr, later)
            }
            fate => fate,
        };
        let work = match handed.work {
            Work::Parameter(index) => given_to(self.source, call, helper.id, index)
                .map_or(Work::Unseen, |value| self.work(caller.id, value)),
            work => work,
        };
        let mut through = handed.launch.through.clone();
        through.push((helper.id, handed.launch.range));
        self.settle(Handed {
            launch: Launch {
                module,
                function: caller.id,
                range: expr.range,
                target: None,
                how: handed.launch.how,
                service: handed.launch.service,
                program: handed.launch.program,
                through,
            },
            work,
            fate,
            promise: handed.promise,
        });
    }
}

/// Whether a function is a loop without an end that waits for a queue or an event at each turn.
fn waits_for_ever(source: &Source, target: FnId) -> bool {
    let Some(function) = source.function(target) else {
        return false;
    };
    function.body.iter().any(|stmt| {
        let StmtKind::Loop(looped) = &stmt.kind else {
            return false;
        };
        let endless = looped.kind == LoopKind::While
            && match looped.iter.as_deref().map(|test| &test.kind) {
                Some(ExprKind::Bool(true)) | None => true,
                Some(ExprKind::Number(text)) => &**text == "1",
                _ => false,
            };
        endless
            && expressions(&looped.body).into_iter().any(|expr| {
                let Some(call) = expr.as_call() else {
                    return false;
                };
                let ExprKind::Attribute { base, attr } = &call.callee.kind else {
                    return false;
                };
                let name = source
                    .type_of(target.module, base)
                    .map(|made| made.type_name.to_string())
                    .unwrap_or_default();
                let kept = match &base.kind {
                    ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => {
                        name.to_lowercase()
                    }
                    _ => String::new(),
                };
                match &**attr {
                    "get" => name.contains("Queue") || kept.contains("queue") || kept == "q",
                    "wait" => {
                        name.contains("Event")
                            || name.contains("Condition")
                            || kept.contains("event")
                    }
                    _ => false,
                }
            })
    })
}
