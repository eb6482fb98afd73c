//! The formats, from a report made by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::support::report;
use agentcore_harden::checks;
use agentcore_harden::cli::Format;
use agentcore_harden::config::FailOn;
use agentcore_harden::render::{self, Look};
use agentcore_harden::report::{Acceptance, CheckResult, Evidence, Report, Severity, Status};
use serde_json::Value;

/// Everything that a terminal, a table, an annotation or XML could trip over.
const HOSTILE: &str =
    "x\u{1b}[31m\u{202e}|`<img src=x>`]]>\"'&%0A::error::@team \u{9b}\u{0}\u{ffff}\n::error::pwned";

fn shown(format: Format, reports: &[Report], look: Look) -> String {
    let mut out = Vec::new();
    render::render(format, reports, look, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(format: Format) -> String {
    shown(
        format,
        &[report("Support", "open-gateway")],
        Look::default(),
    )
}

fn hostile(format: Format) -> String {
    let mut report = report(HOSTILE, HOSTILE);
    report.notes.push(HOSTILE.to_owned());
    for result in &mut report.results {
        result.message.push_str(HOSTILE);
        for evidence in &mut result.evidence {
            evidence.note = HOSTILE.to_owned();
            if let Some(site) = &mut evidence.site {
                site.path = HOSTILE.into();
                site.line_text = HOSTILE.into();
                site.excerpt = HOSTILE.into();
            }
        }
    }
    shown(
        format,
        &[report],
        Look {
            verbose: true,
            ..Look::default()
        },
    )
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_checklist_reads_as_it_should() {
    insta::assert_snapshot!(plain(Format::Text));
}

#[test]
fn quiet_shows_failures_and_the_last_line() {
    let look = Look {
        quiet: true,
        ..Look::default()
    };
    let text = shown(Format::Text, &[report("Support", "open-gateway")], look);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines.first().copied(),
        Some(
            "agentcore/agentcore.json:6:7: CRITICAL auth-inbound-type: gateway open-gateway accepts unauthenticated calls \
             (authorizerType NONE): anyone who knows its URL can use every tool behind it"
        )
    );
    // One line a finding, and the verdict.
    assert_eq!(lines.len(), 5, "{text}");
    assert_eq!(
        lines.last().copied(),
        Some(
            "NOT READY Support, deployed: 1 critical, 2 high, 1 low; 4 not judged; 1 medium suppressed (--fail-on medium)"
        )
    );
    let concise = shown(
        Format::Concise,
        &[report("Support", "open-gateway")],
        Look::default(),
    );
    assert_eq!(concise, text);
}

#[test]
fn places_are_relative_to_the_current_folder() {
    let mut report = report("Support", "open-gateway");
    report.view.place = "services/support/".to_owned();
    for format in [Format::Text, Format::Concise] {
        let text = shown(format, std::slice::from_ref(&report), Look::default());
        assert!(
            text.contains("services/support/agentcore/agentcore.json:6:7"),
            "{text}"
        );
    }
    report.view.root = "/srv/a b".to_owned();
    let look = Look {
        links: true,
        ..Look::default()
    };
    let text = shown(Format::Text, &[report], look);
    assert!(
        text.contains("\u{1b}]8;;file:///srv/a%20b/agentcore/agentcore.json\u{1b}\\"),
        "{text:?}"
    );
}

fn of_check<'r>(report: &'r mut Report, check: &str) -> &'r mut CheckResult {
    let mut results = report.results.iter_mut();
    results.find(|result| result.check == check).unwrap()
}

/// The same evidence on another line.
fn at_line(mut evidence: Evidence, line: u32) -> Evidence {
    let site = evidence.site.as_mut().unwrap();
    let mut span = site.span.unwrap();
    (span.line, span.end_line) = (line, line);
    site.span = Some(span);
    evidence
}

