//! Packages below `src/`: Python finds them only where the project is installed, or where something puts the folder on its path.

use crate::analysis::agent_code::AgentCode;
use crate::context::Context;
use crate::context::installed;
use crate::model::manifest::{Dockerfile, Instruction};

/// Whether something makes Python look below `src/` for a runtime. An image that cannot be read may do so.
pub(super) fn is_on_path(context: &Context, code: &AgentCode<'_>) -> bool {
    let env = &code.runtime.common.env;
    if env.iter().any(|(name, _)| name == "PYTHONPATH") {
        return true;
    }
    if !installed::is_container(code.runtime) {
        return false;
    }
    let manifests = context.files.manifests.get(&code.resource().to_string());
    manifests
        .and_then(|manifests| manifests.dockerfile.read())
        .is_none_or(image)
}

fn image(dockerfile: &Dockerfile) -> bool {
    dockerfile
        .instructions
        .iter()
        .any(|each| match each.keyword.as_str() {
            "ENV" | "ARG" => each.arguments.contains("PYTHONPATH"),
            "WORKDIR" => each.arguments.contains("src"),
            "COPY" | "ADD" => moved(each),
            "RUN" | "CMD" | "ENTRYPOINT" => installs(each) || each.arguments.contains("PYTHONPATH"),
            _ => false,
        })
}

/// `COPY src/ .`: what was below `src` is elsewhere in the image.
fn moved(copy: &Instruction) -> bool {
    let words = copy.words();
    let mut paths = words.iter().filter(|word| !word.starts_with("--"));
    let Some(target) = paths.next_back() else {
        return false;
    };
    let is_src = |path: &String| {
        path.trim_end_matches(['/', '.'])
            .rsplit('/')
            .any(|part| part == "src")
    };
    paths.any(is_src) && !is_src(target)
}

/// Whether a command installs the project itself, or cannot be told not to.
fn installs(run: &Instruction) -> bool {
    let words = run.words();
    let has = |word: &str| words.iter().any(|each| each.trim_end_matches(';') == word);
    let tool = |name: &str| {
        words
            .iter()
            .any(|word| word.rsplit('/').next() == Some(name))
    };
    let own = |word: &String| {
        matches!(
            word.trim_end_matches([';', '/']),
            "." | "/app" | "-e" | "--editable"
        ) || word.starts_with(".[")
            || word.starts_with("./")
            || word.starts_with('$')
            || word.contains(".whl")
    };
    let pip = (tool("pip") || tool("pip3")) && has("install");
    pip && words.iter().any(own)
        || tool("uv") && (has("sync") || has("run")) && !has("--no-install-project")
        || tool("poetry") && has("install") && !has("--no-root")
        || tool("pdm") && has("install") && !has("--no-self")
        || tool("hatch")
        || tool("flit")
        || tool("make")
        || words.iter().any(|word| word.ends_with(".sh"))
}

/// What fixes it, in words.
pub(super) fn remedy(code: &AgentCode<'_>) -> String {
    let entry = code.code.entry.and_then(|id| code.source.module(id));
    let root = code.code.code_root.as_str();
    let inside = entry.map_or("", |entry| {
        let path = entry.path.strip_prefix(root).unwrap_or(&entry.path);
        path.trim_start_matches('/')
    });
    let up = inside.matches('/').count();
    let build = if installed::is_container(code.runtime) {
        ", or install the project in the Dockerfile (`RUN pip install .`)"
    } else {
        ""
    };
    format!(
        "move the package out of src/ to the top of the code location, or put these lines before the first import of it: \
         `import sys; from pathlib import Path; sys.path.insert(0, str(Path(__file__).resolve().parents[{up}] / \"src\"))`{build}"
    )
}
