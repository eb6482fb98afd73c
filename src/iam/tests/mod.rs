#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cloudformation;
mod condition;
mod document;
mod evaluate;
mod glob;
mod golden;
mod properties;
mod reach;

use serde_json::Value;

use super::document::Document;
use super::role::{NamedPolicy, Role};

/// A role with one inline policy of these statements.
fn role(statements: Value) -> Role {
    Role {
        name: "agent".into(),
        arn: "arn:aws:iam::123456789012:role/agent".into(),
        policies: vec![policy("inline", statements)],
        ..Role::default()
    }
}

fn policy(name: &str, statements: Value) -> NamedPolicy {
    NamedPolicy::inline(name, document(statements))
}

fn document(statements: Value) -> Document {
    Document::parse(&serde_json::json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}
