//! The project's CDK app in `agentcore/cdk`: which construct library it is built with, and where its own code adds permissions.

use std::fs;
use std::path::Path;

use super::file::read_text;
use super::git::Ignores;
use super::joined;
use crate::collect::json;
use crate::model::project::{CdkVersion, LostFile};
use crate::model::site::{Site, SourceText};
use crate::text::holds;

/// The construct library.
const LIBRARY: &str = "@aws/agentcore-cdk";
/// What the app asks for.
const MANIFEST: &str = "agentcore/cdk/package.json";
/// What was installed.
const LOCK: &str = "agentcore/cdk/package-lock.json";
/// Folders of the app's own code.
const FOLDERS: [&str; 2] = ["agentcore/cdk/lib", "agentcore/cdk/bin"];
/// Most files of a folder that are read.
const MOST_FILES: usize = 64;

/// Methods that add statements to a role or policy.
const ADDS: [&str; 6] = [
    ".addToPolicy(",
    ".addToRolePolicy(",
    ".addToPrincipalPolicy(",
    ".addToExecutionRolePolicy(",
    ".attachInlinePolicy(",
    ".addManagedPolicy(",
];
/// How the methods begin that grant on a resource.
const GRANT: &str = ".grant";
/// What the statements hold that the CLI's own template adds, for payments. (`dist/assets/cdk/lib/cdk-stack.ts` of CLI 0.30.)
const VENDED: [&str; 2] = [
    "processPaymentRoleArn",
    "bedrock-agentcore:GetPaymentInstrument",
];
/// How much of the code behind a call is looked at for what it is about, in bytes.
const ARGUMENTS: usize = 300;

/// The version of the construct library: as installed, else as asked for.
pub(super) fn version(root: &Path) -> Option<CdkVersion> {
    let read =
        |path: &'static str| json::parse(path, &read_text(&root.join(path), path).ok()?).ok();
    let installed = read(LOCK).and_then(|lock| {
        let package = format!("node_modules/{LIBRARY}");
        let version = lock.root.path(&["packages", &package, "version"])?;
        Some(version.as_str()?.to_owned())
    });
    if let Some(text) = installed {
        return Some(CdkVersion {
            text,
            file: LOCK,
            exact: true,
        });
    }
    let manifest = read(MANIFEST)?;
    let asked = ["dependencies", "devDependencies"]
        .iter()
        .find_map(|list| manifest.root.path(&[list, LIBRARY])?.as_str())?;
    let plain = asked.trim_start_matches('=').trim();
    Some(CdkVersion {
        text: plain.to_owned(),
        file: MANIFEST,
        exact: plain.starts_with(|first: char| first.is_ascii_digit())
            && !plain.contains([' ', '|', 'x', '*']),
    })
}

/// The app's own code: the folder of each file and its text.
pub(super) fn sources(root: &Path) -> Vec<(&'static str, SourceText)> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        let mut files: Vec<String> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.ends_with(".ts") && !name.ends_with(".d.ts"))
            .collect();
        files.sort();
        for file in files.into_iter().take(MOST_FILES) {
            let path = format!("{folder}/{file}");
            if let Ok(text) = read_text(&root.join(&path), &path) {
                found.push((folder, SourceText::new(path.as_str(), text)));
            }
        }
    }
    found
}

