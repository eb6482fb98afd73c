//! Calls that leave the process: where to, over what, and with which authentication. Several checks read it.

mod address;
mod auth;
mod behind;
pub(crate) mod clients;
mod data;
mod grants;
mod keyed;
mod mcp;
mod operation;
mod services;
mod token;
mod url;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::limits::{self, Limit};
use crate::analysis::made;
use crate::analysis::options::is_on;
use crate::analysis::packaged_tools;
use crate::analysis::reachability::Live;
use crate::model::source::{ByteRange, Call, Expr, ExprKind, ModuleId};

pub(crate) use address::Address;
pub(crate) use auth::Auth;
use clients::{Client, Shape, client};
pub(crate) use grants::{Grant, grants, is_sent};
pub(crate) use keyed::{asks_vault, keyed};
pub(crate) use operation::Operation;
pub(crate) use url::addresses;

/// What a call reaches, in the order in which it is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// This machine, or its metadata service.
    Loopback,
    /// A gateway or runtime of AgentCore.
    AgentCore,
    /// A REST API behind Amazon API Gateway: its id and stage where they are known.
    ApiGateway(Option<(String, String)>),
    /// Another AWS service, by its host.
    Aws(String),
    /// Another agent.
    A2a,
    /// A stream.
    Streaming,
    /// An MCP server, where known with its whole address.
    Mcp(Option<String>),
    /// A provider of models.
    Model(String),
    /// A host of a private network.
    Private(String),
    /// A host.
    External(String),
    /// A library that wraps one service.
    Library(&'static str),
    /// Not known.
    Unknown,
}

/// One call that leaves.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    /// The module.
    pub module: ModuleId,
    /// The call.
    pub range: ByteRange,
    /// What it reaches.
    pub reach: Reach,
    /// What is known of the address.
    pub address: Address,
    /// The method in lower case.
    pub method: String,
    /// What it asks of the service.
    pub operation: Operation,
    /// How it authenticates, where that is seen.
    pub auth: Option<Auth>,
    /// It fetches a file of data, not an answer of a service.
    pub data: bool,
    /// It asks an identity provider for a token.
    pub token: bool,
}

impl Outbound {
    /// The host that it calls. This machine as the default of a variable is a developer's: which host is called is the environment's to say.
    pub(crate) fn host(&self) -> Option<String> {
        let host = self.address.host()?;
        let is_default = self.address.variable.is_some() && is_loopback(&host);
        (!is_default).then_some(host)
    }

    /// The variable without which it calls this machine, and the port.
    pub(crate) fn default_of_a_developer(&self) -> Option<(&str, Option<u16>)> {
        let variable = self.address.variable.as_deref()?;
        let host = self.address.host()?;
        is_loopback(&host).then(|| (variable, self.address.port()))
    }
}

/// The calls of a runtime's code that leave.
#[derive(Debug)]
pub(crate) struct Outbounds {
    /// Those that run, and those that do not.
    found: Vec<Outbound>,
    /// A budget that ran out meanwhile.
    limit: Option<Limit>,
}

/// Every call that leaves, in the code that runs; found out once in an audit.
pub(crate) fn calls<'a>(callers: &Callers<'a>, live: &Live<'_, 'a>) -> Vec<Outbound> {
    let all = callers.code().facts.outbound.get_or_init(|| {
        let (found, limit) = limits::watch(|| all_calls(callers));
        Outbounds { found, limit }
    });
    limits::again(all.limit);
    let running = all.found.iter();
    let running = running.filter(|call| live.runs(call.module, call.range));
    running.cloned().collect()
}

