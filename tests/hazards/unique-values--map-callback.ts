// snapshot-unique-values
import { randomUUID } from 'node:crypto';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const workers = ['a', 'b'].map((name) => ({ name, id: randomUUID() }));  // expect: snapshot-unique-values medium
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => workers[p.n].id } });
app.run();
