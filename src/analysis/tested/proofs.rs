//! What code proves of a value: a condition by its outcome, a call by not raising, an expression of the value that it makes.

use crate::analysis::names::{Meaning, leaf};
use crate::analysis::placement::only_answer;
use crate::model::source::ir::Operator;
use crate::model::source::module::{BindingKind, Step};
use crate::model::source::{Call, Compare, Expr, ExprKind, Language, ModuleId, Source};

use crate::analysis::dataflow::Vouched;
use crate::analysis::values::bound;

use super::compared::{self, compared, is_fixed_set};
use super::pattern::{self, Held};
use super::{Facts, type_names};

type Proved<'e> = Vec<(&'e Expr, Facts)>;

/// What a condition says of values when it comes out true, or false.
pub(crate) fn when<'e>(
    source: &'e Source,
    module: ModuleId,
    test: &'e Expr,
    truth: bool,
) -> Proved<'e> {
    match &test.kind {
        ExprKind::Call(call) => asked(source, module, call, truth),
        ExprKind::Compare(parts) => {
            let Compare { left, rest } = &**parts;
            let mut found = Vec::new();
            // Of `1 <= x <= 5` either side may have failed.
            if rest.len() > 1 && !truth {
                return found;
            }
            let mut before = left;
            for (operator, right) in rest {
                compared(source, module, (before, operator, right), truth, &mut found);
                before = right;
            }
            found
        }
        // `{name} & ALLOWED`
        ExprKind::BinOp {
            op: Operator::BitAnd,
            left,
            right,
        } if truth => both(source, module, left, right)
            .or_else(|| both(source, module, right, left))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// What is known of the one element of a set that has something in common with another.
fn both<'e>(
    source: &Source,
    module: ModuleId,
    one: &'e Expr,
    other: &Expr,
) -> Option<(&'e Expr, Facts)> {
    let ExprKind::Set(items) = &one.kind else {
        return None;
    };
    let [value] = &**items else {
        return None;
    };
    // `set(more)` is as fixed as what it is made of.
    let fixed = other.as_call().is_none() && is_fixed_set(source, module, other);
    fixed.then_some((value, Facts::ONE_OF_A_SET))
}

/// Whether a prefix holds a whole host, so that what starts with it goes there: `https://docs.example.com/`.
fn names_a_host(prefix: &Expr) -> bool {
    let whole = |text: &str| {
        text.split_once("://").is_some_and(|(_, rest)| {
            rest.split_once('/')
                .is_some_and(|(host, _)| !host.is_empty() && !host.contains('@'))
        })
    };
    match &prefix.kind {
        ExprKind::Str(text) => whole(text),
        ExprKind::Tuple(items) => {
            !items.is_empty() && items.iter().all(|item| item.as_str().is_some_and(whole))
        }
        _ => false,
    }
}

