use serde_json::{Value, json};

use crate::iam::condition::{Condition, RequestContext};
use crate::iam::truth::Truth::{self, False, True, Unknown};

fn evaluate(condition: Value, context: &RequestContext) -> Truth {
    let statement =
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]);
    Truth::all(
        super::document(statement).statements[0]
            .conditions
            .iter()
            .map(|one: &Condition| one.evaluate(context)),
    )
}

fn table(rows: &[(&str, Value, &str, Truth)]) {
    for (operator, wanted, value, expected) in rows {
        let context = RequestContext::open().with("k", *value);
        assert_eq!(
            evaluate(json!({*operator: {"K": wanted}}), &context),
            *expected,
            "{operator} {wanted} {value}"
        );
    }
}

#[test]
fn text_operators() {
    table(&[
        ("StringEquals", json!("a"), "a", True),
        ("StringEquals", json!("a*"), "ab", False),
        ("StringEquals", json!(["x", "a"]), "a", True),
        ("StringNotEquals", json!(["x", "a"]), "a", False),
        ("StringNotEquals", json!(["x", "y"]), "a", True),
        ("StringEqualsIgnoreCase", json!("AbC"), "aBc", True),
        ("stringlike", json!("a*c"), "abc", True),
        ("StringLike", json!("a?c"), "abbc", False),
        ("StringNotLike", json!("a*"), "abc", False),
        (
            "StringEquals",
            json!("${AWS::AccountId}"),
            "123456789012",
            Unknown,
        ),
        (
            "StringEquals",
            json!("a${AWS::AccountId}"),
            "123456789012",
            False,
        ),
        ("Bool", json!(true), "TRUE", True),
        ("Bool", json!("false"), "true", False),
        ("BinaryEquals", json!("QmluYXJ5"), "QmluYXJ5", True),
        ("StringSounds", json!("a"), "a", Unknown),
    ]);
}

#[test]
fn numbers_dates_addresses_arns() {
    table(&[
        ("NumericLessThanEquals", json!(10), "10", True),
        ("NumericLessThan", json!(10), "10.0", False),
        ("NumericNotEquals", json!("7"), "8", True),
        ("NumericGreaterThan", json!("x"), "8", False),
        (
            "DateLessThan",
            json!("2026-01-01T00:00:00Z"),
            "2025-12-31T23:59:59Z",
            True,
        ),
        (
            "DateGreaterThanEquals",
            json!("2026-01-01"),
            "1767225600",
            True,
        ),
        ("DateEquals", json!("soon"), "2026-01-01", False),
        ("IpAddress", json!("203.0.113.0/24"), "203.0.113.7", True),
        ("IpAddress", json!("0.0.0.0/0"), "198.51.100.1", True),
        (
            "NotIpAddress",
            json!(["203.0.113.0/24", "198.51.100.1"]),
            "198.51.100.1",
            False,
        ),
        ("IpAddress", json!("2001:db8::/32"), "2001:db8::1", True),
        ("IpAddress", json!("2001:db8::/32"), "203.0.113.7", False),
        ("IpAddress", json!("203.0.113.0/99"), "203.0.113.7", False),
        ("IpAddress", json!("${Cidr}"), "203.0.113.7", Unknown),
        (
            "ArnEquals",
            json!("arn:aws:s3:::b*"),
            "arn:aws:s3:::bucket",
            True,
        ),
        (
            "ArnNotLike",
            json!("arn:aws:sns:*:*:t"),
            "arn:aws:sns:us-east-1:1:t",
            False,
        ),
    ]);
}

#[test]
fn missing_keys_follow_the_documentation() {
    let context = RequestContext::closed();
    for (operator, expected) in [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("ArnNotLike", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEqualsIfExists", True),
        ("Bool", False),
        ("NumericLessThan", False),
    ] {
        assert_eq!(
            evaluate(json!({operator: {"k": "a"}}), &context),
            expected,
            "{operator}"
        );
    }
    assert_eq!(evaluate(json!({"Null": {"k": "true"}}), &context), True);
    assert_eq!(evaluate(json!({"Null": {"k": false}}), &context), False);
    assert_eq!(
        evaluate(
            json!({"Null": {"k": false}}),
            &RequestContext::open().with("k", "x")
        ),
        True
    );
    assert_eq!(
        evaluate(json!({"Null": {"k": true}}), &RequestContext::open()),
        Unknown
    );
    assert_eq!(
        evaluate(json!({"StringEquals": {"k": "a"}}), &RequestContext::open()),
        Unknown
    );
    assert_eq!(
        evaluate(
            json!({"StringLikeIfExists": {"k": "*"}}),
            &RequestContext::open()
        ),
        True
    );
    assert_eq!(
        evaluate(json!({"StringLike": {"k": "*"}}), &RequestContext::open()),
        Unknown
    );
    assert_eq!(
        evaluate(
            json!({"StringEquals": {"k": "a"}}),
            &RequestContext::open().without("K")
        ),
        False
    );
}

#[test]
fn several_values() {
    let context = RequestContext::open().with_all("k", ["a".to_owned(), "b".to_owned()]);
    for (operator, wanted, expected) in [
        ("ForAnyValue:StringEquals", json!(["b", "z"]), True),
        ("ForAnyValue:StringEquals", json!(["y", "z"]), False),
        ("ForAllValues:StringEquals", json!(["a", "b", "c"]), True),
        ("ForAllValues:StringEquals", json!(["a"]), False),
        ("ForAnyValue:StringNotEquals", json!(["a"]), True),
        ("ForAllValues:StringNotEquals", json!(["a"]), False),
        ("StringNotEquals", json!(["a"]), False),
    ] {
        assert_eq!(
            evaluate(json!({operator: {"k": wanted}}), &context),
            expected,
            "{operator}"
        );
    }
}

#[test]
fn policy_variables_take_the_value_of_their_key() {
    let context = RequestContext::open()
        .with("aws:PrincipalTag/team", "a*")
        .with("k", "a*")
        .without("aws:username");
    for (wanted, expected) in [
        (json!("${aws:PrincipalTag/team}"), True),
        (json!("${aws:username}"), False),
        (json!("${aws:username, 'a*'}"), True),
        (json!("${aws:userid}"), Unknown),
        (json!("a${*}"), True),
    ] {
        assert_eq!(
            evaluate(json!({"StringLike": {"k": wanted}}), &context),
            expected,
            "{wanted}"
        );
    }
    // The star of the tag's value is no wildcard.
    let other = RequestContext::open()
        .with("aws:PrincipalTag/team", "a*")
        .with("k", "abc");
    assert_eq!(
        evaluate(
            json!({"StringLike": {"k": "${aws:PrincipalTag/team}"}}),
            &other
        ),
        False
    );
}
