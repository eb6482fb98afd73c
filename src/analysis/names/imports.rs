//! Imports and exports: from a name in one module to its definition in another.

use std::sync::OnceLock;

use super::{Meaning, Question, leaf};
use crate::model::source::ModuleId;
use crate::model::source::ir::{Expr, ExprKind};
use crate::model::source::memo::Lead;
use crate::model::source::module::{Import, Language, Module};

impl<'s> Question<'s> {
    /// What an import of a module leads to. Many questions come back to it, and the way is long where packages hand names on.
    pub(super) fn imported(&self, module: &'s Module, index: usize) -> Meaning<'s> {
        let Some(import) = module.imports.get(index) else {
            return Meaning::Unknown;
        };
        if import.target.is_none() || import.name.is_none() {
            return self.import(module, import);
        }
        let leads = module.leads.get_or_init(|| {
            let places = module.imports.iter().map(|_| OnceLock::new());
            places.collect()
        });
        let lead = leads.get(index);
        if let Some(known) = lead.and_then(OnceLock::get) {
            return match known {
                Lead::External(name) => Meaning::External(name.to_string()),
                Lead::Module(id) => Meaning::Module(*id),
                Lead::Function(id) => Meaning::Function(*id),
                Lead::Class(id) => Meaning::Class(*id),
                Lead::Unknown => Meaning::Unknown,
            };
        }
        let found = self.import(module, import);
        if let Some(lead) = lead.filter(|_| self.is_context_free()) {
            let known = match &found {
                Meaning::External(name) => Some(Lead::External(name.as_str().into())),
                Meaning::Module(id) => Some(Lead::Module(*id)),
                Meaning::Function(id) => Some(Lead::Function(*id)),
                Meaning::Class(id) => Some(Lead::Class(*id)),
                Meaning::Unknown => Some(Lead::Unknown),
                Meaning::Instance(_) | Meaning::Value(..) => None,
            };
            // Two checks may find it at the same time: it is the same.
            known.map(|known| lead.set(known).ok());
        }
        found
    }

    fn import(&self, module: &'s Module, import: &'s Import) -> Meaning<'s> {
        match (import.target, import.name.as_deref()) {
            (Some(target), Some(name)) => {
                let found = self.export(target, name);
                let is_submodule = module.language == Language::Python
                    && self
                        .module(target)
                        .is_some_and(|target| leaf(&target.name) == name);
                match found {
                    Meaning::Unknown if is_submodule => Meaning::Module(target),
                    found => found,
                }
            }
            (Some(target), None) => {
                let first = import.module.split('.').next().unwrap_or("");
                let top = module.language == Language::Python
                    && import.module.contains('.')
                    && import.alias.as_deref() == Some(first);
                // `import a.b` binds `a`; what follows is resolved by `dotted_import`.
                if top {
                    Meaning::External(first.to_owned())
                } else {
                    Meaning::Module(target)
                }
            }
            (None, name) => {
                let base = external_module(module.language, import);
                Meaning::External(match name {
                    Some("default") if module.language == Language::TypeScript => base,
                    Some(name) => format!("{base}.{name}"),
                    None if module.language == Language::Python
                        && import.alias.as_deref() == import.module.split('.').next() =>
                    {
                        import.alias.as_deref().unwrap_or("").to_owned()
                    }
                    None => base,
                })
            }
        }
    }

