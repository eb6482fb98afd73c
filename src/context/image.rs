//! What a Dockerfile's last stage is made of: base image, build tools, user, platform, copies.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::collect::parse_dockerfile as parse;
use crate::context::Context;
use crate::context::installed::is_container;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::manifest::{Dockerfile, Instruction, Stage};
use crate::model::project::Agent;

/// Images whose plain tags are a whole development environment; the tag says when they are not.
const FULL_IMAGES: [&str; 12] = [
    "python",
    "node",
    "golang",
    "rust",
    "openjdk",
    "eclipse-temurin",
    "gcc",
    "ruby",
    "php",
    "buildpack-deps",
    "maven",
    "gradle",
];
/// Words in a tag or name that say that an image is small.
const SMALL: [&str; 9] = [
    "slim",
    "alpine",
    "distroless",
    "chainguard",
    "wolfi",
    "minimal",
    "micro",
    "scratch",
    "busybox",
];
/// Words that say that an image carries compilers.
const TOOLCHAINS: [&str; 4] = ["-devel", "devcontainers", "-build", "-sdk"];
/// Packages that only a build needs. `uv` and `pip` are what installs the agent, not a compiler.
const BUILD_PACKAGES: [&str; 20] = [
    "build-essential",
    "build-base",
    "gcc",
    "g++",
    "gcc-c++",
    "clang",
    "make",
    "cmake",
    "ninja-build",
    "musl-dev",
    "rustc",
    "cargo",
    "golang",
    "golang-go",
    "autoconf",
    "automake",
    "pkg-config",
    "gfortran",
    "python3-dev",
    "linux-headers",
];

/// What an image name tells about its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Slim, Alpine, distroless, or a small distribution.
    Small,
    /// A whole development environment.
    Full,
    /// Its name does not tell.
    Unknown,
}

/// A Dockerfile with its build arguments resolved.
pub struct Image<'a> {
    /// Its stages.
    pub stages: Vec<Stage>,
    arguments: BTreeMap<String, String>,
    /// The last stage and the stages that it is built from, the last first.
    chain: Vec<usize>,
    /// The instructions that make the last stage, in the order in which they run.
    instructions: Vec<&'a Instruction>,
}

/// The image that an agent is built as, with its Dockerfile; None where it is built as none.
pub(crate) fn of<'a>(
    context: &'a Context,
    agent: Agent<'_>,
) -> Option<Result<(&'a Dockerfile, Image<'a>), Unread>> {
    let container = match agent {
        Agent::Runtime(runtime) => is_container(runtime),
        Agent::Harness(harness) => harness
            .document
            .read()
            .is_some_and(|document| document.root.get("dockerfile").is_some()),
    };
    if !container {
        return None;
    }
    let manifests = context.files.manifests.get(&agent.resource().to_string());
    let dockerfile = match manifests.map(|manifests| &manifests.dockerfile) {
        Some(Known::Read(dockerfile)) => dockerfile,
        Some(Known::Unread(reason)) => return Some(Err(reason.clone())),
        Some(Known::Absent) | None => {
            let message = format!("the Dockerfile of {} is not there", agent.name());
            return Some(Err(Unread::new(ReasonCode::Absent, message)));
        }
    };
    let image = Image::new(dockerfile).map(|image| (dockerfile, image));
    Some(image.ok_or_else(|| {
        let message = format!("{} has no FROM", dockerfile.source.path);
        Unread::new(ReasonCode::Unsupported, message)
    }))
}

impl<'a> Image<'a> {
    /// Looks at a Dockerfile; `None` when it has no stage.
    pub fn new(dockerfile: &'a Dockerfile) -> Option<Self> {
        let stages = dockerfile.stages();
        if stages.is_empty() {
            return None;
        }
        let mut arguments = BTreeMap::new();
        for instruction in &dockerfile.instructions {
            if !matches!(instruction.keyword.as_str(), "ARG" | "ENV") {
                continue;
            }
            for word in instruction.words() {
                if let Some((name, value)) = word.split_once('=') {
                    arguments.insert(name.to_owned(), value.trim_matches(['"', '\'']).to_owned());
                }
            }
        }
        let mut image = Self {
            stages,
            arguments,
            chain: Vec::new(),
            instructions: Vec::new(),
        };
        image.chain = image.find_chain();
        // Stages may be many: what is asked of the chain again and again is put together once.
        let mut of_stage: HashMap<usize, Vec<&Instruction>> = HashMap::new();
        for each in &dockerfile.instructions {
            if let Some(stage) = each.stage {
                of_stage.entry(stage).or_default().push(each);
            }
        }
        let run = image.chain.iter().rev();
        image.instructions = run
            .filter_map(|stage| of_stage.get(stage))
            .flatten()
            .copied()
            .collect();
        Some(image)
    }

