//! `policy`: the least-privilege IAM that an agent needs, with the commands that apply it.

use std::io::Write;

use serde_json::{Value, json};

use super::given::{self, Given};
use super::{emit, root};
use crate::audit;
use crate::cli::policy::LeastPrivilegeArgs;
use crate::context::{Context, partition};
use crate::exit::{Exit, Failure, suggestion};
use crate::least_privilege::{self, INLINE_LIMIT, Kind, Plan, Subject, apply, size};
use crate::model::predicted_role::Names;
use crate::model::project::Agent;
use crate::render::json;
use crate::render::prose::{hanging, json_page};
use crate::report::SCHEMA_VERSION;
use crate::secrets::redact;
use crate::shell::Command;
use crate::text::clean;

/// Prints the policies of one agent.
///
/// # Errors
/// When there is no such project or agent, or account and Region are not known.
pub fn run(
    arguments: &LeastPrivilegeArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, Failure> {
    with_subject(arguments, |subject| match arguments.kind {
        Some(kind) => one(subject, kind.kind(), arguments.json, out, err),
        None if arguments.json => all_json(subject, out),
        None => page(subject, out),
    })?;
    Ok(Exit::Ready)
}

/// Finds the agent that the arguments name and hands it on.
///
/// # Errors
/// When there is no such project or agent, or account and Region are not known.
pub(super) fn with_subject<T>(
    arguments: &LeastPrivilegeArgs,
    answer: impl FnOnce(&Subject<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let root = root::find(arguments.path.as_deref())?.ok_or_else(|| {
        Failure::new("no project here")
            .help("give the path of a project made by `agentcore create`")
    })?;
    let options = audit::Options {
        shown: ".".to_owned(),
        target: arguments.target.clone(),
        offline: true,
        ..audit::Options::default()
    };
    let context = audit::collect(&root, &options)?;
    let agent = agent(&context, arguments.runtime.as_deref())?;
    answer(&Subject {
        context: &context,
        agent,
        names: names(&context, arguments)?,
    })
}

fn agent<'c>(context: &'c Context, wanted: Option<&str>) -> Result<Agent<'c>, Failure> {
    let names: Vec<&str> = context.project.agents().map(Agent::name).collect();
    let listed = || {
        if names.is_empty() {
            "the project has none".to_owned()
        } else {
            format!("there are: {}", names.join(", "))
        }
    };
    let mut agents = context.project.agents();
    match wanted {
        Some(wanted) => agents.find(|agent| agent.name() == wanted).ok_or_else(|| {
            let failure = Failure::new(format!("no runtime or harness \"{wanted}\""));
            failure.help(match suggestion(wanted, names.iter().copied()) {
                Some(close) => format!("did you mean \"{close}\"?"),
                None => listed(),
            })
        }),
        None => match (agents.next(), agents.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(Failure::new("the project has no runtime or harness")),
            _ => Err(Failure::new("which runtime is meant?")
                .help(format!("give --runtime NAME; {}", listed()))),
        },
    }
}

/// Account and Region: as given, else the target's.
fn names(context: &Context, arguments: &LeastPrivilegeArgs) -> Result<Names, Failure> {
    let target = context.target.as_ref();
    let account = arguments
        .account
        .clone()
        .or_else(|| target?.account.clone());
    // `aws configure get region` prints nothing where the environment says it.
    let environment = || {
        let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
        let mut values = variables.filter_map(|name| std::env::var(name).ok());
        values.find(|value| !value.is_empty())
    };
    let region = arguments
        .region
        .clone()
        .filter(|region| !region.is_empty())
        .or_else(|| target?.region.clone())
        .or_else(environment);
    let (Some(account), Some(region)) = (account, region) else {
        return Err(Failure::new(
            "account and Region are not known: agentcore/aws-targets.json names no target, and no ARN of agentcore/.cli/deployed-state.json says them",
        )
        .help("give --account ID and --region REGION"));
    };
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(
            Failure::new(format!("\"{account}\" is no account id")).help("it has twelve digits")
        );
    }
    given::usable(Given {
        region: Some(&region),
        ..Given::default()
    })?;
    Ok(Names {
        partition: partition(&region).to_owned(),
        region,
        account,
        project: context.project.display_name().to_owned(),
    })
}

