//! The words of an argument list as they are seen from a place: through names, parameters and the helpers that make lists.

use crate::analysis::clients::places::Places;
use crate::analysis::limits;
use crate::analysis::values::{At, bound, returned};
use crate::model::source::ir::Operator;
use crate::model::source::module::{BindingKind, ParamKind};
use crate::model::source::walk;
use crate::model::source::{Expr, ExprKind, FnId, ModuleId, Source};

/// Most words of one list.
const WORDS: usize = 1_000;
/// Most calls through which one list is followed to those who give it.
const CALLS: usize = 400;
/// Longest chain of helpers that hand a list on.
const CHAIN: usize = 24;

/// A call that runs a program, or hands words to a helper that does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) module: ModuleId,
    pub(super) function: Option<FnId>,
    pub(super) expr: &'a Expr,
}

/// A word, and the call that it stands in or is handed over by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) at: At<'a>,
    pub(super) place: Place<'a>,
}

/// A function whose parameters are known by one call of it.
#[derive(Clone, Copy)]
struct Frame<'a> {
    function: FnId,
    call: Place<'a>,
}

/// The words seen so far, and the function whose callers know more of them.
#[derive(Default)]
struct Seen<'a> {
    words: Vec<Word<'a>>,
    asks: Option<FnId>,
}

/// Where a list is read: the calls around it, innermost first, and the call that its words are reported at.
#[derive(Clone, Copy)]
struct View<'f, 'a> {
    source: &'a Source,
    frames: &'f [Frame<'a>],
    place: Place<'a>,
}

/// Every list of words that the expressions of a sink may be, one for each chain of callers that gives the rest of it; the
/// first expression is a word of its own where the program stands `separate`.
pub(super) fn lists<'a>(
    source: &'a Source,
    places: &Places<'a>,
    place: Place<'a>,
    parts: &[&'a Expr],
    separate: bool,
) -> Vec<Vec<Word<'a>>> {
    let mut done = Vec::new();
    let mut open: Vec<Vec<Frame<'a>>> = vec![Vec::new()];
    let mut steps = 0;
    while let Some(frames) = open.pop() {
        let mut seen = Seen::default();
        let view = View {
            source,
            frames: &frames,
            place,
        };
        for (index, part) in parts.iter().enumerate() {
            let part = At::new(place.module, part);
            let list = matches!(part.expr.kind, ExprKind::Starred(_));
            if separate && index == 0 && !list {
                view.word(part, &mut seen);
            } else {
                view.flatten(part, &mut seen);
            }
        }
        let further = frames.len() < CHAIN && steps < CALLS;
        if seen.asks.is_some() && !further {
            limits::reached(limits::CALLERS, place.module, place.expr.range);
        }
        let callers = seen
            .asks
            .filter(|_| further)
            .map(|function| callers(places, function))
            .unwrap_or_default();
        // A handler's own parameter, and one of a function that is given away, are also what comes in from outside.
        let outside = seen.asks.is_none_or(|function| {
            callers.is_empty()
                || places.handler(function).is_some()
                || places.uses(function).iter().any(|one| !one.direct)
        });
        if outside {
            done.push(seen.words);
        }
        for call in callers {
            steps += 1;
            if let Some(function) = seen.asks
                && !frames.iter().any(|frame| frame.function == function)
            {
                let mut longer = frames.clone();
                longer.push(Frame { function, call });
                open.push(longer);
            }
        }
    }
    done
}

fn callers<'a>(places: &Places<'a>, function: FnId) -> Vec<Place<'a>> {
    places
        .uses(function)
        .iter()
        .filter(|one| one.direct)
        .map(|one| Place {
            module: one.module,
            function: one.caller,
            expr: one.expr,
        })
        .collect()
}

