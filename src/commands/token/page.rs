//! What `token` prints.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{Answer, Judged};
use crate::oidc::step::{Step, StepStatus, Verdict};
use crate::oidc::token::Token;
use crate::oidc::walk::moment;
use crate::render::Look;
use crate::render::prose::{hanging, json_page};
use crate::render::style::{Paint, Painter};
use crate::report::SCHEMA_VERSION;
use crate::text::clean;

/// Longest claim value in text output, in characters.
const LONGEST_TEXT: usize = 100;
/// Longest string in JSON output, in characters.
const LONGEST_JSON: usize = 256;

/// The text page.
pub fn text(answer: &Answer, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter { color: look.color };
    if let Some(judged) = &answer.judged {
        let paint = match judged.verdict {
            Verdict::Accepted => Paint::Good,
            Verdict::NotAccepted => Paint::Bad,
            Verdict::Unknown => Paint::Warn,
        };
        for line in hanging("", &sentence(judged)).lines() {
            writeln!(out, "{}", painter.paint(paint, line))?;
        }
        writeln!(out)?;
    }
    members("Header", &answer.token.header, false, painter, out)?;
    members("Claims", &answer.token.claims, true, painter, out)?;
    for note in answer.token.notes.iter().chain(&answer.advice.notes) {
        writeln!(out, "{}", hanging("  ! ", note))?;
    }
    recommendation(answer, painter, out)?;
    match &answer.judged {
        Some(judged) => walked(judged, painter, out),
        None => writeln!(
            out,
            "\n{}",
            hanging(
                "",
                "No project here, so no authorizer was asked: run it in a project, or give its PATH after the token."
            )
        ),
    }
}

fn members(
    title: &str,
    map: &Map<String, Value>,
    times: bool,
    painter: Painter,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}", painter.paint(Paint::Strong, title))?;
    let mut names: Vec<&String> = map.keys().collect();
    names.sort();
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
        .min(24);
    for name in names {
        let value = map.get(name).unwrap_or(&Value::Null);
        let shown = match safe(value, LONGEST_TEXT) {
            Value::String(text) => text,
            other => cut(&other.to_string(), LONGEST_TEXT),
        };
        let when = match (
            times && matches!(name.as_str(), "exp" | "iat" | "nbf" | "auth_time"),
            value.as_f64(),
        ) {
            (true, Some(seconds)) => format!("  ({})", moment(seconds)),
            _ => String::new(),
        };
        let name = cut(&clean::line(name), 60);
        writeln!(
            out,
            "{}",
            hanging(&format!("  {name:width$}  "), &format!("{shown}{when}"))
        )?;
    }
    writeln!(out)
}

fn recommendation(answer: &Answer, painter: Painter, out: &mut dyn Write) -> io::Result<()> {
    let heading =
        "What a customJwtAuthorizer can match in this token (it enforces all that is configured)";
    writeln!(out, "\n{}", painter.paint(Paint::Strong, heading))?;
    for list in &answer.advice.lists {
        writeln!(
            out,
            "{}",
            hanging(&format!("  • {}  ", list.list), &list.why)
        )?;
        writeln!(
            out,
            "      {}",
            clean::line(&safe(&list.value, LONGEST_JSON).to_string())
        )?;
    }
    for unfit in &answer.advice.unfit {
        writeln!(
            out,
            "{}",
            hanging(&format!("  – not {}: ", unfit.list), &unfit.why)
        )?;
    }
    Ok(())
}

fn walked(judged: &Judged, painter: Painter, out: &mut dyn Write) -> io::Result<()> {
    let heading = format!("Against {}", clean::line(&judged.resource.to_string()));
    writeln!(out, "\n{}", painter.paint(Paint::Strong, &heading))?;
    for step in &judged.steps {
        let mark = step.status.mark();
        let left = format!("  {mark} {:<14}", step.id);
        let text = hanging(&left, &step.message);
        let paint = match step.status {
            StepStatus::Ok => Paint::Good,
            StepStatus::Refused => Paint::Bad,
            StepStatus::Note | StepStatus::Unknown => Paint::Warn,
        };
        // Only the mark is coloured: the first of its kind in the line.
        writeln!(
            out,
            "{}",
            text.replacen(mark, &painter.paint(paint, mark), 1)
        )?;
        if matches!(step.status, StepStatus::Refused | StepStatus::Unknown)
            && let Some(site) = &step.site
        {
            let line = site
                .span
                .map(|span| format!(":{}:{}", span.line, span.column))
                .unwrap_or_default();
            writeln!(
                out,
                "{:18}{}{line}  {}",
                "",
                clean::line(&site.path),
                clean::line(&cut(&site.excerpt, LONGEST_TEXT))
            )?;
        }
        if step.status != StepStatus::Ok || step.id == "method" {
            for advice in &step.advice {
                writeln!(out, "{}", hanging(&format!("{:18}", ""), advice))?;
            }
        }
    }
    for note in &judged.notes {
        writeln!(out, "{}", hanging("  ! ", note))?;
    }
    if let Some(fix) = &judged.fix {
        writeln!(
            out,
            "\n{}",
            hanging("", &format!("{}, {}:", fix.title, fix.note))
        )?;
        for command in &fix.commands {
            writeln!(out, "  {}", painter.paint(Paint::Command, command))?;
        }
    }
    Ok(())
}