#[test]
fn the_worst_site_is_shown_and_the_mildest_are_cut() {
    let mut report = report("Support", "open-gateway");
    let result = of_check(&mut report, "secrets-env-read");
    let first = result.evidence[0].clone();
    result.evidence = (1..=5)
        .map(|line| {
            let evidence = at_line(first.clone(), line * 10);
            let severity = if line == 5 {
                Severity::High
            } else {
                Severity::Low
            };
            evidence.severity(severity)
        })
        .collect();
    let text = shown(Format::Text, &[report.clone()], Look::default());
    assert!(text.contains("app/Support/main.py:50:7\n"), "{text}");
    assert!(text.contains("… and 2 more (-v shows all)"), "{text}");
    let concise = shown(Format::Concise, &[report], Look::default());
    assert!(
        concise.contains("app/Support/main.py:50:7: HIGH"),
        "{concise}"
    );
}

#[test]
fn what_is_context_only_says_why_it_is_shown() {
    let mut report = report("Support", "open-gateway");
    let result = of_check(&mut report, "secrets-env-read");
    let first = result.evidence[0].clone();
    let beside = first.clone().note("set for tests only").context();
    result.evidence = vec![first, at_line(beside, 50)];
    let text = shown(Format::Text, &[report], Look::default());
    assert!(
        text.contains("app/Support/main.py:50:7  set for tests only\n"),
        "{text}"
    );
}

#[test]
fn the_report_ends_with_where_to_start() {
    let text = plain(Format::Text);
    let (_, end) = text.split_once("Start here ").unwrap();
    let lines: Vec<&str> = end.lines().skip(1).collect();
    assert!(
        lines[0].starts_with("1. CRITICAL gateway open-gateway"),
        "{end}"
    );
    assert_eq!(lines[1], "   agentcore/agentcore.json:6:7  Require SigV4");
    assert!(lines.len() < 20, "one screen: {end}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("NOT READY Support, deployed"))
    );
}

