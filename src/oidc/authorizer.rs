//! The inbound authorizer of a runtime, harness or gateway, as configured.

use std::collections::BTreeSet;

use crate::model::aws::AwsState;
use crate::model::finding::{Resource, ResourceType};
use crate::model::json::{Document, Node};
use crate::model::known::Known;
use crate::model::project::{Agent, Gateway, JwtAuthorizer, Project};
use crate::model::site::Site;
use crate::model::template::Template;

/// Who is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SigV4; a runtime's default.
    AwsIam,
    /// A JWT of the configured issuer.
    CustomJwt,
    /// Everyone: a gateway's default.
    None,
    /// Another value, as written.
    Other(String),
}

/// The inbound authorizer of one resource.
#[derive(Clone, Debug)]
pub struct Authorizer<'a> {
    /// What it guards.
    pub resource: Resource,
    /// Who is let in.
    pub kind: Kind,
    /// Where `authorizerType` stands, else the resource's name.
    pub site: &'a Site,
    /// `customJwtAuthorizer`.
    pub jwt: Option<&'a JwtAuthorizer>,
    /// `customClaims`, read.
    pub claims: Vec<ClaimRule>,
    /// The file that holds it, relative to the project root.
    pub file: String,
    /// The jq path of the entry; `$name` is the resource's name.
    pub entry: &'static str,
    /// True when a deployed state knows the resource.
    pub deployed: bool,
}

/// How a custom claim is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The claim is the value.
    Equals,
    /// The claim's list holds the value.
    Contains,
    /// The claim's list holds one of the values.
    ContainsAny,
}

/// A custom claim that a token must carry.
#[derive(Clone, Debug)]
pub struct ClaimRule {
    /// `inboundTokenClaimName`.
    pub name: String,
    /// True for `STRING_ARRAY`.
    pub array: bool,
    /// `claimMatchOperator`; `None` where it is not one of the three.
    pub operator: Option<Operator>,
    /// `matchValueString`, or the items of `matchValueStringList`.
    pub values: Vec<String>,
    /// Where the rule stands.
    pub site: Site,
}

/// Every runtime, harness and gateway of the project.
pub fn all(project: &Project) -> Vec<Authorizer<'_>> {
    project
        .agents()
        .map(|agent| of_agent(project, agent))
        .chain(
            project
                .gateways
                .iter()
                .map(|gateway| of_gateway(project, gateway)),
        )
        .collect()
}

/// The discovery URLs to fetch: those of JWT authorizers that are reached over the public internet.
pub fn discovery_urls(project: &Project) -> BTreeSet<String> {
    let url = |authorizer: &Authorizer<'_>| {
        let jwt = authorizer.jwt.filter(|jwt| !jwt.private_endpoint)?;
        let url = jwt.discovery_url.as_ref()?;
        super::base(&url.value).map(|_| url.value.clone())
    };
    all(project).iter().filter_map(url).collect()
}

/// The discovery URLs of deployed authorizers, which may differ from those that are configured.
pub fn deployed_discovery_urls(state: &AwsState) -> BTreeSet<String> {
    let runtimes = state.runtimes.values().filter_map(Known::read);
    let harnesses = state.harnesses.values().filter_map(Known::read);
    let gateways = state.gateways.values().filter_map(Known::read);
    let jwts = runtimes
        .map(|runtime| &runtime.jwt)
        .chain(harnesses.map(|harness| &harness.jwt))
        .chain(gateways.map(|gateway| &gateway.jwt));
    jwts.flatten()
        .filter(|jwt| !jwt.private_endpoint && super::base(&jwt.discovery_url).is_some())
        .map(|jwt| jwt.discovery_url.clone())
        .collect()
}

/// The discovery URLs of the template's authorizers.
pub fn template_discovery_urls(template: &Template) -> BTreeSet<String> {
    let agents = template.runtimes.iter().chain(&template.harness_runtimes);
    let jwts = agents
        .map(|agent| &agent.jwt)
        .chain(template.gateways.iter().map(|gateway| &gateway.jwt));
    jwts.flatten()
        .filter(|jwt| !jwt.private_endpoint)
        .filter_map(|jwt| jwt.discovery_url.as_ref())
        .filter(|url| super::base(&url.value).is_some())
        .map(|url| url.value.clone())
        .collect()
}