/// Where the app's own code adds permissions to what may be an agent's role.
pub(super) fn grants(sources: &[(&'static str, SourceText)]) -> Vec<Site> {
    let mut found = Vec::new();
    for (_, source) in sources {
        let mut words = ADDS.iter().chain([&GRANT]);
        if words.any(|word| holds(&source.text, word)) {
            added(source, &mut found);
        }
    }
    found
}

/// The files of the app's own that it imports and that are not there.
pub(super) fn lost(
    sources: &[(&'static str, SourceText)],
    root: &Path,
    repository: Option<&Path>,
) -> Vec<LostFile> {
    let mut found = Vec::new();
    for (folder, source) in sources {
        let mut start = 0;
        for line in source.text.split_inclusive('\n') {
            let here = start;
            start += line.len();
            let Some((at, specifier)) = imported(line) else {
                continue;
            };
            let place = root.join(folder).join(specifier);
            if is_there(&place) {
                continue;
            }
            let relative = joined(folder, &format!("{specifier}.ts"));
            let base = repository.unwrap_or(root);
            found.push(LostFile {
                site: source.site(here + at..here + at + specifier.len()),
                specifier: specifier.to_owned(),
                rule: Ignores::below(base).ignoring(&root.join(relative)),
            });
        }
    }
    found
}

/// The relative module that a line imports, and where it stands in the line.
fn imported(line: &str) -> Option<(usize, &str)> {
    let code = line.trim_start();
    if !(code.starts_with("import ")
        || code.starts_with("export ")
        || code.starts_with('}')
        || code.contains("require("))
    {
        return None;
    }
    let from = ["from ", "require(", "import "]
        .iter()
        .find_map(|word| Some(line.rfind(word)? + word.len()))?;
    let rest = line.get(from..)?;
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '\'' | '"'))?;
    let inner = rest.get(1..)?;
    let specifier = inner.get(..inner.find(quote)?)?;
    specifier.starts_with('.').then_some((from + 1, specifier))
}

fn is_there(place: &Path) -> bool {
    let text = place.to_string_lossy();
    let bare = text
        .strip_suffix(".js")
        .or_else(|| text.strip_suffix(".mjs"))
        .unwrap_or(&text);
    let endings = [
        "",
        ".ts",
        ".tsx",
        ".mts",
        ".js",
        ".json",
        ".d.ts",
        "/index.ts",
        "/index.js",
    ];
    place.is_file()
        || endings
            .iter()
            .any(|end| Path::new(&format!("{bare}{end}")).is_file())
}

fn added(source: &SourceText, found: &mut Vec<Site>) {
    let text = &*source.text;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let here = start;
        start += line.len();
        let code = line.trim_start();
        if code.starts_with("//") || code.starts_with('*') {
            continue;
        }
        let is_method = |at: &usize| ADDS.iter().any(|method| line[*at..].starts_with(method));
        let method = memchr::memchr_iter(b'.', line.as_bytes()).find(is_method);
        let grant = || {
            let at = line.find(GRANT)?;
            let rest = line.get(at + GRANT.len()..)?;
            let name = rest.split('(').next()?;
            let named = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            (named && name.len() < rest.len()).then_some(at)
        };
        let Some(at) = method.or_else(grant) else {
            continue;
        };
        let mut end = (here + at + ARGUMENTS).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        let arguments = text.get(here + at..end).unwrap_or_default();
        let arguments = arguments.split(';').next().unwrap_or_default();
        if VENDED.iter().any(|own| arguments.contains(own)) {
            continue;
        }
        // A grant to a build, an instance or a function of the stack's own is none to an agent.
        let receiver = line.get(..at).unwrap_or_default().to_lowercase();
        let given = if method.is_some() {
            receiver
        } else {
            arguments.to_lowercase()
        };
        let agent = ["runtime", "environment", "agent", "harness"];
        let role = given.trim().trim_end_matches(['(', ')']);
        let bare = role.ends_with("role") && !role.contains('.') || role.contains("(role");
        if bare || agent.iter().any(|word| given.contains(word)) {
            let begin = here + line.len() - code.len();
            let end = here + line.trim_end().len();
            found.push(source.site(begin..end));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::fs;

    use super::{CdkVersion, LOCK, MANIFEST, grants, sources, version};

    #[test]
    fn a_range_is_told_from_what_was_installed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("agentcore/cdk/lib")).unwrap();
        assert_eq!(version(root), None);
        let said = |text: &str, file: &'static str, exact: bool| {
            Some(CdkVersion {
                text: text.to_owned(),
                file,
                exact,
            })
        };
        for (written, exact) in [
            ("^0.1.0-alpha.19", false),
            ("0.1.0-alpha.19", true),
            ("~0.1", false),
            ("*", false),
        ] {
            let manifest = format!(r#"{{"dependencies": {{"@aws/agentcore-cdk": "{written}"}}}}"#);
            fs::write(root.join(MANIFEST), manifest).unwrap();
            assert_eq!(version(root), said(written, MANIFEST, exact));
        }
        let lock =
            r#"{"packages": {"node_modules/@aws/agentcore-cdk": {"version": "0.1.0-alpha.30"}}}"#;
        fs::write(root.join(LOCK), lock).unwrap();
        assert_eq!(version(root), said("0.1.0-alpha.30", LOCK, true));
    }

    #[test]
    fn grants_to_what_is_no_agent_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("agentcore/cdk/lib")).unwrap();
        let code = "invoker.addToRolePolicy(s);\ninstance.role.addManagedPolicy(p);\nimage.grantPush(build.role);\n// env.runtime.addToPolicy(s);\nexecutionRole.addToPolicy(s);\nenv.runtime.addToPolicy(s);\n";
        fs::write(root.join("agentcore/cdk/lib/stack.ts"), code).unwrap();
        let lines: Vec<u32> = grants(&sources(root))
            .iter()
            .map(|site| site.span.unwrap().line)
            .collect();
        assert_eq!(lines, [5, 6]);
    }
}
