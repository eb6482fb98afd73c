//! What the scanner finds and how it reports it. Every value that has a vendor's form is put together at run time.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use agentcore_harden::secrets::{Confidence, Context, Hit, Options, scan, secret_variable};

const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HEX: &str = "0123456789abcdef";
const LOWER: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A random string of an alphabet; `seed` makes it repeatable.
fn random(alphabet: &str, length: usize, seed: u64) -> String {
    let letters = alphabet.as_bytes();
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D;
    (0..length)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(letters[usize::try_from(state >> 33).unwrap() % letters.len()])
        })
        .collect()
}

fn hits(path: &str, text: &str) -> Vec<Hit> {
    scan(path, text, &Options::default())
}

fn ids(path: &str, text: &str) -> Vec<&'static str> {
    hits(path, text)
        .into_iter()
        .map(|hit| hit.kind.id)
        .collect()
}

/// Well-known vendors: prefix, alphabet and length of the rest, end, id.
const KNOWN: &[(&str, &str, usize, &str, &str)] = &[
    ("sk-proj-", BASE62, 74, "", "openai-project-key"),
    ("sk-svcacct-", BASE62, 74, "", "openai-project-key"),
    ("sk-", BASE62, 48, "", "openai-api-key"),
    ("sk-ant-api03-", BASE62, 93, "AA", "anthropic-api-key"),
    ("AIza", BASE62, 35, "", "google-api-key"),
    ("gsk_", BASE62, 52, "", "groq-api-key"),
    ("xai-", BASE62, 80, "", "xai-api-key"),
    ("pplx-", BASE62, 48, "", "perplexity-api-key"),
    ("r8_", BASE62, 37, "", "replicate-api-token"),
    ("hf_", BASE62, 34, "", "huggingface-token"),
    ("sk-or-v1-", HEX, 64, "", "openrouter-api-key"),
    (
        "sk-lf-",
        HEX,
        8,
        "-1b2c-4d3e-8f4a-9b0c1d2e3f4a",
        "langfuse-secret-key",
    ),
    ("tvly-", BASE62, 32, "", "tavily-api-key"),
    (
        "pcsk_",
        BASE62,
        5,
        "_1aQz8Yx7Wv6Ut5Sr4Qp3On2Ml1Kj0IhGf9Ed8Cb7Az6Yx5Wv4Ut3Sr2Qp1On0MlK",
        "pinecone-api-key",
    ),
    ("nvapi-", BASE62, 64, "", "nvidia-api-key"),
    ("csk-", LOWER, 48, "", "cerebras-api-key"),
    ("fc-", HEX, 32, "", "firecrawl-api-key"),
    ("AKIA", BASE32, 16, "", "aws-access-key-id"),
    ("ABSK", BASE64, 128, "", "bedrock-api-key"),
    (
        "bedrock-api-key-",
        BASE64,
        400,
        "",
        "bedrock-short-term-key",
    ),
    ("ghp_", BASE62, 36, "", "github-token"),
    ("github_pat_", BASE62, 82, "", "github-fine-grained-token"),
    ("gho_", BASE62, 36, "", "github-oauth-token"),
    ("ghs_", BASE62, 36, "", "github-app-token"),
    ("glpat-", BASE62, 20, "", "gitlab-personal-token"),
    ("npm_", BASE62, 36, "", "npm-token"),
    ("pypi-AgEIcHlwaS5vcmc", BASE62, 120, "", "pypi-token"),
    ("dckr_pat_", BASE62, 27, "", "docker-hub-token"),
    ("sk_live_", BASE62, 24, "", "stripe-secret-key"),
    ("rk_live_", BASE62, 24, "", "stripe-restricted-key"),
    ("shpat_", HEX, 32, "", "shopify-token"),
    ("hvs.", BASE62, 95, "", "vault-token"),
    ("dp.st.prd.", BASE62, 43, "", "doppler-token"),
    ("dop_v1_", HEX, 64, "", "digitalocean-token"),
    ("lin_api_", BASE62, 40, "", "linear-api-key"),
    ("ntn_", BASE62, 46, "", "notion-token"),
    (
        "PMAK-",
        HEX,
        24,
        "-0a1b2c3d4e5f60718293a4b5c6d7e8f901",
        "postman-api-key",
    ),
    ("glsa_", BASE62, 32, "_0a9b8c7d", "grafana-service-token"),
    ("NRAK-", BASE32, 27, "", "newrelic-user-key"),
    ("dapi", HEX, 32, "", "databricks-token"),
    (
        "re_",
        BASE62,
        8,
        "_Ab3dE6gH9jK2mN5pQ8sT1vW4",
        "resend-api-key",
    ),
    ("sbp_", HEX, 40, "", "supabase-token"),
];

