//! Secrets by their form: what a text is covered of where nobody knows the values, told by the place of a word and by its letters.

use super::mask::stars;
use super::names::{harmless_value, secret_like_name};

/// Shorter values are no secrets, and covering them would cover words.
pub(super) const SHORTEST: usize = 6;

/// Covers in any text what its place says is a secret: the value behind a secret's name (`?api_key=…`, `ENV TOKEN=…`, `Bearer …`), and
/// what looks random in an address.
pub(crate) fn placed(text: &mut String) {
    if !may_hide(text) {
        return;
    }
    under_names(text);
    of_users(text);
    addressed(text);
}

/// Covers the password of `user:password@host` where no scheme stands before it, as in the name of an image. A digest and a version
/// stand behind an `@`, too.
fn of_users(text: &mut String) {
    if !text.contains('@') {
        return;
    }
    let mut ranges = Vec::new();
    let mut start = 0;
    for word in text.split_inclusive(ends_word) {
        let plain = word.trim_end_matches(ends_word);
        if let Some((before, host)) = plain.rsplit_once('@')
            && let Some((user, password)) = before.split_once(':')
            && !user.contains('/')
            && !password.starts_with("//")
            && is_host(host)
            && may_be_secret(password)
        {
            let at = start + user.len() + 1;
            ranges.push(at..at + password.len());
        }
        start += word.len();
    }
    cover(text, ranges);
}

/// Whether a text begins with a domain: its last label is a word.
fn is_host(text: &str) -> bool {
    let host = text.split(['/', ':']).next().unwrap_or_default();
    let last = host.rsplit_once('.').map(|(_, last)| last);
    last.is_some_and(|last| last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// Covers names that nobody gave but a generator of secrets: of a module, of a variable, of a provider. Less counts as drawn here than in
/// settings, since names are there to be read.
pub(crate) fn names(text: &mut String) {
    if !may_be_drawn(text) {
        return;
    }
    outside_arns(text, names_in_words);
    // The provider is the one part of an ARN that code gives a name to.
    const PROVIDER: &str = "credentialprovider/";
    if text.contains(PROVIDER) {
        let mut parts = text.split(PROVIDER);
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let mut part = part.to_owned();
            let end = part.find(ends_word).unwrap_or(part.len());
            let rest = part.split_off(end);
            names_in_words(&mut part);
            out.push_str(PROVIDER);
            out.push_str(&part);
            out.push_str(&rest);
        }
        *text = out;
    }
}

/// Covers the name of a file that holds a key, where the name is drawn.
pub(crate) fn key_file(path: &mut String) {
    const KEYS: [&str; 6] = [".pem", ".key", ".p12", ".pfx", ".ppk", ".jks"];
    if KEYS.iter().any(|end| path.ends_with(end)) {
        names_in_words(path);
        random_words(path, |c| c.is_ascii_alphanumeric() || c == '-');
    }
}

/// The shortest word that counts as drawn, in bytes.
const SHORTEST_DRAWN: usize = 16;

fn names_in_words(text: &mut String) {
    let part = |c: char| c.is_ascii_alphanumeric() || "+=_-".contains(c);
    let mut ranges = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(part)) {
        let start = from + at;
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        if let Some(at) = drawn_from(word) {
            ranges.push(start + at..start + length);
        }
        from = start + length;
    }
    cover(text, ranges);
}

/// Where the part of a name begins that is drawn; it is taken to reach to the end.
fn drawn_from(word: &str) -> Option<usize> {
    if word.len() < SHORTEST_DRAWN {
        return None;
    }
    let mut at = 0;
    // Where the short words and numbers begin that stand directly before (`sk_live_`), and the hexadecimal run with its length and digits.
    let mut prefix = None;
    let mut run: Option<(usize, usize, usize)> = None;
    for segment in word.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let plain = segment.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let digits = plain.bytes().filter(u8::is_ascii_digit).count();
        if shuffled(plain) || leet(plain) {
            return Some(prefix.unwrap_or(at));
        }
        let is_short = plain.len() <= 6 && !plain.bytes().any(|byte| byte.is_ascii_uppercase());
        let is_number = plain.len() >= 8 && digits == plain.len();
        prefix = (is_short || is_number).then(|| prefix.unwrap_or(at));
        if !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let (start, length, known) = run.unwrap_or((at, 0, 0));
            run = Some((start, length + plain.len(), known + digits));
        } else {
            run = None;
        }
        if let Some((start, length, digits)) = run
            && length >= 32
            && digits >= 4
            && digits < length
        {
            return Some(start);
        }
        at += segment.len();
    }
    None
}

