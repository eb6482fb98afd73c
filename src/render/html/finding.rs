//! A result on the page: what was found, where, why it matters, what to do.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::super::style::Verdict;
use super::super::{sarif, site};
use super::{class, code, prose, text};
use crate::checks;
use crate::report::{CheckResult, Edit, Evidence, Fix, Report, Severity};
use crate::text::clean;

/// The most places that a result lists; what is left is counted.
const PLACES: usize = 30;

/// The badge of a severity.
pub(super) fn badge(severity: Severity) -> Markup {
    html! { span class={ "badge " (severity) } { (severity) } }
}

/// The standards that a result speaks to, as classes.
fn standards_of(result: &CheckResult) -> String {
    let ids: BTreeSet<&str> = result
        .standards
        .iter()
        .filter_map(|control| Some(control.split_once(':')?.0))
        .collect();
    ids.iter().map(|id| format!(" k-{id}")).collect()
}

/// A result. The worst are open.
pub(super) fn one(report: &Report, result: &CheckResult, id: &str) -> Markup {
    let verdict = Verdict::of(result);
    let open = verdict == Verdict::Fail && result.severity.at_least(Severity::High);
    html! {
        details id=(id) open[open]
            class={ "result s-" (class(verdict)) " v-" (result.severity) (standards_of(result)) } {
            summary {
                span.what {
                    @if verdict == Verdict::Fail { (badge(result.severity)) }
                    @else { span class={ "status " (class(verdict)) } { (verdict.word()) } }
                    " " b { (result.title) }
                    " " span.resource { (text(&result.resource.to_string())) }
                }
                span.message { (prose(&result.message)) }
            }
            div.body {
                @if let Some(reason) = result.reason.as_ref() { (ways(reason)) }
                @if let Some(suppression) = &result.suppression {
                    p { b { "Suppressed: " } (text(&suppression.reason)) " "
                        span.dim { "(" (text(&suppression.source))
                            @if let Some(day) = &suppression.expires { ", until " (text(day)) } ")" } }
                }
                @if let Some(acceptance) = &result.acceptance {
                    p { b { "Accepted by " (text(&acceptance.by)) ": " } (text(&acceptance.reason)) " "
                        span.dim { "(" (text(&acceptance.source)) ", until " (text(&acceptance.expires)) ")" } }
                }
                @if !result.evidence.is_empty() {
                    ul.evidence {
                        @for evidence in result.evidence.iter().take(PLACES) { (seen(report, evidence)) }
                        @if result.evidence.len() > PLACES {
                            li.dim { (result.evidence.len() - PLACES) " more places: the JSON report lists all" }
                        }
                    }
                }
                @if matches!(verdict, Verdict::Fail | Verdict::Manual) {
                    @if let Some(why) = why(result.check) { p.why { b { "Why it matters. " } (prose(&why)) } }
                }
                @for (index, fix) in result.fixes.iter().enumerate() {
                    (remedy(fix, index, result.fixes.len()))
                }
                (sources(result))
            }
        }
    }
}

/// What would make it possible to judge.
fn ways(reason: &crate::model::known::Unread) -> Markup {
    html! {
        p.dim {
            "Reason: " (text(&reason.message))
            @if let Some(action) = &reason.iam_action { " · grant " code { (text(action)) } }
            @if let Some(flag) = &reason.flag { " · give " code { (text(flag)) } }
        }
        @if let Some(command) = &reason.command { (commands(std::slice::from_ref(command))) }
    }
}

fn seen(report: &Report, evidence: &Evidence) -> Markup {
    let aws = [
        &evidence.policy,
        &evidence.statement,
        &evidence.api,
        &evidence.field,
    ];
    let aws: Vec<String> = aws.into_iter().flatten().map(|part| text(part)).collect();
    // From the root of the repository: the page is read elsewhere.
    let at = |path: &str, place: Option<(u32, u32)>| {
        let path = text(&site::from_repository(&report.view.prefix, path));
        match place {
            Some((line, column)) => format!("{path}:{line}:{column}"),
            None => path,
        }
    };
    let place = match (&evidence.site, &evidence.arn) {
        (Some(site), _) => {
            let start = site.span.map(|span| (span.line, span.column));
            Some(at(&site.path, start))
        }
        (None, arn) => arn.as_deref().map(text),
    };
    html! {
        li class=[(!evidence.primary).then_some("context")] {
            @if let Some(place) = place { code.place { (place) } }
            @if !aws.is_empty() { " " span.dim { (aws.join(" · ")) } }
            @if let Some(severity) = evidence.severity { " " (badge(severity)) }
            @if !evidence.note.is_empty() { " " span.note { (prose(&evidence.note)) } }
            @if let Some(site) = &evidence.site { (code::line(site)) }
            @if !evidence.steps.is_empty() {
                ol.steps {
                    @for step in &evidence.steps {
                        li { code.place { (at(&step.path, Some((step.line, step.column)))) } " " (step.note) }
                    }
                }
            }
        }
    }
}

/// The first words on why a check matters.
fn why(id: &str) -> Option<String> {
    let page = checks::find(id)?.page;
    let section = page.split("## Why it matters").nth(1)?;
    let paragraph = section.trim_start().split("\n\n").next()?;
    Some(paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn remedy(fix: &Fix, index: usize, of: usize) -> Markup {
    let word = match (index, of) {
        (0, _) => "Fix",
        _ => "Or",
    };
    html! {
        div.fix {
            p { b { (word) ": " } (prose(&fix.title)) }
            @if !fix.commands.is_empty() { (commands(&fix.commands)) }
            @for edit in &fix.edits { (diff(edit)) }
            @if !fix.note.is_empty() { p.note { (prose(&fix.note)) } }
        }
    }
}

/// Commands to paste, exactly as they are: what cannot be shown is quoted by the shell builder already.
fn commands(commands: &[String]) -> Markup {
    html! {
        div.commands {
            pre tabindex="0" { code { (commands.join("\n")) } }
            button.copy type="button" hidden { "Copy" }
        }
    }
}

fn diff(edit: &Edit) -> Markup {
    html! {
        pre.diff tabindex="0" {
            @for line in clean::block(&edit.diff).lines() {
                @let kind = match line.chars().next() {
                    _ if line.starts_with("--- ") || line.starts_with("+++ ") => "at",
                    Some('+') => "add",
                    Some('-') => "del",
                    Some('@') => "at",
                    _ => "same",
                };
                span class=(kind) { (line) "\n" }
            }
        }
    }
}

fn sources(result: &CheckResult) -> Markup {
    html! {
        p.sources.dim {
            code { (result.check) }
            @if let Some(check) = checks::find(result.check) {
                " · " a href=(sarif::page(check)) rel="noreferrer noopener" { "how it decides" }
            }
            @for control in &result.standards { " · " code { (text(control)) } }
            @for source in &result.references {
                @let shown = source.trim_start_matches("https://");
                " · " a href=(source) rel="noreferrer noopener" { (shown.split('/').next_back().filter(|part| !part.is_empty()).unwrap_or(shown)) }
            }
        }
    }
}
