//! `--only`, `--skip`, `--standard`, `--runtime`: which results are wanted.

use std::collections::BTreeSet;

use crate::checks::{self, Category, Check};
use crate::cli::ScopeArgs;
use crate::config;
use crate::exit::{Failure, suggestion};
use crate::model::standards::{self, Standard};
use crate::report::{CheckResult, Filters, ResourceType};

/// A validated selection.
#[derive(Debug)]
pub(super) struct Selection {
    filters: Filters,
}

impl Selection {
    /// Validates ids and categories.
    ///
    /// # Errors
    /// An unknown one, with a suggestion, or a selection that leaves nothing.
    pub fn new(scope: &ScopeArgs) -> Result<Self, Failure> {
        for (flag, words) in [("--only", &scope.only), ("--skip", &scope.skip)] {
            for word in words {
                known(flag, &word.to_lowercase())?;
            }
        }
        let selection = Self {
            filters: Filters {
                only: lower(&scope.only),
                skip: lower(&scope.skip),
                runtime: scope.runtime.clone(),
                standard: scope
                    .standard
                    .as_deref()
                    .map(standard)
                    .transpose()?
                    .map(|one| one.id),
                since: None,
                off: Vec::new(),
            },
        };
        if checks::all().any(|check| selection.check(check)) {
            Ok(selection)
        } else {
            Err(Failure::new("--only, --skip and --standard leave no check")
                .help("`agentcore-harden list` shows them"))
        }
    }

    /// What the report says of it.
    pub fn filters(&self) -> Filters {
        self.filters.clone()
    }

    /// True for a check that is to run.
    pub fn check(&self, check: &Check) -> bool {
        let names = |words: &[String]| {
            words
                .iter()
                .any(|word| config::names(word, check.id) || word == check.category.id())
        };
        (self.filters.only.is_empty() || names(&self.filters.only))
            && !names(&self.filters.skip)
            && self.filters.standard.is_none_or(|standard| {
                standards::controls_of(standard)
                    .flat_map(|control| &control.answers)
                    .any(|answer| answer.check == check.id)
            })
    }

    /// True for a runtime or harness that is wanted.
    pub fn runtime(&self, name: &str) -> bool {
        self.filters.runtime.is_empty() || self.filters.runtime.iter().any(|wanted| wanted == name)
    }

    /// True for a result that is wanted: with `--runtime`, results about other runtimes and harnesses are left out; what is
    /// about the project, a gateway or a memory concerns the chosen runtime too.
    pub fn result(&self, result: &CheckResult) -> bool {
        match result.resource.kind {
            ResourceType::Runtime | ResourceType::Harness => self.runtime(&result.resource.name),
            _ => true,
        }
    }

    /// Every `--runtime` must exist in one of the projects.
    ///
    /// # Errors
    /// An unknown name, with a suggestion.
    pub fn runtimes_exist(&self, names: &BTreeSet<String>) -> Result<(), Failure> {
        let unknown = self
            .filters
            .runtime
            .iter()
            .find(|wanted| !names.contains(*wanted));
        let Some(unknown) = unknown else {
            return Ok(());
        };
        let failure = Failure::new(format!("no runtime or harness \"{unknown}\""));
        Err(failure.help(
            match suggestion(unknown, names.iter().map(String::as_str)) {
                Some(close) => format!("did you mean \"{close}\"?"),
                None if names.is_empty() => "the project has none".to_owned(),
                None => {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    format!("there are: {}", names.join(", "))
                }
            },
        ))
    }
}

fn known(flag: &str, word: &str) -> Result<(), Failure> {
    let categories = || Category::ALL.into_iter().map(Category::id);
    if checks::all().any(|check| config::names(word, check.id)) || categories().any(|id| id == word)
    {
        return Ok(());
    }
    let all = checks::all().map(|check| check.id).chain(categories());
    let failure = Failure::new(format!("{flag}: no check or category \"{word}\""));
    Err(failure.help(match suggestion(word, all) {
        Some(close) => {
            format!("did you mean \"{close}\"? `agentcore-harden list` shows every check")
        }
        None => "`agentcore-harden list` shows every check".to_owned(),
    }))
}

/// The standard that `--standard` names.
///
/// # Errors
/// An unknown one, with a suggestion.
pub(super) fn standard(word: &str) -> Result<&'static Standard, Failure> {
    let word = word.to_lowercase();
    if let Some(found) = standards::find(&word) {
        return Ok(found);
    }
    let ids = || standards::all().iter().map(|standard| standard.id);
    let failure = Failure::new(format!("--standard: no standard \"{word}\""));
    Err(failure.help(match suggestion(&word, ids()) {
        Some(close) => format!("did you mean \"{close}\"?"),
        None => format!("there are: {}", ids().collect::<Vec<_>>().join(", ")),
    }))
}

/// Ids are written in small letters; whoever types them need not be careful about it.
fn lower(words: &[String]) -> Vec<String> {
    words.iter().map(|word| word.to_lowercase()).collect()
}
