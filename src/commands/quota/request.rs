//! `quota request`.

use std::io::Write;

use serde_json::json;

use super::{context, quota_json, region, standing};
use crate::cli::quota::RequestArgs;
use crate::exit::{Exit, Failure, suggestion};
use crate::quota::applied::number;
use crate::quota::mitigations::mitigations;
use crate::quota::request::{Request, request};
use crate::quota::table::{self, Default, Quota};
use crate::render::prose::{hanging, json_page};
use crate::render::style::{Paint, Painter};
use crate::report::{CheckResult, SCHEMA_VERSION, Status};

/// A quota whose code is not in the table.
static OTHER: Quota = Quota {
    id: "other",
    name: "the quota with this code, by the name that list-service-quotas gives",
    code: None,
    default: Default::Varies,
    unit: "",
    per: "account and Region",
    adjustable: true,
    checks: &[],
};

/// Runs it.
pub fn run(arguments: &RequestArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    if arguments
        .value
        .is_some_and(|value| !value.is_finite() || value <= 0.0)
    {
        return Err(Failure::new("--value must be a number above 0"));
    }
    let (quota, code) = pick(&arguments.quota)?;
    if quota.id == "model-rate" {
        return Err(Failure::new("model quotas belong to Amazon Bedrock, one for each model and kind").help(
            "`aws service-quotas list-service-quotas --service-code bedrock` lists them with their codes",
        ));
    }
    if !quota.adjustable {
        let first = mitigations(quota.id).first().copied().unwrap_or_default();
        return Err(Failure::new(format!("{} cannot be raised", quota.name)).help(first));
    }
    let context = context(arguments.path.as_deref(), &arguments.aws)?;
    let context = context.as_ref();
    let request = request(
        quota,
        code.as_deref(),
        arguments.value,
        arguments.aws.region.as_deref(),
        context,
    );
    if let (Some(wanted), Some(current)) = (arguments.value, request.current.value)
        && wanted <= current
    {
        return Err(Failure::new(format!(
            "--value {} is not more than the current value, {}",
            number(wanted),
            number(current)
        ))
        .help(
            "an increase is asked for with a higher value; nothing needs to be asked for below it",
        ));
    }
    let tried = context
        .map(|context| standing(context, quota.checks))
        .unwrap_or_default();
    if arguments.json {
        let mut page = json!({
            "schemaVersion": SCHEMA_VERSION,
            "quota": quota_json(quota, &request.current, region(context)),
            "value": request.value,
            "confirm": request.confirm.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "commands": request.command.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "justification": request.fields,
            "mitigations": mitigations(quota.id),
            "checks": tried.iter().map(|result| json!({"check": result.check, "status": result.status, "message": result.message})).collect::<Vec<_>>(),
        });
        page["quota"]["code"] = json!(request.code);
        json_page(&page, out)?;
    } else {
        text_page(quota, &request, &tried, out)?;
    }
    Ok(Exit::Ready)
}

fn pick(wanted: &str) -> Result<(&'static Quota, Option<String>), Failure> {
    if let Some(quota) = table::find(wanted) {
        return Ok((quota, None));
    }
    let code = wanted.to_ascii_uppercase();
    let is_code = code
        .strip_prefix("L-")
        .is_some_and(|rest| rest.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_code {
        return Ok((&OTHER, Some(code)));
    }
    let close = suggestion(wanted, table::QUOTAS.iter().map(|quota| quota.id));
    let help = match close {
        Some(id) => {
            format!("did you mean {id}? `agentcore-harden quota show --all` lists every id")
        }
        None => "`agentcore-harden quota show --all` lists every id".to_owned(),
    };
    Err(Failure::new(format!("no quota {wanted:?}")).help(help))
}

fn text_page(
    quota: &Quota,
    request: &Request,
    tried: &[CheckResult],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    writeln!(
        out,
        "{}\n",
        hanging(
            "",
            &format!("Before asking: {}.", mitigations(quota.id).join("; "))
        )
    )?;
    let open: Vec<&CheckResult> = tried
        .iter()
        .filter(|result| matches!(result.status, Status::Fail | Status::Manual))
        .collect();
    for result in &open {
        writeln!(
            out,
            "{}",
            hanging(
                &format!(
                    "  {} {} ",
                    if result.status == Status::Fail {
                        "✖"
                    } else {
                        "?"
                    },
                    result.check
                ),
                &result.message
            )
        )?;
    }
    if !open.is_empty() {
        writeln!(out)?;
    }
    let painter = Painter {
        color: crate::commands::colored(),
    };
    let heading = |text: &str| painter.paint(Paint::Strong, text);
    writeln!(
        out,
        "{}",
        heading("Confirm the code and the account's value (the codes printed here are unofficial)")
    )?;
    let command_line = |command: String| painter.paint(Paint::Command, &command);
    for command in &request.confirm {
        writeln!(out, "  {}", command_line(command.to_string()))?;
    }
    writeln!(out, "\n{}", heading("Ask"))?;
    match (&request.command, &request.code) {
        (Some(command), _) => writeln!(out, "  {}", command_line(command.to_string()))?,
        (None, None) => writeln!(
            out,
            "{}",
            hanging(
                "  ",
                "no code is known for this quota: take it from the list above and give it as --quota L-…; if it is not listed, open a Support case"
            )
        )?,
        (None, Some(_)) => writeln!(
            out,
            "{}",
            hanging(
                "  ",
                "the value to ask for is not known: give --value N, or declare the traffic in agentcore-harden.toml; if the load that is declared already fits the current value, nothing needs to be asked for"
            )
        )?,
    }
    writeln!(out, "\n{}", heading("Justification"))?;
    for field in &request.fields {
        writeln!(
            out,
            "{}",
            hanging(
                &format!("  {:<31}", format!("{}:", field.label)),
                &field.value
            )
        )?;
    }
    writeln!(
        out,
        "\n{}",
        hanging(
            "",
            "The caller needs ServiceQuotasFullAccess and iam:CreateServiceLinkedRole. Figures of a load test and a launch date speed the review up."
        )
    )
}
