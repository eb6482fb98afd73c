//! What a value is made of: literals, settings, what is new at every call, and what was read off a parameter, a request or another
//! value. Names, helpers and parameters are followed, alternatives kept apart.

mod padding;

use std::collections::BTreeSet;

use crate::analysis::clients::origin::MAKERS;
use crate::analysis::clients::places::Places;
use crate::analysis::handlers::ambient;
use crate::analysis::limits;
use crate::analysis::names::leaf;
use crate::analysis::placement::only_answer;
use crate::analysis::tokens;
use crate::analysis::values::{
    At, Domain, Part as Piece, bound, eval, eval_each, returned, values_in,
};
use crate::model::source::ir::BoolOp;
use crate::model::source::module::{BindingKind, Module, Param};
use crate::model::source::{Call, Expr, ExprKind, FnId, Language, ModuleId, Source};

/// Most expressions that one question looks at.
const STEPS: u32 = 1_500;
/// Most alternatives that are kept.
const MOST: usize = 24;

/// The step of a way by which claims are read out of a token whose signature nothing in sight checks.
pub(crate) const UNVERIFIED: &str = "unverified token";

/// Where a part of a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// A literal.
    Literal,
    /// The environment of the process: the same for every call.
    Setting,
    /// A random value or the time.
    Fresh,
    /// A parameter of a handler, or of a function that nothing in sight calls.
    Parameter {
        /// The function.
        function: FnId,
        /// The parameter's place.
        index: usize,
    },
    /// Something else.
    Unknown,
}

/// A part of a value.
#[derive(Clone, Debug)]
pub(crate) struct Part<'a> {
    /// Where it comes from.
    pub(crate) root: Root,
    /// Where it was read.
    pub(crate) at: At<'a>,
    /// The way from the root to it: members, keys, functions, in lower case, outermost last.
    pub(crate) path: Vec<String>,
}

/// One value that an expression may have: all of its parts.
pub(crate) type Alternative<'a> = Vec<Part<'a>>;

/// What is known of a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Provenance<'a> {
    /// The values it may have.
    pub(crate) alternatives: Vec<Alternative<'a>>,
    /// Where it is padded to a length with a letter or digit.
    pub(crate) pads: Vec<At<'a>>,
    /// A bound was reached: the rest is not known.
    pub(crate) truncated: bool,
}

/// What an expression is made of.
pub(crate) fn of<'a>(source: &'a Source, places: &Places<'a>, at: At<'a>) -> Provenance<'a> {
    let mut finder = Finder {
        source,
        places,
        open: BTreeSet::new(),
        path: Vec::new(),
        steps: STEPS,
        pads: Vec::new(),
        truncated: false,
    };
    let mut alternatives = eval(&mut finder, at);
    if alternatives.len() > MOST {
        limits::reached(limits::CALLERS, at.module, at.expr.range);
        alternatives.truncate(MOST);
    }
    Provenance {
        alternatives,
        pads: finder.pads,
        truncated: finder.truncated,
    }
}

struct Finder<'a, 'p> {
    source: &'a Source,
    places: &'p Places<'a>,
    open: BTreeSet<(FnId, usize)>,
    /// The way from a value to what was asked for.
    path: Vec<String>,
    steps: u32,
    pads: Vec<At<'a>>,
    truncated: bool,
}

