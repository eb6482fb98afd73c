//! The language-neutral tree that Python and TypeScript/JavaScript are lowered into.
//!
//! What differs only in spelling is one node here: `except`/`catch`, f-strings/template literals, `None`/`null`/`undefined`,
//! `def`/`function`/arrow. What means nothing at run time (`as` casts, `!`, optional chaining, parentheses) is gone.

use std::sync::Arc;

use super::{ClassId, FnId};

/// An identifier or other short text.
pub type Name = Arc<str>;

/// A half-open range of byte offsets into the module's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteRange {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

impl ByteRange {
    /// Whether `other` lies inside this range.
    pub fn contains(self, other: ByteRange) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the offset lies inside this range.
    pub fn holds(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }

    /// The range as `usize`, for slicing and [`crate::model::site::SourceText::site`].
    pub fn to_usize(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it stands.
    pub range: ByteRange,
}

/// The kinds of statement.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// An expression evaluated for its effect.
    Expr(Expr),
    /// A binding: plain, annotated, augmented, or a `const`/`let`/`var` declarator.
    Assign(Box<Assign>),
    /// `return`.
    Return(Option<Expr>),
    /// `if`; `elif`/`else if` is an `If` alone in `orelse`.
    If(Box<If>),
    /// Any loop.
    Loop(Box<Loop>),
    /// `try`.
    Try(Box<Try>),
    /// Python `with`; TypeScript `using` declarations.
    With(Box<With>),
    /// `raise` and `throw`; no value for a bare `raise`.
    Raise {
        /// The exception.
        value: Option<Expr>,
        /// Python's `from`.
        cause: Option<Expr>,
    },
    /// A named function defined here; its body is in [`super::Module::functions`].
    FunctionDef(FnId),
    /// A class defined here; its body is in [`super::Module::classes`].
    ClassDef(ClassId),
    /// `import` (indexes into [`super::Module::imports`]).
    Import(Vec<usize>),
    /// `match` and `switch`.
    Switch(Box<Switch>),
    /// `assert`.
    Assert {
        /// The condition.
        test: Expr,
        /// The message.
        message: Option<Expr>,
    },
    /// `del` and `delete`.
    Delete(Vec<Expr>),
    /// `global` and `nonlocal`.
    Global(Vec<Name>),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// A bare block, or several statements lowered from one.
    Block(Vec<Stmt>),
    /// `pass`, empty statements, type-only declarations.
    Nothing,
}

/// `targets = value`. A target is a `Name`, `Attribute`, `Subscript`, or a pattern: `Tuple`/`List` by position, `Dict` by
/// key (object destructuring; a spread entry is the rest), `Starred` for the rest, `Assign` for "target = default".
#[derive(Clone, Debug)]
pub struct Assign {
    /// One for each `=`.
    pub targets: Vec<Expr>,
    /// None for a bare declaration (`x: int`, `let x`).
    pub value: Option<Arc<Expr>>,
    /// The declared type.
    pub annotation: Option<Expr>,
    /// The operator of an augmented assignment, as written without its `=` (`+`, `??`).
    pub augmented: Option<&'static str>,
    /// `const`, or a Python name annotated `Final`.
    pub constant: bool,
}

/// `if`.
#[derive(Clone, Debug)]
pub struct If {
    /// The condition.
    pub test: Expr,
    /// When true.
    pub body: Vec<Stmt>,
    /// When false.
    pub orelse: Vec<Stmt>,
}

/// What a loop runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopKind {
    /// `for x in y`, `for (const x of y)`.
    For,
    /// `for (const key in object)`.
    ForIn,
    /// `async for`, `for await`.
    AsyncFor,
    /// `while`.
    While,
    /// `do … while`.
    DoWhile,
    /// `for (init; test; update)`: `init` stands before the loop in a block, `update` at the end of the body.
    CStyle,
}

/// A loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// Which.
    pub kind: LoopKind,
    /// What each turn binds (For, ForIn, AsyncFor).
    pub target: Option<Expr>,
    /// What is iterated, or the condition; None for `for (;;)`.
    pub iter: Option<Arc<Expr>>,
    /// The body.
    pub body: Vec<Stmt>,
    /// Python's `else`.
    pub orelse: Vec<Stmt>,
}

/// `try`.
#[derive(Clone, Debug)]
pub struct Try {
    /// What is tried.
    pub body: Vec<Stmt>,
    /// `except` clauses, or the one `catch`.
    pub handlers: Vec<Handler>,
    /// Python's `else`.
    pub orelse: Vec<Stmt>,
    /// `finally`.
    pub finally: Vec<Stmt>,
}

