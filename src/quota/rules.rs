//! From what an error says to the quotas behind it: ordered rules, the first that fits decides.

use super::error_text::ErrorText;

/// A rule: when it fits, the quotas, most likely first.
pub struct Rule {
    /// Ids of the table.
    pub quotas: &'static [&'static str],
    /// What to know about this case.
    pub note: &'static str,
    /// True when the text is this case.
    pub fits: fn(&ErrorText) -> bool,
}

const INVOKE: &[&str] = &[
    "invokeagentruntime",
    "invokeagentruntimewithwebsocketstream",
    "invokeagentruntimecommand",
    "invokeagentruntimecommandshell",
];
const DATA_PLANE: &[&str] = &[
    "stopruntimesession",
    "getagentcard",
    "getruntimeprotectedresourcemetadata",
];
const MEMORY_OTHER: &[&str] = &[
    "deleteevent",
    "getevent",
    "getmemoryrecord",
    "deletememoryrecord",
    "batchcreatememoryrecords",
    "batchupdatememoryrecords",
    "batchdeletememoryrecords",
    "listactors",
    "listsessions",
];
const TOKENS: &[&str] = &[
    "getworkloadaccesstoken",
    "getworkloadaccesstokenforjwt",
    "getworkloadaccesstokenforuserid",
    "getresourceoauth2token",
    "getresourceapikey",
];
const MODEL: &[&str] = &[
    "converse",
    "conversestream",
    "invokemodel",
    "invokemodelwithresponsestream",
    "invokemodelwithbidirectionalstream",
    "counttokens",
];
const MUTATIONS: &[&str] = &[
    "createagentruntime",
    "updateagentruntime",
    "deleteagentruntime",
    "createagentruntimeendpoint",
    "updateagentruntimeendpoint",
    "deleteagentruntimeendpoint",
    "creategateway",
    "updategateway",
    "creategatewaytarget",
    "updategatewaytarget",
    "creatememory",
    "updatememory",
    "createpolicyengine",
    "createpolicy",
    "createworkloadidentity",
    "createoauth2credentialprovider",
    "createapikeycredentialprovider",
];
const GETS: &[&str] = &[
    "getagentruntime",
    "getagentruntimeendpoint",
    "getgateway",
    "getmemory",
];
const LISTS: &[&str] = &[
    "listagentruntimes",
    "listagentruntimeendpoints",
    "listagentruntimeversions",
    "listgateways",
    "listgatewaytargets",
    "listmemories",
];

macro_rules! rule {
    ($quotas:expr, $note:expr, $fits:expr) => {
        Rule {
            quotas: &$quotas,
            note: $note,
            fits: $fits,
        }
    };
}