/// Methods that give a text back in another form.
const SHAPES: [&str; 20] = [
    "strip",
    "lower",
    "upper",
    "replace",
    "replaceAll",
    "toString",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "slice",
    "substring",
    "encode",
    "decode",
    "hexdigest",
    "hex",
    "digest",
    "rstrip",
    "lstrip",
    "toISOString",
    "isoformat",
];
/// Functions whose value is made of their arguments: who chooses those chooses it.
const MADE: [&str; 88] = [
    "str",
    "String",
    "int",
    "bytes",
    "bytearray",
    "list",
    "tuple",
    "sorted",
    "repr",
    "Number",
    "parseInt",
    "loads",
    "parse",
    "safeParse",
    "safe_load",
    "full_load",
    "literal_eval",
    "structuredClone",
    "dict",
    "fromEntries",
    "uuid5",
    "uuid3",
    "v5",
    "v3",
    "sha256",
    "sha1",
    "md5",
    "sha224",
    "sha384",
    "sha512",
    "sha3_256",
    "sha3_512",
    "blake2b",
    "blake2s",
    "crc32",
    "update",
    "b64encode",
    "b64decode",
    "urlsafe_b64encode",
    "urlsafe_b64decode",
    "standard_b64encode",
    "standard_b64decode",
    "b32encode",
    "b32decode",
    "b16encode",
    "b16decode",
    "b85encode",
    "b85decode",
    "hexlify",
    "unhexlify",
    "fromhex",
    "atob",
    "btoa",
    "quote",
    "quote_plus",
    "unquote",
    "unquote_plus",
    "unquote_to_bytes",
    "urlencode",
    "parse_qs",
    "parse_qsl",
    "urlparse",
    "urlsplit",
    "URLSearchParams",
    "URL",
    "encodeURI",
    "encodeURIComponent",
    "decodeURI",
    "decodeURIComponent",
    "unescape",
    "escape",
    "casefold",
    "slugify",
    "shorten",
    "join",
    "format",
    "concat",
    "createHash",
    "UUID",
    "model_validate",
    "model_validate_json",
    "validate_python",
    "validate_json",
    "parse_obj",
    "parse_raw",
    "parse_obj_as",
    "cast",
    "Buffer",
];
/// The same, where the last name alone does not tell.
const MADE_IN_FULL: [&str; 8] = [
    "re.sub",
    "re.subn",
    "hmac.new",
    "hmac.digest",
    "codecs.decode",
    "unicodedata.normalize",
    "Buffer.from",
    "Array.from",
];

/// Whether the value of a call is made of its arguments, by the call's name.
fn is_made(canonical: &str, written: &str) -> bool {
    // `PATTERN.sub("-", text)`, `new TextDecoder().decode(body)`
    let of_object = canonical.starts_with("re.compile.sub")
        || ["TextDecoder.decode", "TextEncoder.encode"]
            .iter()
            .any(|method| canonical.ends_with(method));
    MADE.contains(&leaf(canonical))
        || MADE.contains(&written)
        || MADE_IN_FULL.contains(&canonical)
        || of_object
}

/// Whether an expression is the request that a framework gives as that of the moment, or a member of it: `request.form`.
fn is_of_request(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let mut at = expr;
    loop {
        match &at.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. }
                if ambient::is_request(source, module, at) =>
            {
                return true;
            }
            ExprKind::Attribute { base, .. } => at = base,
            _ => return false,
        }
    }
}

/// What was read off that request.
fn of_request<'a>(at: At<'a>, path: &[String]) -> Part<'a> {
    let mut longer = vec!["request".to_owned()];
    longer.extend_from_slice(path);
    part(Root::Unknown, at, &longer)
}

impl<'a> Domain<'a> for Finder<'a, '_> {
    type Known = Vec<Alternative<'a>>;
    const QUESTION: &'static str = "parts";

    fn before(&mut self, at: At<'a>) -> Option<Self::Known> {
        if self.steps == 0 {
            self.truncated = true;
            limits::reached(limits::CALLERS, at.module, at.expr.range);
            return Some(vec![vec![part(Root::Unknown, at, &self.path)]]);
        }
        self.steps -= 1;
        None
    }

    fn unknown(&mut self, _at: At<'a>) -> Self::Known {
        Vec::new()
    }