fn asked<'e>(source: &'e Source, module: ModuleId, call: &'e Call, truth: bool) -> Proved<'e> {
    let Some((name, base)) = named(call) else {
        return Vec::new();
    };
    let known = known_as(source, module, call);
    let name = known.as_deref().unwrap_or(name);
    let first = call.args.first();
    let one = |value: Option<&'e Expr>, says: Facts| -> Proved<'e> {
        value.map(|value| (value, says)).into_iter().collect()
    };
    if name == "isinstance" {
        let types = call
            .args
            .get(1)
            .map(|types| type_names(source, module, types))
            .unwrap_or_default();
        return match truth && !types.is_empty() {
            true => one(first, Facts::of_types(&types)),
            false => Vec::new(),
        };
    }
    if let Some((pattern, held, value)) = matched(source, module, call) {
        let says = says_of(pattern.as_deref(), held, truth);
        // What is found somewhere in a text says nothing of the rest of it.
        let open = matches!(name, "search" | "exec") && truth && !says.safe && !says.wordless;
        return one(value.filter(|_| !open), says);
    }
    if let Some((text, bad)) = refused(source, module, call, truth) {
        let says = match pattern::are_meta(&bad) {
            true => Facts::NO_META,
            false => Facts::NOTHING,
        };
        return one(Some(text), says);
    }
    if let ("any" | "some", true) = (name, truth)
        && let Some((value, fixed)) = is_an_element(source, module, call)
    {
        let says = match fixed {
            true => Facts::ONE_OF_A_SET,
            false => Facts::MEMBER,
        };
        return one(Some(value), says);
    }
    if !truth {
        let dash = matches!(name, "startswith" | "startsWith")
            && first.and_then(Expr::as_str) == Some("-");
        let says = Facts {
            no_dash: dash,
            ..Facts::NOTHING
        };
        return one(base.filter(|_| dash), says);
    }
    match name {
        "isArray" => one(
            first,
            Facts {
                lists: true,
                sequence: true,
                ..Facts::NOTHING
            },
        ),
        "isInteger" | "isFinite" | "isSafeInteger" => one(first, Facts::NUMBER),
        "isUUID" | "isUuid" | "validateUuid" => one(first, Facts::UUID),
        // `url.startswith("https://docs.example.com/")`: the host is that one.
        "startswith" | "startsWith" if first.is_some_and(names_a_host) => one(
            base,
            Facts {
                formatted: true,
                ..Facts::TEXT
            },
        ),
        // `name.replace("-", "").isalnum()`: the rest of it was that.
        "isalnum" | "isalpha" | "isdigit" if base.is_some_and(|base| without(base).is_some()) => {
            one(
                base.and_then(without),
                Facts {
                    safe: true,
                    ..Facts::TEXT
                },
            )
        }
        "isalnum" | "isidentifier" | "isalpha" | "isdigit" | "isdecimal" | "isnumeric" => one(
            base,
            Facts {
                formatted: true,
                safe: true,
                wordless: matches!(name, "isdigit" | "isdecimal"),
                ..Facts::TEXT
            },
        ),
        "has" | "includes"
            if let Some((value, says)) = first.zip(base).and_then(|(value, base)| {
                Some((value, compared::of_an_element(source, module, value, base)?))
            }) =>
        {
            one(Some(value), says)
        }
        // An allow-list: `ALLOWED.has(x)`, `ALLOWED.includes(x)`, `TABLE.get(x)`.
        "has" | "includes" | "get"
            if base.is_some_and(|base| is_fixed_set(source, module, base)) =>
        {
            one(first, Facts::ONE_OF_A_SET)
        }
        "has" | "includes" if base.is_some_and(|base| base.as_str().is_none()) => {
            one(first, Facts::MEMBER)
        }
        // `ALLOWED.issuperset([name])`
        "issuperset" | "intersection"
            if first.is_some_and(|given| !the_one(given).is(given))
                && base.is_some_and(|base| is_fixed_set(source, module, base)) =>
        {
            one(first.map(the_one), Facts::ONE_OF_A_SET)
        }
        "issuperset" => one(
            first.map(|given| match given.as_call() {
                Some(call) if call.callee.as_name() == Some("set") => {
                    call.args.first().unwrap_or(given)
                }
                _ => the_one(given),
            }),
            base.and_then(|base| compared::characters(source, module, base))
                .map_or(Facts::MEMBER, |all| compared::made_of(&all)),
        ),
        _ => Vec::new(),
    }
}

/// The element of a collection of one; anything else as it is.
fn the_one(given: &Expr) -> &Expr {
    match &given.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => match &**items {
            [one] => one,
            _ => given,
        },
        _ => given,
    }
}

/// The text that harmless characters were taken out of: `name` of `name.replace("-", "")`.
fn without(expr: &Expr) -> Option<&Expr> {
    let mut expr = expr;
    let mut found = None;
    while let ExprKind::Call(call) = &expr.kind
        && let Some(("replace", Some(base))) = named(call)
        && let [from, to] = &*call.args
        && from
            .as_str()
            .is_some_and(|from| !from.is_empty() && !from.contains(pattern::META))
        && to.as_str() == Some("")
    {
        found = Some(base);
        expr = base;
    }
    found
}

