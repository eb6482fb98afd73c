//! How a value of a policy's condition is compared with a value of the request.

use std::cmp::Ordering;
use std::net::IpAddr;

use super::arn::arn_like;
use super::condition::RequestContext;
use super::glob::{Pattern, Reading};
use super::truth::Truth;

/// The comparisons, without their negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Exact text.
    StringEquals,
    /// Exact text but for letter case.
    StringEqualsIgnoreCase,
    /// With wildcards.
    StringLike,
    /// A number.
    Numeric(Relation),
    /// A point in time.
    Date(Relation),
    /// `true` or `false`.
    Bool,
    /// Base64 text, compared byte for byte.
    Binary,
    /// An address in a range.
    IpAddress,
    /// An ARN, part by part.
    Arn,
    /// Whether the key is there.
    Null,
}

/// Which order of request value and policy value is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Equal.
    Equals,
    /// Less.
    Less,
    /// Less or equal.
    AtMost,
    /// Greater.
    Greater,
    /// Greater or equal.
    AtLeast,
}

impl Relation {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equals => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }

    fn parse(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "equals" => (Self::Equals, false),
            "notequals" => (Self::Equals, true),
            "lessthan" => (Self::Less, false),
            "lessthanequals" => (Self::AtMost, false),
            "greaterthan" => (Self::Greater, false),
            "greaterthanequals" => (Self::AtLeast, false),
            _ => return None,
        })
    }
}

impl Comparison {
    /// The comparison of a lower-case operator name and whether it is negated.
    pub fn parse(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "stringequals" => (Self::StringEquals, false),
            "stringnotequals" => (Self::StringEquals, true),
            "stringequalsignorecase" => (Self::StringEqualsIgnoreCase, false),
            "stringnotequalsignorecase" => (Self::StringEqualsIgnoreCase, true),
            "stringlike" => (Self::StringLike, false),
            "stringnotlike" => (Self::StringLike, true),
            "bool" => (Self::Bool, false),
            "binaryequals" => (Self::Binary, false),
            "ipaddress" => (Self::IpAddress, false),
            "notipaddress" => (Self::IpAddress, true),
            "arnequals" | "arnlike" => (Self::Arn, false),
            "arnnotequals" | "arnnotlike" => (Self::Arn, true),
            "null" => (Self::Null, false),
            _ => return Self::parse_ordered(name),
        })
    }

    fn parse_ordered(name: &str) -> Option<(Self, bool)> {
        if let Some(relation) = name.strip_prefix("numeric") {
            let (relation, negated) = Relation::parse(relation)?;
            return Some((Self::Numeric(relation), negated));
        }
        let (relation, negated) = Relation::parse(name.strip_prefix("date")?)?;
        Some((Self::Date(relation), negated))
    }
}

/// Whether a policy's value matches a value of the request, the operator not being negated.
pub(super) fn compare_values(
    comparison: Comparison,
    wanted: &str,
    value: &str,
    context: &RequestContext,
) -> Truth {
    let read = |text: &str, wildcards: bool, fold_case: bool| {
        Pattern::with_variables(
            text,
            Reading {
                wildcards,
                fold_case,
            },
            &|key| context.variable(key),
        )
    };
    let text = |wildcards: bool, fold_case: bool| match read(wanted, wildcards, fold_case) {
        Some(pattern) => pattern.compare(&Pattern::read(
            value,
            Reading {
                wildcards: false,
                fold_case,
            },
        )),
        None => Truth::False,
    };
    // Numbers, dates and addresses cannot be read out of a symbol.
    let unsure = || Pattern::literal(wanted).has_symbol() || Pattern::literal(value).has_symbol();
    let parsed = |answer: Option<bool>| match answer {
        Some(answer) => answer.into(),
        None if unsure() => Truth::Unknown,
        None => Truth::False,
    };
    match comparison {
        Comparison::StringEquals | Comparison::Binary => text(false, false),
        Comparison::StringEqualsIgnoreCase | Comparison::Bool => text(false, true),
        Comparison::StringLike => text(true, false),
        Comparison::Arn => arn_like(wanted, value, &|part| read(part, true, false)),
        Comparison::Numeric(relation) => {
            parsed(numbers(wanted, value).map(|order| relation.holds(order)))
        }
        Comparison::Date(relation) => {
            parsed(dates(wanted, value).map(|order| relation.holds(order)))
        }
        Comparison::IpAddress => parsed(in_range(wanted, value)),
        Comparison::Null => Truth::Unknown,
    }
}

/// Whether an operator can read a policy's value at all.
pub(super) fn is_readable(comparison: Comparison, value: &str) -> bool {
    let boolean = || value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false");
    match comparison {
        Comparison::Bool | Comparison::Null => boolean(),
        Comparison::Numeric(_) => numbers(value, "0").is_some(),
        Comparison::Date(_) => dates(value, "0").is_some(),
        Comparison::IpAddress => in_range(value, "192.0.2.1").is_some(),
        Comparison::Arn => ["arn:", "*"].iter().any(|start| value.starts_with(start)),
        Comparison::StringEquals
        | Comparison::StringEqualsIgnoreCase
        | Comparison::StringLike
        | Comparison::Binary => true,
    }
}

fn numbers(wanted: &str, value: &str) -> Option<Ordering> {
    let read = |text: &str| text.trim().parse::<f64>().ok();
    read(value)?.partial_cmp(&read(wanted)?)
}

/// Dates are ISO 8601 (with or without a time) or seconds since 1970.
fn dates(wanted: &str, value: &str) -> Option<Ordering> {
    let read = |text: &str| -> Option<f64> {
        let text = text.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            return Some(seconds);
        }
        let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
            let day = text.parse::<jiff::civil::Date>().ok()?;
            day.to_zoned(jiff::tz::TimeZone::UTC)
                .ok()
                .map(|zoned| zoned.timestamp())
        })?;
        Some(instant.as_duration().as_secs_f64())
    };
    read(value)?.partial_cmp(&read(wanted)?)
}

/// Whether an address lies in a CIDR range; a bare address is a range of one.
fn in_range(range: &str, address: &str) -> Option<bool> {
    let (network, bits) = match range.trim().split_once('/') {
        Some((network, bits)) => (network, Some(bits.parse::<u32>().ok()?)),
        None => (range.trim(), None),
    };
    let prefix = |address: u128, bits: u32, width: u32| match width.checked_sub(bits) {
        Some(drop) => address.checked_shr(drop).or(Some(0)),
        None => None,
    };
    match (
        network.parse::<IpAddr>().ok()?,
        address.trim().parse::<IpAddr>().ok()?,
    ) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let bits = bits.unwrap_or(32);
            let read = |address: u32| prefix(u128::from(address), bits, 32);
            Some(read(network.to_bits())? == read(address.to_bits())?)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let bits = bits.unwrap_or(128);
            Some(prefix(network.to_bits(), bits, 128)? == prefix(address.to_bits(), bits, 128)?)
        }
        _ => Some(false),
    }
}
