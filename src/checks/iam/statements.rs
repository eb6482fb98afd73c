//! What single statements of a policy document allow that they should not. It looks at one statement at a time: Deny statements
//! and boundaries elsewhere, which can only take away, are for the policy engine.

use serde_json::Value;

/// A statement of a policy document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    /// Its Sid, or `#n` (0-based).
    pub(super) label: String,
    /// `Effect` is Allow.
    pub(super) allow: bool,
    /// `Action` patterns; those of `NotAction` where `not_action`.
    pub(super) actions: Vec<String>,
    /// The patterns are exceptions.
    pub(super) not_action: bool,
    /// `Resource` patterns; those of `NotResource` where `not_resource`.
    pub(super) resources: Vec<String>,
    /// The patterns are exceptions.
    pub(super) not_resource: bool,
    /// `Condition`.
    pub(super) condition: Option<Value>,
}

/// The statements of a document; IAM takes one object for a list of one.
pub(super) fn statements(document: &Value) -> Vec<Statement> {
    let list: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    };
    list.into_iter()
        .enumerate()
        .map(|(index, node)| statement(index, node))
        .collect()
}

fn statement(index: usize, node: &Value) -> Statement {
    let strings = |key: &str| match node.get(key) {
        Some(Value::String(one)) => Some(vec![one.clone()]),
        Some(Value::Array(items)) => Some(
            items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
        ),
        _ => None,
    };
    let (actions, not_actions) = (strings("Action"), strings("NotAction"));
    let (resources, not_resources) = (strings("Resource"), strings("NotResource"));
    Statement {
        label: node
            .get("Sid")
            .and_then(Value::as_str)
            .map_or_else(|| format!("#{index}"), str::to_owned),
        allow: node.get("Effect").and_then(Value::as_str) == Some("Allow"),
        not_action: actions.is_none() && not_actions.is_some(),
        not_resource: resources.is_none() && not_resources.is_some(),
        actions: actions.or(not_actions).unwrap_or_default(),
        resources: resources.or(not_resources).unwrap_or_default(),
        condition: node.get("Condition").cloned(),
    }
}

impl Statement {
    /// In a few words: the actions and resources.
    pub(super) fn shown(&self) -> String {
        let cut = |list: &[String]| match list {
            [] => "(none)".to_owned(),
            [one] => one.clone(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        let not = |flag: bool| if flag { "all but " } else { "" };
        format!(
            "Allow {}{} on {}{}",
            not(self.not_action),
            cut(&self.actions),
            not(self.not_resource),
            self.resources.join(", ")
        )
    }

    pub(super) fn covers(&self, action: &str) -> bool {
        let hit = self
            .actions
            .iter()
            .any(|pattern| matches(&pattern.to_lowercase(), &action.to_lowercase()));
        hit != self.not_action
    }

    pub(super) fn on_everything(&self) -> bool {
        self.not_resource || self.resources.iter().any(|resource| resource == "*")
    }
}

/// `*` and `?` as IAM matches them.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star, mut mark) = (0, 0, None, 0);
    while let Some(&character) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some(p);
                mark = t;
                p += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == character => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some(at) => {
                    p = at + 1;
                    mark += 1;
                    t = mark;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_none_or(|rest| rest.iter().all(|c| *c == '*'))
}

/// The resource part of an ARN.
pub(super) fn resource_part(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let (_, _, service, _, account, resource) = (
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
    );
    Some((service, account, resource))
}

/// Actions that call a model.
const MODEL_ACTIONS: [&str; 4] = [
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
    "bedrock:Converse",
    "bedrock:ConverseStream",
];

/// True where the statement allows a model call.
pub(super) fn calls_models(statement: &Statement) -> bool {
    statement.allow && MODEL_ACTIONS.iter().any(|action| statement.covers(action))
}

/// Model calls that are not bound to named models: the reason.
pub(super) fn unbound_models(statement: &Statement) -> Option<String> {
    if !calls_models(statement) {
        return None;
    }
    if statement.on_everything() {
        return Some("model calls on every resource".to_owned());
    }
    let wide: Vec<&str> = statement
        .resources
        .iter()
        .filter(|arn| match resource_part(arn) {
            // The Region may be a wildcard where a cross-Region profile needs it; the model may not.
            Some(("bedrock" | "*", _, resource)) => resource.contains(['*', '?']),
            Some(_) => false,
            None => arn.contains('*'),
        })
        .map(String::as_str)
        .collect();
    (!wide.is_empty()).then(|| format!("any model that matches {}", wide.join(", ")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_named_model_is_bound_whatever_the_region() {
        let unbound = |resource: &str| {
            let document = json!({"Statement": [{"Effect": "Allow", "Action": "bedrock:Invoke*", "Resource": resource}]});
            unbound_models(&statements(&document)[0]).is_some()
        };
        assert!(unbound("*"));
        assert!(unbound("arn:aws:bedrock:*::foundation-model/*"));
        assert!(unbound(
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.*"
        ));
        assert!(!unbound(
            "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"
        ));
        assert!(!unbound("arn:aws:s3:::models/*"));
    }

    #[test]
    fn wildcards_match_as_iam_matches_them() {
        assert!(matches("s3:get*", "s3:getobject"));
        assert!(matches("*", ""));
        assert!(matches("a?c*", "abcd"));
        assert!(!matches("a?c", "ac"));
    }
}
