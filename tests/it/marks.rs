//! What is expected of a line stands on it, as a comment: `# expect: CHECK SEVERITY` or `# expect: CHECK SEVERITY: WORDS`, with `//` in
//! languages that have it. On a line of its own, the mark is of the next line. Words are a part of the message or of the site's note.
//!
//! Marks and sites are compared both ways: what is marked must be reported, and what is reported must be marked, in all files
//! that have comments. What a file without comments (JSON, Markdown) holds is pinned elsewhere.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

use serde_json::Value;

/// One expectation of a line.
#[derive(Clone, Debug)]
pub struct Mark {
    pub path: String,
    pub line: u64,
    pub check: String,
    pub severity: String,
    words: Option<String>,
}

/// One line that a result fails for.
#[derive(Debug)]
pub struct Site {
    pub path: String,
    pub line: u64,
    pub check: String,
    pub severity: String,
    texts: [String; 2],
}

/// Endings of the files that hold marks.
const COMMENTED: [&str; 16] = [
    "py", "ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "toml", "yaml", "yml", "txt",
    "cedar", "tf", "sh",
];

/// Whether a file can hold marks.
fn has_comments(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = Path::new(name).extension().and_then(|end| end.to_str());
    name.starts_with("Dockerfile") || ending.is_some_and(|ending| COMMENTED.contains(&ending))
}

/// The marks of one file.
pub fn of_text(path: &str, text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    // Those on lines of their own, which wait for a line that holds something else.
    let mut waiting: Vec<Mark> = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let spelled = content.replace("// expect: ", "# expect: ");
        let mut parts = spelled.split("# expect: ");
        let before = parts.next().unwrap_or_default();
        let found: Vec<Mark> = parts
            .map(|part| of_comment(path, line, part.trim()))
            .collect();
        if before.trim().is_empty() && !found.is_empty() {
            waiting.extend(found);
        } else {
            let above = waiting.drain(..).map(|mark| Mark { line, ..mark });
            marks.extend(above.chain(found));
        }
    }
    assert!(waiting.is_empty(), "{path}: no line below {waiting:?}");
    marks
}

/// `CHECK SEVERITY`, or `CHECK SEVERITY: WORDS`.
fn of_comment(path: &str, line: u64, comment: &str) -> Mark {
    let (head, words) = match comment.split_once(": ") {
        Some((head, words)) => (head, Some(words.to_owned())),
        None => (comment, None),
    };
    let known = ["critical", "high", "medium", "low"];
    match head.split_once(' ') {
        Some((check, severity)) if known.contains(&severity) => Mark {
            path: path.to_owned(),
            line,
            check: check.to_owned(),
            severity: severity.to_owned(),
            words,
        },
        _ => panic!("{path}:{line}: `{comment}` is not CHECK SEVERITY or CHECK SEVERITY: WORDS"),
    }
}

/// The marks of all files of a project.
pub fn of_project(root: &Path) -> Vec<Mark> {
    let mut marks = Vec::new();
    let files = walkdir::WalkDir::new(root).sort_by_file_name();
    for entry in files.into_iter().map(|entry| entry.unwrap()) {
        let path = entry.path().strip_prefix(root).unwrap().to_string_lossy();
        if entry.file_type().is_file()
            && has_comments(&path)
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            marks.extend(of_text(&path, &text));
        }
    }
    marks
}

/// The lines, in files that can hold marks, which results of the JSON report fail for.
pub fn sites(results: &[Value]) -> Vec<Site> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut sites = Vec::new();
    for result in results.iter().filter(|result| result["status"] == "fail") {
        let evidence = result["evidence"].as_array().into_iter().flatten();
        for one in evidence.filter(|one| one["context"] != true) {
            let path = text(&one["path"]);
            let Some(line) = one["line"].as_u64().filter(|_| has_comments(&path)) else {
                continue;
            };
            let own = one["severity"].as_str();
            sites.push(Site {
                path,
                line,
                check: text(&result["check"]),
                severity: own.map_or_else(|| text(&result["severity"]), str::to_owned),
                texts: [text(&result["message"]), text(&one["note"])],
            });
        }
    }
    sites
}

/// How what is reported differs from what is marked.
pub fn differences(marks: &[Mark], sites: &[Site]) -> Vec<String> {
    let same = |mark: &Mark, site: &Site| {
        mark.path == site.path
            && mark.line == site.line
            && mark.check == site.check
            && mark.severity == site.severity
    };
    let says = |mark: &Mark, site: &Site| {
        let words = mark.words.as_deref().unwrap_or_default();
        same(mark, site) && site.texts.iter().any(|text| text.contains(words))
    };
    let missing = marks
        .iter()
        .filter(|mark| !sites.iter().any(|site| says(mark, site)));
    let missing = missing.map(|mark| {
        let Mark { path, line, .. } = mark;
        let words = mark.words.as_deref().map(|words| format!(": {words}"));
        let words = words.unwrap_or_default();
        format!(
            "{path}:{line} is marked, but not reported as {} {}{words}",
            mark.check, mark.severity
        )
    });
    let unexpected = sites
        .iter()
        .filter(|site| !marks.iter().any(|mark| same(mark, site)));
    let unexpected = unexpected.map(|site| {
        let Site { path, line, .. } = site;
        format!(
            "{path}:{line} is reported without a mark, as {} {}",
            site.check, site.severity
        )
    });
    missing.chain(unexpected).collect()
}

#[test]
fn a_mark_is_of_its_line_or_of_the_one_below() {
    let text = "# expect: a-check high\n# expect: b-check low: two words\nFROM base\nx = 1  # why # expect: a-check medium: it: so\n";
    let marks = of_text("Dockerfile", text);
    let seen: Vec<_> = marks
        .iter()
        .map(|mark| {
            (
                mark.line,
                &*mark.check,
                &*mark.severity,
                mark.words.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (3, "a-check", "high", None),
            (3, "b-check", "low", Some("two words")),
            (4, "a-check", "medium", Some("it: so")),
        ]
    );
}

#[test]
fn marks_and_sites_are_compared_both_ways() {
    let marks = of_text(
        "app/main.py",
        "a()  # expect: a-check high: one\nb()  # expect: a-check high\n",
    );
    let at = |path: &str, line: u64, severity: &str| serde_json::json!({"path": path, "line": line, "severity": severity, "note": "says one"});
    let result = |evidence: &[Value]| serde_json::json!({"check": "a-check", "status": "fail", "severity": "high", "message": "m", "evidence": evidence});
    let all = [
        at("app/main.py", 1, "high"),
        at("app/main.py", 2, "high"),
        at("agentcore/agentcore.json", 9, "high"),
    ];
    assert!(differences(&marks, &sites(&[result(&all)])).is_empty());
    // A line that is not reported, one that is not marked, another severity, other words.
    assert_eq!(differences(&marks, &sites(&[result(&all[..1])])).len(), 1);
    let more = [&all[..], &[at("app/main.py", 3, "high")]].concat();
    assert_eq!(differences(&marks, &sites(&[result(&more)])).len(), 1);
    let lower = [all[0].clone(), at("app/main.py", 2, "low")];
    assert_eq!(differences(&marks, &sites(&[result(&lower)])).len(), 2);
    let marks = of_text("app/main.py", "a()  # expect: a-check high: other\n");
    assert_eq!(differences(&marks, &sites(&[result(&all[..1])])).len(), 1);
}
