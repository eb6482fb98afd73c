//! The audit of one project: collect a [`Context`], evaluate the registry over it.

use std::path::Path;

use crate::checks::{self, Check};
use crate::collect::{manifest, project};
use crate::config::Settings;
use crate::context::Context;
use crate::exit::Failure;
use crate::model::files::FileFacts;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::report::{CheckResult, assemble};

/// What to collect, and from where.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The project's root as the user sees it.
    pub shown: String,
    /// `--target`.
    pub target: Option<String>,
}

/// Collects everything that the checks read of the project at `root`.
///
/// # Errors
/// When the audit cannot be done: `agentcore.json` is missing, unreadable or not a JSON object.
pub fn collect(root: &Path, options: &Options) -> Result<Context, Failure> {
    let project = project::collect(root, &options.shown).map_err(|error| {
        Failure::new(error.to_string()).help("mend the file; `agentcore validate` reads it too")
    })?;
    let named = |name: &str| project.targets.iter().find(|target| target.name == name);
    let target = named(options.target.as_deref().unwrap_or("default"))
        .or(project.targets.first())
        .cloned();
    let files = FileFacts {
        manifests: manifest::collect(&project),
        ..FileFacts::default()
    };
    Ok(Context {
        target,
        project,
        settings: Settings::default(),
        files,
        template: Known::Absent,
        aws: Known::Unread(Unread::new(
            ReasonCode::Offline,
            "AWS is not read in this run",
        )),
        today: jiff::Zoned::now().date(),
    })
}

/// Runs the selected checks.
pub fn evaluate(context: &Context, selected: impl Fn(&Check) -> bool) -> Vec<CheckResult> {
    checks::all()
        .filter(|check| selected(check))
        .flat_map(|check| {
            (check.run)(context)
                .into_iter()
                .map(move |outcome| (check, outcome))
        })
        .map(|(check, outcome)| {
            assemble::result(
                check,
                outcome,
                context.settings.severity.get(check.id).copied(),
            )
        })
        .collect()
}
