//! The language-neutral tree that Python and TypeScript/JavaScript are lowered into.
//!
//! What differs only in spelling is one node here: `except`/`catch`, f-strings/template literals, `None`/`null`/`undefined`,
//! `def`/`function`/arrow. What means nothing at run time (`as` casts, `!`, optional chaining, parentheses) is gone.

mod expr;

use std::sync::Arc;

use arcstr::ArcStr;

pub use expr::{
    BoolOp, Call, Compare, Comprehension, Conditional, DictEntry, Expr, ExprKind, FormatPart,
    Generator, Keyword, Operator, UnaryOp,
};

use super::{ClassId, FnId};

/// An identifier or other short text.
pub type Name = ArcStr;

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
        value: Option<Box<Expr>>,
        /// Python's `from`.
        cause: Option<Box<Expr>>,
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
        test: Box<Expr>,
        /// The message.
        message: Option<Box<Expr>>,
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
    pub targets: Box<[Expr]>,
    /// None for a bare declaration (`x: int`, `let x`).
    pub value: Option<Arc<Expr>>,
    /// The declared type.
    pub annotation: Option<Arc<Expr>>,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A large program has millions of each.
    #[test]
    fn nodes_stay_small() {
        assert!(size_of::<Expr>() <= 32, "{}", size_of::<Expr>());
        assert!(size_of::<Stmt>() <= 48, "{}", size_of::<Stmt>());
        let binding = size_of::<crate::model::source::module::Binding>();
        assert!(binding <= 40, "{binding}");
        assert!(size_of::<Assign>() <= 56, "{}", size_of::<Assign>());
    }
}
