//! Sends the operations of services of which only a few are read.
//!
//! A generated client of the SDK is shapes and names over `aws-smithy-runtime` and `aws-runtime`, which sign, load credentials, retry, bound
//! the time, correct the clock and speak HTTP. Here the same parts are put together as a generated client does it, the names stand in
//! [`operations`](super::operations), and the shapes where they are read.

use std::fmt::Debug;
use std::sync::Arc;

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{
    DisableClockSkewCorrection, ServiceClockSkewClassifier, ServiceClockSkewInterceptor,
};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_http::{label, query};
use aws_smithy_runtime::client::defaults::{DefaultPluginParams, default_plugins};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::{AuthSchemeAndEndpointOrchestrationV2, invoke};
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime::client::stalled_stream_protection::StalledStreamProtectionInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Input, Output};
use aws_smithy_runtime_api::client::orchestrator::{
    HttpRequest, HttpResponse, Metadata, OrchestratorError,
};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{RuntimePlugins, StaticRuntimePlugin};
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse, SerializeRequest, SharedRequestSerializer, SharedResponseDeserializer,
};
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, Layer};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::region::{Region, SigningRegion};
use aws_types::{SdkConfig, SigningName};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::{Map, Value};

use super::endpoints::{Configured, Endpoints};
use super::operations::{Listing, Operation, Protocol, SERVICES, Service};

/// What an operation answers, or why it does not.
pub type Answer<T> = Result<T, SdkError<ReadError, HttpResponse>>;

