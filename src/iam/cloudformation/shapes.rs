//! What `Ref` and `Fn::GetAtt` give for the resource types that appear beside an agent.
//!
//! Return values: the types' pages under <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>; ARN shapes:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/>. In a shape `{P}` is the partition, `{R}` the Region, `{A}` the account,
//! `{S}` the URL suffix, `{id}` the physical name (the name property where the template sets it, else `${LogicalId}`), `{path}` the IAM path,
//! `{=Property}` a property of the resource.

use serde_json::Value;

use super::intrinsics::{Resolver, symbol};

/// A resource type: the property that is its physical name (empty where the service makes the id), what `Ref` gives, attributes.
struct Shape {
    kind: &'static str,
    name: &'static str,
    reference: &'static str,
    attributes: &'static [(&'static str, &'static str)],
}

const fn shape(
    kind: &'static str,
    name: &'static str,
    reference: &'static str,
    attributes: &'static [(&'static str, &'static str)],
) -> Shape {
    Shape {
        kind,
        name,
        reference,
        attributes,
    }
}

const MEMORY: &str = "arn:{P}:bedrock-agentcore:{R}:{A}:memory/{id}";
const ENDPOINT: &str =
    "arn:{P}:bedrock-agentcore:{R}:{A}:runtime/{=AgentRuntimeId}/runtime-endpoint/{=Name}";
const POLICY_ENGINE: &str = "arn:{P}:bedrock-agentcore:{R}:{A}:policy-engine/{id}";
const EVALUATOR: &str = "arn:{P}:bedrock-agentcore:{R}:{A}:evaluator/{id}";
const ONLINE_EVALUATION: &str = "arn:{P}:bedrock-agentcore:{R}:{A}:online-evaluation-config/{id}";
const HARNESS: &str = "arn:{P}:bedrock-agentcore:{R}:{A}:harness/{id}";
const BUNDLE: &str = "arn:{P}:bedrock-agentcore:{R}:{A}:configuration-bundle/{id}";
const API_KEY: &str =
    "arn:{P}:bedrock-agentcore:{R}:{A}:token-vault/default/apikeycredentialprovider/{id}";
const OAUTH2: &str =
    "arn:{P}:bedrock-agentcore:{R}:{A}:token-vault/default/oauth2credentialprovider/{id}";
const MANAGED_POLICY: &str = "arn:{P}:iam::{A}:policy{path}{id}";
const TOPIC: &str = "arn:{P}:sns:{R}:{A}:{id}";
const SECRET: &str = "arn:{P}:secretsmanager:{R}:{A}:secret:{id}";
const STATE_MACHINE: &str = "arn:{P}:states:{R}:{A}:stateMachine:{id}";
const GUARDRAIL: &str = "arn:{P}:bedrock:{R}:{A}:guardrail/{id}";

