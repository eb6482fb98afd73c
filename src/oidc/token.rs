//! Decodes a JWT (RFC 7519) as pasted by a person. Nothing of it leaves this process, and it is never shown whole.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

/// Largest input in bytes; headers of most servers end at a quarter of it.
pub const LARGEST: usize = 64 * 1024;

/// Why a text cannot be looked at as a JWT.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing was given.
    #[error("the token is empty")]
    Empty,
    /// Past [`LARGEST`].
    #[error("the input is larger than {LARGEST} bytes, which no token is")]
    TooLarge,
    /// Five segments: an encrypted token.
    #[error(
        "this is an encrypted token (JWE, five segments): its claims cannot be read without the key, and AgentCore's JWT authorizer reads signed tokens (JWS)"
    )]
    Encrypted,
    /// The start of a JWT without its dots.
    #[error("the token was cut off: it starts as a JWT does, and has no dot")]
    Truncated,
    /// No dots at all.
    #[error("this is an opaque token, not a JWT: AgentCore validates JWTs only")]
    Opaque,
    /// Another number of segments.
    #[error("not a JWT: {0} dot-separated segments, expected 3 (header.payload.signature)")]
    Segments(usize),
    /// A segment that is not base64url.
    #[error("not a JWT: its {0} is not base64url")]
    Base64(&'static str),
    /// A segment that is not JSON.
    #[error("not a JWT: its {0} is not a JSON object ({1})")]
    Json(&'static str, String),
    /// JSON around the token that holds none.
    #[error("the JSON given holds no access_token or id_token")]
    NoToken,
}

impl TokenError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Empty => {
                "give the token as an argument, or `-` and pipe it in: `printf %s \"$TOKEN\" | agentcore-harden token -`"
            }
            Self::Encrypted => {
                "have the identity provider issue signed, unencrypted access tokens for this API"
            }
            Self::Opaque => {
                "ask the identity provider for a JWT access token: Auth0 issues one when an `audience` is requested, Okta from a custom \
                 authorization server, PingFederate from a JSON token access token manager"
            }
            Self::NoToken => "pipe in the token endpoint's answer, or only the token",
            Self::Truncated
            | Self::TooLarge
            | Self::Segments(_)
            | Self::Base64(_)
            | Self::Json(..) => "copy the whole token: it starts with eyJ and has two dots",
        }
    }
}

/// A decoded token.
#[derive(Clone, PartialEq)]
pub struct Token {
    /// The header, last of duplicate members.
    pub header: Map<String, Value>,
    /// The claims, last of duplicate members.
    pub claims: Map<String, Value>,
    /// What is odd about how it was given or built.
    pub notes: Vec<String>,
    compact: String,
}

impl fmt::Debug for Token {
    /// Leaves out the compact form: it is a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl Token {
    /// Decodes what a person pasted: the token, with `Bearer`, an `Authorization:` header, quotes or line breaks around it, or the
    /// JSON answer of a token endpoint.
    ///
    /// # Errors
    /// Why it is not a signed JWT.
    pub fn decode(input: &str) -> Result<Self, TokenError> {
        if input.len() > LARGEST {
            return Err(TokenError::TooLarge);
        }
        let mut notes = Vec::new();
        let compact = clean(input, &mut notes)?;
        let segments: Vec<&str> = compact.split('.').collect();
        let (header, payload) = match segments.as_slice() {
            // Base64url of `{"`: the first part of a JWT, cut before its first dot.
            [one] if one.starts_with("eyJ") => return Err(TokenError::Truncated),
            [_] => return Err(TokenError::Opaque),
            [header, payload, _] => (*header, *payload),
            [_, _, _, _, _] => return Err(TokenError::Encrypted),
            other => return Err(TokenError::Segments(other.len())),
        };
        let header = object("header", header, &mut notes)?;
        let claims = object("payload", payload, &mut notes)?;
        Ok(Self {
            header,
            claims,
            notes,
            compact,
        })
    }

    /// Whether nothing stands where the signature belongs.
    pub fn is_unsigned(&self) -> bool {
        self.compact.ends_with('.')
    }

    /// The compact form, for signature verification alone.
    pub(super) fn compact(&self) -> &str {
        &self.compact
    }

