//! Paths of the file system: which of them a call touches, and which an expression can hold.

use crate::analysis::api::{Tag, api};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::held;
use crate::analysis::names::Meaning;
use crate::analysis::names::constants::joined as text_joined;
use crate::analysis::startup::{Place, call_at};
use crate::analysis::values::{At, Domain, Part, eval, eval_each, returned};
use crate::model::source::ir::Operator;
use crate::model::source::module::{Binding, BindingKind};
use crate::model::source::{Call, Expr, ExprKind, ModuleId};

/// Most paths of each side that are joined.
const MOST_JOINED: usize = 4;

/// The paths that the call at a place touches: what its first two arguments, its keywords and the object whose method it is hold,
/// whole and word by word. A path that ends with `/` stands for what is below it under a name that is not known.
pub(crate) fn touched_by(callers: &Callers<'_>, place: Place) -> Vec<String> {
    let (module, _) = place;
    let Some(call) = call_at(callers.source(), place) else {
        return Vec::new();
    };
    let object = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => Some(&**base),
        _ => None,
    };
    let keywords = call.keywords.iter().map(|keyword| &keyword.value);
    let named = call.args.iter().take(2).chain(object).chain(keywords);
    let mut found: Vec<String> = named
        .flat_map(|value| paths(callers, module, value))
        .collect();
    let words: Vec<String> = found.iter().flat_map(|text| words(text)).collect();
    found.extend(words);
    found
}

/// The words of a text as paths: commands name paths between other words, connection strings behind a scheme.
fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split_whitespace();
    let words = words.map(|word| word.trim_matches(['"', '\'']));
    let words = words.map(|word| match word.split_once(":///") {
        Some((scheme, path)) if scheme.starts_with("sqlite") || scheme == "file" => path,
        _ => word,
    });
    words.map(str::to_owned)
}

/// The paths that an expression can be seen to hold.
fn paths<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Vec<String> {
    eval(&mut Paths { callers }, At::new(module, expr))
}

struct Paths<'c, 'a> {
    callers: &'c Callers<'a>,
}

impl<'a> Domain<'a> for Paths<'_, 'a> {
    type Known = Vec<String>;
    const QUESTION: &'static str = "path";

    fn before(&mut self, at: At<'a>) -> Option<Vec<String>> {
        let set = declared(self.callers, at);
        (!set.is_empty()).then_some(set)
    }

    fn unknown(&mut self, _at: At<'a>) -> Vec<String> {
        Vec::new()
    }

    fn text(&mut self, _at: At<'a>, text: &'a str) -> Vec<String> {
        vec![text.to_owned()]
    }

    /// `process.env.DATA_DIR ?? "/mnt/data"`
    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Vec<String> {
        eval_each(self, ways.iter().map(|way| at.to(way)))
    }

    fn together(&mut self, at: At<'a>, parts: &[Part<'a>]) -> Vec<String> {
        let source = self.callers.source();
        let mut known = vec![String::new()];
        for (index, part) in parts.iter().enumerate() {
            let next = match part {
                Part::Text(text) => vec![(*text).to_owned()],
                Part::Value(value) => source.strings(at.module, value),
            };
            if !next.is_empty() {
                known = text_joined(&known, "", &next);
                continue;
            }
            // What stands before it is a folder, or the start of a name.
            return match part {
                Part::Value(first) if index == 0 => {
                    let starts = eval(self, at.to(first)).into_iter();
                    starts.map(|start| start + "/").collect()
                }
                _ => known,
            };
        }
        known
    }

    fn other(&mut self, at: At<'a>) -> Vec<String> {
        match &at.expr.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) => {
                eval_each(self, items.iter().map(|item| at.to(item)))
            }
            ExprKind::BinOp {
                op: Operator::Div,
                left,
                right,
            } => joined(&eval(self, at.to(left)), &eval(self, at.to(right))),
            ExprKind::Call(call) => self.called(at, call),
            ExprKind::Attribute { base, attr } if &**attr == "parent" => eval(self, at.to(base))
                .into_iter()
                .filter_map(|path| path.rsplit_once('/').map(|(parent, _)| parent.to_owned()))
                .collect(),
            _ => self.referred(at),
        }
    }
}

