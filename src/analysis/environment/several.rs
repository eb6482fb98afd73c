//! Calls that read several variables at once: texts that the environment fills, and keys that are taken out of it together.

use super::{has_own, is_environ};
use crate::analysis::call_sites::Callers;
use crate::model::source::{Call, Expr, ExprKind, Language, ModuleId};

/// What such a call reads.
#[derive(Debug, Default)]
pub(crate) struct Several {
    /// Texts of variables, or with their names in them.
    names: Vec<String>,
    /// It raises where one of them is not set.
    pub(crate) raises: bool,
}

impl Several {
    /// The variables.
    pub(crate) fn names(self) -> impl Iterator<Item = String> {
        self.names.into_iter()
    }
}

/// The variables that a call reads; none for most calls.
pub(crate) fn read<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Several {
    let python = callers.source().module(module);
    let python = python.is_some_and(|place| place.language == Language::Python);
    let Some(call) = expr.as_call().filter(|_| python) else {
        return Several::default();
    };
    match call.written_name() {
        "format" | "format_map" => formatted(callers, module, call),
        "expandvars" => expanded(callers, module, expr, call),
        "substitute" | "safe_substitute" => substituted(callers, module, call),
        _ => picked(callers, module, call),
    }
}

/// `"{DB_USER}:{DB_PASSWORD}".format_map(os.environ)`, `"{X}".format(**os.environ)`.
fn formatted<'a>(callers: &Callers<'a>, module: ModuleId, call: &'a Call) -> Several {
    let ExprKind::Attribute { base, .. } = &call.callee.kind else {
        return Several::default();
    };
    let spread = call.keywords.iter().filter(|one| one.name.is_none());
    let mut over = spread.map(|one| &one.value).chain(&call.args);
    let Some(over) = over.find(|value| is_environ(callers, module, value)) else {
        return Several::default();
    };
    let texts = callers.source().strings(module, base);
    let names = texts.iter().flat_map(|text| fields(text)).collect();
    filled(callers, module, call, over, names)
}

/// What a text takes out of an environment, where the call gives no value of its own for it.
fn filled<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    call: &'a Call,
    over: &'a Expr,
    names: Vec<String>,
) -> Several {
    let given = |name: &str| {
        let mut keywords = call.keywords.iter();
        keywords.any(|one| one.name.as_deref() == Some(name))
            || has_own(callers, module, over, name)
    };
    // Other values that are spread into the call may be these.
    let mut spread = call.keywords.iter().filter(|one| one.name.is_none());
    Several {
        names: names.into_iter().filter(|name| !given(name)).collect(),
        raises: spread.all(|one| one.value.is(over)),
    }
}

/// The fields of a format that are names of variables.
fn fields(text: &str) -> Vec<String> {
    let plain = text.replace("{{", "").replace("}}", "");
    let mut found = Vec::new();
    for part in plain.split('{').skip(1) {
        let Some((field, _)) = part.split_once('}') else {
            continue;
        };
        found.extend(name_at_start(field));
    }
    found
}

/// `os.path.expandvars("postgresql://$DB_USER:${DB_PASSWORD}@db")`, which leaves what is not set as it is.
fn expanded<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
    call: &'a Call,
) -> Several {
    let source = callers.source();
    let is_of_path = source.callee_name(module, expr) == Some("os.path.expandvars");
    let text = call.args.first().filter(|_| is_of_path);
    Several {
        names: text.map_or_else(Vec::new, |text| placeholders(&source.strings(module, text))),
        raises: false,
    }
}

/// `Template("$DB_USER:$DB_PASSWORD").substitute(os.environ)`.
fn substituted<'a>(callers: &Callers<'a>, module: ModuleId, call: &'a Call) -> Several {
    let source = callers.source();
    let over = call.args.first();
    let Some(over) = over.filter(|over| is_environ(callers, module, over)) else {
        return Several::default();
    };
    let made = source.receiver(module, call);
    let text = made
        .filter(|made| made.type_name == "string.Template")
        .and_then(|made| Some((made.module, made.call?.args.first()?)));
    let texts = text.map_or_else(Vec::new, |(at, text)| source.strings(at, text));
    // Two dollar signs stand for one.
    let texts: Vec<String> = texts.iter().map(|text| text.replace("$$", "")).collect();
    let several = filled(callers, module, call, over, placeholders(&texts));
    Several {
        raises: several.raises && call.written_name() == "substitute",
        ..several
    }
}

/// The variables that texts name behind a dollar sign.
fn placeholders(texts: &[String]) -> Vec<String> {
    let parts = texts.iter().flat_map(|text| text.split('$').skip(1));
    let names = parts.filter_map(|part| name_at_start(part.strip_prefix('{').unwrap_or(part)));
    names.collect()
}

/// `itemgetter("DB_USER", "DB_PASSWORD")(os.environ)`.
fn picked<'a>(callers: &Callers<'a>, module: ModuleId, call: &'a Call) -> Several {
    let source = callers.source();
    let Some(getter) = call.callee.as_call().filter(|_| call.args.len() == 1) else {
        return Several::default();
    };
    let gets = source.callee_name(module, &call.callee) == Some("operator.itemgetter");
    let over = call.args.first().filter(|_| gets);
    let Some(over) = over.filter(|over| is_environ(callers, module, over)) else {
        return Several::default();
    };
    let keys = getter.args.iter();
    let names = keys.filter_map(|key| source.string(module, key)).collect();
    filled(callers, module, call, over, names)
}

/// The name of a variable that a text begins with.
fn name_at_start(text: &str) -> Option<String> {
    let word = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
    let name: String = text.chars().take_while(word).collect();
    let is_name = name.starts_with(|first: char| !first.is_ascii_digit());
    is_name.then_some(name)
}
