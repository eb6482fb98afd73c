//! Where a service answers: by partition, with FIPS and dual-stack, or at a URL that someone configured.

use aws_sdk_bedrockagentcorecontrol::config::endpoint::{
    DefaultResolver, Params, ResolveEndpoint as _,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::endpoint::{
    EndpointFuture, EndpointResolverParams, ResolveEndpoint,
};
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::endpoint::Endpoint;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use super::operations::{GovCloud, Service};

/// Hands to [`Endpoints`] what is configured.
#[derive(Debug)]
pub struct Configured {
    region: Option<String>,
    fips: bool,
    dual_stack: bool,
    url: Option<String>,
}

impl Configured {
    /// What is configured for a service.
    pub fn new(service: &Service, config: &SdkConfig) -> Self {
        Self {
            region: config.region().map(ToString::to_string),
            fips: config.use_fips().unwrap_or_default(),
            dual_stack: config.use_dual_stack().unwrap_or_default(),
            url: url(service, config),
        }
    }

    fn params(&self) -> Result<EndpointResolverParams, BoxError> {
        let params = Params::builder()
            .set_region(self.region.clone())
            .use_fips(self.fips)
            .use_dual_stack(self.dual_stack)
            .set_endpoint(self.url.clone())
            .build()?;
        Ok(EndpointResolverParams::new(params))
    }
}

#[dyn_dispatch_hint]
impl Intercept for Configured {
    fn name(&self) -> &'static str {
        "Configured"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(self.params()?);
        Ok(())
    }
}

/// The endpoint of one service.
///
/// The table of partitions is private to each generated client. The rules of AgentCore's client are the plain ones,
/// `https://HOST.REGION.SUFFIX`, and refuse what a partition does not have: with another host in front its endpoint is that of the service.
#[derive(Debug)]
pub struct Endpoints {
    service: &'static Service,
    agentcore: DefaultResolver,
}

impl Endpoints {
    /// The endpoint of `service`.
    pub fn new(service: &'static Service) -> Self {
        Self {
            service,
            agentcore: DefaultResolver::new(),
        }
    }

    async fn resolve(&self, params: &EndpointResolverParams) -> Result<Endpoint, BoxError> {
        let params: &Params = params.get().ok_or("nothing is configured")?;
        let endpoint = self.agentcore.resolve_endpoint(params).await?;
        if params.endpoint().is_some() {
            return Ok(endpoint);
        }
        let rest = endpoint.url().split_once('.').map(|(_, rest)| rest);
        let rest = rest.ok_or("the endpoint of AgentCore has no Region")?;
        let url = format!("https://{}.{rest}", host(self.service, params));
        Ok(Endpoint::builder().url(url).build())
    }
}

impl ResolveEndpoint for Endpoints {
    fn resolve_endpoint<'a>(&'a self, params: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::new(self.resolve(params))
    }
}

/// The host of a service in front of Region and suffix.
fn host(service: &Service, params: &Params) -> String {
    let dual_stack = params.use_dual_stack().unwrap_or_default();
    let host = match dual_stack {
        true => service.dual_stack_host,
        false => service.host,
    };
    let region = params.region().unwrap_or_default();
    let plain = region.starts_with("us-gov-")
        && match service.gov_cloud {
            GovCloud::Suffixed => false,
            GovCloud::Plain => !dual_stack,
            GovCloud::PlainDualStack => true,
        };
    match params.use_fips() == Some(true) && !plain {
        true => format!("{host}-fips"),
        false => host.to_owned(),
    }
}

