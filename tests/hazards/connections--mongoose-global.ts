// snapshot-connections
import mongoose from 'mongoose';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
await mongoose.connect(process.env.URI!);  // expect: snapshot-connections low
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => ({}) } });
app.run();