/// In order; the first that fits decides.
pub static RULES: &[Rule] = &[
    rule!(
        ["active-sessions"],
        "live microVMs, idle ones included: not the concurrent-session metric",
        |e| e.says(&["maxvms", "max vms", "active session"])
    ),
    rule!(["gateway-targets"], "", |e| e
        .says(&["too many targets", "targets per gateway"])
        || (e.calls(&["creategatewaytarget"]) && e.exceeded())),
    rule!(["gateway-tools"], "", |e| e
        .says(&["too many tools", "tools per target"])),
    rule!(["code-interpreter-sessions"], "", |e| e.exceeded()
        && !e.throttled()
        && (e.calls(&["startcodeinterpretersession"])
            || e.says(&["code interpreter", "codeinterpreter"]))),
    rule!(["browser-sessions"], "", |e| e.exceeded()
        && !e.throttled()
        && (e.calls(&["startbrowsersession"])
            || e.says(&["browser session", "browsersession"]))),
    rule!(["tool-rate"], "", |e| e.throttled()
        && e.calls(&[
            "startcodeinterpretersession",
            "invokecodeinterpreter",
            "startbrowsersession",
            "invokebrowser",
            "stopcodeinterpretersession",
            "stopbrowsersession"
        ])),
    rule!(
        ["memory-create-event", "memory-session-events"],
        "two limits meet here: the account's, and the one of a single actor and session",
        |e| e.throttled() && e.calls(&["createevent"])
    ),
    rule!(["memory-list-events"], "", |e| e.throttled()
        && e.calls(&["listevents"])),
    rule!(["memory-retrieve-records"], "", |e| e.throttled()
        && e.calls(&["retrievememoryrecords"])),
    rule!(["memory-list-records"], "", |e| e.throttled()
        && e.calls(&["listmemoryrecords"])),
    rule!(["memory-ingest"], "", |e| e.throttled()
        && e.calls(&["ingestdata"])),
    rule!(["memory-other"], "", |e| e.throttled()
        && e.calls(MEMORY_OTHER)),
    rule!(
        ["memory-extraction-tokens"],
        "watch the metric TokenCount in the namespace Bedrock-AgentCore",
        |e| e.throttled()
            && e.says(&["extraction", "consolidation"])
            && e.says(&["memory", "token"])
    ),
    rule!(["memories"], "", |e| e.exceeded()
        && e.calls(&["creatememory"])),
    rule!(["memory-strategies"], "", |e| e.exceeded()
        && (e.calls(&["updatememory"]) || e.says(&["strategies"]))),
    rule!(["gateway-search"], "", |e| e.throttled()
        && e.says(&[
            "x_amz_bedrock_agentcore_search",
            "tool search",
            "search tool"
        ])),
    rule!(["gateways"], "", |e| e.exceeded()
        && e.calls(&["creategateway"])),
    rule!(["identity-token-rate"], "", |e| e.throttled()
        && e.calls(TOKENS)),
    rule!(["workload-identities"], "", |e| e.exceeded()
        && e.calls(&["createworkloadidentity"])),
    rule!(["oauth-providers"], "", |e| e.exceeded()
        && e.calls(&["createoauth2credentialprovider"])),
    rule!(["api-key-providers"], "", |e| e.exceeded()
        && e.calls(&["createapikeycredentialprovider"])),
    rule!(["policy-engines"], "", |e| e.exceeded()
        && e.calls(&["createpolicyengine"])),
    rule!(["policies"], "", |e| e.exceeded()
        && e.calls(&["createpolicy"])),
    rule!(["agent-endpoints"], "", |e| e.exceeded()
        && e.calls(&["createagentruntimeendpoint"])),
    rule!(["agents"], "", |e| e.exceeded()
        && !e.throttled()
        && e.calls(&["createagentruntime"])),
    rule!(["agent-versions"], "", |e| e.exceeded()
        && !e.throttled()
        && e.calls(&["updateagentruntime"])),
    rule!(
        ["model-rate"],
        "this is Amazon Bedrock throttling the model behind the agent: AgentCore's quotas do not matter here",
        |e| (e.throttled() || e.exceeded())
            && (e.calls(MODEL)
                || e.says(&[
                    "too many tokens",
                    "tokens per minute",
                    "tokens per day",
                    "bedrock-runtime",
                    "bedrockruntime",
                    "modelerror"
                ])
                || e.class(&["modeltimeout", "modelnotready", "modelthrottl"]))
            && !e.calls(INVOKE)
    ),
    rule!(["new-sessions", "data-plane-rate"], "", |e| e.throttled()
        && e.says(&[
            "new session",
            "session creation",
            "create session",
            "creating session",
            "start new session",
            "sessions per second"
        ])),
    rule!(
        ["control-plane-mutations"],
        "not adjustable: slow the deployment down",
        |e| e.throttled() && e.calls(MUTATIONS)
    ),
    rule!(["control-plane-gets"], "not adjustable", |e| e.throttled()
        && e.calls(GETS)),
    rule!(
        ["control-plane-lists"],
        "not adjustable: cache what is listed",
        |e| e.throttled() && e.calls(LISTS)
    ),
    rule!(["gateway-calls", "gateway-account-calls"], "", |e| e
        .throttled()
        && (e.calls(&["invokegateway"])
            || e.says(&["gateway", "tools/call", "tools/list"]))
        && !e.calls(INVOKE)),
    rule!(
        ["active-sessions"],
        "the quota that an invocation can use up is the number of live sessions",
        |e| e.exceeded() && !e.throttled() && e.calls(INVOKE)
    ),
    rule!(
        ["data-plane-rate", "new-sessions"],
        "when it happens while new sessions start, it is the rate of new sessions",
        |e| e.throttled() && (e.calls(INVOKE) || e.calls(DATA_PLANE))
    ),
    rule!(["command-shells"], "", |e| e.exceeded()
        && e.says(&["command shell", "commandshell"])),
    rule!(["image-size"], "", |e| e.says(&["image"])
        && e.says(&["size", "too large"])
        && e.says(&[
            "2 gb",
            "2gb",
            "exceeds the maximum",
            "exceeds maximum",
            "image size exceeds",
            "too large"
        ])),
    rule!(["code-package-size", "code-package-unpacked"], "", |e| e
        .class(&["artifactsizeerror"])
        || (e.says(&["package", "zip", "artifact", "unzipped"])
            && e.says(&["size", "too large"])
            && e.says(&["exceed", "too large"]))),
    rule!(["payload-size"], "", |e| e.statuses.contains(&413)
        || (e.says(&["payload", "request body"])
            && e.says(&["too large", "exceeds", "exceeded"]))),
    rule!(
        [
            "active-sessions",
            "code-interpreter-sessions",
            "browser-sessions"
        ],
        "the text names no operation; HTTP 402 and ServiceQuotaExceededException on an invocation mean live sessions",
        |e| e.exceeded() && !e.throttled()
    ),
    rule!(
        [
            "data-plane-rate",
            "new-sessions",
            "memory-create-event",
            "gateway-calls",
            "model-rate"
        ],
        "the text names no operation: the line \"when calling the … operation\" of the traceback decides",
        |e| e.throttled()
    ),
];

