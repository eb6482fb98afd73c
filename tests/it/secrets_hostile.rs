//! Input that is made to break a scanner: long lines, nested openings, arbitrary text.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use agentcore_harden::secrets::{Hit, Options, is_binary, scan};

fn hits(path: &str, text: &str) -> Vec<Hit> {
    scan(path, text, &Options::default())
}

#[test]
fn hostile_and_long_input_is_harmless() {
    let long = format!("var a=\"{}\";", "key=token,secret:\"".repeat(60_000));
    let started = std::time::Instant::now();
    let _ = hits("bundle.min.js", &long);
    let begins = "-----BEGIN PRIVATE KEY-----".repeat(4000);
    let _ = hits("x.txt", &begins);
    let _ = hits("x.txt", &"eyJ".repeat(100_000));
    let _ = hits("x.txt", &"a://b:".repeat(50_000));
    let _ = hits(
        "x.txt",
        &"ключ token = \"пароль…\" 密码 password='секрет9секрет' ".repeat(2000),
    );
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    assert!(is_binary(b"\x7fELF\0\0") && !is_binary(b"text"));
}

/// Tokens of GitHub that no list of placeholders knows.
fn tokens(count: u64) -> impl Iterator<Item = String> {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut state = 1_u64;
    let mut letter = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(LETTERS[usize::try_from(state >> 33).unwrap() % LETTERS.len()])
    };
    (0..count).map(move |_| {
        let random: String = (0..36).map(|_| letter()).collect();
        format!("ghp_{random}")
    })
}

#[test]
fn many_secrets_on_one_line_or_in_one_text_take_no_more_than_many_lines() {
    let all = |between: &str| -> String {
        let tokens = tokens(10_000).map(|token| format!("\" {token}\"{between}"));
        tokens.collect()
    };
    let started = std::time::Instant::now();
    // A list on one line, and literals on lines of their own that are one text.
    assert_eq!(
        hits("keys.py", &format!("keys = [{}]", all(", "))).len(),
        10_000
    );
    assert_eq!(
        hits("text.py", &format!("text = ({})", all("\n"))).len(),
        10_000
    );
    assert!(started.elapsed().as_secs() < 15, "{:?}", started.elapsed());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { rng_seed: proptest::test_runner::RngSeed::Fixed(1), failure_persistence: None, ..Default::default() })]

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,400}", path in "[a-z./]{0,20}") {
        for hit in hits(&path, &text) {
            proptest::prop_assert!(text.get(hit.range.clone()).is_some());
        }
    }

    #[test]
    fn text_around_keywords_never_panics(parts in proptest::collection::vec("(key|token|secret|password|://|:|=|'|\"|@|eyJ|-----BEGIN |aws|é|\\n|[A-Za-z0-9+/]{1,40}| )", 0..60)) {
        let _ = hits("x.env", &parts.concat());
        let _ = hits("x.py", &parts.concat());
    }
}