/// Whether letters of both cases and digits change about as often as in a random text: in names of words they do not.
fn shuffled(word: &str) -> bool {
    const LONG: usize = 20;
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        _ => 2,
    };
    let count = |wanted: u8| word.bytes().filter(|byte| kind(*byte) == wanted).count();
    let bytes = word.as_bytes();
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    let changes = pairs
        .filter(|(one, two)| kind(**one) != kind(**two))
        .count();
    word.len() >= LONG
        && [count(0), count(1), count(2)]
            .iter()
            .all(|count| *count >= 2)
        && changes * 2 >= word.len()
}

/// Whether digits stand for letters, as in a password that is made of words: twice between small letters, with a capital.
fn leet(word: &str) -> bool {
    let inside = word.as_bytes().windows(3).filter(|three| {
        matches!(three, [one, digit, two]
            if one.is_ascii_lowercase() && digit.is_ascii_digit() && two.is_ascii_lowercase())
    });
    word.len() >= 8 && word.bytes().any(|byte| byte.is_ascii_uppercase()) && inside.count() >= 2
}

/// Covers what looks random in an address, or may be the start of something random that was cut: in code, what stands behind a name may be
/// any expression.
pub(crate) fn addressed(text: &mut String) {
    if !may_hide(text) {
        return;
    }
    in_addresses(text);
    in_paths(text);
    cut_short(text);
}

/// The same, and every word that looks random: in a line of a settings file nobody needs to read these. An ARN stays.
pub(crate) fn settings(text: &mut String) {
    if !may_hide(text) {
        return;
    }
    placed(text);
    if may_be_drawn(text) {
        outside_arns(text, |part| {
            random_words(part, |c| c.is_ascii_alphanumeric() || c == '-');
            unnamed(part);
        });
    }
}

/// Covers words that look random inside of double quotation marks, where a message quotes what a file holds.
pub(crate) fn quotations(text: &mut String) {
    if !text.contains('"') || !may_be_drawn(text) {
        return;
    }
    let parts = text.split('"').enumerate().map(|(index, part)| {
        let mut part = part.to_owned();
        if index % 2 == 1 {
            outside_arns(&mut part, unnamed);
        }
        part
    });
    *text = parts.collect::<Vec<_>>().join("\"");
}

/// Characters that end a word of a command or of settings.
fn ends_word(c: char) -> bool {
    c.is_whitespace() || "\"'`,;<>()[]{}&|\\".contains(c)
}

/// Applies a cover to what stands around the words that are ARNs, addresses of AWS or digests.
fn outside_arns(text: &mut String, cover: impl Fn(&mut String)) {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for word in text.split_inclusive(ends_word) {
        let kept = word.starts_with("arn:")
            || ["arn%3A", ".amazonaws.com", "sha256:", "sha512-"]
                .iter()
                .any(|mark| word.contains(mark));
        if kept {
            cover(&mut run);
            out.push_str(&run);
            run.clear();
            out.push_str(word);
        } else {
            run.push_str(word);
        }
    }
    cover(&mut run);
    out.push_str(&run);
    *text = out;
}