    /// `a.b.f` after `import a.b`, where `a.b` is the project's.
    pub(super) fn dotted_import(&self, id: ModuleId, expr: &'s Expr) -> Option<Meaning<'s>> {
        let module = self.module(id)?;
        let first = root(expr)?;
        let binds = |import: &&Import| import.alias.as_deref() == Some(first);
        let mut imports = module.dotted_imports().filter(binds).peekable();
        imports.peek()?;
        let chain = chain(expr)?;
        let mut best: Option<&Import> = None;
        for import in imports {
            let fits = chain == *import.module
                || chain
                    .strip_prefix(&*import.module)
                    .is_some_and(|rest| rest.starts_with('.'));
            if import.target.is_some()
                && fits
                && best.is_none_or(|best| best.module.len() < import.module.len())
            {
                best = Some(import);
            }
        }
        let import = best?;
        let mut meaning = Meaning::Module(import.target?);
        for part in chain
            .get(import.module.len()..)?
            .split('.')
            .filter(|part| !part.is_empty())
        {
            meaning = self.attribute(meaning, part);
        }
        Some(meaning)
    }

    /// What a module gives under a name.
    pub(super) fn export(&self, id: ModuleId, name: &str) -> Meaning<'s> {
        if !self.step() {
            return Meaning::Unknown;
        }
        self.depth.set(self.depth.get() + 1);
        let found = self.export_of(id, name);
        self.depth.set(self.depth.get() - 1);
        found
    }

    pub(super) fn export_of(&self, id: ModuleId, name: &str) -> Meaning<'s> {
        let Some(module) = self.module(id) else {
            return Meaning::Unknown;
        };
        if module.language == Language::TypeScript {
            return self.node_export(module, name);
        }
        if let Some(found) = module
            .scopes
            .first()
            .and_then(|scope| scope.names.get(name))
        {
            return self.best(module, found, u32::MAX);
        }
        let inner = format!("{}.{name}", module.name);
        let below = |folder: &str| {
            let mut named = self.source.modules_named(&inner);
            let own = |inner: &&Module| inner.path.strip_prefix(folder).is_some();
            named
                .find(own)
                .or_else(|| self.source.modules_named(&inner).next())
        };
        if let Some(folder) = module.path.strip_suffix("__init__.py")
            && folder.ends_with('/')
            && let Some(inner) = below(folder)
        {
            return Meaning::Module(inner.id);
        }
        match self.unbound(module, name) {
            Meaning::External(_) => Meaning::Unknown,
            found => found,
        }
    }

    pub(super) fn node_export(&self, module: &'s Module, name: &str) -> Meaning<'s> {
        for export in module
            .exports
            .iter()
            .filter(|export| export.name.as_deref() == Some(name))
        {
            let found = match (&export.from, export.target, &export.local, &export.value) {
                (Some(_), Some(target), Some(local), _) => self.export(target, local),
                (Some(_), Some(target), None, _) => Meaning::Module(target),
                (Some(from), None, local, _) => {
                    let base = external_name(from);
                    Meaning::External(
                        local
                            .as_ref()
                            .map_or(base.clone(), |local| format!("{base}.{local}")),
                    )
                }
                (None, _, Some(local), _) => self.name(module.id, local, u32::MAX),
                (None, _, None, Some(value)) => self.meaning(module.id, value),
                (None, _, None, None) => Meaning::Unknown,
            };
            if !matches!(found, Meaning::Unknown) {
                return found;
            }
        }
        for export in module.exports.iter().filter(|export| export.name.is_none()) {
            if let Some(target) = export.target {
                let found = self.export(target, name);
                if !matches!(found, Meaning::Unknown) {
                    return found;
                }
            }
        }
        if name == "default" {
            Meaning::Module(module.id)
        } else {
            Meaning::Unknown
        }
    }
}

pub(super) fn external_module(language: Language, import: &Import) -> String {
    match language {
        Language::Python => import.module.to_string(),
        Language::TypeScript => external_name(&import.module),
    }
}

/// `node:fs/promises` is `fs/promises`; a `.js` at the end of a package's path is left out.
pub(super) fn external_name(specifier: &str) -> String {
    let bare = specifier.strip_prefix("node:").unwrap_or(specifier);
    bare.strip_suffix(".js").unwrap_or(bare).to_owned()
}

/// The name that a dotted chain starts with.
fn root(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Attribute { base, .. } => root(base),
        _ => None,
    }
}

/// A dotted chain of names as text.
fn chain(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Attribute { base, attr } => Some(format!("{}.{attr}", chain(base)?)),
        _ => None,
    }
}
