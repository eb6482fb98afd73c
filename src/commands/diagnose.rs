//! `diagnose`: from a pasted error to its cause in the project and what to do.

use std::io::Write;

use serde_json::{Value, json};

use super::quota;
use crate::cli::diagnose::DiagnoseArgs;
use crate::context::Context;
use crate::diagnose::{Cause, Denied, Diagnosis, Finding, diagnose, finding};
use crate::exit::{Exit, Failure};
use crate::quota::diagnose as of_quota;
use crate::render::json;
use crate::render::prose::{hanging, json_page};
use crate::report::{CheckResult, Evidence, SCHEMA_VERSION, Status};
use crate::shell::Command;
use crate::text::clean;

/// Longest log that is read from standard input, in bytes; its end is looked at.
const LONGEST_LOG: usize = 64 * 1024 * 1024;
const HELP: &str = "known are refusals of IAM (\"is not authorized to perform\"), 401 and 403 of inbound authorization, 424 and initialization timeouts, \
     expired tokens, ValidationException of the environment, ConflictException, exec format error, missing modules, empty memory, throttling and \
     quotas; paste the whole message";
/// The checks that judge roles.
const ROLES: [&str; 2] = ["iam-missing-permissions", "iam-policy-valid"];

/// Runs it: 0 the error is known, 2 it is not.
///
/// # Errors
/// When the text is not known, or the project that was asked for is not there.
pub fn run(arguments: &DiagnoseArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let text = quota::text_or_stdin(
        arguments.error.as_deref(),
        LONGEST_LOG,
        "paste it in quotes, or pipe a log in: `agentcore-harden diagnose - < error.log`",
    )?;
    let mut aws = arguments.aws.clone();
    aws.offline |= !aws.live && aws.profile.is_none() && aws.snapshot.is_none();
    let found = diagnose(&text);
    // A quota says so by its class; what IAM refused may speak of quotas too.
    if !matches!(found, Diagnosis::Denied(_))
        && matches!(of_quota::diagnose(&text), of_quota::Diagnosis::Quota { .. })
    {
        return quota::diagnose_text(&text, arguments.path.as_deref(), arguments.json, out);
    }
    let context = quota::context(arguments.path.as_deref(), &aws)?;
    match found {
        Diagnosis::Denied(denied) => {
            let found = context.as_ref().map(|context| finding(context, &denied));
            if arguments.json {
                json_page(&denied_json(&denied, found.as_ref(), context.as_ref()), out)?;
            } else {
                denied_page(&denied, found.as_ref(), context.as_ref(), out)?;
            }
            Ok(Exit::Ready)
        }
        Diagnosis::Known(cause) => {
            if arguments.json {
                json_page(&cause_json(cause, context.as_ref()), out)?;
            } else {
                cause_page(cause, context.as_ref(), out)?;
            }
            Ok(Exit::Ready)
        }
        Diagnosis::Unknown => match of_quota::diagnose(&text) {
            of_quota::Diagnosis::NotQuota { what } => {
                if arguments.json {
                    let page = json!({"schemaVersion": SCHEMA_VERSION, "kind": "other", "title": what, "steps": [], "checks": []});
                    json_page(&page, out)?;
                } else {
                    writeln!(out, "{}", hanging("", &sentence(what)))?;
                }
                Ok(Exit::Ready)
            }
            _ => Err(Failure::new("this error is not known").help(HELP)),
        },
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

fn place(evidence: &Evidence) -> Option<String> {
    Some(evidence.site.as_ref()?.place())
}

fn denied_page(
    denied: &Denied,
    found: Option<&Finding>,
    context: Option<&Context>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let on = denied
        .resource
        .as_ref()
        .map_or_else(String::new, |resource| {
            format!(" on {}", clean::line(resource))
        });
    let how = match (denied.explicit, denied.policy) {
        (true, Some(policy)) => format!("an explicit Deny in a {}", policy.words()),
        (true, None) => "an explicit Deny".to_owned(),
        (false, Some(policy)) => format!("no {} allows it", policy.words()),
        (false, None) => "nothing allows it".to_owned(),
    };
    writeln!(
        out,
        "{}",
        hanging(
            "",
            &format!("IAM refuses {}{on}: {how}.", clean::line(&denied.action))
        )
    )?;
    if let Some(who) = &denied.principal {
        writeln!(out, "{}", hanging("  who asked  ", &clean::line(who)))?;
    }
    let Some(found) = found else {
        return writeln!(
            out,
            "{}",
            hanging(
                "  project    ",
                "none here: run it in the project, or give its path, to see which agent needs this and what its role says"
            )
        );
    };
    match &found.owner {
        Some(owner) => writeln!(out, "{}", hanging("  whose      ", &clean::line(owner)))?,
        None => writeln!(
            out,
            "{}",
            hanging(
                "  whose      ",
                "the role is none that this project is known to use: a caller's, a deployer's or another project's"
            )
        )?,
    }
    if found.owner.is_some() {
        let places: Vec<String> = found
            .used
            .iter()
            .filter_map(|(by, evidence)| Some(format!("{} ({by})", place(evidence)?)))
            .take(5)
            .collect();
        let text = if places.is_empty() {
            "the code that was read shows no such call: a package makes it, or a tool that the model chose".to_owned()
        } else {
            places.join(", ")
        };
        writeln!(out, "{}", hanging("  used at    ", &clean::line(&text)))?;
    }
    for role in &found.roles {
        writeln!(out, "{}", hanging("  role       ", &clean::line(role)))?;
    }
    for note in &found.notes {
        writeln!(out, "{}", hanging("  note       ", &clean::line(note)))?;
    }
    if let Some(policy) = &found.policy {
        let text = json::text(policy);
        writeln!(out, "\nThe policy that is missing\n{text}")?;
    }
    commands(&found.commands, out)?;
    checks(&ROLES, context, out)
}

fn commands(commands: &[Command], out: &mut dyn Write) -> std::io::Result<()> {
    let texts: Vec<String> = commands.iter().filter_map(Command::text).collect();
    if texts.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nPut it into force")?;
    for text in texts {
        writeln!(out, "  {text}")?;
    }
    Ok(())
}

fn cause_page(
    cause: &Cause,
    context: Option<&Context>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    writeln!(out, "{}", hanging("", &sentence(cause.title)))?;
    writeln!(out, "{}", hanging("  why  ", cause.why))?;
    writeln!(out, "\nDo this, in this order")?;
    for (index, step) in cause.steps.iter().enumerate() {
        writeln!(out, "{}", hanging(&format!("  {}. ", index + 1), step))?;
    }
    checks(cause.checks, context, out)
}

fn checks(ids: &[&str], context: Option<&Context>, out: &mut dyn Write) -> std::io::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let Some(context) = context else {
        let text = format!(
            "Checks that bear on it: {} (run in a project to see how they stand).",
            ids.join(", ")
        );
        return writeln!(out, "\n{}", hanging("", &text));
    };
    writeln!(out, "\nHow this project stands")?;
    for result in quota::standing(context, ids) {
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
            hanging(
                &format!("  {mark} {:<24}", result.check),
                &clean::line(&result.message)
            )
        )?;
    }
    Ok(())
}

