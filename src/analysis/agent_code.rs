//! What every check over an agent's code starts from: the modules that run, and the rule that code which could not be read
//! never passes.

pub(crate) mod listens;
pub(crate) mod served;
pub(crate) mod starting;

pub(crate) use served::starts as starts_serving;

use std::collections::HashSet;

use crate::analysis::dataflow::{Step, Truncation};
use crate::analysis::facts::RuntimeFacts;
use crate::model::finding::{Evidence, EvidenceStep, Resource};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::{Agent, Runtime};
use crate::model::source::{
    ByteRange, Expr, FnId, Language, Module, ModuleId, RuntimeSource, Source,
};

/// The code of one runtime.
#[derive(Clone, Copy)]
pub struct AgentCode<'a> {
    /// The runtime's entry in the configuration.
    pub runtime: &'a Runtime,
    /// Its modules and handlers.
    pub code: &'a RuntimeSource,
    /// All source.
    pub source: &'a Source,
    /// What was found out about it.
    pub(crate) facts: &'a RuntimeFacts,
}

impl<'a> AgentCode<'a> {
    /// The resource of a result about it.
    pub fn resource(&self) -> Resource {
        Agent::Runtime(self.runtime).resource()
    }

    /// The modules that run, the entry first.
    pub fn modules(&self) -> impl Iterator<Item = &'a Module> + use<'a> {
        let (source, code) = (self.source, self.code);
        code.reachable.iter().filter_map(|id| source.module(*id))
    }

    /// Whether a module runs.
    pub(crate) fn is_reachable(&self, module: ModuleId) -> bool {
        let reachable = self.facts.reachable.get_or_init(|| {
            let reachable = self.code.reachable.iter();
            reachable.copied().collect()
        });
        reachable.contains(&module)
    }

    /// The packages that importing a module runs first: `a/__init__.py` and `a/b/__init__.py` for `a.b.c`.
    pub fn packages_of(&self, module: &Module) -> Vec<ModuleId> {
        let mut found = Vec::new();
        if module.language != Language::Python {
            return found;
        }
        let mut name = &*module.name;
        while let Some((parent, _)) = name.rsplit_once('.') {
            name = parent;
            let mut named = self.source.modules_named(parent);
            let package = named.find(|package| self.is_reachable(package.id));
            found.extend(package.map(|module| module.id));
        }
        found
    }

    /// Every call in the modules that run, with its module and the function that it stands in. Functions that nothing can call are
    /// left out.
    pub fn calls(&self) -> impl Iterator<Item = (&'a Module, Option<FnId>, &'a Expr)> + use<'a> {
        let numbered = self.numbered_calls();
        numbered.map(|(module, _, function, call)| (module, function, call))
    }

    /// The same, each with its number in [`Module::calls`].
    pub(crate) fn numbered_calls(
        &self,
    ) -> impl Iterator<Item = (&'a Module, u32, Option<FnId>, &'a Expr)> + use<'a> {
        let code = self.code;
        let runs = move |function: Option<FnId>| function.is_none_or(|id| !code.idle.contains(&id));
        self.modules().flat_map(move |module| {
            let calls = (0..).zip(module.calls());
            calls
                .filter(move |(_, (function, _))| runs(*function))
                .map(move |(number, (function, call))| (module, number, function, call))
        })
    }

    /// Whether a function can run: something that runs may call it.
    pub fn may_run(&self, function: FnId) -> bool {
        !self.code.idle.contains(&function)
    }

    /// How many modules were read, in words, for the message of a pass.
    pub fn scope(&self) -> String {
        let count = self.code.reachable.len();
        format!(
            "{count} module{} that the entrypoint reaches",
            if count == 1 { "" } else { "s" }
        )
    }

    /// What of the code that runs could not be read or parsed.
    pub fn unread(&self) -> Option<Unread> {
        if self.source.notes.is_empty() {
            return None;
        }
        let runs: HashSet<&str> = self.modules().map(|module| &*module.path).collect();
        let mut notes = self.source.notes.iter();
        let note = notes.find(|note| runs.contains(&*note.site.path))?;
        let line = note.site.span.map_or(String::new(), |span| {
            format!(":{}:{}", span.line, span.column)
        });
        Some(Unread::new(
            ReasonCode::Unsupported,
            format!("{}{line}: {}", note.site.path, note.message),
        ))
    }
}

/// Why a data flow that was given up says nothing: the place, and the limit that ran out there.
pub fn limited(source: &Source, truncated: &Truncation) -> Unread {
    let site = source
        .module(truncated.module)
        .map(|module| module.site(truncated.range));
    let place = site.map_or_else(String::new, |site| {
        let line = site.span.map_or(1, |span| span.line);
        format!("{}:{line}: ", site.path)
    });
    Unread::new(
        ReasonCode::Limit,
        format!(
            "{place}the data flow was not followed to its end: {}",
            truncated.limit.words()
        ),
    )
}

/// The way of a value as evidence shows it; a way of one place only says nothing more than that place.
pub fn steps(source: &Source, path: &[Step]) -> Vec<EvidenceStep> {
    if path.len() < 2 {
        return Vec::new();
    }
    path.iter()
        .filter_map(|step| {
            let site = source.module(step.module)?.site(step.range);
            let span = site.span?;
            Some(EvidenceStep {
                path: site.path.to_string(),
                line: span.line,
                column: span.column,
                end_line: span.end_line,
                end_column: span.end_column,
                note: step.kind.words(),
            })
        })
        .collect()
}

/// Evidence in code, at a range of a module.
pub fn evidence(source: &Source, module: ModuleId, range: ByteRange) -> Evidence {
    match source.module(module) {
        Some(module) => Evidence::code(&module.site(range)),
        None => Evidence::code(&crate::model::site::Site::file("")),
    }
}
