//! Keys, JSON Web Tokens and addresses with a password.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::decoys;
use super::kinds::built_in::{
    DATABASE_URL, JWT, KINDS, PEM_BASE64, PGP_KEY, PRIVATE_KEY, PUTTY_KEY, URL,
};
use super::scan::{Confidence, Found, Subject};
use super::text::{starts_token, wordy};

/// Longest key block, in bytes: an RSA key of 16,384 bits in PEM has about 13,000.
const LONGEST_BLOCK: usize = 20_000;
/// Fewest characters of base64 in a key block: an Ed25519 key in PKCS #8 has 64, an EC key in SEC 1 has 160.
const LEAST_KEY: usize = 60;
/// Longest token, in bytes.
const LONGEST_TOKEN: usize = 8192;
/// Longest part of an address that is looked at, in bytes.
const LONGEST_AUTHORITY: usize = 512;

fn found(kind: usize, range: Range<usize>, confidence: Confidence) -> Option<Found> {
    KINDS.get(kind).map(|kind| Found {
        kind,
        range,
        confidence,
    })
}

/// A PEM or OpenPGP private key that begins at `at`; line breaks may be real or written as `\n`.
pub(super) fn pem(subject: &Subject<'_>, at: usize) -> Option<Found> {
    let end = floor(subject.text, (at + LONGEST_BLOCK).min(subject.text.len()));
    let block = subject.text.get(at..end)?;
    let label = block.strip_prefix("-----BEGIN ")?;
    let label = label.get(..label.find("-----")?)?;
    // A pattern that looks for keys is none: `BEGIN (RSA |EC )?PRIVATE KEY`.
    if label.len() > 40
        || !label
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ')
        || !(label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK"))
    {
        return None;
    }
    let body_from = "-----BEGIN ".len() + label.len() + "-----".len();
    let body = block.get(body_from..)?;
    let stop = body
        .find("-----")
        .unwrap_or_else(|| body.find("\n\n\n").unwrap_or(body.len()));
    let content = body.get(..stop)?;
    let key: String = content
        .replace("\\r", " ")
        .replace("\\n", " ")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
        .collect();
    let most = content.len();
    if key.len() < LEAST_KEY
        || key.len() * 10 < most * 6
        || decoys::placeholder(content)
        || decoys::regular(&key)
    {
        return None;
    }
    let tail = body.get(stop..)?;
    let closing = tail
        .strip_prefix("-----END ")
        .and_then(|rest| rest.find("-----"))
        .map_or(0, |at| at + "-----END ".len() + 5);
    let kind = if label.contains("PGP") {
        PGP_KEY
    } else {
        PRIVATE_KEY
    };
    found(kind, at..at + body_from + stop + closing, Confidence::High)
}

/// A PuTTY key file.
pub(super) fn putty(subject: &Subject<'_>, at: usize) -> Option<Found> {
    let end = floor(subject.text, (at + LONGEST_BLOCK).min(subject.text.len()));
    let block = subject.text.get(at..end)?;
    let lines = block.find("Private-Lines:")?;
    let mac = block
        .get(lines..)?
        .find("Private-MAC:")
        .map_or(block.len(), |at| lines + at);
    found(PUTTY_KEY, at..at + mac, Confidence::High)
}

/// A PEM private key in base64, as `base64 key.pem` prints it.
pub(super) fn pem_base64(subject: &Subject<'_>, at: usize) -> Option<Found> {
    let bytes = subject.text.as_bytes();
    let limit = (at + LONGEST_BLOCK).min(bytes.len());
    let end = (at..limit)
        .find(|&i| !(bytes[i].is_ascii_alphanumeric() || matches!(bytes[i], b'+' | b'/' | b'=')))
        .unwrap_or(limit);
    let head = subject.text.get(at..end.min(at + 72))?;
    let whole = head.get(..head.len() / 4 * 4)?.trim_end_matches('=');
    let decoded = base64::engine::general_purpose::STANDARD_NO_PAD
        .decode(whole)
        .ok()?;
    let opening = String::from_utf8_lossy(&decoded);
    if !opening.contains("PRIVATE KEY") || end - at < 80 {
        return None;
    }
    found(PEM_BASE64, at..end, Confidence::High)
}

/// A JSON Web Token: three parts, the first a JSON object with an algorithm other than none, a payload that is an object.
pub(super) fn jwt(subject: &Subject<'_>, at: usize) -> Option<Found> {
    /// Signature of the token that jwt.io shows to every visitor.
    const SAMPLE_SIGNATURES: &[&str] = &[
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ",
    ];
    let bytes = subject.text.as_bytes();
    if !starts_token(bytes, at)
        || at
            .checked_sub(1)
            .is_some_and(|i| matches!(bytes[i], b'.' | b'-'))
    {
        return None;
    }
    let limit = (at + LONGEST_TOKEN).min(bytes.len());
    let is = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let end = (at..limit).find(|&i| !is(bytes[i])).unwrap_or(limit);
    let token = subject.text.get(at..end)?.trim_end_matches('.');
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let header: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    let algorithm = header.get("alg")?.as_str()?;
    let encrypted = header.get("enc").is_some() && parts.clone().count() == 2;
    if algorithm.eq_ignore_ascii_case("none") || !encrypted && parts.next().is_some() {
        return None;
    }
    if signature.len() < 20
        || SAMPLE_SIGNATURES.contains(&signature)
        || decoys::placeholder(token)
        || decoys::regular(signature)
    {
        return None;
    }
    if !encrypted && is_sample_payload(&URL_SAFE_NO_PAD.decode(payload).ok()?) {
        return None;
    }
    found(JWT, at..at + token.len(), Confidence::High)
}

/// Whether a payload is no object at all or the one of jwt.io.
fn is_sample_payload(payload: &[u8]) -> bool {
    match serde_json::from_slice::<serde_json::Value>(payload) {
        Ok(serde_json::Value::Object(claims)) => {
            let is = |claim: &str, value: &str| {
                claims.get(claim).and_then(serde_json::Value::as_str) == Some(value)
            };
            is("name", "John Doe") || is("sub", "1234567890") || is("role", "anon")
        }
        _ => true,
    }
}

/// Schemes whose address is a connection to a store of data or a broker of messages.
const DATABASES: &[&str] = &[
    "postgres",
    "postgresql",
    "postgis",
    "mysql",
    "mariadb",
    "mongodb",
    "redis",
    "rediss",
    "amqp",
    "amqps",
    "mssql",
    "sqlserver",
    "oracle",
    "clickhouse",
    "cassandra",
    "couchbase",
    "couchdb",
    "neo4j",
    "bolt",
    "cockroachdb",
    "snowflake",
    "redshift",
    "db2",
    "nats",
    "kafka",
    "valkey",
    "memcached",
    "elasticsearch",
    "influxdb",
    "jdbc",
    "databricks",
    "trino",
    "vertica",
    "timescaledb",
];

/// Other schemes that carry a user and a password.
const OTHERS: &[&str] = &[
    "http", "https", "ftp", "ftps", "sftp", "ssh", "smtp", "smtps", "imap", "imaps", "ldap",
    "ldaps", "ws", "wss", "socks5", "git", "svn", "rtsp", "mqtt", "mqtts", "proxy", "s3", "smb",
];

/// An address with a password; `at` is the range of `://`.
pub(super) fn address(subject: &Subject<'_>, at: &Range<usize>) -> Option<Found> {
    let (text, bytes) = (subject.text, subject.text.as_bytes());
    // Most addresses go on with a host and a path.
    let colon = user_end(bytes, at.end)?;
    let floor_at = at.start.saturating_sub(32);
    let scheme_start = (floor_at..at.start)
        .rev()
        .find(|&i| !(bytes[i].is_ascii_alphanumeric() || matches!(bytes[i], b'+' | b'-' | b'.')))
        .map_or(floor_at, |i| i + 1);
    let scheme = text.get(scheme_start..at.start)?.to_ascii_lowercase();
    let base = scheme.split('+').next().unwrap_or(&scheme);
    let database = DATABASES.contains(&base);
    if !database && !OTHERS.contains(&base) {
        return None;
    }
    let (password, host) = userinfo(bytes, at.end, colon, database)?;
    let user = text.get(at.end..password.start - 1)?;
    let value = text.get(password.clone())?;
    let host = text.get(host)?;
    if !is_live_password(user, value, host) {
        return None;
    }
    let kind = if database { DATABASE_URL } else { URL };
    found(
        kind,
        password,
        if database {
            Confidence::High
        } else {
            Confidence::Medium
        },
    )
}

/// Whether an address ends at a byte.
fn stops(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'|')
}