#[rustfmt::skip]
static SHAPES: &[Shape] = &[
    shape("AWS::BedrockAgentCore::Runtime", "", "{id}", &[("AgentRuntimeId", "{id}"), ("AgentRuntimeArn", "arn:{P}:bedrock-agentcore:{R}:{A}:runtime/{id}")]),
    shape("AWS::BedrockAgentCore::RuntimeEndpoint", "", ENDPOINT, &[("AgentRuntimeEndpointArn", ENDPOINT)]),
    shape("AWS::BedrockAgentCore::Memory", "", MEMORY, &[("MemoryArn", MEMORY), ("MemoryId", "{id}")]),
    shape("AWS::BedrockAgentCore::Gateway", "", "{id}", &[("GatewayIdentifier", "{id}"), ("GatewayArn", "arn:{P}:bedrock-agentcore:{R}:{A}:gateway/{id}")]),
    shape("AWS::BedrockAgentCore::BrowserCustom", "", "{id}", &[("BrowserId", "{id}"), ("BrowserArn", "arn:{P}:bedrock-agentcore:{R}:{A}:browser-custom/{id}")]),
    shape("AWS::BedrockAgentCore::CodeInterpreterCustom", "", "{id}", &[("CodeInterpreterId", "{id}"), ("CodeInterpreterArn", "arn:{P}:bedrock-agentcore:{R}:{A}:code-interpreter-custom/{id}")]),
    shape("AWS::BedrockAgentCore::WorkloadIdentity", "Name", "{id}", &[("WorkloadIdentityArn", "arn:{P}:bedrock-agentcore:{R}:{A}:workload-identity-directory/default/workload-identity/{id}")]),
    shape("AWS::BedrockAgentCore::PolicyEngine", "", POLICY_ENGINE, &[("PolicyEngineArn", POLICY_ENGINE), ("PolicyEngineId", "{id}")]),
    shape("AWS::BedrockAgentCore::Evaluator", "", EVALUATOR, &[("EvaluatorArn", EVALUATOR), ("EvaluatorId", "{id}")]),
    shape("AWS::BedrockAgentCore::OnlineEvaluationConfig", "", ONLINE_EVALUATION, &[("OnlineEvaluationConfigArn", ONLINE_EVALUATION), ("OnlineEvaluationConfigId", "{id}")]),
    shape("AWS::BedrockAgentCore::Harness", "", HARNESS, &[("Arn", HARNESS), ("HarnessId", "{id}")]),
    shape("AWS::BedrockAgentCore::ConfigurationBundle", "", BUNDLE, &[("BundleArn", BUNDLE), ("BundleId", "{id}")]),
    shape("AWS::BedrockAgentCore::ApiKeyCredentialProvider", "Name", API_KEY, &[("CredentialProviderArn", API_KEY)]),
    shape("AWS::BedrockAgentCore::OAuth2CredentialProvider", "Name", OAUTH2, &[("CredentialProviderArn", OAUTH2)]),
    shape("AWS::IAM::Role", "RoleName", "{id}", &[("Arn", "arn:{P}:iam::{A}:role{path}{id}")]),
    shape("AWS::IAM::User", "UserName", "{id}", &[("Arn", "arn:{P}:iam::{A}:user{path}{id}")]),
    shape("AWS::IAM::Group", "GroupName", "{id}", &[("Arn", "arn:{P}:iam::{A}:group{path}{id}")]),
    shape("AWS::IAM::ManagedPolicy", "ManagedPolicyName", MANAGED_POLICY, &[("PolicyArn", MANAGED_POLICY)]),
    shape("AWS::ECR::Repository", "RepositoryName", "{id}", &[("Arn", "arn:{P}:ecr:{R}:{A}:repository/{id}"), ("RepositoryUri", "{A}.dkr.ecr.{R}.{S}/{id}")]),
    shape("AWS::KMS::Key", "", "{id}", &[("KeyId", "{id}"), ("Arn", "arn:{P}:kms:{R}:{A}:key/{id}")]),
    shape("AWS::S3::Bucket", "BucketName", "{id}", &[("Arn", "arn:{P}:s3:::{id}")]),
    shape("AWS::DynamoDB::Table", "TableName", "{id}", &[("Arn", "arn:{P}:dynamodb:{R}:{A}:table/{id}")]),
    shape("AWS::DynamoDB::GlobalTable", "TableName", "{id}", &[("Arn", "arn:{P}:dynamodb:{R}:{A}:table/{id}")]),
    shape("AWS::SQS::Queue", "QueueName", "https://sqs.{R}.{S}/{A}/{id}", &[("Arn", "arn:{P}:sqs:{R}:{A}:{id}"), ("QueueName", "{id}")]),
    shape("AWS::SNS::Topic", "TopicName", TOPIC, &[("TopicArn", TOPIC), ("TopicName", "{id}")]),
    shape("AWS::Lambda::Function", "FunctionName", "{id}", &[("Arn", "arn:{P}:lambda:{R}:{A}:function:{id}")]),
    shape("AWS::Logs::LogGroup", "LogGroupName", "{id}", &[("Arn", "arn:{P}:logs:{R}:{A}:log-group:{id}:*")]),
    shape("AWS::SecretsManager::Secret", "", SECRET, &[("Id", SECRET)]),
    shape("AWS::StepFunctions::StateMachine", "StateMachineName", STATE_MACHINE, &[("Arn", STATE_MACHINE), ("Name", "{id}")]),
    shape("AWS::Events::EventBus", "Name", "{id}", &[("Name", "{id}"), ("Arn", "arn:{P}:events:{R}:{A}:event-bus/{id}")]),
    shape("AWS::CodeBuild::Project", "Name", "{id}", &[("Arn", "arn:{P}:codebuild:{R}:{A}:project/{id}")]),
    shape("AWS::Cognito::UserPool", "", "{id}", &[("UserPoolId", "{id}"), ("Arn", "arn:{P}:cognito-idp:{R}:{A}:userpool/{id}")]),
    shape("AWS::SSM::Parameter", "Name", "{id}", &[]),
    shape("AWS::Bedrock::Guardrail", "", GUARDRAIL, &[("GuardrailArn", GUARDRAIL), ("GuardrailId", "{id}")]),
    shape("AWS::Bedrock::KnowledgeBase", "", "{id}", &[("KnowledgeBaseId", "{id}"), ("KnowledgeBaseArn", "arn:{P}:bedrock:{R}:{A}:knowledge-base/{id}")]),
    shape("AWS::Bedrock::Agent", "", "{id}", &[("AgentId", "{id}"), ("AgentArn", "arn:{P}:bedrock:{R}:{A}:agent/{id}")]),
    shape("AWS::Bedrock::ApplicationInferenceProfile", "", "arn:{P}:bedrock:{R}:{A}:application-inference-profile/{id}", &[
        ("InferenceProfileId", "{id}"), ("InferenceProfileIdentifier", "{id}"),
        ("InferenceProfileArn", "arn:{P}:bedrock:{R}:{A}:application-inference-profile/{id}"),
    ]),
];

/// What `Ref` (as attribute `Ref`) or an attribute gives; `None` where it is not known.
pub(super) fn expand(
    resolver: &Resolver<'_, '_>,
    logical_id: &str,
    attribute: &str,
    depth: usize,
) -> Option<String> {
    let resource = resolver.template.resource(logical_id)?;
    let kind = resource.get("Type")?.as_str()?;
    let shape = SHAPES.iter().find(|shape| shape.kind == kind)?;
    let form = match attribute {
        "Ref" => shape.reference,
        _ => {
            shape
                .attributes
                .iter()
                .find(|(name, _)| *name == attribute)?
                .1
        }
    };
    let property = |name: &str| -> Option<String> {
        let value = resource
            .get("Properties")?
            .get(name)
            .filter(|value| **value != Value::Null)?;
        resolver.text(value, depth + 1)
    };
    let mut text = String::new();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (name, after) = after.split_once('}')?;
        rest = after;
        let pseudo = |name: &str| resolver.reference(name, depth + 1);
        text.push_str(&match name {
            "P" => pseudo("AWS::Partition"),
            "R" => pseudo("AWS::Region"),
            "A" => pseudo("AWS::AccountId"),
            "S" => pseudo("AWS::URLSuffix"),
            "path" => property("Path").unwrap_or_else(|| "/".to_owned()),
            "id" if shape.name.is_empty() => symbol(logical_id),
            "id" => property(shape.name).unwrap_or_else(|| symbol(logical_id)),
            other => property(other.strip_prefix('=')?)
                .unwrap_or_else(|| symbol(&format!("{logical_id}.{other}"))),
        });
    }
    text.push_str(rest);
    Some(text)
}
