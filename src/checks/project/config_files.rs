//! What `agentcore.json` names and what is there: faults that the CLI meets only at the deploy, or the agent when it starts.

use std::collections::BTreeMap;

use crate::cli_schema::{Class, Fault};
use crate::collect::project::joined;
use crate::context::Context;
use crate::model::json::{Document, Member, Node};
use crate::model::project::{NamedFile, NamedFileKind, Project};

/// Collects the faults of one document.
struct Files<'a> {
    project: &'a Project,
    faults: Vec<Fault>,
}

/// Every file and folder that `agentcore.json` names and that is not as it must be.
pub fn faults(context: &Context) -> Vec<Fault> {
    let project = &context.project;
    let mut files = Files {
        project,
        faults: Vec::new(),
    };
    for (path, node) in entries(&project.document, "runtimes") {
        files.runtime(&path, node);
    }
    for (path, node) in entries(&project.document, "policyEngines") {
        for (index, policy) in items(node, "policies").iter().enumerate() {
            files.named(
                &format!("{path}.policies[{index}]"),
                policy,
                "sourceFile",
                Kind::File,
            );
        }
    }
    for (path, node) in entries(&project.document, "agentCoreGateways") {
        for (index, target) in items(node, "targets").iter().enumerate() {
            files.target(&format!("{path}.targets[{index}]"), target);
        }
    }
    for (path, node) in entries(&project.document, "unassignedTargets") {
        files.target(&path, node);
    }
    files.others();
    files.faults
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Folder => "folder",
        }
    }
}

fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

fn entries<'d>(
    document: &'d Document,
    key: &'static str,
) -> impl Iterator<Item = (String, &'d Node)> {
    let items = items(&document.root, key).iter().enumerate();
    items.map(move |(index, node)| (format!("{key}[{index}]"), node))
}

