// snapshot-background-work
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const cache = new Map<string, number>();
setInterval(() => { cleanupOld(); }, 60_000);
setInterval(() => { sweep(); refresh(); }, 60_000);  // expect: snapshot-background-work medium
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => cache.get('x') } });
app.run();
