//! What AgentCore's Cedar says: its two additions to the language, and whether a policy decides anything.
//!
//! AgentCore takes Cedar with guardrail conditions (`when guardrails { … }`) and a third effect (`suppressOutput`), as the CLI's
//! own form writes them (@aws/agentcore 0.30.0, `agentcore add policy --form-category`). The official parser knows neither, so
//! both are replaced, length for length, by Cedar that stands for "some condition".

use serde_json::Value;

/// A policy text that the official parser can read; byte offsets are those of the original.
pub(crate) struct Prepared {
    /// The text.
    pub(crate) text: String,
    /// A guardrail condition was in it.
    pub(crate) guardrails: bool,
}

/// A token of Cedar, as far as telling words from strings and comments goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Other(u8),
}

/// Words and single characters outside of strings and comments, with their offsets.
fn tokens(text: &str) -> Vec<(usize, Token<'_>)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'"' => {
                while let Some(&inner) = bytes.get(at) {
                    at += if inner == b'\\' { 2 } else { 1 };
                    if inner == b'"' {
                        break;
                    }
                }
            }
            b'/' if bytes.get(at) == Some(&b'/') => {
                at = memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default())
                    .map_or(bytes.len(), |length| at + length);
            }
            _ if byte.is_ascii_alphabetic() || byte == b'_' => {
                while bytes
                    .get(at)
                    .is_some_and(|inner| inner.is_ascii_alphanumeric() || *inner == b'_')
                {
                    at += 1;
                }
                found.push((start, Token::Word(text.get(start..at).unwrap_or_default())));
            }
            _ if byte.is_ascii_whitespace() => {}
            _ => found.push((start, Token::Other(byte))),
        }
    }
    found
}

/// Whether a text holds a policy that permits something.
pub(crate) fn permits(text: &str) -> bool {
    tokens(text)
        .iter()
        .any(|(_, token)| *token == Token::Word("permit"))
}

/// Longest policy text that is parsed, in bytes: more than the service accepts.
const LONGEST: usize = 256 * 1024;
/// Deepest tree that is parsed. The official parser recurses without a bound, once per operator of a chain and many times per bracket.
const DEEPEST: usize = 1024;
/// What a bracket, and a word after which an expression nests, adds to the depth.
const BRACKET: usize = 16;

/// Why a text must not reach the official parser, where that is so. The depth of the tree is estimated from the tokens, from above:
/// brackets nest, and what is chained between two commas nests to the left.
pub(crate) fn beyond(text: &str) -> Option<&'static str> {
    if text.len() > LONGEST {
        return Some("is longer than 256 KiB");
    }
    // What each open bracket, from the outermost, adds so far; the first is the policy itself.
    let mut open = vec![0_usize];
    let mut depth = 0_usize;
    for (_, token) in tokens(text) {
        let added = match token {
            Token::Other(b'(' | b'[' | b'{') => {
                depth += BRACKET;
                open.push(BRACKET);
                0
            }
            Token::Other(b')' | b']' | b'}') if open.len() > 1 => {
                depth -= open.pop().unwrap_or(0);
                // A further call, index or condition nests, too.
                1
            }
            Token::Other(b',') if open.len() > 1 => {
                if let Some(here) = open.last_mut() {
                    depth -= *here - BRACKET;
                    *here = BRACKET;
                }
                0
            }
            Token::Other(b';') if open.len() == 1 => {
                depth = 0;
                open = vec![0];
                0
            }
            Token::Other(b'!' | b'-') | Token::Word("if") => BRACKET,
            Token::Other(b'&' | b'|' | b'+' | b'*' | b'.' | b'=' | b'<' | b'>')
            | Token::Word("in" | "has" | "is" | "like" | "when" | "unless") => 1,
            Token::Other(_) | Token::Word(_) => 0,
        };
        depth += added;
        if let Some(here) = open.last_mut() {
            *here += added;
        }
        if depth > DEEPEST {
            return Some("nests too deeply");
        }
    }
    None
}

