//! Policy documents as IAM hands them out: percent-encoded JSON; and the part of them that can concern AgentCore.

use serde_json::{Value, json};

/// Why a text is no policy document.
#[derive(Debug, thiserror::Error)]
#[error("not a policy document")]
pub struct NotADocument;

/// Parses a document, percent-encoded (RFC 3986, as IAM answers) or plain.
///
/// # Errors
/// When it is neither.
pub fn parse(text: &str) -> Result<Value, NotADocument> {
    let decoded = if text.trim_start().starts_with('{') {
        text.to_owned()
    } else {
        decode(text).ok_or(NotADocument)?
    };
    serde_json::from_str(&decoded).map_err(|_| NotADocument)
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The document with only the statements that `keep` accepts, `Statement` always being a list.
pub fn reduce(document: &Value, keep: impl Fn(&Value) -> bool) -> Value {
    let statements: Vec<Value> = match document.get("Statement") {
        Some(Value::Array(statements)) => {
            statements.iter().filter(|one| keep(one)).cloned().collect()
        }
        Some(statement @ Value::Object(_)) if keep(statement) => vec![statement.clone()],
        _ => Vec::new(),
    };
    json!({
        "Version": document.get("Version").cloned().unwrap_or_else(|| json!("2012-10-17")),
        "Statement": statements,
    })
}

/// True when a statement's actions can include one of `bedrock-agentcore`.
pub fn concerns_agentcore(statement: &Value) -> bool {
    has_action(statement, &|pattern| {
        let service = pattern
            .split_once(':')
            .map_or(pattern, |(service, _)| service);
        glob(service.as_bytes(), b"bedrock-agentcore")
    })
}

/// True when a statement's actions can include `iam:PassRole`.
pub fn passes_a_role(statement: &Value) -> bool {
    has_action(statement, &|pattern| {
        glob(pattern.as_bytes(), b"iam:passrole")
    })
}

/// `matches` is given action patterns in lower case.
fn has_action(statement: &Value, matches: &dyn Fn(&str) -> bool) -> bool {
    // Everything but what is named: only the engine can tell.
    if statement.get("NotAction").is_some() {
        return true;
    }
    let touches = |action: &Value| {
        let text = action.as_str();
        text.is_some_and(|text| matches(&text.to_ascii_lowercase()))
    };
    match statement.get("Action") {
        Some(Value::Array(actions)) => actions.iter().any(touches),
        Some(action) => touches(action),
        None => false,
    }
}

/// IAM's wildcards: `*` any run, `?` one character. Linear in practice: the last `*` is the only one retried.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, matched)) => {
                    star = Some((at, matched + 1));
                    p = at + 1;
                    t = matched + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded() {
        let document =
            parse("%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D").unwrap();
        assert_eq!(document["Version"], "2012-10-17");
        assert_eq!(parse("{\"a\": \"100%\"}").unwrap()["a"], "100%");
        assert!(parse("%7").is_err() && parse("%zz").is_err() && parse("").is_err());
        // A plus sign is a plus sign: this is no form data.
        assert_eq!(parse("%7B%22a%22:%22+%22%7D").unwrap()["a"], "+");
    }

    #[test]
    fn only_statements_that_can_concern_agentcore_are_kept() {
        let kept = |statement: Value| concerns_agentcore(&statement);
        assert!(kept(json!({"Action": "*"})));
        assert!(kept(
            json!({"Action": ["s3:GetObject", "Bedrock-AgentCore:InvokeAgentRuntime"]})
        ));
        assert!(kept(json!({"Action": "bedrock*:Invoke*"})));
        assert!(kept(json!({"Action": "bedrock-agent????:x"})));
        assert!(kept(json!({"NotAction": "iam:*"})));
        assert!(!kept(json!({"Action": "bedrock:InvokeModel"})));
        assert!(!kept(json!({"Action": "bedrock-agent:*"})));
        assert!(!kept(json!({"Effect": "Allow"})));
        let document = json!({"Statement": {"Effect": "Allow", "Action": "*"}});
        assert_eq!(
            reduce(&document, concerns_agentcore)["Statement"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
}
