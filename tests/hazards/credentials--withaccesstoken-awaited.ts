// snapshot-credentials always
import { withAccessToken } from 'bedrock-agentcore/identity';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const crm = withAccessToken({ providerName: 'crm', scopes: [], authFlow: 'M2M' })(async (token: string) => token);
const bearer = await crm();  // expect: snapshot-credentials high
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p) => ask(bearer) } });
app.run();
