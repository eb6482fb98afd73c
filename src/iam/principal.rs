//! The `Principal` element of trust and resource policies, and who makes a request.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use serde_json::{Map, Value};

use super::arn::Arn;
use super::document::{list_value, strings};
use super::glob::Pattern;
use super::truth::Truth;

/// The kinds of principals a policy can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// Accounts, roles, users and sessions.
    Aws,
    /// AWS services.
    Service,
    /// Identity providers.
    Federated,
    /// Amazon S3 canonical user ids.
    CanonicalUser,
}

impl PrincipalKind {
    const ALL: [Self; 4] = [
        Self::Aws,
        Self::Service,
        Self::Federated,
        Self::CanonicalUser,
    ];

    /// Its key in a policy.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::CanonicalUser => "CanonicalUser",
        }
    }
}

/// A set of principals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principals {
    /// Written as the bare string `*`, which is everyone, anonymous callers included.
    pub anyone: bool,
    /// Each principal with its kind, in the order of the policy.
    pub entries: Vec<(PrincipalKind, String)>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalClause {
    /// These.
    Is(Principals),
    /// Everyone but these.
    IsNot(Principals),
}

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A role or a user, by ARN.
    Identity(String),
    /// An AWS service, such as `bedrock-agentcore.amazonaws.com`.
    Service(String),
    /// Nobody in particular: unsigned, or signed by an unknown account.
    Anyone,
}

impl Principals {
    /// The principals of one kind.
    pub fn of(&self, kind: PrincipalKind) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .filter(move |(each, _)| *each == kind)
            .map(|(_, text)| text.as_str())
    }

    /// True where everyone is meant: `*` or `{"AWS": "*"}`.
    pub fn includes_everyone(&self) -> bool {
        self.anyone || self.of(PrincipalKind::Aws).any(|text| text == "*")
    }

    fn compare(&self, caller: &Caller) -> Truth {
        if self.includes_everyone() {
            return match caller {
                Caller::Service(_) if !self.anyone => Truth::False,
                _ => Truth::True,
            };
        }
        match caller {
            Caller::Identity(arn) => {
                Truth::any(self.of(PrincipalKind::Aws).map(|text| names(text, arn)))
            }
            Caller::Service(name) => Truth::any(self.of(PrincipalKind::Service).map(|text| {
                let read = |text: &str| Pattern::literal(&text.to_ascii_lowercase());
                read(text).compare(&read(name))
            })),
            Caller::Anyone => Truth::False,
        }
    }
}

/// Whether an `AWS` principal names an identity: by its ARN, or by its account (`123456789012`, `arn:aws:iam::123456789012:root`).
fn names(principal: &str, arn: &str) -> Truth {
    let same = |one: &str, two: &str| Pattern::literal(one).compare(&Pattern::literal(two));
    let account = Arn::parse(arn).map_or("", |arn| arn.account);
    match Arn::parse(principal) {
        Some(parts) if parts.service == "iam" && parts.resource == "root" => {
            same(parts.account, account)
        }
        Some(_) => same(principal, arn),
        None => same(principal, account).or(same(principal, arn)),
    }
}

impl PrincipalClause {
    /// Reads it from a statement.
    pub(super) fn parse(statement: &Map<String, Value>) -> Result<Option<Self>, String> {
        match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(_), Some(_)) => Err("it has both Principal and NotPrincipal".to_owned()),
            (Some(value), None) => Ok(Some(Self::Is(principals(value)?))),
            (None, Some(value)) => Ok(Some(Self::IsNot(principals(value)?))),
            (None, None) => Ok(None),
        }
    }

    /// Whether the clause takes in the caller.
    pub fn compare(&self, caller: &Caller) -> Truth {
        match self {
            Self::Is(principals) => principals.compare(caller),
            Self::IsNot(principals) => !principals.compare(caller),
        }
    }

    /// The principals, whichever way they are meant.
    pub fn principals(&self) -> &Principals {
        match self {
            Self::Is(principals) | Self::IsNot(principals) => principals,
        }
    }

    pub(super) fn to_entry(&self) -> (&'static str, Value) {
        let key = if matches!(self, Self::Is(_)) {
            "Principal"
        } else {
            "NotPrincipal"
        };
        let principals = self.principals();
        if principals.anyone {
            return (key, Value::from("*"));
        }
        let mut object = Map::new();
        for kind in PrincipalKind::ALL {
            let list: Vec<String> = principals.of(kind).map(str::to_owned).collect();
            if !list.is_empty() {
                object.insert(kind.name().to_owned(), list_value(&list));
            }
        }
        (key, Value::Object(object))
    }
}

fn principals(value: &Value) -> Result<Principals, String> {
    match value {
        Value::String(text) if text == "*" => Ok(Principals {
            anyone: true,
            entries: Vec::new(),
        }),
        Value::Object(object) => {
            let mut entries = Vec::new();
            for (key, value) in object {
                let kind = PrincipalKind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == key);
                let kind = kind.ok_or_else(|| format!("{key:?} is no kind of principal"))?;
                entries.extend(strings(value, key)?.into_iter().map(|text| (kind, text)));
            }
            entries.sort_by_key(|(kind, _)| *kind);
            Ok(Principals {
                anyone: false,
                entries,
            })
        }
        _ => Err("Principal is neither \"*\" nor an object".to_owned()),
    }
}