    fn text(&mut self, at: At<'a>, _text: &'a str) -> Self::Known {
        vec![vec![part(Root::Literal, at, &self.path)]]
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Self::Known {
        // `user or context.session_id or "anonymous"`: behind what the platform always gives nothing is taken.
        let chain = matches!(
            at.expr.kind,
            ExprKind::BoolOp {
                op: BoolOp::Or | BoolOp::Coalesce,
                ..
            }
        );
        let last = ways
            .iter()
            .position(|way| chain && self.is_always_there(at.module, way));
        let taken = last.map_or(ways, |last| &ways[..=last]);
        eval_each(self, taken.iter().map(|way| at.to(way)))
    }

    fn together(&mut self, at: At<'a>, parts: &[Piece<'a>]) -> Self::Known {
        let literal = |part: &Piece<'a>| matches!(part, Piece::Text(_));
        let module = self.source.module(at.module);
        if module.is_some_and(|module| padding::fills(module, at.expr, parts)) {
            self.pads.push(at);
        }
        let mut found = self.mixed(at, values_in(at, parts));
        if let Some(all) = found.first_mut()
            && matches!(at.expr.kind, ExprKind::BinOp { .. })
            && parts.iter().any(literal)
        {
            all.push(part(Root::Literal, at, &self.path));
        }
        found
    }

    fn other(&mut self, at: At<'a>) -> Self::Known {
        let path = self.path.clone();
        let module = self.source.module(at.module);
        if module.is_some_and(|module| padding::fills_a_cut(self.source, module, at.expr)) {
            self.pads.push(at);
        }
        match &at.expr.kind {
            ExprKind::Number(_) | ExprKind::Bool(_) => {
                vec![vec![part(Root::Literal, at, &path)]]
            }
            // No value: whoever uses it goes without.
            ExprKind::None => Vec::new(),
            ExprKind::BinOp { left, right, .. } => {
                self.mixed(at, [left, right].map(|part| at.to(part)))
            }
            ExprKind::List(items) | ExprKind::Tuple(items) => {
                self.mixed(at, items.iter().map(|item| at.to(item)))
            }
            ExprKind::Attribute { base, attr } if self.has_never(at, base, attr) => Vec::new(),
            ExprKind::Attribute { base, attr } => self.member(at, base, attr, &path),
            ExprKind::Subscript { base, index } => match &index.kind {
                ExprKind::Slice(_) => eval(self, at.to(base)),
                _ => self.member(at, base, index.as_str().unwrap_or("[]"), &path),
            },
            ExprKind::Call(call) => self.call(at, call, &path),
            ExprKind::Name(name) => self.name(at, name, &path),
            _ => vec![vec![part(Root::Unknown, at, &path)]],
        }
    }
}

