//! Fetches discovery documents and their key sets: https only, two requests at most per URL (redirects within the origin aside),
//! five seconds and one megabyte each, and no address that is not public unless the user allows it. The URL comes from the
//! project under audit.
//!
//! Host names are resolved once, the addresses judged, and the connection made to these very addresses, so that a name cannot
//! answer differently the second time. Where a proxy of the system applies, the proxy resolves the name: then address literals and
//! what the name resolves to here are judged, and the result says that no more can be promised.

mod pins;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use pins::Pins;
use url::{Host, Url};

use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::oidc::discovery::{Discovery, empty, parse_document};
use crate::oidc::address::not_public;
use crate::oidc::keys::{Jwks, parse_jwks};

/// Time for one discovery document with its key set.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Time for the lookup of a name that a proxy resolves: behind a proxy local lookups often hang.
const PROXIED_LOOKUP: Duration = Duration::from_secs(1);
/// Largest answer, in bytes.
const LARGEST: usize = 1_000_000;
/// Redirects that are followed within the origin.
const MOST_REDIRECTS: usize = 3;
/// Most documents of one run: a project has a few, a hostile one must not make this tool a scanner.
const MOST_DOCUMENTS: usize = 32;
/// Documents fetched side by side.
const AT_ONCE: usize = 8;
/// The flag that lifts the ban on addresses that are not public.
const FLAG: &str = "--allow-private-issuer";

/// How to fetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchOptions {
    /// Also ask addresses that are not public.
    pub allow_private: bool,
}

/// Fetches every document. Blocks; not to be called from within an async runtime (use [`fetch_all`] there).
pub fn collect(
    urls: &BTreeSet<String>,
    options: FetchOptions,
) -> BTreeMap<String, Known<Discovery>> {
    if urls.is_empty() {
        return BTreeMap::new();
    }
    let unable = |reason: String| {
        let unread = Unread::new(ReasonCode::Unreachable, reason);
        urls.iter()
            .map(|url| (url.clone(), Known::Unread(unread.clone())))
            .collect()
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return unable(error.to_string()),
    };
    let documents = runtime.block_on(fetch_all(urls, options));
    // A name lookup that never ends must not hold up the exit.
    runtime.shutdown_background();
    documents
}

