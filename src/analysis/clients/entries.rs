//! The entries of option objects and headers, wherever they are put together.

use std::collections::{BTreeSet, HashMap};

use crate::analysis::limits;
use crate::analysis::names::Meaning;
use crate::analysis::values::{At, Domain, bound, eval, returned};
use crate::model::source::ir::{Call, Name, StmtKind};
use crate::model::source::memo::Put;
use crate::model::source::walk::{self, Node};
use crate::model::source::{ByteRange, Expr, ExprKind, FnId, Module, ModuleId, Source};

/// Most entries of one object, and most expressions that they are gathered from.
const MOST_ENTRIES: usize = 500;

/// The entries of a dict or object, as far as they can be seen: literals, spreads, `Object.assign`, `new Headers`, helpers that
/// return one, and what is put in later (`headers["X"] = v`, `headers.update(…)`, `headers.set("X", v)`).
pub(crate) fn entries<'a>(source: &'a Source, at: At<'a>) -> Vec<(String, At<'a>)> {
    let mut out = Entries {
        source,
        found: Vec::new(),
        seen: BTreeSet::new(),
        names: BTreeSet::new(),
    };
    eval(&mut out, at);
    out.found
}

/// Entries on the way, and the expressions looked at already.
struct Entries<'a> {
    source: &'a Source,
    found: Vec<(String, At<'a>)>,
    seen: BTreeSet<(ModuleId, ByteRange)>,
    /// Names that were followed already: what they are bound to does not depend on where they stand in the function.
    names: BTreeSet<(ModuleId, Option<FnId>, &'a str)>,
}

impl<'a> Entries<'a> {
    /// An entry under each text that its key can be.
    fn push(&mut self, key: At<'a>, value: At<'a>) {
        for key in self.source.strings(key.module, key.expr) {
            self.found.push((key, value));
        }
    }

    /// Whether more is looked at.
    fn has_room(&self, at: At<'a>) -> bool {
        let room = self.found.len() < MOST_ENTRIES && self.seen.len() < MOST_ENTRIES;
        if !room {
            limits::reached(limits::CALLERS, at.module, at.expr.range);
        }
        room
    }
}

impl<'a> Domain<'a> for Entries<'a> {
    type Known = ();
    const QUESTION: &'static str = "entries";

    fn before(&mut self, at: At<'a>) -> Option<()> {
        let again = !self.seen.insert((at.module, at.expr.range));
        (again || !self.has_room(at)).then_some(())
    }

    fn unknown(&mut self, _at: At<'a>) {}

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) {
        ways.iter().for_each(|way| eval(self, at.to(way)));
    }

    fn other(&mut self, at: At<'a>) {
        let source = self.source;
        match &at.expr.kind {
            ExprKind::Dict(items) => items.iter().for_each(|item| match &item.key {
                Some(key) => self.push(at.to(key), at.to(&item.value)),
                None => eval(self, at.to(&item.value)),
            }),
            ExprKind::List(items) | ExprKind::Tuple(items) => {
                for pair in items {
                    if let ExprKind::Tuple(pair) | ExprKind::List(pair) = &pair.kind
                        && let [key, value] = &**pair
                    {
                        self.push(at.to(key), at.to(value));
                    }
                }
            }
            ExprKind::BinOp { left, right, .. } => {
                eval(self, at.to(left));
                eval(self, at.to(right));
            }
            ExprKind::Call(call) => match source.callee(at.module, at.expr) {
                Some(function) => returned(source, function)
                    .into_iter()
                    .for_each(|value| eval(self, value)),
                None => {
                    call.args.iter().for_each(|arg| eval(self, at.to(arg)));
                    for keyword in &call.keywords {
                        let value = at.to(&keyword.value);
                        match &keyword.name {
                            Some(name) => self.found.push((name.to_string(), value)),
                            None => eval(self, value),
                        }
                    }
                }
            },
            ExprKind::Name(name) => self.name(at, name),
            ExprKind::Attribute { base, attr } => {
                // The headers of a request that was made before, to be signed.
                if &**attr == "headers" {
                    let made = source.type_of(at.module, base);
                    let headers =
                        made.and_then(|made| Some((made.module, made.call?.option("headers")?)));
                    if let Some((module, headers)) = headers {
                        eval(self, At::new(module, headers));
                    }
                    if let Some(name) = base.as_name() {
                        put_into_headers(source, at, name, self);
                    }
                } else {
                    self.meaning(at);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Entries<'a> {
    fn name(&mut self, at: At<'a>, name: &'a str) {
        let place = self.source.module(at.module);
        let around = place.and_then(|place| place.function_at(at.expr.range.start));
        let around = around.map(|around| around.id);
        if !self.names.insert((at.module, around, name)) {
            return;
        }
        let values = bound(self.source, at.module, name, at.expr.range.start);
        if values.is_empty() {
            self.meaning(at);
        }
        for value in values {
            if !value.range.contains(at.expr.range) {
                eval(self, at.to(value));
            }
        }
        put_later(self.source, at, name, self);
    }

    fn meaning(&mut self, at: At<'a>) {
        if let Meaning::Value(module, value) = self.source.meaning(at.module, at.expr)
            && !value.is(at.expr)
        {
            eval(self, At::new(module, value));
        }
    }
}

/// What the function around puts into a container after it was made: first what is assigned, then what calls put in.
fn put_later<'a>(source: &'a Source, at: At<'a>, name: &str, out: &mut Entries<'a>) {
    let Some(module) = source.module(at.module) else {
        return;
    };
    let function = module
        .function_at(at.expr.range.start)
        .map(|function| function.id);
    let body = source.body(at.module, function);
    let puts = module.puts.get_or_init(|| puts(module));
    let puts = puts.get(name).into_iter().flatten();
    let here: Vec<&Put> = puts.filter(|put| put.function == function).collect();
    for put in here.iter().filter(|put| !put.is_call) {
        if !out.has_room(at) {
            return;
        }
        let assigned = walk::path_to(body, put.range);
        let Some(Node::Stmt(stmt)) = assigned.into_iter().rfind(|node| node.range() == put.range)
        else {
            continue;
        };
        if let StmtKind::Assign(assign) = &stmt.kind
            && let Some(value) = &assign.value
        {
            for target in &assign.targets {
                match &target.kind {
                    ExprKind::Subscript { base, index } if base.as_name() == Some(name) => {
                        out.push(at.to(index), at.to(value));
                    }
                    ExprKind::Attribute { base, attr } if base.as_name() == Some(name) => {
                        out.found.push((attr.to_string(), at.to(value)));
                    }
                    _ => {}
                }
            }
        }
    }
    for put in here.iter().filter(|put| put.is_call) {
        let Some(call) = walk::expression_at(body, put.range).and_then(Expr::as_call) else {
            continue;
        };
        match &*call.args {
            [more] => eval(out, at.to(more)),
            [key, value] if out.has_room(at) => out.push(at.to(key), at.to(value)),
            _ => {}
        }
    }
}

/// Where a module puts something into containers, by the name of the container.
fn puts(module: &Module) -> HashMap<Name, Vec<Put>> {
    let mut found: HashMap<Name, Vec<Put>> = HashMap::new();
    let functions = module.functions.iter();
    let bodies = functions.map(|function| (Some(function.id), function.body.as_slice()));
    for (function, body) in bodies.chain([(None, module.body.as_slice())]) {
        for stmt in walk::statements(body) {
            let StmtKind::Assign(assign) = &stmt.kind else {
                continue;
            };
            for target in &assign.targets {
                let (ExprKind::Subscript { base, .. } | ExprKind::Attribute { base, .. }) =
                    &target.kind
                else {
                    continue;
                };
                if let ExprKind::Name(name) = &base.kind {
                    found.entry(name.clone()).or_default().push(Put {
                        function,
                        range: stmt.range,
                        is_call: false,
                    });
                }
            }
        }
        walk::each_expression(body, &mut |expr| {
            let ExprKind::Call(call) = &expr.kind else {
                return;
            };
            let ExprKind::Attribute { base, attr } = &call.callee.kind else {
                return;
            };
            let is_put = matches!(
                (&**attr, call.args.len()),
                ("update", 1) | ("set" | "append" | "setdefault" | "add", 2)
            );
            if let (ExprKind::Name(name), true) = (&base.kind, is_put) {
                found.entry(name.clone()).or_default().push(Put {
                    function,
                    range: expr.range,
                    is_call: true,
                });
            }
        });
    }
    for puts in found.values_mut() {
        // `a["x"] = a["y"] = v` is one statement.
        puts.dedup();
    }
    found
}

/// What the function around puts into `request.headers`.
fn put_into_headers<'a>(source: &'a Source, at: At<'a>, name: &str, out: &mut Entries<'a>) {
    let Some(module) = source.module(at.module) else {
        return;
    };
    let function = module
        .function_at(at.expr.range.start)
        .map(|function| function.id);
    for stmt in walk::statements(source.body(at.module, function)) {
        let StmtKind::Assign(assign) = &stmt.kind else {
            continue;
        };
        let Some(value) = &assign.value else {
            continue;
        };
        for target in &assign.targets {
            if let ExprKind::Subscript { base, index } = &target.kind
                && let ExprKind::Attribute { base, attr } = &base.kind
                && &**attr == "headers"
                && base.as_name() == Some(name)
            {
                out.push(at.to(index), at.to(value));
            }
        }
    }
}

/// Where the name of an entry stands, by its value: the key of a literal, of a pair, of what is put in later.
pub(crate) fn key_of(source: &Source, value: At<'_>) -> Option<ByteRange> {
    let module = source.module(value.module)?;
    let is_it = |expr: &Expr| expr.is(value.expr);
    let held = module.all_expressions().into_iter().find_map(|(_, expr)| {
        let pair = match &expr.kind {
            ExprKind::Dict(items) => {
                let item = items.iter().find(|item| is_it(&item.value))?;
                return item.key.as_ref().map(|key| key.range);
            }
            ExprKind::Tuple(pair) | ExprKind::List(pair) => pair,
            ExprKind::Call(call) => &call.args,
            _ => return None,
        };
        match &**pair {
            [key, value] if is_it(value) => Some(key.range),
            _ => None,
        }
    });
    held.or_else(|| {
        let function = module.function_at(value.expr.range.start);
        let body = source.body(value.module, function.map(|function| function.id));
        walk::statements(body).into_iter().find_map(|stmt| {
            let StmtKind::Assign(assign) = &stmt.kind else {
                return None;
            };
            assign.value.as_ref().filter(|value| is_it(value))?;
            assign.targets.iter().find_map(|target| match &target.kind {
                ExprKind::Subscript { index, .. } => Some(index.range),
                ExprKind::Attribute { .. } => Some(target.range),
                _ => None,
            })
        })
    })
}

/// An option of a call: a keyword, a `**mapping`, a property of the last object in TypeScript, wherever that object was made.
pub(crate) fn option<'a>(
    source: &'a Source,
    module: ModuleId,
    call: &'a Call,
    name: &str,
) -> Option<At<'a>> {
    if let Some(value) = call.option(name) {
        return Some(At::new(module, value));
    }
    let spread = call
        .keywords
        .iter()
        .filter(|keyword| keyword.name.is_none())
        .map(|keyword| &keyword.value);
    let typescript = source.is_typescript(module);
    let last = call.args.last().filter(|_| typescript);
    spread.chain(last).find_map(|value| {
        entries(source, At::new(module, value))
            .into_iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    })
}

/// Whether the call takes options that cannot be seen (`**kwargs` of a parameter, an object from elsewhere).
pub(crate) fn opaque(source: &Source, module: ModuleId, call: &Call) -> bool {
    let typescript = source.is_typescript(module);
    let spread = call
        .keywords
        .iter()
        .filter(|keyword| keyword.name.is_none())
        .map(|keyword| &keyword.value);
    let last = call.args.last().filter(|_| typescript);
    spread.chain(last).any(|value| match &value.kind {
        ExprKind::Dict(items) => items.iter().any(|item| {
            item.key.is_none() && entries(source, At::new(module, &item.value)).is_empty()
        }),
        _ => entries(source, At::new(module, value)).is_empty(),
    })
}
