use serde_json::json;

use crate::iam::actions::{AccessLevel, Action, applies_to, expand};
use crate::iam::arn::Breadth;
use crate::iam::document::Document;
use crate::iam::escalation::{self, ESCALATIONS};
use crate::iam::reach::{Reach, Via};
use crate::iam::role::NamedPolicy;
use crate::model::known::Known;

#[test]
fn the_table_knows_levels_and_resource_types() {
    let known = |name| Action::lookup(name).map(|action| (action.level, action.resource_types));
    assert_eq!(
        known("logs:putretentionpolicy"),
        Some((AccessLevel::Write, true))
    );
    assert_eq!(
        known("xray:PutTraceSegments"),
        Some((AccessLevel::Write, false))
    );
    assert_eq!(
        known("logs:DescribeLogGroups"),
        Some((AccessLevel::List, false))
    );
    assert_eq!(
        known("ecr:GetAuthorizationToken"),
        Some((AccessLevel::Read, false))
    );
    assert_eq!(
        known("iam:PutRolePolicy"),
        Some((AccessLevel::Permissions, true))
    );
    assert_eq!(
        known("bedrock-agentcore:InvokeAgentRuntimeCommandShell").map(|found| found.1),
        Some(true)
    );
    assert_eq!(known("nosuch:Thing"), None);
    assert_eq!(known("garbage"), None);
    let names: Vec<_> = expand("bedrock-agentcore:InvokeAgentRuntime*")
        .iter()
        .map(|action| action.name.as_str())
        .collect();
    assert!(
        names.contains(&"bedrock-agentcore:InvokeAgentRuntimeCommand"),
        "{names:?}"
    );
    assert!(expand("*").len() > 10_000);
    assert!(expand("xray:nothing").is_empty());
    assert_eq!(expand("XRAY:puttracesegments").len(), 1);
}

#[test]
fn every_escalation_is_made_of_known_actions() {
    for action in ESCALATIONS.iter().flat_map(|escalation| escalation.actions) {
        assert_eq!(
            Action::lookup(action).map(|known| known.name.as_str()),
            Some(*action)
        );
    }
}

#[test]
fn an_arn_of_another_service_is_no_resource_of_the_action() {
    assert!(!applies_to("bedrock:InvokeModel", "arn:aws:s3:::bucket"));
    assert!(applies_to("bedrock:InvokeModel", "arn:aws:*:*:*:x"));
    assert!(applies_to("sts:AssumeRole", "arn:aws:iam::1:role/x"));
    assert!(applies_to(
        "rds-data:ExecuteStatement",
        "arn:aws:rds:us-east-1:1:cluster:x"
    ));
    assert!(applies_to("unknown:Thing", "arn:aws:s3:::bucket"));
}

