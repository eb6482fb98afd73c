//! What a trust policy has to say: the service, the account, the source.

use serde_json::Value;

use super::statements::{resource_part, statements};

/// What a trust policy lacks; none where only AgentCore, for this account and its AgentCore resources, may take the role.
pub(super) fn trust_faults(document: &Value, account: Option<&str>) -> Vec<(String, String)> {
    let nodes: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let mut faults = Vec::new();
    for (statement, node) in statements(document).iter().zip(nodes) {
        if !statement.allow {
            continue;
        }
        let mut push = |fault: String| faults.push((statement.label.clone(), fault));
        let services = node.pointer("/Principal/Service");
        let only_core = match services {
            Some(Value::String(service)) => is_core(service),
            Some(Value::Array(list)) => {
                !list.is_empty()
                    && list
                        .iter()
                        .all(|service| service.as_str().is_some_and(is_core))
            }
            _ => false,
        };
        let others = node
            .get("Principal")
            .and_then(Value::as_object)
            .is_none_or(|principal| principal.keys().any(|key| key != "Service"));
        if !only_core || others {
            push("lets in more than bedrock-agentcore.amazonaws.com".to_owned());
        }
        match condition(node, "aws:sourceaccount") {
            None => push("has no condition on aws:SourceAccount".to_owned()),
            Some(values) => {
                let fits = |value: &String| {
                    account.is_none_or(|account| value == account) && !value.contains('*')
                };
                if values.is_empty() || !values.iter().all(fits) {
                    push(format!("takes aws:SourceAccount {}", values.join(", ")));
                }
            }
        }
        match condition(node, "aws:sourcearn") {
            None => push("has no condition on aws:SourceArn".to_owned()),
            Some(values) => {
                let fits = |value: &String| {
                    resource_part(value).is_some_and(|(service, of, _)| {
                        service == "bedrock-agentcore"
                            && account.is_none_or(|account| of == account)
                    })
                };
                if values.is_empty() || !values.iter().all(fits) {
                    push(format!("takes aws:SourceArn {}", values.join(", ")));
                }
            }
        }
    }
    faults
}

/// `amazonaws.com.cn` is the suffix of the China partition.
fn is_core(service: &str) -> bool {
    matches!(
        service,
        "bedrock-agentcore.amazonaws.com" | "bedrock-agentcore.amazonaws.com.cn"
    )
}

/// The values of a condition key under an operator that narrows.
fn condition(statement: &Value, key: &str) -> Option<Vec<String>> {
    let operators = statement.get("Condition")?.as_object()?;
    operators
        .iter()
        .filter(|(operator, _)| {
            matches!(
                operator.to_lowercase().as_str(),
                "stringequals" | "stringlike" | "arnequals" | "arnlike" | "stringequalsignorecase"
            )
        })
        .filter_map(|(_, keys)| keys.as_object())
        .flat_map(|keys| keys.iter())
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(_, values)| match values {
            Value::String(one) => vec![one.clone()],
            Value::Array(list) => list
                .iter()
                .filter_map(|value| value.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn trust_needs_service_account_and_source() {
        let trust = |condition: Value| {
            json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"Service": "bedrock-agentcore.amazonaws.com"}, "Condition": condition}]})
        };
        let good = json!({"StringEquals": {"AWS:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:*"}});
        assert!(trust_faults(&trust(good.clone()), Some("123456789012")).is_empty());
        assert_eq!(trust_faults(&trust(good), Some("210987654321")).len(), 2);
        assert_eq!(trust_faults(&trust(json!({})), None).len(), 2);
        let open = json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]});
        assert_eq!(trust_faults(&open, None).len(), 3);
    }
}