/// The value that equals an element of a collection where the test holds, and whether that is a fixed set:
/// `ALLOWED.some((one) => one === x)`, `any(one == x for one in ALLOWED)`.
fn is_an_element<'e>(
    source: &'e Source,
    module: ModuleId,
    call: &'e Call,
) -> Option<(&'e Expr, bool)> {
    let (element, target, of) = each_of(source, call)?;
    let ExprKind::Compare(parts) = &element.kind else {
        return None;
    };
    let Compare { left, rest } = &**parts;
    let [("==" | "is", right)] = &**rest else {
        return None;
    };
    let value = match (
        left.as_name() == Some(target),
        right.as_name() == Some(target),
    ) {
        (true, false) => right,
        (false, true) => left,
        _ => return None,
    };
    Some((value, is_fixed_set(source, module, of)))
}

/// What is asked of each element of what, and by which name: of a generator, of a function given to `some` or `every`.
fn each_of<'e>(source: &'e Source, call: &'e Call) -> Option<(&'e Expr, &'e str, &'e Expr)> {
    match &call.args.first()?.kind {
        ExprKind::Comprehension(inner) => {
            let [generator] = &*inner.generators else {
                return None;
            };
            generator.ifs.is_empty().then_some(())?;
            Some((
                &inner.element,
                generator.target.as_name()?,
                &*generator.iter,
            ))
        }
        ExprKind::Lambda(id) => {
            let function = source.function(*id)?;
            let value = only_answer(function)?;
            Some((value, &*function.params.first()?.name, named(call)?.1?))
        }
        _ => None,
    }
}

/// The collection that a value is one of where a test says so without the collection being written out.
pub(crate) fn collection(test: &Expr) -> Option<&Expr> {
    match &test.kind {
        ExprKind::Compare(compared) => compared.rest.first().map(|(_, right)| right),
        ExprKind::Call(call) => match &call.args.first().map(|first| &first.kind) {
            Some(ExprKind::Comprehension(inner)) => {
                inner.generators.first().map(|generator| &*generator.iter)
            }
            _ => named(call)?.1,
        },
        _ => None,
    }
}

/// The pattern that a call holds against a value (None where it cannot be read), how, and that value.
fn matched<'e>(
    source: &Source,
    module: ModuleId,
    call: &'e Call,
) -> Option<(Option<String>, Held, Option<&'e Expr>)> {
    let (name, base) = named(call)?;
    let known = known_as(source, module, call);
    let name = known.as_deref().unwrap_or(name);
    let held = match name {
        "fullmatch" => Held::Whole,
        "match" => Held::Start,
        "search" | "test" | "exec" => Held::Anywhere,
        _ => return None,
    };
    let first = call.args.first()?;
    let of = |expr: &Expr| pattern::text_of(source, module, expr);
    // `re.fullmatch(pattern, x)`; flags that change what the ends or a dot mean make it unreadable.
    if let Some(value) = call.args.get(1)
        && matches!(name, "fullmatch" | "match" | "search")
    {
        let flags = call.args.get(2).or_else(|| call.option("flags"));
        let plain = flags.is_none_or(is_case);
        return Some((of(first).filter(|_| plain), held, Some(value)));
    }
    let base = base?;
    // `x.match(/…/)`, `x.search(/…/)` of JavaScript.
    if matches!(name, "match" | "search")
        && let Some(text) = of(first)
        && of(base).is_none()
    {
        return Some((Some(text), Held::Anywhere, Some(base)));
    }
    let known = of(base);
    // `cursor.search(x)`, `suite.test(x)`: nothing says that it is a pattern.
    if known.is_none() && matches!(name, "search" | "exec") {
        return None;
    }
    Some((known, held, Some(first)))
}

fn is_case(flags: &Expr) -> bool {
    match &flags.kind {
        ExprKind::Attribute { attr, .. } => {
            matches!(
                &**attr,
                "I" | "IGNORECASE" | "A" | "ASCII" | "U" | "UNICODE"
            )
        }
        ExprKind::BinOp {
            op: Operator::BitOr,
            left,
            right,
        } => is_case(left) && is_case(right),
        _ => false,
    }
}

fn says_of(pattern: Option<&str>, held: Held, truth: bool) -> Facts {
    if truth {
        let lets = pattern.map(|text| pattern::lets(text, held));
        let lets = lets.unwrap_or_default();
        return Facts {
            safe: lets.safe,
            wordless: lets.wordless,
            ..Facts::PATTERN
        };
    }
    match pattern {
        Some(text) if held == Held::Anywhere && pattern::refuses_meta(text) => Facts::NO_META,
        _ => Facts::NOTHING,
    }
}

