//! `code-imports-resolve`: Every import resolves in what ships.

use std::collections::{BTreeMap, BTreeSet};

use super::import_answer::{Answer, Node, Python};
use crate::checks::agent_code::{self, AgentCode};
use crate::checks::installed::{Installed, Manifest};
use crate::checks::{Category, Check, Need, fixes};
use crate::context::Context;
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::{ExternalImport, Import, Language, ModuleId};
use crate::report::{Evidence, Fix, Outcome, Severity};
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "code-imports-resolve",
    title: "Every import resolves in what ships",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Code, Need::Files],
    page: include_str!("code_imports_resolve.md"),
    references: &[
        "https://docs.python.org/3/library/sys.html#sys.stdlib_module_names",
        "https://docs.astral.sh/uv/pip/packages/",
        "https://packaging.python.org/en/latest/specifications/dependency-groups/",
    ],
    run,
};

/// A finding over all imports of one package.
struct Missing {
    says: String,
    add: Option<&'static str>,
    evidence: Evidence,
    breaks_start: bool,
}

fn run(context: &Context) -> Vec<Outcome> {
    agent_code::each(context, |code| judge(context, code))
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let name = &code.runtime.name;
    let resource = code.resource();
    let facts = context.files.dependencies.get(&resource.to_string());
    let python = Python::new(context, code, facts);
    let node = Node::new(context, code, facts);
    let eager = eager(code);
    let mut missing: BTreeMap<(String, String), Missing> = BTreeMap::new();
    let mut unknown: BTreeMap<String, String> = BTreeMap::new();
    let (mut transitive, mut counted) = (BTreeMap::new(), BTreeSet::new());
    for external in &code.code.external {
        let Some((module, import)) = import_of(code, external) else {
            continue;
        };
        if import.type_only || import.optional {
            continue;
        }
        let answer = match module.language {
            Language::Python => python.answer(external, import),
            Language::TypeScript => node.answer(external),
        };
        counted.insert(external.package.clone());
        match answer {
            Answer::Resolved => {}
            Answer::Transitive(of) => {
                transitive
                    .entry(of)
                    .or_insert_with(|| external.site.clone());
            }
            Answer::Unknown(why) => {
                unknown.entry(external.package.clone()).or_insert(why);
            }
            Answer::Missing(why, add) => {
                let breaks_start =
                    !import.lazy && !import.dynamic && eager.contains(&external.module);
                let says = format!("{} ({why})", external.dotted);
                let evidence = Evidence::code(&external.site)
                    .note(if breaks_start {
                        why.clone()
                    } else {
                        format!("{why}; it breaks when this runs, not at the start")
                    })
                    .severity(if breaks_start {
                        Severity::High
                    } else {
                        Severity::Medium
                    });
                let found = Missing {
                    says,
                    add,
                    evidence,
                    breaks_start,
                };
                let key = (external.package.clone(), why);
                match missing.get_mut(&key) {
                    Some(before) if before.breaks_start || !breaks_start => {}
                    Some(before) => *before = found,
                    None => {
                        missing.insert(key, found);
                    }
                }
            }
        }
    }
    let notes = transitive.into_iter().map(|(of, site)| {
        Evidence::code(&site)
            .note(format!("{of} is not declared; it comes along with another dependency, and may leave with it"))
            .context()
    });
    if !missing.is_empty() {
        return failed(
            context,
            code,
            missing.into_values().collect(),
            python.installed.as_ref(),
        )
        .evidences(notes);
    }
    if let Some((package, why)) = unknown.iter().next() {
        let more = match unknown.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let mut reason = Unread::new(
            ReasonCode::Absent,
            format!(
                "whether anything installs `{package}` for runtime {name} cannot be told{more}: {why}"
            ),
        );
        if let Some(command) = python.lock_command().or_else(|| node.lock_command()) {
            reason = reason.command_if(command.text());
        }
        return Outcome::skipped(resource, reason);
    }
    Outcome::pass(
        resource,
        format!(
            "runtime {name}: the {} package(s) that the {} import are in the standard library, the tree or what is installed",
            counted.len(),
            code.scope()
        ),
    )
    .evidences(notes)
}

fn import_of<'a>(
    code: &AgentCode<'a>,
    external: &ExternalImport,
) -> Option<(&'a crate::model::source::Module, &'a Import)> {
    let module = code.source.module(external.module)?;
    Some((module, module.imports.get(external.import)?))
}

/// The modules that are run when the entrypoint is imported.
fn eager(code: &AgentCode<'_>) -> BTreeSet<ModuleId> {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<ModuleId> = code.code.entry.into_iter().collect();
    while let Some(id) = waiting.pop() {
        let Some(module) = code.source.module(id).filter(|_| seen.insert(id)) else {
            continue;
        };
        let runs = |import: &&Import| {
            !(import.lazy || import.type_only || import.optional || import.dynamic)
        };
        waiting.extend(
            module
                .imports
                .iter()
                .filter(runs)
                .filter_map(|import| import.target),
        );
        waiting.extend(module.exports.iter().filter_map(|export| export.target));
    }
    seen
}

fn failed(
    context: &Context,
    code: &AgentCode<'_>,
    missing: Vec<Missing>,
    installed: Option<&Installed<'_>>,
) -> Outcome {
    let starts = !missing.iter().any(|one| one.breaks_start);
    let says: Vec<&str> = missing.iter().map(|one| one.says.as_str()).collect();
    let consequence = if starts {
        "it fails when that code runs"
    } else {
        "it cannot start"
    };
    let add: BTreeSet<&str> = missing.iter().filter_map(|one| one.add).collect();
    let rest = missing.iter().filter(|one| one.add.is_none()).count();
    let outcome = Outcome::fail(
        code.resource(),
        format!(
            "runtime {} imports what does not ship, so {consequence}: {}",
            code.runtime.name,
            says.join("; ")
        ),
    )
    .severity(if starts {
        Severity::Medium
    } else {
        Severity::High
    })
    .evidences(missing.iter().map(|one| one.evidence.clone()));
    let by_hand = "add the distribution that holds the module (its name is not always the module's: look it up, a wrong name may be someone else's package), move the module into the code location, or drop the import";
    if add.is_empty() {
        return outcome.fix(Fix::new("Make what is imported ship").note(by_hand));
    }
    let mut fix = Fix::new("Declare what is imported");
    match installed.map(|installed| installed.manifest) {
        Some(Manifest::PyProject(pyproject)) if pyproject.standard => {
            fix = fix
                .command(
                    Command::new("uv")
                        .args(["add", "--frozen"])
                        .opt("--project", pyproject.folder.as_str())
                        .args(add),
                )
                .command(fixes::deploy(context));
        }
        Some(Manifest::Requirements(path)) => {
            fix = fix
                .command(
                    Command::new("printf")
                        .arg("\\n%s\\n")
                        .args(add)
                        .append_to_file(path),
                )
                .command(fixes::deploy(context));
        }
        Some(_) | None => {
            let names: Vec<&str> = add.into_iter().collect();
            fix = fix.note(format!(
                "install {} where the image is built",
                names.join(", ")
            ));
        }
    }
    if rest > 0 {
        fix = fix.note(format!("for the other {rest}: {by_hand}"));
    }
    outcome.fix(fix)
}
