//! A source file, lowered: its functions, classes, imports, scopes and comments that mean something.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

use thin_vec::ThinVec;

use super::index::Index;
use super::ir::{ByteRange, Expr, Name, Stmt};
use super::memo::{Base, Found, Lead, Made, Put, Used};
use super::scope::ByName;
use super::{ClassId, Entrypoint, FnId, ModuleId};
use crate::model::site::{Site, SourceText};

/// A language that the front ends read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python 3.
    Python,
    /// TypeScript and JavaScript in all their extensions.
    TypeScript,
}

/// A source file.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its place in [`super::Source::modules`].
    pub id: ModuleId,
    /// Path relative to the project root, with `/` separators.
    pub path: Arc<str>,
    /// The language.
    pub language: Language,
    /// The text, to turn ranges into sites.
    pub source: SourceText,
    /// The name it is imported by: dotted in Python (`model.load`), the path without extension in TypeScript.
    pub name: Name,
    /// Every import, at any depth, in order.
    pub imports: Vec<Import>,
    /// What the module gives to others under which name (TypeScript `export`; Python gives every module-level name).
    pub exports: Vec<Export>,
    /// Every function, method, lambda, arrow function; the index is `FnId::index`.
    pub functions: Vec<Function>,
    /// Every class; the index is `ClassId::index`.
    pub classes: Vec<Class>,
    /// What runs at import.
    pub body: Vec<Stmt>,
    /// Names bound at module level, and in each function: index 0 is the module, `n + 1` function `n`.
    pub scopes: Vec<Scope>,
    /// What is looked up in it again and again.
    pub index: Index,
    /// Where something is put into containers, by their names, once somebody asked.
    pub puts: OnceLock<HashMap<Name, Vec<Put>>>,
    /// The handlers that it registers, once somebody asked.
    pub handlers: OnceLock<Found<Entrypoint>>,
    /// What its calls use of the project, once somebody asked.
    pub uses: OnceLock<Found<Used>>,
    /// The calls of runtimes among its calls, by their numbers, once somebody asked.
    pub clients: OnceLock<Found<u32>>,
    /// The bases of each class, once somebody asked.
    pub bases: OnceLock<Found<Vec<Base>>>,
    /// What each of its imports leads to, once somebody asked.
    pub leads: OnceLock<Box<[OnceLock<Lead>]>>,
    /// The calls that its calls make of functions that they are given, once somebody asked.
    pub made: OnceLock<Found<Made>>,
    /// `agentcore-harden: ignore[…]` comments.
    pub suppressions: Vec<Suppression>,
    /// What did not parse; the rest of the file is there nevertheless.
    pub parse_errors: Vec<ParseError>,
}

/// A syntax error, or the reason why a file was not parsed at all.
#[derive(Clone, Debug)]
pub struct ParseError {
    /// What the parser says.
    pub message: String,
    /// Where.
    pub site: Site,
}

/// One imported name, or one whole module.
#[derive(Clone, Debug)]
pub struct Import {
    /// The module as written: `a.b`, `.load`, `./load.js`; relative dots kept.
    pub module: Name,
    /// The name taken from it (`default` for a default import); None for the module itself or `*`.
    pub name: Option<Name>,
    /// The local name; for `import a.b` it is `a`; None for an import for its effect and for `*`.
    pub alias: Option<Name>,
    /// `from x import *`, or a bare `import "x"`/`import("x")` when false and `alias` is None.
    pub star: bool,
    /// Inside a function: not run at import.
    pub lazy: bool,
    /// Inside a `try` that catches a failed import.
    pub optional: bool,
    /// Under `if TYPE_CHECKING`, `import type`: never run.
    pub type_only: bool,
    /// A call: `importlib.import_module("x")`, `import("x")`, `require("x")`.
    pub dynamic: bool,
    /// Where it stands; of `from a import b` the `b`.
    pub range: ByteRange,
    /// Where the module is named; of `from a import b` the `a`.
    pub origin: ByteRange,
    /// The project's module it leads to, once linked. For `from package import submodule` the submodule.
    pub target: Option<ModuleId>,
}

