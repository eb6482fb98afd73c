//! `snapshot-crypto-library`: Container image has an OpenSSL that survives a snapshot.

use crate::checks::performance::image::Image;
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, judged};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "snapshot-crypto-library",
    title: "Container image has an OpenSSL that survives a snapshot",
    category: Category::Snapshot,
    severity: Severity::Low,
    needs: &[Need::Files],
    page: include_str!("snapshot_crypto_library.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-v2-optimize.html",
        "https://docs.aws.amazon.com/linux/al2023/ug/what-is-amazon-linux.html",
    ],
    run,
};

/// The package whose generator takes new entropy after a restore.
const PACKAGE: &str = "openssl-snapsafe-libs";
/// Images of AWS that bring it.
const BRING_IT: [&str; 1] = ["public.ecr.aws/lambda/microvms"];
/// Last parts of image names whose OpenSSL is the distribution's or the runtime's own, without it.
const WITHOUT: [&str; 22] = [
    "python",
    "node",
    "debian",
    "ubuntu",
    "alpine",
    "uv",
    "bun",
    "deno",
    "golang",
    "rust",
    "ruby",
    "openjdk",
    "eclipse-temurin",
    "buildpack-deps",
    "amazonlinux",
    "fedora",
    "centos",
    "rockylinux",
    "ubi9",
    "ubi9-minimal",
    "python3-debian12",
    "nodejs22-debian12",
];