/// What is recognised and is no quota error: words of the class or text, and what it is instead.
pub static NOT_QUOTA: &[(&[&str], &[u16], &str)] = &[
    (
        &[
            "accessdenied",
            "not authorized to perform",
            "unauthorizedoperation",
            "authorization method mismatch",
        ],
        &[403],
        "a permission or authorization error: see `agentcore-harden explain iam-user-delegation`, and for a token `agentcore-harden token -`",
    ),
    (
        &[
            "expiredtoken",
            "unrecognizedclient",
            "invalidclienttokenid",
            "signaturedoesnotmatch",
            "nocredentials",
            "unauthorizedexception",
            "value mismatch with configuration",
            "missing authentication token",
            "invalid inbound token",
        ],
        &[401],
        "an authentication error: credentials or token were not accepted; for a token `agentcore-harden token -` says why",
    ),
    (
        &["retryableconflict", "conflictexception"],
        &[409],
        "a conflict: another operation on the same session or resource is under way; retry with backoff",
    ),
    (
        &[
            "runtimeclienterror",
            "failed to mount overlay",
            "initialization time exceeded",
            "initialization time",
        ],
        &[424],
        "the agent itself failed to start or answer: see `agentcore-harden check --only performance`",
    ),
    (
        &["resourcenotfound", "nosuchentity"],
        &[404],
        "something named does not exist, or lives in another Region",
    ),
    (
        &[
            "validationexception",
            "validationerror",
            "paramvalidation",
            "serializationexception",
        ],
        &[400],
        "a malformed request: no quota is involved",
    ),
    (
        &[
            "endpointconnectionerror",
            "connecttimeout",
            "readtimeout",
            "connection refused",
            "timed out",
            "timeouterror",
            "sockettimeout",
        ],
        &[408, 504],
        "a timeout or connection error: a request may last 15 minutes, a stream 60; the SDK's own read timeout is usually 60 s",
    ),
    (
        &[
            "internalserver",
            "serviceunavailable",
            "internalfailure",
            "modelerrorexception",
        ],
        &[500, 502, 503],
        "a fault of the service or of what is behind it: retry with backoff",
    ),
];
