//! Operations of the AWS SDKs as IAM authorizes them. Most actions bear the operation's name; the tables hold what differs.
//!
//! Actions and ARNs: <https://docs.aws.amazon.com/service-authorization/latest/reference/>; operations: botocore's service models.

use crate::iam::actions::Action;

/// Clients whose IAM prefix is not their name; npm packages are called by the `serviceId` of the service's model.
const PREFIXES: &[(&str, &str)] = &[
    ("bedrock-runtime", "bedrock"),
    ("bedrock-agent", "bedrock"),
    ("bedrock-agent-runtime", "bedrock"),
    ("bedrock-agentcore-control", "bedrock-agentcore"),
    ("stepfunctions", "states"),
    ("sfn", "states"),
    ("sesv2", "ses"),
    ("opensearch", "es"),
    ("opensearchserverless", "aoss"),
    ("apigatewaymanagementapi", "execute-api"),
    ("iot-data", "iot"),
    ("iot-data-plane", "iot"),
    ("dynamodbstreams", "dynamodb"),
    ("dynamodb-streams", "dynamodb"),
    ("elbv2", "elasticloadbalancing"),
    ("elb", "elasticloadbalancing"),
    ("efs", "elasticfilesystem"),
    ("sagemaker-runtime", "sagemaker"),
    ("eventbridge", "events"),
    ("cloudwatch-logs", "logs"),
    ("location", "geo"),
    ("timestream-query", "timestream"),
    ("timestream-write", "timestream"),
    ("appconfigdata", "appconfig"),
    ("cognito-identity-provider", "cognito-idp"),
    ("emr", "elasticmapreduce"),
    ("pinpoint", "mobiletargeting"),
    ("resourcegroupstaggingapi", "tag"),
    ("redshift-data", "redshift-data"),
    ("apigatewayv2", "apigateway"),
    ("bedrock-data-automation", "bedrock"),
    ("bedrock-data-automation-runtime", "bedrock"),
    ("lex-runtime", "lex"),
    ("lexv2-runtime", "lex"),
    ("docdb", "rds"),
    ("neptune", "rds"),
    ("neptunedata", "neptune-db"),
    ("api-gateway", "apigateway"),
    ("application-auto-scaling", "application-autoscaling"),
    ("application-discovery-service", "discovery"),
    ("auto-scaling", "autoscaling"),
    ("config-service", "config"),
    ("cost-explorer", "ce"),
    ("data-pipeline", "datapipeline"),
    ("elastic-load-balancing", "elasticloadbalancing"),
    ("elastic-load-balancing-v2", "elasticloadbalancing"),
    ("elasticsearch-service", "es"),
    ("kinesis-analytics", "kinesisanalytics"),
    ("kinesis-analytics-v2", "kinesisanalytics"),
    ("kinesisanalyticsv2", "kinesisanalytics"),
    ("marketplace-entitlement", "aws-marketplace"),
    ("marketplace-entitlement-service", "aws-marketplace"),
    ("marketplace-metering", "aws-marketplace"),
    ("meteringmarketplace", "aws-marketplace"),
    ("pinpoint-sms-voice", "sms-voice"),
    ("resource-groups-tagging-api", "tag"),
    ("route-53", "route53"),
    ("s3-control", "s3"),
    ("s3control", "s3"),
    ("secrets-manager", "secretsmanager"),
];

/// The IAM prefix of a client, as boto3 or an npm package (`client-…`) calls it.
pub(super) fn prefix(client: &str) -> &str {
    let found = PREFIXES.iter().find(|(name, _)| *name == client);
    found.map_or(client, |(_, prefix)| *prefix)
}

/// What reads the value of a secret.
const READS_SECRET: &str = "secretsmanager:GetSecretValue";

