//! One file to hand round: no request leaves it, it works without scripts, and every text of the project is escaped by its type
//! (`maud`) after what is invisible was made visible (`clean`).

mod code;
mod finding;

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::style::{Paint, Verdict};
use super::text::item::{self, Item};
use super::text::verdict;
use crate::checks::Category;
use crate::model::standards;
use crate::report::{CheckResult, ProjectSummary, Report, RuntimeSummary, Severity};
use crate::text::clean;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");
/// How many findings the list at the top names.
const FIRST: usize = 5;
/// What is shown before a filter is touched.
const SHOWN: [Verdict; 3] = [Verdict::Fail, Verdict::Manual, Verdict::Skipped];
/// The filters of a status, in the order of attention.
const STATUSES: [Verdict; 7] = [
    Verdict::Fail,
    Verdict::Manual,
    Verdict::Skipped,
    Verdict::Suppressed,
    Verdict::Accepted,
    Verdict::Pass,
    Verdict::NotApplicable,
];

/// Writes the page.
///
/// # Errors
/// When writing fails.
pub fn render(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    let style = format!("{STYLE}{}", filter_rules());
    let names: Vec<String> = reports
        .iter()
        .map(|report| text(&report.project.name))
        .collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "agentcore-harden " (env!("CARGO_PKG_VERSION")) };
                title { "Production readiness of " (names.join(", ")) }
                style { (PreEscaped(&style)) }
            }
            body {
                a.skip href="#findings" { "To the findings" }
                header { div.wide {
                    p.over { "Production readiness · Amazon Bedrock AgentCore" }
                    @if let [report] = reports {
                        (head(report))
                    } @else {
                        h1 { (reports.len()) " projects" }
                        ul.projects {
                            @for (index, report) in reports.iter().enumerate() {
                                li {
                                    a href={ "#p" (index) } { (text(&report.project.name)) }
                                    " " (pill(report)) " "
                                    span.dim { (counts(report)) }
                                }
                            }
                        }
                    }
                } }
                (filters(reports))
                main.wide #findings {
                    @for (index, report) in reports.iter().enumerate() {
                        (project(index, report, reports.len() > 1))
                    }
                }
                footer { div.wide {
                    "agentcore-harden " (env!("CARGO_PKG_VERSION")) ". "
                    "What is quoted comes from the project under audit; secrets are masked. The page makes no request."
                } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    for line in page.into_string().split_inclusive('\n') {
        out.write_all(inert(line).as_bytes())?;
    }
    writeln!(out)
}

/// A job that prints the page runs nothing of it: a line that a GitHub workflow would take for a command begins with a reference to its
/// first character instead.
fn inert(line: &str) -> String {
    let body = line.trim_start();
    let lead = line.len() - body.len();
    match body.chars().next() {
        Some(first) if body.starts_with("::") || body.starts_with("##[") => {
            let rest = body.get(first.len_utf8()..).unwrap_or_default();
            let lead = line.get(..lead).unwrap_or_default();
            format!("{lead}&#{};{rest}", u32::from(first))
        }
        _ => line.to_owned(),
    }
}

/// Nothing is loaded from anywhere, and only this style and this script count.
fn policy(style: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(SCRIPT)
    )
}

/// Text on one line, without anything that hides.
fn text(text: &str) -> String {
    clean::line(text)
}

/// A verdict as the class of an element.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "fail",
        Verdict::Manual => "manual",
        Verdict::Skipped => "skipped",
        Verdict::Suppressed => "suppressed",
        Verdict::Accepted => "accepted",
        Verdict::Pass => "pass",
        Verdict::NotApplicable => "na",
    }
}

/// A filter that is not ticked hides what it stands for, without a script. Only the filters are searched, not the whole page.
fn filter_rules() -> String {
    let ids = STATUSES
        .iter()
        .map(|verdict| format!("s-{}", class(*verdict)));
    let ids = ids
        .chain(Severity::ALL.iter().map(|severity| format!("v-{severity}")))
        .chain(
            Category::ALL
                .iter()
                .map(|category| format!("c-{}", category.id())),
        );
    let ticks =
        ids.map(|id| format!(".filters:has(#{id}:not(:checked))~main .{id}{{display:none}}\n"));
    let chosen = standards::all().iter().map(|standard| {
        let id = standard.id;
        format!(".filters:has(#k-{id}:checked)~main .result:not(.k-{id}){{display:none}}\n")
    });
    ticks.chain(chosen).collect()
}

