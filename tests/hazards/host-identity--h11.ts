// snapshot-host-identity
import os from 'node:os';
import { pid } from 'node:process';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const workerId = `${os.hostname()}-${pid}`;  // fails
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => { await take({ lockOwner: workerId }); return {}; } } });
app.run();
