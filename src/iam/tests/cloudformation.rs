use serde_json::{Value, json};

use crate::iam::cloudformation::{Environment, Template};
use crate::iam::condition::RequestContext;
use crate::iam::document::Clause;
use crate::iam::evaluate::{Request, Verdict, decide_for};
use crate::model::known::Known;

fn known() -> Environment {
    Environment::new(Some("123456789012"), Some("us-east-1"))
}

fn template() -> Value {
    json!({
        "Parameters": {"Stage": {"Type": "String", "Default": "prod"}, "Given": {"Type": "String"},
                       "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/x"},
                       "Many": {"Type": "CommaDelimitedList", "Default": "a, b"}},
        "Mappings": {"M": {"us-east-1": {"v": "mapped"}}},
        "Conditions": {"IsChina": {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]}, "Open": {"Fn::Equals": [{"Ref": "Given"}, "x"]},
                       "NotChina": {"Fn::Not": [{"Condition": "IsChina"}]}, "Loop": {"Fn::Or": [{"Condition": "Loop"}]}},
        "Resources": {
            "Mem": {"Type": "AWS::BedrockAgentCore::Memory", "Properties": {"Name": "P_Mem"}},
            "Run": {"Type": "AWS::BedrockAgentCore::Runtime"},
            "End": {"Type": "AWS::BedrockAgentCore::RuntimeEndpoint", "Properties": {"AgentRuntimeId": {"Fn::GetAtt": ["Run", "AgentRuntimeId"]}, "Name": "prod"}},
            "Repo": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": {"Fn::Sub": "${Stage}/agent"}}},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "named", "Path": "/agents/"}},
            "Odd": {"Type": "Custom::Thing"}
        }
    })
}

fn text(value: Value) -> Option<String> {
    let root = template();
    Template::new(&root, known()).text(&value)
}

#[test]
fn strings_resolve_as_far_as_possible() {
    for (value, expected) in [
        (
            json!({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":x:", {"Ref": "AWS::AccountId"}]]}),
            "arn:aws:x:123456789012",
        ),
        (
            json!({"Fn::Join": [":", ["a", {"Ref": "AWS::NoValue"}, 7]]}),
            "a:7",
        ),
        (json!({"Fn::Join": ["-", {"Ref": "Many"}]}), "a-b"),
        (
            json!({"Fn::Sub": "${AWS::Region}/${Stage}/${!aws:username}/${Mem.MemoryId}/${Mem.MemoryArn}"}),
            "us-east-1/prod/${aws:username}/${Mem}/arn:aws:bedrock-agentcore:us-east-1:123456789012:memory/${Mem}",
        ),
        (
            json!({"Fn::Sub": ["${a}-${b}-$", {"a": {"Ref": "Given"}, "b": "B"}]}),
            "${Given}-B-$",
        ),
        (
            json!({"Fn::GetAtt": "Repo.Arn"}),
            "arn:aws:ecr:us-east-1:123456789012:repository/prod/agent",
        ),
        (
            json!({"Fn::GetAtt": ["Role", "Arn"]}),
            "arn:aws:iam::123456789012:role/agents/named",
        ),
        (
            json!({"Fn::GetAtt": ["End", "AgentRuntimeEndpointArn"]}),
            "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/${Run}/runtime-endpoint/prod",
        ),
        (json!({"Fn::GetAtt": ["Odd", "Out.Put"]}), "${Odd.Out.Put}"),
        (
            json!({"Ref": "Mem"}),
            "arn:aws:bedrock-agentcore:us-east-1:123456789012:memory/${Mem}",
        ),
        (json!({"Ref": "Run"}), "${Run}"),
        (json!({"Ref": "Stored"}), "${Stored}"),
        (json!({"Ref": "AWS::URLSuffix"}), "amazonaws.com"),
        (json!({"Ref": "AWS::StackName"}), "${AWS::StackName}"),
        (
            json!({"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["Mem", "MemoryArn"]}]}]}),
            "memory/${Mem}",
        ),
        (json!({"Fn::Select": ["1", ["a", "b"]]}), "b"),
        (
            json!({"Fn::Select": [1, {"Fn::Split": [":", {"Fn::GetAtt": ["Odd", "Arn"]}]}]}),
            "${Unresolved.Fn--Select}",
        ),
        (
            json!({"Fn::ImportValue": {"Fn::Sub": "${Given}:x"}}),
            "${Import.--Given--x}",
        ),
        (
            json!({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "v"]}),
            "mapped",
        ),
        (json!({"Fn::If": ["IsChina", "cn", "other"]}), "other"),
        (json!({"Fn::If": ["NotChina", "yes", "no"]}), "yes"),
        (json!({"Fn::If": ["Open", "same", "same"]}), "same"),
        (json!({"Fn::If": ["Open", "one", "two"]}), "${Unresolved}"),
        (json!({"Fn::If": ["Loop", "one", "one"]}), "one"),
        (json!({"Fn::GetAZs": ""}), "${Unresolved.Fn--GetAZs}"),
        (json!({"Fn::Join": "nonsense"}), "${Unresolved.Fn--Join}"),
    ] {
        assert_eq!(text(value.clone()).as_deref(), Some(expected), "{value}");
    }
    let nowhere = template();
    let arn = Template::new(&nowhere, Environment::default()).attribute("Mem", "MemoryArn");
    assert_eq!(
        arn,
        "arn:${AWS::Partition}:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:memory/${Mem}"
    );
    assert_eq!(
        Environment::new(None, Some("us-gov-west-1"))
            .partition
            .as_deref(),
        Some("aws-us-gov")
    );
}

