// snapshot-unique-values
import { randomUUID } from 'node:crypto';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
import { DynamoLock } from 'dynamo-lock';
const table = 'locks';
const INSTANCE = randomUUID();  // expect: snapshot-unique-values high
export const lock = new DynamoLock({ owner: INSTANCE, table });
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p) => ({}) } });
app.run();