/// Operations, snake case, that IAM authorizes as something else than their name; an empty list needs no permission.
const EXCEPTIONS: &[(&str, &str, &[&str])] = &[
    ("s3", "head_object", &["s3:GetObject"]),
    ("s3", "list_objects", &["s3:ListBucket"]),
    ("s3", "list_objects_v2", &["s3:ListBucket"]),
    ("s3", "list_object_versions", &["s3:ListBucketVersions"]),
    ("s3", "head_bucket", &["s3:ListBucket"]),
    ("s3", "list_buckets", &["s3:ListAllMyBuckets"]),
    (
        "s3",
        "upload_file",
        &["s3:PutObject", "s3:AbortMultipartUpload"],
    ),
    (
        "s3",
        "upload_fileobj",
        &["s3:PutObject", "s3:AbortMultipartUpload"],
    ),
    ("s3", "download_file", &["s3:GetObject"]),
    ("s3", "download_fileobj", &["s3:GetObject"]),
    // The Data API reads the secret with the caller's permission.
    // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html
    (
        "rds-data",
        "execute_statement",
        &["rds-data:ExecuteStatement", READS_SECRET],
    ),
    (
        "rds-data",
        "batch_execute_statement",
        &["rds-data:BatchExecuteStatement", READS_SECRET],
    ),
    (
        "rds-data",
        "begin_transaction",
        &["rds-data:BeginTransaction", READS_SECRET],
    ),
    ("s3", "copy", &["s3:GetObject", "s3:PutObject"]),
    ("s3", "copy_object", &["s3:GetObject", "s3:PutObject"]),
    ("s3", "delete_objects", &["s3:DeleteObject"]),
    ("s3", "create_multipart_upload", &["s3:PutObject"]),
    ("s3", "upload_part", &["s3:PutObject"]),
    ("s3", "complete_multipart_upload", &["s3:PutObject"]),
    ("s3", "select_object_content", &["s3:GetObject"]),
    ("s3", "put", &["s3:PutObject"]),
    ("s3", "get", &["s3:GetObject"]),
    ("s3", "delete", &["s3:DeleteObject"]),
    ("s3", "filter", &["s3:ListBucket"]),
    ("s3", "all", &["s3:ListBucket"]),
    (
        "s3",
        "delete_bucket_analytics_configuration",
        &["s3:PutAnalyticsConfiguration"],
    ),
    ("s3", "delete_bucket_cors", &["s3:PutBucketCORS"]),
    (
        "s3",
        "delete_bucket_encryption",
        &["s3:PutEncryptionConfiguration"],
    ),
    (
        "s3",
        "delete_bucket_intelligent_tiering_configuration",
        &["s3:PutIntelligentTieringConfiguration"],
    ),
    (
        "s3",
        "delete_bucket_inventory_configuration",
        &["s3:PutInventoryConfiguration"],
    ),
    (
        "s3",
        "delete_bucket_lifecycle",
        &["s3:PutLifecycleConfiguration"],
    ),
    (
        "s3",
        "delete_bucket_metrics_configuration",
        &["s3:PutMetricsConfiguration"],
    ),
    (
        "s3",
        "delete_bucket_ownership_controls",
        &["s3:PutBucketOwnershipControls"],
    ),
    (
        "s3",
        "delete_bucket_replication",
        &["s3:PutReplicationConfiguration"],
    ),
    ("s3", "delete_bucket_tagging", &["s3:PutBucketTagging"]),
    (
        "s3",
        "delete_public_access_block",
        &["s3:PutBucketPublicAccessBlock"],
    ),
    (
        "s3",
        "get_bucket_accelerate_configuration",
        &["s3:GetAccelerateConfiguration"],
    ),
    (
        "s3",
        "get_bucket_analytics_configuration",
        &["s3:GetAnalyticsConfiguration"],
    ),
    (
        "s3",
        "get_bucket_encryption",
        &["s3:GetEncryptionConfiguration"],
    ),
    (
        "s3",
        "get_bucket_intelligent_tiering_configuration",
        &["s3:GetIntelligentTieringConfiguration"],
    ),
    (
        "s3",
        "get_bucket_inventory_configuration",
        &["s3:GetInventoryConfiguration"],
    ),
    (
        "s3",
        "get_bucket_lifecycle",
        &["s3:GetLifecycleConfiguration"],
    ),
    (
        "s3",
        "get_bucket_lifecycle_configuration",
        &["s3:GetLifecycleConfiguration"],
    ),
    (
        "s3",
        "get_bucket_metrics_configuration",
        &["s3:GetMetricsConfiguration"],
    ),
    (
        "s3",
        "get_bucket_notification_configuration",
        &["s3:GetBucketNotification"],
    ),
    (
        "s3",
        "get_bucket_replication",
        &["s3:GetReplicationConfiguration"],
    ),
    (
        "s3",
        "get_object_lock_configuration",
        &["s3:GetBucketObjectLockConfiguration"],
    ),
    (
        "s3",
        "get_public_access_block",
        &["s3:GetBucketPublicAccessBlock"],
    ),
    (
        "s3",
        "list_bucket_analytics_configurations",
        &["s3:GetAnalyticsConfiguration"],
    ),
    (
        "s3",
        "list_bucket_intelligent_tiering_configurations",
        &["s3:GetIntelligentTieringConfiguration"],
    ),
    (
        "s3",
        "list_bucket_inventory_configurations",
        &["s3:GetInventoryConfiguration"],
    ),
    (
        "s3",
        "list_bucket_metrics_configurations",
        &["s3:GetMetricsConfiguration"],
    ),
    (
        "s3",
        "list_multipart_uploads",
        &["s3:ListBucketMultipartUploads"],
    ),
    ("s3", "list_parts", &["s3:ListMultipartUploadParts"]),
    (
        "s3",
        "put_bucket_accelerate_configuration",
        &["s3:PutAccelerateConfiguration"],
    ),
    (
        "s3",
        "put_bucket_analytics_configuration",
        &["s3:PutAnalyticsConfiguration"],
    ),
    (
        "s3",
        "put_bucket_encryption",
        &["s3:PutEncryptionConfiguration"],
    ),
    (
        "s3",
        "put_bucket_intelligent_tiering_configuration",
        &["s3:PutIntelligentTieringConfiguration"],
    ),
    (
        "s3",
        "put_bucket_inventory_configuration",
        &["s3:PutInventoryConfiguration"],
    ),
    (
        "s3",
        "put_bucket_lifecycle",
        &["s3:PutLifecycleConfiguration"],
    ),
    (
        "s3",
        "put_bucket_lifecycle_configuration",
        &["s3:PutLifecycleConfiguration"],
    ),
    (
        "s3",
        "put_bucket_metrics_configuration",
        &["s3:PutMetricsConfiguration"],
    ),
    (
        "s3",
        "put_bucket_notification_configuration",
        &["s3:PutBucketNotification"],
    ),
    (
        "s3",
        "put_bucket_replication",
        &["s3:PutReplicationConfiguration"],
    ),
    (
        "s3",
        "put_object_lock_configuration",
        &["s3:PutBucketObjectLockConfiguration"],
    ),
    (
        "s3",
        "put_public_access_block",
        &["s3:PutBucketPublicAccessBlock"],
    ),
    ("s3", "upload_part_copy", &["s3:GetObject", "s3:PutObject"]),
    (
        "kms",
        "re_encrypt",
        &["kms:ReEncryptFrom", "kms:ReEncryptTo"],
    ),
    (
        "lambda",
        "get_layer_version_by_arn",
        &["lambda:GetLayerVersion"],
    ),
    (
        "dynamodb",
        "batch_execute_statement",
        &[
            "dynamodb:PartiQLSelect",
            "dynamodb:PartiQLInsert",
            "dynamodb:PartiQLUpdate",
            "dynamodb:PartiQLDelete",
        ],
    ),
    (
        "dynamodb",
        "execute_transaction",
        &[
            "dynamodb:PartiQLSelect",
            "dynamodb:PartiQLInsert",
            "dynamodb:PartiQLUpdate",
            "dynamodb:PartiQLDelete",
        ],
    ),
    ("timestream", "query", &["timestream:Select"]),
    ("budgets", "describe_budget", &["budgets:ViewBudget"]),
    ("budgets", "describe_budgets", &["budgets:ViewBudget"]),
    (
        "budgets",
        "describe_notifications_for_budget",
        &["budgets:ViewBudget"],
    ),
    (
        "budgets",
        "describe_subscribers_for_notification",
        &["budgets:ViewBudget"],
    ),
    (
        "budgets",
        "describe_budget_performance_history",
        &["budgets:ViewBudget"],
    ),
    ("budgets", "create_budget", &["budgets:ModifyBudget"]),
    ("budgets", "update_budget", &["budgets:ModifyBudget"]),
    ("budgets", "delete_budget", &["budgets:ModifyBudget"]),
    ("budgets", "create_notification", &["budgets:ModifyBudget"]),
    ("dynamodb", "batch_writer", &["dynamodb:BatchWriteItem"]),
    ("dynamodb", "load", &["dynamodb:DescribeTable"]),
    (
        "dynamodb",
        "transact_write_items",
        &[
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:ConditionCheckItem",
        ],
    ),
    ("dynamodb", "transact_get_items", &["dynamodb:GetItem"]),
    (
        "dynamodb",
        "execute_statement",
        &[
            "dynamodb:PartiQLSelect",
            "dynamodb:PartiQLInsert",
            "dynamodb:PartiQLUpdate",
            "dynamodb:PartiQLDelete",
        ],
    ),
    (
        "dynamodb",
        "transact_write",
        &[
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:ConditionCheckItem",
        ],
    ),
    ("dynamodb", "transact_get", &["dynamodb:GetItem"]),
    ("dynamodb", "put", &["dynamodb:PutItem"]),
    ("dynamodb", "get", &["dynamodb:GetItem"]),
    ("dynamodb", "update", &["dynamodb:UpdateItem"]),
    ("dynamodb", "delete", &["dynamodb:DeleteItem"]),
    ("dynamodb", "batch_get", &["dynamodb:BatchGetItem"]),
    ("dynamodb", "batch_write", &["dynamodb:BatchWriteItem"]),
    ("lambda", "invoke", &["lambda:InvokeFunction"]),
    ("lambda", "invoke_async", &["lambda:InvokeFunction"]),
    (
        "lambda",
        "invoke_with_response_stream",
        &["lambda:InvokeFunction"],
    ),
    ("sqs", "send_message_batch", &["sqs:SendMessage"]),
    ("sqs", "delete_message_batch", &["sqs:DeleteMessage"]),
    (
        "sqs",
        "change_message_visibility_batch",
        &["sqs:ChangeMessageVisibility"],
    ),
    ("sns", "publish_batch", &["sns:Publish"]),
    (
        "bedrock",
        "retrieve_and_generate",
        &["bedrock:RetrieveAndGenerate", "bedrock:Retrieve"],
    ),
    (
        "bedrock",
        "retrieve_and_generate_stream",
        &["bedrock:RetrieveAndGenerate", "bedrock:Retrieve"],
    ),
    (
        "execute-api",
        "post_to_connection",
        &["execute-api:ManageConnections"],
    ),
    (
        "execute-api",
        "get_connection",
        &["execute-api:ManageConnections"],
    ),
    (
        "execute-api",
        "delete_connection",
        &["execute-api:ManageConnections"],
    ),
    ("ses", "send_templated_email", &["ses:SendTemplatedEmail"]),
    (
        "secretsmanager",
        "batch_get_secret_value",
        &[
            "secretsmanager:GetSecretValue",
            "secretsmanager:BatchGetSecretValue",
        ],
    ),
    ("sts", "get_caller_identity", &[]),
    ("sts", "get_session_token", &[]),
    ("sts", "assume_role_with_web_identity", &[]),
    ("sts", "assume_role_with_saml", &[]),
    // These are authorized by a user's password or token, and by nothing of IAM.
    ("cognito-idp", "initiate_auth", &[]),
    ("cognito-idp", "respond_to_auth_challenge", &[]),
    ("cognito-idp", "sign_up", &[]),
    ("cognito-idp", "confirm_sign_up", &[]),
    ("cognito-idp", "resend_confirmation_code", &[]),
    ("cognito-idp", "forgot_password", &[]),
    ("cognito-idp", "confirm_forgot_password", &[]),
    ("cognito-idp", "change_password", &[]),
    ("cognito-idp", "get_user", &[]),
    ("cognito-idp", "update_user_attributes", &[]),
    ("cognito-idp", "global_sign_out", &[]),
    ("cognito-idp", "revoke_token", &[]),
    ("cognito-idp", "get_tokens_from_refresh_token", &[]),
    ("cognito-identity", "get_id", &[]),
    ("cognito-identity", "get_open_id_token", &[]),
    ("cognito-identity", "get_credentials_for_identity", &[]),
];

