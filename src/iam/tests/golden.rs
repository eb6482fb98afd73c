//! Decisions that an independent implementation took too: `tests/iam_golden.json` says how each case was made and compared.

use serde_json::Value;

use crate::iam::condition::RequestContext;
use crate::iam::document::Document;
use crate::iam::evaluate::{Policies, Request, Verdict, decide};
use crate::iam::role::NamedPolicy;

fn context(case: &Value) -> RequestContext {
    let keys = case["context"].as_object().unwrap();
    keys.iter().fold(
        RequestContext::closed(),
        |context, (key, value)| match value {
            Value::Array(values) => context.with_all(
                key,
                values
                    .iter()
                    .map(|value| value.as_str().unwrap().to_owned()),
            ),
            value => context.with(key, value.as_str().unwrap()),
        },
    )
}

#[test]
fn decisions_agree_with_the_golden_cases() {
    let golden: Value =
        serde_json::from_str(include_str!("../../../tests/iam_golden.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    let read = |policy: &Value| NamedPolicy::inline("p", Document::parse(policy).unwrap());
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let policies: Vec<NamedPolicy> = case["policies"]
            .as_array()
            .unwrap()
            .iter()
            .map(read)
            .collect();
        let boundary = case.get("boundary").map(read);
        let context = context(case);
        let request = Request {
            action: case["action"].as_str().unwrap(),
            resource: case["resource"].as_str().unwrap(),
            context: &context,
        };
        let policies = Policies {
            identity: &policies,
            boundary: boundary.as_ref(),
            resource: None,
        };
        let expected = match case["expected"].as_str().unwrap() {
            "allowed" => Verdict::Allowed,
            "explicit-deny" => Verdict::DeniedExplicitly,
            _ => Verdict::DeniedImplicitly,
        };
        let verdict = decide(&policies, &request).verdict;
        if verdict != expected {
            wrong.push(format!("case {number} is {verdict:?}: {case}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