/// The authorizer of a runtime or harness.
pub fn of_agent<'a>(project: &'a Project, agent: Agent<'a>) -> Authorizer<'a> {
    let common = agent.common();
    let document = match agent {
        Agent::Runtime(_) => &project.document,
        Agent::Harness(harness) => harness.document.read().unwrap_or(&project.document),
    };
    let (file, entry) = match agent {
        Agent::Runtime(_) => (
            project.document.source.path.to_string(),
            "(.runtimes[] | select(.name == $name))",
        ),
        Agent::Harness(_) => (document.source.path.to_string(), "."),
    };
    let kind = match common
        .authorizer_type
        .as_ref()
        .map(|kind| kind.value.as_str())
    {
        None | Some("AWS_IAM") => Kind::AwsIam,
        Some("CUSTOM_JWT") => Kind::CustomJwt,
        Some(other) => Kind::Other(other.to_owned()),
    };
    Authorizer {
        resource: agent.resource(),
        kind,
        site: common
            .authorizer_type
            .as_ref()
            .map_or(agent.site(), |kind| &kind.site),
        jwt: common.jwt.as_ref(),
        claims: rules(document, common.jwt.as_ref()),
        file,
        entry,
        deployed: project.deployed.values().any(|target| {
            target.runtimes.contains_key(agent.name())
                || target.harnesses.contains_key(agent.name())
        }),
    }
}

/// The authorizer of a gateway.
pub fn of_gateway<'a>(project: &'a Project, gateway: &'a Gateway) -> Authorizer<'a> {
    let kind = match gateway
        .authorizer_type
        .as_ref()
        .map(|kind| kind.value.as_str())
    {
        None | Some("NONE") => Kind::None,
        Some("AWS_IAM") => Kind::AwsIam,
        Some("CUSTOM_JWT") => Kind::CustomJwt,
        Some(other) => Kind::Other(other.to_owned()),
    };
    Authorizer {
        resource: Resource::new(ResourceType::Gateway, &gateway.name),
        kind,
        site: gateway
            .authorizer_type
            .as_ref()
            .map_or(&gateway.site, |kind| &kind.site),
        jwt: gateway.jwt.as_ref(),
        claims: rules(&project.document, gateway.jwt.as_ref()),
        file: project.document.source.path.to_string(),
        entry: "(.agentCoreGateways[] | select(.name == $name))",
        deployed: project
            .deployed
            .values()
            .any(|target| target.gateways.contains_key(&gateway.name)),
    }
}

fn rules(document: &Document, jwt: Option<&JwtAuthorizer>) -> Vec<ClaimRule> {
    let items = jwt
        .map(|jwt| jwt.custom_claims.as_slice())
        .unwrap_or_default();
    items.iter().map(|item| rule(document, item)).collect()
}

fn rule(document: &Document, item: &Node) -> ClaimRule {
    let text = |path: &[&str]| item.path(path).and_then(Node::as_str).unwrap_or_default();
    let value = ["authorizingClaimMatchValue", "claimMatchValue"];
    let single = item
        .path(&value)
        .and_then(|node| node.get("matchValueString"))
        .and_then(Node::as_str);
    let list = item
        .path(&value)
        .and_then(|node| node.get("matchValueStringList"))
        .map(Node::items)
        .unwrap_or_default();
    ClaimRule {
        name: text(&["inboundTokenClaimName"]).to_owned(),
        array: text(&["inboundTokenClaimValueType"]) == "STRING_ARRAY",
        operator: match text(&["authorizingClaimMatchValue", "claimMatchOperator"]) {
            "EQUALS" => Some(Operator::Equals),
            "CONTAINS" => Some(Operator::Contains),
            "CONTAINS_ANY" => Some(Operator::ContainsAny),
            _ => None,
        },
        values: single
            .into_iter()
            .chain(list.iter().filter_map(Node::as_str))
            .map(str::to_owned)
            .collect(),
        site: document.site(item),
    }
}
