//! Where a text is filled up with letters or digits, so that two values may become one.

use crate::analysis::values::{Part, bound, parts};
use crate::model::source::ir::{LoopKind, Operator, StmtKind};
use crate::model::source::module::{BindingKind, Module};
use crate::model::source::walk::{Node, path_to};
use crate::model::source::{ByteRange, Call, Expr, ExprKind, Source};

/// Methods that fill a text up to a length.
const PADS: [&str; 5] = ["ljust", "rjust", "zfill", "padEnd", "padStart"];
/// Methods that cut a text to a length.
const CUTS: [&str; 3] = ["slice", "substring", "substr"];
/// The least of a literal that fills whatever is missing before a cut.
const FILLING: usize = 12;

/// Whether a method is one that fills a text up.
pub(super) fn is_pad(method: &str) -> bool {
    PADS.contains(&method)
}

/// Whether the call of such a method fills it with letters or digits.
pub(super) fn pads(call: &Call) -> bool {
    let usual = match call.written_name() {
        "zfill" => "0",
        _ => " ",
    };
    let given = call.args.get(1);
    let fill = given.map_or(usual, |fill| fill.as_str().unwrap_or(""));
    fill.chars().any(char::is_alphanumeric)
}

/// Whether a text that is put together holds as many letters or digits as are missing: `x + "0" * (33 - len(x))`, `f"{x:0<33}"`.
pub(super) fn fills(module: &Module, whole: &Expr, parts: &[Part<'_>]) -> bool {
    let formatted =
        matches!(whole.kind, ExprKind::Format(_)) && is_filled(module.text(whole.range));
    let repeated = |part: &Part<'_>| match part {
        Part::Value(value) => repeats(value).is_some_and(|times| !is_number(times)),
        Part::Text(_) => false,
    };
    formatted || parts.iter().any(repeated)
}

/// Whether the call of `format` fills a value up: `"{:0<33}".format(x)`, `format(x, "0<33")`.
pub(super) fn formats(module: &Module, call: &Call) -> bool {
    if call.written_name() != "format" {
        return false;
    }
    let of_function = || {
        let given = call.args.get(1).and_then(Expr::as_str)?;
        Some(is_filled(&format!("{{:{given}}}")))
    };
    match &call.callee.kind {
        ExprKind::Attribute { base, .. } => base.as_str().is_some_and(is_filled),
        _ => of_function().unwrap_or_else(|| is_filled(module.text(call.callee.range))),
    }
}

/// Whether a text holds the specification of a format that fills with a letter or digit: `{x:0<33}`.
fn is_filled(text: &str) -> bool {
    text.split(':').skip(1).any(|spec| {
        let mut chars = spec.chars();
        let fill = chars.next().is_some_and(char::is_alphanumeric);
        let align = matches!(chars.next(), Some('<' | '>' | '^'));
        let width: String = chars.take_while(|c| *c != '}').collect();
        fill && align
            && !width.is_empty()
            && width.starts_with(|c: char| c.is_ascii_digit() || c == '{')
    })
}

/// Whether a cut leaves a value with what a literal filled it up with: `(x + "0" * 33)[:33]`, `("0".repeat(33) + x).slice(-33)`.
pub(super) fn fills_a_cut<'a>(source: &'a Source, module: &'a Module, cut: &'a Expr) -> bool {
    let Some((whole, keeps_start)) = kept(module, cut) else {
        return false;
    };
    let only = |name: &str| match &*bound(source, module.id, name, whole.range.start) {
        [only] => Some(*only),
        _ => None,
    };
    let whole = whole.as_name().and_then(only).unwrap_or(whole);
    let Some(all) = parts(whole) else {
        return false;
    };
    let varies = |part: &Part<'_>| match part {
        Part::Value(value) => !is_fill(value),
        Part::Text(_) => false,
    };
    let end = match keeps_start {
        true => all.last(),
        false => all.first(),
    };
    let fills = match end {
        Some(Part::Text(text)) => is_one_letter(text) && text.len() >= FILLING,
        Some(Part::Value(value)) => is_fill(value),
        None => false,
    };
    fills && all.iter().any(varies)
}

