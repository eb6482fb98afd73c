//! `agentcore/cdk/lib/narrowed-roles.ts`: the aspect that this program writes into the project's stack, and reads back.
//!
//! What only the stack can change (the roles that the CLI's constructs make, properties that `agentcore.json` has no key for) is
//! a list of rules in a file of its own; the code around the list is the same in every project. A file whose code differs is
//! somebody else's: it is not predicted from.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::arn::Arn;
use crate::model::finding::Fix;

/// The file.
pub const PATH: &str = "agentcore/cdk/lib/narrowed-roles.ts";
/// The stack that applies it.
pub const STACK: &str = "agentcore/cdk/lib/cdk-stack.ts";
/// The import in the stack.
pub const IMPORT: &str = "import { NarrowedRoles } from './narrowed-roles';";
/// The statement in the stack's constructor.
pub const CALL: &str = "NarrowedRoles.applyTo(this);";
/// The module as the stack imports it.
pub const MODULE: &str = "./narrowed-roles";
/// The class.
pub const CLASS: &str = "NarrowedRoles";
/// Its method.
pub const METHOD: &str = "applyTo";

const HEAD: &str = include_str!("head.ts");
const TAIL: &str = include_str!("tail.ts");

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NarrowedRoles {
    /// One entry a construct.
    pub rules: Vec<Rule>,
}

/// What changes below one construct of the stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The construct's path in the stack.
    pub at: String,
    /// What its policies lose: `service:resource` of ARNs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// What takes the place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant: Vec<Value>,
    /// Properties by CloudFormation type.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub set: Map<String, Value>,
}

impl NarrowedRoles {
    /// Reads the file back; `None` where its code is not this program's.
    pub fn parse(text: &str) -> Option<Self> {
        let start = text.find("= [")? + 2;
        let end = start + text.get(start..)?.find("];")? + 1;
        let rules: Vec<Rule> = serde_json::from_str(text.get(start..end)?).ok()?;
        let read = Self { rules };
        let bare = |text: &str| -> String {
            text.chars()
                .filter(|letter| !letter.is_whitespace())
                .collect()
        };
        (bare(&read.render()) == bare(text)).then_some(read)
    }

    /// The file's text.
    pub fn render(&self) -> String {
        let rules: Vec<String> = self.rules.iter().map(laid_out).collect();
        let list = if rules.is_empty() {
            "[]".to_owned()
        } else {
            format!("[\n{}\n]", rules.join(",\n"))
        };
        format!("{HEAD}{list}{TAIL}")
    }

    /// The rule for a construct.
    pub fn rule(&self, at: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.at == at)
    }
}

impl Rule {
    /// A policy of the construct's role as the aspect leaves it; the placeholders in the grants become the names of the account.
    pub fn narrowed(&self, policy: &Value, fill: &dyn Fn(&str) -> String) -> Value {
        let Some(statements) = policy.get("Statement").and_then(Value::as_array) else {
            return policy.clone();
        };
        let mut lost = false;
        let mut kept: Vec<Value> = Vec::new();
        for statement in statements {
            let all: Vec<Value> = match statement.get("Resource") {
                Some(Value::Array(list)) => list.clone(),
                Some(one) => vec![one.clone()],
                None => Vec::new(),
            };
            let left: Vec<Value> = all
                .iter()
                .filter(|resource| !self.takes(resource))
                .cloned()
                .collect();
            lost |= left.len() < all.len();
            if left.len() == all.len() {
                kept.push(statement.clone());
            } else if !left.is_empty() {
                let mut statement = statement.clone();
                statement["Resource"] = Value::Array(left);
                kept.push(statement);
            }
        }
        if !lost {
            return policy.clone();
        }
        kept.extend(self.grant.iter().map(|grant| filled(grant, fill)));
        let mut policy = policy.clone();
        policy["Statement"] = Value::Array(kept);
        policy
    }

    fn takes(&self, resource: &Value) -> bool {
        let Some(arn) = resource.as_str().and_then(Arn::parse) else {
            return false;
        };
        let named = format!("{}:{}", arn.service, arn.resource);
        self.without.contains(&named)
    }
}

