//! The texts that an expression holds once the agent is deployed: constants, and environment variables as `envVars` set them,
//! followed through assignments and parameters.

use std::collections::HashMap;

use super::Subject;
use super::code::Code;
use crate::analysis::limits;
use crate::analysis::names::{Instance, Meaning};
use crate::analysis::values::{At, Domain, Part, eval, returned};
use crate::model::predicted_role::Names;
use crate::model::source::ir::{BoolOp, Call, Expr, ExprKind};
use crate::model::source::module::{Binding, BindingKind};
use crate::model::source::{ClassId, ModuleId};
use crate::text::unfilled::is_unfilled;

/// Most modules through which a name is re-exported.
const DEEPEST: u8 = 40;
/// Most combinations of a text's parts.
const MOST: usize = 32;

/// Variables that hold the agent's Region.
pub(super) const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// What an expression can hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    /// Every text that is seen, without empty ones.
    pub(super) all: Vec<String>,
    /// It can hold nothing else; with no text: it holds nothing.
    pub(super) complete: bool,
    /// Texts that are put together of what is seen and what is not, with `*` for that: `/shop/tokens/*`.
    pub(super) partly: Vec<String>,
    /// It can hold nothing but the texts that are seen and those that are seen in part.
    pub(super) bounded: bool,
    /// Texts that are left to be filled in (`YOUR_KB_ID`): they name nothing, and what will stand there is not known.
    pub(super) unfilled: Vec<String>,
}

impl Texts {
    fn one(text: &str) -> Self {
        Self {
            all: vec![text.to_owned()],
            ..Self::nothing()
        }
    }

    /// These, and maybe nothing else.
    pub(super) fn several(all: Vec<String>, complete: bool) -> Self {
        Self {
            all,
            complete,
            bounded: complete,
            ..Self::nothing()
        }
    }

    /// It holds nothing.
    fn nothing() -> Self {
        Self {
            all: Vec::new(),
            complete: true,
            partly: Vec::new(),
            bounded: true,
            unfilled: Vec::new(),
        }
    }

    /// All that it can hold, with `*` for what is not seen; None where a part of that is not known by how its name begins.
    pub(super) fn patterns(&self) -> Option<Vec<&str>> {
        let all = self.all.iter().chain(&self.partly).map(String::as_str);
        let known = self.bounded && self.partly.iter().all(|text| begins_known(text));
        let all: Vec<&str> = all.collect();
        (known && !all.is_empty()).then_some(all)
    }

    /// Takes out what is left to be filled in.
    pub(super) fn set_unfilled_apart(mut self) -> Self {
        let (unfilled, all) = std::mem::take(&mut self.all)
            .into_iter()
            .partition(|text| is_unfilled(text));
        self.all = all;
        self.unfilled = unfilled;
        self.complete &= self.unfilled.is_empty();
        self.bounded &= self.unfilled.is_empty();
        self
    }

    fn union(several: impl Iterator<Item = Self>) -> Self {
        let mut whole = Self::nothing();
        for one in several {
            whole.complete &= one.complete;
            whole.all.extend(one.all);
            whole.bounded &= one.bounded;
            whole.partly.extend(one.partly);
        }
        whole
    }

    fn joined(parts: impl Iterator<Item = Self>) -> Self {
        let mut whole = Self::one("");
        for part in parts {
            whole.complete &= part.complete;
            let mut unseen = part.partly;
            if !part.bounded {
                unseen.push("*".to_owned());
            }
            let partly = pairs(&whole.all, &unseen)
                .chain(pairs(&whole.partly, &unseen))
                .chain(pairs(&whole.partly, &part.all));
            let partly: Vec<String> = partly.take(MOST + 1).collect();
            whole.all = pairs(&whole.all, &part.all).take(MOST + 1).collect();
            whole.complete &= whole.all.len() <= MOST;
            whole.bounded &= whole.all.len() <= MOST && partly.len() <= MOST;
            whole.all.truncate(MOST);
            whole.partly = partly;
            whole.partly.truncate(MOST);
        }
        whole.complete &= !whole.all.is_empty();
        whole
    }
}

/// Letters and digits with which a name has to begin, so that others are unlikely to begin so.
const LEAST_BEGINNING: usize = 3;

/// Whether the name in a text that is seen in part begins with what is seen: in an ARN behind its kind, in an address behind its folders.
fn begins_known(text: &str) -> bool {
    let name = match text.splitn(6, ':').nth(5) {
        Some(resource) if text.starts_with("arn:") => resource
            .split_once(['/', ':'])
            .map_or(resource, |(_, name)| name),
        _ if text.contains("://") => text.rsplit('/').next().unwrap_or_default(),
        _ => text,
    };
    let seen = name.split('*').next().unwrap_or_default();
    seen.chars().filter(char::is_ascii_alphanumeric).count() >= LEAST_BEGINNING
}

