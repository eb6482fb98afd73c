//! Classifies what AWS answers instead of data: by the error's code and the HTTP status, never by its text.

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::model::known::{Known, ReasonCode, Unread};

/// Why a call gave no data.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// AWS says that there is no such thing.
    Missing,
    /// It could not be read.
    Unread(Unread),
}

impl Fault {
    /// The reason to show; a thing that is missing where it must be there is absent.
    pub fn into_unread(self, what: &str) -> Unread {
        match self {
            Self::Missing => Unread::new(ReasonCode::Absent, format!("AWS knows no {what}")),
            Self::Unread(reason) => reason,
        }
    }
}

/// A call's result as a value that knows why it is not there.
pub fn known<T>(result: Result<T, Fault>) -> Known<T> {
    match result {
        Ok(value) => Known::Read(value),
        Err(Fault::Missing) => Known::Absent,
        Err(Fault::Unread(reason)) => Known::Unread(reason),
    }
}

/// The caller lacks a permission. Query, JSON and REST protocols spell it differently.
const DENIED: [&str; 8] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "NotAuthorized",
    "NotAuthorizedException",
    "UnauthorizedException",
    "UnauthorizedOperation",
];
/// The credentials themselves were refused.
const REFUSED: [&str; 12] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "OptInRequired",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];
/// Too many calls.
const THROTTLED: [&str; 9] = [
    "LimitExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
];
/// The service or Region does not know the call.
const UNSUPPORTED: [&str; 9] = [
    "InvalidAction",
    "NotImplemented",
    "NotImplementedException",
    "UnknownOperation",
    "UnknownOperationException",
    "UnsupportedOperation",
    "UnsupportedOperationException",
    "UnsupportedRegionException",
    "InvalidHomeRegionException",
];
/// There is no such resource.
const MISSING: [&str; 9] = [
    "ImageNotFoundException",
    "NoSuchEntity",
    "NoSuchEntityException",
    "NoSuchResourceException",
    "NotFoundException",
    "RepositoryNotFoundException",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "TrailNotFoundException",
];

/// Turns an SDK error of the call that `action` (`service:Operation`) authorises into a [`Fault`].
pub fn classify<E: ProvideErrorMetadata>(action: &str, error: &SdkError<E, HttpResponse>) -> Fault {
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    let unread = |code, message: String| Fault::Unread(Unread::new(code, message));
    let garbage = || {
        unread(
            ReasonCode::Unsupported,
            format!("the answer of {action} could not be parsed"),
        )
    };
    match error {
        // A success that cannot be parsed comes as a service error without a code.
        SdkError::ServiceError(service)
            if service.err().code().is_none() && matches!(status, Some(200..300)) =>
        {
            garbage()
        }
        SdkError::ServiceError(service) => by_code(action, service.err().code(), status),
        SdkError::TimeoutError(_) => unread(
            ReasonCode::Unreachable,
            format!("{action} did not answer in time"),
        ),
        SdkError::DispatchFailure(failure) => {
            let why = if failure.is_timeout() {
                "did not answer in time"
            } else {
                "could not be reached"
            };
            unread(
                ReasonCode::Unreachable,
                format!("{action} {why}: the host is down, or the Region lacks the service"),
            )
        }
        // The answer came and makes no sense; a refusal by status still is one.
        SdkError::ResponseError(_) => match status {
            Some(200..300) | None => garbage(),
            Some(_) => by_code(action, None, status),
        },
        _ => unread(
            ReasonCode::Unreachable,
            format!("the request of {action} could not be built"),
        ),
    }
}

fn by_code(action: &str, code: Option<&str>, status: Option<u16>) -> Fault {
    // Some protocols prefix the code with a namespace or append a URL.
    let code = code.map(|code| code.rsplit('#').next().unwrap_or(code));
    let code = code.map(|code| code.split(':').next().unwrap_or(code));
    let is = |list: &[&str]| code.is_some_and(|code| list.contains(&code));
    let shown = match (code, status) {
        (Some(code), _) => code.to_owned(),
        (None, Some(status)) => format!("HTTP status {status}"),
        (None, None) => "no code".to_owned(),
    };
    let unread = |reason, message: String| Unread::new(reason, message);
    if is(&MISSING) {
        return Fault::Missing;
    }
    Fault::Unread(if is(&REFUSED) {
        unread(
            ReasonCode::Denied,
            format!(
                "AWS refused the credentials ({shown}): sign in again or choose another profile"
            ),
        )
        .flag("--profile")
    } else if is(&THROTTLED) || (code.is_none() && status == Some(429)) {
        unread(
            ReasonCode::Unreachable,
            format!("{action} was throttled ({shown}): run again later"),
        )
    } else if is(&DENIED) || matches!(status, Some(401 | 403)) {
        unread(
            ReasonCode::Denied,
            format!("AWS denied {action} ({shown}): grant this action to the credentials in use"),
        )
        .action(action)
    } else if is(&UNSUPPORTED) || (code.is_none() && matches!(status, Some(404 | 405 | 501))) {
        unread(
            ReasonCode::Unsupported,
            format!("the service or Region does not support {action} ({shown})"),
        )
    } else {
        unread(
            ReasonCode::Unreachable,
            format!("{action} failed ({shown})"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(code: Option<&str>, status: u16) -> ReasonCode {
        match by_code("s:Op", code, Some(status)) {
            Fault::Unread(unread) => unread.code,
            Fault::Missing => ReasonCode::Absent,
        }
    }

    #[test]
    fn codes_decide_before_the_status() {
        assert_eq!(reason(Some("AccessDenied"), 403), ReasonCode::Denied);
        assert_eq!(
            reason(Some("com.amazon.coral#AccessDeniedException"), 400),
            ReasonCode::Denied
        );
        assert_eq!(reason(Some("AuthorizationError"), 400), ReasonCode::Denied);
        assert_eq!(
            reason(Some("UnauthorizedOperation"), 403),
            ReasonCode::Denied
        );
        assert_eq!(
            reason(Some("ThrottlingException"), 429),
            ReasonCode::Unreachable
        );
        assert_eq!(
            reason(Some("ThrottlingException"), 403),
            ReasonCode::Unreachable
        );
        assert_eq!(
            reason(Some("ResourceNotFoundException"), 404),
            ReasonCode::Absent
        );
        assert_eq!(
            reason(Some("UnknownOperationException"), 404),
            ReasonCode::Unsupported
        );
        assert_eq!(reason(None, 404), ReasonCode::Unsupported);
        assert_eq!(reason(None, 501), ReasonCode::Unsupported);
        assert_eq!(reason(None, 500), ReasonCode::Unreachable);
        assert_eq!(reason(None, 403), ReasonCode::Denied);
    }

    #[test]
    fn a_denial_names_the_action_to_grant() {
        let Fault::Unread(unread) =
            by_code("xray:GetIndexingRules", Some("AccessDeniedException"), None)
        else {
            unreachable!("a denial");
        };
        assert_eq!(unread.iam_action.as_deref(), Some("xray:GetIndexingRules"));
    }
}
