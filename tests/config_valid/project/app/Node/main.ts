import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';

const app = new BedrockAgentCoreApp({ invocationHandler: { process: async () => ({}) } });
app.run();
