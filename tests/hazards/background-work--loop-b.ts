// snapshot-background-work
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
import { loadRates } from './rates';
let rates: any;
setInterval(() => { rates = loadRates(); }, 60_000);  // expect: snapshot-background-work medium
const invocationHandler = { process: async () => rates };
const app = new BedrockAgentCoreApp({ invocationHandler });
app.run();
