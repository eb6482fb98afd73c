//! Names: which names of variables imply a secret.

use super::text::{drawn_letters, wordy};
use super::{Area, kinds};

/// True for a value that is no secret under the name of its variable: one that is none under any, or the path of one in a store.
pub fn harmless_under(name: &str, value: &str) -> bool {
    harmless_value(value) || is_secret_path(name, value.trim())
}

/// Whether a value names a secret in a store (`prod/db`, `/prod/db/password`, `ssm:/prod/db`): parts that are words. A password may hold a
/// stroke, so under the name of one only a path from the root, or with its store, is taken for a name.
fn is_secret_path(name: &str, value: &str) -> bool {
    const STORES: [&str; 5] = ["ssm:", "secretsmanager:", "vault:", "op://", "ssm-secure:"];
    let in_store = STORES.iter().find_map(|store| value.strip_prefix(store));
    let from_root = value.strip_prefix('/');
    let path = in_store.or(from_root).unwrap_or(value);
    let path = path.strip_prefix('/').unwrap_or(path);
    let is_word = |part: &str| {
        let spelled = |c: char| c.is_ascii_alphanumeric() || "_+=.@-".contains(c);
        part.chars().all(spelled) && wordy(part) && !drawn_letters(part)
    };
    let is_certain = in_store.is_some() || from_root.is_some();
    path.len() <= LONGEST_PATH
        && (in_store.is_some() || path.contains('/'))
        && path.split('/').all(is_word)
        && (is_certain || implied(name) != Some(Implied::Password))
}

/// Longest name of a secret in Secrets Manager, in bytes.
const LONGEST_PATH: usize = 512;

/// True for a value that is no secret whatever the name of its variable: empty, a switch, a short number, an ARN, a ciphertext.
pub fn harmless_value(value: &str) -> bool {
    let trimmed = value.trim();
    trimmed.is_empty()
        || trimmed.starts_with("arn:")
        || trimmed.starts_with("enc:v1:")
        || dynamic_reference(trimmed).is_some()
        || matches!(
            trimmed.to_ascii_lowercase().as_str(),
            "true" | "false" | "none" | "null"
        )
        || (trimmed.len() <= 6 && trimmed.chars().all(|c| c.is_ascii_digit()))
}

/// The service that a CloudFormation dynamic reference takes its value from: `{{resolve:secretsmanager:NAME:SecretString:KEY}}`.
/// The reference itself is no secret; what CloudFormation puts in its place may be.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
pub fn dynamic_reference(value: &str) -> Option<&str> {
    let inner = value
        .trim()
        .strip_prefix("{{resolve:")?
        .strip_suffix("}}")?;
    let (service, rest) = inner.split_once(':')?;
    let known = matches!(service, "secretsmanager" | "ssm" | "ssm-secure");
    (known && !rest.is_empty() && !rest.contains(['{', '}'])).then_some(service)
}

/// Segments that imply a secret wherever they stand in a name.
const SECRET: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "CREDENTIAL",
    "CREDENTIALS",
    "APIKEY",
];

/// Segments that make a KEY behind them a secret.
const BEFORE_KEY: &[&str] = &["API", "ACCESS", "PRIVATE", "SECRET", "AUTH"];

/// Last segments that make a name the name of something about a secret: its id, address, name or provider, or a count.
const NOT_SECRET: &[&str] = &[
    "ID",
    "IDS",
    "ARN",
    "ARNS",
    "URL",
    "URLS",
    "NAME",
    "NAMES",
    "PROVIDER",
    "PROVIDERS",
    "TOKENS",
];

/// Further last segments that say the same: settings of a secret, never its value.
const SETTING: &[&str] = &[
    "URI",
    "ENDPOINT",
    "TTL",
    "EXPIRY",
    "EXPIRATION",
    "SECONDS",
    "MINUTES",
    "LENGTH",
    "LIMIT",
    "COUNT",
    "BUDGET",
    "THRESHOLD",
    "TYPE",
    "PATH",
    "PARAM",
    "PARAMETER",
    "SSM",
    "FILE",
    "DIR",
    "HEADER",
    "ALGORITHM",
    "ISSUER",
    "AUDIENCE",
    "SCOPE",
    "SCOPES",
    "ENABLED",
    "REGION",
    "PREFIX",
];

/// Names that the platform sets itself (`AGENTCORE_PAYMENT_<NAME>_…` hold ids and addresses).
const PLATFORM: &[&str] = &["AGENTCORE_PAYMENT_"];