/// The URL that the program, the environment or a profile gives: one in the program is for every service, elsewhere that of the service
/// goes first. <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
fn url(service: &Service, config: &SdkConfig) -> Option<String> {
    let for_all = config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return for_all;
    }
    let key = ServiceConfigKey::builder()
        .service_id(service.id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let own = config.service_config().zip(key.ok());
    own.and_then(|(settings, key)| settings.load_config(key))
        .or(for_all)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use aws_types::origin::Origin;
    use aws_types::region::Region;
    use aws_types::sdk_config::Builder;
    use aws_types::service_config::LoadServiceConfig;

    use super::super::operations::{
        DESCRIBE_IMAGES, DESCRIBE_LOG_GROUPS, DESCRIBE_TRAILS, GET_INDEXING_RULES,
        LIST_PROVISIONED_CONCURRENCY_CONFIGS, LIST_RULES, LIST_SERVICE_QUOTAS, SERVICES,
    };
    use super::*;

    fn region(region: &'static str) -> Builder {
        SdkConfig::builder().region(Region::from_static(region))
    }

    async fn endpoint(service: &'static Service, config: Builder) -> Result<String, String> {
        let words = |error: BoxError| error.to_string();
        let params = Configured::new(service, &config.build()).params();
        let params = params.map_err(words)?;
        let endpoint = Endpoints::new(service).resolve_endpoint(&params).await;
        Ok(endpoint.map_err(words)?.url().to_owned())
    }

    #[tokio::test]
    async fn every_partition_has_its_suffix() {
        let trails = DESCRIBE_TRAILS.service;
        for (of, host) in [
            ("us-east-1", "cloudtrail.us-east-1.amazonaws.com"),
            ("cn-north-1", "cloudtrail.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", "cloudtrail.us-gov-west-1.amazonaws.com"),
            ("us-iso-east-1", "cloudtrail.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", "cloudtrail.us-isob-east-1.sc2s.sgov.gov"),
            ("eusc-de-east-1", "cloudtrail.eusc-de-east-1.amazonaws.eu"),
        ] {
            let url = endpoint(trails, region(of)).await.unwrap();
            assert_eq!(url, format!("https://{host}"));
        }
        let without = endpoint(trails, SdkConfig::builder()).await;
        assert!(without.unwrap_err().contains("Missing Region"));
        assert!(endpoint(trails, region("no host")).await.is_err());
    }

    /// The hosts of every service: plain, with FIPS, dual-stack, both.
    #[tokio::test]
    async fn hosts_with_fips_and_dual_stack() {
        let hosts = async |service, of| {
            let mut hosts = Vec::new();
            for (fips, dual_stack) in [(false, false), (true, false), (false, true), (true, true)] {
                let config = region(of).use_fips(fips).use_dual_stack(dual_stack);
                let url = endpoint(service, config).await.unwrap();
                let host = url.strip_prefix("https://").unwrap();
                let (host, rest) = host.split_once(&format!(".{of}.")).unwrap();
                let suffix = ["amazonaws.com", "api.aws"][usize::from(dual_stack)];
                assert_eq!(rest, suffix);
                hosts.push(host.to_owned());
            }
            hosts
        };
        let (plain, gov) = ("us-east-1", "us-gov-west-1");
        let ecr = ["api.ecr", "api.ecr-fips", "ecr", "ecr-fips"];
        assert_eq!(hosts(DESCRIBE_IMAGES.service, plain).await, ecr);
        assert_eq!(hosts(DESCRIBE_IMAGES.service, gov).await, ecr);
        for service in SERVICES.iter().filter(|service| service.id != "ECR") {
            let host = service.host;
            let fips = format!("{host}-fips");
            assert_eq!(hosts(service, plain).await, [host, &fips, host, &fips]);
        }
        for service in [
            DESCRIBE_TRAILS.service,
            DESCRIBE_LOG_GROUPS.operation.service,
            LIST_SERVICE_QUOTAS.operation.service,
        ] {
            let host = service.host;
            let fips = format!("{host}-fips");
            assert_eq!(hosts(service, gov).await, [host, host, host, &fips]);
        }
        assert_eq!(
            hosts(LIST_RULES.operation.service, gov).await,
            ["events"; 4]
        );
        for service in [
            LIST_PROVISIONED_CONCURRENCY_CONFIGS.operation.service,
            GET_INDEXING_RULES.operation.service,
        ] {
            let host = service.host;
            let fips = format!("{host}-fips");
            assert_eq!(hosts(service, gov).await, [host, &fips, host, &fips]);
        }
    }

    #[derive(Debug)]
    struct OfCloudTrail;

    impl LoadServiceConfig for OfCloudTrail {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            assert_eq!(
                (key.env(), key.profile()),
                ("AWS_ENDPOINT_URL", "endpoint_url")
            );
            (key.service_id() == "CloudTrail").then(|| "https://trail.example".to_owned())
        }
    }

    #[tokio::test]
    async fn a_url_of_the_service_goes_before_one_for_all_unless_the_program_gives_it() {
        let (trails, images) = (DESCRIBE_TRAILS.service, DESCRIBE_IMAGES.service);
        let given = "http://127.0.0.1:5000/base";
        let config = || {
            region("us-east-1")
                .service_config(OfCloudTrail)
                .endpoint_url(given)
        };
        let url = endpoint(trails, config()).await;
        assert_eq!(url.unwrap(), "https://trail.example");
        assert_eq!(endpoint(images, config()).await.unwrap(), given);
        let mut by_program = config();
        by_program.insert_origin("endpoint_url", Origin::shared_config());
        assert_eq!(endpoint(trails, by_program).await.unwrap(), given);
        let fips = endpoint(images, config().use_fips(true)).await;
        assert!(fips.unwrap_err().contains("FIPS and custom endpoint"));
    }
}
