//! Network, lifecycle, mounts and connections, which runtimes and harnesses share.

use super::fault::{Repair, Scope};
use super::patterns::{ANY_TEXT, SOME_TEXT};
use super::shape::{
    FILLED, Object, Pattern, Shape, TEXT, list, list_of, map, may, must, open, strict, whole,
};

static SUBNET_FORM: Pattern = Pattern::new(
    "^subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})$",
    "subnet- and 8 or 17 hexadecimal digits in lower case",
);
static GROUP_FORM: Pattern = Pattern::new(
    "^sg-(?:[0-9a-f]{8}|[0-9a-f]{17})$",
    "sg- and 8 or 17 hexadecimal digits in lower case",
);
static VPC_FORM: Pattern = Pattern::new(
    "^vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})$",
    "vpc- and 8 or 17 hexadecimal digits in lower case",
);
/// A subnet.
pub static SUBNET: Shape = TEXT.like(&SUBNET_FORM).shape();
/// A security group.
pub static GROUP: Shape = TEXT.like(&GROUP_FORM).shape();
/// A VPC.
pub const VPC: Shape = TEXT.like(&VPC_FORM).shape();

/// `networkMode`.
pub const MODE: Shape = Shape::Choice(&["PUBLIC", "VPC"]);
/// `networkConfig`.
pub static CONFIG: Object = open(&[
    must("subnets", list_of(&SUBNET, 1, 16)),
    must("securityGroups", list_of(&GROUP, 1, 16)),
    may("vpcId", VPC),
]);

/// The rules over `networkMode` and `networkConfig`; `container` says whether an image is built, with `CodeBuild`'s limit.
pub fn mode_and_config(scope: &mut Scope<'_, '_>, container: bool) {
    let vpc = scope.text("networkMode") == Some("VPC");
    match (vpc, scope.has("networkConfig")) {
        (true, false) => scope.fault(
            "networkConfig",
            "is missing: networkMode VPC needs subnets and securityGroups",
        ),
        (false, true) => scope.fault(
            "networkConfig",
            "is only for networkMode VPC; set that, or take this out",
        ),
        _ => {}
    }
    let groups = scope
        .get("networkConfig")
        .and_then(|config| config.get("securityGroups"))
        .map_or(0, |groups| groups.items().len());
    if vpc && container && groups > 5 {
        let words = format!(
            "container builds in a VPC take at most 5 security groups (CodeBuild), found {groups}"
        );
        scope.fault("networkConfig", words);
    }
}

/// `lifecycleConfiguration`, and `lifecycleConfig` of a harness: seconds.
pub static LIFECYCLE: Object = open(&[
    may("idleRuntimeSessionTimeout", whole(60.0, 28800.0)),
    may("maxLifetime", whole(60.0, 28800.0)),
])
.rules(&[|scope| {
    let number = |key| scope.get(key).and_then(crate::model::json::Node::as_number);
    if let (Some(idle), Some(lifetime)) =
        (number("idleRuntimeSessionTimeout"), number("maxLifetime"))
        && idle > lifetime
    {
        let words = format!("must not be more than maxLifetime: {idle} is more than {lifetime}");
        let repair = scope
            .get("maxLifetime")
            .map(|node| Repair::Set(node.to_value()));
        if let Some(repair) = repair {
            scope.fixable("idleRuntimeSessionTimeout", words, repair);
        }
    }
}]);

static MOUNT_FORM: Pattern = Pattern::new(
    "^/mnt/[a-zA-Z0-9._-]+/?$",
    "a folder right below /mnt, such as /mnt/data",
);
/// A mount path.
pub const MOUNT: Shape = TEXT.min(6).max(200).like(&MOUNT_FORM).shape();
static EFS_FORM: Pattern = Pattern::new(
    "^arn:aws[-a-z]*:elasticfilesystem:[a-z][a-z0-9-]*:[0-9]{12}:access-point/fsap-[0-9a-f]{8,40}$",
    "the ARN of an EFS access point",
);
static S3_FILES_FORM: Pattern = Pattern::new(
    "^arn:aws[-a-z]*:s3files:[a-z][a-z0-9-]*:[0-9]{12}:file-system/fs-[0-9a-f]{17,40}/access-point/fsap-[0-9a-f]{17,40}$",
    "the ARN of an S3 Files access point",
);
static SESSION_STORAGE: Object = open(&[must("mountPath", MOUNT)]);
static EFS: Object = open(&[
    must("accessPointArn", TEXT.like(&EFS_FORM).shape()),
    must("mountPath", MOUNT),
]);
static S3_FILES: Object = open(&[
    must("accessPointArn", TEXT.like(&S3_FILES_FORM).shape()),
    must("mountPath", MOUNT),
]);
/// An EFS mount of a harness.
pub static EFS_MOUNT: Shape = Shape::Object(&EFS);
/// An S3 Files mount of a harness.
pub static S3_MOUNT: Shape = Shape::Object(&S3_FILES);
static CAPACITY_VOLUME: Object = open(&[
    must("volumeName", super::capacity::VOLUME_NAME.shape()),
    must("mountPath", MOUNT),
]);
static WITH_STORAGE: Object = strict(&[must("sessionStorage", Shape::Object(&SESSION_STORAGE))]);
static WITH_EFS: Object = strict(&[must("efsAccessPoint", Shape::Object(&EFS))]);
static WITH_S3: Object = strict(&[must("s3FilesAccessPoint", Shape::Object(&S3_FILES))]);
static WITH_VOLUME: Object = strict(&[must(
    "capacityProviderVolume",
    Shape::Object(&CAPACITY_VOLUME),
)]);
/// An entry of `filesystemConfigurations`.
pub static MOUNTED: Shape = Shape::Either(&[
    Shape::Object(&WITH_STORAGE),
    Shape::Object(&WITH_EFS),
    Shape::Object(&WITH_S3),
    Shape::Object(&WITH_VOLUME),
]);

