//! Where request code finds what was kept: under which names and fields, and what it does with it there.

use super::super::index::{Occurrence, Owner, around, is_written, scope_of};
use super::{Follower, Mode, PROMPTS, Target};
use crate::analysis::fields::made_anew;
use crate::analysis::names::Meaning;
use crate::model::source::module::{Binding, BindingKind};
use crate::model::source::walk::Node;
use crate::model::source::{ByteRange, ClassId, Expr, ExprKind, FnId, ModuleId};

impl<'a> Follower<'_, 'a> {
    pub(super) fn spread(&mut self, target: Target) {
        if !self.targets.insert(target.clone()) {
            return;
        }
        match &target {
            Target::Name(module, scope, name) => self.named(*module, *scope, name),
            Target::Field(class, name) => self.field(*class, name),
        }
    }

    pub(super) fn named(&mut self, id: ModuleId, scope: Option<FnId>, name: &str) {
        let Some(module) = self.source.module(id) else {
            return;
        };
        for found in self.ground.index.names(id, name) {
            if scope_of(module, name, found.expr.range.start) == scope {
                self.occurrence(found, scope);
            }
        }
        if scope.is_some() {
            return;
        }
        self.renewed(id, None, name);
        let mut outside: Vec<String> = vec![name.to_owned()];
        for export in &module.exports {
            if export.local.as_deref() == Some(name) && export.from.is_none() {
                outside.extend(export.name.as_deref().map(str::to_owned));
            }
            if export.value.as_deref().and_then(Expr::as_name) == Some(name) {
                outside.push("default".to_owned());
            }
        }
        for user in self.ground.index.users(id) {
            let Some(other) = self.source.module(user) else {
                continue;
            };
            let imports = other.imports.iter();
            for import in imports.filter(|import| import.target == Some(id) && user != id) {
                match (&import.name, &import.alias) {
                    (Some(taken), Some(alias)) if outside.iter().any(|name| name == &**taken) => {
                        let scope = scope_of(other, alias, import.range.start);
                        self.spread(Target::Name(user, scope, alias.to_string()));
                    }
                    _ if import.star => {
                        self.spread(Target::Name(user, None, name.to_owned()));
                    }
                    _ => {}
                }
            }
            for name in &outside {
                for found in self.ground.index.attributes(user, name) {
                    if let ExprKind::Attribute { base, .. } = &found.expr.kind
                        && matches!(self.source.meaning(user, base), Meaning::Module(of) if of == id)
                    {
                        self.occurrence(found, None);
                    }
                }
            }
        }
    }

    pub(super) fn field(&mut self, class: ClassId, name: &str) {
        self.renewed(class.module, Some(class), name);
        // The lines of the class body see it by its bare name.
        if let Some(module) = self.source.module(class.module) {
            for found in self.ground.index.names(class.module, name) {
                let (owner, _) = around(module, found.expr.range);
                if owner == Owner::Class(class) {
                    self.occurrence(found, None);
                }
            }
        }
        for user in self.ground.index.users(class.module) {
            for found in self.ground.index.attributes(user, name) {
                let ExprKind::Attribute { base, .. } = &found.expr.kind else {
                    continue;
                };
                if self.is_of(user, base, class) {
                    self.occurrence(found, None);
                }
            }
            // A default of the class is in each instance that request code makes.
            let Some(made) = self.source.class(class) else {
                continue;
            };
            let Some(bindings) = made.fields.names.get(name) else {
                continue;
            };
            // A function makes another one for each of them.
            let anew = |binding: &Binding| matches!(&binding.kind, BindingKind::Value { value, .. } if made_anew(value).is_some());
            if bindings.iter().all(anew) {
                continue;
            }
            for found in self.ground.index.names(user, &made.name) {
                let request = found.function.is_some_and(|id| self.is_request(id));
                if request
                    && matches!(self.source.meaning(user, found.expr), Meaning::Class(of) if of == class)
                {
                    self.fate.read.get_or_insert((user, found.expr.range));
                }
            }
        }
    }

    pub(super) fn is_of(&self, module: ModuleId, base: &'a Expr, class: ClassId) -> bool {
        let found = match self.source.meaning(module, base) {
            Meaning::Instance(made) => made.class,
            Meaning::Class(of) => Some(of),
            _ => None,
        };
        found.is_some_and(|found| {
            found == class || {
                let bases = self.source.class(found);
                bases.is_some_and(|derived| {
                    derived.bases.iter().any(|base| {
                        matches!(self.source.meaning(found.module, base), Meaning::Class(of) if of == class)
                    })
                })
            }
        })
    }

    pub(super) fn occurrence(&mut self, found: Occurrence<'a>, scope: Option<FnId>) {
        let Some(module) = self.source.module(found.module) else {
            return;
        };
        let (_, path) = around(module, found.expr.range);
        if is_written(&path, found.expr.range) {
            return;
        }
        if self.mode == Mode::Startup
            && let Some(function) = found.function
            && self.is_request(function)
            && scope != Some(function)
        {
            self.read_at(found, &path);
            return;
        }
        // The default of a parameter of request code is read there.
        if self.mode == Mode::Startup
            && let Some(function) = found.function
            && scope == Some(function)
            && self.is_request(function)
            && self.fate.kept.is_some()
            && !self.ground.by_callee.contains_key(&function)
        {
            self.read_at(found, &path);
            return;
        }
        self.queue.push_back((found.module, found.expr));
    }

    pub(super) fn read_at(&mut self, found: Occurrence<'a>, path: &[Node<'a>]) {
        self.fate
            .read
            .get_or_insert((found.module, found.expr.range));
        let outer = path.iter().rev().find_map(|node| match node {
            Node::Expr(expr) if expr.range != found.expr.range => Some(*expr),
            _ => None,
        });
        if let Some(ExprKind::Attribute { attr, .. }) = outer.map(|outer| &outer.kind) {
            self.fate.touched.insert(attr.to_string());
        }
        self.prompt_at(found.module, path);
    }

    /// Whether what stands around a place in request code makes a prompt.
    pub(super) fn prompt_at(&mut self, id: ModuleId, path: &[Node<'a>]) {
        for pair in path.windows(2).rev() {
            let [Node::Expr(outer), Node::Expr(inner)] = pair else {
                return;
            };
            match &outer.kind {
                ExprKind::Call(call) => {
                    let mut keywords = call.keywords.iter();
                    let name = keywords
                        .find(|keyword| keyword.value.is(inner))
                        .and_then(|keyword| keyword.name.as_deref());
                    if let Some(name) = name {
                        self.prompted(id, name, outer.range);
                    }
                }
                ExprKind::Dict(entries) => {
                    for entry in entries {
                        if entry.value.is(inner)
                            && let Some(key) = entry.key.as_ref().and_then(Expr::as_str)
                        {
                            self.prompted(id, key, outer.range);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether request code binds the name to something else.
    pub(super) fn renewed(&mut self, id: ModuleId, class: Option<ClassId>, name: &str) {
        let Some(module) = self.source.module(id) else {
            return;
        };
        let scope = match class {
            Some(class) => self.source.class(class).map(|class| &class.instance),
            None => module.scopes.first(),
        };
        let bindings = scope.and_then(|scope| scope.names.get(name));
        for binding in bindings.into_iter().flatten() {
            let BindingKind::Value { value, .. } = &binding.kind else {
                continue;
            };
            let inside = module.function_at(binding.range.start);
            let own = self
                .seen
                .iter()
                .any(|(at, range)| *at == id && value.range.contains(*range));
            let request = inside.is_some_and(|inside| self.is_request(inside.id));
            if request && !own && !matches!(value.kind, ExprKind::None) {
                self.fate.renewed = true;
            }
        }
    }

    pub(super) fn prompted(&mut self, id: ModuleId, keyword: &str, at: ByteRange) {
        if PROMPTS.contains(&keyword) && keyword != "description" {
            self.fate.prompt.get_or_insert((id, at));
        }
    }

    /// A member is taken out of the value. Methods are members too, so that only names of tokens count as its names.
    pub(super) fn taken(&mut self, attr: &str) {
        if attr.contains("token") || attr.contains("Token") {
            self.word(attr);
        }
    }

    pub(super) fn word(&mut self, word: &str) {
        if self.targets.len() <= 1 {
            self.fate.near.insert(word.to_owned());
        }
        self.fate.words.insert(word.to_owned());
    }

    pub(super) fn keep(&mut self, id: ModuleId, at: ByteRange, name: &str) {
        self.fate.kept.get_or_insert(((id, at), name.to_owned()));
    }
}
