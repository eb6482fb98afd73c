//! Which tests code makes of a value: its type, a bound on its length, a range, a format.

use std::collections::BTreeMap;

use crate::model::source::flow::{Flow, Labels, Seeds};
use crate::model::source::resolve::leaf;
use crate::model::source::walk::{Node, expressions, walk};
use crate::model::source::{Call, Expr, ExprKind, FnId, Language, ModuleId, Source};

use super::compared::{compared, is_fixed_set};
use super::schema::Rule;

/// What is tested of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tested {
    /// Its type.
    pub typed: bool,
    /// That it is text and nothing else.
    pub text_only: bool,
    /// That it is a list or object.
    pub lists: bool,
    /// That it is a number.
    pub number: bool,
    /// That it is true or false.
    pub flag: bool,
    /// An upper bound on its length.
    pub bounded: bool,
    /// A range.
    pub ranged: bool,
    /// A format: a pattern, a UUID, one of a fixed set.
    pub formatted: bool,
}

impl Tested {
    /// What a schema's rule for the field tests.
    pub(super) fn add(&mut self, rule: &Rule) {
        self.typed |= rule.typed;
        self.text_only |= rule.text;
        self.number |= rule.number;
        self.flag |= rule.flag;
        self.bounded |= rule.bounded;
        self.ranged |= rule.ranged;
        self.formatted |= rule.formatted;
    }

    fn join(&mut self, other: &Tested) {
        self.typed |= other.typed;
        self.text_only |= other.text_only;
        self.lists |= other.lists;
        self.number |= other.number;
        self.flag |= other.flag;
        self.bounded |= other.bounded;
        self.ranged |= other.ranged;
        self.formatted |= other.formatted;
    }

    pub(super) fn one_of_a_set(&mut self) {
        self.typed = true;
        self.text_only = true;
        self.bounded = true;
        self.ranged = true;
        self.formatted = true;
    }
}

/// What helpers test of their parameters, each looked at once.
type Helpers = BTreeMap<(FnId, usize), Tested>;
/// Most parameters of helpers that are looked at for one handler.
const MOST_HELPERS: usize = 300;

/// One parameter of a helper.
struct One {
    function: FnId,
    index: usize,
}

impl Seeds for One {
    fn param(&self, function: FnId, index: usize) -> Labels {
        Labels::from(function == self.function && index == self.index)
    }
}

/// What is tested of each label, over all functions of a flow.
pub(super) fn tests(source: &Source, flow: &Flow, count: usize) -> Vec<Tested> {
    let mut helpers = Helpers::new();
    let mut found = vec![Tested::default(); count];
    in_functions(source, flow, &mut found);
    // A helper that many fields go through says nothing of them by what it sees; what it does to one, it does to each.
    for id in flow.functions() {
        for expr in expressions(source.body(id.module, Some(id))) {
            let ExprKind::Call(call) = &expr.kind else {
                continue;
            };
            let Some(callee) = source.callee(id.module, expr) else {
                continue;
            };
            let Some(function) = source.function(callee) else {
                continue;
            };
            let python = source
                .module(callee.module)
                .is_some_and(|module| module.language == Language::Python);
            let skip = usize::from(python && function.class.is_some() && !function.is_static);
            let positional = call
                .args
                .iter()
                .enumerate()
                .map(|(index, arg)| (index + skip, arg));
            let named = call.keywords.iter().filter_map(|keyword| {
                let index = function
                    .params
                    .iter()
                    .position(|param| Some(&param.name) == keyword.name.as_ref())?;
                Some((index, &keyword.value))
            });
            for (index, arg) in positional.chain(named) {
                let labels = flow.labels(id.module, arg);
                if labels & !super::fields::WHOLE == 0
                    || (labels & !super::fields::WHOLE).count_ones() > TOGETHER
                {
                    continue;
                }
                if let Some(tested) = by_helper(source, callee, index, &mut helpers) {
                    mark(labels, &mut found, |known| known.join(&tested));
                }
            }
        }
    }
    found
}

fn by_helper(
    source: &Source,
    function: FnId,
    index: usize,
    helpers: &mut Helpers,
) -> Option<Tested> {
    if let Some(known) = helpers.get(&(function, index)) {
        return Some(known.clone());
    }
    if helpers.len() >= MOST_HELPERS {
        return None;
    }
    let flow = Flow::run(source, function, &One { function, index });
    let mut found = vec![Tested::default()];
    in_functions(source, &flow, &mut found);
    let tested = found.pop()?;
    helpers.insert((function, index), tested.clone());
    Some(tested)
}

fn in_functions(source: &Source, flow: &Flow, found: &mut [Tested]) {
    for id in flow.functions() {
        let body = source.body(id.module, Some(id));
        for expr in expressions(body) {
            look(source, flow, id.module, expr, found);
        }
        // `match prompt: case str(): …`
        walk(body, &mut |path, node| {
            if let Node::Case(case) = node
                && let Some(Node::Stmt(outer)) = path.last()
                && let crate::model::source::StmtKind::Switch(switch) = &outer.kind
                && let Some(pattern) = &case.pattern
                && pattern
                    .as_call()
                    .is_some_and(|call| call.callee.as_name() == Some("str"))
            {
                mark(flow.labels(id.module, &switch.subject), found, |tested| {
                    tested.typed = true;
                    tested.text_only = true;
                });
            }
            true
        });
    }
}

/// Most fields that one test is believed to be about: `question or prompt or messages`, not a state that holds them all.
const TOGETHER: u32 = 4;

pub(super) fn mark(labels: Labels, found: &mut [Tested], set: impl Fn(&mut Tested)) {
    if (labels & !super::fields::WHOLE).count_ones() > TOGETHER {
        return;
    }
    for (bit, tested) in found.iter_mut().enumerate() {
        if labels & (1 << bit) != 0 {
            set(tested);
        }
    }
}

