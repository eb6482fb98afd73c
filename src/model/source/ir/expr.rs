//! Expressions.

use std::sync::Arc;

use super::super::memo::Memo;
use super::super::{ClassId, FnId};
use super::{ByteRange, Name};

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
    Call(Arc<Call>),
    /// A string literal; implicit concatenation joined; a template literal without placeholders.
    Str(Name),
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
    Format(Box<[FormatPart]>),
    /// `[…]`.
    List(Box<[Expr]>),
    /// `(…, …)`.
    Tuple(Box<[Expr]>),
    /// `{…}`, Python.
    Set(Box<[Expr]>),
    /// A dict or object literal. Object methods are entries whose value is a `Lambda`.
    Dict(Box<[DictEntry]>),
    /// `and`, `or`, `&&`, `||`, `??`.
    BoolOp {
        /// Which.
        op: BoolOp,
        /// Two or more.
        values: Box<[Expr]>,
    },
    /// Arithmetic and bit operators.
    BinOp {
        /// The operator.
        op: Operator,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// An operator before its operand; `++` and `--` behind it too.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `a < b < c`.
    Compare(Box<Compare>),
    /// `body if test else orelse`, `test ? body : orelse`.
    Conditional(Box<Conditional>),
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
    Slice(Box<[Expr]>),
    /// Anything else, by its sub-expressions in order (JSX, `a, b` in JavaScript, type expressions that have no use here).
    Other(Box<[Expr]>),
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is called.
    pub callee: Expr,
    /// Positional arguments; a spread is `Starred`.
    pub args: Box<[Expr]>,
    /// Keyword arguments; `**x` has no name.
    pub keywords: Box<[Keyword]>,
    /// `new`.
    pub is_new: bool,
    /// What name resolution found it to call.
    pub resolved: Memo,
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
    Text(Name),
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

/// A comparison.
#[derive(Clone, Debug)]
pub struct Compare {
    /// First operand.
    pub left: Expr,
    /// Each operator with its right operand: `==` (`===` too), `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`, `is`, `is not`,
    /// `instanceof`.
    pub rest: Box<[(&'static str, Expr)]>,
}

/// An expression that a condition chooses.
#[derive(Clone, Debug)]
pub struct Conditional {
    /// The condition.
    pub test: Expr,
    /// When true.
    pub body: Expr,
    /// When false.
    pub orelse: Expr,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`, `!`
    Not,
    /// `-`
    Minus,
    /// `+`
    Plus,
    /// `~`
    Invert,
    /// `typeof`
    TypeOf,
    /// `void`
    Void,
    /// `delete`
    Delete,
    /// `++`
    Increment,
    /// `--`
    Decrement,
}

/// Arithmetic and bit operators, as far as they are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `|`
    BitOr,
    /// `&`
    BitAnd,
    /// `-`, `*`, `**`, `//`, `<<` and the like.
    Other,
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
    pub generators: Box<[Generator]>,
}

/// A `for … in … if …` clause.
#[derive(Clone, Debug)]
pub struct Generator {
    /// What each turn binds.
    pub target: Expr,
    /// What is iterated.
    pub iter: Arc<Expr>,
    /// The conditions.
    pub ifs: Box<[Expr]>,
    /// `async for`.
    pub is_async: bool,
}

impl Expr {
    /// Whether both are one expression of the code: the same node, or the same call.
    pub fn is(&self, other: &Expr) -> bool {
        match (&self.kind, &other.kind) {
            (ExprKind::Call(one), ExprKind::Call(two)) => Arc::ptr_eq(one, two),
            _ => std::ptr::eq(self, other),
        }
    }

    /// The text of a string literal.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The name, or the member, that a reference ends with.
    pub fn last_name(&self) -> Option<&Name> {
        match &self.kind {
            ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => Some(name),
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
            ExprKind::Unary {
                op: UnaryOp::Minus,
                operand,
            } => operand.as_number().map(|value| -value),
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
    /// The name that is called, as it is written: `run` of `agent.run()`; empty where something else is called.
    pub fn written_name(&self) -> &str {
        self.callee.last_name().map_or("", |name| name)
    }

    /// The values given, by place and then by name.
    pub fn values(&self) -> impl Iterator<Item = &Expr> {
        let by_name = self.keywords.iter().map(|keyword| &keyword.value);
        self.args.iter().chain(by_name)
    }

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
