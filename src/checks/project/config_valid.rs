//! `config-valid`: Project configuration is valid.

use std::collections::BTreeSet;

use super::config_fixes;
use super::{config_files, models, payment_secrets, servers};
use crate::checks::{Category, Check, Need, unconfigured};
use crate::cli_schema::{self, Class, Fault};
use crate::collect::json::repeated_keys;
use crate::collect::project::{DEPLOYED, PROMPT, TARGETS, inside, joined};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::json::{Document, Node};
use crate::model::known::Known;
use crate::model::manifest::MissingSource;
use crate::model::site::Site;
use crate::model::source::SourceNoteKind;
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "config-valid",
    title: "Project configuration is valid",
    category: Category::Project,
    severity: Severity::High,
    needs: &[Need::Config, Need::Code],
    page: include_str!("config_valid.md"),
    references: &[
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateAgentRuntime.html",
    ],
    run,
};

/// Faults that one result lists in full.
const MOST_LISTED: usize = 100;
/// Faults that the message itself names.
const MOST_NAMED: usize = 3;

const NEAREST: &str = "Where a number was out of range, the command sets the nearest that is allowed: choose your own if you know better.";

fn run(context: &Context) -> Vec<Outcome> {
    let mut findings = Findings::default();
    project(context, &mut findings);
    targets(context, &mut findings);
    deployed(context, &mut findings);
    harnesses(context, &mut findings);
    stack(context, &mut findings);
    for (site, words) in servers::unreached(context) {
        findings.source(&site, words);
    }
    for (site, words) in models::uncallable(context) {
        findings.source(&site, words);
    }
    images(context, &mut findings);
    sources(context, &mut findings);
    vec![findings.outcome(context)]
}

/// What was found over all documents.
#[derive(Default)]
struct Findings {
    /// Each with the words of the message.
    faults: Vec<(String, Evidence)>,
    notes: Vec<Evidence>,
    /// Commands that fix the faults so far.
    commands: Vec<Command>,
    /// Commands that make locks which an image copies.
    locks: Vec<Command>,
    /// What they fix.
    fixed: Vec<String>,
    /// True when some fault is left for a person.
    left: bool,
    /// What else to know of the commands.
    remark: Option<&'static str>,
    documents: Vec<String>,
    /// True when the targets file is not here and git ignores it.
    unseen: bool,
    /// How many of the faults are of source files.
    code: usize,
}

impl Findings {
    /// Adds the faults of one document.
    fn add(&mut self, document: &Document, mut faults: Vec<Fault>) {
        let path = document.source.path.to_string();
        faults.sort_by(|one, other| {
            (one.range.start, &one.path).cmp(&(other.range.start, &other.path))
        });
        for fault in &faults {
            let site = document.source.site(fault.range.clone());
            let place = if fault.path.is_empty() {
                "the root"
            } else {
                &fault.path
            };
            let words = format!("{place} {}", fault.words);
            let evidence = Evidence::config(&site).note(words.clone());
            match fault.class {
                Class::Rejected | Class::Breaks => {
                    self.faults.push((format!("{path}: {words}"), evidence))
                }
                Class::Note => self.notes.push(evidence.context()),
            }
        }
        for member in repeated_keys(&document.root).into_iter().take(MOST_LISTED) {
            let words = format!(
                "the key \"{}\" is repeated here: only its last value counts",
                member.key
            );
            let site = document.source.site(member.key_range.clone());
            self.notes
                .push(Evidence::config(&site).note(words).context());
        }
        let remedy = config_fixes::of_document(&path, &faults);
        self.left |= !remedy.complete;
        if remedy.nearest {
            self.remark = Some(NEAREST);
        }
        self.fixed.extend(remedy.what);
        self.commands.extend(remedy.command);
        self.documents.push(path);
    }

    /// Adds a fault of a whole file, which a person fixes.
    fn file(&mut self, site: &Site, words: &str) {
        self.left = true;
        self.faults
            .push((words.to_owned(), Evidence::config(site).note(words)));
    }

    /// Adds a fault of a source file, which a person fixes.
    fn source(&mut self, site: &Site, words: String) {
        self.left = true;
        self.code += 1;
        let evidence = Evidence::code(site).note(words.clone());
        self.faults.push((words, evidence));
    }