fn filled(value: &Value, fill: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text)),
        Value::Array(list) => Value::Array(list.iter().map(|one| filled(one, fill)).collect()),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, one)| (key.clone(), filled(one, fill)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// A rule as JSON: a line for each of its members, and for each grant.
fn laid_out(rule: &Rule) -> String {
    let line = |value: &Value| value.to_string();
    let mut members = vec![format!(
        "    \"at\": {}",
        line(&Value::from(rule.at.clone()))
    )];
    let list = |name: &str, entries: Vec<String>| {
        let entries: Vec<String> = entries
            .into_iter()
            .map(|entry| format!("      {entry}"))
            .collect();
        format!("    \"{name}\": [\n{}\n    ]", entries.join(",\n"))
    };
    if !rule.without.is_empty() {
        let entries = rule.without.iter();
        let entries = entries.map(|one| line(&Value::from(one.clone())));
        members.push(list("without", entries.collect()));
    }
    if !rule.grant.is_empty() {
        members.push(list("grant", rule.grant.iter().map(line).collect()));
    }
    if !rule.set.is_empty() {
        let set = Value::Object(rule.set.clone());
        members.push(format!("    \"set\": {}", line(&set)));
    }
    format!("  {{\n{}\n  }}", members.join(",\n"))
}

/// The id of a construct that the CLI's library makes for a resource: `Agent`, `my-agent` → `AgentMyAgent`.
/// (`dist/cdk/logical-ids.js` of `@aws/agentcore-cdk`.)
pub fn construct_id(kind: &str, name: &str) -> String {
    let mut id = kind.to_owned();
    for part in name.split(['-', '_']) {
        let mut letters = part.chars();
        if let Some(first) = letters.next() {
            id.extend(first.to_uppercase());
            id.push_str(letters.as_str());
        }
    }
    id
}

/// `agentcore/cdk/lib/cdk-stack.ts`, as far as an edit of it needs to know.
#[derive(Clone, Debug)]
pub struct CdkStack {
    /// Its text.
    pub text: Arc<str>,
    /// Where the import belongs: behind the last one. `None` where the file does not parse or was rebuilt.
    pub import_at: Option<usize>,
    /// Where the call belongs: behind `super(…)` in the constructor of the class that extends `Stack`.
    pub call_at: Option<usize>,
    /// The import stands there.
    pub imported: bool,
    /// The call stands there.
    pub called: bool,
    /// The text of the file of rules, where there is one.
    pub file: Option<Arc<str>>,
    /// The rules that hold: applied by the stack, in a file that is this program's.
    pub narrowed: Option<NarrowedRoles>,
    /// The rules with which every role would be as narrow as it can be made, once they were computed.
    pub rules: OnceLock<NarrowedRoles>,
    /// The fix that makes the stack apply these rules, once it was asked for: every role's results offer it.
    pub fix: OnceLock<Option<Fix>>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn one() -> NarrowedRoles {
        NarrowedRoles {
            rules: vec![Rule {
                at: "Application/AgentDesk".to_owned(),
                without: vec!["bedrock:foundation-model/*".to_owned()],
                grant: vec![
                    json!({"Sid": "CallModels", "Effect": "Allow", "Action": ["bedrock:InvokeModel"], "Resource": ["arn:${AWS::Partition}:bedrock:*::foundation-model/a.b"]}),
                ],
                set: Map::new(),
            }],
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for roles in [one(), NarrowedRoles::default()] {
            assert_eq!(NarrowedRoles::parse(&roles.render()), Some(roles));
        }
        let crlf = one().render().replace('\n', "\r\n");
        assert_eq!(NarrowedRoles::parse(&crlf), Some(one()));
    }

    #[test]
    fn changed_code_is_somebody_elses() {
        let text = one().render().replace("lost ||=", "lost &&=");
        assert_eq!(NarrowedRoles::parse(&text), None);
        assert_eq!(NarrowedRoles::parse(""), None);
    }

    #[test]
    fn a_policy_loses_the_broad_and_gains_the_narrow() {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": ["arn:aws:bedrock:*::foundation-model/*", "arn:aws:bedrock:*:1:custom-model/x"]},
            {"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"},
        ]});
        let rule = one().rules.remove(0);
        let fill = |text: &str| text.replace("${AWS::Partition}", "aws");
        let after = rule.narrowed(&policy, &fill);
        assert_eq!(
            after["Statement"][0]["Resource"],
            json!(["arn:aws:bedrock:*:1:custom-model/x"])
        );
        assert_eq!(
            after["Statement"][2]["Resource"],
            json!(["arn:aws:bedrock:*::foundation-model/a.b"])
        );
        let other = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        assert_eq!(rule.narrowed(&other, &fill), other);
    }

    #[test]
    fn constructs_are_named_as_the_library_names_them() {
        assert_eq!(construct_id("Agent", "my-agent_two"), "AgentMyAgentTwo");
        assert_eq!(construct_id("Memory", "Notes"), "MemoryNotes");
    }
}
