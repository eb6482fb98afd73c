//! `quota show`.

use std::io::Write;

use serde_json::{Value, json};

use super::{context, quota_json, region};
use crate::cli::quota::ShowArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::quota::applied::{applied, number};
use crate::quota::load::{Load, loads};
use crate::quota::request::peak;
use crate::quota::table::{AS_OF, QUOTAS, Quota};
use crate::render::prose::{hanging, json_page};
use crate::render::style::{Paint, Painter};
use crate::report::SCHEMA_VERSION;
use crate::text::clean;

/// A row: a quota, what is expected of it, and how that was found.
struct Row {
    quota: &'static Quota,
    expected: Option<f64>,
    how: String,
}

/// Runs it.
pub fn run(arguments: &ShowArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let context = context(arguments.path.as_deref(), &arguments.aws)?;
    let context = context.as_ref();
    let loads = context.map(loads).unwrap_or_default();
    let rows: Vec<Row> = QUOTAS
        .iter()
        .map(|quota| row(quota, context, &loads))
        .filter(|row| arguments.all || context.is_none() || !row.how.is_empty())
        .collect();
    if arguments.json {
        page_json(&rows, context, out)?;
    } else {
        text_page(&rows, context, &loads, out)?;
    }
    Ok(Exit::Ready)
}

/// What the project expects of a quota: traffic as declared, amounts as configured.
fn row(quota: &'static Quota, context: Option<&Context>, loads: &[Load]) -> Row {
    let declared = |how: &str| {
        let expected = peak(quota, loads);
        let how = if expected.is_some() {
            how.to_owned()
        } else {
            "not declared".to_owned()
        };
        (expected, how)
    };
    let most = |counts: Vec<(usize, &str)>| {
        let most = counts.into_iter().max_by_key(|(count, _)| *count);
        most.map_or((None, String::new()), |(count, name)| {
            (Some(as_f64(count)), clean::line(name))
        })
    };
    let (expected, how) = match (quota.id, context) {
        (_, None) => (None, String::new()),
        ("active-sessions", _) => declared("declared traffic"),
        ("new-sessions", _) => declared("declared peak"),
        ("data-plane-rate", _) => declared("declared peak"),
        ("agents", Some(context)) => (
            Some(as_f64(context.project.agents().count())),
            "this project's".to_owned(),
        ),
        ("agent-endpoints", Some(context)) => most(
            context
                .project
                .runtimes
                .iter()
                .map(|runtime| (runtime.endpoints.len() + 1, runtime.name.as_str()))
                .collect(),
        ),
        ("memories", Some(context)) if !context.project.memories.is_empty() => (
            Some(as_f64(context.project.memories.len())),
            "this project's".to_owned(),
        ),
        ("memory-strategies", Some(context)) => most(
            context
                .project
                .memories
                .iter()
                .map(|memory| (memory.strategies.len(), memory.name.as_str()))
                .collect(),
        ),
        ("gateways", Some(context)) if !context.project.gateways.is_empty() => (
            Some(as_f64(context.project.gateways.len())),
            "this project's".to_owned(),
        ),
        ("gateway-targets", Some(context)) => most(
            context
                .project
                .gateways
                .iter()
                .map(|gateway| (gateway.targets.len(), gateway.name.as_str()))
                .collect(),
        ),
        ("policies", Some(context)) => most(
            context
                .project
                .policy_engines
                .iter()
                .map(|engine| (engine.policies.len(), engine.name.as_str()))
                .collect(),
        ),
        _ => (None, String::new()),
    };
    Row {
        quota,
        expected,
        how,
    }
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn text_page(
    rows: &[Row],
    context: Option<&Context>,
    loads: &[Load],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let place = match (context, region(context)) {
        (Some(context), Some(region)) => {
            format!(
                "{} in {region}",
                clean::line(context.project.display_name())
            )
        }
        (Some(context), None) => format!(
            "{}, Region not known",
            clean::line(context.project.display_name())
        ),
        (None, _) => "no project here".to_owned(),
    };
    let painter = Painter {
        color: crate::commands::colored(),
    };
    let title = format!("Quotas of Amazon Bedrock AgentCore ({place})");
    writeln!(out, "{}\n", painter.paint(Paint::Strong, &title))?;
    let head = format!(
        "  {:<26} {:>12} {:>12} {:>6}  from",
        "quota", "value", "expected", "used"
    );
    writeln!(out, "{}", painter.paint(Paint::Dim, &head))?;
    let mut defaults = false;
    for row in rows {
        let applied = applied(context, row.quota);
        defaults |= applied.source == "default";
        let show = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), number);
        let used = row
            .expected
            .zip(applied.value)
            .filter(|(_, value)| *value > 0.0)
            .map_or_else(String::new, |(expected, value)| percent(expected, value));
        let over = row
            .expected
            .zip(applied.value)
            .is_some_and(|(expected, value)| expected > value);
        let used = format!("{used:>6}");
        let used = painter.paint(if over { Paint::Bad } else { Paint::Good }, &used);
        writeln!(
            out,
            "  {:<26} {:>12} {:>12} {used}  {}",
            row.quota.id,
            show(applied.value),
            show(row.expected),
            row.how
        )?;
    }
    if !loads.is_empty() {
        writeln!(
            out,
            "\nLive sessions = new sessions/s × (session + idle timeout)"
        )?;
        for load in loads {
            writeln!(
                out,
                "{}",
                hanging(
                    &format!("  {}: ", clean::line(&load.resource.name)),
                    &load.formula()
                )
            )?;
        }
    }
    if defaults {
        let note = format!(
            "Values are AWS's defaults as of {AS_OF}, not the account's: `aws service-quotas list-service-quotas --service-code bedrock-agentcore` \
             lists those. New accounts may start lower."
        );
        writeln!(out, "\n{}", hanging("", &note))?;
    }
    if loads.iter().any(|load| !load.undeclared().is_empty()) {
        writeln!(
            out,
            "{}",
            hanging(
                "",
                "Declare traffic in agentcore-harden.toml under [runtimes.NAME]: peak-new-sessions-per-minute, mean-session-seconds, peak-invocations-per-second."
            )
        )?;
    }
    Ok(())
}

fn percent(expected: f64, value: f64) -> String {
    let percent = expected / value * 100.0;
    if percent > 0.0 && percent < 1.0 {
        "<1 %".to_owned()
    } else {
        format!("{} %", number(percent.round()))
    }
}

fn page_json(rows: &[Row], context: Option<&Context>, out: &mut dyn Write) -> std::io::Result<()> {
    let one = |row: &Row| -> Value {
        let mut value = quota_json(row.quota, &applied(context, row.quota), region(context));
        value["expected"] = json!(row.expected);
        value["expectedFrom"] = json!(row.how);
        value
    };
    let page = json!({
        "schemaVersion": SCHEMA_VERSION,
        "project": context.map(|context| context.project.display_name()),
        "region": region(context),
        "quotas": rows.iter().map(one).collect::<Vec<_>>(),
        "loads": context.map(loads).unwrap_or_default().iter().map(|load| json!({
            "resource": load.resource, "newSessionsPerSecond": load.new_sessions, "sessionSeconds": load.session_seconds,
            "invocationsPerSecond": load.invocations, "idleSeconds": load.idle.0, "liveSessions": load.live(), "formula": load.formula(),
        })).collect::<Vec<_>>(),
    });
    json_page(&page, out)
}
