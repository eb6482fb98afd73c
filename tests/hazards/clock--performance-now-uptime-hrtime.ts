// snapshot-clock
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const t0 = performance.now();  // fails
const h0 = process.hrtime.bigint();  // fails
const up = process.uptime();  // fails
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async () => ({ a: performance.now() - t0, b: process.hrtime.bigint() - h0, c: process.uptime() - up }) } });
app.run();
