//! What a check says of a kind of resource that `agentcore.json` does not configure: it is not applicable, unless the file lists
//! it under a key where the CLI does not look. Then nobody knows whether it would be right.

use crate::cli_schema::knows_root_key;
use crate::context::Context;
use crate::model::finding::{Evidence, Outcome};
use crate::model::json::{Json, Member, Node};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Project;

/// How deep a key that the CLI does not know is looked into.
const DEEPEST: usize = 4;

/// A kind of resource that checks are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// Runtimes and harnesses.
    Agent,
    /// Gateways and their targets.
    Gateway,
    /// Memories.
    Memory,
    /// Policy engines.
    PolicyEngine,
}

impl Listed {
    const ALL: [Self; 4] = [Self::Agent, Self::Gateway, Self::Memory, Self::PolicyEngine];

    /// The key where the CLI looks.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Agent => "runtimes",
            Self::Gateway => "agentCoreGateways",
            Self::Memory => "memories",
            Self::PolicyEngine => "policyEngines",
        }
    }

    /// The least that an entry holds.
    pub(crate) fn form(self) -> &'static str {
        match self {
            Self::Agent => r#"[{"name": …, "build": …, "entrypoint": …, "codeLocation": …}]"#,
            Self::Gateway => r#"[{"name": …, "targets": […]}]"#,
            Self::Memory => r#"[{"name": …, "eventExpiryDuration": …, "strategies": […]}]"#,
            Self::PolicyEngine => r#"[{"name": …, "policies": […]}]"#,
        }
    }

    /// True for a key under which somebody who does not know the file's form would list it.
    fn named_by(self, key: &str) -> bool {
        let key: String = key
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        let plain = key.strip_suffix('s').unwrap_or(&key);
        match self {
            Self::Agent => matches!(
                plain,
                "agent"
                    | "runtime"
                    | "agentruntime"
                    | "agentcoreruntime"
                    | "harnesse"
                    | "harness"
                    | "entrypoint"
                    | "codelocation"
            ),
            Self::Gateway => matches!(plain, "gateway" | "agentcoregateway" | "mcpgateway"),
            Self::Memory => matches!(plain, "memory" | "memorie" | "agentcorememory"),
            Self::PolicyEngine => matches!(plain, "policyengine" | "policie" | "policy"),
        }
    }
}

/// A list of resources under a key that the CLI does not know.
pub(crate) struct Hidden<'a> {
    /// The key at the root of the file.
    pub(crate) member: &'a Member,
    /// The path down to what names the kind: `agents`, `resources.runtimes`.
    pub(crate) path: String,
    /// What it lists.
    pub(crate) kind: Listed,
}

impl Hidden<'_> {
    /// What is to be done, as one sentence.
    pub(crate) fn words(&self) -> String {
        let (path, key) = (&self.path, self.kind.key());
        let list = matches!(self.member.node.value, Json::Array(_)) && *self.member.key == **path;
        if list {
            format!(
                "the file lists `{path}`, which the CLI does not know: rename it to `{key}`, then check again"
            )
        } else {
            format!(
                "the file holds `{path}`, where the CLI does not look: list it as `\"{key}\": {}`, then check again",
                self.kind.form()
            )
        }
    }
}

impl Hidden<'_> {
    /// Where the CLI looks for it, and in which form.
    pub(crate) fn form(&self) -> String {
        let (key, form) = (self.kind.key(), self.kind.form());
        let path = &self.path;
        format!("what `{path}` holds stands where the CLI looks as `\"{key}\": {form}`")
    }
}

/// What the file lists under keys that the CLI does not know, one entry per kind whose own key is not there.
pub(crate) fn hidden(project: &Project) -> Vec<Hidden<'_>> {
    let root = &project.document.root;
    let listed = |kind: &Listed| {
        root.get(kind.key())
            .is_some_and(|node| matches!(node.value, Json::Array(_)))
    };
    let find = |kind: Listed| {
        root.members().iter().find_map(|member| {
            let misformed = *member.key == *kind.key();
            let unknown = misformed || !knows_root_key(&member.key);
            let path = unknown.then(|| within(member, kind, DEEPEST)).flatten()?;
            Some(Hidden { member, path, kind })
        })
    };
    let missing = Listed::ALL.into_iter().filter(|kind| !listed(kind));
    missing.filter_map(find).collect()
}

/// The path to a key that names the kind and holds something.
fn within(member: &Member, kind: Listed, deep: usize) -> Option<String> {
    let key = member.key.to_string();
    if kind.named_by(&key) && holds_something(&member.node) {
        return Some(key);
    }
    if deep == 0 {
        return None;
    }
    let inner = member.node.members().iter();
    inner
        .filter_map(|member| within(member, kind, deep - 1))
        .map(|path| format!("{key}.{path}"))
        .next()
}

fn holds_something(node: &Node) -> bool {
    match &node.value {
        Json::Null | Json::Bool(_) => false,
        Json::Array(items) => !items.is_empty(),
        Json::Object(members) => !members.is_empty(),
        Json::Number(_) | Json::String(_) => true,
    }
}

/// The outcome of a check whose kinds of resources are not configured.
pub(crate) fn unconfigured(
    context: &Context,
    kinds: &[Listed],
    message: impl Into<String>,
) -> Outcome {
    let (project, resource) = (&context.project, context.project.resource());
    let found = hidden(project);
    match found.iter().find(|hidden| kinds.contains(&hidden.kind)) {
        Some(hidden) => {
            let reason = Unread::new(ReasonCode::Unsupported, hidden.words());
            let site = project.document.source.site(hidden.member.range());
            Outcome::skipped(resource, reason).evidence(Evidence::config(&site).context())
        }
        None => {
            let mut message = message.into();
            if kinds.contains(&Listed::Agent)
                && let Some((path, line)) = context.unnamed_entrypoints().first()
            {
                message = format!(
                    "{message}: {path}:{line} holds an AgentCore entrypoint, which no runtime of agentcore.json names"
                );
            }
            Outcome::not_applicable(resource, message)
        }
    }
}

/// The outcomes of a check, one for each resource; without a resource, that none is configured.
pub(crate) fn or_unconfigured(
    outcomes: Vec<Outcome>,
    context: &Context,
    kinds: &[Listed],
    message: &str,
) -> Vec<Outcome> {
    match outcomes.is_empty() {
        true => vec![unconfigured(context, kinds, message)],
        false => outcomes,
    }
}
