//! `secrets-shipped-files`: No secret files in what ships.

use std::collections::BTreeMap;

use crate::checks::edits;
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::collect::project::{ENV_LOCAL, LOCAL_RULES};
use crate::context::Context;
use crate::context::code::not_made;
use crate::context::copied_code;
use crate::model::files::{GitIgnored, Package, PackageKind, SecretFile, ShippedSecret};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, ResourceType, Severity};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::Agent;
use crate::model::site::Site;
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "secrets-shipped-files",
    title: "No secret files in what ships",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Files],
    page: include_str!("secrets_shipped_files.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.docker.com/build/concepts/context/#dockerignore-files",
    ],
    run,
};

/// Where the printed commands put what must not ship: beside the configuration, in a folder that ignores itself.
const ASIDE: &str = "agentcore/.secrets";

fn run(context: &Context) -> Vec<Outcome> {
    let mut packages: BTreeMap<&Resource, Vec<&Package>> = BTreeMap::new();
    for package in &context.files.packages {
        packages.entry(&package.resource).or_default().push(package);
    }
    let of_project = context.project.resource();
    let mut outcomes: Vec<Outcome> = packages
        .iter()
        .filter(|(resource, _)| ***resource != of_project)
        .map(|(resource, packages)| shipped(context, resource, packages))
        .collect();
    // Lambda functions and tools ship with the project; they are told apart by their folders.
    if let Some(packages) = packages.get(&of_project) {
        let outcome = shipped(context, &of_project, packages);
        outcomes.push(local_file(context, Some(outcome)));
    } else {
        outcomes.push(local_file(context, None));
    }
    outcomes
}

fn shipped(context: &Context, resource: &Resource, packages: &[&Package]) -> Outcome {
    let found: Vec<(&Package, &ShippedSecret)> = packages
        .iter()
        .flat_map(|package| {
            package
                .secret_files
                .iter()
                .map(move |file| (*package, file))
        })
        .collect();
    if found.is_empty() {
        return clean(context, resource, packages);
    }
    let first = found.first().map_or("", |(_, file)| file.path.as_str());
    let more = match found.len() {
        1 => String::new(),
        count => format!(" and {} more secret files", count - 1),
    };
    let message = format!(
        "{resource} ships {first}{more} with its code: anyone who reads the package or runs a command in a session can read it"
    );
    let mut outcome = Outcome::fail(resource.clone(), message);
    for (_, file) in &found {
        let tracked = if file.tracked {
            ", and git tracks it"
        } else {
            ""
        };
        let note = format!("{}{tracked}", file.kind.words());
        outcome = outcome.evidence(Evidence::file(&Site::file(file.path.as_str())).note(note));
    }
    for fix in fixes(&found) {
        outcome = outcome.fix(fix);
    }
    outcome
}

fn clean(context: &Context, resource: &Resource, packages: &[&Package]) -> Outcome {
    let absent = packages.iter().any(|package| !package.present);
    let mut runtimes = context.project.runtimes.iter();
    let runtime = runtimes.find(|runtime| Agent::Runtime(runtime).resource() == *resource);
    if let Some(reason) = runtime
        .filter(|_| absent)
        .and_then(|it| not_made(context, it))
    {
        return Outcome::skipped(resource.clone(), reason);
    }
    if let Some(runtime) = runtime
        && let Some(copied) = copied_code::absent(context, runtime).first()
    {
        let message = format!(
            "{}, which {} copies into the image, is not in this tree: get it, then run again",
            copied.path,
            copied.place()
        );
        return Outcome::skipped(resource.clone(), Unread::new(ReasonCode::Absent, message));
    }
    let unseen = packages
        .iter()
        .find(|package| !package.present || !package.unread.is_empty());
    if let Some(package) = unseen {
        let (code, what) = match (&package.folder, package.present) {
            (None, _) => (
                ReasonCode::Unsupported,
                "its code lies outside of the project and was not looked at".to_owned(),
            ),
            (Some(folder), false) => (
                ReasonCode::Absent,
                format!("its folder {folder} does not exist"),
            ),
            (Some(_), true) => {
                let unread = package.unread.first().map_or("", String::as_str);
                (
                    ReasonCode::Denied,
                    format!(
                        "{unread} in its folder could not be read, or leads out of the project"
                    ),
                )
            }
        };
        return Outcome::skipped(
            resource.clone(),
            Unread::new(code, format!("{resource}: {what}")),
        );
    }
    let files: u64 = packages.iter().map(|package| package.files).sum();
    let bundled = packages
        .iter()
        .all(|package| package.kind == PackageKind::Bundle);
    let message = if bundled {
        format!("{resource} ships one bundle of its TypeScript code; no other file of its folder")
    } else {
        format!(
            "{resource} ships {files} files; none is an environment file, key, credential file or token cache"
        )
    };
    Outcome::pass(resource.clone(), message)
}