/// Fetches every document, several at once.
pub async fn fetch_all(
    urls: &BTreeSet<String>,
    options: FetchOptions,
) -> BTreeMap<String, Known<Discovery>> {
    let fetcher = match Fetcher::new(options) {
        Ok(fetcher) => fetcher,
        Err(unread) => {
            return urls
                .iter()
                .map(|url| (url.clone(), Known::Unread(unread.clone())))
                .collect();
        }
    };
    let fetcher = &fetcher;
    let mut documents: BTreeMap<String, Known<Discovery>> =
        stream::iter(urls.iter().take(MOST_DOCUMENTS))
            .map(|url| async move {
                let late = || {
                    unreachable(format!(
                        "{} did not answer within {} s",
                        shown(url),
                        TIMEOUT.as_secs()
                    ))
                };
                let known = match tokio::time::timeout(TIMEOUT, fetcher.document(url)).await {
                    Ok(Ok(document)) => Known::Read(document),
                    Ok(Err(unread)) => Known::Unread(unread),
                    Err(_) => Known::Unread(late()),
                };
                (url.clone(), known)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
    for url in urls.iter().skip(MOST_DOCUMENTS) {
        let unread = Unread::new(
            ReasonCode::Unsupported,
            format!("only {MOST_DOCUMENTS} discovery documents are fetched in one run"),
        );
        documents.insert(url.clone(), Known::Unread(unread));
    }
    documents
}

fn unreachable(message: impl Into<String>) -> Unread {
    Unread::new(ReasonCode::Unreachable, message)
}

/// A URL in a message: untrusted, so cut, and without what is not printable.
fn shown(url: &str) -> String {
    url.chars()
        .filter(|character| !crate::shell::is_unprintable(*character))
        .take(200)
        .collect()
}

/// An answer, or why it says nothing: `Err` where the host did not answer, `Ok(Err(…))` where it answered with a fault.
type Fetched = Result<Result<Answer, String>, Unread>;

struct Answer {
    url: Url,
    body: Vec<u8>,
    notes: Vec<String>,
}

struct Fetcher {
    client: reqwest::Client,
    pins: Arc<Pins>,
    proxies: hyper_util::client::proxy::matcher::Matcher,
    options: FetchOptions,
}

impl Fetcher {
    fn new(options: FetchOptions) -> Result<Self, Unread> {
        let pins = Arc::new(Pins::default());
        let mut builder = reqwest::Client::builder()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("agentcore-harden/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::clone(&pins));
        for certificate in extra_roots() {
            builder = builder.tls_certs_merge([certificate]);
        }
        let client = builder
            .build()
            .map_err(|error| unreachable(format!("no https client: {}", cause(&error))))?;
        Ok(Self {
            client,
            pins,
            proxies: hyper_util::client::proxy::matcher::Matcher::from_system(),
            options,
        })
    }

    /// One document with its key set.
    async fn document(&self, url: &str) -> Result<Discovery, Unread> {
        let faulty = |fault: String| Discovery {
            fault: Some(fault),
            ..empty(url)
        };
        let answer = match self.get(url).await? {
            Ok(answer) => answer,
            Err(fault) => return Ok(faulty(fault)),
        };
        let mut document = parse_document(answer.url.as_str(), &answer.body);
        document.notes = answer.notes;
        if let Some(uri) = document.jwks_uri.clone() {
            document.jwks = match self.get(&uri).await {
                Ok(Ok(answer)) => {
                    document.notes.extend(answer.notes);
                    Known::Read(parse_jwks(&answer.body))
                }
                Ok(Err(fault)) => Known::Read(Jwks {
                    fault: Some(fault),
                    keys: Vec::new(),
                }),
                Err(unread) => Known::Unread(unread),
            };
        }
        document.notes.dedup();
        Ok(document)
    }

    async fn get(&self, url: &str) -> Fetched {
        let Ok(mut url) = Url::parse(url) else {
            return Ok(Err(format!("{:?} is not a URL", shown(url))));
        };
        let mut notes = Vec::new();
        for _ in 0..=MOST_REDIRECTS {
            if let Some(fault) = refused_form(&url) {
                return Ok(Err(fault));
            }
            notes.extend(self.admit(&url).await?);
            let response = self
                .client
                .get(url.clone())
                .header("accept", "application/json")
                .send()
                .await
                .map_err(|error| {
                    unreachable(format!(
                        "{} could not be read: {}",
                        shown(url.as_str()),
                        cause(&error)
                    ))
                })?;
            let status = response.status();
            if status.is_redirection() && status.as_u16() != 304 {
                let location = response
                    .headers()
                    .get("location")
                    .and_then(|value| value.to_str().ok());
                let next = location.and_then(|location| url.join(location).ok());
                match next {
                    Some(next) if next.origin() == url.origin() => {
                        notes.push(format!(
                            "{} redirects to {}; whether AgentCore follows is not documented",
                            shown(url.as_str()),
                            shown(next.as_str())
                        ));
                        url = next;
                        continue;
                    }
                    Some(next) => {
                        return Ok(Err(format!(
                            "{} redirects to another host ({}), which is not followed",
                            shown(url.as_str()),
                            shown(&next.origin().ascii_serialization())
                        )));
                    }
                    None => {
                        return Ok(Err(format!(
                            "{} answers HTTP {} without a place to go",
                            shown(url.as_str()),
                            status.as_u16()
                        )));
                    }
                }
            }
            return match status.as_u16() {
                200..=299 => body(url, response, notes).await,
                401 | 403 | 407 | 408 | 425 | 429 | 500..=599 => Err(unreachable(format!(
                    "{} answers HTTP {}",
                    shown(url.as_str()),
                    status.as_u16()
                ))),
                code => Ok(Err(format!("{} answers HTTP {code}", shown(url.as_str())))),
            };
        }
        Ok(Err(format!(
            "{} redirects more than {MOST_REDIRECTS} times",
            shown(url.as_str())
        )))
    }

    /// Lets a URL's host pass when every address of it is public, and pins those addresses.
    async fn admit(&self, url: &Url) -> Result<Option<String>, Unread> {
        let port = url.port_or_known_default().unwrap_or(443);
        let refuse = |address: IpAddr, why: &str| {
            unreachable(format!(
                "{} is at {address}, an address that is not public ({why}): it is not asked, and AgentCore reaches it only through a privateEndpoint",
                shown(url.host_str().unwrap_or_default())
            ))
            .flag(FLAG)
        };
        let judge = |address: IpAddr| match not_public(address) {
            Some(why) if !self.options.allow_private => Err(refuse(address, why)),
            _ => Ok(()),
        };
        let name = match url.host() {
            Some(Host::Ipv4(address)) => return judge(address.into()).map(|()| None),
            Some(Host::Ipv6(address)) => return judge(address.into()).map(|()| None),
            Some(Host::Domain(name)) => name.to_owned(),
            None => return Err(unreachable("the URL has no host")),
        };
        let intercept = url
            .as_str()
            .parse::<http::Uri>()
            .ok()
            .and_then(|uri| self.proxies.intercept(&uri));
        if let Some(intercept) = intercept {
            if let Some(host) = intercept.uri().host() {
                self.pins.allow_system(host);
            }
            let lookup = tokio::net::lookup_host((name.as_str(), port));
            let local = tokio::time::timeout(PROXIED_LOOKUP, lookup).await;
            for address in local.into_iter().flatten().flatten() {
                judge(address.ip())?;
            }
            return Ok(Some(format!(
                "{} was asked through the system's proxy, which resolves the name: its address was not checked",
                shown(&name)
            )));
        }
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), port))
            .await
            .map_err(|error| {
                unreachable(format!(
                    "{} does not resolve from here: {error}",
                    shown(&name)
                ))
            })?
            .collect();
        for address in &addresses {
            judge(address.ip())?;
        }
        self.pins.pin(&name, addresses);
        Ok(None)
    }
}

