//! What every check over an agent's code starts from: the modules that run, and the rule that code which could not be read
//! never passes.

pub(crate) mod absent;
mod served;

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::collect::project::joined;
use crate::context::Context;
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::{Agent, Runtime};
use crate::model::source::{
    ByteRange, Expr, FnId, Language, Module, ModuleId, RuntimeSource, Source,
};
use crate::report::{Evidence, Outcome, Resource, Status};

/// The code of one runtime.
#[derive(Clone, Copy)]
pub struct AgentCode<'a> {
    /// The runtime's entry in the configuration.
    pub runtime: &'a Runtime,
    /// Its modules and handlers.
    pub code: &'a RuntimeSource,
    /// All source.
    pub source: &'a Source,
}

/// One outcome per runtime. A runtime whose code is not there is `skipped`; a project without runtimes is not applicable (the
/// model loop of a harness is AWS's own code).
pub fn each<'a>(context: &'a Context, judge: impl Fn(&AgentCode<'a>) -> Outcome) -> Vec<Outcome> {
    if context.project.runtimes.is_empty() {
        let message = "no runtime with code of its own is configured";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    let one = |runtime: &'a Runtime| match of(context, runtime) {
        Ok(code) => code.honest(context, judge(&code)),
        Err(reason) => Outcome::skipped(Agent::Runtime(runtime).resource(), reason),
    };
    context.project.runtimes.iter().map(one).collect()
}

/// As [`each`], for checks of what handlers do: where no handler was found, a pass would say nothing, and it is `skipped`.
pub fn each_handled<'a>(
    context: &'a Context,
    judge: impl Fn(&AgentCode<'a>) -> Outcome,
) -> Vec<Outcome> {
    each(context, |code| {
        let outcome = judge(code);
        let read = code.unread().is_none() && absent::code(context, code).is_none();
        if outcome.status == Status::Pass && read && !served::serves(code) {
            return Outcome::skipped(outcome.resource, served::nothing(code));
        }
        outcome
    })
}

/// The code of a runtime; [`AgentCode::unread`] tells what of it could not be parsed.
///
/// # Errors
/// Why it is not there.
pub fn of<'a>(context: &'a Context, runtime: &'a Runtime) -> Result<AgentCode<'a>, Unread> {
    let found = context.source.runtime(&runtime.name);
    let code = found
        .filter(|code| code.entry.is_some())
        .ok_or_else(|| missing(context, runtime))?;
    Ok(AgentCode {
        runtime,
        code,
        source: &context.source,
    })
}

/// What of a runtime's code is not here because git ignores it and the step that makes it was not run.
pub fn not_made(context: &Context, runtime: &Runtime) -> Option<Unread> {
    let location = &runtime.code_location.as_ref()?.value;
    let entry = runtime.entrypoint.as_ref();
    let entry = entry.map(|entry| {
        let file = entry.value.split(':').next().unwrap_or_default();
        joined(location, file)
    });
    let named = &context.project.named_files;
    let ignored = |path: &String| named.get(path).is_some_and(|file| file.ignored);
    let path = [Some(location.clone()), entry]
        .into_iter()
        .flatten()
        .find(ignored)?;
    Some(Unread::new(
        ReasonCode::Absent,
        format!(
            "the code of runtime {} is not here: {path} does not exist, and git ignores it: run the step that builds it, then check again",
            runtime.name
        ),
    ))
}

fn missing(context: &Context, runtime: &Runtime) -> Unread {
    if let Some(reason) = not_made(context, runtime) {
        return reason;
    }
    let text = |value: &Option<crate::model::site::Sited<String>>| {
        value
            .as_ref()
            .map_or("?", |text| text.value.as_str())
            .to_owned()
    };
    let (location, entry) = (text(&runtime.code_location), text(&runtime.entrypoint));
    Unread::new(
        ReasonCode::Absent,
        format!(
            "the code of runtime {} is not here: no {entry} in {location} that can be read",
            runtime.name
        ),
    )
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

    /// The packages that importing a module runs first: `a/__init__.py` and `a/b/__init__.py` for `a.b.c`.
    pub fn packages_of(&self, module: &Module) -> Vec<ModuleId> {
        let mut found = Vec::new();
        if module.language != Language::Python {
            return found;
        }
        let mut name = &*module.name;
        while let Some((parent, _)) = name.rsplit_once('.') {
            name = parent;
            let package = self.modules().find(|module| *module.name == *parent);
            found.extend(package.map(|module| module.id));
        }
        found
    }

    /// Every call in the modules that run, with its module and the function that it stands in. Functions that nothing can call are
    /// left out.
    pub fn calls(&self) -> impl Iterator<Item = (&'a Module, Option<FnId>, &'a Expr)> + use<'a> {
        let code = self.code;
        let runs = move |function: Option<FnId>| function.is_none_or(|id| !code.idle.contains(&id));
        self.modules().flat_map(move |module| {
            module
                .calls()
                .into_iter()
                .filter(move |(function, _)| runs(*function))
                .map(move |(function, call)| (module, function, call))
        })
    }

    /// Whether a function can run: something that runs may call it.
    pub fn may_run(&self, function: FnId) -> bool {
        !self.code.idle.contains(&function)
    }

    /// Whether the code, all of it read, starts nothing that could answer a request.
    pub fn starts_nothing(&self, context: &Context) -> bool {
        self.unread().is_none()
            && absent::code(context, self).is_none()
            && served::starts_nothing(self)
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
        let runs = |path: &str| self.modules().any(|module| &*module.path == path);
        let note = self
            .source
            .notes
            .iter()
            .find(|note| runs(&note.site.path))?;
        let line = note.site.span.map_or(String::new(), |span| {
            format!(":{}:{}", span.line, span.column)
        });
        Some(Unread::new(
            ReasonCode::Unsupported,
            format!("{}{line}: {}", note.site.path, note.message),
        ))
    }

    /// Turns a pass into `skipped` where a module that runs could not be read, or is not here: what is in it nobody knows.
    fn honest(&self, context: &Context, outcome: Outcome) -> Outcome {
        if outcome.status != Status::Pass {
            return outcome;
        }
        match self.unread().or_else(|| absent::code(context, self)) {
            Some(reason) => Outcome::skipped(outcome.resource, reason),
            None => outcome,
        }
    }
}

/// Evidence in code, at a range of a module.
pub fn evidence(source: &Source, module: ModuleId, range: ByteRange) -> Evidence {
    match source.module(module) {
        Some(module) => Evidence::code(&module.site(range)),
        None => Evidence::code(&crate::model::site::Site::file("")),
    }
}
