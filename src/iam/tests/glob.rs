use crate::iam::arn::{Arn, Breadth, arn_like, breadth, segments};
use crate::iam::glob::{Pattern, covers, intersects};
use crate::iam::truth::Truth;

#[test]
fn actions_match_whatever_the_case() {
    for (pattern, action, expected) in [
        ("bedrock:invokemodel", "bedrock:InvokeModel", true),
        (
            "BEDROCK:Invoke*",
            "bedrock:InvokeModelWithResponseStream",
            true,
        ),
        ("bedrock:Invoke?odel", "bedrock:InvokeModel", true),
        ("*", "s3:GetObject", true),
        ("s3:Get*", "s3:PutObject", false),
        ("bedrock-agentcore:*", "bedrock:InvokeModel", false),
    ] {
        assert_eq!(
            Pattern::action(pattern).matches(&action.to_lowercase()),
            expected,
            "{pattern} {action}"
        );
    }
}

#[test]
fn a_star_crosses_colons_and_slashes() {
    assert!(Pattern::resource("arn:aws:s3:*").matches("arn:aws:s3:::bucket/a/b"));
    assert!(
        Pattern::resource("arn:aws:bedrock:*:memory/x")
            .matches("arn:aws:bedrock:us-east-1:1:memory/x")
    );
    assert!(!Pattern::resource("arn:aws:s3:::Bucket").matches("arn:aws:s3:::bucket"));
}

#[test]
fn hostile_globs_take_no_time() {
    let pattern = Pattern::resource(&"*a".repeat(2_000));
    assert!(!pattern.matches(&format!("{}b", "a".repeat(4_000))));
    assert!(!pattern.covers(&Pattern::resource(&"a*".repeat(1_000))));
    assert!(Pattern::resource(&"*".repeat(100_000)).is_everything());
    assert!(
        !Pattern::resource(&"x".repeat(100_000)).covers(&Pattern::resource(&"y".repeat(100_000)))
    );
}

#[test]
fn one_pattern_contains_another() {
    for (a, b, expected) in [
        ("*", "a*b?c", true),
        ("a*", "ab*", true),
        ("ab*", "a*", false),
        ("?*", "*?", true),
        ("?*", "*", false),
        ("?*", "*x", true),
        ("*?", "x*", true),
        ("**?", "?", true),
        ("a?c", "abc", true),
        ("a?c", "a*c", false),
        ("*a*", "*ba*", true),
        ("*a*b*", "*ab*", true),
        ("*ab*", "*a*b*", false),
        ("*?ab", "*ab", false),
        ("memory/${M}", "memory/${M}", true),
        ("memory/*", "memory/${M}", true),
        ("memory/${M}", "memory/${N}", false),
        ("memory/${M}", "memory/*", false),
        ("memory/${M}", "memory/m-1", false),
        ("memory/?", "memory/${M}", false),
        ("x${Unresolved}", "x${Unresolved}", false),
        ("home/${aws:username}", "home/${aws:UserName}", true),
        ("a${*}b", "a${*}b", true),
        ("a${*}b", "axb", false),
    ] {
        assert_eq!(covers(a, b), expected, "{a} covers {b}");
    }
}

#[test]
fn two_patterns_share_a_string() {
    for (a, b, expected) in [
        ("a*", "*b", true),
        ("a*", "b*", false),
        ("a?", "?b", true),
        ("a?", "a", false),
        ("*x*", "*y*", true),
        ("abc", "a${X}", true),
        ("abc", "b${X}", false),
        ("", "*", true),
        ("", "?", false),
        ("", "", true),
    ] {
        assert_eq!(intersects(a, b), expected, "{a} {b}");
        assert_eq!(intersects(b, a), expected, "{b} {a}");
    }
}

#[test]
fn arns_split_around_symbols() {
    let arn = Arn::parse("arn:${AWS::Partition}:logs:${AWS::Region}:1:log-group:/x:*").unwrap();
    assert_eq!(
        (arn.partition, arn.region, arn.resource),
        ("${AWS::Partition}", "${AWS::Region}", "log-group:/x:*")
    );
    assert_eq!(arn.resource_type(), "log-group");
    assert_eq!(segments("a::b", ':', 9), ["a", "", "b"]);
    assert_eq!(segments("é:ü:${", ':', 2), ["é", "ü:${"]);
    assert!(Arn::parse("arn:aws:s3").is_none());
}

#[test]
fn breadth_of_resources() {
    for (resource, expected) in [
        ("*", Breadth::Everything),
        ("**", Breadth::Everything),
        ("arn:*", Breadth::Everything),
        ("arn:aws:*:*:*:*", Breadth::Everything),
        ("arn:aws:*", Breadth::Everything),
        ("arn:aws:s3:::*", Breadth::Service),
        ("arn:aws:s3:*", Breadth::Service),
        ("arn:aws:bedrock:*::foundation-model/*", Breadth::Pattern),
        ("arn:aws:bedrock:*:1:inference-profile/us.x", Breadth::Named),
        (
            "arn:${AWS::Partition}:bedrock-agentcore:${AWS::Region}:1:memory/${M}",
            Breadth::Named,
        ),
        ("", Breadth::Named),
    ] {
        assert_eq!(breadth(resource), expected, "{resource}");
    }
}

#[test]
fn arn_like_compares_part_by_part() {
    let read = |text: &str| Some(Pattern::resource(text));
    let like = |pattern: &str, value: &str| arn_like(pattern, value, &read);
    let runtime = "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/A-1";
    assert_eq!(
        like(
            "arn:aws:bedrock-agentcore:us-east-1:123456789012:*",
            runtime
        ),
        Truth::True
    );
    assert_eq!(
        like(
            "arn:aws:bedrock-agentcore:*:123456789012:runtime/A*",
            runtime
        ),
        Truth::True
    );
    // A star does not cross a colon of the first five.
    assert_eq!(
        like("arn:aws:bedrock-agentcore:*:runtime/A-1", runtime),
        Truth::False
    );
    assert_eq!(like("arn:*", runtime), Truth::False);
    assert_eq!(like("*", runtime), Truth::True);
    assert_eq!(
        like(
            "arn:aws:bedrock-agentcore:us-east-1:${AWS::AccountId}:*",
            runtime
        ),
        Truth::Unknown
    );
    assert_eq!(
        like(
            "arn:aws:bedrock-agentcore:eu-west-1:${AWS::AccountId}:*",
            runtime
        ),
        Truth::False
    );
    assert_eq!(like("arn:aws:s3:::x", "${Bucket.Arn}"), Truth::Unknown);
}

#[test]
fn most_patterns_are_told_apart_by_their_start() {
    let subject = Pattern::action("s3:GetObject");
    for (text, may) in [
        ("S3:getobject", true),
        ("s3:*", true),
        ("*", true),
        ("${x}", true),
        ("s3:G?tObject", true),
        ("s3:Put*", false),
        ("sqs:*", false),
    ] {
        assert_eq!(subject.may_meet(text), may, "{text}");
    }
    assert!(Pattern::resource("arn:aws:s3:::${B}/x").may_meet("arn:aws:s3:::b/y"));
}