    /// Commands are printed where they fix all: one that leaves the result failing would break its promise.
    fn fix(&mut self) -> Fix {
        if self.left {
            let note = if self.documents.is_empty() || self.code < self.faults.len() {
                "Fix each place that the evidence names; `agentcore validate` reads the files again."
            } else {
                "Fix each place that the evidence names, and start the agent once before the deploy: `agentcore dev`."
            };
            let title = if self.code == self.faults.len() {
                "Fix the source"
            } else {
                "Edit the configuration"
            };
            return Fix::new(title).note(note);
        }
        let title = match (self.fixed.is_empty(), self.locks.is_empty()) {
            (true, false) => "Lock the dependencies".to_owned(),
            (_, true) => format!("Set {}", self.fixed.join(", ")),
            (false, false) => format!("Set {}, and lock the dependencies", self.fixed.join(", ")),
        };
        let commands = std::mem::take(&mut self.locks).into_iter();
        let fix = Fix::new(title).commands(commands.chain(std::mem::take(&mut self.commands)));
        match self.remark {
            Some(remark) => fix.note(remark),
            None => fix,
        }
    }

    fn outcome(mut self, context: &Context) -> Outcome {
        let resource = context.project.resource();
        let count = self.faults.len();
        self.notes.truncate(MOST_LISTED);
        if count == 0 {
            let verb = if self.documents.len() == 1 {
                "holds"
            } else {
                "hold"
            };
            let documents = listed(&self.documents);
            let named = context.project.named_files.iter();
            let not_made: Vec<String> = named
                .filter(|(_, file)| file.ignored)
                .map(|(path, _)| path.clone())
                .collect();
            // What stands in a folder that is not here is not named beside it.
            let roots = not_made.iter().filter(|path| {
                let above = |other: &&String| {
                    let other = other.trim_end_matches('/');
                    path.trim_end_matches('/') != other && path.starts_with(&format!("{other}/"))
                };
                !not_made.iter().any(|other| above(&other))
            });
            let unseen: Vec<String> = self
                .unseen
                .then(|| TARGETS.to_owned())
                .into_iter()
                .chain(roots.cloned())
                .collect();
            let exists = if not_made.is_empty() {
                "every file named there exists"
            } else {
                "every other file named there exists"
            };
            let unseen = match unseen.as_slice() {
                [] => String::new(),
                [one] => format!("; git ignores {one}, which is not here"),
                several => format!("; git ignores {}, which are not here", listed(several)),
            };
            let mut named = context.project.named_files.values();
            let elsewhere = match named.any(|file| file.out_of_reach) {
                true => ", but for what lies outside of the repository, which was not looked at",
                false => "",
            };
            let message = format!(
                "{documents} {verb} what CLI 0.30 accepts, and {exists}{elsewhere}{unseen}"
            );
            return Outcome::pass(resource, message).evidences(self.notes);
        }
        let fix = self.fix();
        let named: Vec<&str> = self
            .faults
            .iter()
            .take(MOST_NAMED)
            .map(|(words, _)| words.as_str())
            .collect();
        let more = match count - named.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let faults = if count == 1 { "an error" } else { "errors" };
        let what = if self.code == count {
            "the code that a deploy ships"
        } else {
            "the configuration"
        };
        let message = format!("{what} has {faults}: {}{more}", named.join("; "));
        let mut outcome = Outcome::fail(resource, message);
        for (_, evidence) in self.faults.into_iter().take(MOST_LISTED) {
            outcome = outcome.evidence(evidence);
        }
        outcome.evidences(self.notes).fix(fix)
    }
}

/// Source files of a runtime that do not parse or cannot be read: what a checklist says of code that nobody could read is worth
/// nothing, and what does not parse does not start. One fault a file.
fn sources(context: &Context, findings: &mut Findings) {
    let source = &context.source;
    let mut seen: Vec<&str> = Vec::new();
    for runtime in &source.runtimes {
        let modules = runtime.reachable.iter().filter_map(|id| source.module(*id));
        for module in modules {
            let path = &*module.path;
            let note = source.notes.iter().find(|note| {
                &*note.site.path == path
                    && matches!(
                        note.kind,
                        SourceNoteKind::Syntax | SourceNoteKind::Unreadable
                    )
            });
            let (Some(note), false) = (note, seen.contains(&path)) else {
                continue;
            };
            seen.push(path);
            let words = match note.kind {
                SourceNoteKind::Syntax => format!("{path} does not parse: {}", note.message),
                _ => format!("{path} {}", note.message),
            };
            findings.source(&note.site, words);
        }
    }
}