impl<'a> Finder<'a, '_> {
    /// What an expression is made of, off which a way was taken.
    fn value(&mut self, at: At<'a>, path: &[String]) -> Vec<Alternative<'a>> {
        let before = std::mem::replace(&mut self.path, path.to_vec());
        let found = eval(self, at);
        self.path = before;
        found
    }

    /// A value of several parts: each of their alternatives counts as a part of it.
    fn mixed(
        &mut self,
        at: At<'a>,
        parts: impl IntoIterator<Item = At<'a>>,
    ) -> Vec<Alternative<'a>> {
        let mut all = eval_each(self, parts).concat();
        if all.is_empty() {
            all.push(part(Root::Literal, at, &self.path));
        }
        vec![all]
    }

    fn member(
        &mut self,
        at: At<'a>,
        base: &'a Expr,
        key: &str,
        path: &[String],
    ) -> Vec<Alternative<'a>> {
        if ambient::is_request(self.source, at.module, at.expr) {
            return vec![vec![of_request(at, path)]];
        }
        let name = self
            .source
            .canonical(at.module, at.expr)
            .unwrap_or_default();
        let owner = self.source.canonical(at.module, base).unwrap_or_default();
        if matches!(&*owner, "os.environ" | "process.env") || name.starts_with("process.env.") {
            return vec![vec![part(Root::Setting, at, path)]];
        }
        // A field of a literal object is the value put there.
        if let ExprKind::Dict(_) = &base.kind
            && let Some(value) = base.entry(key)
        {
            return self.value(At::new(at.module, value), path);
        }
        let mut longer = vec![key.to_lowercase()];
        longer.extend_from_slice(path);
        let mut found = self.value(At::new(at.module, base), &longer);
        if found.is_empty() {
            found.push(vec![part(Root::Unknown, at, &longer)]);
        }
        for one in found.iter_mut().flatten() {
            // `uuid4().hex` is still new. A member of a literal is not known, and the name it is asked by says nothing of where it
            // comes from: `json.loads(event.get("body", "{}"))["session_id"]`.
            if one.root == Root::Literal {
                one.root = Root::Unknown;
                one.path.clear();
            }
            one.at = at;
        }
        found
    }

    fn call(&mut self, at: At<'a>, call: &'a Call, path: &[String]) -> Vec<Alternative<'a>> {
        let source = self.source;
        let canonical = source.callee_name(at.module, at.expr).unwrap_or_default();
        let written = call.written_name();
        let module = source.module(at.module);
        if module.is_some_and(|module| padding::formats(module, call)) {
            self.pads.push(at);
        }
        if MAKERS.contains(&canonical) {
            return vec![vec![part(Root::Fresh, at, path)]];
        }
        if matches!(canonical, "os.getenv" | "os.environ.get") {
            return vec![vec![part(Root::Setting, at, path)]];
        }
        if let Some(token) = tokens::read_unverified(source, at.module, at.expr) {
            let mut longer = vec![UNVERIFIED.to_owned()];
            longer.extend_from_slice(path);
            return self.value(At::new(at.module, token), &longer);
        }
        if let Some(function) = source.callee(at.module, at.expr) {
            let values = returned(source, function);
            if !values.is_empty() {
                return values
                    .into_iter()
                    .flat_map(|value| self.value(value, path))
                    .collect();
            }
        }
        if let ExprKind::Attribute { base, .. } = &call.callee.kind {
            if padding::is_pad(written) {
                if padding::pads(call) {
                    self.pads.push(at);
                }
                return self.value(At::new(at.module, base), path);
            }
            if SHAPES.contains(&written) && !is_made(canonical, "") {
                return self.value(At::new(at.module, base), path);
            }
            if written == "get" || written == "header" || written == "pop" {
                let key = call.args.first().and_then(Expr::as_str).unwrap_or("[]");
                let mut found = self.member(at, base, key, path);
                if let Some(default) = call.argument(1, "default") {
                    found.extend(self.value(At::new(at.module, default), path));
                }
                return found;
            }
        }
        if is_made(canonical, written) {
            let mut exprs: Vec<&'a Expr> = call.args.iter().collect();
            if let ExprKind::Attribute { base, .. } = &call.callee.kind
                && matches!(written, "join" | "format" | "concat" | "update")
            {
                exprs.push(base);
            }
            exprs.extend(call.keywords.iter().map(|keyword| &keyword.value));
            return self.mixed(at, exprs.into_iter().map(|expr| at.to(expr)));
        }
        // `request.json()`, `await req.text()`: of what it is called on.
        if let ExprKind::Attribute { base, attr } = &call.callee.kind
            && (is_of_request(source, at.module, base)
                || !matches!(source.canonical(at.module, base), Some(name) if !name.is_empty()))
        {
            let mut longer = vec![attr.to_lowercase()];
            longer.extend_from_slice(path);
            let mut found = self.value(At::new(at.module, base), &longer);
            // What a literal or a new object answers is not known.
            for one in found.iter_mut().flatten() {
                if one.root == Root::Literal {
                    one.root = Root::Unknown;
                }
            }
            return found;
        }
        let mut longer = vec![written.to_lowercase()];
        longer.extend_from_slice(path);
        vec![vec![part(Root::Unknown, at, &longer)]]
    }

    /// Whether the SDK's context of a request has no member of that name: `getattr(context, "name", default)` is always the default.
    fn has_never(&self, at: At<'a>, base: &Expr, name: &str) -> bool {
        let module = self.source.module(at.module);
        module.is_some_and(|module| module.is_asked_by_text(at.expr))
            && !matches!(name, "session_id" | "request_headers" | "request")
            && self.is_request_context(at.module, base)
    }

    /// Whether the platform gives a value with each request: the id of the session.
    fn is_always_there(&self, module: ModuleId, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Attribute { base, attr }
            if matches!(&**attr, "session_id" | "sessionId") && self.is_context(module, base))
    }

    /// Whether an expression is the SDK's `RequestContext` in Python.
    fn is_request_context(&self, module: ModuleId, expr: &Expr) -> bool {
        let place = self.source.module(module);
        place.is_some_and(|place| place.language == Language::Python)
            && self.is_context(module, expr)
    }

    /// Whether an expression is the second parameter of an entrypoint: the SDK's context of a request.
    fn is_context(&self, module: ModuleId, expr: &Expr) -> bool {
        let (Some(name), Some(module)) = (expr.as_name(), self.source.module(module)) else {
            return false;
        };
        let Some(function) = module.function_at(expr.range.start) else {
            return false;
        };
        self.places.handler(function.id) == Some(crate::model::source::EntrypointKind::Invocation)
            && function
                .params
                .get(1)
                .is_some_and(|param| &*param.name == name)
    }

    fn name(&mut self, at: At<'a>, name: &str, path: &[String]) -> Vec<Alternative<'a>> {
        let source = self.source;
        let Some(module) = source.module(at.module) else {
            return Vec::new();
        };
        if let Some((function, index)) = parameter(module, at.expr, name) {
            return self.parameter(at, function, index, path);
        }
        let added = padding::added(source, module, name, at.expr.range.start);
        self.pads
            .extend(added.into_iter().map(|added| at.to(added)));
        let values = bound(source, at.module, name, at.expr.range.start);
        let values: Vec<&'a Expr> = values
            .into_iter()
            .filter(|value| !value.range.contains(at.expr.range))
            .collect();
        if !values.is_empty() {
            return values
                .into_iter()
                .flat_map(|value| self.value(At::new(at.module, value), path))
                .collect();
        }
        match destructured(module, at.expr, name) {
            Some((value, steps)) => {
                let mut longer = steps;
                longer.extend_from_slice(path);
                self.value(At::new(at.module, value), &longer)
            }
            None => match source.meaning(at.module, at.expr) {
                crate::analysis::names::Meaning::Value(other, value) if !value.is(at.expr) => {
                    self.value(At::new(other, value), path)
                }
                _ => {
                    let mut longer = vec![name.to_lowercase()];
                    longer.extend_from_slice(path);
                    vec![vec![part(Root::Unknown, at, &longer)]]
                }
            },
        }
    }

    /// The header that a dependency of FastAPI gives back as it came, in lower case: it calls nothing, tests nothing and asks for
    /// nothing but headers.
    fn handed_on(&self, module: ModuleId, dependency: &Expr) -> Option<String> {
        let function = self.source.function_value(module, dependency)?;
        let about = self.source.function(function)?;
        let header = |param: &'a Param| {
            let default = param.default.as_deref().and_then(Expr::as_call);
            default.filter(|call| call.written_name() == "Header")
        };
        let name = only_answer(about)?.as_name()?;
        let mut params = about.params.iter();
        let plain =
            about.decorators.is_empty() && about.params.iter().all(|one| header(one).is_some());
        let given = params.find(|param| &*param.name == name)?;
        match header(given)?.option("alias").filter(|_| plain) {
            Some(alias) => Some(self.source.string(function.module, alias)?.to_lowercase()),
            None => plain.then(|| given.name.to_lowercase()),
        }
    }

    fn parameter(
        &mut self,
        at: At<'a>,
        function: FnId,
        index: usize,
        path: &[String],
    ) -> Vec<Alternative<'a>> {
        let source = self.source;
        let Some(about) = source.function(function) else {
            return Vec::new();
        };
        let Some(param) = about.params.get(index) else {
            return Vec::new();
        };
        let mut longer = vec![param.name.to_lowercase()];
        longer.extend_from_slice(path);
        let root = Root::Parameter { function, index };
        // `user = Depends(current_user)`: what the framework finds out.
        if let Some(default) = dependency(param) {
            if let Some(header) = default
                .args
                .first()
                .and_then(|given| self.handed_on(function.module, given))
            {
                let sent = vec!["headers".to_owned(), header];
                return vec![vec![part(root, at, &sent)]];
            }
            let named = default.args.first().and_then(|arg| match &arg.kind {
                ExprKind::Name(name) => Some(name),
                ExprKind::Attribute { attr, .. } => Some(attr),
                _ => None,
            });
            let mut known = vec!["depends".to_owned()];
            known.extend(named.map(|name| name.to_lowercase()));
            known.extend(longer);
            return vec![vec![part(Root::Unknown, at, &known)]];
        }
        if self.places.handler(function).is_some() || !self.open.insert((function, index)) {
            return vec![vec![part(root, at, &longer)]];
        }
        let python = source
            .module(function.module)
            .is_some_and(|module| module.language == Language::Python);
        let receiver = usize::from(python && about.class.is_some() && !about.is_static);
        let mut found = Vec::new();
        let places = self.places;
        for used in places.uses(function).iter().filter(|used| used.direct) {
            let Some(called) = used.expr.as_call() else {
                continue;
            };
            let given = index
                .checked_sub(receiver)
                .and_then(|place| called.argument(place, &param.name));
            match (given, param.default.as_deref()) {
                (Some(given), _) => {
                    found.extend(self.value(At::new(used.module, given), path));
                }
                (None, Some(default)) => {
                    found.extend(self.value(At::new(function.module, default), path));
                }
                (None, None) => found.push(vec![part(root, at, &longer)]),
            }
        }
        self.open.remove(&(function, index));
        if found.is_empty() {
            found.push(vec![part(root, at, &longer)]);
        }
        found
    }
}

