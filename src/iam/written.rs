//! What a policy file says that the deploy refuses, drops or adds. The stack reads the file by `PolicyDocument.fromJson`, which takes
//! over the elements that it knows and makes a document of the newest version of them.
//!
//! Sources: <https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-iam/lib/policy-document.ts>, `policy-statement.ts`
//! beside it, and <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use serde_json::{Map, Value};

use super::document::{Clause, Document, DocumentError, Statement, strings};
use crate::text::suggest::suggestion;

/// Something that is wrong with the text of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where: a JSON pointer into the file.
    pub pointer: String,
    /// How bad.
    pub kind: FlawKind,
    /// What.
    pub text: String,
}

/// What becomes of a flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlawKind {
    /// The synthesis or IAM refuses the policy: nothing is deployed.
    Refused,
    /// What limits a statement is dropped: the statement grants more than it says.
    Widened,
    /// An element is dropped or added.
    Changed,
}

/// The elements of a statement that the stack takes over.
const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "Principal",
    "NotPrincipal",
];
/// The elements of a document.
const TOP: [&str; 3] = ["Version", "Id", "Statement"];

/// Reads a policy file as the stack does, with what is wrong with its text.
///
/// # Errors
/// What is wrong with the policy. [`FlawKind::Refused`] flaws say it with the place.
pub fn read(value: &Value) -> (Result<Document, DocumentError>, Vec<Flaw>) {
    let mut flaws = Vec::new();
    let mut add = |pointer: &str, kind, text: String| {
        flaws.push(Flaw {
            pointer: pointer.to_owned(),
            kind,
            text,
        });
    };
    let mut taken = value.clone();
    match value.as_object() {
        None => add(
            "",
            FlawKind::Refused,
            "the policy is not a JSON object".to_owned(),
        ),
        Some(object) => {
            for (key, text) in dropped(object, &TOP, "a policy") {
                add(&format!("/{key}"), FlawKind::Changed, text);
            }
            match object.get("Statement") {
                None => add(
                    "",
                    FlawKind::Refused,
                    "the policy has no Statement".to_owned(),
                ),
                Some(Value::Array(list)) => {
                    for (index, statement) in list.iter().enumerate() {
                        let pointer = format!("/Statement/{index}");
                        for (kind, text) in of_statement(statement) {
                            add(&pointer, kind, text);
                        }
                    }
                }
                Some(_) => add(
                    "/Statement",
                    FlawKind::Refused,
                    "Statement is not a list, which the synthesis refuses".to_owned(),
                ),
            }
        }
    }
    if let Some(object) = taken.as_object_mut() {
        object.insert("Version".to_owned(), Value::from("2012-10-17"));
    }
    let statements = taken.get_mut("Statement").and_then(Value::as_array_mut);
    for statement in statements.into_iter().flatten() {
        if let Some(statement) = statement.as_object_mut() {
            statement
                .entry("Effect")
                .or_insert_with(|| Value::from("Allow"));
        }
    }
    let document = Document::parse(&taken);
    let refused = flaws.iter().find(|flaw| flaw.kind == FlawKind::Refused);
    match (&document, refused) {
        // What it would grant is worth knowing where only its shape is wrong.
        (Ok(read), Some(_)) if read.statements.iter().all(is_whole) => {}
        (_, Some(flaw)) => return (Err(DocumentError::Refused(flaw.text.clone())), flaws),
        (Err(error), None) => flaws.push(Flaw {
            pointer: String::new(),
            kind: FlawKind::Refused,
            text: error.to_string(),
        }),
        (Ok(_), None) => {}
    }
    (document, flaws)
}

/// A key that stands twice in one object: the last counts, and what the first said is lost.
pub fn repeated(key: &str) -> Flaw {
    let kind = match key {
        "Effect" | "Condition" | "NotAction" | "NotResource" => FlawKind::Widened,
        _ => FlawKind::Changed,
    };
    Flaw {
        pointer: String::new(),
        kind,
        text: format!(
            "\"{key}\" stands twice in one object: the stack reads the last and drops what the first says"
        ),
    }
}

/// True where a statement names actions and resources.
fn is_whole(statement: &Statement) -> bool {
    let resources = statement.resource.as_ref().map(Clause::patterns);
    !statement.action.patterns().is_empty() && resources.is_some_and(|list| !list.is_empty())
}

