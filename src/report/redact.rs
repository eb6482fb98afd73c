//! The last step before a report: no secret of the project is quoted, whichever check quotes the line that it stands on.
//!
//! Excerpts, messages, notes and diffs are copied from the project's files. What [`crate::secrets`] finds in such a text is covered,
//! and so is every value that the configuration gives to a variable with a secret's name: by itself it may look like any word.

use crate::collect::source::language_of;
use crate::context::Context;
use crate::model::known::Known;
use crate::secrets::form::{
    addressed, key_file, literals, names, placed, quotations, settings, unnamed,
};
pub use crate::secrets::redact::Redactor;
use crate::secrets::redact::{FORMS, by_form, drawn, gather, misplaced};

use super::{CheckResult, Evidence, Fix, Report};

impl Redactor {
    /// Every secret that was recognised in anything that was read of a project: a line that is quoted may repeat it where nothing
    /// says what it is.
    pub fn of_context(context: &Context) -> Self {
        let project = &context.project;
        let mut values = Vec::new();
        let documents = project
            .documents()
            .chain(project.targets_file.read())
            .chain(project.deployed_file.read())
            .chain(context.template.read().map(|template| &template.document))
            .chain(
                context
                    .stacks
                    .made()
                    .into_iter()
                    .flat_map(|all| &all.stacks)
                    .map(|stack| &stack.template.document),
            )
            .chain(
                project
                    .named_files
                    .values()
                    .filter_map(|file| file.document.as_ref()),
            );
        for document in documents {
            gather(&document.root, &mut values);
            misplaced(&document.root, &mut values);
        }
        if let Known::Read(targets) = &project.targets_file {
            drawn(&targets.root, &mut values);
        }
        if let Some(contents) = context.files.contents.made() {
            values.extend(contents.values.texts().map(str::to_owned));
        }
        Self::of_values(values)
    }

    /// Covers what a result quotes.
    pub fn result(&self, result: &mut CheckResult) {
        self.sentence(&mut result.message);
        by_form(&mut result.resource.name);
        for evidence in &mut result.evidence {
            self.evidence(evidence);
        }
        for fix in &mut result.fixes {
            self.sentence(&mut fix.title);
            self.sentence(&mut fix.note);
            self.commands(fix);
            for edit in &mut fix.edits {
                self.diff(&edit.path, &mut edit.diff, quoted_line);
                by_form(&mut edit.path);
                key_file(&mut edit.path);
            }
        }
        if let Some(reason) = &mut result.reason {
            self.sentence(&mut reason.message);
            if let Some(command) = &mut reason.command {
                by_form(command);
            }
        }
    }

    /// Covers what a report quotes beside its results: notes, names, reasons of suppressions and acceptances.
    pub fn report(&self, report: &mut Report) {
        let project = &mut report.project;
        by_form(&mut project.name);
        by_form(&mut project.path);
        let optional = [
            &mut project.target,
            &mut project.account,
            &mut project.region,
        ];
        let optional = optional.into_iter().flatten();
        for text in optional.chain(&mut report.notes) {
            self.redact("", text);
            placed(text);
            unnamed(text);
            names(text);
        }
        for runtime in &mut project.runtimes {
            let optional = [
                &mut runtime.language,
                &mut runtime.framework,
                &mut runtime.build,
                &mut runtime.network_mode,
                &mut runtime.protocol,
            ];
            let models = runtime.models.iter_mut();
            for text in optional.into_iter().flatten().chain(models) {
                self.redact("", text);
                settings(text);
            }
            by_form(&mut runtime.name);
        }
        for result in &mut report.results {
            if let Some(suppression) = &mut result.suppression {
                self.redact("", &mut suppression.reason);
                unnamed(&mut suppression.reason);
                self.redact("", &mut suppression.source);
            }
            if let Some(acceptance) = &mut result.acceptance {
                for text in [&mut acceptance.reason, &mut acceptance.by] {
                    self.redact("", text);
                    unnamed(text);
                }
            }
        }
    }

    /// A command that quotes a secret would not work covered: it is left out, and the note says so.
    fn commands(&self, fix: &mut Fix) {
        let shows = |command: &String| {
            let joined = command.replace("__", "/");
            let mut covered = command.clone();
            placed(&mut covered);
            names(&mut covered);
            for word in command.split(|c: char| c.is_whitespace() || c == '\'') {
                let mut path = word.to_owned();
                key_file(&mut path);
                if path != word {
                    return true;
                }
            }
            covered != *command
                || FORMS.text("", command).is_some()
                || FORMS.text("", &joined).is_some()
        };
        if fix.commands.iter().any(shows) {
            fix.commands.clear();
            let gap = if fix.note.is_empty() { "" } else { ". " };
            fix.note = format!("{}{gap}{NO_COMMAND}", fix.note);
        }
    }

    /// Covers what a sentence of a check quotes.
    fn sentence(&self, text: &mut String) {
        self.redact("", text);
        placed(text);
        quotations(text);
        names(text);
    }

    fn evidence(&self, evidence: &mut Evidence) {
        self.sentence(&mut evidence.note);
        let fields = [
            &mut evidence.arn,
            &mut evidence.policy,
            &mut evidence.statement,
            &mut evidence.field,
        ];
        for text in fields.into_iter().flatten() {
            self.redact("", text);
            placed(text);
            names(text);
        }
        for step in &mut evidence.steps {
            by_form(&mut step.path);
            key_file(&mut step.path);
        }
        let Some(site) = &mut evidence.site else {
            return;
        };
        for text in [&mut site.line_text, &mut site.excerpt] {
            let mut shown = self
                .text(&site.path, text)
                .unwrap_or_else(|| text.to_string());
            quoted_line(&site.path, &mut shown);
            if *shown != **text {
                *text = shown.into();
            }
        }
        let mut path = site.path.to_string();
        by_form(&mut path);
        key_file(&mut path);
        if *path != *site.path {
            site.path = path.into();
        }
    }
}

/// Covers, in a line that was copied from a file, what the line itself says may be a secret.
fn quoted_line(path: &str, line: &mut String) {
    if language_of(path).is_some() {
        // First: the rest would cover a part of a name only.
        names(line);
        literals(line);
        addressed(line);
    } else {
        names(line);
        settings(line);
    }
}

/// Said in the place of commands.
const NO_COMMAND: &str =
    "no command is printed: it would hold what looks like a secret; do by hand what the title says";
