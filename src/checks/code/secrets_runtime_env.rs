//! `secrets-runtime-env`: No secrets in runtime environment variables.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::checks::fixes;
use crate::checks::judge::{Problem, judge_sources};
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, Environment, Variable, VariableValue};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::project::Agent;
use crate::secrets::mask::stars;
use crate::secrets::values::Values;
use crate::secrets::{
    self, names::dynamic_reference, names::harmless_under, names::secret_like_name,
};

pub(super) static CHECK: Check = Check {
    id: "secrets-runtime-env",
    title: "No secrets in runtime environment variables",
    category: Category::Code,
    severity: Severity::Critical,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("secrets_runtime_env.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/identity-getting-started.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_GetAgentRuntime.html",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let outcomes: Vec<Outcome> = project
        .agents()
        .map(|agent| outcome(context, agent))
        .collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Agent],
        "no runtime or harness is configured",
    )
}

/// What has to happen to a secret that was ever written down.
const REPLACE: &str = "replace the secrets at their issuer: they are in old versions of the runtime, and in the git history and the template where they stood there";

const WRITTEN: &str = "in environment variables, in plain text for anyone who can read the configuration, the template or the runtime";
const RESOLVED: &str = "resolved into the deployed runtime's plain-text configuration, where anyone who can read the runtime sees them";

fn outcome(context: &Context, agent: Agent<'_>) -> Outcome {
    let resource = agent.resource();
    let layers = context.environments(agent);
    // What a deploy fetches from a vault was never written down.
    let written = Cell::new(false);
    let mut outcome = judge_sources(
        context,
        resource.clone(),
        &layers,
        || context.agent_unread(agent),
        |layer| {
            let found: Vec<(&Variable, Suspicion)> = layer
                .value
                .iter()
                .filter_map(|variable| Some((variable, suspected(variable)?)))
                .collect();
            if found.is_empty() {
                return Ok(match layer.value.len() {
                    0 => format!("{resource} has no environment variables"),
                    count => format!(
                        "none of the {count} environment variables of {resource} is a secret by its name or value"
                    ),
                });
            }
            let names: Vec<&str> = found.iter().map(|(one, _)| one.name.as_str()).collect();
            let resolved = found.iter().all(|(_, suspicion)| suspicion.resolved);
            let mut cover = Cover::of(&layer.value);
            written.set(written.get() || !resolved);
            let what = if resolved { RESOLVED } else { WRITTEN };
            Err(Problem {
                message: format!("{resource} has secrets {what}: {}", listed(&names)),
                severity: resolved.then_some(Severity::High),
                evidence: found
                    .iter()
                    .map(|(variable, suspicion)| {
                        let note = format!("{}: {}", variable.name, suspicion.why);
                        let site = cover.hide(&variable.evidence).note(note);
                        match suspicion.resolved {
                            true => site.severity(Severity::High),
                            false => site,
                        }
                    })
                    .collect(),
                fixes: vec![fix(context, agent, &names)],
            })
        },
    );
    // What is written there now holds no password; what a deploy or a person puts in its place does.
    let mut addresses: Vec<Evidence> = Vec::new();
    for variable in layers.iter().flat_map(|layer| &layer.value) {
        if is_connection(&variable.name)
            && suspected(variable).is_none()
            && variable.text().is_some()
        {
            let note = format!(
                "{}: the address of a database holds a password in nearly every project; keep it in Secrets Manager",
                variable.name
            );
            addresses.push(variable.evidence.clone().note(note).context());
        }
    }
    outcome = outcome.evidences(addresses);
    // A deploy alone takes it out of the runtime, and out of nothing else.
    for fix in outcome.fixes.iter_mut().filter(|_| written.get()) {
        if !fix.note.contains(REPLACE) {
            fix.note = format!("{}. Then {REPLACE}", fix.note);
        }
    }
    outcome
}

/// True for the name of an address of a database or broker, which holds a user and a password as a rule.
fn is_connection(name: &str) -> bool {
    const STORES: [&str; 14] = [
        "DATABASE",
        "DB",
        "POSTGRES",
        "POSTGRESQL",
        "PG",
        "MYSQL",
        "MARIADB",
        "MONGO",
        "MONGODB",
        "REDIS",
        "AMQP",
        "RABBITMQ",
        "BROKER",
        "SQLALCHEMY",
    ];
    let upper = name.to_ascii_uppercase();
    let Some((rest, last)) = upper.rsplit_once('_') else {
        return false;
    };
    match last {
        "DSN" => true,
        "URL" | "URI" => rest.split('_').any(|part| STORES.contains(&part)),
        "STRING" => rest.ends_with("CONNECTION") || rest.ends_with("CONN"),
        _ => false,
    }
}

/// Why a variable is taken for a secret.
struct Suspicion {
    why: String,
    /// The configuration holds a reference only, which CloudFormation replaces by the secret.
    resolved: bool,
}

/// Why a variable is taken for a secret, in whichever source it stands.
fn suspected(variable: &Variable) -> Option<Suspicion> {
    if let VariableValue::Text(text) = &variable.value
        && let Some(service) = dynamic_reference(text)
    {
        // A parameter of the plain kind may be any setting.
        let secret = service != "ssm" || secret_like_name(&variable.name);
        return secret.then(|| Suspicion {
            why: format!(
                "CloudFormation resolves `{}` into the deployed runtime's plain-text configuration",
                text.trim()
            ),
            resolved: true,
        });
    }
    let why = suspected_text(variable)?;
    Some(Suspicion {
        why,
        resolved: false,
    })
}

