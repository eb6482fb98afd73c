//! Whether an assigned literal is a live password or a live random value.

use super::Context;
use super::decoys;
use super::scan::Subject;
use super::text::{
    camel, drawn_letters, entropy, is_hex, is_uuid, letters_and_digits, periodic, sequential,
    variety, wordy,
};

/// Longest random value, in bytes: a private key of 4,096 bits has some 3,200 letters of base64.
const LONGEST_VALUE: usize = 4000;

/// Whether a literal is a password.
pub(super) fn is_password(subject: &Subject<'_>, value: &str, quoted: bool) -> bool {
    let strict = matches!(subject.context, Context::Test | Context::Document)
        || !quoted && subject.context == Context::Code;
    let least = if strict { 10 } else { 7 };
    let drawn = !strict && drawn_letters(value) && !decoys::regular(value);
    if value.len() > 24 && camel(value) && !drawn {
        return false;
    }
    if value.len() < least || value.len() > 128 || !common(value) {
        return false;
    }
    if drawn {
        return true;
    }
    let lower = value.to_ascii_lowercase();
    let mark = |c: char| "!@#$%^&*?+=~".contains(c);
    let digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let letter = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    let symbol = value.chars().skip(1).any(mark);
    let classes = usize::from(digit)
        + usize::from(symbol)
        + usize::from(value.bytes().any(|byte| byte.is_ascii_lowercase()))
        + usize::from(value.bytes().any(|byte| byte.is_ascii_uppercase()));
    if lower.ends_with(['(', ')', ':', '=']) || lower.starts_with(['/', '.', '#', '-', '@', '%']) {
        return false;
    }
    if strict
        && (lower.contains("test")
            || lower.contains("pass")
            || lower.contains("secret")
            || entropy(value) < 3.3
            || classes < 3)
    {
        return false;
    }
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit());
    if matches!(stem, "password" | "passwd" | "pwd" | "pass") && lower.len() - stem.len() <= 1 {
        return false;
    }
    let separated = value.contains(['_', '-', '.', '/', ':']) && wordy(value) && !symbol;
    letter
        && (digit || symbol)
        && classes >= 2
        && variety(value) >= 5
        && !separated
        && !sequential(value)
}

/// Whether a literal is a random value.
pub(super) fn is_value(subject: &Subject<'_>, value: &str) -> bool {
    // Documents and tests show tokens of every kind, most of them made up or long past.
    let shown = matches!(subject.context, Context::Test | Context::Document);
    let longest = if shown { 600 } else { LONGEST_VALUE };
    if value.len() < 16 || value.len() > longest || !common(value) || decoys::half_token(value) {
        return false;
    }
    let is_drawn = |part: &str| part.len() >= 20 && drawn_letters(part);
    let letters = !shown && value.split(['_', '-', '.']).any(is_drawn);
    let number = !shown && is_long_number(value);
    if !letters && (wordy(value) || camel(value)) && !number {
        return false;
    }
    if !subject.options.regular && (decoys::regular(value) || sequential(value) || periodic(value))
    {
        return false;
    }
    if letters {
        return entropy(value) >= 3.2;
    }
    if number {
        return entropy(value) >= 2.8;
    }
    if is_uuid(value) {
        return entropy(value) >= 3.0 && !shown;
    }
    if is_hex(value) {
        // Sixteen digits are enough only if they are well mixed.
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        let mixed = digits >= 3 && value.len() - digits >= 3;
        return entropy(value) >= 3.0
            && letters_and_digits(value)
            && (value.len() >= 20 || mixed && !shown);
    }
    let upper = value.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = value.bytes().any(|byte| byte.is_ascii_lowercase());
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let random = digits >= 2 && (upper || lower)
        || upper && lower && value.len() >= 24 && entropy(value) >= 4.0;
    let floor = if value.len() < 20 { 3.2 } else { 3.4 };
    random && entropy(value) >= floor && odd_parts(value)
}

/// Whether a value is a number of more digits than ids, times and telephone numbers have.
fn is_long_number(value: &str) -> bool {
    value.len() >= 24 && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether some part between separators is itself no word: `eu-west-1_AbCdEf123` is an id, `q7Zk-29xLmP0vw` is not.
fn odd_parts(value: &str) -> bool {
    let longest = value
        .split(['-', '_', '.', '/', ':'])
        .map(str::len)
        .max()
        .unwrap_or(0);
    longest >= 10 || value.len() >= 32
}

/// What passwords and random values have in common: printable, no space, no reference, no placeholder, no address.
fn common(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let call = value.contains('(') && (value.contains(')') || value.ends_with('('));
    !(value
        .bytes()
        .any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control() || !byte.is_ascii())
        || value.starts_with(['$', '{', '<', '[', '/', '\\'])
        || value.starts_with(['%', '&', '|', '.', '~', '@']) && !dense(value)
        || call
        || is_constant(value)
        || value.contains(['{', '}'])
        || value.contains("://")
        || value.contains("\\u")
        || [
            "arn:",
            "enc:",
            "data:",
            "urn:",
            "sha256:",
            "sha512-",
            "sha256-",
            "sha1-",
            "env:",
            "ssm:",
            "vault:",
            "secretsmanager:",
            "process.",
            "os.",
            "self.",
            "env.",
            "config.",
            "settings.",
            "secrets.",
            "var.",
            "import.",
            "ssh-rsa",
            "ssh-ed25519",
            "gaaaaa",
            "ref:",
            "ref+",
            "op:",
            "aws:",
            "subnet-",
            "vpc-",
            "sg-",
        ]
        .iter()
        .any(|prefix| lower.starts_with(prefix))
        || lower.ends_with(".json")
        || lower.ends_with(".py")
        || lower.ends_with(".pem")
        || lower.ends_with(".txt")
        || lower.ends_with(".com")
        || value.split('.').count() > 2 && value.split('.').all(wordy)
        || decoys::placeholder(value))
}

/// Whether a value that starts as a path, a handle or an operator might is a random one all the same: letters of both kinds, digits, no
/// separator of paths, and nothing that repeats.
fn dense(value: &str) -> bool {
    let rest = value.get(1..).unwrap_or_default();
    let count = |is: fn(&u8) -> bool| rest.bytes().filter(is).count();
    rest.len() >= 19
        && count(u8::is_ascii_digit) >= 2
        && count(u8::is_ascii_uppercase) >= 3
        && count(u8::is_ascii_lowercase) >= 3
        && !rest.contains(['/', '\\', ' ', '(', '<'])
        && !rest.ends_with('%')
        && entropy(rest) >= 3.6
}

/// Whether a literal is the name of a constant or an environment variable: `NEO4J_PASSWORD`.
fn is_constant(value: &str) -> bool {
    let upper = value
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let word = |part: &str| part.len() >= 3 && part.bytes().all(|byte| byte.is_ascii_uppercase());
    upper
        && value.contains('_')
        && value.split('_').any(word)
        && value.split('_').all(|part| part.len() <= 14)
}
