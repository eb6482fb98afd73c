use super::{called, callee, entry, find, python, source_of_files, typescript};
use crate::analysis::names::Meaning;

#[test]
fn python_names_are_followed_to_their_origin() {
    let cases = [
        ("import requests as r\nr.get(u)", "r.get", "requests.get"),
        (
            "from os import environ as e\ne.get('X')",
            "e.get",
            "os.environ.get",
        ),
        (
            "import os\nread = os.getenv\nread('X')",
            "read",
            "os.getenv",
        ),
        (
            "import httpx\nc = httpx.Client()\nc.get(u)",
            "c.get",
            "httpx.Client.get",
        ),
        (
            "import httpx\nwith httpx.Client() as c:\n    c.get(u)",
            "c.get",
            "httpx.Client.get",
        ),
        (
            "import httpx\nasync def f():\n    async with httpx.AsyncClient() as c:\n        await c.get(u)",
            "c.get",
            "httpx.AsyncClient.get",
        ),
        (
            "import boto3\ns = boto3.Session()\nc = s.client('x')\nc.invoke()",
            "c.invoke",
            "boto3.Session.client.invoke",
        ),
        (
            "from boto3 import client\ndef make():\n    return client('x')\nmake().call()",
            "make().call",
            "boto3.client.call",
        ),
        (
            "import httpx\nclass A:\n    def __init__(self):\n        self.c = httpx.Client()\n    def f(self):\n        self.c.get(u)",
            "self.c.get",
            "httpx.Client.get",
        ),
        (
            "from strands import Agent\ncache = {}\ndef f(k):\n    if k not in cache:\n        cache[k] = Agent()\n    return cache[k]\nf(1).stream()",
            "f(1).stream",
            "strands.Agent.stream",
        ),
        (
            "from strands import Agent\n_a = None\ndef f():\n    global _a\n    if _a is None:\n        _a = Agent()\n    return _a\nf().go()",
            "f().go",
            "strands.Agent.go",
        ),
        (
            "from strands import Agent\ndef f(a: Agent | None = None):\n    a.run()",
            "a.run",
            "strands.Agent.run",
        ),
        (
            "from typing import Optional\nimport x\ndef f(a: Optional['T']):\n    a.run()\nclass T(x.Base): pass",
            "a.run",
            "x.Base.run",
        ),
        (
            "import importlib\nm = importlib.import_module('requests')\nm.get(u)",
            "m.get",
            "requests.get",
        ),
        ("import a.b.c\na.b.c.f()", "a.b.c.f", "a.b.c.f"),
        (
            "import subprocess\ngetattr(subprocess, 'run')('x')",
            "getattr(subprocess, 'run')",
            "subprocess.run",
        ),
        ("open('x')", "open", "open"),
        ("x = [1]\nx.append(2)", "x.append", "list.append"),
        (
            "from bedrock_agentcore import BedrockAgentCoreApp\napp = BedrockAgentCoreApp()\nlog = app.logger\nlog.info('x')",
            "log.info",
            "bedrock_agentcore.BedrockAgentCoreApp.logger.info",
        ),
        (
            "import httpx\nif (c := httpx.Client()):\n    c.get(u)",
            "c.get",
            "httpx.Client.get",
        ),
        (
            "import httpx\nfor c in [httpx.Client()]:\n    c.get(u)",
            "c.get",
            "httpx.Client.get",
        ),
        (
            "import q\nclass A(q.B):\n    def f(self):\n        super().f()",
            "super().f",
            "q.B.f",
        ),
        (
            "import q\nx = q.a if y else None\nx = x or q.b()\nx.go()",
            "x.go",
            "q.b.go",
        ),
    ];
    for (text, call, expected) in cases {
        assert_eq!(callee(&python(text), call), expected, "{text}");
    }
}