/// The clients of the services of which only a few operations are read.
#[derive(Clone, Debug)]
pub struct Reads {
    region: Option<Region>,
    services: Arc<[(&'static str, RuntimePlugins)]>,
}

impl Reads {
    /// Clients over one configuration.
    pub fn new(config: &SdkConfig) -> Self {
        let service = |service: &&'static Service| (service.id, plugins(service, config));
        Self {
            region: config.region().cloned(),
            services: SERVICES.iter().map(service).collect(),
        }
    }

    /// The Region that is read.
    pub fn region(&self) -> Option<&str> {
        self.region.as_ref().map(AsRef::as_ref)
    }

    /// Asks one operation. An `input` of `null` sends no body.
    ///
    /// # Errors
    /// As the clients of the SDK; a success that is not the JSON of a `T` is a service error without a code.
    pub async fn one<T>(&self, operation: &'static Operation, input: &Value) -> Answer<T>
    where
        T: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let parse = |answer| Ok(serde_json::from_value(Value::Object(answer))?);
        self.send(operation, input.clone(), Box::new(parse)).await
    }

    /// Asks for all pages of a listing.
    ///
    /// # Errors
    /// That of the first page that could not be read.
    pub async fn all<T>(&self, listing: &'static Listing, input: &Value) -> Answer<Vec<T>>
    where
        T: DeserializeOwned + Debug + Send + Sync + 'static,
    {
        let (mut items, mut token) = (Vec::new(), None::<String>);
        loop {
            let mut input = input.clone();
            if let (Some(members), Some(token)) = (input.as_object_mut(), &token) {
                members.insert(listing.token.to_owned(), Value::from(token.as_str()));
            }
            let parse = Box::new(|answer| page(listing, answer));
            let page: Page<T> = self.send(&listing.operation, input, parse).await?;
            items.extend(page.items);
            // A service that hands the same token out again would keep this loop for ever.
            match page.next {
                Some(next) if !next.is_empty() && token.as_ref() != Some(&next) => {
                    token = Some(next);
                }
                _ => return Ok(items),
            }
        }
    }

    async fn send<T>(
        &self,
        operation: &'static Operation,
        input: Value,
        parse: Box<Parse<T>>,
    ) -> Answer<T>
    where
        T: Debug + Send + Sync + 'static,
    {
        let Service { id, .. } = operation.service;
        let service = self.services.iter().find(|(service, _)| service == id);
        let (_, plugins) =
            service.ok_or_else(|| SdkError::construction_failure("no such service"))?;
        let mut layer = Layer::new(operation.action);
        layer.store_put(Metadata::new(operation.name(), *id));
        layer.store_put(SharedRequestSerializer::new(Writer(operation)));
        layer.store_put(SharedResponseDeserializer::new(Reader(parse)));
        let plugin = StaticRuntimePlugin::new().with_config(layer.freeze());
        let plugins = plugins.clone().with_operation_plugin(plugin);
        let output = invoke(id, operation.name(), Input::erase(input), &plugins)
            .await
            .map_err(|error| {
                error.map_service_error(|error| error.downcast().unwrap_or_default())
            })?;
        // The reader of this very call made it.
        output
            .downcast()
            .map_err(|_| SdkError::construction_failure("an answer of another type"))
    }
}

/// Turns the object that was answered into a value.
type Parse<T> = dyn Fn(Map<String, Value>) -> Result<T, BoxError> + Send + Sync;

/// What all operations of a service share, as in the `config.rs` of a generated client.
fn plugins(service: &'static Service, config: &SdkConfig) -> RuntimePlugins {
    let partition = match config.region() {
        Some(region) => format!("{}-{region}", service.name),
        None => service.name.to_owned(),
    };
    let mut defaults = DefaultPluginParams::new()
        .with_retry_partition_name(partition)
        .with_is_aws_sdk(true);
    if let Some(version) = config.behavior_version() {
        defaults = defaults.with_behavior_version(version);
    }
    let own = StaticRuntimePlugin::new()
        .with_config(settings(service, config).freeze())
        .with_runtime_components(components(service, config));
    RuntimePlugins::new()
        .with_client_plugins(default_plugins(defaults))
        .with_client_plugin(own)
}

fn settings(service: &'static Service, config: &SdkConfig) -> Layer {
    let mut layer = Layer::new(service.id);
    layer.store_put(AuthSchemeAndEndpointOrchestrationV2);
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig::default());
    layer.store_put(SigningName::from_static(service.signing_name));
    // The program's own version: there is no client that could have one.
    layer.store_put(ApiMetadata::new(service.name, env!("CARGO_PKG_VERSION")));
    layer.store_or_unset(config.region().cloned());
    layer.store_or_unset(config.region().cloned().map(SigningRegion::from));
    layer.store_or_unset(config.app_name().cloned());
    layer.store_or_unset(
        config
            .disable_clock_skew_correction()
            .map(DisableClockSkewCorrection::from),
    );
    for framework in config.framework_metadata() {
        layer.store_append(framework.clone());
    }
    // What is not configured stays as the defaults have it.
    if let Some(retries) = config.retry_config() {
        layer.store_put(retries.clone());
    }
    if let Some(timeouts) = config.timeout_config() {
        layer.store_put(timeouts.clone());
    }
    if let Some(protection) = config.stalled_stream_protection() {
        layer.store_put(protection);
    }
    layer
}

fn components(service: &'static Service, config: &SdkConfig) -> RuntimeComponentsBuilder {
    let mut components = RuntimeComponentsBuilder::new(service.id)
        .with_http_client(config.http_client())
        .with_sleep_impl(config.sleep_impl())
        .with_time_source(Some(config.time_source().unwrap_or_default()))
        .with_identity_cache(config.identity_cache())
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![
            SCHEME_ID,
        ])))
        .with_endpoint_resolver(Some(Endpoints::new(service)))
        .with_interceptor(SharedInterceptor::permanent(Configured::new(
            service, config,
        )))
        .with_interceptor(SharedInterceptor::permanent(
            StalledStreamProtectionInterceptor::default(),
        ))
        .with_interceptor(SharedInterceptor::permanent(
            ConnectionPoisoningInterceptor::new(),
        ))
        .with_interceptor(ServiceClockSkewInterceptor::new())
        .with_interceptor(RequestInfoInterceptor::new())
        .with_interceptor(UserAgentInterceptor::new())
        .with_interceptor(InvocationIdInterceptor::new())
        .with_interceptor(SharedInterceptor::permanent(
            RecursionDetectionInterceptor::new(),
        ))
        .with_retry_classifier(HttpStatusCodeClassifier::default())
        .with_retry_classifier(TransientErrorClassifier::<ReadError>::new())
        .with_retry_classifier(AwsErrorCodeClassifier::<ReadError>::new())
        .with_retry_classifier(ServiceClockSkewClassifier::<ReadError>::new());
    if let Some(credentials) = config.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, credentials);
    }
    components
}

