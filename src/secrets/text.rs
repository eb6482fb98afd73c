//! Measures of a string: entropy, variety, sequences, words.

/// Shannon entropy of the bytes, in bits a byte.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = value.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = f64::from(count) / length;
            -share * share.log2()
        })
        .sum()
}

/// Whether most neighbouring characters are equal or next to each other in the alphabet: `abcdef0123456789`, `xxxxxx`.
pub(super) fn sequential(value: &str) -> bool {
    let bytes = value.as_bytes();
    if bytes.len() < 4 {
        return false;
    }
    let near = bytes
        .windows(2)
        .filter(|pair| pair[0].abs_diff(pair[1]) <= 1)
        .count();
    near * 10 >= (bytes.len() - 1) * 6
}

/// Whether the value is one short unit over and over: `abcd1234abcd1234`.
pub(super) fn periodic(value: &str) -> bool {
    let bytes = value.as_bytes();
    (1..=10.min(bytes.len() / 2))
        .any(|period| bytes.iter().skip(period).zip(bytes).all(|(a, b)| a == b))
}

/// How many different characters the value has.
pub(super) fn variety(value: &str) -> usize {
    let mut seen = [false; 256];
    value
        .bytes()
        .for_each(|byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|&&is| is).count()
}

/// Whether the value is made of words and short numbers only: `prod/db-password`, `OPENAI_API_KEY`, `gpt-4o-mini`.
pub(super) fn wordy(value: &str) -> bool {
    let mut words = 0;
    for part in value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
    {
        let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = part.len() - letters.len();
        if letters.is_empty() {
            if digits > 8 {
                return false;
            }
            continue;
        }
        if digits > 3
            || !letters.bytes().all(|byte| byte.is_ascii_alphabetic())
            || !pronounceable(letters)
        {
            return false;
        }
        words += 1;
    }
    words > 0
}

/// Whether a value in mixed case mostly is words in camel case: `policy/EC2InstanceProfileForImageBuilder`.
pub(super) fn camel(value: &str) -> bool {
    let bytes = value.as_bytes();
    let upper = bytes
        .iter()
        .filter(|byte| byte.is_ascii_uppercase())
        .count();
    let lower = bytes
        .iter()
        .filter(|byte| byte.is_ascii_lowercase())
        .count();
    if upper < 2 || lower < 6 {
        return false;
    }
    let mut covered = 0;
    for part in bytes
        .split(|byte| !byte.is_ascii_lowercase())
        .filter(|part| part.len() >= 3)
    {
        if part.iter().any(|byte| b"aeiouy".contains(byte)) {
            covered += part.len() + 1;
        }
    }
    covered * 10 >= bytes.len() * 6
}

/// Whether letters could be words: few switches of case, vowels among the consonants.
fn pronounceable(letters: &str) -> bool {
    let bytes = letters.as_bytes();
    let switches = bytes
        .windows(2)
        .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
        .count();
    if switches * 4 > bytes.len() && bytes.len() > 8 {
        return false;
    }
    let mut run = 0;
    for byte in bytes {
        if b"aeiouyAEIOUY".contains(byte) {
            run = 0;
        } else {
            run += 1;
            if run > 5 {
                return false;
            }
        }
    }
    true
}

/// Whether the value holds a letter and a digit.
pub(super) fn letters_and_digits(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether the value has hexadecimal digits only.
pub(super) fn is_hex(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether the value is a UUID.
pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a byte belongs to a word in the sense of a token boundary.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a token may start at `at`: nothing before it, no word character, or the letter of an escape such as `\n`.
pub(super) fn starts_token(bytes: &[u8], at: usize) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|i| bytes.get(i)) else {
        return true;
    };
    if !is_word(before) {
        return true;
    }
    let earlier = at.checked_sub(2).and_then(|i| bytes.get(i)).copied();
    let escaped = matches!(before, b'n' | b'r' | b't') && earlier == Some(b'\\');
    let percent = before.is_ascii_hexdigit()
        && earlier.is_some_and(|byte| byte.is_ascii_hexdigit())
        && at.checked_sub(3).and_then(|i| bytes.get(i)) == Some(&b'%');
    escaped || percent
}

/// Whether a token may end before `at`.
pub(super) fn ends_token(bytes: &[u8], at: usize) -> bool {
    !bytes.get(at).is_some_and(|&byte| is_word(byte))
}

/// For each letter from `a` to `z` the letters that often follow it in words and in names of code, in any language that is written
/// there: some 94 of 100 pairs in such text, and 46 of 100 in random letters.
const USUAL_PAIRS: [&str; 26] = [
    "bcdfgiklmnprstuvwxy",
    "adeijlorsu",
    "acehikloprstuy",
    "abdegiloprsuy",
    "abcdefghilmnopqrstuvwxy",
    "aefilortuy",
    "aeghilnorsu",
    "aeiortuy",
    "abcdefglmnoprstvxz",
    "eos",
    "aeins",
    "abdefilopstuvy",
    "abeilmopsu",
    "acdefgiklmnopstuvy",
    "abcdefgijklmnoprstuvwy",
    "adehiloprstuy",
    "u",
    "acdefgiklmnoprstuvy",
    "acehiklmnoprstuwy",
    "acefhilmoprstuwy",
    "abcdegilmnprst",
    "aeio",
    "aehinors",
    "aceipt",
    "eilmnopst",
    "aeo",
];

/// Whether a value of letters alone looks drawn at random: too many pairs of letters that no word has.
pub(super) fn drawn_letters(value: &str) -> bool {
    if value.len() < 10 || !value.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    let bytes = lower.as_bytes();
    let unusual = bytes
        .windows(2)
        .filter(|pair| {
            let follows = USUAL_PAIRS.get(usize::from(pair[0] - b'a'));
            !follows.is_some_and(|letters| letters.as_bytes().contains(&pair[1]))
        })
        .count();
    let least = if bytes.len() < 18 { 35 } else { 28 };
    unusual * 100 >= (bytes.len() - 1) * least
}