/// The text in which none of some characters is where the test comes out so, and those characters:
/// `any(c in text for c in ";|&")`, `BAD.some((c) => text.includes(c))`.
fn refused<'e>(
    source: &'e Source,
    module: ModuleId,
    call: &'e Call,
    truth: bool,
) -> Option<(&'e Expr, String)> {
    let (name, _) = named(call)?;
    let (element, target, of) = each_of(source, call)?;
    let (text, inside) = match &element.kind {
        ExprKind::Compare(compared) => match &*compared.rest {
            [("in", right)] if compared.left.as_name() == Some(target) => (right, true),
            [("not in", right)] if compared.left.as_name() == Some(target) => (right, false),
            _ => return None,
        },
        ExprKind::Call(asked) => match named(asked)? {
            ("includes", Some(text)) if asked.args.first()?.as_name() == Some(target) => {
                (text, true)
            }
            _ => return None,
        },
        _ => return None,
    };
    let says = match name {
        "any" | "some" => inside && !truth,
        "all" | "every" => !inside && truth,
        _ => false,
    };
    let bad = match &of.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            items.iter().filter_map(Expr::as_str).collect()
        }
        _ => match source.meaning(module, of) {
            Meaning::Value(_, value) => match &value.kind {
                ExprKind::Str(text) => text.to_string(),
                ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                    items.iter().filter_map(Expr::as_str).collect()
                }
                _ => return None,
            },
            _ => source.string(module, of)?,
        },
    };
    says.then_some((text, bad))
}

/// What a call says of values by not raising.
pub(crate) fn unless_raised<'e>(source: &Source, module: ModuleId, expr: &'e Expr) -> Proved<'e> {
    let ExprKind::Call(call) = &expr.kind else {
        return Vec::new();
    };
    let Some((name, base)) = named(call) else {
        return Vec::new();
    };
    match (name, base) {
        // Whatever is no text fails there.
        (
            "strip" | "lower" | "upper" | "trim" | "encode" | "splitlines" | "toLowerCase"
            | "toUpperCase" | "startswith" | "startsWith" | "endswith" | "endsWith" | "isalnum"
            | "isidentifier" | "isspace" | "isdigit",
            Some(base),
        ) if !is_text_of(base) => vec![(base, Facts::TEXT)],
        _ if is_enum(source, module, call) => call
            .args
            .first()
            .map(|value| (value, Facts::ONE_OF_A_SET))
            .into_iter()
            .collect(),
        ("UUID", _) if source.callee(module, expr).is_none() => call
            .args
            .first()
            .map(|value| (value, Facts::UUID))
            .into_iter()
            .collect(),
        ("fullmatch", _) if call.args.len() > 1 => vec![(&call.args[1], Facts::TEXT)],
        // `assert.match(name, /^[a-z]+$/)` of Node.js.
        ("match", Some(_)) if asserts(source, module, expr) => {
            let [value, pattern, ..] = &*call.args else {
                return Vec::new();
            };
            let text = pattern::text_of(source, module, pattern);
            vec![(value, says_of(text.as_deref(), Held::Anywhere, true))]
        }
        _ => scanned(source, module, expr, call)
            .map(|value| (value, Facts::TEXT))
            .into_iter()
            .collect(),
    }
}

/// Whether an expression is the text of a value, which any value has: `str(x)`, `String(x).trim()`.
fn is_text_of(expr: &Expr) -> bool {
    let mut expr = expr;
    while let ExprKind::Call(call) = &expr.kind {
        expr = match &call.callee.kind {
            ExprKind::Name(name) => return matches!(&**name, "str" | "String" | "repr"),
            ExprKind::Attribute { attr, .. } if &**attr == "toString" => return true,
            ExprKind::Attribute { base, .. } => base,
            _ => return false,
        };
    }
    false
}

/// Whether a call is one of the assertions of Node.js, which raise.
pub(crate) fn asserts(source: &Source, module: ModuleId, call: &Expr) -> bool {
    let name = source.callee_name(module, call).unwrap_or_default();
    let name = name.strip_prefix("node:").unwrap_or(name);
    name.split(['.', '/']).next() == Some("assert") && source.callee(module, call).is_none()
}

