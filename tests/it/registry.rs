//! No list may drift: ids, titles, pages, the README's table, the boundaries between modules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use agentcore_harden::checks::{self, Category};
use agentcore_harden::model::standards::{self, Cover};

const HEADINGS: [&str; 5] = [
    "## What it checks",
    "## Why it matters",
    "## How it decides",
    "## Remediation",
    "## References",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file with that extension below a folder.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

#[test]
fn ids_are_unique_and_kebab_case() {
    let mut seen = BTreeSet::new();
    let shape = regex::Regex::new("^[a-z0-9]+(-[a-z0-9]+)+$").unwrap();
    for check in checks::all() {
        assert!(seen.insert(check.id), "{} twice", check.id);
        assert!(shape.is_match(check.id), "{}", check.id);
        assert!(
            !Category::ALL
                .iter()
                .any(|category| category.id() == check.id),
            "{} is a category",
            check.id
        );
    }
    for category in Category::ALL {
        assert!(
            checks::all().any(|check| check.category == category),
            "{} is empty",
            category.id()
        );
    }
}

#[test]
fn what_is_declared_is_complete() {
    for check in checks::all() {
        assert!(
            (8..=150).contains(&check.title.chars().count()),
            "{}: title",
            check.id
        );
        assert!(
            !check.title.ends_with('.'),
            "{}: a title is no sentence",
            check.id
        );
        assert!(!check.needs.is_empty(), "{}: needs", check.id);
        assert!(!check.references.is_empty(), "{}: references", check.id);
        for reference in check.references {
            let url = url::Url::parse(reference)
                .unwrap_or_else(|error| panic!("{}: {reference}: {error}", check.id));
            assert_eq!(url.scheme(), "https", "{}: {reference}", check.id);
        }
    }
}

#[test]
fn checks_stand_in_the_order_of_the_categories() {
    let order: Vec<Category> = checks::all().map(|check| check.category).collect();
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn every_page_has_its_headings_in_order() {
    for check in checks::all() {
        let headings: Vec<&str> = check
            .page
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!(headings, HEADINGS, "{}", check.id);
        for part in check.page.split("## ").skip(1) {
            let body = part.split_once('\n').map_or("", |(_, body)| body);
            assert!(!body.trim().is_empty(), "{}: an empty section", check.id);
        }
        assert!(check.page.contains("https://"), "{}: no source", check.id);
        // One bad and one good snippet, before it is said how the check decides.
        let (before, _) = check.page.split_once("## How it decides").unwrap();
        let paragraphs: Vec<&str> = before.split("\n\n").collect();
        for word in ["Bad", "Good"] {
            let shown = paragraphs.windows(2).any(|pair| {
                let code = pair[1].starts_with("```") || pair[1].starts_with("    ");
                pair[0].trim_start().starts_with(word) && code
            });
            assert!(shown, "{}: no {word} example", check.id);
        }
        assert_eq!(before.matches("```").count() % 2, 0, "{}: fences", check.id);
    }
}

#[test]
fn the_table_of_the_documentation_is_the_registry() {
    let mut table =
        String::from("| check | severity | reads | passes when |\n| --- | --- | --- | --- |\n");
    for category in Category::ALL {
        let _ = writeln!(table, "| **{}** | | | |", category.title());
        for check in checks::all().filter(|check| check.category == category) {
            let needs: Vec<&str> = check.needs.iter().map(|need| need.id()).collect();
            let title = check.title.replace('|', "\\|");
            let _ = writeln!(
                table,
                "| `{}` | {} | {} | {title} |",
                check.id,
                check.severity,
                needs.join(", ")
            );
        }
    }
    let path = root().join("docs/checks.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- checks:begin -->\n", "<!-- checks:end -->");
    let (head, rest) = readme
        .split_once(begin)
        .expect("docs/checks.md: no <!-- checks:begin -->");
    let (kept, tail) = rest
        .split_once(end)
        .expect("docs/checks.md: no <!-- checks:end -->");
    if kept == table {
        return;
    }
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, format!("{head}{begin}{table}{end}{tail}")).unwrap();
        return;
    }
    panic!("the table of docs/checks.md is stale: UPDATE_README=1 cargo test --test it registry::");
}

