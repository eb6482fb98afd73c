//! Parameters of operations that name resources, and the ARNs of what they name.
//!
//! ARN formats: <https://docs.aws.amazon.com/service-authorization/latest/reference/>.

use std::collections::BTreeSet;

use super::Subject;
use crate::iam::authorization::resources_of;

/// A parameter that names a resource, and the resource part of its ARN; `{}` stands for the value.
#[derive(Debug)]
pub(super) struct Parameter {
    /// The IAM prefix.
    pub(super) prefix: &'static str,
    /// The parameter as the API spells it.
    pub(super) name: &'static str,
    /// The resource part.
    pub(super) resource: &'static str,
    /// AWS makes the id up: the project's name is no part of it.
    pub(super) made: bool,
}

const fn named(prefix: &'static str, name: &'static str, resource: &'static str) -> Parameter {
    Parameter {
        prefix,
        name,
        resource,
        made: false,
    }
}

const fn made(prefix: &'static str, name: &'static str, resource: &'static str) -> Parameter {
    Parameter {
        prefix,
        name,
        resource,
        made: true,
    }
}

/// The parameters that name resources, the first of a service the most usual.
pub(super) static PARAMETERS: &[Parameter] = &[
    named("s3", "Bucket", "{}"),
    named("dynamodb", "TableName", "table/{}"),
    named("dynamodb", "Table", "table/{}"),
    named("lambda", "FunctionName", "function:{}"),
    named("secretsmanager", "SecretId", "secret:{}-??????"),
    named("secretsmanager", "SecretIdList", "secret:{}-??????"),
    named("ssm", "Name", "parameter/{}"),
    named("ssm", "Path", "parameter/{}/*"),
    named("ssm", "Names", "parameter/{}"),
    named("ssm", "Name", "document/{}"),
    named("ssm", "DocumentName", "document/{}"),
    made("ssm", "AssociationId", "association/{}"),
    named("sqs", "QueueUrl", "{}"),
    named("sqs", "QueueName", "{}"),
    named("sns", "TopicArn", "{}"),
    made("kms", "KeyId", "key/{}"),
    named("states", "stateMachineArn", "stateMachine:{}"),
    named("cloudformation", "StackName", "stack/{}/*"),
    named("kinesis", "StreamName", "stream/{}"),
    named("firehose", "DeliveryStreamName", "deliverystream/{}"),
    named("events", "EventBusName", "event-bus/{}"),
    made("bedrock", "knowledgeBaseId", "knowledge-base/{}"),
    made("bedrock", "guardrailIdentifier", "guardrail/{}"),
    made("bedrock", "agentId", "agent-alias/{}/*"),
    made("cognito-idp", "UserPoolId", "userpool/{}"),
    named("athena", "WorkGroup", "workgroup/{}"),
    named("rds-data", "resourceArn", "cluster:{}"),
    named("rds-data", "secretArn", "secret:{}-??????"),
    named("logs", "logGroupName", "log-group:{}:*"),
    named("logs", "logGroupNames", "log-group:{}:*"),
    named("logs", "logGroupIdentifier", "log-group:{}:*"),
    named("logs", "logGroupIdentifiers", "log-group:{}:*"),
    named("sagemaker", "EndpointName", "endpoint/{}"),
    named("scheduler", "Name", "schedule/*/{}"),
    made("ec2", "InstanceIds", "instance/{}"),
    made("ec2", "InstanceId", "instance/{}"),
    named("ses", "Source", "identity/{}"),
    named("ses", "FromEmailAddress", "identity/{}"),
    named("sts", "RoleArn", "role/{}"),
    made("kendra", "IndexId", "index/{}"),
    named("bedrock-agentcore", "agentRuntimeArn", "runtime/{}"),
    made("bedrock-agentcore", "memoryId", "memory/{}"),
];