/// Methods of clients that are no operations.
const NO_OPERATIONS: [&str; 8] = [
    "close",
    "can_paginate",
    "get_available_subresources",
    "exceptions",
    "meta",
    "send",
    "destroy",
    "wait_until_exists",
];

/// The actions of an operation, given in snake case or in Pascal case; empty where it needs no permission or is none.
pub(super) fn actions(prefix: &str, operation: &str) -> Vec<String> {
    let snake = snake(operation);
    if NO_OPERATIONS.contains(&snake.as_str()) {
        return Vec::new();
    }
    let exception = EXCEPTIONS
        .iter()
        .find(|(service, name, _)| *service == prefix && *name == snake);
    if let Some((_, _, actions)) = exception {
        return actions.iter().map(|action| (*action).to_owned()).collect();
    }
    let pascal: String = snake
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_ascii_uppercase().to_string() + letters.as_str()
            })
        })
        .collect();
    let action = format!("{prefix}:{pascal}");
    // IAM ignores letter case; the documented spelling is easier to read.
    Action::lookup(&action)
        .map(|known| known.name.clone())
        .into_iter()
        .collect()
}

/// Whether a method looks like an operation that needs a permission which the tables do not hold.
pub(super) fn is_unknown(prefix: &str, operation: &str) -> bool {
    let snake = snake(operation);
    let known = EXCEPTIONS
        .iter()
        .any(|(service, name, _)| *service == prefix && *name == snake);
    let verbs = [
        "get_",
        "put_",
        "list_",
        "describe_",
        "create_",
        "delete_",
        "update_",
        "start_",
        "stop_",
        "send_",
        "invoke_",
        "search_",
        "query_",
        "batch_",
        "execute_",
    ];
    let verb = verbs.iter().any(|verb| snake.starts_with(verb));
    let own = matches!(
        &*snake,
        "get_paginator" | "get_waiter" | "get_available_subresources"
    );
    // What calls models is followed by their ids.
    verb && !own && !known && prefix != "sts" && prefix != "bedrock"
}

