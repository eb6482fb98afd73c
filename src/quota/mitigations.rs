//! What to try before asking for more, in order. An increase is the last line, where there is one.

/// The mitigations of a quota.
pub fn mitigations(id: &str) -> &'static [&'static str] {
    match id {
        "active-sessions" => &[
            "stop a session as soon as its work is done (StopRuntimeSession; on a JWT runtime the HTTP call with the token)",
            "reuse one session id for a conversation, a batch or a job instead of a new one for each request",
            "lower idleRuntimeSessionTimeout to what the workload needs: an idle session counts until it is reclaimed",
            "make sure that no ping handler keeps answering HealthyBusy, and that every async task is completed",
        ],
        "new-sessions" => &[
            "reuse session ids: a follow-up request on a live session starts nothing",
            "spread starts over time (a queue, jitter on schedules) instead of a burst",
            "retry with exponential backoff and jitter",
        ],
        "data-plane-rate" => &[
            "retry with exponential backoff and jitter (the AWS SDKs' standard or adaptive mode)",
            "smooth bursts: a hundred calls in one millisecond meet the limit whatever the average is",
            "look for callers that poll, and for retries that multiply each other (SDK, framework and queue)",
        ],
        "memory-create-event" | "memory-session-events" => &[
            "write once per fact or turn, not once per streamed chunk, and never the same message twice",
            "put several messages into one event (up to 100)",
            "retry with exponential backoff and jitter",
        ],
        "memory-list-events"
        | "memory-retrieve-records"
        | "memory-list-records"
        | "memory-other"
        | "memory-ingest" => &[
            "read once per turn and keep the result for the session instead of reading in every tool call",
            "retry with exponential backoff and jitter",
        ],
        "memory-extraction-tokens" => &[
            "watch the TokenCount metric; extraction catches up after a burst",
            "send to long-term memory only what should be remembered, and only the strategies that are read",
        ],
        "gateway-targets" | "gateway-tools" | "gateways" => &[
            "put several tools behind one Lambda function or one OpenAPI schema",
            "give separate groups of tools a gateway each",
        ],
        "gateway-calls" | "gateway-account-calls" | "gateway-search" => &[
            "retry with exponential backoff and jitter in the agent's tool client",
            "list or search tools once per session and keep the result",
            "set the gateway's own rate limits per client, so that one caller cannot use up the rest",
        ],
        "code-interpreter-sessions" | "browser-sessions" | "tool-rate" => &[
            "end tool sessions explicitly, in a finally block",
            "look for orphans of earlier runs: they count until their timeout",
            "reuse one tool session for the steps of one task",
        ],
        "control-plane-mutations" | "control-plane-gets" | "control-plane-lists" => &[
            "let deployments run one after the other, and retry with backoff",
            "cache what was read: runtimes and gateways seldom change",
        ],
        "image-size" | "code-package-size" | "code-package-unpacked" => &[
            "leave out development dependencies, tests, models and data; load large files from S3 at run time",
            "a slim base image and a multi-stage build (Container), or the Container build instead of CodeZip",
        ],
        "payload-size" => &["pass large input as an S3 reference instead of in the request"],
        "request-duration" => &[
            "answer at once and go on in an async task (up to 8 hours), or stream (up to 60 minutes)",
        ],
        "identity-token-rate" => &[
            "keep tokens until shortly before they expire instead of requesting one per call",
            "retry with exponential backoff and jitter",
        ],
        "model-rate" => &[
            "retry with exponential backoff and jitter in the model client",
            "use a cross-Region inference profile (global. or us./eu./apac.), which spreads the load",
            "lower max_tokens to what is needed: it is reserved against the token quota; cache prompts",
            "ask for more in Service Quotas under the service code bedrock, for this model",
        ],
        "agents"
        | "agent-versions"
        | "agent-endpoints"
        | "workload-identities"
        | "oauth-providers"
        | "api-key-providers"
        | "memories" => {
            &["delete what is no longer used: earlier experiments, old endpoints, stale providers"]
        }
        _ => &["retry with exponential backoff and jitter"],
    }
}
