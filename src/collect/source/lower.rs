//! What both front ends share while they lower a file: the functions, classes and imports found so far, and where they stand.

use std::collections::HashSet;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use super::shared_names::SharedNames;
use crate::model::source::ir::{ByteRange, Expr, ExprKind, Name, Stmt};
use crate::model::source::module::{Class, Export, Function, Import, Param, Scope};
use crate::model::source::{ClassId, FnId, ModuleId};

/// Deepest nesting that is lowered: what is below becomes an empty node, so that no later walk can exhaust the stack.
pub const DEEPEST: u32 = 250;

/// Longest text that is looked for among those that are there, in bytes.
const LONGEST_SHARED: usize = 48;

/// The state of one file's lowering.
#[derive(Default)]
pub struct Lowering {
    /// The module's id.
    pub module: ModuleId,
    /// Functions, outer before inner.
    pub functions: Vec<Function>,
    /// Classes.
    pub classes: Vec<Class>,
    /// Imports.
    pub imports: Vec<Import>,
    /// Exports.
    pub exports: Vec<Export>,
    /// Functions and classes around the current place.
    around: Vec<Around>,
    /// Every name of this file once, however often it is written.
    names: HashSet<Name, FxBuildHasher>,
    /// The names of all files.
    shared: SharedNames,
    depth: u32,
    /// Whether something was cut at [`DEEPEST`].
    pub cut: bool,
    /// Inside how many `try` that catch a failed import.
    pub optional: u32,
    /// Inside how many `if TYPE_CHECKING`.
    pub type_only: u32,
}

#[derive(Clone, Copy)]
enum Around {
    Function(FnId),
    Class(ClassId),
}

/// What is known of a function before its body is lowered.
#[derive(Default)]
pub struct Head {
    /// Its name.
    pub name: Name0,
    /// Parameters.
    pub params: Vec<Param>,
    /// Decorators.
    pub decorators: Vec<Expr>,
    /// Declared return type.
    pub returns: Option<Arc<Expr>>,
    /// `async`.
    pub is_async: bool,
    /// `static`.
    pub is_static: bool,
    /// The whole function.
    pub range: ByteRange,
    /// Its body.
    pub body_range: ByteRange,
    /// Name and parameters.
    pub header: ByteRange,
}

/// A name that is empty by default.
#[derive(Clone)]
pub struct Name0(pub Name);

impl Default for Name0 {
    fn default() -> Self {
        Self("".into())
    }
}

impl<T: AsRef<str>> From<T> for Name0 {
    fn from(name: T) -> Self {
        Self(name.as_ref().into())
    }
}

impl Lowering {
    /// Starts a file.
    pub fn new(module: ModuleId, shared: &SharedNames) -> Self {
        Self {
            module,
            shared: shared.clone(),
            ..Self::default()
        }
    }

    /// A name or other short text; the same text is kept once.
    pub fn text(&mut self, text: &str) -> Name {
        if text.len() > LONGEST_SHARED {
            return text.into();
        }
        if let Some(known) = self.names.get(text) {
            return known.clone();
        }
        let name = self.shared.get(text);
        self.names.insert(name.clone());
        name
    }

    /// Goes one level down; false (and `cut` set) where that is too deep.
    pub fn enter(&mut self) -> bool {
        if self.depth >= DEEPEST {
            self.cut = true;
            return false;
        }
        self.depth += 1;
        true
    }

    /// Comes back up.
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether the current place is inside a function.
    pub fn in_function(&self) -> bool {
        self.parent().is_some()
    }

    fn parent(&self) -> Option<FnId> {
        self.around.iter().rev().find_map(|around| match around {
            Around::Function(id) => Some(*id),
            Around::Class(_) => None,
        })
    }

    fn qualify(&self, name: &str) -> Name {
        let before = match self.around.last() {
            Some(Around::Function(id)) => self
                .functions
                .get(id.index as usize)
                .map(|function| &function.qualified),
            Some(Around::Class(id)) => self.classes.get(id.index as usize).map(|class| &class.name),
            None => None,
        };
        match before {
            Some(before) if !before.is_empty() => format!("{before}.{name}").into(),
            _ => name.into(),
        }
    }

    /// Opens a function; its body is given to [`Lowering::close_function`].
    pub fn open_function(&mut self, head: Head) -> FnId {
        let id = FnId {
            module: self.module,
            index: to_u32(self.functions.len()),
        };
        let class = match self.around.last() {
            Some(Around::Class(class)) => Some(*class),
            _ => None,
        };
        let name = head.name.0;
        self.functions.push(Function {
            id,
            qualified: self.qualify(&name),
            params: head.params,
            decorators: head.decorators,
            returns: head.returns,
            is_async: head.is_async,
            is_generator: false,
            is_static: head.is_static,
            body: Vec::new(),
            range: head.range,
            body_range: head.body_range,
            header: head.header,
            parent: self.parent(),
            class,
            name: name.clone(),
        });
        if let Some(class) = class.and_then(|class| self.classes.get_mut(class.index as usize)) {
            class.methods.push((name, id));
        }
        self.around.push(Around::Function(id));
        id
    }

    /// Ends the innermost function.
    pub fn close_function(&mut self, id: FnId, body: Vec<Stmt>) {
        self.around.pop();
        if let Some(function) = self.functions.get_mut(id.index as usize) {
            function.body = body;
        }
    }

    /// Notes a `yield` in the innermost function.
    pub fn mark_generator(&mut self) {
        if let Some(function) = self
            .parent()
            .and_then(|id| self.functions.get_mut(id.index as usize))
        {
            function.is_generator = true;
        }
    }

    /// Opens a class; its body is given to [`Lowering::close_class`].
    pub fn open_class(
        &mut self,
        name: &str,
        bases: Vec<Expr>,
        decorators: Vec<Expr>,
        range: ByteRange,
    ) -> ClassId {
        let id = ClassId {
            module: self.module,
            index: to_u32(self.classes.len()),
        };
        self.classes.push(Class {
            id,
            name: name.into(),
            bases,
            decorators,
            body: Vec::new(),
            methods: Vec::new(),
            fields: Scope::default(),
            instance: Scope::default(),
            range,
            parent: self.parent(),
        });
        self.around.push(Around::Class(id));
        id
    }

    /// Ends the innermost class.
    pub fn close_class(&mut self, id: ClassId, body: Vec<Stmt>) {
        self.around.pop();
        if let Some(class) = self.classes.get_mut(id.index as usize) {
            class.body = body;
        }
    }

    /// Adds an import of the current place.
    pub fn import(&mut self, import: Import) -> usize {
        let lazy = import.lazy || self.in_function();
        let (optional, type_only) = (self.optional > 0, self.type_only > 0);
        self.imports.push(Import {
            lazy,
            optional: import.optional || optional,
            type_only: import.type_only || type_only,
            ..import
        });
        self.imports.len() - 1
    }
}

/// An import with only its module and place known.
pub fn plain_import(module: &str, range: ByteRange) -> Import {
    Import {
        module: module.into(),
        name: None,
        alias: None,
        star: false,
        lazy: false,
        optional: false,
        type_only: false,
        dynamic: false,
        range,
        origin: range,
        target: None,
    }
}

/// An expression.
pub fn expr(kind: ExprKind, range: ByteRange) -> Expr {
    Expr { kind, range }
}

/// A length as `u32`; files are far smaller.
pub fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
