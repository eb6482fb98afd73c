//! Whether a trust policy lets in AgentCore alone, for this account and its AgentCore resources.

use crate::context::partition;
use crate::iam::arn::Arn;
use crate::iam::comparison::Comparison;
use crate::iam::condition::{Condition, Quantifier};
use crate::iam::document::{Document, Effect, Statement};
use crate::iam::glob::Pattern;
use crate::iam::principal::{PrincipalClause, PrincipalKind};

/// Where the role is to be taken from, as far as that is known.
pub(super) struct Home<'a> {
    /// The account.
    pub(super) account: Option<&'a str>,
    /// The Region.
    pub(super) region: Option<&'a str>,
}

/// What the Allow statements of a trust policy lack, each with its statement.
pub(super) fn faults<'d>(document: &'d Document, home: &Home<'_>) -> Vec<(&'d Statement, String)> {
    let mut faults = Vec::new();
    let takes = |statement: &&Statement| {
        let wanted = [
            Pattern::action("sts:AssumeRole"),
            Pattern::action("sts:AssumeRoleWithWebIdentity"),
        ];
        let patterns = statement.action.patterns().iter();
        let hit = patterns
            .map(|text| Pattern::action(text))
            .any(|pattern| wanted.iter().any(|wanted| pattern.intersects(wanted)));
        hit || matches!(statement.action, crate::iam::document::Clause::AllBut(_))
    };
    let allows = document
        .statements
        .iter()
        .filter(|statement| statement.effect == Effect::Allow);
    for statement in allows.filter(takes) {
        if let Some(others) = others(statement) {
            faults.push((
                statement,
                format!("lets in {others}, not bedrock-agentcore.amazonaws.com alone"),
            ));
        }
        for key in [Key::Account, Key::Arn] {
            if let Some(fault) = bound(document, statement, key, home) {
                faults.push((statement, fault));
            }
        }
    }
    faults
}

/// Whom a statement lets in beside AgentCore.
fn others(statement: &Statement) -> Option<String> {
    let principals = match &statement.principal {
        None => return Some("nobody that is named".to_owned()),
        Some(PrincipalClause::IsNot(_)) => {
            return Some("everyone but some (NotPrincipal)".to_owned());
        }
        Some(PrincipalClause::Is(principals)) => principals,
    };
    if principals.includes_everyone() {
        return Some("everyone".to_owned());
    }
    let others: Vec<&str> = principals
        .entries
        .iter()
        .filter(|(kind, name)| *kind != PrincipalKind::Service || !is_agentcore(name))
        .map(|(_, name)| name.as_str())
        .collect();
    (!others.is_empty() || principals.entries.is_empty()).then(|| {
        if others.is_empty() {
            "nobody that is named".to_owned()
        } else {
            others.join(", ")
        }
    })
}

/// `amazonaws.com.cn` is the suffix of the China partition; some services keep `amazonaws.com` there.
fn is_agentcore(service: &str) -> bool {
    let service = service.to_ascii_lowercase();
    matches!(
        service.as_str(),
        "bedrock-agentcore.amazonaws.com" | "bedrock-agentcore.amazonaws.com.cn"
    )
}

#[derive(Clone, Copy)]
enum Key {
    Account,
    Arn,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::Account => "aws:SourceAccount",
            Self::Arn => "aws:SourceArn",
        }
    }
}

/// What is wrong with how a statement is bound to this account by one key; none where it is bound.
fn bound(document: &Document, statement: &Statement, key: Key, home: &Home<'_>) -> Option<String> {
    let narrowing = statement
        .conditions
        .iter()
        .filter(|condition| narrows(condition, key, false));
    let mut lists: Vec<&[String]> = narrowing
        .map(|condition| condition.values.as_slice())
        .collect();
    // A Deny for everything but these values narrows as well.
    let denies = document.statements.iter().filter(|other| {
        other.effect == Effect::Deny && other.conditions.len() == 1 && others_too(other)
    });
    lists.extend(
        denies
            .flat_map(|deny| &deny.conditions)
            .filter(|condition| narrows(condition, key, true))
            .map(|condition| condition.values.as_slice()),
    );
    if lists.is_empty() {
        let weak = statement
            .conditions
            .iter()
            .find(|condition| condition.is_on(key.name()));
        return Some(match weak {
            Some(condition) => format!(
                "has a condition on {} ({}) that other accounts also meet",
                key.name(),
                condition.operator.text
            ),
            None => format!("has no condition on {}", key.name()),
        });
    }
    let fits = |value: &String| match key {
        Key::Account => account_fits(value, home),
        Key::Arn => arn_fits(value, home),
    };
    // Conditions all hold at once: one list that is right is enough.
    let right = lists
        .iter()
        .any(|list| !list.is_empty() && list.iter().all(fits));
    (!right).then(|| format!("takes {} {}", key.name(), lists.concat().join(", ")))
}

/// A Deny that concerns AgentCore: its principal is everyone or the service.
fn others_too(deny: &Statement) -> bool {
    match &deny.principal {
        Some(PrincipalClause::Is(principals)) => {
            principals.anyone || principals.of(PrincipalKind::Service).any(is_agentcore)
        }
        Some(PrincipalClause::IsNot(_)) | None => false,
    }
}

