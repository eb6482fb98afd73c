//! From a pasted error to the quota behind it.

use super::error_text::ErrorText;
use super::rules::{NOT_QUOTA, RULES};
use super::table::{self, Quota};

/// What an error is.
#[derive(Clone, Debug, PartialEq)]
pub enum Diagnosis {
    /// A quota is behind it.
    Quota {
        /// Most likely first.
        quotas: Vec<&'static Quota>,
        /// What to know about this case.
        note: &'static str,
        /// False where the text names no operation and the list is a guess.
        certain: bool,
    },
    /// Recognised, and no quota.
    NotQuota {
        /// What it is instead.
        what: &'static str,
    },
    /// Not recognised.
    Unknown,
}

/// Diagnoses a text.
pub fn diagnose(text: &str) -> Diagnosis {
    let error = ErrorText::read(text);
    // The class decides first: an AccessDenied on a Service Quotas call says "quota" and is none.
    let by_class = NOT_QUOTA.iter().find(|(words, _, _)| error.class(words));
    let quota_class = error.class(&[
        "throttl",
        "toomanyrequests",
        "quotaexceeded",
        "limitexceeded",
        "artifactsize",
    ]);
    if let (Some((words, _, what)), false) = (by_class, quota_class)
        && !(words.contains(&"validationexception")
            && error.says(&[
                "too many targets",
                "too many tools",
                "targets per gateway",
                "maximum number of",
                "limit exceeded",
                "too large",
                "exceeds the maximum",
            ]))
        && !error.says(&["maxvms"])
    {
        return Diagnosis::NotQuota { what };
    }
    if let Some(rule) = RULES.iter().find(|rule| (rule.fits)(&error)) {
        let quotas: Vec<&Quota> = rule
            .quotas
            .iter()
            .filter_map(|id| table::find(id))
            .collect();
        return Diagnosis::Quota {
            certain: !rule.note.starts_with("the text names no operation"),
            quotas,
            note: rule.note,
        };
    }
    let by_text = NOT_QUOTA.iter().find(|(words, statuses, _)| {
        error.says(words)
            || statuses
                .iter()
                .any(|status| error.statuses.contains(status))
    });
    by_text.map_or(Diagnosis::Unknown, |(_, _, what)| Diagnosis::NotQuota {
        what,
    })
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    fn first(text: &str) -> String {
        match diagnose(text) {
            Diagnosis::Quota { quotas, .. } => quotas
                .first()
                .map(|quota| quota.id.to_owned())
                .unwrap_or_default(),
            Diagnosis::NotQuota { .. } => "no".to_owned(),
            Diagnosis::Unknown => "?".to_owned(),
        }
    }

    #[test]
    fn errors_lead_to_their_quota() {
        for (text, expected) in [
            (
                "An error occurred (ServiceQuotaExceededException) when calling the InvokeAgentRuntime operation: maxVms limit exceeded for account 123456789012",
                "active-sessions",
            ),
            ("HTTP 402 Payment Required", "active-sessions"),
            (
                "SERVICEQUOTAEXCEEDEDEXCEPTION: MAXVMS LIMIT EXCEEDED",
                "active-sessions",
            ),
            (
                "{\"message\":\"maxVms limit exceeded\",\"code\":402}",
                "active-sessions",
            ),
            (
                "An error occurred (ThrottlingException) when calling the InvokeAgentRuntime operation (reached max retries: 4): Rate exceeded",
                "data-plane-rate",
            ),
            (
                "ThrottlingException: Rate exceeded\n    at InvokeAgentRuntimeWithWebSocketStreamCommand",
                "data-plane-rate",
            ),
            (
                "429 Too Many Requests while starting a new session",
                "new-sessions",
            ),
            ("ThrottlingException: Rate exceeded", "data-plane-rate"),
            (
                "An error occurred (ThrottlingException) when calling the CreateEvent operation: Rate exceeded",
                "memory-create-event",
            ),
            (
                "botocore.exceptions.ClientError: An error occurred (ThrottledException) when calling the RetrieveMemoryRecords operation: slow down",
                "memory-retrieve-records",
            ),
            (
                "ValidationException: Too many targets for gateway",
                "gateway-targets",
            ),
            (
                "An error occurred (ServiceQuotaExceededException) when calling the StartCodeInterpreterSession operation: limit",
                "code-interpreter-sessions",
            ),
            (
                "ServiceQuotaExceededException: maximum number of concurrent Browser sessions reached: browser session",
                "browser-sessions",
            ),
            (
                "An error occurred (ThrottlingException) when calling the ConverseStream operation: Too many tokens, please wait before trying again.",
                "model-rate",
            ),
            (
                "An error occurred (ThrottlingException) when calling the InvokeModel operation: Too many requests",
                "model-rate",
            ),
            (
                "An error occurred (ThrottlingException) when calling the ListAgentRuntimes operation: Rate exceeded",
                "control-plane-lists",
            ),
            (
                "An error occurred (ServiceQuotaExceededException) when calling the CreateAgentRuntime operation: limit",
                "agents",
            ),
            (
                "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32003,\"message\":\"throttled\"}}",
                "data-plane-rate",
            ),
            (
                "tools/call failed: 429 Too Many Requests from gateway",
                "gateway-calls",
            ),
            ("ArtifactSizeError: zip is 312 MB", "code-package-size"),
            (
                "An error occurred (AccessDeniedException) when calling the ListServiceQuotas operation: not authorized, quota exceeded",
                "no",
            ),
            (
                "An error occurred (ValidationException) when calling the InvokeAgentRuntime operation: bad session id",
                "no",
            ),
            ("403 Forbidden: Authorization method mismatch", "no"),
            (
                "RuntimeClientError 424: Runtime initialization time exceeded",
                "no",
            ),
            ("read timed out", "no"),
            ("HTTP/1.1 404 Not Found", "no"),
            ("KeyError: 'foo'", "?"),
            ("", "?"),
            ("the weather is fine", "?"),
        ] {
            assert_eq!(first(text), expected, "{text}");
        }
    }

    #[test]
    fn every_rule_names_quotas_of_the_table() {
        for rule in RULES {
            for id in rule.quotas {
                assert!(table::find(id).is_some(), "{id}");
            }
        }
    }

    #[test]
    fn a_huge_text_is_read_in_bounded_time() {
        let text = "é Exception error ".repeat(200_000);
        assert_eq!(first(&text), "?");
    }
}
