//! EventBridge event patterns, evaluated: does a rule see a command execution in a runtime?
//!
//! Rules of matching: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>. The answer has
//! three values, since of a real event only some fields are known beforehand (not its caller, address or time).

use serde_json::{Value, json};

/// How an event fits a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It does not match.
    No,
    /// It depends on fields that differ from event to event.
    Sometimes,
    /// It matches.
    Yes,
}

impl Fit {
    fn of(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }

    fn negated(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Sometimes => Self::Sometimes,
            Self::Yes => Self::No,
        }
    }

    fn all(fits: impl IntoIterator<Item = Self>) -> Self {
        fits.into_iter().min().unwrap_or(Self::Yes)
    }

    fn any(fits: impl IntoIterator<Item = Self>) -> Self {
        fits.into_iter().max().unwrap_or(Self::No)
    }
}

/// The data-plane calls that execute commands in a runtime, as CloudTrail names them.
pub const COMMAND_EVENTS: [&str; 2] = [
    "InvokeAgentRuntimeCommand",
    "InvokeAgentRuntimeCommandShell",
];

/// Deeper nesting than any real pattern.
const DEEPEST: usize = 32;

/// What is known beforehand of the event that a command execution makes. Fields that are left out differ from call to call.
pub fn command_event(name: &str, account: &str, region: &str) -> Value {
    json!({
        "version": "0",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.bedrock-agentcore",
        "account": account,
        "region": region,
        "detail": {
            "eventSource": "bedrock-agentcore.amazonaws.com",
            "eventName": name,
            "awsRegion": region,
            "managementEvent": false,
            "eventCategory": "Data",
            "eventType": "AwsApiCall",
            "recipientAccountId": account,
        },
    })
}

/// How `event` fits `pattern`; an event field that is missing is taken as not known beforehand.
pub fn fit(pattern: &Value, event: &Value) -> Fit {
    object(pattern, Some(event), 0)
}

fn object(pattern: &Value, event: Option<&Value>, depth: usize) -> Fit {
    let Value::Object(fields) = pattern else {
        return Fit::No;
    };
    if depth > DEEPEST {
        return Fit::Sometimes;
    }
    // An array of objects in the event matches when one of its elements does.
    if let Some(Value::Array(items)) = event {
        return Fit::any(
            items
                .iter()
                .map(|item| object(pattern, Some(item), depth + 1)),
        );
    }
    Fit::all(fields.iter().map(|(key, value)| {
        match value {
            Value::Array(alternatives) if key == "$or" => Fit::any(
                alternatives
                    .iter()
                    .map(|alternative| object(alternative, event, depth + 1)),
            ),
            Value::Array(matchers) => {
                let field = event.and_then(|event| event.get(key));
                Fit::any(matchers.iter().map(|matcher| leaf(matcher, field)))
            }
            Value::Object(_) => {
                let field = event.and_then(|event| event.get(key));
                match field {
                    Some(Value::Object(_) | Value::Array(_)) | None => {
                        object(value, field, depth + 1)
                    }
                    Some(_) => Fit::No,
                }
            }
            _ => Fit::No,
        }
    }))
}

fn leaf(matcher: &Value, field: Option<&Value>) -> Fit {
    if let Some(exists) = matcher.get("exists").and_then(Value::as_bool) {
        return match field {
            Some(_) => Fit::of(exists),
            None => Fit::Sometimes,
        };
    }
    match field {
        None => Fit::Sometimes,
        Some(Value::Array(items)) => Fit::any(items.iter().map(|item| scalar(matcher, item))),
        Some(value) => scalar(matcher, value),
    }
}

fn scalar(matcher: &Value, value: &Value) -> Fit {
    let Value::Object(operator) = matcher else {
        return Fit::of(equal(matcher, value));
    };
    let Some((name, operand)) = operator.iter().next() else {
        return Fit::No;
    };
    match name.as_str() {
        "anything-but" => anything_but(operand, value),
        "numeric" => Fit::of(numeric(operand, value)),
        "prefix" | "suffix" | "equals-ignore-case" | "wildcard" => {
            Fit::of(text(name, operand, value))
        }
        // Operators that this program does not know, `cidr` among them, decide on what it cannot know.
        _ => Fit::Sometimes,
    }
}

fn equal(wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (Value::Number(wanted), Value::Number(value)) => wanted.as_f64() == value.as_f64(),
        _ => wanted == value,
    }
}

fn text(name: &str, operand: &Value, value: &Value) -> bool {
    let Some(value) = value.as_str() else {
        return false;
    };
    // `{"prefix": {"equals-ignore-case": "x"}}` compares without case.
    if let Some(inner) = operand.get("equals-ignore-case").and_then(Value::as_str) {
        let (value, inner) = (value.to_lowercase(), inner.to_lowercase());
        return match name {
            "prefix" => value.starts_with(&inner),
            "suffix" => value.ends_with(&inner),
            _ => false,
        };
    }
    let Some(operand) = operand.as_str() else {
        return false;
    };
    match name {
        "prefix" => value.starts_with(operand),
        "suffix" => value.ends_with(operand),
        "equals-ignore-case" => value.to_lowercase() == operand.to_lowercase(),
        _ => wildcard(operand, value),
    }
}

/// `*` matches any run of characters; `\*` and `\\` are literal.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = vec![String::new()];
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' => parts.push(String::new()),
            '\\' => push(&mut parts, characters.next().unwrap_or('\\')),
            other => push(&mut parts, other),
        }
    }
    let Some((first, rest)) = parts.split_first() else {
        return false;
    };
    let Some(mut left) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else {
        return left.is_empty();
    };
    for part in middle {
        match left.find(part.as_str()) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last.as_str())
}