/// The bytes of an authority from `from` on that are looked at.
fn authority(bytes: &[u8], from: usize) -> Range<usize> {
    from..(from + LONGEST_AUTHORITY).min(bytes.len())
}

/// Where the colon stands behind what may be the name of a user.
fn user_end(bytes: &[u8], from: usize) -> Option<usize> {
    let ends = |byte: u8| stops(byte) || matches!(byte, b':' | b'/' | b'@' | b'?' | b'#');
    let end = authority(bytes, from).find(|&at| ends(bytes[at]))?;
    (bytes[end] == b':').then_some(end)
}

/// The ranges of the password and of the host behind `://`, whose user ends at `colon`.
fn userinfo(
    bytes: &[u8],
    from: usize,
    colon: usize,
    database: bool,
) -> Option<(Range<usize>, Range<usize>)> {
    let mut whole = authority(bytes, from);
    let limit = whole.end;
    let end = whole.find(|&at| stops(bytes[at])).unwrap_or(limit);
    let slash = (colon..end)
        .find(|&i| matches!(bytes[i], b'/' | b'?'))
        .unwrap_or(end);
    let within = memchr::memrchr(b'@', &bytes[colon + 1..slash]).map(|at| colon + 1 + at);
    let at_sign = match within {
        Some(at) => at,
        None if database => {
            memchr::memchr(b'@', &bytes[colon + 1..end]).map(|at| colon + 1 + at)?
        }
        None => return None,
    };
    let host_end = (at_sign + 1..end)
        .find(|&i| matches!(bytes[i], b'/' | b'?' | b'#' | b',' | b')' | b'}' | b']'))
        .unwrap_or(end);
    (host_end > at_sign + 1 && at_sign > colon + 1)
        .then_some((colon + 1..at_sign, at_sign + 1..host_end))
}