fn all_calls(callers: &Callers<'_>) -> Vec<Outbound> {
    let mut found = Vec::new();
    let code = callers.code();
    let handed = code.modules().flat_map(|module| {
        made::handed(module).map(move |(function, expr)| (module, function, expr))
    });
    let handed = handed.filter(|(_, function, _)| function.is_none_or(|id| code.may_run(id)));
    for (module, _, expr) in code.calls().chain(handed) {
        let Some(call) = expr.as_call() else { continue };
        let Some(name) = callers.source().callee_name(module.id, expr) else {
            continue;
        };
        let at = |reach, address: Address, method: &str, auth| Outbound {
            data: data::is_file(name, &address),
            token: token::is_asked(callers.source(), module.id, call, &address),
            module: module.id,
            range: expr.range,
            reach,
            address,
            method: method.to_owned(),
            operation: Operation::default(),
            auth,
        };
        let here = match client(name, module.language) {
            Some(Client::Http(shape)) => {
                let method = method(callers, module.id, name, call, shape);
                let auth = auth::of_request(callers, module.id, call, true);
                let places = destinations(callers, module.id, call, shape);
                let (reach, address) = worst(callers, module.id, call, name, places);
                let mut one = at(reach, address, &method, auth);
                if matches!(one.reach, Reach::External(_)) {
                    one.operation =
                        operation::operation(callers, module.id, (call, shape), &one.address);
                }
                vec![one]
            }
            Some(Client::Stream) => {
                let auth = auth::of_request(callers, module.id, call, true);
                let places = call
                    .args
                    .first()
                    .map(|url| addresses(callers, module.id, url))
                    .unwrap_or_default();
                let address = places.into_iter().next().unwrap_or_default();
                let local = address.host().is_some_and(|host| is_loopback(&host));
                let reach = if local {
                    Reach::Loopback
                } else {
                    Reach::Streaming
                };
                vec![at(reach, address, "get", auth)]
            }
            Some(Client::Mcp) => mcp::servers(callers, module.id, call)
                .into_iter()
                .map(|(address, auth)| at(mcp_reach(&address), address, "post", auth))
                .collect(),
            None => match services::service(name) {
                Some(service) => {
                    let auth = auth::of_library(callers, module.id, call);
                    vec![at(Reach::Library(service), Address::default(), "", auth)]
                }
                None => Vec::new(),
            },
        };
        found.extend(here);
    }
    add_packaged(code, &mut found);
    found
}

/// Adds the calls of tools that come in a package, and the variables that they take their keys from.
fn add_packaged(code: &AgentCode<'_>, found: &mut Vec<Outbound>) {
    for tool in packaged_tools::used(code) {
        let auth = tool.variable.map(|variable| Auth {
            by: "environment".to_owned(),
            variable: Some(variable.to_owned()),
            literal: false,
            provider: None,
        });
        let mut known = found.iter_mut();
        let is_it = |one: &&mut Outbound| one.module == tool.module && one.range == tool.expr.range;
        if let Some(one) = known.find(is_it) {
            one.auth = one.auth.take().or(auth);
            continue;
        }
        found.push(Outbound {
            module: tool.module,
            range: tool.expr.range,
            reach: tool.service.map_or(Reach::Unknown, Reach::Library),
            address: Address::default(),
            method: String::new(),
            operation: Operation::default(),
            auth,
            data: false,
            token: false,
        });
    }
}

/// The address that a request is given.
fn url(call: &Call, shape: Shape) -> Option<&Expr> {
    let index = usize::from(shape == Shape::Request);
    match call.args.first() {
        // `axios({ url })`, `https.request({ hostname })`
        Some(options) if shape == Shape::Fetch && matches!(options.kind, ExprKind::Dict(_)) => {
            ["url", "hostname", "host"]
                .iter()
                .find_map(|key| options.entry(key))
        }
        _ => call.argument(index, "url"),
    }
}

