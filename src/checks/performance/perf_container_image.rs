//! `perf-container-image`: Container image is slim, multi-stage and not run as root.

use super::image_edit::edit;
use crate::checks::edits;
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::image::{self, Base, Image};
use crate::context::{Context, PlatformView};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::manifest::Dockerfile;
use crate::model::package::{Leftover, LeftoverKind, PackageContents};
use crate::model::project::Agent;
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "perf-container-image",
    title: "Container image is slim, multi-stage and not run as root",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Files],
    page: include_str!("perf_container_image.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-troubleshooting.html",
        "https://docs.docker.com/build/building/best-practices/",
    ],
    run,
};

/// Layers from which a user given by name keeps a container from starting (`Failed to mount overlay`, HTTP 424):
/// <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-troubleshooting.html> names 53 for the whole image; base
/// images bring up to ten.
const MANY_LAYERS: usize = 43;
/// What a new `.dockerignore` leaves out.
const IGNORED: [&str; 12] = [
    ".git",
    ".venv",
    "venv",
    "__pycache__",
    "*.pyc",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    "tests",
    "docs",
    ".env*",
    "node_modules",
];

/// One thing that is wrong with the image.
struct Fault {
    says: String,
    evidence: Evidence,
    /// It is about what the image weighs alone.
    size: bool,
}

fn run(context: &Context) -> Vec<Outcome> {
    let outcomes: Vec<Outcome> = context
        .project
        .agents()
        .filter_map(|agent| judge(context, agent))
        .collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Agent],
        "no runtime is built as a container",
    )
}

fn judge(context: &Context, agent: Agent<'_>) -> Option<Outcome> {
    let resource = agent.resource();
    let (dockerfile, image) = match image::of(context, agent)? {
        Ok(read) => read,
        Err(reason) => return Some(Outcome::skipped(resource, reason)),
    };
    let contents = context.files.package_contents.get(&resource.to_string());
    let view = context.platform(agent);
    Some(verdict(agent, dockerfile, &image, contents, &view))
}

fn verdict(
    agent: Agent<'_>,
    dockerfile: &Dockerfile,
    image: &Image<'_>,
    contents: Option<&PackageContents>,
    view: &PlatformView,
) -> Outcome {
    let mut faults: Vec<Fault> = Vec::new();
    faults.extend(base(image));
    faults.extend(tools(image));
    faults.extend(user(image));
    faults.extend(platform(image));
    let context_fault = contents.and_then(|contents| ignore(image, contents));
    let missing_ignore =
        context_fault.is_some() && contents.is_some_and(|contents| !contents.dockerignore);
    faults.extend(context_fault);
    let resource = agent.resource();
    let shown = image.expand(&image.root().image);
    if faults.is_empty() {
        let unknown = if image.base() == Base::Unknown {
            "; its name does not tell how large it is"
        } else {
            ""
        };
        let stages = image.stages.len();
        return Outcome::pass(
            resource,
            format!(
                "the image of {} is built from {shown}{unknown}, in {stages} stage(s), runs as {}",
                agent.name(),
                image
                    .user()
                    .map_or_else(|| "the base image's own user".to_owned(), |(user, _)| user)
            ),
        )
        .evidence(Evidence::file(&image.root().site));
    }
    let says: Vec<&str> = faults.iter().map(|fault| fault.says.as_str()).collect();
    let mut outcome = Outcome::fail(
        resource,
        format!("the image of {}: {}", agent.name(), says.join("; ")),
    );
    if view.is_v2() && faults.iter().all(|fault| fault.size) {
        let note = " (on platform version V2 size costs no time at the start of a session)";
        outcome.message.push_str(note);
        outcome.severity = Some(Severity::Low);
    }
    let changed = edit(agent, dockerfile, image);
    // Where the form of the RUN does not allow to take the tools out, a person moves them.
    let left = changed
        .as_ref()
        .and_then(|fix| fix.edits.first())
        .is_none_or(|edit| image::leaves_tools(&edit.path, &edit.new_text));
    let tools = says
        .iter()
        .any(|says| says.contains("stays in the last stage"));
    if let Some(fix) = changed {
        outcome = outcome.fix(fix);
    }
    if tools && left {
        outcome = outcome.fix(Fix::new("Build in a stage of its own").note("Build in a first stage with the tools, and copy what was built into a last stage that starts from a slim image."));
    }
    if missing_ignore {
        outcome = outcome.fix(new_ignore(dockerfile));
    } else if let Some(contents) =
        contents.filter(|_| says.iter().any(|says| says.starts_with(".dockerignore")))
    {
        outcome = outcome.fix(longer_ignore(dockerfile, contents));
    }
    // On V2 the image is unpacked once per version: its size is no part of the start of a session.
    let evidence = faults
        .into_iter()
        .map(|fault| match fault.size && view.is_v2() {
            true => fault.evidence.severity(Severity::Low),
            false => fault.evidence,
        });
    outcome.evidences(evidence)
}

