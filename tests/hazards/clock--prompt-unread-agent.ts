// snapshot-clock
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
import { Agent } from '@strands-agents/sdk';
const systemPrompt = `Today is ${new Date().toISOString().slice(0, 10)}.`;  // expect: snapshot-clock medium
const agent = new Agent({ systemPrompt });
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => ({ }) } });
app.run();