fn of_statement(statement: &Value) -> Vec<(FlawKind, String)> {
    let Some(object) = statement.as_object() else {
        return vec![(
            FlawKind::Refused,
            "a statement is not a JSON object".to_owned(),
        )];
    };
    let mut said = Vec::new();
    let mut refused = |text: String| said.push((FlawKind::Refused, text));
    match object.get("Effect") {
        Some(effect) if matches!(effect.as_str(), Some("Allow" | "Deny")) => {}
        Some(effect) => refused(format!(
            "Effect is {effect}, and IAM accepts only \"Allow\" and \"Deny\""
        )),
        None => {}
    }
    for (only, all_but, must) in [
        ("Action", "NotAction", true),
        ("Resource", "NotResource", true),
        ("Principal", "NotPrincipal", false),
    ] {
        match (object.get(only), object.get(all_but)) {
            (Some(_), Some(_)) => refused(format!("a statement has both {only} and {all_but}")),
            (None, None) if must => {
                refused(format!("a statement has neither {only} nor {all_but}"))
            }
            (Some(one), None) | (None, Some(one)) if must => {
                let name = if object.contains_key(only) {
                    only
                } else {
                    all_but
                };
                match strings(one, name) {
                    Err(problem) => refused(problem),
                    Ok(list) if list.is_empty() => refused(format!("{name} is an empty list")),
                    Ok(_) => {}
                }
            }
            _ => {}
        }
    }
    if !object.contains_key("Effect") {
        let text = "a statement has no Effect, and the stack takes it for Allow".to_owned();
        said.push((FlawKind::Changed, text));
    }
    for (key, text) in dropped(object, &ELEMENTS, "a statement") {
        let meant = suggestion(&key, ELEMENTS);
        let limits = matches!(meant, Some("Condition" | "NotAction" | "NotResource"));
        let kind = if limits {
            FlawKind::Widened
        } else {
            FlawKind::Changed
        };
        said.push((kind, text));
    }
    said
}

/// The keys that nothing reads.
fn dropped(object: &Map<String, Value>, known: &[&'static str], of: &str) -> Vec<(String, String)> {
    let unknown = object.keys().filter(|key| !known.contains(&key.as_str()));
    unknown
        .map(|key| {
            let meant = suggestion(key, known.iter().copied())
                .map_or_else(String::new, |close| format!(" (did you mean {close}?)"));
            let text =
                format!("\"{key}\" is not an element of {of}, and the stack drops it{meant}");
            (key.clone(), text)
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flaws(value: Value) -> Vec<(FlawKind, String)> {
        let (_, flaws) = read(&value);
        flaws
            .into_iter()
            .map(|flaw| (flaw.kind, flaw.text))
            .collect()
    }

    /// What `PolicyDocument.fromJson` and the synthesis of aws-cdk-lib 2.260 did with each.
    #[test]
    fn what_the_synthesis_refuses_is_refused() {
        let one = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]});
        let refused = [
            json!({"Version": "2012-10-17"}),
            json!({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}),
            json!({"Statement": "x"}),
            one(json!({"Effect": "Allow", "Resource": "*"})),
            one(json!({"Effect": "Allow", "Action": "s3:GetObject"})),
            one(json!({"Effect": "Allow", "Action": [], "Resource": "*"})),
            one(json!({"Effect": "Allow", "Action": 5, "Resource": "*"})),
            one(
                json!({"Effect": "Allow", "Action": "s3:Get*", "NotAction": "s3:GetObject", "Resource": "*"}),
            ),
            one(json!({"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"})),
        ];
        for value in refused {
            let found = flaws(value.clone());
            assert!(
                found.iter().any(|(kind, _)| *kind == FlawKind::Refused),
                "{value}: {found:?}"
            );
        }
    }

    #[test]
    fn what_is_dropped_is_said() {
        let sound = json!({"Version": "2008-10-17", "Id": "x", "Statement": [
            {"Sid": "A", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*", "Condition": {}}]});
        assert!(flaws(sound.clone()).is_empty());
        let (document, _) = read(&sound);
        let version = document.ok().and_then(|document| document.version.clone());
        assert_eq!(version.as_deref(), Some("2012-10-17"));
        let widened = flaws(json!({"Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Conditions": {"Bool": {"aws:SecureTransport": "true"}}}]}));
        assert_eq!(widened.len(), 1);
        assert_eq!(widened[0].0, FlawKind::Widened);
        let open = json!({"Statement": [{"Action": "s3:GetObject", "Resource": "*"}]});
        assert_eq!(flaws(open)[0].0, FlawKind::Changed);
        assert!(flaws(json!({"Statement": []})).is_empty());
    }
}
