//! `quota`: what an error means, what load is expected, how more is asked for.

mod diagnose;
mod request;
mod show;

use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::audit;
use crate::cli::AwsArgs;
use crate::cli::quota::{QuotaArgs, QuotaCommand};
use crate::collect::project::TARGETS;
use crate::commands::given::{self, Given};
use crate::commands::root;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::model::known::Known;
use crate::model::project::Target;
use crate::model::site::Site;
use crate::quota::applied::{Applied, applied, number};
use crate::quota::table::{AS_OF, Quota};
use crate::report::{CheckResult, Status};

pub(super) use self::diagnose::of_text as diagnose_text;

/// Runs `quota`.
///
/// # Errors
/// When the input cannot be used, or the project that was asked for is not there.
pub fn run(arguments: &QuotaArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    match &arguments.command {
        QuotaCommand::Diagnose(arguments) => diagnose::run(arguments, out),
        QuotaCommand::Show(arguments) => show::run(arguments, out),
        QuotaCommand::Request(arguments) => request::run(arguments, out),
    }
}

/// The context of the project at PATH, or around the current folder; AWS is read as `check` reads it.
pub(super) fn context(path: Option<&Path>, aws: &AwsArgs) -> Result<Option<Context>, Failure> {
    let Some(root) = root::find(path)? else {
        return Ok(None);
    };
    let options = audit::Options {
        shown: ".".to_owned(),
        target: aws.target.clone(),
        offline: aws.offline,
        live: aws.live,
        snapshot: aws.snapshot.clone(),
        profile: aws.profile.clone(),
        region: aws.region.clone(),
        endpoint_url: aws.endpoint_url.clone(),
        ..audit::Options::default()
    };
    given::usable(Given {
        profile: aws.profile.as_deref(),
        region: aws.region.as_deref(),
        endpoint_url: aws.endpoint_url.as_deref(),
        // `--region` chooses the defaults that are shown, without AWS too.
        without_aws: None,
    })?;
    let mut context = audit::collect(&root, &options)?;
    // The defaults too are those of the Region that was asked for.
    if let Some(region) = &aws.region {
        let target = context.target.get_or_insert_with(|| Target {
            name: "default".to_owned(),
            account: None,
            region: None,
            site: Site::file(TARGETS),
        });
        target.region = Some(region.clone());
    }
    if aws.live
        && let Known::Unread(reason) = &context.aws
    {
        let flag = reason.flag.as_deref().unwrap_or("--profile");
        return Err(Failure::new(reason.message.clone()).help(format!(
            "choose credentials, account and Region with {flag}"
        )));
    }
    Ok(Some(context))
}

/// An argument, or standard input for `-` and for nothing.
pub(super) fn text_or_stdin(
    given: Option<&str>,
    longest: usize,
    help: &str,
) -> Result<String, Failure> {
    if let Some(text) = given.filter(|text| *text != "-") {
        return Ok(text.to_owned());
    }
    let mut stdin = io::stdin().lock();
    if given.is_none() && stdin.is_terminal() {
        return Err(Failure::new("no error text was given").help(help));
    }
    let mut bytes = Vec::new();
    stdin
        .by_ref()
        .take(u64::try_from(longest).unwrap_or(u64::MAX))
        .read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if text.trim().is_empty() {
        return Err(Failure::new("standard input holds no text").help(help));
    }
    Ok(text)
}

/// How the checks stand, worst result of each.
pub(super) fn standing(context: &Context, checks: &[&str]) -> Vec<CheckResult> {
    let rank = |status: Status| match status {
        Status::Fail => 0,
        Status::Manual => 1,
        Status::Skipped => 2,
        Status::Pass => 3,
        Status::NotApplicable => 4,
    };
    let mut worst: Vec<CheckResult> = Vec::new();
    for result in audit::evaluate(context, |check| checks.contains(&check.id)) {
        match worst.iter_mut().find(|known| known.check == result.check) {
            Some(known) if rank(result.status) < rank(known.status) => *known = result,
            Some(_) => {}
            None => worst.push(result),
        }
    }
    worst
}

/// A quota with its values, for JSON.
fn quota_json(quota: &Quota, applied: &Applied, region: Option<&str>) -> Value {
    json!({
        "id": quota.id, "name": quota.name, "code": quota.code, "codeSource": quota.code.map(|_| "third party"),
        "default": quota.default_in(region), "defaultAsOf": AS_OF, "applied": applied, "unit": quota.unit, "per": quota.per,
        "adjustable": quota.adjustable,
    })
}

/// The value of a quota in words.
fn value_words(quota: &Quota, context: Option<&Context>) -> String {
    let applied = applied(context, quota);
    let unit = applied
        .value
        .map(|_| format!(" {} per {}", quota.unit, quota.per))
        .unwrap_or_default();
    match applied.value {
        Some(value) => {
            applied
                .words
                .replacen(&number(value), &format!("{}{unit}", number(value)), 1)
        }
        None => applied.words,
    }
}

fn region(context: Option<&Context>) -> Option<&str> {
    context?.target.as_ref()?.region.as_deref()
}
