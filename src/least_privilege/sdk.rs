//! The AWS SDK calls of the code: boto3 clients and resources, and the commands of the JavaScript SDK.

use std::collections::BTreeSet;

use serde_json::json;

use super::code::Code;
use super::operations;
use super::parameters::{PARAMETERS, Parameter, arns, usual};
use super::values::{Texts, entry, texts};
use super::{Statements, Subject, UNKNOWN_SUFFIX, models};
use crate::analysis::names::leaf;
use crate::iam::actions::Action;
use crate::iam::escalation::ESCALATIONS;
use crate::model::source::ModuleId;
use crate::model::source::ir::{Call, Expr, ExprKind};

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

/// The agent and its code.
#[derive(Clone, Copy)]
struct Reader<'r, 'c, 's> {
    subject: &'r Subject<'s>,
    code: &'r Code<'c, 's>,
}

/// Adds what the agent's own SDK calls need.
pub(super) fn add<'s>(subject: &Subject<'s>, code: &Code<'_, 's>, statements: &mut Statements) {
    let reader = Reader { subject, code };
    for (module, expr, _) in code.calls() {
        let found = python(subject, module, expr).or_else(|| javascript(subject, module, expr));
        if let Some(found) = found {
            reader.grant(&found, statements);
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

impl<'s> Reader<'_, '_, 's> {
    fn grant(self, found: &Use<'s>, statements: &mut Statements) {
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
                self.metrics(found, statements);
                continue;
            }
            let resources = self.resources(found, &action, statements);
            statements.allow(&format!("Use {prefix}"), [action], resources);
        }
    }

    /// Metrics are bound by their namespace.
    fn metrics(self, found: &Use<'s>, statements: &mut Statements) {
        let namespace = found.call.and_then(|call| call.option("Namespace"));
        let namespaces = namespace
            .map(|value| self.texts(found.module, value).all)
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

    fn texts(self, module: ModuleId, expr: &'s Expr) -> Texts {
        texts(self.subject, self.code, module, expr)
    }

    fn resources(
        self,
        found: &Use<'s>,
        action: &str,
        statements: &mut Statements,
    ) -> BTreeSet<String> {
        let subject = self.subject;
        let known = Action::lookup(action);
        if known.is_some_and(|known| !known.resource_types) {
            return BTreeSet::from(["*".to_owned()]);
        }
        let mut parameters = PARAMETERS.iter().filter(|one| one.prefix == found.prefix);
        let shown =
            parameters.find_map(|parameter| Some((parameter, self.value(found, parameter.name)?)));
        let named: BTreeSet<String> = shown
            .iter()
            .flat_map(|(parameter, texts)| {
                let values = texts.all.iter();
                values.flat_map(|value| arns(subject, parameter, value, action))
            })
            .collect();
        if !named.is_empty() && shown.as_ref().is_some_and(|(_, texts)| texts.complete) {
            return named;
        }
        let alone = ["iam:PassRole", "sts:AssumeRole"].contains(&action);
        let escalates = ESCALATIONS
            .iter()
            .any(|way| way.actions.len() == 1 && way.actions.contains(&action));
        if alone || escalates {
            // On an open set of resources it would be a way to more power.
            statements.note(format!(
                "{action} is left out where the code does not show on which resource: add it with the ARN"
            ));
            return named;
        }
        let parameter = shown
            .map(|(parameter, _)| parameter)
            .or_else(|| usual(&found.prefix, action));
        let wide = self.wide(parameter, found, action);
        let listed: Vec<&str> = wide.iter().map(String::as_str).collect();
        statements.note(format!(
            "the code does not show every resource that it uses of {}; the policy takes {}: put the real names there",
            found.prefix,
            listed.join(", ")
        ));
        wide.into_iter().chain(named).collect()
    }

    /// What a resource that is not known is taken to be: what bears the project's name, or every id where AWS makes it up.
    fn wide(
        self,
        parameter: Option<&Parameter>,
        found: &Use<'s>,
        action: &str,
    ) -> BTreeSet<String> {
        let subject = self.subject;
        let project = &subject.names.project;
        let of = |parameter: &Parameter, value: &str| {
            arns(subject, parameter, value, action)
                .into_iter()
                .collect()
        };
        match parameter {
            Some(parameter) if parameter.prefix == "bedrock-agentcore" => project_runtimes(subject),
            Some(parameter) if parameter.made => of(parameter, "*"),
            Some(parameter) if parameter.prefix == "s3" => {
                of(parameter, &format!("{}*", project.to_lowercase()))
            }
            Some(parameter) => of(parameter, &format!("{project}*")),
            None if Action::lookup(action).is_some_and(|known| !known.level.changes()) => {
                BTreeSet::from(["*".to_owned()])
            }
            None => BTreeSet::from([subject.arn(&found.prefix, &format!("*{project}*"))]),
        }
    }

    /// The values that a parameter can be seen to have; `None` where the call does not give it.
    fn value(self, found: &Use<'s>, parameter: &str) -> Option<Texts> {
        if let Some((kind, call, module)) = &found.object {
            let names = matches!(
                (kind.as_str(), parameter),
                ("Table", "Table")
                    | ("Bucket" | "Object", "Bucket")
                    | ("Queue", "QueueUrl")
                    | ("Topic", "TopicArn")
            );
            if names {
                return call.args.first().map(|arg| self.texts(*module, arg));
            }
        }
        let call = found.call?;
        if let Some(value) = entry(call, parameter) {
            return Some(self.texts(found.module, value));
        }
        // upload_file(path, bucket, key) and its like take the bucket by position.
        let position = match (parameter, found.operation.as_str()) {
            ("Bucket", "download_file" | "download_fileobj") => 0,
            ("Bucket", "upload_file" | "upload_fileobj") => 1,
            _ => return None,
        };
        let argument = call.args.get(position)?;
        Some(self.texts(found.module, argument))
    }
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