/// The call of `Depends` or `Security` that fills a parameter: its default, or in `Annotated[User, Depends(current_user)]`.
fn dependency(param: &Param) -> Option<&Call> {
    let is_one = |call: &&Call| matches!(call.written_name(), "Depends" | "Security");
    let default = param.default.as_deref().and_then(Expr::as_call);
    let annotated = || {
        let ExprKind::Subscript { base, index } = &param.annotation.as_deref()?.kind else {
            return None;
        };
        let ExprKind::Tuple(items) = &index.kind else {
            return None;
        };
        let annotated = base.last_name().is_some_and(|name| &**name == "Annotated");
        let mut calls = items.iter().filter_map(Expr::as_call);
        calls.find(is_one).filter(|_| annotated)
    };
    default.filter(is_one).or_else(annotated)
}

fn part<'a>(root: Root, at: At<'a>, path: &[String]) -> Part<'a> {
    Part {
        root,
        at,
        path: path.to_vec(),
    }
}

/// The parameter that a name is, in its innermost scope.
fn parameter(module: &Module, expr: &Expr, name: &str) -> Option<(FnId, usize)> {
    match module.bindings_around(name, expr.range.start)? {
        (Some(function), [one]) => match &one.kind {
            BindingKind::Param { index, path } if path.is_empty() => Some((function.id, *index)),
            _ => None,
        },
        _ => None,
    }
}

/// What a name was taken out of: `const { sessionId } = req.body`.
fn destructured<'a>(
    module: &'a Module,
    expr: &Expr,
    name: &str,
) -> Option<(&'a Expr, Vec<String>)> {
    use crate::model::source::module::Step;
    let (_, bindings) = module.bindings_around(name, expr.range.start)?;
    bindings.iter().find_map(|binding| match &binding.kind {
        BindingKind::Value { value, path, .. } if !path.is_empty() => {
            let steps = path.iter().map(|step| match step {
                Step::Key(key) => key.to_lowercase(),
                _ => "[]".to_owned(),
            });
            Some((&**value, steps.collect()))
        }
        _ => None,
    })
}
