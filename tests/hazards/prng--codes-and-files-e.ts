// snapshot-prng
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const app = new BedrockAgentCoreApp({ invocationHandler: {
process: async (p, ctx) => ({ id: `${ctx.sessionId}:${p.turn}` })
} });
app.run();
