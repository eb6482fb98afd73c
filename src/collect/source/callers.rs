//! Files that invoke a runtime: found by their bytes, then parsed.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::parse::language_of;

/// What a caller of AgentCore or Bedrock cannot do without.
const WORDS: [&str; 12] = [
    "invoke_agent_runtime",
    "InvokeAgentRuntime",
    "bedrock-agentcore",
    "stop_runtime_session",
    "runtimeSessionId",
    "X-Amzn-Bedrock-AgentCore",
    "InvokeHarness",
    "invoke_harness",
    "AgentCoreRuntimeClient",
    "bedrock-runtime",
    "BedrockRuntime",
    "AnthropicBedrock",
];

/// What runs a command or evaluates code cannot do without one of these.
const SHELL_WORDS: [&str; 30] = [
    "os.system",
    "popen",
    "subprocess",
    "os.exec",
    "pty.spawn",
    "anyio",
    "paramiko",
    "fabric",
    "invoke.run",
    "child_process",
    "execa",
    "cross-spawn",
    "runInThisContext",
    "runInNewContext",
    "runInContext",
    "new Function",
    "runpy",
    "spec_from_file_location",
    "import_module",
    "SourceFileLoader",
    "pexpect",
    "shelljs",
    "ssh2",
    "node-pty",
    "Bun.spawn",
    "strands_tools",
    "ShellTool",
    "langchain_experimental",
    "eval(",
    "exec(",
];

/// Folders that hold no source of the project's own.
const LEFT_OUT: [&str; 22] = [
    "node_modules",
    ".venv",
    "venv",
    ".llm-context",
    ".agentcore",
    "__pycache__",
    ".git",
    ".hg",
    ".tox",
    ".nox",
    "site-packages",
    "dist",
    "build",
    "cdk.out",
    ".next",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".aws-sam",
    "vendor",
    "coverage",
    "out",
];

static MATCHER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(WORDS)
        .ok()
});

static SHELL_MATCHER: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(SHELL_WORDS).ok());

/// Whether the text may run a command or evaluate code.
pub fn mentions_commands(bytes: &[u8]) -> bool {
    let Some(matcher) = SHELL_MATCHER.as_ref() else {
        return false;
    };
    matcher.find_iter(bytes).any(|hit| {
        // `pattern.exec(text)` and `def eval(self)` are other functions of that name.
        let evaluates = bytes.get(hit.end() - 1) == Some(&b'(');
        let before = bytes.get(..hit.start()).unwrap_or_default();
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        !evaluates || !(before.last().is_some_and(part) || before.ends_with(b"def "))
    })
}

/// Whether a source file is one that a person starts (a main guard, a folder of scripts) and that may invoke an agent.
pub fn is_invoking_script(path: &str, bytes: &[u8]) -> bool {
    let holds = |word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
    let mut folders = path
        .rsplit_once('/')
        .map_or("", |(folders, _)| folders)
        .split('/');
    let started = holds("__main__")
        || holds("require.main")
        || holds("import.meta.main")
        || folders.any(|folder| matches!(folder, "scripts" | "script" | "examples" | "demo"));
    let invokes = [
        "/invocations",
        "invoke_agent_runtime",
        "InvokeAgentRuntime",
        "invoke_harness",
        "InvokeHarness",
        "agentcore",
    ];
    started && invokes.into_iter().any(holds)
}

/// Whether the text may hold a call of AgentCore; for a scan that reads every file anyway.
pub fn mentions_agentcore(bytes: &[u8]) -> bool {
    MATCHER
        .as_ref()
        .is_some_and(|matcher| matcher.is_match(bytes))
}

/// Whether a path is one of source that may call an agent: no test, no dependency, no build output.
pub fn is_caller_candidate(path: &str) -> bool {
    let folder_left_out = |name: &str| {
        LEFT_OUT.contains(&name) || matches!(name, "test" | "tests" | "__tests__" | "e2e")
    };
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    language_of(path).is_some()
        && !is_test(path)
        && !is_scaffold(path)
        && !folders.split('/').any(folder_left_out)
}

/// Whether the path is one of the CDK app that the CLI writes into `agentcore/cdk`. What a project adds there (the functions of a
/// stack of its own) is the project's code.
fn is_scaffold(path: &str) -> bool {
    let inside = match path.strip_prefix("agentcore/cdk/") {
        Some(inside) => inside,
        None => match path.split_once("/agentcore/cdk/") {
            Some((_, inside)) => inside,
            None => return false,
        },
    };
    inside.starts_with("bin/") || inside.starts_with("lib/cdk-stack.")
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("test_")
        || name == "conftest.py"
        || name.contains("_test.")
        || name.contains(".test.")
        || name.contains(".spec.")
}
