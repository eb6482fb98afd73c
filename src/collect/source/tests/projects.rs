use super::source_of_files;
use crate::model::source::EntrypointKind::{self, *};
use crate::model::source::Source;

fn entries(source: &Source) -> Vec<(EntrypointKind, String)> {
    let found = source.runtimes[0].entrypoints.iter();
    found
        .map(|entry| {
            (
                entry.kind,
                entry
                    .function
                    .map(|id| source.function(id).unwrap().name.to_string())
                    .unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn entrypoints_of_every_idiom() {
    let app =
        "from bedrock_agentcore.runtime import BedrockAgentCoreApp\napp = BedrockAgentCoreApp()\n";
    let python: Vec<(String, Vec<(EntrypointKind, &str)>)> = vec![
        (format!("{app}@app.entrypoint\nasync def ask(payload, context): pass\n@app.ping\ndef alive(): pass\n@app.async_task\nasync def work(): pass\n@app.websocket\nasync def ws(s, c): pass\n"),
            vec![(Invocation, "ask"), (Ping, "alive"), (AsyncTask, "work"), (WebSocket, "ws")]),
        ("from bedrock_agentcore import BedrockAgentCoreApp\nclass Mine(BedrockAgentCoreApp): pass\nserver = Mine()\n@server.entrypoint\ndef go(p): pass\n".into(), vec![(Invocation, "go")]),
        ("from fastapi import FastAPI, APIRouter\napp = FastAPI()\nr = APIRouter()\n@app.post('/invocations')\nasync def run(body: dict): pass\n@r.get('/ping')\ndef ping(): pass\napp.include_router(r)\n".into(), vec![(Route, "run"), (Route, "ping")]),
        ("from starlette.routing import Route\nfrom starlette.applications import Starlette\nasync def inv(request): pass\napp = Starlette(routes=[Route('/invocations', inv, methods=['POST'])])\n".into(), vec![(Route, "inv")]),
        ("from flask import Flask\nf = Flask(__name__)\n@f.route('/invocations', methods=['POST'])\ndef i(): pass\n".into(), vec![(Route, "i")]),
        ("from mcp.server.fastmcp import FastMCP\nm = FastMCP('x')\n@m.tool()\ndef t(a: int): pass\n@m.resource('r://x')\ndef r(): pass\n".into(), vec![(McpTool, "t"), (McpTool, "r")]),
        ("from fastmcp import FastMCP\nm = FastMCP()\n@m.tool\ndef t(a: int): pass\n".into(), vec![(McpTool, "t")]),
        ("from mcp.server.lowlevel import Server\ns = Server('x')\n@s.call_tool()\nasync def handle(name, arguments): pass\n".into(), vec![(McpTool, "handle")]),
        ("from strands import Agent, tool\n@tool\ndef add(a): pass\nfrom agents import function_tool\n@function_tool\ndef sub(a): pass\n".into(), vec![(AgentTool, "add"), (AgentTool, "sub")]),
        ("from google.adk.agents import Agent\ndef look(q: str): pass\ntools = [look]\na = Agent(tools=[*tools, other] + [])\n".into(), vec![(AgentTool, "look")]),
        ("from a2a.server.agent_execution import AgentExecutor\nfrom bedrock_agentcore.runtime import serve_a2a\nclass E(AgentExecutor):\n    async def execute(self, context, queue): pass\nserve_a2a(E())\n".into(), vec![(A2a, "execute")]),
        ("from strands.multiagent.a2a.executor import StrandsA2AExecutor\nfrom bedrock_agentcore.runtime import serve_a2a\nserve_a2a(StrandsA2AExecutor(a))\n".into(), vec![(A2a, "")]),
        ("from bedrock_agentcore.runtime import serve_ag_ui\nasync def run(i): pass\nserve_ag_ui(run)\n".into(), vec![(AgUi, "run")]),
    ];
    for (text, expected) in python {
        let source = source_of_files(&[("main.py", &text)], "main.py");
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(kind, name)| (kind, name.to_owned()))
            .collect();
        assert_eq!(entries(&source), expected, "{text}");
    }
    let typescript = [
        (
            "import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';\nconst app = new BedrockAgentCoreApp({ invocationHandler: { async *process(p, c) { yield p; } }, pingHandler: () => 'Healthy', websocketHandler: async (s) => {} });",
            vec![
                (Invocation, "process"),
                (Ping, "pingHandler"),
                (WebSocket, "websocketHandler"),
            ],
        ),
        (
            "import { BedrockAgentCoreApp as B } from 'bedrock-agentcore/runtime';\nconst invocationHandler = { process: handle };\nasync function handle(p: unknown) {}\nconst config = { invocationHandler };\nnew B(config).run();",
            vec![(Invocation, "handle")],
        ),
        (
            "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nconst s = new McpServer({});\ns.registerTool('a', {}, async ({ x }) => x);\ns.tool('b', async () => 1);",
            vec![(McpTool, ""), (McpTool, "")],
        ),
        (
            "import express from 'express';\nconst app = express();\napp.post('/invocations', express.json(), async (req, res) => {});\nconst r = express.Router();\nr.get('/ping', ping);\nfunction ping(req, res) {}",
            vec![(Route, ""), (Route, "ping")],
        ),
        (
            "import { Hono } from 'hono';\nconst app = new Hono();\napp.post('/x', (c) => c.text(''));",
            vec![(Route, "")],
        ),
        (
            "import Fastify from 'fastify';\nconst f = Fastify();\nf.post('/x', async (q) => 1);",
            vec![(Route, "")],
        ),
        (
            "import { tool } from 'ai';\nexport const t = tool({ execute: async ({ a }) => a });",
            vec![(AgentTool, "execute")],
        ),
    ];
    for (text, expected) in typescript {
        let source = source_of_files(&[("main.ts", text)], "main.js");
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(kind, name)| (kind, name.to_owned()))
            .collect();
        assert_eq!(entries(&source), expected, "{text}");
    }
}

#[test]
fn payload_parameters_leave_out_receivers_and_injected_context() {
    let source = source_of_files(
        &[(
            "main.py",
            "from mcp.server.fastmcp import FastMCP, Context\nm = FastMCP()\n@m.tool()\ndef t(ctx: Context, a: int, **kw): pass\n",
        )],
        "main.py",
    );
    assert_eq!(source.runtimes[0].entrypoints[0].payload, [1]);
}

#[test]
fn callers_are_found_outside_of_what_is_built_or_tested() {
    let call = "import boto3\nboto3.client('bedrock-agentcore').invoke_agent_runtime()\n";
    let files: Vec<(&str, &str)> = [
        "ops/call.py",
        "tests/test_x.py",
        "node_modules/a/b.js",
        "dist/x.js",
        "agentcore/cdk/lib/cdk-stack.ts",
        "agentcore/cdk/bin/cdk.ts",
        "agentcore/cdk/test/stack.ts",
        "agentcore/cdk/node_modules/a/b.js",
        "agentcore/cdk/lambda/caller/index.py",
        ".venv/lib/y.py",
        "unit.test.ts",
    ]
    .into_iter()
    .map(|path| (path, call))
    .chain([
        ("main.py", "x = 1\n"),
        ("web/handler.ts", "new InvokeAgentRuntimeCommand({});"),
    ])
    .collect();
    let source = source_of_files(&files, "main.py");
    let found: Vec<_> = source
        .callers
        .iter()
        .map(|id| source.module(*id).unwrap().path.to_string())
        .collect();
    assert_eq!(
        found,
        [
            "agentcore/cdk/lambda/caller/index.py",
            "ops/call.py",
            "web/handler.ts"
        ]
    );
}

#[test]
fn src_layouts_and_namespace_packages_resolve() {
    let source = source_of_files(
        &[
            (
                "deploy/main.py",
                "import agent.core\nfrom common import helpers\nimport missing.thing\nimport ns.part\n",
            ),
            ("src/agent/__init__.py", ""),
            (
                "src/agent/core.py",
                "from . import peer\nfrom .peer import a\n",
            ),
            ("src/agent/peer.py", "a = 1"),
            ("common/helpers.py", ""),
            ("ns/part.py", ""),
        ],
        "deploy/main.py",
    );
    let mut paths: Vec<_> = source.modules.iter().map(|module| &*module.path).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "common/helpers.py",
            "deploy/main.py",
            "ns/part.py",
            "src/agent/__init__.py",
            "src/agent/core.py",
            "src/agent/peer.py"
        ]
    );
    assert_eq!(
        source.runtimes[0]
            .external
            .iter()
            .map(|x| (&*x.package, &*x.dotted))
            .collect::<Vec<_>>(),
        [("missing", "missing.thing")]
    );
}

#[test]
fn frameworks_and_models_are_named() {
    let cases = [
        (
            "from strands import Agent\nimport langchain\nm = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'",
            Some("strands"),
            1,
        ),
        (
            "from google.adk.agents import Agent\nA = 'gemini-2.5-flash'",
            Some("google-adk"),
            1,
        ),
        ("from google.cloud import storage", None, 0),
        (
            "from langgraph.graph import StateGraph\nimport os\nm = os.getenv('M', 'us.amazon.nova-pro-v1:0')",
            Some("langgraph"),
            1,
        ),
        (
            "from mcp.server.fastmcp import FastMCP\nu = 'amazon.com'\nv = 'anthropic.claude'\nw = 'gpt-4.1'",
            Some("mcp"),
            1,
        ),
    ];
    for (text, framework, models) in cases {
        let source = source_of_files(&[("main.py", text)], "main.py");
        let reachable = &source.runtimes[0].reachable;
        assert_eq!(
            source.framework(reachable).map(|found| found.value),
            framework,
            "{text}"
        );
        assert_eq!(source.models(reachable).len(), models, "{text}");
    }
}
