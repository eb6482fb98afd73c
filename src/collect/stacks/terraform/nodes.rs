//! Parts of the template that is made, each with a place in the file that was read.

use std::ops::Range;
use std::sync::Arc;

use crate::collect::json;
use crate::model::json::{Json, Member, Node};

/// Stands for what only the apply knows and no resource of the plan gives.
pub(super) const UNKNOWN: &str = "KnownAfterApply";

pub(super) fn node(value: Json, range: &Range<usize>) -> Node {
    Node {
        value,
        range: range.clone(),
    }
}

pub(super) fn text(value: &str, range: &Range<usize>) -> Node {
    node(Json::String(Arc::from(value)), range)
}

pub(super) fn member(key: &str, key_range: &Range<usize>, node: Node) -> Member {
    Member {
        key: Arc::from(key),
        key_range: key_range.clone(),
        node,
    }
}

pub(super) fn object(members: Vec<Member>, range: &Range<usize>) -> Node {
    node(Json::Object(members), range)
}

/// `{"Fn::GetAtt": [id, "Arn"]}`.
pub(super) fn attribute(id: &str, range: &Range<usize>) -> Node {
    let list = vec![text(id, range), text("Arn", range)];
    object(
        vec![member("Fn::GetAtt", range, node(Json::Array(list), range))],
        range,
    )
}

/// A policy document that stands in a string: all of it has the place of the string.
pub(super) fn document(text: &str, range: &Range<usize>) -> Node {
    match json::parse("policy", text) {
        Ok(document) => placed(&document.root, range),
        Err(_) => attribute(UNKNOWN, range),
    }
}

pub(super) fn placed(from: &Node, range: &Range<usize>) -> Node {
    let value = match &from.value {
        Json::Array(list) => Json::Array(list.iter().map(|item| placed(item, range)).collect()),
        Json::Object(members) => Json::Object(
            members
                .iter()
                .map(|one| member(&one.key, range, placed(&one.node, range)))
                .collect(),
        ),
        other => other.clone(),
    };
    node(value, range)
}

/// A `statement` block whose parts are all constants, as IAM writes it.
pub(super) fn constant_statement(block: &Node, at: &Range<usize>) -> Option<Node> {
    const PARTS: [(&str, &str); 6] = [
        ("effect", "Effect"),
        ("sid", "Sid"),
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ];
    // Conditions and principals have parts of their own: what they narrow is not left out of a statement.
    let plain = |one: &Member| PARTS.iter().any(|(key, _)| *key == &*one.key);
    if !block.members().iter().all(plain) {
        return None;
    }
    let mut members = Vec::new();
    for one in block.members() {
        let value = one.node.get("constant_value")?;
        let (_, name) = PARTS.iter().find(|(key, _)| *key == &*one.key)?;
        members.push(member(name, at, placed(value, at)));
    }
    if !members.iter().any(|one| &*one.key == "Effect") {
        members.push(member("Effect", at, text("Allow", at)));
    }
    Some(object(members, at))
}