/// Covers values behind a secret's name.
fn under_names(text: &mut String) {
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut ranges = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find(name)) {
        let start = from + start;
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.find(|c| !name(c)).unwrap_or(rest.len());
        from = start + length;
        let (word, behind) = rest.split_at(length);
        let value = behind.trim_start_matches(['"', '\'', '\\', ' ']);
        let scheme = matches!(word, "Bearer" | "bearer" | "Basic");
        let separated = value.strip_prefix([':', '=']);
        let Some(value) = separated.or(Some(value).filter(|_| scheme)) else {
            continue;
        };
        if !scheme && !secret_like_name(word) {
            continue;
        }
        let value = value.trim_start_matches(['"', '\'', '\\', ' ', '=']);
        let length = value.find(ends_word).unwrap_or(value.len());
        let value = value.get(..length).unwrap_or_default();
        if may_be_secret(value) && !value.starts_with(['$', '*']) && !value.contains('*') {
            let at = value.as_ptr().addr() - text.as_ptr().addr();
            ranges.push(at..at + value.len());
            from = from.max(at + value.len());
        }
    }
    cover(text, ranges);
}

/// Covers what looks random in the addresses of a text: a token for a user, parts of the path, values of the query. The hosts of AWS hold
/// ids in their paths, and no secret.
fn in_addresses(text: &mut String) {
    if !may_be_drawn(text) {
        return;
    }
    let mut ranges = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("://")) {
        let start = from + at + 3;
        let rest = text.get(start..).unwrap_or_default();
        let address = rest
            .get(..rest.find(ends_word).unwrap_or(rest.len()))
            .unwrap_or_default();
        from = start + address.len();
        let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        if host.ends_with(".amazonaws.com") || host.ends_with(".aws") {
            continue;
        }
        let mut part = start;
        let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
        for word in address.split_inclusive(ends) {
            let plain = word.trim_end_matches(ends);
            if random(plain) {
                ranges.push(part..part + plain.len());
            }
            part += word.len();
        }
    }
    cover(text, ranges);
}

/// Covers the parts of a path alone (`"/services/…/x"`) that look random. The names of log groups begin with `/aws/`.
fn in_paths(text: &mut String) {
    // A part of a path may hold dots and signs, which end a word elsewhere.
    if !text.contains('/') {
        return;
    }
    let mut ranges = Vec::new();
    let mut start = 0;
    for word in text.split_inclusive(ends_word) {
        if word.starts_with('/') && !word.starts_with("/aws/") {
            let mut part = start;
            for segment in word.split_inclusive('/') {
                let plain = segment.trim_end_matches(|c: char| c == '/' || ends_word(c));
                if random(plain) {
                    ranges.push(part..part + plain.len());
                }
                part += segment.len();
            }
        }
        start += word.len();
    }
    cover(text, ranges);
}

/// Covers the rest of a word that was cut short where it may be the start of a random one.
fn cut_short(text: &mut String) {
    const SHORT: usize = 8;
    let mut ranges = Vec::new();
    for (at, _) in text.match_indices('…') {
        let before = text.get(..at).unwrap_or_default();
        let word = |c: char| c.is_ascii_alphanumeric() || "+=_-".contains(c);
        let start = before.rfind(|c| !word(c)).map_or(0, |at| {
            at + before
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8)
        });
        let cut = before.get(start..).unwrap_or_default();
        let mixed = cut.bytes().any(|byte| byte.is_ascii_digit())
            && cut.bytes().any(|byte| byte.is_ascii_alphabetic());
        if cut.len() >= SHORT && mixed {
            ranges.push(start..at);
        }
    }
    cover(text, ranges);
}

/// Covers ranges of a text, given in their order.
fn cover(text: &mut String, ranges: Vec<std::ops::Range<usize>>) {
    for range in ranges.into_iter().rev() {
        if let Some(secret) = text.get(range.clone()) {
            let hidden = stars(secret);
            text.replace_range(range, &hidden);
        }
    }
}

/// Covers words that look random: in what a person writes in settings, such a word is no name that anybody needs to read.
pub(crate) fn unnamed(text: &mut String) {
    random_words(text, |c| c.is_ascii_alphanumeric() || "+/=_-".contains(c));
}

