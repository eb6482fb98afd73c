//! Roles that a call passes to a service, which needs `iam:PassRole` beside the operation's own action.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>; parameters: botocore's service models.

use serde_json::json;

use super::{Reader, Use};
use crate::analysis::agent_code::evidence;
use crate::analysis::clients::entries::{entries, option};
use crate::analysis::values::{At, bound};
use crate::least_privilege::needs::Need;
use crate::least_privilege::{Statements, operations};
use crate::model::source::ExprKind;

/// An operation that passes a role.
struct Passing {
    /// The IAM prefix of the service.
    prefix: &'static str,
    /// The operations, snake case.
    operations: &'static [&'static str],
    /// Where the role's ARN or name stands among the parameters; a list is looked through.
    path: &'static [&'static str],
    /// The service that takes the role.
    service: &'static str,
}

const fn passing(
    prefix: &'static str,
    operations: &'static [&'static str],
    path: &'static [&'static str],
    service: &'static str,
) -> Passing {
    Passing {
        prefix,
        operations,
        path,
        service,
    }
}

static PASSING: &[Passing] = &[
    passing(
        "scheduler",
        &["create_schedule", "update_schedule"],
        &["Target", "RoleArn"],
        "scheduler.amazonaws.com",
    ),
    passing(
        "events",
        &["put_targets"],
        &["Targets", "RoleArn"],
        "events.amazonaws.com",
    ),
    passing(
        "events",
        &["put_rule"],
        &["RoleArn"],
        "events.amazonaws.com",
    ),
    passing(
        "lambda",
        &["create_function", "update_function_configuration"],
        &["Role"],
        "lambda.amazonaws.com",
    ),
    passing(
        "states",
        &["create_state_machine", "update_state_machine"],
        &["roleArn"],
        "states.amazonaws.com",
    ),
    passing(
        "bedrock",
        &[
            "create_model_invocation_job",
            "create_model_customization_job",
            "create_model_import_job",
            "create_evaluation_job",
            "create_knowledge_base",
            "update_knowledge_base",
        ],
        &["roleArn"],
        "bedrock.amazonaws.com",
    ),
    passing(
        "bedrock",
        &["create_agent", "update_agent"],
        &["agentResourceRoleArn"],
        "bedrock.amazonaws.com",
    ),
    passing(
        "bedrock-agentcore",
        &[
            "create_agent_runtime",
            "update_agent_runtime",
            "create_gateway",
            "update_gateway",
        ],
        &["roleArn"],
        "bedrock-agentcore.amazonaws.com",
    ),
    passing(
        "bedrock-agentcore",
        &["create_memory", "update_memory"],
        &["memoryExecutionRoleArn"],
        "bedrock-agentcore.amazonaws.com",
    ),
    passing(
        "bedrock-agentcore",
        &["create_code_interpreter", "create_browser"],
        &["executionRoleArn"],
        "bedrock-agentcore.amazonaws.com",
    ),
    passing(
        "ecs",
        &["run_task", "start_task"],
        &["overrides", "taskRoleArn"],
        "ecs-tasks.amazonaws.com",
    ),
    passing(
        "ecs",
        &["run_task", "start_task"],
        &["overrides", "executionRoleArn"],
        "ecs-tasks.amazonaws.com",
    ),
    passing(
        "ecs",
        &["register_task_definition"],
        &["taskRoleArn"],
        "ecs-tasks.amazonaws.com",
    ),
    passing(
        "ecs",
        &["register_task_definition"],
        &["executionRoleArn"],
        "ecs-tasks.amazonaws.com",
    ),
    passing(
        "batch",
        &["register_job_definition"],
        &["containerProperties", "jobRoleArn"],
        "ecs-tasks.amazonaws.com",
    ),
    passing(
        "sagemaker",
        &[
            "create_training_job",
            "create_processing_job",
            "create_pipeline",
            "create_hyper_parameter_tuning_job",
        ],
        &["RoleArn"],
        "sagemaker.amazonaws.com",
    ),
    passing(
        "sagemaker",
        &["create_model"],
        &["ExecutionRoleArn"],
        "sagemaker.amazonaws.com",
    ),
    passing(
        "glue",
        &["create_job", "create_crawler", "update_crawler"],
        &["Role"],
        "glue.amazonaws.com",
    ),
    passing(
        "transcribe",
        &["start_transcription_job"],
        &["JobExecutionSettings", "DataAccessRoleArn"],
        "transcribe.amazonaws.com",
    ),
    passing(
        "translate",
        &["start_text_translation_job"],
        &["DataAccessRoleArn"],
        "translate.amazonaws.com",
    ),
    passing(
        "comprehend",
        &[
            "start_entities_detection_job",
            "start_sentiment_detection_job",
            "start_key_phrases_detection_job",
            "start_pii_entities_detection_job",
            "start_topics_detection_job",
            "start_document_classification_job",
        ],
        &["DataAccessRoleArn"],
        "comprehend.amazonaws.com",
    ),
    passing(
        "textract",
        &[
            "start_document_analysis",
            "start_document_text_detection",
            "start_expense_analysis",
        ],
        &["NotificationChannel", "RoleArn"],
        "textract.amazonaws.com",
    ),
    passing(
        "rekognition",
        &[
            "start_label_detection",
            "start_text_detection",
            "start_content_moderation",
            "start_face_detection",
        ],
        &["NotificationChannel", "RoleArn"],
        "rekognition.amazonaws.com",
    ),
    passing(
        "codebuild",
        &["create_project", "update_project"],
        &["serviceRole"],
        "codebuild.amazonaws.com",
    ),
    passing(
        "cloudformation",
        &["create_stack", "update_stack", "create_change_set"],
        &["RoleARN"],
        "cloudformation.amazonaws.com",
    ),
    passing(
        "emr-serverless",
        &["start_job_run"],
        &["executionRoleArn"],
        "emr-serverless.amazonaws.com",
    ),
    passing(
        "mediaconvert",
        &["create_job"],
        &["Role"],
        "mediaconvert.amazonaws.com",
    ),
    passing(
        "pipes",
        &["create_pipe", "update_pipe"],
        &["RoleArn"],
        "pipes.amazonaws.com",
    ),
];

