//! `perf-package-size`: Deployment package size under 200 MB (target under 100 MB).

use super::wheels;
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::config::Workload;
use crate::context::code::not_made;
use crate::context::{Context, PlatformView, installed};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::lock::Wanted;
use crate::model::package::PackageContents;
use crate::model::project::{Agent, Harness, Runtime};
use crate::model::site::Site;
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "perf-package-size",
    title: "Deployment package size under 200 MB (target under 100 MB)",
    category: Category::Performance,
    severity: Severity::Low,
    needs: &[Need::Files, Need::Template, Need::Aws],
    page: include_str!("perf_package_size.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html",
        "https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile",
    ],
    run,
};

/// A megabyte, as the checklist counts. In bytes.
const MB: u64 = 1_000_000;
/// What the checklist aims at, and what it warns of. In bytes.
const TARGET: u64 = 100 * MB;
const LARGE: u64 = 200 * MB;
/// What a deploy accepts: 250 MiB less what the CLI keeps in hand for a zip, 750 MB unpacked, an image of 2 GB
/// (<https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html>). In bytes.
const LARGEST_ZIP: u64 = 262_144_000;
const LARGEST_UNPACKED: u64 = 750 * MB;
const LARGEST_IMAGE: u64 = 2_000 * MB;
/// How many contributors are named.
const NAMED: usize = 10;

