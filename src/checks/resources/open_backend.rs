//! Backends of gateway targets that the template makes and that answer anybody: a gateway signs, and nobody looks at it.

use std::collections::BTreeSet;

use crate::model::finding::Evidence;
use crate::model::json::{Json, Member, Node};
use crate::model::template::{Reference, Template, TemplateTarget, reference};

/// Deepest value that is looked into.
const DEEPEST: usize = 64;

/// What is open behind a target, and where the template says so.
pub(super) fn of(template: &Template, target: &TemplateTarget) -> Option<(String, Evidence)> {
    let mut ids = BTreeSet::new();
    named(
        target.resource.properties.get("TargetConfiguration")?,
        0,
        &mut ids,
    );
    ids.iter().find_map(|id| open(template, id))
}

/// The resources that a value names: `Ref`, `Fn::GetAtt`, `${Id}` in `Fn::Sub`.
fn named(node: &Node, depth: usize, ids: &mut BTreeSet<String>) {
    if depth > DEEPEST {
        return;
    }
    if let Some(Reference::Logical(id)) = reference(node) {
        ids.insert(id);
        return;
    }
    match &node.value {
        Json::String(text) => {
            for part in text.split("${").skip(1) {
                let id = part.split(['}', '.']).next().unwrap_or_default();
                ids.insert(id.to_owned());
            }
        }
        Json::Array(items) => items.iter().for_each(|item| named(item, depth + 1, ids)),
        Json::Object(members) => members
            .iter()
            .for_each(|member| named(&member.node, depth + 1, ids)),
        _ => {}
    }
}

fn resources(template: &Template) -> &[Member] {
    let resources = template.document.root.get("Resources");
    resources.map(Node::members).unwrap_or_default()
}

fn kind(member: &Member) -> &str {
    let kind = member.node.get("Type").and_then(Node::as_str);
    kind.unwrap_or_default()
}

fn open(template: &Template, id: &str) -> Option<(String, Evidence)> {
    let of = |member: &Member, key: &str| member.node.path(&["Properties", key]).cloned();
    let api = resources(template).iter().find(|one| *one.key == *id)?;
    let text = |member: &Member, key: &str| {
        let node = of(member, key)?;
        node.as_str().map(str::to_owned)
    };
    let points = |member: &Member, key: &str| {
        let target = of(member, key).as_ref().and_then(reference);
        matches!(target, Some(Reference::Logical(found)) if found == id)
    };
    let site = |member: &Member| {
        Evidence::template(&template.document.source.site(member.key_range.clone()))
    };
    match kind(api) {
        "AWS::Lambda::Url" => {
            let open = text(api, "AuthType").as_deref() == Some("NONE");
            open.then(|| {
                (
                    format!("the function URL {id} has AuthType NONE"),
                    site(api),
                )
            })
        }
        // A policy of the API, or a private one, may let nobody else in.
        "AWS::ApiGateway::RestApi" => {
            let types = api
                .node
                .path(&["Properties", "EndpointConfiguration", "Types"]);
            let private = types
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .any(|one| one.as_str() == Some("PRIVATE"));
            if private || of(api, "Policy").is_some() {
                return None;
            }
            let method = resources(template).iter().find(|one| {
                kind(one) == "AWS::ApiGateway::Method"
                    && points(one, "RestApiId")
                    && text(one, "HttpMethod").as_deref() != Some("OPTIONS")
                    && text(one, "AuthorizationType").as_deref() == Some("NONE")
                    && of(one, "ApiKeyRequired").and_then(|node| node.as_bool()) != Some(true)
            })?;
            let words = format!(
                "the method {} of the API {id} has AuthorizationType NONE",
                method.key
            );
            Some((words, site(method)))
        }
        "AWS::ApiGatewayV2::Api" => {
            let route = resources(template).iter().find(|one| {
                kind(one) == "AWS::ApiGatewayV2::Route"
                    && points(one, "ApiId")
                    && of(one, "AuthorizationType").is_none_or(|node| node.as_str() == Some("NONE"))
            })?;
            let words = format!("the route {} of the API {id} has no authorizer", route.key);
            Some((words, site(route)))
        }
        _ => None,
    }
}