/// The addresses that a request can go to.
fn destinations<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    call: &'a Call,
    shape: Shape,
) -> Vec<Address> {
    let made = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => callers.source().type_of(module, base),
        _ => None,
    };
    let constructor = made
        .as_ref()
        .and_then(|made| Some((made.module, made.call?)));
    if shape == Shape::Connection {
        let host = constructor.and_then(|(at, call)| Some((at, call.argument(0, "host")?)));
        let hosts = host
            .map(|(at, host)| addresses(callers, at, host))
            .unwrap_or_default();
        return hosts
            .into_iter()
            .map(|host| Address {
                text: format!("https://{}/", host.text),
                ..host
            })
            .collect();
    }
    let found = url(call, shape)
        .map(|url| addresses(callers, module, url))
        .unwrap_or_default();
    // `https.request({ hostname: "api.x.com" })`
    let bare = matches!(call.args.first(), Some(options) if shape == Shape::Fetch
        && options.entry("url").is_none()
        && (options.entry("hostname").is_some() || options.entry("host").is_some()));
    if bare {
        return found
            .into_iter()
            .map(|host| Address {
                text: format!("https://{}/", host.text),
                ..host
            })
            .collect();
    }
    let relative = |address: &Address| !address.text.contains("://");
    if !found.is_empty() && !found.iter().all(relative) {
        return found;
    }
    let base = constructor.and_then(|(at, call)| {
        let base = call
            .option("base_url")
            .or_else(|| call.option("baseURL"))
            .or_else(|| call.option("prefixUrl"))
            .or_else(|| call.option("baseUrl"));
        Some((at, base?))
    });
    let bases = base
        .map(|(at, base)| addresses(callers, at, base))
        .unwrap_or_default();
    if bases.is_empty() {
        return found;
    }
    let path = found.first().map_or("", |address| address.text.as_str());
    let joined = |base: Address| Address {
        text: format!(
            "{}/{}",
            base.text.trim_end_matches('/'),
            path.trim_start_matches('/')
        ),
        complete: base.complete && !base.text.is_empty(),
        variable: base.variable,
    };
    bases.into_iter().map(joined).collect()
}

fn method<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    name: &str,
    call: &'a Call,
    shape: Shape,
) -> String {
    let written = match shape {
        Shape::Verb => return name.rsplit('.').next().unwrap_or("get").to_owned(),
        Shape::Request | Shape::Connection => call.argument(0, "method"),
        Shape::Fetch => call.option("method"),
    };
    // `urlopen(Request(url, data=…, method="POST"))`: the request says it.
    let request = call
        .args
        .first()
        .filter(|_| shape == Shape::Fetch)
        .and_then(|request| callers.source().type_of(module, request))
        .filter(|made| made.type_name.ends_with("Request"))
        .and_then(|made| Some((made.module, made.call?)));
    let body = ["data", "body", "json"].iter().any(|key| {
        call.option(key).is_some()
            || request.is_some_and(|(_, request)| {
                request.option(key).is_some() || *key == "data" && request.args.len() > 1
            })
    });
    let fallback = if body { "post" } else { "get" };
    let written = written.map(|method| (module, method)).or_else(|| {
        let (at, request) = request?;
        Some((at, request.option("method")?))
    });
    written
        .and_then(|(at, method)| callers.source().string(at, method))
        .map_or(fallback.to_owned(), |method| method.to_lowercase())
}

/// Of several places that one call can reach, the one that says most.
fn worst<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    call: &'a Call,
    name: &str,
    places: Vec<Address>,
) -> (Reach, Address) {
    let streams = streams(callers, module, call, name);
    let mut best: Option<(Reach, Address)> = None;
    for address in places {
        let reach = reach(&address, streams);
        let better = match &best {
            None => true,
            Some((Reach::Loopback | Reach::Unknown, _)) => reach != Reach::Loopback,
            Some(_) => false,
        };
        if better {
            best = Some((reach, address));
        }
    }
    best.unwrap_or((
        if streams {
            Reach::Streaming
        } else {
            Reach::Unknown
        },
        Address::default(),
    ))
}

