//! `code-imports-resolve`: Every import resolves in what ships.

use std::collections::{BTreeMap, BTreeSet};

use super::{relative_imports, src_layout};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::reachability::{Absent, Live};
use crate::checks::{Category, Check, Need, fixes};
use crate::context::Context;
use crate::context::copied_code;
use crate::context::imports::{Answer, Node, Python};
use crate::context::installed::{Installed, Manifest, Releases};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::site::Site;
use crate::model::source::{CopiedModule, ExternalImport, Import, Language, ModuleId};
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
    add: Option<String>,
    /// What is declared is to be bound, not added to.
    bounds: bool,
    /// What fixes it beside a dependency.
    remedy: Remedy,
    evidence: Evidence,
    breaks_start: bool,
}

/// What fixes an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// A dependency, or another import.
    Plain,
    /// It lies below `src/`, where Python does not look.
    BelowSrc,
    /// Dots that lead nowhere.
    Relative,
}

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

/// What is found, import by import.
#[derive(Default)]
struct Found {
    missing: BTreeMap<(String, String), Missing>,
    unknown: BTreeMap<String, String>,
    /// Modules of the project's own that this clone does not have, and why.
    ignored: BTreeMap<String, String>,
    transitive: BTreeMap<String, Site>,
    counted: BTreeSet<String>,
    /// What is not installed, and what only a branch imports that is switched off.
    off: Vec<Evidence>,
}

impl Found {
    fn take(&mut self, external: &ExternalImport, place: &Site, answer: Answer, starts: bool) {
        self.counted.insert(external.package.clone());
        let remedy = match answer {
            Answer::BelowSrc(_) => Remedy::BelowSrc,
            _ => Remedy::Plain,
        };
        let (why, add, bounds) = match answer {
            Answer::Resolved => return,
            Answer::Transitive(of) => {
                self.transitive
                    .entry(of)
                    .or_insert_with(|| external.site.clone());
                return;
            }
            Answer::Unknown(why) => {
                self.unknown.entry(external.package.clone()).or_insert(why);
                return;
            }
            Answer::Ignored(why) => {
                self.ignored.entry(external.dotted.clone()).or_insert(why);
                return;
            }
            Answer::Missing(why, add) => (why, add, false),
            Answer::BelowSrc(why) => (why, None, false),
            Answer::Lacks(lack) => (lack.why, lack.bound, true),
        };
        let site = if bounds { place } else { &external.site };
        let found = Missing {
            says: format!("{} ({why})", external.dotted),
            add,
            bounds,
            remedy,
            evidence: evidence(site, &why, starts),
            breaks_start: starts,
        };
        self.add((external.package.clone(), why), found, starts);
    }

    fn refuse(&mut self, refused: relative_imports::Refused) {
        let found = Missing {
            says: format!("{} ({})", refused.dotted, refused.why),
            add: None,
            bounds: false,
            remedy: Remedy::Relative,
            evidence: evidence(&refused.site, &refused.why, refused.starts),
            breaks_start: refused.starts,
        };
        let path = refused.site.path.to_string();
        self.add(
            (format!("{path} {}", refused.dotted), refused.why),
            found,
            refused.starts,
        );
    }

    fn add(&mut self, key: (String, String), found: Missing, starts: bool) {
        match self.missing.get_mut(&key) {
            Some(before) if before.breaks_start || !starts => {}
            Some(before) => *before = found,
            None => {
                self.missing.insert(key, found);
            }
        }
    }
}

fn evidence(site: &Site, why: &str, starts: bool) -> Evidence {
    let (note, severity) = if starts {
        (why.to_owned(), Severity::High)
    } else {
        let note = format!("{why}; it breaks when this runs, not at the start");
        (note, Severity::Medium)
    };
    Evidence::code(site).note(note).severity(severity)
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let name = &code.runtime.name;
    let resource = code.resource();
    let facts = context.files.dependencies.get(&resource.to_string());
    let python = Python::new(context, code, facts);
    let node = Node::new(context, code, facts);
    let eager = eager(code);
    let absent = copied_code::absent(context, code.runtime);
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unknown);
    let mut found = Found::default();
    let idle = !python.moves_path() && !src_layout::is_on_path(context, code);
    let src = code.code.below_src.iter().filter(|_| idle);
    let imports = code.code.external.iter().map(|external| (external, false));
    for (external, below_src) in imports.chain(src.map(|external| (external, true))) {
        let Some((module, import)) = import_of(code, external) else {
            continue;
        };
        if import.type_only || import.optional {
            continue;
        }
        let answer = match module.language {
            Language::Python if below_src => python.below_src(external, &code.code.code_root),
            Language::Python => python.answer(external, import),
            Language::TypeScript => node.answer(external),
        };
        // A folder that the image takes from outside of this tree may hold it.
        let answer = match (answer, absent.first()) {
            (Answer::Missing(_, None), Some(copied)) if !external.dotted.starts_with('.') => {
                Answer::Unknown(format!(
                    "{}, which {} copies into the image, is not in this tree",
                    copied.path,
                    copied.place()
                ))
            }
            (answer, _) => answer,
        };
        let lacks = !matches!(answer, Answer::Resolved | Answer::Transitive(_));
        if lacks && !live.runs(module.id, import.range) {
            found.off.push(off(external));
            continue;
        }
        let starts = !import.lazy && !import.dynamic && eager.contains(&external.module);
        found.take(external, &module.site(import.range), answer, starts);
    }
    for refused in relative_imports::refused(code, &eager) {
        found.refuse(refused);
    }
    let off = found.off;
    let copied = copied(code);
    let notes = found.transitive.into_iter().map(|(of, site)| {
        Evidence::code(&site)
            .note(format!(
                "{of} is not declared; another dependency installs it, and may stop doing so"
            ))
            .context()
    });
    if !found.missing.is_empty() {
        let missing = found.missing.into_values().collect();
        return failed(context, code, missing, python.installed.as_ref())
            .evidences(notes)
            .evidences(copied)
            .evidences(off);
    }
    let more = |count: usize| match count {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    if let Some((module, why)) = found.ignored.iter().next() {
        let more = more(found.ignored.len());
        let reason = format!(
            "whether `{module}`{more} ships with runtime {name} cannot be told: {why}. Run the step that makes it, then run again"
        );
        return Outcome::skipped(resource, Unread::new(ReasonCode::Absent, reason));
    }
    if let Some((package, why)) = found.unknown.iter().next() {
        let more = more(found.unknown.len());
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
            found.counted.len(),
            code.scope()
        ),
    )
    .evidences(notes)
    .evidences(copied)
    .evidences(off)
}