/// The verdict in one sentence.
fn sentence(judged: &Judged) -> String {
    let ids = |status| {
        let mut ids: Vec<&str> = judged
            .steps
            .iter()
            .filter(|step| step.status == status)
            .map(|step| step.id)
            .collect();
        ids.dedup();
        ids.join(", ")
    };
    let unverified = if judged.steps.iter().any(|step| {
        step.id == "signature" || step.id == "method" && step.status == StepStatus::Note
    }) {
        ""
    } else {
        " Its signature was not verified."
    };
    let (refused, unknown) = (ids(StepStatus::Refused), ids(StepStatus::Unknown));
    match judged.verdict {
        Verdict::Accepted if unknown.is_empty() => format!(
            "Accepted: AgentCore would let this token call {}.{unverified}",
            judged.resource
        ),
        Verdict::Accepted => {
            format!("Accepted as far as can be told offline; not looked at: {unknown}.")
        }
        Verdict::NotAccepted => {
            let status = if judged
                .steps
                .iter()
                .any(|step| step.id == "method" && step.status == StepStatus::Refused)
            {
                "403"
            } else {
                "401"
            };
            format!("Not accepted: AgentCore would answer {status}. Refused by: {refused}.")
        }
        Verdict::Unknown => format!(
            "Cannot tell: nothing refuses the token, but this could not be read: {unknown}."
        ),
    }
}

/// The JSON page.
pub fn json(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let mut advice = json!(answer.advice);
    if let Some(lists) = advice.get_mut("lists") {
        *lists = safe(lists, LONGEST_JSON);
    }
    let mut page = json!({
        "schemaVersion": SCHEMA_VERSION,
        "header": sorted(&answer.token.header),
        "claims": sorted(&answer.token.claims),
        "notes": answer.token.notes,
        "recommendation": advice,
        "resource": null, "steps": [], "verdict": null, "unchecked": [], "fixes": [],
    });
    if let Some(judged) = &answer.judged {
        let unchecked: Vec<&str> = judged
            .steps
            .iter()
            .filter(|step| step.status == StepStatus::Unknown)
            .map(|step| step.id)
            .collect();
        page["resource"] = json!(judged.resource);
        page["steps"] = judged.steps.iter().map(step).collect();
        page["verdict"] = json!(judged.verdict);
        page["summary"] = json!(sentence(judged));
        page["unchecked"] = json!(unchecked);
        page["fixes"] = json!(judged.fix.iter().collect::<Vec<_>>());
        page["notes"] = json!(
            answer
                .token
                .notes
                .iter()
                .chain(&judged.notes)
                .collect::<Vec<_>>()
        );
    }
    json_page(&page, out)
}

fn step(step: &Step) -> Value {
    let site = step.site.as_ref();
    let span = site.and_then(|site| site.span);
    json!({
        "id": step.id, "status": step.status, "message": step.message, "advice": step.advice,
        "path": site.map(|site| &*site.path), "line": span.map(|span| span.line), "column": span.map(|span| span.column),
    })
}

fn sorted(map: &Map<String, Value>) -> Value {
    let mut members: Vec<(&String, &Value)> = map.iter().collect();
    members.sort_by_key(|(name, _)| name.as_str());
    Value::Object(
        members
            .into_iter()
            .map(|(name, value)| (name.clone(), safe(value, LONGEST_JSON)))
            .collect(),
    )
}

/// A claim as it may be shown: long texts cut, tokens inside of the token masked.
fn safe(value: &Value, longest: usize) -> Value {
    match value {
        Value::String(text) if is_credential(text) => {
            let head: String = text.chars().take(4).collect();
            Value::String(format!(
                "{head}… ({} characters, masked)",
                text.chars().count()
            ))
        }
        Value::String(text) => Value::String(cut(text, longest)),
        Value::Array(items) => items.iter().map(|item| safe(item, longest)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), safe(value, longest)))
            .collect(),
        other => other.clone(),
    }
}

fn is_credential(text: &str) -> bool {
    Token::decode(text).is_ok() || text.starts_with("-----BEGIN")
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((at, _)) => format!("{}… ({} characters)", &text[..at], text.chars().count()),
        None => text.to_owned(),
    }
}