/// The values that a condition vouches for when it comes out so, by the facts that count.
pub(crate) fn vouched<'e>(
    source: &'e Source,
    module: ModuleId,
    (test, truth): (&'e Expr, bool),
    counts: impl Fn(&Facts) -> bool,
) -> Vec<Vouched<'e>> {
    let says = when(source, module, test, truth).into_iter();
    says.filter(|(_, facts)| counts(facts))
        .map(|(value, facts)| Vouched {
            value,
            whole: true,
            unless: facts.member.then(|| collection(test)).flatten(),
        })
        .collect()
}

/// The values that an expression vouches for by not raising, by the facts that count.
pub(crate) fn proved<'e>(
    source: &Source,
    module: ModuleId,
    expr: &'e Expr,
    counts: impl Fn(&Facts) -> bool,
) -> Vec<&'e Expr> {
    let says = unless_raised(source, module, expr).into_iter();
    says.filter(|(_, facts)| counts(facts))
        .map(|(value, _)| value)
        .collect()
}

/// Whether a call gives the text that it is given, or the same but for its case and the blanks around it.
pub(crate) fn keeps_text(call: &Expr) -> bool {
    let name = call.as_call().and_then(|call| call.callee.last_name());
    matches!(
        name.map(|name| &**name),
        Some(
            "str"
                | "String"
                | "strip"
                | "trim"
                | "lower"
                | "upper"
                | "toLowerCase"
                | "toUpperCase"
                | "rstrip"
                | "lstrip"
                | "toString"
                | "casefold"
                | "cast"
        )
    )
}

/// The text that a regular expression of Python is held against; the module raises where it is none. JavaScript makes a text of
/// whatever it is given.
fn scanned<'e>(source: &Source, module: ModuleId, expr: &Expr, call: &'e Call) -> Option<&'e Expr> {
    if source.module(module)?.language != Language::Python {
        return None;
    }
    let (name, base) = named(call)?;
    let known = known_as(source, module, call);
    let name = known.as_deref().unwrap_or(name);
    let at = match name {
        "search" | "match" | "fullmatch" | "findall" | "finditer" | "split" => 0,
        "sub" | "subn" => 1,
        _ => return None,
    };
    let canonical = source.callee_name(module, expr).unwrap_or_default();
    if matches!(canonical.split_once('.'), Some(("re" | "regex", method)) if method == name) {
        return call.argument(at + 1, "string");
    }
    let base = base?;
    let compiled = |expr: &Expr, at: ModuleId| {
        source
            .type_of(at, expr)
            .is_some_and(|made| is_compile(&made.type_name))
    };
    let is_pattern = compiled(base, module)
        || elements(source, module, base).is_some_and(|(at, items)| {
            !items.is_empty() && items.iter().all(|item| compiled(item, at))
        });
    is_pattern.then(|| call.argument(at, "string")).flatten()
}

fn is_compile(name: &str) -> bool {
    matches!(
        name,
        "re.compile" | "regex.compile" | "re.Pattern" | "regex.Pattern"
    )
}

/// What a name is in each turn of a loop over a collection that is written out: `for label, rule in RULES`.
fn elements<'s>(
    source: &'s Source,
    module: ModuleId,
    name: &Expr,
) -> Option<(ModuleId, Vec<&'s Expr>)> {
    let place = source.module(module)?;
    let (_, bindings) = place.bindings_around(name.as_name()?, name.range.start)?;
    let [binding] = bindings else {
        return None;
    };
    let BindingKind::Element { iter, path } = &binding.kind else {
        return None;
    };
    let (at, items) = written_out(source, module, iter)?;
    let mut found = Vec::new();
    for item in items {
        let mut item = item;
        for step in path {
            item = match (step, &item.kind) {
                (Step::Index(index), ExprKind::Tuple(parts) | ExprKind::List(parts)) => {
                    parts.get(*index)?
                }
                _ => return None,
            };
        }
        found.push(item);
    }
    Some((at, found))
}

