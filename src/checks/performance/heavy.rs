//! What is too heavy for import time: calls that open connections, load models, wait for an answer or start processes.

use crate::analysis::names::{leaf, package};
use crate::analysis::outbound::clients::{Client, client};
use crate::model::source::{Call, ExprKind, Language};

pub(super) const CONNECTS: &str = "connects to a database";
pub(super) const LOADS: &str = "loads a model";
pub(super) const FETCHES: &str = "downloads data";
pub(super) const EMBEDS: &str = "builds an index";
pub(super) const CALLS_AWS: &str = "calls an AWS API";
const STARTS: &str = "starts a process";
pub(super) const RUNS: &str = "runs an event loop";
const ASKS: &str = "calls a model";
pub(super) const ASKS_HTTP: &str = "waits for an HTTP answer";
pub(super) const STREAMS: &str = "opens a stream";
const WAITS: &str = "waits";
pub(super) const MCP: &str = "connects to an MCP server";

/// Canonical names, and what they do.
const NAMES: &[(&str, &str)] = &[
    ("psycopg.connect", CONNECTS),
    ("psycopg.Connection.connect", CONNECTS),
    ("psycopg.AsyncConnection.connect", CONNECTS),
    ("psycopg2.connect", CONNECTS),
    ("psycopg2.pool.SimpleConnectionPool", CONNECTS),
    ("psycopg2.pool.ThreadedConnectionPool", CONNECTS),
    ("psycopg_pool.ConnectionPool", CONNECTS),
    ("pymysql.connect", CONNECTS),
    ("pymysql.Connect", CONNECTS),
    ("MySQLdb.connect", CONNECTS),
    ("mysql.connector.connect", CONNECTS),
    ("mysql.connector.pooling.MySQLConnectionPool", CONNECTS),
    ("mariadb.connect", CONNECTS),
    ("asyncpg.connect", CONNECTS),
    ("asyncpg.create_pool", CONNECTS),
    ("aiomysql.connect", CONNECTS),
    ("aiomysql.create_pool", CONNECTS),
    ("oracledb.connect", CONNECTS),
    ("cx_Oracle.connect", CONNECTS),
    ("pyodbc.connect", CONNECTS),
    ("pymssql.connect", CONNECTS),
    ("redshift_connector.connect", CONNECTS),
    ("snowflake.connector.connect", CONNECTS),
    ("databricks.sql.connect", CONNECTS),
    ("clickhouse_connect.get_client", CONNECTS),
    ("trino.dbapi.connect", CONNECTS),
    ("pymilvus.connections.connect", CONNECTS),
    ("pymilvus.MilvusClient", CONNECTS),
    ("weaviate.connect_to_local", CONNECTS),
    ("weaviate.connect_to_wcs", CONNECTS),
    ("weaviate.connect_to_weaviate_cloud", CONNECTS),
    ("weaviate.connect_to_custom", CONNECTS),
    ("chromadb.HttpClient", CONNECTS),
    ("sqlalchemy.create_engine.connect", CONNECTS),
    ("sqlalchemy.create_engine.begin", CONNECTS),
    ("redis.Redis.ping", CONNECTS),
    ("redis.from_url.ping", CONNECTS),
    ("redis.Redis.from_url.ping", CONNECTS),
    ("pymongo.MongoClient.admin.command", CONNECTS),
    ("pymongo.MongoClient.server_info", CONNECTS),
    ("pg.Client.connect", CONNECTS),
    ("pg.Pool.connect", CONNECTS),
    ("pg.Pool.query", CONNECTS),
    ("pg.Client.query", CONNECTS),
    ("mongoose.connect", CONNECTS),
    ("mongodb.MongoClient.connect", CONNECTS),
    ("redis.createClient.connect", CONNECTS),
    ("mysql2/promise.createConnection", CONNECTS),
    ("mysql2.createConnection", CONNECTS),
    ("@prisma/client.PrismaClient.$connect", CONNECTS),
    ("sentence_transformers.SentenceTransformer", LOADS),
    ("sentence_transformers.CrossEncoder", LOADS),
    ("transformers.pipeline", LOADS),
    ("spacy.load", LOADS),
    ("torch.load", LOADS),
    ("torch.hub.load", LOADS),
    ("torch.jit.load", LOADS),
    ("joblib.load", LOADS),
    ("keras.models.load_model", LOADS),
    ("tensorflow.keras.models.load_model", LOADS),
    ("tensorflow.saved_model.load", LOADS),
    ("whisper.load_model", LOADS),
    ("faster_whisper.WhisperModel", LOADS),
    ("easyocr.Reader", LOADS),
    ("ultralytics.YOLO", LOADS),
    ("fastembed.TextEmbedding", LOADS),
    ("llama_cpp.Llama", LOADS),
    ("vllm.LLM", LOADS),
    ("onnxruntime.InferenceSession", LOADS),
    ("gensim.models.KeyedVectors.load_word2vec_format", LOADS),
    ("FlagEmbedding.FlagModel", LOADS),
    ("langchain_huggingface.HuggingFaceEmbeddings", LOADS),
    (
        "langchain_community.embeddings.HuggingFaceEmbeddings",
        LOADS,
    ),
    (
        "langchain_community.embeddings.HuggingFaceBgeEmbeddings",
        LOADS,
    ),
    (
        "langchain_huggingface.HuggingFacePipeline.from_model_id",
        LOADS,
    ),
    ("@xenova/transformers.pipeline", LOADS),
    ("@huggingface/transformers.pipeline", LOADS),
    ("nltk.download", FETCHES),
    ("datasets.load_dataset", FETCHES),
    ("huggingface_hub.snapshot_download", FETCHES),
    ("huggingface_hub.hf_hub_download", FETCHES),
    ("gensim.downloader.load", FETCHES),
    ("tiktoken.get_encoding", FETCHES),
    ("tiktoken.encoding_for_model", FETCHES),
    ("langchain.hub.pull", FETCHES),
    ("langchainhub.pull", FETCHES),
    ("langsmith.Client.pull_prompt", FETCHES),
    ("subprocess.run", STARTS),
    ("subprocess.call", STARTS),
    ("subprocess.check_call", STARTS),
    ("subprocess.check_output", STARTS),
    ("subprocess.getoutput", STARTS),
    ("subprocess.getstatusoutput", STARTS),
    ("subprocess.Popen", STARTS),
    ("os.system", STARTS),
    ("os.popen", STARTS),
    ("child_process.exec", STARTS),
    ("child_process.execSync", STARTS),
    ("child_process.execFile", STARTS),
    ("child_process.execFileSync", STARTS),
    ("child_process.spawn", STARTS),
    ("child_process.spawnSync", STARTS),
    ("child_process.fork", STARTS),
    ("asyncio.run", RUNS),
    ("anyio.run", RUNS),
    ("asyncio.get_event_loop.run_until_complete", RUNS),
    ("asyncio.new_event_loop.run_until_complete", RUNS),
    ("strands.Agent.__call__", ASKS),
    ("strands.agent.Agent.__call__", ASKS),
    ("openai.OpenAI.chat.completions.create", ASKS),
    ("openai.OpenAI.responses.create", ASKS),
    ("openai.OpenAI.embeddings.create", ASKS),
    ("openai.chat.completions.create", ASKS),
    ("anthropic.Anthropic.messages.create", ASKS),
    ("ai.generateText", ASKS),
    ("ai.streamText", ASKS),
    ("ai.generateObject", ASKS),
    ("ai.streamObject", ASKS),
    ("ai.embed", ASKS),
    ("ai.embedMany", ASKS),
    ("@strands-agents/sdk.Agent.invoke", ASKS),
    ("@strands-agents/sdk.Agent.stream", ASKS),
    ("@openai/agents.run", ASKS),
    ("openai.responses.create", ASKS),
    ("openai.embeddings.create", ASKS),
    ("openai.models.list", ASKS),
    ("@anthropic-ai/sdk.messages.create", ASKS),
    ("@anthropic-ai/sdk.Anthropic.messages.create", ASKS),
    ("time.sleep", WAITS),
];