fn reach(address: &Address, streams: bool) -> Reach {
    let variable = address.variable.as_deref().unwrap_or("");
    // The default of a variable says more than a name that others use, too: a gateway of another kind, where its tokens come from.
    let by_name =
        || variable.contains("AGENTCORE_") || address.host().is_none_or(|host| is_loopback(&host));
    if is_agentcore_variable(variable) && by_name() {
        return Reach::AgentCore;
    }
    let Some(host) = address.host() else {
        return if streams {
            Reach::Streaming
        } else {
            Reach::Unknown
        };
    };
    if is_loopback(&host) {
        // A default for a developer's machine: the deployed value is another one.
        return match address.variable {
            Some(_) if streams => Reach::Streaming,
            Some(_) => Reach::Unknown,
            None => Reach::Loopback,
        };
    }
    let aws = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
    if aws.iter().any(|end| host.ends_with(end)) {
        if host.starts_with("bedrock-agentcore.") || host.contains(".bedrock-agentcore.") {
            return Reach::AgentCore;
        }
        if host.contains(".execute-api.") {
            let id = host.split('.').next().unwrap_or("");
            let stage = address.path().split('/').nth(1).unwrap_or("");
            let known = !id.is_empty() && !stage.is_empty();
            return Reach::ApiGateway(known.then(|| (id.to_owned(), stage.to_owned())));
        }
        return Reach::Aws(host);
    }
    if address.path().contains("/.well-known/agent") || variable.contains("A2A") {
        return Reach::A2a;
    }
    if streams || matches!(address.scheme().as_deref(), Some("ws" | "wss")) {
        return Reach::Streaming;
    }
    if services::is_model_host(&host) {
        return Reach::Model(host);
    }
    if is_private_host(&host) {
        return Reach::Private(host);
    }
    Reach::External(host)
}

fn mcp_reach(address: &Address) -> Reach {
    let variable = address.variable.as_deref().unwrap_or("");
    if is_agentcore_variable(variable) || variable.contains("GATEWAY") {
        return Reach::AgentCore;
    }
    match address.host() {
        Some(host) if is_loopback(&host) && address.variable.is_none() => Reach::Loopback,
        Some(host) if host.contains("bedrock-agentcore.") && host.ends_with(".amazonaws.com") => {
            Reach::AgentCore
        }
        Some(host) if is_loopback(&host) => Reach::Mcp(None),
        Some(_) => Reach::Mcp(address.complete.then(|| address.text.clone())),
        None => Reach::Mcp(None),
    }
}

/// Whether a variable is one that the platform fills with the address of a gateway or runtime.
fn is_agentcore_variable(name: &str) -> bool {
    let starts = ["AGENTCORE_", "BEDROCK_AGENTCORE_", "GATEWAY_", "RUNTIME_"];
    starts.iter().any(|start| name.starts_with(start))
}

/// The requests whose answer is read as it comes.
fn streams<'a>(callers: &Callers<'a>, module: ModuleId, call: &'a Call, name: &str) -> bool {
    let on = is_on(call, "stream");
    let answer = call.option("responseType").and_then(Expr::as_str) == Some("stream");
    let accepts = auth::header(callers, module, call, &|key| key == "accept")
        .into_iter()
        .flat_map(|(at, value)| callers.source().strings(at, value))
        .any(|value| value.contains("text/event-stream"));
    on || answer || accepts || name.ends_with(".stream")
}

/// Whether a host is this machine: loopback, unspecified, link-local (metadata, task credentials), Docker's own names.
pub(crate) fn is_loopback(host: &str) -> bool {
    matches!(
        host,
        "localhost" | "0.0.0.0" | "::1" | "::" | "host.docker.internal" | "testserver"
    ) || host.ends_with(".localhost")
        || host.starts_with("127.")
        || host.starts_with("169.254.")
}

/// Whether only a private network knows a host: RFC 1918 and 6598 addresses, single labels, names of private zones.
pub(crate) fn is_private_host(host: &str) -> bool {
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        let [first, second, ..] = address.octets();
        return address.is_private() || first == 100 && (64..128).contains(&second);
    }
    if let Ok(address) = host.parse::<std::net::Ipv6Addr>() {
        return address.segments()[0] & 0xfe00 == 0xfc00;
    }
    let ends = [
        ".internal",
        ".local",
        ".lan",
        ".corp",
        ".intranet",
        ".private",
        ".home.arpa",
        ".svc",
        ".svc.cluster.local",
    ];
    !host.contains('.') || ends.iter().any(|end| host.ends_with(end))
}
