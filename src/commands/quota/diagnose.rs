//! `quota diagnose`.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::{context, quota_json, region, standing, text_or_stdin, value_words};
use crate::cli::AwsArgs;
use crate::cli::quota::DiagnoseArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::quota::applied::applied;
use crate::quota::diagnose::{Diagnosis, diagnose};
use crate::quota::mitigations::mitigations;
use crate::quota::table::Quota;
use crate::render::prose::{hanging, json_page};
use crate::report::{SCHEMA_VERSION, Status};

/// Longest log that is read from standard input, in bytes; its end is looked at.
const LONGEST_LOG: usize = 64 * 1024 * 1024;
const HELP: &str = "recognised are the exception classes and texts of throttling and quota errors (ThrottlingException, TooManyRequests, \
     ServiceQuotaExceededException, LimitExceeded, \"maxVms limit exceeded\", \"Too many targets\", ArtifactSizeError), HTTP 402, 413 and 429, \
     JSON-RPC -32003, and as no quota error AccessDenied, Validation, NotFound, Conflict, RuntimeClientError, timeouts and 401, 403, 404, 409, \
     424, 5xx; paste the line that names the exception and the operation";

/// Runs it: 0 a quota, 1 recognised as something else, 2 not recognised.
pub fn run(arguments: &DiagnoseArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let text = text_or_stdin(
        arguments.error.as_deref(),
        LONGEST_LOG,
        "paste it in quotes, or pipe a log in: `agentcore-harden quota diagnose - < error.log`",
    )?;
    of_text(&text, arguments.path.as_deref(), arguments.json, out)
}

/// The same for a text that was read already.
pub fn of_text(
    text: &str,
    path: Option<&Path>,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let offline = AwsArgs {
        offline: true,
        ..AwsArgs::default()
    };
    let context = context(path, &offline)?;
    match diagnose(text) {
        Diagnosis::Unknown => Err(Failure::new(
            "this text is not recognised as a quota error, nor as another known one",
        )
        .help(HELP)),
        Diagnosis::NotQuota { what } => {
            if as_json {
                let page = json!({"schemaVersion": SCHEMA_VERSION, "quotaError": false, "diagnosis": what, "quotas": []});
                json_page(&page, out)?;
            } else {
                writeln!(out, "{}", hanging("", &format!("No quota error: {what}.")))?;
            }
            Ok(Exit::NotReady)
        }
        Diagnosis::Quota {
            quotas,
            note,
            certain,
        } => {
            if as_json {
                page_json(&quotas, note, certain, context.as_ref(), out)?;
            } else {
                text_page(&quotas, note, certain, context.as_ref(), out)?;
            }
            Ok(Exit::Ready)
        }
    }
}

fn text_page(
    quotas: &[&Quota],
    note: &str,
    certain: bool,
    context: Option<&Context>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let Some(first) = quotas.first() else {
        return Ok(());
    };
    let head = if certain {
        "A quota error: "
    } else {
        "Probably a quota error: "
    };
    writeln!(out, "{}", hanging("", &format!("{head}{}.", first.name)))?;
    writeln!(
        out,
        "{}",
        hanging("  value       ", &value_words(first, context))
    )?;
    let adjustable = match (first.adjustable, first.code) {
        (true, Some(code)) => format!(
            "yes, {code} (an unofficial quota code; `quota request --quota {}` prints how to confirm it)",
            first.id
        ),
        (true, None) => "yes".to_owned(),
        (false, _) => "no".to_owned(),
    };
    writeln!(out, "{}", hanging("  adjustable  ", &adjustable))?;
    if !note.is_empty() {
        writeln!(out, "{}", hanging("  note        ", note))?;
    }
    for other in quotas.iter().skip(1) {
        writeln!(
            out,
            "{}",
            hanging(
                "  or          ",
                &format!("{}: {}", other.name, value_words(other, context))
            )
        )?;
    }
    writeln!(out, "\nTry first, in this order")?;
    let steps = mitigations(first.id);
    for (index, step) in steps.iter().enumerate() {
        writeln!(out, "{}", hanging(&format!("  {}. ", index + 1), step))?;
    }
    if first.adjustable && first.id != "model-rate" {
        let ask = format!(
            "only then ask for more: agentcore-harden quota request --quota {}",
            first.id
        );
        writeln!(
            out,
            "{}",
            hanging(&format!("  {}. ", steps.len() + 1), &ask)
        )?;
    }
    checks(first, context, out)
}

fn checks(quota: &Quota, context: Option<&Context>, out: &mut dyn Write) -> std::io::Result<()> {
    if quota.checks.is_empty() {
        return Ok(());
    }
    let Some(context) = context else {
        return writeln!(
            out,
            "\n{}",
            hanging(
                "",
                &format!(
                    "Checks that bear on it: {} (run in a project to see how they stand).",
                    quota.checks.join(", ")
                )
            )
        );
    };
    writeln!(out, "\nHow this project stands")?;
    for result in standing(context, quota.checks) {
        let mark = match result.status {
            Status::Pass => "✔",
            Status::Fail => "✖",
            Status::Manual => "?",
            Status::Skipped => "–",
            Status::NotApplicable => "○",
        };
        writeln!(
            out,
            "{}",
            hanging(&format!("  {mark} {:<22}", result.check), &result.message)
        )?;
    }
    Ok(())
}

fn page_json(
    quotas: &[&Quota],
    note: &str,
    certain: bool,
    context: Option<&Context>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let one = |quota: &&Quota| {
        let mut value = quota_json(quota, &applied(context, quota), region(context));
        value["mitigations"] = json!(mitigations(quota.id));
        let stands: Vec<Value> = context
            .map(|context| standing(context, quota.checks))
            .unwrap_or_default()
            .iter()
            .map(|result| json!({"check": result.check, "resource": result.resource, "status": result.status, "message": result.message}))
            .collect();
        value["checks"] = if context.is_some() {
            json!(stands)
        } else {
            quota
                .checks
                .iter()
                .map(|check| json!({"check": check}))
                .collect()
        };
        value
    };
    let page = json!({
        "schemaVersion": SCHEMA_VERSION, "quotaError": true, "certain": certain, "note": note,
        "quotas": quotas.iter().map(one).collect::<Vec<_>>(),
    });
    json_page(&page, out)
}