    /// Replaces `$NAME`, `${NAME}` and `${NAME:-default}`; what nothing defines stays as it is.
    pub fn expand(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let (name, default, length) = match after
                .strip_prefix('{')
                .and_then(|inner| Some((inner, inner.find('}')?)))
            {
                Some((inner, end)) => {
                    let (name, default) = inner[..end]
                        .split_once(":-")
                        .map_or((&inner[..end], None), |(name, default)| {
                            (name, Some(default))
                        });
                    (name, default, end + 2)
                }
                None => {
                    let end = after
                        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                        .unwrap_or(after.len());
                    (&after[..end], None, end)
                }
            };
            match self.arguments.get(name).map(String::as_str).or(default) {
                Some(value) => out.push_str(value),
                None => out.push_str(&rest[at..at + 1 + length]),
            }
            rest = &after[length..];
        }
        out.push_str(rest);
        out
    }

    /// Goes from the last stage to the stages that it is built from.
    fn find_chain(&self) -> Vec<usize> {
        let mut named: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, stage) in self.stages.iter().enumerate() {
            if let Some(alias) = &stage.alias {
                let places = named.entry(alias.to_ascii_lowercase()).or_default();
                places.push(index);
            }
        }
        let mut chain = Vec::new();
        let mut at = self.stages.len().checked_sub(1);
        while let Some(index) = at {
            chain.push(index);
            // Only an earlier stage can be a base, so this ends.
            let base = self.expand(&self.stages[index].image).to_ascii_lowercase();
            at = named.get(&base).and_then(|places| {
                let earlier = places.partition_point(|place| *place < index);
                earlier.checked_sub(1).map(|last| places[last])
            });
        }
        chain
    }

    /// The stage whose image comes from outside: the end of the chain.
    pub fn root(&self) -> &Stage {
        let index = self.chain.last().copied().unwrap_or(0);
        &self.stages[index]
    }

    /// The instructions that make the last stage, in the order in which they run.
    pub fn instructions(&self) -> &[&'a Instruction] {
        &self.instructions
    }

    /// What the base image's name tells.
    pub fn base(&self) -> Base {
        let image = self.expand(&self.root().image).to_lowercase();
        let image = image.split('@').next().unwrap_or_default();
        let (name, tag) = match image.rsplit_once('/') {
            Some((_, last)) => last.split_once(':').unwrap_or((last, "")),
            None => image.split_once(':').unwrap_or((image, "")),
        };
        if image.contains('$') {
            return Base::Unknown;
        }
        if SMALL.iter().any(|word| image.contains(word)) {
            return Base::Small;
        }
        if TOOLCHAINS.iter().any(|word| image.contains(word)) || FULL_IMAGES.contains(&name) {
            return Base::Full;
        }
        // Astral's image is Debian's full Python unless the tag says slim or alpine.
        if name == "uv"
            && (tag.contains("python") || tag.contains("bookworm") || tag.contains("trixie"))
        {
            return Base::Full;
        }
        match name {
            "debian" | "ubuntu" | "amazonlinux" | "al2023" | "alpine" => Base::Small,
            _ => Base::Unknown,
        }
    }

    /// `RUN` instructions that leave build tools in the last stage, with the first tool.
    pub fn build_tools(&self) -> Vec<(&'a Instruction, String)> {
        let runs = self
            .instructions
            .iter()
            .copied()
            .filter(|each| each.keyword == "RUN");
        let mut found: Vec<(&Instruction, String)> = Vec::new();
        for run in runs {
            let text = self.expand(&run.arguments);
            // A later removal in a layer of its own hides the files but keeps their bytes; one in the same `RUN` does not.
            let removed: HashSet<String> = removes(&text).into_iter().collect();
            if removed.contains(".build-deps") || removed.contains("build-deps") {
                continue;
            }
            let left = installed(&text)
                .into_iter()
                .find(|tool| !removed.contains(tool));
            found.extend(left.map(|tool| (run, tool)));
        }
        found
    }

    /// All build packages that a `RUN` installs.
    pub fn tools_of(&self, run: &Instruction) -> Vec<String> {
        installed(&self.expand(&run.arguments))
    }

    /// The user that the container runs as, and where it is set; `None` when nothing sets one.
    pub fn user(&self) -> Option<(String, &'a Instruction)> {
        let set = self
            .instructions
            .iter()
            .copied()
            .rev()
            .find(|each| each.keyword == "USER")?;
        let user = self.expand(set.arguments.trim());
        Some((
            user.split(':')
                .next()
                .unwrap_or_default()
                .trim_matches(['"', '\''])
                .to_owned(),
            set,
        ))
    }

    /// The platform that the last stage is pinned to, where it is another than arm64.
    pub fn other_platform(&self) -> Option<(String, &Stage)> {
        let stage = self.root();
        let pinned = stage
            .platform
            .as_ref()
            .map(|platform| self.expand(platform));
        if let Some(platform) = pinned
            && !platform.contains('$')
            && !platform.contains("arm64")
            && !platform.contains("aarch64")
        {
            return Some((platform, stage));
        }
        let image = self.expand(&stage.image);
        let other =
            image.starts_with("amd64/") || image.contains("x86_64") || image.ends_with("-amd64");
        other.then_some((image, stage))
    }

    /// The first copy of the whole build context into the last stage.
    pub fn copies_all(&self) -> Option<&'a Instruction> {
        self.instructions.iter().copied().find(|each| {
            if !matches!(each.keyword.as_str(), "COPY" | "ADD")
                || each.arguments.contains("--from=")
            {
                return false;
            }
            let words: Vec<String> = each
                .words()
                .into_iter()
                .filter(|word| !word.starts_with("--"))
                .collect();
            let sources = words
                .split_last()
                .map(|(_, sources)| sources)
                .unwrap_or_default();
            sources
                .iter()
                .any(|source| matches!(source.as_str(), "." | "./" | "/" | "*" | "./*"))
        })
    }

    /// Layers that the file adds: one for each `RUN`, `COPY` and `ADD`.
    pub fn layers(&self) -> usize {
        self.instructions
            .iter()
            .filter(|each| matches!(each.keyword.as_str(), "RUN" | "COPY" | "ADD"))
            .count()
    }
}

