//! What the program reads that others wrote: one target each, a function of bytes. The fuzzers of `fuzz/` run them, too: that crate
//! includes this file.
//!
//! A target puts the bytes where the program finds them in a project, runs a command as a user does, and holds what comes out against
//! the promises: an exit status, no result that was lost to a panic, JSON that parses, no control character.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use agentcore_harden::model::oidc::discovery::parse_document;
use agentcore_harden::model::oidc::keys::parse_jwks;

/// A kind of input.
pub struct Target {
    /// How it is called.
    pub name: &'static str,
    /// The ends of the paths below `fixtures/` whose files are its seeds.
    pub seeds: &'static [&'static str],
    /// More seeds.
    pub words: &'static [&'static str],
    /// Runs the program over one input.
    ///
    /// # Panics
    /// Where the program breaks a promise.
    pub run: fn(&[u8]),
}

/// What no input of a user exceeds, and a fuzzer's time is better spent below. In bytes.
const MOST: usize = 64 * 1024;

const MAIN: &str = "from bedrock_agentcore.runtime import BedrockAgentCoreApp\n\napp = BedrockAgentCoreApp()\n\n\n@app.entrypoint\ndef invoke(payload):\n    return {}\n\n\napp.run()\n";
const MAIN_TS: &str = "export const handler = async (event: unknown) => ({});\n";

/// A project in which the bytes are one file.
struct Place {
    /// Where they are.
    path: &'static str,
    /// The members of `agentcore.json` that lead there.
    config: &'static str,
    /// The runtime's members that lead there.
    runtime: &'static str,
    /// Arguments after `check PATH --offline`.
    arguments: &'static [&'static str],
}

const FILE: Place = Place {
    path: "",
    config: "",
    runtime: "",
    arguments: &[],
};
const CONTAINER: &str = "\"build\": \"Container\", \"dockerfile\": \"Dockerfile\",";

