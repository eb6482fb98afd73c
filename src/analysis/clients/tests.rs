#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Kind, Via, find};
use crate::analysis::sample::source_of_files;

fn kinds(path: &str, text: &str) -> Vec<(Kind, Via, bool, bool)> {
    let source = source_of_files(&[("main.py", "pass\n"), (path, text)], "main.py");
    find(&source)
        .iter()
        .map(|call| (call.kind, call.via, call.proof.sigv4, call.proof.bearer))
        .collect()
}

#[test]
fn command_objects_of_the_javascript_sdk_are_told_apart() {
    let text = "
import { InvokeAgentRuntimeCommand as Ask, InvokeAgentRuntimeCommandCommand, StopRuntimeSessionCommand } from '@aws-sdk/client-bedrock-agentcore';
client.send(new Ask({ agentRuntimeArn: arn }));
client.send(new InvokeAgentRuntimeCommandCommand({ agentRuntimeArn: arn, body: { command: 'ls' } }));
client.send(new StopRuntimeSessionCommand({ agentRuntimeArn: arn, runtimeSessionId: id }));
";
    let found = kinds("client.ts", text);
    let expected =
        [Kind::Invoke, Kind::Command, Kind::Stop].map(|kind| (kind, Via::Sdk, true, false));
    assert_eq!(found, expected);
}

#[test]
fn indirect_calls_are_calls() {
    let text = "
import asyncio, boto3
client = boto3.client('bedrock-agentcore')
async def ask(**options):
    await asyncio.to_thread(client.invoke_agent_runtime, agentRuntimeArn='arn', payload=b'')
    getattr(client, 'stop_runtime_session')(agentRuntimeArn='arn', runtimeSessionId='x')
    client.invoke_agent_runtime(**options)
class Own:
    def invoke_agent_runtime(self, prompt): ...
Own().invoke_agent_runtime('hello')
";
    let found: Vec<Kind> = kinds("client.py", text).iter().map(|call| call.0).collect();
    assert_eq!(found, [Kind::Invoke, Kind::Stop, Kind::Invoke]);
}

#[test]
fn http_is_known_by_its_address() {
    let text = "
import requests
BASE = 'https://bedrock-agentcore.us-east-1.amazonaws.com'
def ask(arn, token):
    requests.post(f'{BASE}/runtimes/{arn}/invocations', headers={'Authorization': f'Bearer {token}'})
    requests.post(BASE + '/runtimes/' + arn + '/stopruntimesession')
    requests.get('https://gw.gateway.bedrock-agentcore.us-east-1.amazonaws.com/mcp')
    requests.post('http://localhost:8080/invocations')
    requests.get('https://bedrock-agentcore-control.us-east-1.amazonaws.com/runtimes/')
";
    let found = kinds("client.py", text);
    assert_eq!(
        found,
        [
            (Kind::Invoke, Via::Http, false, true),
            (Kind::Stop, Via::Http, false, false)
        ]
    );
}

#[test]
fn helpers_that_call_each_other_end() {
    let mut text = String::from("import requests\n# bedrock-agentcore\n");
    for index in 0..30 {
        let (one, two) = (index, (index + 1) % 30);
        text += &format!(
            "def f{one}(x):\n    if x:\n        return {{**f{two}(x), **f{two}(1), **f{one}(x)}}\n    return f{two}(x) or f{two}(0)\n"
        );
    }
    text += "requests.post(f0(1), headers=f0(2), json=f0(3))\n";
    assert!(kinds("client.py", &text).is_empty());
}