/// Whether the image of a Dockerfile's text still has build tools.
pub fn leaves_tools(path: &str, text: &str) -> bool {
    let dockerfile = parse(path, text);
    let image = Image::new(&dockerfile);
    image.is_none_or(|image| !image.build_tools().is_empty())
}

/// Build packages that a shell text installs.
fn installed(text: &str) -> Vec<String> {
    commands(text, |words| {
        let installs = words
            .iter()
            .any(|word| matches!(word.as_str(), "install" | "add" | "groupinstall"));
        installs && words.first().is_some_and(|program| is_manager(program))
    })
    .into_iter()
    .filter(|word| {
        BUILD_PACKAGES.contains(&word.as_str())
            || word.ends_with("-dev")
            || word.ends_with("-devel")
            || word.starts_with("gcc-")
    })
    .collect()
}

fn removes(text: &str) -> Vec<String> {
    commands(text, |words| {
        words.first().is_some_and(|program| is_manager(program))
            && words.iter().any(|word| {
                matches!(
                    word.as_str(),
                    "purge" | "remove" | "autoremove" | "del" | "erase"
                )
            })
    })
}

fn is_manager(program: &str) -> bool {
    matches!(
        program,
        "apt-get" | "apt" | "apk" | "yum" | "dnf" | "microdnf" | "tdnf" | "zypper"
    )
}

/// The words of the commands of a shell text that `wanted` accepts; versions (`gcc=12`) are cut off.
fn commands(text: &str, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
    let flat = text
        .replace("\\\n", " ")
        .replace(['\n', ';'], " && ")
        .replace("||", "&&");
    flat.split("&&")
        .map(|command| {
            shlex::split(command)
                .unwrap_or_else(|| command.split_whitespace().map(str::to_owned).collect())
        })
        .map(|words| {
            words
                .into_iter()
                .skip_while(|word| word.contains('=') || word == "sudo" || word.starts_with("--"))
                .collect::<Vec<_>>()
        })
        .filter(|words| wanted(words))
        .flatten()
        .map(|word| word.split(['=', ':']).next().unwrap_or_default().to_owned())
        .collect()
}
