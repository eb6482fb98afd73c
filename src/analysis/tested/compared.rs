//! Comparisons: a length with a limit, a number with a range, a type with its name, a value with a fixed set.

use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf};
use crate::model::source::module::{Binding, BindingKind};
use crate::model::source::{Expr, ExprKind, ModuleId, Source, UnaryOp};

use super::pattern::META;
use super::{Facts, type_names};

/// What one comparison (left, operator, right) says when it comes out so.
pub(crate) fn compared<'e>(
    source: &Source,
    module: ModuleId,
    (left, operator, right): (&'e Expr, &str, &'e Expr),
    truth: bool,
    found: &mut Vec<(&'e Expr, Facts)>,
) {
    let holds = if truth { operator } else { negated(operator) };
    for (one, other, holds) in [(left, right, holds), (right, left, mirrored(holds))] {
        if let Some(measured) = length_of(one) {
            // `len(x) < 3` refuses what is too short: nothing is said when it fails.
            if matches!(holds, "<" | "<=" | "==" | "is") {
                found.push((measured, Facts::BOUNDED));
                // `len(json.dumps(x)) <= N` bounds all that is in `x`.
                found.extend(written_out(measured).map(|value| (value, Facts::SIZED)));
            }
            continue;
        }
        if let Some((value, types)) = typed(source, module, one, other) {
            if matches!(holds, "==" | "is" | "in") {
                found.push((value, Facts::of_types(&types)));
            }
            continue;
        }
        let number = || {
            other.as_number().is_some()
                || matches!(other.kind, ExprKind::Name(_) | ExprKind::Attribute { .. })
                    && is_number(source, module, other)
        };
        if matches!(holds, "<" | "<=" | ">" | ">=") && number() {
            found.push((one, Facts::RANGED));
        }
        if matches!(holds, "==" | "is")
            && (matches!(other.kind, ExprKind::Str(_) | ExprKind::Bool(_))
                || number()
                || is_text(source, module, other))
        {
            found.push((one, Facts::ONE_OF_A_SET));
        }
    }
    if holds == "instanceof" {
        let types = type_names(source, module, right);
        found.push((left, Facts::of_types(&types)));
    }
    if holds == "in" {
        if let Some(says) = of_an_element(source, module, left, right) {
            found.push((left, says));
        } else if is_fixed_set(source, module, right) {
            found.push((left, Facts::ONE_OF_A_SET));
        } else if let Some(text) = text_of(source, module, right) {
            // A part of a constant holds what the constant holds.
            let safe = !text.contains(META);
            found.push((
                left,
                Facts {
                    safe,
                    ..Facts::NOTHING
                },
            ));
        } else if !matches!(right.kind, ExprKind::Format(_)) {
            found.push((left, Facts::MEMBER));
        }
    }
    // `set(command) <= SAFE`: each character, or each word, is one of those.
    if let ("<=", Some(call)) = (holds, left.as_call())
        && call.callee.as_name() == Some("set")
        && let Some(value) = call.args.first()
    {
        let of_characters = characters(source, module, right);
        found.push((
            value,
            of_characters.map_or(Facts::MEMBER, |all| made_of(&all)),
        ));
    }
    // `ALLOWED.indexOf(x) !== -1`.
    if let (Some(call), Some(number)) = (left.as_call(), right.as_number())
        && let ExprKind::Attribute { base, attr } = &call.callee.kind
        && &**attr == "indexOf"
        && matches!((holds, number), ("!=" | ">", -1.0) | (">=", 0.0))
        && is_fixed_set(source, module, base)
        && let Some(value) = call.args.first()
    {
        found.push((value, Facts::ONE_OF_A_SET));
    }
}

/// What a set of characters says of a text that each character was looked up for: the text is made of those, however long it is.
pub(crate) fn of_an_element(
    source: &Source,
    module: ModuleId,
    element: &Expr,
    set: &Expr,
) -> Option<Facts> {
    let place = source.module(module)?;
    let (_, bindings) = place.bindings_around(element.as_name()?, element.range.start)?;
    let is_element = |binding: &Binding| matches!(binding.kind, BindingKind::Element { .. });
    // `[...text].every((c) => SAFE.has(c))`: any function may be written so, and most sets are of words.
    let is_given = |binding: &Binding| matches!(binding.kind, BindingKind::Param { .. });
    let given = bindings.iter().all(is_given);
    let of_elements = bindings.iter().any(is_element);
    let says = (of_elements || given)
        .then(|| characters(source, module, set))
        .flatten()
        .map(|all| made_of(&all))?;
    (of_elements || !says.safe).then_some(says)
}

/// What holds for a text that is made of some characters.
pub(crate) fn made_of(characters: &str) -> Facts {
    Facts {
        safe: !characters.contains(META),
        wordless: !characters.contains(|c: char| c.is_alphabetic() || c == '_'),
        ..Facts::NOTHING
    }
}

/// Most parts of a set of characters that are put together.
const MOST_PARTS: u8 = 16;

/// The characters of a set that holds nothing else: `set("abc")`, `["a", "b"]`, `string.digits + "-"`, by name too.
pub(crate) fn characters(source: &Source, module: ModuleId, set: &Expr) -> Option<String> {
    let mut found = String::new();
    let mut left = MOST_PARTS;
    gather(source, module, set, &mut left, &mut found).then_some(found)
}

