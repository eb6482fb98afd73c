//! Key sets (JWKS) and what their keys are good for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::discovery::{cut, text};

/// Smallest RSA modulus for RS256, in bits (RFC 7518, section 3.3).
pub const SMALLEST_RSA: u32 = 2048;
/// Most keys of a set that are kept: identity providers publish a handful.
const MOST_KEYS: usize = 100;

/// A key set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Jwks {
    /// Set where the answer is no key set.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fault: Option<String>,
    /// The public keys.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub keys: Vec<Key>,
}

/// A public key of a set (RFC 7517). Private and symmetric members are never kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Key {
    /// `kid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// `kty`: RSA, EC, OKP.
    pub kty: String,
    /// `use`: sig or enc.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// `key_ops`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_ops: Vec<String>,
    /// `alg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// `crv`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// RSA modulus, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA exponent, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// First coordinate, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Second coordinate, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
}

impl Key {
    /// Bits of the RSA modulus; `None` for other keys and for one that is not base64url.
    pub fn bits(&self) -> Option<u32> {
        let bytes = URL_SAFE_NO_PAD
            .decode(self.n.as_ref()?.trim_end_matches('='))
            .ok()?;
        let significant = bytes.iter().skip_while(|byte| **byte == 0);
        let count = u32::try_from(significant.clone().count()).ok()?;
        let first = significant.clone().next()?;
        Some(
            count
                .saturating_mul(8)
                .saturating_sub(first.leading_zeros()),
        )
    }

    /// True when it may verify signatures: not marked for encryption only.
    pub fn signs(&self) -> bool {
        self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && (self.key_ops.is_empty()
                || self.key_ops.iter().any(|operation| operation == "verify"))
    }

    /// True when RS256 signatures can be checked with it.
    pub fn usable_for_rs256(&self) -> bool {
        self.kty == "RSA"
            && self.signs()
            && self.alg.as_deref().is_none_or(|alg| alg == "RS256")
            && self.e.is_some()
            && self.bits().is_some_and(|bits| bits >= SMALLEST_RSA)
    }

    /// In a few words, for messages.
    pub fn words(&self) -> String {
        let detail = match (self.bits(), self.crv.as_deref()) {
            (Some(bits), _) => format!(" {bits} bits"),
            (None, Some(curve)) => format!(" {curve}"),
            (None, None) => String::new(),
        };
        let alg = self
            .alg
            .as_deref()
            .map(|alg| format!(" {alg}"))
            .unwrap_or_default();
        let usage = match self.usage.as_deref() {
            Some("sig") | None => String::new(),
            Some(usage) => format!(" (use {usage})"),
        };
        format!("{}{detail}{alg}{usage}", self.kty)
    }
}

/// What a key set is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySet {
    /// At least one key checks RS256.
    Rs256,
    /// Signature keys, of other asymmetric algorithms only.
    OtherAlgorithms,
    /// RSA signature keys, every one too small.
    TooSmall,
    /// No signature key.
    None,
}

impl Jwks {
    /// What the set is good for.
    pub fn usable(&self) -> KeySet {
        let signing = |key: &&Key| key.signs() && matches!(key.kty.as_str(), "RSA" | "EC" | "OKP");
        let small =
            |key: &Key| key.kty == "RSA" && key.bits().is_none_or(|bits| bits < SMALLEST_RSA);
        if self.keys.iter().any(Key::usable_for_rs256) {
            KeySet::Rs256
        } else if self.keys.iter().filter(signing).any(|key| !small(key)) {
            KeySet::OtherAlgorithms
        } else if self.keys.iter().any(|key| signing(&key)) {
            KeySet::TooSmall
        } else {
            KeySet::None
        }
    }

    /// The keys in words, for messages.
    pub fn words(&self) -> String {
        if self.keys.is_empty() {
            return "no key".to_owned();
        }
        let mut words: Vec<String> = self.keys.iter().map(Key::words).collect();
        words.sort();
        words.dedup();
        words.truncate(5);
        words.join(", ")
    }
}

/// Reads a key set.
pub fn parse_jwks(body: &[u8]) -> Jwks {
    let faulty = |fault: &str| Jwks {
        fault: Some(fault.to_owned()),
        keys: Vec::new(),
    };
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return faulty("the answer is not JSON");
    };
    let Some(keys) = value.get("keys").and_then(Value::as_array) else {
        return faulty("the answer has no keys array");
    };
    let key = |key: &Map<String, Value>| Key {
        kid: text(key, "kid"),
        kty: text(key, "kty").unwrap_or_default(),
        usage: text(key, "use"),
        key_ops: key
            .get("key_ops")
            .and_then(Value::as_array)
            .map(|items| {
                items
                    .iter()
                    .filter_map(Value::as_str)
                    .take(10)
                    .map(cut)
                    .collect()
            })
            .unwrap_or_default(),
        alg: text(key, "alg"),
        crv: text(key, "crv"),
        n: text(key, "n"),
        e: text(key, "e"),
        x: text(key, "x"),
        y: text(key, "y"),
    };
    let keys = keys
        .iter()
        .filter_map(Value::as_object)
        .take(MOST_KEYS)
        .map(key)
        .collect();
    Jwks { fault: None, keys }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_weighed() {
        let n = URL_SAFE_NO_PAD.encode([0x80_u8; 256]);
        let small = URL_SAFE_NO_PAD.encode([0x80_u8; 128]);
        let jwks = |key: String| parse_jwks(format!("{{\"keys\":[{key}]}}").as_bytes()).usable();
        let rsa =
            |n: &str, more: &str| format!("{{\"kty\":\"RSA\",\"n\":\"{n}\",\"e\":\"AQAB\"{more}}}");
        assert_eq!(jwks(rsa(&n, "")), KeySet::Rs256);
        assert_eq!(
            jwks(rsa(&n, ",\"use\":\"sig\",\"alg\":\"RS256\"")),
            KeySet::Rs256
        );
        assert_eq!(jwks(rsa(&n, ",\"use\":\"enc\"")), KeySet::None);
        assert_eq!(jwks(rsa(&n, ",\"alg\":\"PS256\"")), KeySet::OtherAlgorithms);
        assert_eq!(jwks(rsa(&small, "")), KeySet::TooSmall);
        assert_eq!(
            jwks("{\"kty\":\"EC\",\"crv\":\"P-256\"}".to_owned()),
            KeySet::OtherAlgorithms
        );
        assert_eq!(
            jwks("{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}".to_owned()),
            KeySet::None
        );
        assert_eq!(
            parse_jwks(b"{}").fault.unwrap(),
            "the answer has no keys array"
        );
    }
}