#[test]
fn cycles_and_bombs_end() {
    let mut root = json!({"Resources": {
        "A": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "B"}}},
        "B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "A"}}}
    }});
    for step in 0..60 {
        let next = json!({"Ref": format!("X{}", step + 1)});
        let name = json!({"Fn::Join": ["", [next, next, next]]});
        root["Resources"][format!("X{step}")] =
            json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}});
    }
    let template = Template::new(&root, known());
    assert!(template.reference("A").contains("${"));
    assert!(template.reference("X0").contains("${"));
    let mut deep = json!("x");
    for _ in 0..300 {
        deep = json!({"Fn::Join": ["", [deep]]});
    }
    assert!(template.text(&deep).is_some());
    for garbage in [
        json!(null),
        json!([]),
        json!({"Resources": []}),
        json!({"Resources": {"R": 7, "S": {"Type": "AWS::IAM::Role", "Properties": 9}}}),
    ] {
        let roles = Template::new(&garbage, known()).roles();
        assert!(roles.iter().all(|role| role.role.policies.is_empty()));
    }
}

#[test]
fn roles_gather_their_policies_with_places() {
    let statement = |action: &str| json!({"Effect": "Allow", "Action": action, "Resource": {"Fn::GetAtt": ["Mem", "MemoryArn"]}});
    let document =
        |action: &str| json!({"Version": "2012-10-17", "Statement": [statement(action)]});
    let root = json!({"Resources": {
        "Mem": {"Type": "AWS::BedrockAgentCore::Memory"},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": {"Fn::Sub": "x.${AWS::URLSuffix}"}}}},
            "Policies": [{"PolicyName": "inline", "PolicyDocument": document("a:Inline")}],
            "ManagedPolicyArns": [{"Ref": "Managed"}, {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"}, "arn:aws:iam::aws:policy/AdministratorAccess"],
            "PermissionsBoundary": {"Ref": "Edge"}}},
        "Default/Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "default", "Roles": [{"Ref": "Role"}, "elsewhere"], "PolicyDocument": document("a:Default")}},
        "Single": {"Type": "AWS::IAM::RolePolicy", "Properties": {"PolicyName": "single", "RoleName": {"Ref": "Role"}, "PolicyDocument": document("a:Single")}},
        "Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"Roles": [{"Ref": "Role"}], "PolicyDocument": document("a:Managed")}},
        "Edge": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document("a:*")}},
        "Broken": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": 7, "Policies": [{"PolicyName": "b", "PolicyDocument": {"Statement": [{"Effect": "Maybe"}]}}]}}
    }});
    let template = Template::new(&root, known());
    let roles = template.roles();
    let role = &roles[0];
    assert_eq!(
        (role.logical_id.as_deref(), role.role.arn.as_str()),
        (Some("Role"), "arn:aws:iam::123456789012:role/${Role}")
    );
    let names: Vec<_> = role
        .role
        .policies
        .iter()
        .map(|policy| policy.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "inline",
            "Managed",
            "ReadOnlyAccess",
            "AdministratorAccess",
            "default",
            "single"
        ]
    );
    let trust = role.role.trust.as_ref().unwrap();
    assert_eq!(
        trust.statements[0].pointer,
        "/Resources/Role/Properties/AssumeRolePolicyDocument/Statement"
    );
    assert_eq!(
        trust.to_value()["Statement"][0]["Principal"]["Service"],
        "x.amazonaws.com"
    );
    for policy in &role.role.policies {
        let Known::Read(document) = &policy.document else {
            assert_eq!(policy.name, "ReadOnlyAccess");
            continue;
        };
        if policy.name == "AdministratorAccess" {
            continue;
        }
        let statement = &document.statements[0];
        let raw = root.pointer(&statement.pointer).unwrap();
        assert_eq!(
            statement.action,
            Clause::Only(vec![raw["Action"].as_str().unwrap().to_owned()])
        );
    }
    assert!(
        role.role
            .boundary
            .as_ref()
            .is_some_and(|edge| edge.document.read().is_some())
    );
    assert!(
        roles[1].trust_error.is_some()
            && matches!(roles[1].role.policies[0].document, Known::Unread(_))
    );
    let outside = &roles[2];
    assert_eq!(
        (
            outside.logical_id.as_deref(),
            outside.role.name.as_str(),
            outside.role.policies.len()
        ),
        (None, "elsewhere", 2)
    );
}

#[test]
fn both_branches_of_an_undecided_if_count() {
    let root = json!({
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
        "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "a:*", "Resource": {"Fn::If": ["C", "arn:one", ["arn:two", "arn:three"]]}},
            {"Fn::If": ["C", {"Effect": "Allow", "Action": "b:*", "Resource": "*"}, {"Ref": "AWS::NoValue"}]},
            {"Fn::If": ["C", {"Effect": "Deny", "Action": "a:*", "Resource": "*"}, {"Ref": "AWS::NoValue"}]}
        ]}}]}}}
    });
    let roles = Template::new(&root, known()).roles();
    let Known::Read(document) = &roles[0].role.policies[0].document else {
        panic!()
    };
    assert_eq!(
        document.statements[0].resource,
        Some(Clause::Only(vec![
            "arn:one".into(),
            "arn:two".into(),
            "arn:three".into()
        ]))
    );
    assert_eq!(
        document.statements[1].pointer,
        "/Resources/Role/Properties/Policies/0/PolicyDocument/Statement/1/Fn::If/1"
    );
    let context = RequestContext::closed();
    let decide = |action, resource| {
        decide_for(
            &roles[0].role,
            &Request {
                action,
                resource,
                context: &context,
            },
        )
        .verdict
    };
    assert_eq!(decide("b:X", "y"), Verdict::Allowed);
    assert_eq!(decide("a:X", "arn:one"), Verdict::Unknown);
}
