//! The operations of services of which only a few are read, as data: [`reads`](super::reads) sends them.
//!
//! Names, paths and hosts are those of the service models, <https://github.com/aws/api-models-aws>.

/// A service.
#[derive(Debug)]
pub struct Service {
    /// Its id in the model. Settings of its own, such as `AWS_ENDPOINT_URL_CLOUDTRAIL`, are named after it.
    pub id: &'static str,
    /// Its name in the user agent and for the quota of retries.
    pub name: &'static str,
    /// The name that requests are signed for.
    pub signing_name: &'static str,
    /// How requests are written.
    pub protocol: Protocol,
    /// The host of a Region without the Region and the suffix of its partition.
    pub host: &'static str,
    /// The same for dual-stack.
    pub dual_stack_host: &'static str,
    /// The FIPS hosts of AWS GovCloud (US).
    pub gov_cloud: GovCloud,
}

/// How requests are written.
#[derive(Debug)]
pub enum Protocol {
    /// AWS JSON 1.1: everything is posted to `/`, and a header names the operation behind this prefix.
    /// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>
    Json(&'static str),
    /// REST JSON: every operation has a method and a path.
    /// <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>
    Rest,
}

/// Whether the FIPS hosts of AWS GovCloud (US) are named as elsewhere.
#[derive(Debug)]
pub enum GovCloud {
    /// They are, with `-fips`.
    Suffixed,
    /// The plain host is the one with FIPS.
    Plain,
    /// The plain host is the one with FIPS, and so is the one for dual-stack.
    PlainDualStack,
}

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// The IAM action that authorises it. Its second half is the operation's name.
    pub action: &'static str,
    /// The service.
    pub service: &'static Service,
    /// The method.
    pub method: &'static str,
    /// The path, with the names of members in braces.
    pub path: &'static str,
}

/// An operation that answers in pages.
#[derive(Debug)]
pub struct Listing {
    /// The operation.
    pub operation: Operation,
    /// The member of the request that asks for the next page.
    pub token: &'static str,
    /// The member of the answer that names the next page.
    pub next: &'static str,
    /// The member of the answer that holds the items.
    pub items: &'static str,
}

impl Operation {
    /// The operation's name.
    pub fn name(&self) -> &'static str {
        self.action.split_once(':').map_or("", |(_, name)| name)
    }
}

/// An operation of AWS JSON.
const fn json(action: &'static str, service: &'static Service) -> Operation {
    rest(action, service, "POST", "/")
}

const fn rest(
    action: &'static str,
    service: &'static Service,
    method: &'static str,
    path: &'static str,
) -> Operation {
    Operation {
        action,
        service,
        method,
        path,
    }
}

/// A listing whose token has the same name both ways.
const fn listing(operation: Operation, token: &'static str, items: &'static str) -> Listing {
    Listing {
        operation,
        token,
        next: token,
        items,
    }
}

/// Every service.
pub static SERVICES: [&Service; 7] = [
    &CLOUDTRAIL,
    &ECR,
    &EVENTS,
    &LAMBDA,
    &LOGS,
    &SERVICE_QUOTAS,
    &XRAY,
];