/// Last segments that are heavy on any class of these packages.
const METHODS: &[(&str, &[&str], &str)] = &[
    ("from_pretrained", &[], LOADS),
    ("from_documents", &["langchain", "llama_index"], EMBEDS),
    ("from_texts", &["langchain"], EMBEDS),
    ("add_documents", &["langchain"], EMBEDS),
    ("load_local", &["langchain"], LOADS),
    ("create_all", &["sqlalchemy"], CONNECTS),
    ("setup", &["langgraph"], CONNECTS),
    ("invoke", &["langchain", "langgraph", "@langchain"], ASKS),
    ("embedQuery", &["@langchain"], ASKS),
    ("embedDocuments", &["@langchain"], ASKS),
    ("fromDocuments", &["@langchain", "langchain"], EMBEDS),
    ("fromTexts", &["@langchain", "langchain"], EMBEDS),
    ("embed_query", &["langchain"], ASKS),
    ("embed_documents", &["langchain"], ASKS),
    ("get_tools", &["langchain_mcp_adapters"], MCP),
    ("getTools", &["@langchain/mcp-adapters"], MCP),
    (
        "connect",
        &[
            "@modelcontextprotocol",
            "@strands-agents",
            "agents",
            "@openai/agents",
        ],
        MCP,
    ),
    (
        "listTools",
        &["@modelcontextprotocol", "@strands-agents"],
        MCP,
    ),
];