impl<'a> View<'_, 'a> {
    fn push(&self, at: At<'a>, seen: &mut Seen<'a>) {
        seen.words.push(Word {
            at,
            place: self.place,
        });
    }

    /// The words of a list, as far as they can be seen.
    fn flatten(&self, at: At<'a>, seen: &mut Seen<'a>) {
        if seen.words.len() > WORDS {
            limits::reached(limits::CALLERS, at.module, at.expr.range);
            return;
        }
        let Some(_step) = limits::step(limits::CALLERS, at.module, at.expr.range) else {
            return;
        };
        let next = |expr: &'a Expr, seen: &mut Seen<'a>| {
            self.flatten(At::new(at.module, expr), seen);
        };
        match &at.expr.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) => {
                for item in items {
                    match &item.kind {
                        ExprKind::Starred(inner) => next(inner, seen),
                        _ => self.word(At::new(at.module, item), seen),
                    }
                }
            }
            ExprKind::Starred(inner) => next(inner, seen),
            ExprKind::BinOp {
                op: Operator::Add,
                left,
                right,
            } => {
                next(left, seen);
                next(right, seen);
            }
            ExprKind::Name(name) => self.name(at, name, seen),
            ExprKind::Call(_) => self.call(at, seen),
            _ => self.push(at, seen),
        }
    }

    fn name(&self, at: At<'a>, name: &str, seen: &mut Seen<'a>) {
        let values = bound(self.source, at.module, name, at.expr.range.start);
        let lists: Vec<&'a Expr> = values
            .iter()
            .copied()
            .filter(|value| {
                !value.range.contains(at.expr.range)
                    && match &value.kind {
                        ExprKind::List(_) | ExprKind::Tuple(_) | ExprKind::BinOp { .. } => true,
                        ExprKind::Call(_) => self.made(At::new(at.module, value)).is_some(),
                        _ => false,
                    }
            })
            .collect();
        if lists.is_empty() {
            match self.parameter(at, name) {
                Some(parameter) => self.given(at, parameter, false, seen),
                None => self.push(at, seen),
            }
        }
        for value in &lists {
            self.flatten(At::new(at.module, value), seen);
        }
        self.appended(at, name, seen);
    }

    /// What a call makes its list of: `list(cmd)`, `cmd.copy()`, a helper of the project that returns one list.
    fn made(&self, at: At<'a>) -> Option<(At<'a>, Option<FnId>)> {
        let call = at.expr.as_call()?;
        match &call.callee.kind {
            ExprKind::Name(name) if matches!(&**name, "list" | "tuple") => {
                return Some((At::new(at.module, call.args.first()?), None));
            }
            ExprKind::Attribute { base, attr } if &**attr == "copy" && call.args.is_empty() => {
                return Some((At::new(at.module, base), None));
            }
            _ => {}
        }
        let helper = self.source.callee(at.module, at.expr)?;
        let values = returned(self.source, helper);
        let [value] = values.as_slice() else {
            return None;
        };
        let list = match &value.expr.kind {
            ExprKind::List(_) | ExprKind::Tuple(_) => true,
            ExprKind::Name(name) => {
                let values = bound(self.source, value.module, name, value.expr.range.start);
                values
                    .iter()
                    .any(|value| matches!(value.kind, ExprKind::List(_) | ExprKind::Tuple(_)))
            }
            _ => false,
        };
        let again = self.frames.iter().any(|frame| frame.function == helper);
        (list && !again).then_some((*value, Some(helper)))
    }

    fn call(&self, at: At<'a>, seen: &mut Seen<'a>) {
        match self.made(at) {
            None => self.push(at, seen),
            Some((inner, None)) => self.flatten(inner, seen),
            Some((inner, Some(function))) => {
                let call = Place {
                    expr: at.expr,
                    module: at.module,
                    function: self.place.function,
                };
                let mut frames = vec![Frame { function, call }];
                frames.extend_from_slice(self.frames);
                let view = View {
                    frames: &frames,
                    ..*self
                };
                view.flatten(inner, seen);
            }
        }
    }

    /// A single word: one that is a parameter and nothing else is what the caller gives.
    fn word(&self, at: At<'a>, seen: &mut Seen<'a>) {
        let parameter = at
            .expr
            .as_name()
            .and_then(|name| self.parameter(at, name))
            .filter(|(function, _)| {
                self.frames
                    .first()
                    .is_some_and(|frame| frame.function == *function)
            });
        match parameter {
            Some(parameter) => self.given(at, parameter, true, seen),
            None => self.push(at, seen),
        }
    }

    /// The function and the parameter that a name is, where nothing else is ever given to it.
    fn parameter(&self, at: At<'a>, name: &str) -> Option<(FnId, usize)> {
        let module = self.source.module(at.module)?;
        let mut function = module.function_at(at.expr.range.start)?;
        loop {
            let scope = module.scopes.get(function.id.index as usize + 1);
            if let Some(bindings) = scope.and_then(|scope| scope.names.get(name)) {
                let only = bindings
                    .iter()
                    .all(|one| matches!(one.kind, BindingKind::Param { .. }));
                let index = function
                    .params
                    .iter()
                    .position(|param| *param.name == *name)?;
                return only.then_some((function.id, index));
            }
            function = module.function(function.parent?)?;
        }
    }

    /// What the call around gives for a parameter: one word, or a list of them.
    fn given(
        &self,
        at: At<'a>,
        (function, index): (FnId, usize),
        single: bool,
        seen: &mut Seen<'a>,
    ) {
        let Some((frame, outer)) = self.frames.split_first() else {
            seen.asks.get_or_insert(function);
            return self.push(at, seen);
        };
        let about = self.source.function(function);
        let call = frame.call.expr.as_call();
        let (Some(about), Some(call)) = (about, call) else {
            return self.push(at, seen);
        };
        if frame.function != function {
            return self.push(at, seen);
        }
        let Some(param) = about.params.get(index) else {
            return self.push(at, seen);
        };
        let view = View {
            source: self.source,
            frames: outer,
            place: frame.call,
        };
        let receiver = about
            .params
            .first()
            .is_some_and(|first| about.class.is_some() && matches!(&*first.name, "self" | "cls"));
        let position = index - usize::from(receiver && index > 0);
        let spread = call
            .args
            .iter()
            .take(position)
            .any(|arg| matches!(arg.kind, ExprKind::Starred(_)));
        let value = |expr: &'a Expr, seen: &mut Seen<'a>| {
            let given = At::new(frame.call.module, expr);
            if single {
                view.word(given, seen);
            } else {
                view.flatten(given, seen);
            }
        };
        match param.kind {
            ParamKind::Rest if !spread => {
                for arg in call.args.iter().skip(position) {
                    match &arg.kind {
                        ExprKind::Starred(inner) => value(inner, seen),
                        _ => view.word(At::new(frame.call.module, arg), seen),
                    }
                }
            }
            ParamKind::Normal | ParamKind::KeywordOnly if !spread => {
                let positional = call
                    .args
                    .get(position)
                    .filter(|_| param.kind == ParamKind::Normal);
                match positional.or_else(|| call.option(&param.name)) {
                    Some(given) => value(given, seen),
                    None => match &param.default {
                        Some(default) => self.flatten(At::new(at.module, default), seen),
                        None => self.push(at, seen),
                    },
                }
            }
            _ => self.push(at, seen),
        }
    }

    fn appended(&self, at: At<'a>, name: &str, seen: &mut Seen<'a>) {
        let Some(module) = self.source.module(at.module) else {
            return;
        };
        let function = module
            .function_at(at.expr.range.start)
            .map(|function| function.id);
        for expr in walk::expressions(self.source.body(at.module, function)) {
            if let ExprKind::Call(call) = &expr.kind
                && let ExprKind::Attribute { base, attr } = &call.callee.kind
                && base.as_name() == Some(name)
            {
                match &**attr {
                    "append" | "push" => {
                        for arg in &call.args {
                            self.word(At::new(at.module, arg), seen);
                        }
                    }
                    "extend" => call.args.iter().for_each(|arg| {
                        self.flatten(At::new(at.module, arg), seen);
                    }),
                    _ => {}
                }
            }
        }
    }
}