#[test]
fn typescript_names_are_followed_to_their_origin() {
    let cases = [
        (
            "import { BedrockAgentCoreApp as A } from 'bedrock-agentcore/runtime';\nnew A();",
            "A",
            "bedrock-agentcore/runtime.BedrockAgentCoreApp",
        ),
        (
            "import axios from 'axios';\naxios.get(u);",
            "axios.get",
            "axios.get",
        ),
        (
            "import * as fs from 'node:fs';\nfs.readFileSync(u);",
            "fs.readFileSync",
            "fs.readFileSync",
        ),
        (
            "const { exec } = require('child_process');\nexec(u);",
            "exec",
            "child_process.exec",
        ),
        (
            "const cp = await import('child_process');\ncp.exec(u);",
            "cp.exec",
            "child_process.exec",
        ),
        (
            "import OpenAI from 'openai';\nconst c = new OpenAI();\nc.chat.create();",
            "c.chat.create",
            "openai.chat.create",
        ),
        (
            "import { Agent } from 's';\nconst m = new Map<string, Agent>();\nfunction f(k: string) {\n  const old = m.get(k);\n  if (old) { m.set(k, old); return old; }\n  const a = new Agent();\n  m.set(k, a);\n  return a;\n}\nf('x').go();",
            "f('x').go",
            "s.Agent.go",
        ),
        (
            "import { C } from 'c';\nclass A { constructor(private c: C) {}\n f() { this.c.go(); } }",
            "this.c.go",
            "c.C.go",
        ),
        (
            "import { C } from 'c';\nclass A { c = new C();\n f() { [1].map(() => this.c.go()); } }",
            "this.c.go",
            "c.C.go",
        ),
        ("globalThis.fetch(u);", "globalThis.fetch", "fetch"),
        (
            "import { make } from 'm';\nconst p = make();\np('id');",
            "p",
            "m.make.__call__",
        ),
        (
            "import f from './missing.js';\nf?.go!();",
            "f?.go!",
            "./missing.go",
        ),
    ];
    for (text, call, expected) in cases {
        let source = typescript(text);
        let id = entry(&source).id;
        let all = called(&source, id);
        let found = all.iter().find(|(callee, _)| {
            callee == call || callee.trim_end_matches('!') == call.trim_end_matches('!')
        });
        assert_eq!(
            found.and_then(|(_, name)| name.clone()).unwrap_or_default(),
            expected,
            "{text}: {all:?}"
        );
    }
}

#[test]
fn an_attribute_holds_what_its_constructor_is_given() {
    let class = "import httpx\nclass A:\n    def __init__(self, c):\n        self.c = c\n    def go(self):\n        self.c.get(1)\n";
    let cases = [
        ("A(httpx.Client())\n", "httpx.Client.get"),
        (
            "def build():\n    return httpx.Client()\nx = build()\nA(c=x)\n",
            "httpx.Client.get",
        ),
        ("A(None)\nA(httpx.AsyncClient())\n", "httpx.AsyncClient.get"),
        // Another class of that name, one that nothing makes, and one that is given what it keeps.
        ("import other\nother.A(httpx.Client())\n", ""),
        ("", ""),
        (
            "def more(a):\n    x = A(None)\n    return A(A(x.c).c)\n",
            "",
        ),
    ];
    for (made, expected) in cases {
        let source = python(&format!("{class}{made}"));
        assert_eq!(callee(&source, "self.c.get"), expected, "{made}");
    }
    let class = "import { Client } from 'pg';\nclass A {\n  constructor(private readonly c) {}\n  go() { this.c.query(1); }\n}\n";
    for (made, expected) in [
        ("new A(new Client());", "pg.Client.query"),
        ("new A(1);", ""),
    ] {
        let source = typescript(&format!("{class}{made}"));
        assert_eq!(callee(&source, "this.c.query"), expected, "{made}");
    }
}

#[test]
fn environment_reads_have_one_spelling() {
    let source = typescript(
        "const { env } = process;\nconst { OPENAI_API_KEY: key } = process.env;\nf(env.A, env['B'], key);",
    );
    let module = entry(&source);
    for (text, expected) in [("env.A", "process.env.A"), ("env['B']", "process.env.B")] {
        assert_eq!(
            source.canonical(module.id, find(module, text)).as_deref(),
            Some(expected)
        );
    }
    let (_, call) = module.calls().next().unwrap();
    let call = call.as_call().unwrap();
    assert_eq!(
        source.canonical(module.id, &call.args[2]).as_deref(),
        Some("process.env.OPENAI_API_KEY")
    );
}

#[test]
fn names_cross_modules_through_packages_and_barrels() {
    let source = source_of_files(
        &[
            (
                "main.py",
                "from pkg import make, sub\nimport pkg.deep.tool\nfrom pkg.deep import *\nmake().get(1)\nsub.run()\npkg.deep.tool.go()\nstar()\n",
            ),
            ("pkg/__init__.py", "from .client import build as make\n"),
            (
                "pkg/client.py",
                "import httpx\ndef build():\n    return httpx.Client()\n",
            ),
            ("pkg/sub.py", "def run(): pass\n"),
            ("pkg/deep/__init__.py", "def star(): pass\n"),
            ("pkg/deep/tool.py", "def go(): pass\n"),
        ],
        "main.py",
    );
    assert_eq!(callee(&source, "make().get"), "httpx.Client.get");
    assert_eq!(callee(&source, "sub.run"), "pkg.sub.run");
    assert_eq!(callee(&source, "pkg.deep.tool.go"), "pkg.deep.tool.go");
    assert_eq!(callee(&source, "star"), "pkg.deep.star");
    let source = source_of_files(
        &[
            (
                "src/main.ts",
                "import { make, helper as h } from '@lib/index.js';\nimport def from '../lib/default';\nmake().go();\nh();\ndef();\n",
            ),
            (
                "lib/index.ts",
                "export * from './make';\nexport { inner as helper } from './helper.js';\n",
            ),
            (
                "lib/make.ts",
                "import { Client } from 'c';\nexport const make = (): Client => new Client();\n",
            ),
            ("lib/helper.ts", "export function inner() {}\n"),
            ("lib/default.ts", "export default function run() {}\n"),
            (
                "tsconfig.json",
                "{ // comment\n \"compilerOptions\": { \"baseUrl\": \".\", \"paths\": { \"@lib/*\": [\"lib/*\"] } } }",
            ),
        ],
        "src/main.ts",
    );
    assert_eq!(callee(&source, "make().go"), "c.Client.go");
    assert_eq!(callee(&source, "h"), "lib/helper.inner");
    assert_eq!(callee(&source, "def"), "lib/default.run");
    assert_eq!(
        source.runtimes[0]
            .external
            .iter()
            .map(|x| &*x.package)
            .collect::<Vec<_>>(),
        ["c"]
    );
}