/// The same of words that are made of these characters.
fn random_words(text: &mut String, part: impl Fn(char) -> bool + Copy) {
    if !may_be_drawn(text) {
        return;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut any = false;
    while let Some(start) = rest.find(part) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|c| !part(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        out.push_str(before);
        if random(word) {
            any = true;
            out.push_str(&stars(word));
        } else {
            out.push_str(word);
        }
        rest = after;
    }
    if any {
        out.push_str(rest);
        *text = out;
    }
}

/// Whether a text can hold what the covers by place look for: characters without white space between them, as many as the shortest value
/// has, and a digit among them.
fn may_hide(text: &str) -> bool {
    let (mut length, mut digit) = (0, false);
    text.bytes().any(|byte| {
        if byte.is_ascii_whitespace() {
            (length, digit) = (0, false);
        } else {
            length += 1;
            digit |= byte.is_ascii_digit();
        }
        length >= SHORTEST && digit
    })
}

/// Whether a text can hold what [`random`] or [`drawn_from`] finds: characters of words that follow each other, as many as the shortest
/// has and two digits among them. Most texts cannot, and are not split into words.
fn may_be_drawn(text: &str) -> bool {
    let (mut length, mut digits) = (0, 0);
    text.bytes().any(|byte| {
        if byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte) {
            length += 1;
            digits += usize::from(byte.is_ascii_digit());
        } else {
            (length, digits) = (0, 0);
        }
        length >= SHORTEST_DRAWN && digits >= 2
    })
}

/// Whether a word looks as if it had been drawn: a UUID, a long hexadecimal number, or a long mixture of both cases and digits.
pub(super) fn random(word: &str) -> bool {
    const LONG: usize = SHORTEST_DRAWN;
    let count = |kind: fn(&u8) -> bool| word.bytes().filter(kind).count();
    let digits = count(u8::is_ascii_digit);
    let hexadecimal = count(u8::is_ascii_hexdigit);
    let dashes = word.matches('-').count();
    let as_number = word.len() >= 2 * LONG && digits >= 4 && hexadecimal + dashes == word.len();
    let mixed = word.len() >= LONG
        && !word.contains('/')
        && digits >= 2
        && count(u8::is_ascii_lowercase) >= 2
        && count(u8::is_ascii_uppercase) >= 2;
    // Encoded bytes may hold a slash; a path holds many words.
    let encoded = word.len() >= 2 * LONG
        && word.matches('/').count() <= 2
        && digits >= 3
        && count(u8::is_ascii_lowercase) >= 6
        && count(u8::is_ascii_uppercase) >= 6;
    as_number || mixed || encoded
}