/// Forms of a URL that are never asked.
fn refused_form(url: &Url) -> Option<String> {
    if url.scheme() != "https" {
        Some(format!("{} is not https", shown(url.as_str())))
    } else if !url.username().is_empty() || url.password().is_some() {
        Some(format!(
            "the URL of {} carries credentials",
            shown(url.host_str().unwrap_or_default())
        ))
    } else {
        None
    }
}

/// Reads an answer up to [`LARGEST`], whatever length it announces.
async fn body(url: Url, mut response: reqwest::Response, notes: Vec<String>) -> Fetched {
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await.map_err(|error| {
            unreachable(format!(
                "{} broke off: {}",
                shown(url.as_str()),
                cause(&error)
            ))
        })?;
        let Some(chunk) = chunk else { break };
        if body.len() + chunk.len() > LARGEST {
            return Ok(Err(format!(
                "{} answers with more than {LARGEST} bytes",
                shown(url.as_str())
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Ok(Answer { url, body, notes }))
}

/// The innermost cause: the outer ones only repeat the URL.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    shown(&innermost.to_string())
}

/// Certificates of `SSL_CERT_FILE` where the platform's verifier does not read it itself, as it does on Linux and the BSDs.
fn extra_roots() -> Vec<reqwest::Certificate> {
    if cfg!(all(unix, not(target_vendor = "apple"))) {
        return Vec::new();
    }
    std::env::var_os("SSL_CERT_FILE")
        .and_then(|path| std::fs::read(path).ok())
        .and_then(|pem| reqwest::Certificate::from_pem_bundle(&pem).ok())
        .unwrap_or_default()
}