/// Each of some texts with each of others behind it.
fn pairs<'t>(starts: &'t [String], ends: &'t [String]) -> impl Iterator<Item = String> + 't {
    let with = |start: &'t String| ends.iter().map(move |end| format!("{start}{end}"));
    starts.iter().flat_map(with)
}

/// What an expression can hold.
pub(super) fn texts<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Texts {
    let mut reader = Reader {
        subject,
        code,
        names: HashMap::new(),
    };
    let mut found = eval(&mut reader, At::new(module, expr));
    found.all.retain(|text| !text.is_empty());
    found.all.sort();
    found.all.dedup();
    found.partly.sort();
    found.partly.dedup();
    found.set_unfilled_apart()
}

/// What an environment variable holds.
enum Variable {
    /// The configuration sets it.
    Set(String),
    /// It does not.
    Unset,
}

struct Reader<'r, 'c, 'a> {
    subject: &'r Subject<'a>,
    code: &'r Code<'c, 'a>,
    /// What the names hold whose every binding was read, by the address of their bindings; None while they are being read.
    names: HashMap<usize, Option<Texts>>,
}

impl<'a> Domain<'a> for Reader<'_, '_, 'a> {
    type Known = Texts;
    const QUESTION: &'static str = "texts";

    /// What a name holds whose bindings were read before. While they are being read, the name adds nothing: `x = x`.
    fn before(&mut self, at: At<'a>) -> Option<Texts> {
        let bindings = self.bindings(at.module, at.expr)?;
        let known = self.names.get(&Self::address(bindings))?.clone();
        Some(known.unwrap_or_else(Texts::nothing))
    }

    fn unknown(&mut self, _at: At<'a>) -> Texts {
        Texts::default()
    }

    fn text(&mut self, _at: At<'a>, text: &'a str) -> Texts {
        Texts::one(text)
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Texts {
        match &at.expr.kind {
            ExprKind::BoolOp {
                op: BoolOp::Or | BoolOp::Coalesce,
                ..
            } => self.either(at, ways),
            ExprKind::BoolOp { .. } => self.followed(at.module, at.expr),
            _ => self.union(ways.iter().map(|way| at.to(way))),
        }
    }

    fn together(&mut self, at: At<'a>, parts: &[Part<'a>]) -> Texts {
        Texts::joined(parts.iter().map(|part| match part {
            Part::Text(text) => Texts::one(text),
            Part::Value(value) => eval(self, at.to(value)),
        }))
    }

    fn other(&mut self, at: At<'a>) -> Texts {
        match &at.expr.kind {
            ExprKind::None => Texts::nothing(),
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                self.union(items.iter().map(|item| at.to(item)))
            }
            _ => self.followed(at.module, at.expr),
        }
    }
}

impl<'a> Reader<'_, '_, 'a> {
    fn union(&mut self, all: impl Iterator<Item = At<'a>>) -> Texts {
        Texts::union(all.map(|at| eval(self, at)))
    }