/// Replaces what only AgentCore knows.
pub(crate) fn prepare(text: &str) -> Prepared {
    let found = tokens(text);
    let mut out = text.to_owned();
    let mut guardrails = false;
    let mut replace = |from: usize, to: usize, with: &str| {
        let padded = format!("{with:width$}", width = to - from);
        if padded.len() == to - from && out.get(from..to).is_some() {
            out.replace_range(from..to, &padded);
        }
    };
    for (index, (start, token)) in found.iter().enumerate() {
        match token {
            Token::Word("suppressOutput") => {
                replace(*start, start + "suppressOutput".len(), "forbid")
            }
            Token::Word("when" | "unless")
                if matches!(found.get(index + 1), Some((_, Token::Word("guardrails")))) =>
            {
                let Some((open, end)) = block(&found, index + 2) else {
                    continue;
                };
                let from = found.get(index + 1).map_or(open, |(at, _)| *at);
                guardrails = true;
                // `context has g` may be true or false: a condition.
                replace(from, end, "{ context has g }");
            }
            Token::Word(_) | Token::Other(_) => {}
        }
    }
    Prepared {
        text: out,
        guardrails,
    }
}

/// Start and end of the block whose `{` is the token at `index`.
fn block(found: &[(usize, Token<'_>)], index: usize) -> Option<(usize, usize)> {
    let (open, Token::Other(b'{')) = found.get(index)? else {
        return None;
    };
    let mut depth = 0_usize;
    for (at, token) in found.get(index..)? {
        match token {
            Token::Other(b'{') => depth += 1,
            Token::Other(b'}') => {
                depth -= 1;
                if depth == 0 {
                    return Some((*open, at + 1));
                }
            }
            Token::Other(_) | Token::Word(_) => {}
        }
    }
    None
}

/// True for a permit, in Cedar's JSON form, whose scope takes in every caller and every tool and whose conditions, if any, always
/// hold. A scope of one gateway, or of a type that every caller or gateway has, still takes in everything that the engine decides.
pub(crate) fn permits_everything(policy: &Value) -> bool {
    let op = |part: &str| {
        policy
            .pointer(&format!("/{part}/op"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let text = |pointer: &str| {
        policy
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let any_principal = match op("principal") {
        "All" => true,
        "is" => {
            matches!(
                text("/principal/entity_type"),
                "AgentCore::OAuthUser" | "AgentCore::IamEntity"
            ) && policy.pointer("/principal/in").is_none()
        }
        _ => false,
    };
    let any_action = match op("action") {
        "All" => true,
        // Every tool's action descends from these two.
        "in" | "==" => {
            let one = policy.pointer("/action/entity").into_iter();
            let several = policy
                .pointer("/action/entities")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            one.chain(several).any(|entity| {
                matches!(
                    entity.get("id").and_then(Value::as_str),
                    Some("CallTool" | "Mcp")
                )
            }) && op("action") == "in"
        }
        _ => false,
    };
    let any_resource = matches!(op("resource"), "All" | "is" | "==" | "in");
    let conditions = policy.get("conditions").and_then(Value::as_array);
    let unconditional = conditions.into_iter().flatten().all(|condition| {
        let body = condition.get("body").and_then(|body| constant(body, 0));
        match condition.get("kind").and_then(Value::as_str) {
            Some("when") => body == Some(true),
            Some("unless") => body == Some(false),
            _ => false,
        }
    });
    any_principal && any_action && any_resource && unconditional
}

/// What a condition always is, where it does not depend on the request.
fn constant(body: &Value, depth: usize) -> Option<bool> {
    // The parser bounds the nesting; so does this.
    if depth > 64 {
        return None;
    }
    let deeper = |value: Option<&Value>| value.and_then(|value| constant(value, depth + 1));
    let (key, value) = body.as_object()?.iter().next()?;
    let (left, right) = (value.get("left"), value.get("right"));
    match key.as_str() {
        "Value" => value.as_bool(),
        "!" => deeper(value.get("arg")).map(|inner| !inner),
        "&&" => match (deeper(left), deeper(right)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        "||" => match (deeper(left), deeper(right)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        "==" => {
            // The same constant or the same variable on both sides.
            let literal = |side: Option<&Value>| side.and_then(|side| side.get("Value").cloned());
            let variable = |side: Option<&Value>| side.and_then(|side| side.get("Var").cloned());
            match (literal(left), literal(right)) {
                (Some(one), Some(other)) => Some(one == other),
                _ => {
                    (variable(left).is_some() && variable(left) == variable(right)).then_some(true)
                }
            }
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::str::FromStr;

    use cedar_policy::PolicySet;

    use super::*;

    fn everything(text: &str) -> bool {
        let prepared = prepare(text);
        assert_eq!(prepared.text.len(), text.len());
        let set = PolicySet::from_str(&prepared.text).unwrap();
        set.policies()
            .any(|policy| permits_everything(&policy.to_json().unwrap()))
    }

    #[test]
    fn a_condition_that_always_holds_is_none() {
        for text in [
            "permit(principal, action, resource);",
            "permit(principal, action, resource) when { true };",
            "permit(principal, action, resource) when { true || context.input.a == 1 };",
            "permit(principal, action, resource) unless { !true };",
            "permit(principal, action, resource) when { 1 == 1 };",
            "permit(principal is AgentCore::OAuthUser, action, resource is AgentCore::Gateway);",
            "permit(principal, action, resource == AgentCore::Gateway::\"arn\"); // when { false }",
            "permit(principal, action in AgentCore::Action::\"CallTool\", resource);",
        ] {
            assert!(everything(text), "{text}");
        }
    }

    #[test]
    fn a_policy_that_decides_something_is_fine() {
        for text in [
            "permit(principal, action == AgentCore::Action::\"crm___find\", resource);",
            "permit(principal, action, resource) when { context.input.amount < 500 };",
            "permit(principal, action, resource) when { true && principal.id like \"*:123456789012:*\" };",
            "permit(principal == AgentCore::OAuthUser::\"ann\", action, resource);",
            "@id(\"permit(principal, action, resource);\") permit(principal, action, resource) unless { context.input.a == 1 };",
        ] {
            assert!(!everything(text), "{text}");
        }
    }

    #[test]
    fn what_would_exhaust_the_parser_does_not_reach_it() {
        let policy = |condition: &str| {
            format!("permit(principal, action, resource) when {{ {condition} }};")
        };
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("{a: ", "}"),
            ("!", ""),
            ("if true then ", ""),
        ] {
            let nested = format!("{}true{}", open.repeat(10_000), close.repeat(10_000));
            assert!(beyond(&policy(&nested)).is_some(), "{open}");
        }
        for chain in [" && true", " || true", " + 1", " == 1", ".a", "[\"a\"]"] {
            let condition = format!("true{}", chain.repeat(10_000));
            assert!(beyond(&policy(&condition)).is_some(), "{chain}");
        }
        let conditions = "when { true } ".repeat(10_000);
        assert!(
            beyond(&format!(
                "permit(principal, action, resource) {conditions};"
            ))
            .is_some()
        );
        assert!(beyond(&"//".repeat(LONGEST)).is_some());
    }

    #[test]
    fn many_policies_and_long_lists_are_parsed() {
        let list = vec!["AgentCore::Action::\"crm___find\""; 2_000].join(", ");
        let one = format!(
            "permit(principal, action in [{list}], resource) when {{ context.input.a == 1 && (context.input.b || true) }};"
        );
        assert_eq!(beyond(&one), None);
        let many = "permit(principal, action, resource) when { context.a < 1 };\n".repeat(1_000);
        assert_eq!(beyond(&many), None);
    }

    #[test]
    fn the_deepest_that_is_parsed_does_not_exhaust_the_stack() {
        let within = |part: &str, close: &str, most: usize| {
            let text = |n: usize| {
                format!(
                    "permit(principal, action, resource) when {{ {}true{} }};",
                    part.repeat(n),
                    close.repeat(n)
                )
            };
            let deepest = (1..most).rev().find(|n| beyond(&text(*n)).is_none());
            text(deepest.unwrap())
        };
        let texts = [
            within("(", ")", 200),
            within("[", "]", 200),
            within("{a: ", "}", 200),
            within("true && ", "", 2_000),
            within("true || ", "", 2_000),
            within("if true then ", " else true", 200),
        ];
        let judged = std::thread::Builder::new()
            .stack_size(64 << 20)
            .spawn(move || {
                let parsed = texts.iter().map(|text| PolicySet::from_str(text).unwrap());
                parsed
                    .map(|set| set.policies().filter(|one| one.to_json().is_ok()).count())
                    .sum::<usize>()
            });
        assert_eq!(judged.unwrap().join().unwrap(), 6);
    }

    #[test]
    fn guardrail_policies_parse() {
        let text = "permit (principal, action, resource is AgentCore::Gateway)\nwhen guardrails { BedrockGuardrails::PromptAttack([\"JAILBREAK\"], [context.input.prompt])[\"JAILBREAK\"].confidenceScore.lessThanOrEqual(decimal(\"0.4\")) };";
        assert!(prepare(text).guardrails);
        assert!(!everything(text));
        assert!(!everything(
            "suppressOutput (principal, action, resource is AgentCore::Gateway)\nwhen guardrails { BedrockGuardrails::ContentFilter([\"HATE\"], [context.output.prompt]).maxConfidenceScore().greaterThan(decimal(\"0.2\")) };"
        ));
    }
}
