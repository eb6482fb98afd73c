//! Networks and APIs: what Terraform writes in one resource and CloudFormation in several, or in other words.

use super::nodes::{attribute, member, node, object, text};
use super::{Plan, Planned, UNKNOWN, logical, properties};
use crate::model::json::{Json, Member, Node};

/// A rule that lets nothing out, as CDK writes it.
const NOTHING: &str = "255.255.255.255/32";

/// `aws_security_group`, whose lists of blocks are one rule a block; without any the provider removes the one that AWS adds.
pub(super) fn group(plan: &Plan<'_>, resource: &Planned<'_>, members: &mut Vec<Member>) {
    let at = &resource.place;
    let written = plan
        .written(resource)
        .and_then(|written| written.get("egress"));
    let known = resource.values.get("egress").map(Node::items);
    members.retain(|member| &*member.key != "Egress");
    let rules: Vec<Node> = match known.filter(|rules| !rules.is_empty()) {
        Some(rules) => rules.iter().flat_map(rules_of).collect(),
        // Rules that only the apply knows.
        None if written.is_some() => {
            members.push(member("SecurityGroupEgress", at, attribute(UNKNOWN, at)));
            return;
        }
        None if plan
            .planned
            .iter()
            .any(|one| is_egress(one) && group_of(plan, one).is_none()) =>
        {
            return;
        }
        None => vec![cidr(resource.values, NOTHING)],
    };
    members.push(member(
        "SecurityGroupEgress",
        at,
        node(Json::Array(rules), at),
    ));
}

/// A rule for each range that a block names.
fn rules_of(block: &Node) -> Vec<Node> {
    let list = |key: &str| block.get(key).map(Node::items).unwrap_or_default();
    let mut found: Vec<Node> = Vec::new();
    for range in list("cidr_blocks").iter().chain(list("ipv6_cidr_blocks")) {
        if let Some(range) = range.as_str() {
            found.push(cidr(block, range));
        }
    }
    for (key, name) in [
        ("prefix_list_ids", "DestinationPrefixListId"),
        ("security_groups", "DestinationSecurityGroupId"),
    ] {
        let items = list(key).iter();
        found.extend(items.map(|item| rule(block, name, item.clone())));
    }
    if block.get("self").and_then(Node::as_bool) == Some(true) {
        let own = text("self", &block.range);
        found.push(rule(block, "DestinationSecurityGroupId", own));
    }
    if found.is_empty() {
        // Ranges that only the apply knows.
        found.push(rule(block, "CidrIp", attribute(UNKNOWN, &block.range)));
    }
    found
}

fn cidr(block: &Node, range: &str) -> Node {
    let key = match range.contains(':') {
        true => "CidrIpv6",
        false => "CidrIp",
    };
    rule(block, key, text(range, &block.range))
}

fn rule(block: &Node, key: &str, value: Node) -> Node {
    let at = &block.range;
    let mut members = vec![member(key, at, value)];
    for (from, to) in [
        ("protocol", "IpProtocol"),
        ("ip_protocol", "IpProtocol"),
        ("from_port", "FromPort"),
        ("to_port", "ToPort"),
    ] {
        if let Some(found) = block.get(from).filter(|found| found.value != Json::Null) {
            members.push(member(to, at, found.clone()));
        }
    }
    object(members, at)
}

/// Whether a resource is a rule of its own for what leaves a security group.
fn is_egress(resource: &Planned<'_>) -> bool {
    let kind = resource.values.get("type").and_then(Node::as_str);
    resource.kind == "aws_vpc_security_group_egress_rule"
        || resource.kind == "aws_security_group_rule" && kind == Some("egress")
}

fn group_of(plan: &Plan<'_>, resource: &Planned<'_>) -> Option<String> {
    plan.leads_to(resource, "security_group_id")
}