/// Moving the files aside works for every package; a container's `.dockerignore` leaves them where they are.
fn fixes(found: &[(&Package, &ShippedSecret)]) -> Vec<Fix> {
    let rotate = "Rotate what was in them if they were ever deployed or committed: packages stay in the bucket, and commits in the history.";
    let mut fixes = Vec::new();
    let container = found
        .iter()
        .all(|(package, _)| package.kind == PackageKind::Container);
    if container {
        let mut fix = Fix::new("Leave them out of the build context").note(rotate);
        for (package, file) in found {
            let context = package.folder.as_deref().unwrap_or(".");
            let (ignore, inner) = match context {
                "." => (".dockerignore".to_owned(), file.path.as_str()),
                folder => {
                    let inner = file.path.strip_prefix(folder).unwrap_or(&file.path);
                    (
                        format!("{folder}/.dockerignore"),
                        inner.trim_start_matches('/'),
                    )
                }
            };
            let line = Command::new("printf").arg("\\n%s\\n").arg(escaped(inner));
            fix = fix.command(line.append_to_file(&ignore));
        }
        fixes.push(fix);
        return fixes;
    }
    let note = format!(
        "They are then in {ASIDE}, which neither ships nor is committed. What the agent needs at run time belongs in a credential provider (`agentcore add credential`); what only `agentcore dev` needs, in {ENV_LOCAL}. {rotate}"
    );
    let mut fix = Fix::new("Move them out of what ships")
        .command(Command::new("mkdir").arg("-p").arg(ASIDE))
        .command(
            Command::new("printf")
                .arg("*\\n")
                .to_file(&format!("{ASIDE}/.gitignore")),
        )
        .note(note);
    for (_, file) in found {
        let aside = format!("{ASIDE}/{}", file.path.replace('/', "__"));
        fix = fix.command(
            Command::new("mv")
                .arg("--")
                .arg(file.path.as_str())
                .arg(aside),
        );
    }
    fixes.push(fix);
    if found
        .iter()
        .all(|(_, file)| file.kind == SecretFile::PrivateKey)
    {
        let remove = Command::new("rm")
            .arg("--")
            .args(found.iter().map(|(_, file)| file.path.as_str()));
        fixes.push(Fix::new("Delete them, if they are only for tests").command(remove));
    }
    fixes
}

/// A path as a pattern of `.dockerignore` that matches nothing else.
fn escaped(path: &str) -> String {
    let mut pattern = String::new();
    for character in path.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\' | '!') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// There is no such file, and nothing ships but the runtimes' own code, which has its own results.
fn without_local(context: &Context) -> Outcome {
    let message = if context.files.packages.is_empty() {
        format!("there is no {ENV_LOCAL} here, and the project packages no code of its own")
    } else {
        format!("there is no {ENV_LOCAL} here; what the agents ship has results of its own")
    };
    unconfigured(context, &[Listed::Agent], message)
}

/// `agentcore/.env.local` holds the values of credentials on this machine; it must not be committed.
fn local_file(context: &Context, other: Option<Outcome>) -> Outcome {
    let resource = Resource::new(ResourceType::Project, context.project.display_name());
    let ignored = &context.files.ignored;
    let local = match &context.project.env_local {
        Known::Absent => return other.unwrap_or_else(|| without_local(context)),
        Known::Unread(reason) => Outcome::skipped(resource, reason.clone()),
        Known::Read(_) => {
            let tracked = ignored.env_local_tracked == Some(true);
            if ignored.env_local && !tracked {
                Outcome::pass(resource, format!("git ignores {ENV_LOCAL}"))
            } else {
                exposed(resource, ignored, tracked)
            }
        }
    };
    match other {
        None => local,
        Some(other) => merged(local, other),
    }
}

fn exposed(resource: Resource, git: &GitIgnored, tracked: bool) -> Outcome {
    let message = if tracked {
        format!("git tracks {ENV_LOCAL}: the credentials in it are in the repository's history")
    } else {
        format!(
            "no .gitignore covers {ENV_LOCAL}: the next `git add` commits the credentials in it"
        )
    };
    let mut fix = Fix::new("Keep it out of git");
    if !git.env_local {
        let rules = git.local_rules.as_deref();
        let known = rules.is_some() || git.no_local_rules;
        let safe = edits::last_line(LOCAL_RULES, rules, ".env.local");
        fix = fix.safe_edit(Some(safe).filter(|_| known));
        let line = Command::new("printf").arg("\\n%s\\n").arg(".env.local");
        fix = fix.command(line.append_to_file(LOCAL_RULES));
    }
    if tracked {
        fix = fix
            .command(Command::new("git").args(["rm", "--cached", "--quiet", "--", ENV_LOCAL]))
            .note("Commit the removal, and rotate every credential that was in the file: it stays in the history.");
    }
    let evidence = Evidence::file(&Site::file(ENV_LOCAL)).note(if tracked {
        "tracked by git"
    } else {
        "not ignored"
    });
    Outcome::fail(resource, message).evidence(evidence).fix(fix)
}

/// One result for the project: what fails decides, then what could not be read.
fn merged(one: Outcome, other: Outcome) -> Outcome {
    use crate::model::finding::Status;
    let weight = |outcome: &Outcome| match outcome.status {
        Status::Fail => 0,
        Status::Skipped => 1,
        Status::Manual => 2,
        Status::Pass => 3,
        Status::NotApplicable => 4,
    };
    let (mut first, second) = if weight(&one) <= weight(&other) {
        (one, other)
    } else {
        (other, one)
    };
    if first.status == second.status {
        first.message = format!("{}; {}", first.message, second.message);
    }
    first.evidence.extend(second.evidence);
    first.fixes.extend(second.fixes);
    first
}
