//! Ways out of a VPC that the template makes beside the runtime: routes of its subnets, egress of its security groups.

use crate::model::finding::Evidence;
use crate::model::json::{Json, Member, Node};
use crate::model::template::{Reference, Template, points_at, property, reference};

/// What keeps a runtime in these subnets and groups from what it needs; `None` where the template does not tell.
pub(super) fn fault(
    template: &Template,
    subnets: &[Node],
    groups: &[Node],
    image: bool,
) -> Option<(String, Evidence)> {
    let made = |subnet: &Node| match reference(subnet)? {
        Reference::Logical(id) => template
            .of_type("AWS::EC2::Subnet")
            .find(|one| *one.key == id),
        Reference::Value(_) => None,
    };
    let subnets: Vec<&Member> = subnets.iter().filter_map(made).collect();
    let of_each = |judge: fn(&Template, &Member) -> Option<(String, Evidence)>| {
        subnets.iter().find_map(|subnet| judge(template, subnet))
    };
    of_each(zone)
        .or_else(|| of_each(of_subnet))
        .or_else(|| of_groups(template, groups, image))
}

/// Zone ids that AgentCore refuses for the interfaces of runtimes and tools, in Regions where it serves only some. Taken on 2026-11-29
/// from refusals of the service and lists of served zones that users published; the guide has a table of its own, which was not
/// compared. Zones of other Regions are not judged: the list grows.
///
/// <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/agentcore-vpc.html>
const REFUSED_ZONES: [&str; 4] = ["use1-az3", "use1-az5", "use1-az6", "usw2-az4"];

/// The subnet lies in a zone that is refused. Names of zones (`us-east-1a`) mean another zone in each account.
fn zone(template: &Template, subnet: &Member) -> Option<(String, Evidence)> {
    let id = &subnet.key;
    let written = property(subnet, "AvailabilityZoneId")?;
    let zone = written
        .as_str()
        .filter(|zone| REFUSED_ZONES.contains(zone))?;
    let message = format!(
        "the subnet {id} lies in the zone {zone}, which AgentCore does not serve (as users reported by 2026-11-29): the deploy is refused"
    );
    let site = template.document.site(written);
    Some((message, Evidence::template(&site).note("its zone")))
}

fn of_subnet(template: &Template, subnet: &Member) -> Option<(String, Evidence)> {
    let id = &subnet.key;
    let association = template
        .of_type("AWS::EC2::SubnetRouteTableAssociation")
        .find(|one| points_at(one, "SubnetId", id))?;
    let Some(Reference::Logical(table)) = property(association, "RouteTableId").and_then(reference)
    else {
        return None;
    };
    template
        .of_type("AWS::EC2::RouteTable")
        .find(|one| *one.key == table)?;
    let routes: Vec<&Member> = template
        .of_type("AWS::EC2::Route")
        .filter(|one| points_at(one, "RouteTableId", &table))
        .collect();
    let everything = |one: &&&Member| {
        let block = property(one, "DestinationCidrBlock").and_then(Node::as_str);
        block == Some("0.0.0.0/0")
    };
    if let Some(route) = routes.iter().find(everything) {
        let gateway = property(route, "GatewayId").and_then(reference)?;
        let public = match &gateway {
            Reference::Logical(gateway) => template
                .of_type("AWS::EC2::InternetGateway")
                .any(|one| *one.key == **gateway),
            Reference::Value(gateway) => gateway.starts_with("igw-"),
        };
        let site = template.document.source.site(route.key_range.clone());
        return public.then(|| {
            let message = format!(
                "the subnet {id} routes to an internet gateway, and the interfaces of a runtime have no public address: every call that leaves the VPC times out"
            );
            (message, Evidence::template(&site).note("the route to the internet gateway"))
        });
    }
    // Another route may lead to a network that has a way out, and an endpoint is a way to what is needed.
    let other = !routes.is_empty() || template.of_type("AWS::EC2::VPCEndpoint").next().is_some();
    let site = template.document.source.site(subnet.key_range.clone());
    (!other).then(|| {
        let message = format!(
            "the subnet {id} has no route out of the VPC, and the template makes no endpoint: neither models nor logs are within reach"
        );
        (message, Evidence::template(&site).note("a subnet without a way out"))
    })
}

/// What an egress rule lets out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lets {
    /// HTTPS to anywhere, or to a prefix list.
    Https,
    /// Something inside of the network.
    Inside,
    /// Nothing: what CDK writes where no rule is wanted.
    Nothing,
    /// Only the deploy knows.
    Unknown,
}

fn lets(rule: &Node) -> Lets {
    let text = |key: &str| rule.get(key).and_then(Node::as_str);
    let port = |key: &str| rule.get(key).and_then(Node::as_number);
    if rule.get("DestinationPrefixListId").is_some() {
        return Lets::Https;
    }
    if rule.get("DestinationSecurityGroupId").is_some() {
        return Lets::Inside;
    }
    let block = match (rule.get("CidrIp"), rule.get("CidrIpv6")) {
        (Some(block), _) | (None, Some(block)) => block,
        (None, None) => return Lets::Unknown,
    };
    let Some(block) = block.as_str() else {
        return Lets::Unknown;
    };
    let all = text("IpProtocol") == Some("-1");
    let covers = all
        || port("FromPort").is_some_and(|from| from <= 443.0)
            && port("ToPort").is_some_and(|to| to >= 443.0);
    match block {
        "255.255.255.255/32" => Lets::Nothing,
        "0.0.0.0/0" | "::/0" if covers => Lets::Https,
        "0.0.0.0/0" | "::/0" => Lets::Nothing,
        _ => Lets::Inside,
    }
}

fn of_groups(template: &Template, groups: &[Node], image: bool) -> Option<(String, Evidence)> {
    let mut found: Vec<(Lets, &Member)> = Vec::new();
    for group in groups {
        // A group that is made elsewhere may let everything out.
        let Some(Reference::Logical(id)) = reference(group) else {
            return None;
        };
        let member = template
            .of_type("AWS::EC2::SecurityGroup")
            .find(|one| *one.key == id)?;
        // Without a list everything is let out.
        let list = property(member, "SecurityGroupEgress")?;
        let Json::Array(rules) = &list.value else {
            return None;
        };
        if rules.is_empty() {
            return None;
        }
        found.extend(rules.iter().map(|rule| (lets(rule), member)));
        let apart = template
            .of_type("AWS::EC2::SecurityGroupEgress")
            .filter(|one| points_at(one, "GroupId", &id))
            .filter_map(|one| one.node.get("Properties"));
        found.extend(apart.map(|rule| (lets(rule), member)));
    }
    let (_, member) = found.first()?;
    let any = |wanted: Lets| found.iter().any(|(lets, _)| *lets == wanted);
    if any(Lets::Https) || any(Lets::Unknown) {
        return None;
    }
    let site = template.document.source.site(member.key_range.clone());
    let id = &member.key;
    if !any(Lets::Inside) {
        let message =
            format!("the security group {id} lets no HTTPS out: every call of the agent times out");
        return Some((message, Evidence::template(&site).note("its egress rules")));
    }
    image.then(|| {
        let message = format!(
            "the egress rules of the security group {id} name groups and ranges of the network only, and not the prefix list of S3: the layers of the image come from S3, so that the start takes longer than 120 seconds"
        );
        (message, Evidence::template(&site).note("its egress rules"))
    })
}
