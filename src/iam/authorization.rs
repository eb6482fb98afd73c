//! Which services, condition keys and resources exist, and on which resources an action can be granted.
//!
//! The table is data (`authorization.tsv`, its head names source and date). Of services that it does not hold in full only the
//! prefix is known: nothing is said of their keys and resources.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::arn::segments;
use super::glob::Pattern;

/// What a condition key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// Text.
    String,
    /// A number.
    Numeric,
    /// `true` or `false`.
    Bool,
    /// A point in time.
    Date,
    /// An address.
    Ip,
    /// An ARN.
    Arn,
    /// Base64.
    Binary,
}

impl KeyType {
    fn of(letter: u8) -> Self {
        match letter {
            b'N' => Self::Numeric,
            b'B' => Self::Bool,
            b'D' => Self::Date,
            b'I' => Self::Ip,
            b'A' => Self::Arn,
            b'Y' => Self::Binary,
            _ => Self::String,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Numeric => "a number",
            Self::Bool => "a boolean",
            Self::Date => "a date",
            Self::Ip => "an IP address",
            Self::Arn => "an ARN",
            Self::Binary => "binary data",
        }
    }
}

/// A condition key.
#[derive(Clone, Copy, Debug)]
struct Key {
    kind: KeyType,
    several: bool,
}

#[derive(Default)]
struct Table {
    prefixes: BTreeSet<&'static str>,
    /// Lower-case keys by service; keys with a part that a request fills in end in `*`.
    keys: BTreeMap<&'static str, Vec<(String, &'static str, Key)>>,
    /// ARN patterns by service and resource type.
    arns: BTreeMap<(&'static str, &'static str), &'static str>,
    /// Resource types by lower-case action.
    on: BTreeMap<String, Vec<&'static str>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| read(include_str!("authorization.tsv")));

fn read(text: &'static str) -> Table {
    let mut table = Table::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(service), Some(row), Some(name), Some(rest)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        match row {
            "services" => table.prefixes.extend(rest.split(' ')),
            "key" => {
                let key = Key {
                    kind: KeyType::of(name.bytes().next().unwrap_or(b'S')),
                    several: name.ends_with('+'),
                };
                let keys = table.keys.entry(service).or_default();
                keys.extend(
                    rest.split(' ')
                        .map(|name| (name.to_ascii_lowercase(), name, key)),
                );
            }
            "arn" => {
                table.arns.insert((service, name), rest);
                table.keys.entry(service).or_default();
            }
            "on" => {
                let types: Vec<&str> = name.split(',').collect();
                for action in rest.split(' ') {
                    let action = format!("{service}:{action}").to_ascii_lowercase();
                    table.on.insert(action, types.clone());
                }
            }
            _ => {}
        }
    }
    table
}

/// Whether a service prefix exists; none that is not in the table does.
pub fn is_service(prefix: &str) -> bool {
    TABLE
        .prefixes
        .contains(prefix.to_ascii_lowercase().as_str())
}

/// Every service prefix.
pub fn services() -> impl Iterator<Item = &'static str> {
    TABLE.prefixes.iter().copied()
}

/// What is known of a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It exists and holds this; whether several values are held.
    Known(KeyType, bool),
    /// Its service is known, and has no such key.
    Unknown,
    /// Nothing is known of its service.
    Open,
}

/// What is known of a condition key, whatever its letter case.
pub fn key(name: &str) -> KeyState {
    let lower = name.to_ascii_lowercase();
    let Some((service, _)) = lower.split_once(':') else {
        return KeyState::Unknown;
    };
    let find = |service: &str| {
        let keys = TABLE.keys.get(service)?;
        let found = keys.iter().find(|(known, ..)| match known.split_once('*') {
            Some((start, end)) => {
                lower.len() > start.len() + end.len()
                    && lower.starts_with(start)
                    && lower.ends_with(end)
            }
            None => *known == lower,
        });
        found.map(|(.., key)| KeyState::Known(key.kind, key.several))
    };
    if let Some(found) = find("*").or_else(|| find(service)) {
        return found;
    }
    let known = service == "aws" || TABLE.keys.contains_key(service);
    match (known, TABLE.prefixes.contains(service)) {
        (true, _) | (false, false) => KeyState::Unknown,
        (false, true) => KeyState::Open,
    }
}

