//! Capacity providers.

use super::patterns::{NAME, TAGS};
use super::shape::{
    FILLED, Object, Pattern, Shape, TEXT, Text, list_of, may, must, open, passing, strict, whole,
};

static ROLE_FORM: Pattern = Pattern::new(
    "^arn:[^:]+:iam::([0-9]{12})?:role/[^\n\r\u{2028}\u{2029}]+$",
    "the ARN of an IAM role",
);
static ARN_FORM: Pattern = Pattern::new(
    "^arn:[^:]+:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:capacity-provider/[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10}$",
    "the ARN of a capacity provider",
);
static VOLUME_FORM: Pattern = Pattern::new(
    "^[a-zA-Z][a-zA-Z0-9_-]{0,47}$",
    "a letter, then letters, digits, underscores and hyphens; at most 48 characters",
);
/// The name of a volume.
pub const VOLUME_NAME: Text = FILLED.max(48).like(&VOLUME_FORM);

/// `capacityProviderConfiguration` of a runtime.
pub static ATTACHED: Object = strict(&[
    may("capacityProviderArn", TEXT.like(&ARN_FORM).shape()),
    may("capacityProviderName", NAME.shape()),
])
.rules(&[|scope| {
    if scope.has("capacityProviderArn") == scope.has("capacityProviderName") {
        scope.fault(
            "",
            "must hold one of capacityProviderArn and capacityProviderName",
        );
    }
}]);

static SUBNET_FORM: Pattern = Pattern::new(
    "^subnet-[0-9a-zA-Z]{8,17}$",
    "subnet- and 8 to 17 letters and digits",
);
static GROUP_FORM: Pattern = Pattern::new(
    "^sg-[0-9a-zA-Z]{8,17}$",
    "sg- and 8 to 17 letters and digits",
);
static SUBNET: Shape = TEXT.like(&SUBNET_FORM).shape();
static GROUP: Shape = TEXT.like(&GROUP_FORM).shape();
static VPC: Object = open(&[
    must("subnets", list_of(&SUBNET, 1, 16)),
    must("securityGroups", list_of(&GROUP, 1, 16)),
]);
static INSTANCE_TYPE: Shape = FILLED.max(255).shape();
static INSTANCES: Object = open(&[must("allowedInstanceTypes", list_of(&INSTANCE_TYPE, 1, 30))]);
static PROFILE_FORM: Pattern = Pattern::new(
    "^arn:[^:]+:iam::[0-9]{12}:instance-profile/[^\n\r\u{2028}\u{2029}]+$",
    "the ARN of an instance profile",
);
static LAUNCH: Object = passing(&[
    must(
        "operatingSystem",
        Shape::Choice(&["LINUX_X86_64", "LINUX_ARM64"]),
    ),
    must("instanceRequirements", Shape::Object(&INSTANCES)),
    may("instanceProfileArn", TEXT.like(&PROFILE_FORM).shape()),
]);
static TEMPLATE: Object = open(&[must("launchParameters", Shape::Object(&LAUNCH))]);
static EBS_KEY_FORM: Pattern = Pattern::new(
    "^arn:[^:]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$",
    "the ARN of a KMS key",
);
static EBS: Object = passing(&[
    must("name", VOLUME_NAME.shape()),
    must("sizeGiB", whole(1.0, 65536.0)),
    may(
        "volumeType",
        Shape::Choice(&["standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"]),
    ),
    may("encrypted", Shape::Flag),
    may("kmsKeyId", TEXT.like(&EBS_KEY_FORM).shape()),
]);
static VOLUME_OBJECT: Object = open(&[must("ebsConfiguration", Shape::Object(&EBS))]);
static VOLUME: Shape = Shape::Object(&VOLUME_OBJECT);
static INSTANCE_LIFECYCLE: Object = open(&[
    may("idleInstanceTimeout", whole(60.0, 1_209_600.0)),
    may("maxLifetime", whole(60.0, 1_209_600.0)),
]);
static EC2: Object = passing(&[
    must("launchTemplateSource", Shape::Object(&TEMPLATE)),
    must("vpcConfiguration", Shape::Object(&VPC)),
    may("volumes", list_of(&VOLUME, 0, 5)),
    may("lifecycleConfiguration", Shape::Object(&INSTANCE_LIFECYCLE)),
]);
static COMPUTE: Object = open(&[must("ec2Configuration", Shape::Object(&EC2))]);
static PROVIDER_OBJECT: Object = open(&[
    must("name", NAME.shape()),
    may("description", FILLED.max(4096).shape()),
    may("operatorRoleArn", FILLED.max(2048).like(&ROLE_FORM).shape()),
    must("computeConfiguration", Shape::Object(&COMPUTE)),
    may("tags", TAGS),
]);
/// An entry of `capacityProviders`.
pub static PROVIDER: Shape = Shape::Object(&PROVIDER_OBJECT);
