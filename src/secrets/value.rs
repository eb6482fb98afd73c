//! Secrets as values of environment variables.

use super::{Area, Confidence, Kind, Options, scan};

/// The kind of secret that a value is, whatever its name: a vendor's form, a private key, a JSON Web Token or an address
/// with a password. Generic randomness is not enough: ids and hashes are random too.
pub fn secret_value(value: &str) -> Option<&'static Kind> {
    let hits = scan(
        "value.env",
        value,
        &Options {
            least: Confidence::Medium,
            ..Options::default()
        },
    );
    hits.into_iter()
        .filter(|hit| hit.confidence == Confidence::High || hit.kind.area == Area::Generic)
        .map(|hit| hit.kind)
        .next()
}
