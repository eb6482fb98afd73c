//! The calls that a call makes without spelling them out: `to_thread(os.system, text)` calls `os.system(text)`, and so do
//! `partial(os.system)(text)`, `run = os.system; run(text)` and `getattr(os, "system")(text)`.
//!
//! Each is an expression like any other, in the place of the call that makes it; its callee and arguments keep their own places, so
//! that names, types and flows are found as they are for what is written out.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::limits;
use super::runners::{Given, Runner};
use crate::model::source::ir::{Call, Expr, ExprKind, Keyword};
use crate::model::source::memo::{Made, Memo};
use crate::model::source::{FnId, Language, Module};

/// Most wrappers and names between a call and the function that it calls.
const DEEPEST: u8 = 16;
/// Most elements of a list that are written out as a call each; of a longer one the whole list stands in one call.
const MOST_EACH: usize = 64;

/// What runners and partials of a module call. What calls a function under another name is left out: name resolution knows it.
pub(crate) fn handed(module: &Module) -> impl Iterator<Item = (Option<FnId>, &Expr)> {
    let handed = all(module).iter().filter(|made| !made.spelled);
    handed.map(|made| (made.function, &made.expr))
}

/// The same, with the calls by another name in the form `client.method(…)`.
pub(crate) fn calls(module: &Module) -> impl Iterator<Item = (Option<FnId>, &Expr)> {
    all(module).iter().map(|made| (made.function, &made.expr))
}

fn all(module: &Module) -> &[Made] {
    limits::kept(&module.made, || find(module))
}

fn find(module: &Module) -> Vec<Made> {
    let mut reader = Reader {
        module,
        taken: BTreeSet::new(),
    };
    let mut found: Vec<(usize, Made)> = Vec::new();
    for (function, expr) in module.calls() {
        let Some(call) = expr.as_call() else { continue };
        for (callee, args, keywords, spelled) in reader.made_by(call) {
            let made = Call {
                callee,
                args: args.into(),
                keywords: keywords.into(),
                is_new: false,
                resolved: Memo::default(),
            };
            let made = Made {
                function,
                expr: Expr {
                    kind: ExprKind::Call(Arc::new(made)),
                    range: expr.range,
                },
                spelled,
            };
            found.push((std::ptr::from_ref(call).addr(), made));
        }
    }
    // A partial that is called further on says more there.
    found.retain(|(address, _)| !reader.taken.contains(address));
    found.into_iter().map(|(_, made)| made).collect()
}

/// A function with what it is given already.
struct Target {
    callee: Expr,
    args: Vec<Expr>,
    keywords: Vec<Keyword>,
    /// A partial stands between.
    partial: bool,
}

type Parts = (Expr, Vec<Expr>, Vec<Keyword>, bool);

struct Reader<'m> {
    module: &'m Module,
    /// The partials that something else calls, by their addresses.
    taken: BTreeSet<usize>,
}