/// None for a role whose policy surely lacks something that the agent calls.
pub(super) fn commands(subject: &Subject<'_>, kind: Kind) -> Vec<Command> {
    match kind {
        Kind::ExecutionRole | Kind::Trust
            if least_privilege::lacking(subject.context, subject.agent).is_some() =>
        {
            Vec::new()
        }
        Kind::ExecutionRole | Kind::Trust => apply::role(subject.context, subject.agent),
        Kind::Invoke | Kind::Command => apply::managed(subject.context, subject.agent, kind),
    }
}

pub(super) fn texts(commands: &[Command]) -> Vec<String> {
    commands.iter().map(Command::to_string).collect()
}

/// The policy, with the secrets covered that its notes quote.
fn plan(subject: &Subject<'_>, kind: Kind) -> Plan {
    let mut plan = least_privilege::plan(subject, kind);
    plan.notes.iter_mut().for_each(redact::sentence);
    plan
}

/// One document on standard output, so that it can go into a file; what else is to say on standard error.
fn one(
    subject: &Subject<'_>,
    kind: Kind,
    as_json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Failure> {
    let Plan {
        document, notes, ..
    } = plan(subject, kind);
    let commands = commands(subject, kind);
    if as_json {
        let page = json!({
            "schemaVersion": SCHEMA_VERSION,
            "runtime": subject.agent.name(),
            "kind": apply::word(kind),
            "policy": document,
            "notes": notes,
            "commands": texts(&commands),
        });
        return Ok(json_page(&page, out)?);
    }
    emit(out, pretty(&document).as_bytes())?;
    let mut told = String::new();
    for note in &notes {
        told.push_str(&hanging("note: ", &clean::line(note)));
        told.push('\n');
    }
    // The commands that make the role call this one: they are on the page without --kind.
    if matches!(kind, Kind::Invoke | Kind::Command) {
        told.push_str("To apply it:\n");
        for command in &commands {
            told.push_str(&format!("  {command}\n"));
        }
    }
    emit(err, told.as_bytes())
}

fn pretty(document: &Value) -> String {
    json::text(document) + "\n"
}

fn all_json(subject: &Subject<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    let of = |kind| plan(subject, kind);
    let execution = of(Kind::ExecutionRole);
    let page = json!({
        "schemaVersion": SCHEMA_VERSION,
        "runtime": subject.agent.name(),
        "account": subject.names.account,
        "region": subject.names.region,
        "policy": execution.document,
        "size": size(&execution.document),
        "sizeLimit": INLINE_LIMIT,
        "trust": of(Kind::Trust).document,
        "invoke": of(Kind::Invoke).document,
        "command": of(Kind::Command).document,
        "notes": execution.notes,
        "commands": texts(&commands(subject, Kind::ExecutionRole)),
    });
    Ok(json_page(&page, out)?)
}

fn page(subject: &Subject<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    let execution = plan(subject, Kind::ExecutionRole);
    let trust = plan(subject, Kind::Trust);
    let missing = least_privilege::missing_code(subject.context, subject.agent).is_some();
    let mut text = format!(
        "Least privilege for {} in account {}, {} ({} of {INLINE_LIMIT} characters)\n\n",
        clean::line(&subject.agent.resource().to_string()),
        subject.names.account,
        subject.names.region,
        size(&execution.document),
    );
    // The first note says that the code is not there: before a document that lacks what the code needs.
    let (first, rest) = execution
        .notes
        .split_at(usize::from(missing && !execution.notes.is_empty()));
    for note in first {
        text.push_str(&hanging("note: ", &clean::line(note)));
        text.push_str("\n\n");
    }
    text.push_str(&format!(
        "Execution role\n{}\nTrust policy\n{}\n",
        pretty(&execution.document),
        pretty(&trust.document),
    ));
    for note in rest {
        text.push_str(&hanging("note: ", &clean::line(note)));
        text.push('\n');
    }
    let commands = commands(subject, Kind::ExecutionRole);
    if execution.lacks.iter().any(|lack| lack.model) {
        text.push_str(
            "No commands are printed: a role made of this policy would lack what the notes say.\n",
        );
    }
    if !commands.is_empty() {
        text.push_str("To apply it, from the project's folder:\n");
    }
    for command in commands {
        text.push_str(&format!("  {command}\n"));
    }
    text.push_str("\nFor callers: --kind invoke; for who runs commands: --kind command.\n");
    emit(out, text.as_bytes())
}