fn suspected_text(variable: &Variable) -> Option<String> {
    match &variable.value {
        VariableValue::Text(text) => suspicion(&variable.name, text),
        // An attribute of another resource: an id, a name, a URL.
        VariableValue::Reference => None,
        VariableValue::Masked(kept) => match &kept.finding {
            Some(kind) => Some(format!("the value is a secret ({kind}), {}", kept.masked)),
            None => {
                let harmless = kept.harmless || kept.switch.is_some();
                (!harmless && secret_like_name(&variable.name))
                    .then(|| format!("the name says that it is a secret, value {}", kept.masked))
            }
        },
    }
}

/// Why a variable is taken for a secret. An empty value, a switch, a number, an ARN or the path of a secret is none, whatever the name.
fn suspicion(name: &str, value: &str) -> Option<String> {
    let trimmed = value.trim();
    if let Some(kind) = secrets::secret_variable(name, trimmed) {
        return Some(format!(
            "the value is a secret ({}), {}",
            kind.title,
            masked(trimmed)
        ));
    }
    (!harmless_under(name, trimmed) && secret_like_name(name)).then(|| {
        format!(
            "the name says that it is a secret, value {}",
            masked(trimmed)
        )
    })
}

/// At most the first four characters, and the length.
fn masked(value: &str) -> String {
    let length = value.chars().count();
    let shown: String = value.chars().take(4.min(length / 4)).collect();
    format!("{shown}… ({length} characters)")
}

/// Covers every value of an environment in what is quoted of it: other secrets may stand on the same line.
struct Cover {
    values: Values,
    /// Texts that were covered before: many variables may stand on one line.
    covered: HashMap<Arc<str>, Arc<str>>,
}

impl Cover {
    fn of(environment: &Environment) -> Self {
        let values = environment
            .iter()
            .filter(|variable| suspected(variable).is_some_and(|found| !found.resolved))
            .filter_map(Variable::text)
            .flat_map(|text| [text.to_owned(), escaped(text)])
            .filter(|value| !value.trim().is_empty());
        Self {
            values: Values::new(values.collect()),
            covered: HashMap::new(),
        }
    }

    /// The evidence with every value taken out of the quoted text.
    fn hide(&mut self, evidence: &Evidence) -> Evidence {
        let mut evidence = evidence.clone();
        if let Some(site) = &mut evidence.site {
            site.excerpt = self.text(&site.excerpt);
            site.line_text = self.text(&site.line_text);
        }
        evidence
    }

    fn text(&mut self, text: &Arc<str>) -> Arc<str> {
        let values = &self.values;
        let covered = || cover(values, text).into();
        Arc::clone(self.covered.entry(Arc::clone(text)).or_insert_with(covered))
    }
}

/// The value as it stands in JSON.
fn escaped(value: &str) -> String {
    serde_json::to_string(value)
        .map(|text| text.trim_matches('"').to_owned())
        .unwrap_or_default()
}

/// Stars of the same length keep the columns; a quoted text that was cut may end inside of a value.
fn cover(values: &Values, text: &str) -> String {
    /// Shortest start of a value that is taken for one where a text was cut, in bytes.
    const SHORTEST: usize = 8;
    let mut out = values.cover(text, stars).unwrap_or_else(|| text.to_owned());
    if let Some(at) = values.cut(&out, SHORTEST) {
        out.truncate(at);
        out.push('…');
    }
    out
}

/// Most variables that are named, and for which a command is printed: an agent may have 50.
const MOST_NAMED: usize = 50;

/// The names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let shown = names.get(..MOST_NAMED).unwrap_or(names).join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn fix(context: &Context, agent: Agent<'_>, names: &[&str]) -> Fix {
    let mut fix = Fix::new("Remove them from the configuration");
    for name in names.iter().take(MOST_NAMED) {
        let edit = match agent {
            Agent::Runtime(_) => fixes::edit_agent(
                agent,
                ".envVars |= map(select(.name != $variable))",
                &[("variable", name)],
            ),
            Agent::Harness(_) => fixes::edit_agent(
                agent,
                "del(.environmentVariables[$variable])",
                &[("variable", name)],
            ),
        };
        fix = fix.commands(edit);
    }
    fix.command(fixes::deploy(context)).note(
        "first register each with `agentcore add credential`, which asks for the value, and read it in code by @requires_api_key (Python) or withApiKey \
         (TypeScript)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_told_from_settings() {
        assert!(suspicion("OPENAI_API_KEY", "anything-at-all").is_some());
        assert!(suspicion("DB_PASSWORD", "hunter2hunter2").is_some());
        for (name, value) in [
            ("MAX_TOKENS", "4096"),
            (
                "DB_SECRET_ARN",
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-a1b2c3",
            ),
            (
                "APP_SECRET",
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-a1b2c3",
            ),
            ("API_KEY_ENABLED", "true"),
            ("API_KEY", ""),
            ("TOKEN_PROVIDER", "cognito"),
            ("MODEL_ID", "anthropic.claude"),
        ] {
            assert!(suspicion(name, value).is_none(), "{name}");
        }
    }

    #[test]
    fn the_quoted_line_shows_no_secret() {
        let values = Values::new(vec!["abcdefghijklmnop".to_owned(), "klmnopqrst".to_owned()]);
        assert_eq!(
            cover(&values, "{\"value\": \"abcdefghijklmnop\"}"),
            "{\"value\": \"abcd************\"}"
        );
        assert_eq!(cover(&values, "x abcdefghij"), "x …");
        assert_eq!(cover(&values, "x abcdefg"), "x abcdefg");
    }
}