/// An `except` or `catch` clause.
#[derive(Clone, Debug)]
pub struct Handler {
    /// The types caught; empty for a bare `except` and every `catch`.
    pub types: Vec<Expr>,
    /// The name (or, in `catch ({ message })`, the pattern) bound to the exception.
    pub binding: Option<Expr>,
    /// What it does.
    pub body: Vec<Stmt>,
    /// The whole clause.
    pub range: ByteRange,
}

/// `with`.
#[derive(Clone, Debug)]
pub struct With {
    /// The context managers and what they are bound to.
    pub items: Vec<WithItem>,
    /// The body.
    pub body: Vec<Stmt>,
    /// `async with`.
    pub is_async: bool,
}

/// One context manager.
#[derive(Clone, Debug)]
pub struct WithItem {
    /// The manager.
    pub context: Arc<Expr>,
    /// What `as` binds.
    pub target: Option<Expr>,
}

/// `match` and `switch`.
#[derive(Clone, Debug)]
pub struct Switch {
    /// What is looked at.
    pub subject: Arc<Expr>,
    /// The cases in order.
    pub cases: Vec<Case>,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The pattern or value; None for `default` and `case _`. Class patterns are calls (`str()`), alternatives `BinOp` `|`.
    pub pattern: Option<Expr>,
    /// Names that the pattern captures.
    pub captures: Vec<(Name, ByteRange)>,
    /// Python's `if`.
    pub guard: Option<Expr>,
    /// What it does.
    pub body: Vec<Stmt>,
    /// The whole case.
    pub range: ByteRange,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub range: ByteRange,
}

/// The kinds of expression.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// An identifier; `this` and `super` too.
    Name(Name),
    /// `base.attr`, `base?.attr`, `base["attr"]` is a [`ExprKind::Subscript`].
    Attribute {
        /// The object.
        base: Box<Expr>,
        /// The member.
        attr: Name,
    },
    /// `base[index]`.
    Subscript {
        /// The object.
        base: Box<Expr>,
        /// The key; a `Slice` for slices.
        index: Box<Expr>,
    },
    /// A call, `new` and tagged templates; `import("x")` is a call of the name `import`.
    Call(Box<Call>),
    /// A string literal; implicit concatenation joined; a template literal without placeholders.
    Str(Arc<str>),
    /// A bytes literal.
    Bytes,
    /// A number as written, `_` removed.
    Number(Name),
    /// `True`/`true`, `False`/`false`.
    Bool(bool),
    /// `None`, `null`, `undefined`.
    None,
    /// A regular expression literal.
    Regex(Name),
    /// An f-string or template literal.
    Format(Vec<FormatPart>),
    /// `[…]`.
    List(Vec<Expr>),
    /// `(…, …)`.
    Tuple(Vec<Expr>),
    /// `{…}`, Python.
    Set(Vec<Expr>),
    /// A dict or object literal. Object methods are entries whose value is a `Lambda`.
    Dict(Vec<DictEntry>),
    /// `and`, `or`, `&&`, `||`, `??`.
    BoolOp {
        /// Which.
        op: BoolOp,
        /// Two or more.
        values: Vec<Expr>,
    },
    /// Arithmetic and bit operators, as written (`+`, `%`, `|`, `**`, `//`).
    BinOp {
        /// The operator.
        op: &'static str,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `not`/`!` are `not`; `-`, `+`, `~`, `typeof`, `void`, `delete`, `++`, `--` as written.
    Unary {
        /// The operator.
        op: &'static str,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `a < b < c`. Operators: `==` (`===` too), `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`, `is`, `is not`, `instanceof`.
    Compare {
        /// First operand.
        left: Box<Expr>,
        /// Each operator with its right operand.
        rest: Vec<(&'static str, Expr)>,
    },
    /// `body if test else orelse`, `test ? body : orelse`.
    Conditional {
        /// The condition.
        test: Box<Expr>,
        /// When true.
        body: Box<Expr>,
        /// When false.
        orelse: Box<Expr>,
    },
    /// A lambda, arrow function, function expression or object method.
    Lambda(FnId),
    /// A class expression.
    Class(ClassId),
    /// `await`.
    Await(Box<Expr>),
    /// `yield`; `yield from` and `yield*` when `from`.
    Yield {
        /// What is yielded.
        value: Option<Box<Expr>>,
        /// Delegation.
        from: bool,
    },
    /// `*x`, `...x`.
    Starred(Box<Expr>),
    /// `(x := v)`, `(x = v)` as an expression; in a pattern, a target with its default.
    Assign {
        /// What is assigned.
        target: Box<Expr>,
        /// The value.
        value: Arc<Expr>,
    },
    /// A comprehension or generator expression.
    Comprehension(Box<Comprehension>),
    /// `lower:upper:step`.
    Slice(Vec<Expr>),
    /// Anything else, by its sub-expressions in order (JSX, `a, b` in JavaScript, type expressions that have no use here).
    Other(Vec<Expr>),
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is called.
    pub callee: Expr,
    /// Positional arguments; a spread is `Starred`.
    pub args: Vec<Expr>,
    /// Keyword arguments; `**x` has no name.
    pub keywords: Vec<Keyword>,
    /// `new`.
    pub is_new: bool,
}

/// A keyword argument.
#[derive(Clone, Debug)]
pub struct Keyword {
    /// The name; None for `**x`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
    /// Name and value.
    pub range: ByteRange,
}

/// A part of a [`ExprKind::Format`].
#[derive(Clone, Debug)]
pub enum FormatPart {
    /// Literal text.
    Text(Arc<str>),
    /// A placeholder.
    Expr(Expr),
}

/// An entry of a [`ExprKind::Dict`].
#[derive(Clone, Debug)]
pub struct DictEntry {
    /// The key, a `Str` for identifiers; None for `**x` and `...x`.
    pub key: Option<Expr>,
    /// The value.
    pub value: Expr,
}

/// Boolean operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    /// `and`, `&&`.
    And,
    /// `or`, `||`.
    Or,
    /// `??`.
    Coalesce,
}

/// A comprehension.
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// The element; a dict comprehension has its key here.
    pub element: Expr,
    /// The value of a dict comprehension.
    pub value: Option<Expr>,
    /// The `for` clauses.
    pub generators: Vec<Generator>,
}