#[test]
fn grants_of_an_action_with_their_resources() {
    let role = super::role(json!([
        {"Sid": "Models", "Effect": "Allow", "Action": ["bedrock:InvokeModel", "s3:GetObject"],
         "Resource": ["arn:aws:bedrock:*::foundation-model/*", "arn:aws:s3:::b/*"]},
        {"Effect": "Allow", "Action": "bedrock:*", "Resource": "arn:aws:bedrock:us-east-1:1:inference-profile/p"},
        {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}
    ]));
    let reach = Reach::of(&role);
    let found = reach.of_action("bedrock:InvokeModel");
    let rows: Vec<_> = found
        .iter()
        .map(|one| {
            (
                one.grant.statement.label.as_str(),
                one.via.clone(),
                one.resources.join(" "),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (
                "Models",
                Via::Name,
                "arn:aws:bedrock:*::foundation-model/*".to_owned()
            ),
            (
                "#1",
                Via::Wildcard("bedrock:*".into()),
                "arn:aws:bedrock:us-east-1:1:inference-profile/p".to_owned()
            ),
            ("#2", Via::NotAction, "*".to_owned()),
        ]
    );
}

#[test]
fn changes_on_everything() {
    let role = super::role(json!([
        {"Effect": "Allow", "Action": ["xray:PutTraceSegments", "logs:DescribeLogGroups", "ecr:GetAuthorizationToken"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["dynamodb:Put*", "s3:GetObject"], "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:1:*"}
    ]));
    let reach = Reach::of(&role);
    let names = |at| {
        reach
            .broad_changes(at)
            .iter()
            .map(|found| found.action.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(Breadth::Everything),
        ["dynamodb:PutItem", "dynamodb:PutResourcePolicy"]
    );
    assert_eq!(
        names(Breadth::Service),
        [
            "dynamodb:PutItem",
            "dynamodb:PutResourcePolicy",
            "sqs:SendMessage"
        ]
    );
}

#[test]
fn deny_takes_away_what_it_covers() {
    let role = super::role(json!([
        {"Effect": "Allow", "Action": ["s3:*", "logs:PutLogEvents"], "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*", "arn:aws:logs:*:*:*"]},
        {"Effect": "Deny", "Action": "logs:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"},
        {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
        {"Sid": "Vpc", "Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "v"}}}
    ]));
    let reach = Reach::of(&role);
    assert_eq!(reach.grants[0].actions, ["s3:*"]);
    assert!(reach.of_action("logs:PutLogEvents").is_empty());
    assert!(reach.of_action("s3:DeleteObject").is_empty());
    let get = reach.of_action("s3:GetObject");
    assert_eq!(get[0].resources, ["arn:aws:s3:::a/*"]);
    let restricted = get[0].grant.restricted_by.iter();
    let restricted: Vec<_> = restricted.map(|at| at.statement.as_str()).collect();
    assert_eq!(restricted.last(), Some(&"Vpc"), "{restricted:?}");
}

#[test]
fn a_boundary_narrows() {
    let mut role = super::role(json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    role.boundary = Some(super::policy(
        "edge",
        json!([
            {"Effect": "Allow", "Action": ["bedrock:Invoke*", "logs:PutLogEvents"], "Resource": "arn:aws:bedrock:*::foundation-model/m"},
            {"Effect": "Allow", "NotAction": ["iam:*", "bedrock:*", "logs:*"], "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
        ]),
    ));
    let reach = Reach::of(&role);
    let models = reach.of_action("bedrock:InvokeModel");
    assert_eq!(models.len(), 1);
    assert_eq!(
        (models[0].via.clone(), models[0].resources.join(" ")),
        (
            Via::Wildcard("bedrock:Invoke*".into()),
            "arn:aws:bedrock:*::foundation-model/m".to_owned()
        )
    );
    assert!(reach.of_action("iam:PassRole").is_empty());
    assert!(reach.of_action("s3:GetObject").is_empty());
    assert_eq!(reach.of_action("sqs:SendMessage").len(), 1);
    assert!(
        escalation::find(&reach)
            .iter()
            .all(|found| !found.escalation.actions.contains(&"iam:PassRole"))
    );
    role.boundary = Some(NamedPolicy::managed(
        "arn:aws:iam::aws:policy/X",
        Known::Absent,
    ));
    assert!(!Reach::of(&role).is_complete());
}

#[test]
fn a_partial_overlap_with_the_boundary_becomes_the_known_actions_of_both() {
    let mut role =
        super::role(json!([{"Effect": "Allow", "Action": "dynamodb:*Item", "Resource": "*"}]));
    role.boundary = Some(super::policy(
        "edge",
        json!([{"Effect": "Allow", "Action": "dynamodb:Get*", "Resource": "*"}]),
    ));
    assert_eq!(Reach::of(&role).grants[0].actions, ["dynamodb:GetItem"]);
}

#[test]
fn escalations_need_all_their_actions() {
    let find = |statements| {
        let role = super::role(statements);
        let reach = Reach::of(&role);
        escalation::find(&reach)
            .iter()
            .map(|found| (found.escalation.actions.join("+"), found.open_ended))
            .collect::<Vec<_>>()
    };
    assert!(
        find(json!([{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}])).is_empty()
    );
    assert_eq!(
        find(json!([
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/one"},
            {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}
        ])),
        [("iam:PassRole+ec2:RunInstances".to_owned(), false)]
    );
    let role = super::role(json!([]));
    let mut admin = role.clone();
    admin.policies = vec![NamedPolicy::inline("a", Document::administrator())];
    assert_eq!(
        escalation::find(&Reach::of(&admin)).len(),
        ESCALATIONS.len()
    );
}

#[test]
fn a_scoped_grant_of_an_action_without_resource_types_is_inert() {
    let role = super::role(
        json!([{"Effect": "Allow", "Action": "logs:PutResourcePolicy", "Resource": "arn:aws:logs:us-east-1:1:log-group:/x*"}]),
    );
    let found = Action::lookup("logs:PutResourcePolicy").map(|action| action.resource_types);
    let reach = Reach::of(&role);
    assert_eq!(
        reach.of_action("logs:PutResourcePolicy")[0].inert,
        found == Some(false)
    );
}

#[test]
fn whole_services() {
    let role = super::role(
        json!([{"Effect": "Allow", "Action": ["s3:*", "s3:Get*", "SQS:**", "iam:*Role"], "Resource": "*"}, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
    );
    let reach = Reach::of(&role);
    assert_eq!(reach.grants[0].whole_services(), ["SQS", "s3"]);
    assert_eq!(reach.grants[1].whole_services(), ["*"]);
}

#[test]
fn an_administrator_is_judged_quickly() {
    let role = super::role(json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    let reach = Reach::of(&role);
    assert!(reach.broad_changes(Breadth::Everything).len() > 3_000);
}