/// What a Dockerfile copies out of a build context that does not hold it: the build of the image ends there.
fn images(context: &Context, findings: &mut Findings) {
    let agents = context.project.agents();
    let manifests = agents.filter_map(|agent| {
        let resource = agent.resource().to_string();
        context.files.manifests.get(&resource)
    });
    let missing = manifests
        .filter_map(|manifests| manifests.dockerfile.read())
        .flat_map(|dockerfile| &dockerfile.missing)
        .filter(|one| one.built);
    let mut seen = BTreeSet::new();
    for one in missing.filter(|one| seen.insert((&one.site, &one.written))) {
        let MissingSource {
            written,
            path,
            site,
            ..
        } = one;
        if one.ignored {
            let words = format!(
                "copies {written}, and {path}, which git ignores, is not here: not judged; run the step that builds it, then check again"
            );
            findings
                .notes
                .push(Evidence::file(site).note(words).context());
            continue;
        }
        let lock = lock_command(path).filter(|_| one.above.is_none());
        let there = match (&one.above, &lock) {
            (Some(above), _) => format!(" ({above} lies outside of the build context)"),
            (None, Some(command)) => format!(" (`{command}` makes it)"),
            (None, None) => String::new(),
        };
        let place = site.span.map_or(1, |span| span.line);
        let words = format!(
            "{}:{place} copies {written}, and {path} does not exist{there}: the build of the image ends there",
            site.path
        );
        match lock {
            Some(command) => findings.locks.push(command),
            None => findings.left = true,
        }
        let evidence = Evidence::file(site).note(words.clone());
        findings.faults.push((words, evidence));
    }
}

/// What makes a lock that is not there.
fn lock_command(path: &str) -> Option<Command> {
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    match name {
        "uv.lock" => Some(Command::new("uv").arg("lock").opt("--project", folder)),
        "package-lock.json" => Some(
            Command::new("npm")
                .args(["install", "--package-lock-only"])
                .opt("--prefix", folder),
        ),
        _ => None,
    }
}