/// The elements of a collection that is written out, here or where its name is bound.
pub(crate) fn written_out<'s>(
    source: &'s Source,
    module: ModuleId,
    of: &'s Expr,
) -> Option<(ModuleId, &'s [Expr])> {
    let (at, literal) = match &of.kind {
        ExprKind::List(_) | ExprKind::Tuple(_) | ExprKind::Set(_) => (module, of),
        _ => match source.meaning(module, of) {
            Meaning::Value(at, value) => (at, value),
            _ => return None,
        },
    };
    match &literal.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            let whole = items
                .iter()
                .all(|item| !matches!(item.kind, ExprKind::Starred(_)));
            whole.then_some((at, items))
        }
        _ => None,
    }
}

/// What holds for the value that an expression makes of another, and that other.
pub(crate) fn made<'e>(
    source: &Source,
    module: ModuleId,
    expr: &'e Expr,
) -> Option<(&'e Expr, Facts)> {
    match &expr.kind {
        // `prompt[:10_000]`
        ExprKind::Subscript { base, index } => (matches!(index.kind, ExprKind::Slice(_))
            && has_upper(source, module, index))
        .then_some((&**base, Facts::BOUNDED)),
        ExprKind::Call(call) => {
            if source.callee(module, expr).is_some() {
                return None;
            }
            made_by_call(source, module, call)
        }
        _ => None,
    }
}

fn made_by_call<'e>(
    source: &Source,
    module: ModuleId,
    call: &'e Call,
) -> Option<(&'e Expr, Facts)> {
    let (name, base) = named(call)?;
    let first = call.args.first();
    if is_enum(source, module, call) {
        return Some((first?, Facts::ONE_OF_A_SET));
    }
    let plain = base.is_none();
    match name {
        // `re.search(r"APP-\d+", text).group(0)`: what the pattern let through, and nothing around it.
        "group" => cut_out(source, module, base?),
        "str" | "String" if plain => Some((first?, Facts::TEXT)),
        "model_dump_json" => Some((base?, Facts::TEXT)),
        "int" | "float" | "Number" | "parseInt" | "parseFloat" | "Decimal" => {
            Some((first?, Facts::NUMBER))
        }
        "bool" | "Boolean" if plain => Some((
            first?,
            Facts {
                typed: true,
                flag: true,
                ..Facts::NOTHING
            },
        )),
        "UUID" => Some((first?, Facts::UUID)),
        // Digits of a hash, an alphabet of letters and digits, a day that was read: nothing else of the text is left.
        "hexdigest" | "toISOString" => Some((base?, Facts::UUID)),
        "hexlify" | "b16encode" | "slugify" => Some((
            first?,
            Facts {
                safe: true,
                ..Facts::TEXT
            },
        )),
        // It may begin with a dash, but starts no command.
        "urlsafe_b64encode" => Some((
            first?,
            Facts {
                no_meta: true,
                ..Facts::TEXT
            },
        )),
        "crc32" | "adler32" => Some((first?, Facts::NUMBER)),
        "fromisoformat" | "strptime" => Some((
            first?,
            Facts {
                safe: true,
                formatted: true,
                bounded: true,
                typed: true,
                ..Facts::NOTHING
            },
        )),
        "slice" | "substring" | "substr" if call.args.len() > 1 => Some((base?, Facts::BOUNDED)),
        "shorten" => Some((first?, Facts::BOUNDED)),
        "min" | "clamp" => {
            let fixed = call.args.iter().any(|arg| arg.as_number().is_some())
                || call.args.len() > 1
                || name == "clamp";
            let value = call.args.iter().find(|arg| arg.as_number().is_none())?;
            fixed.then_some((value, Facts::RANGED))
        }
        // `TABLE.get(x)`; `TABLE.get(x, x)` lets through what is not in it.
        "get" if is_fixed_set(source, module, base?) && call.args.len() == 1 => {
            Some((first?, Facts::ONE_OF_A_SET))
        }
        "sub" | "replace" | "replaceAll" => {
            let text = takes_out(source, module, call)?;
            let says = Facts {
                safe: true,
                ..Facts::TEXT
            };
            Some((text, says))
        }
        other if other.to_lowercase().contains("truncate") => {
            Some((first.or(base)?, Facts::BOUNDED))
        }
        _ => None,
    }
}