/// A `for … in … if …` clause.
#[derive(Clone, Debug)]
pub struct Generator {
    /// What each turn binds.
    pub target: Expr,
    /// What is iterated.
    pub iter: Arc<Expr>,
    /// The conditions.
    pub ifs: Vec<Expr>,
    /// `async for`.
    pub is_async: bool,
}

impl Expr {
    /// The text of a string literal.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The identifier, when this is one.
    pub fn as_name(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The call, when this is one, `await` looked through.
    pub fn as_call(&self) -> Option<&Call> {
        match &self.kind {
            ExprKind::Call(call) => Some(call),
            ExprKind::Await(inner) => inner.as_call(),
            _ => None,
        }
    }

    /// A number literal's value (a sign looked through).
    pub fn as_number(&self) -> Option<f64> {
        match &self.kind {
            ExprKind::Number(text) => text.parse().ok(),
            ExprKind::Unary { op: "-", operand } => operand.as_number().map(|value| -value),
            _ => None,
        }
    }

    /// The value under a literal key of a dict or object literal.
    pub fn entry(&self, key: &str) -> Option<&Expr> {
        let ExprKind::Dict(entries) = &self.kind else {
            return None;
        };
        let found = entries
            .iter()
            .rev()
            .find(|entry| entry.key.as_ref().and_then(Expr::as_str) == Some(key));
        found.map(|entry| &entry.value)
    }
}

impl Call {
    /// The value of a keyword argument, or of the property of that name in an object literal given as last argument (the way
    /// TypeScript spells options).
    pub fn option(&self, name: &str) -> Option<&Expr> {
        let keyword = self
            .keywords
            .iter()
            .find(|keyword| keyword.name.as_deref() == Some(name));
        keyword
            .map(|keyword| &keyword.value)
            .or_else(|| self.args.last().and_then(|last| last.entry(name)))
    }

    /// The positional argument at `index`, else the keyword of that name.
    pub fn argument(&self, index: usize, name: &str) -> Option<&Expr> {
        let before_spread = self
            .args
            .iter()
            .take(index + 1)
            .all(|arg| !matches!(arg.kind, ExprKind::Starred(_)));
        let positional = self.args.get(index).filter(|_| before_spread);
        positional.or_else(|| {
            let keyword = self
                .keywords
                .iter()
                .find(|keyword| keyword.name.as_deref() == Some(name));
            keyword.map(|keyword| &keyword.value)
        })
    }
}