/// A condition on a key that a request without the key, or with another value, cannot pass; turned round for a Deny.
fn narrows(condition: &Condition, key: Key, deny: bool) -> bool {
    let operator = &condition.operator;
    let compares = matches!(
        operator.comparison,
        Some(
            Comparison::StringEquals
                | Comparison::StringEqualsIgnoreCase
                | Comparison::StringLike
                | Comparison::Arn
        )
    );
    // ForAllValues and IfExists hold where the key is missing; so does a negated operator, which a Deny wants.
    condition.is_on(key.name())
        && compares
        && operator.negated == deny
        && !operator.if_exists
        && operator.quantifier != Some(Quantifier::All)
}

fn symbolic(text: &str) -> bool {
    text.contains("${AWS::")
}

fn account_fits(value: &str, home: &Home<'_>) -> bool {
    match home.account {
        Some(account) => value == account || symbolic(value),
        None => symbolic(value) || !value.contains(['*', '?']),
    }
}

fn arn_fits(value: &str, home: &Home<'_>) -> bool {
    let Some(arn) = Arn::parse(value) else {
        return false;
    };
    let partition = match home.region {
        Some(region) => arn.partition == partition(region) || symbolic(arn.partition),
        None => true,
    };
    // The account is bound twice; a Region that is left open still means this account's own resources.
    partition
        && arn.service == "bedrock-agentcore"
        && account_fits(arn.account, home)
        && !arn.account.is_empty()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn count(principal: &Value, condition: &Value, home: &Home<'_>) -> usize {
        let document = json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}]});
        faults(&Document::parse(&document).unwrap(), home).len()
    }

    fn conditions(partition: &str, region: &str) -> Value {
        json!({"StringEquals": {"AWS:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": format!("arn:{partition}:bedrock-agentcore:{region}:123456789012:*")}})
    }

    #[test]
    fn service_account_and_source_are_all_wanted() {
        let core = json!({"Service": "bedrock-agentcore.amazonaws.com"});
        let home = |region| Home {
            account: Some("123456789012"),
            region: Some(region),
        };
        let good = conditions("aws", "us-east-1");
        assert_eq!(count(&core, &good, &home("us-east-1")), 0);
        assert_eq!(
            count(
                &core,
                &good,
                &Home {
                    account: None,
                    region: None
                }
            ),
            0
        );
        assert_eq!(
            count(
                &core,
                &good,
                &Home {
                    account: Some("210987654321"),
                    region: None
                }
            ),
            2
        );
        assert_eq!(count(&core, &json!({}), &home("us-east-1")), 2);
        assert_eq!(count(&json!("*"), &json!({}), &home("us-east-1")), 3);
        assert_eq!(
            count(
                &json!({"Service": ["bedrock-agentcore.amazonaws.com", "lambda.amazonaws.com"]}),
                &good,
                &home("us-east-1")
            ),
            1
        );
        assert_eq!(
            count(
                &json!({"Service": "bedrock-agentcore.amazonaws.com", "AWS": "arn:aws:iam::123456789012:root"}),
                &good,
                &home("us-east-1")
            ),
            1
        );
    }

    #[test]
    fn other_partitions_have_their_own_arns() {
        let core = json!({"Service": "bedrock-agentcore.amazonaws.com"});
        let home = |region| Home {
            account: Some("123456789012"),
            region: Some(region),
        };
        assert_eq!(
            count(
                &core,
                &conditions("aws-us-gov", "us-gov-west-1"),
                &home("us-gov-west-1")
            ),
            0
        );
        assert_eq!(
            count(
                &core,
                &conditions("aws-cn", "cn-north-1"),
                &home("cn-north-1")
            ),
            0
        );
        assert_eq!(
            count(&core, &conditions("aws", "cn-north-1"), &home("cn-north-1")),
            1
        );
    }

    #[test]
    fn operators_that_let_a_missing_key_pass_do_not_bind() {
        let core = json!({"Service": "bedrock-agentcore.amazonaws.com"});
        let home = Home {
            account: Some("123456789012"),
            region: Some("us-east-1"),
        };
        let weak = json!({"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"},
            "ArnNotLike": {"aws:SourceArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:*"}});
        assert_eq!(count(&core, &weak, &home), 2);
        let like = json!({"StringLike": {"aws:SourceAccount": "123456789012",
            "aws:SourceArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/P_A-*"}});
        assert_eq!(count(&core, &like, &home), 0);
        let document = json!({"Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": core},
            {"Effect": "Deny", "Action": "sts:*", "Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceAccount": "123456789012"}}},
            {"Effect": "Deny", "Action": "sts:*", "Principal": "*", "Condition": {"ArnNotLike": {"aws:SourceArn": "arn:aws:bedrock-agentcore:*:123456789012:*"}}}
        ]});
        assert!(faults(&Document::parse(&document).unwrap(), &home).is_empty());
    }
}
