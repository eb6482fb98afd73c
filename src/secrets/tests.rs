//! Tests of the whole table: every kind finds a value of its own form, built at run time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;

use super::demand::Demand;
use super::{Alphabet, Kind, Options, Rule, Shape, decoys, kinds, scan};

/// A linear congruential generator (Knuth's MMIX constants), so that runs are alike.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }

    fn string(&mut self, shape: &Shape) -> String {
        let letters: &str = match shape.alphabet {
            Alphabet::Hex | Alphabet::Uuid => "0123456789abcdef",
            Alphabet::Lower => "0123456789abcdefghijklmnopqrstuvwxyz",
            Alphabet::Upper => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            _ => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        };
        let letters = letters.as_bytes();
        let mut text: String = (0..shape.least)
            .map(|_| char::from(letters[self.next(letters.len())]))
            .collect();
        if shape.alphabet == Alphabet::Uuid {
            [8, 13, 18, 23]
                .into_iter()
                .for_each(|at| text.replace_range(at..=at, "-"));
        }
        text
    }
}

/// The pattern with its wide classes narrowed to ASCII, so that what it generates is what people write.
fn generator(pattern: &str) -> String {
    let narrow = pattern
        .replace("(?i:", "(?:")
        .replace(r"\b", "")
        .replace(r"[\s\S]", "[ =:]")
        .replace(r"|$", "");
    let negated = regex::Regex::new(r"\[\^[^\]]*\]").unwrap();
    let narrow = negated.replace_all(&narrow, "[A-Za-z0-9]");
    let narrow = narrow
        .replace(r"\S", "[a-z0-9]")
        .replace(r"\s", "[ ]")
        .replace(r"\d", "[0-9]");
    narrow
        .replace('.', "\u{1}")
        .replace("\\\u{1}", r"\.")
        .replace("\u{1}{", "[ =]{")
        .replace('\u{1}', ".")
}

/// Values of a kind's own form, each in a line as people write it.
fn samples(kind: &'static Kind, runner: &mut TestRunner, random: &mut Random) -> Vec<String> {
    match &kind.rule {
        Rule::Format { pattern, .. } => {
            let strategy_source = generator(pattern);
            let strategy = string_regex(&strategy_source)
                .unwrap_or_else(|error| panic!("{}: {error}", kind.id));
            (0..60)
                .map(|_| strategy.new_tree(runner).unwrap().current())
                .collect()
        }
        Rule::Named { words, shapes } => {
            let word = words[0];
            let join = if word.ends_with(|c: char| c.is_ascii_alphanumeric()) {
                "_API_KEY = "
            } else {
                "api_key = "
            };
            // Several of each: one random run may look like a word.
            shapes
                .iter()
                .flat_map(|shape| std::iter::repeat_n(shape, 5))
                .map(|shape| format!("{word}{join}\"{}\"", random.string(shape)))
                .collect()
        }
        Rule::BuiltIn => Vec::new(),
    }
}

#[test]
fn table_is_large_and_ids_are_unique() {
    let ids: BTreeSet<&str> = kinds().map(|kind| kind.id).collect();
    assert_eq!(ids.len(), kinds().count());
    let own = kinds()
        .filter(|kind| !matches!(kind.rule, Rule::BuiltIn))
        .count();
    assert!(own >= 400, "{own}");
    let formats = kinds()
        .filter(|kind| matches!(kind.rule, Rule::Format { .. }))
        .count();
    assert!(formats >= 180, "{formats}");
    for kind in kinds() {
        assert!(kind.reference.starts_with("https://"), "{}", kind.id);
        assert!(
            kind.id
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{}",
            kind.id
        );
    }
}

#[test]
fn every_pattern_compiles() {
    let engine = super::engine::engine();
    for format in &engine.formats {
        assert!(format.regex().is_some(), "{}", format.kind.id);
    }
}

#[test]
fn every_value_of_a_format_holds_what_is_demanded_of_it() {
    let mut runner = TestRunner::deterministic();
    for kind in kinds() {
        let Rule::Format { pattern, .. } = &kind.rule else {
            continue;
        };
        let demand = Demand::of(pattern);
        let values = string_regex(&generator(pattern)).unwrap();
        for _ in 0..50 {
            let value = values.new_tree(&mut runner).unwrap().current();
            assert!(
                demand.may_match(value.as_bytes(), true),
                "{}: {value}",
                kind.id
            );
        }
    }
}