/// Covers, in a line of code, what a literal holds that may be a secret: words that look random, and whatever stands under a secret's
/// name. A finding of another check quotes the line; nobody needs to read these words to understand it.
pub(crate) fn literals(line: &mut String) {
    if !may_hide(line) {
        return;
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line.as_str();
    // What names the next literal: the code since the last comma, and the literal before it.
    let mut before = String::new();
    while let Some(start) = rest.find(['"', '\'', '`']) {
        let (code, literal) = rest.split_at(start);
        let quote = literal.get(..1).unwrap_or_default();
        let inner = literal.get(1..).unwrap_or_default();
        // Without its end it was cut, or holds several lines.
        let end = inner.find(quote).unwrap_or(inner.len());
        let (inner, after) = inner.split_at(end);
        let named = [before.as_str(), code]
            .iter()
            .flat_map(|text| text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
            .any(secret_like_name);
        out.push_str(code);
        out.push_str(quote);
        let mut word = inner.to_owned();
        if named && may_be_secret(inner) {
            word = stars(inner);
        } else if !inner.starts_with("arn:") && !inner.contains("sha256:") {
            // `?key=` and the folders of a path are no part of what follows them.
            random_words(&mut word, |c| c.is_ascii_alphanumeric() || c == '-');
            unnamed(&mut word);
        }
        out.push_str(&word);
        before = format!("{code} {inner}");
        if code.contains([';', '{', ']']) {
            before = inner.to_owned();
        }
        let closed = after.get(..quote.len()).unwrap_or_default();
        out.push_str(closed);
        rest = after.get(closed.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    *line = out;
}

/// Whether a literal under a secret's name may be one: a word with a digit, which no name of a variable and no placeholder is.
fn may_be_secret(text: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.len() >= SHORTEST
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && !text.contains(char::is_whitespace)
        && !text.starts_with("arn:")
        && !text.contains("://")
        && !text.bytes().all(name)
        && !harmless_value(text)
}

/// Covers words that look random where they stand in quotation marks: an error quotes what a file holds there.
pub(crate) fn quoted(text: &str) -> String {
    let parts = text.split('"').enumerate().map(|(index, part)| {
        let mut part = part.to_owned();
        if index % 2 == 1 {
            unnamed(&mut part);
        }
        part
    });
    parts.collect::<Vec<_>>().join("\"")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_that_were_drawn_are_covered_and_names_of_words_stay() {
        let cover = |text: &str| {
            let mut text = text.to_owned();
            names(&mut text);
            text
        };
        let uuid = ["b4ddbe45_cf64_42b0", "_ac3a_4acdd7f9fcc5"].concat();
        let key = ["Jd7nQ2xT9vLm4", "Kp8RsY3wZaB"].concat();
        for (name, shown) in [
            (format!("`m_{uuid}`, imported"), "`m_b4dd"),
            (
                format!("reads API_KEY_sk_live_{key} from"),
                "reads API_KEY_sk_l",
            ),
            (
                format!("API_KEY_xoxb-123456789012-123456789012-{key}"),
                "API_KEY_xoxb",
            ),
            (
                "token-vault/default/apikeycredentialprovider/Tr0ub4dor-cat-Zebra9".to_owned(),
                "token-vault/default/apikeycredentialprovider/Tr0u",
            ),
        ] {
            let covered = cover(&name);
            let (start, rest) = covered.split_at(shown.len());
            assert_eq!(start, shown);
            assert!(rest.starts_with("****"), "{covered}");
        }
        for kept in [
            "ApplicationAgentShopMainRuntimeAB12CD34EF56",
            "arn:aws:kms:us-east-1:123456789012:key/b4ddbe45-cf64-42b0-ac3a-4acdd7f9fcc5",
            "us.anthropic.claude-sonnet-4-20250514-v1:0",
            "OPENAI_API_KEY and SharePoint2OAuth2Provider",
            "python:3.13@sha256:9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015",
        ] {
            assert_eq!(cover(kept), kept);
        }
    }

    #[test]
    fn the_password_of_a_registry_is_covered_and_versions_stay() {
        let cover = |text: &str| {
            let mut text = text.to_owned();
            placed(&mut text);
            text
        };
        assert_eq!(
            cover("starts from user:h7Xtr0ub4d@registry.example.org/python:3.13"),
            "starts from user:h7********@registry.example.org/python:3.13"
        );
        for kept in [
            "npm:string-width2@4.2.3",
            "python:3.13@sha256:00ff",
            "a:b@c",
        ] {
            assert_eq!(cover(kept), kept);
        }
    }

    #[test]
    fn literals_of_code_show_no_word_that_may_be_a_secret() {
        for line in [
            r#"requests.post(URL, auth=("user","3f2b8c1d-9a4e-4c7b-8f21-0d6e5a9b7c44"))"#,
            r#"requests.get(f"https://api.example.org/{x}?key=9f8e7d6c5b4a39281706f5e4d3c2b1a0")"#,
            r#"k = os.environ.get("API_KEY", "Tr0ub4dor-x7q-Zebra9")"#,
            r#"k = os.getenv("DB_PASSWORD", default="Tr0ub4dor-x7q-Zebra9")"#,
            "const k = process.env.API_KEY ?? 'Tr0ub4dor-x7q-Zebra9';",
            r#"run("curl -H 'X-Key: 9f8e7d6c5b4a39281706f5e4d3c2b1a0' " + payload["u"])"#,
        ] {
            let mut shown = line.to_owned();
            literals(&mut shown);
            for part in ["b8c1d", "e7d6c5", "ub4dor", "Zebra9"] {
                assert!(!shown.contains(part), "{shown}");
            }
            assert_eq!(shown.chars().count(), line.chars().count(), "{shown}");
        }
        for line in [
            r#"key = os.environ["OPENAI_API_KEY_2"]"#,
            r#"secret = get_secret("prod/crm-api-key")"#,
            r#"model = "anthropic.claude-sonnet-4-5-20250929-v1:0""#,
            r#"role = "arn:aws:iam::111122223333:role/Shop-MainRoleA1B2C3D4-xYz12aBcD34e""#,
            r#"x = 'it''s "fine"' + `${a} b` + "unfinished"#,
            "",
        ] {
            let mut shown = line.to_owned();
            literals(&mut shown);
            assert_eq!(shown, line);
        }
    }

    #[test]
    fn the_place_of_a_value_covers_it() {
        let word = ["Tr0ub4dor", "8lS", "Zebra9"].join("-");
        let uuid = ["b4ddbe45-cf64-42b0", "ac3a-4acdd7f9fcc5"].join("-");
        for text in [
            format!("g/t calls https://x.org/mcp?api_key={word} without a credential"),
            format!("git clone https://{uuid}@github.com/o/r"),
            format!("pip install mypkg @ git+https://{word}@github.com/o/r.git"),
            format!("curl -H \"Authorization: Bearer {word}\" https://x"),
            format!("{{\"start\": \"API_KEY={word} node main.js\"}}"),
            format!("{{\"url\":\"https://hooks.example.org/services/{uuid}/x\"}}"),
            format!("must be PUBLIC or VPC, found {}…", &uuid[..20]),
            format!("{{\"paths\":{{\"/services/{uuid}/x\":{{}}}}}}"),
        ] {
            let mut shown = text.clone();
            placed(&mut shown);
            for secret in [&word[4..], &uuid[4..20]] {
                assert!(!shown.contains(secret), "{shown}");
            }
            assert_eq!(shown.chars().count(), text.chars().count(), "{shown}");
        }
        for text in [
            format!("LABEL x={word}"),
            format!("CMD [\"x\",\"--key\",\"{uuid}\"]"),
            format!("FROM u:{uuid}@registry.example.org/python:3.13"),
        ] {
            let mut shown = text.clone();
            settings(&mut shown);
            assert!(
                !shown.contains(&word[4..]) && !shown.contains(&uuid[4..]),
                "{shown}"
            );
        }
        let mut message = format!("networkMode must be PUBLIC or VPC, found \"{uuid}\"");
        quotations(&mut message);
        assert!(!message.contains(&uuid[4..]), "{message}");
        for plain in [
            "invoke https://bedrock-agentcore.us-east-1.amazonaws.com/runtimes/arn%3Aaws%3Abedrock-agentcore%3A/Main-AbCdEf12Gh34Ij",
            "role arn:aws:iam::111122223333:role/AmazonBedrockAgentCoreSDKRuntime-us-east-1-9a8B7c6D5e",
            "export API_KEY=$API_KEY_2 && export TOKEN_TTL=3600",
            "API_KEY: str = os.environ[\"API_KEY_2\"]",
            "FROM public.ecr.aws/docker/library/python:3.13-slim@sha256:9f86d081884c7d659a2feaa0c55ad015",
            "see https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
            "model us.anthropic.claude-sonnet-4-5-20250929-v1:0 …",
        ] {
            let mut shown = plain.to_owned();
            settings(&mut shown);
            quotations(&mut shown);
            assert_eq!(shown, plain);
        }
    }

    #[test]
    fn words_that_look_random_are_covered_in_settings() {
        let covered = |text: &str| {
            let mut text = text.to_owned();
            unnamed(&mut text);
            text
        };
        for random in [
            ["b4ddbe45-cf64-42b0", "-ac3a-4acdd7f9fcc5"].concat(),
            "9f86d081884c7d659a2feaa0c55ad015".to_owned(),
            ["Tr0ub4dor-", "xQ7-Zebra9"].concat(),
        ] {
            let text = covered(&format!("known, see {random}."));
            assert!(!text.contains(&random[4..]), "{text}");
            assert!(text.starts_with("known, see "), "{text}");
        }
        for plain in [
            "measured hot path; uses @requires_access_token since 2026-10-01",
            "SEC-1234: app/Support/fast_path.py, arn:aws:iam::123456789012:role/Support",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ] {
            assert_eq!(covered(plain), plain);
        }
        assert_eq!(quoted("no target \"dev\" in x"), "no target \"dev\" in x");
    }
}
