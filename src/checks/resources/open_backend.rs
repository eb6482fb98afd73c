//! Backends of gateway targets that the template makes and that answer anybody: a gateway signs, and nobody looks at it.

use std::collections::BTreeSet;

use crate::model::finding::Evidence;
use crate::model::json::{Json, Member, Node};
use crate::model::template::{
    Reference, Template, TemplateTarget, points_at, property, reference, resource_type,
};

/// What is open behind a target, and where the template says so.
pub(super) fn of(template: &Template, target: &TemplateTarget) -> Option<(String, Evidence)> {
    let ids = named(target.resource.properties.get("TargetConfiguration")?);
    ids.iter().find_map(|id| open(template, id))
}

/// The resources that a value names: `Ref`, `Fn::GetAtt`, `${Id}` in `Fn::Sub`.
fn named(value: &Node) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut open = vec![value];
    while let Some(node) = open.pop() {
        if let Some(Reference::Logical(id)) = reference(node) {
            ids.insert(id);
            continue;
        }
        match &node.value {
            Json::String(text) => {
                for part in text.split("${").skip(1) {
                    let id = part.split(['}', '.']).next().unwrap_or_default();
                    ids.insert(id.to_owned());
                }
            }
            Json::Array(items) => open.extend(items),
            Json::Object(members) => open.extend(members.iter().map(|member| &member.node)),
            _ => {}
        }
    }
    ids
}

fn text<'a>(resource: &'a Member, key: &str) -> Option<&'a str> {
    property(resource, key)?.as_str()
}

fn open(template: &Template, id: &str) -> Option<(String, Evidence)> {
    let api = template.resources().iter().find(|one| *one.key == *id)?;
    let site = |member: &Member| {
        Evidence::template(&template.document.source.site(member.key_range.clone()))
    };
    match resource_type(api) {
        "AWS::Lambda::Url" => {
            let open = text(api, "AuthType") == Some("NONE");
            open.then(|| {
                (
                    format!("the function URL {id} has AuthType NONE"),
                    site(api),
                )
            })
        }
        // A policy of the API, or a private one, may let nobody else in.
        "AWS::ApiGateway::RestApi" => {
            let types = property(api, "EndpointConfiguration").and_then(|node| node.get("Types"));
            let private = types
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .any(|one| one.as_str() == Some("PRIVATE"));
            if private || property(api, "Policy").is_some() {
                return None;
            }
            let method = template.of_type("AWS::ApiGateway::Method").find(|one| {
                points_at(one, "RestApiId", id)
                    && text(one, "HttpMethod") != Some("OPTIONS")
                    && text(one, "AuthorizationType") == Some("NONE")
                    && property(one, "ApiKeyRequired").and_then(Node::as_bool) != Some(true)
            })?;
            let words = format!(
                "the method {} of the API {id} has AuthorizationType NONE",
                method.key
            );
            Some((words, site(method)))
        }
        "AWS::ApiGatewayV2::Api" => {
            let route = template.of_type("AWS::ApiGatewayV2::Route").find(|one| {
                points_at(one, "ApiId", id)
                    && property(one, "AuthorizationType")
                        .is_none_or(|node| node.as_str() == Some("NONE"))
            })?;
            let words = format!("the route {} of the API {id} has no authorizer", route.key);
            Some((words, site(route)))
        }
        _ => None,
    }
}
