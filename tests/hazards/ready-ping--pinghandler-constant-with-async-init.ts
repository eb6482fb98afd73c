// snapshot-ready-ping
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
let model: any;
async function init() { model = await heavy(); }
init();  // expect: snapshot-ready-ping high
const app = new BedrockAgentCoreApp({ pingHandler: () => 'Healthy', invocationHandler: { process: async (p: any) => model.run(p) } });
app.run();
