//! What `agentcore deploy` recorded of what it made.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::arn::Arn;

/// What `deployed-state.json` says of one target.
#[derive(Clone, Debug, Default)]
pub struct DeployedTarget {
    /// Deployed runtimes by name.
    pub runtimes: BTreeMap<String, DeployedRuntime>,
    /// Deployed harnesses by name, with their runtime where known.
    pub harnesses: BTreeMap<String, DeployedRuntime>,
    /// Gateway ids and ARNs by name.
    pub gateways: BTreeMap<String, DeployedResource>,
    /// Memory ids and ARNs by name.
    pub memories: BTreeMap<String, DeployedResource>,
    /// Policy engine ids and ARNs by name.
    pub policy_engines: BTreeMap<String, DeployedResource>,
    /// Online evaluation ids and ARNs by name.
    pub online_evals: BTreeMap<String, DeployedResource>,
    /// Credential provider ARNs by name.
    pub credentials: BTreeMap<String, DeployedResource>,
}

/// A deployed runtime.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployedRuntime {
    /// `runtimeId`.
    pub id: Option<String>,
    /// `runtimeArn`.
    pub arn: Option<String>,
    /// `roleArn`.
    pub role_arn: Option<String>,
}

/// Another deployed resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeployedResource {
    /// Its id.
    pub id: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
}

impl DeployedTarget {
    /// The account and Region of its ARNs: what all of them agree on, where it is an account id and may be a Region.
    pub fn home(&self) -> (Option<String>, Option<String>) {
        let runtimes = self.runtimes.values().chain(self.harnesses.values());
        let others = [
            &self.gateways,
            &self.memories,
            &self.policy_engines,
            &self.online_evals,
            &self.credentials,
        ];
        let arns: Vec<Arn<'_>> = runtimes
            .filter_map(|runtime| runtime.arn.as_deref())
            .chain(
                others
                    .into_iter()
                    .flat_map(BTreeMap::values)
                    .filter_map(|other| other.arn.as_deref()),
            )
            .filter_map(Arn::parse)
            .collect();
        let one = |values: BTreeSet<&str>| match values.len() {
            1 => values.first().map(|value| (*value).to_owned()),
            _ => None,
        };
        let account = one(arns.iter().map(|arn| arn.account).collect());
        let region = one(arns.iter().map(|arn| arn.region).collect());
        (
            account.filter(|account| is_account(account)),
            region.filter(|region| is_region(region)),
        )
    }
}

/// Whether a text is an account id: twelve digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is built like a Region: `us-gov-west-1`.
pub fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let letters =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let last = parts.next_back().unwrap_or_default();
    let named: Vec<&str> = parts.collect();
    named.len() >= 2
        && named.iter().all(|part| letters(part))
        && (1..=2).contains(&last.len())
        && last.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(arns: &[&str]) -> DeployedTarget {
        let runtime = |(index, arn): (usize, &&str)| {
            let runtime = DeployedRuntime {
                arn: Some((*arn).to_owned()),
                ..DeployedRuntime::default()
            };
            (index.to_string(), runtime)
        };
        DeployedTarget {
            runtimes: arns.iter().enumerate().map(runtime).collect(),
            ..DeployedTarget::default()
        }
    }

    #[test]
    fn account_and_region_are_what_the_arns_agree_on() {
        let runtime = |home: &str| format!("arn:aws:bedrock-agentcore:{home}:runtime/a-0123456789");
        let home = |homes: &[&str]| {
            let arns: Vec<String> = homes.iter().map(|home| runtime(home)).collect();
            target(&arns.iter().map(String::as_str).collect::<Vec<_>>()).home()
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            home(&["eu-west-1:123456789012", "eu-west-1:123456789012"]),
            (text("123456789012"), text("eu-west-1"))
        );
        assert_eq!(
            home(&["eu-west-1:123456789012", "us-east-1:123456789012"]),
            (text("123456789012"), None)
        );
        assert_eq!(home(&["eu-west-1:ACCOUNT"]), (None, text("eu-west-1")));
        assert_eq!(home(&["evil.example/:123456789012"]).1, None);
        assert_eq!(home(&[]), (None, None));
    }
}