/// Methods of AWS clients that call nothing.
const LOCAL_AWS: [&str; 15] = [
    "get_paginator",
    "get_waiter",
    "can_paginate",
    "generate_presigned_url",
    "generate_presigned_post",
    "close",
    "client",
    "resource",
    "Table",
    "Bucket",
    "Object",
    "Queue",
    "Topic",
    "get_available_regions",
    "register",
];

/// What a call does that is too heavy for import time.
pub(super) fn heavy(name: &str, call: &Call, language: Language) -> Option<&'static str> {
    if name == "time.sleep"
        && let Some(seconds) = call
            .args
            .first()
            .and_then(crate::model::source::Expr::as_number)
        && seconds < 1.0
    {
        return None;
    }
    if let Some((_, does)) = NAMES.iter().find(|(heavy, _)| *heavy == name) {
        let lazily = name == "psycopg_pool.ConnectionPool"
            && call
                .option("open")
                .is_some_and(|open| matches!(open.kind, ExprKind::Bool(false)));
        return (!lazily).then_some(*does);
    }
    let last = leaf(name);
    let of = METHODS.iter().find(|(method, packages, _)| {
        *method == last
            && name.contains('.')
            && (packages.is_empty()
                || packages
                    .iter()
                    .any(|start| package(name).starts_with(start)))
    });
    if let Some((_, _, does)) = of {
        return Some(does);
    }
    if is_mcp_client(name)
        && matches!(
            last,
            "start" | "__enter__" | "list_tools_sync" | "list_tools" | "call_tool_sync"
        )
    {
        return Some(MCP);
    }
    if calls_aws(name, last) {
        return Some(CALLS_AWS);
    }
    match client(name, language) {
        Some(Client::Http(_)) => Some(ASKS_HTTP),
        Some(Client::Stream) => Some(STREAMS),
        // The constructors do no I/O.
        Some(Client::Mcp) | None => None,
    }
}

/// What entering a context manager does.
pub(super) fn entered(name: &str) -> Option<&'static str> {
    if matches!(leaf(name), "MCPClient") && name.starts_with("strands.") {
        return Some(MCP);
    }
    (leaf(name) == "from_conn_string" && name.starts_with("langgraph.")).then_some(CONNECTS)
}

fn is_mcp_client(name: &str) -> bool {
    name.starts_with("strands.") && name.contains(".MCPClient.")
}

/// Calls of boto3 clients and resources, of `@aws-sdk` clients, and of the AgentCore SDK's clients.
fn calls_aws(name: &str, last: &str) -> bool {
    if name.starts_with("@aws-sdk/client-") || name.starts_with("@aws-sdk/lib-dynamodb") {
        // `new S3({}).getObject(…)`: the aggregated clients have a method for each operation.
        let parts: Vec<&str> = name.rsplit('.').collect();
        let aggregated = parts.get(1).is_some_and(|class| {
            class.starts_with(|c: char| c.is_ascii_uppercase())
                && !class.ends_with("Client")
                && !class.ends_with("Command")
        });
        return last == "send" || aggregated && !matches!(last, "destroy" | "from");
    }
    let made = [
        "boto3.client.",
        "boto3.Session.client.",
        "boto3.session.Session.client.",
        "boto3.resource.",
    ]
    .iter()
    .chain(&["boto3.Session.resource.", "boto3.session.Session.resource."])
    .find_map(|start| name.strip_prefix(*start));
    if let Some(method) = made {
        // What stands behind the operation is a part of its answer.
        let deepest = match method.split('.').next() {
            Some("exceptions" | "meta") => return false,
            Some("get_paginator" | "get_waiter") => 2,
            Some(first) if first.starts_with(|c: char| c.is_ascii_uppercase()) => 2,
            _ => 1,
        };
        return method.split('.').count() <= deepest && !LOCAL_AWS.contains(&last);
    }
    let verbs = [
        "get_",
        "list_",
        "create_",
        "delete_",
        "retrieve_",
        "update_",
        "wait_",
        "save_",
    ];
    let clients = [
        "MemoryClient.",
        "IdentityClient.",
        "MemorySessionManager.",
        "MemoryControlPlaneClient.",
    ];
    name.starts_with("bedrock_agentcore")
        && clients.iter().any(|client| name.contains(client))
        && verbs.iter().any(|verb| last.starts_with(verb))
}
