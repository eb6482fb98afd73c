//! The variables of `.env.local` that payment connectors cannot do without.

use crate::cli_schema::{Class, Fault};
use crate::collect::project::ENV_LOCAL;
use crate::context::Context;
use crate::model::json::Node;
use crate::model::known::Known;

/// The variables that the payment connectors need; `agentcore validate` looks for them in `.env.local`.
pub(super) fn faults(context: &Context) -> Vec<Fault> {
    let mut faults = Vec::new();
    for payment in &context.project.payments {
        let connectors = payment
            .node
            .get("connectors")
            .map(Node::items)
            .unwrap_or_default();
        for connector in connectors {
            let text = |key: &str| connector.get(key).and_then(Node::as_str);
            let (Some(name), false) = (
                text("credentialName"),
                text("provisionMode") == Some("QUICK_CREATE"),
            ) else {
                continue;
            };
            let missing = missing(context, name, text("provider") == Some("StripePrivy"));
            if let (Some(member), false) = (connector.member("credentialName"), missing.is_empty())
            {
                faults.push(Fault {
                    range: member.range(),
                    path: format!("payments.{}.connectors.{name}", payment.name),
                    class: Class::Rejected,
                    words: format!("needs {} in {ENV_LOCAL}", missing.join(", ")),
                    repair: None,
                });
            }
        }
    }
    faults
}

fn missing(context: &Context, credential: &str, stripe: bool) -> Vec<String> {
    let endings: &[&str] = if stripe {
        &[
            "APP_ID",
            "APP_SECRET",
            "AUTHORIZATION_PRIVATE_KEY",
            "AUTHORIZATION_ID",
        ]
    } else {
        &["API_KEY_ID", "API_KEY_SECRET", "WALLET_SECRET"]
    };
    let start = format!(
        "AGENTCORE_CREDENTIAL_{}",
        credential.replace('-', "_").to_uppercase()
    );
    let filled = |name: &String| match &context.project.env_local {
        Known::Read(variables) => variables.get(name) == Some(&false),
        Known::Absent | Known::Unread(_) => false,
    };
    endings
        .iter()
        .map(|ending| format!("{start}_{ending}"))
        .filter(|name| !filled(name))
        .collect()
}