fn gather(
    source: &Source,
    module: ModuleId,
    set: &Expr,
    left: &mut u8,
    found: &mut String,
) -> bool {
    let Some(less) = left.checked_sub(1) else {
        limits::reached(limits::NAMES, module, set.range);
        return false;
    };
    *left = less;
    let is_one = |item: &Expr| item.as_str().is_some_and(|text| text.chars().count() == 1);
    match &set.kind {
        ExprKind::Str(text) => {
            found.push_str(text);
            true
        }
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            found.extend(items.iter().filter_map(Expr::as_str));
            !items.is_empty() && items.iter().all(is_one)
        }
        ExprKind::BinOp {
            left: one, right, ..
        } => gather(source, module, one, left, found) && gather(source, module, right, left, found),
        ExprKind::Call(call)
            if matches!(
                call.callee.as_name(),
                Some("set" | "frozenset" | "list" | "tuple" | "Set")
            ) =>
        {
            let [only] = &*call.args else { return false };
            gather(source, module, only, left, found)
        }
        ExprKind::Name(_) | ExprKind::Attribute { .. } => match source.meaning(module, set) {
            Meaning::Value(at, value) if !value.is(set) => gather(source, at, value, left, found),
            Meaning::Instance(made) => {
                let call = made
                    .call
                    .filter(|_| matches!(leaf(&made.type_name), "set" | "frozenset" | "Set"));
                match call.map(|call| &*call.args) {
                    Some([only]) => gather(source, made.module, only, left, found),
                    _ => false,
                }
            }
            Meaning::External(name) => {
                let known = constant_of_string(&name);
                found.push_str(known.unwrap_or_default());
                known.is_some()
            }
            _ => false,
        },
        _ => false,
    }
}

/// Of the constants of Python's `string` as many characters as tell what [`made_of`] asks. <https://docs.python.org/3/library/string.html#string-constants>
fn constant_of_string(name: &str) -> Option<&'static str> {
    match name.strip_prefix("string.")? {
        "ascii_lowercase" | "ascii_uppercase" | "ascii_letters" => Some("az"),
        "digits" | "octdigits" => Some("09"),
        "hexdigits" => Some("09af"),
        "punctuation" => Some("!&;|_"),
        "whitespace" => Some(" \n"),
        "printable" => Some("09az!&;|_ \n"),
        _ => None,
    }
}

/// A constant text by name.
fn is_text(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Name(_) | ExprKind::Attribute { .. })
        && text_of(source, module, expr).is_some()
}

fn text_of<'s>(source: &'s Source, module: ModuleId, expr: &'s Expr) -> Option<&'s str> {
    if let Some(text) = expr.as_str() {
        return Some(text);
    }
    match source.meaning(module, expr) {
        Meaning::Value(_, value) => value.as_str(),
        _ => None,
    }
}

/// `typeof x` with the name of a type, `type(x)` with a type.
fn typed<'e>(
    source: &Source,
    module: ModuleId,
    one: &'e Expr,
    other: &Expr,
) -> Option<(&'e Expr, Vec<String>)> {
    if let ExprKind::Unary {
        op: UnaryOp::TypeOf,
        operand,
    } = &one.kind
    {
        return Some((operand, vec![other.as_str()?.to_owned()]));
    }
    let call = one.as_call()?;
    let value = call.args.first()?;
    (call.callee.as_name() == Some("type")).then(|| (value, type_names(source, module, other)))
}

/// The operator that holds where this one does not.
fn negated(operator: &str) -> &'static str {
    match operator {
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        ">=" => "<",
        "==" => "!=",
        "!=" => "==",
        "in" => "not in",
        "not in" => "in",
        "is" => "is not",
        "is not" => "is",
        _ => "",
    }
}

fn mirrored(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        "in" | "not in" => "",
        other => other,
    }
}

/// `len(x)`, `x.length`, `len(x.encode())`.
fn length_of(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call(call) if matches!(call.callee.as_name(), Some("len")) => call.args.first(),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, attr }
                if &**attr == "byteLength" && base.as_name() == Some("Buffer") =>
            {
                call.args.first()
            }
            _ => None,
        },
        ExprKind::Attribute { base, attr } if matches!(&**attr, "length" | "byteLength") => {
            Some(base)
        }
        _ => None,
    }
}

/// What a text is the whole of: `str(x)`, `json.dumps(x)`, `JSON.stringify(x)`.
fn written_out(text: &Expr) -> Option<&Expr> {
    let call = text.as_call()?;
    let whole = match &call.callee.kind {
        ExprKind::Name(name) => matches!(&**name, "str" | "repr" | "dumps"),
        ExprKind::Attribute { base, attr } => {
            matches!(
                (base.as_name(), &**attr),
                (Some("json" | "orjson" | "simplejson" | "ujson"), "dumps")
                    | (Some("JSON"), "stringify")
            )
        }
        _ => false,
    };
    call.args.first().filter(|_| whole)
}

fn constant(source: &Source, module: ModuleId, expr: &Expr) -> Option<f64> {
    match source.meaning(module, expr) {
        Meaning::Value(_, value) => value.as_number(),
        _ => None,
    }
}

fn is_number(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    constant(source, module, expr).is_some()
}

/// A collection of constants, or a name in capitals that stands for one.
pub(crate) fn is_fixed_set(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let fixed = |value: &Expr| match &value.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            !items.is_empty() && items.iter().all(is_constant)
        }
        ExprKind::Dict(entries) => {
            !entries.is_empty()
                && entries
                    .iter()
                    .all(|entry| entry.key.as_ref().is_none_or(is_constant))
        }
        _ => false,
    };
    if fixed(expr) {
        return true;
    }
    match source.meaning(module, expr) {
        Meaning::Value(_, value) => fixed(value),
        Meaning::Instance(made) => {
            matches!(leaf(&made.type_name), "Set" | "Map" | "frozenset" | "set")
                && made.call.is_some_and(|call| !call.args.is_empty())
        }
        _ => false,
    }
}

fn is_constant(item: &Expr) -> bool {
    !matches!(item.kind, ExprKind::Call(_) | ExprKind::Subscript { .. })
}
