//! `plan`: the fixes of a whole report as one ordered list or script.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use super::fix::{self, Audited};
use super::given;
use super::select::Selection;
use super::{emit, output};
use crate::apply;
use crate::audit::{self, Options};
use crate::cli::PlanArgs;
use crate::collect::project;
use crate::collect::project::Edited;
use crate::comments;
use crate::exit::{Exit, Failure};
use crate::fixes::plan::{self, Plan};
use crate::render;
use crate::render::prose::json_page;
use crate::report::suppress::{self, Suppressions};
use crate::report::{Edit, SCHEMA_VERSION};

/// Prints the plan of every project that PATH leads to; with `--edit` its edits are made, too.
///
/// # Errors
/// When no audit could be done, or a file cannot be written.
pub fn run(arguments: &PlanArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let selection = Selection::new(&arguments.scope)?;
    given::usable_for_audit(&arguments.aws)?;
    let roots = project::discover(&arguments.path).map_err(|error| {
        Failure::new(error.to_string())
            .help("give the path of a project made by `agentcore create`")
    })?;
    if roots.len() > 1 && arguments.script.is_some() {
        return Err(Failure::new(format!(
            "{} projects are in {}, and a script is for one",
            roots.len(),
            arguments.path.display()
        ))
        .help("give the path of one"));
    }
    for (index, root) in roots.iter().enumerate() {
        if index > 0 && !arguments.json {
            emit(out, b"\n")?;
        }
        let (name, plan) = of_project(arguments, &selection, root)?;
        write(arguments, &name, root, &plan, out)?;
    }
    Ok(Exit::Ready)
}

/// The name of the project and its plan. Files change only with `--edit`.
///
/// # Errors
/// When the audit could not be done, or a file cannot be written.
pub(super) fn of_project(
    arguments: &PlanArgs,
    selection: &Selection,
    root: &Path,
) -> Result<(String, Plan), Failure> {
    let shown = super::check::shown(&arguments.path, root);
    let options = super::check::options(&arguments.aws, arguments.config.as_ref(), &shown);
    let mut name = String::new();
    let mut before = None;
    let mut audit = |edited: &Edited| {
        let options = Options {
            edited: edited.clone(),
            ..options.clone()
        };
        let context = audit::collect(root, &options)?;
        context.project.display_name().clone_into(&mut name);
        let mut results = audit::evaluate(&context, |check| selection.check(check));
        results.retain(|result| selection.result(result));
        let suppressions = Suppressions {
            rules: &context.settings.ignores,
            accepts: &context.settings.accepts,
            comments: comments::collect(root, context.source.made(), &results),
            baseline: None,
        };
        suppress::apply(&name, &mut results, &suppressions, context.today);
        if before.is_none() {
            before = Some(results.clone());
        }
        let fail_on = super::check::threshold(arguments.fail_on, &context);
        Ok(Audited { results, fail_on })
    };
    let work = fix::work_out(&mut audit, &|fix| !fix.edits_to_make().is_empty())?;
    let mut edits = Vec::new();
    for (path, change) in &work.changes {
        let edit = change.edit(path);
        if arguments.edit {
            apply::write(root, &edit).map_err(|error| {
                Failure::new(error.to_string()).help("the file was not changed")
            })?;
        }
        edits.push(Edit {
            diff: fix::diff(path, &edit).into(),
            path: path.clone(),
            new_text: change.new.as_str().into(),
        });
    }
    let plan = plan::plan(&before.unwrap_or_default(), &work.after, edits);
    Ok((name, plan))
}

fn write(
    arguments: &PlanArgs,
    name: &str,
    root: &Path,
    plan: &Plan,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let here = std::env::current_dir().and_then(std::fs::canonicalize).ok();
    let away = here.as_deref() != Some(root);
    let from = away.then(|| {
        let below = here
            .as_deref()
            .and_then(|here| root.strip_prefix(here).ok());
        below.unwrap_or(root).display().to_string()
    });
    if let Some(file) = &arguments.script {
        let mut bytes = Vec::new();
        render::plan::script(name, &root.display().to_string(), plan, &mut bytes)?;
        output::write_whole(file, &bytes)?;
        if !arguments.json {
            let line = format!(
                "wrote {}: sh {0}\n",
                crate::text::clean::line(&file.display().to_string())
            );
            return emit(out, line.as_bytes());
        }
    }
    let mut bytes = Vec::new();
    if arguments.json {
        let page = json!({
            "schemaVersion": SCHEMA_VERSION,
            "project": {"name": name, "path": root.display().to_string()},
            "findings": plan.findings,
            "fixedByEdits": plan.fixed_by_edits,
            "steps": plan.steps,
        });
        json_page(&page, &mut bytes)?;
    } else {
        render::plan::text(name, from.as_deref(), plan, &mut bytes)?;
    }
    emit(out, &bytes)
}