#[test]
fn well_known_vendors_are_named_in_every_syntax() {
    for (seed, (prefix, alphabet, length, end, id)) in KNOWN.iter().enumerate() {
        let value = format!(
            "{prefix}{}{end}",
            random(alphabet, *length, seed as u64 + 17)
        );
        for (path, text) in [
            ("app/main.py", format!("client = Client(\"{value}\")\n")),
            (
                "app/main.ts",
                format!("const client = new Client({{ auth: '{value}' }});\n"),
            ),
            ("config.json", format!("{{\"value\": \"{value}\"}}")),
            ("config.yaml", format!("value: {value}\n")),
            (".env", format!("VALUE={value}\n")),
            (
                "run.sh",
                format!("curl -H \"Authorization: Bearer {value}\" https://api.vendor.io\n"),
            ),
        ] {
            assert_eq!(ids(path, &text), [*id], "{path}: {id}");
        }
    }
}

#[test]
fn a_hit_shows_four_characters_and_the_length_and_nothing_more() {
    let value = format!("ghp_{}", random(BASE62, 36, 5));
    let other = format!("hf_{}", random(BASE62, 34, 6));
    let text = format!("import os\npair = (\"{value}\", \"{other}\", \"{value}\")\n");
    let hits = hits("a.py", &text);
    assert_eq!(hits.len(), 3);
    for hit in &hits {
        assert!(
            hit.masked.starts_with("ghp_… (40") || hit.masked.starts_with("hf_"),
            "{}",
            hit.masked
        );
        for secret in [&value, &other] {
            assert!(!hit.masked_line.contains(secret.as_str()));
            assert!(!hit.masked_line.contains(&secret[5..12]));
            assert!(!format!("{hit:?}").contains(&secret[5..]));
        }
    }
    assert_eq!(&text[hits[0].range.clone()], value);
    assert_eq!(hits[0].confidence, Confidence::High);
}

#[test]
fn values_behind_a_vendors_name() {
    let hex = |length, seed| random(HEX, length, seed);
    for (text, id) in [
        (
            format!("MISTRAL_API_KEY={}\n", random(BASE62, 32, 1)),
            "mistral-api-key",
        ),
        (
            format!(
                "co = cohere.Client(api_key=\"{}\")\n",
                random(BASE62, 40, 2)
            ),
            "cohere-api-key",
        ),
        (
            format!("DATADOG_API_KEY: {}\n", hex(32, 3)),
            "datadog-api-key",
        ),
        (
            format!("aws_secret_access_key = {}\n", random(BASE64, 40, 4)),
            "aws-secret-access-key",
        ),
        (
            format!("ALGOLIA_ADMIN_KEY='{}'\n", hex(32, 5)),
            "algolia-api-key",
        ),
        (
            format!("x-api-key for serper: token {}\n", random(LOWER, 40, 6)),
            "serper-api-key",
        ),
    ] {
        assert_eq!(ids("settings.env", &text), [id], "{text}");
    }
}

#[test]
fn assigned_literals() {
    let value = random(BASE62, 32, 9);
    for (path, text) in [
        ("a.py", format!("API_TOKEN = \"{value}\"\n")),
        ("a.py", format!("API_TOKEN: str = '{value}'\n")),
        ("a.py", format!("connect(host, auth_token='{value}')\n")),
        (
            "a.py",
            format!("os.environ[\"SERVICE_API_KEY\"] = \"{value}\"\n"),
        ),
        (
            "a.py",
            format!("key = os.getenv(\"SERVICE_API_KEY\", \"{value}\")\n"),
        ),
        (
            "a.py",
            format!("headers = {{\"x-api-key\": \"{value}\"}}\n"),
        ),
        ("a.py", format!("if token == \"{value}\":\n")),
        ("a.ts", format!("const clientSecret = `{value}`;\n")),
        (
            "a.ts",
            format!("const o = {{ clientSecret: '{value}' }};\n"),
        ),
        ("a.json", format!("{{\"signing_key\": \"{value}\"}}")),
        ("a.yaml", format!("auth:\n  secret: {value}\n")),
        ("a.toml", format!("secret = \"{value}\"\n")),
        (".env", format!("export JWT_SECRET={value}\n")),
        ("Dockerfile", format!("ENV SESSION_SECRET={value}\n")),
        ("a.xml", format!("<clientSecret>{value}</clientSecret>\n")),
        ("a.sh", format!("run --api-key {value} --verbose\n")),
    ] {
        assert_eq!(ids(path, &text).len(), 1, "{path}: {text}");
    }
    for text in [
        "password = \"Tr0ub4dor&3x\"\n",
        "DB_PASSWORD: 'hunter2hunter'\n",
        "user.passwd = \"c0rrectH0rse!\"\n",
    ] {
        assert_eq!(ids("app/db.py", text), ["hardcoded-password"], "{text}");
    }
}

