//! Shapes of the control plane that several resources share, turned into the model.

use aws_sdk_bedrockagentcorecontrol::types as sdk;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::model::aws::{Claim, EnvValue, Jwt, Network};

/// An authorizer: the JWT block, and whether it is of a kind that this program does not know.
pub fn authorizer(configuration: Option<&sdk::AuthorizerConfiguration>) -> (Option<Jwt>, bool) {
    match configuration {
        None => (None, false),
        Some(sdk::AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) => {
            (Some(self::jwt(jwt)), false)
        }
        Some(_) => (None, true),
    }
}

fn jwt(jwt: &sdk::CustomJwtAuthorizerConfiguration) -> Jwt {
    let mut claims: Vec<Claim> = jwt.custom_claims().iter().map(claim).collect();
    claims.sort();
    Jwt {
        discovery_url: jwt.discovery_url().to_owned(),
        audience: sorted(jwt.allowed_audience()),
        clients: sorted(jwt.allowed_clients()),
        scopes: sorted(jwt.allowed_scopes()),
        claims,
        private_endpoint: jwt.private_endpoint().is_some()
            || !jwt.private_endpoint_overrides().is_empty(),
        allowed_workloads: jwt.allowed_workload_configuration().is_some(),
    }
}

fn claim(claim: &sdk::CustomClaimValidationType) -> Claim {
    let matched = claim.authorizing_claim_match_value();
    let values = match matched.and_then(|matched| matched.claim_match_value()) {
        Some(sdk::ClaimMatchValueType::MatchValueString(value)) => vec![value.clone()],
        Some(sdk::ClaimMatchValueType::MatchValueStringList(values)) => sorted(values),
        _ => Vec::new(),
    };
    Claim {
        name: claim.inbound_token_claim_name().to_owned(),
        kind: claim.inbound_token_claim_value_type().as_str().to_owned(),
        operator: matched.map_or_else(String::new, |matched| {
            matched.claim_match_operator().as_str().to_owned()
        }),
        values,
    }
}

/// A network configuration.
pub fn network(configuration: &sdk::NetworkConfiguration) -> Network {
    let vpc = configuration.network_mode_config();
    Network {
        mode: configuration.network_mode().as_str().to_owned(),
        subnets: vpc.map(|vpc| sorted(vpc.subnets())).unwrap_or_default(),
        security_groups: vpc
            .map(|vpc| sorted(vpc.security_groups()))
            .unwrap_or_default(),
    }
}

/// Environment variables: names stay, values are masked here and nowhere later.
pub fn env<'a>(variables: impl IntoIterator<Item = (&'a String, &'a String)>) -> Vec<EnvValue> {
    let mut values: Vec<_> = variables
        .into_iter()
        .map(|(name, value)| EnvValue {
            name: name.clone(),
            bytes: Some(name.len().saturating_add(value.len())),
            masked: masked(value),
            finding: secret_kind(name, value),
            switch: match value.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            keyword: ["none", "always_off", "legacy"]
                .into_iter()
                .find(|word| word.eq_ignore_ascii_case(value.trim()))
                .map(str::to_owned),
            harmless: crate::secrets::names::harmless_under(name, value),
        })
        .collect();
    values.sort();
    values
}

/// At most four characters, and never more than a quarter of the value.
fn masked(value: &str) -> String {
    let length = value.chars().count();
    let shown: String = value
        .chars()
        .take(4.min(length / 4))
        .filter(|character| !character.is_control())
        .collect();
    format!("{shown}… ({length} characters)")
}

/// The id of the kind of secret that a variable holds.
fn secret_kind(name: &str, value: &str) -> Option<String> {
    crate::secrets::secret_variable(name, value).map(|kind| kind.id.to_owned())
}

/// A sorted copy: lists whose order means nothing must compare equal.
pub fn sorted(values: &[String]) -> Vec<String> {
    let mut values = values.to_vec();
    values.sort();
    values
}

/// RFC 3339 in UTC.
pub fn time(time: &DateTime) -> String {
    time.fmt(Format::DateTime).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_variables_are_masked() {
        let (name, value) = ("TOKEN".to_owned(), "abcdefghijklmnopqrstuvwxyz".to_owned());
        let switch = ("DEBUG".to_owned(), "True".to_owned());
        let values = env([(&name, &value), (&switch.0, &switch.1)]);
        assert_eq!(values[0].switch, Some(true));
        assert_eq!(values[1].masked, "abcd… (26 characters)");
    }
}
