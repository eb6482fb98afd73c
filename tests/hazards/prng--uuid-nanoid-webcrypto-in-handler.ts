// snapshot-prng
import { v4 } from 'uuid';
import { nanoid } from 'nanoid';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p) => {
  const bytes = crypto.getRandomValues(new Uint8Array(8));  // fails
  const a = globalThis.crypto.randomUUID();  // fails
  return { id: v4(),  // fails
    other: nanoid(), bytes, a };  // fails
} } });
app.run();
