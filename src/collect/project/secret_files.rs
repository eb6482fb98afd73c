//! Tells by its name, and where the name alone says too little by its first bytes, whether a file holds secrets.

use std::io::Read;
use std::path::Path;

use super::shipped::Entry;
use crate::model::files::SecretFile;

/// How much of a file is looked at, in bytes.
const HEAD: u64 = 64 * 1024;

/// Endings of files that are private keys or key stores, whatever is in them.
const KEY_STORES: [&str; 5] = [".p12", ".pfx", ".jks", ".keystore", ".ppk"];
/// Endings of files that may hold a private key or only a certificate.
const PEM: [&str; 4] = [".pem", ".key", ".p8", ".der"];
/// Names of SSH private keys.
const SSH: [&str; 4] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];
/// Words in a name that say that the file is a pattern to copy.
const TEMPLATES: [&str; 9] = [
    "example",
    "sample",
    "template",
    "tmpl",
    "dist",
    "default",
    "defaults",
    "placeholder",
    "schema",
];

/// What a file that ships is taken for; `None` where it looks like no secret.
pub fn kind(entry: &Entry) -> Option<SecretFile> {
    let path = entry.relative.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    // What a dependency brings along is not the project's secret.
    if entry.size == 0 || path.contains("site-packages/") || path.contains("dist-packages/") {
        return None;
    }
    let template = name
        .split(['.', '-', '_'])
        .any(|word| TEMPLATES.contains(&word));
    if template && name != "application_default_credentials.json" {
        return None;
    }
    by_name(&path, name, &entry.path)
}

fn by_name(path: &str, name: &str, file: &Path) -> Option<SecretFile> {
    use SecretFile::{Credentials, Environment, PrivateKey, TokenCache};
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if name == ".env" || name.starts_with(".env.") || name == ".envrc" || name.ends_with(".env") {
        return assigns(file).then_some(Environment);
    }
    if ends(&KEY_STORES) {
        return (!name.contains("trust")).then_some(PrivateKey);
    }
    if ends(&PEM) || SSH.contains(&name) {
        return head(file).contains("PRIVATE KEY").then_some(PrivateKey);
    }
    if token_cache(path, name) {
        return Some(TokenCache);
    }
    if matches!(
        name,
        "token.json" | "tokens.json" | ".tokens.json" | "oauth_token.json"
    ) {
        let text = head(file);
        let holds = text.contains("access_token") || text.contains("refresh_token");
        return holds.then_some(TokenCache);
    }
    credentials(path, name, file).then_some(Credentials)
}

fn token_cache(path: &str, name: &str) -> bool {
    let below = |folder: &str| path.starts_with(folder) || path.contains(&format!("/{folder}"));
    below(".aws/sso/cache/")
        || below(".aws/cli/cache/")
        || path.ends_with("huggingface/token")
        || path.ends_with(".azure/accesstokens.json")
        || name.starts_with("msal_token_cache")
        || name.starts_with(".token_cache")
        || matches!(
            name,
            "token_cache.json" | "token_cache.bin" | "token.pickle" | ".vault-token"
        )
}

/// Files that tools keep credentials in, and files that are called by what they hold.
fn credentials(path: &str, name: &str, file: &Path) -> bool {
    let in_folder = |tail: &str| path == tail || path.ends_with(&format!("/{tail}"));
    if matches!(
        name,
        ".netrc"
            | "_netrc"
            | ".pgpass"
            | ".git-credentials"
            | ".htpasswd"
            | ".dockercfg"
            | ".s3cfg"
            | "application_default_credentials.json"
    ) || in_folder(".aws/credentials")
        || in_folder(".kube/config")
        || in_folder(".streamlit/secrets.toml")
    {
        return true;
    }
    let holds = |needles: &[&str]| {
        let text = head(file);
        needles.iter().any(|needle| text.contains(needle))
    };
    match name {
        "credentials" => holds(&["aws_secret_access_key"]),
        // One that only runs a program for its token (`aws eks get-token`) holds none.
        _ if kubeconfig(name) => holds(&["client-key-data:", "token:", "password:"]),
        _ if may_be_a_service_account(name) => holds(&["\"private_key\"", "\"client_secret\""]),
        ".npmrc" => holds(&["_authToken=", "_password=", "_auth="]) && !holds(&["=${"]),
        ".pypirc" | ".my.cnf" => holds(&["password"]),
        "terraform.tfstate" => true,
        _ if in_folder(".docker/config.json") => holds(&["\"auth\""]),
        _ if in_folder(".config/gh/hosts.yml") => holds(&["oauth_token"]),
        _ => called_a_secret(name) && values(file),
    }
}