fn filters(reports: &[Report]) -> Markup {
    let results = || reports.iter().flat_map(|report| &report.results);
    let tick = |id: String, label: &str, count: usize, on: bool| {
        html! {
            label.tick {
                input type="checkbox" id=(id) checked[on] autocomplete="off";
                span { (label) " " span.count { (count) } }
            }
        }
    };
    html! {
        div.filters { div.wide {
            input #search type="search" placeholder="Search the findings" aria-label="Search the findings" autocomplete="off" hidden;
            fieldset {
                legend { "Status" }
                @for verdict in STATUSES {
                    @let count = results().filter(|one| Verdict::of(one) == verdict).count();
                    @if count > 0 {
                        (tick(format!("s-{}", class(verdict)), verdict.word(), count, SHOWN.contains(&verdict)))
                    }
                }
            }
            fieldset {
                legend { "Severity" }
                @for severity in Severity::ALL {
                    @let count = results().filter(|one| one.severity == severity && SHOWN.contains(&Verdict::of(one))).count();
                    (tick(format!("v-{severity}"), severity.as_str(), count, true))
                }
            }
            details.more {
                summary { "Categories" }
                fieldset {
                    legend { "Category" }
                    @for category in Category::ALL {
                        @let count = results().filter(|one| one.category == category.id() && SHOWN.contains(&Verdict::of(one))).count();
                        @if results().any(|one| one.category == category.id()) {
                            (tick(format!("c-{}", category.id()), category.title(), count, true))
                        }
                    }
                }
            }
            (of_standards(reports))
            p #none.dim hidden { "Nothing matches the filters." }
        } }
    }
}

/// The choice of a standard: what it shows are the results that speak to one of its controls.
fn of_standards(reports: &[Report]) -> Markup {
    let results = || reports.iter().flat_map(|report| &report.results);
    let speaks = |result: &CheckResult, id: &str| {
        let mut controls = result.standards.iter();
        controls.any(|control| control.split_once(':').is_some_and(|(of, _)| of == id))
    };
    let counted = |id: &str| results().filter(|result| speaks(result, id)).count();
    let choice = |id: &str, title: &str, count: Option<usize>| {
        html! {
            label.tick {
                input type="radio" name="standard" id={ "k-" (id) } checked[count.is_none()] autocomplete="off";
                span { (title) @if let Some(count) = count { " " span.count { (count) } } }
            }
        }
    };
    html! {
        details.more {
            summary { "Standards" }
            fieldset {
                legend { "Standard" }
                (choice("any", "Any or none", None))
                @for standard in standards::all() {
                    @let count = counted(standard.id);
                    @if count > 0 { (choice(standard.id, standard.title, Some(count))) }
                }
            }
        }
    }
}

