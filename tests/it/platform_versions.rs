//! The hazards of platform version V2, each broken and each sound: what is said on V1, on V2, and where the version is not known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use serde_json::{Value, json};

use crate::projects::{pin_platform_version, result_of, write};

/// A project: what its agent is, and what is said on V1, on V2, and where the version is not known.
struct Snippet {
    check: &'static str,
    name: &'static str,
    kind: Kind,
    code: &'static str,
    said: [&'static str; 3],
}

/// How the code is shipped.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Python in a zip.
    Python,
    /// TypeScript in a zip.
    Node,
    /// Python in a container; the text is the Dockerfile.
    Image,
    /// Properties that the template gives the runtime; JSON.
    Template,
}

const NA: &str = "not-applicable";
const HIGH: [&str; 3] = [NA, "fail high", "fail medium"];
const MEDIUM: [&str; 3] = [NA, "fail medium", "fail low"];
const LOW: [&str; 3] = [NA, "fail low", "fail low"];
const PASS: [&str; 3] = [NA, "pass", "pass"];

const SNIPPETS: &[Snippet] = &[
    Snippet { check: "snapshot-credentials", name: "frozen keys sign requests", kind: Kind::Python, said: HIGH, code: "
import boto3
from requests_aws4auth import AWS4Auth
KEYS = boto3.Session().get_credentials().get_frozen_credentials()
SIGNED = AWS4Auth(KEYS.access_key, KEYS.secret_key, 'eu-west-1', 'es', session_token=KEYS.token)
def handle(payload):
    return search(SIGNED, payload)
" },
    Snippet { check: "snapshot-credentials", name: "a token of AgentCore Identity at import", kind: Kind::Python, said: ["fail high"; 3], code: "
from bedrock_agentcore.identity.auth import requires_access_token
@requires_access_token(provider_name='desk', scopes=['read'], auth_flow='M2M')
def desk_token(*, access_token):
    return access_token
AUTH = {'Authorization': 'Bearer ' + desk_token()}
def handle(payload):
    return ask(AUTH)
" },
    Snippet { check: "snapshot-credentials", name: "clients refresh, tokens per request", kind: Kind::Python, said: PASS, code: "
import boto3
from bedrock_agentcore.identity.auth import requires_access_token
models = boto3.client('bedrock-runtime')
ACCOUNT = boto3.client('sts').get_caller_identity()['Account']
@requires_access_token(provider_name='desk', scopes=['read'], auth_flow='M2M')
def desk_token(*, access_token):
    return access_token
def handle(payload):
    return ask({'Authorization': f'Bearer {desk_token()}'}, ACCOUNT)
" },
    Snippet { check: "snapshot-clock", name: "the day in the prompt", kind: Kind::Python, said: MEDIUM, code: "
import datetime
from strands import Agent
RULES = 'You plan trips. Today is ' + datetime.date.today().isoformat() + '.'
planner = Agent(system_prompt=RULES)
def handle(payload):
    return str(planner(payload['prompt']))
" },
    Snippet { check: "snapshot-clock", name: "a duration over the restore", kind: Kind::Python, said: MEDIUM, code: "
import time
BEGAN = time.perf_counter()
def handle(payload):
    return {'up': time.perf_counter() - BEGAN}
" },
    Snippet { check: "snapshot-clock", name: "the time per request, and a load that is timed at startup", kind: Kind::Python, said: PASS, code: "
import datetime, time
from strands import Agent
began = time.perf_counter()
import json
print('loaded in', time.perf_counter() - began)
def rules():
    return f'Today is {datetime.date.today()}.'
def handle(payload):
    return str(Agent(system_prompt=rules())(payload['prompt']))
" },
    Snippet { check: "snapshot-unique-values", name: "the owner of a lock", kind: Kind::Node, said: HIGH, code: "
import { randomUUID } from 'node:crypto';
const lockOwner = randomUUID();
const handle = async (payload: { turn: number }) => take({ owner: lockOwner, turn: payload.turn });
" },
    Snippet { check: "snapshot-unique-values", name: "a default argument", kind: Kind::Python, said: MEDIUM, code: "
import uuid
def note(text, mark=uuid.uuid4().hex):
    return {'text': text, 'mark': mark}
def handle(payload):
    return note(payload['text'])
" },
    Snippet { check: "snapshot-unique-values", name: "a factory and a constant", kind: Kind::Python, said: PASS, code: "
from uuid import UUID, uuid4
from pydantic import BaseModel, Field
SPACE = UUID('6ba7b811-9dad-11d1-80b4-00c04fd430c8')
class Order(BaseModel):
    id: UUID = Field(default_factory=uuid4)
def handle(payload):
    return {'id': str(Order().id), 'space': str(SPACE)}
" },
    Snippet { check: "snapshot-prng", name: "codes of the shared generator", kind: Kind::Python, said: HIGH, code: "
import random, string
def handle(payload):
    code = ''.join(random.choice(string.digits) for _ in range(6))
    return {'one_time_code': code}
" },
    Snippet { check: "snapshot-prng", name: "an id of Math.random", kind: Kind::Node, said: HIGH, code: "
const handle = async () => ({ ticketId: Math.random().toString(36).slice(2) });
" },
    Snippet { check: "snapshot-prng", name: "entropy of the system, and a generator that is seeded for the call", kind: Kind::Python, said: PASS, code: "
import os, random, secrets
def handle(payload):
    pick = random.Random(os.urandom(16)).choice(payload['names'])
    return {'id': secrets.token_hex(8), 'pick': pick}
" },
    Snippet { check: "snapshot-prng", name: "an id of the session", kind: Kind::Node, said: PASS, code: "
const handle = async (payload: { turn: number }, context: { sessionId: string }) => ({ id: `${context.sessionId}:${payload.turn}` });
" },
    Snippet { check: "snapshot-connections", name: "a database at import", kind: Kind::Python, said: MEDIUM, code: "
import os, psycopg
db = psycopg.connect(os.environ['DSN'])
def handle(payload):
    return db.execute('select 1').fetchone()
" },
    Snippet { check: "snapshot-connections", name: "an MCP client that is started", kind: Kind::Python, said: MEDIUM, code: "
from mcp.client.streamable_http import streamablehttp_client
from strands.tools.mcp import MCPClient
desk = MCPClient(lambda: streamablehttp_client('https://desk.example.com/mcp'))
desk.start()
def handle(payload):
    return desk.call_tool_sync('1', 'look_up', payload)
" },
    Snippet { check: "snapshot-connections", name: "a pool that tests its sockets, a client that is warmed up", kind: Kind::Python, said: PASS, code: "
import os, boto3
from sqlalchemy import create_engine
engine = create_engine(os.environ['DSN'], pool_pre_ping=True)
s3 = boto3.client('s3')
s3.list_buckets(MaxBuckets=1)
def handle(payload):
    with engine.connect() as one:
        return one.exec_driver_sql('select 1').scalar()
" },
    Snippet { check: "snapshot-stale-data", name: "a secret of the day of the deploy", kind: Kind::Python, said: MEDIUM, code: "
import boto3
KEY = boto3.client('secretsmanager').get_secret_value(SecretId='desk')['SecretString']
def handle(payload):
    return ask(KEY)
" },
    Snippet { check: "snapshot-stale-data", name: "the tools of a gateway", kind: Kind::Python, said: MEDIUM, code: "
from mcp.client.streamable_http import streamablehttp_client
from strands import Agent
from strands.tools.mcp import MCPClient
desk = MCPClient(lambda: streamablehttp_client('https://desk.example.com/mcp'))
with desk:
    FOUND = desk.list_tools_sync()
def handle(payload):
    return str(Agent(tools=FOUND)(payload['prompt']))
" },
    Snippet { check: "snapshot-stale-data", name: "a bundled file, and flags that are read per session", kind: Kind::Python, said: PASS, code: "
import json, time
from pathlib import Path
import boto3
from cachetools import TTLCache, cached
SETTINGS = json.loads(Path(__file__).with_name('settings.json').read_text())
flags_client = boto3.client('appconfigdata')
@cached(TTLCache(1, 300, timer=time.time))
def flags():
    return flags_client.get_latest_configuration(ConfigurationToken='t')['Configuration'].read()
def handle(payload):
    return {'flags': str(flags()), 'settings': SETTINGS}
" },
    Snippet { check: "snapshot-mount-access", name: "a database on the mount", kind: Kind::Python, said: HIGH, code: "
import sqlite3
NOTES = sqlite3.connect('/mnt/desk/notes.db')
def handle(payload):
    return NOTES.execute('select 1').fetchone()
" },
    Snippet { check: "snapshot-mount-access", name: "a folder by a variable with that default", kind: Kind::Python, said: HIGH, code: "
import os
from pathlib import Path
BASE = Path(os.environ.get('DESK_DIR', '/mnt/desk'))
(BASE / 'in').mkdir(exist_ok=True)
def handle(payload):
    return {'files': len(list(BASE.iterdir()))}
" },
    Snippet { check: "snapshot-mount-access", name: "a path that is opened in the handler, a folder beside", kind: Kind::Python, said: PASS, code: "
from pathlib import Path
NOTES = Path('/mnt/desk/notes.json')
Path('/tmp/desk').mkdir(exist_ok=True)
def handle(payload):
    return {'notes': NOTES.read_text()}
" },
    Snippet { check: "snapshot-ready-ping", name: "healthy while a thread loads", kind: Kind::Python, said: HIGH, code: "
import threading
from fastapi import FastAPI
api = FastAPI()
INDEX = {}
def load():
    INDEX['all'] = read_everything()
threading.Thread(target=load).start()
@api.get('/ping')
def ping():
    return {'status': 'Healthy'}
@api.post('/invocations')
def handle(payload: dict):
    return {'found': INDEX['all']}
" },
    Snippet { check: "snapshot-ready-ping", name: "gated by a flag", kind: Kind::Python, said: PASS, code: "
import threading
from fastapi import FastAPI
from fastapi.responses import JSONResponse
api = FastAPI()
LOADED = threading.Event()
INDEX = {}
def load():
    INDEX['all'] = read_everything()
    LOADED.set()
threading.Thread(target=load).start()
@api.get('/ping')
def ping():
    return {'status': 'Healthy'} if LOADED.is_set() else JSONResponse({}, 503)
@api.post('/invocations')
def handle(payload: dict):
    return {'found': INDEX['all']}
" },
    Snippet { check: "snapshot-background-work", name: "a loop that refreshes", kind: Kind::Python, said: MEDIUM, code: "
import threading, time
RATES = {}
def refresh():
    while True:
        RATES.update(load())
        time.sleep(300)
threading.Thread(target=refresh, daemon=True).start()
def handle(payload):
    return RATES
" },
    Snippet { check: "snapshot-background-work", name: "an interval", kind: Kind::Node, said: MEDIUM, code: "
let rates = {};
setInterval(async () => { rates = await load(); }, 60_000);
const handle = async () => rates;
" },
    Snippet { check: "snapshot-background-work", name: "an idle pool, and a thread that has ended", kind: Kind::Python, said: PASS, code: "
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
pool = ThreadPoolExecutor(2)
job = Thread(target=compile_graph)
job.start()
job.join()
def handle(payload):
    return pool.submit(str, payload).result()
" },
    Snippet { check: "snapshot-host-identity", name: "the owner of a lock", kind: Kind::Python, said: MEDIUM, code: "
import os, socket, boto3
table = boto3.resource('dynamodb').Table('locks')
OWNER = f'{socket.gethostname()}-{os.getpid()}'
def handle(payload):
    table.put_item(Item={'lock': payload['key'], 'owner': OWNER}, ConditionExpression='attribute_not_exists(#l)')
    return {}
" },
    Snippet { check: "snapshot-host-identity", name: "the process is signalled, the host compared", kind: Kind::Python, said: PASS, code: "
import os, signal, socket
def handle(payload):
    if socket.gethostname() == 'localhost':
        print('restored')
    if payload.get('stop'):
        os.kill(os.getpid(), signal.SIGTERM)
    return {}
" },
    Snippet { check: "snapshot-crypto-library", name: "Debian", kind: Kind::Image, said: LOW, code: "
FROM python:3.13-slim-bookworm
COPY . .
CMD [\"python\", \"-m\", \"main\"]
" },
    Snippet { check: "snapshot-crypto-library", name: "the library that knows snapshots", kind: Kind::Image, said: PASS, code: "
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN dnf -y swap openssl-libs openssl-snapsafe-libs && dnf -y install python3.13
COPY . .
CMD [\"python3\", \"-m\", \"main\"]
" },
    Snippet { check: "obs-trace-ids", name: "the distribution, and no generator", kind: Kind::Python, said: LOW, code: "
def handle(payload):
    return {}
" },
    Snippet { check: "obs-trace-ids", name: "a generator over the system's entropy", kind: Kind::Python, said: PASS, code: "
import secrets
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
class Drawn(IdGenerator):
    def generate_span_id(self):
        return secrets.randbits(64) or 1
    def generate_trace_id(self):
        return secrets.randbits(128) or 1
provider = TracerProvider(id_generator=Drawn())
def handle(payload):
    return {}
" },
    Snippet { check: "runtime-env-size", name: "more than a zip may have on V2", kind: Kind::Template, said: ["pass", "fail high", "fail medium"], code: "
{\"EnvironmentVariables\": {\"RULES\": \"@1600\"}}
" },
    Snippet { check: "runtime-env-size", name: "a few short ones", kind: Kind::Template, said: ["pass", "pass", "pass"], code: "
{\"EnvironmentVariables\": {\"LEVEL\": \"INFO\", \"PARAMETERS\": \"/desk/prod\"}}
" },
    Snippet { check: "runtime-platform-version", name: "new, with and without", kind: Kind::Template, said: ["pass", "pass", "fail low"], code: "
{}
" },
    Snippet { check: "runtime-attack-surface", name: "many ports", kind: Kind::Template, said: ["fail medium"; 3], code: "
{\"AllowedPorts\": [{\"PortRange\": {\"From\": 8000, \"To\": 8400}}]}
" },
    Snippet { check: "runtime-attack-surface", name: "a whole bucket", kind: Kind::Template, said: ["fail medium"; 3], code: "
{\"FilesystemConfigurations\": [{\"S3BucketMount\": {\"Bucket\": \"desk\", \"MountPath\": \"/mnt/desk\"}}]}
" },
];

/// Makes the project of a snippet.
fn make(root: &Path, snippet: &Snippet, version: Option<&str>) {
    let node = snippet.kind == Kind::Node;
    let mut runtime = json!({
        "name": "Main", "build": "CodeZip", "entrypoint": if node { "main.ts" } else { "main.py" }, "codeLocation": "app/Main/",
        "runtimeVersion": if node { "NODE_22" } else { "PYTHON_3_13" },
    });
    if snippet.check == "snapshot-mount-access" {
        runtime["filesystemConfigurations"] =
            json!([{"sessionStorage": {"mountPath": "/mnt/desk"}}]);
    }
    if snippet.check == "obs-trace-ids" {
        let manifest = "[project]\nname = \"desk\"\nversion = \"0.1.0\"\ndependencies = [\"aws-opentelemetry-distro\", \"bedrock-agentcore\"]\n";
        write(root, "app/Main/pyproject.toml", manifest);
    }
    if snippet.kind == Kind::Image {
        runtime["build"] = json!("Container");
        write(root, "app/Main/Dockerfile", snippet.code.trim_start());
    }
    let config = json!({"name": "Desk", "version": 1, "runtimes": [runtime]});
    write(root, "agentcore/agentcore.json", &config.to_string());
    let python = |body: &str| {
        let own = body.contains("FastAPI");
        if own {
            return body.to_owned();
        }
        format!(
            "from bedrock_agentcore.runtime import BedrockAgentCoreApp\n{body}\napp = BedrockAgentCoreApp()\napp.entrypoint(handle)\napp.run()\n"
        )
    };
    match snippet.kind {
        Kind::Python => write(root, "app/Main/main.py", &python(snippet.code)),
        Kind::Node => {
            let code = format!(
                "import {{ BedrockAgentCoreApp }} from 'bedrock-agentcore/runtime';\n{}\nnew BedrockAgentCoreApp({{ invocationHandler: {{ process: handle }} }}).run();\n",
                snippet.code
            );
            write(root, "app/Main/main.ts", &code);
        }
        Kind::Image | Kind::Template => {
            write(
                root,
                "app/Main/main.py",
                &python("def handle(payload):\n    return {}\n"),
            );
        }
    }
    if snippet.kind == Kind::Template {
        let text = snippet.code.replace("@1600", &"r".repeat(1600));
        let mut properties: Value = serde_json::from_str(&text).unwrap();
        properties["AgentRuntimeName"] = json!("Desk_Main");
        properties["AgentRuntimeArtifact"] =
            json!({"CodeConfiguration": {"EntryPoint": ["main.py"], "Runtime": "PYTHON_3_13"}});
        if let Some(version) = version {
            properties["PlatformVersion"] = json!(version);
        }
        let template = json!({"Resources": {"Main": {"Type": "AWS::BedrockAgentCore::Runtime", "Properties": properties}}});
        let path = "agentcore/cdk/cdk.out/AgentCore-Desk-default.template.json";
        write(root, path, &template.to_string());
    } else if let Some(version) = version {
        pin_platform_version(root, version);
    }
}

/// What the check says: the status, and of a failure the severity.
fn said(root: &Path, check: &str) -> String {
    let result = result_of(root, check);
    match result["status"].as_str().unwrap() {
        "fail" => format!("fail {}", result["severity"].as_str().unwrap()),
        other => other.to_owned(),
    }
}

#[test]
fn each_hazard_has_its_answer_on_every_platform_version() {
    let mut wrong = Vec::new();
    for snippet in SNIPPETS {
        for (version, expected) in [Some("V1"), Some("V2"), None].iter().zip(snippet.said) {
            let folder = tempfile::tempdir().unwrap();
            make(folder.path(), snippet, *version);
            let found = said(folder.path(), snippet.check);
            if found != expected {
                wrong.push(format!(
                    "{} ({}), {}: {found} instead of {expected}",
                    snippet.check,
                    snippet.name,
                    version.unwrap_or("unknown")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_hazard_fails_somewhere_and_passes_somewhere() {
    for snippet in SNIPPETS {
        let others = || SNIPPETS.iter().filter(|other| other.check == snippet.check);
        let any = |status: &str| {
            others().any(|other| other.said.iter().any(|said| said.starts_with(status)))
        };
        let one_sided = snippet.check == "runtime-attack-surface";
        assert!(
            any("fail") && (one_sided || any("pass")),
            "{}",
            snippet.check
        );
    }
}