#[test]
fn a_question_that_somebody_answered_is_closed_and_shown() {
    let mut report = report("Support", "open-gateway");
    let result = report
        .results
        .iter_mut()
        .find(|result| result.status == Status::Manual)
        .unwrap();
    result.acceptance = Some(Acceptance {
        reason: "run by hand before each release".into(),
        by: "head of quality".into(),
        source: "agentcore-harden.toml:3".into(),
        expires: "2027-01-31".into(),
    });
    let text = shown(Format::Text, &[report.clone()], Look::default());
    assert!(text.contains("☑ eval-baseline of "), "{text}");
    assert!(text.contains("run by hand before each release"), "{text}");
    let page = json(&shown(Format::Json, &[report], Look::default()));
    let accepted = page["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|result| result["acceptance"].is_object())
        .unwrap();
    assert_eq!(accepted["status"], "manual");
    assert_eq!(accepted["acceptance"]["by"], "head of quality");
}

#[test]
fn only_commands_and_addresses_are_wider_than_the_page() {
    for (width, verbose) in [
        (60, false),
        (80, false),
        (80, true),
        (100, false),
        (120, true),
    ] {
        let look = Look {
            width,
            verbose,
            ..Look::default()
        };
        let text = shown(Format::Text, &[report("Support", "open-gateway")], look);
        for line in text.lines() {
            let long_word = line.split(' ').any(|word| word.len() > width - 20);
            let command = ["jq ", "agentcore", "aws "]
                .iter()
                .any(|program| line.trim_start().starts_with(program));
            let columns = unicode_width::UnicodeWidthStr::width(line);
            assert!(columns <= width || command || long_word, "{width}: {line}");
        }
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let look = Look {
        color: true,
        ..Look::default()
    };
    let coloured = shown(Format::Text, &[report("Support", "open-gateway")], look);
    let escape = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let stripped = escape
        .replace_all(&coloured, "")
        .replace(" NOT READY  ", "NOT READY ");
    assert_eq!(stripped, plain(Format::Text));
}

#[test]
fn nothing_hidden_reaches_any_output() {
    for format in [
        Format::Text,
        Format::Json,
        Format::Sarif,
        Format::Markdown,
        Format::Junit,
        Format::Github,
        Format::Gitlab,
        Format::Html,
    ] {
        let text = hostile(format);
        let bad = text
            .chars()
            .find(|c| *c != '\n' && agentcore_harden::shell::is_unprintable(*c));
        assert_eq!(bad, None, "{format:?}");
    }
}

#[test]
fn the_json_report_keeps_the_contract() {
    let report = json(&plain(Format::Json));
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keys(&report),
        [
            "schemaVersion",
            "tool",
            "project",
            "evidence",
            "summary",
            "notes",
            "results"
        ]
    );
    assert_eq!(
        keys(&report["project"]),
        ["name", "path", "target", "account", "region", "runtimes"]
    );
    assert_eq!(
        keys(&report["project"]["runtimes"][0]),
        [
            "name",
            "language",
            "framework",
            "models",
            "build",
            "networkMode",
            "protocol",
            "workload",
            "executionRole",
            "kind",
            "platformVersion"
        ]
    );
    assert_eq!(
        keys(&report["evidence"]),
        ["config", "code", "template", "aws"]
    );
    assert_eq!(
        keys(&report["summary"]),
        [
            "pass",
            "fail",
            "manual",
            "skipped",
            "notApplicable",
            "suppressed",
            "accepted",
            "failBySeverity",
            "fixable",
            "ready",
            "verdict",
            "stage",
            "unjudged",
            "lowered",
            "suppressedBySeverity",
            "failOn"
        ]
    );
    assert_eq!(
        keys(&report["summary"]["failBySeverity"]),
        ["critical", "high", "medium", "low"]
    );
    let results = report["results"].as_array().unwrap();
    let of = |check: &str| {
        results
            .iter()
            .find(|result| result["check"] == check)
            .unwrap()
    };
    let failed = of("auth-inbound-type");
    assert_eq!(
        keys(failed),
        [
            "check",
            "category",
            "title",
            "resource",
            "status",
            "severity",
            "message",
            "evidence",
            "fixes",
            "references",
            "standards"
        ]
    );
    assert_eq!(
        keys(&failed["evidence"][0]),
        [
            "kind",
            "path",
            "line",
            "column",
            "endLine",
            "endColumn",
            "excerpt",
            "note"
        ]
    );
    assert_eq!(failed["resource"]["type"], "gateway");
    assert_eq!(
        keys(&of("iam-trust-policy")["reason"]),
        ["code", "message", "iamAction"]
    );
    assert_eq!(
        keys(&of("code-outbound-http")["suppression"]),
        ["reason", "source", "expires"]
    );
    assert_eq!(of("code-outbound-http")["status"], "fail");
    assert_eq!(
        (&report["summary"]["fail"], &report["summary"]["suppressed"]),
        (&4.into(), &1.into())
    );
    assert_eq!(of("auth-jwt-config")["status"], "not-applicable");
}

#[test]
fn several_reports_are_json_lines() {
    let reports = [report("A", "g"), report("B", "g")];
    let text = shown(Format::Json, &reports, Look::default());
    let names: Vec<Value> = text
        .lines()
        .map(|line| json(line)["project"]["name"].clone())
        .collect();
    assert_eq!(names, ["A", "B"]);
}

#[test]
fn json_gives_back_the_text_that_it_escapes() {
    assert_eq!(json(&hostile(Format::Json))["project"]["name"], HOSTILE);
}

#[test]
fn sarif_has_the_structure_that_code_scanning_reads() {
    let reports = [report("A", "g"), report("B", "g")];
    let log = json(&shown(Format::Sarif, &reports, Look::default()));
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ran: std::collections::BTreeSet<&str> = reports[0]
        .results
        .iter()
        .map(|result| result.check)
        .collect();
    assert!(rules.len() == ran.len() && ran.len() < checks::all().count());
    for rule in rules {
        assert!(ran.contains(rule["id"].as_str().unwrap()));
        let page = rule["helpUri"].as_str().unwrap();
        let (_, page) = page.split_once("/src/").unwrap();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(root.join("src").join(page).is_file(), "{page}");
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(
                !rule[text]["text"].as_str().unwrap().is_empty(),
                "{}: {text}",
                rule["id"]
            );
        }
        assert!(
            rule["help"]["markdown"]
                .as_str()
                .unwrap()
                .starts_with("## What it checks")
        );
        let tags = rule["properties"]["tags"].as_array().unwrap();
        let security = tags.contains(&"security".into());
        let score = rule["properties"]["security-severity"].as_str();
        assert_eq!(score.is_some(), security, "{}", rule["id"]);
        let Some(score) = score else {
            continue;
        };
        let score: f64 = score.parse().unwrap();
        assert!((0.0..=10.0).contains(&score));
    }
    let security = |id: &str| {
        let rule = rules.iter().find(|rule| rule["id"] == id).unwrap();
        rule["properties"]["tags"][0] == "security"
    };
    assert!(security("auth-inbound-type") && security("secrets-env-read"));
    assert!(!security("code-outbound-http"));
    let results = run["results"].as_array().unwrap();
    // Two sites of secrets-env-read are two results; a suppressed one is in, marked.
    assert_eq!(results.len(), 12);
    let mut prints = std::collections::BTreeSet::new();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let location = &result["locations"][0]["physicalLocation"];
        let uri = location["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.starts_with("services/support/"), "{uri}");
        assert!(location["region"]["startLine"].as_u64().unwrap() >= 1);
        assert!(
            prints.insert(result["partialFingerprints"].to_string()),
            "{result}"
        );
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        let suppressed = result["ruleId"] == "code-outbound-http";
        assert_eq!(
            !result["suppressions"].as_array().unwrap().is_empty(),
            suppressed
        );
    }
    let aws = results
        .iter()
        .find(|result| result["ruleId"] == "iam-bedrock-scope")
        .unwrap();
    let logical = &aws["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
    assert!(
        logical.as_str().unwrap().starts_with("arn:aws:iam::"),
        "{logical}"
    );
}

#[test]
fn gitlab_gets_the_fields_of_a_code_quality_report() {
    // Two projects of one name in one repository keep their findings apart.
    let reports = [report("A", "g"), report("A", "g")];
    let issues = json(&shown(Format::Gitlab, &reports, Look::default()));
    let issues = issues.as_array().unwrap();
    assert_eq!(issues.len(), 10);
    let mut prints = std::collections::BTreeSet::new();
    for issue in issues {
        let keys: Vec<&String> = issue.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "description",
                "check_name",
                "fingerprint",
                "severity",
                "location"
            ]
        );
        assert!(checks::find(issue["check_name"].as_str().unwrap()).is_some());
        assert!(
            ["blocker", "critical", "major", "minor"]
                .contains(&issue["severity"].as_str().unwrap())
        );
        assert!(prints.insert(issue["fingerprint"].as_str().unwrap().to_owned()));
        let path = issue["location"]["path"].as_str().unwrap();
        assert!(path.starts_with("services/support/"), "{path}");
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        // What is suppressed is no issue.
        assert_ne!(issue["check_name"], "code-outbound-http");
    }
    assert_eq!(issues[0]["severity"], "blocker");
    let none = shown(Format::Gitlab, &[], Look::default());
    assert_eq!(json(&none), Value::Array(Vec::new()));
}