fn run(context: &Context) -> Vec<Outcome> {
    let outcomes: Vec<Outcome> = context
        .project
        .agents()
        .filter_map(|agent| match agent {
            Agent::Runtime(runtime) => Some(judge(context, runtime)),
            Agent::Harness(harness) => harness_image(context, harness),
        })
        .collect();
    if outcomes.is_empty() {
        let message = "no runtime with code of its own, and no harness with an image of its own, is configured";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    outcomes
}

/// A harness that brings an image; one without runs AWS's own.
fn harness_image(context: &Context, harness: &Harness) -> Option<Outcome> {
    let root = &harness.document.read()?.root;
    let file = root.get("dockerfile").and_then(Node::as_str);
    let uri = root.get("containerUri").and_then(Node::as_str);
    let what = match (file, uri) {
        (Some(file), _) => format!("the image that the deploy builds from {file}"),
        (None, Some(uri)) => format!("the image {uri}"),
        (None, None) => return None,
    };
    let resource = Agent::Harness(harness).resource();
    let message = format!("{what} for {resource}");
    let reason = match &context.aws {
        // What a harness runs is AWS's to start: its image is not among what is read of the account.
        Known::Read(_) => Unread::new(
            ReasonCode::Unsupported,
            format!(
                "{message} was not measured: the image of a harness is not read; `aws ecr describe-images` tells imageSizeInBytes"
            ),
        ),
        Known::Absent | Known::Unread(_) => context.unread(
            &format!("{message} can be measured in ECR only"),
            "ecr:DescribeImages",
        ),
    };
    Some(Outcome::skipped(resource, reason))
}

/// A size and what it is made of.
struct Measured {
    /// What was measured, in words.
    what: String,
    /// It was not weighed.
    is_estimate: bool,
    bytes: u64,
    unpacked: Option<u64>,
    largest: Vec<(String, u64)>,
    limit: u64,
    evidence: Evidence,
    notes: Vec<String>,
}

fn judge(context: &Context, runtime: &Runtime) -> Outcome {
    let measured = if installed::is_container(runtime) {
        image(context, runtime)
    } else {
        artifact(context, runtime)
    };
    match measured {
        Ok(measured) => verdict(context, runtime, measured),
        Err(reason) => Outcome::skipped(Agent::Runtime(runtime).resource(), reason),
    }
}

/// The image in ECR: the compressed size is what is pulled.
fn image(context: &Context, runtime: &Runtime) -> Result<Measured, Unread> {
    let state = match &context.aws {
        Known::Read(state) => state,
        Known::Absent | Known::Unread(_) => {
            return Err(context.unread(
                &format!(
                    "the image of runtime {} can be measured in ECR only",
                    runtime.name
                ),
                "ecr:DescribeImages",
            ));
        }
    };
    let absent = || {
        let message = format!(
            "runtime {} is not deployed to this target yet: its image is nowhere to be measured",
            runtime.name
        );
        Unread::new(ReasonCode::Absent, message).command("agentcore deploy -y")
    };
    let deployed = state
        .runtime(&runtime.name)
        .known()?
        .cloned()
        .ok_or_else(absent)?;
    let image = deployed.image.known()?.ok_or_else(absent)?.clone();
    let bytes = u64::try_from(image.size_bytes).unwrap_or(0);
    Ok(Measured {
        what: format!("the image of runtime {} in ECR", runtime.name),
        is_estimate: false,
        bytes,
        unpacked: None,
        largest: Vec::new(),
        limit: LARGEST_IMAGE,
        evidence: Evidence::aws(deployed.arn.clone(), "DescribeImages", "imageSizeInBytes").note(
            format!(
                "{}@{}: {} compressed",
                image.repository,
                image.digest,
                megabytes(bytes)
            ),
        ),
        notes: Vec::new(),
    })
}

fn artifact(context: &Context, runtime: &Runtime) -> Result<Measured, Unread> {
    let resource = Agent::Runtime(runtime).resource().to_string();
    let Some(artifact) = context.files.artifacts.get(&resource) else {
        return estimated(context, runtime);
    };
    let package = || {
        Command::new("agentcore")
            .arg("package")
            .opt("--runtime", runtime.name.as_str())
            .text()
    };
    if let Some(reason) = &artifact.unread {
        let message = format!("{} cannot be read: {reason}", artifact.path);
        return Err(Unread::new(ReasonCode::Unsupported, message).command_if(package()));
    }
    let what = if artifact.from_template {
        format!(
            "the zip of runtime {} that the next deploy uploads",
            runtime.name
        )
    } else {
        format!(
            "the zip of runtime {} that `agentcore package` made",
            runtime.name
        )
    };
    let size = format!(
        "{}, {} unpacked",
        megabytes(artifact.bytes),
        megabytes(artifact.unpacked)
    );
    Ok(Measured {
        what,
        is_estimate: false,
        bytes: artifact.bytes,
        unpacked: Some(artifact.unpacked),
        largest: artifact
            .largest
            .iter()
            .map(|(name, packed, _)| (name.clone(), *packed))
            .collect(),
        limit: LARGEST_ZIP,
        evidence: Evidence::file(&Site::file(artifact.path.as_str())).note(size),
        notes: Vec::new(),
    })
}

/// Without an artifact: the wheels that `uv.lock` names, for a Python runtime whose manifest it still satisfies.
fn estimated(context: &Context, runtime: &Runtime) -> Result<Measured, Unread> {
    let name = &runtime.name;
    let resource = Agent::Runtime(runtime).resource().to_string();
    let package = Command::new("agentcore")
        .arg("package")
        .opt("--runtime", name.as_str())
        .text();
    let absent =
        |message: String| Unread::new(ReasonCode::Absent, message).command_if(package.clone());
    if let Some(reason) = not_made(context, runtime) {
        return Err(reason);
    }
    let manifests = context.files.manifests.get(&resource);
    let Some(minor) = installed::python_minor(runtime, manifests) else {
        return Err(absent(format!(
            "runtime {name} was not packaged yet, and what esbuild makes of it cannot be told from its sources"
        )));
    };
    let lock = context
        .files
        .dependencies
        .get(&resource)
        .map(|facts| &facts.uv_lock);
    let (Some(Known::Read(lock)), Some(installed)) = (lock, installed::python(context, runtime))
    else {
        return Err(absent(format!(
            "runtime {name} was not packaged yet, and there is no uv.lock to estimate its size from"
        )));
    };
    let wanted: Vec<Wanted> = installed.wanted(Some(minor));
    let estimate = wheels::estimate(lock, &wanted, minor).map_err(|why| {
        absent(format!(
            "runtime {name} was not packaged yet, and its size cannot be estimated: {why}"
        ))
    })?;
    let own = context
        .files
        .package_contents
        .get(&resource)
        .map_or(0, |contents| contents.bytes);
    let mut largest = estimate.parts;
    largest.push((format!("{name}'s own files"), own));
    largest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    largest.truncate(NAMED);
    let count = lock.packages.len();
    let mut notes = vec![format!(
        "an estimate from {} and the files in the tree: `agentcore package` makes the real one",
        lock.path
    )];
    if !estimate.without_wheel.is_empty() {
        notes.push(format!("{} has no wheel for Python 3.{minor} on aarch64 in {}: the packager builds nothing from source, so packaging stops there", estimate.without_wheel.join(", "), lock.path));
    }
    Ok(Measured {
        what: format!("the zip of runtime {name}"),
        is_estimate: true,
        bytes: estimate.bytes.saturating_add(own),
        unpacked: None,
        largest,
        limit: LARGEST_ZIP,
        evidence: Evidence::file(&Site::file(lock.path.as_str())).note(format!(
            "wheels of {count} locked packages at most, for Python 3.{minor} on aarch64"
        )),
        notes,
    })
}

fn megabytes(bytes: u64) -> String {
    let tenths = (bytes + MB / 20) / (MB / 10);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

fn verdict(context: &Context, runtime: &Runtime, measured: Measured) -> Outcome {
    let resource = Agent::Runtime(runtime).resource();
    let view = context.platform(Agent::Runtime(runtime));
    let contents = context.files.package_contents.get(&resource.to_string());
    let unpacked = measured.unpacked.map_or(String::new(), |unpacked| {
        format!(" ({} unpacked)", megabytes(unpacked))
    });
    let size = format!(
        "{} is {}{}{unpacked}",
        measured.what,
        if measured.is_estimate {
            "an estimated "
        } else {
            ""
        },
        megabytes(measured.bytes)
    );
    let too_large = measured.bytes > measured.limit
        || measured
            .unpacked
            .is_some_and(|unpacked| unpacked > LARGEST_UNPACKED);
    let (severity, says) = if too_large {
        let limit = if measured.bytes > measured.limit {
            megabytes(measured.limit)
        } else {
            format!("{} unpacked", megabytes(LARGEST_UNPACKED))
        };
        (
            Some(Severity::Critical),
            format!("{size}: a deploy accepts {limit} at most"),
        )
    } else if view.is_v2() {
        let says = "on platform version V2 it is unpacked once per version, so that only what a deploy accepts limits it";
        (
            None,
            format!("{size}: {says} ({})", megabytes(measured.limit)),
        )
    } else if measured.bytes >= LARGE {
        // Not known: the time of a start depends on it on V1 only.
        let severity = match view.version {
            Some(_) => Severity::High,
            None => Severity::Low,
        };
        let says = "every cold start downloads and unpacks it, and the checklist's limit is 200 MB";
        (Some(severity), format!("{size}: {}", both(says, &view)))
    } else if measured.bytes >= TARGET {
        let says = "over the target of 100 MB";
        (
            Some(Severity::Low),
            format!("{size}: {}", both(says, &view)),
        )
    } else {
        (None, format!("{size}, under the target of 100 MB"))
    };
    let mut notes = measured.notes;
    if !measured.largest.is_empty() {
        let parts: Vec<String> = measured
            .largest
            .iter()
            .map(|(name, bytes)| format!("{name} {}", megabytes(*bytes)))
            .collect();
        notes.push(format!("largest: {}", parts.join(", ")));
    }
    notes.extend(leftovers(contents));
    if !view.is_v2() {
        notes.push(trade(context, runtime));
    }
    let notes = notes
        .into_iter()
        .map(|note| Evidence::config(&runtime.site).note(note).context());
    let outcome = match severity {
        None => Outcome::pass(resource, says),
        Some(severity) => Outcome::fail(resource, says)
            .severity(severity)
            .fix(smaller(runtime, contents)),
    };
    outcome.evidence(measured.evidence).evidences(notes)
}

/// What holds on V1, and beside it what V2 makes of it where the version is not known.
fn both(says: &str, view: &PlatformView) -> String {
    match view.version {
        Some(_) => says.to_owned(),
        None => format!(
            "{says} on platform version V1; on V2 it is unpacked once per version{}",
            view.words()
        ),
    }
}

/// What ships and is of no use at run time.
fn leftovers(contents: Option<&PackageContents>) -> Option<String> {
    let listed: Vec<String> = contents?
        .leftovers
        .iter()
        .take(NAMED)
        .map(|left| {
            format!(
                "{} ({}, {})",
                left.path,
                left.kind.words(),
                megabytes(left.bytes)
            )
        })
        .collect();
    (!listed.is_empty())
        .then(|| format!("ships and is of no use at run time: {}", listed.join(", ")))
}

fn smaller(runtime: &Runtime, contents: Option<&PackageContents>) -> Fix {
    let leave = if leftovers(contents).is_some() {
        "move what is of no use at run time out of the code location (a CodeZip has no ignore file; a container has .dockerignore); "
    } else {
        ""
    };
    let rest = if installed::is_container(runtime) {
        "start from a slim image and copy into a last stage what the first one built; load large files from S3 when they are needed"
    } else {
        "drop the largest dependencies that are not needed (perf-unused-dependencies names those that nothing imports), take a lighter one in their place, and load large files from S3 when they are needed"
    };
    Fix::new("Make the package smaller").note(format!("{leave}{rest}"))
}

/// CodeZip or Container, for the traffic that is declared.
fn trade(context: &Context, runtime: &Runtime) -> String {
    let settings = context.settings.runtimes.get(&runtime.name);
    let kind = if installed::is_container(runtime) {
        "a container gives control over the whole image, and a large one costs more at each cold start"
    } else {
        "a CodeZip is downloaded and unpacked at each cold start (about 1.3 s for 95 MB); a container is worth its Dockerfile where system libraries are needed"
    };
    let cold = settings.and_then(|settings| settings.peak_new_sessions_per_minute);
    let workload = settings
        .and_then(|settings| settings.workload.as_ref())
        .map(|workload| workload.value);
    let advice = match (workload, cold) {
        (_, Some(rate)) if rate >= 60.0 => format!("with {rate} new sessions a minute declared, cold starts are frequent: shrinking the package pays whichever build is used"),
        (Some(Workload::Chat), _) => "a chat reuses its session, so the build type matters little".to_owned(),
        (Some(Workload::RequestReply), _) => "with one request a session every request starts cold: shrinking the package pays whichever build is used".to_owned(),
        (Some(Workload::Batch | Workload::Background), _) => "long jobs hide a cold start, so the build type matters little".to_owned(),
        (None, _) => "declare workload and peak-new-sessions-per-minute in agentcore-harden.toml to weigh it: sessions that are reused hide it, bursts of new ones do not".to_owned(),
    };
    format!("{kind}; {advice}")
}
