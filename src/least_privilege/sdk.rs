//! The AWS SDK calls of the code: boto3 clients and resources, and the commands of the JavaScript SDK.

use std::collections::BTreeSet;

use serde_json::json;

use super::operations::{self, PARAMETERS, Parameter};
use super::{Statements, Subject, UNKNOWN_SUFFIX, models};
use crate::iam::actions::Action;
use crate::iam::escalation::ESCALATIONS;
use crate::model::source::ModuleId;
use crate::model::source::ir::{Call, Expr, ExprKind};
use crate::model::source::resolve::{Meaning, leaf};

/// A call of an operation.
struct Use<'s> {
    /// The IAM prefix.
    prefix: String,
    /// The operation, in the SDK's spelling.
    operation: String,
    /// Where parameters stand.
    module: ModuleId,
    /// Parameters: keywords of the call, or the entries of the object that a command is given.
    call: Option<&'s Call>,
    /// The resource object that the method is called on: `Table("orders")`.
    object: Option<(String, &'s Call, ModuleId)>,
}

/// Adds what the agent's own SDK calls need.
pub(super) fn add(subject: &Subject<'_>, statements: &mut Statements) {
    let source = &subject.context.source;
    let Some(code) = source.runtime(subject.agent.name()) else {
        return;
    };
    for module in code.reachable.iter().filter_map(|&id| source.module(id)) {
        for (_, expr) in module.calls() {
            let found =
                python(subject, module.id, expr).or_else(|| javascript(subject, module.id, expr));
            if let Some(found) = found {
                grant(subject, &found, statements);
            }
        }
    }
}

/// The kind of object that a resource made (`Table`), the call that made it, and the call's module.
type Named<'s> = (String, &'s Call, ModuleId);

/// The service of an expression that is a boto3 client or resource, or an object of one.
fn client<'s>(
    subject: &Subject<'s>,
    module: ModuleId,
    expr: &'s Expr,
    depth: usize,
) -> Option<(String, Option<Named<'s>>)> {
    if depth > 4 {
        return None;
    }
    let source = &subject.context.source;
    let instance = source.type_of(module, expr)?;
    let call = instance.call?;
    let name = leaf(&instance.type_name);
    if instance.type_name.contains("boto")
        && matches!(name, "client" | "resource" | "create_client")
    {
        let service = call.argument(0, "service_name")?;
        return Some((source.string(instance.module, service)?, None));
    }
    // session.client("s3") where the session came as a parameter is not seen; dynamodb.Table("x") is.
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let (service, _) = client(subject, instance.module, base, depth + 1)?;
    Some((service, Some((attr.to_string(), call, instance.module))))
}

fn python<'s>(subject: &Subject<'s>, module: ModuleId, expr: &'s Expr) -> Option<Use<'s>> {
    let source = &subject.context.source;
    let call = expr.as_call()?;
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let (service, object) = client(subject, module, base, 0)?;
    let (operation, object) = match (&**attr, object) {
        // The parameters are those of `paginate`.
        ("get_paginator" | "get_waiter", _) => return None,
        ("paginate" | "wait", Some((kind, maker, at))) if kind.starts_with("get_") => {
            (source.string(at, maker.args.first()?)?, None)
        }
        ("generate_presigned_url", object) => (source.string(module, call.args.first()?)?, object),
        (other, object) => (other.to_owned(), object),
    };
    Some(Use {
        prefix: operations::prefix(&service).to_owned(),
        operation,
        module,
        call: Some(call),
        object,
    })
}

/// `new PutObjectCommand({…})` of `@aws-sdk/client-s3`, `new PutCommand({…})` of `@aws-sdk/lib-dynamodb`.
fn javascript<'s>(subject: &Subject<'s>, module: ModuleId, expr: &'s Expr) -> Option<Use<'s>> {
    let call = expr.as_call()?;
    let name = subject.context.source.callee_name(module, expr)?;
    let rest = name.strip_prefix("@aws-sdk/")?;
    let (package, command) = rest.split_once('.')?;
    let operation = command.strip_suffix("Command")?;
    let service = match package {
        "lib-dynamodb" => "dynamodb",
        _ => package.strip_prefix("client-")?,
    };
    Some(Use {
        prefix: operations::prefix(service).to_owned(),
        operation: operation.to_owned(),
        module,
        call: Some(call),
        object: None,
    })
}

