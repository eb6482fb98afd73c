// snapshot-prng
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
function code(n = 6) { let s = ''; for (let i = 0; i < n; i++) s += Math.floor(Math.random() * 10); return s; }  // expect: snapshot-prng high
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p) => ({ orderCode: code() }) } });
app.run();