impl Reader<'_> {
    fn made_by(&mut self, call: &Call) -> Vec<Parts> {
        if let Some(runner) = Runner::of(call) {
            return self.run(runner, call);
        }
        let renamed = match &call.callee.kind {
            ExprKind::Name(name) => {
                let value = self.module.only_value(name, call.callee.range.start);
                value.is_some_and(|value| {
                    matches!(value.kind, ExprKind::Attribute { .. } | ExprKind::Call(_))
                })
            }
            ExprKind::Call(_) => true,
            _ => false,
        };
        let target = renamed
            .then(|| self.target(&call.callee, DEEPEST))
            .flatten();
        let Some(mut target) = target else {
            return Vec::new();
        };
        target.args.extend(call.args.iter().cloned());
        target.keywords.extend(call.keywords.iter().cloned());
        vec![(target.callee, target.args, target.keywords, !target.partial)]
    }

    fn run(&mut self, runner: &Runner, call: &Call) -> Vec<Parts> {
        let receiver = match &call.callee.kind {
            ExprKind::Attribute { base, .. } => Some(&**base),
            _ => None,
        };
        let typescript = self.module.language == Language::TypeScript;
        let given = match runner.given {
            Given::Each if typescript => Given::Receiver,
            given => given,
        };
        if given == Given::Nowhere {
            return Vec::new();
        }
        let function = runner.function(call);
        let Some(target) = function.and_then(|function| self.target(function, DEEPEST)) else {
            return Vec::new();
        };
        let made = |args: Vec<Expr>, keywords: Vec<Keyword>| {
            let mut all = target.args.clone();
            all.extend(args);
            let mut named = target.keywords.clone();
            named.extend(keywords);
            (target.callee.clone(), all, named, false)
        };
        let behind = runner.behind(call);
        match given {
            Given::Behind => {
                let named = |keyword: &&Keyword| {
                    !function.is_some_and(|function| std::ptr::eq(function, &keyword.value))
                };
                let keywords = call.keywords.iter().filter(named).cloned();
                vec![made(behind.to_vec(), keywords.collect())]
            }
            Given::Packed((args_at, args), (keywords_at, keywords)) => {
                let mut args = call.argument(args_at, args).map_or_else(Vec::new, items);
                // A context runs its first argument with the others.
                if args.first().is_some_and(|first| {
                    function.is_some_and(|function| first.range == function.range)
                }) {
                    args.remove(0);
                }
                let keywords = call
                    .argument(keywords_at, keywords)
                    .map_or_else(Vec::new, entries);
                vec![made(args, keywords)]
            }
            Given::Each => match behind {
                [one] => match &one.kind {
                    ExprKind::List(all) | ExprKind::Tuple(all) | ExprKind::Set(all)
                        if all.len() <= MOST_EACH =>
                    {
                        let items = items(one).into_iter();
                        items.map(|item| made(vec![item], Vec::new())).collect()
                    }
                    _ => vec![made(vec![one.clone()], Vec::new())],
                },
                several => vec![made(several.to_vec(), Vec::new())],
            },
            Given::EachSpread => {
                let calls = behind.first().map_or_else(Vec::new, spread);
                calls
                    .into_iter()
                    .map(|args| made(args, Vec::new()))
                    .collect()
            }
            Given::Receiver => match receiver.map(|receiver| (receiver, &receiver.kind)) {
                Some((receiver, ExprKind::List(all))) if all.len() <= MOST_EACH => {
                    let items = items(receiver).into_iter();
                    items.map(|item| made(vec![item], Vec::new())).collect()
                }
                Some((receiver, _)) => vec![made(vec![receiver.clone()], Vec::new())],
                None => Vec::new(),
            },
            Given::Nowhere => Vec::new(),
        }
    }

    /// The function that an expression is, with what it is given already.
    fn target(&mut self, expr: &Expr, left: u8) -> Option<Target> {
        if left == 0 {
            limits::reached(limits::NAMES, self.module.id, expr.range);
            return None;
        }
        let plain = |callee: Expr| Target {
            callee,
            args: Vec::new(),
            keywords: Vec::new(),
            partial: false,
        };
        match &expr.kind {
            ExprKind::Attribute { .. } => Some(plain(expr.clone())),
            ExprKind::Name(name) => {
                let module = self.module;
                let value = module.only_value(name, expr.range.start);
                let wrapped = value.filter(|value| {
                    matches!(
                        value.kind,
                        ExprKind::Name(_)
                            | ExprKind::Attribute { .. }
                            | ExprKind::Call(_)
                            | ExprKind::Conditional(_)
                    )
                });
                let known = wrapped.and_then(|value| self.target(value, left - 1));
                Some(known.unwrap_or_else(|| plain(expr.clone())))
            }
            // `getattr(object, "method", None)`
            ExprKind::Conditional(ways) => self.target(&ways.body, left - 1),
            ExprKind::Call(call) => match (wrapper(call), &*call.args) {
                (Some(wrapper), [function, rest @ ..]) => {
                    self.taken.insert(std::ptr::from_ref(&**call).addr());
                    let mut target = self.target(function, left - 1)?;
                    target.partial = true;
                    if wrapper == Wrapper::Partial {
                        target.args.extend(rest.iter().cloned());
                        target.keywords.extend(call.keywords.iter().cloned());
                    }
                    Some(target)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// A call that gives a function for a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrapper {
    /// With some of its arguments.
    Partial,
    /// As it is: to be awaited, or to run later.
    Whole,
}

fn wrapper(call: &Call) -> Option<Wrapper> {
    match &**call.callee.last_name()? {
        "partial" => Some(Wrapper::Partial),
        "sync_to_async" | "asyncify" | "delayed" => Some(Wrapper::Whole),
        _ => None,
    }
}

/// The elements of a tuple or list that is written out; else it as a spread.
fn items(value: &Expr) -> Vec<Expr> {
    match &value.kind {
        ExprKind::Tuple(items) | ExprKind::List(items) | ExprKind::Set(items) => items.to_vec(),
        ExprKind::None => Vec::new(),
        _ => vec![starred(value)],
    }
}

fn starred(value: &Expr) -> Expr {
    Expr {
        kind: ExprKind::Starred(Box::new(value.clone())),
        range: value.range,
    }
}

/// The arguments of each call where every element of an iterable holds those of one.
fn spread(all: &Expr) -> Vec<Vec<Expr>> {
    match &all.kind {
        ExprKind::List(each) | ExprKind::Tuple(each) | ExprKind::Set(each)
            if each.len() <= MOST_EACH =>
        {
            each.iter().map(items).collect()
        }
        ExprKind::Comprehension(made) => vec![items(&made.element)],
        // `zip(names, texts)`
        ExprKind::Call(call) if call.callee.as_name() == Some("zip") => vec![call.args.to_vec()],
        _ => vec![vec![starred(all)]],
    }
}

/// The entries of a dict that is written out, as keywords.
fn entries(value: &Expr) -> Vec<Keyword> {
    match &value.kind {
        ExprKind::Dict(entries) => {
            let keywords = entries.iter().map(|entry| Keyword {
                name: entry.key.as_ref().and_then(Expr::as_str).map(Into::into),
                value: entry.value.clone(),
                range: entry.value.range,
            });
            keywords.collect()
        }
        ExprKind::None => Vec::new(),
        _ => vec![Keyword {
            name: None,
            value: value.clone(),
            range: value.range,
        }],
    }
}
