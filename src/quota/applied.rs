//! The value of a quota that holds: the account's where Service Quotas was read, else the dated default.

use serde::Serialize;

use super::table::{AS_OF, Quota};
use crate::context::Context;
use crate::model::aws as model;

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// The value; `None` where there is no single default.
    pub value: Option<f64>,
    /// `service-quotas` or `default`.
    pub source: &'static str,
    /// In words, for messages.
    pub words: String,
}

/// The value that holds for the target's account and Region.
pub fn applied(context: Option<&Context>, quota: &Quota) -> Applied {
    let region = context
        .and_then(|context| context.target.as_ref())
        .and_then(|target| target.region.as_deref());
    if let Some(live) = context.and_then(|context| live(context, quota)) {
        let what = if live.applied {
            "applied in the account"
        } else {
            "by default, as Service Quotas says"
        };
        return Applied {
            value: Some(live.value),
            source: "service-quotas",
            words: format!("{} {what}", number(live.value)),
        };
    }
    let value = quota.default_in(region);
    let place = match (region, quota.default) {
        (_, super::table::Default::Flat(_)) => String::new(),
        (Some(region), _) => format!(" of {region}"),
        (None, _) => " where the Region is not known".to_owned(),
    };
    let words = value.map_or_else(
        || "depends on the model".to_owned(),
        |value| {
            format!(
                "{} by default{place} (as of {AS_OF}; the account's own value was not read)",
                number(value)
            )
        },
    );
    Applied {
        value,
        source: "default",
        words,
    }
}

/// The account's value, where Service Quotas was read.
fn live<'a>(context: &'a Context, quota: &Quota) -> Option<&'a model::Quota> {
    let quotas = context.aws.read()?.quotas.read()?;
    quotas.get(quota.code?)
}

/// A number without needless decimals, with thousands separated.
#[allow(clippy::cast_possible_truncation)]
pub fn number(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded.fract() != 0.0 || rounded.abs() >= 1e15 {
        return rounded.to_string();
    }
    let digits = (rounded as i64).to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0
            && digit.is_ascii_digit()
            && (digits.len() - index).is_multiple_of(3)
            && !out.ends_with('-')
        {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_readable() {
        for (value, text) in [
            (5000.0, "5,000"),
            (25.0, "25"),
            (0.5, "0.5"),
            (2.0 / 3.0, "0.67"),
            (1_234_567.0, "1,234,567"),
            (999.0, "999"),
            (-1000.0, "-1,000"),
        ] {
            assert_eq!(super::number(value), text);
        }
    }
}