    /// A header member that is a string.
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// A claim that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A claim that is a string or an array of strings, as a list.
    pub fn list(&self, name: &str) -> Vec<&str> {
        match self.claims.get(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// A claim that is a number, such as seconds since the epoch.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.claims.get(name).and_then(Value::as_f64)
    }

    /// `aud`: a string or an array.
    pub fn audiences(&self) -> Vec<&str> {
        self.list("aud")
    }

    /// The scopes of a claim: an array, or words of a string.
    pub fn scopes(&self, claim: &str) -> Vec<&str> {
        self.list(claim)
            .into_iter()
            .flat_map(str::split_ascii_whitespace)
            .collect()
    }
}

fn clean(input: &str, notes: &mut Vec<String>) -> Result<String, TokenError> {
    let quotes: &[char] = &['"', '\'', '`', ',', ';'];
    let mut text = input.trim_start_matches('\u{feff}').trim().to_owned();
    if text.starts_with('{') {
        text = from_answer(&text, notes)?;
    }
    let mut rest = text.trim_matches(quotes).trim();
    for prefix in ["authorization:", "bearer"] {
        if let Some(head) = rest.get(..prefix.len())
            && head.eq_ignore_ascii_case(prefix)
            && (prefix.ends_with(':') || rest[prefix.len()..].starts_with(char::is_whitespace))
        {
            rest = rest[prefix.len()..].trim().trim_matches(quotes);
        }
    }
    let joined: String = rest
        .split_whitespace()
        .flat_map(|part| part.split("\\n"))
        .map(|part| part.trim_matches(quotes))
        .collect();
    if joined.is_empty() {
        Err(TokenError::Empty)
    } else {
        Ok(joined)
    }
}

/// The token in the JSON answer of a token endpoint.
fn from_answer(text: &str, notes: &mut Vec<String>) -> Result<String, TokenError> {
    let value: Value = serde_json::from_str(text).map_err(|_| TokenError::NoToken)?;
    let result = value.get("AuthenticationResult").unwrap_or(&value);
    for key in [
        "access_token",
        "AccessToken",
        "accessToken",
        "id_token",
        "IdToken",
        "idToken",
        "token",
    ] {
        if let Some(token) = result.get(key).and_then(Value::as_str) {
            notes.push(format!("taken from {key} of the JSON given"));
            return Ok(token.to_owned());
        }
    }
    Err(TokenError::NoToken)
}

fn object(
    part: &'static str,
    segment: &str,
    notes: &mut Vec<String>,
) -> Result<Map<String, Value>, TokenError> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let url_safe = GeneralPurpose::new(&alphabet::URL_SAFE, config);
    let bytes = match url_safe.decode(segment) {
        Ok(bytes) => bytes,
        Err(_) => {
            let standard = GeneralPurpose::new(&alphabet::STANDARD, config);
            let bytes = standard
                .decode(segment)
                .map_err(|_| TokenError::Base64(part))?;
            notes.push(format!(
                "its {part} uses the standard base64 alphabet, not base64url: validators reject it"
            ));
            bytes
        }
    };
    if segment.ends_with('=') {
        notes.push(format!(
            "its {part} is padded with =, which a JWT must not be"
        ));
    }
    let fault = |error: serde_json::Error| {
        let text = error.to_string();
        TokenError::Json(
            part,
            text.split(" at line")
                .next()
                .unwrap_or("not JSON")
                .to_owned(),
        )
    };
    let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
    let members = deserializer.deserialize_map(Members).map_err(fault)?;
    deserializer.end().map_err(fault)?;
    let mut map = Map::new();
    let mut duplicates = Vec::new();
    for (key, value) in members {
        if map.insert(key.clone(), value).is_some() && !duplicates.contains(&key) {
            duplicates.push(key);
        }
    }
    for key in duplicates {
        notes.push(format!("its {part} holds {key:?} more than once: validators may refuse it or read another value; the last is shown"));
    }
    Ok(map)
}

/// Collects the members of an object with duplicates, which a map would hide.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn token(payload: &str) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2ln", encode("{\"alg\":\"RS256\"}"), encode(payload))
    }

    #[test]
    fn what_people_paste_is_understood() {
        let plain = token("{\"iss\":\"https://a.example\"}");
        let (front, back) = plain.split_at(20);
        for pasted in [
            plain.clone(),
            format!("  {plain}\n"),
            format!("Bearer {plain}"),
            format!("bearer\t{plain}"),
            format!("Authorization: Bearer {plain}"),
            format!("'Authorization: Bearer {plain}'"),
            format!("\"{plain}\","),
            format!("\"Bearer {plain}\""),
            format!("{front}\n{back}"),
            format!("{front}\r\n  {back}"),
            format!("{{\"access_token\":\"{plain}\",\"token_type\":\"Bearer\"}}"),
            format!("{{\"AuthenticationResult\":{{\"AccessToken\":\"{plain}\"}}}}"),
        ] {
            let token = Token::decode(&pasted).unwrap();
            assert_eq!(token.text("iss"), Some("https://a.example"));
        }
    }

    #[test]
    fn what_is_no_jwt_is_named() {
        let kind = |text: &str| Token::decode(text).unwrap_err();
        assert_eq!(kind(" \n"), TokenError::Empty);
        assert_eq!(kind("2YotnFZFEjr1zCsicMWpAA"), TokenError::Opaque);
        assert_eq!(kind("a.b.c.d.e"), TokenError::Encrypted);
        assert_eq!(kind("a.b"), TokenError::Segments(2));
        assert_eq!(kind("a!b.c.x"), TokenError::Base64("header"));
        assert_eq!(kind(&"a".repeat(LARGEST + 1)), TokenError::TooLarge);
        assert_eq!(kind("{\"expires_in\":1}"), TokenError::NoToken);
        assert!(matches!(
            kind(&token("[1]")),
            TokenError::Json("payload", _)
        ));
        assert!(matches!(
            kind(&token("{\"exp\":1e999}")),
            TokenError::Json("payload", _)
        ));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(9000), "]".repeat(9000));
        assert!(matches!(
            kind(&token(&deep)),
            TokenError::Json("payload", _)
        ));
    }

    #[test]
    fn duplicate_claims_are_told() {
        let token = Token::decode(&token("{\"aud\":\"a\",\"aud\":\"b\"}")).unwrap();
        assert_eq!(token.audiences(), ["b"]);
        assert!(
            token.notes[0].contains("more than once"),
            "{:?}",
            token.notes
        );
    }
}
