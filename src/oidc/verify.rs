//! Verifies a token's signature against a key set.

use std::str::FromStr;

use jsonwebtoken::{Algorithm, DecodingKey};

use super::keys::{Jwks, Key};
use super::token::Token;

/// Which keys of a set a token's signature can be checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidates<'a> {
    /// The keys with the token's `kid`; every signature key where the token names none.
    Keys(Vec<&'a Key>),
    /// No key has the token's `kid`.
    UnknownKid(String),
}

/// Finds the keys for a token.
pub fn candidates<'a>(token: &Token, jwks: &'a Jwks) -> Candidates<'a> {
    let Some(kid) = token.header_text("kid") else {
        return Candidates::Keys(jwks.keys.iter().filter(|key| key.signs()).collect());
    };
    let named: Vec<&Key> = jwks
        .keys
        .iter()
        .filter(|key| key.kid.as_deref() == Some(kid))
        .collect();
    if !named.is_empty() {
        return Candidates::Keys(named);
    }
    let unnamed: Vec<&Key> = jwks
        .keys
        .iter()
        .filter(|key| key.kid.is_none() && key.signs())
        .collect();
    if unnamed.is_empty() {
        Candidates::UnknownKid(kid.to_owned())
    } else {
        Candidates::Keys(unnamed)
    }
}

/// True when one of the keys made the signature.
///
/// # Errors
/// Why it cannot be checked: the algorithm is unknown or not asymmetric.
pub fn signature_holds(token: &Token, keys: &[&Key]) -> Result<bool, String> {
    let name = token.header_text("alg").unwrap_or_default();
    let algorithm = Algorithm::from_str(name)
        .ok()
        .filter(|_| !name.starts_with("HS"))
        .ok_or_else(|| {
            format!("alg {name:?} is no asymmetric algorithm that can be verified here")
        })?;
    let Some((message, signature)) = token.compact().rsplit_once('.') else {
        return Ok(false);
    };
    let holds = |key: &&Key| {
        decoding_key(key).is_some_and(|key| {
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, algorithm)
                .unwrap_or(false)
        })
    };
    Ok(keys.iter().any(holds))
}

fn decoding_key(key: &Key) -> Option<DecodingKey> {
    match key.kty.as_str() {
        "RSA" => DecodingKey::from_rsa_components(key.n.as_deref()?, key.e.as_deref()?).ok(),
        "EC" => DecodingKey::from_ec_components(key.x.as_deref()?, key.y.as_deref()?).ok(),
        "OKP" => DecodingKey::from_ed_components(key.x.as_deref()?).ok(),
        _ => None,
    }
}