/// Writes the request of an operation.
#[derive(Debug)]
struct Writer(&'static Operation);

impl SerializeRequest for Writer {
    fn serialize_input(&self, input: Input, _: &mut ConfigBag) -> Result<HttpRequest, BoxError> {
        let operation = self.0;
        let input: Value = input.downcast().map_err(|_| "an input of another type")?;
        let (uri, body) = match (operation.method, &input) {
            ("GET", members) => (uri(operation.path, members), String::new()),
            (_, Value::Null) => (operation.path.to_owned(), String::new()),
            (_, members) => (operation.path.to_owned(), members.to_string()),
        };
        let length = body.len().to_string();
        let sends_json = !body.is_empty();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(operation.method)?;
        request.set_uri(uri)?;
        let headers = request.headers_mut();
        let kind = match operation.service.protocol {
            Protocol::Json(prefix) => {
                headers.insert("x-amz-target", format!("{prefix}.{}", operation.name()));
                "application/x-amz-json-1.1"
            }
            Protocol::Rest => "application/json",
        };
        if sends_json {
            headers.insert("content-type", kind);
            headers.insert("content-length", length);
        }
        Ok(request)
    }
}

/// A path with its members filled in; the others stand in the query.
fn uri(path: &str, members: &Value) -> String {
    let (mut uri, mut others) = (path.to_owned(), Vec::new());
    for (name, value) in members.as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let place = format!("{{{name}}}");
        if path.contains(&place) {
            let value = label::fmt_string(value, label::EncodingStrategy::Default);
            uri = uri.replace(&place, &value);
        } else {
            others.push((name, query::fmt_string(value)));
        }
    }
    let mut query = query::Writer::new(&mut uri);
    for (name, value) in others {
        query.push_kv(name, &value);
    }
    uri
}

/// Reads the answer to an operation.
struct Reader<T>(Box<Parse<T>>);

impl<T> Debug for Reader<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Reader")
    }
}

impl<T: Debug + Send + Sync + 'static> DeserializeResponse for Reader<T> {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        let read = match response.body().bytes() {
            Some(body) if response.status().is_success() => object(body)
                .and_then(&self.0)
                .map_err(|_| ReadError::default()),
            Some(body) => Err(ReadError::refused(response.headers(), body)),
            // The runtime loads the body before.
            None => Err(ReadError::default()),
        };
        read.map(Output::erase)
            .map_err(|error| OrchestratorError::operation(Error::erase(error)))
    }
}

/// The object that a body holds; an empty body is an object without members.
fn object(body: &[u8]) -> Result<Map<String, Value>, BoxError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    Ok(serde_json::from_slice(body)?)
}

/// A page of a listing.
#[derive(Debug)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

fn page<T: DeserializeOwned>(
    listing: &Listing,
    mut answer: Map<String, Value>,
) -> Result<Page<T>, BoxError> {
    let mut take = |name: &str| answer.remove(name).unwrap_or_default();
    Ok(Page {
        next: Option::deserialize(take(listing.next))?,
        items: list(take(listing.items))?,
    })
}

/// A list of objects or of texts, which a service may leave out.
///
/// # Errors
/// When it is no list, or an entry is no `T`.
pub fn list<'a, D: Deserializer<'a>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    let entries: Option<Vec<Value>> = Option::deserialize(from)?;
    let entries = entries.unwrap_or_default().into_iter();
    entries
        .map(|entry| match entry {
            // Its entries would be taken for the members of an object.
            Value::Array(_) => Err(D::Error::custom("a list in a list")),
            entry => serde_json::from_value(entry).map_err(D::Error::custom),
        })
        .collect()
}

/// What a service answers instead of data. Without a code the answer made no sense.
#[derive(Debug, Default, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(ErrorMetadata);

impl ReadError {
    /// An error as the service describes it: its code stands in a header or in the body. A body that is no JSON has none, whatever the
    /// headers say.
    fn refused(headers: &Headers, body: &[u8]) -> Self {
        let body = match body {
            [] => Value::Null,
            body => match serde_json::from_slice(body) {
                Ok(body) => body,
                Err(_) => return Self::default(),
            },
        };
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let code = headers
            .get("x-amzn-errortype")
            .or_else(|| text("code"))
            .or_else(|| text("__type"));
        let message = ["message", "Message", "errorMessage"]
            .into_iter()
            .find_map(text);
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = code {
            metadata = metadata.code(bare(code));
        }
        if let Some(message) = message {
            metadata = metadata.message(message);
        }
        Self(metadata.build())
    }
}