/// What is cut, and whether its start is kept.
fn kept<'a>(module: &Module, cut: &'a Expr) -> Option<(&'a Expr, bool)> {
    match &cut.kind {
        ExprKind::Subscript { base, index } if matches!(index.kind, ExprKind::Slice(_)) => {
            let bounds = module.text(index.range).trim();
            let keeps_end = bounds.starts_with('-') && bounds.ends_with(':');
            (keeps_end || bounds.starts_with(':') || bounds.starts_with("0:"))
                .then_some((base, !keeps_end))
        }
        ExprKind::Call(call) => {
            let ExprKind::Attribute { base, attr } = &call.callee.kind else {
                return None;
            };
            let first = call.args.first().filter(|_| CUTS.contains(&&**attr))?;
            let text = module.text(first.range).trim();
            let keeps_start = text == "0" && call.args.len() == 2;
            (keeps_start || text.starts_with('-') && call.args.len() == 1)
                .then_some((base, keeps_start))
        }
        _ => None,
    }
}

/// What is added to a name until it is long enough: `x += "0" * (33 - len(x))`, `while len(x) < 33: x += "0"`.
pub(super) fn added<'a>(
    source: &'a Source,
    module: &'a Module,
    name: &str,
    offset: u32,
) -> Vec<&'a Expr> {
    let Some((_, bindings)) = module.bindings_around(name, offset) else {
        return Vec::new();
    };
    let values = bindings.iter().filter_map(|binding| match &binding.kind {
        BindingKind::Augmented(value) | BindingKind::Value { value, .. } => Some(&**value),
        _ => None,
    });
    values
        .filter(|value| {
            let repeated = repeats(value).is_some_and(|times| !is_number(times));
            repeated || adds_a_letter(value, name) && is_in_a_loop(source, module, value.range)
        })
        .collect()
}

/// Whether a value that a name is given is a letter or digit, alone or behind what the name held: `"0"`, `x + "0"`.
fn adds_a_letter(value: &Expr, name: &str) -> bool {
    let is_letter = |text: &str| text.len() == 1 && text.chars().all(char::is_alphanumeric);
    match parts(value).as_deref() {
        None => value.as_str().is_some_and(is_letter),
        Some([Part::Value(old), Part::Text(text)] | [Part::Text(text), Part::Value(old)]) => {
            old.as_name() == Some(name) && is_letter(text)
        }
        Some(_) => false,
    }
}

/// Whether a place is in a loop that runs while something is too short.
fn is_in_a_loop(source: &Source, module: &Module, place: ByteRange) -> bool {
    let function = module.function_at(place.start).map(|function| function.id);
    let around = path_to(source.body(module.id, function), place);
    around.into_iter().any(|node| match node {
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::Loop(of) if of.kind == LoopKind::While => {
                let test = of.iter.as_ref().map_or("", |test| module.text(test.range));
                test.contains("len(") || test.contains(".length")
            }
            _ => false,
        },
        _ => false,
    })
}

/// How often a literal of one letter or digit is repeated: `"0" * n`, `"0".repeat(n)`.
fn repeats(value: &Expr) -> Option<&Expr> {
    let is_letter = |text: &Expr| text.as_str().is_some_and(is_one_letter);
    match &value.kind {
        // Of the other operators only `*` takes a text.
        ExprKind::BinOp { op, left, right } if *op == Operator::Other => {
            match (is_letter(left), is_letter(right)) {
                (true, false) => Some(right),
                (false, true) => Some(left),
                _ => None,
            }
        }
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, attr } if &**attr == "repeat" && is_letter(base) => {
                call.args.first()
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value is a literal of one letter or digit, repeated any number of times.
fn is_fill(value: &Expr) -> bool {
    repeats(value).is_some()
}

/// Whether a text is one letter or digit, once or more.
fn is_one_letter(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next().filter(|first| first.is_alphanumeric());
    first.is_some_and(|first| chars.all(|c| c == first))
}

fn is_number(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Number(_))
}
