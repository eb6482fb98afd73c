//! The changes of a Dockerfile that need no knowledge of the agent, as a diff: platform, slim base, no build tools, a user.

use std::collections::HashSet;

use crate::context::image::{Base, Image};
use crate::model::finding::{Edit, Fix};
use crate::model::manifest::{Dockerfile, Instruction};
use crate::model::project::Agent;
use crate::model::site::Site;

/// The user that the printed change sets.
const USER: &str = "1000";

/// Folders of the system, and those that a `RUN` makes for a while: no agent writes there.
const SYSTEM: [&str; 10] = [
    "/usr", "/etc", "/bin", "/sbin", "/lib", "/var/lib", "/root", "/tmp", "/run", "/proc",
];

/// The diff, where there is something to change.
pub(super) fn edit(agent: Agent<'_>, dockerfile: &Dockerfile, image: &Image<'_>) -> Option<Fix> {
    let old = &*dockerfile.source.text;
    // `None` is a line that is taken out; the numbers of the others stay.
    let mut lines: Vec<Option<String>> = old.lines().map(|line| Some(line.to_owned())).collect();
    let root = image.root();
    let at = |site: &Site| site.span.map(|span| span.line as usize - 1);
    let mut replace = |site: &Site, from: &str, to: &str| {
        if let Some(Some(line)) = at(site).and_then(|line| lines.get_mut(line)) {
            *line = line.replacen(from, to, 1);
        }
    };
    if let Some((platform, stage)) = image.other_platform() {
        let pinned = format!("--platform={platform}");
        replace(&stage.site, &pinned, "--platform=linux/arm64");
    }
    if image.base() == Base::Full
        && !root.image.contains('$')
        && let Some(slim) = slim(&root.image)
    {
        replace(&root.site, &root.image, &slim);
    }
    let mut notes = vec![
        "Build it once before you deploy: a slim image lacks the libraries that some wheels are compiled against, and user 1000 must be able to read what was copied.",
    ];
    let mut dropped = false;
    for (run, _) in image.build_tools() {
        dropped |= drop_tools(&mut lines, image, run);
    }
    if dropped {
        notes.push(
            "Where a dependency has no wheel for arm64 and must be compiled, keep the tools in a first stage, build there, and copy what was built into the last.",
        );
    }
    let start = dockerfile
        .entry()
        .into_iter()
        .filter_map(|each| at(&each.site))
        .min()
        .unwrap_or(lines.len());
    let mut insert = Vec::new();
    if runs_as_root(image) {
        insert.extend(hand_over(agent, image));
        insert.push(format!("USER {USER}"));
    }
    let mut text: Vec<String> = Vec::new();
    for (index, line) in lines.into_iter().enumerate() {
        if index == start {
            text.append(&mut insert);
        }
        text.extend(line);
    }
    text.append(&mut insert);
    let mut new = text.join("\n");
    if old.ends_with('\n') {
        new.push('\n');
    }
    if new == old {
        return None;
    }
    Some(
        Fix::new("Change the Dockerfile")
            .note(notes.join(" "))
            .edit(Edit::new(&dockerfile.source.path, Some(old), new)),
    )
}

fn runs_as_root(image: &Image<'_>) -> bool {
    let root = image
        .user()
        .is_none_or(|(user, _)| user == "root" || user == "0");
    root && !image.expand(&image.root().image).contains("nonroot")
}

/// Gives the user the folders that the agent may write to: the working folder, those that the image makes, the session's storage.
/// Not what is in them: that would store every file a second time.
fn hand_over(agent: Agent<'_>, image: &Image<'_>) -> Option<String> {
    let base = image.expand(&image.root().image).to_lowercase();
    if ["distroless", "chainguard", "scratch"]
        .iter()
        .any(|word| base.contains(word))
    {
        // There is no shell to run it.
        return None;
    }
    let mut folders: Vec<String> = Vec::new();
    for each in image.instructions() {
        match each.keyword.as_str() {
            "WORKDIR" => folders.push(image.expand(each.arguments.trim())),
            "RUN" => folders.extend(made(&image.expand(&each.arguments))),
            _ => {}
        }
    }
    let storage = storage(agent);
    folders.extend(storage.clone());
    let plain = |folder: &String| {
        folder.len() > 1
            && folder.starts_with('/')
            && folder
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
    };
    let mut kept: Vec<String> = Vec::new();
    for folder in folders.into_iter().filter(plain) {
        let folder = folder.trim_end_matches('/').to_owned();
        if !folder.is_empty() && !kept.contains(&folder) {
            kept.push(folder);
        }
    }
    if kept.is_empty() {
        return None;
    }
    let kept = kept.join(" ");
    Some(match storage.first() {
        Some(storage) => format!("RUN mkdir -p {storage} && chown {USER}:{USER} {kept}"),
        None => format!("RUN chown {USER}:{USER} {kept}"),
    })
}

/// Folders that a shell text makes by `mkdir`.
fn made(text: &str) -> Vec<String> {
    let flat = text.replace("\\\n", " ").replace(['\n', ';'], " && ");
    flat.split("&&")
        .filter_map(shlex::split)
        .filter(|words| words.first().is_some_and(|word| word == "mkdir"))
        .flat_map(|words| words.into_iter().skip(1))
        .filter(|word| {
            !word.starts_with('-') && !SYSTEM.iter().any(|start| word.starts_with(start))
        })
        .collect()
}

