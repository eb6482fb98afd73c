//! Values that a template or tutorial left behind.

/// Hosts that are reserved for documentation and tests (RFC 2606, RFC 6761), without a leading dot.
const RESERVED_HOSTS: [&str; 8] = [
    "example.com",
    "example.org",
    "example.net",
    "example",
    "test",
    "invalid",
    "localhost",
    "your-domain.com",
];
/// Whole values.
const WHOLE: [&str; 24] = [
    "my-api",
    "my-app",
    "my-audience",
    "my-client",
    "my-client-id",
    "my-idp",
    "my-scope",
    "api",
    "audience",
    "client-id",
    "clientid",
    "client",
    "changeme",
    "change-me",
    "replace-me",
    "replaceme",
    "todo",
    "tbd",
    "fixme",
    "placeholder",
    "example",
    "dummy",
    "string",
    "none",
];
/// Beginnings and inner words that no real identifier has.
const MARKS: [&str; 8] = [
    "your-",
    "changeme",
    "change-me",
    "replace-me",
    "placeholder",
    "insert-",
    "my-idp",
    "todo-",
];
/// So many equal letters in a row are a mask: `us-east-1_XXXXXXXXX`.
const MASK: usize = 5;

/// True for what must be filled in before the value means anything.
pub(super) fn is_placeholder(value: &str) -> bool {
    let text = value.trim().to_lowercase().replace('_', "-");
    if text.is_empty() || WHOLE.contains(&text.as_str()) {
        return true;
    }
    // `<tenant>`, `${TENANT}`, `{region}`.
    if text.contains('<') || text.contains('{') || text.contains("...") {
        return true;
    }
    if MARKS.iter().any(|mark| text.contains(mark)) || masked(&text) {
        return true;
    }
    host(&text).is_some_and(|host| {
        RESERVED_HOSTS.iter().any(|reserved| {
            host == *reserved
                || host
                    .strip_suffix(reserved)
                    .is_some_and(|before| before.ends_with('.'))
        })
    })
}

/// The host of a URL.
fn host(text: &str) -> Option<String> {
    Some(
        url::Url::parse(text)
            .ok()?
            .host_str()?
            .trim_end_matches('.')
            .to_owned(),
    )
}

fn masked(text: &str) -> bool {
    let mut run = 0;
    for character in text.chars() {
        run = if character == 'x' { run + 1 } else { 0 };
        if run >= MASK {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn what_must_be_filled_in_is_told_from_what_is_real() {
        for text in [
            "https://your-idp/.well-known/openid-configuration",
            "https://idp.example.com/.well-known/openid-configuration",
            "https://idp.test/x",
            "http://localhost:8080/x",
            "https://login.microsoftonline.com/<tenant>/v2.0/.well-known/openid-configuration",
            "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_XXXXXXXXX/.well-known/openid-configuration",
            "my-api",
            "YOUR_CLIENT_ID",
            "changeme",
            "TODO",
            "",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_aB3dE5fG7/.well-known/openid-configuration",
            "https://latest.acme.io/.well-known/openid-configuration",
            "https://contest.acme.io/",
            "https://examples.acme.io/",
            "5m4n3b2v1c0x9z8l7k6j5h4g3f",
            "api://orders",
            "support-api",
            "https://api.acme.io",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