/// Every target.
pub static TARGETS: [Target; 24] = [
    Target {
        name: "python",
        seeds: &[".py"],
        words: &[],
        run: |bytes| {
            check(
                &Place {
                    path: "app/Main/main.py",
                    ..FILE
                },
                bytes,
            )
        },
    },
    Target {
        name: "typescript",
        seeds: &[".ts", ".tsx", ".js"],
        words: &[],
        run: |bytes| {
            let runtime = "\"entrypoint\": \"main.ts\", \"runtimeVersion\": \"NODE_22\",";
            check(
                &Place {
                    path: "app/Main/main.ts",
                    runtime,
                    ..FILE
                },
                bytes,
            );
        },
    },
    Target {
        name: "agentcore_json",
        seeds: &["agentcore/agentcore.json"],
        words: &[],
        run: |bytes| {
            check(
                &Place {
                    path: "agentcore/agentcore.json",
                    ..FILE
                },
                bytes,
            )
        },
    },
    Target {
        name: "targets",
        seeds: &["agentcore/aws-targets.json"],
        words: &[],
        run: |bytes| {
            check(
                &Place {
                    path: "agentcore/aws-targets.json",
                    ..FILE
                },
                bytes,
            )
        },
    },
    Target {
        name: "deployed_state",
        seeds: &["deployed-state.json"],
        words: &[],
        run: |bytes| {
            check(
                &Place {
                    path: "agentcore/.cli/deployed-state.json",
                    ..FILE
                },
                bytes,
            )
        },
    },
    Target {
        name: "harness",
        seeds: &["harness.json"],
        words: &[],
        run: |bytes| {
            let config = "\"harnesses\": [{\"name\": \"Main\", \"path\": \"app/Main\"}],";
            check(
                &Place {
                    path: "app/Main/harness.json",
                    config,
                    ..FILE
                },
                bytes,
            );
        },
    },
    Target {
        name: "template",
        seeds: &[".template.json"],
        words: &[],
        run: |bytes| {
            let path = "agentcore/cdk/cdk.out/AgentCore-Shop-default.template.json";
            check(&Place { path, ..FILE }, bytes);
        },
    },
    Target {
        name: "terraform",
        seeds: &["tfplan.json"],
        words: &[],
        run: |bytes| {
            check(
                &Place {
                    path: "terraform/tfplan.json",
                    ..FILE
                },
                bytes,
            )
        },
    },
    Target {
        name: "policy",
        seeds: &["app/Main/p.json", "policy.json"],
        words: &[],
        run: |bytes| {
            let runtime = "\"additionalPolicies\": [\"p.json\"],";
            check(
                &Place {
                    path: "app/Main/p.json",
                    runtime,
                    ..FILE
                },
                bytes,
            );
        },
    },
    Target {
        name: "cedar",
        seeds: &[".cedar"],
        words: &[
            "permit(principal, action, resource) when { context.input.amount < 10 && !(context has \"x\") };",
            "@id(\"a\") forbid(principal is AgentCore::OAuthUser in A::\"b\", action in [A::Action::\"x\"], resource) unless { [1, {a: decimal(\"1.0\")}].contains(principal.b) };",
        ],
        run: |bytes| {
            let config = "\"policyEngines\": [{\"name\": \"Guard\", \"policies\": [{\"name\": \"own\", \"statement\": \"\", \"sourceFile\": \"agentcore/policies/all.cedar\"}]}],";
            check(
                &Place {
                    path: "agentcore/policies/all.cedar",
                    config,
                    ..FILE
                },
                bytes,
            );
        },
    },
    Target {
        name: "gitignore",
        seeds: &[".gitignore"],
        words: &[
            "*.env\n!keep.env\n/build/\n**/[a-z]*.pem\n",
            "a\\ \n\\!b\n[!x]\n",
        ],
        run: |bytes| {
            check(
                &Place {
                    path: ".gitignore",
                    ..FILE
                },
                bytes,
            )
        },
    },
    Target {
        name: "dockerignore",
        seeds: &[".dockerignore"],
        words: &["**/*.env\n!app\n{a,b}/[^c]?\n"],
        run: |bytes| {
            check(
                &Place {
                    path: "app/Main/.dockerignore",
                    runtime: CONTAINER,
                    ..FILE
                },
                bytes,
            );
        },
    },
    Target {
        name: "dockerfile",
        seeds: &["Dockerfile"],
        words: &[
            "# syntax=x\n# escape=`\nFROM a AS b\nRUN <<EOF\nexport A=1\nEOF\nCMD [\"python\", \"main.py\"]\n",
        ],
        run: |bytes| {
            check(
                &Place {
                    path: "app/Main/Dockerfile",
                    runtime: CONTAINER,
                    ..FILE
                },
                bytes,
            );
        },
    },
    Target {
        name: "requirements",
        seeds: &["requirements.txt"],
        words: &[
            "aws-opentelemetry-${x}\n",
            "boto3[crt]>=1.42,!=2; python_version >= '3.10' and (os_name == 'nt' or extra == 'x') --hash=sha256:aa\n-r other.txt\n-e git+https://example.com/a@b#egg=c\n",
        ],
        run: |bytes| {
            check(
                &Place {
                    path: "app/Main/requirements.txt",
                    ..FILE
                },
                bytes,
            )
        },
    },
    Target {
        name: "pyproject",
        seeds: &["pyproject.toml"],
        words: &[],
        run: |bytes| {
            check(
                &Place {
                    path: "app/Main/pyproject.toml",
                    ..FILE
                },
                bytes,
            )
        },
    },
    Target {
        name: "uv_lock",
        seeds: &["uv.lock"],
        words: &[],
        run: |bytes| {
            check(
                &Place {
                    path: "app/Main/uv.lock",
                    ..FILE
                },
                bytes,
            )
        },
    },
    Target {
        name: "package_json",
        seeds: &["package.json"],
        words: &[],
        run: |bytes| {
            let runtime = "\"entrypoint\": \"main.ts\", \"runtimeVersion\": \"NODE_22\",";
            check(
                &Place {
                    path: "app/Main/package.json",
                    runtime,
                    ..FILE
                },
                bytes,
            );
        },
    },
    Target {
        name: "package_lock",
        seeds: &["package-lock.json"],
        words: &[],
        run: |bytes| {
            let runtime = "\"entrypoint\": \"main.ts\", \"runtimeVersion\": \"NODE_22\",";
            check(
                &Place {
                    path: "app/Main/package-lock.json",
                    runtime,
                    ..FILE
                },
                bytes,
            );
        },
    },
    Target {
        name: "snapshot",
        seeds: &["aws.json"],
        words: &[],
        run: |bytes| {
            let arguments = &["--snapshot", "aws.json"];
            check(
                &Place {
                    path: "aws.json",
                    arguments,
                    ..FILE
                },
                bytes,
            );
        },
    },
    Target {
        name: "baseline",
        seeds: &[],
        words: &[
            "{\"schemaVersion\": 1, \"entries\": [{\"project\": \"Shop\", \"check\": \"eval-online\", \"resource\": {\"type\": \"runtime\", \"name\": \"Main\"}, \"path\": \"a\", \"fingerprint\": \"00\"}]}",
        ],
        run: |bytes| {
            let arguments = &["--baseline", "known.json"];
            check(
                &Place {
                    path: "known.json",
                    arguments,
                    ..FILE
                },
                bytes,
            );
        },
    },
    Target {
        name: "settings",
        seeds: &["agentcore-harden.toml"],
        words: &[],
        run: |bytes| {
            check(
                &Place {
                    path: "agentcore-harden.toml",
                    ..FILE
                },
                bytes,
            )
        },
    },
    Target {
        name: "token",
        seeds: &[],
        words: &[
            "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUub3JnIiwiYXVkIjpbImEiXSwiZXhwIjo0MTAyNDQ0ODAwfQ.c2ln",
            "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjF9.",
            "{\"access_token\": \"eyJhbGciOiJub25lIn0.eyJleHAiOjF9.\"}",
        ],
        run: |bytes| said(bytes, &["token", "--offline", "--json", "--"]),
    },
    Target {
        name: "discovery",
        seeds: &["discovery.json"],
        words: &[
            "{\"issuer\": \"https://login.example.org\", \"jwks_uri\": \"https://login.example.org/keys\", \"id_token_signing_alg_values_supported\": [\"RS256\"]}",
            "{\"keys\": [{\"kty\": \"RSA\", \"use\": \"sig\", \"kid\": \"1\", \"alg\": \"RS256\", \"n\": \"AQAB\", \"e\": \"AQAB\", \"x5c\": [\"\"]}]}",
        ],
        run: |bytes| {
            let read = parse_document(
                "https://login.example.org/.well-known/openid-configuration",
                bytes,
            );
            let keys = parse_jwks(bytes);
            // What is read of a document is written into a snapshot.
            assert!(serde_json::to_string(&read).is_ok());
            assert!(keys.words().len() <= MOST * 8, "{}", keys.words().len());
        },
    },
    Target {
        name: "error_text",
        seeds: &[],
        words: &[
            "An error occurred (ThrottlingException) when calling the InvokeAgentRuntime operation (reached max retries: 4): Rate exceeded",
            "User: arn:aws:sts::123456789012:assumed-role/main/x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/x because no identity-based policy allows the bedrock:InvokeModel action",
            "ServiceQuotaExceededException: maxVms limit exceeded for account 123456789012",
            "{\"__type\": \"com.amazonaws#ThrottlingException\", \"message\": \"Too many requests\"}",
            "401 Unauthorized www-authenticate: Bearer resource_metadata=\"https://x\"",
        ],
        run: |bytes| said(bytes, &["diagnose", "--json", "--"]),
    },
];

