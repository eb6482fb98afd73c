// snapshot-credentials always
import { withAccessToken } from 'bedrock-agentcore/identity';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const headers = { authorization: `Bearer ${await withAccessToken({ providerName: 'crm', scopes: [], authFlow: 'M2M' })(async (input: any, token: string) => token)({})}` };  // expect: snapshot-credentials high
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p) => ask(headers) } });
app.run();
