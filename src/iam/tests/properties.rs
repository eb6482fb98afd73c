use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use crate::iam::condition::RequestContext;
use crate::iam::document::Document;
use crate::iam::evaluate::{Request, Verdict, decide_for};
use crate::iam::glob::Pattern;
use crate::iam::reach::{Grant, Reach};
use crate::iam::role::Role;
use crate::iam::truth::Truth;

/// Short patterns over few letters, so that they meet often.
fn pattern() -> impl Strategy<Value = String> {
    "[ab:*?]{0,7}"
}

fn subject() -> impl Strategy<Value = String> {
    "[ab:]{0,7}"
}

fn statement() -> impl Strategy<Value = Value> {
    let actions = prop::collection::vec(
        prop::sample::select(vec![
            "s:a", "s:A", "s:ab", "s:*", "s:?b", "*", "t:a", "*:a", "s:*b",
        ]),
        1..3,
    );
    let resources = prop::collection::vec(
        prop::sample::select(vec!["*", "x/a", "x/*", "x/?", "y/*", "*a", "x/ab"]),
        1..3,
    );
    let (effect, not_action, not_resource) = (
        prop::bool::weighted(0.7),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    );
    let condition = prop::option::weighted(
        0.3,
        (
            prop::sample::select(vec![
                "StringEquals",
                "StringNotEquals",
                "StringLikeIfExists",
            ]),
            "[vw]",
        ),
    );
    (
        effect,
        actions,
        not_action,
        resources,
        not_resource,
        condition,
    )
        .prop_map(
            |(allow, actions, not_action, resources, not_resource, condition)| {
                let mut statement = json!({"Effect": if allow { "Allow" } else { "Deny" }});
                statement[if not_action { "NotAction" } else { "Action" }] = json!(actions);
                statement[if not_resource {
                    "NotResource"
                } else {
                    "Resource"
                }] = json!(resources);
                if let Some((operator, value)) = condition {
                    statement["Condition"] = json!({operator: {"k": value}});
                }
                statement
            },
        )
}

fn statements(most: usize) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(statement(), 0..=most)
}

fn context() -> impl Strategy<Value = RequestContext> {
    prop_oneof![
        Just(RequestContext::open()),
        Just(RequestContext::closed()),
        "[vw]".prop_map(|value| RequestContext::open().with("k", value)),
    ]
}

fn request() -> impl Strategy<Value = (&'static str, &'static str)> {
    let actions = prop::sample::select(vec!["s:a", "s:ab", "s:b", "t:a"]);
    (
        actions,
        prop::sample::select(vec!["x/a", "x/ab", "x/b", "y/a", "z"]),
    )
}

fn verdict(role: &Role, (action, resource): (&str, &str), context: &RequestContext) -> Verdict {
    decide_for(
        role,
        &Request {
            action,
            resource,
            context,
        },
    )
    .verdict
}