static CONNECTION_FORM: Pattern = Pattern::new(
    "^[a-zA-Z][a-zA-Z0-9_-]{0,63}$",
    "a letter, then letters, digits, underscores and hyphens; at most 64 characters",
);
static MEMORY_ARN: Pattern = Pattern::new(
    "^arn:[^:]+:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:memory/[^\n\r\u{2028}\u{2029}]+$",
    "the ARN of a memory",
);
static GATEWAY_ARN: Pattern = Pattern::new(
    "^arn:[^:]+:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:gateway/[^\n\r\u{2028}\u{2029}]+$",
    "the ARN of a gateway",
);
static RUNTIME_ARN: Pattern = Pattern::new(
    "^arn:[^:]+:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:runtime/[^\n\r\u{2028}\u{2029}]+$",
    "the ARN of a runtime",
);
static BROWSER_ARN: Pattern = Pattern::new(
    "^arn:[^:]+:bedrock-agentcore:[a-z0-9-]+:([0-9]{12}|aws):browser(-custom)?/[^\n\r\u{2028}\u{2029}]+$",
    "the ARN of a browser",
);
static INTERPRETER_ARN: Pattern = Pattern::new(
    "^arn:[^:]+:bedrock-agentcore:[a-z0-9-]+:([0-9]{12}|aws):code-interpreter(-custom)?/[^\n\r\u{2028}\u{2029}]+$",
    "the ARN of a code interpreter",
);
static NOTHING: Object = strict(&[]);
static BY_IAM: Object = strict(&[must("awsIam", Shape::Object(&NOTHING))]);
static BY_NONE: Object = strict(&[must("none", Shape::Object(&NOTHING))]);
static OAUTH: Object = strict(&[
    must("providerArn", FILLED.shape()),
    must("scopes", list(&SOME_TEXT)),
    may(
        "grantType",
        Shape::Choice(&["CLIENT_CREDENTIALS", "AUTHORIZATION_CODE", "TOKEN_EXCHANGE"]),
    ),
    may("customParameters", map(TEXT, &ANY_TEXT)),
]);
static BY_OAUTH: Object = strict(&[must("oauth", Shape::Object(&OAUTH))]);
const OUTBOUND: Shape = Shape::Either(&[
    Shape::Object(&BY_IAM),
    Shape::Object(&BY_NONE),
    Shape::Object(&BY_OAUTH),
]);
const KIND: Shape = FILLED.shape();
static TO_MEMORY: Object = strict(&[
    must("type", KIND),
    must("arn", TEXT.like(&MEMORY_ARN).shape()),
    may("namespaces", list(&SOME_TEXT)),
]);
static TO_GATEWAY: Object = strict(&[
    must("type", KIND),
    must("arn", TEXT.like(&GATEWAY_ARN).shape()),
    may("outboundAuth", OUTBOUND),
]);
static TO_RUNTIME: Object = strict(&[
    must("type", KIND),
    must("arn", TEXT.like(&RUNTIME_ARN).shape()),
    may("exec", Shape::Flag),
]);
static TO_BROWSER: Object = strict(&[
    must("type", KIND),
    may("arn", TEXT.like(&BROWSER_ARN).shape()),
]);
static TO_INTERPRETER: Object = strict(&[
    must("type", KIND),
    may("arn", TEXT.like(&INTERPRETER_ARN).shape()),
]);
static CONNECTION_OBJECT: Object = strict(&[
    may("id", TEXT.like(&CONNECTION_FORM).shape()),
    must(
        "to",
        Shape::Tagged(
            "type",
            &[
                ("memory", Shape::Object(&TO_MEMORY)),
                ("gateway", Shape::Object(&TO_GATEWAY)),
                ("runtime", Shape::Object(&TO_RUNTIME)),
                ("browser", Shape::Object(&TO_BROWSER)),
                ("codeInterpreter", Shape::Object(&TO_INTERPRETER)),
            ],
        ),
    ),
    may("access", Shape::Choice(&["read", "readwrite"])),
    may("description", TEXT.max(200).shape()),
]);
/// An entry of `connections`.
pub static CONNECTION: Shape = Shape::Object(&CONNECTION_OBJECT);
