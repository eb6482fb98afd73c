//! What a file is, from its path.

pub use crate::model::secret::Context;

const TEST_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "testing",
    "spec",
    "specs",
    "fixtures",
    "__fixtures__",
    "__mocks__",
    "mocks",
    "testdata",
    "e2e",
];
const DOCUMENTS: &[&str] = &[
    "md", "mdx", "rst", "adoc", "markdown", "html", "htm", "org", "tex",
    // Templates of configuration files (`.env.example`): what stands in them is meant to be replaced.
    "example", "sample", "template", "dist", "tmpl",
];
const DATA: &[&str] = &[
    "json",
    "jsonc",
    "json5",
    "jsonl",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "properties",
    "env",
    "xml",
    "csv",
    "tsv",
    "plist",
    "tfvars",
    "tfstate",
    "pem",
    "key",
    "ipynb",
    "sql",
    "log",
    "txt",
    "config",
    "lock",
];
const CODE: &[&str] = &[
    "py", "pyi", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "go", "rs", "java", "kt",
    "kts", "scala", "rb", "php", "cs", "c", "h", "cc", "cpp", "hpp", "m", "mm", "swift", "dart",
    "lua", "pl", "r", "jl", "ex", "exs", "erl", "clj", "groovy", "gradle", "vue", "svelte", "tf",
    "bicep", "cedar", "proto", "graphql", "css", "scss", "less",
];

impl Context {
    /// Reads the context off a path with `/` separators.
    pub fn of(path: &str) -> Self {
        let lower = path.to_ascii_lowercase();
        let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
        let stem = name.split('.').next().unwrap_or(name);
        let is_test = folders
            .split('/')
            .any(|folder| TEST_FOLDERS.contains(&folder))
            || name.starts_with("test_")
            || stem.ends_with("_test")
            || name == "conftest.py"
            || name.contains(".test.")
            || name.contains(".spec.");
        if is_test {
            return Self::Test;
        }
        let extension = extension(name);
        if DOCUMENTS.contains(&extension) || matches!(stem, "readme" | "changelog" | "contributing")
        {
            Self::Document
        } else if DATA.contains(&extension)
            || name.starts_with(".env")
            || name.ends_with("rc") && extension == name
        {
            Self::Data
        } else {
            Self::Code
        }
    }
}

/// Whether a literal needs quotes in this file, so that a bare word is an expression.
pub(super) fn needs_quotes(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let extension = extension(name);
    CODE.contains(&extension)
        || matches!(
            extension,
            "json" | "jsonc" | "json5" | "jsonl" | "toml" | "ipynb" | "lock"
        )
}

fn extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some(("", whole)) => whole,
        Some((_, extension)) => extension,
        None => name,
    }
}

/// Whether content is binary: a NUL among its first 8 KiB.
pub fn is_binary(content: &[u8]) -> bool {
    memchr::memchr(0, content.get(..8192).unwrap_or(content)).is_some()
}