/// Whether a grant takes in a resource, wholly or in part.
fn takes_in(grant: &Grant<'_>, resource: &str) -> bool {
    let wanted = Pattern::resource(resource);
    let compare = |text: &String| Pattern::resource(text).compare(&wanted);
    let any = |patterns: &[String]| Truth::any(patterns.iter().map(compare));
    any(&grant.resources)
        .and(!any(&grant.except_resources))
        .possible()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matching_agrees_with_a_plain_definition(pattern in pattern(), text in subject()) {
        fn plain(pattern: &[char], text: &[char]) -> bool {
            match (pattern.split_first(), text.split_first()) {
                (None, None) => true,
                (Some(('*', rest)), _) => plain(rest, text) || text.split_first().is_some_and(|(_, text)| plain(pattern, text)),
                (Some((one, rest)), Some((letter, text))) => (*one == '?' || one == letter) && plain(rest, text),
                _ => false,
            }
        }
        let (letters, chars): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        let compiled = Pattern::resource(&pattern);
        prop_assert_eq!(compiled.matches(&text), plain(&letters, &chars));
        prop_assert_eq!(compiled.covers(&Pattern::literal(&text)), compiled.matches(&text));
        prop_assert_eq!(compiled.intersects(&Pattern::literal(&text)), compiled.matches(&text));
    }

    #[test]
    fn a_pattern_covers_itself_and_what_it_covers_it_meets(a in pattern(), b in pattern()) {
        let (a, b) = (Pattern::resource(&a), Pattern::resource(&b));
        prop_assert!(a.covers(&a) && a.intersects(&a));
        prop_assert!(!a.covers(&b) || a.intersects(&b));
        prop_assert_eq!(a.intersects(&b), b.intersects(&a));
    }

    #[test]
    fn covering_is_sound_and_sampling_finds_no_gap(a in pattern(), b in pattern(), texts in prop::collection::vec(subject(), 40)) {
        let (left, right) = (Pattern::resource(&a), Pattern::resource(&b));
        for text in &texts {
            if right.matches(text) {
                prop_assert!(!left.covers(&right) || left.matches(text), "{} covers {} but not {}", a, b, text);
                prop_assert!(!left.matches(text) || left.intersects(&right), "{} and {} share {}", a, b, text);
            }
        }
    }

    #[test]
    fn covering_misses_nothing_on_short_patterns(a in "[a*?]{0,5}", b in "[a*?]{0,5}") {
        // z stands for any letter that neither pattern names.
        let mut texts = vec![String::new()];
        let mut layer = texts.clone();
        for _ in 0..7 {
            layer = layer.iter().flat_map(|text| ["a", "z"].map(|letter| format!("{text}{letter}"))).collect();
            texts.extend(layer.iter().cloned());
        }
        let (left, right) = (Pattern::resource(&a), Pattern::resource(&b));
        let contained = texts.iter().all(|text| !right.matches(text) || left.matches(text));
        prop_assert_eq!(left.covers(&right), contained, "{} {}", a, b);
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,40}", other in "[${}*?:,'aw]{0,30}") {
        for text in [&text, &other] {
            let _ = Document::from_text(text);
            let pattern = Pattern::resource(text);
            let _ = (pattern.matches(text), pattern.covers(&Pattern::action(text)), crate::iam::arn::breadth(text));
            prop_assert!(pattern.intersects(&pattern));
        }
    }

    #[test]
    fn a_deny_never_allows(base in statements(4), mut deny in statement(), request in request(), context in context()) {
        deny["Effect"] = json!("Deny");
        let before = verdict(&super::role(json!(base.clone())), request, &context);
        let after = verdict(&super::role(json!([base, vec![deny]].concat())), request, &context);
        prop_assert!(after != Verdict::Allowed || before == Verdict::Allowed);
        prop_assert!(before != Verdict::DeniedExplicitly || after == before);
    }

    #[test]
    fn an_allow_in_the_boundary_only_widens(base in statements(3), edge in statements(2), mut allow in statement(), request in request(), context in context()) {
        allow["Effect"] = json!("Allow");
        let rank = |edge: Vec<Value>| {
            let mut role = super::role(json!(base));
            role.boundary = Some(super::policy("edge", json!(edge)));
            match verdict(&role, request, &context) {
                Verdict::Allowed => 2,
                Verdict::Unknown => 1,
                Verdict::DeniedImplicitly | Verdict::DeniedExplicitly => 0,
            }
        };
        prop_assert!(rank(edge.clone()) <= rank([edge, vec![allow]].concat()));
    }

    #[test]
    fn reach_holds_whatever_is_allowed(base in statements(4), edge in prop::option::of(statements(3)), request in request(), context in context()) {
        let mut role = super::role(json!(base));
        role.boundary = edge.map(|edge| super::policy("edge", json!(edge)));
        let reach = Reach::of(&role);
        let reached = reach.of_action(request.0);
        let holds = reached.iter().any(|one| takes_in(one.grant, request.1)
            && one.resources.iter().any(|text| Pattern::resource(text).matches(request.1)));
        if verdict(&role, request, &context) == Verdict::Allowed {
            // Ten statements that allow everything are the most that are judged.
            prop_assert!(holds || !reach.unread.is_empty(), "{:?}", request);
        }
    }

    #[test]
    fn patterns_told_apart_by_their_start_share_nothing(one in pattern(), other in pattern()) {
        for read in [Pattern::action, Pattern::resource] {
            let subject = read(&other);
            prop_assert!(subject.may_meet(&one) || !read(&one).intersects(&subject));
        }
    }

    #[test]
    fn documents_survive_their_own_json(base in statements(4)) {
        let document = super::document(json!(base));
        prop_assert_eq!(Document::parse(&document.to_value()).unwrap(), document);
    }
}
