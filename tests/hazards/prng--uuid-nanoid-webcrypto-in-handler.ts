// snapshot-prng
import { v4 } from 'uuid';
import { nanoid } from 'nanoid';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p) => {
  const bytes = crypto.getRandomValues(new Uint8Array(8));  // expect: snapshot-prng low
  const a = globalThis.crypto.randomUUID();  // expect: snapshot-prng low
  return { id: v4(),  // expect: snapshot-prng low
    other: nanoid(), bytes, a };  // expect: snapshot-prng low
} } });
app.run();
