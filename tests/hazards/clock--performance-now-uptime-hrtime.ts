// snapshot-clock
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const t0 = performance.now();  // expect: snapshot-clock medium
const h0 = process.hrtime.bigint();  // expect: snapshot-clock medium
const up = process.uptime();  // expect: snapshot-clock medium
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async () => ({ a: performance.now() - t0, b: process.hrtime.bigint() - h0, c: process.uptime() - up }) } });
app.run();