/// `kubeconfig`, `prod.kubeconfig`, `kubeconfig-prod.yaml`.
fn kubeconfig(name: &str) -> bool {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    ending == "kubeconfig"
        || matches!(ending, "" | "yaml" | "yml" | "conf")
            && stem.split(['.', '-', '_']).any(|word| word == "kubeconfig")
}

/// `gcp-key.json`, `vertex_sa.json`: the key of a service account is called by its cloud, or a key.
fn may_be_a_service_account(name: &str) -> bool {
    let stem = name.strip_suffix(".json");
    stem.is_some_and(|stem| {
        stem.split(['.', '-', '_']).any(|word| {
            matches!(
                word,
                "key"
                    | "keyfile"
                    | "sa"
                    | "gcp"
                    | "gcloud"
                    | "google"
                    | "firebase"
                    | "vertex"
                    | "azure"
            )
        })
    })
}

/// `secrets.json`, `client_secret_1.json`, `prod-credentials.yaml`, `service-account.json`: data files called by what they hold.
fn called_a_secret(name: &str) -> bool {
    const DATA: [&str; 8] = [
        "json", "yaml", "yml", "toml", "ini", "cfg", "conf", "tfvars",
    ];
    let Some((stem, ending)) = name.rsplit_once('.') else {
        return false;
    };
    let words: Vec<&str> = stem.split(['.', '-', '_', ' ']).collect();
    let pair = |first: &str, second: &str| {
        words
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if *a == first && *b == second))
    };
    let says = |word: &str| {
        matches!(
            word,
            "secret"
                | "secrets"
                | "credential"
                | "credentials"
                | "creds"
                | "serviceaccount"
                | "adminsdk"
        )
    };
    DATA.contains(&ending)
        && (words.iter().any(|word| says(word))
            || pair("service", "account")
            || pair("api", "keys")
            || pair("private", "key"))
}

/// The first bytes of a regular file as text; empty where it cannot be read.
fn head(file: &Path) -> String {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut bytes));
    read.map_or(String::new(), |_| {
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// True when a dotenv file gives some variable a value.
fn assigns(file: &Path) -> bool {
    let assigned = |line: &str| {
        let line = line.trim();
        !line.starts_with('#')
            && line.split_once('=').is_some_and(|(name, value)| {
                !name.is_empty() && !value.trim_matches(['"', '\'', ' ']).is_empty()
            })
    };
    head(file).lines().any(assigned)
}

/// True when a data file gives some key a text or number: an empty `secrets.json` is none, and neither is one of placeholders
/// that are filled in at deploy time (`${NAME}`, `<name>`).
fn values(file: &Path) -> bool {
    let filled = |line: &str| {
        let line = line.trim();
        let Some((_, value)) = line.split_once([':', '=']) else {
            return false;
        };
        let value = value
            .trim()
            .trim_matches(['"', '\'', ',', ' ', '{', '}', '[', ']']);
        !(line.starts_with(['#', ';'])
            || value.is_empty()
            || value == "null"
            || value.starts_with("${")
            || value.starts_with('<'))
    };
    head(file).lines().any(filled)
}