/// What a TypeScript module exports.
#[derive(Clone, Debug)]
pub struct Export {
    /// The name outside; None for `export * from`.
    pub name: Option<Name>,
    /// The local name, or the name in the other module; None for `export * as x from` and `export *`.
    pub local: Option<Name>,
    /// The other module of `export … from`.
    pub from: Option<Name>,
    /// The expression of `export default …`.
    pub value: Option<Arc<Expr>>,
    /// That other module, once linked.
    pub target: Option<ModuleId>,
}

/// What kind of parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// By position or name.
    Normal,
    /// By name only.
    KeywordOnly,
    /// `*args`, `...rest`.
    Rest,
    /// `**kwargs`.
    Keywords,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// The name; empty where a pattern stands.
    pub name: Name,
    /// The pattern of a destructured parameter.
    pub pattern: Option<Box<Expr>>,
    /// The default.
    pub default: Option<Arc<Expr>>,
    /// The declared type.
    pub annotation: Option<Arc<Expr>>,
    /// Which kind.
    pub kind: ParamKind,
    /// Where it stands.
    pub range: ByteRange,
}

/// A function, method, lambda or arrow function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its id.
    pub id: FnId,
    /// Its name; for an arrow function the variable or property it is given to, or empty.
    pub name: Name,
    /// Name with its classes and functions before it: `Client.fetch`, `factory.inner`.
    pub qualified: Name,
    /// Parameters, `self` included.
    pub params: Vec<Param>,
    /// Decorators, outermost first.
    pub decorators: Vec<Expr>,
    /// The declared return type.
    pub returns: Option<Arc<Expr>>,
    /// `async`.
    pub is_async: bool,
    /// Holds `yield`.
    pub is_generator: bool,
    /// `staticmethod`, TypeScript `static`.
    pub is_static: bool,
    /// The body; a lambda or arrow expression is one `Return`.
    pub body: Vec<Stmt>,
    /// From the first decorator to the end.
    pub range: ByteRange,
    /// Where names are looked up in this function first: the body, in TypeScript with the parameters before it.
    pub body_range: ByteRange,
    /// Name and parameters, for a caret display.
    pub header: ByteRange,
    /// The function it is nested in.
    pub parent: Option<FnId>,
    /// The class it is a method of.
    pub class: Option<ClassId>,
}

/// A class.
#[derive(Clone, Debug)]
pub struct Class {
    /// Its id.
    pub id: ClassId,
    /// Its name.
    pub name: Name,
    /// Base classes (`extends`; `implements` too).
    pub bases: Vec<Expr>,
    /// Decorators.
    pub decorators: Vec<Expr>,
    /// Field declarations and class attributes, and in Python whatever else stands in the body, run when it is defined.
    pub body: Vec<Stmt>,
    /// Methods by name, in order; the last of a name wins.
    pub methods: Vec<(Name, FnId)>,
    /// What the body binds: class attributes and fields.
    pub fields: Scope,
    /// What its methods assign to `self.x`/`this.x`.
    pub instance: Scope,
    /// Where it stands.
    pub range: ByteRange,
    /// The function it is nested in.
    pub parent: Option<FnId>,
}

impl Class {
    /// The method of that name.
    pub fn method(&self, name: &str) -> Option<FnId> {
        self.methods
            .iter()
            .rev()
            .find(|(method, _)| &**method == name)
            .map(|&(_, id)| id)
    }
}

/// The names bound in one scope.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Every binding of each name, in order of the text.
    pub names: ByName<Binding>,
    /// What is put into a container bound here: `x[k] = v`, `x.append(v)`, `x.set(k, v)`.
    pub elements: ByName<Arc<Expr>>,
    /// Names that `global`/`nonlocal` send to an outer scope.
    pub outer: Vec<Name>,
}

/// One binding of a name.
#[derive(Clone, Debug)]
pub struct Binding {
    /// How it came about.
    pub kind: BindingKind,
    /// The name at its binding.
    pub range: ByteRange,
}