fn base(image: &Image<'_>) -> Option<Fault> {
    let root = image.root();
    (image.base() == Base::Full).then(|| Fault {
        size: true,
        says: format!(
            "its base {} is a whole development image",
            image.expand(&root.image)
        ),
        evidence: Evidence::file(&root.site)
            .note("take the -slim tag, or a distroless image, for the last stage"),
    })
}

fn tools(image: &Image<'_>) -> Vec<Fault> {
    let fault = |(run, tool): (&crate::model::manifest::Instruction, String)| Fault {
        size: true,
        says: format!("{tool} stays in the last stage"),
        evidence: Evidence::file(&run.site).note("installed here and not removed in the same RUN"),
    };
    image.build_tools().into_iter().map(fault).collect()
}

fn user(image: &Image<'_>) -> Option<Fault> {
    let root = image.root();
    match image.user() {
        Some((user, set)) if user == "root" || user == "0" => Some(Fault {
            size: false,
            says: "it runs as root".to_owned(),
            evidence: Evidence::file(&set.site).note("the last USER is root"),
        }),
        Some((user, set)) if image.layers() >= MANY_LAYERS && user.parse::<u32>().is_err() => {
            Some(Fault {
                size: false,
                says: format!(
                    "with {} layers of its own, USER {user} must be a number: the platform cannot mount such an image",
                    image.layers()
                ),
                evidence: Evidence::file(&set.site).note("give the user's numeric id"),
            })
        }
        Some(_) => None,
        // Images that bring a user of their own say so in their name.
        None if image.expand(&root.image).contains("nonroot") => None,
        None => Some(Fault {
            size: false,
            says: "it runs as root: no USER is set".to_owned(),
            evidence: Evidence::file(&image.stages.last().unwrap_or(root).site)
                .note("no USER in this stage or in those that it is built from"),
        }),
    }
}

fn platform(image: &Image<'_>) -> Option<Fault> {
    let (platform, stage) = image.other_platform()?;
    Some(Fault {
        size: false,
        says: format!("it is built for {platform}, and the runtime is arm64"),
        evidence: Evidence::file(&stage.site)
            .note("AgentCore Runtime runs linux/arm64 images only"),
    })
}

/// What the whole build context brings along. A Dockerfile that copies single paths needs no ignore file.
fn ignore(image: &Image<'_>, contents: &PackageContents) -> Option<Fault> {
    let copy = image.copies_all()?;
    if !contents.dockerignore {
        let last = image.stages.last()?;
        return Some(Fault {
            size: false,
            says: "it copies the whole build context, and there is no .dockerignore".to_owned(),
            evidence: Evidence::file(&last.site).note(format!(
                "`{} {}` takes tests, caches and local files along",
                copy.keyword, copy.arguments
            )),
        });
    }
    let unwanted: Vec<String> = unwanted(contents)
        .map(|leftover| format!("{} ({})", leftover.path, leftover.kind.words()))
        .collect();
    (!unwanted.is_empty()).then(|| Fault {
        size: false,
        says: format!(".dockerignore lets {} into the image", unwanted.join(", ")),
        evidence: Evidence::file(&copy.site).note("copied from here"),
    })
}

/// What the image does not need, added to the file that is there. The blank line ends a last line that has no end.
fn longer_ignore(dockerfile: &Dockerfile, contents: &PackageContents) -> Fix {
    let lines = unwanted(contents).map(|leftover| format!("/{}", leftover.path));
    let words = std::iter::once(String::new()).chain(lines);
    Fix::new("Leave out what the image does not need").command(
        Command::new("printf")
            .arg("%s\\n")
            .args(words)
            .append_to(&ignore_path(dockerfile)),
    )
}

fn new_ignore(dockerfile: &Dockerfile) -> Fix {
    let path = ignore_path(dockerfile);
    Fix::new("Leave out what the image does not need")
        .command(
            Command::new("printf")
                .arg("%s\\n")
                .args(IGNORED)
                .to_file(&path),
        )
        .safe_edit(Some(edits::new_file(
            &path,
            format!("{}\n", IGNORED.join("\n")),
        )))
        .note("add what else is only for development")
}

fn ignore_path(dockerfile: &Dockerfile) -> String {
    match dockerfile.source.path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/.dockerignore"),
        None => ".dockerignore".to_owned(),
    }
}

/// What an image has no use for. Documentation is small and often read by packaging, so it is left alone.
fn unwanted(contents: &PackageContents) -> impl Iterator<Item = &Leftover> {
    contents
        .leftovers
        .iter()
        .filter(|leftover| leftover.kind != LeftoverKind::Docs)
}