#[test]
fn markdown_keeps_to_its_budget_and_says_what_was_cut() {
    let whole = plain(Format::Markdown);
    let reports: Vec<Report> = (0..40).map(|_| report("Support", "open-gateway")).collect();
    for (reports, budget, word) in [
        (&reports[..1], whole.len(), "not cut"),
        (
            &reports[..1],
            whole.len() - 1,
            "Left out to keep this short: what was not judged",
        ),
        (
            &reports[..1],
            2048,
            "Left out to keep this short: evidence and fixes",
        ),
        (
            &reports[..],
            65_536,
            "Left out to keep this short: evidence and fixes",
        ),
        (&reports[..], 4096, "Cut to 4096 bytes: "),
    ] {
        let look = Look {
            max_bytes: Some(budget),
            ..Look::default()
        };
        let text = shown(Format::Markdown, reports, look);
        assert!(text.len() <= budget, "{} of {budget}", text.len());
        assert!(
            text.contains("**NOT READY**") && text.contains("| critical | `auth-inbound-type` |")
        );
        assert_eq!(text == whole, word == "not cut");
        assert!(text.contains(word) || text == whole, "{budget}: {text}");
    }
}

#[test]
fn annotations_stay_on_their_line() {
    let text = hostile(Format::Github);
    let shape = regex::Regex::new("^::(error|warning|notice) [^:]*::").unwrap();
    for line in text.lines() {
        assert!(shape.is_match(line), "{line}");
    }
    let plain = plain(Format::Github);
    let (verdict, rest) = plain.split_once('\n').unwrap();
    assert!(
        verdict.starts_with("::notice title=agentcore-harden Support::NOT READY "),
        "{verdict}"
    );
    assert!(rest.starts_with(
        "::error file=services/support/agentcore/agentcore.json,line=6,col=7,endColumn=31,title=critical auth-inbound-type%3A "
    ));
}