    /// `os.getenv("A") or os.getenv("B") or "default"`: what stands before the last counts where it is set.
    fn either(&mut self, at: At<'a>, values: &[&'a Expr]) -> Texts {
        let mut whole = Texts::default();
        for (index, value) in values.iter().enumerate() {
            let unset = self
                .variable(at.module, value)
                .is_some_and(|(variable, default)| {
                    matches!(variable, Variable::Unset) && default.is_none()
                });
            if unset && index + 1 < values.len() {
                continue;
            }
            let here = eval(self, at.to(value));
            whole.complete = here.complete;
            whole.bounded = here.bounded;
            whole.partly.extend(here.partly);
            let decided = here.complete && here.all.iter().any(|text| !text.is_empty());
            whole.all.extend(here.all);
            if decided {
                break;
            }
        }
        whole
    }

    fn followed(&mut self, module: ModuleId, expr: &'a Expr) -> Texts {
        if let Some((variable, default)) = self.variable(module, expr) {
            return match (variable, default) {
                (Variable::Set(value), _) => Texts::one(&value),
                (Variable::Unset, Some((at, default))) => eval(self, At::new(at, default)),
                (Variable::Unset, None) => Texts::default(),
            };
        }
        if let Some(inner) = unwrapped(expr) {
            return eval(self, At::new(module, inner));
        }
        let source = self.code.source();
        if let Some(each) = source.each(module, expr) {
            return self.union(each.into_iter().map(|(at, value)| At::new(at, value)));
        }
        if source.is_looped(module, expr) {
            // Over something else than a literal: what is seen of it may not be all.
            return Texts::several(source.strings(module, expr), false);
        }
        if let Meaning::Value(at, value) = source.meaning(module, expr)
            && !value.is(expr)
        {
            return eval(self, At::new(at, value));
        }
        if let Some(given) = self.argument(module, expr) {
            return given;
        }
        let behind = self.behind(module, expr);
        if !behind.is_empty() {
            let name = self.bindings(module, expr).map(Self::address);
            if let Some(name) = name {
                self.names.insert(name, None);
            }
            let behind = behind.into_iter();
            let found = self.union(behind.map(|(at, value)| At::new(at, value)));
            if let Some(name) = name {
                self.names.insert(name, Some(found.clone()));
            }
            return found;
        }
        let all = source.strings(module, expr);
        let complete = !all.is_empty();
        Texts::several(all, complete)
    }

    fn address(bindings: &[Binding]) -> usize {
        bindings.as_ptr().addr()
    }

    /// What a name is bound to.
    fn bindings(&self, module: ModuleId, expr: &'a Expr) -> Option<&'a [Binding]> {
        let name = expr.as_name()?;
        let place = self.code.source().module(module)?;
        let (_, bindings) = place.bindings_around(name, expr.range.start)?;
        Some(bindings)
    }

    /// What callers give for a parameter, and its default where one of them gives nothing.
    fn argument(&mut self, module: ModuleId, expr: &'a Expr) -> Option<Texts> {
        let callers = self.code.callers();
        let (id, index) = callers.parameter(module, expr)?;
        let given = callers.given(module, expr);
        let function = self.code.source().function(id)?;
        let default = function
            .params
            .get(index)
            .and_then(|param| param.default.as_deref());
        let called = callers.of(id).iter().filter(|used| used.called).count();
        let handed = callers.of(id).iter().any(|used| !used.called);
        if given.is_empty() && default.is_none() {
            return None;
        }
        let open = handed || called == 0;
        let default = default.filter(|_| open || given.len() < called);
        let default = default.map(|value| (id.module, value));
        let all = given.into_iter().chain(default);
        let mut found = self.union(all.map(|(at, value)| At::new(at, value)));
        found.complete &= !open;
        found.bounded &= !open;
        Some(found)
    }

    /// The values behind a name, a member or a call of the project's own that mean nothing else: what is assigned, what is
    /// returned.
    fn behind(&self, module: ModuleId, expr: &'a Expr) -> Vec<(ModuleId, &'a Expr)> {
        let source = self.code.source();
        match &expr.kind {
            ExprKind::Name(_) => {
                let found = self.bindings(module, expr);
                found.map_or_else(Vec::new, |found| self.bound(module, found, 0))
            }
            ExprKind::Attribute { base, attr } => match source.meaning(module, base) {
                Meaning::Module(id) => self.exported(id, attr, 0),
                Meaning::Class(id) => self.member(id, attr),
                Meaning::Instance(Instance {
                    class: Some(id), ..
                }) => self.member(id, attr),
                _ => Vec::new(),
            },
            ExprKind::Call(_) => {
                let Some(id) = source.callee(module, expr) else {
                    return Vec::new();
                };
                let returned = returned(source, id).into_iter();
                returned.map(|value| (value.module, value.expr)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn member(&self, id: ClassId, attr: &str) -> Vec<(ModuleId, &'a Expr)> {
        let place = self.code.source().module(id.module);
        let class = place.and_then(|place| place.classes.get(id.index as usize));
        let Some(class) = class else {
            return Vec::new();
        };
        let scopes = [&class.instance, &class.fields];
        let found = scopes.iter().find_map(|scope| scope.names.get(attr));
        found.map_or(Vec::new(), |found| self.bound(id.module, found, 0))
    }

    fn exported(&self, module: ModuleId, name: &str, depth: u8) -> Vec<(ModuleId, &'a Expr)> {
        let place = self.code.source().module(module);
        let scope = place.and_then(|place| place.scopes.first());
        let found = scope.and_then(|scope| scope.names.get(name));
        found.map_or(Vec::new(), |found| self.bound(module, found, depth))
    }

    /// Nothing where one of the bindings is of a kind that tells nothing.
    fn bound(
        &self,
        module: ModuleId,
        bindings: &'a [Binding],
        depth: u8,
    ) -> Vec<(ModuleId, &'a Expr)> {
        let mut all = Vec::new();
        for binding in bindings {
            match &binding.kind {
                BindingKind::Value { value, path, .. } if path.is_empty() => {
                    all.push((module, &**value));
                }
                BindingKind::Declared(_) => {}
                BindingKind::Import(index) => {
                    if depth > DEEPEST {
                        limits::reached(limits::NAMES, module, binding.range);
                        return Vec::new();
                    }
                    let place = self.code.source().module(module);
                    let import = place.and_then(|place| place.imports.get(*index));
                    let found = import.and_then(|import| {
                        Some(self.exported(import.target?, import.name.as_deref()?, depth + 1))
                    });
                    match found {
                        Some(found) if !found.is_empty() => all.extend(found),
                        _ => return Vec::new(),
                    }
                }
                _ => return Vec::new(),
            }
        }
        all
    }

    /// The variable that an expression reads, and what stands in where it is not set.
    fn variable(
        &self,
        module: ModuleId,
        expr: &'a Expr,
    ) -> Option<(Variable, Option<(ModuleId, &'a Expr)>)> {
        let source = self.code.source();
        let (name, default) = match &expr.kind {
            ExprKind::Subscript { base, index }
                if source.canonical(module, base).as_deref() == Some("os.environ") =>
            {
                (source.string(module, index)?, None)
            }
            _ => match source.meaning(module, expr) {
                Meaning::Instance(made)
                    if matches!(&*made.type_name, "os.getenv" | "os.environ.get") =>
                {
                    self.getter(made.module, made.call?)?
                }
                Meaning::External(name) => (name.strip_prefix("process.env.")?.to_owned(), None),
                _ => {
                    let call = expr.as_call()?;
                    let name = source.callee_name(module, expr)?;
                    if !matches!(name, "os.getenv" | "os.environ.get") {
                        return None;
                    }
                    self.getter(module, call)?
                }
            },
        };
        let set = &self.subject.agent.common().env;
        let value = set.iter().find(|(known, _)| *known == name);
        let variable = match (value, &*self.subject.names.region) {
            (Some((_, value)), _) => Variable::Set(value.value.clone()),
            // The platform sets the agent's own Region, so that a default beside it is for elsewhere.
            (None, region) if REGIONS.contains(&&*name) => {
                let variable = match region {
                    Names::REGION => Variable::Unset,
                    region => Variable::Set(region.to_owned()),
                };
                return Some((variable, None));
            }
            (None, _) => Variable::Unset,
        };
        Some((variable, default))
    }

    fn getter(
        &self,
        module: ModuleId,
        call: &'a Call,
    ) -> Option<(String, Option<(ModuleId, &'a Expr)>)> {
        let name = self
            .code
            .source()
            .string(module, call.argument(0, "key")?)?;
        let default = call.argument(1, "default");
        Some((name, default.map(|default| (module, default))))
    }
}

/// `str(x)`, `x.strip()`: the text itself.
fn unwrapped(expr: &Expr) -> Option<&Expr> {
    let call = expr.as_call()?;
    match (&call.callee.kind, &*call.args) {
        (ExprKind::Name(name), [inner]) if matches!(&**name, "str" | "String") => Some(inner),
        (ExprKind::Attribute { base, attr }, [])
            if matches!(&**attr, "strip" | "trim" | "toString") =>
        {
            Some(base)
        }
        _ => None,
    }
}

/// The value that an entry of a call's arguments has, at whatever depth: `Bucket=…`, `{knowledgeBaseId: …}`.
pub(super) fn entry<'a>(call: &'a Call, name: &str) -> Option<&'a Expr> {
    call.option(name).or_else(|| {
        let keywords = call.keywords.iter().map(|keyword| &keyword.value);
        let mut all = call
            .args
            .iter()
            .chain(keywords)
            .flat_map(crate::model::source::walk::sub_expressions);
        all.find_map(|inner| inner.entry(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_seen_in_part_is_known_by_its_beginning() {
        let known = [
            "/shop/tokens/*",
            "acme-*",
            "arn:aws:secretsmanager:*:*:secret:prod/*",
            "https://sqs.*.amazonaws.com/*/orders",
        ];
        for text in known {
            assert!(begins_known(text), "{text}");
        }
        let unknown = [
            "*",
            "*-claims",
            "a-*",
            "arn:aws:dynamodb:us-east-1:*:table/*",
            "https://sqs.us-east-1.amazonaws.com/111122223333/*",
        ];
        for text in unknown {
            assert!(!begins_known(text), "{text}");
        }
    }
}