/// The text that a call takes everything out of that means something to a shell: everything but harmless characters.
fn takes_out<'e>(source: &Source, module: ModuleId, call: &'e Call) -> Option<&'e Expr> {
    let (name, receiver) = named(call)?;
    let literally = name != "sub";
    let compiled = receiver.and_then(|base| pattern::text_of(source, module, base));
    let pattern = || {
        let first = call.args.first()?;
        match &first.kind {
            // Without the flag only the first one is replaced.
            ExprKind::Regex(text) => {
                let written = source.module(module).map_or("", |at| at.text(first.range));
                let flags = written.rsplit('/').next().unwrap_or_default();
                flags.contains('g').then(|| text.to_string())
            }
            // `text.replace("[^a-z]", "")` looks for that very text.
            _ if literally && source.string(module, first).is_some() => None,
            _ => pattern::text_of(source, module, first),
        }
    };
    // `pattern.sub("", text)`, `re.sub(pattern, "", text)`, `text.replace(/…/g, "")`.
    let (pattern, by, text) = match (compiled, &*call.args) {
        (Some(compiled), [by, text, ..]) => (compiled, by, text),
        (None, [_, by, text, ..]) => (pattern()?, by, text),
        (_, [_, by]) => (pattern()?, by, receiver?),
        _ => return None,
    };
    let harmless = by
        .as_str()
        .is_some_and(|text| !text.contains(pattern::META));
    (harmless && pattern::takes_out_meta(&pattern)).then_some(text)
}

/// The text that a match was found in, and what holds for each of the match's groups, where its pattern lets harmless characters
/// through only: a group of anything is anything.
fn cut_out<'e>(source: &Source, module: ModuleId, found: &'e Expr) -> Option<(&'e Expr, Facts)> {
    let of = |expr: &Expr| {
        let (pattern, ..) = matched(source, module, expr.as_call()?)?;
        Some(pattern::lets(&pattern?, Held::Whole)).filter(|lets| lets.safe)
    };
    let (value, all) = match found.as_name() {
        // The name of a match carries what its text does.
        Some(name) => (found, bound(source, module, name, found.range.start)),
        None => (matched(source, module, found.as_call()?)?.2?, vec![found]),
    };
    let lets: Vec<_> = all.into_iter().map(of).collect::<Option<_>>()?;
    let says = Facts {
        safe: true,
        wordless: lets.iter().all(|lets| lets.wordless),
        ..Facts::PATTERN
    };
    (!lets.is_empty()).then_some((value, says))
}

/// The name of a function that was imported under another one: `fullmatch` of `from re import fullmatch as matches`.
fn known_as(source: &Source, module: ModuleId, call: &Call) -> Option<String> {
    let written = call.callee.as_name()?;
    let name = match source.meaning(module, &call.callee) {
        Meaning::External(name) => name,
        _ => return None,
    };
    let last = leaf(&name);
    (last != written).then(|| last.to_owned())
}

/// The last name of what is called, and what it is called on.
fn named(call: &Call) -> Option<(&str, Option<&Expr>)> {
    match &call.callee.kind {
        ExprKind::Name(name) => Some((name, None)),
        ExprKind::Attribute { base, attr } => Some((attr, Some(base))),
        _ => None,
    }
}

/// `Mode(x)`: an enumeration of the project raises for what it does not hold.
fn is_enum(source: &Source, module: ModuleId, call: &Call) -> bool {
    let named = named(call)
        .is_some_and(|(name, _)| name.starts_with(|first: char| first.is_ascii_uppercase()));
    named
        && call.args.len() == 1
        && match source.meaning(module, &call.callee) {
            Meaning::Class(class) => source
                .bases(class)
                .iter()
                .any(|base| matches!(leaf(base), "Enum" | "StrEnum" | "IntEnum")),
            _ => false,
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

/// Whether a pattern of `match`, or a case of `switch`, fits literals only.
pub(crate) fn is_literal_case(pattern: &Expr) -> bool {
    match &pattern.kind {
        ExprKind::Str(_) | ExprKind::Number(_) => true,
        ExprKind::BinOp {
            op: Operator::BitOr,
            left,
            right,
        } => is_literal_case(left) && is_literal_case(right),
        _ => false,
    }
}
