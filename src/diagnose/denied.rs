//! The text with which IAM refuses a call.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use std::sync::LazyLock;

use regex::Regex;

/// A refused call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Who asked, as the text names it.
    pub principal: Option<String>,
    /// The role's name, where a role asked.
    pub role: Option<String>,
    /// The action.
    pub action: String,
    /// The resource; `None` where the text names none.
    pub resource: Option<String>,
    /// A Deny matched; else nothing allowed it.
    pub explicit: bool,
    /// The kind of policy that decided, where the text names it.
    pub policy: Option<Policy>,
}

/// Kinds of policy that a refusal names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// A policy of the role.
    Identity,
    /// A policy of the resource.
    Resource,
    /// The role's permissions boundary.
    Boundary,
    /// The policy of the session.
    Session,
    /// A service control policy of the organization.
    Control,
    /// A resource control policy of the organization.
    ResourceControl,
    /// The policy of a VPC endpoint.
    Endpoint,
}

impl Policy {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Identity, "identity-based policy"),
        (Self::Resource, "resource-based policy"),
        (Self::Boundary, "permissions boundary"),
        (Self::Session, "session policy"),
        (Self::Control, "service control policy"),
        (Self::ResourceControl, "resource control policy"),
        (Self::Endpoint, "vpc endpoint policy"),
    ];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Endpoint => "VPC endpoint policy",
            other => Self::ALL
                .iter()
                .find(|(kind, _)| *kind == other)
                .map_or("policy", |(_, words)| words),
        }
    }
}

static REFUSAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?s)(?:(?:User|Principal):\s*(?P<who>arn:[^\s,]+|\S+)\s+)?is not authorized to perform:?\s+",
        r#"["'`]?(?P<action>[a-z0-9-]+:[A-Za-z0-9]+)["'`]?"#,
        r#"(?:\s+on(?:\s+the)?\s+(?:resource(?:\(s\)|s)?:?\s+["'`]?(?P<resource>[^\s"'`]+)|["'`]?(?P<arn>arn:[^\s"'`]+)))?"#,
        r"(?P<rest>.{0,300})",
    ))
    .ok()
});

/// The last refusal of a text: a log begins with older ones.
pub(super) fn read(text: &str) -> Option<Denied> {
    let found = REFUSAL.as_ref()?.captures_iter(text).last()?;
    let part = |name: &str| found.name(name).map(|part| part.as_str().to_owned());
    let principal = part("who");
    let role = principal.as_deref().and_then(role_of);
    let rest = part("rest").unwrap_or_default().to_lowercase();
    let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = Policy::ALL
        .iter()
        .filter_map(|(kind, words)| Some((rest.find(words)?, *kind)))
        .min_by_key(|(at, _)| *at);
    Some(Denied {
        principal,
        role,
        action: part("action")?,
        resource: part("resource")
            .or_else(|| part("arn"))
            .map(|text| text.trim_end_matches(['.', ',', ')', ';']).to_owned()),
        explicit: rest.contains("explicit deny"),
        policy: first.map(|(_, kind)| kind),
    })
}

/// `arn:…:assumed-role/NAME/SESSION`, `arn:…:role/path/NAME`.
fn role_of(principal: &str) -> Option<String> {
    let resource = principal.splitn(6, ':').nth(5)?;
    let name = match resource.split_once('/')? {
        ("assumed-role", rest) => rest.split('/').next()?,
        ("role", rest) => rest.rsplit('/').next()?,
        _ => return None,
    };
    Some(name.to_owned())
}
