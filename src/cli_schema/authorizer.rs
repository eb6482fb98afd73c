//! Inbound authorization: `authorizerConfiguration.customJwtAuthorizer`.

use std::collections::HashSet;

use super::fault::{Repair, Scope};
use super::network::{GROUP, SUBNET, VPC};
use super::patterns::{SOME_TEXT, TAGS};
use super::shape::{
    FILLED, Object, Pattern, Shape, TEXT, Text, list, list_of, may, must, open, strict,
};
use crate::model::json::Node;

/// `authorizerType` of a runtime or harness.
pub const RUNTIME_TYPE: Shape = Shape::Choice(&["AWS_IAM", "CUSTOM_JWT"]);
/// `authorizerType` of a gateway.
pub const GATEWAY_TYPE: Shape = Shape::Choice(&["NONE", "AWS_IAM", "CUSTOM_JWT"]);

const SUFFIX: &str = "/.well-known/openid-configuration";

fn discovery(url: &str) -> Option<&'static str> {
    if !url.starts_with("https://") {
        return Some("must start with https://");
    }
    (!url.ends_with(SUFFIX)).then_some("must end with /.well-known/openid-configuration")
}

static VALUE_FORM: Pattern = Pattern::new("^[A-Za-z0-9_.-]+$", "letters, digits and _ . -");
static SCOPE_FORM: Pattern = Pattern::new(
    r"^[\x21\x23-\x5B\x5D-\x7E]+$",
    "printable ASCII without spaces, quotes and backslashes",
);
static CLAIM_FORM: Pattern = Pattern::new("^[A-Za-z0-9_.:-]+$", "letters, digits and _ . : -");
const VALUE: Text = FILLED.max(255).like(&VALUE_FORM);
static VALUES: Shape = VALUE.shape();
static SCOPE: Shape = FILLED.max(255).like(&SCOPE_FORM).shape();

static MATCH_VALUE: Object = open(&[
    may("matchValueString", VALUE.shape()),
    may("matchValueStringList", list_of(&VALUES, 1, 255)),
])
.rules(&[|scope| {
    if scope.has("matchValueString") == scope.has("matchValueStringList") {
        scope.fault(
            "",
            "must hold one of matchValueString and matchValueStringList",
        );
    }
}]);
static CLAIM_MATCH: Object = open(&[
    must(
        "claimMatchOperator",
        Shape::Choice(&["EQUALS", "CONTAINS", "CONTAINS_ANY"]),
    ),
    must("claimMatchValue", Shape::Object(&MATCH_VALUE)),
]);

fn not_reserved(name: &str) -> Option<&'static str> {
    (name == "client_id").then_some("must not be client_id, which allowedClients checks")
}

/// An entry of `customClaims`.
pub static CLAIM: Shape = Shape::Object(&CLAIM_OBJECT);
static CLAIM_OBJECT: Object = strict(&[
    must(
        "inboundTokenClaimName",
        FILLED.max(255).like(&CLAIM_FORM).test(not_reserved).shape(),
    ),
    must(
        "inboundTokenClaimValueType",
        Shape::Choice(&["STRING", "STRING_ARRAY"]),
    ),
    must("authorizingClaimMatchValue", Shape::Object(&CLAIM_MATCH)),
]);