/// A code without the namespace before it and the URL behind it.
fn bare(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.split_once('#').map_or(code, |(_, code)| code)
}

impl ProvideErrorMetadata for ReadError {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::http::StatusCode;
    use serde_json::json;

    use super::super::fault::{Fault, classify};
    use super::super::operations::{
        DESCRIBE_TRAILS, GET_INDEXING_RULES, GET_TRACE_SEGMENT_DESTINATION,
        LIST_PROVISIONED_CONCURRENCY_CONFIGS, LIST_RULES,
    };
    use super::*;

    /// Keeps the requests, and answers each with the next of its bodies.
    #[derive(Clone, Debug, Default)]
    struct Service {
        requests: Arc<Mutex<Vec<HttpRequest>>>,
        answers: Arc<Mutex<VecDeque<&'static str>>>,
    }

    impl Service {
        fn new(answers: &[&'static str]) -> (Self, Reads) {
            let service = Self {
                answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
                ..Self::default()
            };
            let connector = SharedHttpConnector::new(service.clone());
            let credentials = Credentials::new("id", "secret", None, None, "test");
            let config = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("eu-west-1"))
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .http_client(http_client_fn(move |_, _| connector.clone()))
                .build();
            (service, Reads::new(&config))
        }

        /// What was sent: the request, the type and the target that its headers name, the scope that it is signed for, and its body.
        fn sent(&self) -> Vec<[String; 5]> {
            let requests = self.requests.lock().unwrap();
            let sent = requests.iter().map(|request| {
                let header =
                    |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
                let scope = header("authorization");
                let scope: Vec<&str> = scope.split('/').skip(2).take(2).collect();
                let body = request.body().bytes().unwrap();
                [
                    format!("{} {}", request.method(), request.uri()),
                    header("content-type"),
                    header("x-amz-target"),
                    scope.join("/"),
                    String::from_utf8(body.to_vec()).unwrap(),
                ]
            });
            sent.collect()
        }
    }

