//! What was found out about a call or a module, kept there: many questions come back to it, and the answer is always the same.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::ir::Expr;
use super::{ByteRange, ClassId, FnId, ModuleId};

/// What a call calls.
#[derive(Debug, Default)]
pub struct Resolved {
    /// The project's function that it runs.
    pub function: Option<FnId>,
    /// The project's class that it makes an object of.
    pub class: Option<ClassId>,
    /// The canonical name of what is called.
    pub name: Option<Arc<str>>,
    /// What is called is not the project's own, or a value that a call made.
    pub outside: bool,
    /// The budget of name resolution ran out: there may be an answer all the same.
    pub exhausted: bool,
}

/// The place of a [`Resolved`] at its call. A copy of a call starts without one.
#[derive(Debug, Default)]
pub struct Memo(OnceLock<Box<Resolved>>);

impl Memo {
    /// What is known, found out now where nobody asked before.
    pub fn get_or_init(&self, find: impl FnOnce() -> Resolved) -> &Resolved {
        self.0.get_or_init(|| Box::new(find()))
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What an imported name leads to, where that does not depend on who asks.
#[derive(Clone, Debug)]
pub enum Lead {
    /// Something outside the project.
    External(Arc<str>),
    /// A module of the project.
    Module(ModuleId),
    /// A function of the project.
    Function(FnId),
    /// A class of the project.
    Class(ClassId),
    /// Nothing that is known.
    Unknown,
}

/// Where something is put into a container: `x[k] = v`, `x.k = v`, `x.set(k, v)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put {
    /// The function whose body it stands in; None for the module's.
    pub function: Option<FnId>,
    /// The statement, or the call.
    pub range: ByteRange,
    /// Whether it is a call.
    pub is_call: bool,
}

/// What was found in a module, in the order of the text.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// All of it.
    pub all: Vec<T>,
    /// The budget that ran out while it was sought, and where.
    pub cut: Option<(&'static str, ModuleId, ByteRange)>,
}

/// A function that a call calls, or is given.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// The function.
    pub function: FnId,
    /// Which call of the module.
    pub call: u32,
    /// Which value given to the call, by place and then by name; None where the call calls the function.
    pub given: Option<u32>,
}

/// What a validator has tested of what it is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Validated {
    /// A bit for each question.
    pub answers: u8,
    /// A budget ran out on the way.
    pub cut: bool,
}

/// The same by function, place of the parameter, and whether only the ends count at which the function gives what is true.
pub type ByParameter = HashMap<(FnId, usize, bool), Validated>;

/// A base of a class.
#[derive(Clone, Debug)]
pub struct Base {
    /// Its canonical name, where it has one.
    pub name: Option<Arc<str>>,
    /// The class of the project that it is.
    pub class: Option<ClassId>,
}

/// A call that no call expression spells out: one that a runner makes of the function that it is given, or one by another name.
#[derive(Clone, Debug)]
pub struct Made {
    /// The function whose body it stands in; None for the module's.
    pub function: Option<FnId>,
    /// The call, in the place of the expression that makes it.
    pub expr: Expr,
    /// It is the call that is written there, with its callee in full.
    pub spelled: bool,
}
