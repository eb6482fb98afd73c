//! What looks like a secret and is none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::text::{entropy, is_hex, periodic, sequential, variety};
use super::typed::typed;

/// Words of placeholders. Looked for in lower case, in upper case and capitalised, so that a random string in mixed
/// case is next to never thrown away.
const WORDS: &[&str] = &[
    "example",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "dummy",
    "redacted",
    "your-",
    "your_",
    "yourkey",
    "yourtoken",
    "yoursecret",
    "yourapi",
    "yourpass",
    "xxxx",
    "not-a-real",
    "not_a_real",
    "notreal",
    "not-real",
    "fake-",
    "fake_",
    "fakekey",
    "faketoken",
    "fakesecret",
    "mock-",
    "mock_",
    "mocked",
    "sample-",
    "sample_",
    "-here",
    "_here",
    "goes-here",
    "goeshere",
    "insert",
    "replace",
    "todo",
    "fixme",
    "invalid",
    "-test-key",
    "test-token",
    "test_token",
    "test-secret",
    "test_secret",
    "testkey",
    "testtoken",
    "testsecret",
    "test-key",
    "test_key",
    "test-api-key",
    "deadbeef",
    "nevergonna",
    "foobar",
    "lorem",
    "notasecret",
    "not-a-secret",
    "not_a_secret",
    "unused",
    "undefined",
    "masked",
    "hidden",
    "secret-key-here",
    "my-secret",
    "my_secret",
    "mysecretkey",
    "my-api-key",
    "my_api_key",
    "-demo-",
    "_demo_",
    "-fake",
    "_fake",
    "-mock",
    "_mock",
    "-dummy",
];

/// Punctuation of templates and of references to a value that stands elsewhere.
const MARKS: &[&str] = &[
    "...",
    "…",
    "***",
    "${",
    "$(",
    "{{",
    "}}",
    "<",
    ">",
    "%(",
    "enc:v1:",
    "os.environ",
    "process.env",
    "getenv",
    "[redacted",
];

/// Words that the names and comments of hashes and revisions carry.
const HASHES: &[&str] = &[
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "sha-",
    "md5",
    "checksum",
    "integrity",
    "digest",
    "hash",
    "commit",
    "revision",
    "etag",
    "fingerprint",
    "thumbprint",
    "blob",
    "gitsha",
    "git_sha",
    "sourcerev",
    "rev=",
];

/// Whether a value holds a word or a mark of a placeholder.
pub(super) fn placeholder(value: &str) -> bool {
    MARKS.iter().any(|mark| value.contains(mark)) || WORDS.iter().any(|word| holds(value, word))
}

/// Whether `value` holds `word` in lower case, in upper case or capitalised.
fn holds(value: &str, word: &str) -> bool {
    let (bytes, word) = (value.as_bytes(), word.as_bytes());
    bytes.windows(word.len()).any(|window| {
        window.eq_ignore_ascii_case(word) && {
            let rest = &window[1..];
            rest.iter().all(|byte| !byte.is_ascii_uppercase())
                || window.iter().all(|byte| !byte.is_ascii_lowercase())
        }
    })
}

/// Whether a value that has a vendor's form is too regular to be a live one.
///
/// Vendors issue random values. A run along the alphabet, a repeated unit, a handful of different characters or
/// words like `secret` with such a run is what people type when they need something of the right form.
pub(super) fn regular(value: &str) -> bool {
    let few = match value.len() {
        0..=11 => 4,
        12..=23 => 6,
        _ => 7,
    };
    variety(value) < few || sequential(value) || periodic(value) || typed(value)
}

/// Whether a value in a vendor's form is a decoy: a placeholder, too regular, or with too little entropy for its length.
pub(super) fn decoy(value: &str) -> bool {
    let floor: f64 = if is_hex(value) { 2.6 } else { 3.0 };
    let reachable = (value.len() as f64).log2() * 0.75;
    placeholder(value) || regular(value) || entropy(value) < floor.min(reachable)
}

/// Fewest characters of the signature of a JSON Web Token: the shortest, of HS256, has 43.
const LEAST_SIGNATURE: usize = 20;

/// Whether a value begins as a JSON Web Token and is none: its payload is no object, or its signature is a word
/// (`eyJ….payload.signature`). Signed cookies of other forms have no algorithm in their first part.
pub(super) fn half_token(value: &str) -> bool {
    let object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes).ok()
    };
    let word = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase());
    if value.starts_with("eyJ")
        && value
            .rsplit('.')
            .next()
            .is_some_and(|last| last.len() < LEAST_SIGNATURE && word(last))
    {
        return true;
    }
    let mut parts = value.split('.');
    let (Some(header), Some(payload)) = (parts.next(), parts.next()) else {
        return false;
    };
    if !header.starts_with("eyJ") || !object(header).is_some_and(|all| all.contains_key("alg")) {
        return false;
    }
    match (parts.next(), parts.next()) {
        (Some(signature), None) => signature.len() < LEAST_SIGNATURE || object(payload).is_none(),
        // Two parts are none; five are encrypted.
        (None, _) => true,
        _ => false,
    }
}

/// Whether the text before a hexadecimal value says that it is a hash or a revision.
pub(super) fn hash_context(before: &str) -> bool {
    let lower = before.to_ascii_lowercase();
    HASHES.iter().any(|word| lower.contains(word))
}