#[test]
fn the_table_of_failures_counts_right_and_names_checks() {
    let page = fs::read_to_string(root().join("docs/failures.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let untold = rows.iter().filter(|row| row[3].starts_with("none")).count();
    let sentence = format!(
        "Of the {} rows, {} are reported before the launch, in full or as far as the row says; {untold} are not",
        rows.len(),
        rows.len() - untold
    );
    assert!(page.contains(&sentence), "docs/failures.md: {sentence}");
    for row in rows.iter().filter(|row| !row[3].starts_with("none")) {
        let named = row[3].split('`').skip(1).step_by(2);
        let found: Vec<&str> = named
            .filter(|word| {
                checks::find(word).is_some() || ["quota diagnose", "token"].contains(word)
            })
            .collect();
        assert!(!found.is_empty(), "{}: no check is named", row[0]);
        // Each check that is named has a fixture that fails.
        for check in found.iter().filter(|word| checks::find(word).is_some()) {
            let folder = root().join("fixtures/checks").join(check);
            let fails = fs::read_dir(folder).into_iter().flatten().any(|entry| {
                entry
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .starts_with("fail-")
            });
            assert!(fails, "{}: {check} has no fixture that fails", row[0]);
        }
    }
}

#[test]
fn standards_name_checks_that_exist() {
    let kinds: Vec<String> = [
        "project",
        "runtime",
        "harness",
        "gateway",
        "gateway-target",
        "memory",
        "credential",
        "policy-engine",
        "online-eval",
        "role",
        "browser",
        "code-interpreter",
        "log-group",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut seen = BTreeSet::new();
    for control in standards::controls() {
        let name = control.name();
        assert!(seen.insert(name.clone()), "{name} twice");
        assert!(
            standards::find(control.standard).is_some(),
            "{name}: no such standard"
        );
        assert_eq!(
            control.answers.is_empty(),
            control.cover == Cover::None,
            "{name}"
        );
        assert!(
            control.cover == Cover::Full
                || control.cover == Cover::Part
                || !control.note.is_empty(),
            "{name}: says not why it is not judged"
        );
        for answer in &control.answers {
            assert!(
                checks::find(answer.check).is_some(),
                "{name}: {}",
                answer.check
            );
            assert!(
                answer
                    .kind
                    .is_none_or(|kind| kinds.iter().any(|known| known == kind)),
                "{name}"
            );
        }
    }
    for standard in standards::all() {
        assert!(
            standards::controls_of(standard.id).count() > 2,
            "{}",
            standard.id
        );
        assert!(standard.source.starts_with("https://"), "{}", standard.id);
        assert!(
            standard.read.parse::<jiff::civil::Date>().is_ok(),
            "{}",
            standard.id
        );
    }
}

#[test]
fn the_page_of_the_standards_is_the_table() {
    let mut text = String::new();
    for standard in standards::all() {
        let _ = writeln!(text, "## {}\n", standard.title);
        let _ = writeln!(
            text,
            "`--standard {}`. {}. Read {} at <{}>.\n",
            standard.id, standard.scope, standard.read, standard.source
        );
        text.push_str("| control | asks for | answered by | |\n| --- | --- | --- | --- |\n");
        for control in standards::controls_of(standard.id) {
            let checks: Vec<String> = control
                .answers
                .iter()
                .map(|answer| format!("`{}`", answer.check))
                .collect();
            let checks = match (control.cover, checks.is_empty()) {
                (_, true) => "no check".to_owned(),
                (Cover::Part, false) => format!("in part: {}", checks.join(", ")),
                (_, false) => checks.join(", "),
            };
            let _ = writeln!(
                text,
                "| `{}` | {} | {checks} | {} |",
                control.id, control.title, control.note
            );
        }
        text.push('\n');
    }
    let path = root().join("docs/standards.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- standards:begin -->\n", "<!-- standards:end -->");
    let (head, rest) = page.split_once(begin).expect("docs/standards.md: no begin");
    let (kept, tail) = rest.split_once(end).expect("docs/standards.md: no end");
    if kept == text {
        return;
    }
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, format!("{head}{begin}{text}{end}{tail}")).unwrap();
        return;
    }
    panic!("docs/standards.md is stale: UPDATE_README=1 cargo test --test it registry::");
}

#[test]
fn checks_and_renderers_do_no_input_or_output() {
    let banned = [
        "std::fs",
        "std::env",
        "TcpStream",
        "UdpSocket",
        "ToSocketAddrs",
        "std::process",
        "tokio",
        "aws_sdk",
        "aws_config",
        "aws_runtime",
        "aws_smithy",
        "reqwest",
        "println!",
        "eprintln!",
        "SystemTime",
        "Instant::now",
        "Zoned::now",
        "Timestamp::now",
    ];
    let mut faults = Vec::new();
    for folder in [
        "checks", "render", "report", "model", "config", "iam", "context",
    ] {
        for (file, code) in sources(&root().join("src").join(folder)) {
            let words = banned.iter().filter(|word| code.contains(**word));
            faults.extend(words.map(|word| format!("{file}: {word}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Every source file below a folder that is no test, relative to the crate, with its text up to its tests.
fn sources(folder: &Path) -> Vec<(String, String)> {
    if !folder.exists() {
        return Vec::new();
    }
    files(folder, "rs")
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
            let path = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            (path, code)
        })
        .filter(|(path, _)| !path.contains("/tests/") && !path.ends_with("/tests.rs"))
        .collect()
}

#[test]
fn every_page_belongs_to_a_check() {
    let pages: BTreeSet<&str> = checks::all().map(|check| check.page).collect();
    for file in files(&root().join("src/checks"), "md") {
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            pages.contains(text.as_str()),
            "{}: no check includes it",
            file.display()
        );
    }
}

/// From below to above: a folder (or file) of `src` uses only what stands in an earlier group, or in its own.
const LAYERS: [&[&str]; 11] = [
    &["text", "shell", "pool", "quiet", "model"],
    &[
        "iam",
        "secrets",
        "oidc",
        "cedar",
        "cli_schema",
        "config",
        "exit",
    ],
    &["collect"],
    &["analysis"],
    &["context"],
    &["least_privilege", "quota", "measure", "stack"],
    &["checks"],
    &["report"],
    &["render", "fixes", "diagnose", "apply", "comments"],
    &["audit"],
    &["cli", "commands"],
];

#[test]
fn layers_use_only_what_stands_below() {
    let rank = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let uses = regex::Regex::new(r"crate::([a-z_]+)").unwrap();
    let mut against = BTreeSet::new();
    for (path, code) in sources(&root().join("src")) {
        let own = path.trim_start_matches("src/").split('/').next().unwrap();
        let own = own.trim_end_matches(".rs");
        let Some(here) = rank(own) else { continue };
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in lines {
            for used in uses.captures_iter(line).map(|found| found[1].to_owned()) {
                if used != own && rank(&used).is_some_and(|there| there > here) {
                    against.insert((own.to_owned(), used));
                }
            }
        }
    }
    assert_eq!(against, BTreeSet::new());
}

/// A check asks the engine: it takes no tree apart by itself.
#[test]
fn no_check_walks_a_tree() {
    let apart = ["ExprKind", "StmtKind", "source::walk", "sub_expressions"];
    let mut faults = Vec::new();
    for (file, code) in sources(&root().join("src/checks")) {
        let words = apart.iter().filter(|word| code.contains(**word));
        faults.extend(words.map(|word| format!("{file}: {word}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What holds facts that others change, and the file that says as of when: `as of YYYY-MM-DD`, or a column of such days.
const DATED: [(&str, &str); 10] = [
    ("src/iam/actions.tsv", "src/iam/actions.tsv"),
    ("src/iam/authorization.tsv", "src/iam/authorization.tsv"),
    ("src/quota/table.rs", "src/quota/table.rs"),
    ("src/model/standards/", "src/model/standards/standards.tsv"),
    ("src/model/regions.rs", "src/model/regions.rs"),
    ("src/analysis/api/heavy.tsv", "src/analysis/api/heavy.tsv"),
    ("src/model/distributions/", "src/model/distributions/mod.rs"),
    (
        "src/least_privilege/packaged_tools.tsv",
        "src/least_privilege/packaged_tools.tsv",
    ),
    (
        "src/least_privilege/sdk/passed_roles.tsv",
        "src/least_privilege/sdk/passed_roles.tsv",
    ),
    ("src/analysis/api/", "src/analysis/api/python.tsv"),
];

/// A table says how old it is. A build of an old revision stays possible: only where the day of the build is given the age counts.
#[test]
fn no_table_is_older_than_a_quarter() {
    for table in files(Path::new("src"), "tsv") {
        let dated = DATED.iter().any(|(part, _)| table.starts_with(part));
        assert!(dated, "{} has no date", table.display());
    }
    let day = regex::Regex::new(r"(?i)(?:as of |AS_OF: &str = .|\t)(\d{4}-\d{2}-\d{2})").unwrap();
    let today = std::env::var("AGENTCORE_HARDEN_BUILD_DATE");
    let mut all = Vec::new();
    for (_, file) in DATED {
        let text = fs::read_to_string(file).unwrap();
        let days: Vec<jiff::civil::Date> = day
            .captures_iter(&text)
            .map(|found| found[1].parse().unwrap())
            .collect();
        let oldest = days.iter().min();
        all.extend(oldest.copied());
        let oldest = oldest.unwrap_or_else(|| panic!("{file} does not say as of when it is"));
        if let Ok(today) = &today {
            let today: jiff::civil::Date = today.parse().unwrap();
            let age = today.since(*oldest).unwrap().get_days();
            assert!(age <= 90, "{file} is {age} days old: make it anew");
        }
    }
    // The report says the age of the oldest.
    let oldest = all.iter().min().unwrap().to_string();
    assert_eq!(agentcore_harden::model::age::TABLES_AS_OF, oldest);
}