#[test]
fn every_kind_is_found_in_a_value_of_its_own_form() {
    let mut runner = TestRunner::deterministic();
    let mut random = Random(7);
    let mut missed = Vec::new();
    for kind in kinds().filter(|kind| !matches!(kind.rule, Rule::BuiltIn)) {
        let samples = samples(kind, &mut runner, &mut random);
        let keywords: &[&str] = match &kind.rule {
            Rule::Format { keywords, .. } => keywords,
            Rule::Named { words, .. } => words,
            Rule::BuiltIn => &[],
        };
        let mut found = 0;
        for sample in &samples {
            let lower = sample.to_ascii_lowercase();
            let named = keywords
                .iter()
                .any(|word| lower.contains(&word.to_ascii_lowercase()));
            let line = if named {
                format!("x = '{sample}'\n")
            } else {
                format!("{} = '{sample}'\n", keywords[0])
            };
            let hits = scan("app/settings.env", &line, &Options::default());
            if !hits.is_empty() {
                let lower = line.to_ascii_lowercase();
                assert!(
                    keywords
                        .iter()
                        .any(|word| lower.contains(&word.to_ascii_lowercase())),
                    "{}",
                    kind.id
                );
            }
            found += usize::from(!hits.is_empty());
        }
        // A random short run may happen to be a decoy; a form that is mostly missed is a broken row.
        if found * 10 < samples.len() * 6 {
            missed.push(format!(
                "{} {found}/{} e.g. {}",
                kind.id,
                samples.len(),
                samples[0]
            ));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn decoys_are_told_from_values() {
    for value in [
        "your-api-key",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
        "abcdefghijklmnopqrstuvwxyz123456",
        "0000000000000000",
        "${API_KEY}",
    ] {
        assert!(decoys::decoy(value), "{value}");
    }
    let mut random = Random(3);
    for alphabet in [
        Alphabet::Hex,
        Alphabet::Lower,
        Alphabet::Alnum,
        Alphabet::Upper,
    ] {
        for least in [20, 32, 40, 64] {
            let thrown = (0..2000)
                .filter(|_| {
                    decoys::decoy(&random.string(&Shape {
                        alphabet,
                        least,
                        most: least,
                    }))
                })
                .count();
            assert!(
                thrown <= 4,
                "{alphabet:?} {least}: {thrown} of 2000 random values thrown away"
            );
        }
    }
}

#[test]
fn words_with_a_sequence_are_typed() {
    use super::typed::typed;
    for value in [
        "some-key-1234567890",
        "secret-cmc-key-abcdef123456",
        "sk-verylongsecretkey12345",
        "SUPERSECRET1234567890abcdef",
        "sk-1234hardcodedkey",
        "secret-pass",
        "sk-live-test-token-123456",
        "MyLegacyToken_0123456789",
        "secure-billing-key-1234567890",
        "legacy-env-billing-key-1234567890",
        "env-live-token-fedcba9876543210",
        "key_aBcDeFgHiJkLmNoPqRsTuVwXyZ123456",
    ] {
        assert!(typed(value), "{value}");
    }
    for value in [
        "key-8f2Kd9Lq0xZ7mWv3",
        "token_q7Zk29xLmP0vw5",
        "qzkxvtrw-plmokn-key-8a1f90",
        "prod-7c1e9a40b2d8",
        "sk-proj-a8Kd02mNqP1x",
    ] {
        assert!(!typed(value), "{value}");
    }
    let mut random = Random(7);
    for alphabet in [
        Alphabet::Hex,
        Alphabet::Lower,
        Alphabet::Alnum,
        Alphabet::Upper,
    ] {
        for _ in 0..4000 {
            let value = random.string(&Shape {
                alphabet,
                least: 12,
                most: 40,
            });
            assert!(!typed(&value), "{value}");
            assert!(!typed(&format!("sk-live-{value}")), "{value}");
        }
    }
}

#[test]
fn names_that_imply_a_secret() {
    use super::names::secret_like_name;
    let secret = [
        "OPENAI_API_KEY",
        "openaiApiKey",
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "DB_PASSWORD",
        "dbPasswd",
        "CLIENT_SECRET",
        "clientSecret",
        "API_KEY",
        "apiKey",
        "APIKEY",
        "ACCESS_KEY",
        "PRIVATE_KEY",
        "SECRET_KEY",
        "AUTH_KEY",
        "OPENAI_KEY",
        "STRIPE_KEY",
        "GEMINI_KEY",
        "SERVICE_CREDENTIALS",
        "GOOGLE_CREDENTIAL",
        "ACCESS_TOKEN",
        "x-api-key",
        "TAVILY_KEY",
        "SLACK_BOT_TOKEN",
        "AGENTCORE_CREDENTIAL_GPTAGENTOPENAI",
        "MONGO_PASSWORD_PROD",
        "HF_TOKEN",
    ];
    for name in secret {
        assert!(secret_like_name(name), "{name}");
    }
    let plain = [
        "MAX_TOKENS",
        "KMS_KEY_ID",
        "AWS_ACCESS_KEY_ID",
        "TOKEN_URL",
        "PUBLIC_KEY",
        "KEY",
        "SORT_KEY",
        "PARTITION_KEY",
        "CACHE_KEY",
        "AWS_REGION",
        "MEMORY_MAIN_ID",
        "AGENTCORE_GATEWAY_MAIN_URL",
        "AGENTCORE_GATEWAY_MAIN_AUTH_TYPE",
        "AGENTCORE_GATEWAY_MAIN_CREDENTIAL_PROVIDER",
        "CREDENTIAL_OPENAI_NAME",
        "CREDENTIAL_MY_API_KEY_NAME",
        "GATEWAY_X_CREDENTIAL_PROVIDER",
        "RUNTIME_X_ARN",
        "BROWSER_X_ID",
        "CODE_INTERPRETER_X_ID",
        "AGENTCORE_PAYMENT_SHOP_MANAGER_ARN",
        "DB_SECRET_ARN",
        "SECRET_NAME",
        "SECRET_ID",
        "TOKENIZER",
        "TOKENIZERS_PARALLELISM",
        "SECRETARY",
        "PASSAGE",
        "KEYBOARD",
        "MONKEY",
        "maxTokens",
        "PRIMARY_KEY",
        "TOKEN_TTL",
        "TOKEN_EXPIRY_SECONDS",
        "LOG_LEVEL",
        "",
        "_",
        "AUTHOR",
        "OUTPUT_TOKENS",
        "ACCESS_TOKEN_URL",
    ];
    for name in plain {
        assert!(!secret_like_name(name), "{name}");
    }
}

/// Values that are drawn anew for the test: nothing of them stands in this file.
fn drawn(alphabet: Alphabet, length: usize, seed: u64) -> String {
    let mut random = Random(seed);
    random.string(&Shape {
        alphabet,
        least: length,
        most: length,
    })
}

#[test]
fn names_of_vendors_and_of_tokens_tell_random_values_of_any_length() {
    let letters = |length: usize, seed| {
        let mut random = Random(seed);
        let mut letter = || char::from(b'a' + u8::try_from(random.next(26)).unwrap());
        (0..length).map(|_| letter()).collect::<String>()
    };
    for seed in 1..20 {
        let hex = drawn(Alphabet::Hex, 40, seed);
        let mixed = drawn(Alphabet::Alnum, 61, seed);
        let words = letters(28, seed);
        for line in [
            format!("GITEA_PAT={hex}"),
            format!("const giteaPat = '{hex}';"),
            format!("holisticACCESS={hex}"),
            format!("logzPrivateAccess = \"{hex}\""),
            format!("dareboost={mixed}"),
            format!("SOME_SERVICE_LIVE_KEY=\"{mixed}\""),
            format!("shotstack_key={words}"),
            format!("storecove_secret_token = 'storecove_{words}'"),
            format!("DB_PASSWORD = \"{}\"", letters(24, seed)),
            format!("api_key = '{}'", drawn(Alphabet::Base64, 2000, seed)),
            format!("variable \"corp_api_token\" {{\n  default = \"{hex}\"\n}}"),
            format!("CORP_OKTA_API_TOKEN=00{}", drawn(Alphabet::Alnum, 40, seed)),
        ] {
            let hits = scan("infra/settings.conf", &line, &Options::default());
            assert!(!hits.is_empty(), "{line}");
        }
    }
    for line in [
        "DATA_PAT = 'src/app/handlers/main.py'",
        "config_path = '/srv/app/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'",
        "asanaProjectId = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'",
        "terraform = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'",
        "notion_version_key = 'two-thousand-twenty-two-june'",
        "secret_name = 'prodCustomerDatabaseCredentials'",
        "api_token = getTokenFromSecretsManagerClient",
        "password_policy = 'MinimumLengthAndUppercase'",
        "variable \"api_token\" {\n  type = string\n  sensitive = true\n}",
        "DB_PASSWORD = 'changemeplease'",
        "auth_key = 'AuthorizationHeaderNameForServices'",
    ] {
        let hits = scan("infra/settings.conf", line, &Options::default());
        assert!(hits.is_empty(), "{line}: {}", hits[0].kind.id);
    }
}

#[test]
fn a_bearer_token_after_a_colon() {
    let token = drawn(Alphabet::Lower, 32, 11);
    for line in [
        format!("Bearer: {token}"),
        format!("  bearer: \"{token}\""),
        format!("headers = {{\"bearer\": \"{token}\"}}"),
    ] {
        let hits = scan("notes/calls.yaml", &line, &Options::default());
        assert!(!hits.is_empty(), "{line}");
    }
    for line in [
        "bearer: []",
        "bearerFormat: JWT",
        "bearer: ${{ secrets.CRM_TOKEN }}",
        "bearer: getTokenFromSecretsManagerClient",
        "bearerTokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token",
    ] {
        let hits = scan("notes/calls.yaml", line, &Options::default());
        assert!(hits.is_empty(), "{line}: {}", hits[0].kind.id);
    }
}

#[test]
fn passwords_among_the_arguments_of_commands() {
    let word = ["Tr0ub4dor", "x7q", "Zebra9"].join("-");
    for (path, line) in [
        (
            "scripts/a.sh",
            format!("mysql -u root -p{word} -h db.internal shop < dump.sql"),
        ),
        (
            "app/main.py",
            format!("os.system(\"mysql -p{word} \" + query)"),
        ),
        (
            "scripts/a.sh",
            format!("sshpass -p {word} ssh ops@10.0.0.4"),
        ),
        (
            "scripts/a.sh",
            format!("sshpass -p '{word}' ssh ops@10.0.0.4"),
        ),
        (
            "app/main.py",
            format!("run(\"curl -s -u bot:{word} https://api.internal/x\")"),
        ),
        (
            "Dockerfile",
            format!("RUN curl --user=bot:{word} -O https://x.internal/y"),
        ),
        (
            "scripts/a.sh",
            format!("redis-cli -h cache -a {word} flushall"),
        ),
        (
            "scripts/a.sh",
            format!("echo hello && docker login -u bot -p {word} registry.internal"),
        ),
        (
            ".netrc",
            format!("machine api.internal login bot password {word}"),
        ),
    ] {
        let hits = scan(path, &line, &Options::default());
        assert_eq!(hits.len(), 1, "{line}");
        assert!(!hits[0].masked_line.contains("ub4dor"), "{line}");
    }
    for line in [
        "mysql -u root -p\"$DB_PASSWORD\" -h db.internal",
        "mysql -u root -p shop_2024 < dump.sql",
        "mysql --protocol=tcp -P3306 -h db1",
        "sshpass -e ssh ops@10.0.0.4",
        "sshpass -p \"${PASS1}\" ssh ops@10.0.0.4",
        "curl -u \"$USER:$TOKEN1\" https://api.internal",
        "curl -u user:password https://api.internal",
        "docker login -u AWS --password-stdin 111122223333.dkr.ecr.us-east-1.amazonaws.com",
        "mkdir -p build/v2_out && redis-cli ping",
        "a machine has a login and a password too",
    ] {
        let hits = scan("scripts/a.sh", line, &Options::default());
        assert!(hits.is_empty(), "{line}: {}", hits[0].kind.id);
    }
}
