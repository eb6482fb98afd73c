//! Action sets with which a principal gains more than it was given.
//!
//! IAM paths: <https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/>,
//! <https://bishopfox.com/blog/privilege-escalation-in-aws> and <https://github.com/DataDog/pathfinding.cloud>. AgentCore paths:
//! <https://www.beyondtrust.com/blog/entry/aws-agentcore-privilege-escalation>,
//! <https://sonraisecurity.com/blog/aws-agentcore-privilege-escalation-bedrock-scp-fix/>.

use super::reach::{ActionGrant, Reach};

/// A way to gain power. All actions of the set are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// The actions, in the documented spelling.
    pub actions: &'static [&'static str],
    /// What they allow together.
    pub gain: &'static str,
}

/// An escalation that a role can carry out.
#[derive(Clone, Debug)]
pub struct FoundEscalation<'r, 'a> {
    /// Which one.
    pub escalation: &'static Escalation,
    /// For each of its actions the grants that allow it.
    pub grants: Vec<Vec<ActionGrant<'r, 'a>>>,
    /// True where some resource of every action ends in `*`.
    pub open_ended: bool,
}

macro_rules! escalations {
    ($($gain:literal: $($action:literal)+;)*) => {
        &[$(Escalation { actions: &[$($action),+], gain: $gain }),*]
    };
}

