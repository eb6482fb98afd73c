//! The `agentcore` program that PATH resolves to. Nothing is run: the version stands in the package's own `package.json`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::file::read_text;
use crate::collect::json;
use crate::model::files::{CliOnPath, Installer};
use crate::model::known::{Known, ReasonCode, Unread};

/// What the program is called.
const PROGRAMS: &[&str] = if cfg!(windows) {
    &["agentcore", "agentcore.cmd", "agentcore.exe"]
} else {
    &["agentcore"]
};
/// The npm package of the AgentCore CLI.
const PACKAGE: &str = "@aws/agentcore";
/// How the Python starter toolkit calls itself in its entry-point script and in the folders of its installers.
const TOOLKIT: [&str; 2] = [
    "bedrock_agentcore_starter_toolkit",
    "bedrock-agentcore-starter-toolkit",
];
/// Where package managers keep the package whose program they put into a folder of PATH, relative to that folder: npm, npm on
/// Windows, Volta, Bun.
const BESIDE: [&str; 4] = [
    "../lib/node_modules",
    "node_modules",
    "../tools/image/packages/@aws/agentcore/lib/node_modules",
    "../install/global/node_modules",
];

/// The program that `path_env` leads to.
pub fn on_path(path_env: &OsStr) -> Known<CliOnPath> {
    // A relative entry would lead into the project under audit.
    let found = std::env::split_paths(path_env)
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| PROGRAMS.iter().map(move |name| folder.join(name)))
        .find(|program| is_program(program));
    found.map_or(Known::Absent, |program| judged(identify(&program)))
}

/// A program that is neither the CLI nor the starter toolkit says nothing about the version.
fn judged(cli: CliOnPath) -> Known<CliOnPath> {
    if cli.version.is_some() || cli.starter_toolkit {
        return Known::Read(cli);
    }
    let message = format!(
        "{} is on PATH as `agentcore`, and neither the {PACKAGE} package nor the starter toolkit was found behind it",
        cli.path
    );
    Known::Unread(Unread::new(ReasonCode::Unsupported, message).command("agentcore --version"))
}

fn is_program(path: &Path) -> bool {
    let Ok(metadata) = std::fs::metadata(path) else {
        return false;
    };
    #[cfg(unix)]
    let executable = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let executable = path.extension().is_some();
    metadata.is_file() && executable
}

fn identify(program: &Path) -> CliOnPath {
    let real = program
        .canonicalize()
        .unwrap_or_else(|_| program.to_path_buf());
    let script = script(&real);
    let toolkit = |text: &str| TOOLKIT.iter().any(|name| text.contains(name));
    let starter_toolkit = toolkit(&script) || toolkit(&real.to_string_lossy());
    let version = if starter_toolkit {
        None
    } else {
        version_above(&real)
            .or_else(|| version_in_shim(program, &script))
            .or_else(|| version_beside(program))
    };
    let way = format!("{} {script}", real.to_string_lossy());
    let installer = if way.contains("/uv/tools/") {
        Installer::UvTool
    } else if way.contains("/pipx/") {
        Installer::Pipx
    } else {
        Installer::Pip
    };
    CliOnPath {
        path: program.to_string_lossy().into_owned(),
        version,
        starter_toolkit,
        installer,
    }
}

/// The text of a script; empty for a binary or a large file.
fn script(program: &Path) -> String {
    let small = std::fs::metadata(program).is_ok_and(|metadata| metadata.len() < 64 * 1024);
    if small {
        read_text(program, "").unwrap_or_default()
    } else {
        String::new()
    }
}

/// npm links the program to a file in the package.
fn version_above(real: &Path) -> Option<String> {
    real.ancestors().skip(1).take(6).find_map(version_of)
}

/// pnpm and cmd-shim write a shell script that names the file in the package, relative to its own folder.
fn version_in_shim(program: &Path, script: &str) -> Option<String> {
    let folder = program.parent()?;
    script.split(['"', '\'', ' ', '\n', '\r']).find_map(|word| {
        let end = word
            .find("@aws/agentcore/")
            .or_else(|| word.find("@aws\\agentcore\\"))?;
        let path = word.get(..end + PACKAGE.len())?.replace('\\', "/");
        let path = ["$basedir/", "%~dp0/", "%dp0%/", "${basedir}/"]
            .iter()
            .find_map(|start| path.strip_prefix(start))
            .unwrap_or(&path);
        version_of(&folder.join(path))
    })
}

fn version_beside(program: &Path) -> Option<String> {
    let folder = program.parent()?;
    BESIDE
        .iter()
        .find_map(|place| version_of(&folder.join(place).join(PACKAGE)))
}

/// The version in the `package.json` of `folder`, where it is the CLI's package.
fn version_of(folder: &Path) -> Option<String> {
    let file: PathBuf = folder.join("package.json");
    let document = json::parse("package.json", &read_text(&file, "package.json").ok()?).ok()?;
    let text = |key| document.root.get(key).and_then(|node| node.as_str());
    (text("name") == Some(PACKAGE)).then(|| text("version").map(str::to_owned))?
}
