//! Secrets as values of environment variables.

use std::ops::Range;

use super::names::secret_like_name;
use super::{Area, Confidence, Kind, Options, scan};

/// The kind of secret that an environment variable holds: what a scan finds in the value alone, or in the variable as a member of a
/// configuration file (`"NAME": "value"`), where the name of a literal that is a secret stands before a random value. Randomness behind
/// any other name is not enough: ids and hashes are random too. What [`secret_like_name`] says is not repeated here.
pub fn secret_variable(name: &str, value: &str) -> Option<&'static Kind> {
    let alone = scan("value.env", value, &Options::default());
    alone
        .into_iter()
        .find(|hit| hit.confidence == Confidence::High || hit.kind.area == Area::Generic)
        .map(|hit| hit.kind)
        .or_else(|| in_configuration(name, value).filter(|_| !secret_like_name(name)))
}

/// The same in a file that holds nothing but the variable.
fn in_configuration(name: &str, value: &str) -> Option<&'static Kind> {
    let name = serde_json::to_string(name).ok()?;
    let text = format!("{name}: {}", serde_json::to_string(value).ok()?);
    let is_value = |range: &Range<usize>| range.start > name.len();
    scan("variable.json", &text, &Options::default())
        .into_iter()
        .find(|hit| is_value(&hit.range))
        .map(|hit| hit.kind)
}