/// The modules that a step copies into the code root, each with the first file that was read in its place.
fn copied(code: &AgentCode<'_>) -> Vec<Evidence> {
    let read = |copied: &CopiedModule| {
        let from = copied.original();
        let is_in = |path: &str| {
            let rest = path.strip_prefix(&from);
            rest.is_some_and(|rest| rest == ".py" || rest.starts_with('/'))
        };
        let mut modules = code.modules();
        let module = modules.find(|module| is_in(&module.path))?;
        let note = format!(
            "`{}` was read here; what ships is a copy at {}, which git ignores and which is not here: the step that makes it has to run before a deploy",
            copied.name, copied.to
        );
        Some(
            Evidence::code(&Site::file(&*module.path))
                .note(note)
                .context(),
        )
    };
    code.code.copied.iter().filter_map(read).collect()
}

/// An import in a branch that the configuration switches off.
fn off(external: &ExternalImport) -> Evidence {
    Evidence::code(&external.site)
        .note(format!(
            "{} does not ship, and is not imported: what agentcore.json sets switches this branch off",
            external.dotted
        ))
        .context()
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
        waiting.extend(code.packages_of(module));
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
    let rest = missing
        .iter()
        .filter(|one| one.add.is_none() && one.remedy == Remedy::Plain)
        .count();
    let all_bounds = missing.iter().all(|one| one.bounds);
    let all_relative = missing.iter().all(|one| one.remedy == Remedy::Relative);
    let what = if all_bounds {
        "needs names that the releases it gets do not have"
    } else if all_relative {
        "has relative imports that Python refuses"
    } else {
        "imports what does not ship"
    };
    let outcome = Outcome::fail(
        code.resource(),
        format!(
            "runtime {} {what}, so {consequence}: {}",
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
    let mut fix = if all_relative {
        Fix::new("Import by absolute names")
    } else {
        fix(context, &missing, installed, rest, all_bounds)
    };
    let has = |remedy: Remedy| missing.iter().any(|one| one.remedy == remedy);
    if has(Remedy::BelowSrc) {
        fix = fix.note(src_layout::remedy(code));
    }
    if has(Remedy::Relative) {
        fix = fix.note(relative_imports::REMEDY);
    }
    outcome.fix(fix)
}

const BY_HAND: &str = "add the distribution that holds the module (its name is not always the module's: look it up, a wrong name may be someone else's package), move the module into the code location, or drop the import";
const REWRITE: &str = "import what took the name's place, as the package's release notes say; the manifest asks for a release without it";

fn fix(
    context: &Context,
    missing: &[Missing],
    installed: Option<&Installed<'_>>,
    rest: usize,
    all_bounds: bool,
) -> Fix {
    let by_hand = if all_bounds { REWRITE } else { BY_HAND };
    let add: BTreeSet<&str> = missing
        .iter()
        .filter_map(|one| one.add.as_deref())
        .collect();
    if add.is_empty() {
        let title = if all_bounds {
            "Import what the release has"
        } else {
            "Ship what is imported"
        };
        let fix = Fix::new(title);
        return if rest > 0 { fix.note(by_hand) } else { fix };
    }
    let mut fix = Fix::new(if all_bounds {
        "Stay with the releases that have the names, until the code is moved on"
    } else {
        "Declare what is imported"
    });
    let locked = installed.is_some_and(|installed| installed.releases == Releases::Locked);
    match installed.map(|installed| installed.manifest) {
        Some(Manifest::PyProject(pyproject)) if pyproject.standard => {
            let mut command = Command::new("uv").arg("add");
            // The lock that the image is built from has to follow.
            if !locked {
                command = command.arg("--frozen");
            }
            fix = fix
                .command(
                    command
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
    fix
}