/// Further segments that make the KEY behind them a secret when a literal is assigned to it.
const BEFORE_LITERAL_KEY: &[&str] = &[
    "SIGNING",
    "ENCRYPTION",
    "MASTER",
    "CLIENT",
    "APP",
    "APPLICATION",
    "SHARED",
    "ACCOUNT",
    "STORAGE",
    "SERVICE",
    "LICENSE",
    "ADMIN",
    "CONSUMER",
    "SUBSCRIPTION",
    "FUNCTION",
    "WEBHOOK",
    "SECURITY",
    "USER",
    "ROUTING",
    "INTEGRATION",
    "INGEST",
    "PROJECT",
    "SESSION",
    "COOKIE",
    "HMAC",
    "JWT",
    "AES",
    "CRYPTO",
    "DECRYPTION",
    "DEPLOY",
    "WRITE",
    "LIVE",
    "PROD",
    "PRODUCTION",
    "SANDBOX",
    "SERVER",
    "PERSONAL",
    "PARTNER",
    "DEVELOPER",
    "GLOBAL",
    "ORIGIN",
    "BOT",
];

/// Segments of names whose literal is no secret though another segment sounds like one.
const HARMLESS: &[&str] = &[
    "PUBLIC",
    "PUBLISHABLE",
    "NEXT",
    "PAGE",
    "PAGINATION",
    "CONTINUATION",
    "CURSOR",
    "CHANGE",
    "REQUEST",
    "CREATOR",
    "TASK",
    "LOCK",
    "SYNC",
    "RESUME",
    "MARKER",
    "UPLOAD",
    "CSRF",
    "XSRF",
    "IDEMPOTENCY",
    "PARTITION",
    "SORT",
    "PRIMARY",
    "FOREIGN",
    "CACHE",
    "TOKENIZER",
    "COUNT",
    "REGEX",
    "PATTERN",
    "FIELD",
    "LABEL",
    "PLACEHOLDER",
    "MESSAGE",
    "ERROR",
    "HINT",
    "DESCRIPTION",
    "TITLE",
    "MODEL",
    "LENGTH",
    "HASH",
    "DIGEST",
    "CHECKSUM",
    "FINGERPRINT",
    "SHA",
    "SHA256",
    "MD5",
    "SITEKEY",
    "TYPE",
    "FORMAT",
    "TEST",
    "VERSION",
    "STATUS",
    "START",
    "END",
    "COLUMN",
    "TEXT",
    "LIMIT",
];

/// What a literal assigned to a name would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Implied {
    /// A password: short and pronounceable ones are passwords too.
    Password,
    /// A random value.
    Value,
}

/// Splits a name on everything but letters and digits and on case, in upper case: `openaiApiKey` gives OPENAI, API, KEY.
pub(super) fn segments(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
    {
        let chars: Vec<char> = part.chars().collect();
        let mut start = 0;
        for at in 1..chars.len() {
            let lower_to_upper = !chars[at - 1].is_uppercase() && chars[at].is_uppercase();
            let end_of_acronym = chars[at - 1].is_uppercase()
                && chars[at].is_uppercase()
                && chars.get(at + 1).is_some_and(|c| c.is_lowercase());
            if lower_to_upper || end_of_acronym {
                found.push(chars[start..at].iter().collect::<String>().to_uppercase());
                start = at;
            }
        }
        found.push(chars[start..].iter().collect::<String>().to_uppercase());
    }
    found
}

/// Whether the name of an environment variable implies that its value is a secret.
///
/// A segment `TOKEN`, `SECRET`, `PASSWORD`, `PASSWD`, `CREDENTIAL`, `CREDENTIALS` or `APIKEY` does, and `KEY` after `API`,
/// `ACCESS`, `PRIVATE`, `SECRET`, `AUTH` or a vendor's name. A last segment `ID`, `ARN`, `URL`, `NAME`, `PROVIDER`, `TOKENS`
/// or another that names a setting (`TTL`, `TYPE`, `ENDPOINT`, …) exempts; so do the identifiers that the platform sets.
pub fn secret_like_name(name: &str) -> bool {
    let segments = segments(name);
    let Some(last) = segments.last() else {
        return false;
    };
    let upper = segments.join("_");
    if exempt(last) || PLATFORM.iter().any(|prefix| upper.starts_with(prefix)) {
        return false;
    }
    implies(&segments, &[])
}

/// What a literal assigned to `name` would be, if a secret at all. Wider than [`secret_like_name`]: code names more things.
pub(super) fn implied(name: &str) -> Option<Implied> {
    let segments = segments(name);
    let last = segments.last()?.as_str();
    if exempt(last)
        || segments
            .iter()
            .any(|segment| HARMLESS.contains(&segment.as_str()))
    {
        return None;
    }
    if segments.len() == 2 && segments[0] == "CLIENT" && last == "TOKEN" {
        return None;
    }
    if matches!(
        last,
        "PASSWORD" | "PASSWD" | "PWD" | "PASS" | "PASSPHRASE" | "PASSCODE"
    ) || last.ends_with("PASSWORD")
    {
        return Some(Implied::Password);
    }
    let compound = [
        "APIKEY",
        "SECRETKEY",
        "ACCESSKEY",
        "PRIVATEKEY",
        "AUTHKEY",
        "AUTHTOKEN",
        "ACCESSTOKEN",
        "CLIENTSECRET",
    ];
    let is = implies(&segments, BEFORE_LITERAL_KEY)
        || segments
            .iter()
            .any(|segment| compound.iter().any(|word| segment.ends_with(word)))
        || last.ends_with("TOKEN")
        || last.ends_with("SECRET")
        || matches!(last, "PAT" | "BEARER");
    is.then_some(Implied::Value)
}

