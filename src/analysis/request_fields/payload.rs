//! What is followed of a payload, and where a test ends it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::dataflow::{Labels, Seeds, Vouched};
use crate::model::source::ir::{ByteRange, Name};
use crate::model::source::{Call, Expr, ExprKind, FnId, ModuleId, Source};

use super::address::url_of_host;
use super::tested::{self, Fact, Tested};
use crate::analysis::handlers::ambient;
use crate::analysis::names::package;
use crate::analysis::outward::{is_agent_package, outward};
use crate::analysis::runners::Runner;
use crate::analysis::schema::{self, Models, Rule, WHOLE};
use crate::analysis::tested::proofs;

/// Most fields that one test is believed to be about: `question or prompt or messages`, not a state that holds them all.
const TOGETHER: usize = 4;

/// The seeds: the payload's parameters, and the fields that are taken out of it.
pub(super) struct Payload<'a> {
    pub source: &'a Source,
    pub start: FnId,
    pub params: BTreeMap<usize, Labels>,
    pub taken: BTreeMap<(ModuleId, ByteRange), Labels>,
    /// The fields that are no more what is taken out of them at a place.
    pub within: BTreeMap<(ModuleId, ByteRange), Labels>,
    /// Fields of fields that a schema knows: the bit of each by the bit and the member that it is taken with.
    pub nested: BTreeMap<(usize, String), usize>,
    /// The field of each label.
    pub names: Vec<String>,
    /// Calls that apply a schema, where the way of what they are given ends: what is left was taken before a schema said anything.
    pub validated: BTreeSet<(ModuleId, ByteRange)>,
    /// Whether only the values themselves are followed, not text made of them.
    pub structure: bool,
    /// Which test ends a value's way; None where it is followed whatever is tested of it.
    pub fact: Option<Fact>,
    /// What a framework fills parameters with before it calls the handler, and the payload's parameters of those functions.
    pub depends: BTreeMap<(FnId, usize), FnId>,
    pub depended: BTreeMap<(FnId, usize), Labels>,
    /// What the parameters of the decorators around the handler stand for.
    pub wrapped: BTreeMap<(FnId, Name), FnId>,
    /// Which calls leave the project, looked up once.
    pub leaving: RefCell<BTreeMap<(ModuleId, ByteRange), bool>>,
    /// What models test of their fields.
    pub models: RefCell<Models>,
}

impl Payload<'_> {
    fn leaves(&self, module: ModuleId, expr: &Expr) -> bool {
        matches!(expr.kind, ExprKind::Call(_))
            && *self
                .leaving
                .borrow_mut()
                .entry((module, expr.range))
                .or_insert_with(|| outward(self.source, module, expr).is_some())
    }

    /// Whether messages of a module go to LangChain or LangGraph: by what it imports, else by what the handler's module does.
    fn is_of_langchain(&self, module: ModuleId) -> bool {
        let by_imports = |id: ModuleId| {
            let imports = &self.source.module(id)?.imports;
            let mut frameworks = imports
                .iter()
                .filter(|import| import.target.is_none())
                .map(|import| package(&import.module))
                .filter(|package| is_agent_package(package) || package.starts_with("langchain"));
            let first = frameworks.next()?;
            let is_chain = |name: &str| {
                name.trim_start_matches('@').starts_with("lang") || name == "deepagents"
            };
            Some(is_chain(first) && frameworks.all(is_chain))
        };
        by_imports(module)
            .or_else(|| by_imports(self.start.module))
            .unwrap_or(false)
    }

    /// What a value is no more once a field is taken out of it at a place.
    fn left_behind(&self, module: ModuleId, range: ByteRange) -> Labels {
        WHOLE | self.within.get(&(module, range)).copied().unwrap_or(0)
    }

    /// Whether a call gives the fields of a model as a dict or as text, and the model ends their way.
    fn is_dumped(&self, module: ModuleId, call: &Expr) -> bool {
        let mut models = self.models.borrow_mut();
        let rule = models.dumped(self.source, module, call);
        rule.is_some_and(|rule| self.is_ended_by(&rule))
    }

    /// Whether a schema ends the way of what it lets through.
    fn is_ended_by(&self, rule: &Rule) -> bool {
        let mut says = Tested::NOTHING;
        tested::add(&mut says, rule);
        // That something is a list or an object says nothing of what is in it.
        says.typed &= rule.is_closed();
        says.bounded = rule.is_bounded();
        match self.structure {
            true => rule.is_closed(),
            false => self.counts(&says),
        }
    }

    fn counts(&self, says: &Tested) -> bool {
        self.fact.is_some_and(|fact| fact.is_in(says))
    }
}