    impl HttpConnector for Service {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.requests.lock().unwrap().push(request);
            let body = self.answers.lock().unwrap().pop_front().unwrap();
            let status = StatusCode::try_from(200).unwrap();
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
        }
    }

    #[tokio::test]
    async fn aws_json_is_posted_to_the_root_and_names_its_target() {
        let (service, reads) = Service::new(&[
            r#"{"Rules": [{"Name": "a"}], "NextToken": "2"}"#,
            r#"{"Rules": [{"Name": "b"}]}"#,
        ]);
        let input = json!({"EventBusName": "default"});
        let rules: Vec<Value> = reads.all(&LIST_RULES, &input).await.unwrap();
        assert_eq!(rules, [json!({"Name": "a"}), json!({"Name": "b"})]);
        let request = |body: &str| {
            [
                "POST https://events.eu-west-1.amazonaws.com/",
                "application/x-amz-json-1.1",
                "AWSEvents.ListRules",
                "eu-west-1/events",
                body,
            ]
            .map(str::to_owned)
        };
        assert_eq!(
            service.sent(),
            [
                request(r#"{"EventBusName":"default"}"#),
                request(r#"{"EventBusName":"default","NextToken":"2"}"#),
            ]
        );
    }

    #[tokio::test]
    async fn rest_json_has_paths_and_a_body_where_there_is_something_to_say() {
        let (service, reads) = Service::new(&[r#"{"NextMarker": "a b"}"#, "{}", "{}", "{}"]);
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:f";
        let input = json!({"FunctionName": arn, "List": "ALL"});
        let configs = reads.all::<Value>(&LIST_PROVISIONED_CONCURRENCY_CONFIGS, &input);
        assert!(configs.await.unwrap().is_empty());
        let input = json!({});
        let rules = reads.all::<Value>(&GET_INDEXING_RULES, &input);
        assert!(rules.await.unwrap().is_empty());
        let destination = reads.one::<Value>(&GET_TRACE_SEGMENT_DESTINATION, &Value::Null);
        assert_eq!(destination.await.unwrap(), json!({}));
        let function = "https://lambda.eu-west-1.amazonaws.com/2019-09-30/functions/\
            arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Af/provisioned-concurrency";
        let xray = "https://xray.eu-west-1.amazonaws.com";
        assert_eq!(
            service.sent(),
            [
                [
                    &format!("GET {function}?List=ALL"),
                    "",
                    "",
                    "eu-west-1/lambda",
                    ""
                ],
                [
                    &format!("GET {function}?List=ALL&Marker=a%20b"),
                    "",
                    "",
                    "eu-west-1/lambda",
                    ""
                ],
                [
                    &format!("POST {xray}/GetIndexingRules"),
                    "application/json",
                    "",
                    "eu-west-1/xray",
                    "{}"
                ],
                [
                    &format!("POST {xray}/GetTraceSegmentDestination"),
                    "",
                    "",
                    "eu-west-1/xray",
                    ""
                ],
            ]
        );
    }

    #[tokio::test]
    async fn pages_end_where_a_token_comes_again() {
        let page = r#"{"Rules": [{}], "NextToken": "same"}"#;
        let (service, reads) = Service::new(&[page, page, page]);
        let rules = reads.all::<Value>(&LIST_RULES, &json!({})).await.unwrap();
        assert_eq!((rules.len(), service.sent().len()), (2, 2));
        let (_, reads) = Service::new(&[r#"{"Rules": [{}], "NextToken": ""}"#]);
        assert_eq!(
            reads
                .all::<Value>(&LIST_RULES, &json!({}))
                .await
                .unwrap()
                .len(),
            1
        );
    }

    #[tokio::test]
    async fn a_success_that_makes_no_sense_is_no_answer() {
        let senseless = [
            "{\"trailList\": [",
            "[]",
            "null",
            "{} {}",
            "{\"Rules\": {}}",
            "{\"Rules\": [[]]}",
            "{\"Rules\": [null]}",
            "{\"Rules\": [\"r\"]}",
            "{\"NextToken\": 1}",
        ];
        for body in senseless {
            let (_, reads) = Service::new(&[body]);
            let read = reads
                .all::<Map<String, Value>>(&LIST_RULES, &json!({}))
                .await;
            let error = read.unwrap_err();
            let Fault::Unread(reason) = classify("events:ListRules", &error) else {
                unreachable!("{body}");
            };
            assert!(reason.message.contains("could not be parsed"), "{body}");
        }
        // An empty body is an empty answer.
        let (_, reads) = Service::new(&[""]);
        let answer = reads.one::<Value>(&DESCRIBE_TRAILS, &json!({})).await;
        assert_eq!(answer.unwrap(), json!({}));
    }

    #[test]
    fn codes_of_errors_stand_in_a_header_or_in_the_body() {
        let code = |header: Option<&'static str>, body: &str| {
            let mut headers = Headers::new();
            if let Some(header) = header {
                headers.insert("x-amzn-errortype", header);
            }
            let error = ReadError::refused(&headers, body.as_bytes());
            error.code().map(str::to_owned).unwrap_or_default()
        };
        assert_eq!(code(Some("Denied:http://internal/x"), "{}"), "Denied");
        assert_eq!(code(Some("com.amazon#Denied"), ""), "Denied");
        assert_eq!(code(Some("Denied"), r#"{"__type": "Other"}"#), "Denied");
        assert_eq!(
            code(None, r#"{"__type": "com.amazon#Slow:http://x"}"#),
            "Slow"
        );
        assert_eq!(code(None, r#"{"code": "Gone", "__type": "Other"}"#), "Gone");
        assert_eq!(code(None, r#"{"code": 4, "__type": "Other"}"#), "Other");
        assert_eq!(code(None, "{}"), "");
        assert_eq!(code(None, ""), "");
        // As in the clients of the SDK: what is no JSON came from something else than the service.
        assert_eq!(code(Some("Denied"), "<html>"), "");
        let body = br#"{"__type": "Slow", "Message": "wait"}"#;
        let error = ReadError::refused(&Headers::new(), body);
        assert_eq!(error.message(), Some("wait"));
    }
}
