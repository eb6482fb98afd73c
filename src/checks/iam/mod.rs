//! The checks of the category `iam`, in the order of the report.

mod breadth;
// What iam-user-delegation compares the grants with.
#[allow(dead_code)]
mod delegation;
mod foreign;
mod iam_bedrock_scope;
mod iam_broad_permissions;
mod iam_ecr_scope;
mod iam_resource_policy;
mod iam_role_shared;
mod iam_trust_policy;
mod iam_user_delegation;
mod models;
mod roles;
mod trust;

use super::Check;
#[allow(unused_imports)]
pub(crate) use delegation::delegation_uses;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[
    &iam_bedrock_scope::CHECK,
    &iam_ecr_scope::CHECK,
    &iam_trust_policy::CHECK,
    &iam_broad_permissions::CHECK,
    &iam_role_shared::CHECK,
    &iam_user_delegation::CHECK,
    &iam_resource_policy::CHECK,
];