/// Where the session's storage is mounted.
fn storage(agent: Agent<'_>) -> Vec<String> {
    let node = match agent {
        Agent::Runtime(runtime) => &runtime.node,
        Agent::Harness(harness) => match harness.document.read() {
            Some(document) => &document.root,
            None => return Vec::new(),
        },
    };
    let own = node
        .get("sessionStoragePath")
        .and_then(|path| path.as_str());
    let mounts = node.get("filesystemConfigurations");
    let mounts = mounts.map(|mounts| mounts.items()).unwrap_or_default();
    let mounted = mounts
        .iter()
        .filter_map(|mount| mount.path(&["sessionStorage", "mountPath"])?.as_str());
    let all = own.into_iter().chain(mounted);
    all.map(str::to_owned)
        .filter(|path| {
            path.chars()
                .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
        })
        .collect()
}

/// Takes the build tools out of what a `RUN` installs, or the whole of it where it installs nothing else. False where its form
/// does not allow that.
fn drop_tools(lines: &mut [Option<String>], image: &Image<'_>, run: &Instruction) -> bool {
    let Some(span) = run.site.span.filter(|_| !run.arguments.contains("<<")) else {
        return false;
    };
    let range = (span.line as usize - 1)..(span.end_line as usize);
    let Some(own) = lines.get_mut(range) else {
        return false;
    };
    let tools = image.tools_of(run);
    let rest = without(&run.arguments, &tools);
    if only_prepares(&rest) {
        own.fill(None);
        return true;
    }
    if !still_installs(&rest) {
        return false;
    }
    for line in own.iter_mut() {
        let Some(text) = line else { continue };
        let changed = without(text, &tools);
        if changed != *text {
            let bare = changed.trim();
            *line = (!bare.is_empty() && bare != "\\").then_some(changed);
        }
    }
    true
}

/// The text without these words (with a version behind them, too).
fn without(text: &str, tools: &[String]) -> String {
    let tools: HashSet<&str> = tools.iter().map(String::as_str).collect();
    let is_tool = |word: &str| {
        let name = word.split(['=', ':']).next().unwrap_or_default();
        tools.contains(name)
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
        let (blank, word) = rest.split_at(start);
        let end = word
            .find(|c: char| c.is_whitespace() || c == ';')
            .unwrap_or(word.len());
        let (word, after) = word.split_at(end.max(1));
        if !is_tool(word) {
            out.push_str(blank);
            out.push_str(word);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn segments(text: &str) -> Vec<Vec<String>> {
    let flat = text.replace("\\\n", " ").replace(['\n', ';'], " && ");
    flat.split("&&")
        .map(|part| {
            let words = part.split_whitespace().filter(|word| *word != "\\");
            words.map(str::to_owned).collect()
        })
        .filter(|words: &Vec<String>| !words.is_empty())
        .collect()
}

/// What an `install` still installs: the words behind it that are no options.
fn packages(words: &[String]) -> Option<usize> {
    let at = words
        .iter()
        .position(|word| matches!(word.as_str(), "install" | "add" | "groupinstall"))?;
    let behind = words.iter().skip(at + 1);
    Some(behind.filter(|word| !word.starts_with('-')).count())
}

/// True where every installation in the text still has a package.
fn still_installs(text: &str) -> bool {
    let all = segments(text);
    all.iter().all(|words| packages(words) != Some(0))
}

/// True where nothing is left but updating lists, an empty installation, and cleaning up.
fn only_prepares(text: &str) -> bool {
    segments(text).iter().all(|words| {
        let line = words.join(" ");
        let manager = ["apt-get", "apt", "apk", "yum", "dnf", "microdnf", "tdnf"]
            .iter()
            .any(|name| words.first().is_some_and(|word| word == name));
        let prepares = ["update", "clean", "autoremove"]
            .iter()
            .any(|verb| words.iter().any(|word| word == verb));
        let cleans =
            line.starts_with("rm -rf /var/lib/apt") || line.starts_with("rm -rf /var/cache");
        cleans || manager && (prepares || packages(words) == Some(0))
    })
}

/// The slim tag of an image that has one.
fn slim(image: &str) -> Option<String> {
    let (name, tag) = image.split_once(':').unwrap_or((image, "latest"));
    let leaf = name.rsplit('/').next()?;
    let known = matches!(leaf, "python" | "node" | "rust" | "ruby" | "openjdk");
    (known && !tag.contains('@')).then(|| {
        if tag == "latest" {
            format!("{name}:slim")
        } else {
            format!("{name}:{tag}-slim")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{made, only_prepares, still_installs, without};

    #[test]
    fn tools_are_taken_out_and_the_rest_stays() {
        let tools = ["build-essential".to_owned(), "gcc".to_owned()];
        let text = "apt-get update && apt-get install -y build-essential gcc=4:12 curl && rm -rf /var/lib/apt/lists/*";
        let rest = without(text, &tools);
        assert_eq!(
            rest,
            "apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*"
        );
        assert!(still_installs(&rest) && !only_prepares(&rest));
    }

    #[test]
    fn a_run_that_installs_nothing_else_goes() {
        let tools = ["build-essential".to_owned()];
        let text = "apt-get update && apt-get install -y --no-install-recommends \\\n    build-essential \\\n && rm -rf /var/lib/apt/lists/*";
        assert!(only_prepares(&without(text, &tools)));
        let more = format!("{text} && pip install numpy");
        let rest = without(&more, &tools);
        assert!(!only_prepares(&rest) && !still_installs(&rest));
    }

    #[test]
    fn folders_that_are_made_are_found() {
        assert_eq!(
            made("set -e; mkdir -p /data /cache /etc/apt/keyrings && echo ok"),
            ["/data", "/cache"]
        );
    }
}
