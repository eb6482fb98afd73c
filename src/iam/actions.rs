//! Which IAM actions exist, their access level, and whether they support resource types.
//!
//! The table is data (`actions.tsv`, its head names the source); a service that is not in it is unknown, not harmless.

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

/// A service of the table. Its lines are read when one of its actions is asked for: a project names a few of 400 services.
struct Service {
    prefix: &'static str,
    /// Its lines.
    text: &'static str,
    actions: OnceLock<Vec<Action>>,
}

impl Service {
    /// What its lines hold: a group, and the names in it.
    fn lines(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = self.text.lines();
        lines.filter_map(|line| line.split_once('\t')?.1.split_once('\t'))
    }

    /// Its groups of actions.
    fn groups(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.lines().filter(|(group, _)| *group != ARNS)
    }

    /// Its actions, sorted by lower-case name.
    fn actions(&self) -> &[Action] {
        self.actions.get_or_init(|| {
            let mut actions: Vec<Action> = self
                .groups()
                .flat_map(|(group, names)| self.group(group, names))
                .collect();
            actions.sort_by(|one, two| one.lower.cmp(&two.lower));
            actions
        })
    }

    /// Service segments of the ARNs that its actions work on.
    fn arns(&self) -> impl Iterator<Item = &'static str> {
        let arns = self.lines().filter(|(group, _)| *group == ARNS);
        arns.flat_map(|(_, names)| names.split(' '))
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
        let names = self.groups().map(|(_, names)| names.split(' ').count());
        names.sum()
    }
}

/// The group of a service's line that lists segments of ARNs and no actions.
const ARNS: &str = "arn";

/// The services, by their prefixes.
static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| read(include_str!("actions.tsv")));

/// Reads a table in which the lines of a service stand together.
fn read(table: &'static str) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    let (mut start, mut end) = (0, 0);
    for line in table.split_inclusive('\n') {
        let at = end;
        end += line.len();
        let Some((prefix, _)) = line.split_once('\t').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        match services.last_mut() {
            Some(last) if last.prefix == prefix => last.text = &table[start..end],
            _ => {
                start = at;
                services.push(Service {
                    prefix,
                    text: line,
                    actions: OnceLock::new(),
                });
            }
        }
    }
    services.sort_by_key(|service| service.prefix);
    services
}

/// The service with that prefix.
fn service(prefix: &str) -> Option<&'static Service> {
    let at = SERVICES.binary_search_by_key(&prefix, |service| service.prefix);
    SERVICES.get(at.ok()?)
}

impl Action {
    /// The action of that name, whatever its letter case; `None` where the table does not know it.
    pub fn lookup(name: &str) -> Option<&'static Self> {
        let lower = name.to_ascii_lowercase();
        let actions = service(lower.split_once(':')?.0)?.actions();
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
        .filter(|service| !one_service || service.prefix == prefix);
    services
        .flat_map(Service::actions)
        .filter(|action| compiled.matches(&action.lower))
        .collect()
}

/// How many known actions [`expand`] looks at.
pub(super) fn count(pattern: &str) -> usize {
    let prefix = service_of(pattern).to_ascii_lowercase();
    match service(&prefix) {
        Some(service) => service.len(),
        None => SERVICES.iter().map(Service::len).sum(),
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
    let Some(service) = service(&prefix).filter(|service| service.arns().next().is_some()) else {
        return true;
    };
    let Some(arn) = Arn::parse(resource) else {
        return true;
    };
    let segment = Pattern::resource(arn.service);
    service
        .arns()
        .any(|name| segment.intersects(&Pattern::literal(name)))
}
