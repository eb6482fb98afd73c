//! The checks of the category `iam`, in the order of the report.

mod added;
mod breadth;
mod delegation;
mod foreign;
mod iam_bedrock_scope;
mod iam_broad_permissions;
mod iam_ecr_scope;
mod iam_missing_permissions;
mod iam_passrole;
mod iam_policy_valid;
mod iam_resource_policy;
mod iam_role_shared;
mod iam_trust_policy;
mod iam_user_delegation;
mod models;
mod roles;
mod trust;

pub(super) use self::iam_missing_permissions::questions;
use super::Check;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[
    &iam_bedrock_scope::CHECK,
    &iam_ecr_scope::CHECK,
    &iam_trust_policy::CHECK,
    &iam_broad_permissions::CHECK,
    &iam_role_shared::CHECK,
    &iam_user_delegation::CHECK,
    &iam_resource_policy::CHECK,
    &iam_missing_permissions::CHECK,
    &iam_policy_valid::CHECK,
    &iam_passrole::CHECK,
];