/// The action.
const PASS_ROLE: &str = "iam:PassRole";

impl<'s> Reader<'_, '_, 's> {
    /// Allows the roles that a call passes, and notes that they are needed.
    pub(super) fn pass_roles(self, found: &Use<'s>, statements: &mut Statements) {
        let operation = operations::snake(&found.operation);
        let of_call = PASSING.iter().filter(|one| {
            one.prefix == found.prefix && one.operations.contains(&operation.as_str())
        });
        for passing in of_call {
            for at in self.members(found, passing.path) {
                self.pass_role(found, passing, at, statements);
            }
        }
    }

    fn pass_role(
        self,
        found: &Use<'s>,
        passing: &Passing,
        at: At<'s>,
        statements: &mut Statements,
    ) {
        let texts = self.texts(at.module, at.expr);
        let known = texts.complete && texts.unfilled.is_empty();
        let by = format!(
            "{}, which passes the role to {}",
            found.operation, passing.service
        );
        let place = evidence(self.code.source(), at.module, at.expr.range);
        if !known {
            statements.note(format!(
                "{PASS_ROLE} is left out where the code does not show on which resource: add it with the ARN"
            ));
            let why = "the code does not show which role it passes, and no statement is proposed for all of them";
            let need = Need::new(PASS_ROLE, "*", &by, place)
                .unsure(Some(why.to_owned()))
                .granted_on([]);
            statements.need(need);
            return;
        }
        let names = &self.subject.names;
        let arn = |text: &String| match text.starts_with("arn:") {
            true => text.clone(),
            false => format!(
                "arn:{}:iam::{}:role/{}",
                names.partition,
                names.account,
                text.trim_start_matches('/')
            ),
        };
        let arns: Vec<String> = texts.all.iter().map(arn).collect();
        let condition = json!({"StringEquals": {"iam:PassedToService": passing.service}});
        statements.allow_when(
            "Pass roles",
            [PASS_ROLE],
            arns.iter().cloned(),
            Some(condition),
        );
        for arn in arns {
            let need = Need::new(PASS_ROLE, arn, &by, place.clone())
                .key("iam:PassedToService", passing.service)
                .unsure(self.why_unsure(found));
            statements.need(need);
        }
    }

    /// The values at a path of the parameters of a call.
    fn members(self, found: &Use<'s>, path: &[&str]) -> Vec<At<'s>> {
        let source = self.code.source();
        let (Some(call), Some((first, rest))) = (found.call, path.split_first()) else {
            return Vec::new();
        };
        let mut here: Vec<At<'s>> = option(source, found.module, call, first)
            .into_iter()
            .collect();
        for name in rest {
            let items = here.into_iter().flat_map(|at| {
                let values = match at.expr.as_name() {
                    Some(name) => bound(source, at.module, name, at.expr.range.start),
                    None => vec![at.expr],
                };
                values.into_iter().flat_map(move |value| match &value.kind {
                    ExprKind::List(items) | ExprKind::Tuple(items) => {
                        items.iter().map(|item| at.to(item)).collect()
                    }
                    _ => vec![at.to(value)],
                })
            });
            let under = |at: At<'s>| {
                let entries = entries(source, at).into_iter().rev();
                let mut named = entries.filter(|(key, _)| key == name);
                named.next().map(|(_, value)| value)
            };
            here = items.filter_map(under).collect();
        }
        here
    }
}