fn run(context: &Context) -> Vec<Outcome> {
    let outcomes: Vec<Outcome> = context
        .project
        .agents()
        .filter_map(|agent| judge(context, agent))
        .collect();
    if outcomes.is_empty() {
        let message = "no runtime is built as a container";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    outcomes
}

fn judge(context: &Context, agent: Agent<'_>) -> Option<Outcome> {
    let container = match agent {
        Agent::Runtime(runtime) => crate::context::installed::is_container(runtime),
        Agent::Harness(harness) => harness
            .document
            .read()
            .is_some_and(|document| document.root.get("dockerfile").is_some()),
    };
    if !container {
        return None;
    }
    let resource = agent.resource();
    let view = context.platform(agent);
    if view.is_v1() {
        let message =
            format!("{resource} runs on platform version V1: each session starts the process anew");
        return Some(Outcome::not_applicable(resource, message));
    }
    let manifests = context.files.manifests.get(&resource.to_string());
    let dockerfile = match manifests.map(|manifests| &manifests.dockerfile) {
        Some(Known::Read(dockerfile)) => dockerfile,
        Some(Known::Unread(reason)) => return Some(Outcome::skipped(resource, reason.clone())),
        Some(Known::Absent) | None => {
            let message = format!("the Dockerfile of {} is not there", agent.name());
            return Some(Outcome::skipped(
                resource,
                Unread::new(ReasonCode::Absent, message),
            ));
        }
    };
    let Some(image) = Image::new(dockerfile) else {
        let message = format!("{} has no FROM", dockerfile.source.path);
        return Some(Outcome::skipped(
            resource,
            Unread::new(ReasonCode::Unsupported, message),
        ));
    };
    let root = image.root();
    let base = image.expand(&root.image);
    let installs = image
        .instructions()
        .into_iter()
        .find(|run| run.keyword == "RUN" && installs(&run.arguments));
    if let Some(run) = installs {
        let message = format!("the image of {} installs {PACKAGE}", agent.name());
        return Some(Outcome::pass(resource, message).evidence(Evidence::file(&run.site)));
    }
    let evidence = Evidence::file(&root.site);
    Some(match kind(&base) {
        Kind::Brings => {
            let message = format!(
                "the image of {} starts from {base}, which brings it",
                agent.name()
            );
            Outcome::pass(resource, message).evidence(evidence)
        }
        Kind::Without => {
            let message = format!(
                "the image of {} starts from {base}, whose OpenSSL keeps the state of its random generator in the snapshot: restored sessions may draw the same keys{}",
                agent.name(),
                match view.version {
                    Some(_) => " (platform version V2)",
                    None => view.words(),
                }
            );
            Outcome::fail(resource, message)
                .severity(judged(CHECK.severity, &view))
                .evidence(evidence.note("the base image of the last stage"))
                .fix(fix())
        }
        Kind::Unknown => {
            let message = format!(
                "the image of {} starts from {base}: whether its OpenSSL survives a snapshot cannot be seen from its name; ask whoever builds it for {PACKAGE}",
                agent.name()
            );
            let reason = Unread::new(
                ReasonCode::Unsupported,
                "the base image is not one that is known here",
            );
            Outcome::manual(resource, message, reason).evidence(evidence)
        }
    })
}

/// A package manager's command that names the package; removing it is none.
fn installs(command: &str) -> bool {
    let mut parts = command.split(['\n', ';', '&', '|']);
    parts.any(|part| {
        let part = part.trim();
        !part.starts_with('#')
            && part.contains(PACKAGE)
            && ["install", "swap", "-i", "-U"]
                .iter()
                .any(|verb| part.split_whitespace().any(|word| word == *verb))
            && !part
                .split_whitespace()
                .any(|word| word == "remove" || word == "erase")
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Brings,
    Without,
    Unknown,
}

fn kind(image: &str) -> Kind {
    let image = image.to_lowercase();
    let plain = image.split('@').next().unwrap_or_default();
    let (path, tag) = match plain.rsplit_once('/') {
        Some((folder, last)) => match last.split_once(':') {
            Some((name, tag)) => (format!("{folder}/{name}"), tag),
            None => (plain.to_owned(), ""),
        },
        None => match plain.split_once(':') {
            Some((name, tag)) => (name.to_owned(), tag),
            None => (plain.to_owned(), ""),
        },
    };
    if plain.contains('$') {
        return Kind::Unknown;
    }
    if BRING_IT.contains(&path.as_str()) && tag.starts_with("al2023") {
        return Kind::Brings;
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    // A registry of one's own may hold anything under a common name; the public ones hold the common image.
    let public = match path.split_once('/') {
        Some((host, _)) if host.contains('.') || host.contains(':') => [
            "docker.io",
            "public.ecr.aws",
            "ghcr.io",
            "gcr.io",
            "mcr.microsoft.com",
            "quay.io",
            "registry.access.redhat.com",
        ]
        .contains(&host),
        _ => true,
    };
    match public && WITHOUT.contains(&name) {
        true => Kind::Without,
        false => Kind::Unknown,
    }
}

fn fix() -> Fix {
    Fix::new("Start from Amazon Linux 2023 with the package").note(
        "`FROM public.ecr.aws/amazonlinux/amazonlinux:2023` and `RUN dnf -y swap openssl-libs openssl-snapsafe-libs` before what else is installed (the two packages exclude each other), or build as a CodeZip, whose managed image has it. Keys, nonces and tokens that are drawn with `secrets` or `os.urandom` in the handler are not concerned: the kernel takes new entropy",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_by_name() {
        assert_eq!(
            kind("public.ecr.aws/docker/library/python:3.12-slim-trixie"),
            Kind::Without
        );
        assert_eq!(kind("node:22-alpine"), Kind::Without);
        assert_eq!(
            kind("public.ecr.aws/lambda/microvms:al2023-minimal"),
            Kind::Brings
        );
        assert_eq!(
            kind("public.ecr.aws/amazonlinux/amazonlinux:2023"),
            Kind::Without
        );
        assert_eq!(
            kind("123456789012.dkr.ecr.us-east-1.amazonaws.com/python:3"),
            Kind::Unknown
        );
        assert_eq!(kind("acme/agent-base:7"), Kind::Unknown);
        assert_eq!(kind("${BASE}"), Kind::Unknown);
        assert_eq!(kind("localhost:5000/python"), Kind::Unknown);
    }

    #[test]
    fn only_what_installs_it_counts() {
        assert!(installs(
            "dnf -y swap openssl-libs openssl-snapsafe-libs && dnf -y install python3.12"
        ));
        assert!(installs("dnf install -y openssl-snapsafe-libs"));
        assert!(!installs("echo openssl-snapsafe-libs"));
        assert!(!installs("dnf -y remove openssl-snapsafe-libs"));
        assert!(!installs("true # dnf"));
    }
}
