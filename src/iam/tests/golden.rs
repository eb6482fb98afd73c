//! Decisions that an independent implementation took too: `tests/iam_golden.json` says how each case was made and compared.

use serde_json::Value;

use crate::iam::condition::RequestContext;
use crate::iam::document::Document;
use crate::iam::evaluate::{Policies, Request, Verdict, decide};
use crate::iam::role::NamedPolicy;

#[test]
fn decisions_agree_with_the_golden_cases() {
    let golden: Value =
        serde_json::from_str(include_str!("../../../tests/iam_golden.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 300);
    let context = RequestContext::closed();
    for (number, case) in cases.iter().enumerate() {
        let policies: Vec<NamedPolicy> = case["policies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|policy| NamedPolicy::inline("p", Document::parse(policy).unwrap()))
            .collect();
        let request = Request {
            action: case["action"].as_str().unwrap(),
            resource: case["resource"].as_str().unwrap(),
            context: &context,
        };
        let decision = decide(
            &Policies {
                identity: &policies,
                ..Policies::default()
            },
            &request,
        );
        let expected = match case["expected"].as_str().unwrap() {
            "allowed" => Verdict::Allowed,
            "explicit-deny" => Verdict::DeniedExplicitly,
            _ => Verdict::DeniedImplicitly,
        };
        assert_eq!(decision.verdict, expected, "case {number}: {case}");
    }
}
