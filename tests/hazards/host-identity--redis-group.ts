// snapshot-host-identity
import os from 'node:os';
import { createClient } from 'redis';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const r = createClient();
const consumer = `c-${os.hostname()}`;  // expect: snapshot-host-identity medium
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async () => r.xReadGroup('g', consumer, { key: 's', id: '>' }) } });
app.run();