static CLOUDTRAIL: Service = Service {
    id: "CloudTrail",
    name: "cloudtrail",
    signing_name: "cloudtrail",
    protocol: Protocol::Json("CloudTrail_20131101"),
    host: "cloudtrail",
    dual_stack_host: "cloudtrail",
    gov_cloud: GovCloud::Plain,
};
static ECR: Service = Service {
    id: "ECR",
    name: "ecr",
    signing_name: "ecr",
    protocol: Protocol::Json("AmazonEC2ContainerRegistry_V20150921"),
    host: "api.ecr",
    dual_stack_host: "ecr",
    gov_cloud: GovCloud::Suffixed,
};
static EVENTS: Service = Service {
    id: "EventBridge",
    name: "eventbridge",
    signing_name: "events",
    protocol: Protocol::Json("AWSEvents"),
    host: "events",
    dual_stack_host: "events",
    gov_cloud: GovCloud::PlainDualStack,
};
static LAMBDA: Service = Service {
    id: "Lambda",
    name: "lambda",
    signing_name: "lambda",
    protocol: Protocol::Rest,
    host: "lambda",
    dual_stack_host: "lambda",
    gov_cloud: GovCloud::Suffixed,
};
static LOGS: Service = Service {
    id: "CloudWatch Logs",
    name: "cloudwatchlogs",
    signing_name: "logs",
    protocol: Protocol::Json("Logs_20140328"),
    host: "logs",
    dual_stack_host: "logs",
    gov_cloud: GovCloud::Plain,
};
static SERVICE_QUOTAS: Service = Service {
    id: "Service Quotas",
    name: "servicequotas",
    signing_name: "servicequotas",
    protocol: Protocol::Json("ServiceQuotasV20190624"),
    host: "servicequotas",
    dual_stack_host: "servicequotas",
    gov_cloud: GovCloud::Plain,
};
static XRAY: Service = Service {
    id: "XRay",
    name: "xray",
    signing_name: "xray",
    protocol: Protocol::Rest,
    host: "xray",
    dual_stack_host: "xray",
    gov_cloud: GovCloud::Suffixed,
};

/// The trails of an account.
pub static DESCRIBE_TRAILS: Operation = json("cloudtrail:DescribeTrails", &CLOUDTRAIL);
/// What a trail logs.
pub static GET_EVENT_SELECTORS: Operation = json("cloudtrail:GetEventSelectors", &CLOUDTRAIL);
/// Whether a trail logs.
pub static GET_TRAIL_STATUS: Operation = json("cloudtrail:GetTrailStatus", &CLOUDTRAIL);

/// Images of a repository.
pub static DESCRIBE_IMAGES: Operation = json("ecr:DescribeImages", &ECR);

/// Event buses.
pub static LIST_EVENT_BUSES: Listing = listing(
    json("events:ListEventBuses", &EVENTS),
    "NextToken",
    "EventBuses",
);
/// Rules of an event bus.
pub static LIST_RULES: Listing = listing(json("events:ListRules", &EVENTS), "NextToken", "Rules");
/// Targets of a rule.
pub static LIST_TARGETS_BY_RULE: Listing = listing(
    json("events:ListTargetsByRule", &EVENTS),
    "NextToken",
    "Targets",
);

/// Provisioned concurrency of a function.
pub static LIST_PROVISIONED_CONCURRENCY_CONFIGS: Listing = Listing {
    operation: rest(
        "lambda:ListProvisionedConcurrencyConfigs",
        &LAMBDA,
        "GET",
        "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
    ),
    token: "Marker",
    next: "NextMarker",
    items: "ProvisionedConcurrencyConfigs",
};

/// Log groups.
pub static DESCRIBE_LOG_GROUPS: Listing = listing(
    json("logs:DescribeLogGroups", &LOGS),
    "nextToken",
    "logGroups",
);

/// Quotas that apply to the account.
pub static LIST_SERVICE_QUOTAS: Listing = listing(
    json("servicequotas:ListServiceQuotas", &SERVICE_QUOTAS),
    "NextToken",
    "Quotas",
);
/// Quotas that apply where nothing else was granted.
pub static LIST_AWS_DEFAULT_SERVICE_QUOTAS: Listing = listing(
    json("servicequotas:ListAWSDefaultServiceQuotas", &SERVICE_QUOTAS),
    "NextToken",
    "Quotas",
);

/// Rules of what is indexed.
pub static GET_INDEXING_RULES: Listing = listing(
    rest("xray:GetIndexingRules", &XRAY, "POST", "/GetIndexingRules"),
    "NextToken",
    "IndexingRules",
);
/// Where segments go.
pub static GET_TRACE_SEGMENT_DESTINATION: Operation = rest(
    "xray:GetTraceSegmentDestination",
    &XRAY,
    "POST",
    "/GetTraceSegmentDestination",
);
