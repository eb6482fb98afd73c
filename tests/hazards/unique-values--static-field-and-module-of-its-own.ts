// snapshot-unique-values
import { randomUUID, createHmac } from 'node:crypto';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
class Ids { static readonly run = randomUUID(); static make() { return randomUUID(); } }  // expect: snapshot-unique-values medium
const salt = crypto.getRandomValues(new Uint8Array(16));  // expect: snapshot-unique-values high
const make = randomUUID;
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => ({ run: Ids.run, h: createHmac('sha256', salt).update('x').digest('hex'), m: make }) } });
app.run();
