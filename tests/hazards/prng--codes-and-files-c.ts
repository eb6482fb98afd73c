// snapshot-prng
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const app = new BedrockAgentCoreApp({ invocationHandler: {
process: async (p, ctx) => ({ id: Math.random().toString(36).slice(2) })  // expect: snapshot-prng high
} });
app.run();