/// The operation that a waiter of boto3 repeats.
pub(super) fn waited(prefix: &str, waiter: &str) -> Option<&'static str> {
    const WAITERS: [(&str, &str, &str); 18] = [
        ("s3", "bucket_exists", "head_bucket"),
        ("s3", "bucket_not_exists", "head_bucket"),
        ("s3", "object_exists", "head_object"),
        ("s3", "object_not_exists", "head_object"),
        ("dynamodb", "table_exists", "describe_table"),
        ("dynamodb", "table_not_exists", "describe_table"),
        ("lambda", "function_active", "get_function_configuration"),
        ("lambda", "function_active_v2", "get_function"),
        ("lambda", "function_exists", "get_function"),
        ("lambda", "function_updated", "get_function_configuration"),
        ("lambda", "function_updated_v2", "get_function"),
        ("cloudformation", "stack_create_complete", "describe_stacks"),
        ("cloudformation", "stack_update_complete", "describe_stacks"),
        ("cloudformation", "stack_delete_complete", "describe_stacks"),
        ("ecs", "tasks_running", "describe_tasks"),
        ("ecs", "tasks_stopped", "describe_tasks"),
        ("ecs", "services_stable", "describe_services"),
        ("ssm", "command_executed", "get_command_invocation"),
    ];
    let found = WAITERS
        .iter()
        .find(|(service, name, _)| *service == prefix && *name == waiter);
    found.map(|(.., operation)| *operation)
}

