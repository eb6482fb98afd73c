// snapshot-clock
import { generateText } from 'ai';
import { bedrock } from '@ai-sdk/amazon-bedrock';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const SYSTEM = ['You plan trips.', `Today is ${new Date().toDateString()}.`].join('\n');  // expect: snapshot-clock medium
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => (await generateText({ model: bedrock('x'), system: SYSTEM, prompt: p.prompt })).text } });
app.run();
