// snapshot-host-identity
import os from 'node:os';
import { pid } from 'node:process';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const workerId = `${os.hostname()}-${pid}`;  // expect: snapshot-host-identity medium
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => { await take({ lockOwner: workerId }); return {}; } } });
app.run();