impl Files<'_> {
    fn found(&self, written: &str) -> Option<&NamedFile> {
        self.project.named_files.get(written)
    }

    fn report(&mut self, class: Class, member: &Member, path: String, words: String) {
        self.faults.push(Fault {
            range: member.range(),
            path,
            class,
            words,
            repair: None,
        });
    }

    /// The member `key` names a file or folder relative to the project root. True when it is there.
    fn named(&mut self, path: &str, node: &Node, key: &str, kind: Kind) -> bool {
        let Some(member) = node.member(key) else {
            return false;
        };
        let Some(written) = member.node.as_str().filter(|text| !text.is_empty()) else {
            return false;
        };
        self.at(&format!("{path}.{key}"), member, written, written, kind)
    }

    /// `written` is what a message shows, `place` where it is sought.
    fn at(&mut self, path: &str, member: &Member, written: &str, place: &str, kind: Kind) -> bool {
        let Some(found) = self.found(place) else {
            return false;
        };
        let path = path.to_owned();
        if found.out_of_reach {
            let words = format!(
                "leads to {written}, outside of the project{}: it was not looked at, and is missing where only the project is checked out",
                if self.project.repository.is_some() {
                    " and its repository"
                } else {
                    ""
                }
            );
            self.report(Class::Note, member, path, words);
            return false;
        }
        let (kind_found, right) = match found.kind {
            NamedFileKind::File => ("a file", kind == Kind::File),
            NamedFileKind::Folder => ("a folder", kind == Kind::Folder),
            NamedFileKind::Missing => ("nothing", false),
            NamedFileKind::Unreadable => ("something that cannot be read", false),
        };
        if right {
            return true;
        }
        if found.ignored {
            let words = format!(
                "names the {} {written}, which git ignores and which is not here: not judged; run the step that builds it, then check again",
                kind.words()
            );
            self.report(Class::Note, member, path, words);
            return false;
        }
        let words = match found.kind {
            NamedFileKind::Missing => {
                format!("names the {} {written}, which does not exist", kind.words())
            }
            _ => format!(
                "must name a {}, and {written} is {kind_found}",
                kind.words()
            ),
        };
        self.report(Class::Breaks, member, path, words);
        false
    }

    fn runtime(&mut self, path: &str, node: &Node) {
        let text = |key: &str| node.get(key).and_then(Node::as_str);
        let Some(location) = text("codeLocation") else {
            return;
        };
        let there = self.named(path, node, "codeLocation", Kind::Folder);
        let container = text("build") == Some("Container");
        let context = text("buildContextPath").filter(|_| container);
        let context_there = match context {
            Some(_) => self.named(path, node, "buildContextPath", Kind::Folder),
            None => there,
        };
        if there && let Some(member) = node.member("entrypoint") {
            self.entrypoint(path, node, member, location, container);
        }
        if container && context_there {
            let folder = context.unwrap_or(location);
            let file = text("dockerfile").unwrap_or("Dockerfile");
            let place = joined(folder, file);
            let member = node.member("dockerfile").or_else(|| node.member("build"));
            if let Some(member) = member {
                self.at(
                    &format!("{path}.dockerfile"),
                    member,
                    &place,
                    &place,
                    Kind::File,
                );
            }
        }
        if there {
            self.policies(path, node, location);
        }
    }

    fn entrypoint(
        &mut self,
        path: &str,
        node: &Node,
        member: &Member,
        location: &str,
        container: bool,
    ) {
        let text = |key: &str| node.get(key).and_then(Node::as_str);
        let path = format!("{path}.entrypoint");
        let bundled = !container
            && text("runtimeVersion").is_some_and(|version| version.starts_with("NODE_"));
        if bundled {
            // The packager bundles main.ts whatever the entrypoint says, and the runtime starts the bundle.
            let place = joined(location, "main.ts");
            let other = member.node.as_str().is_some_and(|text| {
                let stem = text.rsplit_once('.').map_or(text, |(stem, _)| stem);
                stem.trim_start_matches("./") != "main"
            });
            let words = match other {
                true => {
                    format!("{place} (the packager bundles main.ts whatever the entrypoint says)")
                }
                false => place.clone(),
            };
            self.at(&path, member, &words, &place, Kind::File);
            return;
        }
        let Some(file) = member.node.as_str().and_then(|text| text.split(':').next()) else {
            return;
        };
        // A TypeScript file is compiled in the image.
        let compiled = container && (file.ends_with(".js") || file.ends_with(".ts"));
        if !compiled {
            let place = joined(location, file);
            self.at(&path, member, &place, &place, Kind::File);
        }
        let python = file.ends_with(".py") && !container;
        let manifest = joined(location, "pyproject.toml");
        let missing = |found: &NamedFile| found.kind == NamedFileKind::Missing;
        if python && self.found(&manifest).is_some_and(missing) {
            // uv installs from the folder's pyproject.toml, or from one above it.
            let words = format!(
                "has no pyproject.toml beside it in {location}: the packager looks for one in the folders above, and fails without"
            );
            self.report(Class::Note, member, path, words);
        }
    }

    /// `additionalPolicies`: ARNs, and files that are read relative to the code's folder.
    fn policies(&mut self, path: &str, node: &Node, location: &str) {
        let Some(member) = node.member("additionalPolicies") else {
            return;
        };
        // One file may be named many times.
        let mut not_json: BTreeMap<String, bool> = BTreeMap::new();
        for (index, item) in member.node.items().iter().enumerate() {
            let Some(written) = item.as_str().filter(|text| !text.starts_with("arn:")) else {
                continue;
            };
            let path = format!("{path}.additionalPolicies[{index}]");
            let place = joined(location, written);
            // The element is what is wrong, not the list.
            let member = &Member {
                key_range: item.range.clone(),
                node: item.clone(),
                key: member.key.clone(),
            };
            let there = self.at(&path, member, &place, &place, Kind::File);
            let broken = *not_json.entry(place.clone()).or_insert_with(|| {
                let text = self.found(&place).and_then(|file| file.text.as_deref());
                text.is_some_and(|text| serde_json::from_str::<serde_json::Value>(text).is_err())
            });
            if there && broken {
                self.report(
                    Class::Breaks,
                    member,
                    path,
                    format!("names {place}, which is not JSON"),
                );
            }
        }
    }

    fn target(&mut self, path: &str, node: &Node) {
        if let Some(lambda) = node.get("lambdaFunctionArn")
            && lambda
                .get("toolSchemaFile")
                .and_then(Node::as_str)
                .is_some_and(|file| !file.starts_with("s3://"))
        {
            self.named(
                &format!("{path}.lambdaFunctionArn"),
                lambda,
                "toolSchemaFile",
                Kind::File,
            );
        }
        if let Some(inline) = node.path(&["schemaSource", "inline"]) {
            self.named(
                &format!("{path}.schemaSource.inline"),
                inline,
                "path",
                Kind::File,
            );
        }
        if let Some(code) = node.path(&["compute", "implementation"]) {
            self.named(
                &format!("{path}.compute.implementation"),
                code,
                "path",
                Kind::Folder,
            );
        }
    }

    fn others(&mut self) {
        let document = &self.project.document;
        for (path, node) in entries(document, "mcpRuntimeTools") {
            if let Some(code) = node.path(&["compute", "implementation"]) {
                self.named(
                    &format!("{path}.compute.implementation"),
                    code,
                    "path",
                    Kind::Folder,
                );
            }
        }
        for (path, node) in entries(document, "evaluators") {
            let Some(managed) = node.path(&["config", "codeBased", "managed"]) else {
                continue;
            };
            let place = format!("{path}.config.codeBased.managed");
            let there = self.named(&place, managed, "codeLocation", Kind::Folder);
            if let (true, Some(location)) =
                (there, managed.get("codeLocation").and_then(Node::as_str))
            {
                self.policies(&place, managed, location);
            }
        }
        for (path, node) in entries(document, "knowledgeBases") {
            for (index, source) in items(node, "dataSources").iter().enumerate() {
                self.named(
                    &format!("{path}.dataSources[{index}]"),
                    source,
                    "connectorConfigFile",
                    Kind::File,
                );
            }
        }
        for (path, node) in entries(document, "datasets") {
            let member = node
                .path(&["config", "managed"])
                .and_then(|managed| managed.member("location"));
            let Some((member, written)) =
                member.and_then(|member| Some((member, member.node.as_str()?)))
            else {
                continue;
            };
            // Relative to agentcore/; one that stands at the project root is found by people and missed by the CLI.
            let place = joined("agentcore", written);
            self.at(
                &format!("{path}.config.managed.location"),
                member,
                &place,
                &place,
                Kind::File,
            );
        }
    }
}
