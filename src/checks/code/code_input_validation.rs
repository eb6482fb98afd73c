//! `code-input-validation`: Input validation on payload fields (type, length, format).

mod fixes;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::exposed;
use crate::analysis::request_fields::{Field, Kind, OR, reaching};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use std::collections::BTreeSet;

use self::fixes::fix;

pub(super) static CHECK: Check = Check {
    id: "code-input-validation",
    title: "Input validation on payload fields (type, length, format)",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_input_validation.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each_handled(context, judge)
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let (fields, truncated) = reaching(code);
    let name = &code.runtime.name;
    let faults: Vec<(&Field, Severity, String)> = fields
        .iter()
        .filter_map(|field| fault(field).map(|(severity, what)| (field, severity, what)))
        .collect();
    let Some(worst) = faults.iter().min_by_key(|(_, severity, _)| *severity) else {
        if let Some(truncated) = truncated {
            let reason = agent_code::limited(code.source, &truncated);
            return Outcome::skipped(code.resource(), reason);
        }
        if fields.is_empty()
            && let Some((module, range, reached)) = exposed::out_of_sight(code)
        {
            let site = agent_code::evidence(code.source, module, range).site;
            let place = site.map_or_else(String::new, |site| site.place());
            let message = format!(
                "{place} gives {} a parameter, and which handler runs that, by which way, is not seen",
                reached.words()
            );
            let reason = Unread::new(ReasonCode::Unsupported, message);
            return Outcome::skipped(code.resource(), reason);
        }
        let message = match fields.len() {
            0 => format!(
                "no payload field of runtime {name} reaches a model, a tool or a command; looked at {}",
                code.scope()
            ),
            _ => format!(
                "runtime {name} tests each payload field that reaches a model, a tool or a command: {}",
                names(&fields)
            ),
        };
        return Outcome::pass(code.resource(), message);
    };
    let (field, severity, what) = worst;
    let others: BTreeSet<&str> = faults
        .iter()
        .map(|(field, ..)| &*field.name)
        .filter(|other| *other != field.name)
        .collect();
    let more = match others.len() {
        0 => String::new(),
        1 => " (and 1 more field)".to_owned(),
        count => format!(" (and {count} more fields)"),
    };
    let message = format!(
        "runtime {name}: {} reaches {} {what}{more}; {}",
        called(field),
        field.reaches,
        why(field, *severity)
    );
    let evidence = faults.iter().map(|(field, severity, what)| {
        let note = format!("{} reaches {} {what}", quoted(field), field.reaches);
        agent_code::evidence(code.source, field.site.0, field.site.1)
            .note(note)
            .severity(*severity)
            .steps(agent_code::steps(code.source, &field.steps))
    });
    let evidence: Vec<Evidence> = evidence.collect();
    Outcome::fail(code.resource(), message)
        .severity(*severity)
        .evidences(evidence)
        .fix(fix(code, field))
}

fn names(fields: &[Field]) -> String {
    let names: BTreeSet<String> = fields.iter().map(quoted).collect();
    Vec::from_iter(names).join(", ")
}

/// `prompt`, or `prompt` or `input`.
fn quoted(field: &Field) -> String {
    let names: Vec<String> = field
        .name
        .split(OR)
        .map(|name| format!("`{name}`"))
        .collect();
    names.join(" or ")
}

fn called(field: &Field) -> String {
    match field.whole {
        true => format!("{} as a whole", quoted(field)),
        false => format!("payload field {}", quoted(field)),
    }
}

/// What a field lacks, and how bad that is.
fn fault(field: &Field) -> Option<(Severity, String)> {
    let found = lacks(field)?;
    if field.tested.unread {
        let what = "through a validator that could not be read: whether it tests type and length is not known";
        return Some((Severity::Low, what.to_owned()));
    }
    Some(found)
}

fn lacks(field: &Field) -> Option<(Severity, String)> {
    let tested = &field.tested;
    if field.structured {
        let what = if tested.lists && !tested.text_only {
            "as a list or object that may hold a `toolUse` block"
        } else {
            "without a type test: a list or object with a `toolUse` block in it runs a tool without the model"
        };
        return Some((Severity::High, what.to_owned()));
    }
    match field.kind {
        Kind::Flag => None,
        Kind::Address if tested.formatted => None,
        Kind::Address => Some((Severity::Medium, "without a test of its host".to_owned())),
        Kind::Id if tested.formatted => None,
        Kind::Id if tested.typed => {
            Some((Severity::Low, "without a test of its format".to_owned()))
        }
        Kind::Id => Some((
            Severity::Medium,
            "without a test of its type or format".to_owned(),
        )),
        Kind::Number if tested.ranged => None,
        Kind::Number if tested.typed => {
            Some((Severity::Low, "without a test of its range".to_owned()))
        }
        Kind::Number => Some((
            Severity::Medium,
            "without a test of its type or range".to_owned(),
        )),
        Kind::Text if tested.typed && tested.bounded => None,
        // A list or an object that is written out, and no longer than that as a whole.
        Kind::Text if tested.sized && (tested.lists || field.whole) => None,
        Kind::Text if tested.typed => Some((
            Severity::Low,
            "without an upper bound on its length".to_owned(),
        )),
        Kind::Text if tested.bounded => {
            Some((Severity::Low, "without a test of its type".to_owned()))
        }
        Kind::Text => Some((
            Severity::Medium,
            "without a test of its type or an upper bound on its length".to_owned(),
        )),
    }
}

fn why(field: &Field, severity: Severity) -> &'static str {
    match (field.kind, severity) {
        (_, Severity::High | Severity::Critical) => "AWS's security guidance describes this bypass",
        (Kind::Id, _) => "a caller can name any other user's or session's data",
        (Kind::Address, _) => {
            "a caller can have the agent call any host, those of its own network too"
        }
        (Kind::Number, _) => "a caller can ask for any amount of work",
        _ => "a payload can be 100 MB, and you pay for every token",
    }
}