/// Rules of their own, and the routes that a route table holds.
pub(super) fn parts(plan: &Plan<'_>, resource: &Planned<'_>, made: &mut Vec<Member>) {
    match resource.kind {
        _ if is_egress(resource) => {
            let Some(group) = group_of(plan, resource) else {
                return;
            };
            let rules = match resource.kind {
                "aws_security_group_rule" => rules_of(resource.values),
                _ => vec![own_rule(plan, resource)],
            };
            for (index, mut found) in rules.into_iter().enumerate() {
                if let Json::Object(members) = &mut found.value {
                    let at = &resource.place;
                    members.push(member("GroupId", at, attribute(&group, at)));
                }
                let id = format!("{}_{index}", logical(&resource.address));
                push(made, resource, &id, "AWS::EC2::SecurityGroupEgress", found);
            }
        }
        "aws_route_table" => routes(plan, resource, made),
        "aws_api_gateway_rest_api_policy" => {
            let Some(api) = plan.leads_to(resource, "rest_api_id") else {
                return;
            };
            let at = &resource.place;
            let found = made.iter_mut().find(|member| *member.key == *api);
            if let Some(members) = found.and_then(|member| properties(&mut member.node)) {
                members.push(member("Policy", at, object(Vec::new(), at)));
            }
        }
        _ => {}
    }
}

/// `aws_vpc_security_group_egress_rule`.
fn own_rule(plan: &Plan<'_>, resource: &Planned<'_>) -> Node {
    let values = resource.values;
    let given = |key: &str| {
        let written = plan.written(resource).and_then(|written| written.get(key));
        match values.get(key).filter(|found| found.value != Json::Null) {
            Some(found) => Some(found.clone()),
            None => written.map(|_| attribute(UNKNOWN, &resource.place)),
        }
    };
    let kinds = [
        ("cidr_ipv4", "CidrIp"),
        ("cidr_ipv6", "CidrIpv6"),
        ("prefix_list_id", "DestinationPrefixListId"),
        ("referenced_security_group_id", "DestinationSecurityGroupId"),
    ];
    let found = kinds
        .iter()
        .find_map(|(key, name)| Some((*name, given(key)?)));
    let (name, value) = found.unwrap_or(("CidrIp", attribute(UNKNOWN, &resource.place)));
    rule(values, name, value)
}

/// The `route` blocks of a route table.
fn routes(plan: &Plan<'_>, resource: &Planned<'_>, made: &mut Vec<Member>) {
    let at = &resource.place;
    let id = logical(&resource.address);
    let written = plan
        .written(resource)
        .and_then(|written| written.get("route"))
        .map(Node::items)
        .unwrap_or_default();
    let known = resource.values.get("route").map(Node::items);
    let known = known.unwrap_or_default();
    for index in 0..written.len().max(known.len()) {
        let (value, expression) = (known.get(index), written.get(index));
        // Without an order that both share only one block can be put together of the two.
        let value = value.filter(|_| written.len() <= 1 || written.is_empty());
        let given = |key: &str| {
            let constant = expression.and_then(|one| one.path(&[key, "constant_value"]));
            value
                .and_then(|one| one.get(key))
                .or(constant)
                .and_then(Node::as_str)
                .filter(|found| !found.is_empty())
        };
        let mut members = vec![member("RouteTableId", at, attribute(&id, at))];
        if let Some(block) = given("cidr_block") {
            members.push(member("DestinationCidrBlock", at, text(block, at)));
        }
        let references = expression.and_then(|one| one.path(&["gateway_id", "references"]));
        let referenced = references
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::as_str)
            .find_map(|reference| plan.referenced(&resource.module, reference));
        match (given("gateway_id"), referenced) {
            (_, Some(gateway)) => members.push(member("GatewayId", at, attribute(&gateway, at))),
            (Some(gateway), None) => {
                let found = plan.by_value.get(gateway);
                let found = found.map_or_else(|| text(gateway, at), |id| attribute(id, at));
                members.push(member("GatewayId", at, found));
            }
            (None, None) => {}
        }
        push(
            made,
            resource,
            &format!("{id}_route_{index}"),
            "AWS::EC2::Route",
            object(members, at),
        );
    }
}

fn push(made: &mut Vec<Member>, resource: &Planned<'_>, id: &str, kind: &str, properties: Node) {
    let at = &resource.place;
    let body = vec![
        member("Type", at, text(kind, at)),
        member("Properties", at, properties),
    ];
    made.push(member(id, at, object(body, at)));
}