/// Whether the password of an address is a real one.
fn is_live_password(user: &str, password: &str, host: &str) -> bool {
    /// Passwords that stand for any other.
    const GENERIC: &[&str] = &[
        "password",
        "pass",
        "passwd",
        "pwd",
        "secret",
        "user",
        "username",
        "token",
        "key",
        "admin",
        "root",
        "test",
        "postgres",
        "mysql",
        "redis",
        "guest",
        "example",
        "foo",
        "bar",
        "pw",
        "mypassword",
        "db_password",
        "dbpassword",
        "credentials",
        "apikey",
        "api_key",
        "mysecretpassword",
        "userpassword",
        "p@ssword",
        "p@ssw0rd",
        "123456",
        "string",
        "pass123",
        "password123",
        "user_password",
        "my-password",
        "my_password",
        "access_token",
        "auth",
        "minioadmin",
        "rootpassword",
        "x-oauth-basic",
    ];
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, _)| name)
        .to_ascii_lowercase();
    let local = matches!(
        name.as_str(),
        "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "host.docker.internal"
    ) || !name.contains('.') && !name.contains(':');
    let lower = password.to_ascii_lowercase();
    let reference = password.starts_with(['$', '{', '%', '<', '[', '*', ':'])
        && !percent_encoded(password)
        || password.contains('{');
    let sample_host = name.split('.').any(|label| {
        matches!(
            label,
            "example" | "yourdomain" | "domain" | "hostname" | "your-host"
        )
    });
    let default_here = local && (lower == user.to_ascii_lowercase() || plain_word(password));
    !(password.len() < 4
        || reference
        || GENERIC.contains(&lower.as_str())
        || lower == user.to_ascii_lowercase()
        || user == "scott" && lower.starts_with("ti")
        // `user:p@ss@host`: what stands for every address.
        || matches!(user, "user" | "username") && matches!(name.as_str(), "host" | "hostname")
        || default_here
        || sample_host && wordy(password)
        || user.contains(['{', '<', '$', '(', ' '])
        || host.contains(['{', '<', '$', '('])
        || decoys::placeholder(password)
        || password
            .chars()
            .all(|c| matches!(c, 'x' | 'X' | '*' | '.' | '-' | '#'))
        || password.parse::<u32>().is_ok_and(|number| number <= 65_535))
}

/// Whether a password is a word in lower case with at most three digits behind it, as defaults of local services are.
fn plain_word(password: &str) -> bool {
    let stem = password.trim_end_matches(|c: char| c.is_ascii_digit());
    password.len() - stem.len() <= 3
        && wordy(stem)
        && stem
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'))
}

/// Whether the text begins with a percent-encoded byte.
fn percent_encoded(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first() == Some(&b'%') && bytes.len() > 2 && bytes[1..3].iter().all(u8::is_ascii_hexdigit)
}

/// The largest character boundary that is not past `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}