/// The known sets.
pub static ESCALATIONS: &[Escalation] = escalations! {
    "puts a new default version with any content on a policy": "iam:CreatePolicyVersion";
    "brings back an older, wider version of a policy": "iam:SetDefaultPolicyVersion";
    "attaches any managed policy to a role": "iam:AttachRolePolicy";
    "attaches any managed policy to a user": "iam:AttachUserPolicy";
    "attaches any managed policy to a group": "iam:AttachGroupPolicy";
    "writes any inline policy on a role": "iam:PutRolePolicy";
    "writes any inline policy on a user": "iam:PutUserPolicy";
    "writes any inline policy on a group": "iam:PutGroupPolicy";
    "joins a group with more power": "iam:AddUserToGroup";
    "lets itself assume a role": "iam:UpdateAssumeRolePolicy";
    "makes an access key of another user": "iam:CreateAccessKey";
    "gives another user a console password": "iam:CreateLoginProfile";
    "changes another user's console password": "iam:UpdateLoginProfile";
    "lifts a role's permissions boundary": "iam:DeleteRolePermissionsBoundary";
    "lifts a user's permissions boundary": "iam:DeleteUserPermissionsBoundary";
    "changes a role's permissions boundary": "iam:PutRolePermissionsBoundary";
    "runs code on a new instance with any role that can be passed": "iam:PassRole" "ec2:RunInstances";
    "runs code on a spot instance with any role that can be passed": "iam:PassRole" "ec2:RequestSpotInstances";
    "runs code in a new function with any role that can be passed": "iam:PassRole" "lambda:CreateFunction" "lambda:InvokeFunction";
    "runs code in a new function that an event source starts": "iam:PassRole" "lambda:CreateFunction" "lambda:CreateEventSourceMapping";
    "runs code in a new function that others may call": "iam:PassRole" "lambda:CreateFunction" "lambda:AddPermission";
    "changes the code of a function and acts with its role": "lambda:UpdateFunctionCode";
    "puts a layer with its own code in a function": "lambda:UpdateFunctionConfiguration";
    "runs code on a Glue endpoint with any role that can be passed": "iam:PassRole" "glue:CreateDevEndpoint";
    "opens a Glue endpoint and acts with its role": "glue:UpdateDevEndpoint";
    "runs a Glue job with any role that can be passed": "iam:PassRole" "glue:CreateJob" "glue:StartJobRun";
    "changes and runs a Glue job with any role that can be passed": "iam:PassRole" "glue:UpdateJob" "glue:StartJobRun";
    "creates resources with any role that can be passed to CloudFormation": "iam:PassRole" "cloudformation:CreateStack";
    "changes a stack with the stack's service role": "cloudformation:UpdateStack";
    "changes a stack through a change set with the stack's service role": "cloudformation:CreateChangeSet" "cloudformation:ExecuteChangeSet";
    "runs a pipeline with any role that can be passed": "iam:PassRole" "datapipeline:CreatePipeline" "datapipeline:PutPipelineDefinition" "datapipeline:ActivatePipeline";
    "runs a build with any role that can be passed": "iam:PassRole" "codebuild:CreateProject" "codebuild:StartBuild";
    "runs its own build commands with the role of a build project": "codebuild:StartBuild";
    "runs a container with any role that can be passed": "iam:PassRole" "ecs:RegisterTaskDefinition" "ecs:RunTask";
    "runs a service with any role that can be passed": "iam:PassRole" "ecs:RegisterTaskDefinition" "ecs:CreateService";
    "runs a command in a container and acts with its role": "ecs:ExecuteCommand" "ecs:DescribeTasks";
    "runs a notebook with any role that can be passed": "iam:PassRole" "sagemaker:CreateNotebookInstance";
    "runs a training job with any role that can be passed": "iam:PassRole" "sagemaker:CreateTrainingJob";
    "runs a processing job with any role that can be passed": "iam:PassRole" "sagemaker:CreateProcessingJob";
    "opens a notebook and acts with its role": "sagemaker:CreatePresignedNotebookInstanceUrl";
    "opens a shell on an instance and acts with its role": "ssm:StartSession";
    "runs a command on an instance and acts with its role": "ssm:SendCommand";
    "runs code in a code interpreter and acts with its role": "bedrock-agentcore:StartCodeInterpreterSession" "bedrock-agentcore:InvokeCodeInterpreter";
    "makes a code interpreter with any role that can be passed and runs code in it": "iam:PassRole" "bedrock-agentcore:CreateCodeInterpreter" "bedrock-agentcore:StartCodeInterpreterSession" "bedrock-agentcore:InvokeCodeInterpreter";
    "runs commands as root in a runtime and acts with its execution role": "bedrock-agentcore:InvokeAgentRuntimeCommand";
    "opens a root shell in a runtime and acts with its execution role": "bedrock-agentcore:InvokeAgentRuntimeCommandShell";
    "makes a runtime with any role that can be passed and runs commands in it": "iam:PassRole" "bedrock-agentcore:CreateAgentRuntime" "bedrock-agentcore:CreateAgentRuntimeEndpoint" "bedrock-agentcore:CreateWorkloadIdentity" "bedrock-agentcore:InvokeAgentRuntimeCommand";
    "replaces the code or the role of a runtime": "iam:PassRole" "bedrock-agentcore:UpdateAgentRuntime";
    "makes a harness with any role that can be passed and has it act": "iam:PassRole" "bedrock-agentcore:CreateHarness" "bedrock-agentcore:InvokeHarness";
    "makes a browser with any role that can be passed and drives it": "iam:PassRole" "bedrock-agentcore:CreateBrowser" "bedrock-agentcore:StartBrowserSession" "bedrock-agentcore:ConnectBrowserAutomationStream";
    "drives a browser and acts with its role": "bedrock-agentcore:StartBrowserSession" "bedrock-agentcore:ConnectBrowserAutomationStream";
};

/// The escalations that a role can carry out: every action of the set is granted.
pub fn find<'r, 'a>(reach: &'r Reach<'a>) -> Vec<FoundEscalation<'r, 'a>> {
    ESCALATIONS
        .iter()
        .filter_map(|escalation| judge(reach, escalation))
        .collect()
}

fn judge<'r, 'a>(
    reach: &'r Reach<'a>,
    escalation: &'static Escalation,
) -> Option<FoundEscalation<'r, 'a>> {
    let mut grants = Vec::with_capacity(escalation.actions.len());
    for action in escalation.actions {
        let mut allowed = reach.of_action(action);
        allowed.retain(|grant| !grant.inert);
        if allowed.is_empty() {
            return None;
        }
        grants.push(allowed);
    }
    let resources = |allowed: &[ActionGrant<'_, '_>]| -> Vec<String> {
        allowed
            .iter()
            .flat_map(|grant| grant.resources.iter().cloned())
            .collect()
    };
    let open_ended = grants
        .iter()
        .all(|allowed| resources(allowed).iter().any(|text| text.ends_with('*')));
    Some(FoundEscalation {
        escalation,
        grants,
        open_ended,
    })
}