/// The keys of a service and the global ones, as documented.
pub fn keys_of(service: &str) -> impl Iterator<Item = &'static str> {
    let own = TABLE.keys.get(service).into_iter().flatten();
    let global = TABLE.keys.get("*").into_iter().flatten();
    own.chain(global).map(|(_, name, _)| *name)
}

/// The ARNs of the resources that an action can be granted on; `None` where that is not known, or the action has none.
pub fn resources_of(action: &str) -> Option<Vec<&'static str>> {
    let action = action.to_ascii_lowercase();
    let types = TABLE.on.get(&action)?;
    let (service, _) = action.split_once(':')?;
    let (service, _) = TABLE.keys.get_key_value(service)?;
    types
        .iter()
        .map(|kind| TABLE.arns.get(&(*service, *kind)).copied())
        .collect()
}

/// Whether an action can be granted on what a resource pattern matches; true where that is not known.
pub fn fits(action: &str, resource: &str) -> bool {
    let Some(arns) = resources_of(action) else {
        return true;
    };
    let parts = |text: &str| -> Vec<Pattern> {
        let parts = segments(text, ':', 6).into_iter();
        parts.map(Pattern::resource).collect()
    };
    let ours = parts(resource);
    // A wildcard of the table stands for one part; one of a policy, where parts are missing, for several.
    if ours.len() < 6 {
        let resource = Pattern::resource(resource);
        let mut patterns = arns.iter().map(|arn| Pattern::resource(arn));
        return patterns.any(|arn| arn.intersects(&resource));
    }
    arns.iter().any(|arn| {
        let theirs = parts(arn);
        // A wildcard of the table stands for a name, which is never empty.
        let named = segments(arn, ':', 6)
            .iter()
            .zip(segments(resource, ':', 6))
            .all(|(one, two)| *one != "*" || !two.is_empty());
        let meets = || {
            theirs
                .iter()
                .zip(&ours)
                .all(|(one, two)| one.intersects(two))
        };
        // The name of a bucket holds no slash: what has one names objects.
        let bucket = arn.ends_with(":s3:::*") && resource.contains('/');
        named && !bucket && meets()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_with_their_types() {
        assert_eq!(key("aws:SourceArn"), KeyState::Known(KeyType::Arn, false));
        assert_eq!(
            key("AWS:securetransport"),
            KeyState::Known(KeyType::Bool, false)
        );
        assert_eq!(
            key("aws:ResourceTag/team"),
            KeyState::Known(KeyType::String, false)
        );
        assert_eq!(key("aws:SourceAcount"), KeyState::Unknown);
        assert_eq!(key("bedrock-agentcore:memoryid"), KeyState::Unknown);
        assert_eq!(key("a4b:anything"), KeyState::Open);
    }

    #[test]
    fn actions_have_their_resources() {
        assert!(fits("s3:GetObject", "arn:aws:s3:::bucket/*"));
        assert!(!fits("s3:GetObject", "arn:aws:s3:::bucket"));
        assert!(fits("s3:ListBucket", "arn:aws:s3:::bucket"));
        assert!(fits("s3:ListBucket", "arn:aws:s3:::*"));
        assert!(!fits("s3:ListBucket", "arn:aws:s3:::bucket/*"));
        assert!(!fits("dynamodb:GetItem", "arn:aws:dynamodb::1:table/x"));
        assert!(!fits(
            "dynamodb:GetItem",
            "arn:aws:dynamodb:us-east-1::table/x"
        ));
        assert!(fits(
            "bedrock:InvokeModel",
            "arn:aws:bedrock:*::foundation-model/x"
        ));
        assert!(!fits("dynamodb:GetItem", "arn:aws:s3:::bucket/*"));
        assert!(fits(
            "bedrock-agentcore:CreateEvent",
            "arn:aws:bedrock-agentcore:us-east-1:1:memory/m-1"
        ));
        assert!(fits("made:Up", "arn:aws:s3:::bucket"));
    }
}