#[test]
fn functions_are_found_behind_values() {
    let text = "import functools\ndef f(x): pass\nclass A:\n    def __init__(self): pass\n    def m(self): self.n()\n    def n(self): pass\ng = functools.partial(f, 1)\nh = lambda: 1\ndef outer():\n    def inner(): pass\n    return inner\nk = outer()\ng(); h(); k(); A(); A().m(); f(2)\n";
    let source = python(text);
    let module = entry(&source);
    let names: Vec<_> = module
        .calls()
        .filter_map(|(_, call)| {
            source
                .callee(module.id, call)
                .map(|id| source.function(id).unwrap().qualified.to_string())
        })
        .collect();
    for name in ["f", "A.__init__", "A.m", "A.n", "outer.inner", "outer", ""] {
        assert!(
            names.iter().any(|found| found == name),
            "{name} in {names:?}"
        );
    }
}

#[test]
fn constants_are_folded() {
    let source = python(
        "import os\nHOST = 'h'\nMODEL = os.getenv('M', 'us.x')\ndef f(p='d'):\n    a(f'https://{HOST}/v', MODEL, os.environ.get('K') or 'z', p, HOST + '/q')\n",
    );
    let module = entry(&source);
    let call = module
        .calls()
        .find(|(_, call)| call.as_call().unwrap().callee.as_name() == Some("a"))
        .unwrap()
        .1;
    let found: Vec<_> = call
        .as_call()
        .unwrap()
        .args
        .iter()
        .map(|arg| source.strings(module.id, arg))
        .collect();
    assert_eq!(found, [["https://h/v"], ["us.x"], ["z"], ["d"], ["h/q"]]);
}

#[test]
fn a_loop_variable_is_each_element() {
    let cases = [
        (
            "KEYS = ('a', 'b')\nfor k in KEYS:\n    f(k)\n",
            vec!["a", "b"],
        ),
        (
            "for i, k in enumerate(['a', 'b']):\n    f(k + '_x')\n",
            vec!["a_x", "b_x"],
        ),
        (
            "for n, v in {'a': '1', 'b': '2'}.items():\n    f(v)\n",
            vec!["1", "2"],
        ),
        ("for k in {'a': 1, 'b': 2}:\n    f(k)\n", vec!["a", "b"]),
        ("x = [f(k) for k in sorted({'a', 'b'})]\n", vec!["a", "b"]),
        (
            "for n, v in [('a', 'b')]:\n    w = v\n    f(w)\n",
            vec!["b"],
        ),
        ("for k in unknown:\n    f(k)\n", vec![]),
    ];
    for (text, expected) in cases {
        let source = python(text);
        let module = entry(&source);
        let call = module
            .calls()
            .find(|(_, call)| call.as_call().unwrap().callee.as_name() == Some("f"))
            .unwrap()
            .1;
        let found = source.strings(module.id, &call.as_call().unwrap().args[0]);
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn cycles_end() {
    let source = source_of_files(
        &[
            ("main.py", "from a import x\nx()\n"),
            ("a.py", "from b import x\n"),
            (
                "b.py",
                "from a import x\ny = z\nz = y\ny()\ndef r(): return r()\nr()()\n",
            ),
        ],
        "main.py",
    );
    assert!(matches!(
        source.meaning(entry(&source).id, find(entry(&source), "x")),
        Meaning::Unknown | Meaning::External(_)
    ));
}

#[test]
fn a_function_that_wraps_itself_has_no_meaning() {
    for text in [
        "from functools import partial\nrun = partial(run, 1)\nrun()\n",
        "from functools import partial\na = partial(b)\nb = partial(a)\na()\n",
        "from functools import cache\ndef make():\n    return cache(make)()\nmake()()\n",
        "from functools import partial\nclass A:\n    run = None\n    def f(self):\n        self.run = partial(self.run, 1)\n        self.run()\n",
    ] {
        let source = python(text);
        let module = entry(&source);
        for (_, call) in module.calls() {
            assert!(
                source
                    .callee(module.id, call)
                    .is_none_or(|id| id.module == module.id),
                "{text}"
            );
        }
    }
}