/// What a literal would be that is assigned to a name which begins a word with a vendor's name: `logzPrivateAccess`, `acmeKEY`. `bare` is
/// true if the name is the vendor's alone.
pub(super) fn implied_by_vendor(name: &str, vendor: &str) -> Option<bool> {
    let segments = segments(name);
    let last = segments.last()?.as_str();
    let harmless = |segment: &String| HARMLESS.contains(&segment.as_str());
    if exempt(last) || last == "CLIENT" || segments.iter().any(harmless) {
        return None;
    }
    let vendor = vendor.to_ascii_uppercase();
    let words = vendor
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let first = words.clone().next()?;
    // `client_secret` is whoever's.
    let anybodys = ["CLIENT", "SECRET", "ACCESS", "ACCOUNT"];
    if first == "APP" || anybodys.iter().any(|word| first.starts_with(word)) {
        return None;
    }
    if !segments.iter().any(|segment| segment.starts_with(first)) {
        return None;
    }
    if segments.len() <= words.count() {
        // The vendor's name, alone or with the secret's word joined to it: `acme`, `acmekey`.
        let rest = last.strip_prefix(first).unwrap_or_default();
        return match rest {
            "" => Some(true),
            "KEY" | "ACCESS" | "PRIVATE" | "AUTH" | "SECRET" | "TOKEN" => Some(false),
            _ => None,
        };
    }
    const WORDS: &[&str] = &[
        "KEY", "ACCESS", "PRIVATE", "AUTH", "BEARER", "SECRET", "TOKEN",
    ];
    WORDS
        .iter()
        .any(|word| last.ends_with(word))
        .then_some(false)
}

/// Whether a last segment exempts the name.
fn exempt(last: &str) -> bool {
    NOT_SECRET.contains(&last) || SETTING.contains(&last)
}

/// Whether a segment implies a secret, `before_key` being further segments that make KEY one.
fn implies(segments: &[String], before_key: &[&str]) -> bool {
    segments.iter().enumerate().any(|(at, segment)| {
        let segment = segment.as_str();
        if SECRET.contains(&segment) {
            return true;
        }
        let before = at
            .checked_sub(1)
            .and_then(|at| segments.get(at))
            .map(String::as_str);
        // `SUPABASE_SERVICE_ROLE_KEY` passes by every rule of the database.
        let role = at >= 2
            && segments.get(at - 1).is_some_and(|word| word == "ROLE")
            && segments.get(at - 2).is_some_and(|word| word == "SERVICE");
        // `HEREAPI_KEY`, `NEWSAPI_KEY`.
        let named = |word: &str| {
            word.len() > 3 && word.ends_with("API")
                || BEFORE_KEY.contains(&word)
                || before_key.contains(&word)
                || is_vendor(word)
        };
        segment == "KEY" && (role || before.is_some_and(named))
    })
}

/// Vendors that no title begins with.
const MORE_VENDORS: [&str; 6] = [
    "GEMINI",
    "CLAUDE",
    "BEDROCK",
    "LANGCHAIN",
    "SERPER",
    "RELIC",
];

/// First words of titles that also are everyday words in names of variables.
const EVERYDAY: [&str; 12] = [
    "PRIVATE",
    "JSON",
    "DATABASE",
    "ADDRESS",
    "SECRET",
    "PASSWORD",
    "AUTHORIZATION",
    "LINE",
    "FRONT",
    "BOX",
    "COLUMN",
    "NEW",
];

/// Whether a segment is the name of a vendor, by the titles of the kinds. Few names ask: no set is made of them.
fn is_vendor(segment: &str) -> bool {
    if MORE_VENDORS.contains(&segment) {
        return true;
    }
    if segment.len() < 2 || EVERYDAY.contains(&segment) {
        return false;
    }
    let begins_alike = |title: &str| match (title.bytes().next(), segment.bytes().next()) {
        (Some(one), Some(other)) if one.is_ascii_alphanumeric() => one.eq_ignore_ascii_case(&other),
        _ => true,
    };
    let named = |title: &str| {
        let word = title.split(' ').next().unwrap_or(title);
        let letters = word.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_uppercase).eq(segment.chars())
    };
    kinds().any(|kind| kind.area != Area::Generic && begins_alike(kind.title) && named(kind.title))
}
