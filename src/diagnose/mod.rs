//! From a pasted error to its cause in a project. Pure: a text and what was collected in, a diagnosis out.

mod causes;
mod denied;
mod missing;

pub use causes::{Cause, cause};
pub use denied::{Denied, Policy};
pub use missing::{Finding, finding};

/// What an error is.
#[derive(Clone, Debug, PartialEq)]
pub enum Diagnosis {
    /// IAM refused a call.
    Denied(Denied),
    /// Something else that is known.
    Known(&'static Cause),
    /// Not recognised.
    Unknown,
}

/// Most of a text that is looked at, in bytes; its end, where the last error stands.
const LONGEST: usize = 1_000_000;

/// Diagnoses a text. What IAM refused comes first, since it names action and resource.
pub fn diagnose(text: &str) -> Diagnosis {
    let start = text.len().saturating_sub(LONGEST);
    let start = (start..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let text = text.get(start..).unwrap_or(text);
    if let Some(denied) = denied::read(text) {
        return Diagnosis::Denied(denied);
    }
    cause(text).map_or(Diagnosis::Unknown, Diagnosis::Known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_iam_refuses_is_taken_apart() {
        let text = "botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling the ConverseStream operation: User: arn:aws:sts::123456789012:assumed-role/main/BedrockAgentCore-1 is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0 because no identity-based policy allows the bedrock:InvokeModelWithResponseStream action";
        let Diagnosis::Denied(denied) = diagnose(text) else {
            unreachable!("a denial")
        };
        assert_eq!(denied.role.as_deref(), Some("main"));
        assert_eq!(denied.action, "bedrock:InvokeModelWithResponseStream");
        assert_eq!(
            denied.resource.as_deref(),
            Some(
                "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"
            )
        );
        assert_eq!(
            (denied.explicit, denied.policy),
            (false, Some(Policy::Identity))
        );
    }

    #[test]
    fn the_kind_of_policy_is_told() {
        let with = |end: &str| {
            let text = format!(
                "User: arn:aws:sts::123456789012:assumed-role/main/x is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/k\" {end}"
            );
            match diagnose(&text) {
                Diagnosis::Denied(denied) => (denied.explicit, denied.policy),
                _ => (false, None),
            }
        };
        assert_eq!(
            with("with an explicit deny in a service control policy"),
            (true, Some(Policy::Control))
        );
        assert_eq!(
            with("with an explicit deny in an identity-based policy"),
            (true, Some(Policy::Identity))
        );
        assert_eq!(
            with("because no permissions boundary allows the s3:GetObject action"),
            (false, Some(Policy::Boundary))
        );
        assert_eq!(
            with("because no resource-based policy allows the s3:GetObject action"),
            (false, Some(Policy::Resource))
        );
        assert_eq!(
            with("because no session policy allows the s3:GetObject action"),
            (false, Some(Policy::Session))
        );
        assert_eq!(
            with("with an explicit deny in a VPC endpoint policy"),
            (true, Some(Policy::Endpoint))
        );
        assert_eq!(with(""), (false, None));
    }

    #[test]
    fn other_errors_have_their_cause() {
        let known = |text: &str| match diagnose(text) {
            Diagnosis::Known(cause) => cause.id,
            Diagnosis::Denied(_) => "denied",
            Diagnosis::Unknown => "?",
        };
        for (text, id) in [
            (
                "HTTP 403: OAuth authorization failed: Invalid Bearer token",
                "inbound-auth",
            ),
            (
                "401 Unauthorized {\"message\":\"Claim 'client_id' value mismatch with configuration.\"}",
                "inbound-auth",
            ),
            (
                "An error occurred (RuntimeClientError): Received error (424) from runtime. Runtime initialization time exceeded. Please make sure that initialization completes in 30s.",
                "initialization",
            ),
            (
                "An error occurred (ExpiredTokenException) when calling the PutItem operation: The security token included in the request is expired",
                "expired-credentials",
            ),
            (
                "An error occurred (ValidationException) when calling the UpdateAgentRuntime operation: Environment variables are too large: 1900 bytes",
                "environment-too-large",
            ),
            (
                "An error occurred (ConflictException) when calling the UpdateAgentRuntime operation: the runtime is in state UPDATING",
                "conflict",
            ),
            (
                "exec /usr/local/bin/python: exec format error",
                "architecture",
            ),
            (
                "ValidationException: Invocation of model ID anthropic.claude-sonnet-4-5-20250929-v1:0 with on-demand throughput isn\u{2019}t supported. Retry your request with the ID or ARN of an inference profile",
                "profile-only-model",
            ),
            (
                "ModuleNotFoundError: No module named 'strands_tools'",
                "module-missing",
            ),
            ("retrieve_memories returned []", "memory-empty"),
            (
                "An error occurred (AccessDeniedException) when calling the Converse operation: You don't have access to the model with the specified model ID.",
                "model-access",
            ),
            (
                "CannotPullContainerError: pull image manifest has been retried 1 time(s)",
                "image-pull",
            ),
            ("Unable to pull image: connection timed out", "image-pull"),
            (
                "Gateway execution role does not have permission to invoke Lambda function arn:aws:lambda:us-east-1:123456789012:function:tool",
                "gateway-role",
            ),
            (
                "payload is 3007 bytes, exceeding the 2560-byte maximum",
                "environment-too-large",
            ),
            (
                "ValueError: Workload access token has not been set",
                "workload-token",
            ),
            (
                "Value 'abc' at 'runtimeSessionId' failed to satisfy constraint: Member must have length greater than or equal to 33",
                "session-id",
            ),
            ("the cat sat on the mat", "?"),
            ("", "?"),
        ] {
            assert_eq!(known(text), id, "{text}");
        }
    }
}
