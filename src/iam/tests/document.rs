use serde_json::json;

use crate::iam::document::{Clause, Document, DocumentError, Effect, percent_decode};
use crate::iam::principal::{PrincipalClause, PrincipalKind};
use crate::iam::role::Role;

#[test]
fn every_form_is_read() {
    let document = Document::parse(&json!({
        "Version": "2012-10-17",
        "Id": "p",
        "Statement": {
            "Sid": "Trust", "Effect": "Allow",
            "Principal": {"Service": ["b.amazonaws.com", "a.amazonaws.com"], "AWS": "123456789012"},
            "NotAction": "iam:*", "NotResource": ["arn:aws:s3:::x"],
            "Condition": {"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"s3:max-keys": [10, "20"]}}
        }
    }))
    .unwrap();
    let statement = &document.statements[0];
    assert_eq!(
        (statement.label.as_str(), statement.pointer.as_str()),
        ("Trust", "/Statement")
    );
    assert_eq!(statement.action, Clause::AllBut(vec!["iam:*".into()]));
    assert_eq!(
        statement.resource,
        Some(Clause::AllBut(vec!["arn:aws:s3:::x".into()]))
    );
    assert_eq!(statement.conditions[0].values, ["true"]);
    assert_eq!(statement.conditions[1].values, ["10", "20"]);
    let Some(PrincipalClause::Is(principals)) = &statement.principal else {
        panic!()
    };
    assert_eq!(
        principals.of(PrincipalKind::Service).collect::<Vec<_>>(),
        ["b.amazonaws.com", "a.amazonaws.com"]
    );
    assert!(!principals.includes_everyone());
}

#[test]
fn labels_without_a_sid_are_numbers() {
    let document = Document::parse(&json!({"Statement": [
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Sid": ""},
        {"Effect": "Allow", "Action": [], "Resource": []}
    ]}))
    .unwrap();
    let labels: Vec<_> = document
        .statements
        .iter()
        .map(|one| (one.label.as_str(), one.effect))
        .collect();
    assert_eq!(labels, [("#0", Effect::Deny), ("#1", Effect::Allow)]);
}

#[test]
fn garbage_is_named() {
    let wrong = |value| Document::parse(&value).unwrap_err().to_string();
    assert_eq!(
        Document::parse(&json!([])).unwrap_err(),
        DocumentError::NotAnObject
    );
    assert_eq!(
        Document::parse(&json!({})).unwrap_err(),
        DocumentError::NoStatement
    );
    assert_eq!(
        wrong(json!({"Statement": [7]})),
        "statement #0: not a JSON object"
    );
    assert_eq!(
        wrong(json!({"Statement": {"Sid": "A", "Effect": "allow", "Action": "*"}})),
        "statement A: Effect is \"allow\", neither Allow nor Deny"
    );
    assert_eq!(
        wrong(json!({"Statement": {"Effect": "Allow"}})),
        "statement #0: it has neither Action nor NotAction"
    );
    assert!(
        wrong(json!({"Statement": {"Effect": "Allow", "Action": "a", "NotAction": "b"}}))
            .contains("both")
    );
    assert!(
        wrong(json!({"Statement": {"Effect": "Allow", "Action": {"a": 1}}}))
            .contains("neither a string nor a list")
    );
    assert!(
        wrong(json!({"Statement": {"Effect": "Allow", "Action": "a", "Principal": {"Aws": "*"}}}))
            .contains("no kind of principal")
    );
    assert!(
        wrong(json!({"Statement": {"Effect": "Allow", "Action": "a", "Principal": "me"}}))
            .contains("Principal")
    );
    assert!(
        wrong(json!({"Statement": {"Effect": "Allow", "Action": "a", "Condition": {"Bool": []}}}))
            .contains("Condition Bool")
    );
    assert!(matches!(
        Document::from_text("%7Bnope"),
        Err(DocumentError::NotJson(_))
    ));
    assert!(matches!(
        Document::from_text(&"[".repeat(100_000)),
        Err(DocumentError::NotJson(_))
    ));
}

#[test]
fn iam_returns_documents_percent_encoded() {
    let text = "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
    let document = Document::from_text(text).unwrap();
    assert_eq!(
        document.statements[0].action,
        Clause::Only(vec!["s3:Get*".into()])
    );
    assert_eq!(percent_decode("100%+%zz%4"), "100%+%zz%4");
    assert_eq!(percent_decode("%C3%BC%FF"), "ü\u{fffd}");
}

#[test]
fn a_role_survives_the_snapshot() {
    let mut role = super::role(json!([{
        "Sid": "S", "Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "*", "Principal": {"AWS": ["1", "2"], "Service": "x"},
        "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}, "Null": {"aws:x": "true"}}
    }, {"Effect": "Deny", "NotAction": "a:*", "NotResource": ["x", "y"], "NotPrincipal": "*"}]));
    role.trust = Some(super::document(
        json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]),
    ));
    let text = serde_json::to_string(&role).unwrap();
    assert_eq!(serde_json::from_str::<Role>(&text).unwrap(), role);
}