#[test]
fn markdown_cannot_be_injected_into() {
    let text = hostile(Format::Markdown);
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let line = line.trim_start();
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if *open == line => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                assert!(!line.contains("<img") && !line.contains("@team"), "{line}");
                if line.starts_with('|') {
                    let cells = line.replace("\\|", "").matches('|').count();
                    assert!(cells == 5 || cells == 8, "{line}");
                }
            }
        }
    }
    assert_eq!(fence, None);
}

#[test]
fn junit_is_well_formed_and_counts() {
    let text = hostile(Format::Junit);
    let mut open: Vec<String> = Vec::new();
    let tag = regex::Regex::new(r"<(/?)([a-z]+)((?:\s[^<>]*?)?)(/?)>").unwrap();
    let body = text.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(body.matches('<').count(), tag.find_iter(&body).count());
    for found in tag.captures_iter(&body) {
        match (&found[1], &found[4]) {
            ("/", _) => assert_eq!(open.pop().as_deref(), Some(&found[2])),
            (_, "/") => {}
            _ => open.push(found[2].to_owned()),
        }
    }
    assert!(open.is_empty());
    let entity = regex::Regex::new(r"&(amp|lt|gt|quot|apos);").unwrap();
    assert_eq!(body.matches('&').count(), entity.find_iter(&body).count());
    let text = plain(Format::Junit);
    assert!(
        text.contains(r#"tests="18" failures="3" skipped="10""#),
        "{text}"
    );
    assert_eq!(text.matches("<testsuite ").count(), 1);
    let case = r#"<testcase name="auth-inbound-type (gateway open-gateway)" classname="authentication.auth-inbound-type" time="0" file="services/support/agentcore/agentcore.json" line="6">"#;
    assert!(text.contains(case), "{text}");
}

/// What does not fail the run is not red in the CI system either.
#[test]
fn junit_follows_the_threshold() {
    let mut report = report("Support", "g");
    for (fail_on, failures) in [
        (FailOn::Never, 0),
        (FailOn::Severity(Severity::Critical), 1),
        (FailOn::Severity(Severity::Low), 4),
    ] {
        report.view.fail_on = fail_on;
        let text = shown(Format::Junit, &[report.clone()], Look::default());
        assert_eq!(text.matches("<failure ").count(), failures, "{fail_on:?}");
        assert!(text.contains(&format!(r#"failures="{failures}""#)));
    }
    report.view.fail_on = FailOn::Severity(Severity::Medium);
    let text = shown(Format::Junit, &[report], Look::default());
    assert!(
        text.contains(r#"<skipped message="low, below --fail-on medium: returns debug"#),
        "{text}"
    );
}

#[test]
fn strict_makes_what_was_not_judged_a_failure() {
    let mut report = report("Support", "g");
    report.view.strict = true;
    let text = shown(Format::Junit, &[report.clone()], Look::default());
    let skipped = report
        .results
        .iter()
        .filter(|result| result.status == Status::Skipped && report.view.blocks(result.severity))
        .count();
    assert!(skipped > 0);
    assert!(
        text.contains(&format!(r#"failures="{}""#, 3 + skipped)),
        "{text}"
    );
}

#[test]
fn names_do_not_reach_the_terminal_unclean() {
    let text = hostile(Format::Text);
    assert!(text.contains("\\u{1b}[31m\\u{202e}"), "shown as an escape");
    assert!(!text.lines().any(|line| line.starts_with("::error")));
}

/// Nothing of the project becomes markup, and the page loads nothing.
#[test]
fn the_page_is_one_file_and_cannot_be_injected_into() {
    let text = hostile(Format::Html);
    let body = text.split_once("<body>").unwrap().1;
    let tag = regex::Regex::new(r#"<(/?)([a-z0-9]+)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>"#).unwrap();
    let script = body.find("<script>").unwrap();
    let before = &body[..script];
    assert_eq!(before.matches('<').count(), tag.find_iter(before).count());
    let known = [
        "a", "b", "button", "code", "dd", "details", "div", "dl", "dt", "fieldset", "footer", "h1",
        "h2", "header", "input", "label", "legend", "li", "main", "mark", "nav", "ol", "p", "pre",
        "section", "span", "summary", "ul",
    ];
    for found in tag.captures_iter(before) {
        assert!(known.contains(&&found[2]), "{}", &found[0]);
        let attributes = &found[3];
        for name in [" on", " style", " src", " srcset", " action"] {
            assert!(!attributes.contains(name), "{}", &found[0]);
        }
        if let Some(link) = attributes.split("href=\"").nth(1) {
            assert!(
                link.starts_with('#') || link.starts_with("https://"),
                "{}",
                &found[0]
            );
        }
    }
    assert_eq!(text.matches("<script").count(), 1);
    assert!(!text.contains("url(") && !text.contains("@import"));
    // The policy allows this style and this script, by their hashes, and nothing else.
    let policy = text
        .split("Content-Security-Policy\" content=\"")
        .nth(1)
        .unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for element in ["style", "script"] {
        use base64::Engine as _;
        use sha2::Digest as _;
        let inner = text.split(&format!("<{element}>")).nth(1).unwrap();
        let inner = inner.split(&format!("</{element}>")).next().unwrap();
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(inner));
        assert!(
            policy.contains(&format!("{element}-src 'sha256-{hash}'")),
            "{element}"
        );
    }
}

#[test]
fn the_page_shows_what_the_report_says() {
    let text = plain(Format::Html);
    for part in [
        "<title>Production readiness of Support</title>",
        "NOT READY",
        "services/support/agentcore/agentcore.json:6:7",
        "<mark class=\"t-s\">&quot;authorizerType&quot;</mark>",
        "<span class=\"add\">+      &quot;exceptionLevel&quot;: &quot;NONE&quot;",
        "measured latency hot path",
        "<b>Why it matters. </b>",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let report = report("Support", "open-gateway");
    assert_eq!(
        text.matches("<details id=\"p0r").count(),
        report.results.len()
    );
    // Every filter has the rule that makes it work without a script.
    let boxes = regex::Regex::new(r#"<input type="checkbox" id="([a-z-]+)""#).unwrap();
    let mut seen = 0;
    for found in boxes.captures_iter(&text) {
        let rule = format!(
            ".filters:has(#{0}:not(:checked))~main .{0}{{display:none}}",
            &found[1]
        );
        assert!(text.contains(&rule), "{rule}");
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
    // A standard shows the results that speak to it, as many as its choice counts.
    let choices = regex::Regex::new(
        r#"id="k-([a-z-]+)" autocomplete="off"><span>[^<]* <span class="count">(\d+)<"#,
    )
    .unwrap();
    let mut standards = 0;
    for found in choices.captures_iter(&text) {
        let of = format!("{}:", &found[1]);
        let speaks =
            |result: &&CheckResult| result.standards.iter().any(|one| one.starts_with(&of));
        let count = report.results.iter().filter(speaks).count();
        assert_eq!(found[2], count.to_string(), "{of}");
        let rule = format!(
            ".filters:has(#k-{0}:checked)~main .result:not(.k-{0}){{display:none}}",
            &found[1]
        );
        assert!(text.contains(&rule), "{rule}");
        let marked =
            regex::Regex::new(&format!("class=\"result [^\"]* k-{}[ \"]", &found[1])).unwrap();
        assert_eq!(marked.find_iter(&text).count(), count, "{of}");
        standards += 1;
    }
    assert!(standards > 0);
}

/// The page in a real browser: AGENTCORE_HARDEN_CHROMIUM names it.
#[test]
fn the_page_works_in_a_browser() {
    let Some(browser) = std::env::var_os("AGENTCORE_HARDEN_CHROMIUM") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, hostile(Format::Html)).unwrap();
    let output = std::process::Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--virtual-time-budget=2000",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8(output.stdout).unwrap();
    assert!(dom.contains("Production readiness of"), "{dom}");
    // No element came from a name; the script ran (the policy has its hash), and so did the style: sections whose results all
    // are filtered out are gone.
    let elements = dom.split("<script>").next().unwrap();
    assert!(!elements.contains("<img"), "an element from a name");
    assert!(
        !elements.contains("<button class=\"copy\" type=\"button\" hidden"),
        "the script did not run"
    );
    assert!(
        elements.contains("category c-testing gone"),
        "the style was not applied"
    );
}

/// A fix in SARIF is the edit: applied to the file it gives the file that `--fix` makes.
#[test]
fn sarif_fixes_are_the_edits() {
    let old = "{\n  \"a\": 1,\n  \"b\": \"x\"\n}";
    let new = "{\n  \"a\": 2,\n  \"c\": 3,\n  \"b\": \"y\"\n}\n";
    let mut report = report("Support", "open-gateway");
    let result = report
        .results
        .iter_mut()
        .find(|one| one.check == "auth-inbound-type")
        .unwrap();
    let edit = agentcore_harden::report::SafeEdit::whole(
        "agentcore/agentcore.json",
        Some(old),
        new.to_owned(),
    );
    result.fixes.insert(
        0,
        agentcore_harden::report::Fix::new("Edit it").safe_edit(Some(edit)),
    );
    let log = json(&shown(Format::Sarif, &[report.clone()], Look::default()));
    let results = log["runs"][0]["results"].as_array().unwrap();
    let fixed: Vec<&Value> = results
        .iter()
        .filter(|one| one.get("fixes").is_some())
        .collect();
    let change = &fixed[0]["fixes"][0]["artifactChanges"][0];
    assert_eq!(
        change["artifactLocation"]["uri"],
        "services/support/agentcore/agentcore.json"
    );
    assert_eq!(applied(old, change), new);
    // What is covered in the diff is not written elsewhere.
    let result = report
        .results
        .iter_mut()
        .find(|one| one.check == "auth-inbound-type")
        .unwrap();
    result.fixes[0].edits[0].diff = result.fixes[0].edits[0].diff.replace("\"y\"", "***").into();
    let log = shown(Format::Sarif, &[report], Look::default());
    assert!(!log.contains("artifactChanges"));
}

/// Applies the replacements of a change, from the end, as a viewer does.
fn applied(old: &str, change: &Value) -> String {
    let mut text = old.to_owned();
    let offset = |text: &str, line: u64, column: u64| {
        let starts: Vec<usize> = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let start = starts.get(line as usize - 1).copied().unwrap_or(text.len());
        start
            + text[start..]
                .chars()
                .take(column as usize - 1)
                .map(char::len_utf8)
                .sum::<usize>()
    };
    for one in change["replacements"].as_array().unwrap().iter().rev() {
        let region = &one["deletedRegion"];
        let number = |key: &str| region[key].as_u64().unwrap();
        let from = offset(old, number("startLine"), number("startColumn"));
        let to = offset(old, number("endLine"), number("endColumn"));
        text.replace_range(from..to, one["insertedContent"]["text"].as_str().unwrap());
    }
    text
}