fn grant(subject: &Subject<'_>, found: &Use<'_>, statements: &mut Statements) {
    let prefix = found.prefix.as_str();
    let actions = operations::actions(prefix, &found.operation);
    for action in actions {
        // What calls a model is granted on the models; what concerns AgentCore's own parts on those.
        if models::CALLS.contains(&action.as_str()) {
            continue;
        }
        if matches!(
            action.as_str(),
            "bedrock-agentcore:InvokeAgentRuntimeCommand"
                | "bedrock-agentcore:InvokeAgentRuntimeCommandShell"
        ) {
            statements.note("the code runs commands in a runtime: grant them by a policy of their own (--kind command)");
            continue;
        }
        if prefix == "bedrock-agentcore"
            && found.operation != "invoke_agent_runtime"
            && found.operation != "InvokeAgentRuntime"
        {
            continue;
        }
        if action == "cloudwatch:PutMetricData" {
            metrics(subject, found, statements);
            continue;
        }
        let resources = resources(subject, found, &action, statements);
        statements.allow(&format!("Use {prefix}"), [action], resources);
    }
}

/// Metrics are bound by their namespace.
fn metrics(subject: &Subject<'_>, found: &Use<'_>, statements: &mut Statements) {
    let namespace = found.call.and_then(|call| call.option("Namespace"));
    let namespaces = namespace
        .map(|value| texts(subject, found.module, value))
        .unwrap_or_default();
    if namespaces.is_empty() {
        statements.note("cloudwatch:PutMetricData: the code does not show its namespace; add it to the condition of WriteMetrics");
        return;
    }
    statements.allow_when(
        "WriteOwnMetrics",
        ["cloudwatch:PutMetricData"],
        ["*"],
        Some(json!({"StringEquals": {"cloudwatch:namespace": namespaces}})),
    );
}

fn resources(
    subject: &Subject<'_>,
    found: &Use<'_>,
    action: &str,
    statements: &mut Statements,
) -> BTreeSet<String> {
    let known = Action::lookup(action);
    if known.is_some_and(|known| !known.resource_types) {
        return BTreeSet::from(["*".to_owned()]);
    }
    let parameters = PARAMETERS.iter().filter(|one| one.prefix == found.prefix);
    for parameter in parameters.clone() {
        let values = values(subject, found, parameter);
        if !values.is_empty() {
            return values
                .iter()
                .flat_map(|value| arns(subject, parameter, value, action))
                .collect();
        }
    }
    let project = &subject.names.project;
    let first = parameters.clone().next();
    let wide: BTreeSet<String> = match first {
        Some(parameter) if parameter.prefix == "bedrock-agentcore" => project_runtimes(subject),
        Some(parameter) if parameter.prefix == "s3" => arns(
            subject,
            parameter,
            &format!("{}*", project.to_lowercase()),
            action,
        )
        .into_iter()
        .collect(),
        Some(parameter) => arns(subject, parameter, &format!("{project}*"), action)
            .into_iter()
            .collect(),
        None if known.is_some_and(|known| !known.level.changes()) => {
            BTreeSet::from(["*".to_owned()])
        }
        None => BTreeSet::from([subject.arn(&found.prefix, &format!("*{project}*"))]),
    };
    let alone = ["iam:PassRole", "sts:AssumeRole"].contains(&action);
    let escalates = ESCALATIONS
        .iter()
        .any(|way| way.actions.len() == 1 && way.actions.contains(&action));
    if alone || escalates {
        // On an open set of resources it would be a way to more power.
        statements.note(format!(
            "{action} is left out: the code does not show on which resource; add it with the ARN"
        ));
        return BTreeSet::new();
    }
    let shown: Vec<&str> = wide.iter().map(String::as_str).collect();
    statements.note(format!(
        "the code does not show every resource that it uses of {}; the policy takes {}: put the real names there",
        found.prefix,
        shown.join(", ")
    ));
    wide
}

fn project_runtimes(subject: &Subject<'_>) -> BTreeSet<String> {
    let runtimes = subject.context.project.runtimes.iter();
    runtimes
        .flat_map(|runtime| {
            let id = format!(
                "runtime/{}_{}-{UNKNOWN_SUFFIX}",
                subject.names.project, runtime.name
            );
            [
                subject.core(&id),
                subject.core(&format!("{id}/runtime-endpoint/*")),
            ]
        })
        .collect()
}