/// The target of a name.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn target(name: &str) -> &'static Target {
    let found = TARGETS.iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("no target {name}"))
}

/// Audits a project in which the bytes stand at that place, and prints the report in a format that the bytes choose.
fn check(place: &Place, bytes: &[u8]) {
    if bytes.len() > MOST {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (config, runtime) = (place.config, place.runtime);
    let config = format!(
        "{{\"name\": \"Shop\", \"version\": 1, \"managedBy\": \"CDK\", {config} \"memories\": [], \"credentials\": [], \"runtimes\": [{{\
         \"name\": \"Main\", {runtime} {} \"codeLocation\": \"app/Main/\", \"networkMode\": \"PUBLIC\", \"protocol\": \"HTTP\"}}]}}",
        [
            ("\"build\"", "\"build\": \"CodeZip\","),
            ("\"entrypoint\"", "\"entrypoint\": \"main.py\","),
            ("\"runtimeVersion\"", "\"runtimeVersion\": \"PYTHON_3_13\","),
        ]
        .into_iter()
        .filter(|(key, _)| !runtime.contains(key))
        .map(|(_, member)| member)
        .collect::<String>()
    );
    let targets =
        "[{\"name\": \"default\", \"account\": \"123456789012\", \"region\": \"us-east-1\"}]";
    let files = [
        ("agentcore/agentcore.json", config.as_bytes()),
        ("agentcore/aws-targets.json", targets.as_bytes()),
        ("app/Main/main.py", MAIN.as_bytes()),
        ("app/Main/main.ts", MAIN_TS.as_bytes()),
    ];
    for (path, content) in files.iter().filter(|(path, _)| *path != place.path) {
        write(root, path, content);
    }
    write(root, place.path, bytes);
    let formats = [
        "json", "text", "sarif", "markdown", "junit", "github", "json",
    ];
    let sum: usize = bytes.iter().map(|byte| usize::from(*byte)).sum();
    let format = formats[sum % formats.len()];
    let at = |argument: &str| match fs::exists(root.join(argument)) {
        Ok(true) => root.join(argument).into_os_string(),
        Ok(false) | Err(_) => argument.into(),
    };
    let mut arguments: Vec<OsString> = vec!["check".into(), root.into()];
    // A snapshot stands for AWS, which `--offline` leaves out.
    if !place.arguments.contains(&"--snapshot") {
        arguments.push("--offline".into());
    }
    arguments.extend(["--format".into(), format.into()]);
    arguments.extend(place.arguments.iter().map(|argument| at(argument)));
    run(&arguments, format);
}

/// Runs a command about a text.
fn said(bytes: &[u8], arguments: &[&str]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    // `-` is standard input, and no argument holds a NUL.
    if text == "-" || text.contains('\0') || text.len() > MOST {
        return;
    }
    let arguments = arguments.iter().copied().chain([text]).map(OsString::from);
    run(&arguments.collect::<Vec<_>>(), "json");
}

fn run(arguments: &[OsString], format: &str) {
    let mut all: Vec<OsString> = vec!["agentcore-harden".into()];
    all.extend_from_slice(arguments);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    agentcore_harden::main(&all, &mut out, &mut err);
    let out = String::from_utf8(out).unwrap_or_else(|error| panic!("{format}: {error}"));
    let err = String::from_utf8(err).unwrap_or_else(|error| panic!("errors: {error}"));
    for (what, text) in [("output", &out), ("errors", &err)] {
        if let Some(found) = text.chars().find(|one| is_control(*one)) {
            panic!("{format}: {found:?} in the {what}: {text}");
        }
    }
    assert!(
        !out.is_empty() || !err.is_empty(),
        "{format}: nothing was said"
    );
    if matches!(format, "json" | "sarif") && !out.is_empty() {
        let read: Result<serde_json::Value, _> = serde_json::from_str(&out);
        let value = read.unwrap_or_else(|error| panic!("{format}: {error}: {out}"));
        for result in value["results"].as_array().into_iter().flatten() {
            assert_ne!(result["reason"]["code"], "internal", "{result:#}");
        }
    }
    for words in ["this is a fault of agentcore-harden", "panicked at"] {
        assert!(
            !out.contains(words) && !err.contains(words),
            "{format}: {out}{err}"
        );
    }
}

/// What moves a terminal's cursor or turns the direction of a text.
fn is_control(one: char) -> bool {
    (one.is_control() && !matches!(one, '\n' | '\t'))
        || matches!(one, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn write(root: &Path, path: &str, content: &[u8]) {
    let file = root.join(path);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(file, content).unwrap();
}