impl Seeds for Payload<'_> {
    fn param(&self, function: FnId, index: usize) -> Labels {
        if function == self.start {
            self.params.get(&index).copied().unwrap_or(0)
        } else {
            let known = self.depended.get(&(function, index));
            known.copied().unwrap_or(0)
        }
    }

    fn depends(&self, function: FnId, index: usize) -> Option<FnId> {
        self.depends.get(&(function, index)).copied()
    }

    fn expr(&self, module: ModuleId, expr: &Expr) -> Labels {
        if ambient::is_request(self.source, module, expr) {
            return WHOLE;
        }
        self.taken.get(&(module, expr.range)).copied().unwrap_or(0)
    }

    /// A field that is taken out is that field, and no more the payload as a whole.
    fn read(&self, module: ModuleId, expr: &Expr, labels: Labels) -> Labels {
        if ambient::is_signal(expr) {
            return 0;
        }
        match self.taken.get(&(module, expr.range)) {
            // The default of `payload.get("order", payload)` stays what it is; see `taken_by_key`.
            Some(own) if expr.as_call().is_some_and(|call| !call.args.is_empty()) => labels | own,
            Some(own) => labels & !self.left_behind(module, expr.range) | own,
            None => labels | self.expr(module, expr),
        }
    }

    fn taken_by_key(
        &self,
        module: ModuleId,
        call: &Expr,
        (from, _): (&Expr, &Expr),
        labels: Labels,
    ) -> Option<Labels> {
        if self.taken.contains_key(&(module, call.range)) {
            return Some(labels & !self.left_behind(module, call.range));
        }
        // A table gives what it holds, never the key that it is asked with.
        self.source.is_table(module, from).then_some(labels)
    }

    fn cleans(&self, module: ModuleId, expr: &Expr) -> bool {
        if ambient::is_body(expr) {
            return false;
        }
        if self.leaves(module, expr)
            || self.validated.contains(&(module, expr.range))
            || self.fact.is_some()
                && (proofs::made(self.source, module, expr)
                    .is_some_and(|(_, says)| self.counts(&says))
                    || self.is_dumped(module, expr))
        {
            return true;
        }
        // `("user", text)`, `["user", text]`: a message of LangChain whose role is fixed calls no tool, whatever its content.
        if let ExprKind::Tuple(items) | ExprKind::List(items) = &expr.kind
            && self.structure
            && let [role, _] = &**items
            && matches!(role.as_str(), Some("user" | "human"))
        {
            return true;
        }
        // The same as a dict. Other frameworks take the content's blocks as they are, whatever the role.
        if self.structure
            && matches!(expr.kind, ExprKind::Dict(_))
            && expr.entry("content").is_some()
            && matches!(
                expr.entry("role").and_then(Expr::as_str),
                Some("user" | "human" | "system")
            )
            && self.is_of_langchain(module)
        {
            return true;
        }
        let Some(call) = expr.as_call() else {
            return false;
        };
        let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind
        else {
            return false;
        };
        if matches!(
            &**name,
            "len" | "isinstance" | "bool" | "hash" | "Boolean" | "isArray"
        ) {
            return true;
        }
        if self.source.callee(module, expr).is_some() {
            return false;
        }
        if reads_file(self.source, module, expr, call) {
            return true;
        }
        if !self.structure {
            return false;
        }
        // A function of the project is called with what is handed on with it.
        let handed = Runner::given(call);
        if handed.is_some_and(|given| self.source.function_value(module, given).is_some()) {
            return false;
        }
        // Of what is not the project's own, these hand on what they are given; anything else makes something new of it.
        !matches!(
            &**name,
            "get"
                | "pop"
                | "list"
                | "dict"
                | "tuple"
                | "copy"
                | "deepcopy"
                | "loads"
                | "ChatMessage"
                | "UserMessage"
                | "convert_to_messages"
                | "json"
                | "get_json"
                | "receive_json"
                | "parse"
                | "reversed"
                | "getattr"
                | "Message"
                | "structuredClone"
                | "safeParse"
                | "parseAsync"
                | "cast"
        )
    }

    fn enters(&self, function: FnId, index: usize, labels: Labels) -> Labels {
        let ends = labels != 0
            && self.fact.is_some()
            && schema::enforced(self.source, function, index)
                .is_some_and(|rule| self.is_ended_by(&rule));
        if ends { 0 } else { labels }
    }

    fn wrapped(&self, decorator: FnId, param: &str) -> Option<FnId> {
        self.wrapped.get(&(decorator, param.into())).copied()
    }

    fn through_text(&self) -> bool {
        !self.structure
    }

    fn member(&self, _module: ModuleId, member: &str, labels: Labels) -> Labels {
        let mut found = labels;
        for ((bit, name), inner) in &self.nested {
            if labels & (1 << bit) != 0 && name == member {
                found = found & !(1 << bit) | 1 << inner;
            }
        }
        found
    }

    fn cleans_entry(&self, key: &str) -> bool {
        matches!(key, "abortSignal" | "cancelSignal")
            || self.structure
                && !matches!(
                    key,
                    "messages" | "content" | "input" | "inputs" | "prompt" | "query" | "message"
                )
    }

    /// A field that is put back under its own name: whoever takes it out of the payload takes a field.
    fn puts_back(&self, key: &str, value: Labels, spread: Labels) -> bool {
        let mut fields = self.names.iter().enumerate();
        let others = fields.any(|(bit, name)| value & (1 << bit) != 0 && name != key);
        spread & WHOLE != 0 && value & WHOLE == 0 && !others
    }

    fn refines(&self) -> bool {
        self.fact.is_some()
    }

    fn vouches<'e>(&'e self, module: ModuleId, test: &'e Expr, truth: bool) -> Vec<Vouched<'e>> {
        let host = |value: &'e Expr| {
            let formatted = self.fact == Some(Fact::Formatted);
            let url = formatted.then(|| url_of_host(self.source, module, value));
            url.flatten().map(|url| Vouched {
                value: url,
                whole: true,
                unless: None,
            })
        };
        // `urlparse(url).hostname.endswith(".example.com")`
        if let ExprKind::Call(call) = &test.kind
            && let ExprKind::Attribute { base, attr } = &call.callee.kind
            && matches!(&**attr, "endswith" | "endsWith")
            && truth
            && let Some(vouched) = host(base)
        {
            return vec![vouched];
        }
        // That something is one of a set is no word on what else was taken out of the same field.
        proofs::when(self.source, module, test, truth)
            .into_iter()
            .filter(|(_, says)| self.counts(says))
            .map(|(value, says)| {
                if let Some(vouched) = host(value) {
                    return vouched;
                }
                let field = self.taken.contains_key(&(module, value.range));
                Vouched {
                    value,
                    whole: field || says != Tested::ONE_OF_A_SET,
                    unless: None,
                }
            })
            .collect()
    }

    fn excuses<'e>(&'e self, module: ModuleId, test: &'e Expr, truth: bool) -> Vec<&'e Expr> {
        // `isinstance(x, str)` that fails, `typeof x !== 'string'` that holds.
        proofs::when(self.source, module, test, !truth)
            .into_iter()
            // That it is none of a few texts, or fits no pattern, is no word on its type.
            .filter(|(_, says)| !says.formatted)
            .filter(|(_, says)| {
                let excused = Tested {
                    bounded: says.text_only,
                    ranged: says.number && says.typed,
                    ..Tested::NOTHING
                };
                self.counts(&excused)
            })
            .map(|(value, _)| value)
            .collect()
    }

    fn proves<'e>(&'e self, module: ModuleId, expr: &'e Expr) -> Vec<&'e Expr> {
        proofs::proved(self.source, module, expr, |says| self.counts(says))
    }

    fn vouches_case(&self, pattern: &Expr) -> bool {
        // `case str():`, `case "short" | "long":`
        let of_type = pattern.as_call().and_then(|call| call.callee.as_name());
        of_type.is_some_and(|name| self.counts(&Tested::of_types(&[name.to_owned()])))
            || proofs::is_literal_case(pattern) && self.counts(&Tested::ONE_OF_A_SET)
    }

    fn also(&self, labels: Labels) -> Labels {
        let of = |bit: usize| labels & (1 << bit) != 0;
        let named: BTreeSet<&str> = self
            .names
            .iter()
            .enumerate()
            .filter(|(bit, _)| of(*bit))
            .map(|(_, name)| &**name)
            .collect();
        if named.len() > TOGETHER {
            return 0;
        }
        let same = self
            .names
            .iter()
            .enumerate()
            .filter(|(_, name)| named.contains(&***name));
        same.fold(0, |all, (bit, _)| all | 1 << bit) & !WHOLE
    }
}

/// Whether a call opens a file by its path, or reads one: what stands in it is not the caller's, whoever names it. `Image.open(data)` is
/// not meant, which may be given the bytes themselves.
fn reads_file(source: &Source, module: ModuleId, expr: &Expr, call: &Call) -> bool {
    let reads = |mode: &Expr| mode.as_str().is_some_and(|mode| mode.starts_with('r'));
    match &call.callee.kind {
        ExprKind::Attribute { attr, .. } if matches!(&**attr, "read_text" | "read_bytes") => true,
        ExprKind::Attribute { attr, .. }
            if &**attr == "open" && call.args.first().is_none_or(reads) =>
        {
            call.option("fileobj").is_none()
        }
        _ => source.callee_name(module, expr).is_some_and(|name| {
            matches!(
                name,
                "open"
                    | "io.open"
                    | "codecs.open"
                    | "aiofiles.open"
                    | "fs.readFileSync"
                    | "fs.readFile"
                    | "fs.promises.readFile"
                    | "fs/promises.readFile"
                    | "fs.createReadStream"
            )
        }),
    }
}
