use serde_json::{Value, json};

use crate::iam::condition::RequestContext;
use crate::iam::document::Document;
use crate::iam::evaluate::{Policies, Request, ResourceSide, Source, Verdict, decide, decide_for};
use crate::iam::principal::Caller;
use crate::iam::role::{NamedPolicy, Role};
use crate::model::known::{Known, ReasonCode, Unread};

const MODEL: &str = "arn:aws:bedrock:us-east-1::foundation-model/m";

fn verdict(statements: Value, action: &str, resource: &str) -> Verdict {
    let context = RequestContext::open();
    decide_for(
        &super::role(statements),
        &Request {
            action,
            resource,
            context: &context,
        },
    )
    .verdict
}

#[test]
fn deny_wins_and_is_named() {
    let role = super::role(json!([
        {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "NoModels", "Effect": "Deny", "Action": "BEDROCK:invoke*", "Resource": "*"}
    ]));
    let context = RequestContext::closed();
    let request = Request {
        action: "bedrock:InvokeModel",
        resource: MODEL,
        context: &context,
    };
    let decision = decide_for(&role, &request);
    assert_eq!(decision.verdict, Verdict::DeniedExplicitly);
    assert_eq!(
        (
            decision.by[0].policy.as_str(),
            decision.by[0].statement.as_str()
        ),
        ("inline", "NoModels")
    );
    let other = decide_for(
        &role,
        &Request {
            action: "s3:GetObject",
            ..request
        },
    );
    assert_eq!(
        (other.verdict, other.by[0].statement.as_str()),
        (Verdict::Allowed, "All")
    );
}

#[test]
fn not_action_and_not_resource() {
    let statements =
        json!([{"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::secret*"}]);
    assert_eq!(
        verdict(statements.clone(), "iam:PassRole", "*"),
        Verdict::DeniedImplicitly
    );
    assert_eq!(
        verdict(statements.clone(), "s3:GetObject", "arn:aws:s3:::secrets/x"),
        Verdict::DeniedImplicitly
    );
    assert_eq!(
        verdict(statements.clone(), "s3:GetObject", "arn:aws:s3:::open/x"),
        Verdict::Allowed
    );
    // A pattern that takes in both what is allowed and what is not.
    assert_eq!(
        verdict(statements, "s3:GetObject", "arn:aws:s3:::*"),
        Verdict::Unknown
    );
}

#[test]
fn conditions_leave_open_what_is_not_known() {
    let allow = json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}]);
    assert_eq!(verdict(allow, "s3:GetObject", "x"), Verdict::Unknown);
    let deny = json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "Vpc", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}
    ]);
    assert_eq!(verdict(deny.clone(), "s3:GetObject", "x"), Verdict::Unknown);
    let context = RequestContext::open().with("aws:sourcevpc", "vpc-1");
    let request = Request {
        action: "s3:GetObject",
        resource: "x",
        context: &context,
    };
    assert_eq!(
        decide_for(&super::role(deny.clone()), &request).verdict,
        Verdict::Allowed
    );
    let outside = RequestContext::closed();
    let denied = decide_for(
        &super::role(deny),
        &Request {
            context: &outside,
            ..request
        },
    );
    assert_eq!(
        (denied.verdict, denied.by[0].statement.as_str()),
        (Verdict::DeniedExplicitly, "Vpc")
    );
}

#[test]
fn a_boundary_has_to_allow_too() {
    let mut role = super::role(json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    role.boundary = Some(super::policy(
        "edge",
        json!([{"Effect": "Allow", "Action": "bedrock:*", "Resource": "*"}]),
    ));
    let context = RequestContext::open();
    let decide = |role: &Role, action: &str| {
        decide_for(
            role,
            &Request {
                action,
                resource: MODEL,
                context: &context,
            },
        )
    };
    assert_eq!(
        decide(&role, "bedrock:InvokeModel").verdict,
        Verdict::Allowed
    );
    assert_eq!(
        decide(&role, "bedrock:InvokeModel").by[1].source,
        Source::Boundary
    );
    assert_eq!(
        decide(&role, "s3:GetObject").verdict,
        Verdict::DeniedImplicitly
    );
    let reason = Unread::new(ReasonCode::Denied, "no");
    role.boundary = Some(NamedPolicy::managed(
        "arn:aws:iam::1:policy/edge",
        Known::Unread(reason.clone()),
    ));
    let decision = decide(&role, "s3:GetObject");
    assert_eq!(
        (decision.verdict, decision.complete),
        (Verdict::Unknown, false)
    );
    // A boundary alone grants nothing, and what was not read may grant anything.
    role.boundary = None;
    role.policies = vec![NamedPolicy::managed(
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        Known::Unread(reason),
    )];
    assert!(role.policies[0].is_aws_managed());
    assert_eq!(decide(&role, "s3:GetObject").verdict, Verdict::Unknown);
}

#[test]
fn a_resource_policy_allows_within_the_account_and_is_needed_across() {
    let resource = super::document(json!([
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/agent"}, "Action": "s3:Put*", "Resource": "*"}
    ]));
    let identity = [super::policy(
        "inline",
        json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]),
    )];
    let context = RequestContext::closed();
    let ask = |identity: &[NamedPolicy], resource: &Document, arn: &str, cross_account, action| {
        let caller = Caller::Identity(arn.to_owned());
        let side = ResourceSide {
            document: resource,
            caller,
            cross_account,
        };
        let policies = Policies {
            identity,
            boundary: None,
            resource: Some(side),
        };
        decide(
            &policies,
            &Request {
                action,
                resource: "arn:aws:s3:::b/x",
                context: &context,
            },
        )
        .verdict
    };
    let agent = "arn:aws:iam::123456789012:role/agent";
    assert_eq!(
        ask(&[], &resource, agent, false, "s3:PutObject"),
        Verdict::Allowed
    );
    assert_eq!(
        ask(&[], &resource, agent, true, "s3:PutObject"),
        Verdict::DeniedImplicitly
    );
    assert_eq!(
        ask(&identity, &resource, agent, true, "s3:GetObject"),
        Verdict::Allowed
    );
    assert_eq!(
        ask(
            &identity,
            &resource,
            "arn:aws:iam::123456789012:role/b",
            false,
            "s3:PutObject"
        ),
        Verdict::DeniedExplicitly
    );
    assert_eq!(
        ask(
            &[],
            &resource,
            "arn:aws:iam::210987654321:role/b",
            false,
            "s3:GetObject"
        ),
        Verdict::DeniedImplicitly
    );
}
