//! Two checks ask one data flow: whether a value is guarded on its way to a command is one question with one answer.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write as _;
use std::fs;

use agentcore_harden::audit::{self, DiscoverySource, Options};
use agentcore_harden::report::Status;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// A test of a value, and whether it leaves nothing but what is allowed.
#[derive(Clone, Copy, Debug)]
enum Guard {
    None,
    Member,
    Equal,
    Pattern,
    Assert,
    Helper,
    HelperThatRaises,
    Named,
    MemberUnlessAdmin,
    OnlyWhenStrict,
    OnlyLogged,
    OfAnother,
    ThenAnother,
    OfAPart,
    SkippedInALoop,
    AnyPattern,
}

const GUARDS: [Guard; 16] = [
    Guard::None,
    Guard::Member,
    Guard::Equal,
    Guard::Pattern,
    Guard::Assert,
    Guard::Helper,
    Guard::HelperThatRaises,
    Guard::Named,
    Guard::MemberUnlessAdmin,
    Guard::OnlyWhenStrict,
    Guard::OnlyLogged,
    Guard::OfAnother,
    Guard::ThenAnother,
    Guard::OfAPart,
    Guard::SkippedInALoop,
    Guard::AnyPattern,
];

impl Guard {
    fn holds(self) -> bool {
        matches!(
            self,
            Self::Member
                | Self::Equal
                | Self::Pattern
                | Self::Assert
                | Self::Helper
                | Self::HelperThatRaises
                | Self::Named
        )
    }

    /// The statements, with the names `value` and `other` in sight.
    fn lines(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Member => &["if value not in ALLOWED:", "    return None"],
            Self::Equal => &[
                "if value != \"date\" and value != \"uptime\":",
                "    return None",
            ],
            Self::Pattern => &[
                "if not re.fullmatch(r\"[a-z]{1,20}\", value):",
                "    return None",
            ],
            Self::Assert => &["assert value in ALLOWED"],
            Self::Helper => &["if not is_known(value):", "    return None"],
            Self::HelperThatRaises => &["must_be_known(value)"],
            Self::Named => &[
                "known = value in ALLOWED",
                "if not known:",
                "    return None",
            ],
            Self::MemberUnlessAdmin => &[
                "if value not in ALLOWED and not other.get(\"admin\"):",
                "    return None",
            ],
            Self::OnlyWhenStrict => &[
                "if other.get(\"strict\"):",
                "    if value not in ALLOWED:",
                "        return None",
            ],
            Self::OnlyLogged => &["if value not in ALLOWED:", "    print(\"unusual\")"],
            Self::OfAnother => &["if other.get(\"name\") not in ALLOWED:", "    return None"],
            Self::ThenAnother => &[
                "if value not in ALLOWED:",
                "    return None",
                "value = other.get(\"name\")",
            ],
            Self::OfAPart => &["if value.split()[0] not in ALLOWED:", "    return None"],
            Self::SkippedInALoop => &[
                "for part in value.split():",
                "    if part not in ALLOWED:",
                "        continue",
            ],
            // A pattern that lets everything through bounds nothing for a shell.
            Self::AnyPattern => &["if not re.search(r\"[a-z]\", value):", "    return None"],
        }
    }
}

/// What stands around a piece of code: the lines before it, and how much deeper it is.
#[derive(Clone, Copy, Debug)]
enum Nest {
    Plain,
    Try,
    With,
    If,
    Loop,
}

impl Nest {
    fn lines(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Plain => (&[], &[]),
            Self::Try => (&["try:"], &["finally:", "    print(\"done\")"]),
            Self::With => (&["with open(\"log.txt\") as log:"], &[]),
            Self::If => (&["if other.get(\"now\"):"], &["return None"]),
            Self::Loop => (&["for turn in range(3):"], &["return None"]),
        }
    }
}

fn program(helpers: usize, guard: Guard, at: usize, nests: &[Nest]) -> String {
    let mut text = String::from(
        "import os\nimport re\n\nfrom bedrock_agentcore.runtime import BedrockAgentCoreApp\n\napp = BedrockAgentCoreApp()\nALLOWED = {\"date\", \"uptime\"}\n\n\ndef is_known(text):\n    return text in ALLOWED\n\n\ndef must_be_known(text):\n    if text not in ALLOWED:\n        raise ValueError(\"unknown\")\n",
    );
    let at = at % (helpers + 1);
    for level in (0..=helpers).rev() {
        let nest = nests.get(level).copied().unwrap_or(Nest::Plain);
        let last = match level == helpers {
            true => "return os.system(value)".to_owned(),
            false => format!("return f{}(value, other)", level + 1),
        };
        let _ = write!(text, "\n\ndef f{level}(value, other):\n");
        let (before, after) = nest.lines();
        let indent = if before.is_empty() {
            "    "
        } else {
            "        "
        };
        for line in before {
            let _ = writeln!(text, "    {line}");
        }
        let guard = if level == at { guard.lines() } else { &[] };
        for line in guard {
            let _ = writeln!(text, "{indent}{line}");
        }
        let _ = writeln!(text, "{indent}{last}");
        for line in after {
            let _ = writeln!(text, "    {line}");
        }
    }
    text.push_str(
        "\n\n@app.entrypoint\ndef invoke(payload, context):\n    return {\"out\": f0(payload.get(\"cmd\"), payload)}\n\n\nif __name__ == \"__main__\":\n    app.run()\n",
    );
    text
}

/// Whether each check calls the program safe.
fn judged(text: &str) -> (Status, Status) {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    let from = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/checks/shell-command-injection/fail-payload-os-system/agentcore/agentcore.json"
    );
    fs::create_dir_all(root.join("agentcore")).unwrap();
    fs::create_dir_all(root.join("app/Main")).unwrap();
    fs::copy(from, root.join("agentcore/agentcore.json")).unwrap();
    fs::write(root.join("app/Main/main.py"), text).unwrap();
    let options = Options {
        shown: ".".to_owned(),
        path_env: Some(root.join("bin").into_os_string()),
        discovery: DiscoverySource::Offline,
        offline: true,
        ..Options::default()
    };
    let context = audit::collect(root, &options).unwrap_or_else(|failure| panic!("{failure}"));
    let both = ["shell-command-injection", "code-input-validation"];
    let results = audit::evaluate(&context, |check| both.contains(&check.id));
    let of = |id: &str| {
        let mut about = results
            .iter()
            .filter(|result| result.check == id && result.resource.to_string().contains("Main"));
        about.next().map_or(Status::Manual, |result| result.status)
    };
    (of(both[0]), of(both[1]))
}

fn nest() -> impl Strategy<Value = Nest> {
    prop_oneof![
        Just(Nest::Plain),
        Just(Nest::Try),
        Just(Nest::With),
        Just(Nest::If),
        Just(Nest::Loop),
    ]
}

#[test]
fn every_guard_gets_one_answer() {
    for guard in GUARDS {
        for helpers in [0, 3] {
            let text = program(helpers, guard, 0, &[]);
            let wanted = if guard.holds() {
                Status::Pass
            } else {
                Status::Fail
            };
            assert_eq!(judged(&text), (wanted, wanted), "{guard:?}\n{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_checks_never_disagree(
        helpers in 0_usize..24,
        guard in prop::sample::select(GUARDS.to_vec()),
        at in 0_usize..24,
        nests in prop::collection::vec(nest(), 24),
    ) {
        let text = program(helpers, guard, at, &nests);
        let wanted = if guard.holds() { Status::Pass } else { Status::Fail };
        prop_assert_eq!(judged(&text), (wanted, wanted), "{:?}\n{}", guard, text);
    }
}