impl<'a> Paths<'_, 'a> {
    /// What a name or a member stands for.
    fn referred(&mut self, at: At<'a>) -> Vec<String> {
        let callers = self.callers;
        let strings = callers.source().strings(at.module, at.expr);
        if !strings.is_empty() {
            return strings;
        }
        match callers.source().meaning(at.module, at.expr) {
            Meaning::Value(other, value) if !value.is(at.expr) => eval(self, At::new(other, value)),
            Meaning::Instance(instance) => instance.call.map_or(Vec::new(), |call| {
                self.made(instance.module, &instance.type_name, call)
            }),
            // What an environment holds has no meaning of its own: the name leads to the read, or to what callers give.
            _ => {
                let ways = bound(callers, at).into_iter();
                let ways = ways.chain(callers.given(at.module, at.expr));
                eval_each(self, ways.map(|(at, value)| At::new(at, value)))
            }
        }
    }

    /// What a call gives.
    fn called(&mut self, at: At<'a>, call: &'a Call) -> Vec<String> {
        let source = self.callers.source();
        let strings = source.strings(at.module, at.expr);
        if !strings.is_empty() {
            return strings;
        }
        if let Some(function) = source.callee(at.module, at.expr) {
            // `def path(name): return os.path.join(ROOT, name)`
            return eval_each(self, returned(source, function));
        }
        let name = source.callee_name(at.module, at.expr).unwrap_or_default();
        self.made(at.module, name, call)
    }

    /// What a call of a library gives that makes paths.
    fn made(&mut self, module: ModuleId, name: &str, call: &'a Call) -> Vec<String> {
        let source = self.callers.source();
        let language = source.module(module).map(|module| module.language);
        let known = language.and_then(|language| api(language, name));
        if !known.is_some_and(|known| known.is(Tag::PathMaker)) {
            return Vec::new();
        }
        let mut found: Vec<String> = Vec::new();
        if let ExprKind::Attribute { base, .. } = &call.callee.kind
            && matches!(source.meaning(module, base), Meaning::Instance(_))
        {
            found = eval(self, At::new(module, base));
        }
        for arg in &call.args {
            let part = eval(self, At::new(module, arg));
            found = match found.is_empty() {
                true => part,
                false => joined(&found, &part),
            };
        }
        found
    }
}

/// What a name was bound to, in its module or in the one that it is imported from, where that may be a read of the environment.
fn bound<'a>(callers: &Callers<'a>, at: At<'a>) -> Vec<(ModuleId, &'a Expr)> {
    let Some((home, bindings)) = bindings(callers, at) else {
        return Vec::new();
    };
    let values = bindings.iter().filter_map(|binding| match &binding.kind {
        BindingKind::Value { value, .. } => Some(&**value),
        _ => None,
    });
    let may_read = |value: &&Expr| {
        matches!(
            value.kind,
            ExprKind::Subscript { .. } | ExprKind::Call(_) | ExprKind::BoolOp { .. }
        )
    };
    values.filter(may_read).map(|value| (home, value)).collect()
}

/// The bindings of a name, and the module that they stand in.
fn bindings<'a>(callers: &Callers<'a>, at: At<'a>) -> Option<(ModuleId, &'a [Binding])> {
    let source = callers.source();
    let of_module = |id: ModuleId, name: &str| {
        let module = source.module(id)?;
        Some((id, module.scopes.first()?.names.get(name)?))
    };
    match &at.expr.kind {
        ExprKind::Name(name) => {
            let place = source.module(at.module)?;
            let (_, bindings) = place.bindings_around(name, at.expr.range.start)?;
            let import = bindings.iter().find_map(|binding| match binding.kind {
                BindingKind::Import(index) => place.imports.get(index),
                _ => None,
            });
            match import {
                Some(import) => of_module(import.target?, import.name.as_deref()?),
                None => Some((at.module, bindings)),
            }
        }
        ExprKind::Attribute { base, attr } => match source.meaning(at.module, base) {
            Meaning::Module(id) => of_module(id, attr),
            _ => None,
        },
        _ => None,
    }
}

/// What the configuration gives the variable that an expression holds, beside the default that the code has for it.
fn declared<'a>(callers: &Callers<'a>, at: At<'a>) -> Vec<String> {
    let held = held(callers, at.module, at.expr);
    let env = callers.code().runtime.common.env.iter();
    env.filter(|(known, _)| held.contains(known))
        .map(|(_, value)| value.value.clone())
        .collect()
}

fn joined(left: &[String], right: &[String]) -> Vec<String> {
    if right.is_empty() {
        // What is below a known folder is below it, whatever it is called.
        return left.iter().map(|left| format!("{left}/")).collect();
    }
    let mut found = Vec::new();
    for left in left.iter().take(MOST_JOINED) {
        for right in right.iter().take(MOST_JOINED) {
            found.push(match right.starts_with('/') {
                true => right.clone(),
                false => format!("{}/{right}", left.trim_end_matches('/')),
            });
        }
    }
    found
}
