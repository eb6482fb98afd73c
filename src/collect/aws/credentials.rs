//! Configuration and credentials as every AWS tool finds them, within bounds: a laptop without credentials must not wait for an
//! instance's metadata service.

use std::path::Path;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_credential_types::provider::ProvideCredentials;
use aws_types::SdkConfig;
use aws_types::region::Region;

use super::Request;
use crate::model::known::{ReasonCode, Unread};

/// Longest wait for credentials that someone configured: single sign-on and assumed roles make calls of their own.
const CONFIGURED: Duration = Duration::from_secs(10);
/// Longest wait where nothing is configured and only an instance's or container's own role is left.
const UNCONFIGURED: Duration = Duration::from_secs(1);

/// Loads configuration and makes sure that there are credentials and a Region.
///
/// # Errors
/// Which of the two is missing, and how to give it.
pub async fn load(request: &Request<'_>, region: Option<&str>) -> Result<SdkConfig, Unread> {
    let mut profile_region = ProfileFileRegionProvider::builder();
    if let Some(profile) = &request.profile {
        profile_region = profile_region.profile_name(profile);
    }
    // The default chain would ask the metadata service for a Region.
    let region =
        RegionProviderChain::first_try(region.map(|region| Region::new(region.to_owned())))
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(profile_region.build());
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region);
    if let Some(profile) = &request.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &request.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    let config = loader.load().await;
    credentials(request, &config).await?;
    if config.region().is_none() {
        return Err(Unread::new(
            ReasonCode::Offline,
            "no Region is known from the target, --region or the AWS configuration",
        )
        .flag("--region"));
    }
    Ok(config)
}

async fn credentials(request: &Request<'_>, config: &SdkConfig) -> Result<(), Unread> {
    let none = |why: &str| Unread::new(ReasonCode::Offline, why).flag("--profile");
    let provider = config
        .credentials_provider()
        .ok_or_else(|| none("no source of credentials is configured"))?;
    let bound = if request.live || request.profile.is_some() || configured() {
        CONFIGURED
    } else {
        UNCONFIGURED
    };
    match tokio::time::timeout(bound, provider.provide_credentials()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(none(match error {
            aws_credential_types::provider::error::CredentialsError::CredentialsNotLoaded(_) => {
                "no AWS credentials were found"
            }
            aws_credential_types::provider::error::CredentialsError::ProviderTimedOut(_) => {
                "the source of the AWS credentials did not answer in time"
            }
            // Without any configuration the last source asked was the machine's own role.
            _ if !configured() && request.profile.is_none() => "no AWS credentials were found",
            _ => "the AWS credentials could not be loaded: sign in again or fix the profile",
        })),
        Err(_) => Err(none("no AWS credentials were found in time")),
    }
}

/// True when the environment or a file names credentials, so that they are worth waiting for.
fn configured() -> bool {
    const VARIABLES: [&str; 6] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let file = |variable: &str, name: &str| {
        std::env::var_os(variable).map_or_else(
            || {
                std::env::var_os("HOME")
                    .or_else(|| std::env::var_os("USERPROFILE"))
                    .is_some_and(|home| Path::new(&home).join(".aws").join(name).exists())
            },
            |path| Path::new(&path).exists(),
        )
    };
    VARIABLES.into_iter().any(set)
        || file("AWS_CONFIG_FILE", "config")
        || file("AWS_SHARED_CREDENTIALS_FILE", "credentials")
}
