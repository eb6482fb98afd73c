//! Which IAM actions exist, their access level, and whether they support resource types.
//!
//! The table is data (`actions.tsv`, its head names the source); a service that is not in it is unknown, not harmless.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde::{Deserialize, Serialize};

use super::arn::Arn;
use super::glob::Pattern;

/// What an action does, in the terms of the AWS Service Authorization Reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads their content.
    Read,
    /// Changes tags.
    Tagging,
    /// Creates, changes, deletes.
    Write,
    /// Changes who may do what.
    Permissions,
}

impl AccessLevel {
    /// True for what changes something: writing, tagging and permissions management.
    pub fn changes(self) -> bool {
        self >= Self::Tagging
    }
}

/// A known action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its full name in the documented spelling, `logs:PutRetentionPolicy`.
    pub name: String,
    /// What it does.
    pub level: AccessLevel,
    /// It can be granted on named resources; otherwise it has to be granted on `*`.
    pub resource_types: bool,
    lower: String,
}

/// A service of the table. Its actions are read when one of them is asked for: a project names a few of 400 services.
#[derive(Default)]
struct Service {
    prefix: &'static str,
    /// What the lines of the service hold: a group, and the names in it.
    groups: Vec<(&'static str, &'static str)>,
    actions: OnceLock<Vec<Action>>,
    /// Service segments of the ARNs that its actions work on.
    arns: Vec<&'static str>,
}

impl Service {
    /// Its actions, sorted by lower-case name.
    fn actions(&self) -> &[Action] {
        self.actions.get_or_init(|| {
            let groups = self.groups.iter();
            let mut actions: Vec<Action> = groups
                .flat_map(|(group, names)| self.group(group, names))
                .collect();
            actions.sort_by(|one, two| one.lower.cmp(&two.lower));
            actions
        })
    }

    fn group(&self, group: &str, names: &'static str) -> impl Iterator<Item = Action> {
        let level = match group.as_bytes().first() {
            Some(b'L') => AccessLevel::List,
            Some(b'R') => AccessLevel::Read,
            Some(b'T') => AccessLevel::Tagging,
            Some(b'P') => AccessLevel::Permissions,
            _ => AccessLevel::Write,
        };
        let resource_types = group.ends_with('+');
        names.split(' ').map(move |name| {
            let name = format!("{}:{name}", self.prefix);
            Action {
                lower: name.to_ascii_lowercase(),
                name,
                level,
                resource_types,
            }
        })
    }

    /// How many actions it has.
    fn len(&self) -> usize {
        let names = self
            .groups
            .iter()
            .map(|(_, names)| names.split(' ').count());
        names.sum()
    }
}

static SERVICES: LazyLock<BTreeMap<&'static str, Service>> =
    LazyLock::new(|| read(include_str!("actions.tsv")));

fn read(table: &'static str) -> BTreeMap<&'static str, Service> {
    let mut services: BTreeMap<&'static str, Service> = BTreeMap::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.splitn(3, '\t');
        let (Some(prefix), Some(group), Some(names)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let service = services.entry(prefix).or_default();
        service.prefix = prefix;
        match group {
            "arn" => service.arns = names.split(' ').collect(),
            _ => service.groups.push((group, names)),
        }
    }
    services
}

impl Action {
    /// The action of that name, whatever its letter case; `None` where the table does not know it.
    pub fn lookup(name: &str) -> Option<&'static Self> {
        let lower = name.to_ascii_lowercase();
        let actions = SERVICES.get(lower.split_once(':')?.0)?.actions();
        let at = actions
            .binary_search_by(|action| action.lower.as_str().cmp(&lower))
            .ok()?;
        actions.get(at)
    }
}

/// The known actions that an action pattern matches, sorted by service and name.
pub fn expand(pattern: &str) -> Vec<&'static Action> {
    let compiled = Pattern::action(pattern);
    if !compiled.has_wildcard() {
        return Action::lookup(pattern).into_iter().collect();
    }
    let prefix = service_of(pattern).to_ascii_lowercase();
    let one_service = !prefix.is_empty() && !prefix.contains(['*', '?', '$']);
    let services = SERVICES
        .iter()
        .filter(|(name, _)| !one_service || **name == prefix);
    services
        .flat_map(|(_, service)| service.actions())
        .filter(|action| compiled.matches(&action.lower))
        .collect()
}

/// How many known actions [`expand`] looks at.
pub(super) fn count(pattern: &str) -> usize {
    let prefix = service_of(pattern).to_ascii_lowercase();
    match SERVICES.get(prefix.as_str()) {
        Some(service) => service.len(),
        None => SERVICES.values().map(Service::len).sum(),
    }
}

/// The service prefix of an action or action pattern, empty where it has none.
pub fn service_of(action: &str) -> &str {
    action.split_once(':').map_or("", |(service, _)| service)
}

/// False where a resource pattern names a service whose resources the action surely does not work on, such as an S3 ARN for
/// `bedrock:InvokeModel`.
pub fn applies_to(action: &str, resource: &str) -> bool {
    let prefix = service_of(action).to_ascii_lowercase();
    let Some(service) = SERVICES
        .get(prefix.as_str())
        .filter(|service| !service.arns.is_empty())
    else {
        return true;
    };
    let Some(arn) = Arn::parse(resource) else {
        return true;
    };
    let segment = Pattern::resource(arn.service);
    service
        .arns
        .iter()
        .any(|name| segment.intersects(&Pattern::literal(name)))
}