fn listed(paths: &[String]) -> String {
    match paths {
        [] => "no file".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn project(context: &Context, findings: &mut Findings) {
    let document = &context.project.document;
    let mut faults = cli_schema::validate(&document.root, &cli_schema::PROJECT);
    explain_hidden(context, &mut faults);
    faults.extend(cli_schema::references(&document.root));
    faults.extend(cli_schema::lengths(&document.root));
    faults.extend(cli_schema::synthesis(&document.root));
    faults.extend(cli_schema::placeholders(&document.root));
    faults.extend(config_files::faults(context));
    faults.extend(payment_secrets::faults(context));
    findings.add(document, faults);
}

/// A list of resources under a key that the CLI does not know is not to be deleted: it is to stand where the CLI looks.
fn explain_hidden(context: &Context, faults: &mut [Fault]) {
    for hidden in unconfigured::hidden(&context.project) {
        let fault = faults
            .iter_mut()
            .find(|fault| fault.range == hidden.member.range());
        if let Some(fault) = fault {
            fault.words = format!("{}; {}", fault.words, hidden.form());
            fault.repair = None;
        }
    }
}

fn targets(context: &Context, findings: &mut Findings) {
    match &context.project.targets_file {
        Known::Read(document) => {
            findings.add(
                document,
                cli_schema::validate(&document.root, &cli_schema::TARGETS),
            );
        }
        Known::Unread(reason) => findings.file(&Site::file(TARGETS), &reason.message),
        Known::Absent if context.files.ignored.targets => {
            let words = format!("{TARGETS} is not here and git ignores it: it was not judged");
            findings
                .notes
                .push(Evidence::config(&Site::file(TARGETS)).note(words).context());
            findings.unseen = true;
        }
        Known::Absent => {
            let words =
                format!("{TARGETS} does not exist: `agentcore validate` and `deploy` need it");
            let evidence = Evidence::config(&Site::file(TARGETS)).note(words.clone());
            findings.faults.push((words, evidence));
            findings.fixed.push(TARGETS.to_owned());
            findings.remark = Some(
                "An empty list is what `agentcore create` writes; the first `agentcore deploy` asks for account and Region.",
            );
            let targets = Command::new("jq").arg("-n").arg(known_targets(context));
            findings.commands.push(targets.to_file(TARGETS));
        }
    }
}

/// The targets that the deployed state knows, with account and Region from their ARNs; else an empty list. A jq filter.
fn known_targets(context: &Context) -> String {
    let target = |(name, state): (&String, &crate::model::project::DeployedTarget)| {
        let arn = state
            .runtimes
            .values()
            .find_map(|runtime| runtime.arn.as_deref())?;
        let mut parts = arn.split(':').skip(3);
        let (region, account) = (parts.next()?, parts.next()?);
        Some(serde_json::json!({"name": name, "account": account, "region": region}))
    };
    let known: Vec<_> = context.project.deployed.iter().filter_map(target).collect();
    serde_json::Value::Array(known).to_string()
}

fn deployed(context: &Context, findings: &mut Findings) {
    let document = match &context.project.deployed_file {
        Known::Read(document) => document,
        Known::Unread(reason) => return findings.file(&Site::file(DEPLOYED), &reason.message),
        Known::Absent => return,
    };
    let mut faults = cli_schema::validate(&document.root, &cli_schema::DEPLOYED_STATE);
    // The CLI refuses a state of targets that the targets file does not name.
    if let Known::Read(targets) = &context.project.targets_file {
        let names: Vec<_> = targets
            .root
            .items()
            .iter()
            .filter_map(|target| target.get("name")?.as_str())
            .collect();
        let members = document
            .root
            .get("targets")
            .map(Node::members)
            .unwrap_or_default();
        for member in members
            .iter()
            .filter(|member| !names.contains(&&*member.key))
        {
            faults.push(Fault {
                range: member.key_range.clone(),
                path: format!("targets.{}", member.key),
                class: Class::Rejected,
                words: format!("is deployed and not in {TARGETS}"),
                repair: None,
            });
        }
    }
    findings.add(document, faults);
}

/// What the CDK app that the deploy runs imports and does not have.
fn stack(context: &Context, findings: &mut Findings) {
    for lost in &context.project.cdk_lost {
        let why = match &lost.rule {
            Some((file, pattern)) => {
                format!("; {file} (`{pattern}`) keeps it out of the repository")
            }
            None => String::new(),
        };
        let path = &lost.site.path;
        let words = format!(
            "{path}: {} does not exist{why}: no clone can deploy",
            lost.specifier
        );
        findings.file(&lost.site, &words);
    }
}

fn harnesses(context: &Context, findings: &mut Findings) {
    let project = &context.project;
    let mut seen = Vec::new();
    for harness in &project.harnesses {
        let read_by_cli = format!("app/{}/harness.json", harness.name);
        let here = project.named_files.get(&read_by_cli);
        let exists =
            here.is_some_and(|file| file.kind == crate::model::project::NamedFileKind::File);
        // The deploy follows `path`, which may lead to another file than the one that `agentcore validate` reads.
        let folder = harness.path.as_ref();
        let folder = folder.and_then(|path| inside(&project.root, &path.value));
        let elsewhere = exists && folder != Some(format!("app/{}", harness.name));
        match &harness.document {
            Known::Read(document) => {
                let path = document.source.path.to_string();
                let prompt = harness.path.as_ref();
                let prompt = prompt.map(|path| joined(&path.value, PROMPT));
                let text = prompt
                    .as_ref()
                    .and_then(|path| project.named_files.get(path));
                if let (Some(prompt), Some(text)) =
                    (prompt, text.and_then(|file| file.text.as_ref()))
                    && text.trim().is_empty()
                {
                    let words = format!(
                        "harness {}: {prompt} is empty, which the deploy refuses: write the prompt, or remove the file",
                        harness.name
                    );
                    findings.file(&harness.site, &words);
                }
                if !seen.contains(&path) {
                    findings.add(
                        document,
                        cli_schema::validate(&document.root, &cli_schema::HARNESS),
                    );
                    seen.push(path.clone());
                }
                if !exists && path != read_by_cli {
                    let words = format!(
                        "harness {}: {read_by_cli} does not exist; `agentcore validate` reads it there, whatever `path` says",
                        harness.name
                    );
                    findings.file(&harness.site, &words);
                }
            }
            Known::Unread(reason) if elsewhere => {
                let words = format!("the deploy cannot read the harness: {}", reason.message);
                findings.file(&harness.site, &words);
            }
            Known::Unread(reason) => findings.file(&harness.site, &reason.message),
            Known::Absent => {
                let path = harness.path.as_ref();
                let folder = path.map_or("its path", |path| path.value.trim_end_matches('/'));
                let words = match elsewhere {
                    true => format!(
                        "harness {}: the deploy reads {folder}/harness.json, which does not exist",
                        harness.name
                    ),
                    false => format!(
                        "harness {}: {folder}/harness.json does not exist",
                        harness.name
                    ),
                };
                findings.file(&harness.site, &words);
            }
        }
    }
}