/// The values that a parameter can be seen to have.
fn values(subject: &Subject<'_>, found: &Use<'_>, parameter: &Parameter) -> Vec<String> {
    if let Some((kind, call, module)) = &found.object {
        let names = matches!(
            (kind.as_str(), parameter.name),
            ("Table", "Table")
                | ("Bucket" | "Object", "Bucket")
                | ("Queue", "QueueUrl")
                | ("Topic", "TopicArn")
        );
        if names {
            return call
                .args
                .first()
                .map(|arg| texts(subject, *module, arg))
                .unwrap_or_default();
        }
    }
    let Some(call) = found.call else {
        return Vec::new();
    };
    if let Some(value) = call.option(parameter.name) {
        return texts(subject, found.module, value);
    }
    // upload_file(path, bucket, key) and its like take the bucket by position.
    let position = match (parameter.name, found.operation.as_str()) {
        ("Bucket", "download_file" | "download_fileobj") => 0,
        ("Bucket", "upload_file" | "upload_fileobj") => 1,
        _ => return Vec::new(),
    };
    call.args
        .get(position)
        .map(|arg| texts(subject, found.module, arg))
        .unwrap_or_default()
}

/// Texts that an expression can be seen to hold: constants, and environment variables that the configuration sets.
fn texts(subject: &Subject<'_>, module: ModuleId, expr: &Expr) -> Vec<String> {
    let source = &subject.context.source;
    let (at, value) = match source.meaning(module, expr) {
        Meaning::Value(at, value) => (at, value),
        _ => (module, expr),
    };
    if let Some(name) = environment(subject, at, value) {
        let set = subject
            .agent
            .common()
            .env
            .iter()
            .find(|(known, _)| *known == name);
        if let Some((_, value)) = set {
            return vec![value.value.clone()];
        }
    }
    source
        .strings(module, expr)
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect()
}

/// The variable that an expression reads.
fn environment(subject: &Subject<'_>, module: ModuleId, expr: &Expr) -> Option<String> {
    let source = &subject.context.source;
    match &expr.kind {
        ExprKind::Subscript { base, index }
            if source.canonical(module, base).as_deref() == Some("os.environ") =>
        {
            index.as_str().map(str::to_owned)
        }
        ExprKind::Call(call) => {
            let name = source.callee_name(module, expr)?;
            matches!(name.as_str(), "os.getenv" | "os.environ.get")
                .then(|| call.args.first()?.as_str().map(str::to_owned))
                .flatten()
        }
        _ => {
            let name = source.canonical(module, expr)?;
            name.strip_prefix("process.env.").map(str::to_owned)
        }
    }
}

/// The ARNs of a named resource for an action.
fn arns(subject: &Subject<'_>, parameter: &Parameter, value: &str, action: &str) -> Vec<String> {
    let partition = &subject.names.partition;
    if value.starts_with("arn:") {
        return match parameter.prefix {
            "bedrock-agentcore" => vec![value.to_owned(), format!("{value}/runtime-endpoint/*")],
            _ => vec![value.to_owned()],
        };
    }
    match (parameter.prefix, parameter.name) {
        ("s3", _) => {
            let bucket = format!("arn:{partition}:s3:::{value}");
            let name = action.strip_prefix("s3:").unwrap_or_default();
            let of_object = name.contains("Object") || name == "AbortMultipartUpload";
            vec![if of_object {
                format!("{bucket}/*")
            } else {
                bucket
            }]
        }
        ("sqs", _) => {
            let queue = value.rsplit('/').next().unwrap_or(value);
            vec![subject.arn("sqs", queue)]
        }
        ("sts", _) => vec![format!(
            "arn:{partition}:iam::{}:role/{value}",
            subject.names.account
        )],
        ("kms", _) if value.starts_with("alias/") => vec![subject.arn("kms", "key/*")],
        ("rds-data", _) => vec![subject.arn("rds", &parameter.resource.replace("{}", value))],
        ("dynamodb", _) => {
            let table = subject.arn("dynamodb", &parameter.resource.replace("{}", value));
            let indexed = matches!(action, "dynamodb:Query" | "dynamodb:Scan");
            let index = format!("{table}/index/*");
            if indexed {
                vec![table, index]
            } else {
                vec![table]
            }
        }
        _ => {
            let value = value.trim_start_matches('/').trim_end_matches('/');
            vec![subject.arn(parameter.prefix, &parameter.resource.replace("{}", value))]
        }
    }
}