impl Parameter {
    /// Whether an action is granted on resources of this kind: a service has several, and a parameter names one of them.
    pub(super) fn concerns(&self, action: &str) -> bool {
        let name = action.split_once(':').map_or(action, |(_, name)| name);
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let kind = self.resource.split(['/', ':']).next().unwrap_or_default();
        match (self.prefix, kind) {
            ("ssm", "parameter") => has(&["Parameter"]),
            ("ssm", "document") => has(&["Document", "SendCommand", "StartAutomationExecution"]),
            ("ssm", "association") => has(&["Association"]),
            ("lambda", _) => !has(&[
                "Layer",
                "EventSourceMapping",
                "CodeSigning",
                "CapacityProvider",
            ]),
            ("dynamodb", _) => {
                !has(&["Export", "Import", "GlobalTable"]) || name.contains("ToPointInTime")
            }
            ("rds-data", kind) => (kind == "secret") == action.starts_with("secretsmanager:"),
            ("scheduler", _) => has(&["Schedule"]) && !has(&["ScheduleGroup"]),
            ("ec2", _) => {
                let kinds = resources_of(action);
                kinds.is_some_and(|kinds| matches!(&*kinds, [one] if one.ends_with(":instance/*")))
            }
            ("events", _) => has(&["PutEvents", "EventBus", "Permission"]),
            ("states", _) => {
                !has(&["Activity", "MapRun"])
                    && (!has(&["Execution"])
                        || has(&["StartExecution", "StartSyncExecution", "ListExecutions"]))
            }
            ("sns", _) => !has(&["Endpoint", "PlatformApplication", "SMS", "PhoneNumber"]),
            ("logs", _) => !has(&["Deliver", "Anomal", "Destination", "Integration"]),
            _ => true,
        }
    }
}

/// The parameter that an action's resource is named by, where a call shows none.
pub(super) fn usual(prefix: &str, action: &str) -> Option<&'static Parameter> {
    let name = match action {
        "bedrock:ApplyGuardrail" | "bedrock:GetGuardrail" => "guardrailIdentifier",
        "bedrock:InvokeAgent" | "bedrock:GetAgentAlias" => "agentId",
        _ if prefix == "bedrock" && !of_knowledge_base(action) => return None,
        _ => "",
    };
    let mut all = PARAMETERS
        .iter()
        .filter(|one| one.prefix == prefix && one.concerns(action));
    all.find(|one| name.is_empty() || one.name == name)
}

fn of_knowledge_base(action: &str) -> bool {
    action == "bedrock:Retrieve"
        || ["KnowledgeBase", "IngestionJob", "DataSource"]
            .iter()
            .any(|part| action.contains(part))
}

/// Every resource of the account that an action can be granted on.
pub(super) fn every_resource(subject: &Subject<'_>, action: &str) -> BTreeSet<String> {
    let names = &subject.names;
    let known = resources_of(action).unwrap_or_default().into_iter();
    known
        .map(|arn| {
            let parts = arn.splitn(6, ':').enumerate();
            let parts = parts.map(|(at, part)| match (at, part) {
                (1, "*") => &*names.partition,
                (3, "*") => &*names.region,
                (4, "*") => &*names.account,
                _ => part,
            });
            parts.collect::<Vec<_>>().join(":")
        })
        .collect()
}

/// The ARNs of a named resource for an action.
pub(super) fn arns(
    subject: &Subject<'_>,
    parameter: &Parameter,
    value: &str,
    action: &str,
) -> Vec<String> {
    let partition = &subject.names.partition;
    if value.starts_with("arn:") {
        return match parameter.prefix {
            "bedrock-agentcore" if value.contains(":runtime/") => {
                vec![value.to_owned(), format!("{value}/runtime-endpoint/*")]
            }
            // The API takes the ARN of a group without what IAM has behind it.
            "logs" if !value.ends_with('*') => vec![format!("{value}:*")],
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
        ("rds-data", "secretArn") => {
            vec![subject.arn("secretsmanager", &filled(parameter.resource, value))]
        }
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
        _ => vec![subject.arn(parameter.prefix, &filled(parameter.resource, value))],
    }
}

/// The resource part with a name. A slash at an end of the name is part of it, unless the ARN has one there: parameter `/shop/key`
/// is `parameter/shop/key`, log group `/shop/orders` is `log-group:/shop/orders`.
fn filled(resource: &str, name: &str) -> String {
    let mut name = name;
    if resource.contains("/{}") {
        name = name.trim_start_matches('/');
    }
    if resource.contains("{}/") {
        name = name.trim_end_matches('/');
    }
    resource.replace("{}", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_belong_to_names() {
        let written = [
            ("log-group:{}:*", "/shop/orders", "log-group:/shop/orders:*"),
            ("secret:{}-??????", "/prod/db", "secret:/prod/db-??????"),
            ("parameter/{}", "/shop/key", "parameter/shop/key"),
            ("parameter/{}", "key", "parameter/key"),
            ("parameter/{}/*", "/shop/", "parameter/shop/*"),
        ];
        for (resource, name, arn) in written {
            assert_eq!(filled(resource, name), arn);
        }
    }
}