fn look(source: &Source, flow: &Flow, module: ModuleId, expr: &Expr, found: &mut [Tested]) {
    match &expr.kind {
        ExprKind::Call(call) => called(source, flow, module, call, found),
        ExprKind::Subscript { base, index } => {
            // `prompt[:10_000]`
            if let ExprKind::Slice(parts) = &index.kind
                && parts.len() <= 3
                && has_upper(source, module, index)
            {
                mark(flow.labels(module, base), found, |tested| {
                    tested.bounded = true
                });
            }
        }
        ExprKind::Compare { left, rest } => {
            let mut before = &**left;
            for (operator, right) in rest {
                compared(source, flow, module, before, operator, right, found);
                before = right;
            }
        }
        _ => {}
    }
}

/// Whether a slice has an upper end: its text has something behind the first colon.
fn has_upper(source: &Source, module: ModuleId, slice: &Expr) -> bool {
    let text = source
        .module(module)
        .map_or("", |module| module.text(slice.range));
    let mut parts = text.split(':');
    parts.next();
    parts
        .next()
        .is_some_and(|upper| !upper.trim().is_empty() && !upper.trim().starts_with('-'))
}

fn called(source: &Source, flow: &Flow, module: ModuleId, call: &Call, found: &mut [Tested]) {
    let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind else {
        return;
    };
    let given = |index: usize| {
        call.args
            .get(index)
            .map_or(0, |arg| flow.labels(module, arg))
    };
    let on = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => flow.labels(module, base),
        _ => 0,
    };
    match &**name {
        "isinstance" => {
            let types = call
                .args
                .get(1)
                .map(|types| type_names(source, module, types))
                .unwrap_or_default();
            mark(given(0), found, |tested| by_types(tested, &types));
        }
        "isArray" => mark(given(0), found, |tested| {
            tested.typed = true;
            tested.lists = true;
        }),
        "str" | "String" if matches!(call.callee.kind, ExprKind::Name(_)) => {
            mark(given(0), found, |tested| {
                tested.typed = true;
                tested.text_only = true;
            })
        }
        "int" | "float" | "Number" | "parseInt" | "parseFloat" | "isInteger" | "isFinite"
        | "Decimal" => mark(given(0), found, |tested| {
            tested.typed = true;
            tested.number = true;
        }),
        "strip" | "lower" | "upper" | "trim" | "encode" | "splitlines" | "toLowerCase"
        | "toUpperCase" | "startswith" | "startsWith" => mark(on, found, |tested| {
            // Whatever is no text fails there.
            tested.typed = true;
            tested.text_only = true;
        }),
        "slice" | "substring" | "substr" if call.args.len() > 1 => {
            mark(on, found, |tested| tested.bounded = true)
        }
        "fullmatch" | "match" if call.args.len() > 1 => mark(given(1), found, matches_pattern),
        "fullmatch" | "match" => mark(given(0) | on, found, matches_pattern),
        "test" => mark(given(0), found, matches_pattern),
        "UUID" | "isUUID" | "isUuid" | "validateUuid" => mark(given(0), found, matches_pattern),
        "isalnum" | "isidentifier" => mark(on, found, |tested| {
            tested.typed = true;
            tested.text_only = true;
            tested.formatted = true;
        }),
        "min" | "max" | "clamp" => {
            let all = call
                .args
                .iter()
                .fold(0, |all, arg| all | flow.labels(module, arg));
            let top = &**name != "max";
            mark(all, found, |tested| tested.ranged |= top);
        }
        "has" | "includes" | "get" => {
            // An allow-list: `ALLOWED.has(x)`, `ALLOWED.includes(x)`, `TABLE.get(x)`.
            let fixed = matches!(&call.callee.kind, ExprKind::Attribute { base, .. } if flow.labels(module, base) == 0 && is_fixed_set(source, module, base));
            // `TABLE.get(x, x)` lets through what is not in it.
            if fixed && given(1) == 0 {
                mark(given(0), found, Tested::one_of_a_set);
            }
        }
        "shorten" => mark(given(0), found, |tested| tested.bounded = true),
        other if other.to_lowercase().contains("truncate") => {
            mark(given(0) | on, found, |tested| tested.bounded = true)
        }
        _ => {}
    }
}

/// A pattern bounds what it matches, and matches text only.
fn matches_pattern(tested: &mut Tested) {
    tested.typed = true;
    tested.text_only = true;
    tested.formatted = true;
    tested.bounded = true;
}

pub(super) fn type_names(source: &Source, module: ModuleId, types: &Expr) -> Vec<String> {
    match &types.kind {
        ExprKind::Tuple(items) | ExprKind::List(items) => items
            .iter()
            .flat_map(|item| type_names(source, module, item))
            .collect(),
        ExprKind::BinOp { left, right, .. } => [left, right]
            .into_iter()
            .flat_map(|side| type_names(source, module, side))
            .collect(),
        _ => source
            .canonical(module, types)
            .map(|name| leaf(&name).to_owned())
            .into_iter()
            .collect(),
    }
}

pub(super) fn by_types(tested: &mut Tested, types: &[String]) {
    let all =
        |names: &[&str]| !types.is_empty() && types.iter().all(|name| names.contains(&&**name));
    tested.typed = true;
    tested.text_only |= all(&["str", "bytes", "NoneType"]);
    tested.lists |= types.iter().any(|name| {
        matches!(
            &**name,
            "list" | "dict" | "tuple" | "Mapping" | "Sequence" | "Array" | "object"
        )
    });
    tested.flag |= all(&["bool"]);
    tested.number |= all(&["int", "float", "Number", "Real", "Decimal", "Integral"]);
}
