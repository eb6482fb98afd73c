//! Code that runs and is not here: modules that nothing in the tree answers and nothing declares, and folders that a container copies.

use super::copied_code;
use super::imports::{ignored_module, unanswered};
use crate::analysis::agent_code::AgentCode;
use crate::context::Context;
use crate::model::known::{ReasonCode, Unread};
use crate::model::manifest::{AgentManifests, LocalPackage};
use crate::model::source::{ExternalImport, Language};

/// The code that was not read, in words; `None` where all of the project's own code that runs is here.
pub(crate) fn of(context: &Context, code: &AgentCode<'_>) -> Option<Unread> {
    // Nearly every check of code asks.
    let found = code.facts.absent.get_or_init(|| find(context, code));
    found.clone()
}

fn find(context: &Context, code: &AgentCode<'_>) -> Option<Unread> {
    let lost = unanswered(context, code);
    let (name, site) = lost.first()?;
    let line = site
        .span
        .map_or(String::new(), |span| format!(":{}", span.line));
    let more = match lost.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    if let Some(copied) = copied_code::absent(context, code.runtime).first() {
        let place = copied.place();
        return Some(Unread::new(
            ReasonCode::Absent,
            format!(
                "{}, which {place} copies into the image, is not in this tree, and {}{line} imports `{name}`{more}: get it, then run again",
                copied.path, site.path
            ),
        ));
    }
    let facts = context.files.dependencies.get(&code.resource().to_string());
    let of_first = |external: &&ExternalImport| external.site == *site;
    let first = code.code.external.iter().find(of_first);
    if let Some(ignored) = first.and_then(|external| ignored_module(facts, external)) {
        return Some(Unread::new(
            ReasonCode::Absent,
            format!(
                "`{name}`{more}, imported at {}{line}, was not judged: {}. Run the step that makes it, then run again",
                site.path,
                ignored.why()
            ),
        ));
    }
    let manifests = context.files.manifests.get(&code.resource().to_string());
    let local = manifests.and_then(|all| local_package(all, name));
    if let Some(package) = local {
        let place = match &package.folder {
            Some(folder) => format!("in the folder {folder}"),
            None => "in a folder that was not found inside of the project".to_owned(),
        };
        return Some(Unread::new(
            ReasonCode::Absent,
            format!(
                "`{name}`{more}, imported at {}{line}, is declared as {}, {place}: its code was not read there, and it was not judged. Check out or build what is missing, then run again",
                site.path, package.name
            ),
        ));
    }
    // It is there, where the artifact does not take it from.
    let top = name.split(['.', '/']).find(|part| !part.is_empty());
    let elsewhere = facts
        .zip(top)
        .and_then(|(facts, top)| facts.elsewhere.get(top).cloned());
    let elsewhere = elsewhere.or_else(|| module_file(context, name));
    let root = code.code.code_root.as_str();
    let own = top.filter(|top| root.rsplit('/').next() == Some(top));
    if let Some(path) = elsewhere.filter(|_| !name.starts_with('.')) {
        // The folder of the code location itself: its inside ships, not the folder.
        if let Some(top) = own.filter(|_| path == root || path.starts_with(&format!("{root}/"))) {
            return Some(Unread::new(
                ReasonCode::Absent,
                format!(
                    "`{name}`{more}, imported at {}{line}, is at {path}, but what ships is the inside of {root}/, where nothing is called `{top}`: whether the import works there cannot be told, and its code was not judged. Import it without `{top}.`, then run again",
                    site.path
                ),
            ));
        }
        let location = code.runtime.code_location.as_ref();
        let location = location.map_or("the code that ships", |found| found.value.as_str());
        return Some(Unread::new(
            ReasonCode::Absent,
            format!(
                "`{name}`{more}, imported at {}{line}, is in the repository at {path} but not below {location}: it does not ship, and its code was not judged. Move it there, or declare it as a dependency, then run again",
                site.path
            ),
        ));
    }
    Some(Unread::new(
        ReasonCode::Absent,
        format!(
            "`{name}`{more}, imported at {}{line}, is neither in the tree nor a declared dependency: its code was not read. Check out what provides it, or declare it, then run again",
            site.path
        ),
    ))
}

/// The package of the project's own that an import is of, whichever language the import is written in.
fn local_package<'m>(manifests: &'m AgentManifests, name: &str) -> Option<&'m LocalPackage> {
    let top = name.split('.').next().unwrap_or(name);
    let scope = if name.starts_with('@') { 2 } else { 1 };
    let npm: Vec<&str> = name.split('/').take(scope).collect();
    manifests
        .local_package(Language::Python, top)
        .or_else(|| manifests.local_package(Language::TypeScript, &npm.join("/")))
}

/// The source file of the project that a dotted name would be, wherever it stands.
fn module_file(context: &Context, name: &str) -> Option<String> {
    let path = name.replace('.', "/");
    let ends = [format!("{path}.py"), format!("{path}/__init__.py")];
    let mut sources = context.files.contents.sources.iter();
    let is = |source: &str| {
        let below = |end: &String| source.strip_suffix(end.as_str());
        ends.iter()
            .filter_map(below)
            .any(|before| before.is_empty() || before.ends_with('/'))
    };
    sources.find(|source| is(source)).cloned()
}