/// The operation that begins what another one asks about by its id alone.
pub(super) fn begins(prefix: &str, operation: &str) -> Option<&'static str> {
    match (prefix, &*snake(operation)) {
        ("logs", "get_query_results") => Some("start_query"),
        ("athena", "get_query_execution" | "get_query_results" | "stop_query_execution") => {
            Some("start_query_execution")
        }
        _ => None,
    }
}

/// Actions that an operation needs in some of its uses only.
pub(super) fn is_optional(action: &str, operation: &str) -> bool {
    matches!(
        action,
        "s3:AbortMultipartUpload"
            | "dynamodb:ConditionCheckItem"
            | "secretsmanager:BatchGetSecretValue"
    ) || action.starts_with("dynamodb:PartiQL")
        || (action.starts_with("dynamodb:") && snake(operation).starts_with("transact_write"))
        // Sources that come with the request are not retrieved.
        || (action == "bedrock:Retrieve" && snake(operation).starts_with("retrieve_and_generate"))
        || snake(operation) == "copy"
        || snake(operation) == "copy_object"
}

/// An operation's name in snake case.
pub(super) fn snake(operation: &str) -> String {
    if operation.contains('_') || operation.chars().all(|letter| !letter.is_ascii_uppercase()) {
        return operation.to_owned();
    }
    let letters: Vec<char> = operation.chars().collect();
    let mut out = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(index + 1);
        let starts = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                !before.is_ascii_uppercase() || after.is_some_and(char::is_ascii_lowercase)
            });
        if starts {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    // botocore keeps the number with its letter: ListObjectsV2 is list_objects_v2.
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_authorized_as_actions() {
        assert_eq!(actions("s3", "list_objects_v2"), ["s3:ListBucket"]);
        assert_eq!(actions("s3", "ListObjectsV2"), ["s3:ListBucket"]);
        assert_eq!(actions("dynamodb", "get_item"), ["dynamodb:GetItem"]);
        assert_eq!(
            actions("rds", "describe_db_instances"),
            ["rds:DescribeDBInstances"]
        );
        assert_eq!(actions("sns", "publish"), ["sns:Publish"]);
        assert_eq!(
            actions("s3", "GetBucketEncryption"),
            ["s3:GetEncryptionConfiguration"]
        );
        assert_eq!(
            actions("s3", "put_public_access_block"),
            ["s3:PutBucketPublicAccessBlock"]
        );
        assert!(actions("sts", "get_caller_identity").is_empty());
        assert!(actions("s3", "close").is_empty());
        for (service, name, actions) in EXCEPTIONS {
            for action in *actions {
                assert!(
                    Action::lookup(action).is_some(),
                    "{service} {name}: {action}"
                );
            }
        }
    }
}
