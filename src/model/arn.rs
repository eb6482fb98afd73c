//! Amazon Resource Names, split without being misled by symbols such as `${AWS::Region}` that hold a colon themselves.

use serde::{Deserialize, Serialize};

use crate::text::glob::{Pattern, placeholder};
use crate::text::truth::Truth;

/// The parts of an ARN or of an ARN pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: &'a str,
    /// The service segment.
    pub service: &'a str,
    /// The Region, empty for global services.
    pub region: &'a str,
    /// The account id, empty for resources without one.
    pub account: &'a str,
    /// Everything after the fifth colon.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits an ARN; `None` where it has fewer than six parts or does not begin with `arn`.
    pub fn parse(text: &'a str) -> Option<Self> {
        match segments(text, ':', 6).as_slice() {
            &["arn", partition, service, region, account, resource] => Some(Self {
                partition,
                service,
                region,
                account,
                resource,
            }),
            _ => None,
        }
    }

    /// The resource type: what stands before the first `/` or `:` of the resource, empty where there is none.
    pub fn resource_type(&self) -> &'a str {
        self.resource
            .find(['/', ':'])
            .map_or("", |end| &self.resource[..end])
    }
}

/// Splits at a delimiter, leaving `${…}` whole, into at most `limit` pieces.
pub fn segments(text: &str, delimiter: char, limit: usize) -> Vec<&str> {
    let (mut pieces, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(letter) = text[at..].chars().next() {
        if let Some((_, rest)) = placeholder(&text[at..]) {
            at = text.len() - rest.len();
            continue;
        }
        if letter == delimiter && pieces.len() + 1 < limit {
            pieces.push(&text[start..at]);
            start = at + letter.len_utf8();
        }
        at += letter.len_utf8();
    }
    pieces.push(&text[start..]);
    pieces
}

/// How much of AWS a resource pattern reaches, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Breadth {
    /// One named resource (a Region or account may still be a wildcard).
    Named,
    /// A wildcard in the resource part: some or all resources of a type.
    Pattern,
    /// Every resource of a service: the whole resource part is `*`.
    Service,
    /// Every resource: `*`, or a wildcard for the service.
    Everything,
}

/// How much a resource pattern reaches.
pub fn breadth(resource: &str) -> Breadth {
    let is_wild = |text: &str| Pattern::resource(text).has_wildcard();
    let parts = segments(resource, ':', 6);
    if Pattern::resource(resource).is_everything() {
        return Breadth::Everything;
    }
    if parts.first() != Some(&"arn") {
        return if is_wild(resource) {
            Breadth::Pattern
        } else {
            Breadth::Named
        };
    }
    let last = parts.last().copied().unwrap_or_default();
    // Short of six parts a trailing `*` runs over the colons that are missing.
    match parts.len() {
        ..3 if last.ends_with('*') => Breadth::Everything,
        3.. if is_wild(parts[2]) => Breadth::Everything,
        3..6 if last.ends_with('*') => Breadth::Service,
        6 if Pattern::resource(last).is_everything() => Breadth::Service,
        6 if is_wild(last) => Breadth::Pattern,
        _ if is_wild(resource) && parts.len() < 6 => Breadth::Pattern,
        _ => Breadth::Named,
    }
}

/// `ArnLike` (and `ArnEquals`, which behaves alike): each of the six parts is compared on its own.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
pub fn arn_like(pattern: &str, value: &str, read: &dyn Fn(&str) -> Option<Pattern>) -> Truth {
    if pattern == "*" {
        return Truth::True;
    }
    let (ours, theirs) = (segments(pattern, ':', 6), segments(value, ':', 6));
    if ours.len() != theirs.len() {
        // A symbol may stand for a whole ARN, or for several of its parts.
        let unsure = |text: &str| Pattern::literal(text).has_symbol();
        return if unsure(value) || unsure(pattern) {
            Truth::Unknown
        } else {
            Truth::False
        };
    }
    if ours.len() != 6 && ours != theirs {
        return if Pattern::literal(value).has_symbol() {
            Truth::Unknown
        } else {
            Truth::False
        };
    }
    Truth::all(
        ours.iter()
            .zip(&theirs)
            .map(|(ours, theirs)| match read(ours) {
                Some(pattern) => pattern.compare(&Pattern::literal(theirs)),
                None => Truth::False,
            }),
    )
}
