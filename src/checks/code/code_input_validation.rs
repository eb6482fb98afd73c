//! `code-input-validation`: Input validation on payload fields (type, length, format).

mod compared;
mod fields;
mod kinds;
mod pydantic;
mod reach;
mod schema;
mod taken;
mod tested;
mod zod;

use crate::checks::agent_code::{self, AgentCode};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Evidence, Fix, Outcome, Severity};

use self::fields::{Field, Kind};

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
    agent_code::each(context, judge)
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let fields = fields::reaching(code);
    let name = &code.runtime.name;
    let faults: Vec<(&Field, Severity, String)> = fields
        .iter()
        .filter_map(|field| fault(field).map(|(severity, what)| (field, severity, what)))
        .collect();
    let Some(worst) = faults.iter().min_by_key(|(_, severity, _)| *severity) else {
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
    let more = match faults.len() {
        1 => String::new(),
        count => format!(
            " (and {} more field{})",
            count - 1,
            if count == 2 { "" } else { "s" }
        ),
    };
    let message = format!(
        "runtime {name}: payload field `{}` reaches {} {what}{more}; {}",
        field.name,
        field.reaches,
        why(field, *severity)
    );
    let evidence = faults.iter().map(|(field, severity, what)| {
        let note = format!("`{}` reaches {} {what}", field.name, field.reaches);
        agent_code::evidence(code.source, field.site.0, field.site.1)
            .note(note)
            .severity(*severity)
    });
    let evidence: Vec<Evidence> = evidence.collect();
    Outcome::fail(code.resource(), message)
        .severity(*severity)
        .evidences(evidence)
        .fix(fix(code, field))
}

fn names(fields: &[Field]) -> String {
    let names: Vec<String> = fields
        .iter()
        .map(|field| format!("`{}`", field.name))
        .collect();
    names.join(", ")
}

/// What a field lacks, and how bad that is.
fn fault(field: &Field) -> Option<(Severity, String)> {
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
        (_, Severity::High | Severity::Critical) => {
            "AWS names this way past the model in its security practices"
        }
        (Kind::Id, _) => "a caller can name any other user's or session's data",
        (Kind::Number, _) => "a caller can ask for any amount of work",
        _ => "a payload may hold 100 MB, and every token of it is paid",
    }
}

fn fix(code: &AgentCode<'_>, field: &Field) -> Fix {
    let python = code
        .source
        .module(field.site.0)
        .is_none_or(|module| module.language == crate::model::source::Language::Python);
    let name = &field.name;
    let note = match (python, field.kind) {
        (true, Kind::Id) => format!(
            "Before it is used: `if not isinstance({name}, str) or not re.fullmatch(r\"[A-Za-z0-9_-]{{1,128}}\", {name}): return {{\"error\": \"Invalid '{name}'\"}}`. Better, take it from the verified token or the request context."
        ),
        (true, Kind::Number) => format!(
            "Before it is used: `if not isinstance({name}, int) or not 1 <= {name} <= 100: return {{\"error\": \"Invalid '{name}'\"}}`."
        ),
        (true, _) => format!(
            "Before it is used: `if not isinstance({name}, str) or len({name}) > 10_000: return {{\"error\": \"Missing or too long '{name}'\"}}`; or a pydantic model with `{name}: str = Field(max_length=10_000)`."
        ),
        (false, Kind::Id) => format!(
            "In the request schema: `{name}: z.string().regex(/^[A-Za-z0-9_-]{{1,128}}$/)`."
        ),
        (false, Kind::Number) => {
            format!("In the request schema: `{name}: z.number().int().min(1).max(100)`.")
        }
        (false, _) => format!("In the request schema: `{name}: z.string().max(10_000)`."),
    };
    Fix::new("Test the field before it is used").note(note)
}
