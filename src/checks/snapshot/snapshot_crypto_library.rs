//! `snapshot-crypto-library`: Container image has an OpenSSL that survives a snapshot.

use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::image;
use crate::context::{Context, judged};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
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
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Agent],
        "no runtime is built as a container",
    )
}

fn judge(context: &Context, agent: Agent<'_>) -> Option<Outcome> {
    let image = image::of(context, agent)?;
    let resource = agent.resource();
    let view = context.platform(agent);
    if view.is_v1() {
        let message =
            format!("{resource} runs on platform version V1: each session starts the process anew");
        return Some(Outcome::not_applicable(resource, message));
    }
    let image = match image {
        Ok((_, image)) => image,
        Err(reason) => return Some(Outcome::skipped(resource, reason)),
    };
    let root = image.root();
    let base = image.expand(&root.image);
    let installs = image
        .instructions()
        .iter()
        .filter(|run| run.keyword == "RUN")
        .fold(None, |before, run| match leaves(&run.arguments) {
            Some(true) => Some(run),
            Some(false) => None,
            None => before,
        });
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

/// Whether the package is there behind a command; `None` where the command concerns it in no way. The last step decides.
fn leaves(command: &str) -> Option<bool> {
    let listed: Option<Vec<String>> = serde_json::from_str(command.trim()).ok();
    let command = listed.map_or_else(|| command.to_owned(), |words| words.join(" "));
    let lines = command.lines().map(|line| {
        let comment = line.trim_start().starts_with('#');
        let code = line.split(" #").next().unwrap_or_default();
        if comment { "" } else { code }
    });
    let steps: Vec<&str> = lines.flat_map(|line| line.split([';', '&', '|'])).collect();
    steps.into_iter().fold(None, |before, step| {
        let words: Vec<&str> = step
            .split_whitespace()
            .map(|word| word.trim_matches(['"', '\'', '(', ')', '{', '}']))
            .collect();
        step_leaves(&words).or(before)
    })
}

/// The package managers of Amazon Linux, the only distribution that has the package.
const MANAGERS: [&str; 5] = ["dnf", "microdnf", "yum", "tdnf", "rpm"];

fn step_leaves(words: &[&str]) -> Option<bool> {
    let manager = words
        .iter()
        .position(|word| MANAGERS.contains(&word.rsplit('/').next().unwrap_or_default()))?;
    // What stands before it runs it: `sudo`, a variable that is set, a loader of secrets.
    if words.first() == Some(&"echo") {
        return None;
    }
    let arguments = words.get(manager + 1..).unwrap_or_default();
    let named = |word: &&str| word.contains(PACKAGE);
    let mut plain = arguments.iter().filter(|word| !word.starts_with('-'));
    let mut flags = arguments.iter().filter(|word| word.starts_with('-'));
    if words.get(manager).is_some_and(|word| word.ends_with("rpm")) {
        let named = arguments.iter().any(named);
        return named.then(|| !flags.any(|flag| *flag == "-e" || *flag == "--erase"));
    }
    match *plain.next()? {
        "install" | "reinstall" | "upgrade" | "update" => plain.any(named).then_some(true),
        "remove" | "erase" | "autoremove" => plain.any(named).then_some(false),
        "swap" => {
            let (gone, come) = (plain.next()?, plain.next()?);
            match (named(gone), named(come)) {
                (_, true) => Some(true),
                (true, false) => Some(false),
                (false, false) => None,
            }
        }
        _ => None,
    }
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
    fn the_last_step_that_concerns_the_package_decides() {
        let there = |command: &str| leaves(command) == Some(true);
        assert!(there(
            "dnf -y swap openssl-libs openssl-snapsafe-libs && dnf -y install python3.12"
        ));
        assert!(there("dnf install -y openssl-snapsafe-libs"));
        assert!(there(
            r#"["dnf", "-y", "swap", "openssl-libs", "openssl-snapsafe-libs"]"#
        ));
        assert!(there("rpm -Uvh openssl-snapsafe-libs-3.2.rpm"));
        assert!(!there("echo openssl-snapsafe-libs"));
        assert!(!there("dnf -y remove openssl-snapsafe-libs"));
        assert!(!there("true # dnf"));
        assert!(!there("dnf -y install python3.12 # openssl-snapsafe-libs"));
        assert!(!there("apt-get install -y openssl-snapsafe-libs"));
        assert_eq!(
            leaves(
                "dnf -y swap openssl-libs openssl-snapsafe-libs && dnf -y swap openssl-snapsafe-libs openssl-libs"
            ),
            Some(false)
        );
        assert_eq!(leaves("dnf -y install git"), None);
    }
}