/// How a name is bound.
#[derive(Clone, Debug)]
pub enum BindingKind {
    /// An assignment: the value, and the way from it to this name (`const { env } = process` is `process` and `env`).
    Value {
        /// The value assigned.
        value: Arc<Expr>,
        /// What is taken out of it.
        path: ThinVec<Step>,
        /// What else stands there, which most assignments lack.
        declaration: Option<Box<Declaration>>,
    },
    /// A declaration without a value.
    Declared(Option<Arc<Expr>>),
    /// `with value as name`.
    With(Arc<Expr>),
    /// An element of the value iterated.
    Element {
        /// What is iterated.
        iter: Arc<Expr>,
        /// What is taken out of the element.
        path: ThinVec<Step>,
    },
    /// `x += value` (also when it is an augmented assignment to a list or string).
    Augmented(Arc<Expr>),
    /// A parameter: its place in `params`, and what is taken out of it.
    Param {
        /// Index into [`Function::params`].
        index: usize,
        /// What is taken out of it.
        path: ThinVec<Step>,
    },
    /// The exception of a handler.
    Exception {
        /// The types caught.
        types: Arc<[Expr]>,
        /// What is taken out of it.
        path: ThinVec<Step>,
    },
    /// An import (index into [`Module::imports`]).
    Import(usize),
    /// A function.
    Function(FnId),
    /// A class.
    Class(ClassId),
    /// A capture of a `match` pattern over this subject.
    Capture(Arc<Expr>),
}

/// What a binding has beside its value.
#[derive(Clone, Debug, Default)]
pub struct Declaration {
    /// The default of a destructuring pattern.
    pub default: Option<Arc<Expr>>,
    /// The declared type.
    pub annotation: Option<Arc<Expr>>,
}

impl Declaration {
    /// Boxed; `None` where there is neither.
    pub fn of(default: Option<&Arc<Expr>>, annotation: Option<&Arc<Expr>>) -> Option<Box<Self>> {
        (default.is_some() || annotation.is_some()).then(|| {
            Box::new(Self {
                default: default.cloned(),
                annotation: annotation.cloned(),
            })
        })
    }
}

/// A step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// By key or attribute.
    Key(Name),
    /// By position.
    Index(usize),
    /// The rest, by `*x` or `...x`.
    Rest,
}

/// An inline ignore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The check it names.
    pub check: String,
    /// The reason given; may be empty, which the report complains about.
    pub reason: String,
    /// Lines whose findings it suppresses: its own, and the next line of code when it stands alone.
    pub lines: RangeInclusive<u32>,
    /// The comment.
    pub site: Site,
}

impl Module {
    /// The site of a range.
    pub fn site(&self, range: ByteRange) -> Site {
        self.source.site(range.to_usize())
    }

    /// The text of a range.
    pub fn text(&self, range: ByteRange) -> &str {
        self.source.text.get(range.to_usize()).unwrap_or("")
    }

    /// Whether a member is asked for by a text, not by a name of the code: `getattr(object, "member")`.
    pub(crate) fn is_asked_by_text(&self, member: &Expr) -> bool {
        let text = self.text(member.range).trim_end_matches([')', ',']);
        text.trim_end().ends_with(['"', '\''])
    }

    /// Whether a word may be part of a name or text of the module: it stands there, or something does that is written otherwise than
    /// it is read. A walk over a module that cannot hold what is looked for is spared.
    pub fn may_write(&self, word: &str) -> bool {
        let text = self.source.text.as_bytes();
        memchr::memmem::find(text, word.as_bytes()).is_some() || self.has_escapes()
    }

    /// Whether a word may be written otherwise than it is read: `\x67uardrail`, an identifier in full-width letters.
    pub fn has_escapes(&self) -> bool {
        let text = self.source.text.as_bytes();
        let escapes = |at: usize| {
            let escaped = text.get(at + 1);
            escaped.is_some_and(|byte| matches!(byte, b'x' | b'u' | b'U' | b'N' | b'0'..=b'7'))
        };
        !text.is_ascii() || memchr::memchr_iter(b'\\', text).any(escapes)
    }

    /// The function of that id; None for an id of another module.
    pub fn function(&self, id: FnId) -> Option<&Function> {
        self.functions
            .get(id.index as usize)
            .filter(|_| id.module == self.id)
    }

    /// The ignore that covers a line for this check.
    pub fn suppression(&self, check: &str, line: u32) -> Option<&Suppression> {
        self.suppressions
            .iter()
            .find(|ignore| ignore.check == check && ignore.lines.contains(&line))
    }
}