#[test]
fn addresses_with_a_password() {
    let password = random(BASE62, 18, 21);
    for scheme in [
        "postgres",
        "postgresql+psycopg2",
        "mysql",
        "mongodb+srv",
        "redis",
        "amqps",
    ] {
        let text = format!("url = \"{scheme}://app:{password}@db.internal.acme.io:5432/main\"\n");
        let hits = hits("app/db.py", &text);
        assert_eq!(hits.len(), 1, "{scheme}");
        assert_eq!(hits[0].kind.id, "database-url-password");
        assert_eq!(&text[hits[0].range.clone()], password);
    }
    assert_eq!(
        ids(
            "a.py",
            &format!("u = 'https://bob:{password}@git.acme.io/x.git'\n")
        ),
        ["url-password"]
    );
    assert_eq!(
        ids(
            "a.env",
            &format!("REDIS_URL=redis://:{password}@cache.acme.io:6379/0\n")
        ),
        ["database-url-password"]
    );
}

#[test]
fn private_keys_in_blocks_and_on_one_line() {
    let body = random(BASE64, 320, 33);
    let lines: Vec<&str> = (0..5)
        .map(|line| &body[line * 64..(line + 1) * 64])
        .collect();
    let dashes = "-".repeat(5);
    for label in [
        "RSA PRIVATE KEY",
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
    ] {
        let block = format!(
            "{dashes}BEGIN {label}{dashes}\n{}\n{dashes}END {label}{dashes}\n",
            lines.join("\n")
        );
        assert_eq!(ids("key.pem", &block), ["private-key"], "{label}");
        let one_line = format!("{{\"private_key\": \"{}\"}}", block.replace('\n', "\\n"));
        let found = hits("service.json", &one_line);
        assert_eq!(found.len(), 1, "{label}");
        assert!(!found[0].masked_line.contains(&body[..20]));
    }
    let pgp = format!(
        "{dashes}BEGIN PGP PRIVATE KEY BLOCK{dashes}\n\n{}\n{dashes}END PGP PRIVATE KEY BLOCK{dashes}\n",
        lines.join("\n")
    );
    assert_eq!(ids("key.asc", &pgp), ["pgp-private-key"]);
    let public = format!(
        "{dashes}BEGIN PUBLIC KEY{dashes}\n{}\n{dashes}END PUBLIC KEY{dashes}\n",
        lines.join("\n")
    );
    assert!(ids("key.pem", &public).is_empty());
    assert!(
        ids(
            "a.py",
            &format!("if text.startswith('{dashes}BEGIN PRIVATE KEY{dashes}'):\n")
        )
        .is_empty()
    );
}

#[test]
fn json_web_tokens_are_decoded() {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let signature = random(BASE62, 43, 44);
    let token =
        |header: &str, payload: &str| format!("{}.{}.{signature}", encode(header), encode(payload));
    let real = token(
        "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
        "{\"sub\":\"u-7\",\"iss\":\"https://id.acme.io\"}",
    );
    assert_eq!(ids("a.py", &format!("t = '{real}'\n")), ["json-web-token"]);
    for decoy in [
        token("{\"alg\":\"none\"}", "{\"sub\":\"u-7\"}"),
        token(
            "{\"alg\":\"HS256\"}",
            "{\"sub\":\"1234567890\",\"name\":\"John Doe\"}",
        ),
        token("{\"typ\":\"cursor\"}", "{\"page\":2}"),
    ] {
        assert!(
            ids("a.py", &format!("t = '{decoy}'\n")).is_empty(),
            "{decoy}"
        );
    }
}

#[test]
fn the_context_comes_from_the_path() {
    let text = format!("k = 'ghp_{}'\n", random(BASE62, 36, 55));
    for (path, context) in [
        ("app/main.py", Context::Code),
        ("README.md", Context::Document),
        ("docs/guide.rst", Context::Document),
        ("tests/test_main.py", Context::Test),
        ("src/main.test.ts", Context::Test),
        ("agentcore/agentcore.json", Context::Data),
        (".env.production", Context::Data),
    ] {
        assert_eq!(hits(path, &text)[0].context, context, "{path}");
    }
}

#[test]
fn values_of_environment_variables() {
    let kind = |value: &str| secret_variable("SETTING", value).map(|kind| kind.id);
    assert_eq!(
        kind(&format!("sk-proj-{}", random(BASE62, 74, 61))),
        Some("openai-project-key")
    );
    assert_eq!(
        kind(&format!(
            "postgres://app:{}@db.acme.io/x",
            random(BASE62, 20, 62)
        )),
        Some("database-url-password")
    );
    for plain in [
        "us-east-1",
        "https://gw.acme.io/mcp",
        "true",
        "8f14e45f-ceea-467f-a8d5-2ad3a2b1c9d0",
        "my-memory-AbCdEf1234",
        "arn:aws:iam::111122223333:role/x",
    ] {
        assert_eq!(kind(plain), None, "{plain}");
    }
}