static LATTICE_FORM: Pattern = Pattern::new(
    "^((rcfg-[0-9a-z]{17})|(arn:[a-z0-9-]+:vpc-lattice:[a-zA-Z0-9-]+:[0-9]{12}:resourceconfiguration/rcfg-[0-9a-z]{17}))$",
    "the id or ARN of a VPC Lattice resource configuration (rcfg-…)",
);
static LATTICE: Object = strict(&[must(
    "resourceConfigurationIdentifier",
    TEXT.min(20).max(2048).like(&LATTICE_FORM).shape(),
)]);
static MANAGED_VPC: Object = strict(&[
    must("vpcIdentifier", VPC),
    must("subnetIds", list_of(&SUBNET, 1, usize::MAX)),
    must("endpointIpAddressType", Shape::Choice(&["IPV4", "IPV6"])),
    may("securityGroupIds", list_of(&GROUP, 0, 5)),
    may("tags", TAGS),
    may("routingDomain", TEXT.min(3).max(255).shape()),
]);
static ENDPOINT: Object = strict(&[
    may("selfManagedLatticeResource", Shape::Object(&LATTICE)),
    may("managedVpcResource", Shape::Object(&MANAGED_VPC)),
])
.rules(&[|scope| {
    if scope.has("selfManagedLatticeResource") == scope.has("managedVpcResource") {
        scope.fault(
            "",
            "must hold one of selfManagedLatticeResource and managedVpcResource",
        );
    }
}]);
static OVERRIDE_OBJECT: Object = strict(&[
    must("domain", FILLED.max(253).shape()),
    must("privateEndpoint", Shape::Object(&ENDPOINT)),
]);
static OVERRIDE: Shape = Shape::Object(&OVERRIDE_OBJECT);

static JWT: Object = strict(&[
    must("discoveryUrl", Shape::Url(Some(discovery))),
    may("allowedAudience", list(&SOME_TEXT)),
    may("allowedClients", list(&SOME_TEXT)),
    may("allowedScopes", list(&SCOPE)),
    may("customClaims", list_of(&CLAIM, 1, usize::MAX)),
    may("privateEndpoint", Shape::Object(&ENDPOINT)),
    may("privateEndpointOverrides", list_of(&OVERRIDE, 0, 5)),
])
.rules(&[something_allowed, overrides]);

/// `authorizerConfiguration`.
pub static CONFIG: Object = open(&[may("customJwtAuthorizer", Shape::Object(&JWT))]);

fn something_allowed(scope: &mut Scope<'_, '_>) {
    let lists = [
        "allowedAudience",
        "allowedClients",
        "allowedScopes",
        "customClaims",
    ];
    if lists.iter().all(|key| scope.count(key) == 0) {
        scope.fault(
            "",
            "must fill one of allowedAudience, allowedClients, allowedScopes and customClaims",
        );
    }
}

fn overrides(scope: &mut Scope<'_, '_>) {
    let key = "privateEndpointOverrides";
    let overrides = scope.get(key).map(Node::items).unwrap_or_default();
    if overrides.is_empty() {
        return;
    }
    let Some(base) = scope.get("privateEndpoint") else {
        return scope.fault(key, "needs privateEndpoint beside it");
    };
    let managed = |endpoint: &Node| endpoint.get("managedVpcResource").is_some();
    let other = |entry: &&Node| entry.get("privateEndpoint").map(managed) != Some(managed(base));
    if overrides.iter().any(|entry| other(&entry)) {
        scope.fault(
            key,
            "must hold the kind of endpoint that privateEndpoint is: all VPC Lattice, or all managed VPC",
        );
    }
    let mut seen = HashSet::new();
    let domains = overrides
        .iter()
        .filter_map(|entry| entry.get("domain")?.as_str());
    for domain in domains {
        if !seen.insert(domain) {
            scope.fault(key, format!("names the domain {domain} twice"));
        }
    }
}

/// The rule over `authorizerType` and `authorizerConfiguration` of a runtime or harness.
pub fn type_and_config(scope: &mut Scope<'_, '_>) {
    let jwt = scope.text("authorizerType") == Some("CUSTOM_JWT");
    let config = scope.get("authorizerConfiguration");
    let authorizer = config.is_some_and(|config| config.get("customJwtAuthorizer").is_some());
    if jwt && !authorizer {
        scope.fault(
            "authorizerConfiguration",
            "is missing: authorizerType CUSTOM_JWT needs customJwtAuthorizer in it",
        );
    } else if !jwt && config.is_some() {
        let repair = Repair::SetAt(scope.path("authorizerType"), "CUSTOM_JWT".into());
        let words =
            "is only for authorizerType CUSTOM_JWT: without that the runtime takes AWS_IAM callers";
        if authorizer {
            scope.fixable("authorizerConfiguration", words, repair);
        } else {
            scope.fixable("authorizerConfiguration", words, Repair::Delete);
        }
    }
}