fn stands(ids: &[&str], context: Option<&Context>) -> Vec<Value> {
    let one = |result: &CheckResult| json!({"check": result.check, "resource": result.resource, "status": result.status, "message": result.message});
    match context {
        Some(context) => quota::standing(context, ids).iter().map(one).collect(),
        None => ids.iter().map(|id| json!({"check": id})).collect(),
    }
}

fn denied_json(denied: &Denied, found: Option<&Finding>, context: Option<&Context>) -> Value {
    let mut page = json!({
        "schemaVersion": SCHEMA_VERSION, "kind": "access-denied", "principal": denied.principal, "role": denied.role,
        "action": denied.action, "resource": denied.resource, "explicit": denied.explicit,
        "policyKind": denied.policy.map(crate::diagnose::Policy::words), "checks": stands(&ROLES, context),
    });
    if let Some(found) = found {
        let used = found.used.iter().filter_map(|(by, evidence)| {
            let site = evidence.site.as_ref()?;
            Some(json!({"by": by, "path": &*site.path, "line": site.span.map(|span| span.line)}))
        });
        page["agent"] = json!(found.owner);
        page["usedAt"] = used.collect();
        page["roles"] = json!(found.roles);
        page["notes"] = json!(found.notes);
        page["policy"] = json!(found.policy);
        page["commands"] = found
            .commands
            .iter()
            .filter_map(Command::text)
            .map(Value::from)
            .collect();
    }
    page
}

fn cause_json(cause: &Cause, context: Option<&Context>) -> Value {
    json!({
        "schemaVersion": SCHEMA_VERSION, "kind": cause.id, "title": cause.title, "why": cause.why, "steps": cause.steps,
        "checks": stands(cause.checks, context),
    })
}