/// The verdict's line without the name, which stands before it.
fn counts(report: &Report) -> String {
    let (_, rest) = verdict::parts(report);
    let name = format!("{}, ", text(&report.project.name));
    let rest = rest.strip_prefix(&name).unwrap_or(&rest);
    let mut letters = rest.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Prose in which backticks mean code.
fn prose(words: &str) -> Markup {
    let words = text(words);
    let even = words.matches('`').count().is_multiple_of(2);
    html! {
        @if even {
            @for (index, part) in words.split('`').enumerate() {
                @if index % 2 == 1 { code { (part) } } @else { (part) }
            }
        } @else { (words) }
    }
}

fn pill(report: &Report) -> Markup {
    let (word, _) = verdict::parts(report);
    let color = match verdict::paint(report) {
        Paint::Ready => "ready",
        Paint::Incomplete => "incomplete",
        _ => "notready",
    };
    html! { span class={ "pill " (color) } { (word) } }
}

fn head(report: &Report) -> Markup {
    let count = |severity: Severity| {
        let counts = &report.summary.fail_by_severity;
        counts.get(&severity).copied().unwrap_or_default()
    };
    html! {
        h1 { (text(&report.project.name)) " " (pill(report)) }
        p.rest { (counts(report)) }
        ul.tiles {
            @for severity in Severity::ALL {
                li class={ "tile " (severity) (if count(severity) == 0 { " zero" } else { "" }) } {
                    b { (count(severity)) } " " (severity)
                }
            }
            li.tile.zero { b { (report.summary.skipped) } " not judged" }
            li.tile.zero { b { (report.summary.pass) } " passed" }
        }
        (facts(&report.project, report))
    }
}

/// What was audited.
fn facts(project: &ProjectSummary, report: &Report) -> Markup {
    let evidence = &report.evidence;
    let target = [&project.target, &project.account, &project.region];
    let target: Vec<String> = target
        .into_iter()
        .flatten()
        .map(|part| text(part))
        .collect();
    html! {
        dl.facts {
            @if !target.is_empty() { div { dt { "Target" } dd { (target.join(" · ")) } } }
            div { dt { "Template" } dd { (evidence.template.as_deref().map_or("none was synthesized".to_owned(), text)) } }
            div { dt { "AWS" } dd { (evidence.aws.unwrap_or("was not read")) } }
            @for runtime in &project.runtimes {
                div { dt { (runtime.kind) " " (text(&runtime.name)) } dd { (detected(runtime)) } }
            }
        }
    }
}

fn detected(runtime: &RuntimeSummary) -> String {
    let models = runtime.models.join(", ");
    let version = runtime.platform_version.value.map(str::to_owned);
    let parts = [
        runtime.language.clone(),
        runtime.framework.clone(),
        runtime.build.clone(),
        runtime.network_mode.clone(),
        runtime.protocol.clone(),
        runtime.workload.clone(),
        version,
        Some(models).filter(|models| !models.is_empty()),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| text(&part))
        .collect();
    parts.join(" · ")
}

/// The results of a category, worst first.
fn of_category(report: &Report, category: Category) -> Vec<(usize, &CheckResult)> {
    let mut results: Vec<(usize, &CheckResult)> = report
        .results
        .iter()
        .enumerate()
        .filter(|(_, result)| result.category == category.id())
        .collect();
    results.sort_by_key(|(_, result)| (Verdict::of(result), result.severity));
    results
}

fn project(index: usize, report: &Report, several: bool) -> Markup {
    // What one cause explains is named once, as in the text.
    let mut items = item::all(report, false);
    items.sort_by_key(Item::severity);
    let worst: Vec<(usize, &CheckResult, String)> = items
        .iter()
        .filter_map(|item| {
            let first = *item.results.first()?;
            let at = report
                .results
                .iter()
                .position(|result| std::ptr::eq(result, first))?;
            let words = match item.cause {
                Some(cause) => format!("{cause}: {} findings", item.results.len()),
                None => first.message.clone(),
            };
            Some((at, first, words))
        })
        .collect();
    html! {
        section.project id={ "p" (index) } {
            @if several { (head(report)) }
            @if !worst.is_empty() {
                nav.first aria-label="Start here" {
                    h2 { "Start here" }
                    ol {
                        @for (at, result, words) in worst.iter().take(FIRST) {
                            li {
                                (finding::badge(result.severity)) " "
                                a href={ "#p" (index) "r" (at) } { (text(words)) }
                            }
                        }
                    }
                }
            }
            @if !report.notes.is_empty() {
                details.notes {
                    summary { "Notes on this run (" (report.notes.len()) ")" }
                    ul { @for note in &report.notes { li { (prose(note)) } } }
                }
            }
            @for category in Category::ALL {
                @let results = of_category(report, category);
                @if !results.is_empty() {
                    section class={ "category c-" (category.id()) } {
                        h2 { (category.title()) " " span.dim { (counted(&results)) } }
                        @for (at, result) in results {
                            (finding::one(report, result, &format!("p{index}r{at}")))
                        }
                    }
                }
            }
        }
    }
}

/// `2 failed, 5 passed`.
fn counted(results: &[(usize, &CheckResult)]) -> String {
    let parts: Vec<String> = STATUSES
        .into_iter()
        .filter_map(|verdict| {
            let same = |(_, result): &&(usize, &CheckResult)| Verdict::of(result) == verdict;
            let count = results.iter().filter(same).count();
            (count > 0).then(|| format!("{count} {}", verdict.word()))
        })
        .collect();
    parts.join(", ")
}