fn push(parts: &mut [String], character: char) {
    if let Some(part) = parts.last_mut() {
        part.push(character);
    }
}

fn anything_but(operand: &Value, value: &Value) -> Fit {
    match operand {
        Value::Array(items) => Fit::of(!items.iter().any(|item| equal(item, value))),
        Value::Object(inner) => {
            let Some((name, operand)) = inner.iter().next() else {
                return Fit::No;
            };
            let operands = match operand {
                Value::Array(items) => items.iter().collect(),
                single => vec![single],
            };
            Fit::any(
                operands
                    .into_iter()
                    .map(|operand| scalar(&json!({ name.as_str(): operand }), value)),
            )
            .negated()
        }
        single => Fit::of(!equal(single, value)),
    }
}

fn numeric(operand: &Value, value: &Value) -> bool {
    let (Some(value), Some(items)) = (value.as_f64(), operand.as_array()) else {
        return false;
    };
    !items.is_empty()
        && items.chunks(2).all(|pair| {
            let [operator, limit] = pair else {
                return false;
            };
            let (Some(operator), Some(limit)) = (operator.as_str(), limit.as_f64()) else {
                return false;
            };
            match operator {
                "=" => (value - limit).abs() < f64::EPSILON,
                "<" => value < limit,
                "<=" => value <= limit,
                ">" => value > limit,
                ">=" => value >= limit,
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sees(pattern: Value) -> Fit {
        fit(
            &pattern,
            &command_event(COMMAND_EVENTS[0], "123456789012", "us-east-1"),
        )
    }

    #[test]
    fn exact_values_and_lists() {
        assert_eq!(
            sees(
                json!({"source": ["aws.bedrock-agentcore"], "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {"eventName": ["InvokeAgentRuntimeCommand"]}})
            ),
            Fit::Yes
        );
        assert_eq!(
            sees(json!({"detail": {"eventName": ["InvokeAgentRuntime"]}})),
            Fit::No
        );
        assert_eq!(sees(json!({"source": ["aws.ec2"]})), Fit::No);
        assert_eq!(sees(json!({})), Fit::Yes);
        assert_eq!(sees(json!({"source": "aws.bedrock-agentcore"})), Fit::No);
        assert_eq!(sees(json!({"source": {"x": ["y"]}})), Fit::No);
    }

    #[test]
    fn text_operators() {
        let name = |matcher: Value| sees(json!({"detail": {"eventName": [matcher]}}));
        assert_eq!(name(json!({"prefix": "InvokeAgentRuntime"})), Fit::Yes);
        assert_eq!(
            name(json!({"prefix": {"equals-ignore-case": "invokeagent"}})),
            Fit::Yes
        );
        assert_eq!(name(json!({"suffix": "Command"})), Fit::Yes);
        assert_eq!(name(json!({"suffix": "Shell"})), Fit::No);
        assert_eq!(
            name(json!({"equals-ignore-case": "INVOKEAGENTRUNTIMECOMMAND"})),
            Fit::Yes
        );
        assert_eq!(name(json!({"wildcard": "Invoke*Command*"})), Fit::Yes);
        assert_eq!(name(json!({"wildcard": "Invoke*Shell"})), Fit::No);
        assert_eq!(name(json!({"wildcard": "Invoke\\*"})), Fit::No);
    }

    #[test]
    fn anything_but_negates() {
        let name =
            |operand: Value| sees(json!({"detail": {"eventName": [{"anything-but": operand}]}}));
        assert_eq!(name(json!("InvokeAgentRuntime")), Fit::Yes);
        assert_eq!(name(json!(["InvokeAgentRuntimeCommand", "x"])), Fit::No);
        assert_eq!(name(json!({"prefix": "Get"})), Fit::Yes);
        assert_eq!(name(json!({"prefix": ["Get", "Invoke"]})), Fit::No);
        assert_eq!(name(json!({"wildcard": "*Command"})), Fit::No);
    }

    #[test]
    fn existence_numbers_and_or() {
        assert_eq!(
            sees(json!({"detail": {"eventName": [{"exists": true}]}})),
            Fit::Yes
        );
        assert_eq!(
            sees(json!({"detail": {"eventName": [{"exists": false}]}})),
            Fit::No
        );
        assert_eq!(
            sees(json!({"detail": {"errorCode": [{"exists": false}]}})),
            Fit::Sometimes
        );
        assert_eq!(
            sees(json!({"detail": {"userIdentity": {"type": ["Root"]}}})),
            Fit::Sometimes
        );
        assert_eq!(
            sees(json!({"$or": [{"source": ["aws.s3"]}, {"detail": {"eventCategory": ["Data"]}}]})),
            Fit::Yes
        );
        assert_eq!(
            sees(json!({"$or": [{"source": ["aws.s3"]}, {"source": ["aws.ec2"]}]})),
            Fit::No
        );
        let event = json!({"detail": {"n": [1, 7], "items": [{"k": "a"}, {"k": "b"}]}});
        assert_eq!(
            fit(
                &json!({"detail": {"n": [{"numeric": [">", 5, "<=", 7]}]}}),
                &event
            ),
            Fit::Yes
        );
        assert_eq!(
            fit(&json!({"detail": {"n": [{"numeric": [">", 7]}]}}), &event),
            Fit::No
        );
        assert_eq!(
            fit(&json!({"detail": {"items": {"k": ["b"]}}}), &event),
            Fit::Yes
        );
        assert_eq!(
            fit(&json!({"detail": {"items": {"k": ["c"]}}}), &event),
            Fit::No
        );
    }
}
