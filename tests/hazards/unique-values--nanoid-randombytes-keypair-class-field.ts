// snapshot-unique-values
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { nanoid } from 'nanoid';
import { v4 as uuid } from 'uuid';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });  // expect: snapshot-unique-values high
const nonce = randomBytes(16).toString('hex');  // expect: snapshot-unique-values high
const run = nanoid();  // expect: snapshot-unique-values medium
class Store { readonly id = uuid(); }  // expect: snapshot-unique-values medium
const store = new Store();
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p) => ({ s: sign(privateKey), nonce, run, id: store.id }) } });
app.run();
